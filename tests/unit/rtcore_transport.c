/* SPDX-License-Identifier: MIT */
/*
 * The transport's states, against a model that knows nothing of ticks and walkers: at 48 kHz and 120 BPM one
 * tick is exactly 25 frames, so the model counts frames.
 */
#include <errno.h>
#include <stdlib.h>

#include "rtcore_fixture.h"

#define RATE 48000
#define TICK_FRAMES 25
#define N_STATES MOS_TRANSPORT_N_STATES

/* The table as people read it: row from, column to; idle loading ready playing paused stopped. */
static const char legal[N_STATES][N_STATES + 1] = {
	[MOS_TRANSPORT_IDLE] = ".L....",
	[MOS_TRANSPORT_LOADING] = "I.R..S",
	[MOS_TRANSPORT_READY] = "IL.P..",
	[MOS_TRANSPORT_PLAYING] = "I.R.pS",
	[MOS_TRANSPORT_PAUSED] = "I.RP.S",
	[MOS_TRANSPORT_STOPPED] = "ILRP..",
};

Test(transport, table, .description = "KRO-03 KRO-12: six states, the legal changes and no other")
{
	for (uint8_t from = 0; from < N_STATES; from++)
		for (uint8_t to = 0; to < N_STATES; to++)
			cr_expect_eq(kronos_legal(from, to), legal[from][to] != '.', "%s -> %s",
				mos_transport_state_name(from), mos_transport_state_name(to));
	cr_expect_not(kronos_legal(N_STATES, 0));
	cr_expect_not(kronos_legal(0, N_STATES));
	cr_expect_not(kronos_legal(255, 255));
}

/* What has to be true, in frames. */
struct model {
	int state, before;
	int has_song;
	int64_t pos, end, loop_start, loop_end; /**< loop_end 0: no loop */
	uint32_t duplicates, refused;
	struct mos_rtctl_msg queue[ENGINE_DEFERRED];
	uint32_t n_queue;
};

/* Answers in order of completion. */
struct expect {
	uint32_t id[4 * ENGINE_DEFERRED];
	int status[4 * ENGINE_DEFERRED];
	uint32_t n;
};

static void expect_answer(struct expect *x, uint32_t id, int status)
{
	x->id[x->n] = id;
	x->status[x->n++] = status;
}

static int model_play(struct model *m, int restart)
{
	if (m->state == MOS_TRANSPORT_PLAYING && !restart)
		return m->duplicates++, 0;
	if (m->state == MOS_TRANSPORT_IDLE)
		return -EPERM;
	if (restart)
		m->pos = m->loop_end ? m->loop_start : 0;
	else if (m->pos >= m->end)
		m->pos = 0;
	m->state = MOS_TRANSPORT_PLAYING;
	return 0;
}

static int model_stop(struct model *m)
{
	int rolls = m->state == MOS_TRANSPORT_PLAYING || m->state == MOS_TRANSPORT_PAUSED;

	m->pos = 0;
	if (rolls)
		m->state = MOS_TRANSPORT_STOPPED;
	else
		m->duplicates++;
	return 0;
}

static int model_loop(struct model *m, const struct mos_rtctl_msg *msg)
{
	int64_t a = msg->u.loop.start_tick * TICK_FRAMES, b = msg->u.loop.end_tick * TICK_FRAMES;

	if (!msg->u.loop.active) {
		m->loop_end = 0;
		return 0;
	}
	if (!m->has_song)
		return -EPERM;
	if (a < 0 || b > m->end)
		return -ERANGE;
	if (b - a < 60 * TICK_FRAMES)
		return -EINVAL;
	m->loop_start = a;
	m->loop_end = b;
	return 0;
}

static int model_command(struct model *m, const struct mos_rtctl_msg *msg)
{
	int r = -EPERM;

	switch (msg->op) {
	case MOS_RTCTL_PLAY:
		r = model_play(m, msg->u.play.flags & MOS_PLAY_RESTART);
		break;
	case MOS_RTCTL_PAUSE:
		if (m->state == MOS_TRANSPORT_PAUSED)
			r = 0, m->duplicates++;
		else if (m->state == MOS_TRANSPORT_PLAYING)
			r = 0, m->state = MOS_TRANSPORT_PAUSED;
		break;
	case MOS_RTCTL_STOP:
		return model_stop(m);
	case MOS_RTCTL_SEEK:
		if (m->state == MOS_TRANSPORT_IDLE)
			break;
		r = -ERANGE;
		if (msg->u.seek.tick >= 0 && msg->u.seek.tick * TICK_FRAMES <= m->end)
			r = 0, m->pos = msg->u.seek.tick * TICK_FRAMES;
		break;
	case MOS_RTCTL_LOOP:
		r = model_loop(m, msg);
		break;
	default:
		cr_assert_fail("no such command in the model");
	}
	m->refused += r == -EPERM;
	return r;
}

