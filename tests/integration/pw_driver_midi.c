/* SPDX-License-Identifier: MIT */
/*
 * MIDI through the graph, with another client at the far end. That client builds and reads its sequences
 * with SPA's own functions, so both directions of the driver's codec meet an independent one.
 */
#include <criterion/criterion.h>
#include <pipewire/filter.h>
#include <pipewire/pipewire.h>
#include <spa/control/control.h>
#include <spa/pod/builder.h>
#include <spa/pod/iter.h>
#include <string.h>

#include "pw_driver_rig.h"

#define QUANTUM 256u
#define PEER_MAX 16u

TestSuite(pw_driver_midi, .timeout = 60);

struct message {
	uint32_t offset, type, size; /**< frames; enum spa_control_type; bytes */
	union {
		uint32_t word[4];
		uint8_t byte[16];
	};
};

/** A client with one port; sends its messages in one cycle, or keeps what it receives. */
struct peer {
	struct pw_thread_loop *loop;
	struct pw_filter *filter;
	void *port;
	enum pw_direction direction;
	uint32_t n_messages;
	struct message message[PEER_MAX];
	atomic_bool armed;    /**< out: send in the next cycle, then false */
	atomic_uint received; /**< in: messages kept */
	int64_t time_ns;      /**< out: of the cycle that they were sent in; in: of the last one kept */
};

static void peer_send(struct peer *peer, struct pw_buffer *buffer, struct spa_io_position *position)
{
	struct spa_data *data = &buffer->buffer->datas[0];
	bool armed = atomic_load_explicit(&peer->armed, memory_order_acquire);
	struct spa_pod_builder builder;
	struct spa_pod_frame frame;

	spa_pod_builder_init(&builder, data->data, data->maxsize);
	spa_pod_builder_push_sequence(&builder, &frame, 0);
	for (uint32_t i = 0; armed && i < peer->n_messages; i++) {
		spa_pod_builder_control(&builder, peer->message[i].offset, peer->message[i].type);
		spa_pod_builder_bytes(&builder, peer->message[i].byte, peer->message[i].size);
	}
	spa_pod_builder_pop(&builder, &frame);
	data->chunk->offset = 0;
	data->chunk->size = builder.state.offset;
	data->chunk->stride = 1;
	if (armed) {
		peer->time_ns = (int64_t)position->clock.nsec;
		atomic_store_explicit(&peer->armed, false, memory_order_release);
	}
}

static void peer_receive(struct peer *peer, struct pw_buffer *buffer, struct spa_io_position *position)
{
	struct spa_data *data = &buffer->buffer->datas[0];
	uint32_t n = atomic_load_explicit(&peer->received, memory_order_relaxed);
	struct spa_pod *pod =
		spa_pod_from_data(data->data, data->maxsize, data->chunk->offset, data->chunk->size);
	struct spa_pod_control *control;

	if (!pod || !spa_pod_is_sequence(pod))
		return;
	SPA_POD_SEQUENCE_FOREACH((struct spa_pod_sequence *)pod, control)
	{
		struct message *message = &peer->message[n];

		if (n == PEER_MAX || control->value.size > sizeof(message->byte))
			return;
		message->offset = control->offset;
		message->type = control->type;
		message->size = control->value.size;
		memcpy(message->byte, SPA_POD_BODY(&control->value), control->value.size);
		peer->time_ns = (int64_t)position->clock.nsec;
		n++;
	}
	atomic_store_explicit(&peer->received, n, memory_order_release);
}

static void on_process(void *data, struct spa_io_position *position)
{
	struct peer *peer = data;
	struct pw_buffer *buffer = pw_filter_dequeue_buffer(peer->port);

	if (!buffer)
		return;
	if (buffer->buffer->datas[0].data) {
		if (peer->direction == PW_DIRECTION_OUTPUT)
			peer_send(peer, buffer, position);
		else
			peer_receive(peer, buffer, position);
	}
	pw_filter_queue_buffer(peer->port, buffer);
}

static const struct pw_filter_events peer_events = {
	PW_VERSION_FILTER_EVENTS,
	.process = on_process,
};

