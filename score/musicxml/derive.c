/* SPDX-License-Identifier: MIT */
/*
 * How notes are written that nobody has written yet. Each beat gets the grid that its notes fit best,
 * sixteenths or triplets; notes of one start are a chord; what overlaps goes to another voice, at most four a
 * staff. Lengths are cut at bar lines and into values. The exact times are kept by the note's attack and
 * release.
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>

#define BEAT NVX_PPQ
#define MAX_DERIVED_VOICES 4u

/** A note that waits to be written. */
struct pending {
	int64_t from, to;
	uint32_t note;
	uint8_t staff;
};

struct beat_grid {
	int64_t beat;
	uint16_t grid;
};

struct derive {
	struct mxo *x;
	struct pending *pending;
	size_t n_pending, cap_pending;
	struct beat_grid *grid;
	size_t n_grid, cap_grid;
	unsigned first_voice[8]; /**< by staff */
	int alone;
};

/** A chord in a voice. */
struct chord {
	int64_t from, to;
	size_t first, n; /**< in pending[] */
	uint8_t voice, staff;
};

/* ---- grids ---- */

static uint32_t error_of(int64_t offset, uint32_t grid)
{
	const uint32_t rest = (uint32_t)(offset % grid);
	return rest < grid - rest ? rest : grid - rest;
}

/** The coarsest grid that fits well, else the one that fits best; triplets must fit clearly better. */
static uint16_t choose_grid(const int64_t *offset, size_t n)
{
	static const uint16_t grids[] = {480, 240, 320, 160, 120, 60};
	uint64_t sum[6] = {};
	for (unsigned g = 0; g < 6; g++) {
		uint32_t worst = 0;
		for (size_t i = 0; i < n; i++) {
			const uint32_t error = error_of(offset[i], grids[g]);
			worst = error > worst ? error : worst;
			sum[g] += error;
		}
		if (worst <= 10)
			return grids[g];
	}
	return sum[3] * 2 < sum[1] ? 160 : 240;
}

static int by_start(const void *a, const void *b)
{
	const struct pending *p = a, *q = b;
	if (p->from != q->from)
		return p->from < q->from ? -1 : 1;
	return p->note < q->note ? -1 : p->note > q->note;
}

static void find_grids(struct derive *d)
{
	int64_t offset[64];
	for (size_t i = 0; i < d->n_pending;) {
		const int64_t beat = d->pending[i].from / BEAT;
		size_t n = 0;
		for (; i < d->n_pending && d->pending[i].from / BEAT == beat; i++) {
			if (n < 64)
				offset[n++] = d->pending[i].from % BEAT;
		}
		if (!mxo_room(d->x, (void **)&d->grid, &d->cap_grid, d->n_grid, sizeof(*d->grid)))
			return;
		d->grid[d->n_grid++] = (struct beat_grid){beat, choose_grid(offset, n)};
	}
}

static uint32_t grid_at(const struct derive *d, int64_t tick)
{
	size_t low = 0, high = d->n_grid;
	while (low < high) {
		const size_t mid = (low + high) / 2;
		if (d->grid[mid].beat < tick / BEAT)
			low = mid + 1;
		else
			high = mid;
	}
	return low < d->n_grid && d->grid[low].beat == tick / BEAT ? d->grid[low].grid : 240;
}

static int64_t snap(const struct derive *d, int64_t tick, int is_end)
{
	uint32_t grid = grid_at(d, tick);
	if (is_end && grid > 240)
		grid = grid == 480 ? 240 : 160;
	const int64_t in_beat = tick % BEAT;
	return tick - in_beat + (in_beat + grid / 2) / grid * grid;
}

/** Does the beat of this tick count in threes? */
static int is_triplet(const struct derive *d, int64_t tick)
{
	const uint32_t grid = grid_at(d, tick);
	return grid == 160 || grid == 320;
}

/* ---- values ---- */

struct value {
	uint16_t ticks;
	uint8_t value, dots;
};
static const struct value values[] = {
	{3840, NVX_VALUE_1, 0},
	{2880, NVX_VALUE_2, 1},
	{1920, NVX_VALUE_2, 0},
	{1440, NVX_VALUE_4, 1},
	{960, NVX_VALUE_4, 0},
	{720, NVX_VALUE_8, 1},
	{480, NVX_VALUE_8, 0},
	{360, NVX_VALUE_16, 1},
	{240, NVX_VALUE_16, 0},
	{180, NVX_VALUE_32, 1},
	{120, NVX_VALUE_32, 0},
	{60, NVX_VALUE_64, 0},
	{30, NVX_VALUE_128, 0},
	{15, NVX_VALUE_256, 0},
};
static const struct value triplets[] = {
	{640, NVX_VALUE_4, 0},
	{480, NVX_VALUE_8, 1},
	{320, NVX_VALUE_8, 0},
	{160, NVX_VALUE_16, 0},
	{80, NVX_VALUE_32, 0},
};

