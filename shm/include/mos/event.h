/* SPDX-License-Identifier: MIT */
/**
 * The event record: 64 bytes, one cache line, and the one table of event types. DESIGN section 5,
 * E1.4.4, rows EVT-01, EVT-11, EVT-24, EVT-25. ABI 2.0.
 */
#ifndef MOS_EVENT_H
#define MOS_EVENT_H

#include <stdint.h>

#include <mos/attr.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_PPQ 960 /**< ticks a quarter note, everywhere inside (KRO-02, TIM-07) */

/** The one table: X(SYMBOL, number, "name"). Numbers never change and are never used again. */
#define MOS_EVENT_TYPES(X)                                                                                \
	X(MIDI_NOTEON, 0x0101, "midi:noteon")                                                             \
	X(MIDI_NOTEOFF, 0x0102, "midi:noteoff")                                                           \
	X(MIDI_SNAPSHOT, 0x0103, "midi:snapshot")                                                         \
	X(MIDI_UMP, 0x0104, "midi:ump")                                                                   \
	X(CHORD_DETECTED, 0x0201, "chord:detected")                                                       \
	X(BRAID_HIGHLIGHT, 0x0301, "braid:highlight")                                                     \
	X(ROCKY_FEEDBACK, 0x0401, "rocky:feedback")                                                       \
	X(ROCKY_HIGHLIGHT, 0x0402, "rocky:highlight")                                                     \
	X(METRONOME_BEAT, 0x0501, "metronome:beat")                                                       \
	X(METRONOME_PATTERN, 0x0502, "metronome:pattern")                                                 \
	X(METRONOME_TAP, 0x0503, "metronome:tap-tempo")                                                   \
	X(METRONOME_VOICE, 0x0504, "metronome:voice-guidance")                                            \
	X(METRONOME_GAME, 0x0505, "metronome:gamification")                                               \
	X(TUNER_PITCH, 0x0601, "tuner:pitch")                                                             \
	X(TRANSPORT_STATE, 0x1001, "transport:state")                                                     \
	X(TRANSPORT_PLAY, 0x1002, "transport:play")                                                       \
	X(TRANSPORT_PAUSE, 0x1003, "transport:pause")                                                     \
	X(TRANSPORT_STOP, 0x1004, "transport:stop")                                                       \
	X(TRANSPORT_SEEK, 0x1005, "transport:seek")                                                       \
	X(TRANSPORT_LOOP, 0x1006, "transport:loop")                                                       \
	X(TRANSPORT_MEASURE, 0x1007, "transport:measure")                                                 \
	X(TRANSPORT_ERROR, 0x1008, "transport:error")                                                     \
	X(SCORE_LOADED, 0x1101, "score:loaded")                                                           \
	X(SCORE_ERROR, 0x1102, "score:error")                                                             \
	X(TEMPO_CHANGE, 0x1201, "tempo:change")                                                           \
	X(METER_CHANGE, 0x1202, "meter:change")                                                           \
	X(KEY_CHANGE, 0x1301, "key:change")                                                               \
	X(WIDGET_STATE, 0x1401, "widget:state")                                                           \
	X(ENGINE_STATE, 0x1501, "engine:state")                                                           \
	X(MIXER_CHANGE, 0x1502, "mixer:change")                                                           \
	X(DATA_SHARED, 0x1601, "data:shared")                                                             \
	X(BUS_NOTICE, 0x1701, "bus:notice")

enum mos_event_type {
#define X(sym, num, name) MOS_EVENT_##sym = num,
	MOS_EVENT_TYPES(X)
#undef X
};

#define MOS_EVENT_TYPES_MAX 64u /**< room for types in masks and tables of figures */

/**
 * Groups of types: what one sleeper waits for is one futex word a group (mos/event_ring.h), so that a
 * program that follows the beat is not woken by every note. A type's group is found by the upper byte of its
 * number. X(SYMBOL, group, upper byte of the first type, of the last)
 */
