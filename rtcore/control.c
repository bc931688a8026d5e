/* SPDX-License-Identifier: MIT */
#include "control_internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "apollo/fx/loudness.h"

#define HOUSEKEEPING_US 250000u
#define WORKER_PRIORITY 82   /* below the audio threads of programs in PipeWire (83) */
#define PUMP_ACCURACY_US 1000u /* 0 would mean 250 ms */

int control_send(struct control *c, const struct mos_rtctl_msg *msg, uint32_t op, void *ptr, uint64_t arg)
{
	struct engine_cmd cmd = {.msg = *msg, .ptr = ptr, .arg = arg, .sent_ns = engine_now_ns()};
	int r;

	cmd.msg.op = op;
	cmd.msg.reserved0 = c->conn;
	r = engine_send(c->engine, &cmd);
	if (r == 0)
		c->in_flight++;
	return r;
}

int control_send_bus(struct control *c, const struct mos_rtctl_msg *msg, uint32_t op, void *ptr, uint64_t arg)
{
	struct engine_cmd cmd = {.msg = *msg, .ptr = ptr, .arg = arg};
	int r;

	cmd.msg.op = op;
	cmd.msg.reserved0 = c->conn;
	r = bus_send(&c->bus, &cmd);
	if (r == 0) {
		c->in_flight++;
		bus_wake(&c->bus);
	}
	return r;
}

void control_free_later(struct control *c, enum loader_kind kind, void *object)
{
	struct loader_job job = {.kind = kind, .fd = -1, .object = object};

	if (object && loader_submit(kind == LOADER_FREE_SONG ? c->songs : c->banks, &job) < 0)
		log_error("no memory to free an object");
}

static void hello(struct control *c, struct mos_rtctl_msg *msg)
{
	int fds[] = {c->regions->clock.fd, c->regions->events.fd, c->regions->counters.region.fd,
		c->regions->tap.fd, c->regions->midi.fd};

	if (msg->u.hello.version != MOS_RTCTL_VERSION) {
		msg->status = -EPROTONOSUPPORT;
		control_reply(c, msg, c->conn);
		return;
	}
	pthread_mutex_lock(&c->status_lock);
	msg->u.hello.quantum = c->status.quantum_frames;
	pthread_mutex_unlock(&c->status_lock);
	msg->status = 0;
	msg->u.hello.pid = (uint32_t)getpid();
	msg->u.hello.generation = c->regions->generation;
	msg->u.hello.rate_hz = c->engine->rate_hz;
	control_reply_fds(c, msg, c->conn, fds, sizeof(fds) / sizeof(fds[0]));
}

static void status(struct control *c, struct mos_rtctl_msg *msg)
{
	struct driver_status st;

	pthread_mutex_lock(&c->status_lock);
	st = c->status;
	pthread_mutex_unlock(&c->status_lock);
	msg->status = 0;
	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.status.engine = c->engine_state;
	msg->u.status.percent = __atomic_load_n(&c->percent, __ATOMIC_RELAXED);
	msg->u.status.error = c->engine_error;
	msg->u.status.rt_priority = (uint32_t)st.rt_priority;
	msg->u.status.rate_hz = c->engine->rate_hz;
	msg->u.status.quantum = st.quantum_frames;
	msg->u.status.n_clients = c->n_clients;
	msg->u.status.voices =
		(uint32_t)__atomic_load_n(c->regions->counters.value[C_VOICES], __ATOMIC_RELAXED);
	msg->u.status.bank_bytes = c->facts ? c->facts->file_bytes : 0;
	(void)snprintf(msg->u.status.driver, sizeof(msg->u.status.driver), "%s",
		c->o->driver ? c->o->driver->name : "none");
	(void)snprintf(
		msg->u.status.bank, sizeof(msg->u.status.bank), "%.95s", c->facts ? c->facts->file[0].path : "built-in");
	(void)snprintf(msg->u.status.text, sizeof(msg->u.status.text), "%.79s",
		c->engine_text[0] ? c->engine_text : st.text);
	control_reply(c, msg, c->conn);
}

