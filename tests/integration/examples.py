#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every program of examples/ runs and says what it promises; runs inside mos-session."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest
import unittest.mock

import mos
import tap
from tap import until

BUILT = pathlib.Path(os.environ["EXAMPLES_BUILT"])
SOURCE = pathlib.Path(os.environ["EXAMPLES_SOURCE"])
LINES_MAX = 80


def programs():
    """All that there are, by the name under which README.md lists them."""
    found = [path.name for path in SOURCE.glob("*.c")] + [f"python/{path.name}" for path in SOURCE.glob("python/*.py")]
    return sorted(found + ["widget-hello/", "python/widget-hello-py/"])


class Pages(unittest.TestCase):
    def test_listed(self):
        """README.md lists every example, and nothing that is not there"""
        page = (SOURCE / "README.md").read_text()
        self.assertEqual(sorted(set(re.findall(r"^\| \[`([^`]+)`\]", page, re.M))), programs())
        for link in re.findall(r"\]\(([^)#]+)\)", page):
            self.assertTrue((SOURCE / link).exists(), link)

    def test_useful_widget(self):
        """SDK-10: a useful widget, which flashes each beat in time, takes less than 200 lines"""
        lines = [line for path in (SOURCE.parent / "clients/widgets/beat-grid").glob("*.c")
                 for line in path.read_text().splitlines()]
        self.assertTrue(0 < len(lines) < 200, len(lines))

    def test_short(self):
        """SDK-07: no example is longer than 80 lines, and each is built or run here"""
        for path in [*SOURCE.glob("**/*.c"), *SOURCE.glob("**/*.py")]:
            self.assertLess(len(path.read_text().splitlines()), LINES_MAX, path)
        tested = set(re.findall(r'(?:self\.says|self\.beside|start)\(\s*"([\w/.-]+)"', pathlib.Path(__file__).read_text()))
        for name in programs():
            if not name.endswith("/"):
                self.assertIn(name.removesuffix(".c"), tested)


