/* SPDX-License-Identifier: MIT */
/*
 * P:AABB in the header: the order in which the parts of the tune are played. A stated order replaces repeat
 * signs, so those inside the parts are unfolded here.
 */
#include <string.h>

#include "abc_impl.h"

#define MAX_PLAYED 10000u
#define MAX_DEPTH 8u

struct order {
	struct abc_reader *r;
	uint32_t n_played;
	bool too_long;
	char label[64];
	uint32_t first[64], last[64];
	unsigned n;
};

static void play(struct order *o, uint32_t from, uint32_t to)
{
	if (o->n_played + (to - from + 1) > MAX_PLAYED) {
		o->too_long = true;
		return;
	}
	o->n_played += to - from + 1;
	struct nvx_order *run = nvx_add_order(o->r->draft);
	run->from_measure = from;
	run->to_measure = to;
}

static bool has_number(const struct order *o, const struct nvx_measure *measure, unsigned number)
{
	uint32_t n;
	const uint8_t *numbers = nvx_items(o->r->draft->pool, measure->ending_numbers, &n);
	for (uint32_t i = 0; i < n; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/** The last measure of the ending that begins here. */
static uint32_t ending_end(const struct nvx_draft *draft, uint32_t m, uint32_t last)
{
	while (m < last && draft->measure[m].ending_type != NVX_ENDING_STOP &&
		draft->measure[m].ending_type != NVX_ENDING_START_STOP)
		m++;
	return m;
}

/** Play measures first..last with their repeats and endings. */
static void play_part(struct order *o, uint32_t first, uint32_t last)
{
	const struct nvx_draft *draft = o->r->draft;
	uint32_t start = first, run = first;
	unsigned pass = 1;
	for (uint32_t m = first; m <= last && !o->too_long && !draft->error;) {
		const struct nvx_measure *measure = &draft->measure[m];
		if (measure->repeat_start && m != start) {
			start = m;
			pass = 1;
		}
		const bool ending = measure->ending_type == NVX_ENDING_START ||
				    measure->ending_type == NVX_ENDING_START_STOP;
		if (ending && !has_number(o, measure, pass)) {
			if (m > run)
				play(o, run, m - 1);
			m = ending_end(draft, m, last) + 1;
			run = m;
			continue;
		}
		if (measure->repeat_end > pass) {
			play(o, run, m);
			m = run = start;
			pass++;
			continue;
		}
		if (measure->repeat_end) { /* what follows may lack its own repeat sign; an ending still
					      counts passes */
			const bool more = m < last && draft->measure[m + 1].ending_type != NVX_ENDING_NONE;
			if (!more) {
				start = m + 1;
				pass = 1;
			}
		}
		m++;
	}
	if (run <= last && !o->too_long)
		play(o, run, last);
}

/** Sections with one letter are what P: speaks of. */
static void collect(struct order *o, const struct abc_frame *frame)
{
	const struct nvx_draft *draft = o->r->draft;
	uint32_t m = 0;
	for (size_t i = 0; i < draft->n_form && o->n < 64; i++) {
		const struct nvx_form_element *form = &draft->form[i];
		const char *label = nvx_string(draft->pool, form->label, NULL);
		while (m + 1 < frame->n && frame->tick[m + 1] <= form->e.tick)
			m++;
		if (o->n && o->last[o->n - 1] == UINT32_MAX)
			o->last[o->n - 1] = m - (m > 0);
		if (label[0] >= 'A' && label[0] <= 'Z' && !memchr(o->label, label[0], o->n)) {
			o->label[o->n] = label[0];
			o->first[o->n] = m;
			o->last[o->n++] = UINT32_MAX;
		}
	}
	if (o->n && o->last[o->n - 1] == UINT32_MAX)
		o->last[o->n - 1] = frame->n - 1;
}

static void play_letter(struct order *o, const char *at)
{
	const char *found = memchr(o->label, *at, o->n);
	if (!found) {
		score_warn(
			o->r->report, ABC_NO_PART, ABC_AT(o->r, at), "no part of the tune is called %c", *at);
		return;
	}
	const size_t i = (size_t)(found - o->label);
	if (o->first[i] <= o->last[i])
		play_part(o, o->first[i], o->last[i]);
}

/** "A2(BC)3". @return bytes used. */
static size_t expand(struct order *o, struct abc_span text, unsigned depth)
{
	size_t i = 0;
	while (i < text.n && text.at[i] != ')' && !o->too_long) {
		const char c = text.at[i];
		const size_t begin = i++;
		size_t used = 0;
		if (c == '(' && depth < MAX_DEPTH)
			used = 1;
		else if (c < 'A' || c > 'Z')
			continue;
		const size_t inner = begin + 1;
		if (used) { /* to the closing bracket, once to find it */
			unsigned open = 1;
			while (i < text.n && open) {
				open += text.at[i] == '(';
				open -= text.at[i] == ')';
				i++;
			}
		}
		struct abc_span rest = {text.at + i, text.n - i};
		uint32_t times = 1;
		if (abc_uint(&rest, MAX_PLAYED + 1, &times))
			i = text.n - rest.n;
		const uint32_t before = o->n_played;
		for (uint32_t k = 0; k < times && !o->too_long; k++) {
			if (used)
				(void)expand(o, (struct abc_span){text.at + inner, i - inner}, depth + 1);
			else
				play_letter(o, text.at + begin);
			if (o->n_played == before)
				break; /* nothing came of it, nor will it */
		}
	}
	return i;
}

void abc_build_order(struct abc_reader *r, const struct abc_frame *frame)
{
	struct order o = {.r = r};
	const struct abc_span text = abc_trim(r->order);
	if (text.n == 0 || r->draft->error)
		return;
	abc_keep(r, 'P', text);
	bool is_order = text.n <= 1024;
	for (size_t i = 0; is_order && i < text.n; i++)
		is_order = text.at[i] < 'a' || text.at[i] > 'z'; /* else it is words */
	if (!is_order)
		return;
	collect(&o, frame);
	(void)expand(&o, text, 0);
	if (o.too_long) {
		score_warn(r->report, "nvx1.order.endless", ABC_AT(r, text.at),
			"the order has more than %u measures: ignored", MAX_PLAYED);
		r->draft->n_order = 0;
	}
}
