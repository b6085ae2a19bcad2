# A guest's console in the terminal, for labs/xen/demo.ts, which gives the folder.
mkdir -p /srv/demo; mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none demo /srv/demo
ninefold_serves -xen-attach --attach xenstore --allow /srv/demo
guest demo "$(p9 lab /srv/demo)" shell
wait_for 120 says demo "GUEST shell" && { echo "# the guest's console"; xl console demo; }
wait_for 60 is_gone demo
