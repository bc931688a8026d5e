/* SPDX-License-Identifier: MIT */
/* What the audio thread does for control's commands, and what it makes of what Kronos meets. */
#include "engine.h"

#include <errno.h>
#include <string.h>

#define CHASE_EVENTS 256u /* looked at where a jump leads */
#define AT_EVENT (1u << 31) /* of a jump's event index, which has 24 bits: it leads to the very tick of that event */

#define NOTE_MAX_S 3600u /* no note of a call begins or lasts longer than an hour from now */

static void answer(struct engine *e, struct engine_cmd *cmd, int status) MOS_RT
{
	cmd->msg.status = status;
	/* control never has more commands on the way than this queue holds, so there is room */
	(void)spsc_push(&e->answers, cmd);
}

/* states that have an event of their own beside transport:state */
static const uint32_t state_event[MOS_TRANSPORT_N_STATES] = {
	[MOS_TRANSPORT_PLAYING] = MOS_EVENT_TRANSPORT_PLAY,
	[MOS_TRANSPORT_PAUSED] = MOS_EVENT_TRANSPORT_PAUSE,
	[MOS_TRANSPORT_STOPPED] = MOS_EVENT_TRANSPORT_STOP,
};

static void publish_transport(struct engine *e, const struct kronos_event *k) MOS_RT
{
	struct mos_event ev = {.tick = k->tick, .source = MOS_SOURCE_RTCORE, .flags = MOS_EVENT_IMMEDIATE};

	ev.u.transport = (struct mos_ev_transport){.state = k->state,
		.old_state = k->old_state,
		.reason = k->reason,
		.error = k->error,
		.from_tick = k->from_tick,
		.to_tick = k->tick,
		.frame = e->frame + k->offset};
	if (k->error) {
		ev.type = MOS_EVENT_TRANSPORT_ERROR;
		engine_publish(e, &ev, k->offset);
	}
	if (k->error && k->reason == MOS_REASON_LEADER)
		return; /* nothing has changed yet */
	if (k->state == k->old_state && !k->error) {
		ev.type = MOS_EVENT_TRANSPORT_SEEK;
		engine_publish(e, &ev, k->offset);
		return;
	}
	ev.type = MOS_EVENT_TRANSPORT_STATE;
	engine_publish(e, &ev, k->offset);
	if (k->state < MOS_TRANSPORT_N_STATES && state_event[k->state]) {
		ev.type = state_event[k->state];
		engine_publish(e, &ev, k->offset);
	}
}

static void publish_note(struct engine *e, const struct kronos_event *k) MOS_RT
{
	struct mos_event ev = {.tick = k->tick, .source = MOS_SOURCE_SCORE, .flags = MOS_EVENT_SCHEDULED};

	if (!engine_note_event(k->event->ump, &ev))
		return;
	ev.u.note.part = k->event->part;
	ev.u.note.instance = k->event->note_id;
	engine_publish(e, &ev, k->offset);
}

static void publish_beat(struct engine *e, const struct kronos_event *k) MOS_RT
{
	struct mos_event ev = {.tick = k->tick,
		.type = MOS_EVENT_METRONOME_BEAT,
		.source = MOS_SOURCE_RTCORE,
		.flags = MOS_EVENT_IMMEDIATE};

	ev.u.beat = (struct mos_ev_beat){.measure = k->bbt.measure,
		.beat = (uint16_t)k->bbt.beat,
		.meter_num = k->bbt.num,
		.meter_den = k->bbt.den,
		.accent = k->strength,
		.flags = k->count_in,
		.ns_per_quarter = k->npq};
	engine_count(e, C_TICKS, 1);
	engine_publish(e, &ev, k->offset);
	if (k->bbt.num != e->meter_num || k->bbt.den != e->meter_den) {
		e->meter_num = k->bbt.num;
		e->meter_den = k->bbt.den;
		ev.type = MOS_EVENT_METER_CHANGE;
		engine_publish(e, &ev, k->offset);
	}
	if (k->bbt.beat == 0 && !k->count_in) {
		ev.type = MOS_EVENT_TRANSPORT_MEASURE;
		ev.flags = 0;
		engine_publish(e, &ev, k->offset);
	}
}

