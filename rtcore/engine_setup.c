/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

int engine_regions_create(struct engine_regions *r)
{
	int err;

	*r = (struct engine_regions){
		.clock.fd = -1, .events.fd = -1, .tap.fd = -1, .midi.fd = -1, .counters.region.fd = -1};
	do {
		if (getrandom(&r->generation, sizeof(r->generation), 0) != sizeof(r->generation))
			return -errno;
	} while (r->generation == 0);
	err = mos_region_create("mos-clock", sizeof(struct mos_clock_page), MOS_CLOCK_ABI_MAJOR,
		MOS_CLOCK_ABI_MINOR, r->generation, &r->clock);
	if (err == 0)
		err = mos_region_create("mos-events", mos_event_ring_size(MOS_EVENT_RING_SLOTS_DEFAULT),
			MOS_EVENT_RING_ABI_MAJOR, MOS_EVENT_RING_ABI_MINOR, r->generation, &r->events);
	if (err == 0)
		err = mos_region_create("mos-audio", MOS_AUDIO_TAP_SIZE, MOS_AUDIO_TAP_ABI_MAJOR,
			MOS_AUDIO_TAP_ABI_MINOR, r->generation, &r->tap);
	if (err == 0)
		err = mos_region_create("mos-midi", mos_event_ring_size(ENGINE_MIDI_SLOTS), MOS_EVENT_RING_ABI_MAJOR,
			MOS_EVENT_RING_ABI_MINOR, r->generation, &r->midi);
	if (err == 0)
		err = rtcore_counters_create(r->generation, &r->counters);
	if (err < 0)
		engine_regions_finish(r);
	return err;
}

void engine_regions_finish(struct engine_regions *r)
{
	mos_region_finish(&r->clock);
	mos_region_finish(&r->events);
	mos_region_finish(&r->tap);
	mos_region_finish(&r->midi);
	mos_region_finish(&r->counters.region);
}

/* Readers get these regions read-only: nobody but us can map them for writing any more. */
static int open_to_readers(struct engine_regions *r)
{
	int err = mos_region_seal_future_writes(&r->clock);

	if (err == 0)
		err = mos_region_seal_future_writes(&r->events);
	if (err == 0)
		err = mos_region_seal_future_writes(&r->tap);
	if (err == 0)
		err = mos_region_seal_future_writes(&r->midi);
	if (err == 0)
		err = mos_region_seal_future_writes(&r->counters.region);
	if (err < 0)
		return err;
	mos_region_publish(&r->clock, MOS_MAGIC_CLOCK);
	mos_region_publish(&r->events, MOS_MAGIC_EVENTS);
	mos_region_publish(&r->tap, MOS_MAGIC_AUDIO);
	mos_region_publish(&r->midi, MOS_MAGIC_EVENTS);
	return 0;
}

struct engine *engine_create(uint32_t rate_hz, struct engine_regions *regions, int bell_fd)
{
	struct engine *e = aligned_alloc(128, (sizeof(*e) + 127) / 128 * 128);
	void *commands = calloc(ENGINE_COMMANDS, sizeof(struct engine_cmd));
	void *answers = calloc(ENGINE_ANSWERS, sizeof(struct engine_cmd));
	void *sounds = calloc(ENGINE_SOUNDS, sizeof(struct engine_sound));

	if (!e || !commands || !answers || !sounds)
		goto fail;
	memset(e, 0, sizeof(*e)); /* touches every page: the audio thread meets none for the first time */
	spsc_init(&e->commands, commands, sizeof(struct engine_cmd), ENGINE_COMMANDS);
	spsc_init(&e->answers, answers, sizeof(struct engine_cmd), ENGINE_ANSWERS);
	spsc_init(&e->sounds, sounds, sizeof(struct engine_sound), ENGINE_SOUNDS);
	e->bell_fd = bell_fd;
	e->rate_hz = rate_hz;
	e->page = regions->clock.base;
	e->counters = &regions->counters;
	if (mos_event_log_init(&e->log, &regions->events, MOS_EVENT_RING_SLOTS_DEFAULT) < 0)
		goto fail;
	mos_event_writer_init(&e->events, &e->log, &e->bus_events);
	if (mos_event_log_init(&e->midi_log, &regions->midi, ENGINE_MIDI_SLOTS) < 0)
		goto fail;
	mos_event_writer_init(&e->midi_events, &e->midi_log, NULL);
	mos_event_writer_init(&e->bus_events, &e->log, &e->events);
	if (mos_audio_tap_init(&e->tap, &regions->tap, rate_hz) < 0)
		goto fail;
	dll_reset(&e->dll, rate_hz);
	midi_state_init(&e->midi_state, MIDI_STATE_NO_GUITAR);
	kronos_init(&e->kronos, rate_hz, engine_on_kronos, e);
	apollo_init(&e->apollo, rate_hz);
	e->apollo.click_in_master = 1;
	e->anchor_ns = engine_now_ns();
	engine_publish_clock(e, 0);
	if (open_to_readers(regions) < 0)
		goto fail;
	return e;
fail:
	free(commands);
	free(answers);
	free(sounds);
	free(e);
	return NULL;
}

void engine_destroy(struct engine *e)
{
	if (!e)
		return;
	song_destroy((struct song *)e->kronos.map.song);
	if (e->apollo.bank)
		e->apollo.bank->destroy(e->apollo.bank);
	if (e->apollo.old_bank)
		e->apollo.old_bank->destroy(e->apollo.old_bank);
	free(e->commands.mem);
	free(e->answers.mem);
	free(e->sounds.mem);
	free(e);
}

int engine_send(struct engine *e, const struct engine_cmd *cmd)
{
	return spsc_push(&e->commands, cmd) < 0 ? -EAGAIN : 0;
}

int engine_receive(struct engine *e, struct engine_cmd *ret)
{
	return spsc_pop(&e->answers, ret);
}

void engine_pump(struct engine *e)
{
	if (__atomic_exchange_n(&e->inside, 1, __ATOMIC_ACQUIRE))
		return;
	e->driver_up = 0;
	e->dll.valid = 0;
	e->cycle_ns = engine_now_ns();
	e->anchor_ns = e->cycle_ns;
	e->anchor_frame = e->frame;
	engine_serve(e);
	engine_flush(e);
	engine_midi_snapshot(e);
	engine_publish_clock(e, 0);
	engine_bell(e);
	__atomic_store_n(&e->inside, 0, __ATOMIC_RELEASE);
}
