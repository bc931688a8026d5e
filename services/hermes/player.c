/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

struct player_item {
	struct player *player;
	int fd;
	uint64_t id;
	int update;
	player_done *done;
	void *data;
	TAILQ_ENTRY(player_item) link;
};

/* In the order in which they came: an update says all that those before it said. */
static void end_up_to(struct player *player, struct player_item *last, int rc, const struct wire_error *error)
{
	int is_last = 0;

	while (!is_last) {
		struct player_item *item = TAILQ_FIRST(&player->queue);

		is_last = item == last;
		TAILQ_REMOVE(&player->queue, item, link);
		if (item->done)
			item->done(item->data, rc, error);
		close(item->fd);
		free(item);
	}
}

static void set_current(struct player *player, int fd, uint64_t id)
{
	const int kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (player->fd >= 0)
		close(player->fd);
	player->fd = kept;
	player->id = id;
}

static void go_on(struct player *player);
static void compare(struct player *player);
static void on_given_again(void *data, int rc, const struct wire_error *error);

static void on_answer(void *data, int rc, struct wire_in *in)
{
	struct player_item *item = data;
	struct player *player = item->player;
	struct wire_error error = {0};

	if (rc == -ECONNRESET)
		wire_error_set(
			&error, "rtcore.down", "the broker hung up while the timeline was being loaded");
	else if (rc < 0)
		wire_error_read(in->error, &error);
	if (rc == 0) {
		player->knows = 1;
		player->has_id = item->id;
	}
	/* What an edit has made is to be heard as soon as there is an rtcore. */
	if (rc == 0 || item->update)
		set_current(player, item->fd, item->id);
	const int again = rc < 0 && item->done != on_given_again;
	end_up_to(player, item, rc, rc < 0 ? &error : NULL);
	player->busy = 0;
	go_on(player);
	/* Another rtcore may have come meanwhile; one that refuses is not asked twice. */
	if (again)
		compare(player);
}

/* Of updates in a row only the newest is sent. */
static struct player_item *next_item(const struct player *player)
{
	struct player_item *item = TAILQ_FIRST(&player->queue), *next;

	while (item && item->update && (next = TAILQ_NEXT(item, link)) && next->update)
		item = next;
	return item;
}

/* @return 0: on_answer() will be called; else why not. */
static int send_item(struct player *player, struct player_item *item)
{
	struct rpc_conn *broker = broker_link_conn(player->link);
	struct wire_out out;

	if (player->closing || !broker)
		return -ENOTCONN;
	const uint32_t id = rpc_begin_call(broker, &out, "kronos.timeline.load");
	if (item->update)
		wire_put_bool(&out, "update", 1);
	wire_add_fd(&out, item->fd);
	return rpc_call(broker, &out, id, on_answer, item);
}

static void go_on(struct player *player)
{
	struct player_item *item;
	struct wire_error error;

	while (!player->busy && (item = next_item(player))) {
		player->busy = 1;
		const int rc = send_item(player, item);
		if (rc == 0)
			return;
		wire_error_set(&error, "rtcore.down", "%s",
			rc == -ENOTCONN ? "there is no broker to load the timeline through" : strerror(-rc));
		if (item->update)
			set_current(player, item->fd, item->id);
		end_up_to(player, item, rc, &error);
		player->busy = 0;
	}
}

void player_init(struct player *player, struct broker_link *link)
{
	*player = (struct player){.link = link, .fd = -1};
	TAILQ_INIT(&player->queue);
}

void player_finish(struct player *player)
{
	if (!player->link)
		return;
	player->closing = 1;
	go_on(player);
	if (player->fd >= 0)
		close(player->fd);
	*player = (struct player){0};
}

void player_play(struct player *player, int fd, uint64_t id, int update, player_done *done, void *data)
{
	struct player_item *item = malloc(sizeof(*item));
	struct wire_error error;
	int rc = -ENOMEM;

	if (item) {
		*item = (struct player_item){.player = player,
			.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
			.id = id,
			.update = update,
			.done = done,
			.data = data};
		rc = item->fd < 0 ? -errno : 0;
	}
	if (rc < 0) {
		free(item);
		wire_error_set(&error, "rtcore.down", "the timeline cannot be sent: %s", strerror(-rc));
		if (done)
			done(data, rc, &error);
		return;
	}
	TAILQ_INSERT_TAIL(&player->queue, item, link);
	go_on(player);
}

/* --- What rtcore has lost --- */

static void on_given_again(void *data, int rc, const struct wire_error *error)
{
	if (rc < 0)
		log_warning("rtcore does not take the timeline again: code=%s message=\"%s\"", error->code,
			error->message);
	else
		log_info("rtcore has the timeline again");
}

static void compare(struct player *player)
{
	if (!player->knows || player->fd < 0 || player->has_id == player->id || !TAILQ_EMPTY(&player->queue))
		return;
	/* With something in force, what plays goes on; else it is as after a load. */
	player_play(player, player->fd, player->id, player->has_id != 0, on_given_again, NULL);
}

void player_adopt(struct player *player, int fd, uint64_t id)
{
	set_current(player, fd, id);
	compare(player);
}

void player_rtcore_up(struct player *player, uint64_t timeline_id)
{
	/* Neither nothing nor what we gave it: another service plays there, and we are not asked. */
	if (player->knows && timeline_id && timeline_id != player->has_id && timeline_id != player->id)
		return;
	player->knows = 1;
	player->has_id = timeline_id;
	compare(player);
}
