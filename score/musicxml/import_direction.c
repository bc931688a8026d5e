/* SPDX-License-Identifier: MIT */
/* Directions: words, dynamics, wedges, pedals, tempo; and the sound element, which says what they do. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

#define SWITCHES_SEEN 16u /* of a part, back from the last one */

/** A direction as a whole. */
struct direction {
	int64_t at;
	unsigned staff;
	unsigned placement;
	uint8_t has_tempo, has_jump;
	enum nvx_jump until; /**< that the words name */
};

static int begins_with_any(const char *words, const char *const *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (strncasecmp(words, list[i], strlen(list[i])) == 0)
			return 1;
	}
	return 0;
}

/** How fast; what the player feels, in italics; how an instrument is played, names and the like, upright. */
static uint8_t style_of(const char *words, const char *font_style)
{
	/* with a capital: "allegro" alone may be part of a sentence */
	static const char *const tempo[] = {"grave", "larg", "lento", "adagi", "andant", "moderato", "allegr",
		"vivac", "vivo", "presti", "presto", "tempo di", "tempo i"};
	static const char *const technique[] = {"pizz", "arco", "con sord", "senza sord", "sul ", "col legno",
		"unis", "div.", "a2", "a 2", "tutti", "solo", "ord.", "flautando", "trem", "stopped", "open",
		"muted", "l.h.", "r.h.", "m.d.", "m.s.", "let ring"};
	if (font_style && strcmp(font_style, "italic") == 0)
		return NVX_TEXT_EXPRESSION;
	if (begins_with_any(words, technique, sizeof(technique) / sizeof(*technique)))
		return NVX_TEXT_TECHNIQUE;
	if (*words >= 'A' && *words <= 'Z' && begins_with_any(words, tempo, sizeof(tempo) / sizeof(*tempo)))
		return NVX_TEXT_TEMPO;
	const unsigned char first = (unsigned char)(*words == '(' ? words[1] : *words);
	const int is_small = (first >= 'a' && first <= 'z') || first >= 0x80;
	return !font_style && is_small ? NVX_TEXT_EXPRESSION : NVX_TEXT_NONE;
}

static void read_words(struct mx_import *im, struct direction *d, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	enum nvx_jump jump, until;
	const char *words = mx_text(t, node);
	if (mx_words_jump(words, &jump, &until)) {
		mx_set_jump(im, jump, until);
		return;
	}
	d->until = d->until ? d->until : mx_words_until(words);
	const nvx_str text = mx_string(im, words);
	if (!text)
		return;
	const char *enclosure = mx_attr(t, node, "enclosure");
	const uint32_t index = mx_add_notation(im, NVX_NOTATION_TEXT, d->at, d->staff);
	struct nvx_notation_element *e = mx_notation(im, index);
	e->text = text;
	e->placement = (uint8_t)d->placement;
	e->style = d->has_tempo ? NVX_TEXT_TEMPO
		   : enclosure && strcmp(enclosure, "none") != 0
			   ? NVX_TEXT_BOXED
			   : style_of(words, mx_attr(t, node, "font-style"));
}

static void read_rehearsal(struct mx_import *im, const struct direction *d, mx_node_id node)
{
	const nvx_str label = mx_string(im, mx_text(&im->tree, node));
	if (!label)
		return;
	struct nvx_marker_element *m = nvx_add_marker(im->draft);
	m->e.tick = d->at;
	m->e.kind = NVX_MARKER_REHEARSAL;
	m->label = label;
}

static void read_wedge(struct mx_import *im, struct mx_part *p, const struct direction *d, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const char *type = mx_attr(t, node, "type");
	struct mx_open end = {
		.kind = MX_SPAN_WEDGE,
		.number = (uint8_t)mx_attr_int(t, node, "number", 1, 1, 16),
		.voice = (uint8_t)d->staff,
		.index = (uint32_t)im->draft->n_notation,
		.at = d->at,
	};
	if (!type || strcmp(type, "continue") == 0)
		return;
	if (strcmp(type, "stop") == 0) {
		const uint32_t index = mx_close(im, p, end);
		if (index != MX_NONE)
			mx_add_span(im, NVX_LIST_notation, 0, index, d->at);
		return;
	}
	const uint32_t index = mx_add_notation(im, NVX_NOTATION_HAIRPIN, d->at, d->staff);
	struct nvx_notation_element *e = mx_notation(im, index);
	e->style = strcmp(type, "diminuendo") == 0 ? NVX_HAIRPIN_DIMINUENDO : NVX_HAIRPIN_CRESCENDO;
	(void)mx_open(im, p, end);
}

