/* SPDX-License-Identifier: MIT */
#include <mos/audio_tap.h>

#include <errno.h>
#include <string.h>

#define MASK (MOS_AUDIO_TAP_FRAMES - 1)

static_assert((MOS_AUDIO_TAP_FRAMES & MASK) == 0, "frames are masked");
static_assert(sizeof(struct mos_audio_tap_hdr) == MOS_AUDIO_TAP_SAMPLES_OFF, "samples follow the header");

/**
 * Left between a reader that was lapped and what is overwritten next: as much as one write may bring, so
 * that it is not lapped again before it has looked.
 */
#define MARGIN_FRAMES (MOS_AUDIO_TAP_FRAMES / 4)

/** Samples as bit patterns: no other way to say a relaxed access to a float. */
typedef uint32_t __attribute__((may_alias)) sample_word;

static sample_word *channel_of(const float *sample, uint32_t channel)
{
	return (sample_word *)sample + (size_t)channel * MOS_AUDIO_TAP_FRAMES;
}

int mos_audio_tap_init(struct mos_audio_tap *tap, struct mos_region *region, uint32_t rate_hz)
{
	struct mos_audio_tap_hdr *hdr = region->base;

	if (region->size < MOS_AUDIO_TAP_SIZE || rate_hz == 0)
		return -EINVAL;
	hdr->n_frames = MOS_AUDIO_TAP_FRAMES;
	hdr->n_channels = MOS_TAP_N_CHANNELS;
	hdr->rate_hz = rate_hz;
	*tap = (struct mos_audio_tap){
		.hdr = hdr,
		.sample = (float *)((char *)region->base + MOS_AUDIO_TAP_SAMPLES_OFF),
	};
	/* Touches every page: the audio thread meets none for the first time. */
	memset(tap->sample, 0, MOS_AUDIO_TAP_SIZE - MOS_AUDIO_TAP_SAMPLES_OFF);
	return 0;
}

/** Copy into, or silence, `n` frames that do not wrap. */
static void store_run(sample_word *to, const sample_word *from, uint32_t n) MOS_RT
{
	if (from) {
		for (uint32_t i = 0; i < n; i++)
			__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		__atomic_store_n(&to[i], 0, __ATOMIC_RELAXED);
}

static void store_channel(struct mos_audio_tap *tap, uint32_t channel, uint64_t frame, const float *from,
	uint32_t n_frames) MOS_RT
{
	sample_word *to = channel_of(tap->sample, channel);
	uint32_t at = (uint32_t)(frame & MASK);
	uint32_t first = n_frames < MOS_AUDIO_TAP_FRAMES - at ? n_frames : MOS_AUDIO_TAP_FRAMES - at;
	const sample_word *words = (const sample_word *)from;

	store_run(to + at, words, first);
	store_run(to, words ? words + first : NULL, n_frames - first);
}

void mos_audio_tap_write(struct mos_audio_tap *tap, uint64_t frame,
	const float *const channel[MOS_TAP_N_CHANNELS], uint32_t n_frames) MOS_RT
{
	struct mos_audio_tap_hdr *hdr = tap->hdr;
	/* Only we write it. */
	uint64_t end = __atomic_load_n(&hdr->end_frame, __ATOMIC_RELAXED);

	if (n_frames == 0 || n_frames > MARGIN_FRAMES || frame < end)
		return;
	if (frame != end)
		__atomic_store_n(&hdr->run_frame, frame, __ATOMIC_RELAXED);
	__atomic_store_n(&hdr->begin_frame, frame + n_frames, __ATOMIC_RELAXED);
	/* Pairs with the acquire fence in mos_audio_read(): who saw one of our samples sees where we began.
	 */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (uint32_t c = 0; c < MOS_TAP_N_CHANNELS; c++)
		store_channel(tap, c, frame, channel[c], n_frames);
	/* Pairs with the acquire load in mos_audio_read(): who sees the end sees the samples before it. */
	__atomic_store_n(&hdr->end_frame, frame + n_frames, __ATOMIC_RELEASE);
}

int mos_audio_reader_init(struct mos_audio_reader *r, const struct mos_region *region)
{
	const struct mos_audio_tap_hdr *hdr = region->base;
	uint32_t rate_hz;

	if (region->size < MOS_AUDIO_TAP_SIZE)
		return -EINVAL;
	rate_hz = __atomic_load_n(&hdr->rate_hz, __ATOMIC_RELAXED);
	if (__atomic_load_n(&hdr->n_frames, __ATOMIC_RELAXED) != MOS_AUDIO_TAP_FRAMES ||
		__atomic_load_n(&hdr->n_channels, __ATOMIC_RELAXED) != MOS_TAP_N_CHANNELS || rate_hz == 0)
		return -EINVAL;
	*r = (struct mos_audio_reader){
		.hdr = hdr,
		.sample = (const float *)((const char *)region->base + MOS_AUDIO_TAP_SAMPLES_OFF),
		.next_frame = __atomic_load_n(&hdr->end_frame, __ATOMIC_ACQUIRE),
		.rate_hz = rate_hz,
	};
	return 0;
}

/** Oldest frame that is whole: not overwritten, and no older than the last gap. */
static uint64_t oldest_frame(const struct mos_audio_tap_hdr *hdr)
{
	uint64_t begin = __atomic_load_n(&hdr->begin_frame, __ATOMIC_RELAXED);
	uint64_t run = __atomic_load_n(&hdr->run_frame, __ATOMIC_RELAXED);
	uint64_t kept = begin > MOS_AUDIO_TAP_FRAMES ? begin - MOS_AUDIO_TAP_FRAMES : 0;

	return kept > run ? kept : run;
}

static int skip(struct mos_audio_reader *r, uint64_t end)
{
	uint64_t run = __atomic_load_n(&r->hdr->run_frame, __ATOMIC_RELAXED);
	uint64_t to = oldest_frame(r->hdr);

	if (to > run && end > to + MARGIN_FRAMES)
		to += MARGIN_FRAMES;
	r->lost += to - r->next_frame;
	r->next_frame = to;
	return -EOVERFLOW;
}

int mos_audio_read(struct mos_audio_reader *r, enum mos_tap_channel channel, float *ret, uint32_t max_frames)
{
	/* Pairs with the release store of the end in mos_audio_tap_write(). */
	uint64_t end = __atomic_load_n(&r->hdr->end_frame, __ATOMIC_ACQUIRE);
	const uint64_t from = r->next_frame;
	sample_word *to = (sample_word *)ret;
	const sample_word *ring;
	uint32_t n;

	if ((uint32_t)channel >= MOS_TAP_N_CHANNELS)
		return -EINVAL;
	if (from >= end || max_frames == 0)
		return 0;
	if (from < oldest_frame(r->hdr))
		return skip(r, end);
	n = end - from < max_frames ? (uint32_t)(end - from) : max_frames;
	if (n > MOS_AUDIO_TAP_FRAMES)
		n = MOS_AUDIO_TAP_FRAMES;
	ring = channel_of(r->sample, channel);
	for (uint32_t i = 0; i < n; i++)
		to[i] = __atomic_load_n(&ring[(from + i) & MASK], __ATOMIC_RELAXED);
	/* Pairs with the release fence in mos_audio_tap_write(). */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (from < oldest_frame(r->hdr))
		return skip(r, end);
	r->next_frame = from + n;
	return (int)n;
}
