#!/bin/bash
# fetch.sh OUT: User-Mode Linux of Debian, the virtio transport of 9P that Debian leaves out of it, and its initramfs.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../debian.sh"
WORK=$(mktemp -d "$LAB/work.XXXX"); trap 'rm -rf "$WORK"' EXIT

need_tools make gcc flex bison bc xz:xz-utils
apt_ready
unpack "$WORK/uml" user-mode-linux libc6
modules=$(echo "$WORK"/uml/usr/lib/uml/modules/*)
version=${modules##*/}                                   # 7.2.7
series=${version%.*}

# The kernel's interpreter field holds a path of the host, whose libc may be older than this kernel's: name the one
# beside it. Going through that loader instead would move the program break, from which the kernel computes its memory.
libs=$WORK/uml/usr/lib/x86_64-linux-gnu
cp -L "$libs/ld-linux-x86-64.so.2" "$OUT/ld.so"; cp -L "$libs/libc.so.6" "$OUT/"
old=/lib64/ld-linux-x86-64.so.2 new=./ld.so
pad=$(printf '\\x00%.0s' $(seq $((${#old} - ${#new}))))
sed "s#$old\x00#$new$pad\x00#" "$WORK/uml/usr/bin/linux.uml" >"$OUT/linux.uml"; chmod 755 "$OUT/linux.uml"

unpack "$WORK/source" "linux-source-$series"
top=linux-source-$series k=$WORK/kernel
say "unpacking what a module build needs of the kernel source"
mkdir "$k" "$WORK/module"
xz -dc -T0 "$WORK/source/usr/src/$top.tar.xz" | tar -x -C "$k" --strip-components=1 --wildcards \
  "$top/Makefile" "$top/Kbuild" "$top/Kconfig" "$top/*/Kconfig*" \
  "$top"/{arch/um,arch/x86,include,init,kernel,lib,mm,net/9p,scripts,security,tools/build,tools/include}

# The source package may be some stable releases ahead of the one that this kernel was built from.
sed -i "s/^SUBLEVEL = .*/SUBLEVEL = ${version##*.}/; s/^EXTRAVERSION = .*/EXTRAVERSION =/" "$k/Makefile"
zcat "$WORK/uml/usr/share/doc/user-mode-linux/config.gz" >"$k/.config"
"$k/scripts/config" --file "$k/.config" -m NET_9P_VIRTIO --set-str LOCALVERSION "" -d LOCALVERSION_AUTO
say "building 9pnet_virtio.ko for $version"
cp "$k"/net/9p/trans_{virtio.c,common.h} "$WORK/module/"
printf 'obj-m := 9pnet_virtio.o\n9pnet_virtio-objs := trans_virtio.o\n' >"$WORK/module/Kbuild"
build() { make -s -C "$k" ARCH=um -j"$(nproc)" "$@" >>"$WORK/log" 2>&1 || die "make $* failed: $(tail -n 20 "$WORK/log")"; }
build olddefconfig
build modules_prepare
build M="$WORK/module" KBUILD_MODPOST_WARN=1 modules     # the symbols are those of a kernel that is not built here
strip -g "$WORK/module/9pnet_virtio.ko"
cp "$WORK/module/9pnet_virtio.ko" "$modules/"

want=$(modinfo_of "$(find "$modules" -name 9pnet.ko)" vermagic) have=$(modinfo_of "$modules/9pnet_virtio.ko" vermagic)
[ "$want" = "$have" ] || die "9pnet_virtio.ko is for '$have', the kernel wants '$want'"
initramfs "$OUT/base.cpio" "$modules" 9p 9pnet_virtio 9pnet_fd
