# SPDX-License-Identifier: MIT
"""Invariants that are looked at all the time: who lives, what grows, what the logs say, whether music plays."""
import re
import threading
import time
import traceback

import machine as machine_module

SAMPLE_S = 1.0
SETTLE_S = 45           # of a process' life, until it has its size
JUDGED_S = 120          # shorter lives tell nothing about growth
GROWTH_KIB_MIN = 4096   # a slope counts when it adds up to so much ...
GROWTH_KIB_H = 24576    # ... and would be so much in an hour
GROWTH_FDS = {"pipewire": 150}   # else 12; PipeWire has as many as there are nodes and links at the moment
MUSIC_GAP_S = 0.25      # a machine that is shared stalls; what is longer is a fault's
AUDIBLE_GAP_S = 0.02

#: lines at level "error" that a fault explains: (program, pattern, faults)
EXPECTED_ERRORS = (
    ("hermes", r"(disk|full|No space|store)", {"disk"}),
    ("broker", r"(No space|cannot write)", {"disk"}),
    ("rtcore", r"(bank|sound font|\.sf2|cannot be (read|loaded|used))", {"font"}),
    ("rtcore", r"(PipeWire|sink|connection)", {"kill", "pause", "sink", "pair", "term"}),
    ("theater", r"(PipeWire|stream|XDG_RUNTIME_DIR)", {"kill", "pause", "sink", "pair", "term"}),
)
BAD_WORDS = re.compile(r"AddressSanitizer|runtime error:|Assertion|assertion|corrupt|malloc\(\)|double free|"
                       r"stack smashing|BUG|panicked|Segmentation")
LEVEL = re.compile(r"^<([0-7])>")


