/* SPDX-License-Identifier: MIT */
#include "compile.h"

#include <errno.h>

#include <mos/meter.h>
#include <mos/tempo.h>

#define UMP_CHANNEL_VOICE 2u
#define UMP_SYSEX7 3u
#define SYSEX_PACKET_BYTES 6u

enum sysex7_status { SYSEX7_COMPLETE, SYSEX7_START, SYSEX7_CONTINUE, SYSEX7_END };

static uint32_t channel_voice(const struct score_part *part, uint8_t kind, uint8_t a, uint8_t b)
{
	return UMP_CHANNEL_VOICE << 28 | (uint32_t)part->group << 24 |
	       (uint32_t)(kind | part->channel) << 16 | (uint32_t)a << 8 | b;
}

static int make_tempos(struct compiled *c, const struct score *score)
{
	struct mos_tempo_seg *seg = hermes_zalloc(c->alloc, score->n_tempo, sizeof(*seg));
	struct mos_tempo_map map;
	int rc = -ENOMEM;

	c->tempo = hermes_zalloc(c->alloc, score->n_tempo, sizeof(*c->tempo));
	if (!seg || !c->tempo)
		goto out;
	for (size_t i = 0; i < score->n_tempo; i++) {
		const struct score_tempo *t = &score->tempo[i];
		c->tempo[i] = (struct mos_tl_tempo){t->tick, t->ns_per_quarter, t->ns_per_quarter};
		seg[i] = (struct mos_tempo_seg){t->tick, t->ns_per_quarter, t->ns_per_quarter, 0};
	}
	rc = mos_tempo_map_init(&map, seg, (uint32_t)score->n_tempo);
	if (rc < 0)
		goto out;
	if (mos_tempo_tick_to_u(&map, score->end_tick) > INT64_MAX / 4) {
		rc = -ERANGE;
		goto out;
	}
	c->duration_ns = mos_tempo_tick_to_ns(&map, score->end_tick);
	c->src.tempo = c->tempo;
	c->src.n_tempo = (uint32_t)score->n_tempo;
out:
	hermes_free(c->alloc, seg);
	return rc;
}

static int make_meters(struct compiled *c, const struct score *score)
{
	struct mos_meter_seg *seg = hermes_zalloc(c->alloc, score->n_meter, sizeof(*seg));
	struct mos_meter_map map;
	int rc = -ENOMEM;

	c->meter = hermes_zalloc(c->alloc, score->n_meter, sizeof(*c->meter));
	if (!seg || !c->meter)
		goto out;
	for (size_t i = 0; i < score->n_meter; i++) {
		const struct score_meter *m = &score->meter[i];
		seg[i] = (struct mos_meter_seg){m->tick, m->num, m->den, 0};
	}
	rc = mos_meter_map_init(&map, seg, (uint32_t)score->n_meter); /* numbers the measures */
	if (rc < 0)
		goto out;
	for (size_t i = 0; i < score->n_meter; i++)
		c->meter[i] = (struct mos_tl_meter){seg[i].tick, seg[i].num, seg[i].den, seg[i].measure};
	c->src.meter = c->meter;
	c->src.n_meter = (uint32_t)score->n_meter;
out:
	hermes_free(c->alloc, seg);
	return rc;
}

static int make_keys(struct compiled *c, const struct score *score)
{
	c->key = hermes_zalloc(c->alloc, score->n_key, sizeof(*c->key));
	if (!c->key)
		return -ENOMEM;
	for (size_t i = 0; i < score->n_key; i++)
		c->key[i] = (struct mos_tl_key){.tick = score->key[i].tick,
			.fifths = score->key[i].fifths,
			.minor = score->key[i].minor};
	c->src.key = c->key;
	c->src.n_key = (uint32_t)score->n_key;
	return 0;
}

static int make_markers(struct compiled *c, const struct score *score)
{
	c->marker = hermes_zalloc(c->alloc, score->n_text, sizeof(*c->marker));
	if (!c->marker)
		return -ENOMEM;
	uint32_t n = 0;
	for (size_t i = 0; i < score->n_text; i++) {
		const struct score_text *text = &score->text[i];
		if (text->kind == SCORE_MARKER || text->kind == SCORE_CUE)
			c->marker[n++] = (struct mos_tl_marker){.tick = text->tick,
				.name_off = text->string,
				.kind = text->kind == SCORE_CUE};
	}
	c->src.marker = c->marker;
	c->src.n_marker = n;
	return 0;
}

static int make_parts(struct compiled *c, const struct score *score)
{
	/* A score of nothing but sysex still needs a part to hold it. */
	const size_t n = score->n_part == 0 && score->n_sysex != 0 ? 1 : score->n_part;
	c->part = hermes_zalloc(c->alloc, n, sizeof(*c->part));
	if (!c->part)
		return -ENOMEM;
	for (size_t i = 0; i < score->n_part; i++) {
		const struct score_part *part = &score->part[i];
		c->part[i] = (struct mos_tl_part){
			.name_off = part->name,
			.group = part->group,
			.channel = part->channel,
			.program = part->program,
			.is_drums = part->is_drums,
		};
	}
	c->src.part = c->part;
	c->src.n_part = (uint32_t)n;
	return 0;
}

