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

static void do_reads(const struct sampler *s, struct voice_work *w) MOS_RT
{
	s->kernel->interp_s16[s->interp](w->read, w->n_reads);
	w->n_reads = 0;
}

/* Samples that need not be copied before. */
static void sound_in_place(const struct sampler *s, struct voice_work *w, const struct voice *v, float *const x[2],
	uint32_t first, uint32_t n) MOS_RT
{
	uint64_t frac = v->pos & UINT32_MAX;

	if (w->n_reads + 2 > VOICE_READS)
		do_reads(s, w);
	for (uint32_t c = 0; c <= v->is_stereo; c++)
		w->read[w->n_reads++] = (struct kernel_read){
			.w = v->span[c] + (first - v->span_from), .pos = frac, .inc = v->inc, .y = x[c], .n = n};
}

static void do_job(const struct sampler *s, struct voice_work *w) MOS_RT
{
	const struct voice_job *j = &w->job;

	if (!j->n)
		return;
	s->kernel->interp[s->interp](w->window[j->window][0], j->frac, j->inc, j->x[0], j->n);
	if (j->x[1])
		s->kernel->interp[s->interp](w->window[j->window][1], j->frac, j->inc, j->x[1], j->n);
	w->job.n = 0;
}

/*
 * The voice's next n samples, before filters and gain. They are fetched now and computed when the next ones
 * are fetched: a window that has just been written could not be read without waiting.
 */
