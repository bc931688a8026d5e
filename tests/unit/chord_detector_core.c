/* SPDX-License-Identifier: MIT */
/* The chord detector's judgement: hands, ears and their votes, over streams with times of their own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include <mos/pitch.h>

#include "detector.h"
#include "music_random.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)

static struct detector d;
static int64_t now;
static int n_told;
static struct detection told;

static void set_up(void)
{
	detector_init(&d);
	now = SECOND;
	n_told = 0;
	told = (struct detection){0};
}

TestSuite(chord_detector, .init = set_up);

static void pass(int64_t ns)
{
	for (const int64_t end = now + ns; now < end;) {
		now += 5 * MS;
		n_told += detector_tick(&d, now, &told);
	}
}

static void keys(enum mos_chord_origin ear, int on, const char *names)
{
	struct mos_pitch pitch;
	char text[64], *rest = text;

	(void)snprintf(text, sizeof(text), "%s", names);
	for (char *name = strsep(&rest, " "); name; name = strsep(&rest, " ")) {
		cr_assert_eq(mos_pitch_parse(name, SIZE_MAX, &pitch), 0, "%s", name);
		detector_note(&d, ear, on, (unsigned int)mos_pitch_key(pitch), now, now);
	}
}

static const char *symbol(void)
{
	static char text[MOS_CHORD_TEXT_MAX];

	(void)detection_symbol(&told.chord, text, sizeof(text));
	return text;
}

static struct mos_chord chord(const char *text)
{
	struct mos_chord c;

	cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &c, NULL), 0, "%s", text);
	return c;
}

Test(chord_detector, names_what_is_held,
	.description = "MID-02: a hand lands, and there is one name, at once")
{
	keys(MOS_ORIGIN_MIDI, 1, "E3");
	pass(5 * MS);
	keys(MOS_ORIGIN_MIDI, 1, "G3");
	pass(10 * MS);
	keys(MOS_ORIGIN_MIDI, 1, "C4 Bb4");
	cr_assert_eq(n_told, 0, "before the hand has landed");
	pass(30 * MS);
	cr_assert_eq(n_told, 1);
	cr_assert_str_eq(symbol(), "C7/E");
	cr_assert_eq(told.origin, MOS_ORIGIN_MIDI);
	cr_assert_eq(told.votes, 1u << MOS_ORIGIN_MIDI);
	cr_assert_eq(told.pitch_classes, 1u << 0 | 1u << 4 | 1u << 7 | 1u << 10);

	/* fingers leave one after the other: no other name on the way out, and then silence */
	keys(MOS_ORIGIN_MIDI, 0, "Bb4");
	pass(30 * MS);
	keys(MOS_ORIGIN_MIDI, 0, "G3");
	pass(30 * MS);
	keys(MOS_ORIGIN_MIDI, 0, "E3 C4");
	pass(200 * MS);
	cr_assert_eq(n_told, 1, "%s", symbol());
	pass(SECOND);
	cr_assert_eq(n_told, 2);
	cr_assert_str_eq(symbol(), "");
}

Test(chord_detector, follows_a_progression, .description = "MID-02: chord after chord, each told once")
{
	static const struct {
		const char *keys, *name;
	} row[] = {{"C3 E4 G4 C5", "C"}, {"A2 E4 A4 C5", "Am"}, {"F2 A4 C5", "F"}, {"G2 F4 B4 D5", "G7"},
		{"E3 G4 C5", "C/E"}, {"F3 C5 A4 D5", "F6"}, {"D3 C5 A4 F5", "Dm7"}, {"G3 C5 D5", "Gsus4"}};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		keys(MOS_ORIGIN_MIDI, 1, row[i].keys);
		pass(230 * MS);
		cr_expect_str_eq(symbol(), row[i].name, "%s: %s", row[i].keys, symbol());
		cr_expect_eq(n_told, (int)i + 1, "%s: told %d", row[i].name, n_told);
		keys(MOS_ORIGIN_MIDI, 0, row[i].keys);
		pass(20 * MS);
	}
}

Test(chord_detector, pedal_and_missed_ends,
	.description = "MID-02: the pedal holds; ends that were missed are mended")
{
	struct mos_ev_snapshot snapshot = {.sustain = 127};

	keys(MOS_ORIGIN_MIDI, 1, "C3 E3 G3");
	pass(50 * MS);
	snapshot.keys[0] = 1ull << 48 | 1ull << 52 | 1ull << 55;
	detector_snapshot(&d, &snapshot, now);
	keys(MOS_ORIGIN_MIDI, 0, "C3 E3 G3");
	pass(3 * SECOND);
	cr_assert_eq(n_told, 1, "the pedal holds it");
	cr_assert_str_eq(symbol(), "C");

	keys(MOS_ORIGIN_MIDI, 1, "F3 A3 C4");
	pass(50 * MS);
	snapshot.keys[0] = 1ull << 53 | 1ull << 57 | 1ull << 60;
	snapshot.sustain = 0;
	detector_snapshot(&d, &snapshot, now);
	pass(SECOND);
	cr_assert_str_eq(symbol(), "F", "what the pedal held is gone");

	detector_snapshot(&d, &(struct mos_ev_snapshot){0}, now);
	pass(2 * SECOND);
	cr_assert_str_eq(symbol(), "", "their note-offs were missed");
}

