/* SPDX-License-Identifier: MIT */
/*
 * Five minutes for a full orchestra into a 16-bit WAV file, effects off: Apollo in a process of its own
 * beside `fluidsynth -F` with the same notes as a MIDI file, both from nothing to the finished file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sndfile.h>

#include "bench.h"
#include "sampler.h"

#define STEPS 1200u /* eighth notes at 120 a minute */
#define STEP_FRAMES (RATE_HZ / 4)
#define TICKS 48u /* a step's */
#define CHORD 4u

static const uint8_t orchestra[16] = {48, 49, 40, 42, 60, 61, 56, 57, 68, 0, 71, 73, 52, 19, 24, 0};

/* Key of a chord's note; on the channel of drums what a kit has. */
static uint8_t key_of(uint32_t step, uint32_t channel, uint32_t n)
{
	static const uint8_t root[8] = {0, 9, 5, 7, 2, 10, 3, 8}, third[CHORD] = {0, 4, 7, 12};

	if (channel == 9)
		return (uint8_t)(36 + (step * 5 + n * 3) % 24);
	return (uint8_t)(40 + root[step / 4 % 8] + third[n] + channel % 4 * 7);
}

/* Notes last two steps: each step starts some and ends those of two steps ago. */
static void play_step(struct player *p, uint32_t step)
{
	for (uint32_t ch = 0; ch < 16; ch++)
		for (uint32_t n = 0; n < CHORD; n++) {
			if (step >= 2)
				p->note_off(p, ch, key_of(step - 2, ch, n));
			if (step < STEPS)
				p->note_on(p, ch, key_of(step, ch, n),
					(uint8_t)(60 + (step + ch * 7 + n * 3) % 60));
		}
}

static int play(const char *bank, uint32_t n_workers, const char *path)
{
	struct player *p = apollo_open(&(struct player_options){
		.bank = bank, .polyphony = 1024, .workers = n_workers, .is_offline = 1});
	SF_INFO info = {.samplerate = RATE_HZ, .channels = 2, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	SNDFILE *f = p ? sf_open(path, SFM_WRITE, &info) : NULL;
	float both[2 * BLOCK_LONGEST];
	uint64_t voices = 0;

	if (!f)
		return -1;
	for (uint32_t ch = 0; ch < 16; ch++)
		if (ch != 9)
			p->program(p, ch, orchestra[ch]);
	for (uint32_t step = 0; step < STEPS + 4; step++) {
		play_step(p, step);
		for (uint32_t at = 0, n; at < STEP_FRAMES; at += n) {
			n = STEP_FRAMES - at < BLOCK_LONGEST ? STEP_FRAMES - at : BLOCK_LONGEST;
			p->render(p, n);
			p->settle(p);
			voices += (uint64_t)p->voices(p) * n;
			for (uint32_t i = 0; i < n; i++)
				both[2 * i] = p->l[i], both[2 * i + 1] = p->r[i];
			sf_writef_float(f, both, n);
		}
	}
	fprintf(stderr, "sampler.offline: %.0f voices on average\n",
		(double)voices / (STEPS + 4) / STEP_FRAMES);
	return sf_close(f);
}

struct midi {
	uint8_t bytes[2 * 1024 * 1024];
	size_t n;
};

static void put(struct midi *m, uint32_t delta, uint32_t status, uint32_t d1, uint32_t d2)
{
	if (delta >= 128)
		m->bytes[m->n++] = (uint8_t)(0x80 | delta >> 7);
	m->bytes[m->n++] = delta & 127;
	m->bytes[m->n++] = (uint8_t)status;
	m->bytes[m->n++] = (uint8_t)d1;
	if (status >> 4 != 0xc)
		m->bytes[m->n++] = (uint8_t)d2;
}

static int write_midi(const char *path)
{
	static struct midi m;
	static const uint8_t head[] = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 0, 0, 1, 0, 2 * TICKS, 'M', 'T',
		'r', 'k', 0, 0, 0, 0, 0, 0xff, 0x51, 3, 0x07, 0xa1, 0x20};
	FILE *f = fopen(path, "wb");
	uint32_t wait;

	if (!f)
		return -1;
	memcpy(m.bytes, head, sizeof(head));
	m.n = sizeof(head);
	for (uint32_t ch = 0; ch < 16; ch++)
		if (ch != 9)
			put(&m, 0, 0xc0 | ch, orchestra[ch], 0);
	for (uint32_t step = 0; step < STEPS + 2; step++) {
		wait = step ? TICKS : 0;
		for (uint32_t ch = 0; ch < 16; ch++)
			for (uint32_t n = 0; n < CHORD; n++, wait = 0) {
				if (step >= 2)
					put(&m, wait, 0x80 | ch, key_of(step - 2, ch, n), 0), wait = 0;
				if (step < STEPS)
					put(&m, wait, 0x90 | ch, key_of(step, ch, n),
						60 + (step + ch * 7 + n * 3) % 60);
			}
	}
	memcpy(m.bytes + m.n, (uint8_t[]){TICKS, 0xff, 0x2f, 0}, 4);
	m.n += 4;
	for (uint32_t i = 0; i < 4; i++)
		m.bytes[18 + i] = (uint8_t)((m.n - 22) >> (24 - 8 * i));
	fwrite(m.bytes, 1, m.n, f);
	return fclose(f);
}

