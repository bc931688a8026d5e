/* SPDX-License-Identifier: MIT */
/* A .nam file: its version, what it says about itself, and which net is in it. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nam_model.h"
#include "nam_read.h"

#define JSON_BYTES_MAX ((size_t)300 << 20) /* what the parsed text may take */
#define RATE_DEFAULT 48000u

/* "0.5.4": three numbers; nothing else may stand there. */
static int parse_version(const char *text, uint32_t ret[3])
{
	for (int i = 0; i < 3; i++) {
		uint32_t n_digits = 0;

		for (ret[i] = 0; *text >= '0' && *text <= '9' && n_digits < 6; text++, n_digits++)
			ret[i] = ret[i] * 10 + (uint32_t)(*text - '0');
		if (n_digits == 0 || *text++ != (i < 2 ? '.' : '\0'))
			return -EINVAL;
	}
	return 0;
}

static int check_version(struct nam_reader *r, yyjson_val *model, struct nam_info *info)
{
	const char *text = yyjson_get_str(yyjson_obj_get(model, "version"));
	uint32_t v[3];
	const size_t mark = nam_enter(r, "version");

	if (!text || parse_version(text, v) < 0)
		return nam_fail(r, -EINVAL, "must be a text like \"0.5.4\"");
	if (v[0] != 0 || v[1] < 5 || v[1] > 7)
		return nam_fail(r, -ENOTSUP, "is %.20s, only 0.5 to 0.7 are known", text);
	if (info)
		snprintf(info->version, sizeof(info->version), "%s", text);
	nam_leave(r, mark);
	return 0;
}

static int read_rate(struct nam_reader *r, yyjson_val *model, uint32_t *ret)
{
	yyjson_val *v = yyjson_obj_get(model, "sample_rate");
	const double rate = yyjson_get_num(v);

	*ret = RATE_DEFAULT;
	if (!v || yyjson_is_null(v) || (yyjson_is_num(v) && rate <= 0))
		return 0;
	const size_t mark = nam_enter(r, "sample_rate");
	if (!yyjson_is_num(v) || !(rate >= 8000 && rate <= 768000))
		return nam_fail(r, -EINVAL, "must be 8000 to 768000");
	*ret = (uint32_t)lround(rate);
	nam_leave(r, mark);
	return 0;
}

/* Whole characters only. */
static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
			n--;
	}
	if (n)
		memcpy(to, from, n);
	to[n] = '\0';
}

static void read_metadata(yyjson_val *model, struct nam_info *info)
{
	yyjson_val *metadata = yyjson_obj_get(model, "metadata");
	yyjson_val *loudness = yyjson_obj_get(metadata, "loudness");

	copy_text(info->name, sizeof(info->name), yyjson_get_str(yyjson_obj_get(metadata, "name")));
	info->has_loudness = yyjson_is_num(loudness) && fabs(yyjson_get_num(loudness)) < 1000.0;
	info->loudness_db = info->has_loudness ? (float)yyjson_get_num(loudness) : 0.0f;
}

/* A container holds whole models, each for sizes below its max_value; they ascend. */
static int load_container(struct nam_reader *r, yyjson_val *config, double size, uint32_t depth,
	struct nam_net **ret, struct nam_info *info)
{
	yyjson_val *list, *v, *chosen = NULL, *model;
	double before = 0.0;
	size_t i, n_max, chosen_i = 0;
	int rc = nam_get_array(r, config, "submodels", &list);

	if (rc < 0)
		return rc;
	(void)nam_enter(r, "submodels");
	if (yyjson_arr_size(list) == 0)
		return nam_fail(r, -EINVAL, "must not be empty");
	yyjson_arr_foreach(list, i, n_max, v)
	{
		yyjson_val *max = yyjson_obj_get(v, "max_value");
		const size_t mark = nam_enter_index(r, i);

		if (!yyjson_is_num(max) || !(yyjson_get_num(max) > before))
			return nam_fail(r, -EINVAL, "max_value must be a number above the one before");
		before = yyjson_get_num(max);
		if (!chosen && (size < before || i + 1 == n_max)) {
			chosen = v;
			chosen_i = i;
		}
		nam_leave(r, mark);
	}
	(void)nam_enter_index(r, chosen_i);
	if ((rc = nam_get_object(r, chosen, "model", &model)) < 0)
		return rc;
	(void)nam_enter(r, "model");
	return nam_net_load(r, model, size, depth + 1, ret, info);
}

