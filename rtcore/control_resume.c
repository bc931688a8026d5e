/* SPDX-License-Identifier: MIT */
/*
 * After a kill: what the black box holds is asked for again, as the broker would, and the score goes on where
 * it was. The broker is not listened to meanwhile, so that it finds all as it was. The score waits for its
 * bank, for a moment.
 */
#include "control_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BANK_WAIT_US 120000u /* with the bank in the page cache it takes some 70 ms from our start */
#define BANK_WAIT_ACCURACY_US 1000u
#define HURRY (-15) /* of nice: nobody is to come in between while there is silence */
#define REPLAY_IN_FLIGHT (IN_FLIGHT_MAX / 2)
#define LINK_AGAIN_US 100000u
#define LINK_TRIES 100u /* ten seconds: a synthesizer's port may come later than we */

/* A bank and what is mapped are loaded by themselves; the transport's settings come when the score is there;
 * what takes a process or a file of its own when it plays. */
static const uint32_t settings[] = {
	MOS_RTCTL_METRONOME, MOS_RTCTL_MIDI_CLOCK, MOS_RTCTL_TIMECODE, MOS_RTCTL_FOLLOW, MOS_RTCTL_STRIP, MOS_RTCTL_PROGRAM};
static const uint32_t of_score[] = {MOS_RTCTL_TEMPO, MOS_RTCTL_METER, MOS_RTCTL_LOOP};
static const uint32_t at_last[] = {MOS_RTCTL_INSERT, MOS_RTCTL_CLIP, MOS_RTCTL_MIDI_LINK};

#define N_OF(x) ((uint32_t)(sizeof(x) / sizeof((x)[0])))

void control_resume_ask(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct mos_rtctl_msg ask = *msg;
	uint32_t conn = c->conn;
	int fd = -1;

	c->conn = CONN_RESUME; /* the answer is ours */
	control_request(c, &ask, &fd);
	c->conn = conn;
}

