/* SPDX-License-Identifier: MIT */
/*
 * Analysis against people's: RomanText analyses of chorales and madrigals (shared/corpora/chords/romantext)
 * whose notes are in the MusicXML corpus, beat by beat (NVX-12); keys against those that files state
 * (LIB-09). Rates are printed, floors are asserted: an analysis is an opinion. Needs MOS_CORPORA, or
 * ../shared/corpora beside the source.
 */
#include <criterion/criterion.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/roman.h>
#include <score/analyse.h>
#include <score/format.h>

static const char *corpora(void)
{
	static char dir[4096];
	const char *given = getenv("MOS_CORPORA");

	if (given)
		(void)snprintf(dir, sizeof(dir), "%s", given);
	else
		(void)snprintf(dir, sizeof(dir), "%s/../shared/corpora", MOS_SOURCE_ROOT);
	if (access(dir, R_OK) != 0)
		cr_skip("no corpora at %s (set MOS_CORPORA)", dir);
	return dir;
}

/** NUL-terminated. */
static char *read_file(const char *name, size_t *ret_size)
{
	char path[8192];
	(void)snprintf(path, sizeof(path), "%s/%s", corpora(), name);
	FILE *f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	char *data = malloc(1);
	size_t size = 0, n;
	char chunk[65536];
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		data = realloc(data, size + n + 1);
		memcpy(data + size, chunk, n);
		size += n;
	}
	fclose(f);
	data[size] = '\0';
	if (ret_size)
		*ret_size = size;
	return data;
}

/** NULL: refused. */
static struct score *import(const char *bytes, size_t size, uint32_t index)
{
	static struct score_report report;
	const struct score_import how = {.alloc = &score_heap, .index = index};
	struct score *score = NULL;

	memset(&report, 0, sizeof(report));
	(void)score_import((const uint8_t *)bytes, size, &how, &report, &score, NULL);
	return score;
}

/* ---- RomanText ---- */

struct said {
	int64_t tick;
	struct mos_tonality key;
	struct mos_chord chord;
	char numeral[MOS_ROMAN_TEXT_MAX];
	int is_phrase_end;
};

struct text {
	struct said said[2048];
	unsigned n, n_unread;
	struct mos_tonality key;
};

static int64_t measure_tick(const struct score *score, unsigned number, int64_t *ret_whole)
{
	char want[16], name[64];
	(void)snprintf(want, sizeof(want), "%u", number);
	for (uint32_t i = 0; i < score_n_measure(score); i++) {
		const struct nvx_measure *m = score_measure(score, i);
		const struct nvx_meter *meter = score_meter_at(score, m->tick);
		score_measure_name(score, i, name, sizeof(name));
		if (strcmp(name, want) != 0)
			continue;
		/* a pickup's beats are the last ones of a bar */
		*ret_whole = meter->num * INT64_C(3840) / meter->den;
		return i == 0 && m->duration_ticks < *ret_whole ? m->duration_ticks - *ret_whole : m->tick;
	}
	return -1000000;
}

static int read_key(const char *token, struct mos_tonality *ret)
{
	const size_t len = strlen(token);
	return len >= 2 && token[len - 1] == ':' && mos_tonality_parse(token, len - 1, ret) == 0;
}

static void read_measure(struct text *t, const struct score *score, unsigned number, char *line)
{
	int64_t whole = 0, beat = 0;
	const int64_t start = measure_tick(score, number, &whole);
	char *save = NULL;

	for (char *token = strtok_r(line, " \t\r\n", &save); token;
		token = strtok_r(NULL, " \t\r\n", &save)) {
		struct mos_roman roman;
		struct said *said = &t->said[t->n];
		double at;
		if (token[0] == 'b' && isdigit((unsigned char)token[1]) &&
			sscanf(token + 1, "%lf", &at) == 1) {
			beat = (int64_t)((at - 1) * 960 + 0.5);
			continue;
		}
		if (strcmp(token, "||") == 0 && t->n)
			t->said[t->n - 1].is_phrase_end = 1;
		if (read_key(token, &t->key) || token[0] == '|' || token[0] == ':')
			continue;
		if (mos_roman_parse(token, SIZE_MAX, t->key.minor, &roman, NULL) < 0 ||
			mos_roman_to_chord(&roman, t->key, &said->chord) < 0) {
			t->n_unread++;
			continue;
		}
		if (start == -1000000 || t->n + 1 == sizeof(t->said) / sizeof(t->said[0]))
			continue;
		said->tick = start + beat;
		said->key = t->key;
		(void)snprintf(said->numeral, sizeof(said->numeral), "%s", token);
		t->n++;
	}
}

