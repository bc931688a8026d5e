/* SPDX-License-Identifier: MIT */
#include "perform_private.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_REPEATS 999

void band_performance_free(struct band_performance *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->n_items; i++) {
		band_inputs_finish(&p->item[i].in);
		band_plan_finish(&p->item[i].form);
	}
	free(p->item);
	band_plan_finish(&p->plan);
	free(p->bar);
	free(p->note);
	free(p->control);
	free(p);
}

void perform_failed(int r, struct band_report *report)
{
	if (r == -ENOMEM)
		(void)band_error(report, "band.memory", "performance", "no memory is left");
	else if (r == -E2BIG)
		(void)band_error(
			report, "band.contract.events", "performance", "more than %u notes", BAND_EVENTS_MAX);
}

struct band_performance *perform_open(uint32_t n_items, const struct band_options *options)
{
	struct band_performance *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->options = *options;
	p->item = calloc(n_items, sizeof(*p->item));
	if (p->item)
		return p;
	free(p);
	return NULL;
}

int perform_item_add(
	struct band_performance *p, const struct band_inputs *in, uint32_t repeats, uint32_t round)
{
	struct perform_item *item = &p->item[p->n_items];

	const int r = band_inputs_copy(in, &item->in);
	if (r < 0)
		return r;
	item->repeats = repeats;
	item->round = round;
	p->n_items++;
	return 0;
}

static int check_items(const struct band_item *items, uint32_t n_items, struct band_report *report)
{
	if (n_items == 0 || n_items > BAND_SETLIST_ITEMS_MAX)
		return band_error(report, "band.options.items", "setlist", "a setlist has 1 to %u items",
			BAND_SETLIST_ITEMS_MAX);
	for (uint32_t i = 0; i < n_items; i++) {
		if (items[i].repeats < 1 || items[i].repeats > MAX_REPEATS)
			return band_error(report, "band.options.items", "setlist",
				"item %u is repeated 1 to %d times", i, MAX_REPEATS);
	}
	return 0;
}

void perform_warn(const struct band_performance *p, struct band_report *report)
{
	const struct band_options *o = &p->options;

	for (uint32_t i = 0; o->click && o->clave[0] && i < p->n_items; i++) {
		const struct band_inputs *in = &p->item[i].in;

		if (in->meter_num == 4 && in->meter_den == 4)
			continue;
		band_warn(report, "band.options.clave", "clave",
			"a clave is of 4/4: in %u/%u the click is on the beats", in->meter_num,
			in->meter_den);
		return;
	}
}

struct band_performance *band_performance_new(const struct band_item *items, uint32_t n_items,
	const struct band_options *options, struct band_report *report)
{
	struct band_performance *p = NULL;

	if (band_options_check(options, report) < 0 || check_items(items, n_items, report) < 0)
		return NULL;
	p = perform_open(n_items, options);
	int r = p ? 0 : -ENOMEM;
	for (uint32_t i = 0; r == 0 && i < n_items; i++)
		r = perform_item_add(p, items[i].in, items[i].repeats, /* round= */ 0);
	if (r == 0)
		r = perform_items_open(p, report);
	if (r == 0)
		r = perform_bars_room(p, 0);
	if (r == 0) {
		p->bar[0].tick = 0;
		r = perform_lay(p, options->count_in_bars, /* bar= */ 0, report);
	}
	if (r == 0) {
		perform_warn(p, report);
		return p;
	}
	perform_failed(r, report);
	band_performance_free(p);
	return NULL;
}

const struct band_plan *band_performance_plan(const struct band_performance *p)
{
	return &p->plan;
}

uint32_t band_performance_notes(const struct band_performance *p)
{
	return p->n_notes;
}
