/* SPDX-License-Identifier: MIT */
/* mosctl loop */
#include <string.h>

#include "commands.h"
#include "loop.h"

int loop_set(struct ctl *ctl, const char *from, const char *to, struct mos_reply *ret)
{
	uint32_t from_bar, to_bar;

	if (parse_uint(from, INT32_MAX, &from_bar) < 0 || parse_uint(to, INT32_MAX, &to_bar) < 0 ||
		!from_bar || to_bar < from_bar)
		return ctl_usage(ctl, "not two bars, first and last: %s %s", from, to);
	return ctl_call(ctl, "kronos.loop.set",
		MOS_ARGS(mos_int("from_bar", from_bar), mos_int("to_bar", to_bar)), ret);
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int off = args->n == 1 && !strcmp(args->word[0], "off");
	int code;

	if (!off && args->n != 2)
		return ctl_usage(ctl, "loop takes two bars, or off");
	if (off)
		code = ctl_call(ctl, "kronos.loop.clear", MOS_NO_ARGS, &reply);
	else
		code = loop_set(ctl, args->word[0], args->word[1], &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else if (off)
		puts("loop off");
	else
		printf("loop bars %s to %s (ticks %lld to %lld)\n", args->word[0], args->word[1],
			(long long)mos_get_int(&reply.value, "start_ticks", 0),
			(long long)mos_get_int(&reply.value, "end_ticks", 0));
	mos_reply_finish(&reply);
	return code;
}

const struct command cmd_loop = {
	.name = "loop",
	.words = "A B|off",
	.summary = "Repeat bars A to B, both included, or stop repeating",
	.example = "  mosctl loop 9 12\n  mosctl loop off",
	.min_words = 1,
	.max_words = 2,
	.run = run,
};
