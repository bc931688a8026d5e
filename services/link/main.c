/* SPDX-License-Identifier: MIT */
/* mos-link: MOS as a peer of an Ableton Link network (TOU-46). Off until somebody switches it on. */
#include <errno.h>
#include <string.h>

#include "link.h"
#include "log.h"
#include "service.h"

static void on_rtcore_up(uint64_t generation, uint64_t timeline_id, void *data)
{
	bridge_up(data);
}

static const struct broker_link_ops link_ops = {.rtcore_up = on_rtcore_up};

static int start(struct service *service, void *data)
{
	struct link_app *app = data;
	int rc = link_settings_read(&app->settings);

	if (rc < 0)
		log_warning("the settings cannot be read, Link is off: error=\"%s\"", strerror(-rc));
	rc = rpc_context_init(&app->rpc, service, &link_methods, 1, app);
	if (rc == 0)
		rc = broker_link_start(&app->link, &app->rpc, &link_ops, app);
	if (rc >= 0)
		rc = bridge_apply(app);
	rc = rc > 0 ? 0 : rc;
	if (rc < 0)
		log_error("cannot start: error=\"%s\"", strerror(-rc));
	return rc;
}

static void stop(struct service *service, void *data)
{
	struct link_app *app = data;

	bridge_stop(app);
	broker_link_stop(&app->link);
	rpc_context_finish(&app->rpc);
}

static const struct service_def def = {
	.program = "mos-link",
	.name = "link",
	.help = "MOS as a peer of an Ableton Link network: one tempo and one phase for all programs and\n"
		"machines there. Off until \"mosctl link on\".\n",
	.start = start,
	.stop = stop,
};

int main(int argc, char **argv)
{
	static struct link_app app;

	return service_main(&def, &app, argc, argv);
}
