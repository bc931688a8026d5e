/* SPDX-License-Identifier: MIT */
/* Where the transport is, and sleeping until it is somewhere. */
#include <errno.h>
#include <time.h>

#include "client_impl.h"
#include "clock_age.h"

/* Without events nobody wakes the sleeper when the transport jumps: so often it looks for itself. */
#define LOOK_NS (50 * MS_NS)

/*
 * The measure that the page names is taken to go on with its meter until the next page says otherwise; a loop
 * may have jumped back since. The page is input: no sum may overflow, no loop may be long.
 */
static void place(struct mos_now *now)
{
	const struct mos_clock *clock = &now->clock;
	int64_t beat_ticks, measure_ticks, into, bars;

	now->bar = clock->measure == UINT32_MAX ? UINT32_MAX : clock->measure + 1;
	now->beat = 1;
	now->beat_tick = 0;
	if (!clock->meter_num || !clock->meter_den || clock->meter_den > 4 * MOS_PPQ ||
		__builtin_sub_overflow(now->tick, clock->measure_tick, &into))
		return;
	beat_ticks = 4 * MOS_PPQ / clock->meter_den;
	measure_ticks = beat_ticks * clock->meter_num;
	bars = into / measure_ticks;
	into %= measure_ticks;
	if (into < 0) {
		into += measure_ticks;
		bars--;
	}
	bars += now->bar;
	if (bars < 1 || bars > UINT32_MAX) /* counting in, before the first bar; or nonsense */
		return;
	now->bar = (uint32_t)bars;
	now->beat = (uint32_t)(into / beat_ticks) + 1;
	now->beat_tick = (uint32_t)(into % beat_ticks);
}

static int read_now(const struct mos_client *client, struct mos_now *ret)
{
	struct mos_now now = {0};
	int rc;

	if (!client->plane)
		return -ENOTCONN;
	if (!client->plane->clock.base)
		return -EACCES;
	rc = mos_clock_read(client->plane->clock.base, &now.clock);
	if (rc < 0)
		return rc;
	now.time_ns = client_now_ns();
	now.tick = mos_clock_tick_at(&now.clock, now.time_ns, &now.tick_frac);
	now.bpm = now.clock.ns_per_quarter ? 60e9 / (double)now.clock.ns_per_quarter : 0;
	place(&now);
	*ret = now;
	return 0;
}

int mos_clock_now(const struct mos_client *client, struct mos_now *ret)
{
	return read_now(client, ret);
}

int clock_is_stale(const struct mos_client *c)
{
	return c->plane && c->plane->clock.base && clock_age_is_stale(c->plane->clock.base);
}

/* How long the transport takes from here to `tick` if nothing happens; at most the time to the next check. */
static int64_t sleep_for(const struct mos_now *now, int64_t tick)
{
	uint64_t to_go;

	if (!(now->clock.flags & MOS_CLOCK_ROLLING) || now->clock.time_ns < now->time_ns - CLOCK_STALE_NS ||
		now->tick >= tick)
		return CLIENT_CHECK_NS;
	to_go = (uint64_t)tick - (uint64_t)now->tick;
	/* The page is input: no product may overflow. A quarter of an hour away is far enough to look again.
	 */
	if (to_go > 1000 * MOS_PPQ || now->clock.ns_per_quarter > 1000 * (uint64_t)SECOND_NS)
		return CLIENT_CHECK_NS;
	to_go = to_go * now->clock.ns_per_quarter -
		((now->clock.ns_per_quarter * (now->tick_frac >> 16)) >> 16);
	to_go = to_go / MOS_PPQ + 1; /* not a hair too early: that would be one more turn */
	return to_go < (uint64_t)CLIENT_CHECK_NS ? (int64_t)to_go : CLIENT_CHECK_NS;
}

int clock_nap(const struct plane *plane, const struct mos_event_bells *bells, int64_t ns)
{
	struct timespec ts;

	if (plane->events.base)
		return mos_event_wait(&plane->reader, CLOCK_JUMP_GROUPS, bells, ns);
	if (ns > LOOK_NS)
		ns = LOOK_NS;
	ts = (struct timespec){ns / SECOND_NS, ns % SECOND_NS};
	return nanosleep(&ts, NULL) < 0 ? -errno : 0;
}

int mos_clock_wait_tick(struct mos_client *client, int64_t tick, int timeout_ms)
{
	int64_t now_ns = client_now_ns();
	int64_t deadline_ns = timeout_ms < 0 ? INT64_MAX : now_ns + (int64_t)timeout_ms * MS_NS;

	for (;;) {
		struct plane *plane = client->plane;
		struct mos_event_bells bells = {0};
		struct mos_now now;
		int64_t ns;
		int rc;

		/* Before the look: a jump that comes in between makes the sleep return at once. */
		if (plane && plane->events.base)
			mos_event_bells(&plane->reader, CLOCK_JUMP_GROUPS, &bells);
		rc = read_now(client, &now);
		if (rc < 0 && rc != -EAGAIN)
			return plane_denied(client, rc, "clock.read");
		if (rc == 0 && (now.clock.flags & MOS_CLOCK_ROLLING) && now.tick >= tick)
			return 0;
		now_ns = client_now_ns();
		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		ns = rc < 0 ? MS_NS : sleep_for(&now, tick);
		if (deadline_ns - now_ns < ns)
			ns = deadline_ns - now_ns;
		rc = clock_nap(plane, &bells, ns);
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
