/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/pitch.h>

#define QUIET_MAX 8u /* looks that a pitch stays after it was heard last: 200 ms */
#define NEEDLE_HALF 25
#define JUMP_CENTS 80.0 /* another note, not another moment of this one */
#define IN_TUNE_CENTS 3.0
#define STRING_REACH_CENTS 250.0

struct tuning {
	const char *name;
	uint32_t n;
	uint8_t key[TUNER_STRINGS_MAX]; /* highest string first */
};

static const struct tuning tunings[] = {
	{"chromatic", 0, {0}},
	{"guitar", 6, {64, 59, 55, 50, 45, 40}},
	{"drop-d", 6, {64, 59, 55, 50, 45, 38}},
	{"dadgad", 6, {62, 57, 55, 50, 45, 38}},
	{"open-g", 6, {62, 59, 55, 50, 43, 38}},
	{"bass", 4, {43, 38, 33, 28}},
	{"bass-5", 5, {43, 38, 33, 28, 23}},
	{"ukulele", 4, {69, 64, 60, 67}},
	{"violin", 4, {76, 69, 62, 55}},
	{"viola", 4, {69, 62, 55, 48}},
	{"cello", 4, {57, 50, 43, 36}},
};
#define N_TUNINGS (sizeof(tunings) / sizeof(tunings[0]))

const char *tuner_tuning_name(uint32_t i)
{
	return i < N_TUNINGS ? tunings[i].name : NULL;
}

uint32_t tuner_tuning_keys(const char *name, uint8_t ret_key[static TUNER_STRINGS_MAX])
{
	for (uint32_t t = 0; name && t < N_TUNINGS; t++) {
		if (strcmp(name, tunings[t].name) != 0)
			continue;
		memcpy(ret_key, tunings[t].key, sizeof(tunings[t].key));
		return tunings[t].n;
	}
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double cents_between(double hz, double from)
{
	return 1200 * log2(hz / from);
}

static double median(const struct tuner_view *v)
{
	double sorted[VIEW_MEDIAN];

	memcpy(sorted, v->recent, sizeof(sorted));
	qsort(sorted, v->n_recent, sizeof(double), by_size);
	return sorted[v->n_recent / 2];
}

/* Two looks that agree on another note begin anew there. */
static void keep(struct tuner_view *v, double hz)
{
	if (v->n_recent >= 2 && fabs(cents_between(hz, median(v))) > JUMP_CENTS &&
		fabs(cents_between(hz, v->recent[v->n_recent - 1])) < JUMP_CENTS) {
		v->recent[0] = v->recent[v->n_recent - 1];
		v->n_recent = 1;
	}
	if (v->n_recent == VIEW_MEDIAN)
		memmove(v->recent, v->recent + 1, --v->n_recent * sizeof(double));
	v->recent[v->n_recent++] = hz;
}

static void find_string(const struct tuner_view *v, struct tuner_reading *r)
{
	double nearest = STRING_REACH_CENTS;

	for (uint32_t t = 0; t < N_TUNINGS; t++) {
		if (!v->tuning || strcmp(v->tuning, tunings[t].name) != 0)
			continue;
		for (uint32_t s = 0; s < tunings[t].n; s++) {
			double cents = cents_between(r->hz, mos_key_to_hz(tunings[t].key[s], v->a4_hz));

			if (fabs(cents) >= nearest)
				continue;
			nearest = fabs(cents);
			r->string = (int)s + 1;
			r->string_cents = cents;
		}
	}
}

struct tuner_reading tuner_view_step(struct tuner_view *v, struct mos_pitch_found found)
{
	struct tuner_reading r = {.confidence = found.confidence};

	if (found.hz > 0 && found.confidence >= v->min_confidence) {
		keep(v, found.hz);
		v->quiet = 0;
	} else if (++v->quiet > QUIET_MAX) {
		v->n_recent = 0;
	}
	if (v->n_recent == 0)
		return (struct tuner_reading){0};
	r.hz = median(v);
	r.key = mos_key_from_hz(r.hz, v->a4_hz, &r.cents);
	if (r.key < 0)
		return (struct tuner_reading){0};
	find_string(v, &r);
	return r;
}

/* "-50 ......|..o...... +50" */
static void draw_needle(double cents, char ret[static 2 * NEEDLE_HALF + 2])
{
	int at = (int)lround(cents / 50 * NEEDLE_HALF);

	memset(ret, '-', 2 * NEEDLE_HALF + 1);
	ret[2 * NEEDLE_HALF + 1] = 0;
	ret[NEEDLE_HALF] = '|';
	at = at < -NEEDLE_HALF ? -NEEDLE_HALF : at > NEEDLE_HALF ? NEEDLE_HALF : at;
	ret[NEEDLE_HALF + at] = fabs(cents) <= IN_TUNE_CENTS ? '*' : 'O';
}

void tuner_view_text(const struct tuner_view *v, const struct tuner_reading *r, char *ret, size_t size)
{
	char name[8], needle[2 * NEEDLE_HALF + 2], string[48] = "";
	double cents = r->string ? r->string_cents : r->cents;

	if (r->hz <= 0) {
		snprintf(ret, size, "--\nA4 = %.1f Hz, %s\n", v->a4_hz, v->tuning ? v->tuning : "chromatic");
		return;
	}
	if (mos_pitch_format(mos_pitch_spell((uint8_t)r->key, 0), name, sizeof(name)) < 0)
		name[0] = 0;
	draw_needle(cents, needle);
	if (r->string)
		snprintf(string, sizeof(string), "   string %d %s", r->string,
			fabs(cents) <= IN_TUNE_CENTS ? "in tune"
			: cents > 0                  ? "too high"
						     : "too low");
	snprintf(ret, size, "%-4s %8.2f Hz  %+6.1f cents%s\n-50 %s +50\nA4 = %.1f Hz, %s, %2.0f %% sure\n",
		name, r->hz, cents, string, needle, v->a4_hz, v->tuning ? v->tuning : "chromatic",
		100 * r->confidence);
}

struct mos_event tuner_view_event(const struct tuner_view *v, const struct tuner_reading *r)
{
	struct mos_event ev = {.tick = INT64_MIN, .type = MOS_EVENT_TUNER_PITCH};

	ev.u.pitch.a4_deci_hz = (uint16_t)lround(v->a4_hz * 10);
	if (r->hz <= 0)
		return ev;
	ev.u.pitch.milli_hz = (uint32_t)lround(r->hz * 1000);
	ev.u.pitch.centi_cents = (int32_t)lround(r->cents * 100);
	ev.u.pitch.key = (uint8_t)r->key;
	ev.u.pitch.confidence = (uint8_t)lround(r->confidence * 255);
	return ev;
}
