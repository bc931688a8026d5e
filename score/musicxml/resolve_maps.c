/* SPDX-License-Identifier: MIT */
/* Keys of the whole and of parts, loudness, chord lengths. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

static int by_key_place(const void *a, const void *b)
{
	const struct mx_key_statement *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->staff < y->staff ? -1 : x->staff > y->staff;
}

/** The key that sounds where this one is written. */
static struct nvx_key concert_key(const struct mx_key_statement *k)
{
	struct nvx_key key = k->key;
	int fifths = k->fifths + k->chromatic_fifths;
	while (fifths > 7)
		fifths -= 12;
	while (fifths < -7)
		fifths += 12;
	if (key.step == NVX_KEY_NONE)
		key.fifths = key.fifths_given ? (int8_t)fifths : 0;
	else if (key.mode <= NVX_MODE_MINOR)
		nvx_set_key(&key, fifths, key.mode == NVX_MODE_MINOR);
	else
		mx_modal_key(&key, fifths, key.mode);
	return key;
}

static int same_key(const struct nvx_key *a, const struct nvx_key *b)
{
	return a->step == b->step && a->alter == b->alter && a->mode == b->mode && a->fifths == b->fifths &&
	       a->fifths_given == b->fifths_given && a->extra == b->extra;
}

/** The part whose keys are those of the score: the first that does not transpose. */
static uint32_t leading_part(const struct mx_import *im)
{
	uint32_t lead = MX_NONE, any = MX_NONE;
	for (size_t i = 0; i < im->n_keys; i++) {
		const struct mx_key_statement *k = &im->keys[i];
		if (k->part < any)
			any = k->part;
		if (!k->chromatic_fifths && k->part < lead)
			lead = k->part;
	}
	return lead == MX_NONE ? any : lead;
}

void mx_resolve_keys(struct mx_import *im)
{
	struct nvx_key common = {.step = NVX_KEY_NONE};
	if (im->n_keys)
		qsort(im->keys, im->n_keys, sizeof(*im->keys), by_key_place);
	const uint32_t lead = leading_part(im);
	for (size_t i = 0; i < im->n_keys;) {
		const int64_t at = im->keys[i].at;
		size_t end = i;
		int set = 0;
		for (; end < im->n_keys && im->keys[end].at == at; end++) {
			struct mx_key_statement *k = &im->keys[end];
			if (k->part != lead || set)
				continue;
			const struct nvx_key key = concert_key(k);
			set = 1;
			if (same_key(&key, &common) && im->draft->n_key)
				continue;
			common = key;
			struct nvx_key *out = nvx_add_key(im->draft);
			*out = key;
			out->tick = at;
		}
		for (; i < end; i++) {
			const struct mx_key_statement *k = &im->keys[i];
			if (same_key(&k->key, &common))
				continue;
			im->part = k->part;
			const uint32_t index = mx_add_notation(im, NVX_NOTATION_KEY, at, k->staff);
			struct nvx_notation_element *e = mx_notation(im, index);
			e->key_step = k->key.step;
			e->key_alter = k->key.alter;
			e->key_mode = k->key.mode;
			e->fifths = k->key.fifths;
			e->fifths_given = k->key.fifths_given;
			e->e.extra = k->key.extra;
		}
	}
}

/* ---- loudness ---- */

