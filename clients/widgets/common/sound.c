/* SPDX-License-Identifier: MIT */
#include "sound.h"

#include <errno.h>
#include <string.h>

static int open_tap(struct sound *s)
{
	struct mos_client *client = mos_widget_client(s->widget);
	int rc = mos_client_audio(client, &s->tap);

	s->has_tap = 0;
	if (rc < 0) {
		mos_widget_log(s->widget, "no audio: %s", mos_client_error(client)->message);
		return rc;
	}
	rc = s->opened(s->tap.rate_hz, s->data);
	s->has_tap = rc == 0;
	return rc;
}

/* rtcore is another: its tap too. */
static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	(void)client;
	if (what == MOS_CONNECTION_NEW)
		(void)open_tap(data);
}

int sound_open(
	struct sound *s, struct mos_widget *widget, int (*opened)(uint32_t rate_hz, void *data), void *data)
{
	int rc;

	s->widget = widget;
	s->opened = opened;
	s->data = data;
	rc = open_tap(s);
	if (rc == 0)
		mos_client_on_connection(mos_widget_client(widget), on_connection, s);
	return rc;
}

void sound_choose(struct sound *s, const char *input)
{
	static const struct {
		const char *name;
		enum mos_tap_channel left, right;
	} inputs[] = {
		{"both", MOS_TAP_IN_L, MOS_TAP_IN_R},
		{"left", MOS_TAP_IN_L, MOS_TAP_IN_L},
		{"right", MOS_TAP_IN_R, MOS_TAP_IN_R},
		{"output", MOS_TAP_OUT_L, MOS_TAP_OUT_R},
	};

	size_t i = 0;

	while (i + 1 < sizeof(inputs) / sizeof(inputs[0]) && strcmp(input, inputs[i].name) != 0)
		i++;
	s->left = inputs[i].left;
	s->right = inputs[i].right;
}

int sound_read(struct sound *s, float *ret, uint32_t max)
{
	const uint64_t from = s->tap.next_frame;
	float right[SOUND_CHUNK];
	int n;

	if (!s->has_tap)
		return 0;
	n = mos_audio_read(&s->tap, s->left, ret, max < SOUND_CHUNK ? max : SOUND_CHUNK);
	if (n <= 0 || s->right == s->left)
		return n;
	s->tap.next_frame = from;
	if (mos_audio_read(&s->tap, s->right, right, (uint32_t)n) != n)
		return -EOVERFLOW;
	for (int i = 0; i < n; i++)
		ret[i] = 0.5f * (ret[i] + right[i]);
	return n;
}

void sound_close(struct sound *s)
{
	s->has_tap = 0;
}
