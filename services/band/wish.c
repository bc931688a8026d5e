/* SPDX-License-Identifier: MIT */
#include "wish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wish_options.h"

#define INVALID "rpc.params.invalid"

/* --- Memory --- */

static void texts_finish(struct wish_texts *texts)
{
	for (unsigned i = 0; i < BAND_N_KEYS; i++)
		free(texts->value[i]);
	*texts = (struct wish_texts){0};
}

static int texts_copy(const struct wish_texts *from, struct wish_texts *ret)
{
	for (unsigned i = 0; i < BAND_N_KEYS; i++) {
		if (!from->value[i])
			continue;
		ret->value[i] = strdup(from->value[i]);
		if (!ret->value[i])
			return -ENOMEM;
	}
	return 0;
}

void wish_finish(struct wish *wish)
{
	for (uint32_t i = 0; i < wish->n_items; i++) {
		free(wish->item[i].program);
		texts_finish(&wish->item[i].flags);
	}
	free(wish->item);
	free(wish->bytes);
	texts_finish(&wish->flags);
	texts_finish(&wish->defaults);
	if (wish->fd >= 0)
		close(wish->fd);
	*wish = (struct wish){.fd = -1};
}

void wish_keep_only(struct wish *wish, uint32_t item)
{
	const struct wish_item kept = wish->item[item];

	wish->item[item] = wish->item[0];
	wish->item[0] = kept;
	for (; wish->n_items > 1; wish->n_items--) {
		free(wish->item[wish->n_items - 1].program);
		texts_finish(&wish->item[wish->n_items - 1].flags);
	}
}

static int copy_items(const struct wish *from, struct wish *ret)
{
	ret->item = calloc(from->n_items, sizeof(*ret->item));
	if (!ret->item)
		return -ENOMEM;
	for (; ret->n_items < from->n_items; ret->n_items++) {
		const struct wish_item *item = &from->item[ret->n_items];
		struct wish_item *copy = &ret->item[ret->n_items];

		*copy = (struct wish_item){.at = item->at, .size = item->size, .repeats = item->repeats};
		if (item->program)
			copy->program = strdup(item->program);
		if ((item->program && !copy->program) || texts_copy(&item->flags, &copy->flags) < 0) {
			ret->n_items++; /* what is half made is freed, too */
			return -ENOMEM;
		}
	}
	return 0;
}

int wish_copy(const struct wish *from, struct wish *ret)
{
	*ret = (struct wish){.fd = -1,
		.is_setlist = from->is_setlist,
		.strict = from->strict,
		.tune = from->tune,
		.options = from->options};
	memcpy(ret->said, from->said, sizeof(ret->said));
	int rc = copy_items(from, ret);

	if (rc == 0)
		rc = texts_copy(&from->flags, &ret->flags);
	if (rc == 0)
		rc = texts_copy(&from->defaults, &ret->defaults);
	if (rc == 0 && from->bytes) {
		ret->bytes = malloc(from->size + 1);
		rc = ret->bytes ? 0 : -ENOMEM;
	}
	if (rc == 0 && from->bytes) {
		memcpy(ret->bytes, from->bytes, from->size + 1);
		ret->size = from->size;
	}
	if (rc < 0)
		wish_finish(ret);
	return rc;
}

/* --- Flags --- */

static int find_key(const msgpack_object *key)
{
	for (unsigned i = 0; key->type == MSGPACK_OBJECT_STR && i < BAND_N_KEYS; i++) {
		const char *name = band_key_name((enum band_key)i);

		if (strlen(name) == key->via.str.size &&
			memcmp(name, key->via.str.ptr, key->via.str.size) == 0)
			return (int)i;
	}
	return -ENOENT;
}

static int read_texts(
	struct rpc_request *req, const msgpack_object *params, const char *name, struct wish_texts *ret)
{
	const msgpack_object *map = wire_get_map(params, name);
	char where[64], key_name[32];

