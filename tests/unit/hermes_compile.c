/* SPDX-License-Identifier: MIT */
/* From score to timeline: packets, order, note ids, maps (FMT-08, HER-15). */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "compile.h"
#include "smf_bytes.h"
#include "smf_score.h"
#include "song.h"

#define END 0x00, 0xff, 0x2f, 0x00

static struct smf_bytes begin(unsigned tracks)
{
	struct smf_bytes b = {0};
	smf_head(&b, 1, tracks, 960);
	smf_begin(&b, "MTrk");
	return b;
}

static void next_track(struct smf_bytes *b)
{
	smf_end(b);
	smf_begin(b, "MTrk");
}

/** A song from bytes, and its timeline opened as rtcore opens it. */
static struct song *open_song(const struct smf_bytes *b, struct mos_timeline *ret)
{
	struct hermes_report report = {0};
	struct mos_timeline_error err = {0};
	struct song *song;
	uint8_t *copy = hermes_zalloc(&hermes_heap, b->size, 1);
	memcpy(copy, b->data, b->size);
	cr_assert_eq(song_create(copy, b->size, "name.mid", &hermes_heap, &song, &report), 0, "%s",
		report.error_text);
	cr_assert_eq(mos_timeline_open(song->timeline_fd, ret, &err), 0, "%s: %s", err.table, err.reason);
	return song;
}

struct want {
	int64_t tick;
	uint32_t ump0, ump1;
	uint16_t part;
	uint32_t len;
};

static void expect_events(const struct mos_timeline *tl, const struct want *want, uint32_t n)
{
	cr_assert_eq(tl->n_event, n, "%u events", tl->n_event);
	for (uint32_t i = 0; i < n; i++) {
		const struct mos_tl_event *e = &tl->event[i];
		cr_expect_eq(e->tick, want[i].tick, "event %u at %ld", i, (long)e->tick);
		cr_expect_eq(e->ump[0], want[i].ump0, "event %u: %08x", i, e->ump[0]);
		cr_expect_eq(e->ump[1], want[i].ump1, "event %u: %08x", i, e->ump[1]);
		cr_expect_eq(e->part, want[i].part, "event %u: part %u", i, e->part);
		cr_expect_eq(e->len_ticks, want[i].len, "event %u: %u ticks", i, e->len_ticks);
	}
}

Test(hermes_compile, tritone_order,
	.description = "FMT-08: at one tick note-offs, then controls in file order, then "
		       "note-ons; by part, then by key")
{
	struct smf_bytes b = begin(2);
	SMF_PUT(&b, 0x00, 0x90, 0x40, 0x50, 0x00, 0x90, 0x3c, 0x51, 0x00, 0xb0, 0x20, 0x01, 0x00, 0xb0, 0x00,
		0x02, 0x00, 0xc0, 0x03);
	SMF_PUT(&b, 0x0a, 0x90, 0x3c, 0x52, 0x00, 0x80, 0x3c, 0x11, 0x00, 0x80, 0x40, 0x12, 0x00, 0xe0, 0x00,
		0x40, 0x0a, 0x80, 0x3c, 0x13, END);
	next_track(&b);
	SMF_PUT(&b, 0x00, 0x91, 0x30, 0x54, 0x0a, 0x81, 0x30, 0x14, 0x00, 0xd1, 0x05, 0x00, 0xa1, 0x30, 0x06,
		0x0a, 0xff, 0x2f, 0x00);
	smf_end(&b);
	struct mos_timeline tl;
	struct song *song = open_song(&b, &tl);
	/* The note-off at tick 10 comes after the note-on of its key in the file: first in, first out. */
	static const struct want want[] = {
		{0, 0x20b02001, 0, 0, 0},
		{0, 0x20b00002, 0, 0, 0},
		{0, 0x20c00300, 0, 0, 0},
		{0, 0x20903c51, 0, 0, 10},
		{0, 0x20904050, 0, 0, 10},
		{0, 0x20913054, 0, 1, 10},
		{10, 0x20803c11, 0, 0, 0},
		{10, 0x20804012, 0, 0, 0},
		{10, 0x20813014, 0, 1, 0},
		{10, 0x20e00040, 0, 0, 0},
		{10, 0x20d10500, 0, 1, 0},
		{10, 0x20a13006, 0, 1, 0},
		{10, 0x20903c52, 0, 0, 10},
		{20, 0x20803c13, 0, 0, 0},
	};
	expect_events(&tl, want, sizeof(want) / sizeof(want[0]));
	mos_timeline_close(&tl);
	song_destroy(song);
}

