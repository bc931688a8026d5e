/* SPDX-License-Identifier: MIT */
/* The process of a widget: born with one descriptor, watched by its pidfd, taken apart when it is gone. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mos/widget.h>

#include "broker.h"
#include "caps.h"
#include "cgroup.h"
#include "json.h"
#include "log.h"
#include "supervise.h"
#include "text.h"

#define WIDGET_FD 3
#define OUTPUT_TURN 8192      /* bytes of output read at once ... */
#define OUTPUT_PAUSE_US 20000 /* ... and then not for this long: who prints faster waits */
#define HUNG_UP_US 500000     /* for a process whose connection has ended */
#define ARGS_MAX 40

/* --- The program --- */

void process_find(struct widgets *ws)
{
	static const char *const beside[] = {"mos-sandbox", "sandbox/mos-sandbox"};
	char own[STORE_PATH_MAX - 32];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	own[len > 0 ? len : 0] = '\0';
	slash = strrchr(own, '/');
	for (size_t i = 0; slash && i < sizeof(beside) / sizeof(*beside); i++) {
		text_set(ws->sandbox, sizeof(ws->sandbox), "%.*s/%s", (int)(slash - own), own, beside[i]);
		if (access(ws->sandbox, X_OK) == 0)
			return;
	}
	text_set(ws->sandbox, sizeof(ws->sandbox), "%s/mos-sandbox", MOS_LIBEXECDIR);
}

/* The command line of mos-sandbox, its texts in `room`. */
struct command {
	char *args[ARGS_MAX];
	uint32_t n;
	char room[4 * STORE_PATH_MAX + 256];
	size_t used;
};

static void add(struct command *c, const char *option, const char *value)
{
	const char *const words[] = {option, value};

	for (int i = 0; i < 2; i++) {
		size_t len = words[i] ? strlen(words[i]) + 1 : 0;

		if (!len || c->n + 1 >= ARGS_MAX || c->used + len > sizeof(c->room))
			continue;
		memcpy(c->room + c->used, words[i], len);
		c->args[c->n++] = c->room + c->used;
		c->used += len;
	}
}

static void add_number(struct command *c, const char *option, uint32_t value)
{
	char text[16];

	text_set(text, sizeof(text), "%u", value);
	add(c, option, text);
}

/* Where files.own lies, without links: the widget sees it at that path. @return 0; -errno. */
static int own_path(const struct widget *w, char path[static STORE_PATH_MAX])
{
	char linked[STORE_PATH_MAX], *real;
	int rc = 0;

	store_data_path(&w->all->store, w->manifest.id, "files", linked);
	real = realpath(linked, NULL);
	if (!real)
		return -errno;
	if ((size_t)snprintf(path, STORE_PATH_MAX, "%s", real) >= STORE_PATH_MAX)
		rc = -ENAMETOOLONG;
	free(real);
	return rc;
}

static void build_command(const struct widget *w, struct command *c)
{
	const struct manifest *m = &w->manifest;
	const char *library = getenv("MOS_WIDGET_LIBRARY");
	char path[STORE_PATH_MAX + sizeof(m->component)];

	*c = (struct command){0};
	add(c, w->all->sandbox, NULL);
	add(c, "--id", m->id);
	text_set(path, sizeof(path), "%s/%s", w->folder, m->component);
	add(c, "--component", path);
	add(c, "--folder", w->folder);
	if (m->caps & CAP_FILES_OWN && own_path(w, path) == 0)
		add(c, "--own", path);
	if (library && *library)
		add(c, "--library", library);
	add_number(c, "--fd", WIDGET_FD);
	add_number(c, "--memory-mb", m->memory_mb);
	add_number(c, "--tasks", m->tasks);
	add_number(c, "--cpu-percent", m->cpu_percent);
	if (w->process.cgroup[0])
		add(c, "--cgroup", w->process.cgroup);
	if (m->caps & CAP_EVENTS_EMIT) /* broker.data.put takes a memfd */
		add(c, "--allow", "memfd");
	/* Only what came with MOS, and only for files of its own. */
	if (w->bundled && m->caps & CAP_FILES_OWN)
		add(c, "--allow", "uring");
}

