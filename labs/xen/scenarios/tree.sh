# The tree suite of the other guests (labs/guest-suite), over Xen's rings; boot with --tools. What makes thousands of files, or
# 100 MB, takes minutes here: those cases are in tree-all.
without=${WITHOUT-list_more_than_a_message,copy_100_megabytes,untar_2000_files}
mkdir -p /srv/tree; mount -t tmpfs -o size=400m tree /srv/tree
cp /share/domu-tools.cpio /tmp/
# The socket makes the fsdev's process start before libxl waits for the device.
ninefold_serves -xen-attach --attach fsdev-only -fsdev local,id=tree,path=/srv/tree,security_model=passthrough \
  -listen unix:/run/tree,fsdev=tree
GUEST_RAMDISK=/tmp/domu-tools.cpio GUEST_MEMORY=480 GUEST_ARGUMENTS="without=$without ${OPTIONS:+options=$OPTIONS}" guest tree "$(p9 lab tree)" tree
# What the guest has told since the last look.
told=0
tell() {
  local cases
  cases=$(console tree | tr -d '\r' | grep -E '^(not )?ok [0-9]+')
  [ -z "$cases" ] || tail -n +$((told + 1)) <<<"$cases" |
    sed -E 's/^ok [0-9]+ - (.*) # SKIP .*/# left out: \1/; s/^((not )?ok) [0-9]+ - /\1 - in a guest: /'
  [ -z "$cases" ] || told=$(wc -l <<<"$cases")
}
is_gone_meanwhile() { sleep 5; tell; is_gone tree; }
wait_for 3600 is_gone_meanwhile
tell
console tree | grep -q '^not ok' && FAILED=1
check "the tree suite ends with status 0" says tree "GUEST status 0"
[ -n "$without" ] || check "the host finds the 100 MB as the guest sent them" \
  eval '[ -s /srv/tree/report/big ] && [ "$(md5sum </srv/tree/report/big | cut -d" " -f1)" = "$(cat /srv/tree/report/big.md5)" ]'
check "the guest unmounts" says tree "GUEST unmounted"
stop_backend
rm -f /tmp/domu-tools.cpio; umount /srv/tree
[ $FAILED = 0 ] || { console tree | tail -60; tail -20 /tmp/ninefold.log; }
