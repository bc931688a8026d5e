/* SPDX-License-Identifier: MIT */
/* Ours: files into scores, and those into MIDI, as peers do. */
#include "formats.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <score/format.h>

#include "bench.h"
#include "book.h"

#define ROUNDS 15

struct done {
	uint32_t scores, refused;
	uint64_t notes;
	uint64_t peaks; /**< most of the heap while each score was made and written, in all */
};

static size_t heap_now, heap_peak; /* of who counts */

static int import_one(const uint8_t *bytes, size_t size, const struct score_import *how, struct done *done)
{
	static struct score_report report;
	struct score_bytes midi;
	struct score *score;
	report.n_errors = report.n_warnings = 0;
	int rc = score_import(bytes, size, how, &report, &score, NULL);
	if (rc < 0)
		return rc;
	score_bytes_init(&midi, how->alloc);
	rc = score_export(score, SCORE_FORMAT_SMF, &midi, &report);
	score_bytes_finish(&midi);
	done->notes += score_n_notes(score);
	score_unref(score);
	return rc;
}

static void import_all(const uint8_t *bytes, size_t size, const struct score_alloc *alloc, struct done *done)
{
	struct score_lines lines = {0};
	for (size_t at = 0; (at = score_next(bytes, size, at)) < size; at++, done->scores++) {
		const struct score_import how = {.alloc = alloc, .name = "bench", .at = at, .lines = &lines};
		heap_peak = heap_now;
		done->refused += import_one(bytes, size, &how, done) < 0;
		done->peaks += heap_peak;
	}
}

/** @return NULL: it cannot be read, or is empty. */
static const uint8_t *map_file(const char *path, size_t *ret_size)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	const int is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
	void *bytes = is_file ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	*ret_size = is_file ? (size_t)st.st_size : 0;
	return bytes == MAP_FAILED ? NULL : bytes;
}

static int status(const struct done *done)
{
	return done->scores == 0 || done->refused * 10 > done->scores ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void write_tune(struct book_tune *tune, void *)
{
	struct score_bytes midi;
	if (!tune->score)
		return;
	score_bytes_init(&midi, &score_heap);
	tune->rc = score_export(tune->score, SCORE_FORMAT_SMF, &midi, &tune->report);
	score_bytes_finish(&midi);
	score_unref(tune->score); /* by the thread that made it: its memory is near */
	tune->score = NULL;
}

static int count_tune(struct book_tune *tune, void *ctx)
{
	struct done *done = ctx;
	done->scores++;
	done->refused += tune->rc < 0;
	return 0;
}

int formats_import_file(const char *path)
{
	struct done done = {0};
	size_t size;
	const uint8_t *bytes = map_file(path, &size);
	if (!bytes || book_read(&(struct book){bytes, size, "bench", write_tune, count_tune, &done}) < 0)
		return EXIT_FAILURE;
	return status(&done);
}

int formats_import_folder(const char *folder)
{
	struct done done = {0};
	DIR *dir = opendir(folder);
	if (!dir)
		return EXIT_FAILURE;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		char path[PATH_MAX];
		size_t size;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		const uint8_t *bytes = map_file(path, &size);
		if (!bytes)
			continue;
		import_all(bytes, size, &score_heap, &done);
		munmap((void *)(uintptr_t)bytes, size);
	}
	closedir(dir);
	return status(&done);
}

/* ---- without the start of a process ---- */

static void *counted_resize(void *, void *ptr, size_t size)
{
	heap_now -= ptr ? malloc_usable_size(ptr) : 0;
	void *moved = score_heap.resize(score_heap.ctx, ptr, size);
	if (size)
		heap_now += malloc_usable_size(moved ? moved : ptr);
	heap_peak = heap_now > heap_peak ? heap_now : heap_peak;
	return moved;
}

/** What the processor worked: other programs' share does not count. */
static int64_t cpu_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

void formats_rate(const char *what, const char *path)
{
	static const struct score_alloc counted = {.resize = counted_resize};
	struct done done;
	char figure[128];
	size_t size;
	double best_ns = 0;
	const uint8_t *bytes = map_file(path, &size);
	if (!bytes)
		return;
	for (int i = 0; i < ROUNDS; i++) {
		done = (struct done){0};
		const int64_t begin = cpu_ns();
		import_all(bytes, size, &score_heap, &done);
		const double ns = (double)(cpu_ns() - begin);
		best_ns = i == 0 || ns < best_ns ? ns : best_ns;
	}
	heap_now = 0;
	done = (struct done){0};
	import_all(bytes, size, &counted, &done);
	if (done.notes > 0) {
		(void)snprintf(figure, sizeof(figure), "%s: without a start", what);
		bench_print(figure, (double)done.notes / best_ns * 1e3, "M notes/s", NULL, 0);
		(void)snprintf(figure, sizeof(figure), "%s: read", what);
		bench_print(figure, (double)size / best_ns * 1e3, "MB/s", NULL, 0);
		(void)snprintf(figure, sizeof(figure), "%s: the heap's peak", what);
		bench_print(figure, (double)done.peaks / (double)done.notes, "bytes a note", NULL, 0);
	}
	munmap((void *)(uintptr_t)bytes, size);
}
