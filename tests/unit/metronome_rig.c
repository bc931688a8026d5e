/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/draw.h>

#include "metronome_rig.h"

struct listener {
	uint32_t type;
	mos_event_handler handler;
	void *data;
};

struct mos_timer {
	unsigned int every_ms;
	void (*handler)(struct mos_widget *, void *);
	void *data;
};

struct mos_widget widget;
struct app app;
int64_t time_ns, next_look_ns;
struct mos_clock_page page;
static struct mos_timer timer;
static struct listener listener[8];
static uint32_t n_listeners;
struct mos_event sent[8192];
int64_t sent_at_ns[8192];
uint32_t n_sent;
char shown[VIEW_TEXT_SIZE], refused[256], asked[64];
struct mos_value replied, kept; /* copies */
uint8_t *shared;
size_t n_shared;
struct mos_audio_tap microphone;

/* --- What libmos would do --- */

int64_t app_time_ns(void)
{
	return time_ns;
}

struct mos_client *mos_widget_client(struct mos_widget *w)
{
	(void)w;
	return NULL;
}

const struct mos_widget_context *mos_widget_context(struct mos_widget *w)
{
	return &w->context;
}

int mos_widget_timer(struct mos_widget *w, unsigned int after_ms, unsigned int every_ms,
	void (*handler)(struct mos_widget *, void *), void *data, struct mos_timer **ret)
{
	(void)w;
	next_look_ns = time_ns + after_ms * MS;
	timer = (struct mos_timer){every_ms, handler, data};
	*ret = &timer;
	return 0;
}

void mos_timer_end(struct mos_timer *t)
{
	(void)t; /* there is but one */
}

/* Copies lie here until the test's process ends. */
static void *room(size_t size)
{
	static alignas(16) uint8_t memory[4u << 20];
	static size_t used;
	uint8_t *at = memory + used;

	used += (size + 15) / 16 * 16;
	cr_assert_leq(used, sizeof(memory));
	return at;
}

static const char *text_of(const char *text)
{
	return strcpy(room(strlen(text) + 1), text);
}

static struct mos_value copy_of(const struct mos_value *v)
{
	struct mos_value c = *v;

	if (v->type == MOS_VALUE_STR) {
		c.u.str = text_of(v->u.str);
		c.len = (uint32_t)strlen(v->u.str);
	} else if (v->type == MOS_VALUE_LIST) {
		struct mos_value *items = room(v->len * sizeof(*items));

		for (uint32_t i = 0; i < v->len; i++)
			items[i] = copy_of(&v->u.items[i]);
		c.u.items = items;
	} else if (v->type == MOS_VALUE_MAP) {
		struct mos_field *fields = room(v->len * sizeof(*fields));

		for (uint32_t i = 0; i < v->len; i++)
			fields[i] = mos_field(text_of(v->u.fields[i].key), copy_of(&v->u.fields[i].value));
		c.u.fields = fields;
	}
	return c;
}

void mos_widget_redraw(struct mos_widget *w)
{
	(void)w;
}

int mos_widget_show(struct mos_widget *w, const char *text, const struct mos_field *state, size_t n)
{
	(void)w;
	(void)state;
	(void)n;
	snprintf(shown, sizeof(shown), "%s", text);
	return 0;
}

int mos_widget_save(struct mos_widget *w, const struct mos_field *state, size_t n)
{
	const struct mos_value map = mos_value_map(state, (uint32_t)n);

	(void)w;
	kept = copy_of(&map);
	return 0;
}

void mos_widget_log(struct mos_widget *w, const char *fmt, ...)
{
	(void)w;
	(void)fmt;
}

void mos_widget_reply(struct mos_widget *w, const struct mos_field *result, size_t n)
{
	const struct mos_value map = mos_value_map(result, (uint32_t)n);

	(void)w;
	replied = copy_of(&map);
}

int mos_widget_refuse(struct mos_widget *w, const char *code, const char *fmt, ...)
{
	va_list args;
	size_t len;

	(void)w;
	len = (size_t)snprintf(refused, sizeof(refused), "%s: ", code);
	va_start(args, fmt);
	vsnprintf(refused + len, sizeof(refused) - len, fmt, args);
	va_end(args);
	return -EREMOTEIO;
}

