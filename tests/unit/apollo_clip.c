/* SPDX-License-Identifier: MIT */
/*
 * Audio clips on the timeline (APO-32): Kronos walks a song, the clips play, strip by strip. Most files are
 * ramps: frame f has the value f / 2^20, so that what comes out says where in the file it came from.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo/clip/clip_priv.h"
#include "offline.h"
#include "rtcore_fixture.h"

#define RATE 48000u
#define FRAMES_MAX (RATE * 20)
#define SCALE 1048576.0 /* ramps rise by 1 in so many frames */

/* A transport, clips, and what came out of one strip. */
struct desk {
	struct kronos k;
	struct store *store;
	struct clips *clips;
	struct strip_bufs bufs;
	uint32_t strip, block, n;
	int is_patient; /* 1: wait for the disk before each block */
	float *l, *r;
	const struct song *song;
};

static void sink(void *data, const struct kronos_event *ev) MOS_RT
{
	struct desk *d = data;

	if (ev->what == KRONOS_JUMP)
		clips_jump(d->clips, ev->offset, d->k.play.v, ev->is_seamless ? 0 : APOLLO_SCORE_CHANNELS);
	else if (ev->what == KRONOS_SILENCE)
		clips_stop(d->clips, ev->offset, APOLLO_SCORE_CHANNELS);
	else if (ev->what == KRONOS_STATE && ev->reason == MOS_REASON_END_OF_SCORE)
		clips_stop(d->clips, ev->offset, 0);
}

static void ask(struct desk *d, struct mos_rtctl_msg msg)
{
	cr_assert_eq(kronos_request(&d->k, &msg, 1), 0);
}

static void open_with(struct desk *d, struct score *s, uint32_t block, const struct store_options *o)
{
	memset(d, 0, sizeof(*d));
	d->block = block;
	d->is_patient = 1;
	d->store = store_create(o);
	d->clips = clips_create(d->store, RATE);
	cr_assert(d->store && d->clips);
	d->l = calloc(FRAMES_MAX, sizeof(float));
	d->r = calloc(FRAMES_MAX, sizeof(float));
	kronos_init(&d->k, RATE, sink, d);
	d->song = score_song(s);
	kronos_loading(&d->k);
	(void)kronos_swap(&d->k, d->song, 0);
}

static void open_desk(struct desk *d, struct score *s, uint32_t block)
{
	open_with(d, s, block, &(struct store_options){.is_resident = 1});
}

static void close_desk(struct desk *d)
{
	clips_destroy(d->clips);
	store_destroy(d->store);
	song_destroy((struct song *)d->song);
	free(d->l);
	free(d->r);
}

static int rolls(const struct desk *d)
{
	return d->k.state == MOS_TRANSPORT_PLAYING && !d->k.counting;
}

static void run(struct desk *d, uint32_t n_frames)
{
	cr_assert_leq(d->n + n_frames, FRAMES_MAX);
	while (n_frames) {
		const uint32_t n = n_frames < d->block ? n_frames : d->block;

		d->bufs.active = 0;
		clips_begin(d->clips, &d->k.map, d->k.play.v, rolls(d));
		kronos_block(&d->k, n);
		clips_render(d->clips, &d->k.map, d->k.play.v, rolls(d), &d->bufs, n);
		if (d->bufs.active >> d->strip & 1) {
			memcpy(d->l + d->n, d->bufs.l[d->strip], n * sizeof(float));
			memcpy(d->r + d->n, d->bufs.r[d->strip], n * sizeof(float));
		}
		d->n += n;
		n_frames -= n;
		if (d->is_patient)
			stream_pool_settle(d->clips->streams);
	}
}

static void play(struct desk *d)
{
	ask(d, (struct mos_rtctl_msg){.op = MOS_RTCTL_PLAY});
}

static void seek(struct desk *d, int64_t tick)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_SEEK, .u.seek.tick = tick};

	ask(d, msg);
}