Test(hermes_compile, sysex_packets,
	.description = "FMT-03: six bytes a packet, the status says start, middle, end")
{
	for (unsigned n = 0; n <= 20; n++) {
		struct smf_bytes b = begin(1);
		SMF_PUT(&b, 0x00, 0xf0, (uint8_t)(n + 1));
		for (unsigned i = 0; i < n; i++)
			SMF_PUT(&b, (uint8_t)(i + 1));
		SMF_PUT(&b, 0xf7, END);
		smf_end(&b);
		struct mos_timeline tl;
		struct song *song = open_song(&b, &tl);
		const uint32_t packets = n ? (n + 5) / 6 : 1;
		cr_assert_eq(tl.n_event, packets, "%u bytes: %u packets", n, tl.n_event);
		cr_expect_eq(tl.n_part, 1, "a song of nothing but sysex has one part");
		unsigned next = 1;
		for (uint32_t p = 0; p < packets; p++) {
			const uint64_t ump = (uint64_t)tl.event[p].ump[0] << 32 | tl.event[p].ump[1];
			const unsigned status = packets == 1 ? 0 : p == 0 ? 1 : p + 1 == packets ? 3 : 2;
			const unsigned bytes = p + 1 == packets ? n - 6 * p : 6;
			cr_expect_eq(ump >> 60, 3);
			cr_expect_eq(ump >> 52 & 0xf, status, "%u bytes, packet %u", n, p);
			cr_expect_eq(ump >> 48 & 0xf, bytes);
			for (unsigned i = 0; i < 6; i++)
				cr_expect_eq(ump >> (40 - 8 * i) & 0xff, i < bytes ? next++ : 0);
		}
		mos_timeline_close(&tl);
		song_destroy(song);
	}
}

Test(hermes_compile, sysex_in_packets_keeps_its_times,
	.description = "FMT-03: a divided message is sent when it says")
{
	struct smf_bytes b = begin(1);
	SMF_PUT(&b, 0x00, 0xf0, 0x02, 0x01, 0x02, 0x0a, 0xf7, 0x07, 1, 2, 3, 4, 5, 6, 7, 0x0a, 0xf7, 0x01,
		0xf7, END);
	smf_end(&b);
	struct mos_timeline tl;
	struct song *song = open_song(&b, &tl);
	static const struct want want[] = {{0, 0x30120102, 0, 0, 0}, {10, 0x30260102, 0x03040506, 0, 0},
		{10, 0x30210700, 0, 0, 0}, {20, 0x30300000, 0, 0, 0}};
	expect_events(&tl, want, 4);
	mos_timeline_close(&tl);
	song_destroy(song);
}

Test(hermes_compile, sysex_before_controls,
	.description = "FMT-08: a reset at a tick does not undo the programs of it")
{
	struct smf_bytes b = begin(2);
	SMF_PUT(&b, 0x00, 0xc0, 0x05, END);
	next_track(&b);
	SMF_PUT(&b, 0x00, 0xf0, 0x05, 0x7e, 0x7f, 0x09, 0x01, 0xf7, 0x00, 0xc1, 0x06, END);
	smf_end(&b);
	struct mos_timeline tl;
	struct song *song = open_song(&b, &tl);
	static const struct want want[] = {
		{0, 0x30047e7f, 0x09010000, 0, 0}, {0, 0x20c00500, 0, 0, 0}, {0, 0x20c10600, 0, 1, 0}};
	expect_events(&tl, want, 3);
	mos_timeline_close(&tl);
	song_destroy(song);
}

Test(hermes_compile, note_ids,
	.description = "FMT-08: a note-on and its note-off share an id that no other has")
{
	struct smf_bytes b = begin(1);
	for (unsigned i = 0; i < 50; i++)
		SMF_PUT(&b, 0x01, 0x90, 0x3c, 0x40, 0x01, 0x90, 0x3c, 0x41, 0x01, 0x80, 0x3c, 0x40, 0x01,
			0x80, 0x3c, 0x40);
	SMF_PUT(&b, END);
	smf_end(&b);
	struct mos_timeline tl;
	struct song *song = open_song(&b, &tl);
	uint32_t on_at[101] = {0}, seen = 0;
	for (uint32_t i = 0; i < tl.n_event; i++) {
		const struct mos_tl_event *e = &tl.event[i];
		cr_assert(e->note_id >= 1);
		cr_assert(e->note_id <= 100);
		if (e->order == MOS_TL_NOTE_ON) {
			cr_expect_eq(on_at[e->note_id], 0, "used once");
			on_at[e->note_id] = i + 1;
		} else {
			cr_assert_neq(on_at[e->note_id], 0, "the note-on comes first");
			const struct mos_tl_event *on = &tl.event[on_at[e->note_id] - 1];
			cr_expect_eq(e->tick - on->tick, on->len_ticks);
			seen++;
		}
	}
	cr_expect_eq(seen, 100);
	mos_timeline_close(&tl);
	song_destroy(song);
}

