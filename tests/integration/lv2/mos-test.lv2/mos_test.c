/* SPDX-License-Identifier: MIT */
/* Plugins of the tests. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lv2/atom/atom.h>
#include <lv2/atom/util.h>
#include <lv2/core/lv2.h>
#include <lv2/midi/midi.h>
#include <lv2/options/options.h>
#include <lv2/state/state.h>
#include <lv2/time/time.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include "mos_test.h"

#define PORTS 8
#define KEEPER_LATENCY 37u
#define EAT_BYTES ((size_t)32 << 20)

struct plugin {
	void *port[PORTS];
	/* keeper */
	LV2_URID_Map *map;
	LV2_Worker_Schedule *schedule;
	float factor; /* its state; what the worker made of the control `add` is added */
	float worked;
	float asked;
	float line[2][KEEPER_LATENCY];
	uint32_t at;
	/* listener */
	double rate, beat, beat_step;
	int is_told;
	LV2_URID midi, position, beat_key, speed, bpm;
};

static LV2_Handle instantiate(
	const LV2_Descriptor *d, double rate, const char *path, const LV2_Feature *const *features)
{
	struct plugin *p = calloc(1, sizeof(*p));
	int has_options = 0;

	if (!p)
		return NULL;
	p->factor = 1;
	p->rate = rate;
	for (; features && *features; features++) {
		if (strcmp((*features)->URI, LV2_URID__map) == 0)
			p->map = (*features)->data;
		if (strcmp((*features)->URI, LV2_WORKER__schedule) == 0)
			p->schedule = (*features)->data;
		has_options |= strcmp((*features)->URI, LV2_OPTIONS__options) == 0;
	}
	if (p->map) {
		p->midi = p->map->map(p->map->handle, LV2_MIDI__MidiEvent);
		p->position = p->map->map(p->map->handle, LV2_TIME__Position);
		p->beat_key = p->map->map(p->map->handle, LV2_TIME__beat);
		p->speed = p->map->map(p->map->handle, LV2_TIME__speed);
		p->bpm = p->map->map(p->map->handle, LV2_TIME__beatsPerMinute);
	}
	if (strstr(d->URI, "keeper") && (!p->map || !p->schedule || !has_options)) {
		free(p);
		return NULL;
	}
	return p;
}

static void connect_port(LV2_Handle handle, uint32_t port, void *data)
{
	((struct plugin *)handle)->port[port] = data;
}

static void run_gain(LV2_Handle handle, uint32_t n)
{
	struct plugin *p = handle;
	const float *in = p->port[0], gain = *(const float *)p->port[2];
	float *out = p->port[1];

	for (uint32_t i = 0; i < n; i++)
		out[i] = in[i] * gain;
}

static void run_keeper(LV2_Handle handle, uint32_t n)
{
	struct plugin *p = handle;
	const LV2_Atom_Sequence *events = p->port[6];
	LV2_Atom *told = p->port[7];
	float add = *(const float *)p->port[4];
	int is_fed = events->atom.size == sizeof(LV2_Atom_Sequence_Body) && told->size >= 1024;

	if (add != p->asked &&
		p->schedule->schedule_work(p->schedule->handle, sizeof(add), &add) == LV2_WORKER_SUCCESS)
		p->asked = add;
	for (uint32_t i = 0; i < n; i++, p->at = (p->at + 1) % KEEPER_LATENCY)
		for (uint32_t side = 0; side < 2; side++) {
			float x = ((const float *)p->port[side])[i];

			((float *)p->port[2 + side])[i] =
				is_fed ? p->line[side][p->at] * p->factor + p->worked : 0.0f;
			p->line[side][p->at] = x;
		}
	*(float *)p->port[5] = KEEPER_LATENCY;
	memset(told + 1, 0xff, told->size); /* all of it is ours to write */
}

static void take_position(struct plugin *p, const LV2_Atom_Object *object)
{
	const LV2_Atom_Double *beat = NULL;
	const LV2_Atom_Float *speed = NULL, *bpm = NULL;

	lv2_atom_object_get(object, p->beat_key, (const LV2_Atom **)&beat, p->speed, (const LV2_Atom **)&speed,
		p->bpm, (const LV2_Atom **)&bpm, 0);
	if (!beat || !speed)
		return;
	p->is_told = 1;
	p->beat = beat->body;
	p->beat_step = bpm ? (double)speed->body * (double)bpm->body / 60 / p->rate : 0;
}

static void run_listener(LV2_Handle handle, uint32_t n)
{
	struct plugin *p = handle;
	const LV2_Atom_Sequence *events = p->port[0];
	float *l = p->port[1], *r = p->port[2];

	memset(l, 0, n * sizeof(float));
	LV2_ATOM_SEQUENCE_FOREACH(events, ev)
	{
		const uint8_t *bytes = (const uint8_t *)(ev + 1);
		float x = (float)bytes[1] * LISTENER_UNIT;

		if (ev->body.type == p->midi && (bytes[0] >> 4 == 9 || bytes[0] >> 4 == 8))
			l[ev->time.frames] += bytes[0] >> 4 == 9 ? x : -x;
		else if (ev->body.type == p->midi && bytes[0] >> 4 == 0xb && bytes[1] == 120)
			l[ev->time.frames] -= x;
		else if (ev->body.type != p->midi && ((const LV2_Atom_Object *)&ev->body)->body.otype == p->position)
			take_position(p, (const LV2_Atom_Object *)&ev->body);
	}
	for (uint32_t i = 0; i < n; i++, p->beat += p->beat_step)
		r[i] = p->is_told ? (float)p->beat * LISTENER_BEAT : LISTENER_LOST;
}

