/* SPDX-License-Identifier: MIT */
/**
 * Inside of the engraver: what its passes hand on. Coordinates: sp; a staff's own y is 0 at its top line and grows
 * downwards, 4 at the bottom line of five; x is a measure's own until eng_space(), then the system's.
 *
 *   eng_read      score -> staves, measures, events, heads          (read*.c)     passes 1, 2
 *   eng_chords    seconds, dots, stems, accidentals, beam groups    (chord*.c)    3, 4, 5
 *   eng_rods      how much room texts want                          (texts*.c)    for 6
 *   eng_space     springs and rods of each measure                  (space.c)     6
 *   eng_break     lines, one force each                             (break.c)     6, 7
 *   eng_beam      slopes                                            (beam.c)      5
 *   eng_rests     rests out of the way of other voices               (rest.c)
 *   eng_staff     ink of all that stands in a staff                 (staff*.c)
 *   eng_tab       ink of tablature staves                           (tab.c)
 *   eng_spans     ties, slurs, tuplets, hairpins, octave lines ...  (span*.c)     9
 *   eng_outside   what stands above and below, by priority          (outside*.c)  8
 *   eng_stack     staves by skyline distance                        (stack.c)     8
 *   eng_pages     systems likewise, pages filled                    (stack.c)     8
 *   eng_cross     what goes from staff to staff, now that they stand (cross.c)
 *   eng_place_between  dynamics between the staves of a part       (between.c)
 *   eng_frame     bar lines, braces, clefs' system starts, titles   (frame.c)
 *   eng_emit      sort, translate, publish                          (emit.c)      10
 *
 * "Ink" is a shape with its box, filed under a system, a staff and a measure; whoever makes ink files it with
 * eng_ink(), which also feeds the staff's skyline. All memory is the arena's.
 */
#ifndef ENGRAVE_IMPL_H
#define ENGRAVE_IMPL_H

#include <engrave/engrave.h>
#include <score/groups.h>

#define ENG_NONE UINT32_MAX
/* Staves of a part: usual distance from a last line to the next first, least between their ink. */
#define ENG_STAFF_DISTANCE 4.6f
#define ENG_TREMOLO_RISE 1.0f /* of the strokes between two notes */
#define ENG_STAFF_GAP 1.4f
#define ENG_STUB 1.15f /* length of a beam that one note has alone */

struct eng_arena;
void *eng_alloc(struct eng_arena *arena, size_t size); /**< zeroed; NULL: no memory (the arena remembers it) */
void *eng_move(struct eng_arena *arena, const void *items, uint32_t n, uint32_t *cap, uint32_t need, size_t item_bytes);
/** Room for `need` items in a growing array, zeroed behind the old ones. @return the array; NULL: no memory. */
static inline void *eng_grow(
	struct eng_arena *arena, void *items, uint32_t n, uint32_t *cap, uint32_t need, size_t item_bytes)
{
	return items && need <= *cap ? items : eng_move(arena, items, n, cap, need, item_bytes);
}
struct eng_arena *eng_arena_new(void);
int eng_arena_failed(const struct eng_arena *arena);
void eng_arena_free(struct eng_arena *arena); /**< NULL is fine */

/** How many of `n` items in order of time begin at or before `tick`. @param first  The time of the first one; they
 * lie `stride` bytes apart. */