Test(chord_detector, announced_notes,
	.description = "MID-09: the score's notes count when they are due, not when announced")
{
	static const uint8_t c[] = {48, 52, 55};

	for (int i = 0; i < 3; i++)
		detector_note(&d, MOS_ORIGIN_SCORE, 1, c[i], now + 100 * MS, now);
	pass(90 * MS);
	cr_assert_eq(n_told, 0);
	pass(60 * MS);
	cr_assert_eq(n_told, 1);
	cr_assert_eq(told.origin, MOS_ORIGIN_SCORE);

	/* what is announced is void after a stop */
	for (int i = 0; i < 3; i++)
		detector_note(&d, MOS_ORIGIN_SCORE, 1, c[i] + 2u, now + 100 * MS, now);
	detector_score_stopped(&d, now);
	pass(2 * SECOND);
	cr_assert_str_eq(symbol(), "");
	cr_assert_eq(n_told, 2);
}

Test(chord_detector, no_key_no_numeral,
	.description = "MID-10: without a key the numeral is empty; the symbol is the same")
{
	char numeral[12] = "x";
	struct mos_ev_chord without, with;

	keys(MOS_ORIGIN_MIDI, 1, "F#3 A3 C4 E4");
	pass(50 * MS);
	cr_assert_not(told.has_tonality);
	detection_numeral(&told.chord, NULL, numeral, sizeof(numeral));
	cr_assert_str_eq(numeral, "");
	without = detection_event(&told);
	cr_assert_eq(without.key_tonic, MOS_KEY_NONE);
	cr_assert_str_eq(without.symbol, "F#m7b5");

	set_up();
	detector_key(&d, 1, 0);
	keys(MOS_ORIGIN_MIDI, 1, "F#3 A3 C4 E4");
	pass(50 * MS);
	cr_assert(told.has_tonality);
	detection_numeral(&told.chord, &told.tonality, numeral, sizeof(numeral));
	cr_assert_str_eq(numeral, "vii\u00f87");
	with = detection_event(&told);
	cr_assert_eq(with.key_tonic, 7);
	cr_assert_eq(with.key_minor, 0);
	cr_assert_str_eq(with.symbol, without.symbol);
	cr_assert_eq(with.pitch_classes, without.pitch_classes);
}

Test(chord_detector, payload, .timeout = 60,
	.description = "EVT-24: whatever is held, the event has symbol, pitches, root, bass, key, origin, "
		       "fusion, and checks")
{
	uint64_t seed = 9;

	for (int i = 0; i < 3000; i++) {
		struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED};
		const uint64_t some = random_u64(&seed) & random_u64(&seed);

		set_up();
		detector_key(&d, (int)random_between(&seed, -7, 7), i & 1);
		for (unsigned int k = 36; k < 84; k++) {
			if (some >> (k % 64) & 1)
				detector_note(&d, MOS_ORIGIN_MIDI, 1, k, now, now);
		}
		pass(50 * MS);
		if (!n_told)
			continue;
		ev.u.chord = detection_event(&told);
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
		cr_assert_gt(strlen(ev.u.chord.symbol), 0);
		cr_assert(ev.u.chord.pitch_classes >> ev.u.chord.bass & 1);

		struct mos_chord read;

		cr_assert_eq(mos_chord_parse(ev.u.chord.symbol, SIZE_MAX, &read, NULL), 0, "%s",
			ev.u.chord.symbol);
		cr_assert_eq(mos_tone_class(read.root), ev.u.chord.root);
		cr_assert_eq(ev.u.chord.fusion, 1u << MOS_ORIGIN_MIDI);
		cr_assert_neq(ev.u.chord.version, 0);
	}
}

/* --- Votes --- */

static void say(enum mos_chord_origin ear, const char *text, float confidence)
{
	const struct mos_chord c = chord(text);

	detector_told(&d, ear, &c, confidence, now);
}

