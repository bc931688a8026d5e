/* SPDX-License-Identifier: MIT */
#include <score/format.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "htl.h"

/** metadata: what a score has too, the rest stays with it. @return tempo in millionths; 0: none. */
static int64_t read_metadata(struct htl *h, const struct older_object *doc)
{
	struct older *o = &h->o;
	const uint8_t *value = older_take(o, doc, "metadata");
	struct older_object obj;
	int64_t bpm_1e6 = 0;
	if (!value)
		return 0;
	const struct older_place place = older_goto(o, value, "metadata");
	if (older_open(o, &obj)) {
		const uint8_t *tempo = older_peek(o, &obj, "tempo");
		if (tempo && !older_decimal(o, &obj, "tempo", 6, 1, HTL_MAX_BPM_1E6, &bpm_1e6))
			bpm_1e6 = 0;
		if (bpm_1e6)
			older_add_tempo(o, 0, bpm_1e6, NVX_CURVE_STEP);
		o->has_tempo = bpm_1e6 != 0;
		older_read_head(o, &obj);
		o->draft->globals.metadata.extra = older_close(o, &obj);
	}
	older_back(o, place);
	h->num = o->num;
	h->den = o->den;
	struct nvx_meter *meter = nvx_add_meter(o->draft);
	meter->num = h->num;
	meter->den = h->den;
	return bpm_1e6;
}

/** Of the first tempo_change. */
static int64_t first_tempo(struct htl *h)
{
	for (size_t i = 0; i < h->n_event; i++) {
		int64_t bpm_1e6;
		if (h->event[i].type != HTL_TEMPO)
			continue;
		const uint8_t *data = json_find(h->event[i].at, "data");
		const uint8_t *bpm = data && *data == '{' ? json_find(data, "bpm") : NULL;
		struct json_pull pull;
		if (!bpm || *bpm < '0' || *bpm > '9')
			continue;
		json_pull_init(&pull, bpm);
		if (json_decimal(json_raw(&pull), 6, &bpm_1e6) >= 0)
			return bpm_1e6;
	}
	return 0;
}

static void settle_ppq(struct htl *h, const struct older_object *doc, int64_t bpm_1e6, const char *name)
{
	int64_t ppq = 0;
	if (older_integer(&h->o, doc, "ppq", 1, 1000000, &ppq)) {
		h->ppq = (uint32_t)ppq;
		return;
	}
	h->ppq = htl_guess_ppq(h, bpm_1e6);
	score_warn(h->o.r->report, "timeline.ppq.guessed", SCORE_AT("/%s", name),
		"nothing says how many ticks a quarter has: read as %u", h->ppq);
}

/** Without a tempo, the one that the clock shows. */
static void settle_tempo(struct htl *h, const char *name)
{
	const int64_t bpm_1e6 = (int64_t)((__int128)htl_median_slope(h) * 60000 / h->ppq);
	if (bpm_1e6 < 1000000 || bpm_1e6 > INT64_C(1000000000))
		return;
	older_add_tempo(&h->o, 0, bpm_1e6, NVX_CURVE_STEP);
	score_warn(h->o.r->report, "nvx1.migrated", SCORE_AT("/%s", name),
		"no tempo is told: %lld.%06lld by the timestamps", (long long)(bpm_1e6 / 1000000),
		(long long)(bpm_1e6 % 1000000));
}

/** Ticks at 960; an event without one stands where the last one stood. */
static void scale_ticks(struct htl *h)
{
	int64_t last = 0;
	uint64_t rounded = 0;
	for (size_t i = 0; i < h->n_event; i++) {
		struct htl_event *e = &h->event[i];
		if (e->has_tick) {
			const __int128 all = (__int128)e->tick * NVX_PPQ;
			rounded += all % h->ppq != 0;
			last = (int64_t)((2 * all + h->ppq) / (2 * (__int128)h->ppq));
			if (last > NVX_MAX_TICK / 2) {
				(void)score_error(h->o.r->report, "nvx1.range",
					SCORE_AT("/events/%u/tick", e->index), "beyond 2^39 ticks of 960");
				last = 0;
			}
		}
		e->tick = last;
		h->end_tick = last > h->end_tick ? last : h->end_tick;
	}
	if (rounded)
		score_warn(h->o.r->report, "nvx1.rounded", "/events",
			"%llu ticks are not whole at 960 a quarter: rounded half up",
			(unsigned long long)rounded);
}

static void read_document(struct htl *h)
{
	struct older *o = &h->o;
	struct older_object doc;
	struct older_walk walk;
	unsigned version[3];
	if (!older_open(o, &doc))
		return;
	if (!older_text(o, &doc, "version"))
		nvx_fault(o->r, "nvx1.version.missing", "version is missing");
	else if (nvx_version_parse((const char *)o->r->text.data, o->r->text.n, version) < 0)
		nvx_fault(o->r, "nvx1.version.malformed", "a version is like 1.0");
	else if (version[0] != 1)
		nvx_fault(o->r, "nvx1.version.unsupported", "a version that can be read is 1.0.0 to 1.x.y");
	int64_t bpm_1e6 = read_metadata(h, &doc);
	const char *name = older_peek(o, &doc, "events") ? "events" : "timeline";
	const uint8_t *array = older_peek(o, &doc, name);
	if (!array)
		nvx_fault(o->r, "nvx1.member.missing", "events is missing");
	if (array && older_into(o, &doc, name, &walk))
		htl_read_events(h, &walk, name);
	if (!bpm_1e6)
		bpm_1e6 = first_tempo(h);
	settle_ppq(h, &doc, bpm_1e6, name);
	if (!bpm_1e6)
		settle_tempo(h, name);
	if (o->r->report->n_errors == 0 && !o->draft->error) {
		scale_ticks(h);
		htl_read_music(h, array, name);
	}
	o->draft->globals.extra = older_close(o, &doc);
}

int htl_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	struct nvx_reader r;
	if (size > NVX_MAX_TIMELINE)
		return score_error(draft->report, "nvx1.limit.file", SCORE_AT_BYTE(0),
			"%zu bytes are more than %u", size, NVX_MAX_TIMELINE);
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	const int rc = json_check(bytes, size, JSON_UNIQUE_KEYS, nvx_pool_alloc(draft->pool), draft->report);
	if (rc < 0)
		return rc;
	size_t first = 0;
	while (first < size && bytes[first] <= ' ')
		first++;
	if (bytes[first] != '{') /* a walker stops at the end of an object alone */
		return score_error(draft->report, "nvx1.format.unknown", "", "a timeline is a JSON object");
	nvx_reader_init(&r, bytes, draft);
	json_pull_init(&r.pull, bytes);
	(void)snprintf(r.report->dialect, sizeof(r.report->dialect), "timeline 1.0");
	struct htl *h = score_zalloc(r.alloc, 1, sizeof(*h));
	if (h) {
		h->draft = draft;
		h->num = h->den = 4;
		older_init(&h->o, &r, HTL_SPACE, NULL);
		score_bytes_init(&h->rail, r.alloc);
		read_document(h);
		older_finish(&h->o);
		score_bytes_finish(&h->rail);
		score_free(r.alloc, h->event);
		score_free(r.alloc, h->voice);
		score_free(r.alloc, h);
	} else {
		draft->error = -ENOMEM;
	}
	if (!draft->error)
		(void)nvx_step_done(&r);
	nvx_reader_finish(&r);
	if (draft->error)
		return draft->error;
	return draft->report->n_errors ? -EINVAL : 0;
}
