/* SPDX-License-Identifier: MIT */
/* Notes, chords, rests and what changes their lengths: broken rhythm, tuplets, ties. */
#include <string.h>

#include "abc_impl.h"

static const int8_t semitones[7] = {0, 2, 4, 5, 7, 9, 11};

static struct abc_span skip(struct abc_span text, size_t n)
{
	return (struct abc_span){text.at + n, text.n - n};
}

static bool next_is(struct abc_span text, char c)
{
	return text.n && text.at[0] == c;
}

/** "2", "/", "3/2", "//" after a note. */
static struct abc_ratio read_length(struct abc_reader *r, struct abc_span *text)
{
	struct abc_ratio length = {1, 1};
	const char *start = text->at;
	const bool has_num = abc_uint(text, ABC_MAX_LENGTH, &length.num);
	while (next_is(*text, '/')) {
		*text = skip(*text, 1);
		uint32_t den;
		if (!abc_uint(text, ABC_MAX_LENGTH, &den))
			den = 2;
		if (den == 0 || (uint64_t)length.den * den > 4096)
			score_warn(
				r->report, ABC_BAD, ABC_AT(r, start), "a length with a divisor beyond 4096");
		else
			length.den *= den;
	}
	if (has_num && (length.num == 0 || length.num > 65535)) {
		score_warn(
			r->report, ABC_BAD, ABC_AT(r, start), "a length of 0 or beyond 65535 is read as 1");
		length.num = 1;
	}
	return length;
}

static struct abc_ratio multiply(struct abc_ratio a, struct abc_ratio b)
{
	if (b.num == 1 && b.den == 1)
		return a;
	const uint32_t x = abc_gcd(a.num, b.den), y = abc_gcd(b.num, a.den);
	const uint64_t num = (uint64_t)(a.num / x) * (b.num / y), den = (uint64_t)(a.den / y) * (b.den / x);
	if (num > ABC_MAX_LENGTH || den > ABC_MAX_LENGTH)
		return a; /* beyond all music; broken rhythm of broken rhythm */
	return (struct abc_ratio){(uint32_t)num, (uint32_t)den};
}

static int64_t units(struct abc_ratio length, struct abc_ratio scale)
{
	uint64_t num = (uint64_t)length.num * scale.num, den = (uint64_t)length.den * scale.den;
	const uint64_t whole = ABC_WHOLE;
	if (!(den & (den - 1))) { /* mostly: as below, without the division */
		const unsigned log2 = (unsigned)__builtin_ctzll(den);
		return (int64_t)(num * (whole >> log2) + ((num * (whole & (den - 1)) + den / 2) >> log2));
	}
	/* den is below 2^32, num below 2^32: the products fit */
	const uint64_t per = whole / den, rest = whole % den;
	return (int64_t)(num * per + (num * rest + den / 2) / den);
}

static struct abc_ratio scale_of(const struct abc_voice *v, uint32_t tuplet)
{
	return tuplet == ABC_NONE ? (struct abc_ratio){1, 1} : v->tuplet[tuplet].scale;
}

static void take_pending(struct abc_voice *v, struct abc_event *event)
{
	struct abc_pending *pending = &v->pending;
	event->articulations = pending->articulations;
	event->ornaments = pending->ornaments;
	event->technical = pending->technical;
	event->tremolo = pending->tremolo;
	event->arpeggio = pending->arpeggio;
	event->breath = pending->breath;
	if (pending->fermata)
		event->flags |= ABC_FERMATA;
	*pending = (struct abc_pending){0};
}

static void begin_line(struct abc_reader *r, struct abc_voice *v, uint32_t event)
{
	if (v->line_serial == r->line_serial)
		return;
	v->line_serial = r->line_serial;
	v->line_first = event;
	v->verse = 0;
}

static void use_tuplet(struct abc_voice *v, struct abc_lane *lane, uint32_t event)
{
	for (uint32_t t = lane->tuplet; t != ABC_NONE; t = v->tuplet[t].parent) {
		struct abc_tuplet *tuplet = &v->tuplet[t];
		if (tuplet->first == ABC_NONE)
			tuplet->first = event;
		tuplet->last = event;
		if (tuplet->left)
			tuplet->left--;
	}
	while (lane->tuplet != ABC_NONE && v->tuplet[lane->tuplet].left == 0)
		lane->tuplet = v->tuplet[lane->tuplet].parent;
}