class Examples(tap.Live):
    def command(self, name):
        return [sys.executable, str(SOURCE / name)] if name.endswith(".py") else [str(BUILT / name)]

    def says(self, name, pattern, *words):
        code, out, err = tap.run(*self.command(name), *words, stdin=subprocess.DEVNULL)
        self.assertEqual(code, 0, out + err)
        self.assertRegex(out, re.compile(pattern, re.S))
        self.assertEqual(err, "")

    def beside(self, name, pattern, *words, tempo=240):
        """With music that plays."""
        with mos.Client("music") as client:
            client.transport.stop()
            client.transport.tempo(tempo)
            self.play(client)
            try:
                self.says(name, pattern, *words)
            finally:
                client.transport.stop()
                client.transport.tempo()

    def test_connect(self):
        """connect says what was granted"""
        self.says("connect", r"^slot \d+, \d+ frames a second.*may play notes: yes\nmay end MOS: yes")

    def test_clock_follow(self):
        """clock-follow: the position moves"""
        self.beside("clock-follow", r"playing  bar \d+ beat \d \+ \d+/960  240\.0 BPM", "3")

    def test_timeline(self):
        """HER-19 timeline: the ruler fills while the music plays"""
        self.beside("timeline", r"playing +\d+\.\d \[=+\.*\] +240\.0 BPM", "2")

    def test_wait_for_bar(self):
        """wait-for-bar wakes at the bar"""
        self.beside("wait-for-bar", r"^bar 3, beat \d: \d+ ticks after its start\n$", "3")

    def test_play_notes(self):
        """play-notes: by call and by event"""
        self.says("play-notes", "played a chord, a note, and a G")

    def test_transport(self):
        """transport: load, tempo, loop, play, seek, pause, stop"""
        self.says("transport", r"load .*tempo .*90 BPM.*play +playing.*seek +playing +bar 2.*pause +paused.*stop +stopped",
                  self.score)

    def test_events_pull(self):
        """events-pull takes beats"""
        self.beside("events-pull", r"(bar \d+ beat [1-4]( \(downbeat\))?\n|the transport is \w+\n){6}", "6")

    def test_events_callback(self):
        """events-callback: handlers, one of which ends itself"""
        self.beside("events-callback", r"note \d+, velocity.*I do not listen any more\n.*4 notes among more events", tempo=300)

    def test_events_fd(self):
        """events-fd: one descriptor for poll"""
        self.beside("events-fd", r"(beat [1-4]\n){4}")

    def test_events_sd(self):
        """events-sd: in an sd-event loop"""
        self.beside("events-sd", r"(beat [1-4]\n){4}4 beats")

    @unittest.skipUnless((BUILT / "events-glib").exists(), "no GLib here")
    def test_events_glib(self):
        """events-glib: in a GLib main loop"""
        self.beside("events-glib", r"(beat [1-4]\n){4}4 beats")

    def test_without_mos(self):
        """an example that finds no MOS says so, and what to do"""
        with unittest.mock.patch.dict(os.environ, MOS_RUNTIME_DIR=os.path.join(self.folder.name, "nowhere")):
            for name in sorted(path.stem for path in SOURCE.glob("*.c")):
                if (BUILT / name).exists():
                    code, out, err = tap.run(str(BUILT / name), "x", stdin=subprocess.DEVNULL)
                    self.assertEqual((code, out), (1, ""), name)
                    self.assertRegex(err, "(?s)cannot reach MOS.*mos-session", name)

    def test_emit(self):
        """EVT-07 emit: both lanes"""
        self.says("emit", r"with the frame.*at once|at once.*with the frame")

    def test_answer(self):
        """EVT-18 E2.4.4.7: answer ends a circle"""
        self.says("answer", r"0 hops: play it slower\n1 hops.*8 hops: and again\nthat would be too many: a circle\n8 answers")

    def test_call_service(self):
        """call-service: with and without parameters, and an error"""
        self.says("call-service", r"the transport is \w+, \d+ clients\n1000 BPM became 300\napollo\.note\.invalid: ")
        with mos.Client("tempo") as client:
            client.transport.tempo()

    def test_async_calls(self):
        """async-calls: each is told once"""
        self.says("async-calls", r"^all sent\n")
        _, out, _ = tap.run(*self.command("async-calls"))
        self.assertEqual(sorted(out.splitlines()[1:]), ["broker.service.ping: answered by broker",
                         "hermes.service.ping: answered by hermes", "kronos.no.such: rpc.method.unknown"])

    def test_share_data(self):
        """EVT-19 E2.4.4.8: share-data: 10 MiB by reference"""
        self.says("share-data", r"10485760 bytes of noise, the last is 42")

    def test_audio_level(self):
        """audio-level hears the note"""
        self.says("audio-level", r"^( *-?\d+\.\d dB  #*\n){5}$")

    def test_metrics(self):
        """EVT-10 metrics: figures of a type; an unknown one is refused"""
        self.says("metrics", r"^metronome:beat: \d+ told, [\d.]+ a second, \d+ subscribers")
        code, _, err = tap.run(*self.command("metrics"), "no:type")
        self.assertEqual((code, err), (1, "no:type: no such type\n"))

    def test_python(self):
        """the Python examples"""
        self.beside("python/follow-the-beat.py", r"^(bar \d+ beat [1-4], 240\.0 BPM\n){3}$", "3")
        self.says("python/chords.py", r"^Am7 A3.*Cmaj7 C3 E4 G4 B4\n$")
        self.beside("python/events-asyncio.py", r"^the transport is \w+\n((metronome:beat|transport:state) .*\n){4}$")
        self.says("python/level.py", r"^\d+ frames at \d+ Hz, peak 0\.\d+, lost \d+\n$")

    def test_reconnect(self):
        """reconnect: the broker is killed and comes back, the program goes on"""
        def start(name):
            return subprocess.Popen(self.command(name), stdout=subprocess.PIPE, text=True)

        with start("reconnect") as program:
            self.assertIn("restart the broker now", program.stdout.readline())
            with open(os.path.join(os.environ["MOS_RUNTIME_DIR"], "mos-broker.pid"), encoding="ascii") as file:
                os.kill(int(file.read()), signal.SIGKILL)
            out, _ = program.communicate(timeout=60)
            self.assertEqual(out, "the broker is gone; the clock and the events go on\n"
                             "the broker is back, our slot is the old one\n")
            self.assertEqual(program.returncode, 0)
        with mos.Client("after", wait=10) as client:
            until(lambda: tap.hermes_up(client), what="hermes")

    def test_widget_hello(self):
        """WID-08 widget-hello is installed, started, attached to, called"""
        folder = os.path.join(self.folder.name, "widget-hello")
        os.mkdir(folder)
        for name in ("widget-hello", "widget.json"):
            shutil.copy(BUILT / "widget-hello" / name, folder)
        with mos.Client("stage", timeout=30) as client:
            self.assertEqual(client.call("broker.widget.install", path=folder), {"id": "widget-hello", "version": "1.0.0"})
            try:
                self.assertEqual(client.call("broker.widget.start", id="widget-hello")["state"], "active")
                self.assertIn("Hello from widget-hello", client.call("broker.widget.attach", id="widget-hello")["text"])
                answer = client.call("broker.widget.call", id="widget-hello", name="beats.get", params={})
                self.assertEqual(list(answer), ["beats"])
            finally:
                client.call("broker.widget.remove", id="widget-hello", purge=True)


if __name__ == "__main__":
    tap.main()
