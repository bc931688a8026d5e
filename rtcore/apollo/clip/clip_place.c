/* SPDX-License-Identifier: MIT */
/* Where clips are in their files: from the transport's position, exactly. */
#include "../fx/grid.h"
#include "clip_priv.h"

#define NEAR (INT64_C(2) << 32) /* so near a change of maps goes on unheard */
#define GRAIN 256               /* positions are rounded to 2^-24 frames: whole ones stay whole */
#define NEVER INT64_MAX

typedef __int128 wide;

/* Frame, counted from v, of the first one at or after `at`. */
static int64_t frames_to(const struct walk_map *m, kronos_v v, kronos_v at) MOS_RT
{
	const kronos_v d = at - v, step = walk_step(m), f = d > 0 ? (d + step - 1) / step : -(-d / step);

	return f > NEVER / 2 ? NEVER / 2 : f < -NEVER / 2 ? -NEVER / 2 : (int64_t)f;
}

/* 32 fractional bits. */
static wide tick_at(const struct walk_map *m, kronos_v v) MOS_RT
{
	uint32_t frac;
	const int64_t tick = walk_v_to_tick(m, v, &frac);

	return (wide)tick * ((wide)1 << 32) + frac;
}

static int64_t position(const struct clip *clip, wide tick) MOS_RT
{
	const wide far = (wide)CLIP_VIRTUAL_MAX << 32, most = (wide)1 << 68;
	wide d = tick - ((wide)clip->request.start_tick << 32);

	d = d > most ? most : d < -most ? -most : d;
	d = ((d * (wide)clip->frames_a_tick) >> 40) + ((wide)clip->offset << 32);
	d = (d + GRAIN / 2) & ~(wide)(GRAIN - 1);
	return (int64_t)(d > far ? far : d < -far ? -far : d);
}

/* Of a clip that keeps its speed, so many frames of the engine after its start. */
static int64_t own_position(const struct clips *c, const struct clip *clip, int64_t frames) MOS_RT
{
	const wide far = (wide)CLIP_VIRTUAL_MAX << 32, most = (wide)1 << 40;
	wide d = frames;

	d = d > most ? most : d < -most ? -most : d;
	d = d * (wide)clip->sample->rate_hz * ((wide)1 << 32) / (wide)c->rate_hz + ((wide)clip->offset << 32);
	return (int64_t)(d > far ? far : d < -far ? -far : d);
}

void clip_cut(struct clips *c, struct clip *clip, int killed) MOS_RT
{
	const uint32_t strip = clip->request.strip;

	if (clip->is_sounding && !killed && (clip->last[0] != 0 || clip->last[1] != 0)) {
		/* a file may hold what is too large to add up: it would never fade */
		c->tail[strip][0] += fx_tidy(clip->last[0]);
		c->tail[strip][1] += fx_tidy(clip->last[1]);
		c->tails |= UINT64_C(1) << strip;
	}
	clip->is_sounding = 0;
	clip->last[0] = clip->last[1] = 0;
	clip->gain_at = clip->gain_to = 0;
}

static int is_over(const struct clip *clip) MOS_RT
{
	const int64_t at = clip->pos >> 32;

	return at >= CLIP_VIRTUAL_MAX ||
	       (!clip->loop_end && at > (int64_t)clip->sample->n_frames + KERNEL_TAPS_MAX);
}

static void place(struct clips *c, struct clip *clip, const struct walk_map *m, wide tick, wide next) MOS_RT
{
	const struct mos_rtctl_clip *r = &clip->request;
	const int64_t starts = frames_to(m, c->v, walk_tick_to_v(m, r->start_tick));
	const int64_t ends =
		r->end_tick == INT64_MAX ? NEVER : frames_to(m, c->v, walk_tick_to_v(m, r->end_tick));
	const int64_t before = clip->pos_next;

	clip->from = starts < 0 ? 0 : starts < c->len ? (uint32_t)starts : c->len;
	clip->to = ends < 0 ? 0 : ends < c->len ? (uint32_t)ends : c->len;
	if (clip->frames_a_tick) {
		clip->pos = position(clip, tick);
		clip->pos_next = position(clip, next);
	} else {
		if (!clip->is_sounding)
			clip->own_frames = -starts;
		clip->pos = own_position(c, clip, clip->own_frames);
		clip->own_frames += c->len;
		clip->pos_next = own_position(c, clip, clip->own_frames);
	}
	clip->inc = (clip->pos_next - clip->pos) / c->len;
	clip->is_done |= clip->is_sounding && is_over(clip);
	if (clip->is_done || clip->from >= clip->to || is_over(clip) ||
		clip->inc > (int64_t)CLIP_INC_MAX << 32) {
		clip_cut(c, clip, /* killed= */ 0);
		clip_leave_stream(c, clip);
		clip->to = clip->from;
		return;
	}
	if (clip->is_sounding && (clip->pos - before > NEAR || before - clip->pos > NEAR))
		clip_cut(c, clip, /* killed= */ 0);
	if (!clip->is_sounding) {
		clip_arrive(c, clip);
		/* Its beginning is as it is; elsewhere it fades in. */
		clip->gain_to = starts >= 0 ? clip->gain : 0;
		clip->is_sounding = 1;
		clip->is_late = 0;
	}
	clip_prepare(c, clip);
}

/* Where the clip will be when the transport has gone back to its loop's start; -1: silent there. */
static int64_t position_after_wrap(const struct clips *c, const struct clip *clip, const struct walk_map *m)
	MOS_RT
{
	const struct mos_rtctl_clip *r = &clip->request;
	const kronos_v to = walk_tick_to_v(m, m->loop_start);

	if (r->start_tick > m->loop_start || r->end_tick <= m->loop_start)
		return -1;
	if (clip->frames_a_tick)
		return position(clip, (wide)m->loop_start * ((wide)1 << 32));
	return own_position(c, clip, -frames_to(m, to, walk_tick_to_v(m, r->start_tick)));
}

/* The loop's end is near: what follows it is read meanwhile. */
static void look_ahead(struct clips *c, const struct walk_map *m) MOS_RT
{
	const int64_t left = m->loop ? frames_to(m, c->v, walk_tick_to_v(m, m->loop_end)) : -1;
	const int is_near = left >= 0 && left < c->rate_hz / 2;

	for (uint32_t i = 0; i < c->n; i++) {
		const int64_t pos = is_near ? position_after_wrap(c, c->list[i], m) : -1;

		if (pos >= 0)
			clip_foresee(c, c->list[i], pos);
		else
			clip_forget(c, c->list[i]);
	}
}

void clip_interval(struct clips *c, const struct walk_map *m) MOS_RT
{
	const struct mos_tempo_map *tempo = &m->song->tempo;
	uint32_t seg;
	wide tick, next;

	c->len = KERNEL_FRAMES;
	c->done = 0;
	tick = tick_at(m, c->v);
	if (!m->fixed_npq) {
		seg = mos_tempo_seg_at_tick(tempo, (int64_t)(tick >> 32));
		if (seg + 1 < tempo->n_seg) {
			const int64_t f = frames_to(m, c->v, walk_tick_to_v(m, tempo->seg[seg + 1].tick));

			c->len = f > 0 && f < c->len ? (uint32_t)f : c->len;
		}
	}
	next = tick_at(m, c->v + walk_step(m) * (kronos_v)c->len);
	for (uint32_t i = 0; i < c->n; i++)
		place(c, c->list[i], m, tick, next);
	look_ahead(c, m);
}
