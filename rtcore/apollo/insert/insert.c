/* SPDX-License-Identifier: MIT */
/*
 * The audio thread's end: hands periods over, takes what came back, and passes to the dry sound and back
 * without a click. Nothing that the process writes is used before it was copied and looked at.
 */
#include "insert_rt.h"

#include <stddef.h>
#include <string.h>

#define FADE 256u            /* frames: towards the process' sound, and between two delays of the dry one */
#define SMASHED 0x41800000u  /* bits of 16.0f; above it: +24 dBFS, infinite, or no number */
#define SMALLEST 0x00800000u /* bits of the least number that is not denormal */
#define TROUBLE_LATE 16u     /* a period missed counts for so many in time */
#define TROUBLE_MAX 128u     /* eight in a row */
#define BAD_MAX 3u
#define GOOD_FEW 4u    /* periods before it is heard again after a gap */
#define GOOD_MANY 375u /* after a bypass: half a second, longer each time */
#define GROWTHS 6u
#define HEALTHY 45000u /* periods, a minute: older troubles are forgotten */

int insert_bell_due(struct insert_bell *b) MOS_RT
{
	int due = b->fresh;

	b->fresh = 0;
	return due;
}

uint32_t insert_latency(const struct insert *i) MOS_RT
{
	return i->latency + i->own_latency;
}

static float ramp_at(const struct insert_ramp *r, uint64_t pos) MOS_RT
{
	float x;

	if (pos - r->start >= r->len)
		return r->to;
	x = (float)(uint32_t)(pos - r->start) * r->step;
	return r->from + (r->to - r->from) * (x * x * (3 - 2 * x));
}

static int ramp_is_done(const struct insert_ramp *r, uint64_t pos) MOS_RT
{
	return pos - r->start >= r->len;
}

static void ramp_to(struct insert_ramp *r, uint64_t pos, float to, uint32_t len) MOS_RT
{
	*r = (struct insert_ramp){
		.from = ramp_at(r, pos), .to = to, .step = 1 / (float)len, .len = len, .start = pos};
}

static int is_dry(const struct insert *i) MOS_RT
{
	return i->wet_share.to == 0 && ramp_is_done(&i->wet_share, i->pos);
}

/* Sound of the other process: @return 0 when there is something in it that nobody should hear. */
static int clean(float *x) MOS_RT
{
	uint32_t bits[INSERT_PERIOD], is_bad = 0;

	memcpy(bits, x, sizeof(bits));
	for (uint32_t i = 0; i < INSERT_PERIOD; i++) {
		uint32_t size = bits[i] & 0x7fffffffu;

		is_bad |= size > SMASHED;
		bits[i] = size < SMALLEST ? 0 : bits[i];
	}
	memcpy(x, bits, sizeof(bits));
	return !is_bad;
}

/* Copy period `number` into `wet`. */
static enum insert_why fetch(struct insert *i, uint64_t number) MOS_RT
{
	const struct insert_slot *slot = &i->region->out[number % INSERT_RING];
	float next[2][INSERT_PERIOD];

	/* acquire pairs with the process' release: the sound is there when its number is */
	if (__atomic_load_n(&slot->number, __ATOMIC_ACQUIRE) != number + 1)
		return INSERT_LATE;
	memcpy(next[0], slot->l, sizeof(next[0]));
	memcpy(next[1], slot->r, sizeof(next[1]));
	if (!clean(next[0]) || !clean(next[1]))
		return INSERT_BAD;
	memcpy(i->wet, next, sizeof(next));
	return INSERT_WELL;
}

/* The process' sound ends here: what was heard last goes on backwards while it fades. */
static void fade_out(struct insert *i, uint32_t played) MOS_RT
{
	if (i->wet_share.to == 0)
		return;
	memcpy(i->ghost, i->wet, sizeof(i->ghost));
	i->is_ghost = 1;
	i->ghost_edge = played;
	i->ghost_start = i->pos;
	ramp_to(&i->wet_share, i->pos, 0, INSERT_PERIOD);
}

static void bypass(struct insert *i, enum insert_why why) MOS_RT
{
	i->n_needed = GOOD_MANY << i->n_bypassed;
	i->n_bypassed += i->n_bypassed < GROWTHS;
	i->trouble = 0;
	i->n_bad_lately = 0;
	__atomic_store_n(&i->why, why, __ATOMIC_RELAXED);
}

static void missed(struct insert *i, enum insert_why why) MOS_RT
{
	uint64_t *count = why == INSERT_BAD ? &i->n_bad : &i->n_late;

	__atomic_store_n(count, *count + 1, __ATOMIC_RELAXED);
	fade_out(i, INSERT_PERIOD);
	i->n_good = 0;
	if (i->why != INSERT_WELL)
		return;
	i->n_needed = GOOD_FEW;
	i->n_bad_lately += why == INSERT_BAD;
	i->trouble += TROUBLE_LATE;
	if (i->trouble >= TROUBLE_MAX || i->n_bad_lately >= BAD_MAX)
		bypass(i, why);
}

