/* SPDX-License-Identifier: MIT */
/* Measure after measure: bar lines, what stands at the beginning, the voices one after the other. */
#include "export.h"

#include <stdio.h>
#include <string.h>

static const char *bar_style(const struct nvx_measure *m)
{
	static const char *const styles[] = {
		[NVX_BARLINE_LIGHT] = "regular",
		[NVX_BARLINE_NONE] = "none",
		[NVX_BARLINE_DOUBLE] = "light-light",
		[NVX_BARLINE_FINAL] = "light-heavy",
		[NVX_BARLINE_HEAVY] = "heavy",
		[NVX_BARLINE_DASHED] = "dashed",
		[NVX_BARLINE_DOTTED] = "dotted",
		[NVX_BARLINE_TICK] = "tick",
		[NVX_BARLINE_SHORT] = "short",
	};
	if (m->repeat_end)
		return "light-heavy";
	return m->barline < sizeof(styles) / sizeof(*styles) ? styles[m->barline] : "regular";
}

/** "1, 2" */
static void ending_number(const struct mxo *x, const struct nvx_measure *m, char *buf, size_t size)
{
	uint32_t n;
	size_t len = 0;
	const uint8_t *numbers = nvx_items(x->score->pool, m->ending_numbers, &n);
	buf[0] = 0;
	for (uint32_t i = 0; i < n && len + 8 < size; i++)
		len += (size_t)snprintf(
			buf + len, size - len, "%s%u", i ? ", " : "", numbers[i] ? numbers[i] : 1u);
}

static void write_left_barline(struct mxo *x, const struct nvx_measure *m)
{
	char numbers[256];
	const int starts = m->ending_type == NVX_ENDING_START || m->ending_type == NVX_ENDING_START_STOP;
	if (!m->repeat_start && !starts)
		return;
	ending_number(x, m, numbers, sizeof(numbers));
	mxo_open(x, "barline location=\"left\"");
	if (m->repeat_start)
		mxo_text(x, "bar-style", "heavy-light");
	if (starts)
		mxo_emptyf(x, "ending number=\"%s\" type=\"start\"", numbers);
	if (m->repeat_start)
		mxo_empty(x, "repeat direction=\"forward\"");
	mxo_close(x, "barline");
}

static void write_right_barline(struct mxo *x, const struct nvx_measure *m)
{
	char numbers[256];
	const int stops = m->ending_type == NVX_ENDING_STOP || m->ending_type == NVX_ENDING_START_STOP ||
			  m->ending_type == NVX_ENDING_DISCONTINUE;
	if (!m->repeat_end && !stops && m->barline == NVX_BARLINE_LIGHT)
		return;
	ending_number(x, m, numbers, sizeof(numbers));
	mxo_open(x, "barline location=\"right\"");
	mxo_text(x, "bar-style", bar_style(m));
	if (stops)
		mxo_emptyf(x, "ending number=\"%s\" type=\"%s\"", numbers,
			m->ending_type == NVX_ENDING_DISCONTINUE ? "discontinue" : "stop");
	if (m->repeat_end > 2)
		mxo_emptyf(x, "repeat direction=\"backward\" times=\"%u\"", m->repeat_end);
	else if (m->repeat_end)
		mxo_empty(x, "repeat direction=\"backward\"");
	mxo_close(x, "barline");
}

static void write_sign(struct mxo *x, const char *sign, const char *words, const char *sound)
{
	mxo_open(x, "direction placement=\"above\"");
	mxo_open(x, "direction-type");
	if (sign)
		mxo_empty(x, sign);
	else
		mxo_text(x, "words", words);
	mxo_close(x, "direction-type");
	mxo_emptyf(x, "sound %s", sound);
	mxo_close(x, "direction");
}

/** Segno and coda stand at the beginning, all else at the end. */
static void write_jump(struct mxo *x, const struct nvx_measure *m, int at_end)
{
	const char *until = m->jump_until == NVX_JUMP_CODA   ? " al Coda"
			    : m->jump_until == NVX_JUMP_FINE ? " al Fine"
							     : "";
	char words[32];
	if (x->part != 0 || (m->jump == NVX_JUMP_SEGNO || m->jump == NVX_JUMP_CODA) == at_end)
		return;
	switch (m->jump) {
	case NVX_JUMP_SEGNO:
		write_sign(x, "segno", NULL, "segno=\"segno\"");
		break;
	case NVX_JUMP_CODA:
		write_sign(x, "coda", NULL, "coda=\"coda\"");
		break;
	case NVX_JUMP_TO_CODA:
		write_sign(x, NULL, "To Coda", "tocoda=\"coda\"");
		break;
	case NVX_JUMP_FINE:
		write_sign(x, NULL, "Fine", "fine=\"yes\"");
		break;
	case NVX_JUMP_DACAPO:
		(void)snprintf(words, sizeof(words), "D.C.%s", until);
		write_sign(x, NULL, words, "dacapo=\"yes\"");
		break;
	case NVX_JUMP_DALSEGNO:
		(void)snprintf(words, sizeof(words), "D.S.%s", until);
		write_sign(x, NULL, words, "dalsegno=\"segno\"");
		break;
	default:
		break;
	}
}

