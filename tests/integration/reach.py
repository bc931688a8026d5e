# SPDX-License-Identifier: MIT
"""mosctl operates everything: each documented method is reached from the command line, and answers in JSON."""
import json
import os
import pathlib
import re
import unittest

import mos
import tap

PAGE = pathlib.Path(os.environ["EXAMPLES_SOURCE"]).parent / "services/METHODS.md"
# What would end the system, or is for services and widgets alone: asked last, or answered with a refusal.
LAST = "broker.system.quit"


def documented():
    found = set(re.findall(r"^\| `([a-z]+\.[a-z]+\.[a-z]+)` \|", PAGE.read_text(), re.M))
    return sorted(found - {LAST}) + [LAST]


class Reach(unittest.TestCase):
    def test_every_method(self):
        """SDK-11: mosctl reaches each documented method and prints its answer, or its error, as JSON"""
        with mos.Client("test", wait=10) as client:
            tap.until(lambda: {s["name"] for s in client.status()["services"] if s["up"]} >= {"hermes", "band", "link", "theater"},
                      what="all services")
        methods = documented()
        self.assertGreater(len(methods), 100)
        refused = 0
        for method in methods:
            code, out, err = tap.run(os.environ["MOSCTL"], "--json", "--timeout", "10", "call", method)
            self.assertTrue(out.strip(), (method, code, err))
            answer = json.loads(out)
            if code:
                self.assertRegex(answer["error"]["code"], r"^[a-z]+\.[a-z]+(\.[a-z]+)?$", method)
                self.assertNotIn(answer["error"]["code"], ("rpc.method.unknown", "broker.service.absent"), method)
                refused += 1
        # Most want parameters; a page that names none that works would be wrong, too.
        self.assertGreater(len(methods) - refused, 30)


if __name__ == "__main__":
    tap.main()
