/* SPDX-License-Identifier: MIT */
/*
 * libsndfile over a window of a file. It also says where plain PCM lies: it seeks there, through our own
 * seek(), when it is asked for frame 0; what is then read at that place must be what it decodes.
 */
#include "priv.h"

#include <errno.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AHEAD 65536u /* bytes read at once: libsndfile asks for little */
#define PROBE 256u   /* frames that are compared at both ends */
#define PART 1024u   /* frames decoded at once */

struct decoder {
	SNDFILE *sf;
	SF_INFO info;
	int fd;
	uint64_t base, size, pos; /* of the window */
	uint64_t have_at, have;   /* what `buf` holds of it */
	uint32_t n_channels, format, kind;
	uint64_t offset24;
	uint64_t frame;
	float *part;
	uint32_t n_parts; /* frames that fit into part */
	uint8_t buf[AHEAD];
};

static sf_count_t vio_size(void *data)
{
	return (sf_count_t)((struct decoder *)data)->size;
}

static sf_count_t vio_seek(sf_count_t offset, int whence, void *data)
{
	struct decoder *d = data;
	int64_t from = whence == SEEK_SET ? 0 : (int64_t)(whence == SEEK_CUR ? d->pos : d->size), to;

	if (__builtin_add_overflow(from, offset, &to) || to < 0)
		return -1;
	d->pos = (uint64_t)to;
	return to;
}

static sf_count_t vio_read(void *to, sf_count_t n, void *data)
{
	struct decoder *d = data;
	uint8_t *p = to;
	sf_count_t done = 0;

	while (done < n && d->pos < d->size) {
		uint64_t some;

		if (d->pos < d->have_at || d->pos >= d->have_at + d->have) {
			uint64_t want = d->size - d->pos < AHEAD ? d->size - d->pos : AHEAD;
			ssize_t r = pread(d->fd, d->buf, want, (off_t)(d->base + d->pos));

			if (r < 0 && errno == EINTR)
				continue;
			if (r <= 0)
				break;
			d->have_at = d->pos;
			d->have = (uint64_t)r;
		}
		some = d->have_at + d->have - d->pos;
		if (some > (uint64_t)(n - done))
			some = (uint64_t)(n - done);
		memcpy(p + done, d->buf + (d->pos - d->have_at), some);
		d->pos += some;
		done += (sf_count_t)some;
	}
	return done;
}

static sf_count_t vio_write(const void *from, sf_count_t n, void *data)
{
	(void)from, (void)n, (void)data;
	return 0;
}

static sf_count_t vio_tell(void *data)
{
	return (sf_count_t)((struct decoder *)data)->pos;
}

static int is_s16(int format)
{
	switch (format & SF_FORMAT_SUBMASK) {
	case SF_FORMAT_PCM_24:
	case SF_FORMAT_PCM_32:
	case SF_FORMAT_FLOAT:
	case SF_FORMAT_DOUBLE:
	case SF_FORMAT_ALAC_20:
	case SF_FORMAT_ALAC_24:
	case SF_FORMAT_ALAC_32:
		return 0;
	default:
		return 1;
	}
}

int decoder_open(const struct source *src, int fd, struct decoder **ret, char *error, size_t error_size)
{
	SF_VIRTUAL_IO vio = {vio_size, vio_seek, vio_read, vio_write, vio_tell};
	int is_part = src->key.n_bytes > 0;
	struct decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->fd = fd;
	d->base = is_part ? src->key.offset : 0;
	d->size = is_part ? src->key.n_bytes : src->key.id.size;
	d->kind = src->key.kind;
	d->offset24 = src->key.offset24;
	if (d->kind == SOURCE_S24) {
		d->n_channels = 1;
		d->format = SAMPLE_F32;
		d->info = (SF_INFO){.frames = (sf_count_t)d->size / 2,
			.samplerate = (int)src->key.rate_hz,
			.channels = 1};
		*ret = d;
		return 0;
	}
	d->sf = sf_open_virtual(&vio, SFM_READ, &d->info, d);
	if (!d->sf) {
		(void)snprintf(error, error_size, "%s is no audio file, or a damaged one: %s",
			src->file->path, sf_strerror(NULL));
		free(d);
		return -EINVAL;
	}
	if (d->info.channels < 1 || d->info.channels > 64 || d->info.samplerate < 1 || d->info.frames < 1 ||
		d->info.frames > STORE_MAX_FRAMES) {
		(void)snprintf(error, error_size, "%s: %lld frames of %d channels at %d Hz cannot be played",
			src->file->path, (long long)d->info.frames, d->info.channels, d->info.samplerate);
		decoder_close(d);
		return -EINVAL;
	}
	d->n_channels = d->info.channels > 1 ? 2 : 1;
	d->format = is_s16(d->info.format) ? SAMPLE_S16 : SAMPLE_F32;
	d->part = calloc(PART * (size_t)d->info.channels, sizeof(float));
	if (!d->part) {
		decoder_close(d);
		return -ENOMEM;
	}
	*ret = d;
	return 0;
}

