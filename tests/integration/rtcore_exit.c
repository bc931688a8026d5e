/* SPDX-License-Identifier: MIT */
/*
 * The real mos-rtcore in a private PipeWire, and the test in the broker's place: however the process is told
 * to end while a chord sounds on its MIDI output, the listener is left with nothing. And the links by name,
 * over the private channel.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <mos/rtctl.h>

#include "band_timeline.h"
#include "headless_pw.h"
#include "pw_listener.h"

#define QUANTUM 128u
#define RATE_HZ 48000u
#define ATTEMPTS 3

TestSuite(rtcore_exit, .timeout = 90);

struct rig {
	struct headless_pw pw;
	char dir[64];
	pid_t pid;
	int fd;
	uint32_t next_id;
};

static bool is_up(void *data)
{
	struct rig *rig = data;
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/rtcore.sock", rig->dir);
	return connect(rig->fd, (struct sockaddr *)&a, sizeof(a)) == 0;
}

static void start(struct rig *rig)
{
	int r;

	*rig = (struct rig){.dir = "/tmp/mos-exit-XXXXXX"};
	r = headless_pw_start(&rig->pw, QUANTUM, RATE_HZ);
	if (r == -ENOENT)
		cr_skip_test("PipeWire or WirePlumber is not installed");
	cr_assert_eq(r, 0);
	cr_assert(mkdtemp(rig->dir));
	rig->pid = fork();
	if (rig->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl(MOS_RTCORE, MOS_RTCORE, "--instrument", "builtin", "--runtime-dir", rig->dir,
			(char *)NULL);
		_exit(127);
	}
	rig->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	cr_assert(headless_pw_wait(is_up, rig));
}

static void end(struct rig *rig)
{
	char path[96];
	int status;

	cr_assert_eq(waitpid(rig->pid, &status, 0), rig->pid);
	cr_expect(
		WIFEXITED(status) && WEXITSTATUS(status) == 0, "mos-rtcore ended with %x", (unsigned)status);
	close(rig->fd);
	(void)snprintf(path, sizeof(path), "%s/rtcore.lock", rig->dir);
	(void)unlink(path);
	(void)rmdir(rig->dir);
}

/** @param fd  Goes beside it, -1: none. @param ret_fd  Of the answer; -1: none. @return its status. */
static int ask(struct rig *rig, struct mos_rtctl_msg *msg, int fd, int *ret_fd)
{
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(sizeof(int) * 4)];
	} u = {0};
	struct iovec iov = {.iov_base = msg, .iov_len = sizeof(*msg)};
	struct msghdr hdr = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *h;
	int got = -1;

	msg->id = ++rig->next_id;
	if (fd >= 0) {
		hdr.msg_control = u.buf;
		hdr.msg_controllen = CMSG_SPACE(sizeof(int));
		u.h = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&u.h), &fd, sizeof(fd));
	}
	cr_assert_eq(sendmsg(rig->fd, &hdr, 0), (ssize_t)sizeof(*msg));
	hdr.msg_control = u.buf;
	hdr.msg_controllen = sizeof(u.buf);
	cr_assert_eq(recvmsg(rig->fd, &hdr, MSG_CMSG_CLOEXEC), (ssize_t)sizeof(*msg));
	cr_assert_eq(msg->id, rig->next_id);
	h = CMSG_FIRSTHDR(&hdr);
	if (h)
		memcpy(&got, CMSG_DATA(h), sizeof(got));
	if (ret_fd)
		*ret_fd = got;
	else if (got >= 0)
		close(got);
	return msg->status;
}

static int command(struct rig *rig, uint32_t op)
{
	struct mos_rtctl_msg msg = {.op = op};

	return ask(rig, &msg, -1, NULL);
}

struct trying {
	struct rig *rig;
	struct mos_rtctl_msg msg, answer;
	int wanted;
};

