/* SPDX-License-Identifier: MIT */
/*
 * The copy of a sample in the cache, damaged in any way: the sound is that of the file. The input says how: 4
 * bytes each, a place (little-endian, 16 bits), what is changed there, and whether the copy is cut off at
 * that place.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sndfile.h>
#include <string.h>
#include <unistd.h>

#include "apollo/store/store.h"
#include "fuzz.h"

#define FRAMES 3000u

static char folder[] = "/tmp/mos-fuzz-XXXXXX", file[64], cache[64], copy[512];
static int16_t audio[FRAMES];
static uint8_t whole[65536], damaged[sizeof(whole)];
static size_t n_whole;

static void load(void)
{
	struct store *s = store_create(&(struct store_options){.is_resident = 1, .cache_dir = cache});
	struct store_set *set = store_set_create(s);
	const struct sample *p;
	char error[256];
	uint32_t id;

	FUZZ_CHECK(store_set_file(set, file, &id, NULL, NULL, error, sizeof(error)) == 0);
	FUZZ_CHECK(store_set_load(set, NULL, NULL, error, sizeof(error)) == 0);
	p = store_set_sample(set, id);
	FUZZ_CHECK(p->n_frames == FRAMES && p->n_channels == 1 && p->rate_hz == 48000);
	FUZZ_CHECK(p->extent[0].first == 0 && p->extent[0].end == FRAMES);
	FUZZ_CHECK(memcmp(p->extent[0].data[0], audio, sizeof(audio)) == 0);
	store_set_free(set);
	store_destroy(s);
}

static void clean(void)
{
	(void)unlink(copy);
	(void)unlink(file);
	(void)rmdir(cache);
	(void)rmdir(folder);
}

static void setup(void)
{
	SF_INFO info = {.samplerate = 48000, .channels = 1, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
	struct dirent *e;
	SNDFILE *sf;
	DIR *dir;
	int fd;

	FUZZ_CHECK(mkdtemp(folder));
	(void)snprintf(file, sizeof(file), "%s/x.flac", folder);
	(void)snprintf(cache, sizeof(cache), "%s/cache", folder);
	for (uint32_t i = 0; i < FRAMES; i++)
		audio[i] = (int16_t)(i * i * 7);
	sf = sf_open(file, SFM_WRITE, &info);
	FUZZ_CHECK(sf && sf_writef_short(sf, audio, FRAMES) == FRAMES);
	sf_close(sf);
	load();
	dir = opendir(cache);
	while (dir && (e = readdir(dir)))
		if (strstr(e->d_name, ".pcm"))
			(void)snprintf(copy, sizeof(copy), "%s/%s", cache, e->d_name);
	closedir(dir);
	fd = open(copy, O_RDONLY | O_CLOEXEC);
	n_whole = (size_t)read(fd, whole, sizeof(whole));
	close(fd);
	FUZZ_CHECK(n_whole > FRAMES * 2 && n_whole < sizeof(whole));
	(void)atexit(clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n;
	int fd;

	if (!copy[0])
		setup();
	n = n_whole;
	memcpy(damaged, whole, n);
	for (size_t i = 0; i + 4 <= size; i += 4) {
		size_t place = (size_t)(data[i] | data[i + 1] << 8) % n_whole;

		damaged[place] ^= data[i + 2];
		if (data[i + 3] > 192 && place < n)
			n = place;
	}
	fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_CHECK(fd >= 0 && write(fd, damaged, n) == (ssize_t)n);
	close(fd);
	load();
	return 0;
}
