/* SPDX-License-Identifier: MIT */
/* mosctl errors: what a code means. */
#include <string.h>

#include "commands.h"
#include "errors/catalogue.h"
#include "mosctl.h"

/* Each word stands somewhere in it. */
static int is_meant(const struct catalogued *e, const struct ctl_args *args, int first)
{
	for (int i = first; i < args->n; i++)
		if (!strcasestr(e->code, args->word[i]) && !strcasestr(e->meaning, args->word[i]) &&
			!strcasestr(e->hint, args->word[i]))
			return 0;
	return 1;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	const int is_search = args->n > 0 && !strcmp(args->word[0], "search");
	yyjson_mut_doc *doc;
	yyjson_mut_val *list;
	int n = 0;

	if (is_search && args->n == 1)
		return ctl_usage(ctl, "errors search: WORD is missing");
	if (args->n > 0 && !is_search)
		return ctl_fail(ctl, CTL_USAGE, "mosctl errors search WORD", "errors: \"%s\" is not search",
			args->word[0]);
	doc = yyjson_mut_doc_new(NULL);
	list = yyjson_mut_arr(doc);
	for (const struct catalogued *e = catalogue; e->code; e++) {
		yyjson_mut_val *one;

		if (!is_meant(e, args, is_search))
			continue;
		n++;
		if (!ctl->json) {
			printf("%-26s %s\n%-26s -> %s\n", e->code, e->meaning, "", e->hint);
			continue;
		}
		one = yyjson_mut_arr_add_obj(doc, list);
		yyjson_mut_obj_add_str(doc, one, "code", e->code);
		yyjson_mut_obj_add_str(doc, one, "meaning", e->meaning);
		yyjson_mut_obj_add_str(doc, one, "hint", e->hint);
	}
	if (ctl->json && n) {
		(void)json_print(doc, list);
		return CTL_OK;
	}
	yyjson_mut_doc_free(doc);
	return n ? CTL_OK
		 : ctl_fail(ctl, CTL_FAILED, "mosctl errors lists all of them", "no error has that in it");
}

const struct command cmd_errors = {
	.name = "errors",
	.words = "[search WORD ...]",
	.summary = "Look up what an error code means, and what helps",
	.text = "A code is <service>.<noun>.<what>; programs may rely on it. Every WORD stands in the code, "
		"its meaning or\n"
		"what helps.",
	.example = "  mosctl errors search hermes.store\n  mosctl errors search disk\n  mosctl errors --json "
		   "| jq length",
	.max_words = -1,
	.run = run,
};
