/* SPDX-License-Identifier: MIT */
#include "smf_read.h"

#include <string.h>

#include "midi_report.h"
#include "smf_track.h"

#define HEADER_SEARCH_BYTES 65536u
#define MAX_TRACKS 65535u

struct reader {
	const uint8_t *bytes;
	uint64_t pos;
	uint64_t end; /**< of the SMF: inside a RIFF wrapper before the end of the file */
	const struct smf_sink *sink;
	struct score_report *report;
	struct smf_header header;
	uint32_t n_tracks;
	uint64_t n_channel;
	const char *damage; /**< the first one; NULL: none */
	uint64_t damage_at;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static int id_at(const struct reader *r, uint64_t pos, const char id[static 4])
{
	return pos <= r->end && r->end - pos >= 8 && memcmp(r->bytes + pos, id, 4) == 0;
}

/** A chunk, known or not, seems to begin at pos: printable name, length that fits. */
static int chunk_at(const struct reader *r, uint64_t pos)
{
	if (id_at(r, pos, "MTrk"))
		return 1;
	if (pos > r->end || r->end - pos < 8)
		return 0;
	for (unsigned i = 0; i < 4; i++)
		if (!(r->bytes[pos + i] >= 0x20 && r->bytes[pos + i] < 0x7f))
			return 0;
	return be32(r->bytes + pos + 4) <= r->end - pos - 8;
}

/** Next track chunk at or after `from`; r->end: none. */
static uint64_t find_mtrk(const struct reader *r, uint64_t from)
{
	const uint8_t *hit = from < r->end ? memmem(r->bytes + from, r->end - from, "MTrk", 4) : NULL;
	return hit && r->end - (uint64_t)(hit - r->bytes) >= 8 ? (uint64_t)(hit - r->bytes) : r->end;
}

/** Enter the "data" chunk of RIFF RMID. Anything odd is left to the search for MThd. */
static void enter_riff(struct reader *r)
{
	if (r->end < 12 || memcmp(r->bytes, "RIFF", 4) != 0 || memcmp(r->bytes + 8, "RMID", 4) != 0)
		return;
	for (uint64_t pos = 12; r->end - pos >= 8;) {
		const uint64_t size = le32(r->bytes + pos + 4);
		const uint64_t left = r->end - pos - 8;
		if (memcmp(r->bytes + pos, "data", 4) == 0) {
			r->pos = pos + 8;
			r->end = r->pos + (size < left ? size : left);
			return;
		}
		if (size + (size & 1) > left)
			return;
		pos += 8 + size + (size & 1);
	}
}

static int read_division(struct reader *r, uint16_t division, uint64_t at)
{
	struct smf_header *h = &r->header;
	if (division < 0x8000) {
		h->ticks_per_quarter = division;
		return division ? 0 : midi_refuse(r->report, at, "the division is 0 ticks a quarter note");
	}
	h->frames_per_second = (uint8_t)(256 - (division >> 8)); /* stored as its negative */
	h->ticks_per_frame = (uint8_t)division;
	if (h->ticks_per_frame == 0)
		return midi_refuse(r->report, at, "the division is 0 ticks a frame");
	const uint8_t fps = h->frames_per_second;
	if (fps != 24 && fps != 25 && fps != 29 && fps != 30)
		midi_warn(r->report, at, "%u is no SMPTE rate; taken as %u frames a second", fps, fps);
	return 0;
}

/** Where the first chunk after the header begins, when the header's length field may lie. */
static uint64_t after_header(struct reader *r, uint32_t length)
{
	const uint64_t content = r->header.at + 8;
	if (length == 6)
		return content + 6;
	if (length > 6 && chunk_at(r, content + length)) {
		midi_warn(r->report, r->header.at + 4, "the header has %u bytes where 6 are known", length);
		return content + length;
	}
	midi_warn(r->report, r->header.at + 4, "the header's length is %u and leads to no chunk; read as 6",
		length);
	return content + 6;
}

static int read_header(struct reader *r)
{
	struct smf_header *h = &r->header;
	const uint64_t left = r->end - r->pos;
	if (left == 0)
		return midi_refuse(r->report, r->pos, "the file is empty");
	const uint8_t *hit =
		memmem(r->bytes + r->pos, left < HEADER_SEARCH_BYTES ? left : HEADER_SEARCH_BYTES, "MThd", 4);
	if (!hit)
		return midi_refuse(r->report, r->pos, "no MThd chunk: this is not a Standard MIDI File");
	h->at = (uint64_t)(hit - r->bytes);
	if (h->at != r->pos)
		midi_warn(r->report, r->pos, "%llu bytes before the MThd chunk skipped",
			(unsigned long long)(h->at - r->pos));
	if (r->end - h->at < 14)
		return midi_refuse(r->report, h->at, "the header is cut off after %llu bytes",
			(unsigned long long)(r->end - h->at));

	const uint8_t *p = r->bytes + h->at;
	h->declared_format = be16(p + 8);
	h->declared_tracks = be16(p + 10);
	h->format = h->declared_format;
	if (h->format > 2) {
		h->format = 1;
		midi_warn(r->report, h->at + 8, "unknown format %u, read as format 1", h->declared_format);
	}
	int rc = read_division(r, be16(p + 12), h->at + 12);
	if (rc < 0)
		return rc;
	r->pos = after_header(r, be32(p + 4));
	return r->sink->header(r->sink->ctx, h);
}

static void note_damage(struct reader *r, const struct smf_track_out *out, uint64_t next)
{
	midi_warn(r->report, out->damage_at, "track %u: %s; %llu bytes of the track are lost", r->n_tracks,
		out->damage, (unsigned long long)(next - out->damage_at));
	if (!r->damage) {
		r->damage = out->damage;
		r->damage_at = out->damage_at;
	}
}

/** Where the chunk after a track begins, judged by what was read; reports what was odd. */
static uint64_t after_track(
	struct reader *r, uint64_t chunk, uint64_t declared_end, int sure, const struct smf_track_out *out)
{
	if (out->damage) {
		const uint64_t next = sure ? declared_end : find_mtrk(r, out->damage_at);
		note_damage(r, out, next);
		return next;
	}
	if (!out->has_end)
		midi_warn(r->report, out->next, "track %u has no end-of-track event", r->n_tracks);
	if (out->next == declared_end)
		return declared_end;
	if (sure && !id_at(r, out->next, "MTrk")) {
		midi_warn(r->report, out->next, "track %u: %llu bytes after its end of track skipped",
			r->n_tracks, (unsigned long long)(declared_end - out->next));
		return declared_end;
	}
	midi_warn(r->report, chunk + 4, "track %u: its length is given as %llu bytes, it has %llu",
		r->n_tracks, (unsigned long long)(declared_end - chunk - 8),
		(unsigned long long)(out->next - chunk - 8));
	return out->next;
}

static int read_track(struct reader *r)
{
	const uint64_t chunk = r->pos;
	const uint64_t declared_end = chunk + 8 + be32(r->bytes + chunk + 4);
	/* The length is believed when it leads to another chunk or exactly to the end. */
	const int sure = declared_end == r->end || (declared_end < r->end && chunk_at(r, declared_end));
	const struct smf_track_in in = {
		.bytes = r->bytes,
		.begin = chunk + 8,
		.limit = sure ? declared_end : r->end,
		.stop_at_mtrk = !sure,
		.track = r->n_tracks + 1,
	};
	struct smf_track_out out;

	int rc = r->sink->track_begin(r->sink->ctx, r->n_tracks++, chunk);
	if (rc < 0)
		return rc;
	rc = smf_track_read(&in, r->sink, r->report, &out);
	if (rc < 0)
		return rc;
	r->n_channel += out.n_channel;
	r->pos = after_track(r, chunk, declared_end, sure, &out);
	return r->sink->track_end(r->sink->ctx, out.next, out.tick);
}

/**
 * Something that is neither MTrk nor a whole unknown chunk. A track behind it belongs to this song only
 * when one is missing: else it is what a disk or another file left there.
 */
static void skip_junk(struct reader *r)
{
	const uint64_t next = r->n_tracks < r->header.declared_tracks ? find_mtrk(r, r->pos) : r->end;
	midi_warn(r->report, r->pos,
		next == r->end ? "%llu bytes after the last chunk skipped"
			       : "%llu bytes between two chunks skipped",
		(unsigned long long)(next - r->pos));
	r->pos = next;
}

static int read_tracks(struct reader *r)
{
	while (r->pos < r->end) {
		if (id_at(r, r->pos, "MThd")) {
			midi_warn(r->report, r->pos, "a second file begins here and is left out");
			break;
		}
		if (r->n_tracks == MAX_TRACKS) {
			midi_warn(r->report, r->pos, "tracks after the 65535th are left out");
			break;
		}
		if (id_at(r, r->pos, "MTrk")) {
			int rc = read_track(r);
			if (rc < 0)
				return rc;
		} else if (chunk_at(r, r->pos)) {
			r->pos += 8 + (uint64_t)be32(r->bytes + r->pos + 4);
		} else {
			skip_junk(r);
		}
	}
	return 0;
}

static int check_yield(struct reader *r)
{
	const struct smf_header *h = &r->header;
	if (r->damage && r->n_channel == 0)
		return midi_refuse(r->report, r->damage_at, "%s, and no music could be read", r->damage);
	if (r->n_tracks == 0 && h->declared_tracks != 0)
		return midi_refuse(r->report, h->at + 14, "no track is there, though the header declares %u",
			h->declared_tracks);
	if (r->n_tracks != h->declared_tracks)
		midi_warn(r->report, h->at + 10, "the header declares %u tracks, %u are there",
			h->declared_tracks, r->n_tracks);
	if (h->format == 0 && r->n_tracks > 1)
		midi_warn(r->report, h->at + 8,
			"a file of format 0 has one track; this one, with %u, is read as "
			"format 1",
			r->n_tracks);
	return 0;
}

int smf_read(const uint8_t *bytes, size_t size, const struct smf_sink *sink, struct score_report *report)
{
	struct reader r = {.bytes = bytes, .end = size, .sink = sink, .report = report};
	enter_riff(&r);
	int rc = read_header(&r);
	if (rc < 0)
		return rc;
	rc = read_tracks(&r);
	if (rc < 0)
		return rc;
	return check_yield(&r);
}
