#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Test the checker (style 2.7, TIM-17): a proof that nobody saw fail proves nothing. Every bad source must give
# exactly the diagnostics written beside its lines, the good ones none. Prints TAP.
# $1: clang 22, $2: this directory, $3...: include directories
clang=$1 dir=$2
shift 2
for i in "$@"; do set -- "$@" "-I$i"; shift; done

n=0
echo "1..$(find "$dir/bad" "$dir/good" -name '*.c' | wc -l)"
for src in "$dir"/bad/*.c "$dir"/good/*.c; do
    n=$((n + 1))
    name=${src#"$dir"/}
    # notes name the place where something was declared, which differs between C libraries
    if out=$("$clang" -std=gnu23 -fsyntax-only -Wfunction-effects -Werror=function-effects \
        -Xclang -verify -Xclang -verify-ignore-unexpected=note "$@" "$src" 2>&1); then
        echo "ok $n - TIM-17 $name"
    else
        echo "not ok $n - TIM-17 $name"
        echo "$out" | sed 's/^/# /'
    fi
done
