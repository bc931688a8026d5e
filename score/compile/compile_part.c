/* SPDX-License-Identifier: MIT */
/*
 * One part: its notes as they are played, each with the tick at which it sounds and the one at which it ends;
 * then beginnings, ends and controls go into one array by the order of the timeline.
 */
#include "compile_private.h"

#include <errno.h>
#include <string.h>

#include <mos/ump.h>

#define RANK(tick, pitch) ((uint64_t)(tick) << 7 | (pitch))
#define KEYS (16 * 128)

/** A note in playing order. */
struct sounding {
	int64_t on, off;
	int32_t cents_1e3;
	uint16_t velocity16; /**< 0: MIDI 1.0 says it all */
	uint8_t pitch, velocity, release_velocity, channel;
};

/** Which note a key was struck for last. */
struct struck {
	uint32_t note; /**< + 1; 0: none */
	uint32_t stretch;
	int64_t written_end;
};

struct notes {
	struct compile_context *ctx;
	const struct score_part *part;
	struct compile_part *made;
	struct sounding *note;
	uint32_t n, cap;
	const struct compile_feel *feel;
	uint32_t n_feel;
	struct struck *struck; /**< KEYS of them */
	uint8_t is_shifted;    /**< notes may not begin in the order in which they stand */
	uint32_t measure;      /**< that the last note asked about lay in */
};