static void arrived(struct insert *i) MOS_RT
{
	i->n_good++;
	i->trouble -= i->trouble > 0;
	if (i->n_good == HEALTHY)
		i->n_bypassed = i->n_bad_lately = 0;
}

/* How late the dry sound is to be. It comes as it is until so much of it is remembered. */
static void steer_delay(struct insert *i) MOS_RT
{
	uint32_t to = i->leaves ? 0 : i->latency + i->own_latency;

	if (!ramp_is_done(&i->delay_share, i->pos))
		return;
	i->delay_from = i->delay_to;
	if (to == i->delay_to || i->pos < to || (i->leaves && !is_dry(i)))
		return;
	i->delay_to = to;
	i->delay_share = (struct insert_ramp){.to = 1, .step = 1 / (float)FADE, .len = FADE, .start = i->pos};
}

/* Take over what control asks for, and what the plugin says of itself. */
static void take_wishes(struct insert *i) MOS_RT
{
	uint32_t want = __atomic_load_n(&i->want_latency, __ATOMIC_RELAXED);
	uint32_t own = __atomic_load_n(&i->region->own_latency, __ATOMIC_RELAXED);

	i->own_latency = own > INSERT_OWN_MAX ? INSERT_OWN_MAX : own;
	i->leaves |= __atomic_load_n(&i->want_leave, __ATOMIC_RELAXED);
	i->is_off = __atomic_load_n(&i->want_off, __ATOMIC_RELAXED);
	if (want != i->latency || i->leaves || i->is_off)
		fade_out(i, INSERT_PERIOD);
	if (want != i->latency && is_dry(i)) {
		i->latency = want;
		__atomic_store_n(&i->region->latency, want, __ATOMIC_RELAXED);
		i->n_good = 0;
	}
	__atomic_store_n(&i->total_latency, i->latency + i->own_latency, __ATOMIC_RELAXED);
}

/* Go back to the process' sound, where nothing else is under way. */
static void come_back(struct insert *i) MOS_RT
{
	if (i->leaves || i->is_off || i->want_latency != i->latency || !is_dry(i) || i->n_good < i->n_needed)
		return;
	if (i->delay_to != i->latency + i->own_latency || !ramp_is_done(&i->delay_share, i->pos))
		return;
	i->is_ghost = 0;
	ramp_to(&i->wet_share, i->pos, 1, FADE);
	__atomic_store_n(&i->why, INSERT_WELL, __ATOMIC_RELAXED);
}

/* A period begins: is the one there that is to be heard now? */
static void begin_period(struct insert *i) MOS_RT
{
	uint64_t number = i->frame / INSERT_PERIOD;
	enum insert_why why;

	take_wishes(i);
	if (number >= i->latency / INSERT_PERIOD) {
		why = fetch(i, number - i->latency / INSERT_PERIOD);
		if (why != INSERT_WELL)
			missed(i, why);
		else
			arrived(i);
	}
	steer_delay(i);
	come_back(i);
	__atomic_store_n(&i->heard, i->wet_share.to != 0, __ATOMIC_RELAXED);
	if (i->leaves && i->delay_to == 0 && ramp_is_done(&i->delay_share, i->pos))
		__atomic_store_n(&i->left, 1, __ATOMIC_RELEASE);
}

static void end_period(struct insert *i) MOS_RT
{
	uint64_t n = i->frame / INSERT_PERIOD;

	/* release pairs with the process' acquire: the period is whole */
	__atomic_store_n(&i->region->n_in, n, __ATOMIC_RELEASE);
	__atomic_store_n(&i->n_fed, n, __ATOMIC_RELAXED);
	if (i->bell) {
		__atomic_fetch_or(&i->bell->fed, UINT64_C(1) << i->n_bell, __ATOMIC_RELEASE);
		i->bell->fresh = 1;
	}
}

static void begin_cue(struct insert *i, uint32_t offset) MOS_RT
{
	struct insert_cue *c = &i->cue;

	c->n_events = c->lost = 0;
	c->channel = i->feed_strip & 15;
	if (!i->feed || !feed_time_at(i->feed, offset, &c->time))
		c->time = (struct insert_time){0};
}

/* The packets of a piece of the block, which lies `at` in the period; of the block's last piece all that are left. */
static void take_events(struct insert *i, uint32_t offset, uint32_t at, uint32_t n, int is_last) MOS_RT
{
	const struct insert_feed *f = i->feed;
	struct insert_cue *c = &i->cue;

	for (; i->feed_next < f->n_events; i->feed_next++) {
		const struct insert_event *ev = &f->event[i->feed_next].ev;
		uint32_t k = ev->frame > offset ? ev->frame - offset : 0;

		if (k >= n && !is_last)
			return;
		if (f->event[i->feed_next].strip != i->feed_strip)
			continue;
		if (c->n_events == INSERT_EVENTS) {
			c->lost = 1;
			continue;
		}
		c->event[c->n_events] = *ev;
		c->event[c->n_events++].frame = at + (k < n ? k : n - 1);
	}
	if (is_last && i->feed_strip < 64)
		c->lost |= f->lost >> i->feed_strip & 1;
}

