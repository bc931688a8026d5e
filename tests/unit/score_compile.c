/* SPDX-License-Identifier: MIT */
/* From score to timeline: packets, order, note ids, maps, repeats, shifts (FMT-08, HER-15, NVX-19, HER-20).
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <mos/meter.h>
#include <score/compile.h>
#include <score/edit.h>

#define BAR INT64_C(3840)

static struct score_report report;

static struct nvx_draft draft_of(void)
{
	struct nvx_draft draft;

	memset(&report, 0, sizeof(report));
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	return draft;
}

static struct score *finish(struct nvx_draft *draft)
{
	struct score *score;

	cr_assert_eq(nvx_finish(draft, "name", &score), 0, "%s %s: %s", report.error[0].code,
		report.error[0].where, report.error[0].reason);
	return score;
}

static void measures(struct nvx_draft *draft, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct nvx_measure *m = nvx_add_measure(draft);
		m->tick = i * BAR;
		m->duration_ticks = BAR;
	}
}

static uint32_t add_part(struct nvx_draft *draft, int channel, unsigned program)
{
	const uint32_t part = nvx_add_part(draft);

	nvx_draft_part(draft, part)->midi_channel = channel < 0 ? NVX_NO_U8 : (uint8_t)channel;
	nvx_draft_part(draft, part)->midi_program = (uint8_t)program;
	return part;
}

static struct nvx_note *add_note(
	struct nvx_draft *draft, uint32_t part, int64_t tick, uint32_t len, unsigned pitch)
{
	struct nvx_note *note = nvx_add_note(draft, part);

	note->tick = tick;
	note->duration_ticks = len;
	note->pitch = (uint8_t)pitch;
	return note;
}

static struct nvx_control *add_control(struct nvx_draft *draft, uint32_t part, int64_t tick,
	enum nvx_control_kind kind, unsigned number, int value)
{
	struct nvx_control *c = nvx_add_control(draft, part);

	c->tick = tick;
	c->kind = (uint8_t)kind;
	c->number = (uint16_t)number;
	c->value = (int16_t)value;
	return c;
}

/** A timeline as rtcore opens it. */
struct played {
	struct score_compiler *compiler;
	struct score_compiled compiled;
	struct mos_timeline tl;
	int fd;
};

static void build(struct played *p)
{
	struct mos_timeline_error err = {0};

	p->fd = mos_timeline_build(&p->compiled.src);
	cr_assert_geq(p->fd, 0, "build: %d", p->fd);
	cr_assert_eq(mos_timeline_open(p->fd, &p->tl, &err), 0, "%s[%lu]: %s", err.table,
		(unsigned long)err.index, err.reason);
	cr_assert_eq(p->tl.n_event, p->compiled.src.n_event);
	if (p->tl.n_event)
		cr_expect_arr_eq(p->tl.event, p->compiled.src.event, p->tl.n_event * sizeof(*p->tl.event),
			"the compiler sorts as the builder does");
}

static struct played play(struct nvx_draft *draft)
{
	struct played p = {.compiler = score_compiler_new(&score_heap)};
	struct score *score = finish(draft);

	cr_assert_eq(score_compile(p.compiler, score, &report, &p.compiled), 0, "%s: %s",
		report.error[0].where, report.error[0].reason);
	score_unref(score);
	build(&p);
	return p;
}

static void stop(struct played *p)
{
	mos_timeline_close(&p->tl);
	close(p->fd);
	score_compiler_free(p->compiler);
}

struct want {
	int64_t tick;
	uint32_t ump0, ump1;
	uint16_t part;
	uint32_t len;
};

static void expect_events(const struct mos_timeline *tl, const struct want *want, uint32_t n)
{
	for (uint32_t i = 0; i < tl->n_event && i < n; i++) {
		const struct mos_tl_event *e = &tl->event[i];
		cr_expect_eq(e->tick, want[i].tick, "event %u at %ld", i, (long)e->tick);
		cr_expect_eq(e->ump[0], want[i].ump0, "event %u: %08x, not %08x", i, e->ump[0], want[i].ump0);
		cr_expect_eq(e->ump[1], want[i].ump1, "event %u: %08x, not %08x", i, e->ump[1], want[i].ump1);
		cr_expect_eq(e->part, want[i].part, "event %u: part %u", i, e->part);
		cr_expect_eq(e->len_ticks, want[i].len, "event %u: %u ticks", i, e->len_ticks);
	}
	cr_assert_eq(tl->n_event, n, "%u events", tl->n_event);
}
#define EXPECT_EVENTS(tl, ...)                                                                               \
	expect_events(tl, (const struct want[])__VA_ARGS__,                                                  \
		sizeof((const struct want[])__VA_ARGS__) / sizeof(struct want))

