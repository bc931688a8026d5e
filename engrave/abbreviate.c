/* SPDX-License-Identifier: MIT */
/* Names of parts in short, for all systems but the first: as orchestras have them (Gould, Read), other words
 * cut. */
#include "layers.h"

#include <string.h>
#include <strings.h>

#define LONG 5u /* characters that a word may have and stay whole */
#define CUT 4u

static const struct {
	const char *word, *brief;
} usual[] = {
	{"piccolo", "Picc."},
	{"flute", "Fl."},
	{"flutes", "Fl."},
	{"flauto", "Fl."},
	{"oboe", "Ob."},
	{"oboes", "Ob."},
	{"clarinet", "Cl."},
	{"clarinets", "Cl."},
	{"clarinetto", "Cl."},
	{"bassoon", "Bsn."},
	{"bassoons", "Bsn."},
	{"fagotto", "Fg."},
	{"contrabassoon", "Cbsn."},
	{"saxophone", "Sax."},
	{"horn", "Hn."},
	{"horns", "Hn."},
	{"corno", "Cor."},
	{"trumpet", "Tpt."},
	{"trumpets", "Tpt."},
	{"tromba", "Tr."},
	{"trombone", "Tbn."},
	{"trombones", "Tbn."},
	{"tuba", "Tba."},
	{"timpani", "Timp."},
	{"percussion", "Perc."},
	{"drums", "Dr."},
	{"drumset", "Dr."},
	{"harp", "Hp."},
	{"piano", "Pno."},
	{"pianoforte", "Pno."},
	{"keyboard", "Kbd."},
	{"harpsichord", "Hpsd."},
	{"celesta", "Cel."},
	{"organ", "Org."},
	{"guitar", "Gtr."},
	{"violin", "Vln."},
	{"violins", "Vln."},
	{"violino", "Vln."},
	{"violine", "Vln."},
	{"viola", "Vla."},
	{"violas", "Vla."},
	{"violoncello", "Vc."},
	{"violoncellos", "Vc."},
	{"cello", "Vc."},
	{"cellos", "Vc."},
	{"contrabass", "Cb."},
	{"contrabasso", "Cb."},
	{"double bass", "Db."},
	{"english horn", "E. H."},
	{"soprano", "S."},
	{"alto", "A."},
	{"tenor", "T."},
	{"baritone", "Bar."},
};

static const char *usual_of(const char *name, size_t *ret_bytes)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		const size_t n = strlen(usual[i].word);
		if (strncasecmp(name, usual[i].word, n) == 0 && (!name[n] || strchr(" .,()", name[n]))) {
			*ret_bytes = n;
			return usual[i].brief;
		}
	}
	return NULL;
}

/** "Clavecin" -> "Clav.": bytes of a word that stay, whole characters. @return 0: all of it. */
static size_t cut_of(const char *word, size_t *ret_bytes)
{
	size_t bytes = 0, chars = 0, cut = 0;
	for (; word[bytes] && word[bytes] != ' '; bytes++) {
		chars += ((unsigned char)word[bytes] & 0xc0) != 0x80;
		if (chars <= CUT)
			cut = bytes + 1;
	}
	*ret_bytes = bytes;
	return chars > LONG ? cut : 0;
}

void eng_abbreviate(const char *name, char *buf, size_t size)
{
	size_t n = 0;
	while (*name) {
		size_t bytes = 0;
		const char *brief = usual_of(name, &bytes);
		const size_t cut = brief ? 0 : cut_of(name, &bytes);
		const size_t used = brief ? strlen(brief) : cut ? cut : bytes;
		if (n + used + 3 >= size)
			break;
		memcpy(buf + n, brief ? brief : name, used);
		n += used;
		if (cut)
			buf[n++] = '.';
		name += bytes;
		for (; *name == ' '; name++) {
			if (name[1] && name[1] != ' ')
				buf[n++] = ' ';
		}
	}
	buf[n] = '\0';
}
