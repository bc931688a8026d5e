/* SPDX-License-Identifier: MIT */
/**
 * How a change is applied: its operations are reduced to what becomes of each object, what follows from that
 * is added, and then each list is spliced once and the rules are looked at where something was touched. The
 * editing thread.
 */
#ifndef SCORE_EDIT_PRIVATE_H
#define SCORE_EDIT_PRIVATE_H

#include <score/edit.h>

#include "check.h"
#include "index.h"
#include "places.h"

/** What becomes of one object that has an id: notes, controls, elements, media, annotations. */
struct net {
	nvx_id id;
	uint8_t list_before, list_after;
	uint8_t is_queued;
	size_t swept;                   /**< how many objects had gone when it was last told of it */
	nvx_id part_before, part_after; /**< whose note or controller */
	const void *before;             /**< the base's; NULL: it was not there */
	void *after; /**< an operation's; NULL: it is not there any more; may be `before` */
};

struct edit {
	const struct score *base;
	struct score_state state; /**< of the next score, as far as it is known */
	struct score *next;       /**< parts, maps, measures, order are changed in it at once */
	struct score_change done; /**< completed operations */
	struct score_report *report;
	const struct score_alloc *alloc;
	struct nvx_pool *pool;
	struct net *net;
	size_t n_net, cap_net;
	struct places places; /**< index of nets by id */
	uint32_t *queue;      /**< nets whose users have to be looked at */
	size_t n_queue, cap_queue;
	size_t n_gone; /**< times that an object was taken out */
	/* what was touched */
	uint8_t touched[NVX_N_LISTS];
	uint8_t touched_parts;
	struct places ranks; /**< of parts, by id */
	uint8_t reordered;   /**< parts changed places: elements are sorted anew */
};

size_t edit_item_bytes(unsigned list);
void *edit_copy(const struct score_alloc *alloc, unsigned list, const void *item);

/** Lists whose objects are found by id and stand where their contents say. */
static inline int edit_is_net(unsigned list)
{
	return shape_is_element(list) || list == NVX_LIST_note || list == NVX_LIST_control ||
	       list == NVX_LIST_media || list == NVX_LIST_annotation;
}

/** Reduce all operations; complete them in edit->done. @return 0, -EINVAL, -ENOMEM. */
int edit_expand(struct edit *edit, const struct score_change *change);
/** What becomes of an object; made when it is asked for. NULL: out of memory, or (errno ENOENT) there is
 * none. */
struct net *edit_net(struct edit *edit, nvx_id id, int make);
/** Note an operation that follows from others. @return 0, -ENOMEM. */
int edit_follow(struct edit *edit, struct net *net, void *after);
/** Elements that hang on what moved or went, and references to it. */
int edit_cascade(struct edit *edit);
/** Splice the lists, bring index and state up to date. */
int edit_build(struct edit *edit);
/** Index of the next score. @return 0, -EINVAL: an id is there twice; -ENOMEM. */
int edit_index(struct edit *edit);
/** A list of the next score as an array. NULL: out of memory. */
void *edit_flatten(const struct edit *edit, unsigned list, size_t *ret_n);
/** The rules, where something was touched. @return 0, -EINVAL, -ENOMEM. */
int edit_check(struct edit *edit);

/** A part of our own in the next score. @param after  Its members. @return 0, -ENOMEM. */
int edit_own_part(struct edit *edit, uint32_t index, const struct nvx_part *after);
/** The measures and maps as a whole. @return 0, -EINVAL, -ENOMEM. */
int edit_check_grid(struct edit *edit);
/** 1: something is different afterwards. */
int edit_is_changed(const struct net *net);

/** Part's place in the base with new parts put in between: the order by which both scores are sorted. */
uint32_t edit_part_rank(const struct edit *edit, nvx_id part_id);
int edit_error(struct edit *edit, const struct score_op *op, const char *code, const char *reason);

#endif
