/* SPDX-License-Identifier: MIT */
/** Parameters of a call: one word of JSON, {...}, or words KEY=VALUE. mosctl only. */
#ifndef MOSCTL_PARAMS_H
#define MOSCTL_PARAMS_H

#include "mosctl.h"

struct params {
	struct mos_value map; /* borrowed from the rest */
	yyjson_doc *doc;
	struct block *blocks;
};

/** @return CTL_OK, to be freed; CTL_USAGE, printed. */
int params_parse(struct ctl *ctl, int n, char *const *words, struct params *ret);
void params_free(struct params *params);

#endif
