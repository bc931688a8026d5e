/* SPDX-License-Identifier: MIT */
#include "sfz_opcode.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sfz_special.h"
#include "sfz_table.h"
#include "sfz_value.h"

struct sfz_opcodes {
	uint32_t n;
	const struct sfz_row *row[]; /* by name */
};

#define ANY 1e6 /* what the engine's arithmetic is safe with */

enum suffix { NO_SUFFIX, ON_CC, CURVE_CC, STEP_CC, SMOOTH_CC };

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct sfz_row *const *)a)->name, (*(const struct sfz_row *const *)b)->name);
}

struct sfz_opcodes *sfz_opcodes_new(void)
{
	struct sfz_opcodes *o = malloc(sizeof(*o) + sizeof(o->row[0]) * sfz_table_size);

	if (!o)
		return NULL;
	o->n = sfz_table_size;
	for (uint32_t i = 0; i < o->n; i++)
		o->row[i] = &sfz_table[i];
	qsort(o->row, o->n, sizeof(o->row[0]), by_name);
	return o;
}

void sfz_opcodes_free(struct sfz_opcodes *o)
{
	free(o);
}

static const struct sfz_row *find(const struct sfz_opcodes *o, const char *name)
{
	const struct sfz_row key = {.name = name}, *at = &key;
	const struct sfz_row *const *found = bsearch(&at, o->row, o->n, sizeof(o->row[0]), by_name);

	return found ? *found : NULL;
}

/* Lower case, "vel2" written "velto", each run of digits made one & and kept as a number. */
static int read_name(struct sfz_name *n, const char *name)
{
	size_t at = 0;

	n->n_numbers = 0;
	while (*name) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name | 0x20) : *name;

		if (at + 3 >= sizeof(n->text))
			return -E2BIG;
		if (c >= '0' && c <= '9') {
			uint32_t value = 0;

			if (c == '2' && at >= 4 && memcmp(n->text + at - 4, "_vel", 4) == 0) {
				n->text[at++] = 't';
				n->text[at++] = 'o';
				name++;
				continue;
			}
			for (; *name >= '0' && *name <= '9'; name++)
				value = value < 100000 ? value * 10 + (uint32_t)(*name - '0') : value;
			if (n->n_numbers == SFZ_NAME_NUMBERS)
				return -E2BIG;
			n->number[n->n_numbers++] = value;
			n->text[at++] = '&';
			continue;
		}
		n->text[at++] = c;
		name++;
	}
	n->text[at] = '\0';
	return 0;
}

int sfz_opcode_number(const char *name)
{
	struct sfz_name n;

	if (read_name(&n, name) < 0 || n.n_numbers == 0 || n.text[strlen(n.text) - 1] != '&')
		return -1;
	return (int)n.number[n.n_numbers - 1];
}

/* Takes "_oncc&" and the like off the name. */
static enum suffix take_suffix(struct sfz_name *n, uint32_t *ret_cc)
{
	static const struct {
		const char *text;
		enum suffix suffix;
	} suffixes[] = {{"_oncc&", ON_CC}, {"_curvecc&", CURVE_CC}, {"_stepcc&", STEP_CC},
		{"_smoothcc&", SMOOTH_CC}, {"_cc&", ON_CC}, {"cc&", ON_CC}};
	size_t size = strlen(n->text);

	for (uint32_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t k = strlen(suffixes[i].text);

		if (size > k && strcmp(n->text + size - k, suffixes[i].text) == 0) {
			n->text[size - k] = '\0';
			*ret_cc = n->number[--n->n_numbers];
			return suffixes[i].suffix;
		}
	}
	return NO_SUFFIX;
}

static float scale(const struct sfz_row *row)
{
	return fabsf(row->scale) > 0.0f ? row->scale : 1.0f;
}

static enum sfz_outcome clamp(double *value, const struct sfz_row *row)
{
	double lo = (double)row->lo, hi = (double)row->hi;
	enum sfz_outcome ret;

	if (!(lo < hi)) {
		lo = -ANY;
		hi = ANY;
	}
	ret = *value < lo || *value > hi ? SFZ_CLAMPED : SFZ_DONE;
	*value = *value < lo ? lo : *value > hi ? hi : *value;
	return ret;
}

static enum sfz_outcome set_word(int32_t *field, const char *value, const struct sfz_word *words)
{
	for (; words->word; words++) {
		if (strcmp(value, words->word) == 0) {
			*field = words->value;
			return SFZ_DONE;
		}
	}
	if (words->value == SFZ_NO_FALLBACK)
		return SFZ_BAD_VALUE;
	*field = words->value;
	return SFZ_NOT_PLAYED;
}

