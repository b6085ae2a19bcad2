# Functions for scripts in dom0. They write TAP lines: check NAME COMMAND...
xenbin=$(echo /usr/lib/xen-[0-9]*/bin)
export PATH=/share/ninefold/bin:/node/bin:$xenbin:/usr/sbin:/usr/bin HOME=/root NO_COLOR=1 LC_ALL=C
FAILED=0
BACKEND=/local/domain/0/backend

# check NAME COMMAND...: one line of TAP
check() {
  local name=$1; shift
  if "$@"; then echo "ok - $name"; else echo "not ok - $name"; FAILED=1; return 1; fi
}

# note TEXT...: a remark, with the time
note() { echo "# $(cut -d' ' -f1 /proc/uptime) s: $*"; }

# wait_for SECONDS COMMAND...: until it succeeds. Looking takes dom0's only processor from the server: less often after a while
wait_for() {
  local begin=$SECONDS end=$((SECONDS + $1)); shift
  until "$@" 2>/dev/null; do
    [ $SECONDS -lt $end ] || { echo "# waited in vain for: $*"; return 1; }
    if [ $((SECONDS - begin)) -lt 5 ]; then sleep 0.1; else sleep 1; fi
  done
}

node_is() { [ "$(xenstore-read "$1" 2>/dev/null)" = "$2" ]; }
# running REGEX: processes whose command line fits; a class in it ([m]) keeps the search from finding itself
running() { grep -lsE "$1" /proc/[0-9]*/cmdline | cut -d/ -f3; }
node_gone() { ! xenstore-exists "$1" 2>/dev/null; }

# Ends the machine at once with this status (QEMU's isa-debug-exit; switching off takes Xen five seconds).
power_off() { sync; printf "\\x$(printf %02x "$1")" | dd of=/dev/port bs=1 seek=244 conv=notrunc 2>/dev/null; sleep 5; }

backend=
# serve ARGS...: the lab's back end in the background, until it has claimed libxl's type=xen_9pfsd
serve() {
  node /share/serve.mjs "$@" >/tmp/serve.log 2>&1 &
  backend=$!
  note "server $backend"
  wait_for 120 node_is /local/domain/0/libxl/xen-9pfs/state running || { cat /tmp/serve.log; return 1; }
}
# ninefold_serves ARGS...: the real command in the background, until it serves
ninefold_serves() {
  : >/tmp/ninefold.log
  ninefold --log-format json "$@" >/tmp/ninefold.out 2>/tmp/ninefold.log &
  backend=$!
  note "ninefold $backend"
  wait_for 120 grep -q '^serving' /tmp/ninefold.out || { cat /tmp/ninefold.log; return 1; }
}
stop_backend() { [ -z "$backend" ] || { kill "$backend" && wait "$backend"; }; backend=; }

# guest NAME P9 SCRIPT [KIND]: start a guest with these p9 entries that runs a script of labs/xen/guest, and powers off;
# GUEST_CONFIG holds further lines of its xl.cfg
guest() {
  local name=$1 p9=$2 script=$3 kind=${4:-pv}
  cat >"/tmp/$name.cfg" <<C
name = "$name"
type = "$kind"
kernel = "/lab/vmlinux"
ramdisk = "${GUEST_RAMDISK:-/tmp/domu.cpio}"
memory = ${GUEST_MEMORY:-160}
maxmem = ${GUEST_MEMORY:-160}
vcpus = 1
extra = "console=hvc0 rdinit=/init mitigations=off quiet loglevel=4 panic=-1 lab=$script ${GUEST_ARGUMENTS:-}"
on_poweroff = "destroy"
on_reboot = "destroy"
on_crash = "destroy"
${p9:+p9 = [ $p9 ]}
${GUEST_CONFIG:-}
C
  # Under emulation a trapped rdtscp ends a PVH guest: "SVM Insn len emulation failed".
  [ "$kind" = pv ] || printf 'tsc_mode = "native"\ncpuid = "host,rdtscp=0"\n' >>"/tmp/$name.cfg"
  note "guest $name"
  # An earlier guest of this name has told its own.
  rm -f "/var/log/xen/guest-$name.log"
  xl create -q ${GUEST_OPTIONS:-} "/tmp/$name.cfg" || { note "xl create $name failed ($?)"; dmesg | tail -3; return 1; }
}
p9() { echo "\"type=xen_9pfsd,tag=$1,path=${2:-/x},security_model=none\""; }
p9_qemu() { echo "\"type=qemu,tag=$1,path=${2:-/x},security_model=none\""; }
# xen_dm ARGS...: the lines of xl.cfg that make ninefold-xen-dm the guest's device model, with these arguments
xen_dm() {
  printf 'device_model_version = "qemu-xen"\ndevice_model_override = "%s"\ndevice_model_args_pv = [ ' "$(command -v ninefold-xen-dm)"
  printf '"%s", ' "$@"
  echo "]"
}
domid() { xl domid "$1" 2>/dev/null; }
is_gone() { ! xl domid "$1" >/dev/null 2>&1; }
console() { cat "/var/log/xen/guest-$1.log"; }
says() { console "$1" | grep -qE "$2"; }
