/* SPDX-License-Identifier: MIT */
/* NVX1 and UMF out and in again: nothing changes (NVX-09, UMF-01 .. UMF-10). */
#include "score_nvx_fixture.h"

static void write_as(const struct score *score, int umf, enum nvx_style style, struct score_bytes *out)
{
	score_bytes_init(out, &score_heap);
	cr_assert_eq(umf ? nvx_write_umf(score, style, out) : nvx_write(score, style, out), 0);
}

static int same(const struct score_bytes *a, const struct score_bytes *b)
{
	return a->n == b->n && memcmp(a->data, b->data, a->n) == 0;
}

static int holds(const struct score_bytes *bytes, const char *text)
{
	return memmem(bytes->data, bytes->n, text, strlen(text)) != NULL;
}

/** Canonical bytes and state come back whatever way was taken. */
static void expect_round_trip(const struct score *score, const char *row)
{
	struct score_bytes canonical;
	write_as(score, 0, NVX_CANONICAL, &canonical);
	for (int way = 0; way < 4; way++) {
		struct score_bytes text, again;
		write_as(score, way & 1, way & 2 ? NVX_PRETTY : NVX_CANONICAL, &text);
		struct score *back = load_bytes(text.data, text.n);
		cr_assert_not_null(back, "%s: %s: %s %s", row, fixture_report.error[0].where,
			fixture_report.error[0].code, fixture_report.error[0].reason);
		for (uint32_t i = 0; i < fixture_report.n_warnings; i++)
			cr_expect_str_eq(fixture_report.warning[i].code, "nvx1.member.unknown", "%s: %s", row,
				fixture_report.warning[i].where);
		write_as(back, 0, NVX_CANONICAL, &again);
		size_t at = 0;
		while (at < canonical.n && at < again.n && canonical.data[at] == again.data[at])
			at++;
		cr_expect(same(&canonical, &again), "%s: way %d differs at byte %zu: %.60s", row, way, at,
			at < again.n ? (char *)again.data + at : "");
		cr_expect(score_same_state(score, back), "%s: state, way %d", row, way);
		score_unref(back);
		score_bytes_finish(&text);
		score_bytes_finish(&again);
	}
	score_bytes_finish(&canonical);
}

static struct score *load_well(const char *text)
{
	struct score *score = load_text(text);
	cr_assert_not_null(score, "%s: %s: %s", fixture_report.error[0].where, fixture_report.error[0].code,
		fixture_report.error[0].reason);
	return score;
}

