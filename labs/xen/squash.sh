#!/bin/bash
# squash.sh LAB_FOLDER TREE IMAGE: TREE as a squashfs, not compressed, because decompression is what emulation is worst at.
set -euo pipefail
"$1/lib/ld-linux-x86-64.so.2" --library-path "$1/lib" "$1/bin/mksquashfs" "$2" "$3.part" \
  -noappend -all-root -noI -noD -noF -noX -no-xattrs -no-progress -quiet >/dev/null
mv "$3.part" "$3"
