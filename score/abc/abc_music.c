/* SPDX-License-Identifier: MIT */
/* Lines of music: what each character begins. */
#include <string.h>

#include "abc_impl.h"

static struct abc_span skip(struct abc_span text, size_t n)
{
	return (struct abc_span){text.at + n, text.n - n};
}

static const char *find(struct abc_span text, char c)
{
	return text.n ? memchr(text.at, c, text.n) : NULL;
}

/** "[K:Am]". @return bytes; 0: no inline field. */
static size_t inline_field(struct abc_reader *r, struct abc_span text)
{
	if (text.n < 4 || text.at[2] != ':' || !((text.at[1] | 32) >= 'a' && (text.at[1] | 32) <= 'z') ||
		text.at[3] == '|' || text.at[3] == ':')
		return 0;
	const char *end = find(text, ']');
	if (!end)
		return 0;
	const size_t n = (size_t)(end + 1 - text.at);
	abc_field(r, text.at[1], abc_trim((struct abc_span){text.at + 3, n - 4}), true);
	return n;
}

static size_t quoted(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	size_t n = 1;
	while (n < text.n && text.at[n] != '"')
		n += text.at[n] == '\\' && n + 1 < text.n ? 2 : 1;
	if (n >= text.n) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a quotation mark without its partner");
		return 1;
	}
	abc_quoted(r, v, (struct abc_span){text.at + 1, n - 1}, text.at);
	return n + 1;
}

static void break_line(struct abc_voice *v)
{
	const uint32_t bar = v->lane[0].bar;
	if (bar > 0 && bar < v->n_bar && v->bar[bar].len == 0)
		v->bar[bar - 1].line_end = 1;
}

/** "!trill!" or "+trill+"; a mark without partner is an old sign for a line break. */
static size_t decoration(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	size_t n = 1;
	while (n < text.n && n < 64 && text.at[n] != text.at[0] && text.at[n] > ' ' && text.at[n] != '|' &&
		text.at[n] != '"')
		n++;
	const bool closed = n < text.n && text.at[n] == text.at[0];
	const struct abc_span name = {text.at + 1, n - 1};
	if (closed && name.n > 0 && (text.at[0] == '!' || r->setup.plus_deco || abc_deco_known(name))) {
		abc_decorate(r, v, name, text.at);
		return n + 1;
	}
	if (text.at[0] == '+' && closed && name.n > 1) { /* +ceg+ was a chord once */
		(void)abc_chord_token(r, v, (struct abc_span){text.at, n});
		return n + 1;
	}
	if (text.at[0] == '!') {
		break_line(v);
		return 1;
	}
	return 0;
}

/** H..W, h..w, ~ and the full stop. @return 1, or 0: it stands for nothing. */
static size_t symbol(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	static const struct {
		char letter;
		const char *name;
	} usual[] = {{'.', "staccato"}, {'~', "roll"}, {'H', "fermata"}, {'L', "accent"},
		{'M', "lowermordent"}, {'O', "coda"}, {'P', "uppermordent"}, {'S', "segno"}, {'T', "trill"},
		{'u', "upbow"}, {'v', "downbow"}, {'J', "slide"}, {'R', "roll"}};
	const unsigned slot = abc_symbol_slot(text.at[0]);
	const struct abc_span own = slot < ABC_SYMBOLS ? r->setup.symbol[slot].deco : (struct abc_span){0};
	if (own.at) {
		if (own.n && own.at[0] == '"')
			(void)quoted(r, v, own);
		else if (own.n && !abc_is(own, "nil") && !abc_is(own, "none"))
			abc_decorate(r, v, own, text.at);
		return 1;
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i].letter == text.at[0]) {
			abc_decorate(r, v, (struct abc_span){usual[i].name, strlen(usual[i].name)}, text.at);
			return 1;
		}
	return 0;
}

static void open_slur(struct abc_reader *r, struct abc_voice *v, uint8_t style)
{
	struct abc_slur *slur = ABC_PUSH(r, v, slur_list);
	if (!slur)
		return;
	*slur = (struct abc_slur){.from = ABC_NONE, .to = ABC_NONE, .below = v->slur, .style = style};
	v->slur = (uint32_t)(v->n_slur_list - 1);
}

static void close_slur(struct abc_reader *r, struct abc_voice *v, const char *at)
{
	const uint32_t last =
		v->in_grace && v->n_event ? (uint32_t)(v->n_event - 1) : v->lane[v->lane_no].event;
	if (v->slur == ABC_NONE) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, at), "a slur ends that has not begun");
		return;
	}
	struct abc_slur *slur = &v->slur_list[v->slur];
	v->slur = slur->below;
	if (slur->from != ABC_NONE && last != ABC_NONE && last > slur->from)
		slur->to = last;
}

static size_t parenthesis(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	const char next = text.n > 1 ? text.at[1] : 0;
	if (next >= '1' && next <= '9')
		return abc_tuplet_token(r, v, text);
	if (next == '&') {
		v->overlay_multi = 1;
		v->overlay_bar = v->lane[0].bar;
		v->overlay_at = v->lane[0].at;
		return 2;
	}
	open_slur(r, v, NVX_SLUR_SLUR);
	return 1;
}

static bool is_bar_start(const struct abc_voice *v)
{
	const struct abc_lane *lane = &v->lane[0];
	return lane->at == 0 && (lane->bar >= v->n_bar || v->bar[lane->bar].len == 0) &&
	       (v->n_event == 0 || v->event[v->n_event - 1].bar < lane->bar);
}

