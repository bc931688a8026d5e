/* SPDX-License-Identifier: MIT */
/* Recording: what a canvas shows and what is heard, into a file that the caller opened. One at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "log.h"
#include "record.h"
#include "theater.h"

static void on_ended(void *data, int error, const char *text)
{
	struct theater *theater = data;
	struct rpc_request *stopper = theater->recording.stopper;

	out_record_close(theater->recording.record);
	theater->recording.record = NULL;
	theater->recording.stopper = NULL;
	if (error < 0)
		log_warning("a recording failed: reason=\"%s\"", text);
	if (stopper)
		rpc_finish(stopper,
			error < 0 ? rpc_fail(stopper, error, "theater.record.failed", "%s", text) : 0);
	else if (error < 0)
		(void)snprintf(theater->recording.fault, sizeof(theater->recording.fault), "%s", text);
}

static const struct rpc_param start_params[] = {
	{"name", RPC_STR | RPC_REQUIRED}, {"canvas", RPC_STR}, {"sound", RPC_BOOL}, {0}};

static int handle_start(struct rpc_request *req, const msgpack_object *params)
{
	struct theater *theater = theater_of(req);
	struct out_record_options options = {.fps = theater->config.fps};
	char name[256] = "", error[256] = "";
	int canvas = 0, sound = 1, fd, rc = api_canvas(req, params, SCENE_LANDSCAPE, &canvas);

	if (rc < 0)
		return rc;
	if (theater->recording.record)
		return rpc_fail(req, -EBUSY, "theater.record.busy", "a recording is under way");
	(void)wire_get_bool(params, "sound", &sound);
	if (wire_get_str(params, "name", name, sizeof(name)) < 0)
		return rpc_fail_at(req, "name", "rpc.params.invalid", "the file's name is expected");
	options.picture = streams_node(
		theater->stage.streams, (enum scene_canvas)canvas, &options.node_width, &options.node_height);
	if (!options.picture)
		return rpc_fail(req, -ENOENT, "theater.record.failed",
			"there are no video nodes: streams=no, or no PipeWire");
	fd = rpc_take_fd(req, 0);
	if (fd < 0)
		return rpc_fail(req, fd, "rpc.params.invalid", "the file is expected beside the call");
	options.fd = fd;
	options.name = name;
	options.has_sound = (uint8_t)sound;
	*theater->recording.fault = '\0';
	rc = out_record_start(theater->rpc.service->event, &options, on_ended, theater,
		&theater->recording.record, error, sizeof(error));
	(void)close(fd);
	if (rc < 0)
		return rpc_fail_at(
			req, "name", "theater.record.failed", "%s", *error ? error : strerror(-rc));
	wire_put_str(&req->out, "picture", options.picture);
	wire_put_u64(&req->out, "width", options.node_width);
	wire_put_u64(&req->out, "height", options.node_height);
	return 0;
}

static int handle_stop(struct rpc_request *req, const msgpack_object *params)
{
	struct theater *theater = theater_of(req);

	if (!theater->recording.record && *theater->recording.fault) {
		const int rc = rpc_fail(req, -EIO, "theater.record.failed", "%s", theater->recording.fault);

		*theater->recording.fault = '\0';
		return rc;
	}
	if (!theater->recording.record || theater->recording.stopper)
		return rpc_fail(req, -ENOENT, "theater.record.absent", "nothing is being recorded");
	theater->recording.stopper = req;
	out_record_stop(theater->recording.record);
	return RPC_LATER;
}

static const struct rpc_method methods[] = {
	{"theater.record.start", handle_start, start_params, 1, CAP_STAGE},
	{"theater.record.stop", handle_stop, NULL, 0, CAP_STAGE},
};
const struct rpc_table record_methods = {methods, sizeof(methods) / sizeof(*methods)};

void api_record_end(struct theater *theater)
{
	if (theater->recording.stopper)
		rpc_finish(theater->recording.stopper, rpc_fail(theater->recording.stopper, -ECANCELED,
							       "theater.record.failed", "the theater ends"));
	theater->recording.stopper = NULL;
	out_record_close(theater->recording.record);
	theater->recording.record = NULL;
}