	for (uint32_t i = 0; map && i < map->via.map.size; i++) {
		const msgpack_object *key = &map->via.map.ptr[i].key, *value = &map->via.map.ptr[i].val;
		const int known = find_key(key);

		(void)snprintf(
			where, sizeof(where), "%s.%s", name, wish_key_name(key, key_name, sizeof(key_name)));
		if (known < 0)
			return rpc_fail_at(req, where, INVALID, "no input has this name");
		if (value->type == MSGPACK_OBJECT_NIL)
			continue;
		if (value->type != MSGPACK_OBJECT_STR ||
			memchr(value->via.str.ptr, '\0', value->via.str.size))
			return rpc_fail_at(req, where, INVALID, "a text is expected, as it is typed");
		free(ret->value[known]);
		ret->value[known] = strndup(value->via.str.ptr, value->via.str.size);
		if (!ret->value[known])
			return -ENOMEM;
	}
	return 0;
}

/* --- Programs --- */

static int copy_program(
	struct rpc_request *req, const msgpack_object *map, const char *where, struct wish_item *item)
{
	const msgpack_object *text = wire_get(map, "program");

	if (!text)
		return 0;
	if (text->type != MSGPACK_OBJECT_STR || memchr(text->via.str.ptr, '\0', text->via.str.size))
		return rpc_fail_at(req, where, INVALID, "the text of a program is expected");
	item->program = strndup(text->via.str.ptr, text->via.str.size);
	item->size = text->via.str.size;
	return item->program ? 0 : -ENOMEM;
}

static int read_item(
	struct rpc_request *req, const msgpack_object *map, uint32_t i, int has_fd, struct wish_item *item)
{
	static const char *const known[] = {"program", "at", "bytes", "repeats", "flags"};
	int64_t repeats = 1, at = -1, size = 0;
	char where[64];

	(void)snprintf(where, sizeof(where), "setlist.%u", i);
	if (map->type != MSGPACK_OBJECT_MAP)
		return rpc_fail_at(req, where, INVALID, "a map with a program is expected");
	for (uint32_t k = 0; k < map->via.map.size; k++) {
		char key_name[32];
		unsigned n = 0;

		(void)wish_key_name(&map->via.map.ptr[k].key, key_name, sizeof(key_name));
		while (n < sizeof(known) / sizeof(*known) && strcmp(key_name, known[n]) != 0)
			n++;
		if (n == sizeof(known) / sizeof(*known))
			return rpc_fail_at(req, where, INVALID, "an item has no \"%s\"", key_name);
	}
	if (wire_get_i64(map, "repeats", &repeats) == -EINVAL || repeats < 1 || repeats > 10000)
		return rpc_fail_at(req, where, INVALID, "repeats is a whole number from 1 to 10000");
	item->repeats = (uint32_t)repeats;
	int rc = copy_program(req, map, where, item);
	if (rc < 0)
		return rc;
	if (!item->program) {
		if (wire_get_i64(map, "at", &at) < 0 || wire_get_i64(map, "bytes", &size) < 0 || at < 0 ||
			size < 0 || at > (int64_t)WISH_BYTES_MAX || size > (int64_t)WISH_PROGRAM_MAX ||
			!has_fd)
			return rpc_fail_at(req, where, INVALID,
				"an item has a program, or at and bytes of the file beside the request");
		item->at = (size_t)at;
		item->size = (size_t)size;
	}
	return read_texts(req, map, "flags", &item->flags);
}

static int read_items(struct rpc_request *req, const msgpack_object *params, struct wish *wish)
{
	const msgpack_object *list = wire_get_array(params, "setlist");
	const uint32_t n = list ? list->via.array.size : 1;
	int rc = 0;

	if (n < 1 || n > WISH_ITEMS_MAX)
		return rpc_fail_at(req, "setlist", INVALID, "a setlist has 1 to %u items", WISH_ITEMS_MAX);
	wish->item = calloc(n, sizeof(*wish->item));
	if (!wish->item)
		return -ENOMEM;
	wish->is_setlist = list;
	if (list && wire_get(params, "program"))
		return rpc_fail_at(req, "program", INVALID, "either a program or a setlist is played");
	for (; rc == 0 && wish->n_items < n; wish->n_items++) {
		struct wish_item *item = &wish->item[wish->n_items];

		item->repeats = 1;
		rc = list ? read_item(req, &list->via.array.ptr[wish->n_items], wish->n_items, wish->fd >= 0,
				    item)
			  : copy_program(req, params, "program", item);
	}
	return rc;
}

