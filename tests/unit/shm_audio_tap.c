/* SPDX-License-Identifier: MIT */
/* The audio tap, one step at a time: what was written is read at its frame, across wraps, gaps and laps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/audio_tap.h>

#define RATE_HZ 48000

struct tap_fixture {
	struct mos_region region;
	struct mos_audio_tap tap;
	struct mos_audio_reader reader;
};

/* Exact in a float, other for each frame and channel. */
static float sample_at(uint64_t frame, uint32_t channel)
{
	return (float)((frame * 4 + channel) % 8388593) / 8388608.0f;
}

static struct tap_fixture start(void)
{
	struct tap_fixture f = {0};

	cr_assert_eq(mos_region_create("tap", MOS_AUDIO_TAP_SIZE, MOS_AUDIO_TAP_ABI_MAJOR,
			     MOS_AUDIO_TAP_ABI_MINOR, 1, &f.region),
		0);
	cr_assert_eq(mos_audio_tap_init(&f.tap, &f.region, RATE_HZ), 0);
	mos_region_publish(&f.region, MOS_MAGIC_AUDIO);
	cr_assert_eq(mos_audio_reader_init(&f.reader, &f.region), 0);
	return f;
}

static void append(struct tap_fixture *f, uint64_t frame, uint32_t n)
{
	static float block[MOS_TAP_N_CHANNELS][MOS_AUDIO_TAP_FRAMES];
	const float *channel[MOS_TAP_N_CHANNELS];

	for (uint32_t c = 0; c < MOS_TAP_N_CHANNELS; c++) {
		for (uint32_t i = 0; i < n; i++)
			block[c][i] = sample_at(frame + i, c);
		channel[c] = block[c];
	}
	mos_audio_tap_write(&f->tap, frame, channel, n);
}

static void expect(struct tap_fixture *f, uint64_t frame, uint32_t n)
{
	static float got[MOS_AUDIO_TAP_FRAMES];

	for (uint32_t c = 0; c < MOS_TAP_N_CHANNELS; c++) {
		f->reader.next_frame = frame;
		cr_assert_eq(mos_audio_read(&f->reader, c, got, n), (int)n);
		for (uint32_t i = 0; i < n; i++)
			cr_assert_eq(got[i], sample_at(frame + i, c), "channel %u, frame %lu", c, frame + i);
	}
	cr_assert_eq(f->reader.next_frame, frame + n);
}

Test(shm_audio_tap, exact,
	.description =
		"WID-03 audio.in: every channel is read as it was written, at its frame, over many wraps")
{
	struct tap_fixture f = start();
	uint64_t frame = 0;

	cr_assert_eq(f.reader.rate_hz, RATE_HZ);
	for (uint32_t n = 1; frame < 5 * (uint64_t)MOS_AUDIO_TAP_FRAMES; frame += n, n = n * 7 % 8191 + 1) {
		append(&f, frame, n);
		expect(&f, frame, n);
	}
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_IN_L, &(float){0}, 1), 0,
		"nothing new, yet something came");
	cr_assert_eq(f.reader.lost, 0);
	mos_region_finish(&f.region);
}

Test(shm_audio_tap, starts_at_newest,
	.description = "A reader hears what comes after it, not what was before")
{
	struct tap_fixture f = start();

	append(&f, 0, 1000);
	cr_assert_eq(mos_audio_reader_init(&f.reader, &f.region), 0);
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_IN_L, &(float){0}, 1), 0);
	append(&f, 1000, 10);
	expect(&f, 1000, 10);
	mos_region_finish(&f.region);
}

Test(shm_audio_tap, silence,
	.description = "A channel that nobody feeds is silent, not what lay there before")
{
	struct tap_fixture f = start();
	const float *none[MOS_TAP_N_CHANNELS] = {0};
	float got[256];

	for (uint64_t frame = 0; frame < 2 * MOS_AUDIO_TAP_FRAMES; frame += 8192)
		append(&f, frame, 8192);
	mos_audio_tap_write(&f.tap, 2 * MOS_AUDIO_TAP_FRAMES, none, 256);
	f.reader.next_frame = 2 * MOS_AUDIO_TAP_FRAMES;
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_OUT_R, got, 256), 256);
	for (uint32_t i = 0; i < 256; i++)
		cr_assert_eq(got[i], 0);
	mos_region_finish(&f.region);
}

