# SPDX-License-Identifier: MIT
"""Something big that another program shares."""
import ctypes as c
import errno
import weakref

from ._native import lib
from .errors import MosError, error_from


class SharedData:
    """Mapped read-only; it cannot change. `with client.shared(id) as view:` gives a memoryview. It stays mapped for as
    long as anything is made of it: slices, numpy arrays."""

    def __init__(self, client, number):
        address, size = c.c_void_p(), c.c_size_t()
        rc = lib.mos_data_get(client.pointer, number, c.byref(address), c.byref(size))
        if rc < 0:
            error = lib.mos_client_error(client.pointer).contents
            if rc == -errno.ENOENT:
                raise MosError(error.code, error.message or f"nothing is shared as {number}", error.where,
                               error.hint, -rc)
            raise error_from(rc, error)
        self._size = size.value
        owner = (c.c_char * self._size).from_address(address.value)
        # Every view holds the owner: it goes when the last of them has gone.
        weakref.finalize(owner, lib.mos_data_release, address, self._size).atexit = False
        self.view = memoryview(owner).cast("B").toreadonly()

    def __len__(self):
        return self._size

    def tobytes(self) -> bytes:
        return self.view.tobytes()

    def release(self):
        """Let go of it. Views made of it keep it mapped."""
        self.view = None

    def __enter__(self):
        return self.view

    def __exit__(self, *_):
        self.release()
