/* SPDX-License-Identifier: MIT */
/**
 * Copies between shared memory and private memory, one relaxed 64-bit access a word. Plain memcpy() on
 * words that another process may write meanwhile is a data race; this is the same machine code without
 * it. Order comes from the caller's fences. Both ends are 8-byte aligned.
 */
#ifndef SHM_WORDS_H
#define SHM_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include <mos/attr.h>

/** Lets the records be moved by words without breaking the aliasing rules. */
typedef uint64_t __attribute__((may_alias)) shm_word;

static inline void shm_words_load(void *dst, const void *shared, size_t n_words) MOS_RT
{
	shm_word *to = dst;
	const shm_word *from = shared;

#pragma GCC unroll 32
	for (size_t i = 0; i < n_words; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

static inline void shm_words_store(void *shared, const void *src, size_t n_words) MOS_RT
{
	shm_word *to = shared;
	const shm_word *from = src;

#pragma GCC unroll 32
	for (size_t i = 0; i < n_words; i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
}

#endif
