/* SPDX-License-Identifier: MIT */
#include "ready.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "params.h"
#include "turns.h"

/* States that were seen, by their bytes. */
struct seen {
	uint32_t *slot; /* number + 1; 0: free */
	uint32_t mask, n;
};

static uint32_t hash_of(const struct ready_state *x)
{
	uint32_t hash = 2166136261u, word;

	for (size_t i = 0; i < sizeof(*x); i += sizeof(word)) {
		memcpy(&word, (const char *)x + i, sizeof(word));
		hash = (hash ^ word) * 16777619u;
		hash ^= hash >> 15;
	}
	return hash;
}

/* The state's number; a new one is kept. */
static uint32_t number_of(struct seen *seen, struct ready_state *state, const struct ready_state *x)
{
	uint32_t at = hash_of(x) & seen->mask;

	for (; seen->slot[at]; at = (at + 1) & seen->mask)
		if (memcmp(&state[seen->slot[at] - 1], x, sizeof(*x)) == 0)
			return seen->slot[at] - 1;
	state[seen->n] = *x;
	seen->slot[at] = ++seen->n;
	return seen->n - 1;
}

static int listens(const struct zone_mod *m)
{
	return (m->source >= SRC_LFO && m->source < SRC_ENV + (int)ZONE_ENVS) ||
	       (m->source2 >= SRC_LFO && m->source2 < SRC_ENV + (int)ZONE_ENVS);
}

static int is_among(uint32_t param, uint32_t first, uint32_t last)
{
	return param >= first && param <= last;
}

/* Which parts of a voice's beginning are the same for each note? */
static uint32_t parts_of(const struct bank *b, const struct zone *z)
{
	uint32_t is = READY_VOLUME | READY_ENV | READY_LFO | READY_LFO << 1 | READY_PLACE;

	if (z->n_lfos <= READY_LFOS && z->n_envs <= 2)
		is |= READY_DEPTHS;
	if (z->group || z->group_polyphony || z->note_polyphony)
		is |= READY_ENDS;
	if (z->param[ZP_REVERB] > 0 || z->param[ZP_CHORUS] > 0)
		is |= READY_SENDS;
	if (z->trigger >= ZONE_ON_RELEASE)
		is |= READY_UNKEYED;
	for (uint32_t i = 0; i < z->n_mods; i++) {
		const struct zone_mod *m = &b->mod[z->mod + i];

		if (is_among(m->param, zp_env(0, ENV_DELAY), zp_env(0, ENV_SUSTAIN)))
			is &= ~(uint32_t)READY_VOLUME;
		if (is_among(m->param, zp_env(1, ENV_DELAY), zp_env(1, ENV_SUSTAIN)))
			is &= ~(uint32_t)READY_ENV;
		for (uint32_t n = 0; n < READY_LFOS; n++)
			if (is_among(m->param, zp_lfo(n, LFO_DELAY), zp_lfo(n, LFO_FREQ)))
				is &= ~((uint32_t)READY_LFO << n);
		if (m->param == ZP_OFFSET)
			is &= ~(uint32_t)READY_PLACE;
		if (listens(m))
			is |= READY_LISTENS;
	}
	return is;
}

static void begin_at(struct sampler *s, const struct bank *b, const struct zone *z, struct voice *v)
{
	memset(v, 0, sizeof(*v));
	v->bank = b;
	v->zone = z;
	v->sample = z->sample == BANK_NONE ? NULL : &b->sample[z->sample];
	v->flavour = z->flavour;
	v->n_lfos = z->n_lfos;
	v->n_envs = z->n_envs;
	v->n_flex = (uint8_t)n_flex(z);
	v->param = z->param;
	v->reads_itself = (parts_of(b, z) & READY_LISTENS) != 0;
	params_depths(v);
	voice_start_envs(s, v);
	for (uint32_t i = 0; i < z->n_lfos; i++)
		lfo_start(s, v, i);
	voice_place(s, v);
}

/* Its LFOs as a voice that begins has them, at its first control point. */
static void begin_lfos(struct sampler *s, struct voice *v)
{
	for (uint32_t i = 0; i < v->n_lfos; i++)
		if (v->live_lfos >> i & 1)
			lfo_advance(s, v, i, SAMPLER_CONTROL / 2);
		else
			v->lfo[i].behind = SAMPLER_CONTROL / 2;
}

/* Is all of it here? Not what is drawn anew for each voice. */
static int is_whole(const struct zone *z, const struct voice *v, uint32_t parts)
{
	uint32_t needed = READY_VOLUME | READY_ENV | READY_PLACE | READY_DEPTHS;

	for (uint32_t i = 0; i < v->n_lfos && i < READY_LFOS; i++) {
		needed |= (uint32_t)READY_LFO << i;
		if (z->lfo_wave[i] == WAVE_RANDOM)
			return 0;
	}
	return (parts & needed) == needed && !(parts & READY_LISTENS) && !v->n_flex;
}

