/* SPDX-License-Identifier: MIT */
/**
 * What the structs of nvx.h are made of: for each, its JSON members in canonical order with place, type,
 * range, default and what they name. Reader, writer, schema, hash, renaming and checking of references all
 * follow these tables, so that they cannot disagree. Constant data; any thread.
 */
#ifndef SCORE_NVX_TABLES_H
#define SCORE_NVX_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include <score/nvx.h>

enum nvx_field_type {
	NVX_F_INT,     /**< integer of `bytes` bytes */
	NVX_F_DECIMAL, /**< int32_t: a number times 10^digits */
	NVX_F_BOOL,    /**< uint8_t */
	NVX_F_NOT,     /**< uint8_t: 1 is false */
	NVX_F_ENUM,    /**< uint8_t into `words` */
	NVX_F_SET,     /**< uint16_t: bits, an array of `words` */
	NVX_F_STRING,  /**< nvx_str; min and max count its bytes */
	NVX_F_LITERAL, /**< nvx_str: a JSON string or number as it stood */
	NVX_F_JSON,    /**< nvx_str: an object's canonical text; `words`: names that come first */
	NVX_F_MEMBERS, /**< nvx_str: further members' text, as in `extra`; `words`: which members */
	NVX_F_EXTRA,   /**< nvx_str: what we do not know */
	NVX_F_ID,      /**< nvx_id; `ref` says of what */
	NVX_F_COLOR,   /**< uint32_t: 0x01rrggbb */
	NVX_F_TIME,    /**< nvx_str: RFC 3339, UTC */
	NVX_F_BPM,     /**< uint64_t: nanoseconds a quarter, for people; derived */
	NVX_F_KEY,     /**< step, alter, mode in three bytes */
	NVX_F_FIFTHS,  /**< int8_t, and behind it whether it was given; its key lies before it */
	NVX_F_BASE64,  /**< nvx_list of uint8_t */
	NVX_F_INTS,    /**< nvx_list of integers of `bytes` bytes each */
	NVX_F_STRINGS, /**< nvx_list of nvx_str */
	NVX_F_IDS,     /**< nvx_list of nvx_id */
	NVX_F_OBJECTS, /**< nvx_list of structs of `table` */
	NVX_F_ONE,     /**< nvx_list of one struct of `table`; or none */
	NVX_F_GROUP,   /**< an object whose members are fields of the same struct, from `offset` on */
	/* metadata: the maps' first entries, nothing is held */
	NVX_F_FIRST_KEY,
	NVX_F_FIRST_TEMPO,
	NVX_F_FIRST_METER,
};

/** What an id is of, or names. */
enum nvx_ref {
	NVX_REF_NONE,
	NVX_REF_SELF, /**< the object's own id */
	NVX_REF_PART,
	NVX_REF_REGION, /**< of the same part */
	NVX_REF_NOTE,
	NVX_REF_ELEMENT, /**< of any layer */
	NVX_REF_FORM,
	NVX_REF_CHORD,
	NVX_REF_EVENT,  /**< notation, kind event */
	NVX_REF_TUPLET, /**< notation, kind tuplet */
	NVX_REF_LYRIC,
	NVX_REF_MEDIA,
	NVX_REF_ANNOTATION,
};

#define NVX_FIELD_REQUIRED 1u /**< an error when missing; always written */
#define NVX_FIELD_HANGS 2u    /**< only where the object names no other whose place is its own (tick, part) */
#define NVX_FIELD_NULL 4u     /**< may be null: the uint8_t at `flag` is 1 then */
#define NVX_FIELD_WRITTEN 16u /**< always written; input may leave it out: follows from the rest */

struct nvx_words {
	const char *name;        /**< in the schema */
	const char *const *text; /**< "" is not a value: not given */
	unsigned n;
};

struct nvx_table;

struct nvx_field {
	const char *name;
	uint8_t type;  /**< enum nvx_field_type */
	uint8_t flags; /**< NVX_FIELD_... */
	uint8_t bytes; /**< of an integer */
	uint8_t is_signed;
	uint8_t digits; /**< of a decimal */
	uint8_t ref;    /**< enum nvx_ref */
	uint16_t offset;
	uint16_t flag;  /**< GROUP: uint8_t that is 1 when it is there, KEY: the same; 0: when anything in it
			   is set */
	uint32_t kinds; /**< bit (1 << kind): elements of these kinds have it; 0: all */
	int64_t min, max;
	int64_t initial; /**< default, as stored; outside of min..max: "missing" is not a value */
	const struct nvx_words *words;
	const struct nvx_table *table;
};

struct nvx_table {
	const char *name; /**< in the schema */
	const struct nvx_field *field;
	uint16_t n_fields;
	uint16_t item_bytes;
	int32_t extra;      /**< offset of `extra`; -1: its owner keeps what is unknown */
	int32_t kind;       /**< offset of the kind; -1: it has none */
	uint16_t hangs[2];  /**< offsets of ids: when one is set, members with NVX_FIELD_HANGS follow from it;
			       0: none */
	uint8_t extensions; /**< may have "extensions" */
	char letter;        /**< of its ids (nvx1.md 12.4); 0: none are given */
};

extern const struct nvx_table nvx_table_metadata, nvx_table_tempo, nvx_table_meter, nvx_table_key,
	nvx_table_order, nvx_table_measure, nvx_table_region, nvx_table_part, nvx_table_note,
	nvx_table_control, nvx_table_form, nvx_table_chord, nvx_table_analysis, nvx_table_tab,
	nvx_table_diagram, nvx_table_fingering, nvx_table_notation, nvx_table_lyric, nvx_table_marker,
	nvx_table_poi, nvx_table_drum, nvx_table_performance, nvx_table_melody, nvx_table_extended,
	nvx_table_media, nvx_table_audio, nvx_table_annotation, nvx_table_layer;
/** struct nvx_globals, for visiting: the layers' properties and UMF's audio are groups in it. */
extern const struct nvx_table nvx_table_globals;

/** @param list  enum nvx_list_kind, also note, control, part. */
const struct nvx_table *nvx_table_of(unsigned list);
/** A stored number: an integer, decimal, flag, constant. */
int64_t nvx_field_number(const struct nvx_field *field, const void *item);
/** Set all defaults of a zeroed item. */
void nvx_table_init(const struct nvx_table *table, void *item);
/** 1: elements of this item's kind have this member. */
int nvx_field_applies(const struct nvx_table *table, const struct nvx_field *field, const void *item);

/** 1: the member differs from its default. */
int nvx_field_is_set(const struct nvx_field *field, const void *item);

struct nvx_draft;
/**
 * Bring every member of an importer's draft into the range that its table gives, so that what is saved can be
 * loaded: numbers are clamped, texts cut, what an element's kind does not have is taken out. Tells as
 * warnings, nvx1.range.
 */
void nvx_mend_draft(struct nvx_draft *draft);

#endif
