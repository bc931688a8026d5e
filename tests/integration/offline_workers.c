/* SPDX-License-Identifier: MIT */
/*
 * Renders of whole pieces by one thread and by two: a full sound font of which a part is read from disk meanwhile, effects,
 * zones' own sends, a plugin, a loop, at quanta from 64 to 1,024.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mos/timeline.h>
#include <score/compile.h>
#include <score/format.h>

#include "offline.h"

#define BANK "/usr/share/sounds/sf2/FluidR3_GM.sf2"
#define SECONDS 6

struct file {
	uint8_t *data; /* free() */
	size_t size;
};

/* @return data NULL: there is none */
static struct file read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct file f = {0};
	struct stat st;

	if (fd < 0)
		return f;
	cr_assert_eq(fstat(fd, &st), 0);
	f.size = (size_t)st.st_size;
	f.data = malloc(f.size + 1);
	cr_assert_eq(read(fd, f.data, f.size), st.st_size);
	close(fd);
	return f;
}

/* As Hermes does it. @return a sealed timeline */
static int compile(const struct file *f)
{
	static struct score_report report;
	const struct score_import import = {.alloc = &score_heap};
	struct score_compiler *compiler = score_compiler_new(&score_heap);
	struct score_compiled compiled;
	struct score *score;
	int fd;

	report = (struct score_report){0};
	cr_assert_eq(score_import(f->data, f->size, &import, &report, &score, NULL), 0);
	cr_assert_eq(score_compile(compiler, score, &report, &compiled), 0);
	fd = mos_timeline_build(&compiled.src);
	cr_assert_geq(fd, 0);
	score_compiler_free(compiler);
	score_unref(score);
	return fd;
}

static struct file render(const struct offline_options *like, uint32_t n_workers, uint32_t quantum)
{
	struct offline_options o = *like;
	char path[] = "/tmp/mos-render-XXXXXX.wav";
	struct file f;
	int fd = mkstemps(path, 4);

	cr_assert_geq(fd, 0);
	close(fd);
	o.out_path = path;
	o.workers = n_workers;
	o.quantum_frames = quantum;
	cr_assert_eq(offline_render(&o), 0);
	f = read_file(path);
	unlink(path);
	return f;
}

static void same_bits_of(const struct file *piece, const char *path, struct offline_options o)
{
	static const struct {
		uint32_t n_workers, quantum;
	} way[] = {{2, 256}, {2, 64}, {1, 1024}, {2, 1024}};
	struct file one;

	o.timeline_fd = compile(piece);
	one = render(&o, 1, 256);
	cr_assert_gt(one.size, SECONDS * 48000 * 8);
	for (uint32_t i = 0; i < sizeof(way) / sizeof(*way); i++) {
		struct file other = render(&o, way[i].n_workers, way[i].quantum);

		cr_assert_eq(other.size, one.size);
		cr_assert_eq(memcmp(other.data, one.data, one.size), 0, "%s: %u workers, quantum %u", path,
			way[i].n_workers, way[i].quantum);
		free(other.data);
	}
	free(one.data);
	close(o.timeline_fd);
}

static void same_bits(const char *path, struct offline_options o)
{
	struct file piece = read_file(path);

	if (!piece.data)
		cr_skip("no %s (set MOS_CORPORA)", path);
	same_bits_of(&piece, path, o);
	free(piece.data);
}

static struct offline_options options(void)
{
	if (access(BANK, R_OK) < 0)
		cr_skip("no " BANK);
	(void)setenv("LV2_PATH", LV2_TEST_PATH ":/usr/lib/lv2", 1);
	return (struct offline_options){.bank_path = BANK,
		.rack = {.interp = KERNEL_CUBIC},
		.rate_hz = 48000,
		.max_seconds = SECONDS,
		.quiet = 1};
}

static const char *corpus(const char *name)
{
	static char path[4096];
	const char *dir = getenv("MOS_CORPORA");

	(void)snprintf(path, sizeof(path), "%s%s/%s", dir ? dir : MOS_SOURCE_ROOT, dir ? "" : "/../shared/corpora", name);
	return path;
}

