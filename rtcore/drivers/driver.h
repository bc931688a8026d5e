/* SPDX-License-Identifier: MIT */
/**
 * A driver is where time comes from: it calls the engine once a cycle with buffers to fill. rtcore only.
 *
 * `pipewire`: one node in the user's graph, called by PipeWire's data loop. `offline`: no clock, as fast
 * as the machine can. The engine cannot tell which one calls it.
 */
#ifndef RTCORE_DRIVER_H
#define RTCORE_DRIVER_H

#include <stddef.h>
#include <stdint.h>
#include <mos/attr.h>

#define DRIVER_MAX_FRAMES 8192u /**< largest quantum the engine accepts */
#define DRIVER_MIDI_MAX 512u    /**< MIDI packets a cycle, each way */

/** One Universal MIDI Packet inside the cycle. */
struct driver_ump {
	uint32_t offset_frames; /**< within the cycle, < n_frames */
	uint32_t n_words;       /**< 1..4 */
	uint32_t word[4];
};

/** Fixed list; `n` never exceeds DRIVER_MIDI_MAX. */
struct driver_midi {
	uint32_t n;
	uint32_t dropped; /**< packets that found no room this cycle */
	struct driver_ump ump[DRIVER_MIDI_MAX];
};

/** What one cycle hands to the engine. All pointers are borrowed for the call. */
struct driver_cycle {
	uint32_t n_frames;  /**< 1..DRIVER_MAX_FRAMES */
	uint32_t rate_hz;   /**< constant between start and stop */
	int64_t time_ns;    /**< CLOCK_MONOTONIC at which this cycle began, as the graph's clock states it */
	int64_t late_ns;    /**< how long after time_ns the cycle function was called; 0 when unknown */
	uint32_t xruns;     /**< xruns since the last cycle */
	const float *in[2]; /**< audio input left, right: n_frames each; NULL: nothing is linked */
	uint32_t in_latency_frames; /**< what the graph says that the input is late by */
	float *out[2];      /**< master left, right: n_frames each, to be overwritten; never NULL */
	float *click; /**< metronome on its own port (APO-33), silent until written; NULL: nobody listens */
	const struct driver_midi *midi_in; /**< sorted by offset; may be NULL */
	uint32_t midi_in_ended; /**< links to a MIDI source that ended since the last cycle: what it holds
				   ends */
	/**
	 * Empty, to be filled, sorted by offset; `dropped` says how many of the last cycle's packets could
	 * not be sent. NULL: nobody listens.
	 */
	struct driver_midi *midi_out;
	/**
	 * 1: no cycle may come for a while (the node goes, the sink is gone). Nothing is to be played; what the MIDI
	 * output holds is to be let go. The engine sets it to 0 when nothing is left to be sent.
	 */
	int leaves;
};

/** The engine's cycle. Thread: the driver's audio thread. */
typedef void (*driver_cycle_fn)(void *data, struct driver_cycle *cycle) MOS_RT;

enum driver_state {
	DRIVER_DOWN = 0, /**< no server, or not connected; the driver tries again by itself */
	DRIVER_IDLE,     /**< connected, but nothing drives us: no sink, or it is suspended */
	DRIVER_RUNNING,  /**< linked, cycles come */
	DRIVER_FAILED,   /**< for good: `text` says why */
};

/** Told from the driver's own (not audio) thread; must not block. `text` is valid for the call. */
struct driver_status {
	enum driver_state state;
	uint32_t quantum_frames;
	uint32_t rate_hz;
	int rt_policy;   /**< SCHED_* of the audio thread, -1 unknown */
	int rt_priority; /**< 0: none */
	char text[160];  /**< one sentence: what happened, and what priority was got and why not more */
};
typedef void (*driver_status_fn)(void *data, const struct driver_status *status);
/** One sentence for the log: an input came or went. Thread and rules as driver_status_fn. */
typedef void (*driver_note_fn)(void *data, const char *text);

struct driver_config {
	uint32_t rate_hz;        /**< asked for, 48000 */
	uint32_t quantum_frames; /**< asked for; 0: the graph's own */
	const char *node_name;   /**< "mos" */
	const char *target;      /**< sink's node name; NULL: the default sink, followed when it changes */
	/**
	 * Source's node name, or a sink's with ".monitor" behind it; "none"; NULL or "auto": the default
	 * source, followed when it changes, but never one to which our own sound comes back.
	 */
	const char *input;
	/** Part of a MIDI port's or its node's name; "none"; NULL or "auto": every hardware source. */
	const char *midi_in;
	driver_note_fn note; /**< may be NULL */
};

struct driver; /**< opaque, one per kind */

#define DRIVER_PORT_NAME_MAX 240u

enum driver_link {
	DRIVER_NOT_LINKED = 0,
	DRIVER_LINKING, /**< made, but what is sent does not arrive yet */
	DRIVER_LINKED,
};

/** Somebody's MIDI input. */
struct driver_port {
	char name[DRIVER_PORT_NAME_MAX]; /**< of its node, a colon, its own */
	enum driver_link link;           /**< from our MIDI output, whoever made it */
};

struct driver_ops {
	const char *name;
	/** @return 0; -errno only when it can never work. A missing server is no error: state DRIVER_DOWN. */
	int (*create)(const struct driver_config *config, driver_cycle_fn cycle, driver_status_fn status,
		void *data, struct driver **ret);
	/** Let go of what the MIDI output holds, stop cycles, free everything. No callback runs afterwards. */
	void (*destroy)(struct driver *driver);

	/* The next three wait for the driver's own thread, a few milliseconds at most. */

	/** MIDI inputs that our MIDI output could go to. @return how many were written, at most `max`. */
	uint32_t (*midi_ports)(struct driver *driver, struct driver_port *ret, uint32_t max);
	/**
	 * Link our MIDI output to a port, now and whenever a port of that name is there.
	 * @param name  Its whole name or alias, or a part that only one has.
	 * @param ret   Its whole name.
	 * @return 0; -ENOENT, -ENOTUNIQ with a sentence that names ports in ret_why; -ENOTCONN; -ENOSPC.
	 */
	int (*midi_link)(
		struct driver *driver, const char *name, struct driver_port *ret, char *ret_why, size_t why_size);
	/** Take back what midi_link() made: one, by name or a part; NULL: all. @return 0, -ENOENT. */
	int (*midi_unlink)(struct driver *driver, const char *name);
};

extern const struct driver_ops driver_pipewire;

#endif