static double seconds_of(pid_t pid, int64_t from_ns)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status == 0 ? (double)(bench_now_ns() - from_ns) * 1e-9 : 0;
}

static double play_ours(const char *bank, uint32_t n_threads, const char *wav)
{
	int64_t from_ns = bench_now_ns();
	pid_t pid = fork();

	if (pid == 0)
		_exit(play(bank, n_threads, wav) != 0);
	return seconds_of(pid, from_ns);
}

static double play_theirs(const char *bank, uint32_t n_threads, const char *wav, const char *midi)
{
	int64_t from_ns = bench_now_ns();
	pid_t pid = fork();

	if (pid == 0) {
		int nowhere = open("/dev/null", O_WRONLY);

		dup2(nowhere, STDOUT_FILENO);
		execlp("fluidsynth", "fluidsynth", "-n", "-i", "-q", "-R", "0", "-C", "0", "-r", "48000",
			"-g", "0.5", "-o", "synth.polyphony=1024", "-o",
			n_threads > 1 ? "synth.cpu-cores=2" : "synth.cpu-cores=1", "-F", wav, bank, midi,
			(char *)NULL);
		_exit(127);
	}
	return seconds_of(pid, from_ns);
}

void sampler_offline(const char *bank)
{
	char dir[] = "/tmp/bench-sampler-XXXXXX", midi[64], wav[2][64];
	double ours[2], theirs[2];

	if (!mkdtemp(dir))
		return;
	snprintf(midi, sizeof(midi), "%s/piece.mid", dir);
	snprintf(wav[0], sizeof(wav[0]), "%s/apollo.wav", dir);
	snprintf(wav[1], sizeof(wav[1]), "%s/fluidsynth.wav", dir);
	write_midi(midi);
	for (uint32_t i = 0; i < 2; i++) {
		ours[i] = play_ours(bank, i + 1, wav[0]);
		theirs[i] = play_theirs(bank, i + 1, wav[1], midi);
	}
	if (ours[0] > 0 && ours[1] > 0 && theirs[0] > 0 && theirs[1] > 0) {
		bench_print("sampler.offline.dense", ours[1], "s", "fluidsynth -F", theirs[0]);
		bench_print("sampler.offline.dense.one_worker", ours[0], "s", "fluidsynth -F", theirs[0]);
		bench_print("sampler.offline.dense.two_cores", ours[1], "s", "fluidsynth -F, two cores", theirs[1]);
	}
	if (!getenv("MOS_BENCH_KEEP")) {
		unlink(wav[0]);
		unlink(wav[1]);
		unlink(midi);
		rmdir(dir);
	}
}
