/* SPDX-License-Identifier: MIT */
/* Which of the older shapes a document has, and what has to be known of all of it before a note is read. */
#include <string.h>

#include "older.h"

static const uint8_t *blank(const uint8_t *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')
		at++;
	return at;
}

struct seen {
	struct older_scan scan;
	uint8_t big_velocity, part_velocity;
};

/** A number that is the value of `key`. */
static void look(struct seen *seen, struct json_text key, struct json_text number)
{
	static const char *const times[] = {"start", "position", "duration", "startTime"};
	int64_t value, whole;
	const int is_velocity = json_text_is(key, "velocity");
	if (json_decimal(number, 6, &value) < 0)
		return;
	const int is_whole = value % 1000000 == 0;
	whole = value / 1000000;
	if (is_velocity) {
		seen->big_velocity |= value > 1000000;
		seen->part_velocity |= !is_whole;
	} else if (json_text_is(key, "string")) {
		seen->scan.from_zero |= value == 0;
	}
	for (unsigned i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (!json_text_is(key, times[i]))
			continue;
		seen->scan.fractions |= !is_whole;
		if (is_whole && whole > seen->scan.longest)
			seen->scan.longest = whole;
	}
}

void older_scan(const uint8_t *at, const uint8_t *end, struct older_scan *ret)
{
	struct seen seen = {};
	while (at < end) {
		if (*at != '"') {
			at++;
			continue;
		}
		struct json_pull pull;
		json_pull_init(&pull, at);
		const struct json_text key = json_string(&pull);
		at = pull.at;
		if (key.len > 9)
			continue;
		const uint8_t *value = blank(at);
		if (*value != ':')
			continue;
		value = blank(value + 1);
		if (*value != '-' && (*value < '0' || *value > '9'))
			continue;
		json_pull_init(&pull, value);
		look(&seen, key, json_raw(&pull));
		at = pull.at;
	}
	*ret = seen.scan;
	ret->unit_velocity = seen.part_velocity && !seen.big_velocity;
}

/** First element of an array that is an object; NULL: there is none. */
static const uint8_t *first_of(const uint8_t *array)
{
	if (!array || *array != '[')
		return NULL;
	array = blank(array + 1);
	return *array == '{' ? array : NULL;
}

static const uint8_t *member(const uint8_t *object, const char *name)
{
	return object && *object == '{' ? json_find(object, name) : NULL;
}

/** Does one of an array's first objects have a member that is an array? */
static int some_have(const uint8_t *array, const char *name)
{
	struct json_pull pull;
	unsigned n = 0;
	if (!array || *array != '[')
		return 0;
	json_pull_init(&pull, array);
	for (json_enter(&pull); n < 64 && json_next(&pull); json_skip(&pull), n++) {
		const uint8_t *found = *pull.at == '{' ? json_find(pull.at, name) : NULL;
		if (found && *found == '[')
			return 1;
	}
	return 0;
}

static int is_ng(const uint8_t *measures)
{
	const uint8_t *first = first_of(measures);
	return member(first, "timeSigNum") || member(first, "tabBeats") || member(first, "scoreMeasures");
}

enum older_dialect older_dialect_of(const uint8_t *document)
{
	document = blank(document);
	const uint8_t *measures = json_find(document, "measures"), *parts = json_find(document, "parts");
	const uint8_t *version = json_find(document, "version"), *metadata = json_find(document, "metadata");

	if (version && metadata && measures)
		return OLDER_NONE;
	if (!measures) {
		const uint8_t *timeline = json_find(document, "timeline");
		const int is_model = member(timeline, "ticksPerQuarter") ||
				     member(json_find(document, "structure"), "sections");
		const uint8_t *tracks = json_find(document, "tracks"), *inner;
		if (is_model && tracks)
			return OLDER_CANONICAL_1;
		if (tracks)
			return OLDER_TRACKS_1;
		inner = member(first_of(parts), "measures");
		if (inner && (json_find(document, "infos") || some_have(inner, "beats")))
			return OLDER_SONG_2;
		if (inner)
			return OLDER_CONTRACT_1;
		return json_find(document, "infos") ? OLDER_SONG_2 : OLDER_NONE;
	}
	if (is_ng(measures))
		return OLDER_NG_1;
	if (some_have(measures, "noteEvents") || (json_find(document, "info") && !metadata))
		return OLDER_STORE_3;
	return OLDER_NONE;
}
