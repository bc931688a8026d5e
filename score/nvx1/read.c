/* SPDX-License-Identifier: MIT */
/* The five steps of nvx1.md 14, but the last: bytes, JSON, version and dialect, shape. Meaning is
 * nvx_finish()'s. */
#include <score/nvx_json.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/format.h>

#include "bpm.h"
#include "older/older.h"
#include "read.h"

int nvx_version_parse(const char *text, size_t len, unsigned version[static 3])
{
	const char *at = text, *end = text + len;
	unsigned n = 0;

	version[2] = 0;
	for (;;) {
		const char *start = at;
		unsigned value = 0;
		while (at < end && *at >= '0' && *at <= '9' && at - start < 6)
			value = value * 10 + (unsigned)(*at++ - '0');
		if (at == start || (*start == '0' && at - start > 1))
			return -EINVAL;
		version[n++] = value;
		if (at == end)
			break;
		if (*at++ != '.' || n == 3)
			return -EINVAL;
	}
	/* "1.0", "2.0", "3.0" are what E1 writes; nothing else leaves the patch out. */
	return n == 3 || (n == 2 && version[1] == 0) ? 0 : -EINVAL;
}

/** The value at `at`, which stands at the member `name` of the document. @return 0, -EINVAL noted. */
static int read_version(struct nvx_reader *r, const uint8_t *at, const char *name, unsigned newest,
	unsigned version[static 3])
{
	char text[16];
	size_t len = 0;

	if (!at) {
		nvx_fault(r, "nvx1.version.missing", "version is missing");
		return -EINVAL;
	}
	struct json_pull pull;
	json_pull_init(&pull, at);
	if (json_kind(&pull) == JSON_STRING) {
		const struct json_text raw = json_string(&pull);
		if (raw.len <= sizeof(text))
			len = json_decode(raw, text);
	}
	const char *code = NULL;
	if (len == 0 || nvx_version_parse(text, len, version) < 0)
		code = "nvx1.version.malformed";
	else if (version[0] < 1 || version[0] > newest)
		code = "nvx1.version.unsupported";
	if (!code)
		return 0;
	const int rc =
		score_error(r->report, code, name, "a version that can be read is 1.0.0 to %u.x.y", newest);
	json_pull_init(&pull, at);
	const struct json_text raw = json_raw(&pull);
	score_error_value(r->report, raw.at, raw.len);
	return rc;
}

/* ---- what is it ---- */

/** Top-level members by which kinds are told apart. */
enum {
	TOP_SCORE,
	TOP_EVENTS,
	TOP_TIMELINE,
	TOP_MEASURES,
	TOP_PARTS,
	TOP_TRACKS,
	TOP_INFO,
	TOP_INFOS,
	TOP_METADATA,
	TOP_VERSION,
	TOP_LAYERS,
	N_TOPS
};
static const char *const top_name[N_TOPS] = {"score", "events", "timeline", "measures", "parts", "tracks",
	"info", "infos", "metadata", "version", "layers"};

static uint32_t tops_of(const uint8_t *bytes, char *seen, size_t size)
{
	struct json_pull pull;
	uint32_t tops = 0;
	size_t n = 0;

	json_pull_init(&pull, bytes);
	for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
		const struct json_text key = json_key(&pull);
		for (unsigned i = 0; i < N_TOPS; i++)
			if (json_text_is(key, top_name[i]))
				tops |= 1u << i;
		if (json_text_is(key, "timeline") && json_kind(&pull) == JSON_ARRAY)
			tops |= 1u << TOP_EVENTS; /* what the original called them */
		if (n + key.len + 3 < size)
			n += (size_t)snprintf(
				seen + n, size - n, "%s%.*s", n ? ", " : "", (int)key.len, key.at);
	}
	if (n == 0)
		(void)snprintf(seen, size, "no members");
	return tops;
}

static int has(uint32_t tops, unsigned top)
{
	return (tops >> top & 1u) != 0;
}

