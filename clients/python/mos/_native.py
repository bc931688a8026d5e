# SPDX-License-Identifier: MIT
"""libmos: found, loaded, its functions declared; values of calls both ways."""
import ctypes as c
import os
import pathlib

from ._records import Event, Info, Metrics, Now, Place, Record

NIL, BOOL, INT, NATURAL, REAL, STR, LIST, MAP = range(8)
FDS_MAX = 16
CONTROL_ONLY = 0x1


class Value(c.Structure):
    pass


class Field(c.Structure):
    pass


class _Content(c.Union):
    _fields_ = [("boolean", c.c_int), ("integer", c.c_int64), ("natural", c.c_uint64), ("real", c.c_double),
                ("str", c.c_char_p), ("items", c.POINTER(Value)), ("fields", c.POINTER(Field))]


Value._fields_ = [("type", c.c_uint32), ("len", c.c_uint32), ("u", _Content)]
Field._fields_ = [("key", c.c_char_p), ("value", Value)]


class Error(Record):
    _fields_ = [("code", c.c_char * 64), ("message", c.c_char * 256), ("where", c.c_char * 96),
                ("hint", c.c_char * 192)]


class Options(c.Structure):
    _fields_ = [("name", c.c_char_p), ("runtime_dir", c.c_char_p), ("timeout_ms", c.c_int), ("wait_ms", c.c_int),
                ("flags", c.c_uint32)]


class Reply(c.Structure):
    _fields_ = [("value", Value), ("fds", c.c_int * FDS_MAX), ("n_fds", c.c_uint32), ("memory", c.c_void_p)]


class Request(c.Structure):
    _fields_ = [("method", c.c_char_p), ("args", c.POINTER(Field)), ("n_args", c.c_size_t), ("fds", c.POINTER(c.c_int)),
                ("n_fds", c.c_size_t), ("timeout_ms", c.c_int)]


class AudioReader(c.Structure):
    _fields_ = [("hdr", c.c_void_p), ("sample", c.c_void_p), ("next_frame", c.c_uint64), ("lost", c.c_uint64),
                ("rate_hz", c.c_uint32)]


class WidgetContext(c.Structure):
    _fields_ = [("id", c.c_char_p), ("api_version", c.c_uint32), ("x", c.c_double), ("y", c.c_double),
                ("width", c.c_double), ("height", c.c_double), ("settings", Value), ("state", Value)]


# Callbacks. `data` is a number of ours: one function for all, so that none can be freed while it is called.
ON_EVENT = c.CFUNCTYPE(None, c.POINTER(Event), c.c_void_p)
ON_DONE = c.CFUNCTYPE(None, c.c_void_p, c.c_int, c.POINTER(Reply), c.POINTER(Error), c.c_void_p)
ON_CONNECTION = c.CFUNCTYPE(None, c.c_void_p, c.c_int, c.c_void_p)
ON_NOTICE = c.CFUNCTYPE(None, c.c_void_p, c.c_char_p, c.POINTER(Value), c.c_void_p)
ON_WIDGET = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_void_p)
ON_END = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p)
ON_KEY = c.CFUNCTYPE(None, c.c_void_p, c.c_char_p, c.c_void_p)
ON_CALL = c.CFUNCTYPE(c.c_int, c.c_void_p, c.c_char_p, c.POINTER(Value), c.c_void_p)
ON_DRAW = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p, c.c_void_p)


class DrawPoint(c.Structure):
    _fields_ = [("x", c.c_float), ("y", c.c_float)]


class DrawBox(c.Structure):
    _fields_ = [("x", c.c_float), ("y", c.c_float), ("w", c.c_float), ("h", c.c_float)]


class DrawInk(c.Structure):
    _fields_ = [("color", c.c_uint32), ("is_token", c.c_uint8)]


class WidgetPointer(c.Structure):
    _fields_ = [("kind", c.c_int), ("at", DrawPoint), ("button", c.c_uint32), ("buttons", c.c_uint32),
                ("wheel", c.c_float)]


ON_POINTER = c.CFUNCTYPE(None, c.c_void_p, c.POINTER(WidgetPointer), c.c_void_p)


class WidgetOps(c.Structure):
    _fields_ = [("activate", ON_WIDGET), ("deactivate", ON_END), ("settings", ON_WIDGET), ("key", ON_KEY),
                ("call", ON_CALL), ("draw", ON_DRAW), ("pointer", ON_POINTER)]


def _candidates():
    given = os.environ.get("MOS_LIBRARY")
    if given:
        yield given
        return
    here = pathlib.Path(__file__).resolve()
    if here.parts[-4:-2] == ("clients", "python"):  # of this very checkout
        for build in ("build", "build/release"):
            path = here.parents[3] / build / "clients/libmos/libmos.so.0"
            if path.exists():
                yield str(path)
    yield "libmos.so.0"
    for prefix in here.parents:  # of a package that was installed under any prefix
        for path in sorted(prefix.glob("lib/libmos.so.0")) + sorted(prefix.glob("lib/*/libmos.so.0")):
            yield str(path)


