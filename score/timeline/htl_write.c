/* SPDX-License-Identifier: MIT */
/* Events of a timeline as JSON. */
#include <errno.h>

#include "htl_out.h"

#include "../nvx1/bpm.h"
#include "../nvx1/json_put.h"

static void put_member(struct htl_writer *w, const char *name, const char *text, size_t len)
{
	score_bytes_printf(w->out, "\"%s\":", name);
	json_put_string(w->out, text, len);
}

static void put_text(struct htl_writer *w, const char *name, nvx_str str)
{
	size_t len;
	const char *text = nvx_string(w->score->pool, str, &len);
	if (str)
		put_member(w, name, text, len);
	else
		score_bytes_printf(w->out, "\"%s\":null", name);
}

static void put_key(struct htl_writer *w, const struct nvx_key *key)
{
	char text[24];
	put_member(w, "key", text, nvx_key_format(key->step, key->alter, key->mode, text));
}

/** What was heard where the score has a chord: kept in its extension. */
static const uint8_t *heard(struct htl_writer *w, const struct nvx_chord *chord, struct score_bytes *object)
{
	size_t len;
	const char *extra = nvx_string(w->score->pool, chord->e.extra, &len);
	object->n = 0;
	score_bytes_u8(object, '{');
	score_bytes_put(object, extra, len);
	score_bytes_put(object, "}", 2);
	if (object->error || len == 0)
		return NULL;
	const uint8_t *at = json_find(object->data, "extensions");
	at = at ? json_find(at, HTL_SPACE) : NULL;
	at = at && *at == '{' ? json_find(at, "detected") : NULL;
	return at && *at == '"' ? at : NULL;
}

static void put_chord(struct htl_writer *w, const struct nvx_chord *chord)
{
	struct score_bytes object;
	uint32_t n;
	const struct nvx_origin *origin = nvx_items(w->score->pool, chord->e.origin, &n);
	const int is_detected = n && origin->by == NVX_ORIGIN_DETECTED;
	score_bytes_init(&object, w->out->alloc);
	const uint8_t *other = heard(w, chord, &object);
	if (other) {
		score_bytes_puts(w->out, "\"detected\":");
		score_bytes_put(w->out, other, (size_t)(json_end(other) - other));
	} else {
		put_text(w, "detected", is_detected ? chord->symbol : 0);
	}
	score_bytes_u8(w->out, ',');
	put_text(w, "expected", other || !is_detected ? chord->symbol : 0);
	score_bytes_u8(w->out, ',');
	put_text(w, "roman", chord->roman);
	score_bytes_puts(w->out, ",\"confidence\":");
	if (is_detected && origin->confidence_1e6 != NVX_NO_I32)
		json_put_decimal(w->out, origin->confidence_1e6, 6);
	else
		score_bytes_puts(w->out, "null");
	if (object.error)
		w->error = -ENOMEM;
	score_bytes_finish(&object);
}

static void put_note(struct htl_writer *w, const struct htl_item *item, int is_on)
{
	const struct nvx_note *note = item->of;
	const struct nvx_part *part = &w->score->part[item->part]->part;
	const unsigned channel = note->channel != NVX_NO_U8        ? note->channel
				 : part->midi_channel != NVX_NO_U8 ? part->midi_channel
				 : part->role == NVX_ROLE_DRUMS    ? 9
								   : item->part % 9;
	score_bytes_printf(w->out, "\"note\":%u,\"velocity\":%u,\"channel\":%u", note->pitch,
		is_on ? note->velocity : 0, channel);
	if (part->name) {
		score_bytes_u8(w->out, ',');
		put_text(w, "source", part->name);
	}
}

static void put_data(struct htl_writer *w, const struct htl_item *item)
{
	static const char *const types[] = {[HTL_OUT_LOADED] = "score_loaded",
		[HTL_OUT_TEMPO] = "tempo_change",
		[HTL_OUT_KEY] = "key_change",
		[HTL_OUT_CHORD] = "chord_change",
		[HTL_OUT_NO_CHORD] = "chord_change",
		[HTL_OUT_NOTE_OFF] = "midi_event",
		[HTL_OUT_NOTE_ON] = "midi_event"};
	score_bytes_printf(w->out, ",\"type\":\"%s\",\"data\":{", types[item->what]);
	switch (item->what) {
	case HTL_OUT_LOADED:
		put_text(w, "title", w->score->globals.metadata.title);
		break;
	case HTL_OUT_TEMPO: {
		const struct nvx_tempo *tempo = item->of;
		score_bytes_puts(w->out, "\"bpm\":");
		json_put_decimal(w->out, nvx_bpm_of_ns(tempo->ns_per_quarter), 6);
		score_bytes_printf(
			w->out, ",\"nsPerQuarter\":%llu", (unsigned long long)tempo->ns_per_quarter);
		break;
	}
	case HTL_OUT_KEY:
		put_key(w, item->of);
		break;
	case HTL_OUT_CHORD:
		put_chord(w, item->of);
		break;
	case HTL_OUT_NO_CHORD:
		score_bytes_puts(
			w->out, "\"detected\":null,\"expected\":\"N.C.\",\"roman\":null,\"confidence\":null");
		break;
	default:
		put_note(w, item, item->what == HTL_OUT_NOTE_ON);
	}
	score_bytes_u8(w->out, '}');
}