void decoder_close(struct decoder *d)
{
	if (d->sf)
		sf_close(d->sf);
	free(d->part);
	free(d);
}

/* SoundFont's 24 bit: 16 high bits here, the 8 low ones there. */
static uint32_t read_s24(struct decoder *d, float *to, uint32_t n)
{
	uint64_t left = (uint64_t)d->info.frames - d->frame;
	uint8_t high[2 * PART], low[PART];

	if (n > left)
		n = (uint32_t)left;
	if (n > PART)
		n = PART;
	if (n == 0 || read_fully(d->fd, high, (size_t)n * 2, d->base + d->frame * 2) < 0 ||
		read_fully(d->fd, low, n, d->offset24 + d->frame) < 0)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t u =
			(uint32_t)high[2 * i + 1] << 24 | (uint32_t)high[2 * i] << 16 | (uint32_t)low[i] << 8;

		to[i] = (float)((int32_t)u >> 8) / 8388608.0f;
	}
	d->frame += n;
	return n;
}

/* A decoder's own rounding to 16 bits wraps around when it is louder than full scale. */
static int16_t round_s16(float x)
{
	x *= 32768.0f;
	return (int16_t)(x >= 32767.0f ? 32767 : x <= -32768.0f ? -32768 : __builtin_lrintf(x));
}

static int is_integer(int format)
{
	int sub = format & SF_FORMAT_SUBMASK;

	return sub == SF_FORMAT_PCM_U8 || sub == SF_FORMAT_PCM_S8 || sub == SF_FORMAT_PCM_16 ||
	       sub == SF_FORMAT_ALAC_16;
}

static uint32_t read_some(struct decoder *d, void *to, uint32_t n)
{
	uint32_t chans = (uint32_t)d->info.channels, keep = d->n_channels;
	int16_t *s = to, *shorts = (int16_t *)d->part;
	float *f = to;
	sf_count_t r;

	if (n > PART)
		n = PART;
	if (d->format == SAMPLE_S16 && is_integer(d->info.format)) {
		r = sf_readf_short(d->sf, shorts, n);
		for (sf_count_t i = 0; i < r; i++)
			memcpy(s + i * keep, shorts + i * chans, keep * sizeof(*s));
		return r > 0 ? (uint32_t)r : 0;
	}
	r = sf_readf_float(d->sf, d->part, n);
	if (r <= 0)
		return 0;
	pcm_clean(d->part, (size_t)r * chans);
	for (sf_count_t i = 0; i < r; i++)
		for (uint32_t c = 0; c < keep; c++)
			if (d->format == SAMPLE_S16)
				s[i * keep + c] = round_s16(d->part[i * chans + c]);
			else
				f[i * keep + c] = d->part[i * chans + c];
	return (uint32_t)r;
}

uint32_t decoder_read(struct decoder *d, void *to, uint32_t n_frames)
{
	uint32_t done = 0, r;
	size_t bytes = format_bytes(d->format) * (size_t)d->n_channels;

	while (done < n_frames) {
		uint8_t *p = (uint8_t *)to + done * bytes;

		r = d->kind == SOURCE_S24 ? read_s24(d, (float *)p, n_frames - done)
					  : read_some(d, p, n_frames - done);
		if (r == 0)
			break;
		done += r;
	}
	return done;
}

