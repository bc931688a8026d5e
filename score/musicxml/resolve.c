/* SPDX-License-Identifier: MIT */
/* When all parts are read: how long the measures are, and with that the tick of everything. */
#include "import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- meters and measures ---- */

static int by_meter_place(const void *a, const void *b)
{
	const struct mx_meter_statement *x = a, *y = b;
	if (MX_MEASURE(x->at) != MX_MEASURE(y->at))
		return MX_MEASURE(x->at) < MX_MEASURE(y->at) ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->staff != y->staff)
		return x->staff < y->staff ? -1 : 1;
	return MX_OFFSET(x->at) < MX_OFFSET(y->at) ? -1 : MX_OFFSET(x->at) > MX_OFFSET(y->at);
}

/** A meter that only this part, or this staff, shows. */
static void own_meter(struct mx_import *im, const struct mx_meter_statement *m)
{
	im->part = m->part;
	const uint32_t at = mx_add_notation(im, NVX_NOTATION_METER, m->at, m->staff);
	struct nvx_notation_element *e = mx_notation(im, at);
	e->num = m->num;
	e->den = m->den;
	e->grouping = m->grouping;
	e->e.extra = m->extra;
}

static uint32_t measure_length(
	struct mx_import *im, uint32_t index, const struct mx_meter_statement *meter, int free)
{
	struct mx_measure *m = &im->measures[index];
	const uint32_t nominal = meter->num * (4u * NVX_PPQ) / meter->den;
	const uint32_t gap = m->end > nominal ? m->end - nominal : nominal - m->end;
	/* nothing in it, or rounded */
	return m->end == 0 || (!free && gap <= 2) ? nominal : m->end;
}

static void add_measure(struct mx_import *im, uint32_t index, int64_t tick, uint32_t ticks,
	const struct mx_meter_statement *meter, int has_pickup)
{
	const struct mx_measure *m = &im->measures[index];
	const uint32_t nominal = meter->num * (4u * NVX_PPQ) / meter->den;
	char usual[16];
	struct nvx_measure *out = nvx_add_measure(im->draft);
	out->tick = tick;
	out->duration_ticks = ticks;
	out->irregular = ticks == nominal  ? NVX_IRREGULAR_NONE
			 : ticks > nominal ? NVX_IRREGULAR_LONG
			 : index == 0      ? NVX_IRREGULAR_PICKUP
					   : NVX_IRREGULAR_SHORT;
	unsigned number = index + 1u - (unsigned)has_pickup, n = sizeof(usual) - 1;
	usual[n] = 0;
	do {
		usual[--n] = (char)('0' + number % 10);
	} while ((number /= 10) && n);
	if (strcmp(nvx_string(im->draft->pool, m->number, NULL), usual + n) != 0)
		out->number = m->number;
	out->barline = m->barline;
	out->line_break = m->line_break;
	out->repeat_start = m->repeat_start;
	out->repeat_end = m->repeat_end;
	out->jump = m->jump;
	out->jump_until = m->jump_until;
	out->ending_numbers = m->ending_numbers;
	/* of an ending that begins and is left open in one measure, the end tells who plays more */
	out->ending_type = m->ending_start && (m->ending_stop || m->ending_discontinue)
				   ? NVX_ENDING_START_STOP
			   : m->ending_start       ? NVX_ENDING_START
			   : m->ending_stop        ? NVX_ENDING_STOP
			   : m->ending_discontinue ? NVX_ENDING_DISCONTINUE
						   : NVX_ENDING_NONE;
	if (m->ending_start && !m->ending_numbers) {
		const uint8_t first = 1;
		out->ending_numbers = nvx_make_list(im->draft, &first, 1, 1);
	}
}

