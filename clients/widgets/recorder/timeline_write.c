/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <mos/clock.h>
#include <yyjson.h>

#define HEX "0123456789abcdef"

static int put(struct timeline_writer *w, const char *text)
{
	return fputs(text, w->out) < 0 ? -EIO : 0;
}

int timeline_begin(struct timeline_writer *w, FILE *out, const struct journal_head *head)
{
	time_t seconds = (time_t)(head->start_unix_ns / 1000000000);
	struct tm tm;
	char when[32] = "";

	*w = (struct timeline_writer){.out = out, .start_ns = head->start_ns};
	if (gmtime_r(&seconds, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (fprintf(out,
		    "{\"version\":\"1.0\",\"ppq\":%d,\"metadata\":{\"title\":\"%s\",\"recordedAt\":\"%s\"},"
		    "\"extensions\":{\"mos\":{\"startNs\":%llu}},\"events\":[",
		    MOS_PPQ, head->name, when, (unsigned long long)head->start_ns) < 0)
		return -EIO;
	return 0;
}

/** Where the music is at an event, by the last beat before it. */
static int64_t tick_at(const struct timeline_place *p, const struct mos_event *ev)
{
	if (ev->tick != INT64_MIN)
		return ev->tick;
	if (!p->rolling || p->ns_per_quarter == 0 || ev->time_ns < p->time_ns)
		return p->tick;
	return p->tick + (int64_t)((double)(ev->time_ns - p->time_ns) * MOS_PPQ / (double)p->ns_per_quarter);
}

static void move_to(struct timeline_place *p, const struct mos_event *ev, int64_t tick)
{
	p->time_ns = ev->time_ns;
	p->tick = tick;
}

static void follow(struct timeline_place *p, const struct mos_event *ev)
{
	switch (ev->type) {
	case MOS_EVENT_METRONOME_BEAT:
		if (ev->u.beat.n_steps != 0 || ev->tick == INT64_MIN)
			return;
		move_to(p, ev, ev->tick);
		p->ns_per_quarter = ev->u.beat.ns_per_quarter;
		p->beat_tick = ev->tick;
		p->measure = ev->u.beat.measure;
		p->beat = ev->u.beat.beat;
		p->meter_den = ev->u.beat.meter_den;
		p->rolling = 1;
		break;
	case MOS_EVENT_TEMPO_CHANGE:
		move_to(p, ev, tick_at(p, ev));
		p->ns_per_quarter = ev->u.tempo.ns_per_quarter;
		break;
	case MOS_EVENT_TRANSPORT_PLAY:
	case MOS_EVENT_TRANSPORT_PAUSE:
	case MOS_EVENT_TRANSPORT_STOP:
	case MOS_EVENT_TRANSPORT_SEEK:
		move_to(p, ev, ev->u.transport.to_tick);
		p->rolling = ev->u.transport.state == MOS_TRANSPORT_PLAYING;
		p->meter_den = 0; /* until the next beat says where in the measure that is */
		break;
	default:
		break;
	}
}

static const char *source_name(uint16_t source, char buf[static 16])
{
	switch (source) {
	case MOS_SOURCE_RTCORE:
		return "rtcore";
	case MOS_SOURCE_SCORE:
		return "score";
	case MOS_SOURCE_MIDI_IN:
		return "midi-in";
	case MOS_SOURCE_BROKER:
		return "broker";
	default:
		snprintf(buf, 16, "client-%u", source);
		return buf;
	}
}

static const char *key_name(const struct mos_ev_key *key)
{
	static const char *const major[] = {
		"Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"};
	static const char *const minor[] = {"Ab minor", "Eb minor", "Bb minor", "F minor", "C minor",
		"G minor", "D minor", "A minor", "E minor", "B minor", "F# minor", "C# minor", "G# minor",
		"D# minor", "A# minor"};
	int i = key->fifths + 7;

	if (i < 0 || i > 14)
		return "";
	return key->minor ? minor[i] : major[i];
}

static const char *own_name(const struct mos_event *ev)
{
	const char *name = mos_event_type_name(ev->type);

	return name ? name : "unknown";
}

/** Readable members. @return the event's type in the file. */
static const char *describe(
	yyjson_mut_doc *doc, yyjson_mut_val *data, const struct mos_event *ev, int is_void)
{
	char buf[16];

	if (is_void)
		yyjson_mut_obj_add_bool(doc, data, "void", true);
	/* what does not check, no member is read of */
	if (is_void || mos_event_check(ev) != MOS_EVENT_OK)
		return own_name(ev);
	switch (ev->type) {
	case MOS_EVENT_MIDI_NOTEON:
	case MOS_EVENT_MIDI_NOTEOFF:
		yyjson_mut_obj_add_uint(doc, data, "note", ev->u.note.key);
		yyjson_mut_obj_add_uint(doc, data, "velocity",
			ev->type == MOS_EVENT_MIDI_NOTEON
				? (ev->u.note.velocity < 512 ? 1 : ev->u.note.velocity >> 9)
				: 0);
		yyjson_mut_obj_add_uint(doc, data, "channel", ev->u.note.channel);
		yyjson_mut_obj_add_strcpy(doc, data, "source", source_name(ev->source, buf));
		return "midi_event";
	case MOS_EVENT_CHORD_DETECTED:
		yyjson_mut_obj_add_strn(doc, data, "detected", ev->u.chord.symbol,
			strnlen(ev->u.chord.symbol, sizeof(ev->u.chord.symbol)));
		yyjson_mut_obj_add_null(doc, data, "expected");
		yyjson_mut_obj_add_null(doc, data, "roman");
		yyjson_mut_obj_add_real(doc, data, "confidence", round(ev->u.chord.confidence / 2.55) / 100);
		return "chord_change";
	case MOS_EVENT_WIDGET_STATE:
		yyjson_mut_obj_add_strn(doc, data, "widgetId", ev->u.widget.id,
			strnlen(ev->u.widget.id, sizeof(ev->u.widget.id)));
		yyjson_mut_obj_add_uint(doc, data, "state", ev->u.widget.state);
		return "widget_state";
	case MOS_EVENT_TEMPO_CHANGE:
		yyjson_mut_obj_add_real(doc, data, "bpm",
			ev->u.tempo.ns_per_quarter ? round(6e13 / (double)ev->u.tempo.ns_per_quarter) / 1000
						   : 0);
		yyjson_mut_obj_add_uint(doc, data, "nsPerQuarter", ev->u.tempo.ns_per_quarter);
		return "tempo_change";
	case MOS_EVENT_KEY_CHANGE:
		yyjson_mut_obj_add_str(doc, data, "key", key_name(&ev->u.key));
		return "key_change";
	case MOS_EVENT_SCORE_LOADED:
		yyjson_mut_obj_add_uint(doc, data, "events", ev->u.score.n_events);
		return "score_loaded";
	case MOS_EVENT_TRANSPORT_STATE:
		yyjson_mut_obj_add_str(doc, data, "state", mos_transport_state_name(ev->u.transport.state));
		yyjson_mut_obj_add_sint(doc, data, "fromTick", ev->u.transport.from_tick);
		return "transport_change";
	default:
		return own_name(ev);
	}
}

static void add_record(yyjson_mut_doc *doc, yyjson_mut_val *event, const struct ordered *ordered)
{
	const struct mos_event *ev = &ordered->ev;
	const uint8_t *bytes = (const uint8_t *)ev;
	char hex[2 * sizeof(*ev) + 1];
	yyjson_mut_val *mos = yyjson_mut_obj_add_obj(doc, event, "mos");

	for (size_t i = 0; i < sizeof(*ev); i++) {
		hex[2 * i] = HEX[bytes[i] >> 4];
		hex[2 * i + 1] = HEX[bytes[i] & 15];
	}
	hex[2 * sizeof(*ev)] = 0;
	yyjson_mut_obj_add_uint(doc, mos, "n", ordered->age);
	yyjson_mut_obj_add_strcpy(doc, mos, "record", hex);
}

int timeline_event(struct timeline_writer *w, const struct ordered *event)
{
	const struct mos_event *ev = &event->ev;
	const struct timeline_place *p = &w->place;
	uint64_t us = ev->time_ns > w->start_ns ? (ev->time_ns - w->start_ns) / 1000 : 0;
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root, *data;
	char beat[32];
	char *text;
	double into;
	int r = 0;

	if (!doc)
		return -ENOMEM;
	if (!event->is_void)
		follow(&w->place, ev);
	/* rising, whatever a client said its time was; the record has that */
	w->before_us = us = us > w->before_us ? us : w->before_us;
	into = p->meter_den ? (double)(tick_at(p, ev) - p->beat_tick) * p->meter_den / (4.0 * MOS_PPQ) : 0;
	root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	snprintf(beat, sizeof(beat), "%llu.%06llu", (unsigned long long)(us / 1000000),
		(unsigned long long)(us % 1000000));
	yyjson_mut_obj_add_val(doc, root, "timestamp", yyjson_mut_rawcpy(doc, beat));
	yyjson_mut_obj_add_sint(doc, root, "tick", tick_at(p, ev));
	yyjson_mut_obj_add_uint(doc, root, "measure", p->measure + 1);
	yyjson_mut_obj_add_real(
		doc, root, "beat", round((p->beat + 1 + (into > 0 ? into : 0)) * 1000) / 1000);
	data = yyjson_mut_obj(doc);
	yyjson_mut_obj_add_str(doc, root, "type", describe(doc, data, ev, event->is_void));
	yyjson_mut_obj_add_val(doc, root, "data", data);
	add_record(doc, root, event);
	text = yyjson_mut_write(doc, 0, NULL);
	if (!text || fprintf(w->out, "%s\n%s", w->n_events ? "," : "", text) < 0)
		r = text ? -EIO : -ENOMEM;
	w->n_events++;
	free(text);
	yyjson_mut_doc_free(doc);
	return r;
}

int timeline_end(struct timeline_writer *w)
{
	int r = put(w, "\n]}\n");

	return r == 0 && fflush(w->out) != 0 ? -errno : r;
}

int timeline_export(const char *dir, const char *name, FILE *out, uint64_t *ret_events)
{
	struct ordered *heap = malloc(ORDER_MAX * sizeof(*heap));
	struct journal_reader *reader;
	struct timeline_writer w;
	struct ordered next;
	struct mos_event ev;
	struct order order;
	int r = heap ? journal_open(dir, name, &reader) : -ENOMEM, got = 0;

	if (r < 0) {
		free(heap);
		return r;
	}
	order_init(&order, heap);
	r = timeline_begin(&w, out, journal_reader_head(reader));
	while (r == 0 && (got = journal_next(reader, &ev)) > 0) {
		if (got == 1)
			order_put(&order, &ev);
		while (r == 0 && order_take(&order, 0, &next))
			r = timeline_event(&w, &next);
	}
	while (r == 0 && order_take(&order, 1, &next))
		r = timeline_event(&w, &next);
	if (r == 0)
		r = got < 0 ? got : timeline_end(&w);
	if (r == 0 && ret_events)
		*ret_events = w.n_events;
	journal_reader_close(reader);
	free(heap);
	return r;
}
