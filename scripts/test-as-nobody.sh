#!/usr/bin/env bash
# The tests as an ordinary user, on a copy of the tree that this user can read. Needs root to become that user.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then npm test && exec npm run test:long; fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
cp -a node_modules "$copy/"
chown -R 65534:65534 "$copy" --no-dereference
cd "$copy"
setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$copy" node_modules/.bin/node node_modules/vitest/vitest.mjs run --project shared --project isolated --project long --project compliance
