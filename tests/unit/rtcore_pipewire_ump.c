/* SPDX-License-Identifier: MIT */
/* The driver's UMP codec against SPA's own builder and parser, and against sequences that are not whole. */
#include <criterion/criterion.h>
#include <spa/control/control.h>
#include <spa/pod/builder.h>
#include <spa/pod/iter.h>
#include <stdlib.h>
#include <string.h>

#include "pipewire_ump.h"

#define N_FRAMES 256u

TestSuite(pipewire_ump, .timeout = 20);

static struct driver_midi midi, back;

/** Something of every message type; offsets rise. */
static void fill(struct driver_midi *ret, uint32_t n)
{
	static const uint8_t words_of_type[16] = {1, 1, 1, 2, 2, 4, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4};

	ret->n = n;
	for (uint32_t i = 0; i < n; i++) {
		struct driver_ump *ump = &ret->ump[i];

		*ump = (struct driver_ump){
			.offset_frames = i * N_FRAMES / n, .n_words = words_of_type[i % 16]};
		for (uint32_t w = 0; w < ump->n_words; w++)
			ump->word[w] = (w == 0 ? i % 16 << 28 : 0x80000000u) | (i * 4 + w);
	}
}

static void expect_equal(const struct driver_midi *got, const struct driver_midi *wanted)
{
	cr_assert_eq(got->n, wanted->n);
	for (uint32_t i = 0; i < wanted->n; i++) {
		cr_expect_eq(got->ump[i].offset_frames, wanted->ump[i].offset_frames);
		cr_expect_eq(got->ump[i].n_words, wanted->ump[i].n_words);
		cr_expect_arr_eq(got->ump[i].word, wanted->ump[i].word, wanted->ump[i].n_words * 4);
	}
}

Test(pipewire_ump, spa_reads_ours,
	.description = "what is written, SPA's parser reads: a full cycle of packets")
{
	alignas(8) static uint8_t buffer[PIPEWIRE_UMP_BYTES];
	struct spa_pod_control *control;
	struct spa_pod *pod;
	uint32_t lost = 99, i = 0;
	size_t size;

	fill(&midi, DRIVER_MIDI_MAX);
	size = pipewire_ump_write(buffer, sizeof(buffer), &midi, &lost);
	cr_expect_eq(lost, 0);
	pod = spa_pod_from_data(buffer, sizeof(buffer), 0, size);
	cr_assert(pod && spa_pod_is_sequence(pod));
	cr_expect_eq(SPA_POD_SIZE(pod), size);
	SPA_POD_SEQUENCE_FOREACH((struct spa_pod_sequence *)pod, control)
	{
		cr_assert_lt(i, midi.n);
		cr_expect_eq(control->type, SPA_CONTROL_UMP);
		cr_expect(spa_pod_is_bytes(&control->value));
		cr_expect_eq(control->offset, midi.ump[i].offset_frames);
		cr_expect_eq(SPA_POD_BODY_SIZE(&control->value), midi.ump[i].n_words * 4);
		cr_expect_arr_eq((const uint32_t *)SPA_POD_BODY(&control->value), midi.ump[i].word,
			midi.ump[i].n_words * 4);
		i++;
	}
	cr_expect_eq(i, midi.n);
}

Test(pipewire_ump, ours_reads_spa,
	.description = "what SPA's builder writes is read, other controls passed over")
{
	uint8_t buffer[PIPEWIRE_UMP_BYTES + 512];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(buffer, sizeof(buffer));
	struct spa_pod_frame frame;

	fill(&midi, 64);
	spa_pod_builder_push_sequence(&builder, &frame, 0);
	for (uint32_t i = 0; i < midi.n; i++) {
		if (i % 8 == 0) {
			spa_pod_builder_control(&builder, midi.ump[i].offset_frames, SPA_CONTROL_Midi);
			spa_pod_builder_bytes(&builder, "\x90\x3c\x64", 3);
			spa_pod_builder_control(&builder, midi.ump[i].offset_frames, SPA_CONTROL_Properties);
			spa_pod_builder_int(&builder, 7);
		}
		spa_pod_builder_control(&builder, midi.ump[i].offset_frames, SPA_CONTROL_UMP);
		spa_pod_builder_bytes(&builder, midi.ump[i].word, midi.ump[i].n_words * 4);
	}
	spa_pod_builder_pop(&builder, &frame);
	pipewire_ump_read(buffer, builder.state.offset, N_FRAMES, &back);
	cr_expect_eq(back.dropped, 0);
	expect_equal(&back, &midi);
}

