#include "ndjson.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_place.h"
#include "cell_text.h"

enum { FIRST_CARRY = 4096, NUMBER_SIZE = 32 };

struct bp_ndjson {
    bp_dataset_builder *builder;
    bp_names columns;
    json_t *first; /* the object whose keys are the columns; NULL: lines are arrays, or none was */
    /* [columns]: the text of numbers that a column takes as text; NULL: no line has been seen */
    char (*numbers)[NUMBER_SIZE];
    const bp_cell_plan *plan; /* [columns], the builder's, for the row that is being given */
    float *row;               /* the builder's, likewise */
    char *carry;              /* the beginning of the unfinished line */
    size_t carried, carry_capacity;
    bool has_begun; /* a line has been seen, also a blank one: no byte order mark after it */
    uint64_t line;  /* the unfinished one */
    bp_error failure;
};

bp_status bp_ndjson_new(bp_ndjson **out, bp_dataset_builder *builder, bp_error *err) {
    bp_ndjson *ndjson = calloc(1, sizeof *ndjson);
    if (ndjson == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an NDJSON parser");
    }
    ndjson->builder = builder;
    ndjson->line = 1;
    *out = ndjson;
    return BP_OK;
}

void bp_ndjson_free(bp_ndjson *ndjson) {
    if (ndjson == NULL) {
        return;
    }
    bp_names_clear(&ndjson->columns);
    json_decref(ndjson->first);
    free(ndjson->numbers);
    free(ndjson->carry);
    free(ndjson);
}

static bp_status fail_line(const bp_ndjson *ndjson, bp_status code, const char *complaint,
                           bp_error *err) {
    return bp_fail_at(err, code, ndjson->line, 0, "line %" PRIu64 " %s", ndjson->line, complaint);
}

/* --- columns -------------------------------------------------------------------------------- */

static bp_status add_keys(bp_names *names, json_t *object, bp_error *err) {
    bp_status status = BP_OK;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (status == BP_OK) {
            status = bp_names_add(names, key, strlen(key), err);
        }
    }
    return status;
}

static bool are_all_strings(const json_t *array) {
    size_t count = json_array_size(array), strings = 0;
    while (strings < count && json_is_string(json_array_get(array, strings))) {
        strings++;
    }
    return count > 0 && strings == count;
}

/* The items as names or, where they are values, c0, c1, ... */
static bp_status add_items(bp_names *names, const json_t *array, bool are_names, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < json_array_size(array); i++) {
        char made[NUMBER_SIZE];
        snprintf(made, sizeof made, "c%zu", i);
        const char *name = are_names ? json_string_value(json_array_get(array, i)) : made;
        status = bp_names_add(names, name, strlen(name), err);
    }
    return status;
}

/* The first line that is not blank; *is_row: it is also a row. */
static bp_status take_columns(bp_ndjson *ndjson, json_t *line, bool *is_row, bp_error *err) {
    bool is_object = json_is_object(line);
    bool are_names = !is_object && are_all_strings(line);
    *is_row = !are_names;
    bp_status status = is_object ? add_keys(&ndjson->columns, line, err)
                                 : add_items(&ndjson->columns, line, are_names, err);
    if (status != BP_OK) {
        return status;
    }
    ndjson->numbers = calloc(ndjson->columns.count + 1, sizeof *ndjson->numbers);
    if (ndjson->numbers == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", ndjson->columns.count);
    }
    ndjson->first = is_object ? json_incref(line) : NULL;
    status = is_object || are_names
                 ? bp_dataset_builder_header(ndjson->builder, &ndjson->columns, err)
                 : bp_dataset_builder_unnamed(ndjson->builder, ndjson->columns.count, err);
    if (status != BP_OK && err->field[0] == '\0') {
        err->line = ndjson->line;
    }
    return status;
}

/* --- rows ----------------------------------------------------------------------------------- */

static bp_status fail_value(const bp_ndjson *ndjson, size_t column, const char *complaint,
                            bp_error *err) {
    char name[BP_EXCERPT_SIZE];
    return bp_fail_at(err, BP_INVALID, ndjson->line, column + 1,
                      "line %" PRIu64 ", column %zu ('%s'): %s", ndjson->line, column + 1,
                      bp_text_excerpt(bp_cell_of(ndjson->columns.item[column]), name), complaint);
}

