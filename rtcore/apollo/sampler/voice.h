/* SPDX-License-Identifier: MIT */
/**
 * A voice: one zone sounding. control.c moves it (envelopes, LFOs, modulators), render.c makes it sound, sampler.c
 * starts and ends it. Audio thread.
 *
 * A voice lives in pieces: stretches in which its pitch is constant and its gain a straight line. A piece ends at
 * the next control point, where an envelope turns, and where the voice is released or cut. None of these depends on
 * how the engine splits its blocks, so neither do the bits.
 */
#ifndef SAMPLER_VOICE_H
#define SAMPLER_VOICE_H

#include <stdalign.h>
#include <stddef.h>

#include "../channel.h"
#include "sends.h"
#include "curve.h"
#include "sampler.h"

#define VOICE_NONE UINT32_MAX
#define VOICE_NEVER UINT32_MAX
#define VOICE_STAGES 6u   /**< second-order filter sections of a voice */
#define VOICE_FLEX 4u     /**< free envelopes of a voice */
#define VOICE_READS (4 * KERNEL_LANES)
#define VOICE_WORDS 8192u
#define ORDER_KEPT 256u /**< voices of a strip whose order is kept from block to block; of more it is found anew */
#define ORDER_LANES 30u /**< bit of an entry of such an order */
#define VOICE_FADE_MS 5u  /**< of a stolen voice */
#define SF2_FULL_CB 960.0f /**< the volume envelope's whole way; FluidSynth and the banks made with it have 96 dB */
#define SFZ_FULL_LOG2 12.984256f /**< the same of SFZ: exp(-9), as power of two */
#define BRIGHTNESS_CENTS 75.0f /**< of the filter, a step of controller 74 */
#define TUNING_STEP 8   /**< cents */
#define TUNINGS 2457u
#define VOICE_SILENT 1.6e-5f /**< -96 dB */
#define VOICE_SAFE_SHIFT 2 /**< ways are whole multiples of 2^(32 - KERNEL_FINE), and those of words in 34 bits */
#define VOICE_FAR 0x80000000u /**< virtual frames: looping voices come back before they overflow */

enum voice_state {
	VOICE_FREE,
	VOICE_HELD,
	VOICE_PEDAL,    /**< let go, but a pedal holds it */
	VOICE_RELEASED,
	VOICE_DYING     /**< stolen: fades in VOICE_FADE_MS */
};

enum env_stage { STAGE_DELAY, STAGE_ATTACK, STAGE_HOLD, STAGE_DECAY, STAGE_SUSTAIN, STAGE_RELEASE, STAGE_FADE, STAGE_END };

struct env {
	uint8_t stage;
	uint8_t is_exponential; /**< this stage */
	uint32_t left;          /**< frames of the stage; VOICE_NEVER: without end */
	float level;            /**< now */
	float to;               /**< at the stage's end */
	float add;              /**< a frame, of linear stages; else 0 */
	float log2_mul;         /**< a frame, of exponential ones */
	float mul_control;      /**< the same, of SAMPLER_CONTROL frames; of linear ones 1 */
};

struct lfo {
	uint32_t behind; /**< frames not yet gone through, while it moves nothing */
	uint32_t wait;  /**< frames of its delay still to come */
	uint32_t age;   /**< frames since then */
	uint32_t phase, step;
	uint32_t fade;  /**< frames */
	float held;     /**< of WAVE_RANDOM */
	float value;
};

struct flex {
	uint8_t point;  /**< on the way to it */
	uint8_t is_over;
	uint32_t done, len; /**< frames of the way */
	float from, value;
};

struct voice_piece {
	uint8_t at, len, k; /**< frames: in the segment, its own, since the ramp's start */
	float gain[2], step[2];
};

/** Samples that lie in a window and are to be read at their speed. */
struct voice_job {
	uint64_t frac, inc;
	float *x[2];    /**< where to; the second one NULL: one channel */
	uint32_t n;     /**< 0: no job */
	uint32_t window;
};

/** What a filter of a zone was made of. */
struct voice_filter {
	float fc, q;
	float k, m2; /**< what follows from q */
};

