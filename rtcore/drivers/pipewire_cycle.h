/* SPDX-License-Identifier: MIT */
/**
 * The audio thread's side of the PipeWire driver: all state that it touches, and its one entry point.
 * rtcore only. The rest of the driver fills the first group before the node is exported and afterwards
 * only uses the atomics.
 */
#ifndef RTCORE_PIPEWIRE_CYCLE_H
#define RTCORE_PIPEWIRE_CYCLE_H

#include <stdatomic.h>
#include <stdint.h>
#include <mos/attr.h>
#include "driver.h"

struct pw_filter;
struct spa_io_position;

enum pipewire_port {
	PORT_FL,
	PORT_FR,
	PORT_CLICK,
	PORT_IN_FL,
	PORT_IN_FR,
	PORT_MIDI_IN,
	PORT_MIDI_OUT,
	PORT_COUNT
};

struct pipewire_rt {
	/* Fixed while the node exists. */
	driver_cycle_fn cycle;
	void *data;
	struct pw_filter *filter; /**< borrowed */
	void *port[PORT_COUNT];   /**< pw_filter's port handles; borrowed */
	uint32_t rate_hz;         /**< the engine's; a graph of another rate gets silence */

	/* Between threads; all relaxed: each is a fact of its own, nothing else is published by it. */
	atomic_bool linked;     /**< control -> audio: a link to the sink is active */
	atomic_bool resync;     /**< control -> audio: the graph's clock was left, count no gap */
	atomic_uint midi_ended; /**< control -> audio: links from MIDI sources that ended, not told yet */
	/* control -> audio: how late the input is, as the graph reports it: 1/1000 quanta, and ns */
	atomic_uint in_late_quanta, in_late_ns;
	atomic_bool leaves;     /**< control -> audio: the node will go; play no more */
	atomic_bool may_sound;  /**< audio -> control: since the engine last ran, it was not asked to let go */
	atomic_uint silent_cycles; /**< audio -> control: since it has let go */
	atomic_uint_fast64_t cycles; /**< audio -> control: engine cycles */
	atomic_uint_fast64_t
		refused; /**< audio -> control: cycles of an impossible length, answered by silence */
	atomic_uint quantum_frames; /**< audio -> control: of the last cycle, even if it was refused */
	atomic_uint graph_rate_hz;  /**< audio -> control: of the last cycle */

	/* The audio thread's own. */
	uint32_t clock_id; /**< whose clock the next three belong to */
	uint32_t clock_cycle;
	uint64_t clock_xrun;
	uint64_t next_position;
	uint32_t xruns_pending; /**< found in cycles that the engine did not see */
	uint32_t midi_lost;     /**< packets of the last cycle that PipeWire's buffer could not take */
	struct driver_midi midi_in;
	struct driver_midi midi_out;
	float unheard[2][DRIVER_MAX_FRAMES]; /**< master of a port without a buffer */
};

/**
 * pw_filter_events.process.
 *
 * @param data      struct pipewire_rt.
 * @param position  The graph's clock; shared memory that the graph's driver writes.
 *
 * Thread: PipeWire's data loop.
 */
void pipewire_process(void *data, struct spa_io_position *position) MOS_RT;

#endif