static enum sfz_outcome set_cc_range(struct sfz_cc_ranges *r, uint32_t cc, float value, int is_hi)
{
	uint32_t i = 0;

	if (cc > 511)
		return SFZ_BAD_VALUE;
	while (i < r->n && r->cc[i].cc != cc)
		i++;
	if (i == SFZ_CONDS)
		return SFZ_FULL;
	if (i == r->n) {
		r->cc[i] = (struct sfz_cc_range){.cc = (uint16_t)cc, .range = {0.0f, 127.0f}};
		r->n++;
	}
	*(is_hi ? &r->cc[i].range.hi : &r->cc[i].range.lo) = value;
	return SFZ_DONE;
}

/* What the rows that count filters or bands, the LFOs and the envelopes address. */
struct target {
	void *field; /* NULL: only a modulator */
	uint32_t to;
	uint32_t lfo; /* of the modulator: 0, or 1 + enum sfz_lfo */
};

static enum sfz_outcome resolve(
	struct sfz_region *r, const struct sfz_row *row, const struct sfz_name *n, struct target *ret)
{
	uint32_t is_numbered =
		row->kind == SFZ_LFO_FIELD || row->kind == SFZ_LFO_TO || row->kind == SFZ_FLEX_TO;
	uint32_t more = 0;

	if (row->n > 0 && n->n_numbers > is_numbered) {
		more = n->number[is_numbered] - 1; /* 0 becomes too many */
		if (more >= row->n)
			return SFZ_NOT_PLAYED;
	}
	*ret = (struct target){.to = row->to == 0 ? SFZ_TO_NOTHING : row->to - 1u + more * row->step_to};
	switch (row->kind) {
	case SFZ_LFO_FIELD:
	case SFZ_LFO_TO: {
		struct sfz_lfo_state *lfo = sfz_lfo_numbered(r, n->number[0]);

		if (!lfo)
			return SFZ_FULL;
		if (row->kind == SFZ_LFO_FIELD) {
			ret->field = &lfo->field[row->at];
			ret->to = sfz_to_lfo(lfo - r->lfo, row->at);
		} else {
			ret->lfo = 1 + (uint32_t)(lfo - r->lfo);
		}
		return SFZ_DONE;
	}
	case SFZ_FLEX_TO: {
		struct sfz_flex_state *flex = sfz_flex_numbered(r, n->number[0]);

		if (!flex)
			return SFZ_FULL;
		ret->field = (char *)&flex->flex + row->at + more * row->step_at;
		return SFZ_DONE;
	}
	case SFZ_BY:
		return SFZ_DONE;
	default:
		ret->field = (char *)r + row->at + more * row->step_at;
		return SFZ_DONE;
	}
}

static enum sfz_outcome set_mod(struct sfz_region *r, const struct sfz_row *row, const struct target *t,
	uint32_t source, enum suffix suffix, double value)
{
	struct sfz_mod *m;

	if (t->to == SFZ_TO_NOTHING)
		return SFZ_NOT_PLAYED;
	m = sfz_region_mod(r, t->to, source, t->lfo);
	if (!m)
		return SFZ_FULL;
	value = value < -ANY ? -ANY : value > ANY ? ANY : value;
	m->is_factor = row->is_factor;
	if (suffix == CURVE_CC) {
		m->curve = (uint16_t)(value < 0.0 ? 0.0 : value > 255.0 ? 255.0 : value);
	} else if (suffix == STEP_CC) {
		m->step = (float)value * scale(row);
	} else {
		m->depth = (float)value * scale(row);
		m->is_set = 1;
	}
	return SFZ_DONE;
}

static enum sfz_outcome set_field(const struct sfz_row *row, void *field, const char *value)
{
	enum sfz_outcome ret;
	double number;
	int note = -1;

	if (row->kind == SFZ_WORD)
		return set_word(field, value, row->words);
	if (row->kind == SFZ_NOTE || row->kind == SFZ_NOTE_OR_NONE || row->kind == SFZ_NOTE_FLOAT) {
		if (sfz_note_number(value, &note) < 0)
			return SFZ_BAD_VALUE;
		number = note;
	} else if (sfz_number(value, &number) < 0) {
		if (row->kind != SFZ_HZ || sfz_note_number(value, &note) < 0)
			return SFZ_BAD_VALUE;
		number = 440.0 * exp2((note - 69) / 12.0);
	}
	if (row->kind == SFZ_NOTE_OR_NONE && note == -1) {
		*(int32_t *)field = SFZ_UNSET;
		return SFZ_DONE;
	}
	ret = clamp(&number, row);
	if (row->kind == SFZ_NOTE && note == -1) /* "lokey=-1" says no more than that no key is meant */
		ret = SFZ_DONE;
	if (row->kind == SFZ_INT || row->kind == SFZ_NOTE || row->kind == SFZ_NOTE_OR_NONE)
		*(int32_t *)field = (int32_t)(uint32_t)(int64_t)number;
	else
		*(float *)field = (float)number * scale(row);
	return ret;
}

