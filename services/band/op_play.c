/* SPDX-License-Identifier: MIT */
/* band.play: made on the worker's thread, then what plays is silenced, then a port, a timeline, the
 * transport. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "ops.h"
#include "refusal.h"

#define START_NS 50000000 /* until a thread's first note: what the sender looks ahead */

static int run_job(struct job *job)
{
	struct op *op = op_of(job);

	op->rc = take_read(op->take, op->styles);
	if (op->rc == 0)
		op->rc = take_perform(op->take);
	if (op->rc == 0)
		op->rc = op_make_output(op);
	return 0;
}

static void put_played(struct op *op)
{
	const struct take *take = op->take;
	struct wire_out *out = &op->req->out;
	const bool endless = take_is_endless(take);

	wire_put_str(out, "digest", take->digest);
	wire_put_u64(out, "bars", band_performance_plan(take->performance)->n_bars);
	wire_put_bool(out, "endless", endless);
	if (endless)
		wire_put_nil(out, "seconds");
	else
		wire_put_f64(out, "seconds", take_seconds(take));
	wire_put_str(out, "backend", op->wish.backend ? op->wish.backend->name : PLAYER_PIPEWIRE);
	wire_put_str(out, "port", op->wish.port);
	answer_put_inputs(out, &take->in[0]);
	wire_open_map(out, "options");
	wish_put_options(out, &take->wish);
	wire_close(out);
	refusal_put_issues(out, &take->report);
}

/* For the process after this one. */
static void keep(struct op *op)
{
	struct player *player = op->player;
	const struct wish *wish = &player->take->wish;
	struct kept *kept = &player->kept;

	player->adopts = false;
	kept_clear(kept);
	if (!op->wish.backend) {
		kept_add(kept, KEPT_PLAY, 0, op->wish.params, op->wish.params_size);
		if (wish->bytes)
			kept_add(kept, KEPT_FILE, 0, wish->bytes, wish->size);
		kept->state = (struct kept_state){.timeline_id = player->timeline_id,
			.generation = player->generation,
			.base = {player->base.sent, player->base.late, player->base.dropped},
			.linked = player->linked,
			.hold = player->hold};
		memcpy(kept->state.digest, op->digest, sizeof(op->digest));
		strcpy(kept->state.port, player->port);
	}
	kept_write(kept);
}

/* It plays: the player has it from now on. */
static void take_over(struct op *op)
{
	struct player *player = op->player;

	if (op->req)
		put_played(op);
	player->take = op->take;
	op->take = NULL;
	player->backend = op->wish.backend;
	strcpy(player->port, op->wish.port);
	player->timeline = op->timeline;
	op->timeline = -1;
	player->owner = op->req ? op->req->conn : NULL;
	player->hold = op->wish.hold;
	player->last_line_bar = -1;
	player->counts = (struct player_counts){0};
	keep(op);
	if (player->owner)
		player_listen(player, player->owner);
	/* Its caller hung up while it was made. */
	const bool orphan = player->hold && !player->owner;
	op_end(op, 0);
	player_watch(player);
	if (orphan) {
		struct op_wish none = {.wish = {.fd = -1}};

		(void)op_post(player, NULL, OP_STOP, &none);
	}
}

static void after_refusal(struct op *op)
{
	op_end(op, -EREMOTEIO);
}

static void on_unloaded_again(struct op *op, int rc, struct wire_in *in)
{
	op->next = after_refusal;
	op_undo_link(op);
}

static void on_playing(struct op *op, int rc, struct wire_in *in)
{
	if (rc < 0) {
		/* rtcore took the timeline and does not play: both are undone. */
		op_note_refusal(op, rc, in);
		op_ask_plain(op, "kronos.timeline.unload", on_unloaded_again);
		return;
	}
	player_read_place(in->result, &op->player->place);
	op->player->asked_ns = place_now_ns();
	take_over(op);
}

static void on_based(struct op *op, int rc, struct wire_in *in)
{
	op->player->base = (struct player_counts){0};
	if (rc == 0)
		player_read_counts(in->result, &op->player->base);
	/* From the beginning: a restart would be one of the loop, behind the count-in. */
	op_ask_plain(op, "kronos.transport.play", on_playing);
}

