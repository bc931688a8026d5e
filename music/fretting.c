/* SPDX-License-Identifier: MIT */
#include <mos/fretting.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GRIPS 24u                     /* of a chord that are followed */
#define CHORD 16u                     /* notes of a chord that are looked at */
#define TRIES 50000u                  /* of a chord: notes put on a string, before one of them is left out */
#define TRIES_ALL (UINT32_C(1) << 24) /* of a piece */
#define TRIES_FEW 64u                 /* of a chord, however long the piece is */
#define SHARE 4u                      /* of what is left: so many chords' */
#define WINDOW 4096u                  /* chords whose grips are in memory */
#define AT_ONCE 255u                  /* notes of a chord; more of them are another one */
#define MOST_FRETS 36u
#define FAR_TICKS (INT64_MAX / 4) /* no piece goes on for so long */
#define SCALE_MM 648.0f
#define QUARTER 960.0f
#define CLASH 60.0f /* a note that finds its string taken: rather any other way */

/* One way to play a chord. What depends on how it is come by, is of the cheapest way. */
struct grip {
	uint8_t fret[CHORD], string[CHORD], finger[CHORD]; /* of its notes */
	uint8_t lowest;                                    /* fretted; 0: all open */
	float own;                                         /* its price */
	float total;                                       /* with all before it */
	float hand_mm;                                     /* where the first finger is */
	uint8_t from;                                      /* grip of the chord before */
	uint16_t clash; /* bits of notes whose string sounds still: left out */
	int64_t busy_until[MOS_FRET_STRINGS];
};

struct chord {
	size_t first, n; /* notes of the piece */
	uint8_t kept[CHORD], n_kept;
	uint8_t n_grips;
	struct grip *grip;
};

/* The neck, and how far its frets are from the nut, counted from the capo: asked for at every try. */
struct board {
	const struct mos_fret_neck *neck;
	unsigned n_frets;
	float mm[MOST_FRETS + 1];
};

float mos_fret_mm(const struct mos_fret_neck *neck, unsigned fret)
{
	const float scale = neck->scale_mm > 0 ? neck->scale_mm : SCALE_MM;

	return scale * (1 - exp2f(-(float)fret / 12));
}

static void board_init(struct board *board, const struct mos_fret_neck *neck)
{
	*board = (struct board){.neck = neck, .n_frets = neck->n_frets - neck->capo};
	for (unsigned fret = 0; fret <= board->n_frets; fret++)
		board->mm[fret] = mos_fret_mm(neck, fret + neck->capo);
}

/* ---- which notes ---- */

/* The fret of a note on a string from 0. @return -1: it is not there. */
static int fret_on(const struct board *board, const struct mos_fret_note *note, unsigned string)
{
	const int fret =
		note->string ? note->fret : note->key - board->neck->open[string] - board->neck->capo;

	return (note->string && note->string != string + 1) || fret < 0 || fret > (int)board->n_frets ? -1
												      : fret;
}

static int is_on_neck(const struct board *board, const struct mos_fret_note *note)
{
	for (unsigned s = 0; s < board->neck->n_strings; s++)
		if (fret_on(board, note, s) >= 0)
			return 1;
	return 0;
}

/* From the lowest to the highest; of one key those first that have their places. */
static int is_below(const struct mos_fret_note *a, const struct mos_fret_note *b)
{
	return a->key != b->key ? a->key < b->key : a->string && !b->string;
}

static void sort_by_key(const struct mos_fret_note *note, uint8_t *kept, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		for (unsigned k = i; k > 0 && is_below(&note[kept[k]], &note[kept[k - 1]]); k--) {
			const uint8_t swap = kept[k];

			kept[k] = kept[k - 1];
			kept[k - 1] = swap;
		}
}

static void drop(struct chord *c, unsigned i)
{
	memmove(c->kept + i, c->kept + i + 1, c->n_kept - i - 1u);
	c->n_kept--;
}

#define NONE 255u

/* An inner note that may go, whose tone is there twice. */
static unsigned find_twice(const struct chord *c, const struct mos_fret_note *note)
{
	for (unsigned i = 1; i + 1 < c->n_kept; i++) {
		if (note[c->kept[i]].string)
			continue;
		for (unsigned k = 0; k < c->n_kept; k++)
			if (k != i && note[c->kept[k]].key % 12 == note[c->kept[i]].key % 12)
				return i;
	}
	return NONE;
}

