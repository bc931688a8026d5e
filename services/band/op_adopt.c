/* SPDX-License-Identifier: MIT */
/* What plays was begun by the process before this one: its requests are read again, the performance is made
 * again, and where it comes out the same it is ours as it was theirs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memfd.h"
#include "ops.h"

/* Read on the loop; made on the worker's thread. */
struct replay {
	struct wish play;
	struct {
		struct wish wish;
		uint32_t bar;
	} change[KEPT_CHANGES_MAX];
	unsigned n_changes;
};

void op_replay_free(struct replay *replay)
{
	if (!replay)
		return;
	wish_finish(&replay->play);
	for (unsigned i = 0; i < replay->n_changes; i++)
		wish_finish(&replay->change[i].wish);
	free(replay);
}

static int read_params(const struct kept_record *record, msgpack_unpacked *ret)
{
	size_t at = 0;

	msgpack_unpacked_init(ret);
	if (msgpack_unpack_next(ret, (const char *)record->bytes, record->n, &at) != MSGPACK_UNPACK_SUCCESS ||
		ret->data.type != MSGPACK_OBJECT_MAP)
		return -EBADMSG;
	return 0;
}

static int read_play(struct op *op, const struct kept_record *record, const struct kept_record *file)
{
	struct rpc_request req = {.ctx = &op->player->band->rpc};
	const int fd = file->kind == KEPT_FILE ? memfd_make("mos-program", file->bytes, file->n) : -1;
	struct op_wish wish = {.wish = {.fd = -1}};
	msgpack_unpacked params;
	int rc = read_params(record, &params);

	if (rc == 0)
		rc = op_wish_read_play(&req, &params.data, fd, &wish);
	else if (fd >= 0)
		close(fd);
	op->replay->play = wish.wish;
	free(wish.params);
	msgpack_unpacked_destroy(&params);
	return rc;
}

static int read_change(struct op *op, const struct kept_record *record)
{
	struct rpc_request req = {.ctx = &op->player->band->rpc};
	struct replay *replay = op->replay;
	struct op_wish wish = {.wish = {.fd = -1}};
	msgpack_unpacked params;
	int rc = replay->n_changes < KEPT_CHANGES_MAX ? read_params(record, &params) : -E2BIG;

	if (rc == 0)
		rc = op_wish_read_change(&req, &params.data, &wish);
	if (rc == 0) {
		replay->change[replay->n_changes].wish = wish.wish;
		replay->change[replay->n_changes++].bar = record->bar;
		free(wish.params);
	}
	if (rc != -E2BIG)
		msgpack_unpacked_destroy(&params);
	return rc;
}

static int read_records(struct op *op, const struct kept *kept)
{
	struct kept_record record, next = {0};
	size_t at = 0, behind;

	if (!kept_next(kept, &at, &record) || record.kind != KEPT_PLAY)
		return -EBADMSG;
	behind = at;
	if (kept_next(kept, &behind, &next) && next.kind == KEPT_FILE)
		at = behind;
	int rc = read_play(op, &record, &next);
	while (rc == 0 && kept_next(kept, &at, &record))
		rc = record.kind == KEPT_CHANGE ? read_change(op, &record) : -EBADMSG;
	return rc;
}

/* The next take of the chain, in the place of op->take. */
static int replay_change(struct op *op, const struct wish *change, uint32_t bar)
{
	struct take *before = op->take;
	struct wish wish;
	int rc = wish_copy(&before->wish, &wish);

	if (rc < 0)
		return rc;
	rc = wish_merge(&wish, change);
	struct take *take = rc == 0 ? take_new(&wish) : NULL;
	if (!take) {
		wish_finish(&wish);
		return -ENOMEM;
	}
	op->take = take;
	rc = take_read(take, op->styles);
	if (rc == 0)
		rc = take_splice(take, before, bar);
	take_unref(before);
	return rc;
}

static int run_replay(struct job *job)
{
	struct op *op = op_of(job);
	struct replay *replay = op->replay;

	op->rc = take_read(op->take, op->styles);
	if (op->rc == 0)
		op->rc = take_perform(op->take);
	for (unsigned i = 0; op->rc == 0 && i < replay->n_changes; i++)
		op->rc = replay_change(op, &replay->change[i].wish, replay->change[i].bar);
	if (op->rc == 0)
		op->rc = op_make_output(op);
	return 0;
}

static void give_up(struct op *op, const char *why)
{
	struct player *player = op->player;

	log_warning("what plays cannot be taken over: error=\"%s\"", why);
	kept_clear(&player->kept);
	kept_write(&player->kept);
	op_end(op, 0);
}

static void replayed(struct op *op)
{
	struct player *player = op->player;
	const struct kept_state *state = &player->kept.state;

	if (op->rc < 0 || memcmp(op->digest, state->digest, sizeof(op->digest)) != 0) {
		give_up(op, op->rc < 0 ? strerror(-op->rc) : "it would not be the same now");
		return;
	}
	player->take = op->take;
	op->take = NULL;
	player->timeline = op->timeline;
	op->timeline = -1;
	player->timeline_id = state->timeline_id;
	player->linked = state->linked;
	player->hold = state->hold;
	strcpy(player->port, state->port);
	player->base = (struct player_counts){0};
	if (state->generation == player->generation)
		player->base = (struct player_counts){state->base[0], state->base[1], state->base[2]};
	player->counts = (struct player_counts){0};
	player->last_line_bar = -1;
	player->asked_ns = 0;
	log_info("what plays is ours again: style=%s", player->take->in[0].style->name);
	/* Its owner's connection ended with the process before. */
	const bool orphan = player->hold;
	op_end(op, 0);
	player_watch(player);
	if (orphan) {
		struct op_wish none = {.wish = {.fd = -1}};

		(void)op_post(player, NULL, OP_STOP, &none);
	}
}

void op_begin_adopt(struct op *op)
{
	struct player *player = op->player;

	/* What was under way has begun something else. */
	if (player->take || !player->kept.n) {
		op_end(op, 0);
		return;
	}
	op->replay = calloc(1, sizeof(*op->replay));
	if (!op->replay) {
		give_up(op, strerror(ENOMEM));
		return;
	}
	op->replay->play.fd = -1;
	const int rc = read_records(op, &player->kept);
	if (rc == 0)
		op->take = take_new(&op->replay->play);
	if (!op->take) {
		give_up(op, strerror(rc < 0 ? -rc : ENOMEM));
		return;
	}
	op_run(op, run_replay, replayed);
}
