/* SPDX-License-Identifier: MIT */
/* The store of samples: formats against libsndfile, what is kept in memory, budget, sharing, hostile files.
 */
#define SAMPLES_WITH_FAULTS
#include "apollo_samples.h"

TestSuite(store, .init = rig_folder, .fini = rig_clean, .timeout = 60);

static char error[256];

static struct store *make(const struct store_options *o)
{
	struct store_options with = *o;
	struct store *s;

	with.log = rig_log;
	s = store_create(&with);
	cr_assert(s);
	return s;
}

static const struct sample *load_one(struct store *s, const char *path, struct store_set **ret)
{
	uint32_t i = 9;

	*ret = store_set_create(s);
	cr_assert_eq(store_set_file(*ret, path, &i, NULL, NULL, error, sizeof(error)), 0, "%s", error);
	cr_assert_eq(i, 0);
	cr_assert_eq(store_set_load(*ret, NULL, NULL, error, sizeof(error)), 0, "%s", error);
	return store_set_sample(*ret, 0);
}

/* Every frame of what is in memory is what libsndfile reads. */
static uint32_t compare(const struct sample *s, const float *x, const SF_INFO *info, float tolerance)
{
	uint32_t n = 0;

	for (uint32_t f = 0; f < s->n_frames; f++)
		for (uint32_t c = 0; c < s->n_channels; c++) {
			float y, want = x[f * (uint32_t)info->channels + c];

			if (tolerance > 0) /* what a lossy encoder made louder than full scale is cut off */
				want = fmaxf(fminf(want, 1), -1);
			if (!rig_peek(s, c, f, &y))
				continue;
			if (tolerance == 0 ? y != want : !(fabsf(y - want) <= tolerance))
				cr_assert_fail("frame %u channel %u: %.9g, not %.9g", f, c, y, want);
			n++;
		}
	return n;
}

Test(store, formats,
	.description = "APO-28: WAV, AIFF, FLAC: bit by bit what libsndfile reads; Vorbis within 16 bits")
{
	static const struct {
		int format;
		enum sample_format keeps;
		float tolerance;
	} t[] = {
		{SF_FORMAT_WAV | SF_FORMAT_PCM_U8, SAMPLE_S16, 0},
		{SF_FORMAT_WAV | SF_FORMAT_PCM_16, SAMPLE_S16, 0},
		{SF_FORMAT_WAV | SF_FORMAT_PCM_24, SAMPLE_F32, 0},
		{SF_FORMAT_WAV | SF_FORMAT_PCM_32, SAMPLE_F32, 0},
		{SF_FORMAT_WAV | SF_FORMAT_FLOAT, SAMPLE_F32, 0},
		{SF_FORMAT_WAV | SF_FORMAT_DOUBLE, SAMPLE_F32, 0},
		{SF_FORMAT_WAV | SF_FORMAT_MS_ADPCM, SAMPLE_S16, 0x1p-15f},
		{SF_FORMAT_WAV | SF_FORMAT_ULAW, SAMPLE_S16, 0},
		{SF_FORMAT_RF64 | SF_FORMAT_PCM_16, SAMPLE_S16, 0},
		{SF_FORMAT_AIFF | SF_FORMAT_PCM_S8, SAMPLE_S16, 0},
		{SF_FORMAT_AIFF | SF_FORMAT_PCM_16, SAMPLE_S16, 0},
		{SF_FORMAT_AIFF | SF_FORMAT_PCM_24, SAMPLE_F32, 0},
		{SF_FORMAT_WAV | SF_ENDIAN_BIG | SF_FORMAT_PCM_16, SAMPLE_S16, 0},
		{SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SAMPLE_S16, 0},
		{SF_FORMAT_FLAC | SF_FORMAT_PCM_24, SAMPLE_F32, 0},
		{SF_FORMAT_OGG | SF_FORMAT_VORBIS, SAMPLE_S16, 0x1p-15f},
	};

	for (int is_cached = 0; is_cached < 2; is_cached++)
		for (uint32_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			uint32_t chans = 1 + i % 3;
			const char *path = in_folder("x");
			struct store *s = make(&(struct store_options){
				.is_resident = 1, .cache_dir = is_cached ? in_folder("cache") : NULL});
			const struct sample *p;
			struct store_set *set;
			SF_INFO info;
			float *x;

			if ((t[i].format & SF_FORMAT_SUBMASK) == SF_FORMAT_MS_ADPCM && chans > 2)
				chans = 2;
			rig_write(path, t[i].format, chans, 30000, 7 + i);
			x = rig_decode(path, &info);
			p = load_one(s, path, &set);
			cr_expect_eq(p->n_frames, info.frames);
			cr_expect_eq(p->rate_hz, RATE);
			cr_expect_eq(p->n_channels, chans > 1 ? 2 : 1);
			cr_expect_eq(p->format, t[i].keeps, "format %x", t[i].format);
			cr_expect_eq(p->source, BANK_NONE);
			cr_expect_eq(compare(p, x, &info, t[i].tolerance), p->n_frames * p->n_channels);
			free(x);
			store_set_free(set);
			store_destroy(s);
		}
	cr_expect_eq(n_logged, 0, "%s", logged[0]);
}

