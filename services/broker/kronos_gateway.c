/* SPDX-License-Identifier: MIT */
/* kronos.*: the transport. Each method checks its values and becomes one record to rtcore. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#include "broker.h"
#include "caps.h"
#include "timeline_title.h"

#define INVALID "kronos.value.invalid"
#define BARS_MAX 1000000
#define PERCENT_MIN 1.0
#define PERCENT_MAX 1000.0
#define GAIN_DB_MIN (-60.0)
#define GAIN_DB_MAX 12.0

static double clamp(double value, double min, double max)
{
	return value < min ? min : value > max ? max : value;
}

/* --- Position, and the commands that answer it --- */

static int put_position(struct rpc_request *req)
{
	struct mos_clock clock;
	struct mos_clock_song song;
	int rc = gateway_place(req, &clock, &song);

	if (rc == 0)
		position_put(&req->out, &broker_of(req)->gateway, &clock, &song);
	return rc;
}

static int position_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	return put_position(req);
}

static int handle_position(struct rpc_request *req, const msgpack_object *params)
{
	return put_position(req);
}

static const struct rpc_param play_params[] = {{"count_in", RPC_INT}, {"restart", RPC_BOOL}, {0}};

static int handle_play(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PLAY};
	int64_t bars = 0;
	int restart = 0;

	if (gateway_get_int(req, params, "count_in", 0, 16, INVALID, &bars) < 0)
		return -EINVAL;
	(void)wire_get_bool(params, "restart", &restart);
	msg.u.play.count_in_bars = (uint32_t)bars;
	msg.u.play.flags = restart ? MOS_PLAY_RESTART : 0;
	return gateway_forward(req, &msg, -1, position_done);
}

static int forward_plain(struct rpc_request *req, enum mos_rtctl_op op)
{
	const struct mos_rtctl_msg msg = {.op = op};

	return gateway_forward(req, &msg, -1, position_done);
}

static int handle_pause(struct rpc_request *req, const msgpack_object *params)
{
	return forward_plain(req, MOS_RTCTL_PAUSE);
}

static int handle_stop(struct rpc_request *req, const msgpack_object *params)
{
	return forward_plain(req, MOS_RTCTL_STOP);
}

static int handle_toggle(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_clock clock;
	int rc = gateway_clock(req, &clock);

	if (rc < 0)
		return rc;
	if (gateway_expected_state(&broker_of(req)->gateway, &clock) == MOS_TRANSPORT_PLAYING)
		return forward_plain(req, MOS_RTCTL_PAUSE);
	return forward_plain(req, MOS_RTCTL_PLAY);
}

static int handle_restart(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PLAY, .u.play.flags = MOS_PLAY_RESTART};

	return gateway_forward(req, &msg, -1, position_done);
}

/* --- Seek --- */

static const struct rpc_param seek_params[] = {
	{"ticks", RPC_INT},
	{"frames", RPC_INT},
	{"beats", RPC_NUM},
	{"bar", RPC_INT},
	{"beat", RPC_INT},
	{"tick", RPC_INT},
	{0},
};

static int seek_by_bar(struct rpc_request *req, const msgpack_object *params, struct mos_rtctl_msg *msg)
{
	int64_t bar = 1, beat = 1, tick = 0;

	if (gateway_get_int(req, params, "bar", 1, BARS_MAX, "kronos.seek.range", &bar) < 0 ||
		gateway_get_int(req, params, "beat", 1, 255, "kronos.seek.range", &beat) < 0 ||
		gateway_get_int(req, params, "tick", 0, 4 * MOS_PPQ - 1, "kronos.seek.range", &tick) < 0)
		return -EINVAL;
	msg->u.seek.by_bar = 1;
	msg->u.seek.bar = (uint32_t)bar - 1;
	msg->u.seek.beat = (uint32_t)beat - 1;
	msg->u.seek.sub_tick = (uint32_t)tick;
	return 0;
}

