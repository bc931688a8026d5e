/* SPDX-License-Identifier: MIT */
/* A client's life: create, open or resume its slot, follow restarts, destroy. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_impl.h"

static int set_name(struct mos_client *c, const char *name)
{
	if (!name) {
		(void)snprintf(c->name, sizeof(c->name), "%s", program_invocation_short_name);
		return 0;
	}
	if (strlen(name) >= sizeof(c->name) || !*name)
		return client_fail(c, -ENAMETOOLONG, "client.name.invalid",
			"a client's name has 1 to %zu bytes", sizeof(c->name) - 1);
	strcpy(c->name, name);
	return 0;
}

static int set_socket_path(struct mos_client *c, const char *runtime_dir)
{
	const char *sub = "";
	int n;

	if (!runtime_dir)
		runtime_dir = getenv("MOS_RUNTIME_DIR");
	if (!runtime_dir || !*runtime_dir) {
		runtime_dir = getenv("XDG_RUNTIME_DIR");
		sub = "/mos";
	}
	if (!runtime_dir || !*runtime_dir)
		runtime_dir = "/run";
	n = snprintf(c->socket_path, sizeof(c->socket_path), "%s%s/mos.sock", runtime_dir, sub);
	if (n < 0 || (size_t)n >= sizeof(c->socket_path))
		return client_fail(c, -ENAMETOOLONG, "client.path.invalid",
			"the runtime directory's path is too long for a socket: %s%s", runtime_dir, sub);
	return 0;
}

int mos_client_create(
	const struct mos_client_options *options, struct mos_client **ret, struct mos_error *ret_error)
{
	static const struct mos_client_options defaults = {0};
	struct mos_client *c;
	int64_t deadline_ns;
	int rc;

	if (!options)
		options = &defaults;
	c = calloc(1, sizeof(*c));
	if (!c || wire_in_init(&c->in) < 0) {
		free(c);
		if (ret_error)
			*ret_error = (struct mos_error){.code = "client.memory", .message = "out of memory"};
		return -ENOMEM;
	}
	TAILQ_INIT(&c->listeners);
	c->broker.sock = -1;
	for (size_t i = 0; i < CLIENT_SERVICES_MAX; i++)
		c->services[i].sock = -1;
	c->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : CLIENT_TIMEOUT_DEFAULT_MS;
	c->wait_ms = options->wait_ms > 0 ? options->wait_ms : 0;
	c->flags = options->flags;
	c->info.slot = UINT32_MAX;

	rc = set_name(c, options->name);
	if (rc < 0)
		goto fail;
	rc = set_socket_path(c, options->runtime_dir);
	if (rc < 0)
		goto fail;
	deadline_ns = client_now_ns() + (int64_t)c->wait_ms * 1000000;
	rc = conn_connect(c, deadline_ns);
	if (rc < 0)
		goto fail;
	rc = client_open(c, client_now_ns() + (int64_t)c->timeout_ms * 1000000);
	if (rc < 0)
		goto fail;
	*ret = c;
	return 0;
fail:
	if (ret_error)
		*ret_error = c->error;
	mos_client_destroy(c);
	return rc;
}

void mos_client_destroy(struct mos_client *client)
{
	if (!client)
		return;
	for (size_t i = 0; i < CLIENT_SERVICES_MAX; i++)
		conn_close(&client->services[i]);
	conn_close(&client->broker);
	listeners_finish(client);
	plane_finish(&client->plane);
	plane_finish(&client->retired);
	wire_in_finish(&client->in);
	free(client);
}

struct mos_client_info mos_client_info(const struct mos_client *client)
{
	return client->info;
}

static int read_grant(
	struct mos_client *c, struct mos_client_info *ret_info, uint64_t *ret_cookie, int *ret_resumed)
{
	const msgpack_object *result = c->in.result;
	int64_t slot, rate, quantum;
	uint64_t generation;

	if (wire_get_i64(result, "slot", &slot) < 0 || slot < 0 || slot >= MOS_CLIENTS_MAX ||
		wire_get_u64(result, "cookie", ret_cookie) < 0 ||
		wire_get_u64(result, "generation", &generation) < 0 ||
		wire_get_i64(result, "rate", &rate) < 0 || rate < 0 || rate > UINT32_MAX ||
		wire_get_i64(result, "quantum", &quantum) < 0 || quantum < 0 || quantum > UINT32_MAX)
		return client_fail(c, -EPROTO, "client.answer.invalid",
			"broker.client.open: fields are missing or wrong");
	*ret_resumed = 0;
	(void)wire_get_bool(result, "resumed", ret_resumed);
	*ret_info = (struct mos_client_info){
		.slot = (uint32_t)slot,
		.rate_hz = (uint32_t)rate,
		.quantum = (uint32_t)quantum,
		.generation = generation,
	};
	return 0;
}

/* New regions come into use; the ones before stay mapped until the next change, for late readers. */
static void switch_plane(struct mos_client *c, const struct plane *fresh)
{
	if (c->plane.clock.base)
		c->lost_before += c->plane.reader.lost;
	plane_finish(&c->retired);
	c->retired = c->plane;
	c->plane = *fresh;
	c->bell_seen = mos_event_bell(&c->plane.reader);
}

