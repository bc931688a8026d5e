/* SPDX-License-Identifier: MIT */
/*
 * A MIDI device of the kernel, written to as it is: bytes go out when they are written, so the loop waits
 * until each is due. No library is needed. A device, a serial line or a FIFO may be named by its path.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

#define SOUND_DEVICES "/dev/snd"
#define BUFFER_SIZE 1024u

struct raw {
	struct band_sender sender;
	int fd;
	int error; /* it is given up */
	uint8_t buffer[BUFFER_SIZE];
	uint32_t n;
};

/** "midiC1D0 USB MIDI": the node's name, then what the driver calls it. @return false: it plays nothing. */
static bool port_name(const char *node, char ret[BACKEND_PORT_NAME])
{
	char path[64], line[64] = "";
	unsigned card, device;
	bool plays = false;
	int end = 0;
	FILE *file;

	if (sscanf(node, "midiC%3uD%3u%n", &card, &device, &end) != 2 || node[end] != 0)
		return false;
	(void)snprintf(path, sizeof(path), "/proc/asound/card%u/midi%u", card, device);
	(void)snprintf(ret, BACKEND_PORT_NAME, "%.16s", node);
	file = fopen(path, "re");
	if (!file)
		return true; /* whether it plays is found out by opening it */
	if (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		(void)snprintf(ret, BACKEND_PORT_NAME, "%.16s %s", node, line);
	}
	while (fgets(line, sizeof(line), file))
		plays |= strncmp(line, "Output", 6) == 0;
	(void)fclose(file);
	return plays;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

int alsa_raw_ports(char (*ret)[BACKEND_PORT_NAME], uint32_t max)
{
	DIR *dir = opendir(SOUND_DEVICES);
	const struct dirent *entry;
	uint32_t n = 0;

	if (!dir)
		return -ENODEV;
	while (n < max && (entry = readdir(dir)))
		n += port_name(entry->d_name, ret[n]);
	(void)closedir(dir);
	qsort(ret, n, sizeof(ret[0]), compare_names);
	return (int)n;
}

/** @return 1 when it takes bytes again, -errno. */
static int wait_for_room(int fd, int64_t until_ns)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	struct timespec now;
	int64_t left_ns;
	int n;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	left_ns = until_ns - (now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
	if (left_ns <= 0)
		return -ETIMEDOUT;
	n = poll(&p, 1, (int)(left_ns / 1000000 + 1));
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	return p.revents & (POLLERR | POLLHUP | POLLNVAL) ? -EPIPE : 1;
}

static int write_all(struct raw *raw)
{
	struct timespec now;
	int64_t until_ns;
	uint32_t done = 0;
	int rc = 1;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	until_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec + BACKEND_STUCK_MS * INT64_C(1000000);
	while (rc > 0 && done < raw->n) {
		const ssize_t n = write(raw->fd, raw->buffer + done, raw->n - done);

		if (n > 0)
			done += (uint32_t)n;
		else if (n < 0 && errno == EAGAIN)
			rc = wait_for_room(raw->fd, until_ns);
		else if (n == 0 || errno != EINTR)
			rc = n == 0 ? -EIO : -errno;
	}
	raw->n = 0;
	return rc < 0 ? rc : 0;
}

/* Who reads a FIFO may hang up, which would be a signal's business: it is told as an error instead. */
static int raw_flush(struct band_sender *sender)
{
	struct raw *raw = (struct raw *)sender;
	sigset_t pipe_signal, before;

	if (raw->error || raw->n == 0)
		return raw->error;
	(void)sigemptyset(&pipe_signal);
	(void)sigaddset(&pipe_signal, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	raw->error = write_all(raw);
	if (raw->error == -EPIPE && sigismember(&before, SIGPIPE) == 0)
		(void)sigtimedwait(&pipe_signal, NULL, &(struct timespec){0});
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return raw->error;
}

static int raw_send(struct band_sender *sender, int64_t due_ns, const uint32_t ump[2])
{
	struct raw *raw = (struct raw *)sender;
	uint8_t bytes[12];
	const uint32_t n = backend_bytes(ump, bytes);
	const int rc = raw->n + n > BUFFER_SIZE ? raw_flush(sender) : raw->error;

	if (rc < 0)
		return rc;
	memcpy(raw->buffer + raw->n, bytes, n);
	raw->n += n;
	return 0;
}

/* Bytes that the driver still has go out after closing: the kernel drains them. */
static void raw_close(struct band_sender *sender)
{
	struct raw *raw = (struct raw *)sender;

	(void)raw_flush(sender);
	(void)close(raw->fd);
	free(raw);
}

static int open_path(const char *path, struct band_report *report)
{
	const int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int rc = -errno;

	if (fd >= 0 && fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return fd;
	if (fd >= 0) {
		(void)close(fd);
		(void)backend_absent(report, "Name a device of " SOUND_DEVICES ", a serial line or a FIFO",
			"%.80s is no MIDI device", path);
		return -ENODEV;
	}
	if (rc == -ENXIO)
		(void)backend_absent(report, "Start what reads it first", "Nobody reads from %.80s", path);
	else if (rc == -ENOENT)
		(void)backend_absent(
			report, "Connect the instrument, then try again", "There is no %.80s", path);
	else if (rc == -EBUSY || rc == -EAGAIN)
		(void)backend_absent(
			report, "End the other program, or play through alsa-seq", "%.80s is in use", path);
	else
		(void)backend_absent(report, "ls -l says who may: often members of the group audio",
			"%.80s cannot be opened: %s", path, strerrordesc_np(-rc));
	return -ENODEV;
}

static int find_path(const char *port, struct band_report *report, char *ret, size_t size)
{
	char names[BACKEND_MAX_PORTS][BACKEND_PORT_NAME];
	int n, i;

	if (port[0] == '/') {
		(void)snprintf(ret, size, "%s", port);
		return 0;
	}
	n = alsa_raw_ports(names, BACKEND_MAX_PORTS);
	if (n < 0)
		return backend_absent(report, "Load the driver of the instrument, or play through pipewire",
			"This machine has no " SOUND_DEVICES ": no MIDI devices");
	i = backend_choose(port, names, (uint32_t)n, report);
	if (i < 0)
		return i;
	(void)snprintf(ret, size, SOUND_DEVICES "/%.*s", (int)strcspn(names[i], " "), names[i]);
	return 0;
}

int alsa_raw_open(const char *port, struct band_report *report, struct band_sender **ret)
{
	char path[256];
	struct raw *raw;
	int fd = find_path(port ? port : "", report, path, sizeof(path));

	if (fd == 0)
		fd = open_path(path, report);
	if (fd < 0)
		return fd;
	raw = calloc(1, sizeof(*raw));
	if (!raw) {
		(void)close(fd);
		return -ENOMEM;
	}
	raw->sender = (struct band_sender){raw_send, raw_flush, raw_close, .waits = true};
	raw->fd = fd;
	*ret = &raw->sender;
	return 0;
}