static void model_advance(struct model *m, int64_t n)
{
	int64_t k;

	while (m->state == MOS_TRANSPORT_PLAYING && n > 0) {
		k = (m->loop_end && m->pos < m->loop_end ? m->loop_end : m->end) - m->pos;
		if (k >= n) {
			m->pos += n;
			return;
		}
		n -= k;
		if (m->loop_end && m->pos < m->loop_end) {
			m->pos = m->loop_start;
		} else {
			m->pos = 0;
			m->state = MOS_TRANSPORT_STOPPED;
		}
	}
}

/* A random song of 100..3000 ticks with some notes. */
static struct song *random_song(uint64_t *rng, int64_t *ret_end)
{
	struct score s = score_at(MOS_NPQ_120, rnd(rng, 100, 3000));

	for (int i = 0; i < 8; i++)
		score_note(&s, rnd(rng, 0, s.end_tick - 40), 40, (uint32_t)rnd(rng, 0, 47), (uint8_t)(60 + i),
			20);
	*ret_end = s.end_tick * TICK_FRAMES;
	return score_song(&s);
}

static void model_deferred(struct model *m, struct expect *x)
{
	for (uint32_t i = 0; i < m->n_queue; i++)
		expect_answer(x, m->queue[i].id, model_command(m, &m->queue[i]));
	m->n_queue = 0;
}

/* Send one random thing to both. */
static void random_command(struct rig *r, struct model *m, struct expect *x, uint64_t *rng)
{
	static const uint32_t ops[] = {MOS_RTCTL_PLAY, MOS_RTCTL_PLAY, MOS_RTCTL_PAUSE, MOS_RTCTL_STOP,
		MOS_RTCTL_SEEK, MOS_RTCTL_LOOP};
	struct mos_rtctl_msg msg = {0};
	int64_t what = rnd(rng, 0, 99), end;
	struct song *song = NULL;

	if (what < 94) {
		msg.op = ops[rnd(rng, 0, 5)];
		if (msg.op == MOS_RTCTL_PLAY)
			msg.u.play.flags = rnd(rng, 0, 9) ? 0 : MOS_PLAY_RESTART;
		else if (msg.op == MOS_RTCTL_SEEK)
			msg.u.seek.tick = rnd(rng, -100, 3000);
		else if (msg.op == MOS_RTCTL_LOOP && rnd(rng, 0, 1))
			msg.u.loop = (typeof(msg.u.loop)){.start_tick = rnd(rng, -20, 1500),
				.end_tick = rnd(rng, 0, 3000),
				.active = 1};
		msg.id = rig_send(r, &msg, NULL, 0);
		if (m->state == MOS_TRANSPORT_LOADING) {
			if (m->n_queue < ENGINE_DEFERRED)
				m->queue[m->n_queue++] = msg;
			else
				expect_answer(x, msg.id, -EBUSY);
			return;
		}
		expect_answer(x, msg.id, model_command(m, &msg));
		return;
	}
	if (what < 96) {
		msg.op = ENGINE_OP_LOADING;
		if (legal[m->state][MOS_TRANSPORT_LOADING] != '.') {
			m->before = m->state;
			m->state = MOS_TRANSPORT_LOADING;
		}
		expect_answer(x, rig_send(r, &msg, NULL, 0), 0);
		return;
	}
	if (what < 97) {
		msg.op = ENGINE_OP_LOAD_FAILED;
		if (m->state == MOS_TRANSPORT_LOADING)
			m->state = m->before;
	} else if (what < 98 || (what < 99 && !m->has_song)) {
		msg.op = ENGINE_OP_SONG;
		song = random_song(rng, &end);
		m->state = MOS_TRANSPORT_READY;
		m->has_song = 1;
		m->end = end;
		m->pos = m->loop_end = 0;
	} else if (what < 99) {
		msg.op = ENGINE_OP_SONG;
		msg.u.load.flags = MOS_LOAD_UPDATE;
		song = random_song(rng, &end);
		if (m->state == MOS_TRANSPORT_LOADING)
			m->state = m->before;
		m->end = end;
		m->pos = m->pos > end ? end : m->pos;
		m->loop_end = m->loop_end > end ? 0 : m->loop_end;
	} else {
		msg.op = ENGINE_OP_SONG;
		m->state = MOS_TRANSPORT_IDLE;
		m->has_song = 0;
		m->pos = m->loop_end = 0;
	}
	expect_answer(x, rig_send(r, &msg, song, 0), 0);
	model_deferred(m, x);
}

