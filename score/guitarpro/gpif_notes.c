/* SPDX-License-Identifier: MIT */
/** Notes: one pass over their members, one over their properties. */
#include "gpif.h"

#define SNARE 38u

/** What a note's place is, as the properties give it. */
struct place {
	int string, fret, midi, tone, octave, element, variation, stroke;
	int alter; /**< of a forced accidental; 99: none */
};

static void read_harmonic(struct gp_note *note, struct gpif_text type)
{
	static const char *const types[] = {
		NULL, "Natural", "Artificial", "Pinch", "Tap", "Semi", "Feedback"};
	const int which = gpif_word(type, types, 7);
	note->fx.harmonic =
		(uint8_t)(which < 0 ? NVX_HARMONIC_NONE : which); /* in the order of enum nvx_harmonic */
}

static void read_slides(struct gp_note *note, int flags)
{
	static const uint8_t style[] = {NVX_SLIDE_SHIFT, NVX_SLIDE_LEGATO, NVX_SLIDE_OUT_DOWN,
		NVX_SLIDE_OUT_UP, NVX_SLIDE_IN_BELOW, NVX_SLIDE_IN_ABOVE};
	for (unsigned i = 0; i < sizeof(style); i++)
		if (flags >> i & 1)
			note->fx.slides |= (uint8_t)(1u << style[i]);
	if (flags & 64)
		note->extras |= GP_EXTRA_PICK_SCRAPE_DOWN;
	if (flags & 128)
		note->extras |= GP_EXTRA_PICK_SCRAPE_UP;
}

/** @return 1: it was a part of a bend. */
static int read_bend(const struct gpif_doc *doc, gpif_el el, struct gpif_text name, struct gpif_bend *bend)
{
	static const char *const names[] = {"BendOriginValue", "BendMiddleValue", "BendDestinationValue",
		"BendOriginOffset", "BendMiddleOffset1", "BendMiddleOffset2", "BendDestinationOffset"};
	int64_t *const field[] = {&bend->origin, &bend->middle, &bend->destination, &bend->at[0],
		&bend->at[1], &bend->at[2], &bend->at[3]};
	const int which = gpif_word(name, names, 7);
	if (which >= 0)
		*field[which] = gpif_1e6(gpif_child_text(doc, el, "Float"), *field[which]);
	return which >= 0;
}

enum property {
	STRING,
	FRET,
	MIDI,
	TONE,
	OCTAVE,
	ELEMENT,
	VARIATION,
	HOPO_ORIGIN,
	HOPO_DESTINATION,
	PALM_MUTED,
	MUTED,
	SLIDE,
	TAPPED,
	LEFT_HAND_TAPPED,
	HARMONIC_TYPE,
	HARMONIC_FRET,
	BENDED,
	HARMONIC,
	CONCERT_PITCH,
	TRANSPOSED_PITCH,
	SHOW_STRING,
	N_PROPERTIES,
};
static const char *const property_name[N_PROPERTIES] = {
	[STRING] = "String",
	[FRET] = "Fret",
	[MIDI] = "Midi",
	[TONE] = "Tone",
	[OCTAVE] = "Octave",
	[ELEMENT] = "Element",
	[VARIATION] = "Variation",
	[HOPO_ORIGIN] = "HopoOrigin",
	[HOPO_DESTINATION] = "HopoDestination",
	[PALM_MUTED] = "PalmMuted",
	[MUTED] = "Muted",
	[SLIDE] = "Slide",
	[TAPPED] = "Tapped",
	[LEFT_HAND_TAPPED] = "LeftHandTapped",
	[HARMONIC_TYPE] = "HarmonicType",
	[HARMONIC_FRET] = "HarmonicFret",
	[BENDED] = "Bended",
	[HARMONIC] = "Harmonic",
	[CONCERT_PITCH] = "ConcertPitch",
	[TRANSPOSED_PITCH] = "TransposedPitch",
	[SHOW_STRING] = "ShowStringNumber",
};

