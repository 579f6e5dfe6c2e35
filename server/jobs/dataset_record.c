/* The record of a data set. JSON: names, columns, sizes, statistics, rejects, digest; blob, in
 * sections: x [rows, features], which so begins at 0, then y [rows, targets], class_index [rows]
 * and weight [rows] where there are such, 32 bit words, and the labels of the columns, each ended
 * by a zero. There may be a hundred thousand labels: as JSON every start would parse them.
 *
 * Version 1, which had no "version", has neither columns, rejects nor labels, and its sections
 * follow each other without a gap. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob_sections.h"
#include "column_report_json.h"
#include "memory.h"
#include "record_json.h"
#include "records.h"

enum { VERSION = 2 };

/* --- writing -------------------------------------------------------------------------------- */

static json_t *describe_source(const bp_source_column *source) {
    return json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "name", source->name, "type",
                     bp_column_types.names[source->type], "role",
                     bp_column_roles.names[source->role], "declared", source->is_declared, "first",
                     (json_int_t)source->first, "cells", (json_int_t)source->cells, "labels",
                     (json_int_t)source->labels.count);
}

/* Consumes both; NULL: no memory, or the item could not be made. */
static json_t *append(json_t *array, json_t *item) {
    if (array != NULL && json_array_append_new(array, item) != 0) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static size_t column_count(const bp_dataset *data) {
    return data->features.count + data->targets.count + data->weights.count;
}

static json_t *describe_all_stats(const bp_dataset *data) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < column_count(data); i++) {
        array = append(array, bp_column_report_write(&data->stats[i]));
    }
    return array;
}

static json_t *describe_columns(const bp_dataset *data) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < data->source_count; i++) {
        array = append(array, describe_source(&data->source[i]));
    }
    return array;
}

static json_t *describe(const bp_dataset_info *info) {
    const bp_dataset *data = info->dataset;
    json_t *weights = data->weights.count > 0 ? bp_record_names(&data->weights) : NULL;
    json_t *missing = data->missing_words.count > 0 ? bp_record_names(&data->missing_words) : NULL;
    return json_pack("{s:i, s:f, s:I, s:o, s:o, s:o, s:b, s:o*, s:o*, s:o, s:o, s:I, s:o, s:s}",
                     "version", VERSION, "created_at", info->created_at, "rows",
                     (json_int_t)data->rows, "features", bp_record_names(&data->features),
                     "targets", bp_record_names(&data->targets), "classes",
                     bp_record_names(&data->classes), "has_y", data->y != NULL, "weights", weights,
                     "missing_words", missing, "columns", describe_columns(data), "statistics",
                     describe_all_stats(data), "sampled_rows", (json_int_t)data->sampled_rows,
                     "rejects", bp_rejects_write(&data->rejects), "sha256", data->sha256);
}

static bp_status put_labels(bp_section_writer *writer, const bp_names *labels, bp_error *err) {
    size_t size = 0;
    for (size_t i = 0; i < labels->count; i++) {
        size += strlen(labels->item[i]) + 1;
    }
    char *text = malloc(size > 0 ? size : 1);
    if (text == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu bytes of labels", size);
    }
    char *at = text;
    for (size_t i = 0; i < labels->count; i++) {
        at = stpcpy(at, labels->item[i]) + 1;
    }
    bp_status status = bp_section_put_text(writer, text, size, err);
    free(text);
    return status;
}

static bool file_has_x(int file, const bp_dataset *data) {
    struct stat facts;
    return data->mapping != NULL && fstat(file, &facts) == 0 &&
           (uint64_t)facts.st_size == data->rows * data->features.count * sizeof *data->x;
}

static bp_status write_blob(int file, const bp_dataset *data, bp_error *err) {
    const size_t rows = data->rows, cells = rows * data->features.count;
    const bool has_x = file_has_x(file, data);
    bp_section_writer writer = {.file = file, .offset = has_x ? cells * sizeof *data->x : 0};
    bp_status status = BP_OK;
    if (!has_x) {
        status = bp_section_put32(&writer, data->x, cells, err);
    }
    if (status == BP_OK) {
        status = bp_section_put32(&writer, data->y,
                                  data->y != NULL ? rows * data->targets.count : 0, err);
    }
    if (status == BP_OK) {
        status =
            bp_section_put32(&writer, data->class_index, data->class_index != NULL ? rows : 0, err);
    }
    if (status == BP_OK) {
        status = bp_section_put32(&writer, data->weight, rows * data->weights.count, err);
    }
    bp_section_align(&writer);
    for (size_t i = 0; status == BP_OK && i < data->source_count; i++) {
        status = put_labels(&writer, &data->source[i].labels, err);
    }
    return status;
}

