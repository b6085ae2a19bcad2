# Writes and reads on and on while its server is killed and started again: an error ends it. Then it mounts anew.
connected; mount9p "$tag"; say "read $(cat /mnt/hello)"
( while :; do dd if=/dev/zero of=/mnt/endure bs=65536 count=16 2>/dev/null || break; done ) &
n=0
while text=$(dd if=/mnt/hello bs=1k 2>&1 && ls /mnt 2>&1); do n=$((n + 1)); [ $n = 3 ] && say "busy"; done
say "error after $n rounds"
wait
umount /mnt || umount -l /mnt
mount9p "$tag" && say "again: $(cat /mnt/hello)"
umount /mnt
