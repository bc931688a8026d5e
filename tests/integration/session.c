/* SPDX-License-Identifier: MIT */
/*
 * mos-session: order, readiness, restarts, exit codes, and that nothing is left behind. The programs are
 * stand-ins (session_standin.c) that write down what happens to them; the private PipeWire is real.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX 16384

static char dir[32]; /* of this test; also $TEST_DIR */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

/** A directory with the seven stand-ins, named to mos-session by MOS_BIN_DIR, and their log. */
static void set_up(void)
{
	static const char *const names[] = {"mos-rtcore", "mos-broker", "mos-hermes", "mos-band", "mos-link", "mos-jack", "mos-theater"};
	char path[64];

	(void)strcpy(dir, "/tmp/mos-test-XXXXXX");
	cr_assert(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		cr_assert_eq(symlink(STANDIN, path), 0);
	}
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	(void)setenv("TEST_DIR", dir, 1);
	(void)setenv("MOS_BIN_DIR", dir, 1);
	(void)setenv("STANDIN_LOG", path, 1);
	(void)snprintf(path, sizeof(path), "%s/tmp", dir);
	(void)mkdir(path, 0700);
	(void)setenv("XDG_RUNTIME_DIR", path, 1); /* where mos-session makes its own directory */
	/* So that anything left behind comes to us and is seen. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void tear_down(void)
{
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(session, .init = set_up, .fini = tear_down, .timeout = 60);

/** Start mos-session with these arguments (NULL-terminated); its output goes to dir/out. */
static pid_t start_session(const char *const *args)
{
	const char *argv[32] = {SESSION};
	char path[64];
	pid_t pid;

	for (int i = 0; args[i]; i++)
		argv[i + 1] = args[i];
	pid = fork();
	if (pid == 0) {
		int fd;

		(void)snprintf(path, sizeof(path), "%s/out", dir);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
		(void)dup2(fd, STDOUT_FILENO);
		(void)dup2(fd, STDERR_FILENO);
		(void)execv(SESSION, (char *const *)argv);
		_exit(99);
	}
	cr_assert_gt(pid, 0);
	return pid;
}

/** A file of the test's directory; empty when it is not there. Valid until the next call but one. */
static const char *file_text(const char *name)
{
	static char text[2][TEXT_MAX];
	static unsigned turn;
	char path[64], *into = text[turn++ % 2];
	FILE *file;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (file) {
		n = fread(into, 1, TEXT_MAX - 1, file);
		(void)fclose(file);
	}
	into[n] = '\0';
	return into;
}

/** Its exit code, and that it was the last of the processes below it. */
static int end_of(pid_t pid)
{
	int status;

	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "mos-session left a process behind");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		cr_log_info("mos-session said: %s", file_text("out"));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#define RUN_SESSION(...) end_of(start_session((const char *const[]){__VA_ARGS__, NULL}))

/** The log without pids: "mos-rtcore start;mos-broker start;" ... */
static const char *history(void)
{
	static char text[TEXT_MAX];
	char log[TEXT_MAX], *rest;

	(void)snprintf(log, sizeof(log), "%s", file_text("log"));
	text[0] = '\0';
	for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		*strrchr(line, ' ') = ';';
		*(strchr(line, ';') + 1) = '\0';
		(void)strcat(text, line);
	}
	return text;
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

Test(session, order,
	.description = "starts in order, runs the command when all are ready, ends in reverse order")
{
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c", "echo command run 0 >> $STANDIN_LOG"), 0);
	cr_assert_str_eq(history(), "mos-rtcore start;mos-broker start;mos-hermes start;mos-band start;mos-link start;mos-jack start;mos-theater start;command run;"
				    "mos-theater term;mos-jack term;mos-link term;mos-band term;mos-hermes term;mos-broker term;mos-rtcore term;");
}

Test(session, exit_codes, .description = "the command's code, 128 + signal, 127 and 126 as a shell has them")
{
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c", "exit 42"), 42);
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c", "kill -9 $$"), 128 + SIGKILL);
	cr_assert_eq(RUN_SESSION("-n", "--", "no-such-program-anywhere"), 127);
	cr_assert_eq(RUN_SESSION("-n", "--", "/etc"), 126);
}

Test(session, usage, .description = "wrong options are refused with code 2 before anything starts")
{
	cr_assert_eq(RUN_SESSION("--nonsense"), 2);
	cr_assert_eq(RUN_SESSION("-p", "-q", "15"), 2);
	cr_assert_eq(RUN_SESSION("-p", "-q", "256x"), 2);
	cr_assert_eq(RUN_SESSION("-p", "-r", "-48000"), 2);
	cr_assert_eq(RUN_SESSION("-n", "-a", "no-equals-sign"), 2);
	cr_assert_str_empty(history());
	cr_assert_eq(RUN_SESSION("--help"), 0);
	cr_assert(strstr(file_text("out"), "--private-pipewire"));
}

Test(session, environment,
	.description = "the command sees the runtime directory; its own is removed at the end")
{
	struct stat status;
	char made[PATH_MAX] = "", pipewire[PATH_MAX] = "";

	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c",
			     "test -d \"$MOS_RUNTIME_DIR\" && test -z \"$NOTIFY_SOCKET\" || exit 1;"
			     "echo $MOS_RUNTIME_DIR $PIPEWIRE_RUNTIME_DIR"),
		0);
	cr_assert_eq(sscanf(file_text("out"), "%4000s %4000s", made, pipewire), 2);
	cr_assert_eq(strncmp(made, dir, strlen(dir)), 0);
	cr_assert_eq(strncmp(pipewire, made, strlen(made)), 0);
	cr_assert_eq(stat(made, &status), -1, "%s was left behind", made);
}

