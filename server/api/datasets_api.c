#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "dataset_json.h"
#include "dataset_report.h"
#include "json_fields.h"
#include "registry.h"
#include "reply.h"
#include "resources.h"

enum { TARGET, WEIGHT, LISTED_CLASSES = 100 };
const bp_parameter bp_dataset_put_parameters[] = {
    [TARGET] = {.name = "target"}, [WEIGHT] = {.name = "weight"}, {0}};

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
    bp_dataset_info info;
    bp_status status = bp_service_get_dataset(call->service, call->capture, &info, err);
    if (status == BP_OK) {
        status = reply_whole(call, &info, err);
        bp_dataset_info_clear(&info);
    }
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

/* --- in: CSV as it comes -------------------------------------------------------------------- */

typedef struct upload {
    bp_dataset_builder *builder;
    bp_csv *csv;
} upload;

static void free_upload(void *stream) {
    upload *up = stream;
    if (up != NULL) {
        bp_csv_free(up->csv);
        bp_dataset_builder_free(up->builder);
        free(up);
    }
}

/* What can be known before the body: the name, and that no job works on the old rows. */
static bp_status check_place(const bp_call *call, bp_error *err) {
    bp_status status = bp_registry_check_name(call->capture, err);
    bp_dataset_info info;
    if (status != BP_OK ||
        bp_service_get_dataset(call->service, call->capture, &info, NULL) != BP_OK) {
        return status;
    }
    if (info.jobs > 0) {
        status = bp_fail(err, BP_CONFLICT, NULL, "data set '%s' is used by %zu unfinished job%s",
                         info.name, info.jobs, info.jobs == 1 ? "" : "s");
    }
    bp_dataset_info_clear(&info);
    return status;
}

static bp_dataset_options asked_options(const bp_call *call) {
    return (bp_dataset_options){
        .target = bp_query_text(call->query, &bp_dataset_put_parameters[TARGET]),
        .weight = bp_query_text(call->query, &bp_dataset_put_parameters[WEIGHT])};
}

static bp_status open_upload(const bp_call *call, void **stream, bp_error *err) {
    bp_status status = check_place(call, err);
    if (status != BP_OK) {
        return status;
    }
    upload *up = calloc(1, sizeof *up);
    if (up == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an upload");
    }
    bp_dataset_options options = asked_options(call);
    status = bp_dataset_builder_new(&up->builder, &options, err);
    if (status == BP_OK) {
        status = bp_csv_new(&up->csv, up->builder, err);
    }
    if (status != BP_OK) {
        free_upload(up);
        return status;
    }
    *stream = up;
    return BP_OK;
}

static bp_status feed_upload(void *stream, const char *bytes, size_t size, bp_error *err) {
    return bp_csv_feed(((upload *)stream)->csv, bytes, size, err);
}

static const char *const upload_types[] = {"text/csv", "text/plain", "application/octet-stream",
                                           NULL};
const bp_stream bp_dataset_stream = {
    .types = upload_types, .open = open_upload, .feed = feed_upload, .free = free_upload};

static bp_status finish_upload(upload *up, bp_dataset **out, bp_error *err) {
    bp_status status = bp_csv_finish(up->csv, err);
    return status == BP_OK ? bp_dataset_builder_finish(up->builder, out, err) : status;
}

/* --- in: the end of either body ------------------------------------------------------------- */

static bp_status build(const bp_call *call, bp_dataset **out, bp_error *err) {
    if (call->stream != NULL) {
        return finish_upload(call->stream, out, err);
    }
    bp_status status = check_place(call, err);
    const bp_dataset_options options = asked_options(call);
    return status == BP_OK ? bp_dataset_from_json(out, call->body, &options, err) : status;
}

bp_status bp_handle_put_dataset(bp_call *call, bp_error *err) {
    bp_dataset *data = NULL;
    bool created = false;
    bp_status status = build(call, &data, err);
    if (status != BP_OK) {
        return status;
    }
    status = bp_service_put_dataset(call->service, call->capture, data, &created, err);
    bp_dataset_unref(data);
    if (status == BP_OK) {
        status = bp_handle_get_dataset(call, err);
    }
    if (status == BP_OK && created) {
        call->response->status = 201;
        status = bp_reply_header(call->response, err, "Location", "/v1/datasets/%s", call->capture);
    }
    return status;
}
