#!/bin/bash
# fetch.sh OUT: a current QEMU with every library it loads, a current kernel, and its initramfs.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../debian.sh"
WORK=$(mktemp -d "$LAB/work.XXXX"); trap 'rm -rf "$WORK"' EXIT

need_tools xz:xz-utils
apt_ready
unpack "$WORK/qemu" $(closure qemu-system-x86)
from=$WORK/qemu/usr
mkdir -p "$OUT"/{bin,lib,share}
cp "$from/bin/qemu-system-x86_64" "$OUT/bin/"
cp "$from"/share/seabios/bios-{256k,microvm}.bin "$from"/share/qemu/{kvmvapic.bin,linuxboot_dma.bin,pvh.bin,qboot.rom} "$OUT/share/"
# The loader itself lists what it would load; the rest of the closure serves installing, not running.
loader=$from/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
cp -L "$loader" "$OUT/lib/"
"$loader" --library-path "$from/lib/x86_64-linux-gnu" --list "$OUT/bin/qemu-system-x86_64" |
  awk '$3 ~ /\// { print $3 }' | grep -v /ld-linux | while read -r lib; do cp -L "$lib" "$OUT/lib/"; done
"$OUT/lib/ld-linux-x86-64.so.2" --library-path "$OUT/lib" "$OUT/bin/qemu-system-x86_64" -version >/dev/null || die "this QEMU does not start"

# The metapackage leads to the packages that hold the kernel and its modules, however they are split.
unpack "$WORK/linux" $(closure linux-image-amd64 | grep -E '^linux-(image|binary|modules)-[0-9]')
modules=$(echo "$WORK"/linux/usr/lib/modules/*)
cp "$(find "$WORK/linux" -name 'vmlinuz*' -type f | sed q)" "$OUT/vmlinuz"
initramfs "$OUT/base.cpio" "$modules" virtio_mmio virtio_net 9p 9pnet_virtio 9pnet_fd
