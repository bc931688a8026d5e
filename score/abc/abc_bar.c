/* SPDX-License-Identifier: MIT */
/* Bar lines, repeats and endings, in all the ways in which they are typed. */
#include <string.h>

#include "abc_impl.h"

struct bar_line {
	unsigned left, right; /**< colons */
	unsigned lines, brackets;
	bool dotted, closes;
	uint64_t ending;
};

struct abc_bar *abc_bar_make(struct abc_reader *r, struct abc_voice *v)
{
	struct abc_lane *lane = &v->lane[v->lane_no];
	while (lane->bar >= v->n_bar) {
		struct abc_bar *bar = ABC_PUSH(r, v, bar);
		if (!bar)
			return NULL;
		bar->count = 1;
		bar->src = (uint32_t)r->line_src;
	}
	return &v->bar[lane->bar];
}

/** "1", "1,3", "2-4". @return bytes; 0: no number. */
static size_t read_numbers(struct abc_reader *r, struct abc_span text, uint64_t *ret)
{
	struct abc_span rest = text;
	uint32_t from, to;
	uint64_t mask = 0;
	while (abc_uint(&rest, 1000, &from)) {
		to = from;
		if (rest.n > 1 && rest.at[0] == '-') {
			struct abc_span next = {rest.at + 1, rest.n - 1};
			if (abc_uint(&next, 1000, &to))
				rest = next;
		}
		if (from == 0 || to > 63 || to < from)
			score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "an ending that is not in 1..63");
		else
			mask |= (UINT64_MAX >> (63 - to)) & ~(from ? (UINT64_C(1) << from) - 1 : 0);
		if (rest.n < 2 || rest.at[0] != ',' || rest.at[1] < '0' || rest.at[1] > '9')
			break;
		rest = (struct abc_span){rest.at + 1, rest.n - 1};
	}
	*ret = mask;
	return text.n - rest.n;
}

/** `["last time"`: an ending that has a text and no number, unless it is a chord with an annotation inside.
 */
static size_t named_ending(struct abc_span text)
{
	const char *end = text.n > 2 ? memchr(text.at + 2, '"', text.n - 2) : NULL;
	if (!end)
		return 0;
	const size_t used = (size_t)(end + 1 - text.at);
	for (size_t i = used; i < text.n && text.at[i] != '|' && text.at[i] != '['; i++)
		if (text.at[i] == ']')
			return 0;
	return used;
}

static uint64_t last_ending(const struct abc_voice *v)
{
	for (size_t i = v->n_bar; i-- > 0;)
		if (v->bar[i].ending || v->bar[i].repeat_start)
			return v->bar[i].ending;
	return 0;
}

/** What may follow a bar line, or stand alone in brackets. */
static size_t read_ending(
	struct abc_reader *r, struct abc_voice *v, struct abc_span text, bool after_bar, uint64_t *ret)
{
	size_t n = 0;
	if (after_bar && text.n && text.at[0] >= '0' && text.at[0] <= '9')
		return read_numbers(r, text, ret);
	while (after_bar && n < text.n && text.at[n] == ' ')
		n++;
	if (n + 1 >= text.n || text.at[n] != '[')
		return 0;
	size_t from = n + 1;
	while (from < text.n && text.at[from] == ' ')
		from++;
	const struct abc_span inner = {text.at + from, text.n - from};
	if (inner.n && inner.at[0] >= '0' && inner.at[0] <= '9')
		return from + read_numbers(r, inner, ret);
	const struct abc_span rest = {text.at + n, text.n - n};
	const size_t named = text.at[n + 1] == '"' ? named_ending(rest) : 0;
	if (!named)
		return 0;
	const uint64_t before = last_ending(v);
	unsigned number = 1;
	while (number < 63 && before >> number > 0)
		number++;
	*ret = UINT64_C(1) << number;
	abc_quoted(r, v, (struct abc_span){rest.at + 2, named - 3}, rest.at);
	return n + named;
}

static size_t read_bar(struct abc_span text, struct bar_line *bar)
{
	size_t i = 0;
	if (text.n > 1 && text.at[0] == '.' && text.at[1] == '|') {
		bar->dotted = true;
		i = 1;
	}
	for (; i < text.n; i++) {
		const char c = text.at[i];
		const char next = i + 1 < text.n ? text.at[i + 1] : 0;
		if (c == '|' && bar->right &&
			bar->brackets) { /* "[|]:|": the colons belong to the second bar line */
			i -= bar->right;
			bar->right = 0;
			break;
		}
		if (c == '|' && bar->right)
			break;
		if (c == '|')
			bar->lines++;
		else if (c == ':' && bar->lines + bar->brackets == 0)
			bar->left++;
		else if (c == ':')
			bar->right++;
		else if (c == '[' && (next == '|' || next == ']') && bar->right == 0)
			bar->brackets++;
		else if (c == ']' && (i > 0 || next == 0 || next == ' '))
			bar->brackets++, bar->closes = bar->lines > 0;
		else
			break;
	}
	return i;
}