/* A file of floats; channel 1 is the negative of channel 0. */
static void write_file(char *path, uint32_t n, uint32_t rate, int channels, float (*at)(uint32_t frame))
{
	SF_INFO info = {
		.samplerate = (int)rate, .channels = channels, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
	float *x = malloc((size_t)n * (size_t)channels * sizeof(float));
	SNDFILE *f;

	strcpy(path, "/tmp/mos-clip-XXXXXX");
	close(mkstemp(path));
	for (uint32_t i = 0; i < n; i++)
		for (int c = 0; c < channels; c++)
			x[i * (uint32_t)channels + (uint32_t)c] = c ? -at(i) : at(i);
	f = sf_open(path, SFM_WRITE, &info);
	cr_assert_not_null(f);
	cr_assert_eq(sf_writef_float(f, x, n), n);
	sf_close(f);
	free(x);
}

static float ramp(uint32_t frame)
{
	return (float)frame / (float)SCALE;
}

/* Broad and never the same, in steps that no interpolation hides. */
static float noise(uint32_t frame)
{
	uint32_t s = (frame + 1) * 2654435761u;

	s ^= s >> 15;
	s *= 2246822519u;
	s ^= s >> 13;
	return (float)(int32_t)s / 4294967296.0f;
}

static struct mos_rtctl_clip clip_at(const char *path, int64_t tick, double bpm)
{
	struct mos_rtctl_clip r = {.id = 1, .start_tick = tick, .end_tick = INT64_MAX, .file_bpm = bpm};

	(void)snprintf(r.path, sizeof(r.path), "%s", path);
	return r;
}

static void add(struct desk *d, const struct mos_rtctl_clip *r)
{
	char error[256] = "";
	struct clip *clip;

	cr_assert_eq(clip_load(d->clips, r, &clip, error, sizeof(error)), 0, "%s", error);
	cr_assert_eq(clips_add(d->clips, clip), 0);
}

/* First frame of the strip at or after `from` that is not silent. */
static uint32_t first_sound(const struct desk *d, uint32_t from)
{
	while (from < d->n && d->l[from] == 0)
		from++;
	return from;
}

Test(apollo_clip, start_is_exact,
	.description = "APO-32: a clip starts in the very frame of its tick, bit by bit")
{
	static const int64_t ticks[] = {0, 1, 479, 960, 3333};
	static const uint32_t blocks[] = {1, 64, 100, 256};
	char path[64];

	write_file(path, 6000, RATE, 2, noise);
	for (size_t i = 0; i < sizeof(ticks) / sizeof(*ticks); i++) {
		struct score s = score_at(487013001, 960 * 16);
		const uint32_t first = (uint32_t)oracle_frame(oracle_u(&s, ticks[i]), RATE);
		struct mos_rtctl_clip r = clip_at(path, ticks[i], 0);
		struct desk d;

		open_desk(&d, &s, blocks[i % 4]);
		r.strip = d.strip = 17;
		add(&d, &r);
		play(&d);
		run(&d, first + 7000);
		cr_assert_eq(first_sound(&d, 0), first, "tick %d: frame %u, not %u", (int)ticks[i],
			first_sound(&d, 0), first);
		for (uint32_t f = 0; f < 6000; f++)
			cr_assert(d.l[first + f] == noise(f) && d.r[first + f] == -noise(f), "frame %u", f);
		close_desk(&d);
	}
	unlink(path);
}

Test(apollo_clip, mono_and_gain,
	.description = "APO-32: one channel is heard on both sides; the gain is the one asked for")
{
	struct score s = score_at(500000000, 960 * 16);
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, 3000, RATE, 1, noise);
	open_desk(&d, &s, 128);
	r = clip_at(path, 0, 120);
	r.gain_db = -6;
	add(&d, &r);
	play(&d);
	run(&d, 3000);
	for (uint32_t f = 0; f < 3000; f++) {
		cr_assert_float_eq(d.l[f], noise(f) * powf(10, -0.3f), 1e-6f, "frame %u", f);
		cr_assert(d.l[f] == d.r[f]);
	}
	close_desk(&d);
	unlink(path);
}

