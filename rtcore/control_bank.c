/* SPDX-License-Identifier: MIT */
/* What Apollo plays: loading, waiting, retrying. One load at a time; a sound font goes before what is to be
 * mapped. */
#include "control_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READY_TIMEOUT_US 30000000u /* APO-07 */
#define BANK_TRIES 4u              /* APO-18: 1, 2, 4 s apart */

static void begin_load(struct control *c);

static void tell_engine_state(struct control *c)
{
	struct mos_rtctl_msg msg = {0};

	mos_counter_set(&c->regions->counters, C_ENGINE_STATE, c->engine_state);
	mos_counter_set(&c->regions->counters, C_ENGINE_PERCENT,
		(int64_t)__atomic_load_n(&c->percent, __ATOMIC_RELAXED));
	msg.u.event = (struct mos_event){
		.tick = INT64_MIN, .type = MOS_EVENT_ENGINE_STATE, .flags = MOS_EVENT_IMMEDIATE};
	msg.u.event.u.engine = (struct mos_ev_engine){
		.state = c->engine_state, .percent = c->percent, .error = c->engine_error};
	(void)control_send_bus(c, &msg, ENGINE_OP_EVENT, NULL, 0); /* full: the next state is told again */
}

static void answer_ready(struct control *c, int status, const char *text)
{
	for (uint32_t i = 0; i < c->n_ready; i++)
		control_reply_status(c, c->ready[i], status, text);
	c->n_ready = 0;
}

/* Who asked for what is being loaded. */
static void answer_asker(struct control *c, int status, const char *text)
{
	struct waiter *w = c->load.is_map ? &c->load.mapper : &c->bank_waiter;

	if (w->op)
		control_reply_status(c, *w, status, text);
	w->op = 0;
}

/* Nothing new plays: what did goes on. */
static void fall_back(struct control *c)
{
	c->engine_state = c->facts ? MOS_ENGINE_READY : MOS_ENGINE_FALLBACK;
	tell_engine_state(c);
}

static const char *what_plays(const struct control *c)
{
	return c->facts ? "bank before it" : "built-in synthesizer";
}

static const char *what_loads(const struct control *c)
{
	const struct rack_plan *plan = &c->load.plan;

	return c->load.is_map && plan->n_maps ? plan->map[plan->n_maps - 1].path : plan->font;
}

void control_bank_progress(void *data, uint32_t percent, uint64_t bytes)
{
	struct control *c = data; /* the loader's thread */

	__atomic_store_n(&c->percent, percent, __ATOMIC_RELAXED);
	mos_counter_set(&c->regions->counters, C_ENGINE_PERCENT, percent);
	mos_counter_set(&c->regions->counters, C_ENGINE_BYTES, (int64_t)bytes);
}

static int on_ready_timeout(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
	if (!c->load.is_on && !c->retry_timer)
		return 0;
	c->engine_error = -ETIMEDOUT;
	(void)snprintf(
		c->engine_text, sizeof(c->engine_text), "%.150s was not loaded within 30 s", what_loads(c));
	log_warning("%s; the %s plays", c->engine_text, what_plays(c));
	fall_back(c);
	answer_ready(c, c->facts ? 0 : -ETIMEDOUT, c->engine_text);
	answer_asker(c, -ETIMEDOUT, c->engine_text);
	return 0;
}

static void hand_over(struct control *c, struct instrument *ins)
{
	struct mos_rtctl_msg msg = {0};

	if (control_send(c, &msg, ENGINE_OP_BANK, ins, (uint64_t)(uintptr_t)c->load.sampler) == 0)
		return;
	control_free_later(c, LOADER_FREE_BANK, ins);
	free(c->load.facts);
	answer_asker(c, -EBUSY, "too many requests at once");
	c->load = (struct rack_load){0};
	fall_back(c);
}

/* The next of what is to be mapped. @return 1: load.plan is to be loaded. */
static int take_map(struct control *c)
{
	const struct map_wish wish = c->map[0];
	int remove = (wish.flags & MOS_MAP_REMOVE) != 0;
	int r = remove ? rack_plan_unmap(&c->load.plan, wish.map.path)
		       : rack_plan_map(&c->load.plan, &wish.map);

	c->n_maps--;
	memmove(&c->map[0], &c->map[1], c->n_maps * sizeof(c->map[0]));
	if (r < 0) {
		control_reply_status(
			c, wish.w, r, remove ? "no such file is mapped" : "too many files are mapped");
		return 0;
	}
	if (remove && c->load.plan.n_maps == c->plan.n_maps) {
		control_reply_status(c, wish.w, 0, NULL);
		return 0;
	}
	c->load.is_map = 1;
	c->load.mapper = wish.w;
	return 1;
}

/* What is to be loaded next into load.plan. @return 0: nothing. */
static int choose_load(struct control *c)
{
	c->load = (struct rack_load){.plan = c->plan};
	if (c->is_font_wanted) {
		memcpy(c->load.plan.font, c->wanted, sizeof(c->wanted));
		c->is_font_wanted = 0;
		c->tries++;
		mos_counter_add(&c->regions->counters, C_ENGINE_TRIES, 1);
		return 1;
	}
	while (c->n_maps)
		if (take_map(c))
			return 1;
	return 0;
}

