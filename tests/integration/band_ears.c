/* SPDX-License-Identifier: MIT */
#include "band_ears.h"

#include <criterion/criterion.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NOTES 100000u
#define HOP_S 0.00025
#define BACK_HOPS 40        /* 10 ms: a stroke is louder than all of them */
#define REFRACTORY_HOPS 120 /* 30 ms */
#define STROKE_HOPS 32      /* 8 ms: it is at its loudest */
#define RISE 8.0
#define FLOOR 1e-7 /* mean square of the slope: -70 dB */

/* Tempo changes of track 0, in order. */
struct tempo {
	long tick;
	double us;
};

static double seconds_at(const struct tempo *tempo, unsigned int n, long tick, long ppq)
{
	double at = 0, us = 500'000;
	long from = 0;

	for (unsigned int i = 0; i < n && tempo[i].tick <= tick; i++) {
		at += (double)(tempo[i].tick - from) * us / (double)ppq / 1e6;
		from = tempo[i].tick;
		us = tempo[i].us;
	}
	return at + (double)(tick - from) * us / (double)ppq / 1e6;
}

static int by_time(const void *a, const void *b)
{
	const struct ears_note *x = a, *y = b;

	if (x->at_s != y->at_s)
		return x->at_s < y->at_s ? -1 : 1;
	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/* The oldest note of the key that has no end yet. */
static void end_note(struct ears_notes *notes, const struct ears_note *end)
{
	for (unsigned int i = 0; i < notes->n; i++) {
		struct ears_note *note = &notes->note[i];
		if (note->end_s < 0 && note->track == end->track && note->channel == end->channel &&
			note->key == end->key) {
			note->end_s = end->at_s;
			return;
		}
	}
}

struct ears_notes ears_read_midi(const char *path)
{
	struct ears_notes ret = {.note = calloc(MAX_NOTES, sizeof(*ret.note))};
	static struct tempo tempo[1024];
	unsigned int n_tempos = 0, track, channel, key, velocity;
	char command[512], line[1024], what[32];
	long tick, ppq = 0, value;
	FILE *from;

	(void)snprintf(command, sizeof(command), "midicsv '%s'", path);
	from = popen(command, "r");
	cr_assert(from && ret.note);
	while (fgets(line, sizeof(line), from)) {
		if (sscanf(line, "0, 0, Header, %*d, %*d, %ld", &ppq) == 1)
			continue;
		if (sscanf(line, "%u, %ld, Tempo, %ld", &track, &tick, &value) == 3) {
			cr_assert_lt(n_tempos, sizeof(tempo) / sizeof(tempo[0]));
			tempo[n_tempos++] = (struct tempo){tick, (double)value};
		}
		if (sscanf(line, "%u, %ld, %31[A-Za-z_], %u, %u, %u", &track, &tick, what, &channel, &key,
			    &velocity) != 6 ||
			strncmp(what, "Note_", 5) != 0)
			continue;
		const double at = seconds_at(tempo, n_tempos, tick, ppq);
		const struct ears_note note = {
			at, -1, (uint8_t)track, (uint8_t)channel, (uint8_t)key, (uint8_t)velocity};
		cr_assert_lt(ret.n, MAX_NOTES);
		if (strcmp(what, "Note_on_c") == 0 && velocity > 0)
			ret.note[ret.n++] = note;
		else
			end_note(&ret, &note);
	}
	cr_assert_eq(pclose(from), 0, "midicsv refuses %s", path);
	qsort(ret.note, ret.n, sizeof(*ret.note), by_time);
	return ret;
}

struct ears_sound ears_read_wav(const char *path)
{
	SF_INFO info = {0};
	SNDFILE *f = sf_open(path, SFM_READ, &info);

	cr_assert_not_null(f, "%s: %s", path, sf_strerror(NULL));
	cr_assert_eq(info.channels, 2);
	struct ears_sound ret = {.n_frames = (uint64_t)info.frames, .rate_hz = (uint32_t)info.samplerate};
	float *both = calloc(ret.n_frames + 1, 2 * sizeof(float));
	for (int c = 0; c < 2; c++)
		ret.channel[c] = calloc(ret.n_frames + 1, sizeof(float));
	cr_assert(both && ret.channel[0] && ret.channel[1]);
	cr_assert_eq(sf_readf_float(f, both, info.frames), info.frames);
	for (uint64_t i = 0; i < 2 * ret.n_frames; i++)
		ret.channel[i % 2][i / 2] = both[i];
	free(both);
	sf_close(f);
	return ret;
}

void ears_sound_free(struct ears_sound *sound)
{
	free(sound->channel[0]);
	free(sound->channel[1]);
	*sound = (struct ears_sound){0};
}

static double hop_energy(const struct ears_sound *sound, uint64_t hop, uint64_t len)
{
	double sum = 0;

	for (int c = 0; c < 2; c++)
		for (uint64_t i = hop * len; i < (hop + 1) * len; i++) {
			const double slope = sound->channel[c][i] - (i > 0 ? sound->channel[c][i - 1] : 0);
			sum += slope * slope;
		}
	return sum / (double)len;
}

/* Where a stroke begins does not depend on how hard it is: the first hop that has a fiftieth of its loudest.
 */
static uint64_t begin_of(const double *energy, uint64_t hop, uint64_t n)
{
	double loudest = 0;

	for (uint64_t i = hop; i < hop + STROKE_HOPS && i < n; i++)
		loudest = fmax(loudest, energy[i]);
	while (energy[hop] < loudest / 50)
		hop++;
	return hop;
}

unsigned int ears_strokes(const struct ears_sound *sound, double *ret_s, unsigned int max)
{
	const uint64_t len = (uint64_t)(HOP_S * sound->rate_hz), n = sound->n_frames / len;
	double *energy = calloc(n + 1, sizeof(*energy));
	uint64_t next = 0;
	unsigned int found = 0;

	cr_assert_not_null(energy);
	for (uint64_t hop = 0; hop < n; hop++)
		energy[hop] = hop_energy(sound, hop, len);
	for (uint64_t hop = 0; hop < n; hop++) {
		double before = 0;
		/* The hops just before may be the stroke's own begin. */
		for (uint64_t back = 3; back <= BACK_HOPS && back <= hop; back++)
			before = fmax(before, energy[hop - back]);
		if (energy[hop] > FLOOR && energy[hop] > RISE * before && hop >= next && found < max) {
			ret_s[found++] = (double)(begin_of(energy, hop, n) * len) / sound->rate_hz;
			next = hop + REFRACTORY_HOPS;
		}
	}
	free(energy);
	return found;
}

double ears_peak_db(const struct ears_sound *sound, double from_s, double to_s)
{
	uint64_t i = (uint64_t)(fmax(from_s, 0) * sound->rate_hz);
	const double end = to_s * sound->rate_hz;
	float peak = 0;

	for (; i < sound->n_frames && (double)i < end; i++)
		peak = fmaxf(peak, fmaxf(fabsf(sound->channel[0][i]), fabsf(sound->channel[1][i])));
	return peak > 0 ? 20 * log10((double)peak) : -200;
}
