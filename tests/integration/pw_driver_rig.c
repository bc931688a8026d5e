/* SPDX-License-Identifier: MIT */
#include "pw_driver_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

float rig_sample(uint64_t frame, int channel) MOS_RT
{
	/* The finaliser of splitmix64. */
	uint64_t x = (frame * 2 + (uint64_t)channel + 1) * 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return (float)(int32_t)((x ^ (x >> 31)) & 0xffff) / 65536.0f - 0.5f;
}

static void keep_midi(struct rig *rig, const struct driver_cycle *cycle)
{
	unsigned int n = atomic_load_explicit(&rig->n_midi, memory_order_relaxed);

	for (uint32_t i = 0; cycle->midi_in && i < cycle->midi_in->n && n < RIG_MIDI_MAX; i++)
		rig->midi[n++] = (struct rig_midi){
			.frame = rig->next_frame + cycle->midi_in->ump[i].offset_frames,
			.ump = cycle->midi_in->ump[i],
		};
	atomic_store_explicit(&rig->n_midi, n, memory_order_release);
}

static void send_midi(struct rig *rig, const struct driver_cycle *cycle)
{
	if (!cycle->midi_out || !atomic_load_explicit(&rig->out_full, memory_order_acquire))
		return;
	memcpy(cycle->midi_out->ump, rig->out.ump, rig->out.n * sizeof(rig->out.ump[0]));
	cycle->midi_out->n = rig->out.n;
	rig->out_frame = rig->next_frame;
	atomic_store_explicit(&rig->out_full, false, memory_order_release);
}

static void keep_audio(struct rig *rig, const struct driver_cycle *cycle)
{
	for (int c = 0; c < 2; c++)
		for (uint32_t i = 0; i < cycle->n_frames && rig->next_frame + i < RIG_HEARD_MAX; i++)
			rig->heard[c][rig->next_frame + i] =
				cycle->in[c] ? cycle->in[c][i] : __builtin_nanf("");
}

static void run_cycle(void *data, struct driver_cycle *cycle) MOS_RT
{
	struct rig *rig = data;
	unsigned int index = atomic_load_explicit(&rig->n_cycles, memory_order_relaxed);

	cycle->leaves = 0;
	for (int c = 0; c < 2; c++) {
		for (uint32_t i = 0; i < cycle->n_frames; i++)
			cycle->out[c][i] = rig_sample(rig->next_frame + i, c);
	}
	keep_midi(rig, cycle);
	keep_audio(rig, cycle);
	atomic_fetch_add_explicit(&rig->n_midi_ended, cycle->midi_in_ended, memory_order_release);
	send_midi(rig, cycle);
	if (index < RIG_CYCLES_MAX) {
		rig->cycle[index] = (struct rig_cycle){
			.time_ns = cycle->time_ns,
			.late_ns = cycle->late_ns,
			.frame = rig->next_frame,
			.n_frames = cycle->n_frames,
			.xruns = cycle->xruns,
		};
		atomic_store_explicit(&rig->n_cycles, index + 1, memory_order_release);
	}
	rig->next_frame += cycle->n_frames;
}

static void on_status(void *data, const struct driver_status *status)
{
	struct rig *rig = data;

	pthread_mutex_lock(&rig->lock);
	if (status->state == DRIVER_RUNNING && rig->status.state != DRIVER_RUNNING)
		rig->n_running++;
	rig->status = *status;
	pthread_mutex_unlock(&rig->lock);
}

static void on_note(void *data, const char *text)
{
	struct rig *rig = data;
	size_t len;

	pthread_mutex_lock(&rig->lock);
	len = strlen(rig->notes);
	snprintf(rig->notes + len, sizeof(rig->notes) - len, "%s\n", text);
	pthread_mutex_unlock(&rig->lock);
}

static struct rig *new_rig(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	cr_assert(rig);
	pthread_mutex_init(&rig->lock, NULL);
	return rig;
}

struct rig *rig_start(uint32_t quantum_frames)
{
	struct rig *rig = new_rig();
	int r = headless_pw_start(&rig->pw, quantum_frames, RIG_RATE_HZ);

	if (r == -ENOENT)
		cr_skip_test("PipeWire or WirePlumber is not installed");
	if (r < 0)
		headless_pw_stop(&rig->pw);
	cr_assert_eq(r, 0, "no private PipeWire: %s", strerror(-r));
	return rig;
}

void rig_start_driver(struct rig *rig, uint32_t quantum_frames, const char *target)
{
	const struct driver_config config = {
		.rate_hz = RIG_RATE_HZ,
		.quantum_frames = quantum_frames,
		.node_name = "mos",
		.target = target,
	};

	cr_assert_eq(driver_pipewire.create(&config, run_cycle, on_status, rig, &rig->driver), 0);
}

void rig_start_driver_inputs(struct rig *rig, const char *input, const char *midi_in)
{
	const struct driver_config config = {
		.rate_hz = RIG_RATE_HZ,
		.node_name = "mos",
		.input = input,
		.midi_in = midi_in,
		.note = on_note,
	};

	cr_assert_eq(driver_pipewire.create(&config, run_cycle, on_status, rig, &rig->driver), 0);
}

struct rig *rig_second(const struct rig *first)
{
	struct rig *rig = new_rig();

	/* Only to be named to tools: the first one ends it. */
	memcpy(rig->pw.dir, first->pw.dir, sizeof(rig->pw.dir));
	rig_start_driver(rig, 0, NULL);
	return rig;
}

struct driver_status rig_status(struct rig *rig)
{
	struct driver_status status;

	pthread_mutex_lock(&rig->lock);
	status = rig->status;
	pthread_mutex_unlock(&rig->lock);
	return status;
}

struct expectation {
	struct rig *rig;
	enum driver_state state;
	unsigned int n_cycles;
};

static bool is_in_state(void *data)
{
	const struct expectation *e = data;
	struct driver_status status = rig_status(e->rig);

	return status.state == e->state && status.text[0];
}

void rig_expect(struct rig *rig, enum driver_state state)
{
	struct expectation e = {.rig = rig, .state = state};

	cr_assert(headless_pw_wait(is_in_state, &e), "state %d never came; it is %d: %s", state,
		rig_status(rig).state, rig_status(rig).text);
}

static bool has_cycles(void *data)
{
	const struct expectation *e = data;

	return atomic_load_explicit(&e->rig->n_cycles, memory_order_acquire) >= e->n_cycles;
}

void rig_expect_cycles(struct rig *rig, unsigned int n)
{
	struct expectation e = {.rig = rig, .n_cycles = n};

	cr_assert(headless_pw_wait(has_cycles, &e), "cycle %u never came; the driver says: %s", n,
		rig_status(rig).text);
}

struct noting {
	struct rig *rig;
	const char *part;
	unsigned int n;
};

static bool has_noted(void *data)
{
	const struct noting *noting = data;
	unsigned int n = 0;

	pthread_mutex_lock(&noting->rig->lock);
	for (const char *at = noting->rig->notes; (at = strstr(at, noting->part)); at++)
		n++;
	pthread_mutex_unlock(&noting->rig->lock);
	return n >= noting->n;
}

void rig_expect_note(struct rig *rig, const char *part, unsigned int nth)
{
	struct noting noting = {rig, part, nth};

	cr_assert(headless_pw_wait(has_noted, &noting), "never said \"%s\" %u times, but:\n%s", part, nth,
		rig->notes);
}

void rig_stop(struct rig *rig)
{
	driver_pipewire.destroy(rig->driver);
	headless_pw_stop(&rig->pw);
	pthread_mutex_destroy(&rig->lock);
	free(rig);
}
