/* SPDX-License-Identifier: MIT */
/* What the members of one object must be to each other; what follows from them. */
#include <errno.h>
#include <string.h>

#include "audio_bytes.h"
#include "bpm.h"
#include "read.h"

/** The bit of a member that the table has. */
static int has(const struct nvx_table *t, uint64_t seen, const char *name)
{
	for (unsigned i = 0; i < t->n_fields; i++)
		if (seen >> i & 1 && strcmp(t->field[i].name, name) == 0)
			return 1;
	return 0;
}

static void tempo_rules(struct nvx_reader *r, struct nvx_tempo *tempo, const uint8_t *object, uint64_t seen)
{
	const int has_ns = has(&nvx_table_tempo, seen, "nsPerQuarter");
	if (!has(&nvx_table_tempo, seen, "bpm")) {
		if (!has_ns)
			nvx_fault_in(r, "nvx1.member.missing", object, "", "nsPerQuarter is missing");
		return;
	}
	struct json_pull pull;
	json_pull_init(&pull, json_find(object, "bpm"));
	if (json_kind(&pull) != JSON_NUMBER) {
		nvx_fault_in(r, "nvx1.type", object, "bpm", "not a number");
		return;
	}
	int64_t bpm = 0;
	const int rc = json_decimal(json_raw(&pull), 9, &bpm);
	const uint64_t ns = rc < 0 ? 0 : nvx_ns_of_bpm(bpm, 1000000000);
	if (!has_ns) {
		if (ns == 0)
			nvx_fault_in(
				r, "nvx1.range", object, "bpm", "out of 1 to 60000000000 quarters a minute");
		else
			tempo->ns_per_quarter = ns;
		return;
	}
	/* For people only; a hundredth is what programs round to. */
	const int64_t exact = nvx_bpm_of_ns(tempo->ns_per_quarter), given = bpm / 1000;
	if (ns == 0 || given - exact > 10000 || exact - given > 10000) {
		char where[128];
		(void)json_pointer(&r->pull, where, sizeof(where));
		score_warn(r->report, "nvx1.metadata.differs", SCORE_AT("%.100s/bpm", where),
			"nsPerQuarter says %lld.%06lld", (long long)(exact / 1000000),
			(long long)(exact % 1000000));
	}
}

static void meter_rules(
	struct nvx_reader *r, unsigned num, unsigned den, nvx_list grouping, const uint8_t *object)
{
	uint32_t n, sum = 0;
	const uint8_t *beats = nvx_items(r->draft->pool, grouping, &n);
	if (den & (den - 1))
		nvx_fault_in(r, "nvx1.range", object, "den", "%u is no power of two", den);
	for (uint32_t i = 0; i < n; i++)
		sum += beats[i];
	if (n > 0 && sum != num)
		nvx_fault_in(
			r, "nvx1.range", object, "grouping", "adds up to %u, not %u", (unsigned)sum, num);
}

/** `fifths` says something only where it differs from the key. */
static void fifths_rule(int8_t step, int8_t alter, unsigned mode, int8_t *fifths, uint8_t *given)
{
	const int implied = nvx_key_fifths(step, alter, mode);
	if (!*given)
		*fifths = (int8_t)implied;
	else if (*fifths == implied)
		*given = 0;
}

static void note_rules(struct nvx_reader *r, struct nvx_note *note, const uint8_t *object, uint64_t seen)
{
	if (!note->velocity16)
		return;
	const unsigned seven = note->velocity16 >> 9 ? note->velocity16 >> 9 : 1;
	if (!has(&nvx_table_note, seen, "velocity"))
		note->velocity = (uint8_t)seven;
	else if (note->velocity != seven)
		nvx_fault_in(r, "nvx1.range", object, "velocity16", "is %u of 127, but velocity is %u", seven,
			note->velocity);
}

static void measure_rules(struct nvx_reader *r, const struct nvx_measure *m, const uint8_t *object)
{
	if (m->jump_until != NVX_JUMP_NONE && m->jump_until != NVX_JUMP_FINE &&
		m->jump_until != NVX_JUMP_CODA)
		nvx_fault_in(r, "nvx1.enum", object, "jump/until", "none of fine, coda");
	if (m->audio_end_us < m->audio_start_us)
		nvx_fault_in(r, "nvx1.range", object, "audio/endUs", "before its start");
}

static void control_rules(struct nvx_reader *r, const struct nvx_control *c, const uint8_t *object)
{
	uint32_t n;
	if (c->kind != NVX_CONTROL_UMP)
		return;
	(void)nvx_items(r->draft->pool, c->data, &n);
	if (n < 1 || n > 4)
		nvx_fault_in(
			r, "nvx1.range", object, "words", "a message has 1 to 4 words, not %u", (unsigned)n);
}

/** Members that say something, beyond the common ones and `origin`. */
static void analysis_rules(struct nvx_reader *r, const uint8_t *object, uint64_t seen)
{
	static const char *const common[] = {
		"id", "tick", "durationTicks", "noteId", "partId", "staff", "origin"};
	for (unsigned i = 0; i < nvx_table_analysis.n_fields; i++) {
		unsigned j = 0;
		while (j < sizeof(common) / sizeof(common[0]) &&
			strcmp(nvx_table_analysis.field[i].name, common[j]) != 0)
			j++;
		if (seen >> i & 1 && j == sizeof(common) / sizeof(common[0]))
			return;
	}
	nvx_fault_in(r, "nvx1.member.missing", object, "", "the element says nothing about the music");
}

