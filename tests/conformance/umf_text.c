/* SPDX-License-Identifier: MIT */
/*
 * docs/UMF.md says what reader and writer do: each of its tables of members is what the tables of score/nvx1
 * make (name, type, range, presence), each of its words is one, and its examples are documents.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/format.h>
#include <score/nvx_json.h>
#include <score/nvx_tables.h>

#include "json_put.h"
#include "words.h"

#define TEXT_FILE MOS_SOURCE_ROOT "/docs/UMF.md"
#define MAX_TEXT (1u << 20)

static char *text;
static struct score_report report;

static void setup(void)
{
	FILE *f = fopen(TEXT_FILE, "rb");
	cr_assert_not_null(f, "%s: %s", TEXT_FILE, strerror(errno));
	text = malloc(MAX_TEXT);
	cr_assert_not_null(text);
	const size_t n = fread(text, 1, MAX_TEXT - 1, f);
	text[n] = 0;
	(void)fclose(f);
}

static void teardown(void)
{
	free(text);
}

TestSuite(umf_text, .init = setup, .fini = teardown);

/* ---- what the tables make ---- */

static void put_bound(struct score_bytes *to, int64_t value, unsigned digits)
{
	if (value == NVX_MAX_TICK)
		score_bytes_puts(to, "2^40-1");
	else if (value == INT64_C(4294967295))
		score_bytes_puts(to, "2^32-1");
	else if (value == INT64_C(1) << 52 || value == -(INT64_C(1) << 52))
		score_bytes_puts(to, value < 0 ? "-2^52" : "2^52");
	else
		json_put_decimal(to, value, digits);
}

static void put_range(struct score_bytes *to, const struct nvx_field *f)
{
	put_bound(to, f->min, f->digits);
	score_bytes_puts(to, "..");
	put_bound(to, f->max, f->digits);
}

static const char *thing(unsigned ref)
{
	static const char *const names[] = {[NVX_REF_PART] = "part",
		[NVX_REF_REGION] = "region",
		[NVX_REF_NOTE] = "note",
		[NVX_REF_ELEMENT] = "element",
		[NVX_REF_FORM] = "form element",
		[NVX_REF_CHORD] = "chord",
		[NVX_REF_EVENT] = "event",
		[NVX_REF_TUPLET] = "tuplet",
		[NVX_REF_LYRIC] = "syllable",
		[NVX_REF_MEDIA] = "medium",
		[NVX_REF_ANNOTATION] = "annotation"};
	return names[ref];
}

static void put_type(struct score_bytes *to, const struct nvx_field *f)
{
	switch (f->type) {
	case NVX_F_INT:
	case NVX_F_FIFTHS:
		score_bytes_puts(to, "integer ");
		put_range(to, f);
		break;
	case NVX_F_DECIMAL:
		score_bytes_puts(to, "number ");
		put_range(to, f);
		score_bytes_printf(to, ", %u decimals", f->digits);
		break;
	case NVX_F_INTS:
		score_bytes_puts(to, "integers ");
		put_range(to, f);
		break;
	case NVX_F_STRING:
		score_bytes_printf(to, "text %d..%d", (int)f->min, (int)f->max);
		break;
	case NVX_F_ENUM:
		score_bytes_printf(to, "word `%s`", f->words->name);
		break;
	case NVX_F_SET:
		score_bytes_printf(to, "words `%s`", f->words->name);
		break;
	case NVX_F_JSON:
		score_bytes_printf(to, "object `%s`", f->words->name);
		break;
	case NVX_F_ID:
		if (f->ref == NVX_REF_SELF)
			score_bytes_puts(to, "id");
		else
			score_bytes_printf(to, "id of %s", thing(f->ref));
		break;
	case NVX_F_IDS:
		score_bytes_printf(to, "ids of %s", thing(f->ref));
		break;
	case NVX_F_OBJECTS:
		score_bytes_puts(to, f->max ? "array 0..64" : "array");
		break;
	default: {
		static const char *const names[] = {[NVX_F_BOOL] = "boolean",
			[NVX_F_NOT] = "boolean",
			[NVX_F_LITERAL] = "string or number",
			[NVX_F_COLOR] = "color",
			[NVX_F_TIME] = "time",
			[NVX_F_BPM] = "number > 0",
			[NVX_F_KEY] = "key",
			[NVX_F_BASE64] = "base64",
			[NVX_F_STRINGS] = "texts",
			[NVX_F_ONE] = "object",
			[NVX_F_GROUP] = "object",
			[NVX_F_FIRST_KEY] = "key",
			[NVX_F_FIRST_TEMPO] = "number > 0",
			[NVX_F_FIRST_METER] = "two integers"};
		cr_assert(f->type < sizeof(names) / sizeof(names[0]) && names[f->type], "%s", f->name);
		score_bytes_puts(to, names[f->type]);
	}
	}
}

