#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mosctl stats and report against a running MOS. Prints TAP.

Argument: mosctl. Prometheus' own parsers judge the text.
"""
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading

mosctl, n, failed = sys.argv[1], 0, 0
PLANTED = "Zanzibar Lullaby"
SECRETS = [PLANTED, "Zanzibar", "hunter2secret", "quietperson", "stage.secrets.example", "Midnight Rehearsal"]


def check(ok, what, details=""):
    global n, failed
    n += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {n} - {what}", flush=True)
    if not ok:
        print("".join(f"# {line}\n" for line in str(details).splitlines()[-30:]), end="", flush=True)


def skip(what, why):
    global n
    n += 1
    print(f"ok {n} - {what} # SKIP {why}", flush=True)


def said(*args, **kwargs):
    kwargs.setdefault("text", True)
    return subprocess.run([mosctl, *args], capture_output=True, check=False, **kwargs)


def midi(path, title):
    """One track with a title and four notes."""
    name = title.encode()
    track = b"\x00\xff\x03" + bytes([len(name)]) + name
    for key in (60, 62, 64, 65):
        track += bytes([0, 0x90, key, 100, 0x83, 0x60, 0x80, key, 0])
    track += b"\x00\xff\x2f\x00"
    path.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track)


def families(text, parser):
    return {family.name: family for family in parser(text)}


work = pathlib.Path(tempfile.mkdtemp(prefix="mos-figures-"))
song = work / "Midnight Rehearsal.mid"
midi(song, PLANTED)
played = said("load", str(song))
check(played.returncode == 0, "a score is loaded", played.stderr)
said("seek", "1")

# Figures
try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_parser
    from prometheus_client.parser import text_string_to_metric_families as old_parser
except ImportError:
    open_parser = old_parser = None
new = said("stats", "--openmetrics")
old = said("stats", "--prometheus")
check(new.returncode == 0 and old.returncode == 0, "MET-06: figures are told in both formats",
      new.stderr + old.stderr)
if open_parser is None:
    skip("MET-06: OpenMetrics' own parser reads them", "no python3-prometheus-client")
else:
    found = families(new.stdout, open_parser)
    check(len(found) > 80, "MET-06: OpenMetrics' own parser reads them", len(found))
    up = {s.labels["part"]: s.value for s in found["mos_up"].samples}
    check(up.get("broker") == up.get("rtcore") == up.get("hermes") == 1, "MET-06: parts that run are up", up)
    wanted = {"mos_rt_cycle_seconds": "performance", "mos_rt_xruns": "quality", "mos_clients": "scale",
              "mos_timing_seconds": "timing", "mos_bus_events": "the bus", "mos_process_cpu_seconds": "processes"}
    check(not set(wanted) - set(found), "MET-06: performance, quality and scale are in one place",
          set(wanted) - set(found))
    limits = {s.labels["figure"]: s.value for s in found["mos_timing_limit_seconds"].samples}
    check(limits == {"jitter": 0.001, "input_to_output": 0.005, "look_ahead": 0.1, "seek": 0.01, "frame": 0.0167},
          "TIM-10: all five limits are exported", limits)
    cycles = [s for s in found["mos_rt_cycle_seconds"].samples if s.labels.get("le") == "+Inf"]
    total = found["mos_rt_cycles"].samples[0].value
    check(len(cycles) == 1 and 0 < cycles[0].value <= total + 100, "a histogram counts what the counter counts",
          f"{cycles} {total}")
    check(set(families(old.stdout, old_parser)) >= {"mos_up", "mos_rt_cycle_seconds"},
          "MET-06: Prometheus' own parser reads the older format")
everything = json.loads(said("stats", "--json").stdout)
check(len(everything["timing"]) == 5 and everything["counters"]["rt.cycles"] > 0,
      "stats --json has timing and counters")
out = work / "mos.prom"
wrote = said("stats", "--prometheus", "--out", str(out))
check(wrote.returncode == 0 and "mos_up" in out.read_text() and len(list(work.glob("mos.prom*"))) == 1,
      "MET-06: a file is replaced whole", wrote.stderr)

# As systemd hands a connection over.
server = socket.create_server(("127.0.0.1", 0))


def answer_one():
    connection, _ = server.accept()
    with connection:
        subprocess.run([mosctl, "stats", "--inetd"], stdin=connection, stdout=connection, check=False, timeout=60)


thread = threading.Thread(target=answer_one)
thread.start()
import urllib.request  # noqa: E402

request = urllib.request.Request(f"http://127.0.0.1:{server.getsockname()[1]}/metrics",
                                 headers={"Accept": "application/openmetrics-text; version=1.0.0"})
with urllib.request.urlopen(request, timeout=60) as response:
    body = response.read().decode()
    kind = response.headers["Content-Type"]
thread.join()
check(kind.startswith("application/openmetrics-text") and body.endswith("# EOF\n") and "mos_up" in body,
      "MET-06: a scraper is answered over HTTP", kind + body[:200])
down = said("stats", "--openmetrics", "--runtime-dir", str(work))
check(down.returncode == 3 and 'mos_up{part="broker"} 0' in down.stdout and down.stdout.endswith("# EOF\n"),
      "a MOS that does not run is told, too", down.stdout[:300])

# The report: what was planted is nowhere in it.
config = work / "config" / "mos"
config.mkdir(parents=True)
(config / "theater.ini").write_text("[theater]\nobs_url = ws://stage.secrets.example:4455\n"
                                    "obs_password = hunter2secret\n"
                                    "scenes = /home/quietperson/our scenes\nfps = 60\n")
logs = work / "logs"
logs.mkdir()
(logs / "mos-hermes.log").write_text(
    f'mos-hermes: score loaded: title="{PLANTED}" path=/home/quietperson/Midnight Rehearsal.mid\n'
    f"mos-hermes: {PLANTED} is open\nmos-hermes: /tmp/Midnight Rehearsal.mid cannot be read\n"
    "mos-theater: OBS at Stage.secrets.example:4455: DNS NXDOMAIN\n"
    "mos-hermes: peer 10.11.12.13 aa:bb:cc:dd:ee:ff SerialNumber: QX77881\n")
# Whoever called sudo is somebody, too; an account that every Debian has stands for them.
(logs / "mos-band.log").write_text("mos-band: asked by Games, again by games\n")
environment = dict(os.environ, SUDO_USER="games", XDG_CONFIG_HOME=str(work / "config"), LOGNAME="quietperson")
listed = json.loads(said("report", "--list", "--json").stdout)
paths = [work / "one.tar.gz", work / "two.tar"]
for path in paths:
    done = said("report", "--out", str(path), "--logs", str(logs), "--seconds", "0.3", env=environment)
    check(done.returncode == 0, f"a report is packed: {path.suffixes[-1]}", done.stderr)
with tarfile.open(paths[0]) as tar:
    members = {m.name.removeprefix("mos-report/"): m for m in tar.getmembers()}
    texts = {name: tar.extractfile(m).read().decode(errors="replace") for name, m in members.items() if m.isfile()}
check(all(m.mode == 0o600 and m.mtime == 0 and m.uid == 0 and not m.uname for m in members.values())
      and list(members) == sorted(members) and (paths[0].stat().st_mode & 0o777) == 0o600,
      "its files have no owner and no time, are in order, and only we can read it")
planted = [(secret, name) for secret in [*SECRETS, "10.11.12.13", "aa:bb:cc:dd:ee:ff", "QX77881"]
           for name, text in texts.items() if secret.lower() in text.lower() or secret.lower() in name.lower()]
check(not planted, "nothing that was planted is in it", planted)
raw = paths[1].read_bytes()
check(not [s for s in SECRETS if s.encode() in raw], "nor in the bytes of the archive")
check("fps = 60" in texts["config/user/theater.ini"] and "obs_password" in texts["config/user/theater.ini"],
      "what is not private is", texts["config/user/theater.ini"])
title = [line for line in texts["status.json"].splitlines() if '"title"' in line]
number = title[0].split("<score-")[1].split(">")[0] if title and "<score-" in title[0] else "?"
check(f"<score-{number}> is open" in texts["logs/mos-hermes.log"],
      "the same title is the same placeholder everywhere",
      texts["logs/mos-hermes.log"] + str(title))
present = {p["name"] for p in listed} - {"crashes.json"}
missing = [p for p in present if not any(t == p or t.startswith(p) for t in texts)]
check(not missing, "what --list promises is in it", missing)
check("games" not in texts["logs/mos-band.log"].lower(), "who called sudo has no name", texts["logs/mos-band.log"])
release = [line for line in pathlib.Path("/etc/os-release").read_text().splitlines() if "PRETTY_NAME=" in line]
check(all(line in texts["versions.txt"] for line in release), "versions tell the distribution", texts["versions.txt"])
foreign = [o.get("node.name") for o in json.loads(texts["pipewire.json"])
           if o.get("node.name") and not o["node.name"].lower().startswith("mos")]
check(not foreign, "of PipeWire's nodes only ours have names", foreign)
check("metrics-2.txt" in texts and texts["metrics-1.txt"] != texts["metrics-2.txt"], "figures are read twice")
with tarfile.open(paths[0]) as tar:
    tar.extractall(work / "x", filter="data")
copy = said("doctor", "--root", str(work / "x/mos-report/machine"), "kernel", "limits")
here = said("doctor", "kernel", "limits")
check(copy.stdout == here.stdout and copy.returncode == here.returncode,
      "the copy of the machine in it says what the machine says", copy.stdout + here.stdout)
bad = said("report", "--out", str(work / "x.zip"))
check(bad.returncode == 2 and ".tar.zst" in bad.stderr, "an ending that is none is refused", bad.stderr)
bad = said("report", "--out", str(work / "no/such/folder.tar"), "--seconds", "0")
check(bad.returncode == 1 and "No such file" in bad.stderr, "a folder that is not there is told", bad.stderr)
subprocess.run(["rm", "-r", str(work)], check=True)
print(f"1..{n}")
sys.exit(failed > 0)