/** Start the client and link it; returns when the link is made. */
static void peer_start(struct peer *peer, struct rig *rig, enum pw_direction direction, const char *format)
{
	const char *const to_mos[] = {"pw-link", "peer:port", "mos:midi_in", NULL};
	const char *const from_mos[] = {"pw-link", "mos:midi_out", "peer:port", NULL};

	pw_init(NULL, NULL);
	peer->direction = direction;
	peer->loop = pw_thread_loop_new("peer", NULL);
	cr_assert(peer->loop);
	peer->filter = pw_filter_new_simple(pw_thread_loop_get_loop(peer->loop), "peer",
		pw_properties_new(PW_KEY_NODE_NAME, "peer", NULL), &peer_events, peer);
	cr_assert(peer->filter);
	peer->port = pw_filter_add_port(peer->filter, direction, PW_FILTER_PORT_FLAG_MAP_BUFFERS, 0,
		pw_properties_new(PW_KEY_PORT_NAME, "port", PW_KEY_FORMAT_DSP, format, NULL), NULL, 0);
	cr_assert(peer->port);
	cr_assert_eq(pw_filter_connect(peer->filter, PW_FILTER_FLAG_RT_PROCESS, NULL, 0), 0);
	cr_assert_eq(pw_thread_loop_start(peer->loop), 0);
	cr_assert(headless_pw_run_until(&rig->pw, direction == PW_DIRECTION_OUTPUT ? to_mos : from_mos));
}

static void peer_stop(struct peer *peer)
{
	pw_thread_loop_stop(peer->loop);
	pw_filter_destroy(peer->filter);
	pw_thread_loop_destroy(peer->loop);
	pw_deinit();
}

/** A message on its way. What a link carries before both ends run is lost, so it is sent until it arrives. */
struct journey {
	struct rig *rig;
	atomic_bool *send;       /**< true: to be sent by the next cycle */
	const atomic_uint *come; /**< counts arrivals */
	uint32_t n;
	unsigned int sent_cycle; /**< cycles when it was last sent; 0: never */
};

#define PATIENCE_CYCLES 8u /**< what is under way arrives in one */

static bool has_arrived(void *data)
{
	struct journey *journey = data;
	unsigned int cycle = atomic_load_explicit(&journey->rig->n_cycles, memory_order_acquire);

	if (atomic_load_explicit(journey->come, memory_order_acquire) >= journey->n)
		return true;
	if (atomic_load_explicit(journey->send, memory_order_acquire))
		journey->sent_cycle = cycle;
	else if (!journey->sent_cycle || cycle > journey->sent_cycle + PATIENCE_CYCLES)
		atomic_store_explicit(journey->send, true, memory_order_release);
	return false;
}

/** First engine frame of the cycle that began at this time. */
static uint64_t frame_of(const struct rig *rig, int64_t time_ns)
{
	unsigned int n = atomic_load_explicit(&rig->n_cycles, memory_order_acquire);

	for (unsigned int i = 0; i < n; i++) {
		if (rig->cycle[i].time_ns == time_ns)
			return rig->cycle[i].frame;
	}
	cr_assert_fail("no cycle began at %ld", time_ns);
	return 0;
}

/** Start everything and send; the messages must come out of the driver as `n` packets. */
static struct rig *send_and_wait(struct peer *peer, const char *format, uint32_t n)
{
	struct rig *rig = rig_start(QUANTUM);
	struct journey journey = {.rig = rig, .send = &peer->armed, .come = &rig->n_midi, .n = n};

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	peer_start(peer, rig, PW_DIRECTION_OUTPUT, format);
	cr_assert(headless_pw_wait(has_arrived, &journey), "%u of %u packets came", rig->n_midi, n);
	return rig;
}

