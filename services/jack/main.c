/* SPDX-License-Identifier: MIT */
/* mos-jack: JACK's transport and MOS' are one (KRO-26). Off until somebody switches it on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jack_service.h"
#include "log.h"
#include "service.h"

static const struct broker_link_ops link_ops = {0};
static const char *library;

int jack_apply(struct jack_app *app)
{
	if (app->settings.is_on)
		return bridge_start(&app->bridge);
	bridge_stop(&app->bridge);
	jack_said(app);
	return 0;
}

static int on_said(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	uint64_t n;

	(void)!read(fd, &n, sizeof(n));
	jack_said(data);
	return 0;
}

static int start(struct service *service, void *data)
{
	struct jack_app *app = data;
	int rc = jack_settings_read(&app->settings);

	if (rc < 0)
		log_warning("the settings cannot be read, JACK is off: error=\"%s\"", strerror(-rc));
	/* Who only tells the time needs no quantum of its own. */
	(void)setenv("PIPEWIRE_PROPS", "{ node.lock-quantum = false }", /* overwrite= */ 0);
	rc = bridge_init(&app->bridge, library, service->runtime_dir);
	if (rc == 0)
		rc = sd_event_add_io(service->event, &app->said, app->bridge.said_fd, EPOLLIN, on_said, app);
	if (rc >= 0)
		rc = rpc_context_init(&app->rpc, service, &jack_methods, 1, app);
	if (rc >= 0)
		rc = broker_link_start(&app->link, &app->rpc, &link_ops, app);
	if (rc >= 0)
		rc = jack_apply(app);
	if (rc < 0)
		log_error("cannot start: error=\"%s\"", strerror(-rc));
	return rc < 0 ? rc : 0;
}

static void stop(struct service *service, void *data)
{
	struct jack_app *app = data;

	bridge_finish(&app->bridge);
	app->said = sd_event_source_disable_unref(app->said);
	broker_link_stop(&app->link);
	rpc_context_finish(&app->rpc);
}

static const struct service_def def = {
	.program = "mos-jack",
	.name = "jack",
	.help = "MOS' transport for programs that speak JACK: they see its frames, bars and beats, and "
		"start,\n"
		"stop and jump together with it. Off until \"mosctl jack on\".\n",
	.option = "libjack",
	.option_help = "      --libjack PATH     load this one; default PipeWire's, else libjack.so.0\n",
	.option_value = &library,
	.start = start,
	.stop = stop,
};

int main(int argc, char **argv)
{
	static struct jack_app app;

	return service_main(&def, &app, argc, argv);
}
