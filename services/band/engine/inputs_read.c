/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "inputs_internal.h"
#include "number.h"
#include "text.h"

const char *given_where(const struct reader *r, enum band_key key, char buf[GIVEN_WHERE_MAX])
{
	const struct given *given = &r->given[key];

	if (given->node)
		return band_value_where(given->node, buf);
	(void)snprintf(buf, GIVEN_WHERE_MAX, "%s %s", band_origin_name(given->by), band_key_name(key));
	return buf;
}

void given_fault(const struct reader *r, enum band_key key, const char *code, const char *fmt, ...)
{
	char where[GIVEN_WHERE_MAX], message[160];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	(void)band_error(r->report, code, given_where(r, key, where), "%s", message);
}

const char *given_text(const struct reader *r, enum band_key key, const char *code)
{
	const struct given *given = &r->given[key];

	if (given->by == BAND_BY_DEFAULT)
		return NULL;
	if (given->node && (given->node->type == BAND_LIST || given->node->type == BAND_MAP)) {
		given_fault(r, key, code, "a single value is expected, this is a %s",
			given->node->type == BAND_LIST ? "list" : "mapping");
		return NULL;
	}
	return given->node ? given->node->text : given->text;
}

/** A number with an optional unit behind it ("8ms", "60%"). */
static bool number(const char *text, const char *unit, double lo, double hi, struct band_number *ret)
{
	size_t len = strlen(text);
	const size_t n_unit = strlen(unit);

	if (n_unit && len > n_unit && strcmp(text + len - n_unit, unit) == 0)
		len -= n_unit;
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return band_number_parse(text, len, ret) && ret->real >= lo && ret->real <= hi;
}

static void take_real(const struct reader *r, enum band_key key, const char *code, const char *unit,
	double lo, double hi, double *ret)
{
	const char *text = given_text(r, key, code);
	char from[BAND_NUMBER_MAX], to[BAND_NUMBER_MAX];
	struct band_number n;

	if (!text)
		return;
	if (number(text, unit, lo, hi, &n)) {
		*ret = n.real;
		return;
	}
	(void)band_number_format(lo, from);
	(void)band_number_format(hi, to);
	given_fault(r, key, code, "a number from %s to %s is expected, this is \"%.40s\"", from, to, text);
}

static bool take_int(
	const struct reader *r, enum band_key key, const char *code, int64_t lo, int64_t hi, int64_t *ret)
{
	const char *text = given_text(r, key, code);
	struct band_number n;

	if (!text)
		return false;
	if (band_number_parse(text, strlen(text), &n) && n.whole && n.integer >= lo && n.integer <= hi) {
		*ret = n.integer;
		return true;
	}
	given_fault(r, key, code, "a whole number from %lld to %lld is expected, this is \"%.40s\"",
		(long long)lo, (long long)hi, text);
	return false;
}

/** One of `names` (NULL-terminated). @return its place; -1: not given or not known. */
static int take_name(const struct reader *r, enum band_key key, const char *code, const char *const *names)
{
	const char *text = given_text(r, key, code);

	if (!text)
		return -1;
	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], text) == 0)
			return i;
	}
	char known[120] = "";
	for (int i = 0; names[i]; i++) {
		const size_t len = strlen(known);

		(void)snprintf(known + len, sizeof(known) - len, "%s%s", i ? ", " : "", names[i]);
	}
	given_fault(r, key, code, "\"%.40s\" is not known", text);
	band_hint(r->report, "%s", known);
	return -1;
}

static void take_meter(struct reader *r)
{
	struct band_inputs *in = r->in;
	const char *text = given_text(r, BAND_KEY_METER, "METER_TYPE");
	const bool is_said = r->given[BAND_KEY_METER].by != BAND_BY_DEFAULT;
	char where[GIVEN_WHERE_MAX];

	in->meter_num = in->style ? in->style->meter_num : 4;
	in->meter_den = in->style ? in->style->meter_den : 4;
	if (!is_said && in->style && !in->style->is_reference)
		in->by[BAND_KEY_METER] = BAND_BY_STYLE;
	if (text && !band_meter_parse(text, &in->meter_num, &in->meter_den)) {
		given_fault(r, BAND_KEY_METER, "METER_TYPE",
			"a meter is 3/4, 4/4, 12/8 ..., this is \"%.40s\"", text);
		return;
	}
	const bool is_usual = in->meter_den == 4 && (in->meter_num == 4 || in->meter_num == 2);
	if (is_said && in->style && in->style->is_reference && !is_usual) {
		band_warn(r->report, "METER_UNSUPPORTED", given_where(r, BAND_KEY_METER, where),
			"style \"%s\" is written for 4/4 or 2/4", in->style->name);
	}
}

