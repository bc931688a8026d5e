/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64u << 10)

enum kind { TEXT, PATH, NUMBER, SWITCH };

struct key {
	const char *name;
	enum kind kind;
	size_t at, size;
	uint32_t min, max;
	const char *words; /* the only ones allowed, separated by blanks; NUMBER: the only numbers */
};

#define FIELD(member) offsetof(struct theater_config, member), sizeof(((struct theater_config *)0)->member)

static const struct key keys[] = {
	{"device", TEXT, FIELD(device)},
	{"backend", TEXT, FIELD(backend), .words = "auto raster compute"},
	{"music_font", PATH, FIELD(music_font)},
	{"music_metadata", PATH, FIELD(music_metadata)},
	{"text_font", PATH, FIELD(text_font)},
	{"italic_font", PATH, FIELD(italic_font)},
	{"scene", TEXT, FIELD(scene)},
	{"portrait_scene", TEXT, FIELD(portrait_scene)},
	{"theme", TEXT, FIELD(theme)},
	{"scenes", PATH, FIELD(scenes)},
	{"window", TEXT, FIELD(window), .words = "auto no landscape portrait both"},
	{"output", TEXT, FIELD(output)},
	{"fullscreen", SWITCH, FIELD(fullscreen)},
	{"divisor", NUMBER, FIELD(divisor), 1, 16, "1 2 4 8 16"},
	{"fps", NUMBER, FIELD(fps), 1, 240},
	{"streams", SWITCH, FIELD(streams)},
	{"widget_streams", SWITCH, FIELD(widget_streams)},
	{"ndi", SWITCH, FIELD(ndi)},
	{"ndi_library", PATH, FIELD(ndi_library)},
	{"obs_url", TEXT, FIELD(obs_url)},
	{"obs_password", TEXT, FIELD(obs_password)},
	{"validate", SWITCH, FIELD(validate)},
};

void theater_config_init(struct theater_config *config)
{
	*config = (struct theater_config){.divisor = 1, .fps = 60, .streams = 1, .widget_streams = 1};
	strcpy(config->scene, "default");
	strcpy(config->portrait_scene, "default");
	strcpy(config->window, "auto");
	strcpy(config->backend, "auto");
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\r", end[-1]))
		*--end = '\0';
	return text + strspn(text, " \t");
}

static int is_among(const char *words, const char *word)
{
	const size_t n = strlen(word);

	for (const char *at = words; n && (at = strstr(at, word)); at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return 1;
	return 0;
}

static int read_switch(const char *value)
{
	if (is_among("yes on true 1", value))
		return 1;
	return is_among("no off false 0", value) ? 0 : -EINVAL;
}

/* @return NULL: done; else what is wrong. */
static const char *set_key(struct theater_config *config, const struct key *key, const char *value)
{
	char *const at = (char *)config + key->at;
	unsigned long number;
	char *end;
	int on;

	if (key->words && !is_among(key->words, value))
		return "is none of the values that it may have";
	switch (key->kind) {
	case PATH:
		if (*value && *value != '/')
			return "is no absolute path";
		[[fallthrough]];
	case TEXT:
		if (strlen(value) >= key->size)
			return "is too long";
		strcpy(at, value);
		return NULL;
	case NUMBER:
		number = strtoul(value, &end, 10);
		if (end == value || *end || *value == '-' || number < key->min || number > key->max)
			return "is no number, or out of range";
		*(uint32_t *)at = (uint32_t)number;
		return NULL;
	case SWITCH:
		on = read_switch(value);
		if (on < 0)
			return "is neither yes nor no";
		*(uint8_t *)at = (uint8_t)on;
		return NULL;
	}
	return NULL;
}

/* @return NULL: fine; else what is wrong with the line. `line` is written to. */
static const char *read_line(
	struct theater_config *config, char *line, int *in_section, const char **ret_word)
{
	char *name = trim(line), *value = strchr(name, '=');

	*ret_word = name;
	if (!*name || *name == '#' || *name == ';')
		return NULL;
	if (*name == '[') {
		*in_section = strcmp(name, "[theater]") == 0;
		return *in_section ? NULL : "is no section of this file: [theater] is the only one";
	}
	if (!*in_section)
		return "stands before [theater]";
	if (!value)
		return "has no '='";
	*value++ = '\0';
	name = trim(name);
	*ret_word = name;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return set_key(config, &keys[i], trim(value));
	return "is no key of [theater]";
}

int theater_config_parse(struct theater_config *config, const char *path, const char *text, size_t size,
	char *error, size_t error_size)
{
	struct theater_config new = *config;
	int in_section = 0;
	uint32_t number = 0;

	while (size) {
		const char *end = memchr(text, '\n', size), *word, *fault;
		const size_t n = end ? (size_t)(end - text) : size;
		char line[PATH_MAX + 64];

		number++;
		if (n >= sizeof(line) || memchr(text, '\0', n)) {
			(void)snprintf(error, error_size, "%s:%u: is no line of text", path, number);
			return -EINVAL;
		}
		memcpy(line, text, n);
		line[n] = '\0';
		fault = read_line(&new, line, &in_section, &word);
		if (fault) {
			(void)snprintf(error, error_size, "%s:%u: \"%.40s\" %s", path, number, word, fault);
			return -EINVAL;
		}
		text += end ? n + 1 : n;
		size -= end ? n + 1 : n;
	}
	*config = new;
	return 0;
}

int theater_config_read(struct theater_config *config, const char *path, char *error, size_t error_size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *text;
	ssize_t n;
	int rc;

	if (fd < 0) {
		rc = -errno;
		(void)snprintf(error, error_size, "%s: %s", path, strerror(-rc));
		return rc;
	}
	text = malloc(FILE_MAX);
	n = text ? read(fd, text, FILE_MAX) : -1;
	rc = !text ? -ENOMEM : n < 0 ? -errno : n == FILE_MAX ? -EFBIG : 0;
	(void)close(fd);
	if (rc == 0)
		rc = theater_config_parse(config, path, text, (size_t)n, error, error_size);
	else
		(void)snprintf(error, error_size, "%s: %s", path, strerror(-rc));
	free(text);
	return rc;
}

int theater_config_find(char path[static PATH_MAX])
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = -1;

	if (config && *config == '/')
		n = snprintf(path, PATH_MAX, "%s/mos/theater.ini", config);
	else if (home && *home == '/')
		n = snprintf(path, PATH_MAX, "%s/.config/mos/theater.ini", home);
	if (n > 0 && n < PATH_MAX && access(path, R_OK) == 0)
		return 0;
	strcpy(path, "/etc/mos/theater.ini");
	return access(path, R_OK) == 0 ? 0 : -ENOENT;
}
