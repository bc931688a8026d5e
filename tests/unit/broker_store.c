/* SPDX-License-Identifier: MIT */
/* The store: what a kill may leave behind, and what a folder may contain. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store.h"

static struct store store;
static char top[64], folder[128];

static void put_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s", path);
	(void)fputs(text, f);
	cr_assert_eq(fclose(f), 0);
	cr_assert_eq(chmod(path, mode), 0);
}

static void make_widget(const char *version)
{
	char json[512];

	(void)mkdir(folder, 0755);
	(void)snprintf(json, sizeof(json),
		"{\"id\":\"w\",\"name\":\"W\",\"version\":\"%s\",\"api\":1,\"component\":\"bin/"
		"run\",\"capabilities\":[],"
		"\"defaultPosition\":{\"x\":0,\"y\":0},\"defaultSize\":{\"width\":1,\"height\":1}}",
		version);
	put_file(folder, "widget.json", json, 0644);
	put_file(folder, "version", version, 0644);
}

static void setup(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[160];

	(void)snprintf(top, sizeof(top), "%s/mos-store-XXXXXX", tmp ? tmp : "/tmp");
	cr_assert_not_null(mkdtemp(top));
	(void)snprintf(path, sizeof(path), "%s/state/deep/down", top);
	(void)setenv("MOS_STATE_DIR", path, 1);
	(void)snprintf(path, sizeof(path), "%s/bundles", top);
	(void)setenv("MOS_WIDGET_PATH", path, 1);
	cr_assert_eq(store_find(&store, "/nowhere"), 0);
	(void)snprintf(folder, sizeof(folder), "%s/folder", top);
	make_widget("1.0.0");
	(void)snprintf(path, sizeof(path), "%s/bin", folder);
	cr_assert_eq(mkdir(path, 0700), 0);
	put_file(path, "run", "#!/bin/sh\n", 0700);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static void teardown(void)
{
	(void)nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(store, .init = setup, .fini = teardown, .timeout = 60);

static void stage(char staged[static STORE_PATH_MAX])
{
	struct store_error err;
	struct manifest m;

	cr_assert_eq(store_stage(&store, folder, staged, &m, &err), 0, "%s: %s", err.where, err.message);
	manifest_finish(&m);
}

static int n_found;
static char found[256];

static void on_found(void *data, const char *path, int bundled)
{
	n_found++;
	(void)snprintf(found, sizeof(found), "%s", path);
}

/* The one that is installed; empty: none. */
static const char *installed_version(void)
{
	static char version[32];
	struct store_error err;
	struct manifest m;

	n_found = 0;
	store_each(&store, on_found, NULL);
	cr_assert_leq(n_found, 1, "two of them");
	if (!n_found)
		return "";
	cr_assert_eq(store_read_manifest(found, &m, &err), 0, "%s: %s", err.where, err.message);
	strcpy(version, m.version_text);
	manifest_finish(&m);
	return version;
}

/* Files and folders in a part of the state directory, hidden ones too. */
static int n_entries(const char *part)
{
	char path[STORE_PATH_MAX + 16];
	struct dirent *entry;
	int n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s", store.root, part);
	dir = opendir(path);
	cr_assert_not_null(dir);
	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return n;
}

Test(store, install,
	.description =
		"WID-15 E2.6.1.10: staged is not seen; committed it is, whole; a newer one takes its place")
{
	char staged[STORE_PATH_MAX], path[STORE_PATH_MAX + 16];
	struct stat st;

	stage(staged);
	cr_expect_str_eq(installed_version(), "", "nobody sees it yet");
	cr_assert_eq(store_commit(&store, staged, "w"), 0);
	cr_expect_str_eq(installed_version(), "1.0.0");
	(void)snprintf(path, sizeof(path), "%s/bin/run", found);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0755, "whatever it was before");
	make_widget("2.0.0");
	stage(staged);
	cr_assert_eq(store_commit(&store, staged, "w"), 0);
	cr_expect_str_eq(installed_version(), "2.0.0");
	cr_expect_eq(access(staged, F_OK), -1, "the older one is gone");
	cr_assert_eq(store_remove(&store, "w"), 0);
	cr_expect_str_eq(installed_version(), "");
	cr_expect_eq(store_remove(&store, "w"), -ENOENT);
}

Test(store, killed_while_replacing,
	.description = "WID-15 E2.6.1.10: kill -9 at any moment of 60 replacements leaves one whole version; "
		       "what is half-made "
		       "is cleared away",
	.timeout = 120)
{
	char staged[STORE_PATH_MAX];
	uint32_t seed = 1;

	stage(staged);
	cr_assert_eq(store_commit(&store, staged, "w"), 0);
	for (int i = 0; i < 60; i++) {
		struct timespec pause = {
			.tv_nsec = (long)((seed = seed * 1103515245 + 12345) >> 8) % 3000000};
		pid_t pid = fork();
		int status;
		size_t len;
		char *text;

		cr_assert_geq(pid, 0);
		if (!pid) {
			for (int n = 0;; n++) {
				struct store_error err;
				struct manifest m;

				make_widget(n % 2 ? "1.0.0" : "2.0.0");
				if (store_stage(&store, folder, staged, &m, &err) == 0) {
					manifest_finish(&m);
					(void)store_commit(&store, staged, "w");
				}
			}
		}
		(void)nanosleep(&pause, NULL);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_expect(!strcmp(installed_version(), "1.0.0") || !strcmp(installed_version(), "2.0.0"),
			"round %d: \"%s\"", i, installed_version());
		cr_assert_eq(store_read(&store, NULL, "widgets/w/version", 100, &text, &len), 0);
		cr_expect_str_eq(text, installed_version(), "round %d: of one version", i);
		free(text);
		/* The folder that is copied from may be cut off; not what was installed. */
		make_widget("1.0.0");
	}
	store_clean(&store);
	cr_expect_eq(n_entries("widgets"), 1, "the widget, and nothing half-made");
}

