/* SPDX-License-Identifier: MIT */
/* What is sung: a text for a measure or beat, its syllables on the notes where they are as many. */
#include <errno.h>
#include <string.h>

#include "../sort.h"
#include "older.h"

#define MAX_SYLLABLES 256u

void older_add_words(struct older *o, int64_t tick, int64_t end, nvx_str text)
{
	if (!text)
		return;
	if (score_reserve(o->r->alloc, (void **)&o->words, &o->cap_words, o->n_words + 1, sizeof(*o->words)) <
		0) {
		o->draft->error = -ENOMEM;
		return;
	}
	o->words[o->n_words++] = (struct older_words){tick, end, text, o->part};
}

struct onset {
	int64_t tick;
	nvx_id id;
	uint8_t pitch;
};

static int compare_onset(const void *a, const void *b, void *)
{
	const struct onset *x = a, *y = b;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return y->pitch - x->pitch; /* the highest carries the words */
}

/** Where notes of a part begin, each tick once, but those of the left hand. */
static struct onset *onsets_of(struct older *o, uint32_t part, size_t *ret_n)
{
	const struct nvx_draft_part *of = &o->draft->part[part];
	struct onset *all = score_zalloc(o->r->alloc, of->n_note + 1, sizeof(*all));
	size_t n = 0, kept = 0;
	*ret_n = 0;
	if (!all) {
		o->draft->error = -ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < of->n_note; i++)
		if (!of->note[i].reserved)
			all[n++] = (struct onset){of->note[i].tick, of->note[i].id, of->note[i].pitch};
	nvx_sort(all, n, sizeof(*all), compare_onset, NULL);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || all[kept - 1].tick != all[i].tick)
			all[kept++] = all[i];
	*ret_n = kept;
	return all;
}

struct syllable {
	const char *at;
	size_t len;
	uint8_t syllabic;
};

/** "Hel-lo world": three. @return how many. */
static uint32_t cut(const char *text, size_t len, struct syllable out[static MAX_SYLLABLES])
{
	uint32_t n = 0;
	int inside = 0;
	for (size_t at = 0; at < len && n < MAX_SYLLABLES;) {
		while (at < len && text[at] == ' ')
			at++;
		const size_t from = at;
		while (at < len && text[at] != ' ' && (text[at] != '-' || at == from))
			at++;
		if (at == from)
			break;
		const int goes_on = at < len && text[at] == '-';
		out[n++] = (struct syllable){text + from, at - from,
			(uint8_t)(inside ? (goes_on ? NVX_SYLLABIC_MIDDLE : NVX_SYLLABIC_END)
					 : (goes_on ? NVX_SYLLABIC_BEGIN : NVX_SYLLABIC_SINGLE))};
		inside = goes_on;
		at += (size_t)goes_on;
	}
	return n;
}

static struct nvx_lyric *add(struct older *o, int64_t tick, const char *text, size_t len)
{
	struct nvx_lyric *lyric = nvx_add_lyric(o->draft);
	lyric->e.tick = tick;
	lyric->text = nvx_text(o->draft, text, len);
	return lyric;
}

static void place(struct older *o, const struct older_words *words, const struct onset *onset, size_t n)
{
	struct syllable syllable[MAX_SYLLABLES];
	size_t len, low = 0, high = n;
	const char *text = nvx_string(o->draft->pool, words->text, &len);
	const uint32_t n_syllables = cut(text, len, syllable);
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (onset[middle].tick < words->tick)
			low = middle + 1;
		else
			high = middle;
	}
	size_t last = low;
	while (last < n && onset[last].tick < words->end && last - low <= MAX_SYLLABLES)
		last++;
	if (n_syllables == 0)
		return;
	if (last - low != n_syllables) {
		add(o, words->tick, text, len)->e.part_id = o->draft->part[words->part].part.id;
		return;
	}
	for (uint32_t i = 0; i < n_syllables && !o->draft->error; i++) {
		struct nvx_lyric *lyric = add(o, onset[low + i].tick, syllable[i].at, syllable[i].len);
		lyric->e.note_id = onset[low + i].id;
		lyric->syllabic = syllable[i].syllabic;
	}
}

void older_put_words(struct older *o)
{
	struct onset *onset = NULL;
	size_t n = 0;
	uint32_t part = UINT32_MAX;
	for (size_t i = 0; i < o->n_words && !o->draft->error; i++) {
		if (o->words[i].part >= o->draft->n_part)
			continue;
		if (o->words[i].part != part) {
			score_free(o->r->alloc, onset);
			part = o->words[i].part;
			onset = onsets_of(o, part, &n);
		}
		if (onset)
			place(o, &o->words[i], onset, n);
	}
	score_free(o->r->alloc, onset);
	for (size_t p = 0; p < o->draft->n_part; p++)
		for (size_t i = 0; i < o->draft->part[p].n_note; i++)
			o->draft->part[p].note[i].reserved = 0;
}
