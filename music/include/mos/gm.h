/* SPDX-License-Identifier: MIT */
/**
 * The 128 instruments of General MIDI by name (GM level 1 sound set; APO-02). Programs count from 0.
 * Pure functions.
 */
#ifndef MOS_GM_H
#define MOS_GM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_GM_PROGRAMS 128

/** "Acoustic Grand Piano" and so on; NULL beyond 127. */
const char *mos_gm_name(uint32_t program);

/**
 * Program of a name as people type it: case, punctuation and spaces do not matter. In this order: the whole
 * name; the first program that has all the words of it ("horn": French Horn, "harp": Orchestral Harp); the
 * first that contains it ("sax": Soprano Sax).
 * @return 0..127, -ENOENT.
 */
int mos_gm_find(const char *name);

#ifdef __cplusplus
}
#endif
#endif
