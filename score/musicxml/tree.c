/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <string.h>

void mx_tree_init(struct mx_tree *tree, const struct score_alloc *alloc)
{
	*tree = (struct mx_tree){.alloc = alloc};
	mx_tree_clear(tree);
}

void mx_tree_finish(struct mx_tree *tree)
{
	if (!tree->alloc)
		return;
	score_free(tree->alloc, tree->node);
	score_free(tree->alloc, tree->attr);
	score_free(tree->alloc, tree->bytes);
	*tree = (struct mx_tree){};
}

static int room(struct mx_tree *tree, void **items, size_t *cap, size_t need, size_t item_bytes)
{
	if (tree->error)
		return 0;
	if (need > *cap && score_reserve(tree->alloc, items, cap, need, item_bytes) < 0) {
		tree->error = -ENOMEM;
		return 0;
	}
	return 1;
}

static uint32_t put(struct mx_tree *tree, const char *text, size_t len)
{
	void *bytes = tree->bytes;
	if (!room(tree, &bytes, &tree->cap_bytes, tree->n_bytes + len + 1, 1))
		return 0;
	tree->bytes = bytes;
	const uint32_t at = (uint32_t)tree->n_bytes;
	memcpy(tree->bytes + at, text, len);
	tree->bytes[at + len] = 0;
	tree->n_bytes += len + 1;
	return at;
}

void mx_tree_clear(struct mx_tree *tree)
{
	tree->n_attr = 0;
	tree->n_bytes = 0;
	tree->n_node = 0;
	tree->open = 0;
	void *node = tree->node;
	if (!room(tree, &node, &tree->cap_node, 1, sizeof(*tree->node)))
		return;
	tree->node = node;
	tree->node[tree->n_node++] = (struct mx_node){};
	(void)put(tree, "", 0); /* offset 0: no text */
}

void mx_tree_start(struct mx_tree *tree, enum mx_name name, const char *tag, uint32_t line)
{
	void *items = tree->node;
	if (!room(tree, &items, &tree->cap_node, tree->n_node + 1, sizeof(*tree->node)))
		return;
	tree->node = items;
	const mx_node_id id = (mx_node_id)tree->n_node++;
	tree->node[id] = (struct mx_node){
		.name = (uint16_t)name,
		.attr = (uint32_t)tree->n_attr,
		.line = line,
		.parent = tree->open,
		.tag = put(tree, tag, strlen(tag)),
	};
	if (tree->open) {
		struct mx_node *parent = &tree->node[tree->open];
		if (parent->last)
			tree->node[parent->last].next = id;
		else
			parent->child = id;
		parent->last = id;
	}
	tree->open = id;
}

void mx_tree_attr(struct mx_tree *tree, const char *name, const char *value, size_t len)
{
	void *items = tree->attr;
	if (!room(tree, &items, &tree->cap_attr, tree->n_attr + 1, sizeof(*tree->attr)) ||
		tree->node[tree->open].n_attr == UINT16_MAX)
		return;
	tree->attr = items;
	const uint32_t name_at = put(tree, name, strlen(name));
	const uint32_t value_at = put(tree, value, len);
	tree->attr[tree->n_attr++] = (struct mx_attr){name_at, value_at};
	tree->node[tree->open].n_attr++;
}

void mx_tree_text(struct mx_tree *tree, const char *text, size_t len)
{
	struct mx_node *node = &tree->node[tree->open];
	/* MusicXML has no mixed content: what stands between elements is white space. */
	if (tree->error || !tree->open || node->child)
		return;
	if (!node->text) {
		const uint32_t at = put(tree, text, len);
		node->text = at;
		node->text_len = at ? (uint32_t)len : 0;
		return;
	}
	tree->n_bytes--; /* over the NUL */
	if (put(tree, text, len))
		node->text_len += (uint32_t)len;
}

void mx_tree_end(struct mx_tree *tree)
{
	if (!tree->error)
		tree->open = tree->node[tree->open].parent;
}

mx_node_id mx_child(const struct mx_tree *tree, mx_node_id node, enum mx_name name)
{
	mx_node_id c = tree->node[node].child;
	while (c && tree->node[c].name != name)
		c = tree->node[c].next;
	return c;
}

