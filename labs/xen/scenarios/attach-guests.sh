# Several guests at once: libxl's own xen-9pfsd is ours; device models hand their guests to one running server; a refusal; a
# destroy under load.
mkdir -p /srv/one /srv/two /srv/three; for tag in one two three; do echo "hello from $tag" >/srv/$tag/hello; done
no_zombie() { ! xl list | grep -q '(null).*--p'; }
milliseconds() { local start=${EPOCHREALTIME/./}; "$@" >/dev/null 2>&1; echo $(((${EPOCHREALTIME/./} - start) / 1000)); }
folder() { echo "-fsdev local,id=fs0,path=/srv/$1,security_model=none -device virtio-9p-pci,fsdev=fs0,mount_tag=lab"; }

mkdir -p /etc/ninefold
echo '{ inline: on, xen: { allow: [/srv] } }' >/etc/ninefold/xen-9pfsd.yaml
mv "$xenbin/xen-9pfsd" /tmp/; ln -s "$(command -v ninefold-xen-9pfsd)" "$xenbin/xen-9pfsd"
pair() { guest pair "$(p9 one /srv/one), $(p9 two /srv/two)" two; }
# Inline, and with another try: libxl gives a server ten seconds to start, and an emulated machine that is busy may take
# longer. What libxl has started serves the next guest.
pair || { wait_for 120 node_is /local/domain/0/libxl/xen-9pfs/state running && pair; }
guest lone "$(p9 lab /srv/three)" hello
wait_for 240 is_gone pair; wait_for 240 is_gone lone
check "libxl starts our xen-9pfsd: two devices in one guest, each its own folder" says pair "GUEST one: hello from one, two: hello from two"
check "and the third in another guest" says lone "GUEST read hello from three"
check "there was one of it" test "$(running 'dist/xen-9pfs[d]' | wc -l)" = 1
kill $(running 'dist/xen-9pfs[d]')
check "at its end its claim is gone" wait_for 30 node_gone /local/domain/0/libxl/xen-9pfs/state
rm "$xenbin/xen-9pfsd"; mv /tmp/xen-9pfsd "$xenbin/"

ninefold_serves --control /run/ninefold.control
daemon="--daemon /run/ninefold.control"
GUEST_CONFIG=$(xen_dm $daemon $(folder one)) guest first "$(p9_qemu lab)" hello
GUEST_CONFIG=$(xen_dm $daemon $(folder two)) guest second "$(p9_qemu lab)" hello
GUEST_CONFIG=$(xen_dm $daemon $(folder two)) guest unknown "$(p9_qemu nobody)" refused
for name in first second unknown; do wait_for 240 is_gone $name; done
check "two guests that were handed to a server by the same words get a folder each" \
  eval 'says first "GUEST read hello from one" && says second "GUEST read hello from two"'
check "an offer that nothing fits ends in Closed, and its guest's mount in an error" says unknown "GUEST refused"
check "the server has dropped all three" eval '! ninefold status --control /run/ninefold.control | grep "for guest"'

# Twice, because what else a busy machine does is in these times as well.
without=0; with=0
for round in 1 2; do
  GUEST_CONFIG=$(xen_dm $(folder three)) guest busy$round "$(p9_qemu lab)" load; guest plain$round "" wait
  wait_for 240 says busy$round "GUEST round 2"; wait_for 120 says plain$round "GUEST up"
  without=$((without + $(milliseconds xl destroy plain$round))); with=$((with + $(milliseconds xl destroy busy$round)))
done
echo "# two times xl destroy: $without ms without p9, $with ms under load with its device model"
check "xl destroy under load takes at most three times as long" test "$with" -le $((without * 3))
check "no zombie domain, device model or node is left" \
  wait_for 20 eval 'no_zombie && [ -z "$(running "dist/xen-d[m]")" ] && node_gone /local/domain/0/backend/9pfs'
stop_backend
[ $FAILED = 0 ] || { tail -20 /var/log/xen/qemu-dm-*.log /var/log/xen/*9pfsd* /tmp/ninefold.log; ps; for name in pair lone first second unknown busy1; do echo "# console of $name"; console $name | tail -15; done; }