/* The examples of nvx1.md 16. */
static const char first_bar[] =
	"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,"
	"\"metadata\":{\"title\":\"First bar\",\"composer\":\"Anon.\",\"key\":\"C "
	"major\",\"tempo\":120,\"timeSignature\":[4,4]},"
	"\"timeline\":{\"tempo\":[{\"tick\":0,\"nsPerQuarter\":500000000,\"bpm\":120}],\"meter\":[{\"tick\":"
	"0,\"num\":4,\"den\":4}],"
	"\"key\":[{\"tick\":0,\"key\":\"C major\"}]},\"measures\":[{\"tick\":0,\"durationTicks\":3840}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"role\":\"melody\",\"instrument\":{\"sound\":"
	"\"guitar\",\"midiProgram\":24,"
	"\"midiChannel\":0},\"tuning\":[64,59,55,50,45,40],\"notes\":[{\"id\":\"n1\",\"tick\":0,"
	"\"durationTicks\":1920,\"pitch\":60,"
	"\"velocity\":90},{\"id\":\"n2\",\"tick\":1920,\"durationTicks\":1920,\"pitch\":64}]}],"
	"\"layers\":[{\"type\":\"form\",\"elements\":[{\"id\":\"f1\",\"tick\":0,\"durationTicks\":3840,"
	"\"kind\":\"verse\","
	"\"label\":\"Verse "
	"1\"}]},{\"type\":\"chords\",\"elements\":[{\"id\":\"h1\",\"tick\":0,\"durationTicks\":3840,"
	"\"symbol\":\"C\"}]},"
	"{\"type\":\"analysis\",\"elements\":[{\"id\":\"a1\",\"tick\":0,\"durationTicks\":3840,"
	"\"harmonicFunction\":\"T\","
	"\"phrase\":\"start\"}]},{\"type\":\"tablature\",\"elements\":[{\"id\":\"t1\",\"noteId\":\"n1\","
	"\"string\":2,\"fret\":1},"
	"{\"id\":\"t2\",\"noteId\":\"n2\",\"string\":1,\"fret\":0}]},{\"type\":\"diagrams\",\"elements\":[{"
	"\"id\":\"d1\",\"tick\":0,"
	"\"name\":\"C\",\"chordId\":\"h1\",\"strings\":6,\"frets\":4,\"dots\":[{\"string\":2,\"fret\":1,"
	"\"finger\":\"1\"},"
	"{\"string\":4,\"fret\":2,\"finger\":\"2\"},{\"string\":5,\"fret\":3,\"finger\":\"3\"}],\"muted\":[6]"
	",\"open\":[1,3],"
	"\"caged\":\"C\"}]},{\"type\":\"fingering\",\"elements\":[{\"id\":\"g1\",\"noteId\":\"n1\",\"hand\":"
	"\"left\",\"finger\":\"1\"}]},"
	"{\"type\":\"notation\",\"elements\":[{\"id\":\"e1\",\"tick\":0,\"durationTicks\":1920,\"partId\":"
	"\"p1\",\"kind\":\"event\","
	"\"noteIds\":[\"n1\"],\"value\":\"2\"},{\"id\":\"e2\",\"tick\":1920,\"durationTicks\":1920,"
	"\"partId\":\"p1\",\"kind\":\"event\","
	"\"noteIds\":[\"n2\"],\"value\":\"2\"}]},{\"type\":\"lyrics\",\"elements\":[{\"id\":\"l1\","
	"\"noteId\":\"n1\",\"text\":\"Sun\","
	"\"syllabic\":\"begin\"},{\"id\":\"l2\",\"noteId\":\"n2\",\"text\":\"day\",\"syllabic\":\"end\"}]},"
	"{\"type\":\"markers\",\"elements\":[{\"id\":\"k1\",\"tick\":1920,\"kind\":\"poi\",\"label\":\"Open "
	"string\"}]}],"
	"\"extensions\":{\"org.example.practice\":{\"stars\":3}}}";
static const char waltz_bar[] =
	"{\"version\":\"1.0\",\"metadata\":{\"title\":\"Waltz bar\",\"key\":\"A "
	"minor\",\"tempo\":90,\"timeSignature\":[3,4]},"
	"\"score\":{\"nvx1\":\"3.0.0\",\"timeline\":{\"tempo\":[{\"tick\":0,\"nsPerQuarter\":666666667,"
	"\"bpm\":90}],"
	"\"meter\":[{\"tick\":0,\"num\":3,\"den\":4}],\"key\":[{\"tick\":0,\"key\":\"A minor\"}]},"
	"\"measures\":[{\"tick\":0,\"durationTicks\":2880}],\"parts\":[{\"id\":\"p1\",\"name\":\"Piano\","
	"\"instrument\":{\"sound\":\"piano\",\"midiProgram\":0},\"notes\":[{\"id\":\"n1\",\"tick\":0,"
	"\"durationTicks\":2880,"
	"\"pitch\":69}]}],\"layers\":[{\"type\":\"chords\",\"elements\":[{\"id\":\"h1\",\"tick\":0,"
	"\"durationTicks\":2880,"
	"\"symbol\":\"Am\"}]}]},\"audio\":{\"format\":\"ogg\","
	"\"url\":\"ipfs://"
	"bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi\",\"durationUs\":2000000,\"offsetUs\":0}"
	","
	"\"learning\":{\"pointsOfInterest\":[{\"id\":\"k1\",\"tick\":0,\"title\":\"Hear the "
	"tonic\",\"kind\":\"listening\","
	"\"difficulty\":1}],\"annotations\":[{\"id\":\"s1\",\"target\":{\"noteId\":\"n1\"},\"author\":"
	"\"teacher\","
	"\"text\":\"Let it "
	"ring.\",\"kind\":\"comment\"}]},\"extensions\":{\"org.example.practice\":{\"stars\":2}}}";