Test(store, smpl_chunk, .description = "APO-01: loop and root key of the file itself are found")
{
	const char *path = in_folder("loop.wav");
	SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	SNDFILE *sf = sf_open(path, SFM_WRITE, &info);
	SF_INSTRUMENT inst = {.gain = 1,
		.basenote = 57,
		.velocity_hi = 127,
		.key_hi = 127,
		.loop_count = 1,
		.loops[0] = {SF_LOOP_FORWARD, 1000, 1999, 0}};
	short x[5000] = {1, 2, 3};
	struct store *s = make(&(struct store_options){0});
	struct store_set *set = store_set_create(s);
	struct store_loop loop = {9, 9};
	uint32_t i, again, root = 0;
	uint8_t bytes[12000];
	FILE *f;
	size_t n;

	cr_assert_eq(sf_command(sf, SFC_SET_INSTRUMENT, &inst, sizeof(inst)), SF_TRUE);
	cr_assert_eq(sf_writef_short(sf, x, 5000), 5000);
	sf_close(sf);
	cr_assert_eq(store_set_file(set, path, &i, &loop, &root, error, sizeof(error)), 0, "%s", error);
	cr_expect_eq(root, 57);
	/* dwEnd of a smpl chunk is the last frame played, ours the one behind it. */
	f = fopen(path, "rb");
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	for (size_t k = 12; k + 60 < n; k++)
		if (!memcmp(bytes + k, "smpl", 4)) {
			uint32_t first, last;

			memcpy(&first, bytes + k + 8 + 36 + 8, 4);
			memcpy(&last, bytes + k + 8 + 36 + 12, 4);
			cr_expect_eq(loop.start, first);
			cr_expect_eq(
				loop.end, last + 1, "%u..%u, file %u..%u", loop.start, loop.end, first, last);
			n = 0;
		}
	cr_expect_eq(n, 0, "there is a smpl chunk");
	cr_assert_eq(store_set_file(set, path, &again, NULL, NULL, error, sizeof(error)), 0);
	cr_expect_eq(again, i, "the same file again has the same number");
	store_set_free(set);
	store_destroy(s);
}

