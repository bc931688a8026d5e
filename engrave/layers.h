/* SPDX-License-Identifier: MIT */
/**
 * What the passes for spans, texts and layers share. Coordinates as in impl.h: x the system's, y the staff's.
 */
#ifndef ENGRAVE_LAYERS_H
#define ENGRAVE_LAYERS_H

#include <errno.h>

#include "impl.h"

/* Sizes of text (em in sp). */
#define ENG_SIZE_LYRIC 2.0f
#define ENG_SIZE_CHORD 2.5f
#define ENG_SIZE_TEMPO 2.3f
#define ENG_SIZE_EXPRESSION 1.9f
#define ENG_SIZE_REHEARSAL 2.6f
#define ENG_SIZE_NUMBER 1.5f
#define ENG_SIZE_FINGER 1.5f
#define ENG_SIZE_ANALYSIS 2.0f
#define ENG_SIZE_NAME 2.0f

/* --- span.c --- */
static inline uint32_t eng_event_system(const struct eng *e, const struct eng_event *ev)
{
	return e->measure[ev->measure].system;
}
/** From a column to the middle of an ordinary head in it. */
static inline float eng_half_head(const struct eng *e)
{
	return engrave_glyph(e->metrics, 0xe0a4)->x1 / 2;
}
static inline int eng_has_layer(const struct eng *e, unsigned layer)
{
	return (e->options->layers >> layer & 1u) != 0;
}
/** Drawn at all: neither hidden nor in a measure that a rest of many measures stands for. */
int eng_is_drawn(const struct eng *e, const struct eng_event *ev);
/** Heads and stem; of a rest an ordinary box. */
struct eng_box eng_event_box(const struct eng *e, const struct eng_event *ev);
float eng_head_x0(const struct eng *e, const struct eng_event *ev, const struct eng_head *head);
float eng_head_x1(const struct eng *e, const struct eng_event *ev, const struct eng_head *head);
/** 1: upper of several voices in its measure and staff, -1: lower, 0: alone. */
int eng_voice_side(const struct eng *e, const struct eng_event *ev);
/** Where the notes of a system may begin and end. */
float eng_system_left(const struct eng *e, uint32_t system);
float eng_system_right(const struct eng *e, uint32_t system);
/** Its last bar line; behind it only courtesy signs. */
float eng_bar_x(const struct eng *e, uint32_t system);
static inline int eng_is_on_tab(const struct eng *e, const struct eng_event *ev)
{
	return e->staff[ev->staff].is_tab;
}
/** Measure of the score that a tick is in, as drawn: the first of a rest of many measures. */
uint32_t eng_measure_of(const struct eng *e, int64_t tick);
/** First staff that is drawn, the part's or (0) the score's; ENG_NONE. The last one likewise. */
uint32_t eng_first_staff(const struct eng *e, nvx_id part_id);
uint32_t eng_last_staff(const struct eng *e, nvx_id part_id);
/** x in its system of a tick and of the end of what lasts until a tick. */
float eng_tick_x(const struct eng *e, int64_t tick, uint32_t *ret_measure);

/** Right edge of the last note that begins before `end`, in the measure of that tick. */
float eng_end_x(const struct eng *e, int64_t end, uint32_t *ret_measure);

/** Two cubics as one shape: `up` -1 above, 1 below is the side it bows to; h0, h1 how far its control points
 * go. */
struct mos_shape eng_bow(
	float x0, float y0, float x1, float y1, float h0, float h1, float side, float end, float middle);
/** LilyPond's law: how high a bow of a width is, at most `limit`. */
float eng_bow_height(float width, float limit, float ratio);
float eng_bow_indent(float width, float limit);
/** A line of waves, of any direction. */
int eng_wave(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, float x0, float y0, float x1,
	float y1, unsigned layer, unsigned token, int no_sky);

int eng_ties(struct eng *e);
int eng_slurs(struct eng *e);
int eng_tuplets(struct eng *e);
/* Those between staves of one system, when these have their places: y the system's. */
int eng_cross_ties(struct eng *e);
int eng_cross_slurs(struct eng *e);
int eng_cross_lines(struct eng *e);
/** They stand on different staves of one system. */
static inline int eng_is_across(const struct eng *e, const struct eng_event *a, const struct eng_event *b)
{
	return a->staff != b->staff && eng_event_system(e, a) == eng_event_system(e, b);
}
static inline float eng_staff_y(const struct eng *e, const struct eng_event *ev)
{
	return e->system[eng_event_system(e, ev)].staff_y[ev->staff];
}
int eng_lines(
	struct eng *e); /* line.c: glissandi, arpeggios, tremolos between notes, octaves, pedals, trills */

