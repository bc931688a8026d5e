/* SPDX-License-Identifier: MIT */
/* What calls itself OBS may say anything: a line is a message. What is known stays within its bounds, and
 * what is sent is a message of ours. */
#include <string.h>

#include "fuzz.h"
#include "talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;
	struct talk talk;

	talk_begin(&talk, "password");
	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		const size_t n = (size_t)((line ? line : end) - text);
		char answer[TALK_ANSWER_MAX] = "";
		const int rc = talk_hear(&talk, text, n, answer);

		FUZZ_CHECK(memchr(talk.scene, '\0', sizeof(talk.scene)) &&
			   memchr(talk.version, '\0', sizeof(talk.version)));
		FUZZ_CHECK(rc >= 0 || (talk.fault[0] && memchr(talk.fault, '\0', sizeof(talk.fault))));
		FUZZ_CHECK(rc != TALK_SEND || (answer[0] == '{' && memchr(answer, '\0', sizeof(answer))));
		FUZZ_CHECK(talk.is_recording <= 1 && !talk.has_scene == !talk.scene[0]);
		if (rc < 0)
			break;
		text += n + 1;
	}
	return 0;
}