/* What is missed least: an inner note, one whose tone is there twice or else the one nearest to a neighbour;
 * then the lowest. Notes that have their places stay. @return NONE: all have. */
static unsigned least_missed(const struct chord *c, const struct mos_fret_note *note)
{
	unsigned found = find_twice(c, note), nearest = NONE;

	if (found != NONE)
		return found;
	for (unsigned i = 1; i + 1 < c->n_kept; i++) {
		const unsigned gap = note[c->kept[i]].key - note[c->kept[i - 1]].key;

		if (!note[c->kept[i]].string && gap < nearest) {
			nearest = gap;
			found = i;
		}
	}
	for (unsigned i = 0; found == NONE && i < c->n_kept; i++)
		if (!note[c->kept[i]].string)
			found = i;
	return found;
}

/* The same key twice is one string, but where somebody has put it on two. */
static unsigned leave_out_same(const struct mos_fret_note *note, uint8_t *list, unsigned n)
{
	unsigned n_kept = 0;

	for (unsigned i = 0; i < n; i++)
		if (!n_kept || note[list[i]].string || note[list[i]].key != note[list[n_kept - 1]].key)
			list[n_kept++] = list[i];
	return n_kept;
}

/* What of a chord is played at all, from the lowest key. */
static void choose(const struct board *board, const struct mos_fret_note *note, unsigned degree,
	struct chord *c, struct mos_fret_report *report)
{
	static const uint8_t most[MOS_FRET_DEGREES] = {MOS_FRET_STRINGS, MOS_FRET_STRINGS, 4, 3, 2, 1};
	const unsigned limit = most[degree] < board->neck->n_strings ? most[degree] : board->neck->n_strings;
	uint8_t list[AT_ONCE];
	unsigned n = 0, i;

	for (i = 0; i < c->n; i++) {
		if (is_on_neck(board, &note[i]))
			list[n++] = (uint8_t)i;
		else if (!note[i].string)
			report->n_unreachable++;
	}
	sort_by_key(note, list, n);
	n = leave_out_same(note, list, n);
	if (n > CHORD) { /* no hand has so many: the bass, and the highest */
		memmove(list + 1, list + n - CHORD + 1, CHORD - 1);
		n = CHORD;
	}
	memcpy(c->kept, list, n);
	c->n_kept = (uint8_t)n;
	while (degree > 0 && (i = find_twice(c, note)) != NONE)
		drop(c, i);
	/* not the melody, however much of the rest has its places */
	while (c->n_kept > limit && (i = least_missed(c, note)) + 1 < c->n_kept)
		drop(c, i);
}

/* ---- grips ---- */

/* Fingers for frets, lowest first: a barre holds all that lie at the lowest fret when fingers run out.
 * @return 0: they do all the same. */
static int give_fingers(struct grip *g, unsigned n)
{
	unsigned order[CHORD], n_fretted = 0, at_lowest = 0, finger = 0;

	for (unsigned i = 0; i < n; i++) {
		g->finger[i] = 0;
		if (g->fret[i]) {
			unsigned k = n_fretted++;

			/* within a fret from the lowest string up */
			for (; k > 0 && (g->fret[order[k - 1]] > g->fret[i] ||
						(g->fret[order[k - 1]] == g->fret[i] &&
							g->string[order[k - 1]] < g->string[i]));
				k--)
				order[k] = order[k - 1];
			order[k] = i;
			at_lowest += g->fret[i] == g->lowest;
		}
	}
	const int barre = n_fretted > MOS_FRET_FINGERS || at_lowest > 3;
	if (barre && n_fretted - at_lowest + 1 > MOS_FRET_FINGERS)
		return 0;
	for (unsigned k = 0; k < n_fretted; k++) {
		const unsigned i = order[k], apart = g->fret[i] - g->lowest;
		const int held = barre && g->fret[i] == g->lowest;

		if (held) {
			finger = 1;
		} else {
			const unsigned left = n_fretted - k - 1, natural = apart + 1;

			finger++;
			if (finger < natural && natural + left <= MOS_FRET_FINGERS)
				finger = natural;
		}
		g->finger[i] = (uint8_t)finger;
	}
	return finger <= MOS_FRET_FINGERS;
}

