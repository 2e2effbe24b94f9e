#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts/tour where no namespace can be made: it says so, and shows the embedded engine.
# usage: tour_fallback_test.sh BUILD_FOLDER
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
printf '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n' >"$fake/unshare"
chmod +x "$fake/unshare"
PATH="$fake:$PATH" NEIGH_TOUR_BUILD="$1" "$root/scripts/tour" >"$fake/out"
for words in 'does not permit private namespaces (unshare: unshare failed: Operation not permitted)' \
  'this is the embedded engine' 'steps, all as expected'; do
  if ! grep -qF "$words" "$fake/out"; then
    echo "FAIL: the tour does not say '$words':"
    cat "$fake/out"
    exit 1
  fi
done
