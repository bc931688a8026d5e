/* SPDX-License-Identifier: MIT */
/* Events into a score: what is music to its place, the rest to the rail. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/utf8.h>

#include "htl.h"

#include "../nvx1/json_put.h"

#define MAX_VOICES 256u
#define MAX_ENTRY (NVX_MAX_EXTRA - 4096u)
#define MAX_RAIL (NVX_MAX_EXTRAS / 2)

/* ---- the rail ---- */

static void end_entry(struct htl *h)
{
	struct score_bytes text;
	if (h->n_in_rail == 0)
		return;
	score_bytes_init(&text, h->o.r->alloc);
	score_bytes_puts(&text, "\"version\":\"1.0\",\"type\":\"" HTL_RAIL "\",\"events\":[");
	score_bytes_put(&text, h->rail.data, h->rail.n);
	score_bytes_puts(&text, "]");
	if (text.error || h->rail.error)
		h->draft->error = -ENOMEM;
	else
		nvx_add_extended(h->draft)->text = nvx_text(h->draft, (const char *)text.data, text.n);
	h->rail_bytes += text.n;
	score_bytes_finish(&text);
	h->rail.n = h->n_in_rail = 0;
}

/** The event with its tick at 960; the place for people is derived and left out. */
static void put_in_rail(struct htl *h, const struct htl_event *event)
{
	struct score_bytes raw;
	struct json_pull pull;
	score_bytes_init(&raw, h->o.r->alloc);
	score_bytes_printf(&raw, "{\"tick\":%lld", (long long)event->tick);
	json_pull_init(&pull, event->at);
	for (json_enter(&pull); json_next(&pull); json_skip(&pull)) {
		const struct json_text key = json_key(&pull);
		if (json_text_is(key, "tick") || json_text_is(key, "measure") || json_text_is(key, "beat"))
			continue;
		score_bytes_puts(&raw, ",\"");
		score_bytes_put(&raw, key.at, key.len);
		score_bytes_puts(&raw, "\":");
		score_bytes_put(&raw, pull.at, (size_t)(json_end(pull.at) - pull.at));
	}
	score_bytes_put(&raw, "}", 2);
	if (raw.error) {
		h->draft->error = -ENOMEM;
	} else if (older_depth(event->at) > OLDER_MAX_DEPTH || raw.n > MAX_ENTRY ||
		   h->rail_bytes + h->rail.n + raw.n > MAX_RAIL) {
		h->n_dropped++;
	} else {
		if (h->rail.n + raw.n > MAX_ENTRY)
			end_entry(h);
		if (h->n_in_rail++)
			score_bytes_u8(&h->rail, ',');
		json_canonical(raw.data, NULL, &h->rail);
	}
	score_bytes_finish(&raw);
}

/* ---- notes ---- */

static struct htl_voice *voice_of(struct htl *h, nvx_str source, unsigned channel)
{
	for (size_t i = 0; i < h->n_voice; i++)
		if (h->voice[i].source == source && h->voice[i].channel == channel)
			return &h->voice[i];
	if (h->n_voice >= MAX_VOICES) {
		h->n_crowded++;
		return &h->voice[h->n_voice - 1];
	}
	if (score_reserve(h->o.r->alloc, (void **)&h->voice, &h->cap_voice, h->n_voice + 1,
		    sizeof(*h->voice)) < 0) {
		h->draft->error = -ENOMEM;
		return NULL;
	}
	struct htl_voice *voice = &h->voice[h->n_voice++];
	*voice = (struct htl_voice){
		.source = source, .channel = (uint8_t)channel, .part = nvx_add_part(h->draft)};
	struct nvx_part *part = nvx_draft_part(h->draft, voice->part);
	part->name = source;
	part->midi_channel = (uint8_t)channel;
	if (channel == 9)
		part->role = NVX_ROLE_DRUMS;
	return voice;
}

