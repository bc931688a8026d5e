# SPDX-License-Identifier: MIT
"""A machine: qemu, its console, its sound card's recording, and the agent in it that runs commands."""
import base64
import ctypes
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import time

BOOT_SECONDS = 240
PROBE_SECONDS = 12
MEMORY_MIB = 2048
PR_SET_PDEATHSIG = 1
# Page tables of five levels only make an emulated processor slower.
PROCESSOR = {"kvm": ["-accel", "kvm", "-cpu", "host"], "tcg": ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off"]}


class Dead(Exception):
    """The machine does not answer (any more)."""


class Result:
    def __init__(self, code, text):
        self.code = code
        self.text = text

    @property
    def json(self):
        return json.loads(self.text)


def _end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def kvm_works(image):
    """Whether a guest really runs under KVM: the device may be there and every guest die at once."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    # A kernel without a root file system panics, and that reboots: qemu ends. Minutes otherwise, or at once.
    with tempfile.TemporaryDirectory() as folder:
        console = pathlib.Path(folder) / "console"
        command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "512",
                   "-nic", "none", "-display", "none", "-monitor", "none", "-no-reboot", "-serial", f"file:{console}",
                   "-kernel", str(image / "kernel"), "-append", "console=ttyS0 panic=-1"]
        try:
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           timeout=PROBE_SECONDS, preexec_fn=_end_with_parent)
        except subprocess.TimeoutExpired:
            return False
        return console.exists() and b"Kernel panic" in console.read_bytes()


class Machine:
    def __init__(self, image, folder, exchange, archive, accel, cpus=2):
        self.folder = folder
        self.console_path = folder / "console.log"
        self.wav_path = folder / "sound.wav"
        self.agent_log = open(folder / "agent.log", "a")
        self.serial = 0
        self.buffer = b""
        self.agent = None
        self.archive = archive
        self.sockets = tempfile.TemporaryDirectory(prefix="mos-vm-")  # a socket's name must be short
        agent_path = os.path.join(self.sockets.name, "agent")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(image / "disk"),
                        str(folder / "disk.qcow2")], check=True)
        command = ["qemu-system-x86_64", "-name", "studio", "-machine", "q35",
                   *PROCESSOR[accel], "-smp", str(cpus), "-m", str(MEMORY_MIB), "-display", "none",
                   "-monitor", "none", "-nic", "none", "-kernel", str(image / "kernel"),
                   "-initrd", str(image / "initrd"),
                   "-append", "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=no mitigations=off",
                   "-drive", f"file={folder / 'disk.qcow2'},if=virtio,cache=unsafe",
                   *(["-drive", f"file={archive / 'disk'},format=raw,if=virtio,readonly=on"] if archive else []),
                   "-virtfs", f"local,path={exchange},mount_tag=exchange,security_model=none,id=exchange",
                   "-audiodev",
                   f"wav,id=sound,path={self.wav_path},out.frequency=48000,out.channels=2,out.format=s16",
                   "-device", "intel-hda", "-device", "hda-output,audiodev=sound",
                   "-device", "virtio-serial", "-chardev", f"socket,id=agent,path={agent_path},server=on,wait=off",
                   "-device", "virtserialport,chardev=agent,name=mos.agent",
                   "-serial", f"file:{self.console_path}"]
        self.qemu_log = open(folder / "qemu.log", "w")
        self.qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.qemu_log, stderr=self.qemu_log,
                                     preexec_fn=_end_with_parent)
        self._connect(agent_path)

    def _connect(self, path):
        deadline = time.monotonic() + 20
        while self.agent is None:
            agent = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                agent.connect(path)
                self.agent = agent
            except OSError:
                agent.close()
                if self.qemu.poll() is not None or time.monotonic() > deadline:
                    self.fail("qemu did not start")
                time.sleep(0.05)

    def fail(self, what):
        last = []
        for path in (self.folder / "qemu.log", self.console_path):
            if path.exists():
                last += path.read_text(errors="replace").splitlines()[-12:]
        ended = " (qemu ended)" if self.qemu.poll() is not None else ""
        raise Dead(f"{what}{ended}; last words:\n  " + "\n  ".join(last))

    def _line(self, deadline, what):
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or self.qemu.poll() is not None:
                self.fail(what)
            if select.select([self.agent], [], [], min(left, 1))[0]:
                more = self.agent.recv(65536)
                if not more:
                    self.fail(what)
                self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode(errors="replace").split(" ")

    def log_to(self, name):
        """What is run from now on is written to a file of its own."""
        self.agent_log.close()
        self.agent_log = open(self.folder / f"{name}.log", "a")

    def wait_boot(self, seconds=BOOT_SECONDS):
        """Until the agent tells that the machine is up: multi-user.target is reached."""
        deadline = time.monotonic() + seconds
        while True:
            words = self._line(deadline, f"the machine was not up within {seconds} s")
            if len(words) == 3 and words[0] == "0":
                break
        if self.archive:
            self.run("mountpoint -q /archive || mount -o ro /dev/vdb /archive")

    def run(self, command, user="root", seconds=60):
        """Run a shell command in the machine; never raises for its exit code."""
        self.serial += 1
        self.agent_log.write(f"[{user}] {command}\n")
        self.agent_log.flush()
        encoded = base64.b64encode(command.encode()).decode()
        self.agent.sendall(f"{self.serial} {seconds} {user} {encoded}\n".encode())
        # The machine counts the seconds itself, and is slow.
        deadline = time.monotonic() + seconds + 60
        while True:
            words = self._line(deadline, f"no answer within {seconds} s: {command}")
            if len(words) == 3 and words[0] == str(self.serial):
                break
            if words[0] == "0":
                self.fail(f"the machine started anew during: {command}")
        result = Result(int(words[1]), base64.b64decode(words[2]).decode(errors="replace"))
        self.agent_log.write(result.text + f"[{result.code}]\n")
        self.agent_log.flush()
        return result

    def reboot(self):
        # The answer has to leave before the machine does.
        self.run("systemd-run --quiet --on-active=1 systemctl reboot", seconds=20)
        self.wait_boot()

    def off(self, seconds=60):
        """Shut down in order, so that the recording and the disk are complete; by force when that takes long."""
        if self.qemu.poll() is None and self.agent:
            try:
                self.run("systemctl --no-block poweroff", seconds=20)
                self.qemu.wait(seconds)
            except (Dead, subprocess.TimeoutExpired, OSError):
                pass
        self.kill()

    def kill(self):
        if self.qemu.poll() is None:
            self.qemu.terminate()
            try:
                self.qemu.wait(10)
            except subprocess.TimeoutExpired:
                self.qemu.kill()
                self.qemu.wait()
        if self.agent:
            self.agent.close()
            self.agent = None
        self.agent_log.close()
        self.qemu_log.close()
        self.sockets.cleanup()
