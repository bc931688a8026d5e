/* SPDX-License-Identifier: MIT */
/* A chord or rest: its notes, one element each. */
#include "export.h"

#include <stdio.h>
#include <string.h>

#include <mos/pitch.h>

struct spelled {
	int step, alter, octave;
	unsigned accidental;
	int forced; /**< stated in the score */
};

static int key_alter(int step, int fifths)
{
	static const int8_t order[7] = {1, 3, 5, 0, 2, 4, 6}; /* F C G D A E B, by step C..B */
	return fifths > order[step] ? 1 : fifths < 0 && 6 - order[step] < -fifths ? -1 : 0;
}

static int fifths_at(const struct mxo *x, unsigned staff)
{
	return x->fifths[(staff - 1) % 8] - 8;
}

/** How the note is spelled: as stated, if that gives its pitch, else as the key has it. */
static struct spelled spell(const struct mxo *x, const struct mxo_piece *p, const struct nvx_note *note)
{
	static const int8_t semitones[7] = {0, 2, 4, 5, 7, 9, 11};
	struct spelled s = {};
	int written = note->pitch;
	uint32_t n = 0;
	if (x->p->has_transpose)
		written += x->p->transpose_chromatic + 12 * x->p->transpose_octave;
	const struct nvx_spelling *list =
		p->event == MXO_NONE ? NULL
				     : nvx_items(x->score->pool, mxo_notation(x, p->event)->spelling, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (list[i].note_id != note->id || list[i].step > 6)
			continue;
		const int natural = written - list[i].alter;
		s.accidental = list[i].accidental;
		if ((natural - semitones[list[i].step]) % 12 != 0)
			break;
		s.step = list[i].step;
		s.alter = list[i].alter;
		s.octave = (natural - semitones[s.step]) / 12 - 1;
		if (s.octave >= 0 && s.octave <= 9)
			return s;
		break;
	}
	while (written < 12)
		written += 12;
	while (written > 127)
		written -= 12;
	const struct mos_pitch usual = mos_pitch_spell((uint8_t)written, fifths_at(x, p->staff));
	s.step = usual.step;
	s.alter = usual.alter;
	s.octave = usual.octave;
	return s;
}

static void write_pitch(struct mxo *x, const struct nvx_note *note, const struct spelled *s)
{
	static const char *const steps[] = {"C", "D", "E", "F", "G", "A", "B"};
	char alter[40];
	mxo_open(x, "pitch");
	mxo_text(x, "step", steps[s->step]);
	if (s->alter || note->cents_1e3) {
		mxo_decimal(
			alter, sizeof(alter), (int64_t)s->alter * 1000000 + (int64_t)note->cents_1e3 * 10);
		mxo_text(x, "alter", alter);
	}
	mxo_int(x, "octave", s->octave < 0 ? 0 : s->octave > 9 ? 9 : s->octave);
	mxo_close(x, "pitch");
}

/** Where a drum stands: as an import kept it, or as drummers are used to. */
static const char *drum_head(struct mxo *x, const struct nvx_note *note, char display[static 3])
{
	static const struct {
		uint8_t key;
		char place[3];
		const char *head;
	} drums[] = {
		{35, "E4", NULL},
		{36, "F4", NULL},
		{37, "C5", "x"},
		{38, "C5", NULL},
		{39, "C5", "x"},
		{40, "C5", NULL},
		{41, "G4", NULL},
		{42, "G5", "x"},
		{43, "A4", NULL},
		{44, "D4", "x"},
		{45, "A4", NULL},
		{46, "G5", "circle-x"},
		{47, "B4", NULL},
		{48, "D5", NULL},
		{49, "A5", "x"},
		{50, "E5", NULL},
		{51, "F5", "x"},
		{52, "B5", "x"},
		{53, "F5", "diamond"},
		{54, "B4", "x"},
		{55, "B5", "x"},
		{56, "E5", "triangle"},
		{57, "B5", "x"},
		{59, "F5", "x"},
	};
	char buf[8];
	memcpy(display, "B4", 3);
	if (mxo_fact(x, note->extra, "display", buf, sizeof(buf)) && buf[0] >= 'A' && buf[0] <= 'G' &&
		buf[1] >= '0' && buf[1] <= '9' && !buf[2]) {
		memcpy(display, buf, 3);
		return NULL;
	}
	for (unsigned i = 0; i < sizeof(drums) / sizeof(*drums); i++) {
		if (drums[i].key == note->pitch) {
			memcpy(display, drums[i].place, 3);
			return drums[i].head;
		}
	}
	return NULL;
}

static const char *accidental_name(const struct spelled *s)
{
	static const char *const names[] = {
		"triple-flat", "flat-flat", "flat", "natural", "sharp", "double-sharp", "triple-sharp"};
	return names[s->alter + 3];
}