/** What moves, and by how much at its peak. */
enum voice_move {
	MOVE_PITCH,
	MOVE_FC,
	MOVE_ENV, /**< envelopes: the ones above */
	MOVE_ATTEN = MOVE_ENV,
	MOVE_PAN,
	MOVE_LFO
};

/** What a control point asks for of a voice that goes on as before. */
enum voice_step {
	STEP_LFO = 1,        /**< LFOs that move something */
	STEP_ENV = 2,        /**< envelopes beside the volume's that are on their way */
	STEP_PITCH_LFO = 4,  /**< whose LFOs, or envelopes, move the pitch */
	STEP_PITCH_ENV = 8,
	STEP_FC_LFO = 16,    /**< or the filter */
	STEP_FC_ENV = 32,
	STEP_AMP = 64        /**< or gain and pan */
};

/**
 * In the order in which it is needed: a voice that goes on as before is read no further than its first filter, one that
 * is moved no further than the first of its parameters. An odd number of cache lines, so that voices don't crowd in a few sets.
 */
struct voice {
	/* what every piece needs */
	alignas(64) uint64_t pos; /**< virtual frame (stream.h) of the next sample point, 32.32 */
	uint64_t inc;          /**< and its way */
	uint32_t left, k;      /**< frames of the piece to come, and done */
	float gain[2], step[2];
	float level_to;        /**< volume envelope at the piece's end */
	uint32_t since;        /**< frames from the last control point to the next one */
	uint64_t safe_end;     /**< before this position a control period lies in the span and its stream wants nothing; 0: look */
	uint32_t version;      /**< of the channel's state that it follows */
	uint8_t channel;
	uint8_t bus;           /**< of sends.h: with others of its strip that send alike; BUS_NONE: straight to the strip */
	uint8_t is_plain;      /**< words read forwards, moved by nothing rare: voices_go_on() may move it */
	uint8_t steps;         /**< enum voice_step */
	float amp[2];          /**< what the envelope is multiplied with, at the piece's start, */
	float amp_end[2];      /**< at its end, */
	float amp_to[2];       /**< and at the next control point */
	struct env vol;
	uint32_t release_at, fade_at; /**< offsets in the block, VOICE_NEVER: not in it */
	uint32_t idle;         /**< frames that the LFOs which move nothing don't know of */
	const int16_t *span[2]; /**< frame span_from of each channel */
	uint32_t span_from, span_end; /**< virtual frames that can be read where they lie; equal: none */
	uint32_t stream;
	uint32_t passed;       /**< virtual frame that the stream was told last */
	uint32_t turn_at;      /**< virtual frame from which it has to be looked where it reads on */
	uint8_t reach;         /**< frames that have to lie ahead in the span, as power of two: a control period, or, where it may run dry, two */
	uint8_t moves;         /**< 1: LFOs or further envelopes want control at each point */
	uint8_t is_stereo;
	uint8_t n_sections;    /**< filters */
	uint8_t filter_moves;  /**< 1: coefficients are on their way */
	uint8_t live_lfos;     /**< bit per LFO: it moves something; */
	uint8_t plain_lfos;    /**< it is a triangle at its full depth, and nothing but its phase counts any more */
	uint8_t amp_moves;     /**< 1: LFOs or envelopes move the gain */
	uint8_t starving;      /**< its stream is late: silent until there is enough again */
	uint8_t is_short;      /**< no stream was free: it fades where memory ends */
	uint8_t filter;        /**< enum zone_filter: the zone's first, or what its channel's brightness asks for */
	uint8_t flavour, n_lfos, n_envs, n_flex; /**< the zone's */
	uint8_t is_looping;
	uint8_t state;         /**< enum voice_state */
	uint8_t key;
	uint8_t is_fresh;      /**< nothing of it has sounded */
	uint8_t is_released;   /**< the envelopes know */
	uint8_t reads_itself;  /**< 1: modulators listen to its own LFOs or envelopes */
	uint32_t safe_inc;     /**< the way up to which safe_end holds, in units of 2^VOICE_SAFE_SHIFT */
	alignas(64) struct kernel_section section[VOICE_STAGES];

