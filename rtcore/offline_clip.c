/* SPDX-License-Identifier: MIT */
#include "offline_clip.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apollo/clip/clip.h"
#include "apollo/store/store.h"
#include "engine.h"

struct offline_clips {
	struct store *store;
	struct clips *clips;
};

/* A number as it is written everywhere, whatever the user's language. */
static int number(const char *text, double *ret)
{
	const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	char *end = NULL;

	if (c == (locale_t)0)
		return -ENOMEM;
	*ret = strtod_l(text, &end, c);
	freelocale(c);
	return end != text && *end == '\0' && *ret >= -1e15 && *ret <= 1e15 ? 0 : -EINVAL;
}

static int set(struct mos_rtctl_clip *r, const char *key, const char *value)
{
	double x;

	if (number(value, &x) < 0)
		return -EINVAL;
	if (strcmp(key, "strip") == 0 && x >= 0 && x < APOLLO_CHANNELS)
		r->strip = (uint32_t)x;
	else if (strcmp(key, "bpm") == 0)
		r->file_bpm = x;
	else if (strcmp(key, "gain") == 0)
		r->gain_db = (float)x;
	else if (strcmp(key, "end") == 0)
		r->end_tick = (int64_t)x;
	else if (strcmp(key, "offset") == 0 && x >= 0)
		r->offset_frames = (uint64_t)x;
	else if (strcmp(key, "loop") == 0)
		r->flags = x != 0 ? MOS_CLIP_LOOP : 0;
	else
		return -EINVAL;
	return 0;
}

static int parse(const char *text, struct mos_rtctl_clip *r, char *why, size_t size)
{
	char copy[1024], *at = copy, *file, *option;
	double tick;

	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return -EINVAL;
	file = strchr(copy, '=');
	if (file)
		*file++ = '\0';
	*r = (struct mos_rtctl_clip){.end_tick = INT64_MAX};
	if (!file || number(copy, &tick) < 0) {
		(void)snprintf(why, size, "'%s' does not begin with a tick and '='", text);
		return -EINVAL;
	}
	r->start_tick = (int64_t)tick;
	at = strchrnul(file, ';');
	if ((size_t)(at - file) >= sizeof(r->path))
		return -ENAMETOOLONG;
	memcpy(r->path, file, (size_t)(at - file));
	if (*at)
		at++;
	while ((option = strsep(&at, ";")) && *option) {
		char *value = strchr(option, '=');

		if (value)
			*value++ = '\0';
		if (!value || set(r, option, value) < 0) {
			(void)snprintf(why, size,
				"'%s' is not possible. hint: strip, bpm, gain, end, offset, loop", option);
			return -EINVAL;
		}
	}
	return 0;
}

static int add(struct offline_clips *o, const char *text, uint32_t id, char *why, size_t size)
{
	struct mos_rtctl_clip r;
	struct clip *clip;
	int err;

	(void)snprintf(why, size, "'%.100s' is too long", text);
	err = parse(text, &r, why, size);
	r.id = id;
	if (err == 0)
		err = clip_load(o->clips, &r, &clip, why, size);
	if (err == 0 && clips_add(o->clips, clip) < 0) {
		clip_free(clip);
		(void)snprintf(why, size, "there are too many");
		err = -ENOSPC;
	}
	return err;
}

int offline_clips_create(struct engine *e, const char *const *list, uint32_t n, struct offline_clips **ret,
	char *why, size_t size)
{
	const struct store_options resident = {.is_resident = 1, .memory_bytes = UINT64_C(1) << 40};
	struct offline_clips *o;
	int err = 0;

	*ret = NULL;
	if (n == 0)
		return 0;
	(void)snprintf(why, size, "no memory");
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->store = store_create(&resident);
	o->clips = o->store ? clips_create(o->store, e->rate_hz) : NULL;
	if (!o->clips)
		err = -ENOMEM;
	for (uint32_t i = 0; err == 0 && i < n; i++)
		err = add(o, list[i], i + 1, why, size);
	if (err < 0) {
		offline_clips_destroy(e, o);
		return err;
	}
	e->clips = o->clips; /* nothing runs yet */
	*ret = o;
	return 0;
}

void offline_clips_destroy(struct engine *e, struct offline_clips *o)
{
	if (!o)
		return;
	e->clips = NULL;
	clips_destroy(o->clips);
	if (o->store)
		store_destroy(o->store);
	free(o);
}
