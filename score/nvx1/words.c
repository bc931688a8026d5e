/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

#define TEXT(constant, text) text,
#define X(name, list)                                                                                        \
	static const char *const text_##name[] = {list(TEXT, )};                                             \
	const struct nvx_words nvx_words_##name = {#name, text_##name, sizeof(text_##name) / sizeof(char *)};
NVX_WORD_TABLES(X)
#undef X

#define WORDS(id, ...)                                                                                       \
	static const char *const text_##id[] = {__VA_ARGS__};                                                \
	const struct nvx_words nvx_words_##id = {#id, text_##id, sizeof(text_##id) / sizeof(char *)}

WORDS(step, "C", "D", "E", "F", "G", "A", "B");
WORDS(descriptor, "degree", "alt", "base", "ext", "extAlt", "quality");
WORDS(explanation, "text", "whyThisChord", "voiceLeadingRationale", "composerStyle", "periodAuthenticity");
WORDS(learning, "cameras", "widgets");
WORDS(extended, "version", "type", "events", "metadata");

int nvx_word_find(const struct nvx_words *words, const char *text, size_t len)
{
	if (len == 0)
		return -1;
	for (unsigned i = 0; i < words->n; i++)
		if (strlen(words->text[i]) == len && memcmp(words->text[i], text, len) == 0)
			return (int)i;
	return -1;
}
