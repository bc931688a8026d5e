/* SPDX-License-Identifier: MIT */
/* The recorder, the display of latencies, and a hundred widgets at once, in the whole system. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stage_play.h"
#include "stage_rig.h"
#include "system.h"

static const uint32_t highlights[] = {MOS_EVENT_ROCKY_HIGHLIGHT};

/* `number` tells events of one client apart, `from` the clients. */
static void emit(struct mos_client *c, uint64_t number, uint64_t from)
{
	struct mos_event ev = {.type = MOS_EVENT_ROCKY_HIGHLIGHT,
		.tick = INT64_MIN,
		.flags = (uint8_t)(number % 3 ? 0 : MOS_EVENT_IMMEDIATE),
		.u.highlight.keys = {number, from}};
	int rc;

	while ((rc = mos_emit(c, &ev)) == -EAGAIN)
		usleep(1000); /* the ring is full until rtcore's next turn */
	cr_assert_eq(rc, 0, "%s", strerror(-rc));
}

static bool is_number(const struct mos_event *ev, const void *data)
{
	return ev->u.highlight.keys[0] == *(const uint64_t *)data;
}

static void start_recording(struct mos_client *c, const char *name)
{
	stage_ask(c, "recorder", "record.start", MOS_ARGS(mos_str("name", name)), NULL);
}

static bool read_hex(const char *at, struct mos_event *ret)
{
	uint8_t *bytes = (uint8_t *)ret;

	for (size_t i = 0; i < sizeof(*ret); i++) {
		unsigned int byte;

		if (sscanf(at + 2 * i, "%2x", &byte) != 1)
			return false;
		bytes[i] = (uint8_t)byte;
	}
	return true;
}

/* The highlights of a recording's export, as they came over the bus. @return of how many events in all. */
static int64_t exported(struct mos_client *c, const char *name, struct stage_events *ret)
{
	static const char key[] = "\"record\":\"";
	struct mos_reply reply = {0};
	const void *bytes;
	int64_t n_events;
	char *text, *at;
	size_t size;

	stage_ask(c, "recorder", "record.export", MOS_ARGS(mos_str("name", name)), &reply);
	cr_assert_eq(mos_data_get(c, mos_get_natural(&reply.value, "id", 0), &bytes, &size), 0, "%s",
		mos_client_error(c)->message);
	n_events = mos_get_int(&reply.value, "events", -1);
	mos_reply_finish(&reply);
	at = text = malloc(size + 1);
	ret->event = calloc((size_t)n_events + 1, sizeof(*ret->event));
	cr_assert(text && ret->event);
	memcpy(text, bytes, size);
	text[size] = '\0';
	mos_data_release(bytes, size);
	for (ret->n = 0; (at = strstr(at, key)) != NULL;) {
		at += sizeof(key) - 1;
		cr_assert_lt(ret->n, (size_t)n_events + 1);
		cr_assert(read_hex(at, &ret->event[ret->n]));
		ret->n += ret->event[ret->n].type == MOS_EVENT_ROCKY_HIGHLIGHT;
	}
	free(text);
	return n_events;
}

Test(system_stage, a_recording, .timeout = 60,
	.description = "EVT-21: what two programs tell while the recorder records is in its export, "
		       "whole and in order")
{
	enum { N = 1000 }; /* more than a widget takes in one turn, and it is stopped at once */
	struct mos_client *c = system_connect("stage"), *other = system_connect("other");
	struct stage_events events = {0}, kept = {0};
	uint64_t last[2] = {0, 0};

	stage_start(c, "recorder", NULL, 0);
	stage_listen(c, highlights, 1);
	start_recording(c, "both");
	for (uint64_t i = 1; i <= N; i++) {
		emit(c, i, 0);
		emit(other, i, 1);
	}
	(void)stage_expect(c, &events, is_number, &(uint64_t){N}, "the last event");
	while (events.n < 2 * N) {
		cr_assert_eq(mos_events_wait(c, SYSTEM_WAIT_MS), 0);
		stage_take(c, &events);
	}
	stage_ask(c, "recorder", "record.stop", MOS_NO_ARGS, NULL);
	(void)exported(c, "both", &kept);
	cr_assert_eq(kept.n, 2 * N);
	for (size_t i = 0; i < kept.n; i++) {
		const struct mos_event *ev = &kept.event[i];

		cr_assert_lt(ev->u.highlight.keys[1], 2);
		cr_assert_eq(ev->u.highlight.keys[0], ++last[ev->u.highlight.keys[1]]);
		cr_assert_eq(ev->source, mos_client_info(ev->u.highlight.keys[1] ? other : c).slot);
	}
	stage_stop(c, "recorder");
	stage_events_finish(&kept);
	stage_events_finish(&events);
	mos_client_destroy(other);
	mos_client_destroy(c);
}

