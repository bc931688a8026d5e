/* SPDX-License-Identifier: MIT */
/* Groups of parts, as an import of ours kept them. */
#include "export.h"

void mxo_read_groups(struct mxo *x)
{
	x->n_groups = score_groups(x->score, x->group);
}

void mxo_open_groups(struct mxo *x, uint32_t part)
{
	for (unsigned i = 0; i < x->n_groups; i++) {
		const struct score_group *g = &x->group[i];
		if (g->first != part)
			continue;
		mxo_openf(x, "part-group type=\"start\" number=\"%u\"", i + 1);
		if (*g->name)
			mxo_text(x, "group-name", g->name);
		if (*g->short_name)
			mxo_text(x, "group-abbreviation", g->short_name);
		if (g->symbol)
			mxo_text(x, "group-symbol", score_group_symbol_name(g->symbol));
		if (g->bars)
			mxo_text(x, "group-barline", score_group_bars_name(g->bars));
		mxo_close(x, "part-group");
	}
}

void mxo_close_groups(struct mxo *x, uint32_t part)
{
	for (unsigned i = 0; i < x->n_groups; i++) {
		if (x->group[i].end == part + 1)
			mxo_emptyf(x, "part-group type=\"stop\" number=\"%u\"", i + 1);
	}
}
