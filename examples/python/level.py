#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Hear what MOS plays: the loudest sample of half a second."""
import time

import mos

with mos.Client("level") as client:
    audio = client.audio()
    client.note("A4", "0.3s", 1.0)
    until, peak, frames = time.monotonic() + 0.5, 0.0, 0
    while time.monotonic() < until:
        samples = audio.read("out_l")
        if len(samples):
            peak = max(peak, max(abs(samples)) if hasattr(samples, "dtype") else max(map(abs, samples)))
            frames += len(samples)
        time.sleep(0.02)
    print(f"{frames} frames at {audio.rate_hz} Hz, peak {peak:.3f}, lost {audio.lost}")
