/* SPDX-License-Identifier: MIT */
#include "gpif_xml.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "../libraries/libraries.h"

#define MAX_DEPTH 64u
#define MAX_ATTRIBUTES 64

struct parse {
	struct gpif_doc *doc;
	const struct score_libraries *libraries;
	xmlParserCtxt *xml;
	gpif_el open[MAX_DEPTH], last[MAX_DEPTH]; /**< elements that are open; the last child of each */
	unsigned depth;
	int error;
};

static void fail(struct parse *p, int error)
{
	if (!p->error)
		p->error = error;
	p->libraries->xmlStopParser(p->xml);
}

static void refuse(struct parse *p, const char *reason)
{
	if (!p->error)
		fail(p, score_error(p->doc->report, "IMPORT_PARSE_001",
				SCORE_AT_LINE((uint64_t)p->libraries->xmlSAX2GetLineNumber(p->xml),
					(uint64_t)p->libraries->xmlSAX2GetColumnNumber(p->xml)),
				"%s", reason));
}

static int reserve(struct parse *p, void *items_at, size_t *cap, size_t need, size_t item_bytes)
{
	void *items;
	memcpy(&items, items_at, sizeof(items));
	if (need <= *cap)
		return 0;
	if (need > UINT32_MAX || score_reserve(p->doc->alloc, &items, cap, need, item_bytes)) {
		fail(p, -ENOMEM);
		return -ENOMEM;
	}
	memcpy(items_at, &items, sizeof(items));
	return 0;
}

static uint32_t put_text(struct parse *p, const char *text, size_t len)
{
	struct gpif_doc *doc = p->doc;
	if (reserve(p, &doc->text, &doc->cap_text, doc->n_text + len, 1))
		return 0;
	if (len > 0) /* of an empty one before all others nothing is there to be copied to */
		memcpy(doc->text + doc->n_text, text, len);
	doc->n_text += len;
	return (uint32_t)(doc->n_text - len);
}

static int is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static struct gpif_text trim(const char *text, size_t len)
{
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	while (len > 0 && is_blank(*text)) {
		text++;
		len--;
	}
	return (struct gpif_text){text, len};
}

static void put_attributes(struct parse *p, struct gpif_node *node, const xmlChar **attributes, int n)
{
	struct gpif_doc *doc = p->doc;
	if (reserve(p, &doc->attr, &doc->cap_attrs, doc->n_attrs + (size_t)n, sizeof(*doc->attr)))
		return;
	node->attr = (uint32_t)doc->n_attrs;
	for (int i = 0; i < n && !p->error; i++, attributes += 5) {
		const size_t len = (size_t)(attributes[4] - attributes[3]);
		doc->attr[doc->n_attrs++] = (struct gpif_attr){.name = (const char *)attributes[0],
			.text = put_text(p, (const char *)attributes[3], len),
			.len = (uint32_t)len};
	}
	node->n_attrs = p->error ? 0 : (uint32_t)n;
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *, const xmlChar *, int, const xmlChar **,
	int n, int, const xmlChar **attributes)
{
	struct parse *p = ((xmlParserCtxt *)ctx)->_private;
	struct gpif_doc *doc = p->doc;
	if (p->error)
		return;
	if (p->depth == MAX_DEPTH) {
		refuse(p, "elements deeper than 64");
		return;
	}
	if (n > MAX_ATTRIBUTES) {
		refuse(p, "an element with more than 64 attributes");
		return;
	}
	if (reserve(p, &doc->node, &doc->cap_nodes, doc->n_nodes + 1, sizeof(*doc->node)))
		return;
	const gpif_el el = (gpif_el)doc->n_nodes++;
	struct gpif_node *node = &doc->node[el];
	*node = (struct gpif_node){
		.name = (const char *)name, .line = (uint32_t)p->libraries->xmlSAX2GetLineNumber(p->xml)};
	if (p->depth > 0) {
		const unsigned up = p->depth - 1;
		struct gpif_node *parent = &doc->node[p->open[up]];
		if (p->last[up]) {
			doc->node[p->last[up]].next = el;
		} else {
			if (parent->text + parent->len == doc->n_text) /* blanks before the first child */
				doc->n_text = parent->text;
			parent->len = 0;
			parent->child = el;
		}
		p->last[up] = el;
	}
	put_attributes(p, node, attributes, n);
	p->open[p->depth] = el;
	p->last[p->depth++] = 0;
	node->text = (uint32_t)doc->n_text;
}

