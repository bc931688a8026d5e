/* SPDX-License-Identifier: MIT */
#include "gpif.h"

/** The staff's string of a number that counts from the lowest, 0; 0: there is none. */
static unsigned string_of(const struct gp_diagram *diagram, int number)
{
	return number >= 0 && number < diagram->n_strings ? (unsigned)(diagram->n_strings - number) : 0;
}

static void read_fingers(struct gpif_reader *reader, gpif_el fingering, int base)
{
	static const char *const names[] = {"Thumb", "Index", "Middle", "Ring", "Pinky"};
	static const uint8_t finger[] = {
		NVX_FINGER_T, NVX_FINGER_1, NVX_FINGER_2, NVX_FINGER_3, NVX_FINGER_4};
	const struct gpif_doc *doc = &reader->doc;
	struct gp_diagram *diagram = &reader->beat->diagram;
	struct nvx_barre held[5] = {};
	gpif_el position = gpif_first(doc, fingering);
	for (unsigned n = 0; position && n < 64; position = gpif_next(doc, position), n++) {
		const int which = gpif_word(gpif_attr_of(doc, position, "finger"), names, 5);
		const unsigned string =
			string_of(diagram, gpif_int(gpif_attr_of(doc, position, "string"), -1));
		const int fret = gpif_int(gpif_attr_of(doc, position, "fret"), -1);
		if (which < 0 || string == 0 || fret < 1 || fret + base > (int)GP_MAX_FRET)
			continue;
		diagram->finger[string - 1] = finger[which];
		struct nvx_barre *barre = &held[which];
		if (barre->fret == 0)
			*barre = (struct nvx_barre){
				(uint8_t)(fret + base), (uint8_t)string, (uint8_t)string, finger[which]};
		barre->from = string < barre->from ? (uint8_t)string : barre->from;
		barre->to = string > barre->to ? (uint8_t)string : barre->to;
	}
	for (unsigned i = 0; i < 5; i++) /* a finger on several strings lies flat */
		if (held[i].fret && held[i].from < held[i].to)
			diagram->barre[diagram->n_barres++] = held[i];
}

void gpif_read_chord(struct gpif_reader *reader, gpif_el item)
{
	const struct gpif_doc *doc = &reader->doc;
	struct gp_beat *beat = reader->beat;
	struct gp_diagram *diagram = &beat->diagram;
	const struct gpif_text name = gpif_attr_of(doc, item, "name");
	const gpif_el from = gpif_child(doc, item, "Diagram");
	beat->chord = nvx_clean_text(reader->song.draft, name.text, name.len);
	const int n_strings = gpif_int(gpif_attr_of(doc, from, "stringCount"), 0);
	if (!beat->chord && from)
		score_warn(doc->report, GP_DROPPED, SCORE_AT_LINE(doc->node[item].line, 0),
			"a chord diagram without a name");
	if (n_strings < 1 || n_strings > 12)
		return;
	const int base = gpif_int(gpif_attr_of(doc, from, "baseFret"), 0);
	const int n_frets = gpif_int(gpif_attr_of(doc, from, "fretCount"), 5);
	const int is_sane = base >= 0 && base < (int)GP_MAX_FRET;
	diagram->n_strings = (uint8_t)n_strings;
	diagram->base_fret = (uint8_t)(is_sane ? base + 1 : 1);
	diagram->n_frets = (uint8_t)(n_frets < 1 || n_frets > 24 ? 5 : n_frets);
	memset(diagram->fret, -1, sizeof(diagram->fret));
	for (gpif_el el = gpif_first(doc, from); el; el = gpif_next(doc, el)) {
		if (!gpif_is(doc, el, "Fret"))
			continue;
		const unsigned string = string_of(diagram, gpif_int(gpif_attr_of(doc, el, "string"), -1));
		const int fret = gpif_int(gpif_attr_of(doc, el, "fret"), -1);
		const int absolute = fret > 0 && is_sane ? fret + base : fret;
		if (string == 0 || absolute < 0 || absolute > (int)GP_MAX_FRET)
			continue;
		diagram->fret[string - 1] = (int8_t)absolute;
		diagram->given = 1;
	}
	read_fingers(reader, gpif_child(doc, from, "Fingering"), is_sane ? base : 0);
}
