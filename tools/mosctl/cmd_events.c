/* SPDX-License-Identifier: MIT */
/* mosctl events: the event ring as text. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "mosctl.h"
#include "payload.h"

enum { TYPE, COUNT };

static const struct ctl_option options[] = {
	[TYPE] = {"type", 't', "TYPE[,TYPE...]", "only these: midi:noteon, metronome:beat ..."},
	[COUNT] = {"count", 'n', "N", "end after N events"},
	{0},
};

struct filter {
	uint32_t type[MOS_EVENT_TYPES_MAX];
	uint32_t n; /* 0: all */
};

static int parse_types(struct ctl *ctl, const char *text, struct filter *ret)
{
	while (*text) {
		size_t len = strcspn(text, ",");
		char name[32];
		uint32_t type = 0;

		if (len < sizeof(name)) {
			memcpy(name, text, len);
			name[len] = '\0';
			type = mos_event_type_from_name(name);
		}
		if (!type)
			return ctl_usage(ctl, "--type: no event type \"%.*s\"", (int)len, text);
		if (ret->n == MOS_EVENT_TYPES_MAX)
			return ctl_usage(ctl, "--type: more than %u types", MOS_EVENT_TYPES_MAX);
		ret->type[ret->n++] = type;
		text += len + (text[len] == ',');
	}
	return CTL_OK;
}

/* @return as mos_events_wait(); losses are told and passed over. */
static int next(struct ctl *ctl, struct mos_event *ret)
{
	uint64_t lost = mos_events_lost(ctl->client);
	int rc;

	while (!term_interrupted()) {
		rc = mos_events_next(ctl->client, ret);
		if (rc == 1)
			return 0;
		if (rc == -EOVERFLOW) {
			fprintf(stderr, "mosctl: too slow, %llu events lost\n",
				(unsigned long long)(mos_events_lost(ctl->client) - lost));
			lost = mos_events_lost(ctl->client);
			continue;
		}
		rc = rc == 0 ? mos_events_wait(ctl->client, -1) : rc;
		if (rc < 0 && rc != -EINTR)
			return rc;
	}
	return -EINTR;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct filter filter = {0};
	struct mos_event event;
	uint32_t left = 0;
	int code = CTL_OK, rc = 0;

	if (args->opt[TYPE])
		code = parse_types(ctl, args->opt[TYPE], &filter);
	if (code == CTL_OK && args->opt[COUNT] &&
		(parse_uint(args->opt[COUNT], UINT32_MAX, &left) < 0 || !left))
		code = ctl_usage(ctl, "--count: not a number above 0: %s", args->opt[COUNT]);
	if (code == CTL_OK)
		code = ctl_connect(ctl, 0);
	if (code != CTL_OK)
		return code;
	rc = mos_events_select(ctl->client, filter.type, filter.n);
	if (rc < 0)
		return ctl_client_failed(ctl, rc);
	term_catch_interrupt();
	while ((rc = next(ctl, &event)) == 0) {
		code = event_print(ctl, &event);
		if (code != CTL_OK || (left && --left == 0))
			return code;
	}
	return rc == -EINTR ? CTL_OK : ctl_client_failed(ctl, rc);
}

const struct command cmd_events = {
	.name = "events",
	.words = "",
	.summary = "Show what happens, as it happens",
	.text = "A line is: time (s, CLOCK_MONOTONIC), tick, type, source, payload. Ctrl-C ends.\n"
		"mosctl emit --fields lists the types, and what each tells.",
	.example = "  mosctl events --type midi:noteon,metronome:beat\n  mosctl events --json --count 10",
	.options = options,
	.run = run,
};