Test(hermes_compile, tables, .description = "FMT-08: maps, measures, markers, parts, title and length arrive")
{
	struct smf_bytes b = begin(2);
	SMF_PUT(&b, 0x00, 0xff, 0x58, 0x04, 0x03, 0x02, 0x18, 0x08, 0x00, 0xff, 0x59, 0x02, 0x02, 0x00);
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x05, 'T', 'i', 't', 'l', 'e', 0x00, 0xff, 0x06, 0x01, 'A', 0x00, 0xff,
		0x05, 0x02, 'l', 'a');
	/* 5760 ticks are two measures of 3/4; the meter changes 1920 ticks into the second one after them */
	SMF_PUT(&b, 0xad, 0x00, 0xff, 0x07, 0x01, 'B', 0x8f, 0x00, 0xff, 0x58, 0x04, 0x06, 0x03, 0x18, 0x08);
	SMF_PUT(&b, 0x00, 0xff, 0x51, 0x03, 0x0f, 0x42, 0x40, 0x87, 0x40, 0xff, 0x2f, 0x00);
	next_track(&b);
	SMF_PUT(&b, 0x00, 0xff, 0x03, 0x04, 'B', 'a', 's', 's', 0x00, 0xff, 0x21, 0x01, 0x01, 0x00, 0xc4,
		0x21, 0x00, 0x94, 0x24, 0x40, 0x10, 0x84, 0x24, 0x40, END);
	smf_end(&b);
	struct mos_timeline tl;
	struct song *song = open_song(&b, &tl);
	cr_expect_str_eq(tl.strings + tl.title_off, "Title");
	cr_expect_eq(tl.end_tick, 5760 + 1920 + 960);
	cr_assert_eq(tl.n_tempo, 2);
	cr_expect_eq(tl.tempo[1].tick, 7680);
	cr_expect_eq(tl.tempo[1].npq_start, 1000000000);
	cr_expect_eq(tl.tempo[1].npq_end, 1000000000);
	cr_assert_eq(tl.n_meter, 2);
	cr_expect_eq(tl.meter[0].num, 3);
	cr_expect_eq(tl.meter[1].num, 6);
	cr_expect_eq(tl.meter[1].den, 8);
	cr_expect_eq(tl.meter[1].measure, 3, "measure %u", tl.meter[1].measure);
	cr_assert_eq(tl.n_key, 1);
	cr_expect_eq(tl.key[0].fifths, 2);
	cr_assert_eq(tl.n_marker, 2, "lyrics are no markers");
	cr_expect_str_eq(tl.strings + tl.marker[0].name_off, "A");
	cr_expect_eq(tl.marker[0].kind, 0);
	cr_expect_eq(tl.marker[1].tick, 5760);
	cr_expect_eq(tl.marker[1].kind, 1);
	cr_assert_eq(tl.n_part, 1);
	cr_expect_str_eq(tl.strings + tl.part[0].name_off, "Bass");
	cr_expect_eq(tl.part[0].channel, 4);
	cr_expect_eq(tl.part[0].program, 0x21);
	/* 7,680 ticks of 120 BPM are 4 s, 960 of 60 BPM 1 s */
	cr_expect_eq(song->duration_ns, 5000000000);
	mos_timeline_close(&tl);
	song_destroy(song);
}

Test(hermes_compile, HER_15_same_music_same_id,
	.description = "HER-15 FMT-09: the same bytes give the same state id, one "
		       "other note another")
{
	struct smf_bytes b = begin(1);
	SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x40, 0x10, 0x80, 0x3c, 0x40, END);
	smf_end(&b);
	struct mos_timeline tl;
	struct song *song[3];
	for (unsigned i = 0; i < 3; i++) {
		if (i == 2)
			b.data[24] = 0x3d, b.data[28] = 0x3d;
		song[i] = open_song(&b, &tl);
		mos_timeline_close(&tl);
	}
	cr_expect_str_eq(song[0]->state_id, song[1]->state_id);
	cr_expect_str_neq(song[0]->state_id, song[2]->state_id);
	cr_expect_str_eq(song_title(song[0]), "name.mid", "a song without a name is called like its file");
	for (unsigned i = 0; i < 3; i++)
		song_destroy(song[i]);
}

Test(hermes_compile, too_long_in_time, .description = "HER-11: a song of more than 667 hours is refused")
{
	struct smf_bytes b = begin(1);
	SMF_PUT(&b, 0x00, 0xff, 0x51, 0x03, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0x2f, 0x00);
	smf_end(&b);
	struct hermes_report report = {0};
	struct song *song;
	uint8_t *copy = hermes_zalloc(&hermes_heap, b.size, 1);
	memcpy(copy, b.data, b.size);
	cr_expect_eq(song_create(copy, b.size, "", &hermes_heap, &song, &report), -EINVAL);
	cr_expect(strstr(report.error_text, "667 hours") != NULL);
}
