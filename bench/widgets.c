/* SPDX-License-Identifier: MIT */
/*
 * Widgets in numbers, while a score plays (WID-05, SCL-03): 1,000 starts and stops of one, then 100 of them at once.
 * A start is from the call to the answer that the widget is active: sandbox, process, connection, activation. Beside
 * it: bubblewrap alone starting /bin/true in the same namespaces, which is what the machine's kernel takes.
 *
 * Good: descriptors, mounts and clients after all that are what they were; xruns no more than in an equal time before.
 */
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"
#include "crowd.h"

#define N_CYCLES 1000u
#define N_AT_ONCE 100u
#define N_PEER 100u

static double ms_since(int64_t begin_ns)
{
	return (double)(bench_now_ns() - begin_ns) / 1e6;
}

static int fail(struct mos_client *c, const char *what)
{
	fprintf(stderr, "widgets: %s: %s\n", what, mos_client_error(c)->message);
	return -1;
}

static int call(struct mos_client *c, const char *method, const char *id)
{
	const struct mos_field args[] = {mos_str("id", id)};

	return mos_call_request(
		c, &(struct mos_request){.method = method, .args = args, .n_args = 1, .timeout_ms = 30000}, NULL);
}

static uint64_t counter(struct mos_client *c, const char *name)
{
	int i = mos_counters_find(mos_client_counters(c), name);

	return i < 0 ? 0 : mos_counters_get(mos_client_counters(c), (uint32_t)i);
}

struct figures {
	pid_t rtcore, broker;
	double rtcore_fds, broker_fds, broker_kib, mounts, clients;
};

static double n_fds(pid_t pid)
{
	char path[64];
	double n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static double rss_kib(pid_t pid)
{
	char path[64], line[128];
	long kib = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f)
		(void)fclose(f);
	return (double)kib;
}

static double n_mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	double n = 0;
	int ch;

	while (f && (ch = fgetc(f)) != EOF)
		n += ch == '\n';
	if (f)
		(void)fclose(f);
	return n;
}

/* Once those that left are gone from rtcore too, for which it is given a second. */
static void look(struct mos_client *c, struct figures *f)
{
	struct mos_reply reply = {0};

	for (int i = 0; i < 1000 && f->clients > 0 && (double)counter(c, "control.clients") > f->clients; i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);

	if (!f->rtcore && mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply) == 0)
		f->rtcore = (pid_t)mos_get_int(&reply.value, "rtcore/pid", 0);
	mos_reply_finish(&reply);
	if (!f->broker && mos_call(c, "broker.service.ping", MOS_NO_ARGS, &reply) == 0)
		f->broker = (pid_t)mos_get_int(&reply.value, "pid", 0);
	mos_reply_finish(&reply);
	f->rtcore_fds = n_fds(f->rtcore);
	f->broker_fds = n_fds(f->broker);
	f->broker_kib = rss_kib(f->broker);
	f->mounts = n_mounts();
	f->clients = (double)counter(c, "control.clients");
}

static int install(struct mos_client *c, const char *parent, uint32_t number)
{
	return crowd_install(c, parent, PROBE, number, "\"clock.read\", \"events.read\", \"events.emit\"");
}

static double bwrap_alone(void)
{
	static double ms[N_PEER];
	static const char *const argv[] = {"bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib",
		"/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev", "/usr/bin/true", NULL};
	static const char *const env[] = {"PATH=/usr/bin", NULL};

	for (uint32_t i = 0; i < N_PEER; i++) {
		int64_t begin_ns = bench_now_ns();
		pid_t pid;

		if (posix_spawnp(&pid, "bwrap", NULL, NULL, (char *const *)argv, (char *const *)env))
			return 0;
		(void)waitpid(pid, NULL, 0);
		ms[i] = ms_since(begin_ns);
	}
	bench_sort(ms, N_PEER);
	return bench_at(ms, N_PEER, 0.5);
}