Test(score_compile, tritone_order,
	.description = "FMT-08: at one tick note-offs, then controls in their order, then note-ons; by part, "
		       "then by key")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	const uint32_t a = add_part(&d, 0, 0), b = add_part(&d, 1, 0);
	add_note(&d, a, 0, 10, 0x40)->velocity = 0x50;
	add_note(&d, a, 0, 10, 0x3c)->velocity = 0x51;
	add_control(&d, a, 0, NVX_CONTROL_CC, 0x20, 1);
	add_control(&d, a, 0, NVX_CONTROL_CC, 0x00, 2)->seq = 1;
	add_control(&d, a, 0, NVX_CONTROL_PROGRAM, 0xffff, 3)->seq = 2;
	add_note(&d, a, 10, 10, 0x3c)->release_velocity = 0x13;
	add_control(&d, a, 10, NVX_CONTROL_BEND, 0, 0);
	add_note(&d, b, 0, 10, 0x30);
	add_control(&d, b, 10, NVX_CONTROL_PRESSURE, 0, 5);
	add_control(&d, b, 10, NVX_CONTROL_POLY_PRESSURE, 0, 6)->pitch = 0x30;
	struct played p = play(&d);
	EXPECT_EVENTS(&p.tl, {
				     {0, 0x20b02001, 0, 0, 0},
				     {0, 0x20b00002, 0, 0, 0},
				     {0, 0x20c00300, 0, 0, 0},
				     {0, 0x20c10000, 0, 1, 0},
				     {0, 0x20903c51, 0, 0, 10},
				     {0, 0x20904050, 0, 0, 10},
				     {0, 0x20913064, 0, 1, 10},
				     {10, 0x20803c40, 0, 0, 0},
				     {10, 0x20804040, 0, 0, 0},
				     {10, 0x20813040, 0, 1, 0},
				     {10, 0x20e00040, 0, 0, 0},
				     {10, 0x20d10500, 0, 1, 0},
				     {10, 0x20a13006, 0, 1, 0},
				     {10, 0x20903c64, 0, 0, 10},
				     {20, 0x20803c13, 0, 0, 0},
			     });
	stop(&p);
}

Test(score_compile, controls,
	.description = "FMT-08: parameters become four controllers, banks two; packets pass as they are")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	const uint32_t a = add_part(&d, 2, 5);
	nvx_draft_part(&d, a)->midi_bank = 0x101;
	nvx_draft_part(&d, a)->volume_1e6 = 1000000;
	nvx_draft_part(&d, a)->pan_1e6 = -500000;
	nvx_draft_part(&d, a)->midi_port = 1;
	add_control(&d, a, 1, NVX_CONTROL_RPN, 0x81, 0x1234);
	add_control(&d, a, 2, NVX_CONTROL_NRPN, 0x82, 0x0007);
	add_control(&d, a, 3, NVX_CONTROL_BEND, 0, -8192);
	add_control(&d, a, 4, NVX_CONTROL_BEND, 0, 8191);
	add_control(&d, a, 5, NVX_CONTROL_PROGRAM, 0x83, 6)->channel = 7;
	static const uint32_t bend[] = {0x4ae53c00, 0x87654321}, note[] = {0x40903c00, 0xffff0000},
			      text[] = {0xd0100000, 1, 2, 3};
	const uint32_t *packets[] = {bend, note, text};
	for (unsigned i = 0; i < 3; i++)
		add_control(&d, a, 6 + i, NVX_CONTROL_UMP, 0, 0)->data =
			nvx_make_list(&d, packets[i], i == 2 ? 4 : 2, 4);
	struct played p = play(&d);
	EXPECT_EVENTS(&p.tl, {
				     {0, 0x21b20002, 0, 0, 0},
				     {0, 0x21b22001, 0, 0, 0},
				     {0, 0x21c20500, 0, 0, 0},
				     {0, 0x21b20764, 0, 0, 0},
				     {0, 0x21b20a20, 0, 0, 0},
				     {1, 0x21b26501, 0, 0, 0},
				     {1, 0x21b26401, 0, 0, 0},
				     {1, 0x21b20624, 0, 0, 0},
				     {1, 0x21b22634, 0, 0, 0},
				     {2, 0x21b26301, 0, 0, 0},
				     {2, 0x21b26202, 0, 0, 0},
				     {2, 0x21b20600, 0, 0, 0},
				     {2, 0x21b22607, 0, 0, 0},
				     {3, 0x21e20000, 0, 0, 0},
				     {4, 0x21e27f7f, 0, 0, 0},
				     {5, 0x21b70001, 0, 0, 0},
				     {5, 0x21b72003, 0, 0, 0},
				     {5, 0x21c70600, 0, 0, 0},
				     {6, 0x41e23c00, 0x87654321, 0, 0},
			     });
	stop(&p);
}

Test(score_compile, sysex_packets,
	.description = "FMT-03: six bytes a packet, the status says start, middle, end")
{
	for (unsigned n = 0; n <= 20; n++) {
		struct nvx_draft d = draft_of();
		uint8_t bytes[20];
		measures(&d, 1);
		const uint32_t a = add_part(&d, 0, 0);
		for (unsigned i = 0; i < n; i++)
			bytes[i] = (uint8_t)(i + 1);
		add_control(&d, a, 5, NVX_CONTROL_SYSEX, 0, 0)->data = nvx_make_list(&d, bytes, n, 1);
		struct played p = play(&d);
		const uint32_t packets = n ? (n + 5) / 6 : 1;
		cr_assert_eq(p.tl.n_event, packets + 1, "%u bytes: %u packets", n, p.tl.n_event);
		unsigned next = 1;
		for (uint32_t k = 0; k < packets; k++) {
			const uint64_t ump =
				(uint64_t)p.tl.event[k + 1].ump[0] << 32 | p.tl.event[k + 1].ump[1];
			const unsigned status = packets == 1 ? 0 : k == 0 ? 1 : k + 1 == packets ? 3 : 2;
			const unsigned in = k + 1 == packets ? n - 6 * k : 6;
			cr_expect_eq(ump >> 60, 3);
			cr_expect_eq(ump >> 52 & 0xf, status, "%u bytes, packet %u", n, k);
			cr_expect_eq(ump >> 48 & 0xf, in);
			for (unsigned i = 0; i < 6; i++)
				cr_expect_eq(ump >> (40 - 8 * i) & 0xff, i < in ? next++ : 0);
		}
		stop(&p);
	}
}

