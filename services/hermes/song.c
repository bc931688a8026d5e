/* SPDX-License-Identifier: MIT */
#include "song.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <mos/timeline.h>

#include "compile.h"
#include "smf_score.h"

static int add_title(struct song *song, const char *name)
{
	if (song->score.title)
		return 0;
	int64_t title = score_add_string(&song->score, (const uint8_t *)name, strlen(name));
	if (title < 0)
		return title == -E2BIG
			       ? 0
			       : (int)title; /* no room for a title is no reason to refuse the music */
	song->score.title = (uint32_t)title;
	return 0;
}

static int make_timeline(struct song *song)
{
	struct compiled compiled;
	int rc = compile_score(&song->score, song->alloc, &compiled);
	if (rc == -ERANGE)
		return hermes_refuse(&song->report, 0, "the song lasts longer than 667 hours");
	if (rc < 0)
		return rc;
	song->n_events = compiled.src.n_event;
	song->duration_ns = compiled.duration_ns;
	song->timeline_fd = mos_timeline_build(&compiled.src);
	compile_finish(&compiled);
	return song->timeline_fd < 0 ? song->timeline_fd : 0;
}

static int read_id(struct song *song)
{
	struct mos_timeline timeline;
	struct mos_timeline_error err;
	int rc = mos_timeline_open(song->timeline_fd, &timeline, &err);
	if (rc < 0)
		return rc;
	(void)snprintf(song->state_id, sizeof(song->state_id), "%016" PRIx64, timeline.id);
	mos_timeline_close(&timeline);
	return 0;
}

int song_create(uint8_t *bytes, size_t size, const char *name, const struct hermes_alloc *alloc,
	struct song **ret, struct hermes_report *report)
{
	struct song *song = hermes_zalloc(alloc, 1, sizeof(*song));
	if (!song) {
		hermes_free(alloc, bytes);
		return -ENOMEM;
	}
	*song = (struct song){.alloc = alloc, .bytes = bytes, .size = size, .timeline_fd = -1};

	int rc = smf_to_score(bytes, size, alloc, &song->score, &song->header, &song->report);
	if (rc == 0)
		rc = add_title(song, name);
	if (rc == 0)
		rc = make_timeline(song);
	if (rc == 0)
		rc = read_id(song);
	if (rc < 0) {
		*report = song->report;
		song_destroy(song);
		return rc;
	}
	*ret = song;
	return 0;
}

void song_destroy(struct song *song)
{
	if (!song)
		return;
	if (song->timeline_fd >= 0)
		close(song->timeline_fd);
	score_finish(&song->score);
	hermes_free(song->alloc, song->bytes);
	hermes_free(song->alloc, song);
}

const char *song_title(const struct song *song)
{
	return song->score.strings + song->score.title;
}

void song_format(const struct song *song, char *buf, size_t size)
{
	(void)snprintf(buf, size, "SMF %u", song->header.declared_format);
}