static void publish_loop(struct engine *e, const struct kronos_event *k) MOS_RT
{
	const struct walk_map *m = &e->kronos.map;
	struct mos_event ev = {.tick = k->tick,
		.type = MOS_EVENT_TRANSPORT_LOOP,
		.source = MOS_SOURCE_RTCORE,
		.flags = MOS_EVENT_IMMEDIATE};

	ev.u.loop = (struct mos_ev_loop){.start_tick = m->loop ? m->loop_start : 0,
		.end_tick = m->loop ? m->loop_end : 0,
		.active = (uint32_t)m->loop,
		.count = e->kronos.play.loops};
	engine_publish(e, &ev, k->offset);
}

/* Something to be done between the packets of the block, at its place. */
static void mark(struct engine *e, const struct kronos_event *k, uint32_t action, uint32_t value) MOS_RT
{
	struct block_event *last = e->block.n_events ? &e->block.event[e->block.n_events - 1] : NULL;

	if ((action == ACTION_JUMP || action == ACTION_CHASE) && last && last->origin == ORIGIN_ACTION &&
		last->ump[0] == action && last->offset == k->offset)
		last->ump[1] = value; /* jumped twice at one frame: the last one counts */
	else
		engine_add(e, k->offset, action, value, MOS_SOURCE_RTCORE, ORIGIN_ACTION);
}

/* Stopped, ended, unloaded, replaced: where the song asks for it, the MIDI output's controllers are put back. The
 * gate's policy is still that of the song that played. */
static int is_way_out(const struct engine *e, const struct kronos_event *k) MOS_RT
{
	return e->out.score.gate.policy.panic &&
	       (k->old_state == MOS_TRANSPORT_PLAYING || k->old_state == MOS_TRANSPORT_PAUSED) &&
	       (k->state == MOS_TRANSPORT_STOPPED || k->state == MOS_TRANSPORT_READY ||
		       k->state == MOS_TRANSPORT_IDLE);
}

static int lies_on_event(const struct engine *e, const struct kronos_event *k) MOS_RT
{
	const struct song *s = e->kronos.map.song;

	return s && k->index < s->tl.n_event && s->tl.event[k->index].tick == k->tick;
}

/* States from which playing goes on where it was. */
static int may_go_on(uint8_t state) MOS_RT
{
	return state == MOS_TRANSPORT_PLAYING || state == MOS_TRANSPORT_PAUSED ||
	       state == MOS_TRANSPORT_LOADING;
}

