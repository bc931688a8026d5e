# SPDX-License-Identifier: MIT
"""Vectors for hermes_vectors.c, and what NumPy says is near: vectors.npy, songs.txt, expected.txt in a folder."""
import sys

import numpy

folder, n, dims = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
random = numpy.random.default_rng(6)
vectors = (random.standard_normal((n, dims)) * random.uniform(0.01, 50, (n, 1))).astype(numpy.float32)
songs = random.permutation(n) + 1
numpy.save(f"{folder}/vectors.npy", vectors)
with open(f"{folder}/songs.txt", "w", encoding="utf-8") as to:
    for row, song in enumerate(songs):
        to.write(f"{song}\n" if row % 3 else f"catalogue {song}\r\n")

unit = vectors.astype(numpy.float64)
unit /= numpy.linalg.norm(unit, axis=1, keepdims=True)
with open(f"{folder}/expected.txt", "w", encoding="utf-8") as to:
    for row in range(0, n, 17):
        distance = 1 - unit @ unit[row]
        distance[row] = numpy.inf
        near = numpy.argsort(distance)[:10]
        to.write(f"{songs[row]} " + " ".join(f"{songs[i]}:{distance[i]:.9f}" for i in near) + "\n")
