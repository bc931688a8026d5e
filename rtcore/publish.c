/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include <time.h>

#include <mos/ump.h>

#include "apollo/insert/insert.h"
#include "../shm/probe.h"
#include "rt_trusted.h"

int64_t engine_now_ns(void) MOS_RT
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t engine_frame_ns(const struct engine *e, uint64_t frame) MOS_RT
{
	return e->anchor_ns + (int64_t)((double)(int64_t)(frame - e->anchor_frame) * e->dll.frame_ns);
}

void engine_publish(struct engine *e, const struct mos_event *ev, uint32_t offset) MOS_RT
{
	struct mos_event out = *ev;
	uint32_t group = 1u << mos_event_group(ev->type);
	uint64_t seq;

	if (out.time_ns == 0)
		out.time_ns = (uint64_t)engine_frame_ns(e, e->frame + offset);
	seq = mos_event_publish(&e->events, &out, /* now_ns= */ 0);
	if (seq == 0) {
		engine_count(e, C_UNPUBLISHED, 1);
		return;
	}
	MOS_PROBE(publish, seq, out.type, out.source);
	engine_count(e, C_RT_PUBLISHED + (uint32_t)mos_event_type_index(out.type), 1);
	if (out.flags & MOS_EVENT_IMMEDIATE)
		e->groups_now |= group;
	else
		e->groups_lane |= group;
}

int engine_note_event(const uint32_t ump[2], struct mos_event *ev) MOS_RT
{
	uint32_t w = ump[0], type = w >> 28, status = w >> 20 & 15, vel7 = w & 127;
	uint16_t vel = (uint16_t)(type == 4 ? ump[1] >> 16 : mos_ump_scale_up(vel7, 7, 16));

	if ((type != 2 && type != 4) || (status != 8 && status != 9))
		return 0;
	if (type == 4 && status == 9 && vel == 0)
		vel = 1; /* in MIDI 2.0 a soft note, not its end */
	ev->type = status == 9 && vel ? MOS_EVENT_MIDI_NOTEON : MOS_EVENT_MIDI_NOTEOFF;
	ev->u.note = (struct mos_ev_note){.group = (uint8_t)(w >> 24 & 15),
		.channel = (uint8_t)(w >> 16 & 15),
		.key = (uint8_t)(w >> 8 & 127),
		.velocity = vel,
		.part = 0xffff};
	return 1;
}

void engine_publish_clock(struct engine *e, uint32_t quantum_frames) MOS_RT
{
	struct mos_clock c = {0};
	struct mos_clock_song song;

	kronos_clock(&e->kronos, &c);
	kronos_clock_song(&e->kronos, &song);
	c.frame = e->frame;
	c.time_ns = engine_frame_ns(e, e->frame);
	c.frame_ps = (uint64_t)(e->dll.frame_ns * 1000);
	c.quantum_frames = quantum_frames;
	c.cycle = e->cycle;
	if (e->driver_up)
		c.flags |= MOS_CLOCK_DRIVER_UP;
	else
		c.flags &= ~MOS_CLOCK_ROLLING;
	if (e->metronome)
		c.flags |= MOS_CLOCK_METRONOME;
	c.next_beat_ns = c.flags & MOS_CLOCK_ROLLING ? c.next_beat_ns + c.time_ns : 0;
	mos_clock_publish_song(e->page, &c, &song);
}

/* 20*log10 in thousandths, by the float's exponent and a cubic of its mantissa; error below 0.05 dB. */
static int64_t milli_db(float x) MOS_RT
{
	union {
		float f;
		uint32_t u;
	} v = {.f = x};
	float m, log2;

	if (x < 1e-6f)
		return -120000;
	m = (float)(v.u & 0x7fffff) / 8388608.0f;
	log2 = (float)((int32_t)(v.u >> 23) - 127) + m * (1.42286530f + m * (-0.58208536f + m * 0.15922006f));
	return (int64_t)(log2 * 6020.6f);
}

static void publish_sampler(struct engine *e) MOS_RT
{
	struct sampler_figures f = {0};

	if (e->sampler)
		sampler_figures(e->sampler, &f);
	mos_counter_set(e->counters, C_VOICES_MAX, f.peak_voices);
	mos_counter_set(e->counters, C_STOLEN, (int64_t)f.stolen);
	mos_counter_set(e->counters, C_STARVED, (int64_t)f.starved);
}

static void publish_workers(struct engine *e) MOS_RT
{
	struct workers_figures f = {0};

	if (e->workers)
		workers_figures(e->workers, &f);
	mos_counter_set(e->counters, C_WORKER_UNITS, (int64_t)f.units);
	mos_counter_set(e->counters, C_WORKER_LATE, (int64_t)f.late);
}

