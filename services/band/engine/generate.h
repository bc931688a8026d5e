/* SPDX-License-Identifier: MIT */
#ifndef BAND_GENERATE_H
#define BAND_GENERATE_H

#include "events.h"

/** Plan and style to notes, before any layer. @return 0; -EINVAL report; -ENOMEM; -E2BIG too many. */
int band_generate(const struct band_ctx *ctx, struct band_events *events);

#endif
