/* SPDX-License-Identifier: MIT */
/* What others hear of the metronome: notes, beats, patterns, words. */
#include "app.h"
#include "envelope.h"

#include <stdio.h>
#include <string.h>

#define DRUMS 9 /* channel of the live group */
#define SOON_NS INT64_C(30000000)

void tell_event(struct app *app, const struct mos_event *event)
{
	if (mos_emit(app->client, event) < 0)
		app->n_unsent++;
}

void tell_note(struct app *app, const struct metro_due *due, int64_t off_ns)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON, .tick = INT64_MIN};

	ev.flags = due->time_ns - app->now.time_ns < SOON_NS ? MOS_EVENT_IMMEDIATE : 0;
	ev.u.note = (struct mos_ev_note){
		.channel = DRUMS, .key = due->hit.key, .velocity = due->hit.velocity, .part = 0xffff};
	if (due->by_tick)
		ev.tick = due->hit.tick;
	else
		ev.time_ns = (uint64_t)due->time_ns;
	tell_event(app, &ev);
	ev.type = MOS_EVENT_MIDI_NOTEOFF;
	ev.u.note.velocity = 0;
	if (due->by_tick)
		ev.tick = due->off_tick;
	else
		ev.time_ns = (uint64_t)off_ns;
	tell_event(app, &ev);
}

void tell_hit(struct app *app, const struct metro_due *due)
{
	const int64_t length_ns = (due->off_tick - due->hit.tick) * (int64_t)app->now.npq / MOS_PPQ;

	tell_note(app, due, due->time_ns + length_ns);
}

void tell_envelope(struct app *app, const struct metro_envelope *envelope)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	uint8_t cc[METRO_ENVELOPE_CCS][2];

	app->told_envelope = *envelope;
	metro_envelope_ccs(envelope, cc);
	for (uint32_t i = 0; i < METRO_ENVELOPE_CCS; i++) {
		ev.u.ump.word[0] = 0x20b00000u | DRUMS << 16 | (uint32_t)cc[i][0] << 8 | cc[i][1];
		tell_event(app, &ev);
	}
}

/* accent: 2 the pattern's first step, 1 another onset, 0 a rest. Told visual_lead_ms before time_ns. In free
 * mode ticks are our own, so none is told. */
static void tell_step(struct app *app, const struct metro_due_mark *due)
{
	const struct metro_mark *m = &due->mark;
	struct mos_event ev = {.type = MOS_EVENT_METRONOME_BEAT,
		.flags = MOS_EVENT_IMMEDIATE,
		.time_ns = (uint64_t)due->time_ns,
		.tick = app->config.linked ? m->tick : INT64_MIN};

	ev.u.beat = (struct mos_ev_beat){.measure = m->measure,
		.beat = m->beat,
		.meter_num = m->num,
		.meter_den = m->den <= 64 ? m->den : 64,
		.accent = (uint16_t)(!(m->what & MARK_ONSET) ? 0
				     : m->step == 0          ? 2
							     : 1),
		.ns_per_quarter = app->now.npq,
		.step = m->step,
		.n_steps = (uint16_t)app->sounding.now.rhythm.n_steps};
	if (m->step < ev.u.beat.n_steps)
		tell_event(app, &ev);
	app->step = m->step;
	app->step_ns = due->time_ns;
	app->dirty = 1;
}

void tell_mark(struct app *app, const struct metro_due_mark *due)
{
	char label[MOS_COUNT_LABEL_SIZE];

	if (due->mark.what & MARK_STEP)
		tell_step(app, due);
	if (due->mark.what & MARK_BEAT && app->config.voice == VOICE_COUNT &&
		mos_count_label((enum mos_counting)app->config.counting, due->mark.num, due->mark.den,
			due->mark.num, due->mark.beat, label) > 0)
		tell_voice(app, SPOKEN_COUNT, label);
}

void tell_pattern(struct app *app)
{
	const struct metro_config *c = &app->sounding;
	const struct mos_rhythm *r = &c->now.rhythm;
	const struct mos_rhythm_identity is = mos_rhythm_identify(r);
	struct mos_event ev = {
		.type = MOS_EVENT_METRONOME_PATTERN, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	char text[MOS_RHYTHM_STEPS_MAX + 1];

	ev.u.pattern = (struct mos_ev_pattern){.id = c->now.preset_id,
		.n_steps = (uint16_t)r->n_steps,
		.n_pulses = is.k,
		.rotation = is.is_euclidean ? is.euclid_rotation : 0,
		.flags = is.is_euclidean,
		.onset = {r->onset[0], r->onset[1]}};
	tell_event(app, &ev);
	(void)mos_rhythm_format(r, text, sizeof(text));
	if (app->config.voice != VOICE_OFF)
		tell_voice(app, SPOKEN_ANNOUNCEMENT,
			c->now.preset_id ? mos_preset(c->now.preset_id)->name : text);
}

void tell_tap(struct app *app, uint32_t milli_bpm)
{
	struct mos_event ev = {
		.type = MOS_EVENT_METRONOME_TAP, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};

	ev.u.tap = (struct mos_ev_tap){.milli_bpm = milli_bpm, .n_taps = app->tap.n_taps};
	tell_event(app, &ev);
}

void tell_voice(struct app *app, uint8_t kind, const char *text)
{
	struct mos_event ev = {
		.type = MOS_EVENT_METRONOME_VOICE, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};

	ev.u.voice.kind = kind;
	(void)snprintf(ev.u.voice.text, sizeof(ev.u.voice.text), "%s", text);
	tell_event(app, &ev);
}

void tell_game(struct app *app, uint32_t kind, uint32_t value, const char *text)
{
	struct mos_event ev = {
		.type = MOS_EVENT_METRONOME_GAME, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};

	ev.u.game.kind = kind;
	ev.u.game.value = value;
	(void)snprintf(ev.u.game.text, sizeof(ev.u.game.text), "%s", text);
	tell_event(app, &ev);
	app_say(app, "%s", text);
}

void tell_judged(struct app *app, const struct mos_judged *judged)
{
	static const struct {
		uint8_t kind;
		const char *text;
	} told[MOS_N_JUDGEMENTS] = {{MOS_ROCKY_RIGHT, "right"}, {MOS_ROCKY_EARLY, "early"},
		{MOS_ROCKY_LATE, "late"}, {MOS_ROCKY_WRONG, "extra"}, {MOS_ROCKY_WRONG, "missed"}};
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_FEEDBACK, .tick = INT64_MIN};
	const double off_ms = (double)judged->offset_ns / 1e6;
	char text[sizeof(ev.u.feedback.message)];

	if (judged->kind == MOS_JUDGE_EXTRA || judged->kind == MOS_JUDGE_MISSED)
		(void)snprintf(text, sizeof(text), "step %u: %s", judged->step + 1, told[judged->kind].text);
	else
		(void)snprintf(text, sizeof(text), "step %u: %s %+.1f ms", judged->step + 1,
			told[judged->kind].text, off_ms);
	ev.u.feedback.kind = told[judged->kind].kind;
	strcpy(ev.u.feedback.message, judged->kind == MOS_JUDGE_EXTRA ? "extra" : text);
	tell_event(app, &ev);
	app_say(app, "%s", ev.u.feedback.message);
}
