# SPDX-License-Identifier: MIT
"""What is done to the machine, in this order. A step names those that it builds on."""
import subprocess
import time
import traceback

import install
import life
import music
import removal
import services

USER = "studio"

# (the step, those that it builds on)
ORDER = [
    (install.boot, []),
    (install.install, [install.boot]),
    (services.enable, [install.install]),
    (music.play, [services.enable]),
    (services.sandbox, [services.enable]),
    (services.widgets, [services.enable]),
    (services.doctor, [services.enable]),
    (services.trace, [music.play]),
    (music.kill, [music.play]),
    (music.core, [music.play]),
    (services.watchdog, [services.enable]),
    (life.disk, [music.play]),
    (life.upgrade, [music.play]),
    (life.reboot, [music.play]),
    (life.appliance, [services.enable]),
    (removal.purge, [services.enable]),
    (removal.journal, [install.boot]),
]
ALL = [step for step, _ in ORDER]


class Box:
    """The machine with what the steps know of it."""

    def __init__(self, machine, report, exchange, accel):
        self.machine = machine
        self.report = report
        self.exchange = exchange
        self.accel = accel
        self.check = report.check
        self.skip = report.skip
        self.facts = {}  # what one step tells another

    def root(self, command, seconds=60):
        return self.machine.run(command, "root", seconds)

    def user(self, command, seconds=60):
        return self.machine.run(command, USER, seconds)

    def wait(self, command, seconds, user=USER, pause=1.0):
        """Ask until the command ends with 0. Returns the last answer."""
        deadline = time.monotonic() + seconds
        while True:
            result = self.machine.run(command, user, 30)
            if result.code == 0 or time.monotonic() > deadline:
                return result
            time.sleep(pause)


def chosen(names):
    """The steps with these names, and all that they build on; all when there are no names."""
    if not names:
        return ALL
    needs = dict(ORDER)
    wanted, more = set(), [step for step in ALL if step.__name__ in names]
    while more:
        step = more.pop()
        wanted.add(step)
        more += needs[step]
    return [step for step in ALL if step in wanted]


def run(box, names):
    needs = dict(ORDER)
    broken = set()
    for step in chosen(names):
        failed = [need.__name__ for need in needs[step] if need in broken]
        if failed:
            broken.add(step)
            box.skip(step.__doc__.splitlines()[0], f"{failed[0]} did not succeed")
            continue
        box.machine.log_to(step.__name__)
        started = time.monotonic()
        # What others need of a step it returns: whether one can go on from here.
        try:
            if step(box) is False:
                broken.add(step)
        except (ArithmeticError, LookupError, OSError, ValueError, subprocess.SubprocessError):
            box.check(False, f"{step.__name__} understands what it sees", traceback.format_exc())
            broken.add(step)
        box.report.note(f"{step.__name__}: {time.monotonic() - started:.0f} s")
