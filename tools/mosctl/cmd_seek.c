/* SPDX-License-Identifier: MIT */
/* mosctl seek */
#include "commands.h"
#include "transport.h"

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	uint32_t place[3];

	if (parse_place(args->word[0], place) < 0)
		return ctl_usage(ctl, "not a place: %s (bars and beats count from 1)", args->word[0]);
	return transport_call(ctl, "kronos.transport.seek",
		MOS_ARGS(mos_int("bar", place[0]), mos_int("beat", place[1]), mos_int("tick", place[2])));
}

const struct command cmd_seek = {
	.name = "seek",
	.words = "BAR[:BEAT[:TICK]]",
	.summary = "Go to a place",
	.text = "Bars and beats count from 1. A tick is 1/960 of a quarter note and counts from 0.",
	.example = "  mosctl seek 12\n  mosctl seek 12:3\n  mosctl seek 12:3:480",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
