/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "band.h"
#include "log.h"

#define LOOK_NS 250000000 /* what others do with the transport is seen that soon */
#define BEHIND_LINE_NS 2000000
#define SETTLES_NS 500000000 /* a few of the longest cycles */
#define RESTORE_NS 200000000
#define PPQ 960

/* --- Where it is --- */

static struct place thread_place(const struct player *player)
{
	const struct band_performance *p = player->take->performance;
	const uint32_t n_bars = band_performance_plan(p)->n_bars;
	struct place place = {.time_ns = place_now_ns(), .is_playing = true};
	struct band_thread_status status;
	uint32_t low = 0, high = n_bars;

	band_thread_status(player->thread, &status);
	const int64_t at = status.position_ns < 0 ? 0 : status.position_ns;
	while (low + 1 < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (band_performance_bar_ns(p, middle) <= at)
			low = middle;
		else
			high = middle;
	}
	const int64_t tick = band_performance_bar_tick(p, low), ns = band_performance_bar_ns(p, low);
	const int64_t ticks = band_performance_bar_tick(p, low + 1) - tick;
	const int64_t length = band_performance_bar_ns(p, low + 1) - ns;
	if (ticks > 0 && length > 0)
		place.ns_per_tick = (double)length / (double)ticks;
	place.tick = tick + (place.ns_per_tick > 0 ? (int64_t)((double)(at - ns) / place.ns_per_tick) : 0);
	(void)band_performance_loop(p, &place.loop_start, &place.loop_end);
	return place;
}

struct place player_place(const struct player *player)
{
	return player->thread ? thread_place(player) : player->place;
}

void player_read_place(const msgpack_object *position, struct place *ret)
{
	const msgpack_object *loop = wire_get_map(position, "loop");
	char state[16] = "";
	double bpm = 0;
	int rolling = 0;

	*ret = (struct place){0};
	(void)wire_get_str(position, "state", state, sizeof(state));
	(void)wire_get_i64(position, "ticks", &ret->tick);
	(void)wire_get_i64(position, "time_ns", &ret->time_ns);
	(void)wire_get_f64(position, "bpm", &bpm);
	(void)wire_get_bool(position, "rolling", &rolling);
	(void)wire_get_u64(position, "timeline_id", &ret->timeline_id);
	(void)wire_get_i64(loop, "start_ticks", &ret->loop_start);
	(void)wire_get_i64(loop, "end_ticks", &ret->loop_end);
	if (rolling && bpm > 0)
		ret->ns_per_tick = 60e9 / bpm / PPQ;
	ret->is_playing = strcmp(state, "playing") == 0;
	ret->is_paused = strcmp(state, "paused") == 0;
}

/* --- Who is told --- */

void player_put_status(const struct player *player, struct wire_out *out)
{
	static const char *const intensities[] = {"soft", "medium", "hard"};
	const struct take *take = player->take;

	wire_put_bool(out, "playing", take != NULL);
	if (!take)
		return;
	const struct place place = player_place(player);
	const struct place_bar at = place_bar_at(take->performance, place_tick_at(&place, place_now_ns()));
	const struct band_inputs *in = &take->in[0];
	if (at.in_plan && at.in_plan->item < take->n_items)
		in = &take->in[at.in_plan->item];
	wire_put_str(out, "name", in->name);
	wire_put_str(out, "style", in->style->name);
	wire_put_u64(out, "bar", (uint64_t)at.bar + 1);
	if (at.in_plan) {
		wire_put_u64(out, "chorus", (uint64_t)at.in_plan->chorus + 1);
		wire_put_u64(out, "chorus_bar", (uint64_t)at.in_plan->chorus_bar + 1);
		wire_put_bool(out, "count_in", at.in_plan->is_count_in);
		wire_put_f64(out, "tempo", at.in_plan->tempo_bpm);
		wire_put_str(out, "intensity", intensities[at.in_plan->intensity % 3]);
	}
	wire_put_u64(out, "bars", band_performance_plan(take->performance)->n_bars);
	wire_put_bool(out, "endless", take_is_endless(take));
	wire_put_bool(out, "paused", place.is_paused);
	wire_put_str(out, "chord", at.chord);
	wire_put_str(out, "next_chord", at.next_chord);
	wire_put_str(out, "backend", player->backend ? player->backend->name : PLAYER_PIPEWIRE);
	wire_put_str(out, "port", player->port);
	wire_put_u64(out, "sent", player->counts.sent);
	wire_put_u64(out, "late", player->counts.late);
	wire_put_u64(out, "dropped", player->counts.dropped);
	wire_put_bool(out, "telemetry", take->wish.options.bar_cc);
}

