/* SPDX-License-Identifier: MIT */
#include "expected.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/chord_name.h>
#include <mos/pitch.h>

#include "detector.h"

#define STRUM_NS 30000000 /* notes of one chord in a score that was played in */

void expected_init(struct expected *e)
{
	*e = (struct expected){.part = EXPECTED_ALL_PARTS,
		.is_playing = -1,
		.told_ns = -EXPECTED_APART_NS,
		.told_onset_ns = INT64_MIN,
		.told_struck_ns = INT64_MIN};
}

void expected_configure(struct expected *e, int is_on, int part)
{
	if (is_on == e->is_on && part == e->part)
		return;
	e->is_on = is_on;
	e->part = part;
	e->n_notes = 0;
}

void expected_transport(struct expected *e, int is_playing)
{
	e->is_playing = is_playing;
	if (!is_playing)
		e->n_notes = 0;
}

/* --- The score --- */

static void drop(struct expected *e, uint32_t i)
{
	e->n_notes--;
	memmove(&e->note[i], &e->note[i + 1], (e->n_notes - i) * sizeof(e->note[0]));
}

static void forget_old(struct expected *e, int64_t now_ns)
{
	for (uint32_t i = e->n_notes; i-- > 0;) {
		if (e->note[i].off_ns < now_ns - EXPECTED_LATE_NS)
			drop(e, i);
	}
}

void expected_seek(struct expected *e, const struct mos_event *seek)
{
	const struct mos_ev_transport *t = &seek->u.transport;

	for (uint32_t i = e->n_notes; i-- > 0;) {
		const struct expected_note *n = &e->note[i];

		if (n->on_ns < (int64_t)seek->time_ns || n->tick < t->to_tick ||
			(t->from_tick > t->to_tick && n->tick >= t->from_tick))
			drop(e, i);
	}
}

/* A note that is announced again, after a change of tempo or a jump to where it was. */
static struct expected_note *announced(struct expected *e, const struct expected_note *again, int64_t now_ns)
{
	for (uint32_t i = 0; i < e->n_notes; i++) {
		struct expected_note *n = &e->note[i];

		if (n->key == again->key && n->part == again->part && n->instance == again->instance &&
			n->tick == again->tick &&
			(n->on_ns > now_ns || llabs(n->on_ns - again->on_ns) < 2 * EXPECTED_AHEAD_NS))
			return n;
	}
	return NULL;
}

static void begin(struct expected *e, const struct expected_note *note, int64_t now_ns)
{
	struct expected_note *again = announced(e, note, now_ns);

	if (again) {
		again->on_ns = note->on_ns;
		return;
	}
	if (e->n_notes == EXPECTED_N_NOTES)
		drop(e, 0);
	e->note[e->n_notes++] = *note;
}

static void end(struct expected *e, const struct expected_note *off)
{
	for (uint32_t i = e->n_notes; i-- > 0;) {
		struct expected_note *n = &e->note[i];

		if (n->key == off->key && n->part == off->part && n->instance == off->instance &&
			n->on_ns < off->on_ns) {
			n->off_ns = off->on_ns;
			return;
		}
	}
}

void expected_score(struct expected *e, const struct mos_event *ev, int64_t now_ns)
{
	const struct mos_ev_note *n = &ev->u.note;
	const struct expected_note note = {
		.on_ns = ev->time_ns ? (int64_t)ev->time_ns : now_ns,
		.off_ns = INT64_MAX,
		.tick = ev->tick,
		.instance = n->instance,
		.part = n->part,
		.key = n->key,
	};

	if (!e->is_on || n->key > 127 || (e->part != EXPECTED_ALL_PARTS && n->part != e->part))
		return;
	if (e->is_playing < 0)
		e->is_playing = 1;
	if (!e->is_playing)
		return;
	forget_old(e, now_ns);
	if (ev->type == MOS_EVENT_MIDI_NOTEON)
		begin(e, &note, now_ns);
	else
		end(e, &note);
}

/* --- What is expected at a time --- */

struct moment {
	struct mos_held held;
	int64_t onset_ns; /* of its last note */
	int is_chord;
};

static struct moment moment_at(const struct expected *e, int64_t at_ns)
{
	struct moment m = {.onset_ns = INT64_MIN};
	uint64_t keys[2] = {0, 0};

	for (uint32_t i = 0; i < e->n_notes; i++) {
		const struct expected_note *n = &e->note[i];
		const int64_t until_ns = at_ns + STRUM_NS;

		if (n->on_ns > until_ns || n->off_ns <= at_ns ||
			(n->off_ns <= until_ns && n->on_ns < at_ns - STRUM_NS))
			continue;
		keys[n->key / 64] |= UINT64_C(1) << (n->key % 64);
		if (n->on_ns > m.onset_ns)
			m.onset_ns = n->on_ns;
	}
	m.held = mos_held_from_keys(keys);
	m.is_chord = __builtin_popcount(m.held.pitch_classes) >= 3;
	return m;
}

