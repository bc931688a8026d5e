/* SPDX-License-Identifier: MIT */
/* apollo.clip.*: audio files on the timeline. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "apollo_gateway.h"

#define BARS_MAX 1000000
#define BPM_MIN 10.0
#define BPM_MAX 1000.0
#define GAIN_MIN (-90.0)
#define GAIN_MAX 24.0
#define CLIP_STRIP 62 /* the live group's last but one: the last is the audio input's */

static void put_clip(struct wire_out *out, const struct mos_rtctl_clip *c)
{
	wire_put_u64(out, "id", c->id);
	apollo_put_strip(out, c->strip);
	wire_put_i64(out, "start_ticks", c->start_tick);
	if (c->end_tick != INT64_MAX)
		wire_put_i64(out, "end_ticks", c->end_tick);
	if (c->file_bpm > 0)
		wire_put_f64(out, "bpm", c->file_bpm);
	wire_put_f64(out, "gain_db", (double)c->gain_db);
	wire_put_bool(out, "loop", (c->flags & MOS_CLIP_LOOP) != 0);
	wire_put_u64(out, "offset_frames", c->offset_frames);
	apollo_put_text(out, "path", c->path, sizeof(c->path));
}

static void put_clips(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd)
{
	struct mos_rtctl_clip c;

	wire_open_array(out, "clips");
	for (uint32_t i = 0; i < answer->u.clip_list.n && apollo_read_record(fd, 0, i, &c, sizeof(c)); i++) {
		wire_open_map(out, NULL);
		put_clip(out, &c);
		wire_close(out);
	}
	wire_close(out);
}

int clip_handle_list(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_CLIP_LIST};

	return apollo_forward_table(req, &msg, NULL, put_clips);
}

static int added(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	put_clip(&req->out, &answer->u.clip);
	return 0;
}

/* Bars from 1, the last one included, or ticks. */
static int read_place(struct rpc_request *req, const msgpack_object *params, struct mos_rtctl_clip *c)
{
	int by_bar = wire_get(params, "bar") || wire_get(params, "to_bar");
	int64_t start = by_bar ? 1 : 0, end = -1;

	if (by_bar && (wire_get(params, "start_ticks") || wire_get(params, "end_ticks")))
		return rpc_fail(req, -EINVAL, "rpc.params.invalid", "either bars or ticks are expected");
	if (gateway_get_int(req, params, by_bar ? "bar" : "start_ticks", by_bar,
		    by_bar ? BARS_MAX : INT64_MAX / 4, APOLLO_INVALID, &start) < 0 ||
		gateway_get_int(req, params, by_bar ? "to_bar" : "end_ticks", by_bar ? start : start + 1,
			by_bar ? BARS_MAX : INT64_MAX / 4, APOLLO_INVALID, &end) < 0)
		return -EINVAL;
	c->flags |= by_bar ? MOS_CLIP_BY_BAR : 0;
	c->start_tick = by_bar ? start - 1 : start;
	c->end_tick = end < 0 ? INT64_MAX : end; /* of bars: the one behind the last */
	return 0;
}

int clip_handle_add(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_CLIP, .u.clip.strip = CLIP_STRIP};
	struct mos_rtctl_clip *c = &msg.u.clip;
	double gain = 0;
	int64_t offset = 0;
	int loop = 0;

	if (apollo_read_path(req, params, c->path, sizeof(c->path)) < 0 ||
		apollo_read_strip(req, params, 0, &c->strip) < 0 || read_place(req, params, c) < 0 ||
		gateway_get_int(req, params, "offset_frames", 0, INT64_MAX / 4, APOLLO_INVALID, &offset) < 0)
		return -EINVAL;
	if (c->strip >= MOS_N_STRIPS)
		return rpc_fail_at(req, "strip", APOLLO_INVALID, "0 to %u is expected", MOS_N_STRIPS - 1);
	if (wire_get_f64(params, "bpm", &c->file_bpm) == 0 &&
		!(c->file_bpm >= BPM_MIN && c->file_bpm <= BPM_MAX))
		return rpc_fail_at(req, "bpm", APOLLO_INVALID, "%g to %g is possible", BPM_MIN, BPM_MAX);
	if (wire_get_f64(params, "gain_db", &gain) == 0 && !(gain >= GAIN_MIN && gain <= GAIN_MAX))
		return rpc_fail_at(
			req, "gain_db", APOLLO_INVALID, "%g to %g is possible", GAIN_MIN, GAIN_MAX);
	if (wire_get_bool(params, "loop", &loop) == 0 && loop)
		c->flags |= MOS_CLIP_LOOP;
	if (loop && c->end_tick == INT64_MAX)
		return rpc_fail_at(req, "loop", APOLLO_INVALID, "a loop needs an end");
	c->gain_db = (float)gain;
	c->offset_frames = (uint64_t)offset;
	return gateway_forward(req, &msg, -1, added);
}

int clip_handle_remove(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_CLIP_REMOVE};
	int64_t id = 0;

	if (gateway_get_int(req, params, "id", 1, UINT32_MAX, APOLLO_INVALID, &id) < 0)
		return -EINVAL;
	msg.u.clip_remove.id = (uint32_t)id;
	return gateway_forward(req, &msg, -1, NULL);
}
