# A hundred devices made and destroyed by a front end in dom0 itself.
DEVICES=100
. /repo/labs/xen/scenarios/loopback.sh