void mx_resolve_measures(struct mx_import *im, int64_t *start)
{
	struct mx_meter_statement common = {.num = 4, .den = 4};
	size_t next = 0;
	int64_t tick = 0;
	int free = 0, has_pickup = 0;
	if (im->n_meters)
		qsort(im->meters, im->n_meters, sizeof(*im->meters), by_meter_place);
	for (uint32_t i = 0; i < im->n_measures; i++) {
		int set = 0;
		for (; next < im->n_meters && MX_MEASURE(im->meters[next].at) == i; next++) {
			struct mx_meter_statement *m = &im->meters[next];
			if (MX_OFFSET(m->at)) {
				im->part = m->part;
				im->measure = i;
				mx_warn(im, MX_WARN_METER, "");
				if (i + 1 == im->n_measures)
					continue;
			}
			if (!set) {
				common = *m;
				struct nvx_meter *meter = nvx_add_meter(im->draft);
				meter->tick = MX_OFFSET(m->at) ? MX_AT(i + 1, 0) : MX_AT(i, 0);
				meter->num = m->num;
				meter->den = m->den;
				meter->grouping = m->grouping;
				meter->extra = m->extra;
				set = 1;
				free = 0;
			} else if (m->num != common.num || m->den != common.den || m->extra != common.extra) {
				own_meter(im, m);
			}
		}
		free |= im->measures[i].senza_misura;
		const uint32_t ticks = measure_length(im, i, &common, free);
		if (i == 0)
			has_pickup = ticks < common.num * (4u * NVX_PPQ) / common.den;
		start[i] = tick;
		add_measure(im, i, tick, ticks, &common, has_pickup);
		tick += ticks;
	}
	start[im->n_measures] = tick;
	im->draft->end_tick = tick;
	/* a change within the measure counts from the next one on */
	for (size_t i = 0; i < im->n_meters; i++)
		im->meters[i].at = MX_AT(MX_MEASURE(im->meters[i].at), 0);
}

/* ---- ticks ---- */

static int64_t tick_of(const struct mx_import *im, const int64_t *start, int64_t at)
{
	const uint32_t measure = MX_MEASURE(at);
	const int64_t end = start[im->n_measures];
	if (measure >= im->n_measures)
		return end;
	const int64_t tick = start[measure] + MX_OFFSET(at);
	return tick < end ? tick : end;
}

/** What begins where the score ends begins just before. */
static void place_element(const struct mx_import *im, const int64_t *start, struct nvx_element *e)
{
	const int64_t end = start[im->n_measures];
	e->tick = tick_of(im, start, e->tick);
	if (e->tick >= end)
		e->tick = end > 0 ? end - 1 : 0;
}

static void place_event(const struct mx_import *im, const int64_t *start, struct nvx_notation_element *e)
{
	const uint32_t measure = MX_MEASURE(e->e.tick);
	place_element(im, start, &e->e);
	if (e->e.kind == NVX_NOTATION_EVENT && e->e.tick + e->e.duration_ticks > start[measure + 1])
		e->e.duration_ticks = (uint32_t)(start[measure + 1] - e->e.tick);
}

static void place_notes(struct mx_import *im, const int64_t *start)
{
	const int64_t end = start[im->n_measures];
	for (size_t p = 0; p < im->draft->n_part; p++) {
		struct nvx_draft_part *part = &im->draft->part[p];
		for (size_t i = 0; i < part->n_note; i++) {
			part->note[i].tick = tick_of(im, start, part->note[i].tick);
			if (part->note[i].tick >= end)
				part->note[i].tick = end - 1;
		}
		for (size_t i = 0; i < part->n_control; i++)
			part->control[i].tick = tick_of(im, start, part->control[i].tick);
	}
}

static void place_maps(struct mx_import *im, const int64_t *start)
{
	const int64_t end = start[im->n_measures];
	for (size_t i = 0; i < im->draft->n_tempo; i++) {
		int64_t tick = tick_of(im, start, im->draft->tempo[i].tick);
		im->draft->tempo[i].tick = tick < end ? tick : end - 1;
	}
	for (size_t i = 0; i < im->draft->n_meter; i++)
		im->draft->meter[i].tick = tick_of(im, start, im->draft->meter[i].tick);
	for (size_t i = 0; i < im->draft->n_key; i++) {
		int64_t tick = tick_of(im, start, im->draft->key[i].tick);
		im->draft->key[i].tick = tick < end ? tick : end - 1;
	}
}

static void apply_spans(struct mx_import *im, const int64_t *start)
{
	for (size_t i = 0; i < im->n_spans; i++) {
		const struct mx_span *s = &im->spans[i];
		const int64_t end = tick_of(im, start, s->end);
		if (s->list == NVX_LIST_note) {
			struct nvx_note *note = &im->draft->part[s->part].note[s->index];
			note->duration_ticks = end > note->tick ? (uint32_t)(end - note->tick) : 1;
		} else if (s->index < im->draft->n_notation) {
			struct nvx_element *e = &im->draft->notation[s->index].e;
			e->duration_ticks = end > e->tick ? (uint32_t)(end - e->tick) : 0;
		}
	}
}