static void take_grid(struct reader *r)
{
	static const char *const quantize[] = {"nearest", "down", "up", NULL};
	static const char *const grids[] = {"8", "16", NULL};
	const int grid = take_name(r, BAND_KEY_GRID, "GRID", grids);
	const int mode = take_name(r, BAND_KEY_QUANTIZE, "QUANTIZE", quantize);

	r->in->grid = grid == 0 ? 8 : 16;
	r->in->quantize = mode > 0 ? (enum band_quantize)mode : BAND_NEAREST;
	/* Grid 16 divides every meter there is, so somebody asked for 8. */
	if (band_bar_steps(r->in) == 0)
		given_fault(r, BAND_KEY_GRID, "GRID", "a bar of %u/%u is no whole number of steps on grid %u",
			r->in->meter_num, r->in->meter_den, r->in->grid);
}

static void take_tempo(struct reader *r)
{
	const struct band_style *style = r->in->style;

	r->in->tempo_bpm = 120;
	if (style && style->tempo_usual && r->given[BAND_KEY_TEMPO].by == BAND_BY_DEFAULT) {
		r->in->tempo_bpm =
			style->tempo_usual * band_style_scale(style, r->in->meter_num, r->in->meter_den);
		r->in->by[BAND_KEY_TEMPO] = BAND_BY_STYLE;
	}
	take_real(r, BAND_KEY_TEMPO, "TEMPO_RANGE", "", 20, 400, &r->in->tempo_bpm);
}

/** The contract's own clamp (tritone.md 4): a strength out of range is pulled in, but not in silence. */
static void take_strength(struct reader *r)
{
	char where[GIVEN_WHERE_MAX];
	double *strength = &r->in->tritone_strength;

	*strength = 1;
	take_real(r, BAND_KEY_TRITONE_STRENGTH, "TRITONE_STRENGTH", "", -1e6, 1e6, strength);
	if (*strength >= 0 && *strength <= 1)
		return;
	*strength = *strength < 0 ? 0 : 1;
	band_warn(r->report, "TRITONE_STRENGTH", given_where(r, BAND_KEY_TRITONE_STRENGTH, where),
		"a strength is from 0 to 1: %d is taken", (int)*strength);
}

static void take_tritone(struct reader *r)
{
	static const char *const known[] = {"none", "all_doms", "probabilistic", NULL};
	/* D-25; YAML's unquoted off in its spellings, too. */
	static const char *const off[] = {"off", "Off", "OFF", "false", NULL};
	const char *text = given_text(r, BAND_KEY_TRITONE, "TRITONE_MODE");
	struct band_inputs *in = r->in;

	for (uint32_t i = 0; text && off[i]; i++) {
		if (strcmp(text, off[i]) == 0)
			text = NULL;
	}
	if (text) {
		const int mode = take_name(r, BAND_KEY_TRITONE, "TRITONE_MODE", known);

		in->tritone = mode > 0 ? (enum band_tritone)mode : BAND_TRITONE_NONE;
		if (strcmp(text, "deterministic") == 0)
			band_hint(r->report,
				"all_doms substitutes without chance; probabilistic needs a tritone_seed");
	}
	take_strength(r);
	in->has_tritone_seed = take_int(
		r, BAND_KEY_TRITONE_SEED, "TRITONE_SEED", INT64_MIN + 1, INT64_MAX, &in->tritone_seed);
	if (in->tritone == BAND_TRITONE_PROBABILISTIC &&
		r->given[BAND_KEY_TRITONE_SEED].by == BAND_BY_DEFAULT) {
		given_fault(r, BAND_KEY_TRITONE, "SEED_MISSING",
			"probabilistic substitution needs a tritone_seed");
		band_hint(r->report, "any whole number: the same one gives the same chords");
	}
}

