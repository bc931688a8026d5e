/* SPDX-License-Identifier: MIT */
/*
 * What changes the playing, one operation after the other: play, change, stop, and giving rtcore back what it
 * lost. Each is a chain of steps: some on the worker's thread, some questions to rtcore through the broker.
 */
#include "ops.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "refusal.h"
#include "sha256.h"

/* The next one begins from the loop: an answer may not be sent before its handler has returned, and a
 * thousand that fail at once are no recursion. */
static void kick(struct player *player)
{
	if (!player->closing && !TAILQ_EMPTY(&player->ops))
		(void)sd_event_source_set_enabled(player->kick, SD_EVENT_ONESHOT);
}

/* --- An operation's end --- */

static void op_free(struct op *op)
{
	take_unref(op->take);
	take_unref(op->base);
	op_wish_finish(&op->wish);
	free(op->were_linked);
	op_replay_free(op->replay);
	if (op->timeline >= 0)
		close(op->timeline);
	band_schedule_finish(&op->schedule);
	if (op->sender)
		op->sender->close(op->sender);
	free(op);
}

/* @param rc  0: the answer is in req->out. Negative: op->error, else the take's report, says why. */
void op_end(struct op *op, int rc)
{
	struct player *player = op->player;

	TAILQ_REMOVE(&player->ops, op, link);
	if (op->req && rc == 0) {
		rpc_finish(op->req, 0);
	} else if (op->req && op->error.code[0]) {
		op->req->error = op->error;
		rpc_finish(op->req, rc);
	} else if (op->req) {
		static const struct band_report none;

		refusal_finish(op->req, op->take ? &op->take->report : &none, rc);
	} else if (rc < 0) {
		log_warning("what plays cannot go on: code=%s message=\"%s\"",
			op->error.code[0] ? op->error.code : "band.service.failed", op->error.message);
	}
	op_free(op);
	kick(player);
}

void op_fail(struct op *op, int rc, const char *code, const char *fmt, ...)
{
	char text[sizeof(op->error.message)];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	wire_error_set(&op->error, code, "%s", text);
	op_end(op, rc);
}

/* rtcore or the broker said no: in the band's words where it has some. */
void op_note_refusal(struct op *op, int rc, const struct wire_in *in)
{
	struct wire_error *said = &op->error;

	if (rc == -EREMOTEIO)
		wire_error_read(in->error, said);
	else
		wire_error_set(said, "rtcore.down", "there is no broker to reach rtcore through");
	if (strcmp(said->code, "kronos.midiout.unknown") == 0) {
		strcpy(said->code, "band.port.unknown");
	} else if (strcmp(said->code, "kronos.midiout.ambiguous") == 0) {
		strcpy(said->code, "band.port.ambiguous");
	} else if (strncmp(said->code, "rtcore.", 7) == 0 || strcmp(said->code, "kronos.driver.down") == 0) {
		strcpy(said->code, "band.backend.unavailable");
		wire_error_where(said, "RT_BACKEND_FAILURE");
		if (!said->hint[0])
			wire_error_hint(
				said, "mosctl band backends lists what there is besides " PLAYER_PIPEWIRE);
	}
}

void op_fail_backend(struct op *op, int rc, const struct wire_in *in)
{
	op_note_refusal(op, rc, in);
	op_end(op, -EREMOTEIO);
}

/* --- Steps --- */

static void job_done(struct job *job)
{
	struct op *op = op_of(job);

	if (job->dropped) {
		op_fail(op, -ESHUTDOWN, "band.service.failed", "the service ends");
		return;
	}
	op->next(op);
}

void op_run(struct op *op, int (*run)(struct job *job), void (*next)(struct op *op))
{
	op->job = (struct job){.run = run, .done = job_done};
	op->next = next;
	worker_post(&op->player->band->worker, &op->job);
}

static void on_answer(void *data, int rc, struct wire_in *in)
{
	struct op *op = data;

	op->answered(op, rc, in);
}

/* Begin a question. @return NULL: there is no broker, and `answered` was told. */
struct rpc_conn *op_begin_ask(struct op *op, struct wire_out *out, uint32_t *ret_id, const char *method,
	void (*answered)(struct op *op, int rc, struct wire_in *in))
{
	struct rpc_conn *broker = broker_link_conn(&op->player->band->link);

	op->answered = answered;
	if (!broker) {
		answered(op, -ECONNRESET, NULL);
		return NULL;
	}
	*ret_id = rpc_begin_call(broker, out, method);
	return broker;
}

