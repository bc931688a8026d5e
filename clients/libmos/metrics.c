/* SPDX-License-Identifier: MIT */
/* Figures of the whole system: the broker adds up what rtcore counts and what readers tell. */
#include <errno.h>

#include "client_impl.h"

static uint64_t natural(const struct mos_value *v, const char *key)
{
	return mos_get_natural(v, key, 0);
}

static uint32_t natural32(const struct mos_value *v, const char *key)
{
	uint64_t n = natural(v, key);

	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

int mos_events_metrics(struct mos_client *client, uint32_t type, struct mos_event_metrics *ret)
{
	const char *name = mos_event_type_name(type);
	const struct mos_value *v;
	struct mos_reply reply;
	int rc;

	if (!name)
		return client_fail(client, -ENOENT, "client.event.unknown", "no type of event: %#x", type);
	rc = mos_call(client, "broker.events.metrics", MOS_ARGS(mos_str("type", name)), &reply);
	if (rc < 0)
		return rc;
	v = mos_get(&reply.value, "types/0");
	if (v)
		*ret = (struct mos_event_metrics){
			.count = natural(v, "count"),
			.rate_hz = mos_get_real(v, "rate_hz", 0),
			.refused = natural(v, "refused"),
			.coalesced = natural(v, "coalesced"),
			.delivered = natural(v, "delivered"),
			.lost = natural(v, "lost"),
			.subscribers = natural32(v, "subscribers"),
			.n_sampled = natural32(v, "n_sampled"),
			.p50_ns = natural(v, "p50_ns"),
			.p99_ns = natural(v, "p99_ns"),
		};
	else
		rc = client_fail(client, -EPROTO, "client.answer.invalid",
			"broker.events.metrics: the answer has no figures");
	mos_reply_finish(&reply);
	return rc;
}
