/* SPDX-License-Identifier: MIT */
/* Commands that are a family: the first word is a verb. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verbs.h"

#define SLOW_TIMEOUT_MS 60000 /* a library on a slow disk */

static int takes(const struct ctl_verb *v, const struct ctl_option *option)
{
	char list[256];
	char *at = list;

	(void)snprintf(list, sizeof(list), " %s ", v->options ? v->options : "");
	while ((at = strstr(at, option->name)) != NULL) {
		size_t len = strlen(option->name);

		if (at[-1] == ' ' && at[len] == ' ')
			return 1;
		at += len;
	}
	return 0;
}

int verb_run(struct ctl *ctl, const struct ctl_args *args, const struct ctl_verb verbs[])
{
	char names[160] = "";

	for (const struct ctl_verb *v = verbs; v->name; v++) {
		size_t n = strlen(names);

		(void)snprintf(names + n, sizeof(names) - n, " %s", v->name);
		if (strcmp(v->name, args->word[0]) != 0)
			continue;
		if (args->n - 1 < v->min_words)
			return ctl_usage(ctl, "%s %s: %s is missing", ctl->command->name, v->name, v->words);
		if (args->n - 1 > v->max_words)
			return ctl_usage(ctl, "%s %s: too many words: %s", ctl->command->name, v->name,
				args->word[1 + v->max_words]);
		for (int i = 0; ctl->command->options && ctl->command->options[i].name; i++)
			if (args->opt[i] && !takes(v, &ctl->command->options[i]))
				return ctl_usage(ctl, "%s %s takes no --%s", ctl->command->name, v->name,
					ctl->command->options[i].name);
		if (v->is_slow && !ctl->timeout_ms)
			ctl->timeout_ms = SLOW_TIMEOUT_MS;
		return v->run(ctl, args);
	}
	return ctl_usage(ctl, "%s: \"%s\" is none of%s", ctl->command->name, args->word[0], names);
}

int verb_done(struct ctl *ctl, const char *method, const struct mos_field *fields, size_t n)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, method, fields, n, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

int verb_path(struct ctl *ctl, const char *word, char *buf, size_t size)
{
	char full[PATH_MAX];
	int code = file_check(ctl, word);

	if (code != CTL_OK)
		return code;
	if (!realpath(word, full) || (size_t)snprintf(buf, size, "%s", full) >= size)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: the path is too long", word);
	return CTL_OK;
}

int verb_uint(struct ctl *ctl, const struct ctl_args *args, int option, uint32_t min, uint32_t max,
	struct mos_field *fields, size_t *n)
{
	const struct ctl_option *o = &ctl->command->options[option];
	uint32_t value;

	if (!args->opt[option])
		return CTL_OK;
	if (parse_uint(args->opt[option], max, &value) < 0 || value < min)
		return ctl_usage(ctl, "--%s: not %u to %u: %s", o->name, min, max, args->opt[option]);
	fields[(*n)++] = mos_int(o->name, value);
	return CTL_OK;
}

int verb_real(struct ctl *ctl, const struct ctl_args *args, int option, const char *key,
	struct mos_field *fields, size_t *n)
{
	double value;

	if (!args->opt[option])
		return CTL_OK;
	if (parse_real(args->opt[option], &value) < 0)
		return ctl_usage(
			ctl, "--%s: not a number: %s", ctl->command->options[option].name, args->opt[option]);
	fields[(*n)++] = mos_real(key, value);
	return CTL_OK;
}

int verb_strip(struct ctl *ctl, const char *word, struct mos_field *ret)
{
	uint32_t strip;

	if (!strcmp(word, "master"))
		*ret = mos_str("strip", "master");
	else if (parse_uint(word, 63, &strip) == 0)
		*ret = mos_int("strip", strip);
	else
		return ctl_usage(ctl, "not a strip, 0 to 63 or master: %s", word);
	return CTL_OK;
}

uint32_t verb_len(const struct mos_value *list)
{
	return list && list->type == MOS_VALUE_LIST ? list->len : 0;
}

const char *verb_strip_name(const struct mos_value *of, char *buf, size_t size)
{
	const char *name = mos_get_str(of, "strip", NULL);

	(void)snprintf(buf, size, "%s", name ? name : "");
	if (!name)
		(void)snprintf(buf, size, "strip %lld", (long long)mos_get_int(of, "strip", -1));
	return buf;
}