static enum sysex7_status sysex7_status(int first, int last)
{
	if (first)
		return last ? SYSEX7_COMPLETE : SYSEX7_START;
	return last ? SYSEX7_END : SYSEX7_CONTINUE;
}

/** One stored packet becomes as many UMPs as its bytes need. @return behind the last event written. */
static struct mos_tl_event *put_sysex(
	struct mos_tl_event *e, const struct score *score, const struct score_sysex *sysex)
{
	const uint8_t *bytes = score->sysex_bytes + sysex->bytes_at;
	uint32_t left = sysex->n_bytes;
	int first = sysex->starts;

	do {
		const uint32_t n = left < SYSEX_PACKET_BYTES ? left : SYSEX_PACKET_BYTES;
		const int last = sysex->ends && n == left;
		uint8_t b[SYSEX_PACKET_BYTES] = {0};
		for (uint32_t i = 0; i < n; i++)
			b[i] = bytes[i];
		*e++ = (struct mos_tl_event){
			.tick = sysex->tick,
			.ump = {UMP_SYSEX7 << 28 | (uint32_t)sysex->group << 24 |
					(uint32_t)sysex7_status(first, last) << 20 | n << 16 |
					(uint32_t)b[0] << 8 | b[1],
				(uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5]},
			.order = MOS_TL_CONTROL,
		};
		bytes += n;
		left -= n;
		first = 0;
	} while (left);
	return e;
}

static struct mos_tl_event *put_control(
	struct mos_tl_event *e, const struct score *score, const struct score_control *control)
{
	*e++ = (struct mos_tl_event){
		.tick = control->tick,
		.ump = {channel_voice(
			&score->part[control->part], control->kind, control->data[0], control->data[1])},
		.part = control->part,
		.order = MOS_TL_CONTROL,
	};
	return e;
}

static struct mos_tl_event *put_note(struct mos_tl_event *e, const struct score *score, size_t index)
{
	const struct score_note *note = &score->note[index];
	const struct score_part *part = &score->part[note->part];
	const int64_t len = note->end_tick - note->tick;
	const uint32_t note_id = (uint32_t)index + 1;

	*e++ = (struct mos_tl_event){
		.tick = note->tick,
		.ump = {channel_voice(part, 0x90, note->key, note->velocity)},
		.part = note->part,
		.order = MOS_TL_NOTE_ON,
		.note_id = note_id,
		.len_ticks = len < UINT32_MAX ? (uint32_t)len : UINT32_MAX,
	};
	*e++ = (struct mos_tl_event){
		.tick = note->end_tick,
		.ump = {channel_voice(part, 0x80, note->key, note->release_velocity)},
		.part = note->part,
		.order = MOS_TL_NOTE_OFF,
		.note_id = note_id,
	};
	return e;
}

static int make_events(struct compiled *c, const struct score *score)
{
	c->event = hermes_zalloc(c->alloc, score->n_events, sizeof(*c->event));
	if (!c->event)
		return -ENOMEM;
	struct mos_tl_event *e = c->event;
	for (size_t i = 0; i < score->n_sysex; i++)
		e = put_sysex(e, score, &score->sysex[i]);
	for (size_t i = 0; i < score->n_control; i++)
		e = put_control(e, score, &score->control[i]);
	for (size_t i = 0; i < score->n_note; i++)
		e = put_note(e, score, i);
	c->src.event = c->event;
	c->src.n_event = (uint32_t)(e - c->event);
	return 0;
}

int compile_score(const struct score *score, const struct hermes_alloc *alloc, struct compiled *ret)
{
	static int (*const steps[])(struct compiled *, const struct score *) = {
		make_tempos, make_meters, make_keys, make_markers, make_parts, make_events};
	struct compiled c = {.alloc = alloc};
	c.src.strings = score->strings;
	c.src.strings_len = score->n_strings;
	c.src.title_off = score->title;
	c.src.end_tick = score->end_tick;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int rc = steps[i](&c, score);
		if (rc < 0) {
			compile_finish(&c);
			return rc;
		}
	}
	*ret = c;
	return 0;
}

void compile_finish(struct compiled *c)
{
	if (!c->alloc)
		return;
	hermes_free(c->alloc, c->tempo);
	hermes_free(c->alloc, c->meter);
	hermes_free(c->alloc, c->key);
	hermes_free(c->alloc, c->event);
	hermes_free(c->alloc, c->marker);
	hermes_free(c->alloc, c->part);
	*c = (struct compiled){0};
}
