/* SPDX-License-Identifier: MIT */
/*
 * Hearing chords: progressions from the chord corpus, played by FluidSynth with four sounds, through the
 * chord detector's ear. CHD-01, CHD-03. What is asserted is below what is measured, which is printed. Needs
 * MOS_CORPORA or
 * ../shared/corpora, and a General MIDI sound font (MOS_SOUNDFONT).
 */
#include <criterion/criterion.h>

#include <fluidsynth.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "detector.h"
#include "hearing.h"

#define RATE 48000
#define CHORD_S 1.0
#define N_CHORDS 8
#define N_SONGS 12
#define MAX_DELAYS (N_SONGS * N_CHORDS * 4)
#define MAX_STEPS 200000

struct progression {
	struct mos_chord chord[N_CHORDS];
};

static const struct {
	const char *name;
	int program;
} sounds[] = {{"piano", 0}, {"guitar", 24}, {"organ", 16}, {"strings", 48}};
#define N_SOUNDS (sizeof(sounds) / sizeof(sounds[0]))

/* "9:min" */
static int parse_family(const char *text, struct mos_chord *ret)
{
	static const struct {
		const char *name, *symbol;
	} families[] = {{"maj", ""}, {"min", "m"}, {"dim", "dim"}, {"aug", "aug"}, {"sus", "sus4"}};
	char *name, symbol[16];
	const int root = (int)strtol(text, &name, 10);

	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		if (*name != ':' || strcmp(name + 1, families[f].name) != 0)
			continue;
		const int n = mos_tone_format(mos_tone_on_fifths(root, -4), symbol, sizeof(symbol));

		(void)snprintf(symbol + n, sizeof(symbol) - (size_t)n, "%s", families[f].symbol);
		return mos_chord_parse(symbol, SIZE_MAX, ret, NULL) == 0;
	}
	return 0;
}

/* Songs far apart in the table, whose first eight changes are all triads that have a name. */
static int read_progressions(struct progression list[N_SONGS])
{
	const char *corpora = getenv("MOS_CORPORA");
	char path[4096], line[8192];
	int n = 0;

	if (corpora)
		(void)snprintf(path, sizeof(path), "%s/chords/expected.tsv", corpora);
	else
		(void)snprintf(
			path, sizeof(path), "%s/../shared/corpora/chords/expected.tsv", MOS_SOURCE_ROOT);

	FILE *f = fopen(path, "r");

	if (!f)
		cr_skip("no corpus at %s (set MOS_CORPORA)", path);
	for (int row = 0; n < N_SONGS && fgets(line, sizeof(line), f); row++) {
		char *cell = line, *first8 = NULL;
		int i = 0;

		if (row % 61 != 1)
			continue;
		for (int column = 0; cell; column++) {
			char *text = strsep(&cell, "\t");

			if (column == 10)
				first8 = text;
		}
		while (first8 && i < N_CHORDS) {
			char *text = strsep(&first8, " \n");

			if (!parse_family(text, &list[n].chord[i++]))
				break;
			n += i == N_CHORDS;
		}
	}
	fclose(f);
	return n;
}

static fluid_synth_t *open_synth(fluid_settings_t **ret_settings)
{
	const char *font = getenv("MOS_SOUNDFONT");

	if (!font)
		font = "/usr/share/sounds/sf2/FluidR3_GM.sf2";
	if (access(font, R_OK) != 0)
		cr_skip("no sound font at %s (set MOS_SOUNDFONT)", font);
	*ret_settings = new_fluid_settings();
	fluid_settings_setnum(*ret_settings, "synth.sample-rate", RATE);
	fluid_settings_setint(*ret_settings, "synth.dynamic-sample-loading", 1);

	fluid_synth_t *synth = new_fluid_synth(*ret_settings);

	cr_assert_neq(fluid_synth_sfload(synth, font, 1), FLUID_FAILED);
	return synth;
}

/* Root in the bass, the chord in close position around middle C, as a player would put it. @return how many
 * keys. */
