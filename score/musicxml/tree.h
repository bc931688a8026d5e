/* SPDX-License-Identifier: MIT */
/**
 * One piece of a MusicXML document: a note, a direction, a part's head. Small enough to be held as a tree, so
 * that what it means can be read in any order; the document as a whole is never held.
 */
#ifndef MUSICXML_TREE_H
#define MUSICXML_TREE_H

#include <stdint.h>

#include <score/bytes.h>

#include "names.h"

/** 0: none. Nodes are made in document order, so the first is 1. */
typedef uint32_t mx_node_id;

struct mx_node {
	uint16_t name; /**< enum mx_name */
	uint16_t n_attr;
	uint32_t attr; /**< first */
	uint32_t line;
	uint32_t tag;  /**< as written; in `bytes` */
	uint32_t text; /**< NUL-terminated in `bytes`; 0: none */
	uint32_t text_len;
	mx_node_id parent, child, last, next;
};

struct mx_attr {
	uint32_t name, value; /**< in `bytes` */
};

struct mx_tree {
	const struct score_alloc *alloc;
	struct mx_node *node;
	size_t n_node, cap_node;
	struct mx_attr *attr;
	size_t n_attr, cap_attr;
	char *bytes;
	size_t n_bytes, cap_bytes;
	mx_node_id open;
	int error;
};

void mx_tree_init(struct mx_tree *tree, const struct score_alloc *alloc);
void mx_tree_finish(struct mx_tree *tree);
/** Forget the piece, keep the memory. */
void mx_tree_clear(struct mx_tree *tree);

/* Building; errors stay in tree->error. */
void mx_tree_start(struct mx_tree *tree, enum mx_name name, const char *tag, uint32_t line);
void mx_tree_attr(struct mx_tree *tree, const char *name, const char *value, size_t len);
void mx_tree_text(struct mx_tree *tree, const char *text, size_t len);
void mx_tree_end(struct mx_tree *tree);

/* Reading. Node 0 has no children, no attributes and the text "". */
mx_node_id mx_child(const struct mx_tree *tree, mx_node_id node, enum mx_name name);
mx_node_id mx_next(const struct mx_tree *tree, mx_node_id node, enum mx_name name);
/** Text without blanks around it. */
const char *mx_text(const struct mx_tree *tree, mx_node_id node);
/** Of the child with this name; "" if there is none. */
const char *mx_child_text(const struct mx_tree *tree, mx_node_id node, enum mx_name name);
/** NULL: none. */
const char *mx_attr(const struct mx_tree *tree, mx_node_id node, const char *name);
int mx_attr_is(const struct mx_tree *tree, mx_node_id node, const char *name, const char *value);
/** Integer of an attribute or text; `fallback` when it is missing or no number; clamped to min..max. */
int mx_attr_int(
	const struct mx_tree *tree, mx_node_id node, const char *name, int fallback, int min, int max);
int mx_child_int(
	const struct mx_tree *tree, mx_node_id node, enum mx_name name, int fallback, int min, int max);
/** The piece below `node` as XML again. */
void mx_tree_write(const struct mx_tree *tree, mx_node_id node, struct score_bytes *out);

#define MX_FOR_CHILDREN(tree, c, at_)                                                                        \
	for (mx_node_id c = (tree)->node[at_].child; c; c = (tree)->node[c].next)

/* Numbers without locale. */

/** A decimal as num / den, den a power of ten up to 10^6. @return 0, -EINVAL. */
int mx_decimal(const char *text, int64_t *ret_num, int64_t *ret_den);
/** With nine digits behind the point: tempo. */
int mx_decimal_fine(const char *text, int64_t *ret_num, int64_t *ret_den);
/** @return `fallback` when it is no decimal number; fractions are cut off. */
int mx_int(const char *text, int fallback, int min, int max);

#endif