/** The next value of a stretch that begins `at` in its measure; a remnant that has no value keeps its ticks.
 */
static struct value next_value(int64_t at, int64_t left)
{
	const int64_t in_beat = at % BEAT;
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const struct value *v = &values[i];
		if (v->ticks > left)
			continue;
		/* off the beat, only a syncopated quarter may go beyond the next beat */
		if (in_beat && in_beat + v->ticks > BEAT && !(in_beat == BEAT / 2 && v->ticks == BEAT))
			continue;
		/* long values where they can be seen to begin */
		if (!in_beat && v->ticks > 2 * BEAT && at % (2 * BEAT))
			continue;
		return *v;
	}
	return (struct value){.ticks = (uint16_t)(left < 60 ? left : 60)};
}

/** What of it can be written within one beat of triplets. */
static struct value next_triplet(int64_t left)
{
	for (unsigned i = 0; i < sizeof(triplets) / sizeof(*triplets); i++) {
		if (triplets[i].ticks <= left)
			return triplets[i];
	}
	return (struct value){.ticks = (uint16_t)left};
}

/* ---- pieces ---- */

static void add_piece(struct derive *d, struct mxo_piece piece, const struct chord *chord)
{
	struct mxo *x = d->x;
	piece.first = (uint32_t)x->n_heads;
	for (size_t i = 0; chord && i < chord->n; i++) {
		struct mxo_head *head = MXO_ADD(x, heads);
		if (head)
			head->note = d->pending[chord->first + i].note;
	}
	piece.n = (uint32_t)x->n_heads - piece.first;
	struct mxo_piece *out = MXO_ADD(x, pieces);
	if (out)
		*out = piece;
}

/** Cut a stretch of a measure into values. @param chord  NULL: rests. */
static void add_stretch(struct derive *d, uint32_t measure, int64_t from, int64_t to, unsigned staff,
	unsigned voice, const struct chord *chord)
{
	const int64_t start = score_measure(d->x->score, measure)->tick;
	while (from < to && !d->x->error) {
		const int64_t beat_end = from - from % BEAT + BEAT;
		struct mxo_piece piece = {
			.tick = from,
			.event = MXO_NONE,
			.measure = measure,
			.actual = 1,
			.normal = 1,
			.staff = (uint8_t)staff,
			.voice = (uint8_t)voice,
		};
		struct value v;
		const int whole_beat = from % BEAT == 0 && to >= beat_end;
		if (is_triplet(d, from) && !whole_beat) {
			const int64_t end = to < beat_end ? to : beat_end;
			v = next_triplet(end - from);
			/* half a beat in a beat of triplets is an ordinary eighth only if it stands alone:
			 * keep threes */
			if (v.value) {
				piece.actual = 3;
				piece.normal = 2;
			}
		} else {
			v = next_value(from - start, to - from);
			/* not into a beat of triplets unless through it */
			const int64_t end = from + v.ticks;
			if (end > beat_end && end % BEAT && is_triplet(d, end)) {
				v = next_value(from - start, beat_end - from);
			}
		}
		piece.ticks = v.ticks;
		piece.value = v.value;
		piece.dots = v.dots;
		add_piece(d, piece, chord);
		from += v.ticks;
	}
}

static void add_chord(struct derive *d, const struct chord *c)
{
	const struct score *s = d->x->score;
	int64_t from = c->from;
	for (uint32_t m = score_measure_at(s, from); from < c->to && m < score_n_measure(s); m++) {
		const struct nvx_measure *measure = score_measure(s, m);
		const int64_t end = measure->tick + measure->duration_ticks;
		const int64_t to = c->to < end ? c->to : end;
		add_stretch(d, m, from, to, c->staff, c->voice, c);
		from = to;
	}
}

/* ---- chords and voices ---- */

struct voices {
	struct chord last[8][MAX_DERIVED_VOICES];
	uint8_t open[8][MAX_DERIVED_VOICES];
};

