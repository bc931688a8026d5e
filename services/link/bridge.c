/* SPDX-License-Identifier: MIT */
/* Between session and rtcore. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <mos/event.h>
#include <mos/rtctl.h>

#include "link.h"
#include "log.h"

#define TELL_US 100000
#define ACCURACY_US 1000
#define BEAT 1000000 /* millionths */
#define BEAT_US_120 500000
#define ROUND_BEATS 720720 /* all of 1 to 16 go into it */

static int64_t monotonic_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* --- Calls --- */

static void read_code(const struct wire_in *in, char code[64])
{
	strcpy(code, "none");
	if (in)
		(void)wire_get_str(in->error, "code", code, 64);
}

static void say_refusal(const char *what, const struct wire_in *in)
{
	char code[64];

	read_code(in, code);
	log_warning("%s: code=%s", what, code);
}

static void plain_done(void *data, int rc, struct wire_in *in)
{
	if (rc == -EREMOTEIO)
		say_refusal("the transport did not do it", in);
}

static void command(struct link_app *app, const char *method)
{
	struct rpc_conn *broker = broker_link_conn(&app->link);
	struct wire_out out;

	if (!broker)
		return;
	const uint32_t id = rpc_begin_call(broker, &out, method);
	(void)rpc_call(broker, &out, id, plain_done, app);
}

static void read_echo(struct link_app *app, const msgpack_object *map)
{
	struct link_echo *e = &app->echo;
	char leader[16] = "", state[16] = "";
	int flag = 0;

	*e = (struct link_echo){.is_known = true};
	(void)wire_get_str(map, "leader", leader, sizeof(leader));
	(void)wire_get_str(map, "state", state, sizeof(state));
	e->is_led = strcmp(leader, "link") == 0;
	e->is_playing = strcmp(state, "playing") == 0;
	e->is_heard = wire_get_bool(map, "heard", &flag) == 0 && flag;
	e->is_in_time = wire_get_bool(map, "in_time", &flag) == 0 && flag;
	(void)wire_get_i64(map, "changes", &e->n_tempo);
	(void)wire_get_i64(map, "ns_per_quarter", &e->npq);
	(void)wire_get_i64(map, "lost", &e->lost);
	(void)wire_get_i64(map, "jumps", &e->jumps);
	(void)wire_get_f64(map, "error_ms", &e->error_ms);
	(void)wire_get_f64(map, "phase", &e->phase);
	(void)wire_get_i64(map, "at_ns", &e->at_ns);
}

/* --- What comes back --- */

static void take_tempo(struct link_app *app)
{
	const struct link_echo *e = &app->echo;

	if (e->n_tempo > app->n_tempo && e->npq > 0)
		link_node_set_tempo(&app->node, (e->npq + 500) / 1000, link_net_now_us());
	app->n_tempo = e->n_tempo;
}

static void take_transport(struct link_app *app, bool was_known, bool was_playing)
{
	const struct link_start_stop *s = &app->node.start_stop;

	if (memcmp(&app->handled_in, &app->node.session, sizeof(app->handled_in)) != 0) {
		app->handled_in = app->node.session; /* each session has a time of its own */
		app->handled_us = 0;
	}
	if (!app->settings.start_stop) {
		app->handled_us = s->time_us; /* what was said before it is switched on is over */
		return;
	}
	if (s->time_us > app->handled_us) { /* the session's word came since */
		app->handled_us = s->time_us;
		if (s->is_playing == app->echo.is_playing)
			return;
		command(app, s->is_playing ? "kronos.transport.play" : "kronos.transport.stop");
		app->echo.is_playing = s->is_playing; /* what the next answer will say, if nobody else acts */
		app->may_refuse = s->is_playing;
		return;
	}
	if (app->may_refuse && !app->echo.is_playing) { /* without a score: others play on */
		app->may_refuse = false;
		return;
	}
	app->may_refuse = false;
	if (!was_known || was_playing == app->echo.is_playing || app->echo.is_playing == s->is_playing)
		return;
	link_node_set_playing(&app->node, app->echo.is_playing, link_net_now_us());
	app->handled_us = app->node.start_stop.time_us;
}

/* @return 1: the answer is on its way. */
static int follow(struct link_app *app, const char *leader);

static void told(void *data, int rc, struct wire_in *in)
{
	struct link_app *app = data;
	bool was_known = app->echo.is_known, was_playing = app->echo.is_playing;
	char code[64];

	app->is_asking = false;
	if (!app->is_running)
		return;
	if (rc < 0) {
		read_code(in, code);
		app->echo = (struct link_echo){0};
		app->is_taken_over |= strcmp(code, "kronos.clock.internal") == 0;
		return;
	}
	read_echo(app, in->result);
	if (!app->echo.is_led) {
		app->is_taken_over = true;
		return;
	}
	if (app->is_taken_over) { /* chosen again it is ours again, with our quantum */
		(void)follow(app, "link");
		return;
	}
	take_tempo(app);
	take_transport(app, was_known, was_playing);
}