static void write_accidental(struct mxo *x, const struct mxo_piece *p, const struct nvx_note *note,
	const struct spelled *s, int tied)
{
	const unsigned octave = (unsigned)(s->octave < 0 ? 0 : s->octave > 11 ? 11 : s->octave);
	uint8_t *in_force = &x->accidental[(p->staff - 1) % 8][s->step][octave];
	const int expected = *in_force ? *in_force - 8 : key_alter(s->step, fifths_at(x, p->staff));
	const int by_rule = expected != s->alter && !tied;
	if (by_rule)
		*in_force = (uint8_t)(s->alter + 8);
	if (s->accidental == NVX_ACCIDENTAL_COURTESY)
		mxo_text(x, "accidental parentheses=\"yes\"", accidental_name(s));
	else if (s->accidental == NVX_ACCIDENTAL_EDITORIAL)
		mxo_text(x, "accidental editorial=\"yes\"", accidental_name(s));
	else if (s->accidental == NVX_ACCIDENTAL_SHOW ||
		 (by_rule && s->accidental != NVX_ACCIDENTAL_NONE && !note->cents_1e3))
		mxo_text(x, "accidental", accidental_name(s));
}

/** Attributes of the element: loudness where dynamics do not say it, how it is played. */
static void open_note(struct mxo *x, uint32_t piece, const struct mxo_head *head)
{
	const struct mxo_piece *p = &x->pieces[piece];
	const struct nvx_notation_element *e = p->event == MXO_NONE ? NULL : mxo_notation(x, p->event);
	char tag[256], number[40];
	size_t n = (size_t)snprintf(tag, sizeof(tag), "note%s", e && e->hidden ? " print-object=\"no\"" : "");
	const struct mxo_note *span = head ? &x->notes[head->note] : NULL;
	if (head && !head->tie_stop) {
		const struct nvx_note *note = mxo_note_at(x, head->note);
		if (note->velocity !=
			mxo_velocity_at(x, p->is_grace && !p->is_after ? p->tick : note->tick)) {
			mxo_decimal(number, sizeof(number), ((int64_t)note->velocity * 100000000 + 45) / 90);
			n += (size_t)snprintf(tag + n, sizeof(tag) - n, " dynamics=\"%s\"", number);
		}
		if (note->release_velocity != 64) {
			mxo_decimal(number, sizeof(number),
				((int64_t)note->release_velocity * 100000000 + 45) / 90);
			n += (size_t)snprintf(tag + n, sizeof(tag) - n, " end-dynamics=\"%s\"", number);
		}
		if (!p->is_grace && note->tick != p->tick)
			n += (size_t)snprintf(tag + n, sizeof(tag) - n, " attack=\"%lld\"",
				(long long)(note->tick - p->tick));
	}
	if (head && span->last == piece && !p->is_grace) {
		const struct nvx_note *note = mxo_note_at(x, head->note);
		const int64_t late = note->tick + note->duration_ticks - (p->tick + p->ticks);
		if (late)
			n += (size_t)snprintf(tag + n, sizeof(tag) - n, " release=\"%lld\"", (long long)late);
	}
	mxo_open(x, tag);
}

static void write_time_modification(struct mxo *x, const struct mxo_piece *p)
{
	if (p->actual == p->normal)
		return;
	mxo_open(x, "time-modification");
	mxo_int(x, "actual-notes", p->actual);
	mxo_int(x, "normal-notes", p->normal);
	mxo_close(x, "time-modification");
}

/** Beams of a piece: how many its value has, and which of them go on to its neighbours. */
static unsigned flags_of(const struct mxo_piece *p)
{
	return p->value >= NVX_VALUE_8 ? p->value - NVX_VALUE_8 + 1u : 0;
}

static const struct mxo_beam *find_beam(const struct mxo *x, uint32_t piece)
{
	size_t low = 0, high = x->n_beams;
	while (low < high) {
		const size_t mid = (low + high) / 2;
		if (x->beams[mid].piece < piece)
			low = mid + 1;
		else
			high = mid;
	}
	return low < x->n_beams && x->beams[low].piece == piece ? &x->beams[low] : NULL;
}

static unsigned neighbour_flags(const struct mxo *x, const struct mxo_beam *b, uint32_t place)
{
	uint32_t n;
	const nvx_id *ids = nvx_items(x->score->pool, mxo_notation(x, b->beam)->event_ids, &n);
	const uint32_t event = place < n ? mxo_find_event(x, ids[place]) : MXO_NONE;
	const uint32_t piece = event == MXO_NONE ? 0 : x->piece_of_event[event];
	return piece && piece <= x->n_pieces && x->pieces[piece - 1].event == event
		       ? flags_of(&x->pieces[piece - 1])
		       : 0;
}

