connected && mount9p "$tag" && say "read $(cat /mnt/hello)"
umount /mnt && say "unmounted"
