connected 0; connected 1
mount9p one /mnt1 && mount9p two /mnt2 && say "one: $(cat /mnt1/hello), two: $(cat /mnt2/hello)"
umount /mnt1; umount /mnt2
