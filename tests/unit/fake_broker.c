/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_broker.h"

/* Not Criterion's: ThreadSanitizer's program uses this too, and the two exclude each other. */
#define CHECK(ok)                                                                                            \
	do {                                                                                                 \
		if (!(ok)) {                                                                                 \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #ok);                       \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

#define CONNS_MAX 16
#define STOP (-1)

static const char *const region_name[] = {"clock", "events", "counters", "ingress", "doorbell", "audio"};
static const char *const capability[] = {"clock.read", "events.read", "events.emit", "apollo.play",
	"audio.in", "status.read", "surface.pixels"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Set by the test while nothing is under way; no tool can see that the sockets order the two. */
__attribute__((no_sanitize("thread"))) static struct fake *quiet_copy(const struct fake *f, struct fake *copy)
{
	copy->handle = f->handle;
	copy->answered = f->answered;
	copy->withheld = f->withheld;
	copy->denied = f->denied;
	copy->nonsense = f->nonsense;
	copy->fds_missing = f->fds_missing;
	copy->opens_once = f->opens_once;
	/* Pairs with the release in fake_new_rtcore(): who sees it sees its regions. */
	copy->generation = __atomic_load_n(&f->generation, __ATOMIC_ACQUIRE);
	return copy;
}

static void make_regions(struct fake *f, uint32_t n_slots, uint64_t generation)
{
	const struct mos_counter_def defs[] = {
		{"rt.xruns", "", MOS_COUNTER_COUNT},
		{"apollo.voices", "", MOS_COUNTER_GAUGE},
	};

	CHECK(mos_region_create("test-clock", sizeof(struct mos_clock_page), MOS_CLOCK_ABI_MAJOR,
		      MOS_CLOCK_ABI_MINOR, generation, &f->clock) == 0);
	mos_region_publish(&f->clock, MOS_MAGIC_CLOCK);
	CHECK(mos_region_create("test-events", mos_event_ring_size(n_slots), MOS_EVENT_RING_ABI_MAJOR,
		      MOS_EVENT_RING_ABI_MINOR, generation, &f->events) == 0);
	CHECK(mos_event_log_init(&f->log, &f->events, n_slots) == 0);
	mos_event_writer_init(&f->writer, &f->log, NULL);
	mos_region_publish(&f->events, MOS_MAGIC_EVENTS);
	CHECK(mos_counters_create("test-counters", defs, 2, generation, &f->counters) == 0);
	CHECK(mos_region_create("test-ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR,
		      MOS_INGRESS_ABI_MINOR, generation, &f->ingress) == 0);
	CHECK(mos_ingress_init(&f->ingress, FAKE_SLOT) == 0);
	CHECK(mos_ingress_reader_init(&f->reader, &f->ingress) == 0);
	mos_region_publish(&f->ingress, MOS_MAGIC_INGRESS);
	CHECK(mos_region_create("test-audio", MOS_AUDIO_TAP_SIZE, MOS_AUDIO_TAP_ABI_MAJOR,
		      MOS_AUDIO_TAP_ABI_MINOR, generation, &f->audio) == 0);
	CHECK(mos_audio_tap_init(&f->tap, &f->audio, 48000) == 0);
	mos_region_publish(&f->audio, MOS_MAGIC_AUDIO);
	f->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	CHECK(f->doorbell >= 0);
}

static void drop_regions(struct fake *f)
{
	mos_region_finish(&f->clock);
	mos_region_finish(&f->events);
	mos_region_finish(&f->counters.region);
	mos_region_finish(&f->ingress);
	mos_region_finish(&f->audio);
	close(f->doorbell);
}

static int is_in(const char *list, const char *word)
{
	return list && strstr(list, word) != NULL;
}

static void put_regions(struct fake *f, const struct fake *set, struct wire_out *out, int resumed)
{
	const int fds[] = {
		f->clock.fd, f->events.fd, f->counters.region.fd, f->ingress.fd, f->doorbell, f->audio.fd};
	int missing = set->fds_missing;

	wire_open_array(out, "regions");
	for (size_t i = 0; !resumed && i < COUNT(fds); i++) {
		if (!is_in(set->withheld, region_name[i]))
			wire_put_str(out, NULL, region_name[i]);
	}
	if (set->nonsense && !resumed)
		wire_put_str(out, NULL, set->nonsense);
	wire_close(out);
	for (size_t i = 0; !resumed && i < COUNT(fds); i++) {
		if (!is_in(set->withheld, region_name[i]) && i + (size_t)missing < COUNT(fds))
			wire_add_fd(out, fds[i]);
	}
	if (set->nonsense && !resumed)
		wire_add_fd(out, f->doorbell);
}

static void answer_error(struct wire_in *in, struct wire_out *out, const char *code, const char *text)
{
	struct wire_error err;

	wire_error_set(&err, code, "%s", text);
	wire_begin_error(out, in->id, &err);
}

static void answer_open(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	const msgpack_object *resume = wire_get_map(in->params, "resume");
	uint64_t cookie = 0;
	int64_t slot = -1;
	int resumed;
	struct fake copy, *set = quiet_copy(f, &copy);

	if (__atomic_load_n(&f->down, __ATOMIC_RELAXED) > 0) {
		__atomic_fetch_sub(&f->down, 1, __ATOMIC_RELAXED);
		answer_error(in, out, "rtcore.down", "there is no rtcore");
		return;
	}
	if (set->opens_once && f->opened_sock == sock) {
		answer_error(in, out, "broker.client.opened", "this connection has its slot");
		return;
	}
	f->opened_sock = sock;
	(void)wire_get_u64(resume, "cookie", &cookie);
	(void)wire_get_i64(resume, "slot", &slot);
	resumed = slot == FAKE_SLOT && cookie == FAKE_COOKIE + set->generation;
	wire_begin_result(out, in->id);
	wire_put_i64(out, "slot", FAKE_SLOT);
	wire_put_u64(out, "cookie", FAKE_COOKIE + set->generation);
	wire_put_u64(out, "generation", set->generation);
	wire_put_i64(out, "rate", 48000);
	wire_put_i64(out, "quantum", 256);
	wire_put_bool(out, "resumed", resumed);
	wire_open_array(out, "capabilities");
	for (size_t i = 0; i < COUNT(capability); i++) {
		if (!is_in(set->denied, capability[i]))
			wire_put_str(out, NULL, capability[i]);
	}
	wire_close(out);
	put_regions(f, set, out, resumed);
	__atomic_fetch_add(&f->resumed, resumed, __ATOMIC_RELEASE);
	__atomic_fetch_add(&f->opened, 1, __ATOMIC_RELEASE);
}

static void answer_data(struct fake *f, struct wire_in *in, struct wire_out *out)
{
	uint64_t id = 0;

	if (!strcmp(in->method, "broker.data.put")) {
		if (f->n_data == FAKE_DATA_MAX || in->n_fds != 1) {
			answer_error(in, out, "broker.data.limit", "no more");
			return;
		}
		f->data_fd[f->n_data++] = wire_take_fd(in, 0);
		wire_begin_result(out, in->id);
		wire_put_i64(out, "id", f->n_data);
		return;
	}
	(void)wire_get_u64(in->params, "id", &id);
	if (id < 1 || id > (uint64_t)f->n_data) {
		answer_error(in, out, "broker.data.absent", "it is gone");
		return;
	}
	wire_begin_result(out, in->id);
	wire_add_fd(out, f->data_fd[id - 1]);
}

static void answer_default(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	struct fake copy;

	if (!strcmp(in->method, "broker.client.open")) {
		answer_open(f, sock, in, out);
	} else if (!strcmp(in->method, "broker.system.status")) {
		wire_begin_result(out, in->id);
		wire_open_map(out, "rtcore");
		wire_put_u64(out, "generation", quiet_copy(f, &copy)->generation);
		wire_close(out);
	} else if (!strncmp(in->method, "broker.data.", 12)) {
		answer_data(f, in, out);
	} else {
		answer_error(in, out, "rpc.method.unknown", in->method);
	}
}

/* @return 0 the connection goes on, -1 it ends. */
static int serve_one(struct fake *f, int sock, struct wire_in *in)
{
	struct fake copy, *set = quiet_copy(f, &copy);
	struct wire_out out;
	int what;

	if (wire_recv(sock, in, 0) <= 0)
		return -1;
	if (in->kind != WIRE_REQUEST) {
		if (set->answered)
			set->answered(f, sock, in);
		return 0;
	}
	wire_out_init(&out);
	what = set->handle ? set->handle(f, sock, in, &out) : -1;
	if (what < 0) {
		answer_default(f, sock, in, &out);
		what = FAKE_SEND;
	}
	if (what == FAKE_SEND && (wire_end(&out) < 0 || wire_send(sock, &out, 0) < 0))
		what = FAKE_HANG_UP;
	wire_out_finish(&out);
	return what == FAKE_HANG_UP ? -1 : 0;
}

static void *serve(void *arg)
{
	struct fake *f = arg;
	struct pollfd pfd[2 + CONNS_MAX] = {{f->command_pipe[0], POLLIN, 0}, {f->listen_sock, POLLIN, 0}};
	struct wire_in in;
	nfds_t n = 2;

	CHECK(wire_in_init(&in) == 0);
	while (poll(pfd, n, -1) > 0) {
		int fresh = -1;

		if (pfd[0].revents) {
			CHECK(read(f->command_pipe[0], &fresh, sizeof(fresh)) == sizeof(fresh));
			if (fresh == STOP)
				break;
		} else if (pfd[1].revents) {
			fresh = accept(f->listen_sock, NULL, NULL);
		}
		for (nfds_t i = 2; i < n; i++) {
			if (pfd[i].revents && serve_one(f, pfd[i].fd, &in) < 0) {
				if (pfd[i].fd == __atomic_load_n(&f->newest_sock, __ATOMIC_RELAXED))
					__atomic_store_n(&f->newest_sock, -1, __ATOMIC_RELEASE);
				if (pfd[i].fd == f->opened_sock)
					f->opened_sock = -1;
				close(pfd[i].fd);
				pfd[i--] = pfd[--n];
			}
		}
		if (fresh >= 0) {
			CHECK(n < COUNT(pfd));
			pfd[n++] = (struct pollfd){fresh, POLLIN, 0};
			__atomic_store_n(&f->newest_sock, fresh, __ATOMIC_RELEASE);
		}
	}
	for (nfds_t i = 2; i < n; i++)
		close(pfd[i].fd);
	__atomic_store_n(&f->newest_sock, -1, __ATOMIC_RELEASE);
	wire_in_finish(&in);
	return NULL;
}

static void command(struct fake *fake, int what)
{
	CHECK(write(fake->command_pipe[1], &what, sizeof(what)) == sizeof(what));
}

void fake_start(struct fake *fake)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/mos.sock", fake->dir);
	CHECK(pipe(fake->command_pipe) == 0);
	fake->newest_sock = fake->opened_sock = -1;
	fake->listen_sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	CHECK(bind(fake->listen_sock, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	CHECK(listen(fake->listen_sock, 8) == 0);
	CHECK(pthread_create(&fake->thread, NULL, serve, fake) == 0);
	fake->running = 1;
}

void fake_kill(struct fake *fake)
{
	char path[128];

	command(fake, STOP);
	pthread_join(fake->thread, NULL);
	close(fake->listen_sock);
	close(fake->command_pipe[0]);
	close(fake->command_pipe[1]);
	(void)snprintf(path, sizeof(path), "%s/mos.sock", fake->dir);
	(void)unlink(path);
	fake->running = 0;
}

void fake_init_ring(struct fake *fake, uint32_t n_slots)
{
	*fake = (struct fake){.generation = 1};
	strcpy(fake->dir, "/tmp/mos-libmos-XXXXXX");
	CHECK(mkdtemp(fake->dir) != NULL);
	make_regions(fake, n_slots, 1);
	fake_start(fake);
}

void fake_init(struct fake *fake)
{
	fake_init_ring(fake, FAKE_SLOTS);
}

void fake_new_rtcore(struct fake *fake)
{
	uint64_t generation = fake->generation + 1;

	drop_regions(fake);
	make_regions(fake, FAKE_SLOTS, generation);
	__atomic_store_n(&fake->generation, generation, __ATOMIC_RELEASE);
}

void fake_finish(struct fake *fake)
{
	if (fake->running)
		fake_kill(fake);
	for (int i = 0; i < fake->n_data; i++)
		close(fake->data_fd[i]);
	drop_regions(fake);
	(void)rmdir(fake->dir);
}

static int newest(struct fake *fake)
{
	int sock;

	while ((sock = __atomic_load_n(&fake->newest_sock, __ATOMIC_ACQUIRE)) < 0)
		sched_yield();
	return sock;
}

void fake_send(struct fake *fake, struct wire_out *out)
{
	CHECK(wire_end(out) == 0);
	CHECK(wire_send(newest(fake), out, 0) == 0);
	wire_out_finish(out);
}

void fake_notify(struct fake *fake, const char *method, const char *key, const char *text)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, method);
	if (key)
		wire_put_str(&out, key, text);
	fake_send(fake, &out);
}

void fake_hang_up(struct fake *fake)
{
	CHECK(shutdown(newest(fake), SHUT_RDWR) == 0);
}

int fake_adopt(struct fake *fake)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	command(fake, pair[0]);
	return pair[1];
}

struct mos_event fake_event(uint32_t type, int64_t tick)
{
	return (struct mos_event){.type = type, .tick = tick};
}

void fake_publish_quietly(struct fake *fake, const struct mos_event *ev)
{
	CHECK(mos_event_publish(&fake->writer, ev, 0) != 0);
}

void fake_publish(struct fake *fake, const struct mos_event *ev)
{
	fake_publish_quietly(fake, ev);
	mos_event_ring_bells(&fake->log, 1u << mos_event_group(ev->type));
}
