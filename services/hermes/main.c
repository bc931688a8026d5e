/* SPDX-License-Identifier: MIT */
/*
 * mos-hermes: the one score store. As a service it answers hermes.* and hands compiled timelines to rtcore;
 * with a command it looks at one file and needs nobody.
 */
#include <string.h>
#include <unistd.h>

#include "broker_link.h"
#include "caps.h"
#include "cli.h"
#include "facts.h"
#include "load.h"
#include "log.h"
#include "rpc.h"
#include "service.h"

#define NAME_BYTES 256u

struct hermes {
	struct rpc_context rpc;
	struct broker_link link;
	struct loader loader;
};

/** Parameters that load and check share. @return the fd, the caller's now; -errno with req->error filled. */
static int take_file(struct rpc_request *req, const msgpack_object *params, char name[static NAME_BYTES])
{
	if (wire_get_str(params, "name", name, NAME_BYTES) < 0)
		return rpc_fail_at(req, "name", "rpc.params.invalid",
			"a name of at most %u bytes is expected", NAME_BYTES - 1);
	int fd = rpc_take_fd(req, 0);
	return fd < 0 ? rpc_fail(req, fd, "rpc.fds.missing", "the file is missing beside the request") : fd;
}

static int handle_load(struct rpc_request *req, const msgpack_object *params)
{
	struct hermes *hermes = req->ctx->data;
	char name[NAME_BYTES];
	int fd = take_file(req, params, name);
	return fd < 0 ? fd : loader_add(&hermes->loader, req, fd, name);
}

static int handle_check(struct rpc_request *req, const msgpack_object *params)
{
	char name[NAME_BYTES];
	struct song *song;
	int fd = take_file(req, params, name);
	if (fd < 0)
		return fd;
	int rc = load_song(req, fd, name, &song);
	close(fd);
	if (rc < 0)
		return rc;
	facts_put(&req->out, song);
	song_destroy(song);
	return 0;
}

static int handle_get(struct rpc_request *req, const msgpack_object *params)
{
	struct hermes *hermes = req->ctx->data;
	if (hermes->loader.song)
		facts_put(&req->out, hermes->loader.song);
	else
		wire_put_nil(&req->out, "score");
	return 0;
}

/* `path` is for the log and for people; the file is what came beside the request. */
static const struct rpc_param file_params[] = {{"name", RPC_STR | RPC_REQUIRED}, {"path", RPC_STR}, {0}};

static const struct rpc_method methods[] = {
	{"hermes.score.load", handle_load, file_params, .n_fds = 1, .caps = CAP_SCORE_EDIT},
	{"hermes.score.check", handle_check, file_params, .n_fds = 1, .caps = CAP_SCORE_READ},
	{"hermes.score.get", handle_get, NULL, .caps = CAP_SCORE_READ},
};

static const struct rpc_table table = {methods, sizeof(methods) / sizeof(methods[0])};
static const struct broker_link_ops link_ops = {0};

static int start(struct service *service, void *data)
{
	struct hermes *hermes = data;
	int rc = rpc_context_init(&hermes->rpc, service, &table, 1, hermes);
	if (rc == 0)
		rc = loader_init(&hermes->loader, service->event, &hermes->link);
	if (rc == 0)
		rc = broker_link_start(&hermes->link, &hermes->rpc, &link_ops, hermes);
	if (rc < 0)
		log_error("cannot start: error=\"%s\"", strerror(-rc));
	return rc;
}

/* The link first: its end answers the load that waits for rtcore. */
static void stop(struct service *service, void *data)
{
	struct hermes *hermes = data;
	broker_link_stop(&hermes->link);
	loader_finish(&hermes->loader);
	rpc_context_finish(&hermes->rpc);
}

static const struct service_def def = {
	.program = "mos-hermes",
	.name = "hermes",
	.help = "The score store of MOS: a service of the broker, or, with a command, a tool.\n"
		"\n"
		"Commands:\n"
		"  mos-hermes check FILE [--json]       say what is in a music file and what was\n"
		"                                       repaired; exit status 1: it does not load\n"
		"  mos-hermes compile FILE -- CMD ...   run CMD with the compiled timeline as file\n"
		"                                       descriptor 3\n",
	.start = start,
	.stop = stop,
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return cli_check(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "compile") == 0)
		return cli_compile(argc - 1, argv + 1);
	static struct hermes hermes;
	return service_main(&def, &hermes, argc, argv);
}