/* An open string inside of a barre is covered by it. */
static int barre_covers_open(const struct grip *g, unsigned n)
{
	unsigned from = 0, to = 255, held = 0;

	for (unsigned i = 0; i < n; i++)
		if (g->finger[i] == 1) {
			held++;
			from = g->string[i] > from ? g->string[i] : from;
			to = g->string[i] < to ? g->string[i] : to;
		}
	for (unsigned i = 0; held > 1 && i < n; i++)
		if (!g->fret[i] && g->string[i] < from && g->string[i] > to)
			return 1;
	return 0;
}

static float reach_mm(const struct board *board, const struct grip *g, unsigned n)
{
	unsigned highest = 0;

	for (unsigned i = 0; i < n && i < CHORD; i++)
		highest = g->fret[i] > highest ? g->fret[i] : highest;
	return g->lowest ? board->mm[highest] - board->mm[g->lowest] : 0;
}

static float price(const struct board *board, const struct grip *g, unsigned n)
{
	float cost = reach_mm(board, g, n) * 0.02f;

	for (unsigned i = 0; i < n; i++) {
		cost += g->fret[i] ? 0.25f + 0.06f * g->fret[i] : 0;
		cost += g->finger[i] == 4 ? 0.15f : 0;
	}
	return cost;
}

struct search {
	const struct board *board;
	const struct mos_fret_note *note; /* of the chord */
	struct chord *chord;
	struct grip now;
	unsigned used;  /* bits of strings */
	uint32_t tries; /* left */
};

/* Into the list, cheapest first. */
static void insert(const struct board *board, struct chord *c, struct grip g, unsigned first_finger_at)
{
	unsigned at = c->n_grips;

	g.own = price(board, &g, c->n_kept);
	g.hand_mm = first_finger_at ? board->mm[first_finger_at] : -1;
	if (at == GRIPS && g.own >= c->grip[at - 1].own)
		return;
	if (at == GRIPS)
		at--;
	else
		c->n_grips++;
	for (; at > 0 && c->grip[at - 1].own > g.own; at--)
		c->grip[at] = c->grip[at - 1];
	c->grip[at] = g;
}

/* With the hand further down: a finger a fret, where no two notes share one. */
static void keep_lower(const struct search *s, struct grip g)
{
	struct chord *c = s->chord;
	uint64_t frets = 0;
	unsigned highest = 0;

	for (unsigned i = 0; i < c->n_kept; i++) {
		if (g.fret[i] && frets >> g.fret[i] & 1)
			return;
		if (g.fret[i]) {
			frets |= UINT64_C(1) << g.fret[i];
			highest = g.fret[i] > highest ? g.fret[i] : highest;
		}
	}
	for (unsigned hand = g.lowest; hand-- > 1 && highest - hand < MOS_FRET_FINGERS;) {
		for (unsigned i = 0; i < c->n_kept; i++)
			g.finger[i] = g.fret[i] ? (uint8_t)(g.fret[i] - hand + 1) : 0;
		insert(s->board, c, g, hand);
	}
}

static void keep(struct search *s)
{
	struct chord *c = s->chord;
	struct grip g = s->now;

	g.lowest = 0;
	for (unsigned i = 0; i < c->n_kept; i++)
		if (g.fret[i] && (!g.lowest || g.fret[i] < g.lowest))
			g.lowest = g.fret[i];
	if (reach_mm(s->board, &g, c->n_kept) > MOS_FRET_REACH_MM || !give_fingers(&g, c->n_kept) ||
		barre_covers_open(&g, c->n_kept))
		return;
	insert(s->board, c, g, g.lowest);
	if (g.lowest)
		keep_lower(s, g);
}

