/* SPDX-License-Identifier: MIT */
/* A client's life: create, destroy, and what was granted. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mos/widget.h>

#include "client_impl.h"

#define ASK_AGAIN_MS 50 /* an rtcore that is not there yet is asked for so often */

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

/* A widget was born with its connection. It serves one client; children are not to take it for theirs. */
static int take_given(struct mos_client *c)
{
	const char *text = getenv(MOS_WIDGET_FD_ENV);
	socklen_t len = sizeof(int);
	int type = 0, flags;
	char *end;
	long fd;

	if (!text)
		return 0;
	errno = 0;
	fd = strtol(text, &end, 10);
	if (errno || end == text || *end || fd < 0 || fd > INT32_MAX ||
		getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 || type != SOCK_SEQPACKET)
		return client_fail(c, -EBADF, "client.widget.descriptor", "%s names no connection: \"%.16s\"",
			MOS_WIDGET_FD_ENV, text);
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0 || fcntl((int)fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
		fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return client_fail(c, -errno, "client.widget.descriptor", "the widget's connection: %s",
			strerror(errno));
	(void)unsetenv(MOS_WIDGET_FD_ENV);
	c->broker.sock = (int)fd;
	c->link.given = 1;
	return 0;
}

/* rtcore may come later than the program: as long as the caller waits for a broker, it waits for both. */
static int open_first(struct mos_client *c, int64_t wait_until_ns)
{
	for (;;) {
		int rc = link_open(c, client_now_ns() + (int64_t)c->timeout_ms * MS_NS);

		if (rc != -EREMOTEIO || strcmp(c->error.code, "rtcore.down") ||
			client_now_ns() >= wait_until_ns)
			return rc;
		(void)poll(NULL, 0, ASK_AGAIN_MS);
	}
}

static struct mos_client *make(const struct mos_client_options *options)
{
	struct mos_client *c = calloc(1, sizeof(*c));

	if (!c || wire_in_init(&c->in) < 0) {
		free(c);
		return NULL;
	}
	TAILQ_INIT(&c->async);
	TAILQ_INIT(&c->inbox);
	STAILQ_INIT(&c->broker.outbox);
	c->broker.sock = -1;
	for (size_t i = 0; i < CLIENT_SERVICES_MAX; i++) {
		c->services[i].sock = -1;
		STAILQ_INIT(&c->services[i].outbox);
	}
	bell_fd_init(&c->bell_fd);
	reading_init(c);
	c->link.retry_ns = RETRY_FIRST_NS;
	c->link.check_ns = CLIENT_CHECK_NS;
	c->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : CLIENT_TIMEOUT_DEFAULT_MS;
	c->wait_ms = options->wait_ms > 0 ? options->wait_ms : 0;
	c->flags = options->flags;
	c->pid = getpid();
	c->info.slot = UINT32_MAX;
	return c;
}

int mos_client_create(
	const struct mos_client_options *options, struct mos_client **ret, struct mos_error *ret_error)
{
	static const struct mos_client_options defaults = {0};
	struct mos_client *c;
	int64_t wait_until_ns;
	int rc;

	if (!options)
		options = &defaults;
	c = make(options);
	if (!c) {
		if (ret_error)
			*ret_error = (struct mos_error){.code = "client.memory", .message = "out of memory"};
		return -ENOMEM;
	}
	rc = set_name(c, options->name);
	if (rc == 0)
		rc = set_socket_path(c, options->runtime_dir);
	if (rc == 0)
		rc = take_given(c);
	wait_until_ns = client_now_ns() + (int64_t)c->wait_ms * MS_NS;
	if (rc == 0 && !c->link.given)
		rc = conn_connect(c, wait_until_ns);
	if (rc == 0)
		rc = open_first(c, wait_until_ns);
	if (rc < 0) {
		if (ret_error)
			*ret_error = c->error;
		mos_client_destroy(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void mos_client_destroy(struct mos_client *client)
{
	if (!client)
		return;
	client->closing = 1;
	if (client->pid != getpid())
		bell_fd_forget(&client->bell_fd);
	for (size_t i = 0; i < CLIENT_SERVICES_MAX; i++)
		conn_close(client, &client->services[i]);
	conn_close(client, &client->broker);
	client->link.state = LINK_DOWN;
	inbox_finish(client);
	bell_fd_close(&client->bell_fd);
	pthread_mutex_destroy(&client->bell_fd.lock);
	listeners_finish(client);
	plane_free(client->plane);
	plane_free(client->retired);
	wire_in_finish(&client->in);
	free(client->refusal_memory);
	free(client);
}

struct mos_client_info mos_client_info(const struct mos_client *client)
{
	return client->info;
}

int mos_client_can(const struct mos_client *client, const char *capability)
{
	for (uint32_t i = 0; i < client->n_caps; i++) {
		if (!strcmp(client->caps[i], capability))
			return 1;
	}
	return 0;
}