Test(store, parts, .description = "APO-28: 16 and 24 bit stretches and Vorbis streams inside a file")
{
	enum { N = 20000, AT = 777, AT24 = AT + 2 * N + 1 };
	const char *path = in_folder("parts"), *ogg = in_folder("a.ogg");
	struct store *s = make(&(struct store_options){.is_resident = 1, .cache_dir = in_folder("cache")});
	struct store_set *set = store_set_create(s);
	static uint8_t bytes[AT24 + N + 400000];
	uint32_t seed = 5, id[3];
	const struct sample *p;
	SF_INFO info;
	size_t n_ogg;
	float *x, y;
	FILE *f;

	for (uint32_t i = 0; i < AT24 + N; i++)
		bytes[i] = (uint8_t)rig_random(&seed);
	rig_write(ogg, SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, 40000, 3);
	x = rig_decode(ogg, &info);
	f = fopen(ogg, "rb");
	n_ogg = fread(bytes + AT24 + N, 1, 400000, f);
	fclose(f);
	f = fopen(path, "wb");
	fwrite(bytes, 1, AT24 + N + n_ogg, f);
	fclose(f);
	cr_assert_eq(store_set_part(set, &(struct store_part){path, AT, 2 * N, 0, STORE_S16LE, 22050}, &id[0],
			     error, 256),
		0);
	cr_assert_eq(store_set_part(set, &(struct store_part){path, AT, 2 * N, AT24, STORE_S16LE, 22050},
			     &id[1], error, 256),
		0);
	cr_assert_eq(store_set_part(set, &(struct store_part){path, AT24 + N, n_ogg, 0, STORE_VORBIS, 44100},
			     &id[2], error, 256),
		0, "%s", error);
	cr_assert_eq(store_set_load(set, NULL, NULL, error, sizeof(error)), 0, "%s", error);
	p = store_set_sample(set, id[0]);
	cr_expect_eq(p->n_frames, N);
	cr_expect_eq(p->rate_hz, 22050);
	for (uint32_t i = 0; i < N; i++) {
		int16_t high;
		float y24;

		memcpy(&high, bytes + AT + 2 * i, 2);
		cr_assert(rig_peek(p, 0, i, &y) && y == (float)high / 32768.0f);
		cr_assert(rig_peek(store_set_sample(set, id[1]), 0, i, &y24));
		cr_assert_eq(y24, (float)(high * 256 + bytes[AT24 + i]) / 8388608.0f);
	}
	cr_expect_eq(store_set_sample(set, id[2])->rate_hz, 44100);
	cr_expect_eq(compare(store_set_sample(set, id[2]), x, &info, 0x1p-15f), 40000);
	cr_expect_eq(store_set_part(set, &(struct store_part){path, AT, 1ull << 40, 0, STORE_S16LE, 1},
			     &id[0], error, 256),
		-EINVAL);
	cr_expect(strstr(error, path) && strstr(error, "777"), "%s", error);
	cr_expect_eq(store_set_part(set, &(struct store_part){path, UINT64_MAX, 4, 0, STORE_S16LE, 1}, &id[0],
			     error, 256),
		-EINVAL);
	cr_expect_eq(store_set_part(set, &(struct store_part){path, AT, 400, UINT64_MAX - 3, STORE_S16LE, 1},
			     &id[0], error, 256),
		-EINVAL);
	free(x);
	store_set_free(set);
	store_destroy(s);
}

