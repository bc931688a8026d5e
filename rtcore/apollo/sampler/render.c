/* SPDX-License-Identifier: MIT */
/* Making voices sound: up to KERNEL_LANES voices of a strip at a time, from control point to control point.
 */
#include "voice.h"

#include <string.h>

#define AHEAD 4u /* voices whose samples are fetched while others are computed */
#define FAR_AWAY 0x80000000u /* virtual frames: looping voices come back before they overflow */

static void generate(struct voice *v, float *x, uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < n; i++, v->pos += v->inc) {
		uint32_t phase = (uint32_t)v->pos;
		float t = (float)phase * (1.0f / 4294967296.0f);

		switch (v->zone->generator) {
		case ZONE_SINE:
			x[i] = rt_sin_turn(phase);
			break;
		case ZONE_SAW:
			x[i] = 1 - 2 * t;
			break;
		case ZONE_SQUARE:
			x[i] = t < 0.5f ? 1 : -1;
			break;
		case ZONE_TRIANGLE:
			x[i] = t < 0.25f ? 4 * t : t < 0.75f ? 2 - 4 * t : 4 * t - 4;
			break;
		case ZONE_NOISE:
			x[i] = voice_noise(v);
			break;
		default:
			x[i] = 0;
			break;
		}
	}
}

static void come_back(struct voice *v) MOS_RT
{
	uint32_t way = v->loop_end - v->loop_start, at = (uint32_t)(v->pos >> 32);

	if (at < FAR_AWAY || !v->is_looping || v->loop_limit != VOICE_NEVER || v->stream != STREAM_NONE)
		return;
	at = v->loop_end + way + (at - v->loop_start) % way;
	fetch_forget(v);
	v->pos = (uint64_t)at << 32 | (v->pos & UINT32_MAX);
}

static void do_reads(struct sampler *s) MOS_RT
{
	s->kernel->interp_s16[s->interp](s->read, s->n_reads);
	s->n_reads = 0;
}

/* Samples that need not be copied before. */
static void sound_in_place(struct sampler *s, const struct voice *v, float *const x[2], uint32_t first, uint32_t n)
	MOS_RT
{
	uint64_t frac = v->pos & UINT32_MAX;

	if (s->n_reads + 2 > VOICE_READS)
		do_reads(s);
	for (uint32_t c = 0; c <= v->is_stereo; c++)
		s->read[s->n_reads++] = (struct kernel_read){
			.w = v->span[c] + (first - v->span_from), .pos = frac, .inc = v->inc, .y = x[c], .n = n};
}

static void do_job(struct sampler *s) MOS_RT
{
	const struct voice_job *j = &s->job;

	if (!j->n)
		return;
	s->kernel->interp[s->interp](s->window[j->window][0], j->frac, j->inc, j->x[0], j->n);
	if (j->x[1])
		s->kernel->interp[s->interp](s->window[j->window][1], j->frac, j->inc, j->x[1], j->n);
	s->job.n = 0;
}

/*
 * The voice's next n samples, before filters and gain. They are fetched now and computed when the next ones
 * are fetched: a window that has just been written could not be read without waiting.
 */
static void sound(struct sampler *s, struct voice *v, float *x0, float *x1, uint32_t n) MOS_RT
{
	uint32_t taps = kernel_taps((enum kernel_interp)s->interp), frames, window = !s->job.window;
	uint64_t frac = v->pos & UINT32_MAX;
	int64_t first;

	if (!v->sample) {
		generate(v, x0, n);
		return;
	}
	come_back(v);
	first = (int64_t)(v->pos >> 32) - (taps / 2 - 1);
	frames = (uint32_t)((frac + (n - 1) * v->inc) >> 32) + taps;
	if (fetch_in_place(s, v, first, frames)) {
		sound_in_place(s, v, (float *[2]){x0, x1}, (uint32_t)first, n);
		v->pos += v->inc * n;
		return;
	}
	if (v->stream != STREAM_NONE && s->n_reads)
		do_reads(s); /* reading on gives up frames of the ring, which an earlier piece may still read in place */
	fetch(s, v, first, frames, s->window[window]);
	do_job(s);
	s->job = (struct voice_job){
		.frac = frac, .inc = v->inc, .x = {x0, v->is_stereo ? x1 : NULL}, .n = n, .window = window};
	v->pos += v->inc * n;
}