static void close_voice(struct derive *d, struct voices *v, unsigned staff, unsigned voice, int64_t next)
{
	struct chord *c = &v->last[staff][voice];
	if (!v->open[staff][voice])
		return;
	if (next > c->from && (c->to > next || next - c->to < 240))
		c->to = next; /* cut short, or held over a gap too small for a rest */
	v->open[staff][voice] = 0;
	add_chord(d, c);
}

static void place_chord(struct derive *d, struct voices *v, struct chord c)
{
	const unsigned staff = c.staff - 1u;
	unsigned best = 0;
	for (unsigned i = 0; i < MAX_DERIVED_VOICES; i++) {
		if (!v->open[staff][i] || v->last[staff][i].to <= c.from) {
			best = i;
			break;
		}
		/* the one that must give up least, but never one that begins here */
		const struct chord *a = &v->last[staff][i], *b = &v->last[staff][best];
		if (b->from >= c.from || (a->from < c.from && a->to < b->to))
			best = i;
	}
	close_voice(d, v, staff, best, c.from);
	c.voice = (uint8_t)(d->first_voice[staff] + best);
	v->last[staff][best] = c;
	v->open[staff][best] = 1;
}

static int by_staff_and_time(const void *a, const void *b)
{
	const struct pending *p = a, *q = b;
	if (p->from != q->from)
		return p->from < q->from ? -1 : 1;
	if (p->staff != q->staff)
		return p->staff < q->staff ? -1 : 1;
	if (p->to != q->to)
		return p->to > q->to ? -1 : 1; /* the long ones first */
	return p->note < q->note ? -1 : p->note > q->note;
}

static void make_chords(struct derive *d)
{
	struct voices v = {};
	for (size_t i = 0; i < d->n_pending && !d->x->error;) {
		const struct pending *first = &d->pending[i];
		struct chord c = {.from = first->from, .to = first->to, .first = i, .staff = first->staff};
		const int64_t length = c.to - c.from;
		unsigned groups = 1;
		for (; i < d->n_pending && d->pending[i].from == first->from &&
			d->pending[i].staff == first->staff;
			i++) {
			/* much shorter: another voice, as long as there are any */
			const int64_t own = d->pending[i].to - d->pending[i].from;
			if (i > c.first && own * 4 < length * 3 && groups < MAX_DERIVED_VOICES &&
				d->pending[i].to != d->pending[i - 1].to) {
				c.n = i - c.first;
				place_chord(d, &v, c);
				c.first = i;
				c.to = d->pending[i].to;
				groups++;
			}
			if (i - c.first >= 60) { /* more than a hand can write in one chord */
				c.n = i - c.first;
				place_chord(d, &v, c);
				c.first = i;
			}
		}
		c.n = i - c.first;
		place_chord(d, &v, c);
	}
	for (unsigned staff = 0; staff < 8; staff++) {
		for (unsigned i = 0; i < MAX_DERIVED_VOICES; i++)
			close_voice(d, &v, staff, i, v.last[staff][i].to);
	}
}

/* ---- rests ---- */

static int by_voice_and_time(const void *a, const void *b)
{
	const struct mxo_piece *p = a, *q = b;
	if (p->measure != q->measure)
		return p->measure < q->measure ? -1 : 1;
	if (p->voice != q->voice)
		return p->voice < q->voice ? -1 : 1;
	return p->tick < q->tick ? -1 : p->tick > q->tick;
}

/** Every first voice fills its measures; the others only where they have something. */
static void add_rests(struct derive *d)
{
	struct mxo *x = d->x;
	const size_t n = x->n_pieces;
	const uint32_t n_measures = score_n_measure(x->score);
	size_t next = 0;
	if (n)
		qsort(x->pieces, n, sizeof(*x->pieces), by_voice_and_time);
	for (uint32_t m = 0; m < n_measures && !x->error; m++) {
		const struct nvx_measure *measure = score_measure(x->score, m);
		const int64_t end = measure->tick + measure->duration_ticks;
		uint8_t seen[8] = {};
		while (next < n && x->pieces[next].measure == m) {
			const unsigned voice = x->pieces[next].voice, staff = x->pieces[next].staff;
			int64_t at = measure->tick;
			seen[staff - 1] |= (uint8_t)(voice == d->first_voice[staff - 1]);
			for (; next < n && x->pieces[next].measure == m && x->pieces[next].voice == voice;
				next++) {
				const int64_t from = x->pieces[next].tick, to = from + x->pieces[next].ticks;
				add_stretch(d, m, at, from, staff, voice, NULL);
				at = to;
			}
			add_stretch(d, m, at, end, staff, voice, NULL);
		}
		for (unsigned staff = 0; staff < x->n_staves; staff++) {
			if (seen[staff])
				continue;
			add_piece(d,
				(struct mxo_piece){.tick = measure->tick,
					.ticks = measure->duration_ticks,
					.event = MXO_NONE,
					.measure = m,
					.actual = 1,
					.normal = 1,
					.staff = (uint8_t)(staff + 1),
					.voice = (uint8_t)d->first_voice[staff],
					.whole = 1},
				NULL);
		}
	}
}

