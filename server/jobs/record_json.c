#include "record_json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_memory.h"

void bp_record_job_name(uint64_t id, char name[BP_RECORD_ID_SIZE]) {
    snprintf(name, BP_RECORD_ID_SIZE, "%" PRIu64, id);
}

json_t *bp_record_number(double number) {
    return isfinite(number) ? json_real(number) : json_null();
}

double bp_record_get_number(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

json_t *bp_record_names(const bp_names *names) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < names->count; i++) {
        if (json_array_append_new(array, json_string(names->item[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

bp_status bp_record_get_names(const json_t *array, bp_names *out, bp_error *err) {
    if (!json_is_array(array)) {
        return bp_fail(err, BP_SYNTAX, NULL, "a list of names is no array");
    }
    bp_names names = {0};
    size_t index;
    json_t *item;
    bp_status status = BP_OK;
    json_array_foreach(array, index, item) {
        status = json_is_string(item)
                     ? bp_names_add(&names, json_string_value(item), json_string_length(item), err)
                     : bp_fail(err, BP_SYNTAX, NULL, "a name is no string");
        if (status != BP_OK) {
            bp_names_clear(&names);
            return status;
        }
    }
    *out = names;
    return BP_OK;
}

json_t *bp_record_text(const char *text) {
    json_t *string = json_string(text);
    if (string != NULL) {
        return string;
    }
    char *ascii = strdup(text);
    if (ascii == NULL) {
        return NULL;
    }
    for (char *byte = ascii; *byte != '\0'; byte++) {
        if ((unsigned char)*byte >= 0x80) {
            *byte = '?';
        }
    }
    string = json_string(ascii);
    free(ascii);
    return string;
}

bp_status bp_record_status(const char *name) {
    for (int code = 0; code < BP_STATUS_COUNT; code++) {
        if (strcmp(bp_status_name((bp_status)code), name) == 0) {
            return (bp_status)code;
        }
    }
    return BP_INTERNAL; /* of a newer program: still an error */
}

/* Without the memory for all of it a tree may only lack a part: such a record is never written. */
bp_status bp_record_dump(char **out, json_t *json, const char *name, bp_error *err) {
    if (bp_json_memory_take_failure()) {
        json_decref(json);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to store '%.80s'", name);
    }
    if (json == NULL) {
        return bp_fail(err, BP_INVALID, NULL,
                       "'%.80s' cannot be stored: a name or label is not UTF-8, or memory is short",
                       name);
    }
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(json);
    if (text == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to store '%.80s'", name);
    }
    *out = text;
    return BP_OK;
}

bp_status bp_record_add(bp_store_batch *batch, bp_store_object object, json_t *json,
                        const bp_word_blob *blob, bp_error *err) {
    char *text = NULL;
    bp_status status = bp_record_dump(&text, json, object.name, err);
    if (status != BP_OK) {
        return status;
    }
    object.json = text;
    object.blob = blob != NULL ? blob->bytes : NULL;
    object.blob_size = blob != NULL ? blob->size : 0;
    status = bp_store_batch_put(batch, &object, err);
    free(text);
    return status;
}

json_t *bp_record_parse(const bp_store_object *object) {
    return json_loads(object->json, 0, NULL);
}

bp_status bp_record_fail(const bp_store_object *object, const char *noun, bp_error *err) {
    if (bp_json_memory_take_failure()) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %s '%.80s'", noun, object->name);
    }
    return bp_fail(err, BP_IO, NULL, "the record of %s '%.80s' is damaged", noun, object->name);
}
