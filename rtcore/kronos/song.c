/* SPDX-License-Identifier: MIT */
#include "song.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_U (600 * 3600 * MOS_U_PER_S) /* sums and differences of places stay far from int64's ends */

/* What the event changes of its group's channels; notes change nothing. */
static void chase_event(struct song_chase *c, const struct mos_tl_event *ev) MOS_RT
{
	uint32_t group = ev->ump[0] >> 24 & 15;
	struct chan_msg m;

	if (chan_decode(ev->ump, &m) == 0)
		chan_apply_all(c->channel, &m);
	else if (ev->ump[0] >> 28 == 3 && chan_is_system_on(&c->sysex, ev->ump))
		for (uint32_t ch = group * 16; ch < group * 16 + 16; ch++)
			chan_reset(&c->channel[ch]);
}

void song_chase_to(const struct song *song, uint32_t event, struct song_chase *ret) MOS_RT
{
	const struct song_snapshot *from = &song->snapshot[event / SONG_CHASE_STEP];

	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++)
		ret->channel[ch].v = from->channel[ch];
	ret->sysex = from->sysex;
	for (uint32_t i = event - event % SONG_CHASE_STEP; i < event; i++)
		chase_event(ret, &song->tl.event[i]);
}

#define DRUM_CHANNEL 9u

uint32_t song_sounding_at(const struct song *song, uint32_t event, struct song_sounding *ret, uint32_t max)
{
	uint32_t *last = calloc(SONG_CHANNELS * 128, sizeof(*last)), n = 0; /* the note's index from 1; 0: it is up */

	for (uint32_t i = 0; last && i < event && i < song->tl.n_event; i++) {
		const struct mos_tl_event *ev = &song->tl.event[i];
		uint32_t ch = (ev->ump[0] >> 24 & 15) * 16 + (ev->ump[0] >> 16 & 15);

		if (ev->order != MOS_TL_CONTROL && ch < SONG_CHANNELS && ch % 16 != DRUM_CHANNEL)
			last[ch * 128 + (ev->ump[0] >> 8 & 127)] = ev->order == MOS_TL_NOTE_ON ? i + 1 : 0;
	}
	for (uint32_t k = 0; last && k < SONG_CHANNELS * 128 && n < max; k++)
		if (last[k]) {
			const struct mos_tl_event *ev = &song->tl.event[last[k] - 1];

			ret[n++] = (struct song_sounding){{ev->ump[0], ev->ump[1]}};
		}
	free(last);
	return n;
}

uint32_t song_event_at(const struct song *song, int64_t tick) MOS_RT
{
	uint32_t lo = 0, hi = song->tl.n_event;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (song->tl.event[mid].tick < tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int build_maps(struct song *s, struct mos_timeline_error *ret_err)
{
	struct mos_tempo_seg *tempo = calloc(s->tl.n_tempo, sizeof(*tempo));
	struct mos_meter_seg *meter = calloc(s->tl.n_meter, sizeof(*meter));
	int r = -ENOMEM;

	s->tempo.seg = tempo; /* from here on song_destroy() frees both */
	s->meter.seg = meter;
	if (!tempo || !meter)
		return r;
	for (uint32_t i = 0; i < s->tl.n_tempo; i++)
		tempo[i] = (struct mos_tempo_seg){.tick = s->tl.tempo[i].tick,
			.npq_start = s->tl.tempo[i].npq_start,
			.npq_end = s->tl.tempo[i].npq_end};
	for (uint32_t i = 0; i < s->tl.n_meter; i++)
		meter[i] = (struct mos_meter_seg){
			.tick = s->tl.meter[i].tick, .num = s->tl.meter[i].num, .den = s->tl.meter[i].den};
	r = mos_tempo_map_init(&s->tempo, tempo, s->tl.n_tempo);
	if (r < 0) {
		*ret_err = (struct mos_timeline_error){"tempos", 0, "tempo map cannot be used"};
		return r;
	}
	r = mos_meter_map_init(&s->meter, meter, s->tl.n_meter);
	if (r < 0)
		*ret_err = (struct mos_timeline_error){"meters", 0, "meter map cannot be used"};
	return r;
}

static void take_snapshot(const struct song_chase *c, struct song_snapshot *ret)
{
	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++)
		ret->channel[ch] = c->channel[ch].v;
	ret->sysex = c->sysex;
}

/* What a timeline may say, but the engine cannot play. */
static int check(const struct song *s, struct mos_timeline_error *ret_err)
{
	if (mos_tempo_tick_to_u(&s->tempo, s->tl.end_tick + 1) > MAX_U) {
		*ret_err = (struct mos_timeline_error){"header", 0, "longer than 600 hours"};
		return -EINVAL;
	}
	for (uint32_t i = 0; i < s->tl.n_event; i++)
		if ((s->tl.event[i].ump[0] >> 24 & 15) >= SONG_CHANNELS / 16) {
			*ret_err = (struct mos_timeline_error){"events", i, "group is not one of a score's"};
			return -EINVAL;
		}
	return 0;
}

static int build_events(struct song *s)
{
	uint32_t n = s->tl.n_event;
	struct song_chase *now = malloc(sizeof(*now));

	s->event_u = malloc(((size_t)n + 1) * sizeof(*s->event_u));
	s->snapshot = malloc((n / SONG_CHASE_STEP + 1) * sizeof(*s->snapshot));
	if (!s->event_u || !s->snapshot || !now) {
		free(now);
		return -ENOMEM;
	}
	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++)
		chan_init(&now->channel[ch]);
	now->sysex = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (i % SONG_CHASE_STEP == 0)
			take_snapshot(now, &s->snapshot[i / SONG_CHASE_STEP]);
		s->event_u[i] = mos_tempo_tick_to_u(&s->tempo, s->tl.event[i].tick);
		chase_event(now, &s->tl.event[i]);
	}
	if (n % SONG_CHASE_STEP == 0)
		take_snapshot(now, &s->snapshot[n / SONG_CHASE_STEP]);
	s->event_u[n] = INT64_MAX;
	s->end_u = mos_tempo_tick_to_u(&s->tempo, s->tl.end_tick);
	free(now);
	return 0;
}

int song_create(int timeline_fd, struct song **ret, struct mos_timeline_error *ret_err)
{
	struct song *s = calloc(1, sizeof(*s));
	int r;

	*ret_err = (struct mos_timeline_error){"header", 0, ""};
	if (!s)
		return -ENOMEM;
	r = mos_timeline_open(timeline_fd, &s->tl, ret_err);
	if (r < 0) {
		free(s);
		return r;
	}
	r = build_maps(s, ret_err);
	if (r == 0)
		r = check(s, ret_err);
	if (r == 0)
		r = build_events(s);
	if (r < 0) {
		song_destroy(s);
		return r;
	}
	*ret = s;
	return 0;
}

void song_destroy(struct song *s)
{
	if (!s)
		return;
	free((void *)s->tempo.seg);
	free((void *)s->meter.seg);
	free(s->event_u);
	free(s->snapshot);
	mos_timeline_close(&s->tl);
	free(s);
}
