/* SPDX-License-Identifier: MIT */
/** One voice through one bar: where each beat begins and ends, which tuplets it is in. */
#include "gp.h"
#include "voice.h"

#include <errno.h>
#include <string.h>

/** Sums of fractions are kept exact up to here; beyond, rounded to the tick. */
#define MAX_DENOMINATOR (INT64_C(1) << 24)

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		const int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static struct gp_ticks reduce(struct gp_ticks t)
{
	const int64_t by = gcd(t.num, t.den);
	if (by > 1)
		t = (struct gp_ticks){t.num / by, t.den / by};
	if (t.den > MAX_DENOMINATOR)
		t = (struct gp_ticks){gp_round(t), 1};
	return t;
}

static struct gp_ticks add(struct gp_ticks a, struct gp_ticks b)
{
	if (a.den == b.den)
		return reduce((struct gp_ticks){a.num + b.num, a.den});
	if (a.num > INT64_C(1) << 34 || a.den * b.den > INT64_C(1) << 28)
		return (struct gp_ticks){gp_round(a) + gp_round(b), 1};
	return reduce((struct gp_ticks){a.num * b.den + b.num * a.den, a.den * b.den});
}

static int is_less(struct gp_ticks a, struct gp_ticks b)
{
	return (double)a.num * (double)b.den < (double)b.num * (double)a.den;
}

static int is_tuplet(struct gp_ratio ratio)
{
	return ratio.actual > 0 && ratio.normal > 0 && ratio.actual != ratio.normal;
}

static struct gp_ticks times(struct gp_ticks t, struct gp_ratio ratio)
{
	if (!is_tuplet(ratio))
		return t;
	return reduce((struct gp_ticks){t.num * ratio.normal, t.den * ratio.actual});
}

static struct gp_ticks written(const struct gp_beat *beat)
{
	const unsigned value = beat->value > NVX_VALUE_MAXIMA ? beat->value : NVX_VALUE_MAXIMA;
	const unsigned halvings = value - NVX_VALUE_MAXIMA + beat->dots;
	return reduce((struct gp_ticks){
		(int64_t)8 * 4 * NVX_PPQ * ((2 << beat->dots) - 1), INT64_C(1) << halvings});
}

/** Is it a plain note value: a power of two part of a maxima? */
static int is_value(struct gp_ticks t)
{
	const int64_t maxima = 8 * 4 * NVX_PPQ;
	if (t.num <= 0 || maxima * t.den % t.num)
		return 0;
	const int64_t parts = maxima * t.den / t.num;
	return (parts & (parts - 1)) == 0;
}

static void close_tuplet(struct gp_song *song, unsigned level, int64_t tick)
{
	struct gp_tuplet *tuplet = &song->voice->tuplet[level];
	if (tuplet->element) {
		struct nvx_element *e = &song->draft->notation[tuplet->element - 1].e;
		e->duration_ticks = gp_length(e->tick, tick);
	}
	*tuplet = (struct gp_tuplet){};
}

static void open_tuplet(struct gp_song *song, unsigned level, struct gp_ratio ratio, int64_t tick)
{
	struct gp_tuplet *tuplet = &song->voice->tuplet[level];
	struct nvx_draft *draft = song->draft;
	*tuplet = (struct gp_tuplet){.ratio = ratio, .sum = {0, 1}, .least = {INT32_MAX, 1}};
	if (song->is_echo)
		return;
	struct nvx_notation_element *element = nvx_add_notation(draft);
	element->e.kind = NVX_NOTATION_TUPLET;
	element->e.tick = tick;
	element->e.part_id = song->track[song->at_track].part_id;
	element->e.staff = (uint8_t)(song->at_staff ? song->at_staff + 1 : 0);
	element->e.voice = (uint8_t)(song->at_voice + 1);
	element->num = ratio.actual;
	element->den = ratio.normal;
	element->parent_id = level ? song->voice->tuplet[0].id : 0;
	tuplet->id = element->e.id;
	tuplet->element = draft->error ? 0 : draft->n_notation;
}

/** Before a beat: end the tuplets that it is not in, begin those that it opens. */
static void enter_tuplets(struct gp_song *song, const struct gp_beat *beat, int64_t tick)
{
	for (unsigned level = 2; level-- > 0;) {
		const struct gp_ratio is = song->voice->tuplet[level].ratio, ratio = beat->tuplet[level];
		if (is.actual && (is.actual != ratio.actual || is.normal != ratio.normal)) {
			if (level == 0)
				close_tuplet(song, 1, tick);
			close_tuplet(song, level, tick);
		}
	}
	for (unsigned level = 0; level < 2; level++)
		if (is_tuplet(beat->tuplet[level]) && !song->voice->tuplet[level].ratio.actual)
			open_tuplet(song, level, beat->tuplet[level], tick);
}

/**
 * After a beat: a tuplet of n is full when what is written in it is n times a plain value, no less than its
 * shortest part. So 3:2 of a quarter and an eighth is full, and of an eighth and two sixteenths it is not.
 */
