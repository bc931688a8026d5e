/* SPDX-License-Identifier: MIT */
/*
 * Pieces of a MusicXML file that an import kept, since a score has no place for them. Those that stand alone,
 * and mean the same wherever they stand, go back: of the head, directions, and signs at a note. They come
 * from a score, which anybody may have written: what is no element by itself stays out.
 */
#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../libraries/libraries.h"

#define MAX_PIECE (64 << 10) /* bytes */

static const char *const directions[] = {"accordion-registration", "bracket", "damp", "damp-all", "dashes",
	"eyeglasses", "harp-pedals", "other-direction", "percussion", "principal-voice", "staff-divide",
	"string-mute"};
static const struct mxo_tags direction_tags = MXO_TAGS(directions);

/* ---- the list, as JSON without blanks ---- */

struct piece {
	const char *xml; /**< a JSON string, behind its quote; NULL: none */
	int64_t offset, part, staff;
	uint8_t placement;
};

static const char *behind_string(const char *at)
{
	for (; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : NULL;
}

/** @return behind the value; NULL: it is neither a string nor a whole number. */
static const char *read_member(const char *at, struct piece *piece)
{
	const char *key = at + 1;
	if (*at != '"' || !(at = behind_string(key)) || *at != ':')
		return NULL;
	at++;
	if (*at == '"') {
		if (strncmp(key, "xml\"", 4) == 0)
			piece->xml = at + 1;
		if (strncmp(key, "placement\"", 10) == 0)
			piece->placement = strncmp(at + 1, "above\"", 6) == 0   ? NVX_PLACEMENT_ABOVE
					   : strncmp(at + 1, "below\"", 6) == 0 ? NVX_PLACEMENT_BELOW
										: NVX_PLACEMENT_NONE;
		return behind_string(at + 1);
	}
	char *end;
	const long long number = strtoll(at, &end, 10);
	if (end == at)
		return NULL;
	if (strncmp(key, "offset\"", 7) == 0)
		piece->offset = number;
	else if (strncmp(key, "part\"", 5) == 0)
		piece->part = number;
	else if (strncmp(key, "staff\"", 6) == 0)
		piece->staff = number;
	return end;
}

/** @return behind the piece; NULL: there is none. */
static const char *next_piece(const char *at, struct piece *piece)
{
	*piece = (struct piece){0};
	at += *at == ',';
	if (*at == '"') {
		piece->xml = at + 1;
		return behind_string(at + 1);
	}
	if (*at != '{')
		return NULL;
	do
		at = read_member(at + 1, piece);
	while (at && *at == ',');
	return at && *at == '}' ? at + 1 : NULL;
}

static const char *first_piece(const struct mxo *x, nvx_str extra)
{
	static const char before[] = "\"musicxml\":{\"xml\":[";
	const char *at = extra ? strstr(score_text(x->score, extra), before) : NULL;
	return at ? at + sizeof(before) - 1 : "";
}

static int is_tag(const struct piece *piece, const char *tag)
{
	const size_t n = strlen(tag);
	return piece->xml && piece->xml[0] == '<' && strncmp(piece->xml + 1, tag, n) == 0 &&
	       strchr(" />", piece->xml[n + 1]);
}

static int has_tag(const struct piece *piece, const struct mxo_tags *tags)
{
	for (unsigned i = 0; i < tags->n; i++)
		if (is_tag(piece, tags->tag[i]))
			return 1;
	return 0;
}

/* ---- out ---- */

static unsigned hex4(const char *at)
{
	unsigned value = 0;
	for (int i = 0; i < 4; i++) {
		const char c = at[i];
		const unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
				       : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
				       : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
							      : 16;
		if (digit > 15)
			return 0;
		value = value * 16 + digit;
	}
	return value;
}

/** What a JSON string says. Characters that it escapes by number are ASCII: all others stand for themselves.
 */
static void unescape(struct score_bytes *out, const char *at)
{
	static const char escapes[] = "bfnrt", means[] = "\b\f\n\r\t";
	for (; *at && *at != '"'; at++) {
		const char *is;
		unsigned value;
		if (*at != '\\') {
			score_bytes_u8(out, (uint8_t)*at);
		} else if (*++at == 'u') {
			value = hex4(at + 1);
			score_bytes_u8(out, value && value < 0x80 ? (uint8_t)value : '?');
			at += value ? 4 : 0;
		} else if (*at && (is = strchr(escapes, *at))) {
			score_bytes_u8(out, (uint8_t)means[is - escapes]);
		} else if (*at) {
			score_bytes_u8(out, (uint8_t)*at);
		} else {
			return;
		}
	}
}

/** One element, and nothing before or behind it. */
static int is_element(struct mxo *x, const struct score_bytes *text, int needs_content)
{
	const int flags = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
	if (text->error || text->n < 4 || text->n > MAX_PIECE || text->data[text->n - 1] != '>' ||
		memchr(text->data, '\0', text->n))
		return 0;
	const struct score_libraries *xml = x->error ? NULL : score_libraries(x->report);
	if (!xml) {
		x->error = x->error ? x->error : -EINVAL;
		return 0;
	}
	const xmlDoc *doc = xml->xmlReadMemory((const char *)text->data, (int)text->n, NULL, "UTF-8", flags);
	const xmlNode *root = doc ? doc->children : NULL;
	const int is =
		root && root->type == XML_ELEMENT_NODE && !root->next && (root->children || !needs_content);
	xml->xmlFreeDoc((xmlDoc *)doc);
	return is;
}

/** The element that a JSON string has, in `text`, which is the caller's. @return 0: it has none. */
static int take(struct mxo *x, const char *xml, int needs_content, struct score_bytes *text)
{
	score_bytes_init(text, x->alloc);
	unescape(text, xml);
	if (text->error)
		x->error = text->error;
	const int is = is_element(x, text, needs_content);
	x->loss[MXO_LOSS_KEPT] -= is;
	return is;
}

uint32_t mxo_count_kept(const struct mxo *x, nvx_str extra)
{
	struct piece piece;
	uint32_t n = 0;
	for (const char *at = first_piece(x, extra); (at = next_piece(at, &piece));)
		n += !is_tag(&piece, "encoding"); /* ours says who wrote this file */
	return n;
}

void mxo_write_kept(struct mxo *x, const char *tag, const char *around)
{
	struct piece piece;
	int is_open = 0;
	for (const char *at = first_piece(x, x->score->globals.metadata.extra);
		(at = next_piece(at, &piece));) {
		if (!is_tag(&piece, tag))
			continue;
		struct score_bytes text;
		if (take(x, piece.xml, /* needs_content= */ 1, &text)) {
			if (around && !is_open)
				mxo_open(x, around);
			is_open = 1;
			mxo_raw(x, (const char *)text.data, text.n);
		}
		score_bytes_finish(&text);
	}
	if (around && is_open)
		mxo_close(x, around);
}

unsigned mxo_count_signs(const struct mxo *x, nvx_str extra, const struct mxo_tags *tags)
{
	struct piece piece;
	unsigned n = 0;
	for (const char *at = first_piece(x, extra); (at = next_piece(at, &piece));)
		n += has_tag(&piece, tags);
	return n;
}

void mxo_write_signs(struct mxo *x, nvx_str extra, const struct mxo_tags *tags)
{
	struct piece piece;
	for (const char *at = first_piece(x, extra); (at = next_piece(at, &piece));) {
		struct score_bytes text;
		if (!has_tag(&piece, tags))
			continue;
		if (take(x, piece.xml, /* needs_content= */ 0, &text))
			mxo_raw(x, (const char *)text.data, text.n);
		score_bytes_finish(&text);
	}
}

void mxo_gather_kept(struct mxo *x)
{
	struct piece piece;
	for (uint32_t m = 0; m < score_n_measure(x->score); m++) {
		const struct nvx_measure *measure = score_measure(x->score, m);
		for (const char *at = first_piece(x, measure->extra); (at = next_piece(at, &piece));) {
			if (!has_tag(&piece, &direction_tags) || piece.part != (int64_t)x->part + 1 ||
				piece.offset < 0 || piece.offset > measure->duration_ticks)
				continue;
			struct mxo_kept *kept = MXO_ADD(x, kept);
			struct mxo_item *item = kept ? MXO_ADD(x, directions) : NULL;
			if (!item)
				return;
			*kept = (struct mxo_kept){piece.xml, piece.placement};
			*item = (struct mxo_item){.tick = measure->tick + piece.offset,
				.index = (uint32_t)x->n_kept - 1,
				.kind = MXO_KEPT,
				.order = piece.offset == measure->duration_ticks ? MXO_STOP_SPAN : MXO_KEPT,
				.staff = (uint8_t)(piece.staff > 1 && piece.staff <= x->n_staves ? piece.staff
												 : 1)};
		}
	}
}

void mxo_write_kept_direction(struct mxo *x, const struct mxo_item *item)
{
	struct score_bytes text;
	const struct mxo_kept *kept = &x->kept[item->index];
	if (take(x, kept->xml, /* needs_content= */ 0, &text)) {
		mxo_openf(x, "direction%s", mxo_placement(kept->placement));
		mxo_open(x, "direction-type");
		mxo_raw(x, (const char *)text.data, text.n);
		mxo_close(x, "direction-type");
		mxo_finish_direction(x, item);
		mxo_close(x, "direction");
	}
	score_bytes_finish(&text);
}
