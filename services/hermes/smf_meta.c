/* SPDX-License-Identifier: MIT */
#include "smf_meta.h"

#include <errno.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#define DROP_FRAME_FPS 29u            /* stands for 30000/1001 */
#define TICKS_A_SECOND UINT64_C(1920) /* at 120 BPM, where the fixed tempo should be near */
#define NS_A_SECOND UINT64_C(1000000000)

static uint64_t div_round(uint64_t num, uint64_t den)
{
	return (num + den / 2) / den;
}

static struct smf_clock smpte_clock(const struct smf_header *header)
{
	/* Ticks a second as a fraction: rate / scale. */
	const int drop = header->frames_per_second == DROP_FRAME_FPS;
	const uint64_t rate = (drop ? UINT64_C(30000) : header->frames_per_second) * header->ticks_per_frame;
	const uint64_t scale = drop ? 1001 : 1;
	const uint64_t wanted = div_round(TICKS_A_SECOND * scale, rate);
	const uint64_t k = wanted ? wanted : 1;
	return (struct smf_clock){
		.num = k,
		.den = 1,
		.ns_per_quarter = div_round(MOS_PPQ * NS_A_SECOND * scale, rate * k),
	};
}

struct smf_clock smf_clock_of(const struct smf_header *header)
{
	if (!header->ticks_per_quarter)
		return smpte_clock(header);
	return (struct smf_clock){
		.num = MOS_PPQ, .den = header->ticks_per_quarter, .ns_per_quarter = MOS_NPQ_120};
}

int smf_clock_tick(const struct smf_clock *clock, uint64_t file_tick, int64_t *ret)
{
	const unsigned __int128 tick =
		((unsigned __int128)file_tick * clock->num * 2 + clock->den) / (clock->den * 2);
	if (tick >= MOS_TL_MAX_TICK)
		return -ERANGE;
	*ret = (int64_t)tick;
	return 0;
}

int smf_meta_tempo(const struct smf_event *ev, struct hermes_report *report, uint64_t *ret_ns_per_quarter)
{
	if (ev->payload_bytes < 3) {
		hermes_warn(report, ev->at, "tempo event of %u bytes ignored, it needs 3", ev->payload_bytes);
		return 0;
	}
	const uint8_t *p = ev->payload;
	const uint32_t us = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	uint64_t npq = us * UINT64_C(1000); /* 24 bits of microseconds: never above MOS_TL_MAX_NPQ */
	static_assert(0xffffff * UINT64_C(1000) <= MOS_TL_MAX_NPQ);
	if (npq < MOS_TL_MIN_NPQ) {
		hermes_warn(report, ev->at, "tempo of %u us a quarter note raised to %llu", us,
			(unsigned long long)MOS_TL_MIN_NPQ / 1000);
		npq = MOS_TL_MIN_NPQ;
	}
	*ret_ns_per_quarter = npq;
	return 1;
}

int smf_meta_meter(
	const struct smf_event *ev, struct hermes_report *report, uint16_t *ret_num, uint16_t *ret_den)
{
	if (ev->payload_bytes < 2 || ev->payload[0] == 0 || ev->payload[1] > 7) {
		hermes_warn(report, ev->at, "time signature that makes no sense ignored");
		return 0;
	}
	*ret_num = ev->payload[0];
	*ret_den = (uint16_t)(1u << ev->payload[1]);
	return 1;
}

int smf_meta_key(
	const struct smf_event *ev, struct hermes_report *report, int8_t *ret_fifths, uint8_t *ret_minor)
{
	const int8_t fifths = ev->payload_bytes >= 2 ? (int8_t)ev->payload[0] : 0;
	if (ev->payload_bytes < 2 || fifths < -7 || fifths > 7 || ev->payload[1] > 1) {
		hermes_warn(report, ev->at, "key signature that makes no sense ignored");
		return 0;
	}
	*ret_fifths = fifths;
	*ret_minor = ev->payload[1];
	return 1;
}