static void check_answers(struct rig *r, struct expect *x, uint32_t step)
{
	struct engine_cmd cmd;

	for (uint32_t i = 0; i < x->n; i++) {
		cr_assert_eq(engine_receive(r->e, &cmd), 1, "step %u: an answer is missing", step);
		cr_assert_eq(cmd.msg.id, x->id[i], "step %u: command %u answered out of order (%u)", step,
			x->id[i], cmd.msg.id);
		cr_assert_eq(cmd.msg.status, x->status[i], "step %u: op %u: status %d, not %d", step,
			cmd.msg.op, cmd.msg.status, x->status[i]);
		if (cmd.msg.op == ENGINE_OP_SONG)
			song_destroy(cmd.ptr);
	}
	cr_assert_eq(engine_receive(r->e, &cmd), 0, "step %u: op %u answered twice", step, cmd.msg.op);
	x->n = 0;
}

/* Every change that the world sees is in the table and starts where the one before it ended. */
static void check_events(struct rig *r, int *state, uint32_t step)
{
	struct mos_event ev;

	while (rig_event(r, MOS_EVENT_TRANSPORT_STATE, &ev)) {
		const struct mos_ev_transport *t = &ev.u.transport;

		cr_assert_eq(t->old_state, *state, "step %u: the change starts at another state", step);
		cr_assert(t->state < N_STATES && legal[t->old_state][t->state] != '.', "step %u: %s -> %s",
			step, mos_transport_state_name(t->old_state), mos_transport_state_name(t->state));
		*state = t->state;
	}
	cr_assert_eq(*state, r->e->kronos.state, "step %u: a change was not told", step);
}

Test(transport, random_commands, .timeout = 60,
	.description =
		"KRO-03 KRO-12 KRO-13 KRO-22: 100,000 random steps against a model; every transition legal, "
		"each "
		"command answered exactly once and in order, those made while loading answered after it")
{
	struct rig r;
	static struct model m = {.state = MOS_TRANSPORT_IDLE};
	static struct expect x;
	struct mos_clock clock;
	uint64_t rng = 20250101;
	int seen = MOS_TRANSPORT_IDLE;

	rig_init(&r, RATE, 512);
	for (uint32_t step = 0; step < 100000; step++) {
		uint32_t n = (uint32_t)rnd(&rng, 1, 512);

		for (int64_t i = rnd(&rng, 0, 3); i > 0; i--)
			random_command(&r, &m, &x, &rng);
		int64_t pos = m.pos;
		int state = m.state;

		model_advance(&m, n);
		rig_run(&r, n);
		rig_forget(&r);
		check_answers(&r, &x, step);
		check_events(&r, &seen, step);
		cr_assert_eq(r.e->kronos.state, m.state, "step %u: %s, not %s", step,
			mos_transport_state_name(r.e->kronos.state),
			mos_transport_state_name((uint32_t)m.state));
		cr_assert_eq(rig_tick(&r), m.pos / TICK_FRAMES, "step %u", step);
		/* the clock page is of the cycle's begin: after the commands, before the frames */
		cr_assert_eq(mos_clock_read(r.regions.clock.base, &clock), 0);
		cr_assert_eq(clock.state, (uint32_t)state, "step %u", step);
		cr_assert_eq(clock.tick, pos / TICK_FRAMES, "step %u", step);
		cr_assert_eq(clock.frame, r.e->frame - n);
		cr_assert_eq(clock.end_tick, m.has_song ? r.e->kronos.map.song->tl.end_tick : 0);
	}
	cr_expect_eq(r.e->kronos.recovered, 0, "a transition outside the table was tried");
	cr_expect_eq(rig_counter(&r, C_DUPLICATES), m.duplicates);
	cr_expect_eq(rig_counter(&r, C_REFUSED), m.refused);
	rig_finish(&r);
}

