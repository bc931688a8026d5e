# SPDX-License-Identifier: MIT
"""The machine's disk, kernel and initial file system, made once and kept.

What is kept is a directory below the cache, named by a hash of what it is made of. It is made under another name and
renamed when it is complete, under a lock that whoever uses it holds shared.
"""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import time

FILES = pathlib.Path(__file__).parent / "guest"
RELEASE = "trixie"
DISK_BYTES = 6 << 30  # sparse
NEED_MIB = 3000
UNUSED_DAYS = 7
MAKE_SECONDS = 900


class Missing(Exception):
    """Something that cannot be made here; the message says what and why."""


def say(text):
    print(f"./dev: {text}", flush=True)


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", "/root"), ".cache")
    path = pathlib.Path(base) / "mos"
    path.mkdir(parents=True, exist_ok=True)
    return path


def apt_sources():
    """URI of each entry of this machine's apt: one-line ones, then deb822."""
    etc = pathlib.Path("/etc/apt")
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]:
        if path.is_file():
            for line in path.read_text().splitlines():
                match = re.match(r"\s*deb\s+(?:\[[^]]*\]\s+)?(\S+)", line)
                if match:
                    yield match[1]
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        for line in path.read_text().splitlines():
            if line.lower().startswith("uris:"):
                yield from line.split()[1:]


def find_mirror():
    """The Debian mirror that this machine uses; none: mmdebstrap knows a default."""
    for uri in apt_sources():
        if uri.startswith("mirror+file:"):
            lines = pathlib.Path(uri.removeprefix("mirror+file:")).read_text().splitlines()
            uri = next((line.split()[0] for line in lines if line.strip() and not line.startswith("#")), "")
        uri = uri.rstrip("/")
        if re.match(r"http.*://.*/debian$", uri):
            return [uri]
    return []


def proxy_options():
    options = []
    for scheme in ("http", "https"):
        found = subprocess.run(["apt-config", "shell", "p", f"Acquire::{scheme}::Proxy"], capture_output=True,
                               text=True)
        match = re.match(r"p='(.+)'", found.stdout)
        if match:
            options.append(f'Acquire::{scheme}::Proxy "{match[1]}";')
    return options


def digest(*parts):
    total = hashlib.sha256()
    for part in parts:
        total.update(part if isinstance(part, bytes) else part.encode())
        total.update(b"\0")
    return total.hexdigest()[:12]


class Kept:
    """A directory of the cache: made by make(new, log) unless it is there, held until closed."""

    def __init__(self, name, make, what):
        self.path = cache_dir() / name
        self.log = cache_dir() / (name + ".log")
        self.lock_path = cache_dir() / (name + ".lock")
        self.lock = None
        while True:
            self.lock = open(self.lock_path, "a")
            if not self.path.is_dir():
                try:
                    fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    say(f"waiting for another ./dev that makes {what}")
                    fcntl.flock(self.lock, fcntl.LOCK_EX)
                if not self.path.is_dir():
                    self._make(make, what)
            fcntl.flock(self.lock, fcntl.LOCK_SH)
            # Between the two locks somebody may have removed it, and the lock with it.
            try:
                ours = os.path.samestat(os.fstat(self.lock.fileno()), os.stat(self.lock_path))
                if self.path.is_dir() and ours:
                    break
            except FileNotFoundError:
                pass
            self.lock.close()
        os.utime(self.lock_path)

    def _make(self, make, what):
        free = shutil.disk_usage(cache_dir()).free >> 20
        if free < NEED_MIB:
            raise Missing(f"{what} needs {NEED_MIB} MB in {cache_dir()}, and there are {free}: free some, "
                          "or set XDG_CACHE_HOME.")
        new = self.path.with_name(self.path.name + ".new")
        shutil.rmtree(new, ignore_errors=True)  # of one who was killed
        new.mkdir()
        say(f"making {what} in {self.path}")
        started = time.monotonic()
        try:
            with open(self.log, "w") as log:
                make(new, log)
            os.rename(new, self.path)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        say(f"made in {time.monotonic() - started:.0f} s")
        remove_unused(self.path)

    def close(self):
        self.lock.close()


