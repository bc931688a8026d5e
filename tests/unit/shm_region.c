/* SPDX-License-Identifier: MIT */
/* Regions: sealing, read-only hand-over, and what attaching tells about a region that is not one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <mos/region.h>

#define MAGIC MOS_MAGIC_EVENTS
#define SIZE 8192

static struct mos_region make(void)
{
	struct mos_region region;

	cr_assert_eq(mos_region_create("test", SIZE, 1, 0, 7, &region), 0);
	return region;
}

static struct mos_region make_published(void)
{
	struct mos_region region = make();

	mos_region_publish(&region, MAGIC);
	return region;
}

static void expect_step(int fd, enum mos_attach_step step, int error)
{
	struct mos_region got = {.size = 12345};
	enum mos_attach_step seen = MOS_ATTACH_OK;

	cr_assert_eq(mos_region_attach(fd, MAGIC, 1, 4096, 0, &got, &seen), error);
	cr_assert_eq(seen, step, "step %d, wanted %d", seen, step);
	cr_assert_eq(got.size, 12345, "the out-parameter was written on failure");
	cr_assert_eq(mos_region_attach(fd, MAGIC, 1, 4096, 0, &got, NULL), error);
}

Test(shm_region, create_attach, .description = "A published region is attached with its content")
{
	struct mos_region region = make(), reader;
	struct mos_region_hdr *hdr = region.base;
	enum mos_attach_step step;

	cr_assert_eq(hdr->magic, 0);
	cr_assert_eq(hdr->abi_major, 1);
	cr_assert_eq(hdr->size, SIZE);
	cr_assert_eq(hdr->generation, 7);
	strcpy((char *)(hdr + 1), "content");
	mos_region_publish(&region, MAGIC);
	cr_assert_eq(mos_region_attach(region.fd, MAGIC, 1, SIZE, 0, &reader, &step), 0);
	cr_assert_eq(step, MOS_ATTACH_OK);
	cr_assert_eq(reader.size, SIZE);
	cr_assert_eq(reader.writable, 0);
	cr_assert_neq(reader.fd, region.fd, "the caller's descriptor is borrowed");
	mos_region_finish(&region);
	cr_assert_str_eq((char *)reader.base + sizeof(*hdr), "content");
	mos_region_finish(&reader);
}

Test(shm_region, create_refuses,
	.description = "A region without room for its header or with generation 0 is refused")
{
	struct mos_region region = {.size = 99};

	cr_assert_eq(mos_region_create("x", 31, 1, 0, 1, &region), -EINVAL);
	cr_assert_eq(mos_region_create("x", 4096, 1, 0, 0, &region), -EINVAL);
	cr_assert_lt(mos_region_create("x", (size_t)1 << 62, 1, 0, 1, &region), 0);
	cr_assert_eq(region.size, 99);
}

Test(shm_region, sealed_size, .description = "Nobody can shrink or grow a region")
{
	struct mos_region region = make();

	cr_assert_eq(ftruncate(region.fd, 100), -1);
	cr_assert_eq(errno, EPERM);
	cr_assert_eq(ftruncate(region.fd, 2 * SIZE), -1);
	cr_assert_eq(errno, EPERM);
	mos_region_finish(&region);
}

Test(shm_region, attach_steps, .description = "Attaching names the first step that is missing")
{
	struct mos_region region = make();
	struct mos_region_hdr *hdr = region.base;
	int pipe_fd[2], plain;

	expect_step(-1, MOS_ATTACH_NOT_A_FILE, -EINVAL);
	cr_assert_eq(pipe(pipe_fd), 0);
	expect_step(pipe_fd[0], MOS_ATTACH_NOT_A_FILE, -EINVAL);

	plain = memfd_create("plain", MFD_ALLOW_SEALING);
	cr_assert_eq(ftruncate(plain, SIZE), 0);
	expect_step(plain, MOS_ATTACH_NOT_SEALED, -EINVAL);
	cr_assert_eq(ftruncate(plain, 4095), 0);
	cr_assert_eq(fcntl(plain, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	expect_step(plain, MOS_ATTACH_TOO_SHORT, -EINVAL);
	cr_assert_eq(ftruncate(plain, 31), -1, "sealed");

	expect_step(region.fd, MOS_ATTACH_NOT_READY, -EAGAIN);
	mos_region_publish(&region, MOS_MAGIC_CLOCK);
	expect_step(region.fd, MOS_ATTACH_WRONG_MAGIC, -EINVAL);
	mos_region_publish(&region, MAGIC);
	hdr->abi_major = 2;
	expect_step(region.fd, MOS_ATTACH_WRONG_ABI, -EINVAL);
	hdr->abi_major = 1;
	hdr->size = SIZE + 1;
	expect_step(region.fd, MOS_ATTACH_WRONG_SIZE, -EINVAL);
	hdr->size = SIZE;
	hdr->generation = 0;
	expect_step(region.fd, MOS_ATTACH_WRONG_SIZE, -EINVAL);
	hdr->generation = 7;
	hdr->abi_minor = 9; /* a newer minor version is welcome */

	struct mos_region reader;
	cr_assert_eq(mos_region_attach(region.fd, MAGIC, 1, SIZE, 0, &reader, NULL), 0);
	mos_region_finish(&reader);
	mos_region_finish(&region);
}