Test(transport, hammered_while_loading,
	.description = "KRO-13: 500 commands made while a score loads are all answered after it, in order; "
		       "the last one wins")
{
	struct rig r;
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_LOADING};
	struct engine_cmd cmd;
	uint32_t first = 0, song_id, id = 0;

	rig_init(&r, RATE, 64);
	(void)rig_ask(&r, &msg);
	for (uint32_t i = 0; i < 500; i++) {
		msg = (struct mos_rtctl_msg){.op = i % 5 == 4 ? MOS_RTCTL_STOP : MOS_RTCTL_PLAY};
		if (i % 5 == 3) {
			msg.op = MOS_RTCTL_TEMPO;
			msg.u.tempo.mode = MOS_TEMPO_FIXED;
			msg.u.tempo.npq = 600000000;
		}
		id = rig_send(&r, &msg, NULL, 0);
		first = first ? first : id;
		if (i % 50 == 0)
			rig_run(&r, 64);
	}
	rig_run(&r, 640);
	cr_expect_eq(engine_receive(r.e, &cmd), 0, "op %u was answered before the load ended", cmd.msg.op);
	cr_expect_eq(rig_counter(&r, C_DEFERRED), 500);
	msg = (struct mos_rtctl_msg){.op = ENGINE_OP_SONG};
	song_id = rig_send(&r, &msg, score_song(&s), 0);
	rig_run(&r, 64);
	cr_assert_eq(engine_receive(r.e, &cmd), 1);
	cr_expect_eq(cmd.msg.id, song_id, "the load is complete before what waited for it");
	for (uint32_t i = 0; i < 500; i++) {
		cr_assert_eq(engine_receive(r.e, &cmd), 1, "command %u of 500 was lost", i);
		cr_assert_eq(cmd.msg.id, first + i);
		cr_assert_eq(cmd.msg.status, 0);
	}
	cr_expect_eq(engine_receive(r.e, &cmd), 0);
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_STOPPED, "the last command was to stop");
	cr_expect_eq(r.e->kronos.map.fixed_npq, 600000000, "the tempo set while loading counts");
	cr_expect_eq(rig_counter(&r, C_DEFERRED), 0);
	rig_finish(&r);
}

Test(transport, hammered_start, .description = "KRO-18: a hundred starts at once sound like one, bit by bit")
{
	struct rig r[2];

	for (int i = 0; i < 2; i++) {
		struct score s = score_at(MOS_NPQ_120, 1920);
		struct mos_rtctl_msg play = {.op = MOS_RTCTL_PLAY};
		uint64_t rng = 7;

		rig_init(&r[i], RATE, 128);
		for (int k = 0; k < 40; k++)
			score_note(&s, rnd(&rng, 0, 1800), 100, (uint32_t)rnd(&rng, 0, 15), (uint8_t)(40 + k),
				100);
		rig_score(&r[i], &s);
		for (int k = 0; k < (i ? 50 : 1); k++)
			(void)rig_send(&r[i], &play, NULL, 0);
		for (int k = 0; i && k < 50; k++) { /* pressed again and again while it plays */
			rig_run(&r[i], 128);
			(void)rig_send(&r[i], &play, NULL, 0);
		}
		rig_run(&r[i], 60000 - r[i].n_frames);
		cr_expect_eq(rig_counter(&r[i], C_NOTES), 40);
	}
	cr_expect_eq(rig_counter(&r[1], C_DUPLICATES), 99);
	cr_expect_arr_eq(r[0].l, r[1].l, 60000 * sizeof(float));
	cr_expect_arr_eq(r[0].r, r[1].r, 60000 * sizeof(float));
	rig_finish(&r[0]);
	rig_finish(&r[1]);
}

