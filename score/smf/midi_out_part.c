/* SPDX-License-Identifier: MIT */
#include "midi_out.h"

#include <errno.h>
#include <string.h>

#include <mos/ump.h>

#define CC_BANK_MSB 0u
#define CC_DATA_MSB 6u
#define CC_VOLUME 7u
#define CC_PAN 10u
#define CC_BANK_LSB 32u
#define CC_DATA_LSB 38u
#define CC_NRPN_LSB 98u
#define CC_RPN_MSB 101u
#define ATTRIBUTE_PITCH 3u
#define CENTER 8192

/** Where the messages of a part go. */
struct writer {
	struct midi_out *out;
	const struct score_part *part;
	uint32_t track;
	unsigned line;
	int64_t tick;
	nvx_id note;    /**< that is written */
	uint32_t index; /**< of it */
};

static unsigned line_of(const struct writer *w, uint8_t channel)
{
	return channel == NVX_NO_U8 ? w->line : (w->line & 0xf0u) | (channel & 0x0fu);
}

static void put(struct writer *w, unsigned class, unsigned line, uint32_t a, uint32_t b)
{
	struct midi_out_event *event =
		class == MIDI_OUT_CLASS_CONTROL
			? midi_out_add(w->out, w->track, w->tick, class)
			: midi_out_add_named(w->out, w->track, w->tick, class, w->note, w->index);
	event->what = MIDI_OUT_UMP;
	event->kind = (uint8_t)(line >> 4);
	event->a = a;
	event->b = b;
}

static void put1(struct writer *w, unsigned class, unsigned line, unsigned status, unsigned d1, unsigned d2)
{
	put(w, class, line,
		UINT32_C(2) << 28 | line >> 4 << 24 | (status | (line & 0x0f)) << 16 | d1 << 8 | d2, 0);
}

static void put2(struct writer *w, unsigned class, unsigned line, unsigned status, unsigned d1, unsigned d2,
	uint32_t value)
{
	put(w, class, line,
		UINT32_C(4) << 28 | line >> 4 << 24 | (status | (line & 0x0f)) << 16 | d1 << 8 | d2, value);
}

static void put_cc(struct writer *w, unsigned line, unsigned number, unsigned value)
{
	/* What chooses banks and parameters is no controller in MIDI 2.0: it keeps its old form. */
	const int is_old = number == CC_BANK_MSB || number == CC_BANK_LSB || number == CC_DATA_MSB ||
			   number == CC_DATA_LSB || (number >= CC_NRPN_LSB && number <= CC_RPN_MSB);
	if (w->out->protocol == 2 && !is_old)
		put2(w, MIDI_OUT_CLASS_CONTROL, line, 0xb0, number, 0, mos_ump_scale_up(value, 7, 32));
	else
		put1(w, MIDI_OUT_CLASS_CONTROL, line, 0xb0, number, value);
}

static void put_program(struct writer *w, unsigned line, unsigned program, unsigned bank)
{
	const int has_bank = bank != 0xffff;
	if (w->out->protocol == 2) {
		put2(w, MIDI_OUT_CLASS_CONTROL, line, 0xc0, 0, has_bank,
			program << 24 | (has_bank ? (bank >> 7 & 0x7fu) << 8 | (bank & 0x7fu) : 0));
		return;
	}
	if (has_bank) {
		put_cc(w, line, CC_BANK_MSB, bank >> 7 & 0x7fu);
		put_cc(w, line, CC_BANK_LSB, bank & 0x7fu);
	}
	put1(w, MIDI_OUT_CLASS_CONTROL, line, 0xc0, program, 0);
}

static void put_parameter(struct writer *w, unsigned line, const struct nvx_control *control)
{
	const int is_rpn = control->kind == NVX_CONTROL_RPN;
	const unsigned msb = control->number >> 7 & 0x7fu, lsb = control->number & 0x7fu;
	const unsigned value = (unsigned)control->value & 0x3fffu;
	if (w->out->protocol == 2) {
		put2(w, MIDI_OUT_CLASS_CONTROL, line, is_rpn ? 0x20 : 0x30, msb, lsb,
			mos_ump_scale_up(value, 14, 32));
		return;
	}
	put_cc(w, line, is_rpn ? CC_RPN_MSB : CC_RPN_MSB - 2, msb);
	put_cc(w, line, is_rpn ? CC_RPN_MSB - 1 : CC_NRPN_LSB, lsb);
	put_cc(w, line, CC_DATA_MSB, value >> 7);
	put_cc(w, line, CC_DATA_LSB, value & 0x7fu);
}

