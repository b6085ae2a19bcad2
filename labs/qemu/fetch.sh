#!/bin/bash
# fetch.sh OUT: a current QEMU with every library it loads, a current kernel, and its initramfs.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../debian.sh"
WORK=$(mktemp -d "$LAB/work.XXXX"); trap 'rm -rf "$WORK"' EXIT

need_tools xz:xz-utils zstd gzip
apt_ready
unpack "$WORK/qemu" $(closure qemu-system-x86)
from=$WORK/qemu/usr
mkdir -p "$OUT"/{bin,lib,share}
cp "$from/bin/qemu-system-x86_64" "$OUT/bin/"
cp "$from"/share/seabios/bios-256k.bin "$from"/share/qemu/{kvmvapic.bin,linuxboot_dma.bin,pvh.bin,qboot.rom} "$OUT/share/"
# The loader itself lists what it would load; the rest of the closure serves installing, not running.
loader=$from/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
cp -L "$loader" "$OUT/lib/"
"$loader" --library-path "$from/lib/x86_64-linux-gnu" --list "$OUT/bin/qemu-system-x86_64" |
  awk '$3 ~ /\// { print $3 }' | grep -v /ld-linux | while read -r lib; do cp -L "$lib" "$OUT/lib/"; done
"$OUT/lib/ld-linux-x86-64.so.2" --library-path "$OUT/lib" "$OUT/bin/qemu-system-x86_64" -version >/dev/null || die "this QEMU does not start"

# The metapackage leads to the packages that hold the kernel and its modules, however they are split.
unpack "$WORK/linux" $(closure linux-image-amd64 | grep -E '^linux-(image|binary|modules)-[0-9]')
modules=$(echo "$WORK"/linux/usr/lib/modules/*)

# Started as a plain ELF file, the kernel does not unpack itself in the emulated machine: that would take two seconds
# of each boot. Its setup header says where the compressed image lies (Documentation/arch/x86/boot.rst: payload_offset).
vmlinuz=$(find "$WORK/linux" -name 'vmlinuz*' -type f -print -quit)
field() { od -An -t"$2" -j"$1" -N"${2#u}" "$vmlinuz" | tr -d ' '; }
offset=$((($(field 497 u1) + 1) * 512 + $(field 584 u4)))
length=$(field 588 u4)
head -c $((offset + length)) "$vmlinuz" | tail -c "$length" >"$WORK/payload"
case $(od -An -tx1 -N2 "$WORK/payload" | tr -d ' ') in 28b5) unpacker=zstd ;; fd37) unpacker=xz ;; *) unpacker=gzip ;; esac
# The size of the image follows the compressed data; unpackers complain of it after they are done.
"$unpacker" -qdc <"$WORK/payload" >"$OUT/vmlinux" 2>/dev/null || true
[ "$(od -An -c -j1 -N3 "$OUT/vmlinux" | tr -d ' ')" = ELF ] || die "cannot unpack the kernel in ${vmlinuz##*/} with $unpacker"
initramfs "$OUT/base.cpio" "$modules" virtio_mmio virtio_net 9p 9pnet_virtio 9pnet_fd
