/* SPDX-License-Identifier: MIT */
/* apollo.instrument.*: what there is to choose from, files that are put beside the sound font, a taste of a
 * sound. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <mos/gm.h>

#include "apollo_gateway.h"

#define PRESETS_PAGE 400u   /* what an answer holds */
#define AUDITION_CHANNEL 15 /* of the live group, drums too: what 0 to 14 were set to stays */
#define AUDITION_NOTES 4u
#define AUDITION_STEP_NS UINT64_C(350000000)

/* --- What there is --- */

static int is_wanted(const struct apollo_page *page, const struct mos_rtctl_preset *p, const char *path)
{
	char name[sizeof(p->name) + 1] = "";

	memcpy(name, p->name, sizeof(p->name));
	return (!page->file[0] || !strcmp(page->file, path)) &&
	       (!page->text[0] || strcasestr(name, page->text));
}

static void put_files(struct wire_out *out, const struct mos_rtctl_file *file, uint32_t n)
{
	wire_open_array(out, "files");
	for (uint32_t i = 0; i < n; i++) {
		wire_open_map(out, NULL);
		apollo_put_text(out, "path", file[i].path, sizeof(file[i].path));
		wire_put_bool(out, "mapped", file[i].is_mapped != 0);
		if (file[i].is_mapped) {
			wire_put_u64(out, "bank", file[i].bank);
			wire_put_u64(out, "program", file[i].program);
		}
		wire_close(out);
	}
	wire_close(out);
}

static void put_preset(struct wire_out *out, const struct mos_rtctl_preset *p)
{
	wire_open_map(out, NULL);
	wire_put_u64(out, "bank", p->bank);
	wire_put_u64(out, "program", p->program);
	apollo_put_text(out, "name", p->name, sizeof(p->name));
	wire_put_u64(out, "file", p->file);
	wire_close(out);
}

static void put_presets(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd)
{
	struct mos_rtctl_file file[32] = {0};
	struct mos_rtctl_preset p;
	uint32_t n_files = answer->u.presets.n_files, n = 0;
	const uint64_t files_at = answer->u.presets.n * sizeof(p);

	n_files = n_files < 32 ? n_files : 32;
	for (uint32_t i = 0; i < n_files; i++) {
		if (!apollo_read_record(fd, files_at, i, &file[i], sizeof(file[i])))
			n_files = i;
		file[i].path[sizeof(file[i].path) - 1] = '\0';
	}
	wire_open_array(out, "presets");
	for (uint32_t i = 0; i < answer->u.presets.n; i++) {
		if (!apollo_read_record(fd, 0, i, &p, sizeof(p)))
			break;
		if (!is_wanted(page, &p, p.file < n_files ? file[p.file].path : ""))
			continue;
		if (n >= page->offset && n - page->offset < PRESETS_PAGE)
			put_preset(out, &p);
		n++;
	}
	wire_close(out);
	wire_put_u64(out, "n", n);
	put_files(out, file, n_files);
}

int rack_handle_list(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PRESETS};
	struct apollo_page page = {0};
	int64_t offset = 0;
	int rc;

	if (gateway_get_int(req, params, "offset", 0, UINT32_MAX, APOLLO_INVALID, &offset) < 0)
		return -EINVAL;
	page.offset = (uint32_t)offset;
	rc = wire_get_str(params, "file", page.file, sizeof(page.file));
	if (rc < 0 && rc != -ENOENT)
		return rpc_fail_at(req, "file", APOLLO_INVALID, "a path is expected");
	rc = wire_get_str(params, "text", page.text, sizeof(page.text));
	if (rc < 0 && rc != -ENOENT)
		return rpc_fail_at(
			req, "text", APOLLO_INVALID, "at most %zu bytes are expected", sizeof(page.text) - 1);
	return apollo_forward_table(req, &msg, &page, put_presets);
}

/* --- Files beside the sound font --- */

