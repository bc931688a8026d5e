/* SPDX-License-Identifier: MIT */
/* Inserts of a render. */
#include "offline_insert.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apollo/insert/insert_host.h"
#include "engine.h"

#define WORST_CYCLE 255u      /* its latency is enough for all up to OFFLINE_INSERT_CYCLE */
#define SILENT 1e-5f          /* -100 dBFS */
#define PRE_ROLL_FRAMES 8192u /* of silence: until they are heard, and what they were set to is reached */

struct offline_inserts {
	struct engine *engine;
	struct inserts *in;
	struct align *align;
	struct {
		int is_due;
		uint32_t strip, slot;
		struct insert *next;
	} swap;
	uint32_t n_ready;
	uint32_t n_silent; /* frames, since the last sound */
	int status;        /* of the first that failed */
	char text[512];
};

static int on_swap(void *data, uint32_t strip, uint32_t slot, struct insert *next)
{
	struct offline_inserts *o = data;

	if (o->swap.is_due)
		return -EAGAIN;
	o->swap.is_due = 1;
	o->swap.strip = strip;
	o->swap.slot = slot;
	o->swap.next = next;
	return 0;
}

static void on_told(
	void *data, uint32_t strip, uint32_t slot, enum inserts_news news, int status, const char *text)
{
	struct offline_inserts *o = data;

	if (news == INSERTS_READY)
		o->n_ready++;
	if (news == INSERTS_READY || news == INSERTS_BACK || o->status < 0)
		return;
	o->status = status < 0 ? status : -EIO;
	(void)snprintf(o->text, sizeof(o->text), "%s", text);
}

static int failed(const struct offline_inserts *o, char *why, size_t size)
{
	(void)snprintf(why, size, "%s", o->text);
	return o->status;
}

static void do_swap(struct offline_inserts *o)
{
	struct mixer *mix = &o->engine->apollo.mix;
	struct insert **slot = mix_slot(mix, o->swap.strip, o->swap.slot);

	if (!o->swap.is_due || !slot)
		return;
	o->swap.is_due = 0;
	inserts_swapped(o->in, o->swap.strip, o->swap.slot, insert_swap(slot, o->swap.next));
	mix_update(mix);
	if (o->swap.next)
		apollo_inserted(&o->engine->apollo, o->swap.strip);
}

static int wait_ready(struct offline_inserts *o, uint32_t n)
{
	struct pollfd p = {.fd = inserts_fd(o->in), .events = POLLIN};

	while (o->n_ready < n && o->status == 0) {
		(void)poll(&p, 1, -1); /* a start that takes too long is told, too */
		inserts_dispatch(o->in);
		do_swap(o);
	}
	return o->status;
}

static int read_value(const char *text, float *ret)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	char *end;

	if (!c)
		return -ENOMEM;
	*ret = strtof_l(text, &end, c);
	freelocale(c);
	return end == text || *end ? -EINVAL : 0;
}

/* "SYMBOL=VALUE;..."; changes the text. */
static int set_controls(
	struct offline_inserts *o, uint32_t strip, uint32_t slot, char *text, char *why, size_t size)
{
	char *save = NULL, *state = NULL;
	float number = 0;
	int r = 0;

	for (char *item = strtok_r(text, ";", &save); item && r == 0; item = strtok_r(NULL, ";", &save)) {
		char *value = strchr(item, '=');

		if (!value || read_value(value + 1, &number) < 0) {
			(void)snprintf(why, size, "%s: SYMBOL=VALUE is needed", item);
			return -EINVAL;
		}
		*value = '\0';
		r = inserts_control(o->in, strip, slot, item, number, why, size);
	}
	/* it answers what comes after only when it has taken these */
	if (r == 0 && inserts_state_save(o->in, strip, slot, &state) == 0)
		free(state);
	return r;
}

static uint32_t free_slot(const struct offline_inserts *o, uint32_t strip)
{
	uint32_t slot = 0;

	while (slot < INSERT_SLOTS && *mix_slot(&o->engine->apollo.mix, strip, slot))
		slot++;
	return slot;
}

static int read_strip(const char *text, const char *end, uint32_t *ret)
{
	char *stop;

	*ret = UINT32_MAX;
	if (end - text == 6 && memcmp(text, "master", 6) == 0)
		return 0;
	if (*text < '0' || *text > '9')
		return -EINVAL;
	*ret = (uint32_t)strtoul(text, &stop, 10);
	return stop == end && *ret < MOS_N_STRIPS ? 0 : -EINVAL;
}

