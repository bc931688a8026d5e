/* SPDX-License-Identifier: MIT */
/* mosctl metronome */
#include "commands.h"
#include "mosctl.h"

enum { GAIN };

static const struct ctl_option options[] = {
	[GAIN] = {"gain", 'g', "DB", "how loud, in dB"},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2];
	struct mos_reply reply;
	double gain_db;
	size_t n = 0;
	int on, code;

	if (parse_on_off(args->word[0], &on) < 0)
		return ctl_usage(ctl, "metronome on, or metronome off; not %s", args->word[0]);
	fields[n++] = mos_bool("on", on);
	if (args->opt[GAIN]) {
		if (parse_real(args->opt[GAIN], &gain_db) < 0)
			return ctl_usage(ctl, "--gain: not a number of dB: %s", args->opt[GAIN]);
		fields[n++] = mos_real("gain_db", gain_db);
	}
	code = ctl_call(ctl, "kronos.metronome.set", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("metronome %s\n", on ? "on" : "off");
	mos_reply_finish(&reply);
	return code;
}

const struct command cmd_metronome = {
	.name = "metronome",
	.words = "on|off",
	.summary = "Turn the click on or off",
	.example = "  mosctl metronome on --gain -6",
	.options = options,
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
