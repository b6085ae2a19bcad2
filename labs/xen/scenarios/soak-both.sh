# One process serves a Xen guest and a virtio one from one fsdev; then the server is killed under load and started again.
mkdir -p /srv/lab; echo "hello from lab" >/srv/lab/hello
daemon() {
  ninefold_serves -fsdev local,id=lab,path=/srv/lab,security_model=none -device xen-9p,fsdev=lab,mount_tag=lab \
    -device virtio-9p-pci,fsdev=lab,mount_tag=lab,socket=/run/virtio.sock -xen-attach --attach xen-9p
}
lanes() { grep -ls '[l]ane-process' /proc/[0-9]*/cmdline | wc -l; }
daemon
guest xen "$(p9 lab)" load; wait_for 240 says xen "GUEST round 1"
check "one process serves the fsdev" test "$(lanes)" = 1
node /share/probe.mjs virtio /run/virtio.sock 20 || FAILED=1
rounds=$(console xen | grep -c "GUEST round")
check "the Xen guest goes on meanwhile" wait_for 120 says xen "GUEST round $((rounds + 1))"
check "each sees what the other wrote" test -f /srv/lab/virtio-19 -a -f /srv/lab/load
xl destroy xen

guest lives "$(p9 lab)" endure; wait_for 240 says lives "GUEST busy"
kill -9 "$backend"; wait "$backend" 2>/dev/null
daemon
wait_for 240 is_gone lives
check "a guest whose server is killed under load gets an error or its answer, and lives" says lives "GUEST error after"
check "and mounts again from the new server" says lives "GUEST again: hello from lab"
check "one process serves the fsdev again" test "$(lanes)" = 1
stop_backend
check "nothing of any device is left" wait_for 30 node_gone $BACKEND/xen_9pfs
[ $FAILED = 0 ] || { tail -40 /tmp/ninefold.log; for name in xen lives; do echo "# console of $name"; console $name | tail -15; done; }
