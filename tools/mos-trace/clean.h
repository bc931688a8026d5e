/* SPDX-License-Identifier: MIT */
#ifndef MOS_TRACE_CLEAN_H
#define MOS_TRACE_CLEAN_H

/**
 * Names of processes, threads and files are whatever somebody chose: bytes that a terminal would obey, or
 * that are no UTF-8, become question marks. Lines and tabs stay.
 */
void trace_clean(char *text);
/** Bytes of the well-formed UTF-8 sequence at s, in a text that ends with NUL. @return 0: none begins there
 */
int trace_sequence(const unsigned char *s);

#endif