Test(score_compile, sysex_before_controls,
	.description = "FMT-08: a reset at a tick does not undo the programs of it")
{
	struct nvx_draft d = draft_of();
	static const uint8_t reset[] = {0x7e, 0x7f, 0x09, 0x01};
	measures(&d, 1);
	(void)add_part(&d, 0, 5);
	const uint32_t b = add_part(&d, 1, 6);
	add_control(&d, b, 0, NVX_CONTROL_SYSEX, 0, 0)->data = nvx_make_list(&d, reset, 4, 1);
	struct played p = play(&d);
	EXPECT_EVENTS(&p.tl,
		{{0, 0x30047e7f, 0x09010000, 0, 0}, {0, 0x20c00500, 0, 0, 0}, {0, 0x20c10600, 0, 1, 0}});
	stop(&p);
}

Test(score_compile, note_ids,
	.description = "FMT-08: a note-on and its note-off share an id that no other has, overlapped or not")
{
	struct nvx_draft d = draft_of();
	measures(&d, 2);
	const uint32_t a = add_part(&d, 0, 0), b = add_part(&d, 0, 0);
	for (unsigned i = 0; i < 50; i++) {
		add_note(&d, a, 4 * i, 7, 0x3c);
		add_note(&d, b, 4 * i + 2, 9, 0x3c);
	}
	struct played p = play(&d);
	uint32_t on_at[101] = {0}, seen = 0;
	for (uint32_t i = 0; i < p.tl.n_event; i++) {
		const struct mos_tl_event *e = &p.tl.event[i];
		if (e->order == MOS_TL_CONTROL)
			continue;
		cr_assert(e->note_id >= 1 && e->note_id <= 100);
		if (e->order == MOS_TL_NOTE_ON) {
			cr_expect_eq(on_at[e->note_id], 0, "used once");
			on_at[e->note_id] = i + 1;
		} else {
			cr_assert_neq(on_at[e->note_id], 0, "the note-on comes first");
			const struct mos_tl_event *on = &p.tl.event[on_at[e->note_id] - 1];
			cr_expect_eq(e->tick - on->tick, on->len_ticks);
			cr_expect_eq(e->part, on->part);
			seen++;
		}
	}
	cr_expect_eq(seen, 100);
	stop(&p);
}

Test(score_compile, unisons,
	.description =
		"FMT-08: notes of one pitch and tick sound as one, the longest, as loud as the loudest")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	const uint32_t a = add_part(&d, 0, 0);
	add_note(&d, a, 0, 100, 60)->velocity = 90;
	add_note(&d, a, 0, 200, 60)->velocity = 70;
	add_note(&d, a, 0, 300, 60)->muted = 1;
	add_note(&d, a, 0, 50, 60)->channel = 3;
	struct played p = play(&d);
	EXPECT_EVENTS(&p.tl, {
				     {0, 0x20c00000, 0, 0, 0},
				     {0, 0x20933c64, 0, 0, 50},
				     {0, 0x20903c5a, 0, 0, 200},
				     {50, 0x20833c40, 0, 0, 0},
				     {200, 0x20803c40, 0, 0, 0},
			     });
	stop(&p);
}

Test(score_compile, muted_parts, .description = "FMT-08: muted parts are silent; with a solo all others are")
{
	for (unsigned solo = 0; solo < 2; solo++) {
		struct nvx_draft d = draft_of();
		measures(&d, 1);
		for (unsigned i = 0; i < 3; i++) {
			const uint32_t a = add_part(&d, (int)i, i);
			add_note(&d, a, 0, 100, 60 + i);
			nvx_draft_part(&d, a)->mute = i == 0;
			nvx_draft_part(&d, a)->solo = solo && i == 2;
		}
		struct played p = play(&d);
		unsigned heard = 0;
		for (uint32_t i = 0; i < p.tl.n_event; i++)
			heard |= p.tl.event[i].order == MOS_TL_NOTE_ON ? 1u << p.tl.event[i].part : 0;
		cr_expect_eq(heard, solo ? 4 : 6);
		cr_expect_eq(p.tl.n_part, 3, "muted parts are parts");
		stop(&p);
	}
}

Test(score_compile, midi2_notes,
	.description = "FMT-08: what MIDI 1.0 cannot say of a note goes out as MIDI 2.0, and only that")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	const uint32_t a = add_part(&d, 0, 0);
	struct nvx_note *n = add_note(&d, a, 0, 10, 60);
	n->velocity = 64;
	n->velocity16 = 0x8000; /* what 64 is in 16 bits */
	n = add_note(&d, a, 100, 10, 61);
	n->velocity = 64;
	n->velocity16 = 0x8001;
	n = add_note(&d, a, 200, 10, 62);
	n->cents_1e3 = -50000;
	n->velocity = 127;
	struct played p = play(&d);
	EXPECT_EVENTS(&p.tl, {
				     {0, 0x20c00000, 0, 0, 0},
				     {0, 0x20903c40, 0, 0, 10},
				     {10, 0x20803c40, 0, 0, 0},
				     {100, 0x40903d00, 0x80010000, 0, 10},
				     {110, 0x40803d00, 0x80000000, 0, 0},
				     {200, 0x40903e03, 0xffff0000 | (62 * 512 - 256), 0, 10},
				     {210, 0x40803e00, 0x80000000, 0, 0},
			     });
	stop(&p);
}

