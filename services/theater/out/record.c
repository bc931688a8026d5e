/* SPDX-License-Identifier: MIT */
/* A recording's life: look what is installed, one element after the other; run the pipeline; end it; say how
 * it went. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record_pipeline.h"

#define PATIENCE_US 15'000'000u /* for the encoders to finish, after that it is killed */

struct out_record {
	sd_event *event;
	sd_event_source *child, *speech, *deadline;
	struct out_record_options options;
	char *name, *picture, *sound;
	int fd;
	pid_t pid;
	int pidfd, talk; /**< -1: none */
	uint32_t probe, have;
	bool is_running, is_stopping;
	char said[1024]; /**< the end of what it wrote to its stderr */
	size_t n_said;
	out_record_fn ended;
	void *data;
};

static int next(struct out_record *record);

/** In the child, between fork and exec: only what may be called there. */
[[noreturn]] static void become(const char *const *argv, int file, int talk, pid_t parent)
{
	sigset_t none;
	int null;

	/* A theater that dies ends its recordings as a user would. */
	prctl(PR_SET_PDEATHSIG, SIGINT);
	if (getppid() != parent)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(talk, STDOUT_FILENO) < 0 ||
		dup2(talk, STDERR_FILENO) < 0)
		_exit(126);
	if (file == RECORD_FD ? fcntl(file, F_SETFD, 0) < 0 : dup2(file, RECORD_FD) < 0)
		_exit(126);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static void forget_child(struct out_record *record)
{
	record->child = sd_event_source_disable_unref(record->child);
	record->speech = sd_event_source_disable_unref(record->speech);
	if (record->pidfd >= 0)
		close(record->pidfd);
	if (record->talk >= 0)
		close(record->talk);
	record->pidfd = record->talk = -1;
	record->pid = 0;
}

/** Keep the end of what it says. */
static void listen_to(struct out_record *record)
{
	char text[512];
	ssize_t n;

	while ((n = read(record->talk, text, sizeof(text))) > 0) {
		const size_t room = sizeof(record->said) - 1, got = (size_t)n;

		if (record->n_said + got > room) {
			const size_t out = record->n_said + got - room;

			memmove(record->said, record->said + out, record->n_said - out);
			record->n_said -= out;
		}
		memcpy(record->said + record->n_said, text, got);
		record->n_said += got;
		record->said[record->n_said] = 0;
	}
}

static int on_speech(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct out_record *record = data;

	listen_to(record);
	if (revents & EPOLLHUP)
		record->speech = sd_event_source_disable_unref(record->speech);
	return 0;
}

static void tell(struct out_record *record, int error, const char *text)
{
	char why[sizeof(record->said)];

	record->deadline = sd_event_source_disable_unref(record->deadline);
	/* Whoever is told may free the record, and what it said with it. */
	snprintf(why, sizeof(why), "%s", text);
	record->ended(record->data, error, why);
}

/** The line of GStreamer's that says what was wrong; all of it otherwise. */
static const char *cause(struct out_record *record)
{
	char *line = strstr(record->said, "ERROR");

	if (!line)
		line = record->said;
	line[strcspn(line, "\n")] = 0;
	return *line ? line : "the recorder ended without a word";
}

