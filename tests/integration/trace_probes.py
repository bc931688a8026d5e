# SPDX-License-Identifier: MIT
"""The table of probes in shm/probe.h, the ELF notes of the built programs, and docs/TRACING.md say the same.

$1: source root, $2: mos-rtcore, $3: libmos.so
"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

import tap

ROOT, RTCORE, LIBMOS = sys.argv[1:4]
del sys.argv[1:]

# X(name, "arguments", "who: when"), however the lines are broken
ROW = re.compile(r'X\((\w+),\s*"([^"]*)",\s*"(\w+): ([^"]*)"\)')


def table():
    """{name: (arguments, where)}"""
    text = (Path(ROOT) / "shm" / "probe.h").read_text().replace("\\\n", " ")
    text = re.sub(r'"\s+"', "", text[text.index("define MOS_PROBES(X)"):text.index("define MOS_PROBE_STAGES(X)")])
    return {name: (args.split(), where) for name, args, where, _ in ROW.findall(text)}


def notes(path):
    """{name: number of arguments} of provider mos, by readelf; one probe may lie in several places."""
    code, out, errors = tap.run("readelf", "-nW", path)
    assert code == 0, errors
    found = {}
    for provider, name, args in re.findall(r"Provider: (\w+)\n\s*Name: (\w+)\n.*\n\s*Arguments:(.*)", out):
        if provider == "mos":
            found.setdefault(name, set()).add(len(args.split()))
    return found


class Probes(unittest.TestCase):
    def check(self, where, path):
        want = {name: {len(args)} for name, (args, place) in table().items() if place == where}
        self.assertTrue(want)
        self.assertEqual(notes(path), want)

    def test_rtcore(self):
        """TIM-17: mos-rtcore has the probes of the table, with their arguments, and no other"""
        self.check("rtcore", RTCORE)

    def test_libmos(self):
        """TIM-17: libmos has the probes of the table, with their arguments, and no other"""
        self.check("libmos", LIBMOS)

    def test_docs(self):
        """SDK-09: docs/TRACING.md lists the probes of the table, with their arguments, and no other"""
        text = (Path(ROOT) / "docs" / "TRACING.md").read_text()
        rows = re.findall(r"^\| `(\w+)` \| (rtcore|libmos) \| `([^`]*)` \|", text, re.M)
        self.assertEqual({name: (args.replace(",", " ").split(), where) for name, where, args in rows}, table())

    def test_addresses(self):
        """TIM-17: arguments lie in registers or are constants, which every reader of notes understands"""
        for path in (RTCORE, LIBMOS):
            out = subprocess.run(["readelf", "-nW", path], capture_output=True, text=True, check=True).stdout
            for line in re.findall(r"Provider: mos\n.*\n.*\n\s*Arguments:(.*)", out):
                for word in line.split():
                    self.assertRegex(word, r"^-?[1248]@(%\w+|\$-?\d+|-?\d+|[xwr]\w+|a\d)$", line)


if __name__ == "__main__":
    tap.main()
