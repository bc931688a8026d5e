/* SPDX-License-Identifier: MIT */
/* One request, one answer: what a scraper asks of a socket that systemd accepts and hands over as standard
 * input. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stats/stats.h"

#define REQUEST_MAX 8192u
#define PATIENCE_MS 5000

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Up to the empty line behind the headers. @return 0; -EMSGSIZE, -ETIMEDOUT, -ECONNRESET. */
static int read_request(int fd, char buf[static REQUEST_MAX])
{
	const int64_t end = now_ms() + PATIENCE_MS;
	size_t len = 0;

	for (;;) {
		struct pollfd pfd = {.fd = fd, .events = POLLIN};
		const int64_t left = end - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&pfd, 1, (int)left) == 0)
			return -ETIMEDOUT;
		n = read(fd, buf + len, REQUEST_MAX - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -ECONNRESET;
		len += (size_t)n;
		buf[len] = '\0';
		if (strstr(buf, "\r\n\r\n") || strstr(buf, "\n\n"))
			return 0;
		if (len + 1 == REQUEST_MAX)
			return -EMSGSIZE;
	}
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		struct pollfd pfd = {.fd = fd, .events = POLLOUT};
		ssize_t n;

		if (poll(&pfd, 1, PATIENCE_MS) == 0)
			return -ETIMEDOUT;
		n = write(fd, text, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

static int answer(int fd, const char *status, const char *type, const char *body, size_t size, int with_body)
{
	char head[256];
	const int n = snprintf(head, sizeof(head),
		"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
		type, size);
	int rc = write_all(fd, head, (size_t)n);

	return rc < 0 || !with_body ? rc : write_all(fd, body, size);
}

static int refuse(int fd, const char *status)
{
	char body[96];
	const int n = snprintf(body, sizeof(body), "%s\n", status);

	return answer(fd, status, "text/plain; charset=utf-8", body, (size_t)n, 1);
}

int stats_answer_http(int in, int out, const struct stats *s)
{
	char request[REQUEST_MAX], method[8] = "", target[64] = "", version[16] = "", *body = NULL;
	enum metrics_format format;
	size_t size = 0;
	FILE *to;
	int rc = read_request(in, request);

	if (rc == -EMSGSIZE)
		return refuse(out, "431 Request Header Fields Too Large");
	if (rc < 0)
		return rc;
	if (sscanf(request, "%7s %63s %15s", method, target, version) != 3 ||
		strncmp(version, "HTTP/1.", 7) != 0)
		return refuse(out, "400 Bad Request");
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return refuse(out, "405 Method Not Allowed");
	target[strcspn(target, "?")] = '\0';
	if (strcmp(target, "/metrics") != 0)
		return refuse(out, "404 Not Found");
	/* Who does not ask for the newer format may not know it. */
	format = strcasestr(request, "application/openmetrics-text") ? METRICS_OPEN : METRICS_PROMETHEUS;
	to = open_memstream(&body, &size);
	if (!to)
		return refuse(out, "500 Internal Server Error");
	metrics_write(to, s, format);
	if (fclose(to) != 0) {
		free(body);
		return refuse(out, "500 Internal Server Error");
	}
	rc = answer(out, "200 OK",
		format == METRICS_OPEN ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				       : "text/plain; version=0.0.4; charset=utf-8",
		body, size, !strcmp(method, "GET"));
	free(body);
	return rc;
}
