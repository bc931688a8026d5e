# SPDX-License-Identifier: MIT
"""For the tests of mos-trace's views rt and cycle: can this machine be traced, the stand-in for mos-rtcore, and a
process that steals its core."""
import json
import os
import subprocess
import sys

import tap

CORE = min(os.sched_getaffinity(0))

# Takes one core for MS of each PERIOD ms, above every thread of audio, as long as its parent lives.
HOG = """
import os, sys, time
core, ms, period = map(int, sys.argv[1:4])
open("/proc/self/comm", "wb").write(bytes.fromhex(sys.argv[4]))
os.sched_setaffinity(0, {core})
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(95))
parent = os.getppid()
print("ready", flush=True)
while os.getppid() == parent:
    end = time.monotonic() + ms / 1000
    while time.monotonic() < end:
        pass
    time.sleep((period - ms) / 1000)
"""


def missing():
    """Why nothing can be traced here; None: it can."""
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        return "no BTF: this kernel tells nothing of its types"
    if os.stat("/proc/self/ns/pid").st_ino != 0xEFFFFFFC:
        return "a container with numbers of processes of its own: the kernel tells the machine's"
    with open("/proc/self/status") as file:
        caps = next(int(line.split()[1], 16) for line in file if line.startswith("CapEff"))
    if not caps >> 21 & 1 and not (caps >> 38 & 1 and caps >> 39 & 1):
        return "no CAP_BPF and CAP_PERFMON: to be run as root"
    return None


class Standin:
    """The stand-in, for as long as it is needed."""

    def __init__(self, program=None, **plan):
        words = [program or os.environ["TRACE_STANDIN"]] + [f"{name}={value}" for name, value in plan.items()]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tid = int(self.process.stdout.readline().split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()

    def counted(self):
        """What /proc counts for its audio thread: switches and page faults."""
        folder = f"/proc/{self.pid}/task/{self.tid}"
        with open(f"{folder}/status") as file:
            status = dict(line.strip().split(":\t") for line in file if "ctxt" in line)
        with open(f"{folder}/stat") as file:
            stat = file.read().rpartition(")")[2].split()
        return {"voluntary": int(status["voluntary_ctxt_switches"]), "faults": int(stat[7]) + int(stat[9]),
                "involuntary": int(status["nonvoluntary_ctxt_switches"])}

    @property
    def pid(self):
        return str(self.process.pid)


class Hog:
    def __init__(self, ms, period, name=b"mos-hog"):
        self.process = subprocess.Popen([sys.executable, "-c", HOG, str(CORE), str(ms), str(period), name.hex()],
                                        stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", "no real-time priority"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def trace(program, view, *words):
    """The document of one run."""
    code, out, errors = tap.run(program, view, "--json", *words)
    assert code == 0, errors
    return json.loads(out)
