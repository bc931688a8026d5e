/* SPDX-License-Identifier: MIT */
/* The thirteen presets. Their grids are those of TOU-03: what bears a rhythm's name is its Euclidean form. */
#include <mos/euclid.h>

#include <string.h>

static const struct mos_preset presets[] = {
	{MOS_PRESET_QUARTER, "quarter", "Quarter notes", MOS_PRESET_ESSENTIAL, 4, 4, 0, {0, 0}, 4, 4, 1,
		"Four even beats: the pulse of marches, rock and four-on-the-floor dance music.",
		"Play only beats two and four, then only one and three, without the tempo giving way.",
		"Listen for the distance between two beats, not for the beats: it is what you keep even."},
	{MOS_PRESET_TRESILLO, "tresillo", "Tresillo", MOS_PRESET_ESSENTIAL, 3, 8, 0, {0, 0}, 4, 4, 1,
		"Three onsets across eight steps, 3+3+2: from West and Central Africa to the Cuban habanera, "
		"New "
		"Orleans second line, reggaeton.",
		"Count 1-2-3 1-2-3 1-2 aloud and clap each 1; then keep four even beats with the foot.",
		"The first two onsets pull away from the beat, the third brings the bar home."},
	{MOS_PRESET_SON_32, "son-clave-3-2", "Son clave 3-2", MOS_PRESET_ESSENTIAL, 5, 8, 0, {0, 0}, 4, 4, 1,
		"The key of Cuban son and salsa: a dense side answered by an open one. In eight steps it is "
		"the "
		"cinquillo, 2+1+2+1+2.",
		"Clap it over a steady foot; sing the first onset of each side before you add the others.",
		"Hear two halves that lean on each other: tension first, then rest."},
	{MOS_PRESET_SON_23, "son-clave-2-3", "Son clave 2-3", MOS_PRESET_CULTURAL, 5, 8, 4, {0, 0}, 4, 4, 1,
		"The same key begun with its other side, as a song asks for it: the melody decides which "
		"side comes "
		"first, and the clave never turns around in the middle.",
		"Start it from silence on the rest of beat one: come in with the offbeat and stay there.",
		"Beat one is silent. Hear the phrase lean towards it."},
	{MOS_PRESET_BOSSA_NOVA, "bossa-nova", "Bossa nova", MOS_PRESET_CULTURAL, 5, 8, 2, {0, 0}, 4, 4, 1,
		"Rio de Janeiro, late 1950s: samba's syncopation, played softly on the guitar's upper "
		"strings.",
		"Play it with the fingers while the thumb keeps the half notes, as the guitar does.",
		"Follow the quiet onsets between the beats; they move the tune, the beat only carries it."},
	{MOS_PRESET_SIX_EIGHT, "six-eight", "Six-eight", MOS_PRESET_ESSENTIAL, 3, 6, 0, {0, 0}, 6, 8, 1,
		"Six eighths heard in three instead of two: the hemiola of Spanish, Mexican and Baroque "
		"dances.",
		"Switch bar by bar between two groups of three and three groups of two.",
		"Three onsets while the bar sways in two: hear both at once."},
	{MOS_PRESET_BELL, "bell-12-8", "12/8 bell", MOS_PRESET_CULTURAL, 5, 12, 0, {0, 0}, 12, 8, 1,
		"A timeline of West and Central African ensembles: an iron bell that everybody else listens "
		"to.",
		"Keep four dotted beats with the feet and place the bell against them; then walk.",
		"Let the ear change over from four beats to six and back while the bell stays as it is."},
	{MOS_PRESET_AKSAK, "aksak", "Aksak", MOS_PRESET_CULTURAL, 4, 7, 0, {0, 0}, 7, 8, 1,
		"'Limping': the uneven dance meters of Turkey and the Balkans, here 2+2+2+1.",
		"Say quick-quick-quick-hop and step it; the short step must not be given more time.",
		"The bar ends sooner than expected: that is its swing."},
	{MOS_PRESET_TEENTAL, "teental", "Teental", MOS_PRESET_CULTURAL, 4, 16, 0, {0, 0}, 4, 4, 4,
		"The commonest tala of Hindustani music: sixteen matras in four vibhags of four.",
		"Clap on 1, 5 and 13 and wave the hand on 9, as listeners do; say the bols along.",
		"Wait for sam, the first matra: all improvisation is aimed at it."},
	{MOS_PRESET_RUMBA, "rumba-clave", "Rumba clave", MOS_PRESET_CULTURAL, 5, 16, 12, {0, 0}, 4, 4, 1,
		"Havana's and Matanzas' street rumba keeps its clave with one onset later than the son's.",
		"Play it against quarters until the long gap at the beginning feels as sure as the rest.",
		"One wide gap and four of three steps: find the wide one and the bar has a face."},
	{MOS_PRESET_SOUKOUS, "soukous", "Soukous", MOS_PRESET_ADVANCED, 7, 12, 0, {0, 0}, 12, 8, 1,
		"Congolese dance music; seven onsets of twelve, the shape of the diatonic scale and of many "
		"bell "
		"patterns.",
		"Play it with one hand and the dotted beats with the other, then change hands.",
		"Mark the two places where an onset follows the other at once: they turn the circle."},
	{MOS_PRESET_THREE_TWO, "three-two", "Three against two", MOS_PRESET_ADVANCED, 4, 6, 0, {3, 2}, 4, 4,
		1, "The first polyrhythm of all: from Shona mbira and Ewe drumming to Brahms.",
		"Tap two with one hand, three with the other; 'not dif-fi-cult' has its rhythm.",
		"They meet on one and nowhere else. Hear the composite, then each hand by itself."},
	{MOS_PRESET_YORK_SAMAI, "york-samai", "York-Samai", MOS_PRESET_ADVANCED, 7, 16, 0, {0, 0}, 4, 4, 1,
		"Seven of sixteen, kin to samba's bells and to the samai of Arab and Turkish music.",
		"Learn 3+2+2 and 3+2+2+2 apart, then join them without a seam.",
		"Two threes among the twos: count how far apart they are, and the form is clear."},
};

static_assert(sizeof(presets) / sizeof(presets[0]) == MOS_PRESET_END - 1, "one line a preset");

const struct mos_preset *mos_preset(uint32_t id)
{
	return id > MOS_PRESET_NONE && id < MOS_PRESET_END ? &presets[id - 1] : NULL;
}

uint32_t mos_preset_find(const char *key)
{
	for (uint32_t id = MOS_PRESET_NONE + 1; id < MOS_PRESET_END; id++)
		if (strcmp(mos_preset(id)->key, key) == 0)
			return id;
	return MOS_PRESET_NONE;
}

struct mos_rhythm mos_preset_rhythm(const struct mos_preset *preset) MOS_RT
{
	struct mos_rhythm r = {.n_steps = preset->n};

	if (!preset->poly[0]) {
		(void)mos_euclid(preset->k, preset->n, preset->rotation, &r);
		return r;
	}
	for (uint32_t part = 0; part < 2; part++)
		for (uint32_t i = 0; i < preset->poly[part]; i++)
			mos_rhythm_put(&r, i * preset->n / preset->poly[part], 1);
	return r;
}

const char *mos_preset_tier_name(uint32_t tier)
{
	static const char *const names[MOS_PRESET_N_TIERS] = {"essential", "cultural", "advanced"};

	return tier < MOS_PRESET_N_TIERS ? names[tier] : NULL;
}
