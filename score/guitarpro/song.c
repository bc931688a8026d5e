/* SPDX-License-Identifier: MIT */
/** The whole piece: tracks become parts, bars become measures. */
#include "gp.h"
#include "voice.h"

#include <errno.h>

#define MAX_BARS 100000u
#define MAX_TRACKS 1024u

int gp_song_init(struct gp_song *song, struct nvx_draft *draft)
{
	*song = (struct gp_song){.draft = draft, .alloc = nvx_pool_alloc(draft->pool)};
	return 0;
}

void gp_song_finish(struct gp_song *song)
{
	for (uint32_t i = 0; i < song->n_tracks; i++) {
		struct gp_track *track = &song->track[i];
		for (unsigned s = 0; track->staff && s < track->n_staves; s++)
			for (unsigned v = 0; v < GP_MAX_VOICES; v++)
				score_free(song->alloc, track->staff[s].voice[v]);
		score_free(song->alloc, track->staff);
	}
	score_free(song->alloc, song->track);
	score_free(song->alloc, song->bar);
	score_free(song->alloc, song->tempo);
	*song = (struct gp_song){};
}

struct score_where gp_where(const struct gp_song *song)
{
	return score_where_fmt("track %u, bar %u", song->at_track + 1, song->at_bar + 1);
}

int gp_song_bars(struct gp_song *song, uint32_t n)
{
	if (n == 0 || n > MAX_BARS)
		return score_error(song->draft->report, n ? "nvx1.limit.measures" : GP_PARSE, "",
			n ? "%u bars are more than %u" : "%u bars: at least 1 is needed", n, MAX_BARS);
	song->bar = score_zalloc(song->alloc, n, sizeof(*song->bar));
	if (!song->bar)
		return song->draft->error = -ENOMEM;
	song->n_bars = n;
	for (uint32_t i = 0; i < n; i++)
		song->bar[i].num = song->bar[i].den = 4;
	return 0;
}

int gp_song_tracks(struct gp_song *song, uint32_t n)
{
	if (n == 0 || n > MAX_TRACKS)
		return score_error(song->draft->report, n ? "nvx1.limit.parts" : GP_PARSE, "",
			n ? "%u tracks are more than %u" : "%u tracks: at least 1 is needed", n, MAX_TRACKS);
	song->track = score_zalloc(song->alloc, n, sizeof(*song->track));
	if (!song->track)
		return song->draft->error = -ENOMEM;
	song->n_tracks = n;
	return 0;
}

int gp_track_begin(struct gp_song *song, uint32_t index, unsigned n_staves)
{
	struct gp_track *track = &song->track[index];
	track->staff = score_zalloc(song->alloc, n_staves, sizeof(*track->staff));
	if (!track->staff)
		return song->draft->error = -ENOMEM;
	track->n_staves = (uint8_t)n_staves;
	for (unsigned i = 0; i < n_staves; i++)
		track->staff[i].dynamic = 6;
	track->part = nvx_add_part(song->draft);
	struct nvx_part *part = nvx_draft_part(song->draft, track->part);
	part->staves = (uint8_t)n_staves;
	track->part_id = part->id;
	return song->draft->error;
}

void gp_track_tuned(struct gp_song *song, uint32_t index)
{
	const struct gp_track *track = &song->track[index];
	const struct gp_staff_setup *setup = &track->staff[0].setup;
	const nvx_list tuning =
		track->is_drums ? 0 : nvx_make_list(song->draft, setup->tuning, setup->n_strings, 1);
	struct nvx_part *part = nvx_draft_part(song->draft, track->part);
	part->tuning = tuning;
	part->capo = tuning ? setup->capo : 0;
}

struct nvx_control *gp_put_control(struct gp_song *song, uint32_t track, int64_t tick,
	enum nvx_control_kind kind, unsigned number, int value)
{
	struct nvx_control *control = nvx_add_control(song->draft, song->track[track].part);
	control->tick = tick;
	control->kind = (uint8_t)kind;
	control->number = (uint16_t)number;
	control->value = (int16_t)value;
	control->seq = (uint32_t)song->draft->part[song->track[track].part].n_control;
	return control;
}