static void read_property(struct gpif_reader *reader, gpif_el el, struct gp_note *note, struct place *place,
	struct gpif_bend *bend)
{
	const struct gpif_doc *doc = &reader->doc;
	const struct gpif_text name = gpif_attr_of(doc, el, "name");
	const struct gpif_text text = gpif_text_of(doc, gpif_first(doc, el));
	switch (gpif_word(name, property_name, N_PROPERTIES)) {
	case STRING:
		place->string = gpif_int(text, -1);
		break;
	case FRET:
		place->fret = gpif_int(text, -1);
		break;
	case MIDI:
		place->midi = gpif_int(text, -1);
		break;
	case TONE:
		place->tone = gpif_int(text, -1);
		break;
	case OCTAVE:
		place->octave = gpif_int(text, -1);
		break;
	case ELEMENT:
		place->element = gpif_int(text, -1);
		break;
	case VARIATION:
		place->variation = gpif_int(text, 0);
		break;
	case HOPO_ORIGIN:
		note->fx.hopo = 1;
		break;
	case HOPO_DESTINATION:
		note->extras |= GP_EXTRA_HOPO_DESTINATION;
		break;
	case PALM_MUTED:
		note->fx.simple |= 1u << NVX_TECHNIQUE_PALM_MUTE;
		break;
	case MUTED:
		note->fx.simple |= 1u << NVX_TECHNIQUE_DEAD;
		break;
	case SLIDE:
		read_slides(note, gpif_int(text, 0));
		break;
	case TAPPED:
		note->fx.simple |= 1u << NVX_TECHNIQUE_TAP;
		break;
	case LEFT_HAND_TAPPED:
		note->fx.simple |= 1u << NVX_TECHNIQUE_TAP;
		note->extras |= GP_EXTRA_LEFT_HAND_TAP;
		break;
	case HARMONIC_TYPE:
		read_harmonic(note, text);
		break;
	case HARMONIC_FRET: {
		const int64_t fret = gpif_1e6(text, 0) / 1000;
		note->harmonic_1e3 = (uint16_t)(fret > 0 && fret < 60000 ? fret : 0);
		break;
	}
	case BENDED:
	case HARMONIC:
	case CONCERT_PITCH:
	case TRANSPOSED_PITCH:
	case SHOW_STRING:
		break; /* what they say follows from the rest */
	default:
		if (!read_bend(doc, el, name, bend))
			score_warn(doc->report, GP_DROPPED, GP_HERE(&reader->song), "%.*s is not known",
				(int)(name.len < 40 ? name.len : 40), name.text);
		break;
	}
}

static void read_accent(struct gp_note *note, int flags)
{
	if (flags & 1) {
		note->articulations |= 1u << NVX_ARTICULATION_STACCATO;
		note->fx.simple |= 1u << NVX_TECHNIQUE_STACCATO;
	}
	if (flags & 4)
		note->articulations |= 1u << NVX_ARTICULATION_MARCATO;
	if (flags & 8)
		note->articulations |= 1u << NVX_ARTICULATION_ACCENT;
	if (flags & 16)
		note->articulations |= 1u << NVX_ARTICULATION_TENUTO;
}

static uint8_t finger_of(struct gpif_text text, int is_left)
{
	static const char *const names[] = {"P", "I", "M", "A", "C", "Open"};
	static const uint8_t left[] = {
		NVX_FINGER_T, NVX_FINGER_1, NVX_FINGER_2, NVX_FINGER_3, NVX_FINGER_4, NVX_FINGER_0};
	static const uint8_t right[] = {
		NVX_FINGER_PULGAR, NVX_FINGER_I, NVX_FINGER_M, NVX_FINGER_A, NVX_FINGER_C, 0};
	const int which = gpif_word(text, names, 6);
	return which < 0 ? (uint8_t)NVX_FINGER_NONE : is_left ? left[which] : right[which];
}

