/* SPDX-License-Identifier: MIT */
#include "mosctl_band_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct said band_said;

static char dir[64];

void band_rig_setup(void)
{
	cr_assert_not_null(getenv("MOS_RUNTIME_DIR"), "to be run inside mos-session");
	(void)strcpy(dir, "/tmp/mos-band-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	/* A fresh session's services are up a moment later. */
	do
		MOSCTL(&band_said, "ping", "band");
	while (band_said.code != 0);
}

void band_rig_teardown(void)
{
	char command[96];

	BAND("stop");
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

const char *band_rig_path(const char *name)
{
	static char path[64][256];
	static unsigned int turn;
	char *to = path[turn++ % 64];

	(void)snprintf(to, sizeof(path[0]), "%s/%s", dir, name);
	return to;
}

const char *band_rig_write(const char *name, const char *text)
{
	const char *path = band_rig_path(name);
	FILE *to = fopen(path, "w");

	cr_assert_not_null(to);
	cr_assert_geq(fputs(text, to), 0);
	cr_assert_eq(fclose(to), 0);
	return path;
}

void band_expect(int code, const char *out, const char *err)
{
	cr_assert_eq(band_said.code, code, "exit %d: %s%s", band_said.code, band_said.out, band_said.err);
	cr_assert(!out || strstr(band_said.out, out), "no \"%s\" in: %s", out, band_said.out);
	cr_assert(!err || strstr(band_said.err, err), "no \"%s\" in: %s", err, band_said.err);
}
