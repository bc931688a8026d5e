/* SPDX-License-Identifier: MIT */
#include "mix_fx.h"

#include <errno.h>
#include <string.h>

#define GRID_MASK (FX_GRID - 1)

/* A piece of a block that crosses no grid point. */
struct piece {
	uint32_t first, k, n; /* offset in the block, frame within the grid, length */
};

static int next_piece(const struct mixer *m, struct piece *p, uint32_t n) MOS_RT
{
	p->first += p->n;
	if (p->first >= n)
		return 0;
	p->k = (uint32_t)(m->frame + p->first) & GRID_MASK;
	p->n = FX_GRID - p->k < n - p->first ? FX_GRID - p->k : n - p->first;
	return 1;
}

static void initial_values(float value[MOS_FX_N_UNITS][MOS_FX_PARAMS_MAX])
{
	const struct mos_fx_param *p;

	for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
		uint32_t n = mos_fx_params(u, &p);

		for (uint32_t i = 0; i < n; i++)
			value[u][i] = p[i].initial;
	}
}

void mix_fx_init(struct mixer *m, uint32_t rate_hz)
{
	initial_values(m->value);
	drive_tables_init(&m->drive_tables, rate_hz);
	eq_init(&m->eq, rate_hz);
	compressor_init(&m->compressor, rate_hz);
	limiter_init(&m->limiter, rate_hz);
	reverb_init(&m->reverb, rate_hz);
	chorus_init(&m->chorus, rate_hz);
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++) {
		struct strip_chain *s = &m->chain[i];

		initial_values(s->value);
		memcpy(m->strip[i].send_set, s->value[MOS_FX_SEND], sizeof(m->strip[i].send_set));
		drive_init(&s->drive, &m->drive_tables, rate_hz);
		eq_init(&s->eq, rate_hz);
		compressor_init(&s->compressor, rate_hz);
	}
}

void mix_channel(struct mixer *m, uint32_t strip, uint32_t offset, uint8_t reverb, uint8_t chorus) MOS_RT
{
	struct strip *s = &m->strip[strip];
	uint32_t first = (FX_GRID - ((uint32_t)m->frame & GRID_MASK)) & GRID_MASK;
	uint32_t point = offset > first ? (offset - first + FX_GRID - 1) / FX_GRID : 0;

	point = point < MIX_CC_POINTS ? point : MIX_CC_POINTS - 1;
	s->cc[point][0] = reverb;
	s->cc[point][1] = chorus;
	s->cc_due |= (uint8_t)(1u << point);
	m->cc_due |= UINT64_C(1) << strip;
	m->resting &= ~(UINT64_C(1) << strip);
}

static int has_inserts(struct insert *const slot[INSERT_SLOTS]) MOS_RT
{
	int any = 0;

	for (uint32_t i = 0; i < INSERT_SLOTS; i++)
		any |= slot[i] != NULL;
	return any;
}

int mix_fx_set(struct mixer *m, uint32_t strip, uint32_t unit, uint32_t param, float value) MOS_RT
{
	const struct mos_fx_param *p;
	int is_master = strip == MIX_MASTER;

	if ((!is_master && strip >= APOLLO_CHANNELS) || param >= mos_fx_params(unit, &p) ||
		value - value != 0 || !(is_master ? mos_fx_on_master(unit) : mos_fx_on_strip(unit)))
		return -EINVAL;
	value = value < p[param].min ? p[param].min : value > p[param].max ? p[param].max : value;
	if (p[param].is_switch)
		value = value >= 0.5f;
	if (unit == MOS_FX_LOUDNESS) {
		if (value > 0)
			__atomic_store_n(&m->loudness_resets, m->loudness_resets + 1, __ATOMIC_RELAXED);
		return 0;
	}
	if (unit == MOS_FX_SEND) {
		m->strip[strip].send_set[param] = value;
		m->resting &= ~(UINT64_C(1) << strip);
	} else if (is_master) {
		m->value[unit][param] = value;
		m->due |= (uint8_t)(1u << unit);
	} else {
		m->chain[strip].value[unit][param] = value;
		m->chain[strip].due |= (uint8_t)(1u << unit);
		m->in_chain |= UINT64_C(1) << strip;
	}
	return 0;
}

