/* SPDX-License-Identifier: MIT */
/* A score as a timeline: each thing at the time that the tempo map gives its tick, in the written order. */
#include <score/format.h>

#include <errno.h>
#include <stdlib.h>

#include "htl_out.h"

/* ---- time ---- */

/** Nanoseconds from an entry on. A linear one runs in a straight line of ns a quarter to the next. */
static int64_t passed_ns(const struct htl_writer *w, uint32_t entry, int64_t ticks)
{
	const struct nvx_tempo *from = score_tempo(w->score, entry);
	const __int128 x = ticks;
	__int128 all = 2 * x * (__int128)from->ns_per_quarter;
	if (from->curve == NVX_CURVE_LINEAR && entry + 1 < score_n_tempo(w->score)) {
		const struct nvx_tempo *to = score_tempo(w->score, entry + 1);
		const __int128 rise = (__int128)to->ns_per_quarter - (__int128)from->ns_per_quarter;
		all += rise * x * x / (to->tick - from->tick);
	}
	return (int64_t)(all / (2 * NVX_PPQ));
}

static int make_tempo(struct htl_writer *w)
{
	const uint32_t n = score_n_tempo(w->score);
	w->begin_ns = score_zalloc(w->out->alloc, n + 1u, sizeof(*w->begin_ns));
	if (!w->begin_ns)
		return -ENOMEM;
	for (uint32_t i = 1; i < n; i++)
		w->begin_ns[i] = w->begin_ns[i - 1] +
				 passed_ns(w, i - 1,
					 score_tempo(w->score, i)->tick - score_tempo(w->score, i - 1)->tick);
	return 0;
}

static int64_t us_at(struct htl_writer *w, int64_t tick)
{
	const uint32_t n = score_n_tempo(w->score);
	uint32_t i = w->tempo;
	if (i >= n || score_tempo(w->score, i)->tick > tick)
		i = 0;
	while (i + 1 < n && score_tempo(w->score, i + 1)->tick <= tick)
		i++;
	w->tempo = i;
	return (w->begin_ns[i] + passed_ns(w, i, tick - score_tempo(w->score, i)->tick) + 500) / 1000;
}

/* ---- what is told ---- */

static struct htl_item *add(struct htl_writer *w, unsigned what, int64_t tick, const void *of)
{
	if (!w->error &&
		score_reserve(w->out->alloc, (void **)&w->item, &w->cap, w->n + 1, sizeof(*w->item)) < 0)
		w->error = -ENOMEM;
	if (w->error)
		return NULL;
	struct htl_item *item = &w->item[w->n];
	*item = (struct htl_item){.us = us_at(w, tick),
		.tick = tick,
		.of = of,
		.order = (uint32_t)w->n++,
		.what = (uint8_t)what};
	return item;
}

static void add_notes(struct htl_writer *w, uint32_t part)
{
	const struct score_part *of = w->score->part[part];
	const struct nvx_note *note;
	for (struct nvx_seq_iter it = nvx_seq_from(&of->note, 0); (note = nvx_seq_next(&it));) {
		if (note->muted)
			continue;
		struct htl_item *on = add(w, HTL_OUT_NOTE_ON, note->tick, note);
		if (on)
			on->part = part;
		struct htl_item *off =
			add(w, HTL_OUT_NOTE_OFF, note->tick + (int64_t)note->duration_ticks, note);
		if (off)
			off->part = part;
	}
}

static void add_chords(struct htl_writer *w)
{
	const uint32_t n = score_n_chord(w->score);
	for (uint32_t i = 0; i < n; i++) {
		const struct nvx_chord *chord = score_chord(w->score, i);
		const int64_t end = chord->e.tick + (int64_t)chord->e.duration_ticks;
		const int64_t next = i + 1 < n ? score_chord(w->score, i + 1)->e.tick : w->score->end_tick;
		(void)add(w, HTL_OUT_CHORD, chord->e.tick, chord);
		if (end < next)
			(void)add(w, HTL_OUT_NO_CHORD, end, NULL);
	}
}

