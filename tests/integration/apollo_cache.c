/* SPDX-License-Identifier: MIT */
/* The cache of decoded samples: damaged, not readable, not writable, full; shared by processes; how often it
 * helps. */
#define SAMPLES_WITH_FAULTS
#include "../unit/apollo_samples.h"
#include "apollo/store/stream.h"

#include <dirent.h>
#include <sys/wait.h>

#define N 60000u
#define HEAD 4096u

static char error[256];

static struct store *make(uint64_t memory, uint64_t cache)
{
	struct store *s = store_create(&(struct store_options){.memory_bytes = memory,
		.cache_bytes = cache,
		.head_frames = HEAD,
		.cache_dir = in_folder("cache"),
		.log = rig_log});

	cr_assert(s);
	return s;
}

static void rig_init(void)
{
	rig_folder();
	rig_write(in_folder("a.flac"), SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 2, N, 1);
}

TestSuite(cache, .init = rig_init, .fini = rig_clean, .timeout = 120);

static struct store_set *load(struct store *s, const char *name)
{
	struct store_set *set = store_set_create(s);
	uint32_t id;

	cr_assert_eq(store_set_file(set, in_folder(name), &id, NULL, NULL, error, 256), 0, "%s", error);
	cr_assert_eq(store_set_load(set, NULL, NULL, error, 256), 0, "%s", error);
	return set;
}

/* All of it, from memory and through a stream, is what libsndfile reads. */
static void check(struct store *s, const struct store_set *set, const char *name)
{
	const struct sample *p = store_set_sample(set, 0);
	struct stream_pool *pool = stream_pool_create(s, 4);
	uint32_t id, head = p->extent[0].end, tries = 0;
	float l[256], r[256];
	SF_INFO info;
	float *x = rig_decode(in_folder(name), &info);

	for (uint32_t f = 0; f < head; f++)
		for (uint32_t c = 0; c < 2; c++)
			cr_assert(rig_peek(p, c, f, &l[0]) && l[0] == x[f * 2 + c], "frame %u", f);
	if (p->source != BANK_NONE) {
		id = stream_open(pool, p, head, 0, 0, 1ull << 32);
		for (uint32_t v = head; v < N; v += 256) {
			stream_pool_settle(pool);
			while (stream_read(pool, id, v, l, r, 256) < 256 && ++tries < 5000)
				usleep(1000); /* it is being made again */
			for (uint32_t i = 0; i < 256 && v + i < N; i++)
				cr_assert(l[i] == x[(v + i) * 2] && r[i] == x[(v + i) * 2 + 1], "frame %u",
					v + i);
		}
		stream_close(pool, id);
	}
	stream_pool_destroy(pool);
	free(x);
}

/* The one file in the cache. */
static const char *copy(void)
{
	static char path[512];
	DIR *dir = opendir(in_folder("cache"));
	struct dirent *e;
	uint32_t n = 0;

	cr_assert(dir);
	while ((e = readdir(dir)))
		if (strstr(e->d_name, ".pcm")) {
			(void)snprintf(path, sizeof(path), "%s/%s", in_folder("cache"), e->d_name);
			n++;
		} else {
			cr_expect_neq(strspn(e->d_name, "."), 0, "%s", e->d_name);
			cr_expect_leq(strlen(e->d_name), 2, "left behind: %s", e->d_name);
		}
	closedir(dir);
	cr_assert_eq(n, 1);
	return path;
}