struct insert **mix_slot(struct mixer *m, uint32_t strip, uint32_t slot) MOS_RT
{
	if (slot >= INSERT_SLOTS || (strip != MIX_MASTER && strip >= APOLLO_CHANNELS))
		return NULL;
	return strip == MIX_MASTER ? &m->slot[slot] : &m->chain[strip].slot[slot];
}

uint32_t mix_latency(const struct mixer *m, uint32_t strip) MOS_RT
{
	struct insert *const *slot = strip == MIX_MASTER ? m->slot : m->chain[strip].slot;
	uint32_t frames =
		strip == MIX_MASTER ? limiter_latency(&m->limiter) : drive_latency(&m->chain[strip].drive);

	for (uint32_t i = 0; i < INSERT_SLOTS; i++)
		frames += slot[i] ? insert_latency(slot[i]) : 0;
	return frames;
}

uint32_t mix_latest(const struct mixer *m) MOS_RT
{
	uint32_t latest = 0;

	if (!m->align)
		return 0;
	for (uint64_t chains = m->in_chain; chains; chains &= chains - 1) {
		uint32_t strip = (uint32_t)__builtin_ctzll(chains);
		uint32_t own = align_line(strip) == ALIGN_NONE ? 0 : mix_latency(m, strip);

		latest = own > latest ? own : latest;
	}
	return latest < ALIGN_MAX ? latest : ALIGN_MAX;
}

uint32_t mix_hears_sends(const struct mixer *m) MOS_RT
{
	return ((m->effects | m->due) & MIX_SEND_UNITS) != 0;
}

int mix_rings(const struct mixer *m) MOS_RT
{
	return m->reverb.awake || m->chorus.awake;
}

/* Sends have to be filled from the moment on in which reverb or chorus are asked for. */
void mix_fx_begin(struct mixer *m, uint32_t n) MOS_RT
{
	if (m->due & MIX_SEND_UNITS)
		m->resting = 0; /* what strips send moves only while it is heard */
	m->effects |= m->due & MIX_SEND_UNITS;
	for (uint32_t u = 0; u < MIX_SENDS; u++)
		if (m->effects & (MIX_UNIT(REVERB) << u))
			for (uint32_t c = 0; c < 2; c++)
				memset(m->send[u][c], 0, n * sizeof(float));
}

/* A strip's grid point: new values take effect, what has come to rest is left out. */
static void strip_grid(struct strip_chain *s) MOS_RT
{
	uint32_t due = s->due;

	s->due = 0;
	s->effects |= (uint8_t)due;
	if (due & MIX_UNIT(DRIVE))
		drive_set(&s->drive, s->value[MOS_FX_DRIVE]);
	if (due & MIX_UNIT(EQ))
		eq_set(&s->eq, s->value[MOS_FX_EQ]);
	if (due & MIX_UNIT(COMPRESSOR))
		compressor_set(&s->compressor, s->value[MOS_FX_COMPRESSOR]);
	if (s->effects & MIX_UNIT(DRIVE)) {
		drive_grid(&s->drive);
		if (drive_is_idle(&s->drive))
			s->effects &= (uint8_t)~MIX_UNIT(DRIVE);
	}
	if (s->effects & MIX_UNIT(EQ)) {
		eq_grid(&s->eq);
		if (eq_is_idle(&s->eq))
			s->effects &= (uint8_t)~MIX_UNIT(EQ);
	}
	if (s->effects & MIX_UNIT(COMPRESSOR)) {
		compressor_grid(&s->compressor);
		if (compressor_is_idle(&s->compressor))
			s->effects &= (uint8_t)~MIX_UNIT(COMPRESSOR);
	}
}

static int rings(const struct strip_chain *s) MOS_RT
{
	return has_inserts(s->slot) || !eq_is_silent(&s->eq) || !drive_is_silent(&s->drive) ||
	       s->compressor.reduction != 0;
}

static void tidy(float *x, uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < n; i++) {
		float a = x[i] < 0 ? -x[i] : x[i];

		x[i] = a < 1e6f ? x[i] : 0;
	}
}