void engine_on_kronos(void *data, const struct kronos_event *k) MOS_RT
{
	struct engine *e = data;
	struct mos_event ev = {.tick = k->tick, .source = MOS_SOURCE_RTCORE, .flags = MOS_EVENT_IMMEDIATE};

	engine_midi_clock_on_kronos(e, k);
	switch (k->what) {
	case KRONOS_EVENT:
		engine_count(e, C_EVENTS_DUE, 1);
		engine_add(e, k->offset, k->event->ump[0], k->event->ump[1], MOS_SOURCE_SCORE, ORIGIN_SCORE);
		break;
	case KRONOS_ANNOUNCE:
		publish_note(e, k);
		break;
	case KRONOS_BEAT:
		publish_beat(e, k);
		if (e->metronome || k->count_in)
			mark(e, k, ACTION_CLICK, k->strength);
		break;
	case KRONOS_CLOCK:
		break;
	case KRONOS_TEMPO:
		ev.type = MOS_EVENT_TEMPO_CHANGE;
		ev.u.tempo = (struct mos_ev_tempo){.ns_per_quarter = k->npq,
			.old_ns_per_quarter = k->old_npq,
			.source = k->index,
			.rate_ppm = e->kronos.map.rate_ppm};
		engine_publish(e, &ev, k->offset);
		break;
	case KRONOS_KEY:
		ev.type = MOS_EVENT_KEY_CHANGE;
		ev.u.key = (struct mos_ev_key){.fifths = e->kronos.map.song->tl.key[k->index].fifths,
			.minor = e->kronos.map.song->tl.key[k->index].minor};
		engine_publish(e, &ev, k->offset);
		break;
	case KRONOS_JUMP:
		if (k->reason != MOS_REASON_LOOP) /* live_collect() knows of the loop's end before */
			live_jump(&e->live, k->tick, e->frame);
		clips_jump(e->clips, k->offset, e->kronos.play.v, k->is_seamless ? 0 : APOLLO_SCORE_CHANNELS);
		mark(e, k, k->is_seamless ? ACTION_CHASE : ACTION_JUMP,
			k->index | (lies_on_event(e, k) ? AT_EVENT : 0));
		break;
	case KRONOS_SILENCE:
		live_jump(&e->live, INT64_MIN, e->frame);
		clips_stop(e->clips, k->offset, APOLLO_SCORE_CHANNELS);
		mark(e, k, ACTION_SILENCE, 0);
		break;
	case KRONOS_STATE:
		publish_transport(e, k);
		if (k->reason == MOS_REASON_END_OF_SCORE) {
			clips_stop(e->clips, k->offset, 0);
			mark(e, k, ACTION_END, 0);
		} else if (k->state != k->old_state && !may_go_on(k->state)) {
			live_jump(&e->live, INT64_MAX, e->frame);
		}
		if (is_way_out(e, k))
			mark(e, k, ACTION_SWEEP, 0);
		break;
	case KRONOS_LOOP:
		publish_loop(e, k);
		break;
	}
}

/* The score's notes that sound at Apollo are no longer its gate's. */
static void forget_sound(struct engine *e) MOS_RT
{
	mos_gate_init(&e->sound_gate, e->sound_gate.policy);
}

/* Release the score's keys: what is released rings out. */
static void release_sound(struct engine *e, uint32_t offset) MOS_RT
{
	for (uint32_t ch = 0; ch < APOLLO_SCORE_CHANNELS; ch++)
		if (e->apollo.keys[ch][0] | e->apollo.keys[ch][1]) {
			uint32_t ump[2] = {ump_cv1((uint8_t)(ch / 16), 0xb0, (uint8_t)(ch % 16), 123, 0), 0};

			apollo_ump(&e->apollo, offset, ump);
		}
	forget_sound(e);
}

static void leave_to(struct chan_values *chase, const struct chan_values *heard, const struct chan_msg *m) MOS_RT
{
	switch (m->status) {
	case 0xb:
		chase->cc[m->d1] = heard->cc[m->d1];
		break;
	case 0xc:
		chase->program = heard->program;
		chase->bank_msb = heard->bank_msb;
		chase->bank_lsb = heard->bank_lsb;
		break;
	case 0xd:
		chase->pressure = heard->pressure;
		break;
	case 0xe:
		chase->bend = heard->bend;
		break;
	default:
		break;
	}
}

/* What the events at the jump's very place will tell, the chase need not: a bar's number is sent once. */
static void leave_to_events(struct engine *e, uint32_t event) MOS_RT
{
	const struct mos_timeline *tl = &e->kronos.map.song->tl;
	uint32_t n = tl->n_event - event;
	struct chan_msg m;

	for (uint32_t i = event; i < event + (n < CHASE_EVENTS ? n : CHASE_EVENTS); i++) {
		const struct mos_tl_event *ev = &tl->event[i];

		if (ev->tick != tl->event[event].tick || ev->order == MOS_TL_NOTE_ON)
			break;
		if (chan_decode(ev->ump, &m) == 0)
			leave_to(&e->chase.channel[m.channel].v, &e->out.heard[m.channel].v, &m);
	}
}

