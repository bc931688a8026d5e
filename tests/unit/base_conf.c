/* SPDX-License-Identifier: MIT */
/* Settings of services in the state directory: whole or not at all. */
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"

static char root[64], state[96];
static char taken[256];

static void setup(void)
{
	strcpy(root, "/tmp/mos-conf-XXXXXX");
	cr_assert(mkdtemp(root));
	(void)snprintf(state, sizeof(state), "%s/state", root);
	setenv("MOS_STATE_DIR", state, 1);
	taken[0] = '\0';
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	return remove(path);
}

static void teardown(void)
{
	(void)nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(conf, .init = setup, .fini = teardown);

static bool take(void *data, const char *key, const char *value)
{
	const size_t len = strlen(taken);

	if (strcmp(key, "odd") == 0)
		return false;
	(void)snprintf(taken + len, sizeof(taken) - len, "%s=%s;", key, value);
	return true;
}

static const char *what_is_there(void)
{
	taken[0] = '\0';
	cr_assert_eq(conf_read("a.conf", take, NULL), 0);
	return taken;
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", state, name);
	f = fopen(path, "we");
	cr_assert(f);
	cr_assert_geq(fputs(text, f), 0);
	cr_assert_eq(fclose(f), 0);
}

Test(conf, kept, .description = "SCL-08: settings are there in the next run; before the first there are none")
{
	cr_assert_str_eq(what_is_there(), "");
	cr_assert_eq(conf_write("a.conf", "on=1\nname=x=y\n"), 0);
	cr_assert_str_eq(what_is_there(), "on=1;name=x=y;");
	cr_assert_eq(conf_write("a.conf", "on=0\n"), 0);
	cr_assert_str_eq(what_is_there(), "on=0;");
}

Test(conf, nonsense, .description = "SCL-08: lines that are none are left out, the others count")
{
	cr_assert_eq(mkdir(state, 0700), 0);
	put("a.conf", "on=1\nwithout\nodd=3\n=\n\nlast=2");
	cr_assert_str_eq(what_is_there(), "on=1;=;last=2;");
}

Test(conf, writer_was_killed, .description = "SCL-08: what a killed writer left half done neither counts nor is in the way")
{
	cr_assert_eq(conf_write("a.conf", "on=1\n"), 0);
	put("a.conf.part", "on");
	cr_assert_str_eq(what_is_there(), "on=1;");
	cr_assert_eq(conf_write("a.conf", "on=0\n"), 0);
	cr_assert_str_eq(what_is_there(), "on=0;");
}

Test(conf, no_room, .description = "SCL-08: where the disk has no room the old settings stay")
{
	const struct rlimit none = {.rlim_cur = 3, .rlim_max = RLIM_INFINITY};
	struct rlimit was;
	char part[128];

	cr_assert_eq(conf_write("a.conf", "on=1\n"), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	const int rc = conf_write("a.conf", "on=0\n");

	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	cr_expect_eq(rc, -ENOSPC, "three bytes of five: %d", rc);
	cr_expect_str_eq(what_is_there(), "on=1;");
	(void)snprintf(part, sizeof(part), "%s/a.conf.part", state);
	cr_expect_neq(access(part, F_OK), 0, "nothing is left behind");
}
