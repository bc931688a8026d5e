/* SPDX-License-Identifier: MIT */
/*
 * From bytes to pieces: libxml2 reads, its events build one piece at a time, and each goes to its reader. No
 * network, no external subset, no entities but the five of XML: who refers to another is refused, so none can
 * be a bomb.
 */
#include "import.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "../libraries/libraries.h"

#define MAX_FILE (64u << 20)
#define MAX_DEPTH 64u

struct reader {
	struct mx_import *im;
	const struct score_libraries *libraries;
	xmlParserCtxtPtr parser;
	enum mx_name root;
	unsigned depth;
	unsigned piece_depth; /**< depth at which the piece at hand begins; 0: none */
	unsigned skip_depth;  /**< what is skipped begins here; 0: nothing */
	uint8_t refused;      /**< told in the report */
};

static void stop(struct reader *r)
{
	r->libraries->xmlStopParser(r->parser);
}

static uint32_t line_of(const struct reader *r)
{
	return (uint32_t)r->libraries->xmlSAX2GetLineNumber(r->parser);
}

[[gnu::format(printf, 2, 3)]] static void refuse(struct reader *r, const char *fmt, ...)
{
	char reason[160];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	if (!r->refused)
		(void)score_error(r->im->draft->report, "IMPORT_PARSE_001",
			SCORE_AT_LINE(line_of(r), (uint64_t)r->libraries->xmlSAX2GetColumnNumber(r->parser)),
			"%s", reason);
	r->refused = 1;
	stop(r);
}

static int failed(struct reader *r)
{
	if (r->im->tree.error)
		r->im->draft->error = r->im->tree.error;
	if (!r->im->draft->error)
		return r->refused;
	stop(r);
	return 1;
}

/** Value of an attribute in libxml2's five pointers each; "" when missing. */
static const char *attribute(struct reader *r, const char *name, int n, const xmlChar **attributes)
{
	struct score_bytes *text = &r->im->text;
	text->n = 0;
	for (int i = 0; i < n; i++) {
		const xmlChar **a = attributes + 5 * i;
		if (strcmp((const char *)a[0], name) == 0)
			score_bytes_put(text, a[3], (size_t)(a[4] - a[3]));
	}
	score_bytes_u8(text, 0);
	if (text->error) {
		r->im->draft->error = text->error;
		return "";
	}
	return (const char *)text->data;
}

static void start_piece(
	struct reader *r, enum mx_name name, const char *tag, int n, const xmlChar **attributes)
{
	struct mx_tree *tree = &r->im->tree;
	mx_tree_start(tree, name, tag, line_of(r));
	for (int i = 0; i < n; i++) {
		const xmlChar **a = attributes + 5 * i;
		mx_tree_attr(tree, (const char *)a[0], (const char *)a[3], (size_t)(a[4] - a[3]));
	}
}

static void skip(struct reader *r, const char *tag)
{
	r->im->line = line_of(r);
	mx_warn(r->im, MX_WARN_UNREAD, tag);
	r->skip_depth = r->depth;
}

static void start_measure(struct reader *r, int n, const xmlChar **attributes)
{
	char number[64];
	struct mx_import *im = r->im;
	im->line = line_of(r);
	const char *text = attribute(r, "number", n, attributes);
	const size_t len = strnlen(text, sizeof(number) - 1);
	memcpy(number, text, len);
	number[len] = 0;
	mx_start_measure(im, number, strcmp(attribute(r, "implicit", n, attributes), "yes") == 0);
}

