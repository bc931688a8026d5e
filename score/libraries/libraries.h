/* SPDX-License-Identifier: MIT */
/**
 * libxml2 and minizip, which a few formats need: to load them and what they need takes longer than most files
 * do. They come with a module, score-libraries.so, when the first such file does, and stay.
 */
#ifndef SCORE_LIBRARIES_H
#define SCORE_LIBRARIES_H

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <minizip/unzip.h>
#include <minizip/zip.h>

#include <score/report.h>

/** What is used of them, each under its own name. */
#define SCORE_LIBRARIES(X)                                                                                   \
	X(xmlCreateMemoryParserCtxt)                                                                         \
	X(xmlCtxtUseOptions)                                                                                 \
	X(xmlDictFree)                                                                                       \
	X(xmlDictReference)                                                                                  \
	X(xmlFreeDoc)                                                                                        \
	X(xmlFreeParserCtxt)                                                                                 \
	X(xmlGetPredefinedEntity)                                                                            \
	X(xmlInitParser)                                                                                     \
	X(xmlParseDocument)                                                                                  \
	X(xmlReadMemory)                                                                                     \
	X(xmlSAX2GetColumnNumber)                                                                            \
	X(xmlSAX2GetLineNumber)                                                                              \
	X(xmlSetStructuredErrorFunc)                                                                         \
	X(xmlStopParser)                                                                                     \
	X(unzClose)                                                                                          \
	X(unzCloseCurrentFile)                                                                               \
	X(unzGetCurrentFileInfo64)                                                                           \
	X(unzGetGlobalInfo64)                                                                                \
	X(unzGoToFirstFile)                                                                                  \
	X(unzGoToNextFile)                                                                                   \
	X(unzOpen2_64)                                                                                       \
	X(unzOpenCurrentFile)                                                                                \
	X(unzReadCurrentFile)                                                                                \
	X(zipClose)                                                                                          \
	X(zipCloseFileInZip)                                                                                 \
	X(zipOpen2_64)                                                                                       \
	X(zipOpenNewFileInZip64)                                                                             \
	X(zipWriteInFileInZip)

/** What the module exports, as `score_libraries_module`. */
struct score_libraries {
	/** SCORE_LIBRARIES_MADE_WITH and _NAMES; else the rest is not as we know it. */
	const char *made_with, *names;
#define X(name) typeof(name) *name;
	SCORE_LIBRARIES(X)
#undef X
};
#define SCORE_LIBRARIES_MADE_WITH "MOS " MOS_VERSION ", libxml2 " LIBXML_DOTTED_VERSION
#define SCORE_LIBRARIES_NAME(name) " " #name
#define SCORE_LIBRARIES_NAMES SCORE_LIBRARIES(SCORE_LIBRARIES_NAME)

extern const struct score_libraries score_libraries_module;

/** Any thread. @return NULL: told, as "nvx1.format.library". */
const struct score_libraries *score_libraries(struct score_report *report);

/** The module at this path, for tests. @param why  Set where NULL is returned. */
const struct score_libraries *score_libraries_load(const char *path, char why[static 128]);

#endif
