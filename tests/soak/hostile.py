#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Hostile clients against the whole system: they get what is theirs, everybody else is served, music plays on.
Runs inside mos-session; prints TAP. What a run measured stands in lines that begin with '#'."""
import errno
import fcntl
import mmap
import os
import pathlib
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import ears as ears_module
import flood
import machine
import tap
import wire
from tap import until

HERE = pathlib.Path(__file__).resolve().parent
NOBODY = 65534
SERVED_S = 5.0      # a watchdog: what is asked for is a few milliseconds, on a machine that is loaded three times over
GAP_S = 1.0         # of music, on such a machine
GROWTH_KIB = 65536
SERVICES = ("rtcore", "broker", "hermes", "band", "theater", "link")


def pids():
    run = pathlib.Path(os.environ["MOS_RUNTIME_DIR"])
    return {name: int((run / f"mos-{name}.pid").read_text()) for name in SERVICES}


def say(text):
    print("# " + text, flush=True)


class Good(threading.Thread):
    """A well-behaved client with connections that it made before, and one that comes anew each time."""

    CALLS = ("broker.service.ping", "kronos.position.get", "hermes.service.ping")

    def __init__(self):
        super().__init__(daemon=True)
        self.times, self.failed, self.stopping = [], [], False

    def run(self):
        try:
            with wire.Door(timeout=SERVED_S) as door, door.service("hermes") as hermes:
                while not self.stopping:
                    for method in self.CALLS:
                        begin = time.monotonic()
                        (hermes if method.startswith("hermes") else door).call(method)
                        self.times.append(time.monotonic() - begin)
                    begin = time.monotonic()
                    with wire.Door(timeout=SERVED_S) as newcomer:
                        newcomer.call("broker.service.ping")
                    self.times.append(time.monotonic() - begin)
                    time.sleep(0.01)
        except (wire.Gone, wire.Late, wire.WireError) as error:
            self.failed.append(f"{type(error).__name__}: {error}")

    def finish(self):
        """(p50, p99, max) in ms."""
        self.stopping = True
        self.join(60)
        ordered = sorted(self.times)
        return tuple(round(1000 * ordered[min(len(ordered) - 1, int(q * len(ordered)))], 2) for q in (0.5, 0.99, 1))


def measured(seconds):
    good = Good()
    good.start()
    time.sleep(seconds)
    figures = good.finish()
    assert not good.failed, good.failed
    return figures


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for name in ("hermes", "band", "theater", "link"):
            until(lambda name=name: wire.call(f"{name}.service.ping"), what=name)
        fd = os.memfd_create("score")
        os.write(fd, machine.score_text("hostile", "nobody"))
        wire.call("hermes.score.load", {"name": "x.nvx1"}, [fd], timeout=30)
        os.close(fd)
        until(lambda: wire.call("kronos.position.get")["end_ticks"], what="the score")
        cls.pids = pids()
        cls.log = tempfile.NamedTemporaryFile(prefix="mos-ears-")
        cls.ears = ears_module.Ears(ears_module.find(), cls.log.name)
        cls.ears.start()
        cls.play()
        until(lambda: cls.ears.pictures > 3, what="the theater's device, which is opened for who looks")

    @classmethod
    def tearDownClass(cls):
        cls.ears.stop()
        cls.log.close()

    @classmethod
    def play(cls):
        wire.call("kronos.tempo.set", {"score": True})
        wire.call("kronos.loop.set", {"start_ticks": 0, "end_ticks": 256 * 240})
        if wire.call("kronos.position.get")["state"] != "playing":
            wire.call("kronos.transport.play")
        until(cls.ears.sounds, what="sound")

    def nobody_died(self):
        self.assertEqual(pids(), self.pids, "a process died")

    def no_gap(self, since):
        gaps = [b - max(a, since) for a, b in self.ears.silences_since(since)]
        worst = max(gaps, default=0.0)
        self.assertLess(worst, GAP_S, f"music stood still for {worst * 1000:.0f} ms")
        return worst

    def refused(self, what, *errors):
        """what() raises OSError with one of these numbers."""
        with self.assertRaises(OSError) as caught:
            what()
        self.assertIn(caught.exception.errno, errors, errno.errorcode.get(caught.exception.errno))


class Floods(Base):
    """SEC-03"""

    def flooded(self, mode, attackers=2, seconds=2.0):
        before = {name: machine.holdings(pid) for name, pid in self.pids.items()}
        quiet = measured(1.0)
        since = time.monotonic()
        attack = [subprocess.Popen([sys.executable, str(HERE / "flood.py"), mode, str(seconds), str(seed)],
                                   stdout=subprocess.PIPE, text=True) for seed in range(attackers)]
        good = Good()
        good.start()
        said = [one.communicate(timeout=60)[0].strip() for one in attack]
        figures = good.finish()
        for one in attack:
            self.assertEqual(one.returncode, 0)
        self.assertEqual(good.failed, [], "the well-behaved client was not served")
        gap = self.no_gap(since)
        say(f"flood {mode}: calls p50/p99/max {quiet} ms before, {figures} ms meanwhile, longest gap {gap * 1000:.0f} ms; "
            f"{'; '.join(said)}")
        self.nobody_died()
        for name, pid in self.pids.items():
            until(lambda pid=pid, name=name: machine.holdings(pid)[2] <= before[name][2] + 4,
                  what=f"{name} gives its descriptors back, it had {before[name][2]}")
            self.assertLess(machine.holdings(pid)[0] - before[name][0], GROWTH_KIB, f"{name} grew")

    def test_connections(self):
        """SEC-03: connections without end: others come in, and are answered; descriptors are given back"""
        self.flooded("connections")

    def test_frames(self):
        """SEC-03: bytes that are no frame close their own connection only"""
        self.flooded("frames")

    def test_halves(self):
        """SEC-03: frames that end in the middle close their own connection only"""
        self.flooded("halves")

    def test_fds(self):
        """SEC-03 SEC-09: 253 descriptors beside a frame: none is kept, nobody else waits"""
        self.flooded("fds")

    def test_nested(self):
        """SEC-03 SEC-09: lists in lists and lengths that are a lie: no memory is taken for them"""
        self.flooded("nested")

    def test_unknown(self):
        """SEC-03: methods that do not exist, by the ten thousand"""
        self.flooded("unknown")

    def test_deaf(self):
        """SEC-03: questions whose answers nobody reads: the deaf wait, the others do not; memory stays bounded"""
        self.flooded("deaf")

    def test_fuzz(self):
        """SEC-03 SEC-09: each method of METHODS.md that makes no sound with senseless params: all are answered, nobody falls"""
        # What a service opens at its first question, as Hermes its library, stays open.
        for seed in ("0", "1"):
            subprocess.run([sys.executable, str(HERE / "flood.py"), "fuzz", "2", seed], stdout=subprocess.DEVNULL, check=True)
        self.flooded("fuzz")

    def test_ring(self):
        """SEC-03 SEC-09: nonsense in one's own ring, with the bell rung without end: only one's own ring suffers"""
        self.flooded("ring")


class Senseless(Base):
    """SEC-09"""

    def test_every_method(self):
        """SEC-09: every method of METHODS.md, those that are heard too, with senseless params: answered; afterwards it plays"""
        table = flood.methods()
        self.assertGreater(len(table), 100)
        done = subprocess.run([sys.executable, str(HERE / "flood.py"), "fuzz", "4", "99", "loud"], capture_output=True,
                              text=True, timeout=60, check=True)
        say(done.stdout.strip())
        self.nobody_died()
        wire.call("apollo.fx.reset")
        wire.call("apollo.engine.panic")
        wire.call("kronos.metronome.set", {"on": False})
        for strip in (*range(64), "master"):
            wire.call("apollo.strip.set", {"strip": strip, "gain_db": 0.0, **({} if strip == "master" else
                                                                              {"mute": False, "solo": False})})
        self.play()


class Regions(Base):
    """SEC-09"""

    def setUp(self):
        self.door = wire.Door()
        answer, fds = self.door.call_fds("broker.client.open", {"name": "hostile"})
        self.fds, self.answer = dict(zip(answer["regions"], fds)), answer

    def tearDown(self):
        for fd in self.fds.values():
            os.close(fd)
        self.door.close()

    def readable(self):
        return [(name, fd) for name, fd in self.fds.items() if name not in ("ingress", "doorbell")]

    def test_mapped_for_writing(self):
        """SEC-09: clock, events, counters, audio cannot be mapped for writing, written, emptied, cut or enlarged"""
        self.assertGreaterEqual(len(self.readable()), 3)
        for name, fd in self.readable():
            with self.subTest(region=name):
                size = os.fstat(fd).st_size
                self.refused(lambda fd=fd, size=size: mmap.mmap(fd, size, prot=mmap.PROT_READ | mmap.PROT_WRITE),
                             errno.EACCES, errno.EPERM)
                self.refused(lambda fd=fd: os.pwrite(fd, b"x", 0), errno.EBADF, errno.EPERM)
                for other in (0, size - 1, size + 4096):
                    self.refused(lambda fd=fd, other=other: os.ftruncate(fd, other), errno.EINVAL, errno.EPERM, errno.EBADF)

    def test_opened_again(self):
        """SEC-09: nor can they through /proc, where the same file is opened for writing anew"""
        for name, fd in self.readable():
            with self.subTest(region=name):
                try:
                    again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
                except OSError as error:
                    self.assertIn(error.errno, (errno.EACCES, errno.EPERM))
                    continue
                try:
                    size = os.fstat(again).st_size
                    self.refused(lambda: mmap.mmap(again, size, prot=mmap.PROT_READ | mmap.PROT_WRITE), errno.EPERM, errno.EACCES)
                    self.refused(lambda: os.pwrite(again, b"x", 0), errno.EPERM, errno.EBADF)
                    self.refused(lambda: os.ftruncate(again, 0), errno.EPERM, errno.EINVAL)
                finally:
                    os.close(again)

    def test_seals(self):
        """SEC-09: no seal can be added to a region; one's own ring cannot be cut either"""
        for name, fd in self.fds.items():
            if name == "doorbell":
                continue
            with self.subTest(region=name):
                self.refused(lambda fd=fd: fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK |
                                                       fcntl.F_SEAL_WRITE), errno.EPERM, errno.EBUSY)
                self.refused(lambda fd=fd: os.ftruncate(fd, 0), errno.EPERM, errno.EINVAL, errno.EBADF)

    def test_foreign_ring(self):
        """SEC-09: who names another one's slot with a cookie of his own making gets a fresh one; two rings are two files"""
        with wire.Door() as other:
            answer, fds = other.call_fds("broker.client.open", {"name": "forger", "resume":
                                                                {"slot": self.answer["slot"], "cookie": 12345}})
            try:
                self.assertNotEqual(answer["slot"], self.answer["slot"])
                theirs = dict(zip(answer["regions"], fds))["ingress"]
                self.assertNotEqual(os.fstat(theirs).st_ino, os.fstat(self.fds["ingress"]).st_ino)
            finally:
                for fd in fds:
                    os.close(fd)


