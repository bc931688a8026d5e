/* SPDX-License-Identifier: MIT */
/*
 * The chord corpora (shared/corpora/chords, see the README.md there) against the chord grammar, naming and
 * numerals of music/. Needs MOS_CORPORA, or ../shared/corpora beside the source; skipped without.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/chord_name.h>
#include <mos/roman.h>

#define MAX_COLUMNS 16

/* A table with a head line; `cell` is of the row read last. */
struct table {
	FILE *file;
	char line[8192];
	char *cell[MAX_COLUMNS];
};

static struct table open_table(const char *name)
{
	const char *corpora = getenv("MOS_CORPORA");
	char path[4096];
	struct table t = {0};

	if (corpora)
		(void)snprintf(path, sizeof(path), "%s/chords/%s", corpora, name);
	else
		(void)snprintf(path, sizeof(path), "%s/../shared/corpora/chords/%s", MOS_SOURCE_ROOT, name);
	if (access(path, R_OK) != 0)
		cr_skip("no corpus at %s (set MOS_CORPORA)", path);
	t.file = fopen(path, "r");
	cr_assert_not_null(t.file, "%s: %s", path, strerror(errno));
	cr_assert_not_null(fgets(t.line, sizeof(t.line), t.file));
	return t;
}

static int next_row(struct table *t)
{
	static char nothing[] = "";
	char *rest = t->line;

	if (!fgets(t->line, sizeof(t->line), t->file)) {
		fclose(t->file);
		return 0;
	}
	t->line[strcspn(t->line, "\n")] = '\0';
	for (int i = 0; i < MAX_COLUMNS; i++)
		t->cell[i] = rest ? strsep(&rest, "\t") : nothing;
	return 1;
}

static uint16_t classes_of(const char *numbers)
{
	unsigned int classes = 0;
	char *end;

	for (long n = strtol(numbers, &end, 10); end != numbers; n = strtol(numbers, &end, 10)) {
		classes |= 1u << n;
		numbers = end;
	}
	return (uint16_t)classes;
}

static const char *family_name(uint8_t family)
{
	static const char *const names[] = {"no-chord", "maj", "min", "dim", "aug", "sus", "other"};

	return names[family];
}

/* Where the two readers that made the table agree, so do we; where only one can read it, we can too. */
Test(chords, symbols, .description = "MID-02: 983 symbols of lead sheets")
{
	struct table t = open_table("symbols.tsv");
	int n = 0, n_agreed = 0, n_either = 0, n_disputed = 0, n_read = 0;

	while (next_row(&t)) {
		struct mos_chord chord;
		const int rc = mos_chord_parse(t.cell[0], SIZE_MAX, &chord, NULL);
		const int has_pcs = *t.cell[5] != '\0' || *t.cell[6] != '\0';

		n++;
		n_read += rc >= 0;
		cr_expect_geq(rc, 0, "%s is not read", t.cell[0]);
		if (rc < 0)
			continue;
		cr_expect_eq(rc == 1, strchr(t.cell[0], '(') != NULL, "%s: alternative", t.cell[0]);
		if (*t.cell[2])
			cr_expect_eq(mos_tone_class(chord.root), atoi(t.cell[2]), "%s: root", t.cell[0]);
		if (*t.cell[3])
			cr_expect_eq(mos_tone_class(chord.bass), atoi(t.cell[3]), "%s: bass", t.cell[0]);

		const uint16_t ours = mos_degrees_pitch_classes(chord.degrees, mos_tone_class(chord.root));

		if (strcmp(t.cell[7], "1") == 0) {
			n_agreed++;
			cr_expect_eq(ours, classes_of(t.cell[5]), "%s: %03x, expected %s", t.cell[0], ours,
				t.cell[5]);
		} else if (has_pcs) {
			n_disputed++;
			n_either += ours == classes_of(t.cell[5]) || ours == classes_of(t.cell[6]);
		}
	}
	cr_log_info("%d of %d read; %d agreed on; of %d others %d are as one of the two reads them", n_read,
		n, n_agreed, n_disputed, n_either);
	cr_expect_eq(n, 983);
	cr_expect_eq(n_agreed, 662);
	cr_expect_eq(n_either, n_disputed, "%d of %d", n_either, n_disputed);
}

