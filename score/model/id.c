/* SPDX-License-Identifier: MIT */
#include <score/pool.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "pool_private.h"

static const char letters[] = NVX_ID_LETTERS;
static_assert(sizeof(letters) - 1 < NVX_PROVISIONAL);

static int letter_index(char c)
{
	for (int i = 0; i < (int)sizeof(letters) - 1; i++)
		if (letters[i] == c)
			return i;
	return -1;
}

nvx_id nvx_id_number(unsigned letter, uint32_t number)
{
	const uint32_t index = letter == NVX_PROVISIONAL ? letter : (uint32_t)letter_index((char)letter);
	assert(index <= NVX_PROVISIONAL && number >= 1 && number <= NVX_ID_NUMBER_MAX);
	return NVX_ID_IS_NUMBER | index << 26 | number;
}

static int is_id_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	       c == '_' || c == ':' || c == '-';
}

/** "n12" as a number; 0: has another form. */
static nvx_id as_number(const char *text, size_t len)
{
	const int index = letter_index(text[0]);
	if (index < 0 || len < 2 || len > 9 || text[1] == '0')
		return 0;
	uint32_t number = 0;
	for (size_t i = 1; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = number * 10 + (uint32_t)(text[i] - '0');
	}
	return number <= NVX_ID_NUMBER_MAX ? NVX_ID_IS_NUMBER | (uint32_t)index << 26 | number : 0;
}

/** @return 1: has the form of an id; *ret is set when it is held as a number. */
static int scan(const char *text, size_t len, nvx_id *ret)
{
	*ret = 0;
	if (len == 0 || len > NVX_ID_MAX)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!is_id_byte(text[i]))
			return 0;
	*ret = as_number(text, len);
	return 1;
}

nvx_id nvx_id_parse(struct nvx_pool *pool, const char *text, size_t len)
{
	nvx_id id;
	if (!scan(text, len, &id)) {
		errno = EINVAL;
		return 0;
	}
	if (!id) {
		id = nvx_pool_string(pool, text, len);
		if (!id)
			errno = ENOMEM;
	}
	return id;
}

nvx_id nvx_id_find(const struct nvx_pool *pool, const char *text, size_t len)
{
	nvx_id id;
	if (!scan(text, len, &id))
		return 0;
	return id ? id : nvx_pool_find(pool, text, len);
}

size_t nvx_id_format(const struct nvx_pool *pool, nvx_id id, char buf[static NVX_ID_MAX + 1])
{
	size_t len = 0;
	if (id & NVX_ID_IS_NUMBER) {
		char digit[10];
		size_t n = 0;
		for (uint32_t number = id & NVX_ID_NUMBER_MAX; number; number /= 10)
			digit[n++] = (char)('0' + number % 10);
		/* A provisional id is shown in a form that no document can give. */
		buf[len++] = nvx_id_provisional(id) ? '~' : letters[nvx_id_letter(id)];
		while (n)
			buf[len++] = digit[--n];
	} else {
		const char *text = nvx_string(pool, id, &len);
		memcpy(buf, text, len);
	}
	buf[len] = '\0';
	return len;
}

static unsigned n_digits(uint32_t number)
{
	unsigned n = 1;
	for (; number >= 10; number /= 10)
		n++;
	return n;
}

/** Order of two numbers by their decimal digits: 10 before 2. */
static int compare_digits(uint32_t a, uint32_t b)
{
	const unsigned digits_a = n_digits(a), digits_b = n_digits(b);
	uint64_t same_a = a, same_b = b;
	for (unsigned i = digits_a; i < digits_b; i++)
		same_a *= 10;
	for (unsigned i = digits_b; i < digits_a; i++)
		same_b *= 10;
	if (same_a != same_b)
		return same_a < same_b ? -1 : 1;
	return digits_a < digits_b ? -1 : digits_a > digits_b;
}

int nvx_id_compare(const struct nvx_pool *pool, nvx_id a, nvx_id b)
{
	if (a == b)
		return 0;
	if (a & b & NVX_ID_IS_NUMBER && nvx_id_letter(a) == nvx_id_letter(b))
		return compare_digits(a & NVX_ID_NUMBER_MAX, b & NVX_ID_NUMBER_MAX);
	char text[2][NVX_ID_MAX + 1];
	const size_t len_a = a ? nvx_id_format(pool, a, text[0]) : 0;
	const size_t len_b = b ? nvx_id_format(pool, b, text[1]) : 0;
	const int order = memcmp(text[0], text[1], len_a < len_b ? len_a : len_b);
	return order ? order : len_a < len_b ? -1 : len_a > len_b;
}