static int on_link_again(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;
	struct resumption *r = &c->resumption;
	bool is_left = false;

	r->link_tries++;
	for (uint32_t i = 0; i < r->n_links; i++) {
		struct mos_rtctl_msg now;

		if (!r->link[i].is_left || !resume_find(&r->box, &r->link[i].msg, &now))
			continue;
		is_left = true;
		if (r->link_tries < LINK_TRIES)
			control_resume_ask(c, &r->link[i].msg);
		else
			log_warning("the MIDI output is not linked any more: no port \"%.200s\" came",
				r->link[i].msg.u.midi_link.port);
	}
	if (!is_left || r->link_tries >= LINK_TRIES)
		return 0;
	(void)sd_event_source_set_time_relative(s, LINK_AGAIN_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* Ports are known a moment after the driver's start. */
static void want_link(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct resumption *r = &c->resumption;

	if (r->n_links == LINK_WAITS_MAX)
		return;
	r->link[r->n_links] = (struct link_again){.msg = *msg, .is_left = true};
	r->link[r->n_links].msg.id = r->n_links;
	r->n_links++;
	if (!r->link_timer)
		(void)sd_event_add_time_relative(c->event, &r->link_timer, CLOCK_MONOTONIC, 0,
			BANK_WAIT_ACCURACY_US, on_link_again, c);
}

static void ask_setting(struct control *c, const struct mos_rtctl_msg *msg)
{
	uint32_t last_clip;

	switch (msg->op) {
	case MOS_RTCTL_PROGRAM:
		if (msg->u.program.group == MOS_GROUP_LIVE)
			control_resume_ask(c, msg);
		break;
	case MOS_RTCTL_CLIP: /* under its own number; they may have come into force in another order */
		last_clip = c->last_clip;
		c->last_clip = msg->u.clip.id - 1;
		control_resume_ask(c, msg);
		if (last_clip > c->last_clip)
			c->last_clip = last_clip;
		break;
	case MOS_RTCTL_MIDI_LINK:
		want_link(c, msg);
		break;
	case MOS_RTCTL_METER: /* in the measure in which it was set */
		control_resume_ask(c,
			&(struct mos_rtctl_msg){.op = MOS_RTCTL_SEEK, .u.seek.tick = msg->u.meter.at_tick});
		[[fallthrough]];
	default:
		control_resume_ask(c, msg);
		break;
	}
}

/* @return true: all of these kinds were asked for; else there is no room for more at the moment. */
static bool ask_settings(struct control *c, const uint32_t op[], uint32_t n)
{
	struct resumption *r = &c->resumption;
	struct mos_rtctl_msg msg;

	for (; r->step < n; r->step++, r->order = 0)
		while (resume_next(&r->box, op[r->step], &r->order, &msg)) {
			ask_setting(c, &msg);
			if (c->in_flight >= REPLAY_IN_FLIGHT)
				return false;
		}
	return true;
}

/* Put a place of the clock page into the song's and the count-in's own terms. */
static struct kronos_place place_of(const struct resumption *r)
{
	struct kronos_place p = {
		.tick = r->place.tick, .tick_frac = r->place.tick_frac, .state = (uint8_t)r->place.state};
	struct mos_rtctl_msg play;
	int64_t count_tick;

	if (r->place.state >= MOS_TRANSPORT_N_STATES)
		p.state = MOS_TRANSPORT_READY;
	if (!(r->place.flags & MOS_CLOCK_COUNT_IN) ||
		!resume_find(&r->box, &(struct mos_rtctl_msg){.op = MOS_RTCTL_PLAY}, &play) ||
		__builtin_sub_overflow(r->place.tick, play.u.play.from_tick, &count_tick))
		return p;
	p.tick = play.u.play.from_tick;
	p.count_tick = count_tick;
	p.count_bars = play.u.play.count_in_bars;
	return p;
}

int control_resume_song_loaded(struct control *c, const struct song *song)
{
	struct resumption *r = &c->resumption;
	struct kronos_place *p;

	if (song->tl.id != r->timeline_id)
		return -ESTALE;
	r->score = calloc(1, sizeof(*r->score));
	if (!r->score)
		return -ENOMEM;
	r->score->at_ns = r->place_ns;
	r->score->npq = r->place_npq;
	p = &r->score->place;
	*p = place_of(r);
	if (p->state == MOS_TRANSPORT_PLAYING && !p->count_bars)
		r->score->n_notes = song_sounding_at(song, song_event_at(song, p->tick + (p->tick_frac != 0)),
			r->score->note, ENGINE_RESUME_NOTES);
	return 0;
}

static bool is_bank_awaited(const struct control *c)
{
	return c->engine_state == MOS_ENGINE_LOADING &&
	       engine_now_ns() - c->resumption.begin_ns < (int64_t)BANK_WAIT_US * 1000;
}

/* Threads that are scheduled in real time it leaves as they are; where it is not allowed, time is lost,
 * nothing else. */
static void set_nice(int from, int to)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		id_t tid = (id_t)strtoul(entry->d_name, NULL, 10);

		if (tid && getpriority(PRIO_PROCESS, tid) == from)
			(void)setpriority(PRIO_PROCESS, tid, to);
	}
	if (dir)
		(void)closedir(dir);
}

void control_resume_hurry(struct control *c)
{
	c->resumption.nice = getpriority(PRIO_PROCESS, 0);
	if (c->resumption.nice > HURRY)
		set_nice(c->resumption.nice, HURRY);
}

static void finish(struct control *c)
{
	struct resumption *r = &c->resumption;
	int ms = (int)((engine_now_ns() - r->begin_ns) / 1000000);

	if (r->place.timeline_id)
		log_info("back after a kill, %d ms after the start: %s at tick %lld", ms,
			mos_transport_state_name(r->place.state), (long long)r->place.tick);
	else
		log_info("back after a kill, %d ms after the start", ms);
	if (r->nice > HURRY)
		set_nice(HURRY, r->nice);
	r->step = 0;
	r->order = 0;
	(void)ask_settings(c, at_last, N_OF(at_last)); /* processes that they start have no hurry */
	r->is_on = false;
	r->is_back = true;
	r->timer = sd_event_source_disable_unref(r->timer);
	control_watch(c);
}

