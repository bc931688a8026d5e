/* SPDX-License-Identifier: MIT */
/* band.change: a bar line that is far enough ahead is chosen, and all behind it is made anew. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ops.h"

#define MARGIN_NS 150000000 /* between choosing a bar line and its coming */
#define TRIES_MAX 4u
#define BACK_TICKS 48 /* less is no jump: a reading may be a little off */

static int run_change(struct job *job)
{
	struct op *op = op_of(job);
	const int64_t now = place_now_ns();

	op->rc = take_read(op->take, op->styles);
	if (op->rc < 0)
		return 0;
	op->too_late = !place_choose_bar(
		&op->place, op->base->performance, now, op->margin_ns, op->wish.chorus, &op->at_bar);
	if (op->too_late)
		return 0;
	const int64_t line = band_performance_bar_tick(op->base->performance, op->at_bar);
	op->spliced_bar = op->at_bar;
	op->rc = take_splice(op->take, op->base, op->at_bar);
	/* Bars may be counted anew, ticks never are. */
	if (op->rc == 0)
		op->at_bar = band_performance_bar_at(op->take->performance, line);
	if (op->rc == 0)
		op->rc = op_make_output(op);
	/* What takes long is begun earlier the next time. */
	const int64_t needed = 2 * (place_now_ns() - now);
	if (needed > op->margin_ns)
		op->margin_ns = needed;
	return 0;
}

static void spliced(struct op *op);

static void put_changed(struct op *op)
{
	const struct band_performance *p = op->player->take->performance;

	if (!op->req)
		return;
	wire_put_u64(&op->req->out, "at_bar", (uint64_t)op->at_bar + 1);
	wire_put_i64(&op->req->out, "ticks", band_performance_bar_tick(p, op->at_bar));
}

/* Made again of the same wish, upon what played before. @return false: no memory, or often enough. */
static bool make_again(struct op *op, const struct wish *wish)
{
	struct take *take = NULL;
	struct wish copy;

	if (++op->n_tries >= TRIES_MAX || wish_copy(wish, &copy) < 0)
		return false;
	take = take_new(&copy);
	if (!take) {
		wish_finish(&copy);
		return false;
	}
	take_unref(op->take);
	op->take = take;
	band_schedule_finish(&op->schedule);
	op_run(op, run_change, spliced);
	return true;
}

/* The line was to be ahead of where it plays; after a jump back through the loop the next one is taken. */
static void on_checked(struct op *op, int rc, struct wire_in *in)
{
	struct player *player = op->player;

	/* rtcore began anew with another score while the question was under way. */
	if (!player->take) {
		op_fail(op, -ENOENT, "band.idle", "the band has ended meanwhile");
		return;
	}
	const struct band_performance *p = player->take->performance;
	if (rc == 0) {
		player_read_place(in->result, &player->place);
		const int64_t tick = player->place.tick;
		const bool jumped = player->place.is_playing && tick < op->place.tick - BACK_TICKS;

		op->place = player->place;
		if (jumped && make_again(op, &player->take->wish))
			return;
		while (tick > band_performance_bar_tick(p, op->at_bar) &&
			op->at_bar + 1 < band_performance_plan(p)->n_bars)
			op->at_bar++;
	}
	put_changed(op);
	op_end(op, 0);
	player_watch(player);
}

static void adopt(struct op *op)
{
	struct player *player = op->player;

	take_unref(player->take);
	player->take = op->take;
	op->take = NULL;
	if (player->timeline >= 0)
		close(player->timeline);
	player->timeline = op->timeline;
	op->timeline = -1;
}

static void on_updated(struct op *op, int rc, struct wire_in *in)
{
	struct player *player = op->player;

	if (rc < 0) {
		op_fail_backend(op, rc, in);
		return;
	}
	if (!player->take) {
		op_fail(op, -ENOENT, "band.idle", "the band has ended meanwhile");
		return;
	}
	(void)wire_get_u64(in->result, "id", &player->timeline_id);
	player->asked_ns = place_now_ns();
	adopt(op);
	/* Made again, it takes the place of what was made first. */
	kept_cut(&player->kept, op->kept_n);
	op->kept_n = player->kept.n;
	kept_add(&player->kept, KEPT_CHANGE, op->spliced_bar, op->wish.params, op->wish.params_size);
	player->kept.state.timeline_id = player->timeline_id;
	memcpy(player->kept.state.digest, op->digest, sizeof(op->digest));
	kept_write(&player->kept);
	op_ask_plain(op, "kronos.position.get", on_checked);
}

static void spliced(struct op *op)
{
	struct player *player = op->player;

	if (op->rc < 0) {
		op_end(op, op->rc);
	} else if (op->too_late) {
		op_fail(op, -ETIME, "band.idle", "the piece ends before a change could be heard");
	} else if (!player->take) {
		op_fail(op, -ENOENT, "band.idle", "the band has ended meanwhile");
	} else if (!player->thread) {
		op_ask_load(op, op->timeline, /* update= */ true, on_updated);
	} else {
		const struct band_performance *p = op->take->performance;
		const int rc = band_thread_replace(
			player->thread, &op->schedule, band_performance_bar_ns(p, op->at_bar));

		if (rc == -ETIME) {
			op->place = player_place(player);
			op->margin_ns *= 2;
			if (make_again(op, &op->take->wish))
				return;
		}
		if (rc < 0) {
			op_fail(op, rc, "band.service.failed", "the change came too late: %s", strerror(-rc));
			return;
		}
		adopt(op);
		put_changed(op);
		op_end(op, 0);
		player_watch(player);
	}
}

static void on_place(struct op *op, int rc, struct wire_in *in)
{
	if (rc < 0) {
		op_fail_backend(op, rc, in);
		return;
	}
	player_read_place(in->result, &op->place);
	if (!player_is_ours(op->player, &op->place)) {
		player_ended(op->player, "replaced", NULL);
		op_fail(op, -ENOENT, "band.idle", "another score plays");
		return;
	}
	op_run(op, run_change, spliced);
}

void op_begin_change(struct op *op)
{
	struct player *player = op->player;
	struct wish wish;

	if (!player->take) {
		op_fail(op, -ENOENT, "band.idle", "no band plays");
		return;
	}
	int rc = wish_copy(&player->take->wish, &wish);
	if (rc == 0) {
		rc = wish_merge(&wish, &op->wish.wish);
		op->take = rc == 0 ? take_new(&wish) : NULL;
		if (!op->take)
			wish_finish(&wish);
	}
	if (!op->take) {
		op_end(op, -ENOMEM);
		return;
	}
	op->base = player->take;
	op->base->refs++;
	op->wish.backend = player->backend;
	op->margin_ns = MARGIN_NS;
	if (!player->thread) {
		op_ask_plain(op, "kronos.position.get", on_place);
		return;
	}
	op->place = player_place(player);
	op_run(op, run_change, spliced);
}
