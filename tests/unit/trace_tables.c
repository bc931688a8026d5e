/* SPDX-License-Identifier: MIT */
/* The tables of the views io and top. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io_table.h"
#include "top_rows.h"

static struct io_record request(uint64_t ino, uint64_t asked, int64_t result, uint64_t ns)
{
	struct io_record r = {.begin_ns = 1000,
		.end_ns = 1000 + ns,
		.asked = asked,
		.result = result,
		.ino = ino,
		.tgid = UINT32_MAX,
		.op = IO_CALL_READ,
		.comm = "reader",
		.file = "samples.sf2"};

	return r;
}

Test(trace_tables, io, .description = "io: bytes, short ones, failures, slow ones, by file and operation")
{
	struct io_table *t = calloc(1, sizeof(*t));
	struct io_record r;

	t->slow_ns = 5000;
	for (uint32_t i = 0; i < 3; i++) {
		r = request(7, 4096, i == 2 ? 100 : 4096, 1000);
		(void)io_table_add(t, &r);
	}
	r = request(7, 4096, -EIO, 5000);
	(void)io_table_add(t, &r);
	r = request(8, 0, 0, 100); /* counts in no bytes: not short */
	(void)io_table_add(t, &r);
	cr_assert_eq(t->n, 2);
	cr_assert_eq(t->row[0].bytes, 8292);
	cr_assert_eq(t->row[0].shorter, 1);
	cr_assert_eq(t->row[0].errors, 1);
	cr_assert_eq(t->row[0].last_error, -EIO);
	cr_assert_eq(t->row[0].slow, 1);
	cr_assert_eq(t->row[0].took.n, 4);
	cr_assert_eq(t->row[1].shorter, 0);
	cr_assert_str_eq(t->row[0].file, "samples.sf2", "nobody has it open: its last name");
	for (uint32_t i = 0; i < IO_ROWS_MAX; i++) {
		r = request(100 + i, 1, 1, 1);
		(void)io_table_add(t, &r);
	}
	cr_assert_eq(t->n, IO_ROWS_MAX);
	cr_assert_eq(t->left_out, 2);
	free(t);
}

Test(trace_tables, io_path, .description = "io: a file that is open is told with its whole path")
{
	char path[] = "/tmp/trace-io-XXXXXX", found[IO_PATH_LEN];
	int fd = mkostemp(path, O_CLOEXEC);
	struct stat st;

	cr_assert_geq(fd, 0);
	cr_assert_eq(fstat(fd, &st), 0);
	io_path((uint32_t)getpid(), st.st_ino, strrchr(path, '/') + 1, found, sizeof(found));
	cr_assert_str_eq(found, path);
	io_path((uint32_t)getpid(), st.st_ino, "another", found,
		sizeof(found)); /* the number alone is not enough */
	cr_assert_str_eq(found, "another");
	close(fd);
	(void)unlink(path);
}

static struct top_row thread(uint32_t tid, uint64_t run_ns)
{
	struct top_row row = {
		.tid = tid, .figures = {.tgid = 1, .run_ns = run_ns, .switches = run_ns / 10, .wakeups = 5}};

	for (uint64_t i = 0; i < run_ns / 10; i++)
		hist_add(&row.figures.wait, 1000 + run_ns, 0);
	return row;
}

Test(trace_tables, top_since,
	.description = "top: differences since the last picture, also of the histogram; a number given anew "
		       "begins anew")
{
	struct top_row before = thread(9, 100), after = thread(9, 100), anew = thread(9, 50);
	struct top_thread d;

	for (uint32_t i = 0; i < 10; i++)
		hist_add(&after.figures.wait, 50000, 0);
	after.figures.run_ns += 70;
	after.figures.switches += 7;
	after.figures.wakeups += 3;
	d = top_since(&after, &before);
	cr_assert_eq(d.run_ns, 70);
	cr_assert_eq(d.switches, 7);
	cr_assert_eq(d.wakeups, 3);
	cr_assert_eq(d.wait.n, 10);
	cr_assert_float_eq((double)hist_percentile(&d.wait, 500), 50000, 1600);
	cr_assert_eq(top_since(&anew, &before).run_ns, 50);
	cr_assert_eq(top_since(&after, NULL).run_ns, 170);
}

Test(trace_tables, top_words, .description = "top: order, policies and wakers as people read them")
{
	const struct top_thread since[] = {{.run_ns = 5}, {.run_ns = 50}, {.run_ns = 0}, {.run_ns = 50}};
	const struct top_thread fifo = {.policy = SCHED_FIFO, .prio = 11}, nice = {.prio = 130},
				lent = {.prio = 11};
	struct top_row row = {.waker = 77, .waker_n = 1, .waker_comm = "data-loop.0"};
	size_t order[4];
	char buf[32];

	top_order(since, 4, order);
	cr_assert_eq(order[0], 1);
	cr_assert_eq(order[1], 3);
	cr_assert_eq(order[2], 0);
	cr_assert_eq(order[3], 2);
	cr_assert_str_eq(top_policy(&fifo, buf, sizeof(buf)), "fifo 88");
	cr_assert_str_eq(top_policy(&nice, buf, sizeof(buf)), "nice 10");
	cr_assert_str_eq(top_policy(&lent, buf, sizeof(buf)), "pi 88");
	top_waker_name(&row, buf, sizeof(buf));
	cr_assert_str_eq(buf, "data-loop.0 77");
	row.waker = 0;
	top_waker_name(&row, buf, sizeof(buf));
	cr_assert_str_eq(buf, "interrupt");
	row.waker_n = 0;
	top_waker_name(&row, buf, sizeof(buf));
	cr_assert_str_eq(buf, "-");
}