#define MOS_EVENT_GROUPS(X)                                                                               \
	X(MIDI, 1, 0x01, 0x01)                                                                            \
	X(CHORD, 2, 0x02, 0x02)                                                                           \
	X(TEACH, 3, 0x03, 0x04)     /* braid, rocky */                                                    \
	X(METRONOME, 4, 0x05, 0x05)                                                                       \
	X(TUNER, 5, 0x06, 0x06)                                                                           \
	X(TRANSPORT, 6, 0x10, 0x10)                                                                       \
	X(SCORE, 7, 0x11, 0x13)     /* score, tempo, meter, key */                                        \
	X(SYSTEM, 8, 0x14, 0x15)    /* widget, engine, mixer */                                           \
	X(DATA, 9, 0x16, 0x16)                                                                            \
	X(BUS, 10, 0x17, 0x17)

enum mos_event_group {
	MOS_EVENT_GROUP_ANY = 0, /**< rings whenever one of the others does */
#define X(sym, group, first, last) MOS_EVENT_GROUP_##sym = group,
	MOS_EVENT_GROUPS(X)
#undef X
	MOS_EVENT_N_GROUPS = 16
};

/** `source`: who made the event. Client slots count from 0 to 1023. */
#define MOS_SOURCE_RTCORE 0xffffu
#define MOS_SOURCE_SCORE 0xfffeu
#define MOS_SOURCE_MIDI_IN 0xfffdu
#define MOS_SOURCE_BROKER 0xfffcu

/** `flags` */
#define MOS_EVENT_IMMEDIATE 0x01u /**< delivered at once, before what waits for its 16 ms frame */
#define MOS_EVENT_SCHEDULED 0x02u /**< announced before it is due (TIM-03); void after a later seek, stop, tempo:change */

/** A note or midi:ump for the MIDI output, group 0..2, instead of sounding; not told to others (`midi.out`). */
#define MOS_EVENT_TO_OUTPUT 0x04u

#define MOS_HOPS_MAX 8 /**< an answer to an event carries its hops plus one; beyond this it is dropped */

/** midi:noteon, midi:noteoff */
struct mos_ev_note {
	uint8_t group;     /**< UMP group 0..15 */
	uint8_t channel;   /**< 0..15 */
	uint8_t key;       /**< 0..127, C4 = 60 */
	uint8_t reserved0; /**< 0 */
	uint16_t velocity; /**< 16 bit, MIDI 2.0 scale; 0 is legal in a note-off only */
	uint16_t part;     /**< part of the score, 0xffff: none */
	uint32_t instance; /**< note id in the score or of the caller; 0: none */
	uint32_t reserved[5];
};

/** midi:ump: any other Universal MIDI Packet, up to 128 bits; words beyond its own length are 0 */
struct mos_ev_ump {
	uint32_t word[4];
	uint32_t reserved[4];
};

/** midi:snapshot: what is held at this moment; of a 16 ms frame only the last is delivered (EVT-13, MID-08) */
struct mos_ev_snapshot {
	uint64_t keys[2];    /**< bit k of keys[k / 64]: key k sounds, from whatever source, or by the pedal */
	uint8_t string[6];   /**< guitar, lowest string first: key sounding on it, 0xff: none */
	uint8_t sustain;     /**< 0..127 */
	uint8_t n_keys;      /**< bits set in `keys` */
	uint16_t channels;   /**< bit c: channel c holds something */
	uint8_t reserved[6];
};

/* Text in payloads is UTF-8 without control characters and ends with a NUL within its array. */

#define MOS_KEY_NONE 0xffu /**< in `key_tonic`: no key is known */

enum mos_chord_origin { MOS_ORIGIN_MIDI = 0, MOS_ORIGIN_AUDIO = 1, MOS_ORIGIN_SCORE = 2 };
enum mos_chord_source { MOS_CHORD_REALTIME = 0, MOS_CHORD_BULK = 1 };

/** chord:detected. The symbol is the identity (MID-10); the numeral is derived from it and the key. */
struct mos_ev_chord {
	uint16_t pitch_classes; /**< bit 0 = C */
	uint8_t root;           /**< 0..11 */
	uint8_t bass;           /**< 0..11; the root where no other */
	char symbol[18];        /**< "F#m7b5/A", UTF-8, NUL-terminated; empty: no chord (N.C.) */
	uint8_t key_tonic;      /**< 0..11, MOS_KEY_NONE: no key, then no numeral */
	uint8_t key_minor;      /**< 1: minor */
	uint8_t origin;         /**< enum mos_chord_origin */
	uint8_t source;         /**< enum mos_chord_source */
	uint8_t fusion;         /**< ears that voted for it: bit `origin`; 0: not fused */
	uint8_t confidence;     /**< 0..255 */
	uint8_t version;        /**< counts the decisions of the fusion; 0: not fused */
	uint8_t reserved[3];
};

