/* SPDX-License-Identifier: MIT */
/*
 * Listens to a MOS for as long as it runs, in bounded memory: what the sink plays, which keys are down at the
 * MIDI output, and how many pictures a video node gives. Tells it line by line on standard output:
 *
 *     sound NS                  a cycle that sounds after one that did not
 *     silence NS                the contrary; also when cycles stop
 *     lost NS FRAMES            these frames passed without us: no statement about them
 *     keys NS N                 keys that are down now
 *     alive NS CYCLES KEYS PACKETS PICTURES    four times a second
 *
 * NS: CLOCK_MONOTONIC. Ends with 3 when PipeWire is gone.
 *
 *     ears EARS EYES            what our nodes are called: EARS has the ports FL, FR and midi, EYES input_1
 */
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <pipewire/filter.h>
#include <pipewire/pipewire.h>
#include <spa/control/control.h>
#include <spa/param/video/format-utils.h>
#include <spa/pod/iter.h>

#define QUEUE 4096u /* a power of two */
#define AUDIBLE 1e-4f
#define LOOK_NS 20'000'000
#define ALIVE_LOOKS 12
#define STALL_NS 100'000'000

enum word { SOUND, SILENCE, LOST, KEYS };

struct said {
	int64_t time_ns;
	uint64_t number;
	enum word word;
};

static struct {
	struct pw_thread_loop *loop;
	struct pw_stream *video;
	struct pw_filter *filter;
	void *ear[2], *midi;
	/* One writer, PipeWire's data thread; one reader, main. */
	struct said said[QUEUE];
	atomic_uint written, read;
	atomic_int_fast64_t last_ns;
	atomic_uint_fast64_t n_cycles, n_pictures, n_packets;
	atomic_uint n_keys;
	atomic_bool sounds, ended;
	uint64_t next_position;
	uint8_t down[256][128];
} ears;

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

static void say(enum word word, int64_t time_ns, uint64_t number)
{
	unsigned at = atomic_load_explicit(&ears.written, memory_order_relaxed);

	if (at - atomic_load_explicit(&ears.read, memory_order_acquire) >= QUEUE)
		return; /* main tells the present state with each "alive" */
	ears.said[at % QUEUE] = (struct said){time_ns, number, word};
	atomic_store_explicit(&ears.written, at + 1, memory_order_release);
}

static bool is_audible(void *port, uint32_t n)
{
	const float *sample = pw_filter_get_dsp_buffer(port, n);

	for (uint32_t i = 0; sample && i < n; i++)
		if (fabsf(sample[i]) > AUDIBLE)
			return true;
	return false;
}

static void take_sound(const struct spa_io_position *position)
{
	uint32_t n = (uint32_t)position->clock.duration;
	int64_t time_ns = now_ns();
	bool sounds = is_audible(ears.ear[0], n) || is_audible(ears.ear[1], n);

	if (ears.next_position && position->clock.position > ears.next_position)
		say(LOST, time_ns, position->clock.position - ears.next_position);
	ears.next_position = position->clock.position + n;
	if (atomic_exchange(&ears.sounds, sounds) != sounds)
		say(sounds ? SOUND : SILENCE, time_ns, 0);
	atomic_store(&ears.last_ns, time_ns);
	atomic_fetch_add(&ears.n_cycles, 1);
}

/** MIDI 1.0 in UMP. All Sound Off and All Notes Off let go, as any instrument does. */
static void take_word(uint32_t word)
{
	uint32_t channel = (word >> 24 & 15) * 16 + (word >> 16 & 15), status = word >> 20 & 15;
	uint32_t key = word >> 8 & 127, value = word & 127;

	atomic_fetch_add(&ears.n_packets, 1);
	if (word >> 28 != 2)
		return;
	if (status == 9 && value)
		ears.down[channel][key] = 1;
	else if (status == 8 || status == 9)
		ears.down[channel][key] = 0;
	else if (status == 11 && (key == 120 || key >= 123))
		memset(ears.down[channel], 0, sizeof(ears.down[channel]));
}

static void take_midi(int64_t time_ns)
{
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(ears.midi);
	const struct spa_data *d;
	struct spa_pod *pod = NULL;
	struct spa_pod_control *control;
	unsigned n = 0;

	if (!buffer)
		return;
	d = &buffer->buffer->datas[0];
	if (d->data)
		pod = spa_pod_from_data(d->data, d->maxsize, d->chunk->offset, d->chunk->size);
	if (pod && spa_pod_is_sequence(pod)) {
		SPA_POD_SEQUENCE_FOREACH((struct spa_pod_sequence *)pod, control)
		{
			uint32_t word;

			if (control->type != SPA_CONTROL_UMP || control->value.size < sizeof(word))
				continue;
			memcpy(&word, SPA_POD_BODY(&control->value), sizeof(word));
			take_word(word);
		}
		for (unsigned c = 0; c < 256; c++)
			for (unsigned k = 0; k < 128; k++)
				n += ears.down[c][k];
		if (atomic_exchange(&ears.n_keys, n) != n)
			say(KEYS, time_ns, n);
	}
	pw_filter_queue_buffer(ears.midi, buffer);
}