Test(transport, update_without_a_gap,
	.description = "DESIGN 5: a score that is updated while it plays goes on without a gap or a doubled "
		       "note, bit by bit")
{
	struct mos_rtctl_msg update = {.op = ENGINE_OP_SONG, .u.load.flags = MOS_LOAD_UPDATE};
	struct rig r[2];
	struct engine_cmd cmd;

	for (int i = 0; i < 2; i++) {
		uint64_t rng = 3;

		rig_init(&r[i], RATE, 64);
		for (int load = 0; load < (i ? 300 : 1); load++) {
			struct score s = score_at(MOS_NPQ_120, 1920);
			uint64_t seed = 7;

			for (int k = 0; k < 40; k++) {
				score_note(&s, rnd(&seed, 0, 1800), 100, (uint32_t)rnd(&seed, 0, 15),
					(uint8_t)(40 + k), 100);
				score_control(
					&s, rnd(&seed, 0, 1800), 0xb0, (uint32_t)rnd(&seed, 0, 15), 7, 100);
			}
			if (load == 0) {
				rig_score(&r[i], &s);
				cr_assert_eq(rig_play(&r[i]), 0);
				continue;
			}
			(void)rig_send(&r[i], &update, score_song(&s), 0);
			rig_run(&r[i], (uint32_t)rnd(&rng, 1, 300));
			while (engine_receive(r[i].e, &cmd))
				song_destroy(cmd.ptr);
		}
		rig_run(&r[i], 60000 - r[i].n_frames);
		cr_expect_eq(rig_counter(&r[i], C_NOTES), 40);
		cr_expect_eq(rig_counter(&r[i], C_EVENTS_DUE), 120);
	}
	cr_expect_arr_eq(r[0].l, r[1].l, 60000 * sizeof(float));
	rig_finish(&r[0]);
	rig_finish(&r[1]);
}

Test(transport, update_ends_what_is_gone,
	.description =
		"APO-21: an edit that takes a sounding note away ends it; one that keeps it lets it sound")
{
	struct mos_rtctl_msg update = {.op = ENGINE_OP_SONG, .u.load.flags = MOS_LOAD_UPDATE};

	for (int kept = 0; kept < 2; kept++) {
		struct score s = score_at(MOS_NPQ_120, 9600);
		struct engine_cmd cmd;
		struct rig r;

		rig_init(&r, RATE, 64);
		score_note(&s, 0, 9000, 3, 60, 100);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, 6400);
		cr_assert_eq(rig_counter(&r, C_KEYS), 1);
		s = score_at(MOS_NPQ_120, 9600);
		score_note(&s, 0, 9000, kept ? 3 : 4, 60, 100);
		(void)rig_send(&r, &update, score_song(&s), 0);
		rig_run(&r, 128);
		while (engine_receive(r.e, &cmd))
			song_destroy(cmd.ptr);
		cr_expect_eq(rig_counter(&r, C_KEYS), kept);
		rig_finish(&r);
	}
}

Test(transport, driver_down,
	.description = "APO-20: play is refused, not silently accepted, while no driver runs")
{
	struct rig r;
	struct score s = score_at(MOS_NPQ_120, 960);

	rig_init(&r, RATE, 64);
	rig_score(&r, &s);
	engine_pump(r.e);
	cr_expect_eq(rig_play(&r), -ENOTCONN);
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_READY);
	rig_run(&r, 64);
	cr_expect_eq(rig_play(&r), 0);
	rig_finish(&r);
}

/* Something wrote nonsense over the state: whatever comes next ends in a sane one, and says so. */
Test(transport, recovery, .description = "KRO-16: an impossible state is mended, counted and told")
{
	static const uint8_t broken[] = {6, 77, 255};

	for (uint32_t i = 0; i < 3; i++) {
		struct rig r;
		struct score s = score_at(MOS_NPQ_120, 9600);
		struct mos_event ev;

		rig_init(&r, RATE, 64);
		score_note(&s, 0, 9000, 0, 60, 100);
		rig_score(&r, &s);
		cr_assert_eq(rig_play(&r), 0);
		rig_run(&r, 6400);
		r.e->kronos.state = broken[i];
		rig_run(&r, 64);
		cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_STOPPED);
		cr_expect_eq(rig_tick(&r), 0);
		cr_expect_eq(rig_counter(&r, C_RECOVERED), 1);
		cr_assert(rig_event(&r, MOS_EVENT_TRANSPORT_ERROR, &ev));
		cr_expect_eq(ev.u.transport.reason, MOS_REASON_RECOVERED);
		cr_expect_eq(ev.u.transport.error, -ENOTRECOVERABLE);
		cr_expect_eq(ev.u.transport.state, MOS_TRANSPORT_STOPPED);
		cr_expect_eq(
			apollo_keys_down(&r.e->apollo), 0, "a note goes on in a transport that was mended");
		cr_expect_eq(rig_play(&r), 0);
		cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_PLAYING);
		rig_finish(&r);
	}
	struct rig r; /* rolling without anything to play */

	rig_init(&r, RATE, 64);
	r.e->kronos.state = MOS_TRANSPORT_PLAYING;
	rig_run(&r, 64);
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_IDLE);
	cr_expect_eq(rig_counter(&r, C_RECOVERED), 1);
	rig_finish(&r);
}
