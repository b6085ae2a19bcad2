# The connection to xenstored is lost while a guest is served, and comes back.
mkdir -p /srv/lab; echo "hello from lab" >/srv/lab/hello
store=/run/store.sock
proxy() { node /share/probe.mjs proxy $store /run/xenstored/socket & through=$!; wait_for 60 test -S $store; }
rounds() { console "$1" | grep -c "GUEST round"; }
proxy
# The socket makes the fsdev's process start before libxl waits for a device.
ninefold_serves -fsdev local,id=lab,path=/srv/lab,security_model=none -device xen-9p,fsdev=lab,mount_tag=lab \
  -xen-attach --attach xen-9p -listen unix:/run/early,fsdev=lab --xenstore $store
guest held "$(p9 lab)" load; wait_for 240 says held "GUEST round 1"; id=$(domid held)
kill -9 $through; wait $through 2>/dev/null; note "no connection"
before=$(rounds held)
check "a guest is served on while the connection to xenstored is lost" wait_for 45 says held "GUEST round $((before + 3))"
check "and the log says so" grep -q "the connection to xenstored is lost" /tmp/ninefold.log
proxy
check "it is had again" wait_for 60 grep -q "connected to xenstored again" /tmp/ninefold.log
xl destroy held
check "what changes in xenstore is seen again: the guest's device ends" wait_for 30 node_gone "$BACKEND/xen_9pfs/$id"
guest next "$(p9 lab)" basic; wait_for 240 is_gone next
check "the next guest is served" says next "GUEST unmounted"
stop_backend; kill $through
[ $FAILED = 0 ] || { tail -40 /tmp/ninefold.log; for name in held next; do echo "# console of $name"; console $name | tail -8; done; }