/** T-38, D-13: nothing is left to chance that cannot be repeated. */
static void check_humanize_seed(struct reader *r)
{
	struct band_inputs *in = r->in;
	const enum band_key key = in->humanize_ms > 0 ? BAND_KEY_HUMANIZE_MS : BAND_KEY_HUMANIZE_VEL;
	const bool is_typed = (in->humanize_ms > 0 && r->given[BAND_KEY_HUMANIZE_MS].by == BAND_BY_FLAG) ||
			      (in->humanize_vel > 0 && r->given[BAND_KEY_HUMANIZE_VEL].by == BAND_BY_FLAG);
	char where[GIVEN_WHERE_MAX];

	if ((in->humanize_ms <= 0 && in->humanize_vel == 0) ||
		r->given[BAND_KEY_HUMANIZE_SEED].by != BAND_BY_DEFAULT)
		return;
	if (r->strict || is_typed) {
		given_fault(r, key, "EXPR_SEED_MISSING", "humanize needs a seed");
	} else {
		band_warn(r->report, "EXPR_SEED_MISSING", given_where(r, key, where),
			"humanize needs a seed and is not applied");
		in->humanize_ms = 0;
		in->humanize_vel = 0;
		in->by[BAND_KEY_HUMANIZE_MS] = in->by[BAND_KEY_HUMANIZE_VEL] = BAND_BY_DEFAULT;
	}
	band_hint(r->report, "humanize_seed, in a program expressive.seed: any whole number");
}

static void take_expressive(struct reader *r)
{
	struct band_inputs *in = r->in;
	const char *swing = given_text(r, BAND_KEY_SWING, "EXPR_RANGE");
	const size_t len = swing ? strlen(swing) : 0;
	int64_t vel = 0;

	if (in->style && in->style->swing > 0 && r->given[BAND_KEY_SWING].by == BAND_BY_DEFAULT) {
		in->swing = in->style->swing;
		in->by[BAND_KEY_SWING] = BAND_BY_STYLE;
	}
	if (len && swing[len - 1] == '%') {
		take_real(r, BAND_KEY_SWING, "EXPR_RANGE", "%", 0, 100, &in->swing);
		in->swing /= 100;
	} else if (swing) {
		take_real(r, BAND_KEY_SWING, "EXPR_RANGE", "", 0, 1, &in->swing);
	}
	take_real(r, BAND_KEY_HUMANIZE_MS, "EXPR_RANGE", "ms", 0, 1000, &in->humanize_ms);
	if (take_int(r, BAND_KEY_HUMANIZE_VEL, "EXPR_RANGE", 0, 127, &vel))
		in->humanize_vel = (uint32_t)vel;
	in->has_humanize_seed = take_int(
		r, BAND_KEY_HUMANIZE_SEED, "EXPR_SEED", INT64_MIN + 1, INT64_MAX, &in->humanize_seed);
	check_humanize_seed(r);
}

static void take_ours(struct reader *r)
{
	static const char *const intensities[] = {"soft", "medium", "hard", NULL};
	const int intensity = take_name(r, BAND_KEY_INTENSITY, "INTENSITY", intensities);
	int64_t transpose = 0;

	r->in->intensity = (uint8_t)(intensity >= 0 ? intensity : BAND_MEDIUM);
	if (take_int(r, BAND_KEY_TRANSPOSE, "TRANSPOSE_RANGE", -24, 24, &transpose))
		r->in->transpose = (int8_t)transpose;
}

static void take_voicing(struct reader *r)
{
	static const char *const names[] = {"true", "reference", NULL};

	r->in->voicing = take_name(r, BAND_KEY_VOICING, "VOICING", names) == 1 ? BAND_VOICING_REFERENCE
									       : BAND_VOICING_TRUE;
}

/** A program must not choose a place outside the folder that it is played from. */
static bool is_plain_name(const char *text)
{
	return !strchr(text, '/') && text[0] != '.' && text_is_clean(text);
}