Test(store, extents,
	.description = "APO-19: in memory are attacks, short loops and what is short; all else is not")
{
	enum { N = 300000 };
	const char *path = in_folder("long.wav");
	struct store *s = make(&(struct store_options){.head_frames = 4096});
	struct store_set *set = store_set_create(s);
	uint32_t late, near, far, twin, i;
	const struct sample *p;
	uint64_t resident;
	struct store_figures figures;
	SF_INFO info;
	float *x, y;

	rig_write(path, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, N, 1);
	x = rig_decode(path, &info);
	for (i = 0; i < 4; i++) {
		uint32_t *id[] = {&late, &near, &far, &twin};
		char name[32];

		(void)snprintf(name, sizeof(name), "link%u.wav", i);
		rig_write(in_folder(name), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, N, 1);
		cr_assert_eq(store_set_file(set, in_folder(name), id[i], NULL, NULL, error, 256), 0);
	}
	cr_assert_eq(store_set_use(set, late, 0, &(struct store_loop){200000, 202000}), 0);
	cr_assert_eq(store_set_use(set, near, 100, &(struct store_loop){5000, 9000}), 0);
	cr_assert_eq(store_set_use(set, near, 0, NULL), 0);
	cr_assert_eq(store_set_use(set, far, 100000, &(struct store_loop){100000, 200000}), 0);
	cr_assert_eq(store_set_whole(set, twin), 0);
	cr_expect_eq(store_set_use(set, 99, 0, NULL), -EINVAL);
	cr_assert_eq(store_set_load(set, NULL, NULL, error, sizeof(error)), 0, "%s", error);
	p = store_set_samples(set, &i, &resident);
	cr_expect_eq(i, 4);
	cr_expect_eq(p[late].n_extents, 2);
	cr_expect(p[late].extent[0].first == 0 && p[late].extent[0].end == 4096);
	cr_expect(p[late].extent[1].first <= 200000 - 8 && p[late].extent[1].end >= 202008);
	cr_expect_eq(p[near].n_extents, 1);
	cr_expect(p[near].extent[0].first == 0 && p[near].extent[0].end >= 9008);
	cr_expect(p[far].extent[0].first <= 100000 && p[far].extent[0].first > 99000);
	cr_expect(p[far].extent[0].end == 104096 && p[far].n_extents == 1, "a long loop is not kept");
	cr_expect(p[twin].source == BANK_NONE && p[twin].extent[0].end == N);
	cr_expect(p[late].source != BANK_NONE && p[near].source != p[late].source);
	for (i = 0; i < 4; i++)
		cr_expect_gt(compare(&p[i], x, &info, 0), 8000);
	cr_expect(!rig_peek(&p[late], 0, 4096, &y));
	for (i = 0; i < 64; i++) { /* what interpolation may touch */
		cr_expect_eq(((const int16_t *)p[late].extent[0].data[1])[-1 - (int)i], 0);
		cr_expect_eq(((const int16_t *)p[late].extent[0].data[1])[4096 + i], 0);
	}
	store_figures(s, &figures);
	cr_expect_eq(figures.resident_bytes, resident);
	cr_expect_lt(resident, (N + 40000) * 4ull);
	free(x);
	store_set_free(set);
	store_figures(s, &figures);
	cr_expect_eq(figures.resident_bytes, 0);
	store_destroy(s);
}

Test(store, shared,
	.description = "APO-19: what another bank has in memory is not loaded again, and outlives it")
{
	struct store *s = make(&(struct store_options){0});
	struct store_set *a = store_set_create(s), *b = store_set_create(s);
	struct store_figures one, two;
	uint32_t id;
	float y;

	for (uint32_t i = 0; i < 20; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%u.wav", i);
		rig_write(in_folder(name), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, 50000, i);
		if (i < 19)
			cr_assert_eq(store_set_file(a, in_folder(name), &id, NULL, NULL, error, 256), 0);
		cr_assert_eq(store_set_file(b, in_folder(name), &id, NULL, NULL, error, 256), 0);
	}
	cr_assert_eq(store_set_load(a, NULL, NULL, error, 256), 0);
	store_figures(s, &one);
	cr_assert_eq(store_set_load(b, NULL, NULL, error, 256), 0);
	store_figures(s, &two);
	cr_expect_leq(two.resident_bytes - one.resident_bytes, one.resident_bytes / 19 + 64);
	cr_expect_eq(store_set_sample(a, 3)->extent[0].data[0], store_set_sample(b, 3)->extent[0].data[0]);
	store_set_free(a);
	store_figures(s, &one);
	cr_expect_eq(one.resident_bytes, two.resident_bytes);
	cr_expect(rig_peek(store_set_sample(b, 3), 0, 8000, &y) && y != 0);
	store_set_free(b);
	store_destroy(s);
}

