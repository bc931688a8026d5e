# SPDX-License-Identifier: MIT
"""A whole private MOS: mos-session with a headless PipeWire, its clients, what is known of each process."""
import contextlib
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import threading
import time

import wire
from ears import MIDI_PORT, Ears

HERE = pathlib.Path(__file__).resolve().parent
SERVICES = ("rtcore", "broker", "hermes", "band", "theater", "link")
SMALL_FONT, LARGE_FONT = "/usr/share/sounds/sf2/TimGM6mb.sf2", "/usr/share/sounds/sf2/FluidR3_GM.sf2"
STATE_MIB = 48
RUNS_S = 30


def score_text(title, composer, notes=256):
    """NVX1: an organ that never pauses, in two parts, and a part for the editor."""
    def part(ident, pitches, ticks, shift):
        rows, at = [], 0
        while at < notes * 240:
            begin = 0 if at == 0 else at - shift
            rows.append({"id": f"{ident}n{len(rows)}", "tick": begin, "durationTicks": ticks + at - begin,
                         "pitch": pitches[len(rows) % len(pitches)], "velocity": 90})
            at += ticks
        return {"id": ident, "name": ident, "role": "harmony",
                "instrument": {"midiProgram": 16, "midiChannel": int(ident[1:]) - 1}, "notes": rows}

    bars = notes * 240 // 3840
    quiet = {"id": "p2", "name": "edits", "role": "other", "instrument": {"midiProgram": 16, "midiChannel": 1},
             "notes": [{"id": f"e{i}", "tick": i * 480, "durationTicks": 400, "pitch": 48, "velocity": 1} for i in range(8)]}
    return json.dumps({"format": "nvx1", "version": "3.0.0", "ppq": 960,
                       "metadata": {"title": title, "composer": composer, "key": "C major", "tempo": 120},
                       "measures": [{} for _ in range(bars)],
                       "parts": [part("p1", (60, 64, 67, 72), 240, 0), quiet, part("p3", (48, 55), 960, 120)],
                       "layers": []}).encode()


class Failure(Exception):
    """An invariant does not hold, or a step could not be done."""


