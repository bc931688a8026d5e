/* SPDX-License-Identifier: MIT */
/*
 * The ABI of every shared record, field by field: X(struct, field, offset, size). Compiled into asserts
 * by abi.c and printed by the golden-table test, so that a change of layout is seen in review.
 */
#ifndef SHM_ABI_H
#define SHM_ABI_H

#include <mos/audio_tap.h>
#include <mos/clock.h>
#include <mos/counters.h>
#include <mos/event.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>
#include <mos/region.h>
#include <mos/surface.h>
#include <mos/timeline.h>

/** S(struct, size in bytes) */
#define SHM_ABI_STRUCTS(S)                                                                                   \
	S(mos_audio_tap_hdr, 256)                                                                            \
	S(mos_region_hdr, 32)                                                                                \
	S(mos_ev_note, 32)                                                                                   \
	S(mos_ev_ump, 32)                                                                                    \
	S(mos_ev_beat, 32)                                                                                   \
	S(mos_ev_transport, 32)                                                                              \
	S(mos_ev_loop, 32)                                                                                   \
	S(mos_ev_tempo, 32)                                                                                  \
	S(mos_ev_score, 32)                                                                                  \
	S(mos_ev_key, 32)                                                                                    \
	S(mos_ev_engine, 32)                                                                                 \
	S(mos_ev_mixer, 32)                                                                                  \
	S(mos_ev_snapshot, 32)                                                                               \
	S(mos_ev_chord, 32)                                                                                  \
	S(mos_ev_braid, 32)                                                                                  \
	S(mos_ev_feedback, 32)                                                                               \
	S(mos_ev_highlight, 32)                                                                              \
	S(mos_ev_pattern, 32)                                                                                \
	S(mos_ev_tap, 32)                                                                                    \
	S(mos_ev_voice, 32)                                                                                  \
	S(mos_ev_game, 32)                                                                                   \
	S(mos_ev_pitch, 32)                                                                                  \
	S(mos_ev_widget, 32)                                                                                 \
	S(mos_ev_data, 32)                                                                                   \
	S(mos_ev_notice, 32)                                                                                 \
	S(mos_event_stamp, 16)                                                                               \
	S(mos_event, 64)                                                                                     \
	S(mos_event_ring_hdr, 384)                                                                           \
	S(mos_ingress_hdr, 384)                                                                              \
	S(mos_reader_figures, 136)                                                                           \
	S(mos_reader_page, 8768)                                                                             \
	S(mos_clock, 144)                                                                                    \
	S(mos_clock_song, 16)                                                                                \
	S(mos_clock_page, 456)                                                                               \
	S(mos_counter_label, 64)                                                                             \
	S(mos_counters_hdr, 128)                                                                             \
	S(mos_tl_tempo, 24)                                                                                  \
	S(mos_tl_meter, 16)                                                                                  \
	S(mos_tl_key, 16)                                                                                    \
	S(mos_tl_event, 32)                                                                                  \
	S(mos_tl_marker, 16)                                                                                 \
	S(mos_tl_part, 8)                                                                                    \
	S(mos_tl_table, 16)                                                                                  \
	S(mos_tl_policy, 24)                                                                                 \
	S(mos_timeline_hdr, 200)                                                                             \
	S(mos_shape, 64)                                                                                     \
	S(mos_surface_rect, 8)                                                                               \
	S(mos_surface_slot, 168)                                                                             \
	S(mos_surface_answer, 16)                                                                            \
	S(mos_surface_hdr, 696)

