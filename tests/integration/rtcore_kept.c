/* SPDX-License-Identifier: MIT */
/*
 * What the service manager hands to mos-rtcore after a kill, and is not what it should be. The manager is the
 * test, with mos-session's store; the order of what it hands over is not promised by anybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <mos/clock.h>
#include <mos/rtctl.h>

#include "../../tools/mos-session/fdstore.h"
#include "../../tools/mos-session/notify.h"
#include "band_timeline.h"
#include "fdmsg.h"

static char dir[] = "/tmp/mos-kept-XXXXXX", notify_path[64];
static struct fdstore store;
static int notify_fd, sock = -1, clock_fd = -1;
static bool is_ready;
static pid_t pid;
static uint32_t next_id;

/* --- The service manager --- */

static void take(int timeout_ms)
{
	struct pollfd fd = {.fd = notify_fd, .events = POLLIN};
	struct notification n;

	(void)poll(&fd, 1, timeout_ms);
	while (notify_receive(notify_fd, &n) == 1) {
		is_ready |= n.sender == pid && n.ready;
		if (n.remove)
			fdstore_remove(&store, -1, n.name);
		for (uint32_t i = 0; n.store && i < n.n_fds; i++) {
			(void)fdstore_add(&store, -1, n.name, n.fd[i]);
			n.fd[i] = -1;
		}
		notify_close(&n);
	}
}

static uint32_t keeps(const char *name)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < store.n; i++)
		n += strcmp(store.entry[i].name, name) == 0;
	return n;
}

/* systemd hands over first what was stored last. */
static void turn_over(void)
{
	for (uint32_t i = 0; i < store.n / 2; i++) {
		struct fdstore_entry e = store.entry[i];

		store.entry[i] = store.entry[store.n - 1 - i];
		store.entry[store.n - 1 - i] = e;
	}
}

/* --- mos-rtcore --- */

static int ask(struct mos_rtctl_msg *msg, int fd)
{
	int fds[FDMSG_FDS_MAX];
	uint32_t n = 0;

	msg->id = ++next_id;
	cr_assert_eq(fdmsg_send(sock, msg, sizeof(*msg), &fd, fd >= 0, 0), 0);
	do {
		struct pollfd p = {.fd = sock, .events = POLLIN};

		cr_assert_eq(poll(&p, 1, 20000), 1, "no answer to request %u", msg->op);
		cr_assert_eq(fdmsg_recv(sock, msg, sizeof(*msg), fds, &n, 0), (ssize_t)sizeof(*msg));
		for (uint32_t i = msg->op == MOS_RTCTL_HELLO ? 1 : 0; i < n; i++)
			close(fds[i]);
	} while (msg->id != next_id);
	if (msg->op == MOS_RTCTL_HELLO && n)
		clock_fd = fds[0];
	return msg->status;
}

static void start(void)
{
	struct mos_rtctl_msg hello = {.op = MOS_RTCTL_HELLO};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	is_ready = false;
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)setenv("NOTIFY_SOCKET", notify_path, 1);
		if (fdstore_hand_over(&store) == 0)
			(void)execl(MOS_RTCORE, MOS_RTCORE, "--driver", "none", "--instrument", "builtin",
				"--runtime-dir", dir, (char *)NULL);
		_exit(127);
	}
	while (!is_ready) {
		cr_assert_eq(waitpid(pid, NULL, WNOHANG), 0, "it has ended");
		take(100);
	}
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/rtcore.sock", dir);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert_eq(connect(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	hello.u.hello.version = MOS_RTCTL_VERSION;
	cr_assert_eq(ask(&hello, -1), 0, "%s", hello.u.text);
}

static int end(int sig)
{
	int status;

	cr_assert_eq(kill(pid, sig), 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	pid = 0;
	take(0);
	close(sock);
	close(clock_fd);
	sock = clock_fd = -1;
	return status;
}

static uint64_t timeline_in_force(void)
{
	struct mos_region page;
	struct mos_clock clock = {0};

	cr_assert_eq(mos_region_attach(clock_fd, MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR,
			     sizeof(struct mos_clock_page), 0, &page, NULL),
		0);
	cr_assert_eq(mos_clock_read(page.base, &clock), 0);
	mos_region_finish(&page);
	return clock.timeline_id;
}

static uint64_t load(uint32_t bars)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOAD};
	int fd = band_timeline(500000000, bars, (struct mos_tl_policy){0});

	cr_assert_eq(ask(&msg, fd), 0, "%s", msg.u.text);
	close(fd);
	return msg.u.load.timeline_id;
}

static void setup(void)
{
	cr_assert(mkdtemp(dir));
	(void)snprintf(notify_path, sizeof(notify_path), "%s/manager", dir);
	notify_fd = notify_open(notify_path);
	cr_assert_geq(notify_fd, 0);
}

