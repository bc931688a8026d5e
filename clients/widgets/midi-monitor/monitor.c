/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <stdio.h>

#include <mos/pitch.h>

const uint32_t monitor_types[] = {MOS_EVENT_MIDI_NOTEON, MOS_EVENT_MIDI_NOTEOFF, MOS_EVENT_MIDI_UMP, 0};

static void key_name(uint8_t key, char ret[8])
{
	if (mos_pitch_format(mos_pitch_spell(key & 127, 0), ret, 8) < 0)
		(void)snprintf(ret, 8, "%u", key);
}

static void put_note(struct monitor_line *l, const struct mos_ev_note *note, int is_on)
{
	char name[8];

	key_name(note->key, name);
	l->channel = note->channel & 15;
	(void)snprintf(l->what, sizeof(l->what), "note %s", is_on ? "on" : "off");
	(void)snprintf(l->text, sizeof(l->text), "%-4s %5.3f", name, note->velocity / 65535.0);
}

/* Channel voice messages of MIDI 1.0 (7 or 14 bits) and 2.0 (16 or 32 bits): values as a part of the whole.
 */
static void put_voice(struct monitor_line *l, const uint32_t *word, int is_midi2)
{
	const uint32_t status = word[0] >> 20 & 15, first = word[0] >> 8 & 127, second = word[0] & 127;
	const double value = is_midi2 ? word[1] / 4294967295.0 : second / 127.0;
	char name[8];

	key_name((uint8_t)first, name);
	l->channel = (uint8_t)(word[0] >> 16 & 15);
	switch (status) {
	case 0x2:
	case 0x3:
		(void)snprintf(l->what, sizeof(l->what), "%s", status == 2 ? "RPN" : "NRPN");
		(void)snprintf(l->text, sizeof(l->text), "%u/%u %5.3f", first, second, value);
		break;
	case 0x6:
		(void)snprintf(l->what, sizeof(l->what), "note bend");
		(void)snprintf(l->text, sizeof(l->text), "%-4s %+6.3f", name, value * 2 - 1);
		break;
	case 0xa:
		(void)snprintf(l->what, sizeof(l->what), "key press");
		(void)snprintf(l->text, sizeof(l->text), "%-4s %5.3f", name, value);
		break;
	case 0xb:
		(void)snprintf(l->what, sizeof(l->what), "control");
		(void)snprintf(l->text, sizeof(l->text), "%-4u %5.3f", first, value);
		break;
	case 0xc:
		(void)snprintf(l->what, sizeof(l->what), "program");
		(void)snprintf(l->text, sizeof(l->text), "%u", is_midi2 ? word[1] >> 24 & 127 : first);
		break;
	case 0xd:
		(void)snprintf(l->what, sizeof(l->what), "pressure");
		(void)snprintf(l->text, sizeof(l->text), "%5.3f", is_midi2 ? value : first / 127.0);
		break;
	case 0xe:
		(void)snprintf(l->what, sizeof(l->what), "bend");
		(void)snprintf(l->text, sizeof(l->text), "%+6.3f",
			is_midi2 ? value * 2 - 1 : (double)(int)(second << 7 | first) / 8192 - 1);
		break;
	default:
		(void)snprintf(l->what, sizeof(l->what), "voice %x", status);
		(void)snprintf(l->text, sizeof(l->text), "%08x", word[0]);
	}
}

static void put_packet(struct monitor_line *l, const uint32_t word[4])
{
	static const char *const kinds[] = {"utility", "system", "voice", "data", "voice", "data", "?", "?",
		"?", "?", "?", "?", "?", "flex", "?", "stream"};
	static const char *const system[] = {"sysex", "time code", "song place", "song", "?", "?", "tune",
		"end", "clock", "?", "start", "continue", "stop", "?", "sensing", "reset"};
	const uint32_t type = word[0] >> 28, status = word[0] >> 16 & 0xff;

	l->channel = 0xff;
	if (type == 2 || type == 4) {
		put_voice(l, word, type == 4);
		return;
	}
	(void)snprintf(l->what, sizeof(l->what), "%s",
		type == 1 && status >= 0xf0 ? system[status & 15] : kinds[type]);
	(void)snprintf(l->text, sizeof(l->text), "%08x %08x", word[0], word[1]);
}

/* A clock or active sensing: what comes all the time, and would push all else out of sight. */
static int is_pulse(const struct mos_event *ev)
{
	const uint32_t first = ev->u.ump.word[0] >> 16 & 0xf0ff;

	return ev->type == MOS_EVENT_MIDI_UMP && (first == 0x10f8 || first == 0x10fe);
}

/* @return 1: the newest line says so already. */
static int goes_on(struct midi_monitor *m, const struct mos_event *ev)
{
	struct monitor_line *l = m->n ? &m->line[(m->n - 1) % MONITOR_LINES] : NULL;

	if (!l || !is_pulse(ev) || !l->n_pulses || l->source != ev->source || l->pulse != ev->u.ump.word[0])
		return 0;
	l->time_ns = (int64_t)ev->time_ns;
	(void)snprintf(l->text, sizeof(l->text), "%08x, %u times", l->pulse, ++l->n_pulses);
	return 1;
}

