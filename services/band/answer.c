/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdlib.h>
#include <string.h>

#define CHORDS_BYTES_MAX 8192u /* of a frame; the canonical text has all of them */

static const char *const intensities[] = {"soft", "medium", "hard"};
static const char *const tritones[] = {"none", "all_doms", "probabilistic"};
static const char *const quantizes[] = {"nearest", "down", "up"};

static void put_chords(struct wire_out *out, const struct band_inputs *in)
{
	char text[CHORDS_BYTES_MAX];
	size_t n = 0;

	for (uint32_t i = 0; i < in->n_chords; i++) {
		const size_t len = strlen(in->chord[i].text);

		if (n + len + 6 > sizeof(text)) {
			memcpy(text + n, " ...", 4);
			n += 4;
			break;
		}
		if (n)
			text[n++] = ' ';
		memcpy(text + n, in->chord[i].text, len);
		n += len;
	}
	text[n] = '\0';
	wire_put_str(out, "value", text);
}

static void put_sections(struct wire_out *out, const struct band_inputs *in)
{
	char text[4096];
	size_t n = 0;

	for (uint32_t i = 0; i < in->n_sections && n + BAND_SECTION_NAME + 16 < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s:%u", n ? " " : "",
			in->section[i].name, in->section[i].n_bars);
	text[n] = '\0';
	wire_put_str(out, "value", text);
}

static void put_seed(struct wire_out *out, bool has, int64_t seed)
{
	if (has)
		wire_put_i64(out, "value", seed);
	else
		wire_put_nil(out, "value");
}

static void put_value(struct wire_out *out, const struct band_inputs *in, enum band_key key)
{
	char text[32];

	switch (key) {
	case BAND_KEY_CHORDS:
		put_chords(out, in);
		break;
	case BAND_KEY_TEMPO:
		wire_put_f64(out, "value", in->tempo_bpm);
		break;
	case BAND_KEY_METER:
		(void)snprintf(text, sizeof(text), "%u/%u", in->meter_num, in->meter_den);
		wire_put_str(out, "value", text);
		break;
	case BAND_KEY_GRID:
		wire_put_u64(out, "value", in->grid);
		break;
	case BAND_KEY_QUANTIZE:
		wire_put_str(out, "value", quantizes[in->quantize]);
		break;
	case BAND_KEY_BARS:
		wire_put_u64(out, "value", in->bars_per_chord);
		break;
	case BAND_KEY_STYLE:
		wire_put_str(out, "value", in->style->name);
		break;
	case BAND_KEY_TRITONE:
		wire_put_str(out, "value", tritones[in->tritone]);
		break;
	case BAND_KEY_TRITONE_STRENGTH:
		wire_put_f64(out, "value", in->tritone_strength);
		break;
	case BAND_KEY_TRITONE_SEED:
		put_seed(out, in->has_tritone_seed, in->tritone_seed);
		break;
	case BAND_KEY_SWING:
		wire_put_f64(out, "value", in->swing);
		break;
	case BAND_KEY_HUMANIZE_MS:
		wire_put_f64(out, "value", in->humanize_ms);
		break;
	case BAND_KEY_HUMANIZE_VEL:
		wire_put_u64(out, "value", in->humanize_vel);
		break;
	case BAND_KEY_HUMANIZE_SEED:
		put_seed(out, in->has_humanize_seed, in->humanize_seed);
		break;
	case BAND_KEY_VOICING:
		wire_put_str(out, "value", in->voicing == BAND_VOICING_REFERENCE ? "reference" : "true");
		break;
	case BAND_KEY_TRANSPOSE:
		wire_put_i64(out, "value", in->transpose);
		break;
	case BAND_KEY_INTENSITY:
		wire_put_str(out, "value", intensities[in->intensity < 3 ? in->intensity : 1]);
		break;
	case BAND_KEY_SECTIONS:
		put_sections(out, in);
		break;
	case BAND_KEY_NAME:
		wire_put_str(out, "value", in->name);
		break;
	case BAND_KEY_OUTFILE:
		wire_put_str(out, "value", in->outfile);
		break;
	case BAND_N_KEYS:
		break;
	}
}

void answer_put_inputs(struct wire_out *out, const struct band_inputs *in)
{
	wire_open_map(out, "inputs");
	for (unsigned i = 0; i < BAND_N_KEYS; i++) {
		wire_open_map(out, band_key_name((enum band_key)i));
		put_value(out, in, (enum band_key)i);
		wire_put_str(out, "from", band_origin_name((enum band_origin)in->by[i]));
		wire_close(out);
	}
	wire_close(out);
}
