# SPDX-License-Identifier: MIT
"""What rtcore hears and plays."""
import array
import ctypes as c
import errno

from . import _native
from ._native import lib
from .errors import error_from

try:
    import numpy
except ImportError:
    numpy = None

CHANNELS = {"in_l": 0, "in_r": 1, "out_l": 2, "out_r": 3}


class AudioReader:
    """Reads the audio tap: 32-bit floats, with the engine's frame number that each was heard at."""

    def __init__(self, client):
        self._client = client  # its mapping is what we read
        self._lost_before = 0
        self._open()

    def _open(self):
        reader = _native.AudioReader()
        rc = lib.mos_client_audio(self._client.pointer, c.byref(reader))
        if rc < 0:
            raise error_from(rc, lib.mos_client_error(self._client.pointer).contents)
        self._reader, self._generation = reader, self._client.info.generation

    def _follow(self):
        """rtcore may be another, whose frames are counted anew: the mapping of the one before goes."""
        if self._client.info.generation != self._generation:
            self._lost_before += self._reader.lost
            self._open()

    @property
    def rate_hz(self) -> int:
        return self._reader.rate_hz

    @property
    def lost(self) -> int:
        """Frames missed so far by being too slow."""
        return self._lost_before + self._reader.lost

    @property
    def frame(self) -> int:
        """Number of the frame that is read next; may be set back, at most 1.4 s."""
        return self._reader.next_frame

    @frame.setter
    def frame(self, value: int):
        self._reader.next_frame = value

    def read(self, channel: str | int = "out_l", frames: int = 4096):
        """Up to `frames` new samples of a channel ("in_l", "in_r", "out_l", "out_r"), maybe none, without waiting:
        a numpy array where numpy is installed, else an array.array("f"). Other channels of the same frames: set
        `frame` back to what it was before."""
        self._follow()  # raises when the client is closed: the mapping is gone
        number = CHANNELS.get(channel, channel)
        samples = array.array("f", bytes(4 * frames))
        while True:
            n = lib.mos_audio_read(c.byref(self._reader), number, samples.buffer_info()[0], frames)
            if n >= 0:
                break
            if n != -errno.EOVERFLOW:
                raise error_from(n)
        del samples[n:]
        return numpy.frombuffer(samples, dtype=numpy.float32) if numpy is not None and n else (
            numpy.empty(0, numpy.float32) if numpy is not None else samples)
