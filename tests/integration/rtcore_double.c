/* SPDX-License-Identifier: MIT */
/* A stand-in for mos-rtcore. */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <mos/audio_tap.h>
#include <mos/counters.h>
#include <mos/event_ring.h>
#include <mos/fx.h>
#include <mos/ingress.h>
#include <mos/timeline.h>

#include "fdmsg.h"
#include "rtcore_double.h"

#define RECORDS_MAX 8192
#define KEPT_MAX 256
#define END_TICK (10 * 4 * MOS_PPQ)

struct slot {
	int used;
	uint32_t pid;
	uint64_t cookie;
	uint32_t may;
	int doorbell;
	struct mos_region ring;
	struct mos_ingress_reader reader;
};

struct rtcore_double {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t came;
	char path[108];
	int door, conn, wake, quit;
	uint64_t generation;
	struct mos_region clock, events, tap, midi;
	struct mos_event_log log;
	struct mos_counters counters;
	struct slot slot[MOS_CLIENTS_MAX];
	uint32_t n_clients;
	struct {
		struct mos_rtctl_msg msg;
		uint32_t n_fds;
	} record[RECORDS_MAX];
	uint32_t n_records;
	struct mos_rtctl_msg kept[KEPT_MAX];
	uint32_t n_kept;
	int status[MOS_RTCTL_N_OPS], hold[MOS_RTCTL_N_OPS];
	char text[MOS_RTCTL_N_OPS][64];
};

static const struct mos_counter_def counter_defs[] = {
	{"kronos.jitter", "ns", MOS_COUNTER_HIST},
	{"kronos.dll_error", "ns", MOS_COUNTER_GAUGE},
	{"rt.xruns", "", MOS_COUNTER_COUNT},
	{"apollo.voices", "", MOS_COUNTER_GAUGE},
	{"rt.cycles", "", MOS_COUNTER_COUNT},
	{"kronos.resyncs", "", MOS_COUNTER_COUNT},
	{"kronos.drift_ppb", "ppb", MOS_COUNTER_GAUGE},
	{"kronos.jitterMax", "ns", MOS_COUNTER_GAUGE},
	{"kronos.ticksPublished", "", MOS_COUNTER_COUNT},
	{"kronos.commandsPublished", "", MOS_COUNTER_COUNT},
	{"control.clients", "", MOS_COUNTER_GAUGE},
	{"bus.published.midi:noteon", "", MOS_COUNTER_COUNT},
	{"rt.published.midi:noteon", "", MOS_COUNTER_COUNT},
	{"bus.refused.field.midi:noteon", "", MOS_COUNTER_COUNT},
	{"bus.refused.grant.midi:noteon", "", MOS_COUNTER_COUNT},
	{"bus.refused.type", "", MOS_COUNTER_COUNT},
	{"bus.published.midi:snapshot", "", MOS_COUNTER_COUNT},
	{"bus.coalesced", "", MOS_COUNTER_COUNT},
	{"apollo.presets", "", MOS_COUNTER_GAUGE},
	{"apollo.stolen", "", MOS_COUNTER_COUNT},
};

struct mos_clock rtcore_double_still(void)
{
	return (struct mos_clock){
		.state = MOS_TRANSPORT_STOPPED,
		.rate_hz = 48000,
		.quantum_frames = 256,
		.rate_ppm = 1000000,
		.ns_per_quarter = 500000000,
		.frame_ps = 20833333,
		.end_tick = END_TICK,
		.meter_num = 4,
		.meter_den = 4,
	};
}

