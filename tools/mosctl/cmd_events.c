/* SPDX-License-Identifier: MIT */
/* mosctl events: the event ring as text. */
#include <errno.h>
#include <string.h>

#include <mos/pitch.h>

#include "commands.h"
#include "mosctl.h"

enum { TYPE, COUNT };

static const struct ctl_option options[] = {
	[TYPE] = {"type", 't', "TYPE[,TYPE...]", "only these: midi:noteon, metronome:beat ..."},
	[COUNT] = {"count", 'n', "N", "end after N events"},
	{0},
};

#define TYPES_MAX 32

struct filter {
	uint32_t type[TYPES_MAX];
	uint32_t n; /* 0: all */
};

static int parse_types(struct ctl *ctl, const char *text, struct filter *ret)
{
	while (*text) {
		size_t len = strcspn(text, ",");
		char name[32];
		uint32_t type = 0;

		if (len < sizeof(name)) {
			memcpy(name, text, len);
			name[len] = '\0';
			type = mos_event_type_from_name(name);
		}
		if (!type)
			return ctl_usage(ctl, "--type: no event type \"%.*s\"", (int)len, text);
		if (ret->n == TYPES_MAX)
			return ctl_usage(ctl, "--type: more than %d types", TYPES_MAX);
		ret->type[ret->n++] = type;
		text += len + (text[len] == ',');
	}
	return CTL_OK;
}

static int wanted(const struct filter *f, uint32_t type)
{
	for (uint32_t i = 0; i < f->n; i++) {
		if (f->type[i] == type)
			return 1;
	}
	return f->n == 0;
}

static const char *source_name(uint16_t source, char buf[static 8])
{
	switch (source) {
	case MOS_SOURCE_RTCORE:
		return "rtcore";
	case MOS_SOURCE_SCORE:
		return "score";
	case MOS_SOURCE_MIDI_IN:
		return "midi-in";
	default:
		(void)snprintf(buf, 8, "%u", source);
		return buf;
	}
}

/* The payload, written once for both outputs: a field is a name and a number or a text. */
struct sink {
	yyjson_mut_doc *doc; /* NULL: text */
	yyjson_mut_val *object;
};

static void put_int(struct sink *s, const char *key, int64_t value)
{
	if (s->doc)
		yyjson_mut_obj_add_sint(s->doc, s->object, key, value);
	else
		printf(" %s=%lld", key, (long long)value);
}

static void put_real(struct sink *s, const char *key, double value)
{
	if (s->doc)
		yyjson_mut_obj_add_real(s->doc, s->object, key, value);
	else
		printf(" %s=%.3f", key, value);
}

static void put_str(struct sink *s, const char *key, const char *value)
{
	if (s->doc)
		yyjson_mut_obj_add_strcpy(s->doc, s->object, key, value);
	else
		printf(" %s=%s", key, value);
}

static double bpm_of(uint64_t ns_per_quarter)
{
	return ns_per_quarter ? 60e9 / (double)ns_per_quarter : 0;
}

static void put_note(struct sink *s, const struct mos_ev_note *note)
{
	char name[8] = "?";

	if (note->key < 128)
		(void)mos_pitch_format(mos_pitch_spell(note->key, 0), name, sizeof(name));
	put_str(s, "note", name);
	put_int(s, "key", note->key);
	put_real(s, "velocity", note->velocity / 65535.0);
	put_int(s, "channel", note->channel);
	put_int(s, "group", note->group);
	if (note->part != 0xffff)
		put_int(s, "part", note->part);
	put_int(s, "instance", note->instance);
}

static void put_transport(struct sink *s, const struct mos_ev_transport *t)
{
	static const char *const reasons[] = {"command", "end of score", "loop", "loaded", "recovered"};

	put_str(s, "state", mos_transport_state_name(t->state));
	put_str(s, "old_state", mos_transport_state_name(t->old_state));
	put_str(s, "reason", t->reason < sizeof(reasons) / sizeof(reasons[0]) ? reasons[t->reason] : "?");
	if (t->error)
		put_str(s, "error", strerror(-t->error));
	put_int(s, "from_tick", t->from_tick);
	put_int(s, "to_tick", t->to_tick);
	put_int(s, "frame", (int64_t)t->frame);
}

