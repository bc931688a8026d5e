/* SPDX-License-Identifier: MIT */
/*
 * From a port of the graph to the bus and back to silence, with the real engine: a keyboard is plugged in,
 * plays, is pulled out; what it held ends. And sound from a source lies in the audio tap.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "engine.h"
#include "headless_pw.h"
#include "pw_source.h"

#define RATE_HZ 48000u
#define QUANTUM 128u
#define CYCLES_MAX 65536u

TestSuite(pw_ingest_engine, .timeout = 90);

struct rig {
	struct headless_pw pw;
	struct engine_regions regions;
	struct engine *engine;
	struct driver *driver;
	struct mos_event_reader events;
	struct mos_audio_reader tap;
	struct {
		int64_t time_ns;
		uint64_t frame;
	} cycle[CYCLES_MAX];
	atomic_uint n_cycles;
};

static void run_cycle(void *data, struct driver_cycle *c) MOS_RT
{
	struct rig *rig = data;
	unsigned int n = atomic_load_explicit(&rig->n_cycles, memory_order_relaxed);

	if (n < CYCLES_MAX) {
		rig->cycle[n].time_ns = c->time_ns;
		rig->cycle[n].frame = rig->engine->frame;
	}
	engine_cycle(rig->engine, c);
	atomic_store_explicit(&rig->n_cycles, n + 1, memory_order_release);
}

static void on_status(void *data, const struct driver_status *status)
{
}

static bool runs(void *data)
{
	return atomic_load_explicit(&((struct rig *)data)->n_cycles, memory_order_acquire) > 10;
}

static struct rig *start(void)
{
	const struct driver_config config = {.rate_hz = RATE_HZ, .node_name = "mos"};
	struct rig *rig = calloc(1, sizeof(*rig));
	int r;

	cr_assert(rig);
	r = headless_pw_start(&rig->pw, QUANTUM, RATE_HZ);
	if (r == -ENOENT)
		cr_skip_test("PipeWire or WirePlumber is not installed");
	cr_assert_eq(r, 0);
	cr_assert_eq(engine_regions_create(&rig->regions), 0);
	rig->engine = engine_create(RATE_HZ, &rig->regions, /* bell_fd= */ -1);
	cr_assert(rig->engine);
	cr_assert_eq(mos_event_reader_init(&rig->events, &rig->regions.events, 0), 0);
	cr_assert_eq(mos_audio_reader_init(&rig->tap, &rig->regions.tap), 0);
	cr_assert_eq(driver_pipewire.create(&config, run_cycle, on_status, rig, &rig->driver), 0);
	cr_assert(headless_pw_wait(runs, rig));
	return rig;
}

static void stop(struct rig *rig)
{
	driver_pipewire.destroy(rig->driver);
	engine_destroy(rig->engine);
	engine_regions_finish(&rig->regions);
	headless_pw_stop(&rig->pw);
	free(rig);
}

/* Waits for an event; a note is sent again and again until it comes, since a fresh link loses what it
 * carries. */
struct wanted {
	struct rig *rig;
	struct pw_source *source; /* NULL: nothing is sent */
	uint32_t word;
	uint32_t type, key, n_keys; /* key 128: any; n_keys: of a snapshot */
	struct mos_event got;
};

static bool comes(void *data)
{
	struct wanted *w = data;
	struct mos_event ev;

	if (w->source)
		pw_source_send(w->source, &w->word, 1);
	while (mos_event_next(&w->rig->events, &ev) == 1) {
		if (ev.type != w->type)
			continue;
		if (ev.type == MOS_EVENT_MIDI_SNAPSHOT ? ev.u.snapshot.n_keys != w->n_keys
						       : w->key < 128 && ev.u.note.key != w->key)
			continue;
		w->got = ev;
		return true;
	}
	return false;
}

static struct mos_event expect(struct wanted w)
{
	cr_assert(headless_pw_wait(comes, &w), "%s never came (key %u, %u keys)", mos_event_type_name(w.type),
		w.key, w.n_keys);
	return w.got;
}