void mix_fx_chain(struct mixer *m, uint32_t strip, struct strip_bufs *bufs, uint32_t n) MOS_RT
{
	struct strip_chain *s = &m->chain[strip];
	float *l = bufs->l[strip], *r = bufs->r[strip];
	int sounds = bufs->active >> strip & 1 || rings(s);

	if (sounds) {
		strip_touch(bufs, strip, n);
		tidy(l, n); /* an effect would keep what is no number */
		tidy(r, n);
	}
	for (struct piece p = {0}; next_piece(m, &p, n);) {
		if (p.k == 0)
			strip_grid(s);
		if (!sounds)
			continue;
		if (s->effects & MIX_UNIT(DRIVE))
			drive_process(&s->drive, l + p.first, r + p.first, p.k, p.n);
		if (s->effects & MIX_UNIT(EQ))
			eq_process(&s->eq, l + p.first, r + p.first, p.k, p.n);
		if (s->effects & MIX_UNIT(COMPRESSOR))
			compressor_process(&s->compressor, l + p.first, r + p.first, p.k, p.n);
	}
	for (uint32_t i = 0; i < INSERT_SLOTS; i++)
		if (s->slot[i]) {
			insert_listen(s->slot[i], &m->feed, strip);
			insert_process(s->slot[i], l, r, n);
		}
	if (!s->effects && !s->due && !has_inserts(s->slot))
		m->in_chain &= ~(UINT64_C(1) << strip);
}

/* The share of the signal that goes to a send: what was set, and the channel's controller. */
static float send_target(const struct strip *s, uint32_t u, uint8_t cc) MOS_RT
{
	float x = s->send_set[MOS_FX_SEND_REVERB + u];

	if (s->send_set[MOS_FX_SEND_FOLLOW_CC] > 0)
		x += (float)cc / 127;
	return x < 1 ? x : 1;
}

int mix_fx_send_rests(const struct strip *s) MOS_RT
{
	int rests = !s->cc_due;

	for (uint32_t u = 0; u < MIX_SENDS; u++)
		rests &= s->send_now[u] == s->send_next[u] &&
			 s->send_next[u] == send_target(s, u, s->cc_now[u]);
	return rests;
}

/* The grid point of what a strip sends. */
static void send_grid(struct strip *s, const uint8_t cc[MIX_SENDS]) MOS_RT
{
	for (uint32_t u = 0; u < MIX_SENDS; u++) {
		float to = send_target(s, u, cc[u]), way = to - s->send_next[u];

		s->send_now[u] = s->send_next[u];
		s->send_next[u] = way < 1e-3f && way > -1e-3f ? to : s->send_next[u] + way * 0.2f;
	}
}

/* What is sent in this grid step, and to where. */
static void set_sends(struct mixer *m, const struct strip *s, struct fx_sum *sum) MOS_RT
{
	for (uint32_t u = 0; u < MIX_SENDS; u++) {
		int is_sent = (m->effects & (MIX_UNIT(REVERB) << u)) &&
			      (s->send_now[u] != 0 || s->send_next[u] != 0);

		sum->share[u] = s->send_now[u];
		sum->step[u] = (s->send_next[u] - s->send_now[u]) / (float)FX_GRID;
		for (uint32_t c = 0; c < 2; c++)
			sum->send[u][c] = is_sent ? m->send[u][c] : NULL;
	}
}

void mix_fx_sum(struct mixer *m, uint32_t strip, struct fx_sum *sum, uint32_t n) MOS_RT
{
	struct strip *s = &m->strip[strip];
	uint8_t cc[MIX_SENDS] = {s->cc_now[0], s->cc_now[1]};
	uint32_t point = 0;

	if (!(m->effects & MIX_SEND_UNITS)) {
		if (sum->x[0])
			m->kernel->sum(sum, 0, 0, n);
		return;
	}
	for (struct piece p = {0}; next_piece(m, &p, n);) {
		if (p.k == 0 && s->cc_due >> point++ & 1)
			memcpy(cc, s->cc[point - 1], sizeof(cc));
		if (p.k == 0)
			send_grid(s, cc);
		if (!sum->x[0] && !sum->zone[0][0] && !sum->zone[1][0])
			continue;
		set_sends(m, s, sum);
		m->kernel->sum(sum, p.first, p.k, p.n);
	}
}