static void leave_tuplets(struct gp_song *song, const struct gp_beat *beat, int64_t tick)
{
	for (unsigned level = 2; level-- > 0;) {
		struct gp_tuplet *tuplet = &song->voice->tuplet[level];
		if (!tuplet->ratio.actual)
			continue;
		const struct gp_ticks part = level ? written(beat) : times(written(beat), beat->tuplet[1]);
		tuplet->sum = add(tuplet->sum, part);
		if (is_less(part, tuplet->least))
			tuplet->least = part;
		const struct gp_ticks unit =
			reduce((struct gp_ticks){tuplet->sum.num, tuplet->sum.den * tuplet->ratio.actual});
		const int inner_is_open = level == 0 && song->voice->tuplet[1].ratio.actual;
		if (is_value(unit) && !is_less(unit, tuplet->least) && !inner_is_open)
			close_tuplet(song, level, tick);
	}
}

int64_t gp_voice_tick(const struct gp_song *song)
{
	return song->tick + gp_round(song->voice->at);
}

int gp_voice_begin(struct gp_song *song, uint32_t track, uint32_t staff, uint32_t voice)
{
	struct gp_staff *at = &song->track[track].staff[staff];
	if (song->draft->error)
		return song->draft->error;
	if (!at->voice[voice]) {
		at->voice[voice] = score_zalloc(song->alloc, 1, sizeof(struct gp_voice));
		if (!at->voice[voice])
			return song->draft->error = -ENOMEM;
	}
	song->at_track = track;
	song->at_staff = staff;
	song->at_voice = voice;
	song->voice = at->voice[voice];
	if (song->voice->bar + 1 < song->at_bar || song->at_bar == 0)
		song->voice->last_event_tick = song->last_tick;
	song->voice->at = (struct gp_ticks){0, 1};
	song->voice->bar = song->at_bar;
	return 0;
}

static void put_notes(struct gp_song *song, struct gp_beat *beat, int64_t tick, int64_t end_tick)
{
	struct nvx_draft *draft = song->draft;
	const uint32_t part = song->track[song->at_track].part;
	const int64_t taken = gp_place_graces(song, beat, tick, end_tick);
	nvx_id id[GP_MAX_BEAT_NOTES], first_new = 0;
	unsigned n_ids = 0;
	for (unsigned i = 0; i < beat->n_notes; i++) {
		struct gp_note *note = &beat->note[i];
		int is_new;
		const uint32_t index =
			gp_put_note(song, beat, note, note->tied ? tick : tick + taken, end_tick, &is_new);
		if (draft->error)
			return;
		if (index == UINT32_MAX)
			continue;
		id[n_ids++] = draft->part[part].note[index].id;
		if (is_new && !first_new)
			first_new = id[n_ids - 1];
	}
	(void)gp_put_event(song, beat, tick, end_tick, id, n_ids);
	if (!song->is_echo)
		gp_put_lyrics(song, tick, end_tick, beat, first_new);
}

int gp_put_beat(struct gp_song *song, struct gp_beat *beat)
{
	struct gp_voice *voice = song->voice;
	if (song->draft->error)
		return song->draft->error;
	if (song->n_beats++ >= GP_MAX_BEATS) {
		(void)score_error(song->draft->report, "nvx1.limit.beats", GP_HERE(song),
			"more than %u beats", GP_MAX_BEATS);
		return song->draft->error = -E2BIG;
	}
	if (!song->is_echo && beat->chord)
		gp_put_chord(song, gp_voice_tick(song), beat);
	if (beat->grace) {
		if (beat->kind == GP_BEAT_NOTES)
			gp_put_grace(song, beat);
		return song->draft->error;
	}
	const int64_t tick = gp_voice_tick(song);
	const struct gp_ticks length = times(times(written(beat), beat->tuplet[1]), beat->tuplet[0]);
	enter_tuplets(song, beat, tick);
	voice->at = add(voice->at, length);
	int64_t end_tick = gp_voice_tick(song);
	if (end_tick - song->tick > UINT32_MAX / 2) {
		(void)score_error(song->draft->report, "nvx1.limit.tick", GP_HERE(song), "a bar is too long");
		return song->draft->error = -E2BIG;
	}
	if (beat->kind == GP_BEAT_NOTES) {
		put_notes(song, beat, tick, end_tick);
	} else if (beat->kind == GP_BEAT_REST) {
		(void)gp_place_graces(song, beat, tick, end_tick);
		(void)gp_put_event(song, beat, tick, end_tick, NULL, 0);
	} else if (beat->ext.n || beat->text) {
		(void)gp_put_event(song, beat, tick, end_tick, NULL, 0);
	}
	voice->last_event_tick = tick;
	leave_tuplets(song, beat, end_tick);
	if (beat->kind != GP_BEAT_EMPTY && end_tick > song->content_end)
		song->content_end = end_tick;
	return song->draft->error;
}

void gp_voice_end(struct gp_song *song)
{
	if (song->draft->error)
		return;
	gp_trailing_graces(song);
	const int64_t tick = gp_voice_tick(song);
	close_tuplet(song, 1, tick);
	close_tuplet(song, 0, tick);
}
