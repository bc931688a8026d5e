/* SPDX-License-Identifier: MIT */
/* The document: head, parts, and what could not be written. */
#include "export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- ids ---- */

static size_t slots_for(size_t n)
{
	size_t slots = 16;
	while (slots < 2 * n)
		slots *= 2;
	return slots;
}

static void put_id(struct mxo_id *table, size_t slots, nvx_id id, uint32_t at)
{
	size_t i = (id * 2654435769u) & (slots - 1);
	while (table[i].id && table[i].id != id)
		i = (i + 1) & (slots - 1);
	table[i] = (struct mxo_id){id, at};
}

static uint32_t get_id(const struct mxo_id *table, size_t slots, nvx_id id)
{
	if (!table || !id)
		return MXO_NONE;
	for (size_t i = (id * 2654435769u) & (slots - 1); table[i].id; i = (i + 1) & (slots - 1)) {
		if (table[i].id == id)
			return table[i].at;
	}
	return MXO_NONE;
}

uint32_t mxo_find_note(const struct mxo *x, nvx_id id)
{
	return get_id(x->note_id, x->n_note_slots, id);
}

uint32_t mxo_find_event(const struct mxo *x, nvx_id id)
{
	return get_id(x->event_id, x->n_event_slots, id);
}

const struct nvx_note *mxo_note_at(const struct mxo *x, uint32_t note)
{
	return score_part_note(x->score->part[x->part], note);
}

static struct mxo_id *new_table(struct mxo *x, size_t n, size_t *ret_slots)
{
	*ret_slots = slots_for(n);
	struct mxo_id *table = score_zalloc(x->alloc, *ret_slots, sizeof(*table));
	if (!table)
		x->error = -ENOMEM;
	return table;
}

static void index_events(struct mxo *x)
{
	const uint32_t n = score_n_notation(x->score);
	x->event_id = new_table(x, n, &x->n_event_slots);
	x->slur_number = score_zalloc(x->alloc, (size_t)n + 1, 1);
	x->piece_of_event = score_zalloc(x->alloc, (size_t)n + 1, sizeof(*x->piece_of_event));
	if (!x->slur_number || !x->piece_of_event)
		x->error = -ENOMEM;
	if (x->error)
		return;
	struct nvx_seq_iter it = nvx_seq_from(&x->score->list[NVX_LIST_notation], 0);
	const struct nvx_notation_element *e;
	for (uint32_t i = 0; (e = nvx_seq_next(&it)); i++)
		put_id(x->event_id, x->n_event_slots, e->e.id, i);
}

static const uint8_t bucket_list[MXO_N_BUCKETS] = {
	[MXO_NOTATION] = NVX_LIST_notation,
	[MXO_CHORDS] = NVX_LIST_chord,
	[MXO_TABS] = NVX_LIST_tab,
	[MXO_FINGERS] = NVX_LIST_fingering,
	[MXO_LYRICS] = NVX_LIST_lyric,
};

/** What belongs to no part belongs to the first. */
static uint32_t bucket_of(const struct mxo *x, const struct nvx_element *e)
{
	const uint32_t part = e->part_id ? get_id(x->part_id, x->n_part_slots, e->part_id) : 0;
	return part < x->score->n_parts ? part : 0;
}

static void fill_bucket(struct mxo *x, unsigned which)
{
	const struct nvx_seq *list = &x->score->list[bucket_list[which]];
	uint32_t *start = score_zalloc(x->alloc, (size_t)x->score->n_parts + 2, sizeof(*start));
	uint32_t *item = score_zalloc(x->alloc, (size_t)list->n + 1, sizeof(*item));
	x->bucket[which].start = start;
	x->bucket[which].item = item;
	if (!start || !item) {
		x->error = -ENOMEM;
		return;
	}
	const struct nvx_element *e;
	struct nvx_seq_iter it = nvx_seq_from(list, 0);
	while ((e = nvx_seq_next(&it)))
		start[bucket_of(x, e) + 2]++;
	for (uint32_t p = 1; p < x->score->n_parts + 2; p++)
		start[p] += start[p - 1];
	it = nvx_seq_from(list, 0);
	for (uint32_t i = 0; (e = nvx_seq_next(&it)); i++)
		item[start[bucket_of(x, e) + 1]++] = i;
}

static void index_parts(struct mxo *x)
{
	x->part_id = new_table(x, x->score->n_parts, &x->n_part_slots);
	for (uint32_t p = 0; p < x->score->n_parts && !x->error; p++)
		put_id(x->part_id, x->n_part_slots, x->score->part[p]->part.id, p);
	for (unsigned i = 0; i < MXO_N_BUCKETS && !x->error; i++)
		fill_bucket(x, i);
}

static void index_notes(struct mxo *x)
{
	const struct nvx_seq *notes = &x->score->part[x->part]->note;
	score_free(x->alloc, x->note_id);
	x->note_id = new_table(x, notes->n, &x->n_note_slots);
	if (x->error)
		return;
	struct nvx_seq_iter it = nvx_seq_from(notes, 0);
	const struct nvx_note *note;
	for (uint32_t i = 0; (note = nvx_seq_next(&it)); i++)
		put_id(x->note_id, x->n_note_slots, note->id, i);
}

/* ---- losses ---- */