/** The default of a member that may be missing. @return 0: it has none. */
static int put_default(struct score_bytes *to, const struct nvx_field *f)
{
	if (f->type == NVX_F_ENUM && f->words->text[f->initial][0]) {
		score_bytes_printf(to, "`%s`", f->words->text[f->initial]);
	} else if ((f->type == NVX_F_INT || f->type == NVX_F_DECIMAL) && f->initial >= f->min &&
		   f->initial <= f->max) {
		put_bound(to, f->initial, f->digits);
	} else if (f->type == NVX_F_BOOL && f->initial <= 1) {
		score_bytes_puts(to, f->initial ? "true" : "false");
	} else if (f->type == NVX_F_NOT) {
		score_bytes_puts(to, "true");
	} else {
		return 0;
	}
	return 1;
}

/** The words of a table's kinds; NULL: it has none. */
static const struct nvx_words *kinds_of(const struct nvx_table *t)
{
	for (unsigned i = 0; i < t->n_fields; i++)
		if (t->kind >= 0 && t->field[i].type == NVX_F_ENUM && t->field[i].offset == t->kind)
			return t->field[i].words;
	return NULL;
}

static void put_presence(struct score_bytes *to, const struct nvx_table *t, const struct nvx_field *f)
{
	const size_t before = to->n;
	if (f->flags & NVX_FIELD_REQUIRED) {
		score_bytes_puts(to, f->flags & NVX_FIELD_HANGS ? "required*" : "required");
	} else if (f->flags & NVX_FIELD_WRITTEN) {
		score_bytes_puts(to, "written");
	} else {
		score_bytes_puts(to, "default ");
		if (!put_default(to, f)) {
			to->n = before;
			score_bytes_puts(to, f->flags & NVX_FIELD_NULL ? "optional or null" : "optional");
		}
	}
	const struct nvx_words *kinds = f->kinds ? kinds_of(t) : NULL;
	for (unsigned i = 0; kinds && i < kinds->n; i++)
		if (f->kinds >> i & 1)
			score_bytes_printf(
				to, "%s `%s`", f->kinds & ((1u << i) - 1) ? "" : " for", kinds->text[i]);
}

/** One line a member: `| `mix.volume` | number 0..1.5, 6 decimals | optional |`. */
static void put_rows(struct score_bytes *to, const struct nvx_table *t, const char *prefix)
{
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
		if (f->type == NVX_F_MEMBERS) {
			for (unsigned i = 0; i < f->words->n; i++)
				score_bytes_printf(
					to, "| `%s%s` | any JSON | optional |\n", prefix, f->words->text[i]);
			continue;
		}
		score_bytes_printf(to, "| `%s%s` | ", prefix, f->name);
		put_type(to, f);
		score_bytes_puts(to, " | ");
		put_presence(to, t, f);
		score_bytes_puts(to, " |\n");
		if (f->table) {
			char below[64];
			(void)snprintf(below, sizeof(below), "%s%s.", prefix, f->name);
			put_rows(to, f->table, below);
		}
	}
	if (t->extensions)
		score_bytes_printf(to, "| `%sextensions` | object | optional |\n", prefix);
}

/* ---- what the text says ---- */

/** The lines of a section that begin with "| `", up to the third column: as put_rows() makes them. */
static void said_rows(struct score_bytes *to, const char *name)
{
	char heading[64];
	(void)snprintf(heading, sizeof(heading), "(`%s`)\n", name);
	const char *at = text;
	do {
		at = strstr(at + 1, "\n#");
		cr_assert_not_null(at, "UMF-11: no section %s", heading);
	} while (strncmp(strchr(at + 1, '\n') + 1 - strlen(heading), heading, strlen(heading)) != 0);
	for (at = strchr(at + 1, '\n') + 1; *at && *at != '#';) {
		const char *end = strchr(at, '\n');
		if (strncmp(at, "| `", 3) == 0) {
			unsigned bars = 0;
			const char *stop = at;
			for (; stop < end && bars < 4; stop++)
				bars += *stop == '|';
			score_bytes_put(to, at, (size_t)(stop - at));
			score_bytes_u8(to, '\n');
		}
		at = end + 1;
	}
}

