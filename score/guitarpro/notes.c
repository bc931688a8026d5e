/* SPDX-License-Identifier: MIT */
/** Notes of a beat: pitch, ties, tablature; and their techniques, which are written when it is known what
 * follows. */
#include "gp.h"
#include "voice.h"

#include <string.h>

/** How many bars back a tied note looks for where it comes from. */
#define TIE_REACH 3u

static const struct gp_staff_setup *setup_of(const struct gp_song *song)
{
	return &song->track[song->at_track].staff[song->at_staff].setup;
}

/** @return as fretted, without harmonics; -1: the file does not say. */
static int fretted_pitch(const struct gp_song *song, const struct gp_note *note)
{
	const struct gp_staff_setup *setup = setup_of(song);
	if (song->track[song->at_track].is_drums)
		return note->has_pitch ? note->pitch : note->fret;
	if (note->string > 0 && note->string <= setup->n_strings)
		return setup->tuning[note->string - 1] + setup->capo + note->fret;
	return note->has_pitch ? note->pitch : -1;
}

static uint8_t clamp_pitch(int pitch)
{
	return (uint8_t)(pitch < 0 ? 0 : pitch > 127 ? 127 : pitch);
}

uint16_t gp_note_key(const struct gp_song *song, const struct gp_note *note)
{
	const struct gp_staff_setup *setup = setup_of(song);
	if (!song->track[song->at_track].is_drums && note->string > 0 && note->string <= setup->n_strings)
		return note->string;
	return (uint16_t)(0x100 + clamp_pitch(fretted_pitch(song, note)));
}

/** What sounds; fills in fx what the harmonic is. */
static int sounding_pitch(const struct gp_song *song, struct gp_note *note, int pitch)
{
	if (!note->fx.harmonic)
		return pitch;
	const struct gp_staff_setup *setup = setup_of(song);
	const int is_natural = note->fx.harmonic == NVX_HARMONIC_NATURAL;
	const uint32_t at_1e3 = note->harmonic_1e3 ? note->harmonic_1e3
				: is_natural       ? note->fret * 1000u
						   : 12000u;
	const int has_string = note->string > 0 && note->string <= setup->n_strings;
	int sounding = pitch + gp_harmonic_interval(at_1e3);
	if (note->fx.harmonic_pitch != NVX_NO_U8)
		sounding = note->fx.harmonic_pitch;
	else if (is_natural && has_string)
		sounding = setup->tuning[note->string - 1] + setup->capo + gp_harmonic_interval(at_1e3);
	const uint32_t touched = (at_1e3 + 500) / 1000 + (is_natural ? 0 : note->fret);
	note->fx.harmonic_fret = (uint8_t)(touched > GP_MAX_FRET ? NVX_NO_U8 : touched);
	note->fx.harmonic_pitch = clamp_pitch(sounding);
	return sounding;
}

static uint8_t velocity_of(const struct gp_note *note)
{
	int step = note->dynamic ? note->dynamic : 6;
	if (note->articulations & 1u << NVX_ARTICULATION_MARCATO)
		step += 2;
	else if (note->articulations & 1u << NVX_ARTICULATION_ACCENT)
		step++;
	if (note->fx.simple & 1u << NVX_TECHNIQUE_GHOST)
		step--;
	const int velocity = 16 * step - 1; /* ppp 15, f 95, fff 127 */
	return (uint8_t)(velocity < 1 ? 1 : velocity > 127 ? 127 : velocity);
}

/** Points of a beat that begins `from` ticks after its note and lasts `ticks`, behind those that are there.
 */
static nvx_list add_points(
	struct nvx_draft *draft, nvx_list list, const struct gp_curve *curve, uint32_t from, int64_t ticks)
{
	struct nvx_point point[GP_MAX_POINTS];
	uint32_t n = 0;
	if (curve->n == 0)
		return list;
	const struct nvx_point *old = nvx_items(draft->pool, list, &n);
	n = n < GP_MAX_POINTS ? n : GP_MAX_POINTS;
	if (n > 0)
		memcpy(point, old, n * sizeof(*point));
	for (unsigned i = 0; i < curve->n && n < GP_MAX_POINTS; i++) {
		uint32_t tick = from + (uint32_t)((ticks * curve->point[i].at_1e4 + 5000) / 10000);
		if (n > 0 && tick < point[n - 1].tick)
			tick = point[n - 1].tick;
		point[n++] = (struct nvx_point){tick, curve->point[i].cents};
	}
	return nvx_make_list(draft, point, n, sizeof(*point));
}

