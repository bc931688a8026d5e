/* SPDX-License-Identifier: MIT */
/* mosctl band styles, ports, backends, exercise: what there is. */
#include <string.h>

#include "band_verbs.h"
#include "score_verbs.h"

static uint32_t list_len(const struct mos_value *list)
{
	return list && list->type == MOS_VALUE_LIST ? list->len : 0;
}

/* Options checked, and no more words than `max`. */
static int only_words(struct ctl *ctl, const struct ctl_args *args, uint32_t verb, int max)
{
	struct band_words words;
	const int code = band_words(ctl, args, verb, &words);

	if (code == CTL_OK && args->n > max)
		return ctl_usage(ctl, "%s: too many words: %s", args->word[0], args->word[max]);
	return code;
}

static void print_list(const char *what, const struct mos_value *list)
{
	if (list_len(list) == 0)
		return;
	printf("%-12s", what);
	for (uint32_t i = 0; i < list->len; i++)
		if (list->u.items[i].type == MOS_VALUE_STR)
			printf(" %s", list->u.items[i].u.str);
	putchar('\n');
}

static void print_style(const struct mos_value *style)
{
	const char *clave = mos_get_str(style, "clave", "");
	char text[512];

	printf("%s: %s\n", mos_get_str(style, "name", "?"),
		printable(mos_get_str(style, "title", ""), text, sizeof(text)));
	printf("%s\n", printable(mos_get_str(style, "text", ""), text, sizeof(text)));
	printf("%-12s %s\n", "meter", mos_get_str(style, "meter", "?"));
	if (mos_get_int(style, "tempo/1", 0) > 0)
		printf("%-12s %lld to %lld, usually %lld\n", "tempo",
			(long long)mos_get_int(style, "tempo/0", 0),
			(long long)mos_get_int(style, "tempo/2", 0),
			(long long)mos_get_int(style, "tempo/1", 0));
	printf("%-12s %g\n", "swing", mos_get_real(style, "swing", 0));
	if (*clave)
		printf("%-12s %s\n", "clave", clave);
	print_list("parts", mos_get(style, "parts"));
	print_list("intensities", mos_get(style, "intensities"));
	printf("%-12s %s\n", "fill", mos_get_bool(style, "fill", 0) ? "its own" : "the usual one");
	printf("%-12s %s\n", "ending", mos_get_bool(style, "ending", 0) ? "its own" : "the usual one");
}

static int print_one_style(struct ctl *ctl, const struct mos_value *styles, const char *name)
{
	for (uint32_t i = 0; i < list_len(styles); i++) {
		if (strcmp(mos_get_str(&styles->u.items[i], "name", ""), name) != 0)
			continue;
		if (ctl->json)
			return json_print_value(&styles->u.items[i]);
		print_style(&styles->u.items[i]);
		return CTL_OK;
	}
	return ctl_fail(ctl, CTL_FAILED, "mosctl band styles lists them", "no style \"%s\"", name);
}

int band_styles(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	char title[128];
	int code = only_words(ctl, args, BAND_STYLES, 2);

	if (code == CTL_OK)
		code = band_ask(ctl, &(struct band_ask){.method = "band.style.list", .fd = -1}, &reply);
	if (code != CTL_OK)
		return code;
	const struct mos_value *styles = mos_get(&reply.value, "styles");
	if (args->n > 1)
		code = print_one_style(ctl, styles, args->word[1]);
	else if (ctl->json)
		code = json_print_value(&reply.value);
	else
		for (uint32_t i = 0; i < list_len(styles); i++)
			printf("%-24s %-5s %s\n", mos_get_str(&styles->u.items[i], "name", "?"),
				mos_get_str(&styles->u.items[i], "meter", ""),
				printable(
					mos_get_str(&styles->u.items[i], "title", ""), title, sizeof(title)));
	mos_reply_finish(&reply);
	return code;
}

static void print_ports(const struct mos_value *backend)
{
	const struct mos_value *ports = mos_get(backend, "ports");
	char text[160];

	for (uint32_t i = 0; i < list_len(ports); i++)
		if (ports->u.items[i].type == MOS_VALUE_STR)
			printf("%-10s %s\n", mos_get_str(backend, "name", "?"),
				printable(ports->u.items[i].u.str, text, sizeof(text)));
}

