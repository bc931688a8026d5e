/* SPDX-License-Identifier: MIT */
#include "chrome.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clean.h"

#define NAMED_SLOTS 16384u /* a power of two */
#define NAMED_MAX (NAMED_SLOTS / 4 * 3)

struct chrome {
	FILE *file;
	char *path, *temporary;
	uint64_t n_events, left_out;
	int rc;
	uint32_t n_named;
	uint64_t named[NAMED_SLOTS]; /* whose names are told: pid, tid; 0: free */
};

int chrome_open(const char *path, struct chrome **ret)
{
	struct chrome *c = calloc(1, sizeof(*c));
	int fd = -1, rc = -ENOMEM;

	if (!c)
		return -ENOMEM;
	c->path = strdup(path);
	if (!c->path || asprintf(&c->temporary, "%s.XXXXXX", path) < 0) {
		c->temporary = NULL;
		goto fail;
	}
	fd = mkostemp(c->temporary, O_CLOEXEC);
	if (fd < 0) {
		rc = -errno;
		goto fail;
	}
	c->file = fdopen(fd, "w");
	if (!c->file) {
		(void)unlink(c->temporary);
		close(fd);
		goto fail;
	}
	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"program\":\"mos-trace " MOS_VERSION
	      "\",\"clock\":\"CLOCK_MONOTONIC\"},\"traceEvents\":[\n",
		c->file);
	*ret = c;
	return 0;
fail:
	free(c->path);
	free(c->temporary);
	free(c);
	return rc;
}

