/* SPDX-License-Identifier: MIT */
/* MusicXML as a file: encodings, hostile input, archives, and scores that nobody has written yet. */
#include "score_musicxml.h"

#include <errno.h>
#include <uchar.h>

#include <zip.h>

static void expect_refused(const char *text, size_t size, const char *what)
{
	struct score *s;
	cr_expect_eq(import_bytes(text, size, &s), -EINVAL, "HER-11 %s", what);
	cr_expect_geq(report.n_errors, 1);
	cr_expect(report.error[0].where[0] && report.error[0].reason[0], "HER-11 %s", what);
}

Test(score_musicxml_io, refusals, .description = "HER-11 FMT-10: refused with line, column and reason")
{
	static const char cut[] = "<score-partwise>\n<part-list>";
	static const char other[] = "<html/>";
	static const char opus[] = "<opus/>";
	static const char entity[] =
		"<!DOCTYPE score-partwise [<!ENTITY a 'b'>]><score-partwise><work><work-title>&a;"
		"</work-title></work></score-partwise>";
	static const char outside[] =
		"<!DOCTYPE score-partwise SYSTEM 'file:///etc/passwd' [<!ENTITY a SYSTEM "
		"'file:///etc/passwd'>]><score-partwise><work><work-title>&a;</work-title></work></"
		"score-partwise>";
	expect_refused(cut, strlen(cut), "cut off");
	cr_expect_not_null(strstr(report.error[0].where, "line 2"));
	cr_expect_str_eq(report.error[0].code, "IMPORT_PARSE_001");
	expect_refused(other, strlen(other), "another document");
	expect_refused(opus, strlen(opus), "a list of scores");
	expect_refused(entity, strlen(entity), "an entity");
	expect_refused(outside, strlen(outside), "a file by entity");
	expect_refused("", 0, "nothing");
}

Test(score_musicxml_io, bombs, .description = "FMT-02: a bomb of entities and deep nesting end at once",
	.timeout = 10)
{
	char *text = malloc(1 << 20);
	size_t n = (size_t)sprintf(text, "<!DOCTYPE score-partwise [<!ENTITY l0 'lol'>");
	for (int i = 1; i < 40; i++)
		n += (size_t)sprintf(text + n, "<!ENTITY l%d '&l%d;&l%d;&l%d;&l%d;&l%d;&l%d;'>", i, i - 1,
			i - 1, i - 1, i - 1, i - 1, i - 1);
	n += (size_t)sprintf(
		text + n, "]><score-partwise><work><work-title>&l39;</work-title></work></score-partwise>");
	expect_refused(text, n, "a bomb");
	n = (size_t)sprintf(text, "<score-partwise>");
	for (int i = 0; i < 100000; i++)
		n += (size_t)sprintf(text + n, "<work>");
	expect_refused(text, n, "deep");
	free(text);
}

Test(score_musicxml_io, encodings, .description = "FMT-02: UTF-16 with its mark, Latin-1")
{
	static const char16_t wide[] =
		u"\ufeff<?xml version='1.0' "
		u"encoding='UTF-16'?><score-partwise><work><work-title>\u00dcbung</work-title></work>"
		u"<part-list/></score-partwise>";
	static const char latin[] =
		"<?xml version='1.0' encoding='ISO-8859-1'?><score-partwise><work><work-title>\xdc"
		"bung</work-title></work><part-list/></score-partwise>";
	struct score *s;
	cr_assert_eq(import_bytes(wide, sizeof(wide) - sizeof(*wide), &s), 0);
	cr_expect_str_eq(score_text(s, s->globals.metadata.title), "\u00dcbung");
	score_unref(s);
	cr_assert_eq(import_bytes(latin, sizeof(latin) - 1, &s), 0);
	cr_expect_str_eq(score_text(s, s->globals.metadata.title), "\u00dcbung");
	score_unref(s);
}

