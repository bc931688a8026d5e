/* SPDX-License-Identifier: MIT */
/*
 * Controls in playing order. Where playing jumps, what was set in between is set back to what holds at the
 * place jumped to: a player who turns back pages turns back the organ's stops, too.
 */
#include "compile_private.h"

#include <errno.h>

#define UMP_SYSEX7 3u
#define SYSEX_PACKET_BYTES 6u
#define STATUS_POLY_PRESSURE 0xa0u
#define STATUS_CC 0xb0u
#define STATUS_PROGRAM 0xc0u
#define STATUS_PRESSURE 0xd0u
#define STATUS_BEND 0xe0u
#define NO_CONTROL UINT32_MAX

enum sysex7_status { SYSEX7_COMPLETE, SYSEX7_START, SYSEX7_CONTINUE, SYSEX7_END };

struct out {
	struct compile_context *ctx;
	const struct compile_part *made;
	struct compile_controls *to;
	int64_t tick;
	int error;
};

static void put(struct out *o, struct compile_array *array, uint32_t w0, uint32_t w1)
{
	struct mos_tl_event *e;

	if (o->error)
		return;
	if (o->ctx->events_left == 0) {
		o->error = -E2BIG;
		return;
	}
	e = compile_push(o->ctx->alloc, array, sizeof(*e));
	if (!e) {
		o->error = -ENOMEM;
		return;
	}
	o->ctx->events_left--;
	*e = (struct mos_tl_event){.tick = o->tick, .ump = {w0, w1}, .order = MOS_TL_CONTROL};
}

static void put_voice(struct out *o, struct compile_strip strip, uint32_t status, uint32_t a, uint32_t b)
{
	put(o, &o->to->event, compile_voice(strip, status, a & 0x7f, b & 0x7f), 0);
}

static void put_parameter(
	struct out *o, struct compile_strip strip, uint32_t select, uint32_t number, uint32_t value)
{
	put_voice(o, strip, STATUS_CC, select + 1, number >> 7);
	put_voice(o, strip, STATUS_CC, select, number);
	put_voice(o, strip, STATUS_CC, 6, value >> 7);
	put_voice(o, strip, STATUS_CC, 38, value);
}

static void put_program(struct out *o, struct compile_strip strip, int32_t bank, int32_t program)
{
	if (bank >= 0) {
		put_voice(o, strip, STATUS_CC, 0, (uint32_t)bank >> 7);
		put_voice(o, strip, STATUS_CC, 32, (uint32_t)bank);
	}
	if (program >= 0)
		put_voice(o, strip, STATUS_PROGRAM, (uint32_t)program, 0);
}

static void put_sysex(struct out *o, const uint8_t *bytes, uint32_t left)
{
	int first = 1;

	do {
		const uint32_t n = left < SYSEX_PACKET_BYTES ? left : SYSEX_PACKET_BYTES;
		const int last = n == left;
		const enum sysex7_status status = first ? (last ? SYSEX7_COMPLETE : SYSEX7_START)
							: (last ? SYSEX7_END : SYSEX7_CONTINUE);
		uint32_t b[SYSEX_PACKET_BYTES] = {0};

		for (uint32_t i = 0; i < n; i++)
			b[i] = bytes[i] & 0x7f;
		put(o, &o->to->sysex,
			UMP_SYSEX7 << 28 | (uint32_t)o->made->strip.group << 24 | (uint32_t)status << 20 |
				n << 16 | b[0] << 8 | b[1],
			b[2] << 24 | b[3] << 16 | b[4] << 8 | b[5]);
		bytes += n;
		left -= n;
		first = 0;
	} while (left && !o->error);
}

/** A packet as it stands, but for group and channel. What a timeline has no room for, or what notes say, is
 * not played. */
static void put_packet(struct out *o, struct compile_strip strip, const uint32_t *word, uint32_t n)
{
	const uint32_t type = word[0] >> 28, status = word[0] >> 20 & 15;
	const uint32_t w0 =
		(word[0] & 0xf0f0ffffu) | (uint32_t)strip.group << 24 | (uint32_t)strip.channel << 16;

	if (type == 2 && n == 1 && status >= 0xa && status <= 0xe)
		put(o, &o->to->event, w0 & 0xffff7f7fu, 0);
	else if (type == 4 && n == 2 && status != 7 && status != 8 && status != 9)
		put(o, &o->to->event, w0 & 0xffff7fffu, word[1]);
}

