/* SPDX-License-Identifier: MIT */
#include "smf_score.h"

#include <errno.h>
#include <string.h>

#include "midi_draft.h"
#include "midi_out.h"
#include "smf_read.h"

#define MAX_VLQ 0x0fffffffu
#define MAX_US_PER_QUARTER 0xffffffu
#define HEAD_BYTES 512u
#define EVENT_BYTES 4u

/** The track being written. */
struct track {
	struct score_bytes *to;
	const struct midi_out *out;
	size_t begin; /**< of its length */
	int64_t tick; /**< of the last event */
	uint8_t running;
	uint8_t lyric_breaks; /**< flags of the first lyric */
};

/** A number of at most four bytes. @return how many. */
static inline unsigned vlq(uint8_t to[static 4], uint32_t value)
{
	if (value < 1u << 7) {
		to[0] = (uint8_t)value;
		return 1;
	}
	if (value < 1u << 14) {
		to[0] = (uint8_t)(value >> 7 | 0x80);
		to[1] = value & 0x7f;
		return 2;
	}
	const unsigned n = value < 1u << 21 ? 3 : 4;
	for (unsigned i = 0; i < n; i++)
		to[i] = (uint8_t)((value >> 7 * (n - 1 - i) & 0x7f) | (i + 1 < n ? 0x80 : 0));
	return n;
}

static inline void put_vlq(struct score_bytes *to, uint32_t value)
{
	uint8_t *at = score_bytes_room(to, 4);
	if (at)
		to->n += vlq(at, value);
}

static void put_meta(struct track *t, uint8_t type, const void *bytes, size_t n)
{
	uint8_t *const at = score_bytes_room(t->to, 2 + 4 + n), *to = at;
	t->running = 0;
	if (!at)
		return;
	*to++ = 0xff;
	*to++ = type;
	to += vlq(to, (uint32_t)n);
	memcpy(to, bytes, n);
	t->to->n += (size_t)(to - at) + n;
}

/** So much time since the last event that one number cannot hold it is bridged by empty texts. */
static inline void bridge_time(struct track *t, int64_t tick)
{
	for (; tick - t->tick > MAX_VLQ; t->tick += MAX_VLQ) {
		put_vlq(t->to, MAX_VLQ);
		put_meta(t, SMF_META_TEXT, "", 0);
	}
}

static inline void put_delta(struct track *t, int64_t tick)
{
	bridge_time(t, tick);
	put_vlq(t->to, tick > t->tick ? (uint32_t)(tick - t->tick) : 0);
	t->tick = tick > t->tick ? tick : t->tick;
}

static void begin_track(struct track *t)
{
	score_bytes_puts(t->to, "MTrk");
	t->begin = t->to->n;
	score_bytes_be32(t->to, 0);
	t->tick = 0;
	t->running = 0;
}

static void end_track(struct track *t, int64_t tick)
{
	put_delta(t, tick);
	put_meta(t, SMF_META_END_OF_TRACK, "", 0);
	if (t->to->error)
		return;
	const uint32_t size = (uint32_t)(t->to->n - t->begin - 4);
	for (unsigned i = 0; i < 4; i++)
		t->to->data[t->begin + i] = (uint8_t)(size >> (24 - 8 * i));
}

static void put_string(struct track *t, uint8_t type, nvx_str str)
{
	size_t n;
	const char *text = nvx_string(t->out->score->pool, str, &n);
	if (n)
		put_meta(t, type, text, n);
}

/** A lyric as RP-017 has it; a break before the track's first lyric stands in front of it, as in karaoke
 * files. */
static void put_lyric(struct track *t, const struct midi_out_event *event, const struct midi_out_event *next)
{
	size_t n;
	const char *text = nvx_string(t->out->score->pool, event->a, &n);
	uint8_t before[1], after[2];
	size_t n_before = 0, n_after = 0;
	if (t->lyric_breaks)
		before[n_before++] = t->lyric_breaks & MIDI_OUT_LINE ? '/' : '\\';
	if (!(event->b & MIDI_OUT_GOES_ON) || !next)
		after[n_after++] = ' ';
	if (next && next->b & MIDI_OUT_LINE)
		after[n_after++] = '\r';
	else if (next && next->b & MIDI_OUT_PARAGRAPH)
		after[n_after++] = '\n';
	t->running = 0;
	score_bytes_put(t->to, (const uint8_t[]){0xff, SMF_META_LYRIC}, 2);
	put_vlq(t->to, (uint32_t)(n_before + n + n_after));
	score_bytes_put(t->to, before, n_before);
	score_bytes_put(t->to, text, n);
	score_bytes_put(t->to, after, n_after);
}