def _load():
    tried = []
    for name in _candidates():
        try:
            return c.CDLL(name)
        except OSError as error:
            tried.append(str(error))
    raise ImportError("libmos was not found; set MOS_LIBRARY to libmos.so.0: " + "; ".join(tried))


lib = _load()

_P = c.c_void_p
_PROTOTYPES = {
    "mos_client_create": (c.c_int, c.POINTER(Options), c.POINTER(_P), c.POINTER(Error)),
    "mos_client_destroy": (None, _P),
    "mos_client_error": (c.POINTER(Error), _P),
    "mos_client_info": (Info, _P),
    "mos_client_refresh": (c.c_int, _P),
    "mos_client_can": (c.c_int, _P, c.c_char_p),
    "mos_client_audio": (c.c_int, _P, c.POINTER(AudioReader)),
    "mos_client_on_connection": (None, _P, ON_CONNECTION, _P),
    "mos_client_on_notice": (None, _P, ON_NOTICE, _P),
    "mos_call_request": (c.c_int, _P, c.POINTER(Request), c.POINTER(Reply)),
    "mos_call_async": (c.c_int, _P, c.POINTER(Request), ON_DONE, _P),
    "mos_reply_finish": (None, c.POINTER(Reply)),
    "mos_clock_now": (c.c_int, _P, c.POINTER(Now)),
    "mos_clock_wait_tick": (c.c_int, _P, c.c_int64, c.c_int),
    "mos_place_next": (c.c_int, _P, c.c_uint32, c.POINTER(Place), c.c_int),
    "mos_events_select": (c.c_int, _P, c.POINTER(c.c_uint32), c.c_size_t),
    "mos_events_next": (c.c_int, _P, c.POINTER(Event)),
    "mos_events_lost": (c.c_uint64, _P),
    "mos_events_wait": (c.c_int, _P, c.c_int),
    "mos_events_on": (c.c_int, _P, c.c_uint32, ON_EVENT, _P, c.POINTER(_P)),
    "mos_events_off": (None, _P),
    "mos_events_off_all": (None, _P),
    "mos_events_dispatch": (c.c_int, _P, c.c_int),
    "mos_events_fd": (c.c_int, _P),
    "mos_events_metrics": (c.c_int, _P, c.c_uint32, c.POINTER(Metrics)),
    "mos_emit": (c.c_int, _P, c.POINTER(Event)),
    "mos_emit_answer": (c.c_int, _P, c.POINTER(Event), c.POINTER(Event)),
    "mos_event_type_name": (c.c_char_p, c.c_uint32),
    "mos_event_type_at": (c.c_uint32, c.c_uint32),
    "mos_data_share": (c.c_int, _P, c.c_char_p, c.c_char_p, c.c_size_t, c.POINTER(c.c_uint64)),
    "mos_data_get": (c.c_int, _P, c.c_uint64, c.POINTER(_P), c.POINTER(c.c_size_t)),
    "mos_data_release": (None, _P, c.c_size_t),
    "mos_score_load": (c.c_int, _P, c.c_char_p, c.POINTER(Reply)),
    "mos_audio_read": (c.c_int, c.POINTER(AudioReader), c.c_int, _P, c.c_uint32),
    "mos_key_from_name": (c.c_int, c.c_char_p),
    "mos_widget_main": (c.c_int, c.POINTER(WidgetOps), _P, c.c_int, c.POINTER(c.c_char_p)),
    "mos_widget_client": (_P, _P),
    "mos_widget_context": (c.POINTER(WidgetContext), _P),
    "mos_widget_timer": (c.c_int, _P, c.c_uint, c.c_uint, ON_END, _P, c.POINTER(_P)),
    "mos_timer_end": (None, _P),
    "mos_widget_show": (c.c_int, _P, c.c_char_p, c.POINTER(Field), c.c_size_t),
    "mos_widget_save": (c.c_int, _P, c.POINTER(Field), c.c_size_t),
    "mos_widget_log": (None, _P, c.c_char_p, c.c_char_p),
    "mos_widget_reply": (None, _P, c.POINTER(Field), c.c_size_t),
    "mos_widget_refuse": (c.c_int, _P, c.c_char_p, c.c_char_p, c.c_char_p),
    "mos_widget_dir": (c.c_char_p, _P),
    "mos_widget_redraw": (None, _P),
    "mos_widget_pixels": (c.c_int, _P, c.c_uint32, c.c_uint32),
    "mos_draw_width": (c.c_float, _P),
    "mos_draw_height": (c.c_float, _P),
    "mos_draw_time_ns": (c.c_int64, _P),
    "mos_draw_again": (None, _P),
    "mos_draw_frame": (None, _P, DrawBox, c.c_float, c.c_float, DrawInk, DrawInk),
    "mos_draw_gradient": (None, _P, DrawBox, c.c_float, DrawInk, DrawInk),
    "mos_draw_line": (None, _P, DrawPoint, DrawPoint, c.c_float, DrawInk),
    "mos_draw_polyline": (None, _P, c.POINTER(DrawPoint), c.c_size_t, c.c_float, DrawInk),
    "mos_draw_arc": (None, _P, DrawPoint, c.c_float, c.c_float, c.c_float, c.c_float, DrawInk),
    "mos_draw_disc": (None, _P, DrawPoint, c.c_float, DrawInk),
    "mos_draw_quad": (None, _P, c.POINTER(DrawPoint), DrawInk),
    "mos_draw_curve": (None, _P, c.POINTER(DrawPoint), c.c_float, DrawInk),
    "mos_draw_text": (None, _P, DrawPoint, c.c_float, c.c_uint, DrawInk, c.c_char_p, c.c_char_p),
    "mos_draw_text_in": (None, _P, DrawBox, c.c_float, c.c_uint, DrawInk, c.c_char_p, c.c_char_p),
    "mos_draw_glyph": (None, _P, DrawPoint, c.c_uint32, c.c_float, DrawInk),
    "mos_draw_clip": (None, _P, DrawBox),
    "mos_draw_clip_end": (None, _P),
    "mos_draw_push": (None, _P, DrawPoint, c.c_float),
    "mos_draw_pop": (None, _P),
    "mos_draw_fade": (None, _P, c.c_float),
    "mos_draw_panel": (DrawBox, _P, c.c_char_p),
    "mos_draw_button": (DrawBox, _P, DrawBox, c.c_char_p, c.c_int),
    "mos_draw_pixels": (_P, _P, c.POINTER(c.c_uint32), c.POINTER(c.c_uint32), c.POINTER(c.c_uint32)),
    "mos_box_inset": (DrawBox, DrawBox, c.c_float),
    "mos_box_column": (DrawBox, DrawBox, c.c_uint, c.c_uint, c.c_float),
    "mos_box_row": (DrawBox, DrawBox, c.c_uint, c.c_uint, c.c_float),
}
for _name, (_result, *_arguments) in _PROTOTYPES.items():
    _function = getattr(lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


def to_value(python, keep):
    """A Value; what it points to is put into `keep`, which has to outlive it."""
    if python is None:
        return Value(NIL)
    if isinstance(python, bool):
        return Value(BOOL, 0, _Content(boolean=python))
    if isinstance(python, int):
        if -(1 << 63) <= python < 1 << 63:
            return Value(INT, 0, _Content(integer=python))
        if 0 <= python < 1 << 64:
            return Value(NATURAL, 0, _Content(natural=python))
        raise OverflowError(f"no whole number of 64 bits: {python}")
    if isinstance(python, float):
        return Value(REAL, 0, _Content(real=python))
    if isinstance(python, str):
        if "\0" in python:
            raise ValueError("no text may have a NUL in it")
        data = python.encode()
        keep.append(data)
        return Value(STR, 0, _Content(str=data))
    if isinstance(python, dict):
        fields, n = to_fields(python, keep)
        return Value(MAP, n, _Content(fields=c.cast(fields, c.POINTER(Field))))
    if getattr(python, "shape", None) == ():  # numpy's numbers
        return to_value(python.item(), keep)
    if hasattr(python, "__iter__") and not isinstance(python, (bytes, bytearray)):
        items = [to_value(item, keep) for item in python]
        array = (Value * len(items))(*items)
        keep.append(array)
        return Value(LIST, len(items), _Content(items=c.cast(array, c.POINTER(Value))))
    raise TypeError(f"no value of a call: {python!r}")


def to_fields(mapping, keep):
    """(array of Field, its length) of a dict."""
    array = (Field * len(mapping))()
    for place, (key, item) in zip(array, mapping.items()):
        data = str(key).encode()
        keep.append(data)
        place.key, place.value = data, to_value(item, keep)
    keep.append(array)
    return array, len(mapping)


def from_value(value):
    """A Value as plain Python, copied."""
    kind = value.type
    if kind == BOOL:
        return bool(value.u.boolean)
    if kind == INT:
        return value.u.integer
    if kind == NATURAL:
        return value.u.natural
    if kind == REAL:
        return value.u.real
    if kind == STR:
        return value.u.str.decode("utf-8", "replace") if value.u.str else ""
    if kind == LIST:
        return [from_value(value.u.items[i]) for i in range(value.len)]
    if kind == MAP:
        fields = value.u.fields
        return {fields[i].key.decode("utf-8", "replace"): from_value(fields[i].value) for i in range(value.len)}
    return None
