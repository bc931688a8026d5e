/* SPDX-License-Identifier: MIT */
/* What the gateway knows and rtcore does not: kept by the service manager for the broker after this one. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker.h"
#include "fdstore.h"
#include "log.h"
#include "wire_utf8.h"

#define NAME "gateway"
#define MAGIC UINT64_C(0x3179'6177'6574'6167) /* "gateway1" */

struct kept {
	uint64_t magic, title_of;
	char title[sizeof(((struct gateway *)0)->title)];
	float metronome_db;
};

static void take_over(struct gateway *g, int fd)
{
	struct kept kept;

	if (pread(fd, &kept, sizeof(kept), 0) != (ssize_t)sizeof(kept) || kept.magic != MAGIC ||
		!isfinite(kept.metronome_db) || !memchr(kept.title, '\0', sizeof(kept.title)))
		return;
	wire_utf8_mend(kept.title);
	strcpy(g->title, kept.title);
	g->title_of = kept.title_of;
	g->metronome_db = kept.metronome_db;
}

void gateway_restore(struct broker *b)
{
	char name[FDSTORE_NAME_MAX];
	int fd;

	while ((fd = fdstore_claim(&b->service->fds, NAME, name)) >= 0) {
		if (!strcmp(name, NAME))
			take_over(&b->gateway, fd);
		fdstore_forget(name);
		close(fd);
	}
	b->gateway.kept_fd = memfd_create("mos-" NAME, MFD_CLOEXEC);
	gateway_keep(b);
	if (b->gateway.kept_fd < 0 || fdstore_keep(NAME, b->gateway.kept_fd) < 0)
		log_warning("the title of what plays will not outlive us, ignoring: error=\"%s\"",
			strerror(errno));
}

void gateway_keep(const struct broker *b)
{
	const struct gateway *g = &b->gateway;
	struct kept kept = {.magic = MAGIC, .title_of = g->title_of, .metronome_db = g->metronome_db};

	if (g->kept_fd < 0)
		return;
	strcpy(kept.title, g->title);
	(void)!pwrite(g->kept_fd, &kept, sizeof(kept), 0);
}
