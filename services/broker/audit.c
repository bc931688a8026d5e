/* SPDX-License-Identifier: MIT */
/* From notes to lines of the audit log. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "broker.h"
#include "log.h"
#include "state_dir.h"
#include "widgets/store_tree.h"

#define SECOND_NS UINT64_C(1000000000)
#define TURN_US 1000000u           /* counts are written and the disk is told as often */
#define TELL_NS (3600 * SECOND_NS) /* the journal hears of the head as often */
#define CALLER_BURST 100u          /* records at once, and */
#define CALLER_PER_S 10u           /* so many more a second */

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void tell_journal(struct audit *a)
{
	a->told_ns = now_ns();
	log_notice("audit: records=%llu head=%s", (unsigned long long)a->log.n, a->log.head);
}

static int put(struct audit *a, const char *by, const struct audit_note *note, uint64_t times)
{
	int rc = audit_log_add(&a->log, by, note, times);

	if (rc < 0) {
		a->lost += times;
		a->lost_ever += times;
		if (!a->failing)
			log_error("the audit log cannot be written: dir=%s error=\"%s\"", a->log.dir,
				strerror(-rc));
		a->failing = 1;
		return rc;
	}
	a->failing = 0;
	a->is_dirty = 1;
	return 0;
}

/* What the broker itself has to say. */
static void put_own(struct audit *a, const char *did, const char *with, uint64_t times)
{
	struct audit_note note = {.pid = getpid(), .uid = getuid(), .name = "mos-broker"};

	(void)snprintf(note.method, sizeof(note.method), "%s", did);
	(void)snprintf(note.with, sizeof(note.with), "%s", with);
	(void)put(a, "broker", &note, times);
}

static void put_lost(struct audit *a)
{
	uint64_t lost = a->lost;

	if (!lost)
		return;
	a->lost = 0;
	put_own(a, "audit.lost", "records that could not be written", lost);
	if (a->lost) { /* nor could this */
		a->lost = lost;
		a->lost_ever--;
	}
}

static void put_again(struct audit *a)
{
	uint64_t again = a->again;

	a->again = 0;
	if (again)
		(void)put(a, a->last_by, &a->last, again);
}

/* --- The disk --- */

static void wake(struct audit *a)
{
	int is_on = SD_EVENT_OFF;

	if (sd_event_source_get_enabled(a->timer, &is_on) > 0)
		return;
	(void)sd_event_source_set_time_relative(a->timer, TURN_US);
	(void)sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
}

struct flush {
	struct disk_job job; /* first */
	int fd;              /* owned */
	struct audit *audit;
};

static void run_flush(struct disk_job *job)
{
	(void)fdatasync(((struct flush *)job)->fd);
}

static void flush_done(struct disk_job *job)
{
	struct flush *flush = (struct flush *)job;

	flush->audit->is_flushing = 0;
	if (flush->audit->is_dirty)
		wake(flush->audit);
	(void)close(flush->fd);
	free(flush);
}

static void flush(struct audit *a)
{
	struct flush *flush = a->is_dirty && !a->is_flushing ? malloc(sizeof(*flush)) : NULL;

	if (!flush)
		return;
	*flush = (struct flush){.job = {.run = run_flush, .done = flush_done},
		.fd = fcntl(a->log.fd, F_DUPFD_CLOEXEC, 3),
		.audit = a};
	if (flush->fd < 0) {
		free(flush);
		return;
	}
	a->is_dirty = 0;
	a->is_flushing = 1;
	disk_submit(&a->broker->widgets.disk, &flush->job);
}

/* --- Who talks too much --- */

static void put_skipped_of(struct audit *a, struct audit_caller *c)
{
	struct audit_note note = {.method = "audit.skipped",
		.pid = c->pid,
		.uid = -1,
		.with = "calls faster than they are written of"};

	memcpy(note.name, c->name, sizeof(note.name));
	if (c->skipped)
		(void)put(a, "broker", &note, c->skipped);
	c->skipped = 0; /* else they are among the lost ones now */
}

static struct audit_caller *caller_of(struct audit *a, const struct audit_note *note)
{
	struct audit_caller *c = &a->caller[(uint64_t)note->pid % AUDIT_CALLERS];
	uint64_t now = now_ns(), more;

	if (!c->filled_ns)
		*c = (struct audit_caller){.left = CALLER_BURST, .filled_ns = now};
	/* The bucket stays as it is: two who take turns in one place are no way around it. */
	if (c->pid != note->pid) {
		put_skipped_of(a, c);
		c->pid = note->pid;
		memcpy(c->name, note->name, sizeof(c->name));
	}
	more = (now - c->filled_ns) * CALLER_PER_S / SECOND_NS;
	if (more) {
		c->left = c->left + more > CALLER_BURST ? CALLER_BURST : (uint32_t)(c->left + more);
		c->filled_ns = now;
	}
	return c;
}

