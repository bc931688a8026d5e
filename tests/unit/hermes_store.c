/* SPDX-License-Identifier: MIT */
/*
 * services/hermes/store: scores on disk, and a disk that fails at every point. Rows HER-01, HER-13.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_vfs.h"
#include "store.h"

static char dir[64], path[96];
static struct store_error why;

static const char id_a[] = "0190c5e8-0000-7000-8000-00000000000a";
static const char id_b[] = "0190c5e8-0000-7000-8000-00000000000b";
static const struct store_facts facts = {.title = "A title",
	.composer = "J. Doe",
	.key = "C major",
	.format = "SMF 1",
	.n_measures = 4,
	.n_notes = 9};

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/hermes-store-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/scores.db", dir);
	disk_init();
}

static void teardown(void)
{
	static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock", ".copy"};
	char name[128];

	for (unsigned i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, endings[i]);
		(void)unlink(name);
	}
	cr_expect_eq(rmdir(dir), 0, "something is left in %s", dir);
}

static struct store *open_store(const char *vfs)
{
	struct store *store = NULL;
	const int rc = store_open(path, vfs, &store, &why);

	cr_assert_eq(rc, 0, "%s", why.text);
	return store;
}

static struct score_state state_of(uint64_t n)
{
	return (struct score_state){{n * 3, n << 60 | n}};
}

static int add(struct store *store, const char *id, const char *content, int loaded)
{
	return store_add(
		store, id, &facts, state_of(strlen(content)), content, strlen(content), loaded, 1000);
}

static int commit(struct store *store, const char *id, uint64_t revision, enum store_kind kind)
{
	char forward[64], backward[64];
	const struct store_change change = {
		.after = {revision, state_of(100 + revision)},
		.kind = kind,
		.forward = forward,
		.backward = backward,
		.n_forward = (size_t)snprintf(forward, sizeof(forward), "to %u", (unsigned)revision),
		.n_backward =
			(size_t)snprintf(backward, sizeof(backward), "back from %u", (unsigned)revision),
	};
	return store_commit(store, id, &change, &facts, 2000 + (int64_t)revision);
}

/* All that the store holds of a score, as text. */
static int append_change(void *data, const struct store_change *c)
{
	char *text = data;
	const size_t n = strlen(text);

	(void)snprintf(text + n, 4096 - n, " %u%c%.*s|%.*s", (unsigned)c->after.revision, "eur"[c->kind],
		(int)c->n_forward, (const char *)c->forward, (int)c->n_backward, (const char *)c->backward);
	cr_expect_eq(c->after.state.word[0], state_of(100 + c->after.revision).word[0]);
	return 0;
}

static void describe_score(struct store *store, const char *id, char *text)
{
	struct store_head head;
	struct score_bytes bytes;
	int rc;

	score_bytes_init(&bytes, &score_heap);
	rc = store_read(store, id, &head, &bytes);
	if (rc == -ENOENT) {
		strcat(text, "-;");
		score_bytes_finish(&bytes);
		return;
	}
	cr_assert_eq(rc, 0, "%s", store_why(store));
	const size_t n = strlen(text);
	(void)snprintf(text + n, 4096 - n, "%u %u %zu:%.*s", (unsigned)head.head.revision,
		(unsigned)head.content.revision, bytes.n, bytes.n < 20 ? (int)bytes.n : 20,
		(char *)bytes.data);
	score_bytes_finish(&bytes);
	cr_assert_eq(store_each_change(store, id, 0, append_change, text), 0, "%s", store_why(store));
	strcat(text, ";");
}

static void describe(struct store *store, char text[4096])
{
	text[0] = '\0';
	describe_score(store, id_a, text);
	describe_score(store, id_b, text);
	char loaded[STORE_ID_BYTES];
	cr_assert_eq(store_get_loaded(store, loaded), 0);
	strcat(text, loaded);
}

static void count_fault(void *data, const char *text)
{
	++*(unsigned *)data;
}

