/* SPDX-License-Identifier: MIT */
/* Chord symbols, numerals and chord diagrams. */
#include "import.h"

#include <stdio.h>
#include <string.h>

#include <mos/chord.h>

#include "kinds.h"

#define MAX_SYMBOL 128u

struct symbol {
	char root[8], bass[8];
	char suffix[48];  /**< by the kind's value */
	char text[64];    /**< as the kind's text has it */
	char degrees[64]; /**< "b9,#11" */
	uint8_t has_suffix, has_text;
	uint8_t shown; /**< some of the degrees stand beside the text */
};

static int tone_text(const struct mx_tree *t, mx_node_id node, enum mx_name step, enum mx_name alter,
	char *buf, size_t size)
{
	static const char letters[] = "CDEFGAB";
	const char *letter = mx_child_text(t, node, step);
	const char *at = *letter ? strchr(letters, *letter) : NULL;
	const int by = mx_child_int(t, node, alter, 0, -3, 3);
	if (!at)
		return 0;
	return mos_tone_format((struct mos_tone){(int8_t)(at - letters), (int8_t)by}, buf, size) > 0;
}

static void read_degrees(struct mx_import *im, mx_node_id node, struct symbol *s)
{
	struct mx_tree *t = &im->tree;
	for (mx_node_id c = mx_child(t, node, MX_degree); c; c = mx_next(t, c, MX_degree)) {
		const int value = mx_child_int(t, c, MX_degree_value, 0, 0, 13);
		const int alter = mx_child_int(t, c, MX_degree_alter, 0, -2, 2);
		const char *type = mx_child_text(t, c, MX_degree_type);
		const size_t len = strlen(s->degrees);
		s->shown |= !mx_attr_is(t, c, "print-object", "no");
		/* the seventh of a degree is the minor one */
		const char *sign = value == 7                 ? (alter < 0          ? "bb"
									: alter > 0 ? "maj"
										    : "b")
				   : alter < 0                ? "b"
				   : alter > 0                ? "#"
				   : strcmp(type, "add") == 0 ? "add"
							      : "";
		if (strcmp(type, "subtract") == 0)
			sign = "no";
		if (!value || len + 8 > sizeof(s->degrees)) {
			mx_warn(im, MX_WARN_HARMONY, mx_child_text(t, c, MX_degree_value));
			continue;
		}
		(void)snprintf(
			s->degrees + len, sizeof(s->degrees) - len, "%s%s%d", len ? "," : "", sign, value);
	}
}

/** Root, suffix and degrees put together, and what that means. */
static int compose(
	const struct symbol *s, const char *suffix, int with_degrees, char *buf, struct mos_chord *chord)
{
	const int brackets = with_degrees && s->degrees[0];
	(void)snprintf(buf, MAX_SYMBOL, "%s%s%s%s%s%s%s", s->root, suffix, brackets ? "(" : "",
		brackets ? s->degrees : "", brackets ? ")" : "", s->bass[0] ? "/" : "", s->bass);
	return mos_chord_parse(buf, SIZE_MAX, chord, NULL) == 0;
}

/** The symbol as it was written if it means what the kind says, else what the kind says. */
static int compose_symbol(const struct symbol *s, char *buf)
{
	char other[MAX_SYMBOL];
	struct mos_chord by_kind, by_text;
	const int known = s->has_suffix && compose(s, s->suffix, 1, buf, &by_kind);
	if (s->has_text) {
		for (int degrees = 0; degrees < 2; degrees++) {
			if (!compose(s, s->text, degrees, other, &by_text))
				continue;
			if (!known || mos_chord_equal(&by_kind, &by_text)) {
				memcpy(buf, other, MAX_SYMBOL);
				return 1;
			}
		}
	}
	/* a text that stands alone and can be read is right */
	if (s->has_text && !s->shown && compose(s, s->text, 0, other, &by_text)) {
		memcpy(buf, other, MAX_SYMBOL);
		return 1;
	}
	if (!known)
		(void)compose(s, s->has_text ? s->text : s->suffix, s->shown, buf, &by_kind);
	return known;
}

