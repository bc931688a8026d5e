/* SPDX-License-Identifier: MIT */
/* What the hands take of a chord: voicings, bass notes, and chords moved to other roots. */
#include "band_fixture.h"

#include <errno.h>
#include <stdio.h>

#include <mos/chord.h>
#include <symbol.h>
#include <voicing.h>

static const char *const roots[] = {"C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};
static const char *const suffixes[] = {"", "maj7", "maj9", "maj7#11", "maj13", "6", "6/9", "add9", "7", "9",
	"11", "13", "7b9", "7#9", "7b5", "7#5", "7#11", "9#11", "13b9", "7alt", "7(b9,b13)", "7b9#11",
	"7sus4", "9sus4", "13sus4", "sus4", "sus2", "m", "m6", "m7", "m9", "m11", "mMaj7", "m7b5", "dim",
	"dim7", "+", "maj7#5", "5"};
#define N_SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

static uint16_t classes_of(const uint8_t *note, int n)
{
	uint16_t classes = 0;

	for (int i = 0; i < n; i++)
		classes |= (uint16_t)(1u << note[i] % 12);
	return classes;
}

static bool has(uint16_t classes, const struct mos_chord *chord, enum mos_degree degree)
{
	const int at = (mos_tone_class(chord->root) + mos_degree_semitones(degree)) % 12;

	return !(chord->degrees & 1u << degree) || (classes & 1u << at);
}

Test(band_voice, chords,
	.description = "T-39: every note belongs to the chord, third and seventh sound, nothing rubs")
{
	for (size_t r = 0; r < 12; r++) {
		for (size_t s = 0; s < N_SUFFIXES; s++) {
			char symbol[32];
			struct mos_chord chord;
			uint8_t note[BAND_VOICING_MAX];

			(void)snprintf(symbol, sizeof(symbol), "%s%s", roots[r], suffixes[s]);
			cr_assert_eq(mos_chord_parse(symbol, SIZE_MAX, &chord, NULL), 0, "%s", symbol);
			const int n = band_voice(BAND_VOICING_TRUE, symbol, NULL, 0, note);
			const uint16_t classes = classes_of(note, n);

			cr_expect(n >= 3 && n <= 5, "%s: %d notes", symbol, n);
			cr_expect_eq(classes & ~mos_chord_pitch_classes(&chord), 0, "%s", symbol);
			cr_expect(note[0] >= 48 && note[n - 1] <= 76, "%s: %u to %u", symbol, note[0],
				note[n - 1]);
			/* An eleventh stands for the major third that it would grate on. */
			if (strcmp(suffixes[s], "11") != 0)
				cr_expect(has(classes, &chord, MOS_DEGREE_3), "%s", symbol);
			cr_expect(has(classes, &chord, MOS_DEGREE_B3), "%s", symbol);
			cr_expect(has(classes, &chord, MOS_DEGREE_7) && has(classes, &chord, MOS_DEGREE_B7) &&
					  has(classes, &chord, MOS_DEGREE_BB7),
				"%s", symbol);
			cr_expect(has(classes, &chord, MOS_DEGREE_B5) && has(classes, &chord, MOS_DEGREE_S5),
				"%s", symbol);
			for (int i = 1; i < n; i++) {
				cr_expect_gt(note[i], note[i - 1], "%s", symbol);
				cr_expect_gt(note[i] - note[i - 1], 1, "%s: %u %u rub", symbol, note[i - 1],
					note[i]);
				cr_expect_leq(note[i] - note[i - 1], 12, "%s: a hole above %u", symbol,
					note[i - 1]);
			}
		}
	}
}

Test(band_voice, tensions,
	.description = "T-39: the tensions that a symbol asks for sound; the root is then the bass'")
{
	static const struct {
		const char *symbol;
		uint16_t classes; /* C = bit 0 */
	} known[] = {
		{"C", 0x091},
		{"Cmaj7", 0x891},
		{"C7", 0x491},
		{"C9", 0x494},
		{"C13", 0x614},
		{"C7b9", 0x492},
		{"C7alt", 0x518},
		{"C6", 0x291},
		{"C6/9", 0x294},
		{"Cm7b5", 0x449},
		{"Cdim7", 0x249},
		{"C9sus4", 0x4a4},
		{"C7sus4", 0x4a1},
		{"C5", 0x081},
		{"Cmaj7#11", 0x850},
		{"Cm9", 0x48c},
		{"Cadd9", 0x095},
		{"Csus2", 0x085},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		uint8_t note[BAND_VOICING_MAX];
		const int n = band_voice(BAND_VOICING_TRUE, known[i].symbol, NULL, 0, note);
		const uint16_t classes = classes_of(note, n);

		cr_expect_eq(classes, known[i].classes, "%s: %#x", known[i].symbol, classes);
	}
}

Test(band_voice, no_chord, .description = "T-39: nothing sounds in N.C.; what is no chord is none")
{
	uint8_t note[BAND_VOICING_MAX];

	cr_expect_eq(band_voice(BAND_VOICING_TRUE, "N.C.", NULL, 0, note), 0);
	cr_expect_eq(band_voice(BAND_VOICING_REFERENCE, "NC", NULL, 0, note), 0);
	cr_expect_eq(band_voice(BAND_VOICING_TRUE, "H7", NULL, 0, note), -EINVAL);
	cr_expect_eq(band_voice(BAND_VOICING_REFERENCE, "c7", NULL, 0, note), -EINVAL);
	struct band_tones tones;
	cr_expect_eq(band_tones(BAND_VOICING_TRUE, "H7", &tones), -EINVAL);
	cr_expect_eq(band_tones(BAND_VOICING_TRUE, "N.C.", &tones), 0);
	cr_expect(tones.none);
}

Test(band_voice, motion,
	.description = "T-39: from chord to chord the hand hardly moves, round the circle and anywhere")
{
	static const char *const turns[] = {"m7", "7", "maj7", "6/9", "m7b5", "7b9", "m9", "13"};
	uint8_t before[BAND_VOICING_MAX];
	int n_before = 0;

	for (int i = 0; i < 400; i++) {
		char symbol[32];
		uint8_t note[BAND_VOICING_MAX];
		uint8_t again[BAND_VOICING_MAX];
		/* ii V I a whole tone lower each time, then leaps of every size. */
		const int root = i < 72 ? (2 + 7 * (i % 3 == 1) + 24 - i % 3 / 2 * 2 - i / 3 * 2 % 12) % 12
					: i * i * 5 % 12;

		(void)snprintf(
			symbol, sizeof(symbol), "%s%s", roots[root], turns[i < 72 ? i % 3 : i / 12 % 8]);
		const int n = band_voice(BAND_VOICING_TRUE, symbol, before, (uint32_t)n_before, note);
		cr_assert_eq(band_voice(BAND_VOICING_TRUE, symbol, before, (uint32_t)n_before, again), n);
		cr_assert_arr_eq(note, again, (size_t)n);
		if (n_before > 0) {
			const int top = note[n - 1] - before[n_before - 1];
			const int low = note[0] - before[0];

			cr_expect(abs(top) <= 6, "%d %s: the top goes %d", i, symbol, top);
			cr_expect(abs(low) <= 8, "%d %s: the bottom goes %d", i, symbol, low);
		}
		memcpy(before, note, sizeof(before));
		n_before = n;
	}
}

static int bass_note(const char *symbol, const char *next, enum band_tone tone, uint32_t beat, uint8_t before)
{
	struct band_tones here;
	struct band_tones there;

	cr_assert_eq(band_tones(BAND_VOICING_TRUE, symbol, &here), 0, "%s", symbol);
	cr_assert_eq(band_tones(BAND_VOICING_TRUE, next ? next : "N.C.", &there), 0);
	return band_bass(BAND_VOICING_TRUE, &here, next ? &there : NULL, tone, beat, before);
}

Test(band_voice, bass,
	.description = "T-39: tones of the bass are the chord's; a slash is what the bass stands on")
{
	static const struct {
		const char *symbol;
		enum band_tone tone;
		int pitch_class;
	} known[] = {
		{"C7", BAND_TONE_CHORD, 0},
		{"C7/E", BAND_TONE_CHORD, 4},
		{"C/D", BAND_TONE_CHORD, 2},
		{"Cm7b5", BAND_TONE_FIFTH, 6},
		{"C+", BAND_TONE_FIFTH, 8},
		{"C7", BAND_TONE_FIFTH, 7},
		{"Cm7", BAND_TONE_THIRD, 3},
		{"Csus4", BAND_TONE_THIRD, 5},
		{"C7", BAND_TONE_THIRD, 4},
		{"Cmaj7", BAND_TONE_SEVENTH, 11},
		{"C6", BAND_TONE_SEVENTH, 9},
		{"C", BAND_TONE_SEVENTH, 0},
		{"C7/E", BAND_TONE_FIFTH, 7},
		{"Eb", BAND_TONE_OCTAVE, 3},
		{"Cdim7", BAND_TONE_SEVENTH, 9},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		for (uint8_t before = 0; before <= 55; before = (uint8_t)(before ? before + 9 : 28)) {
			const int note = bass_note(known[i].symbol, NULL, known[i].tone, 0, before);

			cr_expect(note >= 28 && note <= 55);
			cr_expect_eq(note % 12, known[i].pitch_class, "%s tone %d: %d", known[i].symbol,
				known[i].tone, note);
		}
	}
	cr_expect_eq(bass_note("F", NULL, BAND_TONE_OCTAVE, 0, 29), 41);
	cr_expect_eq(bass_note("F", NULL, BAND_TONE_OCTAVE, 0, 41), 29, "an octave it is");
	cr_expect_eq(bass_note("F", NULL, BAND_TONE_OCTAVE, 0, 36), 41, "no leap of more than an octave");
	for (size_t r = 0; r < 12; r++) {
		for (int before = 28; before <= 55; before++) {
			const int root = mos_tone_class((struct mos_tone){0}) + (int)r;
			const int note = bass_note("C", roots[r], BAND_TONE_APPROACH, 3, (uint8_t)before);
			const int step = ((note - root) % 12 + 12) % 12;

			/* Below the lowest E there is nothing: out of the F above it comes the F sharp. */
			cr_expect(step == 1 || step == 11 || (note == 30 && before == 29),
				"into %s from %d: %d", roots[r], before, note);
			cr_expect_neq(note, before);
			cr_expect_eq(bass_note("C", roots[r], BAND_TONE_NEXT, 3, (uint8_t)before) % 12, root);
		}
	}
}

Test(band_voice, walk,
	.description =
		"T-39: a walking bass: roots at changes, chord tones on strong beats, steps into the next")
{
	static const char *const songs[] = {"Dm7 G7 Cmaj7 A7", "F7 Bb7 F7 F7 Bb7 Bb7 F7 D7 Gm7 C7 F7 C7",
		"Cm7b5 F7b9 Bbm6 Bbm6 Ebmaj7 Ab7 Dbmaj7 G7alt", "B B B B", "E7#9 A7#9", "Ab6 Fm7 Bbm7 Eb13"};

	for (size_t s = 0; s < sizeof(songs) / sizeof(songs[0]); s++) {
		struct band_piece piece;
		int before = 0;

		piece_read(&piece, NULL,
			&(struct band_overrides){
				.value = {[BAND_KEY_CHORDS] = songs[s], [BAND_KEY_STYLE] = "swing"}});
		struct band_hit walk[] = {{0, 1, 80, BAND_TONE_WALK}, {1, 1, 80, BAND_TONE_WALK},
			{2, 1, 80, BAND_TONE_WALK}, {3, 1, 80, BAND_TONE_WALK}};
		struct band_line *line = &piece.in.style->pattern[BAND_MEDIUM]->line[BAND_BASS];
		const struct band_line own = *line;
		*line = (struct band_line){walk, 4};
		piece.in.style->pattern[BAND_MEDIUM]->bars = 1;
		cr_assert_eq(band_render_layers(&piece.ctx, &(struct band_layer){}, &piece.events), 0, "%s",
			piece.report.issue[0].message);
		for (uint32_t i = 0; i < piece.events.n_events; i++) {
			const struct band_event *e = &piece.events.event[i];

			if (e->part != BAND_BASS)
				continue;
			const char *text = piece.plan.bar[e->bar].chord[0].text;
			const char *next = piece.plan.bar[(e->bar + 1) % piece.plan.n_bars].chord[0].text;
			const bool changed =
				e->bar == 0 || strcmp(piece.plan.bar[e->bar - 1].chord[0].text, text) != 0;
			const int beat = (int)e->at_beats % 4;
			struct mos_chord chord;
			struct mos_chord chord_next;

			cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &chord, NULL), 0);
			cr_assert_eq(mos_chord_parse(next, SIZE_MAX, &chord_next, NULL), 0);
			cr_expect(e->note >= 28 && e->note <= 55);
			if (beat == 0 && changed)
				cr_expect_eq(e->note % 12, mos_tone_class(chord.root), "%s bar %u", songs[s],
					e->bar);
			if (beat % 2 == 0)
				cr_expect(mos_chord_pitch_classes(&chord) & 1u << e->note % 12,
					"%s bar %u beat %d: %u", songs[s], e->bar, beat, e->note);
			if (beat == 3 && strcmp(text, next) != 0) {
				const int step = (e->note + 12 - mos_tone_class(chord_next.root)) % 12;

				cr_expect(step == 1 || step == 11, "%s bar %u: %u into %s", songs[s], e->bar,
					e->note, next);
			}
			if (before) {
				cr_expect_neq(e->note, before, "%s bar %u beat %d: %u again", songs[s],
					e->bar, beat, e->note);
				cr_expect(abs(e->note - before) <= 9, "%s bar %u beat %d: %d to %u", songs[s],
					e->bar, beat, before, e->note);
			}
			before = e->note;
		}
		cr_expect_gt(before, 0);
		*line = own;
		piece_finish(&piece);
	}
}