Test(score_nvx_write, examples)
{
	struct score_bytes out;
	struct score *score = load_well(first_bar);
	cr_expect_eq(fixture_report.n_warnings, 0);
	write_as(score, 0, NVX_CANONICAL, &out);
	cr_expect(out.n == strlen(first_bar) && memcmp(out.data, first_bar, out.n) == 0, "NVX-09: %.*s",
		(int)out.n, (char *)out.data);
	expect_round_trip(score, "UMF-01");
	score_bytes_finish(&out);
	score_unref(score);

	score = load_well(waltz_bar);
	cr_expect_eq(fixture_report.n_warnings, 0);
	cr_expect_str_eq(fixture_report.dialect, "UMF 1.0.0", "UMF-05");
	cr_expect_eq(score->globals.audio.format, NVX_AUDIO_OGG, "UMF-02");
	cr_expect_eq(score_n_marker(score), 1, "UMF-06");
	cr_expect_eq(score_n_annotation(score), 1, "UMF-06");
	expect_round_trip(score, "UMF-01");
	score_unref(score);
}

Test(score_nvx_write, everything)
{
	struct score *score = load_well(full_document);
	cr_expect_eq(fixture_report.n_warnings, 0, "%s %s", fixture_report.warning[0].where,
		fixture_report.warning[0].reason);
	expect_round_trip(score, "UMF-01");
	score_unref(score);
}

Test(score_nvx_write, unknown_members_survive)
{
	static const char *const at[] = {"\"title\":", "\"nsPerQuarter\":6", "\"num\":4", "\"number\":\"1a\"",
		"\"strength\":", "\"sound\":", "\"volume\":", "\"name\":\"Guitar\"", "\"pitch\":60",
		"\"number\":7", "\"opacity\":", "\"symbol\":", "\"by\":", "\"kind\":\"verse\"",
		"\"string\":2,\"fret\":1,\"techn",
		"\"width\":", "\"sign\":", "\"url\":", "\"instrument\":\"kick\"",
		"\"drums\":", "\"annotations\":", "\"author\":", "\"format\":\"wav\"", "\"ppq\":",
		/* small objects, which keep nothing themselves */
		"\"start\":true", "\"numbers\":", "\"library\":", "\"chromatic\":", "\"lane\":",
		"\"fromNoteId\":", "\"cents\":100", "\"step\":\"C\"",
		"\"swingPercent\":", "\"enabled\":", "\"us\":500000", "\"string\":2,\"fret\":1,\"finger\"",
		"\"fret\":5", "\"mediaId\":", "\"fileName\":"};
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		char to[200];
		(void)snprintf(
			to, sizeof(to), "\"zz\":{\"b\":[1.10],\"a\":1e400},\"a/a~\":\"\\u00e4\",%s", at[i]);
		char *text = with(full_document, at[i], to);
		struct score *score = load_text(text);
		cr_assert_not_null(score, "NVX-09: before %s: %s: %s", at[i], fixture_report.error[0].where,
			fixture_report.error[0].reason);
		cr_expect_eq(fixture_report.n_warnings, 2, "NVX-09: before %s", at[i]);
		cr_expect_str_eq(fixture_report.warning[0].code, "nvx1.member.unknown");

		struct score_bytes out, again;
		write_as(score, 0, NVX_CANONICAL, &out);
		cr_expect(holds(&out, "\"a/a~\":\"\xc3\xa4\"") &&
				  holds(&out, "\"zz\":{\"a\":1e400,\"b\":[1.10]}"),
			"UMF-09: before %s", at[i]);
		struct score *back = load_bytes(out.data, out.n);
		cr_assert_not_null(back);
		write_as(back, 0, NVX_CANONICAL, &again);
		cr_expect(same(&out, &again), "NVX-09: before %s", at[i]);
		score_bytes_finish(&out);
		write_as(back, 1, NVX_CANONICAL, &out);
		struct score *from_umf = load_bytes(out.data, out.n);
		cr_assert_not_null(from_umf, "UMF-09: before %s: %s %s", at[i], fixture_report.error[0].where,
			fixture_report.error[0].reason);
		cr_expect(score_same_state(from_umf, score), "UMF-09: before %s", at[i]);
		score_bytes_finish(&out);
		score_bytes_finish(&again);
		score_unref(from_umf);
		score_unref(back);
		score_unref(score);
		free(text);
	}
}