static LV2_Worker_Status work(LV2_Handle handle, LV2_Worker_Respond_Function respond,
	LV2_Worker_Respond_Handle to, uint32_t size, const void *data)
{
	float x = 0;

	if (size != sizeof(x))
		return LV2_WORKER_ERR_UNKNOWN;
	memcpy(&x, data, sizeof(x));
	x *= 0.5f;
	return respond(to, sizeof(x), &x);
}

static LV2_Worker_Status work_response(LV2_Handle handle, uint32_t size, const void *data)
{
	memcpy(&((struct plugin *)handle)->worked, data, sizeof(float));
	return LV2_WORKER_SUCCESS;
}

static LV2_State_Status save(LV2_Handle handle, LV2_State_Store_Function store, LV2_State_Handle to,
	uint32_t flags, const LV2_Feature *const *features)
{
	struct plugin *p = handle;

	return store(to, p->map->map(p->map->handle, "urn:mos:test:factor"), &p->factor, sizeof(p->factor),
		p->map->map(p->map->handle, LV2_ATOM__Float), LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
}

static LV2_State_Status restore(LV2_Handle handle, LV2_State_Retrieve_Function retrieve,
	LV2_State_Handle from, uint32_t flags, const LV2_Feature *const *features)
{
	struct plugin *p = handle;
	size_t size = 0;
	uint32_t type, what;
	const void *value =
		retrieve(from, p->map->map(p->map->handle, "urn:mos:test:factor"), &size, &type, &what);

	if (!value || size != sizeof(p->factor))
		return LV2_STATE_ERR_NO_PROPERTY;
	memcpy(&p->factor, value, sizeof(p->factor));
	p->factor *= 0.5f; /* each time it is put in force it can be heard */
	return LV2_STATE_SUCCESS;
}

static const void *keeper_data(const char *uri)
{
	static const LV2_Worker_Interface worker = {.work = work, .work_response = work_response};
	static const LV2_State_Interface state = {.save = save, .restore = restore};

	if (strcmp(uri, LV2_WORKER__interface) == 0)
		return &worker;
	return strcmp(uri, LV2_STATE__interface) == 0 ? &state : NULL;
}

static void be_rude(void)
{
	pid_t child;

	(void)puts("here I am");
	(void)fputs("here I am\n", stderr);
	(void)kill(getppid(), SIGKILL);
	(void)kill(-1, SIGTERM);
	child = fork();
	if (child == 0)
		for (;;)
			(void)pause();
	(void)execl("/bin/sh", "sh", "-c", "sleep 1000", NULL);
}

static void count_for(long ns)
{
	struct timespec start, now;

	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	do
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < ns);
}

static void misbehave(int mode, float *out, uint32_t n)
{
	static const float x[HOSTILE_N_MODES] = {[HOSTILE_NAN] = NAN,
		[HOSTILE_INF] = INFINITY,
		[HOSTILE_HUGE] = 1e30f,
		[HOSTILE_DENORMAL] = 1e-40f};
	volatile char *memory;

	switch (mode) {
	case HOSTILE_SLEEPS:
		(void)usleep(50000);
		break;
	case HOSTILE_BLOCKS:
		for (;;)
			(void)pause();
	case HOSTILE_SPINS:
		for (volatile int i = 0;; i++)
			;
	case HOSTILE_NAN:
	case HOSTILE_INF:
	case HOSTILE_HUGE:
	case HOSTILE_DENORMAL:
		for (uint32_t i = 0; i < n; i++)
			out[i] = x[mode];
		break;
	case HOSTILE_SEGV:
		(void)raise(SIGSEGV); /* what it does to the process is the same */
		break;
	case HOSTILE_ABORTS:
		abort();
	case HOSTILE_EATS:
		memory = malloc(EAT_BYTES);
		for (size_t i = 0; i < EAT_BYTES; i += 4096)
			memory[i] = 1; /* where there is none any more it falls */
		break;
	case HOSTILE_RUDE:
		be_rude();
		break;
	case HOSTILE_CLOSES:
		for (int fd = 0; fd < 256; fd++)
			(void)close(fd);
		break;
	case HOSTILE_EXITS:
		exit(3);
	case HOSTILE_SLOW:
		count_for(4000000);
		break;
	default:
		break;
	}
}

static void run_hostile(LV2_Handle handle, uint32_t n)
{
	struct plugin *p = handle;

	memcpy(p->port[2], p->port[0], n * sizeof(float));
	memcpy(p->port[3], p->port[1], n * sizeof(float));
	misbehave((int)*(const float *)p->port[4], p->port[2], n);
}

static void run_needy(LV2_Handle handle, uint32_t n)
{
	struct plugin *p = handle;

	memcpy(p->port[1], p->port[0], n * sizeof(float));
}

static void cleanup(LV2_Handle handle)
{
	free(handle);
}

LV2_SYMBOL_EXPORT const LV2_Descriptor *lv2_descriptor(uint32_t index)
{
#define PLUGIN(NAME, RUN, DATA)                                                                              \
	{                                                                                                    \
		.URI = "urn:mos:test:" NAME, .instantiate = instantiate, .connect_port = connect_port,       \
		.run = RUN, .cleanup = cleanup, .extension_data = DATA                                       \
	}
	static const LV2_Descriptor all[] = {PLUGIN("gain", run_gain, NULL),
		PLUGIN("keeper", run_keeper, keeper_data), PLUGIN("needy", run_needy, NULL),
		PLUGIN("listener", run_listener, NULL),
		PLUGIN("hostile", run_hostile, NULL)};

	return index < sizeof(all) / sizeof(all[0]) ? &all[index] : NULL;
}
