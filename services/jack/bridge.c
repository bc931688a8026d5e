/* SPDX-License-Identifier: MIT */
#include "bridge.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"

#define CLIENT_NAME "MOS"
#define LOOK_MS 250   /* whether rtcore is another now */
#define RETRY_MS 1000 /* nobody was there */
#define CALL_MS 2000

static void wake(int fd)
{
	/* full: it is awake */
	(void)!write(fd, &(uint64_t){1}, sizeof(uint64_t));
}

static void say(struct bridge *b, enum bridge_state state, const char *why)
{
	pthread_mutex_lock(&b->mutex);
	if (b->said.state != state && state != BRIDGE_ON && state != BRIDGE_OFF)
		log_warning("no JACK: reason=\"%s\"", why);
	b->said.state = state;
	(void)snprintf(b->said.why, sizeof(b->said.why), "%s", why);
	(void)snprintf(b->said.library, sizeof(b->said.library), "%s", b->lib ? b->lib->path : "");
	(void)snprintf(b->said.name, sizeof(b->said.name), "%s",
		b->jack ? b->lib->jack_get_client_name(b->jack) : "");
	pthread_mutex_unlock(&b->mutex);
	wake(b->said_fd);
}

/* --- JACK's audio thread --- */

static void take(struct bridge *b, const struct sync_out *out)
{
	if (out->locates)
		(void)b->lib->jack_transport_locate(b->jack, out->to);
	if (out->command >= 0)
		atomic_store_explicit(&b->command, out->command, memory_order_relaxed);
	if (out->ask) {
		atomic_store_explicit(&b->ask_frame, b->in.frame, memory_order_relaxed);
		/* Pairs with the acquire in serve(): who sees what is asked sees the frame. */
		atomic_store_explicit(&b->ask, out->ask, memory_order_release);
	}
	if (out->command >= 0 || out->ask)
		wake(b->wake_fd);
}

static void cycle(struct bridge *b, jack_transport_state_t state, const jack_position_t *pos)
{
	struct sync_in *in = &b->in;
	struct sync_out out;
	int answer;

	*in = (struct sync_in){.time_ns = (int64_t)pos->usecs * 1000,
		.rate_hz = pos->frame_rate,
		.n_frames = b->lib->jack_get_buffer_size(b->jack),
		.frame = pos->frame,
		.is_on = state != JackTransportStopped,
		.rolls = state == JackTransportRolling || state == JackTransportLooping};
	answer = atomic_exchange_explicit(&b->answer, -1, memory_order_acquire);
	place_read(atomic_load_explicit(&b->page, memory_order_acquire), in->time_ns, in->rate_hz,
		in->n_frames, &in->mos);
	if (answer >= 0)
		sync_answered(&b->sync, answer == 1, &in->mos);
	sync_cycle(&b->sync, in, &out);
	take(b, &out);
	b->is_ready = out.ready;
	atomic_store_explicit(&b->frame, in->frame, memory_order_relaxed);
	atomic_store_explicit(&b->rate_hz, in->rate_hz, memory_order_relaxed);
	atomic_store_explicit(&b->n_frames, in->n_frames, memory_order_relaxed);
	atomic_store_explicit(&b->transport, (int)state, memory_order_relaxed);
	atomic_store_explicit(&b->n_located, b->sync.n_located, memory_order_relaxed);
	atomic_store_explicit(&b->n_asked, b->sync.n_asked, memory_order_relaxed);
}

/* Before on_process() of the same cycle, where somebody waits for the slow ones, or moved. */
static int on_sync(jack_transport_state_t state, jack_position_t *pos, void *data)
{
	struct bridge *b = data;

	if (!b->is_cycled)
		cycle(b, state, pos);
	b->is_cycled = true;
	return b->is_ready;
}

static int on_process(jack_nframes_t n_frames, void *data)
{
	struct bridge *b = data;
	jack_position_t pos;

	if (!b->is_cycled) {
		jack_transport_state_t state = b->lib->jack_transport_query(b->jack, &pos);

		cycle(b, state, &pos);
	}
	b->is_cycled = false;
	return 0;
}

/*
 * After on_process(). PipeWire gives the position of this cycle and shows others, in the next one, what is
 * written here beside the frame of then; a JACK server gives the next cycle's.
 */
