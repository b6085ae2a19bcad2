# What one server of the folder costs this guest.
connected && mount9p "$tag" && {
  python3 /bench.py /mnt
  umount /mnt && say "unmounted"
}
