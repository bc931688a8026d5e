/* SPDX-License-Identifier: MIT */
/* Technical signs: strings and frets with what the hands do there, fingers, bows. */
#include "import.h"

#include <string.h>

static struct nvx_technique_use *add_technique(struct mx_import *im, const struct mx_note *n, unsigned type)
{
	struct mx_tech *tech = MX_ADD(im, techs);
	if (!tech)
		return NULL;
	tech->tab = n->tab;
	if ((type == NVX_TECHNIQUE_DEAD || type == NVX_TECHNIQUE_HARMONIC) && n->tab < im->n_tab_notes)
		im->tab_notes[n->tab].free = 1;
	tech->use = (struct nvx_technique_use){
		.type = (uint8_t)type, .fret = NVX_NO_U8, .pitch = NVX_NO_U8, .speed_1e6hz = NVX_NO_I32};
	return &tech->use;
}

/** Where a note is fretted, before anything is said of how. */
void mx_read_tab(struct mx_import *im, struct mx_part *p, struct mx_note *n)
{
	struct mx_tree *t = &im->tree;
	mx_node_id string = 0, fret = 0;
	for (mx_node_id c = mx_child(t, n->node, MX_notations); c; c = mx_next(t, c, MX_notations)) {
		for (mx_node_id d = mx_child(t, c, MX_technical); d; d = mx_next(t, d, MX_technical)) {
			if (mx_child(t, d, MX_string))
				string = mx_child(t, d, MX_string);
			if (mx_child(t, d, MX_fret))
				fret = mx_child(t, d, MX_fret);
		}
	}
	const int at = mx_int(mx_text(t, string), 0, 0, 255), on = mx_int(mx_text(t, fret), -1, -1, 255);
	if (!string && !fret)
		return;
	if (at < 1 || at > 12 || on < 0 || on > 36) {
		if (string)
			mx_keep(im, string);
		if (fret)
			mx_keep(im, fret);
		return;
	}
	struct nvx_tab *tab = nvx_add_tab(im->draft);
	if (im->draft->error)
		return;
	const struct nvx_note *note = &im->draft->part[p->part].note[n->note];
	n->tab = (uint32_t)im->draft->n_tab - 1;
	tab->e.tick = n->at;
	tab->e.note_id = note->id;
	tab->e.part_id = im->draft->part[p->part].part.id;
	tab->e.staff = n->staff > 1 ? n->staff : 0;
	tab->string = (uint8_t)at;
	tab->fret = (uint8_t)on;
	struct mx_tab_note *tab_note = MX_ADD(im, tab_notes);
	if (tab_note)
		*tab_note = (struct mx_tab_note){.part = im->part, .note = n->note};
	if (strcmp(mx_child_text(t, n->node, MX_notehead), "x") == 0) {
		(void)add_technique(im, n, NVX_TECHNIQUE_DEAD);
	}
}

/** Hammer-on, pull-off, slide: from one note to another. */
static void read_pair(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node,
	unsigned kind, unsigned type)
{
	struct mx_tree *t = &im->tree;
	struct mx_open end = {
		.kind = (uint8_t)kind,
		.number = (uint8_t)mx_attr_int(t, node, "number", 1, 1, 16),
		.voice = n->voice,
		.index = (uint32_t)im->n_techs,
		.at = n->at,
	};
	if (mx_attr_is(t, node, "type", "start")) {
		struct nvx_technique_use *use = add_technique(im, n, type);
		if (!use)
			return;
		if (type == NVX_TECHNIQUE_SLIDE)
			use->style = NVX_SLIDE_SHIFT;
		(void)mx_open(im, p, end);
	} else if (mx_attr_is(t, node, "type", "stop")) {
		const uint32_t from = mx_close(im, p, end);
		if (from < im->n_techs)
			im->techs[from].use.to_note_id = im->draft->part[p->part].note[n->note].id;
	}
}

void mx_read_slide(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node)
{
	read_pair(im, p, n, node, MX_SPAN_SLIDE, NVX_TECHNIQUE_SLIDE);
}

/** All bends of one note are one curve, a piece each. */
static void read_bends(struct mx_import *im, const struct mx_note *n, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	struct nvx_point point[64];
	unsigned count = 0, n_bends = 0, i = 0;
	int64_t num, den;
	int is_bar = 0, cents = 0;
	for (mx_node_id c = mx_child(t, node, MX_bend); c; c = mx_next(t, c, MX_bend))
		n_bends++;
	for (mx_node_id c = mx_child(t, node, MX_bend); c && count < 62; c = mx_next(t, c, MX_bend), i++) {
		if (mx_decimal(mx_child_text(t, c, MX_bend_alter), &num, &den) < 0 || num / den > 24 ||
			num / den < -24) {
			mx_keep(im, c);
			continue;
		}
		is_bar |= mx_child(t, c, MX_with_bar) != 0;
		const int to = (int)(num * 100 / den);
		const int releases = mx_child(t, c, MX_release) != 0;
		if (mx_child(t, c, MX_pre_bend)) {
			cents = to;
			if (!count)
				point[count++] = (struct nvx_point){0, cents};
			continue;
		}
		if (!count)
			point[count++] = (struct nvx_point){0, cents};
		cents = releases ? 0 : to;
		point[count++] =
			(struct nvx_point){(uint32_t)((uint64_t)n->ticks * (i + 1) / (n_bends + 1)), cents};
	}
	if (!count)
		return;
	const nvx_list points = nvx_make_list(im->draft, point, count, sizeof(*point));
	struct nvx_technique_use *use =
		add_technique(im, n, is_bar ? NVX_TECHNIQUE_WHAMMY : NVX_TECHNIQUE_BEND);
	if (use)
		use->points = points;
}

