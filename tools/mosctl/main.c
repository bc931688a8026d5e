/* SPDX-License-Identifier: MIT */
/* mosctl: finds the command, parses its options as its table says, runs it. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "mosctl.h"

const struct command *const commands[] = {
	&cmd_play,
	&cmd_pause,
	&cmd_stop,
	&cmd_toggle,
	&cmd_seek,
	&cmd_tempo,
	&cmd_clock, &cmd_link, &cmd_jack,
	&cmd_loop,
	&cmd_metronome,
	&cmd_load,
	&cmd_check, &cmd_score, &cmd_library,
	&cmd_band,
	&cmd_midi_out,
	&cmd_status,
	&cmd_top,
	&cmd_events,
	&cmd_emit,
	&cmd_metrics,
	&cmd_stats,
	&cmd_audit,
	&cmd_data,
	&cmd_widget,
	&cmd_note,
	&cmd_chord,
	&cmd_melody,
	&cmd_bass,
	&cmd_cutoff,
	&cmd_panic,
	&cmd_instrument,
	&cmd_strip,
	&cmd_fx,
	&cmd_theater,
	&cmd_insert,
	&cmd_clip,
	&cmd_render,
	&cmd_rhythm,
	&cmd_doctor,
	&cmd_report,
	&cmd_errors,
	&cmd_ping,
	&cmd_call,
	&cmd_quit,
	&cmd_version,
	&cmd_help,
	NULL,
};

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++) {
		if (!strcmp((*c)->name, name))
			return *c;
	}
	return NULL;
}

/* Values of long options that have no letter of their own. */
enum { OPT_RUNTIME_DIR = 256, OPT_TIMEOUT, OPT_COMMAND };

