/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic pipewire: the audio graph that MOS plays into. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "doctor/doctor.h"

static int can_connect(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock, rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return -errno;
	rc = connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	close(sock);
	return rc;
}

static void check_socket(struct doctor *d)
{
	const char *dir = getenv("PIPEWIRE_RUNTIME_DIR"), *remote = getenv("PIPEWIRE_REMOTE");
	char path[256];
	int rc;

	if (!dir || !*dir)
		dir = getenv("XDG_RUNTIME_DIR");
	if (!dir || !*dir) {
		found(d, FAIL, "log in through a session, or set XDG_RUNTIME_DIR",
			"no XDG_RUNTIME_DIR: PipeWire cannot be found");
		return;
	}
	BOX_PATH(path, "%s/%s", dir, remote && *remote ? remote : "pipewire-0");
	rc = can_connect(path);
	if (rc < 0)
		found(d, FAIL,
			"systemctl --user start pipewire wireplumber; or mos-session --private-pipewire",
			"%s: %s", path, strerror(-rc));
	else
		found(d, OK, NULL, "runs at %s", path);
}

/* A value of `pw-metadata -n settings`: "update: id:0 key:'clock.rate' value:'48000' type:''". */
static long setting(const char *text, const char *key)
{
	char pattern[64];
	const char *at;

	(void)snprintf(pattern, sizeof(pattern), "key:'%s' value:'", key);
	at = strstr(text, pattern);
	return at ? strtol(at + strlen(pattern), NULL, 10) : 0;
}

static void check_quantum(struct doctor *d)
{
	static const char *const argv[] = {"pw-metadata", "-n", "settings", NULL};
	char text[4096];
	long rate, quantum;
	double ms;

	if (box_program(&d->box, "pw-metadata", argv, text, sizeof(text)) < 0) {
		found(d, INFO, "sudo apt install pipewire-bin", "pw-metadata gives no quantum and rate");
		return;
	}
	rate = setting(text, "clock.force-rate");
	rate = rate ? rate : setting(text, "clock.rate");
	quantum = setting(text, "clock.force-quantum");
	quantum = quantum ? quantum : setting(text, "clock.quantum");
	if (rate <= 0 || quantum <= 0) {
		found(d, INFO, NULL, "PipeWire tells no quantum and rate");
		return;
	}
	ms = 1e3 * (double)quantum / (double)rate;
	if (ms > 12)
		found(d, WARN, "pw-metadata -n settings 0 clock.force-quantum 256",
			"%ld frames at %ld Hz: %.1f ms from key to sound", quantum, rate, ms);
	else if (ms > 5)
		found(d, INFO, "pw-metadata -n settings 0 clock.force-quantum 128",
			"%ld frames at %ld Hz: %.1f ms a cycle; below 5 ms from key to sound needs less",
			quantum, rate, ms);
	else
		found(d, OK, NULL, "%ld frames at %ld Hz: %.1f ms a cycle", quantum, rate, ms);
}

/* Column ERR of pw-top: "S ID QUANT RATE WAIT BUSY W/Q B/Q ERR FORMAT NAME"; of a follower, the name is
 * indented. */
static long errors_of(const char *line)
{
	char word[32];
	int at = 0, n = 0;

	for (int field = 0; field < 9; field++) {
		if (sscanf(line + at, "%31s%n", word, &n) != 1)
			return 0;
		at += n;
		if (field == 1 && strspn(word, "0123456789") != strlen(word))
			return 0; /* the heading */
	}
	return strtol(word, NULL, 10);
}

static void check_xruns(struct doctor *d)
{
	static const char *const argv[] = {"pw-top", "-b", "-n", "2", NULL};
	static char text[BOX_TEXT_MAX];
	struct box quiet = d->box;
	const char *last, *at;
	long n = 0, n_nodes = 0;

	quiet.seen = NULL; /* names of other people's programs */
	if (box_program(&quiet, "pw-top", argv, text, sizeof(text)) < 0) {
		found(d, INFO, "sudo apt install pipewire-bin", "pw-top does not say");
		return;
	}
	/* The second picture: the first has no figures yet. */
	for (last = at = text; (at = strstr(at, "QUANT")); at++)
		last = at;
	for (const char *line = strchr(last, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
		n += errors_of(line + 1);
		n_nodes++;
	}
	if (n)
		found(d, WARN, "pw-top (column ERR: whose; column BUSY: how long it took)",
			"%ld periods were late, of %ld nodes", n, n_nodes);
	else
		found(d, OK, NULL, "no period was late");
}

static void check_realtime(struct doctor *d)
{
	static const char *const argv[] = {"ps", "-eLo", "cls=,rtprio=,comm=", NULL};
	static char ps[BOX_TEXT_MAX];
	struct box quiet = d->box;
	long best = -1;

	quiet.seen = NULL; /* other people's programs */
	if (box_program(&quiet, "threads", argv, ps, sizeof(ps)) < 0) {
		found(d, INFO, "sudo apt install procps", "ps does not say");
		return;
	}
	for (const char *line = ps; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		const size_t len = strcspn(line, "\n");
		long priority;

		if (!memmem(line, len, "data-loop", 9))
			continue;
		line += strspn(line, " ");
		priority =
			!strncmp(line, "FF", 2) || !strncmp(line, "RR", 2) ? strtol(line + 2, NULL, 10) : 0;
		best = priority > best ? priority : best;
	}
	if (best < 0)
		found(d, INFO, NULL, "no audio thread runs here");
	else if (best == 0)
		found(d, WARN,
			"sudo apt install rtkit; or allow rtprio (mosctl doctor limits); "
			"systemctl --user restart pipewire",
			"PipeWire's audio thread is an ordinary one: everything comes before it");
	else
		found(d, OK, NULL, "PipeWire's audio thread has priority %ld", best);
}

static void check_rtkit(struct doctor *d)
{
	static const char *const places[] = {
		"/usr/libexec/rtkit-daemon", "/usr/lib/rtkit/rtkit-daemon", "/usr/lib/rtkit-daemon"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!box_exists(&d->box, places[i]))
			continue;
		found(d, OK, NULL, "installed");
		return;
	}
	found(d, INFO, "sudo apt install rtkit",
		"not installed: real-time priority comes from the limits only (mosctl doctor limits)");
}

const struct check pipewire_checks[] = {
	{"pipewire.socket", "MOS plays through PipeWire.", check_socket, 1},
	{"pipewire.quantum", "A key sounds a period after it was pressed.", check_quantum, 0},
	{"pipewire.xruns", "A period that came late is a click.", check_xruns, 0},
	{"pipewire.realtime", "The thread that plays has to come before all others.", check_realtime, 0},
	{"pipewire.rtkit", "It lends real-time priority to programs of people who have none.", check_rtkit,
		0},
	{0},
};
