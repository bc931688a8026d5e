/* SPDX-License-Identifier: MIT */
#include "midi_out.h"

#include <errno.h>
#include <string.h>

#define N_LINES 256u
#define DRUM_CHANNEL 9u
#define NO_LINE 0xffffu

struct midi_out_event *midi_out_room(struct midi_out *out)
{
	const size_t n = out->n_event;
	if (!out->error && n >= out->max_event)
		out->error = score_error(out->report, "nvx1.limit.events", "",
			"more than %u events when all repeats are played", MIDI_OUT_MAX_EVENTS);
	if (!out->error && n >= out->cap_event &&
		score_reserve(out->alloc, (void **)&out->event, &out->cap_event, n + 1, sizeof(*out->event)))
		out->error = -ENOMEM;
	if (out->cap_event > out->max_event)
		out->cap_event = out->max_event; /* where to look again */
	return out->error ? &out->nowhere : &out->event[out->n_event++];
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

#define BLOCK 32u

/** Sort a few events: what is gathered is nearly in order, a note's end stands before the next notes' starts.
 */
static void sort_block(struct midi_out_event *event, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (!before(&event[i], &event[i - 1]))
			continue;
		const struct midi_out_event moved = event[i];
		size_t at = i;
		do {
			event[at] = event[at - 1];
			at--;
		} while (at && before(&moved, &event[at - 1]));
		event[at] = moved;
	}
}

/** How many of n sorted events do not belong behind `key`: with those that are equal to it, or without. */
static size_t count_before(
	const struct midi_out_event *event, size_t n, const struct midi_out_event *key, int with_equal)
{
	size_t low = 0, high = n;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (with_equal ? !before(key, &event[middle]) : before(&event[middle], key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/** Room to put events aside; mostly few have to be. */
struct spare {
	struct midi_out_event *event;
	size_t cap;
};

/** Two sorted neighbours become one; only where they overlap does anything move. @return 0, -ENOMEM. */
static int merge(const struct score_alloc *alloc, struct midi_out_event *a, size_t n_a, size_t n_b,
	struct spare *spare)
{
	const struct midi_out_event *b = a + n_a;
	if (!before(b, &a[n_a - 1]))
		return 0;
	const size_t stay = count_before(a, n_a, b, 1);
	size_t left = n_a - stay;
	n_b = count_before(b, n_b, &a[n_a - 1], 0);
	if (score_reserve(alloc, (void **)&spare->event, &spare->cap, left, sizeof(*a)))
		return -ENOMEM;
	const struct midi_out_event *aside = memcpy(spare->event, a + stay, left * sizeof(*a));
	struct midi_out_event *to = a + stay;
	while (left && n_b) {
		if (before(b, aside)) {
			*to++ = *b++;
			n_b--;
		} else {
			*to++ = *aside++;
			left--;
		}
	}
	memcpy(to, aside, left * sizeof(*a));
	return 0;
}

/** @param first  Those before it stay. */
static int sort_events(struct midi_out *out, size_t first)
{
	struct midi_out_event *event = out->event + first;
	const size_t n = out->n_event - first;
	struct spare spare = {0};
	int rc = 0;
	for (size_t at = 0; at < n; at += BLOCK)
		sort_block(event + at, n - at < BLOCK ? n - at : BLOCK);
	for (size_t run = BLOCK; run < n && !rc; run *= 2)
		for (size_t at = 0; n - at > run && !rc; at += n - at < 2 * run ? n - at : 2 * run)
			rc = merge(
				out->alloc, event + at, run, n - at - run < run ? n - at - run : run, &spare);
	score_free(out->alloc, spare.event);
	return rc;
}

/** Items from one tick on to before another. */
static size_t count_within(const struct nvx_seq *seq, const struct score_run *run)
{
	return nvx_seq_find(seq, run->written_tick + run->duration_ticks) -
	       nvx_seq_find(seq, run->written_tick);
}

static size_t count_part(const struct midi_out *out, const struct score_part *part)
{
	size_t n = 0;
	for (uint32_t r = 0; r < out->order.n && n <= MIDI_OUT_MAX_EVENTS; r++)
		n += 2 * count_within(&part->note, &out->order.run[r]) +
		     count_within(&part->control, &out->order.run[r]);
	return n;
}

/** Room for what will be in memory at least. */
static void expect_events(struct midi_out *out)
{
	const struct score *score = out->score;
	size_t n = 64, most = 0;
	for (uint32_t r = 0; r < out->order.n && n <= MIDI_OUT_MAX_EVENTS; r++)
		n += count_within(&score->list[NVX_LIST_chord], &out->order.run[r]) +
		     count_within(&score->list[NVX_LIST_lyric], &out->order.run[r]);
	for (uint32_t p = 0; p < score->n_parts && n <= MIDI_OUT_MAX_EVENTS; p++) {
		const size_t of_part = 8 + count_part(out, score->part[p]);
		most = of_part > most ? of_part : most;
		n += out->is_clip ? of_part : 0;
	}
	n += out->is_clip ? 0 : most;
	n = n > MIDI_OUT_MAX_EVENTS ? 1 : n; /* they will not be written */
	out->event = out->alloc->resize(out->alloc->ctx, NULL, n * sizeof(*out->event));
	if (out->event)
		out->cap_event = n;
	else
		out->error = -ENOMEM;
}

int midi_out_begin(struct midi_out *out, const struct score *score, const struct score_alloc *alloc,
	struct score_report *report)
{
	out->max_event = MIDI_OUT_MAX_EVENTS;
	out->score = score;
	out->alloc = alloc;
	out->report = report;
	int rc = score_play_order(score, alloc, report, &out->order);
	if (rc == 0)
		rc = midi_out_lines(out);
	if (rc < 0)
		return rc;
	expect_events(out);
	midi_out_maps(out);
	midi_out_texts(out);
	out->n_common = out->n_event;
	return out->error ? out->error : out->is_clip ? 0 : sort_events(out, 0);
}

int midi_out_gather(struct midi_out *out)
{
	for (uint32_t p = 0; p < out->score->n_parts && !out->error; p++)
		midi_out_part(out, p);
	return out->error ? out->error : sort_events(out, 0);
}

const struct midi_out_event *midi_out_track(struct midi_out *out, uint32_t track, size_t *ret_n)
{
	const size_t from = out->next_common;
	size_t n = 0;
	while (from + n < out->n_common && out->event[from + n].track == track)
		n++;
	out->next_common = from + n;
	*ret_n = n;
	if (track == MIDI_OUT_SONG)
		return &out->event[from];

	/* All tracks together have a limit. */
	out->n_event = out->n_common;
	out->max_event = MIDI_OUT_MAX_EVENTS - out->n_of_parts + n;
	if (out->cap_event > out->max_event)
		out->cap_event = out->max_event;
	for (size_t i = 0; i < n; i++) {
		struct midi_out_event *to = midi_out_room(out);
		*to = out->event[from + i];
	}
	midi_out_part(out, track - 1);
	*ret_n = out->n_event - out->n_common;
	out->n_of_parts += *ret_n - n;
	if (!out->error)
		out->error = sort_events(out, out->n_common);
	return out->error ? NULL : &out->event[out->n_common];
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
