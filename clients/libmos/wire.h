/* SPDX-License-Identifier: MIT */
/**
 * The frames of the control plane (DESIGN section 4, services/METHODS.md): msgpack-RPC over a SOCK_SEQPACKET
 * socket, file descriptors beside them. One codec for both ends: libmos calls with it, services/base serves
 * with it. It knows no event loop, no method and no policy.
 *
 *     [0, id, method, params]    request         params: always a map
 *     [1, id, error, result]     response        error: nil or {code, message, where?, hint?}; result: a map
 *     [2, method, params]        notification
 *
 * Everything received is input of another process: sizes, depth and types are checked before anything is
 * allocated for it, and descriptors that nobody takes are closed. No function here is for the audio cycle.
 */
#ifndef MOS_WIRE_H
#define MOS_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <msgpack.h>

#include "fdmsg.h"

#define WIRE_FRAME_MAX 65536u /**< bytes of one frame */
#define WIRE_FDS_MAX FDMSG_FDS_MAX
#define WIRE_DEPTH_MAX 16u  /**< containers inside each other, the frame's own array included */
#define WIRE_METHOD_MAX 96u /**< bytes of a method name with its NUL */

enum wire_kind { WIRE_REQUEST = 0, WIRE_RESPONSE = 1, WIRE_NOTIFY = 2 };

/** An error as it travels. Strings are NUL-terminated, valid UTF-8; empty `where` and `hint` are not sent. */
struct wire_error {
	char code[64];     /**< stable: "kronos.seek.range" */
	char message[256]; /**< one English sentence */
	char where[96];    /**< the key, byte or place meant */
	char hint[192];    /**< what to do about it */
};