/* What is due at this offset of the block. */
static void due(struct sampler *s, struct voice *v, uint32_t offset) MOS_RT
{
	if (v->release_at <= offset) {
		v->release_at = VOICE_NEVER;
		voice_release(s, v, 0);
	}
	if (v->fade_at <= offset) {
		v->fade_at = VOICE_NEVER;
		voice_release(s, v, 1);
	}
}

static uint32_t least(uint32_t a, uint32_t b) MOS_RT
{
	return a < b ? a : b;
}

static void end_piece(struct voice *v) MOS_RT
{
	v->vol.level = v->level_to;
	v->amp[0] = v->amp_end[0];
	v->amp[1] = v->amp_end[1];
	if (v->vol.left != VOICE_NEVER)
		v->vol.left -= v->k;
	v->k = 0;
}

/* Frames until the sample's end, as far as the next control period goes: it ends there, not at some block's
 * end. */
static uint32_t frames_to_end(const struct voice *v) MOS_RT
{
	uint64_t end = (uint64_t)v->end << 32;

	if (v->end == VOICE_NEVER || v->pos + v->inc * SAMPLER_CONTROL <= end)
		return SAMPLER_CONTROL;
	return v->pos >= end ? 0 : (uint32_t)((end - v->pos + v->inc - 1) / v->inc);
}

/* Lane i: samples of frames from .. from + m of the block, and its pieces. @return 0: the voice is over after
 * them. */
static int prepare(
	struct sampler *s, struct voice *v, uint32_t lane, uint32_t from, uint32_t m, uint32_t grid) MOS_RT
{
	float *x0 = s->x[2 * lane], *x1 = s->x[2 * lane + 1];
	uint32_t o = 0, cut, next, last;
	int alive = 1;

	s->n_pieces[lane] = 0;
	if (v->wait) {
		if (v->wait >= from + m) {
			memset(x0, 0, m * sizeof(float));
			memset(x1, 0, m * sizeof(float));
			return 1;
		}
		o = v->wait > from ? v->wait - from : 0;
		memset(x0, 0, o * sizeof(float));
		memset(x1, 0, o * sizeof(float));
		v->wait = 0;
	}
	while (o < m) {
		due(s, v, from + o);
		if (v->left == 0) {
			if (v->k)
				end_piece(v);
			alive = voice_piece(s, v, SAMPLER_CONTROL - (grid + o) % SAMPLER_CONTROL);
		}
		last = alive ? frames_to_end(v) : 0;
		if (last == 0) {
			alive = 0;
			break;
		}
		next = least(v->release_at, v->fade_at); /* all later than this frame */
		cut = least(least(v->left, last), least(m - o, next - (from + o)));
		sound(s, v, x0 + o, x1 + o, cut);
		s->piece[lane][s->n_pieces[lane]++] = (struct voice_piece){.at = (uint8_t)o,
			.len = (uint8_t)cut,
			.k = (uint8_t)v->k,
			.gain = {v->gain[0], v->gain[1]},
			.step = {v->step[0], v->step[1]}};
		v->left -= cut;
		v->k += cut;
		o += cut;
	}
	if (o < m && v->n_sections) {
		memset(x0 + o, 0, (m - o) * sizeof(float));
		memset(x1 + o, 0, (m - o) * sizeof(float));
	}
	return alive;
}

