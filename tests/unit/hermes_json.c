/* SPDX-License-Identifier: MIT */
/* services/hermes/json_wire: the same values as JSON and as frames. Rows HER-05, UMF-04. */
#include <criterion/criterion.h>

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "json_wire.h"

/* JSON into a frame, and what came of it back into JSON. */
static int there_and_back(const char *text, char *ret, size_t size)
{
	struct score_bytes json;
	struct wire_out out;
	struct wire_in in;
	int rc;

	wire_out_init(&out);
	wire_begin_notify(&out, "test");
	rc = json_to_wire(&out, "value", text, strlen(text));
	if (rc == 0)
		rc = wire_end(&out);
	ret[0] = '\0';
	if (rc == 0) {
		cr_assert_eq(wire_in_init(&in), 0);
		cr_assert_eq(wire_decode(&in, out.data, out.len), 1);
		score_bytes_init(&json, &score_heap);
		rc = json_from_wire(wire_get(in.params, "value"), &json);
		cr_assert_lt(json.n, size);
		memcpy(ret, json.data, json.n);
		ret[json.n] = '\0';
		score_bytes_finish(&json);
		wire_in_finish(&in);
	}
	wire_out_finish(&out);
	return rc;
}

Test(hermes_json, values_stay,
	.description = "HER-05: numbers, texts, nesting: to a frame and back, in any locale")
{
	static const char *const same[] = {"0", "-1", "18446744073709551615", "-9223372036854775808", "0.1",
		"1e300", "\"\"", "\"a\\\"b\\\\c\\n\\u0001\xc3\xa4\"", "[]", "{}",
		"[1,[2,[3,{\"a\":null,\"b\":true,\"c\":false}]]]", "{\"x\":{\"y\":[1.5,-2.25]}}"};
	char text[512];

	(void)setlocale(LC_ALL, "de_DE.UTF-8");
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		cr_expect_eq(there_and_back(same[i], text, sizeof(text)), 0, "%s", same[i]);
		cr_expect_str_eq(text, same[i]);
	}
}

Test(hermes_json, what_no_frame_holds,
	.description = "HER-05: too deep, too large, too exact: it goes another way")
{
	char text[512], deep[64] = "";
	char *large = malloc(100000);

	for (unsigned i = 0; i < 20; i++)
		strcat(deep, "[");
	for (unsigned i = 0; i < 20; i++)
		strcat(deep, "]");
	cr_expect_eq(there_and_back(deep, text, sizeof(text)), -EMSGSIZE);
	cr_expect_eq(there_and_back("123456789012345678901234567890", text, sizeof(text)), -EMSGSIZE);
	cr_expect_eq(there_and_back("1e999", text, sizeof(text)), -EMSGSIZE);
	cr_expect_eq(there_and_back("\"a\\u0000b\"", text, sizeof(text)), -EMSGSIZE);
	memset(large, 'x', 100000);
	large[0] = large[99998] = '"';
	large[99999] = '\0';
	cr_expect_eq(there_and_back(large, text, sizeof(text)), -EMSGSIZE);
	cr_expect_eq(there_and_back("[1,", text, sizeof(text)), -EINVAL);
	free(large);
}

Test(hermes_json, writer,
	.description = "UMF-04: what is written is JSON, commas where they belong, bad UTF-8 mended")
{
	struct score_bytes out;

	score_bytes_init(&out, &score_heap);
	json_open(&out, NULL, '{');
	json_put_text(&out, "t", "x\"\\\n\x01{");
	json_put_number(&out, "n", -5);
	json_open(&out, "l", '[');
	json_put_bool(&out, NULL, 1);
	json_put_null(&out, NULL);
	json_open(&out, NULL, '{');
	json_close(&out, '}');
	json_close(&out, ']');
	json_put_seconds(&out, "s", 1500000000);
	json_put_seconds(&out, "z", 0);
	json_put_text(&out, "bad", "a\xff");
	json_close(&out, '}');
	score_bytes_u8(&out, 0);
	cr_expect_str_eq((char *)out.data, "{\"t\":\"x\\\"\\\\\\n\\u0001{\",\"n\":-5,\"l\":[true,null,{}],"
					   "\"s\":1.5,\"z\":0.0,\"bad\":\"a?\"}");
	score_bytes_finish(&out);
}
