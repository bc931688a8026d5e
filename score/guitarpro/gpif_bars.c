/* SPDX-License-Identifier: MIT */
/** Master bars, and through them everything that is played. */
#include "gpif.h"

#include <errno.h>
#include <stdio.h>

static int read_meter(struct gpif_reader *reader, gpif_el el, struct gp_bar *bar)
{
	struct gpif_text text = gpif_child_text(&reader->doc, el, "Time");
	const char *slash = text.len ? memchr(text.text, '/', text.len) : NULL;
	if (text.len == 0)
		return 0;
	const size_t n = slash ? (size_t)(slash - text.text) : 0;
	const int num = gpif_int((struct gpif_text){text.text, n}, 0);
	const int den = slash ? gpif_int((struct gpif_text){slash + 1, text.len - n - 1}, 0) : 0;
	if (num < 1 || num > 255 || den < 1 || den > 256 || (den & (den - 1))) {
		const int rc = score_error(reader->doc.report, GP_PARSE,
			SCORE_AT_LINE(reader->doc.node[el].line, 0), "a meter that does not exist");
		score_error_value(reader->doc.report, text.text, (uint32_t)text.len);
		return rc;
	}
	bar->num = (uint16_t)num;
	bar->den = (uint16_t)den;
	return 0;
}

static void read_key(struct gpif_reader *reader, gpif_el el, struct gp_bar *bar)
{
	const gpif_el key = gpif_child(&reader->doc, el, "Key");
	if (!key)
		return;
	const int fifths = gpif_int(gpif_child_text(&reader->doc, key, "AccidentalCount"), 0);
	bar->fifths = (int8_t)(fifths < -7 ? -7 : fifths > 7 ? 7 : fifths);
	bar->minor = (uint8_t)gpif_equal(gpif_child_text(&reader->doc, key, "Mode"), "Minor");
}

static void read_repeat(struct gpif_reader *reader, gpif_el el, struct gp_bar *bar)
{
	const struct gpif_doc *doc = &reader->doc;
	const gpif_el repeat = gpif_child(doc, el, "Repeat");
	bar->repeat_start = (uint8_t)gpif_equal(gpif_attr_of(doc, repeat, "start"), "true");
	if (gpif_equal(gpif_attr_of(doc, repeat, "end"), "true")) {
		const int times = gpif_int(gpif_attr_of(doc, repeat, "count"), 2);
		bar->repeat_times = (uint8_t)(times < 2 ? 2 : times > 99 ? 99 : times);
	}
	struct gpif_text endings = gpif_child_text(doc, el, "AlternateEndings");
	for (int number; gpif_next_int(&endings, &number);)
		if (number >= 1 && number <= 16)
			bar->endings |= (uint16_t)(1u << (number - 1));
}

static void read_section(struct gpif_reader *reader, gpif_el el, struct gp_bar *bar)
{
	const gpif_el section = gpif_child(&reader->doc, el, "Section");
	if (!section)
		return;
	const struct gpif_text text = gpif_child_text(&reader->doc, section, "Text");
	const struct gpif_text letter = gpif_child_text(&reader->doc, section, "Letter");
	bar->has_section = 1;
	bar->section = nvx_clean_text(reader->song.draft, text.text, text.len);
	bar->letter = nvx_clean_text(reader->song.draft, letter.text, letter.len);
}

static void read_directions(struct gpif_reader *reader, gpif_el el, struct gp_bar *bar)
{
	const struct gpif_doc *doc = &reader->doc;
	gpif_el direction = gpif_first(doc, gpif_child(doc, el, "Directions"));
	for (; direction; direction = gpif_next(doc, direction)) {
		const struct gpif_text text = gpif_text_of(doc, direction);
		const int which = gpif_word(text, gp_direction_name, GP_N_DIRECTIONS);
		if (which >= 0)
			bar->directions |= 1u << which;
		else
			score_warn(doc->report, GP_DROPPED, SCORE_AT_LINE(doc->node[direction].line, 0),
				"a direction that is not known: %.*s", (int)(text.len < 40 ? text.len : 40),
				text.text);
	}
}

static void read_feel(struct gpif_reader *reader, gpif_el el, struct gp_bar *bar)
{
	static const char *const feels[] = {
		"Triplet8th", "Triplet16th", "Dotted8th", "Dotted16th", "Scottish8th", "Scottish16th"};
	const int feel = gpif_word(gpif_child_text(&reader->doc, el, "TripletFeel"), feels, 6);
	char json[24];
	if (feel >= 0) {
		const int len = snprintf(json, sizeof(json), "\"%s\"", feels[feel]);
		bar->triplet_feel = nvx_text(reader->song.draft, json, (size_t)len);
	}
}