int rack_handle_map(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MAP, .u.map = {.from_bank = MOS_MAP_FIRST}};
	int64_t bank = 0, program = 0, from_bank = MOS_MAP_FIRST, from_program = 0;
	int drums = 0;

	(void)wire_get_bool(params, "drums", &drums);
	if (apollo_read_path(req, params, msg.u.map.path, sizeof(msg.u.map.path)) < 0 ||
		gateway_get_int(req, params, "bank", 0, 127, APOLLO_INVALID, &bank) < 0 ||
		gateway_get_int(req, params, "program", 0, 127, APOLLO_INVALID, &program) < 0 ||
		gateway_get_int(req, params, "from_bank", 0, 128, APOLLO_INVALID, &from_bank) < 0 ||
		gateway_get_int(req, params, "from_program", 0, 127, APOLLO_INVALID, &from_program) < 0)
		return -EINVAL;
	if (wire_get(params, "from_program") && from_bank == MOS_MAP_FIRST)
		from_bank = 0;
	msg.u.map.bank = (uint16_t)(drums ? 128 : bank);
	msg.u.map.program = (uint16_t)program;
	msg.u.map.from_bank = (uint16_t)from_bank;
	msg.u.map.from_program = (uint16_t)from_program;
	return gateway_forward(req, &msg, -1, NULL);
}

int rack_handle_unmap(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_MAP, .u.map.flags = MOS_MAP_REMOVE};

	if (wire_get(params, "path") &&
		apollo_read_path(req, params, msg.u.map.path, sizeof(msg.u.map.path)) < 0)
		return -EINVAL;
	return gateway_forward(req, &msg, -1, NULL);
}

/* --- A taste --- */

static int played(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	wire_put_u64(&req->out, "frame", answer->u.note.at_frame);
	return 0;
}

/* The program is in force: the phrase. What is to be played travelled in the request's own record. */
static int chosen(struct broker *b, struct rpc_request *req, const struct mos_rtctl_msg *answer)
{
	static const uint8_t up[AUDITION_NOTES] = {0, 4, 7, 12}, kit[AUDITION_NOTES] = {36, 42, 38, 49};
	struct mos_rtctl_msg msg = {
		.op = MOS_RTCTL_NOTE,
		.u.note = {.group = MOS_GROUP_LIVE,
			.channel = answer->u.program.channel,
			.role = MOS_ROLE_MELODY,
			.n_keys = AUDITION_NOTES,
			.velocity = answer->u.program.velocity,
			.len_unit = MOS_UNIT_NS,
			.step_unit = MOS_UNIT_NS,
			.len = AUDITION_STEP_NS,
			.step = AUDITION_STEP_NS},
	};
	int is_kit = answer->u.program.bank == APOLLO_DRUM_BANK;

	for (uint32_t i = 0; i < AUDITION_NOTES; i++) {
		int key = is_kit && !answer->u.program.key ? kit[i]
							   : answer->u.program.key + (is_kit ? 0 : up[i]);

		msg.u.note.keys[i] = (uint8_t)(key <= 127 ? key : key - 12);
	}
	return gateway_forward(req, &msg, -1, played);
}

int rack_handle_audition(struct rpc_request *req, const msgpack_object *params)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PROGRAM, .u.program.group = MOS_GROUP_LIVE};
	const msgpack_object *key = wire_get(params, "key");
	int64_t bank = 0;
	double velocity = 0.8;
	int program, drums = 0;

	if (apollo_read_program(req, params, &program, &drums) < 0 ||
		gateway_get_int(req, params, "bank", 0, 127, APOLLO_INVALID, &bank) < 0)
		return -EINVAL;
	msg.u.program.key = drums ? 0 : 60;
	if (key && apollo_read_key(req, key, "key", &msg.u.program.key) < 0)
		return -EINVAL;
	(void)wire_get_f64(params, "velocity", &velocity);
	if (gateway_check_finite(req, "velocity", velocity, APOLLO_INVALID) < 0)
		return -EINVAL;
	msg.u.program.channel = AUDITION_CHANNEL;
	msg.u.program.bank = (uint8_t)(drums ? APOLLO_DRUM_BANK : bank);
	msg.u.program.program = (uint8_t)program;
	msg.u.program.velocity = (uint16_t)lround(fmin(fmax(velocity, 1 / 127.0), 1) * 65535);
	wire_put_i64(&req->out, "program", program);
	wire_put_str(&req->out, "name", drums ? "Drums" : mos_gm_name((uint32_t)program));
	return gateway_forward(req, &msg, -1, chosen);
}