static void take_texts(struct reader *r)
{
	const char *name = given_text(r, BAND_KEY_NAME, "NAME_TYPE");
	const char *outfile = given_text(r, BAND_KEY_OUTFILE, "OUTFILE");
	const size_t len = outfile ? strlen(outfile) : 0;
	char where[GIVEN_WHERE_MAX];

	if (name && !text_copy(r->in->name, sizeof(r->in->name), name))
		band_warn(r->report, "NAME_LONG", given_where(r, BAND_KEY_NAME, where),
			"only %zu bytes of the name are kept", sizeof(r->in->name) - 1);
	text_settle(r->in->name);
	(void)snprintf(r->in->outfile, sizeof(r->in->outfile), "backing.mid");
	if (!outfile)
		return;
	if (len >= sizeof(r->in->outfile) || len < 5 || strcasecmp(outfile + len - 4, ".mid") != 0 ||
		(r->given[BAND_KEY_OUTFILE].by != BAND_BY_FLAG && !is_plain_name(outfile))) {
		r->in->by[BAND_KEY_OUTFILE] = BAND_BY_DEFAULT;
		band_warn(r->report, "OUTFILE", given_where(r, BAND_KEY_OUTFILE, where),
			"\"%.40s\" is no file name that ends in .mid: backing.mid is taken", outfile);
		return;
	}
	(void)snprintf(r->in->outfile, sizeof(r->in->outfile), "%s", outfile);
}

static void gather_overrides(struct reader *r, const struct band_overrides *overrides, enum band_origin by)
{
	char where[GIVEN_WHERE_MAX];

	for (uint32_t key = 0; key < BAND_N_KEYS; key++) {
		if (!overrides->value[key])
			continue;
		r->given[key] = (struct given){.by = (uint8_t)by, .text = overrides->value[key]};
		if (!text_is_clean(overrides->value[key])) {
			(void)band_error(r->report, "TEXT_INVALID", given_where(r, key, where),
				"control characters, or no UTF-8");
			r->given[key] = (struct given){0};
		}
	}
}

static int gather(struct reader *r, const struct band_source *source, struct band_doc **ret_doc)
{
	gather_overrides(r, &source->setlist, BAND_BY_SETLIST);
	if (source->program) {
		const int rc = band_doc_read(
			source->program, source->program_size, "LOAD_ERROR", r->report, ret_doc);
		if (rc < 0)
			return rc;
		if (band_doc_root(*ret_doc)->type != BAND_MAP)
			return band_error(
				r->report, "LOAD_ERROR", "/", "a program is a mapping of keys and values");
		r->program = band_doc_root(*ret_doc);
		program_gather(r, r->program, source->flags.value[BAND_KEY_STYLE] != NULL);
	}
	gather_overrides(r, &source->flags, BAND_BY_FLAG);
	if (source->program && r->given[BAND_KEY_STYLE].by == BAND_BY_DEFAULT)
		band_warn(r->report, "STYLE_MISSING", "/style", "no style is named: swing_basic is played");
	return 0;
}

/** In order of what needs what: knobs and chords need the meter, the meter the style. */
static void understand(struct reader *r)
{
	for (uint32_t key = 0; key < BAND_N_KEYS; key++)
		r->in->by[key] = r->given[key].by;
	take_voicing(r);
	style_read_base(r);
	take_meter(r);
	style_read_knobs(r);
	take_grid(r);
	int64_t bars = 1;
	(void)take_int(r, BAND_KEY_BARS, "BARS_RANGE", 1, 32, &bars);
	r->in->bars_per_chord = (uint16_t)bars;
	take_tempo(r);
	take_tritone(r);
	take_expressive(r);
	take_ours(r);
	chords_read(r);
	sections_read(r);
	take_texts(r);
}

int band_inputs_read(const struct band_source *source, const struct band_styles *styles,
	struct band_report *report, struct band_inputs *ret)
{
	const uint32_t errors_before = report->n_errors;
	struct band_inputs in = {0};
	struct reader r = {.report = report, .styles = styles, .in = &in, .strict = source->strict};
	struct band_doc *doc = NULL;
	int rc = gather(&r, source, &doc);

	if (rc == 0) {
		understand(&r);
		if (r.no_memory)
			rc = -ENOMEM;
		else if (report->n_errors != errors_before)
			rc = -EINVAL;
	}
	band_doc_free(doc);
	if (rc < 0) {
		band_inputs_finish(&in);
		return rc;
	}
	*ret = in;
	return 0;
}
