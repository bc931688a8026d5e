/* SPDX-License-Identifier: MIT */
/** The recorder as a picture: what it does, for how long, three buttons. Pure. */
#ifndef RECORDER_DRAW_H
#define RECORDER_DRAW_H

#include <mos/draw.h>

enum recorder_button { RECORDER_RECORD, RECORDER_PLAY, RECORDER_STOP, RECORDER_BUTTONS };

struct recorder_picture {
	int is_recording, is_replaying;
	const char *name, *trouble;
	uint64_t seconds, n_events, bytes;
	double phase; /* 0..1 of a second, for the light that pulses */
};

struct mos_box recorder_button(float width, float height, enum recorder_button button);
/* @return RECORDER_BUTTONS: none. */
enum recorder_button recorder_button_at(float width, float height, struct mos_point at);
void recorder_draw(struct mos_draw *d, const struct recorder_picture *picture);

#endif
