/* SPDX-License-Identifier: MIT */
/* tracks-1, contract-1, canonical-1: what programs handed each other, part by part (nvx1.md 9). */
#include <string.h>

#include "older.h"

static void end_part(struct older *o, struct older_object *obj)
{
	older_put_notes(o);
	older_read_derived(o, obj, "idx", o->part);
	older_read_derived(o, obj, "index", o->part);
	const nvx_str extra = older_close(o, obj);
	if (o->part < o->draft->n_part)
		o->draft->part[o->part].part.extra = extra;
}

/** Bars up to a tick. */
static void fill(struct older *o, int64_t end)
{
	while ((o->n_bar == 0 || older_end(o) < end) && !o->draft->error)
		(void)older_add_bar(o);
}

/* ---- tracks-1 ---- */

static void read_track(struct older *o)
{
	struct older_object obj;
	struct older_walk walk;
	struct older_span span = {};
	if (!older_open(o, &obj))
		return;
	o->part = nvx_add_part(o->draft);
	older_read_part(o, &obj);
	if (older_into(o, &obj, "notes", &walk))
		while (older_next(o, &walk))
			older_read_note(o, &span);
	for (size_t i = 0; i < o->n_note; i++) {
		const int64_t end = o->note[i].tick + (int64_t)o->note[i].ticks;
		fill(o, end < (int64_t)1 << 40 ? end : (int64_t)1 << 40);
	}
	end_part(o, &obj);
}

void older_read_tracks(struct older *o, const struct older_object *doc)
{
	struct older_walk walk;
	if (older_into(o, doc, "tracks", &walk))
		while (older_next(o, &walk))
			read_track(o);
	fill(o, 0);
}

/* ---- contract-1 ---- */

/** Meters of the part's measures: bars, as far as there are none yet. */
static void add_bars(struct older *o, const struct older_object *part)
{
	const uint8_t *value = older_peek(o, part, "measures");
	struct older_walk walk;
	if (!value || !older_into(o, part, "measures", &walk))
		return;
	while (older_next(o, &walk)) {
		struct older_object obj;
		if (walk.index < o->n_bar || !older_open(o, &obj))
			continue;
		older_read_meter(o, &obj);
		(void)older_drop(o, &obj);
		(void)older_add_bar(o);
	}
	older_leave(o, part, value);
}

static void read_contract_measure(
	struct older *o, size_t index, const struct older_origin *origin, int64_t old)
{
	static const char *const meters[] = {"timeSignature", "signature", "meter"};
	struct older_object obj;
	if (index >= o->n_bar || !older_open(o, &obj))
		return;
	const struct older_bar bar = o->bar[index];
	struct older_span span = older_span_of(o, index, origin, old);
	struct nvx_measure *measure = &o->draft->measure[index];
	int64_t ticks;
	for (unsigned i = 0; i < 3; i++)
		(void)older_take(o, &obj, meters[i]);
	older_read_content(o, &obj, &span, bar.tick + bar.ticks, bar.tick + bar.ticks);
	older_read_frame(o, &obj, measure);
	older_read_derived(o, &obj, "idx", (int64_t)index);
	older_read_derived(o, &obj, "index", (int64_t)index);
	(void)older_time(o, &obj, "startTick", 1, &ticks);
	(void)older_time(o, &obj, "durationTicks", 1, &ticks);
	const nvx_str extra = older_close(o, &obj);
	if (!measure->extra)
		measure->extra = extra;
	else if (extra && extra != measure->extra)
		nvx_notice(o->r, "nvx1.migrated", "another part says more of measure %zu: left out", index);
}

static void read_contract_part(struct older *o, const struct older_origin *origin)
{
	struct older_object obj;
	struct older_walk walk;
	int64_t old = 0;
	if (!older_open(o, &obj))
		return;
	o->part = nvx_add_part(o->draft);
	older_read_part(o, &obj);
	if (older_into(o, &obj, "measures", &walk)) {
		for (; older_next(o, &walk);) {
			read_contract_measure(o, walk.index, origin, old);
			if (walk.index < o->n_bar)
				old += older_old_length(o, walk.index, origin);
		}
	}
	end_part(o, &obj);
}

#define MAX_PARTS 1024u

void older_read_contract(struct older *o, const struct older_object *doc)
{
	const uint8_t *parts = older_peek(o, doc, "parts");
	const uint8_t *measures[MAX_PARTS];
	struct older_walk walk;
	size_t n = 0;
	if (!parts || !older_into(o, doc, "parts", &walk))
		return;
	while (older_next(o, &walk)) {
		struct older_object obj;
		if (!older_open(o, &obj))
			continue;
		add_bars(o, &obj);
		if (n < MAX_PARTS)
			measures[n++] = older_peek(o, &obj, "measures");
		(void)older_drop(o, &obj);
	}
	const struct older_origin origin = older_origin_of(o, measures, n);
	older_leave(o, doc, parts);
	if (o->r->report->n_errors || !older_into(o, doc, "parts", &walk))
		return;
	while (older_next(o, &walk))
		read_contract_part(o, &origin);
	fill(o, 0);
}