uint32_t mix_fx_zones(struct mixer *m, const struct strip_bufs *bufs, uint32_t strip, uint32_t n) MOS_RT
{
	float *const to[MIX_SENDS][2] = {{m->zone[0][0], m->zone[0][1]}, {m->zone[1][0], m->zone[1][1]}};
	struct fx_source source[STRIP_SENDS_MAX];
	uint32_t n_sources = 0, any = 0;
	uint8_t next = m->sending >> strip & 1 ? m->zone_first[strip] : MIX_ZONE_NONE;

	for (uint8_t i = next; bufs && i != MIX_ZONE_NONE; i = m->zone_next[i]) {
		const struct strip_send *z = &bufs->send[i];
		uint32_t bits = (uint32_t)(z->reverb > 0) | (uint32_t)(z->chorus > 0) << 1;

		if (!bits)
			continue;
		any |= bits;
		source[n_sources++] = (struct fx_source){
			{z->l, z->r}, {bits & 1 ? z->reverb : 0, bits & 2 ? z->chorus : 0}};
	}
	m->kernel->mix(source, n_sources, to, n);
	return any;
}

void mix_fx_zones_to(struct mixer *m, uint32_t send, int waits, struct fx_sum *sum, uint32_t n) MOS_RT
{
	float (*to)[BLOCK_MAX] = waits ? m->waiting[send] : m->send[send];

	if (waits && !(m->has_waiting >> send & 1)) {
		memset(to[0], 0, n * sizeof(float));
		memset(to[1], 0, n * sizeof(float));
		m->has_waiting |= (uint8_t)(1u << send);
	}
	sum->zone_to[send][0] = to[0];
	sum->zone_to[send][1] = to[1];
}

void mix_fx_zones_wait(struct mixer *m, uint32_t n) MOS_RT
{
	for (uint32_t u = 0; u < MIX_SENDS && m->align; u++) {
		int sounds = m->has_waiting >> u & 1;
		float *l = m->waiting[u][0], *r = m->waiting[u][1];

		if (!align_is_awake(m->align, ALIGN_SENDS + u, m->latest) && !(sounds && m->latest)) {
			if (!sounds)
				continue;
			align_pass(m->align, ALIGN_SENDS + u);
		} else {
			if (!sounds) {
				memset(l, 0, n * sizeof(float));
				memset(r, 0, n * sizeof(float));
			}
			align_process(m->align, ALIGN_SENDS + u, m->latest, l, r, n);
		}
		if (!(m->effects & (MIX_UNIT(REVERB) << u)))
			continue; /* switched off meanwhile */
		for (uint32_t i = 0; i < n; i++) {
			m->send[u][0][i] += l[i];
			m->send[u][1][i] += r[i];
		}
	}
	m->has_waiting = 0;
}

static void master_grid(struct mixer *m) MOS_RT
{
	uint32_t due = m->due & (MIX_UNIT(EQ) | MIX_UNIT(COMPRESSOR));

	m->due &= (uint8_t)~due;
	m->effects |= (uint8_t)due;
	if (due & MIX_UNIT(EQ))
		eq_set(&m->eq, m->value[MOS_FX_EQ]);
	if (due & MIX_UNIT(COMPRESSOR))
		compressor_set(&m->compressor, m->value[MOS_FX_COMPRESSOR]);
	if (m->effects & MIX_UNIT(EQ)) {
		eq_grid(&m->eq);
		if (eq_is_idle(&m->eq))
			m->effects &= (uint8_t)~MIX_UNIT(EQ);
	}
	if (m->effects & MIX_UNIT(COMPRESSOR)) {
		compressor_grid(&m->compressor);
		if (compressor_is_idle(&m->compressor))
			m->effects &= (uint8_t)~MIX_UNIT(COMPRESSOR);
	}
}

