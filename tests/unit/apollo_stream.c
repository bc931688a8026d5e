/* SPDX-License-Identifier: MIT */
/* Streams: every frame against libsndfile, many at once, late ones, disks that fail. */
#define SAMPLES_WITH_FAULTS
#include "apollo_samples.h"
#include "apollo/store/stream.h"

#define ONE (1ull << 32)
#define CHUNK 1024u

static char error[256];

struct rig {
	struct store *s;
	struct store_set *set;
	struct stream_pool *p;
	const struct sample *sample;
	float *x;
	SF_INFO info;
};

static void rig_init(struct rig *r, int format, uint32_t n_channels, uint32_t n_frames, uint32_t n_streams)
{
	struct store_options o = {
		.memory_bytes = 8 << 20, .head_frames = 256, .log = rig_log, .cache_dir = in_folder("cache")};
	uint32_t id;

	rig_folder();
	o.cache_dir = in_folder("cache");
	rig_write(in_folder("x"), format, n_channels, n_frames, n_channels + 3);
	r->x = rig_decode(in_folder("x"), &r->info);
	r->s = store_create(&o);
	r->set = store_set_create(r->s);
	cr_assert_eq(store_set_file(r->set, in_folder("x"), &id, NULL, NULL, error, 256), 0, "%s", error);
	cr_assert_eq(store_set_load(r->set, NULL, NULL, error, 256), 0, "%s", error);
	r->sample = store_set_sample(r->set, id);
	cr_assert_neq(r->sample->source, BANK_NONE);
	r->p = stream_pool_create(r->s, n_streams);
	cr_assert(r->p);
}

static void rig_finish(struct rig *r)
{
	stream_pool_destroy(r->p);
	store_set_free(r->set);
	store_destroy(r->s);
	free(r->x);
	rig_clean();
}

