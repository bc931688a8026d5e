# SPDX-License-Identifier: MIT
"""The structs of <mos/event.h>, <mos/clock.h> and <mos/client.h>, field by field as C lays them out."""
import ctypes as c

NO_TICK = -(1 << 63)
HOPS_MAX = 8
IMMEDIATE = 0x01
SCHEDULED = 0x02
SOURCE_RTCORE, SOURCE_SCORE, SOURCE_MIDI_IN, SOURCE_BROKER = 0xFFFF, 0xFFFE, 0xFFFD, 0xFFFC
KEY_NONE = 0xFF
TRANSPORT_STATES = ("idle", "loading", "ready", "playing", "paused", "stopped")
WIDGET_STATES = ("stopped", "waiting", "starting", "active", "stopping", "backoff", "failed", "removed")


class _Texts(type(c.Structure)):
    """Makes char arrays of a struct read and written as str; `raw` has the fields as ctypes made them."""

    def __init__(cls, *arguments):
        super().__init__(*arguments)
        cls.raw = {name: getattr(cls, name) for name, *_ in cls.__dict__.get("_fields_", ())}
        for name, kind, *_ in cls.__dict__.get("_fields_", ()):
            if isinstance(kind, type) and issubclass(kind, c.Array) and kind._type_ is c.c_char:
                setattr(cls, name, _text(cls.raw[name], kind._length_))

class Record(c.Structure, metaclass=_Texts):
    """A struct which shows what is in it."""

    def asdict(self):
        """Fields as plain values, reserved ones left out."""
        found = {}
        for name, *_ in self._fields_:
            if not name.startswith("reserved"):
                value = getattr(self, name)
                found[name] = list(value) if isinstance(value, c.Array) else value
        return found

    def __repr__(self):
        fields = ", ".join(f"{key}={value!r}" for key, value in self.asdict().items())
        return f"{type(self).__name__}({fields})"


def _text(raw, size):
    def write(self, value):
        data = value.encode() if isinstance(value, str) else bytes(value)
        if len(data) >= size:
            raise ValueError(f"at most {size - 1} bytes of UTF-8, not {len(data)}: {value!r}")
        raw.__set__(self, data)

    return property(lambda self: raw.__get__(self).decode("utf-8", "replace"), write)


class Note(Record):
    """midi:noteon, midi:noteoff. velocity: 16 bit; part 0xffff: none."""
    _fields_ = [("group", c.c_uint8), ("channel", c.c_uint8), ("key", c.c_uint8), ("reserved0", c.c_uint8),
                ("velocity", c.c_uint16), ("part", c.c_uint16), ("instance", c.c_uint32), ("reserved", c.c_uint32 * 5)]


class Ump(Record):
    """midi:ump: any other Universal MIDI Packet."""
    _fields_ = [("word", c.c_uint32 * 4), ("reserved", c.c_uint32 * 4)]