static void return_grid(struct mixer *m) MOS_RT
{
	uint32_t due = m->due & MIX_SEND_UNITS;

	m->due &= (uint8_t)~due;
	if (due & MIX_UNIT(REVERB))
		reverb_set(&m->reverb, m->value[MOS_FX_REVERB]);
	if (due & MIX_UNIT(CHORUS))
		chorus_set(&m->chorus, m->value[MOS_FX_CHORUS]);
	if (m->effects & MIX_UNIT(REVERB)) {
		reverb_grid(&m->reverb);
		if (reverb_is_idle(&m->reverb))
			m->effects &= (uint8_t)~MIX_UNIT(REVERB);
	}
	if (m->effects & MIX_UNIT(CHORUS)) {
		chorus_grid(&m->chorus);
		if (chorus_is_idle(&m->chorus))
			m->effects &= (uint8_t)~MIX_UNIT(CHORUS);
	}
}

void mix_fx_return(struct mixer *m, float *out_l, float *out_r, uint32_t n) MOS_RT
{
	if (!(m->effects & MIX_SEND_UNITS))
		return;
	for (uint32_t u = 0; u < MIX_SENDS; u++)
		for (uint32_t c = 0; c < 2; c++)
			if (m->effects & (MIX_UNIT(REVERB) << u))
				tidy(m->send[u][c], n);
	for (struct piece p = {0}; next_piece(m, &p, n);) {
		float *l = out_l + p.first, *r = out_r + p.first;

		if (p.k == 0)
			return_grid(m);
		if (m->effects & MIX_UNIT(REVERB))
			reverb_process(
				&m->reverb, m->send[0][0] + p.first, m->send[0][1] + p.first, l, r, p.k, p.n);
		if (m->effects & MIX_UNIT(CHORUS))
			chorus_process(
				&m->chorus, m->send[1][0] + p.first, m->send[1][1] + p.first, l, r, p.k, p.n);
	}
}

void mix_fx_master(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT
{
	if ((m->effects | m->due) & (MIX_UNIT(EQ) | MIX_UNIT(COMPRESSOR))) {
		tidy(l, n);
		tidy(r, n);
		for (struct piece p = {0}; next_piece(m, &p, n);) {
			if (p.k == 0)
				master_grid(m);
			if (m->effects & MIX_UNIT(EQ))
				eq_process(&m->eq, l + p.first, r + p.first, p.k, p.n);
			if (m->effects & MIX_UNIT(COMPRESSOR))
				compressor_process(&m->compressor, l + p.first, r + p.first, p.k, p.n);
		}
	} else if (has_inserts(m->slot)) { /* nor is it handed to foreign code */
		tidy(l, n);
		tidy(r, n);
	}
	for (uint32_t i = 0; i < INSERT_SLOTS; i++)
		if (m->slot[i]) {
			insert_listen(m->slot[i], &m->feed, MIX_MASTER);
			insert_process(m->slot[i], l, r, n);
		}
}

void mix_fx_limit(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT
{
	if (!(m->due & MIX_UNIT(LIMITER)) && !limiter_looks_ahead(&m->limiter)) {
		limiter_process(&m->limiter, l, r, n);
		return;
	}
	for (struct piece p = {0}; next_piece(m, &p, n);) {
		if (p.k == 0) {
			if (m->due & MIX_UNIT(LIMITER))
				limiter_set(&m->limiter, m->value[MOS_FX_LIMITER]);
			m->due &= (uint8_t)~MIX_UNIT(LIMITER);
			limiter_grid(&m->limiter);
		}
		limiter_ahead(&m->limiter, l + p.first, r + p.first, p.k, p.n);
	}
}

void mix_fx_end(struct mixer *m, uint32_t n) MOS_RT
{
	uint32_t k = (uint32_t)m->frame & GRID_MASK, points = (k + n + FX_GRID - 1) / FX_GRID - (k != 0);

	for (; m->cc_due; m->cc_due &= m->cc_due - 1) {
		struct strip *s = &m->strip[__builtin_ctzll(m->cc_due)];

		for (uint32_t i = 0; i < points; i++)
			if (s->cc_due >> i & 1)
				memcpy(s->cc_now, s->cc[i], sizeof(s->cc_now));
		memmove(s->cc, s->cc + points, (MIX_CC_POINTS - points) * sizeof(s->cc[0]));
		s->cc_due = (uint8_t)(s->cc_due >> points);
	}
	m->frame += n;
}
