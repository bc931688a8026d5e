/* SPDX-License-Identifier: MIT */
/*
 * The sampler's second worker, for ThreadSanitizer (so without Criterion): voices on many strips, some from memory and
 * some that are read from disk while they sound, loops that end, zones that send, in blocks of any length. Both threads
 * make the bits that one makes; and while the worker is held up again and again the rest goes on.
 */
#include <sndfile.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo/load/load.h"
#include "apollo/sampler/voice.h"

#define RATE 48000u
#define STRIPS 8u
#define KEYS 6u
#define LEN (2 * RATE)
#define SAMPLE_FRAMES 150000u

static char folder[] = "/tmp/mos-workers-XXXXXX", path[2][80];
static float alone[STRIPS][LEN], shared[STRIPS][LEN];
static struct strip_bufs bufs;
static struct chan_state chan[APOLLO_CHANNELS];
static struct kernel kernel;
static const struct kernel *real;
static _Atomic uint32_t holds;
static const struct sampler *playing;

#define need(x)                                                                                              \
	do {                                                                                                 \
		if (!(x)) {                                                                                  \
			printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #x);                              \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

static const char regions[] =
	"<global> sample=x.wav ampeg_release=0.3 pitch_keycenter=60\n"
	"<region> lokey=0 hikey=62 loop_mode=loop_continuous loop_start=90000 loop_end=119999 cutoff=2000 resonance=3\n"
	"<region> lokey=60 hikey=66 loop_mode=loop_sustain loop_start=100 loop_end=2000 effect1=40\n"
	"<region> lokey=63 hikey=127 loop_mode=no_loop offset=30000 effect1=20 effect2=50\n"
	"<region> lokey=63 hikey=127 loop_mode=loop_continuous loop_start=10 loop_end=700\n";

static void write_files(void)
{
	SF_INFO info = {.samplerate = (int)RATE, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	static short x[SAMPLE_FRAMES];
	uint32_t seed = 1;
	SNDFILE *sf;
	FILE *f;

	(void)snprintf(path[0], sizeof(path[0]), "%s/x.wav", folder);
	(void)snprintf(path[1], sizeof(path[1]), "%s/x.sfz", folder);
	for (uint32_t i = 0; i < SAMPLE_FRAMES; i++) {
		seed = seed * 1664525u + 1013904223u;
		x[i] = (short)((int)(seed >> 18) - 8192);
	}
	sf = sf_open(path[0], SFM_WRITE, &info);
	need(sf && sf_writef_short(sf, x, SAMPLE_FRAMES) == SAMPLE_FRAMES);
	sf_close(sf);
	f = fopen(path[1], "we");
	need(f && fputs(regions, f) >= 0 && fclose(f) == 0);
}

/* Each thread makes its voices in buffers of its own. */
static int is_workers(const float *x) MOS_RT
{
	const struct voice_work *w = playing->work[1];

	for (uint32_t i = 0; w && i < 2 * KERNEL_LANES; i++)
		if (w->x[i] == x)
			return 1;
	return 0;
}

static void mix_voices(const struct kernel_gain v[], uint32_t n_voices, uint32_t n, float *l, float *r) MOS_RT
{
	while (is_workers(v[0].x) && atomic_load(&holds))
		;
	real->mix_voices(v, n_voices, n, l, r);
}

/* What is played in a block is the same whatever its length: each key at its own frame. */
static void play_notes(struct instrument *ins, uint32_t at, uint32_t n)
{
	for (uint32_t s = 0; s < STRIPS; s++)
		for (uint32_t k = 0; k < KEYS; k++)
			for (uint32_t turn = 0; turn < 3; turn++) {
				uint32_t on = turn * 30000 + s * 997 + k * 311, off = on + 9000 + k * 2003 + s * 101;
				uint8_t key = (uint8_t)(58 + k * 2 + turn);

				if (on >= at && on < at + n)
					ins->note_on(ins, on - at, s, key, 100);
				if (off >= at && off < at + n)
					ins->note_off(ins, off - at, s, key);
			}
}

struct open {
	struct store *store;
	struct sampler *sampler;
	struct instrument *ins;
};

static void open_bank(struct open *o, struct workers *w)
{
	struct bank *bank = NULL;
	struct rack *rack;
	char why[256] = "";

	o->store = store_create(&(struct store_options){.head_frames = 2048});
	need(o->store);
	need(load_bank(path[1], &(struct load_options){.store = o->store}, &bank, NULL, why, sizeof(why)) == 0);
	need(bank->sample[0].source != BANK_NONE);
	need(rack_create(&bank, 1, &rack) == 0);
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		chan_init(&chan[i]);
	real = kernel_best();
	kernel = *real;
	kernel.mix_voices = mix_voices;
	need(sampler_create(rack,
		     &(struct sampler_options){.rate_hz = RATE,
			     .channel = chan,
			     .interp = KERNEL_CUBIC,
			     .store = o->store,
			     .kernel = &kernel,
			     .workers = w},
		     &o->sampler) == 0);
	o->ins = sampler_instrument(o->sampler);
	playing = o->sampler;
}

static void close_bank(struct open *o)
{
	o->ins->destroy(o->ins);
	store_destroy(o->store);
}

/* Everything, block by block. @param is_awaited  What is read from disk is there in time. */
static uint64_t play(struct open *o, uint32_t quantum, int is_awaited, float to[STRIPS][LEN])
{
	uint32_t seed = 9, n;
	uint64_t cut = 0;

	for (uint32_t at = 0; at < LEN; at += n) {
		seed = seed * 1664525u + 1013904223u;
		n = quantum ? quantum : 1 + (seed >> 16) % BLOCK_MAX;
		n = n < LEN - at ? n : LEN - at;
		bufs.active = bufs.cut = 0;
		bufs.n_sends = 0;
		o->ins->begin(o->ins, at, &bufs);
		play_notes(o->ins, at, n);
		o->ins->render(o->ins, &bufs, n);
		cut |= bufs.cut;
		for (uint32_t s = 0; s < STRIPS; s++)
			if (bufs.active >> s & 1)
				memcpy(&to[s][at], bufs.l[s], n * sizeof(float));
			else
				memset(&to[s][at], 0, n * sizeof(float));
		if (is_awaited)
			stream_pool_settle(sampler_streams(o->sampler));
		else if (seed >> 20 & 1)
			atomic_fetch_xor(&holds, 1);
	}
	return cut;
}

static void same_bits(void)
{
	enum { N_QUANTA = 3 };
	static const uint32_t quantum[N_QUANTA] = {64, 256, 0};
	struct workers_figures f = {0};
	struct stream_figures streams;
	struct workers *w;
	struct open o;

	open_bank(&o, NULL);
	(void)play(&o, 256, 1, alone);
	close_bank(&o);
	need(workers_create(&(struct workers_options){0}, &w) == 0);
	/* Where other programs have all processors it may take a while until the worker gets to anything. */
	for (uint32_t i = 0; i < N_QUANTA || f.units == 0; i++) {
		open_bank(&o, w);
		(void)play(&o, quantum[i % N_QUANTA], 1, shared);
		need(memcmp(alone, shared, sizeof(alone)) == 0);
		stream_pool_figures(sampler_streams(o.sampler), &streams);
		need(streams.opened > STRIPS * KEYS && streams.refused == 0);
		close_bank(&o);
		workers_figures(w, &f);
	}
	need(f.late == 0);
	workers_destroy(w);
	printf("ok - TIM-06 two workers make the bits of one, from memory and from disk\n");
}

/* Held up at random, most of the time in the middle of something. */
static void held_up(void)
{
	struct workers_figures f = {0};
	struct workers *w;
	struct open o;
	uint64_t cut = 0;
	uint32_t turn;

	need(workers_create(&(struct workers_options){.is_live = 1}, &w) == 0);
	workers_set_patience(w, 200000);
	for (turn = 0; turn < 50 && f.late < 20; turn++) {
		open_bank(&o, w);
		cut |= play(&o, 128, 0, shared);
		atomic_store(&holds, 0);
		close_bank(&o); /* the worker may still be at it */
		workers_figures(w, &f);
	}
	need(f.late >= 20 && cut);
	atomic_store(&holds, 0);
	workers_destroy(w);
	printf("ok - TIM-17 a worker that is held up is not waited for, late %llu times\n", (unsigned long long)f.late);
}

int main(void)
{
	char command[64];

	need(mkdtemp(folder));
	write_files();
	same_bits();
	held_up();
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	need(system(command) == 0);
	return 0;
}
