/* SPDX-License-Identifier: MIT */
/** A pipeline cache on disk: our header with a sum over the blob, since drivers trust what they are given. */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_MAGIC 0x4350544Du /* "MTPC" */
#define CACHE_MAX (64u << 20)

struct cache_hdr {
	uint32_t magic, version;
	uint64_t size, sum;
};

static uint64_t sum_of(const uint8_t *data, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ data[i]) * 0x100000001b3u;
	return sum;
}

static int cache_path(const char *dir, const struct device *d, char *ret, size_t size)
{
	int n = snprintf(
		ret, size, "%s/pipelines-%04x-%04x.bin", dir, d->properties.vendorID, d->properties.deviceID);

	return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* Vulkan's own header in front of the blob: of this very driver? */
static int is_ours(const struct device *d, const uint8_t *data, size_t size)
{
	VkPipelineCacheHeaderVersionOne hdr;

	if (size < sizeof(hdr))
		return 0;
	memcpy(&hdr, data, sizeof(hdr));
	return hdr.headerSize >= sizeof(hdr) && hdr.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
	       hdr.vendorID == d->properties.vendorID && hdr.deviceID == d->properties.deviceID &&
	       memcmp(hdr.pipelineCacheUUID, d->properties.pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

static int read_all(int fd, void *to, size_t size)
{
	uint8_t *p = to;

	while (size > 0) {
		const ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EBADMSG;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static int read_blob(int fd, const struct device *d, void **ret_data, size_t *ret_size)
{
	struct cache_hdr hdr;
	struct stat st;
	void *data;

	/* A FIFO or a device in its place would hold us up. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || read_all(fd, &hdr, sizeof(hdr)) < 0)
		return -EBADMSG;
	if (hdr.magic != CACHE_MAGIC || hdr.version != 1 || hdr.size > CACHE_MAX || st.st_size < 0 ||
		(uint64_t)st.st_size != sizeof(hdr) + hdr.size)
		return -EBADMSG;
	data = malloc((size_t)hdr.size + 1);
	if (data == NULL)
		return -ENOMEM;
	if (read_all(fd, data, (size_t)hdr.size) < 0 || sum_of(data, (size_t)hdr.size) != hdr.sum ||
		!is_ours(d, data, (size_t)hdr.size)) {
		free(data);
		return -EBADMSG;
	}
	*ret_data = data;
	*ret_size = (size_t)hdr.size;
	return 0;
}

int render_cache_read(const char *dir, const struct device *d, void **ret_data, size_t *ret_size)
{
	char path[4096];
	int fd, r;

	r = cache_path(dir, d, path, sizeof(path));
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = read_blob(fd, d, ret_data, ret_size);
	close(fd);
	return r;
}

static int write_all(int fd, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size > 0) {
		const ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int render_cache_write(const char *dir, const struct device *d, const void *data, size_t size)
{
	const struct cache_hdr hdr = {CACHE_MAGIC, 1, size, sum_of(data, size)};
	char path[4096], temporary[4096 + 8];
	int fd, r;

	r = cache_path(dir, d, path, sizeof(path));
	if (r < 0)
		return r;
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, &hdr, sizeof(hdr));
	if (r == 0)
		r = write_all(fd, data, size);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	return r;
}
