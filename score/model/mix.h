/* SPDX-License-Identifier: MIT */
/**
 * Mixing for hash tables and state ids: a multiplication of 64 by 64 bits folded onto itself, with the input
 * added again so that a factor of zero loses nothing. Not cryptographic. The same on every little-endian
 * machine.
 */
#ifndef SCORE_MIX_H
#define SCORE_MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "hashes are taken over the bytes of integers");

/* Odd numbers with balanced bits: the fractions of the square roots of 2, 3, 5 and 7. */
#define MIX_K0 UINT64_C(0x6a09e667f3bcc909)
#define MIX_K1 UINT64_C(0xbb67ae8584caa73b)
#define MIX_K2 UINT64_C(0x3c6ef372fe94f82b)
#define MIX_K3 UINT64_C(0xa54ff53a5f1d36f1)

static inline uint64_t mix_two(uint64_t a, uint64_t b)
{
	const unsigned __int128 product = (unsigned __int128)(a ^ MIX_K0) * (b ^ MIX_K1);
	return ((uint64_t)product ^ (uint64_t)(product >> 64)) + (a << 29 | a >> 35) + b * MIX_K2;
}

/** 64 bits of any bytes. */
static inline uint64_t mix_bytes(const void *data, size_t n, uint64_t seed)
{
	const uint8_t *p = data;
	uint64_t h = mix_two(seed, n);
	uint64_t a, b;
	while (n >= 16) {
		memcpy(&a, p, 8);
		memcpy(&b, p + 8, 8);
		h = mix_two(h ^ a, b);
		p += 16;
		n -= 16;
	}
	if (n) {
		uint64_t tail[2] = {0, 0};
		memcpy(tail, p, n);
		h = mix_two(h ^ tail[0], tail[1]);
	}
	return mix_two(h, MIX_K3);
}

/** 128 bits, fed word by word: two lanes that see every word in a different place of the product. */
struct mix128 {
	uint64_t a, b;
};
static inline void mix128_word(struct mix128 *h, uint64_t word)
{
	h->a = mix_two(h->a ^ word, h->b);
	h->b = mix_two(h->b + word, h->a);
}
static inline void mix128_bytes(struct mix128 *h, const void *data, size_t n)
{
	const uint8_t *p = data;
	mix128_word(h, n);
	for (; n >= 8; p += 8, n -= 8) {
		uint64_t word;
		memcpy(&word, p, 8);
		mix128_word(h, word);
	}
	if (n) {
		uint64_t word = 0;
		memcpy(&word, p, n);
		mix128_word(h, word);
	}
}

/**
 * A block of words at once: two sums of products of neighbours, each word with a key of its place. The
 * products don't wait for each other, so this is what long structs are mixed in with. @param n  Even.
 */
static inline void mix128_block(struct mix128 *h, const uint64_t *word, size_t n)
{
	unsigned __int128 a = 0, b = 0;
	uint64_t key_a = MIX_K0, key_b = MIX_K1;
	for (size_t i = 0; i < n; i += 2) {
		a += (unsigned __int128)(word[i] + key_a) * (word[i + 1] + key_b);
		b += (unsigned __int128)(word[i] ^ key_b) * (word[i + 1] ^ ~key_a);
		key_a += MIX_K2;
		key_b += MIX_K3;
	}
	h->a = mix_two(h->a ^ (uint64_t)a, (uint64_t)(a >> 64) + n);
	h->b = mix_two(h->b ^ (uint64_t)b, (uint64_t)(b >> 64) + h->a);
}

#endif
