/* SPDX-License-Identifier: MIT */
/* Something big: a sealed memfd that the broker keeps, and events refer to. */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client_impl.h"

#ifndef MFD_NOEXEC_SEAL /* headers older than Linux 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define KIND_MAX 15 /* as struct mos_ev_data */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -ENOSPC;
		bytes += written;
		n -= (size_t)written;
	}
	return 0;
}

/* @return a descriptor whose content is for ever, -errno. */
static int seal_copy(const void *bytes, size_t n)
{
	int fd = memfd_create("mos-data", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	int rc;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("mos-data", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, bytes, n);
	if (rc == 0 && fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int mos_data_share(struct mos_client *client, const char *kind, const void *bytes, size_t n, uint64_t *ret_id)
{
	const struct mos_field args[] = {mos_str("kind", kind)};
	struct mos_request request = {.method = "broker.data.put", .args = args, .n_args = 1, .n_fds = 1};
	struct mos_reply reply;
	uint64_t id;
	int fd, rc;

	if (!n || !kind || !*kind || strlen(kind) > KIND_MAX)
		return client_fail(client, -EINVAL, "client.data.invalid",
			"something shared has a kind of 1 to %d bytes, and at least one byte", KIND_MAX);
	if (n > MOS_DATA_MAX) {
		client_fail(client, -EFBIG, "client.data.limit",
			"%zu bytes are more than can be shared at once: the limit is %u bytes", n,
			MOS_DATA_MAX);
		client_hint(client, "share it in parts");
		return -EFBIG;
	}
	fd = seal_copy(bytes, n);
	if (fd < 0)
		return client_fail(client, fd, "client.data.failed", "no memory to share: %s", strerror(-fd));
	request.fds = &fd;
	rc = mos_call_request(client, &request, &reply);
	close(fd);
	if (rc < 0)
		return rc;
	id = mos_get_natural(&reply.value, "id", 0);
	mos_reply_finish(&reply);
	if (!id)
		return client_fail(
			client, -EPROTO, "client.answer.invalid", "broker.data.put: no id came back");
	if (ret_id)
		*ret_id = id;
	return 0;
}

/* Its owner is another program: what is mapped must not be able to change, or to go away below us. */
static int map_sealed(struct mos_client *c, int fd, const void **ret_bytes, size_t *ret_n)
{
	struct stat st;
	void *bytes;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0 || st.st_size <= 0 ||
		st.st_size > (off_t)MOS_DATA_MAX)
		return client_fail(
			c, -EPROTO, "client.answer.invalid", "broker.data.get: no sealed data came with it");
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return client_fail(c, -errno, "client.data.failed", "cannot be mapped: %s", strerror(errno));
	*ret_bytes = bytes;
	*ret_n = (size_t)st.st_size;
	return 0;
}

int mos_data_get(struct mos_client *client, uint64_t id, const void **ret_bytes, size_t *ret_n)
{
	const struct mos_field args[] = {{"id", {.type = MOS_VALUE_NATURAL, .u.natural = id}}};
	const struct mos_request request = {.method = "broker.data.get", .args = args, .n_args = 1};
	struct mos_reply reply;
	int rc;

	rc = mos_call_request(client, &request, &reply);
	if (rc == -EREMOTEIO && !strcmp(client->error.code, "broker.data.absent"))
		return -ENOENT;
	if (rc < 0)
		return rc;
	rc = map_sealed(client, reply.n_fds ? reply.fds[0] : -1, ret_bytes, ret_n);
	mos_reply_finish(&reply);
	return rc;
}

void mos_data_release(const void *bytes, size_t n)
{
	if (bytes)
		(void)munmap((void *)bytes, n);
}
