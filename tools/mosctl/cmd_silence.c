/* SPDX-License-Identifier: MIT */
/* mosctl cutoff, panic */
#include "commands.h"
#include "mosctl.h"

static int silence(struct ctl *ctl, const char *method, const char *said)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, method, MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		puts(said);
	mos_reply_finish(&reply);
	return code;
}

static int run_cutoff(struct ctl *ctl, const struct ctl_args *args)
{
	return silence(ctl, "apollo.chord.cutoff", "chord cut off");
}

static int run_panic(struct ctl *ctl, const struct ctl_args *args)
{
	return silence(ctl, "apollo.engine.panic", "all notes off");
}

const struct command cmd_cutoff = {
	.name = "cutoff",
	.words = "",
	.summary = "Release the chord that mosctl chord started",
	.example = "  mosctl cutoff",
	.run = run_cutoff,
};

const struct command cmd_panic = {
	.name = "panic",
	.words = "",
	.summary = "End every sounding note, everywhere, now",
	.example = "  mosctl panic",
	.run = run_panic,
};
