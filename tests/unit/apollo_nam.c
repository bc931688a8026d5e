/* SPDX-License-Identifier: MIT */
/*
 * Neural amplifiers: what is refused and where, what hostile sound does to them, sizes, and small models
 * against sums worked out by hand.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nam.h>
#include <nam_kernel.h>

/* One array of one layer with one channel: rechannel 1, conv 1, bias 1, mixin 1, back 2, head 1, scale: 8
 * weights. */
#define ARRAY                                                                                                \
	"{\"input_size\":1,\"condition_size\":1,\"channels\":1,\"head_size\":1,\"kernel_size\":1,"           \
	"\"dilations\":[1],\"activation\":\"ReLU\",\"gated\":false,\"head_bias\":false}"
#define MODEL(version, layers, weights)                                                                      \
	"{\"version\":\"" version "\",\"architecture\":\"WaveNet\",\"config\":{\"layers\":[" layers          \
	"],\"head\":null,\"head_scale\":1},\"weights\":[" weights "]}"
#define EIGHT "2,0.5,0.25,1,1,0,4,0.5"
#define LSTM(config, weights)                                                                                \
	"{\"version\":\"0.5.0\",\"architecture\":\"LSTM\",\"config\":{" config "},\"weights\":[" weights "]" \
	"}"

static struct nam_model *parse(const char *json, double size)
{
	char error[256] = "";
	struct nam_model *m = NULL;

	cr_assert_eq(nam_parse(json, strlen(json), "test", size, &m, error, sizeof(error)), 0, "%s", error);
	return m;
}

static void refuse(const char *json, int code, const char *where)
{
	char error[256] = "";
	struct nam_model *m = NULL;
	const int rc = nam_parse(json, strlen(json), "a.nam", NAM_SIZE_BEST, &m, error, sizeof(error));

	cr_expect_eq(rc, code, "%d, not %d: %s (%.120s)", rc, code, error, json);
	cr_expect_null(m);
	cr_expect(strncmp(error, "a.nam: ", 7) == 0 && strstr(error, where), "'%s' does not say '%s'", error,
		where);
}

Test(apollo_nam, versions, .description = "NAM-05: other versions are refused")
{
	static const char *const good[] = {
		MODEL("0.5.0", ARRAY, EIGHT), MODEL("0.6.3", ARRAY, EIGHT), MODEL("0.7.99", ARRAY, EIGHT)};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		nam_free(parse(good[i], NAM_SIZE_BEST));
	refuse(MODEL("0.4.9", ARRAY, EIGHT), -ENOTSUP, "/version: is 0.4.9");
	refuse(MODEL("0.8.0", ARRAY, EIGHT), -ENOTSUP, "/version");
	refuse(MODEL("1.5.0", ARRAY, EIGHT), -ENOTSUP, "/version");
	refuse(MODEL("0.5", ARRAY, EIGHT), -EINVAL, "/version");
	refuse(MODEL("0.5.0-beta", ARRAY, EIGHT), -EINVAL, "/version");
	refuse(MODEL("4294967301.5.0", ARRAY, EIGHT), -EINVAL, "/version");
}

Test(apollo_nam, weights, .description = "NAM-05: too few, too many weights, and such that are no numbers")
{
	refuse(MODEL("0.5.0", ARRAY, "2,0.5,0.25,1,1,0,4"), -EINVAL, "too few weights: 8 or more");
	refuse(MODEL("0.5.0", ARRAY, EIGHT ",1"), -EINVAL,
		"/weights: too many weights: 8 are used, there are 9");
	refuse(MODEL("0.5.0", ARRAY, ""), -EINVAL, "too few weights");
	refuse(MODEL("0.5.0", ARRAY, "2,0.5,null,1,1,0,4,0.5"), -EINVAL, "/weights/2: must be a number");
	refuse(MODEL("0.5.0", ARRAY, "2,0.5,\"1\",1,1,0,4,0.5"), -EINVAL, "/weights/2");
	refuse(MODEL("0.5.0", ARRAY, "2,0.5,1e39,1,1,0,4,0.5"), -EINVAL, "/weights/2");
	refuse(MODEL("0.5.0", ARRAY, "2,0.5,NaN,1,1,0,4,0.5"), -EINVAL, "is no JSON");
	refuse(LSTM("\"num_layers\":1,\"input_size\":1,\"hidden_size\":3", "1,2,3"), -EINVAL,
		"/config: too few weights");
	refuse("{\"version\":\"0.5.0\",\"architecture\":\"Linear\",\"config\":{\"receptive_field\":2,"
	       "\"bias\":false}}",
		-EINVAL, "/weights: is missing");
}