Test(shm_region, huge_hostile_file,
	.description = "A sparse file of an absurd size costs no memory and ends in a clean error")
{
	struct mos_region reader;
	enum mos_attach_step step;
	int fd = memfd_create("huge", MFD_ALLOW_SEALING);

	cr_assert_eq(ftruncate(fd, INT64_C(1) << 50), 0);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	cr_assert_lt(mos_region_attach(fd, MAGIC, 1, 64, 0, &reader, &step), 0);
	cr_assert(step == MOS_ATTACH_MAP_FAILED || step == MOS_ATTACH_NOT_READY);
}

Test(shm_region, steps_have_sentences, .description = "Each step has one sentence, unknown ones too")
{
	for (int step = MOS_ATTACH_OK; step <= MOS_ATTACH_BAD_LAYOUT + 1; step++) {
		const char *text = mos_attach_step_str((enum mos_attach_step)step);

		cr_assert_not_null(text);
		cr_assert_eq(text[strlen(text) - 1], '.');
		for (int other = MOS_ATTACH_OK; other < step; other++)
			cr_assert_str_neq(text, mos_attach_step_str((enum mos_attach_step)other));
	}
}

/** Every way to write that a receiver of `fd` could try. */
static void expect_unwritable(int fd)
{
	char path[64];
	void *map;
	int again;

	cr_assert_eq(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	cr_assert_neq(map, MAP_FAILED);
	cr_assert_eq(mprotect(map, SIZE, PROT_READ | PROT_WRITE), -1, "a reading mapping was made writable");
	munmap(map, SIZE);
	cr_assert_eq(pwrite(fd, "x", 1, 0), -1);
	cr_assert_eq(
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1, "a hole was punched");

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again < 0)
		return;
	cr_assert_eq(mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0), MAP_FAILED, "reopened");
	cr_assert_eq(pwrite(again, "x", 1, 0), -1);
	close(again);
}

Test(shm_region, read_only_hand_over,
	.description = "What is handed over for reading can't be mapped or written, while the writer goes on")
{
	struct mos_region region = make_published(), reader;
	volatile char *byte = (char *)region.base + 100;
	enum mos_attach_step step;

	cr_assert_eq(mos_region_seal_future_writes(&region), 0);
	expect_unwritable(region.fd);
	cr_assert_lt(mos_region_attach(region.fd, MAGIC, 1, 64, /* writable= */ 1, &reader, &step), 0);
	cr_assert_eq(step, MOS_ATTACH_MAP_FAILED);
	cr_assert_eq(mos_region_attach(region.fd, MAGIC, 1, 64, 0, &reader, &step), 0);
	*byte = 42;
	cr_assert_eq(((volatile char *)reader.base)[100], 42);
	cr_assert_eq(fcntl(region.fd, F_ADD_SEALS, F_SEAL_WRITE), -1, "a receiver could add seals");
	mos_region_finish(&reader);
	mos_region_finish(&region);
}

Test(shm_region, seal_all, .description = "A sealed region can't be written by anybody, its maker included")
{
	struct mos_region region = make_published(), reader;

	cr_assert_eq(mos_region_seal_all(&region), 0);
	cr_assert_eq(region.writable, 0);
	cr_assert_eq(((struct mos_region_hdr *)region.base)->magic, MAGIC);
	expect_unwritable(region.fd);
	cr_assert_eq(mprotect(region.base, SIZE, PROT_READ | PROT_WRITE), -1);
	cr_assert_eq(mos_region_attach(region.fd, MAGIC, 1, 64, 0, &reader, NULL), 0);
	mos_region_finish(&reader);
	mos_region_finish(&region);
}

Test(shm_region, seal_all_refused,
	.description =
		"Sealing fails while another writable mapping exists, and the region can still be finished")
{
	struct mos_region region = make_published(), other;

	cr_assert_eq(mos_region_attach(region.fd, MAGIC, 1, 64, /* writable= */ 1, &other, NULL), 0);
	cr_assert_eq(other.writable, 1);
	cr_assert_eq(mos_region_seal_all(&region), -EBUSY);
	mos_region_finish(&region);
	mos_region_finish(&other);
}

Test(shm_region, seal_seals,
	.description = "A region that several write can't be sealed against the others by one of them")
{
	struct mos_region region = make_published(), writer;

	cr_assert_eq(mos_region_seal_seals(&region), 0);
	cr_assert_eq(fcntl(region.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
	cr_assert_eq(mos_region_attach(region.fd, MAGIC, 1, 64, /* writable= */ 1, &writer, NULL), 0);
	mos_region_finish(&writer);
	mos_region_finish(&region);
}

Test(shm_region, finish,
	.description = "Finishing closes the descriptor once; zeroed and finished regions are fine")
{
	struct mos_region region = make(), zeroed = {0};
	int fd = region.fd;

	mos_region_finish(&region);
	cr_assert_eq(fcntl(fd, F_GETFD), -1);
	cr_assert_null(region.base);
	cr_assert_eq(region.fd, -1);
	mos_region_finish(&region);
	mos_region_finish(&zeroed);
	cr_assert_neq(fcntl(STDIN_FILENO, F_GETFD), -1, "a zeroed region closed standard input");
}
