/* SPDX-License-Identifier: MIT */
/* Words, numbers, and text with the escapes of ABC 2.1 section 8: \'e, \u00e9, &eacute;. */
#include <string.h>
#include <uchar.h>

#include <score/utf8.h>

#include "abc_impl.h"

#define MAX_STRING 1024u

struct abc_span abc_trim(struct abc_span text)
{
	while (text.n && (unsigned char)text.at[0] <= ' ') {
		text.at++;
		text.n--;
	}
	while (text.n && (unsigned char)text.at[text.n - 1] <= ' ')
		text.n--;
	return text;
}

bool abc_starts(struct abc_span text, const char *word)
{
	const size_t n = strlen(word);
	return text.n >= n && memcmp(text.at, word, n) == 0;
}

bool abc_is(struct abc_span text, const char *word)
{
	return text.n == strlen(word) && memcmp(text.at, word, text.n) == 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool abc_is_nocase(struct abc_span text, const char *word)
{
	if (text.n != strlen(word))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (lower(text.at[i]) != lower(word[i]))
			return false;
	return true;
}

bool abc_digits(struct abc_span *text, uint32_t max, uint32_t *ret)
{
	uint64_t value = 0;
	size_t n = 0;
	for (; n < text->n && text->at[n] >= '0' && text->at[n] <= '9'; n++)
		if (value <= max)
			value = value * 10 + (uint64_t)(text->at[n] - '0');
	*ret = value > max ? max : (uint32_t)value;
	text->at += n;
	text->n -= n;
	return true;
}

bool abc_int(struct abc_span *text, int *ret)
{
	struct abc_span rest = *text;
	const int sign = rest.n && rest.at[0] == '-' ? -1 : 1;
	if (rest.n && (rest.at[0] == '-' || rest.at[0] == '+'))
		rest = (struct abc_span){rest.at + 1, rest.n - 1};
	uint32_t value;
	if (!abc_uint(&rest, 1000000, &value))
		return false;
	*ret = sign * (int)value;
	*text = rest;
	return true;
}

struct abc_span abc_word(struct abc_span *text)
{
	*text = abc_trim(*text);
	size_t n = 0;
	for (bool quoted = false; n < text->n && (quoted || (unsigned char)text->at[n] > ' '); n++)
		if (text->at[n] == '"')
			quoted = !quoted;
	const struct abc_span word = {text->at, n};
	text->at += n;
	text->n -= n;
	return word;
}

/** An accent: its mark after a backslash, its name in an entity, letters and what they become. */
struct accent {
	char mark;
	const char *entity;
	const char *letters;
	const char16_t *codes;
};
static const struct accent accents[] = {
	{'`', "grave", "AEIOUaeiou", u"ÀÈÌÒÙàèìòù"},
	{'\'', "acute", "AEIOUYaeiouyCcLlNnRrSsZz", u"ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹź"},
	{'^', "circ", "AEIOUaeiouCcGgHhJjSsWwYy", u"ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷ"},
	{'~', "tilde", "ANOanoIiUu", u"ÃÑÕãñõĨĩŨũ"},
	{'"', "uml", "AEIOUaeiouyY", u"ÄËÏÖÜäëïöüÿŸ"},
	{'c', "cedil", "CcSsTt", u"ÇçŞşŢţ"},
	{'v', "caron", "CcDdEeNnRrSsTtZz", u"ČčĎďĚěŇňŘřŠšŤťŽž"},
	{'u', "breve", "AaEeGgIiOoUu", u"ĂăĔĕĞğĬĭŎŏŬŭ"},
	{'H', "dblac", "OoUu", u"ŐőŰű"},
	{'/', "slash", "OoDdLl", u"ØøĐđŁł"},
	{'o', "ring", "AaUu", u"ÅåŮů"},
	{'=', "macr", "AaEeIiOoUu", u"ĀāĒēĪīŌōŪū"},
	{';', "ogon", "AaEeIiUu", u"ĄąĘęĮįŲų"},
	{'.', "dot", "CcEeGgIZz", u"ĊċĖėĠġİŻż"},
};
static const struct {
	const char *name;
	char16_t code;
} ligatures[] = {{"AA", u'Å'}, {"aa", u'å'}, {"AE", u'Æ'}, {"ae", u'æ'}, {"OE", u'Œ'}, {"oe", u'œ'},
	{"ss", u'ß'}, {"DH", u'Ð'}, {"dh", u'ð'}, {"TH", u'Þ'}, {"th", u'þ'}};
static const struct {
	const char *name;
	char16_t code;
} entities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"nbsp", ' '}, {"copy", u'©'},
	{"szlig", u'ß'}, {"AElig", u'Æ'}, {"aelig", u'æ'}, {"OElig", u'Œ'}, {"oelig", u'œ'}, {"ETH", u'Ð'},
	{"eth", u'ð'}, {"THORN", u'Þ'}, {"thorn", u'þ'}, {"rsquo", u'’'}, {"lsquo", u'‘'}};

static uint32_t with_accent(const struct accent *accent, char letter)
{
	const char *at = letter ? strchr(accent->letters, letter) : NULL;
	return at ? accent->codes[at - accent->letters] : 0;
}

