# A guest's console in the terminal, for labs/xen/demo.ts, which gives the folder.
mkdir -p /srv/demo; mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none demo /srv/demo
GUEST_CONFIG=$(xen_dm --attach xenstore --allow /srv/demo) guest demo "$(p9_qemu lab /srv/demo)" shell || FAILED=1
wait_for 240 says demo "GUEST shell" && { echo "# the guest's console"; xl console demo; }
wait_for 60 is_gone demo
[ $FAILED = 0 ] || cat /var/log/xen/qemu-dm-demo.log