Test(score_musicxml_io, timewise,
	.description = "FMT-02: measures of parts are the same as parts of measures")
{
	struct score *s = import_text(
		"<score-timewise><part-list><score-part "
		"id='a'><part-name>A</part-name></score-part><score-part id='b'>"
		"<part-name>B</part-name></score-part></part-list>"
		"<measure number='1'><part id='a'>" NOTE("C", "4", "4", "") "</part><part id='b'>" NOTE("E",
			"4", "4",
			"") "</part></measure>"
			    "<measure number='2'><part id='a'>" NOTE("D", "4", "4",
				    "") "</part><part id='b'>" NOTE("F", "4", "4", "") "</part></measure>"
										       "</score-timewise>");
	cr_assert_eq(s->n_parts, 2);
	cr_assert_eq(s->part[1]->note.n, 2);
	cr_expect_eq(score_part_note(s->part[1], 1)->pitch, 65);
	cr_expect_eq(score_part_note(s->part[1], 1)->tick, 3840);
	score_unref(s);
}

/* ---- archives ---- */

Test(score_musicxml_io, mxl, .description = "FMT-02: compressed out and in; the same bytes each time")
{
	struct score *s = import_part("", MEASURE("1", ATTRIBUTES NOTE("C", "4", "16", ""))), *again;
	struct score_bytes a, b;
	score_bytes_init(&a, &score_heap);
	score_bytes_init(&b, &score_heap);
	cr_assert_eq(mxl_export(s, &a, &report), 0);
	cr_assert_eq(mxl_export(s, &b, &report), 0);
	cr_expect(a.n == b.n && memcmp(a.data, b.data, a.n) == 0);
	cr_assert_eq(import_bytes(a.data, a.n, &again), 0);
	cr_expect_eq(note_at(again, 0)->pitch, 60);
	for (size_t n = 0; n < a.n; n += 7) { /* cut off anywhere */
		struct score *part;
		const int rc = import_bytes(a.data, n, &part);
		cr_expect_eq(rc, -EINVAL);
		score_unref(part);
	}
	score_bytes_finish(&a);
	score_bytes_finish(&b);
	score_unref(s);
	score_unref(again);
}

/** Change a byte of every entry in an archive's directory. */
static void mark_entries(struct score_bytes *archive, size_t at, uint8_t bits)
{
	static const char entry[] = "PK\1\2";
	for (size_t i = 0; i + 46 <= archive->n; i++)
		if (memcmp(archive->data + i, entry, 4) == 0)
			archive->data[i + at] ^= bits;
}

Test(score_musicxml_io, mxl_elsewhere,
	.description = "FMT-02: another program finds an archive of ours in order")
{
	struct score *s = import_part("", MEASURE("1", ATTRIBUTES NOTE("C", "4", "16", "")));
	struct score_bytes a;
	zip_error_t error;
	score_bytes_init(&a, &score_heap);
	score_bytes_puts(&a, "before"); /* an exporter adds to what there is */
	cr_assert_eq(mxl_export(s, &a, &report), 0);
	zip_error_init(&error);
	zip_t *zip = zip_open_from_source(
		zip_source_buffer_create(a.data + 6, a.n - 6, 0, &error), ZIP_RDONLY | ZIP_CHECKCONS, &error);
	cr_assert_not_null(zip, "%s", zip_error_strerror(&error));
	cr_expect_eq(zip_get_num_entries(zip, 0), 3);
	cr_expect_str_eq(zip_get_name(zip, 0, 0), "mimetype", "first, as the standard wants it");
	zip_stat_t stat;
	cr_assert_eq(zip_stat_index(zip, 0, 0, &stat), 0);
	cr_expect_eq(stat.comp_method, ZIP_CM_STORE);
	cr_assert_eq(zip_stat_index(zip, 2, 0, &stat), 0);
	char *text = calloc(1, stat.size + 1), *plain = export_text(s);
	zip_file_t *file = zip_fopen_index(zip, 2, 0);
	cr_assert_eq((zip_uint64_t)zip_fread(file, text, stat.size), stat.size);
	cr_expect_str_eq(text, plain);
	zip_fclose(file);
	zip_discard(zip);
	zip_error_fini(&error);
	free(text);
	free(plain);
	score_bytes_finish(&a);
	score_unref(s);
}

Test(score_musicxml_io, mxl_foreign,
	.description =
		"FMT-02 HER-11: what is encrypted or packed another way is refused; a wrong checksum is not")
{
	struct score *s = import_part("", MEASURE("1", ATTRIBUTES NOTE("C", "4", "16", ""))), *again;
	struct score_bytes a;
	score_bytes_init(&a, &score_heap);
	cr_assert_eq(mxl_export(s, &a, &report), 0);
	mark_entries(&a, 8, 1);
	expect_refused((const char *)a.data, a.n, "encrypted");
	mark_entries(&a, 8, 1);
	mark_entries(&a, 10, 14);
	expect_refused((const char *)a.data, a.n, "another way of packing");
	mark_entries(&a, 10, 14);
	mark_entries(&a, 24, 0xff);
	expect_refused((const char *)a.data, a.n, "another size than it has");
	mark_entries(&a, 24, 0xff);
	cr_assert_eq(import_bytes(a.data, a.n, &again), 0);
	score_unref(again);
	score_bytes_finish(&a);
	score_unref(s);
}

