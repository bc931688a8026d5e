/* SPDX-License-Identifier: MIT */
#include "audio_bytes.h"

#include <string.h>

#include <score/nvx_enums.h>

int nvx_audio_is(unsigned format, const uint8_t *bytes, size_t n)
{
	switch (format) {
	case NVX_AUDIO_WAV:
		return n >= 12 && (memcmp(bytes, "RIFF", 4) == 0 || memcmp(bytes, "RF64", 4) == 0) &&
		       memcmp(bytes + 8, "WAVE", 4) == 0;
	case NVX_AUDIO_OGG:
		return n >= 4 && memcmp(bytes, "OggS", 4) == 0;
	case NVX_AUDIO_MP3: /* a tag, or a frame: 11 bits of sync, layer III */
		return (n >= 3 && memcmp(bytes, "ID3", 3) == 0) ||
		       (n >= 2 && bytes[0] == 0xff && (bytes[1] & 0xe6) == 0xe2);
	default:
		return 0;
	}
}

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/** First 32 bits of the fractions of the cube roots of the first primes, by integer search. */
static void make_constants(uint32_t k[64], uint32_t h[8])
{
	unsigned n = 0;
	for (unsigned p = 2; n < 64; p++) {
		unsigned d = 2;
		while (d * d <= p && p % d)
			d++;
		if (d * d <= p)
			continue;
		/* floor(root * 2^32), whose lower half is the fraction: at most 35 bits */
		uint64_t cube = 0, square = 0;
		for (uint64_t bit = UINT64_C(1) << 35; bit; bit >>= 1) {
			const unsigned __int128 c = cube | bit, s = square | bit;
			/* c^3 <= p << 96, taken apart so that it fits: (c^2 >> 32) is not exact, so compare
			 * in parts */
			const unsigned __int128 c2 = c * c;
			const unsigned __int128 high = (c2 >> 64) * c, low = (uint64_t)c2 * c;
			const unsigned __int128 top = high + (low >> 64);
			if (top < (unsigned __int128)p << 32 ||
				(top == (unsigned __int128)p << 32 && (uint64_t)low == 0))
				cube |= bit;
			if (s * s <= (unsigned __int128)p << 64)
				square |= bit;
		}
		k[n] = (uint32_t)cube;
		if (n < 8)
			h[n] = (uint32_t)square;
		n++;
	}
}

static void block(const uint32_t k[64], uint32_t h[8], const uint8_t *at)
{
	uint32_t w[64], v[8];
	for (unsigned i = 0; i < 16; i++, at += 4)
		w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	for (unsigned i = 16; i < 64; i++) {
		const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
		const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	memcpy(v, h, sizeof(v));
	for (unsigned i = 0; i < 64; i++) {
		const uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
		const uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
		const uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
		const uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		h[i] += v[i];
}

void nvx_sha256_text(const uint8_t *bytes, size_t n, char ret[static 65])
{
	static const char hex[] = "0123456789abcdef";
	uint32_t k[64], h[8];
	uint8_t last[128] = {0};
	const size_t rest = n % 64, size = rest < 56 ? 64 : 128;

	make_constants(k, h);
	for (size_t i = 0; i + 64 <= n; i += 64)
		block(k, h, bytes + i);
	if (rest)
		memcpy(last, bytes + (n - rest), rest);
	last[rest] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		last[size - 1 - i] = (uint8_t)((uint64_t)n * 8 >> (8 * i));
	for (size_t i = 0; i < size; i += 64)
		block(k, h, last + i);
	for (unsigned i = 0; i < 64; i++)
		ret[i] = hex[h[i / 8] >> (28 - 4 * (i % 8)) & 15];
	ret[64] = 0;
}