void mx_add_switch(struct mx_import *im, const struct mx_part *p, int64_t at, unsigned number, int value)
{
	const struct nvx_draft_part *part = &im->draft->part[p->part];
	struct nvx_control *c;
	/* lines that end together lift the foot once */
	for (size_t i = part->n_control; i-- > 0 && i + SWITCHES_SEEN >= part->n_control;) {
		c = &part->control[i];
		if (c->tick == at && c->kind == NVX_CONTROL_CC && c->number == number && c->value == value)
			return;
	}
	c = nvx_add_control(im->draft, p->part);
	c->tick = at;
	c->kind = NVX_CONTROL_CC;
	c->number = (uint16_t)number;
	c->value = (int16_t)value;
}

static void read_pedal(struct mx_import *im, struct mx_part *p, const struct direction *d, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const char *type = mx_attr(t, node, "type");
	const int stops = type && strcmp(type, "stop") == 0;
	const int starts = type && (strcmp(type, "start") == 0 || strcmp(type, "sostenuto") == 0);
	int changes = type && strcmp(type, "change") == 0;
	struct mx_open end = {
		.kind = MX_SPAN_PEDAL,
		.number = (uint8_t)mx_attr_int(t, node, "number", 1, 1, 16),
		.voice = 0,
		.index = (uint32_t)im->draft->n_notation,
		.at = d->at,
	};
	for (uint32_t i = 0; i < p->n_open && starts;
		i++) /* it was lifted before, or it could not be pressed */
		changes |= p->open[i].kind == MX_SPAN_PEDAL && p->open[i].number == end.number &&
			   p->open[i].at < end.at;
	if (!changes && !stops && !starts)
		return; /* continue, discontinue, resume: how the line is drawn */
	if (changes || stops) {
		const uint32_t index = mx_close(im, p, end);
		if (index == MX_NONE)
			return;
		const int middle = mx_notation(im, index)->style == NVX_PEDAL_SOSTENUTO;
		mx_add_span(im, NVX_LIST_notation, 0, index, d->at);
		mx_add_switch(im, p, d->at, middle ? 66 : 64, 0);
	}
	if (changes || starts) {
		const int middle = type && strcmp(type, "sostenuto") == 0;
		const uint32_t index = mx_add_notation(im, NVX_NOTATION_PEDAL, d->at, d->staff);
		mx_notation(im, index)->style = middle ? NVX_PEDAL_SOSTENUTO : NVX_PEDAL_SUSTAIN;
		end.index = index;
		(void)mx_open(im, p, end);
		mx_add_switch(im, p, d->at, middle ? 66 : 64, 127);
	}
}

static void read_octave_shift(
	struct mx_import *im, struct mx_part *p, const struct direction *d, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const char *type = mx_attr(t, node, "type");
	const int size = mx_attr_int(t, node, "size", 8, 8, 22);
	struct mx_open end = {
		.kind = MX_SPAN_OCTAVE,
		.number = (uint8_t)mx_attr_int(t, node, "number", 1, 1, 16),
		.voice = (uint8_t)d->staff,
		.index = (uint32_t)im->draft->n_notation,
		.at = d->at,
	};
	if (!type || strcmp(type, "continue") == 0)
		return;
	if (strcmp(type, "stop") == 0) {
		const uint32_t index = mx_close(im, p, end);
		if (index != MX_NONE)
			mx_add_span(im, NVX_LIST_notation, 0, index, d->at);
		return;
	}
	const uint32_t index = mx_add_notation(im, NVX_NOTATION_OCTAVE, d->at, d->staff);
	/* "down": drawn lower than it sounds, an 8va */
	const int octaves = size >= 22 ? 3 : size >= 15 ? 2 : 1;
	mx_notation(im, index)->octave = (int8_t)(strcmp(type, "up") == 0 ? -octaves : octaves);
	(void)mx_open(im, p, end);
}

/* ---- tempo ---- */

