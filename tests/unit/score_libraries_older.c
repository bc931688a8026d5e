/* SPDX-License-Identifier: MIT */
/* A module as another version of MOS has it. */
#include "../../score/libraries/libraries.h"

const struct score_libraries score_libraries_module = {.made_with = "another time"};