static void tell_losses(struct mxo *x)
{
	static const struct {
		const char *code, *text;
	} losses[MXO_N_LOSSES] = {
		[MXO_LOSS_CONTROL] = {"musicxml.export.controller",
			"controllers other than pedals are not written"},
		[MXO_LOSS_CHANNEL] = {"EXPORT_PART_FLATTENED_010",
			"notes on channels of their own play on their part's"},
		[MXO_LOSS_CURVE] = {"musicxml.export.tempo", "a gliding tempo is written as steps"},
		[MXO_LOSS_MARKER] = {"musicxml.export.marker",
			"markers that are no rehearsal marks are not written"},
		[MXO_LOSS_LAYER] = {"musicxml.export.layer", "analysis, rails and media are not written"},
		[MXO_LOSS_KEPT] = {"musicxml.export.kept", "text that an import kept is not written"},
		[MXO_LOSS_LYRIC] = {"musicxml.export.lyric", "syllables where no note is are not written"},
		[MXO_LOSS_TIME] = {"musicxml.export.offset",
			"expressive offsets in microseconds are not written"},
	};
	for (unsigned i = 0; i < MXO_N_LOSSES; i++) {
		if (x->loss[i])
			score_warn(x->report, losses[i].code, "", "%s (%u)", losses[i].text, x->loss[i]);
	}
}

static void count_kept(struct mxo *x)
{
	const struct score *s = x->score;
	x->loss[MXO_LOSS_KEPT] = mxo_count_kept(x, s->globals.metadata.extra);
	for (uint32_t i = 0; i < score_n_measure(s); i++)
		x->loss[MXO_LOSS_KEPT] += mxo_count_kept(x, score_measure(s, i)->extra);
	for (uint32_t i = 0; i < score_n_key(s); i++)
		x->loss[MXO_LOSS_KEPT] += mxo_count_kept(x, score_key(s, i)->extra);
	for (uint32_t i = 0; i < score_n_notation(s); i++)
		x->loss[MXO_LOSS_KEPT] += mxo_count_kept(x, score_notation(s, i)->e.extra);
	for (uint32_t p = 0; p < s->n_parts; p++) {
		x->loss[MXO_LOSS_KEPT] += mxo_count_kept(x, s->part[p]->part.extra);
		struct nvx_seq_iter notes = nvx_seq_from(&s->part[p]->note, 0);
		for (const struct nvx_note *note; (note = nvx_seq_next(&notes));)
			x->loss[MXO_LOSS_KEPT] += note->extra ? mxo_count_kept(x, note->extra) : 0;
	}
}

static void count_losses(struct mxo *x)
{
	const struct score *s = x->score;
	count_kept(x);
	x->loss[MXO_LOSS_LAYER] = score_n_analysis(s) + score_n_drum(s) + score_n_performance(s) +
				  score_n_melody(s) + score_n_extended(s) + score_n_media(s) +
				  score_n_annotation(s);
	for (uint32_t i = 0; i < score_n_marker(s); i++)
		x->loss[MXO_LOSS_MARKER] += score_marker(s, i)->e.kind != NVX_MARKER_REHEARSAL;
	for (uint32_t i = 0; i < score_n_tempo(s); i++)
		x->loss[MXO_LOSS_CURVE] += score_tempo(s, i)->curve == NVX_CURVE_LINEAR;
}

static void write_part(struct mxo *x, uint32_t part)
{
	x->part = part;
	x->p = &x->score->part[part]->part;
	x->is_kit = x->p->role == NVX_ROLE_DRUMS;
	x->numbers_in_use = x->spans_in_use = 0;
#define X(name, type) x->n_##name = 0;
	MXO_ARRAYS(X)
#undef X
	index_notes(x);
	if (!x->error)
		mxo_gather_part(x);
	if (x->error)
		return;
	mxo_openf(x, "part id=\"P%u\"", part + 1);
	mxo_write_part(x);
	mxo_close(x, "part");
}

int musicxml_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	struct mxo *x = score_zalloc(out->alloc, 1, sizeof(*x));
	const size_t before = out->n;
	if (!x)
		return -ENOMEM;
	*x = (struct mxo){.score = score, .out = out, .report = report, .alloc = out->alloc};
	index_events(x);
	index_parts(x);
	count_losses(x);
	score_bytes_puts(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!DOCTYPE score-partwise PUBLIC \"-//Recordare//DTD MusicXML 4.0 Partwise//EN\" "
		"\"http://www.musicxml.org/dtds/partwise.dtd\">\n");
	mxo_open(x, "score-partwise version=\"4.0\"");
	if (!x->error)
		mxo_write_head(x);
	for (uint32_t p = 0; p < score->n_parts && !x->error && !out->error; p++)
		write_part(x, p);
	mxo_close(x, "score-partwise");
	if (!x->error)
		tell_losses(x);
	const int rc = x->error ? x->error : out->error;
	if (rc < 0)
		out->n = before;
#define X(name, type) score_free(x->alloc, x->name);
	MXO_ARRAYS(X)
#undef X
	for (unsigned i = 0; i < MXO_N_BUCKETS; i++) {
		score_free(x->alloc, x->bucket[i].start);
		score_free(x->alloc, x->bucket[i].item);
	}
	score_free(x->alloc, x->part_id);
	score_free(x->alloc, x->note_id);
	score_free(x->alloc, x->event_id);
	score_free(x->alloc, x->slur_number);
	score_free(x->alloc, x->piece_of_event);
	score_free(out->alloc, x);
	return rc;
}
