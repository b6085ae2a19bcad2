# What dom0 runs: Xen's daemons, then the scripts of this run, one after the other; their verdict ends the machine.
. /repo/labs/xen/lib.sh
ip link set lo up 2>/dev/null || ifconfig lo up
hostname dom0
xenstored
wait_for 30 test -S /run/xenstored/socket
xen-init-dom0 >/dev/null
# Here, and not in the shared folder: the toolstack maps it.
cp /share/domu.cpio /tmp/
xenconsoled --log=all --log-dir=/var/log/xen
echo "# dom0 is up after $(cut -d' ' -f1 /proc/uptime) s"
status=0
for script in /share/run/*.sh; do
  echo "# $(basename "$script" .sh)"
  # Each in a shell of its own; what it leaves running ends with it.
  (cd /root && . "$script" && [ "$FAILED" = 0 ]) || status=1
  stop_backend 2>/dev/null
done
cp /var/log/xen/*.log /tmp/*.log /share/ 2>/dev/null
echo "# done after $(cut -d' ' -f1 /proc/uptime) s"
power_off $status