/* Both directions: symbol -> what is held -> names. */
Test(chords, symbols_named, .description = "MID-02: every symbol is found again among the names of its notes")
{
	struct table t = open_table("symbols.tsv");
	int n = 0, n_best = 0;

	while (next_row(&t)) {
		struct mos_chord_name name[24];
		struct mos_chord chord, again;
		struct mos_held held;
		char text[MOS_CHORD_TEXT_MAX];
		size_t n_names;
		int is_found = 0;

		if (mos_chord_parse(t.cell[0], SIZE_MAX, &chord, NULL) < 0)
			continue;
		cr_assert_gt(mos_chord_format(&chord, text, sizeof(text)), 0, "%s", t.cell[0]);
		cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &again, NULL), 0, "%s -> %s", t.cell[0], text);
		cr_expect(mos_chord_equal(&chord, &again), "%s -> %s is another chord", t.cell[0], text);

		held.pitch_classes = mos_chord_pitch_classes(&chord);
		held.bass = (uint8_t)mos_tone_class(chord.bass);
		held.n_keys = 0;
		n_names = mos_chord_name(held, NULL, name, 24);
		cr_expect_gt(n_names, 0, "%s: no name", t.cell[0]);
		for (size_t i = 0; i < n_names; i++) {
			const uint16_t named = mos_degrees_pitch_classes(
				(uint16_t)(name[i].chord.degrees & ~name[i].implied),
				mos_tone_class(name[i].chord.root));
			const int bass = mos_tone_class(name[i].chord.bass);
			const int same_root =
				mos_tone_class(name[i].chord.root) == mos_tone_class(chord.root);
			const int same = same_root && named == mos_degrees_pitch_classes(chord.degrees,
								       mos_tone_class(chord.root));

			cr_expect_eq(named | 1u << bass, held.pitch_classes, "%s: name %zu has other notes",
				t.cell[0], i);
			cr_expect_eq(bass, held.bass, "%s: name %zu has another bass", t.cell[0], i);
			is_found |= same;
			n_best += i == 0 && same_root;
		}
		cr_expect(is_found, "%s: %s is not among its names", t.cell[0], text);
		n++;
	}
	cr_log_info("%d of %d get the root of the symbol as the best name", n_best, n);
	cr_expect_gt(n_best, n * 88 / 100, "%d of %d", n_best, n);
}

Test(chords, harte_labels, .description = "MID-02: 1,182 labels in Harte's notation: root and family of each")
{
	struct table t = open_table("harte-labels.tsv");
	int n = 0;

	for (; next_row(&t); n++) {
		struct mos_chord chord, again;
		char text[MOS_CHORD_TEXT_MAX];
		size_t where = 0;
		const int rc = mos_chord_parse(t.cell[0], SIZE_MAX, &chord, &where);

		cr_expect_eq(rc, 0, "%s is not read (byte %zu)", t.cell[0], where);
		if (rc < 0)
			continue;
		cr_expect_str_eq(family_name(chord.family), t.cell[3], "%s: %s, expected %s", t.cell[0],
			family_name(chord.family), t.cell[3]);
		if (*t.cell[2])
			cr_expect_eq(mos_tone_class(chord.root), atoi(t.cell[2]), "%s: root", t.cell[0]);
		if (!chord.degrees)
			continue;
		/* and every one of them has a lead-sheet symbol that means the same */
		cr_assert_gt(mos_chord_format(&chord, text, sizeof(text)), 0, "%s", t.cell[0]);
		cr_assert_eq(mos_chord_parse(text, SIZE_MAX, &again, NULL), 0, "%s -> %s", t.cell[0], text);
		cr_expect(mos_chord_equal(&chord, &again), "%s -> %s is another chord", t.cell[0], text);
	}
	cr_expect_eq(n, 1182);
}