/** What sounds ends at an event; after a jump back by the time that passed, but with the last event. */
static void end_note(struct htl *h, struct htl_voice *voice, unsigned pitch, int64_t us, int64_t tick)
{
	struct htl_sounding *sounding = &voice->sounding[pitch];
	if (!sounding->note || voice->part >= h->draft->n_part)
		return;
	struct nvx_note *note = &h->draft->part[voice->part].note[sounding->note - 1];
	int64_t ticks = tick - note->tick;
	if (ticks < 0) {
		ticks = (int64_t)((__int128)(us - sounding->us) * 1000 * NVX_PPQ / h->ns_per_quarter);
		if (ticks > h->end_tick - note->tick)
			ticks = h->end_tick - note->tick;
	}
	note->duration_ticks = (uint32_t)(ticks < 1 ? 1 : ticks > INT32_MAX ? INT32_MAX : ticks);
	sounding->note = 0;
}

static void read_midi(struct htl *h, const struct htl_event *event, const struct older_object *data)
{
	struct older *o = &h->o;
	int64_t pitch, velocity = 0, channel = 0;
	const nvx_str source = older_label(o, data, "source");
	const int ok = older_integer(o, data, "note", 0, 127, &pitch) &
		       older_integer(o, data, "velocity", 0, 127, &velocity);
	(void)older_integer(o, data, "channel", 0, 15, &channel);
	if (!ok && o->r->report->n_errors == 0)
		nvx_fault(o->r, "nvx1.member.missing", "a midi_event has note and velocity");
	if (!ok)
		return;
	struct htl_voice *voice = voice_of(h, source, (unsigned)channel);
	if (!voice)
		return;
	end_note(h, voice, (unsigned)pitch, event->us, event->tick);
	if (velocity == 0)
		return;
	struct nvx_note *note = nvx_add_note(h->draft, voice->part);
	note->tick = event->tick;
	note->pitch = (uint8_t)pitch;
	note->velocity = (uint8_t)velocity;
	if (!h->draft->error)
		voice->sounding[pitch] =
			(struct htl_sounding){(uint32_t)h->draft->part[voice->part].n_note, event->us};
}

/* ---- tempo, key, chords ---- */

static int read_tempo(struct htl *h, const struct htl_event *event, const struct older_object *data)
{
	int64_t ns, bpm_1e6;
	if (older_integer(&h->o, data, "nsPerQuarter", 1, INT64_C(60000000000), &ns)) {
		struct nvx_tempo *tempo = nvx_add_tempo(h->draft);
		tempo->tick = event->tick;
		tempo->ns_per_quarter = (uint64_t)ns;
		(void)older_take(&h->o, data, "bpm");
	} else if (older_decimal(&h->o, data, "bpm", 6, 1, HTL_MAX_BPM_1E6, &bpm_1e6)) {
		older_add_tempo(&h->o, event->tick, bpm_1e6, NVX_CURVE_STEP);
	} else {
		return 0;
	}
	if (h->draft->n_tempo)
		h->ns_per_quarter = h->draft->tempo[h->draft->n_tempo - 1].ns_per_quarter;
	return 1;
}

static int read_key(struct htl *h, const struct htl_event *event, const struct older_object *data)
{
	struct nvx_key key = {};
	if (!older_text(&h->o, data, "key") ||
		nvx_key_parse((const char *)h->o.r->text.data, h->o.r->text.n, &key) < 0)
		return 0;
	older_set_key(&h->o, event->tick, &key);
	return 1;
}

/** @return 1: it says nothing but the title that the score has. */
static int read_loaded(struct htl *h, const struct older_object *data)
{
	struct nvx_metadata *metadata = &h->draft->globals.metadata;
	const nvx_str title = older_label(&h->o, data, "title");
	if (!metadata->title)
		metadata->title = title;
	return title && title == metadata->title;
}

