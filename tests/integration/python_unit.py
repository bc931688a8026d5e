#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Python package by itself: what it mirrors is what C has. $1 of PYTHON_ABI prints that."""
import ctypes
import os
import subprocess
import sys
import unittest

import mos
import tap
from mos import _native, _records

STRUCTS = {"mos_ev_" + name: kind for name, kind in _records.PAYLOADS.items()} | {
    "mos_event": mos.Event, "mos_clock": mos.Clock, "mos_now": mos.Now, "mos_place": mos.Place, "mos_event_metrics": mos.Metrics,
    "mos_client_info": mos.Info, "mos_error": _native.Error, "mos_client_options": _native.Options,
    "mos_reply": _native.Reply, "mos_request": _native.Request, "mos_value": _native.Value,
    "mos_field": _native.Field, "mos_audio_reader": _native.AudioReader,
    "mos_widget_context": _native.WidgetContext, "mos_widget_ops": _native.WidgetOps,
    "mos_point": _native.DrawPoint, "mos_box": _native.DrawBox, "mos_ink": _native.DrawInk,
    "mos_pointer": _native.WidgetPointer,
}
RENAMED = {"raw_tick": "tick"}


def of_python():
    """What C prints, said by ctypes."""
    lines = set()
    for name, kind in STRUCTS.items():
        lines.add(f"{name} {ctypes.sizeof(kind)}")
        raw = getattr(kind, "raw", {})
        for field, *_ in kind._fields_:
            place = raw.get(field) or getattr(kind, field)
            lines.add(f"{name}.{RENAMED.get(field, field)} {place.offset} {place.size}")
    return lines


class Abi(unittest.TestCase):
    def setUp(self):
        self.lines = set(subprocess.run([os.environ["PYTHON_ABI"]], capture_output=True, text=True,
                                        check=True).stdout.splitlines())

    def test_structs(self):
        """EVT-24 Python's structs have the sizes and offsets of C's, field by field"""
        of_c = {line for line in self.lines if not line.startswith("type ")}
        self.assertGreater(len(of_c), 200)
        self.assertEqual(of_python() ^ of_c, set())

    def test_types(self):
        """EVT-01 EVT-11 EVT-25 Python's table of event types is C's"""
        of_c = {line for line in self.lines if line.startswith("type ")}
        self.assertEqual({f"type {name} {number}" for name, (number, _) in mos.TYPES.items()}, of_c)
        for name in ("midi:noteon midi:noteoff midi:snapshot chord:detected braid:highlight rocky:feedback "
                     "rocky:highlight metronome:beat metronome:pattern").split():
            self.assertIn(name, mos.TYPES)


class Values(unittest.TestCase):
    def round_trip(self, value):
        keep = []
        return _native.from_value(_native.to_value(value, keep))

    def test_values(self):
        """values of calls go to C and come back as they were"""
        for value in (None, True, False, 0, -1, 2**63 - 1, -2**63, 2**64 - 1, 0.5, "", "Zürich ♯", [], [1, "a", None],
                      {}, {"a": {"b": [1.5, {"c": True}]}}, (1, 2)):
            with self.subTest(value=value):
                back = self.round_trip(value)
                self.assertEqual(back, list(value) if isinstance(value, tuple) else value)
                self.assertIs(type(back), list if isinstance(value, tuple) else type(value))

    def test_refused(self):
        """what no call can carry is refused before it is sent"""
        for value, error in ((2**64, OverflowError), (b"bytes", TypeError), ({"a": object()}, TypeError),
                             ("a\0b", ValueError)):
            with self.subTest(value=value), self.assertRaises(error):
                self.round_trip(value)

    def test_texts(self):
        """EVT-05 a text that does not fit into its field is refused, one that fits is str"""
        chord = mos.Chord(symbol="F♯m7")
        self.assertEqual(chord.symbol, "F♯m7")
        with self.assertRaises(ValueError):
            chord.symbol = "x" * 18
        chord.symbol = "x" * 17
        self.assertEqual(chord.symbol, "x" * 17)

    def test_payload_is_a_view(self):
        """an event's payload is a view into the record"""
        event = mos.Event(type=mos.type_number("rocky:feedback"))
        event.payload.message = "again"
        self.assertEqual(bytes(event)[33:38], b"again")
        self.assertIn("again", repr(event))

    def test_unknown_type(self):
        """EVT-05 an unknown type is a ValueError"""
        for name in ("midi:nothing", "", 0, 0xFFFF):
            with self.subTest(name=name), self.assertRaises(ValueError):
                mos.type_number(name)


class Nobody(unittest.TestCase):
    def test_connection_error(self):
        """where nobody runs, the error says where it looked and what to do"""
        with self.assertRaises(mos.MosConnectionError) as caught:
            mos.Client("test", runtime_dir="/nonexistent/mos")
        self.assertIsInstance(caught.exception, ConnectionError)
        self.assertIn("/nonexistent/mos", str(caught.exception))
        self.assertTrue(caught.exception.hint)
        self.assertEqual(caught.exception.code, "client.broker.unreachable")

    def test_only_the_standard_library(self):
        """the package needs nothing but the standard library"""
        code = ("import sys; sys.modules['numpy'] = None; before = set(sys.modules); import mos; "
                "print(*{m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names))")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.strip(), "mos")


if __name__ == "__main__":
    tap.main()
