/* SPDX-License-Identifier: MIT */
/*
 * mos-session: a whole MOS for a demo, a test, or a desktop without systemd. The manual page is
 * mos-session(1); on a systemd desktop mos.target does the same job.
 */
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipewire.h"
#include "session.h"
#include "widgets.h"

#define EXIT_NOT_STARTED 125 /* as env(1) and timeout(1) say it */
#define EXIT_CRASHED 123
#define RUNTIME_DIR_MAX 80   /* sun_path holds 108, and a socket's name follows */
#define ARGS_MAX 16

enum sound { SOUND_USERS, SOUND_PRIVATE, SOUND_NONE };

struct options {
	const char *runtime_dir;
	const char *log_dir;
	const char *keep_down[SESSION_CHILDREN_MAX];
	const char *args[ARGS_MAX]; /* NAME=ARG */
	uint32_t n_keep_down, n_args;
	uint32_t quantum_frames, rate_hz, watchdog_s;
	bool quantum_given, restart_always;
	enum sound sound;
	const char *const *command; /* NULL: none */
};

/** A program's place and arguments, as its child borrows them. */
struct program {
	char path[PATH_MAX];
	const char *argv[ARGS_MAX + 4];
};

/* What children and environment point to, for the life of the program. */
static struct {
	char runtime_dir[RUNTIME_DIR_MAX + 1];
	char config_home[RUNTIME_DIR_MAX + 32], state_home[RUNTIME_DIR_MAX + 32],
		config_path[RUNTIME_DIR_MAX + 32], mos_state[RUNTIME_DIR_MAX + 32];
	const char *wireplumber_env[5];
	struct program program[SESSION_CHILDREN_MAX];
} where;

static const char usage[] =
	"Usage: mos-session [OPTION...] [-- COMMAND [ARG...]]\n"
	"Run mos-rtcore, mos-broker, mos-hermes, mos-band, mos-link, mos-jack and mos-theater, and COMMAND\n"
	"among them; without COMMAND until Ctrl-C.\n"
	"\n"
	"  -d, --runtime-dir=DIR   where the sockets live (default: $MOS_RUNTIME_DIR,\n"
	"                          else $XDG_RUNTIME_DIR/mos; with -p or -n a new directory\n"
	"                          that is removed at the end)\n"
	"  -p, --private-pipewire  start a headless PipeWire with a null sink, " PIPEWIRE_SINK "\n"
	"  -n, --no-pipewire       let nobody find a PipeWire\n"
	"  -q, --quantum=FRAMES    16..8192 (default with -p: 256; else the graph's own)\n"
	"  -r, --rate=HZ           8000..192000 (default 48000)\n"
	"  -k, --keep-down=NAME    do not restart this program when it dies; may be repeated\n"
	"  -a, --arg=NAME=ARG      give this program an argument; may be repeated\n"
	"  -R, --restart-always    start one again that was ended with SIGTERM, too, after a second;\n"
	"                          all of them ended at one time is still the end\n"
	"  -w, --watchdog=SECONDS  end and restart one that hangs for so long; 0..3600, 0: never\n"
	"                          (default 10)\n"
	"  -l, --log-dir=DIR       write what the programs say to DIR/NAME.log, not to standard error\n"
	"  -h, --help\n"
	"  -V, --version\n"
	"\n"
	"Environment: MOS_BIN_DIR, directories (separated by ':') where the programs are searched first;\n"
	"MOS_WIDGET_PATH, MOS_STATE_DIR: where widgets are, and what they keep (see mos(7)).\n"
	"COMMAND sees MOS_RUNTIME_DIR, and with -p PIPEWIRE_RUNTIME_DIR.\n"
	"Exit code: COMMAND's own; 128 + signal when one killed it; 125 MOS did not start; 123 a\n"
	"program of MOS crashed while it was ending; 2 wrong usage.\n";

/** @return -1, for the caller to return. */
[[gnu::format(printf, 1, 2)]] static int complain(const char *format, ...)
{
	va_list args;

	(void)fputs("mos-session: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return -1;
}

static bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret_value)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < min || value > max)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

