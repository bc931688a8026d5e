/* SPDX-License-Identifier: MIT */
/** The table of opcodes, see sfz_table.c; for sfz_opcode.c. */
#ifndef SFZ_TABLE_H
#define SFZ_TABLE_H

#include <stddef.h>

#include "sfz_region.h"

enum sfz_kind {
	SFZ_INT,
	SFZ_NOTE,         /**< int32_t by number or name */
	SFZ_NOTE_OR_NONE, /**< likewise; -1 is as good as not given */
	SFZ_NOTE_FLOAT,   /**< likewise, a float */
	SFZ_FLOAT,
	SFZ_HZ,   /**< a float, also given by a note */
	SFZ_WORD, /**< int32_t, one of `words` */
	SFZ_CC_LO,
	SFZ_CC_HI,     /**< a struct sfz_cc_ranges, by the name's last number */
	SFZ_BY,        /**< modulator of `to` by the source `at` */
	SFZ_LFO_FIELD, /**< field `at` of LFO N; `to` is not read */
	SFZ_LFO_TO,    /**< LFO N moves `to` */
	SFZ_FLEX_TO,   /**< envelope N: float at `at` in struct zone_flex */
	SFZ_SPECIAL,   /**< see enum sfz_special in `at` */
	SFZ_SILENT,    /**< does nothing that is heard: labels, hints, smoothing */
	SFZ_NO_PLACE,  /**< known, not played */
};

enum sfz_special {
	SFZ_KEY,
	SFZ_HIKEY,
	SFZ_KEYCENTER,
	SFZ_OFF_TIME,
	SFZ_POLYPHONY,
	SFZ_SUSTAIN_CC,
	SFZ_SOSTENUTO_CC,
	SFZ_COUNT,
	SFZ_VELCURVE,
	SFZ_EQ_TYPE,
	SFZ_SW_VEL,
	SFZ_SELFMASK,
	SFZ_LFO_WAVE,
	SFZ_LFO_PHASE,
	SFZ_FLEX_TIME,
	SFZ_FLEX_LEVEL,
	SFZ_FLEX_SHAPE,
	SFZ_FLEX_SUSTAIN,
	SFZ_FLEX_VOLUME,
	SFZ_ON_OFF_UNHEARD,
};

#define SFZ_NO_FALLBACK (INT32_MIN + 1)

struct sfz_word {
	const char *word;
	int32_t value; /**< of the last one, which has no word: what others become, or SFZ_NO_FALLBACK */
};

struct sfz_row {
	const char *name;             /**< each run of digits is one & */
	uint16_t kind;                /**< enum sfz_kind */
	uint16_t at;                  /**< offset in struct sfz_region, or as the kind says */
	uint16_t to;                  /**< 1 + what _onccN moves; 0: that is no opcode */
	float scale;                  /**< from the opcode's unit; 0: it is the same */
	float lo, hi;                 /**< in the opcode's unit; both 0: any */
	uint8_t is_factor;            /**< controllers multiply it */
	uint8_t n;                    /**< the name's first number is 1..n; 0: it has none that counts */
	uint16_t step_at, step_to;    /**< added for each number above 1 */
	const struct sfz_word *words; /**< ended by NULL */
};

extern const struct sfz_row sfz_table[];
extern const uint32_t sfz_table_size;
/** Beginnings of names that are known and not played; ended by NULL. */
extern const char *const sfz_table_no_place[];

#endif