static void end_cue(struct insert *i) MOS_RT
{
	struct insert_cue *to = &i->region->cue[(i->frame / INSERT_PERIOD - 1) % INSERT_RING];

	memcpy(to, &i->cue, offsetof(struct insert_cue, event) + i->cue.n_events * sizeof(i->cue.event[0]));
}

void insert_listen(struct insert *i, const struct insert_feed *feed, uint32_t strip) MOS_RT
{
	i->feed = feed;
	i->feed_strip = strip;
	i->feed_next = 0;
}

static float dry_at(const struct insert *i, uint32_t side, uint64_t pos) MOS_RT
{
	const float *d = i->dry[side];
	float a, b;

	b = d[(pos - i->delay_to) % INSERT_DRY];
	if (ramp_is_done(&i->delay_share, pos))
		return b;
	a = d[(pos - i->delay_from) % INSERT_DRY];
	return a + (b - a) * ramp_at(&i->delay_share, pos);
}

static float wet_at(const struct insert *i, uint32_t side, uint64_t pos, uint32_t at) MOS_RT
{
	uint32_t k;

	if (!i->is_ghost)
		return i->wet[side][at];
	k = (uint32_t)(pos - i->ghost_start) % (2 * i->ghost_edge);
	return i->ghost[side][k < i->ghost_edge ? i->ghost_edge - 1 - k : k - i->ghost_edge];
}

static void one_side(const struct insert *i, uint32_t side, float *x, uint32_t at, uint32_t n) MOS_RT
{
	int is_steady = ramp_is_done(&i->wet_share, i->pos);
	float dry, share;

	if (is_steady && i->wet_share.to != 0) {
		memcpy(x, i->wet[side] + at, n * sizeof(float));
		return;
	}
	for (uint32_t k = 0; k < n; k++) {
		dry = dry_at(i, side, i->pos + k);
		share = ramp_at(&i->wet_share, i->pos + k);
		x[k] = share == 0 ? dry : dry + share * (wet_at(i, side, i->pos + k, at + k) - dry);
	}
}

static void remember(struct insert *i, const float *l, const float *r, uint32_t n) MOS_RT
{
	for (uint32_t k = 0; k < n; k++) {
		i->dry[0][(i->pos + k) % INSERT_DRY] = l[k];
		i->dry[1][(i->pos + k) % INSERT_DRY] = r[k];
	}
}

void insert_process(struct insert *i, float *l, float *r, uint32_t n_frames) MOS_RT
{
	for (uint32_t done = 0, n; done < n_frames; done += n) {
		uint32_t at = (uint32_t)(i->frame % INSERT_PERIOD);
		struct insert_slot *slot = &i->region->in[i->frame / INSERT_PERIOD % INSERT_RING];

		n = n_frames - done < INSERT_PERIOD - at ? n_frames - done : INSERT_PERIOD - at;
		if (at == 0) {
			begin_period(i);
			begin_cue(i, done);
		}
		if (i->feed)
			take_events(i, done, at, n, done + n == n_frames);
		memcpy(slot->l + at, l + done, n * sizeof(float));
		memcpy(slot->r + at, r + done, n * sizeof(float));
		remember(i, l + done, r + done, n);
		one_side(i, 0, l + done, at, n);
		one_side(i, 1, r + done, at, n);
		i->frame += n;
		i->pos += n;
		if (i->frame % INSERT_PERIOD == 0) {
			end_cue(i);
			end_period(i);
		}
	}
	i->feed = NULL;
}

/* The one that comes plays on what the one that goes was playing. */
static void take_over(struct insert *i, const struct insert *old) MOS_RT
{
	uint32_t n = old->delay_from > old->delay_to ? old->delay_from : old->delay_to;
	uint32_t own = i->latency + i->own_latency, played = (uint32_t)(old->frame % INSERT_PERIOD);

	n = n > own ? n : own;
	for (uint32_t k = 1; k <= n && k <= old->pos; k++)
		for (uint32_t side = 0; side < 2; side++)
			i->dry[side][(old->pos - k) % INSERT_DRY] =
				old->dry[side][(old->pos - k) % INSERT_DRY];
	i->pos = old->pos;
	i->delay_from = old->delay_from;
	i->delay_to = old->delay_to;
	i->delay_share = old->delay_share;
	i->wet_share = old->wet_share;
	i->is_ghost = old->is_ghost;
	i->ghost_edge = old->ghost_edge;
	i->ghost_start = old->ghost_start;
	memcpy(i->ghost, old->ghost, sizeof(i->ghost));
	memcpy(i->wet, old->wet, sizeof(i->wet));
	if (!old->is_ghost)
		fade_out(i, played ? played : INSERT_PERIOD);
}

struct insert *insert_swap(struct insert **slot, struct insert *next) MOS_RT
{
	struct insert *old = *slot;

	if (old && next)
		take_over(next, old);
	*slot = next;
	return old;
}