class Forged(Base):
    """SEC-09: descriptors that are not what they are said to be."""

    def forged(self):
        """name: descriptor"""
        folder = tempfile.mkdtemp(prefix="mos-forged-")
        os.mkfifo(os.path.join(folder, "fifo"))
        sparse = os.memfd_create("sparse")
        os.ftruncate(sparse, 1 << 42)
        left, right = socket.socketpair()
        self.addCleanup(right.close)
        made = {"a directory": os.open(folder, os.O_RDONLY), "a fifo without a writer":
                os.open(os.path.join(folder, "fifo"), os.O_RDWR), "/dev/zero": os.open("/dev/zero", os.O_RDONLY),
                "/dev/null": os.open("/dev/null", os.O_WRONLY), "a socket": left.detach(), "four TiB of nothing": sparse,
                "an eventfd": os.eventfd(0), "a path": os.open("/", os.O_PATH),
                "one's own memory": os.open("/proc/self/mem", os.O_RDONLY)}
        for fd in made.values():
            self.addCleanup(os.close, fd)
        self.addCleanup(subprocess.run, ["rm", "-rf", folder], check=False)
        return made

    def test_forged(self):
        """SEC-09 SEC-03: a directory, a fifo, /dev/zero, a socket, 4 TiB ... in the place of a file: refused within seconds"""
        methods = (("hermes.score.check", {"name": "x.mid"}), ("hermes.score.load", {"name": "x.nvx1"}),
                   ("hermes.library.import", {"name": "x.csv"}), ("hermes.score.edit", {}), ("broker.data.put", {"kind": "x"}),
                   ("band.file.export", {}), ("band.program.check", {}))
        since = time.monotonic()
        for what, fd in self.forged().items():
            for method, params in methods:
                with self.subTest(fd=what, method=method):
                    try:  # a program that is none is an answer, with what is wrong with it
                        self.assertTrue(wire.call(method, params, [fd], timeout=20)["issues"])
                    except wire.WireError as error:
                        self.assertRegex(error.code, r"^[a-z]+\.[a-z.]+$")
        self.no_gap(since)
        self.nobody_died()


@unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
class SomebodyElse(Base):
    """SEC-09"""

    def as_nobody(self, script):
        """What a process of another user prints."""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, user=NOBODY, group=NOBODY,
                              extra_groups=[], check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_door(self):
        """SEC-09: another user reaches neither the door nor rtcore's socket"""
        script = "import os,socket,errno\n" + "".join(
            f"""
try:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect({os.environ['MOS_RUNTIME_DIR'] + '/' + name!r})
    print('OPEN')
except OSError as e: print(errno.errorcode[e.errno])
""" for name in ("mos.sock", "rtcore.sock"))
        self.assertEqual(self.as_nobody(script), ["EACCES", "EACCES"])
        self.assertEqual(stat.S_IMODE(os.stat(os.environ["MOS_RUNTIME_DIR"]).st_mode) & 0o077, 0)

    def test_processes(self):
        """SEC-09: another user traces no process of ours, reads no memory, takes no descriptor"""
        script = "import ctypes,os,errno\nlibc=ctypes.CDLL(None,use_errno=True)\n" + "".join(
            f"""
print('traced' if libc.ptrace(16, {pid}, None, None) == 0 else errno.errorcode[ctypes.get_errno()])
pidfd = os.pidfd_open({pid})
print('taken' if libc.syscall(438, pidfd, 3, 0) >= 0 else errno.errorcode[ctypes.get_errno()])
for path in ('mem', 'fd/3'):
    try:
        os.open(f'/proc/{pid}/{{path}}', os.O_RDWR); print('open')
    except OSError as e: print(errno.errorcode[e.errno])
""" for pid in self.pids.values())
        answers = self.as_nobody(script)
        self.assertEqual(len(answers), 4 * len(self.pids))
        self.assertLessEqual(set(answers), {"EPERM", "EACCES"})


if __name__ == "__main__":
    tap.main()