void op_ask(struct op *op, struct rpc_conn *broker, struct wire_out *out, uint32_t id)
{
	if (rpc_call(broker, out, id, on_answer, op) < 0)
		op->answered(op, -ECONNRESET, NULL);
}

void op_ask_plain(
	struct op *op, const char *method, void (*answered)(struct op *op, int rc, struct wire_in *in))
{
	struct wire_out out;
	uint32_t id;
	struct rpc_conn *broker = op_begin_ask(op, &out, &id, method, answered);

	if (broker)
		op_ask(op, broker, &out, id);
}

void op_ask_load(
	struct op *op, int timeline, bool update, void (*answered)(struct op *op, int rc, struct wire_in *in))
{
	struct wire_out out;
	uint32_t id;
	struct rpc_conn *broker = op_begin_ask(op, &out, &id, "kronos.timeline.load", answered);

	if (!broker)
		return;
	if (update)
		wire_put_bool(&out, "update", 1);
	wire_add_fd(&out, timeline);
	op_ask(op, broker, &out, id);
}

void op_link_port(struct op *op, void (*answered)(struct op *op, int rc, struct wire_in *in))
{
	struct wire_out out;
	uint32_t id;
	struct rpc_conn *broker = op_begin_ask(op, &out, &id, "kronos.midiout.link", answered);

	if (!broker)
		return;
	wire_put_str(&out, "port", op->wish.port);
	op_ask(op, broker, &out, id);
}

/* --- Silence: whatever plays is ended, then op->next --- */

static void silent(struct op *op)
{
	op->player->linked = false;
	op->next(op);
}

static void on_unlinked(struct op *op, int rc, struct wire_in *in)
{
	silent(op);
}

void op_undo_link(struct op *op)
{
	struct player *player = op->player;
	struct wire_out out;
	uint32_t id;

	if (!player->linked) {
		silent(op);
		return;
	}
	struct rpc_conn *broker = op_begin_ask(op, &out, &id, "kronos.midiout.unlink", on_unlinked);
	if (!broker)
		return;
	wire_put_str(&out, "port", player->port);
	op_ask(op, broker, &out, id);
}

static void on_unloaded(struct op *op, int rc, struct wire_in *in)
{
	op_undo_link(op);
}

static void on_counted(struct op *op, int rc, struct wire_in *in)
{
	struct player *player = op->player;

	if (rc == 0)
		player_count(player, in->result);
	op_ask_plain(op, "kronos.timeline.unload", on_unloaded);
}

/* What refuses to stop has stopped already, or is gone. */
static void on_stopped(struct op *op, int rc, struct wire_in *in)
{
	op_ask_plain(op, "kronos.diagnostics.get", on_counted);
}

static void on_whose(struct op *op, int rc, struct wire_in *in)
{
	struct place place = {0};

	if (rc == 0)
		player_read_place(in->result, &place);
	/* Another score is in force, or no rtcore: nothing of ours sounds there. */
	if (rc < 0 || !player_is_ours(op->player, &place)) {
		op_undo_link(op);
		return;
	}
	op->player->place = place;
	op_ask_plain(op, "kronos.transport.stop", on_stopped);
}

void op_silence(struct op *op, void (*next)(struct op *op))
{
	struct player *player = op->player;

	op->next = next;
	if (player->thread) {
		struct band_thread_status status;

		band_thread_status(player->thread, &status);
		player->counts = (struct player_counts){status.n_sent, status.n_late, status.n_dropped};
		player->place = player_place(player);
		band_thread_stop(player->thread);
		player->thread = NULL;
		next(op);
	} else if (player->take) {
		op_ask_plain(op, "kronos.position.get", on_whose);
	} else {
		next(op);
	}
}

/* What rtcore, or the schedule of a thread, gets. On the worker's thread. */
int op_make_output(struct op *op)
{
	char *bytes;
	size_t n;

	if (op->wish.backend)
		return band_performance_schedule(op->take->performance, &op->take->report, &op->schedule);
	op->timeline = band_performance_timeline(op->take->performance, &op->take->report);
	if (op->timeline < 0)
		return op->timeline;
	const int rc = wish_read_bytes(op->timeline, SIZE_MAX, &bytes, &n);
	if (rc < 0)
		return rc;
	const int sum = band_sha256(bytes, n, op->digest);
	free(bytes);
	return sum;
}

/* --- Stop, restore --- */