/** braid:highlight. Never moves what chord:detected moves (EVT-26). */
struct mos_ev_braid {
	char roman[12];   /**< "viio7/V", UTF-8, NUL-terminated */
	char symbol[16];  /**< NUL-terminated */
	uint8_t key_tonic, key_minor;
	uint8_t confidence; /**< 0..255 */
	uint8_t reserved;
};

enum mos_rocky_kind { MOS_ROCKY_RIGHT = 0, MOS_ROCKY_WRONG = 1, MOS_ROCKY_EARLY = 2, MOS_ROCKY_LATE = 3, MOS_ROCKY_HINT = 4 };

/** rocky:feedback */
struct mos_ev_feedback {
	uint8_t kind;     /**< enum mos_rocky_kind */
	char message[31]; /**< UTF-8, NUL-terminated */
};

/** rocky:highlight */
struct mos_ev_highlight {
	uint64_t keys[2]; /**< as in mos_ev_snapshot */
	uint8_t kind;     /**< enum mos_rocky_kind */
	uint8_t reserved[15];
};

/** metronome:pattern */
struct mos_ev_pattern {
	uint32_t id;       /**< of the preset (mos/euclid.h), 0: the user's own */
	uint16_t n_steps;  /**< 1..128 */
	uint16_t n_pulses; /**< 0..n_steps */
	uint16_t rotation; /**< < n_steps */
	uint16_t flags;    /**< bit 0: Euclidean */
	uint32_t reserved;
	uint64_t onset[2]; /**< bit s of onset[s / 64]: a pulse on step s, rotation included; n_pulses bits */
};

/** metronome:tap-tempo */
struct mos_ev_tap {
	uint32_t milli_bpm; /**< what the taps mean so far, 1/1000 beats a minute, at most 1,000,000; 0: too few */
	uint32_t n_taps;
	uint32_t reserved[6];
};

/** metronome:voice-guidance: to be spoken, or shown */
struct mos_ev_voice {
	uint8_t kind;  /**< 0 count, 1 cue, 2 announcement */
	char text[31]; /**< UTF-8, NUL-terminated */
};

/** metronome:gamification */
struct mos_ev_game {
	uint32_t kind;  /**< 0 streak, 1 achievement, 2 puzzle */
	uint32_t value; /**< days, beats, chamber ... */
	char text[24];  /**< UTF-8, NUL-terminated */
};

/** tuner:pitch */
struct mos_ev_pitch {
	uint32_t milli_hz;    /**< 0: no pitch */
	int32_t centi_cents;  /**< 1/100 cent above (+) or below the nearest key, -5000..5000 */
	uint8_t key;          /**< nearest key, 0..127 */
	uint8_t confidence;   /**< 0..255 */
	uint16_t a4_deci_hz;  /**< reference, 4400; 3000..6000 */
	uint32_t reserved[5];
};

enum mos_widget_state {
	MOS_WIDGET_STOPPED = 0,
	MOS_WIDGET_WAITING,  /**< for what it depends on */
	MOS_WIDGET_STARTING, /**< its process runs, activate is not done */
	MOS_WIDGET_ACTIVE,
	MOS_WIDGET_STOPPING, /**< deactivate is not done */
	MOS_WIDGET_BACKOFF,  /**< crashed; starts again after a pause */
	MOS_WIDGET_FAILED,   /**< for good: `mosctl widget logs` says why */
	MOS_WIDGET_REMOVED,
	MOS_WIDGET_N_STATES
};

/** widget:state; from the broker only */
struct mos_ev_widget {
	uint8_t state;       /**< enum mos_widget_state */
	uint8_t old_state;
	uint16_t restarts;   /**< since it was started by hand */
	int32_t exit_status; /**< of the last end: exit code, or -signal */
	char id[24];         /**< NUL-terminated, cut off where longer */
};

