/* SPDX-License-Identifier: MIT */
/* The bars of a draft: made from the meters where there are none, completed, checked, extended over an
 * import. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "finish.h"

struct builder {
	struct finish *finish;
	size_t meter; /**< in force */
	int64_t tick; /**< where the next measure begins */
};

/** Where everything that has a place has happened. */
static int64_t last_tick(const struct nvx_draft *draft)
{
	int64_t end = draft->end_tick;
	for (size_t p = 0; p < draft->n_part; p++) {
		const struct nvx_draft_part *part = &draft->part[p];
		for (size_t i = 0; i < part->n_note; i++) {
			const int64_t rings = draft->end_tick ? 1 : (int64_t)part->note[i].duration_ticks;
			if (part->note[i].tick + rings > end)
				end = part->note[i].tick + rings;
		}
		if (part->n_control && part->control[part->n_control - 1].tick > end)
			end = part->control[part->n_control - 1].tick;
	}
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++) {
		const struct draft_list elements = draft_list((struct nvx_draft *)draft, list, 0);
		const int is_span =
			list == NVX_LIST_form || list == NVX_LIST_chord || list == NVX_LIST_notation;
		for (size_t i = 0; i < *elements.n; i++) {
			const struct nvx_element *e = draft_item(&elements, i);
			const int64_t at = e->tick + (is_span ? (int64_t)e->duration_ticks : 0);
			if (at > end)
				end = at;
		}
	}
	return end;
}

/** Bring the meter in force up to the start of a measure; those that lie inside the one before are off the
 * bar. */
static void follow_meter(struct builder *builder, int64_t tick)
{
	struct nvx_draft *draft = builder->finish->draft;
	while (builder->meter + 1 < draft->n_meter && draft->meter[builder->meter + 1].tick <= tick) {
		struct nvx_meter *next = &draft->meter[++builder->meter];
		const struct check_at at = {NVX_LIST_meter, 0, (uint32_t)builder->meter, next};
		if (next->tick != tick &&
			check_broken(&builder->finish->check, &at, "nvx1.meter.offbar", "/tick",
				"%lld is inside a measure, the next begins at %lld", (long long)next->tick,
				(long long)tick))
			next->tick = tick;
	}
}

static void settle_length(struct builder *builder, const struct check_at *at, struct nvx_measure *measure)
{
	const uint32_t full = finish_bar_ticks(&builder->finish->draft->meter[builder->meter]);
	if (measure->duration_ticks == 0)
		measure->duration_ticks = full;
	if (measure->duration_ticks == full || measure->irregular)
		return;
	if (!builder->finish->check.repair) {
		(void)check_broken(&builder->finish->check, at, "nvx1.measure.length", "/durationTicks",
			"%u, but the meter in force has %u", measure->duration_ticks, full);
		return;
	}
	/* A bar of another length is what the irregular ones are for: nothing is wrong with it. */
	if (measure->duration_ticks > full)
		measure->irregular = NVX_IRREGULAR_LONG;
	else
		measure->irregular = at->index == 0 ? NVX_IRREGULAR_PICKUP : NVX_IRREGULAR_SHORT;
}

static void check_beats(struct check *check, const struct check_at *at, struct nvx_measure *measure)
{
	uint32_t n;
	const struct nvx_beat *beats = nvx_items(check->pool, measure->beats, &n);
	for (uint32_t i = 0; i < n; i++) {
		char member[40];
		if (beats[i].tick >= measure->tick &&
			beats[i].tick < measure->tick + (int64_t)measure->duration_ticks &&
			(i == 0 || beats[i].tick > beats[i - 1].tick))
			continue;
		(void)snprintf(member, sizeof(member), "/beats/%u/tick", i);
		if (check_broken(check, at, "nvx1.tick.outside", member,
			    "%lld is not in the measure, or not after the last", (long long)beats[i].tick)) {
			measure->beats = 0;
			return;
		}
	}
}

