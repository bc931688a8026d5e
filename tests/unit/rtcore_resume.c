/* SPDX-License-Identifier: MIT */
/*
 * The black box, and a score that goes on after a kill. The process may die after any instruction: a child
 * that writes the box is followed step by step, and what it would leave is opened each time.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resume.h"
#include "rtcore_fixture.h"

#define GENERATION 77u
#define RATE 48000u
#define NPQ UINT64_C(500000000)

static struct resume make(void)
{
	struct resume r;

	cr_assert_eq(resume_create(GENERATION, &r), 0);
	return r;
}

static struct mos_rtctl_msg strip_gain(uint32_t strip, float db)
{
	return (struct mos_rtctl_msg){
		.op = MOS_RTCTL_STRIP, .u.strip = {.strip = strip, .mask = 1, .gain_db = db}};
}

static struct mos_rtctl_msg clip(uint32_t id)
{
	return (struct mos_rtctl_msg){.op = MOS_RTCTL_CLIP, .u.clip = {.id = id, .path = "/a.wav"}};
}

/* What the next process finds: the same bytes in a region of its own. */
static int reopen(const struct resume *from, struct resume *ret, uint32_t *ret_bad)
{
	struct resume copy = make();
	const char *why = "";
	int r;

	memcpy(copy.box, from->box, sizeof(*copy.box));
	r = resume_open(copy.region.fd, ret, ret_bad, &why);
	resume_finish(&copy);
	return r;
}

static uint32_t count(const struct resume *r, uint32_t op)
{
	struct mos_rtctl_msg msg;
	uint64_t order = 0;
	uint32_t n = 0;

	while (resume_next(r, op, &order, &msg))
		n++;
	return n;
}

Test(resume, the_last_of_each_target,
	.description = "HER-13: the next process finds the last request for each target")
{
	struct resume r = make(), next;
	struct mos_rtctl_msg msg = strip_gain(3, -6),
			     pan = {.op = MOS_RTCTL_STRIP,
				     .id = 9,
				     .u.strip = {.strip = 3, .mask = 2, .pan = 0.5f}};
	uint64_t order = 0;
	uint32_t bad;

	cr_assert_eq(resume_put(&r, &msg), 0);
	msg = strip_gain(4, -3);
	cr_assert_eq(resume_put(&r, &msg), 0);
	cr_assert_eq(resume_put(&r, &pan), 0);
	msg = strip_gain(3, -7);
	cr_assert_eq(resume_put(&r, &msg), 0);
	for (uint32_t id = 1; id <= 3; id++) {
		msg = clip(id);
		cr_assert_eq(resume_put(&r, &msg), 0);
	}
	msg = clip(2);
	resume_drop(&r, &msg);
	r.box->fx[5][MOS_FX_EQ][MOS_FX_EQ_LOW_DB] = 4.5f;

	cr_assert_eq(reopen(&r, &next, &bad), 0);
	cr_expect_eq(bad, 0);
	cr_expect_eq(count(&next, MOS_RTCTL_STRIP), 2);
	cr_assert_eq(resume_next(&next, MOS_RTCTL_STRIP, &order, &msg), 1);
	cr_expect_eq(msg.u.strip.strip, 4, "oldest first");
	cr_assert_eq(resume_next(&next, MOS_RTCTL_STRIP, &order, &msg), 1);
	cr_expect_eq(msg.u.strip.strip, 3);
	cr_expect_eq(msg.u.strip.mask, 3);
	cr_expect_float_eq(msg.u.strip.gain_db, -7, 0);
	cr_expect_float_eq(msg.u.strip.pan, 0.5f, 0);
	cr_expect_eq(msg.id, 0);
	cr_expect_eq(count(&next, MOS_RTCTL_CLIP), 2);
	cr_expect_float_eq(next.box->fx[5][MOS_FX_EQ][MOS_FX_EQ_LOW_DB], 4.5f, 0);
	msg = clip(7);
	cr_assert_eq(resume_put(&next, &msg), 0); /* it goes on with the order */
	order = 0;
	for (uint32_t id = 1; id <= 7; id += id == 1 ? 2 : 4) {
		cr_assert_eq(resume_next(&next, MOS_RTCTL_CLIP, &order, &msg), 1);
		cr_expect_eq(msg.u.clip.id, id);
	}
	resume_finish(&next);
	resume_finish(&r);
}