Test(pw_ingest_engine, keyboard_pulled_out,
	.description = "MID-01 MID-08: a UMP port appears, plays with the pedal down, disappears while it "
		       "holds: note-offs "
		       "are told, the snapshot is empty, nothing sounds; plugged in again, it plays")
{
	const struct pw_source_config config = {.name = "keyboard", .kind = PW_SOURCE_MIDI, .physical = true};
	struct rig *rig = start();
	struct pw_source *source = pw_source_start(&config);
	struct mos_event ev;

	ev = expect((struct wanted){rig, source, 0x20903c64, MOS_EVENT_MIDI_NOTEON, 60});
	cr_expect_eq(ev.source, MOS_SOURCE_MIDI_IN);
	cr_expect_eq(ev.u.note.group, MOS_GROUP_LIVE);
	pw_source_send(source, (const uint32_t[]){0x20b0407f}, 1);
	ev = expect((struct wanted){rig, source, 0x20904364, MOS_EVENT_MIDI_NOTEON, 67});
	ev = expect((struct wanted){.rig = rig, .type = MOS_EVENT_MIDI_SNAPSHOT, .n_keys = 2});
	cr_expect_eq(ev.u.snapshot.keys[0], UINT64_C(1) << 60);
	cr_expect_eq(ev.u.snapshot.keys[1], UINT64_C(1) << 3);
	cr_expect_eq(ev.u.snapshot.sustain, 127);

	pw_source_stop(source);
	ev = expect((struct wanted){.rig = rig, .type = MOS_EVENT_MIDI_NOTEOFF, .key = 60});
	cr_expect_eq(ev.source, MOS_SOURCE_MIDI_IN);
	ev = expect((struct wanted){.rig = rig, .type = MOS_EVENT_MIDI_SNAPSHOT, .n_keys = 0});
	cr_expect_eq(ev.u.snapshot.sustain, 0, "the pedal is still down");

	source = pw_source_start(&config);
	ev = expect((struct wanted){rig, source, 0x20903e64, MOS_EVENT_MIDI_NOTEON, 62});
	ev = expect((struct wanted){.rig = rig, .type = MOS_EVENT_MIDI_SNAPSHOT, .n_keys = 1});
	pw_source_stop(source);
	ev = expect((struct wanted){.rig = rig, .type = MOS_EVENT_MIDI_SNAPSHOT, .n_keys = 0});
	stop(rig);
}

struct listening {
	struct rig *rig;
	struct pw_source *source;
	unsigned int n_exact, seen;
};

static bool tapped(void *data)
{
	struct listening *l = data;
	unsigned int n = atomic_load_explicit(&l->rig->n_cycles, memory_order_acquire);
	float got[QUANTUM];

	for (; l->seen < n && l->seen < CYCLES_MAX; l->seen++) {
		uint64_t position;
		bool exact;

		if (!pw_source_position(l->source, l->rig->cycle[l->seen].time_ns, &position))
			continue;
		exact = true;
		for (int c = 0; c < 2 && exact; c++) {
			l->rig->tap.next_frame = l->rig->cycle[l->seen].frame;
			exact = mos_audio_read(&l->rig->tap, MOS_TAP_IN_L + c, got, QUANTUM) == QUANTUM;
			for (uint32_t i = 0; exact && i < QUANTUM; i++)
				exact = got[i] == pw_source_sample(position + i, c);
		}
		l->n_exact += exact;
	}
	return l->n_exact >= 50;
}

Test(pw_ingest_engine, sound_in_the_tap,
	.description = "CHD-05 WID-03: what a source sends for a cycle of the graph lies in the tap at that "
		       "cycle's engine "
		       "frame, bit for bit")
{
	const struct pw_source_config config = {.name = "microphone",
		.media_class = "Audio/Source",
		.kind = PW_SOURCE_AUDIO,
		.priority = 2000};
	struct rig *rig = start();
	struct listening l = {rig, pw_source_start(&config), 0, 0};

	cr_expect(headless_pw_wait(tapped, &l), "%u cycles were in the tap, of %u", l.n_exact, l.seen);
	pw_source_stop(l.source);
	stop(rig);
}
