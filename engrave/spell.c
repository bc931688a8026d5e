/* SPDX-License-Identifier: MIT */
/* What each head is called, where it stands, what it looks like, and which accidentals are printed. */
#include "read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mos/pitch.h>

/** Codes of a head by its longest values: breve, whole, half, black. */
struct shape {
	const char *name;
	uint16_t code[4];
};
static const struct shape shapes[] = {
	{"normal", {0xe0a0, 0xe0a2, 0xe0a3, 0xe0a4}},
	{"x", {0xe0a6, 0xe0a7, 0xe0a8, 0xe0a9}},
	{"cross", {0xe0ac, 0xe0ad, 0xe0ae, 0xe0af}},
	{"circle-x", {0xe0b0, 0xe0b1, 0xe0b2, 0xe0b3}},
	{"diamond", {0xe0d7, 0xe0d8, 0xe0d9, 0xe0db}},
	{"triangle", {0xe0ba, 0xe0bb, 0xe0bc, 0xe0be}},
	{"inverted triangle", {0xe0c3, 0xe0c4, 0xe0c5, 0xe0c7}},
	{"square", {0xe0a1, 0xe0b8, 0xe0b8, 0xe0b9}},
	{"rectangle", {0xe0a1, 0xe0b8, 0xe0b8, 0xe0b9}},
	{"circled", {0xe0e7, 0xe0e6, 0xe0e5, 0xe0e4}},
	{"slashed", {0xe0d5, 0xe0d3, 0xe0d1, 0xe0cf}},
	{"back slashed", {0xe0d6, 0xe0d4, 0xe0d2, 0xe0d0}},
	{"slash", {0xe10a, 0xe102, 0xe103, 0xe101}},
	{"none", {0, 0, 0, 0}},
};

/** Where drummers are used to see a key of the kit, and its head. */
static const struct {
	uint8_t key;
	char place[3];
	const char *head;
} kit[] = {{35, "E4", "normal"}, {36, "F4", "normal"}, {37, "C5", "x"}, {38, "C5", "normal"}, {39, "C5", "x"},
	{40, "C5", "normal"}, {41, "G4", "normal"}, {42, "G5", "x"}, {43, "A4", "normal"}, {44, "D4", "x"},
	{45, "A4", "normal"}, {46, "G5", "circle-x"}, {47, "B4", "normal"}, {48, "D5", "normal"},
	{49, "A5", "x"}, {50, "E5", "normal"}, {51, "F5", "x"}, {52, "B5", "x"}, {53, "F5", "diamond"},
	{54, "B4", "x"}, {55, "B5", "x"}, {56, "E5", "triangle"}, {57, "B5", "x"}, {59, "F5", "x"}};

/** Never one that the font lacks: an ordinary head is better than none. */
static uint32_t head_code(const struct eng *e, const char *name, unsigned value)
{
	const unsigned at = value <= NVX_VALUE_BREVE ? 0
			    : value == NVX_VALUE_1   ? 1
			    : value == NVX_VALUE_2   ? 2
						     : 3;
	for (unsigned i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const uint32_t code = shapes[i].code[at];
		if (strcmp(shapes[i].name, name) == 0 && (!code || engrave_glyph(e->metrics, code)->is_there))
			return code;
	}
	return shapes[0].code[at];
}

/** Diatonic steps from C0 of the middle line. */
static int middle_of(struct eng_clef clef, unsigned lines)
{
	const int middle = lines == 5 ? 3 : ((int)lines + 1) / 2;
	const int to_middle = 2 * (middle - (clef.line ? clef.line : 3));
	switch (clef.sign) {
	case NVX_CLEF_F:
		return 7 * 3 + 3 + to_middle + 7 * clef.octave;
	case NVX_CLEF_C:
		return 7 * 4 + to_middle + 7 * clef.octave;
	case NVX_CLEF_G:
		return 7 * 4 + 4 + 2 * (middle - (clef.line ? clef.line : 2)) + 7 * clef.octave;
	default:
		return 7 * 4 + 6; /* percussion: as a treble clef */
	}
}

static int shift_at(const struct eng_signs *s, int64_t tick)
{
	const uint32_t low =
		s->n_octaves ? eng_until(&s->octave->tick, sizeof(*s->octave), s->n_octaves, tick) : 0;
	return low && tick < s->octave[low - 1].end ? s->octave[low - 1].shift : 0;
}

static const struct nvx_notation_element *element_of(const struct eng *e, const struct eng_event *v)
{
	return v->element == ENG_NONE ? NULL : eng_notation(e, v->element);
}

