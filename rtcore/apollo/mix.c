/* SPDX-License-Identifier: MIT */
#include "mix.h"

#include <string.h>

#include "fx/peak.h"
#include "mix_fx.h"

#define NO_KILL UINT32_MAX
#define DC_FALL 0.95f /* a frame: -60 dB after 3 ms */
#define DC_END 1e-6f
#define PEAK_END 1e-6f   /* meters end at -120 dB */
#define LOUDEST 1e6f     /* above it stands no sound, but a fault */
#define SOFTEST 1.2e-38f /* below it numbers are denormal, and slow */

static struct fx_ramp ramp_at(float x) MOS_RT
{
	return (struct fx_ramp){x, x, FX_RAMP};
}

void mix_init(struct mixer *m, uint32_t rate_hz)
{
	memset(m, 0, sizeof(*m));
	m->kernel = fx_kernel_best();
	m->master_gain = 1;
	m->master_ramp = ramp_at(1);
	m->meter_fall = 1.0f - 2.302585f / (float)rate_hz;
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++) {
		struct strip *s = &m->strip[i];

		s->gain = 1;
		s->ramp_l = s->ramp_r = ramp_at(1);
		s->kill_offset = NO_KILL;
	}
	mix_fx_init(m, rate_hz);
}

void mix_killed(struct mixer *m, uint32_t strip, uint32_t offset) MOS_RT
{
	if (m->strip[strip].kill_offset == NO_KILL)
		m->strip[strip].kill_offset = offset;
	m->resting &= ~(UINT64_C(1) << strip);
}

void mix_update(struct mixer *m) MOS_RT
{
	m->any_solo = 0;
	m->feed.listening = 0;
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++) {
		m->any_solo |= m->strip[i].solo;
		m->feed.listening |= (uint64_t)mix_has_insert(m, i) << i;
	}
	m->in_chain |= m->feed.listening;
	m->feed.is_read = m->feed.listening != 0;
	for (uint32_t k = 0; k < INSERT_SLOTS; k++)
		m->feed.is_read |= m->slot[k] != NULL;
}

static void fade(float *dc, float *x, uint32_t from, uint32_t to) MOS_RT
{
	for (uint32_t i = from; i < to && *dc != 0; i++) {
		*dc *= DC_FALL;
		if (*dc < DC_END && *dc > -DC_END)
			*dc = 0;
		x[i] += *dc;
	}
}

/* Where sound was cut, let its last value (`last`: of the block before) fade instead of jumping to what comes next. */
static void declick(float *dc, float last, float *x, uint32_t cut, uint32_t n) MOS_RT
{
	if (cut != NO_KILL) {
		fade(dc, x, 0, cut); /* an older fade goes on up to the cut */
		*dc = fx_tidy(cut ? x[cut - 1] : last); /* what is no number would never fade */
	}
	fade(dc, x, cut != NO_KILL ? cut : 0, n);
}

static void ramp_to(struct fx_ramp *r, float to, int at_once) MOS_RT
{
	if (to == r->to)
		return;
	if (at_once) {
		*r = ramp_at(to);
		return;
	}
	r->from += (r->to - r->from) * ((float)r->frame / (float)FX_RAMP);
	r->to = to;
	r->frame = 0;
}

/* Time passes unheard. */
static void ramp_pass(struct fx_ramp *r, uint32_t n) MOS_RT
{
	r->frame = FX_RAMP - r->frame > n ? r->frame + n : FX_RAMP;
	if (r->frame == FX_RAMP)
		r->from = r->to;
}

/* y = x * gain */
static void apply_ramp(struct fx_ramp *r, const float *x, float *y, uint32_t n) MOS_RT
{
	uint32_t moving = FX_RAMP - r->frame < n ? FX_RAMP - r->frame : n;
	float way = r->to - r->from;

	for (uint32_t i = 0; i < moving; i++)
		y[i] = x[i] * (r->from + way * ((float)(int32_t)(r->frame + i + 1) / (float)FX_RAMP));
	ramp_pass(r, n);
	for (uint32_t i = moving; i < n; i++)
		y[i] = x[i] * r->to;
}

/* The gains asked for: pan is balance, so a centred strip passes as it is. */
static void strip_target(const struct mixer *m, const struct strip *s, float *ret_l, float *ret_r) MOS_RT
{
	int silent = s->mute || (m->any_solo && !s->solo);

	*ret_l = silent ? 0 : s->gain * (s->pan > 0 ? 1 - s->pan : 1);
	*ret_r = silent ? 0 : s->gain * (s->pan < 0 ? 1 + s->pan : 1);
}

static void add(float *out, const float *x, float gain, uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < n; i++)
		out[i] += x[i] * gain;
}

