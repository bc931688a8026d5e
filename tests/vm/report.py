# SPDX-License-Identifier: MIT
"""One TAP line a check, and a sum."""


class Report:
    def __init__(self, path):
        self.file = open(path, "w")
        self.count = {"passed": 0, "failed": 0, "skipped": 0}

    def line(self, text):
        print(text, flush=True)
        self.file.write(text + "\n")
        self.file.flush()

    def note(self, text):
        for line in str(text).splitlines():
            self.line(f"# {line}")

    def check(self, good, what, evidence=""):
        """Returns whether it was good. The evidence is shown with what failed, and one line of it always."""
        self.count["passed" if good else "failed"] += 1
        self.line(f"{'ok' if good else 'not ok'} {sum(self.count.values())} - {what}")
        lines = str(evidence).strip().splitlines()
        if good and len(lines) > 1:
            lines = []
        for line in lines[-40:]:
            self.line(f"#   {line}")
        return good

    def skip(self, what, why):
        self.count["skipped"] += 1
        self.line(f"ok {sum(self.count.values())} - {what} # SKIP {why}")

    def end(self):
        self.line(f"1..{sum(self.count.values())}")
        self.line("{passed} passed, {failed} failed, {skipped} skipped".format(**self.count))
        self.file.close()
        return 1 if self.count["failed"] else 0
