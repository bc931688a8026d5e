/* SPDX-License-Identifier: MIT */
/* Forwarding to rtcore, and its refusals in words. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "wire_utf8.h"

struct forwarded {
	struct broker *broker;
	struct rpc_request *req;
	gateway_done *done;
	int is_transport;
};

/* Commands that change the transport's state, and to what. */
static int leads_to(uint32_t op, uint32_t *ret_state)
{
	switch (op) {
	case MOS_RTCTL_PLAY:
		*ret_state = MOS_TRANSPORT_PLAYING;
		return 1;
	case MOS_RTCTL_PAUSE:
		*ret_state = MOS_TRANSPORT_PAUSED;
		return 1;
	case MOS_RTCTL_STOP:
		*ret_state = MOS_TRANSPORT_STOPPED;
		return 1;
	default:
		return 0;
	}
}

uint32_t gateway_expected_state(const struct gateway *gateway, const struct mos_clock *clock)
{
	return gateway->n_transport ? gateway->expected_state : clock->state;
}

int gateway_fail_link(struct rpc_request *req, int rc)
{
	switch (rc) {
	case -ENOTCONN:
	case -ECONNRESET:
		(void)rpc_fail(req, rc, "rtcore.down",
			rc == -ENOTCONN ? "the real-time core does not run"
					: "the real-time core went away before it answered");
		wire_error_hint(
			&req->error, "start mos-rtcore on the same runtime directory; it is found by itself");
		return rc;
	case -ETIMEDOUT:
		return rpc_fail(req, rc, "rtcore.timeout", "the real-time core did not answer in time");
	case -ENOBUFS:
		return rpc_fail(req, rc, "rtcore.busy", "too many requests wait for the real-time core");
	case -EAGAIN:
		return rpc_fail(req, rc, "rtcore.busy", "the clock page cannot be read at the moment");
	default:
		return rpc_fail(req, rc, "rtcore.failed", "cannot ask the real-time core: %s", strerror(-rc));
	}
}

/* --- Refusals --- */

static int is_apollo(uint32_t op)
{
	switch (op) {
	case MOS_RTCTL_NOTE:
	case MOS_RTCTL_CUTOFF:
	case MOS_RTCTL_PANIC:
	case MOS_RTCTL_PROGRAM:
	case MOS_RTCTL_STRIP:
	case MOS_RTCTL_BANK:
	case MOS_RTCTL_READY:
	case MOS_RTCTL_STATUS:
	case MOS_RTCTL_MAP ... MOS_RTCTL_INSERT_RESTORE:
	case MOS_RTCTL_STRIP_LIST:
		return 1;
	default:
		return 0;
	}
}

static const char *code_of(const struct mos_rtctl_msg *answer)
{
	int rc = answer->status;

	switch (answer->op) {
	case MOS_RTCTL_LOAD:
		if (rc == -EINVAL)
			return "kronos.timeline.invalid";
		break;
	case MOS_RTCTL_BANK:
	case MOS_RTCTL_MAP:
		return "apollo.bank.failed";
	case MOS_RTCTL_INSERT:
		return "apollo.insert.failed";
	case MOS_RTCTL_INSERT_SET:
	case MOS_RTCTL_INSERT_GET:
	case MOS_RTCTL_INSERT_SAVE:
	case MOS_RTCTL_INSERT_RESTORE:
		if (rc == -ENOENT)
			return "apollo.insert.absent";
		if (rc == -EINVAL && answer->op == MOS_RTCTL_INSERT_RESTORE)
			return "apollo.state.invalid";
		if (rc == -ENOTSUP || rc == -ETIMEDOUT || rc == -EPIPE)
			return "apollo.state.failed";
		break;
	case MOS_RTCTL_CLIP:
		return "apollo.clip.failed";
	case MOS_RTCTL_CLIP_REMOVE:
		if (rc == -ENOENT)
			return "apollo.clip.absent";
		break;
	case MOS_RTCTL_READY:
		return rc == -ETIMEDOUT ? "apollo.engine.timeout" : "apollo.bank.failed";
	case MOS_RTCTL_TEMPO:
		if (rc == -EOPNOTSUPP)
			return "kronos.tempo.led";
		break;
	case MOS_RTCTL_LEAD:
		if (rc == -EPERM)
			return "kronos.clock.internal";
		break;
	case MOS_RTCTL_SEEK:
		if (rc == -ERANGE)
			return "kronos.seek.range";
		break;
	case MOS_RTCTL_MIDI_LINK:
	case MOS_RTCTL_MIDI_UNLINK:
		if (rc == -ENOENT)
			return "kronos.midiout.unknown";
		if (rc == -ENOTUNIQ)
			return "kronos.midiout.ambiguous";
		break;
	default:
		break;
	}
	if (rc == MOS_RTCTL_ILLEGAL)
		return "kronos.state.illegal";
	if (rc == -ENOTCONN)
		return "kronos.driver.down";
	if (rc == -EINVAL || rc == -ERANGE)
		return is_apollo(answer->op) ? "apollo.value.invalid" : "kronos.value.invalid";
	if (rc == -EBUSY || rc == -EAGAIN || rc == -ENOSPC)
		return "rtcore.busy";
	return "rtcore.failed";
}

