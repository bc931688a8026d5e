/* SPDX-License-Identifier: MIT */
/*
 * The audio cycle: serve, walk, render, publish, ring. Everything here and below is MOS_RT. DESIGN section 6.
 */
#include "engine.h"

#include <string.h>

#include "../shm/probe.h"

#define FLUSH_FRAMES 64u
#define PATIENCE_PART 8 /* of a cycle: so long a unit that the second worker is at is waited for */

/* What clients and MIDI input play is told when it comes; what calls play (apollo.note.play ...), when it
 * sounds. */
static void tell_called(struct engine *e, const struct block_event *b) MOS_RT
{
	struct mos_event ev = {.tick = INT64_MIN, .source = MOS_SOURCE_RTCORE, .flags = MOS_EVENT_IMMEDIATE};

	if (engine_note_event(b->ump, &ev))
		engine_publish(e, &ev, b->offset);
}

static void sound_score(struct engine *e, uint32_t offset, const uint32_t ump[2]) MOS_RT
{
	enum mos_gate_verdict verdict = mos_gate_pass(&e->sound_gate, ump, e->late_ns);
	uint32_t end[2];

	if (verdict == MOS_GATE_DROP)
		return;
	if (verdict == MOS_GATE_OFF_FIRST) {
		mos_gate_end_of(ump, end);
		apollo_ump(&e->apollo, offset, end);
	}
	MOS_PROBE(note_sounded, ump[0], ump[1], e->block.frame + offset);
	apollo_ump(&e->apollo, offset, ump);
}

/* To where the song goes. Controllers reach Apollo in any case: they cost nothing, and it knows where they are. */
static void play_score(struct engine *e, uint32_t offset, const uint32_t ump[2]) MOS_RT
{
	const struct mos_gate *a = &e->sound_gate, *b = &e->out.score.gate;
	uint64_t sent = a->n_sent + b->n_sent, late = a->n_late + b->n_late, dropped = a->n_dropped + b->n_dropped;
	struct mos_event ev;

	if (!(e->route & MOS_TL_NO_SOUND) || !engine_note_event(ump, &ev))
		sound_score(e, offset, ump);
	if (!(e->route & MOS_TL_NO_MIDI))
		engine_midi_out_notes(e, &e->out.score, offset, ump);
	engine_count(e, C_GATE_SENT, a->n_sent + b->n_sent != sent);
	engine_count(e, C_GATE_LATE, a->n_late + b->n_late != late);
	engine_count(e, C_GATE_DROPPED, a->n_dropped + b->n_dropped != dropped);
}

/* Play the block's packets up to and including those at `offset`. */
static void dispatch(struct engine *e, uint32_t offset) MOS_RT
{
	struct block *b = &e->block;
	uint32_t i;

	block_sort(b);
	for (i = 0; i < b->n_events && b->event[i].offset <= offset; i++) {
		const struct block_event *ev = &b->event[i];

		if (ev->origin == ORIGIN_ACTION) {
			engine_action(e, ev->offset, ev->ump[0], ev->ump[1]);
			continue;
		}
		if (ev->origin == ORIGIN_SCORE) {
			play_score(e, ev->offset, ev->ump);
			continue;
		}
		if (ev->origin == ORIGIN_OUTPUT) {
			midi_send_book(&e->send, ev);
			engine_midi_out_notes(e, &e->out.clients, ev->offset, ev->ump);
			continue;
		}
		if (ev->origin == ORIGIN_LIVE) {
			live_book(&e->live, ev);
			midi_state_packet(&e->midi_state, ev->ump);
			if (ev->source == MOS_SOURCE_RTCORE)
				tell_called(e, ev);
		}
		MOS_PROBE(note_sounded, ev->ump[0], ev->ump[1], b->frame + ev->offset);
		apollo_ump(&e->apollo, ev->offset, ev->ump);
		engine_midi_out(e, ev->offset, ev->ump);
	}
	memmove(b->event, b->event + i, (b->n_events - i) * sizeof(b->event[0]));
	b->n_events -= i;
}

void engine_add(struct engine *e, uint32_t offset, uint32_t word0, uint32_t word1, uint16_t source,
	uint8_t origin) MOS_RT
{
	struct block *b = &e->block;

	if (b->n_events == BLOCK_EVENTS_MAX)
		dispatch(e, offset); /* what comes from here on is not earlier */
	if (block_add(b, offset, word0, word1, source, origin) < 0)
		engine_count(e, C_LATE, 1);
}

void engine_make_room(struct engine *e) MOS_RT
{
	if (e->block.n_events > BLOCK_EVENTS_MAX / 2)
		dispatch(e, 0);
}