static int by_loudness_place(const void *a, const void *b)
{
	const struct mx_loudness *x = a, *y = b;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

void mx_resolve_loudness(struct mx_import *im)
{
	size_t first = 0;
	if (im->n_loudness)
		qsort(im->loudness, im->n_loudness, sizeof(*im->loudness), by_loudness_place);
	for (size_t i = 0; i < im->n_loudness; i++) {
		const int follows = i > 0 && im->loudness[i - 1].part == im->loudness[i].part;
		if (!im->loudness[i].after)
			im->loudness[i].after = follows ? im->loudness[i - 1].after : MX_VELOCITY;
	}
	for (uint32_t p = 0; p < im->draft->n_part; p++) {
		size_t last = first;
		while (last < im->n_loudness && im->loudness[last].part == p)
			last++;
		struct nvx_draft_part *part = &im->draft->part[p];
		for (size_t i = 0; i < part->n_note; i++) {
			struct nvx_note *note = &part->note[i];
			if (note->velocity)
				continue;
			size_t low = first, high = last; /* the first after the note */
			while (low < high) {
				const size_t mid = (low + high) / 2;
				if (im->loudness[mid].at <= note->tick)
					low = mid + 1;
				else
					high = mid;
			}
			note->velocity = low == first ? MX_VELOCITY
					 : im->loudness[low - 1].at == note->tick
						 ? im->loudness[low - 1].here
						 : im->loudness[low - 1].after;
		}
		first = last;
	}
}

/* ---- chords ---- */

static int by_chord_place(const void *a, const void *b)
{
	const struct nvx_chord *x = a, *y = b;
	if (x->e.part_id != y->e.part_id)
		return x->e.part_id < y->e.part_id ? -1 : 1;
	if (x->e.tick != y->e.tick)
		return x->e.tick < y->e.tick ? -1 : 1;
	return x->e.id < y->e.id ? -1 : x->e.id > y->e.id;
}

struct same {
	nvx_id gone, stays;
};

static int by_gone(const void *a, const void *b)
{
	const struct same *x = a, *y = b;
	return x->gone < y->gone ? -1 : x->gone > y->gone;
}

/** A symbol that stands on both staves is one. */
static void join_equal(struct mx_import *im)
{
	struct nvx_draft *d = im->draft;
	struct same *same = score_zalloc(im->alloc, d->n_chord, sizeof(*same));
	size_t n = 0, n_same = 0;
	if (!same)
		return;
	for (size_t i = 0; i < d->n_chord; i++) {
		const struct nvx_chord *c = &d->chord[i];
		const struct nvx_chord *before = n ? &d->chord[n - 1] : NULL;
		if (before && before->e.part_id == c->e.part_id && before->e.tick == c->e.tick &&
			before->symbol == c->symbol)
			same[n_same++] = (struct same){c->e.id, before->e.id};
		else
			d->chord[n++] = *c;
	}
	d->n_chord = n;
	if (n_same)
		qsort(same, n_same, sizeof(*same), by_gone);
	for (size_t i = 0; n_same && i < d->n_diagram; i++) {
		const struct same key = {.gone = d->diagram[i].chord_id};
		const struct same *found = bsearch(&key, same, n_same, sizeof(*same), by_gone);
		if (found)
			d->diagram[i].chord_id = found->stays;
	}
	score_free(im->alloc, same);
}

/** Each lasts until the next of its part; several at one place share what lies before the next. */
void mx_resolve_chords(struct mx_import *im, int64_t end_tick)
{
	struct nvx_draft *d = im->draft;
	unsigned n_parts = 0;
	if (!d->n_chord)
		return;
	for (size_t i = 0; i < im->n_parts; i++)
		n_parts += im->parts[i].n_harmonies > 0;
	for (size_t i = 0; n_parts < 2 && i < d->n_chord; i++)
		d->chord[i].e.part_id = 0;
	qsort(d->chord, d->n_chord, sizeof(*d->chord), by_chord_place);
	join_equal(im);
	for (size_t i = 0; i < d->n_chord;) {
		size_t end = i;
		while (end < d->n_chord && d->chord[end].e.part_id == d->chord[i].e.part_id &&
			d->chord[end].e.tick == d->chord[i].e.tick)
			end++;
		const int64_t from = d->chord[i].e.tick;
		const int follows = end < d->n_chord && d->chord[end].e.part_id == d->chord[i].e.part_id;
		const int64_t to = follows ? d->chord[end].e.tick : end_tick;
		const uint32_t n = (uint32_t)(end - i);
		if (n > 1)
			mx_warn(im, MX_WARN_HARMONY, nvx_string(d->pool, d->chord[i].symbol, NULL));
		for (uint32_t k = 0; k < n; k++, i++) {
			d->chord[i].e.tick = nvx_border(from, to - from, k, n);
			d->chord[i].e.duration_ticks =
				(uint32_t)(nvx_border(from, to - from, k + 1, n) - d->chord[i].e.tick);
		}
	}
}