/** A new event at the place of its lane; it has no notes yet. */
static struct abc_event *add_event(
	struct abc_reader *r, struct abc_voice *v, struct abc_ratio length, unsigned flags, const char *at)
{
	struct abc_bar *bar = abc_bar_now(r, v);
	if (bar && (bar->is_rest || bar->is_empty)) { /* a rest of whole measures ends its measure */
		abc_bar_end(r, v);
		bar = abc_bar_now(r, v);
	}
	if (!bar)
		return NULL;
	struct abc_event *event = ABC_PUSH(r, v, event);
	if (!event)
		return NULL;
	struct abc_lane *lane = &v->lane[v->lane_no];
	const uint32_t index = (uint32_t)(v->n_event - 1);
	*event = (struct abc_event){
		.at = lane->at,
		.bar = lane->bar,
		.tuplet = ABC_NONE,
		.note = (uint32_t)r->n_note,
		.src = abc_src(r, at),
		.lane = v->lane_no,
		.flags = (uint8_t)(flags | (v->spaced ? 0 : ABC_JOINED)),
		.velocity = v->velocity,
		.stem = v->stem,
		.fifths = (int8_t)abc_key_fifths(&v->key),
	};
	take_pending(v, event);
	begin_line(r, v, index);
	for (; v->next_slur < v->n_slur_list; v->next_slur++)
		if (v->slur_list[v->next_slur].from == ABC_NONE)
			v->slur_list[v->next_slur].from = index;
	if (flags & ABC_GRACE) {
		length = multiply(v->grace_unit, length);
		event->num = length.num;
		event->den = length.den;
		return event;
	}
	length = multiply(multiply(v->unit, length), lane->broken);
	lane->broken = (struct abc_ratio){1, 1};
	event->num = length.num;
	event->den = length.den;
	event->tuplet = lane->tuplet;
	event->len = units(length, scale_of(v, event->tuplet));
	use_tuplet(v, lane, index);
	lane->at += event->len;
	lane->event = index;
	v->spaced = 0;
	if (lane->at > bar->len)
		bar->len = lane->at;
	if (bar->len > ABC_MAX_BAR && !r->draft->error)
		r->draft->error = score_error(
			r->report, ABC_BAD, ABC_AT(r, at), "a measure of more than 65536 whole notes");
	return event;
}

/* ---- notes ---- */

/** "^", "__", "=", "^3/2" before a letter. Alteration in cents. */
static bool read_accidental(struct abc_span *text, int *ret_cents)
{
	int sign = 0;
	size_t n = 0;
	while (n < text->n && n < 3 && (text->at[n] == '^' || text->at[n] == '_' || text->at[n] == '=')) {
		sign += text->at[n] == '^' ? 1 : text->at[n] == '_' ? -1 : 0;
		n++;
	}
	if (n == 0)
		return false;
	struct abc_span rest = skip(*text, n);
	uint32_t num = 1, den = 1;
	const bool has_num = abc_uint(&rest, 1000, &num);
	if (next_is(rest, '/')) {
		rest = skip(rest, 1);
		if (!abc_uint(&rest, 1000, &den) || den == 0)
			den = 2;
	} else if (has_num) {
		num = 1; /* "^2A" is no known accidental */
	}
	*text = rest;
	*ret_cents = sign * (int)(100 * num / den);
	if (*ret_cents > 300 || *ret_cents < -300)
		*ret_cents = sign * 100;
	return true;
}

static unsigned slot(const struct abc_note *note)
{
	const int row = note->octave < 0 ? 0 : note->octave >= ABC_OCTAVES ? ABC_OCTAVES - 1 : note->octave;
	return (unsigned)(row * 7 + note->step);
}

void abc_reset_accidentals(struct abc_voice *v)
{
	memset(v->accidental, 0, sizeof(v->accidental));
	memset(v->accidental_here, 0, sizeof(v->accidental_here));
}

