/* SPDX-License-Identifier: MIT */
/* Rules of form, chords, tablature, fingering, lyrics and diagrams. */
#include "check.h"

#include <errno.h>
#include <stdlib.h>

#include <mos/chord.h>

#include <score/utf8.h>

#define N_LEVELS 8u

void check_ticks(struct check *check, unsigned list, void *items, uint32_t n, size_t item_bytes)
{
	for (uint32_t i = 0; i < n; i++) {
		struct nvx_element *e = (struct nvx_element *)(void *)((char *)items + i * item_bytes);
		const struct check_at at = {list, 0, i, e};
		if ((e->tick < 0 || e->tick > check->end_tick) &&
			check_broken(check, &at, "nvx1.tick.outside", "/tick",
				"%lld is not in the score, which ends at %lld", (long long)e->tick,
				(long long)check->end_tick))
			e->tick = e->tick < 0 ? 0 : check->end_tick;
	}
}

/** A span has a length and ends inside the score. @return 0: it is gone or cannot be used. */
static int check_span(struct check *check, const struct check_at *at, struct nvx_element *e, int64_t until)
{
	if (e->duration_ticks == 0) {
		if (!check_broken(check, at, "nvx1.range", "/durationTicks", "0 is below 1"))
			return 0;
		if (e->tick >= until) {
			check_drop(check, e);
			return 0;
		}
		e->duration_ticks = (uint32_t)(until - e->tick < UINT32_MAX ? until - e->tick : UINT32_MAX);
	}
	const int64_t end = e->tick + (int64_t)e->duration_ticks;
	if (end <= check->end_tick)
		return 1;
	if (!check_broken(check, at, "nvx1.tick.outside", "/durationTicks", "ends at %lld, the score at %lld",
		    (long long)end, (long long)check->end_tick))
		return 0;
	if (e->tick >= check->end_tick) {
		check_drop(check, e);
		return 0;
	}
	e->duration_ticks = (uint32_t)(check->end_tick - e->tick);
	return 1;
}

/**
 * Spans that may not overlap: `last` is the one before of the same kind. In repair mode it ends where this
 * one begins; of two that begin together the first stays. @return 0: this one does not count.
 */
static int check_apart(struct check *check, const struct check_at *at, const char *code,
	struct nvx_element *last, struct nvx_element *e)
{
	if (!last || last->tick + (int64_t)last->duration_ticks <= e->tick)
		return 1;
	if (!check_broken(check, at, code, "", "starts at %lld, inside the one from %lld to %lld",
		    (long long)e->tick, (long long)last->tick,
		    (long long)(last->tick + (int64_t)last->duration_ticks)))
		return 1;
	if (last->tick == e->tick) {
		check_drop(check, e);
		return 0;
	}
	last->duration_ticks = (uint32_t)(e->tick - last->tick);
	return 1;
}

static void check_form_parent(struct check *check, const struct check_at *at, struct nvx_form_element *form)
{
	if (!form->parent_id)
		return;
	const struct check_found found = check->source.find(check, form->parent_id);
	if (!found.item || found.list != NVX_LIST_form)
		return; /* told as a reference */
	const struct nvx_form_element *parent = found.item;
	const int64_t end = form->e.tick + (int64_t)form->e.duration_ticks;
	if (parent->level + 1 == form->level && parent->e.tick <= form->e.tick &&
		end <= parent->e.tick + (int64_t)parent->e.duration_ticks)
		return;
	if (check_broken(check, at, "nvx1.form.overlap", "/parentId",
		    "the parent does not enclose it one level up"))
		form->parent_id = 0;
}

void check_form(struct check *check, struct nvx_form_element *forms, uint32_t n)
{
	struct nvx_form_element *last[N_LEVELS] = {};
	for (uint32_t i = 0; i < n; i++) {
		struct nvx_form_element *form = &forms[i];
		const struct check_at at = {NVX_LIST_form, 0, i, form};
		if (form->level >= N_LEVELS) {
			if (!check_broken(check, &at, "nvx1.range", "/level", "%u is above 7", form->level))
				continue;
			form->level = N_LEVELS - 1;
		}
		if (!check_span(check, &at, &form->e, check->end_tick) ||
			!check_apart(check, &at, "nvx1.form.overlap",
				last[form->level] ? &last[form->level]->e : NULL, &form->e))
			continue;
		last[form->level] = form;
	}
	for (uint32_t i = 0; i < n; i++)
		if (!check_is_dropped(&forms[i].e))
			check_form_parent(
				check, &(struct check_at){NVX_LIST_form, 0, i, &forms[i]}, &forms[i]);
}

