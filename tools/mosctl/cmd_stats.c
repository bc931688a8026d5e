/* SPDX-License-Identifier: MIT */
/* mosctl stats: all figures of MOS in one place. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "stats/stats.h"
#include "stats/timing.h"

enum { OPEN, PROMETHEUS, OUT, INETD, WATCH };

static const struct ctl_option options[] = {
	[OPEN] = {"openmetrics", 0, NULL, "print OpenMetrics 1.0 text"},
	[PROMETHEUS] = {"prometheus", 0, NULL,
		"print Prometheus text, for node_exporter's textfile collector"},
	[OUT] = {"out", 'o', "FILE", "write it to a file, which is replaced at once"},
	[INETD] = {"inetd", 0, NULL, "answer one HTTP request for /metrics on standard input and output"},
	[WATCH] = {"watch", 'w', "SECONDS", "again and again, until Ctrl-C"},
	{0},
};

/* What it was at the look before, for rates. */
struct before {
	uint64_t value[MOS_COUNTERS_MAX];
	double at;
};

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void print_counter(
	const struct mos_counters_view *view, uint32_t i, struct before *before, double passed)
{
	const struct mos_counter_label *label = &view->label[i];
	const uint64_t value = mos_counters_get(view, i);
	const char *help;
	char name[sizeof(label->name) + 1];

	(void)snprintf(name, sizeof(name), "%.*s", (int)sizeof(label->name), label->name);
	help = stats_help(name);
	if (label->kind == MOS_COUNTER_HIST)
		printf("%-30s %12llu  p50 %llu p99 %llu p99.9 %llu %.8s", name, (unsigned long long)value,
			(unsigned long long)mos_counters_quantile(view, i, 0.5),
			(unsigned long long)mos_counters_quantile(view, i, 0.99),
			(unsigned long long)mos_counters_quantile(view, i, 0.999), label->unit);
	else if (label->kind == MOS_COUNTER_GAUGE)
		printf("%-30s %12lld  %.8s", name, (long long)(int64_t)value, label->unit);
	else
		printf("%-30s %12llu  %.8s", name, (unsigned long long)value, label->unit);
	if (passed > 0 && label->kind != MOS_COUNTER_GAUGE)
		printf("  %.1f/s", (double)(value - before->value[i]) / passed);
	printf("%s%s\n", help ? "  " : "", help ? help : "");
	before->value[i] = value;
}

/* All that is not 0: most types of events never happen. */
static int print_text(const struct stats *s, struct before *before)
{
	const double now = seconds(), passed = before->at > 0 ? now - before->at : 0;
	struct timing timing[N_TIMING];

	if (passed > 0 && isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout);
	timing_read(timing, s->view, s->has_theater ? &s->theater.value : NULL);
	timing_print(timing);
	for (uint32_t i = 0; s->view && i < s->view->n_labels; i++)
		if (mos_counters_get(s->view, i) != 0 || before->value[i] != 0)
			print_counter(s->view, i, before, passed);
	before->at = now;
	return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}

static int print_json(const struct stats *s)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	struct timing timing[N_TIMING];

	timing_read(timing, s->view, s->has_theater ? &s->theater.value : NULL);
	yyjson_mut_obj_add_val(doc, root, "timing", timing_json(doc, timing));
	yyjson_mut_obj_add_val(doc, root, "counters", counters_json(doc, s->view));
	if (s->has_status)
		yyjson_mut_obj_add_val(doc, root, "status", json_from_value(doc, &s->status.value));
	if (s->has_events)
		yyjson_mut_obj_add_val(
			doc, root, "events", json_from_value(doc, mos_get(&s->events.value, "types")));
	if (s->has_theater)
		yyjson_mut_obj_add_val(doc, root, "theater", json_from_value(doc, &s->theater.value));
	if (s->has_library)
		yyjson_mut_obj_add_val(doc, root, "library", json_from_value(doc, &s->library.value));
	return json_print(doc, root);
}

static int write_file(struct ctl *ctl, const char *path, const struct stats *s, enum metrics_format format)
{
	int fd = memfd_create("mosctl-stats", MFD_CLOEXEC), rc;
	FILE *to = fd < 0 ? NULL : fdopen(dup(fd), "w");

	if (!to) {
		rc = -errno;
	} else {
		metrics_write(to, s, format);
		rc = fclose(to) != 0 ? -errno : file_replace(fd, path);
	}
	if (fd >= 0)
		close(fd);
	return rc < 0 ? ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", path, strerror(-rc)) : CTL_OK;
}

