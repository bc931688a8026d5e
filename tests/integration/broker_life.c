/* SPDX-License-Identifier: MIT */
/* The broker's clients and services: coming, dying, coming back; its own death; hostile peers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/audio_tap.h>
#include <mos/counters.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>
#include <mos/region.h>

#include "broker_rig.h"

static struct rig rig;

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
}

static void teardown(void)
{
	rig_finish(&rig);
}

TestSuite(broker, .init = setup, .fini = teardown, .timeout = 60);

/* --- Opening --- */

/* What an opened client may write. */
struct plane {
	struct mos_region ring;
	int doorbell;
	struct mos_ingress_writer writer;
};

static void attach_plane(struct caller *c, struct plane *p)
{
	int ring = wire_take_fd(&c->in, 3);

	p->doorbell = wire_take_fd(&c->in, 4);
	cr_assert(ring >= 0 && p->doorbell >= 0);
	cr_assert_eq(mos_region_attach(ring, MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_SIZE, 1,
			     &p->ring, NULL),
		0);
	cr_assert_eq(mos_ingress_writer_init(&p->writer, &p->ring), 0);
	close(ring);
}

Test(broker, open,
	.description = "a client gets slot, cookie, doorbell and six regions of the right kinds; the clock "
		       "cannot be written")
{
	static const struct {
		const char *name;
		uint32_t magic;
		uint16_t major;
	} region[] = {
		{"clock", MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR},
		{"events", MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR},
		{"counters", MOS_MAGIC_COUNTERS, MOS_COUNTERS_ABI_MAJOR},
		{"ingress", MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR},
		{"doorbell", 0, 0},
		{"audio", MOS_MAGIC_AUDIO, MOS_AUDIO_TAP_ABI_MAJOR},
		{"midi", MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR},
	};
	struct mos_clock clock = rtcore_double_still();
	struct caller c;
	int64_t slot;

	clock.quantum_frames = 64;
	rtcore_double_clock(rig.rt, &clock);
	caller_connect(&c, &rig);
	caller_open(&c, "pianist");
	slot = caller_i64(&c, "slot");
	cr_expect_neq(caller_u64(&c, "cookie"), 0);
	cr_expect_eq(caller_u64(&c, "generation"), 1);
	cr_expect_eq(caller_u64(&c, "rate"), 48000);
	cr_expect_eq(caller_u64(&c, "quantum"), 64, "that of the last cycle, not the greeting's 256");
	cr_expect_eq(caller_bool(&c, "resumed"), 0);
	cr_expect_eq(wire_get_array(c.in.result, "capabilities")->via.array.size, 24,
		"the owner may do everything");
	cr_assert_eq(c.in.n_fds, 7);
	for (uint32_t i = 0; i < 7; i++) {
		struct mos_region r;
		char name[16];

		cr_assert_eq(wire_to_str(&wire_get_array(c.in.result, "regions")->via.array.ptr[i], name,
				     sizeof(name)),
			0);
		cr_expect_str_eq(name, region[i].name);
		cr_expect_neq(fcntl(c.in.fds[i], F_GETFD) & FD_CLOEXEC, 0);
		if (!region[i].magic)
			continue;
		cr_expect_eq(mos_region_attach(c.in.fds[i], region[i].magic, region[i].major,
				     sizeof(struct mos_region_hdr), 0, &r, NULL),
			0, "region %s", name);
		mos_region_finish(&r);
	}
	cr_expect_eq(rtcore_double_may(rig.rt, (uint32_t)slot), MOS_MAY_EMIT | MOS_MAY_PLAY | MOS_MAY_MIDI_OUT);
	cr_expect_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, c.in.fds[0], 0), MAP_FAILED);
	cr_expect_eq(rtcore_double_fds(rig.rt, MOS_RTCTL_ATTACH, 1), 1, "rtcore gets the client's pidfd");
	cr_expect_eq(rtcore_double_wait(rig.rt, MOS_RTCTL_ATTACH, 1).u.client.pid, (uint32_t)getpid());

	expect_error(
		&c, caller_call(&c, "broker.client.open", "name:s", "again"), "broker.client.opened", NULL);
	cr_assert_eq(caller_call(&c, "broker.client.list", ""), 0);
	{
		const msgpack_object *list = wire_get_array(c.in.result, "clients");
		int64_t listed, pid;
		char name[48];

		cr_assert_eq(list->via.array.size, 1);
		cr_assert_eq(wire_get_i64(&list->via.array.ptr[0], "slot", &listed), 0);
		cr_assert_eq(wire_get_i64(&list->via.array.ptr[0], "pid", &pid), 0);
		cr_assert_eq(wire_get_str(&list->via.array.ptr[0], "name", name, sizeof(name)), 0);
		cr_expect(listed == slot && pid == getpid());
		cr_expect_str_eq(name, "pianist");
	}
	caller_finish(&c);
}