static void on_timebase(
	jack_transport_state_t state, jack_nframes_t n_frames, jack_position_t *pos, int is_new, void *data)
{
	struct bridge *b = data;
	const uint32_t frame = pos->frame == b->in.frame ? sync_next_frame(&b->sync, &b->in) : pos->frame;
	struct place_bbt bbt;

	if (!sync_bbt(&b->sync, &b->in, frame, &bbt)) {
		pos->valid = (jack_position_bits_t)0;
		return;
	}
	pos->valid = JackPositionBBT;
	pos->bar = bbt.bar;
	pos->beat = bbt.beat;
	pos->tick = bbt.tick;
	pos->bar_start_tick = bbt.bar_start_tick;
	pos->beats_per_bar = (float)bbt.num;
	pos->beat_type = (float)bbt.den;
	pos->ticks_per_beat = PLACE_TICKS_A_BEAT;
	pos->beats_per_minute = bbt.bpm;
}

static void on_shutdown(void *data)
{
	struct bridge *b = data;

	atomic_store_explicit(&b->is_shut, true, memory_order_release);
	wake(b->wake_fd);
}

/* --- The bridge's thread --- */

static void on_words(const char *words)
{
	log_debug("libjack: text=\"%s\"", words);
}

static void close_jack(struct bridge *b)
{
	if (!b->jack)
		return;
	if (!atomic_load_explicit(&b->is_shut, memory_order_acquire)) {
		(void)b->lib->jack_release_timebase(b->jack);
		(void)b->lib->jack_deactivate(b->jack);
	}
	(void)b->lib->jack_client_close(b->jack);
	b->jack = NULL;
}

/* @return what became of it. */
static enum bridge_state attach(struct bridge *b)
{
	const struct libjack *lib = b->lib;

	b->sync = (struct sync){0};
	b->is_cycled = false;
	atomic_store(&b->command, -1);
	atomic_store(&b->ask, SYNC_NOTHING);
	atomic_store(&b->answer, -1);
	atomic_store(&b->is_shut, false);
	lib->jack_on_shutdown(b->jack, on_shutdown, b);
	if (lib->jack_set_process_callback(b->jack, on_process, b) != 0 ||
		lib->jack_set_sync_callback(b->jack, on_sync, b) != 0)
		return BRIDGE_NO_SERVER;
	if (lib->jack_activate(b->jack) != 0)
		return BRIDGE_NO_SERVER;
	return lib->jack_set_timebase_callback(b->jack, /* conditional= */ 0, on_timebase, b) == 0
		       ? BRIDGE_ON
		       : BRIDGE_NO_TIMEBASE;
}

static void open_jack(struct bridge *b)
{
	enum bridge_state state;
	jack_status_t status = (jack_status_t)0;
	char why[256] = "";

	if (!b->lib)
		b->lib = libjack_load(b->library, why, sizeof(why));
	if (!b->lib) {
		say(b, BRIDGE_NO_LIBRARY, why);
		return;
	}
	b->lib->jack_set_error_function(on_words);
	b->lib->jack_set_info_function(on_words);
	b->jack = b->lib->jack_client_open(CLIENT_NAME, JackNoStartServer, &status);
	if (!b->jack) {
		(void)snprintf(why, sizeof(why), "nobody answers as a JACK server (status 0x%x)", status);
		say(b, BRIDGE_NO_SERVER, why);
		return;
	}
	state = attach(b);
	if (state == BRIDGE_ON) {
		say(b, state, "");
		return;
	}
	close_jack(b);
	say(b, state,
		state == BRIDGE_NO_TIMEBASE ? "another client keeps the timebase"
					    : "the client cannot be activated");
}

static void look_at_mos(struct bridge *b)
{
	struct mos_error error;

	if (!b->mos) {
		const struct mos_client_options options = {
			.name = "jack", .runtime_dir = b->runtime_dir, .timeout_ms = CALL_MS};

		if (mos_client_create(&options, &b->mos, &error) < 0) {
			log_debug("not connected yet: error=%s", error.code);
			b->mos = NULL;
			return;
		}
	} else {
		(void)mos_client_refresh(
			b->mos); /* pages of the one before stay mapped until the next change */
	}
	atomic_store_explicit(&b->page, mos_client_clock(b->mos), memory_order_release);
}

static bool call(struct bridge *b, const char *method, const struct mos_field *field, size_t n)
{
	if (!b->mos)
		return false;
	if (mos_call(b->mos, method, field, n, NULL) == 0)
		return true;
	log_info("the transport did not do it: method=%s code=%s", method, mos_client_error(b->mos)->code);
	return false;
}

