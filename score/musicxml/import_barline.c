/* SPDX-License-Identifier: MIT */
/* Bar lines, repeats, endings, and jumps, as signs and as words. */
#include "import.h"

#include <string.h>

void mx_set_jump(struct mx_import *im, enum nvx_jump jump, enum nvx_jump until)
{
	struct mx_measure *m = mx_measure(im);
	if (m->jump == jump || m->jump == NVX_JUMP_NONE) {
		m->jump = (uint8_t)jump;
		if (until)
			m->jump_until = (uint8_t)until;
		return;
	}
	mx_warn(im, MX_WARN_JUMP, "");
	/* who plays must get somewhere: a jump counts for more than a place to jump to */
	const int moves = jump == NVX_JUMP_DACAPO || jump == NVX_JUMP_DALSEGNO;
	const int moved = m->jump == NVX_JUMP_DACAPO || m->jump == NVX_JUMP_DALSEGNO;
	if (moves && !moved) {
		m->jump = (uint8_t)jump;
		m->jump_until = (uint8_t)until;
	}
}

/** Letters alone, lower case: "D.S. al Coda" is "dsalcoda". */
static void letters(const char *text, char *buf, size_t size)
{
	size_t n = 0;
	for (; *text && n < size - 1; text++) {
		if (*text >= 'A' && *text <= 'Z')
			buf[n++] = (char)(*text + 32);
		else if (*text >= 'a' && *text <= 'z')
			buf[n++] = *text;
		else if (!strchr(" .\t\n\r", *text))
			buf[n++] = '?';
	}
	buf[n] = 0;
}

int mx_words_jump(const char *words, enum nvx_jump *ret_jump, enum nvx_jump *ret_until)
{
	static const struct {
		const char *text;
		uint8_t jump, until;
	} known[] = {
		{"fine", NVX_JUMP_FINE, 0},
		{"tocoda", NVX_JUMP_TO_CODA, 0},
		{"dc", NVX_JUMP_DACAPO, 0},
		{"dacapo", NVX_JUMP_DACAPO, 0},
		{"dcalfine", NVX_JUMP_DACAPO, NVX_JUMP_FINE},
		{"dacapoalfine", NVX_JUMP_DACAPO, NVX_JUMP_FINE},
		{"dcalcoda", NVX_JUMP_DACAPO, NVX_JUMP_CODA},
		{"dacapoalcoda", NVX_JUMP_DACAPO, NVX_JUMP_CODA},
		{"ds", NVX_JUMP_DALSEGNO, 0},
		{"dalsegno", NVX_JUMP_DALSEGNO, 0},
		{"dsalfine", NVX_JUMP_DALSEGNO, NVX_JUMP_FINE},
		{"dalsegnoalfine", NVX_JUMP_DALSEGNO, NVX_JUMP_FINE},
		{"dsalcoda", NVX_JUMP_DALSEGNO, NVX_JUMP_CODA},
		{"dalsegnoalcoda", NVX_JUMP_DALSEGNO, NVX_JUMP_CODA},
	};
	char plain[32];
	letters(words, plain, sizeof(plain));
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (strcmp(plain, known[i].text) == 0) {
			*ret_jump = (enum nvx_jump)known[i].jump;
			*ret_until = (enum nvx_jump)known[i].until;
			return 1;
		}
	}
	return 0;
}

enum nvx_jump mx_words_until(const char *words)
{
	char plain[64];
	letters(words, plain, sizeof(plain));
	return strstr(plain, "alcoda")   ? NVX_JUMP_CODA
	       : strstr(plain, "alfine") ? NVX_JUMP_FINE
					 : NVX_JUMP_NONE;
}

