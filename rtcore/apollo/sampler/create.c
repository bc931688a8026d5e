/* SPDX-License-Identifier: MIT */
/* Making and freeing a sampler: the loader thread's side. */
#include "sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ready.h"
#include "control.h"

#define DEFAULT_GAIN 0.5f
#define SPARE_MIN 64u /* voices beyond the polyphony, for stolen ones to fade in */
#define WINDOW (KERNEL_FRAMES * 64u + KERNEL_TAPS_MAX + KERNEL_OVER)

static void work_destroy(struct voice_work *w)
{
	if (!w)
		return;
	for (uint32_t n = 0; n < 4; n++)
		free(w->window[n / 2][n % 2]);
	free(w->order);
	free(w->ended);
	for (uint32_t n = 0; n < 2 * KERNEL_LANES; n++)
		free(w->x[n]);
	free(w);
}

static void destroy(struct instrument *i)
{
	struct sampler *s = (struct sampler *)i;

	if (!s)
		return;
	if (s->held)
		workers_await(s->workers, s->job);
	stream_pool_destroy(s->streams);
	rack_destroy(s->rack);
	free(s->count);
	free(s->bank_base);
	free(s->list_base);
	free(s->heard);
	ready_destroy(s);
	free(s->free_list);
	free(s->voice);
	free(s->link);
	free(s->place);
	for (uint32_t n = 0; n < WORKERS_MAX; n++)
		work_destroy(s->work[n]);
	free(s);
}

/* Memory that is there: the audio thread does not meet its first touch. */
static void *touched(size_t n, size_t size)
{
	size_t bytes = (n * size + 63) / 64 * 64;
	void *p = aligned_alloc(64, bytes ? bytes : 64);

	if (p)
		memset(p, 0, bytes);
	return p;
}

static int work_create(uint32_t n_voices, struct voice_work **ret)
{
	struct voice_work *w = *ret = touched(1, sizeof(*w));

	if (!w || !(w->order = touched(n_voices, sizeof(*w->order))) ||
		!(w->ended = touched(n_voices, sizeof(*w->ended))))
		return -ENOMEM;
	for (uint32_t i = 0; i < 4; i++)
		if (!(w->window[i / 2][i % 2] = touched(WINDOW, sizeof(float))))
			return -ENOMEM;
	for (uint32_t i = 0; i < 2 * KERNEL_LANES; i++)
		if (!(w->x[i] = touched(KERNEL_FRAMES + KERNEL_OVER, sizeof(float))))
			return -ENOMEM;
	for (uint32_t i = 0; i < KERNEL_LANES; i++)
		w->gain[i].x = w->x[2 * i];
	return 0;
}

static int allocate(struct sampler *s)
{
	size_t n_zones = 0, n_list = 0;

	s->bank_base = touched(s->rack->n_banks, sizeof(*s->bank_base));
	s->list_base = touched(s->rack->n_banks, sizeof(*s->list_base));
	if (!s->bank_base || !s->list_base)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->rack->n_banks; i++) {
		s->bank_base[i] = (uint32_t)n_zones;
		s->list_base[i] = (uint32_t)n_list;
		n_zones += s->rack->bank[i]->n_zones;
		n_list += s->rack->bank[i]->n_list;
	}
	s->count = touched(n_zones, sizeof(*s->count));
	s->free_list = touched(s->n_pool, sizeof(*s->free_list));
	s->voice = touched(s->n_pool, sizeof(*s->voice));
	s->link = touched(s->n_pool, sizeof(*s->link));
	s->place = touched(s->n_pool, sizeof(*s->place));
	s->heard = touched(APOLLO_CHANNELS, sizeof(*s->heard));
	if (!s->count || !s->free_list || !s->voice || !s->link || !s->place || !s->heard)
		return -ENOMEM;
	for (uint32_t i = 0; i < (s->workers ? WORKERS_MAX : 1); i++)
		if (work_create(s->n_pool, &s->work[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* Something has to be streamed? */
static int is_streaming(const struct rack *r)
{
	for (uint32_t i = 0; i < r->n_banks; i++)
		for (uint32_t n = 0; n < r->bank[i]->n_samples; n++)
			if (r->bank[i]->sample[n].source != BANK_NONE)
				return 1;
	return 0;
}

int sampler_create(struct rack *rack, const struct sampler_options *o, struct sampler **ret)
{
	uint32_t polyphony = o->polyphony ? o->polyphony : SAMPLER_POLYPHONY, n_streams;
	struct sampler *s = touched(1, sizeof(*s));
	int r;

	if (!s) {
		rack_destroy(rack);
		return -ENOMEM;
	}
	curve_init();
	sampler_bind(&s->instrument);
	s->instrument.destroy = destroy;
	s->rack = rack;
	s->chan = o->channel;
	s->workers = o->workers;
	s->kernel = o->kernel ? o->kernel : kernel_best();
	s->rate_hz = o->rate_hz;
	s->rate = (float)o->rate_hz;
	filter_tunings(s);
	s->master_gain = o->gain > 0 ? o->gain : DEFAULT_GAIN;
	s->interp = o->interp;
	s->polyphony = polyphony;
	s->n_pool = polyphony + (polyphony / 4 > SPARE_MIN ? polyphony / 4 : SPARE_MIN);
	s->random = 1;
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		s->channel[i].program_version = s->channel[i].version = UINT32_MAX;
	for (uint32_t i = 0; i < APOLLO_CHANNELS * 128; i++)
		s->key[i / 128][i % 128].note = (struct sampler_note)SAMPLER_NOTE_NEUTRAL;
	r = allocate(s);
	if (r == 0)
		r = ready_create(s);
	if (r == 0 && o->store && is_streaming(rack)) {
		n_streams = polyphony < SAMPLER_STREAMS ? polyphony : SAMPLER_STREAMS;
		if (o->is_offline) /* and some that the reader has not let go of yet */
			n_streams = s->n_pool + SAMPLER_STREAMS;
		s->streams = stream_pool_create(o->store, n_streams);
		r = s->streams ? 0 : -ENOMEM;
	}
	if (r < 0) {
		destroy(&s->instrument);
		return r;
	}
	voices_init(s);
	*ret = s;
	return 0;
}

struct instrument *sampler_instrument(struct sampler *s)
{
	return &s->instrument;
}

struct stream_pool *sampler_streams(struct sampler *s)
{
	return s->streams;
}
