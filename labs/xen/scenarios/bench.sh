# The same guest, device and work, served by Ninefold and by QEMU. Both are started by hand on nodes that are there: QEMU's
# back end ends when libxl adds a device to it.
mkdir -p /srv/bench /qemu
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose,ro qemu /qemu
for d in dev proc sys run; do mount -o rbind /$d /qemu/$d; done
mount -o bind /srv /qemu/srv
cp /share/domu-tools.cpio /tmp/
serve_ninefold() {
  ninefold_serves -fsdev local,id=lab,path=/srv/bench,security_model=none -device xen-9p,fsdev=lab,mount_tag=lab -xen-attach --attach xen-9p --xen claim=off
}
serve_qemu() {
  chroot /qemu /usr/libexec/xen-qemu-system-i386 -xen-domid "$1" -name bench -no-user-config -nodefaults -display none \
    -machine xenpv -m 160 >/tmp/qemu.log 2>&1 &
  backend=$!
}
for round in 1 2; do
  for server in ninefold qemu; do
    name=$server$round
    GUEST_OPTIONS=-p GUEST_RAMDISK=/tmp/domu-tools.cpio GUEST_MEMORY=320 guest "$name" "" bench
    id=$(domid "$name")
    node /share/probe.mjs device 9pfs "$id" lab /srv/bench
    "serve_$server" "$id"
    wait_for 60 node_is "$BACKEND/9pfs/$id/0/state" 2 && xl unpause "$name"
    wait_for 900 is_gone "$name"
    check "$name: the guest did its work" says "$name" "GUEST unmounted"
    console "$name" | sed -n "s/\r//; s/^GUEST bench /BENCH $server /p"
    xl destroy "$name" 2>/dev/null
    stop_backend 2>/dev/null
    xenstore-rm "$BACKEND/9pfs" 2>/dev/null
    [ $FAILED = 0 ] || { console "$name" | tail -20; tail -5 /tmp/ninefold.log /tmp/qemu.log; }
  done
done
