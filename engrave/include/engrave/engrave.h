/* SPDX-License-Identifier: MIT */
/**
 * The engraver: from a score to the shapes that a page is made of. Pure: no I/O, no font file, no Vulkan; the same
 * score, options and metrics give the same bits. spec/theater.md 2.4, rows THE-13, NVX, THR-19, WGT-06, WGT-07.
 *
 * Everything is in staff spaces (sp), x to the right, y down, from the top left corner of its page. Any thread; a
 * result is immutable.
 */
#ifndef ENGRAVE_ENGRAVE_H
#define ENGRAVE_ENGRAVE_H

#include <mos/shape.h>
#include <score/score.h>

#include <engrave/metrics.h>

/** Layers of the shapes: nvx1.md 6 in its order, then what belongs to none and is always shown. */
enum engrave_layer {
	ENGRAVE_FORM = 0,
	ENGRAVE_CHORDS,
	ENGRAVE_ANALYSIS,
	ENGRAVE_TABLATURE,
	ENGRAVE_DIAGRAMS,
	ENGRAVE_FINGERING,
	ENGRAVE_NOTATION,
	ENGRAVE_LYRICS,
	ENGRAVE_MARKERS,
	ENGRAVE_FRAME, /**< measure numbers, titles, page furniture */
	ENGRAVE_N_LAYERS,
};
#define ENGRAVE_ALL_LAYERS ((1u << ENGRAVE_N_LAYERS) - 1)

enum engrave_layout {
	ENGRAVE_PAGE = 0,   /**< systems on pages */
	ENGRAVE_CONTINUOUS, /**< one system without end */
	ENGRAVE_LEAD_SHEET, /**< pages: the melody part alone, chord symbols, lyrics; no part with a melody: slashes */
	ENGRAVE_GRID,       /**< pages of boxes, one a measure: chords, form (THR-24) */
};

struct engrave_options {
	uint8_t layout; /**< enum engrave_layout */
	uint8_t with_title;
	/** Layers that get room; lyrics, tablature, diagrams, form, analysis that are left out take none. What is only to
	 * be hidden for now is the drawing's business. */
	uint16_t layers;
	float page_width, page_height; /**< sp; height 0: one page as high as it gets */
	float margin;                  /**< sp, all four sides */
	float stretch;                 /**< of the ideal widths; 1 */
	const nvx_id *part;            /**< only these; n_parts 0: all */
	uint32_t n_parts;
	uint32_t max_measures_a_line;  /**< 0: as many as fit */
	uint8_t courtesy_accidentals;
	uint8_t reserved[3];
};
struct engrave_options engrave_default_options(void);

struct engrave_rect {
	float x, y, w, h;
};

struct engrave_page {
	float width, height;
	uint32_t first_system, n_systems;
	uint32_t first_shape, n_shapes; /**< all of the page; furniture first, then by system and measure */
};
struct engrave_system {
	struct engrave_rect rect; /**< all of its ink */
	float staff_top, staff_bottom; /**< first line of the first staff, last of the last */
	uint32_t page, first_measure, n_measures;
	uint32_t first_shape, n_shapes; /**< those of no single measure: braces, staff lines, slurs across bar lines */
};
/** On one system; its shapes are sorted by layer. */
struct engrave_measure {
	struct engrave_rect rect; /**< from bar line to bar line, and all of its ink above and below */
	float first_x;            /**< where its notes begin, behind clef, key and meter */
	int64_t tick;
	uint32_t duration_ticks;
	uint32_t measure; /**< index in the score; pieces of one that no line holds have the same */
	uint32_t system;
	uint32_t first_shape, n_shapes;
	uint32_t first_column, n_columns;
};
/** One tick of one measure, for playheads: between two columns x runs evenly. */
struct engrave_column {
	int64_t tick;
	float x; /**< middle of its note heads */
	uint32_t measure; /**< index in measure[] */
};
/** Where a note is drawn; sorted by tick, part, pitch. Tied parts are entries of their own. */
struct engrave_note {
	int64_t tick;
	uint32_t duration_ticks;
	nvx_id note_id;
	uint32_t measure, system; /**< indices here */
	uint32_t shape;           /**< its head; UINT32_MAX: none (rest of a tie chain that is not drawn) */
	struct engrave_rect rect; /**< of its head */
	uint16_t part;
	uint8_t staff, pitch;
	/* what was decided, for tests and peers */
	int8_t position;     /**< steps above the middle line of its staff */
	int8_t stem;         /**< 1 up, -1 down, 0 none */
	uint8_t accidental;  /**< enum nvx_... is not kept: 0 none, 1 double flat, 2 flat, 3 natural, 4 sharp, 5 double sharp, 6 other */
	uint8_t leger_lines;
	uint16_t beam;       /**< which group of its measure, from 1; 0: none */
	uint8_t voice;
	uint8_t is_tied_from; /**< goes on from a note before */
};
/** A chord symbol, for the highlight. */
struct engrave_chord {
	int64_t tick;
	uint32_t duration_ticks;
	nvx_id id;
	struct engrave_rect rect;
	uint32_t system;
};

