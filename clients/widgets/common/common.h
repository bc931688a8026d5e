/* SPDX-License-Identifier: MIT */
/** What the main() of several widgets has in common. */
#ifndef WIDGET_COMMON_H
#define WIDGET_COMMON_H

#include <time.h>

#include <mos/widget.h>

static inline int64_t common_time_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Hear a list of types that ends with 0. @return as mos_events_on(). */
static inline int common_listen(
	struct mos_client *client, const uint32_t *types, mos_event_handler handler, void *data)
{
	int r = 0;

	for (; *types && r == 0; types++)
		r = mos_events_on(client, *types, handler, data, NULL);
	return r;
}

/* A note of ours, at once. */
static inline void common_note(struct mos_client *client, int channel, int key, float velocity)
{
	struct mos_event ev = {.type = velocity > 0 ? MOS_EVENT_MIDI_NOTEON : MOS_EVENT_MIDI_NOTEOFF,
		.flags = MOS_EVENT_IMMEDIATE,
		.tick = INT64_MIN};

	ev.u.note = (struct mos_ev_note){.channel = (uint8_t)channel,
		.key = (uint8_t)key,
		.velocity = (uint16_t)(velocity * 65535),
		.part = 0xffff};
	(void)mos_emit(client, &ev);
}

#endif