	/* what control needs of one that moves */
	alignas(64) double still_inc; /**< its way at still_cents, which is pitch_cents as it was */
	float pitch_cents;     /**< by key and parameters, without what moves */
	float static_gain;     /**< by parameters */
	float last_cents, still_cents;
	float last_pan, pan_gain[2]; /**< what `amp` has of the pan, and what it was made of */
	float pan;             /**< by parameters: 0.1 % */
	float fc, q;           /**< of the first filter, by parameters: absolute cents, cB */
	float env_to[ZONE_ENVS][MOVE_ENV];
	struct env env[ZONE_ENVS]; /**< 1 and 2; number 0 is `vol` */
	struct voice_filter filter_1, filter_2;
	alignas(64) float lfo_to[ZONE_LFOS][MOVE_LFO];
	struct lfo lfo[ZONE_LFOS];
	alignas(64) float own[ZP_COUNT];

	/* where it reads on */
	const float *param;    /**< the zone's, or `own` where modulators move more than gain and pan, which lie below */
	const struct zone *zone;
	const struct sample *sample;
	uint32_t end;          /**< virtual frame at which it is over; VOICE_NEVER: loops */
	uint32_t loop_limit;   /**< virtual frame at which looping ends; VOICE_NEVER: never */
	uint32_t loop_start, loop_end; /**< virtual frames */
	uint32_t stream_from;  /**< where the stream began, virtual frame */
	uint32_t turns;        /**< of sampler.turns: its loop; 0: not there */
	uint32_t wait;         /**< frames from the block's start to its own start; 0: it runs */
	float ratio;           /**< rate of the sample / rate of the engine */

	/* for those that need it */
	float velocity;
	float once_cents;      /**< of its note-on alone */
	float release_db;      /**< of release triggers: softer by so much */
	float random, random_bipolar;
	uint8_t alternate;
	const struct bank *bank;
	uint32_t note;         /**< number of the note-on that started it */
	uint32_t noise;        /**< state of voice_noise() */
	struct flex flex[VOICE_FLEX];
};
static_assert(sizeof(struct voice) / 64 % 2 == 1);
static_assert(offsetof(struct voice, section) == 192);
static_assert(offsetof(struct voice, env_to[2]) % 64 == 0 && offsetof(struct voice, env[2]) % 64 == 0); /* envelope 1: two lines */

enum age_list { AGE_HELD, AGE_RELEASED, AGE_DYING, AGE_LISTS };

struct voice_link {
	uint32_t next, prev;
	uint16_t n_lanes; /**< of filters that it takes: 0, 1 or, of stereo samples, 2 */
	uint16_t bus;     /**< the voice's */
};

struct age {
	uint32_t first, last, n;
};

/** The lists that a voice stands in beside its strip's: its neighbours can be told without being read themselves. Two of
 * them fill a cache line. */
struct voice_place {
	alignas(32) uint32_t key_next; /**< of its key */
	uint32_t key_prev;
	uint32_t age_next, age_prev; /**< of its state, in order of age */
	uint8_t channel, key;
	uint8_t age_list;            /**< enum age_list */
	uint8_t is_keyed;            /**< 1: in its key's list */
};

#define VOICE_CC_LIST 128u /**< of preset.by_key: zones that controllers start */
#define SAMPLER_NOTE_NEUTRAL {.gain = 1, .volume = 100, .expression = 127}

/** What MIDI 2.0 has said of a key. */
struct sampler_note {
	float cents, once_cents, bend_cents;
	float gain;        /**< volume and expression, squared */
	float volume, expression; /**< 0..127 */
	float pan;         /**< 0.1 % */
	float brightness;  /**< cents of the filter */
};

/** A key of a channel, in one cache line. */
struct sampler_key {
	alignas(64) uint32_t first; /**< of its voices */
	float pressure;
	float velocity;             /**< of the last note-on, */
	uint64_t frame;             /**< and when it was */
	struct sampler_note note;
};

#define HEARD_RUNS 4u
#define HEARD_TERMS 14u

