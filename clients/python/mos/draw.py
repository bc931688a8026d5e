# SPDX-License-Identifier: MIT
"""Drawing, in Widget.draw(): shapes in points, the widget's own top left corner at 0, 0.

An ink is a colour of the theme by its name ("text", "accent", "panel-edge" ...), a pitch class (0 to 11, C to B), "#rrggbb",
or a tuple of red, green, blue and perhaps opacity, each 0 to 255.
"""
import contextlib
import ctypes as c
from typing import NamedTuple

from . import _native
from ._native import lib

TOKENS = ("canvas", "panel", "panel-edge", "text", "text-dim", "accent", "accent-2", "good", "warn", "bad", "grid", "off",
          "key-white", "key-black", "wood", "metal", "paper", "staff", "ink", "playhead", "sounding", "form", "chords",
          "analysis", "tablature", "diagrams", "fingering", "lyrics", "markers")
_PITCH_0 = 32
_CENTER, _RIGHT, _MIDDLE, _BOLD, _MONO = 1, 2, 4, 8, 16
_ALIGN = {"left": 0, "center": _CENTER, "right": _RIGHT}


class Point(NamedTuple):
    x: float
    y: float


class Box(NamedTuple):
    x: float
    y: float
    w: float
    h: float

    @property
    def center(self) -> Point:
        return Point(self.x + self.w / 2, self.y + self.h / 2)

    def has(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.w and self.y <= y < self.y + self.h

    def inset(self, by: float) -> "Box":
        return _box(lib.mos_box_inset(_raw(self), by))

    def column(self, i: int, n: int, gap: float = 0) -> "Box":
        return _box(lib.mos_box_column(_raw(self), i, n, gap))

    def row(self, i: int, n: int, gap: float = 0) -> "Box":
        return _box(lib.mos_box_row(_raw(self), i, n, gap))


class Pointer(NamedTuple):
    """What the pointer did: kind is "move", "down", "up", "leave" or "wheel"."""
    kind: str
    x: float
    y: float
    button: int
    buttons: int
    wheel: float


def _raw(box):
    return _native.DrawBox(*box)


def _box(raw):
    return Box(raw.x, raw.y, raw.w, raw.h)


def _points(points):
    return (_native.DrawPoint * len(points))(*(_native.DrawPoint(*point) for point in points))


def _ink(ink, opacity=1.0):
    alpha = round(255 * min(max(opacity, 0), 1))
    if isinstance(ink, str) and not ink.startswith("#"):
        return _native.DrawInk(TOKENS.index(ink) | alpha << 24, 1)
    if isinstance(ink, int):
        return _native.DrawInk(_PITCH_0 + ink % 12 | alpha << 24, 1)
    if isinstance(ink, str):
        ink = bytes.fromhex(ink[1:])
    red, green, blue, own = (*ink, 255)[:4]
    return _native.DrawInk(red | green << 8 | blue << 16 | round(own * alpha / 255) << 24, 0)


class Draw:
    def __init__(self, pointer):
        self._d = pointer
        self.width: float = lib.mos_draw_width(pointer)
        self.height: float = lib.mos_draw_height(pointer)
        #: When this picture will be seen, CLOCK_MONOTONIC.
        self.time_ns: int = lib.mos_draw_time_ns(pointer)

    @property
    def area(self) -> Box:
        return Box(0, 0, self.width, self.height)

    def again(self):
        """Draw the next frame too: while something moves."""
        lib.mos_draw_again(self._d)

    def box(self, box, fill="panel", radius=0.0, border=0.0, edge="panel-edge", opacity=1.0):
        lib.mos_draw_frame(self._d, _raw(box), radius, border, _ink(fill, opacity), _ink(edge, opacity))

    def gradient(self, box, top, bottom, radius=0.0, opacity=1.0):
        lib.mos_draw_gradient(self._d, _raw(box), radius, _ink(top, opacity), _ink(bottom, opacity))

    def line(self, start, end, ink="text", thickness=1.0, opacity=1.0):
        lib.mos_draw_line(self._d, _native.DrawPoint(*start), _native.DrawPoint(*end), thickness, _ink(ink, opacity))

    def polyline(self, points, ink="text", thickness=1.0, opacity=1.0):
        lib.mos_draw_polyline(self._d, _points(points), len(points), thickness, _ink(ink, opacity))

    def arc(self, center, radius, start, sweep, ink="text", thickness=1.0, opacity=1.0):
        """Angles in radians, clockwise from 12 o'clock; thickness 0: a filled sector."""
        lib.mos_draw_arc(self._d, _native.DrawPoint(*center), radius, thickness, start, sweep, _ink(ink, opacity))

    def disc(self, center, radius, ink="text", opacity=1.0):
        lib.mos_draw_disc(self._d, _native.DrawPoint(*center), radius, _ink(ink, opacity))

    def quad(self, points, ink="text", opacity=1.0):
        """Filled, convex: four points in order around, or three."""
        four = (*points, points[-1])[:4]
        lib.mos_draw_quad(self._d, _points(four), _ink(ink, opacity))

    def curve(self, points, ink="text", thickness=1.0, opacity=1.0):
        """A cubic curve: start, two control points, end."""
        if len(points) != 4:
            raise ValueError("a curve has four points")
        lib.mos_draw_curve(self._d, _points(points), thickness, _ink(ink, opacity))

    def text(self, at, text, size=16.0, ink="text", align="left", middle=False, bold=False, mono=False, opacity=1.0):
        """At a point; or in a box, then at most so wide: narrowed, then cut."""
        how = _ALIGN[align] | middle * _MIDDLE | bold * _BOLD | mono * _MONO
        data = str(text).encode()
        if len(at) == 4:
            lib.mos_draw_text_in(self._d, _raw(at), size, how, _ink(ink, opacity), b"%s", data)
        else:
            lib.mos_draw_text(self._d, _native.DrawPoint(*at), size, how, _ink(ink, opacity), b"%s", data)

    def glyph(self, at, code_point, staff_space, ink="ink", opacity=1.0):
        """A sign of the music font by its SMuFL code point."""
        lib.mos_draw_glyph(self._d, _native.DrawPoint(*at), code_point, staff_space, _ink(ink, opacity))

    @contextlib.contextmanager
    def clip(self, box):
        lib.mos_draw_clip(self._d, _raw(box))
        try:
            yield
        finally:
            lib.mos_draw_clip_end(self._d)

    @contextlib.contextmanager
    def moved(self, origin=(0, 0), scale=1.0, opacity=1.0):
        """Shapes drawn inside are moved, scaled, fainter."""
        lib.mos_draw_push(self._d, _native.DrawPoint(*origin), scale)
        lib.mos_draw_fade(self._d, opacity)
        try:
            yield
        finally:
            lib.mos_draw_pop(self._d)

    def panel(self, title="") -> Box:
        """The usual background. What is left inside."""
        return _box(lib.mos_draw_panel(self._d, title.encode()))

    def button(self, box, label, is_on=False) -> Box:
        return _box(lib.mos_draw_button(self._d, _raw(box), label.encode(), int(is_on)))

    def pixels(self):
        """After Widget.pixels(): (memoryview of bytes to fill, width, height, bytes a row); None before."""
        size = [c.c_uint32() for _ in range(3)]
        address = lib.mos_draw_pixels(self._d, *(c.byref(number) for number in size))
        if not address:
            return None
        width, height, stride = (number.value for number in size)
        memory = (c.c_uint8 * (stride * height)).from_address(address)
        return memoryview(memory).cast("B"), width, height, stride


def read_pointer(raw) -> Pointer:
    kinds = ("move", "down", "up", "leave", "wheel")
    return Pointer(kinds[raw.kind], raw.at.x, raw.at.y, raw.button, raw.buttons, raw.wheel)