Test(broker, bad_opens,
	.description = "names and resumes that are none are refused; a foreign cookie gets a fresh slot, not "
		       "another's")
{
	struct caller a, b;
	struct wire_out out;
	uint64_t slot;

	caller_connect(&a, &rig);
	expect_error(&a, caller_call(&a, "broker.client.open", "name:s", ""), "rpc.params.invalid", "name");
	expect_error(&a,
		caller_call(&a, "broker.client.open", "name:s",
			"a-name-that-is-much-longer-than-forty-seven-bytes-in-all"),
		"rpc.params.invalid", "name");
	expect_error(&a, caller_call(&a, "broker.client.open", "name:s resume:m", "x"), "rpc.params.invalid",
		"resume.slot");
	caller_open(&a, "honest");
	slot = caller_u64(&a, "slot");

	caller_connect(&b, &rig);
	wire_out_init(&out);
	wire_begin_request(&out, ++b.id, "broker.client.open");
	wire_put_str(&out, "name", "thief");
	wire_open_map(&out, "resume");
	wire_put_u64(&out, "slot", slot);
	wire_put_u64(&out, "cookie", 1);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(b.sock, &out, 0), 0);
	wire_out_finish(&out);
	cr_assert_eq(caller_answer(&b), 0);
	cr_expect_eq(caller_bool(&b, "resumed"), 0);
	cr_expect_neq(caller_u64(&b, "slot"), slot);
	cr_expect_eq(b.in.n_fds, 7);
	cr_expect_eq(caller_call(&a, "kronos.position.get", ""), 0, "the honest one is still there");
	caller_finish(&a);
	caller_finish(&b);
}

/* --- Death --- */

Test(broker, hangup, .description = "EVT-04: a client that hangs up is taken back: slot, registration, all")
{
	struct caller c, other;
	struct mos_rtctl_msg m;
	uint64_t slot, cookie;

	caller_connect(&c, &rig);
	caller_open(&c, "short-lived");
	slot = caller_u64(&c, "slot");
	cookie = caller_u64(&c, "cookie");
	cr_assert_eq(caller_call(&c, "broker.service.register", "name:s", "stage"), 0);
	caller_finish(&c);
	m = rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, 1);
	cr_expect_eq(m.u.client.slot, slot);
	cr_expect_eq(m.u.client.cookie, cookie);
	caller_connect(&other, &rig);
	cr_expect_eq(caller_call(&other, "broker.service.register", "name:s", "stage"), 0,
		"the name is free again");
	caller_finish(&other);
}

Test(broker, killed_client,
	.description = "EVT-04: a killed process is noticed even where another one holds its socket")
{
	struct caller c;
	int pair[2], keeper, status;
	char byte;
	pid_t pid;

	/* The parent opens and dies; its child keeps the socket open. */
	cr_assert_eq(pipe(pair), 0);
	pid = fork();
	if (!pid) {
		caller_connect(&c, &rig);
		caller_open(&c, "parent");
		keeper = fork();
		if (!keeper) {
			close(pair[0]);
			pause();
			_exit(0);
		}
		(void)!write(pair[1], &keeper, sizeof(keeper));
		pause();
	}
	cr_assert_eq(read(pair[0], &keeper, sizeof(keeper)), (ssize_t)sizeof(keeper));
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, 1);
	cr_expect_eq(kill(keeper, 0), 0, "the child lives, and with it the socket");
	cr_expect_eq(kill(keeper, SIGKILL), 0);
	close(pair[1]);
	cr_expect_eq(read(pair[0], &byte, 1), 0);
	close(pair[0]);
}

/* Eight plays and pauses in turn, nothing read. */
static void say_and_leave(void)
{
	struct caller c;

	caller_connect(&c, &rig);
	for (int i = 0; i < 8; i++)
		caller_send(&c, i % 2 ? "kronos.transport.pause" : "kronos.transport.play", "");
	caller_finish(&c);
}

static void expect_plays_and_pauses(uint32_t expected)
{
	uint32_t ops[64], n, seen = 0;

	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_PAUSE, expected / 2);
	n = rtcore_double_ops(rig.rt, ops, 64);
	for (uint32_t i = 0; i < n; i++) {
		if (ops[i] == MOS_RTCTL_PLAY || ops[i] == MOS_RTCTL_PAUSE)
			cr_expect_eq(ops[i], seen++ % 2 ? MOS_RTCTL_PAUSE : MOS_RTCTL_PLAY);
	}
	cr_expect_eq(seen, expected);
}

