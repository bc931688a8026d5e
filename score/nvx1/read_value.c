/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "read.h"
#include "words.h"

int nvx_read_text(struct nvx_reader *r, size_t min, size_t max)
{
	if (!nvx_expect(r, JSON_STRING))
		return -EINVAL;
	const uint8_t *start = r->pull.at;
	const struct json_text text = json_string(&r->pull);
	r->text.n = 0;
	score_bytes_put(&r->text, text.at, text.len);
	if (r->text.error) {
		r->draft->error = r->text.error;
		return -EINVAL;
	}
	if (text.escaped) /* never longer than what it was */
		r->text.n = json_decode(text, (char *)r->text.data);
	const size_t len = r->text.n;
	if (len >= min && len <= max)
		return 0;
	const uint8_t *behind = r->pull.at;
	r->pull.at = start;
	if (len > max)
		nvx_fault(r, max <= 1024 ? "nvx1.limit.label" : "nvx1.limit.string",
			"%zu bytes are more than %zu", len, max);
	else
		nvx_fault(r, "nvx1.range", "the string is empty");
	r->pull.at = behind;
	return -EINVAL;
}

nvx_str nvx_read_string(struct nvx_reader *r, const struct nvx_field *field)
{
	if (nvx_read_text(r, (size_t)field->min, (size_t)field->max) < 0)
		return 0;
	/* Nobody can tell "" from none where there has to be one: one way to hold it, so that equal is equal.
	 */
	if (r->text.n == 0 && field->flags & NVX_FIELD_REQUIRED)
		return 0;
	return nvx_text(r->draft, (const char *)r->text.data, r->text.n);
}