/** @return -1 go on; else the exit code. */
static int parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"runtime-dir", required_argument, NULL, 'd'},
		{"private-pipewire", no_argument, NULL, 'p'},
		{"no-pipewire", no_argument, NULL, 'n'},
		{"quantum", required_argument, NULL, 'q'},
		{"rate", required_argument, NULL, 'r'},
		{"keep-down", required_argument, NULL, 'k'},
		{"arg", required_argument, NULL, 'a'},
		{"restart-always", no_argument, NULL, 'R'},
		{"watchdog", required_argument, NULL, 'w'},
		{"log-dir", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*options = (struct options){.quantum_frames = 256, .rate_hz = 48000, .watchdog_s = 10};
	while ((c = getopt_long(argc, argv, "+d:pnq:r:k:a:Rw:l:hV", known, NULL)) != -1) {
		switch (c) {
		case 'd':
			options->runtime_dir = optarg;
			break;
		case 'p':
			options->sound = SOUND_PRIVATE;
			break;
		case 'n':
			options->sound = SOUND_NONE;
			break;
		case 'q':
			options->quantum_given = true;
			if (!parse_number(optarg, 16, 8192, &options->quantum_frames)) {
				(void)complain("--quantum is 16..8192 frames, not '%s'", optarg);
				return 2;
			}
			break;
		case 'r':
			if (!parse_number(optarg, 8000, 192000, &options->rate_hz)) {
				(void)complain("--rate is 8000..192000 Hz, not '%s'", optarg);
				return 2;
			}
			break;
		case 'k':
			if (options->n_keep_down == SESSION_CHILDREN_MAX) {
				(void)complain("too many --keep-down");
				return 2;
			}
			options->keep_down[options->n_keep_down++] = optarg;
			break;
		case 'a':
			if (options->n_args == ARGS_MAX - 1 || !strchr(optarg, '=')) {
				(void)complain("--arg is NAME=ARG, %d times at most", ARGS_MAX - 1);
				return 2;
			}
			options->args[options->n_args++] = optarg;
			break;
		case 'R':
			options->restart_always = true;
			break;
		case 'w':
			if (!parse_number(optarg, 0, 3600, &options->watchdog_s)) {
				(void)complain("--watchdog is 0..3600 seconds, not '%s'", optarg);
				return 2;
			}
			break;
		case 'l':
			options->log_dir = optarg;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return 0;
		case 'V':
			(void)puts("mos-session " MOS_VERSION);
			return 0;
		default:
			(void)fputs("Try 'mos-session --help'.\n", stderr);
			return 2;
		}
	}
	if (optind < argc)
		options->command = (const char *const *)&argv[optind];
	return -1;
}