/** data:shared: something big lies at the broker: mos_data_get() (EVT-19) */
struct mos_ev_data {
	uint64_t id;
	uint64_t size_bytes;
	char kind[16]; /**< what it is: "chroma", "wav" ...; NUL-terminated */
};

enum mos_bus_reason {
	MOS_BUS_CYCLE = 0,   /**< `source` answered `other` who answered `source`: dropped past MOS_HOPS_MAX */
	MOS_BUS_FLOOD = 1,   /**< `source` sends more than its share and waits */
	MOS_BUS_REFUSED = 2, /**< `source` sends records that do not check */
};

/** bus:notice: rtcore on misbehaviour, at most one a second for each client and reason */
struct mos_ev_notice {
	uint32_t reason; /**< enum mos_bus_reason */
	uint32_t type;   /**< enum mos_event_type concerned, 0: none that is known */
	uint16_t source; /**< client slot */
	uint16_t other;  /**< client slot, 0xffff: nobody */
	uint32_t reserved0;
	uint64_t count;  /**< of such records from `source` so far */
	uint32_t reserved[2];
};

/** metronome:beat, transport:measure, meter:change (the first beat in the new meter) */
struct mos_ev_beat {
	uint32_t measure;       /**< 0 = first measure of the score */
	uint16_t beat;          /**< 0 = downbeat; counted in denominator units */
	uint16_t meter_num;     /**< beats a measure */
	uint16_t meter_den;     /**< 1, 2, 4 ... 128 */
	uint16_t accent;        /**< 2 downbeat, 1 secondary group start, 0 weak */
	uint32_t flags;         /**< bit 0: count-in */
	uint64_t ns_per_quarter; /**< tempo at the beat, ns */
	uint16_t step;          /**< of a pattern, < n_steps (EVT-24: index, patternLength) */
	uint16_t n_steps;       /**< 0: a beat of the meter, from rtcore; else of a pattern, from a widget; at most 128 */
	uint32_t reserved;
};

/** transport:state, transport:play, transport:pause, transport:stop, transport:seek, transport:error */
struct mos_ev_transport {
	uint8_t state;      /**< enum mos_transport_state after the change */
	uint8_t old_state;  /**< before it */
	uint16_t reason;    /**< enum mos_transport_reason */
	int32_t error;      /**< -errno of transport:error, else 0 */
	int64_t from_tick;  /**< position before */
	int64_t to_tick;    /**< position after */
	uint64_t frame;     /**< engine frame at which it took effect */
};

enum mos_transport_reason {
	MOS_REASON_COMMAND = 0,
	MOS_REASON_END_OF_SCORE = 1,
	MOS_REASON_LOOP = 2,
	MOS_REASON_LOADED = 3,
	MOS_REASON_RECOVERED = 4, /**< an impossible state was mended (KRO-16) */
	MOS_REASON_LEADER = 5,    /**< the clock that is followed says so; with an error: it is heard no more */
};

/** transport:loop */
struct mos_ev_loop {
	int64_t start_tick;
	int64_t end_tick; /**< 0 and start 0: loop cleared */
	uint32_t active;  /**< 1: armed, 0: off */
	uint32_t count;   /**< times the loop has wrapped */
	uint32_t reserved[2];
};

/** tempo:change */
struct mos_ev_tempo {
	uint64_t ns_per_quarter; /**< from now on */
	uint64_t old_ns_per_quarter;
	uint32_t source;         /**< 0 score, 1 user override, 2 rate, 3 the clock that is followed */
	uint32_t rate_ppm;       /**< 1000000 = as written */
	uint32_t reserved[2];
};

/** score:loaded, score:error */
struct mos_ev_score {
	uint64_t timeline_id; /**< of the timeline now in force; score:error: load_id of hermes.load.list */
	int64_t end_tick;
	int32_t error;        /**< 0 or -errno */
	uint32_t n_events;
	uint32_t reserved[2];
};

/** key:change */
struct mos_ev_key {
	int8_t fifths; /**< -7 flats .. +7 sharps */
	uint8_t minor; /**< 1: minor */
	uint8_t reserved[30];
};

