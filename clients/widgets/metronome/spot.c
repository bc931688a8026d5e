/* SPDX-License-Identifier: MIT */
/* A spotlight is played: by time, some of it ahead, while the metronome rests. */
#include <string.h>

#include "app.h"

#define NOTE_TICKS 60
#define LEAD_IN_NS INT64_C(80000000)

static int64_t ns_of(const struct spotlight *s, int64_t ticks)
{
	return ticks * INT64_C(60000000000) / ((int64_t)s->bpm * MOS_PPQ);
}

void spot_play(struct app *app, const struct spotlight *spot)
{
	if (!app->config.linked && app->free.playing)
		(void)app_play(app, 0);
	app->spot = (struct spot){.of = spot, .start_ns = app_time_ns() + LEAD_IN_NS};
	app_say(app, "%s: %s", mos_preset(spot->preset)->name, spot->text);
}

void spot_stop(struct app *app)
{
	app->spot.of = NULL;
}

void spot_look(struct app *app, int64_t now_ns)
{
	struct spot *spot = &app->spot;
	const struct spotlight *s = spot->of;
	struct metro_score *score = &app->schedule.score; /* room to work in */
	int64_t until;

	if (!s)
		return;
	until = (now_ns + METRO_AHEAD_NS - spot->start_ns) * s->bpm * MOS_PPQ / INT64_C(60000000000);
	if (until <= spot->next)
		return;
	score->n_hits = score->n_left_out = 0;
	spotlight_hits(s, spot->next, until, score);
	for (uint32_t i = 0; i < score->n_hits; i++) {
		const struct metro_due due = {
			.hit = score->hit[i], .time_ns = spot->start_ns + ns_of(s, score->hit[i].tick)};

		tell_note(app, &due, due.time_ns + ns_of(s, NOTE_TICKS));
	}
	spot->next = until;
	if (until >= spotlight_ticks(s))
		spot_stop(app);
}
