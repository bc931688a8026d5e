/* SPDX-License-Identifier: MIT */
#include "export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS 16u
#define VERSION "midi_runtime_contract=" MOS_MIDI_RUNTIME_CONTRACT
/* What a track can grow by: a name, programs, status bytes after what was moved; and once the version. */
#define NAME_ROOM 9u
#define TRACK_ROOM (NAME_ROOM + CHANNELS * 3 + CHANNELS)
#define VERSION_ROOM (4 + sizeof(VERSION))

/* One event where it lies. */
struct event {
	size_t at, end; /* with its delta */
	size_t body;    /* behind the delta */
	uint64_t tick;
	uint8_t status; /* running status filled in */
	uint8_t meta;   /* of 0xff: its type */
	size_t data, n_data;
	bool running;
};

/* What is known of a track before anything is written. */
struct track {
	size_t at, end; /* its events */
	size_t head;    /* where its first channel message (or its end) begins: what is injected goes there */
	uint16_t plays; /* channels with a note-on */
	uint16_t has;   /* with a program at tick 0 before their first note-on ... */
	uint16_t late;  /* ... only behind one, at tick 0 */
	size_t late_at[CHANNELS]; /* of the first of these */
	bool has_name, has_version;
	size_t name, n_name;
};

struct reader {
	const uint8_t *byte;
	size_t size;
	struct band_report *report;
};

static int broken(const struct reader *r, size_t at, const char *what)
{
	char where[32];

	(void)snprintf(where, sizeof(where), "byte %zu", at);
	return band_error(r->report, "band.file.invalid", where, "%s", what);
}

