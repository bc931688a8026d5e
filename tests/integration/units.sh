#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2319 # the status of a condition is what is meant
#
# The units of systemd, as they are installed: systemd finds nothing to say about them, no service but rtcore is more
# exposed than 2.5, users and directories of a headless box are made. Prints TAP.
# $1: folder of what the build makes of systemd/, $2: systemd/ itself
built=$1 source=$2
limit=2.5
unset MOS_RUNTIME_DIR
if ! command -v systemd-analyze >/dev/null; then
    echo "1..0 # SKIP systemd-analyze is not installed"
    exit 0
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/mos-units-XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
export XDG_RUNTIME_DIR=$folder HOME=$folder SYSTEMD_COLORS=0 SYSTEMD_PAGER='' LC_ALL=C.UTF-8
n=0

# $1: status of what was tried, $2: description, $3: what to show when it failed
check() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        printf '%s\n' "$3" | sed 's/^/# /'
    fi
}

# A unit's value. $1: file, $2: key
value() { sed -n "s/^$2=//p" "$1" | tail -1; }

is_watched() {
    test "$(value "$1" Type)" = notify && test "$(value "$1" WatchdogSec)" = 10s &&
        test "$(value "$1" Restart)" = on-failure && test -n "$(value "$1" StartLimitBurst)"
}

for scope in user system; do
    mkdir "$folder/$scope"
    find "$built/$scope" "$source" "$source/$scope" -maxdepth 1 \( -name '*.service' -o -name '*.socket' \
        -o -name '*.target' -o -name '*.timer' \) -exec cp {} "$folder/$scope/" \;
    # The programs are not installed yet; nobody runs them here.
    sed -i -E 's,^(ExecStart=)/[^ ]*/(mos[a-z-]*|pipewire|wireplumber),\1/bin/true,' "$folder/$scope"/*.service
    said=$(cd "$folder/$scope" && systemd-analyze verify "--$scope" --man=no --generators=no ./* 2>&1)
    test -z "$said"
    check $? "$scope units: systemd-analyze verify has nothing to say" "$said"

    for unit in "$folder/$scope"/*.service; do
        name=$(basename "$unit")
        said=$(systemd-analyze security "--$scope" --offline=yes --no-pager "$unit" 2>&1)
        score=$(printf '%s\n' "$said" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
        if [ "$name" = mos-rtcore.service ]; then
            test -n "$score"
            check $? "$scope/$name: exposure ${score:-unknown} (it hosts foreign plugins)" "$said"
        else
            awk -v s="${score:-10}" -v l=$limit 'BEGIN { exit !(s <= l) }'
            check $? "$scope/$name: exposure ${score:-unknown} is at most $limit" "$said"
        fi
    done

    for name in $(grep -o 'mos-[a-z]*\.service' "$source/$scope/mos.target" | grep -v 'pipewire\|wireplumber'); do
        unit=$built/$scope/$name
        is_watched "$unit"
        check $? "$scope/$name: says when it is ready, is watched, is started again, not for ever" ""
    done
    grep -q '^FileDescriptorName=mos.sock' "$built/$scope/mos-broker.socket" &&
        grep -q '^ListenSequentialPacket=%t/mos/mos.sock' "$built/$scope/mos-broker.socket"
    check $? "$scope/mos-broker.socket: the door by the name that the broker looks for" ""
done

# What is enabled here is stopped when the package goes.
mkdir "$folder/bin"
# shellcheck disable=SC2016 # for when it runs
printf '#!/bin/sh\necho "$* " >>"$CALLS"\n' >"$folder/bin/deb-systemd-invoke"
chmod +x "$folder/bin/deb-systemd-invoke"
sed 's,/run/systemd/system,/,' "$source/../debian/mos.prerm" |
    CALLS=$folder/calls PATH=$folder/bin:$PATH DPKG_ROOT='' sh -s remove
for scope in user system; do
    said=$(grep -lx '\[Install\]' "$folder/$scope"/* | while read -r unit; do
        grep -q -- "^--$scope stop .*$(basename "$unit") " "$folder/calls" || basename "$unit"
    done)
    test -z "$said"
    check $? "$scope units: prerm stops all that can be enabled" "$said"
done

root=$folder/root
mkdir -p "$root/etc"
said=$(systemd-sysusers --root="$root" "$source/sysusers.conf" 2>&1) && grep -q '^mos:' "$root/etc/passwd" &&
    grep -q '^audio:.*:.*:.*mos' "$root/etc/group"
check $? "sysusers: makes user mos, who is in group audio" "$said"
said=$(systemd-tmpfiles --root="$root" --create "$source/tmpfiles.conf" 2>&1) &&
    [ "$(stat -c '%a %u' "$root/run/mos")" = "750 $(grep ^mos: "$root/etc/passwd" | cut -d: -f3)" ]
check $? "tmpfiles: makes /run/mos for user mos and his group alone" "$said"
! grep -vE '^(#|$|@audio - (rtprio [0-9]+|nice -?[0-9]+|memlock unlimited)$)' "$source/limits.conf" >/dev/null
check $? "limits.d: says nothing but rtprio, nice and memlock for group audio" "$(cat "$source/limits.conf")"
echo "1..$n"
