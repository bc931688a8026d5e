/* SPDX-License-Identifier: MIT */
/* apollo.insert.*: plugins and amplifiers in strips. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "apollo_gateway.h"

#define SLOTS 4

static const char *kind_name(uint32_t kind)
{
	return kind == MOS_INSERT_LV2 ? "lv2" : kind == MOS_INSERT_NAM ? "nam" : "none";
}

static const char *state_name(uint32_t state)
{
	return state == MOS_INSERT_IS_ON ? "on" : state == MOS_INSERT_IS_BYPASSED ? "bypassed" : "dead";
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
	if (wire_get_str(params, "what", msg.u.insert.what, sizeof(msg.u.insert.what)) < 0 ||
		!msg.u.insert.what[0] || (msg.u.insert.kind == MOS_INSERT_NAM && msg.u.insert.what[0] != '/'))
		return rpc_fail_at(req, "what", APOLLO_INVALID,
			"a plugin's URI or the absolute path of a .nam file is expected, at most %zu bytes",
			sizeof(msg.u.insert.what) - 1);
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
