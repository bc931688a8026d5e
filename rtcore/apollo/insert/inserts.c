/* SPDX-License-Identifier: MIT */
/* Which insert is where, what is asked of it, and what is told about it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "inserts_internal.h"

#define LOOK_NS INT64_C(100000000)  /* between two looks at how they do */
#define LEAVE_NS INT64_C(500000000) /* the longest way out */
#define MASTER UINT32_MAX
#define N_STRIPS 64u

void place_tell(struct place *p, enum inserts_news news, int status, const char *format, ...)
{
	const struct run *r = p->current ? p->current : p->next;
	struct inserts *in = r->in;
	char text[512], strip[16];
	va_list ap;
	int n;

	(void)snprintf(strip, sizeof(strip), p->strip == MASTER ? "master" : "strip %u", p->strip);
	/* a process that has failed names itself */
	n = news == INSERTS_FAILED
		    ? snprintf(text, sizeof(text), "%s, insert %u: ", strip, p->slot)
		    : snprintf(text, sizeof(text), "%s, insert %u, %s: ", strip, p->slot, r->name);
	va_start(ap, format);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
	va_end(ap);
	if (news == INSERTS_BYPASSED || news == INSERTS_DIED || news == INSERTS_GAVE_UP)
		(void)snprintf(p->text, sizeof(p->text), "%s", text + n);
	else
		p->text[0] = '\0';
	if (in->config.told)
		in->config.told(in->config.data, p->strip, p->slot, news, status, text);
}

struct place *place_find(const struct inserts *in, uint32_t strip, uint32_t slot)
{
	for (uint32_t i = 0; i < in->n_places; i++)
		if (in->place[i]->strip == strip && in->place[i]->slot == slot)
			return in->place[i];
	return NULL;
}

void place_drop(struct inserts *in, struct place *p)
{
	for (uint32_t i = 0; i < in->n_places; i++)
		if (in->place[i] == p)
			in->place[i] = in->place[--in->n_places];
	free(p);
}

void inserts_set_timer(struct inserts *in, int64_t every_ns)
{
	const struct timespec ts = {.tv_sec = every_ns / 1000000000, .tv_nsec = every_ns % 1000000000};
	const struct itimerspec spec = {.it_value = ts, .it_interval = ts};

	(void)timerfd_settime(in->timer_fd, 0, &spec, NULL);
}

int inserts_create(const struct inserts_config *config, struct inserts **ret)
{
	struct inserts *in = calloc(1, sizeof(*in));
	struct epoll_event ev = {.events = EPOLLIN};
	int r = 0;

	if (!in)
		return -ENOMEM;
	in->config = *config;
	in->latency = insert_latency_for(config->quantum);
	if (config->program)
		(void)snprintf(in->program, sizeof(in->program), "%s", config->program);
	else if (insert_program_find(in->program, sizeof(in->program)) < 0)
		in->program[0] = '\0';
	in->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	in->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (in->epoll_fd < 0 || in->timer_fd < 0 ||
		epoll_ctl(in->epoll_fd, EPOLL_CTL_ADD, in->timer_fd, &ev) < 0)
		r = -errno;
	if (r < 0) {
		inserts_destroy(in);
		return r;
	}
	*ret = in;
	return 0;
}

void inserts_destroy(struct inserts *in)
{
	if (!in)
		return;
	while (in->n_places) {
		run_free(in->place[0]->current);
		run_free(in->place[0]->next);
		place_drop(in, in->place[0]);
	}
	if (in->epoll_fd >= 0)
		close(in->epoll_fd);
	if (in->timer_fd >= 0)
		close(in->timer_fd);
	free(in);
}

int inserts_fd(const struct inserts *in)
{
	return in->epoll_fd;
}