/** ns a quarter of num / den quarters a minute. @return 0: no such tempo. */
static uint64_t tempo_ns(int64_t num, int64_t den)
{
	const uint64_t most = UINT64_C(60000000000);
	if (num <= 0 || den <= 0 || num / den > 1000000)
		return 0;
	const uint64_t ns = (uint64_t)(((__int128)most * den + num / 2) / num);
	return ns < 1 || ns > most ? 0 : ns;
}

static void add_tempo(struct mx_import *im, int64_t at, uint64_t ns, nvx_str extra)
{
	struct nvx_tempo *tempo = nvx_add_tempo(im->draft);
	tempo->tick = at;
	tempo->ns_per_quarter = ns;
	tempo->extra = extra;
}

/** Mark and dots of a metronome mark's unit, in ticks. */
static int64_t beat_ticks(const struct mx_tree *t, mx_node_id unit)
{
	unsigned dots = 0;
	const unsigned value = mx_value(mx_text(t, unit));
	for (mx_node_id c = t->node[unit].next; c && t->node[c].name == MX_beat_unit_dot && dots < 4;
		c = t->node[c].next)
		dots++;
	return value ? nvx_value_ticks((enum nvx_value)value, dots, 1, 1) : 0;
}

/** The first number in "ca. 120-126". */
static int first_number(const char *text, int64_t *num, int64_t *den)
{
	char number[16];
	size_t len = 0;
	while (*text && (*text < '0' || *text > '9'))
		text++;
	while (len < sizeof(number) - 1 && ((*text >= '0' && *text <= '9') || (*text == '.' && len)))
		number[len++] = *text++;
	while (len > 0 && number[len - 1] == '.')
		len--;
	number[len] = 0;
	return mx_decimal(number, num, den) == 0;
}

/** Remember how the mark was written: "eighth.. = ca. 120". */
static nvx_str mark_fact(struct mx_import *im, mx_node_id unit, const char *per_minute)
{
	struct mx_tree *t = &im->tree;
	char mark[128];
	size_t len = strlen(mx_text(t, unit));
	if (len > 10)
		return 0;
	memcpy(mark, mx_text(t, unit), len);
	for (mx_node_id c = t->node[unit].next; c && t->node[c].name == MX_beat_unit_dot && len < 14;
		c = t->node[c].next)
		mark[len++] = '.';
	mark[len++] = '=';
	const size_t rest = strlen(per_minute);
	if (rest >= sizeof(mark) - len)
		return 0;
	memcpy(mark + len, per_minute, rest + 1);
	return mx_fact(im, "metronome", mark);
}

static void read_metronome(struct mx_import *im, struct direction *d, mx_node_id node, int sound_tells)
{
	struct mx_tree *t = &im->tree;
	const mx_node_id unit = mx_child(t, node, MX_beat_unit);
	const mx_node_id minute = mx_child(t, node, MX_per_minute);
	int64_t num, den;
	const int64_t ticks = unit ? beat_ticks(t, unit) : 0;
	if (!ticks || !minute || !first_number(mx_text(t, minute), &num, &den)) {
		mx_warn(im, MX_WARN_TEMPO, mx_text(t, minute));
		mx_keep_here(im, node);
		return;
	}
	const nvx_str fact = mark_fact(im, unit, mx_text(t, minute));
	const uint64_t ns = tempo_ns(num * ticks, den * NVX_PPQ);
	if (!ns && !sound_tells) {
		mx_warn(im, MX_WARN_TEMPO, mx_text(t, minute));
		mx_keep_here(im, node);
		return;
	}
	d->has_tempo = 1;
	im->mark = fact;
	if (!sound_tells)
		add_tempo(im, d->at, ns, fact);
}

/* ---- sound ---- */

