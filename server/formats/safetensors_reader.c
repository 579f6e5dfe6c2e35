#include "safetensors_reader.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"

enum { START_BYTES = 8, MAX_RANK = 2, NAME_SIZE = BP_SAFETENSORS_MAX_NAME_BYTES + 24 };

typedef struct table_tensor {
    const char *name; /* borrowed from the JSON */
    bp_number_format number;
    bp_array_shape shape;
    size_t first_column;
    uint64_t begin, end; /* bytes of the body */
} table_tensor;

static bp_status fail_tensor(bp_error *err, bp_status code, const char *name,
                             const char *complaint) {
    char excerpt[BP_EXCERPT_SIZE];
    return bp_fail(err, code, NULL, "tensor '%s': %s", bp_text_excerpt(bp_cell_of(name), excerpt),
                   complaint);
}

/* --- one tensor ----------------------------------------------------------------------------- */

static const struct dtype {
    const char *name;
    bp_number_type type;
} dtypes[] = {
    {"F32", BP_NUMBER_F32},   {"F64", BP_NUMBER_F64}, {"F16", BP_NUMBER_F16},
    {"BF16", BP_NUMBER_BF16}, {"I8", BP_NUMBER_I8},   {"I16", BP_NUMBER_I16},
    {"I32", BP_NUMBER_I32},   {"I64", BP_NUMBER_I64}, {"U8", BP_NUMBER_U8},
    {"U16", BP_NUMBER_U16},   {"U32", BP_NUMBER_U32}, {"U64", BP_NUMBER_U64},
    {"BOOL", BP_NUMBER_BOOL},
};

static bp_status read_dtype(table_tensor *tensor, const json_t *value, bp_error *err) {
    if (!json_is_string(value)) {
        return fail_tensor(err, BP_SYNTAX, tensor->name, "its dtype is missing or no string");
    }
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (strcmp(dtypes[i].name, json_string_value(value)) == 0) {
            tensor->number.type = dtypes[i].type;
            return BP_OK;
        }
    }
    char excerpt[BP_EXCERPT_SIZE], complaint[BP_EXCERPT_SIZE + 96];
    snprintf(complaint, sizeof complaint,
             "dtype %s cannot be read: only F64, F32, F16, BF16, I64 to I8, U64 to U8 and BOOL",
             bp_text_excerpt(bp_cell_of(json_string_value(value)), excerpt));
    return fail_tensor(err, BP_INVALID, tensor->name, complaint);
}

/* The integers of an array, at most `most`; false where it is none of them. */
static bool read_counts(uint64_t *out, size_t *count, const json_t *array, size_t most) {
    *count = json_array_size(array);
    if (!json_is_array(array) || *count > most) {
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_integer(value) || json_integer_value(value) < 0) {
            return false;
        }
        out[i] = (uint64_t)json_integer_value(value);
    }
    return true;
}

static bp_status read_shape(table_tensor *tensor, const json_t *value, bp_error *err) {
    uint64_t dimension[MAX_RANK];
    size_t rank;
    if (json_array_size(value) > MAX_RANK) {
        return fail_tensor(err, BP_INVALID, tensor->name,
                           "it has more than two dimensions; a table takes [rows] or [rows, k]");
    }
    if (!read_counts(dimension, &rank, value, MAX_RANK)) {
        return fail_tensor(err, BP_SYNTAX, tensor->name,
                           "its shape is missing or no array of counts");
    }
    bp_error inner = {0};
    bp_status status = bp_array_shape_set(&tensor->shape, dimension, rank, &inner);
    return status == BP_OK ? BP_OK : fail_tensor(err, status, tensor->name, inner.message);
}

static bp_status read_offsets(table_tensor *tensor, const json_t *value, bp_error *err) {
    uint64_t offset[2], bytes;
    size_t count;
    if (!read_counts(offset, &count, value, 2) || count != 2 || offset[0] > offset[1]) {
        return fail_tensor(err, BP_SYNTAX, tensor->name,
                           "its data_offsets are missing or no two ascending counts");
    }
    size_t row_bytes = tensor->shape.columns * bp_number_size(tensor->number.type);
    if (__builtin_mul_overflow(tensor->shape.rows, (uint64_t)row_bytes, &bytes) ||
        bytes != offset[1] - offset[0]) {
        return fail_tensor(err, BP_SYNTAX, tensor->name,
                           "its data_offsets do not span the bytes that dtype and shape give");
    }
    tensor->begin = offset[0];
    tensor->end = offset[1];
    return BP_OK;
}

static bp_status read_tensor(table_tensor *tensor, const json_t *object, bp_error *err) {
    if (strlen(tensor->name) > BP_SAFETENSORS_MAX_NAME_BYTES) {
        return fail_tensor(err, BP_TOO_LARGE, tensor->name, "its name has more than 256 bytes");
    }
    if (!json_is_object(object)) {
        return fail_tensor(err, BP_SYNTAX, tensor->name, "its entry in the header is no object");
    }
    bp_status status = read_dtype(tensor, json_object_get(object, "dtype"), err);
    if (status == BP_OK) {
        status = read_shape(tensor, json_object_get(object, "shape"), err);
    }
    if (status == BP_OK) {
        status = read_offsets(tensor, json_object_get(object, "data_offsets"), err);
    }
    return status;
}