static void put_text(struct track *t, const struct midi_out_event *event)
{
	static const uint8_t types[] = {[MIDI_TEXT] = SMF_META_TEXT,
		[MIDI_TEXT_MARKER] = SMF_META_MARKER,
		[MIDI_TEXT_CUE] = SMF_META_CUE};
	size_t n;
	const char *text = nvx_string(t->out->score->pool, event->a, &n);
	if (event->kind != MIDI_TEXT || (*text != '/' && *text != '\\')) {
		put_meta(t, types[event->kind], text, n);
		return;
	}
	/* Not a line of a karaoke file. */
	t->running = 0;
	score_bytes_put(t->to, (const uint8_t[]){0xff, SMF_META_TEXT}, 2);
	put_vlq(t->to, (uint32_t)n + 1);
	score_bytes_u8(t->to, ' ');
	score_bytes_put(t->to, text, n);
}

static void put_sysex(struct track *t, nvx_list list)
{
	uint32_t n;
	const uint8_t *bytes = nvx_items(t->out->score->pool, list, &n);
	t->running = 0;
	score_bytes_u8(t->to, 0xf0);
	put_vlq(t->to, n + 1);
	score_bytes_put(t->to, bytes, n);
	score_bytes_u8(t->to, 0xf7);
}

static int is_packet(const struct midi_out_event *event)
{
	return event->what == MIDI_OUT_UMP && event->a >> 28 == 3;
}

static inline int is_message(const struct midi_out_event *event)
{
	return event->what == MIDI_OUT_UMP && event->a >> 28 != 3;
}

#define MESSAGE_BYTES (4u + 3u)
#define SOME_MESSAGES 32u /* that are made room for at once */

/** Channel messages and the time before each, as nearly all events are. @return the event behind them. */
static const struct midi_out_event *put_messages(
	struct track *t, const struct midi_out_event *event, const struct midi_out_event *end)
{
	end = end - event > SOME_MESSAGES ? event + SOME_MESSAGES : end;
	uint8_t *const at = score_bytes_room(t->to, SOME_MESSAGES * MESSAGE_BYTES), *to = at;
	int64_t tick = t->tick;
	uint8_t running = t->running;
	if (!at)
		return end;
	for (; event < end && is_message(event) && event->tick - tick <= MAX_VLQ; event++) {
		const uint32_t word = event->a;
		const uint8_t status = (uint8_t)(word >> 16);
		to += vlq(to, event->tick > tick ? (uint32_t)(event->tick - tick) : 0);
		tick = event->tick > tick ? event->tick : tick;
		if (status != running)
			*to++ = status;
		running = status;
		*to++ = (uint8_t)(word >> 8) & 0x7f;
		if ((status & 0xe0u) != 0xc0)
			*to++ = (uint8_t)word & 0x7f;
	}
	t->to->n += (size_t)(to - at);
	t->tick = tick;
	t->running = running;
	return event;
}

/** 0 whole, 1 start, 2 continue, 3 end */
static unsigned packet_status(const struct midi_out_event *event)
{
	return event->a >> 20 & 0x0fu;
}

/** Packets of one message at one tick become one event. @return how many. */
static size_t put_packets(
	struct track *t, const struct midi_out_event *event, const struct midi_out_event *end)
{
	size_t n = 1, size = 0;
	const unsigned first = packet_status(event);
	unsigned last = first;
	while (last != 0 && last != 3 && event + n < end && is_packet(&event[n]) &&
		event[n].tick == event->tick && packet_status(&event[n]) >= 2) {
		last = packet_status(&event[n]);
		n++;
	}
	const int ends = last == 0 || last == 3;
	for (size_t i = 0; i < n; i++)
		size += event[i].a >> 16 & 7;
	t->running = 0;
	score_bytes_u8(t->to, first < 2 ? 0xf0 : 0xf7);
	put_vlq(t->to, (uint32_t)(size + (size_t)ends));
	for (size_t i = 0; i < n; i++) {
		const uint32_t a = event[i].a, b = event[i].b;
		const uint8_t bytes[] = {(uint8_t)(a >> 8), (uint8_t)a, (uint8_t)(b >> 24),
			(uint8_t)(b >> 16), (uint8_t)(b >> 8), (uint8_t)b, 0};
		score_bytes_put(t->to, bytes, a >> 16 & 7);
	}
	if (ends)
		score_bytes_u8(t->to, 0xf7);
	return n;
}

static void put_meter(struct track *t, uint32_t num, uint32_t den)
{
	uint8_t power = 0;
	while (1u << power < den)
		power++;
	const unsigned beats =
		num > 3 && num % 3 == 0 && den >= 8 ? 3 : 1; /* compound: a click a dotted beat */
	put_meta(
		t, SMF_META_METER, (const uint8_t[]){(uint8_t)num, power, (uint8_t)(96 / den * beats), 8}, 4);
}

