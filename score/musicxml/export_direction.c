/* SPDX-License-Identifier: MIT */
/* Directions: tempo, dynamics, words, lines, pedals, chord symbols. */
#include "export.h"

#include <stdio.h>
#include <string.h>

const char *mxo_placement(unsigned placement)
{
	return placement == NVX_PLACEMENT_ABOVE   ? " placement=\"above\""
	       : placement == NVX_PLACEMENT_BELOW ? " placement=\"below\""
						  : "";
}

void mxo_finish_direction(struct mxo *x, const struct mxo_item *item)
{
	if (item->tick != x->cursor)
		mxo_int(x, "offset", item->tick - x->cursor);
	if (x->n_staves > 1 || item->staff > 1)
		mxo_int(x, "staff", item->staff ? item->staff : 1);
}

static void write_dynamic(struct mxo *x, const struct mxo_item *item)
{
	static const char *const known[] = {"p", "pp", "ppp", "pppp", "ppppp", "pppppp", "f", "ff", "fff",
		"ffff", "fffff", "ffffff", "mp", "mf", "sf", "sfp", "sfpp", "fp", "rf", "rfz", "sfz", "sffz",
		"fz", "n", "pf", "sfzp"};
	const char *text = score_text(x->score, mxo_notation(x, item->index)->text);
	mxo_open(x, "direction");
	mxo_open(x, "direction-type");
	mxo_open(x, "dynamics");
	unsigned i = 0;
	while (i < sizeof(known) / sizeof(*known) && strcmp(known[i], text) != 0)
		i++;
	if (i < sizeof(known) / sizeof(*known))
		mxo_empty(x, text);
	else
		mxo_text(x, "other-dynamics", text);
	mxo_close(x, "dynamics");
	mxo_close(x, "direction-type");
	mxo_finish_direction(x, item);
	mxo_close(x, "direction");
}

/** A number that reading turns into the same nanoseconds. */
static void tempo_text(uint64_t ns, char *buf, size_t size)
{
	const uint64_t minute = UINT64_C(60000000000);
	/* quarters a minute in 10^9ths; fewer digits where they say the same */
	for (uint64_t scale = 1; scale <= 1000000000; scale *= 10) {
		const uint64_t scaled = (uint64_t)(((unsigned __int128)minute * scale + ns / 2) / ns);
		if (!scaled)
			continue;
		const uint64_t back = (uint64_t)(((unsigned __int128)minute * scale + scaled / 2) / scaled);
		if (back != ns && scale < 1000000000)
			continue;
		unsigned digits = 0;
		for (uint64_t s = scale; s > 1; s /= 10)
			digits++;
		if (digits)
			(void)snprintf(buf, size, "%llu.%0*llu", (unsigned long long)(scaled / scale),
				(int)digits, (unsigned long long)(scaled % scale));
		else
			(void)snprintf(buf, size, "%llu", (unsigned long long)scaled);
		return;
	}
	(void)snprintf(buf, size, "1");
}

static int is_tempo_text(const struct mxo *x, const struct mxo_item *item)
{
	return item->kind == MXO_TEXT && mxo_notation(x, item->index)->style == NVX_TEXT_TEMPO;
}

/** Of the first words about the tempo at this item's tick. @return 1: there are some. */
static int tempo_placement(const struct mxo *x, const struct mxo_item *item, unsigned *ret)
{
	const struct mxo_item *end = x->directions + x->n_directions, *i = item;
	while (i > x->directions && i[-1].tick == item->tick)
		i--;
	for (; i < end && i->tick == item->tick; i++) {
		if (!is_tempo_text(x, i))
			continue;
		*ret = mxo_notation(x, i->index)->placement;
		return 1;
	}
	return 0;
}

