/* SPDX-License-Identifier: MIT */
/* Keys, meters, clefs and what else begins at a tick. */
#include "export.h"

#include <stdio.h>
#include <string.h>

static const char *const mode_names[] = {
#define X(constant, text) text,
	NVX_MODES(X, )
#undef X
};

static int written_fifths(const struct mxo *x, int concert)
{
	/* written - sounding */
	int fifths = concert + ((x->p->transpose_chromatic * 7) % 12 + 18) % 12 - 6;
	if (!x->p->has_transpose)
		return concert;
	while (fifths > 7)
		fifths -= 12;
	while (fifths < -7)
		fifths += 12;
	return fifths;
}

static void write_key(struct mxo *x, const struct mxo_item *item, unsigned staff)
{
	int fifths, mode, none;
	if (item->kind == MXO_KEY_MAP) {
		const struct nvx_key *key = score_key(x->score, item->index);
		fifths = written_fifths(x, key->fifths);
		mode = key->mode;
		none = key->step == NVX_KEY_NONE;
		if (none && !key->fifths_given && item->tick == 0)
			return;
	} else {
		const struct nvx_notation_element *e = mxo_notation(x, item->index);
		fifths = e->fifths;
		mode = e->key_mode;
		none = e->key_step == NVX_KEY_NONE;
	}
	for (unsigned s = 0; s < 8; s++) {
		if (!staff || staff == s + 1)
			x->fifths[s] = (uint8_t)(fifths + 8);
	}
	if (staff)
		mxo_openf(x, "key number=\"%u\"", staff);
	else
		mxo_open(x, "key");
	mxo_int(x, "fifths", fifths);
	mxo_text(x, "mode",
		none || mode >= (int)(sizeof(mode_names) / sizeof(*mode_names)) ? "none" : mode_names[mode]);
	mxo_close(x, "key");
}

static void write_time(struct mxo *x, const struct mxo_item *item, unsigned staff)
{
	unsigned num, den;
	nvx_list grouping;
	nvx_str extra;
	char symbol[32], beats[512];
	if (item->kind == MXO_METER_MAP) {
		const struct nvx_meter *m = score_meter(x->score, item->index);
		num = m->num;
		den = m->den;
		grouping = m->grouping;
		extra = m->extra;
	} else {
		const struct nvx_notation_element *e = mxo_notation(x, item->index);
		num = e->num;
		den = e->den;
		grouping = e->grouping;
		extra = e->e.extra;
	}
	static const char *const symbols[] = {"common", "cut", "single-number", "note", "dotted-note"};
	const char *shown = NULL;
	if (mxo_fact(x, extra, "symbol", symbol, sizeof(symbol))) {
		for (unsigned i = 0; i < sizeof(symbols) / sizeof(*symbols); i++)
			shown = strcmp(symbol, symbols[i]) == 0 ? symbols[i] : shown;
	}
	char number[32] = "";
	if (staff)
		(void)snprintf(number, sizeof(number), " number=\"%u\"", staff);
	mxo_openf(
		x, "time%s%s%s%s", number, shown ? " symbol=\"" : "", shown ? shown : "", shown ? "\"" : "");
	uint32_t n;
	size_t len = 0;
	const uint8_t *group = nvx_items(x->score->pool, grouping, &n);
	for (uint32_t i = 0; i < n && len + 8 < sizeof(beats); i++)
		len += (size_t)snprintf(beats + len, sizeof(beats) - len, "%s%u", i ? "+" : "", group[i]);
	if (n)
		mxo_text(x, "beats", beats);
	else
		mxo_int(x, "beats", num);
	mxo_int(x, "beat-type", den);
	mxo_close(x, "time");
}

static void write_clef_of(struct mxo *x, unsigned staff, const char *sign, int line, int octave)
{
	if (staff)
		mxo_openf(x, "clef number=\"%u\"", staff);
	else
		mxo_open(x, "clef");
	mxo_text(x, "sign", sign);
	mxo_int(x, "line", line);
	if (octave)
		mxo_int(x, "clef-octave-change", octave);
	mxo_close(x, "clef");
}

static void write_clef(struct mxo *x, const struct mxo_item *item)
{
	static const char *const signs[] = {"none", "G", "F", "C", "percussion", "TAB"};
	const struct nvx_notation_element *e = mxo_notation(x, item->index);
	write_clef_of(x, x->n_staves > 1 ? item->staff ? item->staff : 1 : 0,
		signs[e->sign < sizeof(signs) / sizeof(*signs) ? e->sign : 0], e->line ? e->line : 2,
		e->octave);
}

/** A clef where nobody chose one: by what is played. */
static void write_own_clef(struct mxo *x, unsigned staff)
{
	int64_t sum = 0, n = 0;
	for (size_t i = 0; i < x->n_pieces && n < 4096; i++) {
		const struct mxo_piece *p = &x->pieces[i];
		for (uint32_t h = p->first; p->staff == staff && h < p->first + p->n; h++, n++)
			sum += mxo_note_at(x, x->heads[h].note)->pitch;
	}
	const int64_t mean = n            ? sum / n + x->p->transpose_chromatic + 12 * x->p->transpose_octave
			     : staff == 2 ? 48
					  : 67;
	const unsigned number = x->n_staves > 1 ? staff : 0;
	if (x->is_kit)
		write_clef_of(x, number, "percussion", 2, 0);
	else if (mean < 57)
		write_clef_of(x, number, "F", 4, mean < 40 ? -1 : 0);
	else
		write_clef_of(x, number, "G", 2, mean > 90 ? 1 : 0);
}

