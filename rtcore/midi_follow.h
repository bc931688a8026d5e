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
};

#endif