enum { CONTAINER = NAM_LINEAR + 1, N_ARCHITECTURES };

static const char *const architecture[N_ARCHITECTURES] = {[NAM_WAVENET] = "WaveNet",
	[NAM_LSTM] = "LSTM",
	[NAM_CONVNET] = "ConvNet",
	[NAM_LINEAR] = "Linear",
	[CONTAINER] = "SlimmableContainer"};

static int read_architecture(struct nam_reader *r, yyjson_val *model, int *ret)
{
	const char *name = yyjson_get_str(yyjson_obj_get(model, "architecture"));
	const size_t mark = nam_enter(r, "architecture");

	if (!name)
		return nam_fail(r, -EINVAL, "must be the name of an architecture");
	for (*ret = 0; *ret < N_ARCHITECTURES; ++*ret)
		if (strcmp(name, architecture[*ret]) == 0) {
			nam_leave(r, mark);
			return 0;
		}
	return nam_fail(r, -ENOTSUP, "unknown architecture '%.40s'", name);
}

static int load_net(struct nam_reader *r, yyjson_val *model, yyjson_val *config, int kind, double size,
	uint32_t depth, struct nam_net **ret, struct nam_info *info)
{
	struct nam_weights w = {0};
	uint32_t rate_hz;
	yyjson_val *list;
	int rc;

	if ((rc = read_rate(r, model, &rate_hz)) < 0 || (rc = nam_get_array(r, model, "weights", &list)) < 0)
		return rc;
	size_t mark = nam_enter(r, "weights");
	if ((rc = nam_weights_read(r, list, &w)) < 0)
		return rc;
	nam_leave(r, mark);
	mark = nam_enter(r, "config");
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		rc = nam_fail(r, -ENOMEM, "no memory");
	else if (kind == NAM_WAVENET)
		rc = nam_wavenet_load(r, config, size, depth, &w, *ret);
	else if (kind == NAM_LSTM)
		rc = nam_lstm_load(r, config, rate_hz, &w, *ret);
	else if (kind == NAM_CONVNET)
		rc = nam_convnet_load(r, config, &w, *ret);
	else
		rc = nam_linear_load(r, config, &w, *ret);
	if (rc == 0) {
		nam_leave(r, mark);
		(void)nam_enter(r, "weights");
		(*ret)->n_weights = w.n;
		if (w.n_taken != w.n)
			rc = nam_fail(
				r, -EINVAL, "too many weights: %zu are used, there are %zu", w.n_taken, w.n);
		nam_leave(r, mark);
	}
	if (rc == 0 && info) {
		copy_text(info->architecture, sizeof(info->architecture), architecture[kind]);
		info->rate_hz = rate_hz;
		info->n_weights = (uint32_t)w.n;
		info->receptive_frames = (*ret)->receptive_frames;
		info->n_multiplies = (*ret)->n_multiplies;
	}
	nam_weights_finish(&w);
	return rc;
}

int nam_net_load(struct nam_reader *r, yyjson_val *model, double size, uint32_t depth, struct nam_net **ret,
	struct nam_info *info)
{
	yyjson_val *config;
	int kind, rc;

	if (depth > NAM_DEPTH_MAX)
		return nam_fail(r, -EFBIG, "models lie more than %u deep in each other", NAM_DEPTH_MAX);
	if (!yyjson_is_obj(model))
		return nam_fail(r, -EINVAL, "must be an object");
	if ((rc = check_version(r, model, info)) < 0 || (rc = read_architecture(r, model, &kind)) < 0 ||
		(rc = nam_get_object(r, model, "config", &config)) < 0)
		return rc;
	if (kind != CONTAINER)
		return load_net(r, model, config, kind, size, depth, ret, info);
	(void)nam_enter(r, "config");
	return load_container(r, config, size, depth, ret, info);
}

/* What JSON takes is bounded, however small the numbers are written. */
struct budget {
	size_t left;
};

static void *budget_malloc(void *ctx, size_t size)
{
	struct budget *b = ctx;
	size_t *p = size <= b->left && size <= JSON_BYTES_MAX ? malloc(size + 16) : NULL;

	if (!p)
		return NULL;
	b->left -= size;
	*p = size;
	return (char *)p + 16;
}