/** Symbols that could be read, by handle: a score has few, and each many times. */
struct symbols {
	nvx_str good[64];
};

/** A symbol that music/ cannot read stays as it is. */
static void check_symbol(struct check *check, const struct check_at *at, const struct nvx_chord *chord,
	struct symbols *symbols)
{
	nvx_str *good = &symbols->good[chord->symbol % 64];
	size_t len;
	if (chord->symbol && *good == chord->symbol)
		return;
	const char *symbol = nvx_string(check->pool, chord->symbol, &len);
	struct mos_chord parsed;
	if (mos_chord_parse(symbol, len, &parsed, NULL) >= 0) {
		*good = chord->symbol;
		return;
	}
	check_warn(check, at, "nvx1.chord.unparsed", "/symbol", "no chord that can be read: %.*s",
		(int)score_utf8_cut(symbol, len, 60), symbol);
}

void check_chords(struct check *check, struct nvx_chord *chords, uint32_t n)
{
	struct nvx_element **last =
		score_zalloc(check->alloc, (size_t)check->n_parts + 1, sizeof(struct nvx_element *));
	if (!last) {
		check->error = -ENOMEM;
		return;
	}
	struct symbols symbols = {};
	nvx_str known = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct nvx_chord *chord = &chords[i];
		const struct check_at at = {NVX_LIST_chord, 0, i, chord};
		uint32_t part = check_part(check, &chord->e);
		if (part > check->n_parts)
			part = check->n_parts;
		const int64_t until =
			chord->e.duration_ticks ? 0 : check->source.bar_at(check, chord->e.tick).end;
		if (!check_span(check, &at, &chord->e, until) ||
			!check_apart(check, &at, "nvx1.chord.overlap", last[part], &chord->e))
			continue;
		last[part] = &chord->e;
		if (chord->symbol != known)
			check_symbol(check, &at, chord, &symbols);
		known = chord->symbol;
	}
	score_free(check->alloc, last);
}

/* ---- tablature ---- */

static int has_own_pitch(const struct check *check, const struct nvx_tab *tab)
{
	uint32_t n;
	const struct nvx_technique_use *use = nvx_items(check->pool, tab->techniques, &n);
	for (uint32_t i = 0; i < n; i++)
		if (use[i].type == NVX_TECHNIQUE_DEAD || use[i].type == NVX_TECHNIQUE_HARMONIC)
			return 1;
	return 0;
}

static void check_tab_pitch(struct check *check, const struct check_at *at, struct nvx_tab *tab,
	const struct nvx_part *part, const struct nvx_note *note)
{
	uint32_t n_strings;
	const uint8_t *tuning = nvx_items(check->pool, part->tuning, &n_strings);
	if (!n_strings)
		return;
	if (tab->string < 1 || tab->string > n_strings) {
		if (check_broken(check, at, "nvx1.tab.string", "/string", "%u of %u strings", tab->string,
			    n_strings))
			check_drop(check, &tab->e);
		return;
	}
	const int pitch = tuning[tab->string - 1] + part->capo + tab->fret;
	if (pitch == note->pitch || has_own_pitch(check, tab))
		return;
	if (!check_broken(check, at, "nvx1.tab.pitch", "/fret",
		    "string %u, fret %u gives pitch %d, the note has %u", tab->string, tab->fret, pitch,
		    note->pitch))
		return;
	const int fret = note->pitch - tuning[tab->string - 1] - part->capo;
	if (fret >= 0 && fret <= 36)
		tab->fret = (uint8_t)fret;
	else
		check_drop(check, &tab->e);
}

/** One note a string at a time: the earlier one ends when the next is struck. @return 0: the string is taken.
 */
