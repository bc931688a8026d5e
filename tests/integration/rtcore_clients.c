/* SPDX-License-Identifier: MIT */
/*
 * The real mos-rtcore, without a driver, and the test in the broker's place: what HELLO and ATTACH hand over,
 * events of clients and of the broker, and clients that die.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <mos/audio_tap.h>
#include <mos/clock.h>
#include <mos/counters.h>
#include <mos/event_ring.h>
#include <mos/fx.h>
#include <mos/ingress.h>
#include <mos/rtctl.h>

struct rtcore {
	char dir[64];
	pid_t pid;
	int fd; /* the broker's socket */
	uint32_t next_id;
	struct mos_region clock, events, tap;
	struct mos_counters_view counters;
	struct mos_event_reader reader;
};

static void exchange(struct rtcore *r, struct mos_rtctl_msg *msg, int fd, int *ret_fds, uint32_t n_fds)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int) * 4)];
	} u = {0};
	struct iovec iov = {.iov_base = msg, .iov_len = sizeof(*msg)};
	struct msghdr hdr = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *h;
	uint32_t n = 0;

	msg->id = ++r->next_id;
	if (fd >= 0) {
		hdr.msg_control = u.buf;
		hdr.msg_controllen = CMSG_SPACE(sizeof(int));
		u.h = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&u.h), &fd, sizeof(fd));
	}
	cr_assert_eq(sendmsg(r->fd, &hdr, 0), (ssize_t)sizeof(*msg));
	hdr.msg_control = u.buf;
	hdr.msg_controllen = sizeof(u.buf);
	cr_assert_eq(recvmsg(r->fd, &hdr, MSG_CMSG_CLOEXEC), (ssize_t)sizeof(*msg));
	cr_assert_eq(msg->id, r->next_id);
	h = CMSG_FIRSTHDR(&hdr);
	if (h)
		n = (uint32_t)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	cr_assert_eq(n, msg->status < 0 ? 0 : n_fds, "%u descriptors came", n);
	if (n > 0)
		memcpy(ret_fds, CMSG_DATA(h), n * sizeof(int));
}

static int open_socket(const char *dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/rtcore.sock", dir);
	for (int i = 0; i < 3000; i++) {
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
			return fd;
		(void)poll(NULL, 0, 10); /* until it listens */
	}
	cr_assert_fail("mos-rtcore never listened");
	abort();
}

static void start(struct rtcore *r)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_HELLO, .u.hello.version = MOS_RTCTL_VERSION};
	int fd[4];

	*r = (struct rtcore){.dir = "/tmp/mos-rtcore-XXXXXX"};
	cr_assert(mkdtemp(r->dir));
	r->pid = fork();
	if (r->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl(MOS_RTCORE, MOS_RTCORE, "--driver", "none", "--instrument", "builtin",
			"--runtime-dir", r->dir, (char *)NULL);
		_exit(127);
	}
	r->fd = open_socket(r->dir);
	exchange(r, &msg, -1, fd, 4);
	cr_assert_eq(msg.status, 0);
	cr_assert_eq(mos_region_attach(fd[0], MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR,
			     sizeof(struct mos_clock_page), 0, &r->clock, NULL),
		0);
	cr_assert_eq(mos_region_attach(fd[1], MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR,
			     MOS_EVENT_RING_SLOTS_OFF, 0, &r->events, NULL),
		0);
	cr_assert_eq(mos_counters_attach(fd[2], &r->counters, NULL), 0);
	cr_assert_eq(mos_region_attach(fd[3], MOS_MAGIC_AUDIO, MOS_AUDIO_TAP_ABI_MAJOR, MOS_AUDIO_TAP_SIZE, 0,
			     &r->tap, NULL),
		0);
	for (int i = 0; i < 4; i++) {
		struct mos_region w;

		cr_assert_lt(mos_region_attach(fd[i], 0, 1, 0, 1, &w, NULL), 0,
			"region %d can be mapped for writing", i);
		close(fd[i]);
	}
	cr_assert_eq(mos_event_reader_init(&r->reader, &r->events, 0), 0);
}

