/* SPDX-License-Identifier: MIT */
/* apollo.insert.*: plugins and amplifiers in strips. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "apollo_gateway.h"
#include "caps.h"
#include "models.h"

#define SLOTS 4

static const char *kind_name(uint32_t kind)
{
	return kind == MOS_INSERT_LV2 ? "lv2" : kind == MOS_INSERT_NAM ? "nam" : "none";
}

static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		[MOS_INSERT_IS_ON] = "on",
		[MOS_INSERT_IS_BYPASSED] = "bypassed",
		[MOS_INSERT_IS_DEAD] = "dead",
		[MOS_INSERT_IS_OFF] = "off",
	};

	return state < sizeof(names) / sizeof(*names) ? names[state] : "dead";
}

static void put_inserts(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd)
{
	struct mos_rtctl_insert in;

	wire_open_array(out, "inserts");
	for (uint32_t i = 0; i < answer->u.insert_list.n && apollo_read_record(fd, 0, i, &in, sizeof(in));
		i++) {
		wire_open_map(out, NULL);
		apollo_put_strip(out, in.strip);
		wire_put_u64(out, "slot", in.slot);
		wire_put_str(out, "kind", kind_name(in.kind));
		apollo_put_text(out, "what", in.what, sizeof(in.what));
		wire_put_str(out, "state", state_name(in.state));
		wire_put_u64(out, "late", in.late);
		wire_put_u64(out, "latency_frames", in.latency_frames);
		apollo_put_text(out, "text", in.text, sizeof(in.text));
		wire_close(out);
	}
	wire_close(out);
}

int insert_handle_list(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT_LIST};

	return apollo_forward_table(req, &msg, NULL, put_inserts);
}

/* --- One of them --- */

static int read_slot(struct rpc_request *req, const msgpack_object *params, uint32_t *ret)
{
	int64_t slot = 0;
	int rc = gateway_get_int(req, params, "slot", 0, SLOTS - 1, APOLLO_INVALID, &slot);

	if (rc > 0)
		*ret = (uint32_t)slot;
	return rc < 0 ? rc : 0;
}

static void put_controls(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd)
{
	struct mos_rtctl_control c;

	wire_open_array(out, "controls");
	for (uint32_t i = 0; i < answer->u.insert_list.n && apollo_read_record(fd, 0, i, &c, sizeof(c));
		i++) {
		wire_open_map(out, NULL);
		apollo_put_text(out, "symbol", c.symbol, sizeof(c.symbol));
		wire_put_f64(out, "min", (double)c.min);
		wire_put_f64(out, "max", (double)c.max);
		wire_put_f64(out, "initial", (double)c.initial);
		wire_put_f64(out, "value", (double)c.value);
		wire_close(out);
	}
	wire_close(out);
}

int insert_handle_get(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT_GET};

	if (apollo_read_strip(req, params, 1, &msg.u.insert.strip) < 0 ||
		read_slot(req, params, &msg.u.insert.slot) < 0)
		return -EINVAL;
	return apollo_forward_table(req, &msg, NULL, put_controls);
}

static int added(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	apollo_put_strip(&req->out, answer->u.insert.strip);
	wire_put_u64(&req->out, "slot", answer->u.insert.slot);
	return 0;
}

/* What is to be inserted: a path or URI, or the name of a model that the box knows. Who may set the mixer only chooses
 * among those: what runs foreign code, or reads a file that the caller names, is the engine's. */
static int read_what(struct rpc_request *req, const msgpack_object *params, struct mos_rtctl_msg *msg)
{
	const size_t size = sizeof(msg->u.insert.what);
	char *what = msg->u.insert.what, name[MODEL_NAME_MAX];
	int is_nam = msg->u.insert.kind == MOS_INSERT_NAM;

	if (wire_get_str(params, "what", what, size) < 0 || !what[0])
		return rpc_fail_at(req, "what", APOLLO_INVALID,
			"a plugin's URI, a model's name or the absolute path of a .nam file is expected, at most "
			"%zu bytes",
			size - 1);
	if (!(rpc_conn_peer(req->conn)->caps & CAP_ENGINE) && (!is_nam || strchr(what, '/')))
		return rpc_fail_at(req, is_nam ? "what" : "kind", "rpc.caller.denied",
			"this needs the capability \"%s\"; a model that apollo.model.list names does not",
			caps_name(CAP_ENGINE));
	if (!is_nam || what[0] == '/')
		return 0;
	if (wire_get_str(params, "what", name, sizeof(name)) == 0 && models_find(name, what, size) == 0)
		return 0;
	(void)rpc_fail_at(req, "what", APOLLO_INVALID, "neither an absolute path nor a model that is known here");
	wire_error_hint(&req->error, "mosctl insert models (apollo.model.list) names those that are");
	return -EINVAL;
}

