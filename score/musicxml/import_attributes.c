/* SPDX-License-Identifier: MIT */
/* Divisions, keys, meters, clefs, staves, transposition. */
#include "import.h"

#include <string.h>

static const char *const steps = "CDEFGAB";

static int read_step(const char *text)
{
	const char *at = *text ? strchr(steps, *text) : NULL;
	return at ? (int)(at - steps) : -1;
}

/** Which staff an attribute is for; 0: all. */
static unsigned staff_number(struct mx_import *im, mx_node_id node)
{
	return (unsigned)mx_attr_int(&im->tree, node, "number", 0, 0, MX_MAX_STAVES);
}

static void read_key(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	static const char *const modes[] = {
#define X(constant, text) text,
		NVX_MODES(X, )
#undef X
	};
	struct mx_tree *t = &im->tree;
	const mx_node_id fifths = mx_child(t, node, MX_fifths);
	const unsigned staff = staff_number(im, node);
	struct mx_key_statement *k = MX_ADD(im, keys);
	if (!k)
		return;
	k->at = mx_at(im, p->cursor);
	k->part = im->part;
	k->staff = (uint8_t)staff;
	k->key.step = NVX_KEY_NONE;
	/* how a transposed key lies on the line of fifths */
	k->chromatic_fifths = (int8_t)(((p->chromatic * 7) % 12 + 18) % 12 - 6);
	const int line = mx_int(mx_text(t, fifths), 0, -100, 100);
	if (!fifths || line < -7 || line > 7) {
		mx_warn(im, MX_WARN_KEY, mx_child_text(t, node, MX_key_step));
		mx_keep(im, node);
		k->key.extra = mx_take_extra(im);
	} else {
		const int n = line;
		const char *mode = mx_child_text(t, node, MX_mode);
		k->fifths = (int8_t)n;
		if (strcmp(mode, "none") == 0) {
			k->key.fifths = (int8_t)n;
			k->key.fifths_given = 1;
		} else {
			/* a signature without a mode counts as major */
			nvx_set_key(&k->key, n, strcmp(mode, "minor") == 0);
			for (unsigned i = 2; i < sizeof(modes) / sizeof(*modes); i++) {
				if (strcmp(mode, modes[i]) == 0) {
					mx_modal_key(&k->key, n, i);
				}
			}
		}
	}
	for (unsigned s = 0; s < MX_MAX_STAVES; s++) {
		if (staff == 0 || staff == s + 1)
			p->fifths[s] = k->fifths;
	}
	p->key_moved = mx_ticks(im, p->cursor) != 0;
}

void mx_modal_key(struct nvx_key *key, int fifths, unsigned mode)
{
	/* the tonic's place on the line of fifths above that of the major key with the same signature */
	static const int8_t above[] = {
		[NVX_MODE_IONIAN] = 0,
		[NVX_MODE_DORIAN] = 2,
		[NVX_MODE_PHRYGIAN] = 4,
		[NVX_MODE_LYDIAN] = -1,
		[NVX_MODE_MIXOLYDIAN] = 1,
		[NVX_MODE_AEOLIAN] = 3,
		[NVX_MODE_LOCRIAN] = 5,
	};
	const int tonic = fifths + above[mode] + 1; /* F = 0 */
	const int octave = tonic >= 0 ? tonic / 7 : -((6 - tonic) / 7);
	static const int8_t line[] = {3, 0, 4, 1, 5, 2, 6}; /* F C G D A E B */
	key->step = line[tonic - 7 * octave];
	key->alter = (int8_t)octave;
	key->mode = (uint8_t)mode;
	key->fifths = (int8_t)fifths;
}