/** The open tie of the event before that leads to this note. */
static struct abc_note *tie_source(
	struct abc_reader *r, const struct abc_voice *v, const struct abc_note *note)
{
	const struct abc_lane *lane = &v->lane[v->lane_no];
	if (lane->event == ABC_NONE || v->in_grace)
		return NULL;
	const struct abc_event *event = &v->event[lane->event];
	if (event->bar == lane->bar ? event->at + event->len != lane->at
				    : event->bar + 1 != lane->bar || lane->at > 0)
		return NULL; /* time lies between them */
	for (unsigned i = 0; i < event->n_notes; i++) {
		struct abc_note *from = &r->note[event->note + i];
		if (from->ties == 1 && from->step == note->step && from->octave == note->octave &&
			(!note->is_explicit || (from->alter == note->alter && from->cents == note->cents)))
			return from;
	}
	for (unsigned i = 0; i < event->n_notes; i++) {
		struct abc_note *from = &r->note[event->note + i];
		if (from->ties == 1 && from->pitch == note->pitch && from->cents == note->cents)
			return from;
	}
	return NULL;
}

static int sounding(const struct abc_voice *v, const struct abc_note *note)
{
	return 12 * (note->octave + v->octave + v->clef.octave + 1) + semitones[note->step] + note->alter +
	       v->transpose + v->midi_transpose;
}

static void find_alteration(struct abc_voice *v, struct abc_note *note, int cents)
{
	const uint8_t step = v->accidental[note->step], here = v->accidental_here[slot(note)];
	const int8_t key = v->key.sig[note->step];
	const int8_t by_step = step ? (int8_t)(step - 4) : key, by_place = here ? (int8_t)(here - 4) : key;
	if (!note->is_explicit) {
		note->alter = v->propagate == 'n' ? key : v->propagate == 'o' ? by_place : by_step;
		if (by_step != note->alter ||
			by_place != note->alter) /* other readers need an accidental here */
			v->accidental[note->step] = v->accidental_here[slot(note)] =
				(uint8_t)(note->alter + 4);
		return;
	}
	note->alter = (int8_t)(cents < 0 ? -(-cents / 100) : cents / 100);
	note->cents = (int16_t)(cents - 100 * note->alter);
	/* an accidental that no reader needs, whatever it takes for the reach of the ones before */
	const int8_t plain = v->key.shown[note->step];
	if (note->accidental == NVX_ACCIDENTAL_AUTO && note->cents == 0 &&
		(step ? by_step : plain) == note->alter && (here ? by_place : plain) == note->alter)
		note->accidental = NVX_ACCIDENTAL_SHOW;
	v->accidental[note->step] = v->accidental_here[slot(note)] = (uint8_t)(note->alter + 4);
}

void abc_lead_graces(struct abc_voice *v, struct abc_note *notes)
{
	const struct abc_lane *lane = &v->lane[v->lane_no];
	size_t first = v->n_event;
	while (first > 0 && (v->event[first - 1].flags & ABC_GRACE) && v->event[first - 1].bar == lane->bar &&
		v->event[first - 1].at == lane->at)
		first--;
	if (first == v->n_event)
		return;
	abc_reset_accidentals(v);
	for (; first < v->n_event; first++)
		for (unsigned i = 0; i < v->event[first].n_notes; i++) {
			struct abc_note *note = &notes[v->event[first].note + i];
			if (note->accidental == NVX_ACCIDENTAL_SHOW)
				note->accidental = NVX_ACCIDENTAL_AUTO;
			if (note->is_explicit)
				find_alteration(v, note, 100 * note->alter + note->cents);
		}
}

static void find_pitch(
	struct abc_reader *r, struct abc_voice *v, struct abc_note *note, int cents, const char *at)
{
	find_alteration(v, note, cents);
	int pitch = sounding(v, note);
	note->pitch = (int16_t)pitch;
	struct abc_note *from = tie_source(r, v, note);
	if (from) {
		from->ties = 2;
		if (note->is_explicit && note->step == from->step && note->accidental == NVX_ACCIDENTAL_AUTO)
			note->accidental = NVX_ACCIDENTAL_SHOW; /* the tie says as much */
		note->tied = (uint32_t)(from - r->note);
		note->alter = note->step == from->step ? from->alter : note->alter;
		note->cents = from->cents;
		note->pitch = from->pitch;
		return;
	}
	if (pitch >= 0 && pitch <= 127)
		return;
	score_warn(r->report, ABC_BAD, ABC_AT(r, at), "a pitch of %d is moved by octaves into 0..127", pitch);
	while (pitch < 0)
		pitch += 12;
	while (pitch > 127)
		pitch -= 12;
	note->pitch = (int16_t)pitch;
}

