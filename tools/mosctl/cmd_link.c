/* SPDX-License-Identifier: MIT */
/* mosctl link: MOS as a peer of Ableton Link. */
#include <string.h>

#include "commands.h"
#include "mosctl.h"

enum { START_STOP, NO_START_STOP, INTERFACE, QUANTUM };

static const struct ctl_option options[] = {
	[START_STOP] = {"start-stop", 's', NULL, "start and stop together with the others"},
	[NO_START_STOP] = {"no-start-stop", 'S', NULL, "only tempo and phase are shared"},
	[INTERFACE] = {"interface", 'i', "NAME", "only this network interface; \"all\": every one"},
	[QUANTUM] = {"quantum", 'q', "BEATS", "what is in phase with the others, a measure (default 4)"},
	{0},
};

static void print_state(const struct mos_value *v)
{
	char name[64];
	const char *interface = printable(mos_get_str(v, "interface", ""), name, sizeof(name));

	if (!mos_get_bool(v, "on", 0)) {
		printf("off\n");
		return;
	}
	printf("on, %lld other%s, %.2f BPM, beat %.2f of %lld%s\n", (long long)mos_get_int(v, "peers", 0),
		mos_get_int(v, "peers", 0) == 1 ? "" : "s", mos_get_real(v, "bpm", 0),
		mos_get_real(v, "phase", 0) + 1, (long long)mos_get_int(v, "quantum", 0),
		mos_get_bool(v, "start_stop", 0) ? mos_get_bool(v, "playing", 0) ? ", playing" : ", stopped"
						 : "");
	if (mos_get_int(v, "interfaces", 0) == 0)
		printf("no network interface%s%s: nobody can be heard\n", *interface ? " " : "", interface);
	if (!mos_get_bool(v, "followed", 0))
		printf("the transport does not follow it: mosctl clock follow link\n");
}

static int answer(struct ctl *ctl, const char *method, const struct mos_field *field, uint32_t n)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, method, field, n, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		print_state(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field[4];
	uint32_t n = 0;
	uint32_t quantum;

	if (args->n == 0 || !strcmp(args->word[0], "status")) {
		for (uint32_t i = 0; options[i].name; i++)
			if (args->opt[i])
				return ctl_usage(ctl, "link: --%s goes with on or off", options[i].name);
		return answer(ctl, "link.session.get", NULL, 0);
	}
	if (strcmp(args->word[0], "on") != 0 && strcmp(args->word[0], "off") != 0)
		return ctl_usage(ctl, "link: \"%s\" is none of on off status", args->word[0]);
	if (args->opt[START_STOP] && args->opt[NO_START_STOP])
		return ctl_usage(ctl, "either --start-stop or --no-start-stop");
	field[n++] = mos_bool("on", !strcmp(args->word[0], "on"));
	if (args->opt[START_STOP] || args->opt[NO_START_STOP])
		field[n++] = mos_bool("start_stop", args->opt[START_STOP] != NULL);
	if (args->opt[INTERFACE])
		field[n++] =
			mos_str("interface", strcmp(args->opt[INTERFACE], "all") ? args->opt[INTERFACE] : "");
	if (args->opt[QUANTUM]) {
		if (parse_uint(args->opt[QUANTUM], 64, &quantum) < 0 || quantum < 1)
			return ctl_usage(ctl, "--quantum: 1 to 64 beats, not %s", args->opt[QUANTUM]);
		field[n++] = mos_int("quantum", quantum);
	}
	return answer(ctl, "link.session.set", field, n);
}

const struct command cmd_link = {
	.name = "link",
	.words = "[status] | on | off",
	.summary = "Play in time with programs and machines that speak Ableton Link",
	.text = "  status   who is there, tempo and beat of the session\n"
		"  on       join the session on the local network, or begin one at our tempo; the transport\n"
		"           follows it, play waits for its next measure, mosctl tempo sets everybody's "
		"tempo\n"
		"  off      leave it; the tempo stays\n"
		"\n"
		"What is set here stays set, over restarts as well.",
	.example = "  mosctl link on --start-stop\n  mosctl link --json\n  mosctl link on --interface eth0",
	.options = options,
	.max_words = 1,
	.run = run,
};