/** All but channel messages. @return how many events were written: one, or some packets. */
static size_t put_event(struct track *t, const struct midi_out_event *event, const struct midi_out_event *end,
	const struct midi_out_event *next_lyric)
{
	put_delta(t, event->tick);
	switch (event->what) {
	case MIDI_OUT_UMP:
		return put_packets(t, event, end);
	case MIDI_OUT_SYSEX:
		put_sysex(t, event->a);
		break;
	case MIDI_OUT_TEXT:
		if (event->kind != MIDI_TEXT_LYRIC) {
			put_text(t, event);
			break;
		}
		put_lyric(t, event, next_lyric);
		t->lyric_breaks = 0;
		break;
	case MIDI_OUT_TEMPO:
		put_meta(t, SMF_META_TEMPO,
			(const uint8_t[]){
				(uint8_t)(event->a >> 16), (uint8_t)(event->a >> 8), (uint8_t)event->a},
			3);
		break;
	case MIDI_OUT_METER:
		put_meter(t, event->a, event->b);
		break;
	default:
		put_meta(t, SMF_META_KEY, (const uint8_t[]){(uint8_t)(event->a - 8), (uint8_t)event->b}, 2);
		break;
	}
	return 1;
}

static int is_lyric(const struct midi_out_event *event)
{
	return event->what == MIDI_OUT_TEXT && event->kind == MIDI_TEXT_LYRIC;
}

static void put_events(struct track *t, const struct midi_out_event *event, const struct midi_out_event *end)
{
	const struct midi_out_event *lyric = event;
	while (lyric < end && !is_lyric(lyric))
		lyric++;
	t->lyric_breaks = (uint8_t)(lyric < end ? lyric->b & (MIDI_OUT_LINE | MIDI_OUT_PARAGRAPH) : 0);
	while (event < end && !t->to->error) {
		if (is_message(event)) {
			bridge_time(t, event->tick);
			event = put_messages(t, event, end);
			continue;
		}
		if (event == lyric)
			do
				lyric++;
			while (lyric < end && !is_lyric(lyric));
		event += put_event(t, event, end, lyric < end ? lyric : NULL);
	}
}

static void put_song_head(struct track *t)
{
	const struct nvx_metadata *metadata = &t->out->score->globals.metadata;
	const nvx_str names[] = {metadata->title, metadata->copyright};
	static const uint8_t types[] = {SMF_META_TRACK_NAME, SMF_META_COPYRIGHT};
	for (unsigned i = 0; i < 2; i++) {
		if (!names[i])
			continue;
		put_delta(t, 0);
		put_string(t, types[i], names[i]);
	}
}

static void put_part_head(struct track *t, uint32_t part, int has_ports)
{
	const struct nvx_part *p = &t->out->score->part[part]->part;
	if (p->name && *score_text(t->out->score, p->name)) {
		put_delta(t, 0);
		put_string(t, SMF_META_TRACK_NAME, p->name);
	}
	if (p->sound && *score_text(t->out->score, p->sound)) {
		put_delta(t, 0);
		put_string(t, SMF_META_INSTRUMENT, p->sound);
	}
	if (has_ports) {
		put_delta(t, 0);
		put_meta(t, SMF_META_PORT, (const uint8_t[]){t->out->line[part] >> 4}, 1);
	}
}

/** @return 0, or why a track could not be gathered. */
static int put_file(struct score_bytes *to, struct midi_out *out)
{
	const uint32_t n_parts = out->score->n_parts;
	int has_ports = 0;
	for (uint32_t p = 0; p < n_parts; p++)
		has_ports |= out->line[p] >> 4;
	score_bytes_puts(to, "MThd");
	score_bytes_be32(to, 6);
	score_bytes_be16(to, 1);
	score_bytes_be16(to, (uint16_t)(n_parts + 1));
	score_bytes_be16(to, SMF_DIVISION);
	for (uint32_t i = 0; i <= n_parts && !to->error; i++) {
		struct track t = {.to = to, .out = out};
		size_t n;
		const struct midi_out_event *event = midi_out_track(out, i, &n);
		if (!event)
			return out->error;
		(void)score_bytes_room(to, HEAD_BYTES + n * EVENT_BYTES); /* mostly enough */
		begin_track(&t);
		if (i == MIDI_OUT_SONG)
			put_song_head(&t);
		else
			put_part_head(&t, i - 1, has_ports);
		put_events(&t, event, event + n);
		end_track(&t, t.tick > out->order.end_tick ? t.tick : out->order.end_tick);
	}
	return to->error;
}

int smf_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	struct midi_out mo = {.unit_ns = 1000, .max_units = MAX_US_PER_QUARTER, .protocol = 1};
	const size_t before = out->n;
	int rc = midi_out_begin(&mo, score, out->alloc, report);
	if (rc == 0)
		rc = put_file(out, &mo);
	if (rc == 0)
		midi_out_tell_losses(&mo);
	else
		out->n = before;
	midi_out_finish(&mo);
	return rc;
}