static void put_words(struct writer *w, nvx_list list)
{
	uint32_t n, converted[4];
	const uint32_t *words = nvx_items(w->out->score->pool, list, &n);
	if (n == 0)
		return;
	const unsigned type = words[0] >> 28;
	if (type == 2) {
		put(w, MIDI_OUT_CLASS_CONTROL, words[0] >> 20 & 0xf0u, words[0], 0);
	} else if ((type == 3 && n >= 2) || (type == 4 && n >= 2 && w->out->is_clip)) {
		put(w, MIDI_OUT_CLASS_CONTROL, words[0] >> 20 & 0xf0u, words[0], words[1]);
	} else if (w->out->is_clip) {
		struct midi_out_event *event =
			midi_out_add(w->out, w->track, w->tick, MIDI_OUT_CLASS_CONTROL);
		event->what = MIDI_OUT_WORDS;
		event->a = list;
	} else {
		const uint32_t n_messages = type == 4 && n >= 2 ? mos_ump_to_midi1(words, converted) : 0;
		for (uint32_t i = 0; i < n_messages; i++)
			put(w, MIDI_OUT_CLASS_CONTROL, words[0] >> 20 & 0xf0u, converted[i], 0);
		w->out->n_packets += n_messages == 0;
	}
}

static void put_control(struct writer *w, const struct nvx_control *control)
{
	const unsigned line = line_of(w, control->channel);
	const unsigned value = (unsigned)control->value & 0x7fu;
	const int midi2 = w->out->protocol == 2;
	const unsigned bend = (unsigned)(control->value + CENTER) & 0x3fffu;
	struct midi_out_event *event;
	switch (control->kind) {
	case NVX_CONTROL_CC:
		put_cc(w, line, control->number & 0x7fu, value);
		break;
	case NVX_CONTROL_BEND:
		if (midi2)
			put2(w, MIDI_OUT_CLASS_CONTROL, line, 0xe0, 0, 0, mos_ump_scale_up(bend, 14, 32));
		else
			put1(w, MIDI_OUT_CLASS_CONTROL, line, 0xe0, bend & 0x7fu, bend >> 7);
		break;
	case NVX_CONTROL_PRESSURE:
		if (midi2)
			put2(w, MIDI_OUT_CLASS_CONTROL, line, 0xd0, 0, 0, mos_ump_scale_up(value, 7, 32));
		else
			put1(w, MIDI_OUT_CLASS_CONTROL, line, 0xd0, value, 0);
		break;
	case NVX_CONTROL_POLY_PRESSURE:
		if (midi2)
			put2(w, MIDI_OUT_CLASS_CONTROL, line, 0xa0, control->pitch, 0,
				mos_ump_scale_up(value, 7, 32));
		else
			put1(w, MIDI_OUT_CLASS_CONTROL, line, 0xa0, control->pitch, value);
		break;
	case NVX_CONTROL_PROGRAM:
		put_program(w, line, value, control->number);
		break;
	case NVX_CONTROL_RPN:
	case NVX_CONTROL_NRPN:
		put_parameter(w, line, control);
		break;
	case NVX_CONTROL_SYSEX:
		event = midi_out_add(w->out, w->track, w->tick, MIDI_OUT_CLASS_CONTROL);
		event->what = MIDI_OUT_SYSEX;
		event->a = control->data;
		event->kind = (uint8_t)(line >> 4);
		break;
	default:
		put_words(w, control->data);
		break;
	}
}

static int is_sysex(const struct midi_out *out, const struct nvx_control *control)
{
	uint32_t n;
	if (control->kind == NVX_CONTROL_SYSEX)
		return 1;
	const uint32_t *words = nvx_items(out->score->pool, control->data, &n);
	return control->kind == NVX_CONTROL_UMP && n && words[0] >> 28 == 3;
}

/** What the part begins with, behind the resets that stand at its start. @return controls that are written.
 */
static uint32_t put_start(struct writer *w, int64_t written_tick)
{
	const struct nvx_part *part = &w->part->part;
	uint32_t n = 0;
	if (written_tick == 0)
		while (n < w->part->control.n) {
			const struct nvx_control *control = score_part_control(w->part, n);
			if (control->tick != 0 || !is_sysex(w->out, control))
				break;
			put_control(w, control);
			n++;
		}
	if (!w->out->has_channel[w->track - 1])
		return n;
	put_program(w, w->line, part->midi_program & 0x7fu, part->midi_bank);
	if (part->volume_1e6 != NVX_NO_I32) {
		const int64_t volume = ((int64_t)part->volume_1e6 * 100 + 500000) / 1000000;
		put_cc(w, w->line, CC_VOLUME, volume > 127 ? 127 : volume < 0 ? 0 : (unsigned)volume);
	}
	if (part->pan_1e6)
		put_cc(w, w->line, CC_PAN, (unsigned)(64 + (int64_t)part->pan_1e6 * 63 / 1000000) & 0x7fu);
	return n;
}

/** Programs of a part, to have the right one after a jump. */
struct programs {
	uint32_t *index;
	size_t n, cap;
};

static void find_programs(struct midi_out *out, const struct score_part *part, struct programs *ret)
{
	struct nvx_seq_iter it = nvx_seq_from(&part->control, 0);
	const struct nvx_control *control;
	for (uint32_t i = 0; out->order.n > 1 && (control = nvx_seq_next(&it)); i++) {
		if (control->kind != NVX_CONTROL_PROGRAM)
			continue;
		if (score_reserve(
			    out->alloc, (void **)&ret->index, &ret->cap, ret->n + 1, sizeof(*ret->index))) {
			out->error = -ENOMEM;
			return;
		}
		ret->index[ret->n++] = i;
	}
}

