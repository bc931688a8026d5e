/* SPDX-License-Identifier: MIT */
/** The user side's state of the view `rt`, for what fills it (rt.c) and what shows it (rt_print.c,
 * rt_json.c). */
#ifndef MOS_TRACE_RT_PRINT_H
#define MOS_TRACE_RT_PRINT_H

#include "rt_cause.h"
#include "view.h"

#define RT_MISSES 64u /* the last ones are kept */
#define RT_CORES_MAX 256u
#define RT_SHOWN 8u /* rows of a list in the text */

struct rt_miss {
	struct rt_cycle cycle;
	struct rt_verdict verdict;
};

struct rt_view {
	struct rt_bpf *bpf;
	struct ring_buffer *ring;
	const struct rt_figures *figures; /**< the kernel writes it */
	int held_fd;                      /**< map of struct rt_held */
	bool knows_faults, knows_ticks;
	struct rt_miss miss[RT_MISSES];
	uint64_t n_misses, n_by_cause[RT_N_CAUSES];
	struct rt_event violation[RT_DETAILS];
	uint32_t n_violations;
	struct rt_context context;
	uint64_t steal[RT_CORES_MAX], steal_now[RT_CORES_MAX], steal_before[RT_CORES_MAX], stolen_ns;
	int64_t steal_looked_ns;
};

/** Who held us up, most time first. @return so many, at most `max` */
uint32_t rt_list_held(const struct rt_view *v, struct rt_held *list, uint32_t max);
/** "stress 4711 (FIFO 95)". @return buf */
const char *rt_who(const struct rt_other *other, char *buf, size_t size);
/** The audio thread's real-time priority; 0: none, or it is gone. */
int rt_priority(const struct rt_view *v);
/** Where an address of the process lies: "mos-rtcore+0x1a2b", "[heap]", "anonymous", "?". @return buf */
const char *rt_where(pid_t pid, uint64_t address, char *buf, size_t size);

void rt_text(struct run *run, FILE *out);
void rt_json(struct run *run, yyjson_mut_doc *doc, yyjson_mut_val *root);
/** One event into run->chrome. */
void rt_trace(struct run *run, const struct rt_event *e);

#endif
