/* SPDX-License-Identifier: MIT */
/* Figures of the bus, shared bytes, and what one process may hold of the broker. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/ingress.h>
#include <mos/region.h>

#include "broker_rig.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static struct rig rig;
static struct caller c;

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
	caller_connect(&c, &rig);
}

static void teardown(void)
{
	caller_finish(&c);
	rig_finish(&rig);
}

TestSuite(bus, .init = setup, .fini = teardown, .timeout = 60);

/* --- Figures --- */

/* The answer's only type. */
static const msgpack_object *ask(const char *type)
{
	const msgpack_object *list;

	cr_assert_eq(caller_call(&c, "broker.events.metrics", "type:s", type), 0, "%s: %s", c.error.code,
		c.error.message);
	list = wire_get_array(c.in.result, "types");
	cr_assert_eq(list->via.array.size, 1);
	return &list->via.array.ptr[0];
}

static uint64_t figure(const msgpack_object *type, const char *key)
{
	uint64_t value = 0;

	cr_assert_eq(wire_get_u64(type, key, &value), 0, "%s", key);
	return value;
}

/* A client with its ingress region mapped for writing, as libmos has it. */
static struct mos_reader_page *open_reader(struct caller *reader, struct mos_region *ring)
{
	int fd;

	caller_connect(reader, &rig);
	caller_open(reader, "reader");
	fd = wire_take_fd(&reader->in, 3);
	cr_assert_eq(mos_region_attach(
			     fd, MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_SIZE, 1, ring, NULL),
		0);
	close(fd);
	return mos_ingress_reader_page(ring);
}

Test(bus, metrics,
	.description = "EVT-10: count, rate, refused, coalesced, delivered, lost, subscribers, p50 and p99 "
		       "of a known stream")
{
	const int noteon = mos_event_type_index(MOS_EVENT_MIDI_NOTEON);
	struct mos_reader_page *page[2];
	const msgpack_object *type;
	struct caller reader[2];
	struct mos_region ring[2];
	double rate;

	for (int i = 0; i < 2; i++)
		page[i] = open_reader(&reader[i], &ring[i]);
	page[0]->interest = UINT64_C(1) << noteon;
	page[0]->type[noteon].delivered = 500;
	page[0]->type[noteon].latency[15] = 97; /* below 32,768 ns */
	page[0]->lost = 3;
	page[1]->type[noteon].delivered = 20;
	page[1]->type[noteon].latency[20] = 3; /* below 1,048,576 ns */
	rtcore_double_count_up(rig.rt, "bus.published.midi:noteon", 400);
	type = ask("midi:noteon"); /* after a second: the first reading was just now */
	cr_expect_eq(figure(type, "count"), 400);
	cr_assert_eq(wire_get_f64(type, "rate_hz", &rate), 0);
	cr_expect_eq(rate, 0, "nothing came since the first reading");
	rtcore_double_count_up(rig.rt, "rt.published.midi:noteon", 100);
	rtcore_double_count_up(rig.rt, "bus.refused.field.midi:noteon", 5);
	rtcore_double_count_up(rig.rt, "bus.refused.grant.midi:noteon", 6);
	rtcore_double_count_up(rig.rt, "bus.refused.type", 1000);
	type = ask("midi:noteon");
	cr_expect_eq(figure(type, "count"), 500);
	cr_assert_eq(wire_get_f64(type, "rate_hz", &rate), 0);
	/* 100 more than the reading of 1 to 1.25 s ago, and some room for a busy machine. */
	cr_expect(rate > 50 && rate <= 100, "%f", rate);
	cr_expect_eq(figure(type, "refused"), 11);
	cr_expect_eq(figure(type, "delivered"), 520);
	cr_expect_eq(figure(type, "lost"), 3);
	cr_expect_eq(figure(type, "subscribers"), 1);
	cr_expect_eq(figure(type, "n_sampled"), 100);
	cr_expect_eq(figure(type, "p50_ns"), 32767);
	cr_expect_eq(figure(type, "p99_ns"), 1048575);
	rtcore_double_count_up(rig.rt, "bus.published.midi:snapshot", 9);
	rtcore_double_count_up(rig.rt, "bus.coalesced", 41);
	type = ask("midi:snapshot");
	cr_expect(figure(type, "count") == 9 && figure(type, "coalesced") == 41);
	cr_assert_eq(caller_call(&c, "broker.events.metrics", ""), 0);
	cr_expect_gt(wire_get_array(c.in.result, "types")->via.array.size, 30, "all of them at once");
	expect_error(&c, caller_call(&c, "broker.events.metrics", "type:s", "no:such"),
		"broker.event.unknown", "type");
	for (int i = 0; i < 2; i++) {
		mos_region_finish(&ring[i]);
		caller_finish(&reader[i]);
	}
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, 2);
	type = ask("midi:noteon");
	cr_expect_eq(figure(type, "subscribers"), 0, "EVT-04: who has left counts no more");
}