/* --- all tensors ---------------------------------------------------------------------------- */

/* Reads the tensors [count] in the order of the header; *columns is their number together. */
static bp_status read_tensors(table_tensor *tensors, size_t *count, size_t *columns, json_t *root,
                              bp_error *err) {
    const char *name;
    json_t *value;
    json_object_foreach(root, name, value) {
        if (strcmp(name, "__metadata__") == 0) {
            continue;
        }
        table_tensor *next = &tensors[*count];
        *next = (table_tensor){.name = name, .first_column = *columns};
        bp_status status = read_tensor(next, value, err);
        if (status != BP_OK) {
            return status;
        }
        if (next->shape.rows != tensors[0].shape.rows) {
            return fail_tensor(err, BP_INVALID, name,
                               "its first dimension is not that of the first tensor");
        }
        *columns += next->shape.columns;
        if (*columns > BP_MAX_COLUMNS) {
            return fail_tensor(err, BP_TOO_LARGE, name,
                               "with its columns the table has more than 65536");
        }
        ++*count;
    }
    return *count > 0 ? BP_OK : bp_fail(err, BP_INVALID, NULL, "the file holds no tensors");
}

static bp_status add_names(bp_names *names, const table_tensor *tensor, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < tensor->shape.columns; i++) {
        char name[NAME_SIZE];
        int size = tensor->shape.columns == 1
                       ? snprintf(name, sizeof name, "%s", tensor->name)
                       : snprintf(name, sizeof name, "%s.%zu", tensor->name, i);
        status = bp_names_add(names, name, (size_t)size, err);
    }
    return status;
}

static int compare_begins(const void *left, const void *right) {
    const table_tensor *a = left, *b = right;
    return a->begin != b->begin ? (a->begin > b->begin) - (a->begin < b->begin)
                                : (a->end > b->end) - (a->end < b->end);
}

/* The tensors, by offset, as parts of the body: neither overlaps nor holes. */
static bp_status add_parts(bp_array_layout *layout, table_tensor *tensors, size_t count,
                           bp_error *err) {
    qsort(tensors, count, sizeof *tensors, compare_begins);
    uint64_t end = 0;
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        const table_tensor *next = &tensors[i];
        if (next->begin != end) {
            return fail_tensor(err, BP_SYNTAX, next->name,
                               next->begin < end ? "its bytes overlap those of another tensor"
                                                 : "there is a gap before its bytes");
        }
        end = next->end;
        bp_array_part part = {.number = next->number,
                              .first_column = next->first_column,
                              .columns = next->shape.columns};
        status = bp_array_layout_add(layout, part, err);
    }
    return status;
}

static bp_status set_layout(bp_array_layout *layout, table_tensor *tensors, json_t *root,
                            bp_error *err) {
    size_t count = 0, columns = 0;
    bp_status status = read_tensors(tensors, &count, &columns, root, err);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        status = add_names(&layout->names, &tensors[i], err);
    }
    if (status != BP_OK) {
        return status;
    }
    uint64_t dimension[2] = {tensors[0].shape.rows, columns};
    size_t rank = count == 1 ? tensors[0].shape.rank : 2;
    status = bp_array_shape_set(&layout->shape, dimension, rank, err);
    return status == BP_OK ? add_parts(layout, tensors, count, err) : status;
}

static bp_status read_json(bp_array_layout *layout, const char *text, size_t size, bp_error *err) {
    json_error_t json_err;
    json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &json_err);
    if (root == NULL) {
        return bp_fail(err, BP_SYNTAX, NULL, "safetensors header, byte %d: %s",
                       START_BYTES + json_err.position, json_err.text);
    }
    bp_status status = BP_OK;
    table_tensor *tensors = NULL;
    if (!json_is_object(root)) {
        status = bp_fail(err, BP_SYNTAX, NULL, "the safetensors header is no JSON object");
    } else {
        tensors = malloc((json_object_size(root) + 1) * sizeof *tensors);
        status = tensors != NULL
                     ? set_layout(layout, tensors, root, err)
                     : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the list of tensors");
    }
    free(tensors);
    json_decref(root);
    return status;
}

static bp_status read_header(bp_array_layout *layout, size_t *needed, const unsigned char *bytes,
                             size_t size, bp_error *err) {
    uint64_t length = 0;
    for (size_t i = 0; i < START_BYTES; i++) {
        length |= (uint64_t)bytes[i] << 8 * i;
    }
    if (length > BP_SAFETENSORS_MAX_HEADER_BYTES) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "byte 0: the safetensors header has %" PRIu64
                       " bytes, at most %d can be read",
                       length, BP_SAFETENSORS_MAX_HEADER_BYTES);
    }
    if (size < START_BYTES + length) {
        *needed = START_BYTES + length;
        return BP_OK;
    }
    return read_json(layout, (const char *)bytes + START_BYTES, length, err);
}

const bp_array_format bp_safetensors_format = {
    .name = "safetensors", .first_bytes = START_BYTES, .read_header = read_header};