Test(resume, bounded, .description = "HER-13: a full box refuses, says so, and keeps what it has")
{
	struct resume r = make();
	struct mos_rtctl_msg msg;

	for (uint32_t i = 0; i < RESUME_ENTRIES; i++) {
		msg = clip(i + 1);
		cr_assert_eq(resume_put(&r, &msg), 0);
	}
	msg = clip(RESUME_ENTRIES + 1);
	cr_expect_eq(resume_put(&r, &msg), -ENOSPC);
	cr_expect(r.is_full);
	msg = clip(5);
	msg.u.clip.gain_db = -1;
	cr_expect_eq(resume_put(&r, &msg), 0, "what has a place can be changed");
	cr_expect_eq(count(&r, MOS_RTCTL_CLIP), RESUME_ENTRIES);
	resume_finish(&r);
}

/* --- Death after any instruction --- */

struct act {
	void (*run)(struct resume *r);
	/* is it one of the two that may be? @return 1 before, 2 after, 0 neither */
	int (*look)(const struct resume *r);
};

static void put_other(struct resume *r)
{
	const struct mos_rtctl_msg msg = strip_gain(3, -20);

	(void)resume_put(r, &msg);
}

static int look_gain(const struct resume *r)
{
	struct mos_rtctl_msg like = strip_gain(3, 0), msg;

	if (!resume_find(r, &like, &msg) || count(r, MOS_RTCTL_STRIP) != 1)
		return 0;
	return msg.u.strip.gain_db == -6 ? 1 : msg.u.strip.gain_db == -20 ? 2 : 0;
}

static void put_new(struct resume *r)
{
	const struct mos_rtctl_msg msg = clip(1);

	(void)resume_put(r, &msg);
}

static int look_clip(const struct resume *r)
{
	struct mos_rtctl_msg like = clip(1), msg;

	if (!resume_find(r, &like, &msg))
		return look_gain(r) == 1;
	return strcmp(msg.u.clip.path, "/a.wav") == 0 && look_gain(r) == 1 ? 2 : 0;
}

static void drop_it(struct resume *r)
{
	const struct mos_rtctl_msg msg = strip_gain(3, 0);

	resume_drop(r, &msg);
}

static int look_dropped(const struct resume *r)
{
	return count(r, MOS_RTCTL_STRIP) == 0 ? 2 : look_gain(r);
}

static void move(struct resume *r)
{
	resume_set_place(
		r, &(struct resume_place){.timeline_id = 2, .tick = 200, .tick_frac = 2, .state = 2});
}

static int look_place(const struct resume *r)
{
	struct resume_place p;

	if (!resume_get_place(r, &p) || p.timeline_id != p.tick_frac || p.tick != (int64_t)p.tick_frac * 100)
		return 0;
	return p.tick_frac == 1 ? 1 : p.tick_frac == 2 ? 2 : 0;
}

static const struct act acts[] = {
	{put_other, look_gain}, {put_new, look_clip}, {drop_it, look_dropped}, {move, look_place}};

/* Follow a child through one act. @return steps after which the box had changed. */
static uint32_t follow(struct resume *r, const struct act *act, bool *may_trace)
{
	struct resume_box *last = malloc(sizeof(*last));
	struct resume next;
	uint32_t changes = 0, bad;
	int status, seen = 1;
	pid_t pid;

	memcpy(last, r->box, sizeof(*last));
	pid = fork();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(2);
		raise(SIGSTOP);
		act->run(r);
		_exit(0);
	}
	cr_assert_gt(pid, 0);
	*may_trace = waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
	while (*may_trace && ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0 &&
		waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int now;

		if (memcmp(last, r->box, offsetof(struct resume_box, fx)) == 0 &&
			memcmp(last->entry, r->box->entry, 4 * sizeof(last->entry[0])) == 0)
			continue;
		memcpy(last, r->box, sizeof(*last));
		changes++;
		cr_assert_eq(reopen(r, &next, &bad), 0);
		cr_assert_eq(bad, 0, "step %u leaves what is not sound", changes);
		now = act->look(&next);
		cr_assert(now == 1 || now == 2, "step %u leaves neither the old nor the new", changes);
		cr_assert(now >= seen, "step %u goes back", changes);
		seen = now;
		resume_finish(&next);
	}
	if (*may_trace)
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child did not get through: %x",
			status);
	cr_assert(!*may_trace || seen == 2);
	free(last);
	return changes;
}