Test(score_nvx_write, umf_keeps_its_own)
{
	static const char *const at[] = {
		"\"metadata\":", "\"timeline\":", "\"pointsOfInterest\":", "\"audio\":"};
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		char to[200];
		(void)snprintf(to, sizeof(to), "\"zz\":[1],%s", at[i]);
		char *text = with(waltz_bar, at[i], to);
		struct score *score = load_text(text);
		cr_assert_not_null(score, "UMF-09: %s", at[i]);
		expect_round_trip(score, "UMF-09");
		score_unref(score);
		free(text);
	}
	/* Through NVX1 and back nothing moves. */
	char *text = with(waltz_bar, "\"metadata\":", "\"zz\":[1],\"metadata\":");
	struct score *score = load_text(text);
	struct score_bytes nvx, umf;
	write_as(score, 0, NVX_CANONICAL, &nvx);
	struct score *back = load_bytes(nvx.data, nvx.n);
	write_as(back, 1, NVX_CANONICAL, &umf);
	cr_expect(holds(&umf, "},\"zz\":[1],\"extensions\""), "UMF-09: %.*s", (int)umf.n, (char *)umf.data);
	score_bytes_finish(&nvx);
	score_bytes_finish(&umf);
	score_unref(score);
	score_unref(back);
	free(text);
}

/* ---- random extensions (UMF-03, UMF-08) ---- */

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static void random_value(uint64_t *seed, unsigned depth, struct score_bytes *out)
{
	static const char *const scalar[] = {"null", "true", "1.10", "-0", "1e400",
		"123456789012345678901234567890", "\"\"", "\"\\u0000\\ud834\\udd1e\"", "0.1e-7"};
	const uint32_t kind = next_random(seed) % (depth ? 4 : 1);
	if (kind < 2) {
		score_bytes_puts(out, scalar[next_random(seed) % (sizeof(scalar) / sizeof(scalar[0]))]);
		return;
	}
	const uint32_t n = next_random(seed) % 4;
	score_bytes_u8(out, kind == 2 ? '[' : '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			score_bytes_u8(out, ',');
		if (kind == 3)
			score_bytes_printf(
				out, "\"%u-%u\":", (unsigned)(next_random(seed) % 1000), (unsigned)i);
		random_value(seed, depth - 1, out);
	}
	score_bytes_u8(out, kind == 2 ? ']' : '}');
}

Test(score_nvx_write, random_extensions)
{
	struct score *plain = load_well(first_bar);
	for (uint64_t seed = 1; seed <= 300; seed++) {
		uint64_t state = seed;
		struct score_bytes ext;
		score_bytes_init(&ext, &score_heap);
		score_bytes_puts(&ext, "\"extensions\":{\"org.example.x\":");
		random_value(&state, 8, &ext);
		score_bytes_puts(&ext, ",\"mos\":");
		random_value(&state, 3, &ext);
		score_bytes_puts(&ext, "}}");
		score_bytes_u8(&ext, 0);
		char *text = with(first_bar, "\"extensions\":{\"org.example.practice\":{\"stars\":3}}}",
			(char *)ext.data);
		struct score *score = load_well(text);
		cr_expect_eq(score_n_notes(score), score_n_notes(plain), "UMF-08");
		expect_round_trip(score, "UMF-03");
		score_unref(score);
		free(text);
		score_bytes_finish(&ext);
	}
	score_unref(plain);
}

