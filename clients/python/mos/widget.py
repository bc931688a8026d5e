# SPDX-License-Identifier: MIT
"""Widgets in Python: subclass Widget, and call run() at the end of the program."""
import ctypes as c
import sys

from . import _native
from ._callbacks import guarded, log, raise_pending, register, registry
from ._native import lib
from .client import Client
from .draw import Draw, Pointer, read_pointer
from .errors import MosError, error_from


class Context:
    """What the broker handed over on activation: id, api_version, x, y, width, height (1/1000 of the canvas),
    settings (a dict, complete), state (as last saved, None: never)."""

    def __init__(self, raw):
        self.id = raw.id.decode() if raw.id else ""
        self.api_version = raw.api_version
        self.x, self.y, self.width, self.height = raw.x, raw.y, raw.width, raw.height
        self.settings = _native.from_value(raw.settings) or {}
        self.state = _native.from_value(raw.state)


class Timer:
    def __init__(self, handler, again):
        self.handler, self.again = handler, again
        self.number = register(self)
        self.pointer = c.c_void_p()

    def end(self):
        if registry.pop(self.number, None) is not None:
            lib.mos_timer_end(self.pointer)


def _hook(kind, failed):
    """A callback of C whose exceptions end the widget, or what `failed` makes of them."""
    def make(function):
        def call(*arguments):
            widget = registry[arguments[-1]]
            try:
                return function(widget, *arguments[:-1])
            except Exception as error:
                return failed(widget, error)
            except BaseException as error:
                widget._ending = error
                return -1
        return kind(call)
    return make


def _end(widget, error):
    log.exception("%s failed", widget.context.id if widget.context else "the widget")
    widget.log(f"{type(error).__name__}: {error}")
    return -1


def _refuse(widget, error):
    code = error.code if isinstance(error, MosError) else "widget.call.failed"
    if not isinstance(error, (MosError, LookupError, TypeError, ValueError)):
        log.exception("a call failed")
    return lib.mos_widget_refuse(widget._pointer, code.encode(), b"%s", str(error).encode())


@_hook(_native.ON_WIDGET, _end)
def _activate(widget, pointer):
    widget._attach(pointer)
    widget.activate()
    return 0


@_hook(_native.ON_END, lambda widget, error: _end(widget, error) and None)
def _deactivate(widget, pointer):
    widget.deactivate()


@_hook(_native.ON_WIDGET, _end)
def _settings(widget, pointer):
    widget.context = Context(lib.mos_widget_context(pointer).contents)
    widget.settings(widget.context.settings)
    return 0


@_hook(_native.ON_KEY, lambda widget, error: _end(widget, error) and None)
def _key(widget, pointer, key):
    widget.key(key.decode("utf-8", "replace"))


@_hook(_native.ON_CALL, _refuse)
def _call(widget, pointer, name, params):
    given = _native.from_value(params.contents) if params else None
    answer = widget.call(name.decode(), given or {})
    keep = []
    fields, n = _native.to_fields(answer or {}, keep)
    lib.mos_widget_reply(pointer, fields, n)
    return 0


def _no_more_pictures(widget, error):
    _end(widget, error)
    widget.draw = lambda draw: None  # it would fail sixty times a second


@_hook(_native.ON_DRAW, _no_more_pictures)
def _draw(widget, pointer, draw):
    widget.draw(Draw(draw))


@_hook(_native.ON_POINTER, lambda widget, error: _end(widget, error) and None)
def _pointer(widget, pointer, what):
    widget.pointer(read_pointer(what.contents))


@_native.ON_END
@guarded
def _on_timer(_widget, data):
    timer = registry.get(data)
    if timer is not None:
        if not timer.again:
            registry.pop(data)
        timer.handler()