Test(resume, death_after_any_instruction, .timeout = 120,
	.description =
		"HER-13: a process killed after any instruction leaves what held before or what holds after")
{
	for (uint32_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		struct resume r = make();
		const struct mos_rtctl_msg msg = strip_gain(3, -6);
		bool may_trace = false;

		cr_assert_eq(resume_put(&r, &msg), 0);
		resume_set_place(&r,
			&(struct resume_place){.timeline_id = 1, .tick = 100, .tick_frac = 1, .state = 1});
		uint32_t changes = follow(&r, &acts[i], &may_trace);
		if (!may_trace)
			cr_skip_test("a child cannot be traced here (ptrace)");
		cr_expect_geq(changes, 1);
		cr_expect_eq(acts[i].look(&r), 2);
		resume_finish(&r);
	}
}

/* --- Hostile boxes --- */

Test(resume, refused, .description = "HER-13: what is no box of ours is refused with a reason")
{
	struct resume r = make(), next;
	const char *why = NULL;
	uint32_t bad;
	int fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_eq(ftruncate(fd, sizeof(struct resume_box)), 0);
	cr_expect_eq(resume_open(fd, &next, &bad, &why), -EINVAL);
	cr_expect_str_eq(why, mos_attach_step_str(MOS_ATTACH_NOT_SEALED));
	close(fd);
	cr_expect_eq(resume_open(-1, &next, &bad, &why), -EINVAL);
	r.box->layout++;
	cr_expect_eq(resume_open(r.region.fd, &next, &bad, &why), -EINVAL);
	cr_expect_str_eq(why, "another version of rtcore made it");
	r.box->layout--;
	r.box->region.abi_major++;
	cr_expect_eq(resume_open(r.region.fd, &next, &bad, &why), -EINVAL);
	r.box->region.abi_major--;
	cr_expect_eq(resume_open(r.region.fd, &next, &bad, &why), 0);
	resume_finish(&next);
	resume_forget(&r);
	cr_expect_eq(resume_open(r.region.fd, &next, &bad, &why), -EINVAL, "a clean stop leaves nothing");
	resume_finish(&r);
}

Test(resume, scribbled_over, .timeout = 60,
	.description = "HER-13: what a fault has scribbled over is emptied and counted, the rest is kept")
{
	uint64_t seed = 11;

	for (int round = 0; round < 300; round++) {
		struct resume r = make(), next;
		struct mos_rtctl_msg msg;
		uint32_t bad, n = 0;
		uint64_t order = 0;

		for (uint32_t i = 0; i < 20; i++) {
			msg = clip(i + 1);
			cr_assert_eq(resume_put(&r, &msg), 0);
		}
		/* in the first twenty entries, wherever */
		unsigned char *at = (unsigned char *)r.box->entry;
		for (int64_t k = rnd(&seed, 1, 40); k > 0; k--)
			at[rnd(&seed, 0, 20 * (int64_t)sizeof(r.box->entry[0]) - 1)] ^=
				(unsigned char)rnd(&seed, 1, 255);
		r.box->fx[1][MOS_FX_EQ][MOS_FX_EQ_LOW_DB] = round & 1 ? NAN : 1e9f;
		r.box->place_in_force = (uint32_t)rnd(&seed, 3, UINT32_MAX);
		cr_assert_eq(reopen(&r, &next, &bad), 0);
		while (resume_next(&next, MOS_RTCTL_CLIP, &order, &msg)) {
			cr_expect_str_eq(msg.u.clip.path, "/a.wav", "a damaged entry is taken for sound");
			cr_expect(msg.u.clip.id >= 1 && msg.u.clip.id <= 20);
			n++;
		}
		/* an entry may have been switched off or to its empty slot: that one is lost, too, but not
		 * counted twice */
		cr_expect_leq(n + bad, 20 + 2 + 20);
		cr_expect_geq(bad, 2, "the parameter and the place");
		cr_expect_geq(next.box->fx[1][MOS_FX_EQ][MOS_FX_EQ_LOW_DB], -60);
		cr_expect_eq(resume_get_place(&next, &(struct resume_place){0}), 0);
		resume_finish(&next);
		resume_finish(&r);
	}
}