static unsigned put_use(struct nvx_technique_use *use, unsigned n, enum nvx_technique type)
{
	use[n] = (struct nvx_technique_use){
		.type = (uint8_t)type, .fret = NVX_NO_U8, .pitch = NVX_NO_U8, .speed_1e6hz = NVX_NO_I32};
	return n + 1;
}

/** @param to  What follows on the string: fret and id; NULL: nothing. */
static unsigned list_techniques(
	const struct gp_open *open, nvx_id to_id, int to_fret, struct nvx_technique_use *use)
{
	const struct gp_fx *fx = &open->fx;
	unsigned n = 0;
	if (fx->hopo && to_id) {
		n = put_use(use, n, to_fret < open->fret ? NVX_TECHNIQUE_PULL_OFF : NVX_TECHNIQUE_HAMMER_ON);
		use[n - 1].to_note_id = to_id;
	}
	for (unsigned style = NVX_SLIDE_SHIFT; style <= NVX_SLIDE_OUT_UP; style++)
		if (fx->slides >> style & 1) {
			n = put_use(use, n, NVX_TECHNIQUE_SLIDE);
			use[n - 1].style = (uint8_t)style;
			if (style <= NVX_SLIDE_LEGATO)
				use[n - 1].to_note_id = to_id;
		}
	if (open->bend) {
		n = put_use(use, n, NVX_TECHNIQUE_BEND);
		use[n - 1].points = open->bend;
	}
	if (open->whammy) {
		n = put_use(use, n, NVX_TECHNIQUE_WHAMMY);
		use[n - 1].points = open->whammy;
	}
	if (fx->vibrato) {
		n = put_use(use, n, NVX_TECHNIQUE_VIBRATO);
		use[n - 1].width = fx->vibrato;
	}
	if (fx->harmonic) {
		n = put_use(use, n, NVX_TECHNIQUE_HARMONIC);
		use[n - 1].style = fx->harmonic;
		use[n - 1].fret = fx->harmonic_fret;
		use[n - 1].pitch = fx->harmonic_pitch;
	}
	if (fx->trill_pitch != NVX_NO_U8) {
		n = put_use(use, n, NVX_TECHNIQUE_TRILL);
		use[n - 1].pitch = fx->trill_pitch;
		use[n - 1].step_ticks = fx->trill_ticks;
	}
	if (fx->strokes) {
		n = put_use(use, n, NVX_TECHNIQUE_TREMOLO_PICK);
		use[n - 1].strokes = fx->strokes;
	}
	if (fx->strum) {
		n = put_use(use, n, NVX_TECHNIQUE_STRUM);
		use[n - 1].direction = fx->strum;
		use[n - 1].spread_ticks = fx->spread_ticks;
	}
	if (fx->arpeggio) {
		n = put_use(use, n, NVX_TECHNIQUE_ARPEGGIO);
		use[n - 1].direction = fx->arpeggio;
		use[n - 1].spread_ticks = fx->spread_ticks;
	}
	if (fx->pick) {
		n = put_use(use, n, NVX_TECHNIQUE_PICK);
		use[n - 1].direction = fx->pick;
	}
	for (unsigned type = NVX_TECHNIQUE_PALM_MUTE; type <= NVX_TECHNIQUE_STACCATO; type++)
		if (fx->simple >> type & 1)
			n = put_use(use, n, (enum nvx_technique)type);
	return n;
}

/** Techniques of a note without a string go to the performance rail, by name. */
static void put_performance(struct gp_song *song, const struct gp_track *track, const struct gp_open *open,
	const struct nvx_technique_use *use, unsigned n)
{
#define X(constant, text) text,
	static const char *const name[] = {NVX_TECHNIQUES(X, )};
#undef X
	struct nvx_draft *draft = song->draft;
	for (unsigned i = 0; i < n; i++) {
		const char *text = name[use[i].type];
		const nvx_str technique = nvx_text(draft, text, strlen(text));
		struct nvx_performance *performance = nvx_add_performance(draft);
		performance->e.note_id = draft->part[track->part].note[open->note].id;
		performance->technique = technique;
	}
}

static void close_note(struct gp_song *song, const struct gp_track *track, const struct gp_open *open,
	nvx_id to_id, int to_fret)
{
	struct nvx_technique_use use[32];
	const unsigned n = list_techniques(open, to_id, to_fret, use);
	if (open->fx.hopo && !to_id)
		score_warn(song->draft->report, GP_DROPPED,
			SCORE_AT("track %u, bar %u", (uint32_t)(track - song->track) + 1, open->bar + 1),
			"a hammer-on or pull-off leads to no note");
	if (n == 0 || song->draft->error)
		return;
	if (open->tab)
		song->draft->tab[open->tab - 1].techniques = nvx_make_list(song->draft, use, n, sizeof(*use));
	else if (!song->is_echo)
		put_performance(song, track, open, use, n);
}