/* All filters of these voices, section by section; their lanes are not more than there are. */
static void filter(struct sampler *s, struct voice *const voice[], uint32_t n, uint32_t k, uint32_t m) MOS_RT
{
	struct kernel_lane lane[KERNEL_LANES];
	uint32_t deepest = 0, n_lanes;

	for (uint32_t i = 0; i < n; i++)
		deepest = voice[i]->n_sections > deepest ? voice[i]->n_sections : deepest;
	for (uint32_t j = 0; j < deepest; j++) {
		n_lanes = 0;
		for (uint32_t moves = 0; moves < 2; moves++)
			for (uint32_t i = 0; i < n; i++) {
				if (voice[i]->n_sections <= j || s->n_pieces[i] == 0 ||
					voice[i]->filter_moves != moves)
					continue;
				for (uint32_t c = 0; c <= voice[i]->is_stereo; c++)
					lane[n_lanes++] = (struct kernel_lane){
						&voice[i]->section[j], s->x[2 * i + c], c};
			}
		if (n_lanes)
			s->kernel->svf(lane, n_lanes, k, m);
	}
}

/* SFZ width: how far apart the two sides of the sample are; their power stays. */
static void set_width(const struct voice *v, float *x0, float *x1, uint32_t m) MOS_RT
{
	float w = v->param[ZP_WIDTH], own, other;

	if (w == 1)
		return;
	w = w > -1 ? (w < 1 ? w : 1) * 0.5f + 0.5f : 0;
	own = rt_sin_quarter(w * 1.5707963f);
	other = rt_sin_quarter((1 - w) * 1.5707963f);
	for (uint32_t i = 0; i < m; i++) {
		float l = x0[i], r = x1[i];

		x0[i] = l * own + r * other;
		x1[i] = r * own + l * other;
	}
}

static void mix(const struct sampler *s, const struct voice *v, uint32_t lane, float *l, float *r, uint32_t m)
	MOS_RT
{
	float *x0 = s->x[2 * lane], *x1 = s->x[2 * lane + 1];

	if (v->is_stereo && s->n_pieces[lane])
		set_width(v, x0, x1, m);
	for (uint32_t i = 0; i < s->n_pieces[lane]; i++) {
		const struct voice_piece *p = &s->piece[lane][i];
		uint32_t at = p->at;

		if (v->is_stereo) {
			s->kernel->mix(x0 + at, p->len, p->k, p->gain[0], p->step[0], l + at);
			s->kernel->mix(x1 + at, p->len, p->k, p->gain[1], p->step[1], r + at);
		} else {
			s->kernel->mix2(x0 + at, p->len, p->k, p->gain, p->step, l + at, r + at);
		}
	}
}

/* One after the other, in order; neighbours that sound without a break on one strip together. */
static void mix_all(struct sampler *s, struct voice *const voice[], uint32_t n, uint32_t from, uint32_t m)
	MOS_RT
{
	struct kernel_gain g[KERNEL_LANES];
	uint32_t i = 0, strip, together, bus;
	float *l, *r;

	while (i < n) {
		strip = voice[i]->channel;
		bus = voice[i]->bus;
		l = (bus == BUS_NONE ? s->bufs->l[strip] : s->sends.sum[bus].l) + from;
		r = (bus == BUS_NONE ? s->bufs->r[strip] : s->sends.sum[bus].r) + from;
		for (together = 0; i < n; i++, together++) {
			const struct voice_piece *p = s->piece[i];

			if (voice[i]->channel != strip || voice[i]->bus != bus || voice[i]->is_stereo ||
				s->n_pieces[i] != 1 || p->len != m)
				break;
			g[together] = (struct kernel_gain){.gain = {p->gain[0], p->gain[1]},
				.step = {p->step[0], p->step[1]},
				.x = s->x[2 * i],
				.k = p->k};
		}
		if (together) {
			s->kernel->mix_voices(g, together, m, l, r);
		} else {
			mix(s, voice[i], i, l, r, m);
			i++;
		}
	}
}

