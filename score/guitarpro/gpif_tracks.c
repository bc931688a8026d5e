/* SPDX-License-Identifier: MIT */
/** Tracks: staves, tuning, sound, mixer, lyrics, and what they change in the course of the piece. */
#include "gpif.h"

#include <errno.h>
#include <stdio.h>

/** Pitches of a tuning, from the lowest string to the highest. */
static void read_tuning(struct gpif_text pitches, struct gp_staff_setup *setup)
{
	int pitch;
	uint8_t low_first[GP_MAX_STRINGS];
	unsigned n = 0;
	while (n < GP_MAX_STRINGS && gpif_next_int(&pitches, &pitch))
		low_first[n++] = (uint8_t)(pitch < 0 ? 0 : pitch > 127 ? 127 : pitch);
	setup->n_strings = (uint8_t)n;
	for (unsigned i = 0; i < n; i++)
		setup->tuning[i] = low_first[n - 1 - i];
}

/** A capo over some strings only is as if these were tuned higher. The set's first digit is the highest
 * string. */
static void read_partial_capo(struct gpif_reader *reader, gpif_el el, struct gp_staff_setup *setup)
{
	const struct gpif_doc *doc = &reader->doc;
	const int fret = gpif_int(gpif_child_text(doc, gpif_property(doc, el, "PartialCapoFret"), "Fret"), 0);
	const gpif_el flags = gpif_property(doc, el, "PartialCapoStringFlags");
	const struct gpif_text set = gpif_child_text(doc, flags, "Bitset");
	const int bits = gpif_int(gpif_child_text(doc, flags, "Flags"), 0);
	unsigned n = 0;
	for (unsigned i = 0; i < setup->n_strings && fret > setup->capo; i++) {
		const unsigned low_first = setup->n_strings - 1 - i;
		const int is_held = set.len > 0 ? low_first < set.len && set.text[low_first] == '1'
						: bits >> low_first & 1;
		const int pitch = setup->tuning[i] + fret - setup->capo;
		if (is_held && pitch <= 127) {
			setup->tuning[i] = (uint8_t)pitch;
			n++;
		}
	}
	if (n > 0)
		score_warn(doc->report, GP_DROPPED, SCORE_AT_LINE(doc->node[el].line, 0),
			"a partial capo on fret %d is told as a higher tuning of %u strings", fret, n);
}

static void read_staff(struct gpif_reader *reader, gpif_el el, struct gp_staff_setup *setup)
{
	const struct gpif_doc *doc = &reader->doc;
	read_tuning(gpif_child_text(doc, gpif_property(doc, el, "Tuning"), "Pitches"), setup);
	const int capo = gpif_int(gpif_child_text(doc, gpif_property(doc, el, "CapoFret"), "Fret"), 0);
	setup->capo = (uint8_t)(capo < 0 ? 0 : capo > 24 ? 24 : capo);
	read_partial_capo(reader, el, setup);
}

static int is_drum_track(const struct gpif_doc *doc, gpif_el el)
{
	const struct gpif_text table = gpif_attr_of(doc, gpif_child(doc, el, "GeneralMidi"), "table");
	const struct gpif_text ref = gpif_attr_of(doc, gpif_child(doc, el, "Instrument"), "ref");
	const struct gpif_text set = gpif_child_text(doc, gpif_child(doc, el, "InstrumentSet"), "Type");
	const int is_kit = ref.len >= 5 && memcmp(ref.text, "drmkt", 5) == 0;
	return gpif_equal(table, "Percussion") || gpif_equal(set, "drumKit") ||
	       gpif_equal(set, "unpitched") || is_kit;
}

