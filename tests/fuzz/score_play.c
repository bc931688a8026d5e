/* SPDX-License-Identifier: MIT */
/* Any score: its order, its timeline, its analysis. Bytes are orders of what to put into it, eight each. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <score/analyse.h>
#include <score/compile.h>

#define MAX_ORDERS 4096u

static const char *const symbols[] = {"C", "G7", "Am", "F#m7b5", "?", "Bb/D", "N.C.", "Ebmaj9"};

static void put_measure(struct nvx_draft *d, const uint8_t b[8])
{
	struct nvx_measure *m = nvx_add_measure(d);
	const uint8_t number = b[4] % 5;

	m->irregular = b[1] & 3;
	if (m->irregular)
		m->duration_ticks = (uint32_t)b[1] << (b[2] % 12) | 1;
	m->repeat_start = b[2] >> 7;
	m->repeat_end = b[3] % 3 == 1 ? (uint8_t)(2 + b[3] % 98) : 0;
	m->ending_type = b[4] & 8 ? b[4] / 16 % 5 : 0;
	if (m->ending_type && number)
		m->ending_numbers = nvx_make_list(d, &number, 1, 1);
	m->jump = b[5] & 1 ? b[5] / 2 % 7 : 0;
	m->jump_until = b[6] & 1 ? NVX_JUMP_FINE : b[6] & 2 ? NVX_JUMP_CODA : 0;
	m->barline = b[7] % 9;
}

static void put_part(struct nvx_draft *d, const uint8_t b[8])
{
	struct nvx_part *p = nvx_draft_part(d, nvx_add_part(d));

	p->role = b[1] % 7;
	p->midi_channel = b[2] & 16 ? NVX_NO_U8 : b[2] & 15;
	p->midi_port = b[3] & 15;
	p->midi_program = b[4] & 127;
	p->mute = b[5] == 1;
	p->solo = b[5] == 2;
	p->volume_1e6 = b[6] > 150 ? NVX_NO_I32 : b[6] * 10000;
	p->pan_1e6 = b[7] > 200 ? 0 : b[7] * 10000 - 1000000;
}

static nvx_id put_note(struct nvx_draft *d, const uint8_t b[8], uint32_t part)
{
	struct nvx_note *n = nvx_add_note(d, part);

	n->tick = b[1] * INT64_C(480) + b[2] / 64;
	n->duration_ticks = ((uint32_t)b[3] * 60 + 1u) << (b[4] & 1 ? b[4] / 64 : 0);
	n->pitch = b[5] & 127;
	n->velocity = (uint8_t)(1 + b[6] % 127);
	n->velocity16 = b[6] & 128 ? (uint16_t)(n->velocity << 9 | b[7]) : 0;
	n->offset_us = b[7] & 1 ? (b[7] - 128) * 390 : 0;
	n->cents_1e3 = b[7] & 2 ? (b[6] - 128) * 700 : 0;
	n->channel = b[2] & 32 ? b[2] & 15 : NVX_NO_U8;
	n->muted = b[4] == 7;
	return n->id;
}

static void put_control(struct nvx_draft *d, const uint8_t b[8], uint32_t part)
{
	struct nvx_control *c = nvx_add_control(d, part);

	c->tick = b[1] * INT64_C(480);
	c->kind = b[2] % 9;
	c->number = c->kind == NVX_CONTROL_PROGRAM && b[3] & 1 ? 0xffff
		    : c->kind == NVX_CONTROL_CC                ? b[3] & 127
							       : b[3] * 64;
	c->value = c->kind == NVX_CONTROL_BEND ? (int16_t)(b[4] * 64 - 8192) : b[4] & 127;
	c->pitch = b[5] & 127;
	c->channel = b[6] & 16 ? NVX_NO_U8 : b[6] & 15;
	if (c->kind == NVX_CONTROL_SYSEX)
		c->data = nvx_make_list(d, b, b[7] % 8, 1);
	if (c->kind == NVX_CONTROL_UMP) {
		const uint32_t words[2] = {
			(uint32_t)b[3] << 24 | (uint32_t)b[4] << 16 | (uint32_t)b[5] << 8 | b[6], b[7]};
		c->data = nvx_make_list(d, words, 1 + b[7] % 2, 4);
	}
}

static void put_other(struct nvx_draft *d, const uint8_t b[8], uint32_t part, nvx_id note)
{
	const int64_t tick = b[1] * INT64_C(960);

	if (b[0] % 16 == 12) {
		struct nvx_tempo *t = nvx_add_tempo(d);
		t->tick = tick;
		t->ns_per_quarter = 1 + ((uint64_t)b[2] << (b[3] % 28));
		t->curve = b[4] & 1;
	} else if (b[0] % 16 == 13) {
		struct nvx_meter *m = nvx_add_meter(d);
		m->tick = tick;
		m->num = (uint16_t)(1 + b[2] % 255);
		m->den = (uint16_t)(1 << b[3] % 9);
	} else if (b[0] % 16 == 14) {
		struct nvx_key *k = nvx_add_key(d);
		nvx_set_key(k, b[2] % 15 - 7, b[3] & 1);
		k->tick = tick;
		if (b[4] & 1)
			k->step = NVX_KEY_NONE;
	} else if (b[2] & 1) {
		struct nvx_chord *c = nvx_add_chord(d);
		c->e.tick = tick;
		c->e.duration_ticks = b[3] * 240u;
		c->symbol = nvx_text(d, symbols[b[4] % 8], strlen(symbols[b[4] % 8]));
	} else if (note) {
		struct nvx_drum_entry *e = nvx_add_drum(d);
		e->e.note_id = note;
		e->has_feel = 1;
		e->swing_percent = b[3] % 101;
		e->push_pull_us = (b[4] - 128) * 390;
	}
	(void)part;
}

static struct score *make(const uint8_t *data, size_t size, struct score_report *report)
{
	struct nvx_draft d;
	struct score *score = NULL;
	nvx_id note = 0;

	FUZZ_CHECK(nvx_draft_init(&d, &score_heap, report) == 0);
	d.repair = 1;
	for (unsigned i = 0; size >= 8 && i < MAX_ORDERS; data += 8, size -= 8, i++) {
		const uint32_t part = d.n_part ? data[7] % (uint32_t)d.n_part : 0;

		if (data[0] % 16 < 3)
			put_measure(&d, data);
		else if (data[0] % 16 == 3 || d.n_part == 0)
			put_part(&d, data);
		else if (data[0] % 16 < 10)
			note = put_note(&d, data, part);
		else if (data[0] % 16 < 12)
			put_control(&d, data, part);
		else
			put_other(&d, data, part, note);
	}
	(void)nvx_finish(&d, "fuzz", &score);
	return score;
}

/** What is compiled is a timeline, and does not depend on what was compiled before. */
static void play(struct score_compiler *kept, const struct score *score, struct score_report *report)
{
	struct score_compiler *fresh = score_compiler_new(&score_heap);
	struct score_compiled a, b;
	const int rc = score_compile(kept, score, report, &a);

	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	FUZZ_CHECK(rc == score_compile(fresh, score, report, &b));
	if (rc == 0) {
		FUZZ_CHECK(a.src.n_event == b.src.n_event && a.src.end_tick == b.src.end_tick);
		FUZZ_CHECK(a.src.n_event == 0 ||
			   memcmp(a.src.event, b.src.event, a.src.n_event * sizeof(*a.src.event)) == 0);
		if (a.src.n_event < 100000) {
			const int fd = mos_timeline_build(&a.src);
			FUZZ_CHECK(fd >= 0);
			close(fd);
		}
	}
	score_compiler_free(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct score_report report;
	struct score_compiler *kept = score_compiler_new(&score_heap);
	struct score_change change;
	struct score *score, *next;

	memset(&report, 0, sizeof(report));
	score = make(data, size, &report);
	if (score) {
		play(kept, score, &report);
		FUZZ_CHECK(score_analyse(score, SCORE_ANALYSE_ALL, &change) == 0);
		report.n_errors = 0;
		if (score_apply(score, &change, &report, &next) < 0) {
			fprintf(stderr, "%s %s: %s\n", report.error[0].code, report.error[0].where,
				report.error[0].reason);
			abort();
		}
		play(kept, next, &report);
		score_change_finish(&change);
		FUZZ_CHECK(score_analyse(next, SCORE_ANALYSE_ALL & ~SCORE_ANALYSE_KEYS, &change) == 0);
		score_change_finish(&change);
		score_unref(next);
	}
	score_unref(score);
	score_compiler_free(kept);
	return 0;
}
