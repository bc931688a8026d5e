/* SPDX-License-Identifier: MIT */
#include "exported.h"

#include <errno.h>
#include <string.h>

#include <score/nvx_json.h>

#include "json_wire.h"
#include "memfd.h"

int export_hand_out(struct task *task, const struct score_bytes *bytes, struct failure *failure)
{
	task->result_fd = memfd_make("hermes score", bytes->data, bytes->n);
	if (task->result_fd < 0)
		return failure_set(failure, task->result_fd, "hermes.score.failed",
			"no memory to hand it out: %s", strerror(-task->result_fd));
	json_put_number(&task->result, "size_bytes", (int64_t)bytes->n);
	return 0;
}

static int write_format(const struct score *score, const struct export_wish *wish, struct score_bytes *out,
	struct score_report *report)
{
	const enum nvx_style style = wish->canonical ? NVX_CANONICAL : NVX_PRETTY;

	if (wish->format == SCORE_FORMAT_NVX1)
		return wish->version ? nvx_write_version(score, wish->version, style, out, report)
				     : nvx_write(score, style, out);
	if (wish->format == SCORE_FORMAT_UMF)
		return nvx_write_umf(score, style, out);
	return score_export(score, wish->format, out, report);
}

int export_write(
	struct task *task, const struct score *score, const struct export_wish *wish, struct failure *failure)
{
	struct score_bytes out;

	score_bytes_init(&out, &score_heap);
	int rc = write_format(score, wish, &out, &failure->report);
	if (rc == 0)
		rc = out.error;
	if (rc == -ENOTSUP)
		rc = failure_set(failure, rc, "hermes.format.unknown", "nothing writes this format");
	else if (rc < 0)
		rc = failure_of_score(failure, rc);
	else
		rc = export_hand_out(task, &out, failure);
	if (rc == 0)
		facts_put_warnings(&task->result, &failure->report);
	score_bytes_finish(&out);
	return rc;
}

/* "2.0.0", "2.0", "1.0": what nvx1.md 2 writes. */
static int read_version(struct rpc_request *req, const msgpack_object *params, unsigned *ret)
{
	static const struct {
		const char *text;
		unsigned major;
	} versions[] = {{"1.0", 1}, {"1.0.0", 1}, {"2.0", 2}, {"2.0.0", 2}, {"3.0", 0}, {"3.0.0", 0}};
	char text[16];
	int rc = wire_get_str(params, "version", text, sizeof(text));

	*ret = 0;
	if (rc == -ENOENT)
		return 0;
	for (unsigned i = 0; rc == 0 && i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strcmp(text, versions[i].text) == 0) {
			*ret = versions[i].major;
			return 0;
		}
	}
	return rpc_fail_at(req, "version", "rpc.params.invalid", "1.0.0, 2.0.0 or 3.0.0 is expected");
}

int export_read_wish(struct rpc_request *req, const msgpack_object *params, struct export_wish *ret)
{
	char format[32] = "";

	(void)wire_get_str(params, "format", format, sizeof(format));
	const int parsed = score_format_parse(format);
	if (parsed < 0)
		return rpc_fail_at(req, "format", "hermes.format.unknown",
			"\"%s\" is no format that is known here", format);
	ret->format = (enum score_format)parsed;
	(void)wire_get_bool(params, "canonical", &ret->canonical);
	return read_version(req, params, &ret->version);
}