static void chase_program(struct writer *w, const struct programs *programs, int64_t written_tick)
{
	size_t lo = 0, hi = programs->n;
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		if (score_part_control(w->part, programs->index[mid])->tick < written_tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo)
		put_control(w, score_part_control(w->part, programs->index[lo - 1]));
	else if (programs->n)
		put_program(w, w->line, w->part->part.midi_program & 0x7fu, w->part->part.midi_bank);
}

static void put_note(struct writer *w, const struct score_run *run, const struct nvx_note *note)
{
	const unsigned line = line_of(w, note->channel);
	const int64_t start = midi_out_tick(run, note->tick);
	if (w->out->protocol == 2) {
		const uint32_t velocity =
			note->velocity16 ? note->velocity16 : mos_ump_scale_up(note->velocity & 0x7fu, 7, 16);
		/* 512 steps a semitone */
		const int64_t steps =
			((int64_t)note->cents_1e3 * 512 + (note->cents_1e3 < 0 ? -50000 : 50000)) / 100000;
		const int64_t pitch = (int64_t)note->pitch * 512 + steps;
		const int has_pitch = note->cents_1e3 && pitch >= 0 && pitch < 65536;
		w->out->n_cents += note->cents_1e3 && !has_pitch;
		w->tick = start;
		put2(w, MIDI_OUT_CLASS_ON, line, 0x90, note->pitch, has_pitch ? ATTRIBUTE_PITCH : 0,
			velocity << 16 | (has_pitch ? (uint32_t)pitch : 0));
		w->tick = start + note->duration_ticks;
		put2(w, MIDI_OUT_CLASS_OFF, line, 0x80, note->pitch, 0,
			mos_ump_scale_up(note->release_velocity & 0x7fu, 7, 16) << 16);
		return;
	}
	w->out->n_cents += note->cents_1e3 != 0;
	w->tick = start;
	put1(w, MIDI_OUT_CLASS_ON, line, 0x90, note->pitch, note->velocity);
	w->tick = start + note->duration_ticks;
	put1(w, MIDI_OUT_CLASS_OFF, line, 0x80, note->pitch, note->release_velocity);
}

/** Latest end of the notes of each key, by channel; most parts have one. */
struct ends {
	int64_t *of[16];
};

static int64_t *last_end(struct midi_out *out, struct ends *ends, unsigned channel, unsigned key)
{
	if (!ends->of[channel])
		ends->of[channel] = score_zalloc(out->alloc, 128, sizeof(**ends->of));
	return ends->of[channel] ? &ends->of[channel][key] : NULL;
}

static void put_notes(struct writer *w, const struct score_run *run, struct ends *ends)
{
	struct midi_out *out = w->out;
	const int64_t end = run->written_tick + run->duration_ticks;
	w->index = nvx_seq_find(&w->part->note, run->written_tick);
	struct nvx_seq_iter it = nvx_seq_from(&w->part->note, w->index);
	for (const struct nvx_note *note; (note = nvx_seq_next(&it)) && note->tick < end && !out->error;
		w->index++) {
		w->note = note->id;
		if (note->muted) {
			out->n_muted++;
			continue;
		}
		const int64_t from = midi_out_tick(run, note->tick), to = from + note->duration_ticks;
		int64_t *last = last_end(out, ends, line_of(w, note->channel) & 0x0f, note->pitch & 0x7f);
		if (!last) {
			out->error = -ENOMEM;
			return;
		}
		if (from < *last && to < *last)
			out->n_crossings++;
		*last = to > *last ? to : *last;
		out->n_offsets += note->offset_us != 0;
		put_note(w, run, note);
	}
}

void midi_out_part(struct midi_out *out, uint32_t part)
{
	struct writer w = {
		.out = out, .part = out->score->part[part], .track = part + 1, .line = out->line[part]};
	struct programs programs = {0};
	struct ends ends = {0};
	find_programs(out, w.part, &programs);
	for (uint32_t r = 0; r < out->order.n && !out->error; r++) {
		const struct score_run *run = &out->order.run[r];
		const int is_last = r + 1 == out->order.n;
		const int64_t end = run->written_tick + run->duration_ticks;
		uint32_t first = nvx_seq_find(&w.part->control, run->written_tick);
		w.tick = run->played_tick;
		if (r == 0)
			first += put_start(&w, run->written_tick);
		else
			chase_program(&w, &programs, run->written_tick);
		struct nvx_seq_iter it = nvx_seq_from(&w.part->control, first);
		for (const struct nvx_control *control; (control = nvx_seq_next(&it)) && !out->error;) {
			if (control->tick >= end + is_last)
				break;
			w.tick = midi_out_tick(run, control->tick);
			put_control(&w, control);
		}
		put_notes(&w, run, &ends);
	}
	score_free(out->alloc, programs.index);
	for (unsigned channel = 0; channel < 16; channel++)
		score_free(out->alloc, ends.of[channel]);
}