static unsigned count_faults(struct store *store)
{
	unsigned n = 0;

	cr_assert_eq(store_check(store, count_fault, &n), 0, "%s", store_why(store));
	return n;
}

TestSuite(hermes_store, .init = setup, .fini = teardown, .timeout = 120);

Test(hermes_store, what_is_written_is_read,
	.description = "HER-01: scores, changes, what is loaded, also after reopening")
{
	struct store *store = open_store(NULL);
	char text[4096], again[4096];

	cr_assert_eq(add(store, id_a, "content of a", 0), 0, "%s", store_why(store));
	cr_assert_eq(add(store, id_b, "b's", 1), 0, "%s", store_why(store));
	cr_expect_eq(add(store, id_b, "b's", 1), -EEXIST);
	cr_assert_eq(commit(store, id_a, 2, STORE_EDIT), 0, "%s", store_why(store));
	cr_assert_eq(commit(store, id_a, 3, STORE_UNDO), 0);
	cr_expect_eq(commit(store, id_a, 3, STORE_EDIT), -EINVAL, "a revision is used twice");
	cr_expect_eq(commit(store, "nobody", 2, STORE_EDIT), -ENOENT);
	describe(store, text);
	cr_expect_str_eq(text, "3 1 12:content of a 2eto 2|back from 2 3uto 3|back from 3;1 1 3:b's;"
			       "0190c5e8-0000-7000-8000-00000000000b");
	store_close(store);

	store = open_store(NULL);
	describe(store, again);
	cr_expect_str_eq(again, text);
	cr_expect_eq(count_faults(store), 0);
	cr_expect_eq(store_delete(store, id_b), -EBUSY, "the loaded score may go");
	cr_assert_eq(store_delete(store, id_a), 0);
	cr_expect_eq(store_delete(store, id_a), -ENOENT);
	cr_assert_eq(store_set_loaded(store, ""), 0);
	cr_assert_eq(store_delete(store, id_b), 0);
	describe(store, again);
	cr_expect_str_eq(again, "-;-;");
	store_close(store);
}

static int collect(void *data, const struct store_entry *entry)
{
	char *text = data;

	cr_expect_eq(entry->facts.n_notes, 9);
	(void)snprintf(
		text + strlen(text), 256 - strlen(text), "%c %s;", entry->score_id[35], entry->facts.title);
	return 0;
}

Test(hermes_store, lists,
	.description = "HER-02: newest first, by part of title or composer; signs of patterns are signs")
{
	struct store *store = open_store(NULL);
	struct store_facts f = facts;
	char text[256] = "", id[STORE_ID_BYTES];
	uint64_t n;

	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(id, sizeof(id), "0190c5e8-0000-7000-8000-00000000000%u", i);
		f.title = (const char *[]){"one", "50% two", "50x two", "th_ree"}[i];
		cr_assert_eq(store_add(store, id, &f, state_of(i), "x", 1, 0, 1000 + i), 0);
	}
	cr_assert_eq(store_list(store, NULL, 0, 100, collect, text, &n), 0);
	cr_expect_str_eq(text, "3 th_ree;2 50x two;1 50% two;0 one;");
	cr_expect_eq(n, 4);
	text[0] = '\0';
	cr_assert_eq(store_list(store, "50%", 0, 100, collect, text, &n), 0);
	cr_expect_str_eq(text, "1 50% two;");
	text[0] = '\0';
	cr_assert_eq(store_list(store, "TWO", 1, 1, collect, text, &n), 0);
	cr_expect_str_eq(text, "1 50% two;");
	cr_expect_eq(n, 2);
	text[0] = '\0';
	cr_assert_eq(store_list(store, "h_r", 0, 9, collect, text, &n), 0);
	cr_expect_str_eq(text, "3 th_ree;");
	text[0] = '\0';
	cr_assert_eq(store_list(store, "doe", 0, 1, collect, text, &n), 0);
	cr_expect_eq(n, 4);
	int64_t at = 0;
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(store_next(store, &at, id), 0);
		cr_expect_eq(id[35], (char)('0' + i));
	}
	cr_expect_eq(store_next(store, &at, id), -ENOENT);
	store_close(store);
}

