connected; mount9p "$tag"; say mounted
round=0
while :; do
  round=$((round + 1))
  dd if=/dev/zero of=/mnt/load bs=65536 count=16 2>/dev/null; dd if=/mnt/load of=/dev/null bs=65536 2>/dev/null
  say "round $round"
done