static bool hex(struct abc_span text, size_t n, uint32_t *ret)
{
	uint32_t code = 0;
	if (text.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char c = lower(text.at[i]);
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*ret = code;
	return code >= ' ' && (code < 0xd800 || (code > 0xdfff && code <= 0x10ffff));
}

/** After a backslash. @return bytes used, 0: no escape. */
static size_t escape(struct abc_span text, uint32_t *ret)
{
	if (text.n == 0)
		return 0;
	if (text.at[0] == 'u' && hex((struct abc_span){text.at + 1, text.n - 1}, 4, ret))
		return 5;
	if (text.at[0] == 'U' && hex((struct abc_span){text.at + 1, text.n - 1}, 8, ret))
		return 9;
	for (size_t i = 0; i < sizeof(ligatures) / sizeof(ligatures[0]); i++)
		if (abc_starts(text, ligatures[i].name)) {
			*ret = ligatures[i].code;
			return 2;
		}
	if (text.n >= 2)
		for (size_t i = 0; i < sizeof(accents) / sizeof(accents[0]); i++)
			if (accents[i].mark == text.at[0] && (*ret = with_accent(&accents[i], text.at[1])))
				return 2;
	if (strchr("%&\\", text.at[0])) {
		*ret = (unsigned char)text.at[0];
		return 1;
	}
	return 0;
}

/** After an ampersand, with the semicolon. */
static size_t entity(struct abc_span text, uint32_t *ret)
{
	const char *end = memchr(text.at, ';', text.n < 12 ? text.n : 12);
	if (!end || end == text.at)
		return 0;
	struct abc_span name = {text.at, (size_t)(end - text.at)};
	const size_t used = name.n + 1;
	if (name.at[0] == '#') {
		name = (struct abc_span){name.at + 1, name.n - 1};
		if (name.n > 1 && lower(name.at[0]) == 'x')
			return hex((struct abc_span){name.at + 1, name.n - 1}, name.n - 1, ret) ? used : 0;
		return abc_uint(&name, 0x110000, ret) && name.n == 0 && *ret >= ' ' && *ret <= 0x10ffff &&
				       (*ret < 0xd800 || *ret > 0xdfff)
			       ? used
			       : 0;
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (abc_is(name, entities[i].name)) {
			*ret = entities[i].code;
			return used;
		}
	for (size_t i = 0; i < sizeof(accents) / sizeof(accents[0]); i++)
		if (abc_is((struct abc_span){name.at + 1, name.n - 1}, accents[i].entity) &&
			(*ret = with_accent(&accents[i], name.at[0])))
			return used;
	return 0;
}

/** @return bytes in `to`, which has room for MAX_STRING + 4. */
static size_t decode(struct abc_span text, char *to)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n && n <= MAX_STRING;) {
		const struct abc_span rest = {text.at + i + 1, text.n - i - 1};
		uint32_t code = 0;
		size_t used = 0;
		if (text.at[i] == '\\')
			used = escape(rest, &code);
		else if (text.at[i] == '&')
			used = entity(rest, &code);
		if (used)
			n += score_utf8_put(code, to + n);
		else
			to[n++] = text.at[i];
		i += 1 + used;
	}
	return n;
}

nvx_str abc_string(struct abc_reader *r, struct abc_span text)
{
	char buf[MAX_STRING + 8];
	text = abc_trim(text);
	if (text.n > MAX_STRING)
		score_warn(r->report, ABC_DROPPED, ABC_AT(r, text.at), "a text of %zu bytes is cut at %u",
			text.n, MAX_STRING);
	if (!memchr(text.at, '\\', text.n) && !memchr(text.at, '&', text.n))
		return nvx_clean_text(r->draft, text.at, text.n);
	/* An escape beside bytes that are no UTF-8 would mix two encodings: the bytes first. */
	const nvx_str clean = nvx_clean_text(r->draft, text.at, text.n);
	size_t n;
	const char *at = nvx_string(r->draft->pool, clean, &n);
	n = decode((struct abc_span){at, n}, buf);
	return nvx_clean_text(r->draft, buf, n);
}

nvx_str abc_join(struct abc_reader *r, nvx_str old, const char *glue, struct abc_span text)
{
	const nvx_str added = abc_string(r, text);
	if (!old || !added)
		return old ? old : added;
	char buf[2 * MAX_STRING + 16];
	size_t n_old, n_added;
	const char *a = nvx_string(r->draft->pool, old, &n_old);
	const char *b = nvx_string(r->draft->pool, added, &n_added);
	const size_t n_glue = strlen(glue);
	if (n_old + n_glue + n_added > MAX_STRING) {
		score_warn(r->report, ABC_DROPPED, ABC_AT(r, text.at),
			"a text is longer than %u bytes and cut", MAX_STRING);
		return old;
	}
	memcpy(buf, a, n_old);
	memcpy(buf + n_old, glue, n_glue);
	memcpy(buf + n_old + n_glue, b, n_added);
	return nvx_text(r->draft, buf, n_old + n_glue + n_added);
}