/** The place for people: measure from 1, beat of its meter from 1. */
static void put_place(struct htl_writer *w, int64_t tick)
{
	const uint32_t index = score_measure_at(w->score, tick);
	const struct nvx_measure *measure = score_measure(w->score, index);
	const struct nvx_meter *meter = score_meter_at(w->score, measure->tick);
	const int64_t beat = (tick - measure->tick) * 1000000 * meter->den / (4 * NVX_PPQ);
	score_bytes_printf(w->out, ",\"tick\":%lld,\"measure\":%u,\"beat\":", (long long)tick, index + 1);
	json_put_decimal(w->out, 1000000 + beat, 6);
}

static void put_rail(struct htl_writer *w, const uint8_t *event)
{
	struct json_pull pull;
	json_pull_init(&pull, event);
	for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
		const struct json_text key = json_key(&pull);
		if (json_text_is(key, "timestamp") || json_text_is(key, "tick") ||
			json_text_is(key, "measure") || json_text_is(key, "beat"))
			continue;
		score_bytes_puts(w->out, ",\"");
		score_bytes_put(w->out, key.at, key.len);
		score_bytes_puts(w->out, "\":");
		score_bytes_put(w->out, pull.at, (size_t)(json_end(pull.at) - pull.at));
	}
}

void htl_put_item(struct htl_writer *w, const struct htl_item *item)
{
	score_bytes_puts(w->out, "{\"timestamp\":");
	json_put_decimal(w->out, item->us, 6);
	put_place(w, item->tick);
	if (item->what == HTL_OUT_RAIL)
		put_rail(w, item->of);
	else
		put_data(w, item);
	score_bytes_u8(w->out, '}');
}

/** Members that are written already. */
static int is_written(struct json_text key)
{
	static const char *const names[] = {
		"version", "ppq", "metadata", "events", "title", "tempo", "timeSignature", "key"};
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_text_is(key, names[i]))
			return 1;
	return 0;
}

/** Members of the extension that a timeline's own members were kept in. */
static void put_kept(struct htl_writer *w, nvx_str extra)
{
	struct score_bytes object;
	size_t len;
	const char *text = nvx_string(w->score->pool, extra, &len);
	score_bytes_init(&object, w->out->alloc);
	score_bytes_u8(&object, '{');
	score_bytes_put(&object, text, len);
	score_bytes_put(&object, "}", 2);
	const uint8_t *at = len && !object.error ? json_find(object.data, "extensions") : NULL;
	at = at ? json_find(at, HTL_SPACE) : NULL;
	if (at && *at == '{') {
		struct json_pull pull;
		json_pull_init(&pull, at);
		for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
			const struct json_text key = json_key(&pull);
			if (is_written(key))
				continue;
			score_bytes_puts(w->out, ",\"");
			score_bytes_put(w->out, key.at, key.len);
			score_bytes_puts(w->out, "\":");
			score_bytes_put(w->out, pull.at, (size_t)(json_end(pull.at) - pull.at));
		}
	}
	if (object.error)
		w->error = -ENOMEM;
	score_bytes_finish(&object);
}

void htl_put_head(struct htl_writer *w)
{
	const struct score *score = w->score;
	const struct nvx_meter *meter = score_meter(score, 0);
	score_bytes_printf(w->out, "{\"version\":\"1.0\",\"ppq\":%d,\"metadata\":{", NVX_PPQ);
	put_text(w, "title", score->globals.metadata.title);
	score_bytes_puts(w->out, ",\"tempo\":");
	json_put_decimal(w->out, nvx_bpm_of_ns(score_tempo(score, 0)->ns_per_quarter), 6);
	score_bytes_printf(w->out, ",\"timeSignature\":[%u,%u],", meter->num, meter->den);
	put_key(w, score_key(score, 0));
	put_kept(w, score->globals.metadata.extra);
	score_bytes_u8(w->out, '}');
	put_kept(w, score->globals.extra);
	score_bytes_puts(w->out, ",\"events\":[");
}