Test(session, widgets,
	.description = "a private session keeps what widgets store in itself; the user's own wish goes before")
{
	unsetenv("MOS_STATE_DIR");
	unsetenv("MOS_WIDGET_PATH");
	cr_expect_eq(RUN_SESSION("-n", "--", "sh", "-c",
			     "test \"$MOS_STATE_DIR\" = \"$MOS_RUNTIME_DIR/state\" && test -d \"$MOS_WIDGET_PATH\""),
		0);
	setenv("MOS_STATE_DIR", "/wanted", 1);
	setenv("MOS_WIDGET_PATH", "/one:/two", 1);
	cr_expect_eq(RUN_SESSION("-n", "--", "sh", "-c",
			     "test \"$MOS_STATE_DIR $MOS_WIDGET_PATH\" = '/wanted /one:/two'"),
		0);
	unsetenv("MOS_STATE_DIR");
	cr_expect_eq(RUN_SESSION("-d", dir, "--", "sh", "-c", "test -z \"$MOS_STATE_DIR\""), 0,
		"a session at a place of the user's uses the user's state");
}

Test(session, given_dir,
	.description = "a directory that the user named stays, empty of what the session put there")
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/run", dir);
	cr_assert_eq(
		RUN_SESSION("-d", path, "--", "sh", "-c", "cd $MOS_RUNTIME_DIR; ls; cat mos-broker.pid"), 0);
	cr_assert(
		strstr(file_text("out"), "mos-band.pid\nmos-broker.pid\nmos-hermes.pid\nmos-jack.pid\nmos-link.pid\nmos-rtcore.pid\nmos-theater.pid\nsession.notify\n"));
	cr_assert_eq(rmdir(path), 0);
}

Test(session, long_dir, .description = "a directory too long for sockets is refused, not cut")
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%0100d", dir, 0);
	cr_assert_eq(RUN_SESSION("-d", path, "--", "true"), 125);
	cr_assert(strstr(file_text("out"), "too long"));
}

