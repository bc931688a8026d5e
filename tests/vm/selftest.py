#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The machine test's own judgement: what it would miss, it would call good. No machine is started."""
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent / "integration")]

import clicks  # noqa: E402
import image  # noqa: E402
import music  # noqa: E402
import report  # noqa: E402
import sound  # noqa: E402
import steps  # noqa: E402
import tap  # noqa: E402


def write_wav(path, starts, frames, level=12000, lengths=True):
    """Clicks of 40 ms that die away, as qemu writes them: without lengths while it runs."""
    samples = [0] * frames
    for start in starts:
        for i in range(min(1920, frames - start)):
            samples[start + i] = int(level * (1 - i / 1920)) * (1 if i // 12 % 2 == 0 else -1)
    data = b"".join(struct.pack("<hh", value, value // 2) for value in samples)
    size = len(data) if lengths else 0
    path.write_bytes(b"RIFF" + struct.pack("<I", size + 36 if lengths else 0) + b"WAVEfmt "
                     + struct.pack("<IHHIIHH", 16, 1, 2, sound.RATE, sound.RATE * 4, 4, 16)
                     + b"data" + struct.pack("<I", size) + data)


class Judgement(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def grid(self, starts, seconds=6):
        path = self.folder / "clicks.wav"
        write_wav(path, starts, seconds * sound.RATE, lengths=False)
        recording = sound.Recording(path)
        return sound.Grid(recording.onsets(0, recording.frames()), music.PERIOD)

    def test_exact(self):
        """TIM-06: clicks are found at their very frames, in a recording that is not complete yet"""
        starts = [777 + i * music.PERIOD for i in range(20)]
        grid = self.grid(starts)
        self.assertEqual(grid.onsets, starts)
        self.assertEqual((grid.missing, grid.stalls, grid.median_ms), (0, [], 0))

    def test_jitter(self):
        """TIM-06: clicks that shake by 5 ms are not good enough"""
        rng = random.Random(8)
        grid = self.grid([2000 + i * music.PERIOD + rng.randrange(-240, 241) for i in range(20)])
        self.assertGreater(grid.median_ms, music.MEDIAN_MS)
        self.assertGreater(grid.p95_ms, music.P95_MS)

    def test_missing(self):
        """clicks that are missing are counted, and make the longest gap"""
        grid = self.grid([2000 + i * music.PERIOD for i in range(20) if i not in (7, 8)])
        self.assertEqual(grid.missing, 2)
        self.assertFalse(grid.is_whole)
        self.assertAlmostEqual(grid.longest_gap_ms, 750, delta=1)

    def test_stall(self):
        """a machine that stood still for 100 ms is told apart from jitter"""
        grid = self.grid([2000 + i * music.PERIOD + (4800 if i > 9 else 0) for i in range(20)])
        self.assertEqual([off for _, off in grid.stalls], [4800])
        self.assertEqual((grid.missing, grid.median_ms), (0, 0))

    def test_silence(self):
        """silence, an empty file and none at all have no clicks"""
        self.assertEqual(self.grid([]).onsets, [])
        empty = self.folder / "empty.wav"
        empty.write_bytes(b"")
        self.assertEqual(sound.Recording(empty).frames(), 0)
        self.assertEqual(sound.Recording(self.folder / "none.wav").frames(), 0)

    def test_midi(self):
        """an independent reader finds the clicks of the piece where they belong"""
        try:
            import mido
        except ImportError:
            self.skipTest("python3-mido is not installed")
        path = self.folder / "clicks.mid"
        path.write_bytes(clicks.midi(music.BPM, 3))
        now, found = 0.0, []
        for message in mido.MidiFile(path):
            now += message.time
            if message.type == "note_on" and message.velocity:
                found.append(round(now, 6))
        self.assertEqual(found, [i * 60 / music.BPM for i in range(12)])

    def test_report(self):
        """the last line counts, and a failed check is a failed run"""
        out = report.Report(self.folder / "report")
        out.line = lambda text: None
        out.check(True, "good")
        out.skip("not here", "reason")
        self.assertEqual(out.end(), 0)
        out = report.Report(self.folder / "report")
        lines = []
        out.line = lines.append
        out.check(False, "bad", "why")
        self.assertEqual(out.end(), 1)
        self.assertEqual(lines, ["not ok 1 - bad", "#   why", "1..1", "0 passed, 1 failed, 0 skipped"])

    def test_steps(self):
        """a step that is asked for brings all that it builds on, in order"""
        names = [step.__name__ for step in steps.chosen(["kill"])]
        self.assertEqual(names, ["boot", "install", "enable", "play", "kill"])
        for step, needs in steps.ORDER:
            self.assertTrue(all(steps.ALL.index(need) < steps.ALL.index(step) for need in needs), step.__name__)

    def test_kept(self):
        """what is kept is made once, by one, and leaves nothing when it cannot be made"""
        made = []
        image.cache_dir, before = lambda: self.folder, image.cache_dir
        image.say, spoken = lambda text: None, image.say
        self.addCleanup(setattr, image, "cache_dir", before)
        self.addCleanup(setattr, image, "say", spoken)

        def make(new, log):
            made.append(new)
            (new / "file").write_text("x")

        for _ in range(2):
            image.Kept("vm-image-0123456789ab", make, "a test").close()
        self.assertEqual(len(made), 1)

        def fail(new, log):
            raise image.Missing("no")

        with self.assertRaises(image.Missing):
            image.Kept("vm-image-ba9876543210", fail, "a test")
        left = [path.name for path in self.folder.iterdir() if path.is_dir()]
        self.assertEqual(left, ["vm-image-0123456789ab"])

    @unittest.skipUnless(image.own_mounts(), "mmdebstrap mounts nothing here")
    def test_mounts(self):
        """what mmdebstrap mounts is seen by nobody else: a tree that is left half-way can be removed"""
        stub = self.folder / "mmdebstrap"
        stub.write_text(f"#!/bin/sh\nmkdir -p {self.folder}/tree/sys && "
                        f"mount -t tmpfs mos-vm {self.folder}/tree/sys && touch {self.folder}/tree/sys/kernel && "
                        f"ls {self.folder}/tree/sys >{self.folder}/seen\nexit 1\n")
        self.addCleanup(subprocess.run, ["umount", "--quiet", "--lazy", self.folder / "tree" / "sys"], stderr=subprocess.DEVNULL)
        stub.chmod(0o755)
        before = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        os.environ["PATH"] = f"{self.folder}:{before}"
        with open(self.folder / "log", "w") as log, self.assertRaisesRegex(image.Missing, "^mmdebstrap failed"):
            image.make_image(self.folder, log)
        self.assertIn("kernel", (self.folder / "seen").read_text())
        self.assertEqual(list((self.folder / "tree" / "sys").iterdir()), [])


if __name__ == "__main__":
    tap.main()
