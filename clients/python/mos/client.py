# SPDX-License-Identifier: MIT
"""A program's connection to MOS."""
import ctypes as c
import errno
import os

from . import _callbacks, _native
from ._beats import beats
from ._callbacks import raise_pending, register, registry
from ._native import lib
from ._records import NO_TICK, IMMEDIATE, NAMES, TYPES, Clock, Event, Info, Metrics, Now, Place
from .audio import AudioReader
from .control import Transport
from .data import SharedData
from .errors import error_from

_LOOK_MS = 100  # so often Python looks whether a signal wants to end it


def type_number(name):
    """Number of "midi:noteon"; numbers pass. ValueError: no such type."""
    if isinstance(name, int):
        if name in NAMES:
            return name
    elif name in TYPES:
        return TYPES[name][0]
    raise ValueError(f"no event type {name!r}")


def key(name: str) -> int:
    """Key of a note: "C4" is 60. ValueError: no such note."""
    number = lib.mos_key_from_name(name.encode())
    if number < 0:
        raise ValueError(f"no note {name!r}")
    return number


def _numbers_of(types):
    if types is None:
        return []
    return [type_number(one) for one in ([types] if isinstance(types, (str, int)) else types)]


def _milliseconds(seconds):
    return -1 if seconds is None else max(0, round(seconds * 1000))


