/* SPDX-License-Identifier: MIT */
/** What the hostile test plugin does, by its control `mode`; it passes the sound on where it comes to it. */
#ifndef MOS_TEST_PLUGIN_H
#define MOS_TEST_PLUGIN_H

/*
 * What the listener plays. Left, in the frame of a packet: its first data byte times LISTENER_UNIT; of a
 * note-off and of "all sound off" that is negative. Right: LISTENER_BEAT times the beat of the song,
 * LISTENER_LOST while nobody has told it.
 */
#define LISTENER_UNIT (1.0f / 256)
#define LISTENER_BEAT (1.0f / 64)
#define LISTENER_LOST (-0.5f)

enum hostile_mode {
	HOSTILE_NOT,
	HOSTILE_SLEEPS, /**< 50 ms each time */
	HOSTILE_BLOCKS, /**< for ever */
	HOSTILE_SPINS,  /**< for ever, with the processor */
	HOSTILE_NAN,
	HOSTILE_INF,
	HOSTILE_HUGE,
	HOSTILE_DENORMAL, /**< 1e-40: no crime */
	HOSTILE_SEGV,
	HOSTILE_ABORTS,
	HOSTILE_EATS,   /**< 32 MiB each time, and never gives them back */
	HOSTILE_RUDE,   /**< prints, forks, runs programs, kills its parent: what it may not */
	HOSTILE_CLOSES, /**< all descriptors */
	HOSTILE_EXITS,
	HOSTILE_SLOW, /**< counts for 4 ms each time */
	HOSTILE_N_MODES
};

#endif