static int is_rolling(const struct engine *e) MOS_RT
{
	return e->kronos.state == MOS_TRANSPORT_PLAYING && !e->kronos.counting;
}

/* The audio input is heard through what is inserted in its strip, and not at all without: no feedback by accident. */
static void hear_input(struct engine *e, const struct driver_cycle *c, uint32_t first, uint32_t n) MOS_RT
{
	struct strip_bufs *b = &e->apollo.bufs;

	if (!mix_has_insert(&e->apollo.mix, APOLLO_INPUT_STRIP))
		return;
	for (uint32_t side = 0; side < 2; side++) {
		float *x = side ? b->r[APOLLO_INPUT_STRIP] : b->l[APOLLO_INPUT_STRIP];

		if (!c->in[side])
			continue;
		strip_touch(b, APOLLO_INPUT_STRIP, n);
		for (uint32_t i = 0; i < n; i++)
			x[i] += c->in[side][first + i];
	}
}

static void render_block(struct engine *e, struct driver_cycle *c, uint32_t first, uint32_t n) MOS_RT
{
	struct block *b = &e->block;

	b->frame = e->frame;
	b->n_frames = n;
	e->midi_out_base = first;
	apollo_begin(&e->apollo, e->frame);
	clips_begin(e->clips, &e->kronos.map, e->kronos.play.v, is_rolling(e));
	if (c->midi_in)
		engine_midi_in(e, c->midi_in, first, n);
	live_collect(&e->live, &e->kronos, b);
	midi_send_collect(&e->send, b);
	engine_tell_inserts(e, n);
	cycle_clock_stage(&e->cycle_clock, MOS_STAGE_collect);
	engine_timecode_block(e, n);
	kronos_block(&e->kronos, n);
	cycle_clock_stage(&e->cycle_clock, MOS_STAGE_walk);
	dispatch(e, n);
	apollo_play(&e->apollo, n);
	clips_render(e->clips, &e->kronos.map, e->kronos.play.v, is_rolling(e), &e->apollo.bufs, n);
	hear_input(e, c, first, n);
	cycle_clock_stage(&e->cycle_clock, MOS_STAGE_render);
	apollo_mix(
		&e->apollo, c->out[0] + first, c->out[1] + first, c->click ? c->click + first : NULL, n);
	cycle_clock_stage(&e->cycle_clock, MOS_STAGE_mix);
	e->frame += n;
}

void engine_serve(struct engine *e) MOS_RT
{
	struct engine_cmd cmd;

	apollo_begin(&e->apollo, e->frame);
	for (uint32_t i = 0; i < ENGINE_PER_CYCLE && spsc_pop(&e->commands, &cmd); i++)
		engine_request(e, &cmd);
	engine_ingress(e);
	/* release pairs with bus_turn(): who sees the number sees that the queue was emptied */
	__atomic_store_n(&e->serves, e->serves + 1, __ATOMIC_RELEASE);
}

static void be_silent(const struct driver_cycle *c) MOS_RT
{
	memset(c->out[0], 0, c->n_frames * sizeof(float));
	memset(c->out[1], 0, c->n_frames * sizeof(float));
	if (c->click)
		memset(c->click, 0, c->n_frames * sizeof(float));
}

static void give_up_cycle(struct engine *e, struct driver_cycle *c) MOS_RT
{
	__atomic_fetch_add(&e->skipped, 1, __ATOMIC_RELAXED); /* the counters are not ours now */
	be_silent(c);
}

/* Nothing is played, and what was stays where it was: only the MIDI output is told to let go. */
static void leave(struct engine *e, struct driver_cycle *c) MOS_RT
{
	int is_done;

	be_silent(c);
	e->midi_out = c->midi_out;
	e->midi_out_base = 0;
	engine_midi_clock_leave(e);
	is_done = engine_midi_out_leave(e);
	e->midi_out = NULL;
	if (is_done)
		c->leaves = 0;
}

static void retire(struct engine *e) MOS_RT
{
	struct instrument *done = apollo_retired(&e->apollo, e->frame);
	struct engine_cmd cmd = {.msg.op = ENGINE_OP_RETIRED, .ptr = done};

	if (done && spsc_push(&e->answers, &cmd) < 0)
		e->apollo.old_bank = done; /* no room for the answer: next cycle */
}

void engine_flush(struct engine *e) MOS_RT
{
	if (e->block.n_events == 0)
		return;
	dispatch(e, 0);
	apollo_play(&e->apollo, FLUSH_FRAMES);
	apollo_mix(&e->apollo, e->unheard[0], e->unheard[1], /* click= */ NULL, FLUSH_FRAMES);
	e->frame += FLUSH_FRAMES;
	retire(e);
}

