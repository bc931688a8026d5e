/* SPDX-License-Identifier: MIT */
/**
 * rtcore's counters, one table. X(SYMBOL, "label", "unit", KIND, WRITER): the writer is the one thread that
 * may change it. After the table follow `apollo.strip.N.peak` for N 0..63, `rt.published.TYPE` (audio thread),
 * `bus.published.TYPE` and `bus.refused.WHY.TYPE` (bus thread), for each type of event.
 */
#ifndef RTCORE_COUNTERS_H
#define RTCORE_COUNTERS_H

#include <mos/counters.h>
#include <mos/event.h>
#include <mos/rtctl.h>

#define RTCORE_COUNTERS(X)                                                                                \
	/* audio thread */                                                                                \
	X(CYCLES, "rt.cycles", "", COUNT)                                                                 \
	X(CYCLE, "rt.cycle", "ns", HIST)             /* time one cycle took */                            \
	X(WAKEUP, "rt.wakeup", "ns", HIST)           /* from the graph's start of cycle to our call */    \
	X(LOAD, "rt.load_permille", "", GAUGE)       /* last cycle's time by its length */                \
	X(XRUNS, "rt.xruns", "", COUNT)                                                                   \
	X(OVERRUNS, "rt.overruns", "", COUNT)        /* cycles that ended after their deadline */         \
	X(BUSY, "rt.cycle_skipped", "", COUNT)       /* cycles given up while control was inside */       \
	X(WORKER_UNITS, "rt.worker_units", "", COUNT) /* parts of blocks that the second worker did */    \
	X(WORKER_LATE, "rt.worker_late", "", COUNT)  /* and those that it had not done in time */         \
	X(JITTER, "kronos.jitter", "ns", HIST)       /* cycle start against the DLL's line */             \
	X(JITTER_MAX, "kronos.jitterMax", "ns", GAUGE)                                                    \
	X(DLL_ERROR, "kronos.dll_error", "ns", GAUGE)                                                     \
	X(RESYNCS, "kronos.resyncs", "", COUNT)      /* cycles were lost: the line began anew */          \
	X(DRIFT, "kronos.drift_ppb", "ppb", GAUGE)   /* graph clock against CLOCK_MONOTONIC */            \
	X(DUPLICATES, "kronos.duplicates", "", COUNT)                                                     \
	X(REFUSED, "kronos.refused", "", COUNT)                                                           \
	X(RECOVERED, "kronos.recovered", "", COUNT)                                                       \
	X(DEFERRED, "kronos.queue", "", GAUGE)       /* requests waiting for a load to end */             \
	X(COMMANDS, "kronos.commandsPublished", "", COUNT)                                                \
	X(TICKS, "kronos.ticksPublished", "", COUNT) /* beats told */                                     \
	X(SEEK, "kronos.seek", "ns", HIST)           /* request taken by control to position changed */   \
	X(FOLLOW_LEADER, "kronos.follow.leader", "", GAUGE) /* whose clock is followed: 0 none, 1 MIDI, 2 Link */ \
	X(FOLLOW_ERROR, "kronos.follow.error", "ns", GAUGE) /* that clock is so much ahead of us */       \
	X(FOLLOW_LOST, "kronos.follow.lost", "", COUNT)     /* times it fell silent */                    \
	X(FOLLOW_JUMPS, "kronos.follow.jumps", "", COUNT)   /* times we jumped to be in phase */          \
	X(FOLLOW_PULSES, "kronos.follow.pulses", "", COUNT) /* of a MIDI clock */                         \
	X(LATE, "seq.late", "", COUNT)               /* events that found no room in their block */       \
	X(GATE_SENT, "gate.sent", "", COUNT)         /* score packets that went to Apollo, MIDI output, or both */ \
	X(GATE_LATE, "gate.late", "", COUNT)         /* of the score, later than the song's limit */      \
	X(GATE_DROPPED, "gate.dropped", "", COUNT)   /* ornaments among them that were not played */      \
	X(EVENTS_DUE, "seq.events", "", COUNT)                                                            \
	X(LIVE_WAITING, "live.waiting", "", GAUGE)                                                        \
	X(LIVE_DROPPED, "live.dropped", "", COUNT)                                                        \
	X(VOICES, "apollo.voices", "", GAUGE)                                                             \
	X(KEYS, "apollo.keys_down", "", GAUGE)                                                            \
	X(NOTES, "apollo.notes", "", COUNT)                                                               \
	X(PEAK_L, "apollo.peak_l", "mdB", GAUGE)     /* 1/1000 dBFS, -120000: silence */                  \
	X(PEAK_R, "apollo.peak_r", "mdB", GAUGE)                                                          \
	X(VOICES_MAX, "apollo.voices_max", "", GAUGE) /* of the bank in force, so far */                  \
	X(STOLEN, "apollo.stolen", "", COUNT)        /* voices ended for others, of the bank in force */  \
	X(STARVED, "apollo.starved", "", COUNT)      /* voices that faded since the disk was late */      \
	X(LIMITED, "apollo.limited", "", COUNT)                                                           \
	X(MIX_LATENCY, "apollo.latency", "frames", GAUGE)                                                 \
	X(CLIPS, "apollo.clips.sounding", "", GAUGE)                                                      \
	X(CLIPS_LATE, "apollo.clips.late", "", COUNT)     /* a clip was silent, waiting for the disk */   \
	X(MIDI_IN, "midi.in", "", COUNT)                                                                  \
	X(MIDI_IN_RATE, "midi.in_rate", "1/s", GAUGE) /* packets in the last second */                    \
	X(MIDI_IN_DROPPED, "midi.in_dropped", "", COUNT) /* packets that the driver found no room for */  \
	X(MIDI_LATENCY, "midi.latency", "ns", HIST)  /* note came in to its sound handed over */          \
	X(MIDI_OUT, "midi.out", "", COUNT)                                                                \
	X(MIDI_DROPPED, "midi.dropped", "", COUNT)                                                        \
	X(PUBLISHED, "events.published", "", COUNT)  /* numbers given out, by both writers of the ring */ \
	X(UNPUBLISHED, "events.unpublished", "", COUNT) /* the bus thread stood still for a whole lap */  \
	/* bus thread */                                                                                  \
	X(BUS_RECORDS, "bus.records", "", COUNT)     /* taken from clients' rings */                      \
	X(BUS_BAD_TYPE, "bus.refused.type", "", COUNT) /* of no known type */                             \
	X(BUS_COALESCED, "bus.coalesced", "", COUNT) /* midi:snapshot that a newer one replaced */        \
	X(BUS_FLOODS, "bus.floods", "", COUNT)       /* frames in which a client spent its share */       \
	X(BUS_CYCLES, "bus.cycles", "", COUNT)       /* answers to answers beyond the limit */            \
	X(BUS_HELD, "bus.held", "", COUNT)           /* sounding records that waited for a cycle */       \
	X(BUS_RESYNC, "bus.resync", "", COUNT)       /* rings whose position was nonsense */              \
	X(BUS_UNPUBLISHED, "bus.unpublished", "", COUNT) /* the audio thread stood still for a lap */     \
	X(BUS_BELLS, "bus.bells", "", COUNT)         /* groups rung */                                    \
	X(BUS_WAKEUPS, "bus.wakeups", "", COUNT)                                                          \
	/* control thread */                                                                              \
	X(WORKERS, "rt.workers", "", GAUGE)          /* threads that make voices sound */                 \
	X(CLIENTS, "control.clients", "", GAUGE)                                                          \
	X(REQUESTS, "control.requests", "", COUNT)                                                        \
	X(LOAD_NS, "kronos.load", "ns", HIST)        /* timeline handed over to in force */               \
	X(ENGINE_STATE, "apollo.state", "", GAUGE)   /* enum mos_engine_state */                          \
	X(ENGINE_PERCENT, "apollo.load_percent", "%", GAUGE)                                              \
	X(ENGINE_BYTES, "apollo.bank_bytes", "bytes", GAUGE)                                              \
	X(ENGINE_TRIES, "apollo.load_tries", "", COUNT)                                                   \
	X(PRESETS, "apollo.presets", "", GAUGE)      /* to choose from */                                 \
	X(POLYPHONY, "apollo.polyphony", "", GAUGE)  /* voices at once, at most */                        \
	X(RESIDENT, "apollo.resident_bytes", "bytes", GAUGE) /* of samples, in memory */                  \
	X(CACHE_BYTES, "apollo.cache_bytes", "bytes", GAUGE) /* decoded samples on disk */                \
	X(CACHE_HITS, "apollo.cache_hits", "", COUNT)                                                     \
	X(CACHE_MISSES, "apollo.cache_misses", "", COUNT)                                                 \
	X(STREAMS, "apollo.streams", "", GAUGE)      /* voices that are read from disk */                 \
	X(STREAM_LATE, "apollo.stream_late", "", COUNT) /* blocks that came too late */                   \
	X(STREAM_BYTES, "apollo.stream_bytes", "bytes", COUNT)                                            \
	X(DRIVER_STATE, "driver.state", "", GAUGE)   /* 0 down 1 idle 2 running 3 failed */               \
	X(DRIVER_RESTARTS, "driver.restarts", "", COUNT)                                                  \
	/* loudness meter; LUFS, LU and dBTP in thousandths, -120000: silence */                          \
	X(LOUDNESS_MOMENTARY, "apollo.loudness.momentary", "mLUFS", GAUGE)   /* of 400 ms */              \
	X(LOUDNESS_SHORT, "apollo.loudness.short", "mLUFS", GAUGE)           /* of 3 s */                 \
	X(LOUDNESS_INTEGRATED, "apollo.loudness.integrated", "mLUFS", GAUGE) /* since the last reset */   \
	X(LOUDNESS_RANGE, "apollo.loudness.range", "mLU", GAUGE)                                          \
	X(LOUDNESS_TRUE_PEAK, "apollo.loudness.true_peak", "mdB", GAUGE)                                  \
	X(LOUDNESS_LOST, "apollo.loudness.lost", "", COUNT) /* frames it was too late for */