static inline uint32_t eng_until(const int64_t *first, size_t stride, uint32_t n, int64_t tick)
{
	uint32_t low = 0, high = n;
	while (low < high) {
		const uint32_t mid = (low + high) / 2;
		if (*(const int64_t *)(const void *)((const char *)first + mid * stride) <= tick)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
/** qsort() for what is nearly in order. */
void eng_sort(void *items, size_t n, size_t item_bytes, int (*order)(const void *, const void *));

/** Numbers by number, open addressing; never full. */
struct eng_map {
	uint32_t *key, *value;
	uint32_t mask, n;
};
int eng_map_put(struct eng_arena *arena, struct eng_map *map, uint32_t key, uint32_t value);
uint32_t eng_map_get(const struct eng_map *map, uint32_t key); /**< ENG_NONE: not there */

struct eng_box {
	float x0, y0, x1, y1;
};

/** Upper or lower outline of a staff of one system: runs of x with the farthest y. */
struct eng_skyline;

/** One staff of one part, all through the score. */
struct eng_staff {
	uint32_t part;   /**< index in the score */
	uint8_t number;  /**< from 1 within its part */
	uint8_t lines;   /**< 5; tablature: strings; percussion 5 or 1 */
	uint8_t is_tab, is_drums;
	uint8_t is_extra;  /**< tablature of a part whose events stand on another staff */
	uint8_t is_hidden;
	float space; /**< size of one of its spaces in sp: 1; tablature 1.5; a cue staff less */
};

/** A head of a chord. */
struct eng_head {
	uint32_t note;       /**< index in the part's notes */
	uint32_t event;
	int8_t position;     /**< steps above the middle line */
	uint8_t step;        /**< 0..6 = C..B as spelled */
	int8_t alter;
	int8_t octave;       /**< of the spelling: middle C is in 4 */
	uint32_t code;       /**< SMuFL of the head */
	uint32_t accidental; /**< SMuFL; 0: none printed */
	uint8_t accidental_in_parens;
	uint8_t is_tied_from, is_tied_to; /**< a tie comes in from an event before, goes out to one behind */
	float x;             /**< of its origin, against the event's */
	float accidental_x;  /**< likewise */
	int8_t dot_position; /**< steps */
};

/** A chord or a rest of one voice. */
struct eng_event {
	int64_t tick; /**< of its start */
	uint32_t duration_ticks; /**< as written, tuplets included; 0: grace */
	uint32_t measure, staff, voice; /**< measure: index in eng.measure; staff: of eng.staff; voice from 0 within the staff */
	uint32_t element;     /**< index in the notation list; ENG_NONE: derived */
	nvx_id id;            /**< the element's; 0: derived */
	uint32_t first_head, n_heads; /**< sorted by position, lowest first; 0: a rest */
	uint8_t value;        /**< enum nvx_value */
	uint8_t dots;
	uint8_t is_hidden, is_grace, grace_slash, grace_after, is_cue;
	uint8_t is_full_measure_rest;
	int8_t stem;          /**< 1 up, -1 down, 0 none */
	int8_t rest_position; /**< steps */
	uint8_t flags;        /**< number of flags or beams of its value */
	uint8_t slash;        /**< rhythm slash instead of heads */
	int8_t visits;        /**< its voice is at home on a staff above (1) or below (-1) */
	uint8_t is_joint;     /**< of a chord over staves: 1, of its first event as written 2 */
	uint8_t is_foot;      /**< of a chord over staves: its stem begins here */
	uint8_t is_far;       /**< its beam is placed against another staff: eng_cross() draws the stem */
	uint16_t n_voices;    /**< of its staff in its measure that show something */
	uint32_t column;      /**< index in eng.column */
	uint32_t beam;        /**< index in eng.beam; ENG_NONE */
	uint32_t tuplet;      /**< index in eng.tuplet; ENG_NONE */
	uint32_t next;        /**< event behind it in its voice, across bar lines and staves; ENG_NONE */
	/** A chord over staves is an event on each. One holds stem, flags and beam; `joins` of the others is that one.
	 * `joined` runs through them all from the first as written. ENG_NONE */
	uint32_t joins, joined;
	uint16_t articulations, ornaments, technical;
	uint8_t tremolo, arpeggio, breath, fermata;
	uint32_t tremolo_to;  /**< event; ENG_NONE */
	float x;              /**< of its origin (left of the main heads) against its column */
	float dot_x;          /**< of the first dot, against the event */
	float stem_x, stem_y0, stem_y1; /**< against the event; staff's y; y0 at the head */
	float scale;          /**< 1; grace and cue notes less */
};

struct eng_beam {
	uint32_t first, n;    /**< in eng.beam_event */
	uint32_t staff;       /**< that y0 and y1 are of */
	int8_t direction;     /**< 1 above, -1 below */
	uint8_t is_cross;     /**< over staves */
	uint8_t is_between;   /**< heads on both sides of it */
	float y0, y1;         /**< of the outer edge's middle line at the first and last stem, staff's y */
	float apart;          /**< how much more than usual its staves have to be from each other */
};

struct eng_tuplet {
	nvx_id id;
	uint32_t element; /**< ENG_NONE: derived */
	uint16_t actual, normal;
	uint32_t first, last; /**< events */
	uint32_t parent;
	uint8_t bracket, show, n_members;
};

/** One tick of one measure; grace notes have columns of their own before their note's (same tick, order below). */
struct eng_column {
	int64_t tick;
	uint32_t measure;
	int16_t grace;        /**< 0: the main one; -1, -2 ... before it; positive: after-graces */
	float x;              /**< against the measure's start before eng_break(), against the system's after */
	float left, right;    /**< how far its ink reaches from x, over all staves */
	float ideal;          /**< to the next column (of the last: to the bar line), from its duration */
	float min;            /**< likewise, that nothing collides */
};

struct eng_clef {
	uint8_t sign, line;   /**< as in the notation layer */
	int8_t octave;
};

/** Clef, key or meter change, before the notes of a measure or within it. */
struct eng_change {
	int64_t tick;
	uint32_t staff, measure;
	uint8_t has_clef, has_key, has_meter;
	struct eng_clef clef;
	int8_t fifths, fifths_before;
	uint16_t num, den;
	uint8_t meter_sign; /**< 0 digits, 1 common, 2 cut */
	float x;            /**< of a clef within a measure: against its column */
};

/** A wish for room between two columns that need not be neighbours. */
struct eng_rod {
	uint32_t from, to; /**< columns */
	float distance;
};

/** A measure of the score. */
struct eng_bar {
	int64_t tick;
	const struct nvx_measure *nvx;
	const struct nvx_meter *meter;
};

/** A measure of the score, or a piece of one that is longer than a line (measures.c). */
struct eng_measure {
	uint32_t of;      /**< index in the score */
	uint8_t is_on;    /**< it goes on from the piece before */
	uint8_t goes_on;  /**< in the piece behind */
	int64_t tick;
	uint32_t duration_ticks;
	uint32_t first_event, n_events; /**< in eng.event, sorted by staff, voice, tick */
	uint32_t first_column, n_columns;
	uint32_t first_change, n_changes;
	float head_width;  /**< of clef, key and meter at its beginning, within a system */
	float min_width, width; /**< natural, then as justified */
	float x;           /**< in its system: its bar line on the left */
	uint32_t system;
	uint32_t multi_rest; /**< > 1: this many empty measures as one */
	uint8_t is_skipped;  /**< inside of such a one */
};

struct eng_system {
	uint32_t page, first_measure, n_measures;
	uint8_t is_page_start; /**< the score asks for a new page here */
	float indent, width; /**< room for names; to the right margin */
	float head_width;    /**< clefs and key at its beginning */
	float force;
	float y;             /**< of its first staff's top line on the page */
	float *staff_y;      /**< per staff, against `y`; hidden staves NAN */
	uint8_t *hides;      /**< per staff: its part rests all through the system and isn't drawn; NULL: none */
	struct eng_skyline **up, **down; /**< per staff */
	struct eng_box ink;
	uint8_t is_kept; /**< its ink is known (keep.h): it is left alone */
};

/** Parts that a sign on the left joins, or a name, or their bar lines (groups.c). */
struct eng_group {
	uint32_t first, last; /**< staves, neither of them hidden all through */
	uint32_t order;       /**< as written */
	uint8_t symbol, bars; /**< enum score_group_symbol, enum score_group_bars */
	float x, room;        /**< how far left of the staves its sign begins, and what it takes there */
	const char *name, *short_name;
};

/** Where a chord symbol was drawn (chords_layer.c), for eng_emit(). */
struct eng_chord_place {
	uint32_t chord; /**< index in the score */
	uint32_t system, staff;
	struct eng_box box; /**< x the system's, y the staff's; staff ENG_NONE: the system's */
};

/** Measures of a staff that say "again". */
struct eng_repeat {
	uint32_t measure, staff, count; /**< drawn in this one; of how many measures the sign speaks: 1, 2, 4 */
};

/** Dynamics that stand on one line below a staff which its part has another one below of. */
struct eng_between {
	uint32_t system, staff;
	uint32_t first_ink, n_ink;
};

/** A shape with its place. */
struct eng_ink {
	struct mos_shape shape; /**< x against the system's left, y against its staff (or the system, staff ENG_NONE) */
	struct eng_box box;
	/** measure ENG_NONE: of no single one; system ENG_NONE: furniture, `staff` is its page and x, y are the page's */
	uint32_t system, staff, measure;
	uint32_t note;                   /**< index in eng.head for heads; ENG_NONE */
};

struct eng {
	const struct score *score;
	const struct engrave_options *options;
	const struct engrave_metrics *metrics;
	struct eng_arena *arena;
	int (*cancelled)(void *);
	void *cancel_data;

	const struct nvx_notation_element **notation; /**< the score's list, which passes go through again and again */
	const struct nvx_note **note;                 /**< likewise, of the parts that are drawn, by note_base */
	struct eng_bar *bar;                          /**< likewise, the measures */
	uint32_t n_bars;
	struct eng_staff *staff;
	uint32_t n_staves;
	struct eng_signs *signs;    /**< per staff: clefs, keys, meters by tick */
	struct eng_map event_of_id; /**< element -> event */
	struct eng_map note_of_id;  /**< note -> note_base[its part] + index */
	struct eng_map tuplet_of_id;
	uint32_t *note_base;        /**< per part of the score; ENG_NONE: not drawn */
	uint32_t *head_of_note;     /**< by note_base + index: its first head; ENG_NONE */
	uint32_t *next_head;        /**< by head: the next one of the same note; ENG_NONE */
	uint8_t *has_notation;      /**< per part: written by the notation layer */
	uint8_t *is_sung;           /**< per part: words stand below its staves */
	uint8_t has_slashes;        /**< a lead sheet without a melody */
	struct eng_measure *measure;
	uint32_t n_measures;
	struct eng_event *event;
	uint32_t n_events;
	struct eng_head *head;
	uint32_t n_heads;
	struct eng_beam *beam;
	uint32_t n_beams;
	uint32_t *beam_event;
	struct eng_tuplet *tuplet;
	uint32_t n_tuplets;
	struct eng_column *column;
	uint32_t n_columns;
	struct eng_change *change;
	uint32_t n_changes;
	struct eng_rod *rod;
	uint32_t n_rods, max_rods;
	struct eng_system *system;
	uint32_t n_systems;
	uint32_t n_pages;
	uint8_t *is_one_of_voices;  /**< per event: others share its staff and measure (span.c) */
	struct eng_ink *ink;
	uint32_t n_ink, max_ink;
	struct eng_chord_place *chord_place; /**< sorted by tick within a staff */
	uint32_t n_chord_places;
	struct eng_between *between;
	uint32_t n_between, max_between;
	struct eng_repeat *repeat;
	uint32_t n_repeats;
	struct eng_group *group; /**< from the staves outwards */
	uint32_t n_groups;
	struct eng_keep *keep; /**< what an engraving before has left (keep.h); NULL */
};

/* --- beam_group.c, chord*.c: inside of eng_chords() --- */
int eng_group_beams(struct eng *e);
/** Which ways the stems of the beams go; heads that lie far apart get stems of both ways. */
void eng_direct_beams(struct eng *e);
/** Chords and rests of several voices that stand together, and the accidentals of them all. */
int eng_clusters(struct eng *e);
struct eng_box eng_head_box(const struct eng *e, const struct eng_event *v, const struct eng_head *h); /**< event's x */
uint32_t eng_rest_code(const struct eng_event *v);
uint32_t eng_flag_code(const struct eng_event *v);
float eng_flag_rise(const struct eng *e, const struct eng_event *v); /**< of the stem's end over the flag's origin */

/* The passes; each 0, -ENOMEM or -ECANCELED. */
int eng_read(struct eng *e);
int eng_chords(struct eng *e);
int eng_beam(struct eng *e);
int eng_rods(struct eng *e);
int eng_space(struct eng *e);
int eng_break(struct eng *e);
int eng_rests(struct eng *e);
int eng_staff(struct eng *e);
int eng_tab(struct eng *e);
int eng_spans(struct eng *e);
int eng_outside(struct eng *e);
int eng_hide(struct eng *e);  /**< behind eng_break(): parts that rest through a system (stack.c) */
int eng_stack(struct eng *e);
int eng_pages(struct eng *e);
int eng_cross(struct eng *e);
int eng_place_between(struct eng *e);
int eng_frame(struct eng *e);
int eng_emit(struct eng *e, struct engraving **ret);
/** The layout GRID has passes of its own. */
int eng_grid(struct eng *e, struct engraving **ret);

/* --- measures.c --- */
static inline const struct nvx_measure *eng_nvx(const struct eng *e, uint32_t measure)
{
	return e->bar[e->measure[measure].of].nvx;
}
/** Index in the score; past the end the last. */
static inline uint32_t eng_bar_at(const struct eng *e, int64_t tick)
{
	const uint32_t n = eng_until(&e->bar->tick, sizeof(*e->bar), e->n_bars, tick);
	return n ? n - 1 : 0;
}
static inline const struct nvx_note *eng_note(const struct eng *e, uint32_t part, uint32_t note)
{
	return e->note[e->note_base[part] + note];
}
static inline const struct nvx_notation_element *eng_notation(const struct eng *e, uint32_t i)
{
	return e->notation[i];
}
/** It stands in a system, of which the ink is not known yet. */
static inline int eng_is_set(const struct eng *e, uint32_t measure)
{
	return !e->measure[measure].is_skipped && !e->system[e->measure[measure].system].is_kept;
}
uint32_t eng_measure_at(const struct eng *e, int64_t tick); /**< the last that begins at or before it */

/* --- read.c --- */
/** y of a position on a staff. */
static inline float eng_y(const struct eng_staff *staff, int position)
{
	return (float)(staff->lines - 1) / 2.0f - (float)position / 2.0f;
}
/** Ticks of a value with dots. */
uint32_t eng_value_ticks(unsigned value, unsigned dots);
struct eng_change eng_signs_at(const struct eng *e, uint32_t staff, int64_t tick); /**< all in force */
/** `"musicxml":{"key":"text"}` of an object's extensions. @return 0: none. */
int eng_fact(const struct eng *e, nvx_str extra, const char *key, char *buf, size_t size);
/** The clef in force on a staff at a tick (before an event of that tick). */
struct eng_clef eng_clef_at(const struct eng *e, uint32_t staff, int64_t tick);
int8_t eng_fifths_at(const struct eng *e, uint32_t staff, int64_t tick);
/** Event of this element id; ENG_NONE. */
uint32_t eng_find_event(const struct eng *e, nvx_id id);
/** Event and head that draw a note (the first of a tie chain, or the one at `tick`); ENG_NONE. */
uint32_t eng_find_note(const struct eng *e, nvx_id note_id, int64_t tick, uint32_t *ret_head);
/** Staff index of a part's staff (from 1); ENG_NONE: not drawn. `tab`: its tablature staff. */
uint32_t eng_find_staff(const struct eng *e, nvx_id part_id, unsigned number, int tab);

/* --- space.c --- */
int eng_add_rod(struct eng *e, uint32_t from, uint32_t to, float distance);
/** Put a measure's columns from its x on. @param head  To the left reach of the first. @return where it ends. */
float eng_stretch_measure(struct eng *e, uint32_t measure, float force, float head, int places);
/** x of a written tick in its system, between columns evenly. */
float eng_x_at(const struct eng *e, uint32_t measure, int64_t tick);
/** Column of a tick; ENG_NONE: there is none at exactly that tick. */
uint32_t eng_find_column(const struct eng *e, uint32_t measure, int64_t tick);
float eng_event_x(const struct eng *e, const struct eng_event *event); /**< in its system */

/* --- beam.c, staff_beam.c --- */
float eng_beam_y(const struct eng *e, const struct eng_beam *b, float x); /**< its outer one's middle, staff's y */
int eng_draw_beams(struct eng *e);
/** y of a member's staff in that of its beam, before staves have their places: what is usual, and what it wants. */
float eng_beam_offset(const struct eng *e, const struct eng_beam *b, const struct eng_event *v);

/* --- cross.c --- */
/** The event that has the stem of this one's chord: itself, but for chords over staves. */
static inline uint32_t eng_holder(const struct eng *e, uint32_t event)
{
	return e->event[event].joins == ENG_NONE ? event : e->event[event].joins;
}

/* --- staff.c --- */
/** From behind what begins a measure to the bar line that ends it. */
void eng_inside_of(const struct eng *e, uint32_t measure, float *ret_x0, float *ret_x1);

/* --- staff_signs.c: clefs, keys, meters --- */
float eng_clef_width(const struct eng *e, struct eng_clef clef, int is_small);
/** Room for what changes with a measure: behind its bar line; before the bar line that ends it (a clef); for what
 * begins a system; for what warns at a line's end of what the next line begins with. */
float eng_head_signs_width(const struct eng *e, uint32_t measure);
float eng_tail_signs_width(const struct eng *e, uint32_t measure);
float eng_system_signs_width(const struct eng *e, uint32_t measure);
float eng_courtesy_width(const struct eng *e, uint32_t next_measure);
int eng_signs(struct eng *e);

/* --- ink.c --- */
/** File a shape; its box is found from metrics, and joins the staff's skylines unless `no_sky`. */
int eng_ink(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, const struct mos_shape *shape, int no_sky);
struct eng_box eng_shape_box(const struct eng *e, const struct mos_shape *shape);
/** Move all that is a place in it. */
void eng_shape_move(struct mos_shape *shape, float dx, float dy);
static inline int eng_is_hidden_in(const struct eng *e, uint32_t system, uint32_t staff)
{
	return e->staff[staff].is_hidden || (e->system[system].hides != NULL && e->system[system].hides[staff]);
}
/** This staff, or the next one that the system shows. */
uint32_t eng_staff_in(const struct eng *e, uint32_t system, uint32_t staff);
/** The staff's outline in a system, made when first asked for; NULL: no memory. */
struct eng_skyline *eng_sky_of(struct eng *e, uint32_t system, uint32_t staff, int is_up);
/* Makers of shapes: token colours, scale in sp. */
struct mos_shape eng_glyph(uint32_t code, float x, float y, float scale, unsigned layer, unsigned token);
struct mos_shape eng_line(float x0, float y0, float x1, float y1, float thickness, unsigned layer, unsigned token);
struct mos_shape eng_rect(float x, float y, float w, float h, unsigned layer, unsigned token);
struct mos_shape eng_quad(const float xy[8], unsigned layer, unsigned token);
/** Text is several records: filed at once. */
int eng_text(struct eng *e, uint32_t system, uint32_t staff, uint32_t measure, float x, float y, float size, unsigned flags,
	unsigned layer, unsigned token, const char *text, int no_sky);
float eng_text_width(const struct eng *e, float size, unsigned flags, const char *text);

/* --- groups.c --- */
int eng_read_groups(struct eng *e);
/* --- frame.c --- */
/** Room that part names and braces want left of the staves: eng_system.indent. */
float eng_names_width(const struct eng *e, int is_first_system);
/** Room that the bar line at a measure's start or end wants beyond a thin one's: repeat signs, final strokes. */
float eng_bar_room(const struct eng *e, uint32_t measure, int at_start);
/** What the titles take of the first page, below its margin. */
float eng_title_height(const struct eng *e);

/* --- sky.c: outlines --- */
struct eng_skyline *eng_sky_new(struct eng_arena *arena, int is_up, float width, float y);
void eng_sky_add(struct eng_skyline *sky, struct eng_box box);
size_t eng_sky_bytes(const struct eng_skyline *sky); /**< of a copy, 8-aligned */
struct eng_skyline *eng_sky_copy(void *to, const struct eng_skyline *sky);
/** The y at which a box of this width and height clears the outline with `gap`: of its bottom (up) or top (down). */
float eng_sky_place(const struct eng_skyline *sky, float x0, float x1, float gap);
/** How far `below` has to be moved down so that the two outlines keep `gap`. */
float eng_sky_distance(const struct eng_skyline *upper_down, const struct eng_skyline *lower_up, float gap);

#endif