/* Out of range: these answers carry numbers where others carry a sentence. */
static int fail_range(struct rpc_request *req, const char *where, const char *code, int64_t min, int64_t max)
{
	(void)rpc_fail_at(req, where, code, "%s: allowed is %lld to %lld ticks",
		strcmp(where, "bar") ? "outside of the score" : "no such bar or beat in the score",
		(long long)min, (long long)max);
	wire_error_hint(
		&req->error, "that is %.2f to %.2f beats", (double)min / MOS_PPQ, (double)max / MOS_PPQ);
	return -ERANGE;
}

static int64_t end_of_score(struct rpc_request *req)
{
	struct mos_clock clock;

	return rtlink_read_clock(&broker_of(req)->rtlink, &clock) < 0 ? 0 : clock.end_tick;
}

int gateway_fail_status(struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	const char *code = code_of(answer), *colon;
	char text[sizeof(answer->u.text) + 1];

	if (answer->status == -ERANGE && answer->op == MOS_RTCTL_SEEK)
		return fail_range(req,
			answer->u.seek.by_bar     ? "bar"
			: answer->u.seek.by_frame ? "frames"
						  : "ticks",
			code, answer->u.seek.range_min, answer->u.seek.range_max);
	if (answer->status == -ERANGE && answer->op == MOS_RTCTL_LOOP)
		return fail_range(req, "loop", code, 0, end_of_score(req));
	memcpy(text, answer->u.text, sizeof(answer->u.text));
	text[sizeof(answer->u.text)] = '\0';
	wire_utf8_mend(text);
	(void)rpc_fail(req, answer->status, code, "%s", text[0] ? text : strerror(-answer->status));
	/* A refused timeline says its place first: "events[12]: ticks go backwards". */
	colon = strchr(text, ':');
	if (answer->op == MOS_RTCTL_LOAD && colon)
		wire_error_where(&req->error, "%.*s", (int)(colon - text), text);
	return answer->status;
}

/* --- Forwarding --- */

static void on_answer(void *data, int rc, const struct mos_rtctl_msg *msg, const int *fds, uint32_t n_fds)
{
	struct forwarded *f = data;

	f->broker->gateway.n_transport -= (uint32_t)f->is_transport;
	if (rc < 0)
		rc = gateway_fail_link(f->req, rc);
	else if (msg->status < 0)
		rc = gateway_fail_status(f->req, msg);
	else
		rc = f->done ? f->done(f->broker, f->req, msg) : 0;
	if (rc != RPC_LATER)
		rpc_finish(f->req, rc);
	free(f);
}

int gateway_forward(struct rpc_request *req, const struct mos_rtctl_msg *msg, int fd, gateway_done *done)
{
	struct broker *broker = broker_of(req);
	struct forwarded *f = malloc(sizeof(*f));
	int rc;

	if (!f)
		return -ENOMEM;
	*f = (struct forwarded){.broker = broker, .req = req, .done = done};
	rc = rtlink_request(&broker->rtlink, msg, fd, on_answer, f);
	if (rc < 0) {
		free(f);
		return gateway_fail_link(req, rc);
	}
	f->is_transport = leads_to(msg->op, &broker->gateway.expected_state);
	broker->gateway.n_transport += (uint32_t)f->is_transport;
	return RPC_LATER;
}

/* --- Values --- */

int gateway_check_finite(struct rpc_request *req, const char *key, double value, const char *code)
{
	return isfinite(value) ? 0 : rpc_fail_at(req, key, code, "not a finite number");
}

int gateway_get_int(struct rpc_request *req, const msgpack_object *params, const char *key, int64_t min,
	int64_t max, const char *code, int64_t *ret)
{
	int64_t value;
	int rc = wire_get_i64(params, key, &value);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0 || value < min || value > max)
		return rpc_fail_at(req, key, code, "a whole number from %lld to %lld is expected",
			(long long)min, (long long)max);
	*ret = value;
	return 1;
}

int gateway_clock(struct rpc_request *req, struct mos_clock *ret)
{
	int rc = rtlink_read_clock(&broker_of(req)->rtlink, ret);

	return rc < 0 ? gateway_fail_link(req, rc) : 0;
}

int gateway_place(struct rpc_request *req, struct mos_clock *ret, struct mos_clock_song *ret_song)
{
	int rc = rtlink_read_song(&broker_of(req)->rtlink, ret, ret_song);

	return rc < 0 ? gateway_fail_link(req, rc) : 0;
}
