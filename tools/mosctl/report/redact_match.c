/* SPDX-License-Identifier: MIT */
#include "report/redact_match.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int match_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* As strspn(), of so many bytes at most: a line may be as long as somebody likes. */
static size_t span(const char *at, const char *accept, size_t max)
{
	size_t n = 0;

	while (n < max && at[n] && strchr(accept, at[n]))
		n++;
	return n;
}

static size_t hex_run(const char *at)
{
	return strspn(at, "0123456789abcdefABCDEF");
}

static int begins(const char *at, const char *const words[])
{
	for (size_t i = 0; words[i]; i++)
		if (!strncmp(at, words[i], strlen(words[i])))
			return 1;
	return 0;
}

/* Each matcher: bytes that belong to it, 0: it is none. The character before is no part of a word. */

static size_t mac(const char *at)
{
	if (hex_run(at) != 2 || (at[2] != ':' && at[2] != '-'))
		return 0;
	for (int i = 1; i < 6; i++)
		if (hex_run(at + 3 * i) != 2 || (i < 5 && at[3 * i + 2] != at[2]))
			return 0;
	return match_is_word(at[17]) ? 0 : 17;
}

/* A network card that is called after its address: "wlx00e04c680001". */
static size_t mac_name(const char *at)
{
	static const char *const kinds[] = {"enx", "wlx", "wwx", NULL};

	return begins(at, kinds) && hex_run(at + 3) == 12 && !match_is_word(at[15]) ? 15 : 0;
}

static size_t ipv4(const char *at)
{
	const char *end = at;

	for (int i = 0; i < 4; i++) {
		const size_t n = strspn(end, "0123456789");

		if (n < 1 || n > 3 || strtol(end, NULL, 10) > 255)
			return 0;
		end += n;
		if (i < 3 && *end++ != '.')
			return 0;
	}
	if (match_is_word(*end) || (*end == '.' && isdigit((unsigned char)end[1])))
		return 0;
	return !strncmp(at, "127.", 4) || !strncmp(at, "0.0.0.0", 7) ? 0 : (size_t)(end - at);
}

static size_t ipv6(const char *at)
{
	const size_t len = span(at, "0123456789abcdefABCDEF:", 64);
	int colons = 0, twice = 0, digits = 0;

	for (size_t i = 0; i < len; i++) {
		colons += at[i] == ':';
		twice |= at[i] == ':' && i + 1 < len && at[i + 1] == ':';
		digits += at[i] != ':';
	}
	if (len < 4 || match_is_word(at[len]) || !(colons == 7 || (twice && colons >= 2 && digits >= 2)))
		return 0;
	return len;
}

/* 8-4-4-4-12, or the 32 digits of a machine's id. */
static size_t uuid(const char *at)
{
	static const size_t parts[] = {8, 4, 4, 4, 12};
	const char *end = at;

	if (hex_run(at) == 32 && !match_is_word(at[32]))
		return 32;
	for (int i = 0; i < 5; i++) {
		if (hex_run(end) != parts[i])
			return 0;
		end += parts[i];
		if (i < 4 && *end++ != '-')
			return 0;
	}
	return 36;
}

