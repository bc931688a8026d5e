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
 * Blocks of words at once: two sums of products of neighbours, each word with a key of its place. The
 * products don't wait for each other, so this is what long structs are mixed in with. Of the pairs in which
 * all blocks of a list hold nothing the sums are taken once.
 */
#define MIX_MAX_PAIRS 32u
struct mix_block {
	size_t n_pairs, n_used;
	uint8_t used[MIX_MAX_PAIRS];
	unsigned __int128 a, b; /**< of the others */
};
static const struct {
	uint64_t a, b;
} mix_keys[MIX_MAX_PAIRS] = {
#define MIX_KEY(n) {MIX_K0 + (uint64_t)(n) * MIX_K2, MIX_K1 + (uint64_t)(n) * MIX_K3}
#define MIX_8_KEYS(n)                                                                                        \
	MIX_KEY((n)), MIX_KEY((n) + 1), MIX_KEY((n) + 2), MIX_KEY((n) + 3), MIX_KEY((n) + 4),                \
		MIX_KEY((n) + 5), MIX_KEY((n) + 6), MIX_KEY((n) + 7)
	MIX_8_KEYS(0), MIX_8_KEYS(8), MIX_8_KEYS(16), MIX_8_KEYS(24)
#undef MIX_8_KEYS
#undef MIX_KEY
};
/** @param words  Bit n: the n-th word may hold something. @param n_pairs  Of words, up to MIX_MAX_PAIRS. */
static inline struct mix_block mix_block(uint64_t words, size_t n_pairs)
{
	struct mix_block block = {.n_pairs = n_pairs};
	for (size_t i = 0; i < n_pairs; i++) {
		const uint64_t key_a = mix_keys[i].a, key_b = mix_keys[i].b;
		if (words >> 2 * i & 3) {
			block.used[block.n_used++] = (uint8_t)i;
			continue;
		}
		block.a += (unsigned __int128)key_a * key_b;
		block.b += (unsigned __int128)key_b * ~key_a;
	}
	return block;
}
static inline void mix128_block(struct mix128 *h, const uint64_t *word, const struct mix_block *block)
{
	unsigned __int128 a = block->a, b = block->b;
	for (size_t i = 0; i < block->n_used; i++) {
		const size_t pair = block->used[i];
		const uint64_t key_a = mix_keys[pair].a, key_b = mix_keys[pair].b;
		a += (unsigned __int128)(word[2 * pair] + key_a) * (word[2 * pair + 1] + key_b);
		b += (unsigned __int128)(word[2 * pair] ^ key_b) * (word[2 * pair + 1] ^ ~key_a);
	}
	h->a = mix_two(h->a ^ (uint64_t)a, (uint64_t)(a >> 64) + 2 * block->n_pairs);
	h->b = mix_two(h->b ^ (uint64_t)b, (uint64_t)(b >> 64) + h->a);
}
/** Likewise, of a block of which nothing is known beforehand. */
static inline void mix128_pairs(struct mix128 *h, const uint64_t *word, size_t n_pairs)
{
	unsigned __int128 a = 0, b = 0;
	for (size_t i = 0; i < n_pairs; i++) {
		const uint64_t key_a = mix_keys[i].a, key_b = mix_keys[i].b;
		a += (unsigned __int128)(word[2 * i] + key_a) * (word[2 * i + 1] + key_b);
		b += (unsigned __int128)(word[2 * i] ^ key_b) * (word[2 * i + 1] ^ ~key_a);
	}
	h->a = mix_two(h->a ^ (uint64_t)a, (uint64_t)(a >> 64) + 2 * n_pairs);
	h->b = mix_two(h->b ^ (uint64_t)b, (uint64_t)(b >> 64) + h->a);
}

#endif