static int cycles(struct mos_client *c, const char *parent)
{
	static double ms[N_CYCLES];
	struct figures before = {0}, after = {0};
	double peer_ms = bwrap_alone();
	uint64_t xruns;

	if (install(c, parent, 0) < 0)
		return -1;
	for (uint32_t i = 0; i < 10; i++) /* caches are warm */
		if (call(c, "broker.widget.start", "probe-0") < 0 || call(c, "broker.widget.stop", "probe-0") < 0)
			return fail(c, "start");
	look(c, &before);
	xruns = counter(c, "rt.xruns");
	for (uint32_t i = 0; i < N_CYCLES; i++) {
		int64_t begin_ns = bench_now_ns();

		if (call(c, "broker.widget.start", "probe-0") < 0)
			return fail(c, "start");
		ms[i] = ms_since(begin_ns);
		if (call(c, "broker.widget.stop", "probe-0") < 0)
			return fail(c, "stop");
	}
	xruns = counter(c, "rt.xruns") - xruns;
	after = before;
	look(c, &after);
	bench_sort(ms, N_CYCLES);
	bench_print("widgets.start.p50", bench_at(ms, N_CYCLES, 0.5), "ms", "bwrap true", peer_ms);
	bench_print("widgets.start.p99", bench_at(ms, N_CYCLES, 0.99), "ms", "bwrap true", peer_ms);
	bench_print("widgets.after_1000.rtcore_fds", after.rtcore_fds, "", "before", before.rtcore_fds);
	bench_print("widgets.after_1000.broker_fds", after.broker_fds, "", "before", before.broker_fds);
	bench_print("widgets.after_1000.broker_rss", after.broker_kib, "KiB", "before", before.broker_kib);
	bench_print("widgets.after_1000.mounts", after.mounts, "", "before", before.mounts);
	bench_print("widgets.after_1000.clients", after.clients, "", "before", before.clients);
	bench_print("widgets.after_1000.xruns", (double)xruns, "", NULL, 0);
	return 0;
}

static int at_once(struct mos_client *c, const char *parent)
{
	struct figures before = {0}, after = {0};
	int64_t begin_ns;
	uint64_t xruns, idle_xruns;
	char id[CROWD_ID_MAX];

	for (uint32_t i = 1; i <= N_AT_ONCE; i++)
		if (install(c, parent, i) < 0)
			return -1;
	look(c, &before);
	idle_xruns = counter(c, "rt.xruns");
	nanosleep(&(struct timespec){.tv_sec = 5}, NULL);
	idle_xruns = counter(c, "rt.xruns") - idle_xruns;
	xruns = counter(c, "rt.xruns");
	begin_ns = bench_now_ns();
	for (uint32_t i = 1; i <= N_AT_ONCE; i++) {
		crowd_id(PROBE, i, id);
		if (call(c, "broker.widget.start", id) < 0)
			return fail(c, id);
	}
	bench_print("widgets.100.start", ms_since(begin_ns), "ms", NULL, 0);
	bench_print("widgets.100.start.xruns", (double)(counter(c, "rt.xruns") - xruns), "", NULL, 0);
	xruns = counter(c, "rt.xruns");
	nanosleep(&(struct timespec){.tv_sec = 5}, NULL);
	bench_print("widgets.100.five_seconds.xruns", (double)(counter(c, "rt.xruns") - xruns), "", NULL, 0);
	bench_print("widgets.none.five_seconds.xruns", (double)idle_xruns, "", NULL, 0);
	bench_print("widgets.100.clients", (double)counter(c, "control.clients") - before.clients, "", NULL, 0);
	for (uint32_t i = 1; i <= N_AT_ONCE; i++) {
		crowd_id(PROBE, i, id);
		if (call(c, "broker.widget.remove", id) < 0)
			return fail(c, id);
	}
	after = before;
	look(c, &after);
	bench_print("widgets.after_100.rtcore_fds", after.rtcore_fds, "", "before", before.rtcore_fds);
	bench_print("widgets.after_100.broker_fds", after.broker_fds, "", "before", before.broker_fds);
	bench_print("widgets.after_100.mounts", after.mounts, "", "before", before.mounts);
	return 0;
}

int main(void)
{
	char parent[] = "/tmp/mos-bench-widgets-XXXXXX", command[128];
	struct mos_client *c;
	struct mos_error err;
	int rc;

	if (mos_client_create(&(struct mos_client_options){.name = "bench", .wait_ms = 5000}, &c, &err) < 0) {
		fprintf(stderr, "widgets: %s\n", err.message);
		return 1;
	}
	if (!mkdtemp(parent) || mos_score_load(c, DEMO_MIDI, NULL) < 0 || mos_transport_play(c, 0) < 0)
		return 1;
	rc = cycles(c, parent);
	(void)mos_transport_restart(c);
	if (rc == 0)
		rc = at_once(c, parent);
	(void)mos_transport_stop(c);
	mos_client_destroy(c);
	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", parent);
	if (system(command) != 0)
		fprintf(stderr, "widgets: %s is left\n", parent);
	return rc < 0 ? 1 : 0;
}