static void read_sound(struct gpif_reader *reader, gpif_el el, struct nvx_part *part)
{
	const struct gpif_doc *doc = &reader->doc;
	const gpif_el sound = gpif_child(doc, gpif_child(doc, el, "Sounds"), "Sound");
	gpif_el midi = gpif_child(doc, sound, "MIDI");
	const gpif_el connection = gpif_child(doc, el, "MidiConnection"),
		      gm = gpif_child(doc, el, "GeneralMidi");
	const gpif_el settings = connection ? connection : gm ? gm : gpif_child(doc, el, "MIDISettings");
	midi = midi ? midi : gm;
	const int program = gpif_int(gpif_child_text(doc, midi, "Program"), 0);
	const int high = gpif_int(gpif_child_text(doc, midi, "MSB"), 0);
	const int low = gpif_int(gpif_child_text(doc, midi, "LSB"), 0);
	const int port = gpif_int(gpif_child_text(doc, settings, "Port"), 0);
	const int channel = gpif_int(gpif_child_text(doc, settings, "PrimaryChannel"), -1);
	/* a kit's program is no instrument of General MIDI */
	part->midi_program =
		(uint8_t)(program >= 0 && program < 128 && part->role != NVX_ROLE_DRUMS ? program : 0);
	if (high >= 0 && high < 128 && low >= 0 && low < 128 && (high || low))
		part->midi_bank = (uint16_t)(high << 7 | low);
	if (channel >= 0 && channel < 16)
		part->midi_channel = (uint8_t)channel;
	if (port >= 0 && port < 16)
		part->midi_port = (uint8_t)port;
}

static void read_transpose(struct gpif_reader *reader, gpif_el el, struct nvx_part *part)
{
	const struct gpif_doc *doc = &reader->doc;
	const gpif_el transpose = gpif_child(doc, el, "Transpose"),
		      sounding = gpif_child(doc, el, "PartSounding");
	int chromatic = gpif_int(gpif_child_text(doc, transpose, "Chromatic"), 0);
	int octave = gpif_int(gpif_child_text(doc, transpose, "Octave"), 0);
	if (!transpose) {
		const int pitch = gpif_int(gpif_child_text(doc, sounding, "TranspositionPitch"), 0);
		octave = pitch / 12;
		chromatic = pitch % 12;
	}
	if (octave < -8 || octave > 8 || chromatic < -60 || chromatic > 60 || (!octave && !chromatic))
		return;
	part->has_transpose = 1; /* there: what sounds from what is written; here the other way */
	part->transpose_octave = (int8_t)-octave;
	part->transpose_chromatic = (int8_t)-chromatic;
}

static int32_t clamp(int64_t value, int32_t least, int32_t most)
{
	return value < least ? least : value > most ? most : (int32_t)value;
}

/** The strip's 12th parameter is the balance, its 13th the volume, both 0..1. */
static void read_mix(struct gpif_reader *reader, gpif_el el, struct nvx_part *part)
{
	const struct gpif_doc *doc = &reader->doc;
	const gpif_el strip = gpif_child(doc, gpif_child(doc, el, "RSE"), "ChannelStrip");
	struct gpif_text list = gpif_child_text(doc, strip, "Parameters");
	for (unsigned i = 0; list.len > 0 && i < 13; i++) {
		size_t n = 0;
		while (n < list.len && list.text[n] != ' ')
			n++;
		const int64_t value = gpif_1e6((struct gpif_text){list.text, n}, -1);
		if (i == 11 && value >= 0)
			part->pan_1e6 = clamp(2 * value - 1000000, -1000000, 1000000);
		if (i == 12 && value >= 0)
			part->volume_1e6 = clamp(value, 0, 1500000);
		n += n < list.len;
		list = (struct gpif_text){list.text + n, list.len - n};
	}
	const struct gpif_text state = gpif_child_text(doc, el, "PlaybackState");
	part->mute = (uint8_t)gpif_equal(state, "Mute");
	part->solo = (uint8_t)gpif_equal(state, "Solo");
	reader->n_ignored += gpif_child(doc, gpif_child(doc, el, "RSE"), "EffectChains") != 0;
}

static nvx_str color_of(struct gpif_reader *reader, gpif_el el)
{
	struct gpif_text list = gpif_child_text(&reader->doc, el, "Color");
	int red, green, blue;
	char json[16];
	if (!gpif_next_int(&list, &red) || !gpif_next_int(&list, &green) || !gpif_next_int(&list, &blue))
		return 0;
	const int len =
		snprintf(json, sizeof(json), "\"#%02x%02x%02x\"", red & 0xff, green & 0xff, blue & 0xff);
	return nvx_text(reader->song.draft, json, (size_t)len);
}