static void stop(struct rtcore *r)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_QUIT};
	int status;
	char path[96];

	exchange(r, &msg, -1, NULL, 0);
	cr_assert_eq(waitpid(r->pid, &status, 0), r->pid);
	cr_assert(
		WIFEXITED(status) && WEXITSTATUS(status) == 0, "mos-rtcore ended with %x", (unsigned)status);
	close(r->fd);
	(void)snprintf(path, sizeof(path), "%s/rtcore.lock", r->dir);
	(void)unlink(path);
	cr_assert_eq(rmdir(r->dir), 0, "%s is not empty", r->dir);
	mos_region_finish(&r->clock);
	mos_region_finish(&r->events);
	mos_region_finish(&r->tap);
	mos_counters_detach(&r->counters);
}

static uint64_t figure(struct rtcore *r, const char *name)
{
	int i = mos_counters_find(&r->counters, name);

	cr_assert_geq(i, 0, "no counter %s", name);
	return mos_counters_get(&r->counters, (uint32_t)i);
}

struct client {
	struct mos_region ring;
	struct mos_ingress_writer w;
	int doorbell;
	uint32_t slot;
};

static void attach(struct rtcore *r, struct client *c, pid_t pid, uint32_t may)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_ATTACH};
	int fd[2], pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	msg.u.client.pid = (uint32_t)pid;
	msg.u.client.may = may;
	exchange(r, &msg, pidfd, fd, 2);
	close(pidfd);
	cr_assert_eq(msg.status, 0);
	cr_assert_eq(mos_region_attach(fd[0], MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_SIZE, 1,
			     &c->ring, NULL),
		0);
	cr_assert_eq(mos_ingress_writer_init(&c->w, &c->ring), 0);
	close(fd[0]);
	c->doorbell = fd[1];
	c->slot = msg.u.client.slot;
	cr_assert_eq(c->w.slot_id, c->slot);
}

static void finish(struct client *c)
{
	mos_region_finish(&c->ring);
	close(c->doorbell);
}

static int emit(struct client *c, const struct mos_event *ev)
{
	uint64_t one = 1;
	int rc = mos_ingress_push(&c->w, ev);

	if (rc == 1)
		(void)!write(c->doorbell, &one, sizeof(one));
	return rc;
}

/** The next event of a type, slept for by its group's bell. */
static struct mos_event wait_event(struct rtcore *r, uint32_t type)
{
	uint32_t group = 1u << mos_event_group(type);
	struct mos_event_bells seen;
	struct mos_event ev;
	int got;

	for (int i = 0; i < 100; i++) {
		mos_event_bells(&r->reader, group, &seen);
		while ((got = mos_event_next(&r->reader, &ev)) != 0)
			if (got == 1 && ev.type == type)
				return ev;
		(void)mos_event_wait(&r->reader, group, &seen, INT64_C(1000000000));
	}
	cr_assert_fail("%s never came", mos_event_type_name(type));
	abort();
}

