/* SPDX-License-Identifier: MIT */
/* Lines through the chords: how each voice moves into the next chord, and what notes that are not of the
 * chord do. */
#include "analysis_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const analysis_rules[] = {
	"", "parallel-fifths", "parallel-octaves", "leading-tone-rises", "seventh-falls"};
enum rule { RULE_NONE, RULE_FIFTHS, RULE_OCTAVES, RULE_LEADING_TONE, RULE_SEVENTH };

#define STEP 2 /* semitones */

static int is_of_chord(const struct span *s, uint8_t pitch)
{
	return mos_chord_pitch_classes(&s->chord) >> pitch % 12 & 1;
}

static int moves_by_step(uint8_t from, uint8_t to)
{
	return from != to && abs(from - to) <= STEP;
}

/* ---- voice leading ---- */

static int by_part_and_pitch(const void *a, const void *b)
{
	const struct sound *x = a, *y = b;

	if (x->part != y->part)
		return (x->part > y->part) - (x->part < y->part);
	if (x->pitch != y->pitch)
		return (x->pitch > y->pitch) - (x->pitch < y->pitch);
	return (x->id > y->id) - (x->id < y->id);
}

/** Two voices that go the same way and keep a fifth or an octave between them. */
static enum rule parallel_rule(
	const struct sound *a0, const struct sound *a1, const struct sound *b0, const struct sound *b1)
{
	const int before = abs(a0->pitch - b0->pitch) % 12, after = abs(a1->pitch - b1->pitch) % 12;
	const int a = a1->pitch - a0->pitch, b = b1->pitch - b0->pitch;

	if (a == 0 || (a > 0) != (b > 0) || b == 0 || before != after)
		return RULE_NONE;
	return before == 7 ? RULE_FIFTHS : before == 0 ? RULE_OCTAVES : RULE_NONE;
}

static enum rule resolution_rule(const struct span *from, const struct sound *a, const struct sound *b)
{
	const int above_tonic = (a->pitch + 12 - mos_tone_class(from->key.tonic)) % 12;
	const int above_root = (a->pitch + 12 - mos_tone_class(from->chord.root)) % 12;

	if (from->function == NVX_FUNCTION_D && above_tonic == 11 && b->pitch == a->pitch + 1)
		return RULE_LEADING_TONE;
	if ((from->chord.degrees & (MOS_HAS(B7) | MOS_HAS(7) | MOS_HAS(BB7))) && above_root >= 9 &&
		is_of_chord(from, a->pitch) && a->pitch > b->pitch && moves_by_step(a->pitch, b->pitch))
		return RULE_SEVENTH;
	return RULE_NONE;
}

static void lead(struct voices *v, const struct span *from, const struct sound *now, uint32_t n_now)
{
	v->n_leading = 0;
	if (!from || n_now != v->n_before)
		return;
	for (uint32_t i = 0; i < n_now; i++) {
		const struct sound *a = &v->before[i], *b = &now[i];
		enum rule rule = resolution_rule(from, a, b);

		for (uint32_t k = 0; k < i && rule == RULE_NONE; k++)
			rule = parallel_rule(&v->before[k], &now[k], a, b);
		v->leading[v->n_leading++] = (struct nvx_voice_leading){.from_note_id = a->id,
			.to_note_id = b->id,
			.rule = rule,
			.motion = a->pitch == b->pitch                ? NVX_MOTION_COMMON
				  : moves_by_step(a->pitch, b->pitch) ? NVX_MOTION_STEP
								      : NVX_MOTION_LEAP};
	}
}

/* ---- notes that are not of the chord ---- */

static int put_tone(struct voices *v, nvx_id id, enum nvx_nct kind)
{
	if (score_reserve(v->h->alloc, (void **)&v->tone, &v->cap_tone, v->n_tone + 1, sizeof(*v->tone)) < 0)
		return -ENOMEM;
	v->tone[v->n_tone++] = (struct nvx_non_chord_tone){.note_id = id, .kind = (uint8_t)kind};
	return 0;
}

