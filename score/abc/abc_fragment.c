/* SPDX-License-Identifier: MIT */
/* The music of one measure without a tune around it: what older score files hold. */
#include <errno.h>
#include <string.h>

#include <score/abc.h>

#include "abc_impl.h"

static void set_key(struct abc_key *key, const struct nvx_key *from)
{
	*key = (struct abc_key){.step = from->step,
		.alter = from->alter,
		.mode = from->mode,
		.fifths = from->fifths,
		.fifths_given = from->fifths_given};
	abc_signature(key, abc_key_fifths(key));
	memcpy(key->shown, key->sig, sizeof(key->shown));
}

static struct abc_voice *begin(struct abc_reader *r, const struct abc_fragment *to)
{
	r->fragment = to->where ? to->where : "text";
	r->in_body = r->has_key = true;
	r->setup.has_meter = true;
	r->setup.meter = (struct abc_meter){.num = to->meter_num, .den = to->meter_den};
	r->setup.unit = (struct abc_ratio){to->unit_num, to->unit_den};
	set_key(&r->key, &to->key);
	r->defaults.is_started = 1; /* what is in force is known to the score */
	struct abc_voice *v = abc_voice(r);
	if (!v)
		return NULL;
	v->part = to->part;
	v->staff = to->staff;
	v->voice_no = to->voice;
	return v;
}

/** Leave out what lies behind the measure. */
static void clip(struct abc_reader *r, struct abc_voice *v, int64_t measure_ticks)
{
	const int64_t room = measure_ticks * ABC_TICK;
	bool cut = v->n_bar > 1;
	for (size_t i = 0; i < v->n_event; i++) {
		struct abc_event *event = &v->event[i];
		event->flags &= (uint8_t)~ABC_WHOLE_BAR;
		if (event->bar > 0 || event->at >= room) {
			cut = true;
			v->n_event = i;
		} else if (event->at + event->len > room) {
			cut = true;
			event->len = room - event->at;
			const uint32_t ticks = (uint32_t)abc_ticks(event->len),
				       gcd = abc_gcd(ticks, 4 * NVX_PPQ);
			event->num = gcd ? ticks / gcd : 1;
			event->den = gcd ? 4 * NVX_PPQ / gcd : 1;
			event->tuplet = ABC_NONE;
		}
	}
	if (cut)
		score_warn(r->report, ABC_DROPPED, r->fragment,
			"music behind the end of the measure is left out");
	for (size_t i = 0; i < v->n_tuplet; i++) {
		struct abc_tuplet *tuplet = &v->tuplet[i];
		if (tuplet->first != ABC_NONE && tuplet->first >= v->n_event)
			tuplet->first = ABC_NONE;
		if (tuplet->last != ABC_NONE && tuplet->last >= v->n_event)
			tuplet->last = (uint32_t)v->n_event - 1;
	}
	for (size_t i = 0; i < v->n_slur_list; i++) {
		struct abc_slur *slur = &v->slur_list[i];
		if (slur->from != ABC_NONE && slur->from >= v->n_event)
			slur->from = ABC_NONE;
		if (slur->to != ABC_NONE && slur->to >= v->n_event)
			slur->to = ABC_NONE;
	}
}

/** Only what stands with notes: chord symbols as text, nothing that is for the whole score. */
static void filter_marks(struct abc_reader *r, struct abc_voice *v)
{
	size_t kept = 0;
	for (size_t i = 0; i < v->n_mark; i++) {
		struct abc_mark mark = v->mark[i];
		switch (mark.kind) {
		case ABC_MARK_CHORD:
			mark.kind = ABC_MARK_TEXT;
			mark.arg = NVX_PLACEMENT_ABOVE;
			mark.value = NVX_TEXT_NONE;
			break;
		case ABC_MARK_TEXT:
		case ABC_MARK_DYNAMIC:
		case ABC_MARK_HAIRPIN:
		case ABC_MARK_PEDAL:
		case ABC_MARK_OCTAVE:
		case ABC_MARK_CLEF:
		case ABC_MARK_FINGER:
			break;
		default:
			score_warn(r->report, ABC_DROPPED, r->fragment,
				"a field or a jump inside a measure is left out");
			continue;
		}
		if (mark.bar == 0)
			v->mark[kept++] = mark;
	}
	v->n_mark = kept;
}

static void read_lines(struct abc_reader *r, struct abc_span text)
{
	r->line_serial = 1;
	while (text.n) {
		size_t n = 0;
		while (n < text.n && text.at[n] != '\n' && text.at[n] != '\r')
			n++;
		abc_music(r, (struct abc_span){text.at, n});
		n += n < text.n;
		text = (struct abc_span){text.at + n, text.n - n};
	}
}

int abc_read_fragment(const char *text, size_t size, const struct abc_fragment *to, struct nvx_draft *draft)
{
	if (draft->error)
		return draft->error;
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	struct abc_reader *r = score_zalloc(alloc, 1, sizeof(*r));
	if (!r)
		return draft->error = -ENOMEM;
	abc_reader_init(r, draft, text, size);
	struct abc_voice *v = to->part < draft->n_part ? begin(r, to) : NULL;
	if (v) {
		read_lines(r, (struct abc_span){text, size});
		int64_t ticks[2] = {to->tick, to->tick + to->measure_ticks};
		const struct abc_frame frame = {ticks, 1};
		v = &r->voice[0];
		abc_bar_finish(v);
		clip(r, v, to->measure_ticks);
		filter_marks(r, v);
		if (v->n_bar > 1)
			v->n_bar = 1;
		if (v->n_bar)
			v->bar[0].measure = 0;
		const size_t n_voice = r->n_voice;
		r->n_voice = 1; /* others than the first have no home */
		if (v->n_event) {
			abc_build_voice(r, v, &frame);
			abc_build_marks(r, &frame);
		}
		r->n_voice = n_voice;
	}
	abc_reader_finish(r);
	score_free(alloc, r);
	return draft->error;
}
