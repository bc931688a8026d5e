/* SPDX-License-Identifier: MIT */
/*
 * mos-hermes: the one score store. As a service it answers hermes.* and hands compiled timelines to rtcore;
 * with a command it looks at one file and needs nobody.
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "hermes.h"
#include "log.h"
#include "service.h"

static const char *store_path; /* --store */

static void on_rtcore_up(uint64_t generation, uint64_t timeline_id, void *data)
{
	struct hermes *hermes = data;

	player_rtcore_up(&hermes->player, timeline_id);
}

static void on_caller_gone(struct rpc_conn *conn, void *data)
{
	struct hermes *hermes = data;

	subscribers_forget(&hermes->subscribers, conn);
}

static const struct broker_link_ops link_ops = {
	.rtcore_up = on_rtcore_up, .caller = {.closed = on_caller_gone}};

static int tidy(void *data)
{
	struct hermes *hermes = data;

	return documents_tidy(&hermes->documents);
}

static int start(struct service *service, void *data)
{
	static struct rpc_table tables[HERMES_TABLES];
	struct hermes *hermes = data;
	int rc = documents_start(&hermes->documents, store_path);

	if (rc < 0)
		return rc;
	tables[0] = score_methods;
	tables[1] = edit_methods;
	tables[2] = music_methods;
	tables[3] = load_methods;
	tables[4] = store_methods;
	tables[5] = library_methods;
	tables[6] = shelf_methods;
	tables[7] = convert_methods;
	tables[8] = vector_methods;
	rc = rpc_context_init(&hermes->rpc, service, tables, HERMES_TABLES, hermes);
	if (rc == 0)
		rc = subscribers_init(&hermes->subscribers, service->event);
	if (rc >= 0)
		rc = worker_start(&hermes->files, service->event, "hermes-files", NULL, NULL);
	if (rc >= 0)
		rc = worker_start(&hermes->scores, service->event, "hermes-scores", tidy, hermes);
	if (rc >= 0)
		rc = shelf_start(&hermes->shelf, service->event, store_path);
	if (rc >= 0) {
		player_init(&hermes->player, &hermes->link);
		loads_init(&hermes->loads, hermes);
		loads_restore(&hermes->loads);
		rc = broker_link_start(&hermes->link, &hermes->rpc, &link_ops, hermes);
	}
	if (rc < 0)
		log_error("cannot start: error=\"%s\"", strerror(-rc));
	return rc;
}

/*
 * The link first: its end answers the load that waits for rtcore. Then what waits, then the threads: what
 * they had under way is answered while the callers are still there.
 */
static void stop(struct service *service, void *data)
{
	struct hermes *hermes = data;

	broker_link_stop(&hermes->link);
	loads_finish(&hermes->loads);
	player_finish(&hermes->player);
	worker_stop(&hermes->files);
	worker_stop(&hermes->scores);
	shelf_stop(&hermes->shelf);
	rpc_context_finish(&hermes->rpc);
	subscribers_finish(&hermes->subscribers);
	documents_stop(&hermes->documents);
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
		"                                       descriptor 3\n"
		"  mos-hermes schema                    print the JSON Schema of NVX1\n"
		"  mos-hermes files                     serve mosctl score convert, validate, diff and show\n"
		"                                       FILE, over file descriptor 3\n",
	.option = "store",
	.option_help = "      --store PATH       where the scores are kept; default hermes/scores.db in\n"
		       "                         $MOS_STATE_DIR, else $XDG_STATE_HOME/mos, else\n"
		       "                         ~/.local/state/mos\n",
	.option_value = &store_path,
	.start = start,
	.stop = stop,
};

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return cli_check(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "compile") == 0)
		return cli_compile(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "schema") == 0)
		return cli_schema(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "files") == 0)
		return cli_files(argc - 1, argv + 1);
	static struct hermes hermes;
	return service_main(&def, &hermes, argc, argv);
}