Test(score_musicxml_io, zip_bomb,
	.description = "FMT-02: an archive that unpacks to too much is refused before it does", .timeout = 20)
{
	const size_t size = 80u << 20;
	char *blanks = malloc(size);
	zip_error_t error;
	zip_error_init(&error);
	memset(blanks, ' ', size);
	zip_source_t *archive = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_source_keep(archive);
	zip_t *zip = zip_open_from_source(archive, ZIP_TRUNCATE, &error);
	cr_assert_geq(zip_file_add(zip, "score.xml", zip_source_buffer(zip, blanks, size, 0), 0), 0);
	cr_assert_eq(zip_close(zip), 0);
	zip_stat_t stat;
	zip_stat_init(&stat);
	cr_assert_eq(zip_source_stat(archive, &stat), 0);
	uint8_t *bytes = malloc(stat.size);
	cr_assert_eq(zip_source_open(archive), 0);
	cr_assert_eq((zip_uint64_t)zip_source_read(archive, bytes, stat.size), stat.size);
	zip_source_close(archive);
	zip_source_free(archive);
	struct score *s;
	cr_expect_eq(import_bytes(bytes, stat.size, &s), -EINVAL);
	cr_expect_str_eq(report.error[0].code, "nvx1.limit.unpacked");
	free(bytes);
	free(blanks);
}

/* ---- scores that nobody has written ---- */

static struct score *played(const int (*notes)[3], unsigned n, unsigned measures)
{
	struct nvx_draft d;
	struct score *s;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&d, &score_heap, &report), 0);
	d.repair = 1;
	const uint32_t part = nvx_add_part(&d);
	for (unsigned i = 0; i < n; i++) {
		struct nvx_note *note = nvx_add_note(&d, part);
		note->tick = notes[i][0];
		note->duration_ticks = (uint32_t)notes[i][1];
		note->pitch = (uint8_t)notes[i][2];
	}
	d.end_tick = measures * 3840;
	cr_assert_eq(nvx_finish(&d, "played", &s), 0);
	return s;
}

/** Every first voice fills its measures. */
static void expect_full(const struct score *s)
{
	for (uint32_t m = 0; m < score_n_measure(s); m++) {
		const struct nvx_measure *measure = score_measure(s, m);
		uint64_t filled = 0;
		for (uint32_t i = 0; i < score_n_notation(s); i++) {
			const struct nvx_notation_element *e = score_notation(s, i);
			if (e->e.kind == NVX_NOTATION_EVENT && e->e.voice == 1 &&
				score_measure_at(s, e->e.tick) == m)
				filled += e->e.duration_ticks;
		}
		cr_expect_eq(filled, measure->duration_ticks, "NVX-16 measure %u: %llu", m,
			(unsigned long long)filled);
	}
}

Test(score_musicxml_io, derived,
	.description = "NVX-16 FMT-11: notes as played are written in values and come back exactly")
{
	static const int notes[][3] = {
		{3, 470, 60},
		{484, 900, 64},
		{1440, 4000, 67},
		{1441, 950, 72},
		{5760, 318, 60},
		{6081, 320, 62},
		{6400, 311, 64},
		{6720, 960, 40},
		{7680, 13, 70},
	};
	struct score *s = played(notes, sizeof(notes) / sizeof(*notes), 3);
	char *text = export_text(s);
	struct score *again = import_text(text);
	cr_expect_not_null(strstr(text, "<type>eighth</type>"));
	cr_expect_not_null(strstr(text, "<tuplet type=\"start\""));
	cr_expect_not_null(strstr(text, "<tie type=\"start\"/>"));
	cr_expect_not_null(strstr(text, "<rest"));
	cr_assert_eq(again->part[0]->note.n, s->part[0]->note.n);
	for (uint32_t i = 0; i < s->part[0]->note.n; i++) {
		const struct nvx_note *x = note_at(s, i), *y = note_at(again, i);
		cr_expect(x->tick == y->tick && x->duration_ticks == y->duration_ticks &&
				  x->pitch == y->pitch && x->velocity == y->velocity,
			"FMT-11 note %u: %lld+%u, %lld+%u", i, (long long)x->tick, x->duration_ticks,
			(long long)y->tick, y->duration_ticks);
	}
	expect_full(again);
	free(text);
	score_unref(s);
	score_unref(again);
}

