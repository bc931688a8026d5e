/* SPDX-License-Identifier: MIT */
/*
 * Emmentaler's signs under SMuFL's code points. The font names its glyphs; where they stand elsewhere than
 * SMuFL wants them (articulations around their middle, digits on the base line), the table says which edge
 * goes where, and signs that it lacks are put together from others. Numbers are staff spaces, y upwards.
 */
#include "font_impl.h"

#define GLYPH(name, ...) {.glyph = name __VA_OPT__(, ) __VA_ARGS__}
#define POLY(points, ...)                                                                                    \
	{.polygon = points, .n_points = sizeof(points) / sizeof(*(points)) / 2 __VA_OPT__(, ) __VA_ARGS__}

/* Stems of notes in a line of text; x is their outer edge. */
static const float stem[] = {-0.13f, 0.15f, 0, 0.15f, 0, 3.5f, -0.13f, 3.5f};
static const float short_stem[] = {-0.13f, 0.15f, 0, 0.15f, 0, 2.9f, -0.13f, 2.9f};
static const float long_stem[] = {-0.13f, 0.15f, 0, 0.15f, 0, 4.25f, -0.13f, 4.25f};
static const float stem_down[] = {-0.13f, -3.5f, 0, -3.5f, 0, -0.15f, -0.13f, -0.15f};
static const float short_stem_down[] = {-0.13f, -2.9f, 0, -2.9f, 0, -0.15f, -0.13f, -0.15f};
static const float long_stem_down[] = {-0.13f, -4.25f, 0, -4.25f, 0, -0.15f, -0.13f, -0.15f};
static const float tremolo[] = {-0.6f, -0.4f, 0.6f, 0, 0.6f, 0.4f, -0.6f, 0};
static const float slash[] = {0, -1, 0.7f, -1, 2.12f, 1, 1.42f, 1};
static const float stroke[] = {0.05f, 0, 0.14f, 0, 0.19f, 1.16f, 0, 1.16f};
static const float bracket_left[] = {0, -0.8f, 0.35f, -0.8f, 0.35f, -0.68f, 0.12f, -0.68f, 0.12f, 0.68f,
	0.35f, 0.68f, 0.35f, 0.8f, 0, 0.8f};
static const float bracket_right[] = {
	0, -0.8f, 0.35f, -0.8f, 0.35f, 0.8f, 0, 0.8f, 0, 0.68f, 0.23f, 0.68f, 0.23f, -0.68f, 0, -0.68f};

