/* SPDX-License-Identifier: MIT */
/* mosctl call: any method, its parameters as JSON or as KEY=VALUE words. */
#include "commands.h"
#include "mosctl.h"
#include "params.h"

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	struct params params;
	int code = params_parse(ctl, args->n - 1, args->word + 1, &params);

	if (code != CTL_OK)
		return code;
	code = ctl_call(ctl, args->word[0], params.map.u.fields, params.map.len, &reply);
	params_free(&params);
	if (code != CTL_OK)
		return code;
	code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

const struct command cmd_call = {
	.name = "call",
	.words = "METHOD [JSON | KEY=VALUE...]",
	.summary = "Call any method of any service and print the answer as JSON",
	.text = "METHOD is SERVICE.NOUN.VERB; \"mosctl SERVICE NOUN VERB ...\" does the same.\n"
		"A VALUE that is JSON is taken as such, any other as text.",
	.example = "  mosctl call kronos.position.get\n"
		   "  mosctl call kronos.transport.seek '{\"bar\": 5, \"beat\": 2}'\n"
		   "  mosctl call apollo.note.play note=C4 velocity=0.5\n"
		   "  mosctl kronos loop set from_bar=1 to_bar=4",
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