class Watch:
    """Runs beside the steps. `wrong` collects what does not hold: (time, what)."""

    def __init__(self, machine, gap_s=MUSIC_GAP_S):
        self.machine, self.gap_s, self.wrong, self.lock = machine, gap_s, [], threading.Lock()
        self.expected = {}   # name: until when its pid may change
        self.pids, self.lives = {}, {}
        self.excuses = []    # (begin, end, why): no music is no fault
        self.kinds = set()   # of faults so far
        self.read = {}       # log: how far
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.pids = self.machine.watched()
        self.thread.start()

    def stop(self):
        self.stopping = True
        self.thread.join(20)
        if self.thread.is_alive():
            self.say("the watch itself hangs")

    def say(self, text):
        with self.lock:
            self.wrong.append((time.monotonic(), text))

    def expect(self, *names, seconds=60.0):
        """These may die: we kill them."""
        until = time.monotonic() + seconds
        with self.lock:
            for name in names:
                self.expected[name] = until

    def excuse(self, begin, end, why):
        with self.lock:
            self.excuses.append((begin, end, why))

    def _run(self):
        while not self.stopping:
            try:
                self._look_at_processes()
                self._read_logs()
            except Exception:  # whatever it is: who watches no more finds nothing, and that looks as if all were well
                self.say(f"the watch itself failed: {traceback.format_exc()}")
                return
            time.sleep(SAMPLE_S)

    def _look_at_processes(self):
        now = time.monotonic()
        found = self.machine.watched()
        for name, pid in self.pids.items():
            if found.get(name) not in (pid, None) or (name not in found and self.machine.pid(name) == 0):
                with self.lock:
                    allowed = self.expected.get(name, 0) > now
                if not allowed:
                    self.say(f"{name} (pid {pid}) died, and not by our hand")
                    self.expect(name)
        self.pids = {**{n: p for n, p in self.pids.items() if n in found}, **found}
        for name, pid in found.items():
            held = machine_module.holdings(pid)
            if held:
                self.lives.setdefault((name, pid), []).append((now, *held))

    def _read_logs(self):
        for path in sorted(self.machine.logs.glob("*.log")):
            at = self.read.get(path, 0)
            with open(path, "rb") as file:
                file.seek(at)
                data = file.read()
            whole = data.rfind(b"\n") + 1
            self.read[path] = at + whole
            for line in data[:whole].decode("utf-8", "replace").splitlines():
                self._judge_line(path.stem.removeprefix("mos-"), line)

    def _judge_line(self, program, line):
        level = LEVEL.match(line)
        if program.startswith("client-"):
            if "Traceback" in line or "Error" in line:
                self.say(f"{program} says: {line.strip()}")
        elif BAD_WORDS.search(line):
            self.say(f"{program} says: {line.strip()}")
        elif level and int(level[1]) <= 3:
            for who, pattern, faults in EXPECTED_ERRORS:
                if who == program and re.search(pattern, line) and faults & self.kinds:
                    return
            self.say(f"{program} logs an error: {line.strip()}")

    # --- afterwards

    def music_gaps(self, begin):
        """[(begin, seconds)] of silences since then that nothing excuses, and all of them."""
        with self.lock:
            excuses = sorted(self.excuses)
        unexcused, every = [], []
        for a, b in self.machine.ears.silences_since(begin):
            a = max(a, begin)
            if b - a > AUDIBLE_GAP_S:
                every.append((a, b - a))
            left = [(a, b)]
            for x, y, _ in excuses:
                left = [part for p, q in left for part in ((p, min(q, x)), (max(p, y), q)) if part[1] - part[0] > 1e-6]
            unexcused += [(p, q - p) for p, q in left if q - p > self.gap_s]
        return unexcused, every

    def growth(self):
        """[text] of what grew, and a table {(name): worst}."""
        wrong, table = [], {}
        for (name, pid), rows in self.lives.items():
            settled = [row for row in rows if row[0] - rows[0][0] > SETTLE_S]
            if len(settled) < 10 or settled[-1][0] - settled[0][0] < JUDGED_S:
                continue
            hours = (settled[-1][0] - settled[0][0]) / 3600
            slope = steady_slope([(row[0], row[1]) for row in settled]) * 3600
            total = slope * hours
            third = len(settled) // 3
            # Streams and surfaces come and go with others: what grew is more for most of the last third than it was for
            # most of the first.
            threads, fds, memfds = (at_quarter([row[i] for row in settled[-third:]], 1) -
                                    at_quarter([row[i] for row in settled[:third]], 3) for i in (2, 3, 4))
            entry = {"minutes": round(hours * 60, 1), "rss_kib": settled[-1][1], "kib_per_hour": round(slope),
                     "fds": settled[-1][3], "fds_more": fds, "threads_more": threads, "memfds_more": memfds}
            if name not in table or abs(entry["kib_per_hour"]) > abs(table[name]["kib_per_hour"]):
                table[name] = entry
            if slope > GROWTH_KIB_H and total > GROWTH_KIB_MIN:
                wrong.append(f"{name} (pid {pid}) grows: {total:.0f} KiB in {hours * 60:.0f} min")
            for what, more in (("descriptors", fds), ("memfds", memfds), ("threads", threads)):
                if more > GROWTH_FDS.get(name, 12):
                    wrong.append(f"{name} (pid {pid}) holds {more} {what} more than {hours * 60:.0f} min before")
        return wrong, table


def at_quarter(values, n):
    """What n quarters of them are at most."""
    return sorted(values)[len(values) * n // 4]


def steady_slope(points):
    """Of what goes on growing: a single jump lies in one part of three."""
    third = len(points) // 3
    return sorted(theil_sen(points[i * third:(i + 1) * third]) for i in range(3))[1]


def theil_sen(points, most=120):
    """Slope of a line that single jumps do not move."""
    points = points[:: max(1, len(points) // most)]
    slopes = sorted((y - b) / (x - a) for i, (a, b) in enumerate(points) for x, y in points[i + 1:] if x > a)
    return slopes[len(slopes) // 2] if slopes else 0.0
