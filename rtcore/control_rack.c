/* SPDX-License-Identifier: MIT */
/* What Apollo has loaded, told: presets and files, memory, streams. */
#include "control_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int control_reply_table(
	struct control *c, struct mos_rtctl_msg *msg, const struct control_table table[], uint32_t n)
{
	int fd = memfd_create("mos-table", MFD_CLOEXEC), r = fd < 0 ? -errno : 0;

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		const char *at = table[i].data;
		size_t left = table[i].size;

		while (r == 0 && left) {
			ssize_t done = write(fd, at, left);

			if (done <= 0)
				r = done < 0 ? -errno : -EIO;
			else
				at += done, left -= (size_t)done;
		}
	}
	if (r < 0) {
		control_reply_status(
			c, (struct waiter){msg->op, msg->id, c->conn}, r, "no memory for the answer");
	} else {
		msg->status = 0;
		control_reply_fds(c, msg, c->conn, &fd, 1);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

void control_presets(struct control *c, struct mos_rtctl_msg *msg)
{
	const struct rack_facts *f = c->facts;
	const struct control_table table[] = {
		{f ? f->preset : NULL, f ? f->n_presets * sizeof(f->preset[0]) : 0},
		{f ? f->file : NULL, f ? f->n_files * sizeof(f->file[0]) : 0},
	};

	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.presets.n = f ? f->n_presets : 0;
	msg->u.presets.n_files = f ? f->n_files : 0;
	(void)control_reply_table(c, msg, table, 2);
}

void control_bank_figures(struct control *c)
{
	struct mos_counters *k = &c->regions->counters;
	struct stream_pool *pool = c->sampler ? sampler_streams(c->sampler) : NULL;
	struct stream_figures streams = {0};
	struct store_figures store = {0};

	if (pool)
		stream_pool_figures(pool, &streams);
	store_figures(c->store, &store);
	mos_counter_set(k, C_PRESETS, c->facts ? c->facts->n_presets : 0);
	mos_counter_set(
		k, C_POLYPHONY, c->rack_config.polyphony ? c->rack_config.polyphony : SAMPLER_POLYPHONY);
	mos_counter_set(k, C_RESIDENT, (int64_t)store.resident_bytes);
	mos_counter_set(k, C_CACHE_BYTES, (int64_t)store.cache_bytes);
	mos_counter_set(k, C_CACHE_HITS, (int64_t)store.hits);
	mos_counter_set(k, C_CACHE_MISSES, (int64_t)store.misses);
	mos_counter_set(k, C_STREAMS, streams.open);
	mos_counter_set(k, C_STREAM_LATE, (int64_t)streams.late);
	mos_counter_set(k, C_STREAM_BYTES, (int64_t)streams.bytes);
}
