/* SPDX-License-Identifier: MIT */
/* mosctl report: what MOS says of itself. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/box.h"
#include "report/report.h"
#include "stats/timing.h"

void report_versions(struct report *r)
{
	static const char *const programs[] = {"mos-rtcore", "mos-broker", "mos-hermes", "mos-band",
		"mos-link", "mos-jack", "mos-theater", "mos-session", "pipewire", "wireplumber"};
	char *text = NULL, say[1024], path[4096];
	const char *const argv[] = {path, "--version", NULL};
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct box box;

	if (!to)
		return;
	(void)box_open(&box, NULL);
	fprintf(to, "mosctl %s\n", MOS_VERSION);
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (program_find(programs[i], path, sizeof(path)) < 0 ||
			box_program(&box, programs[i], argv, say, sizeof(say)) < 0)
			fprintf(to, "%s: not there\n", programs[i]);
		else
			fprintf(to, "%s%s", say, strchr(say, '\n') ? "" : "\n");
	}
	for (size_t i = 0; i < 2; i++) {
		static const char *const files[] = {"/proc/sys/kernel/osrelease", "/proc/sys/kernel/version"};

		if (box_line(&box, files[i], say, sizeof(say)) == 0)
			fprintf(to, "kernel %s\n", say);
	}
	if (box_text(&box, "/etc/os-release", say, sizeof(say)) > 0) {
		const char *name = strstr(say, "PRETTY_NAME=");

		if (name)
			fprintf(to, "%.*s\n", (int)strcspn(name, "\n"), name);
	}
	if (fclose(to) == 0)
		report_add(r, "versions.txt", text, 0);
	free(text);
}

void report_status(struct report *r)
{
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;
	struct timing timing[N_TIMING];
	struct stats s;

	if (!r->ctl->client) {
		report_add(r, "status.json", "{\"error\": \"MOS does not run\"}\n", 0);
		return;
	}
	stats_gather(&s, r->ctl->client);
	doc = yyjson_mut_doc_new(NULL);
	root = yyjson_mut_obj(doc);
	timing_read(timing, s.view, s.has_theater ? &s.theater.value : NULL);
	yyjson_mut_obj_add_val(doc, root, "timing", timing_json(doc, timing));
	yyjson_mut_obj_add_val(doc, root, "counters", counters_json(doc, s.view));
	if (s.has_status)
		yyjson_mut_obj_add_val(doc, root, "status", json_from_value(doc, &s.status.value));
	if (s.has_theater)
		yyjson_mut_obj_add_val(doc, root, "theater", json_from_value(doc, &s.theater.value));
	report_add_json(r, "status.json", doc, root);
	stats_finish(&s);
}

static void add_metrics(struct report *r, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct stats s;

	if (!to)
		return;
	stats_gather(&s, r->ctl->client);
	metrics_write(to, &s, METRICS_OPEN);
	stats_finish(&s);
	if (fclose(to) == 0)
		report_add(r, name, text, 0);
	free(text);
}

void report_metrics(struct report *r)
{
	add_metrics(r, "metrics-1.txt");
	if (!r->ctl->client)
		return;
	(void)poll(NULL, 0, (int)(r->seconds * 1000));
	if (mos_client_refresh(r->ctl->client) >= 0)
		add_metrics(r, "metrics-2.txt");
}

/* When and how a widget died, and how much it had said: not what. */
static void add_crashes(yyjson_mut_doc *doc, yyjson_mut_val *list, const struct mos_value *widget)
{
	const struct mos_value *crashes = mos_get(widget, "crashes");

	for (uint32_t i = 0; crashes && crashes->type == MOS_VALUE_LIST && i < crashes->len; i++) {
		const struct mos_value *crash = &crashes->u.items[i];
		yyjson_mut_val *one = yyjson_mut_arr_add_obj(doc, list);

		yyjson_mut_obj_add_strcpy(doc, one, "widget", mos_get_str(widget, "id", "?"));
		yyjson_mut_obj_add_strcpy(doc, one, "version", mos_get_str(widget, "version", "?"));
		yyjson_mut_obj_add_int(doc, one, "when_unix_ms", mos_get_int(crash, "when_unix_ms", 0));
		if (mos_get(crash, "status"))
			yyjson_mut_obj_add_val(
				doc, one, "status", json_from_value(doc, mos_get(crash, "status")));
		yyjson_mut_obj_add_uint(doc, one, "log_bytes", strlen(mos_get_str(crash, "log", "")));
	}
}

void report_crashes(struct report *r)
{
	yyjson_mut_doc *doc;
	yyjson_mut_val *list;
	struct mos_reply widgets, widget;
	const struct mos_value *rows;

	if (!r->ctl->client || mos_call(r->ctl->client, "broker.widget.list", MOS_NO_ARGS, &widgets) < 0)
		return;
	doc = yyjson_mut_doc_new(NULL);
	list = yyjson_mut_arr(doc);
	rows = mos_get(&widgets.value, "widgets");
	for (uint32_t i = 0; rows && rows->type == MOS_VALUE_LIST && i < rows->len; i++) {
		const char *id = mos_get_str(&rows->u.items[i], "id", "");

		if (mos_call(r->ctl->client, "broker.widget.get", MOS_ARGS(mos_str("id", id)), &widget) < 0)
			continue;
		add_crashes(doc, list, &widget.value);
		mos_reply_finish(&widget);
	}
	mos_reply_finish(&widgets);
	report_add_json(r, "crashes.json", doc, list);
}
