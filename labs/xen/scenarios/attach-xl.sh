# Each strategy by one changed word, said to the guest's own device model, which xl starts and ends. All guests at once.
strategies="steal xen-9p fsdev-only xenstore"
dm_log() { cat "/var/log/xen/qemu-dm-xl-$1.log"; }
shared() { # STRATEGY: its folder, in each of the four ways to say it
  echo "-fsdev local,id=fs0,path=/srv/$1,security_model=none -device virtio-9p-pci,fsdev=fs0,mount_tag=lab" \
    "-device xen-9p,fsdev=fs0,mount_tag=lab --allow /srv"
}
mounts_and_writes() {
  says "xl-$1" "GUEST read hello from $1" && [ "$(cat "/srv/$1/folder/moved")" = "written by a guest" ] &&
    says "xl-$1" "GUEST compared $(md5sum <"/srv/$1/data")" && says "xl-$1" "GUEST unmounted"
}
nothing_is_left() {
  [ -z "$(xenstore-list /local/domain/0/device-model)" ] && node_gone "$BACKEND/9pfs" &&
    [ -z "$(ls /run/xen | grep qmp)" ] && [ -z "$(running 'dist/xen-d[m]')" ]
}

for strategy in $strategies; do
  mkdir -p /srv/$strategy; echo "hello from $strategy" >/srv/$strategy/hello
  GUEST_CONFIG=$(xen_dm --attach $strategy $(shared $strategy)) guest "xl-$strategy" "$(p9_qemu lab /srv/$strategy)" basic
done
for strategy in $strategies; do
  wait_for 240 is_gone "xl-$strategy"
  check "by xl, $strategy: the guest mounts, reads, writes, unmounts" mounts_and_writes $strategy
  check "by xl, $strategy: it was that strategy" eval "dm_log $strategy | grep -q '\"strategy\":\"$strategy\".*offer attached'"
done
check "by xl: nothing is left of the device models" wait_for 30 nothing_is_left
[ $FAILED = 0 ] || { for strategy in $strategies; do dm_log $strategy; console xl-$strategy; done; ls -l /run/xen; xenstore-ls -f /local/domain/0; ps; }