/** engine:state: Apollo's readiness */
struct mos_ev_engine {
	uint32_t state;   /**< enum mos_engine_state (mos/rtctl.h) */
	uint32_t percent; /**< 0..100 of a running load */
	int32_t error;    /**< 0 or -errno */
	uint32_t reserved[5];
};

#define MOS_MIXER_MASTER 0xffffu

enum mos_mixer_what {
	MOS_MIXER_ALL = 0, /**< all of it may be another: a score came, effects were set back everywhere */
	MOS_MIXER_STRIP = 1,
	MOS_MIXER_FX = 2,
	MOS_MIXER_INSERT = 3,
};

/** mixer:change: somebody set something, or an insert changed by itself. How it stands is asked for:
 * apollo.strip.list, apollo.fx.list, apollo.insert.list. */
struct mos_ev_mixer {
	uint16_t strip; /**< 0..63; MOS_MIXER_MASTER, also of ALL */
	uint8_t what;   /**< enum mos_mixer_what */
	uint8_t slot;   /**< INSERT: its place, 0..3 */
	char unit[12];  /**< FX: "send"; empty: all of the strip's */
	char param[16]; /**< what was set, "gain_db"; cut where longer; empty: several, or the insert itself */
};

/** One record of the event ring and of the ingress rings. */
struct mos_event {
	uint64_t seq;     /**< position in the ring, from 1; written by the ring, 0 in ingress records */
	uint64_t time_ns; /**< CLOCK_MONOTONIC, when due or when it happened; 0: at once */
	int64_t tick;     /**< 960 PPQ; INT64_MIN: no musical place */
	uint32_t type;    /**< enum mos_event_type */
	uint16_t source;  /**< MOS_SOURCE_* or client slot; set by rtcore, never believed */
	uint8_t hops;
	uint8_t flags;
	union {
		uint8_t bytes[32];
		uint32_t words[8];
		struct mos_ev_note note;
		struct mos_ev_ump ump;
		struct mos_ev_snapshot snapshot;
		struct mos_ev_chord chord;
		struct mos_ev_braid braid;
		struct mos_ev_feedback feedback;
		struct mos_ev_highlight highlight;
		struct mos_ev_pattern pattern;
		struct mos_ev_tap tap;
		struct mos_ev_voice voice;
		struct mos_ev_game game;
		struct mos_ev_pitch pitch;
		struct mos_ev_widget widget;
		struct mos_ev_data data;
		struct mos_ev_notice notice;
		struct mos_ev_beat beat;
		struct mos_ev_transport transport;
		struct mos_ev_loop loop;
		struct mos_ev_tempo tempo;
		struct mos_ev_score score;
		struct mos_ev_key key;
		struct mos_ev_engine engine;
		struct mos_ev_mixer mixer;
	} u;
};

/** Name of a type number, NULL when unknown. */
const char *mos_event_type_name(uint32_t type);
/** Number of a name, 0 when unknown. */
uint32_t mos_event_type_from_name(const char *name);
/** Place of a type in the table, from 0: its bit in masks, its line in figures. -1: unknown. */
int mos_event_type_index(uint32_t type) MOS_RT;
/** The type at a place, 0 past the end. */
uint32_t mos_event_type_at(uint32_t index) MOS_RT;
/** enum mos_event_group of a type, 0 when unknown. */
uint32_t mos_event_group(uint32_t type) MOS_RT;

/** What mos_event_check() found wrong; also the index of the counter that counts it (EVT-05). */
enum mos_event_fault {
	MOS_EVENT_OK = 0,
	MOS_EVENT_BAD_TYPE,     /**< not in the table */
	MOS_EVENT_BAD_FLAGS,    /**< an unknown flag */
	MOS_EVENT_BAD_HOPS,     /**< more than MOS_HOPS_MAX: a cycle */
	MOS_EVENT_BAD_FIELD,    /**< a field of the payload is out of its range */
	MOS_EVENT_BAD_RESERVED, /**< a reserved field of the payload is not 0 */
	MOS_EVENT_N_FAULTS
};

/**
 * Check a private copy of a record field by field, before anything acts on it. `seq`, `source` and the
 * times are not looked at: the taker assigns or clamps them. Pure.
 */
enum mos_event_fault mos_event_check(const struct mos_event *ev) MOS_RT;

#ifdef __cplusplus
}
#endif
#endif