static void write_words(struct mxo *x, const struct mxo_item *item)
{
	const struct nvx_notation_element *e = mxo_notation(x, item->index);
	const struct nvx_tempo *tempo = score_tempo_at(x->score, item->tick);
	unsigned placement;
	char sound[48];
	if (e->style == NVX_TEXT_TEMPO && tempo->tick == item->tick && x->part == 0 &&
		tempo_placement(x, item, &placement) && placement == e->placement)
		return; /* stands with the tempo */
	mxo_openf(x, "direction%s", mxo_placement(e->placement));
	mxo_open(x, "direction-type");
	mxo_text(x,
		e->style == NVX_TEXT_BOXED || e->style == NVX_TEXT_REHEARSAL ? "words enclosure=\"rectangle\""
		: e->style == NVX_TEXT_EXPRESSION                            ? "words font-style=\"italic\""
		: e->style == NVX_TEXT_TEMPO                                 ? "words"
									     : "words font-style=\"normal\"",
		score_text(x->score, e->text));
	mxo_close(x, "direction-type");
	mxo_finish_direction(x, item);
	if (e->style == NVX_TEXT_TEMPO && tempo->tick == item->tick) {
		tempo_text(tempo->ns_per_quarter, sound, sizeof(sound));
		mxo_emptyf(x, "sound tempo=\"%s\"", sound);
	}
	mxo_close(x, "direction");
}

static void write_rehearsal(struct mxo *x, const struct mxo_item *item, const char *label)
{
	mxo_open(x, "direction placement=\"above\"");
	mxo_open(x, "direction-type");
	mxo_text(x, "rehearsal", label);
	mxo_close(x, "direction-type");
	mxo_finish_direction(x, item);
	mxo_close(x, "direction");
}

/** A section's name, where no mark says it already. */
static void write_form(struct mxo *x, const struct mxo_item *item)
{
	const struct nvx_form_element *f = score_form(x->score, item->index);
	const uint32_t at = nvx_seq_find(&x->score->list[NVX_LIST_marker], f->e.tick);
	for (uint32_t i = at; i < score_n_marker(x->score) && score_marker(x->score, i)->e.tick == f->e.tick;
		i++) {
		if (score_marker(x->score, i)->e.kind == NVX_MARKER_REHEARSAL)
			return;
	}
	if (f->level == 0)
		write_rehearsal(x, item, score_text(x->score, f->label));
}

const char *mxo_type(unsigned value)
{
	static const char *const types[] = {NULL, "maxima", "long", "breve", "whole", "half", "quarter",
		"eighth", "16th", "32nd", "64th", "128th", "256th", "512th", "1024th"};
	return value < sizeof(types) / sizeof(*types) ? types[value] : NULL;
}

/** "quarter.=ca. 120", as the import kept it. @return 0: it is none. */
static int write_mark(struct mxo *x, char *mark)
{
	char *minute = strchr(mark, '=');
	unsigned value = NVX_VALUE_MAXIMA, dots = 0;
	if (!minute || !minute[1])
		return 0;
	*minute++ = 0;
	for (size_t n = strlen(mark); n && mark[n - 1] == '.' && dots < 4; dots++)
		mark[--n] = 0;
	while (value <= NVX_VALUE_1024 && strcmp(mxo_type(value), mark) != 0)
		value++;
	if (value > NVX_VALUE_1024)
		return 0;
	mxo_text(x, "beat-unit", mark);
	for (; dots > 0; dots--)
		mxo_empty(x, "beat-unit-dot");
	mxo_text(x, "per-minute", minute);
	return 1;
}

/** Words that belong to a tempo at this tick, at the same place: written with it. */
static void write_tempo_words(struct mxo *x, size_t at, unsigned placement)
{
	const int64_t tick = x->directions[at].tick;
	for (; at < x->n_directions && x->directions[at].tick == tick; at++) {
		const struct mxo_item *item = &x->directions[at];
		if (!is_tempo_text(x, item) || mxo_notation(x, item->index)->placement != placement)
			continue;
		mxo_open(x, "direction-type");
		mxo_text(x, "words", score_text(x->score, mxo_notation(x, item->index)->text));
		mxo_close(x, "direction-type");
	}
}