int nvx_read_integer(struct nvx_reader *r, int64_t min, int64_t max, int64_t *ret)
{
	if (!nvx_expect(r, JSON_NUMBER))
		return -EINVAL;
	const uint8_t *start = r->pull.at;
	const struct json_text number = json_raw(&r->pull);
	const uint8_t *behind = r->pull.at;
	int64_t value = 0;
	int rc = json_decimal(number, 0, &value);
	r->pull.at = start;
	if (rc > 0)
		nvx_fault(r, "nvx1.type", "not a whole number");
	else if (rc < 0)
		nvx_fault(r, "nvx1.range", *number.at == '-' ? "far below %lld" : "far above %lld",
			(long long)(*number.at == '-' ? min : max));
	else if (value < min)
		nvx_fault(r, "nvx1.range", "%lld is below %lld", (long long)value, (long long)min);
	else if (value > max)
		nvx_fault(r, "nvx1.range", "%lld is above %lld", (long long)value, (long long)max);
	r->pull.at = behind;
	if (rc != 0 || value < min || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

int nvx_read_decimal(struct nvx_reader *r, const struct nvx_field *field, int64_t *ret)
{
	static const int64_t scale[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	if (!nvx_expect(r, JSON_NUMBER))
		return -EINVAL;
	const uint8_t *start = r->pull.at;
	const struct json_text number = json_raw(&r->pull);
	const uint8_t *behind = r->pull.at;
	int64_t value = 0;
	const int rc = json_decimal(number, field->digits, &value);
	r->pull.at = start;
	const int low = rc < 0 ? *number.at == '-' : value < field->min;
	const int high = rc < 0 ? !low : value > field->max;
	if (low)
		nvx_fault(r, "nvx1.range", "below %lld", (long long)(field->min / scale[field->digits]));
	else if (high)
		nvx_fault(r, "nvx1.range", "above %lld.%0*lld",
			(long long)(field->max / scale[field->digits]), field->digits,
			(long long)(field->max % scale[field->digits]));
	else if (rc > 0)
		nvx_notice(r, "nvx1.rounded", "rounded to %u decimals", field->digits);
	r->pull.at = behind;
	if (low || high)
		return -EINVAL;
	*ret = value;
	return 0;
}

/** "a, b, c": as much as fits. */
static void list_words(const struct nvx_words *words, char *buf, size_t size)
{
	size_t n = 0;
	for (unsigned i = 0; i < words->n; i++) {
		const size_t len = strlen(words->text[i]);
		if (len == 0)
			continue;
		if (n + len + 8 > size) {
			memcpy(buf + n, ", ...", 6);
			return;
		}
		if (n > 0) {
			memcpy(buf + n, ", ", 2);
			n += 2;
		}
		memcpy(buf + n, words->text[i], len);
		n += len;
		buf[n] = 0;
	}
}

int nvx_read_word(struct nvx_reader *r, const struct nvx_words *words)
{
	if (!nvx_expect(r, JSON_STRING))
		return -EINVAL;
	const uint8_t *start = r->pull.at;
	const struct json_text text = json_string(&r->pull);
	char plain[64];
	int found = -1;
	if (!text.escaped)
		found = nvx_word_find(words, text.at, text.len);
	else if (text.len <= sizeof(plain))
		found = nvx_word_find(words, plain, json_decode(text, plain));
	if (found >= 0)
		return found;
	char all[120];
	list_words(words, all, sizeof(all));
	const uint8_t *behind = r->pull.at;
	r->pull.at = start;
	nvx_fault(r, "nvx1.enum", "none of %s", all);
	r->pull.at = behind;
	return -EINVAL;
}

nvx_id nvx_read_id(struct nvx_reader *r)
{
	const uint8_t *start = r->pull.at;
	if (!nvx_expect(r, JSON_STRING))
		return 0;
	const struct json_text text = json_string(&r->pull);
	char plain[NVX_ID_MAX * 6];
	size_t len = text.len;
	const char *at = text.at;
	if (text.escaped && len <= sizeof(plain)) {
		len = json_decode(text, plain);
		at = plain;
	}
	errno = 0;
	const nvx_id id = len <= NVX_ID_MAX ? nvx_id_parse(r->draft->pool, at, len) : 0;
	if (id)
		return id;
	if (errno == ENOMEM) {
		r->draft->error = -ENOMEM;
		return 0;
	}
	const uint8_t *behind = r->pull.at;
	r->pull.at = start;
	nvx_fault(r, "nvx1.id.malformed", "an id is 1 to 64 of A-Z a-z 0-9 . _ : -");
	r->pull.at = behind;
	return 0;
}

int nvx_read_key(struct nvx_reader *r, struct nvx_key *ret)
{
	const uint8_t *start = r->pull.at;
	if (nvx_read_text(r, 0, 65536) < 0)
		return -EINVAL;
	const uint8_t *behind = r->pull.at;
	const int rc = nvx_key_parse((const char *)r->text.data, r->text.n, ret);
	r->pull.at = start;
	if (rc < 0) {
		nvx_fault(r, "nvx1.key.malformed",
			"a key is like \"C major\", \"F# minor\", \"Bb dorian\", or \"none\"");
	} else if (rc > 0) {
		char buf[24];
		(void)nvx_key_format(ret->step, ret->alter, ret->mode, buf);
		nvx_notice(r, "nvx1.migrated", "read as \"%s\"", buf);
	}
	r->pull.at = behind;
	return rc < 0 ? -EINVAL : 0;
}

static int digit_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/** RFC 4648, padded, in place. @return length; -1. */
static int64_t decode_base64(uint8_t *text, size_t len)
{
	size_t n = 0, pad = 0;
	if (len % 4 != 0)
		return -1;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len; i += 4) {
		const size_t cut = i + 4 == len ? pad : 0;
		uint32_t group = 0;
		for (size_t j = 0; j < 4; j++) {
			const int digit = j >= 4 - cut ? 0 : digit_of(text[i + j]);
			if (digit < 0)
				return -1;
			group = group << 6 | (uint32_t)digit;
		}
		if ((cut == 1 && group & 0xff) || (cut == 2 && group & 0xffff))
			return -1; /* bits that are lost: two texts for the same bytes */
		for (size_t j = 0; j < 3 - cut; j++)
			text[n++] = (uint8_t)(group >> (16 - 8 * j));
	}
	return (int64_t)n;
}

nvx_list nvx_read_base64(struct nvx_reader *r, size_t max)
{
	const uint8_t *start = r->pull.at;
	if (nvx_read_text(r, 0, SIZE_MAX) < 0)
		return 0;
	const uint8_t *behind = r->pull.at;
	const size_t decoded = r->text.n / 4 * 3;
	r->pull.at = start;
	int64_t len = -1;
	if (decoded > max + 2)
		nvx_fault(r, "nvx1.limit.audio", "about %zu bytes are more than %zu", decoded, max);
	else if ((len = decode_base64(r->text.data, r->text.n)) < 0)
		nvx_fault(r, "nvx1.type", "not base64 (RFC 4648, padded)");
	r->pull.at = behind;
	return len > 0 ? nvx_make_list(r->draft, r->text.data, (size_t)len, 1) : 0;
}
