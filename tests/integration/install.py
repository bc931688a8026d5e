#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `meson install` gives, what the Debian packages take of it, and programs that are built against it.

Environment: BUILD and SOURCE, the directories; CC, CXX.
"""
import fnmatch
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import tap

BUILD = pathlib.Path(os.environ["BUILD"])
SOURCE = pathlib.Path(os.environ["SOURCE"])
DEBIAN = SOURCE / "debian"
CC, CXX = shlex.split(os.environ["CC"]), shlex.split(os.environ.get("CXX", "g++"))
TMP = tempfile.TemporaryDirectory(prefix="mos-install-")
TREE = pathlib.Path(TMP.name) / "tree"


def run(*command, **options):
    """Its output; what it said on stderr is in the complaint."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=200, **options)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def meson(what):
    return json.loads(run("meson", "introspect", what, BUILD))


@functools.cache
def options():
    return {option["name"]: option["value"] for option in meson("--buildoptions")}


@functools.cache
def install():
    """The tree, installed once."""
    # Of a library's links meson tells, too; they are made when it is installed.
    missing = [path for path in meson("--installed") if not os.path.exists(path) and ".so" not in path]
    if missing:
        raise unittest.SkipTest(f"this build has no {os.path.relpath(missing[0], BUILD)}")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", TREE)
    return TREE


def prefix():
    return options()["prefix"]


def debian_path(path):
    """Where Debian's configuration of the build would have put it: below / instead of a prefix of its own."""
    path = re.sub(f"^{re.escape(prefix())}/etc/", "etc/", path)
    path = re.sub(f"^{re.escape(prefix())}/", "usr/", path)
    path = re.sub(r"^usr/lib/python3\.\d+/", "usr/lib/python3/", path)
    return path.lstrip("/")


@functools.cache
def installed():
    tree = install()
    return sorted(debian_path("/" + str(path.relative_to(tree))) for path in tree.rglob("*")
                  if path.is_symlink() or path.is_file())


@functools.cache
def control():
    """The paragraphs of debian/control: the source's first."""
    text = re.sub(r"^#.*\n", "", (DEBIAN / "control").read_text(), flags=re.M)
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        paragraphs.append(dict(re.findall(r"^([A-Z][\w-]*):[ \t]*((?:.*\n?)(?:[ \t]+.*\n?)*)", paragraph, re.M)))
    return paragraphs


def packages():
    return [paragraph["Package"].strip() for paragraph in control()[1:]]


@functools.cache
def install_lines(package):
    text = (DEBIAN / f"{package}.install").read_text()
    # A second word is where it goes instead. What debian/ brings itself, `meson install` does not.
    return [line.split()[0] for line in text.splitlines() if line.strip() and not line.startswith(("#", "debian/"))]


def takes(line, path):
    """Does dh_install take this path for that line? A folder's name takes all that is in it."""
    return fnmatch.fnmatchcase(path, line) or fnmatch.fnmatchcase(path, line + "/*")


def owners(path):
    return [package for package in packages() if any(takes(line, path) for line in install_lines(package))]


