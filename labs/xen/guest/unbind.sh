connected; mount9p "$tag"; say "read $(cat /mnt/hello)"
echo 9pfs-0 >/sys/bus/xen/drivers/9pfs/unbind
cat /mnt/hello || say "refused after the unbind"