static int has_line(const char *lines, const char *line, size_t len)
{
	for (const char *at = lines; (at = strstr(at, "| `"));) {
		const char *end = strchr(at, '\n');
		if ((size_t)(end - at) == len && memcmp(at, line, len) == 0)
			return 1;
		at = end;
	}
	return 0;
}

/** Every line of `a` is one of `b` or of `common`. */
static void expect_lines(const char *a, const char *b, const char *common, const char *name, const char *what)
{
	for (const char *at = a; *at; at = strchr(at, '\n') + 1) {
		const size_t len = strcspn(at, "\n");
		cr_expect(has_line(b, at, len) || (common && has_line(common, at, len)),
			"UMF-11: %s: %s %.*s", name, what, (int)len, at);
	}
}

static const struct {
	const char *name;
	const struct nvx_table *table;
} sections[] = {{"metadata", &nvx_table_metadata}, {"tempo", &nvx_table_tempo}, {"meter", &nvx_table_meter},
	{"key", &nvx_table_key}, {"order", &nvx_table_order}, {"measure", &nvx_table_measure},
	{"part", &nvx_table_part}, {"note", &nvx_table_note}, {"controller", &nvx_table_control},
	{"layer", &nvx_table_layer}, {"form", &nvx_table_form}, {"chords", &nvx_table_chord},
	{"analysis", &nvx_table_analysis}, {"tablature", &nvx_table_tab}, {"diagrams", &nvx_table_diagram},
	{"fingering", &nvx_table_fingering}, {"notation", &nvx_table_notation}, {"lyrics", &nvx_table_lyric},
	{"markers", &nvx_table_marker}, {"drums", &nvx_table_drum}, {"performance", &nvx_table_performance},
	{"melody", &nvx_table_melody}, {"extended", &nvx_table_extended}, {"media", &nvx_table_media},
	{"audio", &nvx_table_audio}, {"pointsOfInterest", &nvx_table_poi},
	{"annotations", &nvx_table_annotation}};

Test(umf_text, members, .description = "UMF-11: each table of members says what reader and writer do")
{
	struct score_bytes common;
	score_bytes_init(&common, &score_heap);
	said_rows(&common, "element");
	score_bytes_u8(&common, 0);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const char *name = sections[i].name;
		struct score_bytes is, said;
		score_bytes_init(&is, &score_heap);
		score_bytes_init(&said, &score_heap);
		put_rows(&is, sections[i].table, "");
		said_rows(&said, name);
		score_bytes_u8(&is, 0);
		score_bytes_u8(&said, 0);
		cr_assert_eq(is.error | said.error, 0);
		const int is_element =
			sections[i].table->hangs[0] != 0 && sections[i].table != &nvx_table_annotation;
		const char *is_text = (const char *)is.data, *said_text = (const char *)said.data;
		expect_lines(
			is_text, said_text, is_element ? (const char *)common.data : NULL, name, "lacks");
		expect_lines(said_text, is_text, NULL, name, "made up");
		if (strcmp(name, "markers") == 0)
			expect_lines((const char *)common.data, is_text, NULL, "element", "made up");
		score_bytes_finish(&is);
		score_bytes_finish(&said);
	}
	score_bytes_finish(&common);
}

/** "- `role`: `other`, `melody`": blanks and line breaks count the same. */
static void expect_words(const struct nvx_words *words)
{
	struct score_bytes is;
	score_bytes_init(&is, &score_heap);
	score_bytes_printf(&is, "- `%s`:", words->name);
	int first = 1;
	for (unsigned i = 0; i < words->n; i++) {
		if (!words->text[i][0])
			continue;
		score_bytes_printf(&is, "%s `%s`", first ? "" : ",", words->text[i]);
		first = 0;
	}
	score_bytes_puts(&is, "\n-");
	score_bytes_u8(&is, 0);
	int found = 0;
	for (const char *at = text; !found && (at = strchr(at, '\n')); at++) {
		const char *want = (const char *)is.data, *have = at + 1;
		while (*want && *have) {
			if (*want == ' ' && (*have == ' ' || *have == '\n')) {
				have += strspn(have, " \n");
				want++;
			} else if (*want == *have) {
				want++;
				have++;
			} else {
				break;
			}
		}
		/* The list ends with a blank line. */
		found = !*want || (want[0] == '-' && !want[1] && *have == '\n');
	}
	cr_expect(found, "UMF-11: no %.*s", (int)is.n - 3, (const char *)is.data);
	score_bytes_finish(&is);
}