class Packages(unittest.TestCase):
    def test_every_file_once(self):
        """every file that `meson install` gives is in exactly one Debian package"""
        wrong = {path: found for path in installed() for found in [owners(path)] if len(found) != 1}
        self.assertEqual(wrong, {}, "name it in debian/PACKAGE.install")

    def test_no_line_in_vain(self):
        """every line of debian/*.install takes something"""
        vain = [f"{package}: {line}" for package in packages() for line in install_lines(package)
                if not any(takes(line, path) for path in installed())]
        self.assertEqual(vain, [])

    def test_files_of_packages(self):
        """files of debian/ that are about a package are about one that there is"""
        helpers = {"install", "docs", "examples", "postinst", "prerm", "postrm", "preinst", "symbols", "lintian-overrides"}
        for path in DEBIAN.iterdir():
            if path.suffix[1:] in helpers:
                self.assertIn(path.stem, packages(), path.name)

    def test_manual_pages(self):
        """every program has a manual page in its own package"""
        pages = {path for path in installed() if "/man/man1/" in path}
        programs = [path for path in installed() if re.match("usr/s?bin/", path)]
        self.assertGreater(len(programs), 6)
        for program in programs:
            page = f"usr/share/man/man1/{os.path.basename(program)}.1"
            self.assertIn(page, pages)
            self.assertEqual(owners(page), owners(program), page)

    def test_versions(self):
        """meson.build, changelog, metadata, pkg-config and the programs state one version"""
        version = meson("--projectinfo")["version"]
        first = re.match(r"mos \(([^)]*)\) ", (DEBIAN / "changelog").read_text())
        self.assertEqual(first[1], version)
        tree = install()
        metainfo, = tree.rglob("*.metainfo.xml")
        release = xml.etree.ElementTree.parse(metainfo).find("releases/release")
        self.assertEqual(release.get("version"), version)
        pc, = tree.rglob("mos.pc")
        self.assertIn(f"\nVersion: {version}\n", pc.read_text())
        self.assertIn(version, run(tree / prefix().lstrip("/") / "bin/mosctl", "--version",
                                   env={"LD_LIBRARY_PATH": str(pc.parent.parent)}))

    def test_build_dependencies(self):
        """what the packages are built with, ./dev installs too"""
        listed = set(re.findall(r"^([a-z0-9.+-]+)", (SOURCE / "tools/packages.txt").read_text(), re.M))
        # Parts of others that are listed.
        implied = {"zlib1g-dev", "debhelper-compat", "dh-sequence-installsysusers", "dh-sequence-python3"}
        wanted = [re.match(r"[a-z0-9.+-]+", word.strip())[0]
                  for word in control()[0]["Build-Depends"].split(",") if word.strip()]
        self.assertGreater(len(wanted), 30)
        self.assertEqual([name for name in wanted if name not in listed | implied], [])

    def test_licence(self):
        """debian/copyright has the words of LICENSE"""
        def words(text):
            return text.replace("\n .\n", "\n").split()
        licence = words((SOURCE / "LICENSE").read_text())
        wanted = " ".join(licence[licence.index("Permission"):])
        self.assertIn(wanted, " ".join(words((DEBIAN / "copyright").read_text())))

    def test_symbols(self):
        """debian/libmos0.symbols is what libmos.map exports"""
        run(SOURCE / "tools/dev/symbols")

    def test_symbols_of_the_library(self):
        """dpkg-gensymbols finds in the library what debian/libmos0.symbols promises, and nothing else"""
        if not shutil.which("dpkg-gensymbols"):
            raise unittest.SkipTest("no dpkg-gensymbols")
        library = next(path for path in install().rglob("libmos.so.0") if path.is_symlink())
        # Of a version after all that the file names, else it forgives what is gone.
        command = ["dpkg-gensymbols", "-plibmos0", f"-I{DEBIAN / 'libmos0.symbols'}", "-v999", "-c4",
                   f"-e{library}", f"-O{TMP.name}/symbols"]
        run(*command, cwd=SOURCE)
        # A symbol more, and one less, is seen: the comparison can fail.
        planted = pathlib.Path(TMP.name) / "planted"
        command[2] = f"-I{planted}"
        promised = (DEBIAN / "libmos0.symbols").read_text()
        for text in (promised + " mos_not_there@LIBMOS_0.1 0.1.0\n", promised.replace(" mos_call@LIBMOS_0.1 0.1.0\n", "")):
            planted.write_text(text)
            with self.assertRaises(AssertionError):
                run(*command, cwd=SOURCE)

    def test_metadata(self):
        """software centres accept the AppStream metadata, whose programs there are"""
        metainfo, = install().rglob("*.metainfo.xml")
        root = xml.etree.ElementTree.parse(metainfo).getroot()
        self.assertEqual(metainfo.name, root.findtext("id") + ".metainfo.xml")
        for binary in root.findall("provides/binary"):
            self.assertIn(f"usr/bin/{binary.text}", installed())
        self.assertIn(f"usr/lib/systemd/user/{root.findtext('launchable')}", installed())
        if not shutil.which("appstreamcli"):
            raise unittest.SkipTest("no appstreamcli")
        run("appstreamcli", "validate", "--no-net", metainfo)

    def test_nothing_writable(self):
        """nothing that is installed can be written by others, or is executable without need"""
        for path in install().rglob("*"):
            if path.is_symlink():
                continue
            mode = path.stat().st_mode
            self.assertFalse(mode & 0o022, path)
            if path.is_file() and mode & 0o111:
                self.assertIn(path.read_bytes()[:2], (b"\x7fE", b"#!"), path)


