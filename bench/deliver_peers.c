/* SPDX-License-Identifier: MIT */
/* A hub over Unix sockets, and D-Bus. Reader and hub are processes of their own, asleep between events. */
#include "deliver.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bench.h"

#define RECORD_BYTES 64

struct shared {
	int64_t heard_ns;
	uint32_t heard; /* number of the last event that all subscribers have */
};

static struct shared *share(void)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return s == MAP_FAILED ? NULL : s;
}

static void die_with_parent(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Wait until event `i` was heard. @return microseconds since begin_ns, negative: not within two seconds. */
static double wait_heard(const struct shared *s, uint32_t i, int64_t begin_ns)
{
	while (__atomic_load_n(&s->heard, __ATOMIC_ACQUIRE) != i) {
		if (bench_now_ns() - begin_ns > 2000000000)
			return -1;
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	return (double)(s->heard_ns - begin_ns) / 1000;
}

/* --- The hub --- */

static _Noreturn void be_hub(int in, const int *out, uint32_t n)
{
	char record[RECORD_BYTES];

	die_with_parent();
	while (recv(in, record, sizeof(record), 0) == sizeof(record))
		for (uint32_t i = 0; i < n; i++)
			(void)send(out[i], record, sizeof(record), MSG_NOSIGNAL);
	_exit(0);
}

static _Noreturn void be_reader(const int *in, uint32_t n, struct shared *s)
{
	int epoll = epoll_create1(0);
	struct epoll_event ev[64];
	uint32_t n_heard = 0;

	die_with_parent();
	for (uint32_t i = 0; i < n; i++)
		(void)epoll_ctl(epoll, EPOLL_CTL_ADD, in[i], &(struct epoll_event){.events = EPOLLIN, .data.fd = in[i]});
	for (;;) {
		int n_ready = epoll_wait(epoll, ev, 64, -1);

		for (int i = 0; i < n_ready; i++) {
			uint32_t record[RECORD_BYTES / 4];

			if (recv(ev[i].data.fd, record, sizeof(record), MSG_DONTWAIT) != sizeof(record))
				continue;
			if (++n_heard < n)
				continue;
			n_heard = 0;
			s->heard_ns = bench_now_ns();
			__atomic_store_n(&s->heard, record[0], __ATOMIC_RELEASE);
		}
	}
}

static void end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

int deliver_hub(uint32_t n_subscribers, uint32_t n_events, struct deliver_peer *ret)
{
	static int near[1024], far[1024];
	struct rlimit files;
	struct shared *s = share();
	double *us = calloc(n_events, sizeof(*us));
	int in[2];
	pid_t hub, reader;
	size_t n = 0;

	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (!s || !us || n_subscribers > 1024 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, in) < 0)
		return -1;
	for (uint32_t i = 0; i < n_subscribers; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
			return -1;
		near[i] = pair[0];
		far[i] = pair[1];
	}
	hub = fork();
	if (hub == 0)
		be_hub(in[1], near, n_subscribers);
	reader = fork();
	if (reader == 0)
		be_reader(far, n_subscribers, s);
	for (uint32_t i = 1; i <= n_events; i++) {
		uint32_t record[RECORD_BYTES / 4] = {i};
		int64_t begin_ns;

		deliver_pause();
		begin_ns = bench_now_ns();
		(void)!send(in[0], record, sizeof(record), 0);
		us[n] = wait_heard(s, i, begin_ns);
		if (us[n] < 0)
			break;
		n++;
	}
	end(hub);
	end(reader);
	close(in[0]);
	close(in[1]);
	for (uint32_t i = 0; i < n_subscribers; i++) {
		close(near[i]);
		close(far[i]);
	}
	if (n == n_events) {
		bench_sort(us, n);
		ret->p50_us = bench_at(us, n, 0.5);
		ret->p99_us = bench_at(us, n, 0.99);
	}
	free(us);
	(void)munmap(s, sizeof(*s));
	return n == n_events ? 0 : -1;
}

/* --- D-Bus --- */

static int on_signal(sd_bus_message *m, void *data, sd_bus_error *error)
{
	struct shared *s = data;
	uint32_t i;

	if (sd_bus_message_read(m, "u", &i) < 0)
		return 0;
	s->heard_ns = bench_now_ns();
	__atomic_store_n(&s->heard, i, __ATOMIC_RELEASE);
	return 0;
}

static sd_bus *connect_to(const char *address)
{
	sd_bus *bus = NULL;

	if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, address) < 0 || sd_bus_set_bus_client(bus, 1) < 0 ||
		sd_bus_start(bus) < 0)
		return sd_bus_unref(bus);
	return bus;
}

static _Noreturn void hear_signals(const char *address, struct shared *s)
{
	sd_bus *bus;

	die_with_parent();
	bus = connect_to(address);
	if (!bus || sd_bus_match_signal(bus, NULL, NULL, "/mos/bench", "mos.Bench", "Tell", on_signal, s) < 0)
		_exit(1);
	s->heard_ns = 1; /* listening */
	for (;;)
		if (sd_bus_process(bus, NULL) == 0)
			(void)sd_bus_wait(bus, UINT64_MAX);
}

/* Start a daemon. @return its pid, -1; `address` is filled. */
static pid_t start_daemon(char *address, size_t size)
{
	int out[2];
	pid_t pid;
	ssize_t n;

	if (pipe(out) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		char fd[32];

		die_with_parent();
		(void)snprintf(fd, sizeof(fd), "--print-address=%d", out[1]);
		execlp("dbus-daemon", "dbus-daemon", "--session", "--nofork", "--nopidfile", fd, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	n = read(out[0], address, size - 1);
	close(out[0]);
	if (pid > 0 && n > 0) {
		address[n] = '\0';
		address[strcspn(address, "\n")] = '\0';
		return pid;
	}
	if (pid > 0)
		end(pid);
	return -1;
}

int deliver_dbus(uint32_t n_events, struct deliver_peer *ret)
{
	char address[512];
	struct shared *s = share();
	double *us = calloc(n_events, sizeof(*us));
	pid_t daemon = s && us ? start_daemon(address, sizeof(address)) : -1, reader = -1;
	sd_bus *bus = NULL;
	size_t n = 0;

	if (daemon > 0)
		bus = connect_to(address);
	if (bus) {
		int64_t begin_ns = bench_now_ns();

		reader = fork();
		if (reader == 0)
			hear_signals(address, s);
		while (!*(volatile int64_t *)&s->heard_ns && bench_now_ns() - begin_ns < 2000000000)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	for (uint32_t i = 1; bus && i <= n_events; i++) {
		int64_t begin_ns;

		deliver_pause();
		begin_ns = bench_now_ns();
		if (sd_bus_emit_signal(bus, "/mos/bench", "mos.Bench", "Tell", "u", i) < 0 || sd_bus_flush(bus) < 0)
			break;
		us[n] = wait_heard(s, i, begin_ns);
		if (us[n] < 0)
			break;
		n++;
	}
	sd_bus_flush_close_unref(bus);
	if (reader > 0)
		end(reader);
	if (daemon > 0)
		end(daemon);
	if (n == n_events) {
		bench_sort(us, n);
		ret->p50_us = bench_at(us, n, 0.5);
		ret->p99_us = bench_at(us, n, 0.99);
	}
	free(us);
	return n == n_events ? 0 : -1;
}
