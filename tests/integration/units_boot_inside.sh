#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2319 # the status of a condition is what is meant
#
# Runs within the machine that units_boot.sh boots: a user's MOS, then a headless one. Prints TAP.
n=0
# All that the target starts, rtcore first.
services=$(cat /usr/local/lib/systemd/user/mos.target /usr/lib/systemd/user/mos.target 2>/dev/null |
    grep -o 'mos-[a-z]*\.service' | sed 's/^mos-//; s/\.service$//')
fenced=${services/rtcore/} # it says in its unit why it is not
export SYSTEMD_PAGER='' SYSTEMD_COLORS=0 LC_ALL=C.UTF-8

# $1: status of what was tried, $2: description, $3: what to show when it failed
check() {
    n=$((n + 1))
    if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
        echo "not ok $n - $2"
        printf '%s\n' "$3" | tail -30 | sed 's/^/# /'
    fi
}

# Until a command succeeds. $1: seconds at most
within() {
    local end=$((SECONDS + $1))

    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

journal() { journalctl --no-pager -o short-monotonic -n 40 2>&1; }

# --- A user's ---

useradd -m studio
useradd -m other
uid=$(id -u studio)
mkdir -p "/run/user/$uid"
chown studio: "/run/user/$uid"
chmod 700 "/run/user/$uid"
cat >/run/systemd/system/users-manager.service <<E
[Service]
Type=notify
User=studio
Environment=XDG_RUNTIME_DIR=/run/user/$uid HOME=/home/studio
ExecStart=/lib/systemd/systemd --user
Delegate=yes
E
systemctl daemon-reload
systemctl start users-manager.service

as() {
    local user=$1

    shift
    setpriv --reuid "$user" --regid "$user" --init-groups env -i PATH=/usr/local/bin:/usr/bin:/bin \
        "HOME=/home/$user" "XDG_RUNTIME_DIR=/run/user/$uid" SYSTEMD_PAGER='' "$@"
}
ctl() { as studio systemctl --user "$@"; }
property() { ctl show "mos-$1" -P "$2"; }
restarts() { [ "$(property "$1" NRestarts)" -ge "$2" ] && [ "$(property "$1" ActiveState)" = active ]; }

[ "$(wc -w <<<"$services")" -ge 6 ]
check $? "the target names its services" "$services"
said=$(ctl start mos.target 2>&1)
check $? "user: systemctl --user start mos.target" "$said"
for service in $services; do
    within 20 ctl is-active "mos-$service"
    check $? "user: mos-$service says that it is ready" "$(ctl status "mos-$service" 2>&1; journal)"
done
[ "$(as studio mosctl status --json | tr -d ' \n' | grep -o '"up":true' | wc -l)" -ge 1 ]
check $? "user: mosctl finds MOS" "$(as studio mosctl status 2>&1)"

for service in $fenced; do
    pid=$(property $service MainPID)
    said=$(cat "/proc/$pid/status" "/proc/$pid/mountinfo")
    grep -q '^NoNewPrivs:[[:space:]]*1' <<<"$said" && grep -q '^Seccomp:[[:space:]]*2' <<<"$said" &&
        grep -q '^CapBnd:[[:space:]]*0*$' <<<"$said" && grep -q ' / / ro,' <<<"$said"
    check $? "user: mos-$service runs without capabilities, filtered, over a file system that is read-only" "$said"
done

as studio mosctl widget start metronome >/dev/null 2>&1
as studio mosctl widget list | grep -q '^metronome .* active '
check $? "user: a widget runs in its bubblewrap below the broker's sandbox" \
    "$(as studio mosctl widget list 2>&1; as studio mosctl widget logs metronome 2>&1)"

kill -9 "$(property broker MainPID)"
said=$(as studio mosctl status 2>&1)
check $? "user: kill -9 of the broker: who calls at that moment waits at systemd's door" "$said"
within 10 restarts broker 1
check $? "user: the broker is back" "$(ctl status mos-broker)"
[ "$(property broker NFileDescriptorStore)" -ge 1 ]
check $? "user: systemd keeps descriptors for it" "$(ctl show mos-broker)"
within 20 bash -c "$(declare -f as); uid=$uid; as studio mosctl widget list | grep -q '^metronome .* active '"
check $? "user: and its widget runs again" "$(as studio mosctl widget list 2>&1)"
is_linked() { as studio mosctl --json link | tr -d ' ' | grep -q '"on":true'; }
said=$(as studio mosctl link on --interface lo 2>&1) && is_linked
check $? "user: Ableton Link can be switched on in its sandbox" "$said$(journal)"
for service in ${services/broker/}; do
    kill -9 "$(property $service MainPID)"
    within 15 restarts $service 1
    check $? "user: kill -9 of mos-$service: it is back" "$(ctl status mos-$service; journal)"
done

within 10 is_linked
check $? "user: mos-link has kept that it is on" "$(as studio mosctl link 2>&1; journal)"
as studio mosctl link off >/dev/null 2>&1
# The watchdog: a program that stands still is ended and started again. Two at one time, to wait once.
kill -STOP "$(property hermes MainPID)" "$(property rtcore MainPID)"
for service in hermes rtcore; do
    within 40 restarts $service 2
    check $? "user: mos-$service hangs: the watchdog has it started again" "$(ctl status mos-$service; journal)"
done
# A restart in order keeps the door, too.
said=$(ctl restart mos-broker 2>&1 && as studio mosctl status 2>&1)
check $? "user: systemctl --user restart mos-broker" "$said"

said=$(journalctl --no-pager -o json MOS_SERVICE=broker MOS_NAME=hermes 2>&1)
grep -q '"MESSAGE":"a service is up: name=hermes pid=[0-9]*"' <<<"$said" && grep -q '"MOS_PID":"[0-9]*"' <<<"$said"
check $? "user: what the broker says of hermes is found by its fields in the journal" "$said"

said=$(journalctl --no-pager -p err -t mos-rtcore -t mos-broker -t mos-hermes -t mos-band -t mos-link -t mos-jack -t mos-theater -q)
test -z "$said"
check $? "user: no service logged an error" "$said"

ctl stop mos.target
ended() {
    ! ctl is-active mos-broker.socket mos-rtcore.service mos-hermes.service && [ ! -e "/run/user/$uid/mos/mos.sock" ]
}
within 15 ended
check $? "user: systemctl --user stop mos.target ends all, and takes the door away" "$(ctl list-units 'mos*')"
ctl start mos-broker.socket
said=$(as studio mosctl status 2>&1) && within 10 ctl is-active mos-hermes.service
check $? "user: with the socket alone, the first who knocks starts MOS" "$said"
ctl stop mos.target
systemctl stop users-manager.service

# --- A headless box's ---

systemd-sysusers 2>/dev/null
systemd-tmpfiles --create mos.conf
usermod -a -G mos studio
system() { systemctl show "mos-$1" -P "$2"; }
box() {
    setpriv --reuid "$1" --regid "$1" --init-groups env -i PATH=/usr/local/bin:/usr/bin:/bin \
        MOS_RUNTIME_DIR=/run/mos "${@:2}"
}

said=$(systemctl start mos.target 2>&1)
check $? "system: systemctl start mos.target" "$said"
for service in pipewire wireplumber $services; do
    within 20 systemctl is-active "mos-$service" && [ "$(stat -c %U "/proc/$(system "$service" MainPID)")" = mos ]
    check $? "system: mos-$service runs as user mos" "$(systemctl status "mos-$service"; journal)"
done
within 10 bash -c "$(declare -f box); box studio mosctl status | grep -q '^rtcore .*pipewire'"
check $? "system: a user in group mos finds it, and it has found its own PipeWire" "$(box studio mosctl status 2>&1)"
# What the band played goes on, and is the next one's.
said=$(setpriv --reuid mos --regid mos --init-groups env -i PATH=/usr/bin:/bin PIPEWIRE_RUNTIME_DIR=/run/mos pw-cli create-node adapter \
    "{ factory.name=support.null-audio-sink node.name=nowhere media.class=Audio/Sink audio.position=[FL FR] object.linger=true }" 2>&1)
check $? "system: a sink for a box without sound" "$said"
begins() { box studio mosctl band loop --chords "C F G C" --style bossa; }
within 20 begins
check $? "system: the band plays" "$(begins 2>&1; journal)"
kill -9 "$(system band MainPID)"
plays() { [ "$(system band NRestarts)" -ge 1 ] && box studio mosctl --json band status | tr -d ' ' | grep -q '"playing":true'; }
within 20 plays
check $? "SCL-08 system: kill -9 of mos-band while it plays: systemd kept what the next one needs to know of it" \
    "$(box studio mosctl band status 2>&1; journal)"
said=$(box studio mosctl band stop 2>&1)
check $? "system: which can stop it" "$said"
! box other mosctl status >/dev/null 2>&1
check $? "system: a user who is not does not" "$(box other mosctl status 2>&1)"
[ "$(stat -c '%U:%G %a' /run/mos/mos.sock)" = "mos:mos 660" ]
check $? "system: the door is the group's" "$(ls -l /run/mos)"
said=$(journalctl --no-pager -p err -u 'mos-*' -q --since=-60s)
test -z "$said"
check $? "system: nobody logged an error" "$said"
systemctl stop mos.target
all_ended() {
    ! systemctl is-active mos-rtcore.service mos-pipewire.service mos-pipewire.socket && [ ! -e /run/mos/mos.sock ]
}
within 15 all_ended
check $? "system: systemctl stop mos.target ends all" "$(systemctl list-units 'mos*')"
[ -z "$(systemctl list-units --failed --no-legend)" ]
check $? "system: nothing has failed" "$(systemctl list-units --failed)"
echo "1..$n"