static void read_controls(struct mx_import *im, struct mx_part *p, mx_node_id node, int64_t at)
{
	static const struct {
		const char *name;
		uint8_t number;
	} pedals[] = {{"damper-pedal", 64}, {"soft-pedal", 67}, {"sostenuto-pedal", 66}};
	struct mx_tree *t = &im->tree;
	for (unsigned i = 0; i < 3; i++) {
		const char *text = mx_attr(t, node, pedals[i].name);
		int64_t num, den;
		if (!text)
			continue;
		int value = strcmp(text, "yes") == 0 ? 127 : 0;
		if (mx_decimal(text, &num, &den) == 0 && num >= 0 && num / den <= 100)
			value = (int)(num * 127 / (100 * den));
		mx_add_switch(im, p, at, pedals[i].number, value);
	}
	MX_FOR_CHILDREN(t, c, node)
	{
		const int program = t->node[c].name == MX_midi_instrument
					    ? mx_child_int(t, c, MX_midi_program, 0, 0, 128)
					    : 0;
		if (program > 0) {
			struct nvx_control *control = nvx_add_control(im->draft, p->part);
			control->tick = at;
			control->kind = NVX_CONTROL_PROGRAM;
			control->number = UINT16_MAX;
			control->value = (int16_t)(program - 1);
		} else if (t->node[c].name != MX_offset) { /* swing, instrument-change, play */
			mx_keep_here(im, c);
		}
	}
}

static void read_jumps(struct mx_import *im, mx_node_id node)
{
	static const struct {
		const char *name;
		enum nvx_jump jump;
	} jumps[] = {
		{"dacapo", NVX_JUMP_DACAPO},
		{"dalsegno", NVX_JUMP_DALSEGNO},
		{"tocoda", NVX_JUMP_TO_CODA},
		{"fine", NVX_JUMP_FINE},
		{"segno", NVX_JUMP_SEGNO},
		{"coda", NVX_JUMP_CODA},
	};
	for (unsigned i = 0; i < sizeof(jumps) / sizeof(*jumps); i++) {
		const char *text = mx_attr(&im->tree, node, jumps[i].name);
		if (text && strcmp(text, "no") != 0)
			mx_set_jump(im, jumps[i].jump, NVX_JUMP_NONE);
	}
	if (mx_attr_is(&im->tree, node, "forward-repeat", "yes"))
		mx_measure(im)->repeat_start = 1;
}

void mx_read_sound(struct mx_import *im, struct mx_part *p, mx_node_id node, int64_t at)
{
	struct mx_tree *t = &im->tree;
	int64_t num, den;
	const char *tempo = mx_attr(t, node, "tempo");
	if (tempo) {
		const uint64_t ns = mx_decimal_fine(tempo, &num, &den) == 0 ? tempo_ns(num, den) : 0;
		if (ns)
			add_tempo(im, at, ns, im->mark);
		else
			mx_warn(im, MX_WARN_TEMPO, tempo);
	}
	const char *dynamics = mx_attr(t, node, "dynamics");
	if (dynamics && mx_decimal(dynamics, &num, &den) == 0 && num >= 0 && num / den < 1000) {
		const int64_t velocity = (num * 9 + 5 * den) / (10 * den);
		struct mx_loudness *l = MX_ADD(im, loudness);
		if (l)
			*l = (struct mx_loudness){
				.at = at,
				.part = p->part,
				.seq = (uint32_t)im->n_loudness,
				.here = (uint8_t)(velocity < 1     ? 1
						  : velocity > 127 ? 127
								   : velocity),
				.after = (uint8_t)(velocity < 1     ? 1
						   : velocity > 127 ? 127
								    : velocity),
			};
	}
	read_jumps(im, node);
	read_controls(im, p, node, at);
}

static void read_type(
	struct mx_import *im, struct mx_part *p, struct direction *d, mx_node_id type, int sound_tells)
{
	struct mx_tree *t = &im->tree;
	MX_FOR_CHILDREN(t, c, type)
	{
		switch (t->node[c].name) {
		case MX_words:
			read_words(im, d, c);
			break;
		case MX_rehearsal:
			read_rehearsal(im, d, c);
			break;
		case MX_dynamics:
			mx_read_dynamics(im, c, d->at, d->staff);
			break;
		case MX_wedge:
			read_wedge(im, p, d, c);
			break;
		case MX_pedal:
			read_pedal(im, p, d, c);
			break;
		case MX_octave_shift:
			read_octave_shift(im, p, d, c);
			break;
		case MX_metronome:
			read_metronome(im, d, c, sound_tells);
			break;
		case MX_segno:
			mx_set_jump(im, NVX_JUMP_SEGNO, NVX_JUMP_NONE);
			break;
		case MX_coda:
			if (!d->has_jump)
				mx_set_jump(im, NVX_JUMP_CODA, NVX_JUMP_NONE);
			break;
		case MX_scordatura:
			mx_read_accords(im, p, c);
			mx_keep_here(im, c);
			break;
		default: { /* dashes, bracket, harp-pedals, damp, image ... */
			struct mx_kept *kept = mx_keep_at(im, c, MX_OFFSET(d->at));
			if (kept) {
				kept->staff = (uint8_t)(d->staff > 1 ? d->staff : 0);
				kept->placement = (uint8_t)d->placement;
			}
			break;
		}
		}
	}
}

