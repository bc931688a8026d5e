/* SPDX-License-Identifier: MIT */
/**
 * A machine to look at: this one, or a folder with a copy of what its /proc, /sys, /etc and programs say.
 * Every read is bounded, never blocks, and stays in the folder whatever links lie in it.
 */
#ifndef MOSCTL_BOX_H
#define MOSCTL_BOX_H

#include <stddef.h>
#include <stdint.h>

#define BOX_TEXT_MAX (64u << 10)
#define BOX_NAMES_MAX 256u
#define BOX_NAME_MAX 64u

struct box {
	int root_fd; /**< -1: this machine */
	/** Told what was read, for whoever makes a copy; may be NULL. What was only seen to be there has no
	 * text. */
	void (*seen)(void *data, const char *path, const char *text, int is_link);
	void *data;
};

/** @param root  A folder; NULL: this machine. @return 0, -errno. */
int box_open(struct box *box, const char *root);
void box_close(struct box *box);
static inline int box_is_live(const struct box *box)
{
	return box->root_fd < 0;
}

/** The text of a file, cut to size, NUL-terminated. @return its length, -errno. */
int box_text(const struct box *box, const char *path, char *buf, size_t size);
/** The same of what is nobody else's business: `seen` is not told. */
int box_text_private(const struct box *box, const char *path, char *buf, size_t size);
/** First line, without its end. @return 0, -errno, -ENODATA: empty. */
int box_line(const struct box *box, const char *path, char *buf, size_t size);
/** @return 0, -errno, -EINVAL: no number. */
int box_number(const struct box *box, const char *path, long long *ret);
/** The text of a symbolic link. @return 0, -errno. */
int box_link(const struct box *box, const char *path, char *buf, size_t size);
int box_exists(const struct box *box, const char *path);

/** Names in a folder, sorted; what is too long or too many is left out. */
struct box_names {
	unsigned int n;
	char name[BOX_NAMES_MAX][BOX_NAME_MAX];
};
/** @param only  They begin so; "" all. @return 0, -errno. */
int box_names(const struct box *box, const char *dir, const char *only, struct box_names *ret);

/**
 * What a program says; of a folder, the file programs/KEY.
 * @param argv  Ends with NULL; ended after 5 s.
 * @return 0; -ENOENT there is no such program; -EIO it failed.
 */
int box_program(const struct box *box, const char *key, const char *const argv[], char *buf, size_t size);

/** printf() into a path. @return buf. */
const char *box_path(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define BOX_PATH(buf, ...) box_path(buf, sizeof(buf), __VA_ARGS__)
/** A field of "KEY<blanks or colon>VALUE" lines, as /proc has them. @return its text up to the line's end,
 * NULL. */
const char *box_field(const char *text, const char *key);
/** Is it one of the words, separated by blanks, commas or line ends? */
int box_has_word(const char *text, const char *word);

#endif