static int spawn_with(const struct widget *w, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr)
{
	char id[WIDGET_ID_MAX + 24], fd[32];
	char path[] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", lang[] = "LANG=C.UTF-8";
	char *env[] = {path, lang, fd, id, NULL};
	struct command command;
	sigset_t none, all;
	pid_t pid;
	int rc;

	text_set(fd, sizeof(fd), "%s=%d", MOS_WIDGET_FD_ENV, WIDGET_FD);
	text_set(id, sizeof(id), "MOS_WIDGET_ID=%s", w->manifest.id);
	sigemptyset(&none);
	sigfillset(&all);
	(void)posix_spawnattr_setsigmask(attr, &none);
	(void)posix_spawnattr_setsigdefault(attr, &all);
	(void)posix_spawnattr_setpgroup(attr, 0); /* what is typed at the broker's terminal is not theirs */
	(void)posix_spawnattr_setflags(
		attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	build_command(w, &command);
	rc = posix_spawn(&pid, command.args[0], actions, attr, command.args, env);
	return rc ? -rc : pid;
}

/* @return the pid, -errno. */
static int spawn(const struct widget *w, int sock, int out)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc;

	rc = -posix_spawn_file_actions_init(&actions);
	if (rc < 0)
		return rc;
	rc = -posix_spawnattr_init(&attr);
	if (rc == 0) {
		rc = -posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
		if (rc == 0)
			rc = -posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
		if (rc == 0)
			rc = -posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
		if (rc == 0) /* last: the place may be taken by one of the others until here */
			rc = -posix_spawn_file_actions_adddup2(&actions, sock, WIDGET_FD);
		if (rc == 0)
			rc = spawn_with(w, &actions, &attr);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* --- Its end --- */

static void read_output(struct widget *w, int to_the_end)
{
	char bytes[OUTPUT_TURN];
	ssize_t n;

	do {
		n = read(w->process.out, bytes, sizeof(bytes));
		if (n > 0)
			journal_add(&w->journal, bytes, (size_t)n);
	} while (n > 0 && to_the_end--);
}

static void release(struct widget *w)
{
	struct widget_process *p = &w->process;
	struct client *client = p->client;

	p->exit = sd_event_source_disable_unref(p->exit);
	p->out_io = sd_event_source_disable_unref(p->out_io);
	p->out_pause = sd_event_source_disable_unref(p->out_pause);
	p->pid = 0;
	p->client = NULL;
	p->spoke = 0;
	if (client)
		rpc_conn_close(client->conn);
	if (p->pidfd >= 0)
		close(p->pidfd);
	if (p->out >= 0)
		close(p->out);
	p->pidfd = p->out = -1;
	cgroup_remove(p->cgroup);
	p->cgroup[0] = '\0';
	calls_finish(w);
}

/* The sandbox ends with its widget's exit status, or 128 and its signal. */
static int status_of(const siginfo_t *info)
{
	if (info->si_code != CLD_EXITED)
		return -info->si_status;
	return info->si_status > 128 && info->si_status <= 128 + SIGRTMAX ? 128 - info->si_status
									  : info->si_status;
}

static int on_exit_of(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct widget *w = data;
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) < 0 || !info.si_pid)
		return 0;
	read_output(w, (int)(JOURNAL_SIZE / OUTPUT_TURN));
	release(w);
	supervisor_gone(w, status_of(&info));
	return 0;
}

void process_kill(struct widget *w)
{
	if (!widget_lives(w))
		return;
	w->process.killed = 1;
	cgroup_kill(w->process.cgroup);
	if (pidfd_send_signal(w->process.pidfd, SIGKILL, NULL, 0) < 0)
		log_warning("cannot kill a widget: id=%s error=\"%s\"", w->manifest.id, strerror(errno));
}

void process_finish(struct widget *w)
{
	siginfo_t info;

	if (!widget_lives(w))
		return;
	process_kill(w);
	(void)waitid(P_PIDFD, (id_t)w->process.pidfd, &info, WEXITED);
	release(w);
}

static int on_hung_up(sd_event_source *source, uint64_t usec, void *data)
{
	struct widget *w = data;

	w->timer = sd_event_source_disable_unref(w->timer);
	supervisor_broken(w, "its connection ended and its process went on");
	return 0;
}

void process_hung_up(struct widget *w)
{
	w->process.client = NULL;
	if (!widget_lives(w) || w->process.killed || w->state == MOS_WIDGET_STOPPING)
		return;
	/* It is about to end, and says by what: that is the better reason. */
	w->timer = sd_event_source_disable_unref(w->timer);
	if (sd_event_add_time_relative(w->all->broker->service->event, &w->timer, CLOCK_MONOTONIC, HUNG_UP_US,
		    0, on_hung_up, w) < 0)
		supervisor_broken(w, "its connection ended");
}

/* --- Its output --- */

