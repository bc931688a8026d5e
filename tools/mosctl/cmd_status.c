/* SPDX-License-Identifier: MIT */
/* mosctl status: the broker's whole answer, and the timing that MOS owes beside what is measured. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "stats/timing.h"
#include "transport.h"

enum { WATCH };

static const struct ctl_option options[] = {
	[WATCH] = {"watch", 'w', NULL, "again every second, until Ctrl-C"},
	{0},
};

static int print_json(const struct mos_value *status, const struct mos_counters_view *view,
	const struct timing timing[static N_TIMING])
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = json_from_value(doc, status);

	yyjson_mut_obj_add_val(doc, root, "timing", timing_json(doc, timing));
	yyjson_mut_obj_add_val(doc, root, "counters", counters_json(doc, view));
	return json_print(doc, root);
}

static void print_services(const struct mos_value *status)
{
	const struct mos_value *services = mos_get(status, "services");
	char name[64];

	fputs("services   ", stdout);
	for (uint32_t i = 0; services && services->type == MOS_VALUE_LIST && i < services->len; i++) {
		const struct mos_value *s = &services->u.items[i];

		printf("%s%s%s", i ? ", " : "", printable(mos_get_str(s, "name", "?"), name, sizeof(name)),
			mos_get_bool(s, "up", 1) ? "" : " (down)");
	}
	putchar('\n');
}

static void print_text(const struct mos_value *status, const struct timing timing[static N_TIMING])
{
	const struct mos_value *rtcore = mos_get(status, "rtcore"), *engine = mos_get(status, "engine");
	char text[256];

	if (mos_get(status, "transport") && mos_get_str(status, "transport/state", NULL)) {
		fputs("transport  ", stdout);
		transport_print(mos_get(status, "transport"));
	}
	if (engine && engine->type == MOS_VALUE_MAP)
		printf("engine     %s, %lld voices, %s\n", mos_get_str(engine, "state", "?"),
			(long long)mos_get_int(engine, "voices", 0),
			printable(mos_get_str(engine, "bank", "no bank"), text, sizeof(text)));
	if (mos_get_bool(rtcore, "up", 0))
		printf("rtcore     pid %lld, %s, %lld Hz, %lld frames a cycle, priority %lld\n",
			(long long)mos_get_int(rtcore, "pid", 0), mos_get_str(rtcore, "driver", "?"),
			(long long)mos_get_int(rtcore, "rate", 0),
			(long long)mos_get_int(rtcore, "quantum", 0),
			(long long)mos_get_int(rtcore, "rt_priority", 0));
	else
		puts("rtcore     down");
	print_services(status);
	printf("clients    %lld\n", (long long)mos_get_int(status, "clients", 0));
	timing_print(timing);
}

/* The theater's part of the timing; who is not there would be waited for. */
static void read_timing(struct ctl *ctl, const struct mos_value *status, struct timing ret[static N_TIMING])
{
	const struct mos_value *services = mos_get(status, "services");
	struct mos_reply theater;
	int is_there = 0;

	for (uint32_t i = 0; services && services->type == MOS_VALUE_LIST && i < services->len; i++)
		is_there |= !strcmp(mos_get_str(&services->u.items[i], "name", ""), "theater") &&
			    mos_get_bool(&services->u.items[i], "up", 1);
	is_there = is_there && mos_call(ctl->client, "theater.status.get", MOS_NO_ARGS, &theater) == 0;
	timing_read(ret, mos_client_counters(ctl->client), is_there ? &theater.value : NULL);
	if (is_there)
		mos_reply_finish(&theater);
}

/* With rtcore down there is nothing to map: the status is shown all the same. */
static int connect_mapped(struct ctl *ctl)
{
	const struct mos_client_options client = {
		.name = "mosctl",
		.runtime_dir = ctl->runtime_dir,
		.timeout_ms = ctl->timeout_ms,
	};

	struct mos_error error;
	int rc = mos_client_create(&client, &ctl->client, &error);

	if (rc == 0)
		return CTL_OK;
	if (rc != -EREMOTEIO) /* no broker, or one that does not answer: not to be waited for twice */
		return ctl_connect_failed(ctl, rc, &error);
	return ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	int code = connect_mapped(ctl);

	if (args->opt[WATCH])
		term_catch_interrupt();
	while (code == CTL_OK) {
		const struct mos_counters_view *view = mos_client_counters(ctl->client);
		struct timing timing[N_TIMING];
		struct mos_reply reply;

		code = ctl_call(ctl, "broker.system.status", MOS_NO_ARGS, &reply);
		if (code != CTL_OK)
			break;
		read_timing(ctl, &reply.value, timing);
		if (ctl->json) {
			code = print_json(&reply.value, view, timing);
		} else {
			if (args->opt[WATCH] && isatty(STDOUT_FILENO))
				fputs("\033[H\033[J", stdout);
			print_text(&reply.value, timing);
			fflush(stdout);
		}
		mos_reply_finish(&reply);
		if (!args->opt[WATCH])
			break;
		(void)poll(NULL, 0, 1000);
		if (term_interrupted() || mos_client_refresh(ctl->client) < 0)
			break;
	}
	return code;
}

const struct command cmd_status = {
	.name = "status",
	.words = "",
	.summary = "Show what runs, where the music is, and the timing",
	.example = "  mosctl status\n  mosctl status --json | jq .transport",
	.options = options,
	.run = run,
};