static void make_regions(struct rtcore_double *d)
{
	uint64_t g = d->generation;

	cr_assert_eq(mos_region_create("clock", sizeof(struct mos_clock_page), MOS_CLOCK_ABI_MAJOR,
			     MOS_CLOCK_ABI_MINOR, g, &d->clock),
		0);
	cr_assert_eq(mos_region_create("events", mos_event_ring_size(1024), MOS_EVENT_RING_ABI_MAJOR,
			     MOS_EVENT_RING_ABI_MINOR, g, &d->events),
		0);
	cr_assert_eq(mos_region_create("tap", MOS_AUDIO_TAP_SIZE, MOS_AUDIO_TAP_ABI_MAJOR,
			     MOS_AUDIO_TAP_ABI_MINOR, g, &d->tap),
		0);
	cr_assert_eq(mos_region_create("midi", mos_event_ring_size(1024), MOS_EVENT_RING_ABI_MAJOR,
			     MOS_EVENT_RING_ABI_MINOR, g, &d->midi),
		0);
	cr_assert_eq(mos_counters_create("counters", counter_defs,
			     sizeof(counter_defs) / sizeof(*counter_defs), g, &d->counters),
		0);
	cr_assert_eq(mos_event_log_init(&d->log, &d->events, 1024), 0);
	mos_region_publish(&d->events, MOS_MAGIC_EVENTS);
	mos_region_publish(&d->tap, MOS_MAGIC_AUDIO);
	mos_region_publish(&d->midi, MOS_MAGIC_EVENTS);
	mos_region_publish(&d->clock, MOS_MAGIC_CLOCK);
	mos_counter_sample(&d->counters, 0, 1000);
	mos_counter_set(&d->counters, 1, -5);
	mos_counter_add(&d->counters, 2, 3);
	mos_counter_add(&d->counters, 4, 1000);
	mos_counter_add(&d->counters, 5, 10);
	mos_counter_set(&d->counters, 6, -50000);
	mos_counter_set(&d->counters, 7, 1250000);
	mos_counter_add(&d->counters, 8, 11);
	mos_counter_add(&d->counters, 9, 12);
	mos_counter_set(&d->counters, 10, 13);
	mos_counter_set(&d->counters, 18, 189);
	mos_counter_add(&d->counters, 19, 4);
	mos_region_seal_future_writes(&d->clock);
}

/* --- Answers --- */

static void release_slot(struct rtcore_double *d, struct slot *s)
{
	if (!s->used)
		return;
	mos_region_finish(&s->ring);
	close(s->doorbell);
	s->used = 0;
	d->n_clients--;
}

static struct slot *attach(struct rtcore_double *d, struct mos_rtctl_msg *msg)
{
	uint32_t i = 0;
	struct slot *s;

	while (i < MOS_CLIENTS_MAX && d->slot[i].used)
		i++;
	cr_assert_lt(i, MOS_CLIENTS_MAX);
	s = &d->slot[i];
	s->used = 1;
	s->pid = msg->u.client.pid;
	s->may = msg->u.client.may;
	s->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	cr_assert_geq(s->doorbell, 0);
	s->cookie = (d->generation << 32 | d->n_records) * UINT64_C(0x9e3779b97f4a7c15);
	cr_assert_eq(mos_region_create("ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR,
			     MOS_INGRESS_ABI_MINOR, d->generation, &s->ring),
		0);
	cr_assert_eq(mos_ingress_init(&s->ring, i), 0);
	cr_assert_eq(mos_ingress_reader_init(&s->reader, &s->ring), 0);
	mos_region_publish(&s->ring, MOS_MAGIC_INGRESS);
	d->n_clients++;
	msg->u.client.slot = i;
	msg->u.client.cookie = s->cookie;
	return s;
}

static int find_slot(struct rtcore_double *d, const struct mos_rtctl_msg *msg, struct slot **ret)
{
	struct slot *s = msg->u.client.slot < MOS_CLIENTS_MAX ? &d->slot[msg->u.client.slot] : NULL;

	if (!s || !s->used || s->cookie != msg->u.client.cookie)
		return -ESTALE;
	*ret = s;
	return 0;
}

static void load(struct mos_rtctl_msg *msg, int fd)
{
	struct mos_timeline_error err = {0};
	struct mos_timeline tl;

	if (fd < 0 || mos_timeline_open(fd, &tl, &err) < 0) {
		msg->status = -EINVAL;
		(void)snprintf(msg->u.text, sizeof(msg->u.text), "%s[%d]: %s",
			err.table ? err.table : "header", (int)err.index,
			err.reason ? err.reason : "not a timeline");
		return;
	}
	msg->u.load.timeline_id = tl.id;
	msg->u.load.end_tick = tl.end_tick;
	mos_timeline_close(&tl);
}

