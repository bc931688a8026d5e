/* SPDX-License-Identifier: MIT */
/* mosctl midi-out: where what MOS plays leaves as MIDI. */
#include <string.h>

#include "commands.h"
#include "mosctl.h"

static int list(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	char name[256];
	int code;

	if (args->n > 1)
		return ctl_usage(ctl, "list takes no words");
	code = ctl_call(ctl, "kronos.midiout.ports", MOS_NO_ARGS, &reply);
	if (code != CTL_OK)
		return code;
	const struct mos_value *ports = mos_get(&reply.value, "ports");
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		for (uint32_t i = 0; ports && ports->type == MOS_VALUE_LIST && i < ports->len; i++)
			printf("%c %s\n", mos_get_bool(&ports->u.items[i], "linked", 0) ? '*' : ' ',
				printable(mos_get_str(&ports->u.items[i], "name", "?"), name, sizeof(name)));
	mos_reply_finish(&reply);
	return code;
}

static int change(struct ctl *ctl, const struct ctl_args *args, const char *method, int must_name)
{
	const struct mos_field port = mos_str("port", args->n > 1 ? args->word[1] : "");
	struct mos_reply reply;
	char name[256];
	int code;

	if (args->n > 2 || (must_name && args->n < 2))
		return ctl_usage(ctl, "%s: which port? see mosctl midi-out list", args->word[0]);
	code = ctl_call(ctl, method, &port, args->n > 1, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else if (mos_get_str(&reply.value, "port", NULL))
		printf("%s\n", printable(mos_get_str(&reply.value, "port", ""), name, sizeof(name)));
	mos_reply_finish(&reply);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	if (strcmp(args->word[0], "list") == 0)
		return list(ctl, args);
	if (strcmp(args->word[0], "link") == 0)
		return change(ctl, args, "kronos.midiout.link", 1);
	if (strcmp(args->word[0], "unlink") == 0)
		return change(ctl, args, "kronos.midiout.unlink", 0);
	return ctl_usage(ctl, "midi-out: \"%s\" is none of list link unlink", args->word[0]);
}

const struct command cmd_midi_out = {
	.name = "midi-out",
	.words = "list | link PORT | unlink [PORT]",
	.summary = "Where what MOS plays leaves as MIDI",
	.text = "  list            MIDI inputs of other programs and of the machine; * is linked\n"
		"  link PORT       send there: its whole name, or a part that only one has\n"
		"  unlink [PORT]   no more; without PORT all that link made",
	.example = "  mosctl midi-out link \"USB MIDI\"",
	.min_words = 1,
	.max_words = 2,
	.run = run,
};
