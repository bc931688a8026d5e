/* SPDX-License-Identifier: MIT */
#include "loads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hermes.h"
#include "json_wire.h"
#include "log.h"

/* Where a load is. What can be cancelled ends with READING. */
enum stage { WAITING, READING, STORING, PLAYING, SWITCHING, REVERTING, N_STAGES };

static const unsigned progress_of[N_STAGES] = {0, 100, 600, 800, 900, 900};

struct load {
	struct job job;
	struct hermes *hermes;
	struct rpc_request *req; /* NULL: nobody asked (a restore) */
	uint64_t load_id;
	char client[48];
	struct load_wish wish;
	enum stage stage;
	atomic_bool cancelled;

	/* Made on the threads. */
	struct imported imported;
	struct score_bytes facts;
	struct standing standing;
	char before_id[UUID_BYTES]; /* what was loaded */
	int is_new;                 /* the store did not have it */
	int timeline_fd;
	uint64_t timeline_id;
	int rc;
	struct failure failure;
	TAILQ_ENTRY(load) link;
};

static int plays(const struct load *load)
{
	return load->wish.kind == LOAD_LOAD || load->wish.kind == LOAD_OPEN;
}

static void load_free(struct load *load)
{
	imported_finish(&load->imported);
	score_bytes_finish(&load->facts);
	if (load->wish.fd >= 0)
		close(load->wish.fd);
	if (load->timeline_fd >= 0)
		close(load->timeline_fd);
	free(load);
}

/* --- The end --- */

static void start_next(struct loads *loads);

static void tell_state(const struct load *load, int loading, const struct wire_error *error)
{
	if (plays(load))
		subscribers_load_state(&load->hermes->subscribers, load->load_id, loading,
			loading ? progress_of[load->stage] : 1000, error);
}

static void on_told(void *data, int rc, struct wire_in *in)
{
}

/* score:error on the bus has room for numbers; hermes.load.list has the words (HER-12). */
static void tell_bus(const struct load *load, int rc)
{
	struct rpc_conn *broker = broker_link_conn(&load->hermes->link);
	struct wire_out out;

	if (!broker)
		return;
	const uint32_t id = rpc_begin_call(broker, &out, "broker.score.failed");
	wire_put_u64(&out, "load_id", load->load_id);
	wire_put_i64(&out, "error", rc > -4096 ? rc : -EINVAL);
	(void)rpc_call(broker, &out, id, on_told, NULL); /* nobody hears it where there is no broker */
}

static void remember(struct loads *loads, const struct load *load, const struct wire_error *error)
{
	struct load_ended *ended = &loads->ended[loads->n_ended++ % LOADS_ENDED_MAX];

	*ended = (struct load_ended){.load_id = load->load_id, .error = *error};
	strcpy(ended->name, load->wish.name);
	strcpy(ended->client, load->client);
}

static void answer(struct load *load, int rc)
{
	struct rpc_request *req = load->req;

	if (rc < 0) {
		failure_finish(&load->failure, req, rc);
		return;
	}
	score_bytes_u8(&load->facts, '}');
	rc = load->facts.error;
	if (rc == 0)
		rc = json_spread_to_wire(&req->out, (const char *)load->facts.data, load->facts.n);
	rpc_finish(req, rc);
}

/* Answer and forget it. */
static void end_load(struct load *load, int rc)
{
	struct loads *loads = &load->hermes->loads;

	if (rc < 0) {
		remember(loads, load, &load->failure.error);
		if (plays(load))
			tell_bus(load, rc);
		log_notice("a load failed: id=%llu name=\"%s\" code=%s where=\"%s\" reason=\"%s\"",
			(unsigned long long)load->load_id, load->wish.name, load->failure.error.code,
			load->failure.error.where, load->failure.error.message);
	}
	if (loads->active == load)
		loads->active = NULL;
	tell_state(load, 0, rc < 0 ? &load->failure.error : NULL);
	answer(load, rc);
	load_free(load);
	start_next(loads);
}

/* --- The stages --- */

