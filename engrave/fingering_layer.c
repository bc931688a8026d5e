/* SPDX-License-Identifier: MIT */
/* Fingers at their notes, one above the other for a chord; positions of the hand as words over the staff. */
#include "layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const uint32_t glyph_of[] = {
	[NVX_FINGER_0] = 0xed10,
	[NVX_FINGER_1] = 0xed11,
	[NVX_FINGER_2] = 0xed12,
	[NVX_FINGER_3] = 0xed13,
	[NVX_FINGER_4] = 0xed14,
	[NVX_FINGER_5] = 0xed15,
};
static const char *const text_of[] = {
#define WORD(constant, text) text,
	NVX_FINGERS(WORD, )
#undef WORD
};

static void finger_text(const struct nvx_fingering *f, char *buf, size_t size)
{
	const char *one = f->finger < sizeof(text_of) / sizeof(text_of[0]) ? text_of[f->finger] : "";
	const char *two =
		f->substitution < sizeof(text_of) / sizeof(text_of[0]) ? text_of[f->substitution] : "";
	(void)snprintf(buf, size, f->alternative ? "(%s%s%s)" : "%s%s%s", one, *two ? "-" : "", two);
}

/* Above the upper staves and the right hand, below the lower staff of two and the left hand at a keyboard. */
static int is_above(const struct eng *e, const struct eng_event *ev, const struct nvx_fingering *f)
{
	int voice = eng_voice_side(e, ev);
	if (voice != 0)
		return voice > 0;
	uint32_t last = eng_last_staff(e, e->score->part[e->staff[ev->staff].part]->part.id);
	return !(f->hand == NVX_HAND_LEFT && last == ev->staff && e->staff[ev->staff].number > 1);
}

static int finger(struct eng *e, const struct nvx_fingering *f)
{
	uint32_t head, index = eng_find_note(e, f->e.note_id, f->e.tick, &head);
	if (index == ENG_NONE || !eng_is_drawn(e, &e->event[index]))
		return 0;
	const struct eng_event *ev = &e->event[index];
	const struct eng_head *h = &e->head[head];
	char text[32];
	finger_text(f, text, sizeof(text));
	uint32_t system = eng_event_system(e, ev);
	float x = (eng_head_x0(e, ev, h) + eng_head_x1(e, ev, h)) / 2;
	int above = is_above(e, ev, f);
	struct eng_skyline *sky = eng_sky_of(e, system, ev->staff, above);
	if (sky == NULL)
		return -ENOMEM;
	uint32_t code =
		f->finger < sizeof(glyph_of) / sizeof(glyph_of[0]) && !f->substitution && !f->alternative
			? glyph_of[f->finger]
			: 0;
	const struct engrave_glyph *g = code ? engrave_glyph(e->metrics, code) : NULL;
	if (g != NULL && g->is_there) {
		float left = x - (g->x0 + g->x1) / 2,
		      y = eng_sky_place(sky, left + g->x0, left + g->x1, 0.35f);
		struct mos_shape s = eng_glyph(code, left, above ? y + g->y0 : y + g->y1, 1.0f,
			ENGRAVE_FINGERING, MOS_TOKEN_FINGERING);
		return eng_ink(e, system, ev->staff, ev->measure, &s, 0);
	}
	float width = eng_text_width(e, ENG_SIZE_FINGER, 0, text);
	float y = eng_sky_place(sky, x - width / 2, x + width / 2, 0.35f) +
		  (above ? -0.1f : 0.78f * ENG_SIZE_FINGER);
	return eng_text(e, system, ev->staff, ev->measure, x, y, ENG_SIZE_FINGER, MOS_SHAPE_CENTER,
		ENGRAVE_FINGERING, MOS_TOKEN_FINGERING, text, 0);
}

/* Roman number of a fret, as positions are written. */
static void position_text(const struct nvx_fingering *f, char *buf, size_t size)
{
	static const char *const ten[] = {"", "X", "XX", "XXX"};
	static const char *const one[] = {"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"};
	static const char *const caged[] = {"", "C", "A", "G", "E", "D"};
	size_t n = 0;
	buf[0] = '\0';
	if (f->position_fret != NVX_NO_U8 && f->position_fret < 40)
		n += (size_t)snprintf(
			buf, size, "%s%s pos.", ten[f->position_fret / 10], one[f->position_fret % 10]);
	if (f->position_caged > 0 && f->position_caged < 6)
		n += (size_t)snprintf(
			buf + n, size - n, "%s%s shape", n ? ", " : "", caged[f->position_caged]);
	if (f->position_octave != INT8_MIN)
		(void)snprintf(buf + n, size - n, "%soctave %d", n ? ", " : "", f->position_octave);
}

static int position(struct eng *e, const struct nvx_fingering *f)
{
	char text[64];
	position_text(f, text, sizeof(text));
	uint32_t staff = f->e.part_id ? eng_find_staff(e, f->e.part_id, f->e.staff ? f->e.staff : 1, 0)
				      : eng_first_staff(e, 0),
		 measure;
	if (staff == ENG_NONE || e->staff[staff].is_hidden || *text == '\0')
		return 0;
	float x = eng_tick_x(e, f->e.tick, &measure), width = eng_text_width(e, ENG_SIZE_FINGER, 0, text);
	uint32_t system = e->measure[measure].system;
	struct eng_skyline *sky = eng_sky_of(e, system, staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float y = eng_sky_place(sky, x, x + width, 0.6f) - 0.22f * ENG_SIZE_FINGER;
	return eng_text(e, system, staff, measure, x, y, ENG_SIZE_FINGER, 0, ENGRAVE_FINGERING,
		MOS_TOKEN_FINGERING, text, 0);
}

int eng_fingerings(struct eng *e)
{
	if (!eng_has_layer(e, ENGRAVE_FINGERING) || e->n_measures == 0)
		return 0;
	int r = 0;
	uint32_t n = score_n_fingering(e->score);
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const struct nvx_fingering *f = score_fingering(e->score, i);
		r = f->e.note_id ? finger(e, f) : position(e, f);
	}
	return r;
}