static void budget_free(void *ctx, void *ptr)
{
	struct budget *b = ctx;
	size_t *p = (void *)((char *)ptr - 16);

	if (!ptr)
		return;
	b->left += *p;
	free(p);
}

static void *budget_realloc(void *ctx, void *ptr, size_t old_size, size_t size)
{
	struct budget *b = ctx;
	size_t *p = ptr ? (void *)((char *)ptr - 16) : NULL;

	if (!p)
		return budget_malloc(ctx, size);
	(void)old_size;
	const size_t had = *p;
	if (size > JSON_BYTES_MAX || (size > had && size - had > b->left))
		return NULL;
	p = realloc(p, size + 16);
	if (!p)
		return NULL;
	b->left = b->left + had - size;
	*p = size;
	return (char *)p + 16;
}

static int load_document(struct nam_reader *r, yyjson_val *root, double size, struct nam_model **ret)
{
	struct nam_model *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return nam_fail(r, -ENOMEM, "no memory");
	rc = nam_net_load(r, root, size, 0, &m->net, &m->info);
	if (rc == 0) {
		nam_leave(r, 0);
		read_metadata(root, &m->info);
		if (m->net->n_out != 1)
			rc = nam_fail(
				r, -ENOTSUP, "has %u outputs; only mono models can be played", m->net->n_out);
	}
	if (rc == 0)
		*ret = m;
	else
		nam_free(m);
	return rc;
}

int nam_parse(const char *json, size_t n_bytes, const char *name, double size, struct nam_model **ret,
	char *error, size_t error_size)
{
	struct nam_reader r = {.name = name, .error = error, .error_size = error_size};
	struct budget budget = {.left = JSON_BYTES_MAX};
	const yyjson_alc alc = {budget_malloc, budget_realloc, budget_free, &budget};
	yyjson_read_err why;
	int rc;

	if (n_bytes > NAM_FILE_MAX)
		return nam_fail(&r, -EFBIG, "is larger than %zu MiB", NAM_FILE_MAX >> 20);
	if (!(size >= 0.0 && size <= 1.0))
		return nam_fail(&r, -EINVAL, "the size asked for must be 0 to 1");
	/* Without YYJSON_READ_INSITU the text is only read. */
	yyjson_doc *doc = yyjson_read_opts((char *)json, n_bytes, 0, &alc, &why);
	if (!doc)
		return why.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION
			       ? nam_fail(&r, -EFBIG, "has too many values")
			       : nam_fail(&r, -EINVAL, "is no JSON: %s at byte %zu", why.msg, why.pos);
	rc = load_document(&r, yyjson_doc_get_root(doc), size, ret);
	yyjson_doc_free(doc);
	return rc;
}

static int read_whole(struct nam_reader *r, int fd, char **ret, size_t *ret_n)
{
	struct stat st;
	size_t n = 0;

	if (fstat(fd, &st) < 0)
		return nam_fail(r, -EIO, "%s", strerrordesc_np(errno));
	if (!S_ISREG(st.st_mode))
		return nam_fail(r, -EINVAL, "is not a file");
	if (st.st_size > (off_t)NAM_FILE_MAX)
		return nam_fail(r, -EFBIG, "is larger than %zu MiB", NAM_FILE_MAX >> 20);
	char *text = malloc((size_t)st.st_size + 1);
	if (!text)
		return nam_fail(r, -ENOMEM, "no memory");
	while (n < (size_t)st.st_size) {
		const ssize_t got = read(fd, text + n, (size_t)st.st_size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			const int rc = nam_fail(r, -EIO, "%s", strerrordesc_np(errno));
			free(text);
			return rc;
		}
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret = text;
	*ret_n = n;
	return 0;
}

int nam_load(const char *path, double size, struct nam_model **ret, char *error, size_t error_size)
{
	struct nam_reader r = {.name = path, .error = error, .error_size = error_size};
	/* O_NONBLOCK: a pipe must not hold us. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	size_t n = 0;
	int rc;

	if (fd < 0) {
		rc = errno == ENOENT || errno == EACCES ? -errno : -EIO;
		return nam_fail(&r, rc, "%s", strerrordesc_np(errno));
	}
	rc = read_whole(&r, fd, &text, &n);
	close(fd);
	if (rc < 0)
		return rc;
	rc = nam_parse(text, n, path, size, ret, error, error_size);
	free(text);
	return rc;
}

const struct nam_info *nam_info(const struct nam_model *m)
{
	return &m->info;
}