static void read_lyrics(struct gpif_reader *reader, struct gpif_track *track)
{
	const struct gpif_doc *doc = &reader->doc;
	gpif_el line = gpif_first(doc, gpif_child(doc, track->el, "Lyrics"));
	for (unsigned i = 0; line && i < GP_MAX_LINES; line = gpif_next(doc, line), i++) {
		const struct gpif_text text = gpif_child_text(doc, line, "Text");
		const int first = gpif_int(gpif_child_text(doc, line, "Offset"), 0);
		track->line[i] = (struct gp_syllables){.text = text.text, .len = text.len};
		track->first_bar[i] = first > 0 ? (uint32_t)first : 0;
		track->has_lines |= text.len > 0;
	}
}

/** Chord diagrams stand under the staff from 7 on, under the track before; of both kinds of lists the first
 * counts. */
static int read_chords(struct gpif_reader *reader, struct gpif_track *track, gpif_el staff)
{
	static const char *const names[] = {"DiagramCollection", "ChordCollection"};
	const gpif_el at[] = {staff, track->el};
	for (unsigned i = 0; i < 4; i++) {
		const gpif_el items = gpif_child(
			&reader->doc, gpif_property(&reader->doc, at[i / 2], names[i % 2]), "Items");
		if (gpif_first(&reader->doc, items))
			return gpif_index_make(&reader->doc, items, &track->chord);
	}
	return 0;
}

static int read_track(struct gpif_reader *reader, uint32_t index)
{
	const struct gpif_doc *doc = &reader->doc;
	struct nvx_draft *draft = reader->song.draft;
	struct gpif_track *from = &reader->track[index];
	struct gp_track *track = &reader->song.track[index];
	const gpif_el staves = gpif_child(doc, from->el, "Staves");
	unsigned n_staves = 0;
	for (gpif_el staff = gpif_first(doc, staves); staff; staff = gpif_next(doc, staff))
		n_staves += n_staves < GP_MAX_STAVES;
	int rc = gp_track_begin(&reader->song, index, n_staves ? n_staves : 1);
	if (rc < 0)
		return rc;
	track->is_drums = (uint8_t)is_drum_track(doc, from->el);
	gpif_el staff = gpif_first(doc, staves);
	rc = read_chords(reader, from, staff);
	if (n_staves == 0)
		read_staff(reader, from->el, &track->staff[0].setup);
	for (unsigned i = 0; i < n_staves; i++, staff = gpif_next(doc, staff))
		read_staff(reader, staff, &track->staff[i].setup);
	if (rc == 0 && track->is_drums)
		rc = gpif_read_kit(reader, from);
	read_lyrics(reader, from);

	const struct gpif_text name = gpif_child_text(doc, from->el, "Name");
	const struct gpif_text short_name = gpif_child_text(doc, from->el, "ShortName");
	const nvx_str long_text = nvx_clean_text(draft, name.text, name.len);
	const nvx_str short_text = nvx_clean_text(draft, short_name.text, short_name.len);
	const nvx_str color = color_of(reader, from->el);
	struct gp_ext ext = {};
	if (color)
		gp_ext_json(draft, &ext, "color", nvx_string(draft->pool, color, NULL));
	const nvx_str extra = gp_ext_take(draft, &ext);
	gp_ext_finish(&ext);
	struct nvx_part *part = nvx_draft_part(draft, track->part);
	part->name = long_text;
	part->short_name = short_text;
	part->extra = extra;
	part->role = track->is_drums ? NVX_ROLE_DRUMS : NVX_ROLE_OTHER;
	read_sound(reader, from->el, part);
	read_transpose(reader, from->el, part);
	read_mix(reader, from->el, part);
	gp_track_tuned(&reader->song, index);
	return rc ? rc : draft->error;
}

