/* SPDX-License-Identifier: MIT */
/* The counters page and the services' answers as metrics: names mos_..., base units, one family after the
 * other. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stats/family.h"
#include "stats/stats.h"
#include "stats/timing.h"

/* Buckets of a histogram that are told: 1 us to 17 s. What is below counts into the first. */
#define LOWEST_BUCKET 10u
#define HIGHEST_BUCKET 34u

static const struct scale {
	const char *unit, *base; /* of the page; of the metric */
	double per;              /* how many of the page's make one */
} scales[] = {
	{"ns", "seconds", 1e9},
	{"ppb", "ratio", 1e9},
	{"mdB", "decibels", 1e3},
	{"mLUFS", "lufs", 1e3},
	{"mLU", "lu", 1e3},
	{"frames", "frames", 1},
	{"1/s", "hertz", 1},
	{"%", "ratio", 100},
	{"bytes", "bytes", 1},
};
#define N_SCALES (sizeof(scales) / sizeof(scales[0]))

/* A unit that is written in the name only, or in both: it is taken off there. */
static const struct {
	const char *ending;
	double per; /* 0: of its unit */
} endings[] = {{"_permille", 1000}, {"_percent", 0}, {"_ppb", 0}, {"_bytes", 0}};

static const struct scale *scale_of(const char *unit)
{
	for (size_t i = 0; i < N_SCALES; i++)
		if (!strcmp(scales[i].unit, unit))
			return &scales[i];
	return NULL;
}

/* "kronos.jitterMax" in ns: mos_kronos_jitter_max, seconds. */
static void family_of(const char *label, const char *unit, struct family *ret)
{
	const struct scale *scale = scale_of(unit);
	char *to = ret->name + snprintf(ret->name, sizeof(ret->name), "mos_");
	size_t len;

	for (const char *at = label; *at && to + 3 < ret->name + sizeof(ret->name); at++) {
		if (*at >= 'A' && *at <= 'Z')
			*to++ = '_';
		*to++ = (char)(*at >= 'A' && *at <= 'Z'                                   ? *at - 'A' + 'a'
			       : (*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') ? *at
											  : '_');
	}
	*to = '\0';
	ret->per = scale ? scale->per : 1;
	ret->unit = scale ? scale->base : "";
	len = strlen(ret->name);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const size_t n = strlen(endings[i].ending);

		if (len <= n + 4 || strcmp(ret->name + len - n, endings[i].ending) != 0)
			continue;
		ret->name[len - n] = '\0';
		if (endings[i].per > 0) {
			ret->per = endings[i].per;
			ret->unit = "ratio";
		}
		break;
	}
}

/* Counters of one name each for many things: what comes behind is a label. */
static const struct group {
	const char *begins, *family, *first, *second; /* names of the labels; second may be NULL */
	const char *ends;
} groups[] = {
	{"apollo.strip.", "apollo.strip_peak", "strip", NULL, ".peak"},
	{"rt.published.", "rt.published", "type", NULL, ""},
	{"bus.published.", "bus.published", "type", NULL, ""},
	{"bus.refused.", "bus.refused", "why", "type", ""},
};
#define N_GROUPS (sizeof(groups) / sizeof(groups[0]))

/* "bus.refused.hops.midi:noteon" is why="hops",type="midi:noteon". @return NULL: it stands for itself. */
static const struct group *group_of(const char *label, char *labels, size_t size)
{
	for (size_t i = 0; i < N_GROUPS; i++) {
		const struct group *g = &groups[i];
		const size_t n = strlen(g->begins);
		char rest[64], *dot, first[64], second[64];
		size_t len;

		if (strncmp(label, g->begins, n) != 0)
			continue;
		(void)snprintf(rest, sizeof(rest), "%s", label + n);
		len = strlen(rest);
		if (len >= strlen(g->ends))
			rest[len - strlen(g->ends)] = '\0';
		dot = g->second ? strchr(rest, '.') : NULL;
		if (g->second && !dot)
			continue; /* bus.refused.type is one figure */
		if (dot)
			*dot++ = '\0';
		(void)snprintf(
			labels, size, "%s=\"%s\"", g->first, family_escape(rest, first, sizeof(first)));
		if (dot) {
			len = strlen(labels);
			(void)snprintf(labels + len, size - len, ",%s=\"%s\"", g->second,
				family_escape(dot, second, sizeof(second)));
		}
		return g;
	}
	labels[0] = '\0';
	return NULL;
}

