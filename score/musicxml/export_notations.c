/* SPDX-License-Identifier: MIT */
/* Signs at a note, and the syllables under it. */
#include "export.h"

#include <stdio.h>
#include <string.h>

/** The notations element is opened by the first thing that stands in it. */
struct notations {
	struct mxo *x;
	int open;
};

static struct mxo *in(struct notations *n)
{
	if (!n->open)
		mxo_open(n->x, "notations");
	n->open = 1;
	return n->x;
}

/* ---- lines ---- */

static void write_line(struct notations *n, const struct mxo_line *line)
{
	static const char *const tags[] = {"slur", "slur", "glissando", "slide", "slur"};
	struct mxo *x = n->x;
	const struct nvx_notation_element *e = mxo_notation(x, line->slur);
	uint8_t *number = &x->slur_number[line->slur];
	unsigned use = *number;
	if (e->e.kind == NVX_NOTATION_EVENT)
		return; /* a tremolo: among the ornaments */
	if (use) {
		x->numbers_in_use &= ~(1u << use);
		*number = 0;
	} else {
		for (use = 1; use < 16 && x->numbers_in_use >> use & 1;)
			use++;
		x->numbers_in_use |= 1u << use;
		*number = (uint8_t)use;
	}
	mxo_emptyf(in(n), "%s type=\"%s\" number=\"%u\"%s", tags[e->style < 5 ? e->style : 0],
		line->is_stop ? "stop" : "start", use,
		e->style == NVX_SLUR_DASHED && !line->is_stop ? " line-type=\"dashed\"" : "");
}

