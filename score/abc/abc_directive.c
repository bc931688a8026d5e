/* SPDX-License-Identifier: MIT */
/* Directives: %%name value and I:name value. What is not understood is kept as text. */
#include <string.h>

#include "abc_impl.h"

static void keep(struct abc_reader *r, struct abc_span line)
{
	r->n_kept_directives++;
	abc_keep(r, '%', line);
}

/** The voice that a directive is for: the current one, or what all voices start with. */
static struct abc_voice *target(struct abc_reader *r)
{
	return r->current == ABC_NONE ? (r->in_body ? abc_voice(r) : &r->defaults) : &r->voice[r->current];
}

static void set_program(struct abc_reader *r, struct abc_voice *v, struct abc_span text, struct abc_span line)
{
	uint32_t a, b;
	struct abc_span rest = abc_trim(text);
	if (!abc_uint(&rest, 1000, &a)) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, line.at), "a program without a number");
		return;
	}
	rest = abc_trim(rest);
	if (abc_uint(&rest, 1000, &b)) { /* channel, program */
		if (a >= 1 && a <= 16 && !v->is_started)
			v->channel = (uint8_t)(a - 1);
		a = b;
	}
	if (a > 127) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, line.at), "program %u is not in 0..127", a);
		return;
	}
	if (v == &r->defaults || (v->lane[v->lane_no].bar == 0 && v->lane[v->lane_no].at == 0)) {
		v->program = (uint8_t)a;
		v->has_program = 1;
		return;
	}
	struct abc_mark *mark = abc_mark(r, v, ABC_MARK_PROGRAM, line.at);
	if (mark) {
		mark->arg = (uint8_t)a;
		mark->value = -1;
	}
}

static void set_control(struct abc_reader *r, struct abc_voice *v, struct abc_span text, struct abc_span line)
{
	uint32_t number, value;
	text = abc_trim(text);
	bool ok = abc_uint(&text, 128, &number) && number <= 127;
	text = abc_trim(text);
	ok = ok && abc_uint(&text, 128, &value) && value <= 127;
	if (!ok || v == &r->defaults) {
		keep(r, line);
		return;
	}
	struct abc_mark *mark = abc_mark(r, v, ABC_MARK_CC, line.at);
	if (mark) {
		mark->arg = (uint8_t)number;
		mark->value = (int64_t)value;
	}
}

static void midi(struct abc_reader *r, struct abc_span text, struct abc_span line)
{
	const struct abc_span name = abc_word(&text);
	struct abc_voice *v = target(r);
	uint32_t channel;
	int semitones;
	if (!v)
		return;
	text = abc_trim(text);
	if (abc_is(name, "program")) {
		set_program(r, v, text, line);
	} else if (abc_is(name, "channel") && abc_uint(&text, 17, &channel) && channel >= 1 &&
		   channel <= 16) {
		v->channel = (uint8_t)(channel - 1);
	} else if (abc_is(name, "transpose") && abc_int(&text, &semitones) && semitones >= -60 &&
		   semitones <= 60) {
		v->midi_transpose = semitones;
	} else if (abc_is(name, "control")) {
		set_control(r, v, text, line);
	} else if (abc_is(name, "nobarlines")) {
		v->propagate = r->setup.propagate = 'n';
		for (size_t i = 0; i < r->n_voice; i++)
			r->voice[i].propagate = 'n';
	} else {
		keep(r, line);
	}
}

static void propagate(struct abc_reader *r, struct abc_span text)
{
	const struct abc_span how = abc_word(&text);
	const uint8_t to = abc_is(how, "not") ? 'n' : abc_is(how, "octave") ? 'o' : 'p';
	r->setup.propagate = to;
	for (size_t i = 0; i < r->n_voice; i++)
		r->voice[i].propagate = to;
}

void abc_directive(struct abc_reader *r, struct abc_span line)
{
	struct abc_span text = abc_trim(line);
	size_t n = 0;
	while (n < text.n && (unsigned char)text.at[n] > ' ' && text.at[n] != '=')
		n++;
	const struct abc_span name = {text.at, n};
	text = abc_trim((struct abc_span){text.at + n, text.n - n});
	if (text.n && text.at[0] == '=')
		text = abc_trim((struct abc_span){text.at + 1, text.n - 1});
	if (abc_is(name, "MIDI")) {
		midi(r, text, line);
	} else if (abc_is(name, "score") || abc_is(name, "staves")) {
		if (r->layout.n == 0)
			r->layout = text;
		else
			score_warn(r->report, ABC_DROPPED, ABC_AT(r, line.at),
				"a second grouping of the voices");
	} else if (abc_is(name, "propagate-accidentals")) {
		propagate(r, text);
	} else if (abc_is(name, "decoration")) {
		r->setup.plus_deco = text.n && text.at[0] == '+';
	} else if (abc_is(name, "linebreak")) {
		r->setup.dollar_break = memchr(text.at, '$', text.n) != NULL;
	} else if (abc_is(name, "abc-version") || abc_is(name, "abc-charset") ||
		   abc_is(name, "abc-creator") || name.n == 0) {
		return; /* said by the reader itself, or of no weight */
	} else {
		keep(r, line);
	}
}
