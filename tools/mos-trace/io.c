/* SPDX-License-Identifier: MIT */
/* The view `io`: how long MOS' processes wait for their files, and the block devices below them. */
#include "view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>

#include "box.h"
#include "chrome.h"
#include "io.skel.h"
#include "io_table.h"

#define LOOK_MS 20
#define SCAN_NS INT64_C(1000000000)
#define SLOW_MS_DEFAULT 20
#define SLOW_MS_MAX 60000
#define ROWS_SHOWN 40u

static uint64_t slow_ms = SLOW_MS_DEFAULT;

/* As the kernel's side has them. */
struct device_figures {
	struct io_device device;
	struct hist read, write;
};

struct io_view {
	struct io_bpf *bpf;
	struct ring_buffer *ring;
	struct chrome *chrome;
	uint64_t n_spans;
	int64_t scanned_ns;
	bool has_devices;
	struct box box;
	struct io_table table;
};

enum { OPT_SLOW = 1000 };

static const struct option options[] = {{"slow-ms", required_argument, NULL, OPT_SLOW}, {0}};

static int io_option(int val, const char *arg)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(arg, &end, 10);
	if (errno || end == arg || *end || arg[0] == '-' || n == 0 || n > SLOW_MS_MAX)
		return trace_say(TRACE_USAGE, "--slow-ms takes 1 to %d ms, not \"%s\"", SLOW_MS_MAX, arg);
	slow_ms = n;
	return 0;
}

static void draw(struct io_view *v, const struct io_record *r, const struct io_row *row)
{
	const struct chrome_track at = {(pid_t)r->tgid, (pid_t)r->tid};
	char name[BOX_NAME_LEN], args[128], buf[16];
	const char *op = io_op_name(r->is_uring, r->op, buf, sizeof(buf));

	if (!chrome_is_named(v->chrome, at)) {
		box_name(at.pid, name, sizeof(name));
		chrome_name(v->chrome, at, name, NULL);
		chrome_name(v->chrome, at, NULL, row->comm);
	}
	(void)snprintf(args, sizeof(args),
		"{\"inode\":%" PRIu64 ",\"asked\":%" PRIu64 ",\"result\":%" PRId64 "}", (uint64_t)r->ino,
		(uint64_t)r->asked, (int64_t)r->result);
	/* requests of io_uring overlap: they cannot be slices of their thread */
	if (r->is_uring)
		chrome_span(v->chrome, at, "io_uring", op, ++v->n_spans, r->begin_ns, r->end_ns, args);
	else
		chrome_slice(v->chrome, at, "io", op, r->begin_ns, r->end_ns - r->begin_ns, args);
}

static int on_record(void *data, void *record, size_t size)
{
	const struct io_record *r = record;
	struct io_view *v = data;
	const struct io_row *row;

	if (size < sizeof(*r))
		return 0;
	row = io_table_add(&v->table, r);
	if (row && v->chrome)
		draw(v, r, row);
	return 0;
}

/* The numbers of system calls differ between machines. */
static void tell_calls(volatile uint8_t *call_of)
{
	static const struct {
		long nr;
		enum io_call call;
	} calls[] = {
		{SYS_read, IO_CALL_READ},
		{SYS_pread64, IO_CALL_READ},
		{SYS_write, IO_CALL_WRITE},
		{SYS_pwrite64, IO_CALL_WRITE},
		{SYS_fsync, IO_CALL_FSYNC},
		{SYS_fdatasync, IO_CALL_FDATASYNC},
		{SYS_ftruncate, IO_CALL_TRUNCATE},
		{SYS_fallocate, IO_CALL_TRUNCATE},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].nr < IO_CALLS_MAX)
			call_of[calls[i].nr] = (uint8_t)calls[i].call;
}

/* Who comes later is looked at from the next look on. */
static void find_processes(const struct run *run, struct io_view *v)
{
	v->scanned_ns = trace_now_ns();
	if (box_scan(&v->box, run->target.pid) < 0)
		return;
	box_tell(&v->box, bpf_map__fd(v->bpf->maps.processes));
}

static void io_close(struct run *run)
{
	struct io_view *v = run->data;

	trace_detach(run);
	ring_buffer__free(v->ring);
	io_bpf__destroy(v->bpf);
	free(v);
	run->data = NULL;
}