static void meter(float *peak, float l, float r) MOS_RT
{
	float p = r > l ? r : l;

	*peak = p > *peak && p < LOUDEST ? p : *peak; /* infinity would never fall */
}

/* To reverb (0) or chorus (1): of m->zone; `any` 0: no more. @return 1: it has not faded yet. */
static int send_zones_to(struct mixer *m, uint32_t strip, uint32_t send, uint32_t cut, int any,
	struct fx_sum *sum, uint32_t n) MOS_RT
{
	struct strip *s = &m->strip[strip];
	float *dc = s->zone_dc[send], *last = s->zone_last[send];

	if (!any && !s->zones_sounded)
		return 0;
	for (uint32_t c = 0; c < 2; c++) {
		float *x = m->zone[send][c];

		declick(&dc[c], last[c], x, cut, n);
		last[c] = any ? x[n - 1] : 0;
		sum->zone[send][c] = x;
	}
	mix_fx_zones_to(m, send, m->align && align_line(strip) != ALIGN_NONE, sum, n);
	return any || dc[0] != 0 || dc[1] != 0;
}

/*
 * What zones send more than their strip, behind the fader: as late as the strip is, but not through its effects,
 * and not at all where an insert plays something else.
 */
static void send_zones(struct mixer *m, uint32_t strip, uint32_t cut, const struct strip_bufs *bufs,
	struct fx_sum *sum, uint32_t n) MOS_RT
{
	struct strip *s = &m->strip[strip];
	int inserted = mix_has_insert(m, strip);
	uint32_t any = mix_fx_zones(m, inserted ? NULL : bufs, strip, n);
	uint8_t sounded = 0;

	for (uint32_t u = 0; u < MIX_SENDS; u++) {
		const float *last = s->zone_last[u];

		if (m->effects & (MIX_UNIT(REVERB) << u)) {
			if (inserted)
				cut = last[0] != 0 || last[1] != 0 ? 0 : NO_KILL;
			sounded |= (uint8_t)send_zones_to(m, strip, u, cut, any >> u & 1, sum, n);
			continue;
		}
		memset(s->zone_dc[u], 0, sizeof(s->zone_dc[u]));
		memset(s->zone_last[u], 0, sizeof(s->zone_last[u]));
	}
	s->zones_sounded = sounded;
}

/* So much later is this strip than it is by itself; in `ret_line`, ALIGN_NONE: it waits for nobody. */
static uint32_t delay_of(const struct mixer *m, uint32_t strip, uint32_t latest, uint32_t *ret_line) MOS_RT
{
	uint32_t own = m->in_chain >> strip & 1 ? mix_latency(m, strip) : 0;

	*ret_line = m->align ? align_line(strip) : ALIGN_NONE;
	return latest > own ? latest - own : 0;
}

static void align(struct mixer *m, uint32_t strip, struct strip_bufs *bufs, uint32_t n) MOS_RT
{
	uint32_t line, delay = delay_of(m, strip, m->latest, &line);

	if (line == ALIGN_NONE)
		return;
	if (!align_is_awake(m->align, line, delay) && !(m->latest && bufs->active >> strip & 1)) {
		if (bufs->active >> strip & 1)
			align_pass(m->align, line);
		return;
	}
	strip_touch(bufs, strip, n);
	align_process(m->align, line, delay, bufs->l[strip], bufs->r[strip], n);
}

static void render_strip(
	struct mixer *m, uint32_t i, struct strip_bufs *bufs, float *out_l, float *out_r, uint32_t n) MOS_RT
{
	struct strip *s = &m->strip[i];
	float *l = bufs->l[i], *r = bufs->r[i], to_l, to_r;
	uint32_t cut = s->kill_offset;
	struct fx_sum sum = {.out = {out_l, out_r}};

	strip_target(m, s, &to_l, &to_r);
	if (cut != NO_KILL || s->dc_l != 0 || s->dc_r != 0) {
		strip_touch(bufs, i, n);
		declick(&s->dc_l, s->last_l, l, cut, n);
		declick(&s->dc_r, s->last_r, r, cut, n);
	}
	s->kill_offset = NO_KILL;
	s->last_l = s->last_r = 0;
	if (bufs->active >> i & 1) {
		s->last_l = l[n - 1];
		s->last_r = r[n - 1];
	}
	if (m->in_chain >> i & 1)
		mix_fx_chain(m, i, bufs, n);
	align(m, i, bufs, n);
	/* what is set while nothing sounds holds at once */
	ramp_to(&s->ramp_l, to_l, s->end_l == 0 && s->end_r == 0);
	ramp_to(&s->ramp_r, to_r, s->end_l == 0 && s->end_r == 0);
	s->has_sounded = bufs->active >> i & 1 || s->ramp_l.frame < FX_RAMP || s->ramp_r.frame < FX_RAMP;
	s->end_l = s->end_r = 0;
	sum.gain[0] = s->ramp_l;
	sum.gain[1] = s->ramp_r;
	if (m->sending >> i & 1 || s->zones_sounded)
		send_zones(m, i, cut, bufs, &sum, n);
	if (bufs->active >> i & 1) {
		sum.x[0] = l;
		sum.x[1] = r;
		s->end_l = l[n - 1];
		s->end_r = r[n - 1];
	}
	mix_fx_sum(m, i, &sum, n);
	meter(&s->peak, sum.peak[0] * to_l, sum.peak[1] * to_r);
	ramp_pass(&s->ramp_l, n);
	ramp_pass(&s->ramp_r, n);
}

