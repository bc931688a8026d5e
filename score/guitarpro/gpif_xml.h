/* SPDX-License-Identifier: MIT */
/**
 * The document score.gpif as a tree of elements: names, attributes, and the text of elements without
 * children. About as big as the document itself. No document type, no entities but the predefined ones, 64
 * levels at most.
 */
#ifndef SCORE_GUITARPRO_GPIF_XML_H
#define SCORE_GUITARPRO_GPIF_XML_H

#include <string.h>

#include <score/draft.h>

/** Index of an element; 0: none. The root is 1. */
typedef uint32_t gpif_el;

struct gpif_node {
	const char *name; /**< of the dictionary */
	uint32_t text, len;
	uint32_t attr, n_attrs;
	gpif_el child, next;
	uint32_t line;
	gpif_el end;       /**< what is in it lies before */
	uint32_t text_end; /**< likewise its text */
};
struct gpif_attr {
	const char *name;
	uint32_t text, len;
};

struct gpif_doc {
	const struct score_alloc *alloc;
	struct score_report *report;
	struct gpif_node *node;
	struct gpif_attr *attr;
	char *text;
	size_t n_nodes, cap_nodes, n_attrs, cap_attrs, n_text, cap_text;
	void *dict; /**< xmlDict */
	const struct score_libraries *libraries;
};

/** @return 0; -EINVAL, told with line and column; -ENOMEM. */
int gpif_parse(struct gpif_doc *doc, const uint8_t *bytes, size_t size);
/** Zeroed and half-made ones are fine. */
void gpif_finish(struct gpif_doc *doc);

struct gpif_text {
	const char *text;
	size_t len;
};

static inline int gpif_is(const struct gpif_doc *doc, gpif_el el, const char *name)
{
	return strcmp(doc->node[el].name, name) == 0;
}
static inline gpif_el gpif_first(const struct gpif_doc *doc, gpif_el el)
{
	return el ? doc->node[el].child : 0;
}
static inline gpif_el gpif_next(const struct gpif_doc *doc, gpif_el el)
{
	return doc->node[el].next;
}
/** First child of that name; 0 for `el` 0. */
gpif_el gpif_child(const struct gpif_doc *doc, gpif_el el, const char *name);
/** Text without blanks around it; "" for `el` 0. */
struct gpif_text gpif_text_of(const struct gpif_doc *doc, gpif_el el);
struct gpif_text gpif_child_text(const struct gpif_doc *doc, gpif_el el, const char *name);
struct gpif_text gpif_attr_of(const struct gpif_doc *doc, gpif_el el, const char *name);
static inline int gpif_equal(struct gpif_text text, const char *word)
{
	return strlen(word) == text.len && memcmp(text.text, word, text.len) == 0;
}
/** Index of the text in a list of words; -1: not there. */
int gpif_word(struct gpif_text text, const char *const *words, unsigned n);
/** A whole number; `otherwise` when it is none or beyond +-10^9. */
int gpif_int(struct gpif_text text, int otherwise);
/** A decimal number times 1,000,000, cut; `otherwise` when it is none or beyond +-10^9. */
int64_t gpif_1e6(struct gpif_text text, int64_t otherwise);
/** The next number of a list that blanks divide. @return 0: no more. */
int gpif_next_int(struct gpif_text *list, int *ret);
/** The element "Property" with this name under "Properties". */
gpif_el gpif_property(const struct gpif_doc *doc, gpif_el el, const char *name);

/** Elements by their attribute "id". */
struct gpif_index {
	struct gpif_id {
		int id;
		gpif_el el;
	} *item;
	uint32_t n;
};
/** Of the children of `el`. @return 0, -ENOMEM. */
int gpif_index_make(const struct gpif_doc *doc, gpif_el el, struct gpif_index *ret);
gpif_el gpif_find(const struct gpif_index *index, int id);

#endif