static void put_payload(struct sink *s, const struct mos_event *ev)
{
	switch (ev->type) {
	case MOS_EVENT_MIDI_NOTEON:
	case MOS_EVENT_MIDI_NOTEOFF:
		put_note(s, &ev->u.note);
		return;
	case MOS_EVENT_METRONOME_BEAT:
	case MOS_EVENT_METER_CHANGE:
	case MOS_EVENT_TRANSPORT_MEASURE:
		put_int(s, "bar", (int64_t)ev->u.beat.measure + 1);
		put_int(s, "beat", ev->u.beat.beat + 1);
		put_int(s, "meter_num", ev->u.beat.meter_num);
		put_int(s, "meter_den", ev->u.beat.meter_den);
		put_int(s, "accent", ev->u.beat.accent);
		put_int(s, "count_in", ev->u.beat.flags & 1);
		put_real(s, "bpm", bpm_of(ev->u.beat.ns_per_quarter));
		return;
	case MOS_EVENT_TRANSPORT_STATE:
	case MOS_EVENT_TRANSPORT_PLAY:
	case MOS_EVENT_TRANSPORT_PAUSE:
	case MOS_EVENT_TRANSPORT_STOP:
	case MOS_EVENT_TRANSPORT_SEEK:
	case MOS_EVENT_TRANSPORT_ERROR:
		put_transport(s, &ev->u.transport);
		return;
	case MOS_EVENT_TRANSPORT_LOOP:
		put_int(s, "start_tick", ev->u.loop.start_tick);
		put_int(s, "end_tick", ev->u.loop.end_tick);
		put_int(s, "active", ev->u.loop.active);
		put_int(s, "count", ev->u.loop.count);
		return;
	case MOS_EVENT_TEMPO_CHANGE:
		put_real(s, "bpm", bpm_of(ev->u.tempo.ns_per_quarter));
		put_real(s, "old_bpm", bpm_of(ev->u.tempo.old_ns_per_quarter));
		put_real(s, "rate", ev->u.tempo.rate_ppm / 1e6);
		return;
	case MOS_EVENT_SCORE_LOADED:
	case MOS_EVENT_SCORE_ERROR:
		put_int(s, "end_tick", ev->u.score.end_tick);
		put_int(s, "events", ev->u.score.n_events);
		if (ev->u.score.error)
			put_str(s, "error", strerror(-ev->u.score.error));
		return;
	case MOS_EVENT_KEY_CHANGE:
		put_int(s, "fifths", ev->u.key.fifths);
		put_int(s, "minor", ev->u.key.minor);
		return;
	case MOS_EVENT_ENGINE_STATE:
		put_int(s, "state", ev->u.engine.state);
		put_int(s, "percent", ev->u.engine.percent);
		return;
	default:
		for (int i = 0; i < 8; i++) {
			char key[8];

			(void)snprintf(key, sizeof(key), "word%d", i);
			if (ev->u.words[i])
				put_int(s, key, ev->u.words[i]);
		}
	}
}

static int print_json(const struct mos_event *ev, const char *type)
{
	struct sink sink = {.doc = yyjson_mut_doc_new(NULL)};
	yyjson_mut_val *root = yyjson_mut_obj(sink.doc);
	char source[8];

	yyjson_mut_obj_add_uint(sink.doc, root, "seq", ev->seq);
	yyjson_mut_obj_add_uint(sink.doc, root, "time_ns", ev->time_ns);
	if (ev->tick != INT64_MIN)
		yyjson_mut_obj_add_sint(sink.doc, root, "tick", ev->tick);
	yyjson_mut_obj_add_str(sink.doc, root, "type", type);
	yyjson_mut_obj_add_strcpy(sink.doc, root, "source", source_name(ev->source, source));
	yyjson_mut_obj_add_uint(sink.doc, root, "hops", ev->hops);
	yyjson_mut_obj_add_bool(sink.doc, root, "scheduled", ev->flags & MOS_EVENT_SCHEDULED);
	sink.object = yyjson_mut_obj_add_obj(sink.doc, root, "data");
	put_payload(&sink, ev);
	return json_print(sink.doc, root);
}

static int print_text(const struct mos_event *ev, const char *type)
{
	struct sink sink = {0};
	char source[8], tick[24] = "-";

	if (ev->tick != INT64_MIN)
		(void)snprintf(tick, sizeof(tick), "%lld", (long long)ev->tick);
	printf("%12.6f %9s  %-18s %-8s", (double)ev->time_ns / 1e9, tick, type,
		source_name(ev->source, source));
	put_payload(&sink, ev);
	putchar('\n');
	return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}

static int print_event(struct ctl *ctl, const struct mos_event *ev)
{
	const char *type = mos_event_type_name(ev->type);
	char number[16];

	if (!type) {
		(void)snprintf(number, sizeof(number), "0x%04x", ev->type);
		type = number;
	}
	return ctl->json ? print_json(ev, type) : print_text(ev, type);
}

/* @return as mos_events_wait(); losses are told and passed over. */
static int next(struct ctl *ctl, struct mos_event *ret)
{
	uint64_t lost = mos_events_lost(ctl->client);
	int rc;

	while (!term_interrupted()) {
		rc = mos_events_next(ctl->client, ret);
		if (rc == 1)
			return 0;
		if (rc == -EOVERFLOW) {
			fprintf(stderr, "mosctl: too slow, %llu events lost\n",
				(unsigned long long)(mos_events_lost(ctl->client) - lost));
			lost = mos_events_lost(ctl->client);
			continue;
		}
		rc = rc == 0 ? mos_events_wait(ctl->client, -1) : rc;
		if (rc < 0 && rc != -EINTR)
			return rc;
	}
	return -EINTR;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct filter filter = {0};
	struct mos_event event;
	uint32_t left = 0;
	int code = CTL_OK, rc = 0;

	if (args->opt[TYPE])
		code = parse_types(ctl, args->opt[TYPE], &filter);
	if (code == CTL_OK && args->opt[COUNT] &&
		(parse_uint(args->opt[COUNT], UINT32_MAX, &left) < 0 || !left))
		code = ctl_usage(ctl, "--count: not a number above 0: %s", args->opt[COUNT]);
	if (code == CTL_OK)
		code = ctl_connect(ctl, 0);
	if (code != CTL_OK)
		return code;
	term_catch_interrupt();
	while ((rc = next(ctl, &event)) == 0) {
		if (!wanted(&filter, event.type))
			continue;
		code = print_event(ctl, &event);
		if (code != CTL_OK || (left && --left == 0))
			return code;
	}
	return rc == -EINTR ? CTL_OK : ctl_client_failed(ctl, rc);
}

const struct command cmd_events = {
	.name = "events",
	.words = "",
	.summary = "Show what happens, as it happens",
	.text = "A line is: time (s, CLOCK_MONOTONIC), tick, type, source, payload. Ctrl-C ends.",
	.example = "  mosctl events --type midi:noteon,metronome:beat\n  mosctl events --json --count 10",
	.options = options,
	.run = run,
};
