# Hostile front ends on real grants and event channels, beside one that keeps to the rules. SEED and LIVES repeat a run.
mkdir -p /srv/fuzz/share /srv/fuzz/outside
echo secret >/srv/fuzz/outside/secret; ln -s ../outside /srv/fuzz/share/out; ln -s ../outside/secret /srv/fuzz/share/link
outside() { ls -laR --full-time /srv/fuzz/outside 2>/dev/null || ls -laR /srv/fuzz/outside; cat /srv/fuzz/outside/secret; ls /srv/fuzz; }
before=$(outside)
ninefold_serves -fsdev local,id=lab,path=/srv/fuzz/share,security_model=none -device xen-9p,fsdev=lab,mount_tag=lab -xen-attach --attach xen-9p \
  -listen unix:/run/fuzz,fsdev=lab
lane_of() { grep -ls '[l]ane-process' /proc/[0-9]*/cmdline | cut -d/ -f3; }
lane=$(lane_of)
echo 8192 >/sys/module/xen_gntalloc/parameters/limit
seed=${SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
echo "# seed $seed"
node /share/probe.mjs fuzz lab "$seed" "${LIVES:-60}" || FAILED=1
check "the server is the same process" test "$(lane_of)" = "$lane"
check "nothing outside of the share is changed" test "$(outside)" = "$before"
check "no page of theirs is left mapped" eval '! grep -q /dev/xen/gntdev "/proc/$lane/maps"'
check "no node of theirs is left" wait_for 30 node_gone $BACKEND/xen_9pfs
stop_backend
[ $FAILED = 0 ] || tail -40 /tmp/ninefold.log