static size_t first_line(const struct mxo *x, uint32_t piece)
{
	size_t low = 0, high = x->n_lines;
	while (low < high) {
		const size_t mid = (low + high) / 2;
		if (x->lines[mid].piece < piece)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- tuplets ---- */

static int begins_or_ends(const struct mxo *x, uint32_t piece, nvx_id tuplet, int ends)
{
	const uint32_t at = mxo_find_event(x, tuplet);
	const struct mxo_piece *p = &x->pieces[piece];
	const struct nvx_notation_element *t = mxo_notation(x, at);
	return ends ? p->tick + p->ticks >= t->e.tick + t->e.duration_ticks : p->tick <= t->e.tick;
}

static void write_tuplet(struct notations *n, const struct nvx_notation_element *t, unsigned number, int ends)
{
	struct mxo *x = in(n);
	if (ends) {
		mxo_emptyf(x, "tuplet type=\"stop\" number=\"%u\"", number);
		return;
	}
	mxo_openf(x, "tuplet type=\"start\" number=\"%u\"%s%s", number,
		t->bracket == 1   ? " bracket=\"yes\""
		: t->bracket == 0 ? " bracket=\"no\""
				  : "",
		t->style == NVX_TUPLET_SHOW_BOTH   ? " show-number=\"both\""
		: t->style == NVX_TUPLET_SHOW_NONE ? " show-number=\"none\""
						   : "");
	mxo_open(x, "tuplet-actual");
	mxo_int(x, "tuplet-number", t->num);
	mxo_close(x, "tuplet-actual");
	mxo_open(x, "tuplet-normal");
	mxo_int(x, "tuplet-number", t->den);
	mxo_close(x, "tuplet-normal");
	mxo_close(x, "tuplet");
}

static void write_tuplets(struct notations *n, uint32_t piece, const struct nvx_notation_element *e)
{
	struct mxo *x = n->x;
	nvx_id chain[8];
	unsigned depth = 0;
	for (nvx_id id = e->tuplet_id; id && depth < 8;) {
		const uint32_t at = mxo_find_event(x, id);
		if (at == MXO_NONE || mxo_notation(x, at)->e.kind != NVX_NOTATION_TUPLET)
			break;
		chain[depth++] = id;
		id = mxo_notation(x, at)->parent_id;
	}
	for (unsigned ends = 0; ends < 2; ends++) {
		for (unsigned i = 0; i < depth; i++) {
			/* starts from the outside in, stops from the inside out */
			const unsigned at = ends ? i : depth - 1 - i;
			const struct nvx_notation_element *t = mxo_notation(x, mxo_find_event(x, chain[at]));
			if (begins_or_ends(x, piece, chain[at], (int)ends))
				write_tuplet(n, t, depth - at, (int)ends);
		}
	}
}

/* ---- sets of signs ---- */

struct sign {
	uint8_t bit;
	const char *tag;
};

static void write_set(struct notations *n, const char *group, unsigned set, const struct sign *signs,
	unsigned count, int *open)
{
	for (unsigned i = 0; i < count; i++) {
		if (!(set >> signs[i].bit & 1))
			continue;
		struct mxo *x = in(n);
		if (!*open)
			mxo_open(x, group);
		*open = 1;
		mxo_empty(x, signs[i].tag);
	}
}

/** What an import kept of a group, of the event and of one of its notes; group NULL: in the notations
 * themselves. */
static void write_kept(struct notations *n, const nvx_str extra[2], const char *group,
	const struct mxo_tags *tags, int *open)
{
	for (unsigned i = 0; i < 2; i++) {
		if (!extra[i] || mxo_count_signs(n->x, extra[i], tags) == 0)
			continue;
		struct mxo *x = in(n);
		if (group && !*open)
			mxo_open(x, group);
		*open = 1;
		mxo_write_signs(x, extra[i], tags);
	}
}

static void write_articulations(
	struct notations *n, const struct nvx_notation_element *e, const nvx_str extra[2])
{
	static const char *const kept[] = {
		"soft-accent", "doit", "falloff", "plop", "scoop", "other-articulation"};
	static const struct mxo_tags tags = MXO_TAGS(kept);
	static const struct sign signs[] = {
		{NVX_ARTICULATION_ACCENT, "accent"},
		{NVX_ARTICULATION_MARCATO, "strong-accent type=\"up\""},
		{NVX_ARTICULATION_STACCATO, "staccato"},
		{NVX_ARTICULATION_STACCATISSIMO, "staccatissimo"},
		{NVX_ARTICULATION_TENUTO, "tenuto"},
		{NVX_ARTICULATION_PORTATO, "detached-legato"},
		{NVX_ARTICULATION_SPICCATO, "spiccato"},
		{NVX_ARTICULATION_STRESS, "stress"},
		{NVX_ARTICULATION_UNSTRESS, "unstress"},
	};
	int open = 0;
	if (e)
		write_set(n, "articulations", e->articulations, signs, sizeof(signs) / sizeof(*signs), &open);
	write_kept(n, extra, "articulations", &tags, &open);
	if (e && e->breath) {
		if (!open)
			mxo_open(in(n), "articulations");
		open = 1;
		mxo_empty(n->x, e->breath == NVX_BREATH_CAESURA ? "caesura" : "breath-mark");
	}
	if (open)
		mxo_close(n->x, "articulations");
}

static void write_ornaments(
	struct notations *n, uint32_t piece, const struct nvx_notation_element *e, const nvx_str extra[2])
{
	static const char *const kept[] = {"vertical-turn", "inverted-vertical-turn", "delayed-inverted-turn",
		"haydn", "other-ornament"};
	static const struct mxo_tags tags = MXO_TAGS(kept);
	static const struct sign signs[] = {
		{NVX_ORNAMENT_TRILL, "trill-mark"},
		{NVX_ORNAMENT_MORDENT, "mordent"},
		{NVX_ORNAMENT_INVERTED_MORDENT, "inverted-mordent"},
		{NVX_ORNAMENT_TURN, "turn"},
		{NVX_ORNAMENT_INVERTED_TURN, "inverted-turn"},
		{NVX_ORNAMENT_DELAYED_TURN, "delayed-turn"},
		{NVX_ORNAMENT_SHAKE, "shake"},
		{NVX_ORNAMENT_SCHLEIFER, "schleifer"},
		{NVX_ORNAMENT_WAVY, "wavy-line type=\"start\""},
	};
	struct mxo *x = n->x;
	int open = 0;
	if (e)
		write_set(n, "ornaments", e->ornaments, signs, sizeof(signs) / sizeof(*signs), &open);
	if (e && e->ornaments >> NVX_ORNAMENT_WAVY & 1)
		mxo_empty(x, "wavy-line type=\"stop\"");
	write_kept(n, extra, "ornaments", &tags, &open);
	for (size_t i = first_line(x, piece); e && i < x->n_lines && x->lines[i].piece == piece; i++) {
		const struct nvx_notation_element *from = mxo_notation(x, x->lines[i].slur);
		if (from->e.kind != NVX_NOTATION_EVENT)
			continue;
		if (!open)
			mxo_open(in(n), "ornaments");
		open = 1;
		mxo_int(x, "tremolo type=\"stop\"", from->tremolo > 8 ? 8 : from->tremolo);
	}
	if (e && e->tremolo) {
		if (!open)
			mxo_open(in(n), "ornaments");
		open = 1;
		mxo_int(x, e->to_event_id ? "tremolo type=\"start\"" : "tremolo type=\"single\"",
			e->tremolo > 8 ? 8 : e->tremolo);
	}
	if (open)
		mxo_close(x, "ornaments");
}

/* ---- hands ---- */

static size_t first_ref(const struct mxo_ref *refs, size_t n, uint32_t note)
{
	size_t low = 0, high = n;
	while (low < high) {
		const size_t mid = (low + high) / 2;
		if (refs[mid].note < note)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void write_bend(struct mxo *x, const struct nvx_technique_use *use)
{
	uint32_t n;
	char alter[40];
	const struct nvx_point *point = nvx_items(x->score->pool, use->points, &n);
	int highest = 0;
	for (uint32_t i = 0; i < n; i++) {
		const int before = i ? point[i - 1].cents : 0;
		const int pre = i == 0 && point[0].cents != 0;
		if (point[i].cents == before && !pre)
			continue;
		const int releases = i && point[i].cents == 0;
		highest = releases ? before : point[i].cents;
		mxo_decimal(alter, sizeof(alter), (int64_t)highest * 10000);
		mxo_open(x, "bend");
		mxo_text(x, "bend-alter", alter);
		if (pre)
			mxo_empty(x, "pre-bend");
		else if (releases)
			mxo_empty(x, "release");
		if (use->type == NVX_TECHNIQUE_WHAMMY)
			mxo_empty(x, "with-bar");
		mxo_close(x, "bend");
	}
}

static const char *const technique_names[] = {
#define X(constant, text) text,
	NVX_TECHNIQUES(X, )
#undef X
};

static void write_technique(struct mxo *x, const struct nvx_technique_use *use)
{
	switch (use->type) {
	case NVX_TECHNIQUE_HAMMER_ON:
		mxo_text(x, "hammer-on type=\"start\"", "H");
		break;
	case NVX_TECHNIQUE_PULL_OFF:
		mxo_text(x, "pull-off type=\"start\"", "P");
		break;
	case NVX_TECHNIQUE_BEND:
	case NVX_TECHNIQUE_WHAMMY:
		write_bend(x, use);
		break;
	case NVX_TECHNIQUE_HARMONIC:
		mxo_open(x, "harmonic");
		mxo_empty(x, use->style == NVX_HARMONIC_NATURAL || !use->style ? "natural" : "artificial");
		mxo_close(x, "harmonic");
		break;
	case NVX_TECHNIQUE_TAP:
		mxo_text(x, "tap", "T");
		break;
	case NVX_TECHNIQUE_SLIDE:
	case NVX_TECHNIQUE_DEAD:
		break;
	default: /* what the format has no word for goes by ours, and comes back by it */
		if (use->type && use->type < sizeof(technique_names) / sizeof(*technique_names))
			mxo_text(x, "other-technical", technique_names[use->type]);
		break;
	}
}

static void write_fingers(struct notations *n, uint32_t note, int *open)
{
	static const char *const fingers[] = {
#define X(constant, text) text,
		NVX_FINGERS(X, )
#undef X
	};
	struct mxo *x = n->x;
	for (size_t i = first_ref(x->fingers, x->n_fingers, note);
		i < x->n_fingers && x->fingers[i].note == note; i++) {
		const struct nvx_fingering *f = score_fingering(x->score, x->fingers[i].index);
		if (!f->finger || f->finger >= sizeof(fingers) / sizeof(*fingers))
			continue;
		if (!*open)
			mxo_open(in(n), "technical");
		*open = 1;
		const int plucks = f->finger > NVX_FINGER_T;
		if (plucks)
			mxo_text(x, "pluck", fingers[f->finger]);
		else
			mxo_text(x, f->alternative ? "fingering alternate=\"yes\"" : "fingering",
				fingers[f->finger]);
		if (f->substitution && f->substitution < sizeof(fingers) / sizeof(*fingers))
			mxo_text(x, "fingering substitution=\"yes\"", fingers[f->substitution]);
	}
}

/** Ends of what begins on other notes, of one type. @return how many. */
static unsigned count_ends(struct mxo *x, uint32_t note, unsigned type)
{
	unsigned count = 0;
	const nvx_id id = mxo_note_at(x, note)->id;
	for (size_t i = first_ref(x->pairs, x->n_pairs, note); i < x->n_pairs && x->pairs[i].note == note;
		i++) {
		uint32_t n;
		const struct nvx_technique_use *use =
			nvx_items(x->score->pool, score_tab(x->score, x->pairs[i].index)->techniques, &n);
		for (uint32_t k = 0; k < n; k++)
			count += use[k].type == type && use[k].to_note_id == id;
	}
	return count;
}

static void write_technical(
	struct notations *n, const struct nvx_notation_element *e, uint32_t note, const nvx_str extra[2])
{
	static const char *const kept[] = {"string", "fret", "hammer-on", "pull-off", "bend", "tap",
		"fingering", "pluck", "harmonic", "heel", "toe", "fingernails", "hole", "arrow", "handbell",
		"brass-bend", "flip", "smear", "open", "half-muted", "harmon-mute", "golpe",
		"other-technical"};
	static const struct mxo_tags tags = MXO_TAGS(kept);
	static const struct sign signs[] = {
		{NVX_TECHNICAL_UP_BOW, "up-bow"},
		{NVX_TECHNICAL_DOWN_BOW, "down-bow"},
		{NVX_TECHNICAL_OPEN, "open-string"},
		{NVX_TECHNICAL_STOPPED, "stopped"},
		{NVX_TECHNICAL_HARMONIC, "harmonic"},
		{NVX_TECHNICAL_THUMB, "thumb-position"},
		{NVX_TECHNICAL_SNAP_PIZZICATO, "snap-pizzicato"},
		{NVX_TECHNICAL_DOUBLE_TONGUE, "double-tongue"},
		{NVX_TECHNICAL_TRIPLE_TONGUE, "triple-tongue"},
	};
	struct mxo *x = n->x;
	int open = 0;
	if (e)
		write_set(n, "technical", e->technical, signs, sizeof(signs) / sizeof(*signs), &open);
	write_kept(n, extra, "technical", &tags, &open);
	if (note == MXO_NONE) {
		if (open)
			mxo_close(x, "technical");
		return;
	}
	write_fingers(n, note, &open);
	for (size_t i = first_ref(x->tabs, x->n_tabs, note); i < x->n_tabs && x->tabs[i].note == note; i++) {
		const struct nvx_tab *tab = score_tab(x->score, x->tabs[i].index);
		if (!open)
			mxo_open(in(n), "technical");
		open = 1;
		mxo_int(x, "string", tab->string);
		mxo_int(x, "fret", tab->fret);
		if (count_ends(x, note, NVX_TECHNIQUE_HAMMER_ON))
			mxo_empty(x, "hammer-on type=\"stop\"");
		if (count_ends(x, note, NVX_TECHNIQUE_PULL_OFF))
			mxo_empty(x, "pull-off type=\"stop\"");
		uint32_t count;
		const struct nvx_technique_use *use = nvx_items(x->score->pool, tab->techniques, &count);
		for (uint32_t k = 0; k < count; k++)
			write_technique(x, &use[k]);
	}
	if (open)
		mxo_close(x, "technical");
}

static void write_slides(struct notations *n, uint32_t note)
{
	struct mxo *x = n->x;
	if (count_ends(x, note, NVX_TECHNIQUE_SLIDE))
		mxo_empty(in(n), "slide type=\"stop\" line-type=\"solid\"");
	for (size_t i = first_ref(x->tabs, x->n_tabs, note); i < x->n_tabs && x->tabs[i].note == note; i++) {
		uint32_t count;
		const struct nvx_technique_use *use =
			nvx_items(x->score->pool, score_tab(x->score, x->tabs[i].index)->techniques, &count);
		for (uint32_t k = 0; k < count; k++) {
			if (use[k].type == NVX_TECHNIQUE_SLIDE)
				mxo_empty(in(n), "slide type=\"start\" line-type=\"solid\"");
		}
	}
}

void mxo_write_notations(struct mxo *x, uint32_t piece, uint32_t head)
{
	static const char *const kept[] = {"tied", "fermata", "accidental-mark", "other-notation"};
	static const struct mxo_tags others = MXO_TAGS(kept);
	struct notations n = {.x = x};
	const struct mxo_piece *p = &x->pieces[piece];
	const struct mxo_head *h = head == MXO_NONE ? NULL : &x->heads[head];
	const struct nvx_notation_element *e = p->event == MXO_NONE ? NULL : mxo_notation(x, p->event);
	const int is_first = !h || head == p->first;
	const int begins = h && !h->tie_stop;
	if (h && h->tie_stop)
		mxo_empty(in(&n), "tied type=\"stop\"");
	if (h && h->tie_start)
		mxo_empty(in(&n), "tied type=\"start\"");
	for (size_t i = first_line(x, piece); is_first && i < x->n_lines && x->lines[i].piece == piece; i++)
		write_line(&n, &x->lines[i]);
	if (e && is_first)
		write_tuplets(&n, piece, e);
	if (!e && is_first && p->tuplet & 1)
		mxo_empty(in(&n), "tuplet type=\"start\" number=\"1\"");
	if (!e && is_first && p->tuplet & 2)
		mxo_empty(in(&n), "tuplet type=\"stop\" number=\"1\"");
	if (begins)
		write_slides(&n, h->note);
	const struct nvx_notation_element *first = is_first ? e : NULL;
	/* what an import kept of the first note is the event's */
	const nvx_str extra[2] = {first ? first->e.extra : 0, begins ? mxo_note_at(x, h->note)->extra : 0};
	write_ornaments(&n, piece, first, extra);
	write_technical(&n, first, begins ? h->note : MXO_NONE, extra);
	write_articulations(&n, first, extra);
	if (first && first->fermata)
		mxo_empty(in(&n), "fermata");
	write_kept(&n, extra, NULL, &others, &n.open);
	if (e && e->arpeggio == NVX_ARPEGGIO_NONE)
		mxo_empty(
			in(&n), is_first ? "non-arpeggiate type=\"bottom\"" : "non-arpeggiate type=\"top\"");
	else if (e && e->arpeggio) {
		char number[8];
		const int is_numbered = mxo_fact(x, e->e.extra, "arpeggio", number, sizeof(number)) &&
					strspn(number, "0123456789") == strlen(number);
		mxo_emptyf(in(&n), "arpeggiate%s%s%s%s", is_numbered ? " number=\"" : "",
			is_numbered ? number : "", is_numbered ? "\"" : "",
			e->arpeggio == NVX_ARPEGGIO_DOWN ? " direction=\"down\"" : "");
	}
	if (n.open)
		mxo_close(x, "notations");
}

/* ---- lyrics ---- */

static void write_lyric(struct mxo *x, const struct nvx_lyric *l)
{
	static const char *const syllabics[] = {"single", "begin", "middle", "end"};
	const char *language = score_text(x->score, l->language);
	mxo_openf(x, "lyric number=\"%u\"", l->verse ? l->verse : 1u);
	mxo_text(x, "syllabic", syllabics[l->syllabic < 4 ? l->syllabic : 0]);
	if (*language &&
		strspn(language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
			strlen(language) &&
		strlen(language) <= 8) {
		char tag[48];
		(void)snprintf(tag, sizeof(tag), "text xml:lang=\"%s\"", language);
		mxo_text(x, tag, score_text(x->score, l->text));
	} else {
		mxo_text(x, "text", score_text(x->score, l->text));
	}
	if (l->extend)
		mxo_empty(x, "extend");
	mxo_close(x, "lyric");
}

void mxo_write_lyrics(struct mxo *x, uint32_t piece, uint32_t head)
{
	const struct mxo_head *h = head == MXO_NONE ? NULL : &x->heads[head];
	if (h && !h->tie_stop) {
		for (size_t i = first_ref(x->lyrics, x->n_lyrics, h->note);
			i < x->n_lyrics && x->lyrics[i].note == h->note; i++)
			write_lyric(x, score_lyric(x->score, x->lyrics[i].index));
	}
	if (h && head != x->pieces[piece].first)
		return;
	for (size_t i = first_ref(x->free_lyrics, x->n_free_lyrics, piece);
		i < x->n_free_lyrics && x->free_lyrics[i].note == piece; i++)
		write_lyric(x, score_lyric(x->score, x->free_lyrics[i].index));
}