Test(score_compile, strips,
	.description = "FMT-08: channels as parts say, the next free ones for the others, 10 for drums")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	(void)add_part(&d, -1, 1);
	(void)add_part(&d, 0, 0);
	(void)add_part(&d, 0, 7); /* shared: by its own word */
	nvx_draft_part(&d, add_part(&d, -1, 0))->role = NVX_ROLE_DRUMS;
	add_note(&d, add_part(&d, 4, 0), 0, 10, 60)->channel = 1; /* channel 1 is in use */
	nvx_draft_part(&d, add_part(&d, -1, 3))->midi_port = 2;
	struct played p = play(&d);
	static const uint8_t want[][3] = {{0, 2, 1}, {0, 0, 0}, {0, 0, 7}, {0, 9, 0}, {0, 4, 0}, {2, 0, 3}};
	cr_assert_eq(p.tl.n_part, 6);
	for (unsigned i = 0; i < 6; i++) {
		cr_expect_eq(p.tl.part[i].group, want[i][0], "part %u: group %u", i, p.tl.part[i].group);
		cr_expect_eq(
			p.tl.part[i].channel, want[i][1], "part %u: channel %u", i, p.tl.part[i].channel);
		cr_expect_eq(p.tl.part[i].program, want[i][2]);
		cr_expect_eq(p.tl.part[i].is_drums, i == 3);
	}
	unsigned n_programs = 0;
	for (uint32_t i = 0; i < p.tl.n_event; i++)
		if (p.tl.event[i].ump[0] >> 16 == 0x20c0 && ++n_programs)
			cr_expect_eq(p.tl.event[i].ump[0], 0x20c00700, "the part that names a sound sets it");
	cr_expect_eq(n_programs, 1);
	stop(&p);
}

Test(score_compile, more_parts_than_strips,
	.description = "FMT-08: 200 parts share the channels, drums stay drums")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	for (unsigned i = 0; i < 200; i++) {
		const uint32_t a = add_part(&d, -1, i % 128);
		nvx_draft_part(&d, a)->role = i % 10 == 0 ? NVX_ROLE_DRUMS : NVX_ROLE_OTHER;
		add_note(&d, a, i, 10, 60);
	}
	struct played p = play(&d);
	for (uint32_t i = 0; i < 200; i++) {
		cr_expect_eq(p.tl.part[i].is_drums, i % 10 == 0);
		cr_expect_eq(p.tl.part[i].channel == 9, i % 10 == 0);
	}
	cr_expect_eq(report.n_warnings, 1);
	stop(&p);
}

Test(score_compile, tables,
	.description = "FMT-08 HER-17: maps, measures, markers, parts, title and length arrive")
{
	struct nvx_draft d = draft_of();
	*nvx_add_meter(&d) = (struct nvx_meter){.num = 3, .den = 4};
	*nvx_add_meter(&d) = (struct nvx_meter){.tick = 8640, .num = 6, .den = 8};
	for (unsigned i = 0; i < 5; i++) {
		struct nvx_measure *m = nvx_add_measure(&d);
		m->tick = i * 2880;
		m->duration_ticks = 2880;
	}
	nvx_set_key(nvx_add_key(&d), 2, 0);
	struct nvx_key *key = nvx_add_key(&d);
	nvx_set_key(key, -1, 1);
	key->tick = 2880;
	nvx_add_tempo(&d)->ns_per_quarter = 500000000;
	struct nvx_tempo *tempo = nvx_add_tempo(&d);
	tempo->tick = 11520;
	tempo->ns_per_quarter = 1000000000;
	d.globals.metadata.title = nvx_text(&d, "Title", 5);
	static const struct {
		const char *label;
		int64_t tick;
		enum nvx_marker kind;
	} marks[] = {
		{"A", 0, NVX_MARKER_REHEARSAL}, {"B", 5760, NVX_MARKER_CUE}, {"no", 1, NVX_MARKER_COMMENT}};
	for (unsigned i = 0; i < 3; i++) {
		struct nvx_marker_element *m = nvx_add_marker(&d);
		m->e.tick = marks[i].tick;
		m->e.kind = (uint8_t)marks[i].kind;
		m->label = nvx_text(&d, marks[i].label, strlen(marks[i].label));
	}
	for (unsigned i = 0; i < 2; i++) {
		struct nvx_form_element *f = nvx_add_form(&d);
		f->e.tick = i * 2880;
		f->e.duration_ticks = 2880;
		f->label = nvx_text(&d, i ? "Verse" : "A", i ? 5 : 1);
	}
	const uint32_t a = add_part(&d, 4, 0x21);
	nvx_draft_part(&d, a)->name = nvx_text(&d, "Bass", 4);
	struct played p = play(&d);
	cr_expect_str_eq(p.tl.strings + p.tl.title_off, "Title");
	cr_expect_eq(p.tl.end_tick, 14400);
	cr_assert_eq(p.tl.n_tempo, 2);
	cr_expect_eq(p.tl.tempo[1].tick, 11520);
	cr_expect_eq(p.tl.tempo[1].npq_start, 1000000000);
	cr_expect_eq(p.tl.tempo[1].npq_end, 1000000000);
	cr_assert_eq(p.tl.n_meter, 2);
	cr_expect_eq(p.tl.meter[0].num, 3);
	cr_expect_eq(p.tl.meter[1].num, 6);
	cr_expect_eq(p.tl.meter[1].den, 8);
	cr_expect_eq(p.tl.meter[1].measure, 3, "measure %u", p.tl.meter[1].measure);
	cr_assert_eq(p.tl.n_key, 2);
	cr_expect_eq(p.tl.key[0].fifths, 2);
	cr_expect_eq(p.tl.key[1].fifths, -1);
	cr_expect_eq(p.tl.key[1].minor, 1);
	cr_expect_eq(p.tl.key[1].tick, 2880);
	cr_assert_eq(p.tl.n_marker, 3, "what says the same stands once; comments are no markers");
	cr_expect_str_eq(p.tl.strings + p.tl.marker[0].name_off, "A");
	cr_expect_str_eq(p.tl.strings + p.tl.marker[1].name_off, "Verse");
	cr_expect_eq(p.tl.marker[1].tick, 2880);
	cr_expect_str_eq(p.tl.strings + p.tl.marker[2].name_off, "B");
	cr_expect_eq(p.tl.marker[2].kind, 1);
	cr_assert_eq(p.tl.n_part, 1);
	cr_expect_str_eq(p.tl.strings + p.tl.part[0].name_off, "Bass");
	cr_expect_eq(p.tl.part[0].channel, 4);
	cr_expect_eq(p.tl.part[0].program, 0x21);
	cr_expect_eq(p.compiled.duration_ns, 9000000000, "12 quarters of 120, 3 of 60");
	stop(&p);
}

