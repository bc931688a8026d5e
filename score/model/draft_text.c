/* SPDX-License-Identifier: MIT */
/*
 * Text of files that do not say how it is encoded. Old files hold whatever their author's machine used; UTF-8
 * is recognised safely, and Windows-1252 is the most common of the rest.
 */
#include <score/draft.h>

#include <errno.h>

#include <score/utf8.h>

#define LABEL_BYTES 1024u /**< nvx1.md 13 */

/** Windows-1252, 0x80..0x9f; five are undefined there and become U+FFFD. */
static const uint16_t cp1252_high[32] = {0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c,
	0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

nvx_str nvx_text(struct nvx_draft *draft, const char *text, size_t len)
{
	if (!text || draft->error)
		return 0;
	const nvx_str str = nvx_pool_string(draft->pool, text, len);
	if (!str)
		draft->error = -ENOMEM;
	return str;
}

nvx_str nvx_clean_text(struct nvx_draft *draft, const void *text, size_t len)
{
	char clean[LABEL_BYTES];
	const uint8_t *from = text;
	size_t n = 0;

	if (!text)
		return 0;
	const int utf8 = score_utf8_valid(text, len) == len;
	for (size_t at = 0; at < len;) {
		const uint32_t byte = from[at];
		char put[4];
		size_t width = 1;
		size_t n_put = 1;
		if (byte >= 0x20 && byte < 0x7f) { /* mostly */
			if (n == sizeof(clean))
				break;
			clean[n] = (char)byte;
			n += n || byte != ' ';
			at++;
			continue;
		}
		if (byte < 0x20 || byte == 0x7f) {
			put[0] = ' ';
			n_put = n && clean[n - 1] != ' ' ? 1 : 0;
		} else if (utf8) {
			width = score_utf8_len(from + at, len - at);
			for (size_t i = 0; i < width; i++)
				put[i] = (char)from[at + i];
			n_put = width;
		} else {
			n_put = score_utf8_put(
				byte >= 0x80 && byte < 0xa0 ? cp1252_high[byte - 0x80] : byte, put);
		}
		if (n == 0 && put[0] == ' ')
			n_put = 0;
		if (n + n_put > sizeof(clean))
			break;
		for (size_t i = 0; i < n_put; i++)
			clean[n++] = put[i];
		at += width;
	}
	while (n && clean[n - 1] == ' ')
		n--;
	return n ? nvx_text(draft, clean, n) : 0;
}
