/* SPDX-License-Identifier: MIT */
/* The passes, one after the other. */
#include <errno.h>
#include <math.h>

#include "keep.h"

struct engrave_options engrave_default_options(void)
{
	/* A4 at a staff of 7 mm: 1 sp = 1.75 mm */
	return (struct engrave_options){.layout = ENGRAVE_PAGE,
		.with_title = 1,
		.layers = ENGRAVE_ALL_LAYERS,
		.page_width = 120,
		.page_height = 169.7f,
		.margin = 8,
		.stretch = 1,
		.courtesy_accidentals = 1};
}

static int is_size(float x, float least)
{
	return isfinite(x) && x >= least && x <= 100000;
}

static int check(const struct engrave_options *o)
{
	if (o->layout > ENGRAVE_GRID || !is_size(o->page_width, 20) || !is_size(o->margin, 0) ||
		o->page_width - 2 * o->margin < 20 || !is_size(o->page_height, 0) || (o->n_parts && !o->part))
		return -EINVAL;
	if (o->page_height > 0 && o->page_height - 2 * o->margin < 10)
		return -EINVAL;
	return isfinite(o->stretch) && o->stretch >= 0.1f && o->stretch <= 10 ? 0 : -EINVAL;
}

typedef int (*pass)(struct eng *e);

/** Where everything is along its lines. */
static const pass lines[] = {eng_read, eng_chords, eng_rods, eng_space, eng_break, eng_hide, NULL};
/** Ink of systems, each by itself. */
static const pass systems[] = {eng_beam, eng_rests, eng_staff, eng_tab, eng_spans, eng_outside, NULL};
/** What waits for the places of staves. */
static const pass between[] = {eng_cross, eng_place_between, eng_frame, NULL};

static int run_passes(struct eng *e, const pass *passes)
{
	for (; *passes; passes++) {
		const int rc = (*passes)(e);
		if (rc < 0 || eng_arena_failed(e->arena))
			return rc < 0 ? rc : -ENOMEM;
		if (e->cancelled && e->cancelled(e->cancel_data))
			return -ECANCELED;
	}
	return 0;
}

/** Systems whose staves a page moves apart otherwise than before: all but that is known of them. */
static int set_moved(struct eng *e)
{
	const struct eng_chord_place *before = e->chord_place;
	const int is_any = eng_keep_moved(e);
	const int rc = is_any ? run_passes(e, systems) : 0;
	if (rc == 0)
		eng_keep_settle(e, is_any ? before : NULL);
	return rc;
}

static int run(struct eng *e, struct engrave_kept *kept, struct engraving **ret)
{
	if (e->options->layout == ENGRAVE_GRID)
		return eng_grid(e, ret);
	int rc = run_passes(e, lines);
	if (rc == 0 && kept)
		rc = eng_keep_begin(e, kept);
	if (rc == 0)
		rc = run_passes(e, systems);
	if (rc == 0)
		rc = eng_stack(e);
	if (rc == 0 && kept)
		eng_keep_stacked(e);
	if (rc == 0)
		rc = eng_pages(e);
	if (rc == 0 && kept)
		rc = set_moved(e);
	if (rc == 0)
		rc = run_passes(e, between);
	return rc < 0 ? rc : eng_emit(e, ret);
}

int engrave(const struct score *score, const struct engrave_options *options,
	const struct engrave_metrics *metrics, int (*cancelled)(void *data), void *data,
	struct engraving **ret)
{
	return engrave_again(NULL, score, options, metrics, cancelled, data, ret);
}

int engrave_again(struct engrave_kept *kept, const struct score *score, const struct engrave_options *options,
	const struct engrave_metrics *metrics, int (*cancelled)(void *data), void *data,
	struct engraving **ret)
{
	struct eng e = {.score = score,
		.options = options,
		.metrics = metrics,
		.cancelled = cancelled,
		.cancel_data = data};
	*ret = NULL;
	if (check(options) < 0)
		return -EINVAL;
	e.arena = eng_arena_new();
	if (!e.arena)
		return -ENOMEM;
	const int rc = run(&e, kept, ret);
	eng_arena_free(e.arena);
	return rc;
}