/* Tick at a frame, with its fraction: the oracle's times, searched. */
static double tick_of(const struct score *s, uint32_t frame, int64_t limit)
{
	const __int128 u = (__int128)frame * MOS_U_PER_S / RATE;
	int64_t lo = 0, hi = limit;

	while (hi - lo > 1) {
		const int64_t mid = lo + (hi - lo) / 2;

		if (oracle_u(s, mid) <= u)
			lo = mid;
		else
			hi = mid;
	}
	return (double)lo + (double)(u - oracle_u(s, lo)) / (double)(oracle_u(s, lo + 1) - oracle_u(s, lo));
}

Test(apollo_clip, follows_tempo,
	.description = "APO-32: a clip follows steps and ramps of the tempo to the sample")
{
	const uint32_t n = RATE * 12;
	char path[64];

	write_file(path, n, RATE, 1, ramp);
	for (uint32_t file_rate = 44100; file_rate <= 48000; file_rate += 3900) {
		struct score s = score_at(500000000, 960 * 40), copy;
		struct mos_rtctl_clip r = clip_at(path, 960, 100);
		const double frames_a_tick = RATE * 60.0 / (100 * 960);
		double worst = 0;
		struct desk d;

		score_tempo(&s, 960 * 4, 600000000, 600000000);
		score_tempo(&s, 960 * 8, 600000000, 350000000);
		score_tempo(&s, 960 * 16, 350000000, 350000000);
		copy = s;
		copy.event = NULL;
		open_desk(&d, &s, 97);
		add(&d, &r);
		play(&d);
		run(&d, RATE * 9);
		const uint32_t first = first_sound(&d, 0);
		cr_expect(first <= oracle_frame(oracle_u(&copy, 960), RATE) + 1);
		for (uint32_t f = first + 100; f < RATE * 9; f += 31) {
			const double want = (tick_of(&copy, f, 960 * 40) - 960) * frames_a_tick;

			if (want > n - 100)
				break;
			worst = fmax(worst, fabs(d.l[f] * SCALE - want));
		}
		/* Single precision: the ramp's own steps are 1/16 of a frame at its end. */
		cr_expect_lt(worst, 0.3, "off by %g frames", worst);
		close_desk(&d);
	}
	unlink(path);
}

static void set_rate(struct desk *d, uint32_t rate_ppm)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO};

	msg.u.tempo.mode = MOS_TEMPO_RATE;
	msg.u.tempo.rate_ppm = rate_ppm;
	ask(d, msg);
}

Test(apollo_clip, own_speed,
	.description = "APO-32: without a tempo of its own a clip keeps its speed, at any rate")
{
	char path[64];

	write_file(path, 44100 * 4, 44100, 1, ramp);
	for (uint32_t block = 64; block <= 97; block += 33) {
		struct score s = score_at(300000000, 960 * 40);
		struct mos_rtctl_clip r = clip_at(path, 0, 0);
		struct desk d;

		open_desk(&d, &s, block);
		add(&d, &r);
		play(&d);
		/* Another rate of the song, wherever in an interval, changes nothing but its end. */
		for (uint32_t i = 0; i < 20; i++) {
			run(&d, RATE / 10 + 7);
			set_rate(&d, i % 2 ? 1000000 : 1500000);
		}
		for (uint32_t f = 100; f < RATE * 2; f += 101)
			cr_assert_float_eq(d.l[f] * SCALE, f * 44100.0 / 48000.0, 0.1, "frame %u: %g", f,
				d.l[f] * SCALE);
		close_desk(&d);
	}
	unlink(path);
}

Test(apollo_clip, rate_changes,
	.description = "APO-32: when the song's rate is turned, a clip that follows it goes on without a dip")
{
	struct score s = score_at(500000000, 960 * 40);
	char path[64];
	struct desk d;

	write_file(path, RATE * 8, RATE, 1, ramp);
	struct mos_rtctl_clip r = clip_at(path, 0, 120);
	open_desk(&d, &s, 97);
	add(&d, &r);
	play(&d);
	for (uint32_t i = 0; i < 20; i++) {
		run(&d, RATE / 10 + 7);
		set_rate(&d, 1000000 + 20000 * i);
	}
	for (uint32_t f = 100; f < d.n; f++) {
		const double step = (double)(d.l[f] - d.l[f - 1]) * SCALE;

		cr_assert(step > 0.9 && step < 3.0, "frame %u: %g", f, step); /* NEAR, and its speed */
	}
	close_desk(&d);
	unlink(path);
}