void gp_put_clef(
	struct gp_song *song, uint32_t track, uint32_t staff, enum nvx_clef sign, unsigned line, int octave)
{
	struct gp_staff *at = &song->track[track].staff[staff];
	const uint8_t clef = (uint8_t)((unsigned)sign << 4 | line);
	if (!sign || (at->clef == clef && at->clef_octave == octave))
		return;
	at->clef = clef;
	at->clef_octave = (int8_t)octave;
	struct nvx_notation_element *element = nvx_add_notation(song->draft);
	element->e.kind = NVX_NOTATION_CLEF;
	element->e.tick = song->tick;
	element->e.part_id = song->track[track].part_id;
	element->e.staff = (uint8_t)(staff ? staff + 1 : 0);
	element->sign = (uint8_t)sign;
	element->line = (uint8_t)line;
	element->octave = (int8_t)octave;
}

static void put_maps(struct gp_song *song)
{
	const struct gp_bar *bar = &song->bar[song->at_bar], *last = song->at_bar ? bar - 1 : NULL;
	if (!last || last->num != bar->num || last->den != bar->den) {
		struct nvx_meter *meter = nvx_add_meter(song->draft);
		meter->tick = song->tick;
		meter->num = bar->num;
		meter->den = bar->den;
	}
	if (!last || last->fifths != bar->fifths || last->minor != bar->minor) {
		struct nvx_key *key = nvx_add_key(song->draft);
		key->tick = song->tick;
		nvx_set_key(key, bar->fifths, bar->minor);
	}
}

void gp_bar_begin(struct gp_song *song, uint32_t index)
{
	struct nvx_draft *draft = song->draft;
	const struct gp_bar *bar = &song->bar[index];
	song->at_bar = index;
	song->content_end = song->tick;
	song->first_event = draft->n_notation;
	put_maps(song);

	struct nvx_measure *measure = nvx_add_measure(draft);
	measure->tick = song->tick;
	measure->repeat_start = bar->repeat_start;
	measure->repeat_end = bar->repeat_times;
	measure->barline = bar->is_double ? NVX_BARLINE_DOUBLE : NVX_BARLINE_LIGHT;
}

/** A bar is as long as its meter says; one that holds more is longer, a pickup as long as what it holds. */
void gp_bar_end(struct gp_song *song)
{
	struct nvx_draft *draft = song->draft;
	const struct gp_bar *bar = &song->bar[song->at_bar];
	if (draft->error)
		return;
	const int64_t meter_ticks = (int64_t)bar->num * 4 * NVX_PPQ / bar->den;
	const int64_t content_ticks = song->content_end - song->tick;
	struct nvx_measure *measure = &draft->measure[draft->n_measure - 1];
	int64_t ticks = meter_ticks;
	if (content_ticks > meter_ticks) {
		ticks = content_ticks;
		measure->irregular = NVX_IRREGULAR_LONG;
	} else if (bar->is_pickup && content_ticks > 0 && content_ticks < meter_ticks) {
		ticks = content_ticks;
		measure->irregular = NVX_IRREGULAR_PICKUP;
	}
	measure->duration_ticks = (uint32_t)ticks;
	song->last_tick = song->tick;
	song->tick += ticks;
	if (song->tick > NVX_MAX_TICK) {
		(void)score_error(draft->report, "nvx1.limit.tick", GP_HERE(song), "the piece is too long");
		draft->error = -E2BIG;
	}
}

void gp_put_fermata(struct gp_song *song, int64_t ticks)
{
	struct nvx_draft *draft = song->draft;
	for (size_t i = song->first_event; i < draft->n_notation && !draft->error; i++) {
		struct nvx_notation_element *event = &draft->notation[i];
		if (event->e.kind == NVX_NOTATION_EVENT && !event->is_grace &&
			event->e.tick == song->tick + ticks)
			event->fermata = 1;
	}
}

int gp_song_end(struct gp_song *song)
{
	struct nvx_draft *draft = song->draft;
	song->is_echo = 0;
	for (uint32_t i = 0; i < song->n_tracks && !draft->error; i++) {
		struct gp_track *track = &song->track[i];
		song->at_track = i;
		gp_close_chord(song, track, song->tick);
		for (unsigned s = 0; s < track->n_staves; s++)
			for (unsigned v = 0; v < GP_MAX_VOICES; v++)
				if (track->staff[s].voice[v])
					gp_close_voice(song, track, track->staff[s].voice[v]);
	}
	if (!draft->error) {
		gp_put_endings(song);
		gp_put_directions(song);
		gp_put_sections(song);
		gp_put_tempo_map(song);
	}
	draft->end_tick = song->tick;
	return draft->error;
}
