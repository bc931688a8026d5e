/* SPDX-License-Identifier: MIT */
/* Tables that rtcore answers with as a memfd, and the parameters that several methods share. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo_gateway.h"
#include "wire_utf8.h"

struct asked {
	struct rpc_request *req;
	struct apollo_page page;
	apollo_put_table *put;
};

static void on_table(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
	struct asked *a = data;

	if (rc < 0)
		rc = gateway_fail_link(a->req, rc);
	else if (msg->status < 0)
		rc = gateway_fail_status(a->req, msg);
	else
		a->put(&a->req->out, &a->page, msg, n_fds ? fds[0] : -1);
	rpc_finish(a->req, rc);
	free(a);
}

int apollo_forward_table(struct rpc_request *req, const struct mos_rtctl_msg *msg,
	const struct apollo_page *page, apollo_put_table *put)
{
	struct asked *a = malloc(sizeof(*a));
	int rc;

	if (!a)
		return -ENOMEM;
	*a = (struct asked){.req = req, .put = put};
	if (page)
		a->page = *page;
	rc = rtlink_request(&broker_of(req)->rtlink, msg, -1, on_table, a);
	if (rc == 0)
		return RPC_LATER;
	free(a);
	return gateway_fail_link(req, rc);
}

int apollo_read_record(int fd, uint64_t at, uint32_t i, void *ret, size_t size)
{
	return fd >= 0 && pread(fd, ret, size, (off_t)(at + (uint64_t)i * size)) == (ssize_t)size;
}

void apollo_put_text(struct wire_out *out, const char *key, const char *bytes, size_t size)
{
	char text[256] = "";

	memcpy(text, bytes, size < sizeof(text) ? size : sizeof(text) - 1);
	wire_utf8_mend(text);
	wire_put_str(out, key, text);
}

int apollo_read_strip(struct rpc_request *req, const msgpack_object *params, int needed, uint32_t *ret)
{
	char name[8];
	int64_t number;

	if (!needed && !wire_get(params, "strip"))
		return 0;
	if (wire_get_str(params, "strip", name, sizeof(name)) == 0 && !strcmp(name, "master")) {
		*ret = UINT32_MAX;
		return 0;
	}
	if (wire_get_i64(params, "strip", &number) == 0 && number >= 0 && number < MOS_N_STRIPS) {
		*ret = (uint32_t)number;
		return 0;
	}
	return rpc_fail_at(
		req, "strip", APOLLO_INVALID, "0 to %u or \"master\" is expected", MOS_N_STRIPS - 1);
}

void apollo_put_strip(struct wire_out *out, uint32_t strip)
{
	if (strip == UINT32_MAX)
		wire_put_str(out, "strip", "master");
	else
		wire_put_u64(out, "strip", strip);
}

int apollo_read_path(struct rpc_request *req, const msgpack_object *params, char *to, size_t size)
{
	if (wire_get_str(params, "path", to, size) == 0 && to[0] == '/')
		return 0;
	return rpc_fail_at(
		req, "path", APOLLO_INVALID, "an absolute path of at most %zu bytes is expected", size - 1);
}
