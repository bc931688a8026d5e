/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int64_t value(const struct mos_counters_view *view, const char *name)
{
	const int i = mos_counters_find(view, name);

	return i < 0 ? 0 : (int64_t)mos_counters_get(view, (uint32_t)i);
}

static struct monitor_times times(const struct mos_counters_view *view, const char *name)
{
	const int i = mos_counters_find(view, name);

	if (i < 0)
		return (struct monitor_times){0};
	return (struct monitor_times){mos_counters_get(view, (uint32_t)i),
		mos_counters_quantile(view, (uint32_t)i, 0.5),
		mos_counters_quantile(view, (uint32_t)i, 0.99)};
}

static int64_t all_lost(const struct monitor *m)
{
	return m->xruns + m->late + m->stream_late;
}

void monitor_read(struct monitor *m, const struct mos_counters_view *view)
{
	const int64_t lost = all_lost(m);

	m->cycle = times(view, "rt.cycle");
	m->wakeup = times(view, "rt.wakeup");
	m->jitter = times(view, "kronos.jitter");
	m->input = times(view, "midi.latency");
	m->load_permille = value(view, "rt.load_permille");
	m->xruns = value(view, "rt.xruns");
	m->late = value(view, "seq.late");
	m->voices = value(view, "apollo.voices");
	m->polyphony = value(view, "apollo.polyphony");
	m->stolen = value(view, "apollo.stolen");
	m->streams = value(view, "apollo.streams");
	m->stream_late = value(view, "apollo.stream_late");
	m->clients = value(view, "control.clients");
	m->events = value(view, "events.published");
	m->drift_ppb = value(view, "kronos.drift_ppb");
	m->resident_bytes = value(view, "apollo.resident_bytes");
	memmove(&m->load[0], &m->load[1], sizeof(m->load) - sizeof(m->load[0]));
	memmove(&m->lost[0], &m->lost[1], sizeof(m->lost) - sizeof(m->lost[0]));
	m->load[MONITOR_HISTORY - 1] = (uint16_t)(m->load_permille < 0            ? 0
						  : m->load_permille > UINT16_MAX ? UINT16_MAX
										  : m->load_permille);
	m->lost[MONITOR_HISTORY - 1] = m->n_looks > 0 && all_lost(m) > lost;
	m->n_looks++;
}

void monitor_read_theater(struct monitor *m, const struct mos_value *status)
{
	const double p50 = mos_get_real(status, "frames/p50_ms", 0),
		     p99 = mos_get_real(status, "frames/p99_ms", 0);

	m->frame = (struct monitor_times){0};
	if (p50 >= 0 && p99 >= 0 && p50 < 1e6 && p99 < 1e6)
		m->frame = (struct monitor_times){mos_get_natural(status, "frames/drawn", 0),
			(uint64_t)(p50 * 1e6), (uint64_t)(p99 * 1e6)};
}

/* --- Tiles: a name, a figure, what is beside it --- */

struct tile {
	const char *name;
	char figure[24], note[40];
	enum mos_token token;
};

static void __attribute__((format(printf, 3, 4))) put(char *to, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(to, size, fmt, args);
	va_end(args);
}
#define PUT(to, ...) put(to, sizeof(to), __VA_ARGS__)

static void put_times(struct tile *tile, const struct monitor_times *t, double limit_ms)
{
	if (!t->n) {
		PUT(tile->figure, "–");
		tile->token = MOS_TOKEN_TEXT_DIM;
		return;
	}
	PUT(tile->figure, "%.3f", (double)t->p99_ns / 1e6);
	PUT(tile->note, "ms p99, p50 %.3f", (double)t->p50_ns / 1e6);
	if (limit_ms > 0 && (double)t->p99_ns / 1e6 > limit_ms)
		tile->token = MOS_TOKEN_WARN;
}

#define N_TILES 8
static void make_tiles(const struct monitor *m, struct tile tile[static N_TILES])
{
	static const char *const names[N_TILES] = {"Voices", "Xruns", "Late events", "Clients", "Audio cycle",
		"Wake-up", "Clock jitter", "Frame"};

	for (int i = 0; i < N_TILES; i++)
		tile[i] = (struct tile){.name = names[i], .token = MOS_TOKEN_TEXT};
	PUT(tile[0].figure, "%lld", (long long)m->voices);
	PUT(tile[0].note, "of %lld, %lld stolen", (long long)m->polyphony, (long long)m->stolen);
	PUT(tile[1].figure, "%lld", (long long)m->xruns);
	tile[1].token = m->xruns ? MOS_TOKEN_BAD : MOS_TOKEN_GOOD;
	PUT(tile[2].figure, "%lld", (long long)m->late);
	PUT(tile[2].note, "streams %lld, late %lld", (long long)m->streams, (long long)m->stream_late);
	tile[2].token = m->late || m->stream_late ? MOS_TOKEN_WARN : MOS_TOKEN_GOOD;
	PUT(tile[3].figure, "%lld", (long long)m->clients);
	PUT(tile[3].note, "samples %.0f MiB", (double)m->resident_bytes / 1048576);
	put_times(&tile[4], &m->cycle, m->quantum_ms);
	put_times(&tile[5], &m->wakeup, 0);
	put_times(&tile[6], &m->jitter, 1);
	put_times(&tile[7], &m->frame, 16.7);
}