class Widget:
    """A small program that plays along. Override what you need:

    activate()            once, first: register listeners and timers here
    deactivate()          once, last
    settings(values)      settings were changed, all at once
    key(key)              a key was pressed: "a", "up", "enter" ...
    call(name, params)    somebody calls a method; return a dict. By default "pattern.set" is the method
                          call_pattern_set(**params).
    draw(draw)            draw what is shown, with the capability surface.shapes (mos.draw.Draw), when redraw() or
                          draw.again() asked for it, or its size changed; not while nobody sees it
    pointer(pointer)      the pointer did something on it, with the capability input.pointer

    Started by hand it connects as any program does and shows itself on its terminal.
    """

    def __init__(self):
        self._pointer = self._ending = None
        self.context: Context | None = None
        self.client: Client | None = None

    def activate(self):
        pass

    def deactivate(self):
        pass

    def settings(self, values: dict):
        pass

    def key(self, key: str):
        pass

    def call(self, name: str, params: dict) -> dict | None:
        method = getattr(self, "call_" + name.replace(".", "_").replace("-", "_"), None)
        if method is None:
            raise MosError("widget.call.unknown", f"no method {name!r}")
        return method(**params)

    def draw(self, draw: Draw):
        pass

    def pointer(self, pointer: Pointer):
        pass

    def _attach(self, pointer):
        self._pointer = pointer
        self.client = Client._borrowed(lib.mos_widget_client(pointer))
        self.context = Context(lib.mos_widget_context(pointer).contents)

    # --- what a widget can do

    def on(self, type, handler):
        """Hear events; ends with the widget, or with off() of the answer."""
        return self.client.on(type, handler)

    def timer(self, handler, after: float = 0.0, every: float = 0.0) -> Timer:
        """Call back after `after` seconds, and then each `every` seconds, 0: once."""
        timer = Timer(handler, again=every > 0)
        rc = lib.mos_widget_timer(self._pointer, round(after * 1000), round(every * 1000), _on_timer, timer.number,
                                  c.byref(timer.pointer))
        if rc < 0:
            registry.pop(timer.number)
            raise error_from(rc)
        return timer

    def show(self, text: str | None = None, **state):
        """What it shows now: lines of text, and named values for those who draw it."""
        keep = []
        fields, n = _native.to_fields(state, keep)
        rc = lib.mos_widget_show(self._pointer, None if text is None else text.encode(), fields, n)
        if rc < 0:
            raise error_from(rc)

    def save(self, **state):
        """Keep something over restarts: context.state has it the next time."""
        keep = []
        fields, n = _native.to_fields(state, keep)
        rc = lib.mos_widget_save(self._pointer, fields, n)
        if rc < 0:
            raise error_from(rc, lib.mos_client_error(self.client.pointer).contents)

    def redraw(self):
        """Have draw() called for the next frame."""
        lib.mos_widget_redraw(self._pointer)

    def pixels(self, width: int, height: int):
        """With surface.pixels: a picture of one's own of this size, from now on instead of shapes (Draw.pixels())."""
        rc = lib.mos_widget_pixels(self._pointer, width, height)
        if rc < 0:
            raise error_from(rc, lib.mos_client_error(self.client.pointer).contents)

    def log(self, text: str):
        """Append to `mosctl widget logs`."""
        lib.mos_widget_log(self._pointer, b"%s", text.encode())

    @property
    def directory(self) -> str | None:
        """A directory of its own, with the capability files.own; None without."""
        path = lib.mos_widget_dir(self._pointer)
        return path.decode() if path else None

    def run(self, argv: list[str] | None = None) -> int:
        """Until it is told to end. sys.exit() with the answer."""
        ops = _native.WidgetOps(_activate, _deactivate, _settings, _key, _call, _draw, _pointer)
        words = [word.encode() for word in (sys.argv if argv is None else argv)]
        array = (c.c_char_p * (len(words) + 1))(*words, None)
        number = register(self)
        try:
            code = lib.mos_widget_main(c.byref(ops), number, len(words), array)
        finally:
            registry.pop(number)
        if self._ending is not None:
            raise self._ending
        raise_pending()
        return code
