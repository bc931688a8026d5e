/* SPDX-License-Identifier: MIT */
/* What a note is called and what it sounds: pitch, drum, spelling, head. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

#include <mos/pitch.h>

/** Where General MIDI's kit stands on a percussion staff, from F3 up: what has no instrument sounds like
 * this. */
static int kit_key(int step, int octave, int is_cross)
{
	static const uint8_t heads[] = {36, 36, 36, 36, 35, 36, 45, 41, 43, 47, 38, 48, 50, 42, 51, 49, 49};
	static const uint8_t crosses[] = {44, 44, 44, 44, 44, 44, 44, 44, 44, 54, 37, 53, 51, 42, 46, 49, 57};
	int line = 7 * octave + step - (7 * 3 + 1); /* D3 = 0 */
	line = line < 0 ? 0 : line > 16 ? 16 : line;
	return is_cross ? crosses[line] : heads[line];
}

static int read_step(const char *text)
{
	static const char steps[] = "CDEFGAB";
	const char *at = *text ? strchr(steps, *text) : NULL;
	return at ? (int)(at - steps) : -1;
}

int mx_read_pitch(struct mx_import *im, const struct mx_part *p, mx_node_id node, struct mx_sounding *s)
{
	static const int8_t semitones[7] = {0, 2, 4, 5, 7, 9, 11};
	const struct mx_tree *t = &im->tree;
	int64_t num = 0, den = 1;
	const mx_node_id alter = mx_child(t, node, MX_alter);
	s->step = read_step(mx_child_text(t, node, MX_step));
	s->octave = mx_child_int(t, node, MX_octave, 4, -2, 12);
	if (alter && mx_decimal(mx_text(t, alter), &num, &den) < 0)
		mx_warn(im, MX_WARN_UNREAD, mx_text(t, alter));
	if (s->step < 0 || num / den < -11 || num / den > 11)
		return 0;
	s->alter = (int)(num / den);
	s->cents_1e3 = (int32_t)(num % den * 100000 / den);
	s->pitch = 12 * (s->octave + 1) + semitones[s->step] + s->alter + p->chromatic + 12 * p->octave;
	if (abs(s->alter) > 3) { /* more than can be spelled */
		s->step = -1;
		s->alter = 0;
	}
	return 1;
}

const struct mx_instrument *mx_find_instrument(struct mx_import *im, const struct mx_part *p, mx_node_id node)
{
	const mx_node_id name = mx_child(&im->tree, node, MX_instrument);
	const char *id = name ? mx_attr(&im->tree, name, "id") : NULL;
	const nvx_str str = id ? mx_string(im, id) : 0;
	for (uint32_t i = 0; str && i < p->n_instruments; i++) {
		if (im->instruments[p->first_instrument + i].id == str)
			return &im->instruments[p->first_instrument + i];
	}
	return p->n_instruments == 1 ? &im->instruments[p->first_instrument] : NULL;
}

int mx_read_unpitched(
	struct mx_import *im, struct mx_part *p, mx_node_id note, mx_node_id node, struct mx_sounding *s)
{
	const struct mx_tree *t = &im->tree;
	const struct mx_instrument *at = mx_find_instrument(im, p, note);
	const char *head = mx_child_text(t, note, MX_notehead);
	s->step = read_step(mx_child_text(t, node, MX_display_step));
	s->octave = mx_child_int(t, node, MX_display_octave, 4, -1, 9);
	const int step = s->step < 0 ? 6 : s->step; /* the middle line */
	if (at && at->unpitched >= 0)
		s->pitch = at->unpitched;
	else
		s->pitch = kit_key(step, s->octave, strcmp(head, "x") == 0 || strcmp(head, "cross") == 0);
	return 1;
}

/* ---- spelling ---- */

/** What a letter is in a key: -1, 0, 1. */
static int key_alter(int step, int fifths)
{
	static const int8_t order[7] = {1, 3, 5, 0, 2, 4, 6}; /* F C G D A E B, by step C..B */
	return fifths > order[step] ? 1 : fifths < 0 && 6 - order[step] < -fifths ? -1 : 0;
}

static void push_spelling(struct mx_import *im, struct nvx_spelling spelling)
{
	if (im->chord.n_spellings < MX_MAX_CHORD)
		im->chord.spelling[im->chord.n_spellings++] = spelling;
}

void mx_read_spelling(struct mx_import *im, struct mx_part *p, const struct mx_note *n,
	const struct mx_sounding *s, int tied)
{
	struct mx_tree *t = &im->tree;
	const mx_node_id sign = mx_child(t, n->node, MX_accidental);
	if (s->step < 0)
		return;
	struct nvx_spelling spelling = {.step = (uint8_t)s->step, .alter = (int8_t)s->alter};
	const unsigned octave = (unsigned)(s->octave < 0 ? 0 : s->octave > 11 ? 11 : s->octave);
	uint8_t *in_force = &p->accidental[n->staff - 1][s->step][octave];
	const int fifths = p->fifths[n->staff - 1];
	const int expected = *in_force ? *in_force - 8 : key_alter(s->step, fifths);
	const int by_rule = expected != s->alter && !tied;
	if (by_rule)
		*in_force = (uint8_t)(s->alter + 8);
	if (mx_attr_is(t, sign, "cautionary", "yes") || mx_attr_is(t, sign, "parentheses", "yes"))
		spelling.accidental = NVX_ACCIDENTAL_COURTESY;
	else if (mx_attr_is(t, sign, "editorial", "yes") || mx_attr_is(t, sign, "bracket", "yes"))
		spelling.accidental = NVX_ACCIDENTAL_EDITORIAL;
	else if (sign && !by_rule && !s->cents_1e3)
		spelling.accidental = NVX_ACCIDENTAL_SHOW;
	const int written = nvx_draft_part(im->draft, p->part)->has_transpose
				    ? s->pitch - p->chromatic - 12 * p->octave
				    : s->pitch;
	const struct mos_pitch usual = written >= 0 && written < 128
					       ? mos_pitch_spell((uint8_t)written, fifths)
					       : (struct mos_pitch){.step = -1};
	if (usual.step == s->step && usual.alter == s->alter && !spelling.accidental && !p->key_moved)
		return;
	spelling.note_id = im->draft->part[p->part].note[n->note].id;
	push_spelling(im, spelling);
}

void mx_flush_chord(struct mx_import *im)
{
	if (im->chord.event == MX_NONE)
		return;
	struct nvx_notation_element *e = mx_notation(im, im->chord.event);
	e->note_ids = nvx_make_list(im->draft, im->chord.id, im->chord.n_ids, sizeof(*im->chord.id));
	e = mx_notation(im, im->chord.event);
	e->spelling = nvx_make_list(
		im->draft, im->chord.spelling, im->chord.n_spellings, sizeof(*im->chord.spelling));
	e->heads = nvx_make_list(im->draft, im->chord.head, im->chord.n_heads, sizeof(*im->chord.head));
	im->chord.event = MX_NONE;
	im->chord.n_ids = im->chord.n_spellings = im->chord.n_heads = 0;
}

void mx_read_notehead(struct mx_import *im, const struct mx_part *p, const struct mx_note *n)
{
	const mx_node_id node = mx_child(&im->tree, n->node, MX_notehead);
	const char *text = mx_text(&im->tree, node);
	if (!*text || strcmp(text, "normal") == 0 || im->chord.n_heads == MX_MAX_CHORD)
		return;
	im->chord.head[im->chord.n_heads++] =
		(struct nvx_head){im->draft->part[p->part].note[n->note].id, mx_string(im, text)};
}
