connected && mount9p "$tag" && {
  say "mounted $(grep -c ' 9p ' /proc/mounts)"
  ls -la /mnt
  say "read $(cat /mnt/hello)"
  echo "written by a guest" >/mnt/from-guest && mkdir /mnt/folder && mv /mnt/from-guest /mnt/folder/moved && say "wrote"
  dd if=/dev/urandom of=/tmp/data bs=65536 count=40 2>/dev/null
  cp /tmp/data /mnt/data && cmp /tmp/data /mnt/data && say "compared $(md5sum </mnt/data)"
  umount /mnt && say "unmounted"
}
