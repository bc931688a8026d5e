/* SPDX-License-Identifier: MIT */
/*
 * Macros (m:) and user symbols (U:). A macro is replaced once, never inside its own result, so none can run
 * in circles; what all of them make together is bounded by the size of the input.
 */
#include <errno.h>
#include <string.h>

#include "abc_impl.h"

#define MAX_MACRO 512u /* bytes of either side */
#define FREE_EXPANSION (1u << 20)
#define FREE_WORK (UINT64_C(1) << 25) /* bytes compared */

static const char note_letters[] = "CDEFGABcdefgab";

void abc_define_macro(struct abc_reader *r, struct abc_span text)
{
	uint8_t *firsts = r->setup.macro_first;
	const char *equals = memchr(text.at, '=', text.n);
	if (!equals) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at), "a macro without an equals sign");
		return;
	}
	struct abc_macro macro = {
		.from = abc_trim((struct abc_span){text.at, (size_t)(equals - text.at)}),
		.to = abc_trim((struct abc_span){equals + 1, text.n - (size_t)(equals + 1 - text.at)}),
	};
	if (macro.from.n == 0 || macro.from.n > MAX_MACRO || macro.to.n > MAX_MACRO ||
		r->n_macro == ABC_MAX_MACROS) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at),
			"a macro that is empty, longer than %u bytes or one too many", MAX_MACRO);
		return;
	}
	macro.is_transposing = memchr(macro.from.at, 'n', macro.from.n) != NULL;
	struct abc_macro *kept = ABC_PUSH(r, r, macro);
	if (!kept)
		return;
	*kept = macro;
	const unsigned char first = (unsigned char)macro.from.at[0];
	if (macro.is_transposing && first == 'n')
		for (const char *c = note_letters; *c; c++)
			firsts[(unsigned char)*c >> 3] |= (uint8_t)(1 << (*c & 7));
	else
		firsts[first >> 3] |= (uint8_t)(1 << (first & 7));
}

/** Steps above C of the octave of middle C; octave marks included. @return bytes, 0: no note. */
static size_t read_note(struct abc_span text, int *ret)
{
	const char *at = text.n && text.at[0] ? strchr(note_letters, text.at[0]) : NULL;
	if (!at)
		return 0;
	*ret = (int)(at - note_letters);
	size_t n = 1;
	for (; n < text.n && n < 8 && (text.at[n] == '\'' || text.at[n] == ','); n++)
		*ret += text.at[n] == '\'' ? 7 : -7;
	return n;
}

static size_t match(struct abc_reader *r, const struct abc_macro *macro, struct abc_span text, int *ret_note)
{
	size_t used = 0;
	for (size_t i = 0; i < macro->from.n; i++) {
		r->macro_work++;
		const struct abc_span rest = {text.at + used, text.n - used};
		if (macro->is_transposing && macro->from.at[i] == 'n') {
			const size_t n = read_note(rest, ret_note);
			if (n == 0)
				return 0;
			used += n;
		} else if (rest.n == 0 || rest.at[0] != macro->from.at[i]) {
			return 0;
		} else {
			used++;
		}
	}
	/* "~G" must not take the front of "~G2" */
	const char next = used < text.n ? text.at[used] : ' ';
	const char last = macro->from.at[macro->from.n - 1];
	const bool ends_in_note = (macro->is_transposing && last == 'n') || strchr(note_letters, last);
	return ends_in_note && ((next >= '0' && next <= '9') || next == '/' || next == ',' || next == '\'')
		       ? 0
		       : used;
}

static bool put(struct abc_reader *r, const char *bytes, size_t n)
{
	if (n == 0)
		return true;
	if (r->expanded + n > FREE_EXPANSION + 4 * r->file_size) {
		r->draft->error = score_error(r->report, ABC_BAD, score_where_byte(r->line_src).text,
			"macros make more than %zu bytes of this tune", FREE_EXPANSION + 4 * r->file_size);
		return false;
	}
	if (!abc_room(r, (void *)&r->scratch, &r->cap_scratch, r->n_scratch + n, 1))
		return false;
	memcpy(r->scratch + r->n_scratch, bytes, n);
	r->n_scratch += n;
	return true;
}

static bool put_note(struct abc_reader *r, int steps)
{
	char text[16];
	size_t n = 0;
	int octave = 0;
	for (; steps >= 14 && octave < 6; octave++)
		steps -= 7;
	for (; steps < 0 && octave > -6; octave--)
		steps += 7;
	text[n++] = note_letters[steps < 0 ? 0 : steps > 13 ? 13 : steps];
	for (int i = 0; i < (octave < 0 ? -octave : octave); i++)
		text[n++] = octave < 0 ? ',' : '\'';
	r->expanded += n;
	return put(r, text, n);
}

static bool put_macro(struct abc_reader *r, const struct abc_macro *macro, int note)
{
	for (size_t i = 0; i < macro->to.n; i++) {
		const char c = macro->to.at[i];
		if (macro->is_transposing && c >= 'h' && c <= 'z') {
			if (!put_note(r, note + (c - 'n')))
				return false;
			continue;
		}
		r->expanded++;
		if (!put(r, &c, 1))
			return false;
	}
	return true;
}

struct abc_span abc_expand(struct abc_reader *r, struct abc_span line)
{
	const uint8_t *firsts = r->setup.macro_first;
	r->n_scratch = 0;
	if (r->n_macro == 0)
		return line;
	size_t copied = 0;
	for (size_t i = 0; i < line.n;) {
		if (r->macro_work > FREE_WORK + 64 * r->file_size) {
			r->draft->error = score_error(r->report, ABC_BAD, score_where_byte(r->line_src).text,
				"macros make too much work");
			return (struct abc_span){line.at, 0};
		}
		const unsigned char c = (unsigned char)line.at[i];
		size_t used = 0;
		if (firsts[c >> 3] & 1 << (c & 7)) {
			/* the last definition of a symbol counts */
			for (size_t k = r->n_macro; k-- > 0 && !used;) {
				int note = 0;
				used = match(
					r, &r->macro[k], (struct abc_span){line.at + i, line.n - i}, &note);
				if (used && (!put(r, line.at + copied, i - copied) ||
						    !put_macro(r, &r->macro[k], note)))
					return (struct abc_span){line.at, 0};
			}
		}
		i += used ? used : 1;
		if (used)
			copied = i;
	}
	if (copied == 0)
		return line;
	if (!put(r, line.at + copied, line.n - copied))
		return (struct abc_span){line.at, 0};
	return (struct abc_span){r->scratch, r->n_scratch};
}

void abc_define_symbol(struct abc_reader *r, struct abc_span text)
{
	const char *equals = memchr(text.at, '=', text.n);
	const struct abc_span from =
		abc_trim((struct abc_span){text.at, equals ? (size_t)(equals - text.at) : 0});
	const unsigned slot = from.n == 1 ? abc_symbol_slot(from.at[0]) : ABC_SYMBOLS;
	if (slot == ABC_SYMBOLS) {
		score_warn(r->report, ABC_BAD, ABC_AT(r, text.at),
			"no user symbol: one of H..W, h..w, ~ = !name!");
		return;
	}
	struct abc_span to = abc_trim((struct abc_span){equals + 1, text.n - (size_t)(equals + 1 - text.at)});
	if (to.n >= 2 && (to.at[0] == '!' || to.at[0] == '+') && to.at[to.n - 1] == to.at[0])
		to = (struct abc_span){to.at + 1, to.n - 2};
	r->setup.symbol[slot].deco = to;
}