void engine_action(struct engine *e, uint32_t offset, uint32_t action, uint32_t value) MOS_RT
{
	switch (action) {
	case ACTION_CLICK:
		apollo_click(&e->apollo, offset, (uint16_t)value);
		break;
	case ACTION_END: /* notes without an end are released; what was released rings out */
		live_jump(&e->live, INT64_MAX, e->frame);
		release_sound(e, offset);
		engine_midi_out_release(e, offset, /* sweep= */ 0);
		break;
	case ACTION_SILENCE:
		apollo_kill(&e->apollo, offset, 0, APOLLO_SCORE_CHANNELS);
		forget_sound(e);
		engine_midi_out_release(e, offset, /* sweep= */ 0);
		break;
	case ACTION_JUMP:
		apollo_kill(&e->apollo, offset, 0, APOLLO_SCORE_CHANNELS);
		forget_sound(e);
		engine_midi_out_release(e, offset, /* sweep= */ 0);
		[[fallthrough]];
	case ACTION_CHASE:
		if (e->kronos.map.song) {
			song_chase_to(e->kronos.map.song, value & ~AT_EVENT, &e->chase);
			apollo_chase(&e->apollo, offset, &e->chase);
			if (value & AT_EVENT)
				leave_to_events(e, value & ~AT_EVENT);
			engine_midi_out_chase(e, offset, e->chase.channel);
		}
		break;
	case ACTION_SWEEP:
		engine_midi_out_release(e, offset, /* sweep= */ 1);
		break;
	case ACTION_ROUTE:
		if (value & MOS_TL_NO_SOUND)
			release_sound(e, offset);
		if (value & MOS_TL_NO_MIDI)
			engine_midi_out_release(e, offset, /* sweep= */ 0);
		engine_midi_out_chase(e, offset, e->apollo.channel);
		break;
	case ACTION_MIDI:
		engine_midi_out(e, offset, (const uint32_t[]){value, 0});
		break;
	default:
		break;
	}
}

/* Frames of a length given in ticks or ns. */
static uint64_t frames_of(const struct engine *e, uint64_t len, uint32_t unit) MOS_RT
{
	unsigned __int128 frames;

	if (unit == MOS_UNIT_TICKS)
		return kronos_ticks_to_frames(&e->kronos, len);
	frames = (unsigned __int128)len * e->rate_hz / 1000000000u;
	return frames > UINT64_MAX ? UINT64_MAX : (uint64_t)frames;
}

/* A packet of our own on the live group, at the next frame. */
static void live_now(struct engine *e, uint8_t status, uint8_t channel, uint8_t d1, uint8_t d2) MOS_RT
{
	engine_add(e, 0, ump_cv1(MOS_GROUP_LIVE, status, channel, d1, d2), 0, MOS_SOURCE_RTCORE, ORIGIN_LIVE);
}

static void cutoff(struct engine *e) MOS_RT
{
	live_purge(&e->live, APOLLO_CHORD_CHANNEL % 16);
	live_now(e, 0xb0, APOLLO_CHORD_CHANNEL % 16, 120, 0);
}

static int note_is_valid(const struct engine *e, const struct mos_rtctl_msg *msg, uint64_t at) MOS_RT
{
	uint64_t limit = (uint64_t)e->rate_hz * NOTE_MAX_S, last;
	uint32_t n = msg->u.note.n_keys;

	if (n < 1 || n > MOS_RTCTL_KEYS_MAX || msg->u.note.channel > 15 || msg->u.note.velocity == 0)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (msg->u.note.keys[i] > 127)
			return 0;
	return !__builtin_mul_overflow(msg->u.note.step, n - 1u, &last) &&
	       frames_of(e, last, msg->u.note.step_unit) <= limit &&
	       frames_of(e, msg->u.note.len, msg->u.note.len_unit) <= limit && at - e->frame <= limit;
}