int monitor_event(struct midi_monitor *m, const struct mos_event *ev)
{
	struct monitor_line *l = &m->line[m->n % MONITOR_LINES];

	if (m->is_held) {
		m->n_missed++;
		return 0;
	}
	if (goes_on(m, ev))
		return 1;
	*l = (struct monitor_line){.time_ns = (int64_t)ev->time_ns, .source = ev->source};
	if (is_pulse(ev)) {
		l->pulse = ev->u.ump.word[0];
		l->n_pulses = 1;
	}
	if (ev->type == MOS_EVENT_MIDI_UMP)
		put_packet(l, ev->u.ump.word);
	else
		put_note(l, &ev->u.note, ev->type == MOS_EVENT_MIDI_NOTEON);
	m->n++;
	return 1;
}

void monitor_hold(struct midi_monitor *m, int held)
{
	m->is_held = held;
	if (!held)
		m->n_missed = 0;
}

const struct monitor_line *monitor_at(const struct midi_monitor *m, unsigned i)
{
	return i < MONITOR_LINES && i < m->n ? &m->line[(m->n - 1 - i) % MONITOR_LINES] : NULL;
}

void monitor_source(uint16_t source, char *ret, size_t size)
{
	static const struct {
		uint16_t source;
		const char *name;
	} known[] = {{MOS_SOURCE_RTCORE, "rtcore"}, {MOS_SOURCE_SCORE, "score"},
		{MOS_SOURCE_MIDI_IN, "MIDI in"}, {MOS_SOURCE_BROKER, "broker"}};

	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].source == source) {
			(void)snprintf(ret, size, "%s", known[i].name);
			return;
		}
	(void)snprintf(ret, size, "client %u", source);
}

static void draw_line(struct mos_draw *d, struct mos_box row, const struct monitor_line *l, int64_t newest_ns)
{
	static const float column[] = {0, 0.17f, 0.40f, 0.49f, 0.71f};
	const float size = row.h * 0.72f < row.w * 0.045f ? row.h * 0.72f : row.w * 0.045f;
	const double ago = (double)(newest_ns - l->time_ns) / 1e9;
	char source[16], channel[8] = "–";
	const struct mos_ink ink =
		l->channel > 15 ? mos_ink(MOS_TOKEN_TEXT_DIM) : mos_ink_pitch(l->channel * 7 % 12);

	monitor_source(l->source, source, sizeof(source));
	if (l->channel <= 15)
		(void)snprintf(channel, sizeof(channel), "%u", l->channel + 1);
	const float y = row.y + row.h / 2;
	mos_draw_text(d, (struct mos_point){row.x + row.w * column[0], y}, size, MOS_MIDDLE | MOS_MONO,
		mos_ink(MOS_TOKEN_TEXT_DIM), "%+.3f", -ago);
	mos_draw_text(d, (struct mos_point){row.x + row.w * column[1], y}, size, MOS_MIDDLE,
		mos_ink(MOS_TOKEN_TEXT_DIM), "%s", source);
	mos_draw_text(d, (struct mos_point){row.x + row.w * column[2], y}, size, MOS_MIDDLE | MOS_MONO, ink,
		"%s", channel);
	mos_draw_text(d, (struct mos_point){row.x + row.w * column[3], y}, size, MOS_MIDDLE,
		mos_ink(MOS_TOKEN_TEXT), "%s", l->what);
	mos_draw_text(d, (struct mos_point){row.x + row.w * column[4], y}, size, MOS_MIDDLE | MOS_MONO,
		mos_ink(MOS_TOKEN_TEXT), "%s", l->text);
}

void monitor_draw(struct mos_draw *d, const struct midi_monitor *m)
{
	struct mos_box all = mos_draw_panel(d, "MIDI");
	const unsigned rows = (unsigned)(all.h / 18 < 4               ? 4
					 : all.h / 18 > MONITOR_LINES ? MONITOR_LINES
								      : all.h / 18);
	const struct monitor_line *newest = monitor_at(m, 0);

	for (unsigned i = 0; i < rows && monitor_at(m, i); i++)
		draw_line(d, mos_box_row(all, i, rows, 0), monitor_at(m, i), newest->time_ns);
	if (!newest)
		mos_draw_text(d, mos_box_center(all), all.h / 12 < 16 ? all.h / 12 : 16,
			MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "nothing yet");
	if (m->is_held)
		mos_draw_text(d, (struct mos_point){all.x + all.w, all.y - 6}, 12, MOS_RIGHT,
			mos_ink(MOS_TOKEN_WARN), "held, %llu missed", (unsigned long long)m->n_missed);
}

void monitor_text(const struct midi_monitor *m, char *ret, size_t size)
{
	size_t len = 0;
	char source[16];

	ret[0] = '\0';
	for (unsigned i = 0; i < 12 && monitor_at(m, i) && len < size; i++) {
		const struct monitor_line *l = monitor_at(m, i);

		monitor_source(l->source, source, sizeof(source));
		len += (size_t)snprintf(ret + len, size - len, "%-9s %2d  %-10s %s\n", source,
			l->channel > 15 ? 0 : l->channel + 1, l->what, l->text);
	}
}
