#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mosctl widget new, pack, install FILE; runs inside mos-session. Environment: MOSCTL, CC, UNINSTALLED (pkg-config's)."""
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

import mos
import tap

MOSCTL = os.environ["MOSCTL"]


class Bundles(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mos-bundle-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.tmp = self.dir / "tmp"
        self.tmp.mkdir()

    def mosctl(self, *words, code=0, cwd=None):
        done = subprocess.run([MOSCTL, *map(str, words)], cwd=cwd or self.dir, text=True, timeout=60,
                              env={**os.environ, "TMPDIR": str(self.tmp)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
        # Whatever happened, nothing that was unpacked stays.
        self.assertEqual(list(self.tmp.iterdir()), [])
        return done.stdout if code == 0 else done.stderr

    def make(self, name):
        subprocess.run(["make", "-s", "-C", self.dir / name], check=True, timeout=120,
                       env={**os.environ, "PKG_CONFIG_PATH": os.environ["UNINSTALLED"], "CFLAGS": "-Wall -Wextra -Werror"})

    def remove(self, name):
        subprocess.run([MOSCTL, "widget", "remove", "--purge", name], timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def shows(self, name):
        said = json.loads(self.mosctl("widget", "attach", "--once", "--json", name).splitlines()[0])
        self.assertIn("0 beats", json.dumps(said))

    def archive(self, name, members):
        """A tar by somebody else: (path, bytes, options)."""
        path = self.dir / name
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for member, content, more in members:
                info = tarfile.TarInfo(member)
                info.size = len(content)
                for key, value in more.items():
                    setattr(info, key, value)
                tar.addfile(info, io.BytesIO(content))
        return path

    def test_python(self):
        """SDK-01: widget new --python makes a widget that runs at once"""
        self.mosctl("widget", "new", "made-py", "--python")
        self.addCleanup(self.remove, "made-py")
        # As if they were installed: the sandbox shows /usr, and the folder.
        shutil.copytree(pathlib.Path(mos.__file__).parent, self.dir / "made-py" / "mos",
                        ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(os.environ["MOS_LIBRARY"], self.dir / "made-py" / "libmos.so.0")
        self.mosctl("widget", "check", "./made-py")
        self.mosctl("widget", "install", "./made-py")
        self.mosctl("widget", "start", "made-py")
        self.shows("made-py")

    def test_dev(self):
        """SDK-02: widget dev: an edited file becomes a new process by itself; a broken one waits for the next edit"""
        self.mosctl("widget", "new", "made-dev", "--python")
        self.addCleanup(self.remove, "made-dev")
        folder = self.dir / "made-dev"
        shutil.copytree(pathlib.Path(mos.__file__).parent, folder / "mos", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(os.environ["MOS_LIBRARY"], folder / "libmos.so.0")
        with subprocess.Popen([MOSCTL, "--json", "widget", "dev", str(folder)], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as dev:
            try:
                def runs():
                    """Of the next line that is about a process; the others are errors."""
                    for line in dev.stdout:
                        answer = json.loads(line)
                        if "pid" in answer:
                            return answer["pid"]
                first = runs()
                manifest = (folder / "widget.json").read_text()
                (folder / "widget.json").write_text("{")
                tap.until(lambda: "error" in json.loads(dev.stdout.readline()), what="a refusal")
                (folder / "widget.json").write_text(manifest.replace("0.1.0", "0.1.1"))
                second = runs()
                self.assertNotEqual(first, second)
                self.assertIn("0.1.1", self.mosctl("widget", "list"))
                with open(folder / "made-dev.py", "a") as program:
                    program.write("# changed\n")
                third = runs()
                self.assertNotIn(third, (first, second))
                (folder / "mos" / "new").mkdir()
                fourth = runs()
                (folder / "mos" / "new" / "words.txt").write_text("in a folder in it\n")
                self.assertNotIn(runs(), (first, second, third, fourth))
            finally:
                dev.terminate()

    def test_publish(self):
        """SDK-05, SEC-02: an index takes what a known key signed, and nobody installs what is unsigned, forged or a stranger's"""
        config, stranger, index = self.dir / "config", self.dir / "stranger", self.dir / "index"
        index.mkdir()

        def mosctl(*words, code=0, home=config):
            done = subprocess.run([MOSCTL, *map(str, words)], cwd=self.dir, text=True, timeout=60,
                                  env={**os.environ, "XDG_CONFIG_HOME": str(home), "TMPDIR": str(self.tmp)},
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, code, f"{words}: {done.stdout}{done.stderr}")
            return done.stdout if code == 0 else done.stderr

        self.mosctl("widget", "new", "made-signed", "--python")
        self.addCleanup(self.remove, "made-signed")
        self.mosctl("widget", "pack", "made-signed")
        bundle, published = self.dir / "made-signed-0.1.0.mosw", index / "made-signed-0.1.0.mosw"
        self.assertIn("no key", mosctl("widget", "publish", bundle, "--to", index, code=1))
        key = mosctl("widget", "key").strip()
        self.assertEqual(key, mosctl("widget", "key").strip())
        self.assertEqual((config / "mos/widget-key.pem").stat().st_mode & 0o777, 0o600)
        self.assertIn("is no index", mosctl("widget", "publish", bundle, "--to", index, code=4))
        (index / "keys").write_text("")
        self.assertIn("does not take", mosctl("widget", "publish", bundle, "--to", index, code=1))
        self.assertFalse(published.exists())
        (index / "keys").write_text(f"{key} somebody\n")
        mosctl("widget", "publish", bundle, "--to", index)
        mosctl("widget", "publish", bundle, "--to", index)  # the same again changes nothing
        # OpenSSL's own program says that it is a signature.
        text = (index / "made-signed-0.1.0.mosw.sig").read_text()
        signed, _, signature = text.rpartition("signature ")
        self.assertIn(hashlib.sha256(published.read_bytes()).hexdigest(), signed)
        (self.dir / "text").write_text(signed)
        (self.dir / "sig").write_bytes(bytes.fromhex(signature.strip()))
        subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-inkey", config / "mos/widget-key.pem", "-in", self.dir / "text",
                        "-sigfile", self.dir / "sig"], check=True, stdout=subprocess.DEVNULL)
        # Another box, whose owner knows nobody yet.
        self.assertIn("do not trust", mosctl("widget", "install", published, code=1, home=stranger))
        self.assertIn("64 hexadecimal", mosctl("widget", "trust", "abc", code=2, home=stranger))
        mosctl("widget", "trust", key, home=stranger)
        mosctl("widget", "install", "--signed", published, home=stranger)
        self.assertIn("not signed", mosctl("widget", "install", "--signed", bundle, code=1, home=stranger))
        # One byte of the widget, and each line of the signature.
        bytes_ = published.read_bytes()
        published.write_bytes(bytes_[:700] + bytes([bytes_[700] ^ 1]) + bytes_[701:])
        self.assertIn("another file", mosctl("widget", "install", "--replace", published, code=1, home=stranger))
        published.write_bytes(bytes_)
        for i, line in enumerate(text.splitlines(keepends=True)):
            digit = "0" if line[-2] != "0" else "1"
            bad = text.replace(line, line[:-2] + digit + "\n")
            (index / "made-signed-0.1.0.mosw.sig").write_text(bad)
            self.assertIn("signature", mosctl("widget", "install", "--replace", published, code=1, home=stranger))
        # A version that is there stays what it is.
        (self.dir / "made-signed" / "more.txt").write_text("more")
        self.mosctl("widget", "pack", "made-signed")
        self.assertIn("another content", mosctl("widget", "publish", bundle, "--to", index, code=1))

    def test_test(self):
        """SDK-04: widget test runs the widget in its sandbox beside its test, in a MOS of its own; it passes and fails as that"""
        self.mosctl("widget", "new", "made-test", "--python")
        folder = self.dir / "made-test"
        shutil.copytree(pathlib.Path(mos.__file__).parent, folder / "mos", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(os.environ["MOS_LIBRARY"], folder / "libmos.so.0")
        self.assertIn("passed", self.mosctl("widget", "test", "made-test"))
        # Not the one that we run in.
        self.assertNotIn("made-test", self.mosctl("widget", "list"))
        (folder / "test").write_text("#!/bin/sh\nexit 7\n")
        done = subprocess.run([MOSCTL, "--json", "widget", "test", str(folder)], text=True, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, "TMPDIR": str(self.tmp)})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1]), {"passed": False, "status": 7})

    def test_c(self):
        """SDK-01, SDK-03: widget new makes one in C that builds without a warning, packs, installs and runs"""
        self.mosctl("widget", "new", "made-c")
        self.addCleanup(self.remove, "made-c")
        self.assertIn("was it built", self.mosctl("widget", "pack", "made-c", code=4))
        self.make("made-c")
        said = json.loads(self.mosctl("widget", "pack", "made-c", "--json"))
        self.assertEqual(said["file"], "made-c-0.1.0.mosw")
        self.mosctl("widget", "install", said["file"])
        self.mosctl("widget", "start", "made-c")
        self.shows("made-c")

    def test_new_refuses(self):
        """SDK-01: widget new takes no folder that is there, and no id that is none"""
        self.mosctl("widget", "new", "made-twice")
        self.assertIn("exists", self.mosctl("widget", "new", "made-twice", code=1))
        for word in ("Big", "../out", "a" * 32, "1st", "a/b"):
            self.mosctl("widget", "new", word, code=2)
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["made-twice", "tmp"])

    def digest(self, folder, name):
        self.mosctl("widget", "pack", folder, "--output", name)
        return hashlib.sha256((self.dir / name).read_bytes()).hexdigest()

    def test_reproducible(self):
        """SDK-03: the same content is the same bytes, wherever, whenever and by whomever it is packed"""
        self.mosctl("widget", "new", "same", "--python")
        (self.dir / "same" / "lib" / "deep").mkdir(parents=True)
        for i in (7, 3, 5):
            (self.dir / "same" / "lib" / "deep" / f"{i}.txt").write_text(str(i) * i * 300)
        first = self.digest("same", "one.mosw")
        other = self.dir / "elsewhere" / "copy"
        # In another order, of another age, under another umask, with what an editor and Python leave behind.
        before = os.umask(0o077)
        try:
            for path in sorted((self.dir / "same").rglob("*"), reverse=True):
                if path.is_file():
                    to = other / path.relative_to(self.dir / "same")
                    to.parent.mkdir(parents=True, exist_ok=True)
                    to.write_bytes(path.read_bytes())
                    to.chmod(0o700 if os.access(path, os.X_OK) else 0o600)
                    os.utime(to, (1, 1))
            (other / ".swp").write_text("x")
            (other / "__pycache__").mkdir()
            (other / "__pycache__" / "x.pyc").write_text("x")
            self.assertEqual(self.digest("elsewhere/copy", "two.mosw"), first)
        finally:
            os.umask(before)
        (other / "lib" / "deep" / "3.txt").write_text("4")
        self.assertNotEqual(self.digest("elsewhere/copy", "three.mosw"), first)

    def test_format(self):
        """SDK-03: Python's tarfile reads what pack wrote: sorted, nobody's, without a time"""
        self.mosctl("widget", "new", "read", "--python")
        long = "/".join(["folder-with-a-name-of-some-length"] * 4) + "/file"
        (self.dir / "read" / long).parent.mkdir(parents=True)
        (self.dir / "read" / long).write_bytes(b"x" * 1025)
        self.mosctl("widget", "pack", "read", "-o", "read.mosw")
        with tarfile.open(self.dir / "read.mosw") as tar:
            members = tar.getmembers()
            self.assertEqual([member.name for member in members], sorted([long, "read.py", "test", "widget.json"]))
            self.assertEqual({(member.uid, member.gid, member.mtime, member.uname) for member in members}, {(0, 0, 0, "")})
            self.assertEqual([oct(member.mode) for member in members], ["0o644", "0o755", "0o755", "0o644"])
            self.assertEqual(tar.extractfile(long).read(), b"x" * 1025)

    def test_foreign(self):
        """SDK-03: a bundle that another tar made installs, too"""
        self.mosctl("widget", "new", "foreign", "--python")
        self.addCleanup(self.remove, "foreign")
        subprocess.run(["tar", "--format=ustar", "-cf", "foreign.mosw", "-C", "foreign", "widget.json", "foreign.py"],
                       cwd=self.dir, check=True)
        self.mosctl("widget", "install", "foreign.mosw")
        self.assertIn("installed already", self.mosctl("widget", "install", "foreign.mosw", code=1))
        self.mosctl("widget", "install", "--replace", "foreign.mosw")

    def test_hostile(self):
        """SEC-09: a hostile bundle writes nothing outside of its folder and is refused with a reason"""
        fine = ("widget.json", b"{}", {})
        outside = self.dir / "outside"
        hostile = {
            "up": [("../outside", b"x", {})],
            "absolute": [(str(outside), b"x", {})],
            "dots": [("a/../../outside", b"x", {})],
            "link": [("a", b"", {"type": tarfile.SYMTYPE, "linkname": str(self.dir)}), ("a/outside", b"x", {})],
            "hard": [("a", b"", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"})],
            "device": [("a", b"", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3})],
            "pipe": [("a", b"", {"type": tarfile.FIFOTYPE})],
            "control": [("a\x1b[2J", b"x", {})],
            "twice": [fine, fine],
            "file-as-folder": [("a", b"x", {}), ("a/b", b"x", {})],
            "deep": [("/".join("abcdefghi"), b"x", {})],
            "many": [(f"f{i}", b"", {}) for i in range(1025)],
            "nothing": [],
        }
        for name, members in hostile.items():
            said = self.mosctl("widget", "install", self.archive(name, members), code=4)
            self.assertNotIn("\x1b", said)
            self.assertFalse(outside.exists(), name)

    def test_damaged(self):
        """SEC-09: a bundle that is cut anywhere, or has a byte changed in a header, is refused"""
        self.mosctl("widget", "new", "cut", "--python")
        self.mosctl("widget", "pack", "cut", "-o", "whole")
        whole = (self.dir / "whole").read_bytes()
        for end in (1, 511, 512, 513, 1023, 1024, 1500, len(whole) - 1025):
            (self.dir / "damaged").write_bytes(whole[:end])
            self.mosctl("widget", "install", "damaged", code=4)
        for at in (0, 100, 124, 135, 148, 156, 257, 345):
            (self.dir / "damaged").write_bytes(whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1:])
            self.mosctl("widget", "install", "damaged", code=4)
        huge = bytearray(whole)
        huge[124:136] = b"77777777777\0"
        huge[148:156] = b" " * 8
        huge[148:156] = b"%06o\0 " % sum(huge[:512])
        (self.dir / "damaged").write_bytes(huge)
        self.assertIn("64 MiB", self.mosctl("widget", "install", "damaged", code=4))

    def test_not_a_bundle(self):
        """SEC-09: what is too large is not read to its end, and a pipe in a signature's place holds nobody up"""
        large = self.archive("large.mosw", [("widget.json", b"{}", {})])
        os.truncate(large, 1 << 40)
        self.assertIn("large", self.mosctl("widget", "install", large, code=4))
        self.mosctl("widget", "new", "piped", "--python")
        self.mosctl("widget", "pack", "piped", "-o", "piped.mosw")
        os.mkfifo(self.dir / "piped.mosw.sig")
        self.assertIn("no signature", self.mosctl("widget", "install", "piped.mosw", code=1))

    def test_pack_refuses(self):
        """SDK-03: pack says what is no widget"""
        self.mosctl("widget", "pack", "nowhere", code=4)
        (self.dir / "empty").mkdir()
        self.assertIn("widget.json", self.mosctl("widget", "pack", "empty", code=4))
        self.mosctl("widget", "new", "linked", "--python")
        (self.dir / "linked" / "to").symlink_to("/etc/passwd")
        self.assertIn("no links", self.mosctl("widget", "pack", "linked", code=4))
        self.assertEqual(list(self.dir.glob("*.mosw")), [])


if __name__ == "__main__":
    sys.exit(tap.main())
