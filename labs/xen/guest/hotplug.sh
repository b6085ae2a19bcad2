# Mounts each device that comes, until it has gone; twice.
for time in 1 2; do
  connected && mount9p "$tag" && say "time $time: $(cat /mnt/hello)"
  umount /mnt
  say "time $time unmounted"
  while [ -e /sys/bus/xen/devices/9pfs-0/state ]; do sleep 0.1; done
done