Test(resume, crash_loop, .description = "SCL-08: the third death within ten seconds is not brought back from")
{
	const int64_t s = 1000000000, at[] = {100 * s, 104 * s, 109 * s};
	struct resume r = make();

	for (int i = 0; i < 3; i++)
		cr_expect_eq(resume_started(&r, at[i]), i == 2, "start %d", i);
	resume_finish(&r);
	r = make();
	for (int64_t t = 1; t < 20; t++) /* every six seconds is no loop */
		cr_expect_eq(resume_started(&r, t * 6 * s), 0);
	cr_expect_eq(resume_started(&r, 3), 0, "a clock that went back is no proof");
	r.box->n_starts = UINT32_MAX;
	r.box->start_ns[UINT32_MAX % RESUME_STARTS] = INT64_MIN;
	cr_expect_eq(resume_started(&r, s), 0);
	resume_finish(&r);
}

/* --- The score goes on --- */

static struct score piece(void)
{
	struct score s = score_at(NPQ, 32 * MOS_PPQ);

	score_tempo(&s, 4 * MOS_PPQ, NPQ, NPQ * 2);
	score_tempo(&s, 12 * MOS_PPQ, NPQ / 2, NPQ / 2);
	score_meter(&s, 8 * MOS_PPQ, 3, 4);
	for (int64_t i = 0; i < 60; i++)
		score_note(&s, i * MOS_PPQ / 2 + i * 7, MOS_PPQ / 3, 0, (uint8_t)(40 + i), 100);
	return s;
}

struct heard {
	uint32_t n;
	uint64_t frame[256];
	uint32_t what[256];
};

/* Notes and beats from here on, by frames from here. */
static struct heard listen(struct rig *r, uint32_t frames)
{
	uint64_t from = r->e->frame;
	struct heard h = {0};
	struct mos_event ev;

	while (rig_event(r, 0, &ev))
		;
	rig_run(r, frames);
	while (rig_event(r, 0, &ev) && h.n < 256)
		if (ev.type == MOS_EVENT_METRONOME_BEAT) {
			h.what[h.n] =
				ev.u.beat.measure * 100 + ev.u.beat.beat + (ev.u.beat.flags ? 50000 : 0);
			h.frame[h.n++] = (uint64_t)llround((double)ev.time_ns * RATE / 1e9) - from;
		}
	return h;
}

static int resume_at(struct rig *r, const struct mos_clock *c, const struct kronos_place *counting)
{
	static struct engine_resume go;
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_RESUME};

	go = (struct engine_resume){
		.place = {.tick = c->tick, .tick_frac = c->tick_frac, .state = (uint8_t)c->state}};
	if (counting)
		go.place = *counting;
	else
		go.n_notes = song_sounding_at(r->e->kronos.map.song,
			song_event_at(r->e->kronos.map.song, c->tick + (c->tick_frac != 0)), go.note,
			ENGINE_RESUME_NOTES);
	(void)rig_send(r, &msg, &go, 0);
	engine_serve(r->e);
	struct engine_cmd cmd;
	while (engine_receive(r->e, &cmd))
		if (cmd.msg.op == ENGINE_OP_RESUME)
			return cmd.msg.status;
	return -EIO;
}

static struct mos_clock page_of(struct rig *r)
{
	struct mos_clock c;

	kronos_clock(&r->e->kronos, &c);
	return c;
}