static int start(struct run *run, struct io_view *v)
{
	int r, n_told = -1;

	v->chrome = run->chrome;
	v->table.slow_ns = slow_ms * 1000000;
	v->bpf = io_bpf__open();
	if (!v->bpf)
		return trace_say_load(run->view, -errno);
	tell_calls(v->bpf->rodata->call_of);
	/* not every kernel has block devices */
	v->has_devices = trace_has_tracepoint("block_rq_issue") && trace_has_tracepoint("block_rq_complete");
	(void)bpf_program__set_autoload(v->bpf->progs.on_issue, v->has_devices);
	(void)bpf_program__set_autoload(v->bpf->progs.on_block_complete, v->has_devices);
	if (!trace_has_tracepoint("io_uring_submit_req"))
		(void)trace_say(
			0, "this kernel does not tell of io_uring's requests: system calls alone are shown");
	else
		n_told = trace_tracepoint_args("io_uring_complete");
	(void)bpf_program__set_autoload(v->bpf->progs.on_submit, n_told >= 3);
	(void)bpf_program__set_autoload(v->bpf->progs.on_complete, n_told == 3);
	(void)bpf_program__set_autoload(v->bpf->progs.on_complete_older, n_told > 3);
	r = trace_load(run, v->bpf->obj);
	if (r)
		return r;
	v->ring = ring_buffer__new(bpf_map__fd(v->bpf->maps.records), on_record, v, NULL);
	if (!v->ring)
		return trace_say(TRACE_FAILED, "no ring buffer: %s", strerror(errno));
	find_processes(run, v);
	return trace_attach(run, v->bpf->obj);
}

static int io_open(struct run *run)
{
	struct io_view *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return trace_say(TRACE_FAILED, "no memory");
	run->data = v;
	r = start(run, v);
	if (r)
		io_close(run);
	return r;
}

static int io_poll(struct run *run, int timeout_ms)
{
	struct io_view *v = run->data;
	int r = trace_look(v->ring, timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS);

	if (!run->is_gone && trace_now_ns() - v->scanned_ns > SCAN_NS)
		find_processes(run, v);
	return r;
}

/* Those who waited longest in all first. */
static int by_time(const void *va, const void *vb)
{
	const struct io_row *const *a = va, *const *b = vb;

	return ((*a)->took.sum < (*b)->took.sum) - ((*a)->took.sum > (*b)->took.sum);
}

/* @return n, rows in ret */
static size_t sorted(const struct io_table *t, const struct io_row *ret[IO_ROWS_MAX])
{
	for (size_t i = 0; i < t->n; i++)
		ret[i] = &t->row[i];
	qsort(ret, t->n, sizeof(*ret), by_time);
	return t->n;
}

static void print_row(const struct io_row *row, FILE *out)
{
	char name[BOX_NAME_LEN], buf[16], t[3][16];

	box_name((pid_t)row->tgid, name, sizeof(name));
	(void)fprintf(out,
		"%-14.14s %7u %-5s %-10s %8" PRIu64 " %9.1f %6" PRIu64 " %6" PRIu64 " %9s %9s %9s  %s\n",
		strcmp(name, "?") != 0 ? name : row->comm, row->tgid, row->is_uring ? "uring" : "call",
		io_op_name(row->is_uring, row->op, buf, sizeof(buf)), row->took.n, (double)row->bytes / 1024,
		row->shorter, row->errors, trace_time(hist_percentile(&row->took, 500), t[0], 16),
		trace_time(hist_percentile(&row->took, 990), t[1], 16), trace_time(row->took.max, t[2], 16),
		row->file);
	if (row->errors)
		(void)fprintf(out, "    its last error: %s\n", strerror(-row->last_error));
}

static void print_slow(const struct io_row *row, FILE *out)
{
	char name[BOX_NAME_LEN], buf[16], t[16];

	box_name((pid_t)row->tgid, name, sizeof(name));
	(void)fprintf(out,
		"SLOW: %s (%u) waited longer than %" PRIu64 " ms for %" PRIu64 " of %" PRIu64
		" %s of %s, at worst %s\n",
		name, row->tgid, slow_ms, row->slow, row->took.n,
		io_op_name(row->is_uring, row->op, buf, sizeof(buf)), row->file,
		trace_time(row->took.max, t, sizeof(t)));
}

typedef void (*told)(const struct io_record *r, uint64_t ns, void *data);

