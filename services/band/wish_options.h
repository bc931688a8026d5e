/* SPDX-License-Identifier: MIT */
/** The options of a performance as they travel: one table of names, types and places. */
#ifndef BAND_WISH_OPTIONS_H
#define BAND_WISH_OPTIONS_H

#include "wish.h"

/** `options` of params into wish->options. @return 0; -errno with req->error filled. */
int wish_read_options(struct rpc_request *req, const msgpack_object *params, struct wish *wish);
void wish_merge_options(struct wish *wish, const struct wish *change);
/** A map's key for a message: it is another process' text. @return buf. */
const char *wish_key_name(const msgpack_object *key, char *buf, size_t size);

#endif