/* Where its first samples lie; of one channel the second line of them, too. */
static void find_data(const struct voice *v, struct ready *r)
{
	const struct sample_extent *e = v->sample ? &v->sample->extent[0] : NULL;
	uint32_t at = (uint32_t)(v->pos >> 32), size;

	r->data[0] = r->data[1] = r;
	if (!e || v->sample->n_extents == 0 || at < e->first || at >= e->end)
		return;
	size = v->sample->format == SAMPLE_F32 ? sizeof(float) : sizeof(int16_t);
	for (uint32_t i = 0; i <= v->is_stereo; i++)
		r->data[i] = (const char *)e->data[i] + (size_t)(at - e->first) * size;
	if (!v->is_stereo)
		r->data[1] = (const char *)r->data[0] + 64;
}

static void make(struct sampler *s, const struct bank *b, const struct zone *z, struct voice *v,
	struct seen *seen, struct turns_maker *turns, struct ready *r)
{
	struct ready_state x;
	uint32_t is = parts_of(b, z);

	begin_at(s, b, z, v);
	memset(&x, 0, sizeof(x));
	x.vol = v->vol;
	x.env = v->env[1];
	memcpy(x.env_to, v->env_to[1], sizeof(x.env_to));
	memcpy(x.lfo_to, v->lfo_to, sizeof(x.lfo_to));
	for (uint32_t i = 0; i < READY_LFOS; i++)
		x.lfo[i] = (struct ready_lfo){v->lfo[i].wait, v->lfo[i].phase, v->lfo[i].step, v->lfo[i].fade};
	begin_lfos(s, v);
	memcpy(x.lfo_begun, v->lfo, sizeof(x.lfo_begun));
	is |= is_whole(z, v, is) ? READY_WHOLE : 0;
	*r = (struct ready){.state = number_of(seen, s->ready_state, &x),
		.pos = (uint32_t)(v->pos >> 32),
		.end = v->end,
		.loop_limit = v->loop_limit,
		.loop_start = v->loop_start,
		.loop_end = v->loop_end,
		.memory_end = voice_memory_end(v),
		.ratio = v->ratio,
		.sample = z->sample,
		.is = (uint16_t)is,
		.is_looping = v->is_looping,
		.is_stereo = v->is_stereo,
		.n_sections = (uint8_t)filter_sections_of(z, z->filter),
		.flavour = z->flavour,
		.filter = z->filter,
		.n_lfos = v->n_lfos,
		.n_envs = v->n_envs,
		.n_flex = v->n_flex,
		.live_lfos = v->live_lfos,
		.plain_lfos = v->plain_lfos,
		.moves = v->moves,
		.amp_moves = v->amp_moves,
		.turns = turns_of(turns, v),
		.delay = voice_delay(s, z->param[ZP_DELAY]),
		.tone = tone_of(z),
		.send = send_of(z->param[ZP_REVERB], z->param[ZP_CHORUS])};
	find_data(v, r);
}

static void list(const struct bank *b, struct choice *c)
{
	for (uint32_t i = 0; i < b->n_list; i++) {
		const struct zone *z = &b->zone[b->zone_list[i]];

		c[i] = (struct choice){z->vel_lo, z->vel_hi, z->trigger & 127u, z->n_conds > 0};
		if (z->trigger == ZONE_ON_CC) /* its conditions choose it, whatever the velocity */
			c[i] = (struct choice){0, 255, ZONE_ON_CC, 1};
	}
}

static void make_all(struct sampler *s, struct voice *v, struct seen *seen, struct turns_maker *turns)
{
	uint32_t n = 0, at = 0;

	for (uint32_t i = 0; i < s->rack->n_banks; i++) {
		const struct bank *b = s->rack->bank[i];

		for (uint32_t k = 0; k < b->n_zones; k++)
			make(s, b, &b->zone[k], v, seen, turns, &s->ready[n++]);
		list(b, s->choice + at);
		at += b->n_list;
	}
}

int ready_create(struct sampler *s)
{
	size_t n_zones = 1, n_list = 1;
	struct seen seen = {.mask = 1};
	struct turns_maker *turns = turns_begin();
	struct voice *v;
	int r = -ENOMEM, is_room;

	for (uint32_t i = 0; i < s->rack->n_banks; i++) {
		n_zones += s->rack->bank[i]->n_zones;
		n_list += s->rack->bank[i]->n_list;
	}
	while (seen.mask < 2 * n_zones)
		seen.mask *= 2;
	seen.slot = calloc(seen.mask--, sizeof(*seen.slot));
	v = aligned_alloc(64, sizeof(*v));
	s->ready = aligned_alloc(64, n_zones * sizeof(*s->ready));
	s->ready_state = aligned_alloc(64, n_zones * sizeof(*s->ready_state)); /* few are written, and there */
	s->choice = malloc(n_list * sizeof(*s->choice));
	is_room = turns && seen.slot && v && s->ready && s->ready_state && s->choice;
	if (is_room)
		make_all(s, v, &seen, turns);
	if (turns)
		r = turns_end(turns, s);
	free(seen.slot);
	free(v);
	return is_room ? r : -ENOMEM;
}

void ready_destroy(struct sampler *s)
{
	free(s->ready);
	free(s->ready_state);
	free(s->choice);
	turns_destroy(s);
}
