/* SPDX-License-Identifier: MIT */
/*
 * How fast is a MIDI file made playable? Hermes' way from bytes to a sealed and checked timeline, stage by
 * stage, for the demo piece and for a made file of 200,000 events; then the whole program beside two other
 * readers, midicsv and python3-mido, on that same file, each from its start to its end.
 *
 * Good: HER-16 allows 100 ms from the command to the first sample for 240 measures, and loading is one part
 * of it, so the demo piece (51 measures, 8,700 events) should take a few ms. Below 300 ns an event in all, a
 * million songs can be scanned in an hour on one core. midicsv neither sorts nor checks nor hashes, but
 * prints: to be as fast is good.
 */
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/timeline.h>
#include <score/compile.h>
#include <score/format.h>

#include "bench.h"
#include "file.h"

#define N_TRACKS 16
#define N_NOTES 90000 /* two events each */
#define N_CONTROLS 20000
#define BIG_MAX_BYTES (8u << 20)

#define N_WARM_UP 3
#define N_ROUNDS 40
#define N_PROCESS_ROUNDS 9

enum stage { IMPORT, COMPILE, SEAL, CHECK, N_STAGES };

static const char *const stage_names[N_STAGES] = {"import", "compile", "seal", "check"};

[[noreturn]] static void fail(const char *what, int rc)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(-rc));
	exit(EXIT_FAILURE);
}

/* A file in memory. */
struct bytes {
	uint8_t *data;
	size_t size;
};

static void put(struct bytes *out, const void *data, size_t size)
{
	if (out->size + size > BIG_MAX_BYTES)
		fail("the made file outgrew its buffer", -E2BIG);
	memcpy(out->data + out->size, data, size);
	out->size += size;
}

static void put_be(struct bytes *out, uint32_t value, unsigned n_bytes)
{
	while (n_bytes-- > 0)
		put(out, &(uint8_t){(uint8_t)(value >> (8 * n_bytes))}, 1);
}

static void put_event(struct bytes *out, uint8_t delta, uint8_t status, uint8_t a, uint8_t b)
{
	put(out, (uint8_t[]){delta, status, a, b}, 4);
}

/* Sixteen tracks of chords in broken style with a controller now and then; deltas below 128 are one byte. */
static struct bytes make_big_file(void)
{
	struct bytes out = {.data = malloc(BIG_MAX_BYTES)};
	uint32_t random = 1;

	if (!out.data)
		fail("big file", -ENOMEM);
	put(&out, "MThd", 4);
	put_be(&out, 6, 4);
	put_be(&out, 1, 2);
	put_be(&out, N_TRACKS, 2);
	put_be(&out, 480, 2);
	for (uint8_t track = 0; track < N_TRACKS; track++) {
		size_t length_at;

		put(&out, "MTrk", 4);
		length_at = out.size;
		put_be(&out, 0, 4);
		for (unsigned i = 0; i < N_NOTES / N_TRACKS; i++) {
			const uint8_t key = (uint8_t)(36 + (random >> 16) % 48);
			const uint8_t delta = (uint8_t)((random >> 8) % 60);

			random = random * 1664525 + 1013904223;
			put_event(&out, delta, 0x90 | track, key, 64);
			put_event(&out, 100, 0x80 | track, key, 0);
			if (i % (N_NOTES / N_CONTROLS) == 0)
				put_event(&out, 1, 0xb0 | track, 11, (uint8_t)(i & 127));
		}
		put(&out, (uint8_t[]){0, 0xff, 0x2f, 0}, 4);

		const size_t end = out.size;

		out.size = length_at;
		put_be(&out, (uint32_t)(end - length_at - 4), 4);
		out.size = end;
	}
	return out;
}

static struct bytes read_whole_file(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct bytes out;
	const char *why;
	int rc;

	if (fd < 0)
		fail(path, -errno);
	rc = file_read(fd, &score_heap, &out.data, &out.size, &why);
	if (rc < 0)
		fail(path, rc);
	close(fd);
	return out;
}

/* One load. @return events of the timeline; ret_ns[stage] is how long each stage took. */
static uint32_t load_once(const struct bytes *file, double ret_ns[N_STAGES])
{
	static struct score_report report; /* some 80 KB */
	const struct score_import import = {.alloc = &score_heap};
	struct score_compiler *compiler = score_compiler_new(&score_heap);
	struct score_compiled compiled;
	struct score *score;
	struct mos_timeline timeline;
	struct mos_timeline_error error;
	int64_t at[N_STAGES + 1];
	uint32_t n_events;
	int rc, fd;

	if (!compiler)
		fail("compile", -ENOMEM);
	report = (struct score_report){0};
	at[IMPORT] = bench_now_ns();
	rc = score_import(file->data, file->size, &import, &report, &score, nullptr);
	if (rc < 0)
		fail("import", rc);
	at[COMPILE] = bench_now_ns();
	rc = score_compile(compiler, score, &report, &compiled);
	if (rc < 0)
		fail("compile", rc);
	at[SEAL] = bench_now_ns();
	fd = mos_timeline_build(&compiled.src);
	if (fd < 0)
		fail("seal", fd);
	at[CHECK] = bench_now_ns();
	rc = mos_timeline_open(fd, &timeline, &error);
	if (rc < 0)
		fail("check", rc);
	at[N_STAGES] = bench_now_ns();

	n_events = timeline.n_event;
	mos_timeline_close(&timeline);
	close(fd);
	score_compiler_free(compiler);
	score_unref(score);
	for (int i = 0; i < N_STAGES; i++)
		ret_ns[i] = (double)(at[i + 1] - at[i]);
	return n_events;
}

