/* SPDX-License-Identifier: MIT */
/*
 * The MusicXML corpus written and read again, and held against the schema: FMT-02, FMT-11, NVX-16, NVX-17. Needs
 * MOS_CORPORA, or ../shared/corpora beside the source; skipped without. With MOS_LONG set every exported file is held
 * against the schema, else every eighth.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "musicxml_corpus.h"

/** What a file cannot say twice the same way. */
static const struct {
	const char *file, *reason;
} changed[] = {
	{"lilypond/72b-TransposingInstruments-Full.xml",
		"a part without a key of its own gets that of the score"},
	{"musescore/testNonStandardKeySig2.xml", "signatures that are no keys are all written as none"},
	{"lilypond/13a-KeySignatures.xml", "keys beyond seven accidentals are written as none"},
	{"musicxml-testsuite/13aa-KeySignatures-Extreme.xml",
		"keys beyond seven accidentals are written as none"},
	{"lilypond/71f-AllChordTypes.xml", "one symbol without root and kind"},
	{"musescore/testVoiceMapper2.xml", "a voice on two staves at once is two voices"},
	{"musescore/testVoiceMapper3.xml", "a voice on two staves at once is two voices"},
};

static int may_change(const char *file)
{
	for (unsigned i = 0; i < sizeof(changed) / sizeof(*changed); i++) {
		if (strcmp(changed[i].file, file) == 0)
			return 1;
	}
	return 0;
}

static int same_notes(const struct score *a, const struct score *b, const char *file)
{
	for (uint32_t p = 0; p < a->n_parts; p++) {
		if (a->part[p]->note.n != b->part[p]->note.n)
			return 0;
		for (uint32_t i = 0; i < a->part[p]->note.n; i++) {
			const struct nvx_note *x = score_part_note(a->part[p], i),
					      *y = score_part_note(b->part[p], i);
			if (x->tick != y->tick || x->duration_ticks != y->duration_ticks ||
				x->pitch != y->pitch || x->velocity != y->velocity ||
				x->cents_1e3 != y->cents_1e3 || x->muted != y->muted) {
				(void)fprintf(stderr, "%s: part %u note %u\n", file, p, i);
				return 0;
			}
		}
	}
	return 1;
}

static int same_elements(const struct score *a, const struct score *b, const char *file)
{
	if (events(a, 0, 0) == 0)
		return 1; /* nothing was written there; what an export derives is its own */
	if (score_n_notation(a) != score_n_notation(b)) {
		(void)fprintf(stderr, "%s: %u and %u elements\n", file, score_n_notation(a), score_n_notation(b));
		return 0;
	}
	for (uint32_t i = 0; i < score_n_notation(a); i++) {
		const struct nvx_notation_element *x = score_notation(a, i), *y = score_notation(b, i);
		if (x->e.tick != y->e.tick || x->e.kind != y->e.kind ||
			x->e.duration_ticks != y->e.duration_ticks || x->e.staff != y->e.staff ||
			x->e.voice != y->e.voice || x->value != y->value || x->dots != y->dots ||
			x->num != y->num || x->den != y->den || x->articulations != y->articulations ||
			x->ornaments != y->ornaments || x->technical != y->technical ||
			x->fermata != y->fermata || x->stem != y->stem || !x->tuplet_id != !y->tuplet_id ||
			x->is_grace != y->is_grace) {
			(void)fprintf(stderr, "%s: notation %u (kind %u, tick %lld)\n", file, i, x->e.kind,
				(long long)x->e.tick);
			return 0;
		}
	}
	return 1;
}

