/* SPDX-License-Identifier: MIT */
/* A module of this version that has other functions. */
#include "../../score/libraries/libraries.h"

const struct score_libraries score_libraries_module = {
	.made_with = SCORE_LIBRARIES_MADE_WITH, .names = " xmlParseDocument"};
