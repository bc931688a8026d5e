/* SPDX-License-Identifier: MIT */
/**
 * The recorder's journal: every event as it came, in files that survive any crash up to the last whole
 * record. A recording NAME is a row of segments NAME.0001.journal, NAME.0002.journal ... in the widget's
 * directory; each is a head of 128 bytes and records of 80, both with a checksum. Writing goes through
 * io_uring, in order, so that what is on disk is always a beginning of what happened. Nothing is ever
 * changed; old segments are removed as wholes when the directory holds more than was allowed (EVT-21).
 */
#ifndef RECORDER_JOURNAL_H
#define RECORDER_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include <mos/event.h>

#define JOURNAL_NAME_MAX 40u
#define JOURNAL_PENDING_MAX 10240u /**< records that may wait in memory */

struct journal_head {
	char magic[8];          /**< "MOSJRNL1" */
	uint32_t segment;       /**< from 1 */
	uint32_t ppq;           /**< MOS_PPQ */
	uint64_t first_index;   /**< of its first record in the recording, from 0 */
	uint64_t start_ns;      /**< CLOCK_MONOTONIC when the recording began */
	uint64_t start_unix_ns; /**< the same moment for people */
	char name[48];
	uint8_t reserved[36];
	uint32_t crc; /**< of all before it */
};
static_assert(sizeof(struct journal_head) == 128, "on disk");

enum journal_kind { JOURNAL_EVENT = 0x4a455645, JOURNAL_GAP = 0x4a474150 };

struct journal_record {
	uint32_t kind; /**< enum journal_kind */
	uint32_t crc;  /**< of the rest */
	uint64_t index;
	struct mos_event ev; /**< JOURNAL_GAP: `seq` events are missing here */
};
static_assert(sizeof(struct journal_record) == 80, "on disk");

/** CRC-32C, as in iSCSI and ext4. */
uint32_t journal_crc(const void *bytes, size_t n);

/** @return 1 when it may name a recording: a-z, 0-9, '-', at most JOURNAL_NAME_MAX bytes. */
int journal_name_ok(const char *name);

/* --- Writing --- */

struct journal; /**< opaque; one thread */

struct journal_limits {
	uint64_t segment_bytes; /**< a segment is closed when it would grow past this */
	uint64_t keep_bytes;    /**< all segments of the directory together; the oldest go */
};

struct journal_figures {
	uint64_t n_events, n_gaps, bytes;
	uint32_t segments;
	int uring; /**< 0: the kernel gives no io_uring, ordinary writes do */
};

/**
 * Begin a recording. @param dir  Borrowed for the call.
 * @return 0; -EINVAL the name; -EEXIST there is one of this name; -errno.
 */
int journal_create(const char *dir, const char *name, const struct journal_limits *limits, uint64_t start_ns,
	uint64_t start_unix_ns, struct journal **ret);
/** Keep an event. @return 0; -errno of a write that failed: from then on nothing is kept any more. */
int journal_append(struct journal *journal, const struct mos_event *ev);
/** Say that events are missing here. */
int journal_gap(struct journal *journal, uint64_t n_missing);
/** Hand what waits to the kernel, look what has come of the last. Does not wait. @return as journal_append().
 */
int journal_flush(struct journal *journal);
/** Everything is on disk when this returns 0. Frees. NULL is fine. */
int journal_close(struct journal *journal);
struct journal_figures journal_figures(const struct journal *journal);

/* --- Reading --- */

struct journal_reader; /**< opaque */

/** @return 0; -ENOENT no such recording; -EINVAL the name; -EBADMSG no segment has a whole head; -errno. */
int journal_open(const char *dir, const char *name, struct journal_reader **ret);
/**
 * Next record. @return 1 an event; 2 a gap, `ev->seq` events are missing (also where segments were removed);
 * 0 the end; -errno. What is torn ends its segment.
 */
int journal_next(struct journal_reader *reader, struct mos_event *ret);
const struct journal_head *journal_reader_head(const struct journal_reader *reader);
/** Bytes behind the last whole record of each segment read so far: what a crash cut. */
uint64_t journal_reader_torn(const struct journal_reader *reader);
void journal_reader_close(struct journal_reader *reader);

/* --- The directory --- */

struct journal_info {
	char name[JOURNAL_NAME_MAX + 1];
	uint32_t segments;
	uint64_t bytes, n_records, start_unix_ns;
};

/** The recordings, oldest first. @return how many, at most `max`; -errno. */
int journal_list(const char *dir, struct journal_info *ret, uint32_t max);
/** Remove the oldest segments until no more than `keep_bytes` are left, but never `keep` (a file name, or
 * NULL). */
int journal_trim(const char *dir, uint64_t keep_bytes, const char *keep);
/** Remove a recording. @return 0; -ENOENT; -EINVAL. */
int journal_remove(const char *dir, const char *name);

#endif
