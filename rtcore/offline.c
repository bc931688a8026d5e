/* SPDX-License-Identifier: MIT */
#include "offline.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* Ctrl-C and SIGTERM end the render; what was begun is removed. */
static void catch_interrupts(void)
{
	struct sigaction sa = {.sa_handler = on_interrupt};

	(void)sigaction(SIGINT, &sa, NULL);
	(void)sigaction(SIGTERM, &sa, NULL);
}

/* A bank whose samples take no more than this (or --sample-memory) is read into memory as a whole; of a
 * larger one the disk is waited for, block by block. */
#define RESIDENT_BYTES (UINT64_C(1) << 30)

struct render {
	struct engine *engine;
	struct store *store;
	struct stream_pool *streams; /* NULL: all is in memory */
	float *l, *r, *inter;        /* one quantum */
	struct workers *workers;     /* NULL: this thread plays alone */
	struct offline_clips *clips;
	struct offline_inserts *inserts; /* NULL: none */
	SNDFILE *file;
	uint64_t frames;
	double peak;
};

static int fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "mos-rtcore: %s: %s\n", what, why);
	return -EINVAL;
}

static int ask(struct engine *e, struct engine_cmd *cmd)
{
	if (engine_send(e, cmd) < 0)
		return -EAGAIN;
	engine_serve(e);
	while (engine_receive(e, cmd))
		if (cmd->msg.op != ENGINE_OP_RETIRED)
			return cmd->msg.status;
	return -EAGAIN;
}

static int load_rack(struct render *r, const struct offline_options *o, const struct rack_plan *plan,
	int is_resident, struct sampler **ret, char *why, size_t size)
{
	struct store_options so = o->store;
	struct rack_config config = o->rack;
	int err = -ENOMEM;

	so.is_resident = is_resident;
	if (is_resident && !so.memory_bytes)
		so.memory_bytes = RESIDENT_BYTES;
	r->store = store_create(&so);
	config.rate_hz = o->rate_hz;
	config.channel = r->engine->apollo.channel;
	config.store = r->store;
	config.workers = r->workers;
	config.is_offline = 1;
	if (r->store)
		err = rack_load(plan, &config, NULL, NULL, ret, NULL, why, size);
	if (err < 0 && r->store) {
		store_destroy(r->store);
		r->store = NULL;
	}
	return err;
}

static int load_bank(struct render *r, const struct offline_options *o)
{
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_BANK};
	struct rack_plan *plan = calloc(1, sizeof(*plan));
	struct sampler *sampler = NULL;
	char why[200] = "no memory";
	int err;

	if (!plan)
		return fail("sound font", why);
	if (strlen(o->bank_path) >= sizeof(plan->font)) {
		free(plan);
		return fail(o->bank_path, "path is too long");
	}
	(void)snprintf(plan->font, sizeof(plan->font), "%s", o->bank_path);
	err = load_rack(r, o, plan, /* is_resident= */ 1, &sampler, why, sizeof(why));
	if (err == -ENOMEM) /* how much it takes, the store knows before it reads */
		err = load_rack(r, o, plan, /* is_resident= */ 0, &sampler, why, sizeof(why));
	free(plan);
	if (err < 0)
		return fail("sound font", why);
	r->streams = sampler_streams(sampler);
	cmd.ptr = sampler_instrument(sampler);
	cmd.arg = (uint64_t)(uintptr_t)sampler;
	(void)ask(r->engine, &cmd);
	return 0;
}

static int load_song(struct engine *e, const struct offline_options *o)
{
	struct mos_timeline_error err;
	struct song *song = NULL;
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_LOADING};
	int r = song_create(o->timeline_fd, &song, &err);

	if (r < 0)
		return fail("timeline", err.reason && *err.reason ? err.reason : strerror(-r));
	if ((o->loop_end > 0 || song->tl.policy.loop_end > 0) && o->max_seconds <= 0) {
		song_destroy(song);
		return fail("loop", "it never ends. hint: --seconds N");
	}
	(void)ask(e, &cmd);
	cmd = (struct engine_cmd){.msg.op = ENGINE_OP_SONG, .ptr = song};
	(void)ask(e, &cmd);
	return 0;
}