Test(hermes_store, HER_01_one_holder,
	.description = "HER-01 HER-02: a second store on the same file is refused and told who holds it; "
		       "nobody else may "
		       "read the file")
{
	struct store *store = open_store(NULL), *second = NULL;
	char pid[16];
	struct stat st;

	cr_expect_eq(store_open(path, NULL, &second, &why), -EBUSY);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	cr_expect_not_null(strstr(why.text, pid), "%s", why.text);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0600);
	store_close(store);
	store_close(open_store(NULL));
}

Test(hermes_store, other_files,
	.description = "HER-01: another program's database, a text, a newer store are refused")
{
	struct store *store = NULL;
	char command[256];
	FILE *f = fopen(path, "w");

	cr_assert(f && fputs("this is no database, but a text that is long enough to be taken for one, as "
			     "far as its "
			     "length goes, which has to be more than a hundred bytes\n",
			       f) > 0);
	fclose(f);
	cr_expect_eq(store_open(path, NULL, &store, &why), -EMEDIUMTYPE, "%s", why.text);
	unlink(path);
	(void)snprintf(command, sizeof(command), "sqlite3 %s 'CREATE TABLE t(x)'", path);
	if (system(command) != 0)
		cr_skip("no sqlite3 here");
	cr_expect_eq(store_open(path, NULL, &store, &why), -EMEDIUMTYPE, "%s", why.text);
	unlink(path);
	store_close(open_store(NULL));
	(void)snprintf(command, sizeof(command), "sqlite3 %s 'PRAGMA user_version = 99'", path);
	cr_assert_eq(system(command), 0);
	cr_expect_eq(store_open(path, NULL, &store, &why), -EMEDIUMTYPE, "%s", why.text);
}

Test(hermes_store, equal_content,
	.description = "HER-15: equal bytes are found, as long as they are the newest state")
{
	struct store *store = open_store(NULL);
	char id[STORE_ID_BYTES] = "";

	cr_assert_eq(add(store, id_a, "same", 0), 0);
	cr_expect_eq(store_find(store, "other", 5, id), -ENOENT);
	cr_assert_eq(store_find(store, "same", 4, id), 0);
	cr_expect_str_eq(id, id_a);
	cr_assert_eq(commit(store, id_a, 2, STORE_EDIT), 0);
	cr_expect_eq(store_find(store, "same", 4, id), -ENOENT);
	store_close(store);
}

static int count_change(void *data, const struct store_change *change)
{
	++*(unsigned *)data;
	return 0;
}

Test(hermes_store, checkpoints,
	.description = "HER-13: a checkpoint moves the content on; changes are kept to a bound, and "
		       "never those that the content lacks")
{
	struct store *store = open_store(NULL);
	const struct store_point point = {STORE_MAX_CHANGES + 50, state_of(7)}, early = {20, state_of(8)};
	unsigned n = 0;

	cr_assert_eq(add(store, id_a, "first", 0), 0);
	for (uint64_t r = 2; r <= STORE_MAX_CHANGES + 100; r++)
		cr_assert_eq(commit(store, id_a, r, STORE_EDIT), 0);
	cr_assert_eq(store_checkpoint(store, id_a, &early, "early", 5), 0);
	cr_assert_eq(store_each_change(store, id_a, 0, count_change, &n), 0);
	cr_expect_eq(n, STORE_MAX_CHANGES + 100 - 20);
	cr_assert_eq(store_checkpoint(store, id_a, &point, "later", 5), 0);
	n = 0;
	cr_assert_eq(store_each_change(store, id_a, 0, count_change, &n), 0);
	cr_expect_eq(n, STORE_MAX_CHANGES);
	n = 0;
	cr_expect_eq(store_one_change(store, id_a, 5, count_change, &n), -ENOENT);
	cr_expect_eq(store_one_change(store, id_a, STORE_MAX_CHANGES + 100, count_change, &n), 0);
	cr_expect_eq(n, 1);
	store_close(store);
}

