mkdir -p /srv/lab /srv/one /srv/two; for tag in lab one two; do echo "hello from $tag" >/srv/$tag/hello; done
shares="lab=/srv/lab one=/srv/one two=/srv/two"
state_of() { xenstore-read "$BACKEND/xen_9pfs/$(domid "$1")/0/state" 2>/dev/null; }
is_connected() { [ "$(state_of "$1")" = 4 ]; }
no_zombie() { ! xl list | grep -q '(null).*--p'; }
seconds() { local start=${EPOCHREALTIME/./}; "$@" >/dev/null 2>&1; echo $(((${EPOCHREALTIME/./} - start) / 1000)); }
serve $shares

guest pair "$(p9 one), $(p9 two)" two; guest lone "$(p9 lab)" basic
wait_for 240 is_gone pair; wait_for 240 is_gone lone
check "two devices in one guest, a third in another, each its own folder" says pair "GUEST one: hello from one, two: hello from two"
check "the other guest, too" says lone "GUEST read hello from lab"

guest plain "" wait; guest busy "$(p9 lab)" load
wait_for 120 says plain "GUEST up"; wait_for 240 says busy "GUEST round 2"
without=$(seconds xl destroy plain); with=$(seconds xl destroy busy)
echo "# xl destroy: $without ms without p9, $with ms under load"
check "xl destroy under load takes at most three times as long, and a second" test "$with" -le $((without * 3 + 1000))
check "no zombie domain is left" wait_for 10 no_zombie

guest unknown "$(p9 nobody)" wait 2>/dev/null && { note "xl created a guest whose device nobody serves"; xl destroy unknown; }
check "an offer that nobody serves is refused" grep -q "is refused: no folder is shared as nobody" /tmp/serve.log
check "and nothing hangs of it: its domain is gone" wait_for 15 is_gone unknown

guest bound "$(p9 lab)" unbind; wait_for 240 is_gone bound
check "a driver that is unbound while mounted ends in Closed" says bound "GUEST refused after the unbind"

guest hot "" hotplug; wait_for 60 domid hot
for time in 1 2; do
  node /share/attach.mjs attach "$(domid hot)" 0 lab
  wait_for 240 says hot "time $time unmounted"
  node /share/attach.mjs detach "$(domid hot)" 0 lab
done
wait_for 120 is_gone hot
check "a device is plugged into a running guest, and again after it was taken away" says hot "time 2: hello from lab"

guest lives "$(p9 lab)" survive; wait_for 240 says lives "GUEST read"
kill -9 "$backend"; wait "$backend" 2>/dev/null
serve $shares
wait_for 240 is_gone lives
check "after kill -9 and a new server the guest gets an error and lives" says lives "GUEST unmounted after"
check "and mounts again" says lives "GUEST again: hello from lab"
stop_backend
check "nothing of any device is left" node_gone $BACKEND/xen_9pfs
[ $FAILED = 0 ] || { tail -80 /tmp/serve.log; for name in pair lone busy unknown bound hot lives; do echo "# console of $name"; console $name | tail -15; done; }