static bp_status text_of(bp_cell *cell, bp_ndjson *ndjson, size_t column, const json_t *value,
                         bp_error *err) {
    switch (value != NULL ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        *cell = (bp_cell){json_string_value(value), json_string_length(value)};
        return BP_OK;
    case JSON_INTEGER:
    case JSON_REAL: {
        int size =
            snprintf(ndjson->numbers[column], NUMBER_SIZE, "%.17g", json_number_value(value));
        *cell = (bp_cell){ndjson->numbers[column], (size_t)size};
        return BP_OK;
    }
    case JSON_TRUE:
    case JSON_FALSE:
        *cell = bp_cell_of(json_is_true(value) ? "true" : "false");
        return BP_OK;
    case JSON_NULL:
        *cell = bp_cell_of("");
        return BP_OK;
    case JSON_OBJECT:
        return fail_value(ndjson, column, "an object cannot be a cell", err);
    case JSON_ARRAY:
    default:
        return fail_value(ndjson, column, "an array cannot be a cell", err);
    }
}

/* Where the builder takes a number as it is, printing it as text only to read it again would take
 * most of the time; the text names the same double. */
static bp_status give_value(bp_ndjson *ndjson, size_t column, const json_t *value, bp_error *err) {
    const bp_cell_plan *plan = &ndjson->plan[column];
    if (plan->how == BP_CELL_NUMBER && json_is_real(value) &&
        isfinite((float)json_real_value(value))) {
        ndjson->row[plan->at] = (float)json_real_value(value);
        return BP_OK;
    }
    bp_cell cell;
    bp_status status = text_of(&cell, ndjson, column, value, err);
    return status != BP_OK || plan->how == BP_CELL_SKIP
               ? status
               : bp_dataset_builder_cell(ndjson->builder, column, cell, ndjson->line, err);
}

static bp_status fail_unknown(const bp_ndjson *ndjson, json_t *object, bp_error *err) {
    char excerpt[BP_EXCERPT_SIZE] = "";
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (excerpt[0] == '\0' && json_object_get(ndjson->first, key) == NULL) {
            (void)bp_text_excerpt(bp_cell_of(key), excerpt);
        }
    }
    return bp_fail_at(err, BP_INVALID, ndjson->line, 0,
                      "line %" PRIu64 ": the key '%s' is not among those of the first object",
                      ndjson->line, excerpt);
}

static bp_status give_object(bp_ndjson *ndjson, json_t *object, bp_error *err) {
    size_t found = 0;
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < ndjson->columns.count; i++) {
        const json_t *value = json_object_get(object, ndjson->columns.item[i]);
        found += value != NULL;
        status = give_value(ndjson, i, value, err);
    }
    return status == BP_OK && found < json_object_size(object) ? fail_unknown(ndjson, object, err)
                                                               : status;
}

static bp_status give_array(bp_ndjson *ndjson, const json_t *array, bp_error *err) {
    size_t count = json_array_size(array), columns = ndjson->columns.count;
    if (count != columns) {
        size_t place = count < columns ? count : columns;
        return bp_fail_at(err, BP_INVALID, ndjson->line, place + 1,
                          "line %" PRIu64 ": the array has %zu values, the first line has %zu",
                          ndjson->line, count, columns);
    }
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < columns; i++) {
        status = give_value(ndjson, i, json_array_get(array, i), err);
    }
    return status;
}