Test(score_compile, NVX_19_irregular_bars,
	.description = "NVX-19 KRO-21: every bar begins where the score says, pickups and long bars too")
{
	static const struct {
		uint32_t num, den, duration;
		enum nvx_irregular irregular;
	} bars[] = {{4, 4, 960, NVX_IRREGULAR_PICKUP}, {4, 4, 3840}, {4, 4, 3840},
		{4, 4, 4800, NVX_IRREGULAR_LONG}, {4, 4, 3840}, {4, 4, 1440, NVX_IRREGULAR_SHORT},
		{4, 4, 5000, NVX_IRREGULAR_LONG}, {7, 8, 3360}, {7, 8, 3360}, {3, 256, 45}, {3, 256, 45},
		{3, 256, 45}, {5, 2, 9600}, {5, 2, 9600}, {5, 2, 500000, NVX_IRREGULAR_LONG}, {5, 2, 9600}};
	const unsigned n = sizeof(bars) / sizeof(bars[0]);
	int64_t start[32] = {0}, tick = 0;
	struct nvx_draft d = draft_of();

	for (unsigned i = 0; i < n; i++) {
		if (i == 0 || bars[i].num != bars[i - 1].num)
			*nvx_add_meter(&d) = (struct nvx_meter){
				.tick = tick, .num = (uint16_t)bars[i].num, .den = (uint16_t)bars[i].den};
		struct nvx_measure *m = nvx_add_measure(&d);
		m->tick = start[i] = tick;
		m->duration_ticks = bars[i].duration;
		m->irregular = (uint8_t)bars[i].irregular;
		tick += bars[i].duration;
	}
	struct played p = play(&d);
	struct mos_meter_seg seg[32];
	struct mos_meter_map map;
	cr_assert_leq(p.tl.n_meter, 32);
	for (uint32_t i = 0; i < p.tl.n_meter; i++)
		seg[i] = (struct mos_meter_seg){p.tl.meter[i].tick, p.tl.meter[i].num, p.tl.meter[i].den, 0};
	cr_assert_eq(mos_meter_map_init(&map, seg, p.tl.n_meter), 0);
	for (uint32_t i = 0; i < p.tl.n_meter; i++)
		cr_expect_eq(seg[i].measure, p.tl.meter[i].measure, "entry %u: rtcore counts %u, we %u", i,
			seg[i].measure, p.tl.meter[i].measure);
	for (unsigned i = 0; i < n; i++)
		cr_expect_eq(mos_meter_tick_of(&map, i, 0, 0), start[i], "bar %u", i);
	cr_expect_eq(p.tl.meter[0].num, 4, "a pickup is a bar that was cut");
	stop(&p);
}

Test(score_compile, NVX_19_repeats,
	.description = "NVX-19: a repeat brings back notes, tempo, key, meter, markers and controls")
{
	struct nvx_draft d = draft_of();
	measures(&d, 3);
	d.measure[1].repeat_end = 2;
	struct nvx_tempo *tempo = nvx_add_tempo(&d);
	tempo->ns_per_quarter = 600000000;
	tempo = nvx_add_tempo(&d);
	tempo->tick = BAR;
	tempo->ns_per_quarter = 300000000;
	nvx_set_key(nvx_add_key(&d), 0, 0);
	struct nvx_key *key = nvx_add_key(&d);
	nvx_set_key(key, 4, 0);
	key->tick = BAR;
	struct nvx_form_element *f = nvx_add_form(&d);
	f->e.tick = BAR;
	f->e.duration_ticks = (uint32_t)BAR;
	f->label = nvx_text(&d, "V", 1);
	const uint32_t a = add_part(&d, 0, 9);
	add_note(&d, a, 0, 100, 60);
	add_note(&d, a, 2 * BAR - 100, 200, 60);
	add_control(&d, a, BAR, NVX_CONTROL_PROGRAM, 0xffff, 17);
	add_control(&d, a, BAR, NVX_CONTROL_CC, 64, 127)->seq = 1;
	add_control(&d, a, BAR, NVX_CONTROL_CC, 7, 30)->seq = 2;
	struct played p = play(&d);
	EXPECT_EVENTS(
		&p.tl, {
			       {0, 0x20c00900, 0, 0, 0},
			       {0, 0x20903c64, 0, 0, 100},
			       {100, 0x20803c40, 0, 0, 0},
			       {BAR, 0x20c01100, 0, 0, 0},
			       {BAR, 0x20b0407f, 0, 0, 0},
			       {BAR, 0x20b0071e, 0, 0, 0},
			       {2 * BAR - 100, 0x20903c64, 0, 0, 100}, /* let go: struck anew by the repeat */
			       {2 * BAR, 0x20803c40, 0, 0, 0},
			       {2 * BAR, 0x20b00764, 0, 0, 0},
			       {2 * BAR, 0x20b04000, 0, 0, 0},
			       {2 * BAR, 0x20c00900, 0, 0, 0},
			       {2 * BAR, 0x20903c64, 0, 0, 100},
			       {2 * BAR + 100, 0x20803c40, 0, 0, 0},
			       {3 * BAR, 0x20c01100, 0, 0, 0},
			       {3 * BAR, 0x20b0407f, 0, 0, 0},
			       {3 * BAR, 0x20b0071e, 0, 0, 0},
			       {4 * BAR - 100, 0x20903c64, 0, 0, 200},
			       {4 * BAR + 100, 0x20803c40, 0, 0, 0},
		       });
	cr_assert_eq(p.tl.n_tempo, 4);
	for (unsigned i = 0; i < 4; i++) {
		cr_expect_eq(p.tl.tempo[i].tick, i * BAR);
		cr_expect_eq(p.tl.tempo[i].npq_start, i % 2 ? 300000000 : 600000000);
	}
	cr_assert_eq(p.tl.n_key, 4);
	cr_expect_eq(p.tl.key[2].tick, 2 * BAR);
	cr_expect_eq(p.tl.key[2].fifths, 0);
	cr_assert_eq(p.tl.n_marker, 2);
	cr_expect_eq(p.tl.marker[1].tick, 3 * BAR);
	cr_expect_eq(p.tl.end_tick, 5 * BAR);
	cr_expect_eq(p.compiled.duration_ns, INT64_C(4) * (2 * 600000000 + 3 * 300000000));
	stop(&p);
}

