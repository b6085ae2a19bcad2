# The tree suite in 9P2000.u, as far as that can say it; boot with --tools.
OPTIONS=version=9p2000.u,msize=524288
. /repo/labs/xen/scenarios/tree.sh
