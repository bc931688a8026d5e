/* SPDX-License-Identifier: MIT */
/* What clips sound like: frames from memory or the stream, interpolated, with a gain that moves. */
#include "clip_priv.h"

#include <string.h>

#define INTERP KERNEL_SINC8
#define TAPS KERNEL_TAPS_MAX
#define BEFORE (TAPS / 2 - 1) /* frames of the window before the position */
#define ONE (INT64_C(1) << 32)

/* Frame of the file, and how many follow it before the loop jumps back or the file ends (0: it has ended). */
static uint32_t map(const struct clip *clip, uint32_t at, uint32_t *ret_run) MOS_RT
{
	const uint32_t end = clip->sample->n_frames;

	if (at >= end && clip->loop_end)
		at = clip->offset + (at - clip->offset) % (end - clip->offset);
	*ret_run = at < end ? end - at : 0;
	return at;
}

/* The piece of memory with frame `at`, or NULL: then *ret_n (frames wanted) ends where the next one begins.
 */
static const struct sample_extent *resident(const struct clip *clip, uint32_t at, uint32_t *ret_n) MOS_RT
{
	const struct sample *s = clip->sample;

	for (uint32_t i = 0; i < s->n_extents; i++) {
		const struct sample_extent *e = &s->extent[i];

		if (at >= e->end)
			continue;
		const uint32_t run = at >= e->first ? e->end - at : e->first - at;
		*ret_n = *ret_n < run ? *ret_n : run;
		return at >= e->first ? e : NULL;
	}
	return NULL;
}

static uint32_t fetch_run(struct clips *c, const struct clip *clip, uint32_t virtual, uint32_t at, uint32_t n,
	float *const out[2]) MOS_RT
{
	const int is_stereo = clip->sample->n_channels > 1;
	const struct sample_extent *e = resident(clip, at, &n);
	uint32_t got = 0;

	for (int i = 0; e && i <= is_stereo; i++) {
		if (clip->sample->format == SAMPLE_F32)
			memcpy(out[i], (const float *)e->data[i] + (at - e->first), n * sizeof(float));
		else
			c->kernel->from_s16((const int16_t *)e->data[i] + (at - e->first), out[i], n);
	}
	if (e)
		return n;
	if (clip->stream != STREAM_NONE)
		got = stream_read(c->streams, clip->stream, virtual, out[0], is_stereo ? out[1] : NULL, n);
	for (int i = 0; got == 0 && i <= is_stereo; i++)
		memset(out[i], 0, n * sizeof(float));
	return got ? got : n;
}

/* n virtual frames from `from` on; silence before the file and behind it. */
static void fetch(struct clips *c, const struct clip *clip, int64_t from, uint32_t n) MOS_RT
{
	uint32_t done = from < 0 ? (uint32_t)(-from < n ? -from : n) : 0, run;

	memset(c->window[0], 0, done * sizeof(float));
	memset(c->window[1], 0, done * sizeof(float));
	while (done < n) {
		const uint32_t virtual = (uint32_t)(from + done), at = map(clip, virtual, &run);
		float *const out[2] = {c->window[0] + done, c->window[1] + done};

		if (run == 0) {
			memset(out[0], 0, (n - done) * sizeof(float));
			memset(out[1], 0, (n - done) * sizeof(float));
			return;
		}
		done += fetch_run(c, clip, virtual, at, run < n - done ? run : n - done, out);
	}
}

void clip_leave_stream(struct clips *c, struct clip *clip) MOS_RT
{
	if (clip->stream != STREAM_NONE)
		stream_close(c->streams, clip->stream);
	clip->stream = STREAM_NONE;
}

/* First virtual frame from `from` on that is not in memory; `end` where all are. */
static uint32_t first_on_disk(const struct clip *clip, uint32_t from, uint32_t end) MOS_RT
{
	while (from < end) {
		uint32_t run, n = end - from;
		const uint32_t at = map(clip, from, &run);

		if (run == 0)
			return end;
		n = n < run ? n : run;
		if (!resident(clip, at, &n))
			return from;
		from += n;
	}
	return end;
}

/* The stream is open, and has all up to `end`. */
static int is_there(struct clips *c, struct clip *clip, uint32_t from, uint32_t end) MOS_RT
{
	const uint32_t last = clip->loop_end || end < clip->sample->n_frames ? end : clip->sample->n_frames;
	const uint32_t first = first_on_disk(clip, from, last);

	return first >= last ||
	       (clip->stream != STREAM_NONE && stream_ready(c->streams, clip->stream, first) >= last - first);
}

/* A stream from `from` on, from the first frame that is not in memory. */
static uint32_t open_at(struct clips *c, const struct clip *clip, uint32_t from) MOS_RT
{
	/* One turn of a loop is as long as the file. */
	const uint32_t first = first_on_disk(clip, from, from + clip->sample->n_frames);

	if (clip->sample->source == BANK_NONE || (!clip->loop_end && first >= clip->sample->n_frames))
		return STREAM_NONE;
	return stream_open(c->streams, clip->sample, first, clip->loop_end ? clip->offset : 0, clip->loop_end,
		(uint64_t)clip->inc);
}