void gp_close_voice(struct gp_song *song, const struct gp_track *track, struct gp_voice *voice)
{
	for (unsigned i = 0; i < voice->n_open; i++)
		close_note(song, track, &voice->open[i], 0, 0);
	voice->n_open = 0;
}

static struct gp_open *find_open(struct gp_voice *voice, uint16_t key)
{
	for (unsigned i = 0; i < voice->n_open; i++)
		if (voice->open[i].key == key)
			return &voice->open[i];
	return NULL;
}

/** Where a tied note comes from: its own voice, or another of the staff that ends there. */
static struct gp_open *find_tie(const struct gp_song *song, uint16_t key, int64_t tick)
{
	struct gp_open *open = find_open(song->voice, key);
	if (open && (open->end_tick == tick || song->at_bar - open->bar <= TIE_REACH))
		return open;
	const struct gp_staff *staff = &song->track[song->at_track].staff[song->at_staff];
	for (unsigned i = 0; i < GP_MAX_VOICES; i++) {
		open = staff->voice[i] ? find_open(staff->voice[i], key) : NULL;
		if (open && open->end_tick == tick)
			return open;
	}
	return NULL;
}

/** What is said of a note where it goes on joins what was said before. */
static void join_fx(struct gp_fx *fx, const struct gp_fx *more)
{
	const uint8_t harmonic_pitch = fx->harmonic_pitch;
	fx->simple |= more->simple;
	fx->hopo = more->hopo;
	fx->slides |= more->slides;
	fx->vibrato = more->vibrato ? more->vibrato : fx->vibrato;
	fx->strokes = more->strokes ? more->strokes : fx->strokes;
	fx->strum = more->strum ? more->strum : fx->strum;
	fx->arpeggio = more->arpeggio ? more->arpeggio : fx->arpeggio;
	fx->pick = more->pick ? more->pick : fx->pick;
	if (!fx->harmonic && more->harmonic) {
		fx->harmonic = more->harmonic;
		fx->harmonic_fret = more->harmonic_fret;
		fx->harmonic_pitch = harmonic_pitch;
	}
	if (fx->trill_pitch == NVX_NO_U8) {
		fx->trill_pitch = more->trill_pitch;
		fx->trill_ticks = more->trill_ticks;
	}
}

static uint32_t go_on(struct gp_song *song, const struct gp_beat *beat, const struct gp_note *note,
	struct gp_open *open, int64_t tick, int64_t end_tick)
{
	struct nvx_draft *draft = song->draft;
	struct nvx_note *sounding = &draft->part[song->track[song->at_track].part].note[open->note];
	if (end_tick > sounding->tick + sounding->duration_ticks)
		sounding->duration_ticks = gp_length(sounding->tick, end_tick);
	const uint32_t from = gp_length(sounding->tick, tick);
	open->bend = add_points(draft, open->bend, &note->bend, from, end_tick - tick);
	open->whammy = add_points(draft, open->whammy, &beat->whammy, from, end_tick - tick);
	join_fx(&open->fx, &note->fx);
	open->end_tick = end_tick;
	open->bar = song->at_bar;
	return open->note;
}

/** What tablature says of a note; extension for what it cannot. @return 1 + index of the element; 0: none. */
static size_t put_tab(struct gp_song *song, const struct gp_note *note, struct nvx_note *sounding, int pitch)
{
	static const char *const extra_name[] = {"hopoDestination", "leftHandTap", "pickScrapeDown",
		"pickScrapeUp", "swapAccidental", "tremoloBarVibrato", "wideTremoloBarVibrato"};
	struct nvx_draft *draft = song->draft;
	const struct gp_track *track = &song->track[song->at_track];
	const struct gp_staff_setup *setup = setup_of(song), *first = &track->staff[0].setup;
	const int has_string = !track->is_drums && note->string > 0 && note->string <= setup->n_strings;
	const int is_ours = has_string && note->fret <= GP_MAX_FRET && pitch <= 127 &&
			    note->string <= first->n_strings && setup->capo == first->capo &&
			    setup->tuning[note->string - 1] == first->tuning[note->string - 1];
	struct gp_ext ext = {};
	for (unsigned i = 0; i < sizeof(extra_name) / sizeof(*extra_name); i++)
		if (note->extras >> i & 1)
			gp_ext_flag(draft, &ext, extra_name[i]);
	if (has_string && !is_ours) {
		gp_ext_int(draft, &ext, "fret", note->fret);
		gp_ext_int(draft, &ext, "string", note->string);
	}
	const nvx_str extra = gp_ext_take(draft, &ext);
	gp_ext_finish(&ext);
	if (!is_ours) {
		sounding->extra = extra;
		return 0;
	}
	struct nvx_tab *tab = nvx_add_tab(draft);
	tab->string = note->string;
	tab->fret = note->fret;
	tab->e.note_id = sounding->id;
	tab->e.tick = sounding->tick;
	tab->e.extra = extra;
	return draft->error ? 0 : draft->n_tab;
}

