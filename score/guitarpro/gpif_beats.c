/* SPDX-License-Identifier: MIT */
/** Voices and their beats: one pass over what a beat says. */
#include "gpif.h"

#include <errno.h>
#include <stdio.h>

/** What holds for all notes of a beat. */
struct beat_fx {
	struct gp_fx fx;
	uint8_t extras;
	uint8_t dynamic;
	gpif_el notes;
};

static uint8_t direction_of(struct gpif_text text)
{
	return (uint8_t)(gpif_equal(text, "Up")     ? NVX_DIRECTION_UP
			 : gpif_equal(text, "Down") ? NVX_DIRECTION_DOWN
						    : NVX_DIRECTION_NONE);
}

static struct gp_ratio read_tuplet(const struct gpif_doc *doc, gpif_el el)
{
	const int num = gpif_int(gpif_attr_of(doc, el, "num"), 0),
		  den = gpif_int(gpif_attr_of(doc, el, "den"), 0);
	if (num < 1 || num > 255 || den < 1 || den > 255)
		return (struct gp_ratio){};
	return (struct gp_ratio){(uint16_t)num, (uint16_t)den};
}

static int read_rhythm(struct gpif_reader *reader, gpif_el beat_el, gpif_el ref)
{
	static const char *const values[] = {NULL, "QuadrupleWhole", "Long", "DoubleWhole", "Whole", "Half",
		"Quarter", "Eighth", "16th", "32nd", "64th", "128th", "256th", "512th", "1024th"};
	const struct gpif_doc *doc = &reader->doc;
	struct gp_beat *beat = reader->beat;
	const gpif_el rhythm = gpif_find(&reader->rhythm, gpif_int(gpif_attr_of(doc, ref, "ref"), -1));
	const int value = gpif_word(gpif_child_text(doc, rhythm, "NoteValue"), values, 15);
	if (value < 0)
		return score_error(doc->report, GP_PARSE, SCORE_AT_LINE(doc->node[beat_el].line, 0),
			"a beat whose rhythm does not exist");
	const int dots = gpif_int(gpif_attr_of(doc, gpif_child(doc, rhythm, "AugmentationDot"), "count"), 0);
	beat->value = (uint8_t)value;
	beat->dots = (uint8_t)(dots < 0 ? 0 : dots > 4 ? 4 : dots);
	beat->tuplet[0] = read_tuplet(doc, gpif_child(doc, rhythm, "PrimaryTuplet"));
	beat->tuplet[1] = read_tuplet(doc, gpif_child(doc, rhythm, "SecondaryTuplet"));
	return gpif_spend(reader, rhythm);
}

void gpif_bend_init(struct gpif_bend *bend)
{
	*bend = (struct gpif_bend){.origin = GPIF_NO_VALUE,
		.middle = GPIF_NO_VALUE,
		.destination = GPIF_NO_VALUE,
		.at = {0, 50000000, 50000000, 100000000}};
}

static void put_point(struct gp_curve *curve, int64_t at_1e6, int64_t value_1e6)
{
	const int64_t most = 6350000000;
	value_1e6 = value_1e6 > most ? most : value_1e6 < -most ? -most : value_1e6;
	const int64_t cents = (2 * value_1e6 + (value_1e6 < 0 ? -500000 : 500000)) / 1000000;
	gp_curve_add(curve,
		at_1e6 < 0           ? 0
		: at_1e6 > 100000000 ? 10000
				     : (uint32_t)(at_1e6 / 10000),
		(int32_t)cents);
}

void gpif_put_curve(const struct gpif_bend *bend, struct gp_curve *curve)
{
	if (bend->origin == GPIF_NO_VALUE && bend->middle == GPIF_NO_VALUE &&
		bend->destination == GPIF_NO_VALUE)
		return;
	put_point(curve, bend->at[0], bend->origin == GPIF_NO_VALUE ? 0 : bend->origin);
	if (bend->middle != GPIF_NO_VALUE) {
		put_point(curve, bend->at[1], bend->middle);
		if (bend->at[2] != bend->at[1])
			put_point(curve, bend->at[2], bend->middle);
	}
	if (bend->destination != GPIF_NO_VALUE)
		put_point(curve, bend->at[3], bend->destination);
}