static int is_model(const char *what)
{
	size_t n = strlen(what);

	return n > 4 && strcmp(what + n - 4, ".nam") == 0;
}

static int add(struct offline_inserts *o, const char *item, char *why, size_t size)
{
	const char *equals = strchr(item, '=');
	char *what = equals ? strdup(equals + 1) : NULL, *controls;
	uint32_t strip, slot;
	int r;

	if (!what || read_strip(item, equals, &strip) < 0) {
		(void)snprintf(why, size, "%s: STRIP=WHAT is needed", item);
		free(what);
		return -EINVAL;
	}
	controls = what + strcspn(what, ";");
	if (*controls)
		*controls++ = '\0';
	slot = free_slot(o, strip);
	r = inserts_set(
		o->in, strip, slot, is_model(what) ? MOS_INSERT_NAM : MOS_INSERT_LV2, what, why, size);
	if (r == 0 && wait_ready(o, o->n_ready + 1) < 0)
		r = failed(o, why, size);
	if (r == 0)
		r = set_controls(o, strip, slot, controls, why, size);
	free(what);
	return r;
}

/* Silence through all of them. */
static int pre_roll(struct offline_inserts *o, char *why, size_t size)
{
	for (uint32_t at = 0; at < PRE_ROLL_FRAMES; at += INSERT_PERIOD) {
		for (uint32_t s = 0; s <= MOS_N_STRIPS; s++)
			for (uint32_t k = 0; k < INSERT_SLOTS; k++) {
				float l[INSERT_PERIOD] = {0}, r[INSERT_PERIOD] = {0};
				struct insert *i = *mix_slot(
					&o->engine->apollo.mix, s < MOS_N_STRIPS ? s : UINT32_MAX, k);

				if (i)
					insert_process(i, l, r, INSERT_PERIOD);
			}
		if (offline_inserts_settle(o, why, size) < 0)
			return o->status;
	}
	return 0;
}

int offline_inserts_create(struct engine *e, const char *const *list, uint32_t n,
	struct offline_inserts **ret, char *why, size_t size)
{
	struct offline_inserts *o = calloc(1, sizeof(*o));
	struct inserts_config config = {
		.rate_hz = e->rate_hz, .quantum = WORST_CYCLE, .swap = on_swap, .told = on_told, .data = o};
	int r;

	if (!o) {
		(void)snprintf(why, size, "no memory");
		return -ENOMEM;
	}
	o->engine = e;
	o->align = e->apollo.mix.align = align_create();
	r = o->align ? inserts_create(&config, &o->in) : -ENOMEM;
	if (r < 0)
		(void)snprintf(why, size, "%s", strerror(-r));
	for (uint32_t i = 0; i < n && r == 0; i++)
		r = add(o, list[i], why, size);
	if (r == 0)
		r = pre_roll(o, why, size);
	if (r == 0)
		align_settle(o->align);
	if (r < 0) {
		offline_inserts_destroy(o);
		return r;
	}
	*ret = o;
	return 0;
}

int offline_inserts_settle(struct offline_inserts *o, char *why, size_t size)
{
	int r;

	if (!o)
		return 0;
	r = inserts_settle(o->in);
	inserts_dispatch(o->in);
	if (o->status < 0)
		return failed(o, why, size);
	if (r < 0) {
		o->status = r;
		(void)snprintf(why, size, "an insert does not answer");
	}
	return r;
}

int offline_inserts_ring(struct offline_inserts *o, const float *l, const float *r, uint32_t n)
{
	if (!o)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		o->n_silent = fabsf(l[i]) < SILENT && fabsf(r[i]) < SILENT ? o->n_silent + 1 : 0;
	return o->n_silent < o->engine->rate_hz / 2;
}

void offline_inserts_destroy(struct offline_inserts *o)
{
	if (!o)
		return;
	for (uint32_t s = 0; s <= MOS_N_STRIPS; s++)
		for (uint32_t k = 0; k < INSERT_SLOTS; k++)
			(void)insert_swap(
				mix_slot(&o->engine->apollo.mix, s < MOS_N_STRIPS ? s : UINT32_MAX, k), NULL);
	mix_update(&o->engine->apollo.mix);
	o->engine->apollo.mix.align = NULL;
	align_destroy(o->align);
	inserts_destroy(o->in);
	free(o);
}