/* From the highest note down, each on every string that is free. */
static void try_note(struct search *s, unsigned left)
{
	if (s->tries == 0)
		return;
	s->tries--;
	if (left == 0) {
		keep(s);
		return;
	}
	const struct board *board = s->board;
	const unsigned i = left - 1;
	const struct mos_fret_note *note = &s->note[s->chord->kept[i]];

	for (unsigned string = 0; string < board->neck->n_strings; string++) {
		const int fret = s->used >> string & 1 ? -1 : fret_on(board, note, string);

		if (fret < 0)
			continue;
		/* Further apart than a hand is wide cannot become a grip. */
		int fits = 1;
		for (unsigned k = left; k < s->chord->n_kept && fret; k++)
			fits &= !s->now.fret[k] ||
				fabsf(board->mm[fret] - board->mm[s->now.fret[k]]) <= MOS_FRET_REACH_MM;
		if (!fits)
			continue;
		s->now.fret[i] = (uint8_t)fret;
		s->now.string[i] = (uint8_t)(string + 1);
		s->used |= 1u << string;
		try_note(s, i);
		s->used &= ~(1u << string);
	}
}

/* What may be tried: by the piece, and so by each of the chords that are still to come. */
struct budget {
	uint32_t tries;
	size_t n_chords;
};

/* For the next chord, which may take more than its share, but not all that the others have. */
static uint32_t take_share(struct budget *budget)
{
	const uint64_t share = (uint64_t)budget->tries * SHARE / budget->n_chords--;

	return share > CHORD * TRIES   ? CHORD * TRIES
	       : share < 2 * TRIES_FEW ? 2 * TRIES_FEW
				       : (uint32_t)share;
}

/* Until a hand can do it, with as many notes as it can. */
static int find_grips(
	const struct board *board, const struct mos_fret_note *note, struct chord *c, struct budget *budget)
{
	uint32_t share = take_share(budget);

	c->grip = malloc(GRIPS * sizeof(*c->grip));
	if (!c->grip)
		return -ENOMEM;
	for (;;) {
		const uint32_t half = share / 2, most = half > TRIES       ? TRIES
							: half < TRIES_FEW ? TRIES_FEW
									   : half;
		struct search s = {.board = board, .note = note, .chord = c, .tries = most};

		c->n_grips = 0;
		if (c->n_kept)
			try_note(&s, c->n_kept);
		const uint32_t tried = most - s.tries;
		share -= tried < share ? tried : share;
		budget->tries -= tried < budget->tries ? tried : budget->tries;
		if (c->n_grips || !c->n_kept) {
			struct grip *fits = realloc(c->grip, (c->n_grips + 1u) * sizeof(*c->grip));

			c->grip =
				fits ? fits : c->grip; /* a piece has many chords, and most have few grips */
			return 0;
		}
		const unsigned i = least_missed(c, note);
		drop(c, i == NONE ? 0 : i); /* what somebody wrote no hand can do: we do not know how */
	}
}

/* ---- the way through ---- */

/* What a millimetre costs, in so much time. */
static float price_of_mm(float ticks)
{
	return 0.012f * (1 + 0.25f / fmaxf(ticks / QUARTER, 0.05f));
}

static float move_mm(const struct grip *from, const struct grip *to)
{
	return from->hand_mm < 0 || to->hand_mm < 0 ? 0 : fabsf(from->hand_mm - to->hand_mm);
}

/* Bits of its notes that find their strings taken. */
static uint16_t find_clashes(const struct chord *c, const struct mos_fret_note *note, const struct grip *g,
	const int64_t *busy_until)
{
	const int64_t tick = note[c->first].tick;
	uint16_t clash = 0;

	for (unsigned i = 0; i < c->n_kept; i++)
		clash |= (uint16_t)((busy_until[g->string[i] - 1] > tick) << i);
	return clash;
}

/* The grip is played after that one: where the hand is does not change while nothing is fretted, and strings
 * are busy for as long as what is struck lasts. */
static void enter(const struct chord *c, const struct mos_fret_note *note, struct grip *g,
	const struct grip *before, float total)
{
	g->total = total;
	g->clash = find_clashes(c, note, g, before->busy_until);
	if (g->hand_mm < 0)
		g->hand_mm = before->hand_mm;
	memcpy(g->busy_until, before->busy_until, sizeof(g->busy_until));
	for (unsigned i = 0; i < c->n_kept; i++) {
		const struct mos_fret_note *n = &note[c->first + c->kept[i]];

		if (!(g->clash >> i & 1))
			g->busy_until[g->string[i] - 1] = n->tick + n->duration_ticks;
	}
}

static float price_after(const struct chord *c, const struct mos_fret_note *note, const struct grip *g,
	const struct grip *before, float mm_price)
{
	return before->total + g->own + move_mm(before, g) * mm_price +
	       CLASH * (float)__builtin_popcount(find_clashes(c, note, g, before->busy_until));
}

