/* SPDX-License-Identifier: MIT */
/* What the theater sees of it, and what stands between its thread and the one of the connection. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "obs_internal.h"

static void unref(struct obs *obs)
{
	int is_last;

	(void)pthread_mutex_lock(&obs->lock);
	is_last = --obs->n_refs == 0;
	(void)pthread_mutex_unlock(&obs->lock);
	if (!is_last)
		return;
	if (obs->bell >= 0)
		(void)close(obs->bell);
	(void)pthread_mutex_destroy(&obs->lock);
	if (obs->password)
		explicit_bzero(obs->password, strlen(obs->password));
	free(obs->password);
	free(obs->rx);
	free(obs);
}

static void *run(void *data)
{
	struct obs *obs = data;

	obs_link(obs);
	unref(obs);
	return NULL;
}

static int start(struct obs *obs)
{
	sigset_t all, before;
	int rc;

	/* Signals are the main thread's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	obs->n_refs = 2;
	rc = -pthread_create(&obs->thread, NULL, run, obs);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc < 0)
		obs->n_refs = 1;
	return rc;
}

/** "ws://host:port/path" apart. */
static int read_url(struct obs *obs, const char *url)
{
	const size_t scheme = strncmp(url, "ws://", 5) == 0 ? 5 : strncmp(url, "wss://", 6) == 0 ? 6 : 0;
	const char *host = url + scheme, *end = strchr(host, '/');
	const size_t n = end ? (size_t)(end - host) : strlen(host);
	const char *colon = memrchr(host, ':', n);
	size_t n_host = n;
	char *rest;

	obs->is_secure = scheme == 6;
	obs->port = 4455;
	/* the colons of "[::1]" are no port's */
	if (colon && !memchr(colon, ']', n - (size_t)(colon - host))) {
		const unsigned long port = strtoul(colon + 1, &rest, 10);

		if (rest != host + n || rest == colon + 1 || port < 1 || port > 65535 ||
			strchr("+- \t", colon[1]))
			return -EINVAL;
		obs->port = (int)port;
		n_host = (size_t)(colon - host);
	}
	if (n_host > 2 && host[0] == '[' && host[n_host - 1] == ']') {
		host++;
		n_host -= 2;
	}
	if (!scheme || !n_host || n_host >= sizeof(obs->host) || (end && strlen(end) >= sizeof(obs->path)))
		return -EINVAL;
	for (const char *c = url; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return -EINVAL;
	memcpy(obs->host, host, n_host);
	(void)snprintf(obs->path, sizeof(obs->path), "%s", end ? end : "/");
	return 0;
}

int obs_open(const char *url, const char *password, const struct obs_ops *ops, void *data, struct obs **ret)
{
	struct obs *obs = calloc(1, sizeof(*obs));
	int rc;

	if (!obs)
		return -ENOMEM;
	(void)pthread_mutex_init(&obs->lock, NULL);
	obs->n_refs = 1;
	obs->ops = *ops;
	obs->data = data;
	obs->bell = -1;
	rc = read_url(obs, url);
	if (rc == 0) {
		obs->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		rc = obs->bell < 0 ? -errno : 0;
	}
	if (rc == 0) {
		obs->password = strdup(password ? password : "");
		rc = obs->password ? start(obs) : -ENOMEM;
	}
	if (rc < 0) {
		unref(obs);
		return rc;
	}
	*ret = obs;
	return 0;
}

void obs_close(struct obs *obs)
{
	struct timespec until;

	if (!obs)
		return;
	(void)pthread_mutex_lock(&obs->lock);
	obs->is_ending = 1;
	if (obs->context)
		lws_cancel_service(obs->context);
	(void)pthread_mutex_unlock(&obs->lock);
	/* It ends at once, unless a name is being looked up: then it ends by itself, later. */
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	if (pthread_timedjoin_np(obs->thread, NULL, &until) != 0)
		(void)pthread_detach(obs->thread);
	unref(obs);
}

int obs_fd(const struct obs *obs)
{
	return obs->bell;
}

void obs_tell(struct obs *obs, const struct obs_news *news)
{
	const uint64_t one = 1;
	int is_new;

	(void)pthread_mutex_lock(&obs->lock);
	is_new = memcmp(&obs->news, news, sizeof(*news)) != 0;
	obs->news = *news;
	(void)pthread_mutex_unlock(&obs->lock);
	if (is_new && write(obs->bell, &one, sizeof(one)) < 0) {
		/* its count is full: it is readable */
	}
}

void obs_changed(struct obs *obs)
{
	struct obs_news news;
	const struct obs_news before = obs->told;
	uint64_t count;

	if (read(obs->bell, &count, sizeof(count)) < 0)
		return;
	(void)pthread_mutex_lock(&obs->lock);
	news = obs->news;
	(void)pthread_mutex_unlock(&obs->lock);
	obs->told = news;
	if (obs->ops.state && (news.is_there != before.is_there || strcmp(news.text, before.text) != 0))
		obs->ops.state(news.is_there, news.text, obs->data);
	if (obs->ops.scene && strcmp(news.scene, before.scene) != 0)
		obs->ops.scene(news.scene, obs->data);
	if (obs->ops.record && news.is_recording != before.is_recording)
		obs->ops.record(news.is_recording, news.record_ns, obs->data);
}
