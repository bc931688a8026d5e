/* SPDX-License-Identifier: MIT */
#include "apollo_fxhost_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CYCLE_NS 8000000 /* two thirds of the real speed: the machine may be busy */
#define WAIT_NS INT64_C(30000000000)

float fx_tone(uint64_t pos)
{
	return 0.5f * sinf((float)(2 * M_PI) * (float)(pos % RATE) * 220 / RATE);
}

/* As the corpus says for `lcg`, for ever. */
static float fx_noise(uint64_t pos)
{
	uint32_t s = (uint32_t)(pos * 2654435761u);

	s ^= s >> 15;
	s = s * 1664525u + 1013904223u;
	return ((float)(s >> 8) / 8388608.0f - 1) * 0.25f;
}

static int on_swap(void *data, uint32_t strip, uint32_t slot, struct insert *next)
{
	struct fx_rig *r = data;

	cr_assert(strip < STRIPS && slot == 0 && !r->swap[strip].is_due);
	r->swap[strip].is_due = 1;
	r->swap[strip].next = next;
	return 0;
}

static void on_told(
	void *data, uint32_t strip, uint32_t slot, enum inserts_news news, int status, const char *text)
{
	struct fx_rig *r = data;

	r->told[strip][news]++;
	r->status = status;
	(void)snprintf(r->text, sizeof(r->text), "%s", text);
	if (getenv("VERBOSE"))
		(void)fprintf(stderr, "%8lu: %d %d %s\n", r->pos, news, status, text);
}

static uint32_t n_told;
int fx_state_status;
char fx_state_text[65536];

static void on_state(void *data, uint32_t strip, uint32_t slot, int status, const char *text)
{
	cr_assert(strip == 0 && slot == 0);
	n_told++;
	fx_state_status = status;
	(void)snprintf(fx_state_text, sizeof(fx_state_text), "%s", text ? text : "");
}

void fx_init(struct fx_rig *r)
{
	struct inserts_config config = {.rate_hz = RATE,
		.quantum = CYCLE,
		.program = FXHOST,
		.swap = on_swap,
		.told = on_told,
		.state_told = on_state,
		.data = r};

	(void)setenv("LV2_PATH", LV2_TEST_PATH ":/usr/lib/lv2", 1);
	memset(r, 0, sizeof(*r));
	r->sent = fx_tone;
	r->n = CYCLE;
	r->bell = config.bell = insert_bell_create();
	cr_assert_eq(inserts_create(&config, &r->in), 0);
}

void fx_finish(struct fx_rig *r)
{
	inserts_destroy(r->in);
	insert_bell_destroy(r->bell);
}

/* One cycle of the audio thread, at once. */
static void cycle(struct fx_rig *r)
{
	for (uint32_t s = 0; s < STRIPS; s++) {
		if (r->swap[s].is_due) {
			struct insert *old = insert_swap(&r->slot[s], r->swap[s].next);

			r->swap[s].is_due = 0;
			inserts_swapped(r->in, s, 0, old);
		}
		for (uint32_t i = 0; i < r->n; i++)
			r->out[s][0][i] = r->out[s][1][i] = r->sent(r->pos + i);
		if (r->slot[s])
			insert_process(r->slot[s], r->out[s][0], r->out[s][1], r->n);
		for (uint32_t i = 0; i < r->n; i++) {
			float step = fabsf(r->out[s][0][i] - r->last[s]);

			r->steepest[s] = r->steepest[s] >= step ? r->steepest[s] : step;
			r->last[s] = r->out[s][0][i];
		}
	}
	r->pos += r->n;
	if (insert_bell_due(r->bell))
		insert_bell_ring(r->bell);
	inserts_dispatch(r->in);
}

void fx_exact(struct fx_rig *r)
{
	cycle(r);
	cr_assert_eq(inserts_settle(r->in), 0);
}