static enum sfz_outcome set_by_cc(struct sfz_region *r, const struct sfz_row *row, const struct sfz_name *n,
	enum suffix suffix, uint32_t cc, const char *value)
{
	enum sfz_outcome ret;
	struct target t;
	double number;

	if (row->kind != SFZ_FLOAT && row->kind != SFZ_HZ && row->kind != SFZ_LFO_FIELD &&
		row->kind != SFZ_LFO_TO && row->kind != SFZ_FLEX_TO)
		return SFZ_UNKNOWN;
	if (row->kind == SFZ_FLEX_TO)
		return SFZ_NOT_PLAYED;
	if (cc > 511) /* above are numbers of our own, enum sfz_by */
		return SFZ_BAD_VALUE;
	if (suffix == SMOOTH_CC) /* control points are ramped anyway */
		return SFZ_DONE;
	ret = resolve(r, row, n, &t);
	if (ret != SFZ_DONE)
		return ret;
	if (sfz_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	return set_mod(r, row, &t, cc, suffix, number);
}

static enum sfz_outcome set_plain(struct sfz_region *r, const struct sfz_row *row, const struct sfz_name *n,
	const char *value, uint32_t owner)
{
	enum sfz_outcome ret;
	struct target t;
	double number;

	switch (row->kind) {
	case SFZ_SILENT:
		return SFZ_DONE;
	case SFZ_NO_PLACE:
		return SFZ_NOT_PLAYED;
	case SFZ_SPECIAL:
		return sfz_special_set(r, row->at, n, value, owner);
	case SFZ_CC_LO:
	case SFZ_CC_HI:
		if (sfz_number(value, &number) < 0)
			return SFZ_BAD_VALUE;
		number *= (double)scale(row);
		number = number < 0.0 ? 0.0 : number > 127.0 ? 127.0 : number;
		return set_cc_range((struct sfz_cc_ranges *)((char *)r + row->at),
			n->number[n->n_numbers - 1], (float)number, row->kind == SFZ_CC_HI);
	default:
		break;
	}
	ret = resolve(r, row, n, &t);
	if (ret != SFZ_DONE)
		return ret;
	if (row->kind != SFZ_BY && row->kind != SFZ_LFO_TO)
		return set_field(row, t.field, value);
	if (sfz_number(value, &number) < 0)
		return SFZ_BAD_VALUE;
	if (row->kind == SFZ_BY)
		return set_mod(r, row, &t, row->at, NO_SUFFIX, number);
	t.lfo--;
	return set_mod(r, row, &(struct target){.to = t.to}, SFZ_BY_LFO + t.lfo, NO_SUFFIX, number);
}

static int has_no_place(const char *text)
{
	for (const char *const *p = sfz_table_no_place; *p; p++)
		if (strncmp(text, *p, strlen(*p)) == 0)
			return 1;
	return 0;
}

enum sfz_outcome sfz_opcode_set(const struct sfz_opcodes *o, struct sfz_region *r, const char *name,
	const char *value, uint32_t owner)
{
	const struct sfz_row *row;
	struct sfz_name n, base;
	enum suffix suffix;
	uint32_t cc = 0;

	if (read_name(&n, name) < 0)
		return SFZ_UNKNOWN;
	row = find(o, n.text);
	if (row) {
		enum sfz_outcome ret = set_plain(r, row, &n, value, owner);

		if (ret == SFZ_DONE && strncmp(n.text, "eq&_", 4) == 0 && n.number[0] > r->n_eqs)
			r->n_eqs = n.number[0];
		return ret;
	}
	base = n;
	suffix = take_suffix(&base, &cc);
	if (suffix != NO_SUFFIX && (row = find(o, base.text)) != NULL) {
		enum sfz_outcome ret = set_by_cc(r, row, &base, suffix, cc, value);

		if (ret == SFZ_DONE && strncmp(n.text, "eq&_", 4) == 0 && n.number[0] > r->n_eqs)
			r->n_eqs = n.number[0];
		if (ret != SFZ_UNKNOWN)
			return ret;
	}
	return has_no_place(n.text) ? SFZ_NOT_PLAYED : SFZ_UNKNOWN;
}