static bp_status take_row(bp_ndjson *ndjson, json_t *line, bp_error *err) {
    if (json_is_object(line) != (ndjson->first != NULL)) {
        return fail_line(ndjson, BP_INVALID,
                         json_is_object(line) ? "is an object, the lines before are arrays"
                                              : "is an array, the lines before are objects",
                         err);
    }
    size_t columns;
    bp_status status = bp_dataset_builder_begin_row(ndjson->builder, &ndjson->row, err);
    if (status != BP_OK) {
        return status;
    }
    ndjson->plan = bp_dataset_builder_plan(ndjson->builder, &columns);
    status = json_is_object(line) ? give_object(ndjson, line, err) : give_array(ndjson, line, err);
    return status == BP_OK ? bp_dataset_builder_end_row(ndjson->builder, ndjson->line, err)
                           : status;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* The line without its carriage return and, at the start of the body, its byte order mark. */
static bp_cell strip(bp_ndjson *ndjson, bp_cell text) {
    static const char mark[] = "\xEF\xBB\xBF";
    if (!ndjson->has_begun && text.size >= 3 && memcmp(text.text, mark, 3) == 0) {
        text.text += 3;
        text.size -= 3;
    }
    ndjson->has_begun = true;
    if (text.size > 0 && text.text[text.size - 1] == '\r') {
        text.size--;
    }
    return text;
}

/* Numbers are read as doubles, also integers, which may have any number of digits. */
static bp_status parse(json_t **out, const bp_ndjson *ndjson, bp_cell text, bp_error *err) {
    json_error_t json_err;
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_DECODE_ANY;
    json_t *line = json_loadb(text.text, text.size, flags, &json_err);
    if (line == NULL) {
        bool is_memory = json_error_code(&json_err) == json_error_out_of_memory;
        return bp_fail_at(err, is_memory ? BP_NO_MEMORY : BP_SYNTAX, ndjson->line,
                          (uint64_t)json_err.position, "line %" PRIu64 ", byte %d: %s",
                          ndjson->line, json_err.position, json_err.text);
    }
    if (!json_is_object(line) && !json_is_array(line)) {
        json_decref(line);
        return fail_line(ndjson, BP_INVALID, "is neither an object nor an array", err);
    }
    *out = line;
    return BP_OK;
}

/* A complete line, without its line feed. Lines do not depend on one another: one that is wrong may
 * be left out, but for the first, of which the columns come. */
static bp_status take_line(bp_ndjson *ndjson, bp_cell text) {
    text = strip(ndjson, text);
    if (bp_cell_trim(text).size == 0) {
        return BP_OK;
    }
    bp_error why = {0};
    bool is_row = true, has_columns = ndjson->numbers != NULL;
    json_t *line = NULL;
    bp_status status = parse(&line, ndjson, text, &why);
    if (status == BP_OK && !has_columns) {
        status = take_columns(ndjson, line, &is_row, &why);
        has_columns = status == BP_OK;
    }
    if (status == BP_OK && is_row) {
        status = take_row(ndjson, line, &why);
    }
    json_decref(line);
    if (status == BP_OK) {
        return BP_OK;
    }
    if (has_columns) {
        return bp_dataset_builder_reject(ndjson->builder, &why, &ndjson->failure);
    }
    ndjson->failure = why;
    return status;
}

static bp_status carry(bp_ndjson *ndjson, const char *bytes, size_t size) {
    size_t needed = ndjson->carried + size;
    if (needed > ndjson->carry_capacity) {
        size_t capacity = ndjson->carry_capacity == 0 ? FIRST_CARRY : ndjson->carry_capacity;
        while (capacity < needed) {
            capacity *= 2;
        }
        char *larger = realloc(ndjson->carry, capacity);
        if (larger == NULL) {
            return bp_fail(&ndjson->failure, BP_NO_MEMORY, NULL,
                           "no memory for a line of %zu bytes", capacity);
        }
        ndjson->carry = larger;
        ndjson->carry_capacity = capacity;
    }
    memcpy(ndjson->carry + ndjson->carried, bytes, size);
    ndjson->carried = needed;
    return BP_OK;
}

/* The next `size` bytes of the unfinished line; with `ends`, its last ones. */
static bp_status take_part(bp_ndjson *ndjson, const char *bytes, size_t size, bool ends) {
    if (size > BP_NDJSON_MAX_LINE_BYTES - ndjson->carried) {
        char complaint[64];
        snprintf(complaint, sizeof complaint, "is longer than %d bytes", BP_NDJSON_MAX_LINE_BYTES);
        return fail_line(ndjson, BP_TOO_LARGE, complaint, &ndjson->failure);
    }
    bp_cell text = {bytes, size};
    if (ndjson->carried > 0 || !ends) {
        bp_status status = carry(ndjson, bytes, size);
        if (status != BP_OK || !ends) {
            return status;
        }
        text = (bp_cell){ndjson->carry, ndjson->carried};
    }
    bp_status status = take_line(ndjson, text);
    ndjson->carried = 0;
    ndjson->line++;
    return status;
}

static bp_status repeat_failure(const bp_ndjson *ndjson, bp_error *err) {
    if (err != NULL && ndjson->failure.code != BP_OK) {
        *err = ndjson->failure;
    }
    return ndjson->failure.code;
}

bp_status bp_ndjson_feed(bp_ndjson *ndjson, const char *bytes, size_t size, bp_error *err) {
    bp_status status = ndjson->failure.code;
    while (status == BP_OK && size > 0) {
        const char *end = memchr(bytes, '\n', size);
        size_t part = end != NULL ? (size_t)(end - bytes) : size;
        status = take_part(ndjson, bytes, part, end != NULL);
        part += end != NULL;
        bytes += part;
        size -= part;
    }
    return repeat_failure(ndjson, err);
}

bp_status bp_ndjson_finish(bp_ndjson *ndjson, bp_error *err) {
    if (ndjson->failure.code == BP_OK && ndjson->carried > 0) {
        (void)take_part(ndjson, "", 0, true); /* its failure is kept */
    }
    if (ndjson->failure.code == BP_OK && ndjson->numbers == NULL) {
        bp_fail(&ndjson->failure, BP_INVALID, NULL, "the body is empty: no line names the columns");
    }
    return repeat_failure(ndjson, err);
}
