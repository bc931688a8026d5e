/* SPDX-License-Identifier: MIT */
/* The one connection of a run, and what its failures mean for the exit code. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/widget.h>

#include "mosctl.h"

static int exit_of(int rc, const char *error_code)
{
	static const struct {
		const char *code;
		int exit;
	} meaning[] = {
		{"hermes.score.invalid", CTL_BAD_FILE},
		{"hermes.file.unreadable", CTL_BAD_FILE},
		{"client.file.unreadable", CTL_BAD_FILE},
		{"apollo.bank.failed", CTL_BAD_FILE},
		{"band.program.invalid", CTL_BAD_FILE},
		{"band.options.invalid", CTL_USAGE},
		{"client.broker.unreachable", CTL_UNREACHABLE},
		{"client.connection.lost", CTL_UNREACHABLE},
		{"rtcore.down", CTL_UNREACHABLE},
		{"broker.service.absent", CTL_UNREACHABLE},
	};

	for (size_t i = 0; i < sizeof(meaning) / sizeof(meaning[0]); i++) {
		if (!strcmp(error_code, meaning[i].code))
			return meaning[i].exit;
	}
	return rc == -ETIMEDOUT ? CTL_UNREACHABLE : CTL_FAILED;
}

int ctl_connect(struct ctl *ctl, uint32_t flags)
{
	const struct mos_client_options options = {
		.name = "mosctl",
		.runtime_dir = ctl->runtime_dir,
		.timeout_ms = ctl->timeout_ms,
		.flags = flags,
	};
	struct mos_error error;
	int rc;

	if (ctl->client)
		return CTL_OK;
	rc = mos_client_create(&options, &ctl->client, &error);
	return rc < 0 ? ctl_connect_failed(ctl, rc, &error) : CTL_OK;
}

/* Its end of the connection is descriptor 3. It ends when ours is closed, at the latest when we end. */
static int start_hermes(struct ctl *ctl, int sock)
{
	char program[PATH_MAX];
	posix_spawn_file_actions_t actions;

	if (program_find("mos-hermes", program, sizeof(program)) < 0)
		return ctl_fail(ctl, CTL_UNREACHABLE, "it comes with the package mos", "mos-hermes is not installed");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, sock, 3);
	const int rc = posix_spawn(&ctl->hermes, program, &actions, NULL,
		(char *const[]){program, (char[]){"files"}, NULL}, environ);
	posix_spawn_file_actions_destroy(&actions);
	return rc ? ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", program, strerror(rc)) : CTL_OK;
}

int ctl_connect_files(struct ctl *ctl, const char *path)
{
	char given[16];
	int pair[2];

	ctl->file = path;
	if (ctl->client)
		return CTL_OK;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "socketpair: %s", strerror(errno));
	int code = start_hermes(ctl, pair[1]);
	close(pair[1]);
	if (code != CTL_OK) {
		close(pair[0]);
		return code;
	}
	/* From here on libmos owns it. */
	(void)snprintf(given, sizeof(given), "%d", pair[0]);
	(void)setenv(MOS_WIDGET_FD_ENV, given, 1);
	return ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
}

int ctl_connect_failed(struct ctl *ctl, int rc, const struct mos_error *error)
{
	return ctl_fail_error(ctl, exit_of(rc, error->code), error);
}

/* It hung up in the midst of our question: what became of it is what a person can do something about. */
static int hermes_ended(struct ctl *ctl)
{
	char file[256] = "", why[64] = "it hung up";
	int status = 0;

	/* What has ended keeps the status that it ended with. */
	(void)kill(ctl->hermes, SIGKILL);
	if (waitpid(ctl->hermes, &status, 0) == ctl->hermes) {
		if (WIFSIGNALED(status))
			(void)snprintf(why, sizeof(why), "%s", strsignal(WTERMSIG(status)));
		else
			(void)snprintf(why, sizeof(why), "exit status %d", WEXITSTATUS(status));
	}
	mos_client_destroy(ctl->client);
	ctl->client = NULL;
	ctl->hermes = 0;
	return ctl_fail(ctl, CTL_FAILED, "nothing was written; if this file does it each time, please report it",
		"%s%smos-hermes, which reads files, ended before it was done: %s",
		ctl->file ? printable(ctl->file, file, sizeof(file)) : "", ctl->file ? ": " : "", why);
}

int ctl_client_failed(struct ctl *ctl, int rc)
{
	/* What the service could not know: which of our commands helps. */
	static const struct {
		const char *code, *hint;
	} advice[] = {
		{"kronos.state.illegal",
			"mosctl status shows the state; mosctl play FILE loads a score and plays it"},
		{"kronos.driver.down", "mosctl doctor looks at PipeWire; is there a sink?"},
		{"band.idle", "mosctl band play --chords \"Dm7 G7 Cmaj7\" plays"},
		{"band.taken", "mosctl band stop ends it"},
		{"band.port.unknown", "mosctl band ports lists them"},
		{"band.port.ambiguous", "mosctl band ports lists them"},
		{"band.style.unknown", "mosctl band styles lists them"},
	};
	struct mos_error error = *mos_client_error(ctl->client);

	if (ctl->hermes && strcmp(error.code, "client.connection.lost") == 0)
		return hermes_ended(ctl);
	if (!error.message[0]) { /* of those functions of libmos that say it by a number alone */
		(void)snprintf(error.code, sizeof(error.code), "client.failed");
		(void)snprintf(error.message, sizeof(error.message), "%s",
			rc == -EACCES ? "the broker has not granted it to you" : strerror(-rc));
	}
	if (ctl->hermes && ctl->file) {
		char file[128], text[sizeof(error.message)];

		(void)snprintf(text, sizeof(text), "%s", error.message);
		(void)snprintf(error.message, sizeof(error.message), "%s: %.127s",
			printable(ctl->file, file, sizeof(file)), text);
	}
	for (size_t i = 0; !error.hint[0] && i < sizeof(advice) / sizeof(advice[0]); i++) {
		if (!strcmp(error.code, advice[i].code))
			(void)snprintf(error.hint, sizeof(error.hint), "%s", advice[i].hint);
	}
	return ctl_fail_error(ctl, exit_of(rc, error.code), &error);
}

int ctl_call(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args,
	struct mos_reply *ret)
{
	int rc = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);

	if (rc != CTL_OK)
		return rc;
	rc = mos_call(ctl->client, method, args, n_args, ret);
	return rc < 0 ? ctl_client_failed(ctl, rc) : CTL_OK;
}
