/* SPDX-License-Identifier: MIT */
/* The audio thread's half: a block is cut where the transport jumps, each piece is played. */
#include "clip_priv.h"

#include <errno.h>

#define TAIL_FALL 0.97f /* a frame */
#define TAIL_END 1e-5f  /* after 380 frames at most */

int clips_add(struct clips *c, struct clip *clip) MOS_RT
{
	if (!c || c->n == CLIPS_MAX)
		return -EAGAIN;
	c->list[c->n++] = clip; /* heard from the next interval on */
	return 0;
}

struct clip *clips_remove(struct clips *c, uint32_t id) MOS_RT
{
	for (uint32_t i = 0; c && i < c->n; i++) {
		struct clip *clip = c->list[i];

		if (id && clip->request.id != id)
			continue;
		clip_cut(c, clip, /* killed= */ 0);
		clip_leave_stream(c, clip);
		clip_forget(c, clip);
		c->list[i] = c->list[--c->n];
		return clip;
	}
	return NULL;
}

/* Of more points than can be kept, the last ones count. */
static void add_point(struct clips *c, struct clip_point p) MOS_RT
{
	if (c->n_points == CLIP_POINTS) {
		const struct clip_point *before = &c->point[--c->n_points];

		p.n_killed = before->n_killed > p.n_killed ? before->n_killed : p.n_killed;
	}
	c->point[c->n_points++] = p;
}

/* The interval ends here, before its time: clips go on from where they are. */
static void end_interval(struct clips *c) MOS_RT
{
	for (uint32_t i = 0; i < c->n && c->done < c->len; i++) {
		struct clip *clip = c->list[i];

		if (!clip->is_sounding)
			continue;
		clip->pos_next = clip->pos + (int64_t)c->done * clip->inc;
		clip->own_frames -= c->len - c->done;
		clip->gain_to = clip->gain_at +
				(clip->gain_to - clip->gain_at) * ((float)(int32_t)c->done / (float)(int32_t)c->len);
	}
	c->done = c->len = 0;
}

void clips_begin(struct clips *c, const struct walk_map *m, kronos_v v, int is_rolling) MOS_RT
{
	if (!c)
		return;
	if (c->map.song != m->song || c->map.fixed_npq != m->fixed_npq || c->map.rate_ppm != m->rate_ppm)
		end_interval(c);
	c->map = *m;
	add_point(c, (struct clip_point){.kind = CLIP_BEGIN, .v = v, .is_rolling = is_rolling});
}

void clips_jump(struct clips *c, uint32_t offset, kronos_v v, uint32_t n_killed) MOS_RT
{
	if (c)
		add_point(c, (struct clip_point){.kind = CLIP_JUMP,
				     .offset = offset,
				     .v = v,
				     .n_killed = n_killed,
				     .is_rolling = 1});
}

void clips_stop(struct clips *c, uint32_t offset, uint32_t n_killed) MOS_RT
{
	if (c)
		add_point(c, (struct clip_point){.kind = CLIP_STOP, .offset = offset, .n_killed = n_killed});
}

static void cut_all(struct clips *c, uint32_t n_killed) MOS_RT
{
	for (uint32_t i = 0; i < c->n; i++) {
		clip_cut(c, c->list[i], c->list[i]->request.strip < n_killed);
		c->list[i]->is_done = 0;
	}
	for (uint32_t i = 0; i < n_killed; i++) {
		c->tail[i][0] = c->tail[i][1] = 0;
		c->tails &= ~(UINT64_C(1) << i);
	}
}

/* @return what is left behind the frames; its end is the same frame in any block. */
static float fade(float tail, float *x, uint32_t from, uint32_t to) MOS_RT
{
	for (uint32_t i = from; i < to && tail != 0; i++) {
		tail *= TAIL_FALL;
		if (tail < TAIL_END && tail > -TAIL_END)
			tail = 0;
		x[i] += tail;
	}
	return tail;
}

static void fade_tails(
	struct clips *c, struct strip_bufs *bufs, uint32_t from, uint32_t to, uint32_t n_frames) MOS_RT
{
	for (uint64_t left = c->tails; left; left &= left - 1) {
		const uint32_t strip = (uint32_t)__builtin_ctzll(left);
		float *t = c->tail[strip];

		strip_touch(bufs, strip, n_frames);
		t[0] = fade(t[0], bufs->l[strip], from, to);
		t[1] = fade(t[1], bufs->r[strip], from, to);
		if (t[0] == 0 && t[1] == 0)
			c->tails &= ~(UINT64_C(1) << strip);
	}
}

/* Frames from here on in which nobody begins to fade. */
static uint32_t until_cut(const struct clips *c, uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < c->n; i++) {
		const struct clip *clip = c->list[i];

		if (clip->is_sounding && clip->to > c->done && clip->to - c->done < n)
			n = clip->to - c->done;
	}
	return n;
}

/* Frames from..to of the block, without a jump. */
static void play(struct clips *c, struct strip_bufs *bufs, uint32_t from, uint32_t to, uint32_t n_frames)
	MOS_RT
{
	uint32_t n;

	if (!c->is_rolling || !c->map.song) {
		fade_tails(c, bufs, from, to, n_frames);
		return;
	}
	for (; from < to; from += n) {
		if (c->done == c->len)
			clip_interval(c, &c->map);
		n = until_cut(c, c->len - c->done < to - from ? c->len - c->done : to - from);
		fade_tails(c, bufs, from, from + n, n_frames);
		for (uint32_t i = 0; i < c->n; i++)
			clip_sound(c, c->list[i], c->done, n, bufs, from, n_frames);
		c->done += n;
		c->v += walk_step(&c->map) * (kronos_v)n;
	}
}

/* It began to roll within the block, so many frames before its end. */
static void count_in(struct clip_point *p, const struct walk_map *m, kronos_v v, uint32_t n_frames) MOS_RT
{
	const kronos_v n = (v - p->v) / walk_step(m);

	p->offset = n < n_frames ? n_frames - (uint32_t)n : 0;
	p->is_rolling = 1;
}

static void go_to(struct clips *c, const struct clip_point *p) MOS_RT
{
	if (p->kind != CLIP_BEGIN)
		cut_all(c, p->n_killed);
	else if (p->is_rolling && c->is_rolling && p->v == c->v)
		return; /* on where it was */
	else if (!p->is_rolling)
		cut_all(c, 0);
	end_interval(c);
	c->v = p->v;
	c->is_rolling = p->is_rolling;
}

void clips_render(struct clips *c, const struct walk_map *m, kronos_v v, int is_rolling,
	struct strip_bufs *bufs, uint32_t n_frames) MOS_RT
{
	uint32_t at = 0;

	if (!c)
		return;
	for (uint32_t i = 0; i < c->n_points; i++) {
		struct clip_point *p = &c->point[i];

		if (p->kind == CLIP_BEGIN && !p->is_rolling && is_rolling && i + 1 == c->n_points && v > p->v)
			count_in(p, m, v, n_frames);
		if (p->offset > at && p->offset <= n_frames) {
			play(c, bufs, at, p->offset, n_frames);
			at = p->offset;
		}
		go_to(c, p);
	}
	c->n_points = 0;
	play(c, bufs, at, n_frames, n_frames);
}

void clips_figures(const struct clips *c, struct clips_figures *ret) MOS_RT
{
	*ret = (struct clips_figures){0};
	if (!c)
		return;
	ret->clips = c->n;
	ret->late = c->late;
	for (uint32_t i = 0; i < c->n; i++)
		ret->sounding += (uint32_t)(c->list[i]->is_sounding != 0);
}
