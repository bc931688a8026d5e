/* SPDX-License-Identifier: MIT */
/** Any bytes -> score -> bytes -> score: refused with a place and a reason, or twice the same. */
#ifndef TESTS_FUZZ_MIDI_ROUND_TRIP_H
#define TESTS_FUZZ_MIDI_ROUND_TRIP_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/format.h>

#include "fuzz.h"

typedef int (*importer)(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
typedef int (*exporter)(const struct score *score, struct score_bytes *out, struct score_report *report);

static struct score_report report;

static int import_with(importer import, const uint8_t *bytes, size_t size, struct score **ret)
{
	struct nvx_draft draft;
	report.n_errors = report.n_warnings = 0;
	FUZZ_CHECK(nvx_draft_init(&draft, &score_heap, &report) == 0);
	draft.repair = 1;
	int rc = import(bytes, size, &draft);
	if (rc == 0)
		rc = nvx_finish(&draft, NULL, ret);
	nvx_draft_finish(&draft);
	for (uint32_t i = 0; i < report.n_warnings && i < SCORE_MAX_ISSUES; i++)
		FUZZ_CHECK(report.warning[i].code && report.warning[i].reason[0]);
	if (rc < 0)
		FUZZ_CHECK((rc == -EINVAL || rc == -E2BIG) && report.n_errors && report.error[0].reason[0]);
	return rc;
}

/** An SMPTE division gives tempos that no tempo event holds. */
static int holds_tempos(const struct score *score, uint64_t unit_ns, uint64_t max_ns)
{
	for (uint32_t i = 0; i < score_n_tempo(score); i++) {
		const uint64_t ns = score_tempo(score, i)->ns_per_quarter;
		if (ns % unit_ns || ns > max_ns)
			return 0;
	}
	return 1;
}

/** Words of two tracks without notes come into one, where a word may be cut by another's. */
static int holds_words(const struct score *score)
{
	int in_word = 0;
	for (uint32_t i = 0; i < score_n_lyric(score); i++) {
		const struct nvx_lyric *lyric = score_lyric(score, i);
		const int goes_on =
			lyric->syllabic == NVX_SYLLABIC_BEGIN || lyric->syllabic == NVX_SYLLABIC_MIDDLE;
		const int went_on =
			lyric->syllabic == NVX_SYLLABIC_END || lyric->syllabic == NVX_SYLLABIC_MIDDLE;
		if (lyric->e.part_id)
			continue;
		if (in_word != went_on)
			return 0;
		in_word = goes_on;
	}
	return 1;
}

/** Messages in packets come into one track, where another message of their port may cut them. */
static int holds_packets(const struct score *score)
{
	for (uint32_t p = 0; p < score->n_parts; p++) {
		int has_packets = 0, n_messages = 0;
		for (uint32_t i = 0; i < score->part[p]->control.n; i++) {
			const struct nvx_control *control = score_part_control(score->part[p], i);
			uint32_t n;
			const uint32_t *words = nvx_items(score->pool, control->data, &n);
			const int is_packet = control->kind == NVX_CONTROL_UMP && n && words[0] >> 28 == 3;
			has_packets |= is_packet;
			n_messages += control->kind == NVX_CONTROL_SYSEX ||
				      (is_packet && (words[0] >> 20 & 0x0f) < 2);
		}
		if (has_packets && n_messages > 1)
			return 0;
	}
	return 1;
}

static inline void midi_round_trip(
	importer import, exporter export, uint64_t unit_ns, uint64_t max_ns, const uint8_t *data, size_t size)
{
	struct score *score = NULL, *again = NULL;
	struct score_bytes out;
	if (import_with(import, data, size, &score) < 0)
		return;
	score_bytes_init(&out, &score_heap);
	report.n_errors = report.n_warnings = 0;
	const int rc = export(score, &out, &report);
	FUZZ_CHECK(rc == 0 || (rc == -EINVAL && report.n_errors));
	if (rc == 0) {
		FUZZ_CHECK(import_with(import, out.data, out.n, &again) == 0);
		if (holds_tempos(score, unit_ns, max_ns) && holds_words(score) && holds_packets(score))
			FUZZ_CHECK(score_same_state(score, again));
		score_unref(again);
	}
	score_bytes_finish(&out);
	score_unref(score);
}

#endif
