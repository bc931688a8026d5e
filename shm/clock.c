/* SPDX-License-Identifier: MIT */
#include <mos/clock.h>

#include <errno.h>
#include <stddef.h>

#include "words.h"

#define N_WORDS (sizeof(struct mos_clock) / sizeof(uint64_t))
#define N_SONG_WORDS (sizeof(struct mos_clock_song) / sizeof(uint64_t))
#define NS_PER_S INT64_C(1000000000)
#define PS_PER_NS 1000
#define PS_PER_S UINT64_C(1000000000000)
#define FRAC_ONE (INT64_C(1) << 32) /* tick_frac counts these parts of a tick */

/** A copy takes some ten nanoseconds, and a writer writes once a cycle: the second try succeeds. */
#define READ_TRIES 256

static void publish(
	struct mos_clock_page *page, const struct mos_clock *clock, const struct mos_clock_song *song) MOS_RT
{
	/* Only we write it. */
	uint64_t seq = __atomic_load_n(&page->seq, __ATOMIC_RELAXED) + 1;

	/*
	 * Pairs with the acquire fence in read_copy(): who took one of these words for one of the copy
	 * that lay here before, two numbers ago, sees that the number has gone on since.
	 */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	shm_words_store(&page->clock[seq % 2], clock, N_WORDS);
	if (song)
		shm_words_store(&page->song[seq % 2], song, N_SONG_WORDS);
	/* Pairs with the acquire load in read_copy(). */
	__atomic_store_n(&page->seq, seq, __ATOMIC_RELEASE);
}

void mos_clock_publish(struct mos_clock_page *page, const struct mos_clock *clock) MOS_RT
{
	publish(page, clock, NULL);
}

void mos_clock_publish_song(
	struct mos_clock_page *page, const struct mos_clock *clock, const struct mos_clock_song *song) MOS_RT
{
	publish(page, clock, song);
}

static int read_copy(
	const struct mos_clock_page *page, struct mos_clock *ret, struct mos_clock_song *ret_song) MOS_RT
{
	struct mos_clock copy;
	struct mos_clock_song song;

	for (int i = 0; i < READ_TRIES; i++) {
		/* Pairs with the release store of the number in publish(). */
		uint64_t seq = __atomic_load_n(&page->seq, __ATOMIC_ACQUIRE);

		shm_words_load(&copy, &page->clock[seq % 2], N_WORDS);
		if (ret_song)
			shm_words_load(&song, &page->song[seq % 2], N_SONG_WORDS);
		/* Pairs with the release fence in publish(). */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&page->seq, __ATOMIC_RELAXED) == seq) {
			*ret = copy;
			if (ret_song)
				*ret_song = song;
			return 0;
		}
	}
	return -EAGAIN;
}

int mos_clock_read(const struct mos_clock_page *page, struct mos_clock *ret) MOS_RT
{
	return read_copy(page, ret, NULL);
}

int mos_clock_read_song(
	const struct mos_clock_page *page, struct mos_clock *ret, struct mos_clock_song *ret_song) MOS_RT
{
	/* mos_region_attach() has compared it with what is mapped. */
	return page->region.size < sizeof(*page) ? -ENOTSUP : read_copy(page, ret, ret_song);
}

/** now - anchor, at most one second either way. */
static inline int64_t since_anchor_ns(const struct mos_clock *clock, int64_t now_ns)
{
	int64_t ns;

	if (__builtin_sub_overflow(now_ns, clock->time_ns, &ns))
		ns = now_ns < clock->time_ns ? -NS_PER_S : NS_PER_S;
	if (ns > NS_PER_S)
		return NS_PER_S;
	return ns < -NS_PER_S ? -NS_PER_S : ns;
}

/**
 * Nominal length of the frames that pass in `ns`: what the tempo counts. The device's frames are a little
 * longer or shorter than nominal, by the ratio that the delay-locked loop measures.
 */
static inline int64_t nominal_ns(const struct mos_clock *clock, int64_t ns)
{
	uint64_t measured = clock->frame_ps * clock->rate_hz; /* picoseconds that a nominal second takes */

	if (measured == 0 || measured == PS_PER_S)
		return ns;
	return (int64_t)((__int128)ns * (int64_t)PS_PER_S / (__int128)measured);
}

/** In a loop, the position after its end is counted on from its start. */
static inline int64_t wrap_loop(const struct mos_clock *clock, int64_t tick)
{
	uint64_t len = (uint64_t)clock->loop_end_tick - (uint64_t)clock->loop_start_tick;

	if (!(clock->flags & MOS_CLOCK_LOOP) || clock->loop_end_tick <= clock->loop_start_tick)
		return tick;
	/* Beyond the end at the anchor: playing past the loop, not in it. */
	if (tick < clock->loop_end_tick || clock->tick >= clock->loop_end_tick)
		return tick;
	return clock->loop_start_tick + (int64_t)(((uint64_t)tick - (uint64_t)clock->loop_start_tick) % len);
}

int64_t mos_clock_tick_at(const struct mos_clock *clock, int64_t now_ns, uint32_t *ret_frac) MOS_RT
{
	__int128 npq = clock->ns_per_quarter;
	int64_t tick = clock->tick;
	uint32_t frac = clock->tick_frac;

	if ((clock->flags & MOS_CLOCK_ROLLING) && npq != 0) {
		int64_t ns = nominal_ns(clock, since_anchor_ns(clock, now_ns));
		__int128 moved = (__int128)ns * MOS_PPQ * FRAC_ONE;
		__int128 pos = frac;

		/* Towards the past, round down as well, so that the position never steps back. */
		pos += moved >= 0 ? moved / npq : -((npq - 1 - moved) / npq);
		frac = (uint32_t)pos;
		tick = wrap_loop(clock, (int64_t)((uint64_t)tick + (uint64_t)(pos >> 32)));
	}
	if (ret_frac)
		*ret_frac = frac;
	return tick;
}

uint64_t mos_clock_frame_at(const struct mos_clock *clock, int64_t now_ns) MOS_RT
{
	int64_t ns = since_anchor_ns(clock, now_ns);
	uint64_t frames;

	if (clock->frame_ps == 0)
		return clock->frame;
	if (ns >= 0)
		return clock->frame + (uint64_t)ns * PS_PER_NS / clock->frame_ps;
	frames = ((uint64_t)-ns * PS_PER_NS + clock->frame_ps - 1) / clock->frame_ps;
	return frames < clock->frame ? clock->frame - frames : 0;
}

const char *mos_transport_state_name(uint32_t state)
{
	static const char *const names[] = {
		[MOS_TRANSPORT_IDLE] = "idle",
		[MOS_TRANSPORT_LOADING] = "loading",
		[MOS_TRANSPORT_READY] = "ready",
		[MOS_TRANSPORT_PLAYING] = "playing",
		[MOS_TRANSPORT_PAUSED] = "paused",
		[MOS_TRANSPORT_STOPPED] = "stopped",
	};

	static_assert(sizeof(names) / sizeof(names[0]) == MOS_TRANSPORT_N_STATES, "one name a state");
	return state < MOS_TRANSPORT_N_STATES ? names[state] : "?";
}