void control_request(struct control *c, struct mos_rtctl_msg *msg, int *fd)
{
	struct waiter w = {msg->op, msg->id, c->conn};

	mos_counter_add(&c->regions->counters, C_REQUESTS, 1);
	switch (msg->op) {
	case MOS_RTCTL_HELLO:
		hello(c, msg);
		break;
	case MOS_RTCTL_ATTACH:
		control_attach(c, msg, *fd);
		*fd = -1;
		break;
	case MOS_RTCTL_RESUME:
		control_resume(c, msg);
		break;
	case MOS_RTCTL_DETACH:
		control_detach_slot(c, msg->u.client.slot, msg->u.client.cookie);
		control_reply_status(c, w, 0, NULL);
		break;
	case MOS_RTCTL_LOAD:
		control_load_song(c, msg, *fd);
		*fd = -1;
		break;
	case MOS_RTCTL_UNLOAD:
		if (control_send(c, msg, ENGINE_OP_SONG, NULL, 0) < 0)
			control_reply_status(c, w, -EBUSY, "too many requests at once");
		else
			control_reply_status(c, w, 0, NULL);
		break;
	case MOS_RTCTL_BANK:
		msg->u.bank.path[sizeof(msg->u.bank.path) - 1] = 0;
		if (c->facts && strcmp(msg->u.bank.path, c->plan.font) == 0 && !c->load.is_on && !c->is_font_wanted)
			control_reply_status(c, w, 0, NULL);
		else
			control_want_bank(c, msg->u.bank.path, w);
		break;
	case MOS_RTCTL_READY:
		control_want_ready(c, msg);
		break;
	case MOS_RTCTL_STATUS:
		status(c, msg);
		break;
	case MOS_RTCTL_QUIT:
		control_reply_status(c, w, 0, NULL);
		c->is_ending = true;
		(void)sd_event_exit(c->event, 0);
		break;
	case MOS_RTCTL_EVENT:
		if (mos_event_check(&msg->u.event) != MOS_EVENT_OK)
			control_reply_status(c, w, -EINVAL, "not a valid event");
		else if (control_send_bus(c, msg, msg->op, NULL, 0) < 0)
			control_reply_status(c, w, -EBUSY, "too many requests at once");
		break;
	case MOS_RTCTL_PLAY ... MOS_RTCTL_STRIP:
	case MOS_RTCTL_MIDI_CLOCK:
	case MOS_RTCTL_TIMECODE:
	case MOS_RTCTL_FOLLOW ... MOS_RTCTL_LEAD:
		if (control_send(c, msg, msg->op, NULL, 0) < 0)
			control_reply_status(c, w, -EBUSY, "too many requests at once");
		break;
	case MOS_RTCTL_MAP:
		control_map(c, msg);
		break;
	case MOS_RTCTL_PRESETS:
		control_presets(c, msg);
		break;
	case MOS_RTCTL_FX:
		control_fx(c, msg);
		break;
	case MOS_RTCTL_FX_LIST:
		control_fx_list(c, msg);
		break;
	case MOS_RTCTL_STRIP_LIST:
		control_strip_list(c, msg);
		break;
	case MOS_RTCTL_INSERT:
		control_insert(c, msg);
		break;
	case MOS_RTCTL_INSERT_SET:
		control_insert_set(c, msg);
		break;
	case MOS_RTCTL_INSERT_LIST:
		control_insert_list(c, msg);
		break;
	case MOS_RTCTL_INSERT_GET:
		control_insert_get(c, msg);
		break;
	case MOS_RTCTL_INSERT_SAVE:
	case MOS_RTCTL_INSERT_RESTORE:
		control_insert_state(c, msg, *fd);
		break;
	case MOS_RTCTL_CLIP:
		control_clip(c, msg);
		break;
	case MOS_RTCTL_CLIP_REMOVE:
		control_clip_remove(c, msg);
		break;
	case MOS_RTCTL_CLIP_LIST:
		control_clip_list(c, msg);
		break;
	case MOS_RTCTL_MIDI_PORTS:
		control_midi_ports(c, msg);
		break;
	case MOS_RTCTL_MIDI_LINK:
		control_midi_link(c, msg);
		break;
	case MOS_RTCTL_MIDI_UNLINK:
		control_midi_unlink(c, msg);
		break;
	default:
		control_reply_status(c, w, -ENOSYS, "unknown request");
		break;
	}
}

