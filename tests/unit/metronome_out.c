/* SPDX-License-Identifier: MIT */
/* What leaves the metronome: text, MIDI files, and the manifest that promises settings. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <score/format.h>
#include <yyjson.h>

#include "export.h"
#include "hits.h"
#include "view.h"

static struct metro_fault fault;

static struct metro_config config_of(const struct mos_field *field, size_t n)
{
	struct metro_config c;

	metro_config_init(&c);
	cr_assert_eq(metro_config_change(&c, field, n, &fault), 0, "%s %s", fault.where, fault.why);
	return c;
}

static uint32_t count(const char *text, const char *what)
{
	uint32_t n = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

Test(metronome_out, line_and_circle,
	.description = "TOU-12 TOU-11: onsets in both views, the step that sounds lit in both, labels")
{
	const struct metro_config c = config_of(MOS_ARGS(mos_str("preset", "tresillo")));
	struct metro_view_state s = {
		.config = &c, .num = 4, .den = 4, .step = -1, .bpm = 120, .message = "hello"};
	char text[VIEW_TEXT_SIZE];

	cr_assert_eq(metro_view(&s, text), strlen(text));
	cr_assert_eq(count(text, "●"), 2 * 3, "TOU-12: onsets in line and circle\n%s", text);
	cr_assert_eq(count(text, "·"), 2 * 5, "TOU-12: rests\n%s", text);
	cr_assert_not_null(strstr(text, " 1  &  2  &  3  &  4  & "), "TOU-11:\n%s", text);
	cr_assert_not_null(strstr(text, "x..x..x."), "TOU-14");
	cr_assert_not_null(strstr(text, "Tresillo"), "TOU-27");
	cr_assert_not_null(strstr(text, "hello"));
	s.step = 3;
	(void)metro_view(&s, text);
	cr_assert_eq(count(text, "◉"), 2, "TOU-12: an onset that sounds");
	s.step = 4;
	(void)metro_view(&s, text);
	cr_assert_eq(count(text, "○"), 2, "TOU-12: a rest that is passed");
	s.help = 1;
	(void)metro_view(&s, text);
	cr_assert_not_null(strstr(text, "space"), "TOU-42: help");
}

/* Place of a step of a circle in the text: in columns and lines. */
static void place_of(const char *text, const char *mark, int *x, int *y)
{
	*x = *y = 0;
	for (const char *p = text; *p && strncmp(p, mark, strlen(mark)) != 0; p++) {
		if (*p == '\n') {
			*x = 0;
			(*y)++;
		} else if ((*p & 0xc0) != 0x80) {
			(*x)++;
		}
	}
}

Test(metronome_out, circle_is_round,
	.description = "TOU-12: step 0 is at the top, a quarter of the steps later at the right")
{
	const struct metro_config c =
		config_of(MOS_ARGS(mos_str("pattern", "................"), mos_str("view", "circle")));
	struct metro_view_state s = {.config = &c, .num = 4, .den = 4, .bpm = 120};
	char text[VIEW_TEXT_SIZE];
	int x[4], y[4];

	for (int i = 0; i < 4; i++) {
		s.step = 4 * i;
		(void)metro_view(&s, text);
		place_of(text, "○", &x[i], &y[i]);
	}
	cr_assert(x[0] == x[2] && y[1] == y[3] && y[0] < y[1] && y[1] < y[2] && x[3] < x[0] && x[0] < x[1],
		"TOU-12");
	cr_assert(y[1] - y[0] == y[2] - y[1] && x[1] - x[0] == x[0] - x[3], "TOU-12");
}

Test(metronome_out, any_size, .description = "TOU-12: any number of steps is shown whole, in valid UTF-8")
{
	char text[VIEW_TEXT_SIZE];

	for (int n = 1; n <= 128; n++) {
		const struct metro_config c =
			config_of(MOS_ARGS(mos_int("steps", n), mos_int("pulses", (n + 1) / 2)));

		for (int step = -1; step < n; step += 17) {
			const struct metro_view_state s = {
				.config = &c, .num = 4, .den = 4, .step = step, .bpm = 1e300, .message = ""};
			const size_t len = metro_view(&s, text);
			uint32_t seen;

			cr_assert(len == strlen(text) && len < VIEW_TEXT_SIZE, "TOU-12: %d", n);
			seen = count(text, "●") + count(text, "·") + count(text, "◉") + count(text, "○");
			cr_assert_geq(seen, (uint32_t)n, "TOU-12: the line has all %d", n);
			cr_assert(n > 64 || seen == 2 * (uint32_t)n, "TOU-12: and the circle: %u of 2 x %d",
				seen, n);
			for (size_t i = 0; i < len;) {
				const uint8_t b = (uint8_t)text[i];
				const uint32_t more = b < 0x80 ? 0 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;

				for (uint32_t k = 1; k <= more; k++)
					cr_assert_eq(text[i + k] & 0xc0, 0x80, "TOU-12: a character is cut");
				i += more + 1;
			}
		}
	}
}