Test(broker, last_words,
	.description = "KRO-13: what a client sent before it hung up or died is still done, in order")
{
	int status;
	pid_t pid;

	say_and_leave();
	expect_plays_and_pauses(8);

	/* Its words, its hang-up and its death all wait when the broker goes on. */
	cr_assert_eq(kill(rig.broker, SIGSTOP), 0);
	pid = fork();
	if (!pid) {
		say_and_leave();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_assert_eq(kill(rig.broker, SIGCONT), 0);
	expect_plays_and_pauses(16);
}

Test(broker, died_while_attaching,
	.description = "EVT-04: a client that dies before its slot is there does not leak it")
{
	struct caller c;

	rtcore_double_hold(rig.rt, MOS_RTCTL_ATTACH, 1);
	caller_connect(&c, &rig);
	caller_send(&c, "broker.client.open", "name:s", "hasty");
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_ATTACH, 1);
	caller_finish(&c);
	rtcore_double_hold(rig.rt, MOS_RTCTL_ATTACH, 0);
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, 1);
	cr_expect_eq(rtcore_double_clients(rig.rt), 0);
}

/* --- The broker's own death --- */

static void survive(int sig, const char *how)
{
	const struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON, .tick = INT64_MIN, .u.note.velocity = 1};
	struct plane plane;
	uint64_t slot, cookie;
	struct caller c;

	caller_connect(&c, &rig);
	caller_open(&c, "survivor");
	slot = caller_u64(&c, "slot");
	cookie = caller_u64(&c, "cookie");
	attach_plane(&c, &plane);
	(void)rig_end_broker(&rig, sig);
	cr_expect_eq(caller_call(&c, "kronos.position.get", ""), -ECONNRESET);
	caller_finish(&c);
	cr_expect_eq(rtcore_double_clients(rig.rt), 1, "%s: the ring stays", how);
	cr_expect_geq(mos_ingress_push(&plane.writer, &ev), 0);
	cr_expect_eq(rtcore_double_drain(rig.rt, (uint32_t)slot), 1, "%s: and works without a broker", how);

	rig_start_broker(&rig);
	caller_connect(&c, &rig);
	cr_assert_eq(caller_resume(&c, "survivor", slot, cookie), 0, "%s: %s", c.error.code, c.error.message);
	cr_expect_eq(caller_bool(&c, "resumed"), 1);
	cr_expect_eq(caller_u64(&c, "slot"), slot);
	cr_expect_eq(c.in.n_fds, 0, "a resumed client has its regions already");
	cr_expect_eq(caller_call(&c, "kronos.transport.play", ""), 0, "%s: commands work again", how);
	cr_expect_geq(mos_ingress_push(&plane.writer, &ev), 0);
	cr_expect_eq(rtcore_double_drain(rig.rt, (uint32_t)slot), 1);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_DETACH), 0);
	caller_finish(&c);
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, 1);
	mos_region_finish(&plane.ring);
	close(plane.doorbell);
}

Test(broker, killed,
	.description = "the broker is killed with -9: rings live on, the next broker resumes the clients")
{
	survive(SIGKILL, "killed");
}

Test(broker, restarted, .description = "the broker is ended with SIGTERM: exit 0, rings live on all the same")
{
	survive(SIGTERM, "restarted");
	cr_expect_eq(rig_end_broker(&rig, SIGTERM), 0, "a clean exit");
	cr_expect_eq(access(rig.dir, F_OK), 0);
}

Test(broker, resume_before_hangup,
	.description = "a client that comes back before its old connection is seen to end keeps its ring")
{
	struct caller old, new;
	uint64_t slot, cookie;

	caller_connect(&old, &rig);
	caller_open(&old, "quick");
	slot = caller_u64(&old, "slot");
	cookie = caller_u64(&old, "cookie");
	caller_connect(&new, &rig);
	cr_assert_eq(caller_resume(&new, "survivor", slot, cookie), 0);
	cr_expect_eq(caller_bool(&new, "resumed"), 1);
	cr_expect_eq(caller_call(&old, "kronos.position.get", ""), -ECONNRESET,
		"the old connection is hung up on");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_DETACH), 0);
	cr_expect_eq(rtcore_double_clients(rig.rt), 1);
	caller_finish(&old);
	caller_finish(&new);
}

Test(broker, second,
	.description = "CNF-03: a second broker is refused and told who holds the directory; the first is "
		       "undisturbed")
{
	char err[1024], pid[32];
	struct caller c;

	caller_connect(&c, &rig);
	cr_expect_eq(rig_run_second(&rig, err, sizeof(err)), 3);
	cr_expect_not_null(strstr(err, "broker.instance.held"), "%s", err);
	(void)snprintf(pid, sizeof(pid), "pid=%d", (int)rig.broker);
	cr_expect_not_null(strstr(err, pid), "%s", err);
	cr_expect_eq(caller_call(&c, "broker.service.ping", ""), 0);
	caller_finish(&c);
	caller_connect(&c, &rig); /* the door is still the first one's */
	cr_expect_eq(caller_call(&c, "broker.service.ping", ""), 0);
	cr_expect_eq(caller_i64(&c, "pid"), rig.broker);
	caller_finish(&c);
}