static uint64_t folder_bytes(void)
{
	DIR *dir = opendir(in_folder("cache"));
	struct dirent *e;
	uint64_t sum = 0;
	struct stat st;

	while (dir && (e = readdir(dir)))
		if (fstatat(dirfd(dir), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	if (dir)
		closedir(dir);
	return sum;
}

/* A store that finds what was left behind: sound is right, so many lines are logged. @return its figures */
static struct store_figures again(uint32_t lines)
{
	struct store *s = make(64 << 20, 0);
	struct store_figures f;
	struct store_set *set;

	n_logged = 0;
	set = load(s, "a.flac");
	check(s, set, "a.flac");
	cr_expect_eq(n_logged, lines, "%u: %s / %s", n_logged, logged[0], logged[1]);
	store_figures(s, &f);
	store_set_free(set);
	store_destroy(s);
	return f;
}

static void flip(uint64_t at)
{
	FILE *f = fopen(copy(), "r+b");
	int c;

	cr_assert_eq(fseek(f, (long)at, SEEK_SET), 0);
	c = fgetc(f);
	cr_assert_neq(c, EOF);
	cr_assert_eq(fseek(f, (long)at, SEEK_SET), 0);
	fputc(c ^ 16, f);
	fclose(f);
}

Test(cache, fills_and_hits, .description = "APO-29: decoded once; the next one finds it")
{
	struct store_figures f = again(0);

	cr_expect(f.hits == 0 && f.misses == 1 && f.repaired == 0);
	cr_expect_eq(f.cache_bytes, folder_bytes());
	f = again(0);
	cr_expect(f.hits == 1 && f.misses == 0 && f.repaired == 0);
}

Test(cache, flipped,
	.description = "APO-25: a flipped bit anywhere: the sound is right, one line, the copy is mended")
{
	struct stat st;

	(void)again(0);
	cr_assert_eq(stat(copy(), &st), 0);
	/* head, checksums, resident part, streamed part, last byte */
	uint64_t at[] = {0, 9, 60, 119, 125, 4096 + 100, 4096 + 200000, (uint64_t)st.st_size - 1};
	for (uint32_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct store_figures f;

		flip(at[i]);
		f = again(1);
		cr_expect_eq(f.repaired, 1, "byte %lu", (unsigned long)at[i]);
		cr_expect(strstr(logged[0], "a.flac") && strstr(logged[0], "made again"), "%s", logged[0]);
		f = again(0);
		cr_expect(f.hits == 1 && f.misses == 0 && f.repaired == 0, "byte %lu: mended",
			(unsigned long)at[i]);
	}
}

Test(cache, truncated, .description = "APO-25: a copy that is cut off at any length is made again")
{
	struct stat st;

	(void)again(0);
	cr_assert_eq(stat(copy(), &st), 0);
	for (int i = 0; i < 8; i++) {
		cr_assert_eq(truncate(copy(), st.st_size * i / 8 + (i > 4 ? 17 : 0)), 0);
		cr_expect_eq(again(1).repaired, 1, "%d eighths", i);
	}
	cr_assert_eq(truncate(copy(), st.st_size + 1), 0);
	cr_expect_eq(again(1).repaired, 1);
	cr_expect_eq(again(0).hits, 1);
}

Test(cache, unreadable,
	.description = "APO-25: copies that may not be read, or are folders: the sound is right, one line")
{
	char path[512];

	(void)again(0);
	faults.open_error = EACCES;
	(void)again(1);
	cr_expect(strstr(logged[0], strerror(EACCES)), "%s", logged[0]);
	faults.open_error = 0;
	cr_expect_eq(again(0).hits, 1);
	(void)snprintf(path, sizeof(path), "%s", copy());
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0700), 0);
	(void)again(1);
	cr_assert_eq(rmdir(path), 0);
	cr_expect_eq(again(0).misses, 1);
}

Test(cache, read_only,
	.description = "APO-25: a cache that can't be written: samples are decoded to memory, one line")
{
	struct store_figures f;

	faults.create_error = EROFS;
	f = again(1);
	cr_expect(
		strstr(logged[0], strerror(EROFS)) && strstr(logged[0], in_folder("cache")), "%s", logged[0]);
	cr_expect_eq(f.cache_bytes, 0);
	faults.create_error = 0;
	(void)again(0);
	flip(4096 + 100);
	faults.create_error = EROFS;
	f = again(2); /* that it can't be written, and that this one is damaged */
	cr_expect_eq(f.repaired, 0);
	flip(4096 + 100);
	flip(4096 + 300000);
	f = again(2); /* found while it was streamed */
	faults.create_error = 0;
	f = again(1);
	cr_expect_eq(f.repaired, 1);
}

Test(cache, disk_full,
	.description = "APO-25: a full disk: samples are decoded to memory, one line, nothing is left behind")
{
	faults.pwrite_error = ENOSPC;
	(void)again(1);
	cr_expect(strstr(logged[0], strerror(ENOSPC)), "%s", logged[0]);
	cr_expect_eq(folder_bytes(), 0);
	faults.pwrite_error = 0;
	(void)again(0);
	(void)copy();
}

Test(cache, damaged_while_playing,
	.description = "APO-25: a bit flipped under a bank that plays: the voice waits, then goes on with "
		       "the right sound")
{
	struct store *s = make(64 << 20, 0);
	struct store_set *set = load(s, "a.flac");
	struct store_figures f;

	flip(4096 + 200000);
	check(s, set, "a.flac");
	store_figures(s, &f);
	cr_expect_eq(f.repaired, 1);
	cr_assert_eq(unlink(copy()), 0); /* somebody empties the cache */
	check(s, set, "a.flac");
	store_figures(s, &f);
	cr_expect_eq(f.repaired, 2);
	cr_expect_eq(n_logged, 2);
	(void)copy();
	store_set_free(set);
	store_destroy(s);
}