static void go_on_with_score(struct control *c)
{
	struct resumption *r = &c->resumption;
	struct mos_rtctl_msg msg = {0};
	uint64_t order = 0;

	r->step = 0;
	r->order = 0;
	(void)ask_settings(c, of_score, N_OF(of_score));
	r->is_asked = true;
	if (!r->score || control_send(c, &msg, ENGINE_OP_RESUME, r->score, 0) < 0) {
		finish(c);
		return;
	}
	r->score = NULL; /* the audio thread's, and back with the answer */
	while (!(r->place.flags & MOS_CLOCK_LOOP) && resume_next(&r->box, MOS_RTCTL_PROGRAM, &order, &msg))
		if (msg.u.program.group != MOS_GROUP_LIVE)
			control_resume_ask(c, &msg);
}

void control_resume_go_on(struct control *c)
{
	struct resumption *r = &c->resumption;

	if (!r->is_on || r->is_asked || r->is_asking)
		return;
	r->is_asking = true; /* what is asked may be answered, and come here, at once */
	if (ask_settings(c, settings, N_OF(settings)) && control_fx_tell(c, &r->fx_at) == 0 &&
		!r->is_song_awaited && !is_bank_awaited(c) && c->in_flight < REPLAY_IN_FLIGHT)
		go_on_with_score(c);
	r->is_asking = false;
}

void control_resume_done(struct control *c, const struct engine_cmd *cmd)
{
	free(cmd->ptr);
	if (cmd->msg.status < 0)
		log_warning("the score is there, but does not go on: %s", strerror(-cmd->msg.status));
	finish(c);
}

void control_resume_answered(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct resumption *r = &c->resumption;

	if (msg->op == MOS_RTCTL_LOAD)
		r->is_song_awaited = false;
	if (msg->op == MOS_RTCTL_MIDI_LINK) {
		if (msg->status == 0 && msg->id < r->n_links)
			r->link[msg->id].is_left = false;
		return;
	}
	if (msg->op == MOS_RTCTL_TEMPO && msg->status == -EOPNOTSUPP)
		return; /* the clock that is followed was heard before the score was there: it has the say */
	if (msg->status < 0 && msg->status != -ERANGE)
		log_warning("a setting did not come back: request %u: %.200s", msg->op,
			msg->u.text[0] ? msg->u.text : strerror(-msg->status));
	else if (msg->status < 0)
		log_warning("a setting did not come back: request %u lies outside of the score", msg->op);
}

void control_resume_turn(struct control *c)
{
	struct resumption *r = &c->resumption;

	if (!r->is_back)
		return;
	r->is_back = false;
	resume_set_clock(&r->box, c->regions->generation);
}

static int on_bank_wait(sd_event_source *s, uint64_t usec, void *data)
{
	control_resume_go_on(data);
	return 0;
}

/* All at once: one load instead of one a file. */
static void want_rack(struct control *c)
{
	struct resume *box = &c->resumption.box;
	struct mos_rtctl_msg bank, map;
	const char *path = c->o->bank_path;
	uint64_t order = 0;

	if (resume_find(box, &(struct mos_rtctl_msg){.op = MOS_RTCTL_BANK}, &bank)) {
		bank.u.bank.path[sizeof(bank.u.bank.path) - 1] = 0;
		path = bank.u.bank.path;
	}
	if (path && path[0])
		control_want_bank(c, path, (struct waiter){0});
	else
		c->engine_state = MOS_ENGINE_FALLBACK;
	while (resume_next(box, MOS_RTCTL_MAP, &order, &map))
		control_resume_ask(c, &map);
}

void control_resume_begin(struct control *c)
{
	struct resumption *r = &c->resumption;
	struct mos_rtctl_msg load = {.op = MOS_RTCTL_LOAD, .id = 1};
	uint32_t conn = c->conn;

	r->begin_ns = engine_now_ns();
	want_rack(c);
	if (!r->is_on)
		return;
	(void)sd_event_add_time_relative(
		c->event, &r->timer, CLOCK_MONOTONIC, BANK_WAIT_US, BANK_WAIT_ACCURACY_US, on_bank_wait, c);
	if (r->timeline_fd >= 0) {
		r->is_song_awaited = true;
		c->conn = CONN_RESUME;
		control_load_song(c, &load, r->timeline_fd);
		c->conn = conn;
		r->timeline_fd = -1;
	}
	control_resume_go_on(c);
}

void control_resume_end(struct control *c)
{
	struct resumption *r = &c->resumption;

	r->timer = sd_event_source_disable_unref(r->timer);
	r->link_timer = sd_event_source_disable_unref(r->link_timer);
	free(r->score);
	r->score = NULL;
}