/* --- rtcore's death --- */

Test(broker, rtcore_down,
	.description =
		"while rtcore is away requests answer rtcore.down with a hint; it is found again by itself")
{
	struct caller c, asking;
	uint64_t slot, cookie;

	caller_connect(&c, &rig);
	caller_open(&c, "patient");
	slot = caller_u64(&c, "slot");
	cookie = caller_u64(&c, "cookie");
	caller_connect(&asking, &rig);
	rtcore_double_hold(rig.rt, MOS_RTCTL_PLAY, 1);
	caller_send(&asking, "kronos.transport.play", "");
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_PLAY, 1);
	rig_stop_rtcore(&rig);
	expect_error(&asking, caller_answer(&asking), "rtcore.down", NULL);
	expect_error(&c, caller_call(&c, "kronos.transport.play", ""), "rtcore.down", NULL);
	cr_expect_neq(c.error.hint[0], '\0');
	expect_error(&c, caller_call(&c, "kronos.position.get", ""), "rtcore.down", NULL);
	expect_error(&c, caller_call(&c, "apollo.note.play", "note:s", "C4"), "rtcore.down", NULL);
	expect_error(&c, caller_call(&c, "apollo.note.play", "note:s", "H4"), "apollo.note.invalid", NULL);
	expect_error(&asking, caller_call(&asking, "broker.client.open", "name:s", "x"), "rtcore.down", NULL);
	cr_assert_eq(caller_call(&c, "broker.system.status", ""), 0, "the broker itself is there");

	rig_start_rtcore(&rig);
	cr_assert_eq(caller_resume(&c, "survivor", slot, cookie), 0, "its slot is void: the same connection opens again");
	cr_expect_eq(caller_bool(&c, "resumed"), 0);
	cr_expect_eq(caller_u64(&c, "generation"), 2);
	cr_expect_eq(c.in.n_fds, 7);
	cr_expect_eq(caller_call(&c, "kronos.transport.play", ""), 0);
	caller_finish(&c);
	caller_finish(&asking);
}

Test(broker, greeting,
	.description =
		"who comes while rtcore is being greeted waits for it, and does not hear that it is down")
{
	struct caller c;

	(void)rig_end_broker(&rig, SIGKILL);
	rtcore_double_hold(rig.rt, MOS_RTCTL_HELLO, 1);
	rig_start_broker(&rig);
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_HELLO, 2);
	caller_connect(&c, &rig);
	caller_send(&c, "kronos.position.get", "");
	cr_expect_eq(wire_recv(c.sock, &c.in, MSG_DONTWAIT), -EAGAIN);
	rtcore_double_hold(rig.rt, MOS_RTCTL_HELLO, 0);
	cr_expect_eq(caller_answer(&c), 0, "%s", c.error.code);
	caller_finish(&c);
}

Test(broker, rtcore_hangs,
	.description = "an rtcore that takes requests and does not answer: the caller is told")
{
	struct caller c;

	rtcore_double_hold(rig.rt, MOS_RTCTL_STATUS, 1);
	caller_connect(&c, &rig);
	expect_error(&c, caller_call(&c, "apollo.engine.status", ""), "rtcore.timeout", NULL);
	cr_expect_eq(caller_call(&c, "kronos.transport.play", ""), 0, "others are served");
	rtcore_double_hold(rig.rt, MOS_RTCTL_STATUS, 0);
	cr_expect_eq(caller_call(&c, "kronos.transport.stop", ""), 0, "late answers do no harm");
	caller_finish(&c);
}

/* --- Services --- */

Test(broker, services,
	.description = "a caller is brought to a service; a service that starts later is waited for; CNF-03: "
		       "a second one is refused")
{
	struct caller service, a, b, at_service, at_caller;
	char where[96];
	int64_t pid;

	caller_connect(&a, &rig);
	caller_send(&a, "broker.service.connect", "name:s", "hermes"); /* nobody there yet */
	cr_assert_eq(caller_call(&a, "broker.service.ping", ""), 0);
	caller_connect(&service, &rig);
	caller_send(&service, "broker.service.register", "name:s", "hermes");
	caller_notified(&service, "broker.service.caller");
	cr_assert_eq(wire_get_i64(service.in.params, "pid", &pid), 0);
	cr_expect_eq(pid, getpid());
	cr_assert_eq(wire_get_i64(service.in.params, "client", &pid), 0);
	cr_expect_eq(pid, -1, "this caller has no slot");
	caller_adopt(&at_service, wire_take_fd(&service.in, 0));
	cr_assert_eq(caller_answer(&service), 0);
	a.id--; /* the answer to the first request */
	cr_assert_eq(caller_answer(&a), 0);
	a.id++;
	caller_adopt(&at_caller, wire_take_fd(&a.in, 0));
	caller_send(&at_caller, "hermes.score.get", "");
	cr_assert_eq(wire_recv(at_service.sock, &at_service.in, 0), 1);
	cr_expect_str_eq(at_service.in.method, "hermes.score.get");

	caller_connect(&b, &rig);
	expect_error(&b, caller_call(&b, "broker.service.register", "name:s", "hermes"),
		"broker.service.taken", "hermes");
	(void)snprintf(where, sizeof(where), "pid %d", (int)getpid());
	cr_expect_not_null(strstr(b.error.message, where), "%s", b.error.message);
	expect_error(&service, caller_call(&service, "broker.service.register", "name:s", "other"),
		"broker.service.taken", "other");
	expect_error(&b, caller_call(&b, "broker.service.register", "name:s", "../x"), "rpc.params.invalid",
		"name");
	expect_error(&b, caller_call(&b, "broker.service.connect", "name:s", "Theater"), "rpc.params.invalid",
		"name");
	caller_finish(&service);
	caller_finish(&at_service);
	caller_finish(&at_caller);
	caller_finish(&a);
	caller_finish(&b);
}

