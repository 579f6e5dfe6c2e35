/* What the records have in common: numbers that may be missing, lists of names, the writing. */
#ifndef BP_RECORD_JSON_H
#define BP_RECORD_JSON_H

#include <jansson.h>

#include "names.h"
#include "store.h"
#include "word_blob.h"

enum { BP_RECORD_ID_SIZE = 24 };
/* What the store calls a job and what belongs to it. */
void bp_record_job_name(uint64_t id, char name[BP_RECORD_ID_SIZE]);

/* A new real, or null for what is not finite (JSON has no word for it); NULL: no memory. */
json_t *bp_record_number(double number);
/* The reverse: NAN for null and for what is no number. */
double bp_record_get_number(const json_t *value);

/* A new array of strings; NULL: no memory, or a name is not UTF-8. */
json_t *bp_record_names(const bp_names *names);
/* Into zeroed `out`. SYNTAX: no array of strings. NO_MEMORY. */
BP_NODISCARD bp_status bp_record_get_names(const json_t *array, bp_names *out, bp_error *err);

/* A new string, with '?' where the text is not UTF-8 (a message may be cut within a character). */
json_t *bp_record_text(const char *text);

/* The code of a wire name; INTERNAL for one that is unknown. */
bp_status bp_record_status(const char *name);

/* `json` (stolen; NULL: it could not be made, INVALID) of object `name` as text, the caller's to
 * free. NO_MEMORY. */
BP_NODISCARD bp_status bp_record_dump(char **out, json_t *json, const char *name, bp_error *err);

/* A part of a batch: an object with `json` (as above) and the blob (NULL: none; stays the
 * caller's). As bp_store_batch_put. */
BP_NODISCARD bp_status bp_record_add(bp_store_batch *batch, bp_store_object object, json_t *json,
                                     const bp_word_blob *blob, bp_error *err);

/* Parses object->json; NULL: malformed. */
json_t *bp_record_parse(const bp_store_object *object);
/* IO: "the record of model 'x' is damaged"; NO_MEMORY where it could not be parsed for lack of it.
 */
bp_status bp_record_fail(const bp_store_object *object, const char *noun, bp_error *err);

#endif
