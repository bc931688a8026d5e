/* SPDX-License-Identifier: MIT */
/* Which amplifier models are known, and where they lie. */
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "models.h"

static char root[64];
static struct model found[MODELS_MAX];

static const char *path_of(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "we");

	cr_assert(f, "%s", name);
	(void)fputs(text, f);
	cr_assert_eq(fclose(f), 0);
}

static void folder(const char *name)
{
	cr_assert_eq(mkdir(path_of(name), 0700), 0, "%s", name);
}

static void setup(void)
{
	strcpy(root, "/tmp/broker-models-XXXXXX");
	cr_assert(mkdtemp(root));
	(void)unsetenv("MOS_MODEL_PATH");
	(void)setenv("XDG_DATA_HOME", "/nowhere", 1);
	(void)setenv("XDG_DATA_DIRS", "/nowhere:also/relative", 1);
	folder("a");
	folder("a/mos");
	folder("a/mos/models");
	folder("b");
	folder("b/mos");
	folder("b/mos/models");
	put("a/mos/models/lead.nam", "123");
	put("a/mos/models/.hidden.nam", "");
	put("a/mos/models/.nam", "");
	put("a/mos/models/readme.txt", "");
	put("a/mos/models/bad\xff.nam", "");
	folder("a/mos/models/folder.nam");
	put("b/mos/models/lead.nam", "12345");
	put("b/mos/models/clean sound.nam", "1");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void teardown(void)
{
	(void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(broker_models, .init = setup, .fini = teardown);

Test(broker_models, data_directories,
	.description = "WGT-17: models lie in mos/models of the data directories; of two of one name the "
		       "user's counts; what "
		       "is no model is none")
{
	char path[256], dirs[128];

	cr_expect_eq(models_list(found, MODELS_MAX), 0);
	cr_expect_eq(models_find("lead", path, sizeof(path)), -ENOENT);
	(void)setenv("XDG_DATA_HOME", path_of("a"), 1);
	cr_assert_eq(models_list(found, MODELS_MAX), 1);
	cr_expect_str_eq(found[0].name, "lead");
	(void)snprintf(dirs, sizeof(dirs), "/nowhere:%s", path_of("b"));
	(void)setenv("XDG_DATA_DIRS", dirs, 1);
	cr_assert_eq(models_list(found, MODELS_MAX), 2);
	cr_expect_str_eq(found[0].name, "clean sound");
	cr_expect(strcmp(found[1].name, "lead") == 0 && found[1].bytes == 3, "the first folder's");
	cr_assert_eq(models_find("lead", path, sizeof(path)), 0);
	cr_expect_str_eq(path, path_of("a/mos/models/lead.nam"));
	cr_assert_eq(models_find("clean sound", path, sizeof(path)), 0);
	cr_expect_str_eq(path, path_of("b/mos/models/clean sound.nam"));
	cr_expect_eq(models_find("lead", path, 10), -ENAMETOOLONG);
	cr_expect_eq(models_list(found, 1), 1);
}

Test(broker_models, names,
	.description = "WGT-17 SEC-09: a name leads to no file but a model in those folders")
{
	static const char *const bad[] = {"", ".", "..", ".hidden", "../models/lead", "./lead", "/etc/passwd",
		"folder", "readme.txt", "lead.nam", "bad\xff", "lead/"};
	char path[256], name[MODEL_NAME_MAX + 8];

	(void)setenv("MOS_MODEL_PATH", path_of("a/mos/models"), 1);
	cr_assert_eq(models_list(found, MODELS_MAX), 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect_eq(models_find(bad[i], path, sizeof(path)), -ENOENT, "%s", bad[i]);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	cr_expect_eq(models_find(name, path, sizeof(path)), -ENOENT);
	cr_expect_eq(models_find("lead", path, sizeof(path)), 0);
}