static void read_whammy(const struct gpif_doc *doc, gpif_el el, struct gpif_bend *bend)
{
	bend->origin = gpif_1e6(gpif_attr_of(doc, el, "originValue"), 0);
	bend->middle = gpif_1e6(gpif_attr_of(doc, el, "middleValue"), GPIF_NO_VALUE);
	bend->destination = gpif_1e6(gpif_attr_of(doc, el, "destinationValue"), GPIF_NO_VALUE);
	bend->at[0] = gpif_1e6(gpif_attr_of(doc, el, "originOffset"), bend->at[0]);
	bend->at[1] = gpif_1e6(gpif_attr_of(doc, el, "middleOffset1"), bend->at[1]);
	bend->at[2] = gpif_1e6(gpif_attr_of(doc, el, "middleOffset2"), bend->at[2]);
	bend->at[3] = gpif_1e6(gpif_attr_of(doc, el, "destinationOffset"), bend->at[3]);
}

/** The whammy bar as version 6 has it. @return 1: it was one of its properties. */
static int read_whammy_property(
	const struct gpif_doc *doc, gpif_el el, struct gpif_text name, struct gpif_bend *bend)
{
	static const char *const names[] = {"WhammyBarOriginValue", "WhammyBarMiddleValue",
		"WhammyBarDestinationValue", "WhammyBarOriginOffset", "WhammyBarMiddleOffset1",
		"WhammyBarMiddleOffset2", "WhammyBarDestinationOffset"};
	int64_t *const field[] = {&bend->origin, &bend->middle, &bend->destination, &bend->at[0],
		&bend->at[1], &bend->at[2], &bend->at[3]};
	const int which = gpif_word(name, names, 7);
	if (which >= 0)
		*field[which] = gpif_1e6(gpif_child_text(doc, el, "Float"), *field[which]);
	return which >= 0;
}

static void read_properties(
	struct gpif_reader *reader, gpif_el list, struct beat_fx *fx, struct gpif_bend *bend)
{
	const struct gpif_doc *doc = &reader->doc;
	struct nvx_draft *draft = reader->song.draft;
	struct gp_ext *ext = &reader->beat->ext;
	for (gpif_el el = gpif_first(doc, list); el; el = gpif_next(doc, el)) {
		const struct gpif_text name = gpif_attr_of(doc, el, "name");
		const struct gpif_text text = gpif_text_of(doc, gpif_first(doc, el));
		if (gpif_equal(name, "Brush")) {
			fx->fx.strum = direction_of(text);
		} else if (gpif_equal(name, "PickStroke")) {
			fx->fx.pick = direction_of(text);
		} else if (gpif_equal(name, "Slapped")) {
			fx->fx.simple |= 1u << NVX_TECHNIQUE_SLAP;
		} else if (gpif_equal(name, "Popped")) {
			fx->fx.simple |= 1u << NVX_TECHNIQUE_POP;
		} else if (gpif_equal(name, "VibratoWTremBar")) {
			fx->extras |= gpif_equal(text, "Wide") ? GP_EXTRA_WIDE_TREMOLO_BAR_VIBRATO
							       : GP_EXTRA_TREMOLO_BAR_VIBRATO;
		} else if (gpif_equal(name, "Rasgueado")) {
			fx->fx.simple |= 1u << NVX_TECHNIQUE_RASGUEADO;
			gp_ext_text(draft, ext, "rasgueado", text.text, text.len);
		} else if (gpif_equal(name, "BarreFret")) {
			gp_ext_int(draft, ext, "barreFret", gpif_int(text, 0));
		} else if (gpif_equal(name, "BarreString")) {
			gp_ext_text(draft, ext, "barre", gpif_int(text, 0) ? "half" : "full", 4);
		} else if (!read_whammy_property(doc, el, name, bend) && !gpif_equal(name, "WhammyBar") &&
			   !gpif_equal(name, "WhammyBarExtend") && !gpif_equal(name, "PrimaryPickupTone") &&
			   !gpif_equal(name, "PrimaryPickupVolume")) {
			score_warn(doc->report, GP_DROPPED, GP_HERE(&reader->song), "%.*s is not known",
				(int)(name.len < 40 ? name.len : 40), name.text);
		}
	}
}

