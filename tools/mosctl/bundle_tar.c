/* SPDX-License-Identifier: MIT */
/* Headers of ustar archives, as IEEE Std 1003.1 (pax) lays them out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "widget_bundle.h"

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], chksum[8], typeflag, linkname[100],
		magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8], prefix[155], pad[12];
};
static_assert(sizeof(struct header) == TAR_BLOCK);

/* Octal digits and a NUL. */
static void put_octal(char *field, size_t size, uint64_t value)
{
	field[--size] = '\0';
	while (size--) {
		field[size] = (char)('0' + (value & 7));
		value >>= 3;
	}
}

/* Digits up to a NUL, a space, or the field's end. */
static int get_octal(const char *field, size_t size, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] && field[i] != ' '; i++) {
		if (field[i] < '0' || field[i] > '7')
			return -EINVAL;
		value = value << 3 | (unsigned int)(field[i] - '0');
	}
	*ret = value;
	return 0;
}

/* The sum of all bytes, those of the sum itself counted as spaces. */
static unsigned int checksum(const struct header *h)
{
	const unsigned char *byte = (const unsigned char *)h;
	unsigned int sum = 0;

	for (size_t i = 0; i < sizeof(*h); i++) {
		const int own = i >= offsetof(struct header, chksum) &&
				i < offsetof(struct header, chksum) + sizeof(h->chksum);
		sum += own ? ' ' : byte[i];
	}
	return sum;
}

/* What is too long for the name goes, up to a slash, into the prefix. */
static int put_path(struct header *h, const char *path)
{
	const size_t len = strlen(path);
	const char *slash = path;

	if (len <= sizeof(h->name)) {
		memcpy(h->name, path, len);
		return 0;
	}
	while ((slash = strchr(slash + 1, '/'))) {
		const size_t before = (size_t)(slash - path), after = len - before - 1;

		if (before <= sizeof(h->prefix) && after <= sizeof(h->name)) {
			memcpy(h->prefix, path, before);
			memcpy(h->name, slash + 1, after);
			return 0;
		}
	}
	return -ENAMETOOLONG;
}

int tar_put(const struct bundle_file *file, char block[static TAR_BLOCK])
{
	struct header h = {.typeflag = '0', .magic = "ustar", .version = {'0', '0'}};
	const int rc = put_path(&h, file->path);

	if (rc < 0)
		return rc;
	put_octal(h.mode, sizeof(h.mode), file->is_executable ? 0755 : 0644);
	put_octal(h.uid, sizeof(h.uid), 0);
	put_octal(h.gid, sizeof(h.gid), 0);
	put_octal(h.size, sizeof(h.size), file->size);
	put_octal(h.mtime, sizeof(h.mtime), 0);
	put_octal(h.devmajor, sizeof(h.devmajor), 0);
	put_octal(h.devminor, sizeof(h.devminor), 0);
	/* Six digits, NUL, space: as all tars write it. */
	put_octal(h.chksum, sizeof(h.chksum) - 1, checksum(&h));
	h.chksum[sizeof(h.chksum) - 1] = ' ';
	memcpy(block, &h, sizeof(h));
	return 0;
}

int tar_get(const char block[static TAR_BLOCK], struct bundle_file *ret)
{
	static const char zeros[TAR_BLOCK];
	struct header h;
	uint64_t sum, mode;
	int n;

	if (!memcmp(block, zeros, TAR_BLOCK))
		return 0;
	memcpy(&h, block, sizeof(h));
	*ret = (struct bundle_file){0};
	if (memcmp(h.magic, "ustar", 5) || get_octal(h.chksum, sizeof(h.chksum), &sum) < 0 ||
		sum != checksum(&h) || get_octal(h.mode, sizeof(h.mode), &mode) < 0 ||
		get_octal(h.size, sizeof(h.size), &ret->size) < 0)
		return -EINVAL;
	/* A link or a device has no place in a widget; an empty folder neither. */
	if (h.typeflag != '0' && h.typeflag != '\0')
		return -EINVAL;
	n = snprintf(ret->path, sizeof(ret->path), "%.*s%s%.*s", (int)sizeof(h.prefix), h.prefix,
		h.prefix[0] ? "/" : "", (int)sizeof(h.name), h.name);
	if (n >= (int)sizeof(ret->path))
		return -ENAMETOOLONG;
	ret->is_executable = (mode & 0100) != 0;
	return 1;
}
