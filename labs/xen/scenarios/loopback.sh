mkdir -p /srv/lab
serve lab=/srv/lab
loop() { node /share/loopback.mjs lab "$@" || FAILED=1; }
descriptors() { ls "/proc/$backend/fd" | wc -l; }
maps() { grep -c /dev/xen/gntdev "/proc/$backend/maps"; }
# Two rings of order 9 are two pages more than the module grants by default.
echo 8192 >/sys/module/xen_gntalloc/parameters/limit
# An order-0 ring carries 2 KiB messages, less than 9P2000.L needs.
loop 1x2x1 2x2x1 3x2x1 4x2x1 5x2x1 6x2x1 7x2x1 8x2x1 9x2x1 1x1x1 3x8x1
was=$(descriptors)
loop "4x2x${DEVICES:-20}"
check "no descriptor of theirs is left ($was before, $(descriptors) after)" test "$(descriptors)" -le "$was" ||
  ls -l "/proc/$backend/fd" | awk '{ print $NF }' | sort | uniq -c
check "no page of theirs is left mapped" test "$(maps)" = 0
stop_backend
[ $FAILED = 0 ] || tail -30 /tmp/serve.log
