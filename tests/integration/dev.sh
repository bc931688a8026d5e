#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ./dev and its Debian 13 root. The root is made by a stand-in for mmdebstrap (a directory with bash in it,
# made in no time), on a stand-in for an older machine: /etc is bound over in a private mount namespace.
# Prints TAP. $1 = the source directory.
#
# shellcheck disable=SC2016 # many scripts in single quotes
set -uo pipefail
src=$1
tmp=$(mktemp -d /tmp/mos-dev-XXXXXX)
trap 'rm -rf -- "$tmp"' EXIT

n=0
ok() { n=$((n + 1)); echo "ok $n - $1"; }
not_ok() { n=$((n + 1)); echo "not ok $n - $1"; sed 's/^/# /' "$tmp/out" 2>/dev/null; }
check() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then ok "$name"; else not_ok "$name"; fi
}
# Run, keep what it said in $tmp/out, compare the exit code.
gives() { local code=$1; shift; "$@" >"$tmp/out" 2>&1; [[ $? == "$code" ]]; }
says() { grep -qF -- "$1" "$tmp/out"; }

### By itself

commands=(demo test build bench shell install package vm-test soak scorecard clean)
help_lists_all() { gives 0 "$src/dev" --help && for c in "${commands[@]}"; do grep -q "^  $c  " "$tmp/out" || return; done; }
check "--help lists every command" help_lists_all
for c in "${commands[@]}"; do
	helps() { gives 0 "$src/dev" "$c" --help && says "Usage: ./dev $c"; }
	check "$c --help" helps
	refuses() { gives 2 "$src/dev" "$c" --nonsense && says "./dev: "; }
	check "$c refuses an unknown option with code 2" refuses