/** Numbered properties; only those that change what is heard. */
static void read_numbered(struct gpif_reader *reader, gpif_el list, struct beat_fx *fx)
{
	const struct gpif_doc *doc = &reader->doc;
	for (gpif_el el = gpif_first(doc, list); el; el = gpif_next(doc, el)) {
		const int id = gpif_int(gpif_attr_of(doc, el, "id"), 0);
		const int value = gpif_int(gpif_text_of(doc, gpif_first(doc, el)), 0);
		if ((id == 687935489 || id == 687931393) && value > 0 && value < 10000)
			fx->fx.spread_ticks = (uint16_t)value;
		else if (id == 1124204546 && value)
			gp_ext_int(reader->song.draft, &reader->beat->ext, "beaming", value);
	}
}

static void read_lines(struct gpif_reader *reader, gpif_el lyrics)
{
	const struct gpif_doc *doc = &reader->doc;
	gpif_el line = gpif_first(doc, lyrics);
	for (unsigned i = 0; line && i < GP_MAX_LINES; line = gpif_next(doc, line), i++) {
		const struct gpif_text text = gpif_text_of(doc, line);
		reader->beat->line[i] = gp_syllable_text(reader->song.draft, text.text, text.len);
	}
}

static void read_fading(struct gpif_reader *reader, struct gpif_text text, struct beat_fx *fx)
{
	if (gpif_equal(text, "FadeIn"))
		fx->fx.simple |= 1u << NVX_TECHNIQUE_FADE_IN;
	else
		gp_ext_text(reader->song.draft, &reader->beat->ext, "fading", text.text, text.len);
}

static uint8_t strokes_of(struct gpif_text text)
{
	static const char *const speeds[] = {"1/2", "1/4", "1/8", "1/16", "1/32"};
	const int which = gpif_word(text, speeds, 5);
	return (uint8_t)(which < 0 ? 1 : which + 1);
}

enum member {
	DYNAMIC,
	RHYTHM,
	NOTES,
	GRACE_NOTES,
	PROPERTIES,
	TREMOLO,
	WHAMMY,
	ARPEGGIO,
	FADDING,
	FREE_TEXT,
	CHORD,
	LYRICS,
	OTTAVIA,
	HAIRPIN,
	LEGATO,
	STEM,
	XPROPERTIES,
	GOLPE,
	DEAD_SLAPPED,
	TIMER,
	WAH,
	SLASHED,
	BANK,
	VARIATION,
	N_MEMBERS,
};
static const char *const member_name[N_MEMBERS] = {
	[DYNAMIC] = "Dynamic",
	[RHYTHM] = "Rhythm",
	[NOTES] = "Notes",
	[GRACE_NOTES] = "GraceNotes",
	[PROPERTIES] = "Properties",
	[TREMOLO] = "Tremolo",
	[WHAMMY] = "Whammy",
	[ARPEGGIO] = "Arpeggio",
	[FADDING] = "Fadding",
	[FREE_TEXT] = "FreeText",
	[CHORD] = "Chord",
	[LYRICS] = "Lyrics",
	[OTTAVIA] = "Ottavia",
	[HAIRPIN] = "Hairpin",
	[LEGATO] = "Legato",
	[STEM] = "UserTransposedPitchStemOrientation",
	[XPROPERTIES] = "XProperties",
	[GOLPE] = "Golpe",
	[DEAD_SLAPPED] = "DeadSlapped",
	[TIMER] = "Timer",
	[WAH] = "Wah",
	[SLASHED] = "Slashed",
	[BANK] = "Bank",
	[VARIATION] = "Variation",
};

