# The device ends in Closed, and a mount says so instead of waiting.
i=0
until [ "$(cat /sys/bus/xen/devices/9pfs-0/state)" = Closed ]; do i=$((i + 1)); [ $i -lt 600 ] || break; sleep 0.1; done
say "state $(cat /sys/bus/xen/devices/9pfs-0/state)"
mount9p "$tag" || say "refused ($?)"
