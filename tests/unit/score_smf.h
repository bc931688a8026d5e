/* SPDX-License-Identifier: MIT */
/** From file to score, for tests of what becomes of a MIDI file. */
#ifndef TEST_SCORE_SMF_H
#define TEST_SCORE_SMF_H

#include <criterion/criterion.h>

#include <string.h>

#include <score/format.h>
#include <score/score.h>

#include "score_report_place.h"
#include "smf_bytes.h"

#define END 0x00, 0xff, 0x2f, 0x00

static struct score_report report;

static inline int try_import(const struct smf_bytes *b, struct score **ret)
{
	struct nvx_draft draft;
	report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(&draft, &score_heap, &report), 0);
	draft.repair = 1;
	int rc = smf_import(b->data, b->size, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, ret);
	nvx_draft_finish(&draft);
	return rc;
}

static inline struct score *import(const struct smf_bytes *b)
{
	struct score *score = NULL;
	const int rc = try_import(b, &score);
	cr_assert_eq(rc, 0, "%d: %s: %s", rc, report.error[0].where, report.error[0].reason);
	return score;
}

static inline const struct nvx_note *note_of(const struct score *s, uint32_t i)
{
	return score_part_note(s->part[0], i);
}

static inline int64_t end_of(const struct nvx_note *note)
{
	return note->tick + note->duration_ticks;
}

static inline void vlq(struct smf_bytes *b, uint32_t value)
{
	for (int shift = 21; shift >= 0; shift -= 7)
		SMF_PUT(b, (uint8_t)((value >> shift & 0x7f) | (shift ? 0x80 : 0)));
}

static inline struct smf_bytes begin(unsigned format, unsigned tracks, unsigned division)
{
	struct smf_bytes b = {0};
	smf_head(&b, format, tracks, division);
	smf_begin(&b, "MTrk");
	return b;
}

static inline void next_track(struct smf_bytes *b)
{
	smf_end(b);
	smf_begin(b, "MTrk");
}

static inline int warned(const char *part)
{
	return has_warning(&report, part);
}

static inline const struct nvx_part *part_of(const struct score *s, uint32_t i)
{
	return &s->part[i]->part;
}

static inline const char *part_name(const struct score *s, uint32_t i)
{
	return score_text(s, part_of(s, i)->name);
}

static inline const char *title_of(const struct score *s)
{
	return score_text(s, s->globals.metadata.title);
}

static inline void put_text(struct smf_bytes *b, uint8_t delta, uint8_t type, const char *text)
{
	SMF_PUT(b, delta, 0xff, type, (uint8_t)strlen(text));
	smf_put(b, text, strlen(text));
}

/** Two keys a lyric; the higher one sings. */
static inline struct smf_bytes sung(const char *const *lyrics, uint8_t type)
{
	struct smf_bytes b = begin(1, 2, 96);
	SMF_PUT(&b, END);
	next_track(&b);
	for (; *lyrics; lyrics++) {
		put_text(&b, 0, type, *lyrics);
		SMF_PUT(&b, 0x00, 0x90, 0x3c, 0x40, 0x00, 0x90, 0x40, 0x40, 0x10, 0x80, 0x3c, 0x40, 0x00,
			0x80, 0x40, 0x40);
	}
	SMF_PUT(&b, END);
	smf_end(&b);
	return b;
}

#endif