static void fingering_rules(struct nvx_reader *r, const struct nvx_fingering *f, const uint8_t *object)
{
	if (f->e.note_id && f->finger == NVX_FINGER_NONE)
		nvx_fault_in(r, "nvx1.member.missing", object, "", "finger is missing");
	else if (!f->e.note_id && !f->has_position)
		nvx_fault_in(r, "nvx1.member.missing", object, "", "noteId or position is missing");
}

static void lasts(struct nvx_reader *r, const struct nvx_element *e, const uint8_t *object)
{
	if (e->duration_ticks == 0 && !e->note_id)
		nvx_fault_in(r, json_find(object, "durationTicks") ? "nvx1.range" : "nvx1.member.missing",
			object, json_find(object, "durationTicks") ? "durationTicks" : "",
			"durationTicks is at least 1 here");
}

static void notation_rules(struct nvx_reader *r, struct nvx_notation_element *n, const uint8_t *object)
{
	switch (n->e.kind) {
	case NVX_NOTATION_METER:
		meter_rules(r, n->num, n->den, n->grouping, object);
		break;
	case NVX_NOTATION_KEY:
		fifths_rule(n->key_step, n->key_alter, n->key_mode, &n->fifths, &n->fifths_given);
		break;
	case NVX_NOTATION_HAIRPIN:
	case NVX_NOTATION_PEDAL:
	case NVX_NOTATION_OCTAVE:
		lasts(r, &n->e, object);
		break;
	default:
		break;
	}
}

static int is_url(const char *url)
{
	if (strncmp(url, "https://", 8) == 0)
		return url[8] != 0;
	if (strncmp(url, "ipfs://", 7) == 0) {
		/* a CID: base32, base36 or base58, so letters and digits; a path may follow */
		size_t n = 0;
		while ((url[7 + n] >= '0' && url[7 + n] <= '9') || (url[7 + n] >= 'A' && url[7 + n] <= 'Z') ||
			(url[7 + n] >= 'a' && url[7 + n] <= 'z'))
			n++;
		return n >= 32 && (url[7 + n] == 0 || url[7 + n] == '/');
	}
	if (url[0] == '/' || url[0] == 0 || strchr(url, ':') || strchr(url, '\\'))
		return 0;
	for (const char *at = url; at; at = strchr(at, '/'), at += at != NULL)
		if (at[0] == '.' && at[1] == '.' && (at[2] == 0 || at[2] == '/'))
			return 0;
	return 1;
}

static void audio_rules(struct nvx_reader *r, const struct nvx_audio *audio, const uint8_t *object)
{
	const struct nvx_pool *pool = r->draft->pool;
	uint32_t n;
	const uint8_t *bytes = nvx_items(pool, audio->embedded, &n);
	char digest[65];

	if (!json_find(object, "url") && !json_find(object, "embedded"))
		nvx_fault_in(r, "umf.audio.missing", object, "", "neither url nor embedded");
	if (audio->url && !is_url(nvx_string(pool, audio->url, NULL)))
		nvx_fault_in(r, "umf.audio.url", object, "url",
			"ipfs://<CID>, https:// or a path beside the file without ..");
	if (n > 0 && audio->format && !nvx_audio_is(audio->format, bytes, n))
		nvx_fault_in(r, "umf.audio.format", object, "embedded", "the bytes are of another format");
	if (n > 0 && audio->sha256) {
		nvx_sha256_text(bytes, n, digest);
		if (strcmp(digest, nvx_string(pool, audio->sha256, NULL)) != 0)
			nvx_fault_in(
				r, "umf.audio.hash", object, "sha256", "the embedded bytes have another");
	}
}

void nvx_check_rules(
	struct nvx_reader *r, const struct nvx_table *table, void *item, const uint8_t *object, uint64_t seen)
{
	if (table == &nvx_table_note) {
		note_rules(r, item, object, seen);
	} else if (table == &nvx_table_tempo) {
		tempo_rules(r, item, object, seen);
	} else if (table == &nvx_table_meter) {
		const struct nvx_meter *meter = item;
		meter_rules(r, meter->num, meter->den, meter->grouping, object);
	} else if (table == &nvx_table_key) {
		struct nvx_key *key = item;
		fifths_rule(key->step, key->alter, key->mode, &key->fifths, &key->fifths_given);
	} else if (table == &nvx_table_measure) {
		measure_rules(r, item, object);
	} else if (table == &nvx_table_control) {
		control_rules(r, item, object);
	} else if (table == &nvx_table_analysis) {
		analysis_rules(r, object, seen);
	} else if (table == &nvx_table_fingering) {
		fingering_rules(r, item, object);
	} else if (table == &nvx_table_notation) {
		notation_rules(r, item, object);
	} else if (table == &nvx_table_form || table == &nvx_table_chord ||
		   (table == &nvx_table_marker && ((struct nvx_element *)item)->kind == NVX_MARKER_LOOP)) {
		lasts(r, item, object);
	} else if (table == &nvx_table_audio) {
		audio_rules(r, item, object);
	}
}
