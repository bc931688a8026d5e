# SPDX-License-Identifier: MIT
"""What the sound card heard: where clicks begin in a recording, and where nothing sounded."""
import array
import struct
import sys

RATE = 48000
WINDOW = 48  # frames of one step of the envelope: 1 ms


class Recording:
    """qemu's WAV while it is being written: its header has no lengths before qemu ends."""

    def __init__(self, path):
        self.path = path
        self.start = None

    def _data_start(self, file):
        """Skip the header's chunks."""
        if self.start is None:
            head = file.read(12)
            if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
                return None
            while True:
                chunk = file.read(8)
                if len(chunk) < 8:
                    return None
                name, length = struct.unpack("<4sI", chunk)
                if name == b"fmt ":
                    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", file.read(length)[:16])
                    if (kind, channels, rate, bits) != (1, 2, RATE, 16):
                        raise ValueError(f"not 16 bit stereo at {RATE} Hz: {kind, channels, rate, bits}")
                elif name == b"data":
                    self.start = file.tell()
                    break
                else:
                    file.seek(length, 1)
        return self.start

    def frames(self):
        """How many there are by now."""
        try:
            with open(self.path, "rb") as file:
                start = self._data_start(file)
                return 0 if start is None else (file.seek(0, 2) - start) // 4
        except FileNotFoundError:
            return 0

    def read(self, first, last):
        """The louder channel's samples of these frames, as two arrays."""
        with open(self.path, "rb") as file:
            file.seek(self._data_start(file) + first * 4)
            data = file.read((last - first) * 4)
        samples = array.array("h", data[:len(data) // 4 * 4])
        if sys.byteorder == "big":
            samples.byteswap()
        return samples[0::2], samples[1::2]

    def envelope(self, first, last):
        """The peak of each millisecond."""
        left, right = self.read(first, last)
        return [max(peak for side in (left[i:i + WINDOW], right[i:i + WINDOW]) for peak in (max(side), -min(side)))
                for i in range(0, len(left), WINDOW)]

    def onsets(self, first, last, quiet=0.05):
        """Frames at which a click begins: the first sample above a twentieth of the loudest that follows silence."""
        left, right = self.read(first, last)
        envelope = self.envelope(first, last)
        loudest = max(envelope, default=0)
        threshold = max(loudest * quiet, 8)
        found = []
        still = 0  # milliseconds of silence so far
        for i, peak in enumerate(envelope):
            if peak < threshold:
                still += 1
                continue
            # A click's own tail rises and falls; 30 ms of silence lie before a new one.
            if still >= 30 or (not found and i == still):
                begin = i * WINDOW
                frame = next(j for j in range(begin, begin + WINDOW)
                             if abs(left[j]) >= threshold or abs(right[j]) >= threshold)
                found.append(first + frame)
            still = 0
        return found


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


class Grid:
    """Clicks against the beats they were written on.

    The recording counts the card's frames. Where the machine stood still, what came after is late by as much, and
    stays so: such a step is found as a jump between two clicks and told apart from jitter."""

    def __init__(self, onsets, period, step=0.02):
        self.onsets = onsets
        self.stalls = []  # (frame, frames lost or gained)
        self.missing = 0
        self.deviations = []
        if not onsets:
            return
        for before, after in zip(onsets, onsets[1:]):
            beats = max(1, round((after - before) / period))
            off = after - before - beats * period
            self.missing += beats - 1
            if abs(off) > step * RATE:
                self.stalls.append((after, off))
            else:
                self.deviations.append(off)

    @property
    def median_ms(self):
        return quantile([abs(value) for value in self.deviations], 0.5) * 1000 / RATE

    @property
    def p95_ms(self):
        return quantile([abs(value) for value in self.deviations], 0.95) * 1000 / RATE

    @property
    def longest_gap_ms(self):
        return max((b - a for a, b in zip(self.onsets, self.onsets[1:])), default=0) * 1000 / RATE

    @property
    def is_whole(self):
        """Music that was not cut: now and then an emulated machine has no time for a click."""
        return len(self.onsets) >= 8 and self.missing <= len(self.onsets) // 10

    def __str__(self):
        return (f"{len(self.onsets)} onsets, interval off by {self.median_ms:.3f} ms (median), {self.p95_ms:.3f} ms "
                f"(p95), {self.missing} missing, {len(self.stalls)} stalls"
                + "".join(f", {off * 1000 / RATE:+.0f} ms" for _, off in self.stalls[:6])
                + f", longest gap {self.longest_gap_ms:.0f} ms")