static int check_string(
	struct check *check, const struct check_at *at, const struct nvx_tab *last, struct nvx_tab *tab)
{
	struct nvx_note *note = check->source.find(check, last->e.note_id).item;
	const struct nvx_note *now = check->source.find(check, tab->e.note_id).item;
	const int64_t end = note->tick + (int64_t)note->duration_ticks;
	if (end <= now->tick)
		return 1;
	if (!check_broken(check, at, "nvx1.tab.string", "/string",
		    "string %u sounds from %lld to %lld already", tab->string, (long long)note->tick,
		    (long long)end))
		return 1;
	if (note->tick == now->tick) {
		check_drop(check, &tab->e);
		return 0;
	}
	note->duration_ticks = (uint32_t)(now->tick - note->tick);
	check->mended = 1;
	return 1;
}

void check_tabs(struct check *check, struct nvx_tab *tabs, uint32_t n)
{
	/* For each part and string the element that sounds last, from 1 on. */
	uint32_t *last = score_zalloc(check->alloc, check->n_parts, 256 * sizeof(*last));
	if (!last) {
		check->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct nvx_tab *tab = &tabs[i];
		const struct check_at at = {NVX_LIST_tab, 0, i, tab};
		const struct check_found found = check->source.find(check, tab->e.note_id);
		if (!found.item || found.list != NVX_LIST_note)
			continue; /* told as a reference */
		check_tab_pitch(check, &at, tab, check->source.part(check, found.part), found.item);
		if (check_is_dropped(&tab->e))
			continue;
		uint32_t *lane = &last[(size_t)found.part * 256 + tab->string];
		if (!*lane || check_string(check, &at, &tabs[*lane - 1], tab))
			*lane = i + 1;
	}
	score_free(check->alloc, last);
}

/* ---- one a note ---- */

/** What hangs on a note, of which there may be one of a sort. */
struct owned {
	nvx_id note_id;
	uint32_t sort; /**< hand; verse */
	uint32_t index;
};

static int compare_owned(const void *a, const void *b)
{
	const struct owned *p = a, *q = b;
	if (p->note_id != q->note_id)
		return p->note_id < q->note_id ? -1 : 1;
	if (p->sort != q->sort)
		return p->sort < q->sort ? -1 : 1;
	return p->index < q->index ? -1 : p->index > q->index;
}

static int same_sort(const struct owned *a, const struct owned *b)
{
	return a->note_id == b->note_id && a->sort == b->sort;
}

static void check_main_fingers(
	struct check *check, struct nvx_fingering *fingerings, struct owned *owned, uint32_t n)
{
	qsort(owned, n, sizeof(*owned), compare_owned);
	for (uint32_t i = 1; i < n; i++) {
		if (!same_sort(&owned[i], &owned[i - 1]))
			continue;
		struct nvx_fingering *second = &fingerings[owned[i].index];
		const struct check_at at = {NVX_LIST_fingering, 0, owned[i].index, second};
		if (check_broken(check, &at, "nvx1.finger.double", "/finger",
			    "the note has a main finger of this hand already"))
			second->alternative = 1;
	}
}

void check_fingering(struct check *check, struct nvx_fingering *fingerings, uint32_t n)
{
	struct owned *owned = score_zalloc(check->alloc, n, sizeof(*owned));
	if (!owned) {
		check->error = -ENOMEM;
		return;
	}
	/* What hangs on one note stands at one tick. */
	for (uint32_t i = 0; i < n;) {
		uint32_t n_owned = 0;
		const int64_t tick = fingerings[i].e.tick;
		for (; i < n && fingerings[i].e.tick == tick; i++)
			if (fingerings[i].e.note_id && !fingerings[i].alternative)
				owned[n_owned++] =
					(struct owned){fingerings[i].e.note_id, fingerings[i].hand, i};
		check_main_fingers(check, fingerings, owned, n_owned);
	}
	score_free(check->alloc, owned);
}

/** First verse from `from` on that none of a note's syllables has; 0: none up to 99 is free. */
static uint8_t free_verse(const struct nvx_lyric *lyrics, const struct owned *owned, uint32_t n, uint8_t from)
{
	uint8_t used[256] = {};
	for (uint32_t i = 0; i < n; i++)
		used[lyrics[owned[i].index].verse] = 1;
	for (unsigned verse = from; verse <= 99; verse++)
		if (!used[verse])
			return (uint8_t)verse;
	return 0;
}