/** Events that were kept when a timeline was read. */
static void add_rail(struct htl_writer *w, const uint8_t *events)
{
	struct json_pull pull;
	if (!events || *events != '[')
		return;
	json_pull_init(&pull, events);
	for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
		const uint8_t *tick = *pull.at == '{' ? json_find(pull.at, "tick") : NULL;
		const uint8_t *time = tick ? json_find(pull.at, "timestamp") : NULL;
		struct json_pull at;
		int64_t ticks, us;
		if (!time)
			continue;
		json_pull_init(&at, tick);
		if (json_kind(&at) != JSON_NUMBER || json_integer(json_raw(&at), &ticks) < 0 || ticks < 0)
			continue;
		json_pull_init(&at, time);
		if (json_kind(&at) != JSON_NUMBER || json_decimal(json_raw(&at), 6, &us) < 0 || us < 0)
			continue;
		struct htl_item *item = add(w, HTL_OUT_RAIL, ticks, pull.at);
		if (item)
			item->us = us;
		const uint8_t *type = json_find(pull.at, "type");
		if (type && *type == '"') {
			json_pull_init(&at, type);
			w->has_loaded |= (uint8_t)json_text_is(json_string(&at), "score_loaded");
		}
	}
}

static int compare(const void *a, const void *b)
{
	const struct htl_item *x = a, *y = b;
	if (x->us != y->us)
		return x->us < y->us ? -1 : 1;
	if (x->what != y->what)
		return x->what < y->what ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/** What a timeline has no event for. */
static void tell_left_out(struct htl_writer *w)
{
	const struct score *s = w->score;
	uint64_t elements = 0, controls = 0;
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_marker; list++)
		if (list != NVX_LIST_chord)
			elements += s->list[list].n;
	for (uint32_t p = 0; p < s->n_parts; p++)
		controls += s->part[p]->control.n;
	if (elements)
		score_warn(w->report, "EXPORT_PART_FLATTENED_010", "/layers",
			"a timeline has only chords of the layers: %llu elements left out",
			(unsigned long long)elements);
	if (controls)
		score_warn(w->report, "EXPORT_PART_FLATTENED_010", "/parts",
			"a timeline has only notes of the parts: %llu controllers left out",
			(unsigned long long)controls);
	if (score_n_meter(s) > 1)
		score_warn(w->report, "EXPORT_PART_FLATTENED_010", "/timeline/meter",
			"a timeline has one meter: %u changes left out", score_n_meter(s) - 1);
}

static void add_all(struct htl_writer *w, struct score_bytes *rails)
{
	const struct score *score = w->score;
	for (uint32_t i = 1; i < score_n_tempo(score); i++)
		(void)add(w, HTL_OUT_TEMPO, score_tempo(score, i)->tick, score_tempo(score, i));
	for (uint32_t i = 1; i < score_n_key(score); i++)
		(void)add(w, HTL_OUT_KEY, score_key(score, i)->tick, score_key(score, i));
	add_chords(w);
	for (uint32_t p = 0; p < score->n_parts; p++)
		add_notes(w, p);
	/* All entries as one array: what the items point to may not move. */
	score_bytes_u8(rails, '[');
	for (uint32_t i = 0; i < score_n_extended(score); i++) {
		size_t len;
		const char *text = nvx_string(score->pool, score_extended(score, i)->text, &len);
		score_bytes_puts(rails, i ? ",{" : "{");
		score_bytes_put(rails, text, len);
		score_bytes_u8(rails, '}');
	}
	score_bytes_put(rails, "]", 2);
	if (rails->error) {
		w->error = -ENOMEM;
		return;
	}
	struct json_pull pull;
	json_pull_init(&pull, rails->data);
	for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
		const uint8_t *type = json_find(pull.at, "type");
		if (!type || *type != '"')
			continue;
		struct json_pull name;
		json_pull_init(&name, type);
		if (json_text_is(json_string(&name), HTL_RAIL))
			add_rail(w, json_find(pull.at, "events"));
	}
	if (!w->has_loaded)
		(void)add(w, HTL_OUT_LOADED, 0, NULL);
}

int htl_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	const size_t before = out->n;
	struct htl_writer w = {.score = score, .out = out, .report = report};
	struct score_bytes rails;
	w.error = make_tempo(&w);
	score_bytes_init(&rails, out->alloc);
	if (!w.error) {
		add_all(&w, &rails);
		qsort(w.item, w.n, sizeof(*w.item), compare);
		tell_left_out(&w);
		htl_put_head(&w);
	}
	for (size_t i = 0; i < w.n && !w.error; i++) {
		score_bytes_puts(out, i ? ",\n" : "\n");
		htl_put_item(&w, &w.item[i]);
	}
	score_bytes_puts(out, "\n]}\n");
	score_free(out->alloc, w.begin_ns);
	score_free(out->alloc, w.item);
	score_bytes_finish(&rails);
	const int error = w.error ? w.error : out->error;
	if (error)
		out->n = before;
	return error;
}
