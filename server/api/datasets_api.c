#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_fields.h"
#include "reply.h"
#include "resources.h"

enum { LISTED_CLASSES = 100 };

/* --- out ------------------------------------------------------------------------------------ */

static json_t *describe_column(const bp_dataset *data, size_t index) {
    const struct {
        const char *role;
        const bp_names *names;
    } roles[] = {
        {"feature", &data->features}, {"target", &data->targets}, {"weight", &data->weights}};
    size_t role = 0, at = index;
    while (at >= roles[role].names->count) {
        at -= roles[role++].names->count;
    }
    const bp_column_stats *stats = &data->stats[index];
    return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o*}", "name",
                     bp_json_text(roles[role].names->item[at]), "role", roles[role].role, "min",
                     bp_json_number(stats->min), "max", bp_json_number(stats->max), "mean",
                     bp_json_number(stats->mean), "standard_deviation",
                     bp_json_number(stats->standard_deviation), "distinct",
                     stats->distinct > 0 ? json_integer((json_int_t)stats->distinct) : NULL);
}

static json_t *describe_columns(const bp_dataset *data) {
    json_t *columns = json_array();
    for (size_t i = 0; i < data->features.count + data->targets.count + data->weights.count; i++) {
        if (json_array_append_new(columns, describe_column(data, i)) != 0) {
            json_decref(columns);
            return NULL;
        }
    }
    return columns;
}

/* In a list: without columns, and with the first labels only. */
static json_t *describe(const bp_dataset_info *info, bool whole) {
    const bp_dataset *data = info->dataset;
    size_t labels = whole ? data->classes.count : LISTED_CLASSES;
    return json_pack(
        "{s:s, s:o, s:I, s:I, s:o, s:o*, s:o, s:I, s:o*, s:s, s:I}", "name", info->name,
        "created_at", bp_json_time(info->created_at), "rows", (json_int_t)data->rows, "features",
        (json_int_t)data->features.count, "targets", bp_json_names(&data->targets, SIZE_MAX),
        "weight", data->weights.count > 0 ? bp_json_text(data->weights.item[0]) : NULL, "classes",
        bp_json_names(&data->classes, labels), "class_count", (json_int_t)data->classes.count,
        "columns", whole ? describe_columns(data) : NULL, "sha256", data->sha256, "jobs",
        (json_int_t)info->jobs);
}

bp_status bp_handle_get_dataset(bp_call *call, bp_error *err) {
    bp_dataset_info info = {0};
    bp_status status = bp_service_get_dataset(call->service, call->capture, &info, err);
    if (status == BP_OK) {
        status = bp_reply_header(call->response, err, "ETag", "\"%s\"", info.dataset->sha256);
    }
    if (status == BP_OK) {
        status = bp_reply_json(call->response, 200, describe(&info, true), err);
    }
    bp_dataset_info_clear(&info);
    return status;
}

bp_status bp_handle_delete_dataset(bp_call *call, bp_error *err) {
    call->response->status = 204;
    return bp_service_delete_dataset(call->service, call->capture, err);
}

static json_t *take_items(bp_dataset_info *infos, size_t count) {
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(items, describe(&infos[i], false));
        bp_dataset_info_clear(&infos[i]);
    }
    if (json_array_size(items) != count) {
        json_decref(items);
        return NULL;
    }
    return items;
}

bp_status bp_handle_list_datasets(bp_call *call, bp_error *err) {
    size_t limit = bp_list_limit(call), count = 0;
    bool more = false;
    bp_dataset_info *infos = calloc(limit, sizeof *infos);
    if (infos == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the list");
    }
    bp_status status = bp_service_list_datasets(call->service, bp_list_after(call), limit, infos,
                                                &count, &more, err);
    if (status == BP_OK) {
        json_t *cursor = more ? json_string(infos[count - 1].name) : NULL;
        json_t *items = take_items(infos, count);
        status = bp_reply_json(call->response, 200, bp_json_page("datasets", items, cursor), err);
    }
    free(infos);
    return status;
}
