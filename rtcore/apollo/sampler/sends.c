/* SPDX-License-Identifier: MIT */
#include "sends.h"

#include <string.h>

#define FADE_IN 64u /* frames */

static float share(float per_mille)
{
	return per_mille > 0 ? (per_mille < 1000 ? per_mille * 0.001f : 1.0f) : 0;
}

struct send send_of(float reverb, float chorus)
{
	struct send x = {share(reverb), share(chorus), 0};

	x.slot = (uint8_t)((uint32_t)(x.reverb * 1000 + 3 * x.chorus * 1000) % SEND_SLOTS);
	return x;
}

static int is_held(const struct sends *b, const struct bus *bus) MOS_RT
{
	return b->held >> bus->strip & 1;
}

static void clear(struct sends *b, uint32_t i) MOS_RT
{
	memset(b->sum[i].l, 0, sizeof(b->sum[i].l));
	memset(b->sum[i].r, 0, sizeof(b->sum[i].r));
	b->bus[i].is_used = 1;
}

void sends_begin(struct sends *b, uint32_t is_heard) MOS_RT
{
	b->is_heard = is_heard;
	for (uint32_t i = 0; i < b->n; i++) {
		b->bus[i].is_used = b->bus[i].n_voices > 0; /* the others are cleared when they are wanted again */
		if (!b->bus[i].is_used || !b->n_dirty || is_held(b, &b->bus[i]))
			continue;
		memset(b->sum[i].l, 0, b->n_dirty * sizeof(float));
		memset(b->sum[i].r, 0, b->n_dirty * sizeof(float));
	}
	b->n_dirty = 0;
}

void sends_clear(struct sends *b, uint32_t strip) MOS_RT
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->bus[i].is_used && b->bus[i].strip == strip)
			clear(b, i);
}

void sum_fade_in(struct bus_sum *sum, uint32_t n_frames) MOS_RT
{
	uint32_t n = n_frames < FADE_IN ? n_frames : FADE_IN;

	for (uint32_t i = 0; i < n; i++) {
		sum->l[i] *= (float)i / (float)n;
		sum->r[i] *= (float)i / (float)n;
	}
}

void sends_fade_in(struct sends *b, uint64_t strips, uint32_t n_frames) MOS_RT
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->bus[i].is_used && (strips >> b->bus[i].strip & 1))
			sum_fade_in(&b->sum[i], n_frames);
}

/* @return BUSES: none. There are no two of them. */
static uint32_t find(const struct sends *b, uint32_t strip, const struct send *x) MOS_RT
{
	if (sends_alike(&b->bus[b->last[strip][x->slot]], strip, x))
		return b->last[strip][x->slot];
	for (uint32_t i = 0; i < b->n; i++)
		if (sends_alike(&b->bus[i], strip, x))
			return i;
	return BUSES;
}

static int comes_before(const struct bus *a, const struct bus *b) MOS_RT
{
	if (a->strip != b->strip)
		return a->strip < b->strip;
	return a->reverb != b->reverb ? a->reverb < b->reverb : a->chorus < b->chorus;
}

/* One that is free gets a new meaning, and its place in the order. */
static uint32_t make(struct sends *b, uint32_t strip, const struct send *x) MOS_RT
{
	uint32_t i = 0, at = 0;

	while (i < b->n && b->bus[i].is_used)
		i++;
	if (i == BUSES)
		return BUSES;
	if (i == b->n)
		b->order[b->n++] = (uint8_t)i;
	b->bus[i].strip = (uint16_t)strip;
	b->bus[i].reverb = x->reverb;
	b->bus[i].chorus = x->chorus;
	clear(b, i);
	while (b->order[at] != i)
		at++;
	for (; at + 1 < b->n && comes_before(&b->bus[b->order[at + 1]], &b->bus[i]); at++)
		b->order[at] = b->order[at + 1];
	for (; at > 0 && comes_before(&b->bus[i], &b->bus[b->order[at - 1]]); at--)
		b->order[at] = b->order[at - 1];
	b->order[at] = (uint8_t)i;
	return i;
}

uint8_t sends_find(struct sends *b, uint32_t strip, const struct send *x) MOS_RT
{
	uint32_t i;

	if (!(x->reverb > 0 || x->chorus > 0))
		return BUS_NONE;
	i = find(b, strip, x);
	if ((i == BUSES || b->bus[i].n_voices == 0) && sends_are_full(b))
		return BUS_NONE;
	if (i == BUSES)
		i = make(b, strip, x);
	if (i == BUSES)
		return BUS_NONE;
	b->last[strip][x->slot] = (uint8_t)i;
	b->n_live += b->bus[i].n_voices == 0;
	b->bus[i].n_voices++;
	return (uint8_t)i;
}

void sends_give(struct sends *b, uint8_t bus) MOS_RT
{
	if (bus != BUS_NONE && --b->bus[bus].n_voices == 0)
		b->n_live--;
}

static void flush(const struct bus *bus, struct bus_sum *sum, const struct kernel *kernel, struct strip_bufs *bufs,
	uint32_t n_frames) MOS_RT
{
	float *l = bufs->l[bus->strip], *r = bufs->r[bus->strip];

	strip_touch(bufs, bus->strip, n_frames);
	kernel->mix(sum->l, n_frames, 0, 1, 0, l);
	kernel->mix(sum->r, n_frames, 0, 1, 0, r);
	if (bufs->n_sends < STRIP_SENDS_MAX)
		bufs->send[bufs->n_sends++] =
			(struct strip_send){sum->l, sum->r, bus->strip, bus->reverb, bus->chorus};
}

void sends_flush(struct sends *b, const struct kernel *kernel, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT
{
	if (!b->is_heard)
		return;
	b->n_dirty = n_frames;
	for (uint32_t i = 0; i < b->n; i++) {
		uint32_t at = b->order[i];

		if (b->bus[at].is_used && !is_held(b, &b->bus[at]))
			flush(&b->bus[at], &b->sum[at], kernel, bufs, n_frames);
	}
}
