# SPDX-License-Identifier: MIT
"""The units of a user's session: started, judged, stalled."""
import json
import time

UNITS = ["mos-rtcore", "mos-broker", "mos-hermes", "mos-band", "mos-link", "mos-jack", "mos-theater"]
LOOSEST = 2.5  # systemd-analyze security, of every service but rtcore


def states(box, units, scope="--user"):
    """{unit: (state, MainPID)}"""
    text = box.user if scope == "--user" else box.root
    answer = text(f"systemctl {scope} show -p Id,ActiveState,SubState,MainPID,Type,WatchdogUSec "
                  + " ".join(unit + ".service" for unit in units)).text
    found = {}
    for block in answer.strip().split("\n\n"):
        fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        found[fields.get("Id", "").removesuffix(".service")] = fields
    return found


def all_running(box, units=UNITS, seconds=90, scope="--user"):
    deadline = time.monotonic() + seconds
    while True:
        found = states(box, units, scope)
        bad = {unit: found.get(unit, {}) for unit in units if found.get(unit, {}).get("SubState") != "running"}
        if not bad or time.monotonic() > deadline:
            return not bad, found, "\n".join(f"{unit}: {fields.get('ActiveState')} ({fields.get('SubState')})"
                                             for unit, fields in bad.items())
        time.sleep(1)


def enable(box):
    """An ordinary user enables MOS with one command"""
    box.user("systemctl --user daemon-reload")  # a session that was there before the packages
    done = box.user("systemctl --user enable --now mos.target", 120)
    good = box.check(done.code == 0, "systemctl --user enable --now mos.target", done.text)
    running, found, bad = all_running(box)
    if not running:
        bad += box.user("journalctl --user -b -n 60 --no-pager").text
    good &= box.check(running, "every service of mos.target is active (running)", bad)
    odd = [unit for unit in UNITS if found.get(unit, {}).get("Type") not in ("notify", "notify-reload")
           or found[unit].get("WatchdogUSec") in (None, "0", "infinity")]
    box.check(not odd, "each tells systemd that it is ready, and has a watchdog", ", ".join(odd))
    if box.user("systemctl --user is-active pipewire wireplumber").code:
        box.check(False, "PipeWire runs, too: nobody needs a fourth command")
        box.user("systemctl --user start pipewire wireplumber", 60)
    sink = box.wait("wpctl inspect @DEFAULT_AUDIO_SINK@ | grep -m1 node.name", 60)
    good &= box.check("alsa_output" in sink.text, "the sound card is the default sink", sink.text.strip())
    box.user("wpctl set-mute @DEFAULT_AUDIO_SINK@ 0; wpctl set-volume @DEFAULT_AUDIO_SINK@ 1.0")
    ready = box.wait("mosctl status --json | grep -q '\"driver\":\"pipewire\"'", 60)
    good &= box.check(ready.code == 0, "mosctl reaches MOS, and MOS PipeWire", ready.text[:300])
    return good


def sandbox(box):
    """The units' sandboxes are tight"""
    answer = box.user("for u in " + " ".join(UNITS) + "; do printf '%s ' $u; "
                      "systemd-analyze --user security --no-pager $u.service 2>/dev/null | tail -n 1; done", 120)
    scores = {}
    for line in answer.text.splitlines():
        numbers = [word for word in line.split() if word.replace(".", "", 1).isdigit() and "." in word]
        if numbers:
            scores[line.split()[0]] = float(numbers[0])
    loose = {unit: score for unit, score in scores.items() if unit != "mos-rtcore" and score > LOOSEST}
    box.check(len(scores) == len(UNITS) and not loose, f"SEC-09: every service but rtcore scores {LOOSEST} or less",
              " ".join(f"{unit} {score}" for unit, score in scores.items()) or answer.text)


def widgets(box):
    """Widgets start in their sandbox below the unit's"""
    listed = box.user("mosctl widget list --json | head -c 4000")
    names = [name for name in ("metronome", "piano", "tuner") if f'"{name}"' in listed.text]
    if not names:
        box.skip("widgets start", "no widgets are installed")
        return
    for name in names:
        done = box.user(f"mosctl --timeout 40 widget start {name}", 60)
        box.check(done.code == 0, f"SEC-01: the widget {name} starts",
                  done.text + (box.user(f"mosctl widget logs {name}").text if done.code else ""))
    space = box.user("for p in $(pgrep -u studio -f [w]idgets/); do "
                     "[ $(readlink /proc/$p/ns/net) = $(readlink /proc/self/ns/net) ] "
                     "&& tr '\\0' ' ' </proc/$p/cmdline && echo; done")
    inside = [line for line in space.text.splitlines() if line and "bwrap" not in line and "mos-broker" not in line
              and "mos-sandbox" not in line]
    box.check(not inside, "SEC-01: no widget shares the machine's network", "\n".join(inside))
    box.user("".join(f"mosctl widget stop {name}; " for name in names), 60)


def doctor(box):
    """mosctl doctor looks at this machine"""
    if box.user("mosctl help doctor").code:
        box.skip("mosctl doctor", "this version has none")
        return
    done = box.user("mosctl doctor kernel", 60)
    box.check(done.code == 0 and "PREEMPT_RT" in done.text, "mosctl doctor knows that the kernel is PREEMPT_RT",
              done.text)
    done = box.user("mosctl doctor", 120)
    box.check(done.code == 0, "mosctl doctor finds nothing that has to be mended", done.text[-2000:])


def trace(box):
    """mos-trace sees the audio thread under a real-time kernel"""
    if box.root("command -v mos-trace").code:
        box.skip("mos-trace rt", "this version has none")
        return
    done = box.root("mos-trace rt --seconds 5 --json 2>/tmp/trace.err || cat /tmp/trace.err", 90)
    try:
        seen = json.loads(done.text)
        figures = {name: seen[name] for name in ("wakeups", "syscalls_in_cycle", "faults_in_cycle")}
    except (ValueError, KeyError):
        box.check(False, "mos-trace rt follows the audio thread", done.text[-1500:])
        return
    box.check(figures["wakeups"] > 0 and not figures["syscalls_in_cycle"] and not figures["faults_in_cycle"],
              "TIM-17: mos-trace rt sees neither a system call nor a fault in the audio cycle", figures)


def restarted(box, unit, signal, seconds):
    """Send the unit's process a signal. Returns (how long until another one runs or None, what is known)."""
    answer = box.user(f"""
p=$(systemctl --user show -p MainPID --value {unit})
start=$(date +%s%N)
kill -{signal} $p
for i in $(seq {seconds * 5}); do
	q=$(systemctl --user show -p MainPID --value {unit})
	[ "$q" != 0 ] && [ "$q" != "$p" ] && [ "$(systemctl --user is-active {unit})" = active ] && break
	sleep 0.2
done
echo $p $q $((($(date +%s%N) - start) / 1000000)) $(systemctl --user is-active {unit})""", seconds + 60)
    words = answer.text.split()
    if len(words) < 4 or words[3] != "active" or words[0] == words[1]:
        return None, answer.text + box.user(f"journalctl --user -b -u {unit} -n 20 --no-pager").text
    return int(words[2]) / 1000, f"pid {words[0]} -> {words[1]} after {int(words[2])} ms"


def watchdog(box):
    """A service that hangs is ended by its watchdog, and comes back"""
    for unit in ("mos-hermes", "mos-broker"):
        took, known = restarted(box, unit, "STOP", 110)
        box.check(took is not None, f"{unit} stopped with SIGSTOP: its watchdog restarts it", known)
    running, _, bad = all_running(box)
    box.check(running, "all services run again", bad)
