/* SPDX-License-Identifier: MIT */
/* Texts of what is played, to be compared and hashed (tritone.md 16). */
#include "events.h"

#include "sha256.h"
#include "buffer.h"
#include "ticks.h"

#include <errno.h>
#include <stdlib.h>

static void put_field(struct band_buffer *b, uint64_t number, char end)
{
	band_put_number(b, number);
	band_put_byte(b, (uint8_t)end);
}

char *band_events_text(const struct band_events *events, const struct band_inputs *, size_t *ret_len)
{
	struct band_buffer b = {};
	struct band_ticked *ticked = band_ticked(events);

	if (!ticked)
		return NULL;
	for (uint32_t i = 0; i < events->n_events; i++) {
		const struct band_ticked *t = &ticked[i];

		put_field(&b, t->track, ' ');
		put_field(&b, t->start, ' ');
		put_field(&b, t->end, ' ');
		put_field(&b, t->channel, ' ');
		put_field(&b, t->note, ' ');
		put_field(&b, t->velocity, '\n');
	}
	free(ticked);
	band_put_byte(&b, 0);
	if (b.failed) {
		free(b.byte);
		return NULL;
	}
	*ret_len = b.size - 1;
	return (char *)b.byte;
}

int band_events_digest(const struct band_events *events, const struct band_inputs *in, char ret[65])
{
	size_t n;
	char *text = band_events_text(events, in, &n);
	const int r = text ? band_sha256_hex(text, n, ret) : -ENOMEM;

	free(text);
	return r;
}

int band_steps_digest(const struct band_steps *steps, char ret[65])
{
	static const char *const types[] = {
		[BAND_RANK_OFF] = "note_off",
		[BAND_RANK_PROGRAM] = "program_change",
		[BAND_RANK_CC] = "control_change",
		[BAND_RANK_ON] = "note_on",
	};
	struct band_buffer b = {};

	for (uint32_t i = 0; i < steps->n_steps; i++) {
		const struct band_step *s = &steps->step[i];

		/* The text is of the music: the click is not in it. */
		if (s->track > BAND_N_PARTS)
			continue;
		put_field(&b, s->step, ' ');
		band_put_text(&b, types[s->rank]);
		band_put_byte(&b, ' ');
		put_field(&b, s->status & 15u, ' ');
		put_field(&b, s->data1, ' ');
		put_field(&b, s->data2, '\n');
	}
	const int r = b.failed ? -ENOMEM : band_sha256_hex(b.size ? (const void *)b.byte : "", b.size, ret);

	free(b.byte);
	return r;
}
