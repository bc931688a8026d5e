/* SPDX-License-Identifier: MIT */
/* Chord symbols as root, kind and degrees, with their diagram. */
#include "export.h"

#include <stdio.h>
#include <string.h>

#include <mos/chord.h>

#include "kinds.h"

/** A degree as MusicXML counts it: the seventh of a degree is the minor one. */
static const struct {
	int8_t value, alter;
} degree_values[MOS_N_DEGREES] = {
	[MOS_DEGREE_1] = {1, 0},
	[MOS_DEGREE_B9] = {9, -1},
	[MOS_DEGREE_9] = {9, 0},
	[MOS_DEGREE_S9] = {9, 1},
	[MOS_DEGREE_B3] = {3, -1},
	[MOS_DEGREE_3] = {3, 0},
	[MOS_DEGREE_11] = {11, 0},
	[MOS_DEGREE_S11] = {11, 1},
	[MOS_DEGREE_B5] = {5, -1},
	[MOS_DEGREE_5] = {5, 0},
	[MOS_DEGREE_S5] = {5, 1},
	[MOS_DEGREE_B13] = {13, -1},
	[MOS_DEGREE_13] = {13, 0},
	[MOS_DEGREE_BB7] = {7, -1},
	[MOS_DEGREE_B7] = {7, 0},
	[MOS_DEGREE_7] = {7, 1},
};

static unsigned bits(unsigned set)
{
	unsigned n = 0;
	for (; set; set &= set - 1)
		n++;
	return n;
}

/** The kind that says most of it. */
static unsigned find_kind(const struct mos_chord *chord, uint16_t *ret_degrees)
{
	unsigned best = 0, best_cost = 100;
	for (unsigned i = 0; i < MX_N_KINDS; i++) {
		char text[24];
		struct mos_chord kind;
		if (!mx_kinds[i].suffix)
			continue;
		(void)snprintf(text, sizeof(text), "C%s", mx_kinds[i].suffix);
		if (mos_chord_parse(text, SIZE_MAX, &kind, NULL) < 0)
			continue;
		/* taking away is odder than adding */
		const unsigned cost = bits(chord->degrees & (unsigned)~kind.degrees) +
				      2 * bits(kind.degrees & (unsigned)~chord->degrees);
		if (cost < best_cost) {
			best = i;
			best_cost = cost;
			*ret_degrees = kind.degrees;
		}
	}
	return best;
}

static void write_tone(struct mxo *x, const char *tag, struct mos_tone tone)
{
	static const char *const steps[] = {"C", "D", "E", "F", "G", "A", "B"};
	char name[24];
	mxo_open(x, tag);
	(void)snprintf(name, sizeof(name), "%s-step", tag);
	mxo_text(x, name, steps[tone.step % 7]);
	if (tone.alter) {
		(void)snprintf(name, sizeof(name), "%s-alter", tag);
		mxo_int(x, name, tone.alter);
	}
	mxo_close(x, tag);
}

static void write_kind(struct mxo *x, const char *value, const char *text, size_t len)
{
	char buf[128];
	if (len >= sizeof(buf))
		len = sizeof(buf) - 1;
	memcpy(buf, text, len);
	buf[len] = 0;
	mxo_text_attribute(x, "kind", "text", buf, value);
}

static void write_degrees(struct mxo *x, uint16_t have, uint16_t want)
{
	for (unsigned i = 0; i < MOS_N_DEGREES; i++) {
		const unsigned bit = 1u << i;
		if (!((have ^ want) & bit))
			continue;
		mxo_open(x, "degree print-object=\"no\"");
		mxo_int(x, "degree-value", degree_values[i].value);
		mxo_int(x, "degree-alter", degree_values[i].alter);
		mxo_text(x, "degree-type", want & bit ? "add" : "subtract");
		mxo_close(x, "degree");
	}
}

static const struct nvx_diagram_element *find_diagram(const struct mxo *x, const struct nvx_chord *chord)
{
	const struct nvx_seq *list = &x->score->list[NVX_LIST_diagram];
	for (uint32_t i = nvx_seq_find(list, chord->e.tick); i < list->n; i++) {
		const struct nvx_diagram_element *d = score_diagram(x->score, i);
		if (d->e.tick != chord->e.tick)
			return NULL;
		if (d->chord_id == chord->e.id && d->e.kind == NVX_DIAGRAM_FRETTED)
			return d;
	}
	return NULL;
}