/** How it is written or told beside the notes. @return 1: it was that. */
static int read_display(struct gpif_reader *reader, gpif_el el, int member, struct gpif_text text)
{
	static const char *const shifts[] = {"15mb", "8vb", NULL, "8va", "15ma"};
	const struct gpif_doc *doc = &reader->doc;
	struct nvx_draft *draft = reader->song.draft;
	struct gp_beat *beat = reader->beat;
	switch (member) {
	case FREE_TEXT:
		beat->text = nvx_clean_text(draft, text.text, text.len);
		return 1;
	case LYRICS:
		read_lines(reader, el);
		return 1;
	case OTTAVIA: {
		const int shift = gpif_word(text, shifts, 5);
		beat->octave = (int8_t)(shift < 0 ? 0 : shift - 2);
		return 1;
	}
	case HAIRPIN:
		beat->hairpin =
			gpif_equal(text, "Crescendo") ? NVX_HAIRPIN_CRESCENDO : NVX_HAIRPIN_DIMINUENDO;
		return 1;
	case LEGATO:
		beat->legato =
			(uint8_t)(gpif_equal(gpif_attr_of(doc, el, "origin"), "true") * GP_LEGATO_ORIGIN |
				  gpif_equal(gpif_attr_of(doc, el, "destination"), "true") *
					  GP_LEGATO_DESTINATION);
		return 1;
	case STEM:
		beat->stem = gpif_equal(text, "Upward") ? NVX_STEM_UP : NVX_STEM_DOWN;
		return 1;
	case GOLPE:
		gp_ext_text(draft, &beat->ext, "golpe", text.text, text.len);
		return 1;
	case DEAD_SLAPPED:
		gp_ext_flag(draft, &beat->ext, "deadSlapped");
		return 1;
	case TIMER:
		gp_ext_int(draft, &beat->ext, "timerSeconds", gpif_int(text, 0));
		return 1;
	case WAH:
		gp_ext_text(draft, &beat->ext, "wah", text.text, text.len);
		return 1;
	case SLASHED:
		gp_ext_flag(draft, &beat->ext, "slashed");
		return 1;
	case BANK:
		gp_ext_text(draft, &beat->ext, "bank", text.text, text.len);
		return 1;
	case VARIATION:
		gp_ext_text(draft, &beat->ext, "variation", text.text, text.len);
		return 1;
	default:
		return 0;
	}
}

static int read_members(struct gpif_reader *reader, gpif_el beat_el, struct beat_fx *fx, gpif_el *ret_rhythm)
{
	static const char *const dynamics[] = {"PPP", "PP", "P", "MP", "MF", "F", "FF", "FFF"};
	const struct gpif_doc *doc = &reader->doc;
	struct gp_beat *beat = reader->beat;
	struct gpif_bend bend;
	gpif_bend_init(&bend);
	for (gpif_el el = gpif_first(doc, beat_el); el; el = gpif_next(doc, el)) {
		const char *name = doc->node[el].name;
		const int member = gpif_word((struct gpif_text){name, strlen(name)}, member_name, N_MEMBERS);
		const struct gpif_text text = gpif_text_of(doc, el);
		switch (member) {
		case DYNAMIC:
			fx->dynamic = (uint8_t)(gpif_word(text, dynamics, 8) + 1);
			break;
		case RHYTHM:
			*ret_rhythm = el;
			break;
		case NOTES:
			fx->notes = el;
			break;
		case GRACE_NOTES:
			beat->grace = gpif_equal(text, "OnBeat") ? GP_GRACE_ON : GP_GRACE_BEFORE;
			beat->slash = beat->grace == GP_GRACE_BEFORE;
			break;
		case PROPERTIES:
			read_properties(reader, el, fx, &bend);
			break;
		case TREMOLO:
			fx->fx.strokes = strokes_of(text);
			break;
		case WHAMMY:
			read_whammy(doc, el, &bend);
			break;
		case ARPEGGIO:
			fx->fx.arpeggio = direction_of(text);
			beat->arpeggio =
				fx->fx.arpeggio == NVX_DIRECTION_UP ? NVX_ARPEGGIO_UP : NVX_ARPEGGIO_DOWN;
			break;
		case FADDING:
			read_fading(reader, text, fx);
			break;
		case CHORD: {
			const struct gpif_track *track = &reader->track[reader->song.at_track];
			const gpif_el item = gpif_find(&track->chord, gpif_int(text, -1));
			if (item && gpif_spend(reader, item) == 0)
				gpif_read_chord(reader, item);
			else
				score_warn(doc->report, GP_DROPPED, GP_HERE(&reader->song),
					"a chord that does not exist");
			break;
		}
		case XPROPERTIES:
			read_numbered(reader, el, fx);
			break;
		default:
			(void)read_display(reader, el, member, text);
			break;
		}
	}
	gpif_put_curve(&bend, &beat->whammy);
	return reader->song.draft->error;
}

