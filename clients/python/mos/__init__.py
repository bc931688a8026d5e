# SPDX-License-Identifier: MIT
"""MOS, the Musical Operating System, from Python: the clock, events, calls, sound, widgets.

    import mos

    with mos.Client("notebook") as client:
        client.transport.play()
        for now in client.beats():
            print(now.bar, now.beat)

The library is libmos; $MOS_LIBRARY names another one than the installed. Only the standard library is needed.
"""
from . import aio
from ._records import (KEY_NONE, SOURCE_BROKER, SOURCE_MIDI_IN, SOURCE_RTCORE, SOURCE_SCORE, TRANSPORT_STATES, TYPES,
                       WIDGET_STATES, Beat, Braid, Chord, Clock, Data, Engine, Event, Feedback, Game, Highlight, Info,
                       Key, Loop, Metrics, Note, Notice, Now, Pattern, Pitch, Place, Score, Snapshot, Tap, Tempo,
                       Transport, Ump, Voice, WidgetState)
from .audio import AudioReader
from .client import Client, Listener, key, type_number
from .data import SharedData
from .draw import Box, Draw, Point, Pointer
from .errors import MosConnectionError, MosError, MosPermissionError, MosTimeout
from .widget import Context, Timer, Widget

__all__ = [
    "AudioReader", "Beat", "Box", "Braid", "Chord", "Client", "Clock", "Context", "Data", "Draw", "Engine", "Event",
    "Feedback", "Game", "Highlight", "Info", "KEY_NONE", "Key", "Listener", "Loop", "Metrics", "MosConnectionError",
    "MosError", "MosPermissionError", "MosTimeout", "Note", "Notice", "Now", "Pattern", "Pitch", "Place", "Point", "Pointer",
    "SOURCE_BROKER", "SOURCE_MIDI_IN", "SOURCE_RTCORE", "SOURCE_SCORE", "Score", "SharedData", "Snapshot", "TRANSPORT_STATES", "TYPES", "Tap", "Tempo",
    "Timer", "Transport", "Ump", "Voice", "WIDGET_STATES", "Widget", "WidgetState", "aio", "key", "type_number",
]
