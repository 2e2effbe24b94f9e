#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: the program that runs from there, one man page per command, completions, schema.
set -eu
cmake=$1 build=$2 prefix=$3
rm -rf "$prefix"
"$cmake" --install "$build" --prefix "$prefix" > /dev/null
"$prefix/bin/neighctl" --version
commands=$("$prefix/bin/neighctl" --help | sed -n '/^Commands$/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ -n "$commands" ]
for page in neighctl $(printf 'neighctl-%s ' $commands); do
  [ -s "$prefix/share/man/man1/$page.1" ] || { echo "no man page $page(1)"; exit 1; }
done
# The pages are the same from every build, so they have no date, which is the only thing that may be missed.
if command -v mandoc > /dev/null; then
  complaints=$(mandoc -T lint -W warning "$prefix"/share/man/man1/*.1 | grep -v 'missing date' || true)
  [ -z "$complaints" ] || { echo "$complaints"; exit 1; }
elif command -v groff > /dev/null; then
  for page in "$prefix"/share/man/man1/*.1; do
    complaints=$(groff -man -Tutf8 -ww -z "$page" 2>&1)
    [ -z "$complaints" ] || { echo "$complaints"; exit 1; }
  done
else
  echo "neither mandoc nor groff is installed: the man pages are not checked"
fi
pages=$(ls "$prefix/share/man/man1" | wc -l)
[ "$pages" -eq $(($(echo "$commands" | wc -l) + 1)) ] || { echo "$pages man pages for: $commands"; exit 1; }
for file in bash-completion/completions/neighctl zsh/vendor-completions/_neighctl fish/vendor_completions.d/neighctl.fish; do
  [ -s "$prefix/share/$file" ] || { echo "no $file"; exit 1; }
done
schema=$(find "$prefix/share/doc" -name neighctl.schema.json)
[ -s "$schema" ] || { echo "no schema"; exit 1; }