Test(apollo_clip, seek_is_exact, .description = "APO-32: after a seek a clip is where the music is, faded in")
{
	struct score s = score_at(500000000, 960 * 40);
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, RATE * 10, RATE, 1, ramp);
	open_desk(&d, &s, 256);
	r = clip_at(path, 480, 120);
	add(&d, &r);
	play(&d);
	run(&d, 20000);
	seek(&d, 960 * 6 + 7); /* 25 frames a tick */
	run(&d, 20000);
	seek(&d, 100); /* before its start */
	run(&d, 20000);
	cr_expect_eq(first_sound(&d, 0), 480u * 25 + 1); /* the ramp begins with 0 */
	for (uint32_t f = 12001; f < 20000; f++)
		cr_assert_float_eq(d.l[f] * SCALE, f - 12000.0, 0.02);
	for (uint32_t f = 64; f < 20000; f++)
		cr_assert_float_eq(d.l[20000 + f] * SCALE, f + (960 * 6 + 7 - 480) * 25.0, 0.05, "%u", f);
	cr_expect(d.l[20000] == 0 && d.l[20032] > 0 && d.l[20032] < d.l[20064]);
	cr_expect_eq(first_sound(&d, 40000), 40000u + 380 * 25 + 1);
	close_desk(&d);
	unlink(path);
}

Test(apollo_clip, transport_loop,
	.description = "APO-32: a clip goes round with the transport's loop, to the frame")
{
	struct score s = score_at(500000000, 960 * 40);
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOOP};
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, RATE * 10, RATE, 1, ramp);
	open_desk(&d, &s, 200);
	r = clip_at(path, 0, 120);
	add(&d, &r);
	msg.u.loop.start_tick = 960;
	msg.u.loop.end_tick = 1920;
	msg.u.loop.active = 1;
	ask(&d, msg);
	play(&d);
	run(&d, 24000 * 6);
	for (uint32_t turn = 1; turn < 6; turn++)
		for (uint32_t f = 64; f < 24000; f++)
			cr_assert_float_eq(
				d.l[turn * 24000 + f] * SCALE, 24000 + f, 0.05, "turn %u, %u", turn, f);
	close_desk(&d);
	unlink(path);
}

Test(apollo_clip, end_and_file_loop,
	.description = "APO-32: a looped clip repeats without a seam and ends with its tick")
{
	struct score s = score_at(500000000, 960 * 40);
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, 5000, RATE, 2, noise);
	open_desk(&d, &s, 111);
	r = clip_at(path, 0, 120);
	r.offset_frames = 1000;
	r.flags = MOS_CLIP_LOOP;
	r.end_tick = 1001; /* 25,025 frames */
	add(&d, &r);
	play(&d);
	run(&d, 26000);
	for (uint32_t f = 0; f < 25025; f++)
		cr_assert(d.l[f] == noise(1000 + f % 4000), "%u", f);
	/* Then it fades, within 10 ms. */
	cr_expect_float_eq(d.l[25025], d.l[25024] * 0.97f, 1e-6);
	cr_expect_eq(first_sound(&d, 25024 + 480), 26000u);
	close_desk(&d);
	unlink(path);
}