Test(shm_audio_tap, lapped,
	.description = "A slow reader learns how many frames it lost and goes on with whole ones")
{
	struct tap_fixture f = start();
	float got[64];
	uint64_t end = 3 * (uint64_t)MOS_AUDIO_TAP_FRAMES;

	for (uint64_t frame = 0; frame < end; frame += 1024)
		append(&f, frame, 1024);
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_IN_L, got, 64), -EOVERFLOW);
	cr_assert_eq(f.reader.lost, f.reader.next_frame, "all before the next one are lost");
	cr_assert_geq(f.reader.next_frame, end - MOS_AUDIO_TAP_FRAMES);
	cr_assert_lt(f.reader.next_frame, end);
	append(&f, end, MOS_AUDIO_TAP_FRAMES / 4);
	expect(&f, f.reader.next_frame, 64);
	mos_region_finish(&f.region);
}

Test(shm_audio_tap, oldest_whole, .description = "The oldest frame of a full tap is read; one older is lost")
{
	struct tap_fixture f = start();
	float got[1];

	for (uint64_t frame = 0; frame < 2 * MOS_AUDIO_TAP_FRAMES; frame += 8192)
		append(&f, frame, 8192);
	expect(&f, MOS_AUDIO_TAP_FRAMES, 8192);
	f.reader.next_frame = MOS_AUDIO_TAP_FRAMES - 1;
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_IN_L, got, 1), -EOVERFLOW);
	mos_region_finish(&f.region);
}

Test(shm_audio_tap, gap,
	.description = "Frames that were never written are lost, not read as what lay there before")
{
	struct tap_fixture f = start();
	float got[256];

	append(&f, 0, 200);
	expect(&f, 0, 100);
	append(&f, 5000, 64);
	f.reader.lost = 0;
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_IN_L, got, 256), -EOVERFLOW);
	cr_assert_eq(f.reader.lost, 4900);
	cr_assert_eq(f.reader.next_frame, 5000);
	expect(&f, 5000, 64);
	/* what is no gap: the same or an earlier frame again changes nothing */
	append(&f, 5063, 64);
	append(&f, 0, 64);
	cr_assert_eq(f.tap.hdr->end_frame, 5064);
	mos_region_finish(&f.region);
}

Test(shm_audio_tap, refused, .description = "What does not fit is refused by both sides")
{
	struct tap_fixture f = start();
	struct mos_audio_reader r;
	struct mos_region small;
	struct mos_audio_tap tap;
	const float *none[MOS_TAP_N_CHANNELS] = {0};

	cr_assert_eq(mos_region_create("tap", MOS_AUDIO_TAP_SIZE - 4096, 1, 0, 1, &small), 0);
	cr_assert_eq(mos_audio_tap_init(&tap, &small, RATE_HZ), -EINVAL);
	cr_assert_eq(mos_audio_reader_init(&r, &small), -EINVAL);
	mos_region_finish(&small);
	cr_assert_eq(mos_audio_tap_init(&tap, &f.region, 0), -EINVAL);

	mos_audio_tap_write(&f.tap, 0, none, MOS_AUDIO_TAP_FRAMES / 4 + 1);
	mos_audio_tap_write(&f.tap, 0, none, 0);
	cr_assert_eq(f.tap.hdr->end_frame, 0, "an impossible length was written");
	append(&f, 0, 16);
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_N_CHANNELS, &(float){0}, 1), -EINVAL);
	cr_assert_eq(mos_audio_read(&f.reader, MOS_TAP_IN_L, NULL, 0), 0);

	f.tap.hdr->n_frames = MOS_AUDIO_TAP_FRAMES * 2;
	cr_assert_eq(mos_audio_reader_init(&r, &f.region), -EINVAL);
	f.tap.hdr->n_frames = MOS_AUDIO_TAP_FRAMES;
	f.tap.hdr->n_channels = 5;
	cr_assert_eq(mos_audio_reader_init(&r, &f.region), -EINVAL);
	f.tap.hdr->n_channels = MOS_TAP_N_CHANNELS;
	f.tap.hdr->rate_hz = 0;
	cr_assert_eq(mos_audio_reader_init(&r, &f.region), -EINVAL);
	mos_region_finish(&f.region);
}

Test(shm_audio_tap, garbage_header,
	.description = "WID-03 audio.in: whatever the header says, a reader stays inside the region and goes "
		       "forward")
{
	struct tap_fixture f = start();
	static float got[MOS_AUDIO_TAP_FRAMES];
	uint64_t state = 7;

	for (int i = 0; i < 20000; i++) {
		uint64_t before = f.reader.next_frame;
		uint64_t *word[3] = {&f.tap.hdr->begin_frame, &f.tap.hdr->end_frame, &f.tap.hdr->run_frame};
		int r;

		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		*word[i % 3] = state >> (state % 64);
		r = mos_audio_read(&f.reader, MOS_TAP_OUT_R, got, MOS_AUDIO_TAP_FRAMES);
		cr_assert(r == -EOVERFLOW || (r >= 0 && r <= (int)MOS_AUDIO_TAP_FRAMES));
		cr_assert_geq(f.reader.next_frame, before);
	}
	mos_region_finish(&f.region);
}
