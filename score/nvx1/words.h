/* SPDX-License-Identifier: MIT */
/** The texts of nvx_enums.h as tables: nvx_words_role, nvx_words_curve ... */
#ifndef NVX1_WORDS_H
#define NVX1_WORDS_H

#include <score/nvx_tables.h>

/** X(name, list of nvx_enums.h) */
#define NVX_WORD_TABLES(X)                                                                                   \
	X(role, NVX_ROLES)                                                                                   \
	X(curve, NVX_CURVES)                                                                                 \
	X(irregular, NVX_IRREGULARS)                                                                         \
	X(ending, NVX_ENDINGS)                                                                               \
	X(jump, NVX_JUMPS)                                                                                   \
	X(barline, NVX_BARLINES)                                                                             \
	X(break, NVX_BREAKS)                                                                                 \
	X(control, NVX_CONTROLS)                                                                             \
	X(layer, NVX_LAYERS)                                                                                 \
	X(origin, NVX_ORIGINS)                                                                               \
	X(form, NVX_FORMS)                                                                                   \
	X(function, NVX_FUNCTIONS)                                                                           \
	X(phrase, NVX_PHRASES)                                                                               \
	X(cadence, NVX_CADENCES)                                                                             \
	X(motion, NVX_MOTIONS)                                                                               \
	X(nct, NVX_NON_CHORD_TONES)                                                                          \
	X(lane, NVX_LANES)                                                                                   \
	X(technique, NVX_TECHNIQUES)                                                                         \
	X(slide, NVX_SLIDES)                                                                                 \
	X(vibrato, NVX_VIBRATOS)                                                                             \
	X(harmonic, NVX_HARMONICS)                                                                           \
	X(direction, NVX_DIRECTIONS)                                                                         \
	X(diagram, NVX_DIAGRAMS)                                                                             \
	X(caged, NVX_CAGED)                                                                                  \
	X(hand, NVX_HANDS)                                                                                   \
	X(finger, NVX_FINGERS)                                                                               \
	X(notation, NVX_NOTATIONS)                                                                           \
	X(value, NVX_VALUES)                                                                                 \
	X(stem, NVX_STEMS)                                                                                   \
	X(arpeggio, NVX_ARPEGGIOS)                                                                           \
	X(accidental, NVX_ACCIDENTALS)                                                                       \
	X(breath, NVX_BREATHS)                                                                               \
	X(tuplet_show, NVX_TUPLET_SHOWS)                                                                     \
	X(slur, NVX_SLURS)                                                                                   \
	X(clef, NVX_CLEFS)                                                                                   \
	X(hairpin, NVX_HAIRPINS)                                                                             \
	X(pedal, NVX_PEDALS)                                                                                 \
	X(text, NVX_TEXTS)                                                                                   \
	X(placement, NVX_PLACEMENTS)                                                                         \
	X(articulation, NVX_ARTICULATIONS)                                                                   \
	X(ornament, NVX_ORNAMENTS)                                                                           \
	X(technical, NVX_TECHNICALS)                                                                         \
	X(syllabic, NVX_SYLLABICS)                                                                           \
	X(marker, NVX_MARKERS)                                                                               \
	X(drum, NVX_DRUMS)                                                                                   \
	X(contour, NVX_CONTOURS)                                                                             \
	X(media, NVX_MEDIA_KINDS)                                                                            \
	X(audio, NVX_AUDIO_FORMATS)                                                                          \
	X(poi, NVX_POI_KINDS)                                                                                \
	X(annotation, NVX_ANNOTATION_KINDS)                                                                  \
	X(mode, NVX_MODES)

#define X(name, list) extern const struct nvx_words nvx_words_##name;
NVX_WORD_TABLES(X)
#undef X
/** Steps 0..6. */
extern const struct nvx_words nvx_words_step;
/* Names that come first in objects that are kept as text. */
extern const struct nvx_words nvx_words_descriptor, nvx_words_explanation, nvx_words_learning,
	nvx_words_extended;

/** Index of a text; -1: none of them. "" is none. */
int nvx_word_find(const struct nvx_words *words, const char *text, size_t len);

#endif