static uint32_t read_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* @return 0, -EINVAL: cut off, or more than four bytes. */
static int read_vlq(const struct reader *r, size_t *at, size_t end, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (*at == end)
			return broken(r, *at, "the track ends within a number");
		const uint8_t byte = r->byte[(*at)++];
		value = value << 7 | (byte & 0x7f);
		if (!(byte & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return broken(r, *at, "a number has more than four bytes");
}

static int read_body(const struct reader *r, size_t end, struct event *e)
{
	size_t at = e->body;
	uint32_t n = 0;

	if (at == end)
		return broken(r, at, "the track ends within an event");
	const uint8_t first = r->byte[at];
	e->running = first < 0x80;
	if (!e->running)
		e->status = first, at++;
	else if (e->status < 0x80 || e->status >= 0xf0)
		return broken(r, at, "an event without a status byte");
	if (e->status == 0xff) {
		if (at == end)
			return broken(r, at, "the track ends within an event");
		e->meta = r->byte[at++];
	}
	if (e->status >= 0xf0) {
		if (e->status != 0xff && e->status != 0xf0 && e->status != 0xf7)
			return broken(r, e->body, "a status byte that no file has");
		if (read_vlq(r, &at, end, &n) < 0)
			return -EINVAL;
	} else {
		n = (e->status & 0xe0) == 0xc0 ? 1 : 2;
	}
	if (n > end - at)
		return broken(r, at, "an event is longer than its track");
	for (uint32_t i = 0; e->status < 0xf0 && i < n; i++) {
		if (r->byte[at + i] & 0x80)
			return broken(r, at + i, "a status byte where data is expected");
	}
	e->data = at;
	e->n_data = n;
	e->end = at + n;
	return 0;
}

/* @return 1 an event; 0 the end; -EINVAL. */
static int next_event(const struct reader *r, size_t end, struct event *e)
{
	const bool ended = e->status == 0xff && e->meta == 0x2f;
	uint32_t delta = 0;

	if (ended || e->end == end)
		return 0;
	/* System and meta events end the running status. */
	if (e->status >= 0xf0)
		e->status = 0;
	e->at = e->body = e->end;
	if (read_vlq(r, &e->body, end, &delta) < 0)
		return -EINVAL;
	e->tick += delta;
	const int rc = read_body(r, end, e);
	return rc < 0 ? rc : 1;
}

static bool is_note_on(const struct reader *r, const struct event *e)
{
	return (e->status & 0xf0) == 0x90 && r->byte[e->data + 1] > 0;
}

static void see_program(const struct event *e, struct track *t)
{
	const unsigned channel = e->status & 15u;
	const uint16_t bit = (uint16_t)(1u << channel);

	if (e->tick || t->has & bit || t->late & bit)
		return;
	if (t->plays & bit) {
		t->late |= bit;
		t->late_at[channel] = e->at;
	} else {
		t->has |= bit;
	}
}

static int scan_track(const struct reader *r, struct track *t)
{
	struct event e = {.end = t->at};
	bool in_head = true;
	int rc;

	t->head = t->at;
	while ((rc = next_event(r, t->end, &e)) == 1) {
		const bool is_end = e.status == 0xff && e.meta == 0x2f;

		if (e.status < 0xf0 || is_end || e.tick)
			in_head = false;
		if (in_head)
			t->head = e.end;
		if (e.status == 0xff && e.meta == 0x03 && !t->has_name) {
			t->has_name = true;
			t->name = e.data;
			t->n_name = e.n_data;
		} else if (e.status == 0xff && e.meta == 0x01 && e.n_data == sizeof(VERSION) - 1 &&
			   memcmp(r->byte + e.data, VERSION, e.n_data) == 0) {
			t->has_version = true;
		} else if ((e.status & 0xf0) == 0xc0) {
			see_program(&e, t);
		} else if (is_note_on(r, &e)) {
			t->plays |= (uint16_t)(1u << (e.status & 15u));
		}
	}
	return rc;
}

/* --- Writing --- */

struct writer {
	uint8_t *byte;
	size_t n;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
	if (n)
		memcpy(w->byte + w->n, bytes, n);
	w->n += n;
}

static void put_meta(struct writer *w, uint8_t type, const char *text)
{
	const uint8_t head[] = {0, 0xff, type, (uint8_t)strlen(text)};

	put(w, head, sizeof(head));
	put(w, text, strlen(text));
}

static const char *name_of(uint32_t i)
{
	static const char *const names[] = {"Meta", "Comp", "Bass", "Drums"};

	return i < sizeof(names) / sizeof(*names) ? names[i] : "Track";
}

/* The rest of a track, without the programs that were moved to its head. */
static void put_tail(struct writer *w, const struct reader *r, const struct track *t)
{
	struct event e = {.end = t->head};
	bool after_gap = false;

	if (!t->late) {
		put(w, r->byte + t->head, t->end - t->head);
		return;
	}
	/* It was read once: nothing fails, and the head has no channel message to run on. */
	while (next_event(r, t->end, &e) == 1) {
		if ((e.status & 0xf0) == 0xc0 && t->late & 1u << (e.status & 15u) &&
			t->late_at[e.status & 15u] == e.at) {
			after_gap = true; /* at tick 0: the next one's delta stays right */
			continue;
		}
		put(w, r->byte + e.at, e.body - e.at);
		if (after_gap && e.running)
			put(w, &e.status, 1);
		after_gap = false;
		put(w, r->byte + e.body, e.end - e.body);
	}
	put(w, r->byte + e.end, t->end - e.end);
}

static void put_programs(struct writer *w, const struct reader *r, const struct track *t, uint16_t channels)
{
	for (uint8_t c = 0; c < CHANNELS; c++) {
		if (!(channels & 1u << c))
			continue;
		uint8_t program = c == 1 ? 32 : 0;
		if (t->late & 1u << c) {
			struct event e = {.end = t->late_at[c], .status = (uint8_t)(0xc0 | c)};

			(void)next_event(r, t->end, &e);
			program = r->byte[e.data];
		}
		put(w, (uint8_t[]){0, (uint8_t)(0xc0 | c), program}, 3);
	}
}

static void put_track(struct writer *w, const struct reader *r, struct track *t, uint32_t i, bool gm,
	bool version, uint16_t channels)
{
	const size_t begin = w->n;

	put(w, "MTrk\0\0\0\0", 8);
	if (gm && !t->has_name)
		put_meta(w, 0x03, name_of(i));
	if (!gm) {
		t->late = 0;
		channels = 0;
	}
	put(w, r->byte + t->at, t->head - t->at);
	if (version)
		put_meta(w, 0x01, VERSION);
	put_programs(w, r, t, channels);
	put_tail(w, r, t);
	const size_t n = w->n - begin - 8;
	for (unsigned k = 0; k < 4; k++)
		w->byte[begin + 4 + k] = (uint8_t)(n >> (24 - 8 * k));
}

/* --- */

/* The chunks behind the header; `tracks` NULL: count only. @return 0, -EINVAL. */
static int scan_chunks(const struct reader *r, size_t at, struct track *tracks, uint32_t *ret_n)
{
	uint32_t n = 0;

	while (at < r->size) {
		if (r->size - at < 8)
			return broken(r, at, "the file ends within a chunk's header");
		const uint32_t len = read_be32(r->byte + at + 4);
		if (len > r->size - at - 8)
			return broken(r, at, "a chunk is longer than the file");
		if (memcmp(r->byte + at, "MTrk", 4) == 0) {
			if (tracks) {
				tracks[n] = (struct track){.at = at + 8, .end = at + 8 + len};
				const int rc = scan_track(r, &tracks[n]);
				if (rc < 0)
					return rc;
			}
			n++;
		}
		at += 8 + (size_t)len;
	}
	*ret_n = n;
	return 0;
}

static int read_header(const struct reader *r, size_t *ret_end, unsigned *ret_format)
{
	if (r->size > BAND_EXPORT_MAX)
		return broken(r, BAND_EXPORT_MAX, "the file is larger than 16 MiB");
	if (r->size < 14 || memcmp(r->byte, "MThd", 4) != 0)
		return broken(r, 0, "this is no Standard MIDI File");
	const uint32_t len = read_be32(r->byte + 4);
	if (len < 6 || len > r->size - 8)
		return broken(r, 4, "the header's length is wrong");
	*ret_format = (unsigned)r->byte[8] << 8 | r->byte[9];
	if (*ret_format > 2)
		return broken(r, 8, "a format other than 0, 1 and 2");
	*ret_end = 8 + (size_t)len;
	return 0;
}

/* Channels of each track that get a program in it: in one piece (formats 0, 1) each channel once. */
static uint16_t choose(const struct track *tracks, uint32_t n, uint32_t i, unsigned format, uint16_t *served)
{
	uint16_t there = tracks[i].has, moved = tracks[i].late;

	if (format != 2) {
		for (uint32_t k = 0; i == 0 && k < n; k++)
			*served |= tracks[k].has | tracks[k].late;
		there = *served;
	}
	const uint16_t added = tracks[i].plays & (uint16_t)~(there | moved);
	if (format != 2)
		*served |= added;
	return added | moved;
}

static void write_all(const struct reader *r, size_t at, unsigned format, bool gm, struct track *tracks,
	uint32_t n, struct writer *w, struct band_export *ret)
{
	uint16_t served = 0;
	bool version = true;

	for (uint32_t i = 0; i < n; i++)
		version = version && !tracks[i].has_version;
	put(w, r->byte, at);
	for (uint32_t i = 0; at < r->size; at += 8 + (size_t)read_be32(r->byte + at + 4)) {
		if (memcmp(r->byte + at, "MTrk", 4) != 0) {
			put(w, r->byte + at, 8 + (size_t)read_be32(r->byte + at + 4));
			continue;
		}
		const uint16_t channels = choose(tracks, n, i, format, &served);
		struct track *t = &tracks[i];

		if (gm)
			ret->injected |= channels & (uint16_t)~t->late;
		if (i < BAND_EXPORT_NAMES && t->has_name)
			(void)snprintf(ret->name[i], sizeof(ret->name[i]), "%.*s", (int)t->n_name,
				(const char *)r->byte + t->name);
		else if (i < BAND_EXPORT_NAMES && gm)
			strcpy(ret->name[i], name_of(i));
		put_track(w, r, t, i, gm, version && i == 0, channels);
		i++;
	}
}

int band_export(const uint8_t *smf, size_t size, bool gm, struct band_report *report, struct band_export *ret)
{
	const struct reader r = {.byte = smf, .size = size, .report = report};
	unsigned format = 0;
	size_t at = 0;
	uint32_t n = 0;

	if (read_header(&r, &at, &format) < 0 || scan_chunks(&r, at, NULL, &n) < 0)
		return -EINVAL;
	if (n == 0)
		return broken(&r, size, "the file has no track");
	struct track *tracks = calloc(n, sizeof(*tracks));
	struct writer w = {.byte = malloc(size + (size_t)n * TRACK_ROOM + VERSION_ROOM)};
	struct band_export *made = calloc(1, sizeof(*made));
	int rc = tracks && w.byte && made ? scan_chunks(&r, at, tracks, &n) : -ENOMEM;

	if (rc == 0) {
		write_all(&r, at, format, gm, tracks, n, &w, made);
		made->n_tracks = n;
		uint8_t *fitting = realloc(w.byte, w.n);
		made->file = (struct band_bytes){.byte = fitting ? fitting : w.byte, .size = w.n};
		*ret = *made;
	} else {
		free(w.byte);
	}
	free(made);
	free(tracks);
	return rc;
}
