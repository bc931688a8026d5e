/* SPDX-License-Identifier: MIT */
/* Apollo's bank: loading, waiting, retrying. */
#include "control_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READY_TIMEOUT_US 30000000u /* APO-07 */
#define BANK_TRIES 4u              /* APO-18: 1, 2, 4 s apart */

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
	if (!c->bank_loading && !c->retry_timer)
		return 0;
	c->engine_error = -ETIMEDOUT;
	(void)snprintf(
		c->engine_text, sizeof(c->engine_text), "%.150s was not loaded within 30 s", c->wanted);
	log_warning(
		"%s; the %s plays", c->engine_text, c->bank[0] ? "bank before it" : "built-in synthesizer");
	c->engine_state = c->bank[0] ? MOS_ENGINE_READY : MOS_ENGINE_FALLBACK;
	tell_engine_state(c);
	answer_ready(c, c->bank[0] ? 0 : -ETIMEDOUT, c->engine_text);
	if (c->bank_waiter.op) {
		control_reply_status(c, c->bank_waiter, -ETIMEDOUT, c->engine_text);
		c->bank_waiter.op = 0;
	}
	return 0;
}

static void submit_bank(struct control *c)
{
	struct loader_job job = {.kind = LOADER_BANK,
		.tag = ++c->bank_tag,
		.fd = -1,
		.rate_hz = c->engine->rate_hz,
		.channel = c->engine->apollo.channel};

	(void)snprintf(job.path, sizeof(job.path), "%s", c->wanted);
	c->engine_state = MOS_ENGINE_LOADING;
	c->percent = 0;
	c->bank_loading = 1;
	c->tries++;
	mos_counter_add(&c->regions->counters, C_ENGINE_TRIES, 1);
	tell_engine_state(c);
	if (!c->ready_timer)
		(void)sd_event_add_time_relative(
			c->event, &c->ready_timer, CLOCK_MONOTONIC, READY_TIMEOUT_US, 0, on_ready_timeout, c);
	if (loader_submit(c->banks, &job) < 0)
		log_error("no memory to load %s", c->wanted);
}

/* Ask for a bank. While one is being loaded, only the newest request is remembered. */
void control_want_bank(struct control *c, const char *path, struct waiter w)
{
	if (c->bank_waiter.op)
		control_reply_status(c, c->bank_waiter, -ECANCELED, "another bank was asked for meanwhile");
	c->bank_waiter = w;
	(void)snprintf(c->wanted, sizeof(c->wanted), "%s", path);
	c->tries = 0;
	c->retry_timer = sd_event_source_disable_unref(c->retry_timer);
	if (!c->bank_loading)
		submit_bank(c);
}

static int on_retry(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	c->retry_timer = sd_event_source_disable_unref(c->retry_timer);
	submit_bank(c);
	return 0;
}

static void bank_failed(struct control *c, const struct loader_job *job)
{
	int again =
		!c->bank_waiter.op && c->tries < BANK_TRIES; /* who asked for a bank tries again by asking */

	c->engine_error = job->status;
	(void)snprintf(c->engine_text, sizeof(c->engine_text), "%s", job->error);
	c->engine_state = c->bank[0] ? MOS_ENGINE_READY : MOS_ENGINE_FALLBACK;
	log_warning("try %u: %s; the %s plays", c->tries, job->error,
		c->bank[0] ? "bank before it" : "built-in synthesizer");
	tell_engine_state(c);
	if (c->bank[0] || !again)
		answer_ready(c, c->bank[0] ? 0 : job->status, job->error);
	if (c->bank_waiter.op) {
		control_reply_status(c, c->bank_waiter, job->status, job->error);
		c->bank_waiter.op = 0;
	} else if (again) {
		(void)sd_event_add_time_relative(c->event, &c->retry_timer, CLOCK_MONOTONIC,
			UINT64_C(1000000) << (c->tries - 1), 0, on_retry, c);
		return;
	}
	c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
}

int control_on_bank_loaded(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct mos_rtctl_msg msg = {0};
	struct loader_job job;

	while (loader_take(c->banks, &job)) {
		c->bank_loading = 0;
		if (strcmp(job.path, c->wanted) != 0) { /* overtaken by a newer wish */
			control_free_later(c, LOADER_FREE_BANK, job.object);
			submit_bank(c);
		} else if (job.status < 0) {
			bank_failed(c, &job);
		} else {
			c->bank_bytes = job.bytes;
			if (control_send(c, &msg, ENGINE_OP_BANK, job.object, 0) < 0)
				control_free_later(c, LOADER_FREE_BANK, job.object);
		}
	}
	return 0;
}

void control_bank_in_force(struct control *c)
{
	c->ready_timer = sd_event_source_disable_unref(c->ready_timer);
	c->engine_state = MOS_ENGINE_READY;
	c->engine_error = 0;
	c->engine_text[0] = 0;
	c->percent = 100;
	memcpy(c->bank, c->wanted, sizeof(c->bank));
	log_info("%s is ready (%.1f MiB)", c->bank, (double)c->bank_bytes / 1048576);
	tell_engine_state(c);
	answer_ready(c, 0, NULL);
	if (c->bank_waiter.op) {
		control_reply_status(c, c->bank_waiter, 0, NULL);
		c->bank_waiter.op = 0;
	}
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
