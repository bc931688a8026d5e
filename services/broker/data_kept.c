/* SPDX-License-Identifier: MIT */
/*
 * What clients share outlives the broker: the service manager keeps the descriptors, and their names say what
 * they are. Data of a client without a slot, and of a widget, go with the broker, as their owners do.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/ingress.h>

#include "broker.h"
#include "data_internal.h"
#include "fdstore.h"
#include "log.h"

#define PREFIX "data."
/* What lives shorter than this the manager never hears of, and what somebody shares in a loop is no load for
 * it. */
#define KEEP_US 100000
#define KEEP_A_TURN 32u
#define ORPHANS_US 10000000 /* for owners to come back; they try several times a second */
#define KEPT_MAX 2048u

/* data.ID.SLOT.COOKIE.KIND, numbers and the bytes of KIND in hexadecimal. */
static void make_name(const struct shared_data *d, char name[static FDSTORE_NAME_MAX])
{
	int n = snprintf(name, FDSTORE_NAME_MAX, PREFIX "%" PRIx64 ".%" PRIx32 ".%" PRIx64 ".", d->id,
		d->slot, d->cookie);

	for (const char *c = d->kind; *c; c++)
		n += snprintf(name + n, FDSTORE_NAME_MAX - (size_t)n, "%02x", (unsigned char)*c);
}

/* A number up to the next dot. @return what comes behind it; NULL: it is none. */
static const char *read_hex(const char *text, uint64_t *ret)
{
	size_t len = strspn(text, "0123456789abcdef");

	if (len < 1 || len > 16 || text[len] != '.')
		return NULL;
	*ret = strtoull(text, NULL, 16);
	return text + len + 1;
}

static int read_kind(const char *text, char kind[static sizeof(((struct shared_data *)0)->kind)])
{
	const size_t len = strlen(text), max = sizeof(((struct shared_data *)0)->kind) - 1;
	unsigned int byte;

	if (len < 2 || len % 2 || len / 2 > max || text[strspn(text, "0123456789abcdef")])
		return -EINVAL;
	for (size_t i = 0; i < len / 2; i++) {
		if (sscanf(text + 2 * i, "%2x", &byte) != 1 || !byte)
			return -EINVAL;
		kind[i] = (char)byte;
	}
	kind[len / 2] = '\0';
	return 0;
}

static int read_name(const char *name, struct shared_data *d)
{
	uint64_t slot = 0;

	name = read_hex(name + strlen(PREFIX), &d->id);
	name = name ? read_hex(name, &slot) : NULL;
	name = name ? read_hex(name, &d->cookie) : NULL;
	if (!name || slot >= MOS_CLIENTS_MAX || !d->id || d->id >= UINT64_MAX >> 1 ||
		read_kind(name, d->kind) < 0)
		return -EINVAL;
	d->slot = (uint32_t)slot;
	return 0;
}

/* --- Keeping --- */

static int may_keep(const struct shared_data *d)
{
	return !d->kept && d->owner && !d->owner->widget && d->owner->state == CLIENT_ATTACHED;
}

static int on_keep(sd_event_source *source, uint64_t usec, void *data)
{
	struct broker *b = data;
	char name[FDSTORE_NAME_MAX];
	struct shared_data *d;
	uint32_t n = 0;

	TAILQ_FOREACH (d, &b->shared.list, link) {
		if (!may_keep(d))
			continue;
		if (n++ == KEEP_A_TURN) {
			data_keep_later(b);
			break;
		}
		d->slot = d->owner->slot;
		d->cookie = d->owner->cookie;
		make_name(d, name);
		d->kept = fdstore_keep(name, d->fd) > 0;
	}
	return 0;
}

void data_keep_later(struct broker *b)
{
	sd_event_source *timer = b->shared.keep_timer;
	int enabled = 0;

	if (!timer || (sd_event_source_get_enabled(timer, &enabled) >= 0 && enabled))
		return;
	(void)sd_event_source_set_time_relative(timer, KEEP_US);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

void data_not_kept(struct shared_data *d)
{
	char name[FDSTORE_NAME_MAX];

	if (!d->kept)
		return;
	make_name(d, name);
	fdstore_forget(name);
}

/* --- Taking over --- */

static struct shared_data *find(const struct shared *shared, uint64_t id)
{
	struct shared_data *d;

	TAILQ_FOREACH (d, &shared->list, link) {
		if (d->id == id)
			return d;
	}
	return NULL;
}

/* @param fd  Taken. @return 0; -errno: it is not what it should be. */
static int take_one(struct shared *shared, const char *name, int fd)
{
	struct shared_data *d = calloc(1, sizeof(*d)), *later;
	const char *fault = NULL;
	int rc = d ? read_name(name, d) : -ENOMEM;

	if (rc == 0) {
		fault = data_check(fd, &d->size);
		rc = fault || d->size > MOS_DATA_MAX || find(shared, d->id) ? -EINVAL : 0;
	}
	if (rc < 0) {
		free(d);
		close(fd);
		return rc;
	}
	d->fd = fd;
	d->kept = 1;
	TAILQ_FOREACH (later, &shared->list, link) {
		if (later->id > d->id)
			break;
	}
	if (later)
		TAILQ_INSERT_BEFORE(later, d, link);
	else
		TAILQ_INSERT_TAIL(&shared->list, d, link);
	if (shared->next_id <= d->id)
		shared->next_id = d->id + 1;
	return 0;
}

static int on_orphans(sd_event_source *source, uint64_t usec, void *data)
{
	struct shared *shared = data;
	struct shared_data *d, *next;

	for (d = TAILQ_FIRST(&shared->list); d; d = next) {
		next = TAILQ_NEXT(d, link);
		if (!d->owner)
			data_drop(shared, d);
	}
	return 0;
}

int data_restore(struct broker *b)
{
	char name[FDSTORE_NAME_MAX];
	uint32_t n = 0;
	int fd, rc;

	while (n < KEPT_MAX && (fd = fdstore_claim(&b->service->fds, PREFIX, name)) >= 0) {
		rc = take_one(&b->shared, name, fd);
		if (rc < 0) {
			log_warning("kept data are not what they should be, dropping: name=%s error=\"%s\"",
				name, strerror(-rc));
			fdstore_forget(name);
		}
		n += rc == 0;
	}
	rc = sd_event_add_time_relative(
		b->service->event, &b->shared.keep_timer, CLOCK_MONOTONIC, KEEP_US, 0, on_keep, b);
	if (rc >= 0)
		rc = sd_event_source_set_enabled(b->shared.keep_timer, SD_EVENT_OFF);
	if (rc >= 0 && n)
		rc = sd_event_add_time_relative(b->service->event, &b->shared.orphan_timer, CLOCK_MONOTONIC,
			ORPHANS_US, 0, on_orphans, &b->shared);
	if (n)
		log_info("took over what clients share: n=%u", n);
	return rc;
}

void data_adopt(struct shared *shared, const struct client *owner)
{
	struct shared_data *d;

	TAILQ_FOREACH (d, &shared->list, link) {
		if (!d->owner && d->slot == owner->slot && d->cookie == owner->cookie)
			d->owner = owner;
	}
}

void data_finish(struct shared *shared)
{
	struct shared_data *d;

	shared->keep_timer = sd_event_source_disable_unref(shared->keep_timer);
	shared->orphan_timer = sd_event_source_disable_unref(shared->orphan_timer);
	while ((d = TAILQ_FIRST(&shared->list))) {
		d->kept = 0; /* the manager's copy is the next broker's */
		data_drop(shared, d);
	}
}
