/* SPDX-License-Identifier: MIT */
/* apollo.*: sound now. Names and durations become keys and ticks here; rtcore gets numbers only. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <mos/duration.h>
#include <mos/gm.h>
#include <mos/pitch.h>

#include "apollo_gateway.h"
#include "caps.h"

#define INVALID APOLLO_INVALID
#define NOTE_INVALID "apollo.note.invalid"
#define BASS_CHANNEL 1 /* rtcore keeps the fingered bass there (APO-12) */
#define DURATION_MAX_S 3600.0
#define DURATION_DEFAULT "4n"
#define VELOCITY_DEFAULT 0.8
#define GAIN_DB_MIN (-120.0)
#define GAIN_DB_MAX 24.0

/* --- Notes --- */

static const struct rpc_param note_params[] = {
	{"note", RPC_STR | RPC_INT | RPC_REQUIRED},
	{"duration", RPC_STR | RPC_NUM},
	{"velocity", RPC_NUM},
	{"channel", RPC_INT},
	{0},
};
static const struct rpc_param notes_params[] = {
	{"notes", RPC_ARRAY | RPC_REQUIRED},
	{"duration", RPC_STR | RPC_NUM},
	{"velocity", RPC_NUM},
	{"channel", RPC_INT},
	{0},
};
static const struct rpc_param bass_params[] = {
	{"notes", RPC_ARRAY | RPC_STR | RPC_INT | RPC_REQUIRED},
	{"duration", RPC_STR | RPC_NUM},
	{"velocity", RPC_NUM},
	{0},
};

/* APO-16. @return 0, or -EINVAL with req->error filled. */
int apollo_read_key(struct rpc_request *req, const msgpack_object *note, const char *where, uint8_t *ret)
{
	char name[32] = "";
	int64_t number;
	int key;

	if (wire_to_i64(note, &number) == 0) {
		if (number < 0 || number > 127)
			return rpc_fail_at(req, where, NOTE_INVALID, "a key is 0 to 127, C4 = 60");
		*ret = (uint8_t)number;
		return 0;
	}
	key = wire_to_str(note, name, sizeof(name)) == 0 ? mos_key_from_name(name) : -EINVAL;
	if (key == -ERANGE)
		(void)rpc_fail_at(
			req, where, NOTE_INVALID, "\"%s\" is outside of the keyboard, C-1 to G9", name);
	else if (key < 0)
		(void)rpc_fail_at(req, where, NOTE_INVALID, "\"%s\" is no note", name);
	if (key < 0) {
		wire_error_hint(&req->error, "write notes like C4, F#3, Bb5, or keys 0 to 127");
		return -EINVAL;
	}
	*ret = (uint8_t)key;
	return 0;
}

static int read_keys(struct rpc_request *req, const msgpack_object *notes, struct mos_rtctl_msg *msg)
{
	uint32_t n = notes->via.array.size;

	if (n < 1 || n > MOS_RTCTL_KEYS_MAX)
		return rpc_fail_at(
			req, "notes", NOTE_INVALID, "1 to %d notes are expected", MOS_RTCTL_KEYS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		char where[24];

		(void)snprintf(where, sizeof(where), "notes[%u]", i);
		if (apollo_read_key(req, &notes->via.array.ptr[i], where, &msg->u.note.keys[i]) < 0)
			return -EINVAL;
	}
	msg->u.note.n_keys = (uint8_t)n;
	return 0;
}

static int fail_duration(struct rpc_request *req, const char *text)
{
	(void)rpc_fail_at(req, "duration", INVALID, "\"%s\" is no duration", text);
	wire_error_hint(
		&req->error, "write note values like 4n, 8n., 8t, measures like 1m, or seconds up to 3600");
	return -EINVAL;
}

static int read_duration(struct rpc_request *req, const msgpack_object *params, struct mos_rtctl_msg *msg)
{
	char text[32] = DURATION_DEFAULT;
	struct mos_duration duration;
	struct mos_clock clock;
	double seconds;
	int rc;

	if (wire_get_f64(params, "duration", &seconds) == 0) {
		if (!(seconds > 0 && seconds <= DURATION_MAX_S)) { /* NaN too */
			(void)snprintf(text, sizeof(text), "%g", seconds);
			return fail_duration(req, text);
		}
		duration = (struct mos_duration){.ns = llround(seconds * 1e9), .is_ns = 1};
	} else {
		rc = wire_get_str(params, "duration", text, sizeof(text));
		if (rc < 0 && rc != -ENOENT)
			return fail_duration(req, "...");
		rc = gateway_clock(req, &clock);
		if (rc < 0)
			return rc;
		if (mos_duration_parse(text, clock.meter_num ? clock.meter_num : 4,
			    clock.meter_den ? clock.meter_den : 4, &duration) < 0)
			return fail_duration(req, text);
	}
	msg->u.note.len_unit = duration.is_ns ? MOS_UNIT_NS : MOS_UNIT_TICKS;
	msg->u.note.len = (uint64_t)(duration.is_ns ? duration.ns : duration.ticks);
	if (!msg->u.note.len)
		msg->u.note.len = 1;
	return 0;
}