static void join(const struct mos_fret_note *note, const struct chord *before, struct chord *c)
{
	const float mm_price = price_of_mm((float)(note[c->first].tick - note[before->first].tick));

	for (unsigned i = 0; i < c->n_grips; i++) {
		struct grip *g = &c->grip[i];
		float best = INFINITY;

		for (unsigned k = 0; k < before->n_grips; k++) {
			const float total = price_after(c, note, g, &before->grip[k], mm_price);

			if (total < best) {
				best = total;
				g->from = (uint8_t)k;
			}
		}
		enter(c, note, g, &before->grip[g->from], best);
	}
}

static void begin(const struct mos_fret_note *note, struct chord *c)
{
	struct grip nothing = {.hand_mm = -1};

	for (unsigned s = 0; s < MOS_FRET_STRINGS; s++)
		nothing.busy_until[s] = INT64_MIN;
	for (unsigned k = 0; k < c->n_grips; k++)
		enter(c, note, &c->grip[k], &nothing, c->grip[k].own);
}

/* ---- the right hand ---- */

/* The thumb plays the lower half of the strings, each finger a string of the upper one; runs alternate i and
 * m. */
static void give_right(
	const struct mos_fret_neck *neck, struct mos_fret_place *place, size_t n, unsigned *alternate)
{
	const unsigned thumb_from = neck->n_strings / 2 + 1;
	unsigned n_played = 0, upper[MOS_FRET_STRINGS + 1] = {0}, n_upper = 0;

	for (size_t i = 0; i < n; i++) {
		n_played += place[i].string != 0;
		if (place[i].string && place[i].string < thumb_from)
			upper[place[i].string] = 1;
	}
	for (unsigned s = 1; s <= MOS_FRET_STRINGS; s++)
		n_upper += upper[s];
	for (size_t i = 0; i < n; i++) {
		unsigned rank = 0;

		if (!place[i].string)
			continue;
		if (place[i].string >= thumb_from) {
			place[i].right = MOS_FRET_P;
		} else if (n_played == 1) {
			place[i].right = *alternate ? MOS_FRET_M : MOS_FRET_I;
			*alternate ^= 1;
		} else {
			for (unsigned s = 1; s < place[i].string; s++)
				rank += upper[s]; /* strings above it: 0 is the highest */
			/* a on the highest; where there are more strings than fingers, i takes the rest */
			const unsigned most = n_upper < 3 ? n_upper : 3;
			place[i].right = (uint8_t)(rank < most ? MOS_FRET_P + most - rank : MOS_FRET_I);
		}
	}
}

/* ---- all of it ---- */

/* The chord that begins with a note. @return the note after it. */
static size_t end_of_chord(const struct mos_fret_note *note, size_t n, size_t from)
{
	size_t end = from + 1;

	while (end < n && note[end].tick == note[from].tick && end - from < AT_ONCE)
		end++;
	return end;
}

/* The chords from note `from` on, as many as a window has. @return the note after them. */
static size_t split(
	const struct mos_fret_note *note, size_t n, size_t from, struct chord *ret, size_t *n_chords)
{
	for (*n_chords = 0; from < n && *n_chords < WINDOW; (*n_chords)++) {
		const size_t end = end_of_chord(note, n, from);

		ret[*n_chords] = (struct chord){.first = from, .n = end - from};
		from = end;
	}
	return from;
}

static void write_chord(const struct board *board, const struct chord *c, const struct grip *g,
	struct mos_fret_place *place, struct mos_fret_report *report)
{
	for (unsigned i = 0; i < c->n_kept; i++)
		if (!(g->clash >> i & 1))
			place[c->kept[i]] = (struct mos_fret_place){
				.string = g->string[i], .fret = g->fret[i], .finger = g->finger[i]};
	report->widest_mm = fmaxf(report->widest_mm, reach_mm(board, g, c->n_kept));
}

static int is_shift(const struct grip *before, const struct grip *after)
{
	return before->hand_mm >= 0 && after->hand_mm >= 0 && before->hand_mm != after->hand_mm;
}