static int on_output(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct widget *w = data;

	if (revents & EPOLLIN)
		read_output(w, 0);
	else /* nobody can print any more */
		w->process.out_io = sd_event_source_disable_unref(w->process.out_io);
	if (w->process.out_io && sd_event_source_set_enabled(w->process.out_io, SD_EVENT_OFF) >= 0) {
		(void)sd_event_source_set_time_relative(w->process.out_pause, OUTPUT_PAUSE_US);
		(void)sd_event_source_set_enabled(w->process.out_pause, SD_EVENT_ONESHOT);
	}
	return 0;
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *data)
{
	struct widget *w = data;

	if (w->process.out_io)
		(void)sd_event_source_set_enabled(w->process.out_io, SD_EVENT_ON);
	return 0;
}

/* --- Its birth --- */

static int watch(struct widget *w)
{
	struct widget_process *p = &w->process;
	sd_event *event = w->all->broker->service->event;
	int rc;

	rc = sd_event_add_io(event, &p->exit, p->pidfd, EPOLLIN, on_exit_of, w);
	/* After its socket and its output: what it said before it died is heard first. */
	if (rc >= 0)
		rc = sd_event_source_set_priority(p->exit, SD_EVENT_PRIORITY_IDLE);
	if (rc >= 0)
		rc = sd_event_add_io(event, &p->out_io, p->out, EPOLLIN, on_output, w);
	if (rc >= 0)
		rc = sd_event_add_time(event, &p->out_pause, CLOCK_MONOTONIC, 0, 1000, on_pause_over, w);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(p->out_pause, SD_EVENT_OFF);
	return rc;
}

static int tell_activate(struct widget *w)
{
	const struct manifest *m = &w->manifest;
	char dir[STORE_PATH_MAX];
	struct wire_out out;
	struct rpc_conn *conn = process_begin(w, &out, "widget.activate");

	if (!conn)
		return -ECONNRESET;
	wire_put_str(&out, "id", m->id);
	wire_put_u64(&out, "api", MOS_WIDGET_API_VERSION);
	wire_open_map(&out, "position");
	wire_put_f64(&out, "x", m->x);
	wire_put_f64(&out, "y", m->y);
	wire_close(&out);
	wire_open_map(&out, "size");
	wire_put_f64(&out, "width", m->width);
	wire_put_f64(&out, "height", m->height);
	wire_close(&out);
	settings_put(&out, "settings", &m->schema, &w->settings);
	json_put(&out, "state", w->saved ? yyjson_mut_doc_get_root(w->saved) : NULL);
	if (m->caps & CAP_FILES_OWN && own_path(w, dir) == 0)
		wire_put_str(&out, "dir", dir);
	caps_put(&out, "capabilities", m->caps);
	return rpc_notify(conn, &out);
}

struct rpc_conn *process_begin(struct widget *w, struct wire_out *out, const char *method)
{
	if (!w->process.client)
		return NULL;
	wire_out_init(out);
	wire_begin_notify(out, method);
	return w->process.client->conn;
}

/* The process is there: its connection, its descriptors. @param sock  Taken. */
static int adopt(struct widget *w, int sock)
{
	struct widget_process *p = &w->process;
	int rc;

	p->pidfd = pidfd_open(p->pid, 0);
	rc = p->pidfd < 0 ? -errno : watch(w);
	if (rc < 0) {
		close(sock);
		return rc;
	}
	rc = client_adopt(w->all->broker, sock, w, &p->client);
	return rc < 0 ? rc : tell_activate(w);
}

/* It could not be kept: not even its pidfd may be there. */
static void abandon(struct widget *w)
{
	int status;

	(void)kill(w->process.pid, SIGKILL);
	(void)waitpid(w->process.pid, &status, 0);
	release(w);
}

int process_start(struct widget *w)
{
	char own[STORE_PATH_MAX];
	int pair[2], out[2], rc;

	if (w->manifest.caps & CAP_FILES_OWN) {
		rc = store_make_own(&w->all->store, w->manifest.id);
		if (rc == 0)
			rc = own_path(w, own);
		if (rc < 0)
			return rc;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) < 0) {
		rc = -errno;
		close(pair[0]);
		close(pair[1]);
		return rc;
	}
	/* The writing end blocks: a description of its own, so ours does not. */
	(void)fcntl(out[1], F_SETFL, 0);
	cgroup_make(w->all->cgroup, w->manifest.id, w->process.cgroup);
	rc = spawn(w, pair[1], out[1]);
	close(pair[1]);
	close(out[1]);
	if (rc < 0) {
		close(pair[0]);
		close(out[0]);
		cgroup_remove(w->process.cgroup);
		w->process.cgroup[0] = '\0';
		return rc;
	}
	w->instance++;
	w->pixels_width = w->pixels_height = 0;
	w->wake_waits = 0;
	w->process.pid = rc;
	w->process.out = out[0];
	w->process.killed = 0;
	rc = adopt(w, pair[0]);
	if (rc < 0)
		abandon(w);
	return rc;
}
