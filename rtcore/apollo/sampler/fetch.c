/* SPDX-License-Identifier: MIT */
/* Samples into a window: from memory, loop after loop, or from the voice's stream. */
#include "voice.h"

#include <string.h>

/* Frame of the sample, and how many follow it before the loop jumps back or the sample ends. */
static uint32_t map(const struct voice *v, uint32_t virtual, uint32_t *ret_run) MOS_RT
{
	uint32_t end = v->zone->end, at;

	if (!v->is_looping || virtual < v->loop_end) {
		*ret_run = (v->is_looping ? v->loop_end : end) - virtual;
		return virtual;
	}
	if (virtual >= v->loop_limit) { /* enough turns: on to the end */
		at = v->loop_end + (virtual - v->loop_limit);
		*ret_run = at < end ? end - at : 0;
		return at;
	}
	at = v->loop_start + (virtual - v->loop_start) % (v->loop_end - v->loop_start);
	*ret_run = v->loop_end - at;
	if (*ret_run > v->loop_limit - virtual)
		*ret_run = v->loop_limit - virtual;
	return at;
}

static void convert(const struct sampler *s, const struct voice *v, const struct sample_extent *e,
	uint32_t at, uint32_t n, float *const out[2]) MOS_RT
{
	for (uint32_t c = 0; c <= v->is_stereo; c++) {
		if (v->sample->format == SAMPLE_F32)
			memcpy(out[c], (const float *)e->data[c] + (at - e->first), n * sizeof(float));
		else
			s->kernel->from_s16((const int16_t *)e->data[c] + (at - e->first), out[c], n);
	}
}

static void silence(const struct voice *v, float *const out[2], uint32_t n) MOS_RT
{
	for (uint32_t c = 0; c <= v->is_stereo; c++)
		memset(out[c], 0, n * sizeof(float));
}

/* Frames at..at + n of the sample (virtual frame `virtual` on), from memory or the stream. @return how many
 * of n. */
static uint32_t fetch_run(const struct sampler *s, const struct voice *v, uint32_t virtual, uint32_t at,
	uint32_t n, float *const out[2]) MOS_RT
{
	const struct sample *a = v->sample;
	uint32_t got = 0;

	for (uint32_t i = 0; i < a->n_extents; i++) {
		const struct sample_extent *e = &a->extent[i];

		if (at >= e->end)
			continue;
		if (at >= e->first) {
			n = n < e->end - at ? n : e->end - at;
			convert(s, v, e, at, n, out);
			return n;
		}
		n = n < e->first - at ? n : e->first - at;
		break;
	}
	if (v->stream != STREAM_NONE)
		got = stream_read(s->streams, v->stream, virtual, out[0], v->is_stereo ? out[1] : NULL, n);
	if (got == 0) {
		silence(v, out, n);
		got = n;
	}
	return got;
}

/* A sample that is played backwards lies in memory as a whole. */
static void fetch_reverse(const struct voice *v, int64_t from, uint32_t n, float *const out[2]) MOS_RT
{
	const struct sample_extent *e = &v->sample->extent[0];

	for (uint32_t c = 0; c <= v->is_stereo; c++)
		for (uint32_t i = 0; i < n; i++) {
			int64_t at = (int64_t)v->zone->end - 1 - (from + i);

			if (at < 0 || at >= e->end || from + i < 0)
				out[c][i] = 0;
			else
				out[c][i] =
					v->sample->format == SAMPLE_F32
						? ((const float *)e->data[c])[at]
						: (float)((const int16_t *)e->data[c])[at] * (1.0f / 32768);
		}
}

/* Short loops: as many whole turns as were fetched are copied on; one of a single frame takes few steps, too.
 */
static uint32_t repeat(const struct voice *v, uint32_t virtual, uint32_t done, uint32_t n, float *const w[2])
	MOS_RT
{
	uint32_t way = v->loop_end - v->loop_start, add = n - done, back;

	if (!v->is_looping || done < way || virtual < v->loop_end || virtual >= v->loop_limit)
		return 0;
	back = virtual - v->loop_start < done ? virtual - v->loop_start : done;
	back -= back % way;
	add = add < back ? add : back;
	add = add < v->loop_limit - virtual ? add : v->loop_limit - virtual;
	for (uint32_t c = 0; c <= v->is_stereo; c++)
		memcpy(w[c] + done, w[c] + done - back, add * sizeof(float));
	return add;
}

void fetch(const struct sampler *s, const struct voice *v, int64_t from, uint32_t n, float *const w[2]) MOS_RT
{
	uint32_t done = 0, run, at, m;

	if (v->zone->is_reverse) {
		fetch_reverse(v, from, n, w);
		return;
	}
	if (from < 0) {
		done = (uint32_t)-from < n ? (uint32_t)-from : n;
		silence(v, w, done);
	}
	while (done < n) {
		uint32_t virtual = (uint32_t)(from + done);
		float *const out[2] = {w[0] + done, w[1] + done};

		m = repeat(v, virtual, done, n, w);
		if (m == 0) {
			if (v->end != VOICE_NEVER && virtual >= v->end) {
				silence(v, out, n - done);
				return;
			}
			at = map(v, virtual, &run);
			if (run == 0 || at >= v->sample->n_frames) {
				silence(v, out, n - done);
				return;
			}
			run = run < v->sample->n_frames - at ? run : v->sample->n_frames - at;
			m = fetch_run(s, v, virtual, at, run < n - done ? run : n - done, out);
		}
		done += m;
	}
}