static int read_frame(struct gpif_reader *reader, gpif_el el, uint32_t index)
{
	struct gp_bar *bar = &reader->song.bar[index];
	if (index > 0) {
		bar->num = bar[-1].num;
		bar->den = bar[-1].den;
		bar->fifths = bar[-1].fifths;
		bar->minor = bar[-1].minor;
	}
	const int rc = read_meter(reader, el, bar);
	if (rc < 0)
		return rc;
	read_key(reader, el, bar);
	read_repeat(reader, el, bar);
	read_section(reader, el, bar);
	read_directions(reader, el, bar);
	read_feel(reader, el, bar);
	bar->is_double = gpif_child(&reader->doc, el, "DoubleBar") != 0;
	bar->is_free = gpif_child(&reader->doc, el, "FreeTime") != 0;
	return 0;
}

static void put_clef(struct gpif_reader *reader, gpif_el bar, uint32_t track, uint32_t staff)
{
	static const char *const names[] = {"G2", "F4", "C3", "C4", "Neutral"};
	static const struct {
		uint8_t sign, line;
	} clef[] = {
		{NVX_CLEF_G, 2}, {NVX_CLEF_F, 4}, {NVX_CLEF_C, 3}, {NVX_CLEF_C, 4}, {NVX_CLEF_PERCUSSION, 3}};
	static const char *const shifts[] = {"15mb", "8vb", NULL, "8va", "15ma"};
	const int which = gpif_word(gpif_child_text(&reader->doc, bar, "Clef"), names, 5);
	const int shift = gpif_word(gpif_child_text(&reader->doc, bar, "Ottavia"), shifts, 5);
	if (which >= 0)
		gp_put_clef(&reader->song, track, staff, (enum nvx_clef)clef[which].sign, clef[which].line,
			shift < 0 ? 0 : shift - 2);
}

static void put_simile(struct gpif_reader *reader, uint32_t track, uint32_t staff, unsigned n_bars)
{
	struct nvx_notation_element *element = nvx_add_notation(reader->song.draft);
	element->e.kind = NVX_NOTATION_MEASURE_REPEAT;
	element->e.tick = reader->song.tick;
	element->e.part_id = reader->song.track[track].part_id;
	element->e.staff = (uint8_t)(staff ? staff + 1 : 0);
	element->count = (uint16_t)n_bars;
}

static int play_voices(struct gpif_reader *reader, gpif_el bar, uint32_t track, uint32_t staff)
{
	struct gpif_text voices = gpif_child_text(&reader->doc, bar, "Voices");
	int id, rc = gpif_spend(reader, bar);
	for (uint32_t i = 0; i < GP_MAX_VOICES && rc == 0 && gpif_next_int(&voices, &id); i++) {
		const gpif_el voice = id >= 0 ? gpif_find(&reader->voice, id) : 0;
		if (!voice) {
			if (id >= 0)
				score_warn(reader->doc.report, GP_PARSE,
					SCORE_AT_LINE(reader->doc.node[bar].line, 0),
					"voice %d does not exist", id);
			continue;
		}
		rc = gp_voice_begin(&reader->song, track, staff, i);
		if (rc == 0)
			rc = gpif_read_voice(reader, voice);
		if (rc == 0)
			gp_voice_end(&reader->song);
	}
	return rc;
}

/** A bar with a simile mark sounds as the bar before it, or as the bar two before. */
static int play_bar(struct gpif_reader *reader, int id, uint32_t at)
{
	static const char *const marks[] = {"Simple", "FirstOfDouble", "SecondOfDouble"};
	const uint32_t track = reader->staff_track[at], staff = reader->staff_of_track[at];
	const gpif_el bar = gpif_find(&reader->bar, id);
	int *last = &reader->simile[2 * (size_t)at];
	if (!bar) {
		score_warn(reader->doc.report, GP_PARSE, SCORE_AT("bar %u", reader->song.at_bar + 1),
			"bar %d of a track does not exist", id);
		return 0;
	}
	put_clef(reader, bar, track, staff);
	const struct nvx_draft *draft = reader->song.draft;
	const uint32_t part = reader->song.track[track].part;
	const size_t n_notes = draft->part[part].n_note;
	int rc = play_voices(reader, bar, track, staff);
	const int mark = gpif_word(gpif_child_text(&reader->doc, bar, "SimileMark"), marks, 3);
	const int like = mark < 0 ? -1 : mark == 0 ? last[0] : last[1];
	if (mark >= 0 && rc == 0) {
		put_simile(reader, track, staff, mark == 0 ? 1 : 2);
		reader->song.is_echo = 1;
		if (like >= 0 && draft->part[part].n_note == n_notes)
			rc = play_voices(reader, gpif_find(&reader->bar, like), track, staff);
		reader->song.is_echo = 0;
	}
	last[1] = last[0];
	last[0] = like >= 0 ? like : id;
	return rc;
}

static void put_fermatas(struct gpif_reader *reader, gpif_el el)
{
	const struct gpif_doc *doc = &reader->doc;
	gpif_el fermata = gpif_first(doc, gpif_child(doc, el, "Fermatas"));
	for (unsigned n = 0; fermata && n < 64; fermata = gpif_next(doc, fermata), n++) {
		const struct gpif_text offset = gpif_child_text(doc, fermata, "Offset");
		const char *slash = offset.len ? memchr(offset.text, '/', offset.len) : NULL;
		const size_t at = slash ? (size_t)(slash - offset.text) : 0;
		const int num = gpif_int((struct gpif_text){offset.text, at}, -1);
		const int den = slash ? gpif_int((struct gpif_text){slash + 1, offset.len - at - 1}, 0) : 0;
		if (num >= 0 && den > 0)
			gp_put_fermata(&reader->song, (int64_t)num * NVX_PPQ / den);
	}
}