/** As stated, if that gives its pitch, else as the key has it. @return enum nvx_accidental. */
static unsigned spell(
	const struct eng *e, const struct eng_event *v, struct eng_head *h, const struct nvx_note *note)
{
	static const int8_t semitones[7] = {0, 2, 4, 5, 7, 9, 11};
	const struct nvx_part *part = &e->score->part[e->staff[v->staff].part]->part;
	const struct nvx_notation_element *x = element_of(e, v);
	int written = note->pitch;
	unsigned accidental = NVX_ACCIDENTAL_AUTO;
	uint32_t n = 0;
	if (part->has_transpose)
		written += part->transpose_chromatic + 12 * part->transpose_octave;
	const struct nvx_spelling *list = x ? nvx_items(e->score->pool, x->spelling, &n) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (list[i].note_id != note->id || list[i].step > 6)
			continue;
		const int natural = written - list[i].alter - semitones[list[i].step];
		accidental = list[i].accidental;
		if (natural % 12 != 0)
			break;
		h->step = list[i].step;
		h->alter = list[i].alter;
		h->octave = (int8_t)(natural / 12 - 1);
		return accidental;
	}
	int moved = 0;
	for (; written < 0; written += 12)
		moved--;
	for (; written > 127; written -= 12)
		moved++;
	const struct mos_pitch usual = mos_pitch_spell((uint8_t)written, eng_fifths_at(e, v->staff, v->tick));
	h->step = (uint8_t)usual.step;
	h->alter = (int8_t)usual.alter;
	h->octave = (int8_t)(usual.octave + moved);
	return accidental;
}

/** A drum: by what an import kept, or by the kit. @return its head. */
static const char *place_drum(const struct eng *e, struct eng_head *h, const struct nvx_note *note)
{
	static const char steps[] = "CDEFGAB";
	const char *head = "normal", *place = "B4";
	char display[8];
	for (unsigned i = 0; i < sizeof(kit) / sizeof(*kit); i++) {
		if (kit[i].key == note->pitch) {
			place = kit[i].place;
			head = kit[i].head;
		}
	}
	if (eng_fact(e, note->extra, "display", display, sizeof(display)) && display[0] >= 'A' &&
		display[0] <= 'G' && display[1] >= '0' && display[1] <= '9' && !display[2]) {
		place = display;
		head = "normal";
	}
	h->step = (uint8_t)(strchr(steps, place[0]) - steps);
	h->octave = (int8_t)(place[1] - '0');
	h->alter = 0;
	return head;
}

static const char *stated_head(
	const struct eng *e, const struct eng_event *v, nvx_id note, const char *otherwise)
{
	uint32_t n = 0;
	const struct nvx_notation_element *x = element_of(e, v);
	const struct nvx_head *list = x ? nvx_items(e->score->pool, x->heads, &n) : NULL;
	for (uint32_t i = 0; i < n; i++) {
		if (list[i].note_id == note)
			return score_text(e->score, list[i].head);
	}
	return otherwise;
}

/** SMuFL of an accidental in quarter tones. */
static uint32_t accidental_code(int quarters)
{
	static const uint16_t codes[] = {0xe266, 0xe264, 0xe264, 0xe281, 0xe260, 0xe280, 0xe261, 0xe282,
		0xe262, 0xe283, 0xe263, 0xe263, 0xe265};
	return quarters < -6 || quarters > 6 ? 0xe261u : codes[quarters + 6];
}

static int key_alter(int step, int fifths)
{
	static const int8_t order[7] = {1, 3, 5, 0, 2, 4, 6}; /* F C G D A E B, by step C..B */
	return fifths > order[step] ? 1 : fifths < 0 && 6 - order[step] < -fifths ? -1 : 0;
}

/* ---- accidentals of one staff ---- */

#define OCTAVES 14

struct state {
	int8_t now[7][OCTAVES], before[7][OCTAVES]; /**< quarter tones + 64; 0: the key's */
};

static unsigned octave_of(const struct eng_head *h)
{
	const int octave = h->octave + 2;
	return (unsigned)(octave < 0 ? 0 : octave >= OCTAVES ? OCTAVES - 1 : octave);
}

static void print_accidental(const struct eng *e, const struct eng_event *v, struct eng_head *h,
	unsigned wish, int quarters, struct state *state)
{
	const int fifths = eng_fifths_at(e, v->staff, v->tick);
	int8_t *now = &state->now[h->step][octave_of(h)];
	const int expected = *now ? *now - 64 : 2 * key_alter(h->step, fifths);
	int prints = expected != quarters && !h->is_tied_from;
	if (prints)
		*now = (int8_t)(quarters + 64);
	if (wish == NVX_ACCIDENTAL_NONE)
		prints = 0;
	else if (wish != NVX_ACCIDENTAL_AUTO)
		prints = 1;
	h->accidental_in_parens = wish == NVX_ACCIDENTAL_COURTESY || wish == NVX_ACCIDENTAL_EDITORIAL;
	if (!prints && !h->is_tied_from && !*now && e->options->courtesy_accidentals &&
		v->element == ENG_NONE) {
		/* a reminder of what the bar before had otherwise */
		for (unsigned o = 0; o < OCTAVES; o++) {
			if (state->before[h->step][o] && state->before[h->step][o] - 64 != quarters) {
				prints = h->accidental_in_parens = 1;
				state->before[h->step][o] = 0;
			}
		}
	}
	if (prints)
		h->accidental = accidental_code(quarters);
}

struct place {
	int64_t tick;
	uint32_t event;
	int32_t order;
};