Test(pw_driver_midi, in_exact,
	.description = "a note from another client arrives in its cycle, at its frame, with its words")
{
	struct peer peer = {
		.n_messages = 4,
		.message =
			{
				{.offset = 0, .type = SPA_CONTROL_UMP, .size = 4, .word = {0x20903c64}},
				{.offset = 100,
					.type = SPA_CONTROL_UMP,
					.size = 8,
					.word = {0x40913e00, 0xabcd0000}},
				{.offset = 100,
					.type = SPA_CONTROL_UMP,
					.size = 8,
					.word = {0x30061234, 0x56780000}},
				{.offset = QUANTUM - 1,
					.type = SPA_CONTROL_UMP,
					.size = 4,
					.word = {0x20803c00}},
			},
	};
	struct rig *rig = send_and_wait(&peer, "32 bit raw UMP", peer.n_messages);
	uint64_t frame = frame_of(rig, peer.time_ns);

	for (uint32_t i = 0; i < peer.n_messages; i++) {
		const struct message *sent = &peer.message[i];
		const struct rig_midi *got = &rig->midi[i];

		cr_expect_eq(got->ump.offset_frames, sent->offset);
		cr_expect_eq(got->frame, frame + sent->offset, "sent in the cycle of frame %lu, came at %lu",
			frame, got->frame);
		cr_expect_eq(got->ump.n_words, sent->size / 4);
		cr_expect_arr_eq(got->ump.word, sent->word, sent->size);
	}
	peer_stop(&peer);
	rig_stop(rig);
}

Test(pw_driver_midi, in_from_midi1,
	.description =
		"MIDI 1.0 bytes from a client without a declared type: PipeWire converts at our UMP port")
{
	struct peer peer = {
		.n_messages = 2,
		.message =
			{
				{.offset = 7, .type = SPA_CONTROL_Midi, .size = 3, .byte = {0x93, 60, 100}},
				{.offset = 9, .type = SPA_CONTROL_Midi, .size = 2, .byte = {0xc3, 12}},
			},
	};
	struct rig *rig = send_and_wait(&peer, "8 bit raw control", peer.n_messages);

	cr_expect_eq(rig->midi[0].ump.offset_frames, 7);
	cr_expect_eq(rig->midi[0].ump.n_words, 1);
	cr_expect_eq(rig->midi[0].ump.word[0], 0x20933c64, "%08x", rig->midi[0].ump.word[0]);
	cr_expect_eq(rig->midi[1].ump.offset_frames, 9);
	cr_expect_eq(rig->midi[1].ump.word[0], 0x20c30c00, "%08x", rig->midi[1].ump.word[0]);
	peer_stop(&peer);
	rig_stop(rig);
}

Test(pw_driver_midi, in_past_the_cycle,
	.description = "an offset that no frame of the cycle has is the last frame's, never out of bounds")
{
	struct peer peer = {
		.n_messages = 1,
		.message = {{.offset = 1u << 30, .type = SPA_CONTROL_UMP, .size = 4, .word = {0x20903c64}}},
	};
	struct rig *rig = send_and_wait(&peer, "32 bit raw UMP", 1);

	cr_expect_eq(rig->midi[0].ump.offset_frames, QUANTUM - 1);
	peer_stop(&peer);
	rig_stop(rig);
}

Test(pw_driver_midi, out_exact,
	.description = "what the engine sends arrives in the same cycle, at its frame")
{
	static const struct driver_ump sent[] = {
		{.offset_frames = 3, .n_words = 1, .word = {0x20903c64}},
		{.offset_frames = 50, .n_words = 2, .word = {0x40913e00, 0xabcd0000}},
		{.offset_frames = QUANTUM - 1,
			.n_words = 4,
			.word = {0x50001122, 0x33445566, 0x778899aa, 0xbbccddee}},
	};
	struct rig *rig = rig_start(QUANTUM);
	struct peer peer = {0};
	struct journey journey = {.rig = rig, .send = &rig->out_full, .come = &peer.received, .n = 3};

	rig_start_driver(rig, 0, NULL);
	rig_expect(rig, DRIVER_RUNNING);
	peer_start(&peer, rig, PW_DIRECTION_INPUT, "32 bit raw UMP");
	rig->out.n = 3;
	memcpy(rig->out.ump, sent, sizeof(sent));
	cr_assert(headless_pw_wait(has_arrived, &journey), "%u of 3 packets came", peer.received);

	cr_expect_eq(frame_of(rig, peer.time_ns), rig->out_frame);
	for (uint32_t i = 0; i < 3; i++) {
		cr_expect_eq(peer.message[i].type, SPA_CONTROL_UMP);
		cr_expect_eq(peer.message[i].offset, sent[i].offset_frames);
		cr_expect_eq(peer.message[i].size, sent[i].n_words * 4);
		cr_expect_arr_eq(peer.message[i].word, sent[i].word, sent[i].n_words * 4);
	}
	peer_stop(&peer);
	rig_stop(rig);
}
