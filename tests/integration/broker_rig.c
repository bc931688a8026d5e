/* SPDX-License-Identifier: MIT */
/* A studio for a test. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_rig.h"

/* --- Processes --- */

/* A socket for sd_notify(), so that readiness is told and not guessed. */
static int notify_socket(const struct rig *rig, char *path, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(path, size, "%s/notify", rig->dir);
	strcpy(address.sun_path, path);
	unlink(path);
	cr_assert_geq(sock, 0);
	cr_assert_eq(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	return sock;
}

static pid_t spawn(const struct rig *rig, const char *notify, int err)
{
	pid_t pid = fork();

	cr_assert_geq(pid, 0);
	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (notify)
		(void)setenv("NOTIFY_SOCKET", notify, 1);
	(void)setenv("MOS_STATE_DIR", rig->state, 1);
	(void)setenv("MOS_WIDGET_PATH", rig->bundles, 1);
	(void)setenv("MOS_MODEL_PATH", MOS_SOURCE_ROOT "/tests/integration/models", 1);
	if (err >= 0)
		(void)dup2(err, STDERR_FILENO);
	execl(MOS_BROKER, MOS_BROKER, "--runtime-dir", rig->dir, (char *)NULL);
	_exit(127);
}

void rig_start_broker(struct rig *rig)
{
	char path[100], text[256];
	int sock = notify_socket(rig, path, sizeof(path));

	rig->broker = spawn(rig, path, -1);
	do {
		ssize_t n = recv(sock, text, sizeof(text) - 1, 0);

		cr_assert_gt(n, 0);
		text[n] = '\0';
	} while (!strstr(text, "READY=1"));
	close(sock);
	unlink(path);
}

int rig_end_broker(struct rig *rig, int sig)
{
	int status = 0;

	cr_assert_eq(kill(rig->broker, sig), 0);
	cr_assert_eq(waitpid(rig->broker, &status, 0), rig->broker);
	rig->broker = 0;
	return status;
}

int rig_run_second(const struct rig *rig, char *err, size_t size)
{
	int pipe_fds[2], status = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	cr_assert_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = spawn(rig, NULL, pipe_fds[1]);
	close(pipe_fds[1]);
	while ((n = read(pipe_fds[0], err + len, size - 1 - len)) > 0)
		len += (size_t)n;
	err[len] = '\0';
	close(pipe_fds[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

uint32_t rig_broker_fds(const struct rig *rig)
{
	char path[40];
	uint32_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)rig->broker);
	dir = opendir(path);
	cr_assert_not_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Status is asked until it says so: the broker tries again by itself, with pauses. */
static void wait_greeted(struct rig *rig)
{
	struct caller c;

	caller_connect(&c, rig);
	for (;;) {
		uint64_t generation = 0;
		int up = 0;

		cr_assert_eq(caller_call(&c, "broker.system.status", ""), 0);
		(void)wire_get_bool(wire_get_map(c.in.result, "rtcore"), "up", &up);
		(void)wire_get_u64(wire_get_map(c.in.result, "rtcore"), "generation", &generation);
		if (up && generation == rig->generation)
			break;
	}
	caller_finish(&c);
}

void rig_start_rtcore(struct rig *rig)
{
	rig->rt = rtcore_double_start(rig->dir, ++rig->generation);
	if (rig->broker)
		wait_greeted(rig);
}

void rig_stop_rtcore(struct rig *rig)
{
	rtcore_double_stop(rig->rt);
	rig->rt = NULL;
}

void rig_start(struct rig *rig, int rtcore)
{
	const char *tmp = getenv("TMPDIR");

	*rig = (struct rig){0};
	cr_assert_lt(snprintf(rig->dir, sizeof(rig->dir), "%s/mos-test-XXXXXX", tmp ? tmp : "/tmp"),
		(int)sizeof(rig->dir));
	cr_assert_not_null(mkdtemp(rig->dir));
	(void)snprintf(rig->state, sizeof(rig->state), "%s/state", rig->dir);
	(void)snprintf(rig->bundles, sizeof(rig->bundles), "%s/bundles", rig->dir);
	if (rtcore)
		rig_start_rtcore(rig);
	rig_start_broker(rig);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

void rig_finish(struct rig *rig)
{
	if (rig->broker)
		(void)rig_end_broker(rig, SIGKILL);
	if (rig->rt)
		rig_stop_rtcore(rig);
	(void)nftw(rig->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	cr_expect_eq(access(rig->dir, F_OK), -1, "%s: files were left behind", rig->dir);
}

/* --- Callers --- */

void caller_adopt(struct caller *c, int sock)
{
	*c = (struct caller){.sock = sock};
	cr_assert_eq(wire_in_init(&c->in), 0);
}

void caller_connect(struct caller *c, const struct rig *rig)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	cr_assert_geq(sock, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/mos.sock", rig->dir);
	cr_assert_eq(connect(sock, (struct sockaddr *)&address, sizeof(address)), 0, "%s", strerror(errno));
	caller_adopt(c, sock);
}

void caller_finish(struct caller *c)
{
	close(c->sock);
	wire_in_finish(&c->in);
}

static void put_list(struct wire_out *out, const char *key, const char *words, int numbers)
{
	char copy[512], *save = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", words);
	wire_open_array(out, key);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (numbers)
			wire_put_i64(out, NULL, strtoll(w, NULL, 10));
		else
			wire_put_str(out, NULL, w);
	}
	wire_close(out);
}

void caller_put(struct wire_out *out, const char *fmt, va_list args)
{
	char copy[256], *save = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", fmt);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *colon = strrchr(word, ':');

		cr_assert_not_null(colon);
		*colon = '\0';
		switch (colon[1]) {
		case 'i':
			wire_put_i64(out, word, va_arg(args, int64_t));
			break;
		case 'u':
			wire_put_u64(out, word, va_arg(args, uint64_t));
			break;
		case 'f':
			wire_put_f64(out, word, va_arg(args, double));
			break;
		case 's':
			wire_put_str(out, word, va_arg(args, const char *));
			break;
		case 'b':
			wire_put_bool(out, word, va_arg(args, int));
			break;
		case 'n':
			wire_put_nil(out, word);
			break;
		case 'm':
			wire_open_map(out, word);
			wire_close(out);
			break;
		case 'l':
		case 'k':
			put_list(out, word, va_arg(args, const char *), colon[1] == 'k');
			break;
		default:
			cr_assert_fail("unknown type %c", colon[1]);
		}
	}
}

static void send_args(struct caller *c, int fd, const char *method, const char *fmt, va_list args)
{
	struct wire_out out;
	int rc;

	wire_out_init(&out);
	wire_begin_request(&out, ++c->id, method);
	caller_put(&out, fmt, args);
	if (fd >= 0)
		wire_add_fd(&out, fd);
	cr_assert_eq(wire_end(&out), 0);
	rc = wire_send(c->sock, &out, 0);
	cr_assert(rc == 0 || rc == -EPIPE || rc == -ECONNRESET, "%s", strerror(-rc));
	wire_out_finish(&out);
}

void caller_send(struct caller *c, const char *method, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	send_args(c, -1, method, fmt, args);
	va_end(args);
}

int caller_answer(struct caller *c)
{
	for (;;) {
		int rc = wire_recv(c->sock, &c->in, 0);

		if (rc == 0 || rc == -ECONNRESET)
			return -ECONNRESET;
		cr_assert_eq(rc, 1, "%s", c->in.bad ? c->in.bad : strerror(-rc));
		if (c->in.kind != WIRE_RESPONSE || c->in.id != c->id)
			continue;
		if (!c->in.error)
			return 0;
		wire_error_read(c->in.error, &c->error);
		return -EREMOTEIO;
	}
}

int caller_resume(struct caller *c, const char *name, uint64_t slot, uint64_t cookie)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_request(&out, ++c->id, "broker.client.open");
	wire_put_str(&out, "name", name);
	wire_open_map(&out, "resume");
	wire_put_u64(&out, "slot", slot);
	wire_put_u64(&out, "cookie", cookie);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(c->sock, &out, 0), 0);
	wire_out_finish(&out);
	return caller_answer(c);
}

int caller_call(struct caller *c, const char *method, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	send_args(c, -1, method, fmt, args);
	va_end(args);
	return caller_answer(c);
}

int caller_call_fd(struct caller *c, int fd, const char *method, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	send_args(c, fd, method, fmt, args);
	va_end(args);
	return caller_answer(c);
}

void caller_notified(struct caller *c, const char *method)
{
	cr_assert_eq(wire_recv(c->sock, &c->in, 0), 1);
	cr_assert_eq(c->in.kind, WIRE_NOTIFY);
	cr_assert_str_eq(c->in.method, method);
}

int64_t caller_i64(struct caller *c, const char *key)
{
	int64_t value = 0;

	cr_assert_eq(wire_get_i64(c->in.result, key, &value), 0, "%s", key);
	return value;
}

uint64_t caller_u64(struct caller *c, const char *key)
{
	uint64_t value = 0;

	cr_assert_eq(wire_get_u64(c->in.result, key, &value), 0, "%s", key);
	return value;
}

double caller_f64(struct caller *c, const char *key)
{
	double value = 0;

	cr_assert_eq(wire_get_f64(c->in.result, key, &value), 0, "%s", key);
	return value;
}

int caller_bool(struct caller *c, const char *key)
{
	int value = 0;

	cr_assert_eq(wire_get_bool(c->in.result, key, &value), 0, "%s", key);
	return value;
}

const char *caller_str(struct caller *c, const char *key)
{
	static char value[512];

	cr_assert_eq(wire_get_str(c->in.result, key, value, sizeof(value)), 0, "%s", key);
	return value;
}

void caller_open(struct caller *c, const char *name)
{
	cr_assert_eq(caller_call(c, "broker.client.open", "name:s", name), 0, "%s: %s", c->error.code,
		c->error.message);
}
