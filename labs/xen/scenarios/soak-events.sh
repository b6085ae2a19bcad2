# Every write to xenstore in the life of a device, as xenstored saw it; docs/XEN.md shows the same.
mkdir -p /srv/lab; echo "hello from lab" >/srv/lab/hello
xenstore-control logfile /tmp/xenstored.trace && xenstore-control log on
# The socket makes the fsdev's process start before libxl waits for a device.
ninefold_serves -fsdev local,id=lab,path=/srv/lab,security_model=none -device xen-9p,fsdev=lab,mount_tag=lab -xen-attach --attach xen-9p -listen unix:/run/early,fsdev=lab
guest traced "$(p9 lab)" hello; id=$(domid traced); wait_for 240 is_gone traced
check "nothing of the device is left" wait_for 30 node_gone $BACKEND/xen_9pfs
stop_backend
xenstore-control log off
grep 9pfs /tmp/xenstored.trace | sed -nE \
  -e "s#/local/domain/0/backend/xen_9pfs/$id/0#B#g; s#/local/domain/$id/device/9pfs/0#F#g; s# \(device/9pfs/0# (F#; s#\(d$id\)#(d1)#" \
  -e '/\(\/libxl/d; s#\(libxl/xen-9pfs#(/local/domain/0/libxl/xen-9pfs#' \
  -e 's/^.*\((d[01])\) [0-9: ]*(WRITE|RM) \((.*[^ ]) ?\)$/\1 \2 \3/p' >/tmp/trace
sed 's/^/# /' /tmp/trace
# Numbers of grants and ports, and repeated transactions, are the guest's and chance's affair; states come in one order.
states() { grep -E '^d[01] WRITE [BF]/state [1-6]' "$1" | cut -d' ' -f1-4; }
check "the states come as docs/XEN.md shows them" test "$(states /tmp/trace)" = "$(states /repo/docs/XEN.md)"
names() { grep -E '^d[01] (WRITE [BF]|RM)' "$1" | cut -d' ' -f1-3 | sort -u; }
check "and so do all other nodes" test "$(grep -Fxvc -f <(names /tmp/trace) <(names /repo/docs/XEN.md))" = 0
[ $FAILED = 0 ] || { head -20 /tmp/xenstored.trace; diff <(names /tmp/trace) <(names /repo/docs/XEN.md); }