/* A MOS that is down is a figure, too: who scrapes wants to hear mos_up 0 rather than nothing. */
static struct mos_client *connect_quietly(struct ctl *ctl, int *ret_code)
{
	const struct mos_client_options client = {
		.name = "mosctl stats",
		.runtime_dir = ctl->runtime_dir,
		.timeout_ms = ctl->timeout_ms,
	};
	struct mos_client_options control = client;
	struct mos_error error;
	int rc;

	control.flags = MOS_CLIENT_CONTROL_ONLY;
	rc = mos_client_create(&client, &ctl->client, &error);
	if (rc == -EREMOTEIO) /* the broker is there, the real-time core is not */
		rc = mos_client_create(&control, &ctl->client, &error);
	*ret_code = CTL_OK;
	if (rc < 0) {
		ctl->client = NULL;
		*ret_code = CTL_UNREACHABLE;
	}
	return ctl->client;
}

static int run_once(struct ctl *ctl, const struct ctl_args *args, struct before *before)
{
	const enum metrics_format format = args->opt[PROMETHEUS] ? METRICS_PROMETHEUS : METRICS_OPEN;
	struct stats s;
	int code = CTL_OK;

	stats_gather(&s, ctl->client);
	if (args->opt[INETD])
		code = stats_answer_http(STDIN_FILENO, STDOUT_FILENO, &s) < 0 ? CTL_FAILED : CTL_OK;
	else if (args->opt[OUT])
		code = write_file(ctl, args->opt[OUT], &s, format);
	else if (args->opt[OPEN] || args->opt[PROMETHEUS])
		metrics_write(stdout, &s, format);
	else
		code = ctl->json ? print_json(&s) : print_text(&s, before);
	stats_finish(&s);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	static struct before before;
	const int is_metrics = args->opt[OPEN] || args->opt[PROMETHEUS] || args->opt[OUT] || args->opt[INETD];
	double every = 0;
	int code;

	if (args->opt[WATCH] && (parse_real(args->opt[WATCH], &every) < 0 || every < 0.1 || every > 86400))
		return ctl_usage(ctl, "--watch: not a number of seconds: %s", args->opt[WATCH]);
	if (!!args->opt[OPEN] + !!args->opt[PROMETHEUS] + ctl->json > 1)
		return ctl_usage(ctl, "one of --json, --openmetrics and --prometheus");
	if (args->opt[OUT] && !args->opt[OPEN] && !args->opt[PROMETHEUS])
		return ctl_usage(ctl, "--out needs --openmetrics or --prometheus");
	if (args->opt[INETD] && (args->opt[OUT] || args->opt[WATCH]))
		return ctl_usage(ctl, "--inetd answers one request on standard input");
	if (is_metrics) {
		(void)connect_quietly(ctl, &code);
		if (args->opt[OUT] || args->opt[INETD])
			code = CTL_OK;
	} else {
		code = ctl_connect(ctl, 0);
		if (code != CTL_OK)
			return code;
	}
	if (every > 0)
		term_catch_interrupt();
	for (;;) {
		int done = run_once(ctl, args, &before);

		if (done != CTL_OK || every <= 0)
			return done != CTL_OK ? done : code;
		(void)fflush(stdout);
		(void)poll(NULL, 0, (int)(every * 1000));
		if (term_interrupted() || ferror(stdout))
			return code;
		if (ctl->client && mos_client_refresh(ctl->client) < 0 && !is_metrics)
			return ctl_fail(ctl, CTL_UNREACHABLE, "mosctl status", "MOS ended");
	}
}

const struct command cmd_stats = {
	.name = "stats",
	.words = "",
	.summary = "Show all figures of MOS, or export them to Prometheus",
	.text = "Without an option, counters that are not 0. Metrics have names that begin with mos_, and "
		"base units;\n"
		"a MOS that does not run is told as mos_up 0, with exit code 3 but for --out and --inetd. "
		"With --inetd\n"
		"the scraper chooses the format.",
	.example = "  mosctl stats --watch 1\n  mosctl stats --openmetrics | grep mos_timing\n"
		   "  mosctl stats --prometheus --out /var/lib/prometheus/node-exporter/mos.prom\n"
		   "  systemctl --user enable --now mos-metrics.timer",
	.options = options,
	.run = run,
};
