/* SPDX-License-Identifier: MIT */
/* mosctl instrument */
#include "commands.h"
#include "mosctl.h"

enum { DRUMS };

static const struct ctl_option options[] = {
	[DRUMS] = {"drums", 'd', NULL, "PROGRAM is a drum kit"},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[3];
	struct mos_reply reply;
	uint32_t channel, program;
	size_t n = 0;
	int code;

	if (parse_uint(args->word[0], 15, &channel) < 0)
		return ctl_usage(ctl, "not a channel, 0 to 15: %s", args->word[0]);
	fields[n++] = mos_int("channel", channel);
	if (parse_uint(args->word[1], UINT32_MAX, &program) == 0)
		fields[n++] = mos_int("program", program);
	else
		fields[n++] = mos_str("program", args->word[1]);
	if (args->opt[DRUMS])
		fields[n++] = mos_bool("drums", 1);
	code = ctl_call(ctl, "apollo.instrument.set", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("channel %u: %lld %s\n", channel, (long long)mos_get_int(&reply.value, "program", 0),
			mos_get_str(&reply.value, "name", ""));
	mos_reply_finish(&reply);
	return code;
}

const struct command cmd_instrument = {
	.name = "instrument",
	.words = "CHANNEL PROGRAM",
	.summary = "Choose a live channel's instrument",
	.text = "CHANNEL is 0 to 15. PROGRAM is 0 to 127 or a General MIDI name.",
	.example = "  mosctl instrument 0 \"Church Organ\"\n  mosctl instrument 1 73",
	.options = options,
	.min_words = 2,
	.max_words = 2,
	.run = run,
};
