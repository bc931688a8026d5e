/* SPDX-License-Identifier: MIT */
/* Shared bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/event.h>

#include "broker.h"
#include "data_internal.h"
#include "wire_utf8.h"

#define HUGE_PAGE (2u << 20) /* a memfd's memory may come in pages of that size */
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void data_init(struct shared *shared)
{
	struct timespec now;

	*shared = (struct shared){0};
	TAILQ_INIT(&shared->list);
	/* A broker that comes after us gives no number again: an old event refers to nothing, not to
	 * something else. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	shared->next_id = (uint64_t)now.tv_sec << 20;
}

void data_drop(struct shared *shared, struct shared_data *d)
{
	data_not_kept(d);
	TAILQ_REMOVE(&shared->list, d, link);
	close(d->fd);
	free(d);
}

void data_forget(struct shared *shared, const struct client *owner)
{
	struct shared_data *d, *next;

	if (owner->broker->closing)
		return; /* it comes back to the next broker */
	for (d = TAILQ_FIRST(&shared->list); d; d = next) {
		next = TAILQ_NEXT(d, link);
		if (d->owner == owner)
			data_drop(shared, d);
	}
}

/* Room for one more: the oldest go, by number and, for a widget, by what it may use of memory. */
static void make_room(struct shared *shared, const struct client *owner, uint64_t size)
{
	const uint64_t bytes_max = owner->widget ? (uint64_t)owner->widget->manifest.memory_mb << 20
						 : (uint64_t)MOS_DATA_PER_CLIENT * MOS_DATA_MAX;

	for (;;) {
		struct shared_data *d, *oldest = NULL;
		uint64_t bytes = size;
		uint32_t n = 1;

		TAILQ_FOREACH (d, &shared->list, link) {
			if (d->owner != owner)
				continue;
			if (!oldest)
				oldest = d;
			bytes += d->size;
			n++;
		}
		if (!oldest || (n <= MOS_DATA_PER_CLIENT && bytes <= bytes_max))
			return;
		data_drop(shared, oldest);
	}
}

const char *data_check(int fd, uint64_t *ret_size)
{
	struct stat st;
	int seals;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "the descriptor is no memfd";
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return "the descriptor is no memfd";
	if ((seals & SEALS) != SEALS)
		return "the memfd can still be changed";
	if (st.st_size <= 0)
		return "the memfd is empty";
	/* There may be memory behind its end, which nobody sees and everybody lacks. */
	if ((uint64_t)st.st_blocks * 512 > (uint64_t)st.st_size + HUGE_PAGE)
		return "the memfd has memory behind its end";
	*ret_size = (uint64_t)st.st_size;
	return NULL;
}

static int check_bytes(struct rpc_request *req, int fd, const struct client *owner, uint64_t *ret_size)
{
	const char *fault = data_check(fd, ret_size);
	uint64_t max = MOS_DATA_MAX;

	if (fault) {
		(void)rpc_fail(req, -EINVAL, "broker.data.invalid", "%s", fault);
		wire_error_hint(&req->error,
			"share a memfd sealed with F_SEAL_WRITE, F_SEAL_GROW, F_SEAL_SHRINK, F_SEAL_SEAL");
		return -EINVAL;
	}
	if (owner->widget && (uint64_t)owner->widget->manifest.memory_mb << 20 < max)
		max = (uint64_t)owner->widget->manifest.memory_mb << 20;
	if (*ret_size > max)
		return rpc_fail(req, -EFBIG, "broker.data.limit", "%llu bytes, the limit is %llu",
			(unsigned long long)*ret_size, (unsigned long long)max);
	return 0;
}

static void on_told(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
}

/* data:shared; without rtcore there is nobody who could hear it. */
static void tell(struct broker *b, const struct shared_data *d)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_EVENT};
	struct mos_event *ev = &msg.u.event;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ev->type = MOS_EVENT_DATA_SHARED;
	ev->time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	ev->tick = INT64_MIN;
	ev->flags = MOS_EVENT_IMMEDIATE;
	ev->u.data.id = d->id;
	ev->u.data.size_bytes = d->size;
	strcpy(ev->u.data.kind, d->kind);
	(void)rtlink_request(&b->rtlink, &msg, -1, on_told, NULL);
}

int data_handle_put(struct rpc_request *req, const msgpack_object *params)
{
	const struct client *owner = rpc_conn_data(req->conn);
	struct broker *b = broker_of(req);
	struct shared_data *d;
	char kind[sizeof(d->kind)];
	uint64_t size = 0;
	int fd, rc;

	if (wire_get_str(params, "kind", kind, sizeof(kind)) < 0 || !kind[0])
		return rpc_fail_at(req, "kind", "rpc.params.invalid", "a word of 1 to %zu bytes is expected",
			sizeof(kind) - 1);
	wire_utf8_mend(kind);
	fd = rpc_take_fd(req, 0);
	rc = fd < 0 ? fd : check_bytes(req, fd, owner, &size);
	d = rc < 0 ? NULL : calloc(1, sizeof(*d));
	if (!d) {
		if (fd >= 0)
			close(fd);
		return rc < 0 ? rc : -ENOMEM;
	}
	make_room(&b->shared, owner, size);
	*d = (struct shared_data){.id = b->shared.next_id++, .size = size, .owner = owner, .fd = fd};
	strcpy(d->kind, kind);
	TAILQ_INSERT_TAIL(&b->shared.list, d, link);
	data_keep_later(b);
	wire_put_u64(&req->out, "id", d->id);
	wire_put_u64(&req->out, "size_bytes", d->size);
	tell(b, d);
	return 0;
}

int data_handle_get(struct rpc_request *req, const msgpack_object *params)
{
	const struct shared_data *d;
	uint64_t id;

	if (wire_get_u64(params, "id", &id) < 0)
		return rpc_fail_at(
			req, "id", "rpc.params.invalid", "a number that data:shared told is expected");
	TAILQ_FOREACH (d, &broker_of(req)->shared.list, link) {
		if (d->id != id)
			continue;
		wire_put_str(&req->out, "kind", d->kind);
		wire_put_u64(&req->out, "size_bytes", d->size);
		wire_add_fd(&req->out, d->fd);
		return 0;
	}
	(void)rpc_fail_at(req, "id", "broker.data.absent", "nothing is shared under this number");
	wire_error_hint(&req->error, "it goes when its owner leaves, or shares %u more", MOS_DATA_PER_CLIENT);
	return -ENOENT;
}
