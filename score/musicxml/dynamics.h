/* SPDX-License-Identifier: MIT */
/** Dynamics as loudness, the same way in and out. */
#ifndef MUSICXML_DYNAMICS_H
#define MUSICXML_DYNAMICS_H

#include <stdint.h>

#define MX_VELOCITY 80u /**< of notes that nothing says to be louder or softer: mf */

/** How loud a mark is, and what comes after it. @param after  0: as before. Both 0: the mark says nothing. */
void mx_dynamic_velocity(const char *text, uint8_t *here, uint8_t *after);

#endif