static void write_tuning(struct mxo *x)
{
	static const char *const steps[12] = {"C", "C", "D", "D", "E", "F", "F", "G", "G", "A", "A", "B"};
	static const uint8_t sharp[12] = {0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0};
	uint32_t n;
	const uint8_t *tuning = nvx_items(x->score->pool, x->p->tuning, &n);
	if (!n && !x->p->capo)
		return;
	mxo_open(x, "staff-details");
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t pitch = tuning[n - 1 - i];
		mxo_openf(x, "staff-tuning line=\"%u\"", i + 1);
		mxo_text(x, "tuning-step", steps[pitch % 12]);
		if (sharp[pitch % 12])
			mxo_text(x, "tuning-alter", "1");
		mxo_int(x, "tuning-octave", pitch < 12 ? 0 : pitch / 12 - 1);
		mxo_close(x, "staff-tuning");
	}
	if (x->p->capo)
		mxo_int(x, "capo", x->p->capo);
	mxo_close(x, "staff-details");
}

static void write_transpose(struct mxo *x)
{
	if (!x->p->has_transpose)
		return;
	mxo_open(x, "transpose");
	mxo_int(x, "diatonic", -x->p->transpose_diatonic);
	mxo_int(x, "chromatic", -x->p->transpose_chromatic);
	if (x->p->transpose_octave)
		mxo_int(x, "octave-change", -x->p->transpose_octave);
	mxo_close(x, "transpose");
}

static void write_style(struct mxo *x, const struct mxo_item *item)
{
	const struct nvx_notation_element *e = mxo_notation(x, item->index);
	const unsigned count = e->count ? e->count : 1;
	if (item->staff)
		mxo_openf(x, "measure-style number=\"%u\"", item->staff);
	else
		mxo_open(x, "measure-style");
	if (item->kind == NVX_NOTATION_MULTI_REST)
		mxo_int(x, "multiple-rest", count);
	else if (item->kind == NVX_NOTATION_MEASURE_REPEAT)
		mxo_int(x, "measure-repeat type=\"start\"", count);
	else
		mxo_empty(x, item->is_stop ? "slash type=\"stop\"" : "slash type=\"start\"");
	mxo_close(x, "measure-style");
}

typedef void (*write_sign)(struct mxo *x, const struct mxo_item *item, unsigned staff);

/** Keys or meters: that of the score on the staves that have none of their own. */
static void write_signs(
	struct mxo *x, const struct mxo_item *item, size_t n, unsigned common, unsigned own, write_sign write)
{
	unsigned staves = 0; /* bits; 0: all */
	for (size_t i = 0; i < n; i++) {
		if (item[i].kind == own)
			staves |= 1u << (item[i].staff <= 8 ? item[i].staff : 0);
	}
	for (size_t i = 0; i < n; i++) {
		if (item[i].kind == own)
			write(x, &item[i], item[i].staff);
		if (item[i].kind != common || staves & 1)
			continue;
		if (!staves)
			write(x, &item[i], 0);
		for (unsigned s = 1; staves && s <= x->n_staves; s++) {
			if (!(staves >> s & 1))
				write(x, &item[i], s);
		}
	}
}

void mxo_write_attributes(struct mxo *x, int64_t tick)
{
	const struct mxo_item *item = &x->attributes[x->next_attribute];
	const int first = tick == 0 && x->cursor == 0 && x->next_attribute == 0;
	size_t n = 0;
	while (x->next_attribute + n < x->n_attributes && item[n].tick == tick)
		n++;
	x->next_attribute += n;
	if (!n && !first)
		return;
	uint8_t has_clef = 0;
	mxo_open(x, "attributes");
	if (first)
		mxo_int(x, "divisions", NVX_PPQ);
	write_signs(x, item, n, MXO_KEY_MAP, NVX_NOTATION_KEY, write_key);
	write_signs(x, item, n, MXO_METER_MAP, NVX_NOTATION_METER, write_time);
	if (first && x->n_staves > 1)
		mxo_int(x, "staves", x->n_staves);
	for (size_t i = 0; i < n; i++) {
		if (item[i].kind == NVX_NOTATION_CLEF) {
			write_clef(x, &item[i]);
			has_clef |= (uint8_t)(1u << ((item[i].staff ? item[i].staff : 1u) - 1) % 8);
		}
	}
	for (unsigned s = 1; first && !x->has_events && s <= x->n_staves; s++) {
		if (!(has_clef >> (s - 1) & 1))
			write_own_clef(x, s);
	}
	for (size_t i = 0; i < n; i++) {
		if (item[i].kind != NVX_NOTATION_STAFF_LINES)
			continue;
		if (item[i].staff)
			mxo_openf(x, "staff-details number=\"%u\"", item[i].staff);
		else
			mxo_open(x, "staff-details");
		mxo_int(x, "staff-lines", mxo_notation(x, item[i].index)->count);
		mxo_close(x, "staff-details");
	}
	if (first) {
		write_tuning(x);
		write_transpose(x);
	}
	for (size_t i = 0; i < n; i++) {
		if (item[i].kind == NVX_NOTATION_MULTI_REST || item[i].kind == NVX_NOTATION_MEASURE_REPEAT ||
			item[i].kind == NVX_NOTATION_SLASH)
			write_style(x, &item[i]);
	}
	mxo_close(x, "attributes");
}