/* APO-17: clamped to 0..1; NaN refused. A note-on of velocity 0 would be a note-off, so the softest is 1. */
static int read_velocity(struct rpc_request *req, const msgpack_object *params, struct mos_rtctl_msg *msg)
{
	double velocity = VELOCITY_DEFAULT;
	long scaled;

	(void)wire_get_f64(params, "velocity", &velocity);
	if (isnan(velocity))
		return rpc_fail_at(req, "velocity", INVALID, "not a number");
	velocity = fmin(fmax(velocity, 0.0), 1.0);
	scaled = lround(velocity * 65535.0);
	msg->u.note.velocity = (uint16_t)(scaled ? scaled : 1);
	return 0;
}

static int note_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	wire_put_u64(&req->out, "frame", answer->u.note.at_frame);
	return 0;
}

/* The parameters that all four share; keys are there already. */
static int play(struct rpc_request *req, const msgpack_object *params, struct mos_rtctl_msg *msg)
{
	int64_t channel = msg->u.note.channel;
	int rc;

	if (gateway_get_int(req, params, "channel", 0, 15, INVALID, &channel) < 0)
		return -EINVAL;
	if (read_velocity(req, params, msg) < 0)
		return -EINVAL;
	rc = read_duration(req, params, msg);
	if (rc < 0)
		return rc;
	msg->u.note.group = MOS_GROUP_LIVE;
	msg->u.note.channel = (uint8_t)channel;
	if (msg->u.note.role == MOS_ROLE_MELODY || msg->u.note.role == MOS_ROLE_BASS) {
		msg->u.note.step_unit = msg->u.note.len_unit;
		msg->u.note.step = msg->u.note.len;
	}
	return gateway_forward(req, msg, -1, note_done);
}

static int handle_note(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE, .u.note = {.role = MOS_ROLE_NOTE, .n_keys = 1}};

	if (apollo_read_key(req, wire_get(params, "note"), "note", &msg.u.note.keys[0]) < 0)
		return -EINVAL;
	return play(req, params, &msg);
}

static int handle_chord(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE, .u.note.role = MOS_ROLE_CHORD};

	if (read_keys(req, wire_get(params, "notes"), &msg) < 0)
		return -EINVAL;
	return play(req, params, &msg);
}

static int handle_melody(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE, .u.note.role = MOS_ROLE_MELODY};

	if (read_keys(req, wire_get(params, "notes"), &msg) < 0)
		return -EINVAL;
	return play(req, params, &msg);
}

/* A bass line: one note after the other, as a bass plays. */
static int handle_bass(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {
		.op = MOS_RTCTL_NOTE,
		.u.note = {.role = MOS_ROLE_BASS, .channel = BASS_CHANNEL, .n_keys = 1},
	};
	const msgpack_object *notes = wire_get(params, "notes");
	int rc;

	if (notes->type == MSGPACK_OBJECT_ARRAY)
		rc = read_keys(req, notes, &msg);
	else
		rc = apollo_read_key(req, notes, "notes", &msg.u.note.keys[0]);
	return rc < 0 ? rc : play(req, params, &msg);
}

static int handle_cutoff(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_CUTOFF};

	return gateway_forward(req, &msg, -1, NULL);
}

/* --- Engine --- */

static const char *engine_state_name(uint32_t state)
{
	static const char *const names[] = {
		[MOS_ENGINE_STARTING] = "starting",
		[MOS_ENGINE_LOADING] = "loading",
		[MOS_ENGINE_READY] = "ready",
		[MOS_ENGINE_FALLBACK] = "fallback",
	};

	return state < sizeof(names) / sizeof(*names) ? names[state] : "?";
}

static int64_t counter(const struct mos_counters_view *v, const char *name)
{
	int i = mos_counters_find(v, name);

	return i < 0 ? 0 : (int64_t)mos_counters_get(v, (uint32_t)i);
}

