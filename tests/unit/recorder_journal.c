/* SPDX-License-Identifier: MIT */
/* The recorder's journal: what was kept is read back, whatever ended it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "recorder_fixture.h"

static const struct journal_limits roomy = {.segment_bytes = 16 << 20, .keep_bytes = 64 << 20};

static struct journal *begin(const char *dir, const char *name, const struct journal_limits *limits)
{
	struct journal *j = NULL;

	cr_assert_eq(journal_create(dir, name, limits, 1000, 2000, &j), 0);
	return j;
}

static void keep(struct journal *j, uint64_t from, uint64_t to)
{
	for (uint64_t n = from; n < to; n++) {
		struct mos_event ev = numbered(n);

		cr_assert_eq(journal_append(j, &ev), 0, "event %lu", n);
	}
}

/* Read to the end. @return events read; they must be numbered from `from` on, without a hole. */
static uint64_t read_all(const char *dir, const char *name, uint64_t from, uint64_t *ret_missing)
{
	struct journal_reader *r = NULL;
	uint64_t n = from, missing = 0;
	struct mos_event ev;
	int got;

	cr_assert_eq(journal_open(dir, name, &r), 0);
	while ((got = journal_next(r, &ev)) > 0) {
		if (got == 2) {
			missing += ev.seq;
			n = missing;
			continue;
		}
		cr_assert(is_numbered(&ev, n), "not event %lu", n);
		n++;
	}
	cr_assert_eq(got, 0);
	journal_reader_close(r);
	if (ret_missing)
		*ret_missing = missing;
	return n - (missing ? missing : from);
}

Test(recorder_journal, round_trip,
	.description = "EVT-21 HTL-03: every event is read back, bit for bit, in order, over many files")
{
	const struct journal_limits small = {.segment_bytes = 100000, .keep_bytes = 64 << 20};
	struct journal_info info[4];
	char dir[64];
	struct journal *j;

	make_dir(dir);
	cr_expect_eq(journal_crc("123456789", 9), 0xe3069283, "not CRC-32C");
	j = begin(dir, "take-1", &small);
	keep(j, 0, 1);
	cr_assert_eq(journal_flush(j), 0);
	keep(j, 1, 20000);
	cr_expect_eq(journal_figures(j).n_events, 20000);
	cr_assert_eq(journal_close(j), 0);
	cr_expect_eq(read_all(dir, "take-1", 0, NULL), 20000);
	cr_assert_eq(journal_list(dir, info, 4), 1);
	cr_expect_str_eq(info[0].name, "take-1");
	cr_expect_eq(info[0].n_records, 20000);
	cr_expect_eq(info[0].start_unix_ns, 2000);
	cr_expect_geq(info[0].segments, 16);
	remove_dir(dir);
}

Test(recorder_journal, figures,
	.description = "HTL-03: the journal says how it writes; a gap is kept where it was")
{
	char dir[64];
	struct journal_reader *r;
	struct mos_event ev;
	struct journal *j;

	make_dir(dir);
	j = begin(dir, "gap", &roomy);
	keep(j, 0, 10);
	cr_assert_eq(journal_gap(j, 77), 0);
	keep(j, 10, 20);
	printf("io_uring: %d\n", journal_figures(j).uring);
	cr_expect_eq(journal_figures(j).n_gaps, 1);
	cr_assert_eq(journal_close(j), 0);
	cr_assert_eq(journal_open(dir, "gap", &r), 0);
	for (int i = 0; i < 21; i++) {
		int got = journal_next(r, &ev);

		cr_assert_eq(got, i == 10 ? 2 : 1);
		if (i == 10)
			cr_expect_eq(ev.seq, 77);
	}
	cr_expect_eq(journal_next(r, &ev), 0);
	journal_reader_close(r);
	remove_dir(dir);
}

