/* SPDX-License-Identifier: MIT */
/*
 * Who plays where. What parts say themselves comes first and may be shared; the others get what is left:
 * channel 10 for drums, any other for the rest. When nothing is left, they share too.
 */
#include "compile_private.h"

#define STRIPS (COMPILE_GROUPS * 16)

struct strips {
	uint8_t taken[STRIPS];
	int32_t owner[STRIPS]; /**< the part that says how the strip begins; -1: none yet */
};

static uint32_t line(struct compile_strip s)
{
	return s.group * 16u + s.channel;
}

/** Strip of the part in the nearest group that has a free one. @return 0: none has. */
static int find_free(const struct strips *s, uint32_t group, int drums, struct compile_strip *ret)
{
	for (uint32_t g = 0; g < COMPILE_GROUPS; g++) {
		for (uint8_t c = 0; c < 16; c++) {
			const struct compile_strip strip = {(uint8_t)((group + g) % COMPILE_GROUPS), c};

			if ((c == COMPILE_DRUMS) == drums && !s->taken[line(strip)]) {
				*ret = strip;
				return 1;
			}
		}
	}
	return 0;
}

/** Without a free one: with a part of the same sound, else wherever the part's number leads. */
static struct compile_strip find_shared(const struct score *score, const struct strips *s, uint32_t p)
{
	const struct nvx_part *part = &score->part[p]->part;
	struct compile_strip strip = {(uint8_t)(part->midi_port % COMPILE_GROUPS), COMPILE_DRUMS};

	if (part->role == NVX_ROLE_DRUMS)
		return strip;
	for (uint32_t i = 0; i < STRIPS; i++) {
		const struct nvx_part *other = s->owner[i] < 0 ? NULL : &score->part[s->owner[i]]->part;
		if (i % 16 != COMPILE_DRUMS && other && other->midi_program == part->midi_program &&
			other->midi_bank == part->midi_bank)
			return (struct compile_strip){(uint8_t)(i / 16), (uint8_t)(i % 16)};
	}
	strip.channel = (uint8_t)(p % 15);
	strip.channel = (uint8_t)(strip.channel + (strip.channel >= COMPILE_DRUMS));
	return strip;
}

static void take(struct strips *s, const struct score *score, uint32_t p, struct compile_strip strip)
{
	int32_t *owner = &s->owner[line(strip)];
	const struct nvx_part *part = &score->part[p]->part;

	s->taken[line(strip)] = 1;
	/* a track of the same channel that says nothing of its sound has program 0 */
	if (*owner < 0 || (score->part[*owner]->part.midi_program == 0 && part->midi_program != 0))
		*owner = (int32_t)p;
}

static int volume_of(int32_t volume_1e6)
{
	/* 1 is General MIDI's 100, and loudness goes with the square of the controller */
	int cc = 0;

	while (cc < 127 && (int64_t)(2 * cc + 1) * (2 * cc + 1) * 25 <= volume_1e6)
		cc++;
	return cc;
}

static int pan_of(int32_t pan_1e6)
{
	const int64_t half = pan_1e6 < 0 ? 64 : 63, scaled = pan_1e6 * half;
	const int64_t cc = 64 + (scaled + (scaled < 0 ? -500000 : 500000)) / 1000000;

	return cc < 0 ? 0 : cc > 127 ? 127 : (int)cc;
}

static struct compile_start start_of(const struct score *score, uint32_t p, int is_owner)
{
	const struct nvx_part *part = &score->part[p]->part;
	struct compile_start start = {-1, -1, -1, -1};

	if (is_owner) {
		start.bank = part->midi_bank == 0xffff ? -1 : part->midi_bank & 0x3fff;
		start.program = part->midi_program & 0x7f;
	}
	if (part->volume_1e6 != NVX_NO_I32)
		start.volume = volume_of(part->volume_1e6);
	if (part->pan_1e6 != 0)
		start.pan = pan_of(part->pan_1e6);
	return start;
}

/** What the part itself says at the very beginning, on its own strip: that needs no other word before it. */
static void drop_said(const struct score_part *part, int32_t strip_said[4])
{
	const struct nvx_control *c;

	for (struct nvx_seq_iter it = nvx_seq_from(&part->control, 0);
		(c = nvx_seq_next(&it)) && c->tick == 0;) {
		if (c->channel != NVX_NO_U8 && c->channel != part->part.midi_channel)
			continue;
		if (c->kind == NVX_CONTROL_PROGRAM)
			strip_said[1] = 1;
		if (c->kind == NVX_CONTROL_PROGRAM && c->number != 0xffff)
			strip_said[0] = 1;
		if (c->kind == NVX_CONTROL_CC && (c->number == 0 || c->number == 32))
			strip_said[0] = 1;
		if (c->kind == NVX_CONTROL_CC && c->number == 7)
			strip_said[2] = 1;
		if (c->kind == NVX_CONTROL_CC && c->number == 10)
			strip_said[3] = 1;
	}
}

void compile_strips(const struct compile_context *ctx, const struct compile_part *part,
	struct compile_strip *ret_strip, struct compile_start *ret_start)
{
	const struct score *score = ctx->score;
	struct strips s = {0};
	int32_t said[STRIPS][4] = {0};
	int warned = 0;

	for (uint32_t i = 0; i < STRIPS; i++)
		s.owner[i] = -1;
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const struct nvx_part *np = &score->part[p]->part;
		const uint8_t group = (uint8_t)(np->midi_port % COMPILE_GROUPS);

		if (np->midi_port >= COMPILE_GROUPS)
			score_warn(ctx->report, "nvx1.port.shared",
				SCORE_AT("/parts/%u/instrument/midiPort", p), "port %u is played on port %u",
				np->midi_port, group);
		for (uint8_t c = 0; c < 16; c++)
			s.taken[line((struct compile_strip){group, c})] |=
				(uint8_t)(part[p].channels >> c & 1);
		if (np->midi_channel != NVX_NO_U8) {
			ret_strip[p] = (struct compile_strip){group, np->midi_channel & 15};
			take(&s, score, p, ret_strip[p]);
		}
	}
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const struct nvx_part *np = &score->part[p]->part;

		if (np->midi_channel == NVX_NO_U8) {
			if (!find_free(&s, np->midi_port % COMPILE_GROUPS, np->role == NVX_ROLE_DRUMS,
				    &ret_strip[p])) {
				ret_strip[p] = find_shared(score, &s, p);
				if (!warned++)
					score_warn(ctx->report, "nvx1.channel.shared",
						SCORE_AT("/parts/%u", p),
						"no channel is left; shared with another part");
			}
			take(&s, score, p, ret_strip[p]);
		}
		drop_said(score->part[p], said[line(ret_strip[p])]);
	}
	for (uint32_t p = 0; p < score->n_parts; p++) {
		int32_t *strip_said = said[line(ret_strip[p])];
		struct compile_start start = start_of(score, p, s.owner[line(ret_strip[p])] == (int32_t)p);
		int32_t *value[4] = {&start.bank, &start.program, &start.volume, &start.pan};

		for (unsigned i = 0; i < 4; i++) {
			if (strip_said[i])
				*value[i] = -1;
			else if (i >= 2 && *value[i] >= 0)
				strip_said[i] = 1; /* the first part's word counts */
		}
		ret_start[p] = start;
	}
}
