# SPDX-License-Identifier: MIT
"""What MOS' packages depend on, as apt finds it for a machine that has none of it.

Either the machine gets an archive, a disk of packages, and installs all by itself; or, since an emulated processor
takes many minutes for that, a disk on which everything but our packages is installed already.
"""
import os
import pathlib
import re
import shutil
import subprocess

import image


def field(package, name):
    done = subprocess.run(["dpkg-deb", "--field", package, name], check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Needs:
    """What a set of packages needs beside itself."""

    def __init__(self, base, packages):
        self.base = base
        self.packages = packages
        self.own = {field(package, "Package") for package in packages}
        words = sorted(f"{field(package, 'Package')}: {field(package, 'Depends')}; {field(package, 'Pre-Depends')}; "
                       f"{field(package, 'Recommends')}" for package in packages)
        # A dependency on a package that is installed with it names its version: that changes with each build.
        versions = r"\b(%s) \([^)]*\)" % "|".join(map(re.escape, sorted(self.own)))
        self.key = image.digest(base.path.name, pathlib.Path(__file__).read_bytes(),
                                *(re.sub(versions, r"\1", line) for line in words))

    def apt(self, state, log, *words):
        """apt-get, for a machine that is as the image is."""
        config = state / "apt.conf"
        if not config.exists():
            for name in ("etc/apt/preferences.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial",
                         "var/log/apt", "var/lib/dpkg"):
                (state / name).mkdir(parents=True)
            shutil.copyfile(self.base.path / "status", state / "var/lib/dpkg/status")
            shutil.copyfile(self.base.path / "sources.list", state / "etc/apt/sources.list")
            config.write_text("".join([
                f'Dir "{state}/";\nDir::State::status "{state}/var/lib/dpkg/status";\n'
                'Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d/";\nAPT::Sandbox::User "root";\n'
                'Acquire::Languages "none";\nAPT::Architecture "amd64";\nDebug::NoLocking "1";\n'
                'APT::Install-Recommends "true";\n', *(option + "\n" for option in image.proxy_options())]))
            self.apt(state, log, "update")
        image.check_call(["apt-get", *words], log,
                         env={**os.environ, "APT_CONFIG": str(config), "DEBIAN_FRONTEND": "noninteractive"})

    def prepared(self):
        """The machine with all of it installed."""
        return image.Kept(f"vm-image-{self.key}", self._prepare, "a Debian 13 machine with what MOS depends on")

    def _prepare(self, new, log):
        state = new / "apt"
        log.flush()
        start = log.tell()
        self.apt(state, log, "install", "-y", "--simulate", *map(str, self.packages))
        log.flush()
        words = pathlib.Path(log.name).read_text(errors="replace")[start:]
        names = set(re.findall(r"^Inst (\S+)", words, re.MULTILINE)) - self.own
        shutil.rmtree(state)
        image.make_image(new, log, sorted(names))

    def archive(self):
        """All of it as packages that apt finds."""
        return image.Kept(f"vm-archive-{self.key}", self._fetch, "an archive of what MOS depends on")

    def _fetch(self, new, log):
        state, pool, unpacked = new / "apt", new / "archive", new / "unpacked"
        self.apt(state, log, "install", "-y", "--download-only", *map(str, self.packages))
        pool.mkdir()
        for package in sorted((state / "var/cache/apt/archives").glob("*.deb")):
            if field(package, "Package") in self.own:
                continue
            # Unpacking xz is what an emulated processor is slowest at: the same files, not compressed.
            image.check_call(["dpkg-deb", "--raw-extract", package, unpacked], log)
            image.check_call(["dpkg-deb", "--root-owner-group", "-Znone", "--build", unpacked, pool / package.name],
                             log)
            shutil.rmtree(unpacked)
        with open(pool / "Packages", "w") as index:
            done = subprocess.run(["apt-ftparchive", "packages", "."], cwd=pool, stdout=index, stderr=log)
        if done.returncode:
            raise image.Missing(f"apt-ftparchive failed: {log.name}")
        # A disk of its own: the machine reads it several times as fast as files of ours.
        size = sum(path.stat().st_size for path in pool.iterdir())
        with open(new / "disk", "wb") as file:
            file.truncate((size + (size >> 4) + (32 << 20)) >> 20 << 20)
        image.check_call(["/usr/sbin/mkfs.ext4", "-q", "-F", "-L", "archive", "-d", pool, new / "disk"], log)
        shutil.rmtree(pool)
        shutil.rmtree(state)
