/* SPDX-License-Identifier: MIT */
/* Voices whose samples are not all in memory: the same bits as if they were. */
#include "apollo_samples.h"

#include "apollo/load/load.h"
#include "apollo/sampler/sampler.h"

#define BLOCK 240u
#define N_FRAMES (6u * RATE)

static float out[2][N_FRAMES];
static struct chan_state chan[APOLLO_CHANNELS];
static struct strip_bufs bufs;

/* One key, held for 4 s; with the store's memory or without limit. */
static void play(const char *sfz, uint8_t key, int is_resident, float *to)
{
	struct store *store =
		store_create(&(struct store_options){.head_frames = 1024, .is_resident = is_resident});
	struct bank *bank = NULL;
	struct sampler *s;
	struct instrument *ins;
	struct rack *rack;
	char why[256] = "";

	cr_assert(store);
	cr_assert_eq(load_bank(sfz, &(struct load_options){.store = store}, &bank, NULL, why, sizeof(why)), 0,
		"%s", why);
	cr_assert_eq(bank->sample[0].source == BANK_NONE, is_resident);
	cr_assert_eq(rack_create(&bank, 1, &rack), 0);
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		chan_init(&chan[i]);
	cr_assert_eq(sampler_create(rack,
			     &(struct sampler_options){
				     .rate_hz = RATE, .channel = chan, .store = store, .gain = 1},
			     &s),
		0);
	ins = sampler_instrument(s);
	for (uint32_t f = 0; f < N_FRAMES; f += BLOCK) {
		bufs.active = 0;
		ins->begin(ins, f, &bufs);
		if (f == 0)
			ins->note_on(ins, 0, 0, key, 127);
		if (f == 4 * RATE)
			ins->note_off(ins, 0, 0, key);
		ins->render(ins, &bufs, BLOCK);
		if (bufs.active & 1)
			memcpy(to + f, bufs.l[0], BLOCK * sizeof(float));
		else
			memset(to + f, 0, BLOCK * sizeof(float));
		if (sampler_streams(s))
			stream_pool_settle(sampler_streams(s));
	}
	ins->destroy(ins);
	store_destroy(store);
}

static const char regions[] =
	"<global> sample=x.wav ampeg_release=5\n"
	"<region> key=62 pitch_keycenter=62 loop_mode=loop_continuous loop_start=110000 loop_end=119999\n"
	"<region> key=60 pitch_keycenter=60 loop_mode=loop_continuous loop_start=40000 loop_end=119999\n"
	"<region> key=64 pitch_keycenter=59 ampeg_release=0.5 loop_mode=loop_sustain loop_start=100 "
	"loop_end=99999\n"
	"<region> key=65 pitch_keycenter=62 loop_mode=no_loop offset=1000\n";

Test(streamed, same_bits, .init = rig_folder, .fini = rig_clean, .timeout = 60,
	.description = "APO-19: zones that repeat other stretches of one sample, of which memory has one")
{
	static const uint8_t key[] = {60, 62, 64, 65};
	FILE *f;

	rig_write(in_folder("x.wav"), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 1, 200000, 5);
	f = fopen(in_folder("x.sfz"), "we");
	cr_assert(f);
	cr_assert_geq(fputs(regions, f), 0);
	(void)fclose(f);
	for (uint32_t i = 0; i < sizeof(key); i++) {
		play(in_folder("x.sfz"), key[i], 1, out[0]);
		play(in_folder("x.sfz"), key[i], 0, out[1]);
		for (uint32_t n = 0; n < N_FRAMES; n++)
			cr_assert(out[0][n] == out[1][n], "key %u: frame %u: %.9g, not %.9g", key[i], n,
				(double)out[1][n], (double)out[0][n]);
		cr_assert(out[0][3 * RATE] != 0 || out[0][3 * RATE + 1] != 0);
	}
}