/** The frame of the document: parts and measures, either way round. */
static void start_frame(
	struct reader *r, enum mx_name name, const char *tag, int n, const xmlChar **attributes)
{
	struct mx_import *im = r->im;
	const int timewise = r->root == MX_score_timewise;
	if (r->depth == 2 && name == (timewise ? MX_measure : MX_part)) {
		if (timewise)
			start_measure(r, n, attributes);
		else
			mx_start_part(im, attribute(r, "id", n, attributes));
		return;
	}
	if (r->depth == 2) {
		if (name == MX_defaults) { /* page sizes and fonts: nothing of the score */
			im->line = line_of(r);
			mx_warn(im, MX_WARN_LAYOUT, tag);
			r->skip_depth = r->depth;
		} else if (name != MX_part_list) {
			r->piece_depth = r->depth;
			start_piece(r, name, tag, n, attributes);
		}
		return;
	}
	if (r->depth == 3 && im->part == MX_NONE && im->measure == MX_NONE) { /* in the part list */
		r->piece_depth = r->depth;
		start_piece(r, name, tag, n, attributes);
		return;
	}
	if (r->depth == 3 && name == (timewise ? MX_part : MX_measure)) {
		if (timewise)
			mx_start_part(im, attribute(r, "id", n, attributes));
		else
			start_measure(r, n, attributes);
		return;
	}
	if (r->depth == 4 && im->part != MX_NONE && im->measure != MX_NONE) {
		r->piece_depth = r->depth;
		start_piece(r, name, tag, n, attributes);
		return;
	}
	skip(r, tag);
}

static void on_start(void *ctx, const xmlChar *local, const xmlChar *, const xmlChar *, int, const xmlChar **,
	int n_attributes, int n_defaulted, const xmlChar **attributes)
{
	struct reader *r = ctx;
	const char *tag = (const char *)local;
	const enum mx_name name = mx_names_find(&r->im->names, tag);
	if (failed(r))
		return;
	if (++r->depth > MAX_DEPTH) {
		refuse(r, "elements are nested more than %u deep", MAX_DEPTH);
		return;
	}
	/* Those that an internal subset adds could be many and long. */
	const int n = n_attributes - n_defaulted;
	if (r->skip_depth)
		return;
	if (r->depth == 1) {
		r->root = name;
		if (name != MX_score_partwise && name != MX_score_timewise)
			refuse(r, "the document is a <%.60s>, not a score", tag);
		r->im->timewise = name == MX_score_timewise;
	} else if (r->piece_depth) {
		start_piece(r, name, tag, n, attributes);
	} else {
		start_frame(r, name, tag, n, attributes);
	}
}

static void end_piece(struct reader *r)
{
	struct mx_import *im = r->im;
	const mx_node_id root = 1;
	r->piece_depth = 0;
	if (failed(r))
		return;
	im->line = im->tree.node[root].line;
	if (r->depth == 2)
		mx_read_head(im, root);
	else if (r->depth == 3)
		mx_read_part_list(im, root);
	else
		mx_read_music(im, root);
	mx_tree_clear(&im->tree);
}

static void on_end(void *ctx, const xmlChar *local, const xmlChar *, const xmlChar *)
{
	struct reader *r = ctx;
	struct mx_import *im = r->im;
	if (failed(r))
		return;
	const unsigned depth = r->depth;
	const int timewise = r->root == MX_score_timewise;
	if (r->skip_depth) {
		if (r->skip_depth == depth)
			r->skip_depth = 0;
	} else if (r->piece_depth) {
		mx_tree_end(&im->tree);
		if (r->piece_depth == depth)
			end_piece(r);
	} else if (depth == 3 && im->part != MX_NONE && im->measure != MX_NONE) {
		mx_end_measure(im);
		if (timewise)
			im->part = MX_NONE;
		else
			im->measure = MX_NONE;
	} else if (depth == 2) {
		im->part = im->measure = MX_NONE;
	}
	r->depth--;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct reader *r = ctx;
	if (r->piece_depth && !r->skip_depth && !r->refused)
		mx_tree_text(&r->im->tree, (const char *)text, (size_t)len);
}

static xmlEntityPtr on_entity(void *ctx, const xmlChar *name)
{
	const struct reader *r = ctx;
	xmlEntityPtr known = r->libraries->xmlGetPredefinedEntity(name);
	if (!known)
		refuse(ctx, "the entity &%.40s; is not one of XML's own", (const char *)name);
	return known;
}

static xmlEntityPtr on_parameter_entity(void *ctx, const xmlChar *name)
{
	refuse(ctx, "the parameter entity %%%.40s; is not read", (const char *)name);
	return NULL;
}