static float expected(
	const struct rig *r, uint32_t loop_start, uint32_t loop_end, uint32_t v, uint32_t channel)
{
	float y;

	if (loop_end && v >= loop_end)
		v = loop_start + (v - loop_start) % (loop_end - loop_start);
	if (v >= r->sample->n_frames)
		return 0;
	y = r->x[v * (uint32_t)r->info.channels + (channel < (uint32_t)r->info.channels ? channel : 0)];
	if ((r->info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_VORBIS) /* kept in 16 bits */
		return fmaxf(fminf(rintf(y * 32768), 32767), -32768) / 32768;
	return y;
}

static void check(
	const struct rig *r, uint32_t ls, uint32_t le, uint32_t v, const float *a, const float *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (a[i] != expected(r, ls, le, v + i, 0) || b[i] != expected(r, ls, le, v + i, 1))
			cr_assert_fail("loop %u..%u frame %u: %.9g %.9g, not %.9g %.9g", ls, le, v + i, a[i],
				b[i], expected(r, ls, le, v + i, 0), expected(r, ls, le, v + i, 1));
}

/* Ask until all of a block is there. @return times that it was not */
static uint32_t await(struct rig *r, uint32_t i, uint32_t v, float *a, float *b, uint32_t n)
{
	uint32_t late = 0;

	while (stream_read(r->p, i, v, a, b, n) < n) {
		cr_assert_lt(++late, 5000u, "it never comes");
		usleep(1000);
	}
	return late;
}

/* One voice from `from` on, in blocks of odd sizes that overlap as those of an interpolator do. */
static void voice(struct rig *r, uint32_t from, uint32_t ls, uint32_t le, uint64_t inc, uint32_t n_frames,
	uint32_t seed)
{
	uint32_t i = stream_open(r->p, r->sample, from, ls, le, inc), v = from;
	float a[CHUNK], b[CHUNK];

	cr_assert_neq(i, STREAM_NONE);
	while (v - from < n_frames) {
		uint32_t n = 1 + rig_random(&seed) % CHUNK;

		stream_pool_settle(r->p);
		if (faults.pread_short) { /* what is less than a frame is read again later */
			(void)await(r, i, v, a, b, n);
		} else {
			uint32_t back = v > 8 ? 8 : 0; /* was read before, and is given up */

			cr_assert_geq(
				stream_ready(r->p, i, v - back), n + back, "frame %u of %u..%u", v, ls, le);
			cr_assert_eq(stream_read(r->p, i, v, a, b, n), n);
		}
		check(r, ls, le, v, a, b, n);
		if (!faults.pread_short && n > STREAM_KEEP / 2) { /* in pieces, and once more */
			cr_assert_eq(stream_read(r->p, i, v + STREAM_KEEP / 2, a, b, 1), 1);
			cr_assert_eq(stream_read(r->p, i, v, a, b, 1), 1);
			check(r, ls, le, v, a, b, 1);
		}
		v += n > 8 ? n - 8 : n;
		if (seed % 5 == 0)
			v += rig_random(&seed) % 2000; /* a voice that is faster than it said */
		if (seed % 11 == 0)
			stream_speed(r->p, i, inc * (1 + seed % 4));
	}
	stream_close(r->p, i);
}

static const int formats[] = {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_WAV | SF_FORMAT_PCM_24,
	SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_AIFF | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
	SF_FORMAT_FLAC | SF_FORMAT_PCM_24, SF_FORMAT_OGG | SF_FORMAT_VORBIS};

Test(stream, same_bits, .timeout = 60,
	.description = "APO-28: a stream is bit by bit the file: any format, start, loop, speed, one and two "
		       "channels")
{
	for (uint32_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++)
		for (uint32_t chans = 1; chans <= 2; chans++) {
			enum { N = 90000 };
			static const uint32_t loops[][2] = {{0, 0}, {1000, 1001}, {500, 507}, {40000, 40441},
				{0, N}, {20000, 75000}, {N - 2, N}, {7000, 23390}};
			uint32_t seed = f * 2 + chans;
			struct rig r;

			rig_init(&r, formats[f], chans, N, 8);
			for (uint32_t k = 0; k < 8; k++) {
				uint32_t from =
					loops[k][1] ? rig_random(&seed) % loops[k][1] : rig_random(&seed) % N;

				voice(&r, from, loops[k][0], loops[k][1], ONE << (k % 4), 60000, seed + k);
			}
			cr_expect_eq(n_logged, 0, "%s", logged[0]);
			rig_finish(&r);
		}
}

Test(stream, end, .timeout = 60,
	.description = "APO-01: behind the end of a sample without a loop is silence, never late")
{
	float a[CHUNK], b[CHUNK];
	struct stream_figures f;
	struct rig r;
	uint32_t i;

	rig_init(&r, formats[0], 1, 50000, 2);
	i = stream_open(r.p, r.sample, 49000, 0, 0, ONE);
	stream_pool_settle(r.p);
	cr_expect_eq(stream_ready(r.p, i, 49000), STREAM_ENOUGH);
	for (uint32_t v = 49000; v < 60000; v += 500) {
		memset(a, 1, sizeof(a));
		cr_assert_eq(stream_read(r.p, i, v, a, b, 500), 500);
		check(&r, 0, 0, v, a, b, 500);
	}
	stream_close(r.p, i);
	i = stream_open(r.p, r.sample, 4000000, 0, 0, ONE);
	cr_assert_eq(stream_read(r.p, i, 4000000, a, b, 500), 500);
	cr_expect_eq(a[499], 0);
	stream_pool_figures(r.p, &f);
	cr_expect_eq(f.late, 0);
	cr_expect_eq(f.opened, 2);
	cr_expect_eq(f.open, 1);
	rig_finish(&r);
}

Test(stream, five_hundred, .timeout = 60,
	.description = "APO-26: 500 streams at once, each the right frames; one more is refused, a closed "
		       "one is there again")
{
	enum { N = 500 };
	uint32_t id[N], at[N], seed = 3;
	float a[CHUNK], b[CHUNK];
	struct stream_figures f;
	struct rig r;

	rig_init(&r, formats[0], 2, 400000, N);
	for (uint32_t i = 0; i < N; i++) {
		at[i] = rig_random(&seed) % 300000;
		id[i] = stream_open(r.p, r.sample, at[i], 0, 0, ONE);
		cr_assert_neq(id[i], STREAM_NONE);
	}
	cr_expect_eq(stream_open(r.p, r.sample, 0, 0, 0, ONE), STREAM_NONE);
	for (uint32_t block = 0; block < 100; block++) {
		stream_pool_settle(r.p);
		for (uint32_t i = 0; i < N; i++) {
			cr_assert_eq(stream_read(r.p, id[i], at[i], a, b, 256), 256);
			if ((i + block) % 10 == 0)
				check(&r, 0, 0, at[i], a, b, 256);
			at[i] += 256;
		}
	}
	for (uint32_t i = 0; i < N; i++)
		stream_close(r.p, id[i]);
	stream_pool_figures(r.p, &f);
	cr_expect_eq(f.open, 0);
	cr_expect_eq(f.refused, 1);
	cr_expect_eq(f.late, 0);
	cr_expect_gt(f.bytes, N * 100 * 256 * 4ull / 2);
	for (uint32_t try = 0; try < 2000; try++) { /* the reader lets go of them soon, whoever asks */
		id[0] = stream_open(r.p, r.sample, 5000, 0, 0, ONE);
		if (id[0] != STREAM_NONE)
			break;
		usleep(1000);
	}
	cr_assert_neq(id[0], STREAM_NONE);
	stream_pool_settle(r.p);
	cr_assert_eq(stream_read(r.p, id[0], 5000, a, b, 100), 100);
	check(&r, 0, 0, 5000, a, b, 100);
	rig_finish(&r);
}

/* Without io_uring, so that reads go through our pread(). */
static void rig_plain(struct rig *r, int format, uint32_t n_frames)
{
	faults.no_uring = 1;
	rig_init(r, format, 2, n_frames, 8);
	cr_expect_eq(n_logged, 1);
	cr_expect(strstr(logged[0], "io_uring"), "%s", logged[0]);
}

Test(stream, stalled_disk, .timeout = 60,
	.description = "APO-19: a disk that stands still: no call waits, blocks are late and counted; then "
		       "the voice goes on")
{
	float a[CHUNK], b[CHUNK], y;
	struct stream_figures f;
	struct rig r;
	uint32_t i;

	rig_plain(&r, formats[0], 200000);
	faults.stall = 1;
	i = stream_open(r.p, r.sample, 256, 0, 0, ONE);
	while (!faults.n_stalled)
		usleep(1000);
	for (uint32_t k = 0; k < 1000; k++) {
		cr_assert_eq(stream_ready(r.p, i, 256 + k * 64), 0);
		cr_assert_eq(stream_read(r.p, i, 256 + k * 64, a, b, 64), 0);
		cr_assert(rig_peek(r.sample, 0, k % 256, &y)); /* what is in memory plays on */
	}
	cr_expect_eq(faults.n_stalled, 1, "it stood still all the time");
	stream_pool_figures(r.p, &f);
	cr_expect_eq(f.late, 1000);
	faults.stall = 0;
	(void)await(&r, i, 64256, a, b, 500);
	check(&r, 0, 0, 64256, a, b, 500);
	stream_close(r.p, i);
	rig_finish(&r);
}

Test(stream, short_reads, .timeout = 60,
	.description = "APO-28: reads that give less than asked change no bit")
{
	struct rig r;

	rig_plain(&r, formats[1], 60000);
	faults.pread_short = 1;
	voice(&r, 300, 0, 0, ONE, 59000, 1);
	voice(&r, 300, 2000, 30000, ONE, 59000, 2);
	faults.pread_short = 0;
	rig_finish(&r);
}

Test(stream, read_error, .timeout = 60,
	.description = "APO-18: EIO makes a voice late, is told once with the file's name, and is over when "
		       "the disk is back")
{
	float a[CHUNK], b[CHUNK];
	struct rig r;
	uint32_t i;

	rig_plain(&r, formats[0], 200000);
	faults.pread_error = EIO;
	i = stream_open(r.p, r.sample, 256, 0, 0, ONE);
	while (n_logged < 2)
		usleep(1000);
	cr_expect(strstr(logged[1], in_folder("x")) && strstr(logged[1], strerror(EIO)), "%s", logged[1]);
	stream_pool_settle(r.p); /* ends: nothing more can be had */
	cr_expect_eq(stream_read(r.p, i, 256, a, b, 100), 0);
	faults.pread_error = 0;
	(void)await(&r, i, 256, a, b, 500);
	check(&r, 0, 0, 256, a, b, 500);
	cr_expect_eq(n_logged, 2);
	rig_finish(&r);
}

Test(stream, file_replaced, .timeout = 60,
	.description = "APO-18: a file that is another one now is not played; what is in memory is")
{
	float a[CHUNK], b[CHUNK];
	struct rig r;
	uint32_t i;

	rig_init(&r, formats[0], 2, 200000, 4);
	rig_write(in_folder("other"), formats[0], 2, 200000, 99);
	cr_assert_eq(rename(in_folder("other"), in_folder("x")), 0);
	i = stream_open(r.p, r.sample, 256, 0, 0, ONE);
	while (n_logged < 1)
		usleep(1000);
	cr_expect(strstr(logged[0], "changed"), "%s", logged[0]);
	stream_pool_settle(r.p);
	cr_expect_eq(stream_read(r.p, i, 256, a, b, 100), 0);
	rig_finish(&r);
}

static int16_t pattern(uint32_t i)
{
	return (int16_t)((i ^ i >> 9) * 2654435761u >> 16);
}

static uint64_t rss(void)
{
	unsigned long size, resident;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert_eq(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

Test(stream, bigger_than_memory, .init = rig_folder, .fini = rig_clean, .timeout = 60,
	.description = "APO-19: a library of 64 MiB is played from its first frame to its last in 4 MiB")
{
	enum { SAMPLES = 32, FRAMES = 1 << 20, BUDGET = 4 << 20, BLOCK = 512 };
	static int16_t part[1 << 16];
	static float l[BLOCK];
	struct store *s = store_create(&(struct store_options){.memory_bytes = BUDGET, .log = rig_log});
	struct store_set *set = store_set_create(s);
	FILE *f = fopen(in_folder("library"), "wb");
	struct store_figures figures;
	struct stream_figures streams;
	struct stream_pool *p;
	uint32_t id[SAMPLES], n = 0;
	uint64_t most;

	for (uint32_t i = 0; i < SAMPLES * FRAMES; i++) {
		part[n++] = pattern(i);
		if (n == 1 << 16) {
			cr_assert_eq(fwrite(part, 2, n, f), n);
			n = 0;
		}
	}
	fclose(f);
	most = rss() + BUDGET + (5 << 20); /* and the reader's own buffers */
	for (uint32_t i = 0; i < SAMPLES; i++)
		cr_assert_eq(store_set_part(set,
				     &(struct store_part){in_folder("library"), i * (2ull * FRAMES),
					     2 * FRAMES, 0, STORE_S16LE, RATE},
				     &id[i], error, 256),
			0, "%s", error);
	cr_assert_eq(store_set_load(set, NULL, NULL, error, 256), 0, "%s", error);
	p = stream_pool_create(s, SAMPLES);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		const struct sample *sample = store_set_sample(set, i);

		for (uint32_t v = 0; v < sample->extent[0].end; v++)
			cr_assert(rig_peek(sample, 0, v, l) && l[0] == pattern(i * FRAMES + v) / 32768.0f);
		id[i] = stream_open(p, sample, sample->extent[0].end & ~(BLOCK - 1u), 0, 0, 1ull << 32);
		cr_assert_neq(id[i], STREAM_NONE);
	}
	for (uint32_t v = 8192; v < FRAMES; v += BLOCK) {
		stream_pool_settle(p);
		for (uint32_t i = 0; i < SAMPLES; i++) {
			cr_assert_eq(stream_read(p, id[i], v, l, NULL, BLOCK), BLOCK);
			for (uint32_t k = 0; k < BLOCK; k++)
				cr_assert(l[k] == pattern(i * FRAMES + v + k) / 32768.0f);
		}
	}
	store_figures(s, &figures);
	stream_pool_figures(p, &streams);
	cr_expect_leq(figures.resident_bytes, BUDGET);
	cr_expect(RIG_IS_SANITIZED || rss() < most, "%llu MiB too much",
		(unsigned long long)((rss() - most) >> 20));
	cr_expect_eq(streams.late, 0);
	stream_pool_destroy(p);
	store_set_free(set);
	store_destroy(s);
}
