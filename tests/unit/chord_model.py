#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Train a model of chords (clients/widgets/chord-detector/model.h) from chords that are made here.

    chord_model.py FILE

Always the same file: numbers come from a seed. Tones are of any strength, have overtones that leak to other tones, and
noise lies below them.
"""
import struct
import sys

import numpy

KINDS = [(0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6), (0, 4, 8), (0, 5, 7)]
HIDDEN, EXAMPLES, ROUNDS = 20, 3000, 300

rng = numpy.random.default_rng(20)


def chords():
    kind = rng.integers(0, len(KINDS), EXAMPLES)
    treble, bass = numpy.zeros((EXAMPLES, 12)), numpy.zeros((EXAMPLES, 12))
    for i, k in enumerate(kind):
        for place, tone in enumerate(KINDS[k]):
            loud = rng.uniform(0.25, 1) * (rng.uniform(0.3, 1) if place == 3 else 1)
            treble[i, tone] += loud
            treble[i, (tone + 7) % 12] += loud * rng.uniform(0, 0.12)
            treble[i, (tone + 4) % 12] += loud * rng.uniform(0, 0.06)
        bass[i, 0] = 1
        bass[i, KINDS[k][rng.integers(0, len(KINDS[k]))]] += rng.uniform(0, 0.8)
    treble += rng.uniform(0, 0.05, treble.shape)
    bass += rng.uniform(0, 0.05, bass.shape)
    return numpy.hstack([treble / treble.sum(1, keepdims=True), bass / bass.sum(1, keepdims=True)]), kind


def train():
    """Two layers, Adam on all examples at once."""
    inputs, kind = chords()
    want = numpy.eye(len(KINDS))[kind]
    weights = [rng.normal(0, 1.5, (24, HIDDEN)), numpy.zeros(HIDDEN), rng.normal(0, 0.3, (HIDDEN, len(KINDS))),
               numpy.zeros(len(KINDS))]
    first, second = [numpy.zeros_like(w) for w in weights], [numpy.zeros_like(w) for w in weights]
    for step in range(1, ROUNDS + 1):
        hidden = numpy.tanh(inputs @ weights[0] + weights[1])
        out = hidden @ weights[2] + weights[3]
        share = numpy.exp(out - out.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        off = (share - want) / EXAMPLES
        back = off @ weights[2].T * (1 - hidden ** 2)
        slopes = [inputs.T @ back, back.sum(0), hidden.T @ off, off.sum(0)]
        for i, slope in enumerate(slopes):
            first[i] = 0.9 * first[i] + 0.1 * slope
            second[i] = 0.999 * second[i] + 0.001 * slope ** 2
            weights[i] -= 0.03 * (first[i] / (1 - 0.9 ** step)) / (numpy.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-9)
    return weights


w1, b1, w2, b2 = train()
numbers = numpy.concatenate([numpy.vstack([w1, b1]).T.ravel(), numpy.vstack([w2, b2]).T.ravel()])
with open(sys.argv[1], "wb") as f:
    f.write(b"MOSCHRD1" + struct.pack("<III", 24, HIDDEN, len(KINDS)) + numbers.astype("<f4").tobytes())