Test(score_compile, tempo_curves,
	.description = "TIM-07 KRO-01: a straight line stays one, cut where playing jumps")
{
	struct nvx_draft d = draft_of();
	measures(&d, 2);
	d.measure[0].repeat_end = 2;
	struct nvx_tempo *tempo = nvx_add_tempo(&d);
	tempo->ns_per_quarter = 400000000;
	tempo->curve = NVX_CURVE_LINEAR;
	tempo = nvx_add_tempo(&d);
	tempo->tick = 2 * BAR - 960;
	tempo->ns_per_quarter = 1100000000;
	struct played p = play(&d);
	cr_assert_eq(p.tl.n_tempo, 3);
	cr_expect_eq(p.tl.tempo[0].npq_end, 800000000);
	cr_expect_eq(p.tl.tempo[1].tick, BAR);
	cr_expect_eq(p.tl.tempo[1].npq_start, 400000000);
	cr_expect_eq(p.tl.tempo[1].npq_end, 1100000000);
	cr_expect_eq(p.tl.tempo[2].tick, 3 * BAR - 960);
	cr_expect_eq(p.tl.tempo[2].npq_end, 1100000000);
	stop(&p);
}

Test(score_compile, offsets,
	.description = "FMT-08: offsets move the sound in time, whatever the tempo; the order stays whole")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	nvx_add_tempo(&d)->ns_per_quarter = 960000000; /* a tick is 1 ms */
	const uint32_t a = add_part(&d, 0, 0);
	add_note(&d, a, 0, 100, 60)->offset_us = -20000;
	add_note(&d, a, 100, 100, 60)->offset_us = -20400; /* struck before the one before ends */
	add_note(&d, a, 300, 100, 62)->offset_us = 20600;
	add_note(&d, a, 310, 100, 64);
	struct played p = play(&d);
	EXPECT_EVENTS(&p.tl, {
				     {0, 0x20c00000, 0, 0, 0},
				     {0, 0x20903c64, 0, 0, 80},
				     {80, 0x20803c40, 0, 0, 0},
				     {80, 0x20903c64, 0, 0, 100},
				     {180, 0x20803c40, 0, 0, 0},
				     {310, 0x20904064, 0, 0, 100},
				     {321, 0x20903e64, 0, 0, 100},
				     {410, 0x20804040, 0, 0, 0},
				     {421, 0x20803e40, 0, 0, 0},
			     });
	stop(&p);
}

Test(score_compile, feel, .description = "FMT-08: drums swing, push and pull as their rail says")
{
	struct nvx_draft d = draft_of();
	measures(&d, 1);
	nvx_add_tempo(&d)->ns_per_quarter = 960000000;
	const uint32_t a = add_part(&d, 9, 0);
	nvx_draft_part(&d, a)->role = NVX_ROLE_DRUMS;
	static const struct {
		int64_t tick;
		uint8_t swing;
		int32_t push_us;
		int64_t want;
	} hits[] = {{0, 33, 0, 0}, {480, 33, 0, 638}, {960, 33, 5000, 965}, {1440, 100, -10000, 1910},
		{2160, 33, 0, 2160}, {2400, 0, 0, 2400}};
	const unsigned n = sizeof(hits) / sizeof(hits[0]);
	for (unsigned i = 0; i < n; i++) {
		const nvx_id note = add_note(&d, a, hits[i].tick, 20, 42)->id;
		struct nvx_drum_entry *entry = nvx_add_drum(&d);
		entry->e.note_id = note;
		entry->has_feel = 1;
		entry->swing_percent = hits[i].swing;
		entry->push_pull_us = hits[i].push_us;
		entry->instrument = NVX_DRUM_HAT_CLOSED;
	}
	struct played p = play(&d);
	unsigned at = 0;
	for (uint32_t i = 0; i < p.tl.n_event; i++)
		if (p.tl.event[i].order == MOS_TL_NOTE_ON) {
			cr_expect_eq(p.tl.event[i].tick, hits[at].want, "hit %u at %ld", at,
				(long)p.tl.event[i].tick);
			at++;
		}
	cr_expect_eq(at, n);
	stop(&p);
}

