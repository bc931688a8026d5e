/* SPDX-License-Identifier: MIT */
/* load_sfz(): an SFZ on disk, its samples through the store. */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sfz.h"
#include "sfz_disk.h"
#include "sfz_known.h"

/* Names that were asked for: 0 new, 1 + index in `sound`, or what was wrong (< 0). */
struct library {
	struct sfz_disk disk;
	struct store_set *set;
	struct sfz_known *asked;
	struct sfz_sound *sound;
	uint32_t n_sounds;
};

static int open_file(struct library *l, const char *name, struct sfz_sound *ret, char *why, size_t why_size)
{
	const struct sample *sample;
	char *path = NULL;
	int r = sfz_disk_find(&l->disk, name, &path);

	if (r < 0) {
		(void)snprintf(why, why_size, "%s", r == -ENOENT ? "not found" : strerror(-r));
		return r;
	}
	r = store_set_file(l->set, path, &ret->sample, &ret->loop, &ret->root, why, why_size);
	free(path);
	if (r < 0)
		return r;
	sample = store_set_sample(l->set, ret->sample);
	if (!sample || sample->n_frames == 0 || sample->rate_hz == 0) {
		(void)snprintf(why, why_size, "has no frames");
		return -EINVAL;
	}
	ret->generator = ZONE_SAMPLE;
	ret->n_frames = sample->n_frames;
	ret->rate_hz = sample->rate_hz;
	ret->n_channels = sample->n_channels;
	if (ret->loop.end > ret->n_frames)
		ret->loop.end = ret->n_frames;
	if (ret->loop.start >= ret->loop.end)
		ret->loop = (struct store_loop){0};
	return 0;
}

static int keep(struct library *l, const struct sfz_sound *sound)
{
	struct sfz_sound *more = l->sound;

	if ((l->n_sounds & (l->n_sounds - 1)) == 0)
		more = realloc(l->sound, (l->n_sounds ? 2 * (size_t)l->n_sounds : 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	l->sound = more;
	l->sound[l->n_sounds++] = *sound;
	return 0;
}

static int open_sample(void *data, const char *name, struct sfz_sound *ret, char *why, size_t why_size)
{
	struct library *l = data;
	int is_new = 0, r;
	int64_t *asked = sfz_known_number(l->asked, name, &is_new);

	if (!asked)
		return -ENOMEM;
	if (*asked > 0) {
		*ret = l->sound[*asked - 1];
		return 0;
	}
	if (*asked < 0) {
		(void)snprintf(why, why_size, "%s", strerror((int)-*asked));
		return (int)*asked;
	}
	r = open_file(l, name, ret, why, why_size);
	if (r == 0)
		r = keep(l, ret);
	*asked = r < 0 ? r : (int64_t)l->n_sounds;
	return r;
}

int load_sfz(const char *path, const struct load_options *o, struct bank **ret, struct load_report *report,
	char *error, size_t error_size)
{
	struct bank_build b = {.set = store_set_create(o->store)};
	struct library l = {.set = b.set, .asked = sfz_known_new()};
	const struct sfz_source source = {.data = &l.disk, .find = sfz_disk_find, .read = sfz_disk_read};
	const struct sfz_samples samples = {.data = &l, .open = open_sample};
	char *full = realpath(path, NULL); /* as its includes will be called */
	int r = full ? sfz_disk_open(&l.disk, full) : -errno;

	if (report)
		report->n_notes = report->n_unknown = 0;
	if (r == 0 && (!b.set || !l.asked))
		r = -ENOMEM;
	if (r < 0)
		(void)snprintf(error, error_size, "%s: %s", path, strerror(-r));
	else
		r = sfz_read(full, &source, &samples, o, &b, report, error, error_size);
	b.file_bytes += l.disk.bytes;
	sfz_disk_close(&l.disk);
	sfz_known_free(l.asked);
	free(full);
	free(l.sound);
	if (r < 0) {
		build_free(&b);
		return r;
	}
	return build_finish(&b, o, ret, error, error_size);
}
