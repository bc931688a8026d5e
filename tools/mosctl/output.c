/* SPDX-License-Identifier: MIT */
/* What mosctl prints: failures, and JSON. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mosctl.h"

const char *printable(const char *text, char *buf, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];
		/* In UTF-8 the other control characters, C1, are c2 80 to c2 9f. */
		int c1 = c >= 0x80 && c < 0xa0 && i > 0 && (unsigned char)text[i - 1] == 0xc2;

		buf[i] = c < 0x20 || c == 0x7f || c1 ? '?' : text[i];
	}
	buf[i] = '\0';
	return buf;
}

int ctl_fail_error(struct ctl *ctl, int code, const struct mos_error *error)
{
	char text[512];

	fprintf(stderr, "mosctl: %s", printable(error->message, text, sizeof(text)));
	/* Most messages name the place already. */
	if (error->where[0] && !strstr(error->message, error->where))
		fprintf(stderr, " (%s)", printable(error->where, text, sizeof(text)));
	fputc('\n', stderr);
	if (error->hint[0])
		fprintf(stderr, "hint: %s\n", printable(error->hint, text, sizeof(text)));
	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc), *e = yyjson_mut_obj_add_obj(doc, root, "error");

		yyjson_mut_obj_add_strcpy(doc, e, "code", error->code);
		yyjson_mut_obj_add_strcpy(doc, e, "message", error->message);
		if (error->where[0])
			yyjson_mut_obj_add_strcpy(doc, e, "where", error->where);
		if (error->hint[0])
			yyjson_mut_obj_add_strcpy(doc, e, "hint", error->hint);
		(void)json_print(doc, root);
	}
	return code;
}

static const char *code_name(int code)
{
	switch (code) {
	case CTL_USAGE:
		return "mosctl.usage";
	case CTL_UNREACHABLE:
		return "mosctl.unreachable";
	case CTL_BAD_FILE:
		return "mosctl.file";
	default:
		return "mosctl.failed";
	}
}

[[gnu::format(printf, 4, 0)]] static int fail_va(
	struct ctl *ctl, int code, const char *hint, const char *fmt, va_list args)
{
	struct mos_error error = {0};

	(void)snprintf(error.code, sizeof(error.code), "%s", code_name(code));
	(void)vsnprintf(error.message, sizeof(error.message), fmt, args);
	if (hint)
		(void)snprintf(error.hint, sizeof(error.hint), "%s", hint);
	return ctl_fail_error(ctl, code, &error);
}

int ctl_fail(struct ctl *ctl, int code, const char *hint, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	code = fail_va(ctl, code, hint, fmt, args);
	va_end(args);
	return code;
}

int ctl_usage(struct ctl *ctl, const char *fmt, ...)
{
	char hint[64] = "mosctl --help lists the commands";
	va_list args;

	if (ctl->command)
		(void)snprintf(hint, sizeof(hint), "mosctl %s --help", ctl->command->name);
	va_start(args, fmt);
	(void)fail_va(ctl, CTL_USAGE, hint, fmt, args);
	va_end(args);
	return CTL_USAGE;
}

yyjson_mut_val *json_from_value(yyjson_mut_doc *doc, const struct mos_value *value)
{
	yyjson_mut_val *v;

	switch (value->type) {
	case MOS_VALUE_BOOL:
		return yyjson_mut_bool(doc, value->u.boolean);
	case MOS_VALUE_INT:
		return yyjson_mut_sint(doc, value->u.integer);
	case MOS_VALUE_NATURAL:
		return yyjson_mut_uint(doc, value->u.natural);
	case MOS_VALUE_REAL:
		return yyjson_mut_real(doc, value->u.real);
	case MOS_VALUE_STR:
		return yyjson_mut_strncpy(doc, value->u.str, value->len);
	case MOS_VALUE_LIST:
		v = yyjson_mut_arr(doc);
		for (uint32_t i = 0; i < value->len; i++)
			yyjson_mut_arr_append(v, json_from_value(doc, &value->u.items[i]));
		return v;
	case MOS_VALUE_MAP:
		v = yyjson_mut_obj(doc);
		for (uint32_t i = 0; i < value->len; i++)
			yyjson_mut_obj_add(v, yyjson_mut_strcpy(doc, value->u.fields[i].key),
				json_from_value(doc, &value->u.fields[i].value));
		return v;
	default:
		return yyjson_mut_null(doc);
	}
}

int json_print(yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	char *text;
	int ok;

	yyjson_mut_doc_set_root(doc, root);
	/* A figure that is no number (no JSON has those) becomes null rather than no output at all. */
	text = yyjson_mut_write(
		doc, YYJSON_WRITE_INF_AND_NAN_AS_NULL | YYJSON_WRITE_ALLOW_INVALID_UNICODE, NULL);
	ok = text && puts(text) >= 0 && fflush(stdout) == 0;
	free(text);
	yyjson_mut_doc_free(doc);
	return ok ? CTL_OK : CTL_FAILED;
}

int json_print_value(const struct mos_value *value)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);

	return json_print(doc, json_from_value(doc, value));
}