static int play(struct gpif_reader *reader, uint32_t index)
{
	const gpif_el el = reader->master_bar[index];
	struct gpif_text bars = gpif_child_text(&reader->doc, el, "Bars");
	int id, rc = 0;
	gp_bar_begin(&reader->song, index);
	for (uint32_t at = 0; at < reader->n_staves && rc == 0 && gpif_next_int(&bars, &id); at++)
		if (id >= 0)
			rc = play_bar(reader, id, at);
	put_fermatas(reader, el);
	gp_bar_end(&reader->song);
	return rc ? rc : reader->song.draft->error;
}

int gpif_read_bars(struct gpif_reader *reader, gpif_el list)
{
	const struct gpif_doc *doc = &reader->doc;
	uint32_t n = 0;
	for (gpif_el el = gpif_first(doc, list); el; el = gpif_next(doc, el))
		n++;
	int rc = gp_song_bars(&reader->song, n);
	if (rc < 0)
		return rc;
	reader->master_bar = score_zalloc(doc->alloc, n, sizeof(*reader->master_bar));
	reader->simile = score_zalloc(doc->alloc, 2 * (size_t)reader->n_staves, sizeof(*reader->simile));
	if (!reader->master_bar || !reader->simile)
		return -ENOMEM;
	for (size_t i = 0; i < 2 * (size_t)reader->n_staves; i++)
		reader->simile[i] = -1;
	n = 0;
	for (gpif_el el = gpif_first(doc, list); el && rc == 0; el = gpif_next(doc, el), n++) {
		reader->master_bar[n] = el;
		rc = read_frame(reader, el, n);
	}
	reader->song.bar[0].is_pickup = gpif_child(doc, gpif_child(doc, 1, "MasterTrack"), "Anacrusis") != 0;
	for (uint32_t i = 0; i < n && rc == 0; i++)
		rc = play(reader, i);
	return rc;
}

int64_t gpif_automation_tick(struct gpif_reader *reader, gpif_el automation)
{
	const struct nvx_draft *draft = reader->song.draft;
	const int bar = gpif_int(gpif_child_text(&reader->doc, automation, "Bar"), -1);
	int64_t position = gpif_1e6(gpif_child_text(&reader->doc, automation, "Position"), 0);
	if (bar < 0 || (size_t)bar >= draft->n_measure || draft->error)
		return -1;
	position = position < 0 ? 0 : position > 1000000 ? 1000000 : position;
	const struct nvx_measure *measure = &draft->measure[bar];
	return measure->tick + ((int64_t)measure->duration_ticks * position + 500000) / 1000000;
}

void gpif_put_tempo(struct gpif_reader *reader, gpif_el automations)
{
	static const uint16_t unit_ticks[] = {
		NVX_PPQ, NVX_PPQ / 2, NVX_PPQ, NVX_PPQ * 3 / 2, NVX_PPQ * 2, NVX_PPQ * 3};
	const struct gpif_doc *doc = &reader->doc;
	for (gpif_el el = gpif_first(doc, automations); el; el = gpif_next(doc, el)) {
		if (!gpif_equal(gpif_child_text(doc, el, "Type"), "Tempo"))
			continue;
		struct gpif_text value = gpif_child_text(doc, el, "Value");
		size_t n = 0;
		while (n < value.len && value.text[n] != ' ')
			n++;
		const int64_t bpm = gpif_1e6((struct gpif_text){value.text, n}, 0);
		const int unit = gpif_int((struct gpif_text){value.text + n, value.len - n}, 2);
		const int64_t tick = gpif_automation_tick(reader, el);
		const uint64_t ns = bpm > 0 ? gp_tempo_ns((uint64_t)bpm / 1000,
						      unit_ticks[unit > 0 && unit < 6 ? unit : 2])
					    : 0;
		if (tick < 0 || ns == 0) {
			score_warn(doc->report, GP_PARSE, SCORE_AT_LINE(doc->node[el].line, 0),
				"a tempo is not read");
			continue;
		}
		gp_add_tempo(&reader->song,
			(struct gp_tempo){.tick = tick,
				.ns_per_quarter = ns,
				.linear = (uint8_t)gpif_equal(gpif_child_text(doc, el, "Linear"), "true")});
		const struct gpif_text text = gpif_child_text(doc, el, "Text");
		const nvx_str label = nvx_clean_text(reader->song.draft, text.text, text.len);
		if (label && reader->song.n_tracks > 0) {
			struct nvx_notation_element *element = nvx_add_notation(reader->song.draft);
			element->e.kind = NVX_NOTATION_TEXT;
			element->e.tick = tick;
			element->e.part_id = reader->song.track[0].part_id;
			element->text = label;
			element->style = NVX_TEXT_TEMPO;
			element->placement = NVX_PLACEMENT_ABOVE;
		}
	}
}
