/* SPDX-License-Identifier: MIT */
/* A performance as rtcore plays it. */
#include "perform_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PART_COMP = 0, PART_BASS, PART_DRUMS, PART_CLICK, PART_TELEMETRY, N_PARTS };

/* Texts that were written lately, by hash: chords come back. */
#define KNOWN 4096

struct strings {
	char *text;
	size_t n, room;
	uint32_t known[KNOWN]; /* offsets; 0: none */
};

struct tables {
	struct strings strings;
	struct mos_tl_marker *marker;
	struct mos_tl_meter *meter;
	struct mos_tl_event *event;
	struct mos_tl_tempo *tempo;
	uint32_t n_markers, markers_room, n_meters, n_events;
	int n_tempos;
};

static int add_text(struct strings *s, const char *text, uint32_t *ret)
{
	const size_t len = strlen(text) + 1;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i + 1 < len; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	uint32_t *known = &s->known[hash % KNOWN];
	if (*known != 0 && strcmp(&s->text[*known], text) == 0) {
		*ret = *known;
		return 0;
	}
	if (s->n + len > s->room) {
		const size_t room = 2 * (s->room + len) + 256;
		char *bigger = realloc(s->text, room);

		if (!bigger)
			return -ENOMEM;
		s->text = bigger;
		s->room = room;
	}
	*ret = *known = (uint32_t)s->n;
	memcpy(&s->text[s->n], text, len);
	s->n += len;
	return 0;
}

static int add_marker(struct tables *t, int64_t tick, const char *text, uint32_t kind)
{
	uint32_t off;

	if (t->n_markers == t->markers_room) {
		const uint32_t room = t->markers_room * 2 + 64;
		struct mos_tl_marker *bigger = realloc(t->marker, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		t->marker = bigger;
		t->markers_room = room;
	}
	const int r = add_text(&t->strings, text, &off);
	if (r < 0)
		return r;
	t->marker[t->n_markers++] = (struct mos_tl_marker){.tick = tick, .name_off = off, .kind = kind};
	return 0;
}

/** A marker for each chord, a cue point for each section. */
static int add_markers(const struct band_performance *p, struct tables *t)
{
	const char *before = "";
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->plan.n_bars; i++) {
		const struct band_bar *bar = &p->plan.bar[i];

		if (p->bar[i].cue[0])
			r = add_marker(t, p->bar[i].tick, p->bar[i].cue, 1);
		for (uint32_t k = 0; r == 0 && k < bar->n_chords; k++) {
			if (strcmp(bar->chord[k].text, before) == 0)
				continue;
			before = bar->chord[k].text;
			r = add_marker(t, p->bar[i].tick + lrint(bar->chord[k].beat * MOS_PPQ), before, 0);
		}
	}
	return r;
}

static int add_meters(const struct band_performance *p, struct tables *t)
{
	t->meter = calloc((size_t)p->plan.n_bars + 1, sizeof(*t->meter));
	if (!t->meter)
		return -ENOMEM;
	for (uint32_t i = 0; i < p->plan.n_bars; i++) {
		const struct perform_bar *bar = &p->bar[i];
		const struct mos_tl_meter meter = {
			.tick = bar->tick,
			.num = bar->num,
			.den = bar->den,
			.measure = p->base_measure + i,
		};

		if (i > 0 && bar->num == bar[-1].num && bar->den == bar[-1].den)
			continue;
		if (i == 0 && bar->tick > 0)
			t->meter[t->n_meters++] = (struct mos_tl_meter){.num = bar->num, .den = bar->den};
		t->meter[t->n_meters++] = meter;
	}
	return 0;
}

static int add_tempos(const struct band_performance *p, struct tables *t)
{
	struct mos_tempo_seg *seg;

	t->n_tempos = perform_tempo(p, &seg);
	if (t->n_tempos < 0)
		return t->n_tempos;
	t->tempo = calloc((size_t)t->n_tempos, sizeof(*t->tempo));
	for (int i = 0; t->tempo && i < t->n_tempos; i++)
		t->tempo[i] = (struct mos_tl_tempo){seg[i].tick, seg[i].npq_start, seg[i].npq_end};
	free(seg);
	return t->tempo ? 0 : -ENOMEM;
}

static uint16_t part_of(uint8_t track)
{
	return track < PERFORM_SECTION ? (uint16_t)(track - PERFORM_COMP) : PART_TELEMETRY;
}

