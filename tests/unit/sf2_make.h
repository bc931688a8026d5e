/* SPDX-License-Identifier: MIT */
/** Small SoundFonts made to order: headers, bags, generators and modulators one after another, then the file.
 */
#ifndef TEST_SF2_MAKE_H
#define TEST_SF2_MAKE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MK_PHDR, MK_PBAG, MK_PMOD, MK_PGEN, MK_INST, MK_IBAG, MK_IMOD, MK_IGEN, MK_SHDR, MK_TABLES };
enum mk_level { MK_PRESET = MK_PHDR, MK_INSTRUMENT = MK_INST };

struct mk_bytes {
	uint8_t d[1 << 16];
	size_t n;
};

struct mk {
	struct mk_bytes table[MK_TABLES];
	uint32_t n[MK_TABLES]; /* records */
	uint32_t n_frames, n_frames24;
	uint16_t major, minor;
	int no_terminals;
};

static inline void mk_put(struct mk_bytes *b, const void *p, size_t n)
{
	if (b->n + n > sizeof(b->d))
		abort();
	memcpy(b->d + b->n, p, n);
	b->n += n;
}

static inline void mk_u16(struct mk_bytes *b, uint32_t x)
{
	mk_put(b, (const uint8_t[]){(uint8_t)x, (uint8_t)(x >> 8)}, 2);
}

static inline void mk_u32(struct mk_bytes *b, uint32_t x)
{
	mk_u16(b, x & 0xffff);
	mk_u16(b, x >> 16);
}

static inline void mk_name(struct mk_bytes *b, const char *name)
{
	char text[20] = "";

	memcpy(text, name, strnlen(name, sizeof(text)));
	mk_put(b, text, sizeof(text));
}

static inline void mk_preset(struct mk *m, const char *name, uint32_t bank, uint32_t program)
{
	struct mk_bytes *b = &m->table[MK_PHDR];

	mk_name(b, name);
	mk_u16(b, program);
	mk_u16(b, bank);
	mk_u16(b, m->n[MK_PBAG]);
	mk_u32(b, 0), mk_u32(b, 0), mk_u32(b, 0);
	m->n[MK_PHDR]++;
}

static inline void mk_instrument(struct mk *m, const char *name)
{
	mk_name(&m->table[MK_INST], name);
	mk_u16(&m->table[MK_INST], m->n[MK_IBAG]);
	m->n[MK_INST]++;
}

/** A zone begins; its generators and modulators follow. */
static inline void mk_zone(struct mk *m, enum mk_level level)
{
	mk_u16(&m->table[level + 1], m->n[level + 3]);
	mk_u16(&m->table[level + 1], m->n[level + 2]);
	m->n[level + 1]++;
}

static inline void mk_gen(struct mk *m, enum mk_level level, uint32_t gen, int32_t amount)
{
	mk_u16(&m->table[level + 3], gen);
	mk_u16(&m->table[level + 3], (uint32_t)amount & 0xffff);
	m->n[level + 3]++;
}

static inline int32_t mk_range(uint32_t lo, uint32_t hi)
{
	return (int32_t)(lo | hi << 8);
}

static inline void mk_mod(struct mk *m, enum mk_level level, uint32_t source, uint32_t dest, int32_t amount,
	uint32_t source2, uint32_t transform)
{
	struct mk_bytes *b = &m->table[level + 2];

	mk_u16(b, source);
	mk_u16(b, dest);
	mk_u16(b, (uint32_t)amount & 0xffff);
	mk_u16(b, source2);
	mk_u16(b, transform);
	m->n[level + 2]++;
}

static inline void mk_sample(struct mk *m, const char *name, uint32_t start, uint32_t end,
	uint32_t loop_start, uint32_t loop_end, uint32_t key, int32_t correction, uint32_t type)
{
	struct mk_bytes *b = &m->table[MK_SHDR];

	mk_name(b, name);
	mk_u32(b, start), mk_u32(b, end), mk_u32(b, loop_start), mk_u32(b, loop_end);
	mk_u32(b, 44100);
	mk_u16(b, key | ((uint32_t)correction & 0xff) << 8);
	mk_u16(b, 0), mk_u16(b, type);
	m->n[MK_SHDR]++;
}

/** The usual one: one preset 0:0, one instrument, one zone each, a sample of 1,000 frames that loops
 * 100..900. */
static inline struct mk *mk_new(void)
{
	struct mk *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->major = 2;
	m->minor = 4;
	m->n_frames = 1100;
	return m;
}

static inline void mk_chunk(struct mk_bytes *to, const char *id, const struct mk_bytes *content)
{
	mk_put(to, id, 4);
	mk_u32(to, (uint32_t)content->n);
	mk_put(to, content->d, content->n);
	if (content->n & 1)
		mk_put(to, "", 1);
}

static inline void mk_terminals(struct mk *m)
{
	mk_preset(m, "EOP", 0, 0);
	mk_zone(m, MK_PRESET);
	mk_gen(m, MK_PRESET, 0, 0);
	mk_mod(m, MK_PRESET, 0, 0, 0, 0, 0);
	mk_instrument(m, "EOI");
	mk_zone(m, MK_INSTRUMENT);
	mk_gen(m, MK_INSTRUMENT, 0, 0);
	mk_mod(m, MK_INSTRUMENT, 0, 0, 0, 0, 0);
	mk_sample(m, "EOS", 0, 0, 0, 0, 0, 0, 0);
}

/** The file's bytes; the sample data is a ramp. Frees `m`. */
static inline struct mk_bytes *mk_bytes(struct mk *m)
{
	static const char *const ids[MK_TABLES] = {
		"phdr", "pbag", "pmod", "pgen", "inst", "ibag", "imod", "igen", "shdr"};
	static struct mk_bytes list, part;
	struct mk_bytes *file = calloc(1, sizeof(*file));

	if (!file)
		abort();
	if (!m->no_terminals)
		mk_terminals(m);
	mk_put(file, "RIFF\0\0\0\0sfbk", 12);

	list.n = part.n = 0;
	mk_put(&list, "INFO", 4);
	mk_u16(&part, m->major), mk_u16(&part, m->minor);
	mk_chunk(&list, "ifil", &part);
	mk_chunk(file, "LIST", &list);

	list.n = part.n = 0;
	mk_put(&list, "sdta", 4);
	for (uint32_t i = 0; i < m->n_frames; i++)
		mk_u16(&part, i * 16);
	mk_chunk(&list, "smpl", &part);
	part.n = 0;
	for (uint32_t i = 0; i < m->n_frames24; i++)
		mk_put(&part, (const uint8_t[]){(uint8_t)i}, 1);
	if (m->n_frames24)
		mk_chunk(&list, "sm24", &part);
	mk_chunk(file, "LIST", &list);

	list.n = 0;
	mk_put(&list, "pdta", 4);
	for (uint32_t i = 0; i < MK_TABLES; i++)
		mk_chunk(&list, ids[i], &m->table[i]);
	mk_chunk(file, "LIST", &list);
	for (uint32_t i = 0; i < 4; i++)
		file->d[4 + i] = (uint8_t)((file->n - 8) >> 8 * i);
	free(m);
	return file;
}

/** Write bytes to a file of their own. @return its name, in a static buffer; unlink() it. */
static inline const char *mk_write(const void *bytes, size_t n)
{
	static char path[64];
	int fd;

	strcpy(path, "/tmp/mos-sf2-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
		abort();
	(void)close(fd);
	return path;
}

#endif
