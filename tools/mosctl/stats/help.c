/* SPDX-License-Identifier: MIT */
/* What the counters of rtcore mean, for people who read a dashboard. */
#include <string.h>

#include "stats/stats.h"

static const struct {
	const char *label; /* one that ends in '.' stands for all that begin so */
	const char *text;
} texts[] = {
	{"rt.cycles", "Audio cycles"},
	{"rt.cycle", "Time that one audio cycle took"},
	{"rt.wakeup", "From the start of the graph's cycle to our turn"},
	{"rt.load_permille", "The last cycle's time by its length"},
	{"rt.xruns", "Cycles that the sound server counts as late or lost"},
	{"rt.overruns", "Cycles that ended after their deadline"},
	{"rt.cycle_skipped", "Cycles given up while the control thread was inside"},
	{"rt.workers", "Threads that make voices sound, the audio thread among them"},
	{"rt.worker_units", "Parts of blocks that the second worker did"},
	{"rt.worker_late", "Parts of blocks that were left out since the second worker was held up"},
	{"rt.published.", "Events that the audio thread told"},
	{"kronos.jitter", "How far a cycle began from the clock's line"},
	{"kronos.jitterMax", "The most of it so far"},
	{"kronos.dll_error", "The clock's last error, before it is filtered"},
	{"kronos.follow.error", "The clock that is followed is so much ahead"},
	{"kronos.follow.jumps", "Times the transport jumped to be in phase with the clock that is followed"},
	{"kronos.follow.leader", "Whose clock is followed: 0 nobody's, 1 MIDI, 2 Ableton Link"},
	{"kronos.follow.lost", "Times the clock that is followed fell silent"},
	{"kronos.follow.pulses", "Pulses of a MIDI clock that were followed"},
	{"kronos.resyncs", "Times the clock's line began anew, since cycles were lost"},
	{"kronos.drift_ppb", "The graph's clock against the system's"},
	{"kronos.duplicates", "Requests for a state that was there already"},
	{"kronos.refused", "Requests for a change of state that is not allowed"},
	{"kronos.recovered", "Times the transport went on by itself after a fault"},
	{"kronos.queue", "Requests that wait for a score to be loaded"},
	{"kronos.commandsPublished", "Commands that were told"},
	{"kronos.ticksPublished", "Beats that were told"},
	{"kronos.seek", "From a request to seek to the position changed"},
	{"kronos.load", "From a score handed over to its being in force"},
	{"seq.late", "Events that found no room in their block"},
	{"seq.events", "Events of the score that were due"},
	{"gate.sent", "Packets of the score that were played"},
	{"gate.late", "Packets of the score that came later than its limit"},
	{"gate.dropped", "Ornaments among them that were left out"},
	{"live.waiting", "Notes of clients that wait for their time"},
	{"live.dropped", "Notes of clients that found no room"},
	{"apollo.voices", "Voices that sound"},
	{"apollo.keys_down", "Keys that are held"},
	{"apollo.notes", "Notes that were played"},
	{"apollo.peak_l", "Peak level of the left output"},
	{"apollo.peak_r", "Peak level of the right output"},
	{"apollo.strip.", "Peak level of a mixer strip"},
	{"apollo.voices_max", "The most voices at once so far"},
	{"apollo.stolen", "Voices that were ended for others"},
	{"apollo.starved", "Voices that faded since the disk was late"},
	{"apollo.limited", "Blocks in which the limiter worked"},
	{"apollo.latency", "Delay of the score in the mixer: its latest strip's, and the master's"},
	{"apollo.clips.sounding", "Clips that sound"},
	{"apollo.clips.late", "Times a clip was silent, waiting for the disk"},
	{"apollo.state", "State of the sound engine, as apollo.engine.status words it"},
	{"apollo.load_percent", "How much of a sound font is loaded"},
	{"apollo.bank_bytes", "Size of the sound font"},
	{"apollo.load_tries", "Times that a sound font was tried"},
	{"apollo.presets", "Instruments to choose from"},
	{"apollo.polyphony", "Voices at once, at most"},
	{"apollo.resident_bytes", "Samples in memory"},
	{"apollo.cache_bytes", "Decoded samples on disk"},
	{"apollo.cache_hits", "Samples that were found decoded"},
	{"apollo.cache_misses", "Samples that had to be decoded"},
	{"apollo.streams", "Voices that are read from disk"},
	{"apollo.stream_late", "Blocks that came too late from disk"},
	{"apollo.stream_bytes", "Samples read from disk"},
	{"apollo.loudness.momentary", "Loudness of the last 400 ms"},
	{"apollo.loudness.short", "Loudness of the last 3 s"},
	{"apollo.loudness.integrated", "Loudness since the meter was set back"},
	{"apollo.loudness.range", "Loudness range since the meter was set back"},
	{"apollo.loudness.true_peak", "True peak since the meter was set back"},
	{"apollo.loudness.lost", "Frames that the meter was too late for"},
	{"midi.in", "MIDI packets that came in"},
	{"midi.in_rate", "MIDI packets in the last second"},
	{"midi.in_dropped", "MIDI packets that found no room"},
	{"midi.latency", "From a note's arrival to its sound handed over"},
	{"midi.out", "MIDI packets that went out"},
	{"midi.dropped", "MIDI packets that could not go out"},
	{"events.published", "Events told, by whomever"},
	{"events.unpublished", "Events lost since the bus thread stood still"},
	{"bus.records", "Events taken from programs"},
	{"bus.published.", "Events of programs that were told"},
	{"bus.refused.", "Events of programs that were refused, and why"},
	{"bus.refused.type", "Events of programs that were of no known type"},
	{"bus.coalesced", "Snapshots that a newer one replaced"},
	{"bus.floods", "Frames in which a program had spent its share"},
	{"bus.cycles", "Answers to answers beyond the limit"},
	{"bus.held", "Sounding events that waited for an audio cycle"},
	{"bus.resync", "Rings of programs whose position was nonsense"},
	{"bus.unpublished", "Events lost since the audio thread stood still"},
	{"bus.bells", "Groups of readers that were woken"},
	{"bus.wakeups", "Times the bus thread was woken"},
	{"control.clients", "Programs that have a slot in the real-time core"},
	{"control.requests", "Requests to the real-time core"},
	{"driver.state", "Sound output: 0 down, 1 idle, 2 running, 3 failed"},
	{"driver.restarts", "Times the sound output was opened again"},
};

const char *stats_help(const char *label)
{
	size_t best = 0;
	const char *text = NULL;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const size_t len = strlen(texts[i].label);

		if (!strcmp(texts[i].label, label))
			return texts[i].text;
		if (texts[i].label[len - 1] == '.' && len > best && !strncmp(texts[i].label, label, len)) {
			best = len;
			text = texts[i].text;
		}
	}
	return text;
}