/** "3+2" into a grouping. @return sum; 0: malformed. */
static unsigned read_beats(const char *text, unsigned times, uint8_t *group, unsigned *n, unsigned max)
{
	unsigned sum = 0;
	while (*text) {
		unsigned value = 0, digits = 0;
		while (*text == ' ')
			text++;
		for (; *text >= '0' && *text <= '9' && value < 1000; text++, digits++)
			value = value * 10 + (unsigned)(*text - '0');
		while (*text == ' ')
			text++;
		value *= times;
		if (!digits || !value || value > 255 || *n == max || (*text && *text != '+'))
			return 0;
		group[(*n)++] = (uint8_t)value;
		sum += value;
		if (*text == '+' && !*++text)
			return 0;
	}
	return sum;
}

static unsigned largest_beat_type(const struct mx_tree *t, mx_node_id node)
{
	unsigned den = 0;
	MX_FOR_CHILDREN(t, c, node)
	{
		if (t->node[c].name != MX_beat_type)
			continue;
		const unsigned value = (unsigned)mx_int(mx_text(t, c), 0, 0, 1000);
		if (!value || value & (value - 1) || value > 256)
			return 0;
		den = value > den ? value : den;
	}
	return den;
}

static void read_time(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	uint8_t group[64];
	unsigned n = 0, sum = 0;
	if (mx_child(t, node, MX_senza_misura)) {
		mx_measure(im)->senza_misura = 1;
		return;
	}
	const unsigned den = largest_beat_type(t, node);
	mx_node_id type = mx_child(t, node, MX_beat_type);
	mx_node_id beats = mx_child(t, node, MX_beats);
	for (; den && beats && type;
		beats = mx_next(t, beats, MX_beats), type = mx_next(t, type, MX_beat_type)) {
		const unsigned times = den / (unsigned)mx_int(mx_text(t, type), 1, 1, 256);
		const unsigned added = read_beats(mx_text(t, beats), times, group, &n, sizeof(group));
		sum = added ? sum + added : 1000;
	}
	if (!den || !sum || sum > 255) {
		mx_warn(im, MX_WARN_METER, mx_child_text(t, node, MX_beats));
		mx_keep_here(im, node);
		return;
	}
	const char *symbol = mx_attr(t, node, "symbol");
	nvx_str extra = symbol && strcmp(symbol, "normal") != 0 ? mx_fact(im, "symbol", symbol) : 0;
	if (mx_child(t, node, MX_interchangeable)) {
		mx_keep_here(im, node);
	}
	const nvx_list grouping = n > 1 ? nvx_make_list(im->draft, group, n, 1) : 0;
	struct mx_meter_statement *m = MX_ADD(im, meters);
	if (!m)
		return;
	*m = (struct mx_meter_statement){
		.at = mx_at(im, p->cursor),
		.part = im->part,
		.num = (uint16_t)sum,
		.den = (uint16_t)den,
		.grouping = grouping,
		.extra = extra,
		.staff = (uint8_t)staff_number(im, node),
	};
}

static void read_clef(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	static const struct {
		const char *text;
		uint8_t sign, line;
	} signs[] = {
		{"G", NVX_CLEF_G, 2},
		{"F", NVX_CLEF_F, 4},
		{"C", NVX_CLEF_C, 3},
		{"percussion", NVX_CLEF_PERCUSSION, 3},
		{"TAB", NVX_CLEF_TAB, 5},
		{"tab", NVX_CLEF_TAB, 5},
	};
	struct mx_tree *t = &im->tree;
	const char *sign = mx_child_text(t, node, MX_sign);
	for (unsigned i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		if (strcmp(sign, signs[i].text) != 0)
			continue;
		const uint32_t at =
			mx_add_notation(im, NVX_NOTATION_CLEF, mx_at(im, p->cursor), staff_number(im, node));
		struct nvx_notation_element *e = mx_notation(im, at);
		e->sign = signs[i].sign;
		e->line = (uint8_t)mx_child_int(t, node, MX_line, signs[i].line, 1, 5);
		e->octave = (int8_t)mx_child_int(t, node, MX_clef_octave_change, 0, -2, 2);
		return;
	}
	mx_keep_here(im, node);
}