/** F(struct, field, offset, size), both in bytes */
#define SHM_ABI_FIELDS(F)                                                                                    \
	F(mos_audio_tap_hdr, region, 0, 32)                                                                  \
	F(mos_audio_tap_hdr, n_frames, 32, 4)                                                                \
	F(mos_audio_tap_hdr, n_channels, 36, 4)                                                              \
	F(mos_audio_tap_hdr, rate_hz, 40, 4)                                                                 \
	F(mos_audio_tap_hdr, in_latency_frames, 44, 4)                                                               \
	F(mos_audio_tap_hdr, pad0, 48, 80)                                                                   \
	F(mos_audio_tap_hdr, begin_frame, 128, 8)                                                            \
	F(mos_audio_tap_hdr, end_frame, 136, 8)                                                              \
	F(mos_audio_tap_hdr, run_frame, 144, 8)                                                              \
	F(mos_audio_tap_hdr, pad1, 152, 104)                                                                 \
	F(mos_region_hdr, magic, 0, 4)                                                                       \
	F(mos_region_hdr, abi_major, 4, 2)                                                                   \
	F(mos_region_hdr, abi_minor, 6, 2)                                                                   \
	F(mos_region_hdr, size, 8, 8)                                                                        \
	F(mos_region_hdr, generation, 16, 8)                                                                 \
	F(mos_region_hdr, reserved, 24, 8)                                                                   \
	F(mos_ev_note, group, 0, 1)                                                                          \
	F(mos_ev_note, channel, 1, 1)                                                                        \
	F(mos_ev_note, key, 2, 1)                                                                            \
	F(mos_ev_note, reserved0, 3, 1)                                                                      \
	F(mos_ev_note, velocity, 4, 2)                                                                       \
	F(mos_ev_note, part, 6, 2)                                                                           \
	F(mos_ev_note, instance, 8, 4)                                                                       \
	F(mos_ev_note, reserved, 12, 20)                                                                     \
	F(mos_ev_ump, word, 0, 16)                                                                           \
	F(mos_ev_ump, reserved, 16, 16)                                                                      \
	F(mos_ev_beat, measure, 0, 4)                                                                        \
	F(mos_ev_beat, beat, 4, 2)                                                                           \
	F(mos_ev_beat, meter_num, 6, 2)                                                                      \
	F(mos_ev_beat, meter_den, 8, 2)                                                                      \
	F(mos_ev_beat, accent, 10, 2)                                                                        \
	F(mos_ev_beat, flags, 12, 4)                                                                         \
	F(mos_ev_beat, ns_per_quarter, 16, 8)                                                                \
	F(mos_ev_beat, step, 24, 2)                                                                          \
	F(mos_ev_beat, n_steps, 26, 2)                                                                       \
	F(mos_ev_beat, reserved, 28, 4)                                                                      \
	F(mos_ev_transport, state, 0, 1)                                                                     \
	F(mos_ev_transport, old_state, 1, 1)                                                                 \
	F(mos_ev_transport, reason, 2, 2)                                                                    \
	F(mos_ev_transport, error, 4, 4)                                                                     \
	F(mos_ev_transport, from_tick, 8, 8)                                                                 \
	F(mos_ev_transport, to_tick, 16, 8)                                                                  \
	F(mos_ev_transport, frame, 24, 8)                                                                    \
	F(mos_ev_loop, start_tick, 0, 8)                                                                     \
	F(mos_ev_loop, end_tick, 8, 8)                                                                       \
	F(mos_ev_loop, active, 16, 4)                                                                        \
	F(mos_ev_loop, count, 20, 4)                                                                         \
	F(mos_ev_loop, reserved, 24, 8)                                                                      \
	F(mos_ev_tempo, ns_per_quarter, 0, 8)                                                                \
	F(mos_ev_tempo, old_ns_per_quarter, 8, 8)                                                            \
	F(mos_ev_tempo, source, 16, 4)                                                                       \
	F(mos_ev_tempo, rate_ppm, 20, 4)                                                                     \
	F(mos_ev_tempo, reserved, 24, 8)                                                                     \
	F(mos_ev_score, timeline_id, 0, 8)                                                                   \
	F(mos_ev_score, end_tick, 8, 8)                                                                      \
	F(mos_ev_score, error, 16, 4)                                                                        \
	F(mos_ev_score, n_events, 20, 4)                                                                     \
	F(mos_ev_score, reserved, 24, 8)                                                                     \
	F(mos_ev_key, fifths, 0, 1)                                                                          \
	F(mos_ev_key, minor, 1, 1)                                                                           \
	F(mos_ev_key, reserved, 2, 30)                                                                       \
	F(mos_ev_engine, state, 0, 4)                                                                        \
	F(mos_ev_engine, percent, 4, 4)                                                                      \
	F(mos_ev_engine, error, 8, 4)                                                                        \
	F(mos_ev_engine, reserved, 12, 20)                                                                   \
	F(mos_ev_mixer, strip, 0, 2)                                                                         \
	F(mos_ev_mixer, what, 2, 1)                                                                          \
	F(mos_ev_mixer, slot, 3, 1)                                                                          \
	F(mos_ev_mixer, unit, 4, 12)                                                                         \
	F(mos_ev_mixer, param, 16, 16)                                                                       \
	F(mos_ev_snapshot, keys, 0, 16)                                                                      \
	F(mos_ev_snapshot, string, 16, 6)                                                                    \
	F(mos_ev_snapshot, sustain, 22, 1)                                                                   \
	F(mos_ev_snapshot, n_keys, 23, 1)                                                                    \
	F(mos_ev_snapshot, channels, 24, 2)                                                                  \
	F(mos_ev_snapshot, reserved, 26, 6)                                                                  \
	F(mos_ev_chord, pitch_classes, 0, 2)                                                                 \
	F(mos_ev_chord, root, 2, 1)                                                                          \
	F(mos_ev_chord, bass, 3, 1)                                                                          \
	F(mos_ev_chord, symbol, 4, 18)                                                                       \
	F(mos_ev_chord, key_tonic, 22, 1)                                                                    \
	F(mos_ev_chord, key_minor, 23, 1)                                                                    \
	F(mos_ev_chord, origin, 24, 1)                                                                       \
	F(mos_ev_chord, source, 25, 1)                                                                       \
	F(mos_ev_chord, fusion, 26, 1)                                                                       \
	F(mos_ev_chord, confidence, 27, 1)                                                                   \
	F(mos_ev_chord, version, 28, 1)                                                                      \
	F(mos_ev_chord, reserved, 29, 3)                                                                     \
	F(mos_ev_braid, roman, 0, 12)                                                                        \
	F(mos_ev_braid, symbol, 12, 16)                                                                      \
	F(mos_ev_braid, key_tonic, 28, 1)                                                                    \
	F(mos_ev_braid, key_minor, 29, 1)                                                                    \
	F(mos_ev_braid, confidence, 30, 1)                                                                   \
	F(mos_ev_braid, reserved, 31, 1)                                                                     \
	F(mos_ev_feedback, kind, 0, 1)                                                                       \
	F(mos_ev_feedback, message, 1, 31)                                                                   \
	F(mos_ev_highlight, keys, 0, 16)                                                                     \
	F(mos_ev_highlight, kind, 16, 1)                                                                     \
	F(mos_ev_highlight, reserved, 17, 15)                                                                \
	F(mos_ev_pattern, id, 0, 4)                                                                          \
	F(mos_ev_pattern, n_steps, 4, 2)                                                                     \
	F(mos_ev_pattern, n_pulses, 6, 2)                                                                    \
	F(mos_ev_pattern, rotation, 8, 2)                                                                    \
	F(mos_ev_pattern, flags, 10, 2)                                                                      \
	F(mos_ev_pattern, reserved, 12, 4)                                                                   \
	F(mos_ev_pattern, onset, 16, 16)                                                                     \
	F(mos_ev_tap, milli_bpm, 0, 4)                                                                       \
	F(mos_ev_tap, n_taps, 4, 4)                                                                          \
	F(mos_ev_tap, reserved, 8, 24)                                                                       \
	F(mos_ev_voice, kind, 0, 1)                                                                          \
	F(mos_ev_voice, text, 1, 31)                                                                         \
	F(mos_ev_game, kind, 0, 4)                                                                           \
	F(mos_ev_game, value, 4, 4)                                                                          \
	F(mos_ev_game, text, 8, 24)                                                                          \
	F(mos_ev_pitch, milli_hz, 0, 4)                                                                      \
	F(mos_ev_pitch, centi_cents, 4, 4)                                                                   \
	F(mos_ev_pitch, key, 8, 1)                                                                           \
	F(mos_ev_pitch, confidence, 9, 1)                                                                    \
	F(mos_ev_pitch, a4_deci_hz, 10, 2)                                                                   \
	F(mos_ev_pitch, reserved, 12, 20)                                                                    \
	F(mos_ev_widget, state, 0, 1)                                                                        \
	F(mos_ev_widget, old_state, 1, 1)                                                                    \
	F(mos_ev_widget, restarts, 2, 2)                                                                     \
	F(mos_ev_widget, exit_status, 4, 4)                                                                  \
	F(mos_ev_widget, id, 8, 24)                                                                          \
	F(mos_ev_data, id, 0, 8)                                                                             \
	F(mos_ev_data, size_bytes, 8, 8)                                                                     \
	F(mos_ev_data, kind, 16, 16)                                                                         \
	F(mos_ev_notice, reason, 0, 4)                                                                       \
	F(mos_ev_notice, type, 4, 4)                                                                         \
	F(mos_ev_notice, source, 8, 2)                                                                       \
	F(mos_ev_notice, other, 10, 2)                                                                       \
	F(mos_ev_notice, reserved0, 12, 4)                                                                   \
	F(mos_ev_notice, count, 16, 8)                                                                       \
	F(mos_ev_notice, reserved, 24, 8)                                                                    \
	F(mos_event_stamp, seq, 0, 8)                                                                        \
	F(mos_event_stamp, time_ns, 8, 8)                                                                    \
	F(mos_event, seq, 0, 8)                                                                              \
	F(mos_event, time_ns, 8, 8)                                                                          \
	F(mos_event, tick, 16, 8)                                                                            \
	F(mos_event, type, 24, 4)                                                                            \
	F(mos_event, source, 28, 2)                                                                          \
	F(mos_event, hops, 30, 1)                                                                            \
	F(mos_event, flags, 31, 1)                                                                           \
	F(mos_event, u, 32, 32)                                                                              \
	F(mos_event_ring_hdr, region, 0, 32)                                                                 \
	F(mos_event_ring_hdr, n_slots, 32, 4)                                                                \
	F(mos_event_ring_hdr, reserved0, 36, 4)                                                              \
	F(mos_event_ring_hdr, pad0, 40, 88)                                                                  \
	F(mos_event_ring_hdr, write_seq, 128, 8)                                                             \
	F(mos_event_ring_hdr, pad1, 136, 120)                                                                \
	F(mos_event_ring_hdr, bell, 256, 64)                                                                 \
	F(mos_event_ring_hdr, pad2, 320, 64)                                                                 \
	F(mos_ingress_hdr, region, 0, 32)                                                                    \
	F(mos_ingress_hdr, n_slots, 32, 4)                                                                   \
	F(mos_ingress_hdr, slot_id, 36, 4)                                                                   \
	F(mos_ingress_hdr, pad0, 40, 88)                                                                     \
	F(mos_ingress_hdr, write_pos, 128, 8)                                                                \
	F(mos_ingress_hdr, urgent_pos, 136, 8)                                                               \
	F(mos_ingress_hdr, pad1, 144, 112)                                                                   \
	F(mos_ingress_hdr, read_pos, 256, 8)                                                                 \
	F(mos_ingress_hdr, pad2, 264, 120)                                                                   \
	F(mos_reader_figures, delivered, 0, 8)                                                               \
	F(mos_reader_figures, latency, 8, 128)                                                               \
	F(mos_reader_page, interest, 0, 8)                                                                   \
	F(mos_reader_page, lost, 8, 8)                                                                       \
	F(mos_reader_page, listeners, 16, 8)                                                                 \
	F(mos_reader_page, reserved, 24, 40)                                                                 \
	F(mos_reader_page, type, 64, 8704)                                                                   \
	F(mos_clock, state, 0, 4)                                                                            \
	F(mos_clock, flags, 4, 4)                                                                            \
	F(mos_clock, rate_hz, 8, 4)                                                                          \
	F(mos_clock, quantum_frames, 12, 4)                                                                  \
	F(mos_clock, frame, 16, 8)                                                                           \
	F(mos_clock, time_ns, 24, 8)                                                                         \
	F(mos_clock, tick, 32, 8)                                                                            \
	F(mos_clock, tick_frac, 40, 4)                                                                       \
	F(mos_clock, rate_ppm, 44, 4)                                                                        \
	F(mos_clock, ns_per_quarter, 48, 8)                                                                  \
	F(mos_clock, frame_ps, 56, 8)                                                                        \
	F(mos_clock, loop_start_tick, 64, 8)                                                                 \
	F(mos_clock, loop_end_tick, 72, 8)                                                                   \
	F(mos_clock, end_tick, 80, 8)                                                                        \
	F(mos_clock, meter_num, 88, 2)                                                                       \
	F(mos_clock, meter_den, 90, 2)                                                                       \
	F(mos_clock, measure, 92, 4)                                                                         \
	F(mos_clock, measure_tick, 96, 8)                                                                    \
	F(mos_clock, next_beat_tick, 104, 8)                                                                 \
	F(mos_clock, next_beat_ns, 112, 8)                                                                   \
	F(mos_clock, timeline_id, 120, 8)                                                                    \
	F(mos_clock, cycle, 128, 8)                                                                          \
	F(mos_clock, key_fifths, 136, 4)                                                                     \
	F(mos_clock, key_minor, 140, 4)                                                                      \
	F(mos_clock_song, frame, 0, 8)                                                                       \
	F(mos_clock_song, end_frame, 8, 8)                                                                   \
	F(mos_clock_page, region, 0, 32)                                                                     \
	F(mos_clock_page, pad0, 32, 96)                                                                      \
	F(mos_clock_page, seq, 128, 8)                                                                       \
	F(mos_clock_page, clock, 136, 288)                                                                   \
	F(mos_clock_page, song, 424, 32)                                                                     \
	F(mos_counter_label, name, 0, 48)                                                                    \
	F(mos_counter_label, unit, 48, 8)                                                                    \
	F(mos_counter_label, kind, 56, 4)                                                                    \
	F(mos_counter_label, value_index, 60, 4)                                                             \
	F(mos_counters_hdr, region, 0, 32)                                                                   \
	F(mos_counters_hdr, n_labels, 32, 4)                                                                 \
	F(mos_counters_hdr, n_values, 36, 4)                                                                 \
	F(mos_counters_hdr, values_off, 40, 8)                                                               \
	F(mos_counters_hdr, pad0, 48, 80)                                                                    \
	F(mos_tl_tempo, tick, 0, 8)                                                                          \
	F(mos_tl_tempo, npq_start, 8, 8)                                                                     \
	F(mos_tl_tempo, npq_end, 16, 8)                                                                      \
	F(mos_tl_meter, tick, 0, 8)                                                                          \
	F(mos_tl_meter, num, 8, 2)                                                                           \
	F(mos_tl_meter, den, 10, 2)                                                                          \
	F(mos_tl_meter, measure, 12, 4)                                                                      \
	F(mos_tl_key, tick, 0, 8)                                                                            \
	F(mos_tl_key, fifths, 8, 1)                                                                          \
	F(mos_tl_key, minor, 9, 1)                                                                           \
	F(mos_tl_key, reserved, 10, 6)                                                                       \
	F(mos_tl_event, tick, 0, 8)                                                                          \
	F(mos_tl_event, ump, 8, 8)                                                                           \
	F(mos_tl_event, part, 16, 2)                                                                         \
	F(mos_tl_event, order, 18, 1)                                                                        \
	F(mos_tl_event, reserved0, 19, 1)                                                                    \
	F(mos_tl_event, note_id, 20, 4)                                                                      \
	F(mos_tl_event, len_ticks, 24, 4)                                                                    \
	F(mos_tl_event, reserved1, 28, 4)                                                                    \
	F(mos_tl_marker, tick, 0, 8)                                                                         \
	F(mos_tl_marker, name_off, 8, 4)                                                                     \
	F(mos_tl_marker, kind, 12, 4)                                                                        \
	F(mos_tl_part, name_off, 0, 4)                                                                       \
	F(mos_tl_part, group, 4, 1)                                                                          \
	F(mos_tl_part, channel, 5, 1)                                                                        \
	F(mos_tl_part, program, 6, 1)                                                                        \
	F(mos_tl_part, is_drums, 7, 1)                                                                       \
	F(mos_tl_table, off, 0, 8)                                                                           \
	F(mos_tl_table, count, 8, 8)                                                                         \
	F(mos_tl_policy, late_drop_ms, 0, 2)                                                                 \
	F(mos_tl_policy, ghost_vel_max, 2, 1)                                                                \
	F(mos_tl_policy, flags, 3, 1)                                                                        \
	F(mos_tl_policy, reserved, 4, 4)                                                                     \
	F(mos_tl_policy, loop_start, 8, 8)                                                                   \
	F(mos_tl_policy, loop_end, 16, 8)                                                                    \
	F(mos_timeline_hdr, region, 0, 32)                                                                   \
	F(mos_timeline_hdr, ppq, 32, 4)                                                                      \
	F(mos_timeline_hdr, reserved0, 36, 4)                                                                \
	F(mos_timeline_hdr, id, 40, 8)                                                                       \
	F(mos_timeline_hdr, end_tick, 48, 8)                                                                 \
	F(mos_timeline_hdr, tempos, 56, 16)                                                                  \
	F(mos_timeline_hdr, meters, 72, 16)                                                                  \
	F(mos_timeline_hdr, keys, 88, 16)                                                                    \
	F(mos_timeline_hdr, events, 104, 16)                                                                 \
	F(mos_timeline_hdr, markers, 120, 16)                                                                \
	F(mos_timeline_hdr, parts, 136, 16)                                                                  \
	F(mos_timeline_hdr, strings, 152, 16)                                                                \
	F(mos_timeline_hdr, title_off, 168, 4)                                                               \
	F(mos_timeline_hdr, reserved1, 172, 4)                                                               \
	F(mos_timeline_hdr, policy, 176, 24)                                                                 \
	F(mos_shape, kind, 0, 1)                                                                             \
	F(mos_shape, flags, 1, 1)                                                                            \
	F(mos_shape, layer, 2, 1)                                                                            \
	F(mos_shape, clip, 3, 1)                                                                             \
	F(mos_shape, color, 4, 4)                                                                            \
	F(mos_shape, color2, 8, 4)                                                                           \
	F(mos_shape, glyph, 12, 4)                                                                           \
	F(mos_shape, x, 16, 4)                                                                               \
	F(mos_shape, y, 20, 4)                                                                               \
	F(mos_shape, w, 24, 4)                                                                               \
	F(mos_shape, h, 28, 4)                                                                               \
	F(mos_shape, p, 32, 32)                                                                              \
	F(mos_surface_rect, x, 0, 2)                                                                         \
	F(mos_surface_rect, y, 2, 2)                                                                         \
	F(mos_surface_rect, w, 4, 2)                                                                         \
	F(mos_surface_rect, h, 6, 2)                                                                         \
	F(mos_surface_slot, sequence, 0, 8)                                                                  \
	F(mos_surface_slot, time_ns, 8, 8)                                                                   \
	F(mos_surface_slot, n, 16, 4)                                                                        \
	F(mos_surface_slot, width, 20, 4)                                                                    \
	F(mos_surface_slot, height, 24, 4)                                                                   \
	F(mos_surface_slot, stride, 28, 4)                                                                   \
	F(mos_surface_slot, n_rects, 32, 4)                                                                  \
	F(mos_surface_slot, reserved0, 36, 4)                                                                \
	F(mos_surface_slot, rect, 40, 128)                                                                   \
	F(mos_surface_answer, event_ns, 0, 8)                                                                \
	F(mos_surface_answer, commit_ns, 8, 8)                                                               \
	F(mos_surface_hdr, region, 0, 32)                                                                    \
	F(mos_surface_hdr, kind, 32, 4)                                                                      \
	F(mos_surface_hdr, slot_size, 36, 4)                                                                 \
	F(mos_surface_hdr, max_width, 40, 4)                                                                 \
	F(mos_surface_hdr, max_height, 44, 4)                                                                \
	F(mos_surface_hdr, pad0, 48, 16)                                                                     \
	F(mos_surface_hdr, reading, 64, 4)                                                                   \
	F(mos_surface_hdr, shown, 68, 4)                                                                     \
	F(mos_surface_hdr, place, 72, 8)                                                                     \
	F(mos_surface_hdr, frame_time_ns, 80, 8)                                                             \
	F(mos_surface_hdr, taken, 88, 8)                                                                     \
	F(mos_surface_hdr, pad1, 96, 32)                                                                     \
	F(mos_surface_hdr, latest, 128, 4)                                                                   \
	F(mos_surface_hdr, reserved1, 132, 4)                                                                \
	F(mos_surface_hdr, answer, 136, 48)                                                                  \
	F(mos_surface_hdr, pad2, 184, 8)                                                                     \
	F(mos_surface_hdr, slot, 192, 504)

#endif