static uint64_t rss(void)
{
	unsigned long size, resident;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert_eq(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

Test(store, thousand_banks,
	.description =
		"APO-19: 1,000 differing banks in a budget of 2 MiB: memory is bounded, each one is loaded")
{
	enum { FRAMES = 2 << 20, BUDGET = 2 << 20, SAMPLES = 20 };
	const char *path = in_folder("library");
	struct store *s = make(&(struct store_options){.memory_bytes = BUDGET});
	struct store_set *keep[2] = {0};
	uint32_t seed = 1, shrunk = 0;
	uint64_t start, most = 0;
	int16_t *x = malloc(FRAMES * sizeof(*x));
	FILE *f = fopen(path, "wb");

	for (uint32_t i = 0; i < FRAMES; i++)
		x[i] = (int16_t)rig_random(&seed);
	fwrite(x, sizeof(*x), FRAMES, f);
	fclose(f);
	start = rss();
	for (uint32_t b = 0; b < 1000; b++) {
		struct store_set *set = store_set_create(s);
		struct store_figures figures;
		const struct sample *p;
		uint32_t at[SAMPLES], n;

		for (uint32_t i = 0; i < SAMPLES; i++) {
			struct store_part part = {
				path, 0, 200000 + rig_random(&seed) % 1000, 0, STORE_S16LE, RATE};
			uint32_t id;

			at[i] = rig_random(&seed) % (FRAMES - 110000);
			part.offset = at[i] * 2ull;
			part.n_bytes &= ~1ull;
			cr_assert_eq(store_set_part(set, &part, &id, error, 256), 0, "%s", error);
			cr_assert_eq(id, i);
			cr_assert_eq(store_set_use(set, id, 0, &(struct store_loop){80000, 90000}), 0);
		}
		cr_assert_eq(store_set_load(set, NULL, NULL, error, 256), 0, "%u: %s", b, error);
		p = store_set_samples(set, &n, NULL);
		for (uint32_t i = 0; i < n; i += 13) {
			float y;

			shrunk += p[i].extent[0].end < 8192;
			cr_assert_geq(p[i].extent[0].end, 256);
			cr_assert(rig_peek(&p[i], 0, 200, &y));
			cr_assert_eq(y, x[at[i] + 200] / 32768.0f);
		}
		store_figures(s, &figures);
		cr_assert_leq(figures.resident_bytes, BUDGET);
		most = rss() > most ? rss() : most;
		store_set_free(keep[b % 2]);
		keep[b % 2] = set;
	}
	cr_expect_gt(shrunk, 100, "the budget was felt");
	if (!RIG_IS_SANITIZED) /* a sanitizer keeps what was freed */
		cr_expect_lt(most, start + BUDGET + (3 << 20), "%llu MiB more",
			(unsigned long long)((most - start) >> 20));
	store_set_free(keep[0]);
	store_set_free(keep[1]);
	store_destroy(s);
	free(x);
}

Test(store, too_much,
	.description = "APO-19: a bank that cannot fit is refused with a sentence and leaves nothing behind")
{
	struct store *s = make(&(struct store_options){.memory_bytes = 1 << 20, .is_resident = 1});
	struct store_set *set = store_set_create(s);
	struct store_figures figures;
	uint32_t id;

	rig_write(in_folder("big.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 2, 400000, 1);
	cr_assert_eq(store_set_file(set, in_folder("big.wav"), &id, NULL, NULL, error, 256), 0);
	cr_expect_eq(store_set_load(set, NULL, NULL, error, 256), -ENOMEM);
	cr_expect(strstr(error, "1 MiB"), "%s", error);
	store_figures(s, &figures);
	cr_expect_eq(figures.resident_bytes, 0);
	store_set_free(set);
	store_destroy(s);
}

Test(store, bad_files,
	.description = "APO-18: what is no sample is refused with its name: missing, folder, pipe, damaged")
{
	struct store *s = make(&(struct store_options){0});
	struct store_set *set = store_set_create(s);
	const char *names[] = {"none.wav", "folder.wav", "pipe.wav", "text.wav", "empty.wav", "cut.flac"};
	int want[] = {-ENOENT, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL};
	uint32_t id;
	FILE *f;

	cr_assert_eq(mkdir(in_folder("folder.wav"), 0700), 0);
	cr_assert_eq(mkfifo(in_folder("pipe.wav"), 0600), 0);
	f = fopen(in_folder("text.wav"), "w");
	fputs("RIFF\xff\xff\xff\xffWAVEfmt this is no sound", f);
	fclose(f);
	f = fopen(in_folder("empty.wav"), "w");
	fclose(f);
	rig_write(in_folder("cut.flac"), SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, 5000, 1);
	cr_assert_eq(truncate(in_folder("cut.flac"), 20), 0);
	for (uint32_t i = 0; i < 6; i++) {
		cr_expect_eq(store_set_file(set, in_folder(names[i]), &id, NULL, NULL, error, 256), want[i],
			"%s: %s", names[i], error);
		cr_expect(strstr(error, names[i]), "%s", error);
	}
	cr_assert_eq(store_set_load(set, NULL, NULL, error, 256), 0);
	store_set_free(set);
	store_destroy(s);
}

Test(store, hostile_floats,
	.description = "APO-28: NaN, infinity and denormals in a file are silence in memory")
{
	const char *path = in_folder("nan.wav");
	SF_INFO info = {.samplerate = RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
	SNDFILE *sf = sf_open(path, SFM_WRITE, &info);
	float x[600];
	struct store *s = make(&(struct store_options){0});
	struct store_set *set;
	const struct sample *p;
	float y;

	for (uint32_t i = 0; i < 600; i += 4) {
		x[i] = 0.5f;
		x[i + 1] = NAN;
		x[i + 2] = i % 8 ? INFINITY : -INFINITY;
		x[i + 3] = 1e-40f;
	}
	cr_assert_eq(sf_writef_float(sf, x, 600), 600);
	sf_close(sf);
	p = load_one(s, path, &set);
	for (uint32_t i = 0; i < 600; i++)
		cr_assert(rig_peek(p, 0, i, &y) && y == (i % 4 ? 0.0f : 0.5f), "%u: %g", i, y);
	store_set_free(set);
	store_destroy(s);
}

static int give_up(void *data, uint32_t percent, uint64_t bytes)
{
	uint32_t *calls = data;

	(void)bytes;
	cr_assert_leq(percent, 100);
	return ++*calls == 3;
}

static int follow(void *data, uint32_t percent, uint64_t bytes)
{
	uint64_t *last = data;

	cr_assert_geq(percent, last[0]);
	cr_assert_geq(bytes, last[1]);
	last[0] = percent;
	last[1] = bytes;
	return 0;
}

Test(store, progress,
	.description = "APO-08: loading tells percent and bytes, never backwards, and can be given up")
{
	struct store *s = make(&(struct store_options){.is_resident = 1});
	struct store_set *set = store_set_create(s);
	uint64_t last[2] = {0};
	uint32_t id, calls = 0;

	rig_write(in_folder("big.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2, 900000, 1);
	cr_assert_eq(store_set_file(set, in_folder("big.wav"), &id, NULL, NULL, error, 256), 0);
	cr_expect_eq(store_set_load(set, give_up, &calls, error, 256), -ECANCELED);
	cr_expect_eq(calls, 3);
	cr_expect_eq(store_set_load(set, follow, last, error, 256), 0);
	cr_expect_eq(last[0], 100);
	cr_expect_geq(last[1], 900000 * 8);
	store_set_free(set);
	store_destroy(s);
}

Test(store, disk_faults,
	.description = "APO-18: short reads change nothing; EIO and a changed file fail with its name")
{
	const char *path = in_folder("a.wav");
	struct store *s = make(&(struct store_options){0});
	struct store_set *set;
	SF_INFO info;
	uint32_t id;
	float *x;

	rig_write(path, SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2, 20000, 1);
	x = rig_decode(path, &info);
	faults.pread_short = 1;
	cr_expect_gt(compare(load_one(s, path, &set), x, &info, 0), 10000);
	faults.pread_short = 0;
	store_set_free(set);
	free(x);

	set = store_set_create(s);
	cr_assert_eq(store_set_file(set, path, &id, NULL, NULL, error, 256), 0);
	faults.pread_error = EIO;
	cr_expect_eq(store_set_load(set, NULL, NULL, error, 256), -EIO);
	cr_expect(strstr(error, "a.wav"), "%s", error);
	faults.pread_error = 0;
	rig_write(path, SF_FORMAT_WAV | SF_FORMAT_PCM_24, 2, 20001, 2);
	cr_expect_eq(store_set_load(set, NULL, NULL, error, 256), -EIO);
	cr_expect(strstr(error, "changed"), "%s", error);
	store_set_free(set);
	store_destroy(s);
}
