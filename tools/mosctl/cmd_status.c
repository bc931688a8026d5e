/* SPDX-License-Identifier: MIT */
/* mosctl status: the broker's whole answer, and the timing that MOS owes beside what is measured. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "commands.h"
#include "transport.h"

enum { WATCH };

static const struct ctl_option options[] = {
	[WATCH] = {"watch", 'w', NULL, "again every second, until Ctrl-C"},
	{0},
};

/** The five thresholds of the specification (TIM-10). */
static const struct threshold {
	const char *name;
	double limit_ms;
	const char *counter; /* histogram in ns whose p99.9 is the measured figure; NULL: see `fixed_ms` */
	double fixed_ms;     /* by construction; 0: not measured on this box yet */
} thresholds[] = {
	{"transport jitter", 1, "kronos.jitter", 0},
	{"input to output", 5, "midi.latency", 0},
	{"look-ahead", 100, NULL, 100},
	{"seek", 10, "kronos.seek", 0},
	{"frame", 16.7, "theater.frame", 0},
};
#define N_THRESHOLDS (sizeof(thresholds) / sizeof(thresholds[0]))

/* @return 1 measured. */
static int measure(const struct mos_counters_view *view, const struct threshold *t, double *ret_ms)
{
	uint64_t ns;

	if (!t->counter) {
		*ret_ms = t->fixed_ms;
		return 1;
	}
	if (!counter_quantile(view, t->counter, 0.999, &ns))
		return 0;
	*ret_ms = (double)ns / 1e6;
	return 1;
}

static int print_json(const struct mos_value *status, const struct mos_counters_view *view)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = json_from_value(doc, status), *timing;

	timing = yyjson_mut_obj_add_arr(doc, root, "timing");
	for (size_t i = 0; i < N_THRESHOLDS; i++) {
		yyjson_mut_val *one = yyjson_mut_arr_add_obj(doc, timing);
		double ms;

		yyjson_mut_obj_add_str(doc, one, "name", thresholds[i].name);
		yyjson_mut_obj_add_real(doc, one, "limit_ms", thresholds[i].limit_ms);
		if (measure(view, &thresholds[i], &ms))
			yyjson_mut_obj_add_real(doc, one, "value_ms", ms);
		else
			yyjson_mut_obj_add_null(doc, one, "value_ms");
	}
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

static void print_text(const struct mos_value *status, const struct mos_counters_view *view)
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
	for (size_t i = 0; i < N_THRESHOLDS; i++) {
		double ms;

		if (measure(view, &thresholds[i], &ms))
			printf("%s%-17s %8.3f ms (%s %.1f)\n", i ? "           " : "timing     ",
				thresholds[i].name, ms, thresholds[i].counter ? "below" : "fixed",
				thresholds[i].limit_ms);
		else
			printf("%s%-17s        - ms (below %.1f)\n", i ? "           " : "timing     ",
				thresholds[i].name, thresholds[i].limit_ms);
	}
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
		struct mos_reply reply;

		code = ctl_call(ctl, "broker.system.status", MOS_NO_ARGS, &reply);
		if (code != CTL_OK)
			break;
		if (ctl->json) {
			code = print_json(&reply.value, view);
		} else {
			if (args->opt[WATCH] && isatty(STDOUT_FILENO))
				fputs("\033[H\033[J", stdout);
			print_text(&reply.value, view);
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
