/* SPDX-License-Identifier: MIT */
#include <mos/region.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL /* headers older than Linux 6.3 */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/** A memfd that can't be made executable, where the kernel knows such (6.3); else an ordinary one. */
static int open_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int create(const char *name, size_t size, uint16_t abi_major, uint16_t abi_minor, uint64_t generation,
	int map_flags, struct mos_region *ret)
{
	struct mos_region_hdr *hdr;
	int fd, r;

	if (size < sizeof(*hdr) || generation == 0)
		return -EINVAL;
	fd = open_memfd(name);
	if (fd < 0)
		return fd;
	if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
		r = -errno;
		goto fail;
	}
	hdr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | map_flags, fd, 0);
	if (hdr == MAP_FAILED) {
		r = -errno;
		goto fail;
	}
	hdr->abi_major = abi_major;
	hdr->abi_minor = abi_minor;
	hdr->size = size;
	hdr->generation = generation;
	*ret = (struct mos_region){.base = hdr, .size = size, .fd = fd, .writable = 1};
	return 0;

fail:
	close(fd);
	return r;
}

int mos_region_create(const char *name, size_t size, uint16_t abi_major, uint16_t abi_minor,
	uint64_t generation, struct mos_region *ret)
{
	/* Populated here, so that the audio thread never takes the first fault of a page. */
	return create(name, size, abi_major, abi_minor, generation, MAP_POPULATE, ret);
}

int mos_region_create_sparse(const char *name, size_t size, uint16_t abi_major, uint16_t abi_minor,
	uint64_t generation, struct mos_region *ret)
{
	return create(name, size, abi_major, abi_minor, generation, 0, ret);
}

void mos_region_publish(struct mos_region *region, uint32_t magic)
{
	struct mos_region_hdr *hdr = region->base;

	/* Pairs with the acquire in mos_region_attach(): who sees the magic sees the content. */
	__atomic_store_n(&hdr->magic, magic, __ATOMIC_RELEASE);
}

static int add_seals(const struct mos_region *region, int seals)
{
	return fcntl(region->fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

int mos_region_seal_future_writes(struct mos_region *region)
{
	return add_seals(region, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
}

int mos_region_seal_seals(struct mos_region *region)
{
	return add_seals(region, F_SEAL_SEAL);
}

int mos_region_seal_all(struct mos_region *region)
{
	void *base;
	int r;

	/* The kernel refuses the seal while a writable mapping exists, our own included. */
	if (region->base && munmap(region->base, region->size) < 0)
		return -errno;
	region->base = NULL;
	r = add_seals(region, F_SEAL_WRITE | F_SEAL_SEAL);
	if (r < 0)
		return r;
	base = mmap(NULL, region->size, PROT_READ, MAP_SHARED, region->fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	region->base = base;
	region->writable = 0;
	return 0;
}

/** Checks that need no mapping. */
static enum mos_attach_step check_file(int fd, size_t min_size, size_t *ret_size)
{
	struct stat st;
	int seals;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return MOS_ATTACH_NOT_A_FILE;
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || !(seals & F_SEAL_SHRINK))
		return MOS_ATTACH_NOT_SEALED;
	if ((uint64_t)st.st_size < sizeof(struct mos_region_hdr) || (uint64_t)st.st_size < min_size)
		return MOS_ATTACH_TOO_SHORT;
	*ret_size = (size_t)st.st_size;
	return MOS_ATTACH_OK;
}

static enum mos_attach_step check_header(
	const struct mos_region_hdr *hdr, uint32_t magic, uint16_t abi_major, size_t size)
{
	/* Pairs with the release in mos_region_publish(). */
	uint32_t seen = __atomic_load_n(&hdr->magic, __ATOMIC_ACQUIRE);

	if (seen == 0)
		return MOS_ATTACH_NOT_READY;
	if (seen != magic)
		return MOS_ATTACH_WRONG_MAGIC;
	if (__atomic_load_n(&hdr->abi_major, __ATOMIC_RELAXED) != abi_major)
		return MOS_ATTACH_WRONG_ABI;
	if (__atomic_load_n(&hdr->size, __ATOMIC_RELAXED) != size ||
		__atomic_load_n(&hdr->generation, __ATOMIC_RELAXED) == 0)
		return MOS_ATTACH_WRONG_SIZE;
	return MOS_ATTACH_OK;
}

int mos_region_attach(int fd, uint32_t magic, uint16_t abi_major, size_t min_size, int writable,
	struct mos_region *ret, enum mos_attach_step *ret_step)
{
	int prot = PROT_READ | (writable ? PROT_WRITE : 0);
	enum mos_attach_step step;
	void *base = MAP_FAILED;
	size_t size = 0;
	int own = -1, r = -EINVAL;

	step = check_file(fd, min_size, &size);
	if (step != MOS_ATTACH_OK)
		goto fail;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own >= 0)
		base = mmap(NULL, size, prot, MAP_SHARED, own, 0);
	if (base == MAP_FAILED) {
		r = -errno;
		step = MOS_ATTACH_MAP_FAILED;
		goto fail;
	}
	step = check_header(base, magic, abi_major, size);
	if (step != MOS_ATTACH_OK) {
		r = step == MOS_ATTACH_NOT_READY ? -EAGAIN : -EINVAL;
		goto fail;
	}
	*ret = (struct mos_region){.base = base, .size = size, .fd = own, .writable = !!writable};
	if (ret_step)
		*ret_step = MOS_ATTACH_OK;
	return 0;

fail:
	if (base != MAP_FAILED)
		munmap(base, size);
	if (own >= 0)
		close(own);
	if (ret_step)
		*ret_step = step;
	return r;
}

const char *mos_attach_step_str(enum mos_attach_step step)
{
	switch (step) {
	case MOS_ATTACH_OK:
		return "The region is attached.";
	case MOS_ATTACH_NOT_A_FILE:
		return "The descriptor is not a memory file.";
	case MOS_ATTACH_NOT_SEALED:
		return "The region is not sealed against shrinking.";
	case MOS_ATTACH_TOO_SHORT:
		return "The region is too short for its layout.";
	case MOS_ATTACH_MAP_FAILED:
		return "The region can't be mapped; it may be handed over for reading only.";
	case MOS_ATTACH_NOT_READY:
		return "The region is not ready yet; try again later.";
	case MOS_ATTACH_WRONG_MAGIC:
		return "The region is of another kind.";
	case MOS_ATTACH_WRONG_ABI:
		return "The region speaks another major version.";
	case MOS_ATTACH_WRONG_SIZE:
		return "The region's header does not describe this file.";
	case MOS_ATTACH_BAD_LAYOUT:
		return "The region's content contradicts its size.";
	}
	return "Unknown step.";
}

void mos_region_finish(struct mos_region *region)
{
	if (region->base)
		munmap(region->base, region->size);
	/* A zeroed region owns nothing: its fd 0 is the process's standard input. */
	if (region->size > 0 && region->fd >= 0)
		close(region->fd);
	*region = (struct mos_region){.fd = -1};
}
