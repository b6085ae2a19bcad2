# The cases of the tree suite but those that without=NAME,… on the kernel's command line names.
for word in $(cat /proc/cmdline); do case $word in without=*) without=",${word#without=}," ;; esac; done
set --
for name in $(sed -n '/^@case/{n;s/^def \([a-z0-9_]*\).*/\1/p}' /tree.py); do
  case ${without:-} in *",$name,"*) ;; *) set -- "$@" "$(echo "$name" | tr _ ' ')" ;; esac
done
connected && mount9p "$tag" && {
  python3 /tree.py /mnt "$@"
  say "status $?"
  umount /mnt && say "unmounted"
}
