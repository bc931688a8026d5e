/* SPDX-License-Identifier: MIT */
#include "song.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void chase_cc(struct song_chase *c, uint32_t ch, uint8_t num, uint8_t value) MOS_RT
{
	uint16_t *rpn;

	c->cc[ch][num] = value;
	switch (num) {
	case 98:
	case 99: /* a non-registered parameter: data entry is not for us */
		c->select[ch] = 0xff;
		break;
	case 100:
	case 101:
		c->select[ch] = c->cc[ch][101] == 0 && c->cc[ch][100] < 3 ? c->cc[ch][100] : 0xff;
		break;
	case 6:
	case 38:
		if (c->select[ch] == 0xff)
			break;
		rpn = &c->rpn[ch][c->select[ch]];
		if (*rpn == 0xffff)
			*rpn = 0;
		*rpn = num == 6 ? (uint16_t)(value << 7 | (*rpn & 0x7f)) : (uint16_t)((*rpn & 0x3f80) | value);
		break;
	default:
		break;
	}
}

void song_chase_apply(struct song_chase *c, const struct mos_tl_event *ev) MOS_RT
{
	uint32_t w = ev->ump[0];
	uint32_t group = w >> 24 & 15, ch;

	if (w >> 28 != 2 || group >= SONG_CHANNELS / 16)
		return;
	ch = group * 16 + (w >> 16 & 15);
	switch (w >> 20 & 15) {
	case 0xb:
		chase_cc(c, ch, (uint8_t)(w >> 8 & 127), (uint8_t)(w & 127));
		break;
	case 0xc:
		c->program[ch] = (uint8_t)(w >> 8 & 127);
		break;
	case 0xd:
		c->pressure[ch] = (uint8_t)(w >> 8 & 127);
		break;
	case 0xe:
		c->bend[ch] = (uint16_t)((w >> 8 & 127) | (w & 127) << 7);
		break;
	default:
		break;
	}
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
		tempo[i] = (struct mos_tempo_seg){ .tick = s->tl.tempo[i].tick,
						   .npq_start = s->tl.tempo[i].npq_start,
						   .npq_end = s->tl.tempo[i].npq_end };
	for (uint32_t i = 0; i < s->tl.n_meter; i++)
		meter[i] = (struct mos_meter_seg){ .tick = s->tl.meter[i].tick,
						   .num = s->tl.meter[i].num,
						   .den = s->tl.meter[i].den };
	r = mos_tempo_map_init(&s->tempo, tempo, s->tl.n_tempo);
	if (r < 0) {
		*ret_err = (struct mos_timeline_error){ "tempos", 0, "tempo map cannot be used" };
		return r;
	}
	r = mos_meter_map_init(&s->meter, meter, s->tl.n_meter);
	if (r < 0)
		*ret_err = (struct mos_timeline_error){ "meters", 0, "meter map cannot be used" };
	return r;
}

static int build_events(struct song *s)
{
	uint32_t n = s->tl.n_event;
	struct song_chase now;

	s->event_u = malloc((n + 1) * sizeof(*s->event_u));
	s->chase = malloc((n / SONG_CHASE_STEP + 1) * sizeof(*s->chase));
	if (!s->event_u || !s->chase)
		return -ENOMEM;
	memset(&now, 0xff, sizeof(now));
	s->chase[0] = now;
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0 && i % SONG_CHASE_STEP == 0)
			s->chase[i / SONG_CHASE_STEP] = now;
		s->event_u[i] = mos_tempo_tick_to_u(&s->tempo, s->tl.event[i].tick);
		song_chase_apply(&now, &s->tl.event[i]);
	}
	if (n > 0 && n % SONG_CHASE_STEP == 0)
		s->chase[n / SONG_CHASE_STEP] = now;
	s->event_u[n] = INT64_MAX;
	s->end_u = mos_tempo_tick_to_u(&s->tempo, s->tl.end_tick);
	return 0;
}

int song_create(int timeline_fd, struct song **ret, struct mos_timeline_error *ret_err)
{
	struct song *s = calloc(1, sizeof(*s));
	int r;

	*ret_err = (struct mos_timeline_error){ "header", 0, "" };
	if (!s)
		return -ENOMEM;
	r = mos_timeline_open(timeline_fd, &s->tl, ret_err);
	if (r < 0) {
		free(s);
		return r;
	}
	r = build_maps(s, ret_err);
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
	free(s->chase);
	mos_timeline_close(&s->tl);
	free(s);
}
