/* SPDX-License-Identifier: MIT */
#include <mos/midi_gate.h>

#define NOTE_OFF 0x8u
#define NOTE_ON 0x9u
#define N_KEYS 128u

/** D-12: the pedal first, or what it holds would go on. */
static const uint8_t controller[] = {64, 123, 120, 121};

/** What one packet is to the gate. */
struct note {
	uint32_t channel; /**< UMP group * 16 + channel */
	uint32_t key;
	bool is_note, is_on;
	uint8_t velocity; /**< 7 bits; 0: an end */
};

void mos_gate_init(struct mos_gate *gate, struct mos_gate_policy policy) MOS_RT
{
	*gate = (struct mos_gate){.policy = policy};
}

static bool is_channel_voice(uint32_t word0) MOS_RT
{
	uint32_t type = word0 >> 28;

	return type == 2 || type == 4;
}

static struct note decode(const uint32_t ump[2]) MOS_RT
{
	uint32_t status = ump[0] >> 20 & 15;
	struct note n = {.channel = (ump[0] >> 24 & 15) << 4 | (ump[0] >> 16 & 15), .key = ump[0] >> 8 & 127};

	n.is_note = status == NOTE_OFF || status == NOTE_ON;
	if (status == NOTE_ON && ump[0] >> 28 == 2)
		n.velocity = ump[0] & 127; /* D-1: 0 is an end everywhere */
	else if (status == NOTE_ON)        /* in MIDI 2.0, 0 is soft */
		n.velocity = ump[1] >> 25 ? (uint8_t)(ump[1] >> 25) : 1;
	n.is_on = n.is_note && n.velocity > 0;
	return n;
}

static bool is_late(const struct mos_gate_policy *policy, int64_t late_ns) MOS_RT
{
	return policy->late_drop_ms && late_ns > policy->late_drop_ms * INT64_C(1000000);
}

static enum mos_gate_verdict sent(struct mos_gate *gate, uint32_t channel, enum mos_gate_verdict verdict)
	MOS_RT
{
	gate->used |= UINT64_C(1) << channel;
	gate->n_sent += verdict == MOS_GATE_OFF_FIRST ? 2 : 1;
	return verdict;
}

static enum mos_gate_verdict strike(struct mos_gate *gate, const struct note *n, bool late) MOS_RT
{
	uint8_t *down = &gate->down[n->channel][n->key], *dropped = &gate->dropped[n->channel][n->key];

	/* an end that could not be swallowed any more would cut another note: then it is sent, which is
	 * allowed */
	if (late && n->velocity <= gate->policy.ghost_vel_max && *dropped < UINT8_MAX) {
		(*dropped)++;
		gate->n_dropped++;
		return MOS_GATE_DROP;
	}
	if (gate->policy.no_overlap && *down) { /* D-10: the older end is void from now on */
		if (*dropped < UINT8_MAX)
			(*dropped)++;
		return sent(gate, n->channel, MOS_GATE_OFF_FIRST);
	}
	if (*down < UINT8_MAX)
		(*down)++;
	return sent(gate, n->channel, MOS_GATE_SEND);
}

static enum mos_gate_verdict let_go(struct mos_gate *gate, const struct note *n) MOS_RT
{
	uint8_t *down = &gate->down[n->channel][n->key], *dropped = &gate->dropped[n->channel][n->key];

	if (*dropped) { /* D-9 */
		(*dropped)--;
		return MOS_GATE_DROP;
	}
	if (*down)
		(*down)--;
	return sent(gate, n->channel, MOS_GATE_SEND);
}

enum mos_gate_verdict mos_gate_pass(struct mos_gate *gate, const uint32_t ump[2], int64_t late_ns) MOS_RT
{
	bool late = is_late(&gate->policy, late_ns);
	struct note n;

	gate->n_late += late;
	if (!is_channel_voice(ump[0])) {
		gate->n_sent++;
		return MOS_GATE_SEND;
	}
	n = decode(ump);
	if (n.channel >= MOS_GATE_CHANNELS) {
		gate->n_sent++;
		return MOS_GATE_SEND;
	}
	if (!n.is_note)
		return sent(gate, n.channel, MOS_GATE_SEND);
	return n.is_on ? strike(gate, &n, late) : let_go(gate, &n);
}

void mos_gate_end_of(const uint32_t ump[2], uint32_t ret[2]) MOS_RT
{
	ret[0] = 0x20800040u | (ump[0] & 0x0f0f7f00u);
	ret[1] = 0;
}

/** The ends of one key. @return false: `max` were sent, and there are more. */
static bool release_key(struct mos_gate *gate, uint32_t channel, uint32_t key, uint32_t *max,
	mos_gate_send_fn send, void *data) MOS_RT
{
	const uint32_t off[2] = {
		0x20800040u | (channel >> 4) << 24 | (channel & 15) << 16 | key << 8,
		0,
	};
	uint8_t *down = &gate->down[channel][key];

	/* whoever wrote the receiver counts beginnings, or does not: one end a beginning suits both */
	for (; *down && *max; (*down)--, (*max)--) {
		gate->n_sent++;
		send(data, off);
	}
	return *down == 0;
}

bool mos_gate_release_some(struct mos_gate *gate, uint32_t max, mos_gate_send_fn send, void *data) MOS_RT
{
	for (uint64_t used = gate->used; used; used &= used - 1) {
		uint32_t channel = (uint32_t)__builtin_ctzll(used);

		for (uint32_t key = 0; key < N_KEYS; key++) {
			if (gate->down[channel][key] && !release_key(gate, channel, key, &max, send, data))
				return false;
		}
	}
	/* Ends that were to be swallowed may never come now; one that comes would find its key up. */
	for (uint32_t channel = 0; channel < MOS_GATE_CHANNELS; channel++) {
		for (uint32_t key = 0; key < N_KEYS; key++)
			gate->dropped[channel][key] = 0;
	}
	return true;
}

void mos_gate_release(struct mos_gate *gate, mos_gate_send_fn send, void *data) MOS_RT
{
	(void)mos_gate_release_some(gate, UINT32_MAX, send, data);
}

void mos_gate_panic(struct mos_gate *gate, bool all, mos_gate_send_fn send, void *data) MOS_RT
{
	uint64_t channels = gate->used | (all ? 0xffffu : 0);

	mos_gate_release(gate, send, data);
	if (!gate->policy.panic)
		return;
	for (; channels; channels &= channels - 1) {
		uint32_t channel = (uint32_t)__builtin_ctzll(channels);

		for (uint32_t i = 0; i < sizeof(controller); i++) {
			const uint32_t cc[2] = {
				0x20b00000u | (channel >> 4) << 24 | (channel & 15) << 16 |
					(uint32_t)controller[i] << 8,
				0,
			};

			gate->n_sent++;
			send(data, cc);
		}
	}
}
