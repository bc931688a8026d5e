/* SPDX-License-Identifier: MIT */
/* What sounds when: all notes in one line of time, and how much of each pitch class every beat has. */
#include "analysis_private.h"

#include <errno.h>
#include <string.h>

#include <mos/meter.h>

#define OFF_BEAT 0.6f
#define REST_TICKS (NVX_PPQ / 4) /* a shorter silence does not end a line */

static int is_heard(const struct score_part *part)
{
	return part->part.role != NVX_ROLE_DRUMS && part->part.midi_channel != 9 && !part->part.mute;
}

/** The sound of a group of one beginning, sorted by pitch, that lies nearest. */
static const struct sound *nearest(const struct sound *group, uint32_t n, uint8_t pitch)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (group[mid].pitch < pitch)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == n || (lo > 0 && pitch - group[lo - 1].pitch <= group[lo].pitch - pitch))
		lo--;
	return &group[lo];
}

static void link_groups(struct sound *a, uint32_t n_a, struct sound *b, uint32_t n_b)
{
	for (uint32_t i = 0; i < n_b; i++) {
		const struct sound *from = nearest(a, n_a, b[i].pitch);

		if (from->off + REST_TICKS >= b[i].on)
			b[i].before = from->pitch;
	}
	for (uint32_t i = 0; i < n_a; i++) {
		if (a[i].off + REST_TICKS < b->on)
			continue;
		a[i].after = nearest(b, n_b, a[i].pitch)->pitch;
		a[i].next_on = b->on;
	}
}

static void link_part(struct sound *sound, uint32_t n)
{
	uint32_t before = 0, n_before = 0;

	for (uint32_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && sound[end].on == sound[i].on; end++)
			;
		if (n_before)
			link_groups(sound + before, n_before, sound + i, end - i);
		before = i;
		n_before = end - i;
	}
}

/** Two sorted runs into one. */
static void merge_runs(const struct sound *a, const struct sound *a_end, const struct sound *b,
	const struct sound *b_end, struct sound *to)
{
	while (a < a_end && b < b_end)
		*to++ = b->on < a->on ? *b++ : *a++;
	while (a < a_end)
		*to++ = *a++;
	while (b < b_end)
		*to++ = *b++;
}

/** Parts are sorted runs: merge neighbours until one is left. @param run  Their ends, n_runs of them. */
static int merge_parts(struct hearing *h, uint32_t *run, uint32_t n_runs)
{
	struct sound *from = h->sound, *to = score_zalloc(h->alloc, h->n_sound, sizeof(*to));

	if (!to)
		return -ENOMEM;
	while (n_runs > 1) {
		uint32_t begin = 0, n = 0;
		struct sound *swap = from;

		for (uint32_t r = 0; r < n_runs; r += 2) {
			const uint32_t mid = run[r], end = r + 1 < n_runs ? run[r + 1] : run[r];

			merge_runs(from + begin, from + mid, from + mid, from + end, to + begin);
			begin = run[n++] = end;
		}
		n_runs = n;
		from = to;
		to = swap;
	}
	h->sound = from;
	score_free(h->alloc, to);
	return 0;
}

static int gather_notes(struct hearing *h)
{
	const struct score *score = h->score;
	uint32_t *run = score_zalloc(h->alloc, score->n_parts + 1u, sizeof(*run)), n_runs = 0;
	uint64_t room = 0;
	int rc = -ENOMEM;

	for (uint32_t p = 0; p < score->n_parts; p++)
		room += is_heard(score->part[p]) ? score->part[p]->note.n : 0;
	h->sound = score_zalloc(h->alloc, room ? room : 1, sizeof(*h->sound));
	if (!run || !h->sound)
		goto out;
	for (uint32_t p = 0; p < score->n_parts; p++) {
		struct nvx_seq_iter it = nvx_seq_from(&score->part[p]->note, 0);
		const uint32_t first = h->n_sound;
		const struct nvx_note *note;

		while (is_heard(score->part[p]) && (note = nvx_seq_next(&it)))
			if (!note->muted)
				h->sound[h->n_sound++] = (struct sound){note->tick,
					note->tick + note->duration_ticks, -1, note->id, (uint16_t)p,
					note->pitch & 127, NO_PITCH, NO_PITCH, {0}};
		link_part(h->sound + first, h->n_sound - first);
		if (h->n_sound > first)
			run[n_runs++] = h->n_sound;
	}
	rc = n_runs > 1 ? merge_parts(h, run, n_runs) : 0;
out:
	score_free(h->alloc, run);
	return rc;
}

/** A lead sheet sounds by its symbols: the bass low, the rest above. */
static int gather_symbols(struct hearing *h)
{
	size_t cap = 0;

	score_free(h->alloc, h->sound);
	h->sound = NULL;
	for (uint32_t i = 0; i < score_n_chord(h->score); i++) {
		const struct nvx_chord *c = score_chord(h->score, i);
		struct mos_chord chord;

		if (mos_chord_parse(score_text(h->score, c->symbol), SIZE_MAX, &chord, NULL) < 0 ||
			!chord.degrees)
			continue;
		const uint16_t tones = mos_chord_pitch_classes(&chord);
		if (score_reserve(h->alloc, (void **)&h->sound, &cap, h->n_sound + 13u, sizeof(*h->sound)) <
			0)
			return -ENOMEM;
		const struct sound bass = {c->e.tick, c->e.tick + c->e.duration_ticks, -1, 0, 0,
			(uint8_t)(36 + mos_tone_class(chord.bass)), NO_PITCH, NO_PITCH, {0}};
		h->sound[h->n_sound++] = bass;
		for (uint8_t t = 0; t < 12; t++) {
			if (!(tones >> t & 1))
				continue;
			h->sound[h->n_sound] = bass;
			h->sound[h->n_sound++].pitch = (uint8_t)(60 + t);
		}
	}
	return 0;
}

