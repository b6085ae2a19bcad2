# Each strategy by one changed word of a server that was started by hand.
mkdir -p /srv/lab; echo "hello from dom0" >/srv/lab/hello
shared="-fsdev local,id=fs0,path=/srv/lab,security_model=none -device virtio-9p-pci,fsdev=fs0,mount_tag=lab"
# Inline, because a process for each fsdev takes an emulated machine that is busy longer than libxl waits.
shared="$shared -device xen-9p,fsdev=fs0,mount_tag=lab --allow /srv --inline"

for strategy in steal xen-9p fsdev-only xenstore; do
  ninefold_serves -xen-attach --attach $strategy $shared
  guest "hand-$strategy" "$(p9 lab /srv/lab)" hello
  wait_for 240 is_gone "hand-$strategy"
  check "by hand, $strategy: the guest mounts, reads, unmounts" \
    eval "says hand-$strategy 'GUEST read hello from dom0' && says hand-$strategy 'GUEST unmounted'"
  check "by hand, $strategy: it was that strategy" grep -q "\"strategy\":\"$strategy\".*offer attached" /tmp/ninefold.log
  stop_backend
done
[ $FAILED = 0 ] || { cat /tmp/ninefold.log; for strategy in steal xen-9p fsdev-only xenstore; do console hand-$strategy; done; }
