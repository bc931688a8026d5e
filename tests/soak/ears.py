# SPDX-License-Identifier: MIT
"""What ears (ears.c) tells, kept: when there was sound, and which keys are down."""
import contextlib
import os
import subprocess
import threading
import time

NODE = "soak-ears"
MIDI_PORT = NODE + ":midi"
EYES = "soak-eyes"
VIDEO = "mos.canvas.landscape"


class Ears:
    """Listens from start() to stop(); when PipeWire goes, it comes back with it. Times are time.monotonic()."""

    #: how many follow each word
    NUMBERS = {"sound": 1, "silence": 1, "lost": 2, "keys": 2, "alive": 5}

    def __init__(self, program, log, sink="mos-null"):
        self.argv, self.log, self.sink = [program, NODE, EYES], log, sink
        self.lock = threading.Lock()
        self.silences = []       # (begin, end) of what is over
        self.silent_since = time.monotonic()
        self.keys = self.packets = self.pictures = self.cycles = self.lost_frames = 0
        self.alive_at = 0.0
        self.ends = 0
        self.process = None
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.linker = threading.Thread(target=self._link, daemon=True)

    def start(self):
        self.thread.start()
        self.linker.start()

    def stop(self):
        self.stopping = True
        if self.process:
            self.process.kill()
        self.thread.join(10)
        self.linker.join(10)

    def _pw_link(self, *words):
        with contextlib.suppress(subprocess.TimeoutExpired):  # of a PipeWire that is stopped
            subprocess.run(["pw-link", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=5, check=False)

    def _link(self):
        """Links come again with a new sink, or a new PipeWire; of those that are there nothing comes. A session manager
        that starts may leave links paused for ever between nodes that run: after a second of silence they are new."""
        deaf = looks = pictures = 0
        while not self.stopping:
            deaf, looks = 0 if self.sounds() else deaf + 1, looks + 1
            for side in ("FL", "FR") if deaf else ():
                if deaf % 10 == 0:
                    self._pw_link("--disconnect", f"{self.sink}:monitor_{side}", f"{NODE}:{side}")
                self._pw_link(f"{self.sink}:monitor_{side}", f"{NODE}:{side}")
            if looks % 20 == 0:
                if self.pictures == pictures:
                    self._pw_link(VIDEO, EYES)
                pictures = self.pictures
            time.sleep(0.1)

    def _run(self):
        while not self.stopping:
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(self.argv, stdout=subprocess.PIPE, stderr=log, text=True, process_group=0)
            for line in self.process.stdout:
                self._take(line.split())
            self.process.wait()
            with self.lock:
                self.keys = 0  # a new one, with no key down yet
                if self.silent_since is None:
                    self.silent_since = time.monotonic()
                self.ends += 1
            if not self.stopping:
                time.sleep(0.1)

    def _take(self, words):
        """A line. The last one of who was killed may be a part of one."""
        try:
            numbers = [int(word) for word in words[1:]]
        except ValueError:
            return
        if not words or len(numbers) < self.NUMBERS.get(words[0], len(numbers) + 1):
            return
        at = numbers[0] / 1e9
        with self.lock:
            if words[0] == "sound" and self.silent_since is not None:
                self.silences.append((self.silent_since, at))
                del self.silences[:-20000]
                self.silent_since = None
            elif words[0] == "silence" and self.silent_since is None:
                self.silent_since = at
            elif words[0] == "keys":
                self.keys = numbers[1]
            elif words[0] == "lost":
                self.lost_frames += numbers[1]
            elif words[0] == "alive":
                self.cycles, self.keys, self.packets, self.pictures = numbers[1:5]
                self.alive_at = at

    def sounds(self):
        with self.lock:
            return self.silent_since is None

    def silences_since(self, begin):
        """[(begin, end)] that touch the time since `begin`; the present one ends now."""
        with self.lock:
            found = [(a, b) for a, b in self.silences if b > begin]
            if self.silent_since is not None:
                found.append((self.silent_since, time.monotonic()))
        return found


def find():
    """The program: $SOAK_EARS."""
    return os.environ["SOAK_EARS"]