static void tell(struct player *player, const char *method, const char *reason, const char *error)
{
	/* Who does not read is hung up on, and leaves the list: from the last to the first. */
	for (unsigned i = player->n_listeners; i-- > 0;) {
		struct wire_out out;

		if (i >= player->n_listeners)
			continue;
		/* A bar that comes late is of no use: who does not keep up hears of the next. */
		if (!reason && rpc_conn_waiting(player->listener[i]))
			continue;
		wire_out_init(&out);
		wire_begin_notify(&out, method);
		if (reason) {
			wire_put_str(&out, "reason", reason);
			wire_put_i64(&out, "bar", player->last_line_bar + 1);
			if (error)
				wire_put_str(&out, "error", error);
		} else {
			player_put_status(player, &out);
		}
		(void)rpc_notify(player->listener[i], &out);
	}
}

void player_listen(struct player *player, struct rpc_conn *conn)
{
	for (unsigned i = 0; i < player->n_listeners; i++) {
		if (player->listener[i] == conn)
			return;
	}
	if (player->n_listeners < PLAYER_LISTENERS)
		player->listener[player->n_listeners++] = conn;
}

void player_forget(struct player *player, struct rpc_conn *conn)
{
	struct op_wish none = {.wish = {.fd = -1}};

	for (unsigned i = 0; i < player->n_listeners; i++) {
		if (player->listener[i] == conn)
			player->listener[i] = player->listener[--player->n_listeners];
	}
	if (player->owner != conn)
		return;
	player->owner = NULL;
	if (player->take && player->hold && !player->closing)
		(void)op_post(player, NULL, OP_STOP, &none);
}

void player_ended(struct player *player, const char *reason, const char *error)
{
	if (!player->take)
		return;
	log_info("the band ended: reason=%s", reason);
	tell(player, "band.ended", reason, error);
	take_unref(player->take);
	player->take = NULL;
	if (player->timeline >= 0)
		close(player->timeline);
	player->timeline = -1;
	player->timeline_id = 0;
	player->owner = NULL;
	player->hold = false;
	player->last_line_bar = -1;
	player->backend = NULL;
	player->place = (struct place){0};
	kept_clear(&player->kept);
	kept_write(&player->kept);
	(void)sd_event_source_set_enabled(player->timer, SD_EVENT_OFF);
}

/* --- Watching --- */

static void look_again(struct player *player, const struct place *place)
{
	const int64_t now = place_now_ns();
	const int64_t line = place_next_line_ns(place, player->take->performance, now);
	int64_t at = now + LOOK_NS;

	if (line < at - BEHIND_LINE_NS)
		at = line + BEHIND_LINE_NS;
	(void)sd_event_source_set_time(player->timer, (uint64_t)at / 1000);
	(void)sd_event_source_set_enabled(player->timer, SD_EVENT_ONESHOT);
}

/* @return true: another bar plays, of which nobody was told yet. */
static bool is_new_bar(struct player *player, const struct place *place)
{
	const struct band_performance *p = player->take->performance;
	const int64_t bar = band_performance_bar_at(p, place_tick_at(place, place_now_ns()));
	const bool is_new = bar != player->last_line_bar;

	player->last_line_bar = bar;
	return is_new;
}