/** mkdir, or say why not. An existing directory is as good. */
static int make_dir(const char *path)
{
	struct stat status;

	if (mkdir(path, 0700) == 0 ||
		(errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
		return 0;
	return complain("cannot make %s: %s", path,
		errno == EEXIST ? "it is there and no directory" : strerror(errno));
}

/** Fill where.runtime_dir. @return 1 it is a new one to be removed at the end, 0 it stays, -1 explained. */
static int make_runtime_dir(const struct options *options)
{
	const char *given = options->runtime_dir, *base = getenv("XDG_RUNTIME_DIR");
	bool own = !given && options->sound != SOUND_USERS;
	char path[PATH_MAX], absolute[PATH_MAX];
	int n;

	if (!given && !own)
		given = getenv("MOS_RUNTIME_DIR");
	if (given)
		n = snprintf(path, sizeof(path), "%s", given);
	else if (own)
		n = snprintf(path, sizeof(path), "%s/mos-session-XXXXXX",
			base && access(base, W_OK) == 0 ? base : "/tmp");
	else if (base)
		n = snprintf(path, sizeof(path), "%s/mos", base);
	else
		return complain("XDG_RUNTIME_DIR is not set; say --runtime-dir");
	if (n < 0 || (size_t)n >= sizeof(path))
		return complain("the runtime directory's name is too long");
	if (own && !mkdtemp(path))
		return complain("cannot make %s: %s", path, strerror(errno));
	if (!own && make_dir(path) < 0)
		return -1;
	/* Absolute: programs below may change their directory. */
	if (!realpath(path, absolute))
		return complain("cannot use %s: %s", path, strerror(errno));
	n = snprintf(where.runtime_dir, sizeof(where.runtime_dir), "%s", absolute);
	if (n > RUNTIME_DIR_MAX) {
		if (own)
			(void)rmdir(absolute);
		return complain(
			"%s is too long for the sockets in it (%d bytes at most)", absolute, RUNTIME_DIR_MAX);
	}
	return own;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)remove(path);
	return 0;
}

/**
 * Find one of our programs: MOS_BIN_DIR, beside this program, its place in a build tree, PATH.
 * @param folder  Of the build tree, where the program is built.
 */
static const char *find_program(const char *name, const char *folder, char path[static PATH_MAX])
{
	char dirs[PATH_MAX], self[PATH_MAX], *rest;
	const char *given = getenv("MOS_BIN_DIR"), *own;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	own = dirname(self);
	n = snprintf(dirs, sizeof(dirs), "%s:%s:%s/../../%s", given ? given : "", own, own, folder);
	if (n < 0 || (size_t)n >= sizeof(dirs))
		return name;
	for (const char *dir = strtok_r(dirs, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		n = snprintf(path, PATH_MAX, "%s/%s", dir, name);
		if (n > 0 && n < PATH_MAX && access(path, X_OK) == 0)
			return path;
	}
	return name;
}

/** Say where PipeWire is to everybody below; for a private one, write its files. */
static int prepare_sound(const struct options *options)
{
	static char latency[32];
	const char *dir = where.runtime_dir;
	char path[RUNTIME_DIR_MAX + 32];
	int r;

	if (options->sound == SOUND_USERS) {
		(void)snprintf(latency, sizeof(latency), "%u/%u", options->quantum_frames, options->rate_hz);
		return options->quantum_given && setenv("PIPEWIRE_QUANTUM", latency, 1) < 0 ? -1 : 0;
	}
	(void)snprintf(path, sizeof(path), "%s/pipewire", dir);
	if (make_dir(path) < 0 || setenv("PIPEWIRE_RUNTIME_DIR", path, 1) < 0 ||
		unsetenv("PIPEWIRE_REMOTE") < 0)
		return -1;
	if (options->sound == SOUND_NONE)
		return 0;

	/* The session manager must neither read nor change what the user's own remembers. */
	(void)snprintf(where.config_home, sizeof(where.config_home), "XDG_CONFIG_HOME=%s/pipewire", dir);
	(void)snprintf(where.state_home, sizeof(where.state_home), "XDG_STATE_HOME=%s/pipewire", dir);
	where.wireplumber_env[0] = where.config_home;
	where.wireplumber_env[1] = where.state_home;
	where.wireplumber_env[2] = "DBUS_SESSION_BUS_ADDRESS=disabled:";
	where.wireplumber_env[3] = "WIREPLUMBER_DEBUG=W"; /* warnings: that there is no D-Bus is none here */
	(void)snprintf(where.config_path, sizeof(where.config_path), "%s/pipewire/mos.conf", dir);
	r = pipewire_write_config(where.config_path, options->quantum_frames, options->rate_hz);
	if (r < 0)
		return complain("cannot write %s: %s", where.config_path, strerror(-r));
	return 0;
}

/**
 * Put a daemon into the table.
 * @param fixed   Arguments that it always gets, NULL-terminated; the user's follow.
 * @param folder  As find_program takes it; NULL: a system program, searched in PATH.
 */
static struct child *add_daemon(struct session *session, const struct options *options, const char *name,
	const char *folder, const char *const *fixed)
{
	struct program *program = &where.program[session->n_children];
	struct child *child = &session->child[session->n_children++];
	size_t name_len = strlen(name);
	uint32_t n = 0;

	program->argv[n++] = folder ? find_program(name, folder, program->path) : name;
	while (*fixed)
		program->argv[n++] = *fixed++;
	for (uint32_t i = 0; i < options->n_args; i++)
		if (strncmp(options->args[i], name, name_len) == 0 && options->args[i][name_len] == '=')
			program->argv[n++] = options->args[i] + name_len + 1;
	*child =
		(struct child){.name = name, .kind = CHILD_DAEMON, .argv = program->argv, .notifies = folder};
	for (uint32_t i = 0; i < options->n_keep_down; i++)
		child->keep_down |= strcmp(options->keep_down[i], name) == 0;
	return child;
}

static int start_sound(struct session *session, const struct options *options)
{
	const char *const server_args[] = {"-c", where.config_path, NULL};
	const char *const manager_args[] = {"-p", "policy", NULL}; /* looks for no hardware */
	struct child *manager;
	int r;

	r = session_start(session, add_daemon(session, options, "pipewire", /* folder= */ NULL, server_args));
	if (r == 0)
		r = session_wait_for_pipewire(session, PIPEWIRE_UP); /* the manager does not wait for it */
	if (r < 0)
		return r;
	manager = add_daemon(session, options, "wireplumber", /* folder= */ NULL, manager_args);
	manager->env = where.wireplumber_env;
	r = session_start(session, manager);
	return r < 0 ? r : session_wait_for_pipewire(session, PIPEWIRE_PLAYABLE);
}

static int start_mos(struct session *session, const struct options *options)
{
	static const struct {
		const char *name, *folder;
	} programs[] = {
		{"mos-rtcore", "rtcore"},
		{"mos-broker", "services/broker"},
		{"mos-hermes", "services/hermes"},
		{"mos-band", "services/band"},
		{"mos-link", "services/link"},
		{"mos-jack", "services/jack"},
		{"mos-theater", "services/theater"},
	};
	const char *const no_args[] = {NULL};
	int r = 0;

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs) && r == 0; i++)
		r = session_start(
			session, add_daemon(session, options, programs[i].name, programs[i].folder, no_args));
	return r;
}

