/* SPDX-License-Identifier: MIT */
/** Parts of answers that several methods have. Loop. */
#ifndef BAND_ANSWER_H
#define BAND_ANSWER_H

#include "inputs.h"
#include "wire.h"

/** `inputs`: every input with its value and where it came from (contract 2.1, T-21). */
void answer_put_inputs(struct wire_out *out, const struct band_inputs *in);

#endif