/* The time whose notes a stroke that is wrong was meant for. @return 0: a rest. */
static int meant_for(const struct expected *e, int64_t now_ns, int64_t *ret_ns)
{
	int64_t next_ns = INT64_MAX;
	int is_sounding = 0;

	for (uint32_t i = 0; i < e->n_notes; i++) {
		const struct expected_note *n = &e->note[i];

		if (n->on_ns > now_ns && n->on_ns < next_ns)
			next_ns = n->on_ns;
		is_sounding |= n->on_ns <= now_ns && n->off_ns > now_ns;
	}
	if (next_ns - now_ns <= EXPECTED_TOLERANCE_NS)
		*ret_ns = next_ns;
	else if (is_sounding)
		*ret_ns = now_ns;
	else if (next_ns - now_ns <= EXPECTED_AHEAD_NS)
		*ret_ns = next_ns;
	else
		return 0;
	return 1;
}

static int answers(const struct expected *e, const struct expected_note *n, unsigned int key)
{
	return n->key == key || (n->key % 12 == key % 12 && moment_at(e, n->on_ns).is_chord);
}

/* The note that a key was struck for: the nearest that nobody has played, else one that sounds. */
static struct expected_note *find_note(struct expected *e, unsigned int key, int64_t now_ns)
{
	struct expected_note *best = NULL;

	for (uint32_t i = 0; i < e->n_notes; i++) {
		struct expected_note *n = &e->note[i];
		const int is_over = n->off_ns <= now_ns - (n->is_played ? 0 : EXPECTED_LATE_NS);

		if (is_over || n->on_ns > now_ns + EXPECTED_AHEAD_NS || !answers(e, n, key))
			continue;
		if (!best || n->is_played < best->is_played ||
			(n->is_played == best->is_played &&
				llabs(n->on_ns - now_ns) < llabs(best->on_ns - now_ns)))
			best = n;
	}
	return best;
}

/* --- Telling --- */

static int may_tell(const struct expected *e, int64_t now_ns)
{
	return now_ns - e->told_ns >= EXPECTED_APART_NS;
}

static void name_key(unsigned int key, const struct mos_tonality *tonality, char name[8])
{
	const int fifths = tonality ? mos_tonality_fifths(*tonality) : 0;

	if (mos_pitch_format(mos_pitch_spell((uint8_t)key, fifths), name, 8) < 0)
		name[0] = '\0';
}

/* The chord's symbol; else the expected key that is nearest to the one that was struck. */
static void name_moment(const struct expected *e, const struct moment *m, int64_t at_ns, unsigned int key,
	const struct mos_tonality *tonality, char name[18])
{
	struct mos_chord_name chord;
	int nearest = -1;

	if (m->is_chord && mos_chord_name(m->held, tonality, &chord, 1) &&
		detection_symbol(&chord.chord, name, 18) > 0)
		return;
	for (uint32_t i = 0; i < e->n_notes; i++) {
		const struct expected_note *n = &e->note[i];

		if (n->on_ns > at_ns + STRUM_NS || n->off_ns <= at_ns)
			continue;
		if (nearest < 0 || abs((int)n->key - (int)key) < abs(nearest - (int)key))
			nearest = n->key;
	}
	name_key((unsigned int)nearest, tonality, name);
}

static void tell(struct expected *e, enum mos_rocky_kind kind, int64_t now_ns, struct expected_told *ret)
{
	ret->has_feedback = 1;
	ret->feedback.kind = (uint8_t)kind;
	e->told_ns = now_ns;
}

/* @param by_ns  After its time; before it where < 0. */
static void tell_timing(
	struct expected *e, const char *name, int64_t by_ns, int64_t now_ns, struct expected_told *ret)
{
	const int64_t ms = llabs(by_ns) / 1000000;

	tell(e, by_ns < 0 ? MOS_ROCKY_EARLY : MOS_ROCKY_LATE, now_ns, ret);
	(void)snprintf(ret->feedback.message, sizeof(ret->feedback.message), "%.16s %u ms %s", name,
		ms < 9999 ? (unsigned int)ms : 9999u, by_ns < 0 ? "early" : "late");
}

static void show(const uint64_t keys[2], enum mos_rocky_kind kind, struct expected_told *ret)
{
	ret->has_highlight = 1;
	ret->highlight.keys[0] = keys[0];
	ret->highlight.keys[1] = keys[1];
	ret->highlight.kind = (uint8_t)kind;
}

/* Whether the chord of a time is held whole, with nothing wrong beside it: told once. */
static int judge_chord(struct expected *e, int64_t at_ns, int64_t now_ns, const struct mos_tonality *tonality,
	struct expected_told *ret)
{
	const struct moment m = moment_at(e, at_ns);
	const uint16_t held = mos_held_from_keys(e->down).pitch_classes;
	const uint16_t wrong = mos_held_from_keys(e->wrong).pitch_classes;
	int64_t by_ns;
	char name[18];

