/* SPDX-License-Identifier: MIT */
/* Making voices sound: up to KERNEL_LANES voices of a strip at a time, from control point to control point.
 */
#include "voice.h"

#include <string.h>

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

	if (at < VOICE_FAR || !v->is_looping || v->loop_limit != VOICE_NEVER || v->stream != STREAM_NONE)
		return;
	at = v->loop_end + way + (at - v->loop_start) % way;
	fetch_forget(v);
	v->pos = (uint64_t)at << 32 | (v->pos & UINT32_MAX);
}

/* The same within a few turns: where it is in its loop is then found without a division. */
static inline void stay_near(struct voice *v) MOS_RT
{
	uint32_t way = v->loop_end - v->loop_start, at = (uint32_t)(v->pos >> 32);

	if (!v->is_looping || v->loop_limit != VOICE_NEVER || v->stream != STREAM_NONE || at < v->loop_end + 2 * way)
		return;
	fetch_forget(v);
	v->pos -= (uint64_t)((at - v->loop_end) / way * way) << 32;
}

static void do_reads(const struct sampler *s, struct voice_work *w) MOS_RT
{
	s->kernel->interp_s16[s->interp](w->read, w->n_reads);
	w->n_reads = w->n_words = 0;
}

/* Room for a voice's reads, and so many words; what goes on in place finds its own, a piece for each lane. */
static void make_room(const struct sampler *s, struct voice_work *w, uint32_t n_words) MOS_RT
{
	if (w->n_reads + 2 > VOICE_READS - 2 * KERNEL_LANES || w->n_words + n_words > VOICE_WORDS)
		do_reads(s, w);
}

/* The voice's next n samples, whose first words lie here. */
static inline void read_words(struct voice_work *w, struct voice *v, const int16_t *l, const int16_t *r, float *const x[2],
	uint32_t n) MOS_RT
{
	uint64_t frac = v->pos & UINT32_MAX;

	w->read[w->n_reads++] = (struct kernel_read){.w = l, .pos = frac, .inc = v->inc, .y = x[0], .n = n};
	if (v->is_stereo)
		w->read[w->n_reads++] = (struct kernel_read){.w = r, .pos = frac, .inc = v->inc, .y = x[1], .n = n};
	v->pos += v->inc * n;
}

/* Samples that need not be copied before. */
static inline void sound_in_place(struct voice_work *w, struct voice *v, float *const x[2], uint32_t first, uint32_t n) MOS_RT
{
	uint32_t at = first - v->span_from;

	/* Of one channel the second one is the first: nobody reads it. */
	read_words(w, v, v->span[0] + at, v->span[v->is_stereo] + at, x, n);
}