static int is_import(const struct mxo *x)
{
	return strcmp(score_text(x->score, x->score->globals.metadata.source.format), "musicxml") == 0;
}

static void write_tempo(struct mxo *x, const struct mxo_item *item)
{
	const struct nvx_tempo *t = score_tempo(x->score, item->index);
	const size_t at = (size_t)(item - x->directions);
	char tempo[48], mark[160], shown[40];
	tempo_text(t->ns_per_quarter, tempo, sizeof(tempo));
	const int marked = mxo_fact(x, t->extra, "metronome", mark, sizeof(mark));
	unsigned placement = NVX_PLACEMENT_NONE;
	const int words = tempo_placement(x, item, &placement);
	/* a file of this format that shows no mark shall not get one */
	if (!marked && !words && is_import(x)) {
		if (item->tick == x->cursor) {
			mxo_emptyf(x, "sound tempo=\"%s\"", tempo);
			return;
		}
		mxo_openf(x, "sound tempo=\"%s\"", tempo);
		mxo_int(x, "offset", item->tick - x->cursor);
		mxo_close(x, "sound");
		return;
	}
	mxo_openf(x, "direction%s", mxo_placement(words && placement ? placement : NVX_PLACEMENT_ABOVE));
	if (words)
		write_tempo_words(x, at, placement);
	if (marked || !is_import(x)) {
		mxo_open(x, "direction-type");
		mxo_open(x, "metronome");
		if (!marked || !write_mark(x, mark)) {
			const uint64_t bpm =
				(UINT64_C(6000000000000) + t->ns_per_quarter / 2) / t->ns_per_quarter;
			mxo_decimal(shown, sizeof(shown), (int64_t)bpm * 10000);
			mxo_text(x, "beat-unit", "quarter");
			mxo_text(x, "per-minute", shown);
		}
		mxo_close(x, "metronome");
		mxo_close(x, "direction-type");
	}
	mxo_finish_direction(x, item);
	mxo_emptyf(x, "sound tempo=\"%s\"", tempo);
	mxo_close(x, "direction");
}

static void write_span(struct mxo *x, const struct mxo_item *item)
{
	const struct nvx_notation_element *e = mxo_notation(x, item->index);
	const int stop = item->is_stop;
	/* numbers tell those apart that are open at once */
	const unsigned number = mxo_span_number(x, item);
	mxo_open(x, "direction");
	mxo_open(x, "direction-type");
	if (e->e.kind == NVX_NOTATION_HAIRPIN)
		mxo_emptyf(x, "wedge type=\"%s\" number=\"%u\"",
			stop                                 ? "stop"
			: e->style == NVX_HAIRPIN_DIMINUENDO ? "diminuendo"
							     : "crescendo",
			number);
	else if (e->e.kind == NVX_NOTATION_PEDAL)
		mxo_emptyf(x, "pedal type=\"%s\" number=\"%u\" line=\"yes\"",
			stop                              ? "stop"
			: e->style == NVX_PEDAL_SOSTENUTO ? "sostenuto"
							  : "start",
			number);
	else
		mxo_emptyf(x, "octave-shift type=\"%s\" size=\"%d\" number=\"%u\"",
			stop            ? "stop"
			: e->octave > 0 ? "down"
					: "up",
			e->octave < 0 ? 1 - 7 * e->octave : 1 + 7 * e->octave, number);
	mxo_close(x, "direction-type");
	mxo_finish_direction(x, item);
	mxo_close(x, "direction");
}

unsigned mxo_span_number(struct mxo *x, const struct mxo_item *item)
{
	uint8_t *number = &x->slur_number[item->index];
	if (item->is_stop && *number) {
		const unsigned used = *number;
		x->spans_in_use &= ~(1u << used);
		*number = 0;
		return used;
	}
	unsigned free = 1;
	while (free < 16 && x->spans_in_use >> free & 1)
		free++;
	x->spans_in_use |= 1u << free;
	*number = (uint8_t)free;
	return free;
}