Test(hermes_store, damage,
	.description = "HER-13: one bit turned anywhere is never read as if nothing were: a checksum, "
		       "SQLite, or a refusal to open says so")
{
	static char content[40000];
	struct store *store = open_store("disk");
	unsigned n_seen = 0, n_harmless = 0;
	char sound[4096], text[4096];

	for (unsigned i = 0; i < sizeof(content) - 1; i++)
		content[i] = (char)('a' + i * 7 % 26);
	cr_assert_eq(add(store, id_a, content, 1), 0);
	cr_assert_eq(commit(store, id_a, 2, STORE_EDIT), 0);
	describe(store, sound);
	store_close(store);
	for (uint64_t at = 100; at < disk_size(".db"); at += 131) {
		struct score_bytes bytes;
		struct store_head head;
		int rc;

		cr_assert_eq(disk_damage(".db", at), 0);
		rc = store_open(path, "disk", &store, &why);
		if (rc == 0) {
			score_bytes_init(&bytes, &score_heap);
			unsigned n = 0;
			rc = store_read(store, id_a, &head, &bytes);
			if (rc == 0)
				rc = store_each_change(store, id_a, 1, count_change, &n);
			if (rc == 0) {
				cr_expect(bytes.n == sizeof(content) - 1 &&
						  memcmp(bytes.data, content, bytes.n) == 0 && n == 1,
					"byte %u", (unsigned)at);
				n_harmless++;
			} else {
				n_seen++;
			}
			score_bytes_finish(&bytes);
			store_close(store);
		} else {
			n_seen++;
		}
		cr_assert_eq(disk_damage(".db", at), 0);
	}
	cr_expect_gt(n_seen, 250, "%u seen, %u harmless", n_seen, n_harmless);
	store = open_store("disk");
	describe(store, text);
	cr_expect_str_eq(text, sound);
	store_close(store);
}

/* --- Every operation fails once --- */

#define N_STEPS 9

/* One step of a life of a store. */
static int step(struct store *store, unsigned i)
{
	static char large[30000];
	const struct store_point point = {3, state_of(103)};

	memset(large, 'L', sizeof(large) - 1);
	switch (i) {
	case 0:
		return add(store, id_a, "content of a", 0);
	case 1:
		return commit(store, id_a, 2, STORE_EDIT);
	case 2:
		return add(store, id_b, large, 1);
	case 3:
		return commit(store, id_b, 2, STORE_EDIT);
	case 4:
		return commit(store, id_a, 3, STORE_UNDO);
	case 5:
		return store_checkpoint(store, id_a, &point, "new content of a", 16);
	case 6:
		return store_set_loaded(store, id_a);
	case 7:
		return store_delete(store, id_b);
	default:
		return commit(store, id_a, 4, STORE_REDO);
	}
}

/* States that a life without faults goes through. */
static char expected[N_STEPS + 1][4096];

static unsigned live_without_faults(void)
{
	struct store *store;

	disk_init();
	store = open_store("disk");
	describe(store, expected[0]);
	disk_arm(DISK_SOUND, 0);
	for (unsigned i = 0; i < N_STEPS; i++) {
		cr_assert_eq(step(store, i), 0, "step %u: %s", i, store_why(store));
		store_tidy(store);
		describe(store, expected[i + 1]);
	}
	store_close(store);
	return disk_disarm();
}

/* With a fault at the n-th operation: each step that fails changes nothing, and later ones work where the
 * disk does. */
