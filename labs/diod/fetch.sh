#!/bin/bash
# fetch.sh OUT: diod, a 9P server in C: what the benchmarks run beside.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../program.sh"
program diod usr/sbin/diod