void fx_paced(struct fx_rig *r)
{
	struct timespec at;
	int64_t now_ns = inserts_now_ns();

	if (r->next_ns < now_ns - CYCLE_NS)
		r->next_ns = now_ns;
	r->next_ns += CYCLE_NS;
	at = (struct timespec){.tv_sec = r->next_ns / 1000000000, .tv_nsec = r->next_ns % 1000000000};
	cycle(r);
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

void fx_wait_told(struct fx_rig *r, uint32_t strip, enum inserts_news news, uint32_t n)
{
	int64_t until_ns = inserts_now_ns() + WAIT_NS;

	while (r->told[strip][news] < n) {
		cr_assert_lt(inserts_now_ns(), until_ns, "not told %d within 30 s; last: %s", news, r->text);
		fx_paced(r);
	}
}

void fx_place(struct fx_rig *r, uint32_t strip, uint32_t kind, const char *what)
{
	uint32_t n = r->told[strip][INSERTS_READY];
	char error[256] = "";

	cr_assert_eq(inserts_set(r->in, strip, 0, kind, what, error, sizeof(error)), 0, "%s", error);
	fx_wait_told(r, strip, INSERTS_READY, n + 1);
	for (uint32_t i = 0; i < 40 && !(r->slot[strip]->heard && i > 4); i++)
		fx_exact(r);
	for (uint32_t i = 0; i < 3; i++)
		fx_exact(r);
	cr_assert(r->slot[strip]->heard);
}

void fx_refused(struct fx_rig *r, uint32_t kind, const char *what, int status, const char *why)
{
	uint32_t n = r->told[0][INSERTS_FAILED];
	char error[256];

	cr_assert_eq(inserts_set(r->in, 0, 0, kind, what, error, sizeof(error)), 0);
	fx_wait_told(r, 0, INSERTS_FAILED, n + 1);
	cr_assert_eq(r->status, status, "%d: %s", r->status, r->text);
	cr_assert(strstr(r->text, why), "%s", r->text);
	cr_assert_null(r->slot[0]);
	cr_assert_eq(inserts_list(r->in, NULL, 0), 0);
}

void fx_set(struct fx_rig *r, uint32_t strip, const char *symbol, float value)
{
	char error[256] = "";

	cr_assert_eq(inserts_control(r->in, strip, 0, symbol, value, error, sizeof(error)), 0, "%s", error);
}

void fx_expect(const struct fx_rig *r, uint32_t strip, uint32_t latency, float gain)
{
	for (uint32_t i = 0; i < CYCLE; i++) {
		float right = r->sent(r->pos - CYCLE + i - latency) * gain;

		cr_assert_float_eq(r->out[strip][0][i], right, 1e-6, "frame %u: %g, not %g", i,
			(double)r->out[strip][0][i], (double)right);
		cr_assert_float_eq(r->out[strip][1][i], right, 1e-6);
	}
}

uint64_t fx_first_pos;

float fx_late_noise(uint64_t pos)
{
	return pos < fx_first_pos ? 0 : fx_noise(pos);
}

pid_t fx_process_of(const struct fx_rig *r, uint32_t strip)
{
	for (uint32_t i = 0; i < r->in->n_places; i++)
		if (r->in->place[i]->strip == strip && r->in->place[i]->current)
			return r->in->place[i]->current->process.pid;
	return 0;
}

void fx_still_sounds(struct fx_rig *r, uint32_t strip)
{
	float peak = 0;

	for (uint32_t c = 0; c < 2; c++, fx_paced(r))
		for (uint32_t i = 0; i < CYCLE; i++)
			peak = fmaxf(peak, fabsf(r->out[strip][0][i]));
	cr_assert(peak > 0.2f && peak < 0.51f, "peak %g", (double)peak);
}

int fx_state_of(struct fx_rig *r, const char *text)
{
	int64_t until_ns = inserts_now_ns() + WAIT_NS;
	uint32_t n = n_told;
	int status = inserts_state_ask(r->in, 0, 0, text);

	while (status == 0 && n_told == n) {
		cr_assert_lt(inserts_now_ns(), until_ns);
		fx_exact(r);
	}
	return status < 0 ? status : fx_state_status;
}
