/* SPDX-License-Identifier: MIT */
/*
 * What outlives the broker in the service manager's hands: its door, what clients share, what it knows of
 * what plays. The manager is the test (with mos-session's store), and systemd's own where a socket is
 * activated.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/mos-session/fdstore.h"
#include "../../tools/mos-session/notify.h"
#include "broker_rig.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static struct rig rig;
static struct fdstore store;
static char notify_path[100];
static int notify_fd, is_ready;

/* --- The service manager --- */

/* @return 1, 0: there was none within that time. */
static int take_within(int ms)
{
	struct pollfd fd = {.fd = notify_fd, .events = POLLIN};
	struct notification n;

	(void)poll(&fd, 1, ms);
	if (notify_receive(notify_fd, &n) != 1)
		return 0;
	is_ready |= n.sender == rig.broker && n.ready;
	if (n.remove)
		fdstore_remove(&store, -1, n.name);
	for (uint32_t i = 0; n.store && i < n.n_fds; i++) {
		(void)fdstore_add(&store, -1, n.name, n.fd[i]);
		n.fd[i] = -1;
	}
	notify_close(&n);
	return 1;
}

static void take_one(void)
{
	(void)take_within(1000);
}

static int keeps(const char *prefix)
{
	int n = 0;

	for (uint32_t i = 0; i < store.n; i++)
		n += strncmp(store.entry[i].name, prefix, strlen(prefix)) == 0;
	return n;
}

static void start_broker(void)
{
	is_ready = 0;
	rig.broker = fork();
	cr_assert_geq(rig.broker, 0);
	if (!rig.broker) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)setenv("NOTIFY_SOCKET", notify_path, 1);
		(void)setenv("MOS_STATE_DIR", rig.state, 1);
		(void)setenv("MOS_WIDGET_PATH", rig.bundles, 1);
		if (fdstore_hand_over(&store) == 0)
			execl(MOS_BROKER, MOS_BROKER, "--runtime-dir", rig.dir, (char *)NULL);
		_exit(127);
	}
	while (!is_ready)
		take_one();
}

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
	(void)rig_end_broker(&rig, SIGTERM); /* the rig has no store */
	(void)snprintf(notify_path, sizeof(notify_path), "%s/manager", rig.dir);
	notify_fd = notify_open(notify_path);
	cr_assert_geq(notify_fd, 0);
}

static void teardown(void)
{
	fdstore_clear(&store, -1);
	close(notify_fd);
	unlink(notify_path);
	rig_finish(&rig);
}

TestSuite(kept, .init = setup, .fini = teardown, .timeout = 90);

/* --- The door --- */

Test(kept, door,
	.description = "a broker that is killed leaves its door open: who knocks waits, and is served by the "
		       "next one")
{
	struct caller c;

	start_broker();
	while (!keeps("own.door"))
		take_one();
	(void)rig_end_broker(&rig, SIGKILL);
	caller_connect(&c, &rig); /* would be refused */
	caller_send(&c, "broker.system.status", "");
	start_broker();
	cr_expect_eq(caller_answer(&c), 0);
	caller_finish(&c);

	/* A clean end takes it away: nobody waits in vain. */
	(void)rig_end_broker(&rig, SIGTERM);
	while (keeps("own.door"))
		take_one();
}