	if (!m.is_chord || m.onset_ns == e->told_onset_ns || e->struck_ns == e->told_struck_ns ||
		m.held.pitch_classes & ~held || wrong & ~m.held.pitch_classes || !may_tell(e, now_ns))
		return 0;
	by_ns = e->struck_ns - m.onset_ns;
	if (by_ns < -EXPECTED_EARLY_NS)
		return 0;
	e->told_onset_ns = m.onset_ns;
	e->told_struck_ns = e->struck_ns;
	name_moment(e, &m, at_ns, 0, tonality, name);
	show(e->down, MOS_ROCKY_RIGHT, ret);
	if (llabs(by_ns) > EXPECTED_TOLERANCE_NS) {
		tell_timing(e, name, by_ns, now_ns, ret);
		return 1;
	}
	tell(e, MOS_ROCKY_RIGHT, now_ns, ret);
	(void)snprintf(ret->feedback.message, sizeof(ret->feedback.message), "%s", name);
	return 1;
}

static int judge_right(struct expected *e, struct expected_note *n, unsigned int key, int64_t now_ns,
	const struct mos_tonality *tonality, struct expected_told *ret)
{
	const int is_chord = moment_at(e, n->on_ns).is_chord, is_first = !n->is_played;
	const int64_t by_ns = now_ns - n->on_ns;
	uint64_t keys[2] = {0, 0};
	char name[8];

	keys[key / 64] |= UINT64_C(1) << (key % 64);
	show(keys, MOS_ROCKY_RIGHT, ret);
	n->is_played = 1;
	if (is_chord) { /* its doublings in other octaves are played with it */
		for (uint32_t i = 0; i < e->n_notes; i++) {
			if (e->note[i].key % 12 == key % 12 && llabs(e->note[i].on_ns - n->on_ns) <= STRUM_NS)
				e->note[i].is_played = 1;
		}
		(void)judge_chord(e, by_ns < 0 ? n->on_ns : now_ns, now_ns, tonality, ret);
	} else if (is_first && llabs(by_ns) > EXPECTED_TOLERANCE_NS && may_tell(e, now_ns)) {
		name_key(key, tonality, name);
		tell_timing(e, name, by_ns, now_ns, ret);
	}
	return 1;
}

static int judge_wrong(struct expected *e, unsigned int key, int64_t now_ns,
	const struct mos_tonality *tonality, struct expected_told *ret)
{
	char wanted[18], played[8], *message = ret->feedback.message;
	const size_t size = sizeof(ret->feedback.message);
	struct moment m;
	int64_t at_ns;

	e->wrong[key / 64] |= UINT64_C(1) << (key % 64);
	if (!meant_for(e, now_ns, &at_ns))
		return 0;
	show(e->wrong, MOS_ROCKY_WRONG, ret);
	if (!may_tell(e, now_ns))
		return 1;
	m = moment_at(e, at_ns);
	name_moment(e, &m, at_ns, key, tonality, wanted);
	name_key(key, tonality, played);
	tell(e, MOS_ROCKY_WRONG, now_ns, ret);
	if (snprintf(message, size, "expected %s, heard %s", wanted, played) >= (int)size) {
		memset(message, 0, size);
		(void)snprintf(message, size, "expected %s", wanted);
	}
	return 1;
}

/* --- The player --- */

static int is_asked(const struct expected *e)
{
	return e->is_on && e->is_playing > 0 && e->n_notes > 0;
}

void expected_only(struct expected *e, const uint64_t keys[2])
{
	for (int i = 0; i < 2; i++) {
		e->down[i] &= keys[i];
		e->wrong[i] &= keys[i];
	}
}

int expected_played(struct expected *e, int on, unsigned int key, int64_t now_ns,
	const struct mos_tonality *tonality, struct expected_told *ret)
{
	const uint64_t bit = UINT64_C(1) << (key % 64);
	struct expected_note *n;

	*ret = (struct expected_told){0};
	if (key > 127)
		return 0;
	e->wrong[key / 64] &= ~bit;
	if (!on) {
		e->down[key / 64] &= ~bit;
		return expected_tick(e, now_ns, tonality, ret); /* what is left may be right now */
	}
	e->down[key / 64] |= bit;
	e->struck_ns = now_ns;
	if (!is_asked(e))
		return 0;
	n = find_note(e, key, now_ns);
	return n ? judge_right(e, n, key, now_ns, tonality, ret) : judge_wrong(e, key, now_ns, tonality, ret);
}

int expected_tick(
	struct expected *e, int64_t now_ns, const struct mos_tonality *tonality, struct expected_told *ret)
{
	*ret = (struct expected_told){0};
	return is_asked(e) && judge_chord(e, now_ns, now_ns, tonality, ret);
}
