/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <spa/control/control.h>
#include <spa/pod/pod.h>
#include <spa/utils/type.h>
#include "pipewire_ump.h"

/** Words of a packet by its message type, the top four bits (M2-104-UM v1.1.2, table 4). */
static const uint8_t words_of_type[16] = {1, 1, 1, 2, 2, 4, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4};

static_assert(sizeof(struct spa_pod_sequence) == 16, "PIPEWIRE_UMP_BYTES counts on it");
static_assert(sizeof(struct spa_pod_control) == 16, "PIPEWIRE_UMP_BYTES counts on it");

static size_t round_up_8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/** The packets of one control: usually one, but nothing forbids several behind each other. */
static void read_packets(const uint8_t *bytes, size_t size, uint32_t offset_frames, struct driver_midi *ret)
{
	while (size >= sizeof(uint32_t)) {
		struct driver_ump ump = {.offset_frames = offset_frames};
		size_t len;

		memcpy(&ump.word[0], bytes, sizeof(uint32_t));
		ump.n_words = words_of_type[ump.word[0] >> 28];
		len = ump.n_words * sizeof(uint32_t);
		if (len > size)
			break;
		/* Not word 0 again: its copy has been judged, what is there now has not. */
		memcpy(&ump.word[1], bytes + sizeof(uint32_t), len - sizeof(uint32_t));
		if (ret->n < DRIVER_MIDI_MAX)
			ret->ump[ret->n++] = ump;
		else
			ret->dropped++;
		bytes += len;
		size -= len;
	}
	if (size > 0)
		ret->dropped++;
}

void pipewire_ump_read(const void *pod, size_t size, uint32_t n_frames, struct driver_midi *ret) MOS_RT
{
	const uint8_t *bytes = pod;
	struct spa_pod head;
	size_t end, at = sizeof(struct spa_pod_sequence);
	uint32_t last_offset = 0;

	ret->n = 0;
	ret->dropped = 0;
	if (size < sizeof(struct spa_pod_sequence))
		return;
	memcpy(&head, bytes, sizeof(head));
	if (head.type != SPA_TYPE_Sequence || head.size > size - sizeof(head))
		return;
	end = sizeof(head) + head.size;

	while (at + sizeof(struct spa_pod_control) <= end) {
		struct spa_pod_control control;
		uint32_t offset;

		memcpy(&control, bytes + at, sizeof(control));
		at += sizeof(control);
		if (control.value.size > end - at) {
			ret->dropped++;
			return;
		}
		if (control.type == SPA_CONTROL_UMP && control.value.type == SPA_TYPE_Bytes) {
			offset = control.offset < n_frames ? control.offset : n_frames - 1;
			if (offset < last_offset)
				offset = last_offset;
			last_offset = offset;
			read_packets(bytes + at, control.value.size, offset, ret);
		}
		at += round_up_8(control.value.size);
	}
}

size_t pipewire_ump_write(void *buffer, size_t size, const struct driver_midi *midi, uint32_t *ret_lost)
	MOS_RT
{
	uint8_t *bytes = buffer;
	struct spa_pod_sequence head = {.pod = {.type = SPA_TYPE_Sequence}};
	size_t at = sizeof(head);
	uint32_t lost = 0;

	if (size < sizeof(head)) {
		*ret_lost = midi->n;
		return 0;
	}
	for (uint32_t i = 0; i < midi->n; i++) {
		const struct driver_ump *ump = &midi->ump[i];
		struct spa_pod_control control = {
			.offset = ump->offset_frames,
			.type = SPA_CONTROL_UMP,
			.value = {.size = ump->n_words * (uint32_t)sizeof(uint32_t), .type = SPA_TYPE_Bytes},
		};
		size_t padded = round_up_8(control.value.size);

		if (ump->n_words < 1 || ump->n_words > 4 || sizeof(control) + padded > size - at) {
			lost++;
			continue;
		}
		memcpy(bytes + at, &control, sizeof(control));
		at += sizeof(control);
		memset(bytes + at + padded - 8, 0, 8);
		memcpy(bytes + at, ump->word, control.value.size);
		at += padded;
	}
	head.pod.size = (uint32_t)(at - sizeof(head.pod));
	memcpy(bytes, &head, sizeof(head));
	*ret_lost = lost;
	return at;
}
