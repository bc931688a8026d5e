/* SPDX-License-Identifier: MIT */
/* Backends: found by name, refused with a reason and at once where they cannot be had, and what they put on
 * the wire. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "band_bench.h"

static struct band_report report;

static int64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* A FIFO stands for the device. */
struct wire {
	char dir[32], path[48];
	int fd;
};

static struct wire wire_open(bool with_reader)
{
	struct wire w = {.dir = "/tmp/band-wire-XXXXXX", .fd = -1};

	cr_assert_not_null(mkdtemp(w.dir));
	(void)snprintf(w.path, sizeof(w.path), "%s/midi", w.dir);
	cr_assert_eq(mkfifo(w.path, 0600), 0);
	if (with_reader)
		w.fd = open(w.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return w;
}

static void wire_close(struct wire *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	(void)unlink(w->path);
	(void)rmdir(w->dir);
}

static const struct band_backend *raw(void)
{
	return band_backend_find("alsa-raw");
}

Test(band_backend, names,
	.description = "T-25 T-26: by the contract's names and ours; an unknown one is none")
{
	cr_assert_eq(band_backend_find("rtmidi"), band_backend_find("alsa-seq"));
	cr_assert_str_eq(band_backend_find("collect")->name, "collect");
	cr_assert_null(band_backend_find("mido"), "rtcore's");
	cr_assert_null(band_backend_find("alsa"));
	cr_assert_null(band_backend_find(""));
	for (const struct band_backend *b = band_backends; b->name; b++)
		cr_assert(b->text[0] && b->open && b->ports);
}

Test(band_backend, ports_by_name,
	.description =
		"T-27: the exact name first, then the only one that has it; else the list of what there is")
{
	char ports[][BACKEND_PORT_NAME] = {"Synth:in", "Synth:in 2", "Piano:in"};

	cr_assert_eq(backend_choose("Synth:in", ports, 3, &report), 0);
	cr_assert_eq(backend_choose("Piano", ports, 3, &report), 2);
	cr_assert_eq(backend_choose("in 2", ports, 3, &report), 1);
	cr_assert_eq(report.n_issues, 0);
	cr_assert_eq(backend_choose("Synth", ports, 3, &report), -EEXIST);
	cr_assert_str_eq(report.issue[0].code, "band.port.ambiguous");
	cr_assert_str_eq(report.issue[0].where, "RT_BACKEND_FAILURE");
	cr_assert_not_null(strstr(report.issue[0].message, "Synth:in, Synth:in 2, Piano:in"));
	cr_assert_eq(backend_choose("organ", ports, 3, &report), -ENOENT);
	cr_assert_str_eq(report.issue[1].code, "band.port.unknown");
	cr_assert_not_null(strstr(report.issue[1].message, "Piano:in"));
	cr_assert_eq(backend_choose("organ", ports, 0, &report), -ENOENT);
	cr_assert(report.issue[2].hint[0]);
}

Test(band_backend, absent,
	.description =
		"T-26 T-27: what this machine lacks is said at once, with what to do, and nothing is sent")
{
	const int64_t begin_ns = clock_ns();
	struct band_sender *sender = NULL;
	char ports[4][BACKEND_PORT_NAME];

	if (access("/dev/snd/seq", F_OK) != 0) {
		const struct band_backend *seq = band_backend_find("alsa-seq");

		cr_assert_eq(seq->open("Synth", &report, &sender), -ENODEV);
		cr_assert_null(sender);
		cr_assert_str_eq(report.issue[0].code, "band.backend.unavailable");
		cr_assert_str_eq(report.issue[0].where, "RT_BACKEND_FAILURE");
		cr_assert(report.issue[0].message[0] && report.issue[0].hint[0]);
		cr_assert_not_null(
			strstr(report.issue[0].message, seq->built ? "/dev/snd/seq" : "not built in"));
		cr_assert_eq(seq->ports(ports, 4), -ENODEV);
	}
	if (access("/dev/snd", F_OK) != 0) {
		report = (struct band_report){0};
		cr_assert_eq(raw()->open(NULL, &report, &sender), -ENODEV);
		cr_assert(report.n_errors == 1 && report.issue[0].hint[0]);
		cr_assert_eq(raw()->ports(ports, 4), -ENODEV);
	}
	cr_assert_lt(clock_ns() - begin_ns, SECOND, "T-27");
}

Test(band_backend, no_device,
	.description = "T-27: a path that is none, that nobody reads, or that is an ordinary file is refused "
		       "with the reason; the file stays as it is")
{
	struct wire w = wire_open(/* with_reader= */ false);
	struct band_sender *sender = NULL;
	char path[64];
	struct stat st;
	FILE *file;

	cr_assert_eq(raw()->open("/nowhere/midi", &report, &sender), -ENODEV);
	cr_assert_not_null(strstr(report.issue[0].message, "There is no /nowhere/midi"));
	cr_assert_eq(raw()->open(w.path, &report, &sender), -ENODEV);
	cr_assert_not_null(strstr(report.issue[1].message, "Nobody reads"));
	(void)snprintf(path, sizeof(path), "%s/song.txt", w.dir);
	file = fopen(path, "w");
	(void)fputs("words", file);
	(void)fclose(file);
	cr_assert_eq(raw()->open(path, &report, &sender), -ENODEV);
	cr_assert_not_null(strstr(report.issue[2].message, "no MIDI device"));
	cr_assert(stat(path, &st) == 0 && st.st_size == 5);
	cr_assert_eq(raw()->open(w.dir, &report, &sender), -ENODEV);
	cr_assert_null(sender);
	(void)unlink(path);
	wire_close(&w);
}

Test(band_backend, bytes,
	.description = "T-25 T-8: each kind of message as MIDI bytes, of MIDI 2.0 too; an end is a note-off "
		       "on the wire")
{
	static const struct {
		uint32_t ump[2];
		uint8_t n, bytes[12];
	} table[] = {
		{{0x20903c5a}, 3, {0x90, 0x3c, 0x5a}},
		{{0x20853c40}, 3, {0x85, 0x3c, 0x40}},
		{{0x20b97b00}, 3, {0xb9, 0x7b, 0x00}},
		{{0x20c12000}, 2, {0xc1, 0x20}},
		{{0x20d12000}, 2, {0xd1, 0x20}},
		{{0x20e00040}, 3, {0xe0, 0x00, 0x40}},
		{{0x10f80000}, 1, {0xf8}},
		{{0x10f20102}, 3, {0xf2, 1, 2}},
		{{0x10f00000}, 0, {0}},
		{{0x40903c00, 0xb4000000}, 3, {0x90, 0x3c, 0x5a}},
		{{0x40803c00, 0x80000000}, 3, {0x80, 0x3c, 0x40}},
		{{0x40b00700, 0xffffffff}, 3, {0xb0, 0x07, 0x7f}},
		{{0x30000000}, 0, {0}},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t bytes[12];

		cr_assert_eq(backend_bytes(table[i].ump, bytes), table[i].n, "%zu", i);
		cr_assert_arr_eq(bytes, table[i].bytes, table[i].n, "%zu", i);
	}
}

Test(band_backend, raw_is_what_was_collected,
	.description = "T-25 T-46: what comes out of the device is what the collecting sender has, message "
		       "for message, the sweep too")
{
	struct wire w = wire_open(/* with_reader= */ true);
	struct band_due events[64];
	const struct band_schedule schedule = {.due = events, .n_due = 64, .end_ns = 4 * SECOND};
	const struct mos_gate_policy policy = policy_of_contract();
	struct band_sender *sender;
	struct band_loop *loop, *twin;
	struct bench b;
	uint8_t got[2048], want[2048];
	uint32_t n = 0;
	ssize_t n_got;

	for (uint32_t i = 0; i < 64; i++)
		events[i] = i % 8 < 4 ? due(i / 8 * 500 * MS, m_on(i % 3, 48 + i % 4 * 4, 10 + i))
				      : due(i / 8 * 500 * MS + 400 * MS, m_off(i % 4 % 3, 48 + i % 4 * 4));
	cr_assert_eq(raw()->open(w.path, &report, &sender), 0, "%s", report.issue[0].message);
	cr_assert(sender->waits);
	bench_init(&b);
	b.sender.waits = true;
	loop = band_loop_new(&schedule, &policy, sender, T0);
	twin = band_loop_new(&schedule, &policy, &b.sender, T0);
	for (int64_t ns = T0; ns < T0 + 3 * SECOND;) {
		const int64_t wait_ns = bench_run(&b, twin, ns);

		cr_assert_eq(band_loop_run(loop, ns, NULL, NULL), wait_ns);
		ns += wait_ns;
	}
	band_loop_free(loop);
	band_loop_free(twin);
	for (uint32_t i = 0; i < b.n; i++)
		n += backend_bytes((uint32_t[2]){b.message[i].ump}, want + n);
	n_got = read(w.fd, got, sizeof(got));
	cr_assert_eq(n_got, n);
	cr_assert_arr_eq(got, want, n);
	bench_finish(&b);
	wire_close(&w);
}

Test(band_backend, reader_hangs_up,
	.description = "T-17 T-27: the device goes away while a chord sounds: RT_BACKEND_FAILURE, no signal, "
		       "no hang")
{
	struct wire w = wire_open(/* with_reader= */ true);
	const struct band_schedule schedule =
		SCHEDULE(SECOND, due(0, m_on(0, 60, 90)), due(MS, m_on(0, 64, 90)));
	const struct mos_gate_policy policy = policy_of_contract();
	struct band_sender *sender;
	struct band_loop *loop;

	(void)signal(SIGPIPE, SIG_DFL); /* it would kill us */
	cr_assert_eq(raw()->open(w.path, &report, &sender), 0);
	loop = band_loop_new(&schedule, &policy, sender, T0);
	cr_assert_gt(band_loop_run(loop, T0, NULL, NULL), 0);
	(void)close(w.fd);
	w.fd = -1;
	cr_assert_eq(band_loop_run(loop, T0 + MS, NULL, NULL), -EIO);
	band_loop_free(loop);
	wire_close(&w);
}

Test(band_backend, nobody_takes_it,
	.description =
		"T-47: a device that takes nothing any more is given up once, not waited for at each message")
{
	struct wire w = wire_open(/* with_reader= */ true);
	struct band_sender *sender;
	const uint32_t note[2] = {m_on(0, 60, 90), 0};
	int64_t begin_ns;
	int rc = 0;

	cr_assert_eq(raw()->open(w.path, &report, &sender), 0);
	begin_ns = clock_ns();
	for (uint32_t i = 0; i < 100000 && rc == 0; i++)
		rc = sender->send(sender, 0, note);
	cr_assert_eq(rc, -ETIMEDOUT);
	for (uint32_t i = 0; i < 1000; i++)
		cr_assert_eq(sender->send(sender, 0, note), -ETIMEDOUT);
	cr_assert_eq(sender->flush(sender), -ETIMEDOUT);
	sender->close(sender);
	cr_assert_lt(clock_ns() - begin_ns, SECOND);
	wire_close(&w);
}

/*** The thread ***/

static int64_t until(struct band_thread *thread, uint64_t n_sent, struct band_thread_status *ret)
{
	const int64_t give_up_ns = clock_ns() + 10 * SECOND;

	do {
		band_thread_status(thread, ret);
		(void)usleep(500);
	} while (ret->n_sent < n_sent && !ret->ended && clock_ns() < give_up_ns);
	return clock_ns();
}

Test(band_backend, thread,
	.description = "T-25 T-46 T-62: the thread plays in time, takes a change, and when it is stopped the "
		       "wire has the sweep and nothing sounds",
	.timeout = 30)
{
	struct wire w = wire_open(/* with_reader= */ true);
	struct band_due events[4] = {due(0, m_on(0, 60, 90)), due(20 * MS, m_off(0, 60)),
		due(20 * MS, m_on(0, 62, 90)), due(40 * MS, m_off(0, 62))};
	struct band_schedule schedule = {
		.due = events, .n_due = 4, .loop_end_ns = 40 * MS, .end_ns = 40 * MS};
	struct mos_gate_policy policy = policy_of_contract();
	const int64_t start_ns = clock_ns() + 10 * MS;
	struct band_thread_status status;
	struct band_thread *thread;
	struct band_sender *sender;
	uint8_t bytes[4096], down[128] = {0};
	uint32_t n_new = 0;
	int64_t at_ns;
	ssize_t n;

	policy.late_drop_ms = 0;
	cr_assert_eq(raw()->open(w.path, &report, &sender), 0);
	cr_assert_eq(band_thread_start(band_loop_new(&schedule, &policy, sender, start_ns), &thread), 0);
	(void)until(thread, 8, &status);
	cr_assert(!status.ended && status.error == 0);
	cr_assert_geq(clock_ns() - start_ns, 60 * MS, "musical time is never compressed");
	events[0].ump[0] = m_on(0, 70, 90);
	events[1].ump[0] = m_off(0, 70);
	cr_assert_eq(band_thread_replace(thread, &schedule, 40 * MS), -EINVAL, "its own loop ends there");
	at_ns = (status.position_ns / (40 * MS) + 4) * 40 * MS;
	for (uint32_t i = 0; i < 4; i++)
		events[i].due_ns += at_ns;
	schedule.loop_start_ns = at_ns;
	schedule.loop_end_ns = schedule.end_ns = at_ns + 40 * MS;
	cr_assert_eq(band_thread_replace(thread, &schedule, at_ns), 0);
	(void)until(thread, status.n_sent + 24, &status);
	cr_assert(status.position_ns > 0 && status.position_ns < at_ns + 40 * MS);
	band_thread_stop(thread);
	n = read(w.fd, bytes, sizeof(bytes));
	cr_assert_gt(n, 3 * 64 + 3 * 8);
	for (ssize_t i = 0; i + 3 <= n; i += 3) {
		if (bytes[i] == 0x90)
			down[bytes[i + 1]] = 1;
		else if (bytes[i] == 0x80)
			down[bytes[i + 1]] = 0;
		n_new += bytes[i] == 0x90 && bytes[i + 1] == 70;
	}
	for (uint32_t key = 0; key < 128; key++)
		cr_assert_eq(down[key], 0, "%u sounds", key);
	cr_assert_geq(n_new, 1, "the change was heard");
	cr_assert(bytes[n - 3] == 0xbf && bytes[n - 2] == 121, "T-62: the sweep is the last");
	wire_close(&w);
}

Test(band_backend, thread_ends,
	.description = "T-17 T-19: played to its end or failed, the thread says so and refuses changes",
	.timeout = 30)
{
	const struct band_schedule schedule =
		SCHEDULE(5 * MS, due(0, m_on(0, 60, 90)), due(4 * MS, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();

	for (int fails = 0; fails < 2; fails++) {
		struct band_thread_status status;
		struct band_thread *thread;
		struct bench b;

		bench_init(&b);
		b.fail_at = fails ? 2 : 0;
		cr_assert_eq(
			band_thread_start(band_loop_new(&schedule, &policy, &b.sender, clock_ns()), &thread),
			0);
		(void)until(thread, UINT64_MAX, &status);
		cr_assert(status.ended);
		cr_assert_eq(status.error, fails ? -EIO : 0);
		cr_assert_eq(band_thread_replace(thread, &schedule, 0), -ESHUTDOWN);
		band_thread_stop(thread);
		cr_assert_eq(b.n_closed, 1);
		cr_assert_eq(bench_sounding(&b), 0);
		bench_finish(&b);
	}
}