static void fill_status(struct rtcore_double *d, struct mos_rtctl_msg *msg)
{
	msg->u.status.engine = MOS_ENGINE_READY;
	msg->u.status.percent = 100;
	msg->u.status.voices = 7;
	msg->u.status.rt_priority = 83;
	msg->u.status.rate_hz = 48000;
	msg->u.status.quantum = 256;
	msg->u.status.n_clients = d->n_clients;
	msg->u.status.bank_bytes = 12345678;
	strcpy(msg->u.status.driver, "double");
	/* full to the last byte: no NUL may be relied upon */
	memset(msg->u.status.bank, 'b', sizeof(msg->u.status.bank));
}

/* Do what `msg` asks. `fd`: what came beside it. @return the slot whose descriptors go along, NULL: none do.
 */
static struct slot *execute(struct rtcore_double *d, struct mos_rtctl_msg *msg, int fd)
{
	struct slot *s = NULL;

	msg->status = d->status[msg->op];
	if (msg->status < 0) {
		strcpy(msg->u.text, d->text[msg->op]);
		return NULL;
	}
	switch (msg->op) {
	case MOS_RTCTL_ATTACH:
		return attach(d, msg);
	case MOS_RTCTL_RESUME:
		msg->status = find_slot(d, msg, &s);
		return s;
	case MOS_RTCTL_DETACH:
		msg->status = find_slot(d, msg, &s);
		if (msg->status == 0)
			release_slot(d, s);
		break;
	case MOS_RTCTL_LOAD:
		load(msg, fd);
		break;
	case MOS_RTCTL_SEEK:
		msg->u.seek.range_min = 0;
		msg->u.seek.range_max = END_TICK;
		if (!msg->u.seek.by_bar && (msg->u.seek.tick < 0 || msg->u.seek.tick > END_TICK))
			msg->status = -ERANGE;
		break;
	case MOS_RTCTL_LOOP:
		if (msg->u.loop.by_bar) {
			msg->u.loop.start_tick = (int64_t)msg->u.loop.start_bar * 4 * MOS_PPQ;
			msg->u.loop.end_tick = (int64_t)msg->u.loop.end_bar * 4 * MOS_PPQ;
		}
		if (msg->u.loop.end_tick > END_TICK)
			msg->status = -ERANGE;
		break;
	case MOS_RTCTL_TEMPO:
		if (msg->u.tempo.mode != MOS_TEMPO_FIXED)
			msg->u.tempo.npq = 400000000; /* 150 BPM */
		break;
	case MOS_RTCTL_NOTE:
		msg->u.note.at_frame = 4242;
		break;
	case MOS_RTCTL_STATUS:
		fill_status(d, msg);
		break;
	default:
		break;
	}
	return NULL;
}

/* What there is to choose from, and in force, where the answer is a table. @return a memfd; -1: it is none.
 */
