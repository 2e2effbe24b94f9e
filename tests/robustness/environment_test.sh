#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The libraries neither read configuration files nor trust the environment of a privileged process.
# usage: environment_test.sh PROBE LIBRARY...   (77: cannot be tried here, and why)
set -u
probe=$1
shift
failed=0
fail() {
  echo "FAILED: $1"
  failed=1
}
expect() {
  if [ "$2" = "$3" ]; then echo "ok: $1: $2"; else fail "$1: '$2' instead of '$3'"; fi
}

# What the shared libraries could read or believe at all.
for library in "$@"; do
  # libneigh writes packet captures (src/link/pcap.cpp), where its caller says; it opens no other file by fopen.
  case "$library" in
    */libneigh.so*) pattern="freopen" ;;
    *) pattern="fopen|fopen64|freopen" ;;
  esac
  wrong=$(nm -D --undefined-only "$library" |
    grep -oE " (getenv|$pattern|opendir|popen|system|dlopen|execve|execvp|wordexp|_ZNSt14basic_ifstream[A-Za-z0-9_]*)(@|\$)")
  expect "imports of $(basename "$library") that read files or the environment" "$wrong" ""
  paths=$(strings -a "$library" | grep -E '^/(etc|var|run)/|\.(conf|cfg|ini)$' || true)
  expect "paths of configuration in $(basename "$library")" "$paths" ""
done

# An ordinary process is asked for its wish, with an unknown wish being refused.
expect "an ordinary process" "$(NEIGH_STACK=embedded "$probe")" "secure=0 stack=embedded"
expect "an unknown stack" "$(NEIGH_STACK=nonsense "$probe")" "secure=0 stack=none"

# A set-user-id program that somebody else starts.
if [ "$(id -u)" -ne 0 ]; then
  echo "SKIPPED: a set-user-id copy for another user can be made by root alone"
  exit $((failed ? 1 : 77))
fi
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cp "$probe" "$folder/probe" && chmod 4755 "$folder/probe" || exit 1
if ! setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
  echo "SKIPPED: this user namespace has no second user (setpriv --reuid=65534), who could start a set-user-id program"
  exit $((failed ? 1 : 77))
fi
# A program without the bit, started by the same user, shows that the bit is what makes the difference.
cp "$probe" "$folder/plain" && chmod 755 "$folder/plain"
start() { NEIGH_STACK=embedded setpriv --reuid=65534 --regid=65534 --clear-groups "$folder/$1"; }
expect "the same program without the bit" "$(start plain)" "secure=0 stack=embedded"
privileged=$(start probe)
case "$privileged" in
  secure=0*)
    echo "SKIPPED: $folder is mounted nosuid, so that no program there is set-user-id"
    exit $((failed ? 1 : 77))
    ;;
esac
expect "a set-user-id program" "$privileged" "secure=1 stack=kernel"
exit $failed
