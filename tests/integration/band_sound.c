/* SPDX-License-Identifier: MIT */
/*
 * Proof of sound: files of the band are rendered by FluidSynth and by TiMidity++, and heard where the file
 * says, as an independent reader reads it. Runs inside mos-session.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "band_ears.h"
#include "mosctl_band_rig.h"

#define RATE 48000
#define BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"
#define MAX_STROKES 4096

/*
 * A stroke is never heard before it is due. It is heard later by its sample's attack, 1 to 6 ms, and the
 * synthesizer's own steps; what is left, from stroke to stroke, is less than 5 ms.
 */
#define EARLY_S -0.001
#define LATE_S 0.010
#define SPREAD_S 0.005

static void setup(void)
{
	band_rig_setup();
}

static void teardown(void)
{
	band_rig_teardown();
}

TestSuite(band_sound, .init = setup, .fini = teardown, .timeout = 120);

enum { FLUIDSYNTH, TIMIDITY, N_SYNTHS };
static const char *const synth_name[] = {"FluidSynth", "TiMidity++"};

/* Dry: an echo is no stroke. */
static struct ears_sound render(int synth, const char *midi)
{
	const char *wav = band_rig_path("render.wav"), *config = band_rig_path("timidity.cfg");
	char command[1024];

	if (synth == FLUIDSYNTH) {
		(void)snprintf(command, sizeof(command),
			"fluidsynth -ni -q -R 0 -C 0 -g 0.8 -r %d -T wav -F '%s' " BANK
			" '%s' >/dev/null 2>&1",
			RATE, wav, midi);
	} else {
		FILE *to = fopen(config, "w");
		cr_assert(to && fputs("soundfont " BANK "\n", to) >= 0 && fclose(to) == 0);
		(void)snprintf(command, sizeof(command),
			"timidity -c '%s' -Ow -s %d -EFreverb=0 -EFchorus=0 -EFdelay=0 -o '%s' '%s' "
			">/dev/null 2>&1",
			config, RATE, wav, midi);
	}
	cr_assert_eq(system(command), 0, "%s", command);
	return ears_read_wav(wav);
}

/* Nothing is struck after the last note, and what rings has ended. */
static void expect_silence_after(
	const struct ears_sound *sound, const struct ears_notes *notes, const char *who)
{
	const double end = (double)sound->n_frames / sound->rate_hz;

	cr_expect_gt(end, notes->note[notes->n - 1].at_s, "%s: the sound ends before the music", who);
	cr_expect_lt(ears_peak_db(sound, end - 0.1, end), -60, "%s: it does not end in silence", who);
}

/* Times at which something is struck, each once. @return how many. */
static unsigned int due_times(const struct ears_notes *notes, double *ret_s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < notes->n; i++)
		if (n == 0 || notes->note[i].at_s > ret_s[n - 1] + 1e-9)
			ret_s[n++] = notes->note[i].at_s;
	return n;
}

struct matched {
	unsigned int n_due, n_heard, n_wrong;
	double median_s, worst_s; /* how late; how far from the median */
};

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Each stroke that is heard belongs to the note due last. */
static struct matched match(const struct ears_sound *sound, const struct ears_notes *notes)
{
	static double due[MAX_STROKES], heard[MAX_STROKES];
	struct matched ret = {0};
	unsigned int at = 0;

	cr_assert_lt(notes->n, (unsigned int)MAX_STROKES);
	ret.n_due = due_times(notes, due);
	ret.n_heard = ears_strokes(sound, heard, MAX_STROKES);
	for (unsigned int i = 0; i < ret.n_heard; i++) {
		while (at + 1 < ret.n_due && due[at + 1] + EARLY_S <= heard[i])
			at++;
		heard[i] -= due[at];
		ret.n_wrong += heard[i] < EARLY_S || heard[i] > LATE_S;
	}
	if (ret.n_heard == 0)
		return ret;
	qsort(heard, ret.n_heard, sizeof(heard[0]), by_size);
	ret.median_s = heard[ret.n_heard / 2];
	ret.worst_s = fmax(ret.median_s - heard[0], heard[ret.n_heard - 1] - ret.median_s);
	return ret;
}