Test(session, arguments, .description = "--arg reaches the named program only")
{
	cr_assert_eq(RUN_SESSION("-n", "-a", "mos-broker=--one", "-a", "mos-broker=two=2", "--", "true"), 0);
	cr_assert(strstr(history(), "mos-broker start;mos-broker --one;mos-broker two=2;mos-hermes start;"));
}

Test(session, crash_at_start,
	.description = "a program that dies before it is ready fails the session; others end")
{
	(void)setenv("STANDIN_mos_broker", "crash", 1);
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c", "echo command run 0 >> $STANDIN_LOG"), 125);
	cr_assert_str_eq(history(), "mos-rtcore start;mos-broker start;mos-rtcore term;");
	cr_assert(strstr(file_text("out"), "mos-broker ended with code 3"));
}

Test(session, restart, .description = "a daemon killed with -9 is started again, and the session says so")
{
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c",
			     "kill -9 $(cat $MOS_RUNTIME_DIR/mos-broker.pid);"
			     "until grep -q 'mos-broker is back' $TEST_DIR/out; do :; done"),
		0);
	cr_assert_eq(count(history(), "mos-broker start;"), 2);
	cr_assert_eq(count(history(), "mos-rtcore start;"), 1);
	cr_assert(strstr(file_text("out"), "mos-broker was killed by signal 9 (Killed); starting it again"));
}

/* Kills the broker once, and ends when it is back and has noted what it got. */
#define KILL_ONCE                                                                                                     \
	"kill -9 $(cat $MOS_RUNTIME_DIR/mos-broker.pid);"                                                               \
	"until grep -q 'mos-broker is back' $TEST_DIR/out; do :; done"

Test(session, fd_store,
	.description = "what a daemon stored is handed to its next process, as systemd hands it; what it took back, "
		       "or has hung up, is not")
{
	(void)setenv("STANDIN_mos_broker", "store", 1);
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c", KILL_ONCE), 0);
	cr_assert(strstr(history(), "mos-broker start;mos-broker got nothing;"), "%s", history());
	cr_assert(strstr(history(), "mos-broker start;mos-broker got first=one;mos-broker got stored=three;"
				    "mos-broker got hung.up;"),
		"%s", history());
	cr_assert(strstr(file_text("out"), "1 descriptors of mos-broker, \"bad:name\", are not kept"));
	cr_assert_eq(count(history(), "got"), 4);
}

Test(session, fd_store_full, .description = "a daemon that stores without end gets as much as is kept, and it is said")
{
	(void)setenv("STANDIN_mos_broker", "flood", 1);
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c", KILL_ONCE), 0);
	cr_assert(strstr(history(), "mos-broker got 4096;"), "%s", history());
	cr_assert(strstr(file_text("out"), "104 descriptors of mos-broker, \"flood\", are not kept"));
}

Test(session, fd_store_end, .description = "what a daemon stored is closed when it stays down")
{
	(void)setenv("STANDIN_mos_broker", "store", 1);
	cr_assert_eq(RUN_SESSION("-n", "--keep-down", "mos-broker", "--", "sh", "-c",
			     "kill -9 $(cat $MOS_RUNTIME_DIR/mos-broker.pid);"
			     "until grep -q 'stays down' $TEST_DIR/out; do :; done;"
			     "while ls -l /proc/$PPID/fd | grep -q memfd:standin; do :; done"),
		0);
}

Test(session, watchdog, .description = "a daemon that hangs is ended, and started again")
{
	(void)setenv("STANDIN_mos_hermes", "hang", 1);
	cr_assert_eq(RUN_SESSION("-n", "-w", "3", "--", "sh", "-c",
			     "until grep -q 'mos-hermes is back' $TEST_DIR/out; do sleep 0.01; done"),
		0);
	cr_assert(strstr(file_text("out"), "mos-hermes hangs: nothing heard of it for 3 s"));
	cr_assert(strstr(file_text("out"), "mos-hermes was killed by signal 6"));
	cr_assert_eq(count(file_text("out"), "mos-broker hangs"), 0, "one that says that it lives is let alone");
	cr_assert_eq(RUN_SESSION("-n", "-w", "-1", "--", "true"), 2);
}