static void live_with_fault(enum disk_fault fault, unsigned at)
{
	struct store *store;
	unsigned done = 0, failed = N_STEPS;
	char text[4096];

	disk_init();
	store_close(open_store("disk"));
	disk_arm(DISK_SOUND, 0);
	store = open_store("disk");
	const unsigned opening = disk_disarm();
	disk_arm(fault, at > opening ? at - opening : 1);
	for (unsigned i = 0; i < N_STEPS; i++) {
		int rc = step(store, i);

		if (rc == 0) {
			done = i + 1;
			store_tidy(store);
			continue;
		}
		cr_expect(rc == -EIO || rc == -ENOSPC, "fault %d at %u, step %u: %d, %s", fault, at, i, rc,
			store_why(store));
		if (fault == DISK_FULL_ONCE || fault == DISK_ERROR_ONCE) {
			describe(store, text);
			cr_expect_str_eq(text, expected[done], "fault %d at %u: step %u changed something",
				fault, at, i);
			rc = step(store, i);
			cr_assert_eq(rc, 0, "fault %d at %u: step %u does not work again: %s", fault, at, i,
				store_why(store));
			done = i + 1;
			continue;
		}
		failed = i;
		break;
	}
	store_close(store);
	disk_disarm();
	if (fault == DISK_KILLED_FROM)
		disk_power_cut(at * UINT64_C(0x9e3779b97f4a7c15));
	store = open_store("disk");
	describe(store, text);
	cr_expect(strcmp(text, expected[done]) == 0 ||
			  (failed < N_STEPS && strcmp(text, expected[failed + 1]) == 0),
		"fault %d at %u: after %u steps\n%.300s\ninstead of\n%.300s", fault, at, done, text,
		expected[done]);
	cr_expect_eq(count_faults(store), 0);
	store_close(store);
}

Test(hermes_store, HER_13_every_operation_fails,
	.description = "HER-13: disk full, I/O errors, a kill with loss of power, at every write, sync, "
		       "truncation and "
		       "deletion: the old state or the new one, and the store works on")
{
	const unsigned n = live_without_faults();

	cr_assert_gt(n, 60, "%u", n);
	for (int fault = DISK_FULL_ONCE; fault < DISK_N_FAULTS; fault++) {
		for (unsigned at = 1; at <= n + 2; at++)
			live_with_fault((enum disk_fault)fault, at);
	}
}

Test(hermes_store, HER_13_opening_fails,
	.description = "HER-13: a store that cannot be made or opened is refused, and can be opened later")
{
	for (int fault = DISK_FULL_ONCE; fault < DISK_N_FAULTS; fault++) {
		for (unsigned at = 1; at < 60; at++) {
			struct store *store = NULL;
			char text[4096];

			disk_init();
			disk_arm((enum disk_fault)fault, at);
			if (store_open(path, "disk", &store, &why) == 0)
				store_close(store);
			disk_disarm();
			if (fault == DISK_KILLED_FROM)
				disk_power_cut(at);
			store = open_store("disk");
			describe(store, text);
			cr_expect_str_eq(text, "-;-;");
			cr_expect_eq(add(store, id_a, "x", 1), 0);
			store_close(store);
		}
	}
}

Test(hermes_store, backup, .description = "HER-13: a copy made while scores are changed is whole and sound")
{
	struct store *store = open_store(NULL), *copy = NULL;
	struct store_backup *backup = NULL;
	char name[128], text[4096], again[4096];
	static char large[6000000];
	uint64_t n_bytes = 0;
	int rc;

	memset(large, 'x', sizeof(large) - 1);
	cr_assert_eq(add(store, id_a, large, 1), 0);
	cr_assert_eq(store_backup_start(store, &backup), 0, "%s", store_why(store));
	cr_assert_eq(store_backup_step(backup), 1, "%s", store_why(store));
	cr_assert_eq(commit(store, id_a, 2, STORE_EDIT), 0);
	while ((rc = store_backup_step(backup)) == 1)
		;
	cr_assert_eq(rc, 0, "%s", store_why(store));
	(void)snprintf(name, sizeof(name), "%s.other", path);
	const int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	cr_assert_eq(store_backup_write(backup, fd, &n_bytes), 0, "%s", store_why(store));
	store_backup_finish(backup);
	close(fd);
	cr_expect_gt(n_bytes, sizeof(large));
	describe(store, text);
	store_close(store);
	cr_assert_eq(rename(name, path), 0);
	copy = open_store(NULL);
	describe(copy, again);
	cr_expect_str_eq(again, text);
	cr_expect_eq(count_faults(copy), 0);
	store_close(copy);
}