struct on_disk {
	struct mos_client *c;
	int64_t bytes;
};

static bool is_on_disk(void *data)
{
	struct on_disk *d = data;
	struct mos_reply reply = {0};
	bool is;

	stage_shown(d->c, "recorder", &reply);
	is = mos_get_int(&reply.value, "state/bytes", 0) >= d->bytes;
	mos_reply_finish(&reply);
	return is;
}

static bool restarted(void *data)
{
	return stage_number(data, "recorder", "restarts") >= 1;
}

Test(system_stage, a_recorder_that_is_killed, .timeout = 60,
	.description = "EVT-21 WID-05: kill -9 in the middle of a recording: what was on disk is a whole "
		       "beginning of what happened, "
		       "and the recorder comes back and goes on with others")
{
	enum { BEFORE = 400, N = 4000, KILL = 3000 };
	struct mos_client *c = system_connect("stage");
	struct stage_events kept = {0};
	struct mos_reply reply = {0};
	pid_t pid;

	stage_start(c, "recorder", NULL, 0);
	start_recording(c, "cut");
	for (uint64_t i = 1; i <= BEFORE; i++)
		emit(c, i, 0);
	/* a record is 80 bytes on disk, and counted when it is there */
	cr_assert(system_wait(is_on_disk, &(struct on_disk){c, BEFORE * 80}), "it writes nothing");
	pid = stage_process(c, "recorder", "recorder");
	cr_assert_gt(pid, 0, "its process is not found");
	for (uint64_t i = BEFORE + 1; i <= N; i++) {
		emit(c, i, 0);
		if (i == KILL)
			cr_assert_eq(kill(pid, SIGKILL), 0);
	}
	cr_assert(system_wait(restarted, c));
	cr_assert(stage_wait_state(c, "recorder", "active"));
	(void)exported(c, "cut", &kept);
	cr_log_info("%zu of %d events were kept, %d were on disk for sure", kept.n, N, BEFORE);
	cr_assert_geq(kept.n, BEFORE);
	for (size_t i = 0; i < kept.n; i++)
		cr_assert_eq(kept.event[i].u.highlight.keys[0], i + 1, "event %zu of the recording", i);
	stage_ask(c, "recorder", "record.start", MOS_ARGS(mos_str("name", "after")), NULL);
	stage_ask(c, "recorder", "record.stop", MOS_NO_ARGS, NULL);
	stage_ask(c, "recorder", "record.list", MOS_NO_ARGS, &reply);
	cr_assert_not_null(mos_get(&reply.value, "recordings/1"));
	mos_reply_finish(&reply);
	stage_stop(c, "recorder");
	stage_events_finish(&kept);
	mos_client_destroy(c);
}

static bool has_figures(void *data)
{
	static const char *const lines[] = {"audio cycle", "audio wake-up", "event delivery",
		"transport jitter", "input to output", "look-ahead", "seek", "frame"};
	struct mos_client *c = data;
	struct stage_events events = {0};
	struct mos_reply reply = {0};
	const char *text;
	bool has;

	/* delivery is what readers measure: there has to be one, and something to read */
	emit(c, 1, 0);
	stage_take(c, &events);
	stage_events_finish(&events);
	stage_shown(c, "latency-hud", &reply);
	has = mos_get_int(&reply.value, "state/cycle_p50_ns", 0) > 0 &&
	      mos_get_int(&reply.value, "state/cycle_p99_ns", 0) > 0 &&
	      mos_get_int(&reply.value, "state/wakeup_p99_ns", 0) > 0 &&
	      mos_get_int(&reply.value, "state/event_p99_ns", 0) > 0 &&
	      mos_get_real(&reply.value, "state/events_hz", 0) > 0 &&
	      mos_get_real(&reply.value, "state/jitter_ms", 0) > 0 &&
	      mos_get_real(&reply.value, "state/look_ahead_ms", 0) == 100 &&
	      mos_get_real(&reply.value, "state/frame_ms", 0) > 0;
	text = mos_get_str(&reply.value, "text", "");
	for (size_t i = 0; has && i < sizeof(lines) / sizeof(*lines); i++)
		cr_assert_not_null(strstr(text, lines[i]), "no %s in\n%s", lines[i], text);
	mos_reply_finish(&reply);
	return has;
}