/* The blob begins with x, whose bytes need not be read again for its digest. */
static bp_status put_draft(bp_store *store, const bp_store_object *object, const bp_dataset *data,
                           bp_store_draft *draft, bp_error *err) {
    bp_status status = write_blob(bp_store_draft_file(draft), data, err);
    if (data->has_digest_of_x) {
        bp_store_draft_note_digest(draft, &data->digest_of_x,
                                   (uint64_t)data->rows * data->features.count * sizeof *data->x);
    }
    return status == BP_OK ? bp_store_put_draft(store, object, draft, err) : status;
}

bp_status bp_record_put_dataset(bp_store *store, const bp_dataset_info *info, bp_store_draft *draft,
                                bp_error *err) {
    if (store == NULL) {
        return BP_OK;
    }
    char *text = NULL;
    bp_store_draft *own = NULL;
    bp_status status = bp_record_dump(&text, describe(info), info->name, err);
    if (status == BP_OK && draft == NULL) {
        status = bp_store_draft_new(&own, store, err);
    }
    if (status == BP_OK) {
        const bp_store_object object = {.kind = BP_STORE_DATASET, .name = info->name, .json = text};
        status = put_draft(store, &object, info->dataset, draft != NULL ? draft : own, err);
    }
    bp_store_draft_free(own);
    free(text);
    return status;
}

/* --- reading JSON --------------------------------------------------------------------------- */

static size_t count_of(const json_t *json, const char *key) {
    return (size_t)json_integer_value(json_object_get(json, key));
}

static bool read_stats(const json_t *array, bp_dataset *data) {
    size_t columns = column_count(data);
    if (json_array_size(array) != columns) {
        return false;
    }
    data->stats = calloc(columns, sizeof *data->stats);
    for (size_t i = 0; data->stats != NULL && i < columns; i++) {
        data->stats[i] = bp_column_report_read(json_array_get(array, i));
    }
    return data->stats != NULL;
}

/* Without "weights" and "missing_words" there are none: as records of a time without them. */
static bool read_names(const json_t *json, bp_dataset *data) {
    const json_t *weights = json_object_get(json, "weights");
    const json_t *missing = json_object_get(json, "missing_words");
    return (missing == NULL || bp_record_get_names(missing, &data->missing_words, NULL) == BP_OK) &&
           (weights == NULL || bp_record_get_names(weights, &data->weights, NULL) == BP_OK) &&
           bp_record_get_names(json_object_get(json, "features"), &data->features, NULL) == BP_OK &&
           bp_record_get_names(json_object_get(json, "targets"), &data->targets, NULL) == BP_OK &&
           bp_record_get_names(json_object_get(json, "classes"), &data->classes, NULL) == BP_OK;
}

static bool is_within(const bp_source_column *column, const bp_dataset *data) {
    const size_t cells = data->features.count;
    return column->role == BP_ROLE_TARGET
               ? column->first < data->targets.count
               : column->first <= cells && column->cells <= cells - column->first;
}

static bool read_source(json_t *json, const bp_dataset *data, bp_source_column *out) {
    const char *name, *type, *role;
    int type_index, role_index, declared;
    json_int_t first, cells;
    if (json_unpack(json, "{s:s, s:s, s:s, s:b, s:I, s:I}", "name", &name, "type", &type, "role",
                    &role, "declared", &declared, "first", &first, "cells", &cells) != 0 ||
        bp_vocabulary_find(&bp_column_types, type, NULL, &type_index, NULL) != BP_OK ||
        bp_vocabulary_find(&bp_column_roles, role, NULL, &role_index, NULL) != BP_OK) {
        return false;
    }
    *out = (bp_source_column){.name = strdup(name),
                              .type = (bp_column_type)type_index,
                              .role = (bp_column_role)role_index,
                              .is_declared = declared != 0,
                              .first = (size_t)first,
                              .cells = (size_t)cells};
    return out->name != NULL && is_within(out, data);
}

/* Of version 1: all columns are numbers, but a target of text. */
static bool make_source(const bp_dataset *data, size_t at, bool has_y, bp_source_column *out) {
    const struct {
        const bp_names *names;
        bp_column_type type;
        bp_column_role role;
    } kinds[] = {
        {&data->features, BP_COLUMN_NUMERIC, BP_ROLE_FEATURE},
        {&data->targets, has_y ? BP_COLUMN_NUMERIC : BP_COLUMN_CATEGORICAL, BP_ROLE_TARGET},
        {&data->weights, BP_COLUMN_NUMERIC, BP_ROLE_WEIGHT}};
    size_t kind = 0;
    while (at >= kinds[kind].names->count) {
        at -= kinds[kind++].names->count;
    }
    *out = (bp_source_column){.name = strdup(kinds[kind].names->item[at]),
                              .type = kinds[kind].type,
                              .role = kinds[kind].role,
                              .first = kinds[kind].role == BP_ROLE_WEIGHT ? 0 : at,
                              .cells = kinds[kind].role == BP_ROLE_FEATURE};
    return out->name != NULL;
}

