/* SPDX-License-Identifier: MIT */
/* Decorations, chord symbols and annotations. */
#include <string.h>

#include <mos/chord.h>

#include "abc_impl.h"

enum deco_kind {
	DECO_ARTICULATION,
	DECO_ORNAMENT,
	DECO_TECHNICAL,
	DECO_FERMATA,
	DECO_BREATH,
	DECO_ARPEGGIO,
	DECO_TREMOLO,
	DECO_DYNAMIC,
	DECO_HAIRPIN_ON,
	DECO_HAIRPIN_OFF,
	DECO_PEDAL,
	DECO_OCTAVE_ON,
	DECO_OCTAVE_OFF,
	DECO_JUMP,
	DECO_FINGER,
	DECO_ACCIDENTAL,
	DECO_TEXT, /**< known, but with no home but text */
};

/** The first of several names is the one that is written. */
static const struct deco {
	const char *name;
	uint8_t kind;
	int8_t value, second;
} decos[] = {
	{"staccato", DECO_ARTICULATION, NVX_ARTICULATION_STACCATO, 0},
	{"accent", DECO_ARTICULATION, NVX_ARTICULATION_ACCENT, 0},
	{">", DECO_ARTICULATION, NVX_ARTICULATION_ACCENT, 0},
	{"emphasis", DECO_ARTICULATION, NVX_ARTICULATION_ACCENT, 0},
	{"marcato", DECO_ARTICULATION, NVX_ARTICULATION_MARCATO, 0},
	{"^", DECO_ARTICULATION, NVX_ARTICULATION_MARCATO, 0},
	{"tenuto", DECO_ARTICULATION, NVX_ARTICULATION_TENUTO, 0},
	{"wedge", DECO_ARTICULATION, NVX_ARTICULATION_STACCATISSIMO, 0},
	{"trill", DECO_ORNAMENT, NVX_ORNAMENT_TRILL, 0},
	{"tr", DECO_ORNAMENT, NVX_ORNAMENT_TRILL, 0},
	{"lowermordent", DECO_ORNAMENT, NVX_ORNAMENT_MORDENT, 0},
	{"mordent", DECO_ORNAMENT, NVX_ORNAMENT_MORDENT, 0},
	{"uppermordent", DECO_ORNAMENT, NVX_ORNAMENT_INVERTED_MORDENT, 0},
	{"pralltriller", DECO_ORNAMENT, NVX_ORNAMENT_INVERTED_MORDENT, 0},
	{"turn", DECO_ORNAMENT, NVX_ORNAMENT_TURN, 0},
	{"invertedturn", DECO_ORNAMENT, NVX_ORNAMENT_INVERTED_TURN, 0},
	{"upbow", DECO_TECHNICAL, NVX_TECHNICAL_UP_BOW, 0},
	{"downbow", DECO_TECHNICAL, NVX_TECHNICAL_DOWN_BOW, 0},
	{"open", DECO_TECHNICAL, NVX_TECHNICAL_OPEN, 0},
	{"plus", DECO_TECHNICAL, NVX_TECHNICAL_STOPPED, 0},
	{"+", DECO_TECHNICAL, NVX_TECHNICAL_STOPPED, 0},
	{"thumb", DECO_TECHNICAL, NVX_TECHNICAL_THUMB, 0},
	{"snap", DECO_TECHNICAL, NVX_TECHNICAL_SNAP_PIZZICATO, 0},
	{"fermata", DECO_FERMATA, 1, 0},
	{"invertedfermata", DECO_FERMATA, 1, 0},
	{"breath", DECO_BREATH, NVX_BREATH_COMMA, 0},
	{"caesura", DECO_BREATH, NVX_BREATH_CAESURA, 0},
	{"arpeggio", DECO_ARPEGGIO, NVX_ARPEGGIO_UP, 0},
	{"/", DECO_TREMOLO, 1, 0},
	{"//", DECO_TREMOLO, 2, 0},
	{"///", DECO_TREMOLO, 3, 0},
	{"////", DECO_TREMOLO, 4, 0},
	{"pppp", DECO_DYNAMIC, 20, 0},
	{"ppp", DECO_DYNAMIC, 30, 0},
	{"pp", DECO_DYNAMIC, 45, 0},
	{"p", DECO_DYNAMIC, 60, 0},
	{"mp", DECO_DYNAMIC, 75, 0},
	{"mf", DECO_DYNAMIC, 90, 0},
	{"f", DECO_DYNAMIC, 105, 0},
	{"ff", DECO_DYNAMIC, 115, 0},
	{"fff", DECO_DYNAMIC, 122, 0},
	{"ffff", DECO_DYNAMIC, 127, 0},
	{"sfz", DECO_DYNAMIC, 0, 0},
	{"sf", DECO_DYNAMIC, 0, 0},
	{"sfp", DECO_DYNAMIC, 0, 0},
	{"fp", DECO_DYNAMIC, 0, 0},
	{"rf", DECO_DYNAMIC, 0, 0},
	{"crescendo(", DECO_HAIRPIN_ON, NVX_HAIRPIN_CRESCENDO, 0},
	{"<(", DECO_HAIRPIN_ON, NVX_HAIRPIN_CRESCENDO, 0},
	{"crescendo)", DECO_HAIRPIN_OFF, NVX_HAIRPIN_CRESCENDO, 0},
	{"<)", DECO_HAIRPIN_OFF, NVX_HAIRPIN_CRESCENDO, 0},
	{"diminuendo(", DECO_HAIRPIN_ON, NVX_HAIRPIN_DIMINUENDO, 0},
	{">(", DECO_HAIRPIN_ON, NVX_HAIRPIN_DIMINUENDO, 0},
	{"diminuendo)", DECO_HAIRPIN_OFF, NVX_HAIRPIN_DIMINUENDO, 0},
	{">)", DECO_HAIRPIN_OFF, NVX_HAIRPIN_DIMINUENDO, 0},
	{"ped", DECO_PEDAL, 1, 0},
	{"ped-up", DECO_PEDAL, 0, 0},
	{"8va(", DECO_OCTAVE_ON, 1, 0},
	{"8va)", DECO_OCTAVE_OFF, 1, 0},
	{"8(", DECO_OCTAVE_ON, 1, 0},
	{"8)", DECO_OCTAVE_OFF, 1, 0},
	{"8vb(", DECO_OCTAVE_ON, -1, 0},
	{"8vb)", DECO_OCTAVE_OFF, -1, 0},
	{"8b(", DECO_OCTAVE_ON, -1, 0},
	{"8b)", DECO_OCTAVE_OFF, -1, 0},
	{"15ma(", DECO_OCTAVE_ON, 2, 0},
	{"15ma)", DECO_OCTAVE_OFF, 2, 0},
	{"15mb(", DECO_OCTAVE_ON, -2, 0},
	{"15mb)", DECO_OCTAVE_OFF, -2, 0},
	{"segno", DECO_JUMP, NVX_JUMP_SEGNO, 0},
	{"Segno", DECO_JUMP, NVX_JUMP_SEGNO, 0},
	{"coda", DECO_JUMP, NVX_JUMP_CODA, 0},
	{"Coda", DECO_JUMP, NVX_JUMP_CODA, 0},
	{"dacoda", DECO_JUMP, NVX_JUMP_TO_CODA, 0},
	{"fine", DECO_JUMP, NVX_JUMP_FINE, 0},
	{"Fine", DECO_JUMP, NVX_JUMP_FINE, 0},
	{"D.C.", DECO_JUMP, NVX_JUMP_DACAPO, 0},
	{"dacapo", DECO_JUMP, NVX_JUMP_DACAPO, 0},
	{"D.C.alfine", DECO_JUMP, NVX_JUMP_DACAPO, NVX_JUMP_FINE},
	{"D.C.alcoda", DECO_JUMP, NVX_JUMP_DACAPO, NVX_JUMP_CODA},
	{"D.S.", DECO_JUMP, NVX_JUMP_DALSEGNO, 0},
	{"dalsegno", DECO_JUMP, NVX_JUMP_DALSEGNO, 0},
	{"D.S.alfine", DECO_JUMP, NVX_JUMP_DALSEGNO, NVX_JUMP_FINE},
	{"D.S.alcoda", DECO_JUMP, NVX_JUMP_DALSEGNO, NVX_JUMP_CODA},
	{"0", DECO_FINGER, NVX_FINGER_0, 0},
	{"1", DECO_FINGER, NVX_FINGER_1, 0},
	{"2", DECO_FINGER, NVX_FINGER_2, 0},
	{"3", DECO_FINGER, NVX_FINGER_3, 0},
	{"4", DECO_FINGER, NVX_FINGER_4, 0},
	{"5", DECO_FINGER, NVX_FINGER_5, 0},
	{"courtesy", DECO_ACCIDENTAL, NVX_ACCIDENTAL_COURTESY, 0},
	{"editorial", DECO_ACCIDENTAL, NVX_ACCIDENTAL_EDITORIAL, 0},
	{"roll", DECO_TEXT, 0, 0},
	{"slide", DECO_TEXT, 0, 0},
	{"trill(", DECO_TEXT, 0, 0},
	{"trill)", DECO_TEXT, 0, 0},
	{"shortphrase", DECO_TEXT, 0, 0},
	{"mediumphrase", DECO_TEXT, 0, 0},
	{"longphrase", DECO_TEXT, 0, 0},
};