enum heard_kind { TERM_OF_CHANNEL, TERM_OF_VELOCITY /**< and of nothing else */, TERM_OF_VOICE /**< of each anew */ };

/**
 * What a run of modulators makes of a channel's state (params.c): the same for all its voices until the channel is
 * told something else.
 */
struct heard {
	alignas(64) const struct zone_mod *run; /**< NULL: none yet, or the channel has changed since */
	uint16_t n_mods;
	uint8_t n;        /**< terms; more than HEARD_TERMS: they are too many to be kept */
	uint8_t is_wide;  /**< 1: some move more than gain and pan */
	struct {
		union {
			float x;      /**< TERM_OF_VELOCITY: at the curve's full height */
			uint32_t mod; /**< of the run */
		};
		uint8_t param;
		uint8_t kind;     /**< enum heard_kind */
		uint8_t op;       /**< enum zone_op */
		uint8_t curve;    /**< TERM_OF_VELOCITY: built-in */
	} term[HEARD_TERMS];
};
static_assert(ZP_COUNT <= UINT8_MAX);

/** What a channel has chosen and what its keys did, for conditions and triggers. */
struct sampler_channel {
	alignas(64) const struct bank *bank;
	const struct preset *preset;
	uint32_t program_version; /**< of the channel's state that `preset` was chosen by; UINT32_MAX: not yet */
	uint32_t zone_base;       /**< of the bank's zones in `sampler.count` and `.ready` */
	uint32_t list_base;       /**< of its lists in `sampler.choice` */
	/* by the channel's state as it was at `version`: select_look() */
	uint32_t version;         /**< UINT32_MAX: not yet */
	float wheel;              /**< chan_wheel() */
	float soften;             /**< the soft pedal: factor of the velocity */
	uint8_t is_sustained;     /**< the pedal is down */
	uint8_t is_shifted;       /**< params_are_shifted() */
	uint8_t last_switch, last_key, alternate;
	uint8_t pedal, sostenuto;
	uint64_t down[2];         /**< keys */
	uint64_t held[2];         /**< keys let go while the pedal was down: release triggers wait */
	uint64_t sost[2];         /**< keys that sostenuto holds */
	uint8_t cc[128];          /**< as they were: what triggers on a change */
};

/** Where voices that are computed together are made: one for each thread that does so. */
struct voice_work {
	uint64_t frame;           /**< of the block's first sample */
	uint32_t is_heard;        /**< as struct sends has it: a worker may be late, and read it in the next block */
	uint32_t *ended;          /**< voices that are over, and not yet out of all lists */
	uint32_t n_ended;
	float *window[2][2];      /**< the samples that a piece is made of, of each channel; two pieces in turn */
	uint32_t *order;          /**< as sampler.order, of a strip that has more */
	struct voice_job job;     /**< fetched, not yet computed */
	struct kernel_read read[VOICE_READS]; /**< in place, not yet computed */
	uint32_t n_reads;
	int16_t words[VOICE_WORDS]; /**< that some of these read: turns of loops, one behind the other */
	uint32_t n_words;
	float *x[2 * KERNEL_LANES]; /**< one voice each, or one channel of it */
	struct voice_piece piece[KERNEL_LANES][KERNEL_FRAMES];
	uint8_t n_pieces[KERNEL_LANES];
	struct {
		struct bus_sum *sum;
		uint32_t lanes;   /**< bit per lane that is added to it */
	} mix[KERNEL_LANES];
	uint32_t n_mixes;
	uint32_t whole;          /**< bit per lane: mono, and one piece without a break, */
	struct kernel_gain gain[KERNEL_LANES]; /**< which is mixed by this */
	struct kernel_lane filtered[2][2 * KERNEL_LANES]; /**< first filters of the voices: those that stand still, those that move */
	uint32_t n_filtered[2], deepest; /**< deepest: no voice has more filters */
};

#define VOICE_UNITS 16u

/** Strips whose voices are made by one thread, whichever. */
struct voice_unit {
	uint64_t strips;
	uint32_t n_voices;
	uint32_t worker;         /**< who made them */
	uint32_t first, n_ended; /**< of work[worker]->ended */
};