int mos_events_on(struct mos_client *client, uint32_t type, mos_event_handler handler, void *data,
	struct mos_listener **ret)
{
	(void)client;
	(void)ret;
	listener[n_listeners++] = (struct listener){type, handler, data};
	return 0;
}

/* Allowed to audio threads, so it only writes down; look_through() complains. */
int mos_emit(struct mos_client *client, const struct mos_event *event)
{
	(void)client;
	if (n_sent == sizeof(sent) / sizeof(sent[0]))
		return -EAGAIN;
	sent_at_ns[n_sent] = time_ns;
	sent[n_sent++] = *event;
	return 0;
}

const struct mos_clock_page *mos_client_clock(const struct mos_client *client)
{
	(void)client;
	return &page;
}

int mos_call_async(
	struct mos_client *client, const struct mos_request *request, mos_call_done done, void *data)
{
	(void)client;
	(void)done;
	(void)data;
	snprintf(asked, sizeof(asked), "%s", request->method);
	return 0;
}

int mos_data_share(struct mos_client *client, const char *kind, const void *bytes, size_t n, uint64_t *ret_id)
{
	(void)client;
	(void)kind;
	shared = room(n);
	memcpy(shared, bytes, n);
	n_shared = n;
	*ret_id = 42;
	return 0;
}

void mos_client_on_connection(struct mos_client *client,
	void (*handler)(struct mos_client *client, enum mos_connection what, void *data), void *data)
{
	(void)client;
	(void)handler;
	(void)data;
}

int mos_client_audio(struct mos_client *client, struct mos_audio_reader *ret)
{
	(void)client;
	if (!microphone.hdr)
		return -ENOTCONN;
	*ret = (struct mos_audio_reader){.hdr = microphone.hdr,
		.sample = microphone.sample,
		.next_frame = __atomic_load_n(&microphone.hdr->end_frame, __ATOMIC_RELAXED),
		.rate_hz = microphone.hdr->rate_hz};
	return 0;
}

/* --- The test's side --- */

void rig_start(const struct mos_value *state)
{
	app = (struct app){0};
	n_listeners = n_sent = 0;
	time_ns = 1000000 * MS;
	widget.context = (struct mos_widget_context){.id = "metronome", .settings = mos_value_map(NULL, 0)};
	if (state)
		widget.context.state = *state;
	cr_assert_eq(app_ops.activate(&widget, &app), 0);
}

/* All that was sent may be sent, and nothing was too much. */
static void look_through(void)
{
	for (uint32_t i = 0; i < n_sent; i++)
		cr_assert_eq(mos_event_check(&sent[i]), MOS_EVENT_OK,
			"EVT-04: %s is no record that may be sent: %d", mos_event_type_name(sent[i].type),
			mos_event_check(&sent[i]));
	cr_assert_eq(app.n_unsent, 0);
}

/* The timer runs, at its pace. */
void rig_pass(int64_t ms)
{
	const int64_t end = time_ns + ms * MS;

	while (next_look_ns <= end) {
		time_ns = next_look_ns;
		next_look_ns += timer.every_ms * MS;
		timer.handler(&widget, timer.data);
	}
	time_ns = end;
	look_through();
}

void rig_hear(const struct mos_event *event)
{
	for (uint32_t i = 0; i < n_listeners; i++)
		if (listener[i].type == event->type)
			listener[i].handler(event, listener[i].data);
}

int rig_call(const char *name, const struct mos_field *field, size_t n)
{
	const struct mos_value params = mos_value_map(field, (uint32_t)n);

	int r;

	replied = mos_value_map(NULL, 0);
	refused[0] = '\0';
	r = app_ops.call(&widget, name, &params, &app);

	look_through();
	return r;
}

uint32_t rig_count(uint32_t type)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_sent; i++)
		n += sent[i].type == type;
	return n;
}

const struct mos_event *rig_nth(uint32_t type, uint32_t n)
{
	for (uint32_t i = 0; i < n_sent; i++)
		if (sent[i].type == type && n-- == 0)
			return &sent[i];
	return NULL;
}
