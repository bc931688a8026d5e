/* SPDX-License-Identifier: MIT */
/**
 * The audio tap: what rtcore hears and plays, for programs that look at sound (tuner, chord detector, meters,
 * waveforms). One writer (rtcore's audio thread), any number of readers in any number of processes, read-only.
 * The writer never looks at a reader. Frames are numbered by the engine's frame counter, the one of the clock
 * page, so that a reader knows when each was heard. DESIGN section 5, WID-03 (`audio.in`). ABI 1.1.
 */
#ifndef MOS_AUDIO_TAP_H
#define MOS_AUDIO_TAP_H

#include <mos/attr.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_AUDIO_TAP_ABI_MAJOR 1
#define MOS_AUDIO_TAP_ABI_MINOR 1
#define MOS_AUDIO_TAP_FRAMES 65536u /**< 1.4 s at 48 kHz */

enum mos_tap_channel { MOS_TAP_IN_L = 0, MOS_TAP_IN_R, MOS_TAP_OUT_L, MOS_TAP_OUT_R, MOS_TAP_N_CHANNELS };

struct mos_audio_tap_hdr {
	struct mos_region_hdr region;
	uint32_t n_frames; /**< MOS_AUDIO_TAP_FRAMES, power of two */
	uint32_t n_channels;
	uint32_t rate_hz;
	uint32_t in_latency_frames; /**< a sound reached the input so long before its frame, as the graph reports; writer only */
	uint8_t pad0[80];
	uint64_t begin_frame; /**< the writer may be overwriting frames before this one - n_frames; writer only */
	uint64_t end_frame;   /**< engine frame after the newest whole one; writer only */
	uint64_t run_frame;   /**< frame that the last gap ended at: what is older is not told any more; writer only */
	uint8_t pad1[104];
	/* float sample[n_channels][n_frames] at MOS_AUDIO_TAP_SAMPLES_OFF; frame f lies at f % n_frames */
};
#define MOS_AUDIO_TAP_SAMPLES_OFF 256u
#define MOS_AUDIO_TAP_SIZE (MOS_AUDIO_TAP_SAMPLES_OFF + (size_t)MOS_TAP_N_CHANNELS * MOS_AUDIO_TAP_FRAMES * sizeof(float))

/** Writer's side. */
struct mos_audio_tap {
	struct mos_audio_tap_hdr *hdr;
	float *sample;
};

/** Lay out an empty tap in a created region. @return 0, -EINVAL it does not fit. */
int mos_audio_tap_init(struct mos_audio_tap *tap, struct mos_region *region, uint32_t rate_hz);

/**
 * Append frames; a gap in `frame` is filled with nothing and seen by readers as lost. Frames that were written
 * already are left as they are.
 * @param channel  n_frames samples each, NULL: silence. n_frames is at most MOS_AUDIO_TAP_FRAMES / 4.
 */
void mos_audio_tap_write(struct mos_audio_tap *tap, uint64_t frame, const float *const channel[MOS_TAP_N_CHANNELS],
	uint32_t n_frames) MOS_RT;

/** Reader's side. */
struct mos_audio_reader {
	const struct mos_audio_tap_hdr *hdr;
	const float *sample;
	uint64_t next_frame; /**< engine frame wanted next */
	uint64_t lost;       /**< frames missed so far */
	uint32_t rate_hz;
};

/** Start at the newest frame. @return 0; -EINVAL the header does not fit the region. */
int mos_audio_reader_init(struct mos_audio_reader *r, const struct mos_region *region);

/**
 * Copy up to `max_frames` of one channel and go on behind them. Reading several channels: save next_frame and
 * set it back.
 * @return frames copied, from next_frame before the call on; 0 nothing new; -EOVERFLOW this reader was lapped:
 *         `lost` grew, the next call continues with what is whole; -EINVAL no such channel. No syscall.
 */
int mos_audio_read(struct mos_audio_reader *r, enum mos_tap_channel channel, float *ret, uint32_t max_frames);

#ifdef __cplusplus
}
#endif
#endif
