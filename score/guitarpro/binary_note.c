/* SPDX-License-Identifier: MIT */
/** Notes of the binary files, with their effects. */
#include "binary.h"

#include <string.h>

void gp_read_curve(struct gp_reader *reader, struct gp_curve *curve)
{
	struct gp_in *in = &reader->in;
	gp_skip(in, 1 + 4); /* kind and height follow from the points */
	const size_t at = in->at;
	const int32_t n = gp_i32(in);
	if (n < 0 || (size_t)n > in->size / 9) {
		in->at = at;
		(void)gp_fail(in, "a number of points that the file cannot hold");
		return;
	}
	for (int32_t i = 0; i < n && !in->error; i++) {
		const int32_t position = gp_i32(in), height = gp_i32(in);
		gp_skip(in, 1);
		const int32_t most = 6350;
		gp_curve_add(curve,
			position <= 0    ? 0
			: position >= 60 ? 10000
					 : (uint32_t)position * 10000 / 60,
			2 * (height > most           ? most
				    : height < -most ? -most
						     : height));
	}
	if (n > (int32_t)GP_MAX_POINTS)
		score_warn(in->report, GP_DROPPED, SCORE_AT_BYTE(at), "%d points of a bend, more than %u", n,
			GP_MAX_POINTS);
}

static uint8_t dynamic_of(int dynamic)
{
	return (uint8_t)(dynamic < 1 ? 6 : dynamic > 8 ? 8 : dynamic);
}

static void read_grace(struct gp_reader *reader, struct gp_grace_of *grace)
{
	struct gp_in *in = &reader->in;
	const uint8_t fret = gp_u8(in);
	grace->dynamic = dynamic_of(gp_u8(in));
	uint8_t length;
	grace->grace = GP_GRACE_BEFORE;
	if (in->version >= 500) {
		grace->transition = gp_u8(in);
		length = gp_u8(in);
		const uint8_t flags = gp_u8(in);
		grace->is_dead = flags & 0x01;
		if (flags & 0x02)
			grace->grace = GP_GRACE_ON;
	} else {
		grace->transition = gp_u8(in);
		length = gp_u8(in);
		grace->is_dead = fret == 255;
	}
	grace->fret = fret == 255 ? 0 : fret;
	grace->value = length == 3 ? NVX_VALUE_16 : length == 2 ? NVX_VALUE_16 : NVX_VALUE_32;
	if (length == 2)
		grace->tuplet = (struct gp_ratio){3, 2};
}

static uint8_t finger_of(int finger, int is_left)
{
	static const uint8_t left[] = {NVX_FINGER_T, NVX_FINGER_1, NVX_FINGER_2, NVX_FINGER_3, NVX_FINGER_4};
	static const uint8_t right[] = {
		NVX_FINGER_PULGAR, NVX_FINGER_I, NVX_FINGER_M, NVX_FINGER_A, NVX_FINGER_C};
	return finger < 0 || finger > 4 ? (uint8_t)NVX_FINGER_NONE : is_left ? left[finger] : right[finger];
}

static void slide_4(struct gp_note *note, int slide)
{
	static const uint8_t style[] = {NVX_SLIDE_IN_ABOVE, NVX_SLIDE_IN_BELOW, 0, NVX_SLIDE_SHIFT,
		NVX_SLIDE_LEGATO, NVX_SLIDE_OUT_DOWN, NVX_SLIDE_OUT_UP};
	if (slide >= -2 && slide <= 4 && slide != 0)
		note->fx.slides |= (uint8_t)(1u << style[slide + 2]);
}

static void slide_5(struct gp_note *note, unsigned flags)
{
	static const uint8_t style[] = {NVX_SLIDE_SHIFT, NVX_SLIDE_LEGATO, NVX_SLIDE_OUT_DOWN,
		NVX_SLIDE_OUT_UP, NVX_SLIDE_IN_BELOW, NVX_SLIDE_IN_ABOVE};
	for (unsigned i = 0; i < sizeof(style); i++)
		if (flags >> i & 1)
			note->fx.slides |= (uint8_t)(1u << style[i]);
}

/** 5.x names what an artificial harmonic sounds as: a pitch class and how many octaves up. */
static uint16_t artificial_1e3(
	const struct gp_reader *reader, const struct gp_note *note, int step, int octave)
{
	const struct gp_song *song = &reader->song;
	const struct gp_staff_setup *setup = &song->track[song->at_track].staff[0].setup;
	if (note->string == 0 || note->string > setup->n_strings)
		return 0;
	const int pitch = setup->tuning[note->string - 1] + setup->capo + note->fret;
	switch (((step - pitch) % 12 + 12) % 12) {
	case 0:
		return octave == 2 ? 24000 : 12000;
	case 4:
		return 3860;
	case 7:
		return 7020;
	case 10:
		return 2670;
	default:
		return 12000;
	}
}