static void draw_tile(struct mos_draw *d, struct mos_box box, const struct tile *tile)
{
	const struct mos_box in = mos_box_inset(box, fminf(box.w, box.h) * 0.09f);
	const float size = fminf(in.h * 0.24f, in.w * 0.13f);

	mos_draw_box(d, box, fminf(6, box.h * 0.1f), mos_ink_faint(MOS_TOKEN_OFF, 0.4f));
	mos_draw_text_in(d, (struct mos_box){in.x, in.y, in.w, size}, size * 0.92f, 0,
		mos_ink(MOS_TOKEN_TEXT_DIM), "%s", tile->name);
	mos_draw_text_in(d, (struct mos_box){in.x, in.y + in.h * 0.28f, in.w, in.h * 0.44f},
		fminf(in.h * 0.4f, in.w * 0.28f), MOS_MIDDLE | MOS_MONO | MOS_BOLD, mos_ink(tile->token),
		"%s", tile->figure);
	if (tile->note[0] && size > 6)
		mos_draw_text_in(d, (struct mos_box){in.x, in.y + in.h - size, in.w, size}, size * 0.82f,
			MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%s", tile->note);
}

static void draw_load(struct mos_draw *d, struct mos_box box, const struct monitor *m)
{
	const float size = fminf(box.h * 0.3f, 15), step = box.w / MONITOR_HISTORY;
	const double load = (double)m->load_permille / 10;

	mos_draw_box(d, box, fminf(6, box.h * 0.1f), mos_ink_faint(MOS_TOKEN_OFF, 0.4f));
	for (uint32_t i = 0; i < MONITOR_HISTORY; i++) {
		const float h = box.h * fminf((float)m->load[i] / 1000, 1);
		const float x = box.x + step * (float)i;

		if (m->lost[i])
			mos_draw_box(d, (struct mos_box){x, box.y, step, box.h}, 0,
				mos_ink_faint(MOS_TOKEN_BAD, 0.5f));
		if (h > 0)
			mos_draw_box(d, (struct mos_box){x, box.y + box.h - h, step * 0.8f, h}, 0,
				mos_ink_faint(m->load[i] > 800 ? MOS_TOKEN_WARN : MOS_TOKEN_ACCENT, 0.7f));
	}
	mos_draw_text(d, (struct mos_point){box.x + size * 0.6f, box.y + size * 0.95f}, size, MOS_MIDDLE,
		mos_ink(MOS_TOKEN_TEXT_DIM), "Audio load");
	mos_draw_text(d, (struct mos_point){box.x + box.w - size * 0.6f, box.y + size * 0.95f}, size * 1.25f,
		MOS_RIGHT | MOS_MIDDLE | MOS_MONO | MOS_BOLD,
		mos_ink(load > 80 ? MOS_TOKEN_WARN : MOS_TOKEN_TEXT), "%.1f %%", load);
}

void monitor_draw(struct mos_draw *d, const struct monitor *m)
{
	struct mos_box all = mos_draw_panel(d, "");
	const float gap = fminf(8, all.h * 0.03f);
	struct tile tile[N_TILES];

	make_tiles(m, tile);
	draw_load(d, mos_box_cut_top(&all, all.h * 0.3f), m);
	(void)mos_box_cut_top(&all, gap);
	for (unsigned int i = 0; i < N_TILES; i++)
		draw_tile(d, mos_box_column(mos_box_row(all, i / 4, 2, gap), i % 4, 4, gap), &tile[i]);
}

void monitor_text(const struct monitor *m, char *ret, size_t size)
{
	struct tile tile[N_TILES];
	size_t len;

	make_tiles(m, tile);
	len = (size_t)snprintf(ret, size, "load %.1f %%\n", (double)m->load_permille / 10);
	for (int i = 0; i < N_TILES && len < size; i++)
		len += (size_t)snprintf(
			ret + len, size - len, "%-14s %8s  %s\n", tile[i].name, tile[i].figure, tile[i].note);
}
