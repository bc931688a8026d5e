# SPDX-License-Identifier: MIT
"""What happens to a box over the years, in minutes."""
import pathlib
import shutil
import subprocess

import clicks
import music
import services


# All at once, then what is left block by block.
FILL = """
while a=$(df --output=avail -B1 . | tail -n 1) && [ $a -gt 0 ] && fallocate -l $a ballast.$((n++)); do :; done
while head -c 4096 /dev/zero >>ballast.last 2>/dev/null; do :; done
df -B1 --output=avail . | tail -n 1"""


def scores(box):
    """Ids in the store."""
    listed = box.user("mosctl score list --json", 30)
    try:
        return {score["score_id"] for score in listed.json["scores"]}
    except (ValueError, KeyError):
        return set()


def disk(box):
    """A full disk: edits are refused, nothing is lost, then all is as before"""
    failed = music.need_playing(box)
    box.check(not failed, "the music plays before the disk is full", failed)
    before = scores(box)
    (box.exchange / "large.mid").write_bytes(clicks.midi(120, 3000))
    (box.exchange / "small.mid").write_bytes(clicks.midi(100, 4))
    filled = box.user(FILL, 120)
    box.check(filled.text.strip().endswith("0"), "the disk is full", filled.text)
    first = music.now(box)
    refused = box.user("mosctl --timeout 60 score add /exchange/large.mid", 90)
    words = refused.text.lower()
    box.check(refused.code != 0 and any(word in words for word in ("disk", "space", "full")),
              "a score that finds no place on the disk is refused with the reason",
              f"[{refused.code}] {refused.text}")
    running, _, bad = services.all_running(box)
    box.check(running, "no service ends for a full disk", bad)
    grid = music.listen(box, 3, first)
    box.check(len(grid.onsets) >= 6 and music.transport(box)[0] == "playing", "the music goes on", grid)
    box.user("rm -f ballast.*")
    added = box.wait("mosctl --timeout 60 score add /exchange/small.mid", 60)
    box.check(added.code == 0, "with room again, scores are taken again", added.text)
    after = scores(box)
    box.check(before and before <= after, "no score was lost", f"{len(before)} before, {len(after)} after")
    checked = box.user("mosctl --timeout 60 score fsck", 90)
    box.check(checked.code == 0, "the store is sound", checked.text[-300:])


def repack(package, out, suffix):
    """The same package with a later version."""
    tree = out / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    text = control.read_text()
    version = next(line.split()[1] for line in text.splitlines() if line.startswith("Version:"))
    text = text.replace(f"Version: {version}\n", f"Version: {version}{suffix}\n")
    control.write_text(text.replace(f"(= {version})", f"(= {version}{suffix})"))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, out / pathlib.Path(package).name],
                   check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)


def upgrade(box):
    """An upgrade of the packages while the music plays"""
    out = box.exchange / "upgrade"
    out.mkdir()
    for package in sorted((box.exchange / "packages").glob("*.deb")):
        repack(package, out, "+later")
    failed = music.need_playing(box)
    box.check(not failed, "the music plays before the upgrade", failed)
    pids = {unit: fields.get("MainPID") for unit, fields in services.states(box, services.UNITS).items()}
    before = music.transport(box)
    first = music.now(box)
    done = box.root("DEBIAN_FRONTEND=noninteractive apt-get install -y /exchange/upgrade/*.deb", 600)
    version = box.root("dpkg-query -W -f '${Version}' mos").text
    box.check(done.code == 0 and version.endswith("+later"), "apt upgrades the packages",
              version + "\n" + "\n".join(done.text.splitlines()[-12:]))
    grid = music.listen(box, 3, first)
    after = music.transport(box)
    same = services.states(box, ["mos-rtcore"])["mos-rtcore"].get("MainPID") == pids["mos-rtcore"]
    box.check(after[0] == "playing" and after[1] > before[1] and same, "the music goes on through the upgrade",
              f"{before} -> {after}")
    music.judge(box, grid.is_whole, "the card heard the beats of the upgrade", grid)
    box.user("systemctl --user restart mos.target", 120)
    running, _, bad = services.all_running(box)
    box.check(running, "the new version runs after a restart of mos.target", bad)


def reboot(box):
    """After a reboot all is there by itself"""
    before = scores(box)
    box.machine.reboot()
    running, _, bad = services.all_running(box, seconds=180)
    box.check(running, "enabled services are back after a reboot", bad)
    box.wait("mosctl status --json >/dev/null", 60)
    after = scores(box)
    box.check(before and before <= after, "the scores are still there", f"{len(before)} before, {len(after)} after")
    limits = box.user("p=$(systemctl --user show -p MainPID --value mos-rtcore); "
                      "grep -iE 'realtime|locked' /proc/$p/limits; "
                      "mosctl status --json | grep -o '\"rt_priority\":[0-9]*'")
    box.check(any(int(part.split()[0].rstrip("}")) > 0 for part in limits.text.split('"rt_priority":')[1:]),
              "rtcore's audio thread is a real-time one", limits.text)
    failed = music.start(box)
    grid = music.listen(box, 8)
    box.check(not failed and len(grid.onsets) >= 10, "MOS plays after a reboot", failed or grid)


def appliance(box):
    """A headless box: system units, a user of their own"""
    if box.root("systemctl cat mos.target").code:
        box.skip("the appliance's units", "this version has none")
        return
    box.user("systemctl --user stop mos.target pipewire.socket pipewire.service wireplumber.service", 60)
    done = box.root("systemctl enable --now mos.target", 120)
    box.check(done.code == 0, "systemctl enable --now mos.target", done.text)
    units = ["mos-pipewire", "mos-wireplumber", *services.UNITS]
    running, _, bad = services.all_running(box, units, 120, "--system")
    box.check(running, "every service of the appliance is active (running)",
              bad + ("" if running else box.root("journalctl -b -n 60 --no-pager -u 'mos*'").text))
    who = box.root("ps -o user= -p $(systemctl show -p MainPID --value mos-rtcore.service)").text.strip()
    box.check(who == "mos", "they run as the user mos", who)
    loose = []
    for unit in services.UNITS:
        text = box.root(f"systemd-analyze security --no-pager {unit}.service | tail -n 1").text
        number = next((float(word) for word in text.split() if word.replace(".", "", 1).isdigit()), 10.0)
        if unit != "mos-rtcore" and number > services.LOOSEST:
            loose.append(f"{unit} {number}")
    box.check(not loose, f"SEC-09: every service of the appliance but rtcore scores {services.LOOSEST} or less",
              ", ".join(loose))
    (box.exchange / "clicks.mid").write_bytes(clicks.midi(music.BPM, music.BARS))
    played = box.root(f"mosctl --runtime-dir /run/mos --timeout 60 play {music.SCORE}", 90)
    grid = music.listen(box, 8)
    box.check(played.code == 0 and len(grid.onsets) >= 10, "the appliance plays", f"{played.text} {grid}")
    box.root("systemctl disable --now mos.target 2>&1; systemctl stop mos-broker.socket mos-pipewire.socket", 90)
    box.user("systemctl --user start pipewire.socket pipewire.service wireplumber.service mos.target", 90)