static int on_child(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct out_record *record = data;
	siginfo_t info = {0};
	int r;

	if (waitid(P_PIDFD, (id_t)record->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
		return 0;
	listen_to(record);
	forget_child(record);
	if (!record->is_running) {
		if (info.si_code == CLD_EXITED && info.si_status == 127) {
			tell(record, -ENOENT,
				"gst-inspect-1.0 is not installed: it comes with gstreamer1.0-tools");
			return 0;
		}
		if (info.si_code == CLD_EXITED && info.si_status == 0)
			record->have |= 1u << record->probe;
		record->probe++;
		r = next(record);
		if (r < 0)
			tell(record, r, record->said[0] ? record->said : strerror(-r));
	} else if (info.si_code == CLD_EXITED && info.si_status == 0) {
		tell(record, 0, "");
	} else {
		tell(record, -EIO, cause(record));
	}
	return 0;
}

static int run(struct out_record *record, const char *const *argv)
{
	const pid_t parent = getpid();
	int talk[2], r;

	if (pipe2(talk, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	record->n_said = 0;
	record->said[0] = 0;
	record->pid = fork();
	if (record->pid == 0)
		become(argv, record->fd, talk[1], parent);
	r = record->pid < 0 ? -errno : 0;
	close(talk[1]);
	record->talk = talk[0];
	if (r == 0) {
		record->pidfd = pidfd_open(record->pid, 0);
		r = record->pidfd < 0 ? -errno : 0;
	}
	if (r == 0)
		r = sd_event_add_io(record->event, &record->child, record->pidfd, EPOLLIN, on_child, record);
	if (r >= 0)
		r = sd_event_add_io(record->event, &record->speech, record->talk, EPOLLIN, on_speech, record);
	if (r < 0) {
		if (record->pid > 0) {
			kill(record->pid, SIGKILL);
			waitpid(record->pid, NULL, 0);
		}
		forget_child(record);
	}
	return r < 0 ? r : 0;
}

/** The next element to look for, then the pipeline. */
static int next(struct out_record *record)
{
	struct record_pipeline pipeline;
	int r;

	if (record->is_stopping)
		return -ECANCELED;
	if (record->probe < RECORD_N_ELEMENTS) {
		const char *const argv[] = {
			"gst-inspect-1.0", "--exists", record_elements[record->probe].name, NULL};

		return run(record, argv);
	}
	r = record_build(&record->options, record->have, &pipeline, record->said, sizeof(record->said));
	if (r < 0)
		return r;
	record->is_running = true;
	return run(record, pipeline.words);
}

int out_record_start(sd_event *event, const struct out_record_options *options, out_record_fn ended,
	void *data, struct out_record **ret, char *error, size_t error_size)
{
	struct out_record *record;
	int r = record_check(options, error, error_size);

	if (r < 0)
		return r;
	record = calloc(1, sizeof(*record));
	if (!record) {
		snprintf(error, error_size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	record->event = sd_event_ref(event);
	record->pidfd = record->talk = -1;
	record->ended = ended;
	record->data = data;
	record->fd = fcntl(options->fd, F_DUPFD_CLOEXEC, RECORD_FD);
	record->name = strdup(options->name);
	record->picture = strdup(options->picture);
	record->sound = options->sound ? strdup(options->sound) : NULL;
	r = record->fd < 0 ? -errno : 0;
	if (r == 0 && (!record->name || !record->picture || (options->sound && !record->sound)))
		r = -ENOMEM;
	record->options = *options;
	record->options.name = record->name;
	record->options.picture = record->picture;
	record->options.sound = record->sound;
	if (r == 0)
		r = next(record);
	if (r < 0) {
		snprintf(error, error_size, "%s", strerror(-r));
		out_record_close(record);
		return r;
	}
	*ret = record;
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *data)
{
	struct out_record *record = data;

	if (record->pid > 0)
		kill(record->pid, SIGKILL);
	return 0;
}

void out_record_stop(struct out_record *record)
{
	if (record->is_stopping || record->pid <= 0)
		return;
	record->is_stopping = true;
	if (record->is_running)
		kill(record->pid, SIGINT);
	sd_event_add_time_relative(
		record->event, &record->deadline, CLOCK_MONOTONIC, PATIENCE_US, 0, on_deadline, record);
}

void out_record_close(struct out_record *record)
{
	if (!record)
		return;
	if (record->pid > 0)
		kill(record->pid, SIGINT);
	forget_child(record);
	sd_event_source_disable_unref(record->deadline);
	if (record->fd >= 0)
		close(record->fd);
	free(record->name);
	free(record->picture);
	free(record->sound);
	sd_event_unref(record->event);
	free(record);
}