/* Requests that have no end yet, and for longer than is good. @return their number */
static uint32_t look_at_waiting(struct io_view *v, told tell, void *data)
{
	int fd = bpf_map__fd(v->bpf->maps.requests);
	uint64_t now = (uint64_t)trace_now_ns(), key, *at = NULL;
	struct io_record r;
	uint32_t n = 0;

	for (uint32_t i = 0; i < IO_REQUESTS_MAX && bpf_map_get_next_key(fd, at, &key) == 0; i++, at = &key) {
		if (bpf_map_lookup_elem(fd, &key, &r) < 0 || now < r.begin_ns + slow_ms * 1000000)
			continue;
		/* a timeout or poll waits as it is meant to; who has ended waits no more */
		if ((r.is_uring && (r.op == 6 || r.op == 11 || r.op == 15)) || box_is_gone((pid_t)r.tgid))
			continue;
		tell(&r, now - r.begin_ns, data);
		n++;
	}
	return n;
}

static void print_waiting(const struct io_record *r, uint64_t ns, void *data)
{
	char name[BOX_NAME_LEN], buf[16], t[16];

	box_name((pid_t)r->tgid, name, sizeof(name));
	(void)fprintf(data, "SLOW: %s (%u) has been waiting for a %s%s%s for %s\n", name, r->tgid,
		io_op_name(r->is_uring, r->op, buf, sizeof(buf)), r->file[0] ? " of " : "", r->file,
		trace_time(ns, t, sizeof(t)));
}

typedef void (*device_told)(const struct device_figures *f, void *a, void *b);

static void look_at_devices(const struct io_view *v, device_told tell, void *a, void *b)
{
	int fd = bpf_map__fd(v->bpf->maps.devices);
	struct device_figures *f = malloc(sizeof(*f));
	uint32_t key, *at = NULL;

	for (uint32_t i = 0; f && i < IO_DEVICES_MAX && bpf_map_get_next_key(fd, at, &key) == 0;
		i++, at = &key)
		if (bpf_map_lookup_elem(fd, &key, f) == 0)
			tell(f, a, b);
	free(f);
}

static void print_device(const struct device_figures *f, void *out, void *unused)
{
	char name[IO_FILE_LEN + 8];

	(void)snprintf(name, sizeof(name), "%s read", f->device.name);
	if (f->read.n)
		trace_print_hist(out, name, &f->read);
	(void)snprintf(name, sizeof(name), "%s write", f->device.name);
	if (f->write.n)
		trace_print_hist(out, name, &f->write);
}

static void io_text(struct run *run, FILE *out)
{
	struct io_view *v = run->data;
	const struct io_row **row = calloc(IO_ROWS_MAX, sizeof(const struct io_row *));
	size_t n = 0;

	(void)ring_buffer__consume(v->ring);
	if (row)
		n = sorted(&v->table, row);
	(void)fprintf(out, "%-14s %7s %-5s %-10s %8s %9s %6s %6s %9s %9s %9s  %s\n", "process", "pid", "by",
		"what", "n", "KiB", "short", "errors", "p50", "p99", "max", "file");
	for (size_t i = 0; i < n && i < ROWS_SHOWN; i++)
		print_row(row[i], out);
	if (n > ROWS_SHOWN)
		(void)fprintf(out, "... and %zu that waited less; --json has them all\n", n - ROWS_SHOWN);
	for (size_t i = 0; i < n; i++)
		if (row[i]->slow)
			print_slow(row[i], out);
	free(row);
	(void)look_at_waiting(v, print_waiting, out);
	if (v->has_devices) {
		(void)fputc('\n', out);
		trace_print_hist_head(out, "block device");
		look_at_devices(v, print_device, out, NULL);
	}
	if (v->table.left_out)
		(void)fprintf(out, "\n%" PRIu64 " requests to files beyond %u are missing above\n",
			v->table.left_out, IO_ROWS_MAX);
	if (v->bpf->bss->dropped)
		(void)fprintf(out, "\n%" PRIu64 " requests found no room and are missing above\n",
			(uint64_t)v->bpf->bss->dropped);
}

struct json {
	yyjson_mut_doc *doc;
	yyjson_mut_val *list;
};

