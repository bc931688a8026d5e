# SPDX-License-Identifier: MIT
"""The control plane without libmos: frames of msgpack over the door, written from services/METHODS.md.

What libmos would never send can be sent with it, and it checks libmos' and the services' reading of the format by
another one.
"""
import mmap
import os
import socket
import struct
import time


class WireError(Exception):
    """An answer with an error."""

    def __init__(self, error):
        super().__init__(f"{error.get('code')}: {error.get('message')} {error.get('where', '')}".strip())
        self.code, self.error = error.get("code", ""), error


class Gone(Exception):
    """The other end hung up, or never was there."""


class Late(Exception):
    """No answer within the time."""


def pack(value):
    if value is None:
        return b"\xc0"
    if value is True or value is False:
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        if 0 <= value < 128:
            return bytes((value,))
        return struct.pack(">Bq", 0xD3, value) if value < 1 << 63 else struct.pack(">BQ", 0xCF, value)
    if isinstance(value, float):
        return struct.pack(">Bd", 0xCB, value)
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogateescape")
        return struct.pack(">BH", 0xDA, len(data)) + data
    if isinstance(value, bytes):
        return struct.pack(">BH", 0xC5, len(value)) + value
    if isinstance(value, dict):
        return struct.pack(">BH", 0xDE, len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    return struct.pack(">BH", 0xDC, len(value)) + b"".join(map(pack, value))


_FIXED = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i",
          0xD3: ">q"}
_SIZED = {0xC4: (">B", "bin"), 0xC5: (">H", "bin"), 0xC6: (">I", "bin"), 0xD9: (">B", "str"), 0xDA: (">H", "str"),
          0xDB: (">I", "str"), 0xDC: (">H", "array"), 0xDD: (">I", "array"), 0xDE: (">H", "map"), 0xDF: (">I", "map")}


def _unpack(data, at):
    byte = data[at]
    at += 1
    if byte < 0x80:
        return byte, at
    if byte >= 0xE0:
        return byte - 256, at
    if byte in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[byte], at
    if byte in _FIXED:
        size = struct.calcsize(_FIXED[byte])
        return struct.unpack_from(_FIXED[byte], data, at)[0], at + size
    if byte in _SIZED:
        form, kind = _SIZED[byte]
        n = struct.unpack_from(form, data, at)[0]
        at += struct.calcsize(form)
    elif byte < 0xC0:
        kind, n = ("map", byte & 15) if byte < 0x90 else ("array", byte & 15) if byte < 0xA0 else ("str", byte & 31)
    else:
        raise ValueError(f"no msgpack: {byte:#x}")
    if kind in ("bin", "str"):
        part = data[at:at + n]
        return (bytes(part) if kind == "bin" else bytes(part).decode("utf-8", "replace")), at + n
    items = []
    for _ in range(n * (2 if kind == "map" else 1)):
        item, at = _unpack(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if kind == "map" else items), at


def unpack(data):
    value, end = _unpack(data, 0)
    if end != len(data):
        raise ValueError("bytes after the value")
    return value


class Door:
    """A connection to a socket of MOS: the broker's door, or one that was handed out."""

    def __init__(self, runtime_dir=None, sock=None, timeout=10.0):
        self.timeout, self.id, self.notices = timeout, 0, []
        if sock is None:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            path = os.path.join(runtime_dir or os.environ["MOS_RUNTIME_DIR"], "mos.sock")
            sock.settimeout(timeout)
            end = time.monotonic() + timeout
            while True:
                try:
                    sock.connect(path)
                    break
                except BlockingIOError:  # many wait at the door: Linux lets nobody queue who does not block
                    if time.monotonic() > end:
                        sock.close()
                        raise Late("at the door") from None
                    time.sleep(0.005)
                except OSError as error:
                    sock.close()
                    raise Gone(str(error)) from error
        self.sock = sock

    def send(self, data, fds=()):
        try:
            if fds:
                socket.send_fds(self.sock, [data], list(fds))
            else:
                self.sock.send(data)
        except TimeoutError as error:
            raise Late("sending") from error
        except OSError as error:
            raise Gone(str(error)) from error

    def receive(self, timeout=None):
        """(frame, descriptors)"""
        self.sock.settimeout(self.timeout if timeout is None else max(0.001, timeout))
        try:
            data, fds, _, _ = socket.recv_fds(self.sock, 65536, 16)
        except TimeoutError as error:
            raise Late("receiving") from error
        except OSError as error:
            raise Gone(str(error)) from error
        if not data:
            raise Gone("hung up")
        return unpack(data), fds

    def request(self, method, params=None, fds=()):
        self.id += 1
        self.send(pack([0, self.id, method, params or {}]), fds)
        return self.id

    def answer(self, number, timeout=None):
        """(result, descriptors) of a request; WireError."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            frame, fds = self.receive(end - time.monotonic())
            if frame[0] == 1 and frame[1] == number:
                if frame[2] is not None:
                    raise WireError(frame[2])
                return frame[3], fds
            self.notices.append(frame)
            del self.notices[:-100]
            for fd in fds:
                os.close(fd)

    def call_fds(self, method, params=None, fds=(), timeout=None):
        return self.answer(self.request(method, params, fds), timeout)

    def call(self, method, params=None, fds=(), timeout=None, **more):
        result, got = self.call_fds(method, {**(params or {}), **more}, fds, timeout)
        for fd in got:
            os.close(fd)
        return result

    def service(self, name, timeout=None):
        """A connection to a service, through this one."""
        _, fds = self.call_fds("broker.service.connect", {"name": name}, timeout=timeout)
        return Door(sock=socket.socket(fileno=fds[0]), timeout=self.timeout)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


SERVICES = ("hermes", "band", "theater", "link")


def call(method, params=None, fds=(), runtime_dir=None, timeout=10.0):
    """One call on a connection of its own, to whoever has the method."""
    with Door(runtime_dir, timeout=timeout) as door:
        name = method.split(".")[0]
        if name not in SERVICES:
            return door.call(method, params, fds)
        with door.service(name) as service:
            return service.call(method, params, fds)


def counters(runtime_dir=None):
    """{name: value} of rtcore's counters that are single numbers, read from their page."""
    with Door(runtime_dir) as door:
        answer, fds = door.call_fds("broker.client.open", {"name": "soak-counters"})
        try:
            fd = dict(zip(answer["regions"], fds))["counters"]
            with mmap.mmap(fd, os.fstat(fd).st_size, prot=mmap.PROT_READ) as page:
                n, _, values = struct.unpack_from("<IIQ", page, 32)
                found = {}
                for i in range(n):
                    name, _, kind, index = struct.unpack_from("<48s8sII", page, 128 + 64 * i)
                    if kind != 3:
                        found[name.rstrip(b"\0").decode()] = struct.unpack_from("<q", page, values + 8 * index)[0]
                return found
        finally:
            for one in fds:
                os.close(one)