/* What the counters know of Apollo (APO-14). */
static void put_figures(struct wire_out *out, const struct rtlink *rt)
{
	static const char *const figure[] = {"presets", "polyphony", "voices_max", "stolen", "starved", "resident_bytes",
		"cache_bytes", "cache_hits", "cache_misses", "streams", "stream_late"};
	char name[48];

	for (uint32_t i = 0; rt->up && i < sizeof(figure) / sizeof(*figure); i++) {
		(void)snprintf(name, sizeof(name), "apollo.%s", figure[i]);
		wire_put_i64(out, figure[i], counter(&rt->counters, name));
	}
}

void engine_put(struct wire_out *out, const struct rtlink *rt, const struct mos_rtctl_msg *status)
{
	char text[sizeof(status->u.status.text) + 1] = "", bank[sizeof(status->u.status.bank) + 1] = "";

	memcpy(text, status->u.status.text, sizeof(text) - 1);
	memcpy(bank, status->u.status.bank, sizeof(bank) - 1);
	wire_put_bool(out, "ready", status->u.status.engine == MOS_ENGINE_READY);
	wire_put_str(out, "state", engine_state_name(status->u.status.engine));
	wire_put_u64(out, "percent", status->u.status.percent);
	if (status->u.status.error)
		wire_put_str(out, "error", text[0] ? text : strerror(-status->u.status.error));
	wire_put_u64(out, "voices", status->u.status.voices);
	wire_put_str(out, "bank", bank);
	wire_put_u64(out, "bank_bytes", status->u.status.bank_bytes);
	wire_put_u64(out, "rate", status->u.status.rate_hz);
	wire_put_u64(out, "quantum", status->u.status.quantum);
	/* What is played now sounds in the next quantum. */
	wire_put_u64(out, "latency_frames", status->u.status.quantum);
	put_figures(out, rt);
}

static int status_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	engine_put(&req->out, &b->rtlink, answer);
	return 0;
}

static int handle_status(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_STATUS};

	return gateway_forward(req, &msg, -1, status_done);
}

/* APO-15: ready, or the timeout's error; then what is there. */
static int ready_done(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	return handle_status(req, NULL);
}

static int handle_init(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_READY};

	return gateway_forward(req, &msg, -1, ready_done);
}

static int handle_panic(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PANIC};

	return gateway_forward(req, &msg, -1, NULL);
}

static const struct rpc_param bank_params[] = {{"path", RPC_STR | RPC_REQUIRED}, {0}};

static int handle_bank(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_BANK};

	if (apollo_read_path(req, params, msg.u.bank.path, sizeof(msg.u.bank.path)) < 0)
		return -EINVAL;
	return gateway_forward(req, &msg, -1, NULL);
}

/* --- Instruments and strips --- */

static const struct rpc_param instrument_params[] = {
	{"channel", RPC_INT | RPC_REQUIRED},
	{"program", RPC_INT | RPC_STR | RPC_REQUIRED},
	{"bank", RPC_INT},
	{"drums", RPC_BOOL},
	{0},
};

int apollo_read_program(
	struct rpc_request *req, const msgpack_object *params, int *ret_program, int *ret_drums)
{
	char name[48];
	int64_t number;

	(void)wire_get_bool(params, "drums", ret_drums);
	if (wire_get_i64(params, "program", &number) == 0 && number >= 0 && number < MOS_GM_PROGRAMS) {
		*ret_program = (int)number;
		return 0;
	}
	if (wire_get_str(params, "program", name, sizeof(name)) == 0) {
		if (!strcasecmp(name, "drums")) { /* the kit, not the steel drums */
			*ret_drums = 1;
			*ret_program = 0;
			return 0;
		}
		*ret_program = mos_gm_find(name);
		if (*ret_program >= 0)
			return 0;
	}
	(void)rpc_fail_at(req, "program", INVALID, "there is no such instrument");
	wire_error_hint(
		&req->error, "a program from 0 to 127, a General MIDI name like \"Violin\", or \"drums\"");
	return -EINVAL;
}

