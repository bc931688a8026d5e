/* SPDX-License-Identifier: MIT */
/* Files of the audit log: the chain, new files, crashes in the middle of a line, full disks. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_log.h"

static char dir[64], log_dir[80];
static struct audit_log book;

static void setup(void)
{
	strcpy(dir, "/tmp/audit-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(log_dir, sizeof(log_dir), "%s/audit", dir);
	cr_assert_eq(mkdir(log_dir, 0700), 0);
	book.fd = -1;
}

static void teardown(void)
{
	char command[128];

	audit_log_close(&book);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(broker_audit, .init = setup, .fini = teardown, .timeout = 60);

static const struct audit_note note = {.method = "kronos.transport.play",
	.with = "say=\"hi\"\n\\",
	.name = "a \"name\"\n",
	.pid = 4711,
	.uid = 1000};

static int open_book(void)
{
	uint64_t torn;

	return audit_log_open(&book, log_dir, &torn);
}

static void add(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(audit_log_add(&book, "broker", &note, 1), 0);
}

/* What sha256sum(1) and sed say of the chain: each line's hash is the next one's "prev". */
static int is_whole(void)
{
	static const char script[] =
		"last=; cat '%s'/audit-*.log | while IFS= read -r line; do "
		"prev=$(printf '%%s' \"$line\" | sed -n 's/.*\"prev\":\"\\([0-9a-f]*\\)\"}$/\\1/p'); "
		"[ ${#prev} = 64 ] || exit 1; [ -z \"$last\" ] || [ \"$prev\" = \"$last\" ] || exit 1; "
		"last=$(printf '%%s' \"$line\" | sha256sum | cut -d ' ' -f 1); done";
	char command[sizeof(script) + 128];

	(void)snprintf(command, sizeof(command), script, log_dir);
	return system(command) == 0;
}

static int count_files(void)
{
	char command[256], line[32] = "";
	FILE *f;

	(void)snprintf(command, sizeof(command), "ls '%s' | wc -l", log_dir);
	f = popen(command, "r");
	cr_assert_not_null(f);
	cr_assert_not_null(fgets(line, sizeof(line), f));
	pclose(f);
	return atoi(line);
}

static void newest_path(char path[static 512])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", book.fd);
	n = readlink(link, path, 511);
	cr_assert_gt(n, 0);
	path[n] = '\0';
}

Test(broker_audit, chain_over_restarts,
	.description = "SEC-04: each record carries the hash of the one before, over restarts; names cannot "
		       "forge lines")
{
	cr_assert_eq(open_book(), 0);
	add(5);
	audit_log_close(&book);
	cr_assert_eq(open_book(), 0);
	cr_assert_eq(book.n, 5);
	add(5);
	cr_assert_eq(book.n, 10);
	cr_expect(is_whole());
}

Test(broker_audit, files_go_on,
	.description = "SEC-04: a full file is followed by the next, the chain goes on; the oldest goes")
{
	char path[512], other[512];

	cr_assert_eq(open_book(), 0);
	book.file_max_bytes = 2000;
	add(5);
	newest_path(path);
	add(10);
	newest_path(other);
	cr_expect_str_neq(path, other);
	cr_expect(is_whole());
	add(100);
	cr_expect_eq(count_files(), AUDIT_FILES_MAX);
	cr_expect(is_whole());
	audit_log_close(&book);
	cr_assert_eq(open_book(), 0);
	cr_expect_eq(book.n, 115);
}

Test(broker_audit, half_a_line, .description = "SEC-04: a crash at any byte of a line loses that line only")
{
	char path[512];
	struct stat st;

	cr_assert_eq(open_book(), 0);
	add(3);
	newest_path(path);
	cr_assert_eq(stat(path, &st), 0);
	for (off_t cut = 1; cut < st.st_size / 3; cut += 7) {
		uint64_t torn = 0;

		audit_log_close(&book);
		cr_assert_eq(truncate(path, book.size_bytes - cut), 0);
		cr_assert_eq(audit_log_open(&book, log_dir, &torn), 0);
		cr_expect_gt(torn, 0);
		cr_expect_eq(book.n, 2, "cut %ld", (long)cut);
		add(1);
		cr_expect_eq(book.n, 3);
	}
	cr_expect(is_whole());
}

Test(broker_audit, empty_new_file,
	.description = "SEC-04: a crash between making a file and its first line breaks no chain")
{
	char path[512];
	int fd;

	cr_assert_eq(open_book(), 0);
	add(3);
	audit_log_close(&book);
	(void)snprintf(path, sizeof(path), "%s/audit-%020d.log", log_dir, 4);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert_eq(open_book(), 0);
	cr_expect_eq(book.n, 3);
	add(2);
	cr_expect_eq(count_files(), 1);
	cr_expect(is_whole());
}

Test(broker_audit, garbage,
	.description = "SEC-04: an end that is none of ours stays, and a new chain begins in a new file")
{
	char path[512];
	int fd;

	cr_assert_eq(open_book(), 0);
	add(3);
	newest_path(path);
	audit_log_close(&book);
	fd = open(path, O_WRONLY | O_APPEND);
	cr_assert_eq(write(fd, "{\"n\":\"x\"}\n", 10), 10);
	close(fd);
	cr_assert_eq(open_book(), -EBADMSG);
	cr_assert_geq(book.fd, 0);
	cr_expect_geq(book.n, 3, "no number is given twice: %llu", (unsigned long long)book.n);
	add(1);
	cr_expect_eq(count_files(), 2);
	cr_expect_not(is_whole());
	audit_log_close(&book);
	cr_assert_eq(open_book(), 0);
}

Test(broker_audit, full_disk,
	.description = "SEC-04: a line that does not fit leaves the file as it was, and the next goes on")
{
	struct rlimit limit, was;

	cr_assert_eq(open_book(), 0);
	add(2);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = (struct rlimit){.rlim_cur = book.size_bytes + 100, .rlim_max = was.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_lt(audit_log_add(&book, "broker", &note, 1), 0);
	cr_expect_lt(audit_log_add(&book, "broker", &note, 1), 0);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	cr_expect_eq(book.n, 2);
	add(2);
	cr_expect_eq(book.n, 4);
	cr_expect(is_whole());
}
