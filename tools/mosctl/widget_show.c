/* SPDX-License-Identifier: MIT */
/* mosctl widget list, check, logs. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "widget.h"

/* "4 s", "12 min", "3 h" */
static const char *span(int64_t ms, char buf[static 24])
{
	if (ms < 0)
		return "-";
	if (ms < 120'000)
		(void)snprintf(buf, 24, "%lld s", (long long)ms / 1000);
	else if (ms < 7'200'000)
		(void)snprintf(buf, 24, "%lld min", (long long)ms / 60'000);
	else
		(void)snprintf(buf, 24, "%lld h", (long long)ms / 3'600'000);
	return buf;
}

static void print_row(const struct mos_value *w)
{
	char id[40], version[24], text[160], since[24], pid[16] = "-";

	if (mos_get_int(w, "pid", 0) > 0)
		(void)snprintf(pid, sizeof(pid), "%lld", (long long)mos_get_int(w, "pid", 0));
	printf("%-20s %-9s %-9s %8s %8lld %8s  %s\n", printable(mos_get_str(w, "id", "?"), id, sizeof(id)),
		printable(mos_get_str(w, "version", "?"), version, sizeof(version)),
		mos_get_str(w, "state", "?"), pid, (long long)mos_get_int(w, "restarts", 0),
		span(mos_get_int(w, "since_ms", -1), since),
		printable(mos_get_str(w, "text", ""), text, sizeof(text)));
}

int widget_list(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_value *widgets;
	struct mos_reply reply;
	int code = ctl_call(ctl, "broker.widget.list", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	widgets = mos_get(&reply.value, "widgets");
	if (ctl->json) {
		code = json_print_value(&reply.value);
	} else {
		uint32_t n = widgets && widgets->type == MOS_VALUE_LIST ? widgets->len : 0;

		if (n && !args->opt[WIDGET_NAMES])
			printf("%-20s %-9s %-9s %8s %8s %8s\n", "id", "version", "state", "pid", "restarts",
				"since");
		for (uint32_t i = 0; i < n; i++) {
			if (args->opt[WIDGET_NAMES])
				puts(mos_get_str(&widgets->u.items[i], "id", "?"));
			else
				print_row(&widgets->u.items[i]);
		}
		if (!n && !args->opt[WIDGET_NAMES])
			puts("no widgets; mosctl widget install DIR adds one");
	}
	mos_reply_finish(&reply);
	return code;
}

static void print_list(const struct mos_value *value, const char *path, const char *label)
{
	const struct mos_value *list = mos_get(value, path);
	char text[320];

	for (uint32_t i = 0; list && list->type == MOS_VALUE_LIST && i < list->len; i++)
		printf("%-9s %s\n", i ? "" : label,
			printable(mos_get_str(&list->u.items[i], "", "?"), text, sizeof(text)));
}

static void print_check(const struct mos_value *w)
{
	const struct mos_value *needs = mos_get(w, "dependencies");
	char name[80], id[40], version[24];

	printf("%s %s (%s), API %lld\n", printable(mos_get_str(w, "name", "?"), name, sizeof(name)),
		printable(mos_get_str(w, "version", "?"), version, sizeof(version)),
		printable(mos_get_str(w, "id", "?"), id, sizeof(id)), (long long)mos_get_int(w, "api", 0));
	print_list(w, "words", "rights");
	for (uint32_t i = 0; needs && needs->type == MOS_VALUE_LIST && i < needs->len; i++)
		printf("%-9s %s %s\n", i ? "" : "needs",
			printable(mos_get_str(&needs->u.items[i], "id", "?"), id, sizeof(id)),
			printable(mos_get_str(&needs->u.items[i], "version", ""), version, sizeof(version)));
	print_list(w, "warnings", "warning");
}

int widget_check(struct ctl *ctl, const struct ctl_args *args)
{
	char *path = NULL;
	struct mos_field field = mos_str("id", args->word[1]);
	struct mos_reply reply;
	struct stat st;
	int code;

	if (strchr(args->word[1], '/') || (stat(args->word[1], &st) == 0 && S_ISDIR(st.st_mode))) {
		path = realpath(args->word[1], NULL);
		if (!path)
			return ctl_fail(ctl, CTL_BAD_FILE, "a widget is a folder with widget.json",
				"%s: no such folder", args->word[1]);
		field = mos_str("path", path);
	}
	code = path ? widget_call_folder(ctl, "broker.widget.check", &field, 1, &reply)
		    : ctl_call(ctl, "broker.widget.check", &field, 1, &reply);
	free(path);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		print_check(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

int widget_logs(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field field[2] = {mos_str("id", args->word[1])};
	struct mos_reply reply;
	uint32_t lines = 100;
	int code;

	if (args->opt[WIDGET_LINES] && (parse_uint(args->opt[WIDGET_LINES], 100'000, &lines) < 0 || !lines))
		return ctl_usage(ctl, "--lines: not 1 to 100000: %s", args->opt[WIDGET_LINES]);
	field[1] = mos_int("lines", lines);
	code = ctl_call(ctl, "broker.widget.logs", field, 2, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		text_lines(mos_get_str(&reply.value, "text", ""));
	mos_reply_finish(&reply);
	return code;
}
