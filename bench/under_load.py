#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How is the audio thread woken when the machine has other work, and who is to blame for what it misses?

The demo piece plays, in quantum 128. First on the machine as it is, then beside stress-ng: both cores, memory, disk.
mos-trace tells when the kernel was asked to wake the audio thread and when it ran; cyclictest, with the same period and
priority in the same seconds, shows what the machine can do. Stalls of a virtual machine hit both.

Good: p50 and p99 below 1.5 times cyclictest's; nothing missed that is our own long cycle, and nothing that mos-trace
cannot explain.

    under_load.py MOSCTL MOS_TRACE PIECE [SECONDS]       (inside mos-session)
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MOSCTL, TRACE, PIECE = sys.argv[1:4]
SECONDS = int(sys.argv[4]) if len(sys.argv) > 4 else 20
PERIOD_US = 2667
PRIORITY = 83
# Causes that are neither the kernel's nor another program's.
OURS = ("long cycle", "system call", "page fault")


def figure(name, value, unit, peer=None, peer_value=0):
    line = {"name": f"under_load.{name}", "value": value, "unit": unit}
    if peer:
        line |= {"peer": peer, "peer_value": peer_value}
        if peer_value:
            line["ratio"] = round(value / peer_value, 3)
    print(json.dumps(line), flush=True)


def quantile(histogram, q):
    """Of {microseconds: how often}: the value below which that share lies."""
    wanted = q * sum(histogram.values())
    seen = 0
    for us in sorted(histogram):
        seen += histogram[us]
        if seen >= wanted:
            return us * 1000
    return 0


def cyclictest():
    return subprocess.Popen(["cyclictest", "-q", "-m", "--policy=fifo", "-p", str(PRIORITY), "-i", str(PERIOD_US),
                             "-D", str(SECONDS), "-h", "100000"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                            text=True)


def histogram_of(output):
    rows = (line.split() for line in output.splitlines() if line and line[0].isdigit())
    return {int(us): int(n) for us, n in rows if int(n)}


@contextlib.contextmanager
def load():
    with tempfile.TemporaryDirectory() as folder:
        stress = subprocess.Popen(
            ["stress-ng", "--quiet", "--temp-path", folder, "--cpu", "2", "--vm", "1", "--vm-bytes", "512M", "--hdd", "1",
             "--hdd-bytes", "256M", "--timeout", f"{SECONDS + 60}s"],
            start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)  # its memory is mapped, its file is written
            yield
        finally:
            os.killpg(stress.pid, signal.SIGINT)
            stress.wait()


def measure(name):
    beside = cyclictest()
    traced = subprocess.run([TRACE, "rt", "--seconds", str(SECONDS), "--json"], stdout=subprocess.PIPE, text=True)
    histogram = histogram_of(beside.communicate()[0])
    if traced.returncode:
        return traced.returncode
    report = json.loads(traced.stdout)
    for q, key in ((0.5, "p50"), (0.99, "p99")):
        figure(f"{name}.wakeup.{key}", report["wakeup"][f"{key}_ns"], "ns", "cyclictest" if histogram else None,
               quantile(histogram, q) if histogram else 0)
    figure(f"{name}.wakeup.max", report["wakeup"]["max_ns"], "ns", "cyclictest" if histogram else None,
           max(histogram) * 1000 if histogram else 0)
    figure(f"{name}.cycles", report["cycles"], "")
    figure(f"{name}.missed", report["missed"], "")
    for cause, n in sorted(report["causes"].items()):
        figure(f"{name}.missed.{cause.replace(' ', '_')}", n, "")
    ours = sum(n for cause, n in report["causes"].items() if cause in OURS)
    figure(f"{name}.missed_and_ours", ours, "", "goal 0", 0)
    return 0


def main():
    for program in ("cyclictest", "stress-ng"):
        if not shutil.which(program):
            print(f"{program} is not installed: nothing to measure", file=sys.stderr)
            return 77
    if os.geteuid():
        print("tracing needs root: nothing to measure", file=sys.stderr)
        return 77
    subprocess.run([MOSCTL, "play", PIECE], check=True, stdout=subprocess.DEVNULL)
    code = measure("quiet")
    if code == 0:
        with load():
            code = measure("loaded")
    return 77 if code == 3 else code


if __name__ == "__main__":
    sys.exit(main())
