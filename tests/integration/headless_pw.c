/* SPDX-License-Identifier: MIT */
#include "headless_pw.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/mos-session/pipewire.h"

#define LOOK_NS 5'000'000

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1'000'000;
}

bool headless_pw_wait(bool (*condition)(void *data), void *data)
{
	return headless_pw_wait_for(condition, data, HEADLESS_WAIT_MS);
}

bool headless_pw_wait_for(bool (*condition)(void *data), void *data, int64_t limit_ms)
{
	int64_t end = now_ms() + limit_ms;

	while (!condition(data)) {
		if (now_ms() > end)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
	}
	return true;
}

/** @param output  File of the directory that both streams are appended to. */
static pid_t start(const struct headless_pw *pw, const char *const *argv, const char *output, int flags)
{
	char path[64], config_home[64], state_home[64];
	pid_t parent = getpid(), pid;
	int fd;

	/* All strings are made before the fork: libpipewire's threads may hold any lock. */
	snprintf(path, sizeof(path), "%s/%s", pw->dir, output);
	snprintf(config_home, sizeof(config_home), "XDG_CONFIG_HOME=%s", pw->dir);
	snprintf(state_home, sizeof(state_home), "XDG_STATE_HOME=%s", pw->dir);
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	fd = open(path, O_WRONLY | O_CREAT | flags, 0600);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(126);
	putenv(config_home);
	putenv(state_home);
	putenv((char *)"DBUS_SESSION_BUS_ADDRESS=disabled:");
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 126;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int headless_pw_run(const struct headless_pw *pw, const char *const *argv)
{
	pid_t pid = start(pw, argv, "tools.log", O_APPEND);

	return pid < 0 ? 126 : wait_for(pid);
}

struct tool {
	const struct headless_pw *pw;
	const char *const *argv;
};

static bool tool_succeeds(void *data)
{
	const struct tool *tool = data;

	return headless_pw_run(tool->pw, tool->argv) == 0;
}

bool headless_pw_run_until(const struct headless_pw *pw, const char *const *argv)
{
	struct tool tool = {pw, argv};

	return headless_pw_wait(tool_succeeds, &tool);
}

/** pw-dump is an independent client: what it sees, any client can use. */
static bool sink_is_default(void *data)
{
	static const char *const argv[] = {"pw-dump", NULL};
	const struct headless_pw *pw = data;
	char path[64];
	bool ready;
	int fd;
	pid_t pid = start(pw, argv, "dump", O_TRUNC);

	if (pid < 0 || wait_for(pid) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/dump", pw->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ready = pipewire_dump_shows(fd, PIPEWIRE_PLAYABLE);
	close(fd);
	return ready;
}

static bool is_installed(const char *program)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return system(command) == 0;
}

int headless_pw_restart(struct headless_pw *pw)
{
	char config[64];
	const char *const server[] = {"pipewire", "-c", config, NULL};
	const char *const manager[] = {"wireplumber", "-p", "policy", NULL};

	snprintf(config, sizeof(config), "%s/mos.conf", pw->dir);
	pw->server = start(pw, server, "server.log", O_APPEND);
	if (pw->server < 0)
		return -errno;
	/* WirePlumber gives up when nobody answers. */
	if (!headless_pw_run_until(pw, (const char *const[]){"pw-cli", "info", "0", NULL}))
		return -ETIMEDOUT;
	pw->manager = start(pw, manager, "manager.log", O_APPEND);
	if (pw->manager < 0)
		return -errno;
	return headless_pw_wait(sink_is_default, pw) ? 0 : -ETIMEDOUT;
}

int headless_pw_start(struct headless_pw *pw, uint32_t quantum_frames, uint32_t rate_hz)
{
	char config[64];
	int r;

	*pw = (struct headless_pw){.dir = "/tmp/mos-pw-XXXXXX"};
	if (!is_installed("pipewire") || !is_installed("wireplumber") || !is_installed("pw-dump"))
		return -ENOENT;
	if (!mkdtemp(pw->dir))
		return -errno;
	setenv("PIPEWIRE_RUNTIME_DIR", pw->dir, 1);
	unsetenv("PIPEWIRE_REMOTE");
	snprintf(config, sizeof(config), "%s/mos.conf", pw->dir);
	r = pipewire_write_config(config, quantum_frames, rate_hz);
	return r < 0 ? r : headless_pw_restart(pw);
}

static void end(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGKILL);
	wait_for(*pid);
	*pid = 0;
}

void headless_pw_kill(struct headless_pw *pw)
{
	end(&pw->server);
	end(&pw->manager);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

void headless_pw_stop(struct headless_pw *pw)
{
	headless_pw_kill(pw);
	if (pw->dir[0])
		nftw(pw->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	pw->dir[0] = 0;
}
