/* SPDX-License-Identifier: MIT */
/* kronos.midiout.*: where the MIDI output goes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "wire_utf8.h"

#define PORTS_MAX 128u /* names that fit an answer */

static void put_name(struct wire_out *out, const char *key, const char *bytes, size_t size)
{
	char name[sizeof(((struct mos_rtctl_port *)NULL)->name) + 1] = "";

	memcpy(name, bytes, size);
	wire_utf8_mend(name); /* programs call their ports what they like */
	wire_put_str(out, key, name);
}

static void put_ports(struct wire_out *out, int fd, uint32_t n)
{
	struct mos_rtctl_port port;

	wire_open_array(out, "ports");
	for (uint32_t i = 0; i < n && i < PORTS_MAX; i++) {
		if (pread(fd, &port, sizeof(port), (off_t)(i * sizeof(port))) != (ssize_t)sizeof(port))
			break;
		wire_open_map(out, NULL);
		put_name(out, "name", port.name, sizeof(port.name));
		wire_put_bool(out, "linked", port.is_linked != 0);
		wire_close(out);
	}
	wire_close(out);
}

static void on_ports(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
	struct rpc_request *req = data;

	if (rc < 0)
		rc = gateway_fail_link(req, rc);
	else if (msg->status < 0)
		rc = gateway_fail_status(req, msg);
	else
		put_ports(&req->out, n_fds ? fds[0] : -1, n_fds ? msg->u.midi_ports.n : 0);
	rpc_finish(req, rc);
}

int midiout_handle_ports(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MIDI_PORTS};
	int rc = rtlink_request(&broker_of(req)->rtlink, &msg, -1, on_ports, req);

	return rc < 0 ? gateway_fail_link(req, rc) : RPC_LATER;
}

static int link_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	put_name(&req->out, "port", answer->u.midi_link.port, sizeof(answer->u.midi_link.port));
	return 0;
}

static int get_port(struct rpc_request *req, const msgpack_object *params, struct mos_rtctl_msg *msg)
{
	int rc = wire_get_str(params, "port", msg->u.midi_link.port, sizeof(msg->u.midi_link.port));

	if (rc == -ENOENT)
		return 0;
	if (rc < 0 || !msg->u.midi_link.port[0])
		return rpc_fail_at(req, "port", "kronos.value.invalid",
			"a name of 1 to %zu bytes is expected", sizeof(msg->u.midi_link.port) - 1);
	return 0;
}

int midiout_handle_link(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MIDI_LINK};
	int rc = get_port(req, params, &msg);

	return rc < 0 ? rc : gateway_forward(req, &msg, -1, link_done);
}

int midiout_handle_unlink(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MIDI_UNLINK};
	int rc = get_port(req, params, &msg);

	return rc < 0 ? rc : gateway_forward(req, &msg, -1, NULL);
}