Test(apollo_clip, two_clips,
	.description = "APO-32: two clips in one strip add up; one that is taken out fades")
{
	struct score s = score_at(500000000, 960 * 40);
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, RATE, RATE, 1, ramp);
	open_desk(&d, &s, 64);
	r = clip_at(path, 0, 120);
	add(&d, &r);
	r = clip_at(path, 40, 120);
	r.id = 2;
	add(&d, &r);
	play(&d);
	run(&d, 6400);
	for (uint32_t f = 1001; f < 6400; f++)
		cr_assert_float_eq(d.l[f] * SCALE, f + (f - 1000.0), 0.02);
	struct clip *gone = clips_remove(d.clips, 1);
	cr_assert_not_null(gone);
	cr_expect_eq(gone->request.id, 1u);
	clip_free(gone);
	cr_expect_null(clips_remove(d.clips, 1));
	run(&d, 6400);
	cr_expect_float_eq(d.l[6400] * SCALE, 5400 + 0.97 * 6399, 0.1);
	for (uint32_t f = 7000; f < 12800; f++)
		cr_assert_float_eq(d.l[f] * SCALE, f - 1000.0, 0.02);
	close_desk(&d);
	unlink(path);
}

static float beyond(uint32_t frame)
{
	return frame & 1 ? 3e38f : -3e38f;
}

Test(apollo_clip, too_large_to_fade,
	.description = "APO-32: what is too large to count with is left behind when the clip goes")
{
	struct score s = score_at(500000000, 960 * 40);
	char path[64];
	struct desk d;

	write_file(path, RATE, RATE, 1, beyond);
	struct mos_rtctl_clip r = clip_at(path, 0, 119);
	r.gain_db = 24;
	open_desk(&d, &s, 64);
	add(&d, &r);
	play(&d);
	run(&d, 1000);
	clip_free(clips_remove(d.clips, 1));
	run(&d, 1000);
	for (uint32_t f = 1500; f < 2000; f++)
		cr_assert(d.l[f] == 0 && d.r[f] == 0, "frame %u: %g", f, (double)d.l[f]);
	close_desk(&d);
	unlink(path);
}

Test(apollo_clip, pause_and_count_in,
	.description = "APO-32: a clip is silent while the transport stands or counts in")
{
	struct score s = score_at(500000000, 960 * 40);
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, RATE * 4, RATE, 1, ramp);
	open_desk(&d, &s, 100);
	r = clip_at(path, 0, 120);
	add(&d, &r);
	ask(&d, (struct mos_rtctl_msg){.op = MOS_RTCTL_PLAY, .u.play.count_in_bars = 1});
	run(&d, 4 * 24000 + 5000);
	cr_expect_eq(first_sound(&d, 0), 4u * 24000 + 1);
	cr_expect_float_eq(d.l[4 * 24000 + 4000] * SCALE, 4000, 0.02);
	ask(&d, (struct mos_rtctl_msg){.op = MOS_RTCTL_PAUSE});
	run(&d, 3000);
	cr_expect_eq(first_sound(&d, 4 * 24000 + 5000), d.n);
	play(&d);
	run(&d, 3000);
	cr_expect_float_eq(d.l[d.n - 1] * SCALE, 5000 + 2999, 0.02);
	close_desk(&d);
	unlink(path);
}

/* The same wild ride in blocks of any size. */
static void ride(const char *path, const char *other, uint32_t block, const struct store_options *o,
	float *ret, uint32_t n, uint64_t *ret_late)
{
	struct score s = score_at(450000000, 960 * 40);
	struct clips_figures figures;
	struct mos_rtctl_clip r;
	struct desk d;

	score_tempo(&s, 960 * 2, 450000000, 300000000);
	score_tempo(&s, 960 * 5, 700000000, 700000000);
	open_with(&d, &s, block, o);
	r = clip_at(path, 333, 97);
	add(&d, &r);
	r = clip_at(other, 960, 0);
	r.id = 2;
	r.end_tick = 960 * 4 + 11;
	add(&d, &r);
	stream_pool_settle(d.clips->streams);
	play(&d);
	run(&d, 30011);
	seek(&d, 960 * 3 + 5);
	stream_pool_settle(d.clips->streams);
	run(&d, n - 30011);
	memcpy(ret, d.l, n * sizeof(float));
	clips_figures(d.clips, &figures);
	*ret_late = figures.late;
	close_desk(&d);
}

