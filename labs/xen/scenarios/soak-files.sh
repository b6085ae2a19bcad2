# 64 MiB files at msize 524288, in cache=none and cache=loose, by a PV guest and by a PVH guest.
mkdir -p /srv/lab; dd if=/dev/urandom of=/srv/lab/big bs=1M count=64 2>/dev/null
# The socket makes the fsdev's process start before libxl waits for a device.
ninefold_serves -fsdev local,id=lab,path=/srv/lab,security_model=none \
  -device xen-9p,fsdev=lab,mount_tag=pv -device xen-9p,fsdev=lab,mount_tag=pvh -xen-attach --attach xen-9p -listen unix:/run/early,fsdev=lab
sum=$(md5sum </srv/lab/big)
for kind in pv pvh; do
  GUEST_ARGUMENTS="tag=$kind" GUEST_MEMORY=256 guest $kind "$(p9 $kind)" files $kind
  wait_for 900 is_gone $kind
  for cache in none loose; do
    check "$kind, cache=$cache: 64 MiB are read as they are, in messages of 512 KiB" says $kind "GUEST $cache msize=524288 read $sum"
    check "$kind, cache=$cache: they are written, and read by the guest" says $kind "GUEST $cache again $sum"
    check "$kind, cache=$cache: the host sees the same" test "$(md5sum <"/srv/lab/copy-$kind-$cache")" = "$sum"
    check "$kind, cache=$cache: the guest unmounts" says $kind "GUEST $cache unmounted"
    rm -f "/srv/lab/copy-$kind-$cache"
  done
  [ $FAILED = 0 ] || console $kind | tail -20
done
check "nothing of a device is left" wait_for 30 node_gone $BACKEND/xen_9pfs
stop_backend
rm -rf /srv/lab
[ $FAILED = 0 ] || tail -30 /tmp/ninefold.log