static int by_time(const void *a, const void *b)
{
	const struct place *p = a, *q = b;
	if (p->tick != q->tick)
		return p->tick < q->tick ? -1 : 1;
	return p->order < q->order ? -1 : p->order > q->order;
}

static int by_position(const void *a, const void *b)
{
	const struct eng_head *p = a, *q = b;
	if (p->position != q->position)
		return p->position < q->position ? -1 : 1;
	if (p->alter != q->alter)
		return p->alter < q->alter ? -1 : 1;
	return p->note < q->note ? -1 : p->note > q->note;
}

/** Quarter tones that the sound is off its key by, where somebody meant them. */
static int quarters_off(const struct nvx_note *note)
{
	const int32_t cents = note->cents_1e3;
	return cents >= 45000 && cents <= 55000 ? 1 : cents <= -45000 && cents >= -55000 ? -1 : 0;
}

static void spell_event(struct eng *e, struct eng_event *v)
{
	const struct eng_staff *staff = &e->staff[v->staff];
	const struct eng_clef clef = eng_clef_at(e, v->staff, v->tick);
	const int middle = middle_of(clef, staff->lines) + 7 * shift_at(&e->signs[v->staff], v->tick);
	for (uint32_t i = v->first_head; i < v->first_head + v->n_heads; i++) {
		struct eng_head *h = &e->head[i];
		const struct nvx_note *note = eng_note(e, staff->part, h->note);
		const char *name = "normal";
		/* the wish waits where the sign will be */
		if (staff->is_drums && (clef.sign == NVX_CLEF_PERCUSSION || clef.sign == NVX_CLEF_NONE))
			name = place_drum(e, h, note);
		else
			h->accidental = spell(e, v, h, note);
		const int position = 7 * h->octave + h->step - middle;
		h->position = (int8_t)(position < -60 ? -60 : position > 60 ? 60 : position);
		h->code = head_code(e, stated_head(e, v, note->id, name), v->value);
	}
}

/** One measure of one staff. */
static void spell_measure(struct eng *e, struct place *place, uint32_t first, uint32_t n, struct state *state)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct eng_event *v = &e->event[first + i];
		place[i] = (struct place){v->tick, first + i,
			v->is_grace ? v->grace_after ? 1 << 30 : (int32_t)i - (1 << 30) : (int32_t)v->voice};
	}
	eng_sort(place, n, sizeof(*place), by_time);
	if (!e->measure[e->event[first].measure].is_on) {
		memcpy(state->before, state->now, sizeof(state->now));
		memset(state->now, 0, sizeof(state->now));
	}
	for (uint32_t i = 0; i < n; i++) {
		struct eng_event *v = &e->event[place[i].event];
		const struct eng_staff *staff = &e->staff[v->staff];
		for (uint32_t k = v->first_head; k < v->first_head + v->n_heads; k++) {
			struct eng_head *h = &e->head[k];
			const unsigned wish = h->accidental;
			h->accidental = 0;
			if (!staff->is_drums && !staff->is_tab && !v->is_hidden)
				print_accidental(e, v, h, wish,
					2 * h->alter + quarters_off(eng_note(e, staff->part, h->note)),
					state);
		}
	}
}

int eng_spell(struct eng *e)
{
	struct place *place = eng_alloc(e->arena, (e->n_events + 1) * sizeof(*place));
	struct state *state = eng_alloc(e->arena, (e->n_staves + 1) * sizeof(*state));
	if (!place || !state)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_events; i++)
		spell_event(e, &e->event[i]);
	for (uint32_t i = 0, end; i < e->n_events; i = end) {
		const struct eng_event *v = &e->event[i];
		for (end = i; end < e->n_events && e->event[end].measure == v->measure &&
			      e->event[end].staff == v->staff;)
			end++;
		spell_measure(e, place, i, end - i, &state[v->staff]);
	}
	/* heads from the lowest up; links by head follow them */
	uint32_t *to = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(*to));
	uint32_t *next = eng_alloc(e->arena, (e->n_heads + 1) * sizeof(*next));
	if (!to || !next)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_events; i++) {
		const struct eng_event *v = &e->event[i];
		if (!v->n_heads)
			continue;
		struct eng_head *head = &e->head[v->first_head];
		for (uint32_t k = 0; k < v->n_heads; k++)
			head[k].event = v->first_head + k; /* lent: where it was */
		eng_sort(head, v->n_heads, sizeof(*head), by_position);
		for (uint32_t k = 0; k < v->n_heads; k++) {
			to[head[k].event] = v->first_head + k;
			head[k].event = i;
		}
	}
	for (uint32_t i = 0; i < e->n_heads; i++)
		next[to[i]] = e->next_head[i] == ENG_NONE ? ENG_NONE : to[e->next_head[i]];
	memcpy(e->next_head, next, e->n_heads * sizeof(*next));
	for (uint32_t p = 0; p < e->score->n_parts; p++) {
		for (uint32_t i = 0; e->note_base[p] != ENG_NONE && i < e->score->part[p]->note.n; i++) {
			uint32_t *head = &e->head_of_note[e->note_base[p] + i];
			*head = *head == ENG_NONE ? ENG_NONE : to[*head];
		}
	}
	return 0;
}