Test(system_stage, figures, .timeout = 60,
	.description = "TIM-10 WGT-27: the latency display shows real figures, and all five thresholds")
{
	struct mos_client *c = system_connect("stage");
	struct mos_reply shot;

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	stage_start(c, "latency-hud", NULL, 0);
	/* a picture is only made when somebody looks */
	cr_assert_eq(mos_call(c, "theater.canvas.shot", MOS_ARGS(mos_int("divisor", 16)), &shot), 0, "%s",
		mos_client_error(c)->message);
	mos_reply_finish(&shot);
	cr_assert(system_wait(has_figures, c), "it shows none");
	mos_transport_stop(c);
	stage_stop(c, "latency-hud");
	mos_client_destroy(c);
}

#define CROWD 100
#define AT_ONCE 8 /* starts that are under way together: a process has its time to come up */

/* CROWD widgets in one folder of folders: one program under many ids. */
struct crowd {
	char dir[32];
	unsigned int n_begun, n_done, n_failed;
	char trouble[256];
};

static void copy_file(const char *from, const char *to, mode_t mode)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	struct stat st;

	cr_assert(in >= 0 && out >= 0, "%s: %s", from, strerror(errno));
	cr_assert_eq(fstat(in, &st), 0);
	for (off_t left = st.st_size; left > 0;) {
		const ssize_t n = sendfile(out, in, NULL, (size_t)left);

		cr_assert_gt(n, 0, "%s", strerror(errno));
		left -= n;
	}
	close(in);
	close(out);
}