static void put_histogram(struct families *out, const struct mos_counters_view *view, uint32_t i)
{
	const uint64_t *bucket = &view->value[view->label[i].value_index];
	uint64_t sum = 0;

	for (uint32_t b = 0; b < MOS_HIST_BUCKETS; b++) {
		sum += __atomic_load_n(&bucket[b], __ATOMIC_RELAXED);
		/* Bucket b holds the whole numbers below 2^b. */
		if (b >= LOWEST_BUCKET && b <= HIGHEST_BUCKET)
			family_bucket(out, (ldexp(1, (int)b) - 1) / out->family.per, sum);
	}
	family_bucket(out, INFINITY, sum);
}

static void put_counter(struct families *out, const struct mos_counters_view *view, uint32_t i)
{
	const struct mos_counter_label *label = &view->label[i];
	char name[sizeof(label->name) + 1], unit[sizeof(label->unit) + 1], labels[192];
	const struct group *group;
	struct family family = {0};
	enum family_kind kind = label->kind == MOS_COUNTER_HIST    ? FAMILY_HISTOGRAM
				: label->kind == MOS_COUNTER_COUNT ? FAMILY_COUNTER
								   : FAMILY_GAUGE;

	(void)snprintf(name, sizeof(name), "%.*s", (int)sizeof(label->name), label->name);
	(void)snprintf(unit, sizeof(unit), "%.*s", (int)sizeof(label->unit), label->unit);
	group = group_of(name, labels, sizeof(labels));
	family_of(group ? group->family : name, unit, &family);
	if (!family_begin(out, &family, kind, stats_help(name)))
		return;
	if (kind == FAMILY_HISTOGRAM)
		put_histogram(out, view, i);
	else if (kind == FAMILY_GAUGE)
		family_sample(out, labels, (double)(int64_t)mos_counters_get(view, i) / out->family.per);
	else
		family_sample(out, labels, (double)mos_counters_get(view, i) / out->family.per);
}

static void begin(
	struct families *out, const char *name, const char *unit, enum family_kind kind, const char *help)
{
	struct family family = {.per = 1, .unit = unit};

	(void)snprintf(family.name, sizeof(family.name), "%s", name);
	(void)family_begin(out, &family, kind, help);
}

/* One figure of each type of event. */
static void put_column(struct families *out, const struct mos_value *rows, const char *key)
{
	for (uint32_t i = 0; rows && rows->type == MOS_VALUE_LIST && i < rows->len; i++) {
		const struct mos_value *row = &rows->u.items[i];
		char labels[128], name[96];

		(void)snprintf(labels, sizeof(labels), "type=\"%s\"",
			family_escape(mos_get_str(row, "type", "?"), name, sizeof(name)));
		family_sample(out, labels, mos_get_real(row, key, 0));
	}
}

static void put_events(struct families *out, const struct mos_value *rows)
{
	static const char *const ns[] = {"p50_ns", "p99_ns"}, *const q[] = {"0.5", "0.99"};

	begin(out, "mos_bus_events", "", FAMILY_COUNTER, "Events of each type that were told on the bus");
	put_column(out, rows, "count");
	begin(out, "mos_bus_coalesced_events", "", FAMILY_COUNTER,
		"Events that a newer one of their frame replaced");
	put_column(out, rows, "coalesced");
	begin(out, "mos_bus_readers_delivered", "", FAMILY_GAUGE,
		"Deliveries that the readers there are count now");
	put_column(out, rows, "delivered");
	begin(out, "mos_bus_readers_lost", "", FAMILY_GAUGE,
		"Events that the readers there are were too slow for");
	put_column(out, rows, "lost");
	begin(out, "mos_bus_subscribers", "", FAMILY_GAUGE, "Programs that listen");
	put_column(out, rows, "subscribers");
	begin(out, "mos_bus_delivery", "seconds", FAMILY_SUMMARY,
		"From publishing to delivery, of every 16th event");
	for (uint32_t i = 0; rows && rows->type == MOS_VALUE_LIST && i < rows->len; i++) {
		const struct mos_value *row = &rows->u.items[i];
		char labels[160], name[96];

		for (int k = 0; k < 2 && mos_get_natural(row, "n_sampled", 0); k++) {
			(void)snprintf(labels, sizeof(labels), "type=\"%s\",quantile=\"%s\"",
				family_escape(mos_get_str(row, "type", "?"), name, sizeof(name)), q[k]);
			family_sample(out, labels, mos_get_real(row, ns[k], 0) * 1e-9);
		}
	}
}