Test(bus, senseless_figures,
	.description =
		"EVT-10 SEC-09: a client that writes nonsense into its figures spoils figures, nothing else")
{
	const int noteon = mos_event_type_index(MOS_EVENT_MIDI_NOTEON);
	struct mos_reader_page *page;
	const msgpack_object *type;
	struct caller reader, other;
	struct mos_region ring, honest;

	page = open_reader(&reader, &ring);
	memset(ring.base, 0xff, ring.size);
	page = open_reader(&other, &honest);
	page->type[noteon].delivered = 7;
	type = ask("midi:noteon");
	cr_expect_eq(figure(type, "delivered"), UINT64_MAX, "it saturates");
	cr_expect_eq(figure(type, "lost"), UINT64_MAX);
	cr_expect_eq(figure(type, "subscribers"), 1);
	cr_expect_eq(figure(type, "n_sampled"), UINT64_C(32) * UINT32_MAX);
	cr_expect_eq(caller_call(&reader, "broker.service.ping", ""), 0, "and is served all the same");
	mos_region_finish(&ring);
	mos_region_finish(&honest);
	caller_finish(&reader);
	caller_finish(&other);
}

Test(bus, metrics_without_rtcore,
	.description = "EVT-10: without rtcore there are no figures; a question that waits hears so")
{
	caller_send(&c, "broker.events.metrics", "");
	rig_stop_rtcore(&rig);
	expect_error(&c, caller_answer(&c), "rtcore.down", NULL);
	expect_error(&c, caller_call(&c, "broker.events.metrics", ""), "rtcore.down", NULL);
}

Test(bus, renewed,
	.description =
		"EVT-04: who holds a slot of an rtcore that is gone is told, and opens again where it is")
{
	uint64_t generation = 0;

	caller_open(&c, "faithful");
	rig_stop_rtcore(&rig);
	rig_start_rtcore(&rig);
	caller_notified(&c, "broker.client.renew");
	cr_assert_eq(wire_get_u64(c.in.params, "generation", &generation), 0);
	cr_expect_eq(generation, 2);
	caller_open(&c, "faithful");
	cr_expect_eq(caller_u64(&c, "generation"), 2);
	cr_expect_eq(c.in.n_fds, 7);
}

/* --- Shared bytes --- */

static int make_data(size_t size, unsigned int seals)
{
	int fd = memfd_create("data", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	if (size >= 5)
		cr_assert_eq(pwrite(fd, "first", 5, 0), 5);
	if (seals)
		cr_assert_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int put(struct caller *who, size_t size, unsigned int seals, const char *kind)
{
	int fd = make_data(size, seals), rc = caller_call_fd(who, fd, "broker.data.put", "kind:s", kind);

	close(fd);
	return rc;
}

Test(bus, data,
	.description = "EVT-19 E2.4.4.8: 10 MB pass by reference: told as data:shared, read by another, gone "
		       "with their owner")
{
	const size_t size = 10 << 20;
	struct mos_event ev;
	struct caller owner;
	struct stat st;
	int64_t id;
	char *bytes;

	caller_connect(&owner, &rig);
	cr_assert_eq(put(&owner, size, SEALS, "wav"), 0, "%s: %s", owner.error.code, owner.error.message);
	id = caller_i64(&owner, "id");
	cr_expect_eq(caller_u64(&owner, "size_bytes"), size);
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_EVENT, 1);
	cr_assert_eq(rtcore_double_events(rig.rt, MOS_EVENT_DATA_SHARED, &ev, 1), 1);
	cr_expect(ev.u.data.id == (uint64_t)id && ev.u.data.size_bytes == size);
	cr_expect_str_eq(ev.u.data.kind, "wav");
	cr_assert_eq(caller_call(&c, "broker.data.get", "id:i", id), 0);
	cr_expect_str_eq(caller_str(&c, "kind"), "wav");
	cr_assert_eq(c.in.n_fds, 1);
	cr_assert_eq(fstat(c.in.fds[0], &st), 0);
	cr_expect_eq(st.st_size, (off_t)size);
	bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, c.in.fds[0], 0);
	cr_assert_neq(bytes, MAP_FAILED);
	cr_expect_eq(memcmp(bytes, "first", 5), 0);
	(void)munmap(bytes, size);
	cr_expect_eq(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, c.in.fds[0], 0), MAP_FAILED,
		"nobody can change it");
	expect_error(&c, caller_call(&c, "broker.data.get", "id:i", id + 1), "broker.data.absent", "id");
	caller_finish(&owner);
	while (caller_call(&c, "broker.data.get", "id:i", id) == 0)
		;
	cr_expect_str_eq(c.error.code, "broker.data.absent");
}