Test(score_compile, HER_15_same_music_same_id,
	.description = "HER-15 FMT-09: the same score gives the same timeline, one other note another")
{
	uint64_t id[3];

	for (unsigned i = 0; i < 3; i++) {
		struct nvx_draft d = draft_of();
		measures(&d, 1);
		add_note(&d, add_part(&d, 0, 0), 0, 16, i == 2 ? 61 : 60);
		struct played p = play(&d);
		id[i] = p.tl.id;
		stop(&p);
	}
	cr_expect_eq(id[0], id[1]);
	cr_expect_neq(id[0], id[2]);
}

Test(score_compile, too_long,
	.description = "HER-11: more than 667 hours, more than 16 million events are refused")
{
	struct score_compiler *compiler = score_compiler_new(&score_heap);
	struct score_compiled compiled;

	for (unsigned which = 0; which < 2; which++) {
		struct nvx_draft d = draft_of();
		nvx_add_tempo(&d)->ns_per_quarter = UINT64_C(60000000000);
		*nvx_add_meter(&d) = (struct nvx_meter){.num = 8, .den = 4};
		for (unsigned i = 0; i < (which ? 100 : 1000); i++) {
			struct nvx_measure *m = nvx_add_measure(&d);
			m->tick = i * 2 * BAR;
			m->duration_ticks = (uint32_t)(2 * BAR);
			m->repeat_end = which ? 99 : 10;
		}
		const uint32_t a = add_part(&d, 0, 0);
		for (unsigned i = 0; which && i < 200000; i++)
			add_note(&d, a, i, 1, i % 128);
		struct score *score = finish(&d);
		cr_expect_eq(score_compile(compiler, score, &report, &compiled), -EINVAL);
		cr_expect_str_eq(report.error[0].code, which ? "nvx1.limit.played" : "nvx1.limit.duration");
		score_unref(score);
	}
	score_compiler_free(compiler);
}

/* ---- incremental ---- */

