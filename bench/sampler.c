/* SPDX-License-Identifier: MIT */
/*
 * How many voices does a core carry, and what does it cost to start one? Apollo beside FluidSynth, in one
 * process on one core: the same bank, the same notes, 4-point interpolation, effects off (and on, where the
 * name says so). Only what the audio thread does is counted; the disk's thread has the other core.
 *
 *   sampler.voices.block64    voices at which blocks of 64 frames take all of a core's time (256: of 256 frames)
 *   sampler.ns.*              the same as nanoseconds for a voice and frame: six times less than FluidSynth is the goal
 *   sampler.noteon.*          one note-on, with so many voices sounding and none left; chord: of 16 at once
 *   sampler.burst.*           256 notes in one block: notes and rendering, as a part of the block's time
 *   sampler.load.*            a bank to the first sound, and the memory that it takes
 *   sampler.workers.*         time by the clock that a block takes, with a second worker and without
 *   sampler.offline.*         a dense piece of five minutes into a file, as both do it by default, and with as many
 *                             threads each
 *   sampler.kernel.*          the inner loops alone
 *
 * Arguments: parts by name (voices, noteon, burst, load, workers, offline, kernel); none: all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "sampler.h"

#define BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"
#define ROUNDS 5
#define REPLACED_EACH 2048u /* frames */

static player_open_fn *const open_of[2] = {apollo_open, fluid_open};
static cpu_set_t any_cpu;

/* What plays has one core; threads that it makes may use the others. */
static struct player *open_pinned(uint32_t i, const struct player_options *o)
{
	struct player *p;

	sched_setaffinity(0, sizeof(any_cpu), &any_cpu);
	p = open_of[i](o);
	bench_pin(bench_nth_cpu(0));
	return p;
}

/* Programs whose notes last: bars of organ, strings, voices, brass, reeds, pipes, synthesizers. */
static const uint8_t lasting[53] = {16, 17, 18, 19, 20, 21, 22, 23, 40, 41, 42, 43, 44, 48, 49, 50, 51, 52,
	53, 54, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 78, 79,
	80, 81, 82, 83, 84, 85, 88, 89, 90, 91};

/* Start notes until so many voices sound. `n_programs` 1: one preset, whose samples stay in the cache. */
static void fill(struct player *p, uint32_t n_voices, uint32_t n_programs)
{
	uint32_t n = 0, channel, set = 0;

	for (uint32_t round = 0; round < 4 * 5 * 61 && p->voices(p) < n_voices; round++) {
		for (uint32_t i = 0; i < 15; i++) {
			channel = i < 9 ? i : i + 1;
			if (set < 15 || n_programs > 15)
				p->program(p, channel, lasting[n_programs == 1 ? 0 : set++ % n_programs]);
			if (n_programs == 1)
				set++;
			p->note_on(p, channel, (uint8_t)(36 + n % 48), (uint8_t)(50 + n * 7 % 70));
			n++;
		}
		p->render(p, 64);
		p->settle(p);
	}
}

/* What this thread has computed: other programs on the machine count for nobody. */
static int64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ns a voice and frame over half a second. Voices that end are replaced, unmeasured: how long they last is another matter. */
static double cost(struct player *p, uint32_t block, uint32_t n_voices, uint32_t n_programs)
{
	uint64_t frames = 0;
	int64_t spent_ns = 0, from_ns;

	for (uint32_t i = 0; i < RATE_HZ / 2; i += block) {
		if (i % REPLACED_EACH < block)
			fill(p, n_voices, n_programs);
		frames += (uint64_t)p->voices(p) * block;
		from_ns = cpu_ns();
		p->render(p, block);
		spent_ns += cpu_ns() - from_ns;
		p->settle(p);
	}
	return (double)spent_ns / (double)frames;
}

static void voices_of(
	const char *name, uint32_t n_voices, uint32_t n_programs, uint32_t block, int has_effects)
{
	double ns[2][ROUNDS];
	char text[80];
	struct player *p[2];

	for (uint32_t i = 0; i < 2; i++) {
		p[i] = open_pinned(i, &(struct player_options){BANK, 8192, has_effects});
		if (!p[i])
			return;
		fill(p[i], n_voices, n_programs);
	}
	for (uint32_t r = 0; r < ROUNDS; r++) /* in turn: what disturbs the machine disturbs both */
		for (uint32_t i = 0; i < 2; i++)
			ns[i][r] = cost(p[i], block, n_voices, n_programs);
	fprintf(stderr, "sampler.%s: %u voices, FluidSynth's %u\n", name, p[0]->voices(p[0]), p[1]->voices(p[1]));
	for (uint32_t i = 0; i < 2; i++) {
		bench_sort(ns[i], ROUNDS);
		p[i]->close(p[i]);
	}
	snprintf(text, sizeof(text), "sampler.voices.%s", name);
	bench_print(text, 1e9 / RATE_HZ / ns[0][0], "voices", "fluidsynth", 1e9 / RATE_HZ / ns[1][0]);
	snprintf(text, sizeof(text), "sampler.ns.%s", name);
	bench_print(text, ns[0][0], "ns/voice-sample", "fluidsynth", ns[1][0]);
}

