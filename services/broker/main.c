/* SPDX-License-Identifier: MIT */
/* mos-broker: its start and its end. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "door.h"
#include "log.h"

static void on_rtcore_up(void *data)
{
	struct broker *b = data;

	clients_rtcore_up(b);
	registry_rtcore_up(b);
	supervisor_rtcore_up(&b->widgets);
	door_let_in(b);
}

static void on_rtcore_down(void *data)
{
	struct broker *b = data;

	/* The title stays: it is told for its own timeline only, which the next rtcore goes on with. */
	door_let_in(b);
}

static const struct rtlink_ops rtlink_ops = {.up = on_rtcore_up, .down = on_rtcore_down};

static int hold_directory(struct broker *b)
{
	pid_t holder = 0;
	int rc = runtime_dir_lock(b->service->runtime_dir, "broker", &holder);

	if (rc >= 0)
		b->lock_fd = rc;
	else if (rc == -EBUSY)
		log_error("broker.instance.held: another broker has this runtime directory: pid=%d dir=%s",
			(int)holder, b->service->runtime_dir);
	else
		log_error("cannot lock the runtime directory: dir=%s error=\"%s\"", b->service->runtime_dir,
			strerror(-rc));
	return rc;
}

static int start(struct service *service, void *data)
{
	struct broker *b = data;
	int rc;

	b->service = service;
	rc = hold_directory(b);
	if (rc < 0)
		return rc;
	rc = rpc_context_init(&b->rpc, service, b->tables, BROKER_TABLES, b);
	if (rc >= 0)
		rc = rtlink_start(&b->rtlink, service->event, service->runtime_dir, &rtlink_ops, b);
	gateway_restore(b);
	if (rc >= 0)
		rc = data_restore(b);
	if (rc >= 0)
		rc = door_open(b);
	if (rc >= 0)
		rc = widgets_start(&b->widgets, b);
	if (rc >= 0)
		audit_start(&b->audit, b);
	if (rc < 0)
		log_error("cannot open the door: dir=%s error=\"%s\"", service->runtime_dir, strerror(-rc));
	return rc;
}

static void on_widgets_ended(struct broker *b)
{
	service_quit(b->service, 0);
}

static int ending(struct service *service, void *data)
{
	struct broker *b = data;

	supervisor_end_all(&b->widgets, on_widgets_ended);
	return 1;
}

static void stop(struct service *service, void *data)
{
	struct broker *b = data;

	if (b->lock_fd < 0)
		return;
	door_close(b);
	b->closing = 1;
	widgets_stop(&b->widgets);
	rpc_context_finish(&b->rpc);
	metrics_finish(&b->metrics);
	rtlink_stop(&b->rtlink);
	audit_stop(&b->audit); /* calls that waited end above, and are noted */
	registry_finish(&b->registry);
	data_finish(&b->shared);
	if (b->gateway.kept_fd >= 0)
		close(b->gateway.kept_fd);
	clients_finish(&b->clients);
	close(b->lock_fd);
}

static const struct service_def def = {
	.program = "mos-broker",
	.name = "broker",
	.help = "The door of MOS: lets clients in at DIR/mos.sock, hands them their shared memory,\n"
		"brings them to services and their commands to mos-rtcore. May be restarted while\n"
		"music plays; clients resume.\n",
	.start = start,
	.ending = ending,
	.stop = stop,
};

int main(int argc, char **argv)
{
	struct broker broker = {
		.lock_fd = -1,
		.door = -1,
		.rtlink = {.sock = -1},
		.gateway = {.kept_fd = -1},
		.tables = {broker_methods, widget_methods, duty_methods, stage_methods, kronos_methods,
			apollo_methods},
	};

	clients_init(&broker.clients);
	registry_init(&broker.registry);
	data_init(&broker.shared);
	metrics_init(&broker.metrics);
	return service_main(&def, &broker, argc, argv);
}