/** `detected` alone is what was heard; `expected` what the score has. */
static int read_chord(struct htl *h, const struct htl_event *event, const struct older_object *data)
{
	struct older *o = &h->o;
	const nvx_str detected = older_label(o, data, "detected"),
		      expected = older_label(o, data, "expected");
	const nvx_str roman = older_label(o, data, "roman");
	const uint8_t *confidence = older_peek(o, data, "confidence");
	int64_t value = 0;
	if (!detected && !expected)
		return 0;
	/* Before its place is looked at: what is wrong is so in whatever order events come. */
	if (detected && confidence && !older_decimal(o, data, "confidence", 6, 0, 1000000, &value))
		confidence = NULL;
	if (h->draft->n_chord && h->draft->chord[h->draft->n_chord - 1].e.tick == event->tick)
		return 0; /* only one stands at a place; the other stays an event */
	struct nvx_chord *chord = nvx_add_chord(h->draft);
	chord->e.tick = event->tick;
	chord->symbol = expected ? expected : detected;
	chord->roman = roman;
	if (!detected)
		return 1;
	const struct nvx_origin origin = {
		.by = NVX_ORIGIN_DETECTED, .confidence_1e6 = confidence ? (int32_t)value : NVX_NO_I32};
	chord->e.origin = nvx_make_list(h->draft, &origin, 1, sizeof(origin));
	if (expected) {
		struct score_bytes text;
		size_t len;
		const char *heard = nvx_string(h->draft->pool, detected, &len);
		score_bytes_init(&text, o->r->alloc);
		json_put_string(&text, heard, len);
		score_bytes_u8(&text, 0);
		if (text.error)
			h->draft->error = -ENOMEM;
		else
			chord->e.extra = older_extension(o, "detected", text.data);
		score_bytes_finish(&text);
	}
	return 1;
}

/* ---- all of them ---- */

/** Places for people are compared, never believed. */
static void compare_place(struct htl *h, const struct htl_event *event, const struct older_object *obj)
{
	const uint8_t *measure = older_take(&h->o, obj, "measure");
	int64_t says;
	if (!measure)
		return;
	struct json_pull pull;
	json_pull_init(&pull, measure);
	if ((*measure < '0' || *measure > '9') || json_integer(json_raw(&pull), &says) < 0 ||
		says != event->tick / (4 * NVX_PPQ * (int64_t)h->num / h->den) + 1)
		h->n_differs++;
}

#define MOVED_US 10000 /* less is nothing that is seen or heard */

/** Something is said that music has no place for. */
static int has_more(struct htl *h, const struct older_object *obj)
{
	for (size_t i = 0; i < obj->n; i++) {
		const struct older_member *member = &h->o.member[obj->first + i];
		if (member->taken || *member->value == 'n')
			continue;
		if (!h->more[0])
			(void)snprintf(h->more, sizeof(h->more), "%.*s",
				(int)score_utf8_cut(member->key.at, member->key.len, sizeof(h->more) - 1),
				member->key.at);
		return 1;
	}
	return 0;
}

/** The tempo map's time goes on; further than 30 years nothing is compared. */
static void advance(struct htl *h, int64_t ticks)
{
	const __int128 ns = h->clock_ns + (__int128)ticks * h->ns_per_quarter / NVX_PPQ,
		       most = 1000000000000000000;
	h->clock_ns = (int64_t)(ns > most ? most : ns < -most ? -most : ns);
}

/** What becomes music is told anew at its tick, when the tempo map says. */
static void compare_time(struct htl *h, const struct htl_event *event, int64_t before)
{
	if (event->tick < before)
		return; /* the transport went back: told of by itself */
	const int64_t apart = event->us - h->clock_ns / 1000, moved = apart < 0 ? -apart : apart;
	h->n_moved += moved > MOVED_US;
	h->most_moved_us = moved > h->most_moved_us ? moved : h->most_moved_us;
}

static void read_event(struct htl *h, const struct htl_event *event, int64_t before)
{
	static const char *const own[] = {"timestamp", "tick", "beat", "type"};
	struct older *o = &h->o;
	struct older_object obj, data;
	int known = 0, more = 0;
	if (!older_open(o, &obj))
		return;
	compare_place(h, event, &obj);
	const uint8_t *value = older_take(o, &obj, "data");
	if (value && *value == '{' && event->type <= HTL_LOADED) {
		const struct older_place place = older_goto(o, value, "data");
		if (older_open(o, &data)) {
			switch (event->type) {
			case HTL_MIDI:
				read_midi(h, event, &data);
				known = 1;
				break;
			case HTL_TEMPO:
				known = read_tempo(h, event, &data);
				break;
			case HTL_KEY:
				known = read_key(h, event, &data);
				break;
			case HTL_CHORD:
				known = read_chord(h, event, &data);
				break;
			default:
				known = read_loaded(h, &data);
			}
			more = known && event->type != HTL_LOADED && has_more(h, &data);
			const int left = older_drop(o, &data);
			known &= !left || event->type != HTL_LOADED;
		}
		older_back(o, place);
	}
	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		(void)older_take(o, &obj, own[i]);
	more |= known && has_more(h, &obj);
	(void)older_drop(o, &obj);
	h->n_more += (uint32_t)more;
	if (known)
		compare_time(h, event, before);
	else
		put_in_rail(h, event);
}

