/* SPDX-License-Identifier: MIT */
/* The real-time plane as a program uses it: where are we, what happened, take this. */
#include <errno.h>

#include "client_impl.h"

/* How often a sleeper looks whether rtcore still is the one it knows. */
#define CHECK_NS INT64_C(500000000)
/* An anchor older than this is no running rtcore's: a cycle takes milliseconds. */
#define STALE_NS INT64_C(250000000)

const struct mos_clock_page *mos_client_clock(const struct mos_client *client)
{
	return client->plane.clock.base;
}

const struct mos_counters_view *mos_client_counters(const struct mos_client *client)
{
	return client->plane.counters.region.base ? &client->plane.counters : NULL;
}

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

int mos_clock_now(const struct mos_client *client, struct mos_now *ret)
{
	struct mos_now now = {0};
	int rc;

	if (!client->plane.clock.base)
		return -ENOTCONN;
	rc = mos_clock_read(client->plane.clock.base, &now.clock);
	if (rc < 0)
		return rc;
	now.time_ns = client_now_ns();
	now.tick = mos_clock_tick_at(&now.clock, now.time_ns, &now.tick_frac);
	now.bpm = now.clock.ns_per_quarter ? 60e9 / (double)now.clock.ns_per_quarter : 0;
	place(&now);
	*ret = now;
	return 0;
}

int mos_events_next(struct mos_client *client, struct mos_event *ret)
{
	uint32_t bell;
	int rc;

	if (!client->plane.events.base)
		return -ENOTCONN;
	/* Before the look: a ring that comes in between makes the next wait return at once. */
	bell = mos_event_bell(&client->plane.reader);
	rc = mos_event_next(&client->plane.reader, ret);
	if (rc == 0)
		client->bell_seen = bell;
	return rc;
}

uint64_t mos_events_lost(const struct mos_client *client)
{
	return client->lost_before + client->plane.reader.lost;
}

/* A clock that stands still belongs to a dead rtcore, or to a sink that is suspended: ask which. */
static int follow(struct mos_client *c)
{
	struct mos_clock clock;

	if (mos_clock_read(c->plane.clock.base, &clock) == 0 && client_now_ns() - clock.time_ns < STALE_NS)
		return 0;
	return mos_client_refresh(c);
}

int mos_events_wait(struct mos_client *client, int timeout_ms)
{
	int64_t deadline_ns = timeout_ms < 0 ? INT64_MAX : client_now_ns() + (int64_t)timeout_ms * 1000000;

	if (!client->plane.events.base)
		return -ENOTCONN;
	for (;;) {
		int64_t left_ns = deadline_ns - client_now_ns();
		int rc;

		if (left_ns < 0)
			left_ns = 0;
		rc = mos_event_wait(
			&client->plane.reader, client->bell_seen, left_ns < CHECK_NS ? left_ns : CHECK_NS);
		if (rc != -ETIMEDOUT)
			return rc;
		if (left_ns <= CHECK_NS)
			return -ETIMEDOUT;
		rc = follow(client);
		if (rc < 0)
			return rc;
	}
}

int mos_emit(struct mos_client *client, const struct mos_event *event) MOS_RT
{
	if (!client->plane.ingress.base)
		return -ENOTCONN;
	return mos_ingress_push(&client->plane.writer, event);
}
