/* SPDX-License-Identifier: MIT */
/* Standard MIDI File, format 1, to the byte of tritone.md 10. */
#include "events.h"

#include "smf_write.h"
#include "ticks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_OFF = 0x80, NOTE_ON = 0x90, PROGRAM = 0xc0 };

/** A message of a track; the order of its members is the order in the file. */
struct message {
	uint32_t tick;
	uint8_t is_on;
	uint8_t channel, note, velocity;
};

static int in_order(const void *left, const void *right)
{
	const struct message *a = left;
	const struct message *b = right;

	if (a->tick != b->tick)
		return a->tick < b->tick ? -1 : 1;
	if (a->is_on != b->is_on)
		return a->is_on - b->is_on;
	if (a->note != b->note)
		return a->note - b->note;
	if (a->channel != b->channel)
		return a->channel - b->channel;
	return a->velocity - b->velocity;
}

static void put_tempo(struct band_buffer *b, uint32_t delta, double bpm)
{
	const uint32_t us = (uint32_t)lrint(60e6 / bpm);
	const uint8_t bytes[3] = {(uint8_t)(us >> 16), (uint8_t)(us >> 8), (uint8_t)us};

	band_smf_put_meta(b, delta, 0x51, bytes, sizeof(bytes));
}

static void put_text_meta(struct band_buffer *b, const char *name, const char *value)
{
	char text[160];
	const size_t n_name = strlen(name);
	const size_t n_value = strlen(value);

	memcpy(text, name, n_name);
	memcpy(text + n_name, value, n_value);
	band_smf_put_meta(b, 0, 0x01, text, (uint32_t)(n_name + n_value));
}

/** Tempo and meter, before anything else; then where the tempo changes. */
static int put_conductor(
	struct band_buffer *b, const struct band_ctx *ctx, const struct band_smf_options *options)
{
	const struct band_plan *plan = ctx->plan;
	const uint8_t meter[4] = {
		(uint8_t)ctx->in->meter_num, (uint8_t)__builtin_ctz(ctx->in->meter_den), 24, 8};
	const size_t start = band_smf_open_track(b);
	double tempo = plan->n_bars ? plan->bar[0].tempo_bpm : ctx->in->tempo_bpm;
	uint32_t at = 0;

	put_tempo(b, 0, tempo);
	band_smf_put_meta(b, 0, 0x58, meter, sizeof(meter));
	if (options->metadata) {
		char digest[65];
		const int r = band_inputs_digest(ctx->in, digest);

		if (r < 0)
			return r;
		put_text_meta(b, "midi_runtime_contract=", MOS_MIDI_RUNTIME_CONTRACT);
		put_text_meta(b, "inputs_sha256=", digest);
	}
	for (uint32_t i = 1; i < plan->n_bars; i++) {
		const uint32_t tick = (uint32_t)nearbyint(i * band_bar_beats(ctx->in) * BAND_FILE_PPQ);

		if (plan->bar[i].tempo_bpm == tempo)
			continue;
		tempo = plan->bar[i].tempo_bpm;
		put_tempo(b, tick - at, tempo);
		at = tick;
	}
	band_smf_close_track(b, start);
	return 0;
}

/**
 * D-10: a key that sounds is let go where it is struck again. Struck twice at once, it sounds once.
 * @param ticked  Of one track, in order of time. @return how many are left.
 */
static uint32_t part_overlaps(struct band_ticked *ticked, uint32_t n)
{
	uint32_t last[16][128];
	uint32_t left = 0;

	memset(last, 0xff, sizeof(last));
	for (uint32_t i = 0; i < n; i++) {
		const struct band_ticked now = ticked[i];
		uint32_t *before = &last[now.channel][now.note];

		if (*before != UINT32_MAX && ticked[*before].start == now.start) {
			ticked[*before] = now;
			continue;
		}
		if (*before != UINT32_MAX && ticked[*before].end > now.start)
			ticked[*before].end = now.start;
		*before = left;
		ticked[left++] = now;
	}
	return left;
}