Test(apollo_clip, any_block_size,
	.description = "APO-32: the same bits in blocks of 1, 7, 64, 100 and 256 frames")
{
	static float want[RATE * 3], got[RATE * 3];
	static const uint32_t blocks[] = {1, 7, 64, 100};
	const struct store_options o = {.is_resident = 1};
	char path[64], other[64];
	uint64_t late;

	write_file(path, RATE * 6, 44100, 2, noise);
	write_file(other, RATE * 6, RATE, 1, noise);
	ride(path, other, 256, &o, want, RATE * 3, &late);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		ride(path, other, blocks[i], &o, got, RATE * 3, &late);
		for (uint32_t f = 0; f < RATE * 3; f++)
			cr_assert(got[f] == want[f], "blocks of %u, frame %u: %g, not %g", blocks[i], f,
				got[f], want[f]);
	}
	unlink(path);
	unlink(other);
}

Test(apollo_clip, missing, .description = "APO-32: what is no clip is refused with a reason")
{
	struct score s = score_at(500000000, 960);
	struct mos_rtctl_clip r = clip_at("/nowhere/a.wav", 0, 0);
	struct clip *clip = NULL;
	char error[256] = "", path[] = "/tmp/mos-clip-XXXXXX";
	struct desk d;
	const int fd = mkstemp(path);

	open_desk(&d, &s, 64);
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -ENOENT);
	cr_expect_not_null(strstr(error, "/nowhere/a.wav"), "%s", error);
	cr_assert_eq(write(fd, "no sound at all\n", 16), 16);
	r = clip_at(path, 0, 0);
	error[0] = 0;
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	cr_expect_neq(error[0], 0);
	const struct {
		size_t offset;
		double value;
	} bad[] = {{offsetof(struct mos_rtctl_clip, file_bpm), -1},
		{offsetof(struct mos_rtctl_clip, file_bpm), NAN},
		{offsetof(struct mos_rtctl_clip, file_bpm), 1e9}};
	for (size_t i = 0; i < 3; i++) {
		r = clip_at(path, 0, 0);
		r.file_bpm = bad[i].value;
		cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	}
	r = clip_at(path, 0, 0);
	r.strip = 64;
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	r = clip_at(path, -1, 0);
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	r = clip_at(path, 10, 0);
	r.end_tick = 10;
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	r = clip_at(path, 0, 0);
	r.gain_db = NAN;
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	memset(r.path, 'x', sizeof(r.path));
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	char short_path[64];
	write_file(short_path, 100, RATE, 1, ramp);
	r = clip_at(short_path, 0, 0);
	r.offset_frames = 100;
	cr_expect_eq(clip_load(d.clips, &r, &clip, error, sizeof(error)), -EINVAL);
	cr_expect_null(clip);
	close_desk(&d);
	close(fd);
	unlink(path);
	unlink(short_path);
}

Test(apollo_clip, streamed,
	.description = "APO-32, APO-19: from disk it is the same sound as from memory, and none is late")
{
	static float want[RATE * 3], got[RATE * 3];
	const struct store_options whole = {.is_resident = 1},
				   little = {.memory_bytes = 16 << 20, .head_frames = 2048};
	char path[64], other[64];
	uint64_t late;

	write_file(path, RATE * 20, 44100, 2, noise);
	write_file(other, RATE * 20, RATE, 1, noise);
	ride(path, other, 128, &whole, want, RATE * 3, &late);
	ride(path, other, 128, &little, got, RATE * 3, &late);
	/* The seek comes as a surprise: for its first interval nothing is there, offline or not. */
	uint32_t differs = 0;
	for (uint32_t f = 0; f < RATE * 3; f++)
		if (got[f] != want[f]) {
			cr_assert(f >= 30011 && f < 30011 + 1024, "frame %u: %g, not %g", f, got[f], want[f]);
			differs++;
		}
	cr_expect_leq(late, 2);
	cr_expect_leq(differs, 1024);
	unlink(path);
	unlink(other);
}