/* A copy of ARRAY's model with one member replaced. */
static void refuse_instead(const char *member, const char *instead, int code, const char *where)
{
	static const char json[] = MODEL("0.5.0", ARRAY, EIGHT);
	const char *at = strstr(json, member);
	char text[4096];

	cr_assert_not_null(at);
	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - json), json, instead, at + strlen(member));
	refuse(text, code, where);
}

Test(apollo_nam, shapes, .description = "NAM-05: impossible and enormous shapes, with the place in the file")
{
	refuse_instead("\"dilations\":[1]", "\"dilations\":[0]", -EINVAL,
		"/config/layers/0/dilations/0: is 0, must be 1");
	refuse_instead("\"dilations\":[1]", "\"dilations\":[1.5]", -EINVAL, "/config/layers/0/dilations/0");
	refuse_instead("\"dilations\":[1]", "\"dilations\":[-1]", -EINVAL, "/config/layers/0/dilations/0");
	refuse_instead("\"dilations\":[1]", "\"dilations\":[1e300]", -EINVAL, "/config/layers/0/dilations/0");
	refuse_instead(
		"\"dilations\":[1]", "\"dilations\":[1048577]", -EFBIG, "/config/layers/0/dilations/0");
	refuse_instead("\"dilations\":[1]", "\"dilations\":[]", -EINVAL, "/config/layers/0/dilations");
	refuse_instead("\"dilations\":[1]", "\"dilations\":7", -EINVAL,
		"/config/layers/0/dilations: must be an array");
	refuse_instead("\"kernel_size\":1", "\"kernel_size\":0", -EINVAL, "/config/layers/0/kernel_size");
	refuse_instead("\"kernel_size\":1", "\"kernel_sizes\":[1,2]", -EINVAL,
		"/config/layers/0/kernel_sizes: has 2");
	refuse_instead("\"channels\":1", "\"channels\":1000000000", -EFBIG, "/config/layers/0/channels");
	refuse_instead("\"channels\":1", "\"channels\":1000", -EINVAL, "too few weights");
	refuse_instead("\"channels\":1", "\"channels\":true", -EINVAL, "/config/layers/0/channels");
	refuse_instead("\"channels\":1,", "", -EINVAL, "/config/layers/0/channels: is missing");
	refuse_instead("\"input_size\":1", "\"input_size\":2", -EINVAL,
		"/config/layers/0: input_size is 2, 1 come in");
	refuse_instead("\"condition_size\":1", "\"condition_size\":2", -EINVAL, "condition_size is 2");
	refuse_instead("\"head_size\":1", "\"head_size\":2", -EINVAL, "too few weights");
	refuse_instead("\"activation\":\"ReLU\"", "\"activation\":\"Snake\"", -ENOTSUP,
		"/config/layers/0/activation: unknown activation 'Snake'");
	refuse_instead("\"activation\":\"ReLU\"", "\"activation\":{\"type\":7}", -EINVAL,
		"/config/layers/0/activation/type");
	refuse_instead(
		"\"gated\":false", "\"gating_mode\":\"often\"", -EINVAL, "/config/layers/0/gating_mode");
	refuse_instead("\"gated\":false", "\"groups_input\":2", -EINVAL, "do not divide into 2 groups");
	refuse_instead("\"architecture\":\"WaveNet\"", "\"architecture\":\"Transformer\"", -ENOTSUP,
		"/architecture: unknown architecture 'Transformer'");
	refuse_instead("\"architecture\":\"WaveNet\",", "", -EINVAL, "/architecture");
	refuse_instead("\"layers\":[", "\"nothing\":[", -EINVAL, "/config/layers: is missing");
	refuse_instead("\"version\":\"0.5.0\"", "\"version\":\"0.5.0\",\"sample_rate\":\"high\"", -EINVAL,
		"/sample_rate");
	refuse_instead("\"version\":\"0.5.0\",", "", -EINVAL, "/version");
	refuse("[1,2]", -EINVAL, "must be an object");
	refuse("", -EINVAL, "is no JSON");
	refuse(LSTM("\"num_layers\":1,\"input_size\":1,\"hidden_size\":100000", ""), -EFBIG,
		"/config/hidden_size");
	refuse(LSTM("\"num_layers\":0,\"input_size\":1,\"hidden_size\":3", ""), -EINVAL,
		"/config/num_layers");
	/* Gigabytes of memory of the past, from few weights: 64 layers that look back 4095 * 2^20 frames
	 * each. */
	refuse_instead("\"kernel_size\":1,\"dilations\":[1]", "\"kernel_size\":4096,\"dilations\":[1048576]",
		-EFBIG, "would remember");
}