static uint32_t window_start(int64_t pos) MOS_RT
{
	const int64_t first = (pos >> 32) - BEFORE;

	return first < 0 ? 0 : (uint32_t)first;
}

void clip_foresee(struct clips *c, struct clip *clip, int64_t pos) MOS_RT
{
	if (clip->foreseen != STREAM_NONE && clip->foreseen_pos == pos)
		return;
	clip_forget(c, clip);
	clip->foreseen_pos = pos;
	if (pos >> 32 < CLIP_VIRTUAL_MAX && (clip->loop_end || pos >> 32 < clip->sample->n_frames))
		clip->foreseen = open_at(c, clip, window_start(pos));
}

void clip_forget(struct clips *c, struct clip *clip) MOS_RT
{
	if (clip->foreseen != STREAM_NONE)
		stream_close(c->streams, clip->foreseen);
	clip->foreseen = STREAM_NONE;
}

void clip_arrive(struct clips *c, struct clip *clip) MOS_RT
{
	clip_leave_stream(c, clip);
	/* A wrap is past the loop's start by less than a frame of the engine. */
	if (clip->foreseen == STREAM_NONE || clip->pos < clip->foreseen_pos ||
		clip->pos - clip->foreseen_pos > clip->inc + ONE)
		return;
	clip->stream = clip->foreseen;
	clip->stream_inc = 0; /* whatever it was opened with */
	clip->foreseen = STREAM_NONE;
}

void clip_prepare(struct clips *c, struct clip *clip) MOS_RT
{
	const uint32_t from = window_start(clip->pos + (int64_t)clip->from * clip->inc);
	const uint32_t span = (uint32_t)(((int64_t)(clip->to - clip->from) * clip->inc) >> 32) + TAPS + 2;
	int is_now, is_next;

	if (clip->stream == STREAM_NONE) {
		clip->stream = open_at(c, clip, from);
		clip->stream_inc = (uint64_t)clip->inc;
	}
	if (clip->stream != STREAM_NONE && clip->stream_inc != (uint64_t)clip->inc) {
		clip->stream_inc = (uint64_t)clip->inc;
		stream_speed(c->streams, clip->stream, clip->stream_inc);
	}
	if (clip->stream != STREAM_NONE) /* or what lies in memory, as a loop's beginning, would stay in its ring */
		stream_pass(c->streams, clip->stream, from);
	is_now = is_there(c, clip, from, from + span);
	is_next = is_now && is_there(c, clip, from, from + 2 * span);
	c->late += !is_next && !clip->is_late;
	clip->is_late = !is_next;
	if (!is_now) { /* not even enough to fade */
		clip_cut(c, clip, /* killed= */ 0);
		clip->is_sounding = 1;
		return;
	}
	clip->gain_at = clip->gain_to;
	clip->gain_to = is_next ? clip->gain : 0;
}

void clip_sound(struct clips *c, struct clip *clip, uint32_t first, uint32_t n, struct strip_bufs *bufs,
	uint32_t offset, uint32_t n_frames) MOS_RT
{
	const uint32_t strip = clip->request.strip;
	const int is_stereo = clip->sample->n_channels > 1;
	float *const out[2] = {bufs->l[strip], bufs->r[strip]};
	uint32_t skip = clip->from > first ? clip->from - first : 0,
		 end = first + n < clip->to ? first + n : clip->to;

	if (!clip->is_sounding || first + skip >= end || (clip->gain_at <= 0 && clip->gain_to <= 0))
		return;
	first += skip;
	offset += skip;
	n = end - first;
	const float step = (clip->gain_to - clip->gain_at) / (float)c->len;
	const int64_t pos = clip->pos + (int64_t)first * clip->inc;
	const uint64_t frac = (uint64_t)pos & UINT32_MAX;
	const int is_copy = clip->inc == ONE && frac == 0;

	strip_touch(bufs, strip, n_frames);
	fetch(c, clip, (pos >> 32) - BEFORE,
		(uint32_t)((frac + (uint64_t)(n - 1) * (uint64_t)clip->inc) >> 32) + TAPS);
	for (int i = 0; i < 2; i++) {
		const float *x = c->sound;

		if (i == 0 || is_stereo) {
			if (!is_copy)
				c->kernel->interp[INTERP](
					c->window[i], frac, (uint64_t)clip->inc, c->sound, n);
			else
				memcpy(c->sound, c->window[i] + BEFORE, n * sizeof(float));
		}
		c->kernel->mix(x, n, first, clip->gain_at, step, out[i] + offset);
		clip->last[i] = x[n - 1] * (clip->gain_at + step * (float)(first + n - 1));
	}
	if (end == clip->to && clip->to < c->len) {
		clip_cut(c, clip, /* killed= */ 0);
		clip_leave_stream(c, clip);
	}
}
