/* SPDX-License-Identifier: MIT */
/** The sound that a widget listens to, as one channel: the audio input or one side of it, or the output. */
#ifndef WIDGET_SOUND_H
#define WIDGET_SOUND_H

#include <mos/audio_tap.h>
#include <mos/widget.h>

#define SOUND_CHUNK 256u /**< frames at once, at most */

struct sound {
	struct mos_widget *widget;
	/** There is another tap, and so another rate. @return 0; -errno: nothing can be heard. */
	int (*opened)(uint32_t rate_hz, void *data);
	void *data;
	struct mos_audio_reader tap;
	int has_tap;
	enum mos_tap_channel left, right; /**< the same: one side only */
};

/** Listen from now on, also to the rtcore that comes after this one. What is wrong is logged. @return 0;
 * -errno. */
int sound_open(
	struct sound *s, struct mos_widget *widget, int (*opened)(uint32_t rate_hz, void *data), void *data);
/** The setting "input": both, left, right, output. */
void sound_choose(struct sound *s, const char *input);
/** @param max  at most SOUND_CHUNK. @return frames read; 0 none; -EOVERFLOW a hole. */
int sound_read(struct sound *s, float *ret, uint32_t max);
void sound_close(struct sound *s);

#endif