/* A note, a chord or a melody: all onsets and ends are fixed here, in frames, each by itself: no drift. */
static int note(struct engine *e, struct mos_rtctl_msg *msg) MOS_RT
{
	uint64_t at = msg->u.note.at_frame < e->frame ? e->frame : msg->u.note.at_frame, len, on, off;
	uint8_t ch = msg->u.note.channel;
	uint32_t w, n = msg->u.note.n_keys;

	if (!note_is_valid(e, msg, at))
		return -EINVAL;
	if (e->live.n_waiting + 2u * n > LIVE_WAITING)
		return -EAGAIN;
	if (msg->u.note.role == MOS_ROLE_CHORD) { /* the chord before it ends here (APO-22) */
		ch = APOLLO_CHORD_CHANNEL % 16;
		cutoff(e);
	}
	len = frames_of(e, msg->u.note.len, msg->u.note.len_unit);
	msg->u.note.at_frame = at;
	for (uint32_t i = 0; i < n; i++) {
		on = frames_of(e, msg->u.note.step * i, msg->u.note.step_unit);
		off = msg->u.note.len == msg->u.note.step && msg->u.note.len_unit == msg->u.note.step_unit
			      ? frames_of(e, msg->u.note.step * (i + 1), msg->u.note.step_unit)
			      : /* legato, without a gap */
			      on + len;
		off += off == on;
		w = 0x40000000u | MOS_GROUP_LIVE << 24 | (uint32_t)ch << 16 |
		    (uint32_t)msg->u.note.keys[i] << 8;
		(void)live_at_frame(&e->live, at + on, w | 0x900000u, (uint32_t)msg->u.note.velocity << 16,
			MOS_SOURCE_RTCORE);
		(void)live_at_frame(&e->live, at + off, w | 0x800000u, 0, MOS_SOURCE_RTCORE);
	}
	return 0;
}

/* Everything silent, pedals of live channels up; the score's controllers stay, since the score goes on. */
static void panic(struct engine *e) MOS_RT
{
	live_purge(&e->live, UINT32_MAX);
	for (uint8_t ch = 0; ch < APOLLO_CHANNELS; ch++)
		engine_add(e, 0, ump_cv1(ch / 16, 0xb0, ch % 16, 120, 0), 0, MOS_SOURCE_RTCORE, ORIGIN_LIVE);
	for (uint8_t ch = 0; ch < 16; ch++)
		live_now(e, 0xb0, ch, 121, 0);
	engine_add(e, 0, ACTION_SILENCE, 0, MOS_SOURCE_RTCORE, ORIGIN_ACTION);
}

static int is_number(float x) MOS_RT
{
	return x - x == 0; /* neither NaN nor infinite */
}

/* 10^(db/20) without libm: e^x by squaring its small part. Good to 1e-4. */
static float db_to_gain(float db) MOS_RT
{
	float x = db * 0.11512925f / 64, y = 1 + x + x * x / 2 + x * x * x / 6;

	for (int i = 0; i < 6; i++)
		y *= y;
	return db <= -90 ? 0 : db == 0 ? 1 : y;
}

static int strip(struct engine *e, const struct mos_rtctl_msg *msg) MOS_RT
{
	struct mixer *m = &e->apollo.mix;
	uint32_t mask = msg->u.strip.mask, i = msg->u.strip.strip;
	float db = msg->u.strip.gain_db, pan = msg->u.strip.pan;

	if ((mask & 1 && !is_number(db)) || (mask & 2 && !is_number(pan)) ||
		(i != UINT32_MAX && i >= MOS_N_STRIPS))
		return -EINVAL;
	db = db < -90 ? -90 : db > 24 ? 24 : db;
	if (i == UINT32_MAX) {
		if (mask & ~1u)
			return -EINVAL;
		if (mask & 1)
			m->master_gain = db_to_gain(db);
		return 0;
	}
	if (mask & 1)
		m->strip[i].gain = db_to_gain(db);
	if (mask & 2)
		m->strip[i].pan = pan < -1 ? -1 : pan > 1 ? 1 : pan;
	if (mask & 4)
		m->strip[i].mute = msg->u.strip.mute != 0;
	if (mask & 8)
		m->strip[i].solo = msg->u.strip.solo != 0;
	mix_update(m);
	return 0;
}

static int metronome(struct engine *e, const struct mos_rtctl_msg *msg) MOS_RT
{
	float db = msg->u.metronome.gain_db;

	if (!is_number(db))
		return -EINVAL;
	e->metronome = msg->u.metronome.on != 0;
	e->apollo.click_gain = 0.5f * db_to_gain(db < -90 ? -90 : db > 12 ? 12 : db);
	return 0;
}