static int put_track(struct band_buffer *b, const char *name, uint32_t channel, uint32_t program,
	struct band_ticked *ticked, uint32_t n, bool no_overlap)
{
	if (no_overlap)
		n = part_overlaps(ticked, n);
	struct message *messages = calloc(n ? n : 1, 2 * sizeof(*messages));
	if (!messages)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct band_ticked *t = &ticked[i];

		messages[2 * i] = (struct message){t->start, 1, t->channel, t->note, t->velocity};
		messages[2 * i + 1] = (struct message){t->end, 0, t->channel, t->note, 0};
	}
	qsort(messages, (size_t)2 * n, sizeof(*messages), in_order);

	const size_t start = band_smf_open_track(b);
	uint32_t status = 0;
	uint32_t at = 0;
	band_smf_put_meta(b, 0, 0x03, name, (uint32_t)strlen(name));
	band_smf_put_delta(b, 0);
	band_put_byte(b, PROGRAM | channel);
	band_put_byte(b, program);
	for (uint32_t i = 0; i < 2 * n; i++) {
		const struct message *m = &messages[i];
		const uint32_t now = (m->is_on ? NOTE_ON : NOTE_OFF) | m->channel;

		band_smf_put_delta(b, m->tick - at);
		if (now != status)
			band_put_byte(b, now);
		band_put_byte(b, m->note);
		band_put_byte(b, m->velocity);
		status = now;
		at = m->tick;
	}
	band_smf_close_track(b, start);
	free(messages);
	return 0;
}

int band_smf(const struct band_ctx *ctx, const struct band_events *events,
	const struct band_smf_options *options, struct band_bytes *ret)
{
	static const struct {
		const char *name;
		uint8_t channel;
	} tracks[BAND_N_PARTS] = {{"Comping", 0}, {"Bass", 1}, {"Drums", 9}};
	const double beats = ctx->plan->n_bars * band_bar_beats(ctx->in);
	struct band_buffer b = {};
	uint32_t n[BAND_N_PARTS] = {};

	int r = band_check(ctx, events, BAND_PRE_WRITE);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < events->n_events; i++) {
		const struct band_event *e = &events->event[i];

		if (e->at_beats + e->len_beats > (double)BAND_FILE_TICK_MAX / BAND_FILE_PPQ)
			return band_error(ctx->report, "band.contract.events",
				band_stage_name(BAND_PRE_WRITE), "event %u is later than a file can say", i);
		n[e->part]++;
	}
	if (beats > (double)BAND_FILE_TICK_MAX / BAND_FILE_PPQ)
		return band_error(ctx->report, "band.contract.events", band_stage_name(BAND_PRE_WRITE),
			"longer than a file can be");
	struct band_ticked *ticked = band_ticked(events);
	if (!ticked)
		return -ENOMEM;

	const bool drums = n[BAND_DRUMS] > 0;
	band_put_text(&b, "MThd");
	band_smf_put_be(&b, 6, 4);
	band_smf_put_be(&b, 1, 2);
	band_smf_put_be(&b, drums ? 4 : 3, 2);
	band_smf_put_be(&b, BAND_FILE_PPQ, 2);
	r = put_conductor(&b, ctx, options);
	struct band_ticked *from = ticked;
	for (uint32_t part = 0; r == 0 && part < (drums ? BAND_N_PARTS : BAND_DRUMS); part++) {
		const bool as_reference = options->reference_bass && part == BAND_BASS;

		r = put_track(&b, tracks[part].name, as_reference ? 0 : tracks[part].channel,
			ctx->in->style->program[part], from, n[part], options->no_overlap);
		from += n[part];
	}
	free(ticked);
	if (r == 0 && b.failed)
		r = -ENOMEM;
	if (r < 0) {
		free(b.byte);
		return r;
	}
	*ret = (struct band_bytes){.byte = b.byte, .size = b.size};
	return 0;
}