static void write_frame_note(struct mxo *x, unsigned string, unsigned fret, unsigned finger, int barre)
{
	static const char *const fingers[] = {
#define X(constant, text) text,
		NVX_FINGERS(X, )
#undef X
	};
	mxo_open(x, "frame-note");
	mxo_int(x, "string", string);
	mxo_int(x, "fret", fret);
	if (finger && finger < sizeof(fingers) / sizeof(*fingers))
		mxo_text(x, "fingering", fingers[finger]);
	if (barre)
		mxo_empty(x, barre == 1 ? "barre type=\"start\"" : "barre type=\"stop\"");
	mxo_close(x, "frame-note");
}

static void write_frame(struct mxo *x, const struct nvx_diagram_element *d)
{
	uint32_t n_dots, n_open, n_barres;
	const struct nvx_dot *dot = nvx_items(x->score->pool, d->dots, &n_dots);
	const uint8_t *open = nvx_items(x->score->pool, d->open, &n_open);
	const struct nvx_barre *barre = nvx_items(x->score->pool, d->barres, &n_barres);
	if (!n_dots && !n_open)
		return;
	mxo_open(x, "frame");
	mxo_int(x, "frame-strings", d->strings ? d->strings : 6);
	mxo_int(x, "frame-frets", d->frets ? d->frets : 4);
	if (d->base_fret > 1)
		mxo_int(x, "first-fret", d->base_fret);
	for (uint32_t i = 0; i < n_dots; i++) {
		int side = 0;
		for (uint32_t b = 0; b < n_barres; b++) {
			if (barre[b].fret == dot[i].fret && barre[b].from == dot[i].string)
				side = 1;
			else if (barre[b].fret == dot[i].fret && barre[b].to == dot[i].string)
				side = 2;
		}
		write_frame_note(x, dot[i].string, dot[i].fret, dot[i].finger, side);
	}
	for (uint32_t i = 0; i < n_open; i++)
		write_frame_note(x, open[i], 0, 0, 0);
	mxo_close(x, "frame");
}

void mxo_write_harmony(struct mxo *x, const struct nvx_chord *chord, int64_t offset)
{
	const char *symbol = score_text(x->score, chord->symbol);
	struct mos_chord c;
	mxo_open(x, "harmony");
	if (mos_chord_parse(symbol, SIZE_MAX, &c, NULL) != 0) {
		/* a symbol that nobody understands: no root, all of it in the kind's text */
		mxo_open(x, "root");
		mxo_text(x, "root-step text=\"\"", "C");
		mxo_close(x, "root");
		write_kind(x, "other", symbol, strlen(symbol));
	} else if (c.family == MOS_CHORD_NONE) {
		mxo_open(x, "root");
		mxo_text(x, "root-step text=\"\"", "C");
		mxo_close(x, "root");
		write_kind(x, "none", symbol, strlen(symbol));
	} else {
		uint16_t degrees = 0;
		struct mos_tone root;
		const unsigned kind = find_kind(&c, &degrees);
		const int skip = mos_tone_parse(symbol, strlen(symbol), &root);
		const int has_bass = c.bass.step != c.root.step || c.bass.alter != c.root.alter;
		const char *suffix = symbol + (skip > 0 ? skip : 0);
		const char *slash = has_bass ? strrchr(suffix, '/') : NULL;
		write_tone(x, "root", c.root);
		write_kind(
			x, mx_kinds[kind].value, suffix, slash ? (size_t)(slash - suffix) : strlen(suffix));
		if (chord->inversion <= 6)
			mxo_int(x, "inversion", chord->inversion);
		if (has_bass)
			write_tone(x, "bass", c.bass);
		write_degrees(x, degrees, c.degrees);
	}
	const struct nvx_diagram_element *d = find_diagram(x, chord);
	if (d)
		write_frame(x, d);
	if (offset)
		mxo_int(x, "offset", offset);
	if (x->n_staves > 1)
		mxo_int(x, "staff", chord->e.staff ? chord->e.staff : 1);
	mxo_close(x, "harmony");
}