static int program(struct engine *e, const struct mos_rtctl_msg *msg) MOS_RT
{
	uint8_t g = msg->u.program.group, ch = msg->u.program.channel;

	if (g >= MOS_N_GROUPS || ch > 15 || msg->u.program.program > 127 || msg->u.program.bank > 127)
		return -EINVAL;
	engine_add(e, 0, ump_cv1(g, 0xb0, ch, 0, msg->u.program.bank), 0, MOS_SOURCE_RTCORE, ORIGIN_LIVE);
	engine_add(e, 0, ump_cv1(g, 0xc0, ch, msg->u.program.program, 0), 0, MOS_SOURCE_RTCORE, ORIGIN_LIVE);
	return 0;
}

/* @return what goes back to control: the one before, or what has no place. */
static struct insert *swap_insert(
	struct engine *e, const struct mos_rtctl_msg *msg, struct insert *next, struct align *align) MOS_RT
{
	struct insert **slot = mix_slot(&e->apollo.mix, msg->u.insert.strip, msg->u.insert.slot), *old;

	if (!slot)
		return next;
	if (!e->apollo.mix.align)
		e->apollo.mix.align = align;
	old = insert_swap(slot, next);
	mix_update(&e->apollo.mix);
	if (next)
		apollo_inserted(&e->apollo, msg->u.insert.strip);
	if (!mix_has_insert(&e->apollo.mix, APOLLO_INPUT_STRIP)) /* the audio input is heard no more: it fades */
		mix_killed(&e->apollo.mix, APOLLO_INPUT_STRIP, 0);
	return old;
}

static int place_clip(const struct engine *e, struct mos_rtctl_clip *clip) MOS_RT
{
	const struct walk_map *m = &e->kronos.map;

	if (!m->song || clip->start_tick < 0 || clip->start_tick > UINT32_MAX)
		return -EINVAL;
	clip->start_tick = walk_tick_of(m, (uint32_t)clip->start_tick, 0, 0);
	if (clip->end_tick >= 0 && clip->end_tick <= UINT32_MAX)
		clip->end_tick = walk_tick_of(m, (uint32_t)clip->end_tick, 0, 0);
	return clip->start_tick < 0 || clip->end_tick <= clip->start_tick ? -EINVAL : 0;
}

static void publish_loaded(struct engine *e) MOS_RT
{
	const struct song *s = e->kronos.map.song;
	struct mos_event ev = {.tick = 0,
		.type = MOS_EVENT_SCORE_LOADED,
		.source = MOS_SOURCE_RTCORE,
		.flags = MOS_EVENT_IMMEDIATE};

	if (s)
		ev.u.score = (struct mos_ev_score){
			.timeline_id = s->tl.id, .end_tick = s->tl.end_tick, .n_events = s->tl.n_event};
	engine_publish(e, &ev, 0);
}