#define COMMON_LONG                                                                                          \
	{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'},                                  \
		{"runtime-dir", required_argument, NULL, OPT_RUNTIME_DIR},                                   \
	{                                                                                                    \
		"timeout", required_argument, NULL, OPT_TIMEOUT                                              \
	}
#define N_COMMON 4

static int set_timeout(struct ctl *ctl, const char *text)
{
	double seconds;

	if (parse_real(text, &seconds) < 0 || seconds < 0.001 || seconds > 86400)
		return ctl_usage(ctl, "--timeout: not a number of seconds: %s", text);
	ctl->timeout_ms = (int)(seconds * 1000);
	return CTL_OK;
}

/* @return CTL_OK, another exit code, or -1: the option is not a common one. */
static int common_option(struct ctl *ctl, int option)
{
	switch (option) {
	case 'j':
		ctl->json = 1;
		return CTL_OK;
	case OPT_RUNTIME_DIR:
		ctl->runtime_dir = optarg;
		return CTL_OK;
	case OPT_TIMEOUT:
		return set_timeout(ctl, optarg);
	default:
		return -1;
	}
}

/* getopt's own message would not look like ours. */
static int bad_option(struct ctl *ctl, char **argv, int option)
{
	const char *word = optind > 0 ? argv[optind - 1] : "";

	if (option == ':')
		return ctl_usage(ctl, "%s needs an argument", word);
	if (optopt >= '0' && optopt <= '9')
		return ctl_usage(ctl, "-%c... is no option; write numbers below 0 after --", optopt);
	if (optopt && optopt < 256)
		return ctl_usage(ctl, "unknown option -%c", optopt);
	return ctl_usage(ctl, "unknown option %s", word);
}

static int run_command(struct ctl *ctl, int argc, char **argv)
{
	const struct ctl_option *table = ctl->command->options;
	struct option longs[CTL_OPTIONS_MAX + N_COMMON + 1] = {COMMON_LONG};
	char shorts[2 * CTL_OPTIONS_MAX + 8] = ":jh";
	struct ctl_args args = {0};
	size_t n = 0, n_shorts = strlen(shorts);
	int option;

	for (; table && table[n].name; n++) {
		longs[N_COMMON + n] = (struct option){table[n].name,
			table[n].arg ? required_argument : no_argument, NULL, OPT_COMMAND + (int)n};
		if (table[n].letter)
			shorts[n_shorts++] = table[n].letter;
		if (table[n].letter && table[n].arg)
			shorts[n_shorts++] = ':';
	}
	optind = 0; /* GNU: start over, with the words of the command */
	while ((option = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int code;

		if (option == '?' || option == ':')
			return bad_option(ctl, argv, option);
		if (option == 'h') {
			help_command(ctl->command, stdout);
			return CTL_OK;
		}
		for (size_t i = 0; i < n && option < OPT_COMMAND; i++) {
			if (table[i].letter == option)
				option = OPT_COMMAND + (int)i;
		}
		if (option >= OPT_COMMAND) {
			int i = option - OPT_COMMAND;

			args.opt[i] = optarg ? optarg : "";
			if (table[i].arg && strchr(table[i].arg, ' ')) {
				if (optind >= argc)
					return ctl_usage(ctl, "--%s needs two arguments", table[i].name);
				args.second[i] = argv[optind++];
			}
			continue;
		}
		code = common_option(ctl, option);
		if (code != CTL_OK)
			return code;
	}
	args.n = argc - optind;
	args.word = argv + optind;
	if (args.n < ctl->command->min_words)
		return ctl_usage(ctl, "%s: %s is missing", ctl->command->name, ctl->command->words);
	if (ctl->command->max_words >= 0 && args.n > ctl->command->max_words)
		return ctl_usage(ctl, "%s: too many words: %s", ctl->command->name,
			args.word[ctl->command->max_words]);
	return ctl->command->run(ctl, &args);
}

/* mosctl kronos transport seek bar=5: the words of a method. */
static int is_method(int argc, char **argv)
{
	static const char *const services[] = {
		"broker", "kronos", "apollo", "hermes", "muse", "jam", "theater", "bus", "mesh"};

	for (size_t i = 0; argc >= 3 && i < sizeof(services) / sizeof(services[0]); i++) {
		if (!strcmp(argv[0], services[i]))
			return 1;
	}
	return 0;
}

/* The first three words become one, behind them the parameters: what mosctl call takes. */
static int run_method(struct ctl *ctl, int argc, char **argv)
{
	char method[128];

	if ((size_t)snprintf(method, sizeof(method), "%s.%s.%s", argv[0], argv[1], argv[2]) >= sizeof(method))
		return ctl_usage(ctl, "no method has so long a name");
	argv[2] = method;
	argv[1] = argv[0];
	ctl->command = &cmd_call;
	return run_command(ctl, argc - 1, argv + 1);
}

static int unknown_command(struct ctl *ctl, const char *name)
{
	const char *nearest = help_nearest(name);
	char hint[64];

	if (!nearest)
		return ctl_usage(ctl, "no command \"%s\"", name);
	(void)snprintf(hint, sizeof(hint), "did you mean mosctl %s?", nearest);
	return ctl_fail(ctl, CTL_USAGE, hint, "no command \"%s\"", name);
}

static int run(struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {COMMON_LONG, {"version", no_argument, NULL, 'V'}, {0}};
	int option, code;

	while ((option = getopt_long(argc, argv, "+:jhV", longs, NULL)) != -1) {
		if (option == 'h') {
			help_all(stdout);
			return CTL_OK;
		}
		if (option == 'V') {
			ctl->command = &cmd_version;
			return cmd_version.run(ctl, &(struct ctl_args){0});
		}
		code = option == '?' || option == ':' ? bad_option(ctl, argv, option)
						      : common_option(ctl, option);
		if (code != CTL_OK)
			return code;
	}
	if (optind == argc) {
		help_all(stderr);
		return CTL_USAGE;
	}
	argc -= optind;
	argv += optind;
	ctl->command = command_find(argv[0]);
	if (!ctl->command && is_method(argc, argv))
		return run_method(ctl, argc, argv);
	if (!ctl->command)
		return unknown_command(ctl, argv[0]);
	return run_command(ctl, argc, argv);
}

int main(int argc, char **argv)
{
	struct ctl ctl = {0};
	int code;

	/* A reader that went away (mosctl events | head) ends us quietly, by the failing write. */
	signal(SIGPIPE, SIG_IGN);
	/* A file beyond ulimit -f is a failing write, too, and leaves nothing half written behind. */
	signal(SIGXFSZ, SIG_IGN);
	code = run(&ctl, argc, argv);
	mos_client_destroy(ctl.client);
	/* ferror: an earlier flush may have failed, and its text is gone. A full disk is told, a closed pipe
	 * is not. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (errno != EPIPE)
			perror("mosctl: standard output");
		code = code == CTL_OK ? CTL_FAILED : code;
	}
	return code;
}
