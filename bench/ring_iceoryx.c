/* SPDX-License-Identifier: MIT */
/*
 * The peer: iceoryx 2.0, zero-copy publish/subscribe over shared memory, through its C binding. Its daemon
 * RouDi is started with small pools and stopped here; one that runs already is used.
 */
#include "ring_link.h"

#include <errno.h>

#ifdef HAVE_ICEORYX
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iceoryx_binding_c/api.h>

#define READY_TIMEOUT_MS 10000

struct iceoryx_state {
	pid_t roudi; /* 0: not ours */
	iox_pub_storage_t pub_storage;
	iox_sub_storage_t sub_storage;
	iox_pub_t pub;
	iox_sub_t sub;
};

static const char pools[] = "[general]\nversion = 1\n[[segment]]\n"
			    "[[segment.mempool]]\nsize = 128\ncount = 2000\n";

/** Read RouDi's messages until it is ready. @return true; false: it ended, or said nothing for long. */
static bool wait_until_ready(int fd)
{
	char text[4096];
	size_t len = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (poll(&p, 1, READY_TIMEOUT_MS) > 0) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, "ready for clients"))
			return true;
		if (len == sizeof(text) - 1)
			len = 0;
	}
	return false;
}

static pid_t spawn_roudi(int out_fd, const char *config)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(out_fd, STDOUT_FILENO);
	dup2(out_fd, STDERR_FILENO);
	execl(ROUDI, ROUDI, "--monitoring-mode", "off", "--config-file", config, (char *)NULL);
	_exit(127);
}

static int iceoryx_create(struct link *link)
{
	struct iceoryx_state *s = calloc(1, sizeof(*s));
	char config[] = "/tmp/bench-roudi-XXXXXX";
	int fd = mkstemp(config), out[2];
	bool ready;

	link->state = s;
	if (!s || fd < 0 || pipe(out) < 0)
		return -errno;
	if (write(fd, pools, sizeof(pools) - 1) != sizeof(pools) - 1)
		return -EIO;
	close(fd);
	s->roudi = spawn_roudi(out[1], config);
	close(out[1]);
	ready = s->roudi > 0 && wait_until_ready(out[0]);
	/* Its later messages go nowhere, but a closed pipe would end it: out[0] stays open. */
	unlink(config);
	if (!ready)
		fprintf(stderr, "ring: iox-roudi did not get ready, leaving iceoryx out\n");
	return ready ? 0 : -ENOENT;
}

static int iceoryx_attach(struct link *link, int side)
{
	static const char *const topic[2] = {"to-pong", "to-ping"};
	struct iceoryx_state *s = link->state;
	iox_pub_options_t pub_options;
	iox_sub_options_t sub_options;
	char name[64];

	snprintf(name, sizeof(name), "mos-bench-%d", (int)getpid());
	iox_set_loglevel(Iceoryx_LogLevel_Error);
	iox_runtime_init(name);
	iox_pub_options_init(&pub_options);
	iox_sub_options_init(&sub_options);
	s->pub = iox_pub_init(&s->pub_storage, "mos", "bench", topic[side], &pub_options);
	s->sub = iox_sub_init(&s->sub_storage, "mos", "bench", topic[!side], &sub_options);
	/* RouDi brings both together at its next look round, some 100 ms. */
	while (!iox_pub_has_subscribers(s->pub) ||
		iox_sub_get_subscription_state(s->sub) != SubscribeState_SUBSCRIBED)
		usleep(1000);
	return 0;
}

static void iceoryx_send(struct link *link, const struct mos_event *ev)
{
	struct iceoryx_state *s = link->state;
	void *chunk;

	while (iox_pub_loan_chunk(s->pub, &chunk, sizeof(*ev)) != AllocationResult_SUCCESS)
		;
	memcpy(chunk, ev, sizeof(*ev));
	iox_pub_publish_chunk(s->pub, chunk);
}

static bool iceoryx_take(struct link *link, struct mos_event *ret)
{
	struct iceoryx_state *s = link->state;
	const void *chunk;

	if (iox_sub_take_chunk(s->sub, &chunk) != ChunkReceiveResult_SUCCESS)
		return false;
	memcpy(ret, chunk, sizeof(*ret));
	iox_sub_release_chunk(s->sub, chunk);
	return true;
}

static void iceoryx_stop(struct link *link)
{
	struct iceoryx_state *s = link->state;

	kill(s->roudi, SIGTERM);
	waitpid(s->roudi, NULL, 0);
}

const struct link_ops link_iceoryx = {
	"iceoryx", iceoryx_create, iceoryx_attach, iceoryx_send, iceoryx_take, iceoryx_stop};

#else

static int iceoryx_create(struct link *link)
{
	return -ENOENT;
}

const struct link_ops link_iceoryx = {.name = "iceoryx", .create = iceoryx_create};

#endif