static int kind_of(uint32_t tops)
{
	if (has(tops, TOP_SCORE))
		return SCORE_FORMAT_UMF;
	if ((has(tops, TOP_EVENTS) || has(tops, TOP_TIMELINE)) && !has(tops, TOP_MEASURES) &&
		!has(tops, TOP_PARTS) && !has(tops, TOP_METADATA) && !has(tops, TOP_TRACKS))
		return SCORE_FORMAT_TIMELINE;
	if (has(tops, TOP_EVENTS) && !has(tops, TOP_MEASURES) && !has(tops, TOP_PARTS))
		return SCORE_FORMAT_TIMELINE;
	if (tops &
		(1u << TOP_MEASURES | 1u << TOP_PARTS | 1u << TOP_TRACKS | 1u << TOP_INFO | 1u << TOP_INFOS))
		return SCORE_FORMAT_NVX1;
	/* A document of ours that lacks what it needs: its errors say more than "unknown". */
	if (has(tops, TOP_METADATA) && has(tops, TOP_VERSION))
		return SCORE_FORMAT_NVX1;
	return -EINVAL;
}

/** Steps one and two. @return enum score_format; -EINVAL with the report filled; -ENOMEM. */
static int look(const uint8_t *bytes, size_t size, const struct score_alloc *alloc,
	struct score_report *report, uint32_t *ret_tops)
{
	char seen[120];
	if (size > NVX_MAX_TIMELINE)
		return score_error(report, "nvx1.limit.file", SCORE_AT_BYTE(0), "%zu bytes are more than %u",
			size, NVX_MAX_TIMELINE);
	const int rc = json_check(bytes, size, JSON_UNIQUE_KEYS, alloc, report);
	if (rc < 0)
		return rc;
	const uint8_t *at = bytes;
	while (at < bytes + size && *at <= ' ')
		at++;
	if (*at != '{')
		return score_error(report, "nvx1.format.unknown", "", "a score is a JSON object");
	*ret_tops = tops_of(bytes, seen, sizeof(seen));
	const int kind = kind_of(*ret_tops);
	if (kind < 0)
		return score_error(
			report, "nvx1.format.unknown", "", "no score has just these members: %s", seen);
	const unsigned most = kind == SCORE_FORMAT_NVX1  ? NVX_MAX_FILE
			      : kind == SCORE_FORMAT_UMF ? NVX_MAX_UMF
							 : NVX_MAX_TIMELINE;
	if (size > most)
		return score_error(report, "nvx1.limit.file", SCORE_AT_BYTE(0), "%zu bytes are more than %u",
			size, most);
	return kind;
}

/** Our own writer's first member: no need to read on. */
static int begins_as_nvx1(const uint8_t *bytes, size_t size)
{
	static const char *const token[] = {"{", "\"format\"", ":", "\"nvx1\""};
	const uint8_t *end = bytes + size;
	for (unsigned i = 0; i < 4; i++) {
		while (bytes < end && (*bytes == ' ' || *bytes == '\n' || *bytes == '\r' || *bytes == '\t'))
			bytes++;
		const size_t n = strlen(token[i]);
		if ((size_t)(end - bytes) < n || memcmp(bytes, token[i], n) != 0)
			return 0;
		bytes += n;
	}
	return 1;
}

