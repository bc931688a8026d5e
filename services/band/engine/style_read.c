/* SPDX-License-Identifier: MIT */
/* A style's file (docs/STYLES.md). All that is wrong is said at once; a style comes out whole or not at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "style_internal.h"

#define LEN_MAX 64.0 /* quarters: no note of a pattern is longer */

static const char *const part_names[] = {"comp", "bass", "drums", NULL};
static const char *const intensity_names[] = {"soft", "medium", "hard", NULL};
static const struct {
	const char *name;
	uint8_t tone;
} tones[] = {{"chord", BAND_TONE_CHORD}, {"root", BAND_TONE_CHORD}, {"fifth", BAND_TONE_FIFTH},
	{"third", BAND_TONE_THIRD}, {"seventh", BAND_TONE_SEVENTH}, {"octave", BAND_TONE_OCTAVE},
	{"approach", BAND_TONE_APPROACH}, {"walk", BAND_TONE_WALK}, {"next", BAND_TONE_NEXT},
	{"low", BAND_TONE_LOW}, {"high", BAND_TONE_HIGH}};

static bool fault(const struct field *f, const struct band_value *value, const char *text)
{
	char where[BAND_WHERE_MAX];

	(void)band_error(f->report, f->code, band_value_where(value, where), "%s", text);
	return false;
}

static bool read_tone(const struct field *f, const struct band_value *value, uint8_t *ret)
{
	for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++) {
		if (value->type == BAND_TEXT && strcmp(value->text, tones[i].name) == 0) {
			*ret = tones[i].tone;
			return true;
		}
	}
	(void)fault(f, value, "no tone that is known");
	band_hint(f->report, "chord root fifth third seventh octave approach walk next low high");
	return false;
}

/** [beat, length, velocity, tone or key]. */
static bool read_hit(const struct field *f, const struct band_value *value, enum band_part part,
	double end_beats, struct band_hit *ret)
{
	int64_t velocity, key = 0;

	if (!field_type(f, NULL, value, BAND_LIST))
		return false;
	if (value->n < 3 || value->n > 4 || (part == BAND_DRUMS && value->n < 4))
		return fault(f, value,
			"a hit is [beat, length, velocity, tone], of drums [beat, length, velocity, key]");
	const struct band_value *beat = value->first, *len = beat->next, *vel = len->next, *tone = vel->next;

	if (!field_number(f, NULL, beat, 0, end_beats, &ret->beat) ||
		!field_number(f, NULL, len, 0, LEN_MAX, &ret->len) ||
		!field_int(f, NULL, vel, 1, 127, &velocity))
		return false;
	if (ret->beat >= end_beats)
		return fault(f, beat, "this is behind the pattern's last bar");
	if (ret->len <= 0)
		return fault(f, len, "a note has to last");
	ret->velocity = (uint8_t)velocity;
	if (part == BAND_DRUMS) {
		if (!field_int(f, NULL, tone, 0, 127, &key))
			return false;
		ret->tone = (uint8_t)key;
		return true;
	}
	return !tone || read_tone(f, tone, &ret->tone);
}

/** Behind all that are not later: what was written first stays first. */
static void insert(struct band_line *line, const struct band_hit *hit)
{
	uint32_t i = line->n_hits++;

	for (; i > 0 && line->hit[i - 1].beat > hit->beat; i--)
		line->hit[i] = line->hit[i - 1];
	line->hit[i] = *hit;
}

static int read_line(const struct field *f, const struct band_value *value, enum band_part part,
	double end_beats, struct band_line *ret)
{
	if (!field_type(f, NULL, value, BAND_LIST) || value->n == 0)
		return 0;
	if (value->n > BAND_HITS_MAX) {
		(void)fault(f, value, "more than 128 hits");
		return 0;
	}
	ret->hit = calloc(value->n, sizeof(*ret->hit));
	if (!ret->hit)
		return -ENOMEM;
	for (const struct band_value *v = value->first; v; v = v->next) {
		struct band_hit hit = {0};

		if (read_hit(f, v, part, end_beats, &hit))
			insert(ret, &hit);
	}
	return 0;
}

