/* SPDX-License-Identifier: MIT */
#include "libraries.h"

const struct score_libraries score_libraries_module = {.made_with = SCORE_LIBRARIES_MADE_WITH,
	.names = SCORE_LIBRARIES_NAMES,
#define X(name) .name = name,
	SCORE_LIBRARIES(X)
#undef X
};
