/* SPDX-License-Identifier: MIT */
/*
 * Control frames from bytes. A frame that is taken has the shape that wire.h promises, its values can be read
 * in every way, and what is packed again from it is a frame with the same content.
 */
#include <string.h>

#include "fuzz.h"
#include "wire.h"

static void read_all(const msgpack_object *value)
{
	struct wire_error err;
	char text[16];
	int64_t i;
	double f;

	(void)wire_to_i64(value, &i);
	(void)wire_to_f64(value, &f);
	if (wire_to_str(value, text, sizeof(text)) == 0)
		FUZZ_CHECK(strlen(text) < sizeof(text));
	if (value->type == MSGPACK_OBJECT_ARRAY) {
		for (uint32_t n = 0; n < value->via.array.size; n++)
			read_all(&value->via.array.ptr[n]);
	} else if (value->type == MSGPACK_OBJECT_MAP) {
		wire_error_read(value, &err);
		FUZZ_CHECK(strlen(err.code) < sizeof(err.code) && strlen(err.message) < sizeof(err.message));
		for (uint32_t n = 0; n < value->via.map.size; n++) {
			read_all(&value->via.map.ptr[n].key);
			read_all(&value->via.map.ptr[n].val);
		}
	}
}

/* Pack the parameters again and decode what came out. */
static void check_again(struct wire_in *in)
{
	struct wire_in again;
	struct wire_out out;

	FUZZ_CHECK(wire_in_init(&again) == 0);
	wire_out_init(&out);
	wire_begin_notify(&out, in->method);
	wire_put_object(&out, "p", in->params);
	if (wire_end(&out) == 0) { /* a little larger or deeper than it came, it may not fit */
		int rc = wire_decode(&again, out.data, out.len);

		/* inside one more map, what was as deep as allowed is too deep */
		FUZZ_CHECK(rc == 1 || !strcmp(again.bad, "containers nested too deep"));
		if (rc == 1) {
			FUZZ_CHECK(!strcmp(again.method, in->method));
			FUZZ_CHECK(in->params->via.map.size == 0 ||
				   wire_get(again.params, "p")->via.map.size == in->params->via.map.size);
		}
	}
	wire_out_finish(&out);
	wire_in_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_in in;
	int rc;

	FUZZ_CHECK(wire_in_init(&in) == 0);
	rc = wire_decode(&in, data, size);
	if (rc < 0) {
		FUZZ_CHECK(in.bad && in.bad[0]);
	} else {
		FUZZ_CHECK(size <= WIRE_FRAME_MAX && (unsigned int)in.kind <= WIRE_NOTIFY);
		if (in.kind == WIRE_RESPONSE) {
			FUZZ_CHECK(in.result && in.result->type == MSGPACK_OBJECT_MAP);
			FUZZ_CHECK(!in.error || in.error->type == MSGPACK_OBJECT_MAP);
			read_all(in.result);
			if (in.error)
				read_all(in.error);
		} else {
			FUZZ_CHECK(in.params && in.params->type == MSGPACK_OBJECT_MAP);
			FUZZ_CHECK(in.method[0] && strlen(in.method) < sizeof(in.method));
			read_all(in.params);
			check_again(&in);
		}
	}
	wire_in_finish(&in);
	return 0;
}
