/* SPDX-License-Identifier: MIT */
#include "hud.h"

#include <stdarg.h>
#include <stdio.h>

#define LOOK_AHEAD_MS 100.0 /* by construction (TIM-03) */

static struct hud_times times(const struct mos_counters_view *view, const char *name)
{
	int i = mos_counters_find(view, name);

	if (i < 0)
		return (struct hud_times){0};
	return (struct hud_times){
		.n = mos_counters_get(view, (uint32_t)i),
		.p50_ns = mos_counters_quantile(view, (uint32_t)i, 0.5),
		.p99_ns = mos_counters_quantile(view, (uint32_t)i, 0.99),
		.p999_ns = mos_counters_quantile(view, (uint32_t)i, 0.999),
	};
}

static uint64_t count(const struct mos_counters_view *view, const char *name)
{
	int i = mos_counters_find(view, name);

	return i < 0 ? 0 : mos_counters_get(view, (uint32_t)i);
}

void hud_read(struct hud_figures *f, const struct mos_counters_view *view)
{
	f->cycle = times(view, "rt.cycle");
	f->wakeup = times(view, "rt.wakeup");
	f->jitter = times(view, "kronos.jitter");
	f->input = times(view, "midi.latency");
	f->seek = times(view, "kronos.seek");
	f->xruns = count(view, "rt.xruns");
	f->overruns = count(view, "rt.overruns");
	f->load_permille = (int64_t)count(view, "rt.load_permille");
	f->midi_in = count(view, "midi.in");
	f->midi_rate = (int64_t)count(view, "midi.in_rate");
	f->midi_dropped = count(view, "midi.in_dropped");
}

static struct hud_times theater_times(uint64_t n, double p50_ms, double p99_ms)
{
	if (!(p50_ms >= 0 && p99_ms >= 0 && p50_ms < 1e6 && p99_ms < 1e6))
		return (struct hud_times){0};
	return (struct hud_times){
		.n = n, .p50_ns = (uint64_t)(p50_ms * 1e6), .p99_ns = (uint64_t)(p99_ms * 1e6)};
}

void hud_read_theater(struct hud_figures *f, const struct mos_value *status)
{
	f->frame = theater_times(mos_get_natural(status, "frames/drawn", 0),
		mos_get_real(status, "frames/p50_ms", 0), mos_get_real(status, "frames/p99_ms", 0));
	f->picture = theater_times(mos_get_natural(status, "answers/n", 0),
		mos_get_real(status, "answers/whole/p50_ms", 0),
		mos_get_real(status, "answers/whole/p99_ms", 0));
}

void hud_read_bus(struct hud_figures *f, const struct mos_value *metrics)
{
	const struct mos_value *types = mos_get(metrics, "types");

	f->events_hz = 0;
	f->lost = f->p50_ns = f->p99_ns = 0;
	f->have_bus = types && types->type == MOS_VALUE_LIST;
	for (uint32_t i = 0; f->have_bus && i < types->len; i++) {
		const struct mos_value *one = &types->u.items[i];
		uint64_t p50 = mos_get_natural(one, "p50_ns", 0), p99 = mos_get_natural(one, "p99_ns", 0);
		uint64_t lost = mos_get_natural(one, "lost", 0);

		f->events_hz += mos_get_real(one, "rate_hz", 0);
		f->p50_ns = p50 > f->p50_ns ? p50 : f->p50_ns;
		f->p99_ns = p99 > f->p99_ns ? p99 : f->p99_ns;
		f->lost = lost > f->lost ? lost : f->lost; /* of whatever type: each line says the same */
	}
}

void hud_thresholds(const struct hud_figures *f, struct hud_threshold ret[static HUD_THRESHOLDS])
{
	const struct {
		const char *name, *key, *method;
		double limit_ms;
		const struct hud_times *times;
		int is_p999;
	} list[HUD_THRESHOLDS] = {
		{"transport jitter", "jitter_ms", "p99.9", 1, &f->jitter, 1},
		{"input to output", "input_to_output_ms", "p99", 5, &f->input, 0},
		{"look-ahead", "look_ahead_ms", "fixed", LOOK_AHEAD_MS, NULL, 0},
		{"seek", "seek_ms", "p99", 10, &f->seek, 0},
		{"frame", "frame_ms", "p99", 16.7, &f->frame, 0},
	};

	for (uint32_t i = 0; i < HUD_THRESHOLDS; i++) {
		const struct hud_times *t = list[i].times;

		ret[i] = (struct hud_threshold){
			list[i].name, list[i].key, list[i].method, list[i].limit_ms, LOOK_AHEAD_MS, !t};
		if (t)
			ret[i].value_ms =
				t->n ? (double)(list[i].is_p999 ? t->p999_ns : t->p99_ns) / 1e6 : -1;
	}
}

int hud_holds(const struct hud_threshold *t)
{
	if (t->value_ms < 0)
		return 1;
	return t->is_fixed ? t->value_ms == t->limit_ms : t->value_ms < t->limit_ms;
}

struct page {
	char *at;
	size_t left;
};

static void add(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct page *page, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(page->at, page->left, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= page->left)
		n = page->left ? (int)page->left - 1 : 0;
	page->at += n;
	page->left -= (size_t)n;
}

static void add_times(struct page *page, const char *name, const struct hud_times *t)
{
	if (t->n)
		add(page, "%-18s %8.3f %8.3f ms\n", name, (double)t->p50_ns / 1e6, (double)t->p99_ns / 1e6);
	else
		add(page, "%-18s %8s %8s\n", name, "-", "-");
}

void hud_text(const struct hud_figures *f, char *ret, size_t size)
{
	struct hud_threshold threshold[HUD_THRESHOLDS];
	const struct hud_times bus = {f->p99_ns > 0, f->p50_ns, f->p99_ns, 0};
	struct page page = {ret, size};

	add(&page, "at most                 p50      p99\n");
	add_times(&page, "audio cycle", &f->cycle);
	add_times(&page, "audio wake-up", &f->wakeup);
	add_times(&page, "clock jitter", &f->jitter);
	add_times(&page, "note in to sound", &f->input);
	add_times(&page, "event delivery", &bus);
	add_times(&page, "event to picture", &f->picture);
	add(&page, "xruns %llu  overruns %llu  load %.1f %%\n", (unsigned long long)f->xruns,
		(unsigned long long)f->overruns, (double)f->load_permille / 10);
	add(&page, "events %.0f/s  lost %llu  MIDI in %lld/s  dropped %llu\n", f->events_hz,
		(unsigned long long)f->lost, (long long)f->midi_rate, (unsigned long long)f->midi_dropped);
	hud_thresholds(f, threshold);
	for (uint32_t i = 0; i < HUD_THRESHOLDS; i++) {
		const struct hud_threshold *t = &threshold[i];

		if (t->value_ms < 0)
			add(&page, "%-18s      not measured yet, limit %g ms\n", t->name, t->limit_ms);
		else
			add(&page, "%-18s %8.3f ms of %g %s (%s)\n", t->name, t->value_ms, t->limit_ms,
				hud_holds(t) ? "ok" : "TOO LATE", t->method);
	}
}