Test(chord_detector, votes,
	.description = "MID-09: three ears vote; votes, version and reason travel with the result")
{
	uint8_t version;

	say(MOS_ORIGIN_AUDIO, "C", 0.9f);
	pass(20 * MS);
	cr_assert_str_eq(symbol(), "C");
	cr_assert_eq(told.votes, 1u << MOS_ORIGIN_AUDIO);
	cr_assert_eq(told.reason, FUSION_ALONE);
	version = told.version;

	/* one that sees more adds its detail */
	pass(600 * MS);
	say(MOS_ORIGIN_MIDI, "Cmaj9", 0.9f);
	say(MOS_ORIGIN_AUDIO, "C", 0.9f);
	pass(20 * MS);
	cr_assert_str_eq(symbol(), "Cmaj9");
	cr_assert_eq(told.votes, 1u << MOS_ORIGIN_AUDIO | 1u << MOS_ORIGIN_MIDI);
	cr_assert_eq(told.reason, FUSION_AGREED);
	cr_assert_eq(told.version, version + 1);

	/* two against one */
	pass(600 * MS);
	say(MOS_ORIGIN_AUDIO, "Am7", 0.9f);
	say(MOS_ORIGIN_SCORE, "Am7", 1);
	say(MOS_ORIGIN_MIDI, "Cmaj9", 0.5f);
	pass(20 * MS);
	cr_assert_str_eq(symbol(), "Am7");
	cr_assert_eq(told.votes, 1u << MOS_ORIGIN_AUDIO | 1u << MOS_ORIGIN_SCORE);
	cr_assert_eq(told.reason, FUSION_OUTVOTED);
	cr_assert_eq(told.origin, MOS_ORIGIN_SCORE, "of those who agree, who sees more");

	/* one that is not better enough does not turn it over */
	pass(600 * MS);
	n_told = 0;
	say(MOS_ORIGIN_AUDIO, "Am7", 0.5f);
	say(MOS_ORIGIN_SCORE, "Am7", 0.5f);
	say(MOS_ORIGIN_MIDI, "C", 0.8f);
	pass(600 * MS);
	cr_assert_eq(n_told, 0, "%s", symbol());
}

Test(chord_detector, ears_that_are_off, .description = "MID-09: an ear that is switched off has no vote")
{
	detector_configure(&d, &(struct detector_config){.ears = 1u << MOS_ORIGIN_MIDI});
	say(MOS_ORIGIN_AUDIO, "C", 1);
	keys(MOS_ORIGIN_SCORE, 1, "C3 E3 G3");
	pass(SECOND);
	cr_assert_eq(n_told, 0);
	keys(MOS_ORIGIN_MIDI, 1, "D3 F3 A3");
	pass(50 * MS);
	cr_assert_str_eq(symbol(), "Dm");
}

/* Most changes in any second of `seconds`, from a quarter of a second after the start on; `step` feeds each 5
 * ms. */
static int most_changes_a_second(int seconds, void (*step)(int i, uint64_t *seed))
{
	int64_t at[4096];
	int n = 0, most = 0;
	uint64_t seed = 4;
	const int64_t fresh = now + 250 * MS;

	for (int i = 0; i < seconds * 200; i++) {
		step(i, &seed);
		now += 5 * MS;
		if (detector_tick(&d, now, &told) && now > fresh && n < 4096)
			at[n++] = now;
	}
	for (int i = 0; i < n; i++) {
		int in_second = 0;

		for (int k = i; k < n && at[k] < at[i] + SECOND; k++)
			in_second++;
		most = in_second > most ? in_second : most;
	}
	return most;
}

static void melody_over_chord(int i, uint64_t *seed)
{
	static unsigned int key;

	if (i == 0)
		keys(MOS_ORIGIN_MIDI, 1, "C3 E3 G3");
	if (i % 25)
		return;
	if (i)
		detector_note(&d, MOS_ORIGIN_MIDI, 0, key, now, now);
	key = 60 + (unsigned int)random_between(seed, 0, 24);
	detector_note(&d, MOS_ORIGIN_MIDI, 1, key, now, now);
}

Test(chord_detector, melody_over_a_held_chord,
	.description = "MID-09: a fast melody over a held chord: two changes a second at most")
{
	cr_assert_leq(most_changes_a_second(60, melody_over_chord), 2);
	cr_assert_eq(mos_tone_class(told.chord.root) >= 0, 1);
}

/* An ear that guesses anew every 20 ms, and the other that does now and then, while a chord is held. */
static void confused_ears(int i, uint64_t *seed)
{
	static const char *const guesses[] = {"C", "Am", "Em", "C7", "G", "Cm", "F#dim", "Caug"};

	if (i == 0)
		keys(MOS_ORIGIN_MIDI, 1, "C3 E3 G3");
	if (i % 4 == 0)
		say(MOS_ORIGIN_AUDIO, guesses[random_u64(seed) % 8],
			(float)random_between(seed, 0, 100) / 100);
	if (i % 31 == 0)
		say(MOS_ORIGIN_SCORE, guesses[random_u64(seed) % 8],
			(float)random_between(seed, 0, 100) / 100);
}

Test(chord_detector, confused_ears_beside_a_held_chord,
	.description = "MID-09: ears that guess beside a held chord: two changes a second at most")
{
	cr_assert_leq(most_changes_a_second(60, confused_ears), 2);
}