static void print_backend(const struct mos_value *backend)
{
	const int is_there = mos_get_bool(backend, "available", 0);
	const char *alias = mos_get_str(backend, "alias", "");
	char text[256];

	printf("%-10s %s%s%s%s%s\n", mos_get_str(backend, "name", "?"),
		printable(mos_get_str(backend, "text", ""), text, sizeof(text)), *alias ? " (also: " : "",
		alias, *alias ? ")" : "", is_there ? "" : "; not here:");
	if (!is_there)
		printf("%-10s %s\n", "", printable(mos_get_str(backend, "why", "?"), text, sizeof(text)));
}

/* Does `name` mean this backend? */
static int is_backend(const struct mos_value *backend, const char *name)
{
	return !name || strcmp(mos_get_str(backend, "name", ""), name) == 0 ||
	       strcmp(mos_get_str(backend, "alias", ""), name) == 0;
}

static int backends(struct ctl *ctl, const char *name, void (*print)(const struct mos_value *backend))
{
	struct mos_reply reply;
	uint32_t n = 0;
	int code = band_ask(ctl, &(struct band_ask){.method = "band.backend.list", .fd = -1}, &reply);

	if (code != CTL_OK)
		return code;
	const struct mos_value *list = mos_get(&reply.value, "backends");
	for (uint32_t i = 0; i < list_len(list) && code == CTL_OK; i++) {
		if (!is_backend(&list->u.items[i], name))
			continue;
		n++;
		if (ctl->json)
			code = json_print_value(&list->u.items[i]);
		else
			print(&list->u.items[i]);
	}
	mos_reply_finish(&reply);
	if (code == CTL_OK && n == 0)
		return ctl_usage(ctl, "no backend \"%s\": see mosctl band backends", name ? name : "");
	return code;
}

int band_ports(struct ctl *ctl, const struct ctl_args *args)
{
	const int code = only_words(ctl, args, BAND_PORTS, 1);

	return code == CTL_OK ? backends(ctl, args->opt[BAND_BACKEND], print_ports) : code;
}

int band_backends(struct ctl *ctl, const struct ctl_args *args)
{
	const int code = only_words(ctl, args, BAND_BACKENDS, 1);

	return code == CTL_OK ? backends(ctl, NULL, print_backend) : code;
}

void band_print_text(const struct mos_value *exercise)
{
	char line[512];

	printf("%s\n", printable(mos_get_str(exercise, "title", ""), line, sizeof(line)));
	for (const char *at = mos_get_str(exercise, "text", ""); *at;) {
		const size_t len = strcspn(at, "\n");
		const size_t taken = len < sizeof(line) ? len : sizeof(line) - 1;
		char raw[sizeof(line)];

		memcpy(raw, at, taken);
		raw[taken] = '\0';
		printf("%s\n", printable(raw, line, sizeof(line)));
		at += len + (at[len] == '\n');
	}
}

int band_exercise(struct ctl *ctl, const struct ctl_args *args)
{
	struct band_source source;
	struct mos_reply reply;
	int code = only_words(ctl, args, BAND_EXERCISE, 2);

	if (code == CTL_OK && args->n < 2)
		code = ctl_usage(ctl, "exercise: which file?");
	if (code == CTL_OK && strcmp(band_kind(args->word[1]), "exercise") != 0)
		code = ctl_usage(ctl, "%s is no exercise: their names end in .ztex", args->word[1]);
	if (code == CTL_OK)
		code = band_source_open(ctl, args, &source);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&source.checked.value);
	else
		band_print_text(&source.checked.value);
	if (code == CTL_OK && args->opt[BAND_OUT]) {
		code = band_ask(ctl,
			&(struct band_ask){.method = "band.file.create", .source = &source, .fd = -1},
			&reply);
		if (code == CTL_OK) {
			code = score_write_out(ctl, &reply, args->opt[BAND_OUT]);
			mos_reply_finish(&reply);
		}
	}
	band_source_finish(&source);
	return code;
}