static void voices(void)
{
	voices_of("block64", 1000, 53, 64, 0);
	voices_of("block256", 1000, 53, 256, 0);
	voices_of("one_preset.block64", 1000, 1, 64, 0);
	voices_of("one_preset.block256", 1000, 1, 256, 0);
	voices_of("effects.block64", 1000, 53, 64, 1);
	voices_of("effects.block256", 1000, 53, 256, 1);
	voices_of("few.block64", 64, 53, 64, 0);
}

#define NOTES 2000u

/* Note-ons with all voices taken: each has to take one from another. So many one after the other in each block. */
static void noteon_of(const char *name, uint32_t polyphony, uint32_t chord)
{
	static double us[2][NOTES];
	char text[80];
	struct player *p;

	for (uint32_t i = 0; i < 2; i++) {
		p = open_pinned(i, &(struct player_options){BANK, polyphony, 0});
		if (!p)
			return;
		fill(p, polyphony - 4, 53);
		for (uint32_t n = 0; n < NOTES; n++) {
			int64_t from_ns;

			if (n % chord == 0)
				p->note_off(p, 15, 0); /* a block has begun: that is no note's work */
			from_ns = bench_now_ns();
			p->note_on(p, n % 9, (uint8_t)(36 + n * 5 % 48), (uint8_t)(40 + n % 80));
			us[i][n] = (double)(bench_now_ns() - from_ns) * 1e-3;
			if ((n + 1) % chord)
				continue;
			p->render(p, 64);
			p->settle(p);
		}
		bench_sort(us[i], NOTES);
		p->close(p);
	}
	snprintf(text, sizeof(text), "sampler.noteon.%sp50", name);
	bench_print(text, bench_at(us[0], NOTES, 0.5), "us", "fluidsynth", bench_at(us[1], NOTES, 0.5));
	snprintf(text, sizeof(text), "sampler.noteon.%sp99", name);
	bench_print(text, bench_at(us[0], NOTES, 0.99), "us", "fluidsynth", bench_at(us[1], NOTES, 0.99));
}

static void noteon(void)
{
	noteon_of("", 256, 1);
	noteon_of("chord.", 256, 16);
	noteon_of("polyphony4096.", 4096, 1);
}

#define BURSTS 40u

/* 256 notes on 16 channels at once, each time of other keys and programs than before. */
static void burst_of(uint32_t block)
{
	double part[2][BURSTS];
	char text[80];
	struct player *p;

	for (uint32_t i = 0; i < 2; i++) {
		p = open_pinned(i, &(struct player_options){BANK, 1024, 0});
		if (!p)
			return;
		for (uint32_t n = 0; n < BURSTS; n++) {
			int64_t from_ns;

			for (uint32_t ch = 0; ch < 16; ch++)
				if (ch != 9)
					p->program(p, ch, (n * 16 + ch) % 128);
			p->render(p, block);
			from_ns = bench_now_ns();
			for (uint32_t k = 0; k < 256; k++)
				p->note_on(p, k % 16, (uint8_t)(36 + (n + k / 16 * 3) % 60),
					(uint8_t)(40 + k % 80));
			p->render(p, block);
			part[i][n] = (double)(bench_now_ns() - from_ns) * 1e-9 * RATE_HZ / block * 100;
			p->settle(p);
			for (uint32_t k = 0; k < 256; k++)
				p->note_off(p, k % 16, (uint8_t)(36 + (n + k / 16 * 3) % 60));
			for (uint32_t k = 0; k < RATE_HZ; k += block) {
				p->render(p, block);
				p->settle(p);
			}
		}
		bench_sort(part[i], BURSTS);
		p->close(p);
	}
	snprintf(text, sizeof(text), "sampler.burst.block%u.p50", block);
	bench_print(text, part[0][BURSTS / 2], "%", "fluidsynth", part[1][BURSTS / 2]);
	snprintf(text, sizeof(text), "sampler.burst.block%u.worst", block);
	bench_print(text, part[0][BURSTS - 1], "%", "fluidsynth", part[1][BURSTS - 1]);
}

static void burst(void)
{
	burst_of(64);
	burst_of(256);
}