void control_client_added(struct control *c, struct engine_cmd *cmd)
{
	struct client *cl = c->client[cmd->arg];
	struct waiter w = {MOS_RTCTL_ATTACH, cmd->msg.id, cmd->msg.reserved0};

	if (!cl) { /* it died meanwhile, and the answer to its removal was read first */
		control_reply_status(c, w, -ESRCH, "the client is gone");
		return;
	}
	if (cmd->msg.status < 0) {
		if (!cl->leaving) /* else the answer to that is on its way */
			control_client_gone(c, cl->slot);
		control_reply_status(c, w, cmd->msg.status, "its doorbell cannot be listened to");
		return;
	}
	cmd->msg.op = MOS_RTCTL_ATTACH;
	control_reply_fds(c, &cmd->msg, w.conn, (const int[]){cl->ring.fd, cl->doorbell}, 2);
}

static const char *status_text(const struct engine_cmd *cmd)
{
	switch (cmd->msg.status) {
	case -EPERM:
		return "not possible in this state of the transport";
	case -ENOTCONN:
		return "nothing drives the clock: no sink is running";
	case -EBUSY:
		return "too many requests wait for the score to be loaded";
	case -EOPNOTSUPP:
		return "the tempo is that of the clock that is followed: mosctl clock follow internal";
	case -EAGAIN:
		return "too many notes wait to be played";
	case -EINVAL:
		if (cmd->msg.op == MOS_RTCTL_LOOP)
			return "a loop is at least a 64th note long";
		if (cmd->msg.op == MOS_RTCTL_STRIP)
			return "the master has a gain, but neither pan, mute nor solo";
		return "";
	default:
		return "";
	}
}

void control_take_answers(struct control *c)
{
	struct engine_cmd cmd;

	while (engine_receive(c->engine, &cmd) || bus_receive(&c->bus, &cmd)) {
		if (cmd.msg.op != ENGINE_OP_RETIRED)
			c->in_flight--;
		switch (cmd.msg.op) {
		case ENGINE_OP_LOADING:
		case ENGINE_OP_LOAD_FAILED:
		case ENGINE_OP_EVENT:
		case ENGINE_OP_FX:
		case ENGINE_OP_CLIPS:
		case ENGINE_OP_MIDI_RETELL:
			break;
		case ENGINE_OP_RESUME:
			control_resume_done(c, &cmd);
			break;
		case ENGINE_OP_CLIP_PLACE:
			control_clip_placed(c, &cmd);
			break;
		case ENGINE_OP_CLIP:
			control_clip_in_force(c, &cmd);
			break;
		case ENGINE_OP_CLIP_REMOVE:
			control_free_later(c, LOADER_FREE_CLIP, cmd.ptr);
			break;
		case ENGINE_OP_INSERT:
			control_insert_given_back(c, &cmd);
			break;
		case ENGINE_OP_MIDI_HOLD:
			control_midi_held(c, &cmd);
			break;
		case ENGINE_OP_SONG:
			control_song_in_force(c, &cmd);
			break;
		case ENGINE_OP_BANK:
			control_free_later(c, LOADER_FREE_BANK, cmd.ptr);
			control_bank_in_force(c);
			break;
		case ENGINE_OP_RETIRED:
			control_free_later(c, LOADER_FREE_BANK, cmd.ptr);
			break;
		case ENGINE_OP_CLIENT_ADD:
			control_client_added(c, &cmd);
			break;
		case ENGINE_OP_CLIENT_REMOVE:
			control_client_gone(c, (uint32_t)cmd.arg);
			break;
		default:
			if (cmd.msg.status >= 0 && cmd.msg.op == MOS_RTCTL_STRIP)
				control_strip_set(c, &cmd.msg);
			if (cmd.msg.status >= 0 && cmd.msg.op == MOS_RTCTL_FX)
				control_mixer_fx(c, cmd.msg.u.fx.strip, cmd.msg.u.fx.unit, cmd.msg.u.fx.param);
			if (cmd.msg.status >= 0)
				control_resume_note(c, &cmd.msg);
			/* A sentence, or none: the union still holds the numbers that were asked for. */
			if (cmd.msg.status < 0 && cmd.msg.status != -ERANGE)
				(void)snprintf(
					cmd.msg.u.text, sizeof(cmd.msg.u.text), "%s", status_text(&cmd));
			control_reply(c, &cmd.msg, cmd.msg.reserved0);
			break;
		}
	}
	control_fx_go_on(c);
	control_resume_go_on(c);
	control_watch(c);
}