static int add_events(const struct band_performance *p, struct band_report *report, struct tables *t)
{
	static const uint8_t order[] = {
		[BAND_RANK_OFF] = MOS_TL_NOTE_OFF,
		[BAND_RANK_PROGRAM] = MOS_TL_CONTROL,
		[BAND_RANK_CC] = MOS_TL_CONTROL,
		[BAND_RANK_ON] = MOS_TL_NOTE_ON,
	};
	struct perform_message *message;

	const int r = perform_messages(p, report, &message, &t->n_events);
	if (r < 0)
		return r;
	t->event = calloc(t->n_events + 1u, sizeof(*t->event));
	for (uint32_t i = 0; t->event && i < t->n_events; i++) {
		const struct perform_message *m = &message[i];

		t->event[i] = (struct mos_tl_event){
			.tick = m->tick,
			.ump = {UINT32_C(0x20000000) | (uint32_t)m->status << 16 | (uint32_t)m->data1 << 8 |
				m->data2},
			.part = part_of(m->track),
			.order = order[m->rank],
			.note_id = m->id,
			.len_ticks = m->len,
		};
	}
	free(message);
	return t->event ? 0 : -ENOMEM;
}

static int add_parts(const struct band_performance *p, struct tables *t, struct mos_tl_part part[N_PARTS])
{
	static const struct {
		const char *name;
		uint8_t channel, is_drums;
	} parts[N_PARTS] = {
		{"Comp", 0, 0}, {"Bass", 1, 0}, {"Drums", 9, 1}, {"Click", 9, 1}, {"Telemetry", 0, 0}};
	const struct band_style *style = p->item[0].in.style;
	int r = 0;

	for (int i = 0; r == 0 && i < N_PARTS; i++) {
		part[i] = (struct mos_tl_part){
			.channel = i == PART_TELEMETRY ? p->options.bar_cc_channel : parts[i].channel,
			.program = i < BAND_N_PARTS ? style->program[i] : 0,
			.is_drums = parts[i].is_drums,
		};
		r = add_text(&t->strings, parts[i].name, &part[i].name_off);
	}
	return r;
}

static struct mos_tl_policy policy_of(const struct band_performance *p)
{
	const struct band_options *o = &p->options;
	struct mos_tl_policy policy = {
		.late_drop_ms = (uint16_t)o->gate.late_drop_ms,
		.ghost_vel_max = o->gate.ghost_vel_max,
		.flags = (uint8_t)((o->gate.panic ? MOS_TL_PANIC : 0) |
				   (o->gate.no_overlap ? MOS_TL_NO_OVERLAP : 0) |
				   (o->to_apollo ? 0 : MOS_TL_NO_SOUND) | (o->to_midi ? 0 : MOS_TL_NO_MIDI)),
	};

	(void)band_performance_loop(p, &policy.loop_start, &policy.loop_end);
	return policy;
}

static int build(const struct band_performance *p, struct tables *t, struct mos_tl_part *part)
{
	struct mos_timeline_src src = {
		.tempo = t->tempo,
		.n_tempo = (uint32_t)t->n_tempos,
		.meter = t->meter,
		.n_meter = t->n_meters,
		.event = t->event,
		.n_event = t->n_events,
		.marker = t->marker,
		.n_marker = t->n_markers,
		.part = part,
		.n_part = N_PARTS,
		.end_tick = p->bar[p->plan.n_bars].tick,
		.policy = policy_of(p),
	};

	const int r = add_text(&t->strings, p->item[0].in.name, &src.title_off);
	if (r < 0)
		return r;
	src.strings = t->strings.text;
	src.strings_len = t->strings.n;
	/* what rings past the end is heard out */
	if (t->n_events > 0 && t->event[t->n_events - 1].tick > src.end_tick)
		src.end_tick = t->event[t->n_events - 1].tick;
	return mos_timeline_build(&src);
}

int band_performance_timeline(const struct band_performance *p, struct band_report *report)
{
	struct mos_tl_part part[N_PARTS] = {};
	struct tables t = {};
	uint32_t nothing;

	int r = add_text(&t.strings, "", &nothing);
	if (r == 0)
		r = add_parts(p, &t, part);
	if (r == 0)
		r = add_markers(p, &t);
	if (r == 0)
		r = add_meters(p, &t);
	if (r == 0)
		r = add_tempos(p, &t);
	if (r == 0)
		r = add_events(p, report, &t);
	if (r == 0)
		r = build(p, &t, part);
	if (r == -EINVAL)
		(void)band_error(
			report, "band.contract.timeline", "performance", "it is too long for a timeline");
	else if (r < 0 && r != -ENOMEM)
		(void)band_error(report, "band.memory", "performance", "no memory for a timeline (%d)", -r);
	else if (r < 0)
		perform_failed(r, report);
	free(t.strings.text);
	free(t.marker);
	free(t.meter);
	free(t.tempo);
	free(t.event);
	return r;
}
