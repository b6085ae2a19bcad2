#!/bin/bash
# stage.sh SCRIPT DIR: run SCRIPT into DIR, once: under the lab's lock, and with DIR appearing only when it is complete.
set -euo pipefail
script=$1 dir=$2
export LAB; LAB=$(dirname "$dir")
mkdir -p "$LAB"
exec 9>"$LAB/lock"
flock -n 9 || { echo "labs: waiting for another lab that is being made" >&2; flock 9; }
[ ! -d "$dir" ] || exit 0
rm -rf "$LAB"/work.* "$dir.part"
mkdir "$dir.part"
bash "$script" "$dir.part" 9>&-
rm -rf "$LAB/apt/debs"
mv "$dir.part" "$dir"