static int read_pattern(const struct field *f, const struct band_style *style, const struct band_value *value,
	int64_t bars_max, struct band_pattern **ret)
{
	static const char *const known[] = {"bars", "comp", "bass", "drums", NULL};
	const struct band_value *v;
	int64_t bars = 1;
	int rc = 0;

	if (!field_type(f, NULL, value, BAND_MAP))
		return 0;
	field_unknown(f, value, known);
	v = band_value_get(value, "bars");
	if (v && !field_int(f, NULL, v, 1, bars_max, &bars))
		return 0;
	struct band_pattern *pattern = calloc(1, sizeof(*pattern));
	if (!pattern)
		return -ENOMEM;
	pattern->bars = (uint16_t)bars;
	const double end_beats = (double)bars * style->meter_num * 4 / style->meter_den;
	for (uint32_t part = 0; part < BAND_N_PARTS && rc == 0; part++) {
		v = band_value_get(value, part_names[part]);
		if (v)
			rc = read_line(f, v, part, end_beats, &pattern->line[part]);
	}
	*ret = pattern;
	return rc;
}

/** A part that soft or hard does not mention plays as in medium. */
static int borrow(const struct field *f, struct band_style *style, const struct band_value *value, uint32_t i)
{
	const struct band_pattern *medium = style->pattern[BAND_MEDIUM];
	struct band_pattern *own = style->pattern[i];

	for (uint32_t part = 0; own && medium && i != BAND_MEDIUM && part < BAND_N_PARTS; part++) {
		const struct band_line *line = &medium->line[part];

		if (band_value_get(value, part_names[part]) || line->n_hits == 0)
			continue;
		if (own->bars != medium->bars) {
			(void)fault(f, value, "as long as medium, or with all parts of its own");
			return 0;
		}
		own->line[part].hit = calloc(line->n_hits, sizeof(*line->hit));
		if (!own->line[part].hit)
			return -ENOMEM;
		memcpy(own->line[part].hit, line->hit, line->n_hits * sizeof(*line->hit));
		own->line[part].n_hits = line->n_hits;
	}
	return 0;
}

static int read_patterns(const struct field *f, struct band_style *style, const struct band_value *root)
{
	const struct band_value *patterns = band_value_get(root, "patterns");
	const struct band_value *fill = band_value_get(root, "fill"),
				*ending = band_value_get(root, "ending");
	int rc = 0;

	if (!patterns || patterns->type != BAND_MAP || !band_value_get(patterns, "medium")) {
		(void)fault(
			f, patterns ? patterns : root, "a style has \"patterns\" with \"medium\" at least");
		return 0;
	}
	field_unknown(f, patterns, intensity_names);
	for (uint32_t i = 0; i < BAND_N_INTENSITIES && rc == 0; i++) {
		const struct band_value *v = band_value_get(patterns, intensity_names[i]);

		if (v)
			rc = read_pattern(f, style, v, BAND_PATTERN_BARS, &style->pattern[i]);
	}
	for (uint32_t i = 0; i < BAND_N_INTENSITIES && rc == 0; i++)
		rc = borrow(f, style, band_value_get(patterns, intensity_names[i]), i);
	if (fill && rc == 0)
		rc = read_pattern(f, style, fill, 1, &style->fill);
	if (ending && rc == 0)
		rc = read_pattern(f, style, ending, 1, &style->ending);
	return rc;
}

