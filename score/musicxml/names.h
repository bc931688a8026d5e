/* SPDX-License-Identifier: MIT */
/** The elements of MusicXML 4.0 that mean something to us. */
#ifndef MUSICXML_NAMES_H
#define MUSICXML_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define MX_NAMES(X)                                                                                          \
	X(accent, "accent")                                                                                  \
	X(accidental, "accidental")                                                                          \
	X(accord, "accord")                                                                                  \
	X(actual_notes, "actual-notes")                                                                      \
	X(alter, "alter") X(arpeggiate, "arpeggiate") X(artificial, "artificial") X(                         \
		articulations, "articulations") X(attributes, "attributes") X(backup, "backup") X(bar_style, \
		"bar-style") X(barline, "barline") X(barre, "barre") X(bass, "bass") X(bass_alter,           \
		"bass-alter") X(bass_step, "bass-step") X(beam, "beam") X(beat_type,                         \
		"beat-type") X(beat_unit, "beat-unit") X(beat_unit_dot, "beat-unit-dot") X(beats,            \
		"beats") X(bend, "bend") X(bend_alter, "bend-alter") X(breath_mark,                          \
		"breath-mark") X(caesura, "caesura") X(capo, "capo") X(chord, "chord") X(chromatic,          \
		"chromatic") X(clef, "clef") X(clef_octave_change, "clef-octave-change") X(coda,             \
		"coda") X(creator, "creator") X(credit, "credit") X(credit_type,                             \
		"credit-type") X(credit_words, "credit-words") X(cue, "cue") X(defaults,                     \
		"defaults") X(degree, "degree") X(degree_alter, "degree-alter") X(degree_type,               \
		"degree-type") X(degree_value, "degree-value") X(delayed_turn,                               \
		"delayed-turn") X(detached_legato, "detached-legato") X(diatonic, "diatonic") X(direction,   \
		"direction") X(direction_type, "direction-type") X(display_octave,                           \
		"display-octave") X(display_step, "display-step") X(display_text,                            \
		"display-text") X(divisions, "divisions") X(dot, "dot") X(double, "double") X(double_tongue, \
		"double-tongue") X(down_bow, "down-bow") X(duration, "duration") X(dynamics,                 \
		"dynamics") X(elision, "elision") X(encoding, "encoding") X(ending, "ending") X(extend,      \
		"extend") X(fermata, "fermata") X(fifths, "fifths") X(figure, "figure") X(figure_number,     \
		"figure-number") X(figured_bass, "figured-bass") X(fingering, "fingering") X(first_fret,     \
		"first-fret") X(forward, "forward") X(frame, "frame") X(frame_frets,                         \
		"frame-frets") X(frame_note, "frame-note") X(frame_strings, "frame-strings") X(fret,         \
		"fret") X(function, "function") X(glissando, "glissando") X(grace,                           \
		"grace") X(group_abbreviation, "group-abbreviation") X(group_barline,                        \
		"group-barline") X(group_name, "group-name") X(group_symbol, "group-symbol") X(grouping,     \
		"grouping") X(hammer_on, "hammer-on") X(harmonic, "harmonic") X(harmony,                     \
		"harmony") X(identification, "identification") X(instrument,                                 \
		"instrument") X(instrument_change, "instrument-change") X(instrument_name,                   \
		"instrument-name") X(instrument_sound, "instrument-sound") X(interchangeable,                \
		"interchangeable") X(inverted_mordent, "inverted-mordent") X(inverted_turn,                  \
		"inverted-turn") X(key, "key") X(inversion, "inversion") X(key_alter,                        \
		"key-alter") X(key_step, "key-step") X(kind, "kind") X(line, "line") X(lyric,                \
		"lyric") X(measure, "measure") X(measure_repeat, "measure-repeat") X(measure_style,          \
		"measure-style") X(metronome, "metronome") X(midi_bank,                                      \
		"midi-bank") X(midi_channel, "midi-channel") X(midi_device,                                  \
		"midi-device") X(midi_instrument, "midi-instrument") X(midi_program,                         \
		"midi-program") X(midi_unpitched, "midi-unpitched") X(miscellaneous,                         \
		"miscellaneous") X(miscellaneous_field,                                                      \
		"miscellaneous-field") X(mode, "mode") X(mordent, "mordent") X(movement_number,              \
		"movement-number") X(movement_title, "movement-title") X(multiple_rest,                      \
		"multiple-rest") X(natural, "natural") X(non_arpeggiate, "non-arpeggiate") X(normal_dot,     \
		"normal-dot") X(normal_notes,                                                                \
		"normal-notes") X(normal_type, "normal-type") X(notations,                                   \
		"notations") X(note, "note") X(notehead, "notehead") X(numeral,                              \
		"numeral") X(numeral_alter, "numeral-alter") X(numeral_root, "numeral-root") X(octave,       \
		"octave") X(octave_change, "octave-change") X(octave_shift, "octave-shift") X(offset,        \
		"offset") X(open_string, "open-string") X(ornaments, "ornaments") X(other_dynamics,          \
		"other-dynamics") X(other_technical, "other-technical") X(pan, "pan") X(part,                \
		"part") X(part_abbreviation, "part-abbreviation") X(part_abbreviation_display,               \
		"part-abbreviation-display") X(part_group, "part-group") X(part_list,                        \
		"part-list") X(part_name, "part-name") X(part_name_display,                                  \
		"part-name-display") X(part_symbol, "part-symbol") X(pedal,                                  \
		"pedal") X(per_minute, "per-minute") X(pitch, "pitch") X(pluck,                              \
		"pluck") X(pre_bend, "pre-bend") X(prefix, "prefix") X(print,                                \
		"print") X(pull_off, "pull-off") X(rehearsal, "rehearsal") X(release, "release") X(repeat,   \
		"repeat") X(rest, "rest") X(rights, "rights") X(root,                                        \
		"root") X(root_alter, "root-alter") X(root_step, "root-step") X(schleifer,                   \
		"schleifer") X(scordatura, "scordatura") X(score_instrument,                                 \
		"score-instrument") X(score_part, "score-part") X(score_partwise,                            \
		"score-partwise") X(score_timewise, "score-timewise") X(segno,                               \
		"segno") X(senza_misura, "senza-misura") X(shake, "shake") X(sign, "sign") X(slash,          \
		"slash") X(slide, "slide") X(slur, "slur") X(snap_pizzicato,                                 \
		"snap-pizzicato") X(software, "software") X(sound, "sound") X(source, "source") X(spiccato,  \
		"spiccato") X(staccatissimo, "staccatissimo") X(staccato,                                    \
		"staccato") X(staff,                                                                         \
		"staff") X(staff_details, "staff-details") X(staff_lines, "staff-lines") X(staff_tuning,     \
		"staff-tuning") X(staves, "staves") X(stem, "stem") X(step, "step") X(stopped,               \
		"stopped") X(stress, "stress") X(string, "string") X(strong_accent,                          \
		"strong-accent") X(suffix, "suffix") X(syllabic, "syllabic") X(tap, "tap") X(technical,      \
		"technical") X(tenuto, "tenuto") X(text, "text") X(thumb_position, "thumb-position") X(tie,  \
		"tie") X(tied, "tied") X(time, "time") X(time_modification,                                  \
		"time-modification") X(transpose, "transpose") X(tremolo, "tremolo") X(trill_mark,           \
		"trill-mark") X(triple_tongue,                                                               \
		"triple-tongue") X(tuning_alter, "tuning-alter") X(tuning_octave, "tuning-octave")           \
		X(tuning_step, "tuning-step") X(tuplet, "tuplet") X(tuplet_actual, "tuplet-actual") X(       \
			tuplet_normal, "tuplet-normal") X(tuplet_number, "tuplet-number") X(tuplet_type,     \
			"tuplet-type") X(turn, "turn") X(type, "type") X(unpitched, "unpitched") X(unstress, \
			"unstress") X(up_bow, "up-bow") X(virtual_instrument, "virtual-instrument")          \
			X(virtual_library, "virtual-library") X(virtual_name, "virtual-name")                \
				X(voice, "voice") X(volume, "volume") X(wavy_line, "wavy-line")              \
					X(wedge, "wedge") X(with_bar, "with-bar") X(words, "words")          \
						X(work, "work") X(work_number, "work-number")                \
							X(work_title, "work-title")

#define MX_CONSTANT_(id, text) MX_##id,
enum mx_name { MX_UNKNOWN, MX_NAMES(MX_CONSTANT_) MX_N_NAMES };
#undef MX_CONSTANT_

/** Slots of the table; more than twice the names. */
#define MX_NAME_SLOTS 1024u
struct mx_names {
	uint16_t slot[MX_NAME_SLOTS];
};

void mx_names_init(struct mx_names *names);
enum mx_name mx_names_find(const struct mx_names *names, const char *text);

#endif