static void stopped(struct op *op)
{
	struct player *player = op->player;
	void (*closed)(struct band *band) = player->closed;

	if (op->req) {
		const struct band_performance *p = player->take ? player->take->performance : NULL;

		wire_put_u64(
			&op->req->out, "bar", p ? band_performance_bar_at(p, player->place.tick) + 1u : 0);
		wire_put_u64(&op->req->out, "sent", player->counts.sent);
		wire_put_u64(&op->req->out, "late", player->counts.late);
		wire_put_u64(&op->req->out, "dropped", player->counts.dropped);
	}
	player_ended(player, closed ? "service" : "stopped", NULL);
	op_end(op, 0);
	if (closed)
		closed(player->band);
}

static void begin_stop(struct op *op)
{
	if (!op->player->take && op->req)
		op_fail(op, -ENOENT, "band.idle", "no band plays");
	else
		op_silence(op, stopped);
}

static void on_restored(struct op *op, int rc, struct wire_in *in)
{
	struct player *player = op->player;

	if (rc == 0)
		player_read_place(in->result, &player->place);
	else if (rc == -EREMOTEIO)
		player_ended(player, "rtcore", "it does not play again");
	player->asked_ns = place_now_ns();
	op_end(op, 0);
	player_watch(player);
}

static void on_sought(struct op *op, int rc, struct wire_in *in)
{
	op_ask_plain(op, "kronos.transport.play", on_restored);
}

/* The counters begin anew with it. */
static void on_reloaded(struct op *op, int rc, struct wire_in *in)
{
	struct player *player = op->player;
	struct wire_out out;
	uint32_t id;

	if (rc < 0 || !player->take) {
		if (rc == -EREMOTEIO)
			player_ended(player, "rtcore", "it does not take the timeline again");
		op_end(op, 0);
		return;
	}
	(void)wire_get_u64(in->result, "id", &player->timeline_id);
	player->asked_ns = place_now_ns();
	player->base = (struct player_counts){0};
	player->kept.state.timeline_id = player->timeline_id;
	player->kept.state.generation = player->generation;
	memset(player->kept.state.base, 0, sizeof(player->kept.state.base));
	kept_write(&player->kept);
	const struct band_performance *p = player->take->performance;
	const int64_t tick = place_tick_at(&player->place, player->place.time_ns);
	struct rpc_conn *broker = op_begin_ask(op, &out, &id, "kronos.transport.seek", on_sought);
	if (!broker)
		return;
	wire_put_i64(&out, "ticks", band_performance_bar_tick(p, band_performance_bar_at(p, tick)));
	op_ask(op, broker, &out, id);
}

static void on_linked_again(struct op *op, int rc, struct wire_in *in)
{
	op->player->linked = rc == 0;
	op_ask_load(op, op->player->timeline, /* update= */ false, on_reloaded);
}

static void begin_restore(struct op *op)
{
	struct player *player = op->player;

	if (!player->take || player->thread) {
		op_end(op, 0);
	} else if (player->linked) {
		strcpy(op->wish.port, player->port);
		op_link_port(op, on_linked_again);
	} else {
		op_ask_load(op, player->timeline, /* update= */ false, on_reloaded);
	}
}

/* --- The queue --- */

void op_begin(struct player *player)
{
	struct op *op = TAILQ_FIRST(&player->ops);

	if (!op || op->begun)
		return;
	op->begun = true;
	if (player->closed && op->kind != OP_STOP) {
		op_fail(op, -ESHUTDOWN, "band.service.failed", "the service ends");
		return;
	}
	switch (op->kind) {
	case OP_PLAY:
		op_begin_play(op);
		break;
	case OP_CHANGE:
		op_begin_change(op);
		break;
	case OP_STOP:
		begin_stop(op);
		break;
	case OP_RESTORE:
		begin_restore(op);
		break;
	case OP_ADOPT:
		op_begin_adopt(op);
		break;
	}
}

int op_post(struct player *player, struct rpc_request *req, enum op_kind kind, struct op_wish *wish)
{
	struct op *op = calloc(1, sizeof(*op));

	if (!op)
		return -ENOMEM;
	*op = (struct op){.player = player, .req = req, .kind = kind, .wish = *wish, .timeline = -1};
	op->styles = player->band->styles;
	*wish = (struct op_wish){.wish = {.fd = -1}};
	struct op *first = TAILQ_FIRST(&player->ops);
	if (kind != OP_ADOPT || !first)
		TAILQ_INSERT_TAIL(&player->ops, op, link);
	else if (first->begun)
		TAILQ_INSERT_AFTER(&player->ops, first, op, link);
	else
		TAILQ_INSERT_HEAD(&player->ops, op, link);
	kick(player);
	return RPC_LATER;
}

void op_drop_all(struct player *player)
{
	struct op *op;

	while ((op = TAILQ_FIRST(&player->ops)))
		op_fail(op, -ESHUTDOWN, "band.service.failed", "the service ends");
}