static void read_harmonic(struct mx_import *im, struct mx_note *n, mx_node_id node)
{
	if (n->tab == MX_NONE) {
		mx_notation(im, n->event)->technical |= 1u << NVX_TECHNICAL_HARMONIC;
		return;
	}
	struct nvx_technique_use *use = add_technique(im, n, NVX_TECHNIQUE_HARMONIC);
	if (use)
		use->style = mx_child(&im->tree, node, MX_artificial) ? NVX_HARMONIC_ARTIFICIAL
								      : NVX_HARMONIC_NATURAL;
}

/** Which hand: a string is stopped by the left one, a keyboard's upper staff is played by the right one. */
static unsigned hand_of(struct mx_import *im, const struct mx_part *p, const struct mx_note *n)
{
	const struct nvx_part *part = nvx_draft_part(im->draft, p->part);
	return n->tab == MX_NONE && part->staves == 2 && n->staff == 1 ? NVX_HAND_RIGHT : NVX_HAND_LEFT;
}

static void read_finger(
	struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node, int plucks)
{
	static const char *const fingers[] = {
#define X(constant, text) text,
		NVX_FINGERS(X, )
#undef X
	};
	struct mx_tree *t = &im->tree;
	const char *text = mx_text(t, node);
	unsigned finger = 0;
	for (unsigned i = 1; i < sizeof(fingers) / sizeof(*fingers); i++) {
		if (strcmp(text, fingers[i]) == 0)
			finger = i;
	}
	if (!finger || n->note == MX_NONE || (plucks != (finger > NVX_FINGER_T))) {
		if (*text)
			mx_keep(im, node);
		return;
	}
	const nvx_id note = im->draft->part[p->part].note[n->note].id;
	const unsigned hand = plucks ? NVX_HAND_RIGHT : hand_of(im, p, n);
	struct nvx_fingering *before =
		im->draft->n_fingering ? &im->draft->fingering[im->draft->n_fingering - 1] : NULL;
	const int again = before && before->e.note_id == note && before->hand == hand;
	if (again && mx_attr_is(t, node, "substitution", "yes") && !before->substitution) {
		before->substitution = (uint8_t)finger;
		return;
	}
	struct nvx_fingering *f = nvx_add_fingering(im->draft);
	f->e.tick = n->at;
	f->e.note_id = note;
	f->e.part_id = nvx_draft_part(im->draft, p->part)->id;
	f->e.staff = n->staff > 1 ? n->staff : 0;
	f->hand = (uint8_t)hand;
	f->finger = (uint8_t)finger;
	f->alternative = again || mx_attr_is(t, node, "alternate", "yes");
}

/** A technique by the name that we write where the format has none. */
static void read_other(struct mx_import *im, const struct mx_note *n, mx_node_id node)
{
	static const char *const names[] = {
#define X(constant, text) text,
		NVX_TECHNIQUES(X, )
#undef X
	};
	const char *text = mx_text(&im->tree, node);
	for (unsigned i = 1; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			(void)add_technique(im, n, i);
			return;
		}
	}
	mx_keep(im, node);
}

void mx_read_technical(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node)
{
	static const struct {
		uint16_t name, bit;
	} flags[] = {
		{MX_up_bow, NVX_TECHNICAL_UP_BOW},
		{MX_down_bow, NVX_TECHNICAL_DOWN_BOW},
		{MX_open_string, NVX_TECHNICAL_OPEN},
		{MX_stopped, NVX_TECHNICAL_STOPPED},
		{MX_thumb_position, NVX_TECHNICAL_THUMB},
		{MX_snap_pizzicato, NVX_TECHNICAL_SNAP_PIZZICATO},
		{MX_double_tongue, NVX_TECHNICAL_DOUBLE_TONGUE},
		{MX_triple_tongue, NVX_TECHNICAL_TRIPLE_TONGUE},
	};
	struct mx_tree *t = &im->tree;
	int bends = 0;
	MX_FOR_CHILDREN(t, c, node)
	{
		const unsigned name = t->node[c].name;
		unsigned f = 0;
		while (f < sizeof(flags) / sizeof(*flags) && flags[f].name != name)
			f++;
		if (f < sizeof(flags) / sizeof(*flags)) {
			mx_notation(im, n->event)->technical |= (uint16_t)(1u << flags[f].bit);
		} else if (name == MX_string || name == MX_fret) {
			if (n->note == MX_NONE)
				mx_keep(im, c);
		} else if (name == MX_fingering || name == MX_pluck) {
			read_finger(im, p, n, c, name == MX_pluck);
		} else if (name == MX_harmonic) {
			read_harmonic(im, n, c);
		} else if (n->tab == MX_NONE) {
			if (name == MX_hammer_on || name == MX_pull_off || name == MX_bend || name == MX_tap)
				mx_warn(im, MX_WARN_TECHNIQUE, t->bytes + t->node[c].tag);
			mx_keep(im, c);
		} else if (name == MX_other_technical) {
			read_other(im, n, c);
		} else if (name == MX_hammer_on) {
			read_pair(im, p, n, c, MX_SPAN_HAMMER, NVX_TECHNIQUE_HAMMER_ON);
		} else if (name == MX_pull_off) {
			read_pair(im, p, n, c, MX_SPAN_PULL, NVX_TECHNIQUE_PULL_OFF);
		} else if (name == MX_tap) {
			(void)add_technique(im, n, NVX_TECHNIQUE_TAP);
		} else if (name == MX_bend) {
			if (!bends++)
				read_bends(im, n, node);
		} else {
			mx_keep(im, c);
		}
	}
}
