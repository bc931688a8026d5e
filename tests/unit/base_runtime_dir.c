/* SPDX-License-Identifier: MIT */
/* The runtime directory: where it is, that it is made, that one at a time owns it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime_dir.h"

static char top[64], dir[RUNTIME_DIR_MAX];

static void setup(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(top, sizeof(top), "%s/mos-dir-XXXXXX", tmp ? tmp : "/tmp");
	cr_assert_not_null(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/mos", top);
}

static void teardown(void)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/broker.lock", dir);
	unlink(path);
	rmdir(dir);
	unlink(dir);
	cr_expect_eq(rmdir(top), 0);
}

TestSuite(runtime_dir, .init = setup, .fini = teardown, .timeout = 30);

Test(runtime_dir, find,
	.description = "--runtime-dir, then MOS_RUNTIME_DIR, then XDG_RUNTIME_DIR/mos, then /run/mos")
{
	char buf[RUNTIME_DIR_MAX], small[8];

	setenv("MOS_RUNTIME_DIR", "/a", 1);
	setenv("XDG_RUNTIME_DIR", "/b", 1);
	cr_expect(runtime_dir_find("/opt", buf, sizeof(buf)) == 0 && !strcmp(buf, "/opt"));
	cr_expect(runtime_dir_find(NULL, buf, sizeof(buf)) == 0 && !strcmp(buf, "/a"));
	setenv("MOS_RUNTIME_DIR", "", 1);
	cr_expect(runtime_dir_find(NULL, buf, sizeof(buf)) == 0 && !strcmp(buf, "/b/mos"));
	unsetenv("XDG_RUNTIME_DIR");
	cr_expect(runtime_dir_find("", buf, sizeof(buf)) == 0 && !strcmp(buf, "/run/mos"));
	cr_expect_eq(runtime_dir_find("relative", buf, sizeof(buf)), -EINVAL);
	cr_expect_eq(runtime_dir_find("/too/long", small, sizeof(small)), -ENAMETOOLONG);
}

Test(runtime_dir, make, .description = "made with mode 0700; a file in its place is no directory")
{
	struct stat st;
	FILE *f;

	umask(0);
	cr_assert_eq(runtime_dir_make(dir), 0);
	cr_assert_eq(stat(dir, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0700);
	cr_expect_eq(runtime_dir_make(dir), 0, "again is fine");
	cr_assert_eq(rmdir(dir), 0);
	f = fopen(dir, "w");
	cr_assert_not_null(f);
	fclose(f);
	cr_expect_eq(runtime_dir_make(dir), -ENOTDIR);
}

Test(runtime_dir, lock,
	.description = "CNF-03: the second holder is refused and told the first one's pid; closing frees it")
{
	pid_t holder = 0;
	int first, second;

	cr_assert_eq(runtime_dir_make(dir), 0);
	first = runtime_dir_lock(dir, "broker", &holder);
	cr_assert_geq(first, 0);
	cr_expect_eq(runtime_dir_lock(dir, "broker", &holder), -EBUSY);
	cr_expect_eq(holder, getpid());
	close(first);
	second = runtime_dir_lock(dir, "broker", &holder);
	cr_expect_geq(second, 0, "a lock file that is left over means nothing");
	close(second);
}

Test(runtime_dir, address, .description = "a socket's path that does not fit is refused, not cut")
{
	struct sockaddr_un address;
	char long_dir[120];

	cr_assert_eq(runtime_dir_address("/run/mos", "mos.sock", &address), 0);
	cr_expect_str_eq(address.sun_path, "/run/mos/mos.sock");
	memset(long_dir, 'x', sizeof(long_dir) - 1);
	long_dir[sizeof(long_dir) - 1] = '\0';
	cr_expect_eq(runtime_dir_address(long_dir, "mos.sock", &address), -ENAMETOOLONG);
}