/* What was getting ready will not be needed. */
void place_cancel_next(struct place *p, int status, const char *why)
{
	if (!p->next)
		return;
	if (!p->next->is_again) {
		struct run *current = p->current;

		p->current = NULL; /* the sentence is about the one that was asked for */
		place_tell(p, INSERTS_FAILED, status, "%s", why);
		p->current = current;
	}
	run_free(p->next);
	p->next = NULL;
}

void place_try_swap(struct inserts *in, struct place *p)
{
	struct insert *end = p->next ? p->next->end : NULL;
	int is_due = p->is_removing ? p->current && (p->current->end->left ||
							    inserts_now_ns() - p->removing_ns > LEAVE_NS)
				    : end != NULL;

	if (p->is_swapping || !is_due)
		return;
	p->is_swapping =
		in->config.swap(in->config.data, p->strip, p->slot, p->is_removing ? NULL : end) == 0;
}

static int remove_place(struct inserts *in, struct place *p)
{
	if (!p)
		return -ENOENT;
	if (!p->is_swapping)
		place_cancel_next(p, -ECANCELED, "taken out before it was ready");
	p->retry_ns = 0;
	p->is_removing = 1;
	p->removing_ns = inserts_now_ns();
	if (p->current)
		__atomic_store_n(&p->current->end->want_leave, 1, __ATOMIC_RELAXED);
	if (!p->current && !p->next) {
		place_drop(in, p);
		return -ENOENT;
	}
	return 0;
}

static struct place *new_place(struct inserts *in, uint32_t strip, uint32_t slot)
{
	struct place *p = in->n_places < INSERTS_MAX ? calloc(1, sizeof(*p)) : NULL;

	if (!p)
		return NULL;
	p->strip = strip;
	p->slot = slot;
	in->place[in->n_places++] = p;
	inserts_set_timer(in, LOOK_NS);
	return p;
}

static int refuse(char *error, size_t size, int status, const char *text)
{
	(void)snprintf(error, size, "%s", text);
	return status;
}

int inserts_set(struct inserts *in, uint32_t strip, uint32_t slot, uint32_t kind, const char *what,
	char *ret_error, size_t error_size)
{
	struct place *p = place_find(in, strip, slot);
	struct run *next;
	int r;

	if ((strip >= N_STRIPS && strip != MASTER) || slot >= INSERT_SLOTS)
		return refuse(ret_error, error_size, -EINVAL, "there is no such strip or slot");
	if (p && (p->is_swapping || p->is_removing))
		return refuse(ret_error, error_size, -EBUSY, "this slot is just being changed; try again");
	if (kind == MOS_INSERT_NONE) {
		r = remove_place(in, p);
		return r < 0 ? refuse(ret_error, error_size, r, "there is no insert") : 0;
	}
	if ((kind != MOS_INSERT_LV2 && kind != MOS_INSERT_NAM) || !*what ||
		strlen(what) >= sizeof(p->next->what))
		return refuse(ret_error, error_size, -EINVAL, "neither an LV2 plugin nor an amplifier model");
	if (!in->program[0])
		return refuse(ret_error, error_size, -ENOENT, "mos-fxhost is not installed");
	if (!p)
		p = new_place(in, strip, slot);
	if (!p)
		return refuse(ret_error, error_size, -ENOSPC, "there are too many inserts");
	r = run_start(p, in, kind, what, /* like= */ NULL, &next);
	if (r < 0) {
		if (!p->current && !p->next)
			place_drop(in, p);
		return refuse(ret_error, error_size, r, strerror(-r));
	}
	place_cancel_next(p, -ECANCELED, "another insert was asked for meanwhile");
	p->retry_ns = 0;
	p->next = next;
	return 0;
}

