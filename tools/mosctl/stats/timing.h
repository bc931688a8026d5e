/* SPDX-License-Identifier: MIT */
/** The five figures of timing that MOS owes (E1.3.1, TIM-10): what is measured beside its limit, and how. */
#ifndef MOSCTL_TIMING_H
#define MOSCTL_TIMING_H

#include "mosctl.h"

enum { TIMING_JITTER, TIMING_INPUT, TIMING_LOOK_AHEAD, TIMING_SEEK, TIMING_FRAME, N_TIMING };

struct timing {
	const char *name, *method;
	double limit_ms;
	int is_fixed;    /**< has to be the limit; else below it */
	int is_measured; /**< 0: nothing has happened that could be measured */
	double value_ms;
	uint64_t n_samples; /**< 0 of what is fixed */
};

/**
 * @param view     The counters page; NULL: there is none.
 * @param theater  Answer to theater.status.get; NULL: there is none.
 */
void timing_read(struct timing ret[static N_TIMING], const struct mos_counters_view *view,
	const struct mos_value *theater);
/** Does it hold? A figure that was not measured does not fail. */
int timing_holds(const struct timing *t);
/** [{"name", "limit_ms", "value_ms" or null, "ok" or null, "samples", "method"}]. */
yyjson_mut_val *timing_json(yyjson_mut_doc *doc, const struct timing timing[static N_TIMING]);
/** Lines for people. */
void timing_print(const struct timing timing[static N_TIMING]);

#endif