static void on_end(void *ctx, const xmlChar *, const xmlChar *, const xmlChar *)
{
	struct parse *p = ((xmlParserCtxt *)ctx)->_private;
	struct gpif_doc *doc = p->doc;
	if (p->depth == 0 || p->error)
		return;
	struct gpif_node *node = &doc->node[p->open[--p->depth]];
	if (node->len > 0) {
		const struct gpif_text text = trim(doc->text + node->text, node->len);
		node->text = (uint32_t)(text.text - doc->text);
		node->len = (uint32_t)text.len;
	}
	node->end = (gpif_el)doc->n_nodes;
	node->text_end = (uint32_t)doc->n_text;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct parse *p = ((xmlParserCtxt *)ctx)->_private;
	if (p->error || p->depth == 0 || p->last[p->depth - 1])
		return; /* text between children is layout */
	(void)put_text(p, (const char *)text, (size_t)len);
	if (!p->error)
		p->doc->node[p->open[p->depth - 1]].len += (uint32_t)len;
}

static void on_subset(void *ctx, const xmlChar *, const xmlChar *, const xmlChar *)
{
	refuse(((xmlParserCtxt *)ctx)->_private, "a document type is not allowed");
}

static xmlEntity *on_entity(void *ctx, const xmlChar *name)
{
	const struct parse *p = ((xmlParserCtxt *)ctx)->_private;
	return p->libraries->xmlGetPredefinedEntity(name);
}

static void on_error(void *ctx, const xmlError *error)
{
	struct parse *p = ((xmlParserCtxt *)ctx)->_private;
	if (p->error || error->level < XML_ERR_ERROR)
		return;
	if (error->code == XML_ERR_NO_MEMORY) {
		fail(p, -ENOMEM);
		return;
	}
	char reason[128];
	size_t n = 0;
	for (const char *s = error->message ? error->message : "not well-formed";
		*s && n < sizeof(reason) - 1; s++)
		if (*s != '\n')
			reason[n++] = *s;
	reason[n] = '\0';
	refuse(p, reason);
}

int gpif_parse(struct gpif_doc *doc, const uint8_t *bytes, size_t size)
{
	struct parse parse = {.doc = doc};
	if (size == 0 || size > INT_MAX)
		return score_error(doc->report, "IMPORT_PARSE_001", SCORE_AT_LINE(1, 1), "no document");
	const struct score_libraries *libraries = score_libraries(doc->report);
	if (!libraries)
		return -EINVAL;
	doc->libraries = parse.libraries = libraries;
	doc->n_nodes = 1;
	if (score_reserve(doc->alloc, (void **)&doc->node, &doc->cap_nodes, 64, sizeof(*doc->node)))
		return -ENOMEM;
	doc->node[0] = (struct gpif_node){.name = ""};
	xmlParserCtxt *xml = libraries->xmlCreateMemoryParserCtxt((const char *)bytes, (int)size);
	if (!xml)
		return -ENOMEM;
	(void)libraries->xmlCtxtUseOptions(xml, XML_PARSE_NONET | XML_PARSE_NOCDATA);
	parse.xml = xml;
	xml->_private = &parse;
	*xml->sax = (xmlSAXHandler){
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_subset,
		.getEntity = on_entity,
		.serror = (xmlStructuredErrorFunc)on_error,
	};
	(void)libraries->xmlParseDocument(xml);
	if (!parse.error && !xml->wellFormed)
		refuse(&parse, "not well-formed");
	if (!parse.error && doc->n_nodes < 2)
		refuse(&parse, "no element");
	doc->dict = xml->dict;
	(void)libraries->xmlDictReference(xml->dict);
	libraries->xmlFreeParserCtxt(xml);
	return parse.error;
}

void gpif_finish(struct gpif_doc *doc)
{
	score_free(doc->alloc, doc->node);
	score_free(doc->alloc, doc->attr);
	score_free(doc->alloc, doc->text);
	if (doc->dict)
		doc->libraries->xmlDictFree(doc->dict);
	*doc = (struct gpif_doc){};
}

gpif_el gpif_child(const struct gpif_doc *doc, gpif_el el, const char *name)
{
	for (gpif_el child = gpif_first(doc, el); child; child = gpif_next(doc, child))
		if (gpif_is(doc, child, name))
			return child;
	return 0;
}

struct gpif_text gpif_text_of(const struct gpif_doc *doc, gpif_el el)
{
	if (!el || doc->node[el].len == 0)
		return (struct gpif_text){"", 0};
	return (struct gpif_text){doc->text + doc->node[el].text, doc->node[el].len};
}

struct gpif_text gpif_child_text(const struct gpif_doc *doc, gpif_el el, const char *name)
{
	return gpif_text_of(doc, gpif_child(doc, el, name));
}

