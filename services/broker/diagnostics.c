/* SPDX-License-Identifier: MIT */
/* kronos.diagnostics.get: rtcore's counters by name, and the six figures that are told under older names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"

/* A graph clock that is off by this much counts as hot: more than crystals differ, what the drift tests play
 * with. */
#define DRIFT_HOT_PPB 200000.0

static void put_counter(struct wire_out *out, const struct mos_counters_view *v, uint32_t i, const char *name)
{
	if (v->label[i].kind == MOS_COUNTER_HIST) {
		wire_open_map(out, name);
		wire_put_u64(out, "count", mos_counters_get(v, i));
		wire_put_u64(out, "p50", mos_counters_quantile(v, i, 0.5));
		wire_put_u64(out, "p99", mos_counters_quantile(v, i, 0.99));
		wire_put_u64(out, "p999", mos_counters_quantile(v, i, 0.999));
		wire_put_u64(out, "max", mos_counters_quantile(v, i, 1.0));
		wire_close(out);
	} else if (v->label[i].kind == MOS_COUNTER_GAUGE) {
		wire_put_i64(out, name, (int64_t)mos_counters_get(v, i));
	} else {
		wire_put_u64(out, name, mos_counters_get(v, i));
	}
}

/* 0 when there is none of that name. */
static int64_t value_of(const struct mos_counters_view *v, const char *name)
{
	int i = mos_counters_find(v, name);

	return i < 0 ? 0 : (int64_t)mos_counters_get(v, (uint32_t)i);
}

/* KRO-28; services/METHODS.md defines them. */
static void put_telemetry(struct wire_out *out, const struct mos_counters_view *v)
{
	double heat = (double)llabs(value_of(v, "kronos.drift_ppb")) / DRIFT_HOT_PPB;
	int64_t cycles = value_of(v, "rt.cycles"), resyncs = value_of(v, "kronos.resyncs");

	wire_open_map(out, "telemetry");
	wire_put_i64(out, "ticksPublished", value_of(v, "kronos.ticksPublished"));
	wire_put_i64(out, "commandsPublished", value_of(v, "kronos.commandsPublished"));
	wire_put_i64(out, "subscriberCount", value_of(v, "control.clients"));
	wire_put_f64(out, "jitterMaxMs", (double)value_of(v, "kronos.jitterMax") / 1e6);
	wire_put_f64(out, "driftHeat", heat < 1 ? heat : 1);
	wire_put_f64(out, "positionalIntegrityScore",
		cycles > resyncs ? 1 - (double)resyncs / (double)cycles : resyncs == 0);
	wire_close(out);
}

/* Everything but Apollo's, which are levels and voices: the clock, the cycle, the queues (KRO-11). */
int diagnostics_handle_get(struct rpc_request *req, const msgpack_object *params)
{
	const struct rtlink *rt = &broker_of(req)->rtlink;
	const struct mos_counters_view *v = &rt->counters;

	if (!rt->up)
		return gateway_fail_link(req, -ENOTCONN);
	for (uint32_t i = 0; i < v->n_labels; i++) {
		if (strncmp(v->label[i].name, "apollo.", 7))
			put_counter(&req->out, v, i, v->label[i].name);
	}
	put_telemetry(&req->out, v);
	return 0;
}
