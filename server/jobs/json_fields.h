/* JSON objects read by table: one row for each field that may stand in the object. And the values
 * that must not fail: numbers that may not be finite, texts that may be cut. */
#ifndef BP_JSON_FIELDS_H
#define BP_JSON_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "network.h"

/* What a field holds, and the C type at its offset. */
typedef enum bp_field_type {
    BP_FIELD_IGNORED, /* anything, not read: another table's field */
    BP_FIELD_STRING,  /* const char *, borrowed from the object */
    BP_FIELD_COUNT,   /* uint64_t or size_t: an integer of 0..2^63-1; 32.0 is one too */
    BP_FIELD_DOUBLE,  /* double */
    BP_FIELD_FLOAT,   /* float, rounded once */
    BP_FIELD_BOOL,    /* bool */
    BP_FIELD_CHOICE,  /* int: the enumerator of a vocabulary */
    BP_FIELD_OBJECT,  /* const json_t *, borrowed */
    BP_FIELD_ARRAY    /* const json_t *, borrowed */
} bp_field_type;

typedef struct bp_field {
    const char *name;
    bp_field_type type;
    bool required;
    double min, max; /* of a number, inclusive; both 0: any */
    const bp_vocabulary *choices;
    size_t offset; /* into the record */
} bp_field;

/* Reads `object` into the record `out`. A field that is absent leaves its place as it was; after a
 * failure `out` may be half filled. INVALID with the pointer of the field at fault: no object, a
 * field that is in no row (the message lists those that are), a required one missing, a value of
 * another type (the message names both), a number out of its range. */
BP_NODISCARD bp_status bp_fields_read(void *out, const bp_field *fields, size_t count,
                                      const json_t *object, bp_error *err);

/* Reads one field of an object whose others belong to another table: unknown ones are let through.
 * INVALID as bp_fields_read. */
BP_NODISCARD bp_status bp_fields_read_one(void *out, const bp_field *field, const json_t *object,
                                          bp_error *err);

/* A new object of those fields of `record` whose value is not that of `usual`: counts, reals, bools
 * and choices. A float32 has the fewest digits that name it. NULL: no memory. */
json_t *bp_fields_write_changed(const void *record, const void *usual, const bp_field *fields,
                                size_t count);

/* "an object", "a number", ...: how a message calls a value that was found. */
const char *bp_json_kind(const json_t *value);

/* A new real, or null for what is not finite (JSON has no word for it). NULL: no memory. */
json_t *bp_json_number(double value);

/* The double with the fewest digits (6 to 9) that rounds to this float32: 0.1 for 0.1f. */
double bp_shortest_double(float value);

/* A new string, with '?' for bytes that are no UTF-8 (a message may be cut within a character). */
json_t *bp_json_text(const char *text);

#endif
