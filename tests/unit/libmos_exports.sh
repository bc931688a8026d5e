#!/bin/sh
# SPDX-License-Identifier: MIT
# libmos.so exports every function that a public header declares, and nothing else.
# Arguments: the library, then the headers. Environment: CC, CPATH.
set -eu
library=$1
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for header in "$@"; do
	# shellcheck disable=SC2086
	$CC -x c -std=c2x -E -P "$header"
done | tr '\n' ' ' | sed 's/static inline[^{]*{[^}]*}//g' | grep -oE '\bmos_[a-z0-9_]+ ?\(' | tr -d ' (' |
	sort -u >"$tmp/declared"
nm -D --defined-only "$library" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$tmp/exported"
[ "$(wc -l <"$tmp/declared")" -gt 80 ]
diff -u "$tmp/declared" "$tmp/exported"