static int handle_instrument(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PROGRAM};
	int64_t channel = 0, bank = 0;
	int program, drums = 0;

	if (gateway_get_int(req, params, "channel", 0, 15, INVALID, &channel) < 0 ||
		apollo_read_program(req, params, &program, &drums) < 0 ||
		gateway_get_int(req, params, "bank", 0, 127, INVALID, &bank) < 0)
		return -EINVAL;
	msg.u.program.group = MOS_GROUP_LIVE;
	msg.u.program.channel = (uint8_t)channel;
	msg.u.program.bank = (uint8_t)(drums ? APOLLO_DRUM_BANK : bank);
	msg.u.program.program = (uint8_t)program;
	wire_put_i64(&req->out, "program", program);
	wire_put_str(&req->out, "name", drums ? "Drums" : mos_gm_name((uint32_t)program));
	return gateway_forward(req, &msg, -1, NULL);
}

static const struct rpc_param strip_params[] = {
	{"strip", RPC_INT | RPC_STR | RPC_REQUIRED},
	{"gain_db", RPC_NUM},
	{"pan", RPC_NUM},
	{"mute", RPC_BOOL},
	{"solo", RPC_BOOL},
	{0},
};

/* @return 1 given and fine, 0 absent, -EINVAL. */
static int read_level(struct rpc_request *req, const msgpack_object *params, const char *key, double min,
	double max, float *ret)
{
	double value;

	if (wire_get_f64(params, key, &value) < 0)
		return 0;
	if (gateway_check_finite(req, key, value, INVALID) < 0)
		return -EINVAL;
	*ret = (float)fmin(fmax(value, min), max);
	return 1;
}

static int handle_strip(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_STRIP};
	int gain, pan, mute, solo;

	if (apollo_read_strip(req, params, 1, &msg.u.strip.strip) < 0)
		return -EINVAL;
	gain = read_level(req, params, "gain_db", GAIN_DB_MIN, GAIN_DB_MAX, &msg.u.strip.gain_db);
	pan = read_level(req, params, "pan", -1, 1, &msg.u.strip.pan);
	if (gain < 0 || pan < 0)
		return -EINVAL;
	msg.u.strip.mask = (gain ? 1u : 0) | (pan ? 2u : 0);
	if (wire_get_bool(params, "mute", &mute) == 0) {
		msg.u.strip.mask |= 4;
		msg.u.strip.mute = (uint32_t)mute;
	}
	if (wire_get_bool(params, "solo", &solo) == 0) {
		msg.u.strip.mask |= 8;
		msg.u.strip.solo = (uint32_t)solo;
	}
	if (!msg.u.strip.mask)
		return rpc_fail(
			req, -EINVAL, "rpc.params.invalid", "one of gain_db, pan, mute or solo is needed");
	return gateway_forward(req, &msg, -1, NULL);
}

/* --- Instruments (apollo_rack_gateway.c), effects, inserts, clips (apollo_*_gateway.c) --- */

static const struct rpc_param list_params[] = {{"file", RPC_STR}, {"text", RPC_STR}, {"offset", RPC_INT}, {0}};
static const struct rpc_param map_params[] = {
	{"path", RPC_STR | RPC_REQUIRED},
	{"bank", RPC_INT},
	{"program", RPC_INT},
	{"drums", RPC_BOOL},
	{"from_bank", RPC_INT},
	{"from_program", RPC_INT},
	{0},
};
static const struct rpc_param unmap_params[] = {{"path", RPC_STR}, {0}};
static const struct rpc_param audition_params[] = {
	{"program", RPC_INT | RPC_STR | RPC_REQUIRED},
	{"bank", RPC_INT},
	{"drums", RPC_BOOL},
	{"key", RPC_INT | RPC_STR},
	{"velocity", RPC_NUM},
	{0},
};
static const struct rpc_param fx_list_params[] = {{"strip", RPC_INT | RPC_STR}, {"offset", RPC_INT}, {0}};
static const struct rpc_param fx_set_params[] = {
	{"unit", RPC_STR | RPC_REQUIRED},
	{"param", RPC_STR | RPC_REQUIRED},
	{"value", RPC_NUM | RPC_REQUIRED},
	{"strip", RPC_INT | RPC_STR},
	{0},
};
static const struct rpc_param fx_reset_params[] = {{"unit", RPC_STR}, {"strip", RPC_INT | RPC_STR}, {0}};
static const struct rpc_param insert_get_params[] = {
	{"strip", RPC_INT | RPC_STR | RPC_REQUIRED},
	{"slot", RPC_INT | RPC_REQUIRED},
	{0},
};
static const struct rpc_param insert_add_params[] = {
	{"strip", RPC_INT | RPC_STR | RPC_REQUIRED},
	{"kind", RPC_STR | RPC_REQUIRED},
	{"what", RPC_STR | RPC_REQUIRED},
	{"slot", RPC_INT},
	{0},
};
static const struct rpc_param insert_set_params[] = {
	{"strip", RPC_INT | RPC_STR | RPC_REQUIRED},
	{"slot", RPC_INT | RPC_REQUIRED},
	{"symbol", RPC_STR | RPC_REQUIRED},
	{"value", RPC_NUM | RPC_REQUIRED},
	{0},
};
static const struct rpc_param insert_bypass_params[] = {
	{"strip", RPC_INT | RPC_STR | RPC_REQUIRED},
	{"slot", RPC_INT | RPC_REQUIRED},
	{"on", RPC_BOOL | RPC_REQUIRED},
	{0},
};
static const struct rpc_param clip_add_params[] = {
	{"path", RPC_STR | RPC_REQUIRED},
	{"strip", RPC_INT | RPC_STR},
	{"bar", RPC_INT},
	{"to_bar", RPC_INT},
	{"start_ticks", RPC_INT},
	{"end_ticks", RPC_INT},
	{"bpm", RPC_NUM},
	{"gain_db", RPC_NUM},
	{"loop", RPC_BOOL},
	{"offset_frames", RPC_INT},
	{0},
};
static const struct rpc_param clip_remove_params[] = {{"id", RPC_INT}, {0}};