static void on_loaded(struct op *op, int rc, struct wire_in *in)
{
	if (rc < 0) {
		op_note_refusal(op, rc, in);
		op->next = after_refusal;
		op_undo_link(op);
		return;
	}
	(void)wire_get_u64(in->result, "id", &op->player->timeline_id);
	op->player->asked_ns = place_now_ns();
	op_ask_plain(op, "kronos.diagnostics.get", on_based);
}

static void load(struct op *op)
{
	op_ask_load(op, op->timeline, /* update= */ false, on_loaded);
}

static bool was_linked(const struct op *op)
{
	char line[sizeof(op->wish.port) + 2];

	(void)snprintf(line, sizeof(line), "\n%s\n", op->wish.port);
	return op->were_linked && strstr(op->were_linked, line);
}

static void on_linked(struct op *op, int rc, struct wire_in *in)
{
	if (rc < 0) {
		op_fail_backend(op, rc, in);
		return;
	}
	(void)wire_get_str(in->result, "port", op->wish.port, sizeof(op->wish.port));
	strcpy(op->player->port, op->wish.port);
	/* A link that was there before is not ours to take away. */
	op->player->linked = !was_linked(op);
	load(op);
}

static void on_ports(struct op *op, int rc, struct wire_in *in)
{
	const msgpack_object *ports = rc == 0 ? wire_get_array(in->result, "ports") : NULL;
	char name[sizeof(op->wish.port)];
	size_t size = 0;
	FILE *lines = open_memstream(&op->were_linked, &size);

	for (uint32_t i = 0; lines && ports && i < ports->via.array.size; i++) {
		const msgpack_object *port = &ports->via.array.ptr[i];
		int linked = 0;

		if (wire_get_bool(port, "linked", &linked) == 0 && linked &&
			wire_get_str(port, "name", name, sizeof(name)) == 0)
			(void)fprintf(lines, "\n%s\n", name);
	}
	if (lines && fclose(lines) == 0)
		op_link_port(op, on_linked);
	else
		op_end(op, -ENOMEM);
}

/* Opening may wait for a device. */
static int run_open(struct job *job)
{
	struct op *op = op_of(job);
	const char *port = op->wish.port[0] ? op->wish.port : NULL;

	op->rc = op->wish.backend->open(port, &op->take->report, &op->sender);
	return 0;
}

static void opened(struct op *op)
{
	if (op->rc < 0) {
		op_end(op, op->rc);
		return;
	}
	struct band_loop *loop = band_loop_new(
		&op->schedule, &op->take->wish.options.gate, op->sender, place_now_ns() + START_NS);
	if (!loop) {
		op_end(op, -ENOMEM);
		return;
	}
	op->sender = NULL; /* the loop's */
	const int rc = band_thread_start(loop, &op->player->thread);
	if (rc < 0) {
		band_loop_end(loop);
		band_loop_free(loop);
		op_fail(op, rc, "band.service.failed", "no thread can be started: %s", strerror(-rc));
		return;
	}
	take_over(op);
}

/* What played before is silent. */
static void silenced(struct op *op)
{
	player_ended(op->player, "replaced", NULL);
	if (op->wish.backend)
		op_run(op, run_open, opened);
	else if (op->wish.port[0])
		op_ask_plain(op, "kronos.midiout.ports", on_ports);
	else
		load(op);
}

static void performed(struct op *op)
{
	if (op->rc < 0) {
		op_end(op, op->rc);
		return;
	}
	if (op->wish.dry_run) {
		put_played(op);
		op_end(op, 0);
		return;
	}
	op_silence(op, silenced);
}

void op_begin_play(struct op *op)
{
	struct player *player = op->player;

	if (player->take && player->owner && op->req->conn != player->owner && !op->wish.dry_run) {
		op_fail(op, -EBUSY, "band.taken", "the band of \"%s\" plays: stop it first",
			rpc_conn_peer(player->owner)->name);
		return;
	}
	op->take = take_new(&op->wish.wish);
	if (!op->take) {
		op_end(op, -ENOMEM);
		return;
	}
	op_run(op, run_job, performed);
}