static bool read_columns(const json_t *array, bool has_y, bp_dataset *data) {
    const size_t count = array != NULL ? json_array_size(array) : column_count(data);
    data->source = calloc(count > 0 ? count : 1, sizeof *data->source);
    bool whole = data->source != NULL;
    for (size_t i = 0; whole && i < count; i++) {
        data->source_count = i + 1;
        whole = array != NULL ? read_source(json_array_get(array, i), data, &data->source[i])
                              : make_source(data, i, has_y, &data->source[i]);
    }
    return whole;
}

/* --- reading the blob ----------------------------------------------------------------------- */

/* A mapping can be used where the machine's order is the file's. */
static bool is_native(void) {
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
}

/* The words as they lie in the mapping, or a copy of the caller's; NULL: none, or no memory. */
static void *keep_words(const bp_dataset *data, const void *words, size_t count) {
    if (words == NULL || data->mapping != NULL) {
        return (void *)words; /* never written to */
    }
    void *copy = bp_calloc_aligned(count, 4);
    bp_word_blob blob = bp_word_blob_read(words, count * 4);
    if (copy != NULL && !bp_word_blob_get32(&blob, copy, count)) {
        free(copy);
        return NULL;
    }
    return copy;
}

static bool read_numbers(bp_section_reader *reader, bool has_y, bp_dataset *data) {
    const size_t rows = data->rows;
    const size_t counts[] = {data->features.count, has_y ? data->targets.count : 0,
                             data->classes.count > 0, data->weights.count};
    void *kept[4] = {NULL};
    bool whole = counts[0] > 0;
    for (size_t i = 0; whole && i < 4; i++) {
        size_t count;
        const void *words = NULL;
        whole = !__builtin_mul_overflow(rows, counts[i], &count) &&
                bp_section_take32(reader, count, &words);
        kept[i] = whole ? keep_words(data, words, count) : NULL;
        whole = whole && (kept[i] != NULL || count == 0);
    }
    data->x = kept[0];
    data->y = kept[1];
    data->class_index = kept[2];
    data->weight = kept[3];
    return whole;
}

static bool read_labels(bp_section_reader *reader, const json_t *columns, bp_dataset *data) {
    bp_section_skip(reader);
    for (size_t i = 0; i < data->source_count; i++) {
        size_t left = count_of(json_array_get(columns, i), "labels");
        for (; left > 0; left--) {
            const char *text;
            size_t size;
            if (!bp_section_take_text(reader, &text, &size) ||
                bp_names_add(&data->source[i].labels, text, size, NULL) != BP_OK) {
                return false;
            }
        }
    }
    return reader->used == reader->size;
}

/* From here on the data set owns the mapping, if there is one that can be used. */
static void take_mapping(const bp_store_object *object, bp_dataset *data) {
    if (object->taken != NULL && is_native()) {
        *object->taken = true;
        data->mapping = (void *)object->blob;
        data->mapping_size = object->blob_size;
        atomic_init(&data->is_unchecked, !object->is_checked);
    }
}

static bool read_dataset(const bp_store_object *object, json_t *json, bp_dataset_info *info) {
    bp_dataset *data = info->dataset;
    json_int_t rows;
    int has_y, version = 1;
    json_t *statistics, *columns = NULL, *rejects = NULL;
    const char *sha256;
    if (json_unpack(json, "{s?i, s:F, s:I, s:b, s:o, s?o, s?o, s:s}", "version", &version,
                    "created_at", &info->created_at, "rows", &rows, "has_y", &has_y, "statistics",
                    &statistics, "columns", &columns, "rejects", &rejects, "sha256",
                    &sha256) != 0 ||
        rows < 1 || version > VERSION || (columns == NULL) != (version == 1)) {
        return false;
    }
    data->rows = (size_t)rows;
    data->sampled_rows = (size_t)json_integer_value(json_object_get(json, "sampled_rows"));
    data->rejects = bp_rejects_read(rejects);
    snprintf(data->sha256, sizeof data->sha256, "%s", sha256);
    bp_section_reader reader = {.bytes = object->blob,
                                .size = object->blob_size,
                                .alignment = version == 1 ? 4 : BP_SECTION_BYTES};
    return object->blob != NULL && read_names(json, data) && read_stats(statistics, data) &&
           read_columns(columns, has_y != 0, data) && read_numbers(&reader, has_y != 0, data) &&
           read_labels(&reader, columns, data);
}

bp_status bp_record_read_dataset(const bp_store_object *object, bp_dataset_info *out,
                                 bp_error *err) {
    bp_dataset_info info = {.dataset = calloc(1, sizeof(bp_dataset))};
    if (info.dataset == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    atomic_init(&info.dataset->references, 1);
    snprintf(info.name, sizeof info.name, "%s", object->name);
    take_mapping(object, info.dataset);
    json_t *json = bp_record_parse(object);
    bool whole = read_dataset(object, json, &info);
    json_decref(json);
    if (!whole) {
        bp_dataset_unref(info.dataset);
        return bp_record_fail(object, "data set", err);
    }
    *out = info;
    return BP_OK;
}