static void confused_audio(int i, uint64_t *seed)
{
	static const char *const guesses[] = {"C", "Am", "Em", "C7", "G", "Cm"};

	if (i % 4 == 0)
		say(MOS_ORIGIN_AUDIO, guesses[random_u64(seed) % 6],
			(float)random_between(seed, 0, 100) / 100);
}

Test(chord_detector, an_ear_alone,
	.description = "MID-09: one ear that cannot decide: two changes a second at most")
{
	cr_assert_leq(most_changes_a_second(60, confused_audio), 2);
	cr_assert_gt(n_told + 1, 0);
}

/* Pitch classes as a chord in the air would have them, shaking and with noise in them. */
static void sounding(int i, uint64_t *seed)
{
	struct mos_chroma c = {.level = 1 + 0.2f * sinf((float)i / 6)};
	const float at[] = {0, 4, 7};

	if (i % 4)
		return;
	for (int k = 0; k < 12; k++)
		c.treble[k] = (float)random_between(seed, 0, 60) / 1000;
	for (int k = 0; k < 3; k++)
		c.treble[(int)at[k]] += 0.15f + (float)random_between(seed, 0, 150) / 1000;
	c.bass[random_between(seed, 0, 1) ? 0 : 4] = 1;
	detector_hear(&d, &c, 0.02f, now);
}

Test(chord_detector, a_chord_that_is_heard,
	.description = "MID-09 CHD-01: a held chord with noise in it: two changes a second at most, and the "
		       "right root")
{
	cr_assert_leq(most_changes_a_second(60, sounding), 2);
	cr_assert_eq(mos_tone_class(told.chord.root), 0);
	cr_assert_eq(told.origin, MOS_ORIGIN_AUDIO);
}

Test(chord_detector, finds_the_key,
	.description = "MID-03: the key is found from what is played, and numerals follow")
{
	static const char *const chords[] = {
		"C3 E4 G4", "A2 E4 C5", "F2 F4 A4 C5", "G2 F4 B4 D5", "C3 E4 G4 C5"};
	struct mos_tonality t;
	char numeral[12];

	for (int i = 0; i < 20; i++) {
		keys(MOS_ORIGIN_MIDI, 1, chords[i % 5]);
		pass(500 * MS);
		keys(MOS_ORIGIN_MIDI, 0, chords[i % 5]);
		pass(20 * MS);
	}
	cr_assert(detector_tonality(&d, &t));
	cr_assert_eq(mos_tone_class(t.tonic), 0);
	cr_assert_eq(t.minor, 0);
	keys(MOS_ORIGIN_MIDI, 1, "D3 F#4 A4 C5");
	pass(50 * MS);
	detection_numeral(&told.chord, &told.tonality, numeral, sizeof(numeral));
	cr_assert_str_eq(numeral, "V7/V");

	/* a key that is told goes before one that is found, and a setting before both */
	detector_key(&d, 2, 0);
	cr_assert(detector_tonality(&d, &t));
	cr_assert_eq(mos_tone_class(t.tonic), 2);
	detector_configure(
		&d, &(struct detector_config){.ears = 7, .has_key = 1, .key = mos_tonality_from_class(5, 1)});
	cr_assert(detector_tonality(&d, &t));
	cr_assert_eq(mos_tone_class(t.tonic), 5);
	cr_assert_eq(t.minor, 1);
}

/* Anything in any order: nothing breaks, and what is told checks. */
Test(chord_detector, garbage, .timeout = 60)
{
	uint64_t seed = 21;

	for (int i = 0; i < 200000; i++) {
		const enum mos_chord_origin ear = random_u64(&seed) & 1 ? MOS_ORIGIN_MIDI : MOS_ORIGIN_SCORE;
		struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED};

		switch (random_u64(&seed) % 8) {
		case 0: {
			const struct mos_ev_snapshot s = {{random_u64(&seed), random_u64(&seed)},
				.sustain = (uint8_t)random_between(&seed, 0, 127)};

			detector_snapshot(&d, &s, now);
			break;
		}
		case 1:
			detector_key(
				&d, (int)random_between(&seed, -128, 127), (int)random_between(&seed, 0, 1));
			break;
		case 2:
			detector_score_stopped(&d, now);
			break;
		default:
			detector_note(&d, ear, (int)random_between(&seed, 0, 1),
				(unsigned int)random_between(&seed, 0, 200),
				now + random_between(&seed, -100, 400) * MS, now);
		}
		now += random_between(&seed, 0, 10) * MS;
		if (!detector_tick(&d, now, &told))
			continue;
		ev.u.chord = detection_event(&told);
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	}
	cr_assert_leq(d.n_due, (uint32_t)DETECTOR_N_DUE);
}