/* The same for all frames from `from` on that lie in one piece. */
static void find(const struct sampler *s, struct voice *v, uint32_t from) MOS_RT
{
	const struct sample *a = v->sample;
	uint32_t run, at = map(v, from, &run);

	fetch_forget(v);
	if (v->end != VOICE_NEVER && run > v->end - from)
		run = from < v->end ? v->end - from : 0;
	if (at >= a->n_frames || run == 0)
		return;
	run = run < a->n_frames - at ? run : a->n_frames - at;
	for (uint32_t i = 0; i < a->n_extents; i++) {
		const struct sample_extent *e = &a->extent[i];

		if (at >= e->end)
			continue;
		if (at >= e->first) {
			for (uint32_t c = 0; c <= v->is_stereo; c++)
				v->span[c] = (const int16_t *)e->data[c] + (at - e->first);
			v->span_from = from;
			v->span_end = from + (run < e->end - at ? run : e->end - at);
			return;
		}
		run = run < e->first - at ? run : e->first - at;
		break;
	}
	if (v->stream == STREAM_NONE)
		return;
	at = stream_span(s->streams, v->stream, from, v->span);
	v->span_from = from;
	v->span_end = from + (at < run ? at : run);
}

int fetch_in_place(const struct sampler *s, struct voice *v, int64_t from, uint32_t n) MOS_RT
{
	if (from < 0 || v->inc >= (uint64_t)KERNEL_S16_SPEED << 32)
		return 0;
	if (from >= v->span_from && from + n <= v->span_end)
		return 1;
	if (v->sample->format != SAMPLE_S16 || v->zone->is_reverse)
		return 0;
	find(s, v, (uint32_t)from);
	return from + n <= v->span_end && v->span_end > v->span_from;
}

/* In pieces of eight: up to seven words more are read, and written. Of turns shorter than that they lie one over the other. */
static inline void copy_words(int16_t *to, const int16_t *from, uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < n; i += 8)
		memmove(to + i, from + i, 8 * sizeof(*to));
}

int fetch_turns(struct voice *v, int64_t from, uint32_t n, int16_t *const w[2]) MOS_RT
{
	const struct sample_extent *e = &v->sample->extent[v->sample->n_extents - 1];
	uint32_t way = v->loop_end - v->loop_start, at = (uint32_t)from, last, turn, done, m;

	static_assert(KERNEL_OVER >= 8);
	if (from < e->first || !v->is_looping || v->end != VOICE_NEVER || v->stream != STREAM_NONE ||
		v->sample->format != SAMPLE_S16 || e->first > v->loop_start || e->end < v->loop_end)
		return 0;
	if (at >= v->loop_end) {
		at -= way;
		if (at >= v->loop_end)
			at = v->loop_start + (at - v->loop_start) % way;
	}
	last = v->loop_end - at < n ? v->loop_end - at : n;
	turn = way < n - last ? way : n - last;
	for (uint32_t c = 0; c <= v->is_stereo; c++) {
		const int16_t *data = (const int16_t *)e->data[c] - e->first;

		copy_words(w[c], data + at, last);
		copy_words(w[c] + last, data + v->loop_start, turn);
		for (done = last + turn; done < n; done += m) { /* whole turns that are there */
			m = done - last < n - done ? done - last : n - done;
			copy_words(w[c] + done, w[c] + last, m);
		}
	}
	if (last < n) {
		fetch_forget(v);
		for (uint32_t c = 0; c <= v->is_stereo; c++)
			v->span[c] = (const int16_t *)e->data[c] + (v->loop_start - e->first);
		/* the turn that the next ones are in */
		v->span_from = (uint32_t)from + last + (n - last < way ? 0 : (n - last) / way * way);
		v->span_end = v->span_from + way;
	}
	return 1;
}

void fetch_ahead(const struct voice *v) MOS_RT
{
	uint32_t at = (uint32_t)(v->pos >> 32), run,
		 n = (uint32_t)((v->inc * SAMPLER_CONTROL) >> 32) + KERNEL_TAPS_MAX;
	const struct sample *a = v->sample;
	const struct sample_extent *e;

	if (!a)
		return;
	e = &a->extent[0];
	at = map(v, at, &run);
	if (at >= e->end && a->n_extents == 2)
		e = &a->extent[1];
	if (at < e->first || at >= e->end)
		return;
	for (uint32_t c = 0; c <= v->is_stereo; c++)
		warm((const char *)e->data[c] + (size_t)(at - e->first) * (a->format == SAMPLE_F32 ? 4 : 2),
			n * (a->format == SAMPLE_F32 ? 4 : 2) + 64);
}
