/* SPDX-License-Identifier: MIT */
#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <score/format.h>

#include "log.h"
#include "wire_utf8.h"

struct followed *followed_ref(struct followed *f)
{
	if (f)
		atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

void followed_unref(struct followed *f)
{
	if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return;
	score_play_order_finish(&f->order);
	score_unref(f->score);
	free(f);
}

/* --- Reading what Hermes sent, on the worker --- */

struct reading {
	struct job job;
	struct follow *follow;
	int fd;
	struct followed *made;
	char fault[FOLLOW_FAULT_MAX];
};

static void read_score(struct reading *r, const uint8_t *bytes, size_t size)
{
	const struct score_import import = {.alloc = &score_heap};
	struct score_report *report = calloc(1, sizeof(*report));
	struct followed *made = calloc(1, sizeof(*made));
	struct score *score = NULL;
	int rc = report && made ? score_import(bytes, size, &import, report, &score, NULL) : -ENOMEM;

	if (rc == 0)
		rc = score_play_order(score, &score_heap, report, &made->order);
	if (rc == 0) {
		atomic_init(&made->refs, 1);
		made->score = score;
		r->made = made;
	} else {
		const struct score_issue *first = report && report->n_errors ? &report->error[0] : NULL;

		(void)snprintf(r->fault, sizeof(r->fault), "%s%s%s", first ? first->where : "",
			first && first->where[0] ? ": " : "", first ? first->reason : strerror(-rc));
		score_unref(score);
		free(made);
	}
	free(report);
}

static int run_reading(struct job *job)
{
	struct reading *r = (struct reading *)job;
	struct stat st;
	void *bytes;

	if (fstat(r->fd, &st) < 0 || st.st_size <= 0) {
		(void)snprintf(r->fault, sizeof(r->fault), "Hermes sent nothing");
		return 0;
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, r->fd, 0);
	if (bytes == MAP_FAILED) {
		(void)snprintf(r->fault, sizeof(r->fault), "%s", strerror(errno));
		return 0;
	}
	read_score(r, bytes, (size_t)st.st_size);
	(void)munmap(bytes, (size_t)st.st_size);
	return 0;
}

static void fetch_score(struct follow *f);

static void swap_score(struct follow *f, struct followed *score, const char *fault)
{
	followed_unref(f->score);
	f->score = score;
	if (score)
		score->version = ++f->version;
	(void)snprintf(f->fault, sizeof(f->fault), "%s", fault);
	wire_utf8_mend(f->fault);
	f->ops->score(score, f->fault, f->data);
}

/* The one before is not what plays any more: it goes, and why is shown in its place. */
static void fail_score(struct follow *f, const char *reason)
{
	log_warning("the score cannot be shown: reason=\"%s\"", reason);
	swap_score(f, NULL, reason);
}

static void done_reading(struct job *job)
{
	struct reading *r = (struct reading *)job;
	struct follow *f = r->follow;

	f->n_reading--;
	f->is_asking = 0;
	(void)close(r->fd);
	if (f->is_closing || job->dropped)
		followed_unref(r->made);
	else if (r->made)
		swap_score(f, r->made, "");
	else if (!f->is_stale) /* else the next one may be better */
		fail_score(f, r->fault);
	free(r);
	if (f->is_stale && !f->is_closing)
		fetch_score(f);
}

static void on_score(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct follow *f = data;
	struct reading *r;
	int fd;

	f->is_asking = 0;
	if (rc < 0) {
		log_debug("no score to show: error=%s", error->code);
		/* Hermes did not say so itself: it is asked once more. */
		if (rc != -EREMOTEIO && rc != -ECANCELED)
			retry_later(&f->retry);
		return;
	}
	if (reply->n_fds < 1) {
		if (f->score || *f->fault)
			swap_score(f, NULL, "");
		if (f->is_stale)
			fetch_score(f);
		return;
	}
	fd = fcntl(reply->fds[0], F_DUPFD_CLOEXEC, 3);
	r = calloc(1, sizeof(*r));
	if (fd < 0 || !r) {
		fail_score(f, strerror(r ? errno : ENOMEM));
		if (fd >= 0)
			(void)close(fd);
		free(r);
		return;
	}
	*r = (struct reading){.job = {.run = run_reading, .done = done_reading}, .follow = f, .fd = fd};
	f->n_reading++;
	f->is_asking = 1;
	worker_post(f->worker, &r->job);
}

static void fetch_score(struct follow *f)
{
	const struct mos_field content = mos_bool("content", 1);
	const struct mos_request request = {.method = "hermes.score.get", .args = &content, .n_args = 1};

	f->is_stale = f->is_asking;
	if (f->is_asking || !f->client)
		return;
	if (mos_call_async(f->client, &request, on_score, f) == 0)
		f->is_asking = 1;
}

static void on_subscribed(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct follow *f = data;

	if (rc == 0)
		fetch_score(f);
	else if (rc != -ECANCELED)
		retry_later(&f->retry);
}

static void subscribe(struct follow *f)
{
	const struct mos_request request = {.method = "hermes.score.subscribe"};

	if (mos_call_async(f->client, &request, on_subscribed, f) < 0)
		retry_later(&f->retry);
}

/* --- The connection --- */

static void on_notice(
	struct mos_client *client, const char *method, const struct mos_value *params, void *data)
{
	struct follow *f = data;

