/* SPDX-License-Identifier: MIT */
/**
 * The text of an SFZ: headers, opcodes, #include, #define, comments. Knows no opcode. What it reads is handed
 * to a sink in the order of the text, with its place.
 *
 * Bounded: bytes and files in all, depth of includes, length of a word and of a value. An include of a file
 * that is just being read is left out, so that loops end.
 */
#ifndef SFZ_TEXT_H
#define SFZ_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define SFZ_INCLUDE_DEPTH 16u
#define SFZ_FILES 4096u
#define SFZ_TEXT_BYTES (64u << 20) /**< of all files together */
#define SFZ_NAME_MAX 128u
#define SFZ_VALUE_MAX 4096u

struct sfz_place {
	const char *file; /**< as the text names it; the first one without its folder */
	uint32_t line;    /**< from 1 */
};

/** Where the text comes from. */
struct sfz_source {
	void *data;
	/**
	 * Find the file that is called `name` in the text.
	 * @param ret_path  Its one name: the same file gives the same string. free()
	 * @return 0, -ENOENT, -ENOMEM ...
	 */
	int (*find)(void *data, const char *name, char **ret_path);
	/** @param ret_text  free() */
	int (*read)(void *data, const char *path, size_t max, char **ret_text, size_t *ret_size);
};

/** Any of them may return a negative errno: reading stops with it. */
struct sfz_sink {
	void *data;
	int (*header)(void *data, const char *name, const struct sfz_place *place);
	int (*opcode)(void *data, const char *name, const char *value, const struct sfz_place *place);
	/** base64data of <sample>: the text as it stands, not ended by a NUL. */
	int (*blob)(void *data, const char *text, size_t size, const struct sfz_place *place);
	void (*note)(void *data, const struct sfz_place *place, const char *message);
};

/** @param path  Of the first file, as find() gives paths; borrowed. @return 0, or what failed. */
int sfz_text_read(const char *path, const struct sfz_source *source, const struct sfz_sink *sink);

#endif