class Snapshot(Record):
    """midi:snapshot: what is held at this moment."""
    _fields_ = [("keys", c.c_uint64 * 2), ("string", c.c_uint8 * 6), ("sustain", c.c_uint8), ("n_keys", c.c_uint8),
                ("channels", c.c_uint16), ("reserved", c.c_uint8 * 6)]

    def held(self):
        """The keys, lowest first."""
        return [key for key in range(128) if self.keys[key // 64] >> key % 64 & 1]


class Chord(Record):
    """chord:detected. confidence: 0..255; key_tonic KEY_NONE: no key."""
    _fields_ = [("pitch_classes", c.c_uint16), ("root", c.c_uint8), ("bass", c.c_uint8), ("symbol", c.c_char * 18),
                ("key_tonic", c.c_uint8), ("key_minor", c.c_uint8), ("origin", c.c_uint8), ("source", c.c_uint8),
                ("fusion", c.c_uint8), ("confidence", c.c_uint8), ("version", c.c_uint8), ("reserved", c.c_uint8 * 3)]


class Braid(Record):
    """braid:highlight"""
    _fields_ = [("roman", c.c_char * 12), ("symbol", c.c_char * 16), ("key_tonic", c.c_uint8),
                ("key_minor", c.c_uint8), ("confidence", c.c_uint8), ("reserved", c.c_uint8)]


class Feedback(Record):
    """rocky:feedback. kind: 0 right, 1 wrong, 2 early, 3 late, 4 hint."""
    _fields_ = [("kind", c.c_uint8), ("message", c.c_char * 31)]


class Highlight(Record):
    """rocky:highlight. kind: as in Feedback."""
    _fields_ = [("keys", c.c_uint64 * 2), ("kind", c.c_uint8), ("reserved", c.c_uint8 * 15)]


class Pattern(Record):
    """metronome:pattern"""
    _fields_ = [("id", c.c_uint32), ("n_steps", c.c_uint16), ("n_pulses", c.c_uint16), ("rotation", c.c_uint16),
                ("flags", c.c_uint16), ("reserved", c.c_uint32), ("onset", c.c_uint64 * 2)]


class Tap(Record):
    """metronome:tap-tempo"""
    _fields_ = [("milli_bpm", c.c_uint32), ("n_taps", c.c_uint32), ("reserved", c.c_uint32 * 6)]


class Voice(Record):
    """metronome:voice-guidance. kind: 0 count, 1 cue, 2 announcement."""
    _fields_ = [("kind", c.c_uint8), ("text", c.c_char * 31)]


class Game(Record):
    """metronome:gamification. kind: 0 streak, 1 achievement, 2 puzzle."""
    _fields_ = [("kind", c.c_uint32), ("value", c.c_uint32), ("text", c.c_char * 24)]


class Pitch(Record):
    """tuner:pitch. centi_cents: 1/100 cent above the nearest key."""
    _fields_ = [("milli_hz", c.c_uint32), ("centi_cents", c.c_int32), ("key", c.c_uint8), ("confidence", c.c_uint8),
                ("a4_deci_hz", c.c_uint16), ("reserved", c.c_uint32 * 5)]


class WidgetState(Record):
    """widget:state. state: place in WIDGET_STATES."""
    _fields_ = [("state", c.c_uint8), ("old_state", c.c_uint8), ("restarts", c.c_uint16), ("exit_status", c.c_int32),
                ("id", c.c_char * 24)]


class Data(Record):
    """data:shared: something big lies at the broker."""
    _fields_ = [("id", c.c_uint64), ("size_bytes", c.c_uint64), ("kind", c.c_char * 16)]


class Notice(Record):
    """bus:notice. reason: 0 cycle, 1 flood, 2 refused."""
    _fields_ = [("reason", c.c_uint32), ("type", c.c_uint32), ("source", c.c_uint16), ("other", c.c_uint16),
                ("reserved0", c.c_uint32), ("count", c.c_uint64), ("reserved", c.c_uint32 * 2)]


class Beat(Record):
    """metronome:beat, transport:measure, meter:change. measure, beat: from 0; n_steps 0: of the meter."""
    _fields_ = [("measure", c.c_uint32), ("beat", c.c_uint16), ("meter_num", c.c_uint16), ("meter_den", c.c_uint16),
                ("accent", c.c_uint16), ("flags", c.c_uint32), ("ns_per_quarter", c.c_uint64), ("step", c.c_uint16),
                ("n_steps", c.c_uint16), ("reserved", c.c_uint32)]


class Transport(Record):
    """transport:*. state: place in TRANSPORT_STATES."""
    _fields_ = [("state", c.c_uint8), ("old_state", c.c_uint8), ("reason", c.c_uint16), ("error", c.c_int32),
                ("from_tick", c.c_int64), ("to_tick", c.c_int64), ("frame", c.c_uint64)]


class Loop(Record):
    """transport:loop"""
    _fields_ = [("start_tick", c.c_int64), ("end_tick", c.c_int64), ("active", c.c_uint32), ("count", c.c_uint32),
                ("reserved", c.c_uint32 * 2)]


class Tempo(Record):
    """tempo:change. source: 0 score, 1 user, 2 rate."""
    _fields_ = [("ns_per_quarter", c.c_uint64), ("old_ns_per_quarter", c.c_uint64), ("source", c.c_uint32),
                ("rate_ppm", c.c_uint32), ("reserved", c.c_uint32 * 2)]


class Score(Record):
    """score:loaded, score:error"""
    _fields_ = [("timeline_id", c.c_uint64), ("end_tick", c.c_int64), ("error", c.c_int32), ("n_events", c.c_uint32),
                ("reserved", c.c_uint32 * 2)]


class Key(Record):
    """key:change. fifths: -7 flats to 7 sharps."""
    _fields_ = [("fifths", c.c_int8), ("minor", c.c_uint8), ("reserved", c.c_uint8 * 30)]


class Engine(Record):
    """engine:state"""
    _fields_ = [("state", c.c_uint32), ("percent", c.c_uint32), ("error", c.c_int32), ("reserved", c.c_uint32 * 5)]


class Mixer(Record):
    """mixer:change. what: 0 all, 1 strip, 2 fx, 3 insert; strip 0xffff: the master."""
    _fields_ = [("strip", c.c_uint16), ("what", c.c_uint8), ("slot", c.c_uint8), ("unit", c.c_char * 12),
                ("param", c.c_char * 16)]


#: type name: (number, payload)
TYPES = {
    "midi:noteon": (0x0101, Note),
    "midi:noteoff": (0x0102, Note),
    "midi:snapshot": (0x0103, Snapshot),
    "midi:ump": (0x0104, Ump),
    "chord:detected": (0x0201, Chord),
    "braid:highlight": (0x0301, Braid),
    "rocky:feedback": (0x0401, Feedback),
    "rocky:highlight": (0x0402, Highlight),
    "metronome:beat": (0x0501, Beat),
    "metronome:pattern": (0x0502, Pattern),
    "metronome:tap-tempo": (0x0503, Tap),
    "metronome:voice-guidance": (0x0504, Voice),
    "metronome:gamification": (0x0505, Game),
    "tuner:pitch": (0x0601, Pitch),
    "transport:state": (0x1001, Transport),
    "transport:play": (0x1002, Transport),
    "transport:pause": (0x1003, Transport),
    "transport:stop": (0x1004, Transport),
    "transport:seek": (0x1005, Transport),
    "transport:loop": (0x1006, Loop),
    "transport:measure": (0x1007, Beat),
    "transport:error": (0x1008, Transport),
    "score:loaded": (0x1101, Score),
    "score:error": (0x1102, Score),
    "tempo:change": (0x1201, Tempo),
    "meter:change": (0x1202, Beat),
    "key:change": (0x1301, Key),
    "widget:state": (0x1401, WidgetState),
    "engine:state": (0x1501, Engine),
    "mixer:change": (0x1502, Mixer),
    "data:shared": (0x1601, Data),
    "bus:notice": (0x1701, Notice),
}
NAMES = {number: name for name, (number, _) in TYPES.items()}

#: C's name of each payload, for comparison
PAYLOADS = {"note": Note, "ump": Ump, "snapshot": Snapshot, "chord": Chord, "braid": Braid, "feedback": Feedback,
            "highlight": Highlight, "pattern": Pattern, "tap": Tap, "voice": Voice, "game": Game, "pitch": Pitch,
            "widget": WidgetState, "data": Data, "notice": Notice, "beat": Beat, "transport": Transport, "loop": Loop,
            "tempo": Tempo, "score": Score, "key": Key, "engine": Engine, "mixer": Mixer}


class _Payload(c.Union):
    _fields_ = [("bytes", c.c_uint8 * 32), ("words", c.c_uint32 * 8), *PAYLOADS.items()]


class Event(c.Structure):
    """One record of the bus. `payload` is the part that its type has."""
    _fields_ = [("seq", c.c_uint64), ("time_ns", c.c_uint64), ("raw_tick", c.c_int64), ("type", c.c_uint32),
                ("source", c.c_uint16), ("hops", c.c_uint8), ("flags", c.c_uint8), ("u", _Payload)]

    @property
    def name(self):
        """ "midi:noteon" """
        return NAMES.get(self.type, f"{self.type:#06x}")

    @property
    def tick(self):
        """960 to a quarter; None: no musical place."""
        return None if self.raw_tick == NO_TICK else self.raw_tick

    @property
    def payload(self):
        """A view into this record, of the class that TYPES names."""
        kind = TYPES.get(self.name)
        return kind[1].from_buffer(self, Event.u.offset) if kind else self.u.bytes

    @property
    def immediate(self):
        return bool(self.flags & IMMEDIATE)

    @property
    def scheduled(self):
        """Announced before it is due."""
        return bool(self.flags & SCHEDULED)

    def __repr__(self):
        return f"<{self.name} tick={self.tick} source={self.source} {self.payload!r}>"


class Clock(Record):
    """A copy of the clock page."""
    _fields_ = [("state", c.c_uint32), ("flags", c.c_uint32), ("rate_hz", c.c_uint32), ("quantum_frames", c.c_uint32),
                ("frame", c.c_uint64), ("time_ns", c.c_int64), ("tick", c.c_int64), ("tick_frac", c.c_uint32),
                ("rate_ppm", c.c_uint32), ("ns_per_quarter", c.c_uint64), ("frame_ps", c.c_uint64),
                ("loop_start_tick", c.c_int64), ("loop_end_tick", c.c_int64), ("end_tick", c.c_int64),
                ("meter_num", c.c_uint16), ("meter_den", c.c_uint16), ("measure", c.c_uint32),
                ("measure_tick", c.c_int64), ("next_beat_tick", c.c_int64), ("next_beat_ns", c.c_int64),
                ("timeline_id", c.c_uint64), ("cycle", c.c_uint64), ("key_fifths", c.c_int32),
                ("key_minor", c.c_uint32)]

    ROLLING = 0x1
    COUNT_IN = 0x2
    LOOP = 0x4
    DRIVER_UP = 0x8
    FOLLOWS = 0x40

    @property
    def state_name(self):
        return TRANSPORT_STATES[self.state] if self.state < len(TRANSPORT_STATES) else "?"

    @property
    def rolling(self):
        return bool(self.flags & Clock.ROLLING)

    @property
    def follows(self):
        """Another clock is heard and followed: a MIDI clock, a session of Link."""
        return bool(self.flags & Clock.FOLLOWS)


class Now(Record):
    """Where the transport is: bar and beat from 1, as people count; tick at 960 to a quarter."""
    _fields_ = [("time_ns", c.c_int64), ("tick", c.c_int64), ("tick_frac", c.c_uint32), ("bar", c.c_uint32),
                ("beat", c.c_uint32), ("beat_tick", c.c_uint32), ("bpm", c.c_double), ("clock", Clock)]

    @property
    def state(self):
        """ "playing" """
        return self.clock.state_name

    @property
    def rolling(self):
        return self.clock.rolling


class Place(Record):
    """Where the transport is, as an interface shows it: bar_position goes from 0 to 1 within the bar; `changed` says
    what is another than before."""
    _fields_ = [("now", Now), ("bar_tick", c.c_uint32), ("bar_ticks", c.c_uint32), ("bar_position", c.c_double),
                ("changed", c.c_uint32), ("reserved0", c.c_uint32)]

    MOVED = 1
    BEAT = 2
    BAR = 4
    STATE = 8
    TEMPO = 16
    METER = 32
    JUMPED = 64

    @property
    def bar(self):
        return self.now.bar

    @property
    def beat(self):
        return self.now.beat

    @property
    def tick(self):
        return self.now.tick

    @property
    def rolling(self):
        return self.now.rolling


class Metrics(Record):
    """Figures of a type of event over the whole system. Latencies: publishing to delivery, 0: none measured."""
    _fields_ = [("count", c.c_uint64), ("rate_hz", c.c_double), ("refused", c.c_uint64), ("coalesced", c.c_uint64),
                ("delivered", c.c_uint64), ("lost", c.c_uint64), ("subscribers", c.c_uint32),
                ("n_sampled", c.c_uint32), ("p50_ns", c.c_uint64), ("p99_ns", c.c_uint64)]


class Info(Record):
    """What the broker granted. slot: the number under which this client's events come."""
    _fields_ = [("slot", c.c_uint32), ("rate_hz", c.c_uint32), ("quantum", c.c_uint32), ("reserved0", c.c_uint32),
                ("generation", c.c_uint64)]
