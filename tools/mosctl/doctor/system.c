/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic mos: MOS itself, as it runs and as it is installed. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/doctor.h"

/* @return NULL, everything that is to be said in *error. */
static struct mos_client *connect_to(struct doctor *d, uint32_t flags, struct mos_error *error)
{
	const struct mos_client_options options = {
		.name = "mosctl doctor",
		.runtime_dir = d->ctl->runtime_dir,
		.timeout_ms = d->ctl->timeout_ms,
		.flags = flags,
	};
	struct mos_client *c;

	return mos_client_create(&options, &c, error) == 0 ? c : NULL;
}

static void check_running(struct doctor *d)
{
	struct mos_error error;
	struct mos_client *c = connect_to(d, 0, &error);

	if (c) {
		found(d, OK, NULL, "MOS runs");
		mos_client_destroy(c);
		return;
	}
	c = connect_to(d, MOS_CLIENT_CONTROL_ONLY, NULL);
	if (c)
		found(d, FAIL, error.hint[0] ? error.hint : "mosctl status says more",
			"the broker runs, but: %s", error.message);
	else
		found(d, INFO, error.hint[0] ? error.hint : NULL, "MOS does not run: %s", error.message);
	mos_client_destroy(c);
}

/* What really plays: MOS may have been given another sound font than the usual one. */
static void check_engine(struct doctor *d)
{
	struct mos_client *c = connect_to(d, MOS_CLIENT_CONTROL_ONLY, NULL);
	struct mos_reply reply;
	const char *error;

	if (!c) {
		found(d, INFO, NULL, "MOS does not run");
		return;
	}
	if (mos_call(c, "apollo.engine.status", MOS_NO_ARGS, &reply) < 0) {
		found(d, WARN, NULL, "%s", mos_client_error(c)->message);
		mos_client_destroy(c);
		return;
	}
	error = mos_get_str(&reply.value, "error", NULL);
	found(d, error ? WARN : OK, error ? "mosctl instrument load FILE" : NULL, "%s%s%s plays",
		error ? error : "", error ? "; " : "", mos_get_str(&reply.value, "bank", "?"));
	mos_reply_finish(&reply);
	mos_client_destroy(c);
}

static void check_priority(struct doctor *d)
{
	struct mos_client *c = connect_to(d, MOS_CLIENT_CONTROL_ONLY, NULL);
	struct mos_reply reply;
	long long priority;

	if (!c || mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply) < 0) {
		found(d, INFO, NULL, "MOS does not run");
		mos_client_destroy(c);
		return;
	}
	priority = mos_get_int(&reply.value, "rtcore/rt_priority", 0);
	if (!mos_get_bool(&reply.value, "rtcore/up", 0))
		found(d, WARN, "mosctl status", "the real-time core is down");
	else if (priority > 0)
		found(d, OK, NULL, "the audio thread has priority %lld", priority);
	else
		found(d, WARN, "mosctl doctor limits pipewire.rtkit",
			"the audio thread is an ordinary one: everything comes before it");
	mos_reply_finish(&reply);
	mos_client_destroy(c);
}