Test(umf_text, words, .description = "UMF-11: every word that a member may be, and no other")
{
	static const struct nvx_words *const all[] = {
#define X(name, list) &nvx_words_##name,
		NVX_WORD_TABLES(X)
#undef X
			& nvx_words_step,
		&nvx_words_descriptor, &nvx_words_explanation};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		expect_words(all[i]);
}

/* ---- examples ---- */

static struct score *import(const void *bytes, size_t size, enum score_format *ret_format)
{
	const struct score_import how = {.alloc = &score_heap};
	struct score *score = NULL;
	memset(&report, 0, sizeof(report));
	cr_assert_eq(score_import(bytes, size, &how, &report, &score, ret_format), 0,
		"UMF-11: %s %s: %s\n%.300s", report.error[0].code, report.error[0].where,
		report.error[0].reason, (const char *)bytes);
	cr_expect_eq(report.n_warnings, 0, "UMF-11: %s %s: %s", report.warning[0].code,
		report.warning[0].where, report.warning[0].reason);
	return score;
}

static void expect_again(const struct score *score, enum score_format format)
{
	struct score_bytes out;
	score_bytes_init(&out, &score_heap);
	memset(&report, 0, sizeof(report));
	cr_assert_eq(score_export(score, format, &out, &report), 0);
	cr_expect_eq(report.n_warnings, 0, "UMF-11: %s", report.warning[0].reason);
	enum score_format is;
	struct score *again = import(out.data, out.n, &is);
	cr_expect_eq(is, format);
	cr_expect(score_same_state(again, score), "UMF-11: %s is another score", score_format_name(format));
	score_unref(again);
	score_bytes_finish(&out);
}

Test(umf_text, examples,
	.description =
		"UMF-11: the examples are documents; out as NVX1 and as UMF and in again they are the same")
{
	unsigned seen[SCORE_N_FORMATS] = {0};
	for (const char *at = text; (at = strstr(at, "\n```json\n"));) {
		at += strlen("\n```json\n");
		const char *end = strstr(at, "\n```\n");
		cr_assert_not_null(end, "UMF-11: a fence is open");
		enum score_format format;
		struct score *score = import(at, (size_t)(end - at), &format);
		seen[format]++;
		expect_again(score, SCORE_FORMAT_NVX1);
		expect_again(score, SCORE_FORMAT_UMF);
		score_unref(score);
		at = end;
	}
	cr_expect(seen[SCORE_FORMAT_NVX1] >= 1 && seen[SCORE_FORMAT_UMF] >= 1, "UMF-11: an example of each");
}

/** The canonical form that the text shows byte for byte. */
Test(umf_text, canonical,
	.description = "UMF-11: the canonical form of the smallest score is what the text shows")
{
	const char *at = strstr(text, "\n```text\n{\"format\":\"nvx1\"");
	cr_assert_not_null(at, "UMF-11: no canonical example");
	at += strlen("\n```text\n");
	const char *end = strstr(at, "\n```\n");
	struct score_bytes shown, out;
	score_bytes_init(&shown, &score_heap);
	score_bytes_init(&out, &score_heap);
	for (; at < end; at++)
		if (*at != '\n')
			score_bytes_u8(&shown, (uint8_t)*at);
	struct score *score = import(shown.data, shown.n, NULL);
	cr_assert_eq(nvx_write(score, NVX_CANONICAL, &out), 0);
	cr_expect(out.n == shown.n && memcmp(out.data, shown.data, out.n) == 0, "UMF-11: canonical is\n%.*s",
		(int)out.n, (const char *)out.data);
	score_unref(score);
	score_bytes_finish(&shown);
	score_bytes_finish(&out);
}

Test(umf_text, roadmap, .description = "UMF-13: the road to a standard is told, with its four years")
{
	const char *road = strstr(text, "Roadmap\n");
	cr_assert_not_null(road, "UMF-13");
	static const char *const steps[][2] = {
		{"| 2025 |", "RFC"}, {"| 2026 |", "editors"}, {"| 2027 |", "ISO"}, {"| 2030 |", "universal"}};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const char *year = strstr(road, steps[i][0]);
		const char *what = year ? strstr(year, steps[i][1]) : NULL;
		cr_expect(what && !memchr(year, '\n', (size_t)(what - year)), "UMF-13: %s %s", steps[i][0],
			steps[i][1]);
	}
}
