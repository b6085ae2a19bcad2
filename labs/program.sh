# Sourced by the fetch scripts of single programs, after OUT is set: a program of Debian that starts without being installed.
. "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
WORK=$(mktemp -d "$LAB/work.XXXX"); trap 'rm -rf "$WORK"' EXIT

# program PACKAGE PATH: OUT/bin gets the program, OUT/lib what it loads and the loader itself
program() {
  local from=$WORK/$1 name=${2##*/} loader
  apt_ready
  unpack "$from" $(closure "$1")
  mkdir -p "$OUT"/{bin,lib}
  cp "$from/$2" "$OUT/bin/"
  loader=$from/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
  cp -L "$loader" "$OUT/lib/"
  "$loader" --library-path "$from/usr/lib/x86_64-linux-gnu" --list "$OUT/bin/$name" |
    awk '$3 ~ /\// { print $3 }' | grep -v /ld-linux | while read -r lib; do cp -L "$lib" "$OUT/lib/"; done
}