struct ready;
struct ready_state;
struct turns;

/** What a zone in a list of a preset asks of a note: read in a row, without the zones. */
struct choice {
	uint8_t vel_lo, vel_hi;
	uint8_t trigger : 7; /**< enum zone_trigger */
	uint8_t has_conds : 1;
};
static_assert(sizeof(struct choice) == 3); /* a bank's lists are long */

struct sampler {
	struct instrument instrument;
	struct rack *rack;
	const struct chan_state *chan;
	const struct kernel *kernel;
	struct stream_pool *streams;
	struct strip_bufs *bufs;  /**< of this block; NULL: none has begun */
	struct sends sends;
	uint64_t frame;           /**< of the block's first sample */
	uint32_t rate_hz;
	float rate, master_gain;
	uint32_t interp;          /**< enum kernel_interp */
	uint32_t polyphony, n_pool, n_free;
	uint32_t n_notes;
	uint32_t n_caught_up;     /**< in this block, the last time */
	uint32_t caught_up;       /**< to this frame of it */
	uint32_t random;
	float tuning[ZONE_SFZ + 1][TUNINGS]; /**< of filters at cut-offs TUNING_STEP cents apart */
	struct sampler_figures figures;
	uint64_t sounding;        /**< bit per strip: it has voices */
	struct {
		uint32_t first, last, n;
		uint32_t done;    /**< frames of this block */
		uint32_t made;    /**< frames of `out` that hold sound, or silence between sounds */
		uint32_t is_timed; /**< 1: voices of it have something due at an offset */
		uint32_t ordered;  /**< 0: `order` does not have its voices */
		uint32_t n_plain;  /**< so many without a filter */
	} strip[APOLLO_CHANNELS];
	uint32_t order[APOLLO_CHANNELS][ORDER_KEPT]; /**< of each strip (order.c) */
	struct age age[AGE_LISTS];
	struct sampler_channel channel[APOLLO_CHANNELS];
	struct sampler_key key[APOLLO_CHANNELS][128];
	uint32_t *count;          /**< starts of each zone of each bank (round robin) */
	uint32_t *bank_base;      /**< where a bank's zones begin in it */
	uint32_t *list_base;      /**< and its lists in `choice` */
	struct ready *ready;      /**< ready.h: of each zone of each bank */
	struct ready_state *ready_state;
	struct choice *choice;    /**< of each entry of each bank's lists */
	struct turns *turns;      /**< turns.h: short loops; number 0 is none */
	int16_t *turns_words;
	struct heard (*heard)[HEARD_RUNS]; /**< of each channel */
	uint32_t *free_list;
	struct voice *voice;
	struct voice_link *link;  /**< of each voice: its neighbours on the strip, in order of start */
	struct voice_place *place; /**< and its other lists */
	struct workers *workers;  /**< NULL: none */
	struct voice_work *work[WORKERS_MAX];
	/* this block's work, divided */
	struct voice_unit unit[VOICE_UNITS];
	uint32_t n_units, to;
	uint32_t job;             /**< its number among the workers' */
	/* strips of a unit that is late: until the worker is done with it, all of them and their voices are its own */
	uint64_t held;
	uint64_t missed;          /**< those whose voices would have been told something meanwhile */
	uint64_t returned;        /**< strips that were held, and sound again in this block */
	uint32_t held_unit;
	uint32_t held_frames;     /**< since the block in which it was late, that one included */
	struct bus_sum out[APOLLO_CHANNELS]; /**< what voices play straight to their strips */
};

/** -1 .. 1, the voice's own: the same whatever else sounds. */
static inline float voice_noise(struct voice *v) MOS_RT
{
	v->noise = v->noise * 1664525u + 1013904223u;
	return (float)(int32_t)v->noise * (1.0f / 2147483648.0f);
}

/** 0 <= r < 1 */
static inline float sampler_random(struct sampler *s) MOS_RT
{
	s->random = s->random * 1664525u + 1013904223u;
	return (float)(s->random >> 8) * (1.0f / 16777216.0f);
}