static int on_answers(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	uint64_t n;

	(void)!read(fd, &n, sizeof(n));
	control_take_answers(data);
	return 0;
}

/* Slow things: the latency request while playing, removals that found the queue full. */
static int on_housekeeping(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	control_hold_latency(c);
	control_bank_figures(c);
	control_mixer_turn(c);
	control_resume_turn(c);
	for (uint32_t i = 0; i < MOS_CLIENTS_MAX; i++)
		if (c->client[i] && c->client[i]->is_gone)
			control_detach(c->client[i]);
	control_take_answers(c);
	if (watchdog_look(&c->watchdog, (int)__atomic_load_n(&c->engine->inside, __ATOMIC_RELAXED),
		    __atomic_load_n(&c->engine->serves, __ATOMIC_ACQUIRE), engine_now_ns()))
		(void)sd_notify(0, "WATCHDOG=1");
	(void)sd_event_source_set_time_relative(s, HOUSEKEEPING_US);
	return 0;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *data)
{
	struct control *c = data;

	c->is_ending = true;
	(void)sd_event_exit(c->event, 0);
	return 0;
}

static int set_up_events(struct control *c)
{
	sd_event_source *s = NULL;
	int r = sd_event_default(&c->event);

	if (r >= 0)
		r = sd_event_add_signal(c->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_signal, c);
	if (r >= 0)
		r = sd_event_add_signal(c->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_signal, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, c->listen_fd, EPOLLIN, control_on_listen, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, c->bus.control_fd, EPOLLIN, on_answers, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, loader_fd(c->songs), EPOLLIN, control_on_song_loaded, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, loader_fd(c->banks), EPOLLIN, control_on_bank_loaded, c);
	if (r >= 0)
		r = sd_event_add_io(c->event, NULL, c->status_fd, EPOLLIN, control_on_driver, c);
	if (r >= 0)
		r = sd_event_add_time_relative(
			c->event, &c->pump_source, CLOCK_MONOTONIC, 0, PUMP_ACCURACY_US, control_on_pump, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->pump_source, SD_EVENT_ON);
	if (r >= 0)
		r = sd_event_add_time_relative(
			c->event, &s, CLOCK_MONOTONIC, HOUSEKEEPING_US, 0, on_housekeeping, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(s, SD_EVENT_ON);
	if (r >= 0)
		r = sd_event_source_set_floating(s, 1);
	sd_event_source_unref(s);
	return r;
}

static void tear_down(struct control *c)
{
	char path[4096];

	(void)sd_notify(0, "STOPPING=1");
	if (c->is_ending)
		control_store_forget(c);
	control_resume_end(c);
	if (c->driver)
		c->o->driver->destroy(c->driver); /* no cycle runs from here on */
	c->driver = NULL;
	bus_stop(&c->bus);
	if (c->engine) {
		c->engine->bell_fd = -1;
		engine_pump(c->engine); /* what was still queued comes back to be freed */
		control_take_answers(c);
	}
	loader_destroy(c->songs);
	loader_destroy(c->banks);
	for (uint32_t i = 0; i < MOS_CLIENTS_MAX; i++)
		control_client_gone(c, i);
	sd_event_source_disable_unref(c->link_timer);
	bus_finish(&c->bus);
	loudness_destroy(c->loudness);
	control_insert_close(c);
	engine_destroy(c->engine);
	workers_destroy(c->workers);
	clips_destroy(c->clips);
	control_store_close(c);
	store_destroy(c->store); /* nothing plays from it any more */
	free(c->facts);
	free(c->load.facts);
	if (c->conn_fd >= 0)
		close(c->conn_fd);
	if (c->listen_fd >= 0) {
		close(c->listen_fd);
		(void)snprintf(path, sizeof(path), "%s/rtcore.sock", c->o->runtime_dir);
		(void)unlink(path);
	}
	if (c->dma_fd >= 0)
		close(c->dma_fd);
	if (c->status_fd >= 0)
		close(c->status_fd);
	sd_event_source_disable_unref(c->conn_source);
	sd_event_source_disable_unref(c->pump_source);
	sd_event_source_disable_unref(c->ready_timer);
	sd_event_source_disable_unref(c->retry_timer);
	sd_event_unref(c->event);
	free(c->out);
	free(c);
}

/* Without the right to a priority it could be held up by anything: then nobody is to wait for it. */
static int start_workers(struct control *c)
{
	const struct workers_options o = {.priority = WORKER_PRIORITY, .is_live = 1};
	int r = c->o->workers > 1 ? workers_create(&o, &c->workers) : 0;

	if (r == -EPERM) {
		log_warning("the second worker gets no real-time priority: the audio thread plays alone. hint: "
			    "mosctl doctor says how");
		r = 0;
	}
	c->engine->workers = c->rack_config.workers = c->workers;
	mos_counter_set(&c->regions->counters, C_WORKERS, c->workers ? WORKERS_MAX : 1);
	return r;
}

static int start_loudness(struct control *c)
{
	const struct loudness_source source = {&c->regions->tap, c->regions->clock.base,
		&c->engine->apollo.mix.loudness_resets, &c->regions->counters};
	int r = loudness_create(&source, &c->loudness);

	return r < 0 ? r : loudness_start(c->loudness);
}

int control_run(const struct control_options *o, struct engine_regions *regions)
{
	struct control *c = calloc(1, sizeof(*c));
	struct driver_config config = o->driver_config;
	int r = -ENOMEM;

	if (!c)
		return EXIT_FAILURE;
	config.note = control_driver_noted;
	c->o = o;
	c->regions = regions;
	c->conn_fd = c->dma_fd = c->resumption.timeline_fd = -1;
	c->bus.fd = c->bus.control_fd = c->bus.epoll_fd = c->bus.timer_fd = -1;
	pthread_mutex_init(&c->status_lock, NULL);
	c->out = calloc(OUT_MAX, sizeof(*c->out));
	c->status_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->listen_fd = control_listen(o->runtime_dir);
	if (c->listen_fd < 0) {
		r = c->listen_fd;
		log_error("%s/rtcore.sock: %s", o->runtime_dir, strerror(-r));
		goto out;
	}
	r = control_store_open(c);
	if (r >= 0)
		r = bus_open(&c->bus);
	if (r < 0)
		goto out;
	r = -ENOMEM;
	c->engine = engine_create(o->driver_config.rate_hz, regions, c->bus.fd);
	c->store = store_create(&o->store);
	c->songs = loader_create("mos-songs", NULL, NULL);
	c->banks = loader_create("mos-banks", control_bank_progress, c);
	if (!c->out || c->status_fd < 0 || !c->engine || !c->store || !c->songs || !c->banks ||
		bus_init(&c->bus, c->engine) < 0)
		goto out;
	c->rack_config = o->rack;
	c->rack_config.rate_hz = o->driver_config.rate_hz;
	c->rack_config.channel = c->engine->apollo.channel;
	c->rack_config.store = c->store;
	if (o->guitar_channel)
		midi_state_init(&c->engine->midi_state, o->guitar_channel - 1);
	r = set_up_events(c);
	if (r >= 0)
		r = start_workers(c);
	if (r >= 0)
		r = control_insert_open(c);
	if (r >= 0)
		r = bus_start(&c->bus);
	if (r >= 0)
		r = start_loudness(c);
	if (r >= 0 && o->driver)
		r = o->driver->create(
			&config, control_run_cycle, control_driver_told, c, &c->driver);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		goto out;
	}
	control_resume_begin(c);
	(void)sd_notify(0, "READY=1");
	r = sd_event_loop(c->event);
out:
	tear_down(c);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