static const struct deco *find_deco(struct abc_span name)
{
	for (size_t i = 0; i < sizeof(decos) / sizeof(decos[0]); i++)
		if (abc_is(name, decos[i].name))
			return &decos[i];
	return NULL;
}

bool abc_deco_known(struct abc_span name)
{
	return find_deco(name) != NULL;
}

static const char *name_of(enum deco_kind kind, unsigned value, unsigned second)
{
	for (size_t i = 0; i < sizeof(decos) / sizeof(decos[0]); i++)
		if (decos[i].kind == kind && decos[i].value == (int)value && decos[i].second == (int)second)
			return decos[i].name;
	return NULL;
}

const char *abc_deco_of_articulation(unsigned bit)
{
	return name_of(DECO_ARTICULATION, bit, 0);
}

const char *abc_deco_of_ornament(unsigned bit)
{
	return name_of(DECO_ORNAMENT, bit, 0);
}

const char *abc_deco_of_technical(unsigned bit)
{
	return name_of(DECO_TECHNICAL, bit, 0);
}

const char *abc_deco_of_jump(unsigned jump, unsigned until)
{
	return name_of(DECO_JUMP, jump, until);
}

unsigned abc_velocity_of_dynamic(struct abc_span name)
{
	const struct deco *deco = find_deco(name);
	return deco && deco->kind == DECO_DYNAMIC ? (unsigned)deco->value : 0;
}

