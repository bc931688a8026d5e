/* SPDX-License-Identifier: MIT */
/* What broker.client.open answers: a slot, capabilities, regions. */
#include <errno.h>
#include <sched.h>

#include "client_impl.h"

static int read_grant(
	struct mos_client *c, struct mos_client_info *ret_info, uint64_t *ret_cookie, int *ret_resumed)
{
	const msgpack_object *result = c->in.result;
	int64_t slot, rate, quantum;
	uint64_t generation;

	if (wire_get_i64(result, "slot", &slot) < 0 || slot < 0 || slot >= MOS_CLIENTS_MAX ||
		wire_get_u64(result, "cookie", ret_cookie) < 0 ||
		wire_get_u64(result, "generation", &generation) < 0 ||
		wire_get_i64(result, "rate", &rate) < 0 || rate < 0 || rate > UINT32_MAX ||
		wire_get_i64(result, "quantum", &quantum) < 0 || quantum < 0 || quantum > UINT32_MAX)
		return client_fail(c, -EPROTO, "client.answer.invalid",
			"broker.client.open: fields are missing or wrong");
	*ret_resumed = 0;
	(void)wire_get_bool(result, "resumed", ret_resumed);
	*ret_info = (struct mos_client_info){
		.slot = (uint32_t)slot,
		.rate_hz = (uint32_t)rate,
		.quantum = (uint32_t)quantum,
		.generation = generation,
	};
	return 0;
}

static void read_caps(struct mos_client *c)
{
	const msgpack_object *list = wire_get_array(c->in.result, "capabilities");

	c->n_caps = 0;
	for (uint32_t i = 0; list && i < list->via.array.size && c->n_caps < CLIENT_CAPS_MAX; i++) {
		if (wire_to_str(&list->via.array.ptr[i], c->caps[c->n_caps], CLIENT_CAP_NAME_MAX) == 0)
			c->n_caps++;
	}
}

/* New regions come into use; the ones before stay mapped until the next change, for late readers. */
static void switch_plane(struct mos_client *c, struct plane *fresh)
{
	struct plane *before = c->plane;

	bell_fd_stop(&c->bell_fd);
	if (before)
		c->reading.lost_before += before->reader.lost;
	/* Whoever is in mos_emit() now may still hold what was retired before; it is out in a microsecond. */
	while (c->retired && __atomic_load_n(&c->emitting, __ATOMIC_SEQ_CST))
		sched_yield();
	plane_free(c->retired);
	c->retired = before;
	__atomic_store_n(&c->plane, fresh, __ATOMIC_SEQ_CST);
	reading_changed(c);
	if (fresh->events.base) {
		mos_event_bells(&fresh->reader, c->reading.groups, &c->reading.bells);
		bell_fd_watch(&c->bell_fd, c->reading.groups, &c->reading.bells);
		(void)client_watch(c); /* link_turn() tries again */
	}
}

int grant_take(struct mos_client *c, int *ret_fresh)
{
	struct mos_client_info info;
	struct plane *fresh = NULL;
	uint64_t cookie;
	int resumed, rc;

	if (c->in.error) {
		call_take_error(c);
		return -EREMOTEIO;
	}
	rc = read_grant(c, &info, &cookie, &resumed);
	if (rc < 0)
		return rc;
	read_caps(c);
	if (!(resumed && c->plane)) {
		rc = plane_open(c, &fresh);
		if (rc < 0)
			return rc;
		switch_plane(c, fresh);
	}
	c->info = info;
	c->cookie = cookie;
	*ret_fresh = fresh != NULL;
	return 0;
}
