/* SPDX-License-Identifier: MIT */
/* The command line of mos-sandbox. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox.h"

static const char usage[] =
	"Usage: mos-sandbox --id ID --component DIR/PROGRAM --folder DIR [OPTION...] [-- ARG...]\n"
	"       mos-sandbox --print [OPTION...]\n"
	"Run a widget where it can hurt nobody. mos-broker does that for every widget.\n"
	"\n"
	"  --id=ID             name of the widget: a-z, 0-9 and -\n"
	"  --folder=DIR        its folder; it sees it as " INSIDE_FOLDER ", read-only\n"
	"  --component=FILE    its program, in the folder\n"
	"  --own=DIR           directory that it may write to, seen at the same path\n"
	"  --library=DIR       directory with libraries that are not under /usr; may be repeated\n"
	"  --fd=N              descriptor that it keeps beside 0, 1 and 2: its connection\n"
	"  --memory-mb=N       memory of all its processes together (default: 64)\n"
	"  --tasks=N           processes and threads (default: 16)\n"
	"  --cpu-percent=N     of one core (default: 50)\n"
	"  --cgroup=DIR        cgroup to make for it, in a delegated one\n"
	"  --allow=WHAT        uring: io_uring; memfd: shared memory of its own; may be repeated\n"
	"  --print             run nothing, say what is in force\n"
	"  --help, --version\n"
	"\n"
	"Exit code: the widget's own; 128 + signal when one killed it; 125 the sandbox cannot be made, and\n"
	"nothing ran; 126 the program cannot be run, 127 it is not there; 2 wrong usage.\n";

static int number(const char *text, const char *option, unsigned int min, unsigned int max, unsigned int *ret)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < min || value > max)
		return complain("%s is a number from %u to %u, not '%s'", option, min, max, text);
	*ret = (unsigned int)value;
	return 0;
}

/** It becomes a host name, part of paths, of messages. */
static bool is_id(const char *id)
{
	size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len < 32 && id[len] == '\0' && id[0] >= 'a';
}

static int allow(struct sandbox *box, const char *what)
{
	if (strcmp(what, "uring") == 0)
		box->uring = true;
	else if (strcmp(what, "memfd") == 0)
		box->memfd = true;
	else
		return complain("--allow knows uring and memfd, not '%s'", what);
	return 0;
}

static int check_all(struct sandbox *box)
{
	if (box->print && !box->id)
		box->id = "widget";
	if (!is_id(box->id ? box->id : ""))
		return complain("--id is a-z, 0-9 and -, a letter first, at most 31 bytes");
	if (box->fd >= 0 && fcntl(box->fd, F_GETFD) < 0)
		return complain("descriptor %d, named by --fd, is not open", box->fd);
	if (!box->print && (!box->component || !box->folder))
		return complain("needs --id, --component and --folder; see --help");
	return box->component && !box->folder ? complain("--component needs --folder") : 0;
}
int sandbox_options(struct sandbox *box, int argc, char **argv)
{
	enum {
		ID = 1,
		COMPONENT,
		FOLDER,
		OWN,
		LIBRARY,
		FD,
		MEMORY,
		TASKS,
		CPU,
		CGROUP,
		ALLOW,
		PRINT,
		HELP,
		VERSION
	};
	static const struct option options[] = {
		{"id", required_argument, NULL, ID},
		{"component", required_argument, NULL, COMPONENT},
		{"folder", required_argument, NULL, FOLDER},
		{"own", required_argument, NULL, OWN},
		{"library", required_argument, NULL, LIBRARY},
		{"fd", required_argument, NULL, FD},
		{"memory-mb", required_argument, NULL, MEMORY},
		{"tasks", required_argument, NULL, TASKS},
		{"cpu-percent", required_argument, NULL, CPU},
		{"cgroup", required_argument, NULL, CGROUP},
		{"allow", required_argument, NULL, ALLOW},
		{"print", no_argument, NULL, PRINT},
		{"help", no_argument, NULL, HELP},
		{"version", no_argument, NULL, VERSION},
		{0},
	};
	unsigned int fd = 0;
	int option, r = 0;

	*box = (struct sandbox){.memory_mb = 64,
		.tasks = 16,
		.cpu_percent = 50,
		.fd = -1,
		.folder_fd = -1,
		.own_fd = -1,
		.self_fd = -1};
	while (r == 0 && (option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case ID:
			box->id = optarg;
			break;
		case COMPONENT:
			box->component = optarg;
			break;
		case FOLDER:
			box->folder = optarg;
			break;
		case OWN:
			box->own = optarg;
			break;
		case LIBRARY:
			if (box->n_library == SANDBOX_LIBRARIES_MAX)
				return complain("--library: at most %d", SANDBOX_LIBRARIES_MAX);
			box->library[box->n_library++] = optarg;
			break;
		case FD:
			r = number(optarg, "--fd", 3, LIMIT_FILES - 1, &fd);
			if (r == 0)
				box->fd = (int)fd;
			break;
		case MEMORY:
			r = number(optarg, "--memory-mb", 4, 65536, &box->memory_mb);
			break;
		case TASKS:
			r = number(optarg, "--tasks", 1, 4096, &box->tasks);
			break;
		case CPU:
			r = number(optarg, "--cpu-percent", 1, 10000, &box->cpu_percent);
			break;
		case CGROUP:
			box->cgroup = optarg;
			break;
		case ALLOW:
			r = allow(box, optarg);
			break;
		case PRINT:
			box->print = true;
			break;
		case HELP:
			(void)fputs(usage, stdout);
			return 1;
		case VERSION:
			(void)printf("mos-sandbox %s\n", MOS_VERSION);
			return 1;
		default:
			return -1; /* getopt has complained */
		}
	}
	box->args = argv + optind;
	return r < 0 ? r : check_all(box);
}
