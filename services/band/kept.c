/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "sha256.h"

#define NAME "band"
#define MAGIC UINT64_C(0x3264'6e61'6270'656b) /* "kepband2" */
#define BYTES_MAX ((size_t)16 << 20)

/* In the memfd, then the records. Torn or foreign, it does not fit its digest. */
struct head {
	uint64_t magic, n;
	struct kept_state state;
	uint8_t digest[32]; /* of the state and the records */
};

/* Before each record's bytes. */
struct record_head {
	uint32_t kind, bar;
	uint64_t n;
};

/* @return 0, -errno. */
static int seal(const struct kept_state *state, const uint8_t *bytes, size_t n, uint8_t ret[32])
{
	uint8_t parts[64];
	int rc = band_sha256(state, sizeof(*state), parts);

	if (rc == 0)
		rc = band_sha256(bytes, n, parts + 32);
	return rc == 0 ? band_sha256(parts, sizeof(parts), ret) : rc;
}

bool kept_next(const struct kept *kept, size_t *at, struct kept_record *ret)
{
	struct record_head head;

	if (*at > kept->n || kept->n - *at < sizeof(head))
		return false;
	memcpy(&head, kept->bytes + *at, sizeof(head));
	if (head.n > kept->n - *at - sizeof(head))
		return false;
	*ret = (struct kept_record){
		(enum kept_kind)head.kind, head.bar, kept->bytes + *at + sizeof(head), (size_t)head.n};
	*at += sizeof(head) + (size_t)head.n;
	return true;
}

static bool take_over(struct kept *kept, int fd)
{
	struct head head;
	struct stat st;
	uint8_t digest[32];

	if (fstat(fd, &st) < 0 || pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
		head.magic != MAGIC || head.n > BYTES_MAX || (uint64_t)st.st_size < sizeof(head) + head.n ||
		!memchr(head.state.port, '\0', sizeof(head.state.port)))
		return false;
	uint8_t *bytes = malloc(head.n ? (size_t)head.n : 1);
	if (!bytes)
		return false;
	if (pread(fd, bytes, (size_t)head.n, sizeof(head)) != (ssize_t)head.n ||
		seal(&head.state, bytes, (size_t)head.n, digest) < 0 ||
		memcmp(digest, head.digest, 32) != 0) {
		free(bytes);
		return false;
	}
	struct kept_record record;

	kept_clear(kept);
	kept->state = head.state;
	kept->bytes = bytes;
	kept->n = (size_t)head.n;
	kept->whole = true;
	for (size_t at = 0; kept_next(kept, &at, &record);)
		kept->n_changes += record.kind == KEPT_CHANGE;
	return kept->n > 0;
}

bool kept_open(struct kept *kept, struct service *service)
{
	char name[FDSTORE_NAME_MAX];
	bool found = false;
	int fd;

	*kept = (struct kept){.fd = -1};
	while ((fd = fdstore_claim(&service->fds, NAME, name)) >= 0) {
		if (!strcmp(name, NAME))
			found = take_over(kept, fd) || found;
		fdstore_forget(name);
		close(fd);
	}
	kept->fd = memfd_create("mos-" NAME, MFD_CLOEXEC);
	if (kept->fd < 0 || fdstore_keep(NAME, kept->fd) < 0)
		log_warning("what plays will not be found again after a crash, ignoring: error=\"%s\"",
			strerror(errno));
	if (found)
		kept_write(kept);
	return found;
}

void kept_close(struct kept *kept)
{
	free(kept->bytes);
	if (kept->fd >= 0) {
		fdstore_forget(NAME);
		close(kept->fd);
	}
	*kept = (struct kept){.fd = -1};
}

void kept_clear(struct kept *kept)
{
	free(kept->bytes);
	*kept = (struct kept){.fd = kept->fd, .whole = true};
}

void kept_cut(struct kept *kept, size_t n)
{
	struct kept_record record;
	size_t at = n;

	if (!n || !kept->whole)
		return;
	while (kept_next(kept, &at, &record))
		kept->n_changes -= record.kind == KEPT_CHANGE;
	kept->n = n;
}

static void give_up(struct kept *kept)
{
	kept_clear(kept);
	kept->whole = false;
}

void kept_add(struct kept *kept, enum kept_kind kind, uint32_t bar, const void *bytes, size_t n)
{
	const struct record_head head = {.kind = (uint32_t)kind, .bar = bar, .n = n};
	const size_t more = sizeof(head) + n;

	if (!kept->whole)
		return;
	if (kind == KEPT_CHANGE && ++kept->n_changes > KEPT_CHANGES_MAX) {
		log_info("after so many changes what plays would not be found again: changes=%u",
			kept->n_changes - 1);
		give_up(kept);
		return;
	}
	uint8_t *grown = more <= BYTES_MAX - kept->n ? realloc(kept->bytes, kept->n + more) : NULL;
	if (!grown) {
		give_up(kept);
		return;
	}
	kept->bytes = grown;
	memcpy(grown + kept->n, &head, sizeof(head));
	if (n)
		memcpy(grown + kept->n + sizeof(head), bytes, n);
	kept->n += more;
}

void kept_write(struct kept *kept)
{
	struct head head = {.magic = MAGIC, .n = kept->n, .state = kept->state};

	if (kept->fd < 0)
		return;
	if (!kept->n || !kept->whole || seal(&kept->state, kept->bytes, kept->n, head.digest) < 0)
		head = (struct head){0};
	if (pwrite(kept->fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
		(head.n && pwrite(kept->fd, kept->bytes, kept->n, sizeof(head)) != (ssize_t)kept->n) ||
		ftruncate(kept->fd, (off_t)(sizeof(head) + head.n)) < 0)
		log_warning("what plays would not be found again, ignoring: error=\"%s\"", strerror(errno));
}
