#!/bin/bash
# extract-vmlinux.sh BZIMAGE OUT: the ELF kernel inside. Source: Linux's Documentation/arch/x86/boot.rst.
set -euo pipefail
field() { od -An -tu"$2" -j"$(($1))" -N"$2" "$3" | tr -d ' '; }

setup_sectors=$(field 0x1f1 1 "$1")
payload=$(((setup_sectors + 1) * 512 + $(field 0x248 4 "$1")))
length=$(field 0x24c 4 "$1")
packed=$(mktemp); trap 'rm -f "$packed"' EXIT
# The payload's last four bytes are the unpacked size, which the decompressors do not know about.
dd if="$1" of="$packed" bs=1M iflag=skip_bytes,count_bytes skip=$payload count=$((length - 4)) status=none
case $(od -An -tx1 -N4 "$packed" | tr -d ' ') in
  28b52ffd) zstd -qdc "$packed" >"$2" ;;
  fd377a58) xz -dc "$packed" >"$2" ;;
  *) echo "unknown compression of $1" >&2; exit 1 ;;
esac
[ "$(od -An -tx1 -N4 "$2" | tr -d ' ')" = 7f454c46 ] || { echo "no ELF file in $1" >&2; exit 1; }