/** Is it among the first `n`? */
static int is_read(const struct gpif_reader *reader, gpif_el el, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (reader->track[i].el == el)
			return 1;
	return 0;
}

static int list_staves(struct gpif_reader *reader)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < reader->song.n_tracks; i++)
		n += reader->song.track[i].n_staves;
	reader->staff_track = score_zalloc(reader->doc.alloc, n, sizeof(*reader->staff_track));
	reader->staff_of_track = score_zalloc(reader->doc.alloc, n, sizeof(*reader->staff_of_track));
	if (!reader->staff_track || !reader->staff_of_track)
		return -ENOMEM;
	for (uint32_t i = 0; i < reader->song.n_tracks; i++)
		for (uint8_t s = 0; s < reader->song.track[i].n_staves; s++) {
			reader->staff_track[reader->n_staves] = i;
			reader->staff_of_track[reader->n_staves++] = s;
		}
	return 0;
}

int gpif_read_tracks(struct gpif_reader *reader)
{
	const struct gpif_doc *doc = &reader->doc;
	struct gpif_index index;
	uint32_t n = 0;
	int id, rc = gpif_index_make(doc, gpif_child(doc, 1, "Tracks"), &index);
	if (rc == 0)
		rc = gp_song_tracks(&reader->song, index.n);
	if (rc == 0) {
		reader->track = score_zalloc(doc->alloc, index.n, sizeof(*reader->track));
		rc = reader->track ? 0 : -ENOMEM;
	}
	struct gpif_text list = gpif_child_text(doc, gpif_child(doc, 1, "MasterTrack"), "Tracks");
	while (rc == 0 && gpif_next_int(&list, &id)) {
		const gpif_el el = gpif_find(&index, id);
		if (el && !is_read(reader, el, n)) {
			reader->track[n].el = el;
			rc = read_track(reader, n++);
		} else {
			score_warn(doc->report, "IMPORT_PART_MISSING_002", "MasterTrack",
				"track %d does not exist or is named twice", id);
		}
	}
	reader->song.n_tracks = n;
	score_free(doc->alloc, index.item);
	if (rc == 0 && n == 0)
		rc = score_error(doc->report, GP_PARSE, "MasterTrack", "no track is named");
	return rc ? rc : list_staves(reader);
}

/** A sound is named as "path;name;role". */
static gpif_el find_sound(const struct gpif_doc *doc, gpif_el track, struct gpif_text value)
{
	gpif_el sound = gpif_first(doc, gpif_child(doc, track, "Sounds"));
	for (unsigned n = 0; sound && n < 64; sound = gpif_next(doc, sound), n++) {
		const struct gpif_text part[] = {gpif_child_text(doc, sound, "Path"),
			gpif_child_text(doc, sound, "Name"), gpif_child_text(doc, sound, "Role")};
		const size_t len = part[0].len + part[1].len + part[2].len + 2;
		if (len != value.len || memcmp(value.text, part[0].text, part[0].len) != 0)
			continue;
		const char *name = value.text + part[0].len + 1;
		if (memcmp(name, part[1].text, part[1].len) == 0 &&
			memcmp(name + part[1].len + 1, part[2].text, part[2].len) == 0)
			return sound;
	}
	return 0;
}

static void put_sound(struct gpif_reader *reader, uint32_t track, int64_t tick, struct gpif_text value)
{
	const struct gpif_doc *doc = &reader->doc;
	const gpif_el sound = find_sound(doc, reader->track[track].el, value);
	const gpif_el midi = gpif_child(doc, sound, "MIDI");
	const int program = gpif_int(gpif_child_text(doc, midi, "Program"), -1);
	const int high = gpif_int(gpif_child_text(doc, midi, "MSB"), 0);
	const int low = gpif_int(gpif_child_text(doc, midi, "LSB"), 0);
	if (reader->song.track[track].is_drums || program < 0 || program > 127 || high < 0 || high > 127 ||
		low < 0 || low > 127)
		return;
	struct nvx_part *part = nvx_draft_part(reader->song.draft, reader->song.track[track].part);
	const unsigned bank = (unsigned)(high << 7 | low);
	if (tick == 0) {
		part->midi_program = (uint8_t)program;
		part->midi_bank = (uint16_t)(bank ? bank : 0xffff);
	} else {
		(void)gp_put_control(&reader->song, track, tick, NVX_CONTROL_PROGRAM, bank, program);
	}
}