Test(rtcore_clients, events, .timeout = 60,
	.description = "EVT-07 EVT-15 EVT-25: without a sink too, immediate and batched events of a client "
		       "and those of the broker "
		       "arrive; what does not check, or may not, is refused")
{
	struct mos_rtctl_msg msg = {
		.op = MOS_RTCTL_EVENT, .u.event = {.type = MOS_EVENT_WIDGET_STATE, .flags = 1}};
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .flags = MOS_EVENT_IMMEDIATE, .tick = 7};
	struct client c, mute;
	struct rtcore r;

	start(&r);
	attach(&r, &c, getpid(), MOS_MAY_EMIT);
	attach(&r, &mute, getpid(), 0);
	cr_assert_eq(emit(&mute, &ev), 1);
	ev.tick = 8;
	cr_assert_eq(emit(&c, &ev), 1);
	ev = wait_event(&r, MOS_EVENT_CHORD_DETECTED);
	cr_assert_eq(ev.tick, 8);
	cr_assert_eq(ev.source, c.slot);
	ev.flags = 0;
	for (ev.tick = 9; ev.tick < 109; ev.tick++)
		cr_assert_geq(emit(&c, &ev), 0);
	for (int64_t tick = 9; tick < 109; tick++)
		cr_assert_eq(wait_event(&r, MOS_EVENT_CHORD_DETECTED).tick, tick);
	exchange(&r, &msg, -1, NULL, 0);
	cr_assert_eq(msg.status, 0);
	cr_assert_eq(wait_event(&r, MOS_EVENT_WIDGET_STATE).source, MOS_SOURCE_BROKER);
	msg = (struct mos_rtctl_msg){
		.op = MOS_RTCTL_EVENT, .u.event = {.type = MOS_EVENT_WIDGET_STATE, .flags = 0x80}};
	exchange(&r, &msg, -1, NULL, 0);
	cr_assert_eq(msg.status, -EINVAL);
	cr_assert_eq(figure(&r, "bus.refused.grant.chord:detected"), 1);
	cr_assert_eq(figure(&r, "bus.published.chord:detected"), 101);
	finish(&c);
	finish(&mute);
	stop(&r);
}

Test(rtcore_clients, killed_while_it_floods, .timeout = 60,
	.description = "EVT-04 EVT-22: a client that floods, and overwrites its ring, is killed with SIGKILL "
		       "thirty times: its slot is "
		       "free again, nothing of it stays, and others' events come through meanwhile")
{
	struct mos_event ev = {.type = MOS_EVENT_CHORD_DETECTED, .flags = MOS_EVENT_IMMEDIATE};
	struct client c, bad;
	struct rtcore r;

	start(&r);
	attach(&r, &c, getpid(), MOS_MAY_EMIT);
	for (int round = 0; round < 30; round++) {
		pid_t pid = fork();

		cr_assert_geq(pid, 0);
		if (pid == 0) { /* its ring is written from here: who dies is the same to rtcore */
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				(void)pause();
		}
		attach(&r, &bad, pid, MOS_MAY_EMIT | MOS_MAY_PLAY);
		for (uint32_t i = 0; i < 2000; i++) { /* what the dying one would write */
			(void)emit(&bad, &ev);
			if (i % 200 == 0)
				bad.w.hdr->write_pos = (uint64_t)i << (round % 64);
		}
		ev.tick = round;
		cr_assert_eq(emit(&c, &ev), 1);
		for (struct mos_event got = {.source = 0xffff}; got.source != c.slot;)
			got = wait_event(&r, MOS_EVENT_CHORD_DETECTED);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert_eq(waitpid(pid, NULL, 0), pid);
		while (figure(&r, "control.clients") > 1)
			(void)poll(NULL, 0, 1);
		finish(&bad);
	}
	attach(&r, &bad, getpid(), 0);
	cr_assert_eq(bad.slot, 1, "its slot was not free");
	finish(&bad);
	finish(&c);
	stop(&r);
}

Test(rtcore_clients, resumed, .timeout = 60,
	.description = "EVT-04 EVT-10: who resumes gets its own ring and doorbell once more; a wrong cookie, "
		       "another "
		       "process or a client that left gets nothing")
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_ATTACH}, ask;
	struct mos_region ring;
	struct rtcore r;
	int fd[2];

	start(&r);
	msg.u.client.pid = (uint32_t)getpid();
	exchange(&r, &msg, -1, fd, 2);
	cr_assert_eq(msg.status, 0);
	close(fd[0]);
	close(fd[1]);
	msg.op = MOS_RTCTL_RESUME;
	for (int wrong = 0; wrong < 2; wrong++) {
		ask = msg;
		if (wrong)
			ask.u.client.pid++;
		else
			ask.u.client.cookie++;
		exchange(&r, &ask, -1, NULL, 0);
		cr_expect_eq(ask.status, -ESTALE);
	}
	ask = msg;
	exchange(&r, &ask, -1, fd, 2);
	cr_assert_eq(ask.status, 0);
	cr_assert_eq(mos_region_attach(fd[0], MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_SIZE, 1,
			     &ring, NULL),
		0);
	cr_expect_eq(((struct mos_ingress_hdr *)ring.base)->slot_id, msg.u.client.slot);
	mos_region_finish(&ring);
	close(fd[0]);
	close(fd[1]);
	msg.op = MOS_RTCTL_DETACH;
	ask = msg;
	exchange(&r, &ask, -1, NULL, 0);
	msg.op = MOS_RTCTL_RESUME;
	exchange(&r, &msg, -1, NULL, 0);
	cr_expect_eq(msg.status, -ESTALE);
	stop(&r);
}

