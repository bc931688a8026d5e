/* SPDX-License-Identifier: MIT */
/* Files and scores of the store into what plays. */
#include <errno.h>
#include <string.h>

#include "caps.h"
#include "hermes.h"

/* `path` is for the log and for people; the file is what came beside the request. */
static const struct rpc_param file_params[] = {
	{"name", RPC_STR | RPC_REQUIRED}, {"path", RPC_STR}, {"index", RPC_INT}, {0}};

static int handle_file(struct rpc_request *req, const msgpack_object *params, enum load_kind kind)
{
	struct load_wish wish = {.kind = kind, .fd = -1};
	int64_t index = 0;

	if (wire_get_str(params, "name", wish.name, sizeof(wish.name)) < 0)
		return rpc_fail_at(req, "name", "rpc.params.invalid",
			"a name of at most %u bytes is expected", LOAD_NAME_BYTES - 1);
	const int rc = wire_get_i64(params, "index", &index);
	if (rc != -ENOENT && (rc < 0 || index < 0 || index > UINT32_MAX))
		return rpc_fail_at(
			req, "index", "rpc.params.invalid", "the first score of a book has the index 0");
	wish.index = (uint32_t)index;
	wish.fd = rpc_take_fd(req, 0);
	if (wish.fd < 0)
		return rpc_fail(req, wish.fd, "rpc.fds.missing", "the file is missing beside the request");
	return loads_add(&hermes_of(req)->loads, req, &wish);
}

static int handle_load(struct rpc_request *req, const msgpack_object *params)
{
	return handle_file(req, params, LOAD_LOAD);
}

static int handle_add(struct rpc_request *req, const msgpack_object *params)
{
	return handle_file(req, params, LOAD_ADD);
}

static int handle_check(struct rpc_request *req, const msgpack_object *params)
{
	return handle_file(req, params, LOAD_CHECK);
}

static const struct rpc_param open_params[] = {{"score_id", RPC_STR | RPC_REQUIRED}, {0}};

static int handle_open(struct rpc_request *req, const msgpack_object *params)
{
	struct load_wish wish = {.kind = LOAD_OPEN, .fd = -1};

	if (wire_get_str(params, "score_id", wish.score_id, sizeof(wish.score_id)) < 0 ||
		!uuid_is_valid(wish.score_id))
		return rpc_fail_at(req, "score_id", "rpc.params.invalid", "the id of a score is a UUID");
	strcpy(wish.name, wish.score_id);
	return loads_add(&hermes_of(req)->loads, req, &wish);
}

static int handle_list(struct rpc_request *req, const msgpack_object *params)
{
	loads_put(&hermes_of(req)->loads, &req->out);
	return 0;
}

static const struct rpc_param cancel_params[] = {{"load_id", RPC_INT | RPC_REQUIRED}, {0}};

static int handle_cancel(struct rpc_request *req, const msgpack_object *params)
{
	uint64_t load_id = 0;

	(void)wire_get_u64(params, "load_id", &load_id);
	const int rc = loads_cancel(&hermes_of(req)->loads, load_id);
	return rc < 0 ? rpc_fail(req, rc, "hermes.load.absent", "%s",
				rc == -EALREADY ? "it is too late: the score is in the store already"
						: "no such load waits or is active")
		      : 0;
}

static const struct rpc_method methods[] = {
	{"hermes.score.load", handle_load, file_params, .n_fds = 1, .caps = CAP_SCORE_EDIT},
	{"hermes.score.add", handle_add, file_params, .n_fds = 1, .caps = CAP_SCORE_EDIT},
	{"hermes.score.check", handle_check, file_params, .n_fds = 1, .caps = CAP_SCORE_READ},
	{"hermes.score.open", handle_open, open_params, .caps = CAP_SCORE_EDIT},
	{"hermes.load.list", handle_list, NULL, .caps = CAP_SCORE_READ},
	{"hermes.load.cancel", handle_cancel, cancel_params, .caps = CAP_SCORE_EDIT},
};

const struct rpc_table load_methods = {methods, sizeof(methods) / sizeof(methods[0])};
