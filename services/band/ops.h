/* SPDX-License-Identifier: MIT */
/** An operation upon what plays, and the steps of which all are made: private to ops.c, op_play.c,
 * op_change.c, op_adopt.c. */
#ifndef BAND_OPS_H
#define BAND_OPS_H

#include <stddef.h>

#include "band.h"
#include "log.h"

struct replay;

struct op {
	TAILQ_ENTRY(op) link;
	struct job job;
	struct player *player;
	struct rpc_request *req; /**< NULL: nobody waits */
	enum op_kind kind;
	bool begun;
	struct op_wish wish;
	struct take *take; /**< what is made */
	struct take *base; /**< what it continues; a reference */
	const struct band_styles *styles;
	int timeline; /**< made; -1 */
	struct band_schedule schedule;
	struct band_sender *sender;
	struct place place; /**< when the line was chosen */
	uint32_t at_bar;
	uint32_t spliced_bar;  /**< the same, as the performance before counted */
	uint8_t digest[32];    /**< of the timeline */
	size_t kept_n;         /**< what was kept before this change; 0: it is not kept yet */
	char *were_linked;     /**< ports before ours, a line each, framed by newlines; owned */
	struct replay *replay; /**< op_adopt.c */
	bool too_late;         /**< no line is left */
	int64_t margin_ns;
	unsigned n_tries;
	int rc;
	struct wire_error error; /**< of a step that failed */
	void (*next)(struct op *op);
	void (*answered)(struct op *op, int rc, struct wire_in *in);
};

static inline struct op *op_of(struct job *job)
{
	return (struct op *)((char *)job - offsetof(struct op, job));
}

typedef void op_answered(struct op *op, int rc, struct wire_in *in);

/** The end. @param rc  0: the answer is in req->out. Negative: op->error, else the take's report, says why.
 */
void op_end(struct op *op, int rc);
[[gnu::format(printf, 4, 5)]] void op_fail(struct op *op, int rc, const char *code, const char *fmt, ...);
/** What rtcore or the broker refused, in the band's words where it has some: into op->error; and the end. */
void op_note_refusal(struct op *op, int rc, const struct wire_in *in);
void op_fail_backend(struct op *op, int rc, const struct wire_in *in);

/** On the worker's thread `run`, then on the loop `next`. */
void op_run(struct op *op, int (*run)(struct job *job), void (*next)(struct op *op));
/** What rtcore, or the schedule of a thread, gets. On the worker's thread. @return 0, -errno. */
int op_make_output(struct op *op);

/**
 * A question to rtcore through the broker: begin, put parameters, op_ask(). Without a broker `answered` is
 * told -ECONNRESET at once, and NULL is returned.
 */
struct rpc_conn *op_begin_ask(
	struct op *op, struct wire_out *out, uint32_t *ret_id, const char *method, op_answered *answered);
void op_ask(struct op *op, struct rpc_conn *broker, struct wire_out *out, uint32_t id);
void op_ask_plain(struct op *op, const char *method, op_answered *answered);
void op_ask_load(struct op *op, int timeline, bool update, op_answered *answered);
/** rtcore's MIDI output to op->wish.port. */
void op_link_port(struct op *op, op_answered *answered);

/** Whatever plays is ended, and then `next`; the player has still what it was. */
void op_silence(struct op *op, void (*next)(struct op *op));
/** The link that was made is taken away, and then op->next. */
void op_undo_link(struct op *op);

void op_begin_play(struct op *op);
void op_begin_change(struct op *op);
void op_begin_adopt(struct op *op);
/** NULL is fine. */
void op_replay_free(struct replay *replay);

#endif