Test(apollo_clip, waits_for_the_disk,
	.description = "APO-32: what is not there yet is silent, then fades in, and is counted")
{
	const struct store_options little = {.memory_bytes = 16 << 20, .head_frames = 2048};
	struct score s = score_at(500000000, 960 * 40);
	struct clips_figures figures;
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, RATE * 20, RATE, 2, ramp);
	open_with(&d, &s, 64, &little);
	r = clip_at(path, 0, 120);
	add(&d, &r);
	play(&d);
	run(&d, 20000);
	clips_figures(d.clips, &figures);
	cr_expect_eq(figures.late, 0u);
	cr_expect(figures.clips == 1 && figures.sounding == 1);
	seek(&d, 960 * 16); /* nobody has asked for it */
	run(&d, 64);
	cr_expect_eq(first_sound(&d, 20000), d.n);
	run(&d, 1000);
	clips_figures(d.clips, &figures);
	cr_expect_eq(figures.late, 1u);
	const uint32_t first = first_sound(&d, 20000);
	cr_assert_lt(first, 20000u + 1000);
	for (uint32_t f = first + 64; f < d.n; f++) {
		cr_assert_float_eq(d.l[f] * SCALE, 24000 * 16 + (f - 20000.0), 0.1);
		cr_assert(d.r[f] == -d.l[f]);
	}
	/* No click on the way in. */
	for (uint32_t f = first; f < first + 64; f++)
		cr_assert_lt(fabsf(d.l[f] - (f ? d.l[f - 1] : 0)), 0.02f);
	close_desk(&d);
	unlink(path);
}

Test(apollo_clip, through_the_engine,
	.description = "APO-32: the engine plays clips with the score, at the score's frames")
{
	uint32_t first[2];
	char path[64];

	write_file(path, RATE, RATE, 2, noise);
	for (int i = 0; i < 2; i++) {
		struct score s = score_at(500000000, 960 * 8);
		struct mos_rtctl_clip r = clip_at(path, i ? 1001 : 960, 120);
		struct store *store = store_create(&(struct store_options){.is_resident = 1});
		char error[256];
		struct clip *clip;
		struct rig rig;

		rig_init(&rig, RATE, 128);
		rig.e->clips = clips_create(store, RATE);
		cr_assert_eq(clip_load(rig.e->clips, &r, &clip, error, sizeof(error)), 0, "%s", error);
		cr_assert_eq(clips_add(rig.e->clips, clip), 0);
		rig_score(&rig, &s);
		cr_assert_eq(rig_play(&rig), 0);
		rig_run(&rig, RATE);
		first[i] = rig_first_sound(&rig, 0);
		cr_expect_geq(first[i], 24000u);
		cr_expect_leq(first[i], 24000u + 1025 + 512, "%u", first[i]);
		cr_expect_eq(rig_counter(&rig, C_CLIPS), 1);
		cr_expect_eq(rig_counter(&rig, C_CLIPS_LATE), 0);
		/* It is loud until the transport stops. */
		cr_assert_eq(rig_stop(&rig), 0);
		rig_run(&rig, RATE / 10);
		const uint32_t end = rig.n_frames;
		rig_run(&rig, RATE / 10);
		cr_expect_gt(rig_rms(&rig, first[i], first[i] + 20000), 0.2);
		cr_expect_eq(rig_first_sound(&rig, end), rig.n_frames);
		clips_destroy(rig.e->clips);
		rig.e->clips = NULL;
		rig_finish(&rig);
		store_destroy(store);
	}
	cr_expect_eq(first[1] - first[0], 41u * 25);
	unlink(path);
}

/* Both channels of a render of `list` over four empty beats at 120 BPM. @return frames. */
static sf_count_t render(const char *list, uint32_t quantum, float **ret)
{
	char out[] = "/tmp/mos-clip-out-XXXXXX";
	struct score s = score_at(500000000, 960 * 4);
	struct offline_options o = {.out_path = out,
		.rate_hz = RATE,
		.quantum_frames = quantum,
		.n_clips = 1,
		.clip = {list},
		.tail_seconds = 0.1,
		.quiet = 1};
	SF_INFO info = {0};
	SNDFILE *f;

	close(mkstemp(out));
	score_note(&s, 0, 10, 0, 60, 1);
	o.timeline_fd = score_build(&s);
	const int rc = offline_render(&o);
	close(o.timeline_fd);
	if (rc < 0) {
		unlink(out);
		return rc;
	}
	f = sf_open(out, SFM_READ, &info);
	cr_assert_not_null(f);
	*ret = malloc((size_t)info.frames * 2 * sizeof(float));
	cr_assert_eq(sf_readf_float(f, *ret, info.frames), info.frames);
	sf_close(f);
	unlink(out);
	return info.frames;
}

