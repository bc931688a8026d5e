/* SPDX-License-Identifier: MIT */
/*
 * What goes from staff to staff of a part, once they have their places: stems to a beam at another staff,
 * stems of chords over staves, and slurs, ties and glissandi between staves. Their y is the system's.
 */
#include "layers.h"

/** From a head's anchor to a place of the system. */
static int draw_stem(struct eng *e, const struct eng_event *v, float to)
{
	const float x = eng_event_x(e, v) + v->stem_x;
	const struct mos_shape s = eng_line(x, eng_staff_y(e, v) + v->stem_y0, x, to,
		e->metrics->defaults.stem * (v->is_grace ? 0.8f : 1), ENGRAVE_NOTATION, MOS_TOKEN_INK);
	return eng_ink(e, eng_event_system(e, v), ENG_NONE, v->measure, &s, 1);
}

/** Its beam's place is known in another staff. */
static int reach_beam(struct eng *e, struct eng_event *v)
{
	const struct eng_beam *b = &e->beam[v->beam];
	const struct eng_system *s = &e->system[eng_event_system(e, v)];
	/* what was supposed to be between the staves is now what is */
	const float more = s->staff_y[v->staff] - s->staff_y[b->staff] - eng_beam_offset(e, b, v);
	v->stem_y1 -= more;
	return draw_stem(e, v, eng_staff_y(e, v) + v->stem_y1);
}

/** One stem for all of a chord over staves, to where the one that holds it has its end. */
static int reach_chord(struct eng *e, const struct eng_event *v)
{
	const struct eng_event *holder = &e->event[v->joins];
	return draw_stem(e, v, eng_staff_y(e, holder) + holder->stem_y1);
}

int eng_cross(struct eng *e)
{
	int r = 0;
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		if (e->event[i].stem && e->event[i].is_far && eng_is_drawn(e, &e->event[i]))
			r = reach_beam(e, &e->event[i]);
	}
	for (uint32_t i = 0; r == 0 && i < e->n_events; i++) {
		const struct eng_event *v = &e->event[i];
		if (v->stem && v->is_foot && eng_is_drawn(e, v))
			r = reach_chord(e, v);
	}
	if (r == 0)
		r = eng_cross_ties(e);
	if (r == 0)
		r = eng_cross_slurs(e);
	return r < 0 ? r : eng_cross_lines(e);
}