void inserts_swapped(struct inserts *in, uint32_t strip, uint32_t slot, struct insert *old)
{
	struct place *p = place_find(in, strip, slot);
	struct run *gone, *now;

	if (!p || !p->is_swapping)
		return;
	gone = p->current;
	now = p->is_removing ? NULL : p->next;
	p->is_swapping = 0;
	p->current = now;
	if (now)
		p->next = NULL;
	p->retry_ns = 0; /* the one before may have died meanwhile: it is not missed */
	if (now && !now->is_again) {
		p->is_off = 0;
		p->n_deaths = 0;
		p->is_bypassed = 0;
		place_tell(p, INSERTS_READY, 0, "in force, %u frames of latency", now->end->total_latency);
	}
	if (gone && gone->end == old) {
		if (!now) {
			p->current = gone;
			place_tell(p, INSERTS_REMOVED, 0, "taken out");
			p->current = NULL;
		}
		run_free(gone);
	}
	if (!now)
		place_drop(in, p);
}

void inserts_quantum(struct inserts *in, uint32_t frames)
{
	in->latency = insert_latency_for(frames);
	for (uint32_t i = 0; i < in->n_places; i++) {
		struct run *const run[] = {in->place[i]->current, in->place[i]->next};

		for (uint32_t k = 0; k < 2; k++)
			if (run[k] && run[k]->end)
				__atomic_store_n(&run[k]->end->want_latency, in->latency, __ATOMIC_RELAXED);
	}
}

static int set_off(struct place *p, float value, char *error, size_t size)
{
	struct run *const run[] = {p->current, p->next && p->next->is_again ? p->next : NULL};

	if (value != 0 && value != 1)
		return refuse(error, size, -ERANGE, "it is on or off");
	p->is_off = value != 0;
	for (uint32_t i = 0; i < 2; i++)
		if (run[i] && run[i]->end)
			__atomic_store_n(&run[i]->end->want_off, (uint32_t)p->is_off, __ATOMIC_RELAXED);
	return 0;
}

int inserts_control(struct inserts *in, uint32_t strip, uint32_t slot, const char *symbol, float value,
	char *ret_error, size_t error_size)
{
	struct place *p = place_find(in, strip, slot);
	int r;

	if (!p || !p->current)
		return refuse(ret_error, error_size, -ENOENT, "there is no insert");
	if (!strcmp(symbol, MOS_INSERT_BYPASS))
		return set_off(p, value, ret_error, error_size);
	r = run_set(p->current, symbol, value, ret_error, error_size);
	if (r == 0 && p->next && p->next->is_again)
		(void)run_set(p->next, symbol, value, ret_error, error_size);
	return r;
}

uint32_t inserts_controls(
	const struct inserts *in, uint32_t strip, uint32_t slot, struct insert_control *ret, uint32_t max)
{
	const struct place *p = place_find(in, strip, slot);
	uint32_t n = p && p->current ? p->current->n_controls : 0;

	for (uint32_t i = 0; i < n && i < max; i++) {
		ret[i] = p->current->control[i];
		ret[i].is_set = p->current->is_set[i];
	}
	return n;
}

uint32_t inserts_list(const struct inserts *in, struct mos_rtctl_insert *ret, uint32_t max)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < in->n_places; i++) {
		const struct place *p = in->place[i];
		const struct run *r = p->current;
		struct mos_rtctl_insert *out = &ret[n];

		if (!r || n++ >= max)
			continue;
		*out = (struct mos_rtctl_insert){.strip = p->strip,
			.slot = p->slot,
			.kind = r->kind,
			.late = __atomic_load_n(&r->end->n_late, __ATOMIC_RELAXED),
			.latency_frames = __atomic_load_n(&r->end->total_latency, __ATOMIC_RELAXED)};
		out->state = !r->process.pid ? MOS_INSERT_IS_DEAD
			     : p->is_off     ? MOS_INSERT_IS_OFF
			     : __atomic_load_n(&r->end->why, __ATOMIC_RELAXED) == INSERT_WELL
				     ? MOS_INSERT_IS_ON
				     : MOS_INSERT_IS_BYPASSED;
		(void)snprintf(out->what, sizeof(out->what), "%s", r->what);
		(void)snprintf(out->text, sizeof(out->text), "%s", p->text);
	}
	return n;
}
