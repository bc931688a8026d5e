/* SPDX-License-Identifier: MIT */
/* mosctl ping, quit */
#include <time.h>

#include "commands.h"
#include "mosctl.h"

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int run_ping(struct ctl *ctl, const struct ctl_args *args)
{
	const char *service = args->n ? args->word[0] : "broker";
	struct mos_reply reply;
	double start_ms, took_ms;
	char method[96], name[64];
	int code;

	(void)snprintf(method, sizeof(method), "%.40s.service.ping", service);
	code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code != CTL_OK)
		return code;
	start_ms = now_ms();
	code = ctl_call(ctl, method, MOS_NO_ARGS, &reply);
	took_ms = now_ms() - start_ms;
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s %s is up, pid %lld, %.2f ms\n",
			printable(mos_get_str(&reply.value, "name", service), name, sizeof(name)),
			mos_get_str(&reply.value, "version", "?"),
			(long long)mos_get_int(&reply.value, "pid", 0), took_ms);
	mos_reply_finish(&reply);
	return code;
}

static int run_quit(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, "broker.system.quit", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		puts("MOS ends");
	mos_reply_finish(&reply);
	return code;
}

const struct command cmd_ping = {
	.name = "ping",
	.words = "[SERVICE]",
	.summary = "Ask the broker, or a service, whether it is there",
	.example = "  mosctl ping\n  mosctl ping hermes",
	.max_words = 1,
	.run = run_ping,
};

const struct command cmd_quit = {
	.name = "quit",
	.words = "",
	.summary = "End MOS: broker, real-time core and services",
	.example = "  mosctl quit",
	.run = run_quit,
};
