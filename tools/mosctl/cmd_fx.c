/* SPDX-License-Identifier: MIT */
/* mosctl fx: the effects that MOS has of its own. */
#include <string.h>

#include "commands.h"
#include "verbs.h"

enum { STRIP };

static const struct ctl_option options[] = {
	[STRIP] = {"strip", 's', "N|master", "which strip, 0 to 63 (default: master)"},
	{0},
};

/* @return 1 and what it differs to, 0: it is as it was. */
static int find_setting(const struct mos_value *settings, const char *unit, const char *param, double *ret)
{
	for (uint32_t i = 0; i < verb_len(settings); i++) {
		const struct mos_value *s = &settings->u.items[i];

		if (!strcmp(mos_get_str(s, "unit", ""), unit) &&
			!strcmp(mos_get_str(s, "param", ""), param)) {
			*ret = mos_get_real(s, "value", 0);
			return 1;
		}
	}
	return 0;
}

static void print_unit(const struct mos_value *unit, const struct mos_value *settings)
{
	const struct mos_value *params = mos_get(unit, "params");
	const char *name = mos_get_str(unit, "unit", "?");

	printf("%s\n", name);
	for (uint32_t i = 0; i < verb_len(params); i++) {
		const struct mos_value *p = &params->u.items[i];
		double value = mos_get_real(p, "initial", 0);
		int is_set = find_setting(settings, name, mos_get_str(p, "name", ""), &value);

		printf("%c %-14s %8g  %g to %g: %s\n", is_set ? '*' : ' ', mos_get_str(p, "name", "?"), value,
			mos_get_real(p, "min", 0), mos_get_real(p, "max", 0), mos_get_str(p, "text", ""));
	}
}

static void print_of_strips(const struct mos_value *settings)
{
	char strip[24];

	for (uint32_t i = 0; i < verb_len(settings); i++) {
		const struct mos_value *s = &settings->u.items[i];

		if (mos_get_str(s, "strip", NULL) == NULL)
			printf("* %s: %s %s=%g\n", verb_strip_name(s, strip, sizeof(strip)),
				mos_get_str(s, "unit", "?"), mos_get_str(s, "param", "?"),
				mos_get_real(s, "value", 0));
	}
}

/* What differs in strips; an answer holds a part of it. */
static int print_elsewhere(struct ctl *ctl)
{
	int64_t shown = 0, n;
	uint32_t here;

	do {
		const struct mos_field field = mos_int("offset", shown);
		const struct mos_value *settings;
		struct mos_reply reply;
		int code = ctl_call(ctl, "apollo.fx.list", &field, 1, &reply);

		if (code != CTL_OK)
			return code;
		settings = mos_get(&reply.value, "settings");
		n = mos_get_int(&reply.value, "n", 0);
		here = verb_len(settings);
		print_of_strips(settings);
		mos_reply_finish(&reply);
		shown += here;
	} while (here > 0 && shown < n);
	return CTL_OK;
}

static int list(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field;
	struct mos_reply reply;
	const char *where = args->opt[STRIP] ? args->opt[STRIP] : "master";
	int is_master = !strcmp(where, "master"), code = verb_strip(ctl, where, &field);

	/* for a program, without a strip: all that differs, anywhere */
	if (code == CTL_OK)
		code = ctl_call(ctl, "apollo.fx.list", &field, args->opt[STRIP] || !ctl->json, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		const struct mos_value *units = mos_get(&reply.value, "units"),
				       *settings = mos_get(&reply.value, "settings");

		for (uint32_t i = 0; i < verb_len(units); i++)
			if (mos_get_bool(&units->u.items[i], is_master ? "master" : "strip", 0))
				print_unit(&units->u.items[i], settings);
	}
	mos_reply_finish(&reply);
	return ctl->json || args->opt[STRIP] ? code : print_elsewhere(ctl);
}

/* "time_s=2.2", "on", "off" */
static int read_setting(struct ctl *ctl, char *word, const char **ret_param, double *ret_value)
{
	char *equals = strchr(word, '=');
	int on;

	*ret_param = "on";
	if (!equals && parse_on_off(word, &on) == 0) {
		*ret_value = on;
		return CTL_OK;
	}
	if (!equals || equals == word)
		return ctl_usage(ctl, "neither on, off nor PARAM=VALUE: %s", word);
	*equals = '\0';
	*ret_param = word;
	if (parse_on_off(equals + 1, &on) == 0)
		*ret_value = on;
	else if (parse_real(equals + 1, ret_value) < 0)
		return ctl_usage(ctl, "%s: not a number: %s", word, equals + 1);
	return CTL_OK;
}

static int set(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[4];
	int code = verb_strip(ctl, args->opt[STRIP] ? args->opt[STRIP] : "master", &fields[0]);

	fields[1] = mos_str("unit", args->word[1]);
	for (int i = 2; code == CTL_OK && i < args->n; i++) {
		const char *param;
		double value;

		code = read_setting(ctl, args->word[i], &param, &value);
		if (code != CTL_OK)
			break;
		fields[2] = mos_str("param", param);
		fields[3] = mos_real("value", value);
		code = verb_done(ctl, "apollo.fx.set", fields, 4);
	}
	return code;
}

static int reset(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2];
	size_t n = 0;
	int code = CTL_OK;

	if (args->opt[STRIP])
		code = verb_strip(ctl, args->opt[STRIP], &fields[n++]);
	if (args->n > 1)
		fields[n++] = mos_str("unit", args->word[1]);
	return code == CTL_OK ? verb_done(ctl, "apollo.fx.reset", fields, n) : code;
}

static const struct ctl_verb verbs[] = {
	{"list", "", "strip", 0, 0, 0, list},
	{"set", "UNIT PARAM=VALUE...", "strip", 2, 14, 0, set},
	{"reset", "[UNIT]", "strip", 0, 1, 0, reset},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	return verb_run(ctl, args, verbs);
}

const struct command cmd_fx = {
	.name = "fx",
	.words = "VERB [WORD...]",
	.summary = "Effects: equalizer, compressor, reverb, chorus, limiter",
	.text = "  list                       all parameters, their ranges and values; * differs from the "
		"usual\n"
		"  set UNIT PARAM=VALUE...    change some; on and off alone are on=1 and on=0\n"
		"  reset [UNIT]               as they were at the start: of --strip, or everywhere\n"
		"list and set mean the master without --strip, which is also the place of reverb and chorus.",
	.example = "  mosctl fx set reverb on time_s=2.4 level_db=-8\n  mosctl fx set send reverb=0.3 "
		   "--strip 48\n"
		   "  mosctl fx set eq on low_db=-3 high_db=2 --strip 9\n  mosctl fx reset",
	.options = options,
	.min_words = 1,
	.max_words = 16,
	.run = run,
};
