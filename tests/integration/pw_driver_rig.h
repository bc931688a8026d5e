/* SPDX-License-Identifier: MIT */
/**
 * The PipeWire driver under test: a private PipeWire, and an engine that writes a known signal and keeps
 * a diary of its cycles.
 */
#ifndef TESTS_PW_DRIVER_RIG_H
#define TESTS_PW_DRIVER_RIG_H

#include <pthread.h>
#include <stdatomic.h>
#include "driver.h"
#include "headless_pw.h"

#define RIG_RATE_HZ 48000u
#define RIG_CYCLES_MAX 65536u
#define RIG_MIDI_MAX 1024u
#define RIG_HEARD_MAX (1u << 20) /**< frames of input that are kept */

struct rig_cycle {
	int64_t time_ns, late_ns;
	uint64_t frame; /**< engine frame of the first sample */
	uint32_t n_frames, xruns;
};

struct rig_midi {
	uint64_t frame; /**< engine frame at which it came */
	struct driver_ump ump;
};

struct rig {
	struct headless_pw pw;
	struct driver *driver;

	/* Written by the audio thread before the count is stored with release. */
	struct rig_cycle cycle[RIG_CYCLES_MAX];
	struct rig_midi midi[RIG_MIDI_MAX];
	atomic_uint n_cycles, n_midi;
	float heard[2][RIG_HEARD_MAX]; /**< input by engine frame; NaN: nothing was linked */
	atomic_uint n_midi_ended;
	uint64_t next_frame; /**< audio thread only */

	/** Sent by the next cycle that can, then emptied: the caller fills `out` and stores `out_full`. */
	struct driver_midi out;
	atomic_bool out_full;
	uint64_t out_frame; /**< engine frame of the cycle that sent it; valid when `out_full` is false again
			     */

	/* By the driver's thread, under the lock. */
	pthread_mutex_t lock;
	struct driver_status status;
	unsigned int n_running; /**< times that RUNNING was reported */
	char notes[8192];       /**< what the driver said about its inputs, a line each */
};

/** The signal at an engine frame: noise, so that no two places look alike. Exact in float. */
float rig_sample(uint64_t frame, int channel) MOS_RT;

/** A PipeWire for this test; the test is skipped where none is installed. One rig a process. */
struct rig *rig_start(uint32_t quantum_frames);

/** The driver; NULL target: the default sink. */
void rig_start_driver(struct rig *rig, uint32_t quantum_frames, const char *target);

/** The same with inputs as in driver_config. */
void rig_start_driver_inputs(struct rig *rig, const char *input, const char *midi_in);

/** Wait until the driver has said something about its inputs; `nth` times. */
void rig_expect_note(struct rig *rig, const char *part, unsigned int nth);

/** Another driver of the same name in the same PipeWire, with a diary of its own. */
struct rig *rig_second(const struct rig *first);

struct driver_status rig_status(struct rig *rig);

/** Wait for a state. Fails the test, with the last status text, when it doesn't come. */
void rig_expect(struct rig *rig, enum driver_state state);

/** Wait until this many cycles are in the diary. */
void rig_expect_cycles(struct rig *rig, unsigned int n);

/** End driver and PipeWire. */
void rig_stop(struct rig *rig);

#endif