/** @return 0; -EINVAL: longer than ticks can count. */
static int settle(struct builder *builder, size_t index)
{
	struct check *check = &builder->finish->check;
	struct nvx_measure *measure = &builder->finish->draft->measure[index];
	const struct check_at at = {NVX_LIST_measure, 0, (uint32_t)index, measure};
	if (measure->tick < 0)
		measure->tick = builder->tick;
	if (measure->tick != builder->tick && check_broken(check, &at, "nvx1.measure.gap", "/tick",
						      "%lld, but the measure before ends at %lld",
						      (long long)measure->tick, (long long)builder->tick))
		measure->tick = builder->tick;
	follow_meter(builder, measure->tick);
	settle_length(builder, &at, measure);
	check_beats(check, &at, measure);
	builder->tick = measure->tick + (int64_t)measure->duration_ticks;
	if (builder->tick > NVX_MAX_TICK)
		return check_refuse(check, &at, "nvx1.range", "/tick", "ends at %lld, above %lld",
			(long long)builder->tick, (long long)NVX_MAX_TICK);
	return 0;
}

/** One more measure by the meter; a meter change inside it cuts it short. */
static int append(struct builder *builder)
{
	struct nvx_draft *draft = builder->finish->draft;
	struct nvx_measure *measure = nvx_add_measure(draft);
	if (draft->error)
		return draft->error;
	follow_meter(builder, builder->tick);
	const uint32_t full = finish_bar_ticks(&draft->meter[builder->meter]);
	measure->duration_ticks = full;
	if (builder->meter + 1 < draft->n_meter) {
		const int64_t room = draft->meter[builder->meter + 1].tick - builder->tick;
		if (room < full) {
			measure->duration_ticks = (uint32_t)room;
			measure->irregular = NVX_IRREGULAR_SHORT;
		}
	}
	return settle(builder, draft->n_measure - 1);
}

/** Meters that begin where nothing is any more. */
static void end_meters(struct builder *builder)
{
	struct nvx_draft *draft = builder->finish->draft;
	for (size_t i = builder->meter + 1; i < draft->n_meter; i++) {
		const struct check_at at = {NVX_LIST_meter, 0, (uint32_t)i, &draft->meter[i]};
		if (check_broken(&builder->finish->check, &at, "nvx1.meter.offbar", "/tick",
			    "%lld is no start of a measure: the score ends at %lld",
			    (long long)draft->meter[i].tick, (long long)builder->tick)) {
			draft->n_meter = i;
			return;
		}
	}
}

/** Meters that were moved to one bar line: the last counts. */
static void join_meters(struct nvx_draft *draft)
{
	size_t n = 0;
	for (size_t i = 0; i < draft->n_meter; i++) {
		if (n && draft->meter[n - 1].tick == draft->meter[i].tick)
			n--;
		draft->meter[n++] = draft->meter[i];
	}
	draft->n_meter = n;
}

/** Entries of a map past the end of the score. */
static void end_map(struct finish *finish, unsigned list)
{
	const struct draft_list map = draft_list(finish->draft, list, 0);
	for (size_t i = 1; i < *map.n; i++) {
		const struct check_at at = {list, 0, (uint32_t)i, draft_item(&map, i)};
		int64_t tick;
		memcpy(&tick, at.item, sizeof(tick));
		if (tick <= finish->check.end_tick)
			continue;
		if (check_broken(&finish->check, &at, "nvx1.tick.outside", "/tick",
			    "%lld is not in the score, which ends at %lld", (long long)tick,
			    (long long)finish->check.end_tick)) {
			*map.n = i;
			return;
		}
	}
}

int finish_measures(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	struct builder builder = {.finish = finish};
	const int may_extend = draft->repair || draft->n_measure == 0;
	int err = 0;
	for (size_t i = 0; i < draft->n_measure && !err; i++)
		err = settle(&builder, i);
	const int64_t end = may_extend ? last_tick(draft) : 0;
	while (!err && (draft->n_measure == 0 || builder.tick < end))
		err = append(&builder);
	if (err)
		return err;
	finish->check.end_tick = builder.tick;
	end_meters(&builder);
	if (draft->repair)
		join_meters(draft);
	end_map(finish, NVX_LIST_tempo);
	end_map(finish, NVX_LIST_key);
	if (draft->n_tempo && draft->repair)
		draft->tempo[draft->n_tempo - 1].curve = NVX_CURVE_STEP;
	return 0;
}