/** A function that few notes need: out of the way of those that all need. */
#define SELDOM __attribute__((cold, noinline))
/** The same of a condition: what follows from it lies elsewhere. */
#define RARELY(x) __builtin_expect(!!(x), 0)

/** What will be read soon. */
static inline void warm(const void *p, size_t n_bytes) MOS_RT
{
	for (size_t at = 0; at < n_bytes; at += 64)
		__builtin_prefetch((const char *)p + at);
}

/** What every piece touches of a voice. */
static inline void warm_voice(const struct voice *v) MOS_RT
{
	warm(v, offsetof(struct voice, section));
}

/** One of 128 keys in a bit set. */
static inline void key_set(uint64_t keys[2], uint32_t key, int on) MOS_RT
{
	if (on)
		keys[key / 64] |= UINT64_C(1) << key % 64;
	else
		keys[key / 64] &= ~(UINT64_C(1) << key % 64);
}

static inline int key_is_set(const uint64_t keys[2], uint32_t key) MOS_RT
{
	return keys[key / 64] >> key % 64 & 1;
}

/* control.c */

/** Its envelopes begin. */
void voice_start_envs(struct sampler *s, struct voice *v) MOS_RT;
/** The next piece begins `grid` frames before the next control point. @return 0: the voice is over. */
int voice_piece(struct sampler *s, struct voice *v, uint32_t grid) MOS_RT;
/** Its envelopes turn to their release (with fade: to silence in VOICE_FADE_MS), at the frame it has come to. */
void voice_release(struct sampler *s, struct voice *v, int fade) MOS_RT;
/** A note of its group has begun: end as the zone's off_mode says. */
void voice_choke(struct sampler *s, struct voice *v) MOS_RT;
/** The piece ends here, before its time. */
void voice_cut_piece(struct voice *v) MOS_RT;

/* steady.c */

/**
 * The next piece of those of a batch's voices to which nothing has happened since the last control point, at a control
 * point with a whole period to come: all but voice_go_on(). @return bit per voice: it is such a one.
 */
uint32_t voices_go_on(struct sampler *s, struct voice *const voice[], uint32_t n) MOS_RT;
/** Where it reads on, and what its stream wants. @return 1: what it reads in this period lies in its span. */
int voice_look(struct sampler *s, struct voice *v) MOS_RT;
/** Its piece begins, as voice_piece() would have begun it. @param ret  All but x and k. @return 1: what it reads lies in its
 * span. */
static inline int voice_go_on(struct sampler *s, struct voice *v, struct kernel_gain *ret) MOS_RT
{
	typedef float vec __attribute__((vector_size(16), aligned(4), may_alias));
	int is_in_place = v->pos < v->safe_end || voice_look(s, v);
	float level = v->level_to, to = level * v->vol.mul_control + v->vol.add * SAMPLER_CONTROL;
	vec amp = *(const vec *)v->amp_end, gain = amp * (vec){level, level, to, to};
	vec step = (__builtin_shufflevector(gain, gain, 2, 3, 2, 3) - gain) * (1.0f / SAMPLER_CONTROL);

	static_assert(offsetof(struct kernel_gain, step) == offsetof(struct kernel_gain, gain) + 8 &&
		      offsetof(struct voice, amp_end) == offsetof(struct voice, amp) + 8 &&
		      offsetof(struct voice, amp_to) == offsetof(struct voice, amp) + 16 &&
		      offsetof(struct voice, step) == offsetof(struct voice, gain) + 8);
	*(vec *)v->amp = amp;
	v->vol.level = level;
	v->vol.left -= v->vol.left != VOICE_NEVER ? SAMPLER_CONTROL : 0;
	v->level_to = to;
	*(vec *)v->gain = *(vec *)ret->gain = __builtin_shufflevector(gain, step, 0, 1, 4, 5);
	return is_in_place;
}

/* fetch.c */

/** Virtual frames from .. from + n of each channel into w; silence before the sample and behind it. */
void fetch(const struct sampler *s, const struct voice *v, int64_t from, uint32_t n, float *const w[2]) MOS_RT;
/**
 * Where frames from .. from + n lie as words without a gap: then they need not be copied. Looked for when the
 * ones found before do not reach. @return 0: fetch() them.
 */