Test(apollo_nam, nesting, .description = "NAM-05: models inside of models end somewhere")
{
	char *text, error[256];
	struct nam_model *m = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	for (int i = 0; i < 2000; i++)
		fprintf(f, "{\"version\":\"0.7.0\",\"architecture\":\"SlimmableContainer\",\"config\":{"
			   "\"submodels\":"
			   "[{\"max_value\":1,\"model\":");
	fclose(f);
	cr_expect_eq(nam_parse(text, n, "a.nam", 1, &m, error, sizeof(error)), -EINVAL);
	free(text);
	f = open_memstream(&text, &n);
	for (int i = 0; i < 20; i++)
		fprintf(f, "{\"version\":\"0.7.0\",\"architecture\":\"SlimmableContainer\",\"weights\":[],"
			   "\"config\":"
			   "{\"submodels\":[{\"max_value\":1,\"model\":");
	fprintf(f, "%s", MODEL("0.5.0", ARRAY, EIGHT));
	for (int i = 0; i < 20; i++)
		fprintf(f, "}]}}");
	fclose(f);
	cr_expect_eq(nam_parse(text, n, "a.nam", 1, &m, error, sizeof(error)), -EFBIG, "%s", error);
	cr_expect_not_null(strstr(error, "deep"));
	free(text);
}

Test(apollo_nam, files, .description = "NAM-05: missing files, folders, and files above 50 MB are refused")
{
	char path[] = "/tmp/mos-nam-XXXXXX", error[256];
	struct nam_model *m = NULL;
	const int fd = mkstemp(path);

	cr_assert(fd >= 0);
	cr_expect_eq(nam_load("/nowhere/a.nam", 1, &m, error, sizeof(error)), -ENOENT);
	cr_expect_not_null(strstr(error, "/nowhere/a.nam"));
	cr_expect_eq(nam_load("/tmp", 1, &m, error, sizeof(error)), -EINVAL);
	cr_assert_eq(ftruncate(fd, (off_t)NAM_FILE_MAX + 1), 0);
	cr_expect_eq(nam_load(path, 1, &m, error, sizeof(error)), -EFBIG);
	cr_expect_not_null(strstr(error, "50 MiB"));
	cr_assert_eq(ftruncate(fd, 0), 0);
	cr_assert_eq(write(fd, MODEL("0.5.0", ARRAY, EIGHT), strlen(MODEL("0.5.0", ARRAY, EIGHT))),
		(ssize_t)strlen(MODEL("0.5.0", ARRAY, EIGHT)));
	cr_expect_eq(nam_load(path, 1, &m, error, sizeof(error)), 0, "%s", error);
	nam_free(m);
	close(fd);
	unlink(path);
}

Test(apollo_nam, by_hand, .description = "NAM-05: a WaveNet of eight weights is the sum it says it is")
{
	static const float x[5] = {0.0f, 0.5f, -1.0f, 0.25f, -0.125f};
	struct nam_model *m = parse(MODEL("0.5.0", ARRAY, EIGHT), NAM_SIZE_BEST);
	struct nam_state *s = nam_state_create(m);
	float y[5];

	nam_process(s, x, y, 5);
	/* Channel 2x; activated max(0, 0.5 * 2x + 0.25 + x); head 4, scale 0.5. The layer's way back is not
	 * heard. */
	for (int i = 0; i < 5; i++)
		cr_expect_float_eq(y[i], 2.0f * fmaxf(0.0f, 2.0f * x[i] + 0.25f), 1e-6, "%d: %g", i, y[i]);
	cr_expect_eq(nam_latency(s), 0u);
	cr_expect_eq(nam_info(m)->receptive_frames, 1u);
	nam_state_destroy(s);
	nam_free(m);
}