/* Nothing sounds, nothing has sounded in the last block, nothing moves. */
static int is_at_rest(const struct mixer *m, uint32_t i, const struct strip_bufs *bufs) MOS_RT
{
	const struct strip *s = &m->strip[i];
	uint32_t line, delay = delay_of(m, i, m->latest, &line);
	float to_l, to_r;

	if (line != ALIGN_NONE && align_is_awake(m->align, line, delay))
		return 0;
	if (((bufs->active | m->in_chain) >> i & 1) || s->has_sounded || s->zones_sounded ||
		s->kill_offset != NO_KILL || ((m->effects & MIX_SEND_UNITS) && !mix_fx_send_rests(s)))
		return 0;
	strip_target(m, s, &to_l, &to_r);
	return to_l == s->ramp_l.to && to_r == s->ramp_r.to;
}

/* Gains that are asked for meanwhile hold as soon as it sounds. */
static void rest(struct mixer *m, uint32_t i) MOS_RT
{
	m->strip[i].peak = 0;
	m->resting |= UINT64_C(1) << i;
}

/* What is no sound becomes silence, and the gain of the master. */
static void finish(float *x, struct fx_ramp *ramp, uint32_t n) MOS_RT
{
	if (ramp->frame < FX_RAMP || ramp->to != 1)
		apply_ramp(ramp, x, x, n);
	for (uint32_t i = 0; i < n; i++) {
		float a = x[i] < 0 ? -x[i] : x[i];

		x[i] = a < LOUDEST && a >= SOFTEST ? x[i] : 0;
	}
}

static void render_master(struct mixer *m, float *l, float *r, uint32_t n) MOS_RT
{
	struct fx_ramp right;

	ramp_to(&m->master_ramp, m->master_gain, 0);
	right = m->master_ramp;
	finish(l, &m->master_ramp, n);
	finish(r, &right, n);
	m->limiter.worked = 0;
	mix_fx_limit(m, l, r, n);
	m->limited += m->limiter.worked;
}

/* Each strip's zones in their order. */
static void find_zones(struct mixer *m, const struct strip_bufs *bufs) MOS_RT
{
	static_assert(STRIP_SENDS_MAX <= MIX_ZONE_NONE);

	m->sending = 0;
	for (uint32_t i = bufs->n_sends; i-- > 0;) {
		uint32_t strip = bufs->send[i].strip;

		m->zone_next[i] = m->sending >> strip & 1 ? m->zone_first[strip] : MIX_ZONE_NONE;
		m->zone_first[strip] = (uint8_t)i;
		m->sending |= UINT64_C(1) << strip;
	}
}

void mix_render(struct mixer *m, struct strip_bufs *bufs, const float *extra, float *out_l, float *out_r,
	uint32_t n) MOS_RT
{
	float fall = 1 - (1 - m->meter_fall) * (float)n;

	memset(out_l, 0, n * sizeof(float));
	memset(out_r, 0, n * sizeof(float));
	m->latest = mix_latest(m);
	find_zones(m, bufs);
	mix_fx_begin(m, n);
	m->resting &= m->align ? 0 : ~(bufs->active | m->in_chain | m->sending);
	for (uint64_t strips = ~m->resting; strips; strips &= strips - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(strips);

		m->strip[i].peak *= fall;
		if (!is_at_rest(m, i, bufs))
			render_strip(m, i, bufs, out_l, out_r, n);
		else if (m->strip[i].peak < PEAK_END)
			rest(m, i);
	}
	mix_fx_zones_wait(m, n);
	mix_fx_return(m, out_l, out_r, n);
	if (extra) {
		add(out_l, extra, 1, n);
		add(out_r, extra, 1, n);
	}
	mix_fx_master(m, out_l, out_r, n);
	render_master(m, out_l, out_r, n);
	mix_fx_end(m, n);
	feed_clear(&m->feed);
	m->peak_l *= fall;
	m->peak_r *= fall;
	meter(&m->peak_l, fx_peak(out_l, n), 0);
	meter(&m->peak_r, fx_peak(out_r, n), 0);
}