static uint16_t ornament_of(struct gpif_text text)
{
	static const char *const names[] = {"Turn", "InvertedTurn", "UpperMordent", "LowerMordent"};
	static const uint8_t ornament[] = {NVX_ORNAMENT_TURN, NVX_ORNAMENT_INVERTED_TURN,
		NVX_ORNAMENT_INVERTED_MORDENT, NVX_ORNAMENT_MORDENT};
	const int which = gpif_word(text, names, 4);
	return (uint16_t)(which < 0 ? 0 : 1u << ornament[which]);
}

static int alter_of(struct gpif_text text)
{
	static const char *const names[] = {"DoubleFlat", "Flat", "Natural", "Sharp", "DoubleSharp"};
	const int which = gpif_word(text, names, 5);
	return which < 0 ? 99 : which - 2;
}

static void read_numbered(struct gpif_reader *reader, gpif_el list, struct gp_note *note)
{
	const struct gpif_doc *doc = &reader->doc;
	for (gpif_el el = gpif_first(doc, list); el; el = gpif_next(doc, el)) {
		const int value = gpif_int(gpif_text_of(doc, gpif_first(doc, el)), 0);
		if (gpif_int(gpif_attr_of(doc, el, "id"), 0) == 688062467 && value > 0 && value < 10000)
			note->fx.trill_ticks = (uint16_t)value;
	}
}

enum member {
	PROPERTIES,
	INSTRUMENT_ARTICULATION,
	TIE,
	ACCENT,
	ANTI_ACCENT,
	LET_RING,
	TRILL,
	VIBRATO,
	LEFT_FINGERING,
	RIGHT_FINGERING,
	ORNAMENT,
	ACCIDENTAL,
	XPROPERTIES,
	N_MEMBERS,
};
static const char *const member_name[N_MEMBERS] = {
	[PROPERTIES] = "Properties",
	[INSTRUMENT_ARTICULATION] = "InstrumentArticulation",
	[TIE] = "Tie",
	[ACCENT] = "Accent",
	[ANTI_ACCENT] = "AntiAccent",
	[LET_RING] = "LetRing",
	[TRILL] = "Trill",
	[VIBRATO] = "Vibrato",
	[LEFT_FINGERING] = "LeftFingering",
	[RIGHT_FINGERING] = "RightFingering",
	[ORNAMENT] = "Ornament",
	[ACCIDENTAL] = "Accidental",
	[XPROPERTIES] = "XProperties",
};

static void read_member(struct gpif_reader *reader, gpif_el el, struct gp_note *note, struct place *place,
	struct gpif_bend *bend)
{
	const struct gpif_doc *doc = &reader->doc;
	const struct gpif_text text = gpif_text_of(doc, el);
	const char *name = doc->node[el].name;
	switch (gpif_word((struct gpif_text){name, strlen(name)}, member_name, N_MEMBERS)) {
	case PROPERTIES:
		for (gpif_el p = gpif_first(doc, el); p; p = gpif_next(doc, p))
			read_property(reader, p, note, place, bend);
		break;
	case INSTRUMENT_ARTICULATION:
		place->stroke = gpif_int(text, -1);
		break;
	case TIE:
		note->tied = (uint8_t)gpif_equal(gpif_attr_of(doc, el, "destination"), "true");
		break;
	case ACCENT:
		read_accent(note, gpif_int(text, 0));
		break;
	case ANTI_ACCENT:
		note->fx.simple |= 1u << NVX_TECHNIQUE_GHOST;
		break;
	case LET_RING:
		note->fx.simple |= 1u << NVX_TECHNIQUE_LET_RING;
		break;
	case TRILL: {
		const int pitch = gpif_int(text, -1);
		if (pitch >= 0 && pitch <= 127)
			note->fx.trill_pitch = (uint8_t)pitch;
		break;
	}
	case VIBRATO:
		note->fx.vibrato = gpif_equal(text, "Wide") ? NVX_VIBRATO_WIDE : NVX_VIBRATO_SLIGHT;
		break;
	case LEFT_FINGERING:
		note->left = finger_of(text, 1);
		break;
	case RIGHT_FINGERING:
		note->right = finger_of(text, 0);
		break;
	case ORNAMENT:
		note->ornaments |= ornament_of(text);
		break;
	case ACCIDENTAL:
		place->alter = alter_of(text);
		break;
	case XPROPERTIES:
		read_numbered(reader, el, note);
		break;
	default:
		score_warn(doc->report, GP_DROPPED, GP_HERE(&reader->song), "%.40s is not known", name);
		break;
	}
}

