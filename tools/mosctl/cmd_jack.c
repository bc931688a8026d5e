/* SPDX-License-Identifier: MIT */
/* mosctl jack: programs that speak JACK start, stop and jump with us. */
#include <string.h>

#include "commands.h"
#include "mosctl.h"

static void print_state(const struct mos_value *v)
{
	char text[256];
	const char *state = mos_get_str(v, "state", "");
	const long long rate = mos_get_int(v, "rate", 0);

	if (!mos_get_bool(v, "on", 0)) {
		printf("off\n");
		return;
	}
	if (strcmp(state, "connected") != 0) {
		printf("on, %s: %s\n", state, printable(mos_get_str(v, "why", ""), text, sizeof(text)));
		return;
	}
	printf("on, %s at frame %lld", mos_get_str(v, "transport", "?"),
		(long long)mos_get_int(v, "frame", 0));
	if (rate > 0)
		printf(" (%.2f s)", (double)mos_get_int(v, "frame", 0) / (double)rate);
	printf(", %s\n", printable(mos_get_str(v, "library", ""), text, sizeof(text)));
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
	struct mos_field field;

	if (args->n == 0 || !strcmp(args->word[0], "status"))
		return answer(ctl, "jack.session.get", NULL, 0);
	if (strcmp(args->word[0], "on") != 0 && strcmp(args->word[0], "off") != 0)
		return ctl_usage(ctl, "jack: \"%s\" is none of on off status", args->word[0]);
	field = mos_bool("on", !strcmp(args->word[0], "on"));
	return answer(ctl, "jack.session.set", &field, 1);
}

const struct command cmd_jack = {
	.name = "jack",
	.words = "[status] | on | off",
	.summary = "Programs that speak JACK start, stop and jump with the transport",
	.text = "  status   whether we are a JACK client, and where its transport is\n"
		"  on       JACK's transport is ours, with our tempo, bars and beats, for all JACK programs "
		"on\n"
		"           PipeWire (Ardour, Hydrogen, ...); their play, stop and locate are ours, too\n"
		"  off      leave it\n"
		"\n"
		"What is set here stays set, over restarts as well. Needs PipeWire's libjack (Debian: "
		"pipewire-jack).",
	.example = "  mosctl jack on\n  mosctl jack --json",
	.max_words = 1,
	.run = run,
};
