/* SPDX-License-Identifier: MIT */
/** Chord diagrams and the chord symbols that they carry. */
#include "gp.h"
#include "voice.h"

void gp_close_chord(struct gp_song *song, struct gp_track *track, int64_t tick)
{
	if (track->chord && !song->draft->error) {
		struct nvx_element *e = &song->draft->chord[track->chord - 1].e;
		e->duration_ticks = gp_length(e->tick, tick);
	}
	track->chord = 0;
}

static void put_diagram(struct gp_song *song, int64_t tick, const struct gp_beat *beat, nvx_id chord_id)
{
	struct nvx_draft *draft = song->draft;
	const struct gp_diagram *from = &beat->diagram;
	struct nvx_dot dot[GP_MAX_STRINGS];
	uint8_t muted[GP_MAX_STRINGS], open[GP_MAX_STRINGS];
	unsigned n_dots = 0, n_muted = 0, n_open = 0;
	for (uint8_t i = 0; i < from->n_strings; i++) {
		if (from->fret[i] < 0)
			muted[n_muted++] = (uint8_t)(i + 1);
		else if (from->fret[i] == 0)
			open[n_open++] = (uint8_t)(i + 1);
		else
			dot[n_dots++] = (struct nvx_dot){
				(uint8_t)(i + 1), (uint8_t)from->fret[i], from->finger[i], 0};
	}
	const nvx_list dots = nvx_make_list(draft, dot, n_dots, sizeof(*dot));
	const nvx_list muted_strings = nvx_make_list(draft, muted, n_muted, 1);
	const nvx_list open_strings = nvx_make_list(draft, open, n_open, 1);
	const nvx_list barres = nvx_make_list(draft, from->barre, from->n_barres, sizeof(*from->barre));
	struct nvx_diagram_element *diagram = nvx_add_diagram(draft);
	diagram->e.tick = tick;
	diagram->e.part_id = song->track[song->at_track].part_id;
	diagram->name = beat->chord;
	diagram->chord_id = chord_id;
	diagram->strings = from->n_strings;
	diagram->frets = from->n_frets;
	diagram->base_fret = from->base_fret;
	diagram->dots = dots;
	diagram->muted = muted_strings;
	diagram->open = open_strings;
	diagram->barres = barres;
}

void gp_put_chord(struct gp_song *song, int64_t tick, const struct gp_beat *beat)
{
	struct gp_track *track = &song->track[song->at_track];
	struct nvx_draft *draft = song->draft;
	nvx_id id = 0;
	const int is_after = !track->chord || draft->chord[track->chord - 1].e.tick < tick;
	if (is_after) { /* two voices may name a chord at one place: the first counts */
		gp_close_chord(song, track, tick);
		struct nvx_chord *chord = nvx_add_chord(draft);
		chord->e.tick = tick;
		chord->e.part_id = track->part_id;
		chord->symbol = beat->chord;
		id = chord->e.id;
		track->chord = draft->error ? 0 : draft->n_chord;
	}
	if (beat->diagram.given && beat->diagram.n_strings > 0)
		put_diagram(song, tick, beat, id);
}