int wish_read(struct rpc_request *req, const msgpack_object *params, int fd, struct wish *ret)
{
	int64_t tune = 1;
	int strict = 0;

	*ret = (struct wish){.fd = fd < 0 ? -1 : fd};
	band_options_init(&ret->options);
	(void)wire_get_bool(params, "strict", &strict);
	ret->strict = strict;
	int rc = wire_get_i64(params, "tune", &tune);
	if (rc == -ERANGE || tune < 1 || tune > UINT32_MAX)
		rc = rpc_fail_at(req, "tune", INVALID, "the first tune of a book is 1");
	else
		rc = read_items(req, params, ret);
	ret->tune = (uint32_t)(tune - 1);
	if (rc == 0 && ret->fd >= 0 && !ret->is_setlist && ret->item[0].program)
		rc = rpc_fail_at(
			req, "program", INVALID, "a program is given twice, as a text and as a file");
	if (rc == 0)
		rc = read_texts(req, params, "flags", &ret->flags);
	if (rc == 0)
		rc = read_texts(req, params, "defaults", &ret->defaults);
	if (rc == 0)
		rc = wish_read_options(req, params, ret);
	if (rc < 0)
		wish_finish(ret);
	return rc;
}

int wish_read_change(struct rpc_request *req, const msgpack_object *params, struct wish *ret)
{
	*ret = (struct wish){.fd = -1};
	int rc = read_texts(req, params, "flags", &ret->flags);

	if (rc == 0)
		rc = wish_read_options(req, params, ret);
	if (rc < 0)
		wish_finish(ret);
	return rc;
}

int wish_merge(struct wish *wish, const struct wish *change)
{
	for (unsigned i = 0; i < BAND_N_KEYS; i++) {
		if (!change->flags.value[i])
			continue;
		char *text = strdup(change->flags.value[i]);
		if (!text)
			return -ENOMEM;
		free(wish->flags.value[i]);
		wish->flags.value[i] = text;
	}
	wish_merge_options(wish, change);
	return 0;
}

/* --- What came as a file --- */

int wish_read_bytes(int fd, size_t max, char **ret, size_t *ret_size)
{
	struct stat st;
	size_t n = 0;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	/* What it has grown by meanwhile is not read, a NUL is behind it. */
	char *bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	while (n < (size_t)st.st_size) {
		const ssize_t got = pread(fd, bytes + n, (size_t)st.st_size - n, (off_t)n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			const int rc = -errno;
			free(bytes);
			return rc;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	bytes[n] = '\0';
	*ret = bytes;
	*ret_size = n;
	return 0;
}

int wish_read_fd(struct wish *wish, struct band_report *report)
{
	if (wish->fd >= 0) {
		const int rc = wish_read_bytes(wish->fd, WISH_BYTES_MAX, &wish->bytes, &wish->size);

		close(wish->fd);
		wish->fd = -1;
		if (rc == -ENOMEM)
			return rc;
		if (rc < 0)
			return band_error(report, "LOAD_ERROR", "file", "the file cannot be read: %s",
				rc == -EFBIG   ? "it is too large"
				: rc == -ENXIO ? "it is no regular file"
					       : strerror(-rc));
	}
	/* Where a program was made of it (take.c), that has a size of its own. */
	if (!wish->is_setlist && wish->bytes && !wish->item[0].program)
		wish->item[0].size = wish->size;
	for (uint32_t i = 0; i < wish->n_items; i++) {
		const struct wish_item *item = &wish->item[i];
		char where[32];

		(void)snprintf(where, sizeof(where), "setlist.%u", i);
		if (!item->program && item->size &&
			(item->at > wish->size || item->size > wish->size - item->at))
			return band_error(report, "LOAD_ERROR", where,
				"the program ends behind the end of the file beside the request");
	}
	return 0;
}

struct band_source wish_source(const struct wish *wish, uint32_t i)
{
	const struct wish_item *item = &wish->item[i];
	struct band_source source = {.strict = wish->strict, .program_size = item->size};

	source.program = item->program ? item->program : wish->bytes ? wish->bytes + item->at : NULL;
	for (unsigned k = 0; k < BAND_N_KEYS; k++) {
		source.setlist.value[k] = wish->defaults.value[k];
		source.flags.value[k] = wish->flags.value[k] ? wish->flags.value[k] : item->flags.value[k];
	}
	return source;
}
