/* SPDX-License-Identifier: MIT */
/**
 * Shared-memory regions: a memfd with a header, sealed against shrinking and growing before any other
 * process sees it. DESIGN section 5. Used by every process; nothing here runs in the audio cycle.
 */
#ifndef MOS_REGION_H
#define MOS_REGION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** First 32 bytes of every region. `magic` is 0 until the rest is valid: stored last, with release. */
struct mos_region_hdr {
	uint32_t magic;      /**< one of MOS_MAGIC_*; 0: not ready yet */
	uint16_t abi_major;  /**< another major is refused */
	uint16_t abi_minor;  /**< a newer minor only adds fields at the end */
	uint64_t size;       /**< bytes, the whole region; equal to the file's size */
	uint64_t generation; /**< changes whenever the writer restarts; never 0 */
	uint64_t reserved;   /**< 0 */
};

#define MOS_MAGIC_CLOCK 0x4b434c43u    /* "CLCK" */
#define MOS_MAGIC_EVENTS 0x53545645u   /* "EVTS" */
#define MOS_MAGIC_INGRESS 0x52474e49u  /* "INGR" */
#define MOS_MAGIC_COUNTERS 0x52544e43u /* "CNTR" */
#define MOS_MAGIC_TIMELINE 0x4e4c4d54u /* "TMLN" */
#define MOS_MAGIC_AUDIO 0x50544441u    /* "ADTP" */

/** A mapped region of this process. `base` is the header's address. */
struct mos_region {
	void *base;   /**< NULL: not mapped */
	size_t size;  /**< bytes mapped */
	int fd;       /**< owned; -1: closed or never opened */
	int writable; /**< 1: mapped for writing */
};

/** What mos_region_attach() missed, most basic first (style 2.9): lets a client wait or explain. */
enum mos_attach_step {
	MOS_ATTACH_OK = 0,
	MOS_ATTACH_NOT_A_FILE,  /**< fstat failed or not a regular (memfd) file */
	MOS_ATTACH_NOT_SEALED,  /**< shrink seal absent: the peer could make us fault */
	MOS_ATTACH_TOO_SHORT,   /**< smaller than the header, or than the caller's minimum */
	MOS_ATTACH_MAP_FAILED,  /**< mmap refused, e.g. writing asked on a read-only hand-over */
	MOS_ATTACH_NOT_READY,   /**< magic still 0: try again later */
	MOS_ATTACH_WRONG_MAGIC, /**< another kind of region */
	MOS_ATTACH_WRONG_ABI,   /**< major version differs */
	MOS_ATTACH_WRONG_SIZE,  /**< header's size is not the file's, or its generation is 0 */
	MOS_ATTACH_BAD_LAYOUT,  /**< what follows the header contradicts itself or the size */
};

/**
 * Create a region of `size` bytes, zeroed, mapped writable, sealed against shrinking, growing.
 * The header is filled except `magic`; call mos_region_publish() when the content is valid.
 *
 * @return 0, or -errno of memfd_create, ftruncate, mmap or fcntl; *ret is untouched then.
 */
int mos_region_create(const char *name, size_t size, uint16_t abi_major, uint16_t abi_minor,
	uint64_t generation, struct mos_region *ret);

/** The same, but its pages come to be when they are first touched: for what may stay empty for the most part. */
int mos_region_create_sparse(const char *name, size_t size, uint16_t abi_major, uint16_t abi_minor,
	uint64_t generation, struct mos_region *ret);

/** Store the magic with release: from now on mos_region_attach() succeeds. */
void mos_region_publish(struct mos_region *region, uint32_t magic);

/**
 * Forbid every further writable mapping of the region, by anybody (F_SEAL_FUTURE_WRITE), and further
 * seals. The mapping of the caller stays writable. Done before a region is handed to readers. @return 0 or
 * -errno.
 */
int mos_region_seal_future_writes(struct mos_region *region);

/**
 * Forbid further seals only: for a region that several processes write (an ingress ring), so that none of
 * them can seal the others out. @return 0 or -errno.
 */
int mos_region_seal_seals(struct mos_region *region);

/**
 * Forbid all writing, for ever (F_SEAL_WRITE): unmaps, seals, maps read-only. For timelines. On failure
 * the region may be left unmapped: finish it. @return 0 or -errno.
 */
int mos_region_seal_all(struct mos_region *region);

/**
 * Map a region that another process made. Every byte of it is input; only the header is checked here.
 *
 * @param fd        Borrowed: a duplicate is kept.
 * @param min_size  The least size the caller's layout needs.
 * @param writable  1 to map for writing (the own ingress ring).
 * @param ret_step  May be NULL; says which step failed.
 * @return 0; -EINVAL when a check fails; -EAGAIN when not ready; other -errno.
 */
int mos_region_attach(int fd, uint32_t magic, uint16_t abi_major, size_t min_size, int writable,
	struct mos_region *ret, enum mos_attach_step *ret_step);

/** One English sentence for a step, for messages. Never NULL. */
const char *mos_attach_step_str(enum mos_attach_step step);

/** Unmap and close. Zeroed or finished regions are fine. */
void mos_region_finish(struct mos_region *region);

#ifdef __cplusplus
}
#endif
#endif