Test(bus, data_limits,
	.description = "EVT-19 E2.4.4.8: what can still be changed, is empty, too large or no memfd is "
		       "refused, the limit named")
{
	int file, pair[2];

	cr_expect_eq(put(&c, 100, SEALS & ~F_SEAL_WRITE, "x"), -EREMOTEIO);
	cr_expect_str_eq(c.error.code, "broker.data.invalid");
	cr_expect_eq(put(&c, 100, SEALS & ~F_SEAL_SEAL, "x"), -EREMOTEIO);
	cr_expect_eq(put(&c, 100, SEALS & ~F_SEAL_SHRINK, "x"), -EREMOTEIO);
	expect_error(&c, put(&c, 0, SEALS, "x"), "broker.data.invalid", NULL);
	expect_error(&c, put(&c, (64 << 20) + 1, SEALS, "x"), "broker.data.limit", NULL);
	cr_expect_not_null(strstr(c.error.message, "67108864"), "%s", c.error.message);
	cr_expect_eq(put(&c, 64 << 20, SEALS, "x"), 0, "%s", c.error.message);
	file = make_data(100, 0);
	cr_assert_eq(fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 32 << 20), 0);
	cr_assert_eq(fcntl(file, F_ADD_SEALS, SEALS), 0);
	expect_error(&c, caller_call_fd(&c, file, "broker.data.put", "kind:s", "hidden"),
		"broker.data.invalid", NULL);
	close(file);
	expect_error(&c, put(&c, 100, SEALS, ""), "rpc.params.invalid", "kind");
	expect_error(&c, put(&c, 100, SEALS, "sixteen-letters!"), "rpc.params.invalid", "kind");
	expect_error(&c, caller_call(&c, "broker.data.put", "kind:s", "x"), "rpc.fds.missing", NULL);
	cr_assert_eq(pipe(pair), 0);
	expect_error(&c, caller_call_fd(&c, pair[0], "broker.data.put", "kind:s", "x"), "broker.data.invalid",
		NULL);
	file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	expect_error(
		&c, caller_call_fd(&c, file, "broker.data.put", "kind:s", "x"), "broker.data.invalid", NULL);
	close(pair[0]);
	close(pair[1]);
	close(file);
}

Test(bus, data_many,
	.description = "EVT-19 E2.4.4.8 EVT-04: 16 of one client, the oldest goes; others' stay; no "
		       "descriptor is left")
{
	struct caller owner, other;
	int64_t first = 0, second = 0, foreign;
	uint32_t before;

	/* Let in, and the rig's own caller of before let go. */
	cr_assert_eq(caller_call(&c, "broker.client.list", ""), 0);
	before = rig_broker_fds(&rig);
	caller_connect(&owner, &rig);
	caller_connect(&other, &rig);
	cr_assert_eq(put(&other, 100, SEALS, "other"), 0);
	foreign = caller_i64(&other, "id");
	for (int i = 0; i < 17; i++) {
		cr_assert_eq(put(&owner, 4096, SEALS, "mine"), 0);
		if (i == 0)
			first = caller_i64(&owner, "id");
		if (i == 1)
			second = caller_i64(&owner, "id");
	}
	expect_error(&c, caller_call(&c, "broker.data.get", "id:i", first), "broker.data.absent", "id");
	cr_expect_eq(caller_call(&c, "broker.data.get", "id:i", second), 0);
	cr_expect_eq(caller_call(&c, "broker.data.get", "id:i", foreign), 0);
	caller_finish(&owner);
	caller_finish(&other);
	while (caller_call(&c, "broker.data.get", "id:i", foreign) == 0)
		;
	while (caller_call(&c, "broker.data.get", "id:i", second) == 0)
		;
	/* The last hang-up may still be on its way. */
	cr_expect_leq(rig_broker_fds(&rig), before + 4);
}

/* --- One process and all others --- */

Test(bus, connections_of_one,
	.description = "SEC-03: one process holds at most 256 connections; others come in all the same")
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
	int status, told[2];
	char byte;
	pid_t pid;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/mos.sock", rig.dir);
	cr_assert_eq(pipe(told), 0);
	pid = fork();
	if (!pid) {
		int sock[300], alive = 0;

		(void)setrlimit(RLIMIT_NOFILE, &limit);
		for (int i = 0; i < 300; i++) {
			sock[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
			if (connect(sock[i], (struct sockaddr *)&address, sizeof(address)) < 0)
				_exit(1);
		}
		for (int i = 0; i < 300; i++) {
			struct caller one;

			caller_adopt(&one, sock[i]);
			alive += caller_call(&one, "broker.service.ping", "") == 0;
			wire_in_finish(&one.in);
		}
		(void)!write(told[1], "x", 1);
		(void)pause();
		_exit(alive);
	}
	cr_assert_eq(read(told[0], &byte, 1), 1);
	{
		struct caller other;

		caller_connect(&other, &rig);
		cr_expect_eq(caller_call(&other, "broker.system.status", ""), 0);
		caller_finish(&other);
	}
	/* Its living ones: descriptors of the broker, one for the connection and one for the process. */
	cr_expect_leq(rig_broker_fds(&rig), 256 * 2 + 40);
	cr_expect_geq(rig_broker_fds(&rig), 256);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	close(told[0]);
	close(told[1]);
}