static uint64_t seed = 7;
static uint32_t roll(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

static struct score *big_score(unsigned n_parts, unsigned n_measures, unsigned per_measure)
{
	struct nvx_draft d = draft_of();

	measures(&d, n_measures);
	d.measure[n_measures / 2].repeat_end = 2;
	for (unsigned i = 0; i < n_parts; i++) {
		const uint32_t a = add_part(&d, -1, i);
		for (unsigned k = 0; k < n_measures * per_measure; k++)
			add_note(&d, a, (int64_t)k * BAR / per_measure, 60 + roll(2000), 36 + roll(60))
				->offset_us = i == 1 ? (int32_t)roll(20000) - 10000 : 0;
		for (unsigned k = 0; k < n_measures; k++)
			add_control(
				&d, a, k * BAR + roll(3000), NVX_CONTROL_CC, 1 + roll(12), (int)roll(128));
	}
	return finish(&d);
}

static int equal_src(const struct mos_timeline_src *a, const struct mos_timeline_src *b)
{
#define SAME(table, n)                                                                                       \
	(a->n == b->n && (a->n == 0 || memcmp(a->table, b->table, a->n * sizeof(*a->table)) == 0))
	return SAME(tempo, n_tempo) && SAME(meter, n_meter) && SAME(key, n_key) && SAME(event, n_event) &&
	       SAME(marker, n_marker) && SAME(part, n_part) && SAME(strings, strings_len) &&
	       a->title_off == b->title_off && a->end_tick == b->end_tick &&
	       memcmp(&a->policy, &b->policy, sizeof(a->policy)) == 0;
#undef SAME
}

enum edit {
	EDIT_TIME,
	EDIT_MUTE,
	EDIT_PITCH,
	EDIT_REMOVE,
	EDIT_ADD,
	EDIT_PART,
	EDIT_TEMPO,
	EDIT_REPEAT,
	EDIT_NEW_PART,
	EDIT_NO_PART,
	N_EDITS
};

static void note_op(struct score_change *change, const struct score *score, uint32_t part, enum edit what)
{
	const struct nvx_note old = *score_part_note(score->part[part], roll(score->part[part]->note.n));
	const enum score_op_kind kind = what == EDIT_REMOVE ? SCORE_OP_REMOVE
					: what == EDIT_ADD  ? SCORE_OP_ADD
							    : SCORE_OP_REPLACE;
	struct nvx_note note = old;

	note.pitch = (uint8_t)(36 + roll(60));
	note.offset_us = what == EDIT_TIME ? (int32_t)roll(40000) - 20000 : note.offset_us;
	note.muted = what == EDIT_MUTE;
	if (what == EDIT_ADD)
		note.id = 0;
	cr_assert_eq(score_change_add(change, kind, NVX_LIST_note, score->part[part]->part.id, 0,
			     what == EDIT_ADD ? NULL : &old, what == EDIT_REMOVE ? NULL : &note),
		0);
}

static void part_op(
	struct score_change *change, const struct score *score, uint32_t part, enum edit what, unsigned round)
{
	const struct nvx_part old = score->part[part]->part;
	struct nvx_part p = old;

	p.mute = !p.mute && roll(2);
	p.midi_program = (uint8_t)roll(128);
	if (what == EDIT_NEW_PART) {
		p.id = nvx_id_number('p', 100 + round);
		p.midi_channel = roll(2) ? NVX_NO_U8 : (uint8_t)roll(16);
		p.regions = 0;
		cr_assert_eq(score_change_add(change, SCORE_OP_ADD, NVX_LIST_part, 0,
				     roll(score->n_parts + 1), NULL, &p),
			0);
		struct nvx_note note = {.tick = roll(5000),
			.duration_ticks = 700,
			.pitch = 60,
			.velocity = 90,
			.release_velocity = 64,
			.channel = NVX_NO_U8};
		cr_assert_eq(score_change_add(change, SCORE_OP_ADD, NVX_LIST_note, p.id, 0, NULL, &note), 0);
	} else if (what == EDIT_NO_PART) {
		cr_assert_eq(
			score_change_add(change, SCORE_OP_REMOVE, NVX_LIST_part, 0, part, &old, NULL), 0);
	} else {
		cr_assert_eq(score_change_add(change, SCORE_OP_REPLACE, NVX_LIST_part, 0, part, &old, &p), 0);
	}
}

static void frame_op(struct score_change *change, const struct score *score, enum edit what)
{
	if (what == EDIT_TEMPO) {
		struct nvx_tempo t = *score_tempo(score, 0), old = t;
		t.ns_per_quarter = 300000000 + roll(500000000);
		cr_assert_eq(score_change_add(change, SCORE_OP_REPLACE, NVX_LIST_tempo, 0, 0, &old, &t), 0);
	} else {
		const uint32_t m = roll(score_n_measure(score));
		struct nvx_measure measure = *score_measure(score, m), old = measure;
		measure.repeat_end = measure.repeat_end ? 0 : 2;
		cr_assert_eq(
			score_change_add(change, SCORE_OP_REPLACE, NVX_LIST_measure, 0, m, &old, &measure),
			0);
	}
}

/** A random edit of a score, which is given up for what comes of it. */
static enum edit edit(struct score **score, unsigned round)
{
	const uint32_t part = roll((*score)->n_parts);
	enum edit what = (enum edit)roll(N_EDITS);
	struct score_change change;
	struct score *next;

	if ((what < EDIT_PART && (*score)->part[part]->note.n == 0) ||
		(what == EDIT_NO_PART && (*score)->n_parts < 4))
		what = EDIT_NEW_PART;
	score_change_init(&change, *score);
	if (what < EDIT_PART)
		note_op(&change, *score, part, what);
	else if (what == EDIT_TEMPO || what == EDIT_REPEAT)
		frame_op(&change, *score, what);
	else
		part_op(&change, *score, part, what, round);
	memset(&report, 0, sizeof(report));
	cr_assert_eq(score_apply(*score, &change, &report, &next), 0, "edit %u: %s: %s", what,
		report.error[0].where, report.error[0].reason);
	score_change_finish(&change);
	score_unref(*score);
	*score = next;
	return what;
}

Test(score_compile, HER_20_incremental,
	.description = "HER-20 HER-09: after any edit, parts that come and go among them, the compiler gives "
		       "what a new one "
		       "gives, and makes only what changed",
	.timeout = 60)
{
	struct score *score = big_score(6, 24, 6);
	struct score_compiler *kept = score_compiler_new(&score_heap);
	unsigned made = 0, all = 0;

	for (unsigned round = 0; round < 400; round++) {
		const enum edit what = edit(&score, round);
		struct score_compiler *fresh = score_compiler_new(&score_heap);
		struct score_compiled a, b;
		cr_assert_eq(score_compile(kept, score, &report, &a), 0);
		cr_assert_eq(score_compile(fresh, score, &report, &b), 0);
		cr_expect(equal_src(&a.src, &b.src), "round %u: edit %u", round, what);
		cr_expect_eq(a.duration_ns, b.duration_ns);
		cr_expect_eq(b.n_parts_made, score->n_parts);
		if (what < EDIT_PART && round > 0)
			cr_expect_leq(a.n_parts_made, 1, "round %u: edit %u made %u parts", round, what,
				a.n_parts_made);
		made += a.n_parts_made;
		all += b.n_parts_made;
		score_compiler_free(fresh);
	}
	cr_expect_lt(made, all / 2, "%u of %u parts made", made, all);
	score_compiler_free(kept);
	score_unref(score);
}

/* ---- out of memory ---- */

struct failing {
	struct score_alloc alloc;
	unsigned left;
};

static void *fail_after(void *ctx, void *ptr, size_t size)
{
	struct failing *f = ctx;

	if (size && f->left-- == 0) {
		f->left = 0;
		return NULL;
	}
	return score_heap.resize(score_heap.ctx, ptr, size);
}

Test(score_compile, HER_11_no_memory,
	.description = "HER-11: each allocation may fail: an error, no leak, and the next compile works")
{
	struct score *score = big_score(3, 8, 4);
	struct failing f = {.alloc = {.resize = fail_after, .ctx = &f}, .left = UINT32_MAX};
	struct score_compiler *compiler = score_compiler_new(&f.alloc);
	struct score_compiled compiled;
	unsigned n = 0;

	for (int rc = -ENOMEM; rc == -ENOMEM; n++) {
		f.left = n;
		rc = score_compile(compiler, score, &report, &compiled);
		cr_assert(rc == 0 || rc == -ENOMEM, "allocation %u: %d", n, rc);
	}
	cr_expect_gt(n, 20, "%u allocations", n);
	f.left = UINT32_MAX;
	cr_expect_eq(score_compile(compiler, score, &report, &compiled), 0);
	score_compiler_free(compiler);
	score_unref(score);
}
