/* SPDX-License-Identifier: MIT */
/*
 * Sizes and places of what the Python package mirrors: "struct size" and "struct.field offset size" lines,
 * which python_unit.py compares with ctypes' own.
 */
#include <stddef.h>
#include <stdio.h>

#include <mos/audio_tap.h>
#include <mos/client.h>
#include <mos/draw.h>
#include <mos/widget.h>

#define SIZE(s) printf(#s " %zu\n", sizeof(struct s))
#define FIELD(s, f) printf(#s "." #f " %zu %zu\n", offsetof(struct s, f), sizeof(((struct s *)0)->f))

int main(void)
{
#define X(sym, num, name) printf("type " name " %u\n", MOS_EVENT_##sym);
	MOS_EVENT_TYPES(X)
#undef X

	SIZE(mos_ev_note);
	FIELD(mos_ev_note, group);
	FIELD(mos_ev_note, channel);
	FIELD(mos_ev_note, key);
	FIELD(mos_ev_note, reserved0);
	FIELD(mos_ev_note, velocity);
	FIELD(mos_ev_note, part);
	FIELD(mos_ev_note, instance);
	FIELD(mos_ev_note, reserved);

	SIZE(mos_ev_ump);
	FIELD(mos_ev_ump, word);
	FIELD(mos_ev_ump, reserved);

	SIZE(mos_ev_snapshot);
	FIELD(mos_ev_snapshot, keys);
	FIELD(mos_ev_snapshot, string);
	FIELD(mos_ev_snapshot, sustain);
	FIELD(mos_ev_snapshot, n_keys);
	FIELD(mos_ev_snapshot, channels);
	FIELD(mos_ev_snapshot, reserved);

	SIZE(mos_ev_chord);
	FIELD(mos_ev_chord, pitch_classes);
	FIELD(mos_ev_chord, root);
	FIELD(mos_ev_chord, bass);
	FIELD(mos_ev_chord, symbol);
	FIELD(mos_ev_chord, key_tonic);
	FIELD(mos_ev_chord, key_minor);
	FIELD(mos_ev_chord, origin);
	FIELD(mos_ev_chord, source);
	FIELD(mos_ev_chord, fusion);
	FIELD(mos_ev_chord, confidence);
	FIELD(mos_ev_chord, version);
	FIELD(mos_ev_chord, reserved);

	SIZE(mos_ev_braid);
	FIELD(mos_ev_braid, roman);
	FIELD(mos_ev_braid, symbol);
	FIELD(mos_ev_braid, key_tonic);
	FIELD(mos_ev_braid, key_minor);
	FIELD(mos_ev_braid, confidence);
	FIELD(mos_ev_braid, reserved);

	SIZE(mos_ev_feedback);
	FIELD(mos_ev_feedback, kind);
	FIELD(mos_ev_feedback, message);

	SIZE(mos_ev_highlight);
	FIELD(mos_ev_highlight, keys);
	FIELD(mos_ev_highlight, kind);
	FIELD(mos_ev_highlight, reserved);

	SIZE(mos_ev_pattern);
	FIELD(mos_ev_pattern, id);
	FIELD(mos_ev_pattern, n_steps);
	FIELD(mos_ev_pattern, n_pulses);
	FIELD(mos_ev_pattern, rotation);
	FIELD(mos_ev_pattern, flags);
	FIELD(mos_ev_pattern, reserved);
	FIELD(mos_ev_pattern, onset);

	SIZE(mos_ev_tap);
	FIELD(mos_ev_tap, milli_bpm);
	FIELD(mos_ev_tap, n_taps);
	FIELD(mos_ev_tap, reserved);

	SIZE(mos_ev_voice);
	FIELD(mos_ev_voice, kind);
	FIELD(mos_ev_voice, text);

	SIZE(mos_ev_game);
	FIELD(mos_ev_game, kind);
	FIELD(mos_ev_game, value);
	FIELD(mos_ev_game, text);

	SIZE(mos_ev_pitch);
	FIELD(mos_ev_pitch, milli_hz);
	FIELD(mos_ev_pitch, centi_cents);
	FIELD(mos_ev_pitch, key);
	FIELD(mos_ev_pitch, confidence);
	FIELD(mos_ev_pitch, a4_deci_hz);
	FIELD(mos_ev_pitch, reserved);

	SIZE(mos_ev_widget);
	FIELD(mos_ev_widget, state);
	FIELD(mos_ev_widget, old_state);
	FIELD(mos_ev_widget, restarts);
	FIELD(mos_ev_widget, exit_status);
	FIELD(mos_ev_widget, id);

	SIZE(mos_ev_data);
	FIELD(mos_ev_data, id);
	FIELD(mos_ev_data, size_bytes);
	FIELD(mos_ev_data, kind);

	SIZE(mos_ev_notice);
	FIELD(mos_ev_notice, reason);
	FIELD(mos_ev_notice, type);
	FIELD(mos_ev_notice, source);
	FIELD(mos_ev_notice, other);
	FIELD(mos_ev_notice, reserved0);
	FIELD(mos_ev_notice, count);
	FIELD(mos_ev_notice, reserved);

	SIZE(mos_ev_beat);
	FIELD(mos_ev_beat, measure);
	FIELD(mos_ev_beat, beat);
	FIELD(mos_ev_beat, meter_num);
	FIELD(mos_ev_beat, meter_den);
	FIELD(mos_ev_beat, accent);
	FIELD(mos_ev_beat, flags);
	FIELD(mos_ev_beat, ns_per_quarter);
	FIELD(mos_ev_beat, step);
	FIELD(mos_ev_beat, n_steps);
	FIELD(mos_ev_beat, reserved);

	SIZE(mos_ev_transport);
	FIELD(mos_ev_transport, state);
	FIELD(mos_ev_transport, old_state);
	FIELD(mos_ev_transport, reason);
	FIELD(mos_ev_transport, error);
	FIELD(mos_ev_transport, from_tick);
	FIELD(mos_ev_transport, to_tick);
	FIELD(mos_ev_transport, frame);

	SIZE(mos_ev_loop);
	FIELD(mos_ev_loop, start_tick);
	FIELD(mos_ev_loop, end_tick);
	FIELD(mos_ev_loop, active);
	FIELD(mos_ev_loop, count);
	FIELD(mos_ev_loop, reserved);

	SIZE(mos_ev_tempo);
	FIELD(mos_ev_tempo, ns_per_quarter);
	FIELD(mos_ev_tempo, old_ns_per_quarter);
	FIELD(mos_ev_tempo, source);
	FIELD(mos_ev_tempo, rate_ppm);
	FIELD(mos_ev_tempo, reserved);

	SIZE(mos_ev_score);
	FIELD(mos_ev_score, timeline_id);
	FIELD(mos_ev_score, end_tick);
	FIELD(mos_ev_score, error);
	FIELD(mos_ev_score, n_events);
	FIELD(mos_ev_score, reserved);

	SIZE(mos_ev_key);
	FIELD(mos_ev_key, fifths);
	FIELD(mos_ev_key, minor);
	FIELD(mos_ev_key, reserved);

	SIZE(mos_ev_engine);
	FIELD(mos_ev_engine, state);
	FIELD(mos_ev_engine, percent);
	FIELD(mos_ev_engine, error);
	FIELD(mos_ev_engine, reserved);

	SIZE(mos_ev_mixer);
	FIELD(mos_ev_mixer, strip);
	FIELD(mos_ev_mixer, what);
	FIELD(mos_ev_mixer, slot);
	FIELD(mos_ev_mixer, unit);
	FIELD(mos_ev_mixer, param);

	SIZE(mos_event);
	FIELD(mos_event, seq);
	FIELD(mos_event, time_ns);
	FIELD(mos_event, tick);
	FIELD(mos_event, type);
	FIELD(mos_event, source);
	FIELD(mos_event, hops);
	FIELD(mos_event, flags);
	FIELD(mos_event, u);

	SIZE(mos_clock);
	FIELD(mos_clock, state);
	FIELD(mos_clock, flags);
	FIELD(mos_clock, rate_hz);
	FIELD(mos_clock, quantum_frames);
	FIELD(mos_clock, frame);
	FIELD(mos_clock, time_ns);
	FIELD(mos_clock, tick);
	FIELD(mos_clock, tick_frac);
	FIELD(mos_clock, rate_ppm);
	FIELD(mos_clock, ns_per_quarter);
	FIELD(mos_clock, frame_ps);
	FIELD(mos_clock, loop_start_tick);
	FIELD(mos_clock, loop_end_tick);
	FIELD(mos_clock, end_tick);
	FIELD(mos_clock, meter_num);
	FIELD(mos_clock, meter_den);
	FIELD(mos_clock, measure);
	FIELD(mos_clock, measure_tick);
	FIELD(mos_clock, next_beat_tick);
	FIELD(mos_clock, next_beat_ns);
	FIELD(mos_clock, timeline_id);
	FIELD(mos_clock, cycle);
	FIELD(mos_clock, key_fifths);
	FIELD(mos_clock, key_minor);

	SIZE(mos_error);
	FIELD(mos_error, code);
	FIELD(mos_error, message);
	FIELD(mos_error, where);
	FIELD(mos_error, hint);

	SIZE(mos_client_options);
	FIELD(mos_client_options, name);
	FIELD(mos_client_options, runtime_dir);
	FIELD(mos_client_options, timeout_ms);
	FIELD(mos_client_options, wait_ms);
	FIELD(mos_client_options, flags);

	SIZE(mos_client_info);
	FIELD(mos_client_info, slot);
	FIELD(mos_client_info, rate_hz);
	FIELD(mos_client_info, quantum);
	FIELD(mos_client_info, reserved0);
	FIELD(mos_client_info, generation);

	SIZE(mos_reply);
	FIELD(mos_reply, value);
	FIELD(mos_reply, fds);
	FIELD(mos_reply, n_fds);
	FIELD(mos_reply, memory);

	SIZE(mos_request);
	FIELD(mos_request, method);
	FIELD(mos_request, args);
	FIELD(mos_request, n_args);
	FIELD(mos_request, fds);
	FIELD(mos_request, n_fds);
	FIELD(mos_request, timeout_ms);

	SIZE(mos_now);
	FIELD(mos_now, time_ns);
	FIELD(mos_now, tick);
	FIELD(mos_now, tick_frac);
	FIELD(mos_now, bar);
	FIELD(mos_now, beat);
	FIELD(mos_now, beat_tick);
	FIELD(mos_now, bpm);
	FIELD(mos_now, clock);
	SIZE(mos_place);
	FIELD(mos_place, now);
	FIELD(mos_place, bar_tick);
	FIELD(mos_place, bar_ticks);
	FIELD(mos_place, bar_position);
	FIELD(mos_place, changed);
	FIELD(mos_place, reserved0);

	SIZE(mos_event_metrics);
	FIELD(mos_event_metrics, count);
	FIELD(mos_event_metrics, rate_hz);
	FIELD(mos_event_metrics, refused);
	FIELD(mos_event_metrics, coalesced);
	FIELD(mos_event_metrics, delivered);
	FIELD(mos_event_metrics, lost);
	FIELD(mos_event_metrics, subscribers);
	FIELD(mos_event_metrics, n_sampled);
	FIELD(mos_event_metrics, p50_ns);
	FIELD(mos_event_metrics, p99_ns);

	SIZE(mos_value);
	FIELD(mos_value, type);
	FIELD(mos_value, len);
	FIELD(mos_value, u);

	SIZE(mos_field);
	FIELD(mos_field, key);
	FIELD(mos_field, value);

	SIZE(mos_audio_reader);
	FIELD(mos_audio_reader, hdr);
	FIELD(mos_audio_reader, sample);
	FIELD(mos_audio_reader, next_frame);
	FIELD(mos_audio_reader, lost);
	FIELD(mos_audio_reader, rate_hz);

	SIZE(mos_widget_context);
	FIELD(mos_widget_context, id);
	FIELD(mos_widget_context, api_version);
	FIELD(mos_widget_context, x);
	FIELD(mos_widget_context, y);
	FIELD(mos_widget_context, width);
	FIELD(mos_widget_context, height);
	FIELD(mos_widget_context, settings);
	FIELD(mos_widget_context, state);

	SIZE(mos_widget_ops);
	FIELD(mos_widget_ops, activate);
	FIELD(mos_widget_ops, deactivate);
	FIELD(mos_widget_ops, settings);
	FIELD(mos_widget_ops, key);
	FIELD(mos_widget_ops, call);
	FIELD(mos_widget_ops, draw);
	FIELD(mos_widget_ops, pointer);

	SIZE(mos_point);
	FIELD(mos_point, x);
	FIELD(mos_point, y);
	SIZE(mos_box);
	FIELD(mos_box, x);
	FIELD(mos_box, y);
	FIELD(mos_box, w);
	FIELD(mos_box, h);
	SIZE(mos_ink);
	FIELD(mos_ink, color);
	FIELD(mos_ink, is_token);
	SIZE(mos_pointer);
	FIELD(mos_pointer, kind);
	FIELD(mos_pointer, at);
	FIELD(mos_pointer, button);
	FIELD(mos_pointer, buttons);
	FIELD(mos_pointer, wheel);
	return 0;
}