static void print_matched(const char *what, const char *who, const struct matched *m)
{
	fprintf(stderr,
		"%s, %s: %u strokes due, %u heard, %u of them elsewhere; %.1f ms late, within %.1f ms\n",
		what, who, m->n_due, m->n_heard, m->n_wrong, m->median_s * 1e3, m->worst_s * 1e3);
}

Test(band_sound, click,
	.description = "T-64 T-23: each click of a file is heard by two synthesizers where the file has "
		       "it, within 5 ms, and no other; then silence")
{
	const char *midi = band_rig_path("click.mid");

	BAND("create", "--chords", "C", "--bars", "4", "--tempo", "133", "--without", "comp,bass,drums",
		"--click", "--count-in", "1", "-o", midi);
	band_expect(0, NULL, NULL);
	struct ears_notes notes = ears_read_midi(midi);
	cr_assert_geq(notes.n, 16, "%u clicks", notes.n);
	for (int synth = 0; synth < N_SYNTHS; synth++) {
		struct ears_sound sound = render(synth, midi);
		const struct matched m = match(&sound, &notes);
		print_matched("click", synth_name[synth], &m);
		cr_expect_eq(m.n_heard, m.n_due, "%s: %u of %u", synth_name[synth], m.n_heard, m.n_due);
		cr_expect_eq(m.n_wrong, 0, "%s: %u where none is due", synth_name[synth], m.n_wrong);
		cr_expect_lt(m.worst_s, SPREAD_S);
		expect_silence_after(&sound, &notes, synth_name[synth]);
		ears_sound_free(&sound);
	}
	free(notes.note);
}

/* What rings hides soft strokes: two thirds of them are heard, and all that is heard is due. */
Test(band_sound, drums,
	.description = "T-64: the drums of a file are heard by two synthesizers where the file has them, "
		       "within 5 ms, and nothing else is")
{
	static const char *const style[] = {"bossa", "rock", "son_clave"};
	const char *midi = band_rig_path("drums.mid");

	for (unsigned int i = 0; i < sizeof(style) / sizeof(style[0]); i++) {
		BAND("create", "--chords", "C Am F G", "--style", style[i], "--without", "comp,bass",
			"--swing", "0", "-o", midi);
		band_expect(0, NULL, NULL);
		struct ears_notes notes = ears_read_midi(midi);
		for (int synth = 0; synth < N_SYNTHS; synth++) {
			struct ears_sound sound = render(synth, midi);
			const struct matched m = match(&sound, &notes);
			print_matched(style[i], synth_name[synth], &m);
			cr_expect_eq(m.n_wrong, 0);
			cr_expect_lt(m.worst_s, SPREAD_S);
			cr_expect_geq(3 * m.n_heard, 2 * m.n_due);
			expect_silence_after(&sound, &notes, synth_name[synth]);
			ears_sound_free(&sound);
		}
		free(notes.note);
	}
}

Test(band_sound, parts,
	.description = "T-64 T-23: each part of an exported file sounds, louder than -40 dBFS within 50 ms "
		       "of its first note, on two General MIDI synthesizers")
{
	static const char *const rest[] = {"bass,drums", "comp,drums", "comp,bass"};
	char midi[512];

	for (unsigned int i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
		BAND("export", "--chords", "Dm7 G7 | Cmaj7", "--style", "swing", "--without", rest[i], "--to",
			band_rig_path("daw"));
		band_expect(0, NULL, NULL);
		(void)snprintf(midi, sizeof(midi), "%.*s/backing.mid", (int)strcspn(band_said.out, "\n"),
			band_said.out);
		struct ears_notes notes = ears_read_midi(midi);
		cr_assert_gt(notes.n, 0u, "without %s nothing is played", rest[i]);
		const double first = notes.note[0].at_s;
		for (int synth = 0; synth < N_SYNTHS; synth++) {
			struct ears_sound sound = render(synth, midi);
			const double level = ears_peak_db(&sound, first, first + 0.05);
			fprintf(stderr, "without %s, %s: %.1f dBFS\n", rest[i], synth_name[synth], level);
			cr_expect_gt(level, -40);
			cr_expect_lt(
				ears_peak_db(&sound, 0, first - 0.001), -60, "sound before the first note");
			expect_silence_after(&sound, &notes, synth_name[synth]);
			ears_sound_free(&sound);
		}
		free(notes.note);
	}
}