static bool succeeds(void *data)
{
	struct trying *t = data;

	t->answer = t->msg;
	return ask(t->rig, &t->answer, -1, NULL) == t->wanted;
}

static struct mos_rtctl_msg link_port(struct rig *rig, const char *name, int wanted)
{
	struct trying t = {.rig = rig, .msg = {.op = MOS_RTCTL_MIDI_LINK}, .wanted = wanted};

	(void)snprintf(t.msg.u.midi_link.port, sizeof(t.msg.u.midi_link.port), "%s", name);
	cr_assert(headless_pw_wait(succeeds, &t), "%s: %d %s", name, t.answer.status, t.answer.u.text);
	return t.answer;
}

/** -1: not there. */
static int is_linked(struct rig *rig, const char *name)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MIDI_PORTS};
	struct mos_rtctl_port port;
	int fd, linked = -1;

	cr_assert_eq(ask(rig, &msg, -1, &fd), 0);
	for (uint32_t i = 0; i < msg.u.midi_ports.n; i++) {
		cr_assert_eq(
			pread(fd, &port, sizeof(port), (off_t)(i * sizeof(port))), (ssize_t)sizeof(port));
		if (strcmp(port.name, name) == 0)
			linked = (int)port.is_linked;
	}
	close(fd);
	return linked;
}

static void play(struct rig *rig)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOAD};
	struct trying playing = {.rig = rig, .msg = {.op = MOS_RTCTL_PLAY}};
	int fd = band_timeline(250000000, 2, (struct mos_tl_policy){.flags = MOS_TL_PANIC});

	cr_assert_eq(ask(rig, &msg, fd, NULL), 0, "%s", msg.u.text);
	close(fd);
	cr_assert(headless_pw_wait(succeeds, &playing), "%s", playing.answer.u.text);
}

static bool sounds(void *data)
{
	return pw_listener_sounding(data, pw_listener_count(data)) == 2;
}

/* What was sent last is on its way when whoever sent it is gone. */
static bool is_silent(void *data)
{
	return pw_listener_sounding(data, pw_listener_count(data)) == 0;
}

static bool was_told(void *data)
{
	const struct pw_listener *listener = data;
	bool told = false;

	for (uint32_t i = 0; i < pw_listener_count(listener); i++)
		told = told || pw_listener_get(listener, i).word == 0x20c00500;
	return told;
}

static bool was_swept(const struct pw_listener *listener)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < pw_listener_count(listener); i++)
		n += (pw_listener_get(listener, i).word & 0xfff0ffff) == 0x20b07900;
	return n == 16;
}

static bool is_quiet(void *data)
{
	return is_silent(data) && was_swept(data);
}

/** A busy machine may rob the listener of the one cycle that counts: three times it will not. */
static void expect_quiet_after(void (*leave)(struct rig *rig))
{
	bool quiet = false;

	for (int i = 0; i < ATTEMPTS && !quiet; i++) {
		struct rig rig;
		struct pw_listener *listener;

		start(&rig);
		listener = pw_listener_start("synth", "in");
		(void)link_port(&rig, "synth", 0);
		play(&rig);
		cr_assert(headless_pw_wait(sounds, listener), "the chord never came");
		leave(&rig);
		end(&rig);
		quiet = headless_pw_wait_for(is_quiet, listener, 1000);
		pw_listener_stop(listener);
		headless_pw_stop(&rig.pw);
	}
	cr_expect(quiet, "something sounds on");
}

static void terminate(struct rig *rig)
{
	cr_assert_eq(kill(rig->pid, SIGTERM), 0);
}

static void interrupt(struct rig *rig)
{
	cr_assert_eq(kill(rig->pid, SIGINT), 0);
}

static void quit(struct rig *rig)
{
	cr_assert_eq(command(rig, MOS_RTCTL_QUIT), 0);
}

