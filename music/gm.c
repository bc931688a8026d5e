/* SPDX-License-Identifier: MIT */
/* General MIDI names. */
#include <errno.h>
#include <string.h>

#include <mos/gm.h>

/* Four a line, two lines a family. */
/* clang-format off */
static const char *const names[MOS_GM_PROGRAMS] = {
	"Acoustic Grand Piano", "Bright Acoustic Piano", "Electric Grand Piano", "Honky-tonk Piano",
	"Electric Piano 1", "Electric Piano 2", "Harpsichord", "Clavinet",
	"Celesta", "Glockenspiel", "Music Box", "Vibraphone",
	"Marimba", "Xylophone", "Tubular Bells", "Dulcimer",
	"Drawbar Organ", "Percussive Organ", "Rock Organ", "Church Organ",
	"Reed Organ", "Accordion", "Harmonica", "Tango Accordion",
	"Acoustic Guitar (nylon)", "Acoustic Guitar (steel)", "Electric Guitar (jazz)", "Electric Guitar (clean)",
	"Electric Guitar (muted)", "Overdriven Guitar", "Distortion Guitar", "Guitar Harmonics",
	"Acoustic Bass", "Electric Bass (finger)", "Electric Bass (pick)", "Fretless Bass",
	"Slap Bass 1", "Slap Bass 2", "Synth Bass 1", "Synth Bass 2",
	"Violin", "Viola", "Cello", "Contrabass",
	"Tremolo Strings", "Pizzicato Strings", "Orchestral Harp", "Timpani",
	"String Ensemble 1", "String Ensemble 2", "Synth Strings 1", "Synth Strings 2",
	"Choir Aahs", "Voice Oohs", "Synth Voice", "Orchestra Hit",
	"Trumpet", "Trombone", "Tuba", "Muted Trumpet",
	"French Horn", "Brass Section", "Synth Brass 1", "Synth Brass 2",
	"Soprano Sax", "Alto Sax", "Tenor Sax", "Baritone Sax",
	"Oboe", "English Horn", "Bassoon", "Clarinet",
	"Piccolo", "Flute", "Recorder", "Pan Flute",
	"Blown Bottle", "Shakuhachi", "Whistle", "Ocarina",
	"Lead 1 (square)", "Lead 2 (sawtooth)", "Lead 3 (calliope)", "Lead 4 (chiff)",
	"Lead 5 (charang)", "Lead 6 (voice)", "Lead 7 (fifths)", "Lead 8 (bass + lead)",
	"Pad 1 (new age)", "Pad 2 (warm)", "Pad 3 (polysynth)", "Pad 4 (choir)",
	"Pad 5 (bowed)", "Pad 6 (metallic)", "Pad 7 (halo)", "Pad 8 (sweep)",
	"FX 1 (rain)", "FX 2 (soundtrack)", "FX 3 (crystal)", "FX 4 (atmosphere)",
	"FX 5 (brightness)", "FX 6 (goblins)", "FX 7 (echoes)", "FX 8 (sci-fi)",
	"Sitar", "Banjo", "Shamisen", "Koto",
	"Kalimba", "Bagpipe", "Fiddle", "Shanai",
	"Tinkle Bell", "Agogo", "Steel Drums", "Woodblock",
	"Taiko Drum", "Melodic Tom", "Synth Drum", "Reverse Cymbal",
	"Guitar Fret Noise", "Breath Noise", "Seashore", "Bird Tweet",
	"Telephone Ring", "Helicopter", "Applause", "Gunshot",
};
/* clang-format on */

/* Lower-case words, one space before, between and after: " honky tonk piano ". Cut where it does not fit. */
static void normalise(const char *text, char *buf, size_t size)
{
	size_t len = 0;

	buf[len++] = ' ';
	for (; *text && len < size - 2; text++) {
		char c = *text;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf[len++] = c;
		else if (buf[len - 1] != ' ')
			buf[len++] = ' ';
	}
	if (buf[len - 1] != ' ')
		buf[len++] = ' ';
	buf[len] = '\0';
}

/* Each word of `wanted` is a word of `have`; both normalised. */
static int has_words(const char *have, const char *wanted)
{
	char word[64];

	for (const char *p = wanted; p[1]; p += strcspn(p + 1, " ") + 1) {
		size_t len = strcspn(p + 1, " ") + 2;

		memcpy(word, p, len);
		word[len] = '\0';
		if (!strstr(have, word))
			return 0;
	}
	return 1;
}

const char *mos_gm_name(uint32_t program)
{
	return program < MOS_GM_PROGRAMS ? names[program] : NULL;
}

int mos_gm_find(const char *name)
{
	char wanted[48], part[48], have[48];
	int by_words = -ENOENT, by_part = -ENOENT;

	normalise(name, wanted, sizeof(wanted));
	if (!wanted[1])
		return -ENOENT;
	strcpy(part, wanted);
	part[strlen(part) - 1] = '\0';
	for (int i = 0; i < MOS_GM_PROGRAMS; i++) {
		normalise(names[i], have, sizeof(have));
		if (!strcmp(have, wanted))
			return i;
		if (by_words < 0 && has_words(have, wanted))
			by_words = i;
		if (by_part < 0 && strstr(have, part + 1))
			by_part = i;
	}
	return by_words >= 0 ? by_words : by_part;
}
