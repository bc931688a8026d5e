/* SPDX-License-Identifier: MIT */
#include "export.h"

#include <errno.h>
#include <string.h>

#include <mos/event.h>
#include <mos/meter.h>
#include <mos/tempo.h>

#include "envelope.h"
#include "hits.h"

#define DRUMS 9
#define NOTE_TICKS 60
#define TRACK_AT 14 /* after the header */
#define STRETCH 960

struct file {
	uint8_t *buf;
	size_t len;
	int full;
	int64_t tick; /* of the last event */
	struct {
		int64_t off_tick;
		uint8_t key;
	} sounding[METRO_HITS_MAX]; /* in order; all notes are of one length */
	uint32_t n_sounding;
};

static void put(struct file *f, const void *bytes, size_t n)
{
	if (f->len + n > EXPORT_SIZE_MAX) {
		f->full = 1;
		return;
	}
	memcpy(f->buf + f->len, bytes, n);
	f->len += n;
}

static void put_be(struct file *f, uint32_t number, uint32_t n_bytes)
{
	while (n_bytes--)
		put(f, &(uint8_t){(uint8_t)(number >> 8 * n_bytes)}, 1);
}

/* Ticks since the last event, as a variable-length quantity. */
static void put_delta(struct file *f, int64_t tick)
{
	const uint32_t delta = (uint32_t)(tick - f->tick);

	for (uint32_t shift = 28; shift; shift -= 7)
		if (delta >> shift)
			put(f, &(uint8_t){(uint8_t)(0x80 | (delta >> shift & 0x7f))}, 1);
	put(f, &(uint8_t){delta & 0x7f}, 1);
	f->tick = tick;
}

static void put_note(struct file *f, int64_t tick, uint8_t status, uint8_t key, uint8_t velocity)
{
	put_delta(f, tick);
	put(f, (uint8_t[]){status | DRUMS, key, velocity}, 3);
}

/* Notes that end until a tick; they come before what begins there. */
static void put_ends(struct file *f, int64_t until)
{
	uint32_t n = 0;

	for (; n < f->n_sounding && f->sounding[n].off_tick <= until; n++)
		put_note(f, f->sounding[n].off_tick, 0x80, f->sounding[n].key, 0);
	f->n_sounding -= n;
	memmove(&f->sounding[0], &f->sounding[n], f->n_sounding * sizeof(f->sounding[0]));
}

/* @return 0; -1 too many sound at once. */
static int put_hit(struct file *f, const struct metro_hit *hit)
{
	const uint8_t velocity = (uint8_t)(hit->velocity >> 9);

	put_ends(f, hit->tick);
	if (f->n_sounding == METRO_HITS_MAX)
		return -1;
	put_note(f, hit->tick, 0x90, hit->key, velocity ? velocity : 1);
	f->sounding[f->n_sounding].off_tick = hit->tick + NOTE_TICKS;
	f->sounding[f->n_sounding++].key = hit->key;
	return 0;
}

static void put_start(struct file *f, double bpm, uint16_t num, uint16_t den)
{
	uint64_t npq = MOS_NPQ_120;

	(void)mos_bpm_to_npq(bpm, &npq, NULL);
	put(f, "MThd", 4);
	put_be(f, 6, 4);
	put_be(f, 0, 2);
	put_be(f, 1, 2);
	put_be(f, MOS_PPQ, 2);
	put(f, "MTrk", 4);
	put_be(f, 0, 4); /* its length is put here at the end */
	put_delta(f, 0);
	put(f, "\xff\x51\x03", 3);
	put_be(f, (uint32_t)((npq + 500) / 1000), 3);
	put_delta(f, 0);
	put(f, "\xff\x58\x04", 3);
	put(f, (uint8_t[]){(uint8_t)num, (uint8_t)__builtin_ctz(den), 24, 8}, 4);
}

static void put_envelope(struct file *f, const struct metro_envelope *envelope)
{
	uint8_t cc[METRO_ENVELOPE_CCS][2];

	metro_envelope_ccs(envelope, cc);
	for (uint32_t i = 0; i < METRO_ENVELOPE_CCS; i++)
		put_note(f, 0, 0xb0, cc[i][0], cc[i][1]);
}

/* @return 0; -ENOSPC some found no room. */
static int put_hits(struct file *f, const struct metro_score *score)
{
	for (uint32_t i = 0; i < score->n_hits; i++)
		if (put_hit(f, &score->hit[i]) < 0)
			return -ENOSPC;
	return score->n_left_out ? -ENOSPC : 0;
}

/* @return its length; -ENOSPC. */
static int put_end(struct file *f, int64_t end)
{
	uint32_t length;

	put_ends(f, INT64_MAX);
	put_delta(f, f->tick > end ? f->tick : end);
	put(f, "\xff\x2f\x00", 3);
	if (f->full)
		return -ENOSPC;
	length = (uint32_t)(f->len - TRACK_AT - 8);
	for (uint32_t i = 0; i < 4; i++)
		f->buf[TRACK_AT + 4 + i] = (uint8_t)(length >> (24 - 8 * i));
	return (int)f->len;
}

int metro_export_midi(const struct metro_config *config, uint32_t bars, uint8_t *buf)
{
	struct file f = {.buf = buf};
	const int64_t measure = mos_meter_measure_ticks(config->now.num, config->now.den);
	const int64_t end = bars * measure;

	put_start(&f, config->bpm, config->now.num, config->now.den);
	if (!metro_envelope_is_neutral(&config->envelope))
		put_envelope(&f, &config->envelope);
	for (int64_t from = 0; from < end; from += STRETCH) {
		const struct metro_place place = {.measure_tick = from / measure * measure,
			.measure = (uint32_t)(from / measure),
			.num = config->now.num,
			.den = config->now.den};
		static struct metro_score score;

		score.n_hits = score.n_marks = score.n_left_out = 0;
		metro_hits(config, &place, from, from + STRETCH < end ? from + STRETCH : end, &score);
		if (put_hits(&f, &score) < 0)
			return -ENOSPC;
	}
	return put_end(&f, end);
}

int metro_export_spotlight(const struct spotlight *spot, uint8_t *buf)
{
	struct file f = {.buf = buf};
	const int64_t end = spotlight_ticks(spot);

	put_start(&f, spot->bpm, spot->num, spot->den);
	for (int64_t from = 0; from < end; from += STRETCH) {
		static struct metro_score score;

		score.n_hits = score.n_left_out = 0;
		spotlight_hits(spot, from, from + STRETCH, &score);
		if (put_hits(&f, &score) < 0)
			return -ENOSPC;
	}
	return put_end(&f, end);
}