int client_open(struct mos_client *c, int64_t deadline_ns)
{
	const struct mos_field resume[] = {
		mos_int("slot", c->info.slot),
		{"cookie", {.type = MOS_VALUE_NATURAL, .u.natural = c->cookie}},
	};
	const struct mos_field args[] = {
		mos_str("name", c->name),
		mos_field("resume", mos_value_map(resume, 2)),
	};
	struct mos_request request = {.method = "broker.client.open", .args = args, .n_args = 1};
	int have_slot = c->plane.clock.base != NULL;
	struct mos_client_info info;
	struct plane fresh;
	uint64_t cookie;
	int resumed, rc;

	if (c->broker.sock < 0) {
		rc = conn_connect(c, deadline_ns);
		if (rc < 0)
			return rc;
	}
	if (c->flags & MOS_CLIENT_CONTROL_ONLY)
		return 0;
	request.n_args += have_slot;
	rc = conn_call(c, &c->broker, &request, deadline_ns);
	if (rc == 0)
		rc = read_grant(c, &info, &cookie, &resumed);
	if (rc < 0)
		goto fail;
	if (!(resumed && have_slot)) {
		rc = plane_open(c, &fresh);
		if (rc < 0)
			goto fail;
		switch_plane(c, &fresh);
	}
	c->info = info;
	c->cookie = cookie;
	return resumed && have_slot ? 0 : have_slot;
fail:
	/* Without its slot the connection is of no use; the next call starts over. */
	conn_close(&c->broker);
	return rc;
}

int mos_client_refresh(struct mos_client *client)
{
	struct mos_client *c = client;
	int64_t deadline_ns = client_now_ns() + (int64_t)c->timeout_ms * 1000000;
	const struct mos_request request = {.method = "broker.system.status"};
	uint64_t generation;
	int rc;

	if (c->broker.sock >= 0 && conn_drain(c, &c->broker) < 0)
		conn_close(&c->broker);
	if (c->broker.sock < 0)
		return client_open(c, deadline_ns);
	if (c->flags & MOS_CLIENT_CONTROL_ONLY)
		return 0;
	rc = conn_call(c, &c->broker, &request, deadline_ns);
	if (rc < 0)
		return rc == -EPIPE ? client_open(c, deadline_ns) : rc;
	rc = wire_get_u64(wire_get_map(c->in.result, "rtcore"), "generation", &generation);
	if (rc < 0 || generation == 0 || generation == c->info.generation)
		return 0; /* the same one, or none at the moment */
	conn_close(&c->broker);
	return client_open(c, deadline_ns);
}
