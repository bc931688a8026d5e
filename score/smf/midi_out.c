/* SPDX-License-Identifier: MIT */
#include "midi_out.h"

#include <errno.h>
#include <string.h>

#define N_LINES 256u
#define DRUM_CHANNEL 9u
#define NO_LINE 0xffffu

struct midi_out_event *midi_out_add(struct midi_out *out, uint32_t track, int64_t tick, unsigned class)
{
	const size_t n = out->n_event;
	if (!out->error && n >= MIDI_OUT_MAX_EVENTS)
		out->error = score_error(out->report, "nvx1.limit.events", "",
			"more than %u events when all repeats are played", MIDI_OUT_MAX_EVENTS);
	if (!out->error && n >= out->cap_event &&
		score_reserve(out->alloc, (void **)&out->event, &out->cap_event, n + 1, sizeof(*out->event)))
		out->error = -ENOMEM;
	struct midi_out_event *event = out->error ? &out->nowhere : &out->event[out->n_event++];
	*event = (struct midi_out_event){.tick = tick,
		.track = out->is_clip ? 0 : track,
		.rank = class << MIDI_OUT_RANK_BITS | (uint32_t)n};
	return event;
}

struct midi_out_event *midi_out_add_named(
	struct midi_out *out, uint32_t track, int64_t tick, unsigned class, nvx_id id, uint32_t index)
{
	struct midi_out_event *event = midi_out_add(out, track, tick, class);
	/* Handles of the pool are below 2^31. */
	const uint32_t number = (id >> 31 ? id : index) & NVX_ID_NUMBER_MAX;
	event->rank = class << MIDI_OUT_RANK_BITS | number;
	return event;
}

/** @return 1: nothing that needs a channel: system exclusive, or nothing at all and no name. */
static int needs_no_channel(const struct score *score, const struct score_part *part)
{
	if (part->note.n || (!part->control.n && *score_text(score, part->part.name)))
		return 0;
	for (uint32_t i = 0; i < part->control.n; i++) {
		const struct nvx_control *control = score_part_control(part, i);
		uint32_t n;
		const uint32_t *words = nvx_items(score->pool, control->data, &n);
		if (control->kind == NVX_CONTROL_UMP && n && (words[0] >> 28 == 2 || words[0] >> 28 == 4))
			return 0;
		if (control->kind != NVX_CONTROL_UMP && control->kind != NVX_CONTROL_SYSEX)
			return 0;
	}
	return 1;
}

static uint32_t free_line(const uint8_t used[N_LINES], int drums, unsigned first_port)
{
	for (unsigned p = 0; p < 16; p++) {
		const unsigned port = (first_port + p) % 16;
		for (unsigned channel = 0; channel < 16; channel++)
			if ((channel == DRUM_CHANNEL) == drums && !used[port * 16 + channel])
				return port * 16 + channel;
	}
	return NO_LINE;
}

int midi_out_lines(struct midi_out *out)
{
	const struct score *score = out->score;
	uint8_t used[N_LINES] = {0};
	out->line = score_zalloc(out->alloc, score->n_parts, 1);
	out->has_channel = score_zalloc(out->alloc, score->n_parts, 1);
	if (!out->line || !out->has_channel)
		return -ENOMEM;
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const struct nvx_part *part = &score->part[p]->part;
		out->line[p] = (uint8_t)(part->midi_port % 16 * 16);
		out->has_channel[p] = part->midi_channel != NVX_NO_U8;
		if (!out->has_channel[p])
			continue;
		out->line[p] += part->midi_channel % 16;
		used[out->line[p]] = 1;
	}
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const struct nvx_part *part = &score->part[p]->part;
		if (out->has_channel[p] || needs_no_channel(score, score->part[p]))
			continue;
		const int drums = part->role == NVX_ROLE_DRUMS;
		uint32_t line = free_line(used, drums, part->midi_port % 16);
		/* Drum kits share a channel before they take another port. */
		if (drums)
			line = out->line[p] + DRUM_CHANNEL;
		if (line == NO_LINE) {
			line = out->line[p];
			score_warn(out->report, MIDI_FLATTENED, SCORE_AT("part %u", p + 1),
				"all channels are taken; it shares channel 1");
		}
		out->line[p] = (uint8_t)line;
		out->has_channel[p] = 1;
		used[line] = 1;
	}
	return 0;
}

static int before(const struct midi_out_event *a, const struct midi_out_event *b)
{
	if (a->track != b->track)
		return a->track < b->track;
	return a->tick != b->tick ? a->tick < b->tick : a->rank < b->rank;
}

static void merge(struct midi_out_event *to, const struct midi_out_event *a, size_t n_a,
	const struct midi_out_event *b, size_t n_b)
{
	/* Much of what is gathered is in order already. */
	if (n_a == 0 || n_b == 0 || !before(b, &a[n_a - 1])) {
		memcpy(to, a, n_a * sizeof(*a));
		memcpy(to + n_a, b, n_b * sizeof(*b));
		return;
	}
	while (n_a && n_b) {
		if (before(b, a)) {
			*to++ = *b++;
			n_b--;
		} else {
			*to++ = *a++;
			n_a--;
		}
	}
	memcpy(to, a, n_a * sizeof(*a));
	memcpy(to + n_a, b, n_b * sizeof(*b));
}

static int sort_events(struct midi_out *out)
{
	const size_t n = out->n_event;
	if (n < 2)
		return 0;
	struct midi_out_event *spare = score_zalloc(out->alloc, n, sizeof(*spare));
	if (!spare)
		return -ENOMEM;
	struct midi_out_event *from = out->event, *to = spare;
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t at = 0; at < n; at += 2 * run) {
			const size_t n_a = n - at < run ? n - at : run;
			const size_t n_b = n - at - n_a < run ? n - at - n_a : run;
			merge(to + at, from + at, n_a, from + at + n_a, n_b);
		}
		struct midi_out_event *swap = from;
		from = to;
		to = swap;
	}
	if (from != out->event)
		memcpy(out->event, from, n * sizeof(*from));
	score_free(out->alloc, spare);
	return 0;
}

int midi_out_gather(struct midi_out *out, const struct score *score, const struct score_alloc *alloc,
	struct score_report *report)
{
	out->score = score;
	out->alloc = alloc;
	out->report = report;
	int rc = score_play_order(score, alloc, report, &out->order);
	if (rc == 0)
		rc = midi_out_lines(out);
	if (rc < 0)
		return rc;
	midi_out_maps(out);
	midi_out_texts(out);
	for (uint32_t p = 0; p < score->n_parts && !out->error; p++)
		midi_out_part(out, p);
	return out->error ? out->error : sort_events(out);
}

void midi_out_finish(struct midi_out *out)
{
	if (!out->alloc)
		return;
	score_play_order_finish(&out->order);
	score_free(out->alloc, out->event);
	score_free(out->alloc, out->line);
	score_free(out->alloc, out->has_channel);
	*out = (struct midi_out){0};
}

void midi_out_tell_losses(struct midi_out *out)
{
#define X(name, text)                                                                                        \
	if (out->n_##name)                                                                                   \
		score_warn(out->report, MIDI_LOSS, "", "%llu " text, (unsigned long long)out->n_##name);
	MIDI_OUT_LOSSES(X)
#undef X
}