/** Pedals that the pedal lines say already are not said twice. */
static unsigned pedal_bit(unsigned number, int stops)
{
	return 1u << (2 * (number == 66) + (stops != 0));
}

static unsigned pedals_at(const struct mxo *x, size_t at)
{
	unsigned bits = 0;
	const int64_t tick = x->directions[at].tick;
	for (; at < x->n_directions && x->directions[at].tick == tick; at++) {
		const struct mxo_item *item = &x->directions[at];
		if (item->kind != MXO_SPAN)
			continue;
		const struct nvx_notation_element *e = mxo_notation(x, item->index);
		if (e->e.kind == NVX_NOTATION_PEDAL)
			bits |= pedal_bit(e->style == NVX_PEDAL_SOSTENUTO ? 66 : 64, item->is_stop);
	}
	return bits;
}

static int is_implied(const struct mxo *x, const struct nvx_control *c)
{
	return (c->value == 0 || c->value == 127) && c->number != 67 &&
	       (x->pedals_here & pedal_bit(c->number, c->value == 0));
}

static void write_control(struct mxo *x, const struct mxo_item *item)
{
	const struct nvx_control *c = score_part_control(x->score->part[x->part], item->index);
	char percent[40];
	if (c->kind == NVX_CONTROL_PROGRAM) {
		mxo_open(x, "sound");
		mxo_openf(x, "midi-instrument id=\"P%u-I1\"", x->part + 1);
		mxo_int(x, "midi-program", c->value + 1);
		mxo_close(x, "midi-instrument");
		if (item->tick != x->cursor)
			mxo_int(x, "offset", item->tick - x->cursor);
		mxo_close(x, "sound");
		return;
	}
	if (is_implied(x, c))
		return;
	const char *name = c->number == 64   ? "damper-pedal"
			   : c->number == 66 ? "sostenuto-pedal"
					     : "soft-pedal";
	/* a percentage that comes back as the same 0..127 */
	mxo_decimal(percent, sizeof(percent), ((int64_t)c->value * 100000000 + 126) / 127);
	if (item->tick == x->cursor) {
		mxo_emptyf(x, "sound %s=\"%s\"", name, percent);
		return;
	}
	mxo_openf(x, "sound %s=\"%s\"", name, percent);
	mxo_int(x, "offset", item->tick - x->cursor);
	mxo_close(x, "sound");
}

static void write_item(struct mxo *x, const struct mxo_item *item)
{
	switch (item->kind) {
	case MXO_TEMPO:
		write_tempo(x, item);
		break;
	case MXO_MARKER:
		write_rehearsal(x, item, score_text(x->score, score_marker(x->score, item->index)->label));
		break;
	case MXO_FORM:
		write_form(x, item);
		break;
	case MXO_CHORD:
		mxo_write_harmony(x, score_chord(x->score, item->index), item->tick - x->cursor);
		break;
	case MXO_TEXT:
		write_words(x, item);
		break;
	case MXO_DYNAMIC:
		write_dynamic(x, item);
		break;
	case MXO_SPAN:
		write_span(x, item);
		break;
	case MXO_KEPT:
		mxo_write_kept_direction(x, item);
		break;
	default:
		write_control(x, item);
		break;
	}
}

void mxo_write_directions(struct mxo *x, int64_t until, enum mxo_until which)
{
	for (; x->next_direction < x->n_directions && !x->error; x->next_direction++) {
		const struct mxo_item *item = &x->directions[x->next_direction];
		if (item->tick > until || (item->tick == until && which == MXO_BEFORE) ||
			(item->tick == until && which == MXO_STOPS && item->order != MXO_STOP_SPAN))
			return;
		if (!x->next_direction || item->tick != item[-1].tick)
			x->pedals_here = pedals_at(x, x->next_direction);
		write_item(x, item);
	}
}
