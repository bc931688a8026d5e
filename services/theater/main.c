/* SPDX-License-Identifier: MIT */
/* mos-theater: what people see. A service that answers theater.*, draws two canvases, and gives them to
 * windows, video nodes and files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "log.h"
#include "theater.h"

#define NICE 5

static const char *config_path; /* --config */

static void on_broker_up(struct rpc_conn *broker, void *data)
{
	struct theater *theater = data;

	(void)surfaces_link(theater->stage.surfaces, broker);
	follow_broker_up(&theater->stage.follow);
}

static void on_broker_down(void *data)
{
	struct theater *theater = data;

	if (theater->stage.surfaces) /* at the end the link outlives the stage */
		surfaces_unlink(theater->stage.surfaces);
}

static void on_broker_notice(struct rpc_conn *broker, struct wire_in *in, void *data)
{
	struct theater *theater = data;

	(void)surfaces_notice(theater->stage.surfaces, in);
}

static const struct broker_link_ops link_ops = {
	.up = on_broker_up, .down = on_broker_down, .notified = on_broker_notice};

static int read_config(struct theater_config *config)
{
	char found[PATH_MAX], error[PATH_MAX + 128];
	int rc;

	theater_config_init(config);
	if (!config_path && theater_config_find(found) < 0)
		return 0;
	rc = theater_config_read(config, config_path ? config_path : found, error, sizeof(error));
	if (rc < 0)
		log_error("the configuration cannot be used: %s", error);
	return rc;
}

static int start(struct service *service, void *data)
{
	static struct rpc_table tables[THEATER_TABLES];
	struct theater *theater = data;
	int rc = read_config(&theater->config);

	(void)setpriority(PRIO_PROCESS, 0, NICE); /* sound goes first */
	tables[0] = scene_methods;
	tables[1] = look_methods;
	tables[2] = command_methods;
	tables[3] = record_methods;
	if (rc == 0)
		rc = rpc_context_init(&theater->rpc, service, tables, THEATER_TABLES, theater);
	if (rc == 0)
		rc = stage_start(&theater->stage, service, &theater->config);
	if (rc == 0)
		rc = follow_obs_start(&theater->obs, &theater->stage);
	if (rc == 0)
		windows_open(&theater->windows, &theater->stage);
	if (rc == 0)
		rc = broker_link_start(&theater->link, &theater->rpc, &link_ops, theater);
	if (rc < 0)
		log_error("cannot start: error=\"%s\"", strerror(-rc));
	return rc;
}

/* The link last: who asked for a picture is answered while the stage ends. */
static void stop(struct service *service, void *data)
{
	struct theater *theater = data;

	api_record_end(theater);
	follow_obs_stop(&theater->obs);
	windows_close(&theater->windows);
	stage_stop(&theater->stage);
	broker_link_stop(&theater->link);
	rpc_context_finish(&theater->rpc);
}

static const struct service_def def = {
	.program = "mos-theater",
	.name = "theater",
	.help = "What people see: a service of the broker that draws the score and the widgets on two "
		"canvases,\n"
		"for windows, video nodes and pictures. mosctl theater speaks with it.\n",
	.option = "config",
	.option_help =
		"      --config FILE      instead of ~/.config/mos/theater.ini or /etc/mos/theater.ini\n",
	.option_value = &config_path,
	.start = start,
	.stop = stop,
};

int main(int argc, char **argv)
{
	static struct theater theater;

	/* We keep pipelines ourselves (render/cache.c). Mesa's own cache adds a thread of the lowest priority;
	 * beside busy programs that one ends last when we are killed, and a new theater waits 20 s for it. */
	(void)setenv("MESA_SHADER_CACHE_DISABLE", "true", 0);
	return service_main(&def, &theater, argc, argv);
}
