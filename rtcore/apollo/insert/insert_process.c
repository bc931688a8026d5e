/* SPDX-License-Identifier: MIT */
/* Starting mos-fxhost, talking to it, ending it. */
#include "insert_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FREE_FD 10 /* above those that the process gets */

extern char **environ;

int insert_program_find(char *buf, size_t size)
{
	/* Where meson builds it, seen from rtcore's and from the tests' programs; where it is installed. */
	static const char *const dirs[] = {
		"fxhost", "../../rtcore/fxhost", "../libexec/mos", "../lib/mos", MOS_LIBEXECDIR};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int len = dirs[i][0] == '/' ? snprintf(buf, size, "%s/mos-fxhost", dirs[i])
					    : snprintf(buf, size, "%s/%s/mos-fxhost", self, dirs[i]);

		if (len > 0 && (size_t)len < size && access(buf, X_OK) == 0)
			return 0;
	}
	return -ENOENT;
}

static int spawn(const char *program, int socket_fd, int region_fd, pid_t *ret)
{
	char *const argv[] = {(char *)program, (char *)"--insert", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setflags(
		&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	for (int fd = 0; fd < 3; fd++) /* what a plugin prints is nobody's business */
		(void)posix_spawn_file_actions_addopen(&files, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&files, socket_fd, INSERT_FD_SOCKET);
	(void)posix_spawn_file_actions_adddup2(&files, region_fd, INSERT_FD_REGION);
	(void)posix_spawn_file_actions_addclosefrom_np(&files, INSERT_FD_REGION + 1);
	r = posix_spawn(ret, program, &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

/* Move a descriptor away from the numbers that the process gets. */
static int lift(int *fd)
{
	int higher = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);

	if (higher < 0)
		return -errno;
	close(*fd);
	*fd = higher;
	return 0;
}

int insert_process_start(const char *program, uint32_t rate_hz, struct insert_process *ret)
{
	struct insert_process p = {.pidfd = -1, .socket = -1, .region.fd = -1};
	struct insert_region *region;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	p.socket = pair[0];
	r = mos_region_create("mos-insert", sizeof(*region), INSERT_ABI, 0, /* generation= */ 1, &p.region);
	if (r == 0)
		r = mos_region_seal_seals(&p.region);
	if (r == 0)
		r = lift(&pair[1]);
	if (r == 0)
		r = lift(&p.region.fd);
	if (r == 0) {
		region = p.region.base;
		region->rate_hz = rate_hz;
		mos_region_publish(&p.region, INSERT_MAGIC);
		r = spawn(program, pair[1], p.region.fd, &p.pid);
	}
	close(pair[1]);
	if (r == 0) {
		p.pidfd = pidfd_open(p.pid, 0);
		r = p.pidfd < 0 ? -errno : 0;
	}
	if (r < 0) {
		insert_process_end(&p);
		mos_region_finish(&p.region);
		return r;
	}
	*ret = p;
	return 0;
}

void insert_process_end(struct insert_process *p)
{
	if (p->pid > 0) {
		/* its group: what it may have started goes with it */
		(void)kill(-p->pid, SIGKILL);
		(void)kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (p->pidfd >= 0)
		close(p->pidfd);
	if (p->socket >= 0)
		close(p->socket);
	p->pid = 0;
	p->pidfd = p->socket = -1;
}

int insert_process_send(const struct insert_process *p, const struct insert_msg *msg)
{
	size_t size = offsetof(struct insert_msg, text) + msg->size;

	if (p->socket < 0)
		return -EPIPE;
	if (send(p->socket, msg, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size)
		return 0;
	return errno == EAGAIN ? -EAGAIN : -EPIPE;
}

int insert_process_receive(const struct insert_process *p, struct insert_msg *ret)
{
	const ssize_t head = offsetof(struct insert_msg, text);
	ssize_t n = recv(p->socket, ret, sizeof(*ret), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -EPIPE;
	if (n < head || ret->size >= sizeof(ret->text) || n != head + (ssize_t)ret->size)
		return -EPROTO;
	ret->text[ret->size] = '\0';
	return 1;
}

int insert_process_has_ended(const struct insert_process *p, char *text, size_t size)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
		return 0;
	if (info.si_code == CLD_EXITED)
		(void)snprintf(text, size, "its process ended with code %d", info.si_status);
	else if (info.si_status == SIGXCPU)
		(void)snprintf(text, size, "its process used the processor without a pause");
	else
		(void)snprintf(text, size, "its process was ended by signal %d (%s)", info.si_status,
			sigdescr_np(info.si_status));
	return 1;
}