Test(metronome_out, midi_file, .description = "TOU-47: the MIDI file read again has the hits at their ticks")
{
	static uint8_t buf[EXPORT_SIZE_MAX];
	static const char *const presets[] = {"tresillo", "three-two", "teental", "aksak", "york-samai"};

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		const struct metro_config c = config_of(MOS_ARGS(
			mos_str("preset", presets[i]), mos_int("subdivision", 3), mos_real("bpm", 97)));
		const struct metro_place place = {.num = c.now.num, .den = c.now.den};
		const int64_t measure = 3840 * c.now.num / c.now.den;
		struct metro_score *want = calloc(1, sizeof(*want));
		const struct score_import import = {.alloc = &score_heap};
		struct score_report *report = calloc(1, sizeof(*report));
		struct score *score = NULL;
		const int n = metro_export_midi(&c, 4, buf);

		cr_assert_gt(n, 0);
		cr_assert_eq(score_import(buf, (size_t)n, &import, report, &score, NULL), 0, "TOU-47: %s: %s",
			report->error[0].where, report->error[0].reason);
		cr_assert_eq(report->n_warnings, 0, "TOU-47: %s", report->warning[0].reason);
		metro_hits(&c, &place, 0, 4 * measure, want);
		cr_assert_eq(want->n_left_out, 0);
		cr_assert_eq(score_n_notes(score), want->n_hits, "TOU-47: %s", presets[i]);
		for (uint32_t k = 0; k < want->n_hits; k++) {
			uint32_t found = 0;

			for (uint32_t s = 0; s < score->part[0]->note.n; s++) {
				const struct nvx_note *note = score_part_note(score->part[0], s);

				found += note->tick == want->hit[k].tick && note->pitch == want->hit[k].key &&
					 note->velocity == want->hit[k].velocity >> 9;
			}
			cr_assert_eq(found, 1, "TOU-47: %s hit %u", presets[i], k);
		}
		cr_assert_eq(score_tempo(score, 0)->ns_per_quarter / 1000, (uint64_t)(60e6 / 97 + 0.5), "TOU-47");
		cr_assert(score_meter(score, 0)->num == c.now.num && score_meter(score, 0)->den == c.now.den, "TOU-47");
		score_unref(score);
		free(report);
		free(want);
	}
}

Test(metronome_out, midi_file_limit, .description = "TOU-47: what does not fit is refused")
{
	static uint8_t buf[EXPORT_SIZE_MAX];
	const struct metro_config c = config_of(MOS_ARGS(mos_int("steps", 128), mos_int("pulses", 128)));

	cr_assert_eq(metro_export_midi(&c, 1000, buf), -ENOSPC, "TOU-47");
	cr_assert_gt(metro_export_midi(&c, 1, buf), 0);
}

static struct mos_value default_of(yyjson_val *schema)
{
	yyjson_val *v = yyjson_obj_get(schema, "default");

	return yyjson_is_bool(v)  ? mos_value_bool(yyjson_get_bool(v))
	       : yyjson_is_str(v) ? mos_value_str(yyjson_get_str(v))
	       : yyjson_is_int(v) ? mos_value_int(yyjson_get_sint(v))
				  : mos_value_real(yyjson_get_real(v));
}

/* What may be chosen in the manifest can be set, and nothing in the table is missing in it. */
Test(metronome_out, manifest,
	.description = "TOU-03 TOU-21: the manifest's settings, defaults and choices are the metronome's")
{
	yyjson_doc *doc =
		yyjson_read_file(MOS_SOURCE_ROOT "/clients/widgets/metronome/widget.json", 0, NULL, NULL);
	yyjson_val *settings = yyjson_obj_get(yyjson_doc_get_root(doc), "settings");
	struct mos_field have[METRO_CONFIG_FIELDS];
	struct metro_config c;
	size_t n;

	cr_assert_not_null(doc);
	metro_config_init(&c);
	n = metro_config_fields(&c, have);
	cr_assert_eq(yyjson_obj_size(settings), n);
	for (size_t i = 0; i < n; i++) {
		yyjson_val *schema = yyjson_obj_get(settings, have[i].key), *choice;
		const struct mos_value want = default_of(schema);
		size_t k, max;

		cr_assert_not_null(schema, "%s", have[i].key);
		cr_assert(have[i].value.type == MOS_VALUE_STR
				  ? strcmp(have[i].value.u.str, mos_get_str(&want, "", "?")) == 0
			  : have[i].value.type == MOS_VALUE_BOOL
				  ? have[i].value.u.boolean == mos_get_bool(&want, "", -1)
				  : fabs(mos_get_real(&have[i].value, "", -1) - mos_get_real(&want, "", -2)) <
					    1e-12,
			"%s: the default is another one", have[i].key);
		yyjson_arr_foreach(yyjson_obj_get(schema, "enum"), k, max, choice)
		{
			struct metro_config tried;
			const struct mos_field field = mos_field(
				have[i].key, yyjson_is_str(choice) ? mos_value_str(yyjson_get_str(choice))
								   : mos_value_int(yyjson_get_sint(choice)));

			metro_config_init(&tried);
			cr_assert_eq(metro_config_change(&tried, &field, 1, &fault), 0, "%s: %s", fault.where,
				fault.why);
		}
		for (int end = 0; end < 2; end++) {
			yyjson_val *limit = yyjson_obj_get(schema, end ? "maximum" : "minimum");
			const double value = yyjson_get_num(limit), beyond = value + (end ? 0.5 : -0.5);
			struct metro_config tried;
			const char *key = have[i].key;

			if (!limit || strcmp(key, "pulses") == 0 || strcmp(key, "steps") == 0 ||
				strcmp(key, "bpm") == 0)
				continue; /* these depend on another one */
			metro_config_init(&tried);
			cr_assert_eq(metro_config_change(&tried, MOS_ARGS(mos_real(key, value)), &fault), 0,
				"%s %f", key, value);
			cr_assert_lt(metro_config_change(&tried, MOS_ARGS(mos_real(key, beyond)), &fault), 0,
				"%s %f", key, beyond);
		}
	}
	yyjson_doc_free(doc);
}