/* From the end of a loop to its beginning: the words are copied one behind the other. @return 0: not this one's. */
static int sound_turns(const struct sampler *s, struct voice_work *w, struct voice *v, float *const x[2], int64_t first,
	uint32_t frames, uint32_t n) MOS_RT
{
	uint32_t each = frames + KERNEL_OVER;
	int16_t *to[2];

	if (v->inc >= (uint64_t)KERNEL_S16_SPEED << 32)
		return 0;
	make_room(s, w, 2 * each);
	to[0] = w->words + w->n_words;
	to[1] = to[0] + each;
	if (!fetch_turns(v, first, frames, to))
		return 0;
	w->n_words += v->is_stereo ? 2 * each : each;
	read_words(w, v, to[0], to[1], x, n);
	return 1;
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
	if ((first < v->span_from || first + frames > v->span_end) &&
		sound_turns(s, w, v, (float *[2]){x0, x1}, first, frames, n))
		return;
	if (fetch_in_place(s, v, first, frames)) {
		make_room(s, w, 0);
		sound_in_place(w, v, (float *[2]){x0, x1}, (uint32_t)first, n);
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

/* At a control point: as if its last piece had taken the whole period, so that it goes on as the others do. */
static void round_off(struct voice *v) MOS_RT
{
	if (v->vol.left != VOICE_NEVER)
		v->vol.left += SAMPLER_CONTROL - v->k;
	v->k = SAMPLER_CONTROL;
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

/* A piece without a break, of a voice of one channel: with its neighbours at once. */
static void mix_whole(struct voice_work *w, const struct voice *v, uint32_t lane, uint32_t k) MOS_RT
{
	struct kernel_gain *g = &w->gain[lane];

	static_assert(offsetof(struct kernel_gain, step) == sizeof(v->gain) &&
		      offsetof(struct voice, step) == offsetof(struct voice, gain) + sizeof(v->gain));
	w->whole |= 1u << lane;
	memcpy(g->gain, v->gain, sizeof(v->gain) + sizeof(v->step));
	g->k = k;
}

/* Those whose coefficients move are put together, behind the others. */
static inline void filter_lanes(struct voice_work *w, struct voice *v, uint32_t lane) MOS_RT
{
	uint32_t moves = v->filter_moves != 0;
	struct kernel_lane *l = &w->filtered[moves][w->n_filtered[moves]];

	l[0] = (struct kernel_lane){&v->section[0], w->x[2 * lane], 0};
	if (v->is_stereo)
		l[1] = (struct kernel_lane){&v->section[0], w->x[2 * lane + 1], 1};
	w->n_filtered[moves] += 1u + v->is_stereo;
	w->deepest |= v->n_sections;
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
	if (alive && v->left == 0 && (grid + m) % SAMPLER_CONTROL == 0 && v->since == SAMPLER_CONTROL)
		round_off(v);
	if (o < m && v->n_sections) {
		memset(x0 + o, 0, (m - o) * sizeof(float));
		memset(x1 + o, 0, (m - o) * sizeof(float));
	}
	if (w->n_pieces[lane] == 1 && w->piece[lane][0].len == m && !v->is_stereo)
		mix_whole(w, v, lane, w->piece[lane][0].k);
	if (w->n_pieces[lane] && v->n_sections)
		filter_lanes(w, v, lane);
	return alive;
}

/* A control period of one that turns in a loop that is in memory. @return 0: it does not. */
static int sound_turning(const struct sampler *s, struct voice_work *w, struct voice *v, float *const x[2]) MOS_RT
{
	uint32_t taps = kernel_taps((enum kernel_interp)s->interp);
	uint32_t frames = (uint32_t)(((v->pos & UINT32_MAX) + (SAMPLER_CONTROL - 1) * v->inc) >> 32) + taps;

	if (v->end != VOICE_NEVER)
		return 0;
	stay_near(v);
	return sound_turns(s, w, v, x, (int64_t)(v->pos >> 32) - (taps / 2 - 1), frames, SAMPLER_CONTROL);
}

/* A control period of what lies here. */
static inline void read_on(struct kernel_read *r, const int16_t *w, uint64_t pos, uint64_t inc, float *y) MOS_RT
{
	r->w = w;
	r->pos = pos & UINT32_MAX;
	r->inc = inc;
	r->y = y;
	r->n = SAMPLER_CONTROL;
}

/*
 * Lanes of voices that go on, of a whole control period: all of it at once, where it lies in its span or from the end
 * of its loop to the beginning. This is what most voices need most of the time, so what it counts stays in registers.
 * @return bit per lane: it lies elsewhere, its piece has begun.
 */
static uint32_t prepare_on(struct sampler *s, struct voice_work *w, struct voice *const voice[], uint32_t n,
	uint32_t on) MOS_RT
{
	const uint32_t before = kernel_taps((enum kernel_interp)s->interp) / 2 - 1;
	struct kernel_lane *filtered[2] = {w->filtered[0], w->filtered[1]};
	struct kernel_read *read = &w->read[w->n_reads];
	uint32_t rest = 0, stereo = 0, deepest = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct voice *v = voice[i];
		float *x0 = w->x[2 * i];

		if (!(on >> i & 1))
			continue;
		w->gain[i].k = 0;
		if (voice_go_on(s, v, &w->gain[i])) {
			uint64_t pos = v->pos, inc = v->inc;
			uint32_t at = (uint32_t)(pos >> 32) - before - v->span_from;

			read_on(read++, v->span[0] + at, pos, inc, x0);
			if (RARELY(v->is_stereo))
				read_on(read++, v->span[1] + at, pos, inc, w->x[2 * i + 1]);
			v->pos = pos + inc * SAMPLER_CONTROL;
		} else {
			int is_turning;

			w->n_reads = (uint32_t)(read - w->read);
			is_turning = sound_turning(s, w, v, &w->x[2 * i]);
			read = &w->read[w->n_reads];
			if (!is_turning) {
				rest |= 1u << i;
				continue;
			}
		}
		if (v->n_sections) { /* in a batch mostly all have some, or none has */
			uint32_t moves = v->filter_moves;

			*filtered[moves]++ = (struct kernel_lane){&v->section[0], x0, 0};
			if (RARELY(v->is_stereo))
				*filtered[moves]++ = (struct kernel_lane){&v->section[0], w->x[2 * i + 1], 1};
			deepest |= v->n_sections;
		}
		if (RARELY(v->is_stereo))
			stereo |= 1u << i;
	}
	memset(w->n_pieces, 1, sizeof(w->n_pieces)); /* of the others they are still to be counted */
	for (uint32_t set = stereo; set; set &= set - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(set);
		const struct voice *v = voice[i];

		w->piece[i][0] = (struct voice_piece){.len = SAMPLER_CONTROL,
			.gain = {v->gain[0], v->gain[1]},
			.step = {v->step[0], v->step[1]}};
	}
	w->n_reads = (uint32_t)(read - w->read);
	for (uint32_t moves = 0; moves < 2; moves++)
		w->n_filtered[moves] = (uint32_t)(filtered[moves] - w->filtered[moves]);
	w->whole = on & ~rest & ~stereo;
	w->deepest = deepest;
	return rest;
}

/* All filters of these voices, section by section; their lanes are not more than there are. */
static void filter(const struct sampler *s, struct voice_work *w, struct voice *const voice[], uint32_t n,
	uint32_t k, uint32_t m) MOS_RT
{
	struct kernel_lane lane[KERNEL_LANES];
	uint32_t n_lanes;

	if (w->deepest == 0)
		return;
	for (uint32_t i = 0; i < w->n_filtered[1]; i++)
		w->filtered[0][w->n_filtered[0]++] = w->filtered[1][i];
	s->kernel->svf(w->filtered[0], w->n_filtered[0], k, m);
	for (uint32_t j = 1; j < w->deepest; j++) {
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

/* These lanes are added there, too. */
static void mix_to(struct voice_work *w, struct bus_sum *sum, uint32_t lanes) MOS_RT
{
	uint32_t at = 0;

	while (at < w->n_mixes && w->mix[at].sum != sum)
		at++;
	if (at == w->n_mixes) {
		w->mix[at].sum = sum;
		w->mix[at].lanes = 0;
		w->n_mixes++;
	}
	w->mix[at].lanes |= lanes;
}

/* Its channel and its bus. */
static uint32_t goes_to(const struct voice *v) MOS_RT
{
	uint16_t x;

	static_assert(offsetof(struct voice, bus) == offsetof(struct voice, channel) + 1);
	memcpy(&x, &v->channel, sizeof(x));
	return x;
}

/* Where lanes are added to: the buses of their voices, or their strips. Neighbours mostly have the same. */
static void share_out(struct sampler *s, struct voice_work *w, struct voice *const voice[], uint32_t n) MOS_RT
{
	w->n_mixes = 0;
	for (uint32_t i = 0, from; i < n;) {
		const struct voice *v = voice[i];
		uint32_t to = goes_to(v);

		for (from = i++; i < n && goes_to(voice[i]) == to; i++)
			;
		mix_to(w, v->bus != BUS_NONE && w->is_heard ? &s->sends.sum[v->bus] : &s->out[v->channel],
			(uint32_t)((UINT64_C(1) << i) - (UINT64_C(1) << from)));
	}
}

static void mix_together(const struct sampler *s, const struct voice_work *w, uint32_t lanes, float *l, float *r,
	uint32_t m) MOS_RT
{
	struct kernel_gain gain[KERNEL_LANES];
	uint32_t first = (uint32_t)__builtin_ctz(lanes), n = 0;

	if (((lanes >> first) & ((lanes >> first) + 1)) == 0) { /* side by side */
		s->kernel->mix_voices(&w->gain[first], 32 - (uint32_t)__builtin_clz(lanes) - first, m, l, r);
		return;
	}
	for (; lanes; lanes &= lanes - 1)
		gain[n++] = w->gain[__builtin_ctz(lanes)];
	s->kernel->mix_voices(gain, n, m, l, r);
}

/* What is added to one sum is so in order. */
static void mix_all(const struct sampler *s, const struct voice_work *w, struct voice *const voice[], uint32_t from,
	uint32_t m) MOS_RT
{
	for (uint32_t i = 0; i < w->n_mixes; i++) {
		float *l = w->mix[i].sum->l + from, *r = w->mix[i].sum->r + from;

		for (uint32_t rest = w->mix[i].lanes, run; rest; rest &= ~run) {
			uint32_t broken = rest & ~w->whole, first = (uint32_t)__builtin_ctz(rest);

			broken &= -broken;
			run = broken ? rest & (broken - 1) : rest;
			if (run) {
				mix_together(s, w, run, l, r, m);
			} else {
				mix(s, w, voice[first], first, l, r, m);
				run = broken;
			}
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

static void play(struct sampler *s, struct voice_work *w, struct batch *b) MOS_RT
{
	int is_shared_out = 0;

	for (uint32_t from = b->from, m; from < b->to && b->n; from += m) {
		uint32_t grid = (uint32_t)((w->frame + from) % SAMPLER_CONTROL), over = 0, n = 0, on = 0, rest = 0, others;

		m = least(SAMPLER_CONTROL - grid, b->to - from);
		if (m == SAMPLER_CONTROL)
			on = voices_go_on(s, b->voice, b->n);
		rest = prepare_on(s, w, b->voice, b->n, on);
		others = ~(on & ~rest) & (uint32_t)((UINT64_C(1) << b->n) - 1);
		for (uint32_t set = others; set; set &= set - 1) {
			uint32_t i = (uint32_t)__builtin_ctz(set);
			struct voice *v = b->voice[i];

			if (rest >> i & 1) {
				v->left = SAMPLER_CONTROL;
				v->k = 0;
			}
			if (!prepare(s, w, v, i, from, m, grid))
				over |= 1u << i;
		}
		do_job(s, w);
		do_reads(s, w);
		filter(s, w, b->voice, b->n, grid, m);
		if (!is_shared_out)
			share_out(s, w, b->voice, b->n);
		mix_all(s, w, b->voice, from, m);
		for (uint32_t i = 0; over && i < b->n; i++)
			if (over >> i & 1)
				w->ended[w->n_ended++] = (uint32_t)(b->voice[i] - s->voice);
			else
				b->voice[n++] = b->voice[i];
		b->n = over ? n : b->n;
		is_shared_out = !over;
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

/* Voices without a filter, and those with some. Who has none is added first. */
struct batches {
	struct batch plain, filtered;
};

static void play_both(struct sampler *s, struct voice_work *w, struct batches *b) MOS_RT
{
	play(s, w, &b->plain);
	play(s, w, &b->filtered);
}

/*
 * A strip's voices from where it has come to. They may share a batch with those of other strips, but those
 * without a filter are all played before the others: so a strip's voices are added in the same order whatever
 * sounds beside it.
 */
static void collect(struct sampler *s, struct voice_work *w, struct batches *b, uint32_t strip, uint32_t to) MOS_RT
{
	uint32_t from = s->strip[strip].done, n = s->strip[strip].n;
	struct voice_order order;

	s->strip[strip].done = to;
	if (from >= to || n == 0)
		return;
	touch(s, strip, to);
	if (b->plain.from != from)
		play_both(s, w, b);
	b->plain.from = b->filtered.from = from;
	b->plain.to = b->filtered.to = to;
	order = order_of(s, w, strip);
	for (uint32_t k = 0; k < order.n_plain; k++) {
		struct voice *v = &s->voice[order.plain[k]];

		warm_voice(v);
		b->plain.voice[b->plain.n++] = v;
		if (b->plain.n == KERNEL_LANES)
			play(s, w, &b->plain);
	}
	for (uint32_t k = 0; k < n - order.n_plain; k++) {
		uint32_t entry = *--order.waiting_end, n_lanes = entry >> ORDER_LANES;
		struct voice *v = &s->voice[order_voice(entry)];

		if (b->filtered.n_lanes + n_lanes > KERNEL_LANES)
			play_both(s, w, b);
		b->filtered.n_lanes += n_lanes;
		warm_voice(v);
		__builtin_prefetch(&v->section);
		b->filtered.voice[b->filtered.n++] = v;
	}
}

void render_strips(struct sampler *s, struct voice_work *w, uint64_t strips, uint32_t to) MOS_RT
{
	struct batches b = {.plain.n = 0, .filtered.n = 0};

	for (; strips; strips &= strips - 1)
		collect(s, w, &b, (uint32_t)__builtin_ctzll(strips), to);
	play_both(s, w, &b);
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
