#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a test in a session whose bank is not there at first, and then loads as slowly as the test wants.
# Arguments: mos-session, mos-rtcore, the preloaded library, the test and its arguments.
set -eu
session=$1 rtcore=$(realpath "$2") library=$(realpath "$3")
shift 3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/gate"
ln -s "$library" "$dir/slow-bank.so" # LD_PRELOAD splits at spaces
# Only mos-rtcore is to be slow: the session finds this one first.
cat >"$dir/mos-rtcore" <<EOF
#!/bin/sh
LD_PRELOAD='$dir/slow-bank.so' exec '$rtcore' --bank '$dir/late.sf2' "\$@"
EOF
chmod +x "$dir/mos-rtcore"
TEST_BANK=$dir/late.sf2 TEST_GATE=$dir/gate MOS_BIN_DIR=$dir "$session" --private-pipewire -- "$@"