Test(offline_workers, demo, .timeout = 150,
	.description = "TIM-06: two workers render the demo piece to the bits of one, from disk, with effects and a loop")
{
	struct offline_options o = options();

	o.store.memory_bytes = 24 << 20;
	o.fx = "reverb.on=1,chorus.on=1,0.eq.on=1,0.eq.low_db=4,1.compressor.on=1";
	o.loop_start = 960;
	o.loop_end = 5760;
	same_bits(MOS_SOURCE_ROOT "/demo/first-light.mid", o);
}

static void put(struct file *f, uint8_t delta, uint8_t status, uint8_t d1, uint8_t d2)
{
	const uint8_t bytes[] = {delta, status, d1, d2};
	size_t n = status >> 4 == 0xc ? 3 : 4;

	memcpy(f->data + f->size, bytes, n);
	f->size += n;
}

/* Chords of six on all channels, a new one each quarter of a second, controllers and bends between them. */
static struct file orchestra(void)
{
	static const uint8_t head[] = {'M', 'T', 'h', 'd', 0, 0, 0, 6, 0, 0, 0, 1, 0, 96, 'M', 'T', 'r', 'k', 0, 0, 0, 0},
			     program[16] = {48, 49, 40, 42, 60, 61, 56, 57, 68, 0, 71, 73, 52, 19, 24, 0};
	struct file f = {.data = malloc(1 << 16), .size = sizeof(head)};

	memcpy(f.data, head, sizeof(head));
	for (uint8_t ch = 0; ch < 16; ch++)
		if (ch != 9)
			put(&f, 0, 0xc0 | ch, program[ch], 0);
	for (uint32_t step = 0; step < 24; step++)
		for (uint8_t ch = 0; ch < 16; ch++) {
			put(&f, ch == 0 ? 48 : 0, 0xb0 | ch, (uint8_t[]){1, 7, 11, 74}[step % 4], (uint8_t)(60 + step * 5 % 60));
			put(&f, 0, 0xe0 | ch, 0, (uint8_t)(56 + step % 16));
			for (uint8_t n = 0; n < 6; n++) {
				put(&f, 0, 0x80 | ch, (uint8_t)(40 + ch % 4 * 7 + n * 4 + (step + 1) % 3), 0);
				put(&f, 0, 0x90 | ch, (uint8_t)(40 + ch % 4 * 7 + n * 4 + step % 3), (uint8_t)(60 + n * 9));
			}
		}
	memcpy(f.data + f.size, (const uint8_t[]){48, 0xff, 0x2f, 0}, 4);
	f.size += 4;
	for (uint32_t i = 0; i < 4; i++)
		f.data[18 + i] = (uint8_t)((f.size - sizeof(head)) >> (24 - 8 * i));
	return f;
}

Test(offline_workers, dense, .timeout = 150,
	.description = "TIM-06: two workers render hundreds of voices on sixteen channels to the bits of one, a part of them "
		       "from disk")
{
	struct offline_options o = options();
	struct file piece = orchestra();

	o.store.memory_bytes = 48 << 20;
	o.fx = "reverb.on=1,chorus.on=1,3.eq.on=1,3.eq.low_db=4";
	same_bits_of(&piece, "orchestra", o);
	free(piece.data);
}

Test(offline_workers, plugins, .timeout = 150,
	.description = "TIM-06: likewise with plugins in strips and in the master")
{
	struct offline_options o = options();

	o.insert[o.n_inserts++] = "0=urn:mos:test:gain;gain=-1.5";
	o.insert[o.n_inserts++] = "master=http://drobilla.net/plugins/mda/Delay";
	same_bits(MOS_SOURCE_ROOT "/demo/first-light.mid", o);
}

Test(offline_workers, midi, .timeout = 150,
	.description = "TIM-06: likewise a MIDI file that goes through all sounds of a sound font")
{
	same_bits(corpus("midi/jazz-soft/test-all-xg-sounds.mid"), options());
}

Test(offline_workers, musicxml, .timeout = 150, .description = "TIM-06: likewise a string quartet of MusicXML")
{
	struct offline_options o = options();

	o.fx = "reverb.on=1";
	same_bits(corpus("musicxml/music21-corpus/movement3.xml"), o);
}