static void put_control(struct out *o, const struct nvx_control *c)
{
	const struct nvx_pool *pool = o->ctx->score->pool;
	struct compile_strip strip = o->made->strip;
	const uint32_t value = (uint32_t)c->value;
	const void *data;
	uint32_t n;

	if (c->channel != NVX_NO_U8)
		strip.channel = c->channel & 15;
	switch ((enum nvx_control_kind)c->kind) {
	case NVX_CONTROL_CC:
		put_voice(o, strip, STATUS_CC, c->number, value);
		break;
	case NVX_CONTROL_BEND:
		put_voice(o, strip, STATUS_BEND, value + 8192, (value + 8192) >> 7);
		break;
	case NVX_CONTROL_PRESSURE:
		put_voice(o, strip, STATUS_PRESSURE, value, 0);
		break;
	case NVX_CONTROL_POLY_PRESSURE:
		put_voice(o, strip, STATUS_POLY_PRESSURE, c->pitch, value);
		break;
	case NVX_CONTROL_PROGRAM:
		put_program(o, strip, c->number == 0xffff ? -1 : c->number, c->value);
		break;
	case NVX_CONTROL_RPN:
		put_parameter(o, strip, 100, c->number, value);
		break;
	case NVX_CONTROL_NRPN:
		put_parameter(o, strip, 98, c->number, value);
		break;
	case NVX_CONTROL_SYSEX:
		data = nvx_items(pool, c->data, &n);
		put_sysex(o, data, n);
		break;
	case NVX_CONTROL_UMP:
		data = nvx_items(pool, c->data, &n);
		if (n > 0)
			put_packet(o, strip, data, n);
		break;
	}
}

/* ---- setting back ---- */

#define SUBJECT(channel, kind, number) ((uint32_t)(channel) << 24 | (uint32_t)(kind) << 16 | (number))

/** What controls of a part set, and which controls set it, in their order. */
struct subject {
	uint32_t subject;
	uint32_t first, n; /**< of the entries */
};
struct memory {
	struct compile_sort_key *entry; /**< owned; by subject */
	struct compile_array subjects;
};

static int leaves_value(const struct nvx_control *c)
{
	switch (c->kind) {
	case NVX_CONTROL_CC: /* not data entry and its parameter numbers, not the modes */
		return c->number < 120 && c->number != 6 && c->number != 38 &&
		       (c->number < 96 || c->number > 101);
	case NVX_CONTROL_RPN:
		return c->number < 3;
	default:
		return c->kind == NVX_CONTROL_BEND || c->kind == NVX_CONTROL_PRESSURE ||
		       c->kind == NVX_CONTROL_PROGRAM;
	}
}

static int remember(struct compile_context *ctx, const struct score_part *part, struct memory *ret)
{
	const struct nvx_control *c;
	struct subject *s = NULL;
	uint32_t i = 0, n = 0;

	ret->entry = compile_room(ctx->alloc, part->control.n, sizeof(*ret->entry));
	if (!ret->entry)
		return -ENOMEM;
	for (struct nvx_seq_iter it = nvx_seq_from(&part->control, 0); (c = nvx_seq_next(&it)); i++) {
		const uint32_t number =
			c->kind == NVX_CONTROL_CC || c->kind == NVX_CONTROL_RPN ? c->number : 0;

		if (leaves_value(c))
			ret->entry[n++] =
				(struct compile_sort_key){SUBJECT(c->channel, c->kind, number), i, 0};
	}
	if (compile_sort(ctx->alloc, ret->entry, n) < 0)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		if (!s || s->subject != ret->entry[i].key) {
			s = compile_push(ctx->alloc, &ret->subjects, sizeof(*s));
			if (!s)
				return -ENOMEM;
			*s = (struct subject){(uint32_t)ret->entry[i].key, i, 0};
		}
		s->n++;
	}
	return 0;
}

static void forget(const struct score_alloc *alloc, struct memory *memory)
{
	score_free(alloc, memory->entry);
	score_free(alloc, memory->subjects.items);
}

/** Of a subject's controls: the last one before `end`. */
static uint32_t last_before(const struct memory *memory, const struct subject *s, uint32_t end)
{
	uint32_t lo = s->first, hi = s->first + s->n;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;

		if (memory->entry[mid].index < end)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo > s->first ? memory->entry[lo - 1].index : NO_CONTROL;
}

