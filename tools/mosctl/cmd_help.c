/* SPDX-License-Identifier: MIT */
/* mosctl help, version */
#include <string.h>

#include "commands.h"
#include "mosctl.h"

static int run_version(struct ctl *ctl, const struct ctl_args *args)
{
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;

	if (!ctl->json) {
		puts("mosctl " MOS_VERSION);
		return CTL_OK;
	}
	doc = yyjson_mut_doc_new(NULL);
	root = yyjson_mut_obj(doc);
	yyjson_mut_obj_add_str(doc, root, "name", "mosctl");
	yyjson_mut_obj_add_str(doc, root, "version", MOS_VERSION);
	return json_print(doc, root);
}

/* The whole table: completions and documentation are compared with it. */
static int print_table(void)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc), *list = yyjson_mut_obj_add_arr(doc, root, "commands");

	for (const struct command *const *c = commands; *c; c++) {
		yyjson_mut_val *one = yyjson_mut_arr_add_obj(doc, list), *names;

		yyjson_mut_obj_add_str(doc, one, "name", (*c)->name);
		yyjson_mut_obj_add_str(doc, one, "words", (*c)->words);
		yyjson_mut_obj_add_str(doc, one, "summary", (*c)->summary);
		names = yyjson_mut_obj_add_arr(doc, one, "options");
		for (const struct ctl_option *o = (*c)->options; o && o->name; o++)
			yyjson_mut_arr_add_str(doc, names, o->name);
	}
	return json_print(doc, root);
}

enum { NAMES };

static const struct ctl_option help_options[] = {
	[NAMES] = {"names", 0, NULL,
		"only the names, with a tab before what they are: for completion in shells"},
	{0},
};

static void print_names(const struct command *command)
{
	for (const struct command *const *c = commands; !command && *c; c++)
		printf("%s\t%s\n", (*c)->name, (*c)->summary);
	if (!command)
		return;
	for (const struct ctl_option *o = command->options; o && o->name; o++)
		printf("--%s\t%s\n", o->name, o->summary);
	puts("--json\tprint JSON, one value a line\n--help\texplain");
}

static int run_help(struct ctl *ctl, const struct ctl_args *args)
{
	const struct command *command = args->n ? command_find(args->word[0]) : NULL;

	if (args->n && !command)
		return ctl_usage(ctl, "no command \"%s\"", args->word[0]);
	if (args->opt[NAMES])
		print_names(command);
	else if (command)
		help_command(command, stdout);
	else if (ctl->json)
		return print_table();
	else
		help_all(stdout);
	return CTL_OK;
}

const struct command cmd_version = {
	.name = "version",
	.words = "",
	.summary = "Print mosctl's version",
	.example = "  mosctl version --json",
	.run = run_version,
};

const struct command cmd_help = {
	.name = "help",
	.words = "[COMMAND]",
	.summary = "Explain a command, or list all",
	.example = "  mosctl help render",
	.options = help_options,
	.max_words = 1,
	.run = run_help,
};
