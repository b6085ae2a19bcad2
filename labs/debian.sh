# Sourced by the fetch scripts: packages of a newer Debian from this machine's own mirror, unpacked and never installed.
# Needs LAB (the cache folder). Everything apt remembers stays below it, so no step here needs root but need_tools.
LABS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
APT=$LAB/apt
export LC_ALL=C

say() { echo "labs: $*" >&2; }
die() { say "$*"; exit 1; }

# need_tools COMMAND[:PACKAGE]...: install what is missing when root, else say what root must run
need_tools() {
  local item missing=()
  for item; do command -v "${item%%:*}" >/dev/null || missing+=("${item##*:}"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "missing on this machine: ${missing[*]}; as root run: apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${missing[*]}"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
    >"$LAB/install.log" 2>&1 || die "apt-get install ${missing[*]} failed: $(tail -n 3 "$LAB/install.log")"
}

# The address of this machine's first Debian source, and the key file that signs it.
source_field() { awk -v key="$1:" '$1 == key { print $2; exit }' /etc/apt/sources.list.d/*.sources 2>/dev/null || true; }
mirror() {
  source_field URIs | grep . ||
    awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /:\//) { print $i; exit } }' /etc/apt/sources.list 2>/dev/null || true
}
keyring() { source_field Signed-By | grep '^/' || echo /usr/share/keyrings/debian-archive-keyring.gpg; }

apt_ready() {
  local uri=${NINEFOLD_LABS_MIRROR:-$(mirror)} suite=${NINEFOLD_LABS_SUITE:-sid}
  [ "$(dpkg --print-architecture)" = amd64 ] || die "the labs boot amd64 guests on amd64 machines, this one is $(dpkg --print-architecture)"
  [ -n "$uri" ] || die "no Debian source in /etc/apt; set NINEFOLD_LABS_MIRROR to the address of a Debian archive"
  mkdir -p "$APT"/{state/lists,cache/archives,debs,none}
  : >"$APT/status"
  echo "deb [arch=amd64 signed-by=$(keyring)] $uri $suite main" >"$APT/sources.list"
  # A dated mirror serves a Release file whose validity ended long ago. Hooks of the machine's own apt are not for us.
  cat >"$APT/apt.conf" <<C
Dir::State "$APT/state"; Dir::State::status "$APT/status"; Dir::Cache "$APT/cache";
Dir::Etc::sourcelist "$APT/sources.list"; Dir::Etc::sourceparts "-"; Dir::Etc::preferencesparts "$APT/none";
Acquire::Check-Valid-Until "false"; Acquire::Languages "none"; Acquire::Retries "3";
APT::Sandbox::User "$(id -un)"; APT::Install-Recommends "false"; APT::Architectures { "amd64"; };
#clear APT::Update::Pre-Invoke; #clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;
C
  say "reading the package lists of $suite"
  lab_apt get update -qq >"$APT/log" 2>&1 || die "apt-get update failed: $(tail -n 3 "$APT/log")"
}

lab_apt() { local tool=apt-$1; shift; "$tool" -c "$APT/apt.conf" "$@"; }

# closure NAME...: these packages and all that they depend on
closure() { lab_apt get -s install "$@" | awk '$1 == "Inst" { print $2 }'; }

# unpack DIR NAME...: download (resuming what an earlier try left) and extract these packages
unpack() {
  local dir=$1 list; shift
  mkdir -p "$dir"
  # asked from an empty folder, since apt leaves out what lies in the current one
  list=$(cd "$APT/none" && lab_apt get download --print-uris "$@") || die "no such packages: $*"
  say "downloading $(awk '{ n++; s += $3 } END { printf "%d package(s), %.1f MB", n, s / 1e6 }' <<<"$list")"
  (cd "$APT/debs" && lab_apt get download -qq "$@") >"$APT/log" 2>&1 || die "download failed: $(tail -n 3 "$APT/log")"
  awk '{ print $2 }' <<<"$list" | while read -r deb; do dpkg-deb -x "$APT/debs/$deb" "$dir"; done
}

# modinfo_of FILE KEY: one field of a kernel module
modinfo_of() { tr '\0' '\n' <"$1" | sed -n "s/^$2=//p"; }

# initramfs OUT KERNEL_TREE MODULE...: busybox, /init and the modules with what they need, in loading order
initramfs() {
  local out=$1 tree=$2 root; shift 2
  root=$(mktemp -d "$WORK/root.XXXX")
  unpack "$WORK/busybox" busybox-static
  local busybox=$WORK/busybox/usr/bin/busybox
  mkdir -p "$root"/{dev,proc,sys,tmp,run,root,mnt,etc,lab/modules,usr/bin,usr/sbin,usr/lib,usr/lib64}
  for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
  cp "$busybox" "$root/usr/bin/"
  "$busybox" --list | grep -vx busybox | while read -r applet; do ln -s busybox "$root/usr/bin/$applet"; done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"; echo 'root:x:0:' >"$root/etc/group"
  printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
  for m; do add_module "$tree" "$m" "$root/lab/modules"; done
  pack "$busybox" "$root" "$out"
}

add_module() { # TREE NAME DIR: dependencies first
  local file dep
  grep -qx "$2" "$3/order" 2>/dev/null && return
  file=$(find "$1" \( -name "$2.ko*" -o -name "${2//_/-}.ko*" \) -print -quit)
  [ -n "$file" ] || die "no kernel module $2 below $1"
  case $file in *.xz) xz -dc "$file" ;; *.zst) zstd -qdc "$file" ;; *) cat "$file" ;; esac >"$3/$2.ko"
  for dep in $(modinfo_of "$3/$2.ko" depends | tr ',' ' '); do add_module "$1" "$dep" "$3"; done
  echo "$2" >>"$3/order"
}

# pack BUSYBOX DIR OUT: a cpio that the kernel reads, owned by root whoever runs this
pack() { (cd "$2" && find . -mindepth 1 | sort | "$1" cpio -o -H newc -R 0:0) >"$3" 2>/dev/null; }