static const struct compile_feel *find_feel(const struct notes *n, nvx_id note_id)
{
	uint32_t lo = 0, hi = n->n_feel;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (n->feel[mid].note_id < note_id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n->n_feel && n->feel[lo].note_id == note_id ? &n->feel[lo] : NULL;
}

/** Place in its quarter, counted from the bar line. Notes come in order, so the measure is this one or a
 * later one. */
static int64_t place_in_quarter(struct notes *n, int64_t tick)
{
	const struct score *score = n->ctx->score;
	const struct nvx_measure *m = score_measure(score, n->measure);

	if (tick < m->tick || tick - m->tick >= m->duration_ticks) {
		n->measure = score_measure_at(score, tick);
		m = score_measure(score, n->measure);
	}
	return (tick - m->tick) % NVX_PPQ;
}

/** An off-beat eighth comes later: by all of an eighth at 100, so that a third makes triplets. */
static int64_t swing_ticks(struct notes *n, const struct compile_feel *feel, int64_t written)
{
	if (!feel->swing_percent || place_in_quarter(n, written) != NVX_PPQ / 2)
		return 0;
	return (NVX_PPQ / 2 * (int64_t)feel->swing_percent + 50) / 100;
}

static int64_t shift_us(const struct notes *n, int64_t tick, int64_t us)
{
	const struct mos_tempo_map *map = &n->ctx->tempo;
	const int64_t u = mos_tempo_tick_to_u(map, tick) + us * 1000 * MOS_U_PER_NS;

	if (u <= 0)
		return 0;
	tick = mos_tempo_u_to_tick(map, u);
	return u - mos_tempo_tick_to_u(map, tick) > mos_tempo_tick_to_u(map, tick + 1) - u ? tick + 1 : tick;
}

/** Where the score means a key to be struck anew, it is let go before: shifts and jumps must not swallow the
 * note. */
static void let_go_before(
	struct notes *n, const struct sounding *s, uint32_t stretch, int64_t written, int64_t written_end)
{
	struct struck *k = &n->struck[s->channel * 128u + s->pitch];

	if (k->note && (k->stretch != stretch || k->written_end <= written)) {
		struct sounding *before = &n->note[k->note - 1];

		if (before->off > s->on)
			before->off = s->on > before->on ? s->on : before->on + 1;
	}
	*k = (struct struck){n->n + 1, stretch, written_end};
}

/** @param note  What is struck; `longest` of the notes of its pitch and tick. */
static void add_note(struct notes *n, const struct nvx_note *note, uint32_t stretch)
{
	const struct compile_stretch *st = &n->ctx->stretch[stretch];
	const struct compile_feel *feel = n->n_feel ? find_feel(n, note->id) : NULL;
	const int64_t us = note->offset_us + (feel ? (int64_t)feel->push_us : 0);
	struct sounding *s = &n->note[n->n];

	*s = (struct sounding){
		.on = st->played_tick + (note->tick - st->written_tick),
		.cents_1e3 = note->cents_1e3,
		.pitch = note->pitch & 127,
		.velocity = note->velocity,
		.release_velocity = note->release_velocity,
		.channel = note->channel == NVX_NO_U8 ? n->made->strip.channel : note->channel & 15,
	};
	if (note->velocity16 && note->velocity16 != mos_ump_scale_up(note->velocity, 7, 16))
		s->velocity16 = note->velocity16;
	if (feel)
		s->on += swing_ticks(n, feel, note->tick);
	s->off = s->on + (note->duration_ticks ? note->duration_ticks : 1);
	if (us) {
		s->on = shift_us(n, s->on, us);
		s->off = shift_us(n, s->off, us);
		if (s->off <= s->on)
			s->off = s->on + 1;
	}
	n->is_shifted |= us || feel;
	let_go_before(n, s, stretch, note->tick, note->tick + note->duration_ticks);
	n->n++;
}

static void louder(struct nvx_note *to, const struct nvx_note *from)
{
	const uint32_t a = to->velocity16 ? to->velocity16 : mos_ump_scale_up(to->velocity, 7, 16);
	const uint32_t b = from->velocity16 ? from->velocity16 : mos_ump_scale_up(from->velocity, 7, 16);

	if (b > a) {
		to->velocity = from->velocity;
		to->velocity16 = from->velocity16;
	}
}

/**
 * Notes of one pitch and tick on one channel sound as one (nvx1.md 5.2): the longest, as loud as the loudest.
 * They stand together, the longest last.
 */
static void add_unisons(
	struct notes *n, struct nvx_seq_iter *it, const struct nvx_note **at, uint32_t stretch)
{
	struct nvx_note one[17];
	uint32_t has = 0;
	const struct nvx_note *note = *at;
	const int64_t tick = note->tick;
	const uint8_t pitch = note->pitch;

	for (; note && note->tick == tick && note->pitch == pitch; note = nvx_seq_next(it)) {
		const uint32_t c = note->channel == NVX_NO_U8 ? 16 : note->channel & 15;

		if (note->muted)
			continue;
		const struct nvx_note before = one[c];
		one[c] = *note;
		if (has & 1u << c)
			louder(&one[c], &before);
		has |= 1u << c;
	}
	for (; has; has &= has - 1)
		add_note(n, &one[__builtin_ctz(has)], stretch);
	*at = note;
}

static int count_notes(struct notes *n)
{
	const struct compile_context *ctx = n->ctx;
	uint64_t count = 0;

	for (uint32_t s = 0; s < ctx->n_stretch && n->made->audible; s++) {
		const struct compile_stretch *st = &ctx->stretch[s];

		count += nvx_seq_find(&n->part->note, st->written_tick + st->duration_ticks) -
			 nvx_seq_find(&n->part->note, st->written_tick);
		if (2 * count > ctx->events_left)
			return -E2BIG;
	}
	n->cap = (uint32_t)count;
	return 0;
}

static int find_notes(struct notes *n)
{
	const struct compile_context *ctx = n->ctx;
	int rc = count_notes(n);

	if (rc < 0 || n->cap == 0)
		return rc;
	n->note = compile_room(ctx->alloc, n->cap, sizeof(*n->note));
	n->struck = score_zalloc(ctx->alloc, KEYS, sizeof(*n->struck));
	if (!n->note || !n->struck)
		return -ENOMEM;
	for (uint32_t s = 0; s < ctx->n_stretch; s++) {
		const struct compile_stretch *st = &ctx->stretch[s];
		const int64_t end = st->written_tick + st->duration_ticks;
		struct nvx_seq_iter it =
			nvx_seq_from(&n->part->note, nvx_seq_find(&n->part->note, st->written_tick));
		const struct nvx_note *note = nvx_seq_next(&it);

		while (note && note->tick < end)
			add_unisons(n, &it, &note, s);
	}
	n->ctx->events_left -= 2 * (uint64_t)n->n;
	return 0;
}

/* ---- events ---- */

static void write_on(struct mos_tl_event *e, const struct sounding *s, uint8_t group, uint32_t id)
{
	const struct compile_strip strip = {group, s->channel};
	const int64_t len = s->off - s->on;

	*e = (struct mos_tl_event){.tick = s->on,
		.ump = {compile_voice(strip, 0x90, s->pitch, s->velocity)},
		.order = MOS_TL_NOTE_ON,
		.note_id = id,
		.len_ticks = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX};
	if (!s->velocity16 && !s->cents_1e3)
		return;
	/* MIDI 2.0: 16 bits of velocity, and the pitch as an attribute, in 512ths of a semitone */
	const uint32_t velocity = s->velocity16 ? s->velocity16 : mos_ump_scale_up(s->velocity, 7, 16);
	const int64_t half = s->cents_1e3 < 0 ? -50000 : 50000;
	int64_t pitch = s->pitch * INT64_C(512) + (s->cents_1e3 * INT64_C(512) + half) / 100000;

	pitch = pitch < 0 ? 0 : pitch > 0xffff ? 0xffff : pitch;
	e->ump[0] = (e->ump[0] & 0x0fffff00u) | 4u << 28 | (s->cents_1e3 ? 3u : 0u);
	e->ump[1] = velocity << 16 | (s->cents_1e3 ? (uint32_t)pitch : 0u);
}

static void write_off(struct mos_tl_event *e, const struct sounding *s, uint8_t group, uint32_t id)
{
	const struct compile_strip strip = {group, s->channel};

	*e = (struct mos_tl_event){.tick = s->off,
		.ump = {compile_voice(strip, 0x80, s->pitch, s->release_velocity)},
		.order = MOS_TL_NOTE_OFF,
		.note_id = id};
	if (s->velocity16 || s->cents_1e3) {
		e->ump[0] = (e->ump[0] & 0x0fffff00u) | 4u << 28;
		e->ump[1] = mos_ump_scale_up(s->release_velocity, 7, 16) << 16;
	}
}

/** Ends before controls before beginnings, each already in order. @param on  NULL: as the notes stand. */
static void weave(const struct notes *n, const struct compile_sort_key *on,
	const struct compile_sort_key *off, const struct compile_array *controls, struct mos_tl_event *to)
{
	const struct mos_tl_event *c = controls->items, *c_end = c + controls->n;
	const uint8_t group = n->made->strip.group;
	uint32_t i = 0, o = 0;

	while (i < n->n || o < n->n || c < c_end) {
		const uint32_t note = i < n->n && on ? on[i].index : i;
		const int64_t next_on = i < n->n ? n->note[note].on : INT64_MAX;
		const int64_t next_off = o < n->n ? (int64_t)(off[o].key >> 7) : INT64_MAX;
		const int64_t next_control = c < c_end ? c->tick : INT64_MAX;

		if (next_off <= next_control && next_off <= next_on) {
			write_off(to++, &n->note[off[o].index], group, off[o].index + 1);
			o++;
		} else if (next_control <= next_on) {
			*to++ = *c++;
		} else {
			write_on(to++, &n->note[note], group, note + 1);
			i++;
		}
	}
}

static int sort_notes(struct notes *n, struct compile_sort_key *on, struct compile_sort_key *off)
{
	for (uint32_t i = 0; i < n->n; i++) {
		if (on)
			on[i] = (struct compile_sort_key){RANK(n->note[i].on, n->note[i].pitch), i, 0};
		off[i] = (struct compile_sort_key){RANK(n->note[i].off, n->note[i].pitch), i, 0};
	}
	if (on && compile_sort(n->ctx->alloc, on, n->n) < 0)
		return -ENOMEM;
	return compile_sort(n->ctx->alloc, off, n->n);
}

static int write_events(struct notes *n, struct compile_controls *controls)
{
	const struct score_alloc *alloc = n->ctx->alloc;
	const uint64_t total = 2 * (uint64_t)n->n + controls->event.n;
	struct compile_part *made = n->made;
	struct compile_sort_key *off = compile_room(alloc, n->n, sizeof(*off));
	struct compile_sort_key *on = n->is_shifted ? compile_room(alloc, n->n, sizeof(*on)) : NULL;
	int rc = -ENOMEM;

	made->event = compile_room(alloc, total, sizeof(*made->event));
	if (off && made->event && (on || !n->is_shifted))
		rc = sort_notes(n, on, off);
	if (rc == 0)
		weave(n, on, off, &controls->event, made->event);
	score_free(alloc, on);
	score_free(alloc, off);
	if (rc < 0)
		return rc;
	made->n_event = (uint32_t)total;
	made->n_ids = n->n;
	made->sysex = controls->sysex.items;
	made->n_sysex = (uint32_t)controls->sysex.n;
	controls->sysex = (struct compile_array){0};
	if (total)
		made->end_tick = made->event[total - 1].tick;
	if (made->n_sysex && made->sysex[made->n_sysex - 1].tick > made->end_tick)
		made->end_tick = made->sysex[made->n_sysex - 1].tick;
	return 0;
}

/** The part's own entries of the feel, which is sorted by part. */
static void narrow_feel(struct notes *n)
{
	const struct compile_context *ctx = n->ctx;
	uint32_t first = 0;

	while (first < ctx->n_feel && ctx->feel[first].part_id < n->part->part.id)
		first++;
	n->feel = ctx->feel + first;
	while (first + n->n_feel < ctx->n_feel && n->feel[n->n_feel].part_id == n->part->part.id)
		n->n_feel++;
}

int compile_part_make(struct compile_context *ctx, const struct score_part *part, struct compile_part *made)
{
	struct notes n = {.ctx = ctx, .part = part, .made = made};
	struct compile_controls controls = {0};
	int rc;

	narrow_feel(&n);
	made->has_feel = n.n_feel > 0;
	rc = compile_controls(ctx, part, made, &controls);
	if (rc == 0)
		rc = find_notes(&n);
	if (rc == 0)
		rc = write_events(&n, &controls);
	made->is_made = rc == 0;
	compile_controls_finish(ctx->alloc, &controls);
	score_free(ctx->alloc, n.note);
	score_free(ctx->alloc, n.struck);
	return rc;
}

void compile_part_look(const struct score_part *part, uint16_t *ret_channels, uint8_t *ret_has_shifts)
{
	const struct nvx_control *c;
	const struct nvx_note *note;
	uint32_t channels = 0, shifts = 0;

	for (struct nvx_seq_iter it = nvx_seq_from(&part->note, 0); (note = nvx_seq_next(&it));) {
		channels |= note->channel == NVX_NO_U8 ? 0 : 1u << (note->channel & 15);
		shifts |= note->offset_us != 0;
	}
	for (struct nvx_seq_iter it = nvx_seq_from(&part->control, 0); (c = nvx_seq_next(&it));)
		channels |= c->channel == NVX_NO_U8 ? 0 : 1u << (c->channel & 15);
	*ret_channels = (uint16_t)channels;
	*ret_has_shifts = (uint8_t)shifts;
}

void compile_part_clear(const struct score_alloc *alloc, struct compile_part *part)
{
	nvx_seq_unref(&part->note);
	nvx_seq_unref(&part->control);
	score_free(alloc, part->event);
	score_free(alloc, part->sysex);
	*part = (struct compile_part){0};
}
