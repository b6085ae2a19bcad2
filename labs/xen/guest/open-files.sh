# Opens files until it may not, gives one back, and opens another.
connected; mount9p "$tag"
for n in 1 2 3 4 5 6 7 8 9; do echo $n >/mnt/f$n || say "made $((n - 1))"; done
n=0
exec 3</mnt/f1 && n=1 && exec 4</mnt/f2 && n=2 && exec 5</mnt/f3 && n=3 && exec 6</mnt/f4 && n=4
say "opened $n"
say "a fifth: $( (exec 7</mnt/f5 && echo opened) 2>&1)"
exec 4<&-
say "after one was given back: $( (exec 7</mnt/f5 && echo opened) 2>&1)"
say "stat $(stat -c %s /mnt/f6)"
exec 3<&- 5<&- 6<&-
umount /mnt && say "unmounted"