static int handle_seek(struct rpc_request *req, const msgpack_object *params)
{
	const int ways =
		!!wire_get(params, "ticks") + !!wire_get(params, "frames") + !!wire_get(params, "beats") + !!wire_get(params, "bar");
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_SEEK};
	double beats;

	if (ways != 1)
		return rpc_fail(req, -EINVAL, "rpc.params.invalid", "one of ticks, frames, beats or bar is needed");
	if (!wire_get(params, "bar") && (wire_get(params, "beat") || wire_get(params, "tick")))
		return rpc_fail_at(req, "bar", "rpc.params.invalid", "beat and tick need a bar");
	if (wire_get(params, "bar")) {
		if (seek_by_bar(req, params, &msg) < 0)
			return -EINVAL;
	} else if (wire_get_f64(params, "beats", &beats) == 0) {
		if (gateway_check_finite(req, "beats", beats, INVALID) < 0)
			return -EINVAL;
		/* Far outside stays outside: rtcore names the range. */
		msg.u.seek.tick = llround(
			clamp(beats * MOS_PPQ, -(double)MOS_TL_MAX_TICK, (double)MOS_TL_MAX_TICK * 2));
	} else if (wire_get(params, "frames")) {
		if (gateway_get_int(req, params, "frames", 0, INT64_MAX / 2, "kronos.seek.range", &msg.u.seek.tick) < 0)
			return -EINVAL;
		msg.u.seek.by_frame = 1;
	} else if (wire_get_i64(params, "ticks", &msg.u.seek.tick) < 0) {
		return rpc_fail_at(req, "ticks", "kronos.seek.range", "too large");
	}
	return gateway_forward(req, &msg, -1, position_done);
}

/* --- Tempo --- */

static const struct rpc_param tempo_params[] = {
	{"bpm", RPC_NUM},
	{"percent", RPC_NUM},
	{"score", RPC_BOOL},
	{0},
};

/* What is in force now, rtcore tells. */
static int tempo_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	wire_put_f64(&req->out, "bpm", answer->u.tempo.npq ? mos_npq_to_bpm(answer->u.tempo.npq) : 0);
	return 0;
}

static int set_bpm(struct rpc_request *req, double bpm)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO, .u.tempo.mode = MOS_TEMPO_FIXED};
	int clamped;

	if (mos_bpm_to_npq(bpm, &msg.u.tempo.npq, &clamped) < 0)
		return rpc_fail_at(req, "bpm", INVALID, "not a finite number");
	wire_put_bool(&req->out, "clamped", clamped);
	return gateway_forward(req, &msg, -1, tempo_done);
}

static int set_percent(struct rpc_request *req, double percent)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO, .u.tempo.mode = MOS_TEMPO_RATE};
	double taken = clamp(percent, PERCENT_MIN, PERCENT_MAX);

	if (gateway_check_finite(req, "percent", percent, INVALID) < 0)
		return -EINVAL;
	msg.u.tempo.rate_ppm = (uint32_t)lround(taken * 1e4);
	wire_put_bool(&req->out, "clamped", taken != percent);
	return gateway_forward(req, &msg, -1, tempo_done);
}

static int handle_tempo(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg follow = {.op = MOS_RTCTL_TEMPO, .u.tempo.mode = MOS_TEMPO_SCORE};
	double bpm, percent;
	int score = 0;

	(void)wire_get_bool(params, "score", &score);
	if (!!wire_get(params, "bpm") + !!wire_get(params, "percent") + score != 1)
		return rpc_fail(
			req, -EINVAL, "rpc.params.invalid", "one of bpm, percent or score: true is needed");
	if (wire_get_f64(params, "bpm", &bpm) == 0)
		return set_bpm(req, bpm);
	if (wire_get_f64(params, "percent", &percent) == 0)
		return set_percent(req, percent);
	wire_put_bool(&req->out, "clamped", 0);
	return gateway_forward(req, &follow, -1, tempo_done);
}

/* --- Loop --- */

static const struct rpc_param loop_params[] = {
	{"start_ticks", RPC_INT},
	{"end_ticks", RPC_INT},
	{"from_bar", RPC_INT},
	{"to_bar", RPC_INT},
	{0},
};

static int loop_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	wire_put_i64(&req->out, "start_ticks", answer->u.loop.start_tick);
	wire_put_i64(&req->out, "end_ticks", answer->u.loop.end_tick);
	return 0;
}