/* Do the bytes at `at` and what libsndfile makes of them agree from this frame on? */
static int is_same(struct decoder *d, const struct layout *l, uint64_t frame, uint32_t n)
{
	uint8_t raw[PROBE * 64];
	float decoded[PROBE * 2], plane[2][PROBE];
	size_t size = format_bytes(d->format), got = (size_t)n * l->frame_bytes;

	if (l->frame_bytes > 64 || sf_seek(d->sf, (sf_count_t)frame, SEEK_SET) != (sf_count_t)frame ||
		decoder_read(d, decoded, n) != n ||
		read_fully(d->fd, raw, got, d->base + l->at + frame * l->frame_bytes) < 0)
		return 0;
	pcm_planes(l, d->format, raw, n, plane[0], d->n_channels > 1 ? plane[1] : NULL);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < d->n_channels; c++)
			if (memcmp((uint8_t *)plane[c] + i * size,
				    (uint8_t *)decoded + (i * d->n_channels + c) * size, size))
				return 0;
	return 1;
}

static int find_layout(struct decoder *d, struct layout *ret)
{
	static const struct {
		int sub;
		enum pcm pcm;
	} plain[] = {{SF_FORMAT_PCM_U8, PCM_U8}, {SF_FORMAT_PCM_S8, PCM_S8}, {SF_FORMAT_PCM_16, PCM_S16},
		{SF_FORMAT_PCM_24, PCM_S24}, {SF_FORMAT_PCM_32, PCM_S32}, {SF_FORMAT_FLOAT, PCM_F32},
		{SF_FORMAT_DOUBLE, PCM_F64}};
	int major = d->info.format & SF_FORMAT_TYPEMASK;
	uint64_t frames = (uint64_t)d->info.frames, last;
	struct layout l = {0};
	uint32_t i, n;

	if (major != SF_FORMAT_WAV && major != SF_FORMAT_WAVEX && major != SF_FORMAT_RF64 &&
		major != SF_FORMAT_W64 && major != SF_FORMAT_AIFF)
		return 0;
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if ((d->info.format & SF_FORMAT_SUBMASK) == plain[i].sub)
			break;
	if (i == sizeof(plain) / sizeof(plain[0]))
		return 0;
	l.pcm = (uint8_t)plain[i].pcm;
	l.frame_bytes = pcm_bytes(l.pcm) * (uint32_t)d->info.channels;
	l.is_big = sf_command(d->sf, SFC_RAW_DATA_NEEDS_ENDSWAP, NULL, 0) == SF_TRUE;
	if (sf_seek(d->sf, 0, SEEK_SET) != 0)
		return 0;
	l.at = d->pos;
	if (l.at + frames * l.frame_bytes > d->size)
		return 0;
	n = frames < PROBE ? (uint32_t)frames : PROBE;
	last = frames - n;
	if (!is_same(d, &l, 0, n) || !is_same(d, &l, last / 2, n) || !is_same(d, &l, last, n))
		return 0;
	*ret = l;
	return 1;
}

void decoder_describe(struct decoder *d, struct source *src)
{
	SF_INSTRUMENT inst;

	src->n_frames = (uint32_t)d->info.frames;
	src->rate_hz = src->key.rate_hz ? src->key.rate_hz : (uint32_t)d->info.samplerate;
	src->n_channels = (uint8_t)d->n_channels;
	src->format = (uint8_t)d->format;
	src->how = HOW_DECODE;
	src->root_key = BANK_NONE;
	if (!d->sf)
		return;
	if (sf_command(d->sf, SFC_GET_INSTRUMENT, &inst, sizeof(inst)) == SF_TRUE) {
		if (inst.basenote >= 0)
			src->root_key = (uint32_t)inst.basenote;
		if (inst.loop_count > 0 && inst.loops[0].end <= src->n_frames &&
			inst.loops[0].start < inst.loops[0].end)
			src->loop = (struct store_loop){inst.loops[0].start, inst.loops[0].end};
	}
	if (src->key.kind == SOURCE_FILE && find_layout(d, &src->layout))
		src->how = HOW_RAW;
}