static void write_break(struct mxo *x, uint32_t measure)
{
	const unsigned line_break =
		measure ? score_measure(x->score, measure - 1)->line_break : NVX_BREAK_NONE;
	if (line_break == NVX_BREAK_PAGE)
		mxo_empty(x, "print new-page=\"yes\"");
	else if (line_break == NVX_BREAK_LINE)
		mxo_empty(x, "print new-system=\"yes\"");
}

static void move_cursor(struct mxo *x, int64_t to)
{
	if (to == x->cursor)
		return;
	const char *tag = to < x->cursor ? "backup" : "forward";
	mxo_open(x, tag);
	mxo_int(x, "duration", to < x->cursor ? x->cursor - to : to - x->cursor);
	mxo_close(x, tag);
	x->cursor = to;
}

/** What begins between here and `until` or at it, if the cursor can stand there. */
static void catch_up(struct mxo *x, int64_t until)
{
	while (x->next_attribute < x->n_attributes && x->attributes[x->next_attribute].tick < until) {
		const int64_t tick = x->attributes[x->next_attribute].tick;
		if (tick < x->cursor) /* inside of a note: after the voices */
			break;
		mxo_write_directions(x, tick, MXO_BEFORE);
		move_cursor(x, tick);
		mxo_write_attributes(x, tick);
	}
	mxo_write_directions(x, until, MXO_BEFORE);
}

/** Pieces of one voice. @return the first of another voice or measure. */
static uint32_t write_voice(struct mxo *x, uint32_t at, int is_first)
{
	const struct mxo_piece *first = &x->pieces[at];
	int64_t base = -1;
	for (; at < x->n_pieces && x->pieces[at].measure == first->measure &&
		x->pieces[at].voice == first->voice;
		at++) {
		const struct mxo_piece *p = &x->pieces[at];
		/* a chord's notes on the other staff */
		const int joins = !p->is_grace && p->tick == base && p->n && p->is_joint;
		if (!joins) {
			if (is_first)
				catch_up(x, p->tick);
			if (!p->is_grace ||
				(!p->is_after && p->tick > x->cursor)) /* grace notes behind a gap */
				move_cursor(x, p->tick);
			if (is_first && x->next_attribute < x->n_attributes &&
				x->attributes[x->next_attribute].tick == x->cursor)
				mxo_write_attributes(x, x->cursor);
			if (is_first)
				mxo_write_directions(x, p->tick, MXO_ALL);
		}
		x->in_chord = joins;
		mxo_write_piece(x, at);
		x->in_chord = 0;
		if (!p->is_grace) {
			base = p->n ? p->tick : -1;
			if (!joins)
				x->cursor = p->tick + p->ticks;
		}
	}
	return at;
}

static uint32_t write_measure(struct mxo *x, uint32_t index, uint32_t at)
{
	const struct nvx_measure *m = score_measure(x->score, index);
	const int64_t end = m->tick + m->duration_ticks;
	char name[64];
	score_measure_name(x->score, index, name, sizeof(name));
	mxo_open_measure(
		x, name, m->irregular == NVX_IRREGULAR_PICKUP || m->irregular == NVX_IRREGULAR_SHORT);
	x->cursor = m->tick;
	memset(x->accidental, 0, sizeof(x->accidental));
	write_break(x, index);
	write_left_barline(x, m);
	mxo_write_attributes(x, m->tick);
	write_jump(x, m, 0);
	int is_first = 1;
	for (; at < x->n_pieces && x->pieces[at].measure == index; is_first = 0) {
		if (!is_first)
			move_cursor(x, m->tick);
		at = write_voice(x, at, is_first);
		if (is_first)
			catch_up(x, x->cursor < end ? x->cursor + 1 : end);
	}
	/* the rest of the directions at the end of the voices, the rest of the attributes where they belong
	 */
	mxo_write_directions(x, end, MXO_STOPS);
	while (x->next_attribute < x->n_attributes && x->attributes[x->next_attribute].tick < end) {
		const int64_t tick = x->attributes[x->next_attribute].tick;
		move_cursor(x, tick);
		mxo_write_attributes(x, tick);
	}
	if (index + 1 == score_n_measure(x->score))
		mxo_write_directions(x, INT64_MAX, MXO_ALL);
	move_cursor(x, end);
	write_jump(x, m, 1);
	write_right_barline(x, m);
	mxo_close(x, "measure");
	return at;
}

void mxo_write_part(struct mxo *x)
{
	uint32_t at = 0;
	const uint32_t n = score_n_measure(x->score);
	x->next_direction = x->next_attribute = 0;
	memset(x->fifths, 8, sizeof(x->fifths));
	for (uint32_t m = 0; m < n && !x->error && !x->out->error; m++)
		at = write_measure(x, m, at);
}