static int handle_loop_set(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOOP, .u.loop.active = 1};
	int64_t first, last;
	int by_bar = wire_get(params, "from_bar") && wire_get(params, "to_bar");
	int by_tick = wire_get(params, "start_ticks") && wire_get(params, "end_ticks");

	if (params->via.map.size != 2 || by_bar == by_tick)
		return rpc_fail(req, -EINVAL, "rpc.params.invalid",
			"either start_ticks and end_ticks or from_bar and to_bar are needed");
	if (gateway_get_int(req, params, by_bar ? "from_bar" : "start_ticks", by_bar,
		    by_bar ? BARS_MAX : MOS_TL_MAX_TICK, INVALID, &first) < 0 ||
		gateway_get_int(req, params, by_bar ? "to_bar" : "end_ticks", by_bar,
			by_bar ? BARS_MAX : MOS_TL_MAX_TICK, INVALID, &last) < 0)
		return -EINVAL;
	if (by_bar ? last < first : last <= first)
		return rpc_fail_at(
			req, by_bar ? "to_bar" : "end_ticks", INVALID, "the loop ends before it starts");
	if (by_bar) { /* bars from 1, the last one included -> from 0, the end excluded */
		msg.u.loop.by_bar = 1;
		msg.u.loop.start_bar = (uint32_t)first - 1;
		msg.u.loop.end_bar = (uint32_t)last;
	} else {
		msg.u.loop.start_tick = first;
		msg.u.loop.end_tick = last;
	}
	return gateway_forward(req, &msg, -1, loop_done);
}

static int handle_loop_clear(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOOP};

	return gateway_forward(req, &msg, -1, NULL);
}

/* --- Meter, metronome --- */

static const struct rpc_param meter_params[] = {{"num", RPC_INT}, {"den", RPC_INT}, {"score", RPC_BOOL}, {0}};

static int handle_meter(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_METER};
	int64_t num = 0, den = 0;
	int score = 0;

	(void)wire_get_bool(params, "score", &score);
	if (gateway_get_int(req, params, "num", 1, 255, INVALID, &num) < 0 ||
		gateway_get_int(req, params, "den", 1, 128, INVALID, &den) < 0)
		return -EINVAL;
	if (score ? num || den : !num || !den)
		return rpc_fail(
			req, -EINVAL, "rpc.params.invalid", "either num and den or score: true is needed");
	if (den & (den - 1))
		return rpc_fail_at(req, "den", INVALID, "1, 2, 4, 8, 16, 32, 64 or 128 is expected");
	msg.u.meter.num = (uint16_t)num;
	msg.u.meter.den = (uint16_t)den;
	return gateway_forward(req, &msg, -1, NULL);
}

static const struct rpc_param metronome_params[] = {
	{"on", RPC_BOOL | RPC_REQUIRED}, {"gain_db", RPC_NUM}, {0}};

static int handle_metronome(struct rpc_request *req, const msgpack_object *params)
{
	struct gateway *g = &broker_of(req)->gateway;
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_METRONOME};
	double gain_db = (double)g->metronome_db;
	int on = 0;

	(void)wire_get_bool(params, "on", &on);
	(void)wire_get_f64(params, "gain_db", &gain_db);
	if (gateway_check_finite(req, "gain_db", gain_db, INVALID) < 0)
		return -EINVAL;
	g->metronome_db = (float)clamp(gain_db, GAIN_DB_MIN, GAIN_DB_MAX);
	gateway_keep(broker_of(req));
	msg.u.metronome.on = (uint32_t)on;
	msg.u.metronome.gain_db = g->metronome_db;
	return gateway_forward(req, &msg, -1, NULL);
}

static const struct rpc_param midiclock_params[] = {{"on", RPC_BOOL | RPC_REQUIRED}, {0}};

static int handle_midiclock(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MIDI_CLOCK};
	int on = 0;

	(void)wire_get_bool(params, "on", &on);
	msg.u.midi_clock.on = (uint32_t)on;
	return gateway_forward(req, &msg, -1, NULL);
}

/* --- Timeline --- */

static const struct rpc_param load_params[] = {{"update", RPC_BOOL}, {0}};

static int load_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	b->gateway.title_of = answer->u.load.timeline_id;
	strcpy(b->gateway.title, b->gateway.loading_title);
	gateway_keep(b);
	wire_put_u64(&req->out, "id", answer->u.load.timeline_id);
	wire_put_i64(&req->out, "end_ticks", answer->u.load.end_tick);
	return 0;
}

