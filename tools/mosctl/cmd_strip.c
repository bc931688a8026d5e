/* SPDX-License-Identifier: MIT */
/* mosctl strip */
#include <string.h>

#include "commands.h"
#include "mosctl.h"
#include "verbs.h"

enum { GAIN, PAN, MUTE, SOLO };

static const struct ctl_option options[] = {
	[GAIN] = {"gain", 'g', "DB", "level in dB, 0: as it comes"},
	[PAN] = {"pan", 'p', "-1..1", "-1 left, 0 middle, 1 right"},
	[MUTE] = {"mute", 'm', "on|off", "silence it"},
	[SOLO] = {"solo", 's', "on|off", "silence all others"},
	{0},
};

static int add_real(struct ctl *ctl, const struct ctl_args *args, int option, const char *key,
	struct mos_field *fields, size_t *n)
{
	double value;

	if (!args->opt[option])
		return CTL_OK;
	if (parse_real(args->opt[option], &value) < 0)
		return ctl_usage(ctl, "--%s: not a number: %s", options[option].name, args->opt[option]);
	fields[(*n)++] = mos_real(key, value);
	return CTL_OK;
}

static int add_switch(
	struct ctl *ctl, const struct ctl_args *args, int option, struct mos_field *fields, size_t *n)
{
	int on;

	if (!args->opt[option])
		return CTL_OK;
	if (parse_on_off(args->opt[option], &on) < 0)
		return ctl_usage(ctl, "--%s: on or off, not %s", options[option].name, args->opt[option]);
	fields[(*n)++] = mos_bool(options[option].name, on);
	return CTL_OK;
}

/* Those that a part plays on, or that somebody has set. */
static int is_of_interest(const struct mos_value *s)
{
	return mos_get_bool(s, "part", 0) || mos_get_real(s, "gain_db", 0) != 0 || mos_get_real(s, "pan", 0) != 0 ||
	       mos_get_bool(s, "mute", 0) || mos_get_bool(s, "solo", 0) || mos_get_str(s, "strip", NULL);
}

static int list(struct ctl *ctl)
{
	const struct mos_value *strips;
	struct mos_reply reply;
	char name[160], strip[24];
	int code = ctl_call(ctl, "apollo.strip.list", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	strips = mos_get(&reply.value, "strips");
	for (uint32_t i = 0; !ctl->json && i < verb_len(strips); i++) {
		const struct mos_value *s = &strips->u.items[i];

		if (!is_of_interest(s))
			continue;
		printf("%-9s %6.1f dB  pan %+.2f%s%s  %s\n", verb_strip_name(s, strip, sizeof(strip)),
			mos_get_real(s, "gain_db", 0), mos_get_real(s, "pan", 0),
			mos_get_bool(s, "mute", 0) ? "  mute" : "", mos_get_bool(s, "solo", 0) ? "  solo" : "",
			printable(mos_get_str(s, "name", ""), name, sizeof(name)));
	}
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[5];
	struct mos_reply reply;
	uint32_t strip;
	size_t n = 1;
	int code;

	if (!args->n && !args->opt[GAIN] && !args->opt[PAN] && !args->opt[MUTE] && !args->opt[SOLO])
		return list(ctl);
	if (!args->n)
		return ctl_usage(ctl, "strip: which one? 0 to 63 or master");
	if (!strcmp(args->word[0], "master"))
		fields[0] = mos_str("strip", "master");
	else if (parse_uint(args->word[0], 63, &strip) == 0)
		fields[0] = mos_int("strip", strip);
	else
		return ctl_usage(ctl, "not a strip, 0 to 63 or master: %s", args->word[0]);
	if ((code = add_real(ctl, args, GAIN, "gain_db", fields, &n)) != CTL_OK ||
		(code = add_real(ctl, args, PAN, "pan", fields, &n)) != CTL_OK ||
		(code = add_switch(ctl, args, MUTE, fields, &n)) != CTL_OK ||
		(code = add_switch(ctl, args, SOLO, fields, &n)) != CTL_OK)
		return code;
	if (n == 1)
		return ctl_usage(ctl, "strip: what is to change?");
	code = ctl_call(ctl, "apollo.strip.set", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

const struct command cmd_strip = {
	.name = "strip",
	.words = "[N|master]",
	.summary = "Mix: level, place, mute and solo of a channel strip",
	.text = "Strips 0 to 47 are the score's channels, 48 to 63 the live ones. mosctl top shows their "
		"meters. Alone: those that play or were set.",
	.example = "  mosctl strip\n  mosctl strip 3 --gain -4.5 --pan -0.3\n  mosctl strip 9 --mute on\n  mosctl strip "
		   "master --gain -3",
	.options = options,
	.min_words = 0,
	.max_words = 1,
	.run = run,
};
