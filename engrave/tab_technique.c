/* SPDX-License-Identifier: MIT */
/* How a tablature's notes are played: slurs and letters for hammer-ons, slides, bends, waves, words over
 * ranges. */
#include "tab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL 1.4f
#define THICK 0.12f
#define CODE_DOWN_BOW 0xe610u
#define CODE_UP_BOW 0xe612u

static int add(struct eng *e, const struct eng_tab_note *n, struct mos_shape s, int no_sky)
{
	return eng_ink(e, n->system, n->staff, n->event->measure, &s, no_sky);
}

static struct mos_shape line(float x0, float y0, float x1, float y1)
{
	return eng_line(x0, y0, x1, y1, THICK, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE);
}

/* A word over the staff, its middle at x; off the bar lines of its measure where these run on above. */
static int word(struct eng *e, const struct eng_tab_note *n, float x, const char *text)
{
	struct eng_skyline *sky = eng_sky_of(e, n->system, n->staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float width = eng_text_width(e, SMALL, 0, text);
	const uint32_t measure = n->event->measure;
	const struct eng_measure *m = &e->measure[measure];
	int is_between;
	if (n->staff > 0 && eng_bar_end(e, n->system, n->staff - 1, &is_between) >= n->staff)
		x = fmaxf(fminf(x, m->x + m->width - eng_bar_room(e, measure, 0) - 0.4f - width / 2),
			m->x + 0.4f + width / 2);
	float y = eng_sky_place(sky, x - width / 2, x + width / 2, 0.4f) - 0.25f * SMALL;
	return eng_text(e, n->system, n->staff, measure, x, y, SMALL, MOS_SHAPE_CENTER, ENGRAVE_TABLATURE,
		MOS_TOKEN_TABLATURE, text, 0);
}

/* Tablature of a note, by its id: the list is sorted by tick, so it is looked for near the note. */
static int find_note(
	const struct eng *e, nvx_id note_id, const struct eng_tab_note *from, struct eng_tab_note *ret)
{
	uint32_t head, ev = note_id ? eng_find_note(e, note_id, 0, &head) : ENG_NONE;
	if (ev == ENG_NONE)
		return 0;
	int64_t tick = e->event[ev].tick;
	const struct nvx_seq *list = &e->score->list[NVX_LIST_tab];
	for (uint32_t i = nvx_seq_find(list, tick), n = 0; i < list->n && n < 256; i++, n++) {
		const struct nvx_tab *tab = score_tab(e->score, i);
		if (tab->e.tick != tick)
			break;
		if (tab->e.note_id == note_id)
			return eng_tab_note(e, i, ret) && ret->staff == from->staff;
	}
	return 0;
}

/* Where a line to another note ends: at it, or at the end of the system. */
static float reach(const struct eng *e, const struct eng_tab_note *n, const struct eng_tab_note *to)
{
	return to->system == n->system ? to->x0 - 0.15f : eng_system_right(e, n->system);
}

static int legato(
	struct eng *e, const struct eng_tab_note *n, const struct eng_tab_note *to, const char *letter)
{
	float x0 = n->x, x1 = to->system == n->system ? to->x : eng_system_right(e, n->system),
	      y = n->y - 0.85f;
	if (x1 - x0 < 0.5f)
		return 0;
	float h = eng_bow_height(x1 - x0, 1.0f, 0.25f) / 0.75f;
	struct mos_shape s =
		eng_bow(x0, y, x1, to->y == n->y ? y : fminf(y, to->y - 0.85f), h, h, -1.0f, 0.1f, 0.2f);
	s.layer = ENGRAVE_TABLATURE;
	s.color = MOS_TOKEN(MOS_TOKEN_TABLATURE, 255);
	int r = add(e, n, s, 0);
	return r < 0 || letter == NULL ? r : word(e, n, (x0 + x1) / 2, letter);
}

static int slide(struct eng *e, const struct eng_tab_note *n, const struct nvx_technique_use *use)
{
	struct eng_tab_note to;
	float k = 0.45f, length = 1.3f;
	switch (use->style) {
	case NVX_SLIDE_IN_BELOW:
		return add(e, n, line(n->x0 - length, n->y + k, n->x0 - 0.15f, n->y - k), 1);
	case NVX_SLIDE_IN_ABOVE:
		return add(e, n, line(n->x0 - length, n->y - k, n->x0 - 0.15f, n->y + k), 1);
	case NVX_SLIDE_OUT_DOWN:
		return add(e, n, line(n->x1 + 0.15f, n->y - k, n->x1 + length, n->y + k), 1);
	case NVX_SLIDE_OUT_UP:
		return add(e, n, line(n->x1 + 0.15f, n->y + k, n->x1 + length, n->y - k), 1);
	default:
		break;
	}
	if (!find_note(e, use->to_note_id, n, &to))
		return add(e, n, line(n->x1 + 0.15f, n->y + k, n->x1 + length, n->y - k), 1);
	float rise = to.tab->fret >= n->tab->fret ? k : -k, x1 = reach(e, n, &to);
	int r = x1 > n->x1 + 0.3f ? add(e, n, line(n->x1 + 0.15f, n->y + rise, x1, to.y - rise), 1) : 0;
	return r < 0 || use->style != NVX_SLIDE_LEGATO ? r : legato(e, n, &to, NULL);
}

static void amount_text(int32_t cents, char buf[static 16])
{
	int quarters = (int)(labs((long)cents) + 25) / 50, whole = quarters / 4;
	static const char *const part[] = {"", "\u00bc", "\u00bd", "\u00be"};
	if (quarters == 4)
		(void)snprintf(buf, 16, "full");
	else if (whole > 0)
		(void)snprintf(buf, 16, "%d%s", whole, part[quarters % 4]);
	else
		(void)snprintf(buf, 16, "%s", quarters ? part[quarters % 4] : "0");
}

static int arrow(struct eng *e, const struct eng_tab_note *n, float x, float y, float way)
{
	float xy[8] = {x - 0.35f, y + way * 0.7f, x + 0.35f, y + way * 0.7f, x, y, x, y};
	return add(e, n, eng_quad(xy, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE), 0);
}

static struct mos_shape hook(float x0, float y0, float x1, float y1)
{
	struct mos_shape s = {.kind = MOS_SHAPE_CURVE,
		.flags = MOS_SHAPE_TOKEN,
		.layer = ENGRAVE_TABLATURE,
		.color = MOS_TOKEN(MOS_TOKEN_TABLATURE, 255),
		.x = x0,
		.y = y0,
		.w = x1,
		.h = y1,
		.p = {x0 + 0.6f * (x1 - x0), y0, x1, y0 + 0.3f * (y1 - y0), THICK, THICK}};
	return s;
}

/* Up to over the staff with the amount at the arrow, and down again where it is let go. */
static int bend(struct eng *e, const struct eng_tab_note *n, const struct nvx_technique_use *use)
{
	uint32_t n_points;
	const struct nvx_point *point = nvx_items(e->score->pool, use->points, &n_points);
	int32_t top = 0, last = 0, first = n_points > 0 ? point[0].cents : 0;
	for (uint32_t i = 0; i < n_points; i++) {
		top = point[i].cents > top ? point[i].cents : top;
		last = point[i].cents;
	}
	char text[16];
	amount_text(top, text);
	struct eng_skyline *sky = eng_sky_of(e, n->system, n->staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float x0 = n->x1 + 0.15f, x1 = x0 + (first >= top && top > 0 ? 0.0f : 1.2f);
	float y = fminf(eng_sky_place(sky, x1 - 0.6f, x1 + 0.6f, 0.0f), -0.2f) - 1.2f;
	int r = 0;
	if (first >= top && top > 0) /* bent before it is struck: straight up */
		r = add(e, n, line(n->x, n->y - 0.8f, n->x, y + 0.6f), 1);
	else
		r = add(e, n, hook(x0, n->y, x1, y + 0.6f), 1);
	x1 = first >= top && top > 0 ? n->x : x1;
	if (r == 0)
		r = arrow(e, n, x1, y, 1.0f);
	if (r == 0 && last < top) {
		float x2 = x1 + 1.6f;
		r = add(e, n, hook(x1 + 0.1f, y + 0.1f, x2, n->y - 0.9f), 1);
		if (r == 0)
			r = arrow(e, n, x2, n->y - 0.3f, -1.0f);
	}
	return r < 0 ? r
		     : eng_text(e, n->system, n->staff, n->event->measure, x1, y - 0.3f, SMALL,
			       MOS_SHAPE_CENTER, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE, text, 0);
}

static int whammy(struct eng *e, const struct eng_tab_note *n, const struct nvx_technique_use *use)
{
	uint32_t n_points;
	const struct nvx_point *point = nvx_items(e->score->pool, use->points, &n_points);
	int32_t far = 0;
	for (uint32_t i = 0; i < n_points; i++)
		far = labs((long)point[i].cents) > labs((long)far) ? point[i].cents : far;
	char amount[16], text[32];
	amount_text(far, amount);
	(void)snprintf(text, sizeof(text), "w/bar %s%s", far < 0 ? "\u2212" : "", amount);
	return word(e, n, n->x, text);
}

static float next_x(const struct eng *e, const struct eng_tab_note *n)
{
	float right = eng_system_right(e, n->system);
	if (n->event->next < e->n_events && eng_event_system(e, &e->event[n->event->next]) == n->system)
		right = eng_event_x(e, &e->event[n->event->next]) - 0.3f;
	return fmaxf(right, n->x + 1.5f);
}

static int vibrato(struct eng *e, const struct eng_tab_note *n, int is_wide)
{
	struct eng_skyline *sky = eng_sky_of(e, n->system, n->staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float x0 = n->x - 0.4f, x1 = next_x(e, n), y = eng_sky_place(sky, x0, x1, 0.4f) - 0.4f;
	int r = eng_wave(e, n->system, n->staff, n->event->measure, x0, y, x1, y, ENGRAVE_TABLATURE,
		MOS_TOKEN_TABLATURE, 0);
	if (r == 0 && is_wide)
		r = eng_wave(e, n->system, n->staff, n->event->measure, x0, y - 0.3f, x1, y - 0.3f,
			ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE, 0);
	return r;
}

/* Across the strings of a chord: an arrow, waved when it is an arpeggio. Drawn once, by the chord's first
 * note. */
static int strum(struct eng *e, const struct eng_tab_note *n, const struct nvx_technique_use *use)
{
	float x = n->x0 - 0.7f, top = n->y, bottom = n->y;
	const struct nvx_seq *list = &e->score->list[NVX_LIST_tab];
	uint32_t first = nvx_seq_find(list, n->tab->e.tick), i = first;
	int is_first = 1;
	for (; i < list->n && i - first < 64 && score_tab(e->score, i)->e.tick == n->tab->e.tick; i++) {
		const struct nvx_tab *tab = score_tab(e->score, i);
		if (tab->e.part_id != n->tab->e.part_id)
			continue;
		float y = eng_tab_y(e, n->staff, tab->string);
		is_first &= tab->string >= n->tab->string;
		top = fminf(top, y);
		bottom = fmaxf(bottom, y);
	}
	if (!is_first)
		return 0;
	top -= 0.7f;
	bottom += 0.7f;
	/* "Down" is from the low strings to the high ones: on the page the arrow points up. */
	int points_up = use->direction != NVX_DIRECTION_UP;
	int r = use->type == NVX_TECHNIQUE_ARPEGGIO
			? eng_wave(e, n->system, n->staff, n->event->measure, x, top, x, bottom,
				  ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE, 1)
			: add(e, n, line(x, top, x, bottom), 1);
	return r < 0 ? r : arrow(e, n, x, points_up ? top - 0.5f : bottom + 0.5f, points_up ? 1.0f : -1.0f);
}

static int strokes(struct eng *e, const struct eng_tab_note *n, unsigned count)
{
	int r = 0;
	float y = eng_tab_bottom(e, n->staff) + 1.2f;
	for (unsigned i = 0; r == 0 && i < count && i < 5; i++) {
		float at = y + 0.6f * (float)i;
		float xy[8] = {n->x - 0.6f, at + 0.15f, n->x + 0.6f, at - 0.35f, n->x + 0.6f, at, n->x - 0.6f,
			at + 0.5f};
		r = add(e, n, eng_quad(xy, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE), 0);
	}
	return r;
}

static int pick(struct eng *e, const struct eng_tab_note *n, unsigned direction)
{
	uint32_t code = direction == NVX_DIRECTION_UP ? CODE_UP_BOW : CODE_DOWN_BOW;
	const struct engrave_glyph *g = engrave_glyph(e->metrics, code);
	struct eng_skyline *sky = eng_sky_of(e, n->system, n->staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float x = n->x - (g->x0 + g->x1) / 2, y = eng_sky_place(sky, x + g->x0, x + g->x1, 0.4f) + g->y0;
	return add(e, n, eng_glyph(code, x, y, 1.0f, ENGRAVE_TABLATURE, MOS_TOKEN_TABLATURE), 0);
}

static const char *word_of(unsigned type)
{
	switch (type) {
	case NVX_TECHNIQUE_TAP:
		return "T";
	case NVX_TECHNIQUE_SLAP:
		return "S";
	case NVX_TECHNIQUE_POP:
		return "P";
	case NVX_TECHNIQUE_RASGUEADO:
		return "rasg.";
	case NVX_TECHNIQUE_FADE_IN:
		return "fade in";
	case NVX_TECHNIQUE_STACCATO:
		return "\u2022";
	case NVX_TECHNIQUE_TRILL:
		return "tr";
	default:
		return NULL;
	}
}

static const char *harmonic_word(unsigned style)
{
	static const char *const text[] = {"Harm.", NULL, "A.H.", "P.H.", "T.H.", "S.H.", "Fdbk."};
	return style < sizeof(text) / sizeof(text[0]) ? text[style] : NULL;
}

/* `is_said`: another note of its chord has the word already. */
static int one(struct eng *e, const struct eng_tab_note *n, const struct nvx_technique_use *use, int is_said)
{
	struct eng_tab_note to;
	switch (use->type) {
	case NVX_TECHNIQUE_HAMMER_ON:
	case NVX_TECHNIQUE_PULL_OFF:
		if (!find_note(e, use->to_note_id, n, &to))
			return is_said ? 0
				       : word(e, n, n->x, use->type == NVX_TECHNIQUE_HAMMER_ON ? "H" : "P");
		return legato(e, n, &to, is_said ? NULL : use->type == NVX_TECHNIQUE_HAMMER_ON ? "H" : "P");
	case NVX_TECHNIQUE_SLIDE:
		return slide(e, n, use);
	case NVX_TECHNIQUE_BEND:
		return bend(e, n, use);
	case NVX_TECHNIQUE_WHAMMY:
		return is_said ? 0 : whammy(e, n, use);
	case NVX_TECHNIQUE_VIBRATO:
		return is_said ? 0 : vibrato(e, n, use->width == NVX_VIBRATO_WIDE);
	case NVX_TECHNIQUE_HARMONIC: {
		const char *text = harmonic_word(use->style);
		return text && !is_said ? word(e, n, n->x, text) : 0;
	}
	case NVX_TECHNIQUE_STRUM:
	case NVX_TECHNIQUE_ARPEGGIO:
		return strum(e, n, use);
	case NVX_TECHNIQUE_TREMOLO_PICK:
		return is_said ? 0 : strokes(e, n, use->strokes ? use->strokes : 3);
	case NVX_TECHNIQUE_PICK:
		return is_said ? 0 : pick(e, n, use->direction);
	default: {
		const char *text = word_of(use->type);
		return text && !is_said ? word(e, n, n->x, text) : 0;
	}
	}
}

/* --- words over ranges: "P.M." and "let ring" with a dashed line to the last note --- */

struct range {
	struct eng_tab_note first;
	float x1;
	uint32_t last_event;
	uint8_t is_open;
};

static int close_range(struct eng *e, struct range *range, const char *text)
{
	if (!range->is_open)
		return 0;
	const struct eng_tab_note *n = &range->first;
	range->is_open = 0;
	struct eng_skyline *sky = eng_sky_of(e, n->system, n->staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float width = eng_text_width(e, SMALL, 0, text), x0 = n->x - 0.6f, x1 = range->x1 + 0.4f;
	float y = eng_sky_place(sky, x0, fmaxf(x1, x0 + width), 0.4f) - 0.25f * SMALL,
	      line_y = y - 0.3f * SMALL;
	int r = eng_text(e, n->system, n->staff, n->event->measure, x0, y, SMALL, 0, ENGRAVE_TABLATURE,
		MOS_TOKEN_TABLATURE, text, 0);
	float from = x0 + width + 0.4f;
	if (r < 0 || x1 - from < 0.6f)
		return r;
	struct mos_shape s = line(from, line_y, x1, line_y);
	s.p[1] = 0.7f;
	s.p[2] = 0.6f;
	r = eng_ink(e, n->system, n->staff, ENG_NONE, &s, 0);
	struct mos_shape end = line(x1, line_y, x1, line_y + 0.7f);
	return r < 0 ? r : eng_ink(e, n->system, n->staff, ENG_NONE, &end, 0);
}

/* Notes with the technique that follow one another in their voice make one range. */
static int ranges(struct eng *e, unsigned type, const char *text)
{
	struct range *range = eng_alloc(e->arena, (e->n_staves ? e->n_staves : 1) * sizeof(*range));
	int r = range == NULL ? -ENOMEM : 0;
	struct eng_tab_note note;
	for (uint32_t i = 0; r == 0 && i < score_n_tab(e->score); i++) {
		uint32_t n;
		const struct nvx_technique_use *use =
			nvx_items(e->score->pool, score_tab(e->score, i)->techniques, &n);
		int has = 0;
		for (uint32_t k = 0; k < n; k++)
			has |= use[k].type == type;
		if (!has || !eng_tab_note(e, i, &note))
			continue;
		struct range *at = &range[note.staff];
		uint32_t index = (uint32_t)(note.event - e->event);
		int follows = at->is_open && at->first.system == note.system &&
			      (index == at->last_event || e->event[at->last_event].next == index);
		if (!follows) {
			r = close_range(e, at, text);
			*at = (struct range){.first = note, .is_open = 1};
		}
		at->x1 = note.x1;
		at->last_event = index;
	}
	for (uint32_t i = 0; r == 0 && i < e->n_staves; i++)
		r = close_range(e, &range[i], text);
	return r;
}

int eng_tab_techniques(struct eng *e)
{
	int r = 0;
	struct eng_tab_note note;
	const struct eng_event *event = NULL;
	uint32_t said = 0; /* by technique, at the event at hand */
	for (uint32_t i = 0; r == 0 && i < score_n_tab(e->score); i++) {
		uint32_t n;
		const struct nvx_technique_use *use =
			nvx_items(e->score->pool, score_tab(e->score, i)->techniques, &n);
		if (n == 0 || !eng_tab_note(e, i, &note))
			continue;
		said = note.event == event ? said : 0;
		event = note.event;
		for (uint32_t k = 0; r == 0 && k < n; k++) {
			r = one(e, &note, &use[k], said >> use[k].type & 1u);
			said |= 1u << use[k].type;
		}
	}
	if (r == 0)
		r = ranges(e, NVX_TECHNIQUE_PALM_MUTE, "P.M.");
	return r < 0 ? r : ranges(e, NVX_TECHNIQUE_LET_RING, "let ring");
}