static void enter(struct load *load, enum stage stage, struct worker *worker, int (*run)(struct job *),
	void (*done)(struct job *))
{
	load->stage = stage;
	load->job.run = run;
	load->job.done = done;
	tell_state(load, 1, NULL);
	worker_post(worker, &load->job);
}

static int is_over(struct load *load)
{
	if (load->job.dropped)
		load->rc = failure_set(&load->failure, -ESHUTDOWN, "hermes.score.failed", "the service ends");
	const int over = load->rc < 0;
	if (over)
		end_load(load, load->rc);
	return over;
}

static int run_switch(struct job *job)
{
	struct load *load = (struct load *)job;
	struct document *d;

	/* It may have been closed meanwhile, in favour of others. */
	load->rc = documents_get(&load->hermes->documents, load->standing.score_id, &d, &load->failure);
	if (load->rc == 0) {
		load->hermes->documents.loaded = d;
		load->standing = document_standing(d);
	}
	return 0;
}

static void done_switch(struct job *job)
{
	struct load *load = (struct load *)job;

	if (is_over(load))
		return;
	log_info("score loaded: id=%s title=\"%s\"", load->standing.score_id, load->standing.title);
	subscribers_loaded(&load->hermes->subscribers, &load->standing);
	end_load(load, 0);
}

/* rtcore does not take it: what was loaded stays so, and what nobody has asked to keep goes. */
static int run_revert(struct job *job)
{
	struct load *load = (struct load *)job;
	struct documents *documents = &load->hermes->documents;
	struct failure *ignored = calloc(1, sizeof(*ignored));

	if (!ignored)
		return 0;
	if (documents_note_loaded(documents, load->before_id, ignored) < 0 ||
		(load->is_new && documents_delete(documents, load->standing.score_id, ignored) < 0))
		log_warning("the store keeps a score that cannot be played: id=%s reason=\"%s\"",
			load->standing.score_id, ignored->error.message);
	free(ignored);
	return 0;
}

static void done_revert(struct job *job)
{
	struct load *load = (struct load *)job;

	end_load(load, load->rc);
}

static void on_played(void *data, int rc, const struct wire_error *error)
{
	struct load *load = data;

	if (rc == 0) {
		enter(load, SWITCHING, &load->hermes->scores, run_switch, done_switch);
		return;
	}
	load->rc = rc;
	load->failure.error = *error;
	enter(load, REVERTING, &load->hermes->scores, run_revert, done_revert);
}

static int store(struct load *load)
{
	struct documents *documents = &load->hermes->documents;
	struct imported *im = &load->imported;
	struct document *d;
	int rc;

	if (atomic_load(&load->cancelled))
		return failure_of_score(&load->failure, -ECANCELED);
	if (documents->loaded)
		strcpy(load->before_id, documents->loaded->score_id);
	if (load->wish.kind == LOAD_OPEN) {
		rc = documents_get(documents, load->wish.score_id, &d, &load->failure);
		if (rc == 0)
			rc = document_compile(d, &load->failure);
		if (rc == 0)
			rc = documents_note_loaded(documents, d->score_id, &load->failure);
	} else {
		rc = documents_add(documents, im, plays(load), &d, &load->is_new, &load->failure);
		if (rc == 0 && plays(load))
			rc = document_compile(d, &load->failure);
	}
	if (rc < 0)
		return rc;
	load->standing = document_standing(d);
	facts_put(&load->facts, &(struct facts){.score = d->head,
					.score_id = d->score_id,
					.revision = d->revision,
					.format = im->score ? im->format : d->format,
					.timeline = d->compiled ? &d->timeline : NULL,
					.report = im->score ? &im->report : NULL});
	if (!plays(load))
		return 0;
	load->timeline_fd = fcntl(d->timeline.fd, F_DUPFD_CLOEXEC, 0);
	load->timeline_id = d->timeline.id;
	return load->timeline_fd < 0 ? failure_set(&load->failure, -errno, "hermes.score.failed",
					       "the timeline cannot be handed over: %s", strerror(errno))
				     : 0;
}

static int run_store(struct job *job)
{
	struct load *load = (struct load *)job;

	load->rc = store(load);
	return 0;
}

