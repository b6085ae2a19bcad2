mkdir -p /srv/lab; echo "hello from dom0" >/srv/lab/hello
serve lab=/srv/lab
guest one "$(p9 lab)" basic
wait_for 120 is_gone one
check "a PV guest mounts 9p2000.L over Xen rings" says one "GUEST mounted 1"
check "it reads" says one "GUEST read hello from dom0"
check "it writes" test "$(cat /srv/lab/folder/moved)" = "written by a guest"
check "2.5 MiB arrive as they were sent" says one "GUEST compared $(md5sum </srv/lab/data)"
check "it unmounts" says one "GUEST unmounted"
check "nothing of the device is left" node_gone $BACKEND/xen_9pfs
stop_backend
check "the claim is gone with the server" node_gone /local/domain/0/libxl/xen-9pfs
[ $FAILED = 0 ] || { console one; cat /tmp/serve.log; }
