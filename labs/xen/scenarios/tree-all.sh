# The whole tree suite; boot with --tools.
WITHOUT=
. /repo/labs/xen/scenarios/tree.sh
