/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic limits: what this user may ask of the kernel. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define RTPRIO_WANTED 20
#define MEMLOCK_WANTED (256ull << 20)
#define UNLIMITED ULLONG_MAX

#define LIMITS "/etc/security/limits.d/95-mos.conf"

/* Who has the package has its limits; they are for the group. */
static const char hint_group[] = "sudo usermod -aG audio $USER; log in again";
static const char hint_limits[] =
	"printf '@audio - rtprio 95\\n@audio - memlock unlimited\\n' | sudo tee " LIMITS
	"; sudo usermod -aG audio $USER; log in again";

static const char *how_to_raise(const struct box *box)
{
	return box_exists(box, LIMITS) ? hint_group : hint_limits;
}

/* The hard limit, of "Max locked memory  8388608  8388608  bytes". @return 1 known. */
static int limit_of(const struct box *box, const char *name, unsigned long long *ret)
{
	char text[4096], *end;
	const char *at;

	if (box_text(box, "/proc/self/limits", text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, name);
	if (!at)
		return 0;
	at += strlen(name);
	at += strspn(at, " ");
	at += strcspn(at, " \n"); /* the soft one */
	at += strspn(at, " ");
	if (!strncmp(at, "unlimited", 9)) {
		*ret = UNLIMITED;
		return 1;
	}
	*ret = strtoull(at, &end, 10);
	return end != at;
}

/* "Uid: real effective saved file" */
static int is_root(const struct box *box)
{
	char text[4096];
	const char *uid;

	if (box_text(box, "/proc/self/status", text, sizeof(text)) < 0)
		return 0;
	uid = box_field(text, "Uid");
	return uid && strtol(uid, NULL, 10) == 0;
}

static void check_rtprio(struct doctor *d)
{
	unsigned long long limit;

	if (is_root(&d->box))
		found(d, OK, NULL, "root may use every real-time priority");
	else if (!limit_of(&d->box, "Max realtime priority", &limit))
		found(d, INFO, NULL, "the limit is not told here");
	else if (limit >= RTPRIO_WANTED)
		found(d, OK, NULL, "real-time priority up to %llu allowed", limit);
	else
		found(d, WARN, how_to_raise(&d->box),
			"real-time priority limit is %llu, wanted %d; only RTKit can help the audio thread",
			limit, RTPRIO_WANTED);
}

static void check_memlock(struct doctor *d)
{
	unsigned long long limit;

	if (is_root(&d->box)) {
		found(d, OK, NULL, "all memory may be locked");
		return;
	}
	if (!limit_of(&d->box, "Max locked memory", &limit))
		found(d, INFO, NULL, "the limit is not told here");
	else if (limit == UNLIMITED)
		found(d, OK, NULL, "all memory may be locked");
	else if (limit >= MEMLOCK_WANTED)
		found(d, OK, NULL, "%llu MiB may be locked", limit >> 20);
	else
		found(d, WARN, how_to_raise(&d->box),
			"only %llu KiB may be locked: a page fault may interrupt the sound", limit >> 10);
}

/* The number of a group, from its line "audio:x:29:names"; other lines are not ours to show. @return -1:
 * none. */
static long group_number(const struct box *box, const char *name)
{
	static char text[BOX_TEXT_MAX];
	const size_t len = strlen(name);

	if (box_text_private(box, "/etc/group", text, sizeof(text)) < 0)
		return -1;
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		const char *colon;

		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		colon = strchr(line + len + 1, ':');
		return colon ? strtol(colon + 1, NULL, 10) : -1;
	}
	return -1;
}

static int is_member(const struct box *box, long gid)
{
	char text[4096], *end;
	const char *at, *own;

	if (box_text(box, "/proc/self/status", text, sizeof(text)) < 0)
		return 0;
	own = box_field(text, "Gid");
	if (own && strtol(own, NULL, 10) == gid)
		return 1;
	at = box_field(text, "Groups");
	for (; at && *at && *at != '\n'; at = end) {
		if (strtol(at, &end, 10) == gid && end != at)
			return 1;
		if (end == at)
			break;
		end += strspn(end, " \t");
	}
	return 0;
}

static void check_groups(struct doctor *d)
{
	const long audio = group_number(&d->box, "audio");

	if (is_root(&d->box))
		found(d, OK, NULL, "root needs no group");
	else if (audio < 0)
		found(d, INFO, NULL, "there is no group audio here");
	else if (is_member(&d->box, audio))
		found(d, OK, NULL, "in group audio");
	else
		found(d, INFO, hint_group,
			"not in group audio, to which limits and devices are commonly given");
}

/* RTKit ends a real-time thread that runs longer than this without sleeping. */
static void check_rttime(struct doctor *d)
{
	unsigned long long limit;

	if (!limit_of(&d->box, "Max realtime timeout", &limit))
		found(d, INFO, NULL, "the limit is not told here");
	else if (limit == UNLIMITED || limit >= 10000)
		found(d, OK, NULL, "a real-time thread may run on as long as it has to");
	else
		found(d, WARN, "ulimit -R unlimited, where it was set",
			"a real-time thread is killed after %llu us without a pause", limit);
}

const struct check limit_checks[] = {
	{"limits.rtprio", "The audio thread has to come before all others.", check_rtprio, 0},
	{"limits.memlock", "Memory that is locked is never read back from disk in the middle of a note.",
		check_memlock, 0},
	{"limits.groups", "Limits and devices are given to groups.", check_groups, 0},
	{"limits.rttime", "The kernel may kill a real-time thread that runs for long.", check_rttime, 0},
	{0},
};
