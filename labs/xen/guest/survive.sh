# Reads on and on while the server is killed and started again: an error ends it. Then it mounts anew.
connected; mount9p "$tag"; say "read $(cat /mnt/hello)"
n=0
while text=$(cat /mnt/hello 2>&1); do n=$((n + 1)); sleep 0.05; done
say "error: $text"
umount /mnt || umount -l /mnt
say "unmounted after $n reads"
mount9p "$tag" && say "again: $(cat /mnt/hello)"
umount /mnt