/** A pedal goes down with 1 or 2, up with 3. */
static void put_pedal(
	struct gpif_reader *reader, uint32_t track, int64_t tick, struct gpif_text value, size_t *open)
{
	struct nvx_draft *draft = reader->song.draft;
	int first, what;
	if (!gpif_next_int(&value, &first) || !gpif_next_int(&value, &what))
		return;
	(void)gp_put_control(&reader->song, track, tick, NVX_CONTROL_CC, 64, what == 3 ? 0 : 127);
	if (what != 3 && !*open) {
		struct nvx_notation_element *pedal = nvx_add_notation(draft);
		pedal->e.kind = NVX_NOTATION_PEDAL;
		pedal->e.tick = tick;
		pedal->e.part_id = reader->song.track[track].part_id;
		pedal->style = NVX_PEDAL_SUSTAIN;
		*open = draft->error ? 0 : draft->n_notation;
	} else if (what == 3 && *open) {
		struct nvx_element *e = &draft->notation[*open - 1].e;
		e->duration_ticks =
			tick > e->tick && tick - e->tick < INT32_MAX ? (uint32_t)(tick - e->tick) : 0;
		*open = 0;
	}
}

/** Volume and balance; those at the beginning are the part's own. */
static void put_fader(
	struct gpif_reader *reader, uint32_t track, int64_t tick, unsigned number, int64_t value)
{
	struct nvx_part *part = nvx_draft_part(reader->song.draft, reader->song.track[track].part);
	value = value < 0 ? 0 : value > 1000000 ? 1000000 : value;
	if (tick > 0)
		(void)gp_put_control(&reader->song, track, tick, NVX_CONTROL_CC, number,
			(int)((value * 127 + 500000) / 1000000));
	else if (number == 7)
		part->volume_1e6 = (int32_t)value;
	else
		part->pan_1e6 = (int32_t)(2 * value - 1000000);
}

static void put_list(struct gpif_reader *reader, uint32_t track, gpif_el list)
{
	const struct gpif_doc *doc = &reader->doc;
	size_t pedal = 0;
	for (gpif_el el = gpif_first(doc, list); el && !reader->song.draft->error; el = gpif_next(doc, el)) {
		const struct gpif_text type = gpif_child_text(doc, el, "Type"),
				       value = gpif_child_text(doc, el, "Value");
		const int64_t tick = gpif_automation_tick(reader, el);
		if (tick < 0)
			score_warn(doc->report, GP_PARSE, SCORE_AT_LINE(doc->node[el].line, 0),
				"a change in a bar that does not exist");
		else if (gpif_equal(type, "Sound"))
			put_sound(reader, track, tick, value);
		else if (gpif_equal(type, "SustainPedal"))
			put_pedal(reader, track, tick, value, &pedal);
		else if (gpif_equal(type, "DSPParam_11"))
			put_fader(reader, track, tick, 10, gpif_1e6(value, 500000));
		else if (gpif_equal(type, "DSPParam_12"))
			put_fader(reader, track, tick, 7, gpif_1e6(value, 755000));
		else
			reader->n_ignored++;
	}
}

void gpif_put_automations(struct gpif_reader *reader)
{
	const struct gpif_doc *doc = &reader->doc;
	for (uint32_t i = 0; i < reader->song.n_tracks && !reader->song.draft->error; i++) {
		const gpif_el el = reader->track[i].el;
		const gpif_el strip = gpif_child(doc, gpif_child(doc, el, "RSE"), "ChannelStrip");
		put_list(reader, i, gpif_child(doc, el, "Automations"));
		put_list(reader, i, gpif_child(doc, strip, "Automations"));
	}
}