static void check_syllables(struct check *check, struct nvx_lyric *lyrics, struct owned *owned, uint32_t n)
{
	qsort(owned, n, sizeof(*owned), compare_owned);
	for (uint32_t i = 1, group = 0; i < n; i++) {
		if (owned[i].note_id != owned[group].note_id)
			group = i;
		if (!same_sort(&owned[i], &owned[i - 1]))
			continue;
		struct nvx_lyric *second = &lyrics[owned[i].index];
		const struct check_at at = {NVX_LIST_lyric, 0, owned[i].index, second};
		if (!check_broken(check, &at, "nvx1.lyric.double", "/verse",
			    "the note has a syllable of verse %u already", second->verse))
			continue;
		uint32_t end = i + 1;
		while (end < n && end - group < 100 && owned[end].note_id == owned[group].note_id)
			end++;
		const uint8_t verse =
			end - group < 100 ? free_verse(lyrics, owned + group, end - group, second->verse) : 0;
		if (verse)
			second->verse = verse;
		else
			check_drop(check, &second->e);
	}
}

void check_lyrics(struct check *check, struct nvx_lyric *lyrics, uint32_t n)
{
	struct owned *owned = score_zalloc(check->alloc, n, sizeof(*owned));
	if (!owned) {
		check->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < n;) {
		uint32_t n_owned = 0;
		const int64_t tick = lyrics[i].e.tick;
		for (; i < n && lyrics[i].e.tick == tick; i++)
			if (lyrics[i].e.note_id)
				owned[n_owned++] = (struct owned){lyrics[i].e.note_id, lyrics[i].verse, i};
		check_syllables(check, lyrics, owned, n_owned);
	}
	score_free(check->alloc, owned);
}

/* ---- diagrams ---- */

/** Pitch classes that a fretted diagram sounds on a guitar, or on the strings of its part. */
static uint16_t diagram_pitch_classes(
	struct check *check, const struct nvx_diagram_element *diagram, const struct nvx_part *part)
{
	static const uint8_t guitar[] = {64, 59, 55, 50, 45, 40};
	uint32_t n_strings = 0, n;
	const uint8_t *tuning = part ? nvx_items(check->pool, part->tuning, &n_strings) : NULL;
	uint16_t classes = 0;
	if (!n_strings) {
		tuning = guitar;
		n_strings = sizeof(guitar);
	}
	const unsigned capo = part ? part->capo : 0;
	const struct nvx_dot *dots = nvx_items(check->pool, diagram->dots, &n);
	for (uint32_t i = 0; i < n; i++)
		if (dots[i].string >= 1 && dots[i].string <= n_strings)
			classes |= (uint16_t)(1u << (tuning[dots[i].string - 1] + capo + dots[i].fret) % 12);
	const uint8_t *open = nvx_items(check->pool, diagram->open, &n);
	for (uint32_t i = 0; i < n; i++)
		if (open[i] >= 1 && open[i] <= n_strings)
			classes |= (uint16_t)(1u << (tuning[open[i] - 1] + capo) % 12);
	const struct nvx_piano_key *keys = nvx_items(check->pool, diagram->keys, &n);
	for (uint32_t i = 0; i < n; i++)
		classes |= (uint16_t)(1u << keys[i].pitch % 12);
	return classes;
}

void check_diagrams(struct check *check, struct nvx_diagram_element *diagrams, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct check_found found = check->source.find(check, diagrams[i].chord_id);
		const uint32_t part = check_part(check, &diagrams[i].e);
		if (!diagrams[i].chord_id || !found.item || found.list != NVX_LIST_chord)
			continue;
		size_t len;
		const char *symbol =
			nvx_string(check->pool, ((const struct nvx_chord *)found.item)->symbol, &len);
		struct mos_chord chord;
		if (mos_chord_parse(symbol, len, &chord, NULL) < 0)
			continue;
		const uint16_t has = diagram_pitch_classes(
			check, &diagrams[i], part != UINT32_MAX ? check->source.part(check, part) : NULL);
		const uint16_t foreign = has & (uint16_t)~mos_chord_pitch_classes(&chord);
		if (foreign)
			check_warn(check, &(struct check_at){NVX_LIST_diagram, 0, i, &diagrams[i]},
				"nvx1.diagram.foreign", "", "pitch classes %#x are not in %.*s", foreign,
				(int)score_utf8_cut(symbol, len, 60), symbol);
	}
}
