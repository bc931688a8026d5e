/* SPDX-License-Identifier: MIT */
/** Claves: the strokes that a rhythm turns around (tritone.md 11). Pure functions. */
#ifndef MOS_CLAVE_H
#define MOS_CLAVE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_CLAVE_STROKES_MAX 8u

/**
 * Strokes of a cycle of two 4/4 bars, rising, in steps.
 *
 * @param name  "son_2_3", "son_3_2", "rumba_2_3", "rumba_3_2"; with "ref_" before the first two the lists of
 * the contract's reference implementation, which are no son clave.
 * @param grid  8 or 16 steps a bar.
 * @return how many were written; -EINVAL: no such clave or grid.
 */
int mos_clave_steps(const char *name, uint32_t grid, uint8_t ret[MOS_CLAVE_STROKES_MAX]);
/** Names by index, for lists. @return NULL past the last. */
const char *mos_clave_name(uint32_t i);

#ifdef __cplusplus
}
#endif
#endif