static void read_kind(struct mx_import *im, mx_node_id node, struct symbol *s)
{
	const char *value = mx_text(&im->tree, node);
	const char *text = mx_attr(&im->tree, node, "text");
	for (unsigned i = 0; i < MX_N_KINDS; i++) {
		if (strcmp(value, mx_kinds[i].value) != 0)
			continue;
		if (mx_kinds[i].suffix)
			(void)snprintf(s->suffix, sizeof(s->suffix), "%s", mx_kinds[i].suffix);
		s->has_suffix = mx_kinds[i].suffix != NULL;
		if (!s->has_suffix && strcmp(value, "other") != 0 && strcmp(value, "none") != 0)
			mx_keep(im, node);
	}
	if (text && *text && strlen(text) < sizeof(s->text)) {
		memcpy(s->text, text, strlen(text) + 1);
		s->has_text = 1;
	} else if (!s->has_suffix) {
		(void)snprintf(s->suffix, sizeof(s->suffix), "%s", "");
	}
}

static void read_frame(struct mx_import *im, const struct mx_part *p, int64_t at, nvx_str name, nvx_id chord,
	mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	struct nvx_dot dot[64];
	struct nvx_barre barre[12];
	uint8_t open[12], muted[12], seen[13] = {}, from[37] = {};
	unsigned n_dots = 0, n_barres = 0, n_open = 0, n_muted = 0;
	const int strings = mx_child_int(t, node, MX_frame_strings, 6, 1, 12);
	const int base = mx_child_int(t, node, MX_first_fret, 1, 1, 36);
	for (mx_node_id c = mx_child(t, node, MX_frame_note); c; c = mx_next(t, c, MX_frame_note)) {
		const int string = mx_child_int(t, c, MX_string, 0, 0, 13);
		const int fret = mx_child_int(t, c, MX_fret, 0, 0, 36);
		if (string < 1 || string > strings)
			continue;
		const char *finger = mx_child_text(t, c, MX_fingering);
		static const char digits[] = "012345T";
		const char *digit = *finger && !finger[1] ? strchr(digits, *finger) : NULL;
		if (!fret && !seen[string] && n_open < 12)
			open[n_open++] = (uint8_t)string;
		if (fret && n_dots < 64)
			dot[n_dots++] = (struct nvx_dot){.string = (uint8_t)string,
				.fret = (uint8_t)fret,
				.finger =
					(uint8_t)(digit ? NVX_FINGER_0 + (digit - digits) : NVX_FINGER_NONE)};
		seen[string] = 1;
		const mx_node_id bar = mx_child(t, c, MX_barre);
		if (mx_attr_is(t, bar, "type", "start"))
			from[fret] = (uint8_t)string;
		else if (mx_attr_is(t, bar, "type", "stop") && from[fret] && n_barres < 12)
			barre[n_barres++] = (struct nvx_barre){.fret = (uint8_t)fret,
				.from = from[fret],
				.to = (uint8_t)string,
				.finger = n_dots ? dot[n_dots - 1].finger : (uint8_t)NVX_FINGER_NONE};
	}
	for (int string = 1; string <= strings; string++) {
		if (!seen[string])
			muted[n_muted++] = (uint8_t)string;
	}
	struct nvx_diagram_element *d = nvx_add_diagram(im->draft);
	d->e.tick = at;
	d->e.part_id = nvx_draft_part(im->draft, p->part)->id;
	d->e.kind = NVX_DIAGRAM_FRETTED;
	d->name = name;
	d->chord_id = chord;
	d->strings = (uint8_t)strings;
	d->frets = (uint8_t)mx_child_int(t, node, MX_frame_frets, 4, 1, 24);
	d->base_fret = (uint8_t)base;
	d->dots = nvx_make_list(im->draft, dot, n_dots, sizeof(*dot));
	d->barres = nvx_make_list(im->draft, barre, n_barres, sizeof(*barre));
	d->open = nvx_make_list(im->draft, open, n_open, 1);
	d->muted = nvx_make_list(im->draft, muted, n_muted, 1);
}