Test(broker, services_hear_of_rtcore,
	.description = "HER-13 HER-12: a service is told which rtcore there is and what is in force there, "
		       "when it registers and "
		       "when another one comes; a load that failed becomes score:error, for services only")
{
	struct mos_clock clock = rtcore_double_still();
	struct mos_event event;
	struct caller service;

	clock.timeline_id = 77;
	rtcore_double_clock(rig.rt, &clock);
	caller_connect(&service, &rig);
	cr_assert_eq(caller_call(&service, "broker.service.register", "name:s", "hermes"), 0);
	cr_expect_eq(caller_u64(&service, "generation"), rig.generation);
	cr_expect_eq(caller_u64(&service, "timeline_id"), 77);
	cr_assert_eq(
		caller_call(&service, "broker.score.failed", "load_id:i error:i", (int64_t)5, (int64_t)-22),
		0);
	cr_assert_eq(rtcore_double_events(rig.rt, MOS_EVENT_SCORE_ERROR, &event, 1), 1);
	cr_expect_eq(event.u.score.timeline_id, 5);
	cr_expect_eq(event.u.score.error, -22);
	expect_error(&service,
		caller_call(&service, "broker.score.failed", "load_id:i error:i", (int64_t)5, (int64_t)1),
		"rpc.params.invalid", "error");
	rig_stop_rtcore(&rig);
	rig_start_rtcore(&rig);
	caller_notified(&service, "broker.rtcore.up");
	uint64_t generation = 0;
	cr_assert_eq(wire_get_u64(service.in.params, "generation", &generation), 0);
	cr_expect_eq(generation, rig.generation);
	caller_finish(&service);
}

Test(broker, absent_service,
	.description = "a service that does not come within 4 s is told absent, with its program as the hint")
{
	struct caller c;

	caller_connect(&c, &rig);
	expect_error(&c, caller_call(&c, "broker.service.connect", "name:s", "nobody"),
		"broker.service.absent", "nobody");
	cr_expect_not_null(strstr(c.error.hint, "mos-nobody"));
	caller_finish(&c);
}

Test(broker, nobody_takes_all_the_waiting_places,
	.description = "SEC-03: one connection may wait for eight services at a time; the ninth is refused "
		       "at once, another "
		       "caller waits and is served")
{
	struct caller greedy, modest, service;

	caller_connect(&greedy, &rig);
	caller_connect(&modest, &rig);
	for (int i = 0; i < 8; i++)
		caller_send(&greedy, "broker.service.connect", "name:s", "nobody");
	expect_error(&greedy, caller_call(&greedy, "broker.service.connect", "name:s", "hermes"),
		"broker.service.absent", "hermes");
	cr_expect_not_null(strstr(greedy.error.message, "too many"), "%s", greedy.error.message);
	caller_send(&modest, "broker.service.connect", "name:s", "hermes");
	caller_connect(&service, &rig);
	cr_assert_eq(caller_call(&service, "broker.service.register", "name:s", "hermes"), 0);
	cr_expect_eq(caller_answer(&modest), 0);
	caller_finish(&service);
	caller_finish(&modest);
	caller_finish(&greedy);
}

Test(broker, quit,
	.description = "broker.system.quit ends rtcore, tells the services, answers, exits with 0 and leaves "
		       "no socket")
{
	struct caller c, service;
	char path[100];
	int status;

	caller_connect(&service, &rig);
	cr_assert_eq(caller_call(&service, "broker.service.register", "name:s", "band"), 0);
	caller_connect(&c, &rig);
	cr_expect_eq(caller_call(&c, "broker.system.quit", ""), 0);
	caller_notified(&service, "broker.system.quit");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_QUIT), 1);
	cr_assert_eq(waitpid(rig.broker, &status, 0), rig.broker);
	rig.broker = 0;
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	(void)snprintf(path, sizeof(path), "%s/mos.sock", rig.dir);
	cr_expect_eq(access(path, F_OK), -1);
	caller_finish(&c);
	caller_finish(&service);
}