int fetch_in_place(const struct sampler *s, struct voice *v, int64_t from, uint32_t n) MOS_RT;
/**
 * The same frames as words, of a loop that is in memory and has no end. @return 0: it is not; fetch() them.
 */
int fetch_turns(struct voice *v, int64_t from, uint32_t n, int16_t *const w[2]) MOS_RT;
/** What lay in place may do so no more. */
static inline void fetch_forget(struct voice *v) MOS_RT
{
	v->span_from = v->span_end = 0;
	v->safe_end = 0;
}
/** What the voice will read in a control period is on its way from memory while others are computed. */
void fetch_ahead(const struct voice *v) MOS_RT;
/** A control period of words, on its way to the second cache: the first has what is computed meanwhile. Of what is read faster,
 * the processor itself asks for the rest. */
static inline void warm_words(const int16_t *w) MOS_RT
{
	for (uint32_t line = 0; line < 4; line++)
		__builtin_prefetch((const char *)w + 64 * line, 0, 2);
}

/** The same of a voice that has a span. */
static inline void fetch_span_ahead(const struct voice *v) MOS_RT
{
	uint32_t at = (uint32_t)(v->pos >> 32) - v->span_from;

	if (at >= v->span_end - v->span_from) {
		fetch_ahead(v);
		return;
	}
	warm_words(v->span[0] + at);
	if (RARELY(v->is_stereo))
		warm_words(v->span[1] + at);
}

/* order.c */

/** A strip's voices in the order in which they are made: those without a filter, then the others. */
struct voice_order {
	const uint32_t *plain;       /**< numbers */
	uint32_t n_plain;
	const uint32_t *waiting_end; /**< behind the first of the others; they go downwards. Number, and the lanes from ORDER_LANES up. */
};

static inline uint32_t order_voice(uint32_t entry) MOS_RT
{
	return entry & ((1u << ORDER_LANES) - 1);
}

/** Kept until a voice begins on the strip. Whoever makes the strip's voices. */
struct voice_order order_of(struct sampler *s, struct voice_work *w, uint32_t strip) MOS_RT;
/** A voice leaves its strip. */
void order_remove(struct sampler *s, uint32_t strip, uint32_t voice) MOS_RT;

/* render.c */

/** Render a strip's voices up to `to` frames of the block. */
void sampler_advance(struct sampler *s, uint32_t strip, uint32_t to) MOS_RT;
/** The same of all strips. */
void sampler_advance_all(struct sampler *s, uint32_t to) MOS_RT;
/** Voices of these strips, in no list that changes: any thread. */
void render_strips(struct sampler *s, struct voice_work *w, uint64_t strips, uint32_t to) MOS_RT;
/** Those that are over leave all lists. */
void render_settle(struct sampler *s, const struct voice_work *w, uint32_t first, uint32_t n) MOS_RT;

/* share.c */

/** The rest of the block, `to` frames in all, by all workers. @return strips that were not done in time. */
uint64_t share_block(struct sampler *s, uint32_t to) MOS_RT;
/** Are these strips the audio thread's again? Then who is over has left the lists. */
int share_is_back(struct sampler *s) MOS_RT;
/** Is it the worker's? Then a voice there cannot be told what has happened, and it is noted that it was not. */
static inline int share_misses(struct sampler *s, uint32_t strip) MOS_RT
{
	uint64_t bit = s->held & UINT64_C(1) << strip;

	s->missed |= bit;
	return bit != 0;
}

/* select.c */

/** What a zone is asked with. */
struct select_note {
	uint32_t channel, key;
	float velocity, random;
	enum zone_trigger trigger; /**< ZONE_ON_ATTACK, _RELEASE, _RELEASE_KEY, _CC */
	uint32_t cc;               /**< of ZONE_ON_CC: the controller that moved */
	float cc_before;
};