/* --- what stands outside, in this order --- */
int eng_scripts_near(struct eng *e); /**< script.c: what belongs between head and slur */
int eng_scripts_far(struct eng *e);
int eng_fingerings(struct eng *e);
int eng_dynamics(struct eng *e);
int eng_is_dynamic_word(const struct eng *e, const struct nvx_notation_element *el);
/** figures.c: text that is figured bass, and what draws it. */
int eng_is_figures(const struct eng *e, const struct nvx_notation_element *el);
int eng_figures(struct eng *e);
/** between.c: all ink since is of one line of dynamics below a staff. */
int eng_add_between(struct eng *e, uint32_t system, uint32_t staff, uint32_t first_ink);
int eng_texts(struct eng *e); /**< outside_text.c: expression, technique, tempo, rehearsal, jumps */
int eng_lyrics(struct eng *e);
int eng_chord_symbols(struct eng *e);
int eng_diagrams(struct eng *e);
int eng_analysis(struct eng *e);
int eng_endings(struct eng *e);
int eng_measure_numbers(struct eng *e);
int eng_markers(struct eng *e);
int eng_form(struct eng *e);

/* --- what texts want of the spacing --- */
int eng_lyric_rods(struct eng *e);
int eng_chord_rods(struct eng *e);
int eng_diagram_rods(struct eng *e);
int eng_analysis_rods(struct eng *e);
int eng_dynamic_rods(struct eng *e);
/** Keep two ticks at least so far apart; ticks without a column are left alone. */
int eng_keep_apart(struct eng *e, int64_t from, int64_t to, float distance);

/* --- frame.c, bars.c --- */
/** Last staff of the part that begins with one: they are joined by a brace, or a bracket. */
uint32_t eng_part_end(const struct eng *e, uint32_t staff);
#define ENG_BRACE_ROOM 1.6f
/** Room that the names of the parts of these staves want, with a gap; 0: they have none. */
float eng_part_names_width(const struct eng *e, uint32_t first, uint32_t last, int is_short);
void eng_abbreviate(const char *name, char *buf, size_t size); /**< abbreviate.c */
float eng_names_right(const struct eng *e, uint32_t system); /**< where the names of parts end */
/** y of its last line, the system's. */
float eng_staff_bottom(const struct eng *e, const struct eng_system *s, uint32_t staff);
/** File what belongs to the system as a whole, y the system's. */
int eng_bar_ink(struct eng *e, uint32_t system, uint32_t measure, struct mos_shape shape);
/** An upright stroke; `x` its left edge. */
int eng_bar_stroke(struct eng *e, uint32_t system, uint32_t measure, float x, float thickness, float y0,
	float y1, float dash);
int eng_bars(struct eng *e, uint32_t system);
/* --- groups.c --- */
/** Last staff that the bar lines of one go down to, in a system (ENG_NONE: in any); `is_between`: not through the
 * staves. */
uint32_t eng_bar_end(const struct eng *e, uint32_t system, uint32_t staff, int *ret_is_between);
float eng_signs_room(const struct eng *e); /**< what all signs left of the staves take */
float eng_signs_top(const struct eng *e, uint32_t staff); /**< y that a sign of the system's first staff reaches */
float eng_groups_width(const struct eng *e, int is_short); /**< names of groups with those of their parts */
int eng_draw_brace(struct eng *e, uint32_t system, float x, float y0, float y1); /**< `x` its right edge */
int eng_groups(struct eng *e, uint32_t system);

/** frame.c: titles and page numbers; n_pages is known by then. */
int eng_furniture(struct eng *e);

/* --- chords_layer.c --- */
float eng_chord_width(const struct eng *e, const char *symbol, float size);
/** Baseline at y, left end at x. */
int eng_chord_draw(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, float x, float y,
	float size, const char *symbol, int no_sky);
float eng_diagram_width(const struct eng *e, const struct nvx_diagram_element *d);

#endif