/** A numeral or function: what the chord is in its key. */
static void read_roman(struct mx_import *im, const struct mx_part *p, int64_t at, mx_node_id node)
{
	static const char *const upper[] = {"I", "II", "III", "IV", "V", "VI", "VII"};
	static const char *const lower[] = {"i", "ii", "iii", "iv", "v", "vi", "vii"};
	struct mx_tree *t = &im->tree;
	char text[64];
	const mx_node_id numeral = mx_child(t, node, MX_numeral), function = mx_child(t, node, MX_function);
	if (function) {
		(void)snprintf(text, sizeof(text), "%s", mx_text(t, function));
	} else {
		const int root = mx_child_int(t, numeral, MX_numeral_root, 0, 0, 7);
		const int alter = mx_child_int(t, numeral, MX_numeral_alter, 0, -1, 1);
		const char *kind = mx_child_text(t, node, MX_kind);
		const int minor = strncmp(kind, "minor", 5) == 0 || strncmp(kind, "dim", 3) == 0 ||
				  strncmp(kind, "half", 4) == 0;
		const char *tail = strcmp(kind, "diminished") == 0                            ? "o"
				   : strcmp(kind, "diminished-seventh") == 0                  ? "o7"
				   : strcmp(kind, "half-diminished") == 0                     ? "\u00f87"
				   : strstr(kind, "seventh") || strcmp(kind, "dominant") == 0 ? "7"
				   : strcmp(kind, "augmented") == 0                           ? "+"
											      : "";
		if (root < 1)
			return;
		(void)snprintf(text, sizeof(text), "%s%s%s",
			alter < 0   ? "b"
			: alter > 0 ? "#"
				    : "",
			(minor ? lower : upper)[root - 1], tail);
	}
	const nvx_str roman = mx_string(im, text);
	if (!roman)
		return;
	struct nvx_analysis *a = nvx_add_analysis(im->draft);
	a->e.tick = at;
	a->e.part_id = nvx_draft_part(im->draft, p->part)->id;
	a->roman = roman;
}

void mx_read_harmony(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const int64_t at = mx_offset_place(im, p, node);
	const int staff = mx_child_int(t, node, MX_staff, 1, 1, MX_MAX_STAVES);
	/* a harmony may be several in a row: root, kind and what follows, again and again */
	for (mx_node_id c = t->node[node].child; c;) {
		struct symbol s = {};
		char text[MAX_SYMBOL];
		struct mos_chord ignored;
		const mx_node_id first = c;
		if (t->node[c].name != MX_root && t->node[c].name != MX_function &&
			t->node[c].name != MX_numeral) {
			if (t->node[c].name == MX_UNKNOWN)
				mx_keep_here(im, c);
			c = t->node[c].next;
			continue;
		}
		mx_node_id kind = first;
		while (kind && t->node[kind].name != MX_kind)
			kind = t->node[kind].next;
		c = kind ? t->node[kind].next : t->node[first].next;
		if (t->node[first].name != MX_root) {
			read_roman(im, p, at, node);
			continue;
		}
		const int rooted = tone_text(t, first, MX_root_step, MX_root_alter, s.root, sizeof(s.root));
		read_kind(im, kind, &s);
		(void)tone_text(
			t, mx_child(t, node, MX_bass), MX_bass_step, MX_bass_alter, s.bass, sizeof(s.bass));
		read_degrees(im, node, &s);
		/* a root that is not shown: the kind's text is all of the symbol */
		if (mx_attr_is(t, mx_child(t, first, MX_root_step), "text", ""))
			s.root[0] = 0;
		const int none = strcmp(mx_text(t, kind), "none") == 0;
		if (none)
			(void)snprintf(text, sizeof(text), "%s", s.has_text ? s.text : "N.C.");
		else if (!rooted || !compose_symbol(&s, text))
			mx_warn(im, MX_WARN_HARMONY, s.has_text ? s.text : mx_text(t, kind));
		if (!rooted && !none)
			continue;
		if (none && mos_chord_parse(text, SIZE_MAX, &ignored, NULL) < 0)
			(void)snprintf(text, sizeof(text), "N.C.");
		const nvx_str symbol = mx_string(im, text);
		const nvx_str extra = mx_take_extra(im);
		struct nvx_chord *chord = nvx_add_chord(im->draft);
		chord->e.tick = at;
		chord->e.part_id = nvx_draft_part(im->draft, p->part)->id;
		chord->e.staff = (uint8_t)(staff > 1 ? staff : 0);
		chord->e.extra = extra;
		chord->symbol = symbol;
		const int inversion = mx_child_int(t, node, MX_inversion, -1, 0, 6);
		if (inversion >= 0 && !s.bass[0])
			chord->inversion = (uint8_t)inversion;
		p->n_harmonies++;
		const nvx_id id = chord->e.id;
		const mx_node_id frame = mx_child(t, node, MX_frame);
		if (frame)
			read_frame(im, p, at, symbol, id, frame);
	}
}
