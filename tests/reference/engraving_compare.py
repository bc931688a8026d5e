#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How far our engraving agrees with Verovio's in structure, not in pixels: THE-13, spec/theater.md 2.5.

    engraving_compare.py FOLDER [-v]      of *.ours.tsv (engraving-dump) and *.verovio.tsv (verovio.mjs)
"""
import collections
import pathlib
import sys

Head = collections.namedtuple("Head", "x position stem accidental beam")


def read(path):
    """(measure, staff) -> heads from left to right."""
    staves = collections.defaultdict(list)
    for line in path.read_text().splitlines():
        if line:
            measure, staff, x, position, stem, accidental, beam = line.split("\t")
            staves[int(measure), int(staff)].append(
                Head(float(x), int(position), int(stem), int(accidental), int(beam)))
    for heads in staves.values():
        heads.sort()
    return staves


def pairs(ours, theirs):
    """Heads of one staff and measure, the first of a position with the first."""
    left = collections.defaultdict(list)
    for head in theirs:
        left[head.position].append(head)
    return [(head, left[head.position].pop(0)) for head in ours if left[head.position]]


def columns(heads):
    """x of what stands in one column: closer than a head."""
    xs = []
    for x in sorted(head.x for head in heads):
        if not xs or x - xs[-1] > 1.0:
            xs.append(x)
    return xs


def ranks(values):
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    i = 0
    while i < len(order):
        j = i
        while j + 1 < len(order) and abs(values[order[j + 1]] - values[order[i]]) < 1e-3:
            j += 1
        for k in range(i, j + 1):
            result[order[k]] = (i + j) / 2
        i = j + 1
    return result


def spearman(a, b):
    a, b = ranks(a), ranks(b)
    mean = (len(a) - 1) / 2
    top = sum((x - mean) * (y - mean) for x, y in zip(a, b))
    bottom = (sum((x - mean) ** 2 for x in a) * sum((y - mean) ** 2 for y in b)) ** 0.5
    return top / bottom if bottom else None


def same_groups(matched):
    """Of neighbours in a staff, whether both or neither pair is in one beam."""
    good = n = 0
    for (a, p), (b, q) in zip(matched, matched[1:]):
        if a.x != b.x:
            n += 1
            good += (a.beam == b.beam and a.beam > 0) == (p.beam == q.beam and p.beam > 0)
    return good, n


def main():
    folder, verbose = pathlib.Path(sys.argv[1]), "-v" in sys.argv
    good, total = collections.Counter(), collections.Counter()
    shape = {"columns in a measure": [], "first heads of measures": []}

    def count(what, right, of=1, where=""):
        good[what] += right
        total[what] += of
        if verbose and right < of:
            print(f"{where}\t{what}\t{right}/{of}")

    for path in sorted(folder.glob("*.ours.tsv")):
        name = path.name[:-len(".ours.tsv")]
        peer = folder / f"{name}.verovio.tsv"
        if not peer.exists():
            continue
        ours, theirs = read(path), read(peer)
        count("files with the same staves and measures", set(ours) == set(theirs), where=name)
        for key in sorted(set(ours) | set(theirs)):
            a, b, where = ours.get(key, []), theirs.get(key, []), f"{name} m{key[0] + 1} s{key[1] + 1}"
            matched = pairs(a, b)
            count("heads: staff position", len(matched), max(len(a), len(b)), where)
            count("stem direction", sum(x.stem == y.stem for x, y in matched), len(matched), where)
            count("printed accidental", sum(x.accidental == y.accidental for x, y in matched), len(matched), where)
            count("neighbours in one beam", *same_groups(matched), where)
            p, q = columns(a), columns(b)
            count("number of columns", len(p) == len(q), where=where)
            if len(p) == len(q) and len(p) > 3:
                shape["columns in a measure"].append(
                    spearman([y - x for x, y in zip(p, p[1:])], [y - x for x, y in zip(q, q[1:])]))
        first = [sorted({m: min(h.x for h in hs) for (m, s), hs in sorted(t.items(), reverse=True)}.items())
                 for t in (ours, theirs)]
        if len(first[0]) == len(first[1]) > 4:
            widths = [[b[1] - a[1] for a, b in zip(f, f[1:])] for f in first]
            shape["first heads of measures"].append(spearman(*widths))
    for what in total:
        print(f"{what:42} {good[what]:8} of {total[what]:8}  {100 * good[what] / max(total[what], 1):6.2f} %")
    for what, values in shape.items():
        values = sorted(v for v in values if v is not None)
        if values:
            print(f"{'distances, rank correlation: ' + what:58} median {values[len(values) // 2]:.3f}"
                  f"  mean {sum(values) / len(values):.3f}  of {len(values)}")


main()