Test(recorder_journal, bounded,
	.description = "EVT-21: the journal rotates: the directory stays below what it may keep, memory "
		       "stays where it "
		       "was, and what is left is the newest, with the number of what is gone")
{
	const struct journal_limits small = {.segment_bytes = 1 << 20, .keep_bytes = 4 << 20};
	const uint64_t n_events = 300000; /* 24 MB */
	struct rusage before, after;
	char dir[64];
	struct journal *j;
	uint64_t missing, n;

	make_dir(dir);
	cr_assert_eq(journal_create(dir, "old", &small, 1, /* start_unix_ns= */ 1, &j), 0);
	keep(j, 0, 1000);
	cr_assert_eq(journal_close(j), 0);
	j = begin(dir, "long", &small);
	keep(j, 0, 20000);
	getrusage(RUSAGE_SELF, &before);
	for (uint64_t at = 20000; at < n_events; at += 10000) {
		keep(j, at, at + 10000);
		cr_assert_leq(dir_bytes(dir), small.keep_bytes, "at event %lu", at);
	}
	getrusage(RUSAGE_SELF, &after);
	cr_assert_eq(journal_close(j), 0);
	cr_expect_leq(after.ru_maxrss - before.ru_maxrss, 8 * 1024, "it grows with what it keeps");
	n = read_all(dir, "long", 0, &missing);
	cr_expect_eq(n + missing, n_events);
	cr_expect_geq(n, 2 * small.segment_bytes / sizeof(struct journal_record));
	cr_expect_eq(
		journal_open(dir, "old", &(struct journal_reader *){0}), -ENOENT, "the oldest goes first");
	remove_dir(dir);
}

Test(recorder_journal, killed, .timeout = 100,
	.description = "HTL-05: kill -9 at any moment while recording: all that was flushed is there, a "
		       "beginning without "
		       "a hole")
{
	volatile uint64_t *flushed =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t seed = 5, total = 0;

	for (int round = 0; round < 20; round++) {
		const struct journal_limits small = {.segment_bytes = 200000, .keep_bytes = 64 << 20};
		char dir[64];
		uint64_t wanted, sure, n;
		pid_t pid;
		int status;

		make_dir(dir);
		*flushed = 0;
		seed = mix(seed + 1);
		wanted = 1 + seed % 30000;
		pid = fork();
		if (pid == 0) {
			struct journal *j;

			if (journal_create(dir, "take", &small, 1, 1, &j) < 0)
				_exit(1);
			for (uint64_t i = 0;; i++) {
				struct mos_event ev = numbered(i);
				struct journal_figures f;

				if (journal_append(j, &ev) < 0 || (i % 50 == 0 && journal_flush(j) < 0))
					_exit(1);
				f = journal_figures(j);
				__atomic_store_n(
					flushed, (f.bytes - f.segments * 128) / 80, __ATOMIC_RELEASE);
			}
		}
		while (__atomic_load_n(flushed, __ATOMIC_ACQUIRE) < wanted)
			cr_assert_eq(waitpid(pid, &status, WNOHANG), 0, "the recorder ended by itself");
		kill(pid, SIGKILL);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		sure = *flushed;
		n = read_all(dir, "take", 0, NULL);
		cr_expect_geq(n, sure, "%lu were told to be on disk, %lu are", sure, n);
		total += n;
		remove_dir(dir);
	}
	printf("20 kills, %lu events read\n", total);
	munmap((void *)flushed, 4096);
}