static void install_member(struct mos_client *c, const struct crowd *crowd, int i)
{
	char folder[64], path[96];
	FILE *f;

	(void)snprintf(folder, sizeof(folder), "%s/crowd-%d", crowd->dir, i);
	cr_assert_eq(mkdir(folder, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/crowd", folder);
	copy_file(PROBE_DIR "/probe", path, 0755);
	(void)snprintf(path, sizeof(path), "%s/widget.json", folder);
	f = fopen(path, "we");
	cr_assert(f);
	(void)fprintf(f,
		"{\"id\": \"crowd-%d\", \"name\": \"One of many\", \"version\": \"1.0.0\", \"api\": 1, "
		"\"component\": \"crowd\",\n"
		"\"capabilities\": [\"clock.read\", \"events.read\", \"events.emit\"],\n"
		"\"defaultPosition\": {\"x\": 0, \"y\": 0}, \"defaultSize\": {\"width\": 10, \"height\": "
		"10}}\n",
		i);
	(void)fclose(f);
	stage_install(c, folder);
}

static void on_started(struct mos_client *c, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct crowd *crowd = data;

	(void)c;
	(void)reply;
	crowd->n_done++;
	if (rc < 0) {
		crowd->n_failed++;
		(void)snprintf(
			crowd->trouble, sizeof(crowd->trouble), "%s: %.160s", strerror(-rc), error->message);
	}
}

/* A call for each of them, some at a time. */
static void for_all(struct mos_client *c, struct crowd *crowd, const char *method)
{
	crowd->n_begun = crowd->n_done = 0;
	while (crowd->n_done < CROWD) {
		while (crowd->n_begun < CROWD && crowd->n_begun - crowd->n_done < AT_ONCE) {
			char id[16];

			(void)snprintf(id, sizeof(id), "crowd-%u", crowd->n_begun++);
			cr_assert_eq(mos_call_async(c,
					     &(struct mos_request){.method = method,
						     .timeout_ms = SYSTEM_WAIT_MS,
						     .args = (const struct mos_field[]){mos_str("id", id)},
						     .n_args = 1},
					     on_started, crowd),
				0);
		}
		cr_assert_geq(mos_events_dispatch(c, SYSTEM_WAIT_MS), 0);
	}
	cr_assert_eq(crowd->n_failed, 0, "%u of %d: %s", crowd->n_failed, CROWD, crowd->trouble);
}

/* @return how many of them have answered it, each once. */
static unsigned int answers(struct mos_client *c, uint64_t number)
{
	struct stage_events events = {0};
	bool has[1024] = {false};
	unsigned int n = 0;
	char want[24];

	(void)snprintf(want, sizeof(want), "%llu", (unsigned long long)number);
	emit(c, number, 0);
	for (size_t i = 0; n < CROWD; i++) {
		while (i == events.n) {
			cr_assert_eq(
				mos_events_wait(c, SYSTEM_WAIT_MS), 0, "%u of %d have answered", n, CROWD);
			stage_take(c, &events);
		}
		if (strcmp(events.event[i].u.feedback.message, want) != 0)
			continue;
		cr_assert(!has[events.event[i].source], "one has answered twice");
		has[events.event[i].source] = true;
		n++;
	}
	stage_events_finish(&events);
	return n;
}

static int unlink_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

Test(system_stage, a_hundred_at_once, .timeout = 200,
	.description = "SCL-03 E2.6.1.7: 100 sandboxed widgets are active together while the score plays: "
		       "each has its slot and "
		       "answers; then nothing of them is left")
{
	static const uint32_t feedback[] = {MOS_EVENT_ROCKY_FEEDBACK};
	struct mos_client *c = system_connect("stage"), *manager = system_connect("manager");
	struct crowd crowd = {.dir = "/tmp/mos-crowd-XXXXXX"};
	const pid_t rtcore = system_rtcore_pid(c), broker = system_broker_pid(c);
	const uint64_t clients = system_counter(c, "control.clients");
	struct mos_now before, now;
	uint64_t xruns, cycles;
	int fds, broker_fds;

	cr_assert(mkdtemp(crowd.dir));
	cr_assert_eq(chmod(crowd.dir, 0755), 0);
	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_events_select(manager, highlights, 1), 0);
	for (int i = 0; i < CROWD; i++)
		install_member(c, &crowd, i);
	/* playing makes rtcore hold one more, to keep the processor awake */
	cr_assert_eq(mos_clock_wait_tick(c, 2 * MOS_PPQ, SYSTEM_WAIT_MS), 0);
	fds = system_fds(rtcore);
	broker_fds = system_fds(broker);
	for_all(manager, &crowd, "broker.widget.start");
	cr_assert_eq(system_counter(c, "control.clients"), clients + CROWD);
	stage_listen(c, feedback, 1);
	xruns = system_counter(c, "rt.xruns");
	cycles = system_counter(c, "rt.cycle");
	cr_assert_eq(mos_clock_now(c, &before), 0);
	for (uint64_t i = 1; i <= 20; i++)
		cr_assert_eq(answers(c, i), CROWD);
	cr_assert_eq(mos_clock_wait_tick(c, before.tick + 4 * MOS_PPQ, SYSTEM_WAIT_MS), 0);
	cr_assert_eq(mos_clock_now(c, &now), 0);
	cr_assert_eq(now.clock.state, MOS_TRANSPORT_PLAYING);
	cr_log_info("%llu xruns in %llu cycles", (unsigned long long)(system_counter(c, "rt.xruns") - xruns),
		(unsigned long long)(system_counter(c, "rt.cycle") - cycles));
	for_all(manager, &crowd, "broker.widget.remove");
	cr_assert(stage_wait_counter(c, "control.clients", clients), "slots are still taken");
	cr_assert(stage_none_left("crowd"), "processes are left");
	cr_assert(system_wait_fds(rtcore, fds),
		"rtcore has %d descriptors, %d before", system_fds(rtcore), fds);
	cr_assert(system_wait_fds(broker, broker_fds),
		"the broker has %d descriptors, %d before", system_fds(broker), broker_fds);
	cr_assert_eq(system_rtcore_pid(c), rtcore);
	cr_assert_eq(system_broker_pid(c), broker);
	mos_transport_stop(c);
	(void)nftw(crowd.dir, unlink_one, 16, FTW_DEPTH | FTW_PHYS);
	mos_client_destroy(manager);
	mos_client_destroy(c);
}