/** Accidental, letter, octave marks; without the length. @return false: no note. */
static bool read_note(struct abc_reader *r, struct abc_voice *v, struct abc_span *text)
{
	struct abc_span rest = *text;
	int cents = 0;
	const bool is_explicit = read_accidental(&rest, &cents);
	const char letter = rest.n ? rest.at[0] : 0;
	if ((letter | 32) < 'a' || (letter | 32) > 'g' || !letter)
		return false;
	struct abc_note *note = ABC_PUSH(r, r, note);
	if (!note)
		return false;
	int octave = letter >= 'a' ? 5 : 4;
	rest = skip(rest, 1);
	for (; next_is(rest, '\'') || next_is(rest, ','); rest = skip(rest, 1))
		if (octave > -20 && octave < 20)
			octave += rest.at[0] == '\'' ? 1 : -1;
	*note = (struct abc_note){.step = (int8_t)(((letter | 32) - 'c' + 7) % 7),
		.octave = (int8_t)octave,
		.is_explicit = is_explicit,
		.accidental = v->pending.accidental,
		.tied = ABC_NONE,
		.nvx = ABC_NONE};
	v->pending.accidental = 0;
	find_pitch(r, v, note, cents, text->at);
	if (v->pending.finger) {
		struct abc_mark *mark = abc_mark(r, v, ABC_MARK_FINGER, text->at);
		if (mark) {
			mark->arg = v->pending.finger;
			mark->value = (int64_t)(r->n_note - 1);
		}
		v->pending.finger = 0;
	}
	*text = rest;
	return true;
}

/** Ties of the event before that led nowhere. */
static void drop_ties(struct abc_reader *r, struct abc_voice *v, uint32_t last)
{
	if (last == ABC_NONE)
		return;
	const struct abc_event *event = &v->event[last];
	bool lost = false;
	for (unsigned i = 0; i < event->n_notes; i++) {
		struct abc_note *note = &r->note[event->note + i];
		lost |= note->ties == 1;
		if (note->ties == 1)
			note->ties = 0;
	}
	if (lost)
		score_warn(r->report, ABC_BAD, abc_where_src(r, event->src).text,
			"a tie that leads to no equal note");
}

static void add_notes(
	struct abc_reader *r, struct abc_voice *v, struct abc_ratio length, uint32_t first, const char *at)
{
	const uint32_t last = v->lane[v->lane_no].event;
	const unsigned flags = v->in_grace ? ABC_GRACE | (v->grace_slash ? ABC_SLASH : 0) : 0;
	struct abc_event *event = add_event(r, v, length, flags, at);
	if (!event)
		return;
	event->note = first;
	event->n_notes = (uint16_t)(r->n_note - first);
	if (!v->in_grace)
		drop_ties(r, v, last);
}

size_t abc_note_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	struct abc_span rest = text;
	const uint32_t first = (uint32_t)r->n_note;
	if (!read_note(r, v, &rest))
		return 0;
	const struct abc_ratio length = read_length(r, &rest);
	add_notes(r, v, length, first, text.at);
	return text.n - rest.n;
}

/** Whatever may stand inside a chord besides notes. @return bytes; 0: nothing of it. */
static size_t inside_chord(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	if (text.at[0] == ' ' || text.at[0] == '\t' || text.at[0] == '(' || text.at[0] == ')' ||
		text.at[0] == '`')
		return 1;
	if (text.at[0] == '.') {
		v->pending.articulations |= 1u << NVX_ARTICULATION_STACCATO;
		return 1;
	}
	if (text.at[0] != '!' && text.at[0] != '"')
		return 0;
	const char *end = memchr(text.at + 1, text.at[0], text.n - 1);
	if (!end)
		return 0;
	const struct abc_span inner = {text.at + 1, (size_t)(end - text.at - 1)};
	if (text.at[0] == '!')
		abc_decorate(r, v, inner, text.at);
	else
		abc_quoted(r, v, inner, text.at);
	return inner.n + 2;
}

