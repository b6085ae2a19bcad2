# What lifecycle.sh leaves out: servers that hang or are dead, a driver that is bound again.
mkdir -p /srv/lab; echo "hello from lab" >/srv/lab/hello
no_zombie() { ! xl list | grep -q '(null).*--p'; }
milliseconds() { local start=${EPOCHREALTIME/./}; "$@" >/dev/null 2>&1; echo $(((${EPOCHREALTIME/./} - start) / 1000)); }
claim=/local/domain/0/libxl/xen-9pfs/state
serve lab=/srv/lab

guest hung "$(p9 lab)" load; wait_for 240 says hung "GUEST round 1"
kill -STOP "$backend"; took=$(milliseconds xl destroy hung)
echo "# xl destroy with a server that hangs: $took ms"
check "a guest whose server hangs is destroyed as far as its toolstack can" is_gone hung
check "what the server has mapped keeps a remainder of the domain" eval '! no_zombie'
kill -CONT "$backend"
check "which goes by itself once the server runs on" wait_for 60 no_zombie

guest rebind "$(p9 lab)" rebind; wait_for 240 is_gone rebind
check "a driver that is unbound while mounted gets errors" says rebind "GUEST refused after the unbind"
check "Linux's front end stays closed when it is bound again" says rebind "GUEST refused after the bind"

guest orphan "$(p9 lab)" survive; wait_for 240 says orphan "GUEST read"
id=$(domid orphan); kill -9 "$backend"; wait "$backend" 2>/dev/null
check "after kill -9 xenstore says nothing of it" eval "node_is $BACKEND/xen_9pfs/$id/0/state 4 && node_is $claim running"
guest late "$(p9 lab)" wait; check "another guest is not started without a server" is_gone late
took=$(milliseconds xl destroy orphan); echo "# xl destroy without a server: $took ms"
check "a guest whose server is dead leaves no zombie" wait_for 30 no_zombie
serve lab=/srv/lab
check "a new server serves the next guest" eval 'guest next "$(p9 lab)" basic; wait_for 240 is_gone next; says next "GUEST unmounted"'
stop_backend
check "and takes its claim back" wait_for 30 node_gone $claim
xenstore-ls $BACKEND | sed 's/^/# left: /'
[ $FAILED = 0 ] || { tail -40 /tmp/serve.log; for name in hung rebind orphan next; do echo "# console of $name"; console $name | tail -15; done; }
