/* SPDX-License-Identifier: MIT */
/* mosctl doctor: what on this machine keeps MOS from being on time, and the command that changes it. */
#include <string.h>

#include "commands.h"
#include "doctor/doctor.h"

enum { VERBOSE, LIST, ROOT };

static const struct ctl_option options[] = {
	[VERBOSE] = {"verbose", 'v', NULL, "say what each check is for"},
	[LIST] = {"list", 'l', NULL, "list the checks, change nothing, look at nothing"},
	[ROOT] = {"root", 0, "DIR",
		"look at a copy of a machine, as mosctl report packs it (folder machine)"},
	{0},
};

static int list(struct ctl *ctl)
{
	yyjson_mut_doc *doc = ctl->json ? yyjson_mut_doc_new(NULL) : NULL;
	yyjson_mut_val *root = yyjson_mut_arr(doc);

	for (const struct topic *t = topics; t->title; t++) {
		for (const struct check *c = t->checks; c->name; c++) {
			yyjson_mut_val *one = yyjson_mut_arr_add_obj(doc, root);

			if (!doc)
				printf("%-19s %s\n", c->name, c->why);
			yyjson_mut_obj_add_str(doc, one, "name", c->name);
			yyjson_mut_obj_add_str(doc, one, "why", c->why);
		}
	}
	return doc ? json_print(doc, root) : CTL_OK;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct doctor d = {.ctl = ctl, .is_verbose = args->opt[VERBOSE] != NULL};
	int rc;

	if (args->opt[LIST])
		return list(ctl);
	for (int i = 0; i < args->n; i++)
		if (!doctor_knows(args->word[i]))
			return ctl_fail(
				ctl, CTL_USAGE, "mosctl doctor --list", "no check \"%s\"", args->word[i]);
	rc = box_open(&d.box, args->opt[ROOT]);
	if (rc < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, NULL, "%s: %s", args->opt[ROOT], strerror(-rc));
	if (ctl->json)
		doctor_begin_json(&d);
	doctor_run(&d, args->word, args->n);
	box_close(&d.box);
	if (d.doc)
		(void)json_print(d.doc, doctor_json(&d));
	else
		printf("%d ok, %d to know, %d to improve, %d to mend\n", d.n[OK], d.n[INFO], d.n[WARN],
			d.n[FAIL]);
	return d.n[FAIL] ? CTL_FAILED : CTL_OK;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.words = "[TOPIC|CHECK ...]",
	.summary = "Look at this machine: what keeps MOS from being on time, and how to change it",
	.text = "Each line says ok, info, warn or fail, and where something can be done, with which command; "
		"nothing\n"
		"is changed. Exit code 1 when something is to be mended (fail); what could be better does "
		"not count.",
	.example = "  mosctl doctor\n  mosctl doctor kernel sound.irq --verbose\n"
		   "  mosctl doctor --json | jq '.checks[] | select(.verdict == \"warn\") | .hint'",
	.options = options,
	.max_words = -1,
	.run = run,
};
