/* SPDX-License-Identifier: MIT */
/** What the view `path` shows: tables, JSON, and slices with arrows in a trace. */
#ifndef MOS_TRACE_PATH_PRINT_H
#define MOS_TRACE_PATH_PRINT_H

#include "chrome.h"
#include "match.h"
#include "view.h"

struct path_report {
	const struct match *match;
	uint64_t slow_ms, event, dropped;
	uint32_t type;
	pid_t rtcore;
};

struct path_drawing {
	struct chrome *chrome; /**< NULL: nothing is drawn */
	uint64_t n_arrows;
};

void path_print(const struct path_report *report, FILE *out);
void path_to_json(const struct path_report *report, yyjson_mut_doc *doc, yyjson_mut_val *root);

/** A record as a slice of its thread. */
void path_draw(struct path_drawing *drawing, const struct path_record *r);
/** A match_told: an arrow. */
void path_draw_hop(void *drawing, enum match_hop hop, const struct match_end *from,
	const struct match_end *to, uint32_t type, uint64_t seq);

#endif