static void write_beams(struct mxo *x, uint32_t piece)
{
	const struct mxo_beam *b = find_beam(x, piece);
	const unsigned own = flags_of(&x->pieces[piece]);
	if (!b || b->count < 2)
		return;
	const unsigned before = b->place ? neighbour_flags(x, b, b->place - 1) : 0;
	const unsigned after = b->place + 1 < b->count ? neighbour_flags(x, b, b->place + 1) : 0;
	for (unsigned level = 1; level <= (own ? own : 1) && level <= 8; level++) {
		const int left = level == 1 ? b->place > 0 : before >= level;
		const int right = level == 1 ? b->place + 1 < b->count : after >= level;
		char tag[32];
		(void)snprintf(tag, sizeof(tag), "beam number=\"%u\"", level);
		mxo_text(x, tag,
			left && right ? "continue"
			: right       ? "begin"
			: left        ? "end"
			: b->place    ? "backward hook"
				      : "forward hook");
	}
}

static void write_head_shape(
	struct mxo *x, const struct mxo_piece *p, const struct nvx_note *note, const char *drum)
{
	static const char *const shapes[] = {"slash", "triangle", "diamond", "square", "cross", "x",
		"circle-x", "inverted triangle", "arrow down", "arrow up", "circled", "slashed",
		"back slashed", "normal", "cluster", "circle dot", "left triangle", "rectangle", "none", "do",
		"re", "mi", "fa", "fa up", "so", "la", "ti"};
	uint32_t n = 0;
	const struct nvx_head *heads =
		p->event == MXO_NONE ? NULL : nvx_items(x->score->pool, mxo_notation(x, p->event)->heads, &n);
	for (uint32_t i = 0; i < n; i++) {
		if (heads[i].note_id == note->id)
			drum = score_text(x->score, heads[i].head);
	}
	for (unsigned i = 0; drum && i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (strcmp(shapes[i], drum) == 0)
			mxo_text(x, "notehead", drum);
	}
}

/** @param head  MXO_NONE: a rest. */
static void write_note(struct mxo *x, uint32_t piece, uint32_t head)
{
	static const char *const stems[] = {NULL, "up", "down", "none"};
	const struct mxo_piece *p = &x->pieces[piece];
	const struct mxo_head *h = head == MXO_NONE ? NULL : &x->heads[head];
	const struct nvx_notation_element *e = p->event == MXO_NONE ? NULL : mxo_notation(x, p->event);
	const struct nvx_note *note = h ? mxo_note_at(x, h->note) : NULL;
	const int is_cue = note ? note->muted : e && e->is_cue;
	const int is_drum = note && (x->is_kit || note->channel == 9);
	const int joins = h && (head != p->first || x->in_chord);
	struct spelled s = {};
	char display[3];
	const char *drum = NULL;
	open_note(x, piece, h);
	if (p->is_grace)
		mxo_empty(x, e && e->grace_slash ? "grace slash=\"yes\"" : "grace");
	if (is_cue)
		mxo_empty(x, "cue");
	if (joins)
		mxo_empty(x, "chord");
	if (!note) {
		mxo_empty(x, p->whole || (e && !p->value) ? "rest measure=\"yes\"" : "rest");
	} else if (is_drum) {
		drum = drum_head(x, note, display);
		mxo_open(x, "unpitched");
		display[2] = 0;
		const char octave[2] = {display[1], 0}, step[2] = {display[0], 0};
		mxo_text(x, "display-step", step);
		mxo_text(x, "display-octave", octave);
		mxo_close(x, "unpitched");
	} else {
		s = spell(x, p, note);
		write_pitch(x, note, &s);
	}
	if (!p->is_grace)
		mxo_int(x, "duration", p->ticks);
	if (h && h->tie_stop && !is_cue)
		mxo_empty(x, "tie type=\"stop\"");
	if (h && h->tie_start && !is_cue)
		mxo_empty(x, "tie type=\"start\"");
	if (is_drum)
		mxo_emptyf(x, "instrument id=\"P%u-I%u\"", x->part + 1, note->pitch + 100u);
	mxo_int(x, "voice", p->voice);
	if (mxo_type(p->value))
		mxo_text(x, "type", mxo_type(p->value));
	for (unsigned i = 0; i < p->dots; i++)
		mxo_empty(x, "dot");
	if (note && !is_drum)
		write_accidental(x, p, note, &s, h->tie_stop);
	write_time_modification(x, p);
	if (e && e->stem < 4 && stems[e->stem])
		mxo_text(x, "stem", stems[e->stem]);
	if (note)
		write_head_shape(x, p, note, drum);
	if (x->n_staves > 1)
		mxo_int(x, "staff", p->staff);
	if (!joins)
		write_beams(x, piece);
	mxo_write_notations(x, piece, head);
	mxo_write_lyrics(x, piece, head);
	mxo_close(x, "note");
}

void mxo_write_piece(struct mxo *x, uint32_t piece)
{
	const struct mxo_piece *p = &x->pieces[piece];
	if (!p->n)
		write_note(x, piece, MXO_NONE);
	for (uint32_t h = p->first; h < p->first + p->n && !x->error; h++)
		write_note(x, piece, h);
}