/** A note of before that goes on sounding. */
static int held_tone(struct voices *v, const struct sound *s, int is_lowest)
{
	if (s->after != NO_PITCH && moves_by_step(s->pitch, s->after))
		return put_tone(v, s->id, NVX_NCT_SUSPENSION);
	return is_lowest ? put_tone(v, s->id, NVX_NCT_PEDAL) : 0;
}

static int new_tone(struct voices *v, const struct sound *s, const struct spans *spans, size_t i)
{
	const struct span *here = &spans->span[i], *next = i + 1 < spans->n ? here + 1 : NULL;
	const int comes_by_step = s->before != NO_PITCH && moves_by_step(s->before, s->pitch);
	const int goes_by_step = s->after != NO_PITCH && moves_by_step(s->pitch, s->after);

	if (s->after == s->pitch && next && s->next_on >= next->tick && is_of_chord(next, s->after))
		return put_tone(v, s->id, NVX_NCT_ANTICIPATION);
	if (s->before == s->pitch && goes_by_step && s->on == here->tick)
		return put_tone(v, s->id, NVX_NCT_SUSPENSION);
	if (comes_by_step && goes_by_step)
		return put_tone(v, s->id,
			s->before == s->after                             ? NVX_NCT_NEIGHBOR
			: (s->before < s->pitch) == (s->pitch < s->after) ? NVX_NCT_PASSING
									  : NVX_NCT_APPOGGIATURA);
	if (goes_by_step)
		return put_tone(v, s->id, NVX_NCT_APPOGGIATURA);
	if (comes_by_step && s->after != NO_PITCH)
		return put_tone(v, s->id, NVX_NCT_ESCAPE);
	return 0;
}

/* ---- one span after the other ---- */

static void forget_ended(struct voices *v, int64_t tick)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->n_active; i++)
		if (v->active[i].off > tick)
			v->active[n++] = v->active[i];
	v->n_active = n;
}

/** Sounds up to a tick begin. Of too many at once the first are forgotten. */
static void begin_until(struct voices *v, int64_t tick)
{
	const uint32_t max = sizeof(v->active) / sizeof(v->active[0]);

	for (; v->at < v->h->n_sound && v->h->sound[v->at].on <= tick; v->at++) {
		if (v->h->sound[v->at].off <= tick)
			continue;
		if (v->n_active == max)
			forget_ended(v, tick);
		if (v->n_active == max)
			memmove(v->active, v->active + 1, --v->n_active * sizeof(*v->active));
		v->active[v->n_active++] = v->h->sound[v->at];
	}
	forget_ended(v, tick);
}

int analysis_voices(struct voices *v, const struct spans *spans, size_t i)
{
	const struct span *here = &spans->span[i];
	const struct span *before = i > 0 && here[-1].end == here->tick ? here - 1 : NULL;
	uint8_t lowest = NO_PITCH;
	uint32_t first;
	int rc = 0;

	v->n_tone = 0;
	begin_until(v, here->tick);
	for (uint32_t k = 0; k < v->n_active; k++)
		if (v->active[k].pitch < lowest)
			lowest = v->active[k].pitch;
	for (uint32_t k = 0; k < v->n_active && rc == 0; k++)
		if (v->active[k].on < here->tick && !is_of_chord(here, v->active[k].pitch))
			rc = held_tone(v, &v->active[k], v->active[k].pitch == lowest);
	/* those that begin with the chord were read already: find the first of them again */
	for (first = v->at; first > 0 && v->h->sound[first - 1].on == here->tick; first--)
		;
	for (; first < v->h->n_sound && v->h->sound[first].on < here->end && rc == 0; first++)
		if (!is_of_chord(here, v->h->sound[first].pitch))
			rc = new_tone(v, &v->h->sound[first], spans, i);
	if (v->n_active <= ANALYSIS_VOICES) {
		struct sound now[ANALYSIS_VOICES];
		const uint32_t n_now = v->n_active;

		memcpy(now, v->active, n_now * sizeof(*now));
		qsort(now, n_now, sizeof(*now), by_part_and_pitch);
		lead(v, before, now, n_now);
		memcpy(v->before, now, n_now * sizeof(*now));
		v->n_before = n_now;
	} else {
		v->n_leading = v->n_before = 0;
	}
	return rc;
}