size_t abc_chord_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	struct abc_span rest = skip(text, 1);
	const uint32_t first = (uint32_t)r->n_note;
	struct abc_ratio length = {1, 1};
	bool differs = false;
	while (rest.n && rest.at[0] != ']' && rest.at[0] != '|') {
		const size_t used = inside_chord(r, v, rest);
		if (used) {
			rest = skip(rest, used);
			continue;
		}
		const char *at = rest.at;
		if (r->n_note - first >= ABC_MAX_CHORD || !read_note(r, v, &rest)) {
			score_warn(r->report, ABC_BAD, ABC_AT(r, at), "no note inside a chord");
			score_warn_value(r->report, at, 1);
			rest = skip(rest, 1);
			continue;
		}
		const struct abc_ratio own = read_length(r, &rest);
		if (r->n_note == first + 1)
			length = own;
		differs |= own.num * length.den != length.num * own.den;
		if (next_is(rest, '-')) {
			r->note[r->n_note - 1].ties = 1;
			rest = skip(rest, 1);
		}
	}
	if (rest.n == 0 || rest.at[0] == '|')
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a chord without its closing bracket");
	else
		rest = skip(rest, 1);
	if (differs)
		score_warn(r->report, ABC_DROPPED, ABC_AT(r, text.at),
			"the notes of a chord differ in length: the first counts");
	const struct abc_ratio outer = read_length(r, &rest);
	if (r->n_note == first)
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a chord without notes");
	else
		add_notes(r, v, multiply(length, outer), first, text.at);
	return text.n - rest.n;
}

size_t abc_rest_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	struct abc_span rest = skip(text, 1);
	const char kind = text.at[0];
	const uint32_t last = v->lane[v->lane_no].event;
	const bool has_begun = v->lane[v->lane_no].at > 0 || v->lane_no > 0;
	if (has_begun && (kind == 'Z' || kind == 'X'))
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at),
			"a rest of whole measures inside a measure is read as a rest of notes");
	if (!has_begun && (kind == 'Z' || kind == 'X')) {
		uint32_t count = 1;
		if (abc_uint(&rest, 100001, &count) && (count == 0 || count > 100000)) {
			score_warn(r->report, ABC_BAD, ABC_AT(r, text.at),
				"a rest of 0 or more than 100000 measures");
			count = 1;
		}
		struct abc_bar *bar = abc_bar_now(r, v);
		if (!bar)
			return text.n - rest.n;
		if (bar->is_rest || bar->is_empty) {
			abc_bar_end(r, v);
			bar = abc_bar_now(r, v);
			if (!bar)
				return text.n - rest.n;
		}
		bar->count = count;
		if (kind == 'X')
			bar->is_empty = 1;
		else if (count > 1)
			bar->is_rest = 1;
		if (kind == 'Z' && count == 1) {
			const struct abc_ratio full = {v->meter.num, v->meter.den};
			const struct abc_ratio unit = v->unit;
			v->unit = (struct abc_ratio){1, 1};
			(void)add_event(r, v, full, ABC_REST | ABC_WHOLE_BAR, text.at);
			v->unit = unit;
		} else {
			v->pending = (struct abc_pending){0};
		}
	} else {
		const struct abc_ratio length = read_length(r, &rest);
		if (!v->in_grace)
			(void)add_event(r, v, length,
				ABC_REST | (kind == 'x' || kind == 'X' ? ABC_HIDDEN : 0), text.at);
	}
	drop_ties(r, v, last);
	v->spaced = 1;
	return text.n - rest.n;
}

void abc_skip_time(struct abc_reader *r, struct abc_voice *v, int64_t time, const char *at)
{
	const struct abc_ratio unit = v->unit;
	const struct abc_pending pending = v->pending;
	const uint32_t ticks = (uint32_t)abc_ticks(time), gcd = abc_gcd(ticks, 4 * NVX_PPQ);
	if (ticks == 0)
		return;
	v->unit = (struct abc_ratio){1, 1};
	v->pending = (struct abc_pending){0};
	(void)add_event(r, v, (struct abc_ratio){ticks / gcd, 4 * NVX_PPQ / gcd}, ABC_REST | ABC_HIDDEN, at);
	v->unit = unit;
	v->pending = pending;
	v->spaced = 1;
}

void abc_tie(struct abc_reader *r, struct abc_voice *v, const char *at)
{
	const uint32_t last = v->in_grace ? ABC_NONE : v->lane[v->lane_no].event;
	if (last == ABC_NONE || (v->event[last].flags & ABC_REST)) {
		if (!v->in_grace)
			score_warn(r->report, ABC_BAD, ABC_AT(r, at), "a tie behind no note");
		return;
	}
	for (unsigned i = 0; i < v->event[last].n_notes; i++)
		if (r->note[v->event[last].note + i].ties == 0)
			r->note[v->event[last].note + i].ties = 1;
}

