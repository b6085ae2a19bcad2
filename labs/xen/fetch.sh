#!/bin/bash
# fetch.sh OUT: Xen, a kernel for dom0 and guests, their initramfs, and dom0's root with Xen's tools; nothing is installed.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../debian.sh"
WORK=$(mktemp -d "$LAB/work.XXXX"); trap 'rm -rf "$WORK"' EXIT
# The hypervisor's tools and its ABI go together; this release's are the ones that the lab is known to boot.
NINEFOLD_LABS_SUITE=${NINEFOLD_LABS_XEN_SUITE:-trixie}
XEN=${NINEFOLD_LABS_XEN_VERSION:-4.20}

need_tools xz:xz-utils zstd
apt_ready
unpack "$WORK/xen" "xen-hypervisor-$XEN-amd64" qemu-system-data
gzip -dc "$WORK"/xen/boot/xen-*-amd64.gz >"$OUT/xen"
mkdir -p "$OUT"/{bios,bin,lib}
cp "$WORK"/xen/usr/share/qemu/multiboot*.bin "$OUT/bios/"

unpack "$WORK/linux" $(closure linux-image-amd64 | grep -E '^linux-(image|binary|modules)-[0-9]')
modules=$(echo "$WORK"/linux/usr/lib/modules/*)
# Unpacked here, since under emulation that takes seconds.
"$LABS/xen/extract-vmlinux.sh" "$(find "$WORK/linux" -name 'vmlinuz*' -type f | sed q)" "$OUT/vmlinux"
initramfs "$OUT/dom0.cpio" "$modules" xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc virtio_blk squashfs overlay 9pnet_virtio 9p
initramfs "$OUT/domu.cpio" "$modules" 9pnet_xen 9p

# What the tools need to run; what their packages only need to be installed stays out.
root=$WORK/root
mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
unpack "$root" $(closure "xen-utils-$XEN" xenstore-utils bash procps libstdc++6 |
  grep -vE '^(lib)?(python|perl|systemd|udev|debconf|dpkg|tar|pam|apparmor|init-system|ucf|readline-common|tzdata|media-types|netbase|sensible|db5|text-)')
cd "$root"
rm -rf etc/init.d etc/default usr/share usr/lib/systemd boot usr/lib/xen-*/boot usr/lib/debug
cp "$WORK/busybox/usr/bin/busybox" usr/bin/
usr/bin/busybox --list | while read -r applet; do [ -e "usr/bin/$applet" ] || [ -e "usr/sbin/$applet" ] || ln -s busybox "usr/bin/$applet"; done
mkdir -p dev proc sys run tmp root mnt var/log/xen var/lib/xen var/lib/xenstored lab repo share node
rm -rf var/run var/lock; ln -s /run var/run; ln -s /run/lock var/lock
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd; echo 'root:x:0:' >etc/group; printf '127.0.0.1 localhost\n' >etc/hosts
# The guest's kernel lies in the image: over the shared folder reading it takes seconds.
cp "$OUT/vmlinux" lab/vmlinux

unpack "$WORK/squashfs" $(closure squashfs-tools)
from=$WORK/squashfs/usr
cp "$from/bin/mksquashfs" "$OUT/bin/"
loader=$from/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
cp -L "$loader" "$OUT/lib/"
"$loader" --library-path "$from/lib/x86_64-linux-gnu" --list "$OUT/bin/mksquashfs" |
  awk '$3 ~ /\// { print $3 }' | grep -v /ld-linux | while read -r lib; do cp -L "$lib" "$OUT/lib/"; done
"$LABS/xen/squash.sh" "$OUT" "$root" "$OUT/root.sqfs"
