# SPDX-License-Identifier: MIT
"""unittest whose report is TAP: a test's name is the first line of its docstring, which carries the row's id."""
import os
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import unittest


class _Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.n = 0
        self.in_parts = set()

    def _line(self, word, test, note=""):
        self.n += 1
        name = (test.shortDescription() or test.id()).replace("#", "")
        print(f"{word} {self.n} - {name}{note}", flush=True)

    def _failed(self, test, error):
        self._line("not ok", test)
        for line in "".join(traceback.format_exception(*error)).splitlines():
            print("# " + line, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line("ok", test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        """A part that fails is told in comments, and its test fails once: the plan counts tests."""
        super().addSubTest(test, subtest, error)
        if error is not None:
            print(f"# {subtest}", flush=True)
            for line in "".join(traceback.format_exception(*error)).splitlines():
                print("# " + line, flush=True)
            self.in_parts.add(test.id())

    def stopTest(self, test):
        if test.id() in self.in_parts:
            self._line("not ok", test)
        super().stopTest(test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("ok", test, f" # SKIP {reason}")


def main():
    """Run the tests of the program; words name some of them."""
    loader = unittest.defaultTestLoader
    module = sys.modules["__main__"]
    suite = loader.loadTestsFromNames(sys.argv[1:], module) if sys.argv[1:] else loader.loadTestsFromModule(module)
    print(f"1..{suite.countTestCases()}", flush=True)
    sys.exit(0 if suite.run(_Result()).wasSuccessful() else 1)


def write_scale(path, quarters=32):
    """A MIDI file: quarter notes C4 D4 E4 ... at 120 BPM."""
    track = b"\x00\xff\x51\x03\x07\xa1\x20"
    for i in range(quarters):
        note = (60, 62, 64, 65, 67, 69, 71, 72)[i % 8]
        track += bytes((0, 0x90, note, 100)) + b"\x83\x60" + bytes((0x80, note, 0))
    track += b"\x00\xff\x2f\x00"
    with open(path, "wb") as file:
        file.write(b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(track)) + track)


def until(condition, seconds=20, what="it"):
    """Ask again and again; a machine may be slow."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.01)


def hermes_up(client):
    return any(service["up"] for service in client.status()["services"] if service["name"] == "hermes")


class Live(unittest.TestCase):
    """Inside a mos-session: whole, and with a score that plays in a loop where a test asks for it."""

    @classmethod
    def setUpClass(cls):
        import mos
        assert os.environ.get("MOS_RUNTIME_DIR"), "to be run in a mos-session"
        cls.folder = tempfile.TemporaryDirectory(prefix="mos-python-")
        cls.score = os.path.join(cls.folder.name, "scale.mid")
        write_scale(cls.score)
        with mos.Client("test", wait=10) as client:
            until(lambda: hermes_up(client), what="hermes")
            until(lambda: (client.refresh(), client.now().clock.flags & mos.Clock.DRIVER_UP)[1], what="the driver")
            client.load(cls.score)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def play(client):
        client.transport.loop(1, 4)
        client.transport.play(restart=True)


def run(*words, timeout=60, **options):
    """A program to its end. (exit code, output, errors)"""
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, **options)
    return done.returncode, done.stdout, done.stderr
