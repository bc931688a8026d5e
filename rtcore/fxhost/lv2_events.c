/* SPDX-License-Identifier: MIT */
/* What a plugin hears beside the sound: notes and controllers as MIDI, and where the song is. */
#include <math.h>
#include <string.h>

#include <lv2/atom/forge.h>
#include <lv2/midi/midi.h>
#include <lv2/time/time.h>
#include <mos/ump.h>

#include "lv2_fx.h"

#define NEAR 1e-6 /* quarters: less is no jump */

static LV2_URID_Map map = {.map = lv2_map};

void lv2_events_init(struct lv2_events *e)
{
	lv2_atom_forge_init(&e->forge, &map);
	e->midi = lv2_map(NULL, LV2_MIDI__MidiEvent);
	e->position = lv2_map(NULL, LV2_TIME__Position);
	e->frame = lv2_map(NULL, LV2_TIME__frame);
	e->speed = lv2_map(NULL, LV2_TIME__speed);
	e->bar = lv2_map(NULL, LV2_TIME__bar);
	e->bar_beat = lv2_map(NULL, LV2_TIME__barBeat);
	e->beat = lv2_map(NULL, LV2_TIME__beat);
	e->beat_unit = lv2_map(NULL, LV2_TIME__beatUnit);
	e->beats_per_bar = lv2_map(NULL, LV2_TIME__beatsPerBar);
	e->beats_per_minute = lv2_map(NULL, LV2_TIME__beatsPerMinute);
}

/* Is the song elsewhere than the plugin reckons? It goes on by itself from what it was told last. */
static int is_news(const struct lv2_events *e, const struct insert_time *t)
{
	return t->den &&
	       (!e->last.den || t->num != e->last.num || t->den != e->last.den || t->bpm != e->last.bpm ||
		       t->per_frame != e->last.per_frame || fabs(t->quarter - e->last.quarter) > NEAR);
}

void lv2_events_take(struct lv2_events *e, const struct insert_cue *cue)
{
	e->cue = cue;
	e->is_news = is_news(e, &cue->time);
	e->last = cue->time;
	e->last.quarter += e->last.per_frame * INSERT_PERIOD;
}

static void put_position(struct lv2_events *e)
{
	const struct insert_time *t = &e->cue->time;
	LV2_Atom_Forge *f = &e->forge;
	LV2_Atom_Forge_Frame object;
	double beats = t->den / 4.0; /* of a quarter */

	lv2_atom_forge_frame_time(f, 0);
	lv2_atom_forge_object(f, &object, 0, e->position);
	lv2_atom_forge_key(f, e->frame);
	lv2_atom_forge_long(f, t->frame);
	lv2_atom_forge_key(f, e->speed);
	lv2_atom_forge_float(f, t->per_frame > 0 ? 1 : 0);
	lv2_atom_forge_key(f, e->bar);
	lv2_atom_forge_long(f, t->measure);
	lv2_atom_forge_key(f, e->bar_beat);
	lv2_atom_forge_float(f, (float)(t->measure_quarter * beats));
	lv2_atom_forge_key(f, e->beat);
	lv2_atom_forge_double(f, t->quarter * beats);
	lv2_atom_forge_key(f, e->beat_unit);
	lv2_atom_forge_int(f, t->den);
	lv2_atom_forge_key(f, e->beats_per_bar);
	lv2_atom_forge_float(f, t->num);
	if (t->bpm > 0) {
		lv2_atom_forge_key(f, e->beats_per_minute);
		lv2_atom_forge_float(f, (float)(t->bpm * beats));
	}
	lv2_atom_forge_pop(f, &object);
}

static void put_midi(struct lv2_events *e, uint32_t frame, uint32_t packet)
{
	const uint8_t bytes[3] = {(uint8_t)(packet >> 16), packet >> 8 & 127, packet & 127};
	uint32_t n = (bytes[0] >> 4) == 0xc || (bytes[0] >> 4) == 0xd ? 2 : 3;

	if (bytes[0] < 0x80 || bytes[0] >= 0xf0)
		return;
	lv2_atom_forge_frame_time(&e->forge, frame);
	lv2_atom_forge_atom(&e->forge, n, e->midi);
	lv2_atom_forge_write(&e->forge, bytes, n);
}

static void put_packet(struct lv2_events *e, const struct insert_event *ev, uint32_t frame)
{
	uint32_t one[4], n;

	if (ev->ump[0] >> 28 == 2) {
		put_midi(e, frame, ev->ump[0]);
		return;
	}
	n = ev->ump[0] >> 28 == 4 ? mos_ump_to_midi1(ev->ump, one) : 0;
	for (uint32_t i = 0; i < n; i++)
		put_midi(e, frame, one[i]);
}

static void put_silence(struct lv2_events *e)
{
	const uint32_t controller = 0x20b00000u | (e->cue->channel & 15) << 16;

	put_midi(e, 0, controller | 120 << 8);
	put_midi(e, 0, controller | 123 << 8);
}

void lv2_events_write(struct lv2_events *e, void *buffer, uint32_t bytes, int hears_midi, int hears_time)
{
	const struct insert_cue *cue = e->cue;
	LV2_Atom_Forge_Frame sequence;
	uint32_t frame = 0, n = cue->n_events < INSERT_EVENTS ? cue->n_events : INSERT_EVENTS;

	lv2_atom_forge_set_buffer(&e->forge, buffer, bytes);
	lv2_atom_forge_sequence_head(&e->forge, &sequence, 0);
	if (hears_time && e->is_news)
		put_position(e);
	if (hears_midi && cue->lost)
		put_silence(e);
	for (uint32_t i = 0; hears_midi && i < n; i++) {
		uint32_t at = cue->event[i].frame < INSERT_PERIOD ? cue->event[i].frame : INSERT_PERIOD - 1;

		frame = at > frame ? at : frame;
		put_packet(e, &cue->event[i], frame);
	}
	lv2_atom_forge_pop(&e->forge, &sequence);
}
