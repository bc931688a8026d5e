/* SPDX-License-Identifier: MIT */
/* mosctl report: the services' last lines, and how they were set up. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/box.h"
#include "report/report.h"

#define LOG_MAX (256u << 10) /* of each, the end */

/* The end of a file, from a whole line on. @return NULL: it cannot be read. */
static char *read_end(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
	struct stat st;
	char *text, *line;
	ssize_t n;

	if (fd < 0)
		return NULL;
	text = malloc(LOG_MAX + 1);
	if (!text || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		free(text);
		close(fd);
		return NULL;
	}
	n = pread(fd, text, LOG_MAX, st.st_size > (off_t)LOG_MAX ? st.st_size - (off_t)LOG_MAX : 0);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	line = st.st_size > (off_t)LOG_MAX ? strchr(text, '\n') : NULL;
	if (line)
		memmove(text, line + 1, strlen(line + 1) + 1);
	return text;
}

static void add_journal(struct report *r, const char *name, const char *scope)
{
	const char *const argv[] = {"journalctl", scope, "-u", "mos*", "-b", "-n", "1000", "--no-pager",
		"--no-hostname", "-o", "short-monotonic", NULL};
	char *text = malloc(LOG_MAX);
	struct box box;

	(void)box_open(&box, NULL);
	if (text && box_program(&box, "journalctl", argv, text, LOG_MAX) == 0)
		report_add(r, name, text, REDACT_LOG);
	free(text);
}

void report_logs(struct report *r)
{
	static struct box_names names;
	char path[PATH_MAX], name[128];
	struct box box;

	add_journal(r, "logs/journal-user.txt", "--user");
	add_journal(r, "logs/journal-system.txt", "--system");
	(void)box_open(&box, NULL);
	if (!r->log_dir || box_names(&box, r->log_dir, "", &names) < 0)
		return;
	for (unsigned int i = 0; i < names.n; i++) {
		const char *end = strrchr(names.name[i], '.');
		char *text;

		if (!end || strcmp(end, ".log") != 0 ||
			(size_t)snprintf(path, sizeof(path), "%s/%s", r->log_dir, names.name[i]) >=
				sizeof(path))
			continue;
		text = read_end(path);
		if (text)
			report_add(r, BOX_PATH(name, "logs/%s", names.name[i]), text, REDACT_LOG);
		free(text);
	}
}

void report_each_config(struct report *r, report_config_fn *call)
{
	static struct box_names names;
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char dir[2][PATH_MAX] = {"", "/etc/mos"}, path[PATH_MAX + 80], name[128];
	struct box box;

	if (xdg && *xdg)
		(void)snprintf(dir[0], sizeof(dir[0]), "%s/mos", xdg);
	else if (home && *home)
		(void)snprintf(dir[0], sizeof(dir[0]), "%s/.config/mos", home);
	(void)box_open(&box, NULL);
	for (int d = 0; d < 2; d++) {
		if (!dir[d][0] || box_names(&box, dir[d], "", &names) < 0)
			continue;
		for (unsigned int i = 0; i < names.n; i++) {
			const char *end = strrchr(names.name[i], '.');
			char *text;

			/* Scenes and themes have texts of people in them; settings are these. */
			if (!end || (strcmp(end, ".ini") != 0 && strcmp(end, ".conf") != 0))
				continue;
			text = read_end(BOX_PATH(path, "%s/%s", dir[d], names.name[i]));
			if (text)
				call(r, BOX_PATH(name, "config/%s/%s", d ? "etc" : "user", names.name[i]),
					text);
			free(text);
		}
	}
}

static void add_config(struct report *r, const char *name, const char *text)
{
	report_add(r, name, text, REDACT_CONFIG);
}

void report_config(struct report *r)
{
	report_each_config(r, add_config);
}