Test(apollo_nam, linear, .description = "NAM-05: a Linear model is its impulse response")
{
	struct nam_model *m =
		parse("{\"version\":\"0.5.0\",\"architecture\":\"Linear\",\"config\":{\"receptive_field\":4,"
		      "\"bias\":true},\"weights\":[1,0.5,-0.25,0.125,0.0625],\"sample_rate\":44100}",
			NAM_SIZE_BEST);
	static const float want[6] = {1, 0.5f, -0.25f, 0.125f, 0, 0};
	struct nam_state *s = nam_state_create(m);
	float x[6] = {1}, y[6];

	cr_expect_eq(nam_info(m)->rate_hz, 44100u);
	for (int run = 0; run < 2; run++) {
		nam_process(s, x, y, 3);
		nam_process(s, x + 3, y + 3, 3);
		for (int i = 0; i < 6; i++)
			cr_expect_float_eq(y[i], want[i] + 0.0625f, 1e-6, "%d: %g", i, y[i]);
		nam_reset(s);
	}
	nam_state_destroy(s);
	nam_free(m);
}

Test(apollo_nam, convnet, .description = "NAM-05: a ConvNet with normalisation is the sum it says it is")
{
	/* One block of dilation 2: taps 0.5 (older), 2; mean 1, variance 3.75, weight 4, bias 0.5, eps 0.25;
	 * head 3, 1. */
	struct nam_model *m =
		parse("{\"version\":\"0.5.0\",\"architecture\":\"ConvNet\",\"config\":{\"channels\":1,"
		      "\"dilations\":[2],\"batchnorm\":true,\"activation\":\"ReLU\"},"
		      "\"weights\":[0.5,2,1,3.75,4,0.5,0.25,3,1]}",
			NAM_SIZE_BEST);
	static const float x[6] = {1, -1, 0.5f, 2, 0, 0};
	struct nam_state *s = nam_state_create(m);
	float y[6];

	nam_process(s, x, y, 6);
	for (int i = 0; i < 6; i++) {
		const float sum = 2.0f * x[i] + (i >= 2 ? 0.5f * x[i - 2] : 0.0f),
			    normal = (sum - 1.0f) * 2.0f + 0.5f;

		cr_expect_float_eq(y[i], 3.0f * fmaxf(0.0f, normal) + 1.0f, 1e-5, "%d: %g", i, y[i]);
	}
	nam_state_destroy(s);
	nam_free(m);
}

Test(apollo_nam, tanh, .description = "NAM-06: tanh is never off by more than 4.4e-7, the same in all builds")
{
	const struct nam_kernel *all[3];
	const uint32_t n = nam_kernel_all(all);
	const struct nam_act act = {.kind = NAM_ACT_TANH};
	double worst = 0;

	for (int i = -200000; i < 200000; i += 64) {
		float x[3][NAM_CHUNK], from[NAM_CHUNK];

		for (int j = 0; j < 64; j++)
			from[j] = (float)(i + j) * 6e-5f;
		for (uint32_t k = 0; k < n; k++) {
			memcpy(x[k], from, sizeof(from));
			all[k]->activate(&act, 0, x[k], NAM_CHUNK);
			cr_assert_arr_eq(x[k], x[0], sizeof(from), "%s", all[k]->name);
		}
		for (int j = 0; j < 64; j++)
			worst = fmax(worst, fabs(x[0][j] - tanh((double)from[j])));
	}
	cr_expect(worst < 4.4e-7, "%g", worst);
}