mx_node_id mx_next(const struct mx_tree *tree, mx_node_id node, enum mx_name name)
{
	mx_node_id c = tree->node[node].next;
	while (c && tree->node[c].name != name)
		c = tree->node[c].next;
	return c;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *mx_text(const struct mx_tree *tree, mx_node_id node)
{
	const struct mx_node *n = &tree->node[node];
	char *text = tree->bytes + n->text;
	size_t len = n->text_len;
	while (len > 0 && is_blank(text[len - 1]))
		text[--len] = 0;
	while (is_blank(*text))
		text++;
	return text;
}

const char *mx_child_text(const struct mx_tree *tree, mx_node_id node, enum mx_name name)
{
	return mx_text(tree, mx_child(tree, node, name));
}

const char *mx_attr(const struct mx_tree *tree, mx_node_id node, const char *name)
{
	const struct mx_node *n = &tree->node[node];
	for (uint32_t i = n->attr; i < n->attr + n->n_attr; i++) {
		if (strcmp(tree->bytes + tree->attr[i].name, name) == 0)
			return tree->bytes + tree->attr[i].value;
	}
	return NULL;
}

int mx_attr_is(const struct mx_tree *tree, mx_node_id node, const char *name, const char *value)
{
	const char *text = mx_attr(tree, node, name);
	return text && strcmp(text, value) == 0;
}

int mx_attr_int(const struct mx_tree *tree, mx_node_id node, const char *name, int fallback, int min, int max)
{
	const char *text = mx_attr(tree, node, name);
	return text ? mx_int(text, fallback, min, max) : fallback;
}

int mx_child_int(
	const struct mx_tree *tree, mx_node_id node, enum mx_name name, int fallback, int min, int max)
{
	return mx_int(mx_child_text(tree, node, name), fallback, min, max);
}

static void write_escaped(struct score_bytes *out, const char *text, size_t len)
{
	size_t done = 0;
	for (size_t i = 0; i < len; i++) {
		const char *entity = text[i] == '&'    ? "&amp;"
				     : text[i] == '<'  ? "&lt;"
				     : text[i] == '>'  ? "&gt;"
				     : text[i] == '\"' ? "&quot;"
						       : NULL;
		if (!entity)
			continue;
		score_bytes_put(out, text + done, i - done);
		score_bytes_puts(out, entity);
		done = i + 1;
	}
	score_bytes_put(out, text + done, len - done);
}

static void write_start(const struct mx_tree *tree, const struct mx_node *n, struct score_bytes *out)
{
	score_bytes_puts(out, "<");
	score_bytes_puts(out, tree->bytes + n->tag);
	for (uint32_t i = n->attr; i < n->attr + n->n_attr; i++) {
		const char *value = tree->bytes + tree->attr[i].value;
		score_bytes_puts(out, " ");
		score_bytes_puts(out, tree->bytes + tree->attr[i].name);
		score_bytes_puts(out, "=\"");
		write_escaped(out, value, strlen(value));
		score_bytes_puts(out, "\"");
	}
	score_bytes_puts(out, n->child || n->text_len ? ">" : "/>");
}

static void write_end(const struct mx_tree *tree, const struct mx_node *n, struct score_bytes *out)
{
	score_bytes_puts(out, "</");
	score_bytes_puts(out, tree->bytes + n->tag);
	score_bytes_puts(out, ">");
}

void mx_tree_write(const struct mx_tree *tree, mx_node_id root, struct score_bytes *out)
{
	for (mx_node_id at = root;;) {
		const struct mx_node *n = &tree->node[at];
		write_start(tree, n, out);
		if (n->child) {
			at = n->child;
			continue;
		}
		if (n->text_len) {
			const char *text = mx_text(tree, at);
			write_escaped(out, text, strlen(text));
			write_end(tree, n, out);
		}
		while (at != root && !tree->node[at].next) {
			at = tree->node[at].parent;
			write_end(tree, &tree->node[at], out);
		}
		if (at == root)
			return;
		at = tree->node[at].next;
	}
}

static int decimal(const char *text, int64_t finest, int64_t *ret_num, int64_t *ret_den)
{
	int64_t num = 0, den = 1;
	int digits = 0, fraction = 0;
	while (is_blank(*text))
		text++;
	const int negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	for (; (*text >= '0' && *text <= '9') || (*text == '.' && !fraction); text++) {
		if (*text == '.') {
			fraction = 1;
			continue;
		}
		digits = 1;
		if (fraction && den >= finest)
			continue; /* finer than anything that is heard or seen */
		if (num > INT64_C(100000000000) * (finest / 1000000))
			return -EINVAL;
		num = num * 10 + (*text - '0');
		if (fraction)
			den *= 10;
	}
	while (is_blank(*text))
		text++;
	if (!digits || *text)
		return -EINVAL;
	*ret_num = negative ? -num : num;
	*ret_den = den;
	return 0;
}

int mx_decimal(const char *text, int64_t *ret_num, int64_t *ret_den)
{
	return decimal(text, 1000000, ret_num, ret_den);
}

int mx_decimal_fine(const char *text, int64_t *ret_num, int64_t *ret_den)
{
	return decimal(text, 1000000000, ret_num, ret_den);
}

int mx_int(const char *text, int fallback, int min, int max)
{
	int64_t num, den;
	if (mx_decimal(text, &num, &den) < 0)
		return fallback;
	num /= den;
	return num < min ? min : num > max ? max : (int)num;
}
