#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A hostile client of the door: flood.py MODE SECONDS SEED. Runs in a process of its own, which does as much harm as
it can for so long; the last line says what it did. MODE is one of MODES."""
import array
import mmap
import os
import pathlib
import random
import re
import select
import socket
import struct
import sys
import time

import wire

METHODS = pathlib.Path(__file__).resolve().parents[2] / "services" / "METHODS.md"
#: what ends or takes away what others want to have: a fuzzer with every right may, so it does not
SPARED = {"broker.system.quit", "broker.widget.remove", "broker.widget.install", "broker.widget.stop", "broker.widget.restart",
          "broker.score.failed", "broker.service.register", "broker.service.connect", "broker.stage.open", "hermes.score.delete",
          "hermes.score.load", "hermes.score.open", "hermes.store.backup", "hermes.library.remove", "kronos.timeline.load",
          "kronos.timeline.unload", "theater.record.start",
          "link.session.set"}  # nothing of a test goes onto a network that is there
#: what is heard
HEARD = ("kronos.", "apollo.", "band.play", "band.stop", "band.change", "hermes.score.undo", "hermes.score.redo",
         "hermes.score.edit", "hermes.measure.update", "hermes.part.add", "hermes.score.analyse")


def methods(path=METHODS):
    """{method: [keys of its params]}, as the tables say."""
    found = {}
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > 3 and re.fullmatch(r"`[a-z]+(\.[a-z]+)+`", cells[1]):
            found[cells[1].strip("`")] = [key.rstrip("?") for key in re.findall(r"`([a-z_]+\??)`", cells[2])]
    return found


def senseless(rng, depth=0):
    """Any value."""
    return rng.choice((
        lambda: None, lambda: True, lambda: 0, lambda: -1, lambda: 2**63 - 1, lambda: -2**63, lambda: 2**64 - 1,
        lambda: rng.randrange(-1000, 1000), lambda: float("nan"), lambda: float("inf"), lambda: -1e308, lambda: rng.random(),
        lambda: "", lambda: "x" * rng.randrange(5000), lambda: "C4", lambda: "../../etc/passwd", lambda: "\x00\x01\x7f",
        lambda: "\udc80\udcff", lambda: "%n%s", lambda: rng.randbytes(rng.randrange(64)),
        lambda: [senseless(rng, depth + 1) for _ in range(rng.randrange(4))] if depth < 6 else [],
        lambda: {str(i): senseless(rng, depth + 1) for i in range(rng.randrange(4))} if depth < 6 else {},
    ))()


def fuzzed(rng, keys):
    """Params of a call: keys that it knows, most of the time, with any value."""
    params = {key: senseless(rng) for key in keys if rng.random() < 0.6}
    if rng.random() < 0.1:
        params["nonsense"] = senseless(rng)
    return params


class Flood:
    """What all modes share: time, chance, and what is counted."""

    def __init__(self, seconds, seed, loud=False):
        self.end, self.rng, self.loud = time.monotonic() + seconds, random.Random(seed), loud
        self.done = self.refused = 0

    def left(self):
        return time.monotonic() < self.end

    def door(self):
        return wire.Door(timeout=1.0)

    def with_door(self, attack):
        """attack(door) again and again; a new connection when the old one was shut."""
        while self.left():
            try:
                with self.door() as door:
                    while self.left():
                        attack(door)
                        self.done += 1
            except (wire.Gone, wire.Late, OSError, ValueError):
                self.refused += 1

    def connections(self):
        """As many as there can be, opened and dropped."""
        held = []
        while self.left():
            try:
                held.append(self.door())
                self.done += 1
                if self.rng.random() < 0.3:
                    held[-1].send(wire.pack([0, 1, "broker.client.open", {"name": "flood"}]))
            except (wire.Gone, wire.Late, OSError):
                self.refused += 1
                for door in held[: len(held) // 2 + 1]:
                    door.close()
                del held[: len(held) // 2 + 1]

    def frames(self):
        """Bytes that are nothing."""
        self.with_door(lambda door: door.send(self.rng.randbytes(self.rng.randrange(1, 4096))))

    def halves(self):
        """Requests that end in the middle."""
        whole = wire.pack([0, 1, "broker.system.status", {"a": "b" * 100}])
        self.with_door(lambda door: door.send(whole[: self.rng.randrange(1, len(whole))]))

    def fds(self):
        """253 descriptors beside a request: as many as the kernel lets through."""
        null = os.open("/dev/null", os.O_RDWR)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * 253))]

        def attack(door):
            door.sock.sendmsg([wire.pack([0, 1, "broker.service.ping", {}])], rights)

        self.with_door(attack)

    def nested(self):
        """Lists in lists, and lengths that are a lie."""
        deep = b"\x94\x00\x01\xb3broker.service.ping\x81\xa1a" + b"\x91" * 60000 + b"\xc0"
        lies = [b"\xdd\xff\xff\xff\xff", b"\x94\x00\x01\xdb\xff\xff\xff\xff", b"\x94\x00\x01\xa1a\xdf\x7f\xff\xff\xff",
                b"\xc6\xff\xff\xff\xf0", deep, wire.pack([0, 1, "x", {"a": "y" * 60000}])]
        self.with_door(lambda door: door.send(self.rng.choice(lies)))

    def unknown(self):
        """Methods that do not exist, answered each."""
        def attack(door):
            name = "broker." + "".join(self.rng.choice("abc.") for _ in range(self.rng.randrange(1, 90)))
            try:
                door.call(name, {}, timeout=1)
            except wire.WireError:
                pass

        self.with_door(attack)

    def deaf(self):
        """Questions with large answers, none of them read."""
        doors = []
        while self.left():
            try:
                if len(doors) < 40:
                    doors.append(self.door())
                    doors[-1].sock.setblocking(False)
                for door in doors:
                    door.sock.send(wire.pack([0, 1, "broker.system.status", {}]))
                    self.done += 1
            except BlockingIOError:
                self.refused += 1
                select.select([], doors and [door.sock for door in doors], [], 0.02)
            except (wire.Gone, wire.Late, OSError):
                self.refused += 1
                doors.clear()

    def fuzz(self):
        """Every method with senseless params."""
        table = {method: keys for method, keys in methods().items()
                 if method not in SPARED and (self.loud or not method.startswith(HEARD))}
        names = sorted(table)
        services = {}
        while self.left():
            name = self.rng.choice(names)
            service = name.split(".")[0]
            try:
                if service not in services:
                    door = self.door()
                    services[service] = door.service(service) if service in wire.SERVICES else door
                try:
                    services[service].call(name, fuzzed(self.rng, table[name]), timeout=0.5)
                except wire.WireError:
                    pass
                self.done += 1
            except (wire.Gone, wire.Late, OSError, ValueError):
                self.refused += 1
                services.pop(service, None)

    def ring(self):
        """Nonsense in one's own ring: positions, records, figures, with the bell rung without end."""
        while self.left():
            try:
                with self.door() as door:
                    answer, fds = door.call_fds("broker.client.open", {"name": "flood"})
                    regions = dict(zip(answer["regions"], fds))
                    size = os.fstat(regions["ingress"]).st_size
                    with mmap.mmap(regions["ingress"], size) as ring:
                        until = time.monotonic() + 0.5
                        while time.monotonic() < until and self.left():
                            at = self.rng.randrange(0, size - 64) if self.rng.random() < 0.9 else 128
                            ring[at:at + 64] = self.rng.randbytes(64)
                            struct.pack_into("<Q", ring, 128, self.rng.choice((self.rng.getrandbits(64), self.done * 200)))
                            os.write(regions["doorbell"], struct.pack("<Q", 1))
                            self.done += 1
                    for fd in fds:
                        os.close(fd)
            except (wire.Gone, wire.Late, wire.WireError, OSError, ValueError):
                self.refused += 1
                time.sleep(0.02)


MODES = ("connections", "frames", "halves", "fds", "nested", "unknown", "deaf", "fuzz", "ring")


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[1] not in MODES:
        sys.exit(f"Usage: flood.py {'|'.join(MODES)} SECONDS SEED [loud]")
    flood = Flood(float(sys.argv[2]), int(sys.argv[3]), loud="loud" in sys.argv[4:])
    getattr(flood, sys.argv[1])()
    print(f"{sys.argv[1]}: {flood.done} sent, {flood.refused} refused")


if __name__ == "__main__":
    main()