/* Song and bank into the engine, position and loop set, rolling. */
static int prepare(struct render *r, const struct offline_options *o)
{
	struct engine *e = r->engine;
	struct engine_cmd cmd;
	char why[200];
	int err = load_song(e, o);

	if (err == 0 && o->bank_path)
		err = load_bank(r, o);
	if (err < 0)
		return err;
	if (o->fx && offline_fx(e, o->fx, why, sizeof(why)) < 0)
		return fail("--fx", why);
	if (offline_clips_create(e, o->clip, o->n_clips, &r->clips, why, sizeof(why)) < 0)
		return fail("--clip", why);
	if (o->n_inserts &&
		offline_inserts_create(e, o->insert, o->n_inserts, &r->inserts, why, sizeof(why)) < 0)
		return fail("--insert", why);
	if (o->loop_end > 0) {
		cmd = (struct engine_cmd){.msg.op = MOS_RTCTL_LOOP};
		cmd.msg.u.loop.start_tick = o->loop_start;
		cmd.msg.u.loop.end_tick = o->loop_end;
		cmd.msg.u.loop.active = 1;
		if (ask(e, &cmd) < 0)
			return fail("loop", "outside the score or too short");
	}
	if (o->start_tick) {
		cmd = (struct engine_cmd){.msg.op = MOS_RTCTL_SEEK};
		cmd.msg.u.seek.tick = o->start_tick;
		if (ask(e, &cmd) < 0)
			return fail("start", "outside the score");
	}
	if (o->metronome) {
		cmd = (struct engine_cmd){.msg.op = MOS_RTCTL_METRONOME};
		cmd.msg.u.metronome.on = 1;
		(void)ask(e, &cmd);
	}
	e->driver_up = 1; /* the offline driver always runs */
	cmd = (struct engine_cmd){.msg.op = MOS_RTCTL_PLAY};
	return ask(e, &cmd);
}

static int write_frames(struct render *r, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		double a = fabs(r->l[i]), b = fabs(r->r[i]);

		r->inter[2 * i] = r->l[i];
		r->inter[2 * i + 1] = r->r[i];
		r->peak = fmax(r->peak, fmax(a, b));
	}
	if (sf_writef_float(r->file, r->inter, n) != (sf_count_t)n)
		return fail("writing", sf_strerror(r->file));
	r->frames += n;
	return 0;
}

static int loop(struct render *r, const struct offline_options *o)
{
	struct engine *e = r->engine;
	uint64_t max = o->max_seconds > 0 ? (uint64_t)(o->max_seconds * o->rate_hz + 0.5) : UINT64_MAX;
	uint64_t tail = (uint64_t)(fmax(o->tail_seconds, 0) * o->rate_hz), ended = 0;
	double total_s = (double)e->kronos.map.song->end_u / 960e9;
	uint32_t cycle = o->n_inserts && o->quantum_frames > OFFLINE_INSERT_CYCLE ? OFFLINE_INSERT_CYCLE
										  : o->quantum_frames;
	int percent = -1, now, err;
	char why[256];

	while (r->frames < max && !interrupted) {
		uint32_t n = max - r->frames < cycle ? (uint32_t)(max - r->frames) : cycle;
		struct driver_cycle c = {.n_frames = n,
			.rate_hz = o->rate_hz,
			.out = {r->l, r->r},
			.time_ns = (int64_t)((__int128)e->frame * 1000000000 / o->rate_hz)};

		engine_cycle(e, &c);
		if (r->streams) /* what the next block plays is there before it begins */
			stream_pool_settle(r->streams);
		if (offline_inserts_settle(r->inserts, why, sizeof(why)) < 0)
			return fail("--insert", why);
		err = write_frames(r, n);
		if (err < 0)
			return err;
		if (e->kronos.state != MOS_TRANSPORT_PLAYING) {
			ended += n;
			int rings =
				offline_inserts_ring(r->inserts, r->l, r->r, n) || mix_rings(&e->apollo.mix);

			if ((apollo_voices(&e->apollo) == 0 && !rings) || ended >= tail)
				break;
		}
		now = total_s > 0 ? (int)fmin(100, 100.0 * (double)r->frames / o->rate_hz / total_s) : 100;
		if (!o->quiet && now != percent && isatty(STDERR_FILENO)) {
			(void)fprintf(stderr, "\rrendering %3d %%", now);
			percent = now;
		}
	}
	if (percent >= 0)
		(void)fprintf(stderr, "\r%16s\r", "");
	return interrupted ? -EINTR : 0;
}

static void summary(const struct render *r, const struct offline_options *o)
{
	double seconds = (double)r->frames / o->rate_hz, db = r->peak > 0 ? 20 * log10(r->peak) : -120;

	if (o->json)
		(void)printf(
			"{\"frames\":%llu,\"rate\":%u,\"seconds\":%.6f,\"peak_dbfs\":%.2f,\"notes\":%llu,"
			"\"limited_blocks\":%llu}\n",
			(unsigned long long)r->frames, o->rate_hz, seconds, db,
			(unsigned long long)r->engine->apollo.notes_on,
			(unsigned long long)r->engine->apollo.mix.limited);
	else if (!o->quiet)
		(void)printf("%s: %.2f s, %u Hz, peak %.1f dBFS, %llu notes\n", o->out_path, seconds,
			o->rate_hz, db, (unsigned long long)r->engine->apollo.notes_on);
}