Test(band_voice, substitution, .description = "T-3: the example of tritone.md 7, and the other modes")
{
	static const char program[] =
		"{\"chords\":\"C7 F7 C7 C7 F7 F7 C7 A7 D7 G7 C7 G7\",\"style\":\"swing_basic\","
		"\"tritone_mode\":\"probabilistic\",\"tritone_strength\":0.5,\"tritone_seed\":42}";
	static const char *const expected[] = {
		"C7", "B7", "F#7", "F#7", "F7", "F7", "C7", "Eb7", "Ab7", "C#7", "F#7", "G7"};

	for (int voicing = BAND_VOICING_TRUE; voicing <= BAND_VOICING_REFERENCE; voicing++) {
		struct band_piece piece;
		struct band_chord *chords;

		piece_read(&piece, program, &(struct band_overrides){});
		piece.in.voicing = (enum band_voicing)voicing;
		cr_assert_eq(band_substitute(&piece.in, &piece.report, &chords), 0);
		for (uint32_t i = 0; i < 12; i++)
			cr_expect_str_eq(chords[i].text, expected[i], "%u", i);
		free(chords);
		piece_finish(&piece);
	}
}

Test(band_voice, moved, .description = "T-20: symbols a tritone away and transposed; the suffix stays")
{
	static const struct {
		const char *from, *tritone;
		int semitones;
		const char *to;
	} known[] = {
		{"G7", "C#7", 2, "A7"},
		{"D7alt", "Ab7alt", -2, "C7alt"},
		{"G7/F", "C#7/F", 3, "Bb7/Ab"},
		{"G7/D", "C#7", 5, "C7/G"},
		{"C6/9", "F#6/9", 1, "Db6/9"},
		{"Bb13(#11)", "E13(#11)", 4, "D13(#11)"},
		{"F#m7b5", "Cm7b5", 12, "F#m7b5"},
	};
	char text[BAND_CHORD_TEXT];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		cr_assert_eq(
			symbol_substitute(BAND_VOICING_TRUE, known[i].from, text), 0, "%s", known[i].from);
		cr_expect_str_eq(text, known[i].tritone, "%s", known[i].from);
		cr_assert_eq(symbol_transpose(BAND_VOICING_TRUE, known[i].from, known[i].semitones, text), 0);
		cr_expect_str_eq(text, known[i].to, "%s", known[i].from);
	}
	cr_expect_eq(symbol_transpose(BAND_VOICING_TRUE, "N.C.", 3, text), 0);
	cr_expect_str_eq(text, "N.C.");
	cr_expect_eq(symbol_substitute(BAND_VOICING_TRUE, "H", text), -EINVAL);
}