Test(session, patience, .description = "SCL-08: a daemon that asked for more time before a long silence gets it")
{
	(void)setenv("STANDIN_mos_hermes", "patience", 1);
	cr_assert_eq(RUN_SESSION("-n", "-w", "2", "--", "sh", "-c",
			     "until grep -q 'mos-hermes is back' $TEST_DIR/out; do sleep 0.01; done"),
		0);
	cr_assert(strstr(file_text("out"), "mos-hermes hangs: nothing heard of it for 5 s"));
}

Test(session, crash_at_end,
	.description = "SCL-08: a program that crashes while it is ending is named, and a command that went well is not "
		       "enough")
{
	(void)setenv("STANDIN_mos_theater", "abort", 1);
	cr_expect_eq(RUN_SESSION("-n", "--", "true"), 123);
	cr_expect(strstr(file_text("out"), "mos-theater was killed by signal 6 (Aborted) while it was ending"));
	cr_expect_eq(count(history(), "mos-rtcore term"), 1, "the others end as ever: %s", history());
	cr_expect_eq(RUN_SESSION("-n", "--", "sh", "-c", "exit 3"), 3, "the command's own code goes before");
}

Test(session, restart_always,
	.description = "--restart-always: who was ended with SIGTERM comes back, and all that end are the end")
{
	cr_assert_eq(RUN_SESSION("-n", "-R", "--", "sh", "-c",
			     "kill $(cat $MOS_RUNTIME_DIR/mos-broker.pid);"
			     "until grep -q 'mos-broker is back' $TEST_DIR/out; do sleep 0.01; done"),
		0);
	cr_assert_eq(count(history(), "mos-broker start;"), 2);
	cr_assert_eq(RUN_SESSION("-n", "-R", "--", "sh", "-c", "kill $(cat $MOS_RUNTIME_DIR/*.pid)"), 0);
}

Test(session, keep_down, .description = "--keep-down leaves a dead daemon dead")
{
	cr_assert_eq(RUN_SESSION("-n", "--keep-down", "mos-broker", "--", "sh", "-c",
			     "cd $MOS_RUNTIME_DIR; kill -9 $(cat mos-broker.pid); "
			     "while test -e mos-broker.pid; do :; done"),
		0);
	cr_assert_eq(count(history(), "mos-broker start;"), 1);
	cr_assert(strstr(file_text("out"), "stays down, as asked"));
}

/** Wait until a file of the test holds `text`, by watching it; the test's own limit ends a wait in vain. */
static void wait_for(const char *name, const char *text)
{
	while (!strstr(file_text(name), text))
		(void)usleep(1000);
}

Test(session, quit,
	.description = "without a command, the session ends with 0 when every daemon ended by itself")
{
	pid_t pid = start_session((const char *const[]){"-n", NULL});
	char log[TEXT_MAX], *rest;

	wait_for("out", "MOS runs");
	(void)strcpy(log, file_text("log"));
	for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		cr_assert_eq(kill((pid_t)strtol(strrchr(line, ' '), NULL, 10), SIGTERM), 0);
	cr_assert_eq(end_of(pid), 0);
	cr_assert_eq(count(history(), "start;"), 7);
	cr_assert_eq(count(file_text("out"), "ended by itself and stays down"), 7);
}

Test(session, signal, .description = "SIGTERM ends everything in order; without a command the code is 0")
{
	pid_t pid = start_session((const char *const[]){"-n", NULL});

	wait_for("out", "MOS runs");
	cr_assert_eq(kill(pid, SIGTERM), 0);
	cr_assert_eq(end_of(pid), 0);
	cr_assert(strstr(history(), "mos-theater term;mos-jack term;mos-link term;mos-band term;mos-hermes term;mos-broker term;mos-rtcore term;"));
}