/* The finished file takes the place of `path`, so that has to be a file: nobody loses a directory or a
 * device. */
static int check_target(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	return fail(path, S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
}

/* By the file's ending (TOU-47). FLAC has no floats; what loses has its own samples. */
static int format_of(const struct offline_options *o)
{
	static const int sample[] = {[OFFLINE_FLOAT] = SF_FORMAT_FLOAT,
		[OFFLINE_S24] = SF_FORMAT_PCM_24,
		[OFFLINE_S16] = SF_FORMAT_PCM_16};
	const char *ending = strrchr(o->out_path, '.');

	if (ending && strcasecmp(ending, ".flac") == 0)
		return SF_FORMAT_FLAC | (o->format == OFFLINE_S16 ? SF_FORMAT_PCM_16 : SF_FORMAT_PCM_24);
	if (ending && strcasecmp(ending, ".ogg") == 0)
		return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
	if (ending && strcasecmp(ending, ".opus") == 0)
		return SF_FORMAT_OGG | SF_FORMAT_OPUS;
	return SF_FORMAT_WAV | sample[o->format];
}

static int check_format(const struct offline_options *o)
{
	const SF_INFO info = {.samplerate = (int)o->rate_hz, .channels = 2, .format = format_of(o)};

	if ((info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_OPUS && 48000 % o->rate_hz)
		return fail(o->out_path, "Opus has 8000, 12000, 16000, 24000 or 48000 Hz. hint: --rate 48000");
	return sf_format_check(&info) ? 0 : fail(o->out_path, "this machine's libsndfile cannot write it");
}

/* One that cannot be started is not missed but for its speed. */
static void start_workers(struct render *r, const struct offline_options *o)
{
	cpu_set_t cpus;
	uint32_t n = o->workers;

	if (n == 0)
		n = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 1 ? WORKERS_MAX : 1;
	if (n > 1)
		(void)workers_create(&(struct workers_options){0}, &r->workers);
	r->engine->workers = r->workers;
}

int offline_render(const struct offline_options *o)
{
	SF_INFO info = {
		.samplerate = (int)o->rate_hz, .channels = 2, .format = format_of(o)};
	struct render r = {0};
	struct engine_regions regions;
	char part[4096];
	int err = check_target(o->out_path);

	if (err == 0)
		err = check_format(o);
	if (err < 0)
		return err;
	if (o->quantum_frames < 1 || o->quantum_frames > DRIVER_MAX_FRAMES)
		return fail("quantum", "out of range");
	catch_interrupts();
	err = engine_regions_create(&regions);
	if (err < 0)
		return fail("shared memory", strerror(-err));
	err = -ENOMEM;
	if ((size_t)snprintf(part, sizeof(part), "%s.part-%d", o->out_path, (int)getpid()) >= sizeof(part)) {
		err = fail(o->out_path, "path is too long");
		goto out;
	}
	r.l = calloc(o->quantum_frames, sizeof(float));
	r.r = calloc(o->quantum_frames, sizeof(float));
	r.inter = calloc(o->quantum_frames, 2 * sizeof(float));
	r.engine = engine_create(o->rate_hz, &regions, /* bell_fd= */ -1);
	if (!r.l || !r.r || !r.inter || !r.engine)
		goto out;
	start_workers(&r, o);
	err = prepare(&r, o);
	if (err < 0)
		goto out;
	r.file = sf_open(part, SFM_WRITE, &info);
	if (!r.file) {
		err = fail(part, sf_strerror(NULL));
		goto out;
	}
	(void)sf_command(r.file, SFC_SET_ADD_PEAK_CHUNK, NULL, SF_FALSE); /* it holds the time of day */
	(void)sf_command(r.file, SFC_SET_CLIPPING, NULL,
		(info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_WAV); /* or what is too loud wraps */
	err = loop(&r, o);
	if (sf_close(r.file) != 0 && err == 0)
		err = fail(part, "could not be finished");
	if (err == 0 && rename(part, o->out_path) < 0) {
		err = -errno;
		(void)fail(o->out_path, strerror(errno));
	}
	if (err < 0)
		unlink(part);
	else
		summary(&r, o);
out:
	offline_clips_destroy(r.engine, r.clips);
	offline_inserts_destroy(r.inserts);
	engine_destroy(r.engine);
	workers_destroy(r.workers);
	if (r.store)
		store_destroy(r.store);
	engine_regions_finish(&regions);
	free(r.l);
	free(r.r);
	free(r.inter);
	return err;
}