static int voice(const struct mos_chord *chord, int keys[6])
{
	int n = 0;

	keys[n++] = 36 + mos_tone_class(chord->root);
	for (int key = 55; key < 67; key++) {
		if (mos_chord_pitch_classes(chord) >> (key % 12) & 1)
			keys[n++] = key;
	}
	return n;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* the machine may be busy */
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct figures {
	double heard_s, right_s, right_root_s; /* sounding time; of it: root and family right; root right */
	double late_s, right_late_s; /* the same of what is later than 0.2 s after a chord's start */
	double delay_s[MAX_DELAYS];  /* from a chord's first frame to the first right answer */
	int n_delays, n_missed;
	int n_told;                /* decisions */
	double told_s[MAX_DELAYS]; /* the same to the decision that is told */
	int n_told_right;
	double worst_step_s;
	double step_s[MAX_STEPS];
	int n_steps;
};

static int is_right(const struct mos_chord *chord, const struct mos_chord *want, int with_family)
{
	return chord->family != MOS_CHORD_NONE && mos_tone_class(chord->root) == mos_tone_class(want->root) &&
	       (!with_family || chord->family == want->family);
}

/* One hop of a chord that began `k` hops ago. */
static void listen(struct hearing *h, struct detector *d, const float *sample, const struct mos_chord *want,
	int k, int64_t now_ns, struct figures *f)
{
	struct mos_chroma chroma;
	struct detection told;
	const double start = cpu_s();

	hearing_step(h, sample, &chroma);
	detector_hear(d, &chroma, HEARING_HOP_S, now_ns);
	if (detector_tick(d, now_ns, &told)) {
		f->n_told++;
		if (is_right(&told.chord, want, 1) && f->n_told_right < MAX_DELAYS)
			f->told_s[f->n_told_right++] = (double)HEARING_HOP_S * (k + 1);
	}
	if (f->n_steps < MAX_STEPS)
		f->step_s[f->n_steps++] = cpu_s() - start;

	const double heard_s = HEARING_HOP_S;
	const double right_s = is_right(&d->heard.chord, want, 1) ? heard_s : 0;

	f->heard_s += heard_s;
	f->right_s += right_s;
	f->right_root_s += is_right(&d->heard.chord, want, 0) ? heard_s : 0;
	if ((double)k * HEARING_HOP_S >= 0.2) {
		f->late_s += heard_s;
		f->right_late_s += right_s;
	}
}

static void play(fluid_synth_t *synth, int program, const struct progression *p, struct figures *f)
{
	static struct detector d;
	struct hearing *h = hearing_create(RATE);
	const unsigned int hop = hearing_hop(h);
	const int64_t hop_ns = (int64_t)(HEARING_HOP_S * 1e9f);
	int64_t now_ns = 1000000000;
	float left[8192], right[8192];

	cr_assert_leq(hop, 8192);
	detector_init(&d);
	fluid_synth_system_reset(synth);
	fluid_synth_program_change(synth, 0, program);
	for (int c = 0; c < N_CHORDS; c++) {
		const int n_hops = (int)(CHORD_S * RATE / hop);
		int keys[6], is_found = 0;
		const int n = voice(&p->chord[c], keys);

		for (int k = 0; k < n_hops; k++) {
			if (k == 0 || k == n_hops / 2) { /* struck twice */
				for (int i = 0; i < n; i++)
					fluid_synth_noteon(synth, 0, keys[i], i ? 70 : 80);
			}
			fluid_synth_write_float(synth, (int)hop, left, 0, 1, right, 0, 1);
			if (k == n_hops - 2) {
				for (int i = 0; i < n; i++)
					fluid_synth_noteoff(synth, 0, keys[i]);
			}
			for (unsigned int i = 0; i < hop; i++)
				left[i] = (left[i] + right[i]) / 2;
			now_ns += hop_ns;
			listen(h, &d, left, &p->chord[c], k, now_ns, f);
			if (!is_found && is_right(&d.heard.chord, &p->chord[c], 1)) {
				is_found = 1;
				f->delay_s[f->n_delays++] = (double)HEARING_HOP_S * (k + 1);
			}
		}
		f->n_missed += !is_found;
	}
	hearing_destroy(h);
}

/* Play them all with all sounds; what was measured is printed, and summed up in `total`. */
static void measure(const struct progression *list, int n_songs, struct figures *total)
{
	fluid_settings_t *settings;
	fluid_synth_t *synth = open_synth(&settings);

	for (size_t s = 0; s < N_SOUNDS; s++) {
		const struct figures before = *total;

		for (int i = 0; i < n_songs; i++)
			play(synth, sounds[s].program, &list[i], total);
		cr_log_info("%-8s root and family %.1f %% of the time, %.1f %% from 0.2 s on; root %.1f %%",
			sounds[s].name,
			100 * (total->right_s - before.right_s) / (total->heard_s - before.heard_s),
			100 * (total->right_late_s - before.right_late_s) / (total->late_s - before.late_s),
			100 * (total->right_root_s - before.right_root_s) /
				(total->heard_s - before.heard_s));
	}
	delete_fluid_synth(synth);
	delete_fluid_settings(settings);
	qsort(total->delay_s, (size_t)total->n_delays, sizeof(double), by_size);
	qsort(total->step_s, (size_t)total->n_steps, sizeof(double), by_size);
	cr_log_info("all      root and family %.1f %%, from 0.2 s on %.1f %%; of %d chords %d never found; "
		    "%d decisions",
		100 * total->right_s / total->heard_s, 100 * total->right_late_s / total->late_s,
		n_songs * N_CHORDS * (int)N_SOUNDS, total->n_missed, total->n_told);
	qsort(total->told_s, (size_t)total->n_told_right, sizeof(double), by_size);
	cr_log_info("right decisions %d, from a chord's first frame: median %.0f ms, 9 of 10 within %.0f ms",
		total->n_told_right, 1e3 * total->told_s[total->n_told_right / 2],
		1e3 * total->told_s[total->n_told_right * 9 / 10]);
	cr_log_info("from a chord's first frame to its name: median %.0f ms, p99 %.0f ms; from the newest "
		    "frame to the "
		    "answer: hop %.1f ms + compute p99 %.2f ms",
		1e3 * total->delay_s[total->n_delays / 2], 1e3 * total->delay_s[total->n_delays * 99 / 100],
		1e3 * HEARING_HOP_S, 1e3 * total->step_s[(int64_t)total->n_steps * 99 / 100]);
}

Test(chords_audio, progressions, .timeout = 170,
	.description = "CHD-01 CHD-03: twelve progressions with four sounds: root and family by time")
{
	static struct progression list[N_SONGS];
	static struct figures total;
	const int n_songs = read_progressions(list);

	cr_assert_eq(n_songs, N_SONGS);
	measure(list, n_songs, &total);
	cr_expect_gt(total.right_s / total.heard_s, 0.85, "%.3f", total.right_s / total.heard_s);
	cr_expect_gt(total.right_late_s / total.late_s, 0.9, "%.3f", total.right_late_s / total.late_s);
	cr_expect_lt(total.delay_s[total.n_delays / 2], 0.2, "%.3f s", total.delay_s[total.n_delays / 2]);
	cr_expect_lt(
		total.told_s[total.n_told_right / 2], 0.2, "%.3f s", total.told_s[total.n_told_right / 2]);
	/* the machine may be busy: of the time that the machine gives */
	cr_expect_lt(HEARING_HOP_S + total.step_s[(int64_t)total.n_steps * 99 / 100], 0.05);
}

Test(chords_audio, sevenths, .timeout = 170, .description = "CHD-01: seventh chords in close position")
{
	static const char *const songs[][N_CHORDS] = {
		{"Dm7", "G7", "Cmaj7", "Am7", "Dm7", "G7", "Cmaj7", "C7"},
		{"Fm7", "Bbm7", "Eb7", "Abmaj7", "Dbmaj7", "G7", "Cmaj7", "C7"},
		{"Bm7", "E7", "Amaj7", "F#m7", "Bm7", "E7", "C#m7", "F#7"},
		{"Cm7", "Fm7", "Bb7", "Ebmaj7", "Abmaj7", "D7", "Gm7", "G7"},
	};
	static struct progression list[4];
	static struct figures total;

	for (int i = 0; i < 4; i++) {
		for (int c = 0; c < N_CHORDS; c++)
			cr_assert_eq(mos_chord_parse(songs[i][c], SIZE_MAX, &list[i].chord[c], NULL), 0);
	}
	measure(list, 4, &total);
	cr_expect_gt(total.right_late_s / total.late_s, 0.8, "%.3f", total.right_late_s / total.late_s);
}