static uint8_t style_of(const struct bar_line *bar)
{
	if (bar->dotted)
		return NVX_BARLINE_DOTTED;
	if (bar->brackets && !bar->closes)
		return bar->lines ? NVX_BARLINE_HEAVY : NVX_BARLINE_NONE;
	if (bar->brackets)
		return bar->lines && bar->brackets > 1 ? NVX_BARLINE_NONE : NVX_BARLINE_FINAL;
	if (bar->lines > 1 && !bar->left)
		return NVX_BARLINE_DOUBLE;
	return NVX_BARLINE_LIGHT;
}

/** Does the current bar hold nothing yet? Then two bar lines meet. */
static bool nothing_in(const struct abc_voice *v, uint32_t bar)
{
	if (bar >= v->n_bar)
		return true;
	const struct abc_bar *b = &v->bar[bar];
	if (b->len > 0 || b->is_rest || b->is_empty)
		return false;
	/* grace notes alone are something */
	return v->n_event == 0 || v->event[v->n_event - 1].bar != bar;
}

static void next_bar(struct abc_reader *r, struct abc_voice *v, uint32_t bar)
{
	struct abc_lane *lane = &v->lane[v->lane_no];
	lane->bar = bar;
	lane->at = 0;
	if (!v->overlay_multi) {
		v->overlay_bar = bar;
		v->overlay_at = 0;
	}
	abc_reset_accidentals(v);
	v->spaced = 1;
	(void)abc_bar_now(r, v);
}

static void apply(struct abc_reader *r, struct abc_voice *v, const struct bar_line *line)
{
	if (v->lane_no && !v->overlay_multi)
		v->lane_no = 0;
	const uint32_t now = v->lane[v->lane_no].bar;
	if (v->lane_no) { /* inside an overlay of several measures: its bar lines are there already */
		next_bar(r, v, now + 1);
		if (v->overlay_back && now + 1 >= v->lane[0].bar) {
			v->lane_no = 0;
			v->overlay_multi = v->overlay_back = 0;
		}
		return;
	}
	const bool merges = nothing_in(v, now);
	if (!merges) {
		abc_lead_graces(v, r->note);
		next_bar(r, v, now + 1);
	} else if (!abc_bar_now(r, v)) {
		return;
	}
	const uint32_t bar = v->lane[0].bar;
	if (bar >= v->n_bar)
		return;
	struct abc_bar *before = bar > 0 ? &v->bar[bar - 1] : NULL;
	struct abc_bar *after = &v->bar[bar];
	const uint8_t style = style_of(line);
	if (before) {
		if (line->left) {
			const unsigned times = line->left + 1;
			before->repeat_end = (uint8_t)(times > 99 ? 99 : times);
		}
		/* a repeat sign has its own look; that the piece ends there is worth saying */
		if (before->repeat_end && style != NVX_BARLINE_FINAL)
			before->barline =
				before->barline == NVX_BARLINE_FINAL ? NVX_BARLINE_FINAL : NVX_BARLINE_LIGHT;
		else if (style != NVX_BARLINE_LIGHT || !merges)
			before->barline = style;
		if (line->left || line->right || line->ending || style == NVX_BARLINE_DOUBLE ||
			style == NVX_BARLINE_FINAL || style == NVX_BARLINE_HEAVY)
			before->ending_stop = 1;
	}
	if (line->right) {
		const unsigned times = line->right + 1;
		after->repeat_start = (uint8_t)(times > 99 ? 99 : times);
	}
	if (line->ending)
		after->ending = line->ending;
}

void abc_bar_end(struct abc_reader *r, struct abc_voice *v)
{
	apply(r, v, &(struct bar_line){.lines = 1});
}

size_t abc_bar_token(struct abc_reader *r, struct abc_voice *v, struct abc_span text)
{
	struct bar_line line = {0};
	size_t n = read_bar(text, &line);
	if (line.left && n > line.left && text.at[line.left] != '|') { /* ":]" is no repeat sign */
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a colon that belongs to no repeat sign");
		line.left = 0;
	}
	if (n == 1 && line.left == 1)
		return 0;                                   /* a colon alone */
	if (line.left && line.lines + line.brackets == 0) { /* "::" */
		line.right = line.left - line.left / 2;
		line.left /= 2;
	}
	n += read_ending(r, v, (struct abc_span){text.at + n, text.n - n}, n > 0, &line.ending);
	if (n == 0)
		return 0;
	abc_bar_now(r, v);
	apply(r, v, &line);
	const uint32_t bar = v->lane[v->lane_no].bar;
	if (bar < v->n_bar)
		v->bar[bar].src = abc_src(r, text.at);
	return n;
}

void abc_bar_finish(struct abc_voice *v)
{
	v->lane_no = 0;
	while (v->n_bar > 1 && nothing_in(v, (uint32_t)(v->n_bar - 1)))
		v->n_bar--;
	if (v->n_bar)
		v->bar[v->n_bar - 1].ending_stop = 1;
}
