# max-open-files of xl.cfg, as a guest sees it; limits that nothing enforces; a second back end.
mkdir -p /srv/lab; echo "hello from lab" >/srv/lab/hello
limited() { echo "\"type=xen_9pfsd,tag=lab,path=/x,security_model=none,$1\""; }
folder="-fsdev local,id=lab,path=/srv/lab,security_model=none -device xen-9p,fsdev=lab,mount_tag=lab -xen-attach --attach xen-9p"
# The socket makes the fsdev's process start before libxl waits for a device.
ninefold_serves $folder -listen unix:/run/early,fsdev=lab
guest four "$(limited max-open-files=4)" open-files; wait_for 240 is_gone four
check "as many files as the limit says are opened" says four "GUEST opened 4"
check "one more is refused with EMFILE" says four "GUEST a fifth: .*[Tt]oo many open files"
check "one that is closed makes room for another" says four "GUEST after one was given back: opened"
check "what needs no open file goes on" says four "GUEST stat 2"
check "the guest unmounts" says four "GUEST unmounted"

guest held "$(p9 lab)" load; wait_for 240 says held "GUEST round 1"
id=$(domid held)
node /share/probe.mjs rival "$BACKEND/xen_9pfs/$id/0" "/local/domain/$id/device/9pfs/0" "$id" 0 xen_9pfs || FAILED=1
ninefold $folder >/tmp/second.log 2>&1
check "a second server does not start" grep -q "serves type=xen_9pfsd already" /tmp/second.log
rounds=$(console held | grep -c "GUEST round")
check "the first goes on, and so does its guest" wait_for 120 says held "GUEST round $((rounds + 2))"
xl destroy held
check "and the device ends with its guest" wait_for 30 node_gone "$BACKEND/xen_9pfs/$id"
stop_backend
[ $FAILED = 0 ] || { tail -40 /tmp/ninefold.log /tmp/second.log; for name in four held; do echo "# console of $name"; console $name | tail -15; done; }