static void on_error(void *ctx, xmlErrorPtr error)
{
	struct reader *r = ctx;
	/* Namespaces are not looked at, and what the parser can live with is not an error. */
	if (r->refused || error->level != XML_ERR_FATAL || error->domain == XML_FROM_NAMESPACE)
		return;
	char reason[120];
	size_t len = error->message ? strcspn(error->message, "\r\n") : 0;
	if (len >= sizeof(reason))
		len = sizeof(reason) - 1;
	if (len)
		memcpy(reason, error->message, len);
	reason[len] = 0;
	(void)score_error(r->im->draft->report, "IMPORT_PARSE_001",
		SCORE_AT_LINE(error->line > 0 ? (uint64_t)error->line : 1,
			error->int2 > 0 ? (uint64_t)error->int2 : 1),
		"%s", reason);
	r->refused = 1;
	stop(r);
}

/** What libxml2 says outside of any document, of encodings: the parser's own error follows. */
static void ignore_error(void *, xmlErrorPtr)
{
}

static int parse(struct reader *r, const uint8_t *bytes, size_t size)
{
	const struct score_libraries *xml = r->libraries;
	xmlSAXHandler sax = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.ignorableWhitespace = on_text,
		.getEntity = on_entity,
		.getParameterEntity = on_parameter_entity,
		.serror = on_error,
	};
	xml->xmlInitParser();
	xmlParserCtxtPtr parser = xml->xmlCreateMemoryParserCtxt((const char *)bytes, (int)size);
	if (!parser)
		return -ENOMEM;
	(void)xml->xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_NODICT);
	xmlSAXHandlerPtr own = parser->sax;
	parser->sax = &sax;
	parser->userData = r;
	r->parser = parser;
	/* of this thread; else it would be printed */
	xml->xmlSetStructuredErrorFunc(NULL, ignore_error);
	(void)xml->xmlParseDocument(parser);
	if (!r->refused && !r->im->draft->error && (!parser->wellFormed || r->depth > 0))
		refuse(r, "the document is not complete");
	parser->sax = own;
	xmlDocPtr doc = parser->myDoc;
	parser->myDoc = NULL;
	xml->xmlFreeParserCtxt(parser);
	xml->xmlFreeDoc(doc);
	return r->refused ? -EINVAL : 0;
}

static void finish(struct mx_import *im)
{
	mx_tree_finish(&im->tree);
	score_bytes_finish(&im->text);
	score_bytes_finish(&im->extra);
#define X(name, type) score_free(im->alloc, im->name);
	MX_ARRAYS(X)
#undef X
	score_free(im->alloc, im);
}

int mx_import_xml(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	if (size > MAX_FILE)
		return score_error(draft->report, "nvx1.limit.file", SCORE_AT_BYTE(MAX_FILE),
			"%zu bytes, at most %u", size, MAX_FILE);
	if (!size)
		return score_error(
			draft->report, "IMPORT_PARSE_001", SCORE_AT_LINE(1, 1), "the document is empty");
	const struct score_libraries *libraries = score_libraries(draft->report);
	if (!libraries)
		return -EINVAL;
	struct mx_import *im = score_zalloc(alloc, 1, sizeof(*im));
	if (!im)
		return draft->error = -ENOMEM;
	im->draft = draft;
	im->alloc = alloc;
	im->part = im->measure = im->chord.event = MX_NONE;
	mx_names_init(&im->names);
	mx_tree_init(&im->tree, alloc);
	score_bytes_init(&im->text, alloc);
	score_bytes_init(&im->extra, alloc);

	struct reader r = {.im = im, .libraries = libraries};
	int rc = parse(&r, bytes, size);
	if (rc == 0 && !draft->error) {
		mx_resolve(im);
		mx_tell_warnings(im);
	}
	finish(im);
	if (rc < 0 && rc != -EINVAL)
		draft->error = rc;
	return draft->error ? draft->error : rc;
}

int musicxml_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	(void)strcpy(draft->report->dialect, "MusicXML");
	return mx_import_xml(bytes, size, draft);
}