/* A program of ours says "mos-rtcore 0.1.0". */
static void installed_version(struct doctor *d, const char *name, int *n_wrong)
{
	char path[PATH_MAX], text[96], *version;
	const char *const argv[] = {path, "--version", NULL};

	if (program_find(name, path, sizeof(path)) < 0) {
		found(d, WARN, "sudo apt install --reinstall mos", "%s is not installed", name);
		(*n_wrong)++;
		return;
	}
	if (box_program(&d->box, name, argv, text, sizeof(text)) < 0) {
		found(d, WARN, "sudo apt install --reinstall mos", "%s does not start", path);
		(*n_wrong)++;
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	version = strrchr(text, ' ');
	if (version && !strcmp(version + 1, MOS_VERSION))
		return;
	found(d, WARN, "sudo apt install --reinstall mos", "mosctl is %s, but: %s (%s)", MOS_VERSION, text,
		path);
	(*n_wrong)++;
}

/* The library that was loaded into us: its file's name has its version. */
static void library_version(struct doctor *d, int *n_wrong)
{
	static char maps[BOX_TEXT_MAX];
	const char *at;
	size_t len;

	if (box_text_private(&d->box, "/proc/self/maps", maps, sizeof(maps)) < 0)
		return;
	at = strstr(maps, "/libmos.so.");
	if (!at)
		return;
	at += strlen("/libmos.so.");
	len = strcspn(at, "\n ");
	if (len == strlen(MOS_VERSION) && !strncmp(at, MOS_VERSION, len))
		return;
	found(d, WARN, "sudo apt install --reinstall libmos0; ldconfig", "mosctl is %s, but libmos is %.*s",
		MOS_VERSION, (int)len, at);
	(*n_wrong)++;
}

static void check_versions(struct doctor *d)
{
	static const char *const programs[] = {"mos-rtcore", "mos-broker", "mos-hermes"};
	static const char *const services[] = {"broker", "hermes", "band", "link", "theater"};
	struct mos_client *c = connect_to(d, MOS_CLIENT_CONTROL_ONLY, NULL);
	int n_wrong = 0;

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		installed_version(d, programs[i], &n_wrong);
	library_version(d, &n_wrong);
	for (size_t i = 0; c && i < sizeof(services) / sizeof(services[0]); i++) {
		struct mos_reply reply;
		char method[48];

		if (mos_call(c, BOX_PATH(method, "%s.service.ping", services[i]), MOS_NO_ARGS, &reply) < 0)
			continue; /* one that is not started is not of another version */
		if (strcmp(mos_get_str(&reply.value, "version", ""), MOS_VERSION) != 0) {
			found(d, WARN, "systemctl --user restart mos.target",
				"mosctl is %s, but the %s that runs is %s", MOS_VERSION, services[i],
				mos_get_str(&reply.value, "version", "?"));
			n_wrong++;
		}
		mos_reply_finish(&reply);
	}
	mos_client_destroy(c);
	if (!n_wrong)
		found(d, OK, NULL, "all parts are %s", MOS_VERSION);
}

static void check_plugins(struct doctor *d)
{
	char host[PATH_MAX];

	if (program_find("mos-fxhost", host, sizeof(host)) == 0)
		found(d, OK, NULL, "%s", host);
	else
		found(d, WARN, "sudo apt install --reinstall mos",
			"no program mos-fxhost: no LV2 plugins, no amplifiers");
}

static void check_runtime_dir(struct doctor *d)
{
	const char *dir = d->ctl->runtime_dir ? d->ctl->runtime_dir : getenv("MOS_RUNTIME_DIR");
	char door[PATH_MAX];
	struct stat st;

	if (!dir || !*dir)
		dir = getenv("XDG_RUNTIME_DIR"); /* MOS makes its own directory in it */
	if (!dir || !*dir)
		found(d, FAIL, "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
			"neither MOS_RUNTIME_DIR nor XDG_RUNTIME_DIR is set");
	else if (stat(dir, &st) < 0)
		found(d, errno == ENOENT ? WARN : FAIL, NULL, "%s: %s", dir, strerror(errno));
	else if (S_ISDIR(st.st_mode) && st.st_uid != geteuid() && !(st.st_mode & S_IWOTH) &&
		 access(BOX_PATH(door, "%s/mos.sock", dir), R_OK | W_OK) == 0)
		found(d, OK, NULL, "%s, of a MOS that we may use", dir); /* a headless box, and its group */
	else if (!S_ISDIR(st.st_mode) || access(dir, W_OK | X_OK) < 0)
		found(d, FAIL, "choose another with MOS_RUNTIME_DIR", "%s: not a directory we may write to",
			dir);
	else if (st.st_mode & S_IWOTH)
		found(d, FAIL, "chmod o-w on it, or choose another with MOS_RUNTIME_DIR",
			"%s: everybody may write to it", dir);
	else
		found(d, OK, NULL, "%s", dir);
}

/* Music follows the audio clock; the time of day is in logs, and federated boxes compare it. */
static void check_time(struct doctor *d)
{
	static const char *const argv[] = {"timedatectl", "show", "-p", "NTPSynchronized", "--value", NULL};
	char text[64];

	if (box_exists(&d->box, "/run/systemd/timesync/synchronized")) {
		found(d, OK, NULL, "the time of day is synchronised");
		return;
	}
	if (box_program(&d->box, "timedatectl", argv, text, sizeof(text)) < 0)
		found(d, INFO, NULL, "nobody says whether the time of day is right; music does not need it");
	else if (!strncmp(text, "yes", 3))
		found(d, OK, NULL, "the time of day is synchronised");
	else
		found(d, INFO, "sudo timedatectl set-ntp true",
			"the time of day is not synchronised: only logs and other boxes mind");
}

const struct check system_checks[] = {
	{"mos.running", "Most commands of mosctl ask the broker.", check_running, 1},
	{"mos.priority", "The thread that plays has to come before all others.", check_priority, 1},
	{"mos.engine", "What plays may be another sound font than you think.", check_engine, 1},
	{"mos.versions", "Parts of different versions refuse each other.", check_versions, 1},
	{"mos.plugins", "Plugins run in a program of their own.", check_plugins, 1},
	{"mos.runtime_dir", "The door lies there; whoever may write to it can be the door.",
		check_runtime_dir, 1},
	{"mos.time", "Logs, and other boxes, go by the time of day.", check_time, 0},
	{0},
};
