/* SPDX-License-Identifier: MIT */
/* Events on their way: the probes of rtcore and of every program that has libmos. */
#include "bpf/kernel.h"

#include <bpf/usdt.bpf.h>

#include "path.h"

char LICENSE[] SEC("license") = "Dual MIT/GPL";

const volatile __u32 rtcore = 0;     /* process */
const volatile __u64 generation = 0; /* of rtcore's regions: clients of another box are passed over */
const volatile __u32 type = 0;       /* the one followed, 0: all */
const volatile __u32 cycles = 0;     /* tell every cycle, not only those in which a note sounded */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} records SEC(".maps");

/* Processes of this box: they have received or emitted with its generation. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PATH_CLIENTS_MAX);
	__type(key, __u32);
	__type(value, __u8);
} clients SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, PATH_CLIENTS_MAX);
	__type(key, __u32); /* thread */
	__type(value, struct path_listener);
} listeners SEC(".maps");

__u64 seq = 0; /* the one followed, 0: all; told when all is attached, since it may be counted from now on */
__u64 dropped = 0;  /* records that found no room */
__u64 sounded = 0;  /* a note, since the last cycle that was told */
__u64 begun_ns = 0; /* the cycle */

static __always_inline int is_rtcore(void)
{
	return current_tgid() == rtcore;
}

static __always_inline int is_followed(__u32 its_type, __u64 its_seq)
{
	return (!type || type == its_type) && (!seq || seq == its_seq);
}

static __always_inline int is_ours(__u64 its_generation)
{
	__u32 tgid = current_tgid();
	__u8 one = 1;

	if (generation && its_generation != generation)
		return 0;
	if (!bpf_map_lookup_elem(&clients, &tgid))
		(void)bpf_map_update_elem(&clients, &tgid, &one, BPF_ANY);
	return 1;
}

static __always_inline void tell(
	__u32 kind, __u64 number, __u64 key, __u32 its_type, __u32 slot, __u64 begin_ns)
{
	struct path_record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (!r) {
		__sync_fetch_and_add(&dropped, 1);
		return;
	}
	r->time_ns = bpf_ktime_get_ns();
	r->begin_ns = begin_ns;
	r->number = number;
	r->key = key;
	r->kind = kind;
	r->type = its_type;
	r->tgid = current_tgid();
	r->tid = current_tid();
	r->slot = slot;
	r->reserved = 0;
	(void)bpf_get_current_comm(r->comm, sizeof(r->comm));
	/* Who reads looks by the clock: a wake-up from within the audio thread would cost more than the rest.
	 */
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

SEC("usdt")
int BPF_USDT(on_midi_in, __u32 word0, __u32 word1, __u64 frame)
{
	if (is_rtcore())
		tell(PATH_MIDI_IN, frame, (__u64)word0 << 32 | word1, 0, 0, 0);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_note_sounded, __u32 word0, __u32 word1, __u64 frame)
{
	if (is_rtcore()) {
		sounded = 1;
		tell(PATH_NOTE_SOUNDED, frame, (__u64)word0 << 32 | word1, 0, 0, 0);
	}
	return 0;
}

SEC("usdt")
int BPF_USDT(on_cycle_begin, __u64 cycle)
{
	if (is_rtcore())
		begun_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("usdt")
int BPF_USDT(on_cycle_end, __u64 cycle)
{
	if (is_rtcore() && (sounded || cycles)) {
		sounded = 0;
		tell(PATH_CYCLE, cycle, 0, 0, 0, begun_ns);
	}
	return 0;
}

SEC("usdt")
int BPF_USDT(on_publish, __u64 its_seq, __u32 its_type, __u32 source)
{
	if (is_rtcore() && is_followed(its_type, its_seq))
		tell(PATH_PUBLISH, its_seq, 0, its_type, source, 0);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_take, __u32 slot, __u32 its_type, __u64 pos)
{
	if (is_rtcore() && is_followed(its_type, seq))
		tell(PATH_TAKE, pos, 0, its_type, slot, 0);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_emit, __u32 its_type, __u32 slot, __u64 pos, __u64 its_generation)
{
	if (is_followed(its_type, seq) && is_ours(its_generation))
		tell(PATH_EMIT, pos, 0, its_type, slot, 0);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_doorbell, __u32 slot, __u64 pos)
{
	__u32 tgid = current_tgid();

	if (bpf_map_lookup_elem(&clients, &tgid))
		tell(PATH_DOORBELL, pos, 0, 0, slot, 0);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_receive, __u64 its_seq, __u32 its_type, __u64 its_generation, __u32 slot)
{
	if (is_followed(its_type, its_seq) && is_ours(its_generation))
		tell(PATH_RECEIVE, its_seq, 0, its_type, slot, 0);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_lost, __u64 lost, __u64 its_generation, __u32 slot)
{
	if (is_ours(its_generation))
		tell(PATH_LOST, lost, 0, 0, slot, 0);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_listener_begin, __u64 its_seq, __u32 its_type, __u32 slot)
{
	__u32 tgid = current_tgid(), tid = current_tid();
	struct path_listener l = {.seq = its_seq, .type = its_type, .tgid = tgid, .slot = slot};

	if (!is_followed(its_type, its_seq) || !bpf_map_lookup_elem(&clients, &tgid))
		return 0;
	l.begin_ns = bpf_ktime_get_ns();
	(void)bpf_get_current_comm(l.comm, sizeof(l.comm));
	(void)bpf_map_update_elem(&listeners, &tid, &l, BPF_ANY);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_listener_end, __u64 its_seq, __u32 its_type, __u32 slot)
{
	__u32 tid = current_tid();
	const struct path_listener *l = bpf_map_lookup_elem(&listeners, &tid);

	if (!l)
		return 0;
	if (l->seq == its_seq)
		tell(PATH_LISTENED, its_seq, 0, its_type, slot, l->begin_ns);
	(void)bpf_map_delete_elem(&listeners, &tid);
	return 0;
}