Test(resume, plays_on_as_if_nothing_had_been, .timeout = 60,
	.description =
		"SCL-08 KRO-07: resumed anywhere, beats fall on the frames on which they would have fallen")
{
	uint64_t seed = 5;

	for (int round = 0; round < 25; round++) {
		struct rig a, b;
		struct score s = piece(), t = piece();
		bool has_loop = round % 3 == 1, has_rate = round % 2;

		rig_init(&a, RATE, 256);
		rig_init(&b, RATE, 64);
		rig_score(&a, &s);
		rig_score(&b, &t);
		if (has_rate) {
			cr_assert_eq(rig_tempo_rate(&a, 1300000), 0);
			cr_assert_eq(rig_tempo_rate(&b, 1300000), 0);
		}
		if (has_loop) {
			cr_assert_eq(rig_loop(&a, 2 * MOS_PPQ, 6 * MOS_PPQ), 0);
			cr_assert_eq(rig_loop(&b, 2 * MOS_PPQ, 6 * MOS_PPQ), 0);
		}
		cr_assert_eq(rig_play(&a), 0);
		rig_run(&a, (uint32_t)rnd(&seed, 1, 6 * RATE));
		struct mos_clock c = page_of(&a);
		cr_assert_eq(resume_at(&b, &c, NULL), 0);
		cr_assert_eq(b.e->kronos.state, MOS_TRANSPORT_PLAYING);
		struct heard ha = listen(&a, 3 * RATE), hb = listen(&b, 3 * RATE);
		cr_assert_gt(ha.n, 2);
		cr_assert_eq(ha.n, hb.n);
		for (uint32_t i = 0; i < ha.n; i++) {
			cr_expect_eq(ha.what[i], hb.what[i]);
			/* a place in a loop, or at another rate, is not a whole number of frames: it is cut
			 * to 2^-32 ticks */
			cr_expect_leq(hb.frame[i] - ha.frame[i], has_loop || has_rate,
				"round %d beat %u: %llu, %llu", round, i, (unsigned long long)ha.frame[i],
				(unsigned long long)hb.frame[i]);
		}
		cr_expect_leq(llabs(page_of(&a).tick - page_of(&b).tick), 1);
		rig_finish(&a);
		rig_finish(&b);
	}
}

Test(resume, counts_on, .description = "SCL-08: a count-in goes on from the beat at which it was cut")
{
	for (uint32_t frames = 1; frames < 4 * RATE / 2 * 2; frames += 7777) {
		struct rig a, b;
		struct score s = piece(), t = piece();
		struct kronos_place p = {.tick = MOS_PPQ, .count_bars = 2, .state = MOS_TRANSPORT_PLAYING};

		rig_init(&a, RATE, 256);
		rig_init(&b, RATE, 256);
		rig_score(&a, &s);
		rig_score(&b, &t);
		cr_assert_eq(rig_seek(&a, MOS_PPQ), 0);
		cr_assert_eq(rig_play_count_in(&a, 2), 0);
		rig_run(&a, frames);
		struct mos_clock c = page_of(&a);
		cr_assert(c.flags & MOS_CLOCK_COUNT_IN);
		p.count_tick = c.tick - MOS_PPQ;
		p.tick_frac = c.tick_frac;
		cr_assert_eq(resume_at(&b, &c, &p), 0);
		struct heard ha = listen(&a, 5 * RATE), hb = listen(&b, 5 * RATE);
		cr_assert_eq(ha.n, hb.n, "%u frames in", frames);
		for (uint32_t i = 0; i < ha.n; i++)
			cr_expect(ha.what[i] == hb.what[i] && ha.frame[i] == hb.frame[i],
				"%u frames in, beat %u", frames, i);
		rig_finish(&a);
		rig_finish(&b);
	}
}

