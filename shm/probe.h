/* SPDX-License-Identifier: MIT */
/**
 * Probes: the places where mos-trace can look at a running program (USDT, provider `mos`). A probe that
 * nobody looks at is one `nop`, and the notes that tell where it lies stand in the ELF file. Private: not
 * installed.
 *
 *     MOS_PROBE(cycle_end, cycle, busy_ns, period_ns);
 *
 * Arguments are integers that are at hand anyway: nothing may be computed for a probe alone. But for
 * cycle_times, which has a semaphore: rtcore/cycle_times.h. Fine inside MOS_RT.
 */
#ifndef SHM_PROBE_H
#define SHM_PROBE_H

#ifndef __BPF__
#include <stdint.h>
#endif

/**
 * The one table: X(name, "arguments", "when it fires"). docs/TRACING.md is compared with it by a test, and so
 * are the notes of the built programs.
 */
#define MOS_PROBES(X)                                                                                        \
	X(cycle_begin, "cycle frames late_ns bell_fd",                                                       \
		"rtcore: the audio cycle begins; so late after the graph's own")                             \
	X(cycle_end, "cycle busy_ns period_ns",                                                              \
		"rtcore: the cycle ends, after the bell; the time that it had")                              \
	X(cycle_times, "times",                                                                              \
		"rtcore: next to cycle_end; where the time went, at this address (struct mos_cycle_times)")  \
	X(midi_in, "word0 word1 frame", "rtcore: a packet of MIDI input, at this frame of the engine")       \
	X(note_sounded, "word0 word1 frame",                                                                 \
		"rtcore: a note goes to Apollo, to sound at this frame of the engine")                       \
	X(publish, "seq type source", "rtcore: an event lies in the ring, by whichever thread")              \
	X(ingress_take, "slot type pos",                                                                     \
		"rtcore: the bus thread took the record at place pos of this client's ring")                 \
	X(stream_begin, "stream bytes", "rtcore: the streamer asks for a read")                              \
	X(stream_end, "stream result", "rtcore: that read has ended; bytes, or -errno")                      \
	X(worker_begin, "job unit", "rtcore: the second worker begins a part of a block's voices")           \
	X(worker_end, "job unit", "rtcore: it has done that")                                                \
	X(load, "what status", "rtcore: a song (0), bank (1) or clip (2) has been loaded, or not (-errno)")  \
	X(emit, "type slot pos generation",                                                                  \
		"libmos: a record goes to place pos of this client's ingress ring")                          \
	X(doorbell, "slot pos", "libmos: rtcore was rung for what lies before place pos")                    \
	X(receive, "seq type generation slot", "libmos: a program has taken an event from the ring")         \
	X(receive_lost, "lost generation slot", "libmos: a program was lapped; events lost so far")          \
	X(listener_begin, "seq type slot", "libmos: a listener is called with an event")                     \
	X(listener_end, "seq type slot", "libmos: that listener has returned")

/** Stages of a cycle, in their order. X(NAME, number, "what it does") */
#define MOS_PROBE_STAGES(X)                                                                                  \
	X(serve, 0, "clock's line, MIDI output, requests, what clients play")                                \
	X(clock, 1, "clock page")                                                                            \
	X(collect, 2, "MIDI input and live queue of a block")                                                \
	X(walk, 3, "Kronos: the score's events of a block")                                                  \
	X(render, 4, "instruments and clips of a block")                                                     \
	X(mix, 5, "strips, sends, master of a block")                                                        \
	X(publish, 6, "tap, snapshot, counters")                                                             \
	X(bell, 7, "the bell, where somebody sleeps")

enum mos_probe_stage {
#define X(name, number, what) MOS_STAGE_##name = number,
	MOS_PROBE_STAGES(X)
#undef X
		MOS_N_STAGES,
};

/** What cycle_times points at: a cycle and where its time went. */
struct mos_cycle_times {
	uint64_t cycle;
	int64_t begin_ns; /**< CLOCK_MONOTONIC */
	uint64_t wall_ns; /**< with the bell: the sum of the stages */
	uint64_t busy_ns; /**< without it */
	uint64_t period_ns;
	int64_t late_ns; /**< begun so long after the graph's own cycle */
	uint32_t n_frames;
	uint32_t reserved;
	uint64_t stage_ns[MOS_N_STAGES]; /**< blocks of one cycle added up */
};

#if defined(MOS_USDT) && !defined(MOS_PROBES_OFF)
/* registers and constants: what every reader of the notes understands */
#define STAP_SDT_ARG_CONSTRAINT nr
#define SDT_USE_VARIADIC
#include <sys/sdt.h>
#define MOS_PROBE(name, ...) STAP_PROBEV(mos, name, __VA_ARGS__)
#else
static inline void mos_probe_unused(int first, ...)
{
	(void)first;
}
#define MOS_PROBE(name, ...) ((void)sizeof((mos_probe_unused(0, __VA_ARGS__), 0)))
#endif

#endif