Test(apollo_clip, offline, .description = "APO-32: a render has its clips, the same bits at any quantum")
{
	char path[64], list[256];
	float *a, *b;

	write_file(path, RATE, RATE, 2, noise);
	(void)snprintf(
		list, sizeof(list), "960=%s;strip=20;gain=-12;bpm=90;offset=100;end=2880;loop=1", path);
	const sf_count_t n = render(list, 64, &a);
	cr_assert_gt(n, 95000);
	cr_assert_gt(render(list, 1024, &b), 95000);
	cr_expect_arr_eq(a, b, (size_t)95000 * 2 * sizeof(float));
	double during = 0, after = 0;
	for (sf_count_t i = 30000; i < 70000; i++)
		during += (double)a[2 * i] * a[2 * i];
	for (sf_count_t i = 76000; i < n; i++)
		after += (double)a[2 * i] * a[2 * i];
	cr_expect(sqrt(during / 40000) > 0.03 && sqrt(during / 40000) < 0.1, "%g", sqrt(during / 40000));
	cr_expect_lt(after, 1e-9);
	free(a);
	free(b);
	static const char *const bad[] = {
		"x=a.wav", "5", "0=/nowhere.wav", "0=a.wav;speed=2", "0=a.wav;bpm=fast", "0="};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_lt(render(bad[i], 64, &a), 0, "%s", bad[i]);
	unlink(path);
}

Test(apollo_clip, streamed_file_loop,
	.description = "APO-32: each turn of a looped file goes on where its beginning, which is in memory, ends")
{
	const struct store_options little = {.memory_bytes = 16 << 20, .head_frames = 16384};
	struct score s = score_at(500000000, 960 * 40);
	struct clips_figures figures;
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64];

	write_file(path, RATE * 2, RATE, 2, noise);
	open_with(&d, &s, 64, &little);
	r = clip_at(path, 0, 120);
	r.flags = MOS_CLIP_LOOP;
	add(&d, &r);
	play(&d);
	run(&d, RATE * 8);
	for (uint32_t f = 64; f < RATE * 8; f++)
		cr_assert(d.l[f] == noise(f % (RATE * 2)), "%u", f);
	clips_figures(d.clips, &figures);
	cr_expect_eq(figures.late, 0u);
	close_desk(&d);
	unlink(path);
}

Test(apollo_clip, streamed_loop,
	.description = "APO-32: where a loop goes back to is read before it does: never late")
{
	const struct store_options little = {.memory_bytes = 16 << 20, .head_frames = 2048};
	struct score s = score_at(500000000, 960 * 40);
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOOP};
	struct clips_figures figures;
	struct mos_rtctl_clip r;
	struct desk d;
	char path[64], other[64];

	write_file(path, RATE * 20, RATE, 2, ramp);
	write_file(other, RATE * 20, 44100, 1, ramp);
	open_with(&d, &s, 64, &little);
	r = clip_at(path, 0, 120);
	add(&d, &r);
	r = clip_at(other, 960, 0);
	r.id = 2;
	r.strip = 5;
	add(&d, &r);
	msg.u.loop.start_tick = 960 * 6;
	msg.u.loop.end_tick = 960 * 8;
	msg.u.loop.active = 1;
	ask(&d, msg);
	play(&d);
	run(&d, 24000 * 16);
	for (uint32_t turn = 0; turn < 4; turn++)
		for (uint32_t f = 64; f < 48000; f++)
			cr_assert_float_eq(d.l[24000 * 8 + turn * 48000 + f] * SCALE, 24000 * 6 + f, 0.1);
	clips_figures(d.clips, &figures);
	cr_expect_eq(figures.late, 0u);
	close_desk(&d);
	unlink(path);
	unlink(other);
}
