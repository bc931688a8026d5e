/* SPDX-License-Identifier: MIT */
/* Apollo whole: its sampler, the mixer with 64 strips, the limiter. */
#include <stdio.h>
#include <stdlib.h>

#include "apollo/apollo.h"
#include "apollo/load/load.h"
#include "apollo/sampler/sampler.h"
#include "block.h"
#include "sampler.h"

struct ours {
	struct player player;
	struct apollo apollo;
	struct store *store;
	struct sampler *sampler;
	struct workers *workers;
	uint64_t frame;
	int has_begun; /* this block: notes come at its first frame */
};

static struct ours *ours_of(struct player *p)
{
	return (struct ours *)p; /* first member */
}

static void message(struct player *p, uint8_t status, uint32_t channel, uint8_t d1, uint8_t d2)
{
	struct ours *o = ours_of(p);

	if (!o->has_begun)
		apollo_begin(&o->apollo, o->frame);
	o->has_begun = 1;
	apollo_ump(&o->apollo, 0, (uint32_t[]){ump_cv1(0, status, (uint8_t)channel, d1, d2), 0});
}

static void program(struct player *p, uint32_t channel, uint32_t number)
{
	message(p, 0xc0, channel, (uint8_t)number, 0);
}

static void note_on(struct player *p, uint32_t channel, uint8_t key, uint8_t velocity)
{
	message(p, 0x90, channel, key, velocity);
}

static void note_off(struct player *p, uint32_t channel, uint8_t key)
{
	message(p, 0x80, channel, key, 0);
}

static void render(struct player *p, uint32_t n)
{
	struct ours *o = ours_of(p);

	if (!o->has_begun)
		apollo_begin(&o->apollo, o->frame);
	o->has_begun = 0;
	apollo_play(&o->apollo, n);
	apollo_mix(&o->apollo, p->l, p->r, NULL, n);
	o->frame += n;
}

static void settle(struct player *p)
{
	struct stream_pool *streams = sampler_streams(ours_of(p)->sampler);

	if (streams)
		stream_pool_settle(streams);
}

static uint32_t voices(struct player *p)
{
	return apollo_voices(&ours_of(p)->apollo);
}

static void close_it(struct player *p)
{
	struct ours *o = ours_of(p);

	if (o->sampler) {
		struct instrument *i = sampler_instrument(o->sampler);

		i->destroy(i);
	}
	workers_destroy(o->workers);
	if (o->store)
		store_destroy(o->store);
	free(o);
}

static struct player *failed(struct ours *o, const char *why)
{
	fprintf(stderr, "sampler: %s\n", why);
	close_it(&o->player);
	return NULL;
}

struct player *apollo_open(const struct player_options *options)
{
	struct ours *o = aligned_alloc(128, (sizeof(*o) + 127) / 128 * 128);
	struct bank *bank;
	struct rack *rack;
	char why[300] = "no memory";

	if (!o)
		return NULL;
	*o = (struct ours){
		.player = {"apollo", program, note_on, note_off, render, settle, voices, close_it}};
	apollo_init(&o->apollo, RATE_HZ);
	if (options->has_effects) {
		(void)mix_fx_set(&o->apollo.mix, MIX_MASTER, MOS_FX_REVERB, MOS_FX_REVERB_ON, 1);
		(void)mix_fx_set(&o->apollo.mix, MIX_MASTER, MOS_FX_CHORUS, MOS_FX_CHORUS_ON, 1);
	}
	o->store = store_create(
		&(struct store_options){.memory_bytes = options->is_offline ? UINT64_C(1) << 30 : 0,
			.is_resident = options->is_offline});
	if (!o->store || load_bank(options->bank, &(struct load_options){.store = o->store}, &bank, NULL, why,
				 sizeof(why)) < 0)
		return failed(o, why);
	if (options->workers > 1 &&
		workers_create(&(struct workers_options){.is_live = !options->is_offline}, &o->workers) < 0)
		return failed(o, "no second worker");
	if (rack_create(&bank, 1, &rack) < 0 || sampler_create(rack,
							&(struct sampler_options){.rate_hz = RATE_HZ,
								.channel = o->apollo.channel,
								.polyphony = options->polyphony,
								.interp = KERNEL_CUBIC,
								.store = o->store,
								.workers = o->workers},
							&o->sampler) < 0)
		return failed(o, "no memory");
	(void)apollo_set_bank(&o->apollo, sampler_instrument(o->sampler), 0);
	return &o->player;
}