struct abc_mark *abc_mark(struct abc_reader *r, struct abc_voice *v, enum abc_mark_kind kind, const char *at)
{
	if (!abc_bar_now(r, v))
		return NULL;
	struct abc_mark *mark = ABC_PUSH(r, v, mark);
	if (!mark)
		return NULL;
	const struct abc_lane *lane = &v->lane[v->lane_no];
	*mark = (struct abc_mark){
		.kind = (uint8_t)kind,
		.at = lane->at,
		.bar = lane->bar,
		.src = abc_src(r, at),
		.lane = v->lane_no,
	};
	return mark;
}

static void mark_value(struct abc_reader *r, struct abc_voice *v, enum abc_mark_kind kind, int arg, int value,
	struct abc_span text, const char *at)
{
	const nvx_str words = text.n ? abc_string(r, text) : 0;
	struct abc_mark *mark = abc_mark(r, v, kind, at);
	if (!mark)
		return;
	mark->arg = (uint8_t)arg;
	mark->value = value;
	mark->text = words;
}

static void as_text(struct abc_reader *r, struct abc_voice *v, struct abc_span name, const char *at)
{
	mark_value(r, v, ABC_MARK_TEXT, NVX_PLACEMENT_NONE, NVX_TEXT_TECHNIQUE, name, at);
}

void abc_decorate(struct abc_reader *r, struct abc_voice *v, struct abc_span name, const char *at)
{
	const struct deco *deco = find_deco(name);
	const struct abc_span none = {0};
	struct abc_pending *pending = &v->pending;
	if (!deco) {
		score_warn(r->report, ABC_DROPPED, ABC_AT(r, at), "an unknown decoration is kept as text");
		score_warn_value(r->report, name.at, (uint32_t)(name.n < 80 ? name.n : 80));
		as_text(r, v, name, at);
		return;
	}
	const int value = deco->value;
	switch (deco->kind) {
	case DECO_ARTICULATION:
		pending->articulations |= (uint16_t)(1u << value);
		break;
	case DECO_ORNAMENT:
		pending->ornaments |= (uint16_t)(1u << value);
		break;
	case DECO_TECHNICAL:
		pending->technical |= (uint16_t)(1u << value);
		break;
	case DECO_FERMATA:
		pending->fermata = 1;
		break;
	case DECO_BREATH:
		pending->breath = (uint8_t)value;
		break;
	case DECO_ARPEGGIO:
		pending->arpeggio = (uint8_t)value;
		break;
	case DECO_TREMOLO:
		pending->tremolo = (uint8_t)value;
		break;
	case DECO_DYNAMIC:
		if (value)
			v->velocity = (uint8_t)value;
		mark_value(r, v, ABC_MARK_DYNAMIC, 0, 0, name, at);
		break;
	case DECO_HAIRPIN_ON:
		mark_value(r, v, ABC_MARK_HAIRPIN, value, 0, none, at);
		break;
	case DECO_HAIRPIN_OFF:
		mark_value(r, v, ABC_MARK_HAIRPIN, 0, value, none, at);
		break;
	case DECO_PEDAL:
		mark_value(r, v, ABC_MARK_PEDAL, value, 0, none, at);
		break;
	case DECO_OCTAVE_ON:
		mark_value(r, v, ABC_MARK_OCTAVE, 1, value, none, at);
		break;
	case DECO_OCTAVE_OFF:
		mark_value(r, v, ABC_MARK_OCTAVE, 0, value, none, at);
		break;
	case DECO_JUMP:
		mark_value(r, v, ABC_MARK_JUMP, value, deco->second, none, at);
		break;
	case DECO_FINGER:
		pending->finger = (uint8_t)value;
		break;
	case DECO_ACCIDENTAL:
		pending->accidental = (uint8_t)value;
		break;
	default:
		as_text(r, v, name, at);
		break;
	}
}