done
check "no command is wrong usage" gives 2 "$src/dev"
unknown() { gives 2 "$src/dev" dance && says "no command 'dance'"; }
check "an unknown command is named" unknown
check "demo --seconds refuses what is no number" gives 2 "$src/dev" demo --seconds 1x
check "demo --wav needs a file" gives 2 "$src/dev" demo --wav
check "soak --minutes refuses what is no number" gives 2 "$src/dev" soak --minutes soon
check "soak --replay needs a file that is there" gives 2 "$src/dev" soak --replay "$src/nowhere.json"
check "test refuses an unknown variant" gives 2 "$src/dev" test --variant best
check "scorecard refuses a card that is none" gives 2 "$src/dev" scorecard arts
scores() { gives 0 "$src/dev" scorecard ai --all && grep -q '^ai: at least [0-9]* of 100' "$tmp/out"; }
check "MET-01: scorecard tells a score" scores
# What demo and soak build is all there is.
listed() { # NAME WORD...: an array of ./dev has these words, whatever folders stand before them
	local name=$1
	shift
	diff <(sed -n "/^$name=(/,/)/p" "$src/dev" | sed "s/^$name=(//; s/)$//" | tr -s ' \t' '\n' | sed '/^$/d; s,.*/,,' | sort) \
		<(printf '%s\n' "$@" | sort) >"$tmp/out"
}
# shellcheck disable=SC2046 # words
check "every service is on the list of ./dev" listed programs mos-sandbox mos-session \
	$(sed -n 's,^ExecStart=@bindir@/\(mos[a-z-]*\).*,\1,p' "$src"/systemd/*.service.in | sort -u)
commented() { ! grep -nE '^[^#[:space:]]+[[:space:]]*$' "$src/tools/packages.txt"; }
check "every package has its reason" commented
if command -v shellcheck >/dev/null; then
	check "scripts are clean for shellcheck" gives 0 shellcheck -x "$src/dev" "$src/.ci/run" "$src/tools/dev/debian-root" "$src/tools/dev/package" "$src/tools/dev/symbols" \
		"$src/tests/integration/package.sh" "$src"/debian/mos.p* "$src/debian/tests/consumer" "$src/debian/tests/session" \
		"$src/tools/dev/demo" "$src/tools/dev/soak" "$src/tools/dev/criterion-tap" "$src/tests/vm/guest/customize" "$src/tests/vm/guest/mos-vm-agent" "$src/tests/integration/dev.sh"
else
	n=$((n + 1))
	echo "ok $n - scripts are clean for shellcheck # SKIP shellcheck is not installed"
fi

### The tally

mkdir -p "$tmp/log/v/tap" "$tmp/log/w"
hash=$(printf '%s\0' /t/one -j1 | sha256sum)
cat >"$tmp/log/v/tap/${hash:0:16}.tap" <<'EOF'
TAP version 13
1..4
ok - s::a  (0.00s)
ok - s::b  # SKIP no corpora
not ok - s::c  (0.01s)
ok - s::d KRO-09 all (of them) hold (0.00s)
EOF
cat >"$tmp/log/v/testlog.json" <<'EOF'
{"name": "one", "result": "FAIL", "command": ["/x/criterion-tap", "/t/one", "-j1"], "returncode": 1, "stdout": ""}
{"name": "script", "result": "OK", "command": ["/x/criterion-tap", "/t/sh"], "returncode": 0, "stdout": "1..2\nok 1 - x\nok 2 - y\n"}
{"name": "plain", "result": "SKIP", "command": ["/x/criterion-tap", "/t/p"], "returncode": 77, "stdout": "hm\nno sound card here\n"}
EOF
echo "see the log" >"$tmp/log/w/build-failed"
tallied() {
	gives 1 "$src/tools/dev/tally" "$tmp/log/v" "$tmp/log/w" &&
		[[ $(tail -n 1 "$tmp/out") == "5 passed, 2 failed, 2 skipped" ]] &&
		says "FAILED: v: one: s::c" && says "FAILED: w: build (see the log)" &&
		says "v: one: s::b: no corpora" && says "v: plain: no sound card here"
}
check "the tally counts single tests and gives reasons" tallied
cat >"$tmp/log/v/testlog.json" <<'EOF'
{"name": "two", "result": "FAIL", "command": ["/x/criterion-tap", "/t/two"], "returncode": 1, "stdout": "1..1\nok 1 - x\n"}
{"name": "cut", "result": "OK", "command": ["/x/criterion-tap", "/t/cut"], "returncode": 0, "stdout": "1..3\nok 1 - x\n"}
{"name": "hung", "result": "TIMEOUT", "command": ["/x/criterion-tap", "/t/hung"], "returncode": -9, "stdout": ""}
EOF
badly() {
	gives 1 "$src/tools/dev/tally" "$tmp/log/v" && [[ $(tail -n 1 "$tmp/out") == "3 passed, 3 failed, 0 skipped" ]] &&
		says "FAILED: v: hung (TIMEOUT)"
}
check "a bad end, a plan not kept and a time-out are failures" badly
: >"$tmp/log/v/testlog.json"
nothing() { gives 1 "$src/tools/dev/tally" "$tmp/log/v" && says "no test ran"; }
check "a variant in which nothing ran has failed" nothing

### On an older machine

if ((EUID != 0)) || ! unshare --mount true 2>/dev/null; then
	for name in make reuse network disk interrupted killed together mirror unprivileged user; do
		n=$((n + 1))
		echo "ok $n - root: $name # SKIP needs root and mount namespaces"
	done
	echo "1..$n"
	exit 0
fi

mkdir -p "$tmp/etc/apt/sources.list.d" "$tmp/bin" "$tmp/a b"
cp -a /etc/passwd /etc/group /etc/hosts "$tmp/etc/"
cp -a /etc/ld.so.cache /etc/alternatives "$tmp/etc/" 2>/dev/null
printf 'ID=debian\nVERSION_ID="12"\n' >"$tmp/etc/os-release"
cat >"$tmp/bin/mmdebstrap" <<'EOF'
#!/bin/bash
echo x >>"$FAKE/made"
for word in "$@"; do
	[[ ${last:-} == trixie ]] && dir=$word
	last=$word
done
printf '%s\n' "$@" >"$FAKE/arguments"
mkdir -p "$dir/etc" "$dir/usr/bin" "$dir/tmp"
ln -s usr/bin "$dir/bin"
case $(cat "$FAKE/mood") in
network) echo "E: Failed to fetch something: Could not resolve 'mirror.invalid'" >&2; exit 1 ;;
block) echo $$ >"$FAKE/blocked"; read -r _ <"$FAKE/gate" ;;
esac
for file in $(for program in bash chroot cut dirname sed sha256sum sort true umount uname unshare; do
	type -P "$program"
	ldd "$(type -P "$program")" | grep -o '/[^ ]*'
done | sort -u); do
	mkdir -p "$dir$(dirname "$file")"
	cp -L "$file" "$dir$file"
done
mkdir -p "$dir/usr/lib/locale" && cp -a /usr/lib/locale/C.utf8 "$dir/usr/lib/locale/" 2>/dev/null
exit 0
EOF
cat >"$tmp/bin/df" <<'EOF'
#!/bin/bash
echo Avail; cat "$FAKE/free"
EOF
chmod +x "$tmp"/bin/*
mkfifo "$tmp/gate"
touch "$tmp/keyring"
export FAKE=$tmp XDG_CACHE_HOME=$tmp/cache PATH=$tmp/bin:$PATH
unset MOS_DEV_ROOT
fresh() { rm -rf "$tmp/cache" "$tmp/made"; echo ok >"$tmp/mood"; echo 100000 >"$tmp/free"; }
# Before a command: run it in the stand-in machine, whose keyring is there, whatever this one has. All of it
# is one process after the other under one pid, so that a signal reaches who runs now.
machine=(unshare --mount --propagation private -- bash -c '
	mount --bind "$FAKE/etc" /etc && mkdir -p /usr/share/keyrings &&
	{ [[ -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || {
		mount -t tmpfs none /usr/share/keyrings && touch /usr/share/keyrings/debian-archive-keyring.gpg; }; } &&
	exec "$@"' machine)
leftovers() { find "$tmp/cache/mos" -mindepth 1 -maxdepth 1 ! -name '*.lock' ! -name '*.log'; }
roots() { find "$tmp/cache/mos" -mindepth 1 -maxdepth 1 -type d -regex '.*/root-[0-9a-f]*' | wc -l; }

fresh
mounts=$(sort /proc/self/mounts)
cd "$tmp/a b" || exit
make() {
	gives 7 "${machine[@]}" "$src/dev" shell -- bash -c 'read -r key </etc/mos-root; echo "$key in $PWD"; exit 7' &&
		grep -qE "^[0-9a-f]{12} in $tmp/a b\$" "$tmp/out" && [[ $(roots) == 1 && $(leftovers | wc -l) == 1 ]]
}
check "root: made, entered in the caller's directory, the exit code passes on" make
no_mounts() { [[ $(sort /proc/self/mounts) == "$mounts" ]]; }
check "root: no mount is left" no_mounts
again() { gives 0 "${machine[@]}" "$src/dev" shell -- true && [[ ! -s $tmp/out && $(wc -l <"$tmp/made") == 1 ]]; }
check "root: the second time it is there" again
if unshare --user true 2>/dev/null; then
	check "root: sandboxes can be made in it" gives 0 "${machine[@]}" "$src/dev" shell -- unshare --user --map-root-user --mount true
else
	n=$((n + 1))
	echo "ok $n - root: sandboxes can be made in it # SKIP this machine allows no user namespaces"
fi

fresh
echo network >"$tmp/mood"
network() { gives 3 "${machine[@]}" "$src/dev" shell -- true && says "cannot fetch packages" && [[ $(leftovers | wc -l) == 0 ]]; }
check "root: no network is said, and nothing half-made stays" network
echo ok >"$tmp/mood"
check "root: and the next try succeeds" gives 0 "${machine[@]}" "$src/dev" shell -- true

fresh
echo 100 >"$tmp/free"
disk() { gives 3 "${machine[@]}" "$src/dev" shell -- true && says "free some, or set XDG_CACHE_HOME" && [[ ! -e $tmp/made ]]; }
check "root: a full disk is said before anything is made" disk

# Wait until the stand-in blocks; the test's time limit ends a wait in vain.
blocked() { until [[ -s $tmp/blocked ]]; do sleep 0.01; done; }
fresh
echo block >"$tmp/mood"
rm -f "$tmp/blocked"
"${machine[@]}" "$src/dev" shell -- true >"$tmp/out" 2>&1 &
pid=$!
blocked
kill -TERM "$pid"
wait "$pid"
code=$?
interrupted() { [[ $code == 130 && $(leftovers | wc -l) == 0 ]] && ! kill -0 "$(<"$tmp/blocked")" 2>/dev/null; }
check "root: interrupted while it is made, nothing stays, neither file nor process" interrupted

fresh
echo block >"$tmp/mood"
rm -f "$tmp/blocked"
"${machine[@]}" "$src/dev" shell -- true >"$tmp/out" 2>&1 &
pid=$!
blocked
kill -KILL "$pid"
wait "$pid" 2>/dev/null
echo ok >"$tmp/mood"
killed() { gives 0 "${machine[@]}" "$src/dev" shell -- true && [[ $(roots) == 1 && $(leftovers | wc -l) == 1 ]]; }
check "root: killed with -9 while it is made, the next try makes it" killed

fresh
echo block >"$tmp/mood"
rm -f "$tmp/blocked"
"${machine[@]}" "$src/dev" shell -- true >"$tmp/first" 2>&1 &
first=$!
blocked
"${machine[@]}" "$src/dev" shell -- true >"$tmp/out" 2>&1 &
second=$!
until says "waiting for another ./dev"; do sleep 0.01; done
echo >"$tmp/gate"
together() { wait "$first" && wait "$second" && [[ $(wc -l <"$tmp/made") == 1 ]]; }
check "root: two at once make it once" together

mirror_is() { fresh; gives 0 "${machine[@]}" "$src/dev" shell -- true && [[ $(tail -n 1 "$tmp/arguments") == "$1" ]]; }
printf 'Types: deb\nURIs: http://updates.example/debian-security http://two.example/debian/\n' >"$tmp/etc/apt/sources.list.d/d.sources"
check "root: the mirror of deb822 sources" mirror_is http://two.example/debian
printf '# deb http://no.example/debian x y\ndeb [arch=amd64 signed-by=/k] http://one.example/debian bookworm main\n' >"$tmp/etc/apt/sources.list"
check "root: the mirror of sources.list" mirror_is http://one.example/debian
printf 'deb mirror+file:/etc/apt/list bookworm main\n' >"$tmp/etc/apt/sources.list"
printf '# a cloud image\nhttps://three.example/debian\tpriority:1\n' >"$tmp/etc/apt/list"
check "root: the mirror that a list names" mirror_is https://three.example/debian
rm -f "$tmp"/etc/apt/sources.list "$tmp"/etc/apt/sources.list.d/*
fresh
no_mirror() { gives 0 "${machine[@]}" "$src/dev" shell -- true && [[ $(tail -n 1 "$tmp/arguments") == "$tmp"/cache/mos/root-*.new ]]; }
check "root: without a Debian mirror mmdebstrap takes its own" no_mirror

# Somebody without rights. The checkout is copied: the original may be where he cannot read.
mkdir -p "$tmp/copy/tools"
cp -a "$src/dev" "$tmp/copy/"
cp -a "$src/tools/dev" "$src/tools/packages.txt" "$tmp/copy/tools/"
chmod 755 "$tmp"
as_nobody() { "${machine[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$tmp" PATH="$1" "$tmp/copy/dev" shell -- true </dev/null; }
mkdir -p "$tmp/plain" "$tmp/sudo"
for program in bash cat cut date dirname env id mkdir paste sed sha256sum sort tr uname; do
	ln -s "$(type -P "$program")" "$tmp/plain/$program"
done
printf '#!/bin/sh\nexit 1\n' >"$tmp/sudo/sudo"
chmod +x "$tmp/sudo/sudo"
no_sudo() { gives 3 as_nobody "$tmp/plain" && says "needs root, and there is no sudo"; }
check "root: without root or sudo it says so" no_sudo
sudo_asks() { gives 3 as_nobody "$tmp/sudo:$tmp/plain" && says "sudo would ask"; }
check "root: without a terminal sudo cannot ask" sudo_asks

# What sudo would call, for a user.
fresh
mkdir -p "$tmp/cache/mos"
printf 'PATH=/nowhere\0GREETING=two\nlines\0BASH_FUNC_x%%%%=() { :; }\0HOME=/tmp\0' >"$tmp/env"
user() {
	FAKE=$tmp gives 0 "${machine[@]}" "$src/tools/dev/debian-root" "$tmp/cache/mos" 0123456789ab bash 65534:65533:65533,65532 "" "$tmp" "$tmp" \
		bash -c 'echo "$UID $(</proc/self/status)"' && grep -q '^65534 ' "$tmp/out" && grep -qE '^Groups:\s*65532 65533' "$tmp/out"
}
check "root: a user stays who he is" user
environment() {
	gives 0 "${machine[@]}" "$src/tools/dev/debian-root" "$tmp/cache/mos" 0123456789ab bash 65534:65534:65534 "$tmp/env" "$tmp" "$tmp" \
		bash -c '[[ $GREETING == $'"'two\nlines'"' && $HOME == /tmp && ! -v FAKE ]]' && [[ ! -e $tmp/env ]]
}
check "root: his environment comes along, not sudo's" environment

echo "1..$n"