/** A syllable wherever it stands in the list. */
static uint64_t lyric_hash(const struct score *score, const struct nvx_lyric *l)
{
	uint64_t hash = (uint64_t)l->e.tick * 1000003u + l->verse * 31u + l->syllabic * 7u + l->extend;
	for (const char *c = score_text(score, l->text); *c; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211u;
	return hash * 0x9e3779b97f4a7c15u;
}

static int same_lyrics(const struct score *a, const struct score *b)
{
	uint64_t x = 0, y = 0;
	for (uint32_t i = 0; i < score_n_lyric(a); i++) {
		x += lyric_hash(a, score_lyric(a, i));
		y += lyric_hash(b, score_lyric(b, i));
	}
	return x == y;
}

static int same_lists(const struct score *a, const struct score *b, const char *file)
{
	const struct {
		const char *name;
		uint32_t n, m;
	} lists[] = {
		{"tempo", score_n_tempo(a), score_n_tempo(b)},
		{"meter", score_n_meter(a), score_n_meter(b)},
		{"key", score_n_key(a), score_n_key(b)},
		{"measures", score_n_measure(a), score_n_measure(b)},
		{"chords", score_n_chord(a), score_n_chord(b)},
		{"lyrics", score_n_lyric(a), score_n_lyric(b)},
		{"tablature", score_n_tab(a), score_n_tab(b)},
		{"fingering", score_n_fingering(a), score_n_fingering(b)},
		{"markers", score_n_marker(a), score_n_marker(b)},
		{"diagrams", score_n_diagram(a), score_n_diagram(b)},
	};
	for (unsigned i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (lists[i].n != lists[i].m) {
			(void)fprintf(stderr, "%s: %s %u and %u\n", file, lists[i].name, lists[i].n, lists[i].m);
			return 0;
		}
	}
	for (uint32_t i = 0; i < score_n_tempo(a); i++) {
		if (score_tempo(a, i)->ns_per_quarter != score_tempo(b, i)->ns_per_quarter)
			return 0;
	}
	if (!same_lyrics(a, b)) {
		(void)fprintf(stderr, "%s: lyrics\n", file);
		return 0;
	}
	for (uint32_t i = 0; i < score_n_chord(a); i++) {
		if (strcmp(score_text(a, score_chord(a, i)->symbol),
			    score_text(b, score_chord(b, i)->symbol)) != 0)
			return 0;
	}
	return 1;
}

static int same_measures(const struct score *a, const struct score *b)
{
	for (uint32_t i = 0; i < score_n_measure(a); i++) {
		const struct nvx_measure *x = score_measure(a, i), *y = score_measure(b, i);
		if (x->duration_ticks != y->duration_ticks || x->irregular != y->irregular ||
			x->barline != y->barline || x->repeat_start != y->repeat_start ||
			x->repeat_end != y->repeat_end || x->ending_type != y->ending_type ||
			x->jump != y->jump || x->jump_until != y->jump_until ||
			x->line_break != y->line_break)
			return 0;
	}
	return 1;
}

Test(musicxml_again, FMT_11_round_trip,
	.description = "FMT-11 NVX-16 NVX-17: what is written and read again has the same notes, measures, "
		       "notation, "
		       "lyrics, chords, tablature and tempo")
{
	struct table t = open_table();
	unsigned n = 0, same = 0, as_known = 0;
	while (next_row(&t)) {
		const char *file = cell(&t, "file");
		struct bytes b = read_corpus(file);
		struct score *first, *second;
		struct score_bytes out;
		score_bytes_init(&out, &score_heap);
		if (import(b, &first) == 0) {
			memset(&report, 0, sizeof(report));
			cr_assert_eq(musicxml_export(first, &out, &report), 0, "%s", file);
			cr_assert_eq(import((struct bytes){out.data, out.n}, &second), 0, "%s: %s: %s", file,
				report.error[0].where, report.error[0].reason);
			const int equal = first->n_parts == second->n_parts &&
					  same_lists(first, second, file) && same_measures(first, second) &&
					  same_notes(first, second, file) &&
					  same_elements(first, second, file);
			n++;
			same += equal != 0;
			as_known += !equal && may_change(file);
			cr_expect(equal != may_change(file), "FMT-11 %s: %s after a round trip", file,
				equal ? "no longer differs" : "differs");
			score_unref(first);
			score_unref(second);
		}
		score_bytes_finish(&out);
		free(b.data);
	}
	fprintf(stderr, "musicxml round trip: %u files, %u equal, %u differ as known\n", n, same, as_known);
	for (unsigned i = 0; i < sizeof(changed) / sizeof(*changed); i++)
		fprintf(stderr, "known: %s: %s\n", changed[i].file, changed[i].reason);
	free(t.text);
}

/* ---- the schema ---- */

static void write_file(const char *path, const struct score_bytes *bytes)
{
	FILE *f = fopen(path, "wb");
	cr_assert_not_null(f, "%s", path);
	cr_assert_eq(fwrite(bytes->data, 1, bytes->n, f), bytes->n);
	(void)fclose(f);
}

/** A copy of the schema that finds its two imports beside it. */
static void copy_schema(const char *dir)
{
	static const char *const names[] = {"musicxml.xsd", "xlink.xsd", "xml.xsd"};
	static const char remote[] = "http://www.musicxml.org/xsd/";
	for (unsigned i = 0; i < 3; i++) {
		char path[4200], name[64];
		(void)snprintf(name, sizeof(name), "schema/%s", names[i]);
		struct bytes b = read_corpus(name);
		char *text = (char *)b.data;
		for (char *at; (at = strstr(text, remote));)
			memmove(at, at + sizeof(remote) - 1, strlen(at + sizeof(remote) - 1) + 1);
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		write_file(path, &(struct score_bytes){.data = b.data, .n = strlen(text)});
		free(b.data);
	}
}

Test(musicxml_again, FMT_02_schema, .description = "FMT-02: what is exported is valid MusicXML 4.0", .timeout = 300)
{
	char dir[] = "/tmp/mos-musicxml-XXXXXX", command[8400];
	struct table t = open_table();
	if (system("command -v xmllint >/dev/null 2>&1") != 0)
		cr_skip("no xmllint");
	cr_assert_not_null(mkdtemp(dir));
	copy_schema(dir);
	const unsigned step = getenv("MOS_LONG") ? 1 : 8;
	unsigned written = 0;
	for (unsigned i = 0; next_row(&t); i++) {
		char path[4200];
		struct score *score;
		struct score_bytes out;
		if (i % step)
			continue;
		struct bytes b = read_corpus(cell(&t, "file"));
		if (import(b, &score) == 0) {
			score_bytes_init(&out, &score_heap);
			cr_assert_eq(musicxml_export(score, &out, &report), 0);
			(void)snprintf(path, sizeof(path), "%s/%u.musicxml", dir, i);
			write_file(path, &out);
			written++;
			score_bytes_finish(&out);
			score_unref(score);
		}
		free(b.data);
	}
	(void)snprintf(command, sizeof(command),
		"xmllint --nonet --noout --schema %s/musicxml.xsd %s/*.musicxml >%s/log 2>&1", dir, dir, dir);
	const int rc = system(command);
	if (rc != 0) {
		(void)snprintf(command, sizeof(command), "grep -v validates %s/log | head -20 >&2", dir);
		(void)system(command);
	}
	cr_expect_eq(rc, 0, "FMT-02: a file does not validate");
	cr_expect_gt(written, 50);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	(void)system(command);
	fprintf(stderr, "musicxml schema: %u files validate\n", written);
	free(t.text);
}