/* --- Many --- */

Test(broker, many_clients,
	.description = "KRO-13: 32 clients at once, each with 50 commands, all answered, none lost")
{
	enum { CLIENTS = 32, COMMANDS = 50 };
	static const char *const methods[] = {
		"kronos.transport.play", "kronos.transport.pause", "kronos.transport.stop"};
	uint32_t expected[3] = {0};
	struct caller c[CLIENTS];
	uint64_t slots[MOS_CLIENTS_MAX / 64] = {0};

	for (int i = 0; i < CLIENTS; i++) {
		caller_connect(&c[i], &rig);
		caller_send(&c[i], "broker.client.open", "name:s", "many");
	}
	for (int i = 0; i < CLIENTS; i++) {
		uint64_t slot;

		cr_assert_eq(caller_answer(&c[i]), 0, "%s", c[i].error.message);
		slot = caller_u64(&c[i], "slot");
		cr_expect_eq(slots[slot / 64] >> slot % 64 & 1, 0, "slots differ");
		slots[slot / 64] |= UINT64_C(1) << slot % 64;
	}
	for (int n = 0; n < COMMANDS; n++) {
		for (int i = 0; i < CLIENTS; i++) {
			caller_send(&c[i], methods[(n + i) % 3], "");
			expected[(n + i) % 3]++;
		}
		for (int i = 0; i < CLIENTS; i++)
			cr_assert_eq(caller_answer(&c[i]), 0);
	}
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_PLAY), expected[0]);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_PAUSE), expected[1]);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_STOP), expected[2]);
	for (int i = 0; i < CLIENTS; i++)
		caller_finish(&c[i]);
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, CLIENTS);
	cr_expect_eq(rtcore_double_clients(rig.rt), 0);
}

/* All hang-ups so far have been served: a call that came after them was answered. */
static uint32_t settled_fds(void)
{
	struct caller c;
	uint32_t n;

	caller_connect(&c, &rig);
	cr_assert_eq(caller_call(&c, "broker.system.status", ""), 0);
	n = rig_broker_fds(&rig);
	caller_finish(&c);
	return n;
}

Test(broker, no_leaks,
	.description = "1,000 clients come, open and go: the broker's descriptors stay as many as before")
{
	uint32_t before = settled_fds();

	for (uint32_t i = 0; i < 1000; i++) {
		struct caller c;

		caller_connect(&c, &rig);
		caller_open(&c, "passing");
		caller_finish(&c);
		(void)rtcore_double_wait(rig.rt, MOS_RTCTL_DETACH, i + 1);
	}
	cr_expect_eq(rtcore_double_clients(rig.rt), 0);
	/* The last hang-ups, this one's among them, may still be on their way; a leak would show a
	 * thousandfold. */
	cr_expect_leq(settled_fds(), before + 4);
}

/* --- Hostile --- */

