/* SPDX-License-Identifier: MIT */
/* What sounds where a note is written: a new note, or one that was tied to it; how loud, and how it is
 * played. */
#include "import.h"

#include <string.h>

/* ---- ties ---- */

static int has_tie(const struct mx_tree *t, mx_node_id node, const char *type)
{
	for (mx_node_id c = mx_child(t, node, MX_tie); c; c = mx_next(t, c, MX_tie)) {
		if (mx_attr_is(t, c, "type", type))
			return 1;
	}
	for (mx_node_id c = mx_child(t, node, MX_notations); c; c = mx_next(t, c, MX_notations)) {
		for (mx_node_id d = mx_child(t, c, MX_tied); d; d = mx_next(t, d, MX_tied)) {
			if (mx_attr_is(t, d, "type", type) || mx_attr_is(t, d, "type", "continue"))
				return 1;
		}
	}
	return 0;
}

/** Does something that ends there go on here? Over a bar line if it filled its measure, or, in its own voice,
 * as much as that had: another part's cadenza may be longer. */
static int goes_on(const struct mx_import *im, int64_t end, int64_t at, int is_own_voice)
{
	const uint32_t gap = MX_OFFSET(at) > MX_OFFSET(end) ? MX_OFFSET(at) - MX_OFFSET(end)
							    : MX_OFFSET(end) - MX_OFFSET(at);
	if (MX_MEASURE(end) == MX_MEASURE(at))
		return gap <= 1;
	return MX_MEASURE(end) + 1 == MX_MEASURE(at) && MX_OFFSET(at) == 0 &&
	       (is_own_voice || MX_OFFSET(end) + 1 >= im->measures[MX_MEASURE(end)].end);
}

/** The note that this one continues; MX_NONE. */
static uint32_t take_tie(
	struct mx_import *im, struct mx_part *p, int pitch, unsigned voice, unsigned staff, int64_t at)
{
	uint32_t best = MX_NONE;
	int best_rank = 0;
	for (uint32_t i = 0; i < p->n_ties; i++) { /* unisons in the order of their chord */
		const struct mx_tie *tie = &p->tie[i];
		const int is_own_voice = tie->voice == voice && tie->staff == staff;
		if (tie->pitch != pitch || !goes_on(im, tie->end, at, is_own_voice))
			continue;
		const int rank = 1 + 2 * (tie->voice == voice) + (tie->staff == staff);
		if (rank > best_rank) {
			best_rank = rank;
			best = i;
		}
	}
	if (best == MX_NONE)
		return MX_NONE;
	const uint32_t note = p->tie[best].note;
	memmove(&p->tie[best], &p->tie[best + 1], (--p->n_ties - best) * sizeof(*p->tie));
	return note;
}

static void leave_tie(struct mx_import *im, struct mx_part *p, struct mx_tie tie)
{
	if (p->n_ties == MX_MAX_TIES) {
		mx_warn(im, MX_WARN_TIE, "");
		memmove(p->tie, p->tie + 1, --p->n_ties * sizeof(*p->tie));
	}
	p->tie[p->n_ties++] = tie;
}

/* ---- sound ---- */

/** Loudness at both ends, in percent of 90. */
static void read_velocity(struct mx_import *im, const struct mx_note *n, struct nvx_note *note)
{
	const struct mx_tree *t = &im->tree;
	int64_t num, den;
	const char *dynamics = mx_attr(t, n->node, "dynamics");
	if (dynamics && mx_decimal(dynamics, &num, &den) == 0) {
		const int64_t velocity = (num * 9 + 5 * den) / (10 * den);
		note->velocity = (uint8_t)(velocity < 1 ? 1 : velocity > 127 ? 127 : velocity);
	}
	const char *released = mx_attr(t, n->node, "end-dynamics");
	if (released && mx_decimal(released, &num, &den) == 0) {
		const int64_t velocity = (num * 9 + 5 * den) / (10 * den);
		note->release_velocity = (uint8_t)(velocity < 0 ? 0 : velocity > 127 ? 127 : velocity);
	}
}

/** The part of an attribute in divisions, in ticks. */
static int32_t played_shift(
	struct mx_import *im, const struct mx_part *p, const struct mx_note *n, const char *name)
{
	int64_t num, den;
	const char *text = mx_attr(&im->tree, n->node, name);
	if (!text || mx_decimal(text, &num, &den) < 0 || num / den > 1000000 || num / den < -1000000)
		return 0;
	const int64_t ticks = num * NVX_PPQ / (den * p->divisions);
	return (int32_t)(ticks > MX_MAX_OFFSET    ? MX_MAX_OFFSET
			 : ticks < -MX_MAX_OFFSET ? -MX_MAX_OFFSET
						  : ticks);
}

/** Played earlier or later than written: at its start, or at the end of the last that is tied. */
static void read_shift(struct mx_import *im, const struct mx_part *p, const struct mx_note *n, int tied)
{
	const int32_t attack = tied ? 0 : played_shift(im, p, n, "attack");
	const int32_t release = played_shift(im, p, n, "release");
	struct mx_shift *shift = attack || release ? MX_ADD(im, shifts) : NULL;
	if (shift)
		*shift = (struct mx_shift){p->part, n->note, attack, release};
}

/** What sounds: a new note, or one that was tied to this. @return 1: tied to one before. */
int mx_add_sound(struct mx_import *im, struct mx_part *p, struct mx_note *n, const struct mx_sounding *s,
	uint32_t ticks)
{
	struct mx_tree *t = &im->tree;
	const int stops = !n->is_grace && has_tie(t, n->node, "stop");
	const int starts = !n->is_grace && has_tie(t, n->node, "start");
	const int64_t end = MX_AT(im->measure, MX_OFFSET(n->at) + ticks);
	n->note = stops ? take_tie(im, p, s->pitch, n->voice, n->staff, n->at) : MX_NONE;
	const int tied = n->note != MX_NONE;
	if (stops && !tied)
		mx_warn(im, MX_WARN_TIE, "");
	if (tied) {
		const struct nvx_note *note = &im->draft->part[p->part].note[n->note];
		if (MX_MEASURE(note->tick) == im->measure)
			im->draft->part[p->part].note[n->note].duration_ticks =
				MX_OFFSET(end) - MX_OFFSET(note->tick);
		else
			mx_add_span(im, NVX_LIST_note, p->part, n->note, end);
	} else {
		struct nvx_note *note = nvx_add_note(im->draft, p->part);
		if (im->draft->error)
			return 0;
		n->note = (uint32_t)im->draft->part[p->part].n_note - 1;
		note->tick = n->at;
		note->duration_ticks = ticks ? ticks : 1;
		note->pitch = (uint8_t)s->pitch;
		note->cents_1e3 = s->cents_1e3;
		note->velocity = 0; /* by the dynamics, when they are all known */
		note->muted = mx_child(t, n->node, MX_cue) != 0;
		read_velocity(im, n, note);
	}
	if (!n->is_grace)
		read_shift(im, p, n, tied);
	if (starts)
		leave_tie(im, p,
			(struct mx_tie){.end = end,
				.note = n->note,
				.pitch = (int16_t)s->pitch,
				.voice = n->voice,
				.staff = n->staff});
	return tied;
}
