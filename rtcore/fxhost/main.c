/* SPDX-License-Identifier: MIT */
/* mos-fxhost: the process of one insert. Started by mos-rtcore; people only have it list plugins. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "fxhost.h"

static const char usage_text[] =
	"Usage: mos-fxhost --list [--json]\n"
	"\n"
	"Runs LV2 plugins and neural amplifiers for mos-rtcore, each in a process of its own.\n"
	"\n"
	"  --list         print the LV2 plugins that are installed (LV2_PATH)\n"
	"  --json         as JSON, with their controls\n"
	"  --insert       serve mos-rtcore on descriptors 3 and 4; not for people\n"
	"  -h, --help     this text\n"
	"      --version  version\n"
	"\n"
	"Exit codes: 0 done, 1 failed, 2 wrong usage.\n"
	"Example: mos-fxhost --list\n";

int main(int argc, char **argv)
{
	static const struct option options[] = {{"list", no_argument, NULL, 'l'},
		{"json", no_argument, NULL, 'j'}, {"insert", no_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	int c, list = 0, json = 0, insert = 0;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'l':
			list = 1;
			break;
		case 'j':
			json = 1;
			break;
		case 'i':
			insert = 1;
			break;
		case 'h':
			(void)fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		case 'v':
			(void)puts("mos-fxhost " MOS_VERSION);
			return EXIT_SUCCESS;
		default:
			(void)fputs("hint: mos-fxhost --help\n", stderr);
			return 2;
		}
	}
	if (optind < argc || list == insert) {
		(void)fputs("mos-fxhost: one of --list and --insert is needed\nhint: mos-fxhost --help\n",
			stderr);
		return 2;
	}
	return list ? list_plugins(json) : serve();
}