/* ---- between quotation marks ---- */

static bool one_of(struct abc_span text, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (abc_starts(text, words[i]))
			return true;
	return false;
}

bool abc_is_chord(struct abc_span text)
{
	static const char *const qualities[] = {"m", "M", "maj", "dim", "aug", "sus", "add", "alt", "+", "-",
		"(", "/", " ", "*", "o", "0", "1", "2", "4", "5", "6", "7", "9", "^", "#", "b"};
	static const char *const words[] = {"major", "minor", "mo", "men", "mar", "mis", "one", "ou", "on"};
	struct mos_chord chord;
	size_t where;
	if (mos_chord_parse(text.at, text.n, &chord, &where) >= 0)
		return true;
	if (text.n == 0 || text.at[0] < 'A' || text.at[0] > 'G')
		return false;
	struct abc_span rest = {text.at + 1, text.n - 1};
	while (rest.n && (rest.at[0] == '#' || rest.at[0] == 'b'))
		rest = (struct abc_span){rest.at + 1, rest.n - 1};
	if (rest.n && rest.at[0] == ' ') /* "D major", not "A song" */
		return false;
	return rest.n == 0 || (one_of(rest, qualities, sizeof(qualities) / sizeof(qualities[0])) &&
				      !one_of(rest, words, sizeof(words) / sizeof(words[0])));
}

/** Short ones are remembered. @return its text; 0: it is no chord. */
static nvx_str chord_text(struct abc_reader *r, struct abc_span text)
{
	uint64_t word = 0;
	if (text.n > sizeof(word) || text.at[text.n - 1] == '\0')
		return abc_is_chord(text) ? abc_string(r, text) : 0;
	memcpy(&word, text.at, text.n);
	struct abc_known_chord *known = &r->chord[(word * UINT64_C(0x9e3779b97f4a7c15)) >> 60];
	if (known->word != word && abc_is_chord(text))
		*known = (struct abc_known_chord){word, abc_string(r, text)};
	return known->word == word ? known->text : 0;
}

void abc_quoted(struct abc_reader *r, struct abc_voice *v, struct abc_span text, const char *at)
{
	int placement = NVX_PLACEMENT_NONE;
	text = abc_trim(text);
	if (text.n == 0)
		return;
	const nvx_str chord = chord_text(r, text);
	if (chord) {
		struct abc_mark *mark = abc_mark(r, v, ABC_MARK_CHORD, at);
		if (mark)
			mark->text = chord;
		return;
	}
	if (strchr("^_<>", text.at[0]) && text.at[0]) {
		placement = text.at[0] == '^'   ? NVX_PLACEMENT_ABOVE
			    : text.at[0] == '_' ? NVX_PLACEMENT_BELOW
						: NVX_PLACEMENT_NONE;
		text = (struct abc_span){text.at + 1, text.n - 1};
	} else if (text.at[0] == '@') { /* @x,y */
		size_t n = 1;
		while (n < text.n && strchr("0123456789.,+- ", text.at[n]) && text.at[n])
			n++;
		text = (struct abc_span){text.at + n, text.n - n};
	}
	if (abc_trim(text).n == 0)
		return;
	mark_value(r, v, ABC_MARK_TEXT, placement, NVX_TEXT_NONE, text, at);
}