Test(pipewire_ump, several_in_one_control,
	.description = "packets behind each other in one control are all read")
{
	static const uint32_t words[] = {0x20903c64, 0x40913e00, 0xabcd0000, 0x20803c00};
	uint8_t buffer[256];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(buffer, sizeof(buffer));
	struct spa_pod_frame frame;

	spa_pod_builder_push_sequence(&builder, &frame, 0);
	spa_pod_builder_control(&builder, 5, SPA_CONTROL_UMP);
	spa_pod_builder_bytes(&builder, words, sizeof(words));
	spa_pod_builder_pop(&builder, &frame);
	pipewire_ump_read(buffer, builder.state.offset, N_FRAMES, &back);
	cr_assert_eq(back.n, 3);
	cr_expect_eq(back.ump[1].n_words, 2);
	cr_expect_eq(back.ump[1].word[1], 0xabcd0000);
	cr_expect_eq(back.ump[2].word[0], 0x20803c00);
	cr_expect_eq(back.ump[2].offset_frames, 5);
}

Test(pipewire_ump, sorted_and_inside, .description = "offsets that run back or past the cycle are put right")
{
	static const uint32_t offset[] = {10, 3, 300, UINT32_MAX, 20}, wanted[] = {10, 10, 255, 255, 255};
	alignas(8) uint8_t buffer[512];
	uint32_t lost;
	size_t size;

	fill(&midi, 5);
	for (int i = 0; i < 5; i++)
		midi.ump[i].offset_frames = offset[i];
	size = pipewire_ump_write(buffer, sizeof(buffer), &midi, &lost);
	pipewire_ump_read(buffer, size, N_FRAMES, &back);
	cr_assert_eq(back.n, 5);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(back.ump[i].offset_frames, wanted[i]);
}

Test(pipewire_ump, no_room,
	.description = "what finds no room is counted, and what was written before it is whole")
{
	alignas(8) static uint8_t buffer[PIPEWIRE_UMP_BYTES];
	uint32_t lost;

	fill(&midi, 32);
	for (size_t room = 0; room <= 700; room++) {
		size_t size = pipewire_ump_write(buffer, room, &midi, &lost);

		cr_assert_leq(size, room);
		cr_assert(size == 0 ? room < 16 : size >= 16);
		pipewire_ump_read(buffer, size, N_FRAMES, &back);
		cr_assert_eq(back.n + lost, midi.n, "room %zu: %u read, %u lost", room, back.n, lost);
		cr_assert_eq(back.dropped, 0);
	}
}

Test(pipewire_ump, too_many,
	.description = "more packets than a cycle takes: the first are kept, the rest counted")
{
	static uint8_t buffer[64u * (DRIVER_MIDI_MAX + 10)];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(buffer, sizeof(buffer));
	struct spa_pod_frame frame;

	spa_pod_builder_push_sequence(&builder, &frame, 0);
	for (uint32_t i = 0; i < DRIVER_MIDI_MAX + 10; i++) {
		uint32_t word = 0x20900000 | i;

		spa_pod_builder_control(&builder, 0, SPA_CONTROL_UMP);
		spa_pod_builder_bytes(&builder, &word, sizeof(word));
	}
	spa_pod_builder_pop(&builder, &frame);
	pipewire_ump_read(buffer, builder.state.offset, N_FRAMES, &back);
	cr_expect_eq(back.n, DRIVER_MIDI_MAX);
	cr_expect_eq(back.dropped, 10);
	cr_expect_eq(back.ump[DRIVER_MIDI_MAX - 1].word[0], 0x20900000 | (DRIVER_MIDI_MAX - 1));
}

Test(pipewire_ump, illegal_length, .description = "a packet of no legal length is not written")
{
	alignas(8) uint8_t buffer[256];
	uint32_t lost;

	fill(&midi, 3);
	midi.ump[0].n_words = 0;
	midi.ump[2].n_words = 5;
	pipewire_ump_read(buffer, pipewire_ump_write(buffer, sizeof(buffer), &midi, &lost), N_FRAMES, &back);
	cr_expect_eq(lost, 2);
	cr_assert_eq(back.n, 1);
	cr_expect_eq(back.ump[0].word[0], midi.ump[1].word[0]);
}

Test(pipewire_ump, cut_anywhere, .description = "a sequence cut at any byte is never read past its end")
{
	alignas(8) uint8_t buffer[1024];
	uint32_t lost;
	size_t whole;

	fill(&midi, 16);
	whole = pipewire_ump_write(buffer, sizeof(buffer), &midi, &lost);
	for (size_t size = 0; size < whole; size++) {
		/* On the heap and of exactly that size, so that AddressSanitizer sees a step too far. */
		uint8_t *cut = malloc(size ? size : 1);
		uint32_t body = (uint32_t)(size < 8 ? 0 : size - 8);

		cr_assert(cut);
		memcpy(cut, buffer, size);
		/* Once with the head still promising everything, once with an honest head. */
		pipewire_ump_read(cut, size, N_FRAMES, &back);
		cr_assert_eq(back.n, 0, "the head promises more than there is");
		if (size >= sizeof(body))
			memcpy(cut, &body, sizeof(body));
		pipewire_ump_read(cut, size, N_FRAMES, &back);
		cr_assert_lt(back.n, 16);
		for (uint32_t i = 0; i < back.n; i++)
			cr_assert_arr_eq(back.ump[i].word, midi.ump[i].word, midi.ump[i].n_words * 4);
		free(cut);
	}
}
