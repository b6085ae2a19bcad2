# The driver lets the device go, mounted and not, and takes it again: Linux's front end stays closed.
connected; mount9p "$tag"; say "read $(cat /mnt/hello)"
echo 9pfs-0 >/sys/bus/xen/drivers/9pfs/unbind
cat /mnt/hello || say "refused after the unbind"
umount /mnt || umount -l /mnt
echo 9pfs-0 >/sys/bus/xen/drivers/9pfs/bind
mount9p "$tag" || say "refused after the bind"
