/* SPDX-License-Identifier: MIT */
/* Where the transport is, as a line. */
#include "mosctl.h"

const char *position_line(const struct mos_now *now, char *buf, size_t size)
{
	const struct mos_clock *clock = &now->clock;

	(void)snprintf(buf, size, "%-7s %4u:%u:%03u  %6.1f BPM  %u/%u%s%s%s%s",
		mos_transport_state_name(clock->state), now->bar, now->beat, now->beat_tick, now->bpm,
		clock->meter_num, clock->meter_den, clock->flags & MOS_CLOCK_COUNT_IN ? "  counting in" : "",
		clock->flags & MOS_CLOCK_LOOP ? "  loop" : "",
		clock->flags & MOS_CLOCK_METRONOME ? "  click" : "",
		clock->flags & MOS_CLOCK_DRIVER_UP ? "" : "  (no sound device)");
	return buf;
}
