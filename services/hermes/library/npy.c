/* SPDX-License-Identifier: MIT */
#include "npy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

static int refuse(char *why, const char *text)
{
	(void)snprintf(why, NPY_WHY, "%s", text);
	return -EINVAL;
}

/** The value behind 'key': in the head's dictionary. NULL: there is none. */
static const char *value_of(const char *head, const char *key)
{
	char quoted[32];
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(quoted, sizeof(quoted), "%c%s%c", "'\""[i], key, "'\""[i]);
		const char *at = strstr(head, quoted);
		if (!at)
			continue;
		at += strlen(quoted);
		at += strspn(at, " ");
		if (*at == ':')
			return at + 1 + strspn(at + 1, " ");
	}
	return NULL;
}

static int read_shape(const char *text, uint64_t *n, uint64_t *dims)
{
	char *end;
	if (*text != '(')
		return -EINVAL;
	errno = 0;
	*n = strtoull(text + 1, &end, 10);
	if (end == text + 1 || *end != ',')
		return -EINVAL;
	const char *second = end + 1 + strspn(end + 1, " ");
	*dims = strtoull(second, &end, 10);
	end += strspn(end, " ,");
	return end == second || *end != ')' || errno == ERANGE ? -EINVAL : 0;
}

int npy_read(const uint8_t *bytes, size_t size, uint64_t file_size, struct npy *ret, char *why)
{
	static char const magic[] = "\x93NUMPY";
	if (size < 12 || memcmp(bytes, magic, 6) != 0)
		return refuse(why, "byte 1: no .npy file (numpy.save writes one)");
	const unsigned version = bytes[6];
	if (version < 1 || version > 3)
		return refuse(why, "byte 7: a version of .npy that is not known");
	const size_t before = version == 1 ? 10 : 12;
	size_t len = (size_t)bytes[8] | (size_t)bytes[9] << 8;
	if (version > 1)
		len |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
	if (len + before > size || len + before > NPY_HEAD_MAX)
		return refuse(why, "byte 9: the head is longer than the file, or than 64 KiB");
	char *head = strndup((const char *)bytes + before, len);
	if (!head)
		return refuse(why, "out of memory");

	const char *descr = value_of(head, "descr"), *order = value_of(head, "fortran_order"),
		   *shape = value_of(head, "shape");
	uint64_t n = 0, dims = 0;
	int rc = 0;
	if (!descr || (strncmp(descr, "'<f4'", 5) != 0 && strncmp(descr, "\"<f4\"", 5) != 0))
		rc = refuse(why, "the numbers are no float32, little-endian: astype(numpy.float32)");
	else if (!order || strncmp(order, "False", 5) != 0)
		rc = refuse(why, "the rows do not lie in C order: numpy.ascontiguousarray");
	else if (!shape || read_shape(shape, &n, &dims) < 0 || dims == 0 || dims > VECTOR_DIMS_MAX || n == 0)
		rc = refuse(why, "the shape is not (songs, numbers each), 1 to 4096 numbers each");
	else if (n > UINT32_MAX || (file_size - len - before) / (dims * sizeof(float)) < n)
		rc = refuse(why, "the file is shorter than its head says");
	free(head);
	*ret = (struct npy){before + len, n, (uint32_t)dims};
	return rc;
}