static void put_theater(struct families *out, const struct mos_value *theater)
{
	static const char *const parts[] = {"to_picture", "to_frame", "to_submitted", "whole"};

	begin(out, "mos_theater_frames", "", FAMILY_COUNTER, "Pictures by what became of them");
	family_sample(out, "result=\"drawn\"", mos_get_real(theater, "frames/drawn", 0));
	family_sample(out, "result=\"skipped\"", mos_get_real(theater, "frames/skipped", 0));
	begin(out, "mos_theater_frame", "seconds", FAMILY_SUMMARY, "Work for one picture");
	family_sample(out, "quantile=\"0.5\"", mos_get_real(theater, "frames/p50_ms", 0) * 1e-3);
	family_sample(out, "quantile=\"0.99\"", mos_get_real(theater, "frames/p99_ms", 0) * 1e-3);
	begin(out, "mos_theater_answer", "seconds", FAMILY_SUMMARY,
		"From an event to a widget's picture, on to its frame, on until that was shown, and the "
		"whole");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && mos_get_natural(theater, "answers/n", 0);
		i++)
		for (int k = 0; k < 2; k++) {
			char path[48], labels[64];

			(void)snprintf(
				path, sizeof(path), "answers/%s/%s", parts[i], k ? "p99_ms" : "p50_ms");
			(void)snprintf(labels, sizeof(labels), "part=\"%s\",quantile=\"%s\"", parts[i],
				k ? "0.99" : "0.5");
			family_sample(out, labels, mos_get_real(theater, path, 0) * 1e-3);
		}
}

static void put_widgets(struct families *out, const struct mos_value *rows)
{
	static const char *const states[] = {
		"stopped", "waiting", "starting", "active", "stopping", "backoff", "failed", "removed"};

	begin(out, "mos_widgets", "", FAMILY_GAUGE, "Installed widgets by their state");
	for (size_t k = 0; k < sizeof(states) / sizeof(states[0]); k++) {
		char labels[48];
		int n = 0;

		for (uint32_t i = 0; rows && rows->type == MOS_VALUE_LIST && i < rows->len; i++)
			n += !strcmp(mos_get_str(&rows->u.items[i], "state", ""), states[k]);
		(void)snprintf(labels, sizeof(labels), "state=\"%s\"", states[k]);
		family_sample(out, labels, n);
	}
}

/* A process by its number; what the kernel does not say is left out. */
struct process {
	char label[64];
	double resident_bytes, cpu_seconds;
};