static void shift_notes(struct mx_import *im)
{
	for (size_t i = 0; i < im->n_shifts; i++) {
		const struct mx_shift *s = &im->shifts[i];
		struct nvx_note *note = &im->draft->part[s->part].note[s->note];
		int64_t from = note->tick + s->attack;
		const int64_t end = note->tick + note->duration_ticks + s->release;
		from = from < 0 ? 0 : from >= im->draft->end_tick ? im->draft->end_tick - 1 : from;
		note->tick = from;
		note->duration_ticks =
			end <= from ? 1 : (uint32_t)(end - from < UINT32_MAX ? end - from : UINT32_MAX);
	}
}

/** Grace notes sound before what they lead to; where there is no room, on it. */
static void place_graces(struct mx_import *im, const int64_t *start)
{
	for (size_t i = 0; i < im->n_graces; i++) {
		const struct mx_grace *g = &im->graces[i];
		const uint32_t most = NVX_PPQ / 2u / (g->n ? g->n : 1u);
		const uint32_t each = most < 1 ? 1 : most < NVX_PPQ / 8u ? most : NVX_PPQ / 8u;
		const int64_t at = tick_of(im, start, g->at);
		struct nvx_note *note = &im->draft->part[g->part].note[g->note];
		const int64_t before = at - (int64_t)(g->n - g->i) * each;
		note->tick = at >= (int64_t)g->n * each ? before : at + (int64_t)g->i * each;
		if (note->tick >= im->draft->end_tick)
			note->tick = im->draft->end_tick - 1;
		note->duration_ticks = each;
	}
}

static void place_all(struct mx_import *im, const int64_t *start)
{
	struct nvx_draft *d = im->draft;
	place_notes(im, start);
	place_maps(im, start);
	for (size_t i = 0; i < d->n_notation; i++)
		place_event(im, start, &d->notation[i]);
#define X(list)                                                                                              \
	for (size_t i = 0; i < d->n_##list; i++)                                                             \
		place_element(im, start, &d->list[i].e);
	X(chord)
	X(analysis)
	X(tab)
	X(diagram)
	X(fingering) X(lyric) X(marker)
#undef X
		apply_spans(im, start);
	shift_notes(im);
	place_graces(im, start);
}

/* ---- beams ---- */

static int by_beam(const void *a, const void *b)
{
	const struct mx_beam *x = a, *y = b;
	if (x->beam != y->beam)
		return x->beam < y->beam ? -1 : 1;
	return x->event < y->event ? -1 : x->event > y->event;
}

static void add_beams(struct mx_import *im)
{
	nvx_id ids[256];
	if (im->n_beams)
		qsort(im->beams, im->n_beams, sizeof(*im->beams), by_beam);
	for (size_t i = 0; i < im->n_beams;) {
		const size_t first = i;
		uint32_t n = 0, last = MX_NONE;
		for (; i < im->n_beams && im->beams[i].beam == im->beams[first].beam; i++) {
			if (n < sizeof(ids) / sizeof(*ids) && im->beams[i].event != last)
				ids[n++] = mx_notation(im, im->beams[i].event)->e.id;
			last = im->beams[i].event;
		}
		if (n < 2)
			continue;
		const struct nvx_element e = mx_notation(im, im->beams[first].event)->e;
		const nvx_list list = nvx_make_list(im->draft, ids, n, sizeof(*ids));
		struct nvx_notation_element *beam = nvx_add_notation(im->draft);
		beam->e.tick = e.tick;
		beam->e.part_id = e.part_id;
		beam->e.staff = e.staff;
		beam->e.voice = e.voice;
		beam->e.kind = NVX_NOTATION_BEAM;
		beam->event_ids = list;
	}
}

/* ---- what waits for its other end, what is the same twice, what was kept ---- */

static void lose_open_ends(struct mx_import *im)
{
	for (size_t i = 0; i < im->n_parts; i++) {
		const struct mx_part *p = &im->parts[i];
		im->part = (uint32_t)i;
		for (uint32_t k = 0; k < p->n_open; k++) {
			im->measure = MX_MEASURE(p->open[k].at);
			mx_lose(im, &p->open[k]);
		}
		if (p->n_ties)
			mx_warn(im, MX_WARN_TIE, "");
	}
	im->part = im->measure = MX_NONE;
}

static int by_marker(const void *a, const void *b)
{
	const struct nvx_marker_element *x = a, *y = b;
	if (x->e.tick != y->e.tick)
		return x->e.tick < y->e.tick ? -1 : 1;
	return x->label < y->label ? -1 : x->label > y->label;
}

/** Rehearsal marks stand in every part, and are one. */
static void join_markers(struct nvx_draft *d)
{
	size_t n = 0;
	if (d->n_marker)
		qsort(d->marker, d->n_marker, sizeof(*d->marker), by_marker);
	for (size_t i = 0; i < d->n_marker; i++) {
		if (n && by_marker(&d->marker[n - 1], &d->marker[i]) == 0)
			continue;
		d->marker[n++] = d->marker[i];
	}
	d->n_marker = n;
}

static void drop_gone(struct nvx_draft *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->n_notation; i++) {
		if (d->notation[i].e.kind != MX_GONE)
			d->notation[n++] = d->notation[i];
	}
	d->n_notation = n;
}

