/* SPDX-License-Identifier: MIT */
#include "stats/timing.h"

#include <math.h>

static const struct source {
	const char *name;
	double limit_ms;
	const char *counter; /* histogram of ns */
	double q;
	const char *method;
} sources[N_TIMING] = {
	[TIMING_JITTER] = {"transport jitter", 1, "kronos.jitter", 0.999,
		"p99.9 of how far each cycle began from the clock's line (upper bound of its bucket)"},
	[TIMING_INPUT] = {"input to output", 5, "midi.latency", 0.99,
		"p99 from a MIDI note's arrival to its sound handed over (upper bound of its bucket)"},
	[TIMING_LOOK_AHEAD] = {"look-ahead", 100, NULL, 0,
		"fixed by construction: notes of the score are told 100 ms before they are due"},
	[TIMING_SEEK] = {"seek", 10, "kronos.seek", 0.99,
		"p99 from the request to the position changed (upper bound of its bucket)"},
	[TIMING_FRAME] = {"frame", 16.7, NULL, 0,
		"p99 of the work for a picture of the theater, which has to fit into 1/60 s"},
};

void timing_read(struct timing ret[static N_TIMING], const struct mos_counters_view *view,
	const struct mos_value *theater)
{
	for (int i = 0; i < N_TIMING; i++) {
		const struct source *s = &sources[i];
		uint64_t ns;
		int at;

		ret[i] = (struct timing){.name = s->name, .method = s->method, .limit_ms = s->limit_ms};
		if (i == TIMING_LOOK_AHEAD) {
			ret[i].is_fixed = ret[i].is_measured = 1;
			ret[i].value_ms = s->limit_ms;
		} else if (i == TIMING_FRAME) {
			ret[i].n_samples = theater ? mos_get_natural(theater, "frames/drawn", 0) : 0;
			ret[i].value_ms = theater ? mos_get_real(theater, "frames/p99_ms", 0) : 0;
			ret[i].is_measured = ret[i].n_samples > 0 && isfinite(ret[i].value_ms);
		} else if (counter_quantile(view, s->counter, s->q, &ns)) {
			at = mos_counters_find(view, s->counter);
			ret[i].is_measured = 1;
			ret[i].value_ms = (double)ns / 1e6;
			ret[i].n_samples = mos_counters_get(view, (uint32_t)at);
		}
	}
}

int timing_holds(const struct timing *t)
{
	if (!t->is_measured)
		return 1;
	return t->is_fixed ? t->value_ms == t->limit_ms : t->value_ms < t->limit_ms;
}

yyjson_mut_val *timing_json(yyjson_mut_doc *doc, const struct timing timing[static N_TIMING])
{
	yyjson_mut_val *list = yyjson_mut_arr(doc);

	for (int i = 0; i < N_TIMING; i++) {
		const struct timing *t = &timing[i];
		yyjson_mut_val *one = yyjson_mut_arr_add_obj(doc, list);

		yyjson_mut_obj_add_str(doc, one, "name", t->name);
		yyjson_mut_obj_add_real(doc, one, "limit_ms", t->limit_ms);
		if (t->is_measured) {
			yyjson_mut_obj_add_real(doc, one, "value_ms", t->value_ms);
			yyjson_mut_obj_add_bool(doc, one, "ok", timing_holds(t));
		} else {
			yyjson_mut_obj_add_null(doc, one, "value_ms");
			yyjson_mut_obj_add_null(doc, one, "ok");
		}
		yyjson_mut_obj_add_uint(doc, one, "samples", t->n_samples);
		yyjson_mut_obj_add_str(doc, one, "method", t->method);
	}
	return list;
}

void timing_print(const struct timing timing[static N_TIMING])
{
	for (int i = 0; i < N_TIMING; i++) {
		const struct timing *t = &timing[i];

		printf("%-11s%-17s", i ? "" : "timing", t->name);
		if (t->is_measured)
			printf(" %8.3f ms (%s %.1f) %s\n", t->value_ms, t->is_fixed ? "fixed" : "below",
				t->limit_ms, timing_holds(t) ? "ok" : "TOO LATE");
		else
			printf("        - ms (%s %.1f)\n", t->is_fixed ? "fixed" : "below", t->limit_ms);
	}
}