/* clang-format off */
const struct sign font_sign[] = {
	{0xe000, "brace", {GLYPH("brace150", .place = LEFT | BOTTOM, .scale = 0.36258f)}},
	{0xe003, "bracketTop", {GLYPH("brackettips.up")}},
	{0xe004, "bracketBottom", {GLYPH("brackettips.down")}},
	{0xe043, "repeatDots", {GLYPH("dots.dot", .y = 1.5f), GLYPH("dots.dot", .y = 2.5f)}},
	{0xe044, "repeatDot", {GLYPH("dots.dot")}},
	{0xe047, "segno", {GLYPH("scripts.segno", .place = LEFT | BOTTOM)}},
	{0xe048, "coda", {GLYPH("scripts.coda", .place = LEFT | BOTTOM)}},
	{0xe049, "codaSquare", {GLYPH("scripts.varcoda", .place = LEFT | BOTTOM)}},
	{0xe04a, "segnoSerpent1", {GLYPH("scripts.varsegno", .place = LEFT | BOTTOM, .scale = 0.5f)}},
	{0xe050, "gClef", {GLYPH("clefs.G")}},
	{0xe051, "gClef15mb", {
		GLYPH("clefs.G"),
		GLYPH("one", .place = TOP | CENTER, .x = 0.87f, .y = -2.6f, .scale = 0.5f, .shear = 0.2f),
		GLYPH("five", .place = TOP | CENTER, .x = 1.53f, .y = -2.6f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe052, "gClef8vb", {
		GLYPH("clefs.G"),
		GLYPH("eight", .place = TOP | CENTER, .x = 1.15f, .y = -2.6f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe053, "gClef8va", {
		GLYPH("clefs.G"),
		GLYPH("eight", .place = BOTTOM | CENTER, .x = 1.4f, .y = 4.85f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe054, "gClef15ma", {
		GLYPH("clefs.G"),
		GLYPH("one", .place = BOTTOM | CENTER, .x = 1.15f, .y = 4.85f, .scale = 0.5f, .shear = 0.2f),
		GLYPH("five", .place = BOTTOM | CENTER, .x = 1.81f, .y = 4.85f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe05c, "cClef", {GLYPH("clefs.C")}},
	{0xe05d, "cClef8vb", {
		GLYPH("clefs.C"),
		GLYPH("eight", .place = TOP | CENTER, .x = 1.35f, .y = -2.1f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe062, "fClef", {GLYPH("clefs.F")}},
	{0xe063, "fClef15mb", {
		GLYPH("clefs.F"),
		GLYPH("one", .place = TOP | CENTER, .x = 0.82f, .y = -2.15f, .scale = 0.5f, .shear = 0.2f),
		GLYPH("five", .place = TOP | CENTER, .x = 1.48f, .y = -2.15f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe064, "fClef8vb", {
		GLYPH("clefs.F"),
		GLYPH("eight", .place = TOP | CENTER, .x = 1.1f, .y = -2.15f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe065, "fClef8va", {
		GLYPH("clefs.F"),
		GLYPH("eight", .place = BOTTOM | CENTER, .x = 1.35f, .y = 1.15f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe066, "fClef15ma", {
		GLYPH("clefs.F"),
		GLYPH("one", .place = BOTTOM | CENTER, .x = 1.1f, .y = 1.15f, .scale = 0.5f, .shear = 0.2f),
		GLYPH("five", .place = BOTTOM | CENTER, .x = 1.76f, .y = 1.15f, .scale = 0.5f, .shear = 0.2f)}},
	{0xe069, "unpitchedPercussionClef1", {GLYPH("clefs.percussion", .place = LEFT)}},
	{0xe06a, "unpitchedPercussionClef2", {GLYPH("clefs.varpercussion", .place = LEFT)}},
	{0xe06d, "6stringTabClef", {GLYPH("clefs.tab", .place = LEFT)}},
	{0xe06e, "4stringTabClef", {GLYPH("clefs.tab", .place = LEFT, .scale = 0.68f)}},
	{0xe07a, "gClefChange", {GLYPH("clefs.G_change")}},
	{0xe07b, "cClefChange", {GLYPH("clefs.C_change")}},
	{0xe07c, "fClefChange", {GLYPH("clefs.F_change")}},
	{0xe080, "timeSig0", {GLYPH("zero", .place = MIDDLE)}},
	{0xe081, "timeSig1", {GLYPH("one", .place = MIDDLE)}},
	{0xe082, "timeSig2", {GLYPH("two", .place = MIDDLE)}},
	{0xe083, "timeSig3", {GLYPH("three", .place = MIDDLE)}},
	{0xe084, "timeSig4", {GLYPH("four", .place = MIDDLE)}},
	{0xe085, "timeSig5", {GLYPH("five", .place = MIDDLE)}},
	{0xe086, "timeSig6", {GLYPH("six", .place = MIDDLE)}},
	{0xe087, "timeSig7", {GLYPH("seven", .place = MIDDLE)}},
	{0xe088, "timeSig8", {GLYPH("eight", .place = MIDDLE)}},
	{0xe089, "timeSig9", {GLYPH("nine", .place = MIDDLE)}},
	{0xe08a, "timeSigCommon", {GLYPH("timesig.C44")}},
	{0xe08b, "timeSigCutCommon", {GLYPH("timesig.C22")}},
	{0xe08c, "timeSigPlus", {GLYPH("plus", .place = MIDDLE, .scale = 1.6f)}},
	{0xe08d, "timeSigPlusSmall", {GLYPH("plus", .place = MIDDLE, .scale = 0.8f)}},
	{0xe0a0, "noteheadDoubleWhole", {GLYPH("noteheads.sM1", .place = LEFT)}},
	{0xe0a1, "noteheadDoubleWholeSquare", {GLYPH("noteheads.sM1double", .place = LEFT)}},
	{0xe0a2, "noteheadWhole", {GLYPH("noteheads.s0")}},
	{0xe0a3, "noteheadHalf", {GLYPH("noteheads.s1")}},
	{0xe0a4, "noteheadBlack", {GLYPH("noteheads.s2")}},
	{0xe0a5, "noteheadNull"},
	{0xe0a7, "noteheadXWhole", {GLYPH("noteheads.s0cross")}},
	{0xe0a8, "noteheadXHalf", {GLYPH("noteheads.s1cross")}},
	{0xe0a9, "noteheadXBlack", {GLYPH("noteheads.s2cross")}},
	{0xe0aa, "noteheadXOrnate", {GLYPH("accidentals.doublesharp", .place = LEFT)}},
	{0xe0b1, "noteheadCircleXWhole", {GLYPH("noteheads.s2xcircle")}},
	{0xe0b2, "noteheadCircleXHalf", {GLYPH("noteheads.s2xcircle")}},
	{0xe0b3, "noteheadCircleX", {GLYPH("noteheads.s2xcircle")}},
	{0xe0bb, "noteheadTriangleUpWhole", {GLYPH("noteheads.s0do")}},
	{0xe0bc, "noteheadTriangleUpHalf", {GLYPH("noteheads.s1do")}},
	{0xe0be, "noteheadTriangleUpBlack", {GLYPH("noteheads.s2do")}},
	{0xe0c4, "noteheadTriangleDownWhole", {GLYPH("noteheads.s0do", .place = LEFT | MIDDLE, .turn = 180)}},
	{0xe0c5, "noteheadTriangleDownHalf", {GLYPH("noteheads.s1do", .place = LEFT | MIDDLE, .turn = 180)}},
	{0xe0c7, "noteheadTriangleDownBlack", {GLYPH("noteheads.s2do", .place = LEFT | MIDDLE, .turn = 180)}},
	{0xe0d8, "noteheadDiamondWhole", {GLYPH("noteheads.s0mi")}},
	{0xe0d9, "noteheadDiamondHalf", {GLYPH("noteheads.s1mi")}},
	{0xe0db, "noteheadDiamondBlack", {GLYPH("noteheads.s2mi")}},
	{0xe0dd, "noteheadDiamondWhite", {GLYPH("noteheads.s0harmonic", .place = LEFT)}},
	{0xe0f5, "noteheadParenthesisLeft", {GLYPH("accidentals.leftparen", .place = LEFT)}},
	{0xe0f6, "noteheadParenthesisRight", {GLYPH("accidentals.rightparen", .place = LEFT)}},
	{0xe100, "noteheadSlashVerticalEnds", {GLYPH("noteheads.s2slash")}},
	{0xe101, "noteheadSlashHorizontalEnds", {GLYPH("noteheads.s2slash")}},
	{0xe102, "noteheadSlashWhiteWhole", {GLYPH("noteheads.s0slash")}},
	{0xe103, "noteheadSlashWhiteHalf", {GLYPH("noteheads.s1slash")}},
	{0xe105, "noteheadSlashVerticalEndsSmall", {GLYPH("noteheads.s2slash", .scale = 0.5f)}},
	{0xe1d0, "noteDoubleWhole", {GLYPH("noteheads.sM1", .place = LEFT)}},
	{0xe1d2, "noteWhole", {GLYPH("noteheads.s0")}},
	{0xe1d3, "noteHalfUp", {GLYPH("noteheads.s1"), POLY(stem, .x = 1.377f)}},
	{0xe1d4, "noteHalfDown", {GLYPH("noteheads.s1"), POLY(stem_down, .x = 0.13f)}},
	{0xe1d5, "noteQuarterUp", {GLYPH("noteheads.s2"), POLY(stem, .x = 1.304f)}},
	{0xe1d6, "noteQuarterDown", {GLYPH("noteheads.s2"), POLY(stem_down, .x = 0.13f)}},
	{0xe1d7, "note8thUp", {
		GLYPH("noteheads.s2"), POLY(stem, .x = 1.304f), GLYPH("flags.u3", .x = 1.304f, .y = 3.5f)}},
	{0xe1d8, "note8thDown", {
		GLYPH("noteheads.s2"), POLY(stem_down, .x = 0.13f), GLYPH("flags.d3", .x = 0.13f, .y = -3.5f)}},
	{0xe1d9, "note16thUp", {
		GLYPH("noteheads.s2"), POLY(stem, .x = 1.304f), GLYPH("flags.u4", .x = 1.304f, .y = 3.5f)}},
	{0xe1da, "note16thDown", {
		GLYPH("noteheads.s2"), POLY(stem_down, .x = 0.13f), GLYPH("flags.d4", .x = 0.13f, .y = -3.5f)}},
	{0xe1db, "note32ndUp", {
		GLYPH("noteheads.s2"), POLY(long_stem, .x = 1.304f), GLYPH("flags.u5", .x = 1.304f, .y = 4.25f)}},
	{0xe1dc, "note32ndDown", {
		GLYPH("noteheads.s2"), POLY(long_stem_down, .x = 0.13f), GLYPH("flags.d5", .x = 0.13f, .y = -4.25f)}},
	{0xe1e7, "augmentationDot", {GLYPH("dots.dot")}},
	{0xe220, "tremolo1", {POLY(tremolo)}},
	{0xe221, "tremolo2", {POLY(tremolo, .y = -0.4f), POLY(tremolo, .y = 0.4f)}},
	{0xe222, "tremolo3", {POLY(tremolo, .y = -0.8f), POLY(tremolo), POLY(tremolo, .y = 0.8f)}},
	{0xe223, "tremolo4", {
		POLY(tremolo, .y = -1.2f), POLY(tremolo, .y = -0.4f), POLY(tremolo, .y = 0.4f),
		POLY(tremolo, .y = 1.2f)}},
	{0xe224, "tremolo5", {
		POLY(tremolo, .y = -1.6f), POLY(tremolo, .y = -0.8f), POLY(tremolo), POLY(tremolo, .y = 0.8f),
		POLY(tremolo, .y = 1.6f)}},
	{0xe240, "flag8thUp", {GLYPH("flags.u3", .x = 0.13f)}},
	{0xe241, "flag8thDown", {GLYPH("flags.d3", .x = 0.13f)}},
	{0xe242, "flag16thUp", {GLYPH("flags.u4", .x = 0.13f)}},
	{0xe243, "flag16thDown", {GLYPH("flags.d4", .x = 0.13f)}},
	{0xe244, "flag32ndUp", {GLYPH("flags.u5", .x = 0.13f, .y = 0.75f)}},
	{0xe245, "flag32ndDown", {GLYPH("flags.d5", .x = 0.13f, .y = -0.75f)}},
	{0xe246, "flag64thUp", {GLYPH("flags.u6", .x = 0.13f, .y = 1.75f)}},
	{0xe247, "flag64thDown", {GLYPH("flags.d6", .x = 0.13f, .y = -1.5f)}},
	{0xe248, "flag128thUp", {GLYPH("flags.u7", .x = 0.13f, .y = 2.75f)}},
	{0xe249, "flag128thDown", {GLYPH("flags.d7", .x = 0.13f, .y = -2.5f)}},
	{0xe24a, "flag256thUp", {GLYPH("flags.u8", .x = 0.13f, .y = 3.75f)}},
	{0xe24b, "flag256thDown", {GLYPH("flags.d8", .x = 0.13f, .y = -3.5f)}},
	{0xe24c, "flag512thUp", {GLYPH("flags.u9", .x = 0.13f, .y = 4.75f)}},
	{0xe24d, "flag512thDown", {GLYPH("flags.d9", .x = 0.13f, .y = -4.5f)}},
	{0xe24e, "flag1024thUp", {GLYPH("flags.u10", .x = 0.13f, .y = 5.75f)}},
	{0xe24f, "flag1024thDown", {GLYPH("flags.d10", .x = 0.13f, .y = -5.5f)}},
	{0xe260, "accidentalFlat", {GLYPH("accidentals.flat")}},
	{0xe261, "accidentalNatural", {GLYPH("accidentals.natural")}},
	{0xe262, "accidentalSharp", {GLYPH("accidentals.sharp")}},
	{0xe263, "accidentalDoubleSharp", {GLYPH("accidentals.doublesharp")}},
	{0xe264, "accidentalDoubleFlat", {GLYPH("accidentals.flatflat")}},
	{0xe265, "accidentalTripleSharp", {
		GLYPH("accidentals.sharp"), GLYPH("accidentals.doublesharp", .x = 1.25f)}},
	{0xe266, "accidentalTripleFlat", {GLYPH("accidentals.flatflat"), GLYPH("accidentals.flat", .x = 1.33f)}},
	{0xe267, "accidentalNaturalFlat", {GLYPH("accidentals.natural"), GLYPH("accidentals.flat", .x = 0.95f)}},
	{0xe268, "accidentalNaturalSharp", {GLYPH("accidentals.natural"), GLYPH("accidentals.sharp", .x = 0.9f)}},
	{0xe26a, "accidentalParensLeft", {GLYPH("accidentals.leftparen", .place = LEFT)}},
	{0xe26b, "accidentalParensRight", {GLYPH("accidentals.rightparen", .place = LEFT)}},
	{0xe26c, "accidentalBracketLeft", {POLY(bracket_left)}},
	{0xe26d, "accidentalBracketRight", {POLY(bracket_right)}},
	{0xe270, "accidentalQuarterToneFlatArrowUp", {GLYPH("accidentals.flat.arrowup")}},
	{0xe271, "accidentalThreeQuarterTonesFlatArrowDown", {GLYPH("accidentals.flat.arrowdown")}},
	{0xe272, "accidentalQuarterToneSharpNaturalArrowUp", {GLYPH("accidentals.natural.arrowup")}},
	{0xe273, "accidentalQuarterToneFlatNaturalArrowDown", {GLYPH("accidentals.natural.arrowdown")}},
	{0xe274, "accidentalThreeQuarterTonesSharpArrowUp", {GLYPH("accidentals.sharp.arrowup")}},
	{0xe275, "accidentalQuarterToneSharpArrowDown", {GLYPH("accidentals.sharp.arrowdown")}},
	{0xe280, "accidentalQuarterToneFlatStein", {GLYPH("accidentals.mirroredflat")}},
	{0xe281, "accidentalThreeQuarterTonesFlatZimmermann", {GLYPH("accidentals.mirroredflat.flat")}},
	{0xe282, "accidentalQuarterToneSharpStein", {GLYPH("accidentals.sharp.slashslash.stem")}},
	{0xe283, "accidentalThreeQuarterTonesSharpStein", {GLYPH("accidentals.sharp.slashslash.stemstemstem")}},
	{0xe440, "accidentalBuyukMucennebFlat", {GLYPH("accidentals.flat.slashslash")}},
	{0xe442, "accidentalBakiyeFlat", {GLYPH("accidentals.flat.slash")}},
	{0xe444, "accidentalKomaSharp", {GLYPH("accidentals.sharp.slashslashslash.stem")}},
	{0xe445, "accidentalBakiyeSharp", {GLYPH("accidentals.sharp")}},
	{0xe446, "accidentalKucukMucennebSharp", {GLYPH("accidentals.sharp.slash.stem")}},
	{0xe447, "accidentalBuyukMucennebSharp", {GLYPH("accidentals.sharp.slashslashslash.stemstem")}},
	{0xe460, "accidentalKoron", {GLYPH("accidentals.flat.koron")}},
	{0xe461, "accidentalSori", {GLYPH("accidentals.sharp.sori")}},
	{0xe4a0, "articAccentAbove", {GLYPH("scripts.sforzato", .place = LEFT | BOTTOM)}},
	{0xe4a1, "articAccentBelow", {GLYPH("scripts.sforzato", .place = LEFT | TOP)}},
	{0xe4a2, "articStaccatoAbove", {GLYPH("scripts.staccato", .place = LEFT | BOTTOM)}},
	{0xe4a3, "articStaccatoBelow", {GLYPH("scripts.staccato", .place = LEFT | TOP)}},
	{0xe4a4, "articTenutoAbove", {GLYPH("scripts.tenuto", .place = LEFT | BOTTOM)}},
	{0xe4a5, "articTenutoBelow", {GLYPH("scripts.tenuto", .place = LEFT | TOP)}},
	{0xe4a6, "articStaccatissimoAbove", {GLYPH("scripts.ustaccatissimo", .place = LEFT | BOTTOM)}},
	{0xe4a7, "articStaccatissimoBelow", {GLYPH("scripts.dstaccatissimo", .place = LEFT | TOP)}},
	{0xe4a8, "articStaccatissimoWedgeAbove", {GLYPH("scripts.ustaccatissimo", .place = LEFT | BOTTOM)}},
	{0xe4a9, "articStaccatissimoWedgeBelow", {GLYPH("scripts.dstaccatissimo", .place = LEFT | TOP)}},
	{0xe4aa, "articStaccatissimoStrokeAbove", {POLY(stroke, .place = LEFT | BOTTOM)}},
	{0xe4ab, "articStaccatissimoStrokeBelow", {POLY(stroke, .place = LEFT | TOP)}},
	{0xe4ac, "articMarcatoAbove", {GLYPH("scripts.umarcato", .place = LEFT | BOTTOM)}},
	{0xe4ad, "articMarcatoBelow", {GLYPH("scripts.dmarcato", .place = LEFT | TOP)}},
	{0xe4ae, "articMarcatoStaccatoAbove", {
		GLYPH("scripts.staccato", .place = BOTTOM | CENTER, .x = 0.5f),
		GLYPH("scripts.umarcato", .place = LEFT | BOTTOM, .y = 0.6f)}},
	{0xe4af, "articMarcatoStaccatoBelow", {
		GLYPH("scripts.staccato", .place = TOP | CENTER, .x = 0.5f),
		GLYPH("scripts.dmarcato", .place = LEFT | TOP, .y = -0.6f)}},
	{0xe4b0, "articAccentStaccatoAbove", {
		GLYPH("scripts.staccato", .place = BOTTOM | CENTER, .x = 0.75f),
		GLYPH("scripts.sforzato", .place = LEFT | BOTTOM, .y = 0.6f)}},
	{0xe4b1, "articAccentStaccatoBelow", {
		GLYPH("scripts.staccato", .place = TOP | CENTER, .x = 0.75f),
		GLYPH("scripts.sforzato", .place = LEFT | TOP, .y = -0.6f)}},
	{0xe4b2, "articTenutoStaccatoAbove", {
		GLYPH("scripts.staccato", .place = BOTTOM | CENTER, .x = 0.6f),
		GLYPH("scripts.tenuto", .place = LEFT | BOTTOM, .y = 0.62f)}},
	{0xe4b3, "articTenutoStaccatoBelow", {
		GLYPH("scripts.staccato", .place = TOP | CENTER, .x = 0.6f),
		GLYPH("scripts.tenuto", .place = LEFT | TOP, .y = -0.62f)}},
	{0xe4b4, "articTenutoAccentAbove", {
		GLYPH("scripts.tenuto", .place = BOTTOM | CENTER, .x = 0.75f),
		GLYPH("scripts.sforzato", .place = LEFT | BOTTOM, .y = 0.4f)}},
	{0xe4b5, "articTenutoAccentBelow", {
		GLYPH("scripts.tenuto", .place = TOP | CENTER, .x = 0.75f),
		GLYPH("scripts.sforzato", .place = LEFT | TOP, .y = -0.4f)}},
	{0xe4bc, "articMarcatoTenutoAbove", {
		GLYPH("scripts.tenuto", .place = BOTTOM | CENTER, .x = 0.6f),
		GLYPH("scripts.umarcato", .place = BOTTOM | CENTER, .x = 0.6f, .y = 0.38f)}},
	{0xe4bd, "articMarcatoTenutoBelow", {
		GLYPH("scripts.tenuto", .place = TOP | CENTER, .x = 0.6f),
		GLYPH("scripts.dmarcato", .place = TOP | CENTER, .x = 0.6f, .y = -0.38f)}},
	{0xe4c0, "fermataAbove", {GLYPH("scripts.ufermata", .place = LEFT)}},
	{0xe4c1, "fermataBelow", {GLYPH("scripts.dfermata", .place = LEFT)}},
	{0xe4c2, "fermataVeryShortAbove", {GLYPH("scripts.uveryshortfermata", .place = LEFT)}},
	{0xe4c3, "fermataVeryShortBelow", {GLYPH("scripts.dveryshortfermata", .place = LEFT)}},
	{0xe4c4, "fermataShortAbove", {GLYPH("scripts.ushortfermata", .place = LEFT)}},
	{0xe4c5, "fermataShortBelow", {GLYPH("scripts.dshortfermata", .place = LEFT)}},
	{0xe4c6, "fermataLongAbove", {GLYPH("scripts.ulongfermata", .place = LEFT)}},
	{0xe4c7, "fermataLongBelow", {GLYPH("scripts.dlongfermata", .place = LEFT)}},
	{0xe4c8, "fermataVeryLongAbove", {GLYPH("scripts.uverylongfermata", .place = LEFT)}},
	{0xe4c9, "fermataVeryLongBelow", {GLYPH("scripts.dverylongfermata", .place = LEFT)}},
	{0xe4ca, "fermataLongHenzeAbove", {GLYPH("scripts.uhenzelongfermata", .place = LEFT)}},
	{0xe4cb, "fermataLongHenzeBelow", {GLYPH("scripts.dhenzelongfermata", .place = LEFT)}},
	{0xe4cc, "fermataShortHenzeAbove", {GLYPH("scripts.uhenzeshortfermata", .place = LEFT)}},
	{0xe4cd, "fermataShortHenzeBelow", {GLYPH("scripts.dhenzeshortfermata", .place = LEFT)}},
	{0xe4ce, "breathMarkComma", {GLYPH("scripts.rcomma", .place = LEFT | BOTTOM)}},
	{0xe4cf, "breathMarkTick", {GLYPH("scripts.tickmark", .place = LEFT | BOTTOM)}},
	{0xe4d0, "breathMarkUpbow", {GLYPH("scripts.upbow", .place = LEFT | BOTTOM)}},
	{0xe4d1, "caesura", {GLYPH("scripts.caesura.straight", .place = LEFT | BOTTOM)}},
	{0xe4d4, "caesuraCurved", {GLYPH("scripts.caesura.curved", .place = LEFT | BOTTOM)}},
	{0xe4e0, "restMaxima", {GLYPH("rests.M3")}},
	{0xe4e1, "restLonga", {GLYPH("rests.M2")}},
	{0xe4e2, "restDoubleWhole", {GLYPH("rests.M1")}},
	{0xe4e3, "restWhole", {GLYPH("rests.0")}},
	{0xe4e4, "restHalf", {GLYPH("rests.1")}},
	{0xe4e5, "restQuarter", {GLYPH("rests.2")}},
	{0xe4e6, "rest8th", {GLYPH("rests.3")}},
	{0xe4e7, "rest16th", {GLYPH("rests.4")}},
	{0xe4e8, "rest32nd", {GLYPH("rests.5")}},
	{0xe4e9, "rest64th", {GLYPH("rests.6")}},
	{0xe4ea, "rest128th", {GLYPH("rests.7")}},
	{0xe4eb, "rest256th", {GLYPH("rests.8")}},
	{0xe4ec, "rest512th", {GLYPH("rests.9")}},
	{0xe4ed, "rest1024th", {GLYPH("rests.10")}},
	{0xe4f2, "restQuarterOld", {GLYPH("rests.2classical")}},
	{0xe4f3, "restDoubleWholeLegerLine", {GLYPH("rests.M1o")}},
	{0xe4f4, "restWholeLegerLine", {GLYPH("rests.0o")}},
	{0xe4f5, "restHalfLegerLine", {GLYPH("rests.1o")}},
	{0xe4f6, "restQuarterZ", {GLYPH("rests.2z")}},
	{0xe500, "repeat1Bar", {
		POLY(slash), GLYPH("dots.dot", .place = CENTER, .x = 0.42f, .y = 0.55f),
		GLYPH("dots.dot", .place = CENTER, .x = 1.7f, .y = -0.55f)}},
	{0xe501, "repeat2Bars", {
		POLY(slash), POLY(slash, .x = 0.92f), GLYPH("dots.dot", .place = CENTER, .x = 0.42f, .y = 0.55f),
		GLYPH("dots.dot", .place = CENTER, .x = 2.62f, .y = -0.55f)}},
	{0xe502, "repeat4Bars", {
		POLY(slash), POLY(slash, .x = 0.92f), POLY(slash, .x = 1.84f), POLY(slash, .x = 2.76f),
		GLYPH("dots.dot", .place = CENTER, .x = 0.42f, .y = 0.55f),
		GLYPH("dots.dot", .place = CENTER, .x = 4.46f, .y = -0.55f)}},
	{0xe504, "repeatBarSlash", {POLY(slash)}},
	{0xe510, "ottava", {GLYPH("eight", .place = LEFT | BOTTOM, .scale = 0.8f, .shear = 0.2f)}},
	{0xe514, "quindicesima", {
		GLYPH("one", .place = LEFT | BOTTOM, .scale = 0.8f, .shear = 0.2f),
		GLYPH("five", .place = LEFT | BOTTOM, .x = 1.05f, .scale = 0.8f, .shear = 0.2f)}},
	{0xe517, "ventiduesima", {
		GLYPH("two", .place = LEFT | BOTTOM, .scale = 0.8f, .shear = 0.2f),
		GLYPH("two", .place = LEFT | BOTTOM, .x = 1.25f, .scale = 0.8f, .shear = 0.2f)}},
	{0xe520, "dynamicPiano", .letters = "p"},
	{0xe521, "dynamicMezzo", .letters = "m"},
	{0xe522, "dynamicForte", .letters = "f"},
	{0xe523, "dynamicRinforzando", .letters = "r"},
	{0xe524, "dynamicSforzando", .letters = "s"},
	{0xe525, "dynamicZ", .letters = "z"},
	{0xe526, "dynamicNiente", .letters = "n"},
	{0xe527, "dynamicPPPPPP", .letters = "pppppp"},
	{0xe528, "dynamicPPPPP", .letters = "ppppp"},
	{0xe529, "dynamicPPPP", .letters = "pppp"},
	{0xe52a, "dynamicPPP", .letters = "ppp"},
	{0xe52b, "dynamicPP", .letters = "pp"},
	{0xe52c, "dynamicMP", .letters = "mp"},
	{0xe52d, "dynamicMF", .letters = "mf"},
	{0xe52e, "dynamicPF", .letters = "pf"},
	{0xe52f, "dynamicFF", .letters = "ff"},
	{0xe530, "dynamicFFF", .letters = "fff"},
	{0xe531, "dynamicFFFF", .letters = "ffff"},
	{0xe532, "dynamicFFFFF", .letters = "fffff"},
	{0xe533, "dynamicFFFFFF", .letters = "ffffff"},
	{0xe534, "dynamicFortePiano", .letters = "fp"},
	{0xe535, "dynamicForzando", .letters = "fz"},
	{0xe536, "dynamicSforzando1", .letters = "sf"},
	{0xe537, "dynamicSforzandoPiano", .letters = "sfp"},
	{0xe538, "dynamicSforzandoPianissimo", .letters = "sfpp"},
	{0xe539, "dynamicSforzato", .letters = "sfz"},
	{0xe53a, "dynamicSforzatoPiano", .letters = "sfzp"},
	{0xe53b, "dynamicSforzatoFF", .letters = "sffz"},
	{0xe53c, "dynamicRinforzando1", .letters = "rf"},
	{0xe53d, "dynamicRinforzando2", .letters = "rfz"},
	{0xe550, "lyricsElisionNarrow", {GLYPH("ties.lyric.short", .place = LEFT)}},
	{0xe551, "lyricsElision", {GLYPH("ties.lyric.default", .place = LEFT)}},
	{0xe552, "lyricsElisionWide", {GLYPH("ties.lyric.default", .place = LEFT, .scale = 1.3f)}},
	{0xe564, "graceNoteSlashStemUp", {GLYPH("flags.ugrace", .place = LEFT | BOTTOM)}},
	{0xe565, "graceNoteSlashStemDown", {GLYPH("flags.dgrace", .place = LEFT | TOP)}},
	{0xe566, "ornamentTrill", {GLYPH("scripts.trill", .place = LEFT | BOTTOM)}},
	{0xe567, "ornamentTurn", {GLYPH("scripts.turn", .place = LEFT | BOTTOM)}},
	{0xe568, "ornamentTurnInverted", {GLYPH("scripts.reverseturn", .place = LEFT | BOTTOM)}},
	{0xe569, "ornamentTurnSlash", {GLYPH("scripts.slashturn", .place = LEFT | BOTTOM)}},
	{0xe56c, "ornamentShortTrill", {GLYPH("scripts.prall", .place = LEFT | BOTTOM)}},
	{0xe56d, "ornamentMordent", {GLYPH("scripts.mordent", .place = LEFT | BOTTOM)}},
	{0xe56e, "ornamentTremblement", {GLYPH("scripts.prallprall", .place = LEFT | BOTTOM)}},
	{0xe56f, "ornamentHaydn", {GLYPH("scripts.haydnturn", .place = LEFT | BOTTOM)}},
	{0xe5e5, "brassMuteClosed", {GLYPH("scripts.stopped", .place = LEFT | BOTTOM)}},
	{0xe5e6, "brassMuteHalfClosed", {GLYPH("scripts.halfopen", .place = LEFT | BOTTOM)}},
	{0xe5e7, "brassMuteOpen", {GLYPH("scripts.open", .place = LEFT | BOTTOM)}},
	{0xe610, "stringsDownBow", {GLYPH("scripts.downbow", .place = LEFT | BOTTOM)}},
	{0xe612, "stringsUpBow", {GLYPH("scripts.upbow", .place = LEFT | BOTTOM)}},
	{0xe614, "stringsHarmonic", {GLYPH("scripts.flageolet", .place = LEFT | BOTTOM)}},
	{0xe624, "stringsThumbPosition", {GLYPH("scripts.thumb", .place = LEFT | BOTTOM)}},
	{0xe630, "pluckedSnapPizzicatoBelow", {
		GLYPH("scripts.snappizzicato", .place = LEFT | BOTTOM, .turn = 180)}},
	{0xe631, "pluckedSnapPizzicatoAbove", {GLYPH("scripts.snappizzicato", .place = LEFT | BOTTOM)}},
	{0xe633, "pluckedLeftHandPizzicato", {GLYPH("scripts.stopped", .place = LEFT | BOTTOM)}},
	{0xe650, "keyboardPedalPed", {GLYPH("pedal.Ped", .place = LEFT)}},
	{0xe651, "keyboardPedalP", {GLYPH("pedal.P", .place = LEFT)}},
	{0xe652, "keyboardPedalE", {GLYPH("pedal.e", .place = LEFT)}},
	{0xe653, "keyboardPedalD", {GLYPH("pedal.d", .place = LEFT)}},
	{0xe654, "keyboardPedalDot", {GLYPH("pedal..", .place = LEFT)}},
	{0xe655, "keyboardPedalUp", {GLYPH("pedal.*", .place = LEFT)}},
	{0xe658, "keyboardPedalHyphen", {GLYPH("pedal.M", .place = LEFT)}},
	{0xe661, "keyboardPedalHeel1", {GLYPH("scripts.dpedalheel", .place = LEFT | BOTTOM)}},
	{0xe662, "keyboardPedalHeel2", {GLYPH("scripts.upedalheel", .place = LEFT | BOTTOM)}},
	{0xe664, "keyboardPedalToe1", {GLYPH("scripts.upedaltoe", .place = LEFT | BOTTOM)}},
	{0xe665, "keyboardPedalToe2", {GLYPH("scripts.dpedaltoe", .place = LEFT | BOTTOM)}},
	{0xe83d, "guitarOpenPedal", {GLYPH("scripts.open", .place = LEFT | BOTTOM)}},
	{0xe83e, "guitarHalfOpenPedal", {GLYPH("scripts.halfopenvertical", .place = LEFT | BOTTOM)}},
	{0xe83f, "guitarClosePedal", {GLYPH("scripts.stopped", .place = LEFT | BOTTOM)}},
	{0xe880, "tuplet0", {
		GLYPH("fattened.zero", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe881, "tuplet1", {
		GLYPH("fattened.one", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe882, "tuplet2", {
		GLYPH("fattened.two", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe883, "tuplet3", {
		GLYPH("fattened.three", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe884, "tuplet4", {
		GLYPH("fattened.four", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe885, "tuplet5", {
		GLYPH("fattened.five", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe886, "tuplet6", {
		GLYPH("fattened.six", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe887, "tuplet7", {
		GLYPH("fattened.seven", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe888, "tuplet8", {
		GLYPH("fattened.eight", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe889, "tuplet9", {
		GLYPH("fattened.nine", .place = LEFT | BOTTOM, .x = 0.04f, .scale = 0.68f, .shear = 0.2f)}},
	{0xe88a, "tupletColon", {
		GLYPH("dots.dot", .place = LEFT | BOTTOM, .x = 0.1f, .y = 0.15f, .scale = 0.7f),
		GLYPH("dots.dot", .place = LEFT | BOTTOM, .x = 0.22f, .y = 0.8f, .scale = 0.7f)}},
	{0xeaa4, "wiggleTrill", {GLYPH("scripts.trill_element")}},
	{0xeaa9, "wiggleArpeggiatoUp", {GLYPH("scripts.trill_element")}},
	{0xeaaa, "wiggleArpeggiatoDown", {GLYPH("scripts.trill_element")}},
	{0xeaad, "wiggleArpeggiatoUpArrow", {
		GLYPH("scripts.arpeggio.arrow.1", .place = LEFT | BOTTOM, .turn = -90)}},
	{0xeaae, "wiggleArpeggiatoDownArrow", {
		GLYPH("scripts.arpeggio.arrow.M1", .place = LEFT | BOTTOM, .turn = -90)}},
	{0xeaaf, "wiggleGlissando", {GLYPH("scripts.trill_element")}},
	{0xeca0, "metNoteDoubleWhole", {GLYPH("noteheads.sM1", .place = LEFT)}},
	{0xeca2, "metNoteWhole", {GLYPH("noteheads.s0")}},
	{0xeca3, "metNoteHalfUp", {GLYPH("noteheads.s1"), POLY(short_stem, .x = 1.377f)}},
	{0xeca4, "metNoteHalfDown", {GLYPH("noteheads.s1"), POLY(short_stem_down, .x = 0.13f)}},
	{0xeca5, "metNoteQuarterUp", {GLYPH("noteheads.s2"), POLY(short_stem, .x = 1.304f)}},
	{0xeca6, "metNoteQuarterDown", {GLYPH("noteheads.s2"), POLY(short_stem_down, .x = 0.13f)}},
	{0xeca7, "metNote8thUp", {
		GLYPH("noteheads.s2"), POLY(short_stem, .x = 1.304f), GLYPH("flags.u3", .x = 1.304f, .y = 2.9f)}},
	{0xeca8, "metNote8thDown", {
		GLYPH("noteheads.s2"), POLY(short_stem_down, .x = 0.13f), GLYPH("flags.d3", .x = 0.13f, .y = -2.9f)}},
	{0xeca9, "metNote16thUp", {
		GLYPH("noteheads.s2"), POLY(short_stem, .x = 1.304f), GLYPH("flags.u4", .x = 1.304f, .y = 2.9f)}},
	{0xecaa, "metNote16thDown", {
		GLYPH("noteheads.s2"), POLY(short_stem_down, .x = 0.13f), GLYPH("flags.d4", .x = 0.13f, .y = -2.9f)}},
	{0xecab, "metNote32ndUp", {
		GLYPH("noteheads.s2"), POLY(stem, .x = 1.304f), GLYPH("flags.u5", .x = 1.304f, .y = 3.5f)}},
	{0xecac, "metNote32ndDown", {
		GLYPH("noteheads.s2"), POLY(stem_down, .x = 0.13f), GLYPH("flags.d5", .x = 0.13f, .y = -3.5f)}},
	{0xecb7, "metAugmentationDot", {GLYPH("dots.dot")}},
	{0xed10, "fingering0", {GLYPH("fattened.zero", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed11, "fingering1", {GLYPH("fattened.one", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed12, "fingering2", {GLYPH("fattened.two", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed13, "fingering3", {GLYPH("fattened.three", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed14, "fingering4", {GLYPH("fattened.four", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed15, "fingering5", {GLYPH("fattened.five", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed24, "fingering6", {GLYPH("fattened.six", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed25, "fingering7", {GLYPH("fattened.seven", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed26, "fingering8", {GLYPH("fattened.eight", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed27, "fingering9", {GLYPH("fattened.nine", .place = LEFT | BOTTOM, .x = 0.06f, .scale = 0.52f)}},
	{0xed60, "csymAccidentalFlat", {GLYPH("accidentals.flat.figbass", .place = LEFT | BOTTOM, .scale = 1.28f)}},
	{0xed61, "csymAccidentalNatural", {
		GLYPH("accidentals.natural.figbass", .place = LEFT | BOTTOM, .y = -0.1f, .scale = 1.28f)}},
	{0xed62, "csymAccidentalSharp", {
		GLYPH("accidentals.sharp.figbass", .place = LEFT | BOTTOM, .y = -0.15f, .scale = 1.28f)}},
	{0xed63, "csymAccidentalDoubleSharp", {GLYPH("accidentals.doublesharp.figbass", .place = LEFT | BOTTOM)}},
	{0xed64, "csymAccidentalDoubleFlat", {
		GLYPH("accidentals.flatflat.figbass", .place = LEFT | BOTTOM, .scale = 1.28f)}},
};
/* clang-format on */
const uint32_t font_n_signs = sizeof font_sign / sizeof *font_sign;

const struct sign *font_find_sign(uint32_t code)
{
	uint32_t low = 0, high = font_n_signs;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (font_sign[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low < font_n_signs && font_sign[low].code == code ? &font_sign[low] : NULL;
}

/* LilyPond's own thicknesses for this font, at a line of 0.1 sp. */
const struct engrave_defaults font_emmentaler_defaults = {
	.staff_line = 0.1f,
	.stem = 0.13f,
	.beam = 0.48f,
	.beam_gap = 0.33f,
	.leger_line = 0.2f,
	.leger_extension = 0.33f,
	.slur_end = 0.08f,
	.slur_middle = 0.2f,
	.tie_end = 0.08f,
	.tie_middle = 0.2f,
	.thin_bar = 0.19f,
	.thick_bar = 0.6f,
	.bar_gap = 0.3f,
	.repeat_dot_gap = 0.3f,
	.bracket = 0.45f,
	.brace_width = 1,
	.hairpin = 0.1f,
	.octave_line = 0.1f,
	.pedal_line = 0.1f,
	.tuplet_bracket = 0.16f,
	.ending_line = 0.13f,
	.lyric_line = 0.1f,
	.text_box = 0.1f,
};
