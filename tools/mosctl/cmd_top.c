/* SPDX-License-Identifier: MIT */
/* mosctl top: the clock page and the counters page, drawn again and again. Asks nobody, disturbs nobody. */
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "mosctl.h"

enum { INTERVAL };

static const struct ctl_option options[] = {
	[INTERVAL] = {"interval", 'i', "SECONDS", "between two looks (default: 0.1)"},
	{0},
};

#define STRIPS 64
#define METER_FLOOR_MDB (-60000) /* left end of a meter: 60 dB below full scale */
#define SILENCE_MDB (-120000)

/* What fits on the screen; lines beyond the last row are not printed. */
struct screen {
	int columns, rows, row;
	int ansi; /* cut at the width, clear each line's rest */
};

static void line(struct screen *s, const char *text)
{
	if (s->ansi && s->row >= s->rows)
		return;
	s->row++;
	if (s->ansi)
		printf("%.*s\033[K%s", s->columns, text, s->row < s->rows ? "\r\n" : "");
	else
		puts(text);
}

/* "label ####------ -12.3 dB", one column a character so that width is length. */
static void meter(struct screen *s, const char *label, int64_t mdb)
{
	char text[256];
	int width = s->columns - 24, fill;
	size_t n;

	if (width > 100)
		width = 100;
	if (width < 10)
		width = 10;
	fill = mdb <= METER_FLOOR_MDB ? 0 : (int)((mdb - METER_FLOOR_MDB) * width / -METER_FLOOR_MDB);
	if (fill > width)
		fill = width;
	n = (size_t)snprintf(text, sizeof(text), "%-9s ", label);
	memset(text + n, '#', (size_t)fill);
	memset(text + n + fill, '-', (size_t)(width - fill));
	n += (size_t)width;
	if (mdb <= SILENCE_MDB)
		(void)snprintf(text + n, sizeof(text) - n, "     -inf dB");
	else
		(void)snprintf(text + n, sizeof(text) - n, " %8.1f dB", (double)mdb / 1000);
	line(s, text);
}

static int64_t value_or(const struct mos_counters_view *view, const char *name, int64_t otherwise)
{
	(void)counter_value(view, name, &otherwise);
	return otherwise;
}