Test(cache, another_file, .description = "APO-25: a file that has changed is decoded anew")
{
	(void)again(0);
	rig_write(in_folder("a.flac"), SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 2, N, 77);
	cr_expect_eq(again(0).misses, 1);
}

static void write_many(uint32_t n, uint32_t n_frames)
{
	for (uint32_t i = 0; i < n; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%u.flac", i);
		rig_write(in_folder(name), SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, n_frames, i);
	}
}

static void use(struct store *s, uint32_t file)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%u.flac", file);
	store_set_free(load(s, name));
}

Test(cache, least_recently_used,
	.description = "APO-19: a full cache drops what was not used for longest; the disk is bounded")
{
	struct store *s = make(0, 10 * 50000);
	struct store_figures f;

	write_many(12, 20000); /* 44 KiB each, with head */
	for (uint32_t i = 0; i < 9; i++)
		use(s, i);
	use(s, 0);
	for (uint32_t i = 9; i < 12; i++) {
		use(s, i);
		cr_expect_leq(folder_bytes(), 500000);
	}
	store_figures(s, &f);
	cr_expect_eq(f.misses, 12);
	use(s, 0); /* used in between, so it stayed */
	store_figures(s, &f);
	cr_expect_eq(f.misses, 12);
	use(s, 1);
	store_figures(s, &f);
	cr_expect_eq(f.misses, 13);
	store_destroy(s);
}

Test(cache, replay,
	.description = "APO-29 APO-19: 1,000 scores of 4 instruments each, popular ones more often: 80 % of "
		       "samples are "
		       "found in a cache that holds two thirds; memory and disk stay within their budgets")
{
	enum { FILES = 60, SCORES = 1000 };
	struct store *s = make(4 << 20, FILES * 2 / 3 * 29000);
	struct store_set *keep[4] = {0};
	struct store_figures f;
	uint32_t seed = 4;

	write_many(FILES, 12000);
	for (uint32_t i = 0; i < SCORES; i++) {
		struct store_set *set = store_set_create(s);

		for (uint32_t k = 0; k < 4; k++) {
			/* The rank of instruments in use falls off: the product of two draws. */
			uint32_t n = rig_random(&seed) % FILES * (rig_random(&seed) % FILES) / FILES, id;
			char name[16];

			(void)snprintf(name, sizeof(name), "%u.flac", n);
			cr_assert_eq(store_set_file(set, in_folder(name), &id, NULL, NULL, error, 256), 0,
				"%s", error);
		}
		cr_assert_eq(store_set_load(set, NULL, NULL, error, 256), 0, "%s", error);
		store_set_free(keep[i % 4]);
		keep[i % 4] = set;
		store_figures(s, &f);
		cr_assert_leq(f.resident_bytes, 4 << 20);
		cr_assert_leq(f.cache_bytes, FILES * 2 / 3 * 29000);
	}
	cr_expect_leq(folder_bytes(), FILES * 2 / 3 * 29000);
	printf("# hits %llu, misses %llu: %.1f %%\n", (unsigned long long)f.hits,
		(unsigned long long)f.misses, 100.0 * (double)f.hits / (double)(f.hits + f.misses));
	cr_expect_gt(f.hits * 100, (f.hits + f.misses) * 80);
	for (uint32_t i = 0; i < 4; i++)
		store_set_free(keep[i]);
	store_destroy(s);
}

Test(cache, processes,
	.description = "APO-25: several processes fill, use and empty one cache at once; each sounds right")
{
	pid_t pid[4];

	write_many(8, 20000);
	for (uint32_t i = 0; i < 4; i++) {
		pid[i] = fork();
		cr_assert_geq(pid[i], 0);
		if (pid[i] > 0)
			continue;
		struct store *s = make(0, 5 * 50000);
		uint32_t seed = i;

		for (uint32_t k = 0; k < 60; k++) {
			char name[16];
			struct store_set *set;
			const struct sample *p;
			SF_INFO info;
			float *x, y;

			(void)snprintf(name, sizeof(name), "%u.flac", rig_random(&seed) % 8);
			set = load(s, name);
			p = store_set_sample(set, 0);
			x = rig_decode(in_folder(name), &info);
			for (uint32_t f = 0; f < p->extent[0].end; f++)
				if (!rig_peek(p, 0, f, &y) || y != x[f])
					_exit(1);
			free(x);
			store_set_free(set);
		}
		store_destroy(s);
		_exit(0);
	}
	for (uint32_t i = 0; i < 4; i++) {
		int status = -1;

		cr_expect_eq(waitpid(pid[i], &status, 0), pid[i]);
		cr_expect_eq(status, 0);
	}
}
