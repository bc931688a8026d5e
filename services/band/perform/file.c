/* SPDX-License-Identifier: MIT */
/* A performance as a Standard MIDI File, in the form of tritone.md 10. */
#include "perform_private.h"

#include "buffer.h"
#include "smf_write.h"
#include "ticks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))
#define TO_FILE (MOS_PPQ / BAND_FILE_PPQ)

enum { TEXT = 0x01, TRACK_NAME = 0x03, TEMPO = 0x51, METER = 0x58 };

/** A message of a track; the order of its members is the order in the file. */
struct message {
	int64_t tick;
	uint8_t rank, track, data1, data2, status;
};

static int in_order(const void *left, const void *right)
{
	const struct message *a = left;
	const struct message *b = right;
	int order = ORDER(a->tick, b->tick);

	if (order == 0)
		order = ORDER(a->rank, b->rank);
	if (order == 0)
		order = ORDER(a->track, b->track);
	if (order == 0)
		order = ORDER(a->data1, b->data1);
	return order ? order : ORDER(a->data2, b->data2);
}

static int by_start(const void *left, const void *right)
{
	const struct perform_note *a = left;
	const struct perform_note *b = right;
	int order = ORDER(a->file_on, b->file_on);

	if (order == 0)
		order = ORDER(a->key, b->key);
	return order ? order : ORDER(a->file_off, b->file_off);
}

/** D-10: a key that sounds is let go where it is struck again. Struck twice at once, it sounds once. */
static uint32_t part_overlaps(struct perform_note *note, uint32_t n)
{
	uint32_t last[128];
	uint32_t left = 0;

	memset(last, 0xff, sizeof(last));
	for (uint32_t i = 0; i < n; i++) {
		const struct perform_note now = note[i];
		uint32_t *before = &last[now.key];

		if (*before != UINT32_MAX && note[*before].file_on == now.file_on) {
			note[*before] = now;
			continue;
		}
		if (*before != UINT32_MAX && note[*before].file_off > now.file_on)
			note[*before].file_off = now.file_on;
		*before = left;
		note[left++] = now;
	}
	return left;
}

/** @param tracks  Bits of enum perform_track: telemetry's are one track. @return how many; -ENOMEM. */
static int64_t collect(
	const struct band_performance *p, uint32_t tracks, bool no_overlap, struct message **ret)
{
	struct perform_note *note = calloc(p->n_notes + 1u, sizeof(*note));
	uint32_t n_notes = 0;
	uint32_t n = 0;

	if (!note)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->n_notes; i++) {
		if (tracks & 1u << p->note[i].track)
			note[n_notes++] = p->note[i];
	}
	qsort(note, n_notes, sizeof(*note), by_start);
	if (no_overlap)
		n_notes = part_overlaps(note, n_notes);
	struct message *message = calloc(2 * (size_t)n_notes + p->n_controls + 1, sizeof(*message));
	for (uint32_t i = 0; message && i < n_notes; i++) {
		const struct perform_note *t = &note[i];

		message[n++] = (struct message){.tick = t->file_on,
			.rank = BAND_RANK_ON,
			.status = (uint8_t)(0x90 | t->channel),
			.data1 = t->key,
			.data2 = t->velocity};
		message[n++] = (struct message){.tick = t->file_off,
			.rank = BAND_RANK_OFF,
			.status = (uint8_t)(0x80 | t->channel),
			.data1 = t->key};
	}
	for (uint32_t i = 0; message && i < p->n_controls; i++) {
		const struct perform_control *c = &p->control[i];

		if (tracks & 1u << c->track)
			message[n++] = (struct message){
				c->tick / TO_FILE, c->rank, c->track, c->data1, c->data2, c->status};
	}
	free(note);
	if (!message)
		return -ENOMEM;
	qsort(message, n, sizeof(*message), in_order);
	*ret = message;
	return n;
}

static void put_track(struct band_buffer *b, const char *name, const struct message *message, int64_t n)
{
	const size_t start = band_smf_open_track(b);
	uint8_t status = 0;
	int64_t at = 0;

	band_smf_put_meta(b, 0, TRACK_NAME, name, (uint32_t)strlen(name));
	for (int64_t i = 0; i < n; i++) {
		const struct message *m = &message[i];

		band_smf_put_delta(b, (uint32_t)(m->tick - at));
		if (m->status != status)
			band_put_byte(b, m->status);
		band_put_byte(b, m->data1);
		if (m->rank != BAND_RANK_PROGRAM)
			band_put_byte(b, m->data2);
		status = m->status;
		at = m->tick;
	}
	band_smf_close_track(b, start);
}

static void put_text(struct band_buffer *b, const char *name, const char *value)
{
	struct band_buffer text = {};

	band_put_text(&text, name);
	band_put_text(&text, value);
	if (text.failed)
		b->failed = true;
	else
		band_smf_put_meta(b, 0, TEXT, text.byte, (uint32_t)text.size);
	free(text.byte);
}