static bool seek(struct bridge *b, uint32_t frame)
{
	return call(b, "kronos.transport.seek", MOS_ARGS(mos_int("frames", frame)));
}

static bool is_elsewhere(const struct bridge *b, uint32_t frame)
{
	struct place p = {.has_song = false};

	if (mos_clock_read_song(mos_client_clock(b->mos), &p.clock, &p.song) < 0)
		return true;
	return frame < p.song.frame || frame >= p.song.frame + place_tick_frames(&p);
}

static bool do_ask(struct bridge *b, enum sync_ask ask, uint32_t frame)
{
	if (!b->mos || !mos_client_clock(b->mos))
		return false;
	switch (ask) {
	case SYNC_PLAY:
		return (!is_elsewhere(b, frame) || seek(b, frame)) &&
		       call(b, "kronos.transport.play", MOS_NO_ARGS);
	case SYNC_PAUSE:
		return call(b, "kronos.transport.pause", MOS_NO_ARGS);
	case SYNC_SEEK:
		if (seek(b, frame))
			return true;
		(void)call(
			b, "kronos.transport.pause", MOS_NO_ARGS); /* behind the score's end nothing plays */
		return false;
	default:
		return true;
	}
}

static void serve(struct bridge *b)
{
	const int command = atomic_exchange_explicit(&b->command, -1, memory_order_acquire);
	const enum sync_ask ask =
		(enum sync_ask)atomic_exchange_explicit(&b->ask, SYNC_NOTHING, memory_order_acquire);

	if (b->jack && command == 1)
		b->lib->jack_transport_start(b->jack);
	if (b->jack && command == 0)
		b->lib->jack_transport_stop(b->jack);
	if (ask) {
		const bool is_done =
			do_ask(b, ask, atomic_load_explicit(&b->ask_frame, memory_order_relaxed));

		atomic_store_explicit(&b->answer, is_done, memory_order_release);
	}
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void *run(void *data)
{
	struct bridge *b = data;
	int64_t look_ms = 0, open_ms = 0;
	uint64_t n;

	while (!atomic_load_explicit(&b->ends, memory_order_acquire)) {
		if (b->jack && atomic_load_explicit(&b->is_shut, memory_order_acquire)) {
			close_jack(b);
			say(b, BRIDGE_NO_SERVER, "the JACK server went away");
			open_ms = now_ms() + RETRY_MS;
		}
		if (now_ms() >= look_ms) {
			look_at_mos(b);
			look_ms = now_ms() + LOOK_MS;
		}
		if (!b->jack && now_ms() >= open_ms) {
			open_jack(b);
			open_ms = now_ms() + RETRY_MS;
		}
		serve(b);
		(void)poll(&(struct pollfd){.fd = b->wake_fd, .events = POLLIN}, 1, LOOK_MS);
		(void)!read(b->wake_fd, &n, sizeof(n));
	}
	close_jack(b);
	atomic_store(&b->page, NULL);
	mos_client_destroy(b->mos);
	b->mos = NULL;
	return NULL;
}

/* --- The main thread --- */

int bridge_init(struct bridge *b, const char *library, const char *runtime_dir)
{
	b->library = library;
	b->runtime_dir = runtime_dir;
	b->said_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	(void)pthread_mutex_init(&b->mutex, NULL);
	return b->said_fd < 0 || b->wake_fd < 0 ? -errno : 0;
}

void bridge_finish(struct bridge *b)
{
	bridge_stop(b);
	if (b->said_fd > 0)
		(void)close(b->said_fd);
	if (b->wake_fd > 0)
		(void)close(b->wake_fd);
	b->said_fd = b->wake_fd = -1;
}

int bridge_start(struct bridge *b)
{
	int rc;

	if (b->is_running)
		return 0;
	atomic_store(&b->ends, false);
	rc = pthread_create(&b->thread, NULL, run, b);
	b->is_running = rc == 0;
	return -rc;
}

void bridge_stop(struct bridge *b)
{
	if (!b->is_running)
		return;
	atomic_store_explicit(&b->ends, true, memory_order_release);
	wake(b->wake_fd);
	(void)pthread_join(b->thread, NULL);
	b->is_running = false;
	pthread_mutex_lock(&b->mutex);
	b->said = (struct bridge_said){0};
	pthread_mutex_unlock(&b->mutex);
}

struct bridge_said bridge_says(struct bridge *b)
{
	struct bridge_said said;

	pthread_mutex_lock(&b->mutex);
	said = b->said;
	pthread_mutex_unlock(&b->mutex);
	return said;
}
