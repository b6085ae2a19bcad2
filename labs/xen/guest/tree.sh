connected && mount9p "$tag" && {
  python3 /tree.py /mnt
  say "status $?"
  umount /mnt && say "unmounted"
}