Test(recorder_journal, torn,
	.description = "HTL-05: cut at any byte, or one bit turned: everything before it is read, nothing "
		       "that is wrong")
{
	char dir[64], path[128];
	struct journal_reader *r;
	struct mos_event ev;
	struct journal *j;
	int fd;

	make_dir(dir);
	j = begin(dir, "torn", &roomy);
	keep(j, 0, 50);
	cr_assert_eq(journal_close(j), 0);
	snprintf(path, sizeof(path), "%s/torn.0001.journal", dir);
	for (uint64_t size = 128 + 50 * 80; size >= 128; size -= 7) {
		cr_assert_eq(truncate(path, (off_t)size), 0);
		cr_assert_eq(read_all(dir, "torn", 0, NULL), (size - 128) / 80, "cut at %lu", size);
		if (size < 135)
			break;
	}
	cr_assert_eq(truncate(path, 100), 0);
	cr_expect_eq(journal_open(dir, "torn", &r), -ENOENT, "no whole head, no recording");
	remove_dir(dir);

	make_dir(dir);
	j = begin(dir, "torn", &roomy);
	keep(j, 0, 50);
	cr_assert_eq(journal_close(j), 0);
	snprintf(path, sizeof(path), "%s/torn.0001.journal", dir);
	fd = open(path, O_RDWR);
	for (uint64_t at = 128; at < 128 + 50 * 80; at += 13) {
		uint8_t byte, turned;

		cr_assert_eq(pread(fd, &byte, 1, (off_t)at), 1);
		turned = byte ^ (uint8_t)(1u << at % 8);
		cr_assert_eq(pwrite(fd, &turned, 1, (off_t)at), 1);
		cr_assert_eq(read_all(dir, "torn", 0, NULL), (at - 128) / 80, "byte %lu turned", at);
		cr_assert_eq(journal_open(dir, "torn", &r), 0);
		while (journal_next(r, &ev) == 1)
			;
		cr_expect_eq(journal_reader_torn(r), 50 * 80 - (at - 128) / 80 * 80);
		journal_reader_close(r);
		cr_assert_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
	}
	close(fd);
	remove_dir(dir);
}

Test(recorder_journal, disk_full,
	.description =
		"HTL-05: a file that may not grow: recording ends with the reason, what was kept is whole")
{
	char dir[64];
	pid_t pid;
	int status;

	make_dir(dir);
	pid = fork();
	if (pid == 0) {
		const struct rlimit limit = {100000, 100000};
		struct journal *j;
		int r = 0;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		if (journal_create(dir, "full", &roomy, 1, 1, &j) < 0)
			_exit(1);
		for (uint64_t i = 0; i < 100000 && r == 0; i++) {
			struct mos_event ev = numbered(i);

			r = journal_append(j, &ev);
		}
		_exit(r < 0 && journal_close(j) == r ? 0 : 2);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0, "it went on (%x)", status);
	cr_expect_geq(read_all(dir, "full", 0, NULL), (100000 - 128) / 80 - 640);
	remove_dir(dir);
}

Test(recorder_journal, names,
	.description = "EVT-21: names are checked, never taken twice, listed by age, removed")
{
	static const char *const bad[] = {
		"", "A", "a/b", "..", "a b", "a.b", "-\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct journal_limits tight = {.segment_bytes = 1000, .keep_bytes = 1 << 20};
	struct journal_info info[8];
	struct journal *j = NULL;
	char dir[64], path[128];

	make_dir(dir);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_eq(journal_create(dir, bad[i], &roomy, 1, 1, &j), -EINVAL, "'%s'", bad[i]);
		cr_expect_eq(journal_remove(dir, bad[i]), -EINVAL);
	}
	cr_expect_eq(journal_create(dir, "a", &tight, 1, 1, &j), -EINVAL, "a segment that holds nothing");
	cr_expect_eq(journal_create("/nonexistent-dir", "a", &roomy, 1, 1, &j), -ENOENT);
	cr_expect_null(j);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(journal_create(dir, (const char *[]){"zz", "b", "a"}[i], &roomy, 1,
				     100 + (uint64_t)i, &j),
			0);
		cr_assert_eq(journal_close(j), 0);
	}
	cr_expect_eq(journal_create(dir, "b", &roomy, 1, 1, &j), -EEXIST);
	/* what is no segment does no harm */
	snprintf(path, sizeof(path), "%s/x.0001.journal", dir);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	snprintf(path, sizeof(path), "%s/d.0001.journal", dir);
	cr_assert_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/l.0001.journal", dir);
	cr_assert_eq(symlink("/etc/passwd", path), 0);
	cr_assert_eq(journal_list(dir, info, 8), 3);
	cr_expect_str_eq(info[0].name, "zz");
	cr_expect_str_eq(info[2].name, "a");
	cr_assert_eq(journal_remove(dir, "b"), 0);
	cr_expect_eq(journal_remove(dir, "b"), -ENOENT);
	cr_expect_eq(journal_list(dir, info, 8), 2);
	cr_expect_eq(journal_list(dir, info, 1), 1);
	remove_dir(dir);
}