static void tell(struct htl *h, const char *name)
{
	struct score_report *report = h->o.r->report;
	if (h->n_differs)
		score_warn(report, "timeline.measure.differs", SCORE_AT("/%s", name),
			"%u events say another measure than their tick: the tick counts", h->n_differs);
	if (h->n_back)
		score_warn(report, "nvx1.migrated", SCORE_AT("/%s", name),
			"the transport went back %u times: the score has each event at its tick", h->n_back);
	if (h->n_moved)
		score_warn(report, "nvx1.migrated", SCORE_AT("/%s", name),
			"%u timestamps of music are not those of the tempo map, by up to %lld.%03lld s: the "
			"score has each event at its tick",
			h->n_moved, (long long)(h->most_moved_us / 1000000),
			(long long)(h->most_moved_us / 1000 % 1000));
	if (h->n_more)
		score_warn(report, "nvx1.migrated", SCORE_AT("/%s", name),
			"%u events that are music say more, as %s: left out", h->n_more, h->more);
	if (h->n_crowded)
		score_warn(report, "nvx1.limit.parts", SCORE_AT("/%s", name),
			"more than %u sources and channels: %u events of others are in the last one's part",
			MAX_VOICES, h->n_crowded);
	if (h->n_dropped)
		score_warn(report, "nvx1.limit.extensions", SCORE_AT("/%s", name),
			"%zu events that are no music are more than a score can hold: left out",
			h->n_dropped);
}

void htl_read_music(struct htl *h, const uint8_t *array, const char *name)
{
	struct json_pull *pull = &h->o.r->pull;
	const struct older_place place = older_goto(&h->o, array, name);
	int64_t last = 0;
	h->ns_per_quarter = h->draft->n_tempo ? h->draft->tempo[0].ns_per_quarter : 500000000;
	json_enter(pull);
	const unsigned depth = pull->depth;
	for (size_t i = 0; i < h->n_event && !h->draft->error; i++) {
		const struct htl_event *event = &h->event[i];
		pull->depth = depth;
		pull->at = event->at;
		pull->level[depth - 1].index = event->index;
		const int64_t before = last;
		h->n_back += event->tick < last;
		last = event->tick;
		h->last_tick = last > h->last_tick ? last : h->last_tick;
		advance(h, last - before);
		read_event(h, event, before);
	}
	older_back(&h->o, place);
	end_entry(h);
	for (size_t i = 0; i < h->n_voice; i++)
		for (unsigned pitch = 0; pitch < 128; pitch++)
			end_note(h, &h->voice[i], pitch, 0, h->last_tick + 1);
	h->draft->end_tick = h->last_tick;
	/* A chord goes on to the next one, the last one to the end of its measure. */
	const int64_t bar = 4 * NVX_PPQ * (int64_t)h->num / h->den;
	if (h->draft->n_chord) {
		struct nvx_chord *last_chord = &h->draft->chord[h->draft->n_chord - 1];
		last_chord->e.duration_ticks = (uint32_t)(bar - last_chord->e.tick % bar);
	}
	for (size_t i = h->draft->n_chord; i-- > 1;) {
		const int64_t next = h->draft->chord[i].e.tick;
		struct nvx_chord *chord = &h->draft->chord[i - 1];
		if (chord->e.tick < next && next - chord->e.tick < UINT32_MAX)
			chord->e.duration_ticks = (uint32_t)(next - chord->e.tick);
	}
	tell(h, name);
}