static void text(FILE *f, const char *s)
{
	fputc('"', f);
	while (*s) {
		int n = trace_sequence((const unsigned char *)s);

		if (n == 0) {
			fputs("\\ufffd", f);
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\')
			fputc('\\', f);
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(f, "\\u%04x", (unsigned char)*s);
		else
			fwrite(s, 1, (size_t)n, f);
		s += n;
	}
	fputc('"', f);
}

/* The beginning of each event. @return 0: it has no room */
static int begin(struct chrome *c, char phase, struct chrome_track at, const char *name)
{
	if (c->rc < 0)
		return 0;
	if (c->n_events >= CHROME_EVENTS_MAX) {
		c->left_out++;
		return 0;
	}
	fprintf(c->file, "%s{\"ph\":\"%c\",\"pid\":%d,\"tid\":%d,\"name\":", c->n_events ? ",\n" : "", phase,
		at.pid, at.tid ? at.tid : at.pid);
	text(c->file, name);
	c->n_events++;
	return 1;
}

static void category(struct chrome *c, const char *name)
{
	fputs(",\"cat\":", c->file);
	text(c->file, name);
}

/* Microseconds with their nanoseconds, without going through a double: 53 bits of ns last for 104 days only.
 */
static void time_of(struct chrome *c, const char *key, uint64_t ns)
{
	fprintf(c->file, ",\"%s\":%" PRIu64 ".%03u", key, ns / 1000, (unsigned)(ns % 1000));
}

static void end(struct chrome *c, const char *args)
{
	if (args)
		fprintf(c->file, ",\"args\":%s", args);
	fputc('}', c->file);
	if (ferror(c->file) && c->rc == 0)
		c->rc = errno ? -errno : -EIO;
}

/* A process has its place in the set as thread 0. */
static uint64_t key_of(struct chrome_track at, int is_process)
{
	return (uint64_t)(uint32_t)at.pid << 32 | (is_process ? 0 : (uint32_t)at.tid);
}

/* Its place in the set, or the free one where it belongs. */
static uint32_t place_of(const struct chrome *c, uint64_t key)
{
	uint32_t i = (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 40) % NAMED_SLOTS;

	while (c->named[i] && c->named[i] != key)
		i = (i + 1) % NAMED_SLOTS;
	return i;
}

int chrome_is_named(const struct chrome *c, struct chrome_track at)
{
	return c->n_named >= NAMED_MAX || c->named[place_of(c, key_of(at, /* is_process= */ 0))] != 0;
}

/* @return 1: it was not in the set, and is now */
static int is_new(struct chrome *c, uint64_t key)
{
	uint32_t i = place_of(c, key);

	if (c->named[i] || c->n_named >= NAMED_MAX)
		return 0;
	c->named[i] = key;
	c->n_named++;
	return 1;
}

void chrome_name(struct chrome *c, struct chrome_track at, const char *process, const char *thread)
{
	if (!is_new(c, key_of(at, /* is_process= */ !thread)) ||
		!begin(c, 'M', at, thread ? "thread_name" : "process_name"))
		return;
	category(c, "__metadata"); /* some readers want one of every event */
	fputs(",\"args\":{\"name\":", c->file);
	text(c->file, thread ? thread : process);
	fputc('}', c->file);
	end(c, NULL);
}

void chrome_slice(struct chrome *c, struct chrome_track at, const char *cat, const char *name,
	uint64_t begin_ns, uint64_t ns, const char *args)
{
	if (!begin(c, 'X', at, name))
		return;
	category(c, cat);
	time_of(c, "ts", begin_ns);
	time_of(c, "dur", ns);
	end(c, args);
}

static void span_end(struct chrome *c, char phase, struct chrome_track at, const char *cat, const char *name,
	uint64_t id, uint64_t ns, const char *args)
{
	if (!begin(c, phase, at, name))
		return;
	category(c, cat);
	time_of(c, "ts", ns);
	fprintf(c->file, ",\"id\":\"0x%" PRIx64 "\"", id);
	end(c, args);
}

void chrome_span(struct chrome *c, struct chrome_track at, const char *cat, const char *name, uint64_t id,
	uint64_t begin_ns, uint64_t end_ns, const char *args)
{
	span_end(c, 'b', at, cat, name, id, begin_ns, args);
	span_end(c, 'e', at, cat, name, id, end_ns > begin_ns ? end_ns : begin_ns, NULL);
}

void chrome_instant(struct chrome *c, struct chrome_track at, const char *cat, const char *name,
	uint64_t at_ns, const char *args)
{
	if (!begin(c, 'i', at, name))
		return;
	category(c, cat);
	time_of(c, "ts", at_ns);
	fputs(at.tid ? ",\"s\":\"t\"" : ",\"s\":\"p\"", c->file);
	end(c, args);
}

void chrome_flow(struct chrome *c, enum chrome_flow step, struct chrome_track at, const char *name,
	uint64_t id, uint64_t at_ns)
{
	if (!begin(c, (char)step, at, name))
		return;
	category(c, "path");
	time_of(c, "ts", at_ns);
	fprintf(c->file, ",\"id\":\"0x%" PRIx64 "\"", id);
	if (step == CHROME_FLOW_END)
		fputs(",\"bp\":\"e\"", c->file); /* it ends in the slice around it, not in the next one */
	end(c, NULL);
}

void chrome_counter(struct chrome *c, pid_t pid, const char *name, uint64_t at_ns, double value)
{
	if (!begin(c, 'C', (struct chrome_track){pid, 0}, name))
		return;
	category(c, "counter");
	time_of(c, "ts", at_ns);
	fprintf(c->file, ",\"args\":{\"value\":%.6g}", value);
	end(c, NULL);
}

uint64_t chrome_left_out(const struct chrome *c)
{
	return c->left_out;
}

/* mkostemp() leaves it to its owner alone, other programs' files heed the umask. */
static void usual_mode(int fd)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
}

void chrome_abandon(struct chrome *c)
{
	if (c->rc == 0)
		c->rc = -ECANCELED;
	(void)chrome_close(c);
}

int chrome_close(struct chrome *c)
{
	int rc;

	fputs("\n]}\n", c->file);
	usual_mode(fileno(c->file));
	if ((fflush(c->file) != 0 || ferror(c->file)) && c->rc == 0)
		c->rc = errno ? -errno : -EIO;
	if (fclose(c->file) != 0 && c->rc == 0)
		c->rc = -errno;
	if (c->rc == 0 && rename(c->temporary, c->path) < 0)
		c->rc = -errno;
	rc = c->rc;
	if (rc < 0)
		(void)unlink(c->temporary);
	free(c->path);
	free(c->temporary);
	free(c);
	return rc;
}
