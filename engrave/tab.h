/* SPDX-License-Identifier: MIT */
/** What tablature's numbers and their techniques share. */
#ifndef ENGRAVE_TAB_H
#define ENGRAVE_TAB_H

#include "layers.h"

/** A number on a line. */
struct eng_tab_note {
	const struct nvx_tab *tab;
	const struct eng_event *event;
	uint32_t head, staff, system;
	float x, x0, x1, y; /**< middle, edges; its line */
};
/** @return 0: it isn't drawn. */
int eng_tab_note(const struct eng *e, uint32_t index, struct eng_tab_note *ret);
float eng_tab_y(const struct eng *e, uint32_t staff, unsigned string);
float eng_tab_bottom(const struct eng *e, uint32_t staff);
int eng_tab_techniques(struct eng *e);
/** Its measure is on a system, whether or not its own staff is shown. */
static inline int eng_is_drawn_at(const struct eng *e, const struct eng_event *ev)
{
	const struct eng_measure *m = &e->measure[ev->measure];
	return !m->is_skipped && m->system < e->n_systems && !ev->is_hidden;
}

#endif
