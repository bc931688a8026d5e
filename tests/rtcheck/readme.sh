#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The program in README.md compiles as it stands there (style section 3, point 4). Prints TAP.
# $1: README.md, $2: C compiler, $3...: include directories
readme=$1 cc=$2
shift 2
for i in "$@"; do set -- "$@" "-I$i"; shift; done
echo 1..1
if out=$(sed -n '/^```c$/,/^```$/p' "$readme" | grep -v '^```' |
    "$cc" -std=gnu23 -Wall -Wextra -Werror -fsyntax-only "$@" -x c - 2>&1); then
    echo "ok 1 - CNF-14 the program in README.md compiles"
else
    echo "not ok 1 - CNF-14 the program in README.md compiles"
    echo "$out" | sed 's/^/# /'
fi
