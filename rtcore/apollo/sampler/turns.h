/* SPDX-License-Identifier: MIT */
/**
 * Short loops laid out turn after turn, so that a voice reads a few control periods in a row before it goes back. Made by
 * the loader thread with the sampler; read by the audio thread.
 */
#ifndef SAMPLER_TURNS_H
#define SAMPLER_TURNS_H

#include "voice.h"

/** A loop, from its first frame on. Readable KERNEL_OVER words behind the last. */
struct turns {
	const int16_t *data[2]; /**< of each channel */
	uint32_t n_frames;
};

/** Loops of zones, while they are collected: the same one is laid out once. */
struct turns_maker;

/** Loader thread. @return NULL: no memory. */
struct turns_maker *turns_begin(void);
/** Of a voice that has its place in its sample. @return its number in sampler.turns; 0: it reads its sample as it lies. */
uint16_t turns_of(struct turns_maker *m, const struct voice *v);
/** The maker is freed, also on failure. @return 0, -ENOMEM. */
int turns_end(struct turns_maker *m, struct sampler *s);
void turns_destroy(struct sampler *s);

/**
 * It reads its loop, which has no end and lies in memory, from here on, and has come back from turns long past.
 * @return 0: not yet.
 */
static inline int turns_sit(const struct sampler *s, struct voice *v) MOS_RT
{
	const struct turns *t = &s->turns[v->turns];
	uint32_t first = (uint32_t)(v->pos >> 32) - KERNEL_TAPS_MAX / 2, way = v->loop_end - v->loop_start, phase;

	if (!v->turns || v->stream != STREAM_NONE || !v->is_looping || v->loop_limit != VOICE_NEVER || first < v->loop_start ||
		first >= VOICE_FAR)
		return 0;
	phase = (first - v->loop_start) % way;
	v->pos -= (uint64_t)(first - v->loop_start - phase) << 32;
	v->pos += (uint64_t)(first >= v->loop_end ? way : 0) << 32;
	first = (uint32_t)(v->pos >> 32) - KERNEL_TAPS_MAX / 2;
	for (uint32_t c = 0; c < 2; c++)
		v->span[c] = t->data[c] + phase;
	v->span_from = first;
	v->span_end = first + t->n_frames - phase;
	return 1;
}

#endif