/** Why a client's record was refused, beside an unknown type: X(SYMBOL, "why") */
#define RTCORE_REFUSALS(X)                                                                                \
	X(FLAGS, "flags")       /* an unknown flag */                                                     \
	X(HOPS, "hops")         /* a cycle */                                                             \
	X(FIELD, "field")       /* out of its range */                                                    \
	X(RESERVED, "reserved") /* not 0 */                                                               \
	X(GRANT, "grant")       /* the client may not */                                                  \
	X(ORIGIN, "origin")     /* no client may */

enum rtcore_refusal {
#define X(sym, why) REFUSED_##sym,
	RTCORE_REFUSALS(X)
#undef X
	REFUSED_N
};

#define X(sym, num, name) +1
enum { RTCORE_N_TYPES = 0 MOS_EVENT_TYPES(X) };
#undef X

enum rtcore_counter {
#define X(sym, label, unit, kind) C_##sym,
	RTCORE_COUNTERS(X)
#undef X
	C_STRIP_PEAK,
	C_RT_PUBLISHED = C_STRIP_PEAK + MOS_N_STRIPS,     /**< by mos_event_type_index() */
	C_BUS_PUBLISHED = C_RT_PUBLISHED + RTCORE_N_TYPES, /**< likewise */
	C_BUS_REFUSED = C_BUS_PUBLISHED + RTCORE_N_TYPES,  /**< [enum rtcore_refusal][mos_event_type_index()] */
	C_TOTAL = C_BUS_REFUSED + REFUSED_N * RTCORE_N_TYPES
};
static_assert(C_TOTAL <= MOS_COUNTERS_MAX, "counter table is full");

/** Create the page with all labels. @return 0 or -errno. */
int rtcore_counters_create(uint64_t generation, struct mos_counters *ret);

#endif