static void sound(struct sampler *s, struct voice_work *w, struct voice *v, float *x0, float *x1, uint32_t n) MOS_RT
{
	uint32_t taps = kernel_taps((enum kernel_interp)s->interp), frames, window = !w->job.window;
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
		sound_in_place(s, w, v, (float *[2]){x0, x1}, (uint32_t)first, n);
		v->pos += v->inc * n;
		return;
	}
	if (v->stream != STREAM_NONE && w->n_reads)
		do_reads(s, w); /* reading on gives up frames of the ring, which an earlier piece may still read in place */
	fetch(s, v, first, frames, w->window[window]);
	do_job(s, w);
	w->job = (struct voice_job){
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
static int prepare(struct sampler *s, struct voice_work *w, struct voice *v, uint32_t lane, uint32_t from, uint32_t m,
	uint32_t grid) MOS_RT
{
	float *x0 = w->x[2 * lane], *x1 = w->x[2 * lane + 1];
	uint32_t o = 0, cut, next, last;
	int alive = 1;

	w->n_pieces[lane] = 0;
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
		sound(s, w, v, x0 + o, x1 + o, cut);
		w->piece[lane][w->n_pieces[lane]++] = (struct voice_piece){.at = (uint8_t)o,
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
static void filter(const struct sampler *s, const struct voice_work *w, struct voice *const voice[], uint32_t n,
	uint32_t k, uint32_t m) MOS_RT
{
	struct kernel_lane lane[KERNEL_LANES];
	uint32_t deepest = 0, n_lanes;

	for (uint32_t i = 0; i < n; i++)
		deepest = voice[i]->n_sections > deepest ? voice[i]->n_sections : deepest;
	for (uint32_t j = 0; j < deepest; j++) {
		n_lanes = 0;
		for (uint32_t moves = 0; moves < 2; moves++)
			for (uint32_t i = 0; i < n; i++) {
				if (voice[i]->n_sections <= j || w->n_pieces[i] == 0 ||
					voice[i]->filter_moves != moves)
					continue;
				for (uint32_t c = 0; c <= voice[i]->is_stereo; c++)
					lane[n_lanes++] = (struct kernel_lane){
						&voice[i]->section[j], w->x[2 * i + c], c};
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

static void mix(const struct sampler *s, const struct voice_work *w, const struct voice *v, uint32_t lane, float *l,
	float *r, uint32_t m) MOS_RT
{
	float *x0 = w->x[2 * lane], *x1 = w->x[2 * lane + 1];

	if (v->is_stereo && w->n_pieces[lane])
		set_width(v, x0, x1, m);
	for (uint32_t i = 0; i < w->n_pieces[lane]; i++) {
		const struct voice_piece *p = &w->piece[lane][i];
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
static void mix_all(struct sampler *s, const struct voice_work *w, struct voice *const voice[], uint32_t n, uint32_t from,
	uint32_t m) MOS_RT
{
	struct kernel_gain g[KERNEL_LANES];
	uint32_t i = 0, strip, together, bus;
	float *l, *r;

	while (i < n) {
		strip = voice[i]->channel;
		bus = voice[i]->bus;
		l = (bus == BUS_NONE ? s->out[strip].l : s->sends.sum[bus].l) + from;
		r = (bus == BUS_NONE ? s->out[strip].r : s->sends.sum[bus].r) + from;
		for (together = 0; i < n; i++, together++) {
			const struct voice_piece *p = w->piece[i];

			if (voice[i]->channel != strip || voice[i]->bus != bus || voice[i]->is_stereo ||
				w->n_pieces[i] != 1 || p->len != m)
				break;
			g[together] = (struct kernel_gain){.gain = {p->gain[0], p->gain[1]},
				.step = {p->step[0], p->step[1]},
				.x = w->x[2 * i],
				.k = p->k};
		}
		if (together) {
			s->kernel->mix_voices(g, together, m, l, r);
		} else {
			mix(s, w, voice[i], i, l, r, m);
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

static void play(struct sampler *s, struct voice_work *w, struct batch *b) MOS_RT
{
	for (uint32_t from = b->from, m; from < b->to && b->n; from += m) {
		uint32_t grid = (uint32_t)((w->frame + from) % SAMPLER_CONTROL), over = 0, n = 0;

		m = least(SAMPLER_CONTROL - grid, b->to - from);
		for (uint32_t i = 0; i < AHEAD && i < b->n; i++)
			warm_more(b->voice[i]);
		for (uint32_t i = 0; i < b->n; i++) {
			if (i + AHEAD < b->n)
				warm_more(b->voice[i + AHEAD]);
			if (!prepare(s, w, b->voice[i], i, from, m, grid))
				over |= 1u << i;
		}
		do_job(s, w);
		do_reads(s, w);
		filter(s, w, b->voice, b->n, grid, m);
		mix_all(s, w, b->voice, b->n, from, m);
		for (uint32_t i = 0; i < b->n; i++)
			if (over >> i & 1)
				w->ended[w->n_ended++] = (uint32_t)(b->voice[i] - s->voice);
			else
				b->voice[n++] = b->voice[i];
		b->n = n;
	}
	b->n = b->n_lanes = 0;
}

/* Silence, to be added to. */
static void touch(struct sampler *s, uint32_t strip, uint32_t to) MOS_RT
{
	uint32_t made = s->strip[strip].made;

	memset(s->out[strip].l + made, 0, (to - made) * sizeof(float));
	memset(s->out[strip].r + made, 0, (to - made) * sizeof(float));
	s->strip[strip].made = to;
}

/*
 * A strip's voices from where it has come to. Those without a filter at once, then the others, which may
 * share a batch with those of other strips: so a strip's voices are added in the same order whatever sounds
 * beside it.
 */
static void collect(struct sampler *s, struct voice_work *w, struct batch *b, uint32_t strip, uint32_t to) MOS_RT
{
	struct batch single = {.from = s->strip[strip].done, .to = to};
	uint32_t next, n_waiting = 0;

	s->strip[strip].done = to;
	if (single.from >= to || s->strip[strip].n == 0)
		return;
	touch(s, strip, to);
	if (b->from != single.from)
		play(s, w, b);
	b->from = single.from;
	b->to = to;
	for (uint32_t i = s->strip[strip].first; i != VOICE_NONE; i = next) {
		next = s->link[i].next;
		if (s->link[i].n_lanes) {
			w->waiting[n_waiting++] = i;
			continue;
		}
		join(&single, &s->voice[i]);
		if (single.n == KERNEL_LANES)
			play(s, w, &single);
	}
	play(s, w, &single);
	for (uint32_t k = 0; k < n_waiting; k++) {
		uint32_t i = w->waiting[k];

		if (b->n_lanes + s->link[i].n_lanes > KERNEL_LANES)
			play(s, w, b);
		b->n_lanes += s->link[i].n_lanes;
		join(b, &s->voice[i]);
	}
}

void render_strips(struct sampler *s, struct voice_work *w, uint64_t strips, uint32_t to) MOS_RT
{
	struct batch b = {.n = 0};

	for (; strips; strips &= strips - 1)
		collect(s, w, &b, (uint32_t)__builtin_ctzll(strips), to);
	play(s, w, &b);
}

void render_settle(struct sampler *s, const struct voice_work *w, uint32_t first, uint32_t n) MOS_RT
{
	for (uint32_t i = first; i < first + n; i++)
		voice_end(s, &s->voice[w->ended[i]]);
}

/* By the audio thread alone. */
static void advance(struct sampler *s, uint64_t strips, uint32_t to) MOS_RT
{
	struct voice_work *w = s->work[0];

	render_strips(s, w, strips & ~s->held, to);
	render_settle(s, w, 0, w->n_ended);
	w->n_ended = 0;
}

void sampler_advance(struct sampler *s, uint32_t strip, uint32_t to) MOS_RT
{
	if (s->bufs && !(s->held >> strip & 1) && s->strip[strip].done < to)
		advance(s, UINT64_C(1) << strip, to);
}

void sampler_advance_all(struct sampler *s, uint32_t to) MOS_RT
{
	advance(s, s->sounding, to);
}
