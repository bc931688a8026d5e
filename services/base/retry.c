/* SPDX-License-Identifier: MIT */
/* Pauses between tries. */
#include <time.h>

#include "retry.h"

#define PAUSE_MIN_US 50000
#define PAUSE_MAX_US 500000

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct retry *retry = data;

	retry->again(retry->data);
	return 0;
}

int retry_init(struct retry *retry, sd_event *event, void (*again)(void *data), void *data)
{
	int rc;

	*retry = (struct retry){.pause_us = PAUSE_MIN_US, .again = again, .data = data};
	rc = sd_event_add_time_relative(event, &retry->timer, CLOCK_MONOTONIC, 0, 0, on_timer, retry);
	if (rc < 0)
		return rc;
	return sd_event_source_set_enabled(retry->timer, SD_EVENT_OFF);
}

void retry_finish(struct retry *retry)
{
	retry->timer = sd_event_source_disable_unref(retry->timer);
}

void retry_later(struct retry *retry)
{
	if (sd_event_source_set_time_relative(retry->timer, retry->pause_us) >= 0)
		(void)sd_event_source_set_enabled(retry->timer, SD_EVENT_ONESHOT);
	retry->pause_us = retry->pause_us * 2 > PAUSE_MAX_US ? PAUSE_MAX_US : retry->pause_us * 2;
}

void retry_reset(struct retry *retry)
{
	retry->pause_us = PAUSE_MIN_US;
}