static int handle_load(struct rpc_request *req, const msgpack_object *params)
{
	struct gateway *g = &broker_of(req)->gateway;
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOAD};
	int update = 0, fd = rpc_take_fd(req, 0), rc;

	(void)wire_get_bool(params, "update", &update);
	msg.u.load.flags = update ? MOS_LOAD_UPDATE : 0;
	timeline_title(fd, g->loading_title, sizeof(g->loading_title));
	rc = gateway_forward(req, &msg, fd, load_done);
	close(fd);
	return rc;
}

static int handle_unload(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_UNLOAD};

	return gateway_forward(req, &msg, -1, NULL);
}

/* --- Another clock (follow_gateway.c) --- */

static const struct rpc_param follow_params[] = {
	{"leader", RPC_STR | RPC_REQUIRED}, {"quantum", RPC_NUM}, {"offset_ms", RPC_NUM}, {0}};
static const struct rpc_param timecode_params[] = {{"rate", RPC_STR | RPC_REQUIRED}, {0}};
static const struct rpc_param lead_params[] = {{"ticks", RPC_INT | RPC_REQUIRED}, {"frac", RPC_INT},
	{"at_ns", RPC_INT | RPC_REQUIRED}, {"ns_per_quarter", RPC_INT | RPC_REQUIRED}, {"changes", RPC_INT}, {0}};

/* --- MIDI output (midiout_gateway.c) --- */

static const struct rpc_param midiout_link_params[] = {{"port", RPC_STR | RPC_REQUIRED}, {0}};
static const struct rpc_param midiout_unlink_params[] = {{"port", RPC_STR}, {0}};

static const struct rpc_method methods[] = {
	{"kronos.transport.play", handle_play, play_params, 0, CAP_TRANSPORT},
	{"kronos.transport.pause", handle_pause, NULL, 0, CAP_TRANSPORT},
	{"kronos.transport.stop", handle_stop, NULL, 0, CAP_TRANSPORT},
	{"kronos.transport.toggle", handle_toggle, NULL, 0, CAP_TRANSPORT},
	{"kronos.transport.restart", handle_restart, NULL, 0, CAP_TRANSPORT},
	{"kronos.transport.seek", handle_seek, seek_params, 0, CAP_TRANSPORT},
	{"kronos.tempo.set", handle_tempo, tempo_params, 0, CAP_TRANSPORT},
	{"kronos.loop.set", handle_loop_set, loop_params, 0, CAP_TRANSPORT},
	{"kronos.loop.clear", handle_loop_clear, NULL, 0, CAP_TRANSPORT},
	{"kronos.meter.set", handle_meter, meter_params, 0, CAP_TRANSPORT},
	{"kronos.metronome.set", handle_metronome, metronome_params, 0, CAP_TRANSPORT},
	{"kronos.midiclock.set", handle_midiclock, midiclock_params, 0, CAP_TRANSPORT},
	{"kronos.clock.status", follow_handle_status, NULL, 0, CAP_STATUS_READ},
	{"kronos.clock.follow", follow_handle_follow, follow_params, 0, CAP_TRANSPORT},
	{"kronos.clock.timecode", follow_handle_timecode, timecode_params, 0, CAP_TRANSPORT},
	{"kronos.clock.lead", follow_handle_lead, lead_params, 0, CAP_SERVICE},
	{"kronos.midiout.ports", midiout_handle_ports, NULL, 0, CAP_STATUS_READ},
	{"kronos.midiout.link", midiout_handle_link, midiout_link_params, 0, CAP_TRANSPORT},
	{"kronos.midiout.unlink", midiout_handle_unlink, midiout_unlink_params, 0, CAP_TRANSPORT},
	{"kronos.position.get", handle_position, NULL, 0, CAP_CLOCK_READ},
	{"kronos.diagnostics.get", diagnostics_handle_get, NULL, 0, CAP_STATUS_READ},
	{"kronos.timeline.load", handle_load, load_params, 1, CAP_SERVICE},
	{"kronos.timeline.unload", handle_unload, NULL, 0, CAP_SERVICE},
};

const struct rpc_table kronos_methods = {methods, sizeof(methods) / sizeof(*methods)};