Test(kept, activated,
	.description =
		"socket activation: systemd-socket-activate's door is taken, used, and left in its place")
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct caller c;
	int status;
	pid_t pid;

	if (access("/usr/bin/systemd-socket-activate", X_OK) < 0)
		cr_skip_test("systemd-socket-activate is not installed");
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/mos.sock", rig.dir);
	pid = fork();
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)setenv("MOS_STATE_DIR", rig.state, 1);
		(void)setenv("MOS_WIDGET_PATH", rig.bundles, 1);
		execl("/usr/bin/systemd-socket-activate", "systemd-socket-activate", "--seqpacket", "-l",
			address.sun_path, "--fdname=mos.sock", "-E", "MOS_STATE_DIR", "-E", "MOS_WIDGET_PATH",
			MOS_BROKER, "--runtime-dir", rig.dir, (char *)NULL);
		_exit(127);
	}
	while (access(address.sun_path, F_OK) < 0)
		(void)usleep(1000);
	/* The first to knock is why there is a broker at all. */
	c.sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	while (connect(c.sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		(void)usleep(1000); /* bound, and not listening yet */
	caller_adopt(&c, c.sock);
	cr_expect_eq(caller_call(&c, "broker.system.status", ""), 0);
	caller_finish(&c);
	cr_assert_eq(kill(pid, SIGTERM), 0); /* it has become the broker */
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_expect_eq(access(address.sun_path, F_OK), 0, "the door is the manager's");
	unlink(address.sun_path);
}

/* --- What clients share --- */

static int make_data(const char *text, unsigned int seals)
{
	int fd = memfd_create("data", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_geq(fd, 0);
	cr_assert_eq(pwrite(fd, text, strlen(text), 0), (ssize_t)strlen(text));
	if (seals)
		cr_assert_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int64_t share(struct caller *c, const char *text)
{
	int fd = make_data(text, SEALS);

	cr_assert_eq(caller_call_fd(c, fd, "broker.data.put", "kind:s", "wav:1"), 0);
	close(fd);
	return caller_i64(c, "id");
}

static void expect_shared(struct caller *c, int64_t id, const char *text)
{
	char bytes[64] = "";

	cr_assert_eq(caller_call(c, "broker.data.get", "id:i", id), 0, "%s", c->error.message);
	cr_expect_str_eq(caller_str(c, "kind"), "wav:1");
	cr_assert_eq(c->in.n_fds, 1);
	cr_expect_eq(pread(c->in.fds[0], bytes, sizeof(bytes) - 1, 0), (ssize_t)strlen(text));
	cr_expect_str_eq(bytes, text);
}

static void outlive(int sig)
{
	struct caller owner, other;
	uint64_t slot, cookie;
	int64_t first, second, third;

	start_broker();
	caller_connect(&owner, &rig);
	caller_open(&owner, "owner");
	slot = caller_u64(&owner, "slot");
	cookie = caller_u64(&owner, "cookie");
	first = share(&owner, "what was shared first");
	second = share(&owner, "second");
	while (keeps("data.") < 2)
		take_one();
	(void)rig_end_broker(&rig, sig);
	caller_finish(&owner);

	start_broker();
	caller_connect(&other, &rig);
	expect_shared(&other, first, "what was shared first");
	caller_connect(&owner, &rig);
	cr_assert_eq(caller_resume(&owner, "owner", slot, cookie), 0, "%s", owner.error.message);
	cr_expect_eq(caller_bool(&owner, "resumed"), 1);
	third = share(&owner, "third");
	cr_expect_gt(third, second, "no number is given twice");
	expect_shared(&other, second, "second");
	/* It is its own again: it goes with it, and from the manager's hands. */
	caller_finish(&owner);
	while (caller_call(&other, "broker.data.get", "id:i", first) == 0)
		;
	cr_expect_str_eq(other.error.code, "broker.data.absent");
	while (keeps("data."))
		take_one();
	caller_finish(&other);
	(void)rig_end_broker(&rig, SIGTERM);
}

Test(kept, data_killed,
	.description =
		"EVT-19: what a client shares outlives a broker that is killed, and goes with its owner")
{
	outlive(SIGKILL);
}

Test(kept, data_restarted, .description = "EVT-19: and one that is restarted in order")
{
	outlive(SIGTERM);
}

Test(kept, orphans,
	.description =
		"EVT-19 EVT-04: what belongs to a client that never comes back is let go after ten seconds")
{
	struct caller c;
	int64_t id;

	start_broker();
	caller_connect(&c, &rig);
	caller_open(&c, "owner");
	id = share(&c, "orphan");
	while (!keeps("data."))
		take_one();
	(void)rig_end_broker(&rig, SIGKILL);
	caller_finish(&c);
	start_broker();
	caller_connect(&c, &rig);
	expect_shared(&c, id, "orphan");
	while (keeps("data."))
		take_one();
	expect_error(&c, caller_call(&c, "broker.data.get", "id:i", id), "broker.data.absent", "id");
	caller_finish(&c);
}

Test(kept, many,
	.description =
		"SEC-03: who shares in a loop is no load for the service manager: little of it is stored")
{
	uint32_t n_stored = 0;
	struct caller c;

	start_broker();
	caller_connect(&c, &rig);
	caller_open(&c, "eager");
	for (int i = 0; i < 3000; i++) {
		(void)share(&c, "again");
		while (take_within(0)) /* else the broker waits for us as soon as its queue is full */
			;
	}
	while (keeps("data.") < 16)
		take_one();
	for (uint32_t i = 0; i < store.n; i++)
		n_stored += strncmp(store.entry[i].name, "data.", 5) == 0;
	cr_expect_eq(n_stored, 16, "%u", n_stored);
	caller_finish(&c);
}

/* --- What it knows --- */

Test(kept, metronome, .description = "the metronome's level, which rtcore does not tell, outlives the broker")
{
	struct mos_rtctl_msg msg;
	struct caller c;

	start_broker();
	caller_connect(&c, &rig);
	cr_assert_eq(caller_call(&c, "kronos.metronome.set", "on:b gain_db:f", 1, -12.5), 0);
	(void)rig_end_broker(&rig, SIGKILL);
	caller_finish(&c);
	while (!keeps("gateway"))
		take_one();
	start_broker();
	caller_connect(&c, &rig);
	cr_assert_eq(caller_call(&c, "kronos.metronome.set", "on:b", 0), 0);
	msg = rtcore_double_wait(rig.rt, MOS_RTCTL_METRONOME, 2);
	cr_expect_float_eq((double)msg.u.metronome.gain_db, -12.5, 1e-6);
	caller_finish(&c);
}

/* --- An end in the middle of a call --- */

Test(kept, ends_while_called,
	.description =
		"SEC-04: a call that waits for rtcore when the broker ends is no crash, and is in the audit "
		"log")
{
	char path[200], text[8192] = "";
	struct caller c;
	int fd, status;
	ssize_t n;

	start_broker();
	caller_connect(&c, &rig);
	rtcore_double_hold(rig.rt, MOS_RTCTL_METRONOME, 1);
	caller_send(&c, "kronos.metronome.set", "on:b", 1);
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_METRONOME, 1);
	status = rig_end_broker(&rig, SIGTERM);
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned int)status);
	rtcore_double_hold(rig.rt, MOS_RTCTL_METRONOME, 0);
	caller_finish(&c);

	(void)snprintf(path, sizeof(path), "%s/audit/audit-%020d.log", rig.state, 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert_geq(fd, 0, "%s", path);
	n = read(fd, text, sizeof(text) - 1);
	cr_expect_gt(n, 0);
	close(fd);
	cr_expect(strstr(text, "\"did\":\"kronos.metronome.set\""), "%s", text);
}

/* --- Nonsense --- */

static void add(const char *name, int fd)
{
	cr_assert_geq(fd, 0);
	cr_assert_eq(fdstore_add(&store, -1, name, fd), 1, "%s", name);
}

static int listening(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", rig.dir, path);
	unlink(address.sun_path);
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	cr_assert_eq(listen(fd, 1), 0);
	return fd;
}

Test(kept, nonsense,
	.description = "SEC-09: what comes back from the manager is checked: descriptors of another kind, "
		       "names that "
		       "say too much, data that can still be changed are dropped, and the door opens")
{
	static const char *const names[] = {"data.", "data.1", "data.1.2.3", "data.1.2.3.", "data.1.2.3.6",
		"data.g.2.3.61", "data.1.400.3.61", "data.0.1.1.61", "data.ffffffffffffffff.1.1.61",
		"data.11111111111111111.1.1.61", "data.1.1.1.61616161616161616161616161616161",
		"data.1.1.1.00", "data.1.1.1.6100", "data.-1.1.1.61", "data. 1.1.1.61", "dat", "", "gateway2",
		"mos.sock.x"};
	char title[512];
	struct caller c;
	int pair[2];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i][0])
			add(names[i], make_data("sealed", SEALS));
	add("data.7.1.1.61", make_data("not sealed", 0));
	add("data.8.1.1.61", make_data("", SEALS));
	add("data.9.1.1.61", open("/etc/passwd", O_RDONLY | O_CLOEXEC));
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	add("data.a.1.1.61", pair[0]);
	add("mos.sock", pair[1]);
	add("mos.sock", listening("/elsewhere", SOCK_SEQPACKET));
	add("own.door", listening("/mos.sock", SOCK_STREAM));
	add("own.door", open("/dev/null", O_RDONLY | O_CLOEXEC));
	memset(title, 'x', sizeof(title));
	title[sizeof(title) - 1] = '\0';
	add("gateway", make_data(title, 0));
	add("gateway", make_data("short", 0));
	add("data.b.1.1.61", make_data("good", SEALS));
	add("data.b.1.2.61", make_data("same number", SEALS));
	start_broker();
	caller_connect(&c, &rig);
	cr_expect_eq(caller_call(&c, "broker.system.status", ""), 0);
	for (int64_t id = 0; id < 0xb; id++)
		expect_error(&c, caller_call(&c, "broker.data.get", "id:i", id), "broker.data.absent", "id");
	cr_expect_eq(caller_call(&c, "broker.data.get", "id:i", (int64_t)0xb), 0);
	while (keeps("data.") > 1 || keeps("dat") > 1 || keeps("mos.sock") || keeps("gateway2"))
		take_one();
	caller_finish(&c);
	(void)rig_end_broker(&rig, SIGTERM);
	(void)snprintf(title, sizeof(title), "%s/elsewhere", rig.dir);
	unlink(title);
}