def remove_unused(but):
    for lock_path in cache_dir().glob("vm-*.lock"):
        path = lock_path.with_suffix("")
        if path == but or not re.fullmatch(r"vm-(image|archive)-[0-9a-f]{12}", path.name):
            continue
        with open(lock_path, "a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if time.time() - lock_path.stat().st_mtime < UNUSED_DAYS * 86400:
                continue
            say(f"removing {path}, which nobody used for {UNUSED_DAYS} days")
            shutil.rmtree(path, ignore_errors=True)
            path.with_name(path.name + ".log").unlink(missing_ok=True)
            lock_path.unlink()


def check_call(command, log, before=(), **options):
    """Run it, with its words in the log; it ends with us. before: programs through which it is started."""
    log.write(f"$ {' '.join(map(str, command))}\n")
    log.flush()
    try:
        done = subprocess.run(["setpriv", "--pdeathsig", "TERM", "--", *before, *map(str, command)],
                              stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, timeout=MAKE_SECONDS,
                              **options)
    except subprocess.TimeoutExpired:
        raise Missing(f"{command[0]} did not end within {MAKE_SECONDS} s: {log.name}") from None
    if done.returncode:
        words = pathlib.Path(log.name).read_text(errors="replace")
        line = next((line for line in words.splitlines() if line.startswith("E:")), (words.splitlines() or [""])[-1])
        raise Missing(f"{command[0]} failed: {line}. All of it: {log.name}")


def image_packages():
    lines = (FILES / "packages.txt").read_text().splitlines()
    return sorted({line.split("#")[0].strip() for line in lines} - {""})


def image_key():
    parts = [RELEASE, str(DISK_BYTES), pathlib.Path(__file__).read_bytes()]
    for path in sorted(FILES.iterdir()):
        if path.is_file():
            parts += [path.name, path.read_bytes()]
    return digest(*parts)


def own_mounts():
    """As root mmdebstrap binds the machine's /sys and /dev into the tree. Killed, it would leave them there, and whoever
    then removes the tree would remove what lies in them: so they are mounted where nobody else sees them."""
    command = ["unshare", "--mount", "--"]
    allowed = os.geteuid() == 0 and subprocess.run([*command, "true"], stderr=subprocess.DEVNULL).returncode == 0
    return command if allowed else []


def make_image(new, log, more=()):
    tree = new / "tree"
    check_call(["mmdebstrap", "--variant=minbase", "--format=directory",
                "--include=" + ",".join([*image_packages(), *more]),
                "--aptopt=Acquire::Languages \"none\";", *(f"--aptopt={option}" for option in proxy_options()),
                "--dpkgopt=force-unsafe-io",
                "--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/man/??/*",
                f'--customize-hook={FILES}/customize "$1" {FILES} {new}',
                RELEASE, tree, *find_mirror()], log, own_mounts())
    for name, pattern in (("kernel", "vmlinuz-*-rt-*"), ("initrd", "initrd.img-*-rt-*")):
        found = sorted((tree / "boot").glob(pattern))
        if not found:
            raise Missing(f"the image has no /boot/{pattern}: {log.name}")
        shutil.copyfile(found[-1], new / name)
    # What apt knows of the image: the archive of what is missing there is made with it.
    shutil.copyfile(tree / "var/lib/dpkg/status", new / "status")
    disk = new / "disk"
    with open(disk, "wb") as file:
        file.truncate(DISK_BYTES)
    # The directory's files become the file system's without mounting anything.
    check_call(["/usr/sbin/mkfs.ext4", "-q", "-F", "-L", "studio", "-E", "root_owner=0:0", "-d", tree, disk], log)
    shutil.rmtree(tree)


def image():
    return Kept(f"vm-image-{image_key()}", make_image, "a Debian 13 machine")
