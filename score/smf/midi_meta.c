/* SPDX-License-Identifier: MIT */
#include "midi_meta.h"

#include <errno.h>

#include <score/nvx.h>

#include "midi_report.h"

#define NS_PER_QUARTER_120 UINT64_C(500000000)
#define DROP_FRAME_FPS 29u            /* stands for 30000/1001 */
#define TICKS_A_SECOND UINT64_C(1920) /* at 120 BPM, where the fixed tempo should be near */
#define NS_A_SECOND UINT64_C(1000000000)
#define CLOCKS_PER_QUARTER 24u

static uint64_t div_round(uint64_t num, uint64_t den)
{
	return (num + den / 2) / den;
}

static struct midi_clock smpte_clock(const struct smf_header *header)
{
	/* Ticks a second as a fraction: rate / scale. */
	const int drop = header->frames_per_second == DROP_FRAME_FPS;
	const uint64_t rate = (drop ? UINT64_C(30000) : header->frames_per_second) * header->ticks_per_frame;
	const uint64_t scale = drop ? 1001 : 1;
	const uint64_t wanted = div_round(TICKS_A_SECOND * scale, rate);
	const uint64_t k = wanted ? wanted : 1;
	return (struct midi_clock){
		.num = k,
		.den = 1,
		.ns_per_quarter = div_round(NVX_PPQ * NS_A_SECOND * scale, rate * k),
	};
}

struct midi_clock midi_clock_of_quarter(uint16_t ticks_per_quarter)
{
	return (struct midi_clock){
		.num = NVX_PPQ, .den = ticks_per_quarter, .ns_per_quarter = NS_PER_QUARTER_120};
}

struct midi_clock smf_clock_of(const struct smf_header *header)
{
	return header->ticks_per_quarter ? midi_clock_of_quarter(header->ticks_per_quarter)
					 : smpte_clock(header);
}

int midi_clock_tick(const struct midi_clock *clock, uint64_t file_tick, int64_t *ret)
{
	/* Nearly always it fits: a division of 128 bits is ten times as slow. */
	uint64_t tick;
	if (file_tick < UINT64_C(1) << 40 && clock->num < 1 << 20) {
		tick = (file_tick * clock->num * 2 + clock->den) / (clock->den * 2);
	} else {
		const unsigned __int128 wide =
			((unsigned __int128)file_tick * clock->num * 2 + clock->den) / (clock->den * 2);
		tick = wide > NVX_MAX_TICK ? (uint64_t)NVX_MAX_TICK + 1 : (uint64_t)wide;
	}
	if (tick > NVX_MAX_TICK)
		return -ERANGE;
	*ret = (int64_t)tick;
	return 0;
}

int smf_meta_tempo(const struct smf_event *ev, struct score_report *report, uint64_t *ret_ns_per_quarter)
{
	if (ev->payload_bytes < 3) {
		midi_warn(report, ev->at, "tempo event of %u bytes ignored, it needs 3", ev->payload_bytes);
		return 0;
	}
	const uint8_t *p = ev->payload;
	const uint32_t us = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	if (us == 0) {
		midi_warn(report, ev->at, "tempo of 0 us a quarter note ignored");
		return 0;
	}
	*ret_ns_per_quarter = us * UINT64_C(1000);
	return 1;
}

int smf_meta_meter(const struct smf_event *ev, struct score_report *report, uint16_t *ret_num,
	uint16_t *ret_den, int *ret_other_click)
{
	const uint8_t *p = ev->payload;
	if (ev->payload_bytes < 2 || p[0] == 0 || p[1] > 8) {
		midi_warn(report, ev->at, "time signature that makes no sense ignored");
		return 0;
	}
	*ret_num = p[0];
	*ret_den = (uint16_t)(1u << p[1]);
	*ret_other_click = 0;
	if (ev->payload_bytes >= 4) {
		/* A click a beat, a click a dotted beat, a click a quarter: all that programs write unasked.
		 */
		const unsigned beat = 4 * CLOCKS_PER_QUARTER / *ret_den;
		*ret_other_click = p[3] != 8 || (p[2] != CLOCKS_PER_QUARTER && p[2] != beat &&
							p[2] != 3 * beat && p[2] != 0);
	}
	return 1;
}

int smf_meta_key(
	const struct smf_event *ev, struct score_report *report, int8_t *ret_fifths, uint8_t *ret_minor)
{
	const int8_t fifths = ev->payload_bytes >= 2 ? (int8_t)ev->payload[0] : 0;
	if (ev->payload_bytes < 2 || fifths < -7 || fifths > 7 || ev->payload[1] > 1) {
		midi_warn(report, ev->at, "key signature that makes no sense ignored");
		return 0;
	}
	*ret_fifths = fifths;
	*ret_minor = ev->payload[1];
	return 1;
}