/* Print the stages' medians, per event, and the whole in ms: median and worst. */
static void bench_file(const char *name, const struct bytes *file)
{
	static double stage_ns[N_STAGES][N_ROUNDS], total_ms[N_ROUNDS];
	char figure[64];
	uint32_t n_events = 0;

	for (int round = -N_WARM_UP; round < N_ROUNDS; round++) {
		double ns[N_STAGES], sum = 0;

		n_events = load_once(file, ns);
		if (round < 0)
			continue;
		for (int i = 0; i < N_STAGES; i++) {
			stage_ns[i][round] = ns[i] / n_events;
			sum += ns[i];
		}
		total_ms[round] = sum / 1e6;
	}
	fprintf(stderr, "load: %s: %zu bytes, %u events\n", name, file->size, n_events);
	for (int i = 0; i < N_STAGES; i++) {
		bench_sort(stage_ns[i], N_ROUNDS);
		snprintf(figure, sizeof(figure), "load.%s.%s", name, stage_names[i]);
		bench_print(figure, bench_at(stage_ns[i], N_ROUNDS, 0.5), "ns/event", nullptr, 0);
	}
	bench_sort(total_ms, N_ROUNDS);
	snprintf(figure, sizeof(figure), "load.%s.total.p50", name);
	bench_print(figure, bench_at(total_ms, N_ROUNDS, 0.5), "ms", nullptr, 0);
	snprintf(figure, sizeof(figure), "load.%s.total.worst", name);
	bench_print(figure, total_ms[N_ROUNDS - 1], "ms", nullptr, 0);
}

/* A program run from start to end with its output thrown away. @return ms; -1: not found, or it failed. */
static double run_ms(const char *const argv[])
{
	posix_spawn_file_actions_t actions;
	const int64_t start_ns = bench_now_ns();
	pid_t pid;
	int status, rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	/* POSIX says that it does not write to the strings; the type is older than const. */
	rc = posix_spawnp(&pid, argv[0], &actions, nullptr, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		return -1;
	return (double)(bench_now_ns() - start_ns) / 1e6;
}

/* Ours and the peers in turn, so that all of them meet the same machine. */
static void bench_programs(const struct bytes *file)
{
	char path[] = "/tmp/mos-bench-load-XXXXXX";
	const struct {
		const char *name;
		const char *argv[5];
	} program[] = {
		{"mos-hermes", {MOS_HERMES, "check", path}},
		{"midicsv", {"midicsv", path}},
		/* the distribution's own Python sees the distribution's mido */
		{"python3-mido",
			{"/usr/bin/python3", "-c", "import mido, sys; mido.MidiFile(sys.argv[1])", path}},
	};
	enum { N_PROGRAMS = sizeof(program) / sizeof(program[0]) };
	double ms[N_PROGRAMS][N_PROCESS_ROUNDS];
	int runs[N_PROGRAMS];
	const int fd = mkstemp(path);

	if (fd < 0)
		fail(path, -errno);
	if (write(fd, file->data, file->size) != (ssize_t)file->size)
		fail(path, -EIO);
	close(fd);

	for (int i = 0; i < N_PROGRAMS; i++) {
		runs[i] = run_ms(program[i].argv) >= 0; /* and warm up */
		if (!runs[i])
			fprintf(stderr, "load: %s is not here, or refuses the file\n", program[i].name);
	}
	for (int round = 0; round < N_PROCESS_ROUNDS; round++)
		for (int i = 0; i < N_PROGRAMS; i++)
			if (runs[i])
				ms[i][round] = run_ms(program[i].argv);
	unlink(path);

	if (!runs[0])
		fail("mos-hermes check", -ENOENT);
	bench_sort(ms[0], N_PROCESS_ROUNDS);
	for (int i = 1; i < N_PROGRAMS; i++) {
		char figure[64];

		if (!runs[i])
			continue;
		bench_sort(ms[i], N_PROCESS_ROUNDS);
		snprintf(figure, sizeof(figure), "load.program.beside_%s", program[i].name);
		bench_print(figure, bench_at(ms[0], N_PROCESS_ROUNDS, 0.5), "ms", program[i].name,
			bench_at(ms[i], N_PROCESS_ROUNDS, 0.5));
	}
}

int main(void)
{
	struct bytes demo = read_whole_file(DEMO_MIDI);
	struct bytes big = make_big_file();

	bench_file("demo", &demo);
	bench_file("big", &big);
	bench_programs(&big);
	free(big.data);
	score_free(&score_heap, demo.data);
	return EXIT_SUCCESS;
}