struct gpif_text gpif_attr_of(const struct gpif_doc *doc, gpif_el el, const char *name)
{
	const struct gpif_node *node = &doc->node[el];
	for (uint32_t i = 0; el && i < node->n_attrs; i++) {
		const struct gpif_attr *attr = &doc->attr[node->attr + i];
		if (strcmp(attr->name, name) == 0 && attr->len > 0)
			return (struct gpif_text){doc->text + attr->text, attr->len};
	}
	return (struct gpif_text){"", 0};
}

int gpif_word(struct gpif_text text, const char *const *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (words[i] && gpif_equal(text, words[i]))
			return (int)i;
	return -1;
}

int64_t gpif_1e6(struct gpif_text text, int64_t otherwise)
{
	size_t i = 0;
	int64_t value = 0;
	unsigned n_digits = 0, n_decimals = 0;
	const int is_negative = text.len > 0 && text.text[0] == '-';
	if (text.len > 64)
		return otherwise;
	i += text.len > 0 && (text.text[0] == '-' || text.text[0] == '+');
	for (; i < text.len && text.text[i] >= '0' && text.text[i] <= '9'; i++, n_digits++)
		if (value <= 100000000)
			value = value * 10 + (text.text[i] - '0');
		else
			return otherwise;
	if (i < text.len && text.text[i] == '.')
		for (i++; i < text.len && text.text[i] >= '0' && text.text[i] <= '9'; i++, n_digits++)
			if (n_decimals < 6) {
				value = value * 10 + (text.text[i] - '0');
				n_decimals++;
			}
	if (n_digits == 0)
		return otherwise;
	for (; n_decimals < 6; n_decimals++)
		value *= 10;
	if (i + 1 < text.len && (text.text[i] == 'e' || text.text[i] == 'E')) {
		if (text.text[i + 1] !=
			'-') /* what is written so is next to nothing; large numbers are not */
			return otherwise;
		for (int n = gpif_int((struct gpif_text){text.text + i + 2, text.len - i - 2}, 20);
			n > 0 && value; n--)
			value /= 10;
	} else if (i != text.len) {
		return otherwise;
	}
	return is_negative ? -value : value;
}

int gpif_int(struct gpif_text text, int otherwise)
{
	int value;
	struct gpif_text list = text;
	return gpif_next_int(&list, &value) && list.len == 0 ? value : otherwise;
}

int gpif_next_int(struct gpif_text *list, int *ret)
{
	*list = trim(list->text, list->len);
	size_t i = 0;
	int64_t value = 0;
	const int is_negative = list->len > 0 && list->text[0] == '-';
	i += (size_t)is_negative;
	const size_t first = i;
	for (; i < list->len && list->text[i] >= '0' && list->text[i] <= '9'; i++) {
		value = value * 10 + (list->text[i] - '0');
		if (value > 1000000000 || i - first > 20)
			return 0;
	}
	if (i == first || (i < list->len && !is_blank(list->text[i])))
		return 0;
	list->text += i;
	list->len -= i;
	*list = trim(list->text, list->len);
	*ret = (int)(is_negative ? -value : value);
	return 1;
}

gpif_el gpif_property(const struct gpif_doc *doc, gpif_el el, const char *name)
{
	for (gpif_el p = gpif_first(doc, gpif_child(doc, el, "Properties")); p; p = gpif_next(doc, p))
		if (gpif_equal(gpif_attr_of(doc, p, "name"), name))
			return p;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	const struct gpif_id *x = a, *y = b;
	return x->id != y->id ? (x->id < y->id ? -1 : 1) : (x->el > y->el) - (x->el < y->el);
}

int gpif_index_make(const struct gpif_doc *doc, gpif_el el, struct gpif_index *ret)
{
	uint32_t n = 0;
	int is_sorted = 1;
	*ret = (struct gpif_index){};
	for (gpif_el child = gpif_first(doc, el); child; child = gpif_next(doc, child))
		n++;
	if (n == 0)
		return 0;
	ret->item = score_zalloc(doc->alloc, n, sizeof(*ret->item));
	if (!ret->item)
		return -ENOMEM;
	for (gpif_el child = gpif_first(doc, el); child; child = gpif_next(doc, child)) {
		const int id = gpif_int(gpif_attr_of(doc, child, "id"), -1);
		if (id < 0)
			continue;
		is_sorted &= ret->n == 0 || ret->item[ret->n - 1].id < id;
		ret->item[ret->n++] = (struct gpif_id){id, child};
	}
	if (!is_sorted)
		qsort(ret->item, ret->n, sizeof(*ret->item), by_id);
	return 0;
}

gpif_el gpif_find(const struct gpif_index *index, int id)
{
	if (id >= 0 && (uint32_t)id < index->n && index->item[id].id == id)
		return index->item[id].el;
	uint32_t low = 0, high = index->n;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (index->item[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->n && index->item[low].id == id ? index->item[low].el : 0;
}