Test(rtcore_clients, dead_on_arrival, .timeout = 60,
	.description = "EVT-04: who died before it was let in is answered for all the same, three hundred "
		       "times, and no "
		       "slot stays taken")
{
	struct rtcore r;
	pid_t pid = fork();
	int pidfd;

	cr_assert_geq(pid, 0);
	if (pid == 0)
		_exit(0);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	cr_assert_geq(pidfd, 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	start(&r);
	for (int i = 0; i < 300; i++) {
		struct mos_rtctl_msg msg = {.op = MOS_RTCTL_ATTACH, .u.client.pid = (uint32_t)pid};
		int fd[2];

		exchange(&r, &msg, pidfd, fd, 2);
		cr_assert(msg.status == 0 || msg.status == -ESRCH, "%d", msg.status);
		if (msg.status == 0) {
			close(fd[0]);
			close(fd[1]);
		}
	}
	while (figure(&r, "control.clients") > 0)
		(void)poll(NULL, 0, 1);
	close(pidfd);
	stop(&r);
}

/* Many requests of one kind, none of which fails. */
static void set_effects(struct rtcore *r, const struct mos_rtctl_msg msg[], uint32_t n)
{
	struct mos_rtctl_msg answer;

	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(send(r->fd, &msg[i], sizeof(msg[i]), 0), (ssize_t)sizeof(msg[i]));
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_eq(recv(r->fd, &answer, sizeof(answer), 0), (ssize_t)sizeof(answer));
		cr_assert_eq(answer.status, 0);
	}
}

/* @return how many differ from what they were. */
static uint32_t settings(struct rtcore *r)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FX_LIST};
	int fd;

	exchange(r, &msg, -1, &fd, 1);
	close(fd);
	return msg.u.fx_list.n;
}

Test(rtcore_clients, effects_reset, .timeout = 60,
	.description = "more settings than the audio thread's queue holds are reset by one request, and it "
		       "answers on")
{
	struct mos_rtctl_msg msg[MOS_FX_PARAMS_MAX], reset = {.op = MOS_RTCTL_FX};
	const struct mos_fx_param *p;
	uint32_t n_set = 0;
	struct rtcore r;

	start(&r);
	for (uint32_t s = 0; s < MOS_N_STRIPS; s++)
		for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
			uint32_t n = mos_fx_on_strip(u) ? mos_fx_params(u, &p) : 0;

			for (uint32_t i = 0; i < n; i++) {
				msg[i] = (struct mos_rtctl_msg){.op = MOS_RTCTL_FX};
				msg[i].u.fx.strip = s;
				msg[i].u.fx.unit = u;
				msg[i].u.fx.param = i;
				msg[i].u.fx.value = p[i].initial == p[i].max ? p[i].min : p[i].max;
			}
			set_effects(&r, msg, n);
			n_set += n;
		}
	cr_assert_gt(n_set, 1024);
	cr_expect_eq(settings(&r), n_set);
	reset.u.fx.strip = MOS_FX_ALL_STRIPS;
	reset.u.fx.unit = reset.u.fx.param = MOS_FX_ALL;
	exchange(&r, &reset, -1, NULL, 0);
	cr_expect_eq(reset.status, 0);
	cr_expect_eq(settings(&r), 0);
	stop(&r);
}