/* ---- beats ---- */

static uint32_t beat_length(const struct nvx_meter *meter)
{
	const uint32_t unit = 4 * NVX_PPQ / (meter->den ? meter->den : 4);

	if (meter->den >= 8 &&
		mos_meter_classify(meter->num, meter->den < 128 ? meter->den : 128) == MOS_METER_COMPOUND)
		return 3 * unit;
	return unit > NVX_PPQ ? NVX_PPQ : unit ? unit : 1;
}

/** Beats of a measure: as the meter has them, but no more than there is room for. */
static uint32_t beats_of(
	const struct nvx_measure *m, const struct nvx_meter *meter, uint32_t max, uint32_t *ret_len)
{
	uint32_t len = beat_length(meter);

	while (((uint64_t)m->duration_ticks + len - 1) / len > max)
		len = len > UINT32_MAX / 2 ? UINT32_MAX : 2 * len;
	*ret_len = len;
	return (uint32_t)(((uint64_t)m->duration_ticks + len - 1) / len);
}

static int lay_beats(struct hearing *h)
{
	const uint32_t max = ANALYSIS_MAX_BEATS / (h->n_measure ? h->n_measure : 1);
	size_t cap = 0;

	h->first_beat = score_zalloc(h->alloc, h->n_measure + 1u, sizeof(*h->first_beat));
	if (!h->first_beat)
		return -ENOMEM;
	for (uint32_t i = 0; i < h->n_measure; i++) {
		const struct nvx_measure *m = score_measure(h->score, i);
		const struct nvx_meter *meter = score_meter_at(h->score, m->tick);
		uint32_t len;
		const uint32_t n = beats_of(m, meter, max < 4 ? 4 : max > 64 ? 64 : max, &len);

		h->first_beat[i] = h->n_beat;
		if (score_reserve(
			    h->alloc, (void **)&h->beat, &cap, h->n_beat + (size_t)n, sizeof(*h->beat)) < 0)
			return -ENOMEM;
		for (uint32_t k = 0; k < n; k++) {
			const int64_t at = m->tick + (int64_t)k * len,
				      left = m->tick + m->duration_ticks - at;

			h->beat[h->n_beat++] = (struct beat){.tick = at,
				.len = left < len ? (uint32_t)left : len,
				.measure = i,
				.bass = NO_PITCH,
				.top = NO_PITCH,
				.strength = k == 0 ? 2 : n % 2 == 0 && k == n / 2};
		}
	}
	h->first_beat[h->n_measure] = h->n_beat;
	return 0;
}

static void add_to_beat(struct beat *b, const struct sound *s)
{
	const int64_t from = s->on > b->tick ? s->on : b->tick, end = b->tick + b->len;
	const int64_t ticks = (s->off < end ? s->off : end) - from;
	const uint8_t is_whole = 2 * ticks >= b->len;

	/* what begins after the beat is more often on its way than part of the chord */
	b->weight[s->pitch % 12] += (float)ticks / NVX_PPQ * (from == b->tick ? 1.0f : OFF_BEAT);
	/* a short note below does not take the place of the bass, whichever is heard first */
	if (b->bass == NO_PITCH || (is_whole && !b->is_bass_whole) ||
		(is_whole == b->is_bass_whole && s->pitch < b->bass)) {
		b->bass = s->pitch;
		b->is_bass_whole = is_whole;
	}
	if (from == b->tick && (b->top == NO_PITCH || s->pitch > b->top))
		b->top = s->pitch;
}

static void fill_beats(struct hearing *h)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < h->n_sound; i++) {
		const struct sound *s = &h->sound[i];

		while (at < h->n_beat && h->beat[at].tick + h->beat[at].len <= s->on)
			at++;
		for (uint32_t b = at;
			b < h->n_beat && b < at + ANALYSIS_NOTE_BEATS && h->beat[b].tick < s->off; b++)
			add_to_beat(&h->beat[b], s);
	}
}

int hearing_init(struct hearing *h, const struct score *score, const struct score_alloc *alloc)
{
	int rc;

	*h = (struct hearing){.score = score, .alloc = alloc, .n_measure = score_n_measure(score)};
	rc = gather_notes(h);
	if (rc == 0 && h->n_sound == 0)
		rc = gather_symbols(h);
	if (rc == 0)
		rc = lay_beats(h);
	if (rc == 0)
		fill_beats(h);
	return rc;
}

void hearing_finish(struct hearing *h)
{
	score_free(h->alloc, h->sound);
	score_free(h->alloc, h->beat);
	score_free(h->alloc, h->first_beat);
	score_free(h->alloc, h->key);
	*h = (struct hearing){0};
}