struct engraving {
	struct engrave_page *page;
	struct engrave_system *system;
	struct engrave_measure *measure;
	struct engrave_column *column; /**< sorted by measure, tick */
	struct engrave_note *note;
	struct engrave_chord *chord;
	struct mos_shape *shape;
	uint32_t n_pages, n_systems, n_measures, n_columns, n_notes, n_chords, n_shapes;
	uint32_t n_elements; /**< signs a musician would count: heads, rests, stems, beams, accidentals, texts ... */
	void *memory;        /**< private */
};

/**
 * Engrave. A layout that needs time asks `cancelled` now and then (may be NULL).
 * @return 0; -EINVAL options that make no page (a width below 20 sp ...); -E2BIG more than ENGRAVE_CELLS_MAX measures
 * times staves, which a small file may ask for; -ECANCELED; -ENOMEM.
 */
#define ENGRAVE_CELLS_MAX 131072u /* an opera's act of 3,000 measures has 40 staves: 120,000 */
int engrave(const struct score *score, const struct engrave_options *options, const struct engrave_metrics *metrics,
	int (*cancelled)(void *data), void *data, struct engraving **ret);
/**
 * What engravings leave for the next one of an edited score: systems as they were set, by all that their ink
 * follows from. One thread at a time; one for each place that a score is shown at.
 */
struct engrave_kept;
struct engrave_kept *engrave_kept_new(void); /**< NULL: no memory */
void engrave_kept_free(struct engrave_kept *kept); /**< NULL is fine */
uint32_t engrave_kept_set(const struct engrave_kept *kept); /**< systems that the last run had to set */
/**
 * As engrave(), to the same bits: systems that `kept` knows are taken from there, wherever they stand now. `metrics`
 * are the same in all runs. @param kept  NULL: all is set.
 */
int engrave_again(struct engrave_kept *kept, const struct score *score, const struct engrave_options *options,
	const struct engrave_metrics *metrics, int (*cancelled)(void *data), void *data, struct engraving **ret);
/** NULL is fine. */
void engraving_free(struct engraving *e);

/** Where a written tick is: x in its system. @return index in measure[]; UINT32_MAX: nowhere. */
uint32_t engraving_find(const struct engraving *e, int64_t tick, float *ret_x);
/** The note heads that sound at a written tick: those that began at or before and have not ended. @return how many
 * were written to `ret`, at most `max`. */
uint32_t engraving_sounding(const struct engraving *e, int64_t tick, uint32_t *ret, uint32_t max);
/** What is drawn at a place of a page: index in note[], and in measure[]; UINT32_MAX: nothing. */
void engraving_at(const struct engraving *e, uint32_t page, float x, float y, uint32_t *ret_note, uint32_t *ret_measure);

#endif
