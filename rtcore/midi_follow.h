/* SPDX-License-Identifier: MIT */
/**
 * A MIDI clock at the MIDI input that leads us: pulses, start, stop, continue, song position (TOU-45,
 * KRO-26). Audio thread only.
 */
#ifndef RTCORE_MIDI_FOLLOW_H
#define RTCORE_MIDI_FOLLOW_H

#include <stdint.h>

#include "kronos/pulse.h"

struct midi_follow {
	struct pulse pulse;
	int is_running; /**< it has started under our eyes, so that its beats are known */
	int starts;     /**< with the next pulse it begins, at `from` */
	int64_t from;   /**< tick; -1: where we are */
	int64_t tick;   /**< of the last pulse */
	struct midi_follow_was {
		int64_t tick, at_ns;
		uint64_t npq; /**< 0: none of this */
	} was; /**< where the process before us was: with the next pulse we are where its leader is by then */
};

#endif