static void read_style(struct mx_import *im, mx_node_id node, int is_left, int repeats)
{
	static const struct {
		const char *text;
		uint8_t barline;
	} styles[] = {
		{"regular", NVX_BARLINE_LIGHT},
		{"dotted", NVX_BARLINE_DOTTED},
		{"dashed", NVX_BARLINE_DASHED},
		{"heavy", NVX_BARLINE_HEAVY},
		{"light-light", NVX_BARLINE_DOUBLE},
		{"light-heavy", NVX_BARLINE_FINAL},
		{"tick", NVX_BARLINE_TICK},
		{"short", NVX_BARLINE_SHORT},
		{"none", NVX_BARLINE_NONE},
		{"heavy-light", NVX_BARLINE_HEAVY},
		{"heavy-heavy", NVX_BARLINE_HEAVY},
	};
	const char *text = mx_text(&im->tree, node);
	/* that of a repeat follows from the repeat */
	if (repeats || (is_left && im->measure == 0))
		return;
	struct mx_measure *m = is_left ? &im->measures[im->measure - 1] : mx_measure(im);
	for (unsigned i = 0; i < sizeof(styles) / sizeof(*styles); i++) {
		if (strcmp(text, styles[i].text) != 0)
			continue;
		if (!m->barline)
			m->barline = styles[i].barline;
		if (i >= 9)
			mx_keep_here(im, node);
		return;
	}
	mx_warn(im, MX_WARN_UNREAD, text);
}

/** Numbers of an ending: "1", "1, 2", "1-3". */
static nvx_list ending_numbers(struct mx_import *im, const char *text)
{
	uint8_t list[32];
	unsigned n = 0, value = 0, from = 0;
	for (;; text++) {
		if (*text >= '0' && *text <= '9') {
			value = value * 10 + (unsigned)(*text - '0');
			if (value > 99)
				value = 99;
			continue;
		}
		for (unsigned v = from ? from + 1 : value; value && v <= value && n < sizeof(list); v++)
			list[n++] = (uint8_t)v;
		from = *text == '-' ? value : 0;
		value = 0;
		if (!*text)
			break;
	}
	return n ? nvx_make_list(im->draft, list, n, 1) : 0;
}

static void read_ending(struct mx_import *im, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	struct mx_measure *m = mx_measure(im);
	const char *number = mx_attr(t, node, "number");
	nvx_list numbers = ending_numbers(im, number ? number : "");
	if (!numbers)
		numbers = ending_numbers(im, mx_text(t, node));
	if (mx_attr_is(t, node, "type", "start"))
		m->ending_start = 1;
	else if (mx_attr_is(t, node, "type", "discontinue"))
		m->ending_discontinue = 1;
	else
		m->ending_stop = 1;
	if (!m->ending_numbers)
		m->ending_numbers = numbers;
	/* a label that is not its numbers */
	const char *text = mx_text(t, node);
	if (*text && number && strncmp(text, number, strlen(number)) != 0)
		mx_keep_here(im, node);
}

void mx_read_barline(struct mx_import *im, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const int is_left = mx_attr_is(t, node, "location", "left");
	const int is_middle = mx_attr_is(t, node, "location", "middle");
	const mx_node_id repeat = mx_child(t, node, MX_repeat);
	if (is_middle) {
		mx_keep_here(im, node);
		return;
	}
	MX_FOR_CHILDREN(t, c, node)
	{
		switch (t->node[c].name) {
		case MX_bar_style:
			read_style(im, c, is_left, repeat != 0);
			break;
		case MX_repeat:
			if (mx_attr_is(t, c, "direction", "forward"))
				mx_measure(im)->repeat_start = 1;
			else
				mx_measure(im)->repeat_end = (uint8_t)mx_attr_int(t, c, "times", 2, 2, 99);
			break;
		case MX_ending:
			read_ending(im, c);
			break;
		case MX_segno:
			mx_set_jump(im, NVX_JUMP_SEGNO, NVX_JUMP_NONE);
			break;
		case MX_coda:
			mx_set_jump(im, NVX_JUMP_CODA, NVX_JUMP_NONE);
			break;
		default: /* fermata, wavy-line, footnote */
			mx_keep_here(im, c);
			break;
		}
	}
	if (mx_attr(t, node, "segno"))
		mx_set_jump(im, NVX_JUMP_SEGNO, NVX_JUMP_NONE);
	if (mx_attr(t, node, "coda"))
		mx_set_jump(im, NVX_JUMP_CODA, NVX_JUMP_NONE);
}
