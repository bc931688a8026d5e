/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic units: how systemd keeps MOS. Without systemd, mos-session does. */
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define UNITS_MAX 16u

struct unit {
	char id[64], load[24], active[24], file[24], result[32], watchdog[24];
	long restarts;
};

static void set(char *to, size_t size, const char *line, const char *key)
{
	const size_t len = strlen(key);

	if (strncmp(line, key, len) == 0 && line[len] == '=')
		(void)snprintf(to, size, "%s", line + len + 1);
}
#define SET(to, line, key) set(to, sizeof(to), line, key)

/* Of one service manager, the user's or the box's. */
struct manager {
	const char *ctl, *journal; /* as people type them */
	int n;                     /* units; -1: it does not answer */
	struct unit unit[UNITS_MAX];
};

/* Blocks of KEY=VALUE, an empty line between two units. @return how many. */
static int parse(char *text, struct unit unit[static UNITS_MAX])
{
	unsigned int n = 0;

	for (char *line = text, *next; *line && n < UNITS_MAX; line = next) {
		char restarts[24] = "";

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		n += !*line && unit[n].id[0];
		if (n == UNITS_MAX)
			break;
		SET(unit[n].id, line, "Id");
		SET(unit[n].load, line, "LoadState");
		SET(unit[n].active, line, "ActiveState");
		SET(unit[n].file, line, "UnitFileState");
		SET(unit[n].result, line, "Result");
		SET(unit[n].watchdog, line, "WatchdogUSec");
		SET(restarts, line, "NRestarts");
		if (restarts[0])
			unit[n].restarts = strtol(restarts, NULL, 10);
	}
	return (int)(n + (n < UNITS_MAX && unit[n].id[0]));
}

static void ask(struct doctor *d, struct manager *m, const char *scope, const char *key)
{
	const char *const argv[] = {"systemctl", scope, "show", "mos.target", "mos-broker.service",
		"mos-rtcore.service", "mos-hermes.service", "mos-band.service", "mos-link.service", "mos-jack.service",
		"mos-theater.service", "-p",
		"Id,LoadState,ActiveState,UnitFileState,Result,NRestarts,WatchdogUSec", NULL};
	static char text[16384];

	memset(m, 0, sizeof(*m));
	m->ctl = strcmp(scope, "--user") ? "sudo systemctl" : "systemctl --user";
	m->journal = strcmp(scope, "--user") ? "journalctl" : "journalctl --user";
	m->n = box_program(&d->box, key, argv, text, sizeof(text)) < 0 || !text[0] ? -1
										   : parse(text, m->unit);
}

static const struct unit *find(const struct unit *unit, int n, const char *id)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(unit[i].id, id))
			return &unit[i];
	return NULL;
}

static int is_loaded(const struct unit *unit)
{
	return unit && !strcmp(unit->load, "loaded");
}

static int runs(const struct manager *m)
{
	const struct unit *target = find(m->unit, m->n, "mos.target");

	return is_loaded(target) && (!strcmp(target->active, "active") || !strcmp(target->file, "enabled"));
}

/* The user's manager, unless it is the box's that has MOS (a headless appliance). */
static void read_units(struct doctor *d, struct manager *m)
{
	static struct manager box;

	ask(d, m, "--user", "systemctl");
	if (runs(m))
		return;
	ask(d, &box, "--system", "systemctl-system");
	if (runs(&box))
		*m = box;
}

static int is_service(const struct unit *unit)
{
	return strstr(unit->id, ".service") && is_loaded(unit);
}

static void check_installed(struct doctor *d)
{
	static struct manager m;
	const struct unit *target;
	char hint[96];

	read_units(d, &m);
	target = find(m.unit, m.n, "mos.target");
	if (m.n < 0)
		found(d, INFO, "mos-session (it starts all of MOS by itself)",
			"no service manager answers here");
	else if (!is_loaded(target))
		found(d, INFO,
			"sudo apt install mos; or, of a checkout: meson install; mos-session works without",
			"the units of MOS are not installed");
	else if (!strcmp(target->file, "enabled"))
		found(d, OK, NULL, "mos.target is enabled (%s)", m.ctl);
	else
		found(d, INFO, BOX_PATH(hint, "%s enable --now mos.target", m.ctl),
			"mos.target is installed; it does not start by itself");
}

static void check_state(struct doctor *d)
{
	static struct manager m;
	int n_active = 0, n_bad = 0;
	char hint[200];

	read_units(d, &m);
	for (int i = 0; i < m.n; i++) {
		if (!is_service(&m.unit[i]))
			continue;
		n_active += !strcmp(m.unit[i].active, "active");
		if (!strcmp(m.unit[i].active, "failed")) {
			found(d, FAIL,
				BOX_PATH(hint, "%s -u %s -n 50; %s restart %s", m.journal, m.unit[i].id,
					m.ctl, m.unit[i].id),
				"%s failed: %s", m.unit[i].id, m.unit[i].result);
			n_bad++;
		} else if (m.unit[i].restarts > 0) {
			found(d, WARN, BOX_PATH(hint, "%s -u %s", m.journal, m.unit[i].id),
				"%s was restarted %ld times", m.unit[i].id, m.unit[i].restarts);
			n_bad++;
		}
	}
	if (n_bad)
		return;
	if (n_active)
		found(d, OK, NULL, "%d services run, none was restarted", n_active);
	else
		found(d, INFO, NULL, "no service of MOS runs under systemd");
}

static void check_watchdog(struct doctor *d)
{
	static struct manager m;
	int n_services = 0, n_without = 0;
	char hint[200];

	read_units(d, &m);
	for (int i = 0; i < m.n; i++) {
		if (!is_service(&m.unit[i]))
			continue;
		n_services++;
		if (strcmp(m.unit[i].watchdog, "0") != 0 && strcmp(m.unit[i].watchdog, "infinity") != 0 &&
			m.unit[i].watchdog[0])
			continue;
		n_without++;
		found(d, WARN, BOX_PATH(hint, "%s revert %s", m.ctl, m.unit[i].id),
			"%s: no watchdog: should it hang, nobody notices", m.unit[i].id);
	}
	if (!n_services)
		found(d, INFO, NULL, "no service of MOS is installed");
	else if (!n_without)
		found(d, OK, NULL, "all %d services are watched", n_services);
}

const struct check unit_checks[] = {
	{"units.installed", "systemd starts MOS with the session, and again should a part of it die.",
		check_installed, 0},
	{"units.state", "A service that failed says why in the journal.", check_state, 0},
	{"units.watchdog", "What hangs is ended and started again.", check_watchdog, 0},
	{0},
};
