/* SPDX-License-Identifier: MIT */
/*
 * Three ears, one chord (MID-09): notes played, sound heard and the score vote; the winner stays until
 * another is clearly better, and on a chord that is held it changes no faster than twice a second.
 */
#ifndef CHORD_DETECTOR_FUSION_H
#define CHORD_DETECTOR_FUSION_H

#include <stdint.h>

#include <mos/chord.h>
#include <mos/event.h>

#define FUSION_N_EARS 3           /* enum mos_chord_origin */
#define FUSION_TOLD FUSION_N_EARS /* voices from here on: what other programs' ears told */
#define FUSION_N_VOICES (2 * FUSION_N_EARS)
#define FUSION_HELD_NS 500000000  /* between two changes on a held chord */
#define FUSION_FRESH_NS 250000000 /* after an attack nothing is held yet, */
#define FUSION_APART_NS 60000000  /* and changes are this far apart */
#define FUSION_SILENCE_NS 600000000

enum fusion_reason { FUSION_ALONE, FUSION_AGREED, FUSION_OUTVOTED, FUSION_SILENT };

struct fusion {
	struct {
		struct mos_chord chord; /* family MOS_CHORD_NONE: it hears none */
		float confidence;
		int64_t until_ns; /* its opinion is void from then on */
	} voice[FUSION_N_VOICES]; /* our own by enum mos_chord_origin, then those that were told */

	/* what was decided */
	struct mos_chord chord;
	float confidence; /* share of the votes */
	uint8_t leader;   /* voice whose symbol this is */
	uint8_t votes;    /* bits of the ears that agree on root and family */
	uint8_t version;  /* 1..255, counts decisions */
	uint8_t reason;   /* enum fusion_reason */
	int64_t changed_ns, attack_ns, supported_ns;
};

void fusion_init(struct fusion *fusion);
/* A voice says what it hears; NULL: nothing. Its word counts until `until_ns`. */
void fusion_tell(struct fusion *fusion, unsigned int voice, const struct mos_chord *chord, float confidence,
	int64_t until_ns);
/* Something was struck anew. */
void fusion_attack(struct fusion *fusion, int64_t now_ns);
/* Count votes. @return 1 it is another chord than before. */
int fusion_decide(struct fusion *fusion, int64_t now_ns);

const char *fusion_reason_text(uint8_t reason);

#endif