Test(score_musicxml_io, derived_random, .description = "NVX-16 FMT-11: any notes come back as they were",
	.timeout = 60)
{
	uint32_t seed = 1;
	for (unsigned round = 0; round < 200; round++) {
		int notes[60][3];
		for (unsigned i = 0; i < 60; i++) {
			for (unsigned k = 0; k < 3; k++) {
				seed = seed * 1664525u + 1013904223u;
				notes[i][k] = (int)(seed >> 8);
			}
			notes[i][0] %= 4 * 3840;
			notes[i][1] = 1 + notes[i][1] % (round % 3 ? 2000 : 300);
			notes[i][2] = 30 + notes[i][2] % 60;
			if (notes[i][0] + notes[i][1] > 4 * 3840)
				notes[i][1] = 4 * 3840 - notes[i][0];
		}
		struct score *s = played(notes, 60, 4);
		char *text = export_text(s);
		struct score *again = import_text(text);
		cr_expect_eq(score_n_measure(again), 4);
		cr_assert_eq(again->part[0]->note.n, 60, "FMT-11 round %u: %u notes", round,
			again->part[0]->note.n);
		for (uint32_t i = 0; i < 60; i++) {
			const struct nvx_note *x = note_at(s, i), *y = note_at(again, i);
			cr_assert(x->tick == y->tick && x->duration_ticks == y->duration_ticks &&
					  x->pitch == y->pitch,
				"FMT-11 round %u note %u: %lld+%u p%u, %lld+%u p%u", round, i,
				(long long)x->tick, x->duration_ticks, x->pitch, (long long)y->tick,
				y->duration_ticks, y->pitch);
		}
		free(text);
		score_unref(s);
		score_unref(again);
	}
}

/* ---- memory that runs out ---- */

struct failing {
	struct score_alloc alloc;
	unsigned left;
};

static void *fail_resize(void *ctx, void *ptr, size_t size)
{
	struct failing *f = ctx;
	if (size && f->left-- == 0) {
		f->left = 0;
		return NULL;
	}
	return score_heap.resize(score_heap.ctx, ptr, size);
}

Test(score_musicxml_io, no_memory,
	.description = "FMT-02: whichever allocation fails, an error comes back and nothing leaks",
	.timeout = 60)
{
	static const char text[] =
		"<score-partwise><part-list><score-part "
		"id='P1'><part-name>A</part-name></score-part></part-list><part id='P1'>" MEASURE("1",
			ATTRIBUTES
			"<harmony><root><root-step>C</root-step></root><kind>major</kind></harmony>" NOTE("C",
				"4", "8",
				"<notations><slur "
				"type='start'/><technical><string>2</string><fret>1</fret></technical>"
				"</notations><lyric><text>a</text></lyric>") NOTE("D", "4", "8",
				"<notations><slur type='stop'/></notations>")) "</part></score-partwise>";
	int rc = -ENOMEM;
	for (unsigned n = 0; rc != 0; n++) {
		struct failing f = {{fail_resize, NULL}, n};
		struct nvx_draft d;
		struct score *s = NULL;
		f.alloc.ctx = &f;
		memset(&report, 0, sizeof(report));
		rc = nvx_draft_init(&d, &f.alloc, &report);
		if (rc == 0) {
			d.repair = 1;
			rc = musicxml_import((const uint8_t *)text, sizeof(text) - 1, &d);
			if (rc < 0)
				nvx_draft_finish(&d);
			else
				rc = nvx_finish(&d, NULL, &s);
		}
		struct score_bytes out;
		score_bytes_init(&out, &f.alloc);
		if (rc == 0)
			rc = musicxml_export(s, &out, &report);
		cr_assert(rc == 0 || rc == -ENOMEM, "allocation %u: %d", n, rc);
		score_bytes_finish(&out);
		score_unref(s);
		cr_assert_lt(n, 5000);
	}
}