static void apply(struct gp_note *note, const struct beat_fx *beat)
{
	struct gp_fx *fx = &note->fx;
	fx->simple |= beat->fx.simple;
	fx->strokes = beat->fx.strokes;
	fx->strum = beat->fx.strum;
	fx->arpeggio = beat->fx.arpeggio;
	fx->spread_ticks = beat->fx.spread_ticks;
	fx->pick = beat->fx.pick;
	note->extras |= beat->extras;
	note->dynamic = beat->dynamic;
}

static int read_notes(struct gpif_reader *reader, const struct beat_fx *fx)
{
	struct gpif_text list = gpif_text_of(&reader->doc, fx->notes);
	int id;
	while (gpif_next_int(&list, &id)) {
		const gpif_el el = gpif_find(&reader->note, id);
		struct gp_note *note = el ? gp_beat_note(reader->beat) : NULL;
		if (!note) {
			score_warn(reader->doc.report, GP_PARSE, GP_HERE(&reader->song),
				el ? "more than 32 notes in a beat: note %d is dropped"
				   : "note %d does not exist",
				id);
			continue;
		}
		if (gpif_spend(reader, el) < 0)
			return reader->song.draft->error;
		gpif_read_note(reader, el, note);
		apply(note, fx);
	}
	return 0;
}

/** What a track's lines of lyrics have for this beat. */
static void take_syllables(struct gpif_reader *reader)
{
	struct gp_beat *beat = reader->beat;
	const struct gp_song *song = &reader->song;
	struct gpif_track *track = &reader->track[song->at_track];
	if (reader->beat_lines || !track->has_lines || song->at_voice > 0 || song->at_staff > 0 ||
		song->is_echo || beat->kind != GP_BEAT_NOTES || beat->grace)
		return;
	for (unsigned i = 0; i < GP_MAX_LINES; i++) {
		size_t at, len;
		if (song->at_bar >= track->first_bar[i] && gp_next_syllable(&track->line[i], &at, &len) &&
			len > 0)
			beat->line[i] = gp_syllable_text(song->draft, track->line[i].text + at, len);
	}
}

static int read_beat(struct gpif_reader *reader, gpif_el el)
{
	struct gp_beat *beat = reader->beat;
	struct beat_fx fx = {.dynamic = 6};
	gpif_el rhythm = 0;
	gp_beat_reset(beat);
	int rc = gpif_spend(reader, el);
	if (rc == 0)
		rc = read_members(reader, el, &fx, &rhythm);
	if (rc == 0)
		rc = read_rhythm(reader, el, rhythm);
	if (rc == 0)
		rc = read_notes(reader, &fx);
	if (rc < 0)
		return rc;
	beat->kind = beat->n_notes ? GP_BEAT_NOTES : GP_BEAT_REST;
	take_syllables(reader);
	return gp_put_beat(&reader->song, beat);
}

int gpif_read_voice(struct gpif_reader *reader, gpif_el voice)
{
	struct gpif_text list = gpif_child_text(&reader->doc, voice, "Beats");
	int id, rc = gpif_spend(reader, voice);
	while (rc == 0 && gpif_next_int(&list, &id)) {
		const gpif_el el = gpif_find(&reader->beats, id);
		if (el)
			rc = read_beat(reader, el);
		else
			score_warn(reader->doc.report, GP_PARSE, GP_HERE(&reader->song),
				"beat %d does not exist", id);
	}
	return rc;
}