/** @return the exit code. */
static int run(struct session *session, const struct options *options)
{
	struct child *command = NULL;
	int r = options->sound == SOUND_PRIVATE ? start_sound(session, options) : 0;

	if (r == 0)
		r = start_mos(session, options);
	if (r == -EINTR)
		return 128 + session->stop_signal;
	if (r < 0)
		return EXIT_NOT_STARTED;
	if (options->command) {
		command = &session->child[session->n_children++];
		*command = (struct child){
			.name = options->command[0],
			.kind = CHILD_FOREGROUND,
			.argv = options->command,
		};
		if (session_start(session, command) < 0)
			return EXIT_NOT_STARTED;
	} else {
		(void)fprintf(stderr, "mos-session: MOS runs in %s; Ctrl-C ends it\n", where.runtime_dir);
	}
	session_run(session, command);
	if (!command)
		return 0;
	session_end(session, command);
	return child_exit_code(command);
}

int main(int argc, char **argv)
{
	static struct session session;
	struct options options;
	int code = parse_options(argc, argv, &options), temporary, r;

	if (code >= 0)
		return code;
	temporary = make_runtime_dir(&options);
	if (temporary < 0)
		return EXIT_NOT_STARTED;
	code = EXIT_NOT_STARTED;
	(void)snprintf(where.mos_state, sizeof(where.mos_state), "%s/state", where.runtime_dir);
	session.place = (struct child_place){
		.runtime_dir = where.runtime_dir,
		.log_dir = options.log_dir,
		.watchdog_ns = options.watchdog_s * INT64_C(1'000'000'000),
	};
	session.restart_always = options.restart_always;
	if ((options.log_dir && make_dir(options.log_dir) < 0) ||
		setenv("MOS_RUNTIME_DIR", where.runtime_dir, 1) < 0 ||
		widgets_prepare(temporary ? where.mos_state : NULL) < 0 || prepare_sound(&options) < 0)
		goto remove;
	r = session_init(&session);
	if (r == 0)
		code = run(&session, &options);
	else
		(void)complain("cannot start: %s", strerror(-r));
	session_finish(&session);
	if (code == 0 && session.crashed)
		code = EXIT_CRASHED;
remove:
	if (temporary)
		(void)nftw(where.runtime_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return code;
}