static size_t mail(const char *at)
{
	const size_t name =
		span(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-", 256);
	const size_t host = !name || at[name] != '@'
				    ? 0
				    : strspn(at + name + 1, "abcdefghijklmnopqrstuvwxyz"
							    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	const char *dot = host ? memchr(at + name + 1, '.', host) : NULL;

	/* mos-metrics-http@1.service is a unit */
	if (!dot || strstr(dot, ".service") == dot || strstr(dot, ".socket") == dot)
		return 0;
	return name + 1 + host;
}

static int ends_path(char c)
{
	return !c || strchr(" \t\n\"'<>|,;:()[]{}", c) != NULL;
}

/* The end of a score's or recording's file name that begins here, on this line; NULL: there is none. */
static const char *music_end(const char *at)
{
	static const char *const endings[] = {".mid", ".midi", ".smf", ".musicxml", ".mxl", ".xml", ".gp",
		".gp3", ".gp4", ".gp5", ".gpx", ".nvx", ".abc", ".krn", ".kern", ".mscz", ".mei", ".ly",
		".wav", ".flac", ".ogg", ".mp3", ".mkv", ".webm", ".sf2", ".sf3", ".sfz", ".nam", ".umf",
		".band", ".clip", ".midi2", ".capx"};

	for (size_t i = 0; i < PATH_MAX && at[i] && at[i] != '\n' && at[i] != '"'; i++) {
		if (at[i] != '.')
			continue;
		for (size_t k = 0; k < sizeof(endings) / sizeof(endings[0]); k++) {
			const size_t n = strlen(endings[k]);

			if (!strncasecmp(at + i, endings[k], n) && !isalnum((unsigned char)at[i + n]))
				return at + i + n;
		}
	}
	return NULL;
}

/* Folders that are the same on every machine. */
static int is_system(const char *at)
{
	static const char *const roots[] = {"/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/etc/", "/proc/",
		"/sys/", "/dev/", "/boot/", "/programs/", NULL};

	return begins(at, roots);
}

/* Folders of everybody: what lies there may be somebody's all the same. */
static int is_shared(const char *at)
{
	static const char *const roots[] = {"/run/", "/tmp/", "/var/", "/opt/", NULL};

	static const char *const homes[] = {"/run/media/", "/var/home/", NULL};

	return begins(at, roots) && !begins(at, homes);
}

/* The end of a name with blanks in it, when it is a piece of music; NULL: the blank ends it. */
static const char *goes_on(const char *at, const char *blank)
{
	const char *end = *blank && strchr(" '(,", *blank) ? music_end(blank) : NULL;

	for (const char *p = blank; end && p < end; p++)
		if (*p == '=' || (*p == ' ' && p[1] == '/'))
			return NULL;
	return end ? end : music_end(at) == blank ? blank : NULL;
}

static size_t private_path(const char *at, int is_config)
{
	const char *end;
	size_t len = 1;

	if ((!isalnum((unsigned char)at[1]) && at[1] != '.' && at[1] != '_') || is_system(at))
		return 0;
	while (!ends_path(at[len]))
		len++;
	if (!memchr(at + 1, '/', len - 1))
		return 0;
	end = goes_on(at, at + len);
	if (is_shared(at))
		return end ? (size_t)(end - at) : 0;
	if (is_config)
		return strcspn(at, "\n");
	return end ? (size_t)(end - at) : len;
}

/* A piece of music by its file's name, where a name may begin: it may have blanks in it. */
static size_t music_file(const char *begin, const char *at)
{
	const char *end;

	if (at > begin && !strchr("\n\"'=([{<>", at[-1]) &&
		!(at[-1] == ' ' && at - begin > 1 && at[-2] == ':'))
		return 0;
	end = music_end(at);
	if (!end || end == at || *at == ' ' || *at == '/')
		return 0;
	/* What comes before a name is no part of it: it begins behind that, where this is asked again. */
	for (const char *p = at; p < end; p++)
		if (strchr("='([{<>", *p) || (*p == ' ' && p[1] == '/') || (*p == ':' && p[1] == ' '))
			return 0;
	return (size_t)(end - at);
}

/* "serial: X", "SerialNumber=X", "password = X ...": the value. */
static int named_value(const char *at, struct match *ret)
{
	static const struct {
		const char *key, *class;
		int is_line; /* the value goes on to the end of the line */
	} keys[] = {{"serial", "serial", 0}, {"password", "secret", 1}, {"passwd", "secret", 1},
		{"passphrase", "secret", 1}, {"secret", "secret", 1}, {"token", "secret", 1},
		{"api_key", "secret", 1}, {"apikey", "secret", 1}, {"access_key", "secret", 1},
		{"private_key", "secret", 1}, {"authorization", "secret", 1}, {"cookie", "secret", 1},
		{"credential", "secret", 1}, {"psk", "secret", 1}, {"ssid", "network", 1}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t key, gap, value;

		if (strncasecmp(at, keys[i].key, strlen(keys[i].key)) != 0)
			continue;
		key = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-.");
		if (!strncasecmp(at + key, " number", 7))
			key += 7;
		gap = strspn(at + key, " \t\":=#");
		if (!memchr(at + key, ':', gap) && !memchr(at + key, '=', gap))
			continue;
		value = keys[i].is_line ? strcspn(at + key + gap, "\n\"")
					: strspn(at + key + gap,
						  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
						  "0123456789._-");
		if (!value || at[key + gap] == '<')
			continue;
		*ret = (struct match){keys[i].class, key + gap + value, key + gap};
		return 1;
	}
	return 0;
}

/* "://name:password@host:port/path": all behind the slashes. */
static int url(const char *at, struct match *ret)
{
	size_t len;

	if (strncmp(at, "://", 3) != 0)
		return 0;
	len = strcspn(at + 3, " \t\n\"'<>");
	if (!len || at[3] == '/' || !strncmp(at + 3, "127.", 4) ||
		(!strncmp(at + 3, "localhost", 9) && !match_is_word(at[12]) && !strchr(".-@", at[12])))
		return 0;
	*ret = (struct match){"address", 3 + len, 3};
	return 1;
}

/* What stands in quotes may have some of its own: they end before the next key, or with the line's last one.
 */
static size_t quoted(const char *at)
{
	size_t len = 0;

	for (size_t i = 1; at[i] && at[i] != '\n'; i++) {
		size_t word;

		if (at[i] != '"')
			continue;
		len = i + 1;
		word = at[len] == ' ' ? strspn(at + len + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;
		if (word && at[len + 1 + word] == '=')
			break;
	}
	return len;
}

int match_at(const char *begin, const char *at, int is_log, int is_config, struct match *ret)
{
	static const struct {
		const char *class;
		size_t (*len)(const char *at);
	} words[] = {
		{"mac", mac}, {"mac", mac_name}, {"ip", ipv4}, {"id", uuid}, {"ip", ipv6}, {"mail", mail}};
	const int in_word = at > begin && match_is_word(at[-1]);
	size_t len;

	if (*at == ':' && url(at, ret))
		return 1;
	if (is_log && *at == '"' && at[1] && at[1] != '"' && at[1] != '\n') {
		len = quoted(at);
		if (len) {
			*ret = (struct match){"text", len, 0};
			return 1;
		}
	}
	if (*at == '/' && !in_word && (len = private_path(at, is_config))) {
		*ret = (struct match){"path", len, 0};
		return 1;
	}
	if ((len = music_file(begin, at))) {
		*ret = (struct match){"score", len, 0};
		return 1;
	}
	if (!strncmp(at, "usb-", 4) && at > begin && at[-1] == '.') {
		for (len = 4; !ends_path(at[len]); len++)
			;
		*ret = (struct match){"device", len, 0};
		return 1;
	}
	/* "obs_password" is one, too */
	if ((!in_word || strchr("_-.", at[-1])) && named_value(at, ret))
		return 1;
	if (in_word)
		return 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = words[i].len(at);
		if (!len || (words[i].len == ipv4 && at > begin && at[-1] == '.'))
			continue;
		*ret = (struct match){words[i].class, len, 0};
		return 1;
	}
	return 0;
}