static void set_pitch(struct gp_note *note, int pitch)
{
	if (pitch >= 0 && pitch <= 127) {
		note->has_pitch = 1;
		note->pitch = (uint8_t)pitch;
	}
}

static void put_stroke(struct gpif_reader *reader, const struct place *place, struct gp_note *note)
{
	const struct gpif_track *track = &reader->track[reader->song.at_track];
	const int number = place->midi >= 0 ? place->midi : place->fret;
	struct gpif_stroke stroke;
	if (place->element >= 0)
		stroke = gpif_element_stroke(place->element, place->variation);
	else if (place->stroke >= 0 && (uint32_t)place->stroke < track->n_kit)
		stroke = track->kit[place->stroke];
	else
		stroke = gpif_stroke_of(number >= 0 ? (unsigned)number : SNARE);
	set_pitch(note, stroke.pitch);
	note->drum_instrument = stroke.instrument;
	note->articulation = stroke.name;
}

/** The line of the staff that a forced accidental puts the note on, if there is one. */
static void put_accidental(struct gp_note *note, int pitch, int alter)
{
	static const int8_t step_of[] = {0, -1, 1, -1, 2, 3, -1, 4, -1, 5, -1, 6};
	const int step = alter == 99 || pitch < 0 ? -1 : step_of[(pitch - alter + 12) % 12];
	if (step >= 0) {
		note->step = (uint8_t)step;
		note->accidental = (uint8_t)(alter + 3);
	}
}

void gpif_read_note(struct gpif_reader *reader, gpif_el el, struct gp_note *note)
{
	const struct gpif_doc *doc = &reader->doc;
	const struct gp_track *track = &reader->song.track[reader->song.at_track];
	const struct gp_staff_setup *setup = &track->staff[reader->song.at_staff].setup;
	struct place place = {.string = -1,
		.fret = -1,
		.midi = -1,
		.tone = -1,
		.octave = -1,
		.element = -1,
		.stroke = -1,
		.alter = 99};
	struct gpif_bend bend;
	gpif_bend_init(&bend);
	for (gpif_el member = gpif_first(doc, el); member; member = gpif_next(doc, member))
		read_member(reader, member, note, &place, &bend);
	gpif_put_curve(&bend, &note->bend);
	if (note->fx.trill_pitch != NVX_NO_U8 && !note->fx.trill_ticks)
		note->fx.trill_ticks = 240;
	if (track->is_drums) {
		put_stroke(reader, &place, note);
		return;
	}
	if (place.string >= 0 && place.string < setup->n_strings && place.fret >= 0 && place.fret <= 127) {
		note->string = (uint8_t)(setup->n_strings - place.string);
		note->fret = (uint8_t)place.fret;
		set_pitch(note, setup->tuning[note->string - 1] + setup->capo + place.fret);
	} else if (place.midi >= 0) {
		set_pitch(note, place.midi);
	} else if (place.tone >= 0 && place.octave >= 0 && place.octave < 12) {
		set_pitch(note, 12 * place.octave + place.tone);
	}
	put_accidental(note, note->has_pitch ? note->pitch : -1, place.alter);
}