PLUS = """
#include <cstdio>
#include <mos/chord.h>
#include <mos/client.h>
#include <mos/event_ring.h>

int main()
{
	struct mos_chord chord;
	if (mos_chord_parse("Cm7/Eb", 6, &chord, nullptr) < 0) return 1;
	std::printf("%d pitch classes\\n", __builtin_popcount(mos_chord_pitch_classes(&chord)));
}
"""


class Consumers(unittest.TestCase):
    """In a root of its own: the installed tree lies at its prefix, the sources are not there."""

    def setUp(self):
        if not shutil.which("bwrap"):
            raise unittest.SkipTest("no bwrap")
        self.tree = install()
        self.work = pathlib.Path(tempfile.mkdtemp(dir=TMP.name))
        shutil.copytree(SOURCE / "examples", self.work / "examples")
        pc, = self.tree.rglob("mos.pc")
        self.libdir = "/" + str(pc.parent.parent.relative_to(self.tree))

    def inside(self, script, **environment):
        place = prefix()
        if place == "/usr":
            raise unittest.SkipTest("this build is for /usr, where the compiler is")
        env = {"PATH": f"{place}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PKG_CONFIG_PATH": f"{self.libdir}/pkgconfig",
               "LC_ALL": "C.UTF-8", "HOME": "/mnt", **environment}
        words = [word for item in env.items() for word in ("--setenv", *item)]
        return run("bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", SOURCE,
                   "--ro-bind", self.tree / place.lstrip("/"), place, "--bind", self.work, "/mnt", "--chdir", "/mnt",
                   "--tmpfs", "/run", "--clearenv", *words, "--die-with-parent", "sh", "-euc", script)

    def test_c(self):
        """SDK-07: every example compiles in C with what pkg-config says of the installed library"""
        names = sorted(path.name for path in (SOURCE / "examples").glob("*.c") if path.stem not in ("events-glib", "events-sd"))
        self.assertGreater(len(names), 10)
        cc = shlex.join(CC)
        # One of them with all warnings, for the headers; all of them for the library.
        self.inside(f"""
            for name in {' '.join(names)}; do
                {cc} -std=gnu2x examples/$name -o ${{name%.c}} $(pkg-config --cflags --libs mos) -lm
            done
            {cc} -std=c2x -Wall -Wextra -Wpedantic -Werror -fsyntax-only examples/connect.c $(pkg-config --cflags mos)
        """)
        # Who is not there is told, with what to do about it.
        told = self.inside("if ./connect 2>&1; then exit 9; fi", LD_LIBRARY_PATH=self.libdir)
        self.assertIn("mos-session", told)

    def test_cpp(self):
        """SDK-07: a program in C++ compiles and runs against the installed library"""
        (self.work / "plus.cc").write_text(PLUS)
        self.inside(f"{shlex.join(CXX)} -std=c++17 -Wall -Wextra -Werror plus.cc -o plus $(pkg-config --cflags --libs mos)")
        self.assertEqual(self.inside("./plus", LD_LIBRARY_PATH=self.libdir), "4 pitch classes\n")

    def test_python(self):
        """SDK-07: the installed Python module finds the installed library"""
        where = next(self.tree.rglob("mos/__init__.py")).parent.parent.relative_to(self.tree)
        self.assertEqual(self.inside("/usr/bin/python3 -c 'import mos; print(mos.__file__)'", LD_LIBRARY_PATH=self.libdir,
                                     PYTHONPATH=f"/{where}"), f"/{where}/mos/__init__.py\n")

    def test_runs(self):
        """SDK-07: the installed MOS starts, and what was compiled against it is its client"""
        if not shutil.which("pipewire"):
            raise unittest.SkipTest("no pipewire")
        cc = shlex.join(CC)
        said = self.inside(f"""
            {cc} -std=gnu2x examples/connect.c -o connect $(pkg-config --cflags --libs mos)
            mkdir -p run state
            mos-session --private-pipewire --runtime-dir /mnt/run --log-dir /mnt/log -- sh -c './connect && mosctl status' ||
                {{ tail -n 20 log/* >&2; exit 1; }}
        """, LD_LIBRARY_PATH=self.libdir, MOS_STATE_DIR="/mnt/state")
        self.assertRegex(said, r"(?i)stopped|ready|idle")


if __name__ == "__main__":
    sys.exit(tap.main())
