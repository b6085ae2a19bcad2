#!/bin/bash
# fetch-qemu.sh OUT: QEMU for Xen, with what it loads, as a tree that dom0 can run it in. Only benchmarks want it.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../debian.sh"
WORK=$(mktemp -d "$LAB/work.XXXX"); trap 'rm -rf "$WORK"' EXIT
# The same release as dom0's: it speaks to that Xen.
NINEFOLD_LABS_SUITE=${NINEFOLD_LABS_XEN_SUITE:-trixie}
apt_ready
mkdir -p "$OUT"/usr/{bin,sbin,lib,lib64}
for d in bin sbin lib lib64; do ln -s "usr/$d" "$OUT/$d"; done
unpack "$OUT" $(closure qemu-system-xen |
  grep -vE '^(lib)?(python|perl|systemd$|udev$|debconf|dpkg|tar|pam|init-system|ucf|readline-common|media-types|netbase|sensible|seabios|ipxe|ovmf|text-)')
rm -rf "$OUT"/usr/share "$OUT"/etc/init.d "$OUT"/usr/lib/systemd "$OUT"/boot "$OUT"/usr/lib/debug
mkdir -p "$OUT"/{dev,proc,sys,run,srv,tmp,var} && ln -sfn /run "$OUT/var/run"
[ -x "$OUT/usr/libexec/xen-qemu-system-i386" ] || die "no xen-qemu-system-i386 in Debian's qemu-system-xen"