/** Over the bars before, in a lane that has nothing there. */
static void go_back(struct abc_voice *v, uint32_t bars)
{
	v->overlay_multi = v->overlay_back = 1;
	v->overlay_bar = v->lane[0].bar - bars;
	v->overlay_at = 0;
	while (v->lane_no + 1u < ABC_MAX_LANES && v->lane[v->lane_no].event != ABC_NONE &&
		v->event[v->lane[v->lane_no].event].bar >= v->overlay_bar)
		v->lane_no++;
}

/** The music goes back to the start of the bar, in another lane; behind a bar line as many bars as there are
 * &. */
static size_t overlay(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	const bool ends = text.n > 1 && text.at[1] == ')';
	if (ends) {
		v->overlay_multi = v->overlay_back = 0;
		v->lane_no = 0;
		return 2;
	}
	size_t n = 1;
	while (n < text.n && text.at[n] == '&')
		n++;
	if (v->lane_no + 1u == ABC_MAX_LANES) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "more than %u overlays in a measure",
			ABC_MAX_LANES - 1);
		return n;
	}
	v->lane_no++;
	if (v->lane_no == 1 && !v->overlay_multi && is_bar_start(v) && v->lane[0].bar >= n)
		go_back(v, (uint32_t)n);
	if (v->lane_no > v->max_lane)
		v->max_lane = v->lane_no;
	struct abc_lane *lane = &v->lane[v->lane_no];
	lane->bar = v->overlay_multi ? v->overlay_bar : v->lane[0].bar;
	lane->at = 0;
	lane->tuplet = ABC_NONE;
	lane->broken = (struct abc_ratio){1, 1};
	if (v->overlay_multi)
		abc_skip_time(r, v, v->overlay_at, text.at);
	abc_reset_accidentals(v);
	v->spaced = 1;
	return n;
}

static size_t grace(struct abc_voice *v, struct abc_span text)
{
	v->in_grace = text.at[0] == '{';
	v->grace_slash = v->in_grace && text.n > 1 && text.at[1] == '/';
	v->grace_unit = (struct abc_ratio){1, 8};
	return v->grace_slash ? 2 : 1;
}

static size_t bracket(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	const size_t field = inline_field(r, text);
	if (field)
		return field;
	const size_t bar = abc_bar_token(r, v, text);
	return bar ? bar : abc_chord_token(r, v, text);
}

static size_t dot(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	const char next = text.n > 1 ? text.at[1] : 0;
	if (next == '|')
		return abc_bar_token(r, v, text);
	if (next == '(') {
		open_slur(r, v, NVX_SLUR_DASHED);
		return 2;
	}
	if (next == '-') {
		abc_tie(r, v, text.at);
		return 2;
	}
	return symbol(r, v, text);
}

static void unknown(struct abc_reader *r, struct abc_span text)
{
	score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a character that means nothing here");
	score_warn_value(r->report, text.at, 1);
}

/** One construct. @return bytes, at least 1. */
static size_t construct(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	size_t n = 0;
	const char c = text.at[0];
	switch (c) {
	case ' ':
	case '\t':
		v->spaced = 1;
		return 1;
	case '`':
	case '\\':
	case '*':
		return 1;
	case '$':
		if (r->setup.dollar_break)
			break_line(v);
		return 1;
	case '|':
	case ':':
		n = abc_bar_token(r, v, text);
		break;
	case '[':
		n = bracket(r, v, text);
		break;
	case ']':
		n = abc_bar_token(r, v, text);
		break;
	case '"':
		return quoted(r, v, text);
	case '!':
	case '+':
		n = decoration(r, v, text);
		break;
	case '(':
		return parenthesis(r, v, text);
	case ')':
		close_slur(r, v, text.at);
		return 1;
	case '{':
	case '}':
		return grace(v, text);
	case '&':
		return overlay(r, v, text);
	case '-':
		abc_tie(r, v, text.at);
		return 1;
	case '<':
	case '>':
		return abc_broken_token(r, v, text);
	case '.':
		return dot(r, v, text);
	case 'z':
	case 'x':
	case 'Z':
	case 'X':
		return abc_rest_token(r, v, text);
	case 'y': {
		struct abc_span rest = skip(text, 1);
		uint32_t width;
		(void)abc_uint(&rest, 1000, &width);
		return text.n - rest.n;
	}
	default:
		if ((c >= 'A' && c <= 'G') || (c >= 'a' && c <= 'g') || c == '^' || c == '_' || c == '=')
			n = abc_note_token(r, v, text);
		else if ((c >= 'H' && c <= 'W') || (c >= 'h' && c <= 'w') || c == '~')
			n = symbol(r, v, text);
		break;
	}
	if (n == 0) {
		unknown(r, text);
		n = 1;
	}
	return n;
}

/** The current voice, which mostly there is. */
static inline struct abc_voice *voice_now(struct abc_reader *r)
{
	struct abc_voice *v = r->current < r->n_voice ? &r->voice[r->current] : NULL;
	return v && v->is_started ? v : abc_voice(r);
}

void abc_music(struct abc_reader *r, struct abc_span text)
{
	while (text.n && !r->draft->error) {
		/* a field inside the line may have chosen another voice, or moved them all */
		struct abc_voice *v = voice_now(r);
		if (!v)
			return;
		text = skip(text, construct(r, v, text));
	}
}

void abc_music_line(struct abc_reader *r, struct abc_span line)
{
	const bool continues = line.at[line.n - 1] == '\\';
	if (!r->continued)
		r->line_serial++;
	r->continued = continues;
	r->has_body_music = true;
	abc_music(r, abc_expand(r, line));
	struct abc_voice *v = abc_voice(r);
	if (!v)
		return;
	if (v->in_grace) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, line.at + line.n - 1),
			"grace notes without a closing brace");
		v->in_grace = 0;
	}
	v->spaced = 1;
	if (!continues && !r->setup.dollar_break)
		break_line(v);
}
