/* SPDX-License-Identifier: MIT */
/** A timeline as the band makes them: bars with their numbers, chords, ghosts, a loop and a policy. */
#ifndef TESTS_BAND_TIMELINE_H
#define TESTS_BAND_TIMELINE_H

#include <criterion/criterion.h>
#include <mos/timeline.h>

#define BAND_BAR_TICKS 3840
#define BAND_EVENTS_MAX 1024u

static inline void band_event(
	struct mos_tl_event *event, uint32_t *n, int64_t tick, uint32_t word, uint8_t order)
{
	cr_assert_lt(*n, BAND_EVENTS_MAX);
	event[(*n)++] = (struct mos_tl_event){
		.tick = tick, .ump = {word}, .order = order, .note_id = order == MOS_TL_CONTROL ? 0 : *n + 1};
}

static inline void band_note(
	struct mos_tl_event *event, uint32_t *n, int64_t tick, int64_t len, uint32_t key, uint32_t velocity)
{
	band_event(event, n, tick, 0x20900000 | key << 8 | velocity, MOS_TL_NOTE_ON);
	band_event(event, n, tick + len, 0x20800040 | key << 8, MOS_TL_NOTE_OFF);
}

/** @return a sealed timeline that loops over its bars; the caller's. */
static inline int band_timeline(uint64_t npq, uint32_t bars, struct mos_tl_policy policy)
{
	const struct mos_tl_tempo tempo = {.npq_start = npq, .npq_end = npq};
	const struct mos_tl_meter meter = {.num = 4, .den = 4};
	const struct mos_tl_part part = {0};
	struct mos_tl_event event[BAND_EVENTS_MAX];
	uint32_t n = 0;
	int fd;

	band_event(event, &n, 0, 0x20c00500, MOS_TL_CONTROL);
	for (uint32_t bar = 0; bar < bars; bar++) {
		int64_t at = bar * INT64_C(3840);

		band_event(event, &n, at, 0x20bf1400 | (bars - 1 - bar), MOS_TL_CONTROL);
		band_event(event, &n, at, 0x20bf1500 | bar, MOS_TL_CONTROL);
		for (int64_t beat = 0; beat < 4; beat++) {
			band_note(event, &n, at + 960 * beat, 960, 60 + bar, 90);
			band_note(event, &n, at + 960 * beat, 900, 64 + bar, 70);
			band_note(event, &n, at + 960 * beat + 480, 120, 72, 15);
		}
	}
	policy.loop_end = bars * INT64_C(3840);
	fd = mos_timeline_build(&(struct mos_timeline_src){.tempo = &tempo,
		.n_tempo = 1,
		.meter = &meter,
		.n_meter = 1,
		.event = event,
		.n_event = n,
		.part = &part,
		.n_part = 1,
		.strings = "",
		.strings_len = 1,
		.end_tick = policy.loop_end,
		.policy = policy});
	cr_assert_geq(fd, 0);
	return fd;
}

#endif