static void read_name(const struct field *f, struct band_style *style, const struct band_value *root)
{
	const struct band_value *v = band_value_get(root, "style");

	if (!v || v->type != BAND_TEXT) {
		(void)fault(f, v ? v : root, "\"style\" is its name");
		return;
	}
	if (field_text(f, NULL, v, style->name, sizeof(style->name)) &&
		(style->name[0] == '\0' ||
			style->name[strspn(style->name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0'))
		(void)fault(f, v, "a style's name is made of a-z, 0-9 and _");
}

static void read_tempo(const struct field *f, struct band_style *style, const struct band_value *value)
{
	int64_t bpm[3];
	const struct band_value *v;
	uint32_t i = 0;

	if (!field_type(f, NULL, value, BAND_LIST))
		return;
	for (v = value->first; v && i < 3; v = v->next, i++) {
		if (!field_int(f, NULL, v, 20, 400, &bpm[i]))
			return;
	}
	if (v || i < 3 || bpm[0] > bpm[1] || bpm[1] > bpm[2]) {
		(void)fault(f, value, "a tempo is [slowest, usual, fastest]");
		return;
	}
	style->tempo_min = (uint16_t)bpm[0];
	style->tempo_usual = (uint16_t)bpm[1];
	style->tempo_max = (uint16_t)bpm[2];
}

static void read_programs(const struct field *f, struct band_style *style, const struct band_value *value)
{
	if (!field_type(f, NULL, value, BAND_MAP))
		return;
	field_unknown(f, value, part_names);
	for (uint32_t part = 0; part < BAND_N_PARTS; part++) {
		const struct band_value *v = band_value_get(value, part_names[part]);
		int64_t program;

		if (v && field_int(f, NULL, v, 0, 127, &program))
			style->program[part] = (uint8_t)program;
	}
}

static void read_ghost(const struct field *f, struct band_style *style, const struct band_value *value)
{
	static const char *const known[] = {"vel", "steps", "len", NULL};
	const struct band_value *vel = band_value_get(value, "vel"), *steps = band_value_get(value, "steps"),
				*len = band_value_get(value, "len");
	const int64_t bar_steps = 16 * style->meter_num / style->meter_den;
	int64_t n = 14;

	if (!field_type(f, NULL, value, BAND_MAP))
		return;
	field_unknown(f, value, known);
	if (vel && field_int(f, NULL, vel, 1, 127, &n))
		style->ghost_vel = (uint8_t)n;
	else if (!vel)
		style->ghost_vel = 14;
	if (len && field_number(f, NULL, len, 0, LEN_MAX, &style->ghost_len_beats) &&
		style->ghost_len_beats <= 0)
		(void)fault(f, len, "a note has to last");
	if (!steps || !field_type(f, NULL, steps, BAND_LIST))
		return;
	for (const struct band_value *v = steps->first; v; v = v->next) {
		if (style->n_ghost_steps == BAND_STEPS_MAX) {
			(void)fault(f, steps, "more than 64 steps");
			return;
		}
		if (field_int(f, NULL, v, 0, bar_steps - 1, &n))
			style->ghost_step[style->n_ghost_steps++] = (uint8_t)n;
	}
}

static void read_pickup(const struct field *f, struct band_style *style, const struct band_value *value)
{
	static const char *const known[] = {"beat", "vel", NULL};
	const struct band_value *beat = band_value_get(value, "beat"), *vel = band_value_get(value, "vel");
	const double bar_beats = style->meter_num * 4.0 / style->meter_den;
	int64_t velocity;

	if (!field_type(f, NULL, value, BAND_MAP))
		return;
	field_unknown(f, value, known);
	if (!beat) {
		(void)fault(f, value, "a pickup has a \"beat\"");
	} else if (field_number(f, NULL, beat, 0, bar_beats, &style->pickup_beat)) {
		style->has_pickup = true;
		if (style->pickup_beat >= bar_beats)
			(void)fault(f, beat, "this is behind the bar");
	}
	if (vel && field_int(f, NULL, vel, 1, 127, &velocity))
		style->pickup_vel = (uint8_t)velocity;
}

static void read_contour(const struct field *f, struct band_style *style, const struct band_value *value)
{
	static const char *const known[] = {"soft", "strong", "pickup", "ghost", NULL};
	double *const to[] = {
		&style->contour_soft, &style->contour_strong, &style->contour_pickup, &style->contour_ghost};

	if (!field_type(f, NULL, value, BAND_MAP))
		return;
	field_unknown(f, value, known);
	style->contour = true;
	for (uint32_t i = 0; known[i]; i++) {
		const struct band_value *v = band_value_get(value, known[i]);

		if (v && field_number(f, NULL, v, 0, 127, to[i]) && *to[i] <= 0)
			(void)fault(f, v, "a factor is larger than 0");
	}
}

static void read_meter(const struct field *f, struct band_style *style, const struct band_value *root)
{
	const struct band_value *v = band_value_get(root, "meter");

	if (v && (v->type != BAND_TEXT || !band_meter_parse(v->text, &style->meter_num, &style->meter_den)))
		(void)fault(f, v, "a meter is \"4/4\", \"12/8\" ...");
}

static void read_rest(const struct field *f, struct band_style *style, const struct band_value *root)
{
	for (const struct band_value *v = root->first; v; v = v->next) {
		if (strcmp(v->key, "title") == 0)
			(void)field_text(f, NULL, v, style->title, sizeof(style->title));
		else if (strcmp(v->key, "text") == 0)
			(void)field_text(f, NULL, v, style->text, sizeof(style->text));
		else if (strcmp(v->key, "tempo") == 0)
			read_tempo(f, style, v);
		else if (strcmp(v->key, "swing") == 0)
			(void)field_number(f, NULL, v, 0, 1, &style->swing);
		else if (strcmp(v->key, "clave") == 0)
			(void)field_text(f, NULL, v, style->clave, sizeof(style->clave));
		else if (strcmp(v->key, "clave_strict") == 0)
			(void)field_bool(f, NULL, v, &style->clave_strict);
		else if (strcmp(v->key, "programs") == 0)
			read_programs(f, style, v);
		else if (strcmp(v->key, "ghost") == 0)
			read_ghost(f, style, v);
		else if (strcmp(v->key, "pickup") == 0)
			read_pickup(f, style, v);
		else if (strcmp(v->key, "contour") == 0)
			read_contour(f, style, v);
		else if (strcmp(v->key, "profile") == 0)
			(void)field_bool(f, NULL, v, &style->profile);
	}
}

static int read_style(const struct field *f, struct band_style *style, const struct band_value *root)
{
	static const char *const known[] = {"style", "title", "text", "meter", "tempo", "swing", "clave",
		"clave_strict", "programs", "patterns", "fill", "ending", "ghost", "pickup", "contour",
		"profile", NULL};

	if (!field_type(f, NULL, root, BAND_MAP))
		return 0;
	field_unknown(f, root, known);
	read_name(f, style, root);
	read_meter(f, style, root);
	read_rest(f, style, root);
	return read_patterns(f, style, root);
}

struct band_style *band_style_read(const char *json, size_t size, struct band_report *report)
{
	const struct field f = {.report = report, .code = "STYLE_FILE"};
	const uint32_t errors_before = report->n_errors;
	struct band_doc *doc;
	int rc = band_doc_read(json, size, "STYLE_FILE", report, &doc);

	if (rc == -ENOMEM)
		(void)band_error(report, "band.memory", "/", "no memory");
	if (rc < 0)
		return NULL;
	struct band_style *style = malloc(sizeof(*style));
	if (style) {
		*style = (struct band_style){.meter_num = 4,
			.meter_den = 4,
			.program = {[BAND_BASS] = 32},
			.ghost_len_beats = 0.0625,
			.pickup_vel = 70,
			.contour_soft = 0.8,
			.contour_strong = 1.08,
			.contour_pickup = 0.65,
			.contour_ghost = 1.0};
		rc = read_style(&f, style, band_doc_root(doc));
	} else {
		rc = -ENOMEM;
	}
	band_doc_free(doc);
	if (rc == -ENOMEM)
		(void)band_error(report, "band.memory", "/", "no memory");
	if (report->n_errors == errors_before)
		return style;
	band_style_free(style);
	return NULL;
}
