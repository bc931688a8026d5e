/* SPDX-License-Identifier: MIT */
/* Playing: begin, change, end, and where it is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "band.h"
#include "caps.h"

#define PORTS_MAX 64u

/* --- band.play --- */

static const struct rpc_param play_params[] = {{"program", RPC_STR}, {"tune", RPC_INT}, {"flags", RPC_MAP},
	{"defaults", RPC_MAP}, {"strict", RPC_BOOL}, {"options", RPC_MAP}, {"setlist", RPC_ARRAY},
	{"output", RPC_STR}, {"backend", RPC_STR}, {"port", RPC_STR}, {"dry_run", RPC_BOOL},
	{"hold", RPC_BOOL}, {0}};

/* "alsa-seq, alsa-raw, collect" */
static void list_backends(char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "%s", PLAYER_PIPEWIRE);

	for (const struct band_backend *b = band_backends; b->name && n < size; b++)
		n += (size_t)snprintf(buf + n, size - n, ", %s", b->name);
}

static int read_backend(struct rpc_request *req, const msgpack_object *params, struct op_wish *wish)
{
	char name[32] = PLAYER_PIPEWIRE, list[96];
	int rc = wire_get_str(params, "backend", name, sizeof(name));

	if (rc == -ENOENT || strcmp(name, PLAYER_PIPEWIRE) == 0 || strcmp(name, "mido") == 0)
		return 0;
	wish->backend = rc == 0 ? band_backend_find(name) : NULL;
	if (wish->backend)
		return 0;
	list_backends(list, sizeof(list));
	rc = rpc_fail_at(req, "RT_BACKEND_FAILURE", "band.backend.unavailable",
		"there is no backend \"%s\": there are %s", rc == 0 ? name : "?", list);
	return rc;
}

static int read_output(struct rpc_request *req, const msgpack_object *params, struct op_wish *wish)
{
	struct band_options *options = &wish->wish.options;
	const bool has_port = wire_get(params, "port");
	char text[16] = "";

	if (wire_get_str(params, "port", wish->port, sizeof(wish->port)) == -ENAMETOOLONG)
		return rpc_fail_at(req, "port", "band.port.unknown", "no port has so long a name");
	const int rc = wire_get_str(params, "output", text, sizeof(text));
	/* Who names a port means that port. */
	if (rc == -ENOENT)
		strcpy(text, has_port ? "midi" : "apollo");
	options->to_apollo = strcmp(text, "apollo") == 0 || strcmp(text, "both") == 0;
	options->to_midi = strcmp(text, "midi") == 0 || strcmp(text, "both") == 0;
	if (!options->to_apollo && !options->to_midi)
		return rpc_fail_at(req, "output", "rpc.params.invalid", "apollo, midi or both is expected");
	return 0;
}

void op_wish_finish(struct op_wish *wish)
{
	wish_finish(&wish->wish);
	free(wish->params);
	wish->params = NULL;
}

static int keep_params(const msgpack_object *params, struct op_wish *wish)
{
	msgpack_sbuffer buffer;
	msgpack_packer packer;

	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
	if (msgpack_pack_object(&packer, *params) < 0) {
		msgpack_sbuffer_destroy(&buffer);
		return -ENOMEM;
	}
	wish->params_size = buffer.size;
	wish->params = msgpack_sbuffer_release(&buffer);
	return 0;
}

int op_wish_read_play(struct rpc_request *req, const msgpack_object *params, int fd, struct op_wish *ret)
{
	int dry_run = 0, hold = 0, rc = wish_read(req, params, fd, &ret->wish);

	if (rc < 0)
		return rc;
	(void)wire_get_bool(params, "dry_run", &dry_run);
	(void)wire_get_bool(params, "hold", &hold);
	ret->dry_run = dry_run;
	ret->hold = hold;
	rc = read_backend(req, params, ret);
	if (rc == 0)
		rc = read_output(req, params, ret);
	if (rc == 0)
		rc = keep_params(params, ret);
	if (rc < 0)
		op_wish_finish(ret);
	return rc;
}

static int handle_play(struct rpc_request *req, const msgpack_object *params)
{
	struct op_wish wish = {.wish = {.fd = -1}};
	int rc = op_wish_read_play(req, params, rpc_take_fd(req, 0), &wish);

	if (rc < 0)
		return rc;
	rc = op_post(&band_of(req)->player, req, OP_PLAY, &wish);
	if (rc < 0)
		op_wish_finish(&wish);
	return rc;
}

/* --- band.change --- */

static const struct rpc_param change_params[] = {
	{"flags", RPC_MAP}, {"options", RPC_MAP}, {"at", RPC_STR}, {0}};

