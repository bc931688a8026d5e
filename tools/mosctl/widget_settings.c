/* SPDX-License-Identifier: MIT */
/* mosctl widget settings, call: what a widget can be told. */
#include <string.h>

#include "params.h"
#include "widget.h"

/* A setting's value as a word. */
static void print_value(const struct mos_value *v)
{
	char text[300];

	switch (v ? v->type : MOS_VALUE_NIL) {
	case MOS_VALUE_BOOL:
		printf("%s", v->u.boolean ? "true" : "false");
		break;
	case MOS_VALUE_INT:
		printf("%lld", (long long)v->u.integer);
		break;
	case MOS_VALUE_NATURAL:
		printf("%llu", (unsigned long long)v->u.natural);
		break;
	case MOS_VALUE_REAL:
		printf("%g", v->u.real);
		break;
	case MOS_VALUE_STR:
		printf("%s", printable(v->u.str, text, sizeof(text)));
		break;
	default:
		putchar('-');
	}
}

/* "number, 0 to 1.5", "string: tresillo quarter" */
static void print_schema(const struct mos_value *schema)
{
	const struct mos_value *minimum = mos_get(schema, "minimum"), *maximum = mos_get(schema, "maximum");
	const struct mos_value *choice = mos_get(schema, "enum");
	char text[300];

	printf("  (%s", printable(mos_get_str(schema, "type", "?"), text, sizeof(text)));
	if (minimum) {
		fputs(", from ", stdout);
		print_value(minimum);
	}
	if (maximum) {
		fputs(minimum ? " to " : ", up to ", stdout);
		print_value(maximum);
	}
	for (uint32_t i = 0; choice && choice->type == MOS_VALUE_LIST && i < choice->len; i++) {
		fputs(i ? " " : ": ", stdout);
		print_value(&choice->u.items[i]);
	}
	putchar(')');
	if (mos_get_str(schema, "title", NULL))
		printf("  %s", printable(mos_get_str(schema, "title", ""), text, sizeof(text)));
}

static const struct mos_value *member(const struct mos_value *map, const char *key)
{
	for (uint32_t i = 0; map && map->type == MOS_VALUE_MAP && i < map->len; i++) {
		if (!strcmp(map->u.fields[i].key, key))
			return &map->u.fields[i].value;
	}
	return NULL;
}

static int show(struct ctl *ctl, const struct mos_field *id)
{
	const struct mos_value *settings;
	struct mos_reply reply;
	int code = ctl_call(ctl, "broker.settings.get", id, 1, &reply);

	if (code != CTL_OK)
		return code;
	settings = mos_get(&reply.value, "settings");
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		for (uint32_t i = 0; settings && settings->type == MOS_VALUE_MAP && i < settings->len; i++) {
			const struct mos_field *one = &settings->u.fields[i];
			const struct mos_value *schema = member(mos_get(&reply.value, "schema"), one->key);

			printf("%s=", one->key);
			print_value(&one->value);
			if (schema)
				print_schema(schema);
			putchar('\n');
		}
	}
	mos_reply_finish(&reply);
	return code;
}

int widget_settings(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field[3] = {mos_str("id", args->word[1])};
	uint32_t n = 1, revision;
	struct mos_reply reply;
	struct params params;
	int code;

	if (args->opt[WIDGET_REVISION] && parse_uint(args->opt[WIDGET_REVISION], UINT32_MAX, &revision) < 0)
		return ctl_usage(ctl, "--revision: not a number: %s", args->opt[WIDGET_REVISION]);
	if (args->n == 2)
		return show(ctl, field);
	code = params_parse(ctl, args->n - 2, args->word + 2, &params);
	if (code != CTL_OK)
		return code;
	field[n++] = mos_field("settings", params.map);
	if (args->opt[WIDGET_REVISION])
		field[n++] = mos_int("revision", revision);
	code = ctl_call(ctl, "broker.settings.set", field, n, &reply);
	params_free(&params);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("set; revision %lld\n", (long long)mos_get_int(&reply.value, "revision", 0));
	mos_reply_finish(&reply);
	return code;
}

int widget_call(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field[3] = {mos_str("id", args->word[1]), mos_str("name", args->word[2])};
	struct mos_reply reply;
	struct params params;
	int code = params_parse(ctl, args->n - 3, args->word + 3, &params);

	if (code != CTL_OK)
		return code;
	field[2] = mos_field("params", params.map);
	code = ctl_call(ctl, "broker.widget.call", field, 3, &reply);
	params_free(&params);
	if (code != CTL_OK)
		return code;
	code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}