Test(store, killed_while_writing,
	.description = "WID-15 E2.6.1.10: kill -9 at any moment of writing settings leaves the old file or "
		       "the new, whole")
{
	static char old[20000], new[30000];
	uint32_t seed = 7;

	memset(old, 'o', sizeof(old));
	memset(new, 'n', sizeof(new));
	cr_assert_eq(store_write(&store, "w", "settings.json", old, sizeof(old)), 0);
	for (int i = 0; i < 60; i++) {
		struct timespec pause = {
			.tv_nsec = (long)((seed = seed * 1103515245 + 12345) >> 8) % 2000000};
		pid_t pid = fork();
		int status;
		size_t len;
		char *text;

		if (!pid) {
			for (int n = 0;; n++)
				(void)store_write(&store, "w", "settings.json", n % 2 ? old : new,
					n % 2 ? sizeof(old) : sizeof(new));
		}
		(void)nanosleep(&pause, NULL);
		cr_assert_eq(kill(pid, SIGKILL), 0);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert_eq(store_read(&store, "w", "settings.json", 100000, &text, &len), 0);
		cr_expect(len == (text[0] == 'o' ? sizeof(old) : sizeof(new)) && text[len - 1] == text[0],
			"round %d: %zu bytes of '%c'", i, len, text[0]);
		free(text);
	}
}

Test(store, files, .description = "WID-15 E2.6.1.10: limits, links and absence are told apart")
{
	char path[STORE_PATH_MAX], *text;
	size_t len;

	cr_expect_eq(store_read(&store, "w", "state.json", 100, &text, &len), -ENOENT);
	cr_assert_eq(store_write(&store, "w", "state.json", "12345", 5), 0);
	cr_expect_eq(store_read(&store, "w", "state.json", 4, &text, &len), -EFBIG);
	store_data_path(&store, "w", "state.json", path);
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(symlink("/etc/passwd", path), 0);
	cr_expect_eq(store_read(&store, "w", "state.json", 100000, &text, &len), -ELOOP);
	cr_assert_eq(store_write(&store, "w", "state.json", "{}", 2), 0, "the link itself is replaced");
	cr_assert_eq(store_read(&store, "w", "state.json", 100, &text, &len), 0);
	cr_expect_str_eq(text, "{}");
	free(text);
	cr_assert_eq(store_write(&store, NULL, "wanted", "w\n", 2), 0);
	cr_assert_eq(store_make_own(&store, "w"), 0);
	cr_assert_eq(store_purge(&store, "w"), 0);
	cr_expect_eq(store_read(&store, "w", "state.json", 100, &text, &len), -ENOENT);
	cr_expect_eq(store_purge(&store, "w"), 0, "nothing is there: fine");
}

Test(store, deep_folders,
	.description = "SEC-09: a widget's own folder as deep as a thousand levels is purged all the same")
{
	char path[STORE_PATH_MAX];
	int dir;

	cr_assert_eq(store_make_own(&store, "w"), 0);
	store_data_path(&store, "w", "files", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 1000; i++) {
		int next;

		cr_assert_eq(mkdirat(dir, "deeper", 0700), 0);
		next = openat(dir, "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cr_assert_geq(next, 0);
		close(dir);
		dir = next;
	}
	close(dir);
	cr_assert_eq(store_purge(&store, "w"), 0);
	store_clean(&store);
	cr_expect_eq(n_entries("widget-data"), 0, "nothing of it is left");
}

Test(store, closed_folders,
	.description =
		"SEC-09: what a widget has closed to itself, deep down, is purged too, and keeps nobody busy")
{
	const uid_t user = geteuid();
	char path[STORE_PATH_MAX];
	int dir, parent = -1;

	if (user == 0) { /* nothing is closed to root */
		cr_assert_eq(chown(top, 65534, 65534), 0);
		cr_assert_eq(seteuid(65534), 0);
	}
	cr_assert_eq(store_make_own(&store, "w"), 0);
	store_data_path(&store, "w", "files", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 40; i++) {
		if (parent >= 0)
			close(parent);
		parent = dir;
		cr_assert_eq(mkdirat(parent, "deeper", 0700), 0);
		dir = openat(parent, "deeper", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		cr_assert_geq(dir, 0);
		if (i > 10)
			cr_assert_eq(fchmod(parent, i % 2 ? 0500 : 0), 0);
	}
	close(parent);
	close(dir);
	cr_expect_eq(store_purge(&store, "w"), 0);
	store_clean(&store);
	cr_expect_eq(n_entries("widget-data"), 0, "nothing of it is left");
	(void)seteuid(user);
}