static int read_tuning(const struct mx_tree *t, mx_node_id node)
{
	const int step = read_step(mx_child_text(t, node, MX_tuning_step));
	static const int8_t semitones[7] = {0, 2, 4, 5, 7, 9, 11};
	if (step < 0)
		return 0;
	const int key = 12 * (mx_child_int(t, node, MX_tuning_octave, 4, -1, 9) + 1) + semitones[step] +
			mx_child_int(t, node, MX_tuning_alter, 0, -3, 3);
	return key > 0 && key < 128 ? key : 0;
}

/** The strings from the highest on, where all of them are known. */
static void set_tuning(struct mx_import *im, struct mx_part *p)
{
	uint8_t list[12];
	if (!p->string_lines)
		return;
	for (unsigned i = 0; i < p->string_lines; i++) {
		list[i] = p->tuning[p->string_lines - 1 - i];
		if (!list[i])
			return;
	}
	nvx_draft_part(im->draft, p->part)->tuning = nvx_make_list(im->draft, list, p->string_lines, 1);
}

static void read_staff_details(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const unsigned staff = staff_number(im, node);
	const int lines = mx_child_int(t, node, MX_staff_lines, -1, 0, 64);
	int tuned = 0;
	MX_FOR_CHILDREN(t, c, node)
	{
		switch (t->node[c].name) {
		case MX_staff_lines:
			break;
		case MX_staff_tuning: {
			const int line = mx_attr_int(t, c, "line", 0, 0, 13);
			if (line < 1 || line > 12) {
				mx_warn(im, MX_WARN_UNREAD, "staff-tuning");
				break;
			}
			if (!tuned)
				memset(p->tuning, 0, sizeof(p->tuning));
			tuned = tuned < line ? line : tuned;
			p->tuning[line - 1] = (uint8_t)read_tuning(t, c);
			break;
		}
		case MX_capo:
			nvx_draft_part(im->draft, p->part)->capo = (uint8_t)mx_int(mx_text(t, c), 0, 0, 24);
			break;
		default: /* staff-type, staff-size */
			mx_keep_here(im, c);
			break;
		}
	}
	if (tuned) {
		p->string_lines = (uint8_t)tuned;
		set_tuning(im, p);
	}
	if (lines >= 0 && (lines != 5 || p->stated_lines)) {
		const uint32_t at =
			mx_add_notation(im, NVX_NOTATION_STAFF_LINES, mx_at(im, p->cursor), staff);
		mx_notation(im, at)->count = (uint16_t)lines;
		p->stated_lines = 1;
	}
}

/** Strings that are tuned otherwise from now on. */
void mx_read_accords(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	for (mx_node_id c = mx_child(t, node, MX_accord); c; c = mx_next(t, c, MX_accord)) {
		const int string = mx_attr_int(t, c, "string", 0, 0, 12);
		const int key = read_tuning(t, c);
		if (!p->string_lines && key && string >= 1) {
			/* the others as a guitar has them */
			static const uint8_t guitar[] = {40, 45, 50, 55, 59, 64};
			memcpy(p->tuning, guitar, sizeof(guitar));
			p->string_lines = sizeof(guitar);
		}
		if (key && string >= 1 && string <= p->string_lines)
			p->tuning[p->string_lines - string] = (uint8_t)key;
	}
	set_tuning(im, p);
}

static void read_transpose(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	struct nvx_part *part = nvx_draft_part(im->draft, p->part);
	const int chromatic = mx_child_int(t, node, MX_chromatic, 0, -60, 60);
	const int octave = mx_child_int(t, node, MX_octave_change, 0, -5, 5);
	const int diatonic = mx_child_int(t, node, MX_diatonic, 0, -35, 35);
	if (staff_number(im, node) > 1 && (p->chromatic != chromatic || p->octave != octave)) {
		mx_warn(im, MX_WARN_TRANSPOSE, "");
		mx_keep_here(im, node);
		return;
	}
	if (mx_child(t, node, MX_double))
		mx_keep_here(im, node);
	if (p->transposed && (part->transpose_chromatic != -chromatic || part->transpose_octave != -octave)) {
		mx_warn(im, MX_WARN_TRANSPOSE, "");
		mx_keep_here(im, node);
	}
	p->chromatic = chromatic;
	p->octave = octave;
	if (p->transposed)
		return;
	p->transposed = 1;
	if (!chromatic && !octave)
		return;
	part->has_transpose = 1;
	part->transpose_chromatic = (int8_t)-chromatic;
	part->transpose_octave = (int8_t)-octave;
	part->transpose_diatonic = (int8_t)-diatonic;
}

