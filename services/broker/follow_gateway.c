/* SPDX-License-Identifier: MIT */
/* kronos.clock.*: whose clock the transport follows (KRO-26). */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#include "broker.h"

#define INVALID "kronos.value.invalid"
#define QUANTUM_MAX ((double)MOS_LEADER_QUANTUM_MAX / MOS_PPQ)
#define OFFSET_MAX_MS (MOS_LEADER_OFFSET_MAX_NS / 1e6)

static const char *const leaders[MOS_LEADER_N] = {"internal", "midi", "link", "mtc"};
static const char *const timecodes[MOS_TIMECODE_N] = {"off", "24", "25", "29.97", "30"};

static int state_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	const struct mos_rtctl_follow_state *s = &answer->u.follow_state;
	struct wire_out *out = &req->out;

	wire_put_str(out, "leader", s->leader < MOS_LEADER_N ? leaders[s->leader] : "unknown");
	wire_put_bool(out, "heard", s->is_heard != 0);
	wire_put_bool(out, "in_time", s->is_in_time != 0);
	wire_put_str(out, "state", mos_transport_state_name(s->state));
	wire_put_f64(out, "bpm", s->npq ? mos_npq_to_bpm(s->npq) : 0);
	wire_put_u64(out, "ns_per_quarter", s->npq);
	wire_put_f64(out, "error_ms", (double)s->error_ns / 1e6);
	wire_put_f64(out, "quantum", (double)s->quantum_ticks / MOS_PPQ);
	wire_put_f64(out, "offset_ms", (double)s->offset_ns / 1e6);
	wire_put_u64(out, "lost", s->n_lost);
	wire_put_u64(out, "jumps", s->n_jumps);
	wire_put_u64(out, "changes", s->n_tempo);
	if (s->at_ns) {
		wire_put_f64(out, "phase", (s->phase + s->phase_frac / 4294967296.0) / MOS_PPQ);
		wire_put_i64(out, "at_ns", s->at_ns);
	}
	return 0;
}

int follow_handle_status(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FOLLOW_GET};

	return gateway_forward(req, &msg, -1, state_done);
}

int follow_handle_follow(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FOLLOW, .u.follow.offset_ns = MOS_LEADER_AS_IS};
	double quantum = 4, offset_ms = 0;
	char leader[16];

	if (wire_get_str(params, "leader", leader, sizeof(leader)) < 0)
		leader[0] = '\0';
	while (msg.u.follow.leader < MOS_LEADER_N && strcmp(leader, leaders[msg.u.follow.leader]) != 0)
		msg.u.follow.leader++;
	if (msg.u.follow.leader == MOS_LEADER_N)
		return rpc_fail_at(req, "leader", INVALID, "internal, midi, mtc or link is expected");
	if (wire_get_f64(params, "quantum", &quantum) == 0)
		msg.u.follow.quantum_ticks = (uint32_t)lround(fmin(fmax(quantum, 1), QUANTUM_MAX) * MOS_PPQ);
	if (wire_get_f64(params, "offset_ms", &offset_ms) == 0)
		msg.u.follow.offset_ns = llround(fmin(fmax(offset_ms, -OFFSET_MAX_MS), OFFSET_MAX_MS) * 1e6);
	if (!(quantum >= 1 && quantum <= QUANTUM_MAX))
		return rpc_fail_at(req, "quantum", INVALID, "1 to %.0f beats are allowed", QUANTUM_MAX);
	if (!(offset_ms >= -OFFSET_MAX_MS && offset_ms <= OFFSET_MAX_MS))
		return rpc_fail_at(req, "offset_ms", INVALID, "%.0f to %.0f ms are allowed", -OFFSET_MAX_MS,
			OFFSET_MAX_MS);
	return gateway_forward(req, &msg, -1, state_done);
}

int follow_handle_lead(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LEAD};
	int64_t frac = 0, npq = 0, changes = 0;

	if (wire_get_i64(params, "ticks", &msg.u.lead.tick) < 0)
		return rpc_fail_at(req, "ticks", INVALID, "too large");
	if (wire_get_i64(params, "at_ns", &msg.u.lead.at_ns) < 0)
		return rpc_fail_at(req, "at_ns", INVALID, "too large");
	if (gateway_get_int(req, params, "frac", 0, UINT32_MAX, INVALID, &frac) < 0 ||
		gateway_get_int(req, params, "ns_per_quarter", (int64_t)MOS_LEADER_NPQ_MIN,
			(int64_t)MOS_LEADER_NPQ_MAX, INVALID, &npq) < 0 ||
		gateway_get_int(req, params, "changes", 0, UINT32_MAX, INVALID, &changes) < 0)
		return -EINVAL;
	msg.u.lead.tick_frac = (uint32_t)frac;
	msg.u.lead.npq = (uint64_t)npq;
	msg.u.lead.n_tempo = (uint32_t)changes;
	return gateway_forward(req, &msg, -1, state_done);
}

int follow_handle_timecode(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TIMECODE};
	char rate[16];

	if (wire_get_str(params, "rate", rate, sizeof(rate)) < 0)
		rate[0] = '\0';
	while (msg.u.timecode.rate < MOS_TIMECODE_N && strcmp(rate, timecodes[msg.u.timecode.rate]) != 0)
		msg.u.timecode.rate++;
	if (msg.u.timecode.rate == MOS_TIMECODE_N)
		return rpc_fail_at(req, "rate", INVALID, "off, 24, 25, 29.97 or 30 is expected");
	return gateway_forward(req, &msg, -1, NULL);
}