void player_read_counts(const msgpack_object *diagnostics, struct player_counts *ret)
{
	(void)wire_get_u64(diagnostics, "gate.sent", &ret->sent);
	(void)wire_get_u64(diagnostics, "gate.late", &ret->late);
	(void)wire_get_u64(diagnostics, "gate.dropped", &ret->dropped);
}

void player_count(struct player *player, const msgpack_object *diagnostics)
{
	struct player_counts now = player->base;

	player_read_counts(diagnostics, &now);
	player->counts = (struct player_counts){now.sent - player->base.sent, now.late - player->base.late,
		now.dropped - player->base.dropped};
}

static void on_counts(void *data, int rc, struct wire_in *in)
{
	struct player *player = data;

	if (!player->take || player->thread || player->closing)
		return;
	if (rc == 0)
		player_count(player, in->result);
	tell(player, "band.changed", NULL, NULL);
}

static void ask_counts(struct player *player)
{
	struct rpc_conn *broker = broker_link_conn(&player->band->link);
	struct wire_out out;

	if (!broker)
		return;
	const uint32_t id = rpc_begin_call(broker, &out, "kronos.diagnostics.get");
	(void)rpc_call(broker, &out, id, on_counts, player);
}

static bool is_settling(const struct player *player)
{
	return place_now_ns() - player->asked_ns < SETTLES_NS;
}

bool player_is_ours(const struct player *player, const struct place *place)
{
	return place->timeline_id == player->timeline_id || is_settling(player);
}

/* Somebody else has the transport, or the piece is over. @return true: it ended. */
static bool is_over(struct player *player, const struct place *before)
{
	const struct place *place = &player->place;
	int64_t start, end;

	if (!player_is_ours(player, place)) {
		player_ended(player, place->timeline_id ? "replaced" : "unloaded", NULL);
		return true;
	}
	if (place->is_playing || place->is_paused || is_settling(player))
		return false;
	const struct band_performance *p = player->take->performance;
	const int64_t last = band_performance_bar_tick(p, band_performance_plan(p)->n_bars);
	const int64_t was = place_tick_at(before, place_now_ns());
	const bool at_end = !band_performance_loop(p, &start, &end) && was >= last - PPQ / 4;
	player_ended(player, at_end ? "end" : "stopped", NULL);
	return true;
}

static void on_position(void *data, int rc, struct wire_in *in)
{
	struct player *player = data;
	const struct place before = player->place;

	if (!player->take || player->thread || player->closing)
		return;
	/* While an operation is under way, what is in force is about to change. */
	if (rc == 0 && TAILQ_EMPTY(&player->ops)) {
		struct place now;

		/* What the clock does not say yet is no place. */
		player_read_place(in->result, &now);
		if (now.is_playing || now.is_paused || !is_settling(player))
			player->place = now;
		if (is_over(player, &before))
			return;
		if (is_new_bar(player, &player->place))
			ask_counts(player);
	}
	look_again(player, &player->place);
}

static void watch_thread(struct player *player)
{
	struct band_thread_status status;

	band_thread_status(player->thread, &status);
	player->counts = (struct player_counts){status.n_sent, status.n_late, status.n_dropped};
	if (status.ended) {
		const char *error = status.error ? strerror(-status.error) : NULL;

		band_thread_stop(player->thread);
		player->thread = NULL;
		player_ended(player, error ? "backend" : "end", error);
		return;
	}
	const struct place place = thread_place(player);
	if (is_new_bar(player, &place))
		tell(player, "band.changed", NULL, NULL);
	look_again(player, &place);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct player *player = data;

	player_watch(player);
	return 0;
}

void player_watch(struct player *player)
{
	struct rpc_conn *broker = broker_link_conn(&player->band->link);
	struct wire_out out;

	if (!player->take || player->closing)
		return;
	if (player->thread) {
		watch_thread(player);
		return;
	}
	look_again(player, &player->place); /* should no answer come */
	if (!broker)
		return;
	const uint32_t id = rpc_begin_call(broker, &out, "kronos.position.get");
	(void)rpc_call(broker, &out, id, on_position, player);
}

/* --- Its life --- */

