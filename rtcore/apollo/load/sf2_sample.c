/* SPDX-License-Identifier: MIT */
/* Samples: which stretch of the file, and what a zone plays of it. */
#include "sf2.h"

#include <errno.h>
#include <stdio.h>

#define TYPE_VORBIS 0x10u /* SF3 */
#define TYPE_ROM 0x8000u
#define MIN_FRAMES 4u
#define MIN_LOOP 2u
#define MIN_RATE_HZ 400u
#define MAX_RATE_HZ 192000u

struct header {
	uint32_t start, end, loop_start, loop_end, rate_hz, type;
};

static struct header read_header(const uint8_t *p)
{
	return (struct header){.start = sf2_u32(p + 20),
		.end = sf2_u32(p + 24),
		.loop_start = sf2_u32(p + 28),
		.loop_end = sf2_u32(p + 32),
		.rate_hz = sf2_u32(p + 36),
		.type = sf2_u16(p + 44)};
}

static const char *check(const struct sf2 *s, const struct header *h)
{
	const uint32_t unit = h->type & TYPE_VORBIS ? 1 : 2;

	if (h->type & TYPE_ROM)
		return "is in the ROM of a sound card";
	if (h->start >= h->end || h->end > s->smpl_bytes / unit)
		return "is not within the sample data";
	if (h->end - h->start < MIN_FRAMES)
		return "is too short";
	return NULL;
}

/* The nearest practical one, as section 7.10 asks. */
static uint32_t rate_of(const struct header *h)
{
	if (h->rate_hz == 0)
		return 44100;
	return h->rate_hz < MIN_RATE_HZ ? MIN_RATE_HZ : h->rate_hz > MAX_RATE_HZ ? MAX_RATE_HZ : h->rate_hz;
}

static struct store_part part_of(const struct sf2 *s, const struct header *h)
{
	const int is_vorbis = (h->type & TYPE_VORBIS) != 0;
	const uint64_t unit = is_vorbis ? 1 : 2;

	return (struct store_part){.path = s->path,
		.offset = s->smpl_at + h->start * unit,
		.n_bytes = (h->end - h->start) * unit,
		.offset24 = s->sm24_at && !is_vorbis ? s->sm24_at + h->start : 0,
		.format = is_vorbis ? STORE_VORBIS : STORE_S16LE,
		.rate_hz = rate_of(h)};
}

/* Loops in frames of the sample; those of SF3 are that already. */
static void set_loop(struct sf2_sample *to, const struct header *h)
{
	const uint32_t from = h->type & TYPE_VORBIS ? 0 : h->start;

	to->loop_start = h->loop_start > from ? h->loop_start - from : 0;
	to->loop_end = h->loop_end > from ? h->loop_end - from : 0;
}

static int add(struct sf2 *s, uint32_t number, struct sf2_sample *to)
{
	const uint8_t *record = sf2_record(s, SHDR, number);
	const struct header h = read_header(record);
	const char *wrong = check(s, &h);
	char name[44], error[160] = "";
	struct store_part part;
	int r = wrong ? -EINVAL : 0;

	sf2_name(record, name);
	if (!wrong) {
		part = part_of(s, &h);
		r = store_set_part(s->build.set, &part, &to->number, error, sizeof(error));
	}
	if (r == -ENOMEM) {
		s->build.oom = 1;
		return r;
	}
	if (r < 0) {
		sf2_note(s, SHDR, number, "sample %s %s: not played", name,
			wrong ? wrong : "can't be decoded");
		return r;
	}
	to->n_frames = store_set_sample(s->build.set, to->number)->n_frames;
	set_loop(to, &h);
	to->root_key = record[40] <= 127 ? record[40] : 60;
	to->correction = (int8_t)record[41];
	return to->n_frames >= MIN_FRAMES ? 0 : -EINVAL;
}

const struct sf2_sample *sf2_sample(struct sf2 *s, uint32_t number)
{
	struct sf2_sample *to = &s->sample[number];

	if (to->state == SAMPLE_NEW)
		to->state = add(s, number, to) == 0 ? SAMPLE_READY : SAMPLE_BAD;
	return to->state == SAMPLE_READY ? to : NULL;
}

static uint32_t moved(uint32_t from, int32_t fine, int32_t coarse, uint32_t n_frames)
{
	const int64_t x = (int64_t)from + fine + (int64_t)coarse * 32768;

	return x < 0 ? 0 : x > n_frames ? n_frames : (uint32_t)x;
}

static void put_in_order(uint32_t *a, uint32_t *b)
{
	const uint32_t first = *a < *b ? *a : *b;

	*b = *a < *b ? *b : *a;
	*a = first;
}

int sf2_set_sample(struct zone *z, const struct sf2_sample *from, const int32_t value[SF2_GENS])
{
	const uint32_t n = from->n_frames;
	const int32_t mode = value[GEN_SAMPLE_MODES] & 3;

	z->sample = from->number;
	z->tune_cents = from->correction;
	z->root_key = from->root_key;
	if (value[GEN_ROOT_KEY] >= 0 && value[GEN_ROOT_KEY] <= 127)
		z->root_key = (int16_t)value[GEN_ROOT_KEY];
	z->start = moved(0, value[GEN_START], value[GEN_START_COARSE], n);
	z->end = moved(n, value[GEN_END], value[GEN_END_COARSE], n);
	put_in_order(&z->start, &z->end);
	z->loop_start = moved(from->loop_start, value[GEN_LOOP_START], value[GEN_LOOP_START_COARSE], n);
	z->loop_end = moved(from->loop_end, value[GEN_LOOP_END], value[GEN_LOOP_END_COARSE], n);
	put_in_order(&z->loop_start, &z->loop_end);
	z->loop = mode == 1 ? ZONE_LOOP_ALWAYS : mode == 3 ? ZONE_LOOP_UNTIL_RELEASE : ZONE_LOOP_NONE;
	if (z->loop_end < z->loop_start + MIN_LOOP || z->loop_end <= z->start)
		z->loop = ZONE_LOOP_NONE;
	if (z->loop == ZONE_LOOP_NONE)
		z->loop_start = z->loop_end = 0;
	return z->start < z->end ? 0 : -1;
}