class Listener:
    """A handler's registration; off() ends it, also inside the handler."""

    def __init__(self, type, handler):
        self.type, self.handler = type, handler
        self.number = register(self)
        self.pointer = c.c_void_p()

    def off(self):
        if registry.pop(self.number, None) is not None:
            lib.mos_events_off(self.pointer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.off()


class Client:
    """A connection to MOS; use it in a `with` block. It belongs to one thread at a time.

    name: shown in lists. runtime_dir: where MOS runs (default: $MOS_RUNTIME_DIR). timeout: of each call, in seconds.
    wait: how long a MOS that is not there yet is waited for. control_only: calls only, neither clock nor events.
    """

    def __init__(self, name=None, *, runtime_dir=None, timeout=5.0, wait=0.0, control_only=False):
        self._pointer = c.c_void_p()
        self._owned = True
        options = _native.Options(
            name.encode() if name else None, os.fsencode(runtime_dir) if runtime_dir else None,
            _milliseconds(timeout), _milliseconds(wait), _native.CONTROL_ONLY if control_only else 0)
        error = _native.Error()
        rc = lib.mos_client_create(c.byref(options), c.byref(self._pointer), c.byref(error))
        if rc < 0:
            self._pointer = None
            raise error_from(rc, error)
        self._setup()

    @classmethod
    def _borrowed(cls, pointer):
        """The client of a widget, which C owns."""
        self = cls.__new__(cls)
        self._pointer, self._owned = c.c_void_p(pointer), False
        self._setup()
        return self

    def _setup(self):
        self._number = register(self)
        self._listeners = []
        self._on_connection = self._on_notice = self._before_close = None
        self._dispatching = False
        self.transport = Transport(self)

    def close(self):
        """Hang up. What was registered ends; a second close does nothing. Not in a handler."""
        if self._dispatching:
            raise RuntimeError("a client cannot be closed by its own handler")
        pointer = self._pointer
        if not pointer:
            return
        if self._before_close:
            self._before_close()
        self._pointer = None
        if self._owned:
            lib.mos_client_destroy(pointer)  # calls back what is still awaited
        for listener in self._listeners:
            registry.pop(listener.number, None)
        registry.pop(self._number, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        if getattr(self, "_pointer", None):
            self.close()

    @property
    def pointer(self):
        if not self._pointer:
            raise ValueError("the client is closed")
        return self._pointer

    def _check(self, rc):
        """A negative return of a function that says why in mos_client_error()."""
        raise_pending()
        if rc < 0:
            raise error_from(rc, lib.mos_client_error(self.pointer).contents)
        return rc

    # --- who we are

    @property
    def info(self) -> Info:
        """slot, rate_hz, quantum, generation"""
        return lib.mos_client_info(self.pointer)

    def can(self, capability: str) -> bool:
        """Whether it was granted: "events.emit"."""
        return bool(lib.mos_client_can(self.pointer, capability.encode()))

    def refresh(self) -> bool:
        """Follow a restart; True: rtcore is another."""
        return bool(self._check(lib.mos_client_refresh(self.pointer)))

    # --- calls

    def _request(self, method, params, timeout, keep):
        fields, n = _native.to_fields(params, keep)
        return _native.Request(method.encode(), fields, n, None, 0, _milliseconds(timeout) if timeout else 0)

    def _finish(self, reply):
        try:
            return _native.from_value(reply.value)
        finally:
            for fd in reply.fds[:reply.n_fds]:
                if fd >= 0:
                    os.close(fd)
            reply.n_fds = 0
            lib.mos_reply_finish(c.byref(reply))

    def call(self, method: str, params: dict | None = None, /, *, timeout: float | None = None, **more) -> dict:
        """Call a method and return what it answers: call("kronos.transport.play", count_in=1)."""
        keep, reply = [], _native.Reply()
        request = self._request(method, {**(params or {}), **more}, timeout, keep)
        self._check(lib.mos_call_request(self.pointer, c.byref(request), c.byref(reply)))
        return self._finish(reply)

    def call_async(self, done, method: str, params: dict | None = None, /, *, timeout: float | None = None, **more):
        """Send and return; dispatch() calls done(answer, error) later, one of the two None."""
        keep, number = [], register(done)
        request = self._request(method, {**(params or {}), **more}, timeout, keep)
        rc = lib.mos_call_async(self.pointer, c.byref(request), _callbacks.on_done, number)
        if rc < 0:
            registry.pop(number)
        self._check(rc)

    # --- the clock

    def now(self) -> Now:
        """Where the transport is. No system call: ask as often as you like."""
        now = Now()
        rc = lib.mos_clock_now(self.pointer, c.byref(now))
        if rc < 0:
            raise error_from(rc)
        return now

    def wait_tick(self, tick: int, timeout: float | None = None) -> bool:
        """Sleep until the transport reaches a tick (960 to a quarter); False: not within the time."""
        while True:
            rc = lib.mos_clock_wait_tick(self.pointer, int(tick), _milliseconds(timeout))
            if rc == -errno.ETIMEDOUT:
                return False
            if rc != -errno.EINTR:  # Python raises what the signal's handler raised, if it did
                self._check(rc)
                return True

    def beats(self):
        """Sleep from beat to beat, for ever: yields a Now at each, also after seeks, loops and tempo changes. Beats of
        a count-in are none of these; metronome:beat tells them too."""
        return beats(self)

    def places(self, hz: int = 60):
        """A timeline for interfaces, for ever: yields a Place `hz` times a second while the transport rolls, and
        whenever it starts, stops, jumps or changes its tempo or meter. Each comes from the clock page alone."""
        place = Place()
        while True:
            rc = lib.mos_place_next(self.pointer, hz, c.byref(place), _LOOK_MS)
            if rc in (-errno.ETIMEDOUT, -errno.EINTR):  # a signal's handler may want to end it
                continue
            self._check(rc)
            yield Place.from_buffer_copy(place)

    # --- events

    def select(self, types=None):
        """Which types events() is to return; the others wake nobody. None: all."""
        numbers = _numbers_of(types)
        array = (c.c_uint32 * len(numbers))(*numbers)
        self._check(lib.mos_events_select(self.pointer, array, len(numbers)))

    def next_event(self) -> Event | None:
        """The next event, None if there is none yet. What was lost meanwhile, `lost` counts."""
        event = Event()
        while True:
            rc = lib.mos_events_next(self.pointer, c.byref(event))
            if rc == 1:
                return event
            if rc == 0:
                return None
            if rc != -errno.EOVERFLOW:
                raise error_from(rc)

    def wait(self, timeout: float | None = None) -> bool:
        """Sleep until there may be an event; False: not within the time."""
        rc = lib.mos_events_wait(self.pointer, _milliseconds(timeout))
        if rc in (-errno.ETIMEDOUT, -errno.EINTR):
            return False
        self._check(rc)
        return True

    def events(self, types=None, timeout: float | None = None):
        """Iterate over events as they come: for event in client.events("metronome:beat"). Ends when none came for
        `timeout` seconds; None: never."""
        self.select(types)
        while True:
            event = self.next_event()
            if event is not None:
                yield event
            elif not self.wait(timeout) and timeout is not None:
                event = self.next_event()
                if event is None:
                    return
                yield event

    @property
    def lost(self) -> int:
        """Events missed so far by being too slow."""
        return lib.mos_events_lost(self.pointer)

    def on(self, type, handler) -> Listener:
        """Have dispatch() call handler(event) for a type, None: for all. off() of the answer ends it."""
        listener = Listener(0 if type is None else type_number(type), handler)
        rc = lib.mos_events_on(self.pointer, listener.type, _callbacks.on_event, listener.number,
                               c.byref(listener.pointer))
        if rc < 0:
            registry.pop(listener.number)
        self._check(rc)
        self._listeners.append(listener)
        self._listeners = [one for one in self._listeners if one.number in registry]
        return listener

    def off(self, type, handler) -> int:
        """End every registration of this handler for this type. Returns how many there were."""
        number = 0 if type is None else type_number(type)
        ended = [one for one in self._listeners
                 if one.number in registry and one.handler == handler and one.type == number]
        for listener in ended:
            listener.off()
        return len(ended)

    def remove_all_listeners(self):
        """End all of this client's."""
        for listener in self._listeners:
            listener.off()
        self._listeners.clear()

    def dispatch(self, timeout: float | None = 0) -> int:
        """Call the handlers of what has happened, and of answers; wait for something when nothing has."""
        if self._dispatching:
            raise RuntimeError("dispatch() is not for handlers")
        self._dispatching = True
        try:
            rc = lib.mos_events_dispatch(self.pointer, _milliseconds(timeout))
        finally:
            self._dispatching = False
        if rc in (-errno.ETIMEDOUT, -errno.EINTR):
            rc = 0
        return self._check(rc)

    def fileno(self) -> int:
        """For select, poll, asyncio: readable when dispatch() has something to do."""
        return self._check(lib.mos_events_fd(self.pointer))

    def on_connection(self, handler):
        """dispatch() calls handler("lost" | "back" | "new"): the broker is gone, is back; rtcore is another."""
        self._on_connection = handler
        lib.mos_client_on_connection(self.pointer, _callbacks.on_connection, self._number)

    def on_notice(self, handler):
        """dispatch() calls handler(method, params) for what the broker tells unasked."""
        self._on_notice = handler
        lib.mos_client_on_notice(self.pointer, _callbacks.on_notice, self._number)

    def _connection(self, what):
        if self._on_connection:
            self._on_connection(what)

    def _notice(self, method, params):
        if self._on_notice:
            self._on_notice(method, params)

    def emit(self, type, payload=None, /, *, immediate=False, tick=None, time_ns=0, answer_to: Event | None = None,
             **fields):
        """Tell an event: emit("rocky:feedback", kind=0, message="well done"), or with a payload made before. With its
        16 ms frame; `immediate`: at once. `answer_to`: the event that this answers, so that circles end."""
        number = type_number(type)
        event = Event(type=number, raw_tick=NO_TICK if tick is None else tick, time_ns=time_ns,
                      flags=IMMEDIATE if immediate else 0)
        kind = TYPES[NAMES[number]][1]
        if payload is None:
            payload = kind()
        elif not isinstance(payload, kind):
            raise TypeError(f"{NAMES[number]} carries a {kind.__name__}, not {payload!r}")
        for key, value in fields.items():
            if key not in kind.raw:
                raise TypeError(f"{kind.__name__} has no field {key!r}")
            current = getattr(payload, key)
            setattr(payload, key, current.__class__(*value) if isinstance(current, c.Array) else value)
        c.memmove(c.addressof(event) + Event.u.offset, c.addressof(payload), c.sizeof(payload))
        if answer_to is None:
            rc = lib.mos_emit(self.pointer, c.byref(event))
        else:
            rc = lib.mos_emit_answer(self.pointer, c.byref(event), c.byref(answer_to))
        if rc == -errno.EINVAL:
            raise ValueError(f"a field is out of its range: {event!r}")
        if rc < 0:
            raise error_from(rc)

    def metrics(self, type) -> Metrics:
        """Figures of a type over the whole system."""
        metrics = Metrics()
        self._check(lib.mos_events_metrics(self.pointer, type_number(type), c.byref(metrics)))
        return metrics

    # --- something big

    def share(self, kind: str, data) -> int:
        """Share bytes with all programs, by reference; the answer is their number. At most 64 MiB."""
        data, number = data if isinstance(data, bytes) else memoryview(data).tobytes(), c.c_uint64()
        self._check(lib.mos_data_share(self.pointer, kind.encode(), data, len(data), c.byref(number)))
        return number.value

    def shared(self, number: int) -> SharedData:
        """Look at what somebody shares; use it in a `with` block."""
        return SharedData(self, number)

    # --- sound

    def audio(self) -> AudioReader:
        """What rtcore hears and plays, from now on."""
        return AudioReader(self)

    def note(self, name, duration="4n", velocity=0.8, **more):
        """Play a note at once: note("C4", "8n")."""
        return self.call("apollo.note.play", note=name, duration=duration, velocity=velocity, **more)

    def chord(self, notes, duration="4n", velocity=0.8, **more):
        """Play notes together."""
        return self.call("apollo.chord.play", notes=list(notes), duration=duration, velocity=velocity, **more)

    def melody(self, notes, duration="4n", velocity=0.8, **more):
        """Play notes one after another."""
        return self.call("apollo.melody.play", notes=list(notes), duration=duration, velocity=velocity, **more)

    def bass(self, notes, duration="4n", velocity=0.8, **more):
        """Play notes one after another, on the bass."""
        return self.call("apollo.bass.play", notes=list(notes), duration=duration, velocity=velocity, **more)

    def panic(self):
        """End every sounding note."""
        self.call("apollo.engine.panic")

    def load(self, path) -> dict:
        """Load a score; it is what plays from now on."""
        reply = _native.Reply()
        self._check(lib.mos_score_load(self.pointer, os.fsencode(path), c.byref(reply)))
        return self._finish(reply)

    def status(self) -> dict:
        """What runs, and how."""
        return self.call("broker.system.status")


__all__ = ["Client", "Clock", "Event", "Listener", "key", "type_number"]