/* What was heard and what is played, for programs that look at sound. */
static void tap(struct engine *e, const struct driver_cycle *c) MOS_RT
{
	const float *const channel[MOS_TAP_N_CHANNELS] = {c->in[0], c->in[1], c->out[0], c->out[1]};

	if (!e->tap.hdr)
		return;
	__atomic_store_n(&e->tap.hdr->in_latency_frames, c->in_latency_frames, __ATOMIC_RELAXED);
	mos_audio_tap_write(&e->tap, e->anchor_frame, channel, c->n_frames);
}

void engine_cycle(void *data, struct driver_cycle *c) MOS_RT
{
	struct engine *e = data;
	int64_t end_ns;
	uint64_t len_ns;

	/* acquire and release hand the engine from thread to thread; nobody waits for it */
	if (__atomic_exchange_n(&e->inside, 1, __ATOMIC_ACQUIRE)) {
		give_up_cycle(e, c);
		return;
	}
	if (c->leaves) {
		leave(e, c);
		__atomic_store_n(&e->inside, 0, __ATOMIC_RELEASE);
		return;
	}
	e->cycle_ns = engine_now_ns();
	e->cycle++;
	MOS_PROBE(cycle_begin, e->cycle, c->n_frames, c->late_ns, e->bell_fd);
	cycle_clock_begin(&e->cycle_clock,
		&(struct mos_cycle_times){.cycle = e->cycle,
			.begin_ns = e->cycle_ns,
			.late_ns = c->late_ns,
			.n_frames = c->n_frames});
	e->driver_up = 1;
	e->anchor_frame = e->frame;
	e->anchor_ns = dll_cycle(&e->dll, c->time_ns, c->n_frames);
	kronos_chase_now(&e->kronos, e->anchor_ns);
	e->midi_out = c->midi_out;
	e->midi_out_base = 0;
	e->late_ns = e->dll.lost_ns;
	engine_midi_out_begin(e);
	if (e->workers)
		workers_set_patience(e->workers, (int64_t)(c->n_frames * e->dll.nominal_ns / PATIENCE_PART));
	engine_midi_clock_listener(e);
	engine_serve(e);
	if (c->midi_in_ended)
		engine_midi_in_ended(e);
	kronos_chase_cycle(&e->kronos, c->n_frames, e->dll.frame_ns, e->dll.nominal_ns);
	kronos_time_cycle(&e->kronos, e->dll.frame_ns, e->dll.nominal_ns);
	cycle_clock_stage(&e->cycle_clock, MOS_STAGE_serve);
	engine_publish_clock(e, c->n_frames);
	cycle_clock_stage(&e->cycle_clock, MOS_STAGE_clock);
	for (uint32_t first = 0; first < c->n_frames; first += BLOCK_MAX)
		render_block(e, c, first, c->n_frames - first < BLOCK_MAX ? c->n_frames - first : BLOCK_MAX);
	e->midi_out = NULL;
	tap(e, c);
	engine_midi_snapshot(e);
	retire(e);
	engine_publish_counters(e);
	engine_count(e, C_BUSY, __atomic_exchange_n(&e->skipped, 0, __ATOMIC_RELAXED));
	if (c->xruns)
		engine_count(e, C_XRUNS, c->xruns);
	end_ns = engine_now_ns();
	engine_midi_in_figures(e, c, end_ns);
	len_ns = (uint64_t)((double)c->n_frames * e->dll.nominal_ns);
	mos_counter_sample(e->counters, C_CYCLE, (uint64_t)(end_ns - e->cycle_ns));
	mos_counter_sample(e->counters, C_WAKEUP, c->late_ns > 0 ? (uint64_t)c->late_ns : 0);
	mos_counter_set(e->counters, C_LOAD,
		(int64_t)((uint64_t)(end_ns - e->cycle_ns) * 1000 / (len_ns ? len_ns : 1)));
	if ((uint64_t)(end_ns - e->cycle_ns + c->late_ns) > len_ns) /* the sink may have read what was not yet written */
		engine_count(e, C_OVERRUNS, 1);
	cycle_clock_stage(&e->cycle_clock, MOS_STAGE_publish);
	engine_bell(e);
	MOS_PROBE(cycle_end, e->cycle, end_ns - e->cycle_ns, len_ns);
	cycle_clock_end(&e->cycle_clock, (uint64_t)(end_ns - e->cycle_ns), len_ns);
	__atomic_store_n(&e->inside, 0, __ATOMIC_RELEASE);
}
