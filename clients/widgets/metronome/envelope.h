/* SPDX-License-Identifier: MIT */
/* The click's envelope (TOU-22) as controllers of its channel: NRPN 77/0 attack, 77/1 decay, 77/2 sustain. */
#ifndef METRONOME_ENVELOPE_H
#define METRONOME_ENVELOPE_H

#include "config.h"

#define METRO_ENVELOPE_CCS 14

int metro_envelope_is_neutral(const struct metro_envelope *envelope);
/* Controller and value, in this order. */
void metro_envelope_ccs(const struct metro_envelope *envelope, uint8_t ret[METRO_ENVELOPE_CCS][2]);

#endif
