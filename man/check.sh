#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A manual page names every option that --help names, and formats without a warning. Prints TAP.
# $1: program, $2: page
program=$1 page=$2
echo 1..2
text=$(sed 's/\\-/-/g; s/\\f[BIRP]//g; s/"//g' "$page")
missing=
for option in $("$program" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u); do
    printf '%s\n' "$text" | grep -qE -- "(^|[^a-z-])$option([^a-z-]|$)" || missing="$missing $option"
done
if [ -z "$missing" ]; then echo "ok 1 - $page names every option"; else
    echo "not ok 1 - $page names every option"
    echo "# missing:$missing"
fi
if warnings=$(LC_ALL=C.UTF-8 man --warnings=w -Tutf8 -l "$page" 2>&1 >/dev/null) && [ -z "$warnings" ]; then
    echo "ok 2 - $page formats without a warning"
else
    echo "not ok 2 - $page formats without a warning"
    printf '%s\n' "$warnings" | sed 's/^/# /'
fi