/* ---- broken rhythm, tuplets ---- */

/** What was written behind the note whose length changes: "c\"Am\"<A". */
static void move_marks(struct abc_voice *v, int64_t from, int64_t to)
{
	for (size_t i = v->n_mark, steps = 0; i-- > 0 && steps < 16; steps++) {
		struct abc_mark *mark = &v->mark[i];
		if (mark->lane != v->lane_no || mark->bar != v->lane[v->lane_no].bar || mark->at != from)
			return;
		mark->at = to;
	}
}

size_t abc_broken_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	size_t n = 1;
	while (n < text.n && text.at[n] == text.at[0])
		n++;
	struct abc_lane *lane = &v->lane[v->lane_no];
	const uint32_t last = lane->event;
	if (v->in_grace)
		return n;
	if (n > 4 || last == ABC_NONE || v->event[last].bar != lane->bar ||
		v->event[last].at + v->event[last].len != lane->at) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at),
			"broken rhythm without a note before it in the measure");
		return n;
	}
	struct abc_event *event = &v->event[last];
	const struct abc_ratio shorter = {1, 1u << n}, longer = {(2u << n) - 1, 1u << n};
	const bool is_long = text.at[0] == '>';
	const struct abc_ratio length =
		multiply((struct abc_ratio){event->num, event->den}, is_long ? longer : shorter);
	struct abc_bar *bar = &v->bar[lane->bar];
	const bool was_end = bar->len == lane->at;
	event->num = length.num;
	event->den = length.den;
	event->len = units(length, scale_of(v, event->tuplet));
	move_marks(v, lane->at, event->at + event->len);
	lane->at = event->at + event->len;
	if (was_end || lane->at > bar->len)
		bar->len = lane->at;
	lane->broken = is_long ? shorter : longer;
	return n;
}

static uint32_t usual_normal(const struct abc_voice *v, uint32_t actual)
{
	const bool compound = v->meter.num % 3 == 0 && v->meter.num > 3;
	switch (actual) {
	case 2:
	case 4:
	case 8:
		return 3;
	case 3:
	case 6:
		return 2;
	default:
		return compound ? 3 : 2;
	}
}

size_t abc_tuplet_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	struct abc_span rest = skip(text, 1);
	uint32_t actual = 0, normal = 0, count = 0;
	(void)abc_uint(&rest, 100000, &actual);
	if (next_is(rest, ':')) {
		rest = skip(rest, 1);
		(void)abc_uint(&rest, 100000, &normal);
		if (next_is(rest, ':')) {
			rest = skip(rest, 1);
			(void)abc_uint(&rest, 100000, &count);
		}
	}
	const size_t used = text.n - rest.n;
	struct abc_lane *lane = &v->lane[v->lane_no];
	if (normal == 0)
		normal = usual_normal(v, actual);
	if (count == 0)
		count = actual;
	if (v->in_grace)
		return used;
	unsigned depth = 0;
	for (uint32_t t = lane->tuplet; t != ABC_NONE; t = v->tuplet[t].parent)
		depth++;
	const struct abc_ratio outer = scale_of(v, lane->tuplet);
	const uint64_t num = (uint64_t)outer.num * normal, den = (uint64_t)outer.den * actual;
	if (actual < 2 || actual > 255 || normal > 255 || count > 65535 || depth >= 3 || num > 4095 ||
		den > 4095) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at),
			"a tuplet of %u in the time of %u is left out", actual, normal);
		return used;
	}
	struct abc_tuplet *tuplet = ABC_PUSH(r, v, tuplet);
	if (!tuplet)
		return used;
	const uint32_t gcd = abc_gcd((uint32_t)num, (uint32_t)den);
	*tuplet = (struct abc_tuplet){
		.actual = (uint16_t)actual,
		.normal = (uint16_t)normal,
		.left = count,
		.parent = lane->tuplet,
		.first = ABC_NONE,
		.last = ABC_NONE,
		.scale = {(uint32_t)num / gcd, (uint32_t)den / gcd},
	};
	lane->tuplet = (uint32_t)(v->n_tuplet - 1);
	return used;
}
