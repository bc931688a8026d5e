/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target without libFuzzer: every file of a corpus folder, then mutations of them, always the
 * same ones. On a finding the input is left in a file that `--run` gives to the target again.
 *
 *     fuzz-NAME CORPUS_DIR N_MUTATIONS
 *     fuzz-NAME --run FILE
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_SEEDS 256
#define INPUT_MAX_SIZE (1u << 16)

struct input {
	uint8_t *data;
	size_t size;
};

static struct input seeds[MAX_SEEDS];
static size_t n_seeds;
static struct input current; /* what on_signal() saves */

static uint64_t next_random(void)
{
	static uint64_t state = 1;

	state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t x = (state ^ state >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static size_t below(size_t n)
{
	return n ? next_random() % n : 0;
}

static _Noreturn void die(const char *what, const char *path)
{
	fprintf(stderr, "%s: %s: %s\n", path, what, strerror(errno));
	exit(2);
}

/** Async-signal-safe: save the input, then end as the signal would have. */
static void on_signal(int sig)
{
	static const char name[] = "fuzz-finding.bin";
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd >= 0 && write(fd, current.data, current.size) == (ssize_t)current.size)
		(void)!write(STDERR_FILENO, "input kept in fuzz-finding.bin\n", 31);
	signal(sig, SIG_DFL);
	raise(sig);
}

static struct input read_file(const char *path)
{
	struct input in = {.data = malloc(INPUT_MAX_SIZE)};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 || !in.data)
		die("can't be read", path);
	n = read(fd, in.data, INPUT_MAX_SIZE);
	if (n < 0)
		die("can't be read", path);
	in.size = (size_t)n;
	close(fd);
	return in;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/** In order of name, so that the mutations are the same everywhere. */
static void read_corpus(const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_visible, alphasort);

	if (n <= 0)
		die("no corpus", dir);
	for (int i = 0; i < n; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		if (n_seeds < MAX_SEEDS)
			seeds[n_seeds++] = read_file(path);
		free(entries[i]);
	}
	free(entries);
}

/** The target gets an exact copy on the heap, so that a sanitizer sees a read beyond its end. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		die("no memory", "input");
	memcpy(copy, data, size);
	current = (struct input){copy, size};
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

/** A number of 1, 2, 4 or 8 bytes at a random place becomes one at the edge of something. */
static void set_number(struct input *in)
{
	static const uint64_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff,
		0x80000000, 0xffffffff, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX, UINT64_MAX - 7};
	size_t width = (size_t)1 << below(4);
	uint64_t value = edges[below(sizeof(edges) / sizeof(edges[0]))] + (below(4) ? 0 : below(16));

	if (in->size >= width)
		memcpy(in->data + below(in->size - width + 1), &value, width);
}

static void mutate(struct input *in)
{
	const struct input *other = &seeds[below(n_seeds)];
	size_t at = below(in->size), n = 1 + below(64);

	switch (below(8)) {
	case 0:
		in->size = below(in->size + 1);
		break;
	case 1: /* grow by a copy of its own */
		if (in->size > 0 && in->size + n <= INPUT_MAX_SIZE && at + n <= in->size) {
			memmove(in->data + at + n, in->data + at, in->size - at);
			in->size += n;
		}
		break;
	case 2: /* cut out */
		if (at + n <= in->size) {
			memmove(in->data + at, in->data + at + n, in->size - at - n);
			in->size -= n;
		}
		break;
	case 3: /* a piece of another seed */
		if (at + n <= in->size && n <= other->size)
			memcpy(in->data + at, other->data + below(other->size - n + 1), n);
		break;
	case 4:
	case 5:
		set_number(in);
		break;
	case 6:
		if (in->size > 0)
			in->data[at] = (uint8_t)next_random();
		break;
	default:
		if (in->size > 0)
			in->data[at] ^= (uint8_t)(1u << below(8));
	}
}

int main(int argc, char **argv)
{
	struct input in = {.data = malloc(INPUT_MAX_SIZE)};
	unsigned long n_mutations;

	if (argc != 3 || !in.data) {
		fprintf(stderr, "usage: %s CORPUS_DIR N_MUTATIONS | --run FILE\n", argv[0]);
		return 2;
	}
	if (strcmp(argv[1], "--run") == 0) {
		struct input one = read_file(argv[2]);

		feed(one.data, one.size);
		return 0;
	}
	signal(SIGABRT, on_signal);
	signal(SIGSEGV, on_signal);
	signal(SIGBUS, on_signal);
	signal(SIGFPE, on_signal);
	read_corpus(argv[1]);
	n_mutations = strtoul(argv[2], NULL, 10);
	feed(in.data, 0);
	for (size_t i = 0; i < n_seeds; i++)
		feed(seeds[i].data, seeds[i].size);
	for (unsigned long i = 0; i < n_mutations; i++) {
		const struct input *seed = &seeds[below(n_seeds)];

		memcpy(in.data, seed->data, seed->size);
		in.size = seed->size;
		for (size_t k = 1 + below(6); k > 0; k--)
			mutate(&in);
		feed(in.data, in.size);
	}
	printf("%zu seeds, %lu mutations\n", n_seeds, n_mutations);
	for (size_t i = 0; i < n_seeds; i++)
		free(seeds[i].data);
	free(in.data);
	return 0;
}