static void put_finger(struct gp_song *song, const struct nvx_note *sounding, unsigned hand, unsigned finger)
{
	if (!finger)
		return;
	struct nvx_fingering *fingering = nvx_add_fingering(song->draft);
	fingering->e.note_id = sounding->id;
	fingering->e.tick = sounding->tick;
	fingering->hand = (uint8_t)hand;
	fingering->finger = (uint8_t)finger;
}

static void put_stroke(struct gp_song *song, const struct gp_note *note, const struct nvx_note *sounding)
{
	if (!note->articulation || !song->track[song->at_track].is_drums)
		return;
	struct nvx_drum_entry *drum = nvx_add_drum(song->draft);
	drum->e.note_id = sounding->id;
	drum->e.tick = sounding->tick;
	drum->instrument = note->drum_instrument;
	drum->articulation = note->articulation;
}

/** The slot of a string; what was open there leads to the new note. */
static struct gp_open *open_slot(struct gp_song *song, uint16_t key, nvx_id id, int fret)
{
	struct gp_voice *voice = song->voice;
	const struct gp_track *track = &song->track[song->at_track];
	struct gp_open *slot = find_open(voice, key);
	if (slot) {
		const int is_near = song->at_bar - slot->bar <= TIE_REACH;
		close_note(song, track, slot, is_near ? id : 0, fret);
	} else if (voice->n_open < GP_MAX_BEAT_NOTES) {
		slot = &voice->open[voice->n_open++];
	} else { /* pitches without strings: the one that ended first gives way */
		slot = &voice->open[0];
		for (unsigned i = 1; i < voice->n_open; i++)
			if (voice->open[i].end_tick < slot->end_tick)
				slot = &voice->open[i];
		close_note(song, track, slot, 0, 0);
	}
	*slot = (struct gp_open){.key = key};
	return slot;
}

uint32_t gp_put_note(struct gp_song *song, const struct gp_beat *beat, struct gp_note *note, int64_t tick,
	int64_t end_tick, int *ret_is_new)
{
	struct nvx_draft *draft = song->draft;
	const uint32_t part = song->track[song->at_track].part;
	const uint16_t key = gp_note_key(song, note);
	*ret_is_new = 0;
	if (note->tied) {
		struct gp_open *open = find_tie(song, key, tick);
		if (open)
			return go_on(song, beat, note, open, tick, end_tick);
		score_warn(draft->report, GP_PARSE, GP_HERE(song),
			"a tied note goes on from none: it starts here");
	}
	const int pitch = fretted_pitch(song, note);
	if (pitch < 0) {
		score_warn(draft->report, GP_PARSE, GP_HERE(song),
			"string %u does not exist: a note is dropped", note->string);
		return UINT32_MAX;
	}
	const int sounding_at = sounding_pitch(song, note, pitch);
	if (sounding_at > 127)
		score_warn(draft->report, GP_PARSE, GP_HERE(song), "pitch %d is above 127", sounding_at);
	if (note->trill_fret != NVX_NO_U8)
		note->fx.trill_pitch = clamp_pitch(pitch - note->fret + note->trill_fret);

	struct nvx_note *sounding = nvx_add_note(draft, part);
	sounding->tick = tick;
	sounding->duration_ticks = (uint32_t)(end_tick > tick ? end_tick - tick : 1);
	sounding->pitch = clamp_pitch(sounding_at);
	sounding->velocity = velocity_of(note);
	if (draft->error)
		return UINT32_MAX;
	const uint32_t index = (uint32_t)draft->part[part].n_note - 1;
	struct gp_open *open = open_slot(song, key, sounding->id, note->fret);
	open->fret = note->fret;
	open->note = index;
	open->bar = song->at_bar;
	open->end_tick = end_tick;
	open->fx = note->fx;
	open->bend = add_points(draft, 0, &note->bend, 0, end_tick - tick);
	open->whammy = add_points(draft, 0, &beat->whammy, 0, end_tick - tick);
	if (!song->is_echo) {
		open->tab = put_tab(song, note, sounding, pitch);
		put_finger(song, sounding, NVX_HAND_LEFT, note->left);
		put_finger(song, sounding, NVX_HAND_RIGHT, note->right);
		put_stroke(song, note, sounding);
	}
	*ret_is_new = 1;
	return index;
}
