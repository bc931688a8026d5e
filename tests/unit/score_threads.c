/* SPDX-License-Identifier: MIT */
/*
 * One thread edits a document, others read its snapshots: what a reader holds never changes, and nothing is
 * shared without order. Without Criterion, so that ThreadSanitizer can watch.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/edit.h>

#define CHECK(what)                                                                                          \
	do {                                                                                                 \
		if (!(what)) {                                                                               \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                     \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#define N_READERS 3u
#define N_EDITS 400u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct score *current; /**< under the lock */
static atomic_bool done;

static const struct score *take(void)
{
	(void)pthread_mutex_lock(&lock);
	const struct score *score = score_ref(current);
	(void)pthread_mutex_unlock(&lock);
	return score;
}

/** Sum of what a reader sees: pitches, ids, texts, and the state, which all may be the first to ask for. */
static uint64_t look(const struct score *score)
{
	uint64_t sum = score_state(score).word[0];
	for (uint32_t p = 0; p < score->n_parts; p++) {
		struct nvx_seq_iter it = nvx_seq_from(&score->part[p]->note, 0);
		for (const struct nvx_note *note; (note = nvx_seq_next(&it));) {
			char text[NVX_ID_MAX + 1];
			sum = sum * 31 + note->pitch + (uint64_t)note->tick;
			sum += nvx_id_format(score->pool, note->id, text) + (uint64_t)text[0];
		}
	}
	for (uint32_t i = 0; i < score_n_marker(score); i++)
		sum = sum * 31 + strlen(score_text(score, score_marker(score, i)->label));
	return sum + nvx_pool_bytes(score->pool) * 0;
}

static void *reader(void *)
{
	while (!atomic_load(&done)) {
		const struct score *score = take();
		const uint64_t first = look(score);
		for (unsigned i = 0; i < 3; i++)
			CHECK(look(score) == first);
		score_unref(score);
	}
	return NULL;
}

static struct score *begin(struct score_report *report)
{
	struct nvx_draft draft;
	struct score *score;
	CHECK(nvx_draft_init(&draft, &score_heap, report) == 0);
	const uint32_t part = nvx_add_part(&draft);
	for (uint32_t i = 0; i < 500; i++) {
		struct nvx_note *note = nvx_add_note(&draft, part);
		note->tick = i * 240;
		note->pitch = (uint8_t)(i % 128);
	}
	CHECK(nvx_finish(&draft, NULL, &score) == 0);
	return score;
}

/** A note moves, another comes with an id of text, a marker with a new label. */
static struct score *edit(const struct score *base, unsigned round, struct score_report *report)
{
	struct score_change change;
	struct score *next;
	char text[32];
	const struct score_part *part = base->part[0];
	struct nvx_note note = *score_part_note(part, round % part->note.n);
	score_change_init(&change, base);
	note.pitch ^= 1;
	CHECK(score_change_add(&change, SCORE_OP_REPLACE, NVX_LIST_note, part->part.id, 0, NULL, &note) == 0);
	const size_t len = (size_t)snprintf(text, sizeof(text), "note-%u", round);
	note.id = nvx_id_parse(base->pool, text, len);
	CHECK(score_change_add(&change, SCORE_OP_ADD, NVX_LIST_note, part->part.id, 0, NULL, &note) == 0);
	struct nvx_marker_element marker = {
		.label = nvx_pool_string(base->pool, text, len), .order = NVX_NO_I32};
	CHECK(score_change_add(&change, SCORE_OP_ADD, NVX_LIST_marker, 0, 0, NULL, &marker) == 0);
	CHECK(score_apply(base, &change, report, &next) == 0);
	score_change_finish(&change);
	return next;
}

int main(void)
{
	pthread_t thread[N_READERS];
	struct score_report *report = calloc(1, sizeof(*report));
	CHECK(report);
	struct score *mine = begin(report);
	current = score_ref(mine);
	for (unsigned i = 0; i < N_READERS; i++)
		CHECK(pthread_create(&thread[i], NULL, reader, NULL) == 0);
	for (unsigned round = 0; round < N_EDITS; round++) {
		struct score *next = edit(mine, round, report);
		(void)pthread_mutex_lock(&lock);
		const struct score *old = current;
		current = score_ref(next);
		(void)pthread_mutex_unlock(&lock);
		score_unref(old);
		score_unref(mine);
		mine = next;
	}
	atomic_store(&done, 1);
	for (unsigned i = 0; i < N_READERS; i++)
		(void)pthread_join(thread[i], NULL);
	CHECK(mine->part[0]->note.n == 500 + N_EDITS);
	score_unref(current);
	score_unref(mine);
	free(report);
	return 0;
}
