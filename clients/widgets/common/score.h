/* SPDX-License-Identifier: MIT */
/** Follows the score that is loaded: which one it is, and in which order its measures are played. */
#ifndef WIDGET_SCORE_H
#define WIDGET_SCORE_H

#include <mos/widget.h>

#include "order.h"

struct score_follow {
	struct mos_widget *widget;
	/** Another score, or an edited one; its order follows. @param state  HermesState. */
	void (*begun)(void *data, const struct mos_value *state);
	/** `order` is that score's; as it is written where it cannot be played. */
	void (*ordered)(void *data);
	void *data;
	struct order *order; /**< the widget's own: stays as it was until `ordered` */

	uint32_t n_measures; /**< as written */
	uint32_t version;    /**< of the score: what was asked for before it changed is not of this one */
	uint32_t asked_version;
	int is_asking; /* for the order */
	int has_order;
};

/** Its first members are set, the rest zeroed. Takes the client's notices. In activate(). */
void score_follow(struct score_follow *f);

#endif