static void send_raw(int sock, const void *data, size_t len, int n_fds)
{
	struct rlimit limit;
	int fds[40];
	union {
		char bytes[CMSG_SPACE(sizeof(fds))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {.iov_base = (void *)data, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (n_fds) {
		struct cmsghdr *head;

		for (int i = 0; i < n_fds; i++)
			fds[i] = STDERR_FILENO;
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
		head = CMSG_FIRSTHDR(&msg);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
		memcpy(CMSG_DATA(head), fds, sizeof(int) * (size_t)n_fds);
	}
	cr_assert_eq(sendmsg(sock, &msg, MSG_NOSIGNAL), (ssize_t)len, "%s", strerror(errno));
}

static void expect_hangup(const void *data, size_t len, int n_fds, const char *what)
{
	struct caller c;
	char byte;

	caller_connect(&c, &rig);
	send_raw(c.sock, data, len, n_fds);
	cr_expect_leq(recv(c.sock, &byte, 1, 0), 0, "%s: hung up", what);
	caller_finish(&c);
}

Test(broker, hostile_frames,
	.description =
		"frames that are none close their connection and nothing else; descriptors are not kept")
{
	static char big[(64 << 10) + 1024];
	static const char truncated[] = "\x94\x00\x01\xa5"
					"ab";
	static const char huge[] = "\xdd\xff\xff\xff\xff";
	static const char no_map[] = "\x94\x00\x01\xa1"
				     "x"
				     "\x90";
	static const char trailing[] = "\x94\x00\x01\xa1"
				       "x"
				       "\x80\x00";
	static const char response[] = "\x94\x01\x07\xc0\x80";
	static const char ping[] = "\x94\x00\x01\xb3"
				   "broker.service.ping"
				   "\x80";
	uint32_t before = settled_fds();
	struct caller good, c;
	char deep[64];

	caller_connect(&good, &rig);
	memset(big, '\x90', sizeof(big));
	memset(deep, '\x91', sizeof(deep));
	expect_hangup(big, sizeof(big), 0, "65 KiB");
	expect_hangup(truncated, sizeof(truncated) - 1, 0, "truncated");
	expect_hangup(huge, sizeof(huge) - 1, 0, "an array of 4 billion");
	expect_hangup(no_map, sizeof(no_map) - 1, 0, "params is no map");
	expect_hangup(trailing, sizeof(trailing) - 1, 0, "bytes after the frame");
	expect_hangup(deep, sizeof(deep), 0, "nested too deep");
	expect_hangup("\xc1", 1, 0, "the byte that msgpack never uses");
	expect_hangup(ping, sizeof(ping) - 1, 17, "17 descriptors");
	expect_hangup(ping, sizeof(ping) - 1, 40, "40 descriptors");

	caller_connect(&c, &rig);
	send_raw(c.sock, ping, sizeof(ping) - 1, 16); /* as many as are allowed, none wanted */
	c.id = 1;
	cr_expect_eq(caller_answer(&c), 0);
	send_raw(c.sock, response, sizeof(response) - 1, 0); /* an answer to nothing is ignored */
	cr_expect_eq(caller_call(&c, "broker.service.ping", ""), 0);
	caller_finish(&c);

	cr_expect_eq(caller_call(&good, "broker.service.ping", ""), 0, "nobody else noticed");
	cr_expect_leq(settled_fds(), before + 4);
	caller_finish(&good);
}

static uint64_t next_random(void)
{
	static uint64_t state = 42;

	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return state >> 33;
}

static void put_random(struct wire_out *out, const char *key, int depth)
{
	static const double numbers[] = {0, -1, 0.5, 1e308, -1e308, 5e-324, NAN, INFINITY, 60, 127, 128, 300};
	static const char *const texts[] = {
		"C4", "4n", "H9", "", "1m", "-1s", "drums", "master", "\xff", "0"};
	static const int64_t integers[] = {0, 1, -1, 60, 127, 128, 65536, INT64_MAX, INT64_MIN, 4294967296};

	switch (next_random() % (depth ? 5 : 7)) {
	case 0:
		wire_put_f64(out, key, numbers[next_random() % (sizeof(numbers) / sizeof(*numbers))]);
		break;
	case 1:
		wire_put_str(out, key, texts[next_random() % (sizeof(texts) / sizeof(*texts))]);
		break;
	case 2:
		wire_put_i64(out, key, integers[next_random() % (sizeof(integers) / sizeof(*integers))]);
		break;
	case 3:
		wire_put_bool(out, key, next_random() & 1);
		break;
	case 4:
		wire_put_nil(out, key);
		break;
	case 5:
		wire_open_array(out, key);
		for (uint64_t n = next_random() % 70; n; n--)
			put_random(out, NULL, 1);
		wire_close(out);
		break;
	default:
		wire_open_map(out, key);
		put_random(out, "slot", 1);
		put_random(out, "cookie", 1);
		wire_close(out);
		break;
	}
}

Test(broker, random_calls,
	.description = "4,000 calls with known keys and senseless values: each is answered, nobody falls")
{
	static const struct {
		const char *method, *keys[5];
	} call[] = {
		{"broker.client.open", {"name", "resume"}},
		{"broker.service.register", {"name"}},
		{"kronos.transport.play", {"count_in", "restart"}},
		{"kronos.transport.seek", {"ticks", "beats", "bar", "beat", "tick"}},
		{"kronos.tempo.set", {"bpm", "percent", "score"}},
		{"kronos.loop.set", {"start_ticks", "end_ticks", "from_bar", "to_bar"}},
		{"kronos.meter.set", {"num", "den", "score"}},
		{"kronos.metronome.set", {"on", "gain_db"}},
		{"kronos.midiclock.set", {"on"}},
		{"kronos.clock.follow", {"leader", "quantum", "offset_ms"}},
		{"kronos.clock.timecode", {"rate"}},
		{"kronos.midiout.link", {"port"}},
		{"kronos.midiout.unlink", {"port"}},
		{"kronos.timeline.load", {"update"}},
		{"apollo.note.play", {"note", "duration", "velocity", "channel"}},
		{"apollo.melody.play", {"notes", "duration", "velocity", "channel"}},
		{"apollo.bass.play", {"notes", "duration", "velocity"}},
		{"apollo.bank.load", {"path"}},
		{"apollo.instrument.set", {"channel", "program", "drums"}},
		{"apollo.strip.set", {"strip", "gain_db", "pan", "mute", "solo"}},
		{"apollo.strip.list", {0}},
		{"apollo.insert.add", {"strip", "kind", "what", "slot"}},
		{"apollo.insert.bypass", {"strip", "slot", "on"}},
		{"apollo.model.list", {0}},
	};
	int done = 0, refused = 0;
	struct caller c;

	caller_connect(&c, &rig);
	for (int i = 0; i < 4000; i++) {
		uint64_t which = next_random() % (sizeof(call) / sizeof(*call));
		struct wire_out out;
		int rc;

		wire_out_init(&out);
		wire_begin_request(&out, ++c.id, call[which].method);
		for (int k = 0; k < 5 && call[which].keys[k]; k++) {
			if (next_random() % 3)
				put_random(&out, call[which].keys[k], 0);
		}
		cr_assert_eq(wire_end(&out), 0);
		cr_assert_eq(wire_send(c.sock, &out, 0), 0);
		wire_out_finish(&out);
		rc = caller_answer(&c);
		cr_assert(rc == 0 || rc == -EREMOTEIO, "%s: hung up", call[which].method);
		done += rc == 0;
		refused += rc < 0;
		if (rc < 0)
			cr_expect(c.error.code[0] && c.error.message[0], "%s", call[which].method);
	}
	cr_expect(done > 100 && refused > 1000, "%d done, %d refused: the values are mixed", done, refused);
	caller_finish(&c);
}

/* Send status requests until the socket takes no more, also after the broker had its turn ten times over. */
static int send_until_stalled(struct caller *lazy, struct caller *good)
{
	struct wire_out out;
	int sent = 0, stalled = 0;

	wire_out_init(&out);
	wire_begin_request(&out, 1, "broker.system.status");
	cr_assert_eq(wire_end(&out), 0);
	while (stalled < 10 && sent < 100000) {
		int before = sent;

		while (sent < 100000 && wire_send(lazy->sock, &out, MSG_DONTWAIT) == 0)
			sent++;
		stalled = sent == before ? stalled + 1 : 0;
		cr_assert_eq(caller_call(good, "broker.service.ping", ""), 0, "others are served meanwhile");
	}
	wire_out_finish(&out);
	return sent;
}

Test(broker, never_reads,
	.description =
		"a client that does not read its answers is not read either, and loses none when it does")
{
	struct caller lazy, good;
	int sent;

	caller_connect(&lazy, &rig);
	caller_connect(&good, &rig);
	sent = send_until_stalled(&lazy, &good);
	cr_expect_lt(sent, 100000, "the broker stops listening to it");
	for (int i = 0; i < sent; i++) {
		cr_assert_eq(wire_recv(lazy.sock, &lazy.in, 0), 1, "answer %d of %d", i, sent);
		cr_assert_eq(lazy.in.kind, WIRE_RESPONSE);
	}
	lazy.id = 1;
	cr_expect_eq(caller_call(&lazy, "broker.service.ping", ""), 0, "and it is listened to again");
	caller_finish(&lazy);
	caller_finish(&good);
}

/* --- Capabilities --- */

Test(broker, other_users,
	.description = "a member of the group plays and steers; banks, services and the end of it all are "
		       "the owner's")
{
	char path[100];
	int status;
	pid_t pid;

	if (geteuid())
		cr_skip_test("only root can become another user");
	(void)snprintf(path, sizeof(path), "%s/mos.sock", rig.dir);
	cr_assert_eq(chmod(rig.dir, 0755), 0);
	cr_assert_eq(chmod(path, 0666), 0);
	pid = fork();
	if (!pid) {
		struct caller c;

		cr_assert_eq(setresuid(65534, 65534, 65534), 0);
		caller_connect(&c, &rig);
		caller_open(&c, "guest");
		cr_assert_eq(wire_get_array(c.in.result, "capabilities")->via.array.size, 12);
		cr_assert_eq(caller_call(&c, "kronos.transport.play", ""), 0);
		cr_assert_eq(caller_call(&c, "apollo.note.play", "note:s", "C4"), 0);
		_exit(caller_call(&c, "apollo.bank.load", "path:s", "/x") == -EREMOTEIO &&
					!strcmp(c.error.code, "rpc.caller.denied") &&
					caller_call(&c, "broker.service.register", "name:s", "hermes") ==
						-EREMOTEIO &&
					!strcmp(c.error.code, "rpc.caller.denied") &&
					caller_call(&c, "broker.widget.install", "path:s", "/x") ==
						-EREMOTEIO &&
					!strcmp(c.error.code, "rpc.caller.denied") &&
					caller_call(&c, "broker.widget.check", "path:s", "/root") ==
						-EREMOTEIO &&
					!strcmp(c.error.code, "rpc.caller.denied") &&
					caller_call(&c, "broker.system.quit", "") == -EREMOTEIO &&
					!strcmp(c.error.code, "rpc.caller.denied")
				? 0
				: 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_BANK), 0);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_QUIT), 0);
}
