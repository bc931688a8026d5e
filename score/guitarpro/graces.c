/* SPDX-License-Identifier: MIT */
/** When grace notes sound: known only when the note they lead to is there. */
#include "gp.h"
#include "voice.h"

#define LONGEST_TICKS 240u

static struct nvx_note *notes_of(const struct gp_song *song)
{
	return song->draft->part[song->track[song->at_track].part].note;
}

/** May playing come to the bar at hand from elsewhere than the bar before? */
static int is_entered_elsewhere(const struct gp_song *song)
{
	const uint32_t targets = 1u << GP_CODA | 1u << GP_DOUBLE_CODA | 1u << GP_SEGNO | 1u << GP_SEGNO_SEGNO;
	const struct gp_bar *bar = &song->bar[song->at_bar];
	if (song->at_bar == 0 || bar->repeat_start || bar->endings || (bar->directions & targets))
		return 1;
	return bar[-1].repeat_times > 0 || (bar[-1].directions & ~targets) != 0;
}

/** Notes of the voice that end where the graces begin: they may have to end sooner. */
static void remember_cut(struct gp_voice *voice, int64_t tick)
{
	voice->n_cut = 0;
	for (unsigned i = 0; i < voice->n_open; i++) {
		const struct gp_open *open = &voice->open[i];
		if (open->end_tick != tick)
			continue;
		voice->cut_key[voice->n_cut] = open->key;
		voice->cut[voice->n_cut++] = open->note;
	}
}

void gp_put_grace(struct gp_song *song, struct gp_beat *beat)
{
	struct gp_voice *voice = song->voice;
	struct nvx_draft *draft = song->draft;
	const int64_t tick = gp_voice_tick(song);
	const uint32_t part = song->track[song->at_track].part;
	nvx_id id[GP_MAX_BEAT_NOTES];
	unsigned n_ids = 0;
	if (voice->n_graces == sizeof(voice->grace) / sizeof(*voice->grace)) {
		score_warn(draft->report, GP_DROPPED, GP_HERE(song), "too many grace notes at one place");
		return;
	}
	if (voice->n_graces == 0)
		remember_cut(voice, tick);
	const int64_t written = nvx_value_ticks(beat->value, beat->dots, 1, 1);
	const uint32_t ticks =
		written<1 ? 1 : written>(int64_t) LONGEST_TICKS ? LONGEST_TICKS : (uint32_t)written;
	const uint32_t first = (uint32_t)draft->part[part].n_note;
	for (unsigned i = 0; i < beat->n_notes; i++) {
		int is_new;
		const uint32_t note = gp_put_note(song, beat, &beat->note[i], tick, tick + ticks, &is_new);
		if (draft->error)
			return;
		if (note == UINT32_MAX)
			continue;
		id[n_ids++] = notes_of(song)[note].id;
	}
	if (n_ids == 0)
		return;
	const size_t event = gp_put_event(song, beat, tick, tick, id, n_ids);
	voice->grace[voice->n_graces].ticks = ticks;
	voice->grace[voice->n_graces].event = event;
	voice->grace[voice->n_graces].on_beat = beat->grace == GP_GRACE_ON;
	voice->grace[voice->n_graces].first_note = first;
	voice->grace[voice->n_graces].n_notes = (uint32_t)draft->part[part].n_note - first;
	voice->n_graces++;
}

/** One after the other from `tick`, the lot squeezed into `room` ticks. @return what they take. */
static int64_t place(struct gp_song *song, unsigned from, unsigned to, int64_t tick, int64_t room)
{
	struct gp_voice *voice = song->voice;
	int64_t wanted = 0, before = 0;
	for (unsigned i = from; i < to; i++)
		wanted += voice->grace[i].ticks;
	const int64_t taken = wanted < room ? wanted : room;
	for (unsigned i = from; i < to; i++) {
		const int64_t begin = tick + (wanted ? taken * before / wanted : 0);
		before += voice->grace[i].ticks;
		const int64_t end = tick + (wanted ? taken * before / wanted : 0);
		for (uint32_t n = 0; n < voice->grace[i].n_notes; n++) {
			struct nvx_note *note = &notes_of(song)[voice->grace[i].first_note + n];
			note->tick = begin;
			note->duration_ticks = (uint32_t)(end > begin ? end - begin : 1);
		}
	}
	return taken;
}

static int is_tied_on(const struct gp_song *song, const struct gp_beat *beat, uint16_t key)
{
	for (unsigned i = 0; beat && i < beat->n_notes; i++)
		if (beat->note[i].tied && gp_note_key(song, &beat->note[i]) == key)
			return 1;
	return 0;
}

/** End the notes before the graces where these begin, but those that are tied on. */
static void cut_short(struct gp_song *song, const struct gp_beat *beat, int64_t end_tick)
{
	const struct gp_voice *voice = song->voice;
	for (unsigned i = 0; i < voice->n_cut; i++) {
		struct nvx_note *note = &notes_of(song)[voice->cut[i]];
		if (note->tick < end_tick && !is_tied_on(song, beat, voice->cut_key[i]))
			note->duration_ticks = (uint32_t)(end_tick - note->tick);
	}
}

/** The time before `tick` that graces may have: half of the beat before. */
static int64_t room_before(const struct gp_song *song, int64_t tick)
{
	if (tick == 0 || (tick == song->tick && is_entered_elsewhere(song)))
		return 0;
	const int64_t since = song->voice->last_event_tick;
	return since < tick ? (tick - since) / 2 : 0;
}

int64_t gp_place_graces(struct gp_song *song, const struct gp_beat *beat, int64_t tick, int64_t end_tick)
{
	struct gp_voice *voice = song->voice;
	const unsigned n = voice->n_graces;
	unsigned first_on = 0;
	if (n == 0)
		return 0;
	while (first_on < n && !voice->grace[first_on].on_beat)
		first_on++;
	const int64_t room = room_before(song, tick);
	if (room < (int64_t)first_on)
		first_on = 0;
	if (first_on > 0) {
		int64_t wanted = 0;
		for (unsigned i = 0; i < first_on; i++)
			wanted += voice->grace[i].ticks;
		const int64_t taken = wanted < room ? wanted : room;
		(void)place(song, 0, first_on, tick - taken, taken);
		cut_short(song, beat, tick - taken);
	}
	const int64_t taken = first_on < n ? place(song, first_on, n, tick, (end_tick - tick) / 2) : 0;
	voice->n_graces = 0;
	return taken;
}

void gp_trailing_graces(struct gp_song *song)
{
	struct gp_voice *voice = song->voice;
	const unsigned n = voice->n_graces;
	const int64_t tick = gp_voice_tick(song);
	const int64_t since = voice->last_event_tick;
	if (n == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		if (voice->grace[i].event) {
			struct nvx_notation_element *event =
				&song->draft->notation[voice->grace[i].event - 1];
			event->e.tick = since > song->tick ? since : song->tick;
			event->grace_after = 1;
		}
	const int64_t room = since < tick ? (tick - since) / 2 : 0;
	int64_t wanted = 0;
	for (unsigned i = 0; i < n; i++)
		wanted += voice->grace[i].ticks;
	const int64_t taken = wanted < room ? wanted : room;
	(void)place(song, 0, n, tick - taken, taken);
	cut_short(song, NULL, tick - taken);
	voice->n_graces = 0;
}
