/* SPDX-License-Identifier: MIT */
/**
 * Function attributes that every folder may use. Includes nothing (decisions X-14).
 *
 * MOS_RT goes after the parameter list, on declarations and definitions alike:
 *
 *     int kronos_advance(struct kronos *k, uint32_t n_frames) MOS_RT;
 *
 * It says: may be called from the audio cycle. clang 22 with -Wfunction-effects proves that such a
 * function neither allocates, locks, blocks nor calls anything that is not marked. Other compilers see
 * nothing.
 */
#ifndef MOS_ATTR_H
#define MOS_ATTR_H

#if defined(__clang__) && defined(__has_attribute)
#if __has_attribute(nonblocking)
#define MOS_RT __attribute__((nonblocking))
#endif
#endif
#ifndef MOS_RT
#define MOS_RT
#endif

#endif