/** Fill code and message, clear the rest. Text that is cut or is no UTF-8 is made valid. */
void wire_error_set(struct wire_error *err, const char *code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void wire_error_where(struct wire_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void wire_error_hint(struct wire_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** One of several things that are wrong with what was asked. Borrowed, NUL-terminated; `value` may be empty.
 */
struct wire_issue {
	const char *code, *where, *reason, *value;
};

/** What an error says besides. Borrowed; zeroed: nothing. */
struct wire_details {
	const struct wire_issue *issues; /**< all that is wrong */
	size_t n_issues;
	const char *title; /**< of what is refused, as one score of a file; NULL, "": not known */
	uint32_t n_scores; /**< that the file holds; 0: it is about no file */
};

/* --- Building and sending: one thread at a time. --- */

/**
 * A frame under construction. Init, begin, put..., end, send; finish in any case. The first failure sticks
 * and wire_end() tells it, so that the puts between need no checks.
 */
struct wire_out {
	char *data; /**< owned */
	size_t len, capacity;
	int fds[WIRE_FDS_MAX]; /**< owned duplicates */
	uint32_t n_fds;
	int error; /**< 0 or the first -errno */
	uint32_t depth;
	struct {
		size_t count_at; /**< where the 16-bit count of an open map or array is to be written */
		uint16_t count;
	} open[WIRE_DEPTH_MAX];
};

void wire_out_init(struct wire_out *out);
/** Free the bytes, close the descriptors. Zeroed or finished objects are fine. */
void wire_out_finish(struct wire_out *out);

/** Start a frame; the map that follows (params, result) is open and is filled with wire_put_*(). */
void wire_begin_request(struct wire_out *out, uint32_t id, const char *method);
void wire_begin_result(struct wire_out *out, uint32_t id);
void wire_begin_notify(struct wire_out *out, const char *method);
/** A whole failing response; goes straight to wire_end(). */
void wire_begin_error(struct wire_out *out, uint32_t id, const struct wire_error *err);
/** The same with more: issues as a list under `errors`, what a file's one is called, how many it holds. */
void wire_begin_error_with(struct wire_out *out, uint32_t id, const struct wire_error *err,
	const struct wire_details *details);

/** Put a value under `key`; in an array `key` is NULL. Strings are borrowed for the call, copied, made UTF-8.
 */
void wire_put_str(struct wire_out *out, const char *key, const char *value);
void wire_put_i64(struct wire_out *out, const char *key, int64_t value);
void wire_put_u64(struct wire_out *out, const char *key, uint64_t value);
void wire_put_f64(struct wire_out *out, const char *key, double value);
void wire_put_bool(struct wire_out *out, const char *key, int value);
void wire_put_nil(struct wire_out *out, const char *key);
void wire_put_object(struct wire_out *out, const char *key, const msgpack_object *value);
void wire_open_map(struct wire_out *out, const char *key);
void wire_open_array(struct wire_out *out, const char *key);
void wire_close(struct wire_out *out); /**< closes the innermost wire_open_*() */

/** Send a descriptor beside the frame: a duplicate is kept, the caller's stays the caller's. */
void wire_add_fd(struct wire_out *out, int fd);

/**
 * Close what is open.
 * @return 0 the frame may be sent; -EMSGSIZE larger than WIRE_FRAME_MAX, or a container with more than 65,535
 *         entries; -E2BIG too deep, or too many descriptors; -ENOMEM; -EBADF, -EMFILE of wire_add_fd().
 */
int wire_end(struct wire_out *out);

/**
 * Send an ended frame whole. Never raises SIGPIPE.
 * @param flags  MSG_DONTWAIT or 0.
 * @return 0; -EAGAIN the socket is full; -EPIPE, -ECONNRESET the peer is gone; other -errno of sendmsg.
 */
int wire_send(int sock, const struct wire_out *out, int flags);

/* --- Receiving and reading: one thread at a time. --- */

/** A received frame. All pointers are valid until the next wire_recv() or wire_in_finish(). */
struct wire_in {
	enum wire_kind kind;
	uint32_t id;                  /**< requests and responses */
	char method[WIRE_METHOD_MAX]; /**< requests and notifications; no control characters */
	const msgpack_object *params; /**< requests, notifications: a map */
	const msgpack_object *error;  /**< responses: NULL or a map */
	const msgpack_object *result; /**< responses: a map (empty for nil) */
	int fds[WIRE_FDS_MAX];        /**< owned until taken with wire_take_fd(); -1: taken */
	uint32_t n_fds;
	const char *bad; /**< after -EBADMSG: what was wrong, a static sentence */
	/* private */
	msgpack_zone *zone;
	msgpack_object root;
	char *data; /**< WIRE_FRAME_MAX bytes, owned */
};

/** @return 0, -ENOMEM. */
int wire_in_init(struct wire_in *in);
/** Close untaken descriptors, free. Zeroed or finished objects are fine. */
void wire_in_finish(struct wire_in *in);

/**
 * Receive one frame. Descriptors of the frame before that nobody took are closed first. All descriptors are
 * close-on-exec.
 * @param flags  MSG_DONTWAIT or 0.
 * @return 1 a frame; 0 the peer hung up (an empty frame reads the same); -EAGAIN nothing there; -EBADMSG not
 * a frame, `in->bad` says why: the connection is to be closed; other -errno of recvmsg.
 */
int wire_recv(int sock, struct wire_in *in, int flags);

/** The decoding of wire_recv() on `len` bytes (for tests and the fuzzer). @return 1, -EBADMSG, -ENOMEM. */
int wire_decode(struct wire_in *in, const void *bytes, size_t len);

/** Take the descriptor `index` out of the frame. @return the fd, now the caller's; -ENOENT. */
int wire_take_fd(struct wire_in *in, uint32_t index);

/**
 * Read from a map. `map` may be NULL (everything is absent).
 * @return 0; -ENOENT absent or nil; -EINVAL another type; -ERANGE a number that does not fit. *ret is written
 *         on 0 only.
 */
const msgpack_object *wire_get(const msgpack_object *map, const char *key); /**< NULL: absent */
int wire_get_i64(const msgpack_object *map, const char *key, int64_t *ret);
int wire_get_u64(const msgpack_object *map, const char *key, uint64_t *ret);
int wire_get_f64(const msgpack_object *map, const char *key, double *ret); /**< takes integers too */
int wire_get_bool(const msgpack_object *map, const char *key, int *ret);
/** Copy a string of at most size-1 bytes without NULs inside. @return as above; -ENAMETOOLONG. */
int wire_get_str(const msgpack_object *map, const char *key, char *buf, size_t size);
const msgpack_object *wire_get_map(const msgpack_object *map, const char *key); /**< NULL: absent, no map */
const msgpack_object *wire_get_array(
	const msgpack_object *map, const char *key); /**< NULL: absent, no array */

/** The same conversions for a value by itself (an array's element). */
int wire_to_i64(const msgpack_object *value, int64_t *ret);
int wire_to_f64(const msgpack_object *value, double *ret);
int wire_to_str(const msgpack_object *value, char *buf, size_t size);

/** Read a response's error; absent fields become empty, over-long ones are cut. */
void wire_error_read(const msgpack_object *error, struct wire_error *ret);

#endif