/*
 * Voices that are computed together, at most as many as fill the filters' lanes. All of them up to one
 * control point, then up to the next.
 */
struct batch {
	uint32_t from, to; /**< frames of the block */
	uint32_t n, n_lanes;
	struct voice *voice[KERNEL_LANES];
};

/* What a piece touches of a voice; what control reads of one that moves. */
static void warm_voice(const struct voice *v) MOS_RT
{
	warm(v, offsetof(struct voice, section) + sizeof(struct kernel_section));
}

static void warm_more(const struct voice *v) MOS_RT
{
	if (v->moves)
		warm(v->lfo, offsetof(struct voice, param) + 64 - offsetof(struct voice, lfo));
	fetch_ahead(v);
}

static void join(struct batch *b, struct voice *v) MOS_RT
{
	warm_voice(v);
	b->voice[b->n++] = v;
}

static void play(struct sampler *s, struct batch *b) MOS_RT
{
	for (uint32_t from = b->from, m; from < b->to && b->n; from += m) {
		uint32_t grid = (uint32_t)((s->frame + from) % SAMPLER_CONTROL), over = 0, n = 0;

		m = least(SAMPLER_CONTROL - grid, b->to - from);
		for (uint32_t i = 0; i < AHEAD && i < b->n; i++)
			warm_more(b->voice[i]);
		for (uint32_t i = 0; i < b->n; i++) {
			if (i + AHEAD < b->n)
				warm_more(b->voice[i + AHEAD]);
			if (!prepare(s, b->voice[i], i, from, m, grid))
				over |= 1u << i;
		}
		do_job(s);
		do_reads(s);
		filter(s, b->voice, b->n, grid, m);
		mix_all(s, b->voice, b->n, from, m);
		for (uint32_t i = 0; i < b->n; i++)
			if (over >> i & 1)
				voice_end(s, b->voice[i]);
			else
				b->voice[n++] = b->voice[i];
		b->n = n;
	}
	b->n = b->n_lanes = 0;
}

/*
 * A strip's voices from where it has come to. Those without a filter at once, then the others, which may
 * share a batch with those of other strips: so a strip's voices are added in the same order whatever sounds
 * beside it.
 */
static void collect(struct sampler *s, struct batch *b, uint32_t strip, uint32_t to) MOS_RT
{
	struct batch single = {.from = s->strip[strip].done, .to = to};
	uint32_t next, n_waiting = 0;

	s->strip[strip].done = to;
	if (single.from >= to || s->strip[strip].n == 0)
		return;
	strip_touch(s->bufs, strip, BLOCK_MAX);
	if (b->from != single.from)
		play(s, b);
	b->from = single.from;
	b->to = to;
	for (uint32_t i = s->strip[strip].first; i != VOICE_NONE; i = next) {
		next = s->link[i].next;
		if (s->link[i].n_lanes) {
			s->waiting[n_waiting++] = i;
			continue;
		}
		join(&single, &s->voice[i]);
		if (single.n == KERNEL_LANES)
			play(s, &single);
	}
	play(s, &single);
	for (uint32_t k = 0; k < n_waiting; k++) {
		uint32_t i = s->waiting[k];

		if (b->n_lanes + s->link[i].n_lanes > KERNEL_LANES)
			play(s, b);
		b->n_lanes += s->link[i].n_lanes;
		join(b, &s->voice[i]);
	}
}

void sampler_advance(struct sampler *s, uint32_t strip, uint32_t to) MOS_RT
{
	struct batch b = {.n = 0};

	if (!s->bufs || s->strip[strip].done >= to)
		return;
	collect(s, &b, strip, to);
	play(s, &b);
}

void sampler_advance_all(struct sampler *s, uint32_t to) MOS_RT
{
	struct batch b = {.n = 0};

	for (uint64_t m = s->sounding; m; m &= m - 1)
		collect(s, &b, (uint32_t)__builtin_ctzll(m), to);
	play(s, &b);
}