/* Where the session is now: its phase, in our quantum and in whatever else is set in the transport. */
static void put_line(const struct link_app *app, struct wire_out *out)
{
	const int64_t before_ns = monotonic_ns(), host_us = link_net_now_us();
	const int64_t at_ns = before_ns + (monotonic_ns() - before_ns) / 2;
	const int64_t round = (int64_t)app->settings.quantum * ROUND_BEATS * BEAT;
	int64_t beat = link_node_beat(&app->node, host_us) % round, scaled;

	if (beat < 0)
		beat += round;
	scaled = beat * MOS_PPQ;
	wire_put_i64(out, "ticks", scaled / BEAT);
	wire_put_i64(out, "frac", (scaled % BEAT << 32) / BEAT);
	wire_put_i64(out, "at_ns", at_ns);
	wire_put_i64(out, "ns_per_quarter", app->node.timeline.beat_us * 1000);
	wire_put_i64(out, "changes", app->n_tempo);
}

static int on_tell(sd_event_source *s, uint64_t usec, void *data)
{
	struct link_app *app = data;
	struct rpc_conn *broker = broker_link_conn(&app->link);
	struct wire_out out;

	if (broker && !app->is_asking) {
		const uint32_t id = rpc_begin_call(
			broker, &out, app->is_taken_over ? "kronos.clock.status" : "kronos.clock.lead");

		if (!app->is_taken_over)
			put_line(app, &out);
		app->is_asking = rpc_call(broker, &out, id, told, app) == 0;
	}
	(void)sd_event_source_set_time_relative(s, TELL_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* --- Beginning and ending --- */

/* Our session begins where the transport is: nobody has to jump. */
static void begin_at(struct link_app *app, const struct link_echo *e)
{
	const int64_t now_us = link_net_now_us(), ago_us = (monotonic_ns() - e->at_ns) / 1000;

	link_node_set_tempo(&app->node, (e->npq + 500) / 1000, now_us);
	if (e->is_playing && e->phase >= 0 && e->phase < app->settings.quantum && ago_us > -BEAT &&
		ago_us < BEAT)
		link_node_set_phase(&app->node, (int64_t)(e->phase * BEAT),
			(int64_t)app->settings.quantum * BEAT, now_us - ago_us);
}

/* The transport follows us. Where nobody else has said anything yet the session begins at its tempo. */
static void take_answer(struct link_app *app, const msgpack_object *map)
{
	app->is_taken_over = false;
	read_echo(app, map);
	app->n_tempo = app->echo.n_tempo;
	if (app->node.n_peers == 0 && app->node.timeline.origin_beat == 0 && app->echo.npq > 0)
		begin_at(app, &app->echo);
}

static void followed(void *data, int rc, struct wire_in *in)
{
	struct link_app *app = data;

	if (app->is_running && rc < 0)
		say_refusal("the transport does not follow Link", in);
	if (app->is_running && rc == 0)
		take_answer(app, in->result);
	if (app->waiting) {
		link_put_status(app->waiting);
		rpc_finish(app->waiting, 0);
		app->waiting = NULL;
	}
}

static int follow(struct link_app *app, const char *leader)
{
	struct rpc_conn *broker = broker_link_conn(&app->link);
	struct wire_out out;

	if (!broker)
		return 0;
	const uint32_t id = rpc_begin_call(broker, &out, "kronos.clock.follow");

	wire_put_str(&out, "leader", leader);
	wire_put_f64(&out, "quantum", app->settings.quantum);
	return rpc_call(broker, &out, id, strcmp(leader, "link") == 0 ? followed : plain_done, app) == 0;
}

static int begin(struct link_app *app)
{
	struct link_id self;
	int rc;

	if (getrandom(&self, sizeof(self), 0) != sizeof(self))
		return -EIO;
	for (size_t i = 0; i < sizeof(self.byte); i++) /* as text, too, it can be read */
		self.byte[i] = (uint8_t)('!' + self.byte[i] % ('~' - '!' + 1));
	link_node_init(&app->node, &link_net_ops, &app->net, &self, BEAT_US_120, link_net_now_us());
	rc = link_net_start(&app->net, app->rpc.service->event, &app->node, app->settings.interface);
	if (rc >= 0)
		rc = sd_event_add_time_relative(app->rpc.service->event, &app->tell, CLOCK_MONOTONIC, TELL_US,
			ACCURACY_US, on_tell, app);
	app->echo = (struct link_echo){0};
	app->is_taken_over = false;
	app->is_running = true;
	return rc < 0 ? rc : 0;
}

void bridge_stop(struct link_app *app)
{
	if (!app->is_running)
		return;
	app->is_running = false;
	app->tell = sd_event_source_disable_unref(app->tell);
	link_net_stop(&app->net);
}

void bridge_up(struct link_app *app)
{
	if (app->is_running && !app->is_taken_over)
		(void)follow(app, "link");
}

int bridge_apply(struct link_app *app)
{
	bool was_running = app->is_running;
	int rc = 0;

	if (app->is_running &&
		(!app->settings.is_on || strcmp(app->net.interface, app->settings.interface) != 0))
		bridge_stop(app);
	if (app->settings.is_on && !app->is_running)
		rc = begin(app);
	if (rc < 0) {
		bridge_stop(app);
		return rc;
	}
	if (app->settings.is_on)
		return follow(app, "link");
	if (was_running && !app->is_taken_over)
		(void)follow(app, "internal");
	return 0;
}
