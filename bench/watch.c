/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static pid_t spawn(const char *stream)
{
	char target[64];
	const char *const argv[] = {"gst-launch-1.0", "-q", "pipewiresrc", target, "!",
		"video/x-raw,format=RGBA", "!", "fakesink", "sync=false", NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int rc;

	(void)snprintf(target, sizeof(target), "target-object=%s", stream);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	(void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc == 0 ? pid : -1;
}

int64_t watch_frames(struct mos_client *c, const char *stream)
{
	struct mos_reply reply;
	int64_t n = -1;

	if (mos_call(c, "theater.stream.list", MOS_NO_ARGS, &reply) < 0)
		return -1;
	const struct mos_value *streams = mos_get(&reply.value, "streams");
	for (uint32_t i = 0; streams && i < streams->len; i++)
		if (strcmp(mos_get_str(&streams->u.items[i], "name", ""), stream) == 0)
			n = mos_get_int(&streams->u.items[i], "frames", -1);
	mos_reply_finish(&reply);
	return n;
}

pid_t watch_start(struct mos_client *c, const char *stream)
{
	int64_t before = -1;
	pid_t pid;

	for (int i = 0; i < 200 && (before = watch_frames(c, stream)) < 0; i++)
		(void)usleep(100000); /* its node is on the way */
	pid = spawn(stream);
	if (pid < 0) {
		fprintf(stderr, "watch: gst-launch-1.0 cannot be run\n");
		return -1;
	}
	for (int i = 0; i < 300; i++) {
		if (watch_frames(c, stream) >= before + 10)
			return pid;
		(void)usleep(100000);
	}
	fprintf(stderr, "watch: %s gives no frames\n", stream);
	watch_stop(pid);
	return -1;
}

void watch_stop(pid_t watcher)
{
	(void)kill(watcher, SIGKILL);
	(void)waitpid(watcher, NULL, 0);
}