static void put_skipped(struct audit *a)
{
	for (uint32_t i = 0; i < AUDIT_CALLERS; i++)
		put_skipped_of(a, &a->caller[i]);
}

static int on_turn(sd_event_source *source, uint64_t usec, void *data)
{
	struct audit *a = data;

	put_again(a);
	put_skipped(a);
	put_lost(a);
	flush(a);
	if (now_ns() - a->told_ns >= TELL_NS)
		tell_journal(a);
	return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* --- Notes --- */

static int is_again(const struct audit *a, const char *by, const struct audit_note *note)
{
	return a->last.pid == note->pid && a->last.uid == note->uid && !strcmp(a->last_by, by) &&
	       !strcmp(a->last.method, note->method) && !strcmp(a->last.with, note->with) &&
	       !strcmp(a->last.code, note->code) && !strcmp(a->last.name, note->name);
}

static void take(struct audit *a, const char *by, const struct audit_note *note)
{
	struct audit_caller *caller;

	if (a->log.fd < 0)
		return;
	wake(a);
	if (is_again(a, by, note)) {
		a->again++;
		return;
	}
	put_again(a);
	caller = caller_of(a, note);
	if (!caller->left) {
		caller->skipped++;
		a->last_by[0] = '\0'; /* what comes next is no repetition of what was written last */
		return;
	}
	caller->left--;
	put_lost(a);
	if (put(a, by, note, 1) < 0)
		return;
	a->last = *note;
	(void)snprintf(a->last_by, sizeof(a->last_by), "%s", by);
}

void audit_take(struct rpc_context *ctx, const struct audit_note *note)
{
	take(ctx->audit_data, "broker", note);
}

int audit_handle_note(struct rpc_request *req, const msgpack_object *params)
{
	struct audit_note note;

	if (audit_note_read(params, &note) < 0)
		return rpc_fail(req, -EINVAL, "rpc.params.invalid", "a word is too long");
	take(&broker_of(req)->audit, rpc_conn_peer(req->conn)->name, &note);
	return 0;
}

int audit_handle_status(struct rpc_request *req, const msgpack_object *params)
{
	const struct audit *a = &broker_of(req)->audit;

	wire_put_bool(&req->out, "on", a->log.fd >= 0);
	wire_put_str(&req->out, "dir", a->log.dir);
	wire_put_u64(&req->out, "records", a->log.n);
	wire_put_str(&req->out, "head", a->log.head);
	wire_put_u64(&req->out, "lost", a->lost_ever);
	return 0;
}

/* --- Start, stop --- */

static int open_log(struct audit *a, uint64_t *ret_torn_bytes)
{
	char dir[sizeof(a->log.dir)];
	int rc = state_dir_find(dir, sizeof(dir), sizeof("/audit"));

	if (rc < 0)
		return rc;
	strcat(dir, "/audit");
	rc = tree_make_path(dir);
	if (rc < 0)
		return rc;
	return audit_log_open(&a->log, dir, ret_torn_bytes);
}

void audit_start(struct audit *a, struct broker *broker)
{
	char text[64];
	uint64_t torn = 0;
	int rc;

	*a = (struct audit){.broker = broker, .log.fd = -1};
	rc = open_log(a, &torn);
	if (rc >= 0 || rc == -EBADMSG) {
		int r = sd_event_add_time_relative(
			broker->service->event, &a->timer, CLOCK_MONOTONIC, 0, 0, on_turn, a);

		if (r >= 0)
			r = sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
		rc = r < 0 ? r : rc;
	}
	if (rc < 0 && rc != -EBADMSG) {
		log_warning("there is no audit log: dir=%s error=\"%s\"", a->log.dir, strerror(-rc));
		audit_log_close(&a->log);
		return;
	}
	if (rc == -EBADMSG) {
		log_warning("the audit log's end is none of ours, a new chain begins: dir=%s", a->log.dir);
		put_own(a, "audit.broken", "the newest line was none", 1);
	}
	if (torn) {
		(void)snprintf(
			text, sizeof(text), "half a line taken off: bytes=%llu", (unsigned long long)torn);
		put_own(a, "audit.mended", text, 1);
	}
	put_own(a, "audit.started", "version=" MOS_VERSION, 1);
	tell_journal(a);
	broker->rpc.audit = audit_take;
	broker->rpc.audit_data = a;
}

void audit_stop(struct audit *a)
{
	a->timer = sd_event_source_disable_unref(a->timer);
	if (a->broker)
		a->broker->rpc.audit = NULL;
	if (!a->broker || a->log.fd < 0)
		return;
	put_again(a);
	put_skipped(a);
	put_lost(a);
	put_own(a, "audit.stopped", "", 1);
	tell_journal(a);
	audit_log_close(&a->log);
}
