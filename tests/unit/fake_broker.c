/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_broker.h"

#define CONNS_MAX 16

static void make_regions(struct fake *f)
{
	const struct mos_counter_def defs[] = {
		{"rt.xruns", "", MOS_COUNTER_COUNT},
		{"apollo.voices", "", MOS_COUNTER_GAUGE},
	};

	cr_assert_eq(mos_region_create("test-clock", sizeof(struct mos_clock_page), MOS_CLOCK_ABI_MAJOR,
			     MOS_CLOCK_ABI_MINOR, f->generation, &f->clock),
		0);
	mos_region_publish(&f->clock, MOS_MAGIC_CLOCK);
	cr_assert_eq(mos_region_create("test-events", mos_event_ring_size(16), MOS_EVENT_RING_ABI_MAJOR,
			     MOS_EVENT_RING_ABI_MINOR, f->generation, &f->events),
		0);
	cr_assert_eq(mos_event_writer_init(&f->writer, &f->events, 16), 0);
	mos_region_publish(&f->events, MOS_MAGIC_EVENTS);
	cr_assert_eq(mos_counters_create("test-counters", defs, 2, f->generation, &f->counters), 0);
	cr_assert_eq(mos_region_create("test-ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR,
			     MOS_INGRESS_ABI_MINOR, f->generation, &f->ingress),
		0);
	cr_assert_eq(mos_ingress_init(&f->ingress, FAKE_SLOT), 0);
	cr_assert_eq(mos_ingress_reader_init(&f->reader, &f->ingress), 0);
	mos_region_publish(&f->ingress, MOS_MAGIC_INGRESS);
	cr_assert_eq(mos_region_create("test-dirty", sizeof(struct mos_dirty_hdr), MOS_INGRESS_ABI_MAJOR,
			     MOS_INGRESS_ABI_MINOR, f->generation, &f->dirty),
		0);
	mos_region_publish(&f->dirty, MOS_MAGIC_DIRTY);
}

static void drop_regions(struct fake *f)
{
	mos_region_finish(&f->clock);
	mos_region_finish(&f->events);
	mos_region_finish(&f->counters.region);
	mos_region_finish(&f->ingress);
	mos_region_finish(&f->dirty);
}

static void answer_open(struct fake *f, struct wire_in *in, struct wire_out *out)
{
	const int fds[] = {f->clock.fd, f->events.fd, f->counters.region.fd, f->ingress.fd, f->dirty.fd};
	const msgpack_object *resume = wire_get_map(in->params, "resume");
	uint64_t cookie = 0;
	int64_t slot = -1;
	int resumed;

	(void)wire_get_u64(resume, "cookie", &cookie);
	(void)wire_get_i64(resume, "slot", &slot);
	resumed = slot == FAKE_SLOT && cookie == FAKE_COOKIE + f->generation;
	f->opened++;
	f->resumed += resumed;

	wire_begin_result(out, in->id);
	wire_put_i64(out, "slot", FAKE_SLOT);
	wire_put_u64(out, "cookie", FAKE_COOKIE + f->generation);
	wire_put_u64(out, "generation", f->generation);
	wire_put_i64(out, "rate", 48000);
	wire_put_i64(out, "quantum", 256);
	wire_put_bool(out, "resumed", resumed);
	for (int i = 0; !resumed && i < 5 - f->fds_withheld; i++)
		wire_add_fd(out, fds[i]);
}

static void answer_default(struct fake *f, struct wire_in *in, struct wire_out *out)
{
	if (!strcmp(in->method, "broker.client.open")) {
		answer_open(f, in, out);
	} else if (!strcmp(in->method, "broker.system.status")) {
		wire_begin_result(out, in->id);
		wire_open_map(out, "rtcore");
		wire_put_u64(out, "generation", f->generation);
		wire_close(out);
	} else {
		struct wire_error err;

		wire_error_set(&err, "rpc.method.unknown", "no method %s", in->method);
		wire_begin_error(out, in->id, &err);
	}
}

/* @return 0 the connection goes on, -1 it ends. */
static int serve_one(struct fake *f, int sock, struct wire_in *in)
{
	struct wire_out out;
	int what;

	if (wire_recv(sock, in, 0) <= 0)
		return -1;
	wire_out_init(&out);
	what = f->handle ? f->handle(f, sock, in, &out) : -1;
	if (what < 0) {
		answer_default(f, in, &out);
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
	struct pollfd pfd[2 + CONNS_MAX] = {{f->stop_pipe[0], POLLIN, 0}, {f->listen_sock, POLLIN, 0}};
	struct wire_in in;
	nfds_t n = 2;

	cr_assert_eq(wire_in_init(&in), 0);
	while (poll(pfd, n, -1) > 0 && !pfd[0].revents) {
		if (pfd[1].revents && n < 2 + CONNS_MAX)
			pfd[n++] = (struct pollfd){accept(f->listen_sock, NULL, NULL), POLLIN, 0};
		for (nfds_t i = 2; i < n; i++) {
			if (pfd[i].revents && serve_one(f, pfd[i].fd, &in) < 0) {
				close(pfd[i].fd);
				pfd[i--] = pfd[--n];
			}
		}
	}
	for (nfds_t i = 2; i < n; i++)
		close(pfd[i].fd);
	wire_in_finish(&in);
	return NULL;
}

void fake_start(struct fake *fake)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/mos.sock", fake->dir);
	cr_assert_eq(pipe(fake->stop_pipe), 0);
	fake->listen_sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(fake->listen_sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	cr_assert_eq(listen(fake->listen_sock, 8), 0);
	cr_assert_eq(pthread_create(&fake->thread, NULL, serve, fake), 0);
	fake->running = 1;
}

void fake_kill(struct fake *fake)
{
	char path[128];

	cr_assert_eq(write(fake->stop_pipe[1], "", 1), 1);
	pthread_join(fake->thread, NULL);
	close(fake->listen_sock);
	close(fake->stop_pipe[0]);
	close(fake->stop_pipe[1]);
	(void)snprintf(path, sizeof(path), "%s/mos.sock", fake->dir);
	(void)unlink(path);
	fake->running = 0;
}

void fake_init(struct fake *fake)
{
	*fake = (struct fake){.generation = 1};
	strcpy(fake->dir, "/tmp/mos-libmos-XXXXXX");
	cr_assert_not_null(mkdtemp(fake->dir));
	make_regions(fake);
	fake_start(fake);
}

void fake_new_rtcore(struct fake *fake)
{
	drop_regions(fake);
	fake->generation++;
	make_regions(fake);
}

void fake_finish(struct fake *fake)
{
	if (fake->running)
		fake_kill(fake);
	drop_regions(fake);
	(void)rmdir(fake->dir);
}
