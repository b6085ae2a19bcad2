#!/bin/bash
# fetch.sh OUT: strace, the witness of what a server asks its kernel for.
set -euo pipefail
OUT=$1
. "$(dirname "$0")/../program.sh"
program strace usr/bin/strace
