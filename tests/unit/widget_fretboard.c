/* SPDX-License-Identifier: MIT */
/* The fretboard: its measures, the five shapes, what each of its ways to follow shows. */
#include "widget_picture.h"

#include "fretboard.h"

static struct harmony in_force(const char *symbol, int fifths)
{
	struct harmony h = {0};
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED};

	(void)harmony_key(&h, fifths, 0);
	strcpy(ev.u.chord.symbol, symbol);
	ev.u.chord.key_tonic = MOS_KEY_NONE;
	(void)harmony_event(&h, &ev);
	return h;
}

Test(widget_fretboard, frets,
	.description = "HRM-07 WGT-02: fret distances are scale x (1 - 2^(-f/12)), 22 frets and 25")
{
	cr_expect_float_eq(648 * fretboard_fret_place(12), 324, 1e-9);
	cr_expect_float_eq(648 * fretboard_fret_place(1), 36.3695, 0.001);
	cr_expect_float_eq(648 * fretboard_fret_place(24), 486, 1e-9);
	for (int frets = 22; frets <= 25; frets += 3) {
		const struct fretboard_layout l = fretboard_layout(1920, 248, frets);

		for (int string = 0; string < FRETBOARD_STRINGS; string++)
			for (int fret = 0; fret <= frets; fret++) {
				const struct mos_point at = fretboard_dot(&l, string, fret);
				int found_string = -1, found_fret = -1;

				cr_assert_eq(fretboard_at(&l, at, &found_string, &found_fret), 1);
				cr_expect_eq(found_string, string);
				cr_expect_eq(found_fret, fret);
				cr_expect_gt(fretboard_dot_radius(&l, fret), 3);
			}
		cr_expect_float_eq(l.board.x + l.board.w,
			l.board.x + l.scale * (float)fretboard_fret_place(frets), 0.01f);
	}
	const struct fretboard_layout l = fretboard_layout(1920, 248, 22);
	int string, fret;

	cr_expect_eq(fretboard_at(&l, (struct mos_point){1919, 100}, &string, &fret), 0);
	cr_expect_eq(fretboard_at(&l, (struct mos_point){500, 1}, &string, &fret), 0);
}

Test(widget_fretboard, caged, .description = "WGT-02: C major in five CAGED shapes, up the neck")
{
	static const int8_t expected[N_SHAPES][FRETBOARD_STRINGS] = {{-1, 3, 2, 0, 1, 0}, {-1, 3, 5, 5, 5, 3},
		{8, 7, 5, 5, 5, 8}, {8, 10, 10, 9, 8, 8}, {-1, -1, 10, 12, 13, 12}};

	for (int shape = 0; shape < N_SHAPES; shape++) {
		const struct fretboard_grip grip = fretboard_caged((enum fretboard_shape)shape, 0, 0);

		for (int s = 0; s < FRETBOARD_STRINGS; s++)
			cr_expect_eq(grip.fret[s], expected[shape][s], "shape %c, string %d: %d",
				fretboard_shape_name[shape], s, grip.fret[s]);
	}
}

Test(widget_fretboard, caged_everywhere,
	.description = "WGT-02: each shape of each root holds the triad and no other tone, its root lowest, "
		       "in reach of a hand")
{
	const struct fretboard_tuning *tuning = fretboard_tuning_find("standard");

	for (int shape = 0; shape < N_SHAPES; shape++)
		for (int root = 0; root < 12; root++)
			for (int minor = 0; minor <= 1; minor++) {
				const struct fretboard_grip grip =
					fretboard_caged((enum fretboard_shape)shape, root, minor);
				const unsigned triad = 1u << root | 1u << (root + (minor ? 3 : 4)) % 12 |
						       1u << (root + 7) % 12;
				unsigned held = 0;
				int lowest = -1, low = 99, high = 0;

				for (int s = 0; s < FRETBOARD_STRINGS; s++) {
					if (grip.fret[s] < 0)
						continue;
					held |= 1u << (tuning->open[s] + grip.fret[s]) % 12;
					lowest = lowest < 0 ? (tuning->open[s] + grip.fret[s]) % 12 : lowest;
					if (grip.fret[s]) {
						low = grip.fret[s] < low ? grip.fret[s] : low;
						high = grip.fret[s] > high ? grip.fret[s] : high;
					}
					cr_expect(grip.finger[s] >= 0 && grip.finger[s] <= 4);
					cr_expect(grip.fret[s] == 0 || grip.finger[s] > 0, "%c %d string %d",
						fretboard_shape_name[shape], root, s);
				}
				cr_expect_eq(held, triad, "%c root %d minor %d", fretboard_shape_name[shape],
					root, minor);
				cr_expect_eq(lowest, root, "%c root %d minor %d", fretboard_shape_name[shape],
					root, minor);
				cr_expect_leq(high - low, 3);
			}
}