Test(score_nvx_write, namespaces)
{
	char *text =
		with(first_bar, "\"org.example.practice\":", "\"mos\":1,\"mos\":2,\"org.example.practice\":");
	cr_expect_null(load_text(text), "UMF-10: two values for one namespace");
	cr_expect_str_eq(fixture_report.error[0].code, "nvx1.json.duplicate", "UMF-10");
	free(text);
	text = with(waltz_bar, "\"nvx1\":", "\"extensions\":{\"mos\":1},\"nvx1\":");
	cr_expect_null(load_text(text), "UMF-10: extensions in two places");
	free(text);
}

Test(score_nvx_write, audio)
{
	static const struct {
		const char *to, *code;
	} row[] = {
		{"\"format\":\"wav\"", "umf.audio.missing"},
		{"\"format\":\"ogg\",\"embedded\":\"UklGRgAAAABXQVZF\"", "umf.audio.format"},
		{"\"format\":\"wav\",\"embedded\":\"UklGRgAAAABXQVZF\",\"sha256\":\"00\"", "umf.audio.hash"},
		/* from another program */
		{"\"format\":\"wav\",\"embedded\":\"UklGRgAAAABXQVZF\",\"sha256\":"
		 "\"56ddf20bae94693a26732a7629d110957d63d8afd31c95f098b32b0d9ec5b387\"",
			NULL},
		{"\"format\":\"mp3\",\"url\":\"http://x\"", "umf.audio.url"},
		{"\"format\":\"mp3\",\"url\":\"../x.mp3\"", "umf.audio.url"},
		{"\"format\":\"mp3\",\"url\":\"a/../x.mp3\"", "umf.audio.url"},
		{"\"format\":\"mp3\",\"url\":\"ipfs://abc\"", "umf.audio.url"},
		{"\"format\":\"mp3\",\"url\":\"https://example.org/x.mp3\"", NULL},
		{"\"format\":\"mp3\",\"url\":\"takes/x..1.mp3\"", NULL},
		{"\"format\":\"wav\",\"embedded\":\"UklGRgAAAABXQVZF=\"", "nvx1.type"},
		{"\"format\":\"flac\",\"url\":\"x.flac\"", "nvx1.enum"},
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char *text = with(waltz_bar,
			"\"format\":\"ogg\",\"url\":\"ipfs://"
			"bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi\"",
			row[i].to);
		struct score *score = load_text(text);
		cr_expect_eq(score == NULL, row[i].code != NULL, "UMF-07: %s", row[i].to);
		if (row[i].code)
			cr_expect_str_eq(fixture_report.error[0].code, row[i].code, "UMF-02: %s", row[i].to);
		score_unref(score);
		free(text);
	}
}

Test(score_nvx_write, locale_changes_nothing)
{
	struct score *score = load_well(full_document);
	struct score_bytes here, there;
	write_as(score, 0, NVX_CANONICAL, &here);
	(void)setenv("LC_ALL", "de_DE.UTF-8", 1);
	write_as(score, 0, NVX_CANONICAL, &there);
	cr_expect(same(&here, &there), "UMF-04");
	score_bytes_finish(&here);
	score_bytes_finish(&there);
	score_unref(score);
}

Test(score_nvx_write, older_versions)
{
	struct score *score = load_well(full_document);
	for (unsigned major = 1; major <= 2; major++) {
		struct score_bytes out;
		struct score_report report = {0};
		score_bytes_init(&out, &score_heap);
		cr_assert_eq(nvx_write_version(score, major, NVX_CANONICAL, &out, &report), 0);
		cr_expect_geq(report.n_warnings, 3, "NVX-03: what it cannot hold is told");
		struct score *back = load_bytes(out.data, out.n);
		cr_assert_not_null(back, "NVX-07: %s", fixture_report.error[0].reason);
		cr_expect_eq(fixture_report.dialect[0], (char)('0' + major), "NVX-07");
		cr_expect_eq(score_n_notes(back), score_n_notes(score), "NVX-07");
		score_unref(back);
		score_bytes_finish(&out);
	}
	score_unref(score);
}
