/* SPDX-License-Identifier: MIT */
/** The extension "gp": what Guitar Pro says and the model has no place for. */
#include "gp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void gp_ext_finish(struct gp_ext *ext)
{
	score_bytes_finish(&ext->text);
	ext->n = 0;
}

static void add_member(
	struct nvx_draft *draft, struct gp_ext *ext, const char *key, const char *json, size_t len)
{
	if (!ext->text.alloc)
		score_bytes_init(&ext->text, nvx_pool_alloc(draft->pool));
	unsigned at = 0;
	while (at < ext->n && strcmp(ext->item[at].key, key) < 0)
		at++;
	const int is_known = at < ext->n && strcmp(ext->item[at].key, key) == 0;
	if (is_known || ext->n == sizeof(ext->item) / sizeof(*ext->item))
		return;
	memmove(&ext->item[at + 1], &ext->item[at], (ext->n - at) * sizeof(*ext->item));
	ext->item[at].key = key;
	ext->item[at].from = ext->text.n;
	ext->item[at].len = len;
	ext->n++;
	score_bytes_put(&ext->text, json, len);
}

void gp_ext_int(struct nvx_draft *draft, struct gp_ext *ext, const char *key, int64_t value)
{
	char buf[24];
	const int len = snprintf(buf, sizeof(buf), "%lld", (long long)value);
	add_member(draft, ext, key, buf, (size_t)len);
}

void gp_ext_flag(struct nvx_draft *draft, struct gp_ext *ext, const char *key)
{
	add_member(draft, ext, key, "true", 4);
}

void gp_ext_json(struct nvx_draft *draft, struct gp_ext *ext, const char *key, const char *json)
{
	add_member(draft, ext, key, json, strlen(json));
}

void gp_ext_text(struct nvx_draft *draft, struct gp_ext *ext, const char *key, const char *text, size_t len)
{
	const nvx_str str = nvx_clean_text(draft, text, len);
	if (!str)
		return;
	char buf[2 * 1024 + 2];
	size_t n = 0, left;
	const char *clean = nvx_string(draft->pool, str, &left);
	buf[n++] = '"';
	for (; left > 0 && n < sizeof(buf) - 2;
		clean++, left--) { /* a clean text has no control characters */
		if (*clean == '"' || *clean == '\\')
			buf[n++] = '\\';
		buf[n++] = *clean;
	}
	buf[n++] = '"';
	add_member(draft, ext, key, buf, n);
}

nvx_str gp_ext_take(struct nvx_draft *draft, struct gp_ext *ext)
{
	if (ext->n == 0)
		return 0;
	struct score_bytes out;
	score_bytes_init(&out, nvx_pool_alloc(draft->pool));
	score_bytes_puts(&out, "\"extensions\":{\"gp\":{");
	for (unsigned i = 0; i < ext->n; i++) {
		score_bytes_puts(&out, i ? ",\"" : "\"");
		score_bytes_puts(&out, ext->item[i].key);
		score_bytes_puts(&out, "\":");
		if (!ext->text.error)
			score_bytes_put(&out, ext->text.data + ext->item[i].from, ext->item[i].len);
	}
	score_bytes_puts(&out, "}}");
	nvx_str str = 0;
	if ((ext->text.error || out.error) && !draft->error)
		draft->error = -ENOMEM;
	else
		str = nvx_text(draft, (const char *)out.data, out.n);
	score_bytes_finish(&out);
	ext->n = 0;
	ext->text.n = 0;
	return str;
}
