/* SPDX-License-Identifier: MIT */
/**
 * What sounds, and who is told. One performance at a time, played by rtcore (backend "pipewire") or by a
 * sender thread of our own; what changes it is done one after the other (ops.c). Loop.
 */
#ifndef BAND_PLAYER_H
#define BAND_PLAYER_H

#include <sys/queue.h>

#include "kept.h"
#include "live.h"
#include "place.h"
#include "rpc.h"
#include "take.h"

#define PLAYER_LISTENERS 64u
#define PLAYER_PIPEWIRE "pipewire"

struct band;
struct op;
TAILQ_HEAD(op_list, op);

/** What the last gate decided, since playing began. */
struct player_counts {
	uint64_t sent, late, dropped;
};

struct player {
	struct band *band;
	struct take *take;                  /**< what plays; NULL: nothing */
	const struct band_backend *backend; /**< whose thread plays; NULL: rtcore */
	char port[128];                     /**< "": none was named */
	struct band_thread *thread;
	int timeline; /**< that rtcore has, or should have; owned; -1 */
	uint64_t timeline_id;
	int64_t asked_ns;       /**< when rtcore took what we asked for last */
	bool linked;            /**< rtcore's output to `port` was linked by us */
	struct rpc_conn *owner; /**< who began it; NULL: is gone */
	bool hold;              /**< it ends with its owner */
	struct place place;
	int64_t last_line_bar;             /**< bar that was told last; -1: none */
	struct player_counts base, counts; /**< of rtcore: when it began, now */
	uint64_t generation;               /**< of the rtcore that counts them */
	struct kept kept;                  /**< for the process after this one */
	bool adopts;                       /**< what the process before had may play still */
	struct op_list ops;                /**< the first is under way */
	bool closing;
	void (*closed)(struct band *band); /**< everything is silent, after player_close() */
	sd_event_source *timer, *kick, *restore;
	struct rpc_conn *listener[PLAYER_LISTENERS];
	unsigned n_listeners;
};

/** @return 0, -errno. */
int player_init(struct player *player, struct band *band);
/** What is under way is answered, threads end, nothing sounds. Zeroed ones are fine. */
void player_finish(struct player *player);

/** End what plays, then call back. @return false: nothing plays, there will be no call. */
bool player_close(struct player *player, void (*closed)(struct band *band));
void player_rtcore_up(struct player *player, uint64_t generation, uint64_t timeline_id);
/** A caller is gone. */
void player_forget(struct player *player, struct rpc_conn *conn);
/** It is told of what happens, until it is gone. */
void player_listen(struct player *player, struct rpc_conn *conn);

/** All that band.status says. */
void player_put_status(const struct player *player, struct wire_out *out);
/** Look where it is, now and then at every bar line. */
void player_watch(struct player *player);
/** The thread's place, or what rtcore said last. */
struct place player_place(const struct player *player);
/** What is in force in rtcore at a place is ours; or we have asked for it just now, and the clock does not
 * say yet. */
bool player_is_ours(const struct player *player, const struct place *place);
/** What the gate has decided, as kronos.diagnostics.get answers it; and what of it since playing began. */
void player_read_counts(const msgpack_object *diagnostics, struct player_counts *ret);
void player_count(struct player *player, const msgpack_object *diagnostics);
/** A position as kronos.position.get answers it. */
void player_read_place(const msgpack_object *position, struct place *ret);
/** Nothing plays any more; listeners are told why. Whoever played has been stopped. */
void player_ended(struct player *player, const char *reason, const char *error);

/* ops.c */

enum op_kind { OP_PLAY, OP_CHANGE, OP_STOP, OP_RESTORE, OP_ADOPT };

/** What an operation needs of its request. */
struct op_wish {
	struct wish wish; /**< taken */
	const struct band_backend *backend;
	char port[128];
	bool dry_run, hold, chorus;
	char *params; /**< as they came, msgpack; owned */
	size_t params_size;
};
void op_wish_finish(struct op_wish *wish);
/** All that band.play and band.change say. @param fd  Taken in any case; -1. @return as wish_read(). */
int op_wish_read_play(struct rpc_request *req, const msgpack_object *params, int fd, struct op_wish *ret);
int op_wish_read_change(struct rpc_request *req, const msgpack_object *params, struct op_wish *ret);
/** Queue one; OP_ADOPT before what has not begun. @param req  NULL: nobody waits. @return RPC_LATER; -ENOMEM:
 * `wish` is the caller's still, else taken. */
int op_post(struct player *player, struct rpc_request *req, enum op_kind kind, struct op_wish *wish);
/** The first of the queue, from the loop. */
void op_begin(struct player *player);
void op_drop_all(struct player *player);

#endif