static int read_process(struct process *p, const char *name, long pid)
{
	char path[64], text[1024], clean[40];
	unsigned long long user, kernel, pages;
	const char *at;
	FILE *f;
	size_t n;

	if (pid <= 0)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	at = strrchr(text, ')'); /* behind the name: state, then numbers; 14 and 15 are times, 24 is memory */
	if (!at || sscanf(at + 1,
			   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d "
			   "%*u %*u %llu",
			   &user, &kernel, &pages) != 3)
		return 0;
	(void)snprintf(
		p->label, sizeof(p->label), "process=\"%s\"", family_escape(name, clean, sizeof(clean)));
	p->resident_bytes = (double)pages * (double)sysconf(_SC_PAGESIZE);
	p->cpu_seconds = (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
	return 1;
}

#define PROCESSES_MAX 64
static void put_processes(struct families *out, const struct stats *s)
{
	const struct mos_value *status = &s->status.value, *services = mos_get(status, "services");
	struct process process[PROCESSES_MAX];
	int n = 0;

	n += read_process(&process[n], "rtcore", (long)mos_get_int(status, "rtcore/pid", 0));
	n += read_process(&process[n], "broker", s->broker_pid);
	for (uint32_t i = 0;
		services && services->type == MOS_VALUE_LIST && i < services->len && n < PROCESSES_MAX; i++)
		n += read_process(&process[n], mos_get_str(&services->u.items[i], "name", "?"),
			(long)mos_get_int(&services->u.items[i], "pid", 0));
	begin(out, "mos_process_resident_memory", "bytes", FAMILY_GAUGE, "Memory that a process of MOS has");
	for (int i = 0; i < n; i++)
		family_sample(out, process[i].label, process[i].resident_bytes);
	begin(out, "mos_process_cpu", "seconds", FAMILY_COUNTER, "Processor time that it has used");
	for (int i = 0; i < n; i++)
		family_sample(out, process[i].label, process[i].cpu_seconds);
}

static void put_status(struct families *out, const struct stats *s)
{
	const struct mos_value *status = &s->status.value, *services = mos_get(status, "services");

	for (uint32_t i = 0; services && services->type == MOS_VALUE_LIST && i < services->len; i++) {
		char labels[96], name[64];

		(void)snprintf(labels, sizeof(labels), "part=\"%s\"",
			family_escape(mos_get_str(&services->u.items[i], "name", "?"), name, sizeof(name)));
		if (strcmp(name, "broker") && strcmp(name, "rtcore"))
			family_sample(out, labels, mos_get_bool(&services->u.items[i], "up", 1));
	}
	begin(out, "mos_clients", "", FAMILY_GAUGE, "Programs that are connected");
	family_sample(out, "", mos_get_real(status, "clients", 0));
	begin(out, "mos_playing", "", FAMILY_GAUGE, "1 while the transport rolls");
	family_sample(out, "", !strcmp(mos_get_str(status, "transport/state", ""), "playing"));
	begin(out, "mos_quantum", "seconds", FAMILY_GAUGE, "Length of an audio cycle");
	family_sample(out, "",
		mos_get_real(status, "rtcore/rate", 0) > 0
			? mos_get_real(status, "rtcore/quantum", 0) / mos_get_real(status, "rtcore/rate", 0)
			: 0);
}

static void put_timing(struct families *out, const struct stats *s)
{
	static const char *const id[N_TIMING] = {"jitter", "input_to_output", "look_ahead", "seek", "frame"};
	struct timing timing[N_TIMING];
	char labels[48];

	timing_read(timing, s->view, s->has_theater ? &s->theater.value : NULL);
	begin(out, "mos_timing", "seconds", FAMILY_GAUGE,
		"What MOS promises, as it is measured (mosctl status)");
	for (int i = 0; i < N_TIMING; i++)
		if (timing[i].is_measured)
			family_sample(out, BOUND(labels, "figure=\"%s\"", id[i]), timing[i].value_ms * 1e-3);
	begin(out, "mos_timing_limit", "seconds", FAMILY_GAUGE, "The limit that was promised");
	for (int i = 0; i < N_TIMING; i++)
		family_sample(out, BOUND(labels, "figure=\"%s\"", id[i]), timing[i].limit_ms * 1e-3);
	begin(out, "mos_timing_ok", "", FAMILY_GAUGE, "1: the promise holds, or nothing was measured");
	for (int i = 0; i < N_TIMING; i++)
		family_sample(out, BOUND(labels, "figure=\"%s\"", id[i]), timing_holds(&timing[i]));
}

void metrics_write(FILE *to, const struct stats *s, enum metrics_format format)
{
	struct families out = {.to = to, .format = format};

	begin(&out, format == METRICS_OPEN ? "mos_build" : "mos_build_info", "",
		format == METRICS_OPEN ? FAMILY_INFO : FAMILY_GAUGE, "The version of MOS that tells this");
	family_sample(&out, "version=\"" MOS_VERSION "\"", 1);
	begin(&out, "mos_up", "", FAMILY_GAUGE, "1: this part of MOS runs");
	family_sample(&out, "part=\"broker\"", s->has_status);
	family_sample(
		&out, "part=\"rtcore\"", s->has_status && mos_get_bool(&s->status.value, "rtcore/up", 0));
	if (s->has_status)
		put_status(&out, s);
	put_timing(&out, s);
	for (uint32_t i = 0; s->view && i < s->view->n_labels; i++)
		put_counter(&out, s->view, i);
	if (s->has_events)
		put_events(&out, mos_get(&s->events.value, "types"));
	if (s->has_theater)
		put_theater(&out, &s->theater.value);
	if (s->has_widgets)
		put_widgets(&out, mos_get(&s->widgets.value, "widgets"));
	if (s->has_library) {
		begin(&out, "mos_library_songs", "", FAMILY_GAUGE, "Songs in the library");
		family_sample(&out, "", mos_get_real(&s->library.value, "songs", 0));
		begin(&out, "mos_library", "bytes", FAMILY_GAUGE, "Size of the library on disk");
		family_sample(&out, "", mos_get_real(&s->library.value, "size_bytes", 0));
	}
	if (s->has_status)
		put_processes(&out, s);
	families_end(&out);
}