static void publish_clips(struct engine *e) MOS_RT
{
	struct clips_figures f;

	clips_figures(e->clips, &f);
	mos_counter_set(e->counters, C_CLIPS, f.sounding);
	mos_counter_set(e->counters, C_CLIPS_LATE, (int64_t)f.late);
}

void engine_publish_counters(struct engine *e) MOS_RT
{
	struct mos_counters *c = e->counters;
	double drift = (e->dll.frame_ns / e->dll.nominal_ns - 1) * 1e9, err = e->dll.error_ns;
	uint64_t abs_err = (uint64_t)(err < 0 ? -err : err);

	mos_counter_add(c, C_CYCLES, 1);
	mos_counter_sample(c, C_JITTER, abs_err);
	mos_counter_max(c, C_JITTER_MAX, abs_err);
	mos_counter_set(c, C_DLL_ERROR, (int64_t)err);
	mos_counter_set(c, C_RESYNCS, (int64_t)e->dll.resyncs);
	mos_counter_set(c, C_DRIFT, (int64_t)drift);
	mos_counter_set(c, C_DUPLICATES, (int64_t)e->kronos.duplicates);
	mos_counter_set(c, C_REFUSED, (int64_t)e->kronos.refused);
	mos_counter_set(c, C_RECOVERED, (int64_t)e->kronos.recovered);
	mos_counter_set(c, C_FOLLOW_LEADER, e->kronos.chase.leader);
	mos_counter_set(c, C_FOLLOW_ERROR, e->kronos.chase.is_heard ? e->kronos.chase.error_ns : 0);
	mos_counter_set(c, C_FOLLOW_LOST, (int64_t)e->kronos.chase.n_lost);
	mos_counter_set(c, C_FOLLOW_JUMPS, (int64_t)e->kronos.chase.n_jumps);
	mos_counter_set(c, C_DEFERRED, e->n_deferred);
	mos_counter_set(c, C_LIVE_WAITING, e->live.n_waiting);
	mos_counter_set(c, C_LIVE_DROPPED, (int64_t)e->live.dropped);
	mos_counter_set(c, C_VOICES, apollo_voices(&e->apollo));
	mos_counter_set(c, C_KEYS, apollo_keys_down(&e->apollo));
	mos_counter_set(c, C_NOTES, (int64_t)e->apollo.notes_on);
	publish_sampler(e);
	publish_workers(e);
	publish_clips(e);
	mos_counter_set(c, C_LIMITED, (int64_t)e->apollo.mix.limited);
	mos_counter_set(
		c, C_MIX_LATENCY, mix_latency(&e->apollo.mix, MIX_MASTER) + mix_latest(&e->apollo.mix));
	mos_counter_set(c, C_PEAK_L, milli_db(e->apollo.mix.peak_l));
	mos_counter_set(c, C_PEAK_R, milli_db(e->apollo.mix.peak_r));
	for (uint32_t i = 0; i < MOS_N_STRIPS; i++)
		mos_counter_set(c, C_STRIP_PEAK + i, milli_db(e->apollo.mix.strip[i].peak));
}

void engine_bell(struct engine *e) MOS_RT
{
	int ring = spsc_fill(&e->answers) > 0;

	mos_counter_set(e->counters, C_PUBLISHED, (int64_t)__atomic_load_n(&e->log.claim, __ATOMIC_RELAXED));
	if (e->bell_fd < 0)
		return;
	/* the releases pair with the bus thread's exchanges: who rings for an event has it to show */
	if (ring)
		__atomic_store_n(&e->wake_control, 1, __ATOMIC_RELEASE);
	if (e->groups_now) {
		__atomic_fetch_or(&e->wake_groups, e->groups_now, __ATOMIC_RELEASE);
		ring = 1;
	}
	/* TIM-08: the others wait for their frame; that something waits is told once */
	if (e->groups_lane && __atomic_fetch_or(&e->wake_lane, e->groups_lane, __ATOMIC_RELEASE) == 0)
		ring = 1;
	e->groups_now = e->groups_lane = 0;
	if (__atomic_load_n(&e->bus_waits, __ATOMIC_RELAXED)) {
		__atomic_store_n(&e->bus_waits, 0, __ATOMIC_RELAXED);
		ring = 1;
	}
	if (e->inserts && insert_bell_due(e->inserts))
		ring = 1;
	if (ring)
		trusted_ring(e->bell_fd);
}
