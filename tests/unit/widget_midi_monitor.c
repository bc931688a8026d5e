/* SPDX-License-Identifier: MIT */
/* The MIDI monitor: packets as the MIDI 1.0 and 2.0 protocols say, in the order in which they came. */
#include <stdlib.h>

#include "widget_picture.h"

#include "monitor.h"

static struct midi_monitor m;

static const struct monitor_line *packet(uint32_t first, uint32_t second)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP, .source = MOS_SOURCE_MIDI_IN, .time_ns = 1000};

	ev.u.ump.word[0] = first;
	ev.u.ump.word[1] = second;
	cr_assert_eq(monitor_event(&m, &ev), 1);
	return monitor_at(&m, 0);
}

static void expect(uint32_t first, uint32_t second, int channel, const char *what, const char *text)
{
	const struct monitor_line *l = packet(first, second);

	cr_expect_eq(l->channel, channel, "%08x: channel %u", first, l->channel);
	cr_expect_str_eq(l->what, what, "%08x: %s", first, l->what);
	cr_expect_str_eq(l->text, text, "%08x: %s", first, l->text);
}

Test(widget_midi_monitor, packets,
	.description =
		"WGT-31: channel voice messages of MIDI 1.0 and 2.0, controllers, bends and programs are "
		"read as the protocol says")
{
	m = (struct midi_monitor){0};
	expect(0x20b3077f, 0, 3, "control", "7    1.000");
	expect(0x40b30700, 0x80000000, 3, "control", "7    0.500");
	expect(0x20e50040, 0, 5, "bend", "+0.000");
	expect(0x20e50000, 0, 5, "bend", "-1.000");
	expect(0x40e50000, 0x80000000, 5, "bend", "+0.000");
	expect(0x40603c00, 0xffffffff, 0, "note bend", "C4   +1.000");
	expect(0x20c12800, 0, 1, "program", "40");
	expect(0x40c10000, 0x28000000, 1, "program", "40");
	expect(0x20d97f00, 0, 9, "pressure", "1.000");
	expect(0x20a03c40, 0, 0, "key press", "C4   0.504");
	expect(0x40200001, 0xffffffff, 0, "RPN", "0/1 1.000");
	expect(0x10f80000, 0, 0xff, "clock", "10f80000 00000000");
	expect(0x30161234, 0x56789abc, 0xff, "data", "30161234 56789abc");
}

Test(widget_midi_monitor, pulses,
	.description = "WGT-31: pulses of a clock do not push the notes out: in a row they are one line")
{
	m = (struct midi_monitor){0};
	(void)packet(0x20903c64, 0);
	for (int i = 0; i < 500; i++)
		(void)packet(0x10f80000, 0);
	cr_expect_eq(m.n, 2);
	cr_expect_str_eq(monitor_at(&m, 0)->what, "clock");
	cr_expect_str_eq(monitor_at(&m, 0)->text, "10f80000, 500 times");
	(void)packet(0x10fa0000, 0);
	expect(0x10f80000, 0, 0xff, "clock", "10f80000 00000000");
	expect(0x10fe0000, 0, 0xff, "sensing", "10fe0000 00000000");
	expect(0x11f80000, 0, 0xff, "clock", "11f80000 00000000");
	cr_expect_eq(m.n, 6);
}

Test(widget_midi_monitor, notes, .description = "WGT-31: notes have their names, who told them is said")
{
	struct mos_event on = {.type = MOS_EVENT_MIDI_NOTEON, .source = MOS_SOURCE_SCORE};
	char source[16];

	m = (struct midi_monitor){0};
	on.u.note = (struct mos_ev_note){.channel = 9, .key = 61, .velocity = 65535};
	cr_expect_eq(monitor_event(&m, &on), 1);
	cr_expect_str_eq(monitor_at(&m, 0)->what, "note on");
	cr_expect_str_eq(monitor_at(&m, 0)->text, "C#4  1.000");
	monitor_source(monitor_at(&m, 0)->source, source, sizeof(source));
	cr_expect_str_eq(source, "score");
	monitor_source(7, source, sizeof(source));
	cr_expect_str_eq(source, "client 7");
}

Test(widget_midi_monitor, ring,
	.description = "WGT-31: the newest line is the first, old ones go; held, the lines stay and what is "
		       "missed is "
		       "counted")
{
	m = (struct midi_monitor){0};
	cr_expect_null(monitor_at(&m, 0));
	for (uint32_t i = 0; i < MONITOR_LINES + 10; i++)
		(void)packet(0x20c00000 | (i & 127) << 8, 0);
	for (uint32_t i = 0; i < MONITOR_LINES; i++)
		cr_expect_eq(atoi(monitor_at(&m, i)->text), (int)(MONITOR_LINES + 9 - i) % 128);
	cr_expect_null(monitor_at(&m, MONITOR_LINES));
	struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEOFF};
	monitor_hold(&m, 1);
	cr_expect_eq(monitor_event(&m, &ev), 0);
	cr_expect_str_eq(monitor_at(&m, 0)->what, "program");
	cr_expect_eq(m.n_missed, 1);
	for (float size = 0.5f; size <= 4; size *= 2) {
		monitor_draw(picture_begin(360 * size, 300 * size), &m);
		picture_check();
	}
	cr_expect(picture_has_text("held, 1 missed"));
	monitor_hold(&m, 0);
	cr_expect_eq(m.n_missed, 0);
	m = (struct midi_monitor){0};
	monitor_draw(picture_begin(360, 300), &m);
	cr_expect(picture_has_text("nothing yet"));
}