static void done_store(struct job *job)
{
	struct load *load = (struct load *)job;

	if (is_over(load))
		return;
	if (!plays(load)) {
		end_load(load, 0);
		return;
	}
	load->stage = PLAYING;
	tell_state(load, 1, NULL);
	player_play(&load->hermes->player, load->timeline_fd, load->timeline_id, /* update= */ 0, on_played,
		load);
}

static int run_read(struct job *job)
{
	struct load *load = (struct load *)job;
	struct imported *im = &load->imported;

	load->rc = imported_read(
		im, load->wish.fd, load->wish.name, load->wish.index, &load->cancelled, &load->failure);
	if (load->rc == 0 && load->wish.kind == LOAD_CHECK)
		facts_put(&load->facts, &(struct facts){.score = im->score,
						.format = im->format,
						.n_scores = im->n_scores,
						.timeline = &im->timeline,
						.report = &im->report});
	return 0;
}

static void done_read(struct job *job)
{
	struct load *load = (struct load *)job;

	if (is_over(load))
		return;
	if (load->wish.kind == LOAD_CHECK)
		end_load(load, 0);
	else
		enter(load, STORING, &load->hermes->scores, run_store, done_store);
}

/* --- The queue --- */

static void start_next(struct loads *loads)
{
	struct load *load = TAILQ_FIRST(&loads->waiting);

	if (loads->active || !load)
		return;
	TAILQ_REMOVE(&loads->waiting, load, link);
	loads->n_waiting--;
	loads->active = load;
	if (load->wish.kind == LOAD_OPEN)
		enter(load, STORING, &load->hermes->scores, run_store, done_store);
	else
		enter(load, READING, &load->hermes->files, run_read, done_read);
}

void loads_init(struct loads *loads, struct hermes *hermes)
{
	*loads = (struct loads){.hermes = hermes};
	TAILQ_INIT(&loads->waiting);
}

static void drop_waiting(struct load *load, int rc, const char *code, const char *why)
{
	struct loads *loads = &load->hermes->loads;

	TAILQ_REMOVE(&loads->waiting, load, link);
	loads->n_waiting--;
	rpc_finish(load->req, rpc_fail(load->req, rc, code, "%s", why));
	load_free(load);
}

void loads_finish(struct loads *loads)
{
	struct load *load;

	while (loads->hermes && (load = TAILQ_FIRST(&loads->waiting)))
		drop_waiting(load, -ESHUTDOWN, "hermes.score.failed", "the service ends");
}

int loads_add(struct loads *loads, struct rpc_request *req, const struct load_wish *wish)
{
	struct load *load = loads->n_waiting < LOADS_WAITING_MAX ? calloc(1, sizeof(*load)) : NULL;

	if (!load) {
		if (wish->fd >= 0)
			close(wish->fd);
		return rpc_fail(req, -ENOMEM, "hermes.score.failed", "%s",
			loads->n_waiting < LOADS_WAITING_MAX ? "out of memory" : "too many loads wait");
	}
	load->hermes = loads->hermes;
	load->req = req;
	load->wish = *wish;
	load->load_id = ++loads->last_id;
	load->timeline_fd = -1;
	load->imported.timeline.fd = -1;
	strcpy(load->client, rpc_conn_peer(req->conn)->name);
	score_bytes_init(&load->facts, &score_heap);
	score_bytes_u8(&load->facts, '{');
	TAILQ_INSERT_TAIL(&loads->waiting, load, link);
	loads->n_waiting++;
	start_next(loads);
	return RPC_LATER;
}

int loads_cancel(struct loads *loads, uint64_t load_id)
{
	struct load *load = loads->active;

	if (load && load->load_id == load_id) {
		if (load->stage > READING)
			return -EALREADY;
		atomic_store(&load->cancelled, true);
		return 0;
	}
	TAILQ_FOREACH (load, &loads->waiting, link) {
		if (load->load_id != load_id)
			continue;
		drop_waiting(load, -ECANCELED, "hermes.load.cancelled", "the load was cancelled");
		return 0;
	}
	return -ENOENT;
}

