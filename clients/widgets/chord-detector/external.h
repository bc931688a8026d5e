/* SPDX-License-Identifier: MIT */
/*
 * Chords that others have found, told through the method `detection.emit` (MID-05): at once when they are of
 * now, one after the other beside the live lane when they are many from an analysis.
 */
#ifndef CHORD_DETECTOR_EXTERNAL_H
#define CHORD_DETECTOR_EXTERNAL_H

#include <mos/tonality.h>
#include <mos/event.h>
#include <mos/value.h>

#define EXTERNAL_QUEUE 4096
#define EXTERNAL_PER_FRAME 8 /* told from the queue in one 16 ms frame */

struct external_queue {
	struct mos_ev_chord chord[EXTERNAL_QUEUE];
	uint32_t n, first;
};

/* What a call asks for. */
struct external_request {
	enum mos_chord_origin origin;
	enum mos_chord_source source;
	int is_fused; /* it says who voted: not to be voted on again */
	uint8_t votes, version;
	float confidence;
	uint32_t n_chords;
};

struct external_fault {
	const char *code;
	char text[128];
};

/* @return 0; -EINVAL, ret_fault says why. Every symbol is read before anything is told. */
int external_parse(
	const struct mos_value *params, struct external_request *ret, struct external_fault *ret_fault);
/* The chord at a place of the call that external_parse() took. */
struct mos_ev_chord external_chord(const struct mos_value *params, const struct external_request *request,
	uint32_t i, const struct mos_tonality *tonality, struct mos_chord *ret);

int external_has_room(const struct external_queue *queue, uint32_t n);
void external_put(struct external_queue *queue, const struct mos_ev_chord *chord);
/* @return 0: it is empty. */
int external_take(struct external_queue *queue, struct mos_ev_chord *ret);

#endif