static const struct rpc_method methods[] = {
	{"apollo.note.play", handle_note, note_params, 0, CAP_PLAY},
	{"apollo.chord.play", handle_chord, notes_params, 0, CAP_PLAY},
	{"apollo.melody.play", handle_melody, notes_params, 0, CAP_PLAY},
	{"apollo.bass.play", handle_bass, bass_params, 0, CAP_PLAY},
	{"apollo.chord.cutoff", handle_cutoff, NULL, 0, CAP_PLAY},
	{"apollo.engine.status", handle_status, NULL, 0, CAP_STATUS_READ},
	{"apollo.engine.init", handle_init, NULL, 0, CAP_PLAY},
	{"apollo.engine.panic", handle_panic, NULL, 0, CAP_PLAY},
	{"apollo.bank.load", handle_bank, bank_params, 0, CAP_ENGINE},
	{"apollo.instrument.set", handle_instrument, instrument_params, 0, CAP_ENGINE},
	{"apollo.strip.list", strip_handle_list, NULL, 0, CAP_STATUS_READ},
	{"apollo.strip.set", handle_strip, strip_params, 0, CAP_MIXER},
	{"apollo.instrument.list", rack_handle_list, list_params, 0, CAP_STATUS_READ},
	{"apollo.instrument.map", rack_handle_map, map_params, 0, CAP_ENGINE},
	{"apollo.instrument.unmap", rack_handle_unmap, unmap_params, 0, CAP_ENGINE},
	{"apollo.instrument.audition", rack_handle_audition, audition_params, 0, CAP_ENGINE},
	{"apollo.fx.list", fx_handle_list, fx_list_params, 0, CAP_STATUS_READ},
	{"apollo.fx.set", fx_handle_set, fx_set_params, 0, CAP_MIXER},
	{"apollo.fx.reset", fx_handle_reset, fx_reset_params, 0, CAP_MIXER},
	{"apollo.insert.list", insert_handle_list, NULL, 0, CAP_STATUS_READ},
	{"apollo.insert.get", insert_handle_get, insert_get_params, 0, CAP_STATUS_READ},
	{"apollo.insert.add", insert_handle_add, insert_add_params, 0, CAP_MIXER},
	{"apollo.insert.remove", insert_handle_remove, insert_get_params, 0, CAP_MIXER},
	{"apollo.insert.save", insert_handle_save, insert_get_params, 0, CAP_ENGINE},
	{"apollo.insert.restore", insert_handle_restore, insert_get_params, 1, CAP_ENGINE},
	{"apollo.insert.set", insert_handle_set, insert_set_params, 0, CAP_MIXER},
	{"apollo.insert.bypass", insert_handle_bypass, insert_bypass_params, 0, CAP_MIXER},
	{"apollo.model.list", insert_handle_models, NULL, 0, CAP_STATUS_READ},
	{"apollo.clip.list", clip_handle_list, NULL, 0, CAP_STATUS_READ},
	{"apollo.clip.add", clip_handle_add, clip_add_params, 0, CAP_ENGINE},
	{"apollo.clip.remove", clip_handle_remove, clip_remove_params, 0, CAP_ENGINE},
};

const struct rpc_table apollo_methods = {methods, sizeof(methods) / sizeof(*methods)};
