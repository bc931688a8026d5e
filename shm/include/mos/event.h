/* SPDX-License-Identifier: MIT */
/**
 * The event record: 64 bytes, one cache line, and the one table of event types. DESIGN section 5,
 * E1.4.4, rows EVT-01, EVT-11, EVT-24, EVT-25. ABI 1.0.
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
	X(ENGINE_STATE, 0x1501, "engine:state")

enum mos_event_type {
#define X(sym, num, name) MOS_EVENT_##sym = num,
	MOS_EVENT_TYPES(X)
#undef X
};

/** `source`: who made the event. Client slots count from 0 to 1023. */
#define MOS_SOURCE_RTCORE 0xffffu
#define MOS_SOURCE_SCORE 0xfffeu
#define MOS_SOURCE_MIDI_IN 0xfffdu

/** `flags` */
#define MOS_EVENT_IMMEDIATE 0x01u /**< rings the bell at once instead of once a 16 ms frame */
#define MOS_EVENT_SCHEDULED 0x02u /**< announced before it is due (TIM-03); void after a later seek, stop, tempo:change */

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

/** midi:ump: any other Universal MIDI Packet, up to 128 bits */
struct mos_ev_ump {
	uint32_t word[4];
	uint32_t reserved[4];
};

/** metronome:beat, transport:measure, meter:change (the first beat in the new meter) */
struct mos_ev_beat {
	uint32_t measure;       /**< 0 = first measure of the score */
	uint16_t beat;          /**< 0 = downbeat; counted in denominator units */
	uint16_t meter_num;     /**< beats a measure */
	uint16_t meter_den;     /**< 1, 2, 4 ... 64 */
	uint16_t accent;        /**< 2 downbeat, 1 secondary group start, 0 weak */
	uint32_t flags;         /**< bit 0: count-in */
	uint64_t ns_per_quarter; /**< tempo at the beat, ns */
	uint32_t reserved[2];
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
	uint32_t source;         /**< 0 score, 1 user override, 2 rate */
	uint32_t rate_ppm;       /**< 1000000 = as written */
	uint32_t reserved[2];
};

/** score:loaded, score:error */
struct mos_ev_score {
	uint64_t timeline_id; /**< of the timeline now in force, or refused */
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
		struct mos_ev_beat beat;
		struct mos_ev_transport transport;
		struct mos_ev_loop loop;
		struct mos_ev_tempo tempo;
		struct mos_ev_score score;
		struct mos_ev_key key;
		struct mos_ev_engine engine;
	} u;
};

/** Name of a type number, NULL when unknown. */
const char *mos_event_type_name(uint32_t type);
/** Number of a name, 0 when unknown. */
uint32_t mos_event_type_from_name(const char *name);

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