static void read_measure_style(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const unsigned staff = staff_number(im, node);
	const int64_t at = mx_at(im, p->cursor);
	const mx_node_id rests = mx_child(t, node, MX_multiple_rest);
	const mx_node_id repeat = mx_child(t, node, MX_measure_repeat);
	const mx_node_id slash = mx_child(t, node, MX_slash);
	if (rests) {
		const uint32_t e = mx_add_notation(im, NVX_NOTATION_MULTI_REST, at, staff);
		mx_notation(im, e)->count = (uint16_t)mx_int(mx_text(t, rests), 1, 1, 1000);
	} else if (repeat && mx_attr_is(t, repeat, "type", "start")) {
		const uint32_t e = mx_add_notation(im, NVX_NOTATION_MEASURE_REPEAT, at, staff);
		mx_notation(im, e)->count = (uint16_t)mx_int(mx_text(t, repeat), 1, 1, 1000);
	} else if (slash) {
		const struct mx_open end = {.kind = MX_SPAN_SLASH, .number = (uint8_t)staff, .at = at};
		if (mx_attr_is(t, slash, "type", "start")) {
			const uint32_t e = mx_add_notation(im, NVX_NOTATION_SLASH, at, staff);
			mx_notation(im, e)->count = 1;
			struct mx_open open = end;
			open.index = e;
			(void)mx_open(im, p, open);
		} else {
			const uint32_t e = mx_close(im, p, end);
			if (e != MX_NONE)
				mx_add_span(im, NVX_LIST_notation, 0, e, at);
		}
	} else if (!repeat) {
		mx_keep_here(im, node);
	}
}

void mx_read_attributes(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	int64_t num, den;
	mx_settle_graces(im, p);
	/* pitches of this piece are already written for the transposition beside the key */
	const mx_node_id transpose = mx_child(t, node, MX_transpose);
	if (transpose)
		read_transpose(im, p, transpose);
	MX_FOR_CHILDREN(t, c, node)
	{
		switch (t->node[c].name) {
		case MX_divisions:
			if (mx_decimal(mx_text(t, c), &num, &den) < 0 || num <= 0 || num / den > 1000000) {
				mx_warn(im, MX_WARN_DURATION, "divisions");
			} else if (den == 1) {
				p->divisions = num;
			} else {
				/* no whole number: nothing says that it may not be */
				p->divisions = (num + den - 1) / den;
				mx_warn(im, MX_WARN_DURATION, "divisions");
			}
			im->divisions = p->divisions;
			break;
		case MX_key:
			read_key(im, p, c);
			break;
		case MX_time:
			read_time(im, p, c);
			break;
		case MX_staves: {
			struct nvx_part *part = nvx_draft_part(im->draft, p->part);
			const int staves = mx_int(mx_text(t, c), 1, 1, MX_MAX_STAVES);
			if (staves > part->staves)
				part->staves = (uint8_t)staves;
			break;
		}
		case MX_clef:
			read_clef(im, p, c);
			break;
		case MX_staff_details:
			read_staff_details(im, p, c);
			break;
		case MX_transpose:
			if (c != transpose)
				read_transpose(im, p, c);
			break;
		case MX_measure_style:
			read_measure_style(im, p, c);
			break;
		default: /* footnote, part-symbol, instruments, for-part, directive */
			mx_keep_here(im, c);
			break;
		}
	}
}