/* A window: chords between which the way is looked for at once. */
struct window {
	struct board board;
	const struct mos_fret_note *note;
	unsigned degree;
	struct budget budget;
	unsigned alternate;
	struct chord *chord;
	size_t n;
	struct chord last; /* of those before, with the grip that was taken; n_grips 0: none */
	struct grip last_grip;
};

/* Backwards from the cheapest end. */
static void write_all(struct window *w, struct mos_fret_place *ret, struct mos_fret_report *report)
{
	const struct grip *after = NULL;
	struct chord last = w->last;
	struct grip last_grip = w->last_grip;

	for (size_t i = w->n; i-- > 0;) {
		const struct chord *c = &w->chord[i];
		const struct grip *g = c->n_grips ? &c->grip[0] : NULL;

		for (unsigned k = 1; g && !after && k < c->n_grips; k++)
			if (c->grip[k].total < g->total)
				g = &c->grip[k];
		if (g && after)
			g = &c->grip[after->from];
		if (!g)
			continue;
		if (after) {
			report->n_shifts += is_shift(g, after);
		} else {
			last = *c;
			last_grip = *g;
		}
		write_chord(&w->board, c, g, ret + c->first, report);
		after = g;
	}
	if (after && w->last.n_grips)
		report->n_shifts += is_shift(&w->last_grip, after);
	w->last = last;
	w->last.n_grips = w->last.n_grips > 0;
	w->last_grip = last_grip;
	w->last_grip.total = 0;
	w->last.grip = &w->last_grip;
}

static int solve(struct window *w, struct mos_fret_report *report)
{
	const struct chord *before = w->last.n_grips ? &w->last : NULL;

	for (size_t i = 0; i < w->n; i++) {
		struct chord *c = &w->chord[i];

		choose(&w->board, w->note + c->first, w->degree, c, report);
		if (find_grips(&w->board, w->note + c->first, c, &w->budget) < 0)
			return -ENOMEM;
		if (!c->n_grips)
			continue;
		if (before)
			join(w->note, before, c);
		else
			begin(w->note, c);
		before = c;
	}
	return 0;
}

static int do_window(struct window *w, struct mos_fret_place *ret, struct mos_fret_report *report)
{
	const int rc = solve(w, report);

	if (rc == 0)
		write_all(w, ret, report);
	for (size_t i = 0; i < w->n; i++) {
		if (rc == 0)
			give_right(w->board.neck, ret + w->chord[i].first, w->chord[i].n, &w->alternate);
		free(w->chord[i].grip);
	}
	return rc;
}

/* Of the notes themselves. */
static int is_piece(const struct mos_fret_note *note, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (note[i].key > 127 || note[i].tick < -FAR_TICKS || note[i].tick > FAR_TICKS ||
			(i && note[i].tick < note[i - 1].tick))
			return 0;
	return 1;
}

static int is_instrument(const struct mos_fret_neck *neck)
{
	return neck->n_strings >= 1 && neck->n_strings <= MOS_FRET_STRINGS && neck->n_frets >= 1 &&
	       neck->n_frets <= MOST_FRETS && neck->capo <= neck->n_frets && !isinf(neck->scale_mm);
}

int mos_fret_propose(const struct mos_fret_neck *neck, const struct mos_fret_note *note, size_t n,
	unsigned degree, struct mos_fret_place *ret, struct mos_fret_report *ret_report)
{
	struct window w = {.note = note, .degree = degree, .budget = {.tries = TRIES_ALL}};
	int rc = 0;

	*ret_report = (struct mos_fret_report){0};
	if (degree >= MOS_FRET_DEGREES || !is_instrument(neck) || !is_piece(note, n))
		return -EINVAL;
	if (!n)
		return 0;
	memset(ret, 0, n * sizeof(*ret));
	w.chord = calloc(n < WINDOW ? n : WINDOW, sizeof(*w.chord));
	if (!w.chord)
		return -ENOMEM;
	board_init(&w.board, neck);
	for (size_t at = 0; at < n; at = end_of_chord(note, n, at))
		w.budget.n_chords++;
	for (size_t at = 0; rc == 0 && at < n;) {
		at = split(note, n, at, w.chord, &w.n);
		rc = do_window(&w, ret, ret_report);
	}
	for (size_t i = 0; i < n; i++)
		ret_report->n_left_out += !ret[i].string && !note[i].string;
	free(w.chord);
	return rc;
}
