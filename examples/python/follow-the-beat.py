#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sleep from beat to beat of whatever plays."""
import itertools
import sys

import mos

with mos.Client("follow-the-beat") as client:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    for now in itertools.islice(client.beats(), n):
        print(f"bar {now.bar} beat {now.beat}, {now.bpm:.1f} BPM", flush=True)