struct loaded {
	double ms, kib;
};

/* A line of /proc/self/status, in KiB. */
static double status_kib(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[200];
	double kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			kib = strtod(line + strlen(key), NULL);
	if (f)
		fclose(f);
	return kib;
}

/* In a process of its own: from nothing to the first block that is not silent. */
static struct loaded load_once(player_open_fn *open)
{
	struct loaded done = {0};
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		return done;
	if (pid == 0) {
		double before = status_kib("RssAnon:");
		int64_t from_ns = bench_now_ns();
		struct player *p = open(&(struct player_options){BANK, 256, 0});
		float loudest = 0;

		if (p)
			p->note_on(p, 0, 60, 100);
		for (uint32_t i = 0; p && loudest < 1e-4f && i < 1000; i++) {
			p->render(p, 64);
			for (uint32_t k = 0; k < 64; k++)
				loudest = p->l[k] > loudest ? p->l[k] : loudest;
		}
		done.ms = (double)(bench_now_ns() - from_ns) * 1e-6;
		done.kib = status_kib("RssAnon:") - before;
		if (p)
			(void)!write(fds[1], &done, sizeof(done));
		_exit(0);
	}
	close(fds[1]);
	(void)!read(fds[0], &done, sizeof(done));
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return done;
}

static void load(void)
{
	double ms[2][ROUNDS];
	struct loaded one[2];

	for (uint32_t r = 0; r < ROUNDS; r++)
		for (uint32_t i = 0; i < 2; i++) {
			sched_setaffinity(0, sizeof(any_cpu), &any_cpu);
			one[i] = load_once(open_of[i]);
			ms[i][r] = one[i].ms;
		}
	for (uint32_t i = 0; i < 2; i++)
		bench_sort(ms[i], ROUNDS);
	bench_print("sampler.load.first_sound", ms[0][ROUNDS / 2], "ms", "fluidsynth", ms[1][ROUNDS / 2]);
	bench_print("sampler.load.memory", one[0].kib / 1024, "MiB", "fluidsynth", one[1].kib / 1024);
}

/* Blocks come when they are due, so the worker sleeps in between. */
static double wall_us(struct player *p, uint32_t block)
{
	static double us[RATE_HZ / 2 / 64];
	int64_t due_ns = bench_now_ns();
	uint32_t n = 0;

	for (uint32_t i = 0; i < RATE_HZ / 2; i += block, due_ns += INT64_C(1000000000) * block / RATE_HZ) {
		int64_t from_ns;

		while (bench_now_ns() < due_ns)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
				&(struct timespec){due_ns / 1000000000, due_ns % 1000000000}, NULL);
		from_ns = bench_now_ns();
		p->render(p, block);
		us[n++] = (double)(bench_now_ns() - from_ns) * 1e-3;
		p->settle(p);
	}
	bench_sort(us, n);
	return us[n / 2];
}

static void workers_of(uint32_t n_voices, uint32_t block)
{
	double us[2][ROUNDS];
	struct player *p[2];
	char text[80];

	sched_setaffinity(0, sizeof(any_cpu), &any_cpu);
	for (uint32_t i = 0; i < 2; i++) {
		p[i] = apollo_open(&(struct player_options){.bank = BANK, .polyphony = 8192, .workers = i + 1});
		if (!p[i])
			return;
		fill(p[i], n_voices, 53);
	}
	for (uint32_t r = 0; r < ROUNDS; r++)
		for (uint32_t i = 0; i < 2; i++)
			us[i][r] = wall_us(p[i], block);
	for (uint32_t i = 0; i < 2; i++) {
		bench_sort(us[i], ROUNDS);
		p[i]->close(p[i]);
	}
	snprintf(text, sizeof(text), "sampler.workers.voices%u.block%u", n_voices, block);
	bench_print(text, us[1][0], "us", "one worker", us[0][0]);
}

static void workers(void)
{
	workers_of(200, 256);
	workers_of(1000, 64);
	workers_of(1000, 256);
}

static void offline(void)
{
	sched_setaffinity(0, sizeof(any_cpu), &any_cpu);
	sampler_offline(BANK);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} part[] = {{"kernel", sampler_kernels}, {"voices", voices}, {"noteon", noteon}, {"burst", burst},
		{"load", load}, {"workers", workers}, {"offline", offline}};

	sched_getaffinity(0, sizeof(any_cpu), &any_cpu);
	for (uint32_t i = 0; i < sizeof(part) / sizeof(*part); i++) {
		int wanted = argc < 2;

		for (int a = 1; a < argc; a++)
			wanted |= strcmp(argv[a], part[i].name) == 0;
		if (wanted)
			part[i].run();
	}
	return 0;
}
