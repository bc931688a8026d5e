/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <errno.h>
#include <stdlib.h>

int band_events_add(struct band_events *events, const struct band_event *event)
{
	if (events->n_events == BAND_EVENTS_MAX)
		return -E2BIG;
	if (events->n_events == events->n_room) {
		const uint32_t room = events->n_room ? 2 * events->n_room : 256;
		struct band_event *grown = reallocarray(events->event, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		events->event = grown;
		events->n_room = room;
	}
	events->event[events->n_events++] = *event;
	if (event->part < BAND_N_PARTS)
		events->n[event->part]++;
	return 0;
}

void band_events_finish(struct band_events *events)
{
	free(events->event);
	*events = (struct band_events){};
}