class Machine:
    """folder: for all that is written. state: where the state directory is (a small disk, if there is one)."""

    def __init__(self, folder, options=(), shim=None):
        self.folder = pathlib.Path(folder)
        self.run, self.logs, self.state, self.work = (self.folder / name for name in ("run", "log", "state", "work"))
        for path in (self.run, self.logs, self.state, self.work):
            path.mkdir(exist_ok=True)
        os.chmod(self.run, 0o700)
        self.options, self.session, self.clients, self.ears = list(options), None, {}, None
        self.clock = self.work / "clock"
        self.clock.write_bytes(struct.pack("=q", 0))
        self.env = {**os.environ, "MOS_STATE_DIR": str(self.state), "MOS_CACHE_DIR": str(self.work / "cache"),
                    "JOURNAL_STREAM": "soak", "SOAK_CLOCK": str(self.clock), "MOS_RUNTIME_DIR": str(self.run),
                    "HOME": str(self.work), "XDG_RUNTIME_DIR": str(self.work), "SOAK_MARK": str(self.folder)}
        self.session_env = {**self.env, **({"LD_PRELOAD": str(shim)} if shim else {})}
        self.said, self.wrong = {}, []  # of the clients
        self.log = self.logs / "mos-session.log"
        self.log_begin = self.log.stat().st_size if self.log.exists() else 0

    # --- the session

    def start(self):
        # It must not outlive us, however we end.
        argv = ["setpriv", "--pdeathsig", "TERM", "mos-session", "--private-pipewire", "--runtime-dir", self.run,
                "--log-dir", self.logs, *self.options, "--", "sleep", "infinity"]
        with open(self.log, "ab") as log:
            # A core file goes to where the process was. Ctrl-C is for the driver alone, which ends all in order.
            self.session = subprocess.Popen(argv, env=self.session_env, stdout=log, stderr=log, cwd=self.work,
                                            stdin=subprocess.DEVNULL, process_group=0)
        self.until(lambda: all(self.pid(name) for name in SERVICES), 60, "mos-session started nothing")
        os.environ["MOS_RUNTIME_DIR"] = str(self.run)
        os.environ["PIPEWIRE_RUNTIME_DIR"] = self.env["PIPEWIRE_RUNTIME_DIR"] = str(self.run / "pipewire")
        for name in ("broker", "hermes", "band", "theater", "link"):
            self.until(lambda name=name: self.answers(name), 30, f"mos-{name} does not answer")

    def stop(self):
        """As Ctrl-C would. Returns the exit code, and which processes were left over."""
        for name in list(self.clients):
            self.end_client(name)
        if self.ears:
            self.ears.stop()
        if self.session.poll() is None:
            self.session.send_signal(signal.SIGTERM)
        try:
            code = self.session.wait(40)
        except subprocess.TimeoutExpired:
            self.session.kill()
            code = "hung"
        left = self.leftovers()
        for pid in left:  # told, and not left to whoever comes next
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return code, left

    def crashes(self):
        """Who crashed while it was ending, in mos-session's words: its exit code is that of the signal that ended it."""
        text = self.log.read_bytes()[self.log_begin:].decode("utf-8", "replace") if self.log.exists() else ""
        return [line for line in text.splitlines() if line.endswith("while it was ending")]

    def leftovers(self):
        """Processes that carry our mark, but ourselves."""
        mark, found = f"SOAK_MARK={self.folder}".encode(), {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if mark in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") and int(pid) != os.getpid():
                    found[int(pid)] = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                pass
        return found

    def until(self, condition, seconds, what):
        """What the condition gives, when it gives something."""
        end = time.monotonic() + seconds
        while True:
            found = condition()
            if found:
                return found
            if self.session.poll() is not None:
                raise Failure(f"mos-session ended with {self.session.returncode}")
            if time.monotonic() > end:
                raise Failure(f"{what} (within {seconds:.0f} s)")
            time.sleep(0.004)

    # --- processes

    def pid(self, name):
        """Of a program of the session, a widget ("widget:piano") or a client ("client:keys"); 0: none."""
        kind, _, which = name.partition(":")
        if kind == "widget":
            return self.widget(which).get("pid", 0)
        if kind == "client":
            client = self.clients.get(which)
            return client.pid if client and client.poll() is None else 0
        file = self.run / f"{name if name in ('pipewire', 'wireplumber') else 'mos-' + name}.pid"
        try:
            return int(file.read_text())
        except (OSError, ValueError):
            return 0

    def signal(self, name, number):
        """Send it to who runs now; a session manager that went with PipeWire may be on its way back."""
        def send():
            pid = self.pid(name)
            with contextlib.suppress(ProcessLookupError):
                if pid:
                    os.kill(pid, number)
                    return pid
            return 0
        return self.until(send, RUNS_S, f"{name} does not run")

    def call(self, method, params=None, timeout=10.0, fds=(), **more):
        return wire.call(method, {**(params or {}), **more}, fds, runtime_dir=str(self.run), timeout=timeout)

    def answers(self, name, timeout=2.0):
        """Whether it answers, and who: its ping, or {}."""
        try:
            return self.call(f"{name}.service.ping", timeout=timeout)
        except (wire.Gone, wire.Late, wire.WireError):
            return {}

    def position(self):
        try:
            return self.call("kronos.position.get", timeout=2)
        except (wire.Gone, wire.Late, wire.WireError):
            return {}

    def rtcore(self):
        try:
            return self.call("broker.system.status", timeout=2)["rtcore"]
        except (wire.Gone, wire.Late, wire.WireError):
            return {}

    def widget(self, ident):
        try:
            return next((w for w in self.call("broker.widget.list", timeout=3)["widgets"] if w["id"] == ident), {})
        except (wire.Gone, wire.Late, wire.WireError):
            return {}

    def counter(self, name):
        """Of rtcore; None: nobody says."""
        try:
            return wire.counters(str(self.run)).get(name)
        except (wire.Gone, wire.Late, wire.WireError):
            return None

    # --- music

    def add_scores(self):
        """Two in the store, one of them loaded; and what the editor is to know of them."""
        for name, plays in (("store", False), ("plays", True)):
            fd = os.memfd_create(name)
            try:
                os.write(fd, score_text("edit 0", name))
                facts = self.call("hermes.score.load" if plays else "hermes.score.add", {"name": name + ".nvx1"}, timeout=30,
                                  fds=[fd])
            finally:
                os.close(fd)
            model = {"score_id": facts["score_id"], "acked": 0, "sent": 0, "state_id": facts["state_id"], "plays": plays}
            (self.work / f"edits-{name}.json").write_text(json.dumps(model))
        self.until(lambda: self.position().get("end_ticks"), 20, "the score is not in force")

    def play(self):
        """From now on it plays, in a loop over all its bars, at its tempo."""
        self.call("kronos.tempo.set", score=True)
        self.call("kronos.loop.set", start_ticks=0, end_ticks=256 * 240)
        if self.position().get("state") != "playing":
            self.call("kronos.transport.play")
        self.until(lambda: self.position().get("state") == "playing", 10, "it does not play")

    def link_midi(self):
        self.call("kronos.midiout.link", port=MIDI_PORT)

    def listen(self, program):
        self.ears = Ears(program, self.logs / "ears.log")
        self.ears.start()
        self.until(lambda: self.ears.alive_at, 20, "nothing is heard of ears")

    # --- clients

    def start_client(self, role):
        with open(self.logs / f"client-{role}.log", "ab") as log:
            client = subprocess.Popen([sys.executable, str(HERE / "clients.py"), role, str(self.work)], env=self.env,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, process_group=0)
        self.clients[role] = client
        self.said[role] = {}
        threading.Thread(target=self._listen, args=(role, client), daemon=True).start()

    def _listen(self, role, client):
        for line in client.stdout:
            try:
                facts = json.loads(line)
            except ValueError:
                continue  # the half line of who was killed
            if "wrong" in facts:
                self.wrong.append((time.monotonic(), role, facts["wrong"]))
            self.said[role] = {**self.said[role], **facts, "at": time.monotonic()}

    def order(self, role, word):
        try:
            self.clients[role].stdin.write(word + "\n")
            self.clients[role].stdin.flush()
        except OSError:
            pass

    def end_client(self, role):
        client = self.clients.pop(role)
        if client.poll() is None:
            client.kill()
        client.wait()
        client.stdin.close()

    # --- what processes hold

    def watched(self):
        """{name: pid} of all that should neither grow nor die."""
        found = {name: self.pid(name) for name in (*SERVICES, "pipewire", "wireplumber")}
        found["mos-session"] = self.session.pid
        return {name: pid for name, pid in found.items() if pid}


def holdings(pid):
    """(RSS in KiB, threads, descriptors, memfds) of a process; None: it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text()
        links = []
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                links.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
            except OSError:
                pass
        rss = re.search(r"VmRSS:\s+(\d+)", text)
        threads = re.search(r"Threads:\s+(\d+)", text)
        return (int(rss[1]), int(threads[1]), len(links), sum("memfd:" in link for link in links)) if rss else None
    except OSError:
        return None