/* @return status; `later` 1: no answer now. */
static int execute(struct engine *e, struct engine_cmd *cmd, int *later) MOS_RT
{
	struct mos_rtctl_msg *msg = &cmd->msg;
	int r = 0;

	switch (msg->op) {
	case ENGINE_OP_LOADING:
		kronos_loading(&e->kronos);
		break;
	case ENGINE_OP_LOAD_FAILED:
		kronos_load_failed(&e->kronos);
		break;
	case ENGINE_OP_SONG:
		cmd->ptr =
			(void *)kronos_swap(&e->kronos, cmd->ptr, (int)(msg->u.load.flags & MOS_LOAD_UPDATE));
		engine_take_policy(e);
		if (msg->u.load.flags & MOS_LOAD_UPDATE)
			engine_end_orphans(e);
		publish_loaded(e);
		break;
	case ENGINE_OP_BANK:
		cmd->ptr = apollo_set_bank(&e->apollo, cmd->ptr, e->frame);
		e->sampler = (const struct sampler *)(uintptr_t)cmd->arg;
		break;
	case ENGINE_OP_FX:
	case MOS_RTCTL_FX:
		r = mix_fx_set(&e->apollo.mix, msg->u.fx.strip, msg->u.fx.unit, msg->u.fx.param, msg->u.fx.value);
		break;
	case ENGINE_OP_CLIPS:
		e->clips = cmd->ptr;
		break;
	case ENGINE_OP_CLIP_PLACE:
		r = place_clip(e, &msg->u.clip);
		break;
	case ENGINE_OP_CLIP:
		r = clips_add(e->clips, cmd->ptr);
		break;
	case ENGINE_OP_CLIP_REMOVE:
		cmd->ptr = clips_remove(e->clips, (uint32_t)cmd->arg);
		break;
	case ENGINE_OP_INSERT:
		cmd->ptr = swap_insert(e, msg, cmd->ptr, (struct align *)(uintptr_t)cmd->arg);
		break;
	case ENGINE_OP_RESUME:
		r = engine_resume(e, cmd->ptr);
		break;
	case ENGINE_OP_MIDI_RETELL:
		engine_midi_out_retell(e);
		break;
	case ENGINE_OP_MIDI_HOLD:
		if (cmd->arg != HOLD_ON)
			engine_midi_out_hold(e, cmd->arg == HOLD_BEGIN);
		break;
	case MOS_RTCTL_NOTE:
		r = note(e, msg);
		break;
	case MOS_RTCTL_CUTOFF:
		cutoff(e);
		break;
	case MOS_RTCTL_PANIC:
		panic(e);
		break;
	case MOS_RTCTL_PROGRAM:
		r = program(e, msg);
		break;
	case MOS_RTCTL_STRIP:
		r = strip(e, msg);
		break;
	case MOS_RTCTL_METRONOME:
		r = metronome(e, msg);
		break;
	case MOS_RTCTL_MIDI_CLOCK:
		engine_midi_clock(e, msg->u.midi_clock.on != 0);
		break;
	case MOS_RTCTL_TIMECODE:
		r = engine_timecode(e, msg->u.timecode.rate);
		break;
	case MOS_RTCTL_FOLLOW:
		r = engine_follow(e, msg);
		break;
	case MOS_RTCTL_LEAD:
		r = e->kronos.chase.leader != MOS_LEADER_LINK ? -EPERM : kronos_lead(&e->kronos, &msg->u.lead);
		if (r == 0)
			kronos_follow_state(&e->kronos, &msg->u.follow_state);
		break;
	case MOS_RTCTL_FOLLOW_GET:
		kronos_follow_state(&e->kronos, &msg->u.follow_state);
		break;
	default:
		r = kronos_request(&e->kronos, msg, e->driver_up);
		if (r == -EAGAIN) {
			if (e->n_deferred == ENGINE_DEFERRED) {
				r = -EBUSY;
				break;
			}
			e->deferred[e->n_deferred++] = *cmd;
			*later = 1;
			break;
		}
		engine_count(e, C_COMMANDS, 1);
		if (msg->op == MOS_RTCTL_STOP && r == 0) /* also when nothing played */
			live_jump(&e->live, INT64_MAX, e->frame);
		if (msg->op == MOS_RTCTL_SEEK)
			mos_counter_sample(e->counters, C_SEEK, (uint64_t)(engine_now_ns() - cmd->sent_ns));
		break;
	}
	return r;
}

/* What came while the score was loading, in its order. */
static void run_deferred(struct engine *e) MOS_RT
{
	uint32_t n = e->n_deferred;

	e->n_deferred = 0;
	for (uint32_t i = 0; i < n; i++)
		engine_request(e, &e->deferred[i]);
}

void engine_request(struct engine *e, struct engine_cmd *cmd) MOS_RT
{
	int later = 0, r = execute(e, cmd, &later);

	if (!later)
		answer(e, cmd, r);
	if (cmd->msg.op == ENGINE_OP_SONG || cmd->msg.op == ENGINE_OP_LOAD_FAILED)
		run_deferred(e);
}