Test(chords, roman_labels,
	.description = "MID-03: the Rock Corpus' numerals: semitones above the tonic, family")
{
	static const struct mos_tonality c_major = {0};
	struct table t = open_table("roman-labels.tsv");
	int n = 0;

	for (; next_row(&t); n++) {
		struct mos_roman roman, again;
		struct mos_chord chord;
		char text[MOS_ROMAN_TEXT_MAX];
		size_t where = 0;
		const int rc = mos_roman_parse(t.cell[0], SIZE_MAX, 0, &roman, &where);

		cr_expect_eq(rc, 0, "%s is not read (byte %zu)", t.cell[0], where);
		if (rc < 0)
			continue;
		cr_expect_eq(roman.n_of, atoi(t.cell[4]), "%s: applied", t.cell[0]);
		roman.n_of = 0; /* the table has applied ones relative to what they are applied to */
		cr_assert_eq(mos_roman_to_chord(&roman, c_major, &chord), 0);
		cr_expect_eq(mos_tone_class(chord.root), atoi(t.cell[2]), "%s: root", t.cell[0]);
		cr_expect_str_eq(
			family_name(chord.family), t.cell[3], "%s: %s", t.cell[0], family_name(chord.family));
		/* what we write for it is read as the same root and inversion */
		cr_assert_gt(mos_roman_format(&roman, text, sizeof(text)), 0, "%s", t.cell[0]);
		cr_assert_eq(
			mos_roman_parse(text, SIZE_MAX, 0, &again, NULL), 0, "%s -> %s", t.cell[0], text);
		cr_expect(again.root.degree == roman.root.degree && again.root.alter == roman.root.alter &&
				  again.inversion == roman.inversion,
			"%s -> %s", t.cell[0], text);
	}
	cr_expect_gt(n, 90);
}

/* Of an analysis' line, "m12 V7 b3 g: i6/4", what are numerals: not measures, beats, keys, bar lines. */
static int is_numeral(const char *text)
{
	return strspn(text, "#bIViv") > strspn(text, "#b") && text[strlen(text) - 1] != ':';
}

Test(chords, romantext,
	.description = "MID-03: Bach's chorales and Monteverdi's madrigals as analysed in RomanText")
{
	const char *corpora = getenv("MOS_CORPORA");
	char pattern[4096];
	glob_t files;
	int n = 0, n_read = 0;

	if (corpora)
		(void)snprintf(pattern, sizeof(pattern), "%s/chords/romantext/*", corpora);
	else
		(void)snprintf(
			pattern, sizeof(pattern), "%s/../shared/corpora/chords/romantext/*", MOS_SOURCE_ROOT);
	if (glob(pattern, 0, NULL, &files) != 0)
		cr_skip("no corpus at %s (set MOS_CORPORA)", pattern);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *f = fopen(files.gl_pathv[i], "r");
		char line[4096];

		cr_assert_not_null(f);
		while (fgets(line, sizeof(line), f)) {
			char *rest = line;

			if (line[0] != 'm' || line[1] < '0' || line[1] > '9')
				continue;
			for (char *word = strsep(&rest, " \t\r\n"); word; word = strsep(&rest, " \t\r\n")) {
				struct mos_roman roman;

				if (!*word || !is_numeral(word))
					continue;
				n++;
				if (mos_roman_parse(word, SIZE_MAX, 1, &roman, NULL) == 0)
					n_read++;
				else
					cr_log_info("%s", word);
			}
		}
		fclose(f);
	}
	globfree(&files);
	cr_log_info("%d of %d numerals in %s read", n_read, n, pattern);
	cr_expect_gt(n, 1000);
	/* the others are slips of the pen: "V/", "viiio4/3", "VIII" */
	cr_expect_gt(n_read, n - n / 100, "%d of %d", n_read, n);
}
