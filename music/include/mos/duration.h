/* SPDX-License-Identifier: MIT */
/**
 * Durations as musicians and programs write them (APO-30): "1n" "2n" "4n" "8n." "8t" "16n" ... "128n" notes,
 * dotted and double-dotted (".."), triplets ("8t" = two thirds of "8n"), "1m" "2m" measures, "480i" ticks,
 * "0.5s" or "0.5" seconds, "250ms". Only seconds and milliseconds may have a decimal point. Pure functions.
 */
#ifndef MOS_DURATION_H
#define MOS_DURATION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mos_duration {
	int64_t ticks; /**< 960 PPQ, when is_ns is 0; rounded where a note value is no whole number of ticks
			*/
	int64_t ns;    /**< when is_ns is 1 */
	int is_ns;
};

/**
 * @param meter_num,meter_den  Meter for "m", as in struct mos_meter_seg.
 * @return 0; -EINVAL not a duration or not a meter; -ERANGE zero, negative or longer than one hour / 1000
 *         measures.
 */
int mos_duration_parse(const char *text, uint16_t meter_num, uint16_t meter_den, struct mos_duration *ret);

#ifdef __cplusplus
}
#endif
#endif
