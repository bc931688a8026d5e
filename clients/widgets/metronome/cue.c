/* SPDX-License-Identifier: MIT */
/*
 * Accents in the score's own sound (TOU-39): while linked, each onset of the pattern strikes the lowest or
 * highest note that the score sounds there, at its tick. What the score sounds is on the bus 100 ms ahead.
 */
#include <string.h>

#include "app.h"

#define AHEAD_NS INT64_C(60000000) /* what begins at the accent is known by then */
#define LATE_NS INT64_C(20000000)  /* at the very start notes are told when they begin */
#define CHANNEL 10                 /* of the live group: a strip that nothing else uses */
#define DRUMS 9
#define NOTE_TICKS 240

static void begin_note(struct cue *cue, uint32_t channel, uint8_t key, int64_t tick)
{
	for (uint32_t i = 0; i < cue->n; i++)
		if (cue->note[i].on == tick && cue->note[i].channel == channel && cue->note[i].key == key)
			return;    /* told again, as after a change of tempo */
	if (cue->n == CUE_NOTES) { /* the oldest is the likeliest to be over */
		memmove(&cue->note[0], &cue->note[1], (CUE_NOTES - 1) * sizeof(cue->note[0]));
		cue->n--;
	}
	cue->note[cue->n++] = (struct cue_note){tick, INT64_MAX, channel, key};
}

static void end_note(struct cue *cue, uint32_t channel, uint8_t key, int64_t tick)
{
	for (uint32_t i = cue->n; i-- > 0;) {
		struct cue_note *n = &cue->note[i];

		if (n->channel != channel || n->key != key || n->on >= tick ||
			(n->off != INT64_MAX && n->off != tick))
			continue;
		n->off = tick;
		return;
	}
}

void cue_note(struct app *app, const struct mos_event *event)
{
	const struct mos_ev_note *note = &event->u.note;
	const uint32_t channel = note->group * 16u + note->channel;

	if (event->source != MOS_SOURCE_SCORE || event->tick == INT64_MIN || note->channel == DRUMS)
		return;
	if (event->type == MOS_EVENT_MIDI_NOTEON)
		begin_note(&app->cue, channel, note->key, event->tick);
	else
		end_note(&app->cue, channel, note->key, event->tick);
}

void cue_forget(struct app *app)
{
	app->cue.n = app->cue.n_accents = 0;
}

/* @return -1: nothing sounds there. */
static int key_at(const struct app *app, int64_t tick)
{
	int best = -1;

	for (uint32_t i = 0; i < app->cue.n; i++) {
		const struct cue_note *n = &app->cue.note[i];

		if (n->on > tick || n->off <= tick)
			continue;
		if (best < 0 || (app->config.cue == CUE_LOW ? n->key < best : n->key > best))
			best = n->key;
	}
	return best;
}

void cue_accent(struct app *app, const struct metro_due_mark *due)
{
	struct cue *cue = &app->cue;

	if (app->config.cue != CUE_OFF && app->config.linked && cue->n_accents < METRO_HITS_MAX)
		cue->accent[cue->n_accents++] = *due;
}

static void sound(struct app *app, int64_t tick, int key)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	const uint16_t velocity = mos_mixer_velocity(mos_mixer_level(&app->config.mixer, MOS_TIER_ACCENT));

	if (!velocity)
		return;
	if (app->cue.program != app->config.cue_program + 1) {
		ev.u.ump.word[0] = 0x20c00000u | CHANNEL << 16 | (uint32_t)app->config.cue_program << 8;
		tell_event(app, &ev);
		app->cue.program = app->config.cue_program + 1;
	}
	ev = (struct mos_event){.type = MOS_EVENT_MIDI_NOTEON, .flags = MOS_EVENT_IMMEDIATE, .tick = tick};
	ev.u.note = (struct mos_ev_note){
		.channel = CHANNEL, .key = (uint8_t)key, .velocity = velocity, .part = 0xffff};
	tell_event(app, &ev);
	ev.type = MOS_EVENT_MIDI_NOTEOFF;
	ev.tick = tick + NOTE_TICKS;
	ev.u.note.velocity = 0;
	tell_event(app, &ev);
}

void cue_look(struct app *app, int64_t now_ns)
{
	struct cue *cue = &app->cue;
	uint32_t done = 0, kept = 0;

	for (; done < cue->n_accents && cue->accent[done].time_ns - AHEAD_NS <= now_ns; done++) {
		const int64_t tick = cue->accent[done].mark.tick;
		const int key = key_at(app, tick);

		if (key < 0 && now_ns < cue->accent[done].time_ns + LATE_NS)
			break;
		if (key >= 0)
			sound(app, tick, key);
	}
	cue->n_accents -= done;
	memmove(&cue->accent[0], &cue->accent[done], cue->n_accents * sizeof(cue->accent[0]));
	for (uint32_t i = 0; i < cue->n; i++) /* what has ended is not asked for again */
		if (cue->note[i].off > app->now.tick)
			cue->note[kept++] = cue->note[i];
	cue->n = kept;
}