Test(session, signal_to_command, .description = "the command gets the signal and may finish; its code counts")
{
	pid_t pid = start_session((const char *const[]){"-n", "--", "sh", "-c",
		"trap 'exit 7' INT; echo command run 0 >> $STANDIN_LOG; while :; do sleep 0.01; done", NULL});

	wait_for("log", "command run");
	cr_assert_eq(kill(pid, SIGINT), 0);
	cr_assert_eq(end_of(pid), 7);
}

Test(session, signal_at_start, .description = "SIGINT while a program is not ready yet ends what was started")
{
	pid_t pid;

	(void)setenv("STANDIN_mos_rtcore", "mute", 1);
	pid = start_session((const char *const[]){"-n", NULL});
	wait_for("log", "mos-rtcore start");
	cr_assert_eq(kill(pid, SIGINT), 0);
	cr_assert_eq(end_of(pid), 128 + SIGINT);
	cr_assert_str_eq(history(), "mos-rtcore start;mos-rtcore term;");
}

Test(session, stubborn, .description = "who ignores SIGTERM is killed, and so are processes left behind")
{
	(void)setenv("STANDIN_mos_broker", "stubborn child", 1);
	cr_assert_eq(RUN_SESSION("-n", "--", "sh", "-c", "(trap '' TERM; sleep 1000) & exit 5"), 5);
	cr_assert_eq(count(history(), "mos-broker child;"), 1);
	cr_assert(strstr(file_text("out"), "mos-broker did not end in 3 s and is killed"));
}

Test(session, killed, .description = "a session killed with -9 takes its daemons with it")
{
	pid_t pid = start_session((const char *const[]){"-n", NULL});

	wait_for("out", "MOS runs");
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	while (waitpid(-1, NULL, 0) > 0) /* the three come to us; the test's limit ends it if one lives on */
		;
	cr_assert_eq(count(history(), "term;"), 0);
}

Test(session, log_dir, .description = "--log-dir keeps what daemons say out of the command's sight")
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/logs", dir);
	cr_assert_eq(RUN_SESSION("-n", "-l", path, "--", "true"), 0);
	(void)snprintf(path, sizeof(path), "%s/logs/mos-hermes.log", dir);
	cr_assert_eq(access(path, R_OK), 0);
}

Test(session, private_pipewire,
	.description = "a headless PipeWire with the null sink as default, at the asked quantum")
{
	if (access("/usr/bin/wireplumber", X_OK) < 0)
		cr_skip_test("wireplumber is not installed");
	cr_assert_eq(RUN_SESSION("-p", "-q", "128", "-r", "44100", "--", "sh", "-c",
			     "pw-metadata -n default 0 default.audio.sink; pw-metadata -n settings 0"),
		0);
	cr_assert(strstr(file_text("out"), "{\"name\":\"mos-null\"}"));
	cr_assert(strstr(file_text("out"), "'clock.quantum' value:'128'"));
	cr_assert(strstr(file_text("out"), "'clock.rate' value:'44100'"));
	cr_assert(strstr(history(), "mos-rtcore start;"));
}

Test(session, pipewire_killed, .description = "the private PipeWire and its session manager come back too")
{
	if (access("/usr/bin/wireplumber", X_OK) < 0)
		cr_skip_test("wireplumber is not installed");
	cr_assert_eq(
		RUN_SESSION("-p", "--", "sh", "-c",
			"cd $MOS_RUNTIME_DIR; pw-cli info mos-null | grep -q mos-null || exit 1;"
			"old=$(cat pipewire.pid); kill -9 $old;"
			"while p=$(cat pipewire.pid 2>/dev/null); test -z \"$p\" -o \"$p\" = $old; do :; done;"
			"until pw-dump 2>/dev/null | grep -q playback_FL; do :; done;"
			"until pw-metadata -n default 0 default.audio.sink | grep -q mos-null; do :; done"),
		0);
	cr_assert(strstr(file_text("out"), "pipewire was killed by signal 9"));
}