static void unload_and_quit(struct rig *rig)
{
	cr_assert_eq(command(rig, MOS_RTCTL_UNLOAD), 0);
	usleep(20000);
	cr_assert_eq(command(rig, MOS_RTCTL_QUIT), 0);
}

Test(rtcore_exit, sigterm, .description = "T-46 T-62 T-19: SIGTERM while a chord sounds on the MIDI output")
{
	expect_quiet_after(terminate);
}

Test(rtcore_exit, sigint, .description = "T-46 T-19: SIGINT while a chord sounds on the MIDI output")
{
	expect_quiet_after(interrupt);
}

Test(rtcore_exit, quit, .description = "T-46 T-19: told to quit while a chord sounds on the MIDI output")
{
	expect_quiet_after(quit);
}

Test(rtcore_exit, unload,
	.description = "T-46 T-19: the song is taken away while a chord sounds on the MIDI output")
{
	expect_quiet_after(unload_and_quit);
}

/** @return false: the listener was robbed of a cycle, or something sounds on. */
static bool unlinks_clean(void)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MIDI_UNLINK, .u.midi_link.port = "synth"};
	struct pw_listener *listener, *other;
	struct rig rig;
	bool quiet;

	start(&rig);
	listener = pw_listener_start("synth", "in");
	other = pw_listener_start("organ", "in");
	(void)link_port(&rig, "synth", 0);
	play(&rig);
	cr_assert(headless_pw_wait(sounds, listener), "the chord never came");
	cr_assert_eq(command(&rig, MOS_RTCTL_PAUSE), 0);
	(void)link_port(&rig, "organ", 0);
	cr_assert(headless_pw_wait(was_told, other), "the second listener knows no program");
	cr_assert_eq(command(&rig, MOS_RTCTL_PLAY), 0);
	cr_assert(headless_pw_wait(sounds, listener));
	cr_assert_eq(ask(&rig, &msg, -1, NULL), 0);
	cr_assert_eq(is_linked(&rig, "synth:in"), 0);
	quiet = headless_pw_wait_for(is_silent, listener, 1000);
	cr_assert(headless_pw_wait(sounds, other), "the other one hears nothing any more");
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_MIDI_UNLINK, .u.midi_link.port = "synth"};
	cr_expect_eq(ask(&rig, &msg, -1, NULL), -ENOENT);
	quit(&rig);
	end(&rig);
	pw_listener_stop(listener);
	pw_listener_stop(other);
	headless_pw_stop(&rig.pw);
	return quiet;
}

Test(rtcore_exit, unlinked,
	.description = "T-19 T-32: a link of the MIDI output is taken back while a chord sounds there: it is "
		       "let go first, "
		       "and others play on; who comes to others is told the programs")
{
	bool quiet = false;

	for (int i = 0; i < ATTEMPTS && !quiet; i++)
		quiet = unlinks_clean();
	cr_expect(quiet, "something sounds on");
}

Test(rtcore_exit, links,
	.description = "T-25 T-27: ports are listed, linked by name, refused with a sentence, unlinked")
{
	struct pw_listener *listener;
	struct mos_rtctl_msg msg;
	struct rig rig;

	start(&rig);
	listener = pw_listener_start("synth", "in");
	msg = link_port(&rig, "ynth:i", 0);
	cr_expect_str_eq(msg.u.midi_link.port, "synth:in");
	cr_expect_eq(is_linked(&rig, "synth:in"), 1);
	cr_expect_eq(is_linked(&rig, "mos:midi_in"), -1, "our own");
	msg = link_port(&rig, "nothing", -ENOENT);
	cr_expect(strstr(msg.u.text, "synth:in"), "%s", msg.u.text);
	cr_expect_eq(command(&rig, MOS_RTCTL_MIDI_UNLINK), 0);
	cr_expect_eq(command(&rig, MOS_RTCTL_QUIT), 0);
	end(&rig);
	pw_listener_stop(listener);
	headless_pw_stop(&rig.pw);
}