static int by_kept_place(const void *a, const void *b)
{
	const struct mx_kept *x = a, *y = b;
	if (x->measure != y->measure)
		return x->measure < y->measure ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void put_number(struct score_bytes *out, uint32_t value)
{
	score_bytes_printf(out, "%u", value);
}

static void attach_kept(struct mx_import *im)
{
	struct score_bytes *out = &im->text;
	if (im->n_kept)
		qsort(im->kept, im->n_kept, sizeof(*im->kept), by_kept_place);
	for (size_t i = 0; i < im->n_kept && !im->draft->error;) {
		const uint32_t measure = im->kept[i].measure;
		out->n = 0;
		score_bytes_puts(out, "\"extensions\":{\"musicxml\":{\"xml\":[");
		for (size_t k = i; i < im->n_kept && im->kept[i].measure == measure; i++) {
			if (out->n > (200u << 10)) { /* nvx1.md 13: 256 KiB an object */
				mx_warn(im, MX_WARN_EXT_FULL, "");
				continue;
			}
			score_bytes_puts(out, i == k ? "{\"offset\":" : ",{\"offset\":");
			put_number(out, im->kept[i].offset);
			score_bytes_puts(out, ",\"part\":");
			put_number(out, im->kept[i].part + 1);
			if (im->kept[i].placement)
				score_bytes_puts(out, im->kept[i].placement == NVX_PLACEMENT_ABOVE
							      ? ",\"placement\":\"above\""
							      : ",\"placement\":\"below\"");
			if (im->kept[i].staff) {
				score_bytes_puts(out, ",\"staff\":");
				put_number(out, im->kept[i].staff);
			}
			score_bytes_puts(out, ",\"xml\":");
			mx_json_string(out, nvx_string(im->draft->pool, im->kept[i].xml, NULL));
			score_bytes_puts(out, "}");
		}
		score_bytes_puts(out, "]}}");
		if (out->error) {
			im->draft->error = out->error;
			return;
		}
		const nvx_str extra = nvx_text(im->draft, (const char *)out->data, out->n);
		if (measure < im->draft->n_measure)
			im->draft->measure[measure].extra = extra;
	}
}

void mx_resolve(struct mx_import *im)
{
	int64_t *start = score_zalloc(im->alloc, (size_t)im->n_measures + 1, sizeof(*start));
	if (!start) {
		im->draft->error = -ENOMEM;
		return;
	}
	lose_open_ends(im);
	mx_resolve_loudness(im);
	mx_resolve_keys(im);
	mx_resolve_measures(im, start);
	if (im->n_measures && !im->draft->error)
		place_all(im, start);
	if (!im->draft->error) {
		add_beams(im);
		mx_resolve_tabs(im);
		drop_gone(im->draft);
		mx_resolve_chords(im, start[im->n_measures]);
		join_markers(im->draft);
		attach_kept(im);
		mx_resolve_parts(im);
	}
	score_free(im->alloc, start);
}
