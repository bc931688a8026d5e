/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_of(const char *program)
{
	const char *slash = strrchr(program, '/');

	return slash ? slash + 1 : program;
}

void crowd_id(const char *program, uint32_t number, char ret[static CROWD_ID_MAX])
{
	(void)snprintf(ret, CROWD_ID_MAX, "%.20s-%u", base_of(program), number);
}

static int write_manifest(const char *folder, const char *id, const char *program, const char *capabilities)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/widget.json", folder);
	f = fopen(path, "we");
	if (!f)
		return -1;
	(void)fprintf(f,
		"{\"id\": \"%s\", \"name\": \"%s\", \"version\": \"1.0.0\", \"api\": 1, \"component\": "
		"\"%s\",\n"
		"\"capabilities\": [%s],\n"
		"\"defaultPosition\": {\"x\": 0, \"y\": 0}, \"defaultSize\": {\"width\": 1, \"height\": "
		"1}}\n",
		id, id, base_of(program), capabilities);
	return fclose(f) == 0 ? 0 : -1;
}

static int copy_program(const char *folder, const char *program)
{
	char path[512];
	struct stat st;
	int from, to, rc = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, base_of(program));
	from = open(program, O_RDONLY | O_CLOEXEC);
	to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	if (from >= 0 && to >= 0 && fstat(from, &st) == 0 &&
		sendfile(to, from, NULL, (size_t)st.st_size) == st.st_size)
		rc = 0;
	if (from >= 0)
		(void)close(from);
	if (to >= 0)
		(void)close(to);
	return rc;
}

int crowd_install(struct mos_client *c, const char *parent, const char *program, uint32_t number,
	const char *capabilities)
{
	char id[CROWD_ID_MAX], folder[400];

	crowd_id(program, number, id);
	(void)snprintf(folder, sizeof(folder), "%s/%s", parent, id);
	if (mkdir(folder, 0700) < 0 || write_manifest(folder, id, program, capabilities) < 0 ||
		copy_program(folder, program) < 0) {
		fprintf(stderr, "crowd: %s cannot be made\n", folder);
		return -1;
	}
	if (mos_call(c, "broker.widget.install", MOS_ARGS(mos_str("path", folder)), NULL) == 0)
		return 0;
	fprintf(stderr, "crowd: %s: %s\n", id, mos_client_error(c)->message);
	return -1;
}
