/* SPDX-License-Identifier: MIT */
/**
 * What a caller asks to be played: programs, flags, options, as they came, checked for their form only. Read
 * on the loop; whatever came as a file is read where it may take long, by wish_read_fd().
 */
#ifndef BAND_WISH_H
#define BAND_WISH_H

#include "perform.h"
#include "rpc.h"

#define WISH_BYTES_MAX ((size_t)8 << 20) /**< of all programs of a setlist, of a score */
#define WISH_PROGRAM_MAX ((size_t)1 << 20)
#define WISH_ITEMS_MAX 256u

/** Texts by enum band_key; owned, NULL: not said. */
struct wish_texts {
	char *value[BAND_N_KEYS];
};

struct wish_item {
	char *program; /**< owned text; NULL: the stretch below of what came beside, or none */
	size_t at, size;
	uint32_t repeats;
	struct wish_texts flags;
};

/** Options that can be named. X(key in params and flags) */
#define WISH_OPTIONS(X)                                                                                      \
	X(count_in)                                                                                          \
	X(choruses)                                                                                          \
	X(section)                                                                                           \
	X(trade)                                                                                             \
	X(trade_band_first) X(trainer) X(trainer_max) X(click_only_every) X(fills) X(ending) X(rise)         \
		X(click) X(clave) X(click_note) X(click_vel) X(rests) X(groove) X(groove_profile) X(bar_cc)  \
			X(bar_cc_channel) X(bar_cc_countdown) X(bar_cc_index) X(bar_cc_section)              \
				X(late_drop_ms) X(ghost_vel_max) X(panic) X(no_overlap)
#define X(key) WISH_##key,
enum wish_option { WISH_OPTIONS(X) WISH_N_OPTIONS };
#undef X

struct wish {
	char *bytes; /**< what came beside; owned */
	size_t size;
	int fd; /**< it has not been read yet; -1 */
	struct wish_texts flags, defaults;
	struct wish_item *item; /**< one at least */
	uint32_t n_items;
	bool is_setlist, strict;
	uint32_t tune; /**< of a book of scores, from 0 */
	struct band_options options;
	bool said[WISH_N_OPTIONS];
};

/**
 * All of Inputs, Options and setlist that `params` has.
 * @param fd  What came beside it; taken in any case; -1: nothing.
 * @return 0; -errno with req->error filled.
 */
int wish_read(struct rpc_request *req, const msgpack_object *params, int fd, struct wish *ret);
void wish_finish(struct wish *wish);
/** Of a setlist this item alone is left. */
void wish_keep_only(struct wish *wish, uint32_t item);
/** Everything that is said, without what came beside: for a change of what plays. @return 0, -ENOMEM. */
int wish_copy(const struct wish *from, struct wish *ret);
/** Flags and options alone: what band.change says. @return as wish_read(). */
int wish_read_change(struct rpc_request *req, const msgpack_object *params, struct wish *ret);
/** What a change says, over what is there. @return 0, -ENOMEM. */
int wish_merge(struct wish *wish, const struct wish *change);

/** @return 0; -EINVAL with a report; -ENOMEM. */
int wish_read_fd(struct wish *wish, struct band_report *report);
/** What band_inputs_read() takes, for an item. Borrows from the wish. */
struct band_source wish_source(const struct wish *wish, uint32_t item);

/** Every option with its value and where it came from, into the open map. */
void wish_put_options(struct wire_out *out, const struct wish *wish);

/** A regular file's or memfd's bytes, at most `max`. @return 0; -EFBIG; -ENXIO: no regular file; -errno. */
int wish_read_bytes(int fd, size_t max, char **ret, size_t *ret_size);

#endif
