/* SPDX-License-Identifier: MIT */
/* A timeline for interfaces: place after place, all from the clock page (HER-19). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client_impl.h"
#include "clock_age.h"

#define FRAMES_HZ 60u
#define FRAMES_HZ_MAX 1000u
/* Farther from where it would have gone than a 32nd note is a jump; a tempo change within a frame is less. */
#define JUMP_TICKS (MOS_PPQ / 8)
#define SAME_TEMPO 1e-5 /* what is rounded */

static void measure(struct mos_place *place)
{
	const struct mos_now *now = &place->now;
	place->bar_tick = place->bar_ticks = 0;
	place->bar_position = 0;
	if (!now->clock.meter_num || !now->clock.meter_den || now->clock.meter_den > 4 * MOS_PPQ)
		return;
	const uint32_t beat_ticks = 4 * MOS_PPQ / now->clock.meter_den;
	place->bar_ticks = beat_ticks * now->clock.meter_num;
	place->bar_tick = (now->beat - 1) * beat_ticks + now->beat_tick;
	place->bar_position =
		((double)place->bar_tick + (double)now->tick_frac / 4294967296.0) / place->bar_ticks;
}

/** By itself the transport would have gone from `before` to ... */
static int has_jumped(const struct mos_now *before, const struct mos_now *now)
{
	int64_t apart;
	if (before->clock.timeline_id != now->clock.timeline_id)
		return 1;
	if (__builtin_sub_overflow(now->tick, mos_clock_tick_at(&before->clock, now->time_ns, NULL), &apart))
		return 1;
	return apart > JUMP_TICKS || apart < -JUMP_TICKS;
}

/* Who follows another clock is a little faster or slower in each cycle: that is no other tempo. */
static int is_other_tempo(const struct mos_clock *a, const struct mos_clock *b)
{
	const double was = (double)a->ns_per_quarter * a->rate_ppm,
		     is = (double)b->ns_per_quarter * b->rate_ppm;
	if (!(a->flags & b->flags & MOS_CLOCK_FOLLOWS))
		return a->ns_per_quarter != b->ns_per_quarter;
	return is > was * (1 + SAME_TEMPO) || is < was * (1 - SAME_TEMPO);
}

static uint32_t compare(const struct mos_now *before, const struct mos_now *now)
{
	const struct mos_clock *a = &before->clock, *b = &now->clock;
	uint32_t changed = 0;
	if (before->time_ns == 0) /* the first one */
		return MOS_PLACE_MOVED | MOS_PLACE_BEAT | MOS_PLACE_BAR | MOS_PLACE_STATE | MOS_PLACE_TEMPO |
		       MOS_PLACE_METER | MOS_PLACE_JUMPED;
	if (before->tick != now->tick || before->tick_frac != now->tick_frac)
		changed |= MOS_PLACE_MOVED;
	if (before->bar != now->bar)
		changed |= MOS_PLACE_BAR;
	if (before->bar != now->bar || before->beat != now->beat)
		changed |= MOS_PLACE_BEAT;
	if (a->state != b->state || (a->flags ^ b->flags) & (MOS_CLOCK_ROLLING | MOS_CLOCK_COUNT_IN))
		changed |= MOS_PLACE_STATE;
	if (is_other_tempo(a, b))
		changed |= MOS_PLACE_TEMPO;
	if (a->meter_num != b->meter_num || a->meter_den != b->meter_den)
		changed |= MOS_PLACE_METER;
	return changed | (has_jumped(before, now) ? MOS_PLACE_JUMPED : 0);
}

#define AT_ONCE (MOS_PLACE_STATE | MOS_PLACE_TEMPO | MOS_PLACE_METER | MOS_PLACE_JUMPED)

/**
 * Is it time for another place? If not, until when?
 * @return 1; 0 with the nanoseconds to sleep.
 */
static int is_due(const struct mos_place *place, const struct mos_now *now, uint32_t hz, uint32_t changed,
	int64_t *ret_sleep_ns)
{
	const int64_t frame_ns = SECOND_NS / hz, due_ns = (place->now.time_ns / frame_ns + 1) * frame_ns;
	/* A page that nobody writes any more stands still. */
	const int rolls =
		(now->clock.flags & MOS_CLOCK_ROLLING) && now->clock.time_ns >= now->time_ns - CLOCK_STALE_NS;
	if (changed & AT_ONCE || (changed && now->time_ns >= due_ns))
		return 1;
	*ret_sleep_ns = !rolls ? CLIENT_CHECK_NS : due_ns > now->time_ns ? due_ns - now->time_ns : frame_ns;
	return 0;
}

int mos_place_next(struct mos_client *client, uint32_t hz, struct mos_place *place, int timeout_ms)
{
	const int64_t deadline_ns =
		timeout_ms < 0 ? INT64_MAX : client_now_ns() + (int64_t)timeout_ms * MS_NS;
	if (hz > FRAMES_HZ_MAX)
		return -EINVAL;
	for (;;) {
		struct plane *plane = client->plane;
		struct mos_event_bells bells = {0};
		struct mos_now now;
		int64_t sleep_ns = MS_NS; /* somebody writes the page without pause */

		/* Before the look: a jump that comes in between makes the sleep return at once. */
		if (plane && plane->events.base)
			mos_event_bells(&plane->reader, CLOCK_JUMP_GROUPS, &bells);
		int rc = mos_clock_now(client, &now);
		if (rc < 0 && rc != -EAGAIN)
			return plane_denied(client, rc, "clock.read");
		if (rc == 0) {
			const uint32_t changed = compare(&place->now, &now);
			if (is_due(place, &now, hz ? hz : FRAMES_HZ, changed, &sleep_ns)) {
				*place = (struct mos_place){.now = now, .changed = changed};
				measure(place);
				return 0;
			}
		}
		const int64_t now_ns = client_now_ns();
		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		rc = clock_nap(
			plane, &bells, deadline_ns - now_ns < sleep_ns ? deadline_ns - now_ns : sleep_ns);
		if (rc == -EINTR)
			return rc;
		if (client_now_ns() >= client->link.turn_at_ns) {
			rc = link_turn(client);
			client_rearm(client);
			if (rc < 0)
				return rc;
		}
	}
}
