#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_report.h"
#include "json_fields.h"
#include "reply.h"
#include "resources.h"

enum { LISTED_CLASSES = 100 };

/* --- out ------------------------------------------------------------------------------------ */

/* In a list: without columns, and with the first labels only. */
static json_t *describe(const bp_dataset_info *info, size_t labels) {
    const bp_dataset *data = info->dataset;
    return json_pack(
        "{s:s, s:o, s:I, s:I, s:o, s:o*, s:o, s:I, s:s, s:I}", "name", info->name, "created_at",
        bp_json_time(info->created_at), "rows", (json_int_t)data->rows, "features",
        (json_int_t)data->features.count, "targets", bp_json_names(&data->targets, SIZE_MAX),
        "weight", data->weights.count > 0 ? bp_json_text(data->weights.item[0]) : NULL, "classes",
        bp_json_names(&data->classes, labels), "class_count", (json_int_t)data->classes.count,
        "sha256", data->sha256, "jobs", (json_int_t)info->jobs);
}

/* With the report on its columns, which is written behind the rest. */
static bp_status reply_whole(bp_call *call, const bp_dataset_info *info, bp_error *err) {
    const bp_dataset *data = info->dataset;
    json_t *json = describe(info, SIZE_MAX);
    bp_text text = {0};
    if (json_object_set_new(json, "rejected", bp_dataset_report_rejects(&data->rejects)) != 0 ||
        json_object_set_new(json, "sampled_rows", json_integer((json_int_t)data->sampled_rows)) !=
            0) {
        text.failed = true;
    }
    bp_reply_put_json(&text, json);
    if (!text.failed) {
        text.size--; /* the brace: the object goes on */
    }
    bp_text_puts(&text, ", \"columns\": ");
    bp_dataset_report_columns(&text, data);
    bp_text_puts(&text, "}\n");
    return bp_reply_text(call->response, 200, &text, err);
}

bp_status bp_handle_get_dataset(bp_call *call, bp_error *err) {
    bp_dataset_info info = {0};
    bp_status status = bp_service_get_dataset(call->service, call->capture, &info, err);
    if (status == BP_OK) {
        status = bp_reply_header(call->response, err, "ETag", "\"%s\"", info.dataset->sha256);
    }
    if (status == BP_OK) {
        status = reply_whole(call, &info, err);
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
        json_array_append_new(items, describe(&infos[i], LISTED_CLASSES));
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