static void begin_load(struct control *c)
{
	struct loader_job job = {.kind = LOADER_BANK, .fd = -1, .config = &c->rack_config};

	if (c->load.is_on || !choose_load(c))
		return;
	c->load.is_on = 1;
	c->engine_state = MOS_ENGINE_LOADING;
	__atomic_store_n(&c->percent, 0, __ATOMIC_RELAXED);
	tell_engine_state(c);
	if (!c->ready_timer)
		(void)sd_event_add_time_relative(
			c->event, &c->ready_timer, CLOCK_MONOTONIC, READY_TIMEOUT_US, 0, on_ready_timeout, c);
	if (!c->load.plan.font[0] && c->load.plan.n_maps == 0) { /* the last one was taken out */
		hand_over(c, NULL);
		return;
	}
	job.plan = c->load.plan;
	if (loader_submit(c->banks, &job) < 0) {
		log_error("no memory to load %s", what_loads(c));
		answer_asker(c, -ENOMEM, "no memory");
		c->load.is_on = 0;
		fall_back(c);
	}
}

/* Ask for a bank. While one is being loaded, only the newest request is remembered. */
void control_want_bank(struct control *c, const char *path, struct waiter w)
{
	if (c->bank_waiter.op)
		control_reply_status(c, c->bank_waiter, -ECANCELED, "another bank was asked for meanwhile");
	c->bank_waiter = w;
	(void)snprintf(c->wanted, sizeof(c->wanted), "%s", path);
	c->is_font_wanted = 1;
	c->tries = 0;
	c->retry_timer = sd_event_source_disable_unref(c->retry_timer);
	if (c->load.is_on && !c->load.is_map)
		c->load.is_overtaken = 1;
	begin_load(c);
}

void control_map(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct map_wish wish = {.w = {msg->op, msg->id, c->conn}, .flags = msg->u.map.flags};

	memcpy(wish.map.path, msg->u.map.path, sizeof(msg->u.map.path));
	wish.map.bank = msg->u.map.bank;
	wish.map.program = msg->u.map.program;
	wish.map.from_bank = msg->u.map.from_bank;
	wish.map.from_program = msg->u.map.from_program;
	if (memchr(msg->u.map.path, 0, sizeof(msg->u.map.path)) == NULL ||
		(!(wish.flags & MOS_MAP_REMOVE) &&
			(!wish.map.path[0] || wish.map.bank > BANK_DRUMS || wish.map.program > 127))) {
		control_reply_status(c, wish.w, -EINVAL,
			"a file, a bank from 0 to 128 and a program from 0 to 127 are needed");
		return;
	}
	if (c->n_maps == MAPS_MAX) {
		control_reply_status(c, wish.w, -EBUSY, "too many files wait to be mapped");
		return;
	}
	c->map[c->n_maps++] = wish;
	begin_load(c);
}

static int on_retry(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	c->retry_timer = sd_event_source_disable_unref(c->retry_timer);
	c->is_font_wanted = 1;
	begin_load(c);
	return 0;
}

static void font_failed(struct control *c, const struct loader_job *job)
{
	/* who asked for a bank tries again by asking */
	int again = !c->bank_waiter.op && c->tries < BANK_TRIES;

	c->engine_error = job->status;
	(void)snprintf(c->engine_text, sizeof(c->engine_text), "%s", job->error);
	log_warning("try %u: %s; the %s plays", c->tries, job->error, what_plays(c));
	if (again)
		(void)sd_event_add_time_relative(c->event, &c->retry_timer, CLOCK_MONOTONIC,
			UINT64_C(1000000) << (c->tries - 1), 0, on_retry, c);
}

static void load_failed(struct control *c, const struct loader_job *job)
{
	if (c->load.is_map)
		log_warning("%s; it is not mapped", job->error);
	else
		font_failed(c, job);
	c->load.is_on = 0;
	fall_back(c);
	if (c->facts || !c->retry_timer)
		answer_ready(c, c->facts ? 0 : job->status, job->error);
	answer_asker(c, job->status, job->error);
	if (!c->retry_timer)
		c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
}

int control_on_bank_loaded(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct loader_job job;

	while (loader_take(c->banks, &job)) {
		if (job.kind == LOADER_CLIP) {
			control_clip_loaded(c, &job);
			continue;
		}
		if (c->load.is_overtaken) {
			control_free_later(c, LOADER_FREE_BANK, job.object);
			free(job.facts);
			c->load.is_on = 0;
		} else if (job.status < 0) {
			load_failed(c, &job);
		} else {
			c->load.facts = job.facts;
			c->load.sampler = job.sampler;
			hand_over(c, job.object);
		}
		begin_load(c);
	}
	control_resume_go_on(c);
	return 0;
}

void control_bank_in_force(struct control *c)
{
	c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
	free(c->facts);
	c->facts = c->load.facts;
	c->sampler = c->load.sampler;
	c->plan = c->load.plan;
	if (c->facts) {
		c->engine_error = 0;
		c->engine_text[0] = 0;
		c->percent = 100;
		log_info("%s is ready (%.1f MiB, %.1f of them in memory)", what_loads(c),
			(double)c->facts->file_bytes / 1048576, (double)c->facts->resident_bytes / 1048576);
	}
	fall_back(c);
	control_bank_figures(c);
	control_resume_rack(c);
	if (c->facts)
		answer_ready(c, 0, NULL);
	if (!c->load.is_overtaken)
		answer_asker(c, 0, NULL);
	c->load = (struct rack_load){0};
	begin_load(c);
}

void control_want_ready(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct waiter w = {msg->op, msg->id, c->conn};

	if (c->engine_state == MOS_ENGINE_READY)
		control_reply_status(c, w, 0, NULL);
	else if (c->engine_state == MOS_ENGINE_FALLBACK && !c->retry_timer)
		control_reply_status(c, w, c->engine_error ? c->engine_error : -ENOENT, c->engine_text);
	else if (c->n_ready == WAITERS_MAX)
		control_reply_status(c, w, -EBUSY, "too many wait already");
	else
		c->ready[c->n_ready++] = w;
}
