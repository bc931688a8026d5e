/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "read.h"
#include "words.h"

static int alter_of(const char **at, const char *end)
{
	int alter = 0;
	for (; *at < end && (**at == '#' || **at == 'b') && alter > -2 && alter < 2; ++*at) {
		if ((alter > 0 && **at == 'b') || (alter < 0 && **at == '#'))
			break;
		alter += **at == '#' ? 1 : -1;
	}
	return alter;
}

static int is_word(const char *at, const char *end, const char *word)
{
	return (size_t)(end - at) == strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

int nvx_key_parse(const char *text, size_t len, struct nvx_key *ret)
{
	static const char letters[] = "CDEFGAB";
	const char *at = text, *end = text + len;

	if (is_word(at, end, "none")) {
		ret->step = NVX_KEY_NONE;
		ret->alter = 0;
		ret->mode = NVX_MODE_MAJOR;
		return 0;
	}
	const char *letter = at < end && *at ? strchr(letters, *at) : NULL;
	if (!letter)
		return -EINVAL;
	at++;
	const int alter = alter_of(&at, end);
	int mode = -1, loose = 1;
	if (at == end || is_word(at, end, " maj"))
		mode = NVX_MODE_MAJOR;
	else if (is_word(at, end, "m") || is_word(at, end, " min"))
		mode = NVX_MODE_MINOR;
	else if (*at == ' ') {
		mode = nvx_word_find(&nvx_words_mode, at + 1, (size_t)(end - at) - 1);
		loose = 0;
	}
	if (mode < 0)
		return -EINVAL;
	ret->step = (int8_t)(letter - letters);
	ret->alter = (int8_t)alter;
	ret->mode = (uint8_t)mode;
	return loose;
}

size_t nvx_key_format(int step, int alter, unsigned mode, char buf[static 24])
{
	size_t n = 0;
	if (step < 0 || step > 6) {
		memcpy(buf, "none", 5);
		return 4;
	}
	buf[n++] = "CDEFGAB"[step];
	for (int i = 0; i < alter && i < 2; i++)
		buf[n++] = '#';
	for (int i = 0; i > alter && i > -2; i--)
		buf[n++] = 'b';
	buf[n++] = ' ';
	const char *word = nvx_words_mode.text[mode < nvx_words_mode.n ? mode : 0];
	memcpy(buf + n, word, strlen(word) + 1);
	return n + strlen(word);
}
