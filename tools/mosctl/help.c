/* SPDX-License-Identifier: MIT */
/* Help, made from the table of commands. */
#include <string.h>

#include "mosctl.h"

#define NAME_MAX_LEN 24

static int min3(int a, int b, int c)
{
	int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits (insert, delete, change) from one word to the other; both at most NAME_MAX_LEN bytes. */
static int distance(const char *a, const char *b)
{
	int row[NAME_MAX_LEN + 1];
	int na = (int)strlen(a), nb = (int)strlen(b);

	for (int j = 0; j <= nb; j++)
		row[j] = j;
	for (int i = 1; i <= na; i++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= nb; j++) {
			int above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[nb];
}

const char *help_nearest(const char *text)
{
	const char *best = NULL;
	int least = 3; /* further away is no typing error */

	if (strlen(text) > NAME_MAX_LEN)
		return NULL;
	for (const struct command *const *c = commands; *c; c++) {
		int d = distance(text, (*c)->name);

		if (d < least && d < (int)strlen((*c)->name)) {
			least = d;
			best = (*c)->name;
		}
	}
	return best;
}

static void option_line(FILE *to, char letter, const char *name, const char *arg, const char *summary)
{
	char left[40];

	(void)snprintf(left, sizeof(left), "%c%c%c --%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
		letter ? ',' : ' ', name, arg ? " " : "", arg ? arg : "");
	fprintf(to, "  %-24s %s\n", left, summary);
}

void help_command(const struct command *command, FILE *to)
{
	fprintf(to, "Usage: mosctl %s%s%s%s\n\n%s.\n", command->name, command->options ? " [OPTIONS]" : "",
		command->words[0] ? " " : "", command->words, command->summary);
	if (command->text)
		fprintf(to, "\n%s\n", command->text);
	fputs("\nOptions:\n", to);
	for (const struct ctl_option *o = command->options; o && o->name; o++) {
		if (o->heading)
			fprintf(to, "\n%s\n", o->heading);
		option_line(to, o->letter, o->name, o->arg, o->summary);
	}
	option_line(to, 'j', "json", NULL, "print JSON, one value a line");
	option_line(to, 'h', "help", NULL, "this text");
	fprintf(to, "\nExample:\n%s\n", command->example);
}

void help_all(FILE *to)
{
	fputs("Usage: mosctl [--json] [--runtime-dir DIR] [--timeout SECONDS] COMMAND ...\n\n"
	      "Play and control MOS, the Musical Operating System.\n\nCommands:\n",
		to);
	for (const struct command *const *c = commands; *c; c++)
		fprintf(to, "  %-12s %s\n", (*c)->name, (*c)->summary);
	fputs("\nOptions:\n", to);
	option_line(to, 'j', "json", NULL, "print JSON, one value a line");
	option_line(to, 0, "runtime-dir", "DIR", "where MOS runs (default: $MOS_RUNTIME_DIR, else");
	fputs("                           $XDG_RUNTIME_DIR/mos)\n", to);
	option_line(to, 0, "timeout", "SECONDS", "how long an answer is waited for (default: 5)");
	option_line(to, 'h', "help", NULL, "this text; after a command: its own");
	option_line(to, 'V', "version", NULL, "print the version");
	fputs("\nExit codes: 0 done, 1 failed, 2 usage, 3 MOS does not run, 4 bad input file.\n", to);
}
