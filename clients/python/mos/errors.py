# SPDX-License-Identifier: MIT
"""What goes wrong, as exceptions with everything that MOS said about it."""
import errno
import os


class MosError(Exception):
    """MOS refused. `code` is stable ("kronos.seek.range"); `where` and `hint` may be empty."""

    def __init__(self, code, message, where="", hint="", number=0):
        super().__init__(message)
        self.code, self.message, self.where, self.hint, self.number = code, message, where, hint, number

    def __str__(self):
        text = self.message
        if self.where and self.where not in text:
            text += f" ({self.where})"
        return text + (f"; {self.hint}" if self.hint else "")


class MosConnectionError(MosError, ConnectionError):
    """Nobody runs there, or the connection broke."""


class MosTimeout(MosError, TimeoutError):
    """No answer in time."""


class MosPermissionError(MosError, PermissionError):
    """It was not granted."""


_KINDS = {
    errno.ETIMEDOUT: MosTimeout,
    errno.ENOENT: MosConnectionError, errno.ECONNREFUSED: MosConnectionError,
    errno.ECONNRESET: MosConnectionError, errno.ENOTCONN: MosConnectionError, errno.EPIPE: MosConnectionError,
    errno.EACCES: MosPermissionError, errno.EPERM: MosPermissionError,
}


def error_from(rc, error=None):
    """The exception for a negative return, with a struct mos_error where there is one."""
    kind = _KINDS.get(-rc, MosError)
    if error is not None and error.message:
        return kind(error.code, error.message, error.where, error.hint, -rc)
    return kind("client." + errno.errorcode.get(-rc, "failed").lower(), os.strerror(-rc), number=-rc)
