/* SPDX-License-Identifier: MIT */
/* A widget's timers: few, so a list that is looked through. */
#include <errno.h>
#include <stdlib.h>

#include "widget_impl.h"

struct mos_timer {
	TAILQ_ENTRY(mos_timer) link;
	struct mos_widget *widget;
	int64_t due_ns;
	int64_t every_ns;
	void (*handler)(struct mos_widget *, void *); /* NULL: ended; freed when nobody stands on it */
	void *data;
};

int mos_widget_timer(struct mos_widget *widget, unsigned int after_ms, unsigned int every_ms,
	void (*handler)(struct mos_widget *, void *data), void *data, struct mos_timer **ret)
{
	struct mos_timer *t;

	if (!handler)
		return -EINVAL;
	t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	*t = (struct mos_timer){
		.widget = widget,
		.due_ns = client_now_ns() + (int64_t)after_ms * MS_NS,
		.every_ns = (int64_t)every_ms * MS_NS,
		.handler = handler,
		.data = data,
	};
	TAILQ_INSERT_TAIL(&widget->timers, t, link);
	if (ret)
		*ret = t;
	return 0;
}

static void timer_free(struct mos_timer *t)
{
	TAILQ_REMOVE(&t->widget->timers, t, link);
	free(t);
}

void mos_timer_end(struct mos_timer *timer)
{
	if (!timer)
		return;
	if (timer->widget->telling_timers)
		timer->handler = NULL;
	else
		timer_free(timer);
}

int64_t widget_timers_due_ns(const struct mos_widget *w)
{
	const struct mos_timer *t;
	int64_t due_ns = INT64_MAX;

	TAILQ_FOREACH (t, &w->timers, link) {
		if (t->due_ns < due_ns)
			due_ns = t->due_ns;
	}
	return due_ns;
}

static void run_one(struct mos_timer *t, int64_t now_ns)
{
	void (*handler)(struct mos_widget *, void *) = t->handler;

	if (!handler || t->due_ns > now_ns)
		return;
	if (!t->every_ns) {
		t->handler = NULL;
	} else {
		t->due_ns += t->every_ns;
		if (t->due_ns <= now_ns) /* too slow for it: turns are left out, the beat is kept */
			t->due_ns += (now_ns - t->due_ns) / t->every_ns * t->every_ns + t->every_ns;
	}
	handler(t->widget, t->data);
}

void widget_timers_run(struct mos_widget *w)
{
	int64_t now_ns = client_now_ns();
	struct mos_timer *t, *next;

	if (widget_timers_due_ns(w) > now_ns)
		return;
	w->telling_timers = 1;
	TAILQ_FOREACH (t, &w->timers, link) {
		if (!w->ending)
			run_one(t, now_ns);
	}
	w->telling_timers = 0;
	for (t = TAILQ_FIRST(&w->timers); t; t = next) {
		next = TAILQ_NEXT(t, link);
		if (!t->handler)
			timer_free(t);
	}
}

void widget_timers_finish(struct mos_widget *w)
{
	while (!TAILQ_EMPTY(&w->timers))
		timer_free(TAILQ_FIRST(&w->timers));
}