static int table(struct mos_rtctl_msg *msg)
{
	static const struct mos_rtctl_preset presets[] = {
		{0, 0, 0, "Grand\xffPiano"}, {1, 4, 1, "Rhodes"}, {128, 0, 0, "Kit"}};
	static const struct mos_rtctl_file files[] = {{.path = "/a.sf2"}, {"/b.sfz", 1, 1, 4}};
	static const struct mos_rtctl_fx fx[] = {{UINT32_MAX, MOS_FX_REVERB, 0, 1}, {9, MOS_FX_EQ, 2, -3}};
	static const struct mos_rtctl_insert inserts[] = {
		{63, 0, MOS_INSERT_NAM, MOS_INSERT_IS_BYPASSED, 7, 192, 0, "/a.nam", "was late"}};
	static const struct mos_rtctl_control controls[] = {{"gain", -24, 24, 0, 6}};
	static const struct mos_rtctl_strip strips[] = {
		{.strip = 0, .flags = MOS_STRIP_PART | MOS_STRIP_MUTE, .gain_db = -6, .pan = 0.5f, .name = "Lead\xffvoice"},
		{.strip = 1, .flags = MOS_STRIP_PART, .program = 40},
		{.strip = 9, .flags = MOS_STRIP_PART | MOS_STRIP_DRUMS | MOS_STRIP_SOLO},
		{.strip = 48},
		{.strip = 63},
		{.strip = UINT32_MAX, .gain_db = -3}};
	static const struct mos_rtctl_clip clips[] = {{.id = 3,
		.strip = 62,
		.start_tick = 3840,
		.end_tick = INT64_MAX,
		.file_bpm = 96,
		.flags = MOS_CLIP_LOOP,
		.path = "/c.wav"}};
	int fd = memfd_create("table", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	switch (msg->op) {
	case MOS_RTCTL_PRESETS:
		msg->u.presets.n = 3;
		msg->u.presets.n_files = 2;
		cr_assert(write(fd, presets, sizeof(presets)) > 0 && write(fd, files, sizeof(files)) > 0);
		return fd;
	case MOS_RTCTL_FX_LIST:
		msg->u.fx_list.n = 2;
		cr_assert_gt(write(fd, fx, sizeof(fx)), 0);
		return fd;
	case MOS_RTCTL_STRIP_LIST:
		msg->u.strip_list.n = 6;
		cr_assert_gt(write(fd, strips, sizeof(strips)), 0);
		return fd;
	case MOS_RTCTL_INSERT_LIST:
		msg->u.insert_list.n = 1;
		cr_assert_gt(write(fd, inserts, sizeof(inserts)), 0);
		return fd;
	case MOS_RTCTL_INSERT_GET:
		msg->u.insert_list.n = 1;
		cr_assert_gt(write(fd, controls, sizeof(controls)), 0);
		return fd;
	case MOS_RTCTL_INSERT_SAVE:
		msg->u.insert_list.n = 5;
		cr_assert_eq(write(fd, "state", 5), 5);
		return fd;
	case MOS_RTCTL_CLIP_LIST:
		msg->u.clip_list.n = 1;
		cr_assert_gt(write(fd, clips, sizeof(clips)), 0);
		return fd;
	default:
		close(fd);
		return -1;
	}
}

static void answer(struct rtcore_double *d, struct mos_rtctl_msg msg, int fd)
{
	const struct slot *give = execute(d, &msg, fd);
	int fds[] = {give ? give->ring.fd : -1, give ? give->doorbell : -1};
	const int list = msg.status < 0 ? -1 : table(&msg);

	if (list >= 0)
		fds[0] = list;
	(void)fdmsg_send(d->conn, &msg, sizeof(msg), fds, list >= 0 ? 1 : give ? 2 : 0, 0);
	if (list >= 0)
		close(list);
}

static void greet(struct rtcore_double *d, struct mos_rtctl_msg msg)
{
	const int fds[] = {d->clock.fd, d->events.fd, d->counters.region.fd, d->tap.fd, d->midi.fd};

	msg.status = 0;
	msg.u.hello.pid = (uint32_t)getpid();
	msg.u.hello.generation = d->generation;
	msg.u.hello.rate_hz = 48000;
	msg.u.hello.quantum = 256;
	(void)fdmsg_send(d->conn, &msg, sizeof(msg), fds, 5, 0);
}

/* --- The thread --- */

static void do_record(struct rtcore_double *d, const struct mos_rtctl_msg *msg, int fd)
{
	if (msg->op == MOS_RTCTL_HELLO)
		greet(d, *msg);
	else
		answer(d, *msg, fd);
}

static void take_record(struct rtcore_double *d, const struct mos_rtctl_msg *msg, int fd, uint32_t n_fds)
{
	cr_assert(msg->op > 0 && msg->op < MOS_RTCTL_N_OPS, "op %u", msg->op);
	cr_assert_lt(d->n_records, RECORDS_MAX);
	d->record[d->n_records].msg = *msg;
	d->record[d->n_records++].n_fds = n_fds;
	pthread_cond_broadcast(&d->came);
	if (d->hold[msg->op]) {
		cr_assert_lt(d->n_kept, KEPT_MAX);
		d->kept[d->n_kept++] = *msg;
	} else {
		do_record(d, msg, fd);
	}
}

static void serve(struct rtcore_double *d)
{
	struct mos_rtctl_msg msg;
	int fds[FDMSG_FDS_MAX];
	uint32_t n_fds;
	ssize_t n = fdmsg_recv(d->conn, &msg, sizeof(msg), fds, &n_fds, MSG_DONTWAIT);

	if (n == -EAGAIN)
		return;
	if (n == sizeof(msg)) {
		take_record(d, &msg, n_fds ? fds[0] : -1, n_fds);
	} else {
		cr_assert(n == 0 || n == -ECONNRESET, "a record of %zd bytes", n);
		close(d->conn);
		d->conn = -1;
	}
	for (uint32_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

static void *run(void *data)
{
	struct rtcore_double *d = data;

	for (;;) {
		struct pollfd p[] = {
			{.fd = d->wake, .events = POLLIN},
			{.fd = d->door, .events = POLLIN},
			{.fd = d->conn, .events = POLLIN},
		};

		if (poll(p, 3, -1) < 0)
			continue;
		pthread_mutex_lock(&d->lock);
		if (d->quit) {
			pthread_mutex_unlock(&d->lock);
			return NULL;
		}
		if (p[1].revents) { /* a new broker takes over */
			int conn = accept4(d->door, NULL, NULL, SOCK_CLOEXEC);

			if (d->conn >= 0)
				close(d->conn);
			d->conn = conn;
		} else if (p[2].revents && d->conn >= 0) {
			serve(d);
		}
		pthread_mutex_unlock(&d->lock);
	}
}

struct rtcore_double *rtcore_double_start(const char *dir, uint64_t generation)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct rtcore_double *d = calloc(1, sizeof(*d));
	struct mos_clock still = rtcore_double_still();

	cr_assert_not_null(d);
	d->generation = generation;
	make_regions(d);
	mos_clock_publish(d->clock.base, &still);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/rtcore.sock", dir);
	strcpy(d->path, address.sun_path);
	d->conn = -1;
	d->wake = eventfd(0, EFD_CLOEXEC);
	d->door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert(d->wake >= 0 && d->door >= 0);
	cr_assert_eq(bind(d->door, (struct sockaddr *)&address, sizeof(address)), 0, "%s: %s", d->path,
		strerror(errno));
	cr_assert_eq(listen(d->door, 4), 0);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->came, NULL);
	cr_assert_eq(pthread_create(&d->thread, NULL, run, d), 0);
	return d;
}

void rtcore_double_stop(struct rtcore_double *d)
{
	pthread_mutex_lock(&d->lock);
	d->quit = 1;
	pthread_mutex_unlock(&d->lock);
	cr_assert_eq(eventfd_write(d->wake, 1), 0);
	pthread_join(d->thread, NULL);
	unlink(d->path);
	close(d->door);
	close(d->wake);
	if (d->conn >= 0)
		close(d->conn);
	for (uint32_t i = 0; i < MOS_CLIENTS_MAX; i++)
		release_slot(d, &d->slot[i]);
	mos_region_finish(&d->clock);
	mos_region_finish(&d->events);
	mos_region_finish(&d->tap);
	mos_region_finish(&d->midi);
	mos_region_finish(&d->counters.region);
	free(d);
}

/* --- The test's side --- */

void rtcore_double_refuse(struct rtcore_double *d, uint32_t op, int status, const char *text)
{
	pthread_mutex_lock(&d->lock);
	d->status[op] = status;
	strcpy(d->text[op], text ? text : "");
	pthread_mutex_unlock(&d->lock);
}

void rtcore_double_hold(struct rtcore_double *d, uint32_t op, int hold)
{
	uint32_t left = 0;

	pthread_mutex_lock(&d->lock);
	d->hold[op] = hold;
	for (uint32_t i = 0; i < d->n_kept; i++) {
		if (!hold && d->kept[i].op == op)
			do_record(d, &d->kept[i], -1);
		else
			d->kept[left++] = d->kept[i];
	}
	d->n_kept = left;
	pthread_mutex_unlock(&d->lock);
}

/* The n-th record of `op`, from 1; RECORDS_MAX: not there. */
static uint32_t find_record(const struct rtcore_double *d, uint32_t op, uint32_t n)
{
	for (uint32_t i = 0; i < d->n_records; i++) {
		if (d->record[i].msg.op == op && !--n)
			return i;
	}
	return RECORDS_MAX;
}

struct mos_rtctl_msg rtcore_double_wait(struct rtcore_double *d, uint32_t op, uint32_t n)
{
	struct mos_rtctl_msg msg;
	uint32_t i;

	pthread_mutex_lock(&d->lock);
	while ((i = find_record(d, op, n)) == RECORDS_MAX)
		pthread_cond_wait(&d->came, &d->lock);
	msg = d->record[i].msg;
	pthread_mutex_unlock(&d->lock);
	return msg;
}

uint32_t rtcore_double_count(struct rtcore_double *d, uint32_t op)
{
	uint32_t n = 0;

	pthread_mutex_lock(&d->lock);
	for (uint32_t i = 0; i < d->n_records; i++)
		n += d->record[i].msg.op == op;
	pthread_mutex_unlock(&d->lock);
	return n;
}

uint32_t rtcore_double_ops(struct rtcore_double *d, uint32_t *ops, uint32_t max)
{
	uint32_t n;

	pthread_mutex_lock(&d->lock);
	n = d->n_records;
	for (uint32_t i = 0; i < n && i < max; i++)
		ops[i] = d->record[i].msg.op;
	pthread_mutex_unlock(&d->lock);
	return n;
}

uint32_t rtcore_double_fds(struct rtcore_double *d, uint32_t op, uint32_t n)
{
	uint32_t i, n_fds;

	pthread_mutex_lock(&d->lock);
	i = find_record(d, op, n);
	n_fds = i == RECORDS_MAX ? 0 : d->record[i].n_fds;
	pthread_mutex_unlock(&d->lock);
	return n_fds;
}

void rtcore_double_clock(struct rtcore_double *d, const struct mos_clock *clock)
{
	mos_clock_publish(d->clock.base, clock);
}

uint32_t rtcore_double_clients(struct rtcore_double *d)
{
	uint32_t n;

	pthread_mutex_lock(&d->lock);
	n = d->n_clients;
	pthread_mutex_unlock(&d->lock);
	return n;
}

uint32_t rtcore_double_drain(struct rtcore_double *d, uint32_t slot)
{
	struct mos_event ev;
	uint32_t n = 0;

	pthread_mutex_lock(&d->lock);
	cr_assert(slot < MOS_CLIENTS_MAX && d->slot[slot].used);
	while (mos_ingress_pop(&d->slot[slot].reader, &ev) == 1)
		n++;
	pthread_mutex_unlock(&d->lock);
	return n;
}

uint32_t rtcore_double_may(struct rtcore_double *d, uint32_t slot)
{
	uint32_t may;

	pthread_mutex_lock(&d->lock);
	cr_assert(slot < MOS_CLIENTS_MAX && d->slot[slot].used);
	may = d->slot[slot].may;
	pthread_mutex_unlock(&d->lock);
	return may;
}

void rtcore_double_count_up(struct rtcore_double *d, const char *label, uint64_t by)
{
	for (uint32_t i = 0; i < sizeof(counter_defs) / sizeof(*counter_defs); i++) {
		if (!strcmp(counter_defs[i].name, label)) {
			mos_counter_add(&d->counters, i, by);
			return;
		}
	}
	cr_assert_fail("there is no counter %s", label);
}

uint32_t rtcore_double_events(struct rtcore_double *d, uint32_t type, struct mos_event *ret, uint32_t max)
{
	uint32_t n = 0;

	pthread_mutex_lock(&d->lock);
	for (uint32_t i = 0; i < d->n_records; i++) {
		const struct mos_rtctl_msg *msg = &d->record[i].msg;

		if (msg->op != MOS_RTCTL_EVENT || msg->u.event.type != type)
			continue;
		if (n < max)
			ret[n] = msg->u.event;
		n++;
	}
	pthread_mutex_unlock(&d->lock);
	return n;
}
