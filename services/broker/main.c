/* SPDX-License-Identifier: MIT */
/* mos-broker: opening and closing the door. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "log.h"

static const char door_name[] = "mos.sock";

/* --- The door --- */

/* @return 1 somebody came in; 0 nobody waits; -errno. */
static int accept_one(struct broker *b)
{
	int sock = accept4(b->door, NULL, NULL, SOCK_CLOEXEC), rc;

	if (sock < 0) {
		/* The caller gave up between connecting and now. */
		if (errno == ECONNABORTED || errno == EINTR)
			return 1;
		return errno == EAGAIN ? 0 : -errno;
	}
	if (b->rpc.n_conns >= BROKER_CONNS_MAX) {
		log_warning("too many connections, hanging up on the next one: max=%u", BROKER_CONNS_MAX);
		close(sock);
		return 1;
	}
	rc = client_accept(b, sock);
	return rc < 0 ? rc : 1;
}

static int on_door(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct broker *b = data;
	int rc = accept_one(b);

	if (rc < 0) {
		/* Out of descriptors or memory: those inside are served on, the others wait at the door. */
		log_warning("cannot let anybody in for a moment: error=\"%s\"", strerror(-rc));
		(void)sd_event_source_set_enabled(b->door_io, SD_EVENT_OFF);
		retry_later(&b->door_pause);
	} else {
		retry_reset(&b->door_pause);
	}
	return 0;
}

static void let_in(void *data)
{
	struct broker *b = data;

	if (b->door_io)
		(void)sd_event_source_set_enabled(b->door_io, SD_EVENT_ON);
}

static int open_door(struct broker *b)
{
	struct sockaddr_un address;
	int rc;

	rc = retry_init(&b->door_pause, b->service->event, let_in, b);
	if (rc < 0)
		return rc;
	rc = runtime_dir_address(b->service->runtime_dir, door_name, &address);
	if (rc < 0)
		return rc;
	b->door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (b->door < 0)
		return -errno;
	/* We hold the lock, so a socket that is there is one that a broker left when it was killed. */
	if (unlink(address.sun_path) < 0 && errno != ENOENT)
		return -errno;
	if (bind(b->door, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	/* Who may come near is the directory's business: 0700 for a user, the group's under /run. */
	if (chmod(address.sun_path, 0660) < 0 || listen(b->door, SOMAXCONN) < 0)
		return -errno;
	rc = sd_event_add_io(b->service->event, &b->door_io, b->door, EPOLLIN, on_door, b);
	if (rc < 0)
		return rc;
	/* While rtcore is being greeted callers wait at the door, so that none hears that it is down. */
	return rtlink_greeting(&b->rtlink) ? sd_event_source_set_enabled(b->door_io, SD_EVENT_OFF) : 0;
}

static void close_door(struct broker *b)
{
	struct sockaddr_un address;

	b->door_io = sd_event_source_disable_unref(b->door_io);
	retry_finish(&b->door_pause);
	if (b->door < 0)
		return;
	close(b->door);
	if (runtime_dir_address(b->service->runtime_dir, door_name, &address) == 0)
		(void)unlink(address.sun_path);
}

/* --- Start, stop --- */

static void on_rtcore_up(void *data)
{
	struct broker *b = data;

	clients_rtcore_up(b);
	registry_rtcore_up(b);
	supervisor_rtcore_up(&b->widgets);
	let_in(b);
}

static void on_rtcore_down(void *data)
{
	struct broker *b = data;

	/* Another rtcore has another transport: nothing that is known of this one holds. */
	b->gateway.title[0] = '\0';
	let_in(b);
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
	if (rc >= 0)
		rc = open_door(b);
	if (rc >= 0)
		rc = widgets_start(&b->widgets, b);
	if (rc < 0)
		log_error("cannot open the door: dir=%s error=\"%s\"", service->runtime_dir, strerror(-rc));
	else
		log_info("the door is open: socket=%s/%s", service->runtime_dir, door_name);
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
	close_door(b);
	b->closing = 1;
	widgets_stop(&b->widgets);
	rpc_context_finish(&b->rpc);
	metrics_finish(&b->metrics);
	rtlink_stop(&b->rtlink);
	registry_finish(&b->registry);
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
		.tables = {broker_methods, widget_methods, duty_methods, stage_methods, kronos_methods,
			apollo_methods},
	};

	clients_init(&broker.clients);
	registry_init(&broker.registry);
	data_init(&broker.shared);
	metrics_init(&broker.metrics);
	return service_main(&def, &broker, argc, argv);
}
