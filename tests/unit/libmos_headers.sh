#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, first and twice, as C23 and as C++17, all warnings on.
# Arguments: the headers. Environment: CC, CXX, CPATH.
set -u
CXX=${CXX:-g++}
bad=0
if ! command -v "${CXX%% *}" >/dev/null; then
	echo "no $CXX here: the C++17 half cannot be tested"
	exit 77
fi
for header in "$@"; do
	text="#include <mos/${header##*/}>"
	# shellcheck disable=SC2086
	printf '%s\n%s\n' "$text" "$text" |
		$CC -x c -std=c2x -Wall -Wextra -Wconversion -Werror -fsyntax-only - || bad=1
	# shellcheck disable=SC2086
	printf '%s\n%s\n' "$text" "$text" |
		$CXX -x c++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only - || bad=1
done
[ $# -gt 0 ] && exit $bad
