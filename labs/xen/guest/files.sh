# A large file is read and copied, by cache=none and by cache=loose; what was written is read again from the server.
connected || say "not connected"
for cache in none loose; do
  options=version=9p2000.L,msize=524288,cache=$cache mount9p "$tag" || say "not mounted"
  say "$cache $(grep -o 'msize=[0-9]*' /proc/mounts) read $(md5sum </mnt/big)"
  cp /mnt/big "/mnt/copy-$tag-$cache"; sync
  say "$cache wrote $(md5sum <"/mnt/copy-$tag-$cache")"
  echo 3 >/proc/sys/vm/drop_caches
  say "$cache again $(md5sum <"/mnt/copy-$tag-$cache")"
  umount /mnt && say "$cache unmounted"
done
