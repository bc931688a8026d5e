/* SPDX-License-Identifier: MIT */
#include "shape.h"

#define TEXT(type, field) {NULL, NULL, offsetof(type, field), SHAPE_TEXT, NVX_REF_NONE, 0}
#define TEXTS(type, field) {NULL, NULL, offsetof(type, field), SHAPE_TEXTS, NVX_REF_NONE, 0}
#define PLAIN(type, field) {NULL, NULL, offsetof(type, field), SHAPE_PLAIN, NVX_REF_NONE, 0}
#define ID(type, field, name, ref) {name, NULL, offsetof(type, field), SHAPE_ID, NVX_REF_##ref, 0}
/** What it hangs on. */
#define OWNER(type, field, name, ref) {name, NULL, offsetof(type, field), SHAPE_ID, NVX_REF_##ref, 1}
#define IDS(type, field, name, ref) {name, NULL, offsetof(type, field), SHAPE_IDS, NVX_REF_##ref, 0}
#define OBJECTS(type, field, name, shape)                                                                    \
	{name, &shape_##shape, offsetof(type, field), SHAPE_OBJECTS, NVX_REF_NONE, 0}
#define ELEMENT(type)                                                                                        \
	ID(type, e.id, "id", SELF), OWNER(type, e.note_id, "noteId", NOTE),                                  \
		OWNER(type, e.part_id, "partId", PART), OBJECTS(type, e.origin, "origin", origin),           \
		TEXT(type, e.extra)

static const struct shape_field fields_origin[] = {
	TEXT(struct nvx_origin, name),
	TEXT(struct nvx_origin, extra),
};
static const struct shape shape_origin = {fields_origin, sizeof(fields_origin) / sizeof(fields_origin[0]),
	sizeof(struct nvx_origin), SHAPE_NO_ID, 0};

static const struct shape_field fields_beat[] = {
	TEXT(struct nvx_beat, label),
	TEXT(struct nvx_beat, extra),
};
static const struct shape shape_beat = {
	fields_beat, sizeof(fields_beat) / sizeof(fields_beat[0]), sizeof(struct nvx_beat), SHAPE_NO_ID, 0};

static const struct shape_field fields_region[] = {
	ID(struct nvx_region, id, "id", SELF),
	TEXT(struct nvx_region, name),
	TEXT(struct nvx_region, extra),
};
const struct shape shape_region = {fields_region, sizeof(fields_region) / sizeof(fields_region[0]),
	sizeof(struct nvx_region), offsetof(struct nvx_region, id), 'r'};

static const struct shape_field fields_voice_leading[] = {
	OWNER(struct nvx_voice_leading, from_note_id, "fromNoteId", NOTE),
	OWNER(struct nvx_voice_leading, to_note_id, "toNoteId", NOTE),
	TEXT(struct nvx_voice_leading, rule),
};
static const struct shape shape_voice_leading = {fields_voice_leading,
	sizeof(fields_voice_leading) / sizeof(fields_voice_leading[0]), sizeof(struct nvx_voice_leading),
	SHAPE_NO_ID, 0};

static const struct shape_field fields_non_chord_tone[] = {
	OWNER(struct nvx_non_chord_tone, note_id, "noteId", NOTE),
};
static const struct shape shape_non_chord_tone = {fields_non_chord_tone,
	sizeof(fields_non_chord_tone) / sizeof(fields_non_chord_tone[0]), sizeof(struct nvx_non_chord_tone),
	SHAPE_NO_ID, 0};

static const struct shape_field fields_technique_use[] = {
	ID(struct nvx_technique_use, to_note_id, "toNoteId", NOTE),
	PLAIN(struct nvx_technique_use, points),
	TEXT(struct nvx_technique_use, technique_id),
	TEXT(struct nvx_technique_use, extra),
};
static const struct shape shape_technique_use = {fields_technique_use,
	sizeof(fields_technique_use) / sizeof(fields_technique_use[0]), sizeof(struct nvx_technique_use),
	SHAPE_NO_ID, 0};

static const struct shape_field fields_spelling[] = {
	OWNER(struct nvx_spelling, note_id, "noteId", NOTE),
};
static const struct shape shape_spelling = {fields_spelling,
	sizeof(fields_spelling) / sizeof(fields_spelling[0]), sizeof(struct nvx_spelling), SHAPE_NO_ID, 0};

static const struct shape_field fields_head[] = {
	OWNER(struct nvx_head, note_id, "noteId", NOTE),
	TEXT(struct nvx_head, head),
};
static const struct shape shape_head = {
	fields_head, sizeof(fields_head) / sizeof(fields_head[0]), sizeof(struct nvx_head), SHAPE_NO_ID, 0};

static const struct shape_field fields_tempo[] = {
	TEXT(struct nvx_tempo, extra),
};
static const struct shape shape_tempo = {fields_tempo, sizeof(fields_tempo) / sizeof(fields_tempo[0]),
	sizeof(struct nvx_tempo), SHAPE_NO_ID, 0};

static const struct shape_field fields_meter[] = {
	PLAIN(struct nvx_meter, grouping),
	TEXT(struct nvx_meter, extra),
};
static const struct shape shape_meter = {fields_meter, sizeof(fields_meter) / sizeof(fields_meter[0]),
	sizeof(struct nvx_meter), SHAPE_NO_ID, 0};

static const struct shape_field fields_key[] = {
	TEXT(struct nvx_key, extra),
};
static const struct shape shape_key = {
	fields_key, sizeof(fields_key) / sizeof(fields_key[0]), sizeof(struct nvx_key), SHAPE_NO_ID, 0};

static const struct shape shape_order = {NULL, 0, sizeof(struct nvx_order), SHAPE_NO_ID, 0};

static const struct shape_field fields_measure[] = {
	ID(struct nvx_measure, id, "id", SELF),
	TEXT(struct nvx_measure, number),
	TEXT(struct nvx_measure, extra),
	PLAIN(struct nvx_measure, ending_numbers),
	OBJECTS(struct nvx_measure, beats, "beats", beat),
};
static const struct shape shape_measure = {fields_measure, sizeof(fields_measure) / sizeof(fields_measure[0]),
	sizeof(struct nvx_measure), offsetof(struct nvx_measure, id), 0};

static const struct shape_field fields_part[] = {
	ID(struct nvx_part, id, "id", SELF),
	TEXT(struct nvx_part, name),
	TEXT(struct nvx_part, short_name),
	TEXT(struct nvx_part, sound),
	TEXT(struct nvx_part, patch_library),
	TEXT(struct nvx_part, patch_name),
	TEXT(struct nvx_part, instrument_extra),
	TEXT(struct nvx_part, mix_extra),
	TEXT(struct nvx_part, extra),
	PLAIN(struct nvx_part, tuning),
	OBJECTS(struct nvx_part, regions, "regions", region),
};
static const struct shape shape_part = {fields_part, sizeof(fields_part) / sizeof(fields_part[0]),
	sizeof(struct nvx_part), offsetof(struct nvx_part, id), 'p'};

static const struct shape_field fields_note[] = {
	ID(struct nvx_note, id, "id", SELF),
	ID(struct nvx_note, region_id, "regionId", REGION),
	TEXT(struct nvx_note, extra),
};
static const struct shape shape_note = {fields_note, sizeof(fields_note) / sizeof(fields_note[0]),
	sizeof(struct nvx_note), offsetof(struct nvx_note, id), 'n'};

static const struct shape_field fields_control[] = {
	ID(struct nvx_control, id, "id", SELF),
	PLAIN(struct nvx_control, data),
	TEXT(struct nvx_control, extra),
};
static const struct shape shape_control = {fields_control, sizeof(fields_control) / sizeof(fields_control[0]),
	sizeof(struct nvx_control), offsetof(struct nvx_control, id), 'c'};

static const struct shape_field fields_form[] = {
	ELEMENT(struct nvx_form_element),
	TEXT(struct nvx_form_element, label),
	ID(struct nvx_form_element, parent_id, "parentId", FORM),
};
static const struct shape shape_form = {fields_form, sizeof(fields_form) / sizeof(fields_form[0]),
	sizeof(struct nvx_form_element), offsetof(struct nvx_form_element, e.id), 'f'};

static const struct shape_field fields_chord[] = {
	ELEMENT(struct nvx_chord),
	TEXT(struct nvx_chord, symbol),
	TEXT(struct nvx_chord, roman),
	TEXT(struct nvx_chord, descriptor),
	PLAIN(struct nvx_chord, voicing),
	IDS(struct nvx_chord, note_ids, "noteIds", NOTE),
};
static const struct shape shape_chord = {fields_chord, sizeof(fields_chord) / sizeof(fields_chord[0]),
	sizeof(struct nvx_chord), offsetof(struct nvx_chord, e.id), 'h'};

static const struct shape_field fields_analysis[] = {
	ELEMENT(struct nvx_analysis),
	TEXT(struct nvx_analysis, roman),
	TEXT(struct nvx_analysis, scale_tonic),
	TEXT(struct nvx_analysis, scale_family),
	TEXT(struct nvx_analysis, motif_id),
	TEXT(struct nvx_analysis, explanation),
	OBJECTS(struct nvx_analysis, voice_leading, "voiceLeading", voice_leading),
	OBJECTS(struct nvx_analysis, non_chord_tones, "nonChordTones", non_chord_tone),
	TEXTS(struct nvx_analysis, ear_training),
	TEXTS(struct nvx_analysis, pedagogy_tags),
};
static const struct shape shape_analysis = {fields_analysis,
	sizeof(fields_analysis) / sizeof(fields_analysis[0]), sizeof(struct nvx_analysis),
	offsetof(struct nvx_analysis, e.id), 'a'};

static const struct shape_field fields_tab[] = {
	ELEMENT(struct nvx_tab),
	OBJECTS(struct nvx_tab, techniques, "techniques", technique_use),
};
static const struct shape shape_tab = {fields_tab, sizeof(fields_tab) / sizeof(fields_tab[0]),
	sizeof(struct nvx_tab), offsetof(struct nvx_tab, e.id), 't'};

static const struct shape_field fields_diagram[] = {
	ELEMENT(struct nvx_diagram_element),
	TEXT(struct nvx_diagram_element, name),
	ID(struct nvx_diagram_element, chord_id, "chordId", CHORD),
	PLAIN(struct nvx_diagram_element, dots),
	PLAIN(struct nvx_diagram_element, barres),
	PLAIN(struct nvx_diagram_element, muted),
	PLAIN(struct nvx_diagram_element, open),
	PLAIN(struct nvx_diagram_element, keys),
};
static const struct shape shape_diagram = {fields_diagram, sizeof(fields_diagram) / sizeof(fields_diagram[0]),
	sizeof(struct nvx_diagram_element), offsetof(struct nvx_diagram_element, e.id), 'd'};

static const struct shape_field fields_fingering[] = {
	ELEMENT(struct nvx_fingering),
};
static const struct shape shape_fingering = {fields_fingering,
	sizeof(fields_fingering) / sizeof(fields_fingering[0]), sizeof(struct nvx_fingering),
	offsetof(struct nvx_fingering, e.id), 'g'};

static const struct shape_field fields_notation[] = {
	ELEMENT(struct nvx_notation_element),
	IDS(struct nvx_notation_element, note_ids, "noteIds", NOTE),
	OBJECTS(struct nvx_notation_element, spelling, "spelling", spelling),
	OBJECTS(struct nvx_notation_element, heads, "heads", head),
	IDS(struct nvx_notation_element, event_ids, "eventIds", EVENT),
	ID(struct nvx_notation_element, tuplet_id, "tupletId", TUPLET),
	ID(struct nvx_notation_element, to_event_id, "toEventId", EVENT),
	ID(struct nvx_notation_element, from_event_id, "fromEventId", EVENT),
	ID(struct nvx_notation_element, parent_id, "parentId", TUPLET),
	TEXT(struct nvx_notation_element, text),
	PLAIN(struct nvx_notation_element, grouping),
};
static const struct shape shape_notation = {fields_notation,
	sizeof(fields_notation) / sizeof(fields_notation[0]), sizeof(struct nvx_notation_element),
	offsetof(struct nvx_notation_element, e.id), 'e'};

static const struct shape_field fields_lyric[] = {
	ELEMENT(struct nvx_lyric),
	TEXT(struct nvx_lyric, text),
	TEXT(struct nvx_lyric, language),
	TEXTS(struct nvx_lyric, phonemes),
	TEXTS(struct nvx_lyric, pedagogy_tags),
	ID(struct nvx_lyric, form_id, "formId", FORM),
};
static const struct shape shape_lyric = {fields_lyric, sizeof(fields_lyric) / sizeof(fields_lyric[0]),
	sizeof(struct nvx_lyric), offsetof(struct nvx_lyric, e.id), 'l'};

static const struct shape_field fields_marker[] = {
	ELEMENT(struct nvx_marker_element),
	TEXT(struct nvx_marker_element, label),
	TEXT(struct nvx_marker_element, description),
	TEXT(struct nvx_marker_element, text),
	TEXT(struct nvx_marker_element, learning),
	ID(struct nvx_marker_element, media_id, "media/mediaId", MEDIA),
};
static const struct shape shape_marker = {fields_marker, sizeof(fields_marker) / sizeof(fields_marker[0]),
	sizeof(struct nvx_marker_element), offsetof(struct nvx_marker_element, e.id), 'k'};

static const struct shape_field fields_drum[] = {
	ELEMENT(struct nvx_drum_entry),
	TEXT(struct nvx_drum_entry, subdivision_label),
	TEXT(struct nvx_drum_entry, articulation),
};
static const struct shape shape_drum = {fields_drum, sizeof(fields_drum) / sizeof(fields_drum[0]),
	sizeof(struct nvx_drum_entry), offsetof(struct nvx_drum_entry, e.id), 'x'};

static const struct shape_field fields_performance[] = {
	ELEMENT(struct nvx_performance),
	TEXT(struct nvx_performance, technique),
	TEXT(struct nvx_performance, embouchure),
	TEXT(struct nvx_performance, left_hand),
	TEXT(struct nvx_performance, right_hand),
};
static const struct shape shape_performance = {fields_performance,
	sizeof(fields_performance) / sizeof(fields_performance[0]), sizeof(struct nvx_performance),
	offsetof(struct nvx_performance, e.id), 'x'};

static const struct shape_field fields_melody[] = {
	ELEMENT(struct nvx_melody),
	TEXT(struct nvx_melody, scale_degree),
	TEXT(struct nvx_melody, dynamics),
	ID(struct nvx_melody, lyric_id, "lyricId", LYRIC),
	ID(struct nvx_melody, chord_id, "chordId", CHORD),
};
static const struct shape shape_melody = {fields_melody, sizeof(fields_melody) / sizeof(fields_melody[0]),
	sizeof(struct nvx_melody), offsetof(struct nvx_melody, e.id), 'x'};

static const struct shape_field fields_extended[] = {
	ID(struct nvx_extended, id, "id", SELF),
	TEXT(struct nvx_extended, text),
};
static const struct shape shape_extended = {fields_extended,
	sizeof(fields_extended) / sizeof(fields_extended[0]), sizeof(struct nvx_extended),
	offsetof(struct nvx_extended, id), 'x'};

static const struct shape_field fields_media[] = {
	ID(struct nvx_media_entry, id, "id", SELF),
	TEXT(struct nvx_media_entry, url),
	TEXT(struct nvx_media_entry, title),
	TEXT(struct nvx_media_entry, sha256),
	TEXT(struct nvx_media_entry, extra),
	PLAIN(struct nvx_media_entry, sync),
};
static const struct shape shape_media = {fields_media, sizeof(fields_media) / sizeof(fields_media[0]),
	sizeof(struct nvx_media_entry), offsetof(struct nvx_media_entry, id), 'v'};

static const struct shape_field fields_annotation[] = {
	ID(struct nvx_annotation_entry, id, "id", SELF),
	OWNER(struct nvx_annotation_entry, element_id, "target/elementId", ELEMENT),
	OWNER(struct nvx_annotation_entry, note_id, "target/noteId", NOTE),
	ID(struct nvx_annotation_entry, reply_to, "replyTo", ANNOTATION),
	TEXT(struct nvx_annotation_entry, author),
	TEXT(struct nvx_annotation_entry, text),
	TEXT(struct nvx_annotation_entry, created_at),
	TEXT(struct nvx_annotation_entry, extra),
};
static const struct shape shape_annotation = {fields_annotation,
	sizeof(fields_annotation) / sizeof(fields_annotation[0]), sizeof(struct nvx_annotation_entry),
	offsetof(struct nvx_annotation_entry, id), 's'};

static const struct shape_field fields_globals[] = {
	TEXT(struct nvx_globals, metadata.title),
	TEXT(struct nvx_globals, metadata.subtitle),
	TEXT(struct nvx_globals, metadata.composer),
	TEXT(struct nvx_globals, metadata.artist),
	TEXT(struct nvx_globals, metadata.album),
	TEXT(struct nvx_globals, metadata.style),
	TEXT(struct nvx_globals, metadata.arranger),
	TEXT(struct nvx_globals, metadata.lyricist),
	TEXT(struct nvx_globals, metadata.copyright),
	TEXT(struct nvx_globals, metadata.language),
	TEXT(struct nvx_globals, metadata.transcription),
	TEXT(struct nvx_globals, metadata.id),
	TEXT(struct nvx_globals, metadata.created_at),
	TEXT(struct nvx_globals, metadata.modified_at),
	TEXT(struct nvx_globals, metadata.extra),
	TEXT(struct nvx_globals, metadata.source.format),
	TEXT(struct nvx_globals, metadata.source.file_name),
	TEXT(struct nvx_globals, metadata.source.sha256),
	TEXT(struct nvx_globals, metadata.source.imported_by),
	TEXT(struct nvx_globals, metadata.source.extra),
	TEXTS(struct nvx_globals, metadata.tags),
	TEXT(struct nvx_globals, layer[0].extra),
	TEXT(struct nvx_globals, layer[1].extra),
	TEXT(struct nvx_globals, layer[2].extra),
	TEXT(struct nvx_globals, layer[3].extra),
	TEXT(struct nvx_globals, layer[4].extra),
	TEXT(struct nvx_globals, layer[5].extra),
	TEXT(struct nvx_globals, layer[6].extra),
	TEXT(struct nvx_globals, layer[7].extra),
	TEXT(struct nvx_globals, layer[8].extra),
	TEXT(struct nvx_globals, foreign_layers),
	TEXT(struct nvx_globals, timeline_extra),
	TEXT(struct nvx_globals, rails_extra),
	TEXT(struct nvx_globals, extra),
	TEXT(struct nvx_globals, audio.url),
	TEXT(struct nvx_globals, audio.sha256),
	TEXT(struct nvx_globals, audio.extra),
	TEXT(struct nvx_globals, learning_extra),
	TEXT(struct nvx_globals, score_extra),
	TEXT(struct nvx_globals, umf_extra),
	PLAIN(struct nvx_globals, audio.embedded),
	PLAIN(struct nvx_globals, audio.sync),
};
const struct shape shape_globals = {fields_globals, sizeof(fields_globals) / sizeof(fields_globals[0]),
	sizeof(struct nvx_globals), SHAPE_NO_ID, 0};
const struct shape *shape_of(unsigned list)
{
	static const struct shape *const shapes[] = {
#define X(name, type) [NVX_LIST_##name] = &shape_##name,
		NVX_LISTS(X)
#undef X
			[NVX_LIST_note] = &shape_note,
		[NVX_LIST_control] = &shape_control,
		[NVX_LIST_part] = &shape_part,
	};
	return shapes[list];
}

void shape_use_all(const struct shape *shape, struct shape_used *ret)
{
	ret->words = UINT64_MAX;
	ret->n = (uint8_t)shape->n_fields;
	for (uint8_t i = 0; i < ret->n; i++)
		ret->field[i] = i;
}

/** @param n_words  Of an item; a constant, so that they are joined several at a time. */
static inline void join_words(uint64_t *any, const char *item, size_t n, size_t item_bytes, size_t n_words)
{
	for (size_t i = 0; i < n; i++, item += item_bytes)
		for (size_t k = 0; k < n_words; k++)
			any[k] |= ((const uint64_t *)(const void *)item)[k];
}

void shape_find_used(
	const struct shape *shape, const void *items, size_t n, size_t item_bytes, struct shape_used *ret)
{
	const size_t n_words = shape->item_bytes / 8u;
	uint64_t any[SHAPE_MAX_BYTES / 8];
	ret->words = 0;
	ret->n = 0;
	if (n == 0)
		return;
	if (n == 1 || shape->item_bytes % 8u) {
		shape_use_all(shape, ret);
		return;
	}
	memset(any, 0, shape->item_bytes);
	if (n_words == sizeof(struct nvx_notation_element) / 8)
		join_words(any, items, n, item_bytes, sizeof(struct nvx_notation_element) / 8);
	else if (n_words == sizeof(struct nvx_note) / 8)
		join_words(any, items, n, item_bytes, sizeof(struct nvx_note) / 8);
	else
		join_words(any, items, n, item_bytes, n_words);
	for (size_t k = 0; k < n_words; k++)
		ret->words |= (uint64_t)(any[k] != 0) << k;
	for (uint8_t i = 0; i < shape->n_fields; i++)
		if (shape_get(any, &shape->field[i]))
			ret->field[ret->n++] = i;
}
