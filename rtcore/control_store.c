/* SPDX-License-Identifier: MIT */
/* What outlives us, in the service manager's store of descriptors: the black box, the clock page, the
 * timeline, the states of inserts. */
#include "control_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define BOX "rtcore-box"
#define CLOCK "rtcore-clock"
#define INSERT "rtcore-insert-"
#define FOUND_MAX 96 /* descriptors looked at; more are closed */

static const char *const timeline_name[2] = {"rtcore-timeline-0", "rtcore-timeline-1"};

static void keep(const char *name, int fd)
{
	char state[128];

	(void)snprintf(state, sizeof(state), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	(void)sd_pid_notify_with_fds(0, 0, state, &fd, 1);
}

static void let_go(const char *name)
{
	char state[128];

	(void)snprintf(state, sizeof(state), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	(void)sd_notify(0, state);
}

static void insert_name(char *buf, size_t size, uint32_t strip, uint32_t slot)
{
	(void)snprintf(buf, size, INSERT "%u-%u", strip, slot);
}

static void let_all_go(struct control *c)
{
	struct resumption *r = &c->resumption;

	while (r->n_inserts_kept)
		control_store_insert(c, r->insert_kept[0].strip, r->insert_kept[0].slot, -1);
	let_go(BOX);
	let_go(CLOCK);
	let_go(timeline_name[0]);
	let_go(timeline_name[1]);
}

/* --- What the process before us left --- */

struct found {
	int fd[FOUND_MAX];
	char **name;
	int n;
};

static void find_all(struct found *f)
{
	int n = sd_listen_fds_with_names(/* unset_environment= */ 1, &f->name);

	f->n = n > 0 ? n : 0;
	for (int i = 0; i < f->n; i++) {
		if (i < FOUND_MAX)
			f->fd[i] = SD_LISTEN_FDS_START + i;
		else
			close(SD_LISTEN_FDS_START + i);
	}
	f->n = f->n < FOUND_MAX ? f->n : FOUND_MAX;
}

static void close_all(struct found *f)
{
	for (int i = 0; i < f->n; i++)
		close(f->fd[i]);
	for (char **s = f->name; s && *s; s++)
		free(*s);
	free((void *)f->name);
}

static bool is_named(const struct found *f, int i, const char *name)
{
	return f->name && f->name[i] && strcmp(f->name[i], name) == 0;
}

/* Where the transport was when the clock page was written for the last time. */
static bool read_place(const struct found *f, uint64_t generation, struct resumption *r)
{
	struct mos_region page;
	struct mos_clock clock;
	bool is_read = false;

	for (int i = 0; i < f->n && !is_read; i++) {
		if (!is_named(f, i, CLOCK) ||
			mos_region_attach(f->fd[i], MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR,
				MOS_CLOCK_PAGE_MIN, 0, &page, NULL) < 0)
			continue;
		is_read = ((const struct mos_region_hdr *)page.base)->generation == generation &&
			  mos_clock_read(page.base, &clock) == 0;
		mos_region_finish(&page);
	}
	if (!is_read)
		return false;
	r->place = (struct resume_place){.timeline_id = clock.timeline_id,
		.tick = clock.tick,
		.tick_frac = clock.tick_frac,
		.state = clock.state,
		.flags = clock.flags};
	r->place_ns = clock.time_ns;
	r->place_npq = clock.ns_per_quarter;
	return true;
}

static int timeline_of(const struct found *f, const char *name)
{
	for (int i = 0; i < f->n; i++)
		if (is_named(f, i, name))
			return fcntl(f->fd[i], F_DUPFD_CLOEXEC, 0);
	return -1;
}

static int64_t boot_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void find_inserts(struct resumption *r, const struct found *f)
{
	for (int i = 0; i < f->n && r->n_inserts_kept < INSERTS_MAX; i++) {
		struct insert_kept k;

		if (!f->name || !f->name[i] || sscanf(f->name[i], INSERT "%u-%u", &k.strip, &k.slot) != 2)
			continue;
		k.fd = fcntl(f->fd[i], F_DUPFD_CLOEXEC, 0);
		r->insert_kept[r->n_inserts_kept++] = k;
	}
}

/* @return 1: this box is to be gone on with. */
static int take_box(struct control *c, const struct found *f, int fd)
{
	struct resumption *r = &c->resumption;
	struct mos_rtctl_msg load;
	const char *why = "";
	uint32_t bad = 0;

	if (resume_open(fd, &r->box, &bad, &why) < 0) {
		log_warning("the box of the mos-rtcore before is of no use, starting empty: %s", why);
		return 0;
	}
	if (resume_started(&r->box, boot_ns())) {
		log_error("killed %u times within %d s with the same state: starting empty. hint: load the "
			  "score again; "
			  "if that ends it again, leave out the plugins and clips that were in use",
			RESUME_STARTS + 1, (int)(RESUME_LOOP_NS / 1000000000));
		resume_forget(&r->box);
		resume_finish(&r->box);
		return 0;
	}
	if (bad)
		log_warning("the box of the mos-rtcore before is damaged: %u settings are lost", bad);
	if (read_place(f, r->box.box->clock, r))
		resume_set_place(&r->box, &r->place); /* should we die before our own clock page says it */
	else if (!resume_get_place(&r->box, &r->place))
		r->place = (struct resume_place){0};
	if (resume_find(&r->box, &(struct mos_rtctl_msg){.op = MOS_RTCTL_LOAD}, &load)) {
		r->timeline = load.u.load.flags & 1;
		r->timeline_id = load.u.load.timeline_id;
		r->timeline_fd = timeline_of(f, timeline_name[r->timeline]);
		if (r->timeline_fd < 0)
			log_warning("the timeline that played is not there any more");
		if (r->timeline_fd < 0)
			resume_drop(&r->box, &load);
	}
	return 1;
}

int control_store_open(struct control *c)
{
	struct resumption *r = &c->resumption;
	struct found f = {0};
	int err = 0;

	r->timeline_fd = -1;
	find_all(&f);
	find_inserts(r, &f);
	for (int i = f.n; i-- > 0 && !r->is_on;)
		if (is_named(&f, i, BOX))
			r->is_on = take_box(c, &f, f.fd[i]);
	if (!r->is_on) {
		if (f.n)
			let_all_go(c);
		err = resume_create(c->regions->generation, &r->box);
		if (err == 0) {
			resume_set_clock(&r->box, c->regions->generation);
			keep(BOX, r->box.region.fd);
		}
	}
	close_all(&f);
	if (err < 0) {
		log_error("no memory for what is to outlive us: %s", strerror(-err));
		return err;
	}
	if (r->is_on)
		control_resume_hurry(c);
	c->fx = r->box.box->fx;
	let_go(CLOCK);
	keep(CLOCK, c->regions->clock.fd);
	return 0;
}

void control_store_close(struct control *c)
{
	struct resumption *r = &c->resumption;

	if (r->timeline_fd >= 0)
		close(r->timeline_fd);
	r->timeline_fd = -1;
	for (uint32_t i = 0; i < r->n_inserts_kept; i++)
		if (r->insert_kept[i].fd >= 0)
			close(r->insert_kept[i].fd);
	r->n_inserts_kept = 0;
	if (r->box.box)
		resume_finish(&r->box);
}

void control_store_forget(struct control *c)
{
	if (!c->resumption.box.box)
		return;
	resume_forget(&c->resumption.box); /* whatever comes from here on, the next one starts empty */
	let_all_go(c);
}

void control_store_timeline(struct control *c, int fd, uint64_t id)
{
	struct resumption *r = &c->resumption;
	uint32_t next = !r->timeline;
	const struct mos_rtctl_msg load = {
		.op = MOS_RTCTL_LOAD, .u.load = {.timeline_id = id, .flags = next}};

	/* at each moment the one that the box names is there; one of the other name may be left of who died here */
	let_go(timeline_name[next]);
	keep(timeline_name[next], fd);
	control_resume_put(c, &load);
	let_go(timeline_name[r->timeline]);
	r->timeline = next;
}

void control_store_no_timeline(struct control *c)
{
	resume_drop_op(&c->resumption.box, MOS_RTCTL_LOAD, NULL, NULL);
	let_go(timeline_name[c->resumption.timeline]);
}

static struct insert_kept *find_kept(struct resumption *r, uint32_t strip, uint32_t slot)
{
	for (uint32_t i = 0; i < r->n_inserts_kept; i++)
		if (r->insert_kept[i].strip == strip && r->insert_kept[i].slot == slot)
			return &r->insert_kept[i];
	return NULL;
}

void control_store_insert(struct control *c, uint32_t strip, uint32_t slot, int fd)
{
	struct resumption *r = &c->resumption;
	struct insert_kept *k = find_kept(r, strip, slot);
	char name[48];

	insert_name(name, sizeof(name), strip, slot);
	if (k) {
		let_go(name);
		if (k->fd >= 0)
			close(k->fd);
		*k = r->insert_kept[--r->n_inserts_kept];
	}
	if (fd < 0 || r->n_inserts_kept == INSERTS_MAX)
		return;
	keep(name, fd);
	r->insert_kept[r->n_inserts_kept++] = (struct insert_kept){strip, slot, -1};
}

int control_store_insert_fd(const struct control *c, uint32_t strip, uint32_t slot)
{
	const struct resumption *r = &c->resumption;

	for (uint32_t i = 0; i < r->n_inserts_kept; i++)
		if (r->insert_kept[i].strip == strip && r->insert_kept[i].slot == slot && r->insert_kept[i].fd >= 0)
			return fcntl(r->insert_kept[i].fd, F_DUPFD_CLOEXEC, 0);
	return -1;
}