static int on_kick(sd_event_source *source, void *data)
{
	op_begin(data);
	return 0;
}

static int on_restore(sd_event_source *source, uint64_t usec, void *data)
{
	struct op_wish none = {.wish = {.fd = -1}};

	(void)op_post(data, NULL, OP_RESTORE, &none);
	return 0;
}

int player_init(struct player *player, struct band *band)
{
	*player = (struct player){.band = band, .timeline = -1, .last_line_bar = -1};
	TAILQ_INIT(&player->ops);
	player->adopts = kept_open(&player->kept, band->rpc.service);
	int rc = sd_event_add_time(
		band->rpc.service->event, &player->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, player);
	if (rc < 0)
		return rc;
	(void)sd_event_source_set_enabled(player->timer, SD_EVENT_OFF);
	rc = sd_event_add_time(
		band->rpc.service->event, &player->restore, CLOCK_MONOTONIC, 0, 1000, on_restore, player);
	if (rc < 0)
		return rc;
	(void)sd_event_source_set_enabled(player->restore, SD_EVENT_OFF);
	rc = sd_event_add_defer(band->rpc.service->event, &player->kick, on_kick, player);
	return rc < 0 ? rc : sd_event_source_set_enabled(player->kick, SD_EVENT_OFF);
}

void player_finish(struct player *player)
{
	if (!player->band)
		return;
	player->closing = true;
	op_drop_all(player);
	if (player->thread)
		band_thread_stop(player->thread);
	player->thread = NULL;
	player_ended(player, "service", NULL);
	player->timer = sd_event_source_disable_unref(player->timer);
	player->restore = sd_event_source_disable_unref(player->restore);
	player->kick = sd_event_source_disable_unref(player->kick);
	kept_close(&player->kept);
	*player = (struct player){0};
}

bool player_close(struct player *player, void (*closed)(struct band *band))
{
	struct op_wish none = {.wish = {.fd = -1}};

	if (!player->take && TAILQ_EMPTY(&player->ops))
		return false;
	player->closed = closed;
	return op_post(player, NULL, OP_STOP, &none) == RPC_LATER;
}

/* Its counters begin at 0, and what was counted before goes on: modulo 2^64 that is one subtraction. */
static void count_on(struct player *player, uint64_t generation)
{
	if (player->generation && generation != player->generation)
		player->base = (struct player_counts){
			-player->counts.sent, -player->counts.late, -player->counts.dropped};
	player->generation = generation;
	if (!player->take || player->thread)
		return;
	player->kept.state.generation = generation;
	memcpy(player->kept.state.base,
		(uint64_t[]){player->base.sent, player->base.late, player->base.dropped},
		sizeof(player->kept.state.base));
	kept_write(&player->kept);
}

/* The process before had it playing, and it does still? Callers may have come before rtcore: what they asked
 * for waits, unless it is under way (op_post()). */
static void adopt(struct player *player, uint64_t timeline_id)
{
	struct op_wish none = {.wish = {.fd = -1}};

	if (timeline_id == player->kept.state.timeline_id) {
		(void)op_post(player, NULL, OP_ADOPT, &none);
		return;
	}
	kept_clear(&player->kept);
	kept_write(&player->kept);
}

void player_rtcore_up(struct player *player, uint64_t generation, uint64_t timeline_id)
{
	count_on(player, generation);
	if (player->adopts) {
		player->adopts = false;
		adopt(player, timeline_id);
		return;
	}
	if (!player->take || player->thread || player->closing || timeline_id == player->timeline_id)
		return;
	/* With something else in force somebody was faster; with nothing, it lost what it had. */
	if (timeline_id) {
		player_ended(player, "replaced", NULL);
		return;
	}
	/* Behind Hermes, which gives its score at once: what played goes on. */
	player->asked_ns = place_now_ns();
	(void)sd_event_source_set_time(player->restore, (uint64_t)(place_now_ns() + RESTORE_NS) / 1000);
	(void)sd_event_source_set_enabled(player->restore, SD_EVENT_ONESHOT);
}
