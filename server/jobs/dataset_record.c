/* The record of a data set. JSON: names, sizes, statistics, digest; blob: x [rows, features], then
 * y [rows, targets], class_index [rows] and weight [rows] where there are such, 32 bit words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "column_report_json.h"
#include "memory.h"
#include "record_json.h"
#include "records.h"

/* --- writing -------------------------------------------------------------------------------- */

static size_t column_count(const bp_dataset *data) {
    return data->features.count + data->targets.count + data->weights.count;
}

static json_t *describe_columns(const bp_dataset *data) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < column_count(data); i++) {
        if (json_array_append_new(array, bp_column_report_write(&data->stats[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *describe(const bp_dataset_info *info) {
    const bp_dataset *data = info->dataset;
    json_t *weights = data->weights.count > 0 ? bp_record_names(&data->weights) : NULL;
    return json_pack("{s:f, s:I, s:o, s:o, s:o, s:b, s:o*, s:o, s:I, s:o, s:s}", "created_at",
                     info->created_at, "rows", (json_int_t)data->rows, "features",
                     bp_record_names(&data->features), "targets", bp_record_names(&data->targets),
                     "classes", bp_record_names(&data->classes), "has_y", data->y != NULL,
                     "weights", weights, "statistics", describe_columns(data), "sampled_rows",
                     (json_int_t)data->sampled_rows, "rejected", bp_rejects_write(&data->rejects),
                     "sha256", data->sha256);
}

static bp_status pack(const bp_dataset *data, bp_word_blob *out, bp_error *err) {
    size_t y_columns = data->y != NULL ? data->targets.count : 0;
    size_t class_columns = data->class_index != NULL;
    size_t words =
        data->rows * (data->features.count + y_columns + class_columns + data->weights.count);
    bp_word_blob blob;
    bp_status status = bp_word_blob_new(&blob, words * 4, err);
    if (status == BP_OK) {
        bp_word_blob_put32(&blob, data->x, data->rows * data->features.count);
        bp_word_blob_put32(&blob, data->y, data->rows * y_columns);
        bp_word_blob_put32(&blob, data->class_index, data->rows * class_columns);
        bp_word_blob_put32(&blob, data->weight, data->rows * data->weights.count);
        *out = blob;
    }
    return status;
}

bp_status bp_record_put_dataset(bp_store *store, const bp_dataset_info *info, bp_error *err) {
    if (store == NULL) {
        return BP_OK;
    }
    bp_word_blob blob;
    bp_status status = pack(info->dataset, &blob, err);
    if (status == BP_OK) {
        bp_store_object object = {.kind = BP_STORE_DATASET, .name = info->name};
        status = bp_record_put(store, object, describe(info), &blob, err);
        free(blob.bytes);
    }
    return status;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool read_columns(const json_t *array, bp_dataset *data) {
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

/* A column block of 32 bit words; NULL where it has none, false where the blob lacks it. */
static bool read_block(bp_word_blob *blob, size_t rows, size_t columns, void **out) {
    if (columns == 0) {
        return true;
    }
    if (rows > (blob->size - blob->used) / 4 / columns) {
        return false;
    }
    *out = bp_calloc_aligned(rows * columns, 4);
    return *out != NULL && bp_word_blob_get32(blob, *out, rows * columns);
}

static bool read_numbers(const bp_store_object *object, bool has_y, bp_dataset *data) {
    bp_word_blob blob = bp_word_blob_read(object->blob, object->blob_size);
    void *x = NULL, *y = NULL, *class_index = NULL, *weight = NULL;
    bool whole = read_block(&blob, data->rows, data->features.count, &x) &&
                 read_block(&blob, data->rows, has_y ? data->targets.count : 0, &y) &&
                 read_block(&blob, data->rows, data->classes.count > 0, &class_index) &&
                 read_block(&blob, data->rows, data->weights.count, &weight) &&
                 blob.used == blob.size;
    data->x = x;
    data->y = y;
    data->class_index = class_index;
    data->weight = weight;
    return whole;
}

/* Without "weights" there are none: as records of a time without them. */
static bool read_names(const json_t *json, bp_dataset *data) {
    const json_t *weights = json_object_get(json, "weights");
    return (weights == NULL || bp_record_get_names(weights, &data->weights, NULL) == BP_OK) &&
           bp_record_get_names(json_object_get(json, "features"), &data->features, NULL) == BP_OK &&
           bp_record_get_names(json_object_get(json, "targets"), &data->targets, NULL) == BP_OK &&
           bp_record_get_names(json_object_get(json, "classes"), &data->classes, NULL) == BP_OK;
}

static bool read_dataset(const bp_store_object *object, json_t *json, bp_dataset_info *info) {
    bp_dataset *data = info->dataset;
    json_int_t rows;
    int has_y;
    json_t *statistics;
    const char *sha256;
    if (json_unpack(json, "{s:F, s:I, s:b, s:o, s:s}", "created_at", &info->created_at, "rows",
                    &rows, "has_y", &has_y, "statistics", &statistics, "sha256", &sha256) != 0 ||
        rows < 1) {
        return false;
    }
    data->rows = (size_t)rows;
    data->sampled_rows = (size_t)json_integer_value(json_object_get(json, "sampled_rows"));
    data->rejects = bp_rejects_read(json_object_get(json, "rejected"));
    snprintf(data->sha256, sizeof data->sha256, "%s", sha256);
    return read_names(json, data) && read_columns(statistics, data) &&
           read_numbers(object, has_y != 0, data);
}

bp_status bp_record_read_dataset(const bp_store_object *object, bp_dataset_info *out,
                                 bp_error *err) {
    bp_dataset_info info = {.dataset = calloc(1, sizeof(bp_dataset))};
    if (info.dataset == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    atomic_init(&info.dataset->references, 1);
    snprintf(info.name, sizeof info.name, "%s", object->name);
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