static uint32_t default_cc(uint32_t number)
{
	switch (number) {
	case 7:
		return 100;
	case 8:
	case 10:
	case 70 ... 79:
		return 64;
	case 11:
		return 127;
	case 91:
		return 40;
	default:
		return 0;
	}
}

/** As it was before the part said anything of this. */
static void put_default(struct out *o, uint32_t subject)
{
	static const uint16_t rpn[] = {2 << 7, 8192, 64 << 7};
	const struct compile_start *start = &o->made->start;
	const uint32_t number = subject & 0xffff, channel = subject >> 24;
	struct compile_strip strip = o->made->strip;

	if (channel != NVX_NO_U8)
		strip.channel = channel & 15;
	switch (subject >> 16 & 0xff) {
	case NVX_CONTROL_CC:
		put_voice(o, strip, STATUS_CC, number,
			number == 7 && start->volume >= 0 ? (uint32_t)start->volume
			: number == 10 && start->pan >= 0 ? (uint32_t)start->pan
							  : default_cc(number));
		break;
	case NVX_CONTROL_BEND:
		put_voice(o, strip, STATUS_BEND, 0, 64);
		break;
	case NVX_CONTROL_PRESSURE:
		put_voice(o, strip, STATUS_PRESSURE, 0, 0);
		break;
	case NVX_CONTROL_PROGRAM:
		put_program(o, strip, start->bank, start->program >= 0 ? start->program : 0);
		break;
	default: /* RPN */
		put_parameter(o, strip, 100, number, rpn[number]);
	}
}

/** Playing comes from before control `from` and goes on at control `to`. */
static void set_back(
	struct out *o, const struct score_part *part, const struct memory *memory, uint32_t from, uint32_t to)
{
	const struct subject *s = memory->subjects.items;

	for (size_t i = 0; i < memory->subjects.n && !o->error; i++) {
		const uint32_t is = last_before(memory, &s[i], from), should = last_before(memory, &s[i], to);

		if (is == should)
			continue;
		if (should == NO_CONTROL)
			put_default(o, s[i].subject);
		else
			put_control(o, score_part_control(part, should));
	}
}

static void put_start(struct out *o)
{
	const struct compile_start *start = &o->made->start;

	put_program(o, o->made->strip, start->bank, start->program);
	if (start->volume >= 0)
		put_voice(o, o->made->strip, STATUS_CC, 7, (uint32_t)start->volume);
	if (start->pan >= 0)
		put_voice(o, o->made->strip, STATUS_CC, 10, (uint32_t)start->pan);
}

int compile_controls(struct compile_context *ctx, const struct score_part *part,
	const struct compile_part *made, struct compile_controls *ret)
{
	struct out o = {.ctx = ctx, .made = made, .to = ret};
	struct memory memory = {0};
	uint32_t played_to = 0;

	put_start(&o);
	if (part->control.n && (ctx->n_stretch > 1 || (ctx->n_stretch && ctx->stretch[0].written_tick > 0)))
		o.error = remember(ctx, part, &memory);
	for (uint32_t s = 0; s < ctx->n_stretch && part->control.n && !o.error; s++) {
		const struct compile_stretch *st = &ctx->stretch[s];
		const int64_t end = st->written_tick + st->duration_ticks;
		const uint32_t first = nvx_seq_find(&part->control, st->written_tick);
		const struct nvx_control *c;

		o.tick = st->played_tick;
		if (first != played_to)
			set_back(&o, part, &memory, played_to, first);
		played_to = first;
		for (struct nvx_seq_iter it = nvx_seq_from(&part->control, first);
			(c = nvx_seq_next(&it)) && !o.error;) {
			/* at the very end of the score: belongs to nothing else */
			if (c->tick >= end && !(s + 1 == ctx->n_stretch && end == ctx->score->end_tick))
				break;
			o.tick = st->played_tick + (c->tick - st->written_tick);
			put_control(&o, c);
			played_to++;
		}
	}
	forget(ctx->alloc, &memory);
	return o.error;
}

void compile_controls_finish(const struct score_alloc *alloc, struct compile_controls *controls)
{
	score_free(alloc, controls->event.items);
	score_free(alloc, controls->sysex.items);
	*controls = (struct compile_controls){0};
}