	if (strcmp(method, "hermes.score.changed") == 0 ||
		(strcmp(method, "hermes.score.state") == 0 && !mos_get_bool(params, "loading", 0)))
		fetch_score(f);
	else if (strcmp(method, "client.service.lost") == 0)
		retry_later(&f->retry); /* Hermes is started again: ask again */
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct follow *f = data;
	int rc;

	do
		rc = mos_events_dispatch(f->client, 0);
	while (rc > 0);
	return 0;
}

static int listen_to(struct follow *f)
{
	const int fd = mos_events_fd(f->client);

	mos_client_on_notice(f->client, on_notice, f);
	return fd < 0 ? fd : sd_event_add_io(f->event, &f->io, fd, EPOLLIN, on_readable, f);
}

static void hang_up(struct follow *f)
{
	f->io = sd_event_source_disable_unref(f->io);
	mos_client_destroy(f->client);
	f->client = NULL;
}

/* The door may keep one waiting: not on the thread that draws. */
struct opening {
	struct job job;
	struct follow *follow;
	struct mos_client *client;
	struct mos_error error;
};

static int run_opening(struct job *job)
{
	struct opening *o = (struct opening *)job;
	const struct mos_client_options options = {
		.name = "theater", .runtime_dir = o->follow->runtime_dir, .timeout_ms = 2000};

	if (mos_client_create(&options, &o->client, &o->error) < 0)
		o->client = NULL;
	return 0;
}

static void done_opening(struct job *job)
{
	struct opening *o = (struct opening *)job;
	struct follow *f = o->follow;

	f->is_opening = 0;
	f->client = o->client;
	if (f->is_closing || job->dropped) {
		hang_up(f);
	} else if (!f->client) {
		log_debug("not connected yet: error=%s", o->error.code);
		retry_later(&f->retry);
	} else if (listen_to(f) < 0) {
		log_warning("cannot follow the bus: error=\"%s\"", mos_client_error(f->client)->message);
		hang_up(f);
		retry_later(&f->retry);
	} else {
		retry_reset(&f->retry);
		subscribe(f);
	}
	free(o);
}

static void try_again(void *data)
{
	struct follow *f = data;
	struct opening *o;

	if (f->client) {
		retry_reset(&f->retry);
		subscribe(f);
		return;
	}
	if (f->is_opening)
		return;
	o = calloc(1, sizeof(*o));
	if (!o) {
		retry_later(&f->retry);
		return;
	}
	*o = (struct opening){.job = {.run = run_opening, .done = done_opening}, .follow = f};
	f->is_opening = 1;
	worker_post(f->worker, &o->job);
}

int follow_start(struct follow *f, sd_event *event, struct worker *worker, const char *runtime_dir,
	const struct follow_ops *ops, void *data)
{
	*f = (struct follow){
		.event = event, .worker = worker, .runtime_dir = runtime_dir, .ops = ops, .data = data};
	return retry_init(&f->retry, event, try_again, f);
}

void follow_broker_up(struct follow *f)
{
	if (!f->client)
		try_again(f);
}

void follow_stop(struct follow *f)
{
	f->is_closing = 1;
	if (f->client)
		hang_up(f);
	retry_finish(&f->retry);
	followed_unref(f->score);
	f->score = NULL;
}

/* --- The clock --- */

void follow_place_at(const struct follow *f, int64_t time_ns, struct follow_place *ret)
{
	const struct mos_clock_page *page = f->client ? mos_client_clock(f->client) : NULL;
	struct mos_clock clock;
	uint32_t frac;
	int64_t tick, written;

	*ret = (struct follow_place){.time_ns = time_ns};
	if (!page || mos_clock_read(page, &clock) < 0)
		return;
	tick = mos_clock_tick_at(&clock, time_ns, &frac);
	ret->is_known = 1;
	ret->is_rolling = (clock.flags & MOS_CLOCK_ROLLING) != 0;
	ret->is_playing = clock.state == MOS_TRANSPORT_PLAYING;
	ret->tick = (double)tick + frac * 0x1p-32;
	ret->beat_ns = clock.next_beat_ns;
	if (ret->is_rolling && clock.meter_den) {
		const double bar_ticks = 3840.0 * clock.meter_num / clock.meter_den;
		const double left = (double)clock.measure_tick + bar_ticks - (double)clock.tick;

		if (left > 0)
			ret->bar_ns = clock.time_ns + (int64_t)(left * (double)clock.ns_per_quarter / 960.0);
	}
	written = f->score ? score_written_tick(&f->score->order, tick) : tick;
	ret->written_tick = (double)written + frac * 0x1p-32;
}