/** Which triggers of zones is it? Bit per enum zone_trigger. */
static inline uint32_t select_triggers(const struct sampler *s, const struct select_note *n) MOS_RT
{
	const struct sampler_channel *c = &s->channel[n->channel];

	if (n->trigger != ZONE_ON_ATTACK)
		return 1u << n->trigger;
	return 1u << ZONE_ON_ATTACK | 1u << (c->down[0] | c->down[1] ? ZONE_ON_LEGATO : ZONE_ON_FIRST);
}
/** Do the conditions of zone number `zone` of the channel's bank hold? Counts what is counted. */
int select_holds(struct sampler *s, uint32_t zone, const struct select_note *n) MOS_RT;
/** The preset that the channel has chosen; NULL: none. */
const struct preset *select_preset(struct sampler *s, uint32_t channel) MOS_RT;
/** What notes ask of their channel is looked for anew. */
void select_look(struct sampler *s, uint32_t channel) MOS_RT;
/** The same, where it has changed since. */
static inline void select_see(struct sampler *s, uint32_t channel) MOS_RT
{
	if (s->channel[channel].version != s->chan[channel].version)
		select_look(s, channel);
}
/** A controller as the channel's bank sees it: SFZ banks bring their own initial values. */
float select_cc(const struct sampler *s, uint32_t channel, const struct bank *bank, uint32_t num) MOS_RT;

/* voices.c */

void voices_init(struct sampler *s);
/** All comes to this frame, so that who is still there does not depend on how long the block is. */
void voices_catch_up(struct sampler *s, uint32_t offset) MOS_RT;
/**
 * A voice for a note at this offset, another one ends for it where there is none left. In no list yet.
 * @return NULL: all that could end are in the hands of a worker that is late.
 */
struct voice *voice_take(struct sampler *s, uint32_t offset) MOS_RT;
/** What lies ahead of the voice and is not in memory comes by a stream from now on. */
void voice_open_stream(struct sampler *s, struct voice *v) MOS_RT;
/** Take a voice out of all lists. */
void voice_end(struct sampler *s, struct voice *v) MOS_RT;

/* start.c */

/** What a voice is started with. */
struct note_start {
	uint32_t offset, channel, key, note;
	float velocity, release_db, once_cents;
	uint8_t alternate;
};

/** How many frames it waits before it starts. */
uint32_t voice_delay(const struct sampler *s, float seconds) MOS_RT;
/** Where in its sample it begins and ends; without a stream. */
void voice_place(const struct sampler *s, struct voice *v) MOS_RT;
/** The virtual frame from which on it is not in memory; VOICE_NEVER: all is. */
uint32_t voice_memory_end(const struct voice *v) MOS_RT;

#define AT_ONCE 32u /**< entries of a list that are looked at in a row */

/** A list of zones (a key's, or VOICE_CC_LIST) on its way to voices. */
struct zones {
	uint32_t at, end;   /**< entries of the channel's lists, not yet looked at */
	uint32_t n_started;
	uint32_t n;         /**< chosen, and not yet started: */
	uint32_t zone[AT_ONCE];
};

/** The list lies far away: it is asked for as soon as the note is known. */
static inline void zones_find(const struct sampler *s, const struct sampler_channel *c, uint32_t list, struct zones *ret)
	MOS_RT
{
	ret->at = c->preset->by_key[list];
	ret->end = c->preset->by_key[list + 1];
	ret->n_started = ret->n = 0;
	warm(&s->choice[c->list_base + ret->at], 64);
	warm(&c->bank->zone_list[ret->at], 64);
}
/** The first entries that this note triggers are chosen: they, too, are asked for. */
void zones_choose(struct sampler *s, const struct select_note *n, struct zones *z) MOS_RT;
/** All that it triggers start. */
void zones_start(struct sampler *s, const struct select_note *n, const struct note_start *a, struct zones *z) MOS_RT;
/** Zones that sound when a key is let go. */
void start_released(
	struct sampler *s, uint32_t offset, uint32_t channel, uint32_t key, enum zone_trigger how) MOS_RT;

/* sampler.c */

/** The audio thread's functions, all but destroy. */
void sampler_bind(struct instrument *i);
#endif
