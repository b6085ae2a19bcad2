# Each strategy by one changed word: of a server that was started by hand, and of libxl's own device model.
mkdir -p /srv/lab; echo "hello from dom0" >/srv/lab/hello
shared="-fsdev local,id=fs0,path=/srv/lab,security_model=none -device virtio-9p-pci,fsdev=fs0,mount_tag=lab"
shared="$shared -device xen-9p,fsdev=fs0,mount_tag=lab --allow /srv"
mounts_and_writes() {
  says "$1" "GUEST read hello from dom0" && [ "$(cat /srv/lab/folder/moved)" = "written by a guest" ] &&
    says "$1" "GUEST compared $(md5sum </srv/lab/data)" && says "$1" "GUEST unmounted"
}

for strategy in steal xen-9p fsdev-only xenstore; do
  rm -rf /srv/lab/folder /srv/lab/data
  ninefold_serves -xen-attach --attach $strategy $shared
  guest "hand-$strategy" "$(p9 lab /srv/lab)" basic
  wait_for 240 is_gone "hand-$strategy"
  check "by hand, $strategy: the guest mounts, reads, writes, unmounts" mounts_and_writes "hand-$strategy"
  check "by hand, $strategy: it was that strategy" grep -q "\"strategy\":\"$strategy\".*offer attached" /tmp/ninefold.log
  stop_backend
done
[ $FAILED = 0 ] || { cat /tmp/ninefold.log; console hand-steal; }
