/* SPDX-License-Identifier: MIT */
/* The links that need no foreign library: our ring, a bare slot, a socket. */
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ring_link.h"

/* Our ring: one each way, mapped for reading only by the side that reads. */

struct ring_state {
	struct mos_region out[2]; /* side i writes out[i] */
	struct mos_region in;
	struct mos_event_log log[2];
	struct mos_event_writer writer;
	struct mos_event_reader reader;
};

static int ring_create(struct link *link)
{
	struct ring_state *s = calloc(1, sizeof(*s));
	int r = s ? 0 : -ENOMEM;

	for (int side = 0; side < 2 && r == 0; side++)
		r = mos_region_create("bench-ring", mos_event_ring_size(MOS_EVENT_RING_SLOTS_DEFAULT),
			MOS_EVENT_RING_ABI_MAJOR, MOS_EVENT_RING_ABI_MINOR, 1, &s->out[side]);
	for (int side = 0; side < 2 && r == 0; side++) {
		r = mos_event_log_init(&s->log[side], &s->out[side], MOS_EVENT_RING_SLOTS_DEFAULT);
		mos_region_publish(&s->out[side], MOS_MAGIC_EVENTS);
	}
	link->state = s;
	return r;
}

static int ring_attach(struct link *link, int side)
{
	struct ring_state *s = link->state;
	int r = mos_region_attach(s->out[!side].fd, MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR,
		MOS_EVENT_RING_SLOTS_OFF,
		/* writable= */ 0, &s->in, NULL);

	if (r == 0)
		r = mos_event_reader_init(&s->reader, &s->in, /* from_oldest= */ 1);
	if (r == 0)
		mos_event_writer_init(&s->writer, &s->log[side], /* other= */ NULL);
	return r;
}

static void ring_send(struct link *link, const struct mos_event *ev)
{
	(void)mos_event_publish(&((struct ring_state *)link->state)->writer, ev, /* now_ns= */ 0);
}

static bool ring_take(struct link *link, struct mos_event *ret)
{
	return mos_event_next(&((struct ring_state *)link->state)->reader, ret) == 1;
}

const struct link_ops link_ring = {"mos", ring_create, ring_attach, ring_send, ring_take, NULL};

/*
 * A bare slot: the words, then the number, in one line. No lap is noticed and a second record would
 * overwrite the first, so it serves to bounce records only: the floor of what a cache line costs.
 */

struct slot_lines {
	alignas(128) uint64_t line[2][16]; /* side i writes line[i], of which 8 words are used */
};

struct slot_side {
	uint64_t *out;
	const uint64_t *in;
	uint64_t n_sent, n_taken;
};

static int slot_create(struct link *link)
{
	struct slot_lines *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	link->state = s;
	return s == MAP_FAILED ? -errno : 0;
}

static int slot_attach(struct link *link, int side)
{
	struct slot_lines *shared = link->state;
	struct slot_side *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	*s = (struct slot_side){.out = shared->line[side], .in = shared->line[!side]};
	link->state = s;
	return 0;
}

static void slot_send(struct link *link, const struct mos_event *ev)
{
	struct slot_side *s = link->state;
	uint64_t words[8];

	memcpy(words, ev, sizeof(words));
	for (int i = 1; i < 8; i++)
		__atomic_store_n(&s->out[i], words[i], __ATOMIC_RELAXED);
	__atomic_store_n(&s->out[0], ++s->n_sent, __ATOMIC_RELEASE);
}

static bool slot_take(struct link *link, struct mos_event *ret)
{
	struct slot_side *s = link->state;
	uint64_t words[8];

	words[0] = __atomic_load_n(&s->in[0], __ATOMIC_ACQUIRE);
	if (words[0] == s->n_taken)
		return false;
	for (int i = 1; i < 8; i++)
		words[i] = __atomic_load_n(&s->in[i], __ATOMIC_RELAXED);
	s->n_taken = words[0];
	memcpy(ret, words, sizeof(words));
	return true;
}

const struct link_ops link_slot = {"slot", slot_create, slot_attach, slot_send, slot_take, NULL};

/* A socket pair, polled like the others: a sleeping receiver would be slower still. */

struct socket_state {
	int fd[2];
	int own;
};

static int socket_create(struct link *link)
{
	struct socket_state *s = calloc(1, sizeof(*s));

	link->state = s;
	if (!s)
		return -ENOMEM;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s->fd) < 0 ? -errno : 0;
}

static int socket_attach(struct link *link, int side)
{
	struct socket_state *s = link->state;

	s->own = s->fd[side];
	close(s->fd[!side]);
	return 0;
}

static void socket_send(struct link *link, const struct mos_event *ev)
{
	(void)!send(((struct socket_state *)link->state)->own, ev, sizeof(*ev), MSG_NOSIGNAL);
}

static bool socket_take(struct link *link, struct mos_event *ret)
{
	return recv(((struct socket_state *)link->state)->own, ret, sizeof(*ret), MSG_DONTWAIT) ==
	       sizeof(*ret);
}

const struct link_ops link_socket = {
	"seqpacket", socket_create, socket_attach, socket_send, socket_take, NULL};