/** Brackets over the triplets of each beat. */
static void bracket_triplets(struct mxo *x, size_t first)
{
	if (x->n_pieces > first)
		qsort(x->pieces + first, x->n_pieces - first, sizeof(*x->pieces), by_voice_and_time);
	for (size_t i = first; i < x->n_pieces;) {
		struct mxo_piece *p = &x->pieces[i];
		size_t end = i + 1;
		if (p->actual != 3 || p->event != MXO_NONE) {
			i++;
			continue;
		}
		while (end < x->n_pieces && x->pieces[end].actual == 3 && x->pieces[end].voice == p->voice &&
			x->pieces[end].measure == p->measure && x->pieces[end].tick / BEAT == p->tick / BEAT)
			end++;
		p->tuplet |= 1;
		x->pieces[end - 1].tuplet |= 2;
		i = end;
	}
}

static void collect(struct derive *d)
{
	struct mxo *x = d->x;
	const int64_t end = x->score->end_tick;
	int low = 0, high = 0;
	struct nvx_seq_iter it = nvx_seq_from(&x->score->part[x->part]->note, 0);
	const struct nvx_note *note;
	for (uint32_t i = 0; (note = nvx_seq_next(&it)); i++) {
		if (x->notes[i].first != MXO_NONE || note->tick >= end)
			continue;
		if (!mxo_room(x, (void **)&d->pending, &d->cap_pending, d->n_pending, sizeof(*d->pending)))
			return;
		const int64_t to = note->tick + note->duration_ticks;
		d->pending[d->n_pending++] = (struct pending){note->tick, to < end ? to : end, i, 1};
		low |= note->pitch < 55;
		high |= note->pitch > 64;
	}
	/* a keyboard with both hands, where nothing says otherwise */
	if (d->alone && x->n_staves == 1 && low && high && !x->is_kit && x->p->midi_program < 8)
		x->n_staves = 2;
	for (size_t i = 0; i < d->n_pending && x->n_staves >= 2 && !x->is_kit; i++)
		d->pending[i].staff = mxo_note_at(x, d->pending[i].note)->pitch < 60 ? 2 : 1;
}

void mxo_derive(struct mxo *x, int alone)
{
	struct derive d = {.x = x, .alone = alone};
	const size_t first = x->n_pieces;
	unsigned used = 0;
	for (size_t i = 0; i < x->n_pieces; i++)
		used = x->pieces[i].voice > used ? x->pieces[i].voice : used;
	collect(&d);
	for (unsigned staff = 0; staff < 8; staff++)
		d.first_voice[staff] = used + 1 + staff * MAX_DERIVED_VOICES;
	if (d.n_pending)
		qsort(d.pending, d.n_pending, sizeof(*d.pending), by_start);
	find_grids(&d);
	for (size_t i = 0; i < d.n_pending; i++) {
		struct pending *t = &d.pending[i];
		const int64_t end = x->score->end_tick;
		const uint32_t grid = grid_at(&d, t->from);
		t->from = snap(&d, t->from, 0);
		if (t->from >= end)
			t->from = end > grid ? end - grid : 0;
		t->to = snap(&d, t->to, 1);
		if (t->to <= t->from)
			t->to = t->from + (grid > 240 ? grid / 2 : grid);
		t->to = t->to > end ? end : t->to;
	}
	if (d.n_pending)
		qsort(d.pending, d.n_pending, sizeof(*d.pending), by_staff_and_time);
	make_chords(&d);
	if (alone)
		add_rests(&d);
	if (!x->error)
		bracket_triplets(x, first);
	score_free(x->alloc, d.pending);
	score_free(x->alloc, d.grid);
}
