/* SPDX-License-Identifier: MIT */
#include "held.h"

#include <string.h>

static void look_at(struct held_notes *h, int64_t when_ns)
{
	if (when_ns > h->look_ns)
		h->look_ns = when_ns;
}

void held_note(struct held_notes *h, int on, unsigned int key, int64_t now_ns)
{
	const uint64_t bit = UINT64_C(1) << (key % 64);

	if (key > 127)
		return;
	if (on) {
		h->down[key / 64] |= bit;
		h->ringing[key / 64] &= ~bit;
		h->struck[key / 64] |= bit;
		h->look_ns = now_ns + HELD_SETTLE_NS;
		return;
	}
	if (!(h->down[key / 64] & bit))
		return;
	h->down[key / 64] &= ~bit;
	if (h->pedal)
		h->ringing[key / 64] |= bit;
	else
		look_at(h, now_ns + (h->struck[0] | h->struck[1] ? HELD_SETTLE_NS : HELD_RELEASE_NS));
}

void held_pedal(struct held_notes *h, int is_down, int64_t now_ns)
{
	if (h->pedal && !is_down && (h->ringing[0] | h->ringing[1])) {
		memset(h->ringing, 0, sizeof(h->ringing));
		look_at(h, now_ns + HELD_RELEASE_NS);
	}
	h->pedal = is_down;
}

void held_only(struct held_notes *h, const uint64_t keys[2], int64_t now_ns)
{
	for (int i = 0; i < 2; i++) {
		if ((h->down[i] | h->ringing[i]) & ~keys[i])
			look_at(h, now_ns + HELD_RELEASE_NS);
		h->down[i] &= keys[i];
		h->ringing[i] &= keys[i];
	}
}

void held_none(struct held_notes *h, int64_t now_ns)
{
	held_only(h, (const uint64_t[2]){0, 0}, now_ns);
}

enum held_news held_look(struct held_notes *h, const struct mos_tonality *tonality, int64_t now_ns)
{
	const uint64_t keys[2] = {h->down[0] | h->ringing[0], h->down[1] | h->ringing[1]};
	const struct mos_held sounding = mos_held_from_keys(keys);
	const uint16_t before = h->n_names ? mos_chord_pitch_classes(&h->name[0].chord) : 0;
	const uint64_t kept[2] = {keys[0] & ~h->struck[0], keys[1] & ~h->struck[1]};
	const int is_attacked = (h->struck[0] | h->struck[1]) != 0;
	struct mos_chord_name name[HELD_N_NAMES];
	size_t n;

	if (!h->look_ns || now_ns < h->look_ns)
		return HELD_SAME;
	h->look_ns = 0;
	memset(h->struck, 0, sizeof(h->struck));
	/* two tones that remain of a chord, or one, are still that chord */
	if (sounding.pitch_classes && !(sounding.pitch_classes & ~before) &&
		__builtin_popcount(sounding.pitch_classes) <= 2) {
		h->sounding = sounding;
		return HELD_SAME;
	}
	n = mos_chord_name(sounding, tonality, name, HELD_N_NAMES);
	if (n == h->n_names && sounding.pitch_classes == h->sounding.pitch_classes && n &&
		mos_chord_equal(&name[0].chord, &h->name[0].chord))
		return HELD_SAME;
	if (!n && !h->n_names)
		return HELD_SAME;

	const int is_still_held = __builtin_popcount(mos_held_from_keys(kept).pitch_classes & before) >= 3;

	h->sounding = sounding;
	h->n_names = (uint32_t)n;
	memcpy(h->name, name, n * sizeof(*name));
	return is_attacked && !is_still_held ? HELD_ATTACKED : HELD_CHANGED;
}