static void read_text(struct text *t, const struct score *score, char *data)
{
	char *save = NULL;

	for (char *line = strtok_r(data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned number;
		int len = 0;
		if (sscanf(line, "m%u%n", &number, &len) == 1 && (line[len] == ' ' || line[len] == '\t') &&
			!strchr(line, '='))
			read_measure(t, score, number, line + len);
	}
}

/* ---- compared ---- */

struct tally {
	unsigned beats, root, family, key, numeral, phrases, cadences;
};

static const struct nvx_analysis *found_at(const struct score_change *change, int64_t tick)
{
	for (size_t i = 0; i < change->n_op; i++) {
		const struct nvx_analysis *a = change->op[i].after;
		if (change->op[i].list == NVX_LIST_analysis && a->e.tick <= tick &&
			tick < a->e.tick + a->e.duration_ticks)
			return a;
	}
	return NULL;
}

static struct mos_tonality key_of(const struct score *score, const struct nvx_analysis *a)
{
	const struct nvx_key *k = score_key_at(score, a->e.tick);
	struct mos_tonality key = {{k->step, k->alter}, k->mode == NVX_MODE_MINOR, 0};
	if (a->has_local_key)
		key = (struct mos_tonality){{a->key_step, a->key_alter}, a->key_mode == NVX_MODE_MINOR, 0};
	return key;
}

static void compare(
	const struct score *score, const struct score_change *change, const struct text *t, struct tally *to)
{
	const int is_loud = getenv("MOS_LOUD") != NULL;
	for (unsigned i = 0; i + 1 < t->n; i++) {
		const struct said *s = &t->said[i];
		if (s->is_phrase_end) {
			const struct nvx_analysis *a = found_at(change, s->tick);
			to->phrases++;
			to->cadences += a && a->cadence;
		}
		/* what changes within a beat is finer than beats */
		for (int64_t tick = (s->tick + 959) / 960 * 960; tick < s[1].tick; tick += 960) {
			const struct nvx_analysis *a = found_at(change, tick);
			struct mos_roman roman;
			struct mos_chord chord;
			to->beats++;
			if (!a)
				continue;
			const struct mos_tonality key = key_of(score, a);
			const int same_key = mos_tone_class(key.tonic) == mos_tone_class(s->key.tonic) &&
					     key.minor == s->key.minor;
			to->key += same_key;
			if (mos_roman_parse(score_text(score, a->roman), SIZE_MAX, key.minor, &roman, NULL) <
					0 ||
				mos_roman_to_chord(&roman, key, &chord) < 0)
				continue;
			const int same_root = mos_tone_class(chord.root) == mos_tone_class(s->chord.root);
			to->root += same_root;
			to->family += same_root && chord.family == s->chord.family;
			to->numeral += same_root && same_key && chord.family == s->chord.family;
			if (is_loud)
				printf("%5.1f %-10s %-10s %s%s\n", (double)tick / 960, s->numeral,
					score_text(score, a->roman), same_key ? "" : "key ",
					same_root ? "" : "root");
		}
	}
}

static void one_work(const char *text_name, const char *score_name, struct tally *to)
{
	static struct text text;
	struct score_change change;
	struct tally t = {0};
	size_t size;
	char *bytes = read_file(score_name, &size), *said = read_file(text_name, NULL);
	struct score *score = import(bytes, size, 0);

	cr_assert_not_null(score, "%s", score_name);
	memset(&text, 0, sizeof(text));
	read_text(&text, score, said);
	cr_assert_gt(text.n, 10, "%s: %u numerals", text_name, text.n);
	cr_assert_eq(score_analyse(score, SCORE_ANALYSE_ALL, &change), 0);
	compare(score, &change, &text, &t);
	printf("%-34s %5u beats: root %3u %%, with family %3u %%, key %3u %%, numeral %3u %%; cadences at %u "
	       "of %u phrase "
	       "ends\n",
		strrchr(text_name, '/') + 1, t.beats, t.root * 100 / t.beats, t.family * 100 / t.beats,
		t.key * 100 / t.beats, t.numeral * 100 / t.beats, t.cadences, t.phrases);
	to->beats += t.beats;
	to->root += t.root;
	to->family += t.family;
	to->key += t.key;
	to->numeral += t.numeral;
	to->cadences += t.cadences;
	to->phrases += t.phrases;
	score_change_finish(&change);
	score_unref(score);
	free(bytes);
	free(said);
}

static void tell(const char *name, const struct tally *t)
{
	printf("%s: %u beats: root %.1f %%, with family %.1f %%, key %.1f %%, numeral %.1f %%, cadences at "
	       "%u of %u\n",
		name, t->beats, 100.0 * t->root / t->beats, 100.0 * t->family / t->beats,
		100.0 * t->key / t->beats, 100.0 * t->numeral / t->beats, t->cadences, t->phrases);
}

/* BWV 277 is left out: its text counts the bars after the repeat in another way. */
Test(analysis, NVX_12_romantext, .description = "NVX-12: numerals and local keys beside people's",
	.timeout = 60)
{
	static const char *const works[][2] = {
		{"riemenschneider004", "music21-bach/bwv86.6"},
		{"riemenschneider007", "music21-bach/bwv17.7"},
		{"riemenschneider009", "music21-bach/bwv248.12-2"},
		{"riemenschneider012", "music21-bach/bwv65.2"},
		{"riemenschneider013", "music21-bach/bwv33.6"},
		{"riemenschneider019", "music21-bach/bwv351"},
		{"madrigal.3.1", "music21-corpus/madrigal.3.1"},
		{"madrigal.3.2", "music21-corpus/madrigal.3.2"},
		{"madrigal.3.11", "music21-corpus/madrigal.3.11"},
		{"madrigal.3.12", "music21-corpus/madrigal.3.12"},
		{"madrigal.3.14", "music21-corpus/madrigal.3.14"},
		{"madrigal.3.16", "music21-corpus/madrigal.3.16"},
		{"madrigal.3.20", "music21-corpus/madrigal.3.20"},
	};
	enum { N_BACH = 6 };
	struct tally bach = {0}, monteverdi = {0};

	for (unsigned i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		char text[256], score[256];
		(void)snprintf(text, sizeof(text), "chords/romantext/%s.rntxt", works[i][0]);
		(void)snprintf(score, sizeof(score), "musicxml/%s.mxl", works[i][1]);
		one_work(text, score, i < N_BACH ? &bach : &monteverdi);
	}
	tell("Bach", &bach);
	tell("Monteverdi", &monteverdi);
	cr_expect_geq(bach.root, bach.beats * 87 / 100, "NVX-12: roots of chords");
	cr_expect_geq(bach.key, bach.beats * 72 / 100, "NVX-12: local keys");
	cr_expect_geq(bach.numeral, bach.beats * 63 / 100, "NVX-12: numerals");
	cr_expect_geq(bach.cadences, bach.phrases * 70 / 100, "NVX-12: cadences");
	cr_expect_geq(monteverdi.root, monteverdi.beats * 75 / 100, "NVX-12: roots of chords");
	cr_expect_geq(monteverdi.key, monteverdi.beats * 54 / 100, "NVX-12: local keys");
}

/* ---- keys ---- */

struct keys {
	unsigned n, same, relative, fifth, parallel;
};

static void count_key(const struct score *score, struct keys *to, const char *name)
{
	const struct nvx_key *said = score_n_key(score) == 1 ? score_key(score, 0) : NULL;
	struct nvx_key found;

	if (!said || said->step == NVX_KEY_NONE || said->mode > NVX_MODE_MINOR || score_n_notes(score) < 32)
		return;
	to->n++;
	if (score_find_key(score, &found, NULL) < 0)
		return;
	const int a = mos_tone_class((struct mos_tone){said->step, said->alter}),
		  b = mos_tone_class((struct mos_tone){found.step, found.alter});
	const int up = (b - a + 12) % 12, same_mode = said->mode == found.mode;
	to->same += up == 0 && same_mode;
	to->parallel += up == 0 && !same_mode;
	to->relative += !same_mode && up == (said->mode == NVX_MODE_MINOR ? 3 : 9);
	to->fifth += same_mode && (up == 5 || up == 7);
	if (getenv("MOS_LOUD") && !(up == 0 && same_mode))
		printf("%s: says %d%+d %s, found %d%+d %s\n", name, said->step, said->alter,
			said->mode ? "minor" : "major", found.step, found.alter,
			found.mode ? "minor" : "major");
}

/** Each file once that a corpus' table names. */
static struct keys all_keys(const char *kind)
{
	struct keys keys = {0};
	char path[4200], last[1024] = "", *save = NULL;

	(void)snprintf(path, sizeof(path), "%s/expected.tsv", kind);
	char *table = read_file(path, NULL);
	for (char *line = strtok_r(table, "\n", &save); (line = strtok_r(NULL, "\n", &save));) {
		char name[1024];
		size_t size;
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(line, "\t"), line);
		if (strcmp(name, last) == 0)
			continue;
		(void)snprintf(last, sizeof(last), "%s", name);
		(void)snprintf(path, sizeof(path), "%s/%s", kind, name);
		char *bytes = read_file(path, &size);
		const uint32_t n = score_count((const uint8_t *)bytes, size);
		for (uint32_t i = 0; i < n; i++) {
			struct score *score = import(bytes, size, i);
			if (score)
				count_key(score, &keys, name);
			score_unref(score);
		}
		free(bytes);
	}
	free(table);
	printf("%-10s %5u with a key: same %.1f %%, relative %.1f %%, a fifth off %.1f %%, parallel %.1f "
	       "%%\n",
		kind, keys.n, 100.0 * keys.same / keys.n, 100.0 * keys.relative / keys.n,
		100.0 * keys.fifth / keys.n, 100.0 * keys.parallel / keys.n);
	return keys;
}

Test(analysis, LIB_09_keys, .description = "LIB-09: keys found by the notes against those that files state",
	.timeout = 120)
{
	static const struct {
		const char *kind;
		double floor;
	} kinds[] = {{"abc", 0.86}, {"musicxml", 0.66}, {"midi", 0.2}};

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct keys keys = all_keys(kinds[i].kind);
		cr_assert_gt(keys.n, 0);
		cr_expect_geq((double)keys.same / keys.n, kinds[i].floor, "LIB-09: %s", kinds[i].kind);
	}
}