Test(widget_fretboard, caged_chords,
	.description = "WGT-02: whatever the chord, the five shapes mark none but its tones, and of a triad "
		       "all of them")
{
	static const char *const symbols[] = {
		"C", "Cm", "C7", "Cdim", "Bm7b5", "C+", "Gsus4", "Dsus2", "A5", "F#m7"};
	const struct fretboard_look look = {.tuning = fretboard_tuning_find("standard"),
		.frets = 22,
		.show = FRETBOARD_CAGED,
		.shape = -1};
	const struct played silence = {0};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		const struct harmony h = in_force(symbols[i], 0);
		const unsigned chord = mos_chord_pitch_classes(&h.chord);
		unsigned seen = 0;

		for (int string = 0; string < FRETBOARD_STRINGS; string++)
			for (int fret = 0; fret <= 22; fret++)
				if (fretboard_look_at(&look, &h, &silence, string, fret).mark !=
					FRETBOARD_BLANK)
					seen |= 1u << (look.tuning->open[string] + fret) % 12;
		cr_expect_eq(seen & ~chord, 0, "%s", symbols[i]);
		cr_expect_neq(seen, 0, "%s", symbols[i]);
		if (i < 2)
			cr_expect_eq(seen, chord, "%s", symbols[i]);
	}
}

Test(widget_fretboard, caged_picture,
	.description = "WGT-02: the picture of C major shows 44 places of five shapes, each named")
{
	const struct fretboard_look look = {.tuning = fretboard_tuning_find("standard"),
		.frets = 22,
		.show = FRETBOARD_CAGED,
		.shape = -1};
	const struct harmony h = in_force("C", 0);
	const struct played silence = {0};
	uint32_t n = 0, shared = 0;
	unsigned shapes = 0;

	for (int string = 0; string < FRETBOARD_STRINGS; string++)
		for (int fret = 0; fret <= 22; fret++) {
			const struct fretboard_dot dot = fretboard_look_at(&look, &h, &silence, string, fret);
			const int class = (look.tuning->open[string] + fret) % 12;

			cr_expect_eq(dot.mark == FRETBOARD_MARKED, dot.shapes != 0);
			if (dot.mark == FRETBOARD_BLANK)
				continue;
			cr_expect(class == 0 || class == 4 || class == 7, "string %d fret %d", string, fret);
			cr_expect_eq(dot.is_root, class == 0);
			shapes |= dot.shapes;
			shared += (dot.shapes & (dot.shapes - 1)) != 0;
			n++;
		}
	cr_expect_eq(shapes, 31);
	cr_expect_gt(shared, 0, "neighbour shapes share places");
	fretboard_draw(picture_begin(1920, 248), &look, &h, &silence);
	picture_check();
	/* white rings: one to each root that is shown */
	cr_expect_gt(n, picture_count(MOS_SHAPE_ARC, MOS_TOKEN_TEXT, 255));
	for (int shape = 0; shape < N_SHAPES; shape++)
		cr_expect(picture_has_text((char[]){fretboard_shape_name[shape], '\0'}), "%c",
			fretboard_shape_name[shape]);
}

Test(widget_fretboard, follows,
	.description = "HRM-10: score, scale and chord following against a table of all places")
{
	struct fretboard_look look = {.tuning = fretboard_tuning_find("dadgad"), .frets = 25, .shape = -1};
	const struct harmony h = in_force("Am7", 1);                                 /* in G */
	const unsigned chord = 1u << 9 | 1u << 0 | 1u << 4 | 1u << 7, scale = 0xad5; /* G A B C D E F# */
	struct played p = {0};
	struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON};

	ev.u.note = (struct mos_ev_note){.key = 62, .velocity = 30000};
	(void)played_event(&p, &ev, 1);
	for (int string = 0; string < FRETBOARD_STRINGS; string++)
		for (int fret = 0; fret <= 25; fret++) {
			const int key = look.tuning->open[string] + fret, class = key % 12;
			struct fretboard_dot dot;

			look.show = FRETBOARD_CHORD;
			dot = fretboard_look_at(&look, &h, &p, string, fret);
			cr_expect_eq(dot.mark,
				key == 62            ? FRETBOARD_SOUNDING
				: chord >> class & 1 ? FRETBOARD_MARKED
						     : FRETBOARD_BLANK,
				"string %d fret %d", string, fret);
			cr_expect_eq(dot.is_root, class == 9);
			look.show = FRETBOARD_SCALE;
			dot = fretboard_look_at(&look, &h, &p, string, fret);
			cr_expect_eq(dot.mark != FRETBOARD_BLANK, (scale >> class & 1) != 0,
				"string %d fret %d", string, fret);
			cr_expect_eq(dot.is_root, class == 7);
			look.show = FRETBOARD_NOTES;
			dot = fretboard_look_at(&look, &h, &p, string, fret);
			cr_expect_eq(dot.mark, key == 62 ? FRETBOARD_SOUNDING : FRETBOARD_BLANK);
		}
	for (int show = 0; show <= FRETBOARD_CAGED; show++)
		for (float size = 0.25f; size <= 2; size *= 2) {
			look.show = (enum fretboard_show)show;
			fretboard_draw(picture_begin(1920 * size, 248 * size), &look, &h, &p);
			picture_check();
		}
}