int insert_handle_models(struct rpc_request *req, const msgpack_object *params)
{
	static struct model model[MODELS_MAX];
	const uint32_t n = models_list(model, MODELS_MAX);

	wire_open_array(&req->out, "models");
	for (uint32_t i = 0; i < n; i++) {
		wire_open_map(&req->out, NULL);
		wire_put_str(&req->out, "name", model[i].name);
		wire_put_u64(&req->out, "bytes", model[i].bytes);
		wire_close(&req->out);
	}
	wire_close(&req->out);
	return 0;
}

int insert_handle_add(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT, .u.insert.slot = MOS_INSERT_ANY};
	char kind[8] = "";

	if (apollo_read_strip(req, params, 1, &msg.u.insert.strip) < 0 ||
		read_slot(req, params, &msg.u.insert.slot) < 0)
		return -EINVAL;
	(void)wire_get_str(params, "kind", kind, sizeof(kind));
	if (!strcmp(kind, "lv2"))
		msg.u.insert.kind = MOS_INSERT_LV2;
	else if (!strcmp(kind, "nam"))
		msg.u.insert.kind = MOS_INSERT_NAM;
	else
		return rpc_fail_at(req, "kind", APOLLO_INVALID, "\"lv2\" or \"nam\" is expected");
	if (read_what(req, params, &msg) < 0)
		return -EINVAL;
	return gateway_forward(req, &msg, -1, added);
}

int insert_handle_remove(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT, .u.insert.kind = MOS_INSERT_NONE};

	if (apollo_read_strip(req, params, 1, &msg.u.insert.strip) < 0 ||
		read_slot(req, params, &msg.u.insert.slot) < 0)
		return -EINVAL;
	return gateway_forward(req, &msg, -1, NULL);
}

int insert_handle_set(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT_SET};
	double value = 0;

	if (apollo_read_strip(req, params, 1, &msg.u.insert_set.strip) < 0 ||
		read_slot(req, params, &msg.u.insert_set.slot) < 0)
		return -EINVAL;
	if (wire_get_str(params, "symbol", msg.u.insert_set.symbol, sizeof(msg.u.insert_set.symbol)) < 0)
		return rpc_fail_at(req, "symbol", APOLLO_INVALID, "at most %zu bytes are expected",
			sizeof(msg.u.insert_set.symbol) - 1);
	(void)wire_get_f64(params, "value", &value);
	if (gateway_check_finite(req, "value", value, APOLLO_INVALID) < 0)
		return -EINVAL;
	msg.u.insert_set.value = (float)value;
	return gateway_forward(req, &msg, -1, NULL);
}

int insert_handle_bypass(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT_SET, .u.insert_set.symbol = MOS_INSERT_BYPASS};
	int on = 0;

	if (apollo_read_strip(req, params, 1, &msg.u.insert_set.strip) < 0 ||
		read_slot(req, params, &msg.u.insert_set.slot) < 0)
		return -EINVAL;
	(void)wire_get_bool(params, "on", &on);
	msg.u.insert_set.value = on ? 1 : 0;
	return gateway_forward(req, &msg, -1, NULL);
}

/* --- What it keeps inside of itself --- */

static void put_state(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd)
{
	wire_put_u64(out, "bytes", answer->u.insert_list.n);
	if (fd >= 0)
		wire_add_fd(out, fd);
}

int insert_handle_save(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT_SAVE};

	if (apollo_read_strip(req, params, 1, &msg.u.insert.strip) < 0 ||
		read_slot(req, params, &msg.u.insert.slot) < 0)
		return -EINVAL;
	return apollo_forward_table(req, &msg, NULL, put_state);
}

int insert_handle_restore(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_INSERT_RESTORE};
	int fd = rpc_take_fd(req, 0), rc = -EINVAL;

	if (apollo_read_strip(req, params, 1, &msg.u.insert.strip) == 0 &&
		read_slot(req, params, &msg.u.insert.slot) == 0)
		rc = gateway_forward(req, &msg, fd, NULL);
	if (fd >= 0)
		close(fd);
	return rc;
}