Test(resume, held_notes_come_back,
	.description = "SCL-08: what was held sounds again at once and ends where it is "
		       "written; drums do not")
{
	struct rig r;
	struct score s = score_at(NPQ, 16 * MOS_PPQ);
	struct mos_clock c = {.tick = 4 * MOS_PPQ, .tick_frac = 1u << 31, .state = MOS_TRANSPORT_PLAYING};

	score_note(&s, 0, 8 * MOS_PPQ, 0, 60, 100);
	score_note(&s, 0, 4 * MOS_PPQ, 0, 64, 100); /* over by then */
	score_note(&s, 0, 8 * MOS_PPQ, 9, 36, 100); /* drums */
	score_note(&s, 6 * MOS_PPQ, MOS_PPQ, 0, 67, 100);
	rig_init(&r, RATE, 256);
	rig_score(&r, &s);
	cr_assert_eq(resume_at(&r, &c, NULL), 0);
	rig_run(&r, 4096);
	cr_expect_lt(rig_first_sound(&r, 0), 512);
	cr_expect_eq(r.e->apollo.keys[0][0], UINT64_C(1) << 60);
	cr_expect_eq(r.e->apollo.keys[0][1], 0);
	cr_expect_eq(r.e->apollo.keys[9][0], 0);
	rig_run(&r, 4 * RATE / 2 + RATE / 4);
	cr_expect_eq(r.e->apollo.keys[0][0], 0, "it does not end");
	rig_finish(&r);
}

Test(resume, other_states,
	.description = "SCL-08 KRO-03: paused and stopped come back as such, at their place; what is "
		       "no place is the nearest one")
{
	static const struct {
		uint32_t state, expected;
		int64_t tick, expected_tick;
	} of[] = {
		{MOS_TRANSPORT_PAUSED, MOS_TRANSPORT_PAUSED, 5000, 5000},
		{MOS_TRANSPORT_STOPPED, MOS_TRANSPORT_STOPPED, 0, 0},
		{MOS_TRANSPORT_READY, MOS_TRANSPORT_READY, 960, 960},
		{MOS_TRANSPORT_LOADING, MOS_TRANSPORT_READY, 960, 960},
		{MOS_TRANSPORT_PLAYING, MOS_TRANSPORT_PLAYING, INT64_MAX, 32 * MOS_PPQ},
		{MOS_TRANSPORT_PLAYING, MOS_TRANSPORT_PLAYING, INT64_MIN, 0},
		{200, MOS_TRANSPORT_READY, 7, 7},
	};

	for (uint32_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		struct rig r;
		struct score s = piece();
		struct kronos_place p = {
			.tick = of[i].tick, .tick_frac = 1u << 31, .state = (uint8_t)of[i].state};
		struct mos_clock c = {0};

		rig_init(&r, RATE, 256);
		rig_score(&r, &s);
		cr_assert_eq(resume_at(&r, &c, &p), 0);
		cr_expect_eq(r.e->kronos.state, of[i].expected, "%u", i);
		cr_expect_eq(rig_tick(&r), of[i].expected_tick, "%u", i);
		cr_expect_eq(resume_at(&r, &c, &p), r.e->kronos.state == MOS_TRANSPORT_READY ? 0 : -EPERM);
		rig_finish(&r);
	}
}

Test(resume, midi_output_lets_go,
	.description = "APO-21: who listens to the MIDI output is told to let go of what "
		       "the dead process held, before anything else")
{
	struct driver_midi out = {0};
	struct rig r;
	struct score s = piece();
	struct mos_clock c = {.tick = 4 * MOS_PPQ, .state = MOS_TRANSPORT_PLAYING};
	uint64_t off = 0;
	bool struck = false;

	rig_init(&r, RATE, 64);
	rig_score(&r, &s);
	cr_assert_eq(resume_at(&r, &c, NULL), 0);
	r.midi_out = &out;
	for (uint32_t ms = 0; ms < 1000 && !struck; ms += 5) {
		rig_run(&r, RATE / 200);
		for (uint32_t i = 0; i < out.n && !struck; i++) {
			uint32_t word = out.ump[i].word[0];

			struck = (word >> 16 & 0xf0) == 0x90;
			if ((word >> 16 & 0xf0) == 0xb0 && (word >> 8 & 127) == 123)
				off |= UINT64_C(1) << ((word >> 24 & 3) * 16 + (word >> 16 & 15));
		}
	}
	cr_expect(struck, "it does not play on");
	cr_expect_eq(off, (UINT64_C(1) << SONG_CHANNELS) - 1, "%llx", (unsigned long long)off);
	rig_finish(&r);
}