Test(apollo_nam, activations, .description = "NAM-05: every activation against its formula")
{
	const struct nam_kernel *k = nam_kernel_best();

	for (float at = -10.0f; at < 10.0f; at += 0.0137f) {
		const double x = at, sigmoid = 1 / (1 + exp(-x));
		const struct {
			struct nam_act act;
			double want;
		} c[] = {
			{{.kind = NAM_ACT_HARDTANH}, fmin(1, fmax(-1, x))},
			{{.kind = NAM_ACT_RELU}, fmax(0, x)},
			{{.kind = NAM_ACT_LEAKY, .low_slope = 0.2f}, x > 0 ? x : 0.2f * x},
			{{.kind = NAM_ACT_SIGMOID}, sigmoid},
			{{.kind = NAM_ACT_SILU}, x * sigmoid},
			{{.kind = NAM_ACT_HARDSWISH}, x * fmin(6, fmax(0, x + 3)) / 6},
			{{NAM_ACT_LEAKY_HARDTANH, -0.5f, 2.0f, 0.25f, 0.125f, 0, NULL},
				x < -0.5 ? -0.5 + (x + 0.5) * 0.25
				: x > 2  ? 2 + (x - 2) * 0.125
					 : x},
			{{.kind = NAM_ACT_SOFTSIGN}, x / (1 + fabs(x))},
		};

		for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
			float y[NAM_STEP] = {at};

			k->activate(&c[i].act, c[i].act.low_slope, y, 1);
			cr_assert_float_eq(
				y[0], c[i].want, 4e-6, "%zu at %g: %g, not %g", i, x, y[0], c[i].want);
		}
		float y[NAM_STEP] = {at};
		k->activate(&(struct nam_act){.kind = NAM_ACT_FASTTANH}, 0, y, 1);
		cr_assert_float_eq(y[0], tanh(x), 1.5e-3, "%g: %g", x, y[0]);
	}
}

Test(apollo_nam, hostile_sound,
	.description = "NAM-05: NaN, infinities and denormals go in, finite sound comes out")
{
	static const char lstm[] = LSTM("\"num_layers\":1,\"input_size\":1,\"hidden_size\":1",
		"1,0.5,1,0.5,1,0.5,1,0.5,0,0,0,0,0,0,1,0");
	const char *const json[] = {MODEL("0.5.0", ARRAY, "1e30,1e30,1,1,1,0,1e30,1e30"), lstm};

	for (size_t i = 0; i < 2; i++) {
		struct nam_model *m = parse(json[i], NAM_SIZE_BEST);
		struct nam_state *s = nam_state_create(m), *fresh = nam_state_create(m);
		float x[300], y[300], want[300];

		for (int j = 0; j < 300; j++)
			x[j] = (float[]){NAN, INFINITY, -INFINITY, 1e38f, 1e-40f, -1.0f}[j % 6];
		nam_process(s, x, y, 300);
		for (int j = 0; j < 300; j++)
			cr_assert(isfinite(y[j]) && (y[j] == 0.0f || fabsf(y[j]) > 1e-37f), "%zu, %d: %g", i,
				j, y[j]);
		/* And what came in is gone. */
		nam_reset(s);
		memset(x, 0, sizeof(x));
		nam_process(s, x, y, 300);
		nam_process(fresh, x, want, 300);
		cr_expect_arr_eq(y, want, sizeof(y));
		nam_state_destroy(s);
		nam_state_destroy(fresh);
		nam_free(m);
	}
}

/* A slimmable array of two channels; one channel is its first rows and columns. */
#define SLIM(channels, extra)                                                                                \
	"{\"input_size\":1,\"condition_size\":1,\"channels\":" channels                                      \
	",\"head_size\":1,\"kernel_size\":2,"                                                                \
	"\"dilations\":[1],\"activation\":\"Tanh\",\"gated\":false,\"head_bias\":true" extra "}"