static void row_to_json(const struct io_row *row, const struct json *to)
{
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(to->doc, to->list);
	char name[BOX_NAME_LEN], buf[16];

	box_name((pid_t)row->tgid, name, sizeof(name));
	(void)yyjson_mut_obj_add_strcpy(to->doc, o, "process", strcmp(name, "?") != 0 ? name : row->comm);
	(void)yyjson_mut_obj_add_uint(to->doc, o, "pid", row->tgid);
	(void)yyjson_mut_obj_add_str(to->doc, o, "by", row->is_uring ? "io_uring" : "syscall");
	(void)yyjson_mut_obj_add_strcpy(
		to->doc, o, "op", io_op_name(row->is_uring, row->op, buf, sizeof(buf)));
	(void)yyjson_mut_obj_add_str(to->doc, o, "file", row->file);
	(void)trace_json_hist(to->doc, o, "took", &row->took);
	(void)yyjson_mut_obj_add_uint(to->doc, o, "bytes", row->bytes);
	(void)yyjson_mut_obj_add_uint(to->doc, o, "short", row->shorter);
	(void)yyjson_mut_obj_add_uint(to->doc, o, "errors", row->errors);
	(void)yyjson_mut_obj_add_int(to->doc, o, "last_error", row->last_error);
	(void)yyjson_mut_obj_add_uint(to->doc, o, "slow", row->slow);
}

static void waiting_to_json(const struct io_record *r, uint64_t ns, void *data)
{
	const struct json *to = data;
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(to->doc, to->list);
	char name[BOX_NAME_LEN], buf[16];

	box_name((pid_t)r->tgid, name, sizeof(name));
	(void)yyjson_mut_obj_add_strcpy(to->doc, o, "process", name);
	(void)yyjson_mut_obj_add_uint(to->doc, o, "pid", r->tgid);
	(void)yyjson_mut_obj_add_strcpy(to->doc, o, "op", io_op_name(r->is_uring, r->op, buf, sizeof(buf)));
	(void)yyjson_mut_obj_add_strcpy(to->doc, o, "file", r->file);
	(void)yyjson_mut_obj_add_uint(to->doc, o, "ns", ns);
}

static void device_to_json(const struct device_figures *f, void *doc, void *list)
{
	yyjson_mut_val *o = yyjson_mut_arr_add_obj(doc, list);

	(void)yyjson_mut_obj_add_strcpy(doc, o, "name", f->device.name);
	(void)trace_json_hist(doc, o, "read", &f->read);
	(void)trace_json_hist(doc, o, "write", &f->write);
}

static void io_json(struct run *run, yyjson_mut_doc *doc, yyjson_mut_val *root)
{
	struct io_view *v = run->data;
	struct json to = {doc, NULL};

	(void)ring_buffer__consume(v->ring);
	(void)yyjson_mut_obj_add_uint(doc, root, "slow_ms", slow_ms);
	to.list = yyjson_mut_obj_add_arr(doc, root, "files");
	for (size_t i = 0; i < v->table.n; i++)
		row_to_json(&v->table.row[i], &to);
	to.list = yyjson_mut_obj_add_arr(doc, root, "waiting");
	(void)look_at_waiting(v, waiting_to_json, &to);
	to.list = yyjson_mut_obj_add_arr(doc, root, "devices");
	if (v->has_devices)
		look_at_devices(v, device_to_json, doc, to.list);
	(void)yyjson_mut_obj_add_uint(doc, root, "dropped", v->bpf->bss->dropped);
	(void)yyjson_mut_obj_add_uint(doc, root, "left_out", v->table.left_out);
}

const struct view view_io = {
	.name = "io",
	.summary = "files: requests of io_uring and system calls, by process and file, with their times",
	.help = "Shows how long MOS' processes wait for their files: the streamer of samples and journals by "
		"io_uring,\n"
		"scores and settings by system calls (read, write, fsync, fdatasync, truncate on regular "
		"files); how much\n"
		"they moved, what came short, what failed; and how long the block devices took for "
		"everybody's requests.\n"
		"Without a mos-rtcore the processes of all of MOS are shown.\n"
		"\n"
		"  --slow-ms N    name requests that took so long, or have been waiting so long (1..60000; "
		"20)\n",
	.needs_rtcore = false,
	.options = options,
	.option = io_option,
	.open = io_open,
	.poll = io_poll,
	.text = io_text,
	.json = io_json,
	.close = io_close,
};