static void put_load(struct wire_out *out, const struct load *load, const char *state)
{
	wire_open_map(out, NULL);
	wire_put_u64(out, "load_id", load->load_id);
	wire_put_str(out, "name", load->wish.name);
	wire_put_str(out, "state", state);
	wire_put_f64(out, "progress", (double)progress_of[load->stage] / 1000.0);
	wire_put_str(out, "client", load->client);
	wire_close(out);
}

void loads_put(const struct loads *loads, struct wire_out *out)
{
	const struct load *load;
	unsigned n = 0;

	wire_open_array(out, "loads");
	if (loads->active)
		put_load(out, loads->active, "active");
	TAILQ_FOREACH (load, &loads->waiting, link) {
		if (n++ < 100) /* a frame is small; n_waiting counts all */
			put_load(out, load, "waiting");
	}
	for (uint32_t i = 0; i < LOADS_ENDED_MAX; i++) {
		const struct load_ended *ended = &loads->ended[(loads->n_ended + i) % LOADS_ENDED_MAX];

		if (!ended->load_id)
			continue;
		wire_open_map(out, NULL);
		wire_put_u64(out, "load_id", ended->load_id);
		wire_put_str(out, "name", ended->name);
		wire_put_str(out, "state", "failed");
		wire_put_str(out, "client", ended->client);
		wire_open_map(out, "error");
		wire_put_str(out, "code", ended->error.code);
		wire_put_str(out, "message", ended->error.message);
		wire_put_str(out, "where", ended->error.where);
		wire_close(out);
		wire_close(out);
	}
	wire_close(out);
	wire_put_u64(out, "n_waiting", loads->n_waiting);
}

void loads_put_state(
	const struct loads *loads, struct score_bytes *out, const struct standing *now, int follows)
{
	const struct load *load = loads->active;
	const int loading = follows && load && plays(load);

	standing_put(out, now, loading, loading ? progress_of[load->stage] : 1000);
}

/* --- After a start --- */

struct restore {
	struct job job;
	struct hermes *hermes;
	struct standing standing;
	int timeline_fd, rc;
	uint64_t timeline_id;
	struct failure failure;
};

static int run_restore(struct job *job)
{
	struct restore *r = (struct restore *)job;
	struct documents *documents = &r->hermes->documents;
	char score_id[STORE_ID_BYTES] = "";
	struct document *d = NULL;

	r->rc = store_get_loaded(documents->store, score_id);
	if (r->rc < 0)
		(void)failure_of_store(&r->failure, r->rc, documents->store);
	if (r->rc < 0 || !score_id[0])
		return 0;
	r->rc = documents_get(documents, score_id, &d, &r->failure);
	if (r->rc == 0)
		r->rc = document_compile(d, &r->failure);
	if (r->rc < 0) {
		(void)store_set_loaded(documents->store, "");
		return 0;
	}
	documents->loaded = d;
	r->standing = document_standing(d);
	r->timeline_fd = fcntl(d->timeline.fd, F_DUPFD_CLOEXEC, 0);
	r->timeline_id = d->timeline.id;
	return 0;
}

static void done_restore(struct job *job)
{
	struct restore *r = (struct restore *)job;

	if (!job->dropped && r->rc < 0)
		log_error("the score that was loaded cannot be loaded again: code=%s reason=\"%s\"",
			r->failure.error.code, r->failure.error.message);
	if (!job->dropped && r->rc == 0 && r->timeline_fd >= 0) {
		subscribers_loaded(&r->hermes->subscribers, &r->standing);
		player_adopt(&r->hermes->player, r->timeline_fd, r->timeline_id);
	}
	if (r->timeline_fd >= 0)
		close(r->timeline_fd);
	free(r);
}

void loads_restore(struct loads *loads)
{
	struct restore *r = calloc(1, sizeof(*r));

	if (!r)
		return;
	r->hermes = loads->hermes;
	r->timeline_fd = -1;
	r->job.run = run_restore;
	r->job.done = done_restore;
	worker_post(&loads->hermes->scores, &r->job);
}