Test(apollo_nam, sizes, .description = "NAM-05: a smaller size of a slimmable model is its first channels")
{
	/* rechannel 2; conv 2x2x2, bias 2; mixin 2; back 2x2, bias 2; head 2, bias; scale */
	struct nam_model *both =
		parse(MODEL("0.7.0",
			      SLIM("2", ",\"slimmable\":{\"method\":\"slice_channels_uniform\",\"kwargs\":{"
					"\"allowed_channels\":[1,2]}}"),
			      "1,2,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.01,0.02,0.5,0.6,0.1,0.2,0.3,0.4,0,0,0.7,"
			      "0.8,0.125,2"),
			0.3);
	struct nam_model *one =
		parse(MODEL("0.7.0", SLIM("1", ""), "1,0.1,0.2,0.01,0.5,0.1,0,0.7,0.125,2"), 1);
	struct nam_state *a = nam_state_create(both), *b = nam_state_create(one);
	float x[100], y[100], want[100];

	for (int i = 0; i < 100; i++)
		x[i] = sinf((float)i * 0.3f);
	nam_process(a, x, y, 100);
	nam_process(b, x, want, 100);
	cr_expect_arr_eq(y, want, sizeof(y));
	nam_state_destroy(a);
	nam_state_destroy(b);
	nam_free(both);
	nam_free(one);
}

Test(apollo_nam, in_place, .description = "NAM-05: input and output may be one buffer")
{
	struct nam_model *m = parse(MODEL("0.5.0", SLIM("1", ""), "1,0.1,0.2,0.01,0.5,0.1,0,0.7,0.125,2"), 1);
	struct nam_state *a = nam_state_create(m), *b = nam_state_create(m);
	float x[1000], y[1000];

	for (int i = 0; i < 1000; i++)
		x[i] = sinf((float)i * 0.3f);
	nam_process(a, x, y, 1000);
	nam_process(b, x, x, 1000);
	cr_expect_arr_eq(x, y, sizeof(x));
	nam_state_destroy(a);
	nam_state_destroy(b);
	nam_free(m);
}

Test(apollo_nam, features,
	.description =
		"NAM-05: gating, FiLM, groups, heads, conditions: as the format's own library has them")
{
	/* That library (daae2d0b) on the fuzzer's seeds, 300 frames of noise; frames 0, 1, 2, 64, 150, 299.
	 */
	static const uint32_t at[6] = {0, 1, 2, 64, 150, 299};
	static const struct {
		const char *file;
		float want[6];
	} c[] = {
		{"films", {-0.209042f, -0.024573974f, -0.082541801f, -0.047717411f, -0.027338544f,
				  -0.093363963f}},
		{"gated", {-0.065803334f, -0.060416263f, -0.051255256f, -0.029812099f, -0.066600002f,
				  -0.065162882f}},
		{"post_head",
			{-0.31667996f, -0.3045637f, -0.32258373f, -0.34341252f, -0.25066644f, -0.29361939f}},
		{"condition",
			{-0.71579432f, -0.79424673f, -0.77702445f, -0.77777243f, -0.75869292f, -0.76838511f}},
		{"convnet", {0.83232701f, 0.77198154f, 0.75265509f, 0.8267417f, 0.73844492f, 0.80842614f}},
		{"container",
			{-0.79206103f, -0.74614608f, -0.57043141f, 0.25133938f, -0.90754318f, -0.93349701f}},
		{"lstm", {0.9724254f, 0.97288477f, 0.97363418f, 0.97515637f, 0.97089863f, 0.97072303f}},
		{"wavenet", {0.78258836f, 0.5766921f, 0.49005037f, 0.23522557f, 0.71480084f, 0.83929247f}},
	};
	float x[300], y[300];
	uint32_t seed = 1;

	for (int i = 0; i < 300; i++) {
		seed = seed * 1664525u + 1013904223u;
		x[i] = (float)(((seed >> 8) / 8388608.0 - 1) * 0.5);
	}
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		char path[4096], error[256];
		struct nam_model *m = NULL;

		(void)snprintf(
			path, sizeof(path), "%s/tests/fuzz/corpus/nam/%s.nam", MOS_SOURCE_ROOT, c[i].file);
		cr_assert_eq(nam_load(path, NAM_SIZE_BEST, &m, error, sizeof(error)), 0, "%s", error);
		struct nam_state *s = nam_state_create(m);
		nam_process(s, x, y, 300);
		for (int j = 0; j < 6; j++)
			cr_expect_float_eq(y[at[j]], c[i].want[j], 1e-6, "%s, frame %u: %.9g, not %.9g",
				c[i].file, at[j], y[at[j]], c[i].want[j]);
		nam_state_destroy(s);
		nam_free(m);
	}
}
