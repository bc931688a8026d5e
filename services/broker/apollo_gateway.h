/* SPDX-License-Identifier: MIT */
/** What the files of apollo.* share. apollo_gateway.c has the table of methods; notes, engine and strips are
 * there. */
#ifndef BROKER_APOLLO_GATEWAY_H
#define BROKER_APOLLO_GATEWAY_H

#include "broker.h"

#define APOLLO_INVALID "apollo.value.invalid"

/**
 * `strip`: 0..63 or "master". @param needed  0: it may be left out, then *ret stays.
 * @return 0, -EINVAL with req->error filled.
 */
int apollo_read_strip(struct rpc_request *req, const msgpack_object *params, int needed, uint32_t *ret);
/** `strip` into an answer. */
void apollo_put_strip(struct wire_out *out, uint32_t strip);
/** A program by number or name, with `drums`. @return 0, -EINVAL with req->error filled. */
int apollo_read_program(
	struct rpc_request *req, const msgpack_object *params, int *ret_program, int *ret_drums);
/** A note by name or number; `where` names it in the error. @return 0, -EINVAL with req->error filled. */
int apollo_read_key(struct rpc_request *req, const msgpack_object *note, const char *where, uint8_t *ret);
/** `path`, absolute, into a field of a record. @return 0, -EINVAL with req->error filled. */
int apollo_read_path(struct rpc_request *req, const msgpack_object *params, char *to, size_t size);
#define APOLLO_DRUM_BANK 120 /**< General MIDI 2: bank MSB of rhythm channels */

/** A text of a record, which may not end in NUL and be no UTF-8. */
void apollo_put_text(struct wire_out *out, const char *key, const char *bytes, size_t size);

/** Which records of a table are asked for. */
struct apollo_page {
	uint32_t offset, strip; /**< strip: of one only */
	int has_strip;
	char file[225], text[64]; /**< "": all */
};

/** Put what is in `fd` (-1: nothing) into the answer. */
typedef void apollo_put_table(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd);
/** Ask rtcore for a table, answer `req` with it. */
int apollo_forward_table(struct rpc_request *req, const struct mos_rtctl_msg *msg,
	const struct apollo_page *page, apollo_put_table *put);
/** Record `i` of a table of `size` bytes each, `at` bytes into the fd. @return 1, 0: it is not there. */
int apollo_read_record(int fd, uint64_t at, uint32_t i, void *ret, size_t size);

/* apollo_rack_gateway.c */

int rack_handle_list(struct rpc_request *req, const msgpack_object *params);
int rack_handle_map(struct rpc_request *req, const msgpack_object *params);
int rack_handle_unmap(struct rpc_request *req, const msgpack_object *params);
int rack_handle_audition(struct rpc_request *req, const msgpack_object *params);

/* apollo_fx_gateway.c */

int fx_handle_list(struct rpc_request *req, const msgpack_object *params);
int fx_handle_set(struct rpc_request *req, const msgpack_object *params);
int fx_handle_reset(struct rpc_request *req, const msgpack_object *params);

/* apollo_strip_gateway.c */

int strip_handle_list(struct rpc_request *req, const msgpack_object *params);

/* apollo_insert_gateway.c */

int insert_handle_list(struct rpc_request *req, const msgpack_object *params);
int insert_handle_get(struct rpc_request *req, const msgpack_object *params);
int insert_handle_add(struct rpc_request *req, const msgpack_object *params);
int insert_handle_remove(struct rpc_request *req, const msgpack_object *params);
int insert_handle_save(struct rpc_request *req, const msgpack_object *params);
int insert_handle_restore(struct rpc_request *req, const msgpack_object *params);
int insert_handle_set(struct rpc_request *req, const msgpack_object *params);
int insert_handle_bypass(struct rpc_request *req, const msgpack_object *params);
int insert_handle_models(struct rpc_request *req, const msgpack_object *params);

/* apollo_clip_gateway.c */

int clip_handle_list(struct rpc_request *req, const msgpack_object *params);
int clip_handle_add(struct rpc_request *req, const msgpack_object *params);
int clip_handle_remove(struct rpc_request *req, const msgpack_object *params);

#endif
