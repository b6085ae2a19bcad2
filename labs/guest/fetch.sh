#!/bin/bash
# fetch.sh OUT: the second initramfs, with the programs that suites and demos want beside busybox.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../debian.sh"
WORK=$(mktemp -d "$LAB/work.XXXX"); trap 'rm -rf "$WORK"' EXIT

apt_ready
unpack "$WORK/busybox" busybox-static
root=$WORK/root lib=usr/lib/x86_64-linux-gnu
mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
for d in bin sbin lib lib64; do ln -s "usr/$d" "$root/$d"; done
# Perl comes with git for a few of its scripts and would double the archive.
unpack "$root" $(closure python3 git sqlite3 attr acl openssl tar dash bash coreutils findutils | grep -vE '^(perl|libperl|debconf|liberror-perl|git-man|tzdata)')
cd "$root"
rm -rf etc/init.d etc/default var usr/share/{doc,man,locale,info,lintian,bug,bash-completion,gitweb,perl*,pixmaps,applications} \
  usr/lib/systemd usr/lib/python3*/{ensurepip,idlelib,tkinter,turtledemo,pydoc_data,test,config-*} \
  usr/lib/git-core/git-{http-*,remote-http*,remote-ftp*,imap-send,daemon,cvs*,svn,p4} usr/bin/{scalar,git-shell,perl*}
ln -sf ../lib/git-core/git usr/bin/git

# Keep the libraries that a remaining program or Python module loads.
loader=$lib/ld-linux-x86-64.so.2
find usr/bin usr/sbin usr/lib/git-core usr/lib/python3* -type f \( -perm -100 -o -name '*.so' \) |
  while read -r file; do "$loader" --library-path "$lib" --list "$file" 2>/dev/null || true; done |
  awk '$3 ~ /\// { print $3 }' | sort -u | xargs readlink -f | sort -u >"$WORK/loaded"
find "$PWD/$lib" -type f -name '*.so*' | grep -vFxf "$WORK/loaded" | grep -v /ld-linux | xargs rm -f
find "$lib" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
find "$lib" -xtype l -delete

# Compiled here, since under emulation that is the longest part of a Python program's start.
PYTHONHOME=$PWD/usr "$loader" --library-path "$lib" usr/bin/python3.*[0-9] -m compileall -q -b --invalidation-mode unchecked-hash \
  usr/lib/python3* 2>/dev/null || die "compiling the Python library failed"
find usr/lib/python3* -name '*.py' -delete

pack "$WORK/busybox/usr/bin/busybox" "$root" "$OUT/tools.cpio"
