/* SPDX-License-Identifier: MIT */
/*
 * What needs files only, for one caller and without a broker: the methods of api_convert.c and hermes.score.check,
 * over the socket that the caller left as descriptor 3. It is asked for hermes as a broker is, and is that itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "caps.h"
#include "cli.h"
#include "hermes.h"
#include "log.h"

#define CALLER_FD 3

/* What is still being made is for nobody, and we keep nothing: the thread that makes it is not waited for. */
static void on_caller_gone(struct rpc_conn *conn, void *data)
{
	_exit(SERVICE_EXIT_OK);
}

static const struct rpc_conn_ops caller_ops = {.closed = on_caller_gone};

/* To read scores, and no more: the store is not open. */
static int serve(struct rpc_context *rpc, int sock, const struct rpc_conn_ops *ops)
{
	const struct rpc_peer peer = {.caps = CAP_SCORE_READ, .name = "mosctl"};
	struct rpc_conn *conn;

	return rpc_conn_create(rpc, sock, &peer, ops, NULL, &conn);
}

static const struct rpc_param connect_params[] = {{"name", RPC_STR | RPC_REQUIRED}, {0}};

static int handle_connect(struct rpc_request *req, const msgpack_object *params)
{
	char name[16] = "";
	int pair[2];

	if (wire_get_str(params, "name", name, sizeof(name)) < 0 || strcmp(name, req->ctx->service->name) != 0)
		return rpc_fail_at(req, "name", "broker.service.absent", "only the files of hermes are served here");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	wire_add_fd(&req->out, pair[1]);
	close(pair[1]);
	return serve(req->ctx, pair[0], NULL);
}

static const struct rpc_method methods[] = {{"broker.service.connect", handle_connect, connect_params}};

static int start(struct hermes *hermes, struct service *service)
{
	static struct rpc_table tables[3];
	int rc = sd_event_new(&service->event);

	tables[0] = (struct rpc_table){methods, sizeof(methods) / sizeof(methods[0])};
	tables[1] = load_methods;
	tables[2] = convert_methods;
	if (rc >= 0)
		rc = rpc_context_init(&hermes->rpc, service, tables, sizeof(tables) / sizeof(tables[0]), hermes);
	if (rc >= 0)
		rc = worker_start(&hermes->files, service->event, "hermes-files", NULL, NULL);
	if (rc >= 0) {
		loads_init(&hermes->loads, hermes);
		rc = serve(&hermes->rpc, CALLER_FD, &caller_ops);
	}
	return rc;
}

int cli_files(int argc, char **argv)
{
	static struct hermes hermes;
	struct service service = {.program = "mos-hermes", .name = "hermes"};
	int type = 0;

	if (argc > 1) {
		printf("Usage: %s %s\n\nServe the program that left its socket as file descriptor %d with what needs "
		       "files only.\n",
			service.program, argv[0], CALLER_FD);
		return strcmp(argv[1], "--help") == 0 ? SERVICE_EXIT_OK : SERVICE_EXIT_USAGE;
	}
	log_open(service.program, LOG_WARNING);
	if (getsockopt(CALLER_FD, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)}) < 0 ||
		type != SOCK_SEQPACKET) {
		fprintf(stderr, "%s: descriptor %d is no connection: mosctl score convert is what starts this\n",
			service.program, CALLER_FD);
		return SERVICE_EXIT_USAGE;
	}
	(void)fcntl(CALLER_FD, F_SETFD, FD_CLOEXEC);
	(void)clock_gettime(CLOCK_MONOTONIC, &service.started);
	int rc = start(&hermes, &service);
	if (rc >= 0)
		rc = sd_event_loop(service.event); /* until on_caller_gone() */
	log_error("cannot serve: error=\"%s\"", strerror(-rc));
	return SERVICE_EXIT_FAILED;
}
