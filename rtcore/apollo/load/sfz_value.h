/* SPDX-License-Identifier: MIT */
/** Values of SFZ opcodes: numbers with a point whatever the locale, notes by number or name. */
#ifndef SFZ_VALUE_H
#define SFZ_VALUE_H

/** The number that `text` begins with. @return 0, -EINVAL: none there. Never NaN or infinite. */
int sfz_number(const char *text, double *ret);
/** 60, c4, C#4, eb-1 (c4 is 60). @return 0, -EINVAL. Numbers are not checked for their range. */
int sfz_note_number(const char *text, int *ret);

#endif