static void read_harmonic(struct gp_reader *reader, struct gp_note *note)
{
	struct gp_in *in = &reader->in;
	const int kind = gp_i8(in);
	switch (kind) {
	case 1:
		note->fx.harmonic = NVX_HARMONIC_NATURAL;
		break;
	case 2: {
		note->fx.harmonic = NVX_HARMONIC_ARTIFICIAL;
		if (in->version < 500)
			break;
		const int step = gp_u8(in) + gp_i8(in);
		note->harmonic_1e3 = artificial_1e3(reader, note, step, gp_u8(in));
		break;
	}
	case 3:
		note->fx.harmonic = NVX_HARMONIC_TAPPED;
		if (in->version >= 500) {
			const int fret = gp_u8(in) - note->fret;
			note->harmonic_1e3 = (uint16_t)(fret > 0 && fret <= 36 ? fret * 1000 : 12000);
		}
		break;
	case 4:
		note->fx.harmonic = NVX_HARMONIC_PINCH;
		break;
	case 5:
		note->fx.harmonic = NVX_HARMONIC_SEMI;
		break;
	case 15:
	case 17:
	case 22:
		note->fx.harmonic = NVX_HARMONIC_ARTIFICIAL;
		note->harmonic_1e3 = kind == 15 ? 4980 : kind == 17 ? 7020 : 12000;
		break;
	case 0:
		break;
	default:
		score_warn(in->report, GP_DROPPED, SCORE_AT_BYTE(in->at - 1),
			"a harmonic of kind %d is not known", kind);
		break;
	}
}

static void read_effects_3(struct gp_reader *reader, struct gp_note *note, struct gp_grace_of *grace)
{
	const uint8_t flags = gp_u8(&reader->in);
	note->fx.hopo = (flags & 0x02) != 0;
	if (flags & 0x04)
		note->fx.slides |= 1u << NVX_SLIDE_SHIFT;
	if (flags & 0x08)
		note->fx.simple |= 1u << NVX_TECHNIQUE_LET_RING;
	if (flags & 0x01)
		gp_read_curve(reader, &note->bend);
	if (flags & 0x10)
		read_grace(reader, grace);
}

static void read_effects(struct gp_reader *reader, struct gp_note *note, struct gp_grace_of *grace)
{
	struct gp_in *in = &reader->in;
	const uint8_t flags = gp_u8(in), more = gp_u8(in);
	note->fx.hopo = (flags & 0x02) != 0;
	if (flags & 0x08)
		note->fx.simple |= 1u << NVX_TECHNIQUE_LET_RING;
	if (more & 0x01) {
		note->articulations |= 1u << NVX_ARTICULATION_STACCATO;
		note->fx.simple |= 1u << NVX_TECHNIQUE_STACCATO;
	}
	if (more & 0x02)
		note->fx.simple |= 1u << NVX_TECHNIQUE_PALM_MUTE;
	if (more & 0x40)
		note->fx.vibrato = NVX_VIBRATO_SLIGHT;
	if (flags & 0x01)
		gp_read_curve(reader, &note->bend);
	if (flags & 0x10)
		read_grace(reader, grace);
	if (more & 0x04) {
		const uint8_t speed = gp_u8(in);
		note->fx.strokes = speed < 1 ? 1 : speed > 5 ? 5 : speed;
	}
	if (more & 0x08) {
		if (in->version >= 500)
			slide_5(note, gp_u8(in));
		else
			slide_4(note, gp_i8(in));
	}
	if (more & 0x10)
		read_harmonic(reader, note);
	if (more & 0x20) {
		const uint8_t fret = gp_u8(in), speed = gp_u8(in);
		note->trill_fret = fret > 127 ? 0 : fret;
		note->fx.trill_ticks = (uint16_t)(240 >> (speed < 1 ? 0 : speed > 4 ? 3 : speed - 1));
	}
}

void gp_read_note(struct gp_reader *reader, struct gp_note *note)
{
	struct gp_in *in = &reader->in;
	struct gp_grace_of *grace = &reader->grace[reader->beat->n_notes - 1];
	const int is_5 = in->version >= 500;
	const uint8_t flags = gp_u8(in);
	note->dynamic = 6;
	if (flags & 0x04)
		note->fx.simple |= 1u << NVX_TECHNIQUE_GHOST;
	if (flags & 0x20) {
		const uint8_t kind = gp_u8(in);
		note->tied = kind == 2;
		if (kind == 3)
			note->fx.simple |= 1u << NVX_TECHNIQUE_DEAD;
	}
	if ((flags & 0x01) && !is_5)
		gp_skip(in, 2); /* a length of its own, which no version plays */
	if (flags & 0x10)
		note->dynamic = dynamic_of(gp_i8(in));
	if (flags & 0x20) {
		const uint8_t fret = gp_u8(in);
		note->fret = fret > 127 ? 0 : fret;
	}
	if (flags & 0x80) {
		note->left = finger_of(gp_i8(in), 1);
		note->right = finger_of(gp_i8(in), 0);
	}
	if ((flags & 0x01) && is_5)
		gp_skip(in, 8);
	if (is_5 && (gp_u8(in) & 0x02))
		note->extras |= GP_EXTRA_SWAP_ACCIDENTAL;
	if (flags & 0x02)
		note->articulations |= 1u << (is_5 ? NVX_ARTICULATION_MARCATO : NVX_ARTICULATION_ACCENT);
	if (flags & 0x40)
		note->articulations |= 1u << NVX_ARTICULATION_ACCENT;
	if (flags & 0x08) {
		if (in->version < 400)
			read_effects_3(reader, note, grace);
		else
			read_effects(reader, note, grace);
	}
}