int op_wish_read_change(struct rpc_request *req, const msgpack_object *params, struct op_wish *ret)
{
	char at[16] = "bar";
	int rc = wish_read_change(req, params, &ret->wish);

	if (rc < 0)
		return rc;
	if (wire_get_str(params, "at", at, sizeof(at)) == -ENAMETOOLONG ||
		(strcmp(at, "bar") != 0 && strcmp(at, "chorus") != 0))
		rc = rpc_fail_at(req, "at", "rpc.params.invalid", "bar or chorus is expected");
	ret->chorus = strcmp(at, "chorus") == 0;
	if (rc == 0)
		rc = keep_params(params, ret);
	if (rc < 0)
		op_wish_finish(ret);
	return rc;
}

static int handle_change(struct rpc_request *req, const msgpack_object *params)
{
	struct op_wish wish = {.wish = {.fd = -1}};
	int rc = op_wish_read_change(req, params, &wish);

	if (rc < 0)
		return rc;
	rc = op_post(&band_of(req)->player, req, OP_CHANGE, &wish);
	if (rc < 0)
		op_wish_finish(&wish);
	return rc;
}

/* --- band.stop, band.status --- */

static int handle_stop(struct rpc_request *req, const msgpack_object *params)
{
	struct op_wish none = {.wish = {.fd = -1}};

	return op_post(&band_of(req)->player, req, OP_STOP, &none);
}

static int handle_status(struct rpc_request *req, const msgpack_object *params)
{
	struct player *player = &band_of(req)->player;

	player_listen(player, req->conn);
	player_put_status(player, &req->out);
	return 0;
}

/* --- band.backend.list --- */

static void put_head(struct wire_out *out, const char *name, const char *alias, const char *text)
{
	wire_open_map(out, NULL);
	wire_put_str(out, "name", name);
	wire_put_str(out, "alias", alias ? alias : "");
	wire_put_str(out, "text", text);
}

static void put_backend(struct wire_out *out, const struct band_backend *backend)
{
	char (*port)[128] = calloc(PORTS_MAX, sizeof(*port));
	const int n = port ? backend->ports(port, PORTS_MAX) : -ENOMEM;
	const char *why = !backend->built ? "built without its library" : strerror(n < 0 ? -n : 0);

	put_head(out, backend->name, backend->alias, backend->text);
	wire_put_bool(out, "available", n >= 0);
	wire_put_str(out, "why", n >= 0 ? "" : why);
	wire_open_array(out, "ports");
	for (int i = 0; i < n && i < (int)PORTS_MAX; i++)
		wire_put_str(out, NULL, port[i]);
	wire_close(out);
	wire_close(out);
	free(port);
}

/* rtcore's ports, then those of our own backends. */
static void on_ports(void *data, int rc, struct wire_in *in)
{
	struct rpc_request *req = data;
	struct wire_out *out = &req->out;
	struct wire_error error = {0};

	if (rc == -EREMOTEIO)
		wire_error_read(in->error, &error);
	else if (rc < 0)
		wire_error_set(&error, "rtcore.down", "there is no broker to reach rtcore through");
	wire_open_array(out, "backends");
	put_head(out, PLAYER_PIPEWIRE, "mido", "MOS' own sound, and its MIDI output in the PipeWire graph");
	wire_put_bool(out, "available", rc == 0);
	wire_put_str(out, "why", error.message);
	const msgpack_object *ports = rc == 0 ? wire_get_array(in->result, "ports") : NULL;
	wire_open_array(out, "ports");
	for (uint32_t i = 0; ports && i < ports->via.array.size && i < PORTS_MAX; i++) {
		char name[128];

		if (wire_get_str(&ports->via.array.ptr[i], "name", name, sizeof(name)) == 0)
			wire_put_str(out, NULL, name);
	}
	wire_close(out);
	wire_close(out);
	for (const struct band_backend *b = band_backends; b->name; b++)
		put_backend(out, b);
	wire_close(out);
	rpc_finish(req, 0);
}

static int handle_backends(struct rpc_request *req, const msgpack_object *params)
{
	struct rpc_conn *broker = broker_link_conn(&band_of(req)->link);
	struct wire_out out;

	if (!broker)
		return rpc_fail(req, -ENOTCONN, "rtcore.down", "there is no broker to ask for ports");
	const uint32_t id = rpc_begin_call(broker, &out, "kronos.midiout.ports");
	const int rc = rpc_call(broker, &out, id, on_ports, req);
	return rc < 0 ? rc : RPC_LATER;
}

static const struct rpc_method methods[] = {
	{"band.play", handle_play, play_params, 0, CAP_TRANSPORT},
	{"band.change", handle_change, change_params, 0, CAP_TRANSPORT},
	{"band.stop", handle_stop, NULL, 0, CAP_TRANSPORT},
	{"band.status", handle_status, NULL, 0, CAP_STATUS_READ},
	{"band.backend.list", handle_backends, NULL, 0, CAP_STATUS_READ},
};

const struct rpc_table play_methods = {methods, sizeof(methods) / sizeof(methods[0])};
