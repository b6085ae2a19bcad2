# Each strategy by one changed word, said to libxl's own device model, which xl starts and ends.
mkdir -p /srv/lab; echo "hello from dom0" >/srv/lab/hello
shared="-fsdev local,id=fs0,path=/srv/lab,security_model=none -device virtio-9p-pci,fsdev=fs0,mount_tag=lab"
shared="$shared -device xen-9p,fsdev=fs0,mount_tag=lab --allow /srv"
mounts_and_writes() {
  says "$1" "GUEST read hello from dom0" && [ "$(cat /srv/lab/folder/moved)" = "written by a guest" ] &&
    says "$1" "GUEST compared $(md5sum </srv/lab/data)" && says "$1" "GUEST unmounted"
}
dm_log() { cat "/var/log/xen/qemu-dm-$1.log"; }
nothing_is_left_of() { # DOMID
  node_gone "/local/domain/0/device-model/$1" && node_gone "$BACKEND/9pfs" && [ ! -e "/run/xen/qmp-libxl-$1" ] &&
    [ ! -e "/run/xen/qmp-libxenstat-$1" ] && ! pgrep -f "xen-domid $1 " >/dev/null
}

for strategy in steal xen-9p fsdev-only xenstore; do
  rm -rf /srv/lab/folder /srv/lab/data
  GUEST_CONFIG=$(xen_dm --attach $strategy $shared) guest "xl-$strategy" "$(p9_qemu lab /srv/lab)" basic
  id=$(domid "xl-$strategy")
  wait_for 240 is_gone "xl-$strategy"
  check "by xl, $strategy: the guest mounts, reads, writes, unmounts" mounts_and_writes "xl-$strategy"
  check "by xl, $strategy: it was that strategy" eval "dm_log xl-$strategy | grep -q '\"strategy\":\"$strategy\".*offer attached'"
  check "by xl, $strategy: nothing is left of the device model" wait_for 20 nothing_is_left_of "$id"
done
[ $FAILED = 0 ] || { dm_log xl-steal; console xl-steal; ls -l /run/xen; xenstore-ls -f /local/domain/0; ps; }
