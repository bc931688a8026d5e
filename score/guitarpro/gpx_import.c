/* SPDX-License-Identifier: MIT */
/**
 * The container of Guitar Pro 6. BCFZ is BCFS packed bit by bit: a 1 and a copy of what came before (4 bits:
 * how wide the two numbers are that follow, lowest bit first: how far back, how long), or a 0 and up to 3
 * bytes (2 bits, lowest first: how many). BCFS is a disk of sectors of 4,096 bytes; one that begins with 2
 * names a file and its sectors.
 */
#include "gpif.h"

#include <score/format.h>

#include <errno.h>
#include <stdio.h>

#define SECTOR 4096u
#define MAX_UNPACKED (64u << 20)
#define NAME_AT 4u
#define SIZE_AT 0x8cu
#define SECTORS_AT 0x94u

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/** Bits from the highest of each byte to the lowest. */
struct bits {
	const uint8_t *data;
	size_t n, at; /**< in bits */
};

static unsigned take_bit(struct bits *bits)
{
	const unsigned bit = bits->data[bits->at / 8] >> (7 - bits->at % 8) & 1;
	bits->at++;
	return bit;
}

static unsigned take_high_first(struct bits *bits, unsigned n)
{
	unsigned value = 0;
	while (n-- > 0)
		value = value << 1 | take_bit(bits);
	return value;
}

static unsigned take_low_first(struct bits *bits, unsigned n)
{
	unsigned value = 0;
	for (unsigned i = 0; i < n; i++)
		value |= take_bit(bits) << i;
	return value;
}

/** Copies and bytes until the target is full or the source has no whole one left. @return bytes made; -1:
 * nonsense. */
static int64_t unpack(struct bits *bits, uint8_t *to, size_t size)
{
	size_t n = 0;
	while (n < size && bits->n - bits->at >= 5) {
		if (take_bit(bits)) {
			const unsigned width = take_high_first(bits, 4);
			if (bits->n - bits->at < 2 * (size_t)width)
				break;
			const size_t back = take_low_first(bits, width), len = take_low_first(bits, width);
			if (back > n)
				return -1;
			/* no more than what lies behind is copied: a run never reads what it writes */
			const size_t most = len < back ? len : back, room = size - n;
			memcpy(to + n, to + n - back, most < room ? most : room);
			n += most < room ? most : room;
		} else {
			unsigned len = take_low_first(bits, 2);
			for (; len > 0 && n < size && bits->n - bits->at >= 8; len--)
				to[n++] = (uint8_t)take_high_first(bits, 8);
			if (len > 0)
				break;
		}
	}
	return (int64_t)n;
}

/** The bytes of a file, one sector after the other. @return 0; -EINVAL, told; -ENOMEM. */
static int read_file(
	const uint8_t *disk, size_t size, size_t entry, struct nvx_draft *draft, uint8_t **ret, size_t *ret_n)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	const size_t n = le32(disk + entry + SIZE_AT);
	if (n > size)
		return score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(entry + SIZE_AT),
			"a file of %zu bytes in a container of %zu", n, size);
	uint8_t *bytes = score_zalloc(alloc, n + 1, 1);
	if (!bytes)
		return -ENOMEM;
	size_t at = 0;
	for (size_t i = SECTORS_AT; at < n && i + 4 <= SECTOR && entry + i + 4 <= size; i += 4) {
		const size_t from = (size_t)le32(disk + entry + i) * SECTOR;
		if (from == 0 || from >= size)
			break;
		size_t len = size - from < SECTOR ? size - from : SECTOR;
		len = len < n - at ? len : n - at;
		memcpy(bytes + at, disk + from, len);
		at += len;
	}
	if (at < n) {
		score_free(alloc, bytes);
		return score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(entry),
			"score.gpif lacks %zu of %zu bytes", n - at, n);
	}
	*ret = bytes;
	*ret_n = n;
	return 0;
}

/** @param disk  Without the four bytes "BCFS". @param ret  The document; the caller's. */
static int find_document(
	const uint8_t *disk, size_t size, struct nvx_draft *draft, uint8_t **ret, size_t *ret_n)
{
	static const char name[] = "score.gpif";
	for (size_t entry = SECTOR; entry + SECTORS_AT <= size; entry += SECTOR) {
		if (le32(disk + entry) != 2 || memcmp(disk + entry + NAME_AT, name, sizeof(name)) != 0)
			continue;
		return read_file(disk, size, entry, draft, ret, ret_n);
	}
	return score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(0), "the container has no score.gpif");
}

static int find_packed(
	const uint8_t *bytes, size_t size, struct nvx_draft *draft, uint8_t **ret, size_t *ret_n)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	const size_t unpacked = le32(bytes + 4);
	/* 35 bits make 32,767 bytes at most */
	if (unpacked > MAX_UNPACKED || unpacked / 8192 > size)
		return score_error(draft->report, "nvx1.limit.file", SCORE_AT_BYTE(4),
			"unpacks to %zu bytes, more than %u", unpacked, MAX_UNPACKED);
	uint8_t *disk = score_zalloc(alloc, unpacked + 1, 1);
	if (!disk)
		return -ENOMEM;
	struct bits bits = {bytes + 8, (size - 8) * 8, 0};
	const int64_t n = unpack(&bits, disk, unpacked);
	int rc;
	if (n < 0)
		rc = score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(8 + bits.at / 8),
			"a copy from before the beginning");
	else if (n < 4 || memcmp(disk, "BCFS", 4) != 0)
		rc = score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(8), "what is packed is no BCFS");
	else
		rc = find_document(disk + 4, (size_t)n - 4, draft, ret, ret_n);
	score_free(alloc, disk);
	return rc;
}

int gpx_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	(void)snprintf(draft->report->dialect, sizeof(draft->report->dialect), "GP6");
	uint8_t *document = NULL;
	size_t n = 0;
	int rc;
	if (size >= 8 && memcmp(bytes, "BCFZ", 4) == 0)
		rc = find_packed(bytes, size, draft, &document, &n);
	else if (size >= 4 && memcmp(bytes, "BCFS", 4) == 0)
		rc = find_document(bytes + 4, size - 4, draft, &document, &n);
	else
		rc = score_error(draft->report, GP_PARSE, SCORE_AT_BYTE(0), "neither BCFZ nor BCFS");
	if (rc == 0)
		rc = gpif_read(document, n, document, draft);
	if (rc == -ENOMEM && !draft->error)
		draft->error = rc;
	return rc;
}