static void on_process(void *data, struct spa_io_position *position)
{
	take_sound(position);
	take_midi(now_ns());
}

static void on_video(void *data)
{
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(ears.video);

	if (!buffer)
		return;
	atomic_fetch_add(&ears.n_pictures, 1);
	pw_stream_queue_buffer(ears.video, buffer);
}

static void on_state(void *data, enum pw_filter_state old, enum pw_filter_state state, const char *error)
{
	if (state == PW_FILTER_STATE_ERROR || state == PW_FILTER_STATE_UNCONNECTED)
		atomic_store(&ears.ended, true);
}

static const struct pw_stream_events video_events = {
	PW_VERSION_STREAM_EVENTS,
	.process = on_video,
};

static const struct pw_filter_events filter_events = {
	PW_VERSION_FILTER_EVENTS,
	.process = on_process,
	.state_changed = on_state,
};

static void *add_port(const char *name, const char *format)
{
	return pw_filter_add_port(ears.filter, PW_DIRECTION_INPUT, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 0,
		pw_properties_new(PW_KEY_PORT_NAME, name, PW_KEY_FORMAT_DSP, format, NULL), NULL, 0);
}

/** Whoever starts us makes the links: a session manager that dies, or comes back, takes none of them away. */
static int listen_to_all(const char *node)
{
	ears.filter = pw_filter_new_simple(pw_thread_loop_get_loop(ears.loop), node,
		pw_properties_new(PW_KEY_NODE_NAME, node, NULL), &filter_events, NULL);
	if (!ears.filter)
		return -errno;
	ears.ear[0] = add_port("FL", "32 bit float mono audio");
	ears.ear[1] = add_port("FR", "32 bit float mono audio");
	ears.midi = add_port("midi", "32 bit raw UMP");
	if (!ears.ear[0] || !ears.ear[1] || !ears.midi)
		return -ENOMEM;
	return pw_filter_connect(ears.filter, PW_FILTER_FLAG_RT_PROCESS, NULL, 0);
}

static int watch(const char *name)
{
	uint8_t room[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(room, sizeof(room));
	const struct spa_pod *params[] = {spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_Format,
		SPA_PARAM_EnumFormat, SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video),
		SPA_FORMAT_mediaSubtype, SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw), SPA_FORMAT_VIDEO_format,
		SPA_POD_Id(SPA_VIDEO_FORMAT_RGBA))};

	ears.video = pw_stream_new_simple(pw_thread_loop_get_loop(ears.loop), name,
		pw_properties_new(PW_KEY_MEDIA_TYPE, "Video", PW_KEY_MEDIA_CATEGORY, "Capture",
			PW_KEY_MEDIA_ROLE, "Camera", PW_KEY_NODE_NAME, name, NULL),
		&video_events, NULL);
	if (!ears.video)
		return -errno;
	return pw_stream_connect(
		ears.video, PW_DIRECTION_INPUT, PW_ID_ANY, PW_STREAM_FLAG_MAP_BUFFERS, params, 1);
}

static void tell(void)
{
	static const char *const words[] = {"sound", "silence", "lost", "keys"};
	unsigned end = atomic_load_explicit(&ears.written, memory_order_acquire);
	unsigned at = atomic_load_explicit(&ears.read, memory_order_relaxed);

	for (; at != end; at++) {
		const struct said *said = &ears.said[at % QUEUE];

		printf("%s %lld", words[said->word], (long long)said->time_ns);
		if (said->word == LOST || said->word == KEYS)
			printf(" %llu", (unsigned long long)said->number);
		putchar('\n');
	}
	atomic_store_explicit(&ears.read, at, memory_order_release);
}

static void tell_what_stopped(void)
{
	int64_t last_ns = atomic_load(&ears.last_ns);

	if (now_ns() - last_ns > STALL_NS && atomic_exchange(&ears.sounds, false))
		printf("silence %lld\n", (long long)last_ns);
}

static void tell_alive(void)
{
	printf("alive %lld %llu %u %llu %llu\n", (long long)now_ns(),
		(unsigned long long)atomic_load(&ears.n_cycles), atomic_load(&ears.n_keys),
		(unsigned long long)atomic_load(&ears.n_packets),
		(unsigned long long)atomic_load(&ears.n_pictures));
}

int main(int argc, char **argv)
{
	int r;

	if (argc != 3) {
		(void)fputs("Usage: ears EARS EYES\n", stderr);
		return 2;
	}
	pw_init(NULL, NULL);
	ears.loop = pw_thread_loop_new("ears", NULL);
	if (!ears.loop)
		return 3;
	r = listen_to_all(argv[1]);
	if (r == 0)
		r = watch(argv[2]);
	if (r == 0)
		r = pw_thread_loop_start(ears.loop);
	if (r < 0) {
		(void)fprintf(stderr, "ears: no PipeWire: %s\n", strerror(-r));
		return 3;
	}
	for (unsigned looks = 0; !atomic_load(&ears.ended); looks++) {
		(void)nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
		tell();
		tell_what_stopped();
		if (looks % ALIVE_LOOKS == 0)
			tell_alive();
		if (fflush(stdout) != 0)
			return 1; /* nobody listens to us any more */
	}
	return 3;
}