/* "cycle 0.13 / 0.26 ms": histogram buckets are powers of two, so these are upper bounds. */
static size_t times(
	const struct mos_counters_view *view, const char *name, const char *label, char *buf, size_t size)
{
	uint64_t p50, p99;
	int n;

	if (!counter_quantile(view, name, 0.5, &p50) || !counter_quantile(view, name, 0.99, &p99))
		n = snprintf(buf, size, "%s - / - ms   ", label);
	else
		n = snprintf(buf, size, "%s %.3f / %.3f ms   ", label, (double)p50 / 1e6, (double)p99 / 1e6);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

static void draw_head(struct screen *s, const struct mos_now *now, int have_clock)
{
	const struct mos_clock *clock = &now->clock;
	char text[256], position[160];

	if (!have_clock) {
		line(s, "MOS: no whole clock page; rtcore may have died");
		return;
	}
	(void)snprintf(text, sizeof(text), "MOS   %u Hz, %u frames (%.1f ms) a cycle, %llu cycles",
		clock->rate_hz, clock->quantum_frames,
		clock->rate_hz ? 1e3 * clock->quantum_frames / clock->rate_hz : 0,
		(unsigned long long)clock->cycle);
	line(s, text);
	line(s, position_line(now, position, sizeof(position)));
	line(s, "");
}

static void draw_figures(struct screen *s, const struct mos_counters_view *view)
{
	char text[256];
	size_t n = 0;

	n += times(view, "rt.cycle", "cycle", text, sizeof(text));
	n += times(view, "rt.wakeup", "wake-up", text + n, sizeof(text) - n);
	n += times(view, "kronos.jitter", "jitter", text + n, sizeof(text) - n);
	(void)snprintf(text + n, sizeof(text) - n, "(p50 / p99, at most)");
	line(s, text);
	(void)snprintf(text, sizeof(text),
		"load %.1f %%   xruns %lld   late %lld   voices %lld   clients %lld   drift %.1f ppm",
		(double)value_or(view, "rt.load_permille", 0) / 10, (long long)value_or(view, "rt.xruns", 0),
		(long long)value_or(view, "seq.late", 0), (long long)value_or(view, "apollo.voices", 0),
		(long long)value_or(view, "control.clients", 0),
		(double)value_or(view, "kronos.drift_ppb", 0) / 1000);
	line(s, text);
	(void)snprintf(text, sizeof(text),
		"of %lld voices   stolen %lld   streams %lld, late %lld   samples %.0f MiB",
		(long long)value_or(view, "apollo.polyphony", 0), (long long)value_or(view, "apollo.stolen", 0),
		(long long)value_or(view, "apollo.streams", 0), (long long)value_or(view, "apollo.stream_late", 0),
		(double)value_or(view, "apollo.resident_bytes", 0) / 1048576);
	line(s, text);
	if (value_or(view, "rt.workers", 1) > 1) {
		(void)snprintf(text, sizeof(text), "workers %lld   parts of the second %lld, late %lld",
			(long long)value_or(view, "rt.workers", 1), (long long)value_or(view, "rt.worker_units", 0),
			(long long)value_or(view, "rt.worker_late", 0));
		line(s, text);
	}
	(void)snprintf(text, sizeof(text), "events %lld   ingress %lld, refused %lld",
		(long long)value_or(view, "events.published", 0),
		(long long)value_or(view, "ingress.records", 0),
		(long long)value_or(view, "ingress.refused", 0));
	line(s, text);
	line(s, "");
}

static size_t lufs(const struct mos_counters_view *view, const char *name, const char *label, char *buf, size_t size)
{
	int64_t value = value_or(view, name, SILENCE_MDB);
	int n = value <= SILENCE_MDB ? snprintf(buf, size, "%s -inf   ", label)
				     : snprintf(buf, size, "%s %.1f   ", label, (double)value / 1000);

	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

static void draw_loudness(struct screen *s, const struct mos_counters_view *view)
{
	char text[256] = "loudness, LUFS: ";
	size_t n = strlen(text);

	n += lufs(view, "apollo.loudness.momentary", "now", text + n, sizeof(text) - n);
	n += lufs(view, "apollo.loudness.short", "3 s", text + n, sizeof(text) - n);
	n += lufs(view, "apollo.loudness.integrated", "in all", text + n, sizeof(text) - n);
	(void)lufs(view, "apollo.loudness.true_peak", "true peak, dB", text + n, sizeof(text) - n);
	line(s, text);
}

static void draw_meters(struct screen *s, const struct mos_counters_view *view)
{
	draw_loudness(s, view);
	meter(s, "master L", value_or(view, "apollo.peak_l", SILENCE_MDB));
	meter(s, "master R", value_or(view, "apollo.peak_r", SILENCE_MDB));
	for (int i = 0; i < STRIPS; i++) {
		char name[32], label[16];
		int64_t mdb;

		(void)snprintf(name, sizeof(name), "apollo.strip.%d.peak", i);
		if (!counter_value(view, name, &mdb) || mdb <= SILENCE_MDB)
			continue;
		(void)snprintf(label, sizeof(label), "strip %d", i);
		meter(s, label, mdb);
	}
}

static void draw(const struct mos_client *client, int ansi)
{
	const struct mos_counters_view *view = mos_client_counters(client);
	struct screen s = {.ansi = ansi};
	struct mos_now now = {0};

	term_size(&s.columns, &s.rows);
	if (ansi)
		fputs("\033[H", stdout);
	draw_head(&s, &now, mos_clock_now(client, &now) == 0);
	draw_figures(&s, view);
	draw_meters(&s, view);
	if (ansi)
		fputs("\033[J", stdout);
	fflush(stdout);
}

static int print_json(const struct mos_client *client)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc), *transport;
	struct mos_now now;

	if (mos_clock_now(client, &now) == 0) {
		transport = yyjson_mut_obj_add_obj(doc, root, "transport");
		yyjson_mut_obj_add_str(doc, transport, "state", mos_transport_state_name(now.clock.state));
		yyjson_mut_obj_add_sint(doc, transport, "ticks", now.tick);
		yyjson_mut_obj_add_uint(doc, transport, "bar", now.bar);
		yyjson_mut_obj_add_uint(doc, transport, "beat", now.beat);
		yyjson_mut_obj_add_uint(doc, transport, "tick", now.beat_tick);
		yyjson_mut_obj_add_real(doc, transport, "bpm", now.bpm);
		yyjson_mut_obj_add_uint(doc, transport, "rate", now.clock.rate_hz);
		yyjson_mut_obj_add_uint(doc, transport, "quantum", now.clock.quantum_frames);
	}
	yyjson_mut_obj_add_val(doc, root, "counters", counters_json(doc, mos_client_counters(client)));
	return json_print(doc, root);
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	double interval_s = 0.1, unchecked_s = 0;
	int code;

	if (args->opt[INTERVAL] &&
		(parse_real(args->opt[INTERVAL], &interval_s) < 0 || interval_s < 0.02 || interval_s > 60))
		return ctl_usage(ctl, "--interval: not 0.02 to 60 seconds: %s", args->opt[INTERVAL]);
	code = ctl_connect(ctl, 0);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		return print_json(ctl->client);
	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		draw(ctl->client, /* ansi= */ 0);
		return CTL_OK;
	}
	term_catch_interrupt();
	term_raw();
	while (!term_interrupted()) {
		int key;

		draw(ctl->client, /* ansi= */ 1);
		key = term_key((int)(interval_s * 1000));
		if (key == 'q' || key == 'Q')
			break;
		unchecked_s += interval_s;
		if (unchecked_s >=
			1) { /* follow a restarted rtcore; while MOS is away the last picture stays */
			(void)mos_client_refresh(ctl->client);
			unchecked_s = 0;
		}
	}
	term_restore();
	return CTL_OK;
}

const struct command cmd_top = {
	.name = "top",
	.words = "",
	.summary = "Watch it work: position, meters, cycle times, xruns, voices, clients",
	.text = "q or Ctrl-C ends. Without a terminal one picture is printed.",
	.example = "  mosctl top\n  mosctl top --json | jq '.counters[\"rt.xruns\"]'",
	.options = options,
	.run = run,
};