static size_t bom(const uint8_t *bytes, size_t size)
{
	return size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

int nvx_json_kind(const uint8_t *bytes, size_t size, struct score_report *report)
{
	uint32_t tops;
	const size_t skip = bom(bytes, size);
	if (begins_as_nvx1(bytes + skip, size - skip))
		return SCORE_FORMAT_NVX1;
	return look(bytes + skip, size - skip, &score_heap, report, &tops);
}

/* ---- after the shape ---- */

static void complete_beginning(struct nvx_reader *r)
{
	struct nvx_draft *draft = r->draft;
	const struct nvx_beginning *b = &r->beginning;

	if (draft->n_tempo == 0 && b->has_bpm) {
		nvx_add_tempo(draft)->ns_per_quarter = nvx_ns_of_bpm(b->bpm_1e6, 1000000);
	} else if (b->has_bpm) {
		const struct nvx_tempo *first = &draft->tempo[0];
		const uint64_t ns = nvx_ns_of_bpm(b->bpm_1e6, 1000000);
		if (ns != first->ns_per_quarter && nvx_bpm_of_ns(first->ns_per_quarter) != b->bpm_1e6)
			score_warn(r->report, "nvx1.metadata.differs", b->bpm_at.pointer,
				"the tempo map says otherwise, and counts");
	}
	if (draft->n_meter == 0 && b->has_meter) {
		struct nvx_meter *meter = nvx_add_meter(draft);
		meter->num = b->num;
		meter->den = b->den;
	} else if (b->has_meter && (draft->meter[0].num != b->num || draft->meter[0].den != b->den)) {
		score_warn(r->report, "nvx1.metadata.differs", b->meter_at.pointer,
			"the meter map says otherwise, and counts");
	}
	if (draft->n_key == 0 && b->has_key) {
		struct nvx_key *key = nvx_add_key(draft);
		key->step = b->key.step;
		key->alter = b->key.alter;
		key->mode = b->key.mode;
		key->fifths = (int8_t)nvx_key_fifths(key->step, key->alter, key->mode);
	} else if (b->has_key && (draft->key[0].step != b->key.step ||
					 (b->key.step >= 0 && (draft->key[0].alter != b->key.alter ||
								      draft->key[0].mode != b->key.mode)))) {
		score_warn(r->report, "nvx1.metadata.differs", b->key_at.pointer,
			"the key map says otherwise, and counts");
	}
}

/** Drum entries without a note: General MIDI's key in the first drum part (nvx1.md 7). */
static void complete_drums(struct nvx_reader *r)
{
	static const uint8_t pitch_of[] = {[NVX_DRUM_OTHER] = 39,
		[NVX_DRUM_KICK] = 36,
		[NVX_DRUM_SNARE] = 38,
		[NVX_DRUM_SIDESTICK] = 37,
		[NVX_DRUM_RIM] = 40,
		[NVX_DRUM_CLAP] = 39,
		[NVX_DRUM_HAT_CLOSED] = 42,
		[NVX_DRUM_HAT_PEDAL] = 44,
		[NVX_DRUM_HAT_OPEN] = 46,
		[NVX_DRUM_RIDE] = 51,
		[NVX_DRUM_RIDE_BELL] = 53,
		[NVX_DRUM_CRASH] = 49,
		[NVX_DRUM_CRASH2] = 57,
		[NVX_DRUM_SPLASH] = 55,
		[NVX_DRUM_CHINA] = 52,
		[NVX_DRUM_TOM1] = 50,
		[NVX_DRUM_TOM2] = 48,
		[NVX_DRUM_TOM3] = 47,
		[NVX_DRUM_TOM4] = 45,
		[NVX_DRUM_TOM5] = 43,
		[NVX_DRUM_TOM6] = 41,
		[NVX_DRUM_COWBELL] = 56,
		[NVX_DRUM_TAMBOURINE] = 54,
		[NVX_DRUM_SHAKER] = 82,
		[NVX_DRUM_CLAVE] = 75,
		[NVX_DRUM_MARACAS] = 70,
		[NVX_DRUM_BONGO_HIGH] = 60,
		[NVX_DRUM_BONGO_LOW] = 61,
		[NVX_DRUM_CONGA_HIGH] = 63,
		[NVX_DRUM_CONGA_LOW] = 64,
		[NVX_DRUM_TIMBALE] = 65,
		[NVX_DRUM_WOODBLOCK] = 76,
		[NVX_DRUM_TRIANGLE] = 81};
	struct nvx_draft *draft = r->draft;
	uint32_t part = 0;

	while (part < draft->n_part && draft->part[part].part.role != NVX_ROLE_DRUMS)
		part++;
	for (size_t i = 0; i < draft->n_drum && !draft->error; i++) {
		struct nvx_drum_entry *drum = &draft->drum[i];
		if (drum->e.note_id)
			continue;
		if (part == draft->n_part) {
			(void)score_error(r->report, "nvx1.ref.unknown",
				SCORE_AT("%s/%zu", draft->place[NVX_LIST_drum], i),
				"it has no note, and no part has the role drums");
			continue;
		}
		struct nvx_note *note = nvx_add_note(draft, part);
		note->tick = drum->e.tick;
		note->duration_ticks = drum->e.duration_ticks ? drum->e.duration_ticks : NVX_PPQ / 4;
		note->pitch = pitch_of[drum->instrument];
		drum->e.note_id = note->id;
	}
}

/* ---- the steps ---- */

static void read_as_umf(struct nvx_reader *r)
{
	unsigned umf[3], nvx[3] = {3, 0, 0};
	const uint8_t *score = json_find(r->begin, "score");
	if (read_version(r, json_find(r->begin, "version"), "/version", 1, umf) < 0)
		return;
	const char *name = json_find(score, "nvx1") ? "/score/nvx1" : "/score/version";
	const uint8_t *inner = json_find(score, name + 7);
	if (inner && read_version(r, inner, name, 3, nvx) < 0)
		return;
	(void)snprintf(
		r->report->dialect, sizeof(r->report->dialect), "UMF %u.%u.%u", umf[0], umf[1], umf[2]);
	r->major = nvx[0];
	r->newer = umf[1] > 0 || (nvx[0] == 3 && nvx[1] > 0);
	nvx_read_umf(r);
}

/** An older shape: it need not have a version, but one that it has counts. */
static void read_as_older(struct nvx_reader *r, enum older_dialect dialect, const uint8_t *end)
{
	unsigned version[3];
	const uint8_t *at = json_find(r->begin, "version");
	if (at && read_version(r, at, "/version", 3, version) < 0)
		return;
	(void)snprintf(r->report->dialect, sizeof(r->report->dialect), "%s", older_name(dialect));
	older_read(r, dialect, end);
}

static void read_as_nvx1(struct nvx_reader *r)
{
	unsigned version[3];
	if (read_version(r, json_find(r->begin, "version"), "/version", 3, version) < 0)
		return;
	(void)snprintf(r->report->dialect, sizeof(r->report->dialect), "%u.%u.%u", version[0], version[1],
		version[2]);
	r->major = version[0];
	r->newer = version[0] == 3 && version[1] > 0;
	nvx_read_document(r);
}

static int read_all(struct nvx_reader *r, size_t size)
{
	uint32_t tops = 0;
	const int kind = look(r->begin, size, r->alloc, r->report, &tops);
	if (kind < 0)
		return kind;
	if (kind == SCORE_FORMAT_TIMELINE)
		return score_error(r->report, "nvx1.format.unknown", "", "a timeline of events, not a score");
	json_pull_init(&r->pull, r->begin);
	const enum older_dialect dialect = kind == SCORE_FORMAT_UMF ? OLDER_NONE : older_dialect_of(r->begin);
	if (kind == SCORE_FORMAT_UMF)
		read_as_umf(r);
	else if (dialect != OLDER_NONE)
		read_as_older(r, dialect, r->begin + size);
	else
		read_as_nvx1(r);
	if (!r->draft->error && nvx_step_done(r) == 0) {
		complete_beginning(r);
		complete_drums(r);
		if (r->has_within && r->report->n_errors == 0)
			older_read_within(r, r->begin + size);
	}
	if (r->draft->error)
		return r->draft->error;
	return r->report->n_errors ? -EINVAL : 0;
}

void nvx_reader_init(struct nvx_reader *r, const uint8_t *begin, struct nvx_draft *draft)
{
	*r = (struct nvx_reader){.begin = begin, .draft = draft, .report = draft->report, .major = 3};
	r->alloc = nvx_pool_alloc(draft->pool);
	score_bytes_init(&r->text, r->alloc);
	score_bytes_init(&r->extra, r->alloc);
	score_bytes_init(&r->paths, r->alloc);
	score_bytes_init(&r->foreign_layers, r->alloc);
}

void nvx_reader_finish(struct nvx_reader *r)
{
	score_bytes_finish(&r->text);
	score_bytes_finish(&r->extra);
	score_bytes_finish(&r->paths);
	score_bytes_finish(&r->foreign_layers);
	score_free(r->alloc, r->kept);
}

int nvx_read(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	struct nvx_reader r;
	const size_t skip = bom(bytes, size);

	for (unsigned i = 0; i < NVX_N_LAYERS; i++)
		nvx_table_init(&nvx_table_layer, &draft->globals.layer[i]);
	nvx_reader_init(&r, bytes + skip, draft);
	const int rc = read_all(&r, size - skip);
	nvx_reader_finish(&r);
	return rc;
}
