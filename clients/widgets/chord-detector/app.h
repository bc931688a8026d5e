/* SPDX-License-Identifier: MIT */
/* chord-detector: the cables between the detector and the bus, the sound and the screen. */
#ifndef CHORD_DETECTOR_APP_H
#define CHORD_DETECTOR_APP_H

#include <mos/audio_tap.h>
#include <mos/widget.h>

#include "detector.h"
#include "expected.h"
#include "external.h"
#include "hearing.h"

struct app {
	struct mos_widget *widget;
	struct mos_client *client;
	struct detector detector;
	struct expected expected;
	struct detection last; /* what was told last */
	struct external_queue queue;

	enum app_audio { APP_AUDIO_OFF, APP_AUDIO_IN, APP_AUDIO_OUT } audio;
	int is_hearing; /* `reader` and `hearing` are there */
	struct mos_audio_reader reader;
	struct hearing *hearing;
	float *block; /* the hop that is being filled */
	unsigned int n_block;

	struct mos_event cause; /* somebody's chord that was taken into the vote last */
	int has_cause;
	struct mos_tonality shown_key;
	int has_shown_key;
};

extern const struct mos_widget_ops app_ops;

/* CLOCK_MONOTONIC; in main.c, so that tests have a time of their own. */
int64_t app_time_ns(void);
/* Everything of the screen: text and state. */
void app_show(struct app *app);
void app_draw(struct app *app, struct mos_draw *draw);

#endif