/** Where a direction or chord symbol stands: the cursor and its offset. */
int64_t mx_offset_place(struct mx_import *im, const struct mx_part *p, mx_node_id node)
{
	int64_t num, den;
	struct mx_pos at = p->cursor;
	const mx_node_id offset = mx_child(&im->tree, node, MX_offset);
	if (offset && mx_decimal(mx_text(&im->tree, offset), &num, &den) == 0) {
		if (num / den < (INT64_C(1) << 30) && num / den > -(INT64_C(1) << 30))
			at = mx_pos_add(at, num, den * p->divisions);
	}
	return mx_at(im, at);
}

void mx_read_direction(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const mx_node_id sound = mx_child(t, node, MX_sound);
	const char *placement = mx_attr(t, node, "placement");
	struct direction d = {
		.at = mx_offset_place(im, p, node),
		.staff = (unsigned)mx_child_int(t, node, MX_staff, 1, 1, MX_MAX_STAVES),
		.placement = !placement                        ? NVX_PLACEMENT_NONE
			     : strcmp(placement, "above") == 0 ? NVX_PLACEMENT_ABOVE
							       : NVX_PLACEMENT_BELOW,
	};
	const int sound_tells = mx_attr(t, sound, "tempo") != NULL;
	d.has_tempo = (uint8_t)sound_tells;
	d.has_jump = mx_attr(t, sound, "tocoda") != NULL;
	im->mark = 0;
	for (mx_node_id c = mx_child(t, node, MX_direction_type); c; c = mx_next(t, c, MX_direction_type))
		read_type(im, p, &d, c, sound_tells);
	if (sound)
		mx_read_sound(im, p, sound, d.at);
	if (d.until && (mx_attr(t, sound, "dacapo") || mx_attr(t, sound, "dalsegno")) &&
		!mx_measure(im)->jump_until)
		mx_measure(im)->jump_until = (uint8_t)d.until;
	im->mark = 0;
	MX_FOR_CHILDREN(t, c, node)
	{
		if (t->node[c].name == MX_UNKNOWN) /* footnote, level, listening */
			mx_keep_here(im, c);
	}
}

/** What stands before or behind a figure, as players read it. */
static const char *figure_sign(const char *name)
{
	static const struct {
		const char *name, *sign;
	} signs[] = {{"sharp", "\u266f"}, {"flat", "\u266d"}, {"natural", "\u266e"},
		{"double-sharp", "\u266f\u266f"}, {"sharp-sharp", "\u266f\u266f"},
		{"flat-flat", "\u266d\u266d"}, {"slash", "/"}, {"backslash", "\\"}, {"vertical", "|"},
		{"plus", "+"}, {"cross", "+"}};
	for (unsigned i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		if (strcmp(signs[i].name, name) == 0)
			return signs[i].sign;
	}
	return name;
}

void mx_read_figured_bass(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	char text[128];
	size_t len = 0;
	for (mx_node_id f = mx_child(t, node, MX_figure); f; f = mx_next(t, f, MX_figure)) {
		const char *parts[] = {len ? " " : "", figure_sign(mx_child_text(t, f, MX_prefix)),
			mx_child_text(t, f, MX_figure_number), figure_sign(mx_child_text(t, f, MX_suffix))};
		for (unsigned i = 0; i < 4; i++) {
			const size_t n = strlen(parts[i]);
			if (len + n < sizeof(text)) {
				memcpy(text + len, parts[i], n);
				len += n;
			}
		}
	}
	mx_keep_here(im, node);
	const nvx_str str = nvx_clean_text(im->draft, text, len);
	if (!str)
		return;
	const uint32_t e = mx_add_notation(im, NVX_NOTATION_TEXT, mx_at(im, p->cursor), 1);
	mx_notation(im, e)->text = str;
	mx_notation(im, e)->style = NVX_TEXT_EXPRESSION;
	mx_notation(im, e)->placement = NVX_PLACEMENT_BELOW;
}