static int put_conductor(struct band_buffer *b, const struct band_performance *p)
{
	const size_t start = band_smf_open_track(b);
	int64_t at = 0;

	for (uint32_t i = 0; i < p->plan.n_bars; i++) {
		const struct perform_bar *bar = &p->bar[i];
		const uint32_t us = (uint32_t)lrint(60e6 / p->plan.bar[i].tempo_bpm);
		const uint8_t tempo[3] = {(uint8_t)(us >> 16), (uint8_t)(us >> 8), (uint8_t)us};
		const uint8_t meter[4] = {(uint8_t)bar->num, (uint8_t)__builtin_ctz(bar->den), 24, 8};
		const int64_t tick = bar->tick / TO_FILE;

		if (i == 0 || bar->npq != bar[-1].npq) {
			band_smf_put_meta(b, (uint32_t)(tick - at), TEMPO, tempo, sizeof(tempo));
			at = tick;
		}
		if (i == 0 || bar->num != bar[-1].num || bar->den != bar[-1].den) {
			band_smf_put_meta(b, (uint32_t)(tick - at), METER, meter, sizeof(meter));
			at = tick;
		}
		if (i > 0)
			continue;
		put_text(b, "midi_runtime_contract=", MOS_MIDI_RUNTIME_CONTRACT);
		for (uint32_t k = 0; k < p->n_items; k++) {
			char digest[65];
			const int r = band_inputs_digest(&p->item[k].in, digest);

			if (r < 0)
				return r;
			put_text(b, "inputs_sha256=", digest);
		}
	}
	band_smf_close_track(b, start);
	return 0;
}

static const struct {
	const char *name;
	uint32_t tracks;
	bool always;
} file_tracks[] = {
	{"Comping", 1u << PERFORM_COMP, true},
	{"Bass", 1u << PERFORM_BASS, true},
	{"Drums", 1u << PERFORM_DRUMS, false},
	{"Click", 1u << PERFORM_CLICK, false},
	{"Telemetry", 1u << PERFORM_SECTION | 1u << PERFORM_COUNTDOWN | 1u << PERFORM_INDEX, false},
};
#define N_FILE_TRACKS (sizeof(file_tracks) / sizeof(file_tracks[0]))

/** Something sounds or is told in it; a program alone is nothing. */
static bool is_used(const struct band_performance *p, uint32_t tracks)
{
	for (uint32_t i = 0; i < p->n_notes; i++) {
		if (tracks & 1u << p->note[i].track)
			return true;
	}
	for (uint32_t i = 0; i < p->n_controls; i++) {
		if ((tracks & 1u << p->control[i].track) && p->control[i].rank == BAND_RANK_CC)
			return true;
	}
	return false;
}

static bool fits(const struct band_performance *p)
{
	if (p->bar[p->plan.n_bars].tick / TO_FILE > BAND_FILE_TICK_MAX)
		return false;
	for (uint32_t i = 0; i < p->n_notes; i++) {
		if (p->note[i].file_off > BAND_FILE_TICK_MAX)
			return false;
	}
	return true;
}

static int put_file(struct band_buffer *b, const struct band_performance *p, bool no_overlap)
{
	uint32_t n_tracks = 1;

	for (size_t i = 0; i < N_FILE_TRACKS; i++)
		n_tracks += file_tracks[i].always || is_used(p, file_tracks[i].tracks);
	band_put_text(b, "MThd");
	band_smf_put_be(b, 6, 4);
	band_smf_put_be(b, 1, 2);
	band_smf_put_be(b, n_tracks, 2);
	band_smf_put_be(b, BAND_FILE_PPQ, 2);
	const int r = put_conductor(b, p);
	if (r < 0)
		return r;
	for (size_t i = 0; i < N_FILE_TRACKS; i++) {
		struct message *message;

		if (!file_tracks[i].always && !is_used(p, file_tracks[i].tracks))
			continue;
		const int64_t n = collect(p, file_tracks[i].tracks, no_overlap, &message);
		if (n < 0)
			return (int)n;
		put_track(b, file_tracks[i].name, message, n);
		free(message);
	}
	return b->failed ? -ENOMEM : 0;
}

int band_performance_smf(
	const struct band_performance *p, bool no_overlap, struct band_report *report, struct band_bytes *ret)
{
	struct band_buffer b = {};

	if (p->endless)
		return band_error(report, "band.options.choruses", "choruses", "what has no end has no file");
	if (!fits(p))
		return band_error(report, "band.contract.events", band_stage_name(BAND_PRE_WRITE),
			"longer than a file can be");
	const int r = put_file(&b, p, no_overlap);
	if (r < 0) {
		perform_failed(r, report);
		free(b.byte);
		return r;
	}
	*ret = (struct band_bytes){.byte = b.byte, .size = b.size};
	return 0;
}