static void teardown(void)
{
	static const char *const left[] = {"manager", "rtcore.lock", "rtcore.sock"};
	char path[64];

	fdstore_clear(&store, -1);
	close(notify_fd);
	for (uint32_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, left[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

TestSuite(rtcore_kept, .init = setup, .fini = teardown, .timeout = 90);

static void add(const char *name, int fd)
{
	cr_assert_geq(fd, 0);
	cr_assert_eq(fdstore_add(&store, -1, name, fd), 1, "%s", name);
}

Test(rtcore_kept, left_over,
	.description =
		"SCL-08: a timeline that one left who died while it took it over is not taken for the one "
		"that "
		"played, whatever the order in which they are handed over; nothing gathers in the store")
{
	uint64_t first, second;

	start();
	first = load(2);
	while (keeps("rtcore-timeline-1") != 1)
		take(100);
	(void)end(SIGKILL);
	add("rtcore-timeline-0", band_timeline(400000000, 3, (struct mos_tl_policy){0}));
	turn_over();

	start();
	cr_expect_eq(timeline_in_force(), first);
	second = load(4);
	cr_expect_neq(second, first);
	while (keeps("rtcore-timeline-1"))
		take(100);
	(void)end(SIGKILL);
	cr_expect_eq(keeps("rtcore-timeline-0"), 1);
	cr_expect_eq(store.n, 3, "box, clock and timeline, not %u", store.n);
	turn_over();

	start(); /* the second time within ten seconds: a third one would be a loop */
	cr_expect_eq(timeline_in_force(), second);
	(void)end(SIGTERM);
	cr_expect_eq(store.n, 0, "a clean end leaves nothing");
}

static void write_wav(const char *path)
{
	static const uint32_t header[11] = {0x46464952, 36 + 9600, 0x45564157, 0x20746d66, 16, 0x00010001,
		48000, 96000, 0x00100002, 0x61746164, 9600};
	static const char silence[9600];
	FILE *f = fopen(path, "we");

	cr_assert(f);
	cr_assert_eq(fwrite(header, sizeof(header), 1, f), 1);
	cr_assert_eq(fwrite(silence, sizeof(silence), 1, f), 1);
	cr_assert_eq(fclose(f), 0);
}

static uint32_t n_clips(void)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_CLIP_LIST};

	cr_assert_eq(ask(&msg, -1), 0);
	return msg.u.clip_list.n;
}

Test(rtcore_kept, clip_numbers,
	.description = "SCL-08 APO-32: clips come back under their numbers, and a new one gets another, in "
		       "whatever order they "
		       "came into force")
{
	struct mos_rtctl_msg by_bar = {.op = MOS_RTCTL_CLIP,
				     .u.clip = {.end_tick = INT64_MAX, .flags = MOS_CLIP_BY_BAR}},
			     by_tick = {.op = MOS_RTCTL_CLIP, .u.clip = {.end_tick = INT64_MAX}}, msg;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/clip.wav", dir);
	write_wav(path);
	strcpy(by_bar.u.clip.path, path);
	strcpy(by_tick.u.clip.path, path);
	start();
	(void)load(2);
	/* Where a bar is takes a turn of the audio thread: the second one overtakes it. */
	by_bar.id = ++next_id;
	cr_assert_eq(fdmsg_send(sock, &by_bar, sizeof(by_bar), NULL, 0, 0), 0);
	msg = by_tick;
	cr_assert_eq(ask(&msg, -1), 0, "%s", msg.u.text);
	cr_expect_eq(msg.u.clip.id, 2);
	while (n_clips() < 2)
		;
	(void)end(SIGKILL);

	start();
	while (n_clips() < 2)
		;
	msg = by_tick;
	cr_assert_eq(ask(&msg, -1), 0, "%s", msg.u.text);
	cr_expect_eq(msg.u.clip.id, 3, "number %u is in use", msg.u.clip.id);
	(void)end(SIGTERM);
	(void)unlink(path);
}

/* As large as a box, and sealed as one. */
static int noise(size_t size)
{
	int fd = memfd_create("noise", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	unsigned char bytes[256];

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)size), 0);
	cr_assert_eq(getrandom(bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	for (size_t at = 0; at + sizeof(bytes) <= size; at += sizeof(bytes))
		cr_assert_eq(pwrite(fd, bytes, sizeof(bytes), (off_t)at), (ssize_t)sizeof(bytes));
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	return fd;
}

Test(rtcore_kept, nonsense,
	.description = "SEC-09 SCL-08: pipes, noise, too much of it, and boxes without their timeline: it "
		       "starts empty, "
		       "answers, and clears what is no good out of the store")
{
	int pipes[2];
	int status;

	cr_assert_eq(pipe2(pipes, O_CLOEXEC), 0);
	add("rtcore-box", pipes[0]);
	add("rtcore-clock", pipes[1]);
	add("rtcore-box", noise(1u << 20));
	add("rtcore-timeline-0", noise(1u << 16));
	add("rtcore-timeline-1", open("/dev/null", O_RDONLY | O_CLOEXEC));
	for (int i = 0; i < 100; i++)
		add("rtcore-box", noise(4096));
	start();
	cr_expect_eq(timeline_in_force(), 0);
	while (keeps("rtcore-box") != 1 || keeps("rtcore-clock") != 1)
		take(100);
	cr_expect_eq(store.n, 2);
	(void)load(2);
	while (!keeps("rtcore-timeline-1"))
		take(100);
	(void)end(SIGKILL);

	/* A box that names a timeline which is noise now. */
	fdstore_remove(&store, -1, "rtcore-timeline-1");
	add("rtcore-timeline-1", noise(1u << 16));
	start();
	cr_expect_eq(timeline_in_force(), 0);
	status = end(SIGTERM);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", (unsigned int)status);
}
